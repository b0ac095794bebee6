//! What can be wrong with a log, and where.

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

use super::super::checkpoint::CheckpointError;
use super::super::note::VerifierKey;
use super::super::reader::ReadError;
use super::super::segment::SegmentError;

/// Why a log was not found whole.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It is not what was written and signed.
    #[error("{0}")]
    Broken(Box<Broken>),
    /// The checkpoint that was given is none of this log.
    #[error("the checkpoint that was given")]
    Given(#[source] CheckpointError),
    /// The log ends before what was exported.
    #[error(
        "the checkpoint that was given signs {given} records and the log holds {records}: \
         records were removed, or the whole log was replaced by an older copy"
    )]
    Shorter {
        /// Records that it signs.
        given: u64,
        /// Records in the log.
        records: u64,
    },
    /// The log is not what was exported.
    #[error(
        "the first {given} records are not those that the given checkpoint signs: the log was \
         replaced or signed anew"
    )]
    Differs {
        /// Records that it signs.
        given: u64,
    },
    /// What was exported was removed.
    #[error(
        "the checkpoint that was given signs {given} records, and all before record {first} were \
         removed at the end of their time: it cannot be compared any more"
    )]
    Removed {
        /// Records that it signs.
        given: u64,
        /// The first record that is there.
        first: u64,
    },
}

/// The first place where a log is not what was written and signed.
#[derive(Debug)]
pub struct Broken {
    /// Number of the first record that cannot be trusted; absent where none
    /// is in doubt.
    pub first: Option<u64>,
    /// Number of the last of those that share the doubt.
    pub last: Option<u64>,
    /// In which file.
    pub file: PathBuf,
    /// What is wrong.
    pub damage: Box<Damage>,
}

/// What is wrong.
#[derive(Debug, Error)]
pub enum Damage {
    /// The file does not read there.
    #[error("{0}")]
    Segment(SegmentError),
    /// A record was not written to its end.
    #[error(
        "the log ends within a record; if the daemon was killed or lost power this is expected, \
         and its next start cuts the record off and says so"
    )]
    Torn,
    /// Records are not there.
    #[error(
        "records are missing: only {there} stand there; the others were removed, or lost with \
         their file"
    )]
    Missing {
        /// Records that are there.
        there: u64,
    },
    /// A file that every log has is not there.
    #[error("it is gone")]
    Gone,
    /// Records are there twice.
    #[error("more records stand there than the next segment follows")]
    Overlap,
    /// Two files are of the same segment.
    #[error(
        "there are two files of the same segment; a crash while it was sealed leaves them, and \
         the next start puts them in order"
    )]
    TwoFiles,
    /// Records are not what was signed.
    #[error(
        "they are not what was signed: {from} records were as signed, {to} are not; somebody who \
         could not sign altered, inserted, removed or reordered records and their checksums \
         between the two"
    )]
    Unlike {
        /// Size of the tree at the last signature that held.
        from: u64,
        /// Size of the tree at the first that did not.
        to: u64,
    },
    /// A signature does not hold.
    #[error("the signature {place} does not hold: {fault}")]
    Signature {
        /// Where it stands.
        place: &'static str,
        /// Why.
        fault: CheckpointError,
    },
    /// A signature does not speak of the place it stands at.
    #[error("the signature {place} is of {size} records, which is not its place")]
    Misplaced {
        /// Where it stands.
        place: &'static str,
        /// Records that it signs.
        size: u64,
    },
    /// The header speaks of another tree or segment.
    #[error("its header does not follow the segment before it")]
    Chain,
    /// The footer says what the records do not.
    #[error("its footer does not say what its records do: {0}")]
    Footer(&'static str),
    /// The log ends before what was signed.
    #[error("{signed} records were signed and the log holds {records}")]
    Truncated {
        /// Records that were signed.
        signed: u64,
        /// Records that are there.
        records: u64,
    },
    /// The newest checkpoint is older than others that are there.
    #[error(
        "the newest checkpoint is of {found} records, and the log itself has one of {newer}: it \
         was replaced by an older one"
    )]
    OlderCheckpoint {
        /// Records that it signs.
        found: u64,
        /// Records that another one signs.
        newer: u64,
    },
    /// The beginning is not there and the log does not say why.
    #[error("the log begins with record {first}, and no signed record says that it may")]
    Beginning {
        /// The first that is there.
        first: u64,
    },
    /// The segment that is written to is not there.
    #[error("the segment that is written to is gone")]
    NoOpenSegment,
    /// The folder's key is not that of the log that belongs there.
    #[error("the key in the folder is not that of `{expected}`, which belongs there")]
    Key {
        /// Which belongs there.
        expected: Box<VerifierKey>,
    },
    /// A file does not belong there.
    #[error("it does not belong to the log")]
    Stranger,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.first, self.last) {
            (Some(first), Some(last)) if first < last => write!(f, "records {first} to {last}")?,
            (Some(first), _) => write!(f, "record {first}")?,
            (None, _) => f.write_str("no record")?,
        }
        let name = self.file.file_name().unwrap_or(self.file.as_os_str());
        write!(f, " in {}: {}", name.display(), self.damage)
    }
}

impl Broken {
    pub(super) fn at(file: PathBuf, first: u64, damage: Damage) -> Self {
        Self {
            first: Some(first),
            last: Some(first),
            file,
            damage: Box::new(damage),
        }
    }

    pub(super) fn stretch(file: PathBuf, first: u64, end: u64, damage: Damage) -> Self {
        Self {
            first: Some(first),
            last: Some(end.saturating_sub(1).max(first)),
            file,
            damage: Box::new(damage),
        }
    }

    pub(super) fn file(file: PathBuf, damage: Damage) -> Self {
        Self {
            first: None,
            last: None,
            file,
            damage: Box::new(damage),
        }
    }

    /// Where a segment does not read.
    pub(super) fn of_segment(file: PathBuf, first: u64, error: SegmentError) -> Self {
        let (from, to) = match &error {
            SegmentError::Block { first, last, .. } => (*first, *last),
            SegmentError::Frame { record, .. } => (*record, *record),
            _ => (first, first),
        };
        Self {
            first: Some(from),
            last: Some(to),
            file,
            damage: Box::new(Damage::Segment(error)),
        }
    }
}

impl From<Broken> for VerifyError {
    fn from(broken: Broken) -> Self {
        Self::Broken(Box::new(broken))
    }
}
