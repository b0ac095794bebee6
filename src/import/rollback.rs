//! Going back: an earlier generation's state becomes a generation of its own.
//!
//! Nothing is undone. What came since comes off, what went since comes back
//! with the very bytes it had, and history keeps both. For a rollback of
//! everything the digest must be that of the generation gone back to, which
//! is held before it is committed. It always takes a person's word, given for
//! what it would take off and bring back. Lists age as they would have: a rollback
//! makes none of them fresh.

use std::collections::{BTreeMap, BTreeSet};

use crate::causes::in_one_line;
use crate::generation::Generation;
use crate::list::{Cause, Effect, EntryId, GenerationNumber, Made, Publication, SourceId};
use crate::store::{Change, ChangeKind, ChangedEntry, GenerationDigest, ListedRow, ReadError};

use super::Importer;
use super::by_hand::OperatorList;
use super::gates::{Gate, Refusal};
use super::publish::Changed;
use super::request::{Approval, ImportError};

/// A rollback that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledBack {
    /// The new generation.
    pub generation: GenerationNumber,
    /// Its digest.
    pub digest: GenerationDigest,
    /// Entries that came back.
    pub added: u64,
    /// Entries with the particulars they had.
    pub amended: u64,
    /// Entries that went.
    pub removed: u64,
}

impl Importer {
    /// Puts an earlier generation's state in place of the present one; with
    /// a source, only that source's. `approval.digest` is empty until a
    /// refusal has said what to confirm.
    ///
    /// # Errors
    ///
    /// If there is no such earlier generation, addresses would come off
    /// without a person's word for it, or it cannot be committed.
    pub fn roll_back(
        &self,
        to: GenerationNumber,
        source: Option<&SourceId>,
        approval: &Approval,
    ) -> Result<RolledBack, ImportError> {
        let outcome = self.go_back(to, source, approval);
        if let (Err(error), Some(recording)) = (&outcome, &self.recording) {
            let why = (in_one_line(error), Some(&approval.act));
            let name = source.map_or("", SourceId::as_str);
            recording.refused("RollBack", name, None, why);
        }
        outcome
    }

    fn go_back(
        &self,
        to: GenerationNumber,
        source: Option<&SourceId>,
        approval: &Approval,
    ) -> Result<RolledBack, ImportError> {
        let _running = self.running.try_lock().ok_or(ImportError::Busy)?;
        self.store.settle()?;
        let live = self.live_at_head()?;
        let live = live.as_deref().filter(|live| to < live.number());
        let target = self.store.generation(to)?;
        let (Some(live), Some(target)) = (live, target) else {
            return Err(ImportError::NoSuchGeneration(to));
        };
        let back = self.way_back(to, live, source)?;
        let name = source.map_or("everything", SourceId::as_str);
        let refusal = Refusal {
            source: name.to_owned(),
            gates: vec![Gate::Rollback {
                amended: back.counts.1,
                exempted: back.exempted,
            }],
            lost: back.lost,
            listed: back.listed,
            confirm_with: String::new(),
            holds_secrets: false,
            kept: false,
        };
        let what = format!("rollback to {to} of {name}");
        let overridden = refusal.unless(
            live.record.digest,
            what.as_bytes(),
            &target.digest.0,
            Some(approval),
        )?;
        let made = Made {
            cause: Cause::Rollback { to },
            act: Some(approval.act.clone()),
            overridden,
        };
        let mut next = Changed::after(Some(live), made);
        (next.added, next.amended, next.removed) = back.counts;
        next.changes = back.changes;
        let goes_back = |of: &SourceId| self.goes_back(of, source);
        next.publications = publications(live, &target.publications, goes_back);
        next.sources = changed_sources(live, &next.publications);
        next.expect = (source.is_none() && !self.second_person()).then_some(target.digest);
        let next = next.sorted();
        let changes = next.changes.clone();
        let (added, amended, removed) = back.counts;
        let generation = self.commit(Some(live), next)?;
        let (number, digest) = (generation.number(), generation.record.digest);
        self.publish(generation, &changes)?;
        Ok(RolledBack {
            generation: number,
            digest,
            added,
            amended,
            removed,
        })
    }

    /// Where a second person must approve what the operator's own lists say,
    /// a rollback is no way around that person.
    fn goes_back(&self, of: &SourceId, only: Option<&SourceId>) -> bool {
        let by_hand = self.second_person() && OperatorList::of(of).is_some();
        only.is_none_or(|only| only == of) && !by_hand
    }

