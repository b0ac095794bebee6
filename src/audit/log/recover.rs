//! Opening a log: what a crash left is told from what somebody did.
//!
//! A crash leaves at most the beginning of a record at the end, and a file
//! half made. Both are put in order. Anything else is refused, and nothing is
//! changed: a log shorter than what was signed, another tree, a record that
//! does not read with whole ones behind it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use thiserror::Error;
use tracing::warn;
use zeroize::Zeroizing;

use super::super::checkpoint::{Checkpoint, CheckpointError};
use super::super::folder::{CHECKPOINT, Folder, KEY, LOCK, PUBLIC_KEY, REFERENCE_KEY, read_small};
use super::super::merkle::{Frontier, Hash, leaf_hash};
use super::super::note::{KeyError, SignerKey};
use super::super::segment::frame::{self, FrameFault};
use super::super::segment::header::header_hash;
use super::super::segment::{Kind, Segment, SegmentError};
use super::Recovery;
use super::create::{mark, new_reference_key};
use super::queue::AppendError;
use super::seal::same_records;

/// Why a log cannot be used. It was not changed.
#[derive(Debug, Error)]
pub enum OpenError {
    /// There is none.
    #[error("there is no audit log at {0:?}")]
    Missing(PathBuf),
    /// There was one.
    #[error(
        "the audit log that belongs at {folder:?} is gone ({marker:?} names it): bring it back \
         from a backup; nothing is answered without it"
    )]
    Gone {
        /// What names it.
        marker: PathBuf,
        /// Where it was.
        folder: PathBuf,
    },
    /// It is another log.
    #[error(
        "the audit log at {folder:?} is `{found}`, and `{expected}` belongs there: bring the \
         right one back"
    )]
    Other {
        /// Where.
        folder: PathBuf,
        /// What it says it is.
        found: String,
        /// What belongs there.
        expected: String,
    },
    /// Somebody else appends to it.
    #[error("the audit log at {0:?} is in use by another process")]
    Locked(PathBuf),
    /// A key does not read.
    #[error("{path:?}")]
    Key {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        fault: KeyError,
    },
    /// A segment does not read.
    #[error("the audit log is damaged; {LOOK}")]
    Segment(#[from] SegmentError),
    /// A record does not read, and whole ones follow.
    #[error(
        "the audit log is damaged: record {record} in {path:?} does not read, and record \
         {later} after it does, so this is not what a crash leaves; {LOOK}"
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// The record that does not read.
        record: u64,
        /// A whole one behind it.
        later: u64,
    },
    /// The checkpoint is none.
    #[error("{path:?} does not hold the newest checkpoint; {LOOK}")]
    Checkpoint {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        fault: CheckpointError,
    },
    /// The log ends before what was signed.
    #[error(
        "the audit log holds {records} records and {signed} were signed: records were removed, \
         or the disk lost them; {LOOK}"
    )]
    Shorter {
        /// Records in the log.
        records: u64,
        /// Records that were signed.
        signed: u64,
    },
    /// The log is not what was signed.
    #[error(
        "the audit log is not what was signed: the first {size} records have another hash; {LOOK}"
    )]
    Differs {
        /// How many were signed.
        size: u64,
    },
    /// The checkpoint is older than the last segment.
    #[error(
        "the newest checkpoint is of {signed} records, and the last segment, which begins with \
         record {first}, was signed later: the checkpoint was replaced by an older one; {LOOK}"
    )]
    OlderCheckpoint {
        /// Records that it signs.
        signed: u64,
        /// First record of the last segment.
        first: u64,
    },
    /// There is no segment to write to.
    #[error("the audit log at {0:?} has no segment to write to: files were removed; {LOOK}")]
    NoOpenSegment(PathBuf),
    /// Two files of one segment differ.
    #[error("{0:?} and the file it was sealed from do not hold the same records; {LOOK}")]
    TwoFiles(PathBuf),
    /// What a crash left cannot be recorded.
    #[error("what a crash left cannot be recorded")]
    Append(#[from] AppendError),
    /// A file cannot be read or written.
    #[error("the audit log at {path:?}")]
    Io {
        /// Which.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// How often, and how long each time, to wait for the lock.
const LOCK_TRIES: usize = 5;
const LOCK_WAIT: Duration = Duration::from_millis(10);

/// What to do about a log that was refused.
const LOOK: &str = "nothing was changed; see `interdict audit verify`, keep the files as evidence, \
                    and bring the log back from a backup";

/// A log that is in order.
#[derive(Debug)]
pub(super) struct Found {
    /// Held for as long as the log is open.
    pub(super) lock: File,
    pub(super) signer: SignerKey,
    pub(super) reference: Zeroizing<[u8; 32]>,
    pub(super) last: LastSegment,
    /// Records under the newest checkpoint.
    pub(super) signed: u64,
    pub(super) recovery: Option<Recovery>,
}

/// The segment to go on in.
#[derive(Debug)]
pub(super) struct LastSegment {
    pub(super) file: File,
    pub(super) bytes: u64,
    pub(super) first: u64,
    pub(super) created_ns: i64,
    pub(super) header: Hash,
    pub(super) tree: Frontier,
}

/// Checks a log and puts what a crash left in order.
pub(super) fn recover(dir: &Path, origin: Option<&str>) -> Result<Found, OpenError> {
    let folder = Folder::new(dir);
    check_there(&folder)?;
    let lock = take_lock(&folder)?;
    let signer = read_keys(&folder, origin)?;
    let reference = read_reference_key(&folder)?;
    put_files_in_order(&folder)?;
    let checkpoint = read_checkpoint(&folder, &signer)?;
    let (last, recovery) = check_last(&folder, &signer, &checkpoint)?;
    Ok(Found {
        lock,
        signer,
        reference,
        last,
        signed: checkpoint.size,
        recovery,
    })
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> OpenError + use<> {
    let path = path.to_owned();
    move |source| OpenError::Io { path, source }
}

fn check_there(folder: &Folder) -> Result<(), OpenError> {
    let dir = folder.path();
    if dir.try_exists().map_err(failed(dir))? {
        return Ok(());
    }
    let marker = folder.marker();
    if marker.try_exists().map_err(failed(&marker))? {
        let folder = dir.to_owned();
        return Err(OpenError::Gone { marker, folder });
    }
    Err(OpenError::Missing(dir.to_owned()))
}

fn take_lock(folder: &Folder) -> Result<File, OpenError> {
    let path = folder.file(LOCK);
    let lock = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(failed(&path))?;
    for _ in 0..LOCK_TRIES {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            // A verify that looks whether the log is in use holds it briefly.
            Err(TryLockError::WouldBlock) => sleep(LOCK_WAIT),
            Err(TryLockError::Error(source)) => return Err(OpenError::Io { path, source }),
        }
    }
    Err(OpenError::Locked(folder.path().to_owned()))
}

fn read_keys(folder: &Folder, origin: Option<&str>) -> Result<SignerKey, OpenError> {
    let path = folder.file(KEY);
    let text = read_small(&path)
        .map(Zeroizing::new)
        .map_err(failed(&path))?;
    let signer =
        SignerKey::from_text(text.trim_end()).map_err(|fault| OpenError::Key { path, fault })?;
    let found = signer.verifier().to_string();
    let same = |expected: String| {
        if expected == found {
            return Ok(());
        }
        Err(OpenError::Other {
            folder: folder.path().to_owned(),
            found: found.clone(),
            expected,
        })
    };
    let path = folder.file(PUBLIC_KEY);
    same(
        read_small(&path)
            .map_err(failed(&path))?
            .trim_end()
            .to_owned(),
    )?;
    let marker = folder.marker();
    match read_small(&marker) {
        Ok(text) => same(text.trim_end().to_owned())?,
        // It was made and the process ended before it said so.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            mark(folder, &signer).map_err(failed(&marker))?;
        }
        Err(error) => return Err(failed(&marker)(error)),
    }
    let name = signer.verifier().name();
    if let Some(origin) = origin.filter(|origin| *origin != name) {
        return Err(OpenError::Other {
            folder: folder.path().to_owned(),
            found: name.to_owned(),
            expected: origin.to_owned(),
        });
    }
    Ok(signer)
}

fn read_reference_key(folder: &Folder) -> Result<Zeroizing<[u8; 32]>, OpenError> {
    let path = folder.file(REFERENCE_KEY);
    let mut key = Zeroizing::new([0; 32]);
    match File::open(&path).and_then(|mut file| file.read_exact(&mut *key)) {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            warn!(
                ?path,
                "the key of the references was destroyed: those in the log cannot be told any \
                 more, and new ones are hashed with a new key"
            );
            new_reference_key(folder).map_err(failed(&path))
        }
        Err(error) => Err(failed(&path)(error)),
    }
}

