//! The footer of a sealed segment: where its blocks are, what is in each, and
//! hashes from which proofs are made without reading every record again.
//!
//! All of it follows from the records, and `verify` checks that it does.
//!
//! | bytes | |
//! |---|---|
//! | 8 | records |
//! | 32 | SHA-256 of the header |
//! | 4 | blocks |
//! | 64 × n | each block: number of its first record (8), records (4), offset in the file (8), stored bytes (4), bytes once unpacked (4), CRC-32 of the stored bytes (4), earliest and latest wall clock (8, 8), least and greatest time of an id (8, 8) |
//! | 32 × n | the subtrees that make up the tree after the last record |
//! | 4 | groups |
//! | 32 × n | root of every 256 records, from a multiple of 256 on, whose last is in this segment |
//! | 4 + n | the signed checkpoint of exactly the tree after the last record |
//!
//! After it stand its length (4), its CRC-32 (4) and `sealed\r\n`.

use thiserror::Error;

use super::super::merkle::{Frontier, Hash};
use super::frame;
use super::peek::Peeked;
use super::wire::{Fields, write_hashes, write_text};

const MAGIC: [u8; 8] = *b"sealed\r\n";
/// Length, checksum and magic.
pub const TRAILER_BYTES: usize = 16;
/// Longest footer: of four gigabytes of the shortest records.
pub const BYTES_MAX: u32 = 64 << 20;
/// A block is closed once it has so many bytes.
#[cfg(not(test))]
pub const BLOCK_BYTES: usize = 1 << 20;
/// Few records make many blocks to test.
#[cfg(test)]
pub const BLOCK_BYTES: usize = 4 << 10;
/// Longest block: one byte short of closed, and then the longest record.
pub const BLOCK_BYTES_MAX: usize = BLOCK_BYTES + frame::OVERHEAD + frame::RECORD_BYTES_MAX;
/// Level of the subtrees whose roots are kept: 256 records.
pub const GROUP_LEVEL: u32 = 8;

/// What a table says of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Number of its first record.
    pub first: u64,
    /// Records.
    pub records: u32,
    /// Where it begins in the file.
    pub offset: u64,
    /// Bytes in the file.
    pub stored: u32,
    /// Bytes once unpacked.
    pub raw: u32,
    /// CRC-32 of the bytes in the file.
    pub checksum: u32,
    /// When its records were made.
    pub span: Span,
}

/// The times of some records, each from the least to the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Wall clock, nanoseconds since 1970.
    pub wall_ns: (i64, i64),
    /// Of their ids, milliseconds since 1970.
    pub id_ms: (u64, u64),
}

impl Span {
    /// Of no records.
    pub const NONE: Self = Self {
        wall_ns: (i64::MAX, i64::MIN),
        id_ms: (u64::MAX, u64::MIN),
    };

    /// Widens it by a record.
    pub fn add(&mut self, record: &[u8]) {
        if let Some(peeked) = Peeked::of(record) {
            let (from, to) = self.wall_ns;
            self.wall_ns = (from.min(peeked.wall_ns), to.max(peeked.wall_ns));
            let (from, to) = self.id_ms;
            let id_ms = peeked.id_ms();
            self.id_ms = (from.min(id_ms), to.max(id_ms));
        }
    }
}

/// What a sealed segment says of its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footer {
    /// SHA-256 of the header.
    pub header: Hash,
    /// Records.
    pub records: u64,
    /// Its blocks, in order.
    pub blocks: Vec<Block>,
    /// The tree after the last record.
    pub tree: Frontier,
    /// Roots of the groups that end in this segment.
    pub groups: Vec<Hash>,
    /// The signed checkpoint of the tree.
    pub note: String,
}

/// Why bytes are no footer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FooterFault {
    /// They do not end as a sealed segment does.
    #[error("it does not end as a sealed segment does: it was cut or overwritten")]
    Magic,
    /// The length is none that fits.
    #[error("its footer is cut off or of a length that none has")]
    Length,
    /// They are not what was written.
    #[error("the checksum of its footer does not fit: it was altered or damaged")]
    Checksum,
    /// The parts do not make a footer.
    #[error("its footer does not read")]
    Parts,
}

