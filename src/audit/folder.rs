//! The folder of a log: what each file in it is called, and how the small
//! ones are read and replaced.
//!
//! | | |
//! |---|---|
//! | `key` | signs checkpoints; for the daemon alone |
//! | `key.pub` | the key that others check with |
//! | `reference.key` | keys the hashes of what callers said; for the daemon alone. Destroying it makes them unreadable for good |
//! | `checkpoint` | the newest signed checkpoint |
//! | `LOCK` | locked by the process that appends |
//! | `….open`, `….seg` | segments, by the number of their first record |
//! | `….new` | what a crash left half made; never read |
//!
//! Beside the folder, in the data directory, stands `AUDIT-LOG`: the key of
//! the log that belongs there. With it a log that is gone is told from one
//! that never was.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::note::NOTE_BYTES_MAX;
use super::segment::Kind;

pub(super) const KEY: &str = "key";
pub(super) const PUBLIC_KEY: &str = "key.pub";
pub(super) const REFERENCE_KEY: &str = "reference.key";
pub(super) const CHECKPOINT: &str = "checkpoint";
pub(super) const LOCK: &str = "LOCK";
/// Stands beside the folder.
pub(super) const MARKER: &str = "AUDIT-LOG";

/// Digits of a record's number in a file name: those of the largest.
const DIGITS: usize = 20;

/// The folder of a log.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

/// What stands in a folder.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Segments, by their first record.
    pub(super) segments: Vec<(u64, Kind)>,
    /// What was half made.
    pub(super) unfinished: Vec<PathBuf>,
    /// What no log has.
    pub(super) unknown: Vec<PathBuf>,
}

impl Folder {
    pub(super) fn new(dir: &Path) -> Self {
        Self(dir.to_owned())
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Returns where the marker stands.
    pub(super) fn marker(&self) -> PathBuf {
        self.0.parent().unwrap_or(Path::new("")).join(MARKER)
    }

    pub(super) fn segment(&self, first: u64, kind: Kind) -> PathBuf {
        let ending = match kind {
            Kind::Open => "open",
            Kind::Sealed => "seg",
        };
        self.0.join(format!("{first:0DIGITS$}.{ending}"))
    }

    /// Returns what stands there, segments in order.
    pub(super) fn list(&self) -> io::Result<Listing> {
        let mut listing = Listing::default();
        for entry in fs::read_dir(&self.0)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            match name {
                Some(KEY | PUBLIC_KEY | REFERENCE_KEY | CHECKPOINT | LOCK) => {}
                Some(name) if name.ends_with(".new") => listing.unfinished.push(path),
                Some(name) => match segment_name(name) {
                    Some(segment) => listing.segments.push(segment),
                    None => listing.unknown.push(path),
                },
                None => listing.unknown.push(path),
            }
        }
        // Of two files of the same segment the sealed one comes first.
        listing.segments.sort_unstable();
        listing.unknown.sort_unstable();
        Ok(listing)
    }

    /// Makes what was created, renamed or removed in it last.
    pub(super) fn sync(&self) -> io::Result<()> {
        File::open(&self.0)?.sync_all()
    }

    /// Replaces one of the small files, whole or not at all.
    pub(super) fn replace(&self, name: &str, content: &[u8]) -> io::Result<()> {
        replace(&self.file(name), content, 0o644)
    }
}

/// Reads a small text file.
pub(super) fn read_small(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(NOTE_BYTES_MAX as u64 + 1)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// Writes a file beside its place and moves it there.
pub(super) fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".new");
    let partial = PathBuf::from(partial);
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&partial)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&partial, path)
}

fn segment_name(name: &str) -> Option<(u64, Kind)> {
    let (digits, ending) = name.split_once('.')?;
    let kind = match ending {
        "open" => Kind::Open,
        "seg" => Kind::Sealed,
        _ => return None,
    };
    let plain = digits.len() == DIGITS && digits.bytes().all(|digit| digit.is_ascii_digit());
    let first = digits.parse().ok().filter(|_| plain)?;
    Some((first, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_listed_in_order_and_strangers_are_told_apart() {
        let dir = tempfile::tempdir().expect("works");
        let folder = Folder::new(dir.path());
        for (first, kind) in [(12, Kind::Open), (0, Kind::Sealed), (12, Kind::Sealed)] {
            fs::write(folder.segment(first, kind), "").expect("works");
        }
        for name in [KEY, LOCK, "checkpoint.new", "12.open", "notes.txt"] {
            fs::write(folder.file(name), "").expect("works");
        }
        let listing = folder.list().expect("works");
        let expected = [(0, Kind::Sealed), (12, Kind::Sealed), (12, Kind::Open)];
        assert_eq!(listing.segments, expected);
        assert_eq!(listing.unfinished, [folder.file("checkpoint.new")]);
        assert_eq!(
            listing.unknown,
            [folder.file("12.open"), folder.file("notes.txt")]
        );
    }

    #[test]
    fn a_small_file_is_replaced_whole() {
        let dir = tempfile::tempdir().expect("works");
        let folder = Folder::new(dir.path());
        folder
            .replace(CHECKPOINT, b"a first, longer one")
            .expect("works");
        folder.replace(CHECKPOINT, b"a second").expect("works");
        assert_eq!(
            read_small(&folder.file(CHECKPOINT)).expect("works"),
            "a second"
        );
        assert_eq!(fs::read_dir(dir.path()).expect("works").count(), 1);
    }
}
