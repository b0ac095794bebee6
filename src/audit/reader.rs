//! Reading a log from its files, beside the process that appends or without
//! one.
//!
//! What is returned has a checksum that fits; that it is what was signed is
//! shown by a [`Receipt`] or by `verify`.

mod newest;

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::vec;

use jiff::Timestamp;
use thiserror::Error;
use uuid::Uuid;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::folder::{CHECKPOINT, Folder, PUBLIC_KEY, read_small};
use super::merkle::proof_ranges;
use super::note::{KeyError, SignedNote, VerifierKey};
use super::proof::Hashes;
use super::receipt::Receipt;
use super::recorder::nanoseconds;
use super::segment::footer::Block;
use super::segment::frame::Frame;
use super::segment::peek::{self, Peeked};
use super::segment::{Kind, Records, Segment, SegmentError};

pub use newest::Newest;

/// A log, as its files have it at the moment.
#[derive(Debug)]
pub struct Reader {
    key: VerifierKey,
    note: SignedNote,
    checkpoint: Checkpoint,
    segments: Vec<Segment>,
}

/// Why a log does not read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// A file cannot be read.
    #[error("the audit log at {path:?}")]
    Io {
        /// Which.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The key does not read.
    #[error("{path:?}")]
    Key {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        fault: KeyError,
    },
    /// The checkpoint is none.
    #[error("{path:?}")]
    Checkpoint {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        fault: CheckpointError,
    },
    /// A segment does not read.
    #[error("the audit log is damaged: run `interdict audit verify`")]
    Segment(#[from] SegmentError),
    /// Records between two segments are not there.
    #[error("records {from} to {to} are not there: run `interdict audit verify`")]
    Gap {
        /// The first that is not.
        from: u64,
        /// The first that is again.
        to: u64,
    },
    /// There are no records at all.
    #[error("the audit log at {0:?} has no segments")]
    Empty(PathBuf),
    /// The record is not, or not yet, proved by a checkpoint.
    #[error(
        "record {index} is not signed yet: {signed} are; the running daemon signs every second"
    )]
    Unsigned {
        /// Which.
        index: u64,
        /// Records that are.
        signed: u64,
    },
    /// The record was removed.
    #[error("record {index} was removed: the log begins with record {first}")]
    Removed {
        /// Which.
        index: u64,
        /// The first that is there.
        first: u64,
    },
    /// What is there is not what was signed.
    #[error("the records are not what was signed: run `interdict audit verify`")]
    Differs,
}

impl Reader {
    /// Opens the files of a log.
    ///
    /// # Errors
    ///
    /// If they are not there, or do not begin as those of a log.
    pub fn open(dir: &Path) -> Result<Self, ReadError> {
        let folder = Folder::new(dir);
        let key = read_key(&folder)?;
        // Before the records: all that it signs are there by then.
        let (note, checkpoint) = read_checkpoint(&folder, &key)?;
        let segments = open_segments(&folder)?;
        Ok(Self {
            key,
            note,
            checkpoint,
            segments,
        })
    }

    /// Returns the key that the folder has. Whether it is the log's true key
    /// is for the caller to know.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// Returns the newest signed checkpoint.
    pub fn checkpoint(&self) -> (&Checkpoint, &SignedNote) {
        (&self.checkpoint, &self.note)
    }

    /// Returns the number of the oldest record that is there.
    pub fn first(&self) -> u64 {
        self.segments.first().map_or(0, Segment::first)
    }

