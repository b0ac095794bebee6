//! Lists that somebody puts on this machine's disk.
//!
//! A file is copied into the raw files before it is read, and taken only if
//! nobody wrote to it meanwhile. It is as fresh as the day it was last
//! modified, as with `interdict import`: when a list was fetched is known to
//! whoever fetched it, and better too old than too fresh.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::fetch::Digests;

/// A file that was written to this recently may still be written to.
const SETTLED: Duration = Duration::from_secs(2);

/// Why a file on this machine is not taken.
#[derive(Debug, Error)]
pub enum PathError {
    /// It cannot be read.
    #[error("cannot read {}: check the path and who may read it", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is a folder.
    #[error("{} is a folder: name its files with `files`", path.display())]
    Folder {
        /// The path.
        path: PathBuf,
    },
    /// It is something else than a file.
    #[error("{} is no plain file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// It is empty.
    #[error("{} is empty: whatever writes it failed, and the list held is kept", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// It is too large.
    #[error("{} is larger than {max} bytes: raise `limits.import_file_bytes_max` if it is real", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        max: u64,
    },
    /// Somebody is writing to it.
    #[error(
        "{} is being written to: it is tried again; write it under another name and rename it, so that it is never seen half-way",
        path.display()
    )]
    Unsettled {
        /// The file.
        path: PathBuf,
    },
}

/// A file as it stands on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) modified_at: Timestamp,
}

/// Looks at a file without reading it.
pub(super) fn look(path: &Path) -> Result<Found, PathError> {
    let path = path.to_owned();
    let metadata = fs::metadata(&path).map_err(failed(&path))?;
    if metadata.is_dir() {
        return Err(PathError::Folder { path });
    }
    if !metadata.is_file() {
        return Err(PathError::NotAFile { path });
    }
    let modified_at = metadata.modified().map_err(failed(&path))?;
    let modified_at =
        Timestamp::try_from(modified_at).map_err(|error| failed(&path)(io::Error::other(error)))?;
    Ok(Found {
        bytes: metadata.len(),
        modified_at,
        path,
    })
}

/// Copies a file that nobody writes to, synced, and says what it is.
pub(super) fn copy(
    found: &Found,
    target: &Path,
    bytes_max: u64,
    on_progress: &dyn Fn(u64, Option<u64>),
) -> Result<Digests, PathError> {
    let path = &found.path;
    if found.bytes == 0 {
        return Err(PathError::Empty { path: path.clone() });
    }
    if found.bytes > bytes_max {
        return Err(PathError::TooLarge {
            path: path.clone(),
            max: bytes_max,
        });
    }
    let unsettled = || PathError::Unsettled { path: path.clone() };
    let settled = SignedDuration::try_from(SETTLED).unwrap_or_default();
    let age = Timestamp::now().duration_since(found.modified_at);
    // A date in the future says nothing of who writes now.
    if (SignedDuration::ZERO..settled).contains(&age) {
        return Err(unsettled());
    }
    let mut source = File::open(path).map_err(failed(path))?;
    let mut copy = File::create(target).map_err(failed(target))?;
    let (mut blake3, mut sha256) = (blake3::Hasher::new(), Sha256::new());
    let mut buffer = vec![0; 256 << 10];
    let mut bytes = 0;
    loop {
        on_progress(bytes, Some(found.bytes));
        let read = source.read(&mut buffer).map_err(failed(path))?;
        if read == 0 {
            break;
        }
        bytes += read as u64;
        if bytes > found.bytes {
            return Err(unsettled());
        }
        blake3.update(&buffer[..read]);
        sha256.update(&buffer[..read]);
        copy.write_all(&buffer[..read]).map_err(failed(target))?;
    }
    copy.sync_all().map_err(failed(target))?;
    if bytes != found.bytes || look(path)? != *found {
        return Err(unsettled());
    }
    Ok(Digests {
        blake3: blake3.finalize(),
        sha256: sha256.finalize().into(),
    })
}

fn failed(path: &Path) -> impl Fn(io::Error) -> PathError {
    let path = path.to_owned();
    move |source| PathError::Io {
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn nothing(_: u64, _: Option<u64>) {}

    fn write(path: &Path, content: &str, seconds_ago: u64) {
        fs::write(path, content).expect("writes");
        let at = SystemTime::now() - Duration::from_secs(seconds_ago);
        let file = File::options().write(true).open(path).expect("opens");
        file.set_modified(at).expect("is set");
    }

    #[test]
    fn a_settled_file_is_copied_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, target) = (folder.path().join("list.txt"), folder.path().join("copy"));
        write(&path, "0x01\n", 60);
        let digests = copy(&look(&path).expect("is there"), &target, 5, &nothing).expect("copies");
        assert_eq!(digests.blake3, blake3::hash(b"0x01\n"));
        assert_eq!(fs::read(&target).expect("is there"), b"0x01\n");
    }

    #[test]
    fn a_file_that_is_being_written_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, target) = (folder.path().join("list.txt"), folder.path().join("copy"));
        write(&path, "0x01\n", 0);
        let found = look(&path).expect("is there");
        let refused = copy(&found, &target, 100, &nothing);
        assert!(
            matches!(refused, Err(PathError::Unsettled { .. })),
            "just written"
        );

        write(&path, "0x01\n", 60);
        let found = look(&path).expect("is there");
        for (content, what) in [
            ("0x01\n0x02\n", "grown"),
            ("0x", "cut"),
            ("0x02\n", "rewritten"),
        ] {
            fs::write(&path, content).expect("writes");
            let refused = copy(&found, &target, 100, &nothing);
            assert!(
                matches!(refused, Err(PathError::Unsettled { .. })),
                "{what}"
            );
        }
    }

    #[test]
    fn what_is_no_list_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, target) = (folder.path().join("list.txt"), folder.path().join("copy"));
        assert!(matches!(look(&path), Err(PathError::Io { .. })));
        assert!(matches!(look(folder.path()), Err(PathError::Folder { .. })));
        assert!(matches!(
            look(Path::new("/dev/null")),
            Err(PathError::NotAFile { .. })
        ));
        write(&path, "", 60);
        let refused = copy(&look(&path).expect("is there"), &target, 100, &nothing);
        assert!(matches!(refused, Err(PathError::Empty { .. })));
        write(&path, "0x01\n", 60);
        let refused = copy(&look(&path).expect("is there"), &target, 4, &nothing);
        assert!(matches!(refused, Err(PathError::TooLarge { .. })));
    }
}
