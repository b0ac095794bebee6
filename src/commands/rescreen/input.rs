//! Files of lines, packed or not, cut into chunks of whole records.
//!
//! A chunk is what one worker screens. No chunk is larger than the records in
//! it make necessary, and no record may be larger than [`RECORD_BYTES_MAX`],
//! so memory does not follow the size of a file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use memchr::{memchr, memrchr};

use super::super::Failure;

/// Bytes of a chunk, unless one record is larger.
const CHUNK_BYTES: usize = 512 << 10;

/// Longest record that is read.
const RECORD_BYTES_MAX: usize = 16 << 20;

/// Largest window of a zstd file, as a power of two: 128 MiB.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// What some programs put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How the records of a file end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Records {
    /// At the end of a line.
    Lines,
    /// At the end of a line outside quotes, with this delimiter.
    Csv { delimiter: u8 },
}

impl Records {
    /// Returns where the first record of `bytes` ends, its line end included.
    pub(super) fn first_end(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Lines => memchr(b'\n', bytes).map(|at| at + 1),
            Self::Csv { delimiter } => Quotes::new(delimiter).ends(bytes).next(),
        }
    }

    /// Returns where the last whole record of `bytes` ends.
    fn last_end(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Csv { delimiter } if memchr(b'"', bytes).is_some() => {
                Quotes::new(delimiter).ends(bytes).last()
            }
            _ => memrchr(b'\n', bytes).map(|at| at + 1),
        }
    }
}

/// Where a reader of CSV is, as common readers have it: quotes count at the
/// beginning of a value only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    ValueStart,
    Plain,
    Quoted,
    /// Behind a quote inside quotes: the end of them, or the first of two.
    QuoteInQuotes,
}

struct Quotes {
    delimiter: u8,
    place: Place,
}

impl Quotes {
    fn new(delimiter: u8) -> Self {
        let place = Place::ValueStart;
        Self { delimiter, place }
    }

    /// Goes through the ends of all whole records.
    fn ends(mut self, bytes: &[u8]) -> impl Iterator<Item = usize> {
        bytes.iter().enumerate().filter_map(move |(at, &byte)| {
            let is_end = byte == b'\n' && self.place != Place::Quoted;
            self.place = match (self.place, byte) {
                (Place::Quoted, b'"') => Place::QuoteInQuotes,
                (Place::Quoted, _) | (Place::ValueStart | Place::QuoteInQuotes, b'"') => {
                    Place::Quoted
                }
                (_, b'\n') => Place::ValueStart,
                (_, byte) if byte == self.delimiter => Place::ValueStart,
                _ => Place::Plain,
            };
            is_end.then_some(at + 1)
        })
    }
}

/// A file, and where its rows begin in it once it is unpacked.
#[derive(Debug, Clone)]
pub(super) struct Input {
    pub(super) path: PathBuf,
    pub(super) data_start: u64,
}

/// Some whole records.
pub(super) struct Chunk {
    pub(super) file: usize,
    pub(super) bytes: Vec<u8>,
    /// Where the next chunk begins, in the unpacked file.
    pub(super) end: u64,
}

/// Cuts files into chunks, one after the other.
pub(super) struct Chunks {
    inputs: Vec<Input>,
    records: Records,
    file: usize,
    /// Where the next chunk begins.
    offset: u64,
    reader: Option<Box<dyn BufRead + Send>>,
    /// Read and not yet given out.
    left: Vec<u8>,
    read: Arc<AtomicU64>,
}

impl Chunks {
    /// Begins at an offset of a file. `read` is told how many bytes of the
    /// files, as they are stored, have been read.
    pub(super) fn new(
        inputs: Vec<Input>,
        records: Records,
        (file, offset): (usize, u64),
        read: Arc<AtomicU64>,
    ) -> Self {
        Self {
            inputs,
            records,
            file,
            offset,
            reader: None,
            left: Vec::new(),
            read,
        }
    }

