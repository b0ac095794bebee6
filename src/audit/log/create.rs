//! Making a log: its keys, its first segment, and the mark beside the folder
//! that says it belongs there.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

use super::super::checkpoint::Checkpoint;
use super::super::folder::{CHECKPOINT, Folder, KEY, LOCK, PUBLIC_KEY, REFERENCE_KEY, replace};
use super::super::merkle::Frontier;
use super::super::note::{KeyError, SignerKey};
use super::super::segment::header::Header;
use super::own::now_ns;
use super::tree::begin_segment;

/// Why there is no log.
#[derive(Debug, Error)]
pub enum CreateError {
    /// One is there.
    #[error("there is an audit log at {0:?} already")]
    Exists(PathBuf),
    /// One was there.
    #[error(
        "{marker:?} says that an audit log belongs beside it, at {folder:?}, and it is not \
         there: bring it back from a backup; only if it is lost for good, remove the mark, and \
         keep a note of it: the records from before are gone"
    )]
    Gone {
        /// The mark.
        marker: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
    /// It cannot have that name.
    #[error("the name of the log")]
    Origin(#[from] KeyError),
    /// It cannot be written.
    #[error("cannot make an audit log at {folder:?}")]
    Io {
        /// Where.
        folder: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// Makes a log in a folder that does not exist.
pub(super) fn create(dir: &Path, origin: Option<&str>) -> Result<(), CreateError> {
    let folder = Folder::new(dir);
    let failed = |source| CreateError::Io {
        folder: dir.to_owned(),
        source,
    };
    if dir.try_exists().map_err(failed)? {
        return Err(CreateError::Exists(dir.to_owned()));
    }
    let marker = folder.marker();
    if marker.try_exists().map_err(failed)? {
        return Err(CreateError::Gone {
            marker,
            folder: dir.to_owned(),
        });
    }
    let signer = new_key(origin).map_err(failed)??;
    make(&folder, &signer).map_err(failed)
}

fn new_key(origin: Option<&str>) -> io::Result<Result<SignerKey, KeyError>> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(io::Error::other)?;
    let mut suffix = [0; 8];
    getrandom::fill(&mut suffix).map_err(io::Error::other)?;
    let unique = format!("interdict/{}", const_hex::encode(suffix));
    Ok(SignerKey::new(origin.unwrap_or(&unique), &seed))
}

/// Makes it under another name first: a log that is half made is never found.
fn make(folder: &Folder, signer: &SignerKey) -> io::Result<()> {
    let dir = folder.path();
    let mut partial = dir.as_os_str().to_owned();
    partial.push(".new");
    let partial = Folder::new(Path::new(&partial));
    match fs::remove_dir_all(partial.path()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    DirBuilder::new().mode(0o750).create(partial.path())?;
    let verifier = signer.verifier();
    let private = Zeroizing::new(format!("{}\n", signer.to_text().as_str()));
    replace(&partial.file(KEY), private.as_bytes(), 0o600)?;
    partial.replace(PUBLIC_KEY, format!("{verifier}\n").as_bytes())?;
    new_reference_key(&partial)?;
    let tree = Frontier::default();
    let note = Checkpoint::of(verifier.name(), &tree)
        .sign(signer)
        .to_string();
    partial.replace(CHECKPOINT, note.as_bytes())?;
    let header = Header {
        created_ns: now_ns(),
        previous: [0; 32],
        tree,
        note,
    };
    begin_segment(&partial, &header)?;
    File::create(partial.file(LOCK))?.sync_all()?;
    partial.sync()?;
    fs::rename(partial.path(), dir)?;
    mark(folder, signer)
}

/// Says beside the folder which log belongs there.
pub(super) fn mark(folder: &Folder, signer: &SignerKey) -> io::Result<()> {
    let marker = folder.marker();
    replace(
        &marker,
        format!("{}\n", signer.verifier()).as_bytes(),
        0o644,
    )?;
    let parent = marker
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

/// Makes the key of the references, and returns it.
pub(super) fn new_reference_key(folder: &Folder) -> io::Result<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *key).map_err(io::Error::other)?;
    replace(&folder.file(REFERENCE_KEY), &*key, 0o600)?;
    Ok(key)
}
