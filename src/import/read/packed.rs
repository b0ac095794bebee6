//! Compressed files: gzip, zstd and zip, taken apart as they are read.
//!
//! [`unpack`] tells by the first bytes what a file is, and gives back files
//! whose bytes are the uncompressed ones. A zip archive becomes as many files
//! as it holds. They can be opened again like any other, nothing is held
//! whole, and nothing is written to disk. What is not compressed is passed
//! through.
//!
//! What it promises:
//! - a file that was cut or damaged is an error at the latest when its last
//!   byte is asked for, so that no cut list passes for a whole one. gzip and
//!   zip always carry a length and a CRC; zstd does where its writer added
//!   them, and the end of a frame is known in any case;
//! - a bomb is stopped while it grows: by [`Limits::file_bytes_max`], and by
//!   [`Limits::ratio_max`] past the first megabyte;
//! - an archive within an archive is refused, a name in an archive serves
//!   reports only and never a path, and nothing may follow the end of a
//!   stream.
//!
//! zstd is decoded by `ruzstd`, in safe Rust: what comes in here is what
//! somebody else wrote, and lists are too small for the C library's speed to
//! matter. Zip directories are read here, because [`InputFile`] can be opened
//! again but not rewound.
//!
//! Formats: [gzip](https://www.rfc-editor.org/rfc/rfc1952),
//! [zstd](https://www.rfc-editor.org/rfc/rfc8878),
//! [zip](https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).

mod zip;
mod zstd;

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::error::{PackedProblem, ReadError};
use super::row::Excerpt;
use super::{Content, InputFile, Limits};

/// How much of the beginning tells what a file is.
const HEAD_BYTES: usize = 10;

/// Up to here a file may grow from anything: a list of a few rows that are
/// all alike is no bomb.
const FREE_BYTES: u64 = 1 << 20;

const BUFFER_BYTES: usize = 1 << 16;

/// Returns the files that the given ones hold, uncompressed, in order.
///
/// # Errors
///
/// When one cannot be opened, is compressed in a way that is not read here,
/// holds an archive, or breaks a limit that shows before it is read.
pub fn unpack(files: Vec<InputFile>, limits: &Limits) -> Result<Vec<InputFile>, ReadError> {
    let mut all = Vec::with_capacity(files.len());
    for file in files {
        let name: Arc<str> = file.name.as_str().into();
        let head = head_of(&file).map_err(|error| failed(&name, error))?;
        let problem = match Kind::of(&head) {
            None => {
                all.push(file);
                continue;
            }
            Some(Kind::Zip) => zip::files(&file, limits).map(|found| all.extend(found)),
            Some(Kind::Gzip) => one(&mut all, stream(&file, limits, gzip)),
            Some(Kind::Zstd) => one(&mut all, stream(&file, limits, zstd::decoder)),
            Some(Kind::Cut) => Err(problem_of(PackedProblem::Cut {
                missing: "its header",
            })),
            Some(Kind::Other(kind)) => Err(problem_of(PackedProblem::Unsupported { kind })),
        };
        problem.map_err(|error| failed(&name, error))?;
    }
    Ok(all)
}

/// Adds a file, once it is known to hold no archive.
fn one(all: &mut Vec<InputFile>, file: InputFile) -> io::Result<()> {
    refuse_nested(&file)?;
    all.push(file);
    Ok(())
}

fn refuse_nested(file: &InputFile) -> io::Result<()> {
    match Kind::of(&head_of(file)?).and_then(Kind::name) {
        Some(kind) => Err(problem_of(PackedProblem::Nested { kind })),
        None => Ok(()),
    }
}

fn head_of(file: &InputFile) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    let mut beginning = file.open()?.take(HEAD_BYTES as u64);
    beginning.read_to_end(&mut head)?;
    Ok(head)
}

fn problem_of(problem: PackedProblem) -> io::Error {
    io::Error::other(problem)
}

/// Returns why a file could not be taken apart.
fn failed(file: &Arc<str>, source: io::Error) -> ReadError {
    let file = Arc::clone(file);
    let carried = source.get_ref().and_then(|inner| inner.downcast_ref());
    match carried.cloned() {
        Some(problem) => ReadError::Packed { file, problem },
        None => ReadError::Io {
            file,
            line: 1,
            source,
        },
    }
}

/// What a file's first bytes say it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Gzip,
    Zstd,
    Zip,
    /// Shorter than the mark it begins with.
    Cut,
    /// Compressed in a way that is not read here.
    Other(&'static str),
}

