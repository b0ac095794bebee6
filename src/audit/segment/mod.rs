//! Segments: the files that hold the records.
//!
//! A segment is a header and frames. While it is written to, and until it is
//! sealed, its file ends in `.open`; sealed, in `.seg`: the same header, the
//! same frames packed into blocks of about a megabyte, and a footer. Both
//! read alike, frame by frame from [`Records`], which never returns a record
//! whose checksum or number does not fit.
//!
//! A header names the segment before it by its hash and carries the tree and
//! the signed checkpoint of all that came before. So segments can be checked
//! side by side, and the oldest one that is left can be trusted without those
//! that were removed. That the trees fit is left to `verify`.

mod records;
mod wire;

pub mod footer;
pub mod frame;
pub mod header;
pub mod peek;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use thiserror::Error;

use footer::{Footer, FooterFault, TRAILER_BYTES};
use frame::FrameFault;
use header::{Header, HeaderFault, PREFIX_BYTES};

pub use records::Records;

/// How a segment is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Packed, with a footer, never to be written again.
    Sealed,
    /// As it was appended to.
    Open,
}

/// A segment whose header, and footer if it has one, were read.
#[derive(Debug)]
pub struct Segment {
    path: PathBuf,
    file: File,
    header: Header,
    header_bytes: Vec<u8>,
    footer: Option<Footer>,
}

/// Why a segment does not read.
#[derive(Debug, Error)]
pub enum SegmentError {
    /// The file cannot be read.
    #[error("cannot read {path:?}")]
    Io {
        /// Which.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The header does not read.
    #[error("{path:?}: {fault}")]
    Header {
        /// Which file.
        path: PathBuf,
        /// Number of the first record, by the file's name.
        first: u64,
        /// Why.
        fault: HeaderFault,
    },
    /// The header is of another file.
    #[error("{path:?} begins with record {found}, which its name does not say")]
    Name {
        /// Which file.
        path: PathBuf,
        /// Number of the first record, by the file's name.
        first: u64,
        /// And by its header.
        found: u64,
    },
    /// The footer does not read.
    #[error("{path:?}: {fault}")]
    Footer {
        /// Which file.
        path: PathBuf,
        /// Number of the first record.
        first: u64,
        /// Why.
        fault: FooterFault,
    },
    /// The footer does not fit the file.
    #[error("{path:?}: its footer does not fit the file")]
    Table {
        /// Which file.
        path: PathBuf,
        /// Number of the first record.
        first: u64,
    },
    /// A block is not what was sealed.
    #[error("{path:?}: the block of records {first} to {last}: {why}")]
    Block {
        /// Which file.
        path: PathBuf,
        /// Number of its first record.
        first: u64,
        /// Number of its last.
        last: u64,
        /// What does not fit.
        why: &'static str,
    },
    /// A frame is not the one that should stand there.
    #[error("{path:?}: record {record}, at byte {offset}: {fault}")]
    Frame {
        /// Which file.
        path: PathBuf,
        /// Number of the record that should stand there.
        record: u64,
        /// Where, in the file or, of a sealed one, in its unpacked block.
        offset: u64,
        /// Why.
        fault: FrameFault,
    },
}

impl SegmentError {
    /// Tells whether the file ends before a record does, as it may while the
    /// record is being written.
    pub fn is_cut_off(&self) -> bool {
        matches!(
            self,
            Self::Frame {
                fault: FrameFault::Cut { .. },
                ..
            }
        )
    }
}

impl Segment {
    /// Opens a file as the segment that begins with a record.
    ///
    /// # Errors
    ///
    /// If it cannot be read or is not that segment.
    pub fn open(path: &Path, first: u64, kind: Kind) -> Result<Self, SegmentError> {
        let failed = |source| SegmentError::Io {
            path: path.to_owned(),
            source,
        };
        let refused = |fault| SegmentError::Header {
            path: path.to_owned(),
            first,
            fault,
        };
        let file = File::open(path).map_err(failed)?;
        let header_bytes = read_header(&file).map_err(failed)?.map_err(refused)?;
        let header = Header::decode(&header_bytes).map_err(refused)?;
        if header.first() != first {
            return Err(SegmentError::Name {
                path: path.to_owned(),
                first,
                found: header.first(),
            });
        }
        let mut segment = Self {
            path: path.to_owned(),
            file,
            header,
            header_bytes,
            footer: None,
        };
        if kind == Kind::Sealed {
            segment.footer = Some(segment.read_footer()?);
        }
        Ok(segment)
    }

