//! What is kept of a change of the lists: that it was meant, that it was
//! made, and that it was refused.
//!
//! The intent is on the disk before the commit, the result before the caller
//! is told. The log and the database are two places, and a process may end
//! between them: so a file names the last generation whose record is known to
//! be in the log, and [`Recording::catch_up`] makes up for any after it. A
//! generation may then be told of twice, and never not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use parking_lot::Mutex;
use thiserror::Error;
use tracing::error;

use crate::audit::record::record::Event;
use crate::audit::record::{self, ChangeIntended, Changed, Confirmed, Refused, WordGiven};
use crate::audit::{AppendError, Recorder, nanoseconds};
use crate::list::{Act, GenerationNumber, Publication, PublicationDigest, SourceId};
use crate::store::{GenerationDigest, GenerationRecord, ReadError, Store};

/// Beside the log, not in it: it says how far the two agree.
const FILE: &str = "RECORDED";

/// Longest refusal that is kept.
const WHY_BYTES_MAX: usize = 4_096;

/// Generations told of in one go.
const AT_ONCE: usize = 256;

/// Why the log and the lists cannot be brought together.
#[derive(Debug, Error)]
pub enum RecordError {
    /// The log does not take it.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The lists cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file that says how far they agree cannot be read or written.
    #[error("cannot use {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Tells the log what becomes of the lists.
#[derive(Debug)]
pub struct Recording {
    recorder: Recorder,
    path: PathBuf,
    /// The last generation whose record is in the log.
    recorded: Mutex<GenerationNumber>,
}

impl Recording {
    /// Binds the lists in a data directory to a log.
    ///
    /// # Errors
    ///
    /// If it cannot be told how far the two agree.
    pub fn new(recorder: Recorder, data_dir: &Path) -> Result<Self, RecordError> {
        let path = data_dir.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(RecordError::Io { path, source }),
        };
        // What is said of another log, or damaged, says nothing: generations
        // are then told of again.
        let log = recorder.log().verifying_key().to_string();
        let ours = text.trim_end().strip_prefix(log.as_str());
        let number = ours.and_then(|rest| rest.trim().parse().ok());
        Ok(Self {
            recorder,
            path,
            recorded: Mutex::new(GenerationNumber(number.unwrap_or_default())),
        })
    }

    /// Tells the log of every committed generation that it has not heard of.
    /// Returns how many there were.
    ///
    /// # Errors
    ///
    /// If the log does not take them, or the lists cannot be read.
    pub fn catch_up(&self, store: &Store) -> Result<u64, RecordError> {
        let mut recorded = self.recorded.lock();
        let head = store.head_generation();
        let mut told = 0;
        while *recorded < head {
            let mut events = Vec::new();
            let mut last = *recorded;
            while last < head && events.len() < AT_ONCE {
                last = last.next();
                let record = store
                    .generation(last)?
                    .ok_or(ReadError::GenerationMissing(last))?;
                events.push(Event::Changed(changed(&record, true)));
            }
            told += events.len() as u64;
            self.recorder.events(events)?;
            self.reached(&mut recorded, last)?;
        }
        Ok(told)
    }

    /// Tells the log that a generation is about to be committed.
    pub(super) fn intended(
        &self,
        number: GenerationNumber,
        digest: GenerationDigest,
        sources: &[SourceId],
    ) -> Result<(), AppendError> {
        self.recorder.event(Event::ChangeIntended(ChangeIntended {
            generation: number.0,
            sources: sources.iter().map(ToString::to_string).collect(),
            generation_digest: Bytes::copy_from_slice(&digest.0),
        }))
    }

