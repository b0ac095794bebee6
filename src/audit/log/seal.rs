//! Sealing: what is closed is packed, with a footer, and never written again.
//!
//! The packed file is read back and compared record by record before the
//! first one goes. A crash at any point leaves one of them whole, and the
//! next start goes on from there.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;

use thiserror::Error;
use tracing::{info, warn};
use zstd::bulk::Compressor;

use super::super::folder::Folder;
use super::super::merkle::leaf_hash;
use super::super::segment::footer::{BLOCK_BYTES, Block, Footer, GROUP_LEVEL, Span};
use super::super::segment::header::{Header, header_hash};
use super::super::segment::{Kind, Segment, SegmentError, frame};
use super::retain;
use super::shared::Shared;

/// zstd's own default: a seventh of the records' size at 300 MB a second.
const LEVEL: i32 = 3;

/// Why a segment was not sealed. It stays as it is.
#[derive(Debug, Error)]
pub(in super::super) enum SealError {
    /// It does not read, or what was made of it does not.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// The packed file cannot be made.
    #[error("cannot write {path:?}")]
    Write {
        /// Which.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Its records are not those that the next segment follows.
    #[error(
        "{path:?} does not hold the records that the next segment follows: run `interdict audit verify`"
    )]
    Unlike {
        /// Which.
        path: PathBuf,
    },
    /// The packed file is not the same.
    #[error("{path:?} did not read back as it was written: the disk cannot be trusted")]
    ReadBack {
        /// Which.
        path: PathBuf,
    },
    /// The log is being closed.
    #[error("the log is being closed")]
    Stopped,
}

/// Seals what is closed, and removes what is past its time, each time it is
/// told that a segment was closed, until nobody is left to tell it.
pub(super) fn run(shared: &Arc<Shared>, closed: &Receiver<()>, stop: &AtomicBool) {
    loop {
        if let Err(error) = seal_closed(&shared.folder, stop) {
            warn!(%error, "a segment of the audit log was not sealed; it is kept as it is");
        }
        if let Err(error) = retain::retire(shared, stop) {
            warn!(%error, "old segments of the audit log were not removed");
        }
        if closed.recv().is_err() || stop.load(Ordering::Acquire) {
            return;
        }
    }
}

/// Seals every segment but the one that is written to.
pub(super) fn seal_closed(folder: &Folder, stop: &AtomicBool) -> Result<(), SealError> {
    let failed = |source| SealError::Write {
        path: folder.path().to_owned(),
        source,
    };
    let segments = folder.list().map_err(failed)?.segments;
    for pair in segments.windows(2) {
        if let [(first, Kind::Open), (next, kind)] = *pair
            && first != next
        {
            let next = Segment::open(&folder.segment(next, kind), next, kind)?;
            match seal(folder, first, next.header(), stop) {
                Err(SealError::Stopped) => return Ok(()),
                sealed => sealed?,
            }
        }
    }
    Ok(())
}

/// Seals one segment.
pub(in super::super) fn seal(
    folder: &Folder,
    first: u64,
    next: &Header,
    stop: &AtomicBool,
) -> Result<(), SealError> {
    let open = Segment::open(&folder.segment(first, Kind::Open), first, Kind::Open)?;
    let path = folder.segment(first, Kind::Sealed);
    let partial = path.with_extension("new");
    let failed = |source| SealError::Write {
        path: partial.clone(),
        source,
    };
    let mut sealing = Sealing::begin(&partial, &open).map_err(failed)?;
    let mut records = open.records(first);
    while let Some(frame) = records.next()? {
        sealing.add(&frame).map_err(failed)?;
        if sealing.raw.is_empty() && stop.load(Ordering::Acquire) {
            return Err(SealError::Stopped);
        }
    }
    let footer = sealing.finish(next).map_err(failed)?;
    let follows = next.previous == footer.header && next.tree == footer.tree;
    if !follows {
        return Err(SealError::Unlike {
            path: open.path().to_owned(),
        });
    }
    let sealed = Segment::open(&partial, first, Kind::Sealed)?;
    if !same_records(&open, &sealed)? || sealed.footer() != Some(&footer) {
        return Err(SealError::ReadBack { path: partial });
    }
    fs::rename(&partial, &path)
        .and_then(|()| folder.sync())
        .and_then(|()| fs::remove_file(open.path()))
        .and_then(|()| folder.sync())
        .map_err(failed)?;
    info!(
        first,
        records = footer.records,
        "a segment of the audit log was sealed"
    );
    Ok(())
}

