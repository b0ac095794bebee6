//! Checking a whole log: every byte, every signature, and that nothing is
//! missing in between, before or after.
//!
//! Segments are walked side by side, each against the signed trees that its
//! header and footer carry and the signatures within it; then they are put
//! together in order. What is reported is the first place, in the order of
//! the records, that is not what was written and signed.
//!
//! What cannot be seen from the files alone: that all of them were put back to
//! how they were once, checkpoint and all. For that a checkpoint has to have
//! been kept elsewhere, and be given here.

mod broken;
mod walk;

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::checkpoint::Checkpoint;
use super::folder::{CHECKPOINT, Folder, LOCK, PUBLIC_KEY, read_small};
use super::merkle::Hash;
use super::note::{SignedNote, VerifierKey};
use super::reader::{ReadError, open_either, read_checkpoint, read_key};
use super::segment::{Kind, SegmentError};
use walk::{Walked, Walker};

pub use broken::{Broken, Damage, VerifyError};

/// How often, and how long each time, to wait for what a running daemon is
/// just writing.
const TRIES: usize = 50;
const WAIT: Duration = Duration::from_millis(20);

/// A log that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// The key that every signature was checked with.
    pub key: VerifierKey,
    /// Number of the first record; above zero after records were removed at
    /// the end of their time.
    pub first: u64,
    /// Records ever written: the number of the next.
    pub records: u64,
    /// Of them, those that a signature covers.
    pub signed: u64,
    /// Files.
    pub segments: usize,
    /// Records that the checkpoint that was given signs; all are there.
    pub given: Option<u64>,
}

/// Checks a log, with a key or with the one in its folder, which proves less;
/// and that it still holds what a checkpoint signs that was kept elsewhere.
/// `progress` is told how many more records were read.
///
/// # Errors
///
/// The first thing that is wrong.
pub fn verify(
    dir: &Path,
    key: Option<&VerifierKey>,
    given: Option<&SignedNote>,
    threads: usize,
    progress: impl Fn(u64) + Sync,
) -> Result<VerifyReport, VerifyError> {
    let folder = Folder::new(dir);
    let key = match key {
        Some(key) => key.clone(),
        None => own_key(&folder)?,
    };
    let given = given
        .map(|note| Checkpoint::open(note, &key))
        .transpose()
        .map_err(VerifyError::Given)?;
    // Before the records: all that it signs are there by then.
    let newest = newest_checkpoint(&folder, &key)?;
    let (names, strangers) = list(&folder)?;
    let mut wanted = vec![newest.size];
    wanted.extend(given.as_ref().map(|given| given.size));
    let walker = Walker {
        key: &key,
        wanted: &wanted,
        progress: &progress,
        wait_for_more: &|| is_in_use(&folder),
    };
    let walked = walk_all(&folder, &names, &walker, threads);
    let log = put_together(&folder, walked, &newest)?;
    check_newest(&folder, &key, &log, &newest)?;
    if let Some(given) = &given {
        check_given(&log, given)?;
    }
    if let Some(stranger) = strangers.into_iter().next() {
        return Err(Broken::file(stranger, Damage::Stranger).into());
    }
    Ok(VerifyReport {
        first: log.first,
        records: log.end,
        signed: newest.size,
        segments: names.len(),
        given: given.map(|given| given.size),
        key,
    })
}

/// Returns the key in the folder, if it is that of the log that belongs there.
fn own_key(folder: &Folder) -> Result<VerifierKey, VerifyError> {
    let key = read_key(folder)?;
    let marker = read_small(&folder.marker()).ok();
    let expected = marker.and_then(|text| text.trim_end().parse::<VerifierKey>().ok());
    match expected {
        Some(expected) if expected != key => {
            let expected = Box::new(expected);
            let file = folder.file(PUBLIC_KEY);
            Err(Broken::file(file, Damage::Key { expected }).into())
        }
        _ => Ok(key),
    }
}

fn newest_checkpoint(folder: &Folder, key: &VerifierKey) -> Result<Checkpoint, VerifyError> {
    match read_checkpoint(folder, key) {
        Ok((_, checkpoint)) => Ok(checkpoint),
        Err(ReadError::Checkpoint { path, fault }) => {
            let place = "that is the newest";
            Err(Broken::file(path, Damage::Signature { place, fault }).into())
        }
        Err(ReadError::Io { path, source }) if source.kind() == io::ErrorKind::NotFound => {
            Err(Broken::file(path, Damage::Gone).into())
        }
        Err(error) => Err(error.into()),
    }
}

