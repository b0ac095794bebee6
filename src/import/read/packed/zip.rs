//! Zip archives: the directory at the end, and the files it names.
//!
//! The directory says what is there; a file's own header must agree with it.
//! Files must not overlap, which is how a small archive is made to unpack to
//! terabytes. The archive is read forward only: once for the directory, and
//! once for each file that is opened.

use std::io::{self, BufRead, Read};
use std::sync::Arc;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use super::super::row::Excerpt;
use super::{
    Counted, Decoder, InputFile, Limits, PackedProblem, entry_name, guarded, problem_of,
    refuse_nested,
};

const END_MARK: &[u8] = b"PK\x05\x06";
const END_BYTES: usize = 22;
const ENTRY_MARK: &[u8] = b"PK\x01\x02";
const ENTRY_BYTES: usize = 46;
const LOCAL_MARK: &[u8] = b"PK\x03\x04";
const LOCAL_BYTES: usize = 30;

/// The end record, and the longest comment that may follow it.
const TAIL_BYTES: usize = END_BYTES + 0xffff;

/// Largest directory that is held; that of a real archive of a few files is
/// under a kilobyte.
const DIRECTORY_BYTES_MAX: u64 = 1 << 20;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// Bits of an entry's flags that say it needs a password.
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;

/// Returns the files in an archive. Folders hold nothing and are passed over.
pub(super) fn files(archive: &InputFile, limits: &Limits) -> io::Result<Vec<InputFile>> {
    let end = End::find(archive, limits)?;
    if end.entries > limits.files_max {
        return Err(problem_of(PackedProblem::TooManyFiles {
            found: end.entries,
            max: limits.files_max,
        }));
    }
    let entries = end.entries(archive)?;
    refuse_overlap(&entries, end.offset)?;
    let mut files = Vec::with_capacity(entries.len());
    for entry in entries.into_iter().filter(|entry| !entry.is_folder()) {
        entry.check(limits)?;
        let file = entry.file(archive, limits);
        refuse_nested(&file)?;
        files.push(file);
    }
    if files.is_empty() {
        return Err(problem_of(PackedProblem::NoFiles));
    }
    Ok(files)
}

/// What the end of an archive says of its directory.
struct End {
    entries: usize,
    offset: u64,
    bytes: u64,
}

impl End {
    fn find(archive: &InputFile, limits: &Limits) -> io::Result<Self> {
        let (tail, length) = tail_of(archive, limits.file_bytes_max)?;
        let last = tail.len().checked_sub(END_BYTES).ok_or_else(cut)?;
        // The record ends the file: its comment reaches exactly to there.
        let at = (0..=last)
            .rev()
            .find(|&at| {
                tail[at..].starts_with(END_MARK)
                    && number(&tail, at + 20, 2) == (tail.len() - at - END_BYTES) as u64
            })
            .ok_or_else(cut)?;
        let field = |offset, bytes| number(&tail, at + offset, bytes);
        let (entries, bytes, offset) = (field(10, 2), field(12, 4), field(16, 4));
        let in_parts = field(4, 2) != 0 || field(6, 2) != 0 || field(8, 2) != entries;
        if in_parts || entries == 0xffff || bytes == 0xffff_ffff || offset == 0xffff_ffff {
            return Err(problem_of(PackedProblem::Unsupported {
                kind: "a zip archive in several parts or over 4 GiB",
            }));
        }
        let stands_at = length - (tail.len() - at) as u64;
        if offset + bytes != stands_at || bytes > DIRECTORY_BYTES_MAX {
            return Err(damaged("the place of its directory"));
        }
        Ok(Self {
            entries: entries as usize,
            offset,
            bytes,
        })
    }

    fn entries(&self, archive: &InputFile) -> io::Result<Vec<Entry>> {
        let mut content = archive.open()?;
        skip(&mut content, self.offset)?;
        let mut directory = Vec::new();
        content.take(self.bytes).read_to_end(&mut directory)?;
        let mut rest = directory.as_slice();
        let mut entries = Vec::with_capacity(self.entries);
        for _ in 0..self.entries {
            entries.push(Entry::split(&mut rest).ok_or_else(|| damaged("its directory"))?);
        }
        if rest.is_empty() {
            Ok(entries)
        } else {
            Err(damaged("the number of its files"))
        }
    }
}

