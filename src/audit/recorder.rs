//! The envelope around every record, and the way into the log.
//!
//! A [`Recorder`] gives each record its id, its times and the build, and
//! waits as long as the record's weight asks for. What happened is written by
//! whom it happened to: `screening` writes screenings, `import` changes of
//! the lists.

use std::cell::RefCell;
use std::sync::Arc;

use jiff::Timestamp;
use prost::Message as _;
use uuid::Uuid;

use super::encode::Fields;
use super::record::Record;
use super::record::record::Event;
use super::{AppendError, AuditLog, Durability, Handed, Ticket};

/// Names the build that writes a record.
pub const BUILD: &str = concat!("interdict ", env!("CARGO_PKG_VERSION"));

/// Field of `Record` that holds a screening.
const SCREENING: u32 = 10;

/// Screenings of one call are queued in parts of about this size.
/// While one is added or written, whoever waits for one address waits too.
const LEAVES_BYTES: usize = 64 << 10;

/// The way into the log; clones are one and the same.
#[derive(Debug, Clone)]
pub struct Recorder {
    log: Arc<AuditLog>,
}

/// Records of screenings, to be written as one.
#[derive(Debug, Default)]
pub struct Leaves {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// One of them has a match.
    hit: bool,
}

/// Screenings on their way into the log.
#[derive(Debug)]
#[must_use = "nothing may be answered before it is written"]
pub struct Queued {
    place: Place,
    durability: Durability,
}

/// Where they are on their way.
#[derive(Debug)]
enum Place {
    /// In the queue.
    Queue(Ticket),
    /// With a thread that adds them to it.
    Handed(Handed),
}

/// By what threads screenings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// By those who serve, for others who wait at the time.
    First,
    /// For threads of a lower priority, whom those must not wait for.
    Behind,
}

impl Recorder {
    /// Binds it to a log.
    pub fn new(log: AuditLog) -> Self {
        Self { log: Arc::new(log) }
    }

    /// Returns the log.
    pub fn log(&self) -> &AuditLog {
        &self.log
    }

    /// Returns the keyed hash by which a reference or a text is kept.
    pub fn hashed(&self, text: &str) -> [u8; 32] {
        self.log.reference_hash(text)
    }

    /// Adds a screening whose fields are written within. One with a match is
    /// on the disk before it is answered, whatever the setting.
    pub fn screening(
        &self,
        leaves: &mut Leaves,
        (id, at): (&Uuid, Timestamp),
        hit: bool,
        write: impl FnOnce(&mut Fields<'_>),
    ) {
        let bytes = &mut leaves.bytes;
        envelope(bytes, id, at, self.log.monotonic_ns());
        Fields(bytes).message(SCREENING, write);
        leaves.ends.push(bytes.len());
        leaves.hit |= hit;
    }

    /// Queues screenings, and begins anew; none may be answered before
    /// [`Self::written`].
    ///
    /// # Errors
    ///
    /// If there is no room for them; nothing may then be answered.
    pub fn queue(&self, leaves: &mut Leaves, rank: Rank) -> Result<Queued, AppendError> {
        let durability = if leaves.hit {
            Durability::Strict
        } else {
            self.log.durability()
        };
        let place = match rank {
            Rank::First => Place::Queue(self.log.append_all(leaves.each())?),
            Rank::Behind => {
                let bytes = std::mem::take(&mut leaves.bytes);
                Place::Handed(self.log.append_behind(bytes, &leaves.ends)?)
            }
        };
        leaves.clear();
        Ok(Queued { place, durability })
    }

    /// Queues screenings once they are many, so that a call of any size holds
    /// little memory.
    ///
    /// # Errors
    ///
    /// As [`Self::queue`].
    pub fn queue_if_full(
        &self,
        leaves: &mut Leaves,
        rank: Rank,
    ) -> Result<Option<Queued>, AppendError> {
        let is_full = leaves.bytes.len() >= LEAVES_BYTES;
        is_full.then(|| self.queue(leaves, rank)).transpose()
    }

    /// Returns once what was queued may be answered.
    ///
    /// # Errors
    ///
    /// If it is not in the log; nothing may then be answered.
    pub async fn written(&self, queued: Queued) -> Result<(), AppendError> {
        let Queued { place, durability } = queued;
        match place {
            Place::Queue(ticket) => self.log.written(ticket, durability).await,
            Place::Handed(handed) => self.log.written_behind(handed, durability).await,
        }
    }

    /// Writes an event, and returns once it is on the disk.
    ///
    /// # Errors
    ///
    /// If it is not in the log.
    pub fn event(&self, event: Event) -> Result<(), AppendError> {
        self.events([event])
    }

    /// As [`Self::event`], for threads of a lower priority.
    ///
    /// # Errors
    ///
    /// As [`Self::event`].
    pub async fn event_behind(&self, event: Event) -> Result<(), AppendError> {
        let leaf = encoded(&self.log, Timestamp::now(), event);
        let ends = [leaf.len()];
        let handed = self.log.append_behind(leaf, &ends)?;
        self.log.written_behind(handed, Durability::Strict).await
    }

    /// Writes events in one go, and returns once they are on the disk.
    ///
    /// # Errors
    ///
    /// If they are not all in the log.
    pub fn events(&self, events: impl IntoIterator<Item = Event>) -> Result<(), AppendError> {
        let now = Timestamp::now();
        let leaves: Vec<Vec<u8>> = events
            .into_iter()
            .map(|event| encoded(&self.log, now, event))
            .collect();
        let ticket = self.log.append_all(leaves.iter().map(Vec::as_slice))?;
        self.log.written_blocking(ticket, Durability::Strict)
    }
}

impl Leaves {
    /// Returns room for the screenings of one call. A thread's calls share
    /// the memory, so that the usual one allocates nothing.
    pub fn with<T>(fill: impl FnOnce(&mut Self) -> T) -> T {
        thread_local! {
            static ROOM: RefCell<Leaves> = RefCell::default();
        }
        ROOM.with_borrow_mut(|room| {
            room.clear();
            fill(room)
        })
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.hit = false;
    }

    /// Goes through them.
    pub fn each(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| &self.bytes[start..*end])
    }
}

fn envelope(bytes: &mut Vec<u8>, id: &Uuid, at: Timestamp, monotonic_ns: u64) {
    let mut fields = Fields(bytes);
    fields.bytes(1, id.as_bytes());
    fields.fixed(2, nanoseconds(at).cast_unsigned());
    fields.fixed(3, monotonic_ns);
    fields.text(4, BUILD);
}

/// An instant as records have it: nanoseconds since 1970.
pub fn nanoseconds(at: Timestamp) -> i64 {
    // It overflows in the year 2262.
    i64::try_from(at.as_nanosecond()).unwrap_or(i64::MAX)
}

fn encoded(log: &AuditLog, at: Timestamp, event: Event) -> Vec<u8> {
    let record = Record {
        id: Uuid::now_v7().into_bytes().to_vec().into(),
        wall_ns: nanoseconds(at),
        monotonic_ns: log.monotonic_ns(),
        build: BUILD.to_owned(),
        event: Some(event),
    };
    record.encode_to_vec()
}