type Names = Vec<(u64, Kind)>;

/// Returns the segments in order, and what does not belong there.
fn list(folder: &Folder) -> Result<(Names, Vec<PathBuf>), VerifyError> {
    let path = folder.path().to_owned();
    for again in 0.. {
        let listing = match folder.list() {
            Ok(listing) => listing,
            Err(source) => return Err(ReadError::Io { path, source }.into()),
        };
        let twice = listing
            .segments
            .windows(2)
            .find(|pair| pair[0].0 == pair[1].0);
        let Some(twice) = twice else {
            if listing.segments.is_empty() {
                break;
            }
            return Ok((listing.segments, listing.unknown));
        };
        // A running daemon has both for a moment.
        if again == TRIES || !is_in_use(folder) {
            let (first, kind) = twice[1];
            let file = folder.segment(first, kind);
            return Err(Broken::at(file, first, Damage::TwoFiles).into());
        }
    }
    Err(ReadError::Empty(path).into())
}

/// Waits a moment if a daemon appends to the log; false: none does.
fn is_in_use(folder: &Folder) -> bool {
    let free = File::open(folder.file(LOCK)).is_ok_and(|lock| lock.try_lock_shared().is_ok());
    if !free {
        thread::sleep(WAIT);
    }
    !free
}

/// Walks all segments, as many at once as there are threads.
fn walk_all(
    folder: &Folder,
    names: &Names,
    walker: &Walker<'_>,
    threads: usize,
) -> Vec<Result<Walked, Broken>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    let work = || {
        while let Some((at, &(first, kind))) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            names.get(at).map(|name| (at, name))
        } {
            let walked = match open_either(folder, first, kind) {
                Ok(segment) => Ok(walker.walk(&segment)),
                Err(error) => Err(unopened(folder, first, kind, error)),
            };
            let mut done = done.lock().unwrap_or_else(|held| held.into_inner());
            done.insert(at, walked);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads.clamp(1, names.len().max(1)) {
            scope.spawn(work);
        }
        work();
    });
    let done = done.into_inner().unwrap_or_else(|held| held.into_inner());
    done.into_values().collect()
}

fn unopened(folder: &Folder, first: u64, kind: Kind, error: SegmentError) -> Broken {
    Broken::of_segment(folder.segment(first, kind), first, error)
}

/// What all segments are together.
struct Whole {
    first: u64,
    end: u64,
    roots: BTreeMap<u64, Hash>,
    /// The largest tree that a signature in the segments is of.
    newest_within: u64,
    /// The last file.
    last: PathBuf,
}

/// Puts the segments together in order, and finds the first that is broken.
fn put_together(
    folder: &Folder,
    walked: Vec<Result<Walked, Broken>>,
    newest: &Checkpoint,
) -> Result<Whole, VerifyError> {
    let mut before: Option<Walked> = None;
    let mut whole = Whole {
        first: 0,
        end: 0,
        roots: BTreeMap::new(),
        newest_within: 0,
        last: folder.file(CHECKPOINT),
    };
    let mut retired = Vec::new();
    for walked in walked {
        let mut walked = match walked {
            Ok(walked) => walked,
            Err(broken) => return Err(not_reached(folder, before.as_ref(), broken)),
        };
        check_follows(folder, before.as_ref(), &walked)?;
        if let Some(broken) = walked.broken.take() {
            return Err(explained(&walked, broken, newest).into());
        }
        if before.is_none() {
            whole.first = walked.first;
        }
        whole.end = walked.end.size();
        whole.roots.extend(walked.roots.iter().copied());
        whole.newest_within = whole
            .newest_within
            .max(walked.newest_within)
            .max(walked.first);
        retired.append(&mut walked.retired);
        before = Some(walked);
    }
    let signed_retired =
        |(number, first): &(u64, u64)| *number < newest.size && *first >= whole.first;
    if whole.first > 0 && !retired.iter().any(signed_retired) {
        let first = whole.first;
        let file = path_of(folder, first);
        return Err(Broken::stretch(file, 0, first, Damage::Beginning { first }).into());
    }
    if let Some(last) = &before {
        whole.last = path_of(folder, last.first);
        check_last(folder, last, newest)?;
    }
    Ok(whole)
}

/// A segment that could not be opened is the first that is broken, unless
/// records before it are not there either.
fn not_reached(folder: &Folder, before: Option<&Walked>, broken: Broken) -> VerifyError {
    if let (Some(before), Some(first)) = (before, broken.first)
        && before.end.size() < first
    {
        return missing(folder, before, first).into();
    }
    broken.into()
}

