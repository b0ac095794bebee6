//! What relationships join to the wallets and indicators of a bundle.
//!
//! Every object is a number here, its place: first the items, then whatever
//! else a relationship leads to.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::super::error::ReadError;
use super::super::facts::Facts;
use super::super::held::HeldBytes;
use super::super::json_documents::Settings;
use super::super::json_fields::Several;
use super::super::json_value::Object;
use super::super::row::Locator;
use super::item::{Item, Subject, is_revoked, modified};

/// Most subjects of one item: far more than any has.
const SUBJECTS_MAX: usize = 256;

/// What is held of a relationship or a place beside its texts.
const LINK_BYTES: usize = 128;

/// Relationships to those whom an item does not belong to: its victims, and
/// whoever wrote it down.
const NOT_SUBJECTS: [&str; 2] = ["targets", "created-by"];

/// The wallets and indicators of a bundle.
#[derive(Default)]
pub(super) struct Items {
    pub(super) all: Vec<Item>,
    by_id: HashMap<String, usize>,
}

impl Items {
    /// Takes one, in place of an older version of itself.
    pub(super) fn take(
        &mut self,
        item: Option<Item>,
        held: &mut HeldBytes,
        at: &Locator,
    ) -> Result<(), ReadError> {
        let Some(item) = item else { return Ok(()) };
        let bytes = item.bytes();
        match self.by_id.get(&item.id) {
            Some(&at) if self.all[at].modified > item.modified => return Ok(()),
            Some(&at) => {
                held.drop(self.all[at].bytes());
                self.all[at] = item;
            }
            None => {
                if !item.id.is_empty() {
                    self.by_id.insert(item.id.clone(), self.all.len());
                }
                self.all.push(item);
            }
        }
        held.add(bytes, at)
    }
}

/// The last version of a relationship.
struct Link {
    modified: Option<Timestamp>,
    /// What it joins, unless it was revoked.
    ends: Option<(usize, usize)>,
}

/// The relationships of items.
pub(super) struct Links {
    items: Items,
    /// The places of what is no item, by its id.
    others: HashMap<String, usize>,
    by_id: HashMap<String, Link>,
    /// Those without an id.
    unnamed: Vec<(usize, usize)>,
}

impl Links {
    pub(super) fn new(items: Items) -> Self {
        Self {
            items,
            others: HashMap::new(),
            by_id: HashMap::new(),
            unnamed: Vec::new(),
        }
    }

    /// Takes a relationship, if it is one and joins an item to something.
    pub(super) fn take(
        &mut self,
        said: &Object,
        held: &mut HeldBytes,
        at: &Locator,
    ) -> Result<(), ReadError> {
        let kind = said.text("relationship_type").unwrap_or_default();
        let ends = said.text("source_ref").zip(said.text("target_ref"));
        let is_relationship = said.text("type") == Some("relationship");
        let Some((source, target)) = ends.filter(|_| is_relationship) else {
            return Ok(());
        };
        let is_item = |id: &str| self.items.by_id.contains_key(id);
        if NOT_SUBJECTS.contains(&kind) || !(is_item(source) || is_item(target)) {
            return Ok(());
        }
        let ends = (self.place(source, held, at)?, self.place(target, held, at)?);
        let ends = (!is_revoked(said)).then_some(ends);
        let Some(id) = said.text("id") else {
            self.unnamed.extend(ends);
            return held.add(LINK_BYTES, at);
        };
        let link = Link {
            modified: modified(said),
            ends,
        };
        match self.by_id.get_mut(id) {
            Some(known) if known.modified > link.modified => Ok(()),
            Some(known) => {
                *known = link;
                Ok(())
            }
            None => {
                self.by_id.insert(id.to_owned(), link);
                held.add(LINK_BYTES + id.len(), at)
            }
        }
    }

    /// Returns the place of an object.
    fn place(&mut self, id: &str, held: &mut HeldBytes, at: &Locator) -> Result<usize, ReadError> {
        let known = self.items.by_id.get(id).or_else(|| self.others.get(id));
        if let Some(&place) = known {
            return Ok(place);
        }
        let place = self.items.all.len() + self.others.len();
        self.others.insert(id.to_owned(), place);
        held.add(LINK_BYTES + id.len(), at)?;
        Ok(place)
    }

    /// Returns what is joined to what.
    pub(super) fn join(mut self) -> Joined {
        for item in &self.items.all {
            if let Some(holder) = &item.holder {
                let place = self.items.all.len() + self.others.len();
                self.others.entry(holder.clone()).or_insert(place);
            }
        }
        let named = self.by_id.into_values().filter_map(|link| link.ends);
        let pairs = named.chain(self.unnamed);
        let items = self.items.all;
        let mut pairs: Vec<(usize, usize)> = pairs
            .flat_map(|(from, to)| [(from, to), (to, from)])
            .filter(|&(from, to)| from < items.len() && from != to)
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        let unknown = self.others.iter();
        let unknown = unknown.filter(|(id, _)| id.starts_with("identity--"));
        Joined {
            identities: unknown.map(|(_, &place)| place).collect(),
            items,
            pairs,
            others: self.others,
            subjects: HashMap::new(),
        }
    }
}

/// An item's place, and one it is joined to.
type Pair = (usize, usize);

