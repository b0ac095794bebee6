//! Holding stored rows against what is asked: does an entry apply, is it
//! active, how does it relate, and what is the evidence.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::sync::Arc;

use jiff::civil::Date;
use tracing::error;

use crate::address::{
    Account, AddressKey, Candidate, Depth, Derivation, Kinship, Networks, TagScope, linked,
    same_account,
};
use crate::list::{Cause, EXEMPTIONS, Effect, Publication, Tier};
use crate::policy::Policy;
use crate::store::{GenerationNumber, GenerationRecord, KeyedEntry, ListedRow, ReadError};
use crate::verdict::{Action, Exemption, Match, Relation};

use super::{FilterUse, Pinned, utc_date};

impl Pinned {
    /// Adds what one candidate is found by; false if something could not be
    /// read, so that there may be more.
    pub(super) fn find(&self, index: usize, candidate: &Candidate, found: &mut Found) -> bool {
        let asked = candidate.account();
        let mut whole = self.find_under(index, &candidate.key, &asked, found);
        for link in linked(candidate, Depth::Query) {
            let asked = Account {
                kind: link.kind,
                networks: link.networks,
                extra: &[],
                derived: Some(Derivation {
                    rule: link.rule,
                    from: candidate.kind,
                }),
                ..asked
            };
            whole &= self.find_under(index, &link.key, &asked, found);
        }
        whole
    }

    /// Adds the matches that stand under one key.
    fn find_under(
        &self,
        index: usize,
        key: &AddressKey,
        asked: &Account<'_>,
        found: &mut Found,
    ) -> bool {
        if !self.generation.filter.may_contain(key) {
            found.filter.absent += 1;
            return true;
        }
        let rows = match self.generation.rows(key) {
            Ok(rows) => rows,
            Err(error) => return unread(&error),
        };
        if rows.is_empty() {
            found.filter.in_vain += 1;
        }
        let number = self.record().number;
        let mut whole = true;
        for row in &rows {
            if row.life.since > number || self.is_superseded(row) {
                continue;
            }
            match self.judge(index, asked, row, &rows) {
                Ok(Some(one)) if one.entry.effect == Effect::Exempts => {
                    found.exemptions.extend(exemption(one));
                }
                Ok(Some(one)) => add(&mut found.matches, one),
                Ok(None) => {}
                Err(error) => whole = unread(&error),
            }
        }
        whole
    }

    /// The entry goes on in another row of the same generation.
    fn is_superseded(&self, row: &ListedRow) -> bool {
        row.life.superseded && !row.life.covers(self.record().number)
    }

    /// The day that is asked about: today, or the day an earlier generation was
    /// committed, so that the same question has the same answer for ever.
    fn day(&self) -> Date {
        self.as_of.unwrap_or_else(|| utc_date(self.judged_at))
    }

    /// Holds one row against the moment asked about, and gathers the
    /// evidence. `None`: it was not listed yet.
    fn judge(
        &self,
        index: usize,
        asked: &Account<'_>,
        row: &ListedRow,
        rows: &[ListedRow],
    ) -> Result<Option<Match>, ReadError> {
        let record = self.record();
        let keyed = row.entry()?;
        if asked.derived.is_some() && keyed.derived.is_some() {
            // Two ways from one key to another: they met on the first.
            return Ok(None);
        }
        let day = self.day();
        if self.as_of.is_some()
            && let Some(from) = self.in_force_from(row, rows, &keyed)?
            && from > day
        {
            return Ok(None);
        }
        let ended = row.life.until.filter(|until| *until <= record.number);
        let delisted_on = match ended {
            None => keyed.entry.delisted_on,
            Some(until) => Some(self.delisting_day(until, &keyed)?),
        };
        let off = delisted_on.is_some_and(|off| off <= day);
        // Without a day to ask about, what is not in the set is not listed,
        // whatever its dates say.
        let active = !off && (ended.is_none() || self.as_of.is_some());
        let kinship = same_account(asked, &keyed.account());
        let relation = Relation::from(kinship.sameness);
        let found = self.matched(index, row, rows, keyed, relation, kinship)?;
        let action = self
            .rules
            .policy
            .about(found.tier, relation, found.scope, active);
        Ok(Some(Match {
            active,
            delisted_on,
            action,
            ..found
        }))
    }

