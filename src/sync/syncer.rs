//! Which source is next, and what is noted of it.
//!
//! One task does all of it, so one source is fetched at a time and none
//! twice. It ends when its future is dropped, at once: a download goes on
//! from what was synced of it, and an import under way ends as a kill would
//! end it, with the one generation or the other.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tracing::{Instrument as _, info, info_span, warn};
use uuid::Uuid;

use super::archive::Archive;
use super::error::SyncError;
use super::feed::Feed;
use super::gather::{Gathered, Gathering};
use super::handle::{Command, Status, SyncHandle, Synced, WAITING_MAX};
use super::progress::{Outcome, Phase, Progress, Teller};
use super::schedule::{self, Past};
use super::state::States;
use crate::generation::LiveGeneration;
use crate::import::read::InputFile;
use crate::import::{ImportError, Importer, Report, Request};
use crate::list::{Origin, SourceId};

/// Longest sleep, so that a clock that is set is noticed.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// How often and how long to wait for another import to end.
const BUSY_PAUSE: Duration = Duration::from_millis(500);
const BUSY_TRIES: usize = 1200;

/// Keeps sources current.
pub struct Syncer {
    statuses: Arc<Mutex<Vec<Status>>>,
    commands: mpsc::Receiver<Command>,
    /// The sources are others now.
    changed: Arc<Notify>,
    states: States,
    archive: Archive,
    importer: Arc<Importer>,
    live: Arc<LiveGeneration>,
    bytes_max: u64,
}

impl Syncer {
    /// Makes one for sources, from what a data directory remembers of them.
    pub fn new(
        feeds: Vec<Feed>,
        data_dir: &std::path::Path,
        importer: Arc<Importer>,
        live: Arc<LiveGeneration>,
        bytes_max: u64,
    ) -> (Self, SyncHandle) {
        let states = States::in_data_dir(data_dir);
        let statuses = feeds.into_iter().map(|feed| {
            let state = states.load(&feed.source);
            Status::begun(feed, state)
        });
        let statuses = Arc::new(Mutex::new(statuses.collect::<Vec<_>>()));
        let (sender, commands) = mpsc::channel(WAITING_MAX);
        let changed = Arc::new(Notify::new());
        let handle = SyncHandle {
            statuses: statuses.clone(),
            commands: sender,
            states: states.clone(),
            changed: changed.clone(),
        };
        let syncer = Self {
            statuses,
            commands,
            changed,
            states,
            archive: Archive::in_data_dir(data_dir),
            importer,
            live,
            bytes_max,
        };
        (syncer, handle)
    }

    /// Syncs on schedule and on command, for as long as it is polled.
    pub async fn run(mut self) {
        loop {
            let next = self.next();
            let pause = next.map_or(SLEEP_MAX, |(_, wait)| wait.min(SLEEP_MAX));
            tokio::select! {
                biased;
                command = self.commands.recv() => match command {
                    Some(command) => self.obey(command).await,
                    // Nobody can ask any more: the daemon is gone.
                    None => return,
                },
                // What is next has to be told anew.
                () = self.changed.notified() => {}
                () = sleep(pause) => {
                    if let Some((source, Duration::ZERO)) = self.next() {
                        self.sync(&source, &Teller::nobody()).await;
                    }
                }
            }
        }
    }

    async fn obey(&self, mut command: Command) {
        while let Some(source) = command.sources.pop_front() {
            if command.teller.is_deserted() {
                return;
            }
            self.sync(&source, &command.teller).await;
        }
    }

    /// Returns the source that is due first, and how long until then.
    fn next(&self) -> Option<(SourceId, Duration)> {
        let now = Timestamp::now();
        let statuses = self.statuses.lock();
        let wait = |status: &Status| schedule::until(status.due, status.feed.interval, now);
        // Of those that are due, the one that waits longest: a slow source
        // with a short interval must not keep the others back.
        statuses
            .iter()
            .map(|status| (&status.feed.source, wait(status), status.due))
            .min_by_key(|(_, wait, due)| (*wait, *due))
            .map(|(source, wait, _)| (source.clone(), wait))
    }

    /// Returns how a source stands, if it is still to be fetched.
    fn status(&self, source: &SourceId) -> Option<Status> {
        let statuses = self.statuses.lock();
        let mut each = statuses.iter();
        each.find(|status| status.feed.source == *source).cloned()
    }

    /// Notes how a source stands, if it is still to be fetched.
    fn note(&self, source: &SourceId, note: impl FnOnce(&mut Status)) {
        let mut statuses = self.statuses.lock();
        let mut each = statuses.iter_mut();
        if let Some(status) = each.find(|status| status.feed.source == *source) {
            note(status);
        }
    }

