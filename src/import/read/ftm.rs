//! OpenSanctions' entities: FollowTheMoney, one JSON object a line.
//!
//! Reads `entities.ftm.json` and, the same entities inside each other,
//! `targets.nested.json`. A wallet is an entity of its own; who holds it and
//! what was ordered against either are others, on lines before or after it.
//! So the file is read twice: once for the wallets, once for the names and
//! orders of those alone. Only they are held, up to
//! [`Limits::held_bytes_max`].
//!
//! | of | is read |
//! |---|---|
//! | `CryptoWallet` | `publicKey`, `cryptoAddress`: addresses, each a row; `currency`, else `currencySymbol`, else `blockchain`: the ticker; `holder`; `topics`; `name`; `managingExchange`; `sourceUrl` |
//! | its holders | `name`, `alias`, `previousName`: the subject's names; `topics`, `program`, `programId` |
//! | `Sanction`, `Risk` whose `entity` is either | `program`, `programId`, `authority`, `listingDate`, else `startDate`, `endDate`, `sourceUrl` |
//!
//! - An order against the wallet dates its listing, one against a holder the
//!   designation. A date of a year or a month dates nothing, but where an
//!   order ends with it, it ends on its last day.
//! - **A wallet stays listed as long as one of these orders has no end.** When
//!   all have one, it is delisted on the last, which may lie ahead. An order
//!   one of whose ends cannot be read has none.
//! - **A topic that accuses overrules every end**: OpenSanctions gives a wallet
//!   or its holder one only while it holds. The end is then in the note.
//! - Where there is no order, and topics that only say what somebody is, such
//!   as `role.pep` or `fin.bank`, nothing is held against the wallet: it is
//!   counted and left out.
//! - `first_seen` and `last_change` are OpenSanctions' own, and no dates of a
//!   listing.
//! - The category is the gravest of the topics of wallet and holders:
//!   `sanction` is `SANCTIONS`, `crime.terror` `TERRORIST_FINANCING`,
//!   `crime.theft` `THEFT`, `crime.fraud` `SCAM`. Without one of them, a
//!   wallet with a `Sanction` is `SANCTIONS`, one with another `crime` topic
//!   `OTHER`, and the rest are of the import's own category.
//! - `accountId`, and digits in `publicKey`, are accounts at an exchange and
//!   no addresses: they are counted and left out.
//!
//! A file that ends in a line, or without the newline that every line has,
//! was cut and is refused. One cut between two lines looks whole: who fetches
//! it compares its length.
//!
//! Sources: <https://www.opensanctions.org/docs/bulk/json/>,
//! <https://followthemoney.tech/explorer/>. OpenSanctions' data is under
//! CC BY-NC 4.0.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::list::Category;

use super::error::ReadError;
use super::facts::Facts;
use super::format::Start;
use super::held::{HeldBytes, bytes_of};
use super::json_fields::Several;
use super::json_lines::Lines;
use super::row::{Locator, Row};
use super::{Format, InputFile, Limits, Reader};

#[path = "ftm_entity.rs"]
mod entity;
#[path = "ftm_order.rs"]
mod order;
#[path = "ftm_wallet.rs"]
mod wallet;

use entity::Entity;
use wallet::{Context, Told, Wallet, ids};

const WALLET: &str = "CryptoWallet";

/// What is held of an entity beside its texts.
const ENTITY_BYTES: usize = 128;

const LICENCE: &str = "CC BY-NC 4.0 (OpenSanctions): commercial use needs a licence";

pub(super) fn sniff(start: &Start<'_>) -> bool {
    let members = start.json_members();
    let has = |key: &str| members.iter().any(|(name, _)| name == key);
    has("id") && has("schema") && (has("properties") || has("datasets") || has("referents"))
}

pub(super) fn open(
    file: InputFile,
    category: Category,
    limits: Limits,
) -> Result<Box<dyn Reader + Send>, ReadError> {
    let lines = Lines::open(file.clone(), Format::FollowTheMoney, &limits)?;
    let facts = Facts {
        licence: Some(LICENCE.to_owned()),
        ..Facts::default()
    };
    Ok(Box::new(FollowTheMoney {
        file,
        unread: Some(lines),
        category,
        limits,
        facts,
        wallets: VecDeque::new(),
        told: Told::default(),
        rows: None,
        any: false,
    }))
}

/// Reads wallets, then what belongs to them, and then gives the rows.
struct FollowTheMoney {
    file: InputFile,
    /// The file before it was read.
    unread: Option<Lines>,
    category: Category,
    limits: Limits,
    facts: Facts,
    wallets: VecDeque<Wallet>,
    told: Told,
    /// The rows of a wallet with several addresses.
    rows: Option<Several>,
    /// Whether there was an entry.
    any: bool,
}

impl FollowTheMoney {
    /// Reads the file, once for the wallets and once for the rest.
    fn read(&mut self, mut lines: Lines) -> Result<(), ReadError> {
        let mut survey = Survey {
            limits: &self.limits,
            wallets: VecDeque::new(),
            by_id: HashMap::new(),
            held: HeldBytes::new(&self.limits),
        };
        for_each(&mut lines, |entity, at| survey.take(entity, None, at))?;
        let Survey {
            mut wallets, held, ..
        } = survey;
        wallets.iter_mut().for_each(Wallet::conclude);
        let holders = wallets.iter().flat_map(|wallet| &wallet.holders);
        let mut second = Second {
            limits: &self.limits,
            holders: holders.map(|id| &**id).collect(),
            wallets: wallets.iter().map(|wallet| &*wallet.id).collect(),
            told: Told::default(),
            held,
        };
        let mut lines = Lines::open(self.file.clone(), Format::FollowTheMoney, &self.limits)?;
        for_each(&mut lines, |entity, at| second.take(entity, None, at))?;
        self.told = second.told;
        self.wallets = wallets;
        Ok(())
    }
}