/// Records between two segments are not there. Who can renumber those that are
/// may have removed others, back to the last signature that held.
fn missing(folder: &Folder, before: &Walked, first: u64) -> Broken {
    let damage = Damage::Missing {
        there: before.end.size(),
    };
    Broken::stretch(path_of(folder, before.first), before.held, first, damage)
}

/// Checks that a segment goes on where the one before it ends.
fn check_follows(folder: &Folder, before: Option<&Walked>, walked: &Walked) -> Result<(), Broken> {
    let file = || path_of(folder, walked.first);
    let Some(before) = before else {
        let begins = walked.first > 0 || walked.previous == [0; 32];
        return match begins {
            true => Ok(()),
            false => Err(Broken::at(file(), 0, Damage::Chain)),
        };
    };
    let (end, first) = (before.end.size(), walked.first);
    if end < first {
        return Err(missing(folder, before, first));
    }
    if end > first {
        let file = path_of(folder, before.first);
        return Err(Broken::stretch(file, before.held, end, Damage::Overlap));
    }
    if before.end != walked.begin && walked.is_header_signed {
        let (from, to) = (before.held, end);
        let file = path_of(folder, before.first);
        return Err(Broken::stretch(file, from, to, Damage::Unlike { from, to }));
    }
    if before.header != walked.previous {
        return Err(Broken::at(file(), first, Damage::Chain));
    }
    Ok(())
}

/// Says of a log that ends within a record what that means.
fn explained(walked: &Walked, broken: Broken, newest: &Checkpoint) -> Broken {
    if !walked.is_torn {
        return broken;
    }
    let records = walked.end.size();
    let damage = if records < newest.size {
        let signed = newest.size;
        Damage::Truncated { signed, records }
    } else {
        Damage::Torn
    };
    Broken {
        damage: Box::new(damage),
        ..broken
    }
}

/// Checks that the log ends as it is written: with a file that is not sealed.
fn check_last(folder: &Folder, last: &Walked, newest: &Checkpoint) -> Result<(), Broken> {
    let end = last.end.size();
    if end < newest.size {
        let (signed, records) = (newest.size, end);
        let file = path_of(folder, last.first);
        let damage = Damage::Truncated { signed, records };
        return Err(Broken::stretch(file, last.held, signed, damage));
    }
    if folder.segment(last.first, Kind::Open).exists() {
        return Ok(());
    }
    // It may have been sealed meanwhile, and another begun.
    let goes_on = folder.segment(end, Kind::Open).exists();
    if goes_on || is_in_use(folder) {
        return Ok(());
    }
    let file = path_of(folder, last.first);
    Err(Broken::at(file, end, Damage::NoOpenSegment))
}

/// Checks the newest checkpoint against the records, and that it is the
/// newest.
fn check_newest(
    folder: &Folder,
    key: &VerifierKey,
    log: &Whole,
    newest: &Checkpoint,
) -> Result<(), VerifyError> {
    if newest.size >= log.first && log.roots.get(&newest.size) != Some(&newest.root) {
        let to = newest.size;
        // The last signature before it that held.
        let from = log.newest_within.min(to);
        let damage = Damage::Unlike { from, to };
        return Err(Broken::stretch(log.last.clone(), from, to, damage).into());
    }
    let newer = log.newest_within;
    if newest.size >= newer {
        return Ok(());
    }
    // A running daemon has signed on since it was read.
    let found = newest_checkpoint(folder, key)?.size.max(newest.size);
    if found < newer {
        let damage = Damage::OlderCheckpoint { found, newer };
        return Err(Broken::stretch(folder.file(CHECKPOINT), found, newer, damage).into());
    }
    Ok(())
}

fn check_given(log: &Whole, given: &Checkpoint) -> Result<(), VerifyError> {
    if given.size > log.end {
        return Err(VerifyError::Shorter {
            given: given.size,
            records: log.end,
        });
    }
    match log.roots.get(&given.size) {
        Some(root) if *root == given.root => Ok(()),
        Some(_) => Err(VerifyError::Differs { given: given.size }),
        None => Err(VerifyError::Removed {
            given: given.size,
            first: log.first,
        }),
    }
}

/// Returns the file of a segment, whichever it has by now.
fn path_of(folder: &Folder, first: u64) -> PathBuf {
    let sealed = folder.segment(first, Kind::Sealed);
    if sealed.exists() {
        sealed
    } else {
        folder.segment(first, Kind::Open)
    }
}