    /// Returns the records of a range, in order; those that are not there,
    /// before the first or after the last, are left out.
    pub fn records(&self, range: Range<u64>) -> Walk<'_> {
        let from = range.start.max(self.first());
        let after = self.segments.partition_point(|s| s.first() <= from);
        let segments = &self.segments[after.saturating_sub(1)..];
        let stretches = segments.iter().take_while(|s| s.first() < range.end);
        Walk {
            stretches: stretches
                .map(|segment| Stretch {
                    segment,
                    range: segment.first().max(from)..range.end,
                })
                .collect::<Vec<_>>()
                .into_iter(),
            current: None,
            next: Some(from),
        }
    }

    /// Returns the records whose wall clock lies in a range of nanoseconds
    /// since 1970, in the order of the log.
    pub fn between(&self, wall_ns: Range<i64>) -> impl Iterator<Item = Read> + '_ {
        let overlaps = {
            let wall_ns = wall_ns.clone();
            move |span: (i64, i64)| span.0 < wall_ns.end && wall_ns.start <= span.1
        };
        let walk = self.some_blocks(move |block| overlaps(block.span.wall_ns));
        walk.filter(move |read| match read {
            Ok((_, record)) => {
                Peeked::of(record).is_some_and(|peeked| wall_ns.contains(&peeked.wall_ns))
            }
            Err(_) => true,
        })
    }

    /// Returns the records not before `from` and before `to`, in the order of
    /// the log; all of them where neither is said.
    pub fn within(
        &self,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Box<dyn Iterator<Item = Read> + '_> {
        if from.is_none() && to.is_none() {
            return Box::new(self.records(0..u64::MAX));
        }
        let from = from.map_or(i64::MIN, nanoseconds);
        let to = to.map_or(i64::MAX, nanoseconds);
        Box::new(self.between(from..to))
    }

    /// Returns the record with an id, and its number.
    ///
    /// # Errors
    ///
    /// If a record that could be it does not read.
    pub fn find(&self, id: Uuid) -> Result<Option<(u64, Vec<u8>)>, ReadError> {
        let id = id.into_bytes();
        let made_ms = peek::id_ms(&id);
        let walk = self.some_blocks(move |block| {
            let (from, to) = block.span.id_ms;
            from <= made_ms && made_ms <= to
        });
        for read in walk {
            let (number, record) = read?;
            if Peeked::of(&record).is_some_and(|peeked| peeked.id == id) {
                return Ok(Some((number, record)));
            }
        }
        Ok(None)
    }

    /// Returns the records of the blocks that pass, and of what is not sealed.
    fn some_blocks(&self, passes: impl Fn(&Block) -> bool) -> Walk<'_> {
        let mut stretches: Vec<Stretch<'_>> = Vec::new();
        for segment in &self.segments {
            let Some(footer) = segment.footer() else {
                let range = segment.first()..u64::MAX;
                stretches.push(Stretch { segment, range });
                continue;
            };
            for block in footer.blocks.iter().filter(|block| passes(block)) {
                let range = block.first..block.first + u64::from(block.records);
                stretches.push(Stretch { segment, range });
            }
        }
        Walk {
            stretches: stretches.into_iter(),
            current: None,
            next: None,
        }
    }

    /// Proves that a record is in the log: the record, the hashes that lead
    /// from it to the root, and the newest checkpoint.
    ///
    /// # Errors
    ///
    /// If it is not there, not signed yet, or not what was signed.
    pub fn receipt(&self, index: u64) -> Result<Receipt, ReadError> {
        let signed = self.checkpoint.size;
        if index >= signed {
            return Err(ReadError::Unsigned { index, signed });
        }
        if index < self.first() {
            let first = self.first();
            return Err(ReadError::Removed { index, first });
        }
        let (_, record) = self
            .records(index..index + 1)
            .next()
            .transpose()?
            .ok_or(ReadError::Differs)?;
        let mut hashes = Hashes::new(self, &self.segments)?;
        let proof = proof_ranges(index, signed)
            .into_iter()
            .map(|(begin, end)| hashes.of(begin, end))
            .collect::<Result<_, _>>()?;
        let receipt = Receipt::new(index, record, proof, self.note.clone());
        // What does not prove anything is not handed out.
        receipt.check(&self.key).map_err(|_| ReadError::Differs)?;
        Ok(receipt)
    }
}

/// Reads the key that a folder has.
pub(super) fn read_key(folder: &Folder) -> Result<VerifierKey, ReadError> {
    let path = folder.file(PUBLIC_KEY);
    let text = match read_small(&path) {
        Ok(text) => text,
        Err(source) => return Err(ReadError::Io { path, source }),
    };
    let key = text.trim_end().parse();
    key.map_err(|fault| ReadError::Key { path, fault })
}