/// Items with what they are joined to.
#[derive(Default)]
pub(super) struct Joined {
    pub(super) items: Vec<Item>,
    /// From each item to each place it is joined to, in order.
    pairs: Vec<(usize, usize)>,
    others: HashMap<String, usize>,
    subjects: HashMap<usize, Subject>,
    /// Which places are identities.
    identities: HashSet<usize>,
}

impl Joined {
    /// Takes what an object says of a place, if an address may belong to it.
    pub(super) fn tell(
        &mut self,
        said: &Object,
        settings: &Settings,
        held: &mut HeldBytes,
        at: &Locator,
    ) -> Result<(), ReadError> {
        let place = said.text("id").and_then(|id| self.others.get(id));
        let Some((&place, subject)) = place.zip(Subject::of(said, settings)) else {
            return Ok(());
        };
        let known = self.subjects.get(&place);
        if known.is_some_and(|known| known.modified > subject.modified) {
            return Ok(());
        }
        let bytes = subject.bytes();
        if subject.is_identity {
            self.identities.insert(place);
        } else {
            self.identities.remove(&place);
        }
        if let Some(known) = self.subjects.insert(place, subject) {
            held.drop(known.bytes());
        }
        held.add(bytes, at)
    }

    /// Returns the items that one is joined to, and the other places.
    fn of(&self, place: usize) -> (&[Pair], &[Pair]) {
        let begin = self.pairs.partition_point(|&(from, _)| from < place);
        let end = self.pairs.partition_point(|&(from, _)| from <= place);
        let all = &self.pairs[begin..end];
        all.split_at(all.partition_point(|&(_, to)| to < self.items.len()))
    }

    /// Returns the rows of an item, unless it is no listing, or another one's
    /// rows say all that its own would.
    pub(super) fn rows(
        &mut self,
        place: usize,
        settings: &Settings,
        facts: &mut Facts,
    ) -> Option<Several> {
        let item = &self.items[place];
        let (linked, others) = self.of(place);
        let mut tickers = HashMap::new();
        let mut delisted_on = item.delisted_on;
        let mut subjects = self.subjects_of(others, Vec::new());
        if item.is_indicator {
            if item.is_benign {
                let what = "indicator(s) that are benign";
                facts.not_listed(what, || item.at.clone());
                return None;
            }
            for &(_, wallet) in linked {
                let wallet = &self.items[wallet];
                if let (Some(ticker), Some(address)) = (&wallet.ticker, wallet.addresses.first())
                    && item.names_as(wallet)
                {
                    let told = tickers.entry(address.clone());
                    told.or_insert_with(|| ticker.clone());
                }
            }
        } else {
            let indicators = || {
                let linked = linked.iter().map(|&(_, at)| (at, &self.items[at]));
                linked.filter(|(_, other)| other.is_indicator)
            };
            let listing = || indicators().filter(|(_, indicator)| !indicator.is_benign);
            if listing().next().is_none()
                && let Some(what) = self.why_not_listed(place)
            {
                facts.not_listed(what, || item.at.clone());
                return None;
            }
            let says_more =
                item.holder.is_some() || !others.is_empty() || linked.len() > indicators().count();
            if !says_more && listing().any(|(_, indicator)| indicator.names_as(item)) {
                return None;
            }
            let end_of = |(_, indicator): (usize, &Item)| {
                let end = indicator.delisted_on;
                end.filter(|_| indicator.names_as(item))
            };
            // Whatever else lists it keeps it listed.
            let ends: Option<Vec<_>> = listing().map(end_of).collect();
            let ends = ends.filter(|_| others.is_empty());
            delisted_on = ends.and_then(|ends| ends.into_iter().max()).or(delisted_on);
            for (at, _) in listing() {
                if subjects.len() >= SUBJECTS_MAX {
                    break;
                }
                subjects = self.subjects_of(self.of(at).1, subjects);
            }
        }
        let subjects: Vec<&Subject> = subjects.iter().map(|at| &self.subjects[at]).collect();
        let holder = item.holder.as_ref().and_then(|id| self.others.get(id));
        let holder = holder.and_then(|place| self.subjects.get(place));
        let (entry, fault) = item.entry(&subjects, holder, delisted_on, settings);
        let item = &mut self.items[place];
        Some(Several {
            locator: item.at.clone(),
            lost: std::mem::take(&mut item.lost).into_iter(),
            // Other items are still compared with these.
            addresses: item.addresses.clone().into_iter(),
            tickers,
            entry,
            fault,
        })
    }

    /// Returns why a wallet that no indicator lists is no listing, if so.
    fn why_not_listed(&self, place: usize) -> Option<&'static str> {
        let item = &self.items[place];
        let (linked, others) = self.of(place);
        let is_identity = |(_, to): &(usize, usize)| self.identities.contains(to);
        if !others.is_empty() {
            let what = "wallet(s) of identities, which may be victims";
            return others.iter().all(is_identity).then_some(what);
        }
        let is_named = linked.iter().any(|&(_, at)| self.items[at].names_as(item));
        is_named.then_some("wallet(s) whose indicators are benign")
    }

    /// Adds the subjects among other places that are not yet there.
    fn subjects_of(&self, others: &[(usize, usize)], mut kept: Vec<usize>) -> Vec<usize> {
        for (_, place) in others {
            if kept.len() < SUBJECTS_MAX
                && self.subjects.contains_key(place)
                && !kept.contains(place)
            {
                kept.push(*place);
            }
        }
        kept
    }
}
