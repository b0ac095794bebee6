//! HOW THE DAEMON STANDS, at one glance: what probes, metrics, status and the
//! console show of it.
//!
//! An [`Overview`] holds on to everything that has a state and asks it when
//! somebody wants to know; it keeps no state of its own and decides nothing
//! but by [`Readiness::of`]. Asking may read small files, so it is done where
//! blocking is allowed.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::audit::{LogFigures, Recorder};
use crate::freshness::{age, assess};
use crate::generation::{Generation, LiveGeneration};
use crate::import::{Pending, PendingError};
use crate::list::Publication;
use crate::monitor::Monitor;
use crate::readiness::{Facts, Readiness, SourceStanding};
use crate::screening::Screener;
use crate::store::{ReadError, Store, StoreFigures};
use crate::sync::{self, SyncHandle};

/// Everything that has a state. Cheap to clone.
#[derive(Clone)]
pub struct Overview {
    parts: Arc<Parts>,
    began: Timestamp,
}

/// What an [`Overview`] asks.
pub struct Parts {
    /// The database.
    pub store: Arc<Store>,
    /// What is asked now.
    pub live: Arc<LiveGeneration>,
    /// What answers, and by which requirements.
    pub screener: Screener,
    /// The audit log.
    pub recorder: Recorder,
    /// Where its files are.
    pub log_dir: PathBuf,
    /// What fetches lists.
    pub sync: SyncHandle,
    /// What watches portfolios.
    pub monitor: Arc<Monitor>,
    /// Tells whether a stop was asked for.
    pub stopping: Box<dyn Fn() -> bool + Send + Sync>,
}

/// What is watched, and what of it nobody has dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched {
    /// Portfolios.
    pub portfolios: u64,
    /// Their members.
    pub members: u64,
    /// Alerts so far.
    pub alerts: u64,
    /// Alerts that nobody has acknowledged.
    pub unacknowledged: u64,
}

impl Overview {
    /// Begins now.
    pub fn new(parts: Parts) -> Self {
        Self {
            parts: Arc::new(parts),
            began: Timestamp::now(),
        }
    }

    /// Returns when the daemon was started.
    pub fn began(&self) -> Timestamp {
        self.began
    }

    /// Returns the live generation.
    pub fn generation(&self) -> Option<Arc<Generation>> {
        self.parts.live.pin()
    }

    /// Returns what answers.
    pub fn screener(&self) -> &Screener {
        &self.parts.screener
    }

    /// Returns the way into the audit log.
    pub fn recorder(&self) -> &Recorder {
        &self.parts.recorder
    }

    /// Returns how the audit log stands.
    pub fn log(&self) -> LogFigures {
        self.parts.recorder.log().figures()
    }

    /// Returns the bytes that are left on the disk of the audit log, if the
    /// system says.
    pub fn log_disk_bytes(&self) -> Option<u64> {
        let said = rustix::fs::statvfs(&self.parts.log_dir).ok()?;
        Some(said.f_bavail.saturating_mul(said.f_frsize))
    }

    /// Returns how the database stands.
    pub fn store(&self) -> StoreFigures {
        self.parts.store.figures()
    }

    /// Returns how the sources stand that are fetched.
    pub fn syncs(&self) -> Vec<sync::Status> {
        self.parts.sync.statuses()
    }

    /// Returns how many publications and changes wait for a person's word.
    ///
    /// # Errors
    ///
    /// If what waits cannot be read.
    pub fn pending(&self) -> Result<u64, PendingError> {
        let waiting = Pending::of(self.parts.store.data_dir()).list()?;
        Ok(waiting.len() as u64)
    }

    /// Returns what is watched.
    ///
    /// # Errors
    ///
    /// If the book of portfolios cannot be read.
    pub fn watched(&self) -> Result<Watched, ReadError> {
        let monitor = &self.parts.monitor;
        let portfolios = monitor.portfolios()?;
        let alerts = *monitor.told().borrow();
        let acknowledged = monitor.acknowledged()?.map_or(0, |word| word.sequence);
        Ok(Watched {
            portfolios: portfolios.len() as u64,
            members: portfolios.iter().map(|portfolio| portfolio.members()).sum(),
            alerts,
            unacknowledged: alerts.saturating_sub(acknowledged),
        })
    }

    /// Returns how each source stands, those that are required and missing
    /// among them, in order of their ids.
    pub fn sources(&self) -> Vec<SourceStanding> {
        let live = self.generation();
        let held: &[Publication] = live
            .as_ref()
            .map_or(&[], |generation| &generation.record.publications);
        let rules = self.parts.screener.rules();
        let requirements = rules.requirements();
        let now = Timestamp::now();
        let present = held.iter().map(|held| SourceStanding {
            source: held.source.clone(),
            tier: held.tier,
            required: requirements.requires(held),
            present: true,
            entries: held.entries,
            age: age(held, now),
            current_at: Some(held.current_at().as_second()),
            max_age: requirements.max_age(held),
            stale: requirements.is_stale(held, now),
            incomplete: held.incomplete,
            origin: Some(held.origin),
        });
        let missing = requirements
            .sources
            .iter()
            .filter(|rule| !held.iter().any(|held| held.source == rule.source))
            .map(|rule| SourceStanding {
                source: rule.source.clone(),
                tier: rule.tier,
                required: rule.required,
                present: false,
                entries: 0,
                age: std::time::Duration::ZERO,
                current_at: None,
                max_age: requirements.max_age_by(rule),
                stale: false,
                incomplete: false,
                origin: None,
            });
        let mut sources: Vec<_> = present.chain(missing).collect();
        sources.sort_by(|a, b| a.source.cmp(&b.source));
        sources
    }

    /// Judges whether the daemon deserves traffic.
    pub fn readiness(&self) -> Readiness {
        let live = self.generation();
        let doubtful = live.as_ref().is_none_or(|generation| {
            let record = &generation.record;
            let rules = self.parts.screener.rules();
            let requirements = rules.requirements();
            let freshness = assess(
                requirements,
                &record.publications,
                record.committed_at,
                Timestamp::now(),
            );
            !freshness.doubts.is_empty()
        });
        Readiness::of(Facts {
            stopping: (self.parts.stopping)(),
            live: live.is_some(),
            doubtful,
            sources: &self.sources(),
            log_refuses: self.log().refusing,
            log_disk_bytes: self.log_disk_bytes(),
        })
    }
}