/// Reads the newest checkpoint.
pub(super) fn read_checkpoint(
    folder: &Folder,
    key: &VerifierKey,
) -> Result<(SignedNote, Checkpoint), ReadError> {
    let path = folder.file(CHECKPOINT);
    let text = match read_small(&path) {
        Ok(text) => text,
        Err(source) => return Err(ReadError::Io { path, source }),
    };
    let opened = text
        .parse::<SignedNote>()
        .map_err(CheckpointError::from)
        .and_then(|note| Ok((Checkpoint::open(&note, key)?, note)));
    match opened {
        Ok((checkpoint, note)) => Ok((note, checkpoint)),
        Err(fault) => Err(ReadError::Checkpoint { path, fault }),
    }
}

/// Opens the segments, each once, however the sealing goes on meanwhile.
fn open_segments(folder: &Folder) -> Result<Vec<Segment>, ReadError> {
    let path = folder.path().to_owned();
    let mut names = match folder.list() {
        Ok(listing) => listing.segments,
        Err(source) => return Err(ReadError::Io { path, source }),
    };
    // Of two files of one segment the sealed one comes first.
    names.dedup_by_key(|(first, _)| *first);
    let mut segments: Vec<Segment> = Vec::new();
    for (first, kind) in names {
        match open_either(folder, first, kind) {
            // Its time was over between the listing and now.
            Err(SegmentError::Io { source, .. })
                if source.kind() == io::ErrorKind::NotFound && segments.is_empty() => {}
            opened => segments.push(opened?),
        }
    }
    if segments.is_empty() {
        return Err(ReadError::Empty(path));
    }
    for pair in segments.windows(2) {
        if let Some(footer) = pair[0].footer()
            && footer.tree.size() != pair[1].first()
        {
            let (from, to) = (footer.tree.size(), pair[1].first());
            return Err(ReadError::Gap { from, to });
        }
    }
    Ok(segments)
}

/// Opens a segment that may be sealed while it is looked for.
pub(super) fn open_either(
    folder: &Folder,
    first: u64,
    kind: Kind,
) -> Result<Segment, SegmentError> {
    match Segment::open(&folder.segment(first, kind), first, kind) {
        Err(SegmentError::Io { source, .. })
            if source.kind() == io::ErrorKind::NotFound && kind == Kind::Open =>
        {
            Segment::open(&folder.segment(first, Kind::Sealed), first, Kind::Sealed)
        }
        opened => opened,
    }
}

/// A record and its number, or why it does not read.
pub type Read = Result<(u64, Vec<u8>), ReadError>;

/// Records, stretch by stretch. After an error there are no more.
#[derive(Debug)]
pub struct Walk<'r> {
    stretches: vec::IntoIter<Stretch<'r>>,
    current: Option<(Records<'r>, Range<u64>)>,
    /// The record that must come next; absent where stretches need not touch.
    next: Option<u64>,
}

#[derive(Debug)]
struct Stretch<'r> {
    segment: &'r Segment,
    range: Range<u64>,
}

impl Walk<'_> {
    fn step(&mut self) -> Result<Option<(u64, Vec<u8>)>, ReadError> {
        loop {
            if let Some((records, range)) = &mut self.current {
                while let Some(Frame { number, record }) = next_within(records, range)? {
                    if number < range.start {
                        continue;
                    }
                    if let Some(next) = &mut self.next {
                        if number != *next {
                            let (from, to) = (*next, number);
                            return Err(ReadError::Gap { from, to });
                        }
                        *next += 1;
                    }
                    return Ok(Some((number, record.to_vec())));
                }
            }
            match self.stretches.next() {
                None => return Ok(None),
                Some(stretch) => {
                    let records = stretch.segment.records(stretch.range.start);
                    self.current = Some((records, stretch.range));
                }
            }
        }
    }
}

/// Returns the next record if it is not past a range. A record that is just
/// being written to the end of an open segment is not there yet.
pub(super) fn next_within<'a>(
    records: &'a mut Records<'_>,
    range: &Range<u64>,
) -> Result<Option<Frame<'a>>, SegmentError> {
    if records.position() >= range.end {
        return Ok(None);
    }
    match records.advance() {
        Ok(true) => Ok(Some(records.current())),
        Ok(false) => Ok(None),
        Err(error) if error.is_cut_off() => Ok(None),
        Err(error) => Err(error),
    }
}

impl Iterator for Walk<'_> {
    type Item = Read;

    fn next(&mut self) -> Option<Read> {
        let step = self.step();
        if step.is_err() {
            self.stretches = Vec::new().into_iter();
            self.current = None;
        }
        step.transpose()
    }
}