    /// Returns the next chunk, or `None` behind the last.
    pub(super) fn next(&mut self) -> Result<Option<Chunk>, Failure> {
        while let Some(input) = self.inputs.get(self.file) {
            let failed = |error| unreadable(&input.path, error);
            if self.reader.is_none() {
                self.offset = self.offset.max(input.data_start);
                let reader = open_at(&input.path, self.offset, &self.read).map_err(failed)?;
                self.reader = Some(reader);
            }
            let reader = self.reader.as_mut().expect("it was opened just now");
            let mut bytes = std::mem::take(&mut self.left);
            let mut wanted = CHUNK_BYTES;
            loop {
                let is_end = fill(reader, &mut bytes, wanted).map_err(failed)?;
                let end = match is_end {
                    true => Some(bytes.len()),
                    false => self.records.last_end(&bytes),
                };
                if let Some(end) = end {
                    self.left = bytes.split_off(end);
                    break;
                }
                if bytes.len() >= RECORD_BYTES_MAX {
                    return Err(too_long(&input.path, self.offset));
                }
                wanted = bytes.len() * 2;
            }
            if bytes.is_empty() {
                self.reader = None;
                self.file += 1;
                self.offset = 0;
                continue;
            }
            self.offset += bytes.len() as u64;
            let (file, end) = (self.file, self.offset);
            return Ok(Some(Chunk { file, bytes, end }));
        }
        Ok(None)
    }
}

/// Reads until there are so many bytes; true at the end of the file.
fn fill(reader: &mut impl Read, bytes: &mut Vec<u8>, wanted: usize) -> io::Result<bool> {
    let more = wanted.saturating_sub(bytes.len());
    bytes.reserve_exact(more);
    let read = reader.take(more as u64).read_to_end(bytes)?;
    Ok(read < more)
}

/// Returns the first record of a file with its line end, and where the next
/// begins; a byte order mark is no part of it.
pub(super) fn first_record(path: &Path, records: Records) -> Result<(Vec<u8>, u64), Failure> {
    let failed = |error| unreadable(path, error);
    let mut reader = open_at(path, 0, &Arc::default()).map_err(failed)?;
    let mut bytes = Vec::new();
    loop {
        let wanted = (bytes.len() * 2).max(64 << 10);
        let is_end = fill(&mut reader, &mut bytes, wanted).map_err(failed)?;
        let mark = match bytes.starts_with(BYTE_ORDER_MARK) {
            true => BYTE_ORDER_MARK.len(),
            false => 0,
        };
        let end = records.first_end(&bytes[mark..]).map(|end| mark + end);
        if let Some(end) = end.or(is_end.then_some(bytes.len())) {
            return Ok((bytes[mark..end].to_vec(), end as u64));
        }
        if bytes.len() >= RECORD_BYTES_MAX {
            return Err(too_long(path, 0));
        }
    }
}

/// Returns how many bytes stand before the first record.
pub(super) fn mark_bytes(path: &Path) -> Result<u64, Failure> {
    let failed = |error| unreadable(path, error);
    let mut reader = open_at(path, 0, &Arc::default()).map_err(failed)?;
    let mut bytes = Vec::new();
    fill(&mut reader, &mut bytes, BYTE_ORDER_MARK.len()).map_err(failed)?;
    Ok(if bytes == BYTE_ORDER_MARK { 3 } else { 0 })
}