/// Tells whether two segments hold the same records.
pub(in super::super) fn same_records(one: &Segment, other: &Segment) -> Result<bool, SegmentError> {
    if one.header_bytes() != other.header_bytes() {
        return Ok(false);
    }
    let mut ones = one.records(one.first());
    let mut others = other.records(other.first());
    loop {
        match (ones.next()?, others.next()?) {
            (None, None) => return Ok(true),
            (one, other) if one == other => {}
            _ => return Ok(false),
        }
    }
}

/// A segment that is being packed.
struct Sealing {
    file: File,
    /// Bytes in the file.
    bytes: u64,
    compressor: Compressor<'static>,
    packed: Vec<u8>,
    /// Frames of the block that is being filled.
    raw: Vec<u8>,
    block: Block,
    footer: Footer,
}

impl Sealing {
    fn begin(path: &Path, open: &Segment) -> io::Result<Self> {
        let mut file = File::create(path)?;
        file.write_all(open.header_bytes())?;
        let bytes = open.header_bytes().len() as u64;
        Ok(Self {
            file,
            bytes,
            compressor: Compressor::new(LEVEL)?,
            packed: Vec::new(),
            raw: Vec::with_capacity(BLOCK_BYTES),
            block: empty_block(open.first(), bytes),
            footer: Footer {
                header: header_hash(open.header_bytes()),
                records: 0,
                blocks: Vec::new(),
                tree: open.header().tree.clone(),
                groups: Vec::new(),
                note: String::new(),
            },
        })
    }

    fn add(&mut self, frame: &frame::Frame<'_>) -> io::Result<()> {
        let checksum = frame::record_checksum(frame.record);
        frame::write(&mut self.raw, frame.number, frame.record, checksum);
        self.block.records += 1;
        self.block.span.add(frame.record);
        let tree = &mut self.footer.tree;
        let group = tree.push_noting(leaf_hash(frame.record), GROUP_LEVEL);
        self.footer.groups.extend(group);
        self.footer.records += 1;
        if self.raw.len() >= BLOCK_BYTES {
            self.close_block()?;
        }
        Ok(())
    }

    fn close_block(&mut self) -> io::Result<()> {
        if self.raw.is_empty() {
            return Ok(());
        }
        self.packed.clear();
        self.packed.reserve(zstd::compress_bound(self.raw.len()));
        self.compressor
            .compress_to_buffer(&self.raw, &mut self.packed)?;
        self.file.write_all(&self.packed)?;
        self.block.stored = self.packed.len() as u32;
        self.block.raw = self.raw.len() as u32;
        self.block.checksum = crc32fast::hash(&self.packed);
        self.footer.blocks.push(self.block);
        self.bytes += self.packed.len() as u64;
        self.raw.clear();
        self.block = empty_block(self.footer.tree.size(), self.bytes);
        Ok(())
    }

    fn finish(mut self, next: &Header) -> io::Result<Footer> {
        self.close_block()?;
        self.footer.note.clone_from(&next.note);
        self.file.write_all(&self.footer.encode())?;
        self.file.sync_all()?;
        Ok(self.footer)
    }
}

fn empty_block(first: u64, offset: u64) -> Block {
    Block {
        first,
        records: 0,
        offset,
        stored: 0,
        raw: 0,
        checksum: 0,
        span: Span::NONE,
    }
}