/// Removes what was half made, and of two files of one segment the one that
/// the other was sealed from.
fn put_files_in_order(folder: &Folder) -> Result<(), OpenError> {
    let listing = folder.list().map_err(failed(folder.path()))?;
    for path in &listing.unfinished {
        fs::remove_file(path).map_err(failed(path))?;
    }
    for path in &listing.unknown {
        warn!(
            ?path,
            "a file in the folder of the audit log does not belong there"
        );
    }
    for pair in listing.segments.windows(2) {
        let ((first, sealed_kind), (next, open_kind)) = (pair[0], pair[1]);
        if first != next {
            continue;
        }
        let sealed = Segment::open(&folder.segment(first, sealed_kind), first, sealed_kind)?;
        let open = Segment::open(&folder.segment(first, open_kind), first, open_kind)?;
        if !same_records(&sealed, &open)? {
            return Err(OpenError::TwoFiles(sealed.path().to_owned()));
        }
        fs::remove_file(open.path()).map_err(failed(open.path()))?;
    }
    folder.sync().map_err(failed(folder.path()))
}

fn read_checkpoint(folder: &Folder, signer: &SignerKey) -> Result<Checkpoint, OpenError> {
    let path = folder.file(CHECKPOINT);
    let note = read_small(&path).map_err(failed(&path))?;
    Checkpoint::open_text(&note, signer.verifier())
        .map_err(|fault| OpenError::Checkpoint { path, fault })
}

