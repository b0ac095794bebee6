//! The header of a segment: which log, from which record on, what tree came
//! before, and the signature over that.
//!
//! | bytes | |
//! |---|---|
//! | 16 | `interdict audit\n` |
//! | 4 | format, 1 |
//! | 4 | length of the whole header |
//! | 8 | number of the first record |
//! | 8 | when it was made, nanoseconds since 1970 |
//! | 32 | SHA-256 of the previous segment's header; of the first segment: zeros |
//! | 32 × n | the subtrees that make up the tree so far, largest first; n is the number of one-bits of the first record's number |
//! | 4 + n | the signed checkpoint of exactly that tree |
//! | 4 | CRC-32 of all before |

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::super::merkle::{Frontier, Hash};
use super::super::note::NOTE_BYTES_MAX;
use super::wire::{Fields, write_hashes, write_text};

const MAGIC: [u8; 16] = *b"interdict audit\n";
const FORMAT: u32 = 1;
/// Magic, format and length.
pub const PREFIX_BYTES: usize = 24;
/// Longest header.
const BYTES_MAX: usize = NOTE_BYTES_MAX + 8 * 1024;

/// What a segment says of itself and of all before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// When it was made.
    pub created_ns: i64,
    /// SHA-256 of the previous segment's header.
    pub previous: Hash,
    /// The tree of all records before.
    pub tree: Frontier,
    /// The signed checkpoint of that tree.
    pub note: String,
}

/// Why bytes are no header.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HeaderFault {
    /// They are something else.
    #[error("it does not begin as a segment of an audit log does")]
    Magic,
    /// They are of a later build.
    #[error("its format is {0}; this build reads format 1")]
    Format(u32),
    /// They end before the header does, or it is longer than any.
    #[error("its header is cut off or of a length that none has")]
    Length,
    /// They are not what was written.
    #[error("the checksum of its header does not fit: it was altered or damaged")]
    Checksum,
    /// The parts do not make a header.
    #[error("its header does not read")]
    Parts,
}

impl Header {
    /// Returns the number of the segment's first record.
    pub fn first(&self) -> u64 {
        self.tree.size()
    }

    /// Writes it.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&self.tree.size().to_le_bytes());
        bytes.extend_from_slice(&self.created_ns.to_le_bytes());
        bytes.extend_from_slice(&self.previous);
        write_hashes(&mut bytes, self.tree.subtrees());
        write_text(&mut bytes, &self.note);
        let length = (bytes.len() + 4) as u32;
        bytes[PREFIX_BYTES - 4..PREFIX_BYTES].copy_from_slice(&length.to_le_bytes());
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Returns how long the header is that begins so.
    pub fn length(prefix: &[u8]) -> Result<usize, HeaderFault> {
        let mut fields = Fields(prefix);
        let magic = fields.bytes(MAGIC.len()).ok_or(HeaderFault::Length)?;
        if magic != MAGIC {
            return Err(HeaderFault::Magic);
        }
        let format = fields.u32().ok_or(HeaderFault::Length)?;
        if format != FORMAT {
            return Err(HeaderFault::Format(format));
        }
        let length = fields.u32().ok_or(HeaderFault::Length)? as usize;
        if (PREFIX_BYTES + 4..=BYTES_MAX).contains(&length) {
            Ok(length)
        } else {
            Err(HeaderFault::Length)
        }
    }

    /// Reads it from exactly its bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderFault> {
        if Self::length(bytes)? != bytes.len() {
            return Err(HeaderFault::Length);
        }
        let (covered, checksum) = bytes.split_last_chunk::<4>().ok_or(HeaderFault::Length)?;
        if crc32fast::hash(covered) != u32::from_le_bytes(*checksum) {
            return Err(HeaderFault::Checksum);
        }
        Self::parts(&covered[PREFIX_BYTES..]).ok_or(HeaderFault::Parts)
    }

    fn parts(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        let first = fields.u64()?;
        let header = Self {
            created_ns: fields.i64()?,
            previous: fields.hash()?,
            tree: Frontier::of(first, fields.hashes(first.count_ones() as usize)?)?,
            note: fields.text()?.to_owned(),
        };
        fields.0.is_empty().then_some(header)
    }
}

/// Returns what the next segment names this one by.
pub fn header_hash(header: &[u8]) -> Hash {
    Sha256::digest(header).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        let mut tree = Frontier::default();
        for leaf in 0..11 {
            tree.push([leaf; 32]);
        }
        Header {
            created_ns: 1_795_000_000_000_000_000,
            previous: [3; 32],
            tree,
            note: "a note\n".to_owned(),
        }
    }

    #[test]
    fn a_header_reads_back_and_no_bit_of_it_can_change() {
        let bytes = header().encode();
        assert_eq!(Header::length(&bytes), Ok(bytes.len()));
        assert_eq!(Header::decode(&bytes), Ok(header()));
        for bit in 0..bytes.len() * 8 {
            let mut other = bytes.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(Header::decode(&other).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(Header::decode(&bytes[..length]).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn a_later_format_is_named() {
        let mut bytes = header().encode();
        bytes[16] = 2;
        assert_eq!(Header::decode(&bytes), Err(HeaderFault::Format(2)));
    }
}