    /// Gathers the evidence of a row, whatever the moment.
    pub(super) fn matched(
        &self,
        index: usize,
        row: &ListedRow,
        rows: &[ListedRow],
        keyed: KeyedEntry,
        relation: Relation,
        kinship: Kinship,
    ) -> Result<Match, ReadError> {
        let record = self.record();
        let ended = row.life.until.filter(|until| *until <= record.number);
        let (delisted_on, last) = match ended {
            None => (keyed.entry.delisted_on, Cow::Borrowed(record)),
            Some(until) => {
                let gone = self.delisting_day(until, &keyed)?;
                let last = GenerationNumber(until.0.saturating_sub(1));
                (Some(gone), self.record_numbered(last)?)
            }
        };
        let held = last
            .publication(&keyed.source)
            .ok_or(ReadError::GenerationMissing(last.number))?;
        let tier = self.rules.tier(&keyed.source, held.tier);
        // An amended entry was first seen when its first edition was.
        let lives = rows.iter().filter(|other| other.id == row.id);
        let first_seen = lives.map(|other| other.life.since).min();
        let first_seen = self.record_numbered(first_seen.unwrap_or(row.life.since))?;
        Ok(Match {
            relation,
            candidate: index,
            tier,
            id: row.id,
            active: ended.is_none(),
            delisted_on,
            since: row.life.since,
            first_seen_at: first_seen.committed_at,
            last_seen_at: held.retrieved_at,
            publication: held.digest,
            action: self
                .rules
                .policy
                .about(tier, relation, kinship.scope, ended.is_none()),
            scope: kinship.scope,
            is_tagged: keyed.tag.is_some(),
            why: kinship.why,
            exemption: None,
            source: keyed.source,
            entry: keyed.entry,
        })
    }

    /// The day an entry came off: the source's own, or that of the publication
    /// that no longer held it, but no day later than we knew.
    fn delisting_day(
        &self,
        until: GenerationNumber,
        keyed: &KeyedEntry,
    ) -> Result<Date, ReadError> {
        let ended = self.record_numbered(until)?;
        let committed_on = utc_date(ended.committed_at);
        let publication = ended.publication(&keyed.source);
        let published_on = publication.and_then(|held| held.published_on);
        let last = self.record_numbered(GenerationNumber(until.0.saturating_sub(1)))?;
        let before = last.publication(&keyed.source);
        let before = before.and_then(|held| held.published_on);
        // An older edition that came back took nothing off on its own day.
        let goes_back =
            matches!(ended.made.cause, Cause::Rollback { .. }) || published_on <= before;
        let published_on = published_on.filter(|_| !goes_back);
        let own = keyed.entry.delisted_on.or(published_on);
        Ok(own.unwrap_or(committed_on).min(committed_on))
    }

    /// The day from which an entry is in force; `None` if nobody says, and it
    /// then counts as in force on any day.
    ///
    /// The source's own date of the address comes first. Most sources date
    /// subjects only, and add addresses to them years later: so an entry that
    /// was not on the first publication we held came on with the one that
    /// first had it.
    fn in_force_from(
        &self,
        row: &ListedRow,
        rows: &[ListedRow],
        keyed: &KeyedEntry,
    ) -> Result<Option<Date>, ReadError> {
        let entry = &keyed.entry;
        if entry.listed_on.is_some() {
            return Ok(entry.listed_on);
        }
        // The life before, if it was only amended, is the same listing.
        let mut since = row.life.since;
        let before = |since| {
            rows.iter().find(|other| {
                other.id == row.id && other.life.superseded && other.life.until == Some(since)
            })
        };
        while let Some(earlier) = before(since) {
            since = earlier.life.since;
        }
        let first = self.record_numbered(since)?;
        let before = self.record_before(since)?;
        let before = before
            .as_ref()
            .and_then(|record| record.publication(&keyed.source));
        let ours = first.publication(&keyed.source);
        // What a cut edition lacked, or one that was read in another way, may
        // have been listed all the same.
        let comparable = |held: &&Publication| {
            before.is_some_and(|before| !before.incomplete && before.read_as == held.read_as)
        };
        if let Some(held) = ours.filter(comparable) {
            let committed_on = utc_date(first.committed_at);
            let published_on = held.published_on.unwrap_or(committed_on);
            return Ok(Some(published_on.min(committed_on)));
        }
        let incident = entry.incident.as_ref().and_then(|incident| incident.date);
        Ok(entry.designation.designated_on.or(incident))
    }