/// Checks the segment that was written to, frame by frame, and cuts off a
/// record that was not written to its end.
fn check_last(
    folder: &Folder,
    signer: &SignerKey,
    checkpoint: &Checkpoint,
) -> Result<(LastSegment, Option<Recovery>), OpenError> {
    let listing = folder.list().map_err(failed(folder.path()))?;
    let Some((first, Kind::Open)) = listing.segments.last().copied() else {
        return Err(OpenError::NoOpenSegment(folder.path().to_owned()));
    };
    let path = folder.segment(first, Kind::Open);
    let segment = Segment::open(&path, first, Kind::Open)?;
    check_header(&segment, signer, checkpoint)?;
    let read = read_to_end(&segment, checkpoint.size)?;
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .open(&path)
        .map_err(failed(&path))?;
    let bytes = file.metadata().map_err(failed(&path))?.len();
    let (records, signed) = (read.tree.size(), checkpoint.size);
    if read.torn.is_some() {
        check_torn(&file, &path, read.whole..bytes, records)?;
    }
    match read.root {
        None => return Err(OpenError::Shorter { records, signed }),
        Some(root) if root != checkpoint.root => return Err(OpenError::Differs { size: signed }),
        Some(_) => {}
    }
    // Only now, when all is as it should be, is anything changed.
    if bytes > read.whole {
        file.set_len(read.whole).map_err(failed(&path))?;
    }
    file.sync_all().map_err(failed(&path))?;
    let recovery = (bytes > read.whole || records > signed).then(|| Recovery {
        records,
        cut_bytes: bytes - read.whole,
        unsigned_records: records - signed,
        found: match read.torn {
            Some(fault) => format!("the last record was not written to its end: {fault}"),
            None => "all records are whole; the log was not closed".to_owned(),
        },
    });
    let last = LastSegment {
        file,
        bytes: read.whole,
        first,
        created_ns: segment.header().created_ns,
        header: header_hash(segment.header_bytes()),
        tree: read.tree,
    };
    Ok((last, recovery))
}

/// Checks that a segment begins with what was signed, and no later than the
/// newest checkpoint.
fn check_header(
    segment: &Segment,
    signer: &SignerKey,
    checkpoint: &Checkpoint,
) -> Result<(), OpenError> {
    let (first, header) = (segment.first(), segment.header());
    let began = Checkpoint::open_text(&header.note, signer.verifier()).map_err(|fault| {
        let path = segment.path().to_owned();
        OpenError::Checkpoint { path, fault }
    })?;
    if began.size != first || began.root != header.tree.root() {
        return Err(OpenError::Differs { size: first });
    }
    if checkpoint.size < first {
        let signed = checkpoint.size;
        return Err(OpenError::OlderCheckpoint { signed, first });
    }
    Ok(())
}

/// A segment that was read as far as it is whole.
struct ReadToEnd {
    tree: Frontier,
    /// Root of the tree at the size that was asked for, if it is that large.
    root: Option<Hash>,
    /// Bytes that are whole.
    whole: u64,
    /// What follows them.
    torn: Option<FrameFault>,
}

fn read_to_end(segment: &Segment, asked: u64) -> Result<ReadToEnd, OpenError> {
    let mut tree = segment.header().tree.clone();
    let mut root = (asked == tree.size()).then(|| tree.root());
    let mut records = segment.records(segment.first());
    let torn = loop {
        match records.next() {
            Ok(Some(frame)) => {
                tree.push(leaf_hash(frame.record));
                if tree.size() == asked {
                    root = Some(tree.root());
                }
            }
            Ok(None) => break None,
            Err(SegmentError::Frame { fault, .. }) => break Some(fault),
            Err(error) => return Err(error.into()),
        }
    };
    Ok(ReadToEnd {
        tree,
        root,
        whole: records.offset(),
        torn,
    })
}

/// Checks that nothing whole follows a record that is not.
fn check_torn(file: &File, path: &Path, torn: Range<u64>, record: u64) -> Result<(), OpenError> {
    let mut rest = vec![0; usize::try_from(torn.end - torn.start).unwrap_or(usize::MAX)];
    file.read_exact_at(&mut rest, torn.start)
        .map_err(failed(path))?;
    match frame::find_later(&rest, record) {
        Some((_, later)) => Err(OpenError::Damaged {
            path: path.to_owned(),
            record,
            later,
        }),
        None => Ok(()),
    }
}