    /// Makes one source current, notes how it went, and tells.
    async fn sync(&self, source: &SourceId, teller: &Teller) {
        let Some(Status {
            feed, mut state, ..
        }) = self.status(source)
        else {
            let trouble = SyncError::NoLongerConfigured(source.clone()).trouble();
            teller.outcome(source, Outcome::Failed(trouble));
            return;
        };
        let attempt = Timestamp::now();
        let span = info_span!("sync", source = %feed.source);
        let outcome = self.attempt(&feed, teller).instrument(span).await;
        let outcome = match outcome {
            Ok(synced) => {
                let report = &synced.report;
                state.succeeded(attempt, report.publication_digest);
                info!(source = %feed.source, new = synced.is_new, bytes = synced.bytes, changed = report.changed, generation = %report.generation, "synced");
                Outcome::Synced(Box::new(synced))
            }
            // No failure of the source, which is asked again when it is due.
            Err(error @ SyncError::NoLongerConfigured(_)) => {
                info!(source = %feed.source, %error, "not synced");
                Outcome::Failed(error.trouble())
            }
            Err(error) => {
                let trouble = error.trouble();
                warn!(source = %feed.source, error = trouble.message, name = trouble.name, "not synced; the list that is held stays, and ages");
                // What was refused would be refused again.
                let wait = match error.is_refusal() {
                    true => Some(feed.interval),
                    false => error.retry_after(),
                };
                state.failed(attempt, trouble.clone(), wait);
                Outcome::Failed(trouble)
            }
        };
        self.states.save(&feed.source, &state);
        let past: Past = state.past();
        self.note(source, |status| {
            let interval = status.feed.interval;
            status.due = schedule::due(past, interval, Timestamp::now(), random());
            status.state = state;
            status.phase = None;
        });
        teller.outcome(&feed.source, outcome);
    }

    async fn attempt(&self, feed: &Arc<Feed>, teller: &Teller) -> Result<Synced, SyncError> {
        let enter = |phase| {
            self.note(&feed.source, |status| status.phase = Some(phase));
            teller.progress(&feed.source, Progress::of(phase));
        };
        enter(Phase::Fetching);
        let parts = self.states.folder().map_err(|source| super::ArchiveError {
            path: "sync".into(),
            source,
        })?;
        let gathering = Gathering {
            feed,
            archive: &self.archive,
            parts: parts.to_owned(),
            bytes_max: self.bytes_max,
            teller,
        };
        let gathered = gathering.run().await?;
        // It may take hours, and the operator's word may have changed.
        let now = self.status(&feed.source);
        let Some(status) = now.filter(|status| status.feed == *feed) else {
            return Err(SyncError::NoLongerConfigured(feed.source.clone()));
        };
        if !teller.is_asked() && self.is_set_aside(&status, &gathered) {
            return Err(SyncError::SetAside(feed.source.clone()));
        }
        enter(Phase::Importing);
        let report = self.import(feed, &gathered).await;
        // A refused publication has its raw files too: somebody will look.
        let live = self.live.pin();
        let held = live
            .as_ref()
            .and_then(|live| live.publication(&feed.source));
        let held = held.map(|publication| publication.digest);
        self.archive.prune(&feed.source, feed.keep_raw, held);
        Ok(Synced {
            is_new: gathered.is_new,
            bytes: gathered.bytes,
            folder: gathered.kept.folder,
            report: report?,
        })
    }

    /// Tells whether the publisher has what it had, we held that, and hold
    /// something else now: a person went back, and the schedule must not go
    /// forward again over their head.
    fn is_set_aside(&self, status: &Status, gathered: &Gathered) -> bool {
        let digest = gathered.kept.digest;
        let was_held = status.state.publication == Some(digest.to_string());
        let live = self.live.pin();
        let held = live
            .as_ref()
            .and_then(|live| live.publication(&status.feed.source));
        was_held && held.is_some_and(|held| held.digest != digest)
    }

    /// Sends the raw files the way of an upload. For what is held already
    /// that means a confirmation, and no more.
    async fn import(&self, feed: &Feed, gathered: &Gathered) -> Result<Report, SyncError> {
        let kept = &gathered.kept;
        let files: Vec<InputFile> = kept
            .files
            .iter()
            .map(|file| InputFile::at(&file.name, kept.path(file)))
            .collect();
        let (digest, retrieved_at) = (kept.digest, gathered.current_at);
        for _ in 0..BUSY_TRIES {
            let (importer, feed, files) = (self.importer.clone(), feed.clone(), files.clone());
            let import = spawn_blocking(move || {
                let request = Request {
                    tier: None,
                    format: match feed.format {
                        Some(format) => format,
                        None => importer.tell_format(&files)?,
                    },
                    category: feed.category,
                    source: feed.source,
                    approval: None,
                    retrieved_at,
                    origin: Origin::Imported,
                    digest,
                };
                importer.run_or_keep(&request, files)
            });
            match import.await.map_err(|_| SyncError::Stopped)? {
                Err(ImportError::Busy) => sleep(BUSY_PAUSE).await,
                done => return Ok(done?),
            }
        }
        Err(ImportError::Busy.into())
    }
}

/// A number from 0 to 1 that nobody can foresee well enough to plan on.
pub(super) fn random() -> f64 {
    let bytes = *Uuid::now_v7().as_bytes();
    let drawn = u32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]);
    f64::from(drawn) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_numbers_are_spread_over_their_range() {
        let drawn: Vec<f64> = (0..1000).map(|_| random()).collect();
        assert!(drawn.iter().all(|number| (0.0..=1.0).contains(number)));
        let low = drawn.iter().filter(|number| **number < 0.5).count();
        assert!(
            (350..650).contains(&low),
            "{low} of 1000 are in the lower half"
        );
    }
}
