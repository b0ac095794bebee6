//! Uploads wait on disk, within limits, until they are whole.
//!
//! A [`Spool`] takes the files of one publication as they arrive and counts
//! and hashes them on the way. Nothing of an upload is read as a list before
//! all of it is there, and nothing of it stays behind afterwards. A file's
//! name is for reports; it is never a path.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;
use uuid::Uuid;

use crate::list::PublicationDigest;

use super::read::InputFile;

/// Bounds of one upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpoolLimits {
    /// Largest file.
    pub file_bytes_max: u64,
    /// Most files.
    pub files_max: usize,
}

impl Default for SpoolLimits {
    fn default() -> Self {
        Self {
            // Four times the largest official list.
            file_bytes_max: 512 << 20,
            files_max: 16,
        }
    }
}

/// Why an upload was not taken.
#[derive(Debug, Error)]
pub enum SpoolError {
    /// The disk did not take it.
    #[error("cannot keep an upload in {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is too large.
    #[error(
        "`{name}` is larger than {max} bytes: raise `limits.import_file_bytes_max` if it is real"
    )]
    FileTooLarge {
        /// Its name.
        name: String,
        /// The limit.
        max: u64,
    },
    /// There are too many files.
    #[error("more than {max} files in one publication")]
    TooManyFiles {
        /// The limit.
        max: usize,
    },
    /// Bytes came before any file was named.
    #[error("content came before a file was named")]
    NoFile,
    /// No file came.
    #[error("no file came")]
    Empty,
    /// The upload is not what its sender says it sent.
    #[error(
        "{files} files of {bytes} bytes came, and {files_sent} of {bytes_sent} were sent: nothing was imported; send the upload again"
    )]
    Incomplete {
        /// Files that came.
        files: usize,
        /// Bytes that came.
        bytes: u64,
        /// Files that were sent.
        files_sent: u64,
        /// Bytes that were sent.
        bytes_sent: u64,
    },
}

struct SpooledFile {
    name: String,
    path: PathBuf,
    bytes: u64,
    digest: blake3::Hash,
}

/// The files of one upload.
pub struct Spool {
    folder: PathBuf,
    limits: SpoolLimits,
    done: Vec<SpooledFile>,
    open: Option<(SpooledFile, File, blake3::Hasher)>,
}

impl Spool {
    /// Begins an upload in a data directory.
    ///
    /// # Errors
    ///
    /// If a folder for it cannot be made.
    pub fn begin(data_dir: &Path, limits: SpoolLimits) -> Result<Self, SpoolError> {
        let folder = incoming(data_dir).join(Uuid::now_v7().to_string());
        fs::create_dir_all(&folder).map_err(failed(&folder))?;
        Ok(Self {
            folder,
            limits,
            done: Vec::new(),
            open: None,
        })
    }

    /// Removes what uploads left behind when the process died.
    ///
    /// # Errors
    ///
    /// If the folder cannot be removed.
    pub fn clear(data_dir: &Path) -> Result<(), SpoolError> {
        let folder = incoming(data_dir);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(&folder)(error)),
            _ => Ok(()),
        }
    }

    /// Begins the next file.
    ///
    /// # Errors
    ///
    /// If there are too many, or the disk does not take it.
    pub fn file(&mut self, name: &str) -> Result<(), SpoolError> {
        self.close()?;
        if self.done.len() >= self.limits.files_max {
            return Err(SpoolError::TooManyFiles {
                max: self.limits.files_max,
            });
        }
        let path = self.folder.join(self.done.len().to_string());
        let file = File::create(&path).map_err(failed(&path))?;
        let spooled = SpooledFile {
            name: printable(name),
            path,
            bytes: 0,
            digest: blake3::hash(b""),
        };
        self.open = Some((spooled, file, blake3::Hasher::new()));
        Ok(())
    }

    /// Takes the next bytes of the file begun last.
    ///
    /// # Errors
    ///
    /// If none was begun, it grows too large, or the disk does not take it.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), SpoolError> {
        let (spooled, file, hasher) = self.open.as_mut().ok_or(SpoolError::NoFile)?;
        spooled.bytes += bytes.len() as u64;
        if spooled.bytes > self.limits.file_bytes_max {
            return Err(SpoolError::FileTooLarge {
                name: spooled.name.clone(),
                max: self.limits.file_bytes_max,
            });
        }
        hasher.update(bytes);
        file.write_all(bytes).map_err(failed(&spooled.path))
    }

    /// Ends the upload and says what it is; the sender says how many files
    /// and bytes it sent.
    ///
    /// # Errors
    ///
    /// If no file came, or not all that was sent.
    pub fn finish(
        &mut self,
        files_sent: u64,
        bytes_sent: u64,
    ) -> Result<PublicationDigest, SpoolError> {
        self.close()?;
        let files = self.done.len();
        let bytes: u64 = self.done.iter().map(|file| file.bytes).sum();
        if (files as u64, bytes) != (files_sent, bytes_sent) {
            return Err(SpoolError::Incomplete {
                files,
                bytes,
                files_sent,
                bytes_sent,
            });
        }
        if self.done.is_empty() {
            return Err(SpoolError::Empty);
        }
        Ok(PublicationDigest::of_files(
            self.done.iter().map(|file| (file.bytes, file.digest)),
        ))
    }

    /// Returns the files; they last as long as the upload.
    pub fn files(&self) -> Vec<InputFile> {
        self.done
            .iter()
            .map(|file| InputFile::at(&file.name, &file.path))
            .collect()
    }

    /// Returns a folder that lasts as long as the upload, for what is made of
    /// it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns where the first file is, once it was taken whole.
    pub fn first_path(&self) -> Option<&Path> {
        self.done.first().map(|file| file.path.as_path())
    }

    fn close(&mut self) -> Result<(), SpoolError> {
        if let Some((mut spooled, file, hasher)) = self.open.take() {
            file.sync_data().map_err(failed(&spooled.path))?;
            spooled.digest = hasher.finalize();
            self.done.push(spooled);
        }
        Ok(())
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // What cannot be removed now is removed at the next start.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn incoming(data_dir: &Path) -> PathBuf {
    data_dir.join("incoming")
}

fn printable(name: &str) -> String {
    let plain = |character: char| {
        if character.is_control() {
            '?'
        } else {
            character
        }
    };
    name.chars().map(plain).take(128).collect()
}

fn failed(path: &Path) -> impl Fn(io::Error) -> SpoolError {
    let path = path.to_owned();
    move |source| SpoolError::Io {
        path: path.clone(),
        source,
    }
}