impl Footer {
    /// Writes it, with what stands after it.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&self.records.to_le_bytes());
        bytes.extend_from_slice(&self.header);
        bytes.extend_from_slice(&(self.blocks.len() as u32).to_le_bytes());
        for block in &self.blocks {
            bytes.extend_from_slice(&block.first.to_le_bytes());
            bytes.extend_from_slice(&block.records.to_le_bytes());
            bytes.extend_from_slice(&block.offset.to_le_bytes());
            for number in [block.stored, block.raw, block.checksum] {
                bytes.extend_from_slice(&number.to_le_bytes());
            }
            bytes.extend_from_slice(&block.span.wall_ns.0.to_le_bytes());
            bytes.extend_from_slice(&block.span.wall_ns.1.to_le_bytes());
            bytes.extend_from_slice(&block.span.id_ms.0.to_le_bytes());
            bytes.extend_from_slice(&block.span.id_ms.1.to_le_bytes());
        }
        write_hashes(&mut bytes, self.tree.subtrees());
        bytes.extend_from_slice(&(self.groups.len() as u32).to_le_bytes());
        write_hashes(&mut bytes, &self.groups);
        write_text(&mut bytes, &self.note);
        let (length, checksum) = (bytes.len() as u32, crc32fast::hash(&bytes));
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes.extend_from_slice(&MAGIC);
        bytes
    }

    /// Returns how long the footer is that such a trailer stands after.
    pub fn length(trailer: &[u8; TRAILER_BYTES]) -> Result<usize, FooterFault> {
        let mut fields = Fields(trailer);
        let length = fields.u32().ok_or(FooterFault::Length)?;
        if trailer[8..] != MAGIC {
            return Err(FooterFault::Magic);
        }
        if length > BYTES_MAX {
            return Err(FooterFault::Length);
        }
        Ok(length as usize)
    }

    /// Reads it from its bytes and the trailer, for a segment that begins
    /// with a record.
    pub fn decode(bytes: &[u8], first: u64) -> Result<Self, FooterFault> {
        let (covered, trailer) = bytes
            .split_last_chunk::<TRAILER_BYTES>()
            .ok_or(FooterFault::Length)?;
        if Self::length(trailer)? != covered.len() {
            return Err(FooterFault::Length);
        }
        let mut fields = Fields(&trailer[4..]);
        if fields.u32() != Some(crc32fast::hash(covered)) {
            return Err(FooterFault::Checksum);
        }
        Self::parts(covered, first).ok_or(FooterFault::Parts)
    }

    fn parts(bytes: &[u8], first: u64) -> Option<Self> {
        let mut fields = Fields(bytes);
        let records = fields.u64()?;
        let header = fields.hash()?;
        let count = fields.u32()? as usize;
        if count.checked_mul(64)? > fields.0.len() {
            return None;
        }
        let blocks = (0..count)
            .map(|_| block(&mut fields))
            .collect::<Option<Vec<_>>>()?;
        let end = first.checked_add(records)?;
        let tree = Frontier::of(end, fields.hashes(end.count_ones() as usize)?)?;
        let groups = fields.u32()? as usize;
        let footer = Self {
            header,
            records,
            blocks,
            tree,
            groups: fields.hashes(groups)?,
            note: fields.text()?.to_owned(),
        };
        (fields.0.is_empty() && footer.is_consistent(first)).then_some(footer)
    }

    /// Tells whether blocks and groups are those of its records.
    fn is_consistent(&self, first: u64) -> bool {
        let mut next = first;
        let follow = self.blocks.iter().all(|block| {
            let follows = block.first == next && block.records > 0;
            next = next.saturating_add(u64::from(block.records));
            let raw = block.raw as usize;
            follows && (1..=BLOCK_BYTES_MAX).contains(&raw) && block.stored > 0
        });
        let end = self.tree.size();
        let groups = (end >> GROUP_LEVEL) - (first >> GROUP_LEVEL);
        follow && next == end && self.groups.len() as u64 == groups
    }
}

fn block(fields: &mut Fields<'_>) -> Option<Block> {
    Some(Block {
        first: fields.u64()?,
        records: fields.u32()?,
        offset: fields.u64()?,
        stored: fields.u32()?,
        raw: fields.u32()?,
        checksum: fields.u32()?,
        span: Span {
            wall_ns: (fields.i64()?, fields.i64()?),
            id_ms: (fields.u64()?, fields.u64()?),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: u64 = 250;

    fn footer() -> Footer {
        let mut tree = Frontier::default();
        for leaf in 0..FIRST + 20 {
            tree.push([leaf as u8; 32]);
        }
        let block = |first, records| Block {
            first,
            records,
            offset: 100,
            stored: 50,
            raw: 60,
            checksum: 4,
            span: Span {
                wall_ns: (-1, 1),
                id_ms: (3, 4),
            },
        };
        Footer {
            header: [1; 32],
            records: 20,
            blocks: vec![block(FIRST, 15), block(FIRST + 15, 5)],
            tree,
            groups: vec![[6; 32]],
            note: "a note\n".to_owned(),
        }
    }

    #[test]
    fn a_footer_reads_back_and_no_bit_of_it_can_change() {
        let bytes = footer().encode();
        assert_eq!(Footer::decode(&bytes, FIRST), Ok(footer()));
        for bit in 0..bytes.len() * 8 {
            let mut other = bytes.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(Footer::decode(&other, FIRST).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(Footer::decode(&bytes[..length], FIRST).is_err());
        }
        assert!(Footer::decode(&bytes, FIRST + 1).is_err());
    }

    #[test]
    fn a_table_that_skips_or_repeats_records_is_refused() {
        let altered: [fn(&mut Footer); 6] = [
            |footer| footer.blocks[1].first += 1,
            |footer| footer.blocks[0].records -= 1,
            |footer| footer.blocks.truncate(1),
            |footer| footer.blocks[1].raw = u32::MAX,
            |footer| footer.groups.clear(),
            |footer| footer.records += 1 << 60,
        ];
        for alter in altered {
            let mut footer = footer();
            alter(&mut footer);
            let bytes = footer.encode();
            assert_eq!(Footer::decode(&bytes, FIRST), Err(FooterFault::Parts));
        }
    }
}