/// Reads every line, and checks that the last one is whole.
fn for_each(
    lines: &mut Lines,
    mut take: impl FnMut(Entity, &Locator) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    while lines.advance()? {
        let entity = lines.parse()?;
        take(entity, &lines.locator())?;
    }
    if lines.newline_seen() {
        Ok(())
    } else {
        Err(lines.truncated("the newline of its last line"))
    }
}

/// The first time: which wallets there are, and whose.
struct Survey<'a> {
    limits: &'a Limits,
    wallets: VecDeque<Wallet>,
    by_id: HashMap<String, usize>,
    held: HeldBytes,
}

impl Survey<'_> {
    fn take(
        &mut self,
        entity: Entity,
        held_by: Option<&str>,
        line: &Locator,
    ) -> Result<(), ReadError> {
        let (id, schema, said) = entity.split();
        if schema == WALLET {
            let at = *self.by_id.entry(id.clone()).or_insert(self.wallets.len());
            if at == self.wallets.len() {
                self.wallets.push_back(Wallet::new(&id, line.line));
                self.held.add(self.wallets[at].bytes(), line)?;
            }
            let wallet = &mut self.wallets[at];
            let (before, addresses, holders) =
                (wallet.bytes(), wallet.addresses.len(), wallet.holders.len());
            wallet.add(&said, self.limits);
            if let Some(holder) = held_by {
                wallet.is_held_by(holder);
            }
            let new = [&wallet.addresses[addresses..], &wallet.holders[holders..]];
            let new = new.into_iter().map(bytes_of).sum::<usize>();
            self.held.add(wallet.bytes() - before + new, line)?;
        }
        for wallet in said
            .crypto_wallets
            .into_iter()
            .filter_map(entity::Link::nested)
        {
            self.take(wallet, Some(&id), line)?;
        }
        for other in said.holder.into_iter().chain(said.entity) {
            if let Some(other) = other.nested() {
                self.take(other, None, line)?;
            }
        }
        Ok(())
    }
}

/// The second time: what else is said of the wallets and their holders.
struct Second<'a> {
    limits: &'a Limits,
    holders: HashSet<&'a str>,
    wallets: HashSet<&'a str>,
    told: Told,
    held: HeldBytes,
}

impl Second<'_> {
    fn take(
        &mut self,
        entity: Entity,
        within: Option<&str>,
        at: &Locator,
    ) -> Result<(), ReadError> {
        let (id, schema, said) = entity.split();
        if schema == order::SANCTION || schema == order::RISK {
            for against in ids(&said.entity).chain(within) {
                if self.holders.contains(against) || self.wallets.contains(against) {
                    let orders = self.told.orders.entry(against.to_owned()).or_default();
                    let before = orders.bytes();
                    orders.add(&schema, &said, self.limits);
                    let told = against.len() + orders.bytes() - before;
                    self.held.add(told + ENTITY_BYTES, at)?;
                }
            }
        } else if self.holders.contains(&*id) {
            let holder = self.told.holders.entry(id.clone()).or_default();
            let before = holder.bytes();
            holder.add(&said, self.limits);
            let told = id.len() + holder.bytes() - before;
            self.held.add(told + ENTITY_BYTES, at)?;
        }
        let orders = said.sanctions.into_iter().chain(said.risks);
        let others = said
            .holder
            .into_iter()
            .chain(said.crypto_wallets)
            .chain(said.entity);
        for order in orders.filter_map(entity::Link::nested) {
            self.take(order, Some(&id), at)?;
        }
        for other in others.filter_map(entity::Link::nested) {
            self.take(other, None, at)?;
        }
        Ok(())
    }
}

impl Reader for FollowTheMoney {
    fn next_row(&mut self) -> Result<Option<Row>, ReadError> {
        if let Some(lines) = self.unread.take() {
            self.read(lines)?;
        }
        loop {
            if let Some(row) = self.rows.as_mut().and_then(Iterator::next) {
                self.facts.records += 1;
                self.any |= row.entry.is_some();
                return Ok(Some(row));
            }
            let Some(wallet) = self.wallets.pop_front() else {
                let file = self.file.name.as_str().into();
                return self.any.then_some(None).ok_or(ReadError::Empty { file });
            };
            let locator = Locator {
                file: self.file.name.as_str().into(),
                line: wallet.line,
            };
            for _ in 0..wallet.accounts {
                let what = "id(s) of accounts at exchanges";
                self.facts.not_listed(what, || locator.clone());
            }
            let context = Context {
                category: self.category,
                limits: &self.limits,
            };
            if wallet.is_harmless(&self.told) {
                let what = "wallet(s) of holders against whom nothing is said";
                self.facts.not_listed(what, || locator.clone());
                continue;
            }
            self.rows = Some(wallet.rows(&self.told, &locator, &context));
        }
    }

    fn facts(&self) -> &Facts {
        &self.facts
    }
}

#[cfg(test)]
#[path = "ftm_tests.rs"]
mod tests;