    /// Tells the log of a generation that was committed. It is live whether or
    /// not the log takes the record: what is sanctioned must be stopped, and
    /// while the log takes nothing no screening is answered either. The next
    /// change or start makes up for it.
    pub(super) fn committed(&self, store: &Store, record: &GenerationRecord) {
        let told = || {
            let mut recorded = self.recorded.lock();
            if recorded.next() != record.number {
                drop(recorded);
                return self.catch_up(store).map(|_| ());
            }
            self.recorder
                .event(Event::Changed(changed(record, false)))?;
            self.reached(&mut recorded, record.number)
        };
        if let Err(error) = told() {
            error!(%error, generation = %record.number, "the record of a generation is not in the audit log yet");
        }
    }

    /// Tells the log of a refusal. It stays one whether or not the log takes
    /// the record.
    pub(super) fn refused(
        &self,
        call: &str,
        source: &str,
        digest: Option<PublicationDigest>,
        (why, act): (String, Option<&Act>),
    ) {
        self.tell(Event::Refused(Refused {
            call: call.to_owned(),
            caller: String::new(),
            source: source.to_owned(),
            why: cut(why),
            digest: digest
                .map(|digest| Bytes::copy_from_slice(&digest.0))
                .unwrap_or_default(),
            act: act.map(act_kept),
        }));
    }

    /// Tells the log that a publication was found unchanged.
    pub(super) fn confirmed(
        &self,
        source: &SourceId,
        digest: PublicationDigest,
        at: jiff::Timestamp,
    ) {
        self.tell(Event::Confirmed(Confirmed {
            source: source.to_string(),
            publication_digest: Bytes::copy_from_slice(&digest.0),
            confirmed_ns: nanoseconds(at),
        }));
    }

    /// Tells the log of a person's word.
    pub(super) fn word_given(&self, pending_id: &str, approved: bool, act: &Act) {
        self.tell(Event::WordGiven(WordGiven {
            pending_id: pending_id.to_owned(),
            approved,
            act: Some(act_kept(act)),
        }));
    }

    fn tell(&self, event: Event) {
        if let Err(error) = self.recorder.event(event) {
            error!(%error, "an event is not in the audit log");
        }
    }

    fn reached(
        &self,
        recorded: &mut GenerationNumber,
        number: GenerationNumber,
    ) -> Result<(), RecordError> {
        *recorded = number;
        let text = format!("{} {number}\n", self.recorder.log().verifying_key());
        let temporary = self.path.with_extension("new");
        let write = || {
            let mut file = fs::File::create(&temporary)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&temporary, &self.path)
        };
        write().map_err(|source| RecordError::Io {
            path: self.path.clone(),
            source,
        })
    }
}

fn cut(mut why: String) -> String {
    let end = why.floor_char_boundary(WHY_BYTES_MAX);
    why.truncate(end);
    why
}

fn changed(record: &GenerationRecord, reconciled: bool) -> Changed {
    Changed {
        generation: record.number.0,
        generation_digest: Bytes::copy_from_slice(&record.digest.0),
        cause: record.made.cause.name().to_owned(),
        sources: record.sources.iter().map(ToString::to_string).collect(),
        publications: record.publications.iter().map(publication).collect(),
        added: record.added,
        amended: record.amended,
        removed: record.removed,
        overridden: record.made.overridden.clone(),
        act: record.made.act.as_ref().map(act_kept),
        reconciled,
        committed_ns: nanoseconds(record.committed_at),
    }
}

fn publication(held: &Publication) -> record::Publication {
    record::Publication {
        source: held.source.to_string(),
        tier: held.tier.name().to_owned(),
        digest: Bytes::copy_from_slice(&held.digest.0),
        published_on: held
            .published_on
            .map(|day| day.to_string())
            .unwrap_or_default(),
        retrieved_ns: nanoseconds(held.retrieved_at),
        entries: held.entries,
    }
}

fn act_kept(act: &Act) -> record::Act {
    record::Act {
        author: act.author.clone(),
        reason: act.reason.clone(),
        ticket: act.ticket.clone().unwrap_or_default(),
        approver: act.approver.clone().unwrap_or_default(),
    }
}
