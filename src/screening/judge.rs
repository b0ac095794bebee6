//! Holding stored rows against what is asked: does an entry apply, is it
//! active, how does it relate, and what is the evidence.

use std::borrow::Cow;
use std::cmp::Reverse;

use jiff::civil::Date;
use tracing::error;

use crate::address::{Account, AddressKey, Candidate, Depth, Derivation, linked, same_account};
use crate::store::{GenerationNumber, GenerationRecord, KeyedEntry, ListedRow, ReadError};
use crate::verdict::{Match, Relation};

use super::{Pinned, utc_date};

impl Pinned {
    /// Adds the matches of one candidate; false if something could not be
    /// read, so that there may be more.
    pub(super) fn find(
        &self,
        index: usize,
        candidate: &Candidate,
        matches: &mut Vec<Match>,
    ) -> bool {
        let asked = candidate.account();
        let mut whole = self.find_under(index, &candidate.key, &asked, matches);
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
            whole &= self.find_under(index, &link.key, &asked, matches);
        }
        whole
    }

    /// Adds the matches that stand under one key.
    fn find_under(
        &self,
        index: usize,
        key: &AddressKey,
        asked: &Account<'_>,
        matches: &mut Vec<Match>,
    ) -> bool {
        let rows = match self.generation.rows(key) {
            Ok(rows) => rows,
            Err(error) => return unread(&error),
        };
        let number = self.record().number;
        let mut whole = true;
        for row in &rows {
            if row.life.since > number || self.is_superseded(row) {
                continue;
            }
            match self.judge(index, asked, row, &rows) {
                Ok(found) => {
                    if let Some(found) = found {
                        add(matches, found);
                    }
                }
                Err(error) => whole = unread(&error),
            }
        }
        whole
    }

    /// The entry goes on in another row of the same generation.
    fn is_superseded(&self, row: &ListedRow) -> bool {
        row.life.superseded && !row.life.covers(self.record().number)
    }

    /// The day that is asked about: today, or the last day of the generation
    /// asked, so that the same question has the same answer for ever.
    fn day(&self) -> Date {
        let at = match &self.earlier {
            Some(record) => record.committed_at,
            None => self.now,
        };
        self.as_of.unwrap_or_else(|| utc_date(at))
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
        if self.as_of.is_some() && in_force_from(&keyed).is_some_and(|from| from > day) {
            return Ok(None);
        }
        let ended = row.life.until.filter(|until| *until <= record.number);
        let (delisted_on, last) = match ended {
            None => (keyed.entry.delisted_on, Cow::Borrowed(record)),
            Some(until) => {
                let gone = self.delisting_day(until, &keyed)?;
                let last = GenerationNumber(until.0.saturating_sub(1));
                (Some(gone), self.record_numbered(last)?)
            }
        };
        let off = delisted_on.is_some_and(|off| off <= day);
        // Without a day to ask about, what is not in the set is not listed,
        // whatever its dates say.
        let active = !off && (ended.is_none() || self.as_of.is_some());
        let held = last
            .publication(&keyed.source)
            .ok_or(ReadError::GenerationMissing(last.number))?;
        let kinship = same_account(asked, &keyed.account());
        let relation = Relation::from(kinship.sameness);
        let tier = self.screener.tier(&keyed.source, held.tier);
        // An amended entry was first seen when its first edition was.
        let lives = rows.iter().filter(|other| other.id == row.id);
        let first_seen = lives.map(|other| other.life.since).min();
        let first_seen = self.record_numbered(first_seen.unwrap_or(row.life.since))?;
        Ok(Some(Match {
            relation,
            candidate: index,
            tier,
            id: row.id,
            active,
            delisted_on,
            since: row.life.since,
            first_seen_at: first_seen.committed_at,
            last_seen_at: held.retrieved_at,
            publication: held.digest,
            action: self
                .screener
                .policy
                .about(tier, relation, kinship.scope, active),
            scope: kinship.scope,
            why: kinship.why,
            source: keyed.source,
            entry: keyed.entry,
        }))
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
        let own = keyed.entry.delisted_on.or(published_on);
        Ok(own.unwrap_or(committed_on).min(committed_on))
    }

    fn record_numbered(
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

/// The source's own date from which an entry is in force; `None` if it gives
/// none, and the entry then counts as in force on any day.
fn in_force_from(keyed: &KeyedEntry) -> Option<Date> {
    let entry = &keyed.entry;
    entry
        .listed_on
        .or(entry.designation.designated_on)
        .or_else(|| entry.incident.as_ref().and_then(|incident| incident.date))
}