    /// Returns its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns its header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Returns its header as it stands in the file.
    pub fn header_bytes(&self) -> &[u8] {
        &self.header_bytes
    }

    /// Returns its footer; an open one has none.
    pub fn footer(&self) -> Option<&Footer> {
        self.footer.as_ref()
    }

    /// Returns the number of its first record.
    pub fn first(&self) -> u64 {
        self.header.first()
    }

    /// Returns its records from one on; one that it does not hold: none.
    pub fn records(&self, from: u64) -> Records<'_> {
        let block = self.footer.as_ref().map_or(0, |footer| {
            let after = footer.blocks.partition_point(|block| block.first <= from);
            after.saturating_sub(1)
        });
        self.records_of_block(block)
    }

    /// Returns its records from the first of a block on.
    pub fn records_of_block(&self, block: usize) -> Records<'_> {
        let next = match &self.footer {
            Some(footer) => footer
                .blocks
                .get(block)
                .map_or(footer.tree.size(), |block| block.first),
            None => self.first(),
        };
        Records::new(self, block, next)
    }

    fn read_footer(&self) -> Result<Footer, SegmentError> {
        let failed = |source| self.io(source);
        let refused = |fault| SegmentError::Footer {
            path: self.path.clone(),
            first: self.first(),
            fault,
        };
        let end = self.file.metadata().map_err(failed)?.len();
        let begin = self.header_bytes.len() as u64;
        let trailer_at = end
            .checked_sub(TRAILER_BYTES as u64)
            .filter(|at| *at >= begin)
            .ok_or(FooterFault::Magic)
            .map_err(refused)?;
        let mut trailer = [0; TRAILER_BYTES];
        self.file
            .read_exact_at(&mut trailer, trailer_at)
            .map_err(failed)?;
        let length = Footer::length(&trailer).map_err(refused)?;
        let footer_at = trailer_at
            .checked_sub(length as u64)
            .filter(|at| *at >= begin)
            .ok_or(FooterFault::Length)
            .map_err(refused)?;
        let mut bytes = vec![0; length + TRAILER_BYTES];
        self.file
            .read_exact_at(&mut bytes, footer_at)
            .map_err(failed)?;
        let footer = Footer::decode(&bytes, self.first()).map_err(refused)?;
        let mut next = begin;
        let tiled = footer.blocks.iter().all(|block| {
            let follows = block.offset == next;
            next = next.saturating_add(u64::from(block.stored));
            follows
        });
        let ours = footer.header == header::header_hash(&self.header_bytes);
        if !tiled || next != footer_at || !ours {
            return Err(SegmentError::Table {
                path: self.path.clone(),
                first: self.first(),
            });
        }
        Ok(footer)
    }

    fn io(&self, source: io::Error) -> SegmentError {
        SegmentError::Io {
            path: self.path.clone(),
            source,
        }
    }
}

/// Reads the bytes of a header, once its length is known to be one.
fn read_header(file: &File) -> io::Result<Result<Vec<u8>, HeaderFault>> {
    let mut prefix = [0; PREFIX_BYTES];
    let got = read_up_to(file, &mut prefix, 0)?;
    let length = match Header::length(&prefix[..got]) {
        Ok(length) => length,
        Err(fault) => return Ok(Err(fault)),
    };
    let mut bytes = vec![0; length];
    if read_up_to(file, &mut bytes, 0)? < length {
        return Ok(Err(HeaderFault::Length));
    }
    Ok(Ok(bytes))
}

/// Reads until the buffer is full or the file ends.
fn read_up_to(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match file.read_at(&mut buffer[got..], offset + got as u64) {
            Ok(0) => break,
            Ok(more) => got += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}
