//! Asking for syncs, and seeing how sources stand.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use thiserror::Error;
use tokio::sync::mpsc;

use super::feed::Feed;
use super::progress::{self, Phase, Progress, Teller, Told};
use super::state::State;
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
    /// Positions among the sources.
    pub(super) sources: VecDeque<usize>,
    pub(super) teller: Teller,
}

/// Asks for syncs, and sees how sources stand. Cheap to clone.
#[derive(Clone)]
pub struct SyncHandle {
    statuses: Arc<Mutex<Vec<Status>>>,
    commands: mpsc::Sender<Command>,
}

impl SyncHandle {
    pub(super) fn new(statuses: Arc<Mutex<Vec<Status>>>, commands: mpsc::Sender<Command>) -> Self {
        Self { statuses, commands }
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
        let positions = {
            let statuses = self.statuses.lock();
            let position = |source: &SourceId| {
                let found = statuses.iter().position(|it| it.feed.source == *source);
                found.ok_or_else(|| AskError::NotConfigured(source.clone()))
            };
            if statuses.is_empty() {
                return Err(AskError::NothingConfigured);
            }
            let mut positions: VecDeque<usize> = if sources.is_empty() {
                (0..statuses.len()).collect()
            } else {
                sources.iter().map(position).collect::<Result<_, _>>()?
            };
            positions.make_contiguous().sort_unstable();
            let mut last = None;
            positions.retain(|position| last.replace(*position) != Some(*position));
            positions
        };
        let outcomes = positions.len();
        let (teller, told) = progress::channel(outcomes);
        let statuses = self.statuses.lock();
        for &position in &positions {
            let source = &statuses[position].feed.source;
            teller.progress(source, Progress::of(Phase::Waiting));
        }
        drop(statuses);
        let command = Command {
            sources: positions,
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
