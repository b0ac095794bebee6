//! What whoever waits for a sync is told while it goes on.
//!
//! Progress is dropped when the listener is slow; an outcome never is: a
//! place is kept free for that of every source. Nobody who listens can hold
//! a sync up.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::handle::Synced;
use super::state::Trouble;
use crate::list::SourceId;

/// Time between two reports of bytes.
const PACE: Duration = Duration::from_millis(100);

/// Reports of progress that wait for a slow listener.
const WAITING_MAX: usize = 64;

/// What a sync is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Another source is being synced.
    Waiting,
    /// A file is being asked for, or its bytes come.
    Fetching,
    /// The publication is being read and held against the gates.
    Importing,
}

/// How far a sync is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What it is doing.
    pub phase: Phase,
    /// The file, while one is fetched.
    pub file: String,
    /// Bytes of it that are here.
    pub bytes: u64,
    /// Bytes it will have, if that is known.
    pub bytes_total: Option<u64>,
}

impl Progress {
    /// Names a phase without a file.
    pub fn of(phase: Phase) -> Self {
        Self {
            phase,
            file: String::new(),
            bytes: 0,
            bytes_total: None,
        }
    }
}

/// How a sync of one source ended.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The source is held as its publisher has it.
    Synced(Box<Synced>),
    /// It is not.
    Failed(Trouble),
}

/// Something that happened to a source.
#[derive(Debug, Clone)]
pub enum Event {
    /// It goes on.
    Progress(Progress),
    /// It has ended.
    Outcome(Outcome),
}

/// What a listener is told, and of which source.
#[derive(Debug, Clone)]
pub struct Told {
    /// The source.
    pub source: SourceId,
    /// What happened.
    pub event: Event,
}

/// Makes both ends for a sync of so many sources.
pub(super) fn channel(sources: usize) -> (Teller, mpsc::Receiver<Told>) {
    let (sender, receiver) = mpsc::channel(WAITING_MAX + sources);
    let teller = Teller {
        sender: Some(sender),
        reserved: sources,
    };
    (teller, receiver)
}

/// Tells a listener, if there is one.
#[derive(Debug, Clone)]
pub(super) struct Teller {
    sender: Option<mpsc::Sender<Told>>,
    /// Places that are kept for outcomes.
    reserved: usize,
}

impl Teller {
    /// Tells nobody: for syncs on schedule.
    pub(super) fn nobody() -> Self {
        Self {
            sender: None,
            reserved: 0,
        }
    }

    /// Tells whether a person asked, and not the schedule.
    pub(super) fn is_asked(&self) -> bool {
        self.sender.is_some()
    }

    /// Tells whether the listener has gone.
    pub(super) fn is_deserted(&self) -> bool {
        self.sender.as_ref().is_some_and(mpsc::Sender::is_closed)
    }

    pub(super) fn progress(&self, source: &SourceId, progress: Progress) {
        if let Some(sender) = &self.sender
            && sender.capacity() > self.reserved
        {
            let event = Event::Progress(progress);
            self.tell(source, event);
        }
    }

    pub(super) fn outcome(&self, source: &SourceId, outcome: Outcome) {
        self.tell(source, Event::Outcome(outcome));
    }

    fn tell(&self, source: &SourceId, event: Event) {
        if let Some(sender) = &self.sender {
            // It fails only if nobody listens any more.
            let _ = sender.try_send(Told {
                source: source.clone(),
                event,
            });
        }
    }
}

/// Tells of the bytes of one file, not oftener than is of use.
pub(super) struct Bytes {
    teller: Teller,
    source: SourceId,
    file: String,
    last: Mutex<Option<Instant>>,
}

impl Bytes {
    pub(super) fn of(teller: &Teller, source: &SourceId, file: &str) -> Self {
        Self {
            teller: teller.clone(),
            source: source.clone(),
            file: file.to_owned(),
            last: Mutex::new(None),
        }
    }

    pub(super) fn are(&self, bytes: u64, bytes_total: Option<u64>) {
        let now = Instant::now();
        let mut last = self.last.lock();
        let is_due = last.is_none_or(|last| now.duration_since(last) >= PACE);
        if !is_due && Some(bytes) != bytes_total {
            return;
        }
        *last = Some(now);
        drop(last);
        self.teller.progress(
            &self.source,
            Progress {
                phase: Phase::Fetching,
                file: self.file.clone(),
                bytes,
                bytes_total,
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> SourceId {
        "ofac-sdn".parse().expect("a source id")
    }

    fn failed() -> Outcome {
        Outcome::Failed(Trouble {
            name: "X".to_owned(),
            message: "x".to_owned(),
            refused: false,
        })
    }

    #[test]
    fn a_listener_that_does_not_listen_still_gets_every_outcome() {
        let (teller, mut heard) = channel(2);
        for _ in 0..10_000 {
            teller.progress(&source(), Progress::of(Phase::Importing));
        }
        teller.outcome(&source(), failed());
        teller.outcome(&source(), failed());
        drop(teller);
        let mut events = Vec::new();
        while let Some(told) = heard.blocking_recv() {
            events.push(told.event);
        }
        assert_eq!(events.len(), WAITING_MAX + 2);
        let outcomes = events
            .iter()
            .filter(|event| matches!(event, Event::Outcome(_)));
        assert_eq!(outcomes.count(), 2);
    }

    #[test]
    fn a_listener_that_has_gone_is_noticed() {
        let (teller, heard) = channel(1);
        assert!(!teller.is_deserted() && !Teller::nobody().is_deserted());
        drop(heard);
        assert!(teller.is_deserted());
        teller.outcome(&source(), failed());
    }
}
