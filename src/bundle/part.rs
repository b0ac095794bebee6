//! One part of a bundle: the entries of a source, written, packed, and read
//! again as an import would read them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use ruzstd::encoding::{CompressionLevel, FrameCompressor};
use sha2::{Digest as _, Sha256};

use crate::import::read::{self, Format, InputFile, ndjson};
use crate::import::{ImportError, entry_place, key};
use crate::list::{EntryId, Publication};
use crate::store::{ListedRow, SetDigest};

use super::export::ExportError;
use super::manifest::{Digest, Part, part_name};

/// What the store holds of one source.
pub(super) struct Held {
    pub(super) rows: SetDigest,
    /// One row of every entry.
    pub(super) entries: BTreeMap<EntryId, ListedRow>,
}

impl Default for Held {
    fn default() -> Self {
        Self {
            rows: SetDigest::empty(),
            entries: BTreeMap::new(),
        }
    }
}

/// Writes the entries of a source as lines, packs them, and describes what
/// came of it.
pub(super) fn write_part(
    publication: &Publication,
    held: &Held,
    path: &Path,
) -> Result<Part, ExportError> {
    let failed = failed(path);
    // Those that tell the same entry are told apart by their order.
    let mut in_order = BTreeMap::new();
    for (id, row) in &held.entries {
        let entry = row.entry()?.entry;
        let place = entry_place(&publication.source, &entry, *id)
            .ok_or_else(|| ExportError::KeyedOtherwise(publication.source.clone()))?;
        in_order.insert(place, row);
    }
    let plain = path.with_extension("plain");
    let file = File::create(&plain).map_err(&failed)?;
    let header = ndjson::Header {
        source: &publication.source,
        tier: publication.tier,
        published_on: publication.published_on,
        licence: publication.licence.as_deref(),
    };
    let mut lines = ndjson::Writer::begin(BufWriter::new(file), &header).map_err(&failed)?;
    for row in in_order.values() {
        let entry = row.entry()?.entry;
        lines.write(&entry).map_err(&failed)?;
    }
    lines.finish().map_err(&failed)?;
    let part = packed(&plain, path, part_name(&publication.source)).map_err(&failed)?;
    fs::remove_file(&plain).map_err(&failed)?;
    Ok(part)
}

/// Packs a file, and describes what came of it.
fn packed(plain: &Path, path: &Path, name: String) -> io::Result<Part> {
    let mut output = Described {
        file: BufWriter::new(File::create(path)?),
        bytes: 0,
        blake3: blake3::Hasher::new(),
        sha256: Sha256::new(),
        failed: None,
    };
    let mut input = Told {
        file: File::open(plain)?,
        failed: None,
    };
    let mut compressor = FrameCompressor::new(CompressionLevel::Fastest);
    compressor.set_source(&mut input);
    compressor.set_drain(&mut output);
    compressor.compress();
    drop(compressor);
    if let Some(error) = input.failed.or(output.failed) {
        return Err(error);
    }
    output.file.flush()?;
    output.file.get_ref().sync_data()?;
    Ok(Part {
        name,
        bytes: output.bytes,
        blake3: Digest(*output.blake3.finalize().as_bytes()),
        sha256: Digest(output.sha256.finalize().into()),
    })
}

/// The compressor stops at errors by panicking; what goes through here gives
/// it an end instead, and keeps the error.
struct Told<R> {
    file: R,
    failed: Option<io::Error>,
}

impl<R: Read> Read for Told<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.file.read(bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = Some(error);
                    return Ok(0);
                }
                read => return read,
            }
        }
    }
}

struct Described<W> {
    file: W,
    bytes: u64,
    blake3: blake3::Hasher,
    sha256: Sha256,
    failed: Option<io::Error>,
}

impl<W: Write> Write for Described<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failed.is_none() {
            self.failed = self.file.write_all(bytes).err();
        }
        self.bytes += bytes.len() as u64;
        self.blake3.update(bytes);
        self.sha256.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a part as an import would, and compares its rows with the store's.
pub(super) fn check_part(
    publication: &Publication,
    held: &Held,
    path: &Path,
    limits: &read::Limits,
) -> Result<(), ExportError> {
    let source_id = publication.source.clone();
    let unreadable = |error: ImportError| ExportError::Unreadable {
        source_id: source_id.clone(),
        source: Box::new(error),
    };
    let file = InputFile::at(part_name(&source_id), path);
    let keyed = read::unpack(vec![file], limits)
        .and_then(|files| {
            read::open(
                Format::Ndjson,
                publication.read_as.category,
                files,
                limits.clone(),
            )
        })
        .map_err(|error| unreadable(error.into()))
        .and_then(|rows| key(rows, &source_id, usize::MAX).map_err(unreadable))?;
    let mut rows = SetDigest::empty();
    for record in &keyed.records {
        rows.add(record.key.as_bytes(), &record.id.0, &record.encoded);
    }
    let what = if keyed.not_whole.is_some() || keyed.entries != publication.entries {
        "the numbers of entries"
    } else if rows != held.rows {
        "the rows"
    } else {
        return Ok(());
    };
    Err(ExportError::NotTheSame { source_id, what })
}

fn failed(path: &Path) -> impl Fn(io::Error) -> ExportError {
    let path = path.to_owned();
    move |source| ExportError::Io {
        path: path.clone(),
        source,
    }
}