/// Opens a file at an offset of what it holds once it is unpacked.
fn open_at(path: &Path, offset: u64, read: &Arc<AtomicU64>) -> io::Result<Box<dyn BufRead + Send>> {
    let mut file = File::open(path)?;
    let mut magic = [0; 4];
    let magic = {
        let mut bytes = Vec::with_capacity(magic.len());
        (&mut file)
            .take(magic.len() as u64)
            .read_to_end(&mut bytes)?;
        magic[..bytes.len()].copy_from_slice(&bytes);
        magic
    };
    file.seek(SeekFrom::Start(0))?;
    let is_gzip = magic.starts_with(&[0x1f, 0x8b]);
    let is_zstd = magic == [0x28, 0xb5, 0x2f, 0xfd];
    if !is_gzip && !is_zstd {
        file.seek(SeekFrom::Start(offset))?;
        read.fetch_add(offset, Ordering::Relaxed);
    }
    let counted = BufReader::with_capacity(
        64 << 10,
        Counted {
            file,
            read: read.clone(),
        },
    );
    let mut unpacked: Box<dyn BufRead + Send> = if is_gzip {
        Box::new(BufReader::with_capacity(
            64 << 10,
            MultiGzDecoder::new(counted),
        ))
    } else if is_zstd {
        let mut decoder = zstd::stream::read::Decoder::with_buffer(counted)?;
        decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
        Box::new(BufReader::with_capacity(64 << 10, decoder))
    } else {
        return Ok(Box::new(counted));
    };
    let skipped = io::copy(&mut (&mut unpacked).take(offset), &mut io::sink())?;
    if skipped < offset {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(unpacked)
}

/// Says how much of a file has been read.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

pub(super) fn unreadable(path: &Path, error: io::Error) -> Failure {
    Failure::other(format!("cannot read {}", path.display()), error)
}

fn too_long(path: &Path, offset: u64) -> Failure {
    Failure::Refused(format!(
        "{}: the record at byte {offset} is longer than {} MiB: is a quote left open, or is it another format?",
        path.display(),
        RECORD_BYTES_MAX >> 20
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;
    use std::io::Write as _;

    fn all(path: &Path, records: Records, from: u64) -> Vec<Chunk> {
        let inputs = vec![Input {
            path: path.to_owned(),
            data_start: 0,
        }];
        let mut chunks = Chunks::new(inputs, records, (0, from), Arc::default());
        std::iter::from_fn(|| chunks.next().expect("readable")).collect()
    }

    #[test]
    fn chunks_are_whole_records_and_together_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("book.csv");
        let row = |number: usize| match number % 50 {
            0 => format!("{number},\"a\n\"\"b,{}\"\n", "x".repeat(number % 700)),
            _ => format!("{number},plain {}\n", "y".repeat(number % 300)),
        };
        let text: String = (0..20_000).map(row).collect();
        fs::write(&path, &text).expect("written");
        let records = Records::Csv { delimiter: b',' };
        let chunks = all(&path, records, 0);
        assert!(chunks.len() > 4);
        let mut end = 0;
        for chunk in &chunks {
            assert!(chunk.bytes.starts_with(&text.as_bytes()[end..end + 4]));
            assert!(
                chunk.bytes[0].is_ascii_digit(),
                "a record begins with its number"
            );
            end += chunk.bytes.len();
            assert_eq!(chunk.end, end as u64);
        }
        assert_eq!(end, text.len());

        // From any end on, the rest is the same; packed as well.
        let packed = folder.path().join("book.csv.gz");
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).expect("packed");
        fs::write(&packed, gzip.finish().expect("packed")).expect("written");
        let zstd = folder.path().join("book.csv.zst");
        fs::write(&zstd, zstd::encode_all(text.as_bytes(), 1).expect("packed")).expect("written");
        for path in [&path, &packed, &zstd] {
            let rest: Vec<u8> = all(path, records, chunks[1].end)
                .into_iter()
                .flat_map(|chunk| chunk.bytes)
                .collect();
            let from = usize::try_from(chunks[1].end).expect("small");
            assert!(rest == text.as_bytes()[from..], "{}", path.display());
        }
    }

    #[test]
    fn a_record_past_the_limit_is_refused_and_one_below_it_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("book.csv");
        let records = Records::Csv { delimiter: b',' };
        fs::write(&path, format!("\"{}", "x".repeat(RECORD_BYTES_MAX + 10))).expect("written");
        let inputs = vec![Input {
            path: path.clone(),
            data_start: 0,
        }];
        let mut chunks = Chunks::new(inputs, records, (0, 0), Arc::default());
        assert!(matches!(chunks.next(), Err(Failure::Refused(_))));
        fs::write(&path, "x".repeat(RECORD_BYTES_MAX / 2)).expect("written");
        assert_eq!(all(&path, records, 0).len(), 1);
    }

    proptest! {
        /// The csv crate finds the same records.
        #[test]
        fn records_end_where_other_readers_have_it(text in "([ab,]|\"|\n|\r\n){0,60}") {
            let mut ends = Vec::new();
            let mut at = 0;
            let records = Records::Csv { delimiter: b',' };
            while at < text.len() {
                let end = records.first_end(&text.as_bytes()[at..]);
                at += end.unwrap_or(text.len() - at);
                ends.push(at);
            }
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes());
            let theirs = reader.byte_records().count();
            let blank = |range: &[u8]| range.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
            let mut from = 0;
            let ours = ends.iter().filter(|&&end| {
                let range = &text.as_bytes()[from..end];
                from = end;
                !blank(range)
            });
            prop_assert_eq!(ours.count(), theirs, "{:?}", text);
        }
    }
}