    /// What has to change for the earlier state to be there again.
    fn way_back(
        &self,
        to: GenerationNumber,
        live: &Generation,
        only: Option<&SourceId>,
    ) -> Result<WayBack, ReadError> {
        let mut back = WayBack::default();
        let mut ids: [BTreeSet<EntryId>; 3] = Default::default();
        for key in self.store.changed_keys(to, live.number())? {
            for changed in self.store.changes_under(&key, to, live.number())? {
                let Some(row) = changed.after.as_ref().or(changed.before.as_ref()) else {
                    continue;
                };
                if !self.goes_back(&row.entry()?.source, only) {
                    continue;
                }
                let (kind, at) = undone(&changed);
                ids[at].insert(row.id);
                back.changes.push(Change {
                    key: key.clone(),
                    id: row.id,
                    kind,
                });
            }
            // An address is lost to a source that names it no more, whoever
            // else does: the others may weigh less.
            let rows = self.store.rows(&key)?;
            let named = |at| self.named(&rows, at, only);
            let (before, after) = (named(live.number())?, named(to)?);
            back.lost.extend(gone(&before.listing, &after.listing));
            back.exempted.extend(gone(&after.exempt, &before.exempt));
        }
        let held = live.record.publications.iter();
        let held = held.filter(|held| self.goes_back(&held.source, only));
        back.listed = held.map(|held| held.entries).sum();
        back.counts = (
            ids[0].len() as u64,
            ids[1].len() as u64,
            ids[2].len() as u64,
        );
        Ok(back)
    }

    /// Who names a key's own address in a generation, as what.
    fn named(
        &self,
        rows: &[ListedRow],
        at: GenerationNumber,
        only: Option<&SourceId>,
    ) -> Result<Named, ReadError> {
        let mut named = Named::default();
        for row in rows.iter().filter(|row| row.life.covers(at)) {
            let keyed = row.entry()?;
            if keyed.derived.is_some() || !self.goes_back(&keyed.source, only) {
                continue;
            }
            let names = match keyed.entry.effect {
                Effect::Lists => &mut named.listing,
                Effect::Exempts => &mut named.exempt,
            };
            names.insert(keyed.source, keyed.entry.address);
        }
        Ok(named)
    }
}

/// Sources that name an address, and as what they published it.
#[derive(Default)]
struct Named {
    listing: BTreeMap<SourceId, String>,
    exempt: BTreeMap<SourceId, String>,
}

fn gone<'a>(
    before: &'a BTreeMap<SourceId, String>,
    after: &'a BTreeMap<SourceId, String>,
) -> impl Iterator<Item = String> + 'a {
    let missing = before
        .iter()
        .filter(|(source, _)| !after.contains_key(*source));
    missing.map(|(_, address)| address.clone())
}

/// Changes that lead back, and what they cost.
#[derive(Default)]
struct WayBack {
    changes: Vec<Change>,
    /// Entries added, amended, removed.
    counts: (u64, u64, u64),
    /// Addresses as published that a source names no more.
    lost: Vec<String>,
    /// Addresses whose exemption comes back.
    exempted: Vec<String>,
    /// Entries that are listed now.
    listed: u64,
}

/// What undoes a change, and its place among the counts.
fn undone(changed: &ChangedEntry) -> (ChangeKind, usize) {
    match (&changed.before, &changed.after) {
        (Some(before), None) => (ChangeKind::Listed(before.encoded().clone()), 0),
        (Some(before), Some(_)) => (ChangeKind::Amended(before.encoded().clone()), 1),
        (None, _) => (ChangeKind::Delisted, 2),
    }
}

/// The publications of the earlier state. None gets lighter by going back:
/// that is for the configuration to say.
fn publications(
    live: &Generation,
    target: &[Publication],
    goes_back: impl Fn(&SourceId) -> bool,
) -> Vec<Publication> {
    let others = live.record.publications.iter();
    let others = others.filter(|held| !goes_back(&held.source)).cloned();
    let ours = target
        .iter()
        .filter(|held| goes_back(&held.source))
        .cloned();
    let heaviest = |mut held: Publication| {
        if let Some(known) = live.publication(&held.source) {
            held.tier = held.tier.min(known.tier);
        }
        held
    };
    others.chain(ours.map(heaviest)).collect()
}

fn changed_sources(live: &Generation, next: &[Publication]) -> Vec<SourceId> {
    let before = &live.record.publications;
    let ids = |held: &[Publication]| -> BTreeSet<SourceId> {
        held.iter().map(|held| held.source.clone()).collect()
    };
    let find = |held: &[Publication], source: &SourceId| {
        let found = held.iter().find(|held| held.source == *source);
        found.map(|held| (held.digest, held.tier, held.read_as.clone(), held.entries))
    };
    ids(before)
        .union(&ids(next))
        .filter(|source| find(before, source) != find(next, source))
        .cloned()
        .collect()
}