/// Returns the last bytes of a file, and how many it has in all.
fn tail_of(archive: &InputFile, bytes_max: u64) -> io::Result<(Vec<u8>, u64)> {
    let mut content = archive.open()?;
    let mut tail = Vec::with_capacity(4 * TAIL_BYTES);
    let mut length = 0;
    loop {
        let available = content.fill_buf()?;
        let count = available.len();
        if count == 0 {
            break;
        }
        tail.extend_from_slice(available);
        content.consume(count);
        length += count as u64;
        if length > bytes_max {
            return Err(problem_of(PackedProblem::TooLarge { max: bytes_max }));
        }
        if tail.len() > 2 * TAIL_BYTES {
            tail.drain(..tail.len() - TAIL_BYTES);
        }
    }
    Ok((tail, length))
}

/// A file in an archive, as the directory has it.
struct Entry {
    flags: u16,
    method: u16,
    crc: u32,
    packed: u64,
    unpacked: u64,
    offset: u64,
    name: Arc<[u8]>,
}

impl Entry {
    /// Takes the next entry off a directory.
    fn split(directory: &mut &[u8]) -> Option<Self> {
        let bytes = *directory;
        if !bytes.starts_with(ENTRY_MARK) || bytes.len() < ENTRY_BYTES {
            return None;
        }
        let field = |offset, count| number(bytes, offset, count);
        let name_end = ENTRY_BYTES + field(28, 2) as usize;
        let end = name_end + field(30, 2) as usize + field(32, 2) as usize;
        let name = bytes.get(ENTRY_BYTES..name_end)?;
        *directory = bytes.get(end..)?;
        Some(Self {
            flags: field(8, 2) as u16,
            method: field(10, 2) as u16,
            crc: field(16, 4) as u32,
            packed: field(20, 4),
            unpacked: field(24, 4),
            offset: field(42, 4),
            name: name.into(),
        })
    }

    fn is_folder(&self) -> bool {
        self.unpacked == 0 && self.name.ends_with(b"/")
    }

    /// Checks what the directory says, before a byte of it is unpacked.
    fn check(&self, limits: &Limits) -> io::Result<()> {
        let free = super::FREE_BYTES.max(self.packed.saturating_mul(limits.ratio_max));
        let problem = if self.flags & ENCRYPTED != 0 {
            let entry = Excerpt::of(&String::from_utf8_lossy(&self.name));
            PackedProblem::Encrypted { entry }
        } else if !matches!(self.method, STORED | DEFLATED) {
            PackedProblem::Unsupported {
                kind: "a zip archive packed by another method than deflate",
            }
        } else if self.unpacked > limits.file_bytes_max {
            PackedProblem::TooLarge {
                max: limits.file_bytes_max,
            }
        } else if self.unpacked > free {
            PackedProblem::Ratio {
                max: limits.ratio_max,
            }
        } else {
            return Ok(());
        };
        Err(problem_of(problem))
    }

    fn file(self, archive: &InputFile, limits: &Limits) -> InputFile {
        let packed = archive.clone();
        let limits = limits.clone();
        let name = entry_name(&archive.name, &self.name);
        InputFile::new(name, move || {
            let mut content = packed.open()?;
            skip(&mut content, self.offset)?;
            self.check_local(&mut content)?;
            let counted = Counted::new(Box::new(content.take(self.packed)), &limits);
            let taken = Arc::clone(&counted.taken);
            Ok(guarded(self.decoder(counted), taken, &limits))
        })
    }

