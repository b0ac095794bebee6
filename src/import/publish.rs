//! From changes to a live generation: stage, extend the filter, commit,
//! verify, publish.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::{info, warn};

use crate::filter::Filter;
use crate::generation::{Generation, build_filter};
use crate::list::{Made, Publication, SourceId};
use crate::store::{
    Change, ChangeKind, GenerationDigest, GenerationRecord, NextGeneration, ReadError,
    StagedGeneration,
};

use super::delta::Delta;
use super::{ImportError, Importer};

/// What the next generation changes.
pub(super) struct Changed {
    /// Sorted by key and entry.
    pub(super) changes: Vec<Change>,
    /// Entries that come, under however many keys.
    pub(super) added: u64,
    /// Entries whose particulars change.
    pub(super) amended: u64,
    /// Entries that go.
    pub(super) removed: u64,
    /// Sources that change.
    pub(super) sources: Vec<SourceId>,
    /// Every source's publication, by source.
    pub(super) publications: Vec<Publication>,
    /// What makes it.
    pub(super) made: Made,
    /// The digest that the set must have, where it is known beforehand.
    pub(super) expect: Option<GenerationDigest>,
}

impl Changed {
    /// Adds what one source's publication changes.
    pub(super) fn take(&mut self, delta: Delta, publication: Publication) {
        self.changes.extend(delta.changes);
        self.added += delta.added;
        self.amended += delta.amended;
        self.removed += delta.removed;
        self.sources.push(publication.source.clone());
        self.publications
            .retain(|held| held.source != publication.source);
        self.publications.push(publication);
    }

    /// Begins with the publications of the generation before.
    pub(super) fn after(before: Option<&Generation>, made: Made) -> Self {
        let held = before.map(|generation| generation.record.publications.clone());
        Self {
            changes: Vec::new(),
            added: 0,
            amended: 0,
            removed: 0,
            sources: Vec::new(),
            publications: held.unwrap_or_default(),
            made,
            expect: None,
        }
    }

    /// Puts everything in the order in which it is stored.
    pub(super) fn sorted(mut self) -> Self {
        self.changes
            .sort_unstable_by(|a, b| (&a.key, a.id).cmp(&(&b.key, b.id)));
        self.sources.sort();
        self.publications.sort_by(|a, b| a.source.cmp(&b.source));
        self
    }
}

impl Importer {
    /// Stages, extends the filter, commits: additions are in the filter
    /// before anyone can ask for them.
    pub(super) fn commit(
        &self,
        before: Option<&Generation>,
        next: Changed,
    ) -> Result<Generation, ImportError> {
        let staged = self.store.stage(&next.changes)?;
        let found = staged.digest();
        if let Some(expected) = next.expect.filter(|expected| *expected != found) {
            return Err(ImportError::OtherSet { expected, found });
        }
        let filter = self.filter_for(before, &staged, &next.changes)?;
        // What cannot be told of is not done.
        if let Some(recording) = &self.recording {
            recording.intended(staged.number(), found, &next.sources)?;
        }
        let mut record = staged.commit(NextGeneration {
            added: next.added,
            amended: next.amended,
            removed: next.removed,
            sources: next.sources,
            publications: next.publications,
            committed_at: Timestamp::now(),
            made: next.made,
        })?;
        if let Some(recording) = &self.recording {
            recording.committed(&self.store, &record);
        }
        // How fresh a publication is known to be is no part of the record.
        for held in &mut record.publications {
            let known = before.and_then(|before| before.publication(&held.source));
            let same = known.filter(|known| known.digest == held.digest);
            held.confirmed_at = same.and_then(|known| known.confirmed_at);
        }
        Ok(Generation::new(
            self.store.clone(),
            record,
            Arc::new(filter),
        ))
    }

    fn filter_for(
        &self,
        before: Option<&Generation>,
        staged: &StagedGeneration<'_>,
        changes: &[Change],
    ) -> Result<Filter, ReadError> {
        let keys = staged.keys();
        let grown = before
            .map(|generation| &generation.filter)
            .filter(|filter| filter.rate() == self.rate && filter.has_room_for_total(keys));
        debug_assert!(
            before.is_none_or(|generation| generation.number().next() == staged.number())
        );
        match grown {
            Some(filter) => {
                let listed = changes
                    .iter()
                    .filter(|change| change.kind != ChangeKind::Delisted);
                Ok(filter.extended(listed.map(|change| &change.key), keys))
            }
            None => build_filter(&self.store, self.rate, keys, seed_of(before)),
        }
    }

    /// Asks the new generation for what was just listed, publishes it, and
    /// leaves its filter on disk for the next start.
    pub(super) fn publish(
        &self,
        generation: Generation,
        changes: &[Change],
    ) -> Result<(), ImportError> {
        // Reading back everything of a very large change would double its
        // cost; the sweep asks for all of it right after.
        const READ_BACK_MAX: usize = 20_000;
        let step = changes.len().div_ceil(READ_BACK_MAX).max(1);
        for (index, change) in changes.iter().enumerate() {
            let listed = change.kind != ChangeKind::Delisted;
            let found = if index % step == 0 {
                let rows = generation.rows(&change.key)?;
                let number = generation.number();
                let mut ours = rows.iter().filter(|row| row.id == change.id);
                ours.any(|row| row.life.covers(number)) == listed
            } else {
                !listed || generation.filter.may_contain(&change.key)
            };
            if !found {
                self.live.withdraw();
                // Whatever is wrong with it, the next start builds another.
                let _ = std::fs::remove_file(Generation::filter_path(self.store.data_dir()));
                return Err(ImportError::NotFoundAfterCommit(generation.number()));
            }
        }
        let path = Generation::filter_path(self.store.data_dir());
        let stamp = generation.stamp();
        let filter = generation.filter.clone();
        log_commit(&generation.record);
        self.live.publish(generation);
        if let Err(error) = filter.save(&path, stamp) {
            warn!(%error, "the filter could not be saved; the next start brings it up to date");
        }
        Ok(())
    }
}

pub(super) fn seed_of(before: Option<&Generation>) -> GenerationDigest {
    before
        .map(|generation| generation.record.digest)
        .unwrap_or_default()
}

fn log_commit(record: &GenerationRecord) {
    info!(
        generation = %record.number,
        digest = %record.digest,
        entries = record.entries(),
        added = record.added,
        amended = record.amended,
        removed = record.removed,
        sources = ?record.sources,
        "generation committed"
    );
}