impl Kind {
    /// Returns what a file is, or `None` if it is not compressed.
    fn of(head: &[u8]) -> Option<Self> {
        let begins = |mark: &[u8]| head.starts_with(mark);
        let is_skippable = matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]);
        if begins(&[0x1f, 0x8b]) {
            Some(Self::Gzip)
        } else if begins(&zstd::MAGIC) || is_skippable {
            Some(Self::Zstd)
        } else if begins(b"PK\x03\x04") || begins(b"PK\x05\x06") {
            Some(Self::Zip)
        } else if begins(b"PK\x07\x08") {
            Some(Self::Other("a zip archive in several parts"))
        } else if begins(b"\xfd7zXZ\0") {
            Some(Self::Other("xz"))
        } else if begins(b"7z\xbc\xaf\x27\x1c") {
            Some(Self::Other("7z"))
        } else if begins(b"Rar!\x1a\x07") {
            Some(Self::Other("rar"))
        } else if begins(b"BZh") && head.get(4..10) == Some(b"1AY&SY") {
            Some(Self::Other("bzip2"))
        } else if matches!(head, [0x1f] | [0x28, 0xb5] | [0x28, 0xb5, 0x2f] | b"PK\x03") {
            Some(Self::Cut)
        } else {
            None
        }
    }

    /// Returns its name, if it is a whole archive.
    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
            Self::Zip => Some("a zip archive"),
            Self::Other(name) => Some(name),
            Self::Cut => None,
        }
    }
}

/// A source of compressed bytes, and how many were taken from it.
struct Counted {
    content: Content,
    taken: Arc<AtomicU64>,
    /// The most that is taken: compressed bytes may unpack to nothing.
    taken_max: u64,
}

impl Counted {
    fn new(content: Content, limits: &Limits) -> Self {
        Self {
            content,
            taken: Arc::default(),
            taken_max: limits.file_bytes_max,
        }
    }
}

impl BufRead for Counted {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let max = self.taken_max;
        if self.taken.load(Ordering::Relaxed) > max {
            return Err(problem_of(PackedProblem::TooLarge { max }));
        }
        self.content.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.taken.fetch_add(count as u64, Ordering::Relaxed);
        self.content.consume(count);
    }
}

impl Read for Counted {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(target.len());
        target[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

/// A decoder over compressed bytes.
type Decoder = Box<dyn Read + Send>;

/// Returns a file whose bytes are what `decoder` makes of another's.
fn stream(file: &InputFile, limits: &Limits, decoder: fn(Counted) -> Decoder) -> InputFile {
    let packed = file.clone();
    let limits = limits.clone();
    InputFile::new(file.name.clone(), move || {
        let counted = Counted::new(packed.open()?, &limits);
        let taken = Arc::clone(&counted.taken);
        Ok(guarded(decoder(counted), taken, &limits))
    })
}

/// Puts the limits around a decoder.
fn guarded(decoder: Decoder, taken: Arc<AtomicU64>, limits: &Limits) -> Content {
    let guarded = Guarded {
        decoder,
        taken,
        given: 0,
        given_max: limits.file_bytes_max,
        ratio_max: limits.ratio_max,
        failed: None,
    };
    Box::new(BufReader::with_capacity(BUFFER_BYTES, guarded))
}

fn gzip(counted: Counted) -> Decoder {
    Box::new(Gzip {
        decoder: MultiGzDecoder::new(counted),
        any: false,
    })
}

/// gzip, of one member or several, with its errors made plain.
struct Gzip {
    decoder: MultiGzDecoder<Counted>,
    /// Whether any byte was given, and so a header was good.
    any: bool,
}

impl Read for Gzip {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(target);
        self.any |= matches!(read, Ok(1..));
        read.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => problem_of(PackedProblem::Cut {
                missing: "the checksum at the end of its gzip stream",
            }),
            // A header that is none, where the next member should begin.
            io::ErrorKind::InvalidInput if self.any => problem_of(PackedProblem::AfterEnd),
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                problem_of(PackedProblem::Damaged {
                    what: "its gzip stream or checksum",
                })
            }
            _ => error,
        })
    }
}

/// A decoder that may give only so much.
struct Guarded {
    decoder: Decoder,
    taken: Arc<AtomicU64>,
    given: u64,
    given_max: u64,
    ratio_max: u64,
    /// Once something was wrong it stays wrong: a decoder that is asked again
    /// might say that it has come to its end.
    failed: Option<PackedProblem>,
}

impl Guarded {
    fn check(&self) -> Result<(), PackedProblem> {
        let taken = self.taken.load(Ordering::Relaxed);
        let max = self.ratio_max.saturating_mul(taken).max(FREE_BYTES);
        if self.given > self.given_max {
            Err(PackedProblem::TooLarge {
                max: self.given_max,
            })
        } else if self.given > max {
            Err(PackedProblem::Ratio {
                max: self.ratio_max,
            })
        } else {
            Ok(())
        }
    }
}

impl Read for Guarded {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if let Some(problem) = &self.failed {
            return Err(problem_of(problem.clone()));
        }
        let count = match self.decoder.read(target) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => {
                let carried = error.get_ref().and_then(|inner| inner.downcast_ref());
                let unread = PackedProblem::Damaged {
                    what: "what was read before",
                };
                self.failed = Some(carried.cloned().unwrap_or(unread));
                return Err(error);
            }
        };
        self.given += count as u64;
        if let Err(problem) = self.check() {
            self.failed = Some(problem.clone());
            return Err(problem_of(problem));
        }
        Ok(count)
    }
}

/// Returns what a file in an archive is called in reports.
fn entry_name(archive: &str, entry: &[u8]) -> String {
    format!(
        "{archive}({})",
        Excerpt::of(&String::from_utf8_lossy(entry))
    )
}

#[cfg(test)]
#[path = "packed_tests.rs"]
mod tests;