    /// Reads the header before a file's bytes, which must tell the same.
    fn check_local(&self, content: &mut impl Read) -> io::Result<()> {
        let mut header = [0; LOCAL_BYTES];
        content.read_exact(&mut header).map_err(|_| cut())?;
        let field = |offset, count| number(&header, offset, count);
        let mut name = Vec::new();
        content.take(field(26, 2)).read_to_end(&mut name)?;
        skip(content, field(28, 2))?;
        // The sum and the sizes may stand after the bytes, and are 0 here; or
        // in an extra field that has room for large ones.
        let told_after = field(6, 2) & 1 << 3 != 0;
        let elsewhere = |size: u64| told_after && size == 0 || size == 0xffff_ffff;
        let agree = |size, told| size == told || elsewhere(size);
        let agrees = header.starts_with(LOCAL_MARK)
            && field(6, 2) == u64::from(self.flags)
            && field(8, 2) == u64::from(self.method)
            && *name == *self.name
            && (field(14, 4) == u64::from(self.crc) || told_after && field(14, 4) == 0)
            && agree(field(18, 4), self.packed)
            && agree(field(22, 4), self.unpacked);
        if agrees {
            Ok(())
        } else {
            Err(damaged("the header of a file in it"))
        }
    }

    fn decoder(&self, counted: Counted) -> Decoder {
        let bytes = if self.method == DEFLATED {
            Bytes::Deflated(DeflateDecoder::new(counted))
        } else {
            Bytes::Stored(counted)
        };
        Box::new(Checked {
            bytes,
            crc: Crc::new(),
            given: 0,
            wanted: (self.crc, self.unpacked),
        })
    }
}

/// The bytes of one file.
enum Bytes {
    Stored(Counted),
    Deflated(DeflateDecoder<Counted>),
}

/// The bytes of one file, held against what the directory says of them.
struct Checked {
    bytes: Bytes,
    crc: Crc,
    given: u64,
    wanted: (u32, u64),
}

impl Read for Checked {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let (read, left) = match &mut self.bytes {
            Bytes::Stored(counted) => (counted.read(target), false),
            Bytes::Deflated(decoder) => {
                let read = decoder.read(target);
                let left = decoder.get_mut().fill_buf()?;
                (read, !left.is_empty())
            }
        };
        let count = read.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => cut(),
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                damaged("a file's deflate stream")
            }
            _ => error,
        })?;
        self.crc.update(&target[..count]);
        self.given += count as u64;
        let is_end = count == 0 && !target.is_empty();
        if is_end && (left || (self.crc.sum(), self.given) != self.wanted) {
            return Err(damaged("the length or checksum of a file in it"));
        }
        Ok(count)
    }
}

/// Refuses files that share bytes with each other or with the directory.
fn refuse_overlap(entries: &[Entry], directory: u64) -> io::Result<()> {
    let mut spans: Vec<(u64, u64)> = entries
        .iter()
        .map(|entry| {
            let header = (LOCAL_BYTES + entry.name.len()) as u64;
            (entry.offset, entry.offset + header + entry.packed)
        })
        .collect();
    spans.sort_unstable();
    let next = spans.iter().skip(1).map(|span| span.0);
    let overlaps = spans
        .iter()
        .zip(next.chain([directory]))
        .any(|(span, next)| span.1 > next);
    if overlaps {
        Err(damaged("the place of a file in it"))
    } else {
        Ok(())
    }
}

fn skip(content: &mut impl Read, bytes: u64) -> io::Result<()> {
    let skipped = io::copy(&mut content.take(bytes), &mut io::sink())?;
    if skipped == bytes { Ok(()) } else { Err(cut()) }
}

/// Returns a number of up to four bytes, the lowest first; 0 past the end.
fn number(bytes: &[u8], at: usize, count: usize) -> u64 {
    let bytes = bytes.get(at..at + count).unwrap_or_default();
    bytes
        .iter()
        .rev()
        .fold(0, |number, &byte| number << 8 | u64::from(byte))
}

fn cut() -> io::Error {
    problem_of(PackedProblem::Cut {
        missing: "the end of its zip directory",
    })
}

fn damaged(what: &'static str) -> io::Error {
    problem_of(PackedProblem::Damaged { what })
}