    fn record_before(
        &self,
        number: GenerationNumber,
    ) -> Result<Option<Cow<'_, GenerationRecord>>, ReadError> {
        match number.0.checked_sub(1).map(GenerationNumber) {
            None | Some(GenerationNumber::NONE) => Ok(None),
            Some(before) => self.record_numbered(before).map(Some),
        }
    }

    /// Returns the record of the generation asked or an earlier one.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn record_numbered(
        &self,
        number: GenerationNumber,
    ) -> Result<Cow<'_, GenerationRecord>, ReadError> {
        if number == self.generation.number() {
            return Ok(Cow::Borrowed(&self.generation.record));
        }
        self.generation
            .record_of(number)?
            .map(Cow::Owned)
            .ok_or(ReadError::GenerationMissing(number))
    }
}

/// What the rows under an address's keys say.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Entries that apply.
    pub(super) matches: Vec<Match>,
    /// Exemptions of the very address, in force.
    exemptions: Vec<Exempting>,
    /// What the filter was asked in vain.
    pub(super) filter: FilterUse,
}

impl Found {
    /// Lets matches follow an exemption of the very reading they were found
    /// by. The entry still lists the address; only what is advised about it
    /// changes.
    pub(super) fn exempted(mut self, candidates: &[Candidate], hint: Networks) -> Vec<Match> {
        for found in &mut self.matches {
            let Some(read) = candidates.get(found.candidate) else {
                continue;
            };
            let mut ours = self.exemptions.iter().filter(|one| {
                // A word about the account is none about a customer who is
                // listed by name.
                let same_customer = one.is_tagged || !found.is_tagged;
                one.candidate == found.candidate && same_customer && one.holds_on(read, hint)
            });
            if let Some(one) = ours.next()
                && found.active
                && Policy::may_exempt(found.tier)
            {
                found.action = Action::Allow;
                found.exemption = Some(Arc::clone(&one.exemption));
            }
        }
        self.matches
    }
}

/// An exemption of an address, and how far it reaches.
#[derive(Debug)]
struct Exempting {
    candidate: usize,
    /// It is about one customer of the account.
    is_tagged: bool,
    /// The networks that it names; none: all.
    networks: Networks,
    exemption: Arc<Exemption>,
}

impl Exempting {
    /// One that names a network holds where the caller says that this is the
    /// network, or where the address can be on no other.
    fn holds_on(&self, read: &Candidate, hint: Networks) -> bool {
        let asked = match hint.is_empty() {
            true => read.networks,
            false => hint,
        };
        self.networks.is_empty() || asked.intersection(self.networks) == asked
    }
}

/// An exemption holds for the account and customer that it names; it stands on
/// the operator's list of them, and a person answers for it.
fn exemption(found: Match) -> Option<Exempting> {
    let is_ours = found.active
        && found.relation == Relation::Direct
        && found.scope == TagScope::Covered
        && found.tier == Tier::Operator
        && found.source.as_str() == EXEMPTIONS;
    let networks = found.entry.named_networks();
    let act = found.entry.act.filter(|_| is_ours)?;
    Some(Exempting {
        candidate: found.candidate,
        is_tagged: found.is_tagged,
        networks,
        exemption: Arc::new(Exemption {
            id: found.id,
            act,
            expires_on: found.entry.delisted_on,
        }),
    })
}

/// Adds a match, once for each entry. One entry may be met twice: under two
/// readings of the text, or in an earlier life before it came back. Being
/// listed now wins over having been, then the closer relation and the
/// narrower customer, then the later life.
fn add(matches: &mut Vec<Match>, found: Match) {
    let weight = |found: &Match| {
        let closeness = (found.relation, found.scope);
        (!found.active, closeness, Reverse(found.since))
    };
    match matches.iter_mut().find(|other| other.id == found.id) {
        Some(other) if weight(&found) < weight(other) => *other = found,
        Some(_) => {}
        None => matches.push(found),
    }
}

/// Notes that something could not be read. The key is not named: it is what
/// somebody asked for.
fn unread(error: &ReadError) -> bool {
    error!(error = %error, "the store could not be read: the answer says so");
    false
}
