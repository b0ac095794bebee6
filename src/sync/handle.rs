//! Asking for syncs, and seeing how sources stand.

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use thiserror::Error;
use tokio::sync::{Notify, mpsc};
use tracing::info;

use super::feed::Feed;
use super::progress::{self, Phase, Progress, Teller, Told};
use super::schedule;
use super::state::{State, States};
use super::syncer::random;
use crate::import::Report;
use crate::list::SourceId;

/// Callers that wait for their turn at most.
pub(super) const WAITING_MAX: usize = 8;

/// How a source was made current.
#[derive(Debug, Clone)]
pub struct Synced {
    /// The publisher had something else than before.
    pub is_new: bool,
    /// Bytes that came over the line, or from the disk.
    pub bytes: u64,
    /// Where the raw files are.
    pub folder: PathBuf,
    /// What the import did.
    pub report: Report,
}

/// How a source stands.
#[derive(Debug, Clone)]
pub struct Status {
    /// Where its files are, how often they are asked for.
    pub feed: Arc<Feed>,
    /// What became of the attempts.
    pub state: State,
    /// When it is asked next.
    pub due: Timestamp,
    /// What is being done with it, if anything is.
    pub phase: Option<Phase>,
}

impl Status {
    /// Begins to fetch a source, of whose attempts something may be known.
    pub(super) fn begun(feed: Feed, state: State) -> Self {
        if let Some(licence) = feed.licence {
            info!(source = %feed.source, licence, "fetched under these terms");
        }
        Self {
            due: schedule::due(state.past(), feed.interval, Timestamp::now(), random()),
            feed: Arc::new(feed),
            state,
            phase: None,
        }
    }
}

/// Why a sync cannot be asked for.
#[derive(Debug, Error)]
pub enum AskError {
    /// The source is not configured to be fetched.
    #[error("`{0}` has neither a `preset` nor a `url` or `path` in the configuration")]
    NotConfigured(SourceId),
    /// No source is.
    #[error("no source has a `preset`, `url` or `path` in the configuration")]
    NothingConfigured,
    /// Too many wait already.
    #[error("{WAITING_MAX} others wait for a sync already: try again later")]
    TooMany,
    /// The daemon stops.
    #[error("the daemon is stopping")]
    Stopping,
}

/// A sync that was asked for.
#[derive(Debug)]
pub struct Asked {
    /// What happens.
    pub told: mpsc::Receiver<Told>,
    /// How many outcomes there will be. Fewer: the daemon stopped.
    pub outcomes: usize,
}

/// What a syncer is told to do.
pub(super) struct Command {
    pub(super) sources: VecDeque<SourceId>,
    pub(super) teller: Teller,
}

/// Asks for syncs, and sees how sources stand. Cheap to clone.
#[derive(Clone)]
pub struct SyncHandle {
    pub(super) statuses: Arc<Mutex<Vec<Status>>>,
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) states: States,
    /// The sources are others now.
    pub(super) changed: Arc<Notify>,
}

impl SyncHandle {
    /// Fetches these sources from now on, and no others. What is known of the
    /// attempts at a source stays; one that is fetched in another way is
    /// asked when it is due by that.
    pub fn adopt(&self, feeds: Vec<Feed>) {
        let mut statuses = self.statuses.lock();
        let before = std::mem::take(&mut *statuses);
        let mut before: Vec<_> = before.into_iter().map(Some).collect();
        *statuses = feeds
            .into_iter()
            .map(|feed| {
                let mut known = before.iter_mut();
                let known = known.find(|known| {
                    known
                        .as_ref()
                        .is_some_and(|it| it.feed.source == feed.source)
                });
                match known.and_then(Option::take) {
                    Some(known) if *known.feed == feed => known,
                    Some(known) => Status::begun(feed, known.state),
                    None => {
                        let state = self.states.load(&feed.source);
                        Status::begun(feed, state)
                    }
                }
            })
            .collect();
        drop(statuses);
        self.changed.notify_one();
    }

    /// Returns how every source stands that is fetched.
    pub fn statuses(&self) -> Vec<Status> {
        self.statuses.lock().clone()
    }

    /// Asks for a sync of sources, or of all, now. What happens is told until
    /// all have ended; nobody needs to listen.
    ///
    /// # Errors
    ///
    /// If a source is not configured to be fetched, or too many wait.
    pub fn ask(&self, sources: &[SourceId]) -> Result<Asked, AskError> {
        let wanted: VecDeque<SourceId> = {
            let statuses = self.statuses.lock();
            if statuses.is_empty() {
                return Err(AskError::NothingConfigured);
            }
            let known = |source: &SourceId| statuses.iter().any(|it| it.feed.source == *source);
            if let Some(unknown) = sources.iter().find(|source| !known(source)) {
                return Err(AskError::NotConfigured(unknown.clone()));
            }
            // In the order of the configuration, and none twice.
            let named: BTreeSet<&SourceId> = sources.iter().collect();
            let all = statuses.iter().map(|status| &status.feed.source);
            all.filter(|source| named.is_empty() || named.contains(source))
                .cloned()
                .collect()
        };
        let outcomes = wanted.len();
        let (teller, told) = progress::channel(outcomes);
        for source in &wanted {
            teller.progress(source, Progress::of(Phase::Waiting));
        }
        let command = Command {
            sources: wanted,
            teller,
        };
        self.commands
            .try_send(command)
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => AskError::TooMany,
                mpsc::error::TrySendError::Closed(_) => AskError::Stopping,
            })?;
        Ok(Asked { told, outcomes })
    }
}
