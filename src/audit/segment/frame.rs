//! Frames: how a record stands in a segment.
//!
//! | bytes | |
//! |---|---|
//! | 4 | length of the record, 1 to 1,048,576 |
//! | 4 | CRC-32 over the record, then the length, then the number |
//! | 8 | number of the record |
//! | … | the record |
//!
//! Numbers are little-endian. The checksum finds damage; who alters a record
//! and knows the format can make it fit again, which is what the tree is for.

use thiserror::Error;

/// Longest record.
pub const RECORD_BYTES_MAX: usize = 1 << 20;
/// What a frame adds to its record.
pub const OVERHEAD: usize = 16;

/// A record and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its number, from 0.
    pub number: u64,
    /// Its bytes.
    pub record: &'a [u8],
}

/// Why bytes are not the frame that should stand there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrameFault {
    /// They end before it does.
    #[error("it is cut off: {missing} bytes are missing")]
    Cut {
        /// How many at least.
        missing: usize,
    },
    /// No record is that long.
    #[error("its length reads {0}, which no record has")]
    Length(u32),
    /// They are not what was written.
    #[error("its checksum does not fit: it was altered or damaged")]
    Checksum,
    /// It is whole, but another record.
    #[error("record {found} stands in its place")]
    Number {
        /// Which.
        found: u64,
    },
}

/// Returns the part of the checksum that does not depend on the number.
pub fn record_checksum(record: &[u8]) -> u32 {
    crc32fast::hash(record)
}

/// Writes a frame. The record is of a length that frames may have.
pub fn write(buffer: &mut Vec<u8>, number: u64, record: &[u8], record_checksum: u32) {
    let length = record.len() as u32;
    buffer.extend_from_slice(&length.to_le_bytes());
    buffer.extend_from_slice(&checksum(record_checksum, length, number).to_le_bytes());
    buffer.extend_from_slice(&number.to_le_bytes());
    buffer.extend_from_slice(record);
}

/// Reads the frame that bytes begin with.
pub fn read(bytes: &[u8], expected: u64) -> Result<Frame<'_>, FrameFault> {
    let frame = read_any(bytes)?;
    if frame.number != expected {
        let found = frame.number;
        return Err(FrameFault::Number { found });
    }
    Ok(frame)
}

/// Reads the frame that bytes begin with, whatever its number.
pub fn read_any(bytes: &[u8]) -> Result<Frame<'_>, FrameFault> {
    let missing = OVERHEAD.saturating_sub(bytes.len());
    let (Some((head, rest)), 0) = (bytes.split_first_chunk::<OVERHEAD>(), missing) else {
        return Err(FrameFault::Cut { missing });
    };
    let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let length = word(0);
    if length == 0 || length as usize > RECORD_BYTES_MAX {
        return Err(FrameFault::Length(length));
    }
    let Some(record) = rest.get(..length as usize) else {
        let missing = length as usize - rest.len();
        return Err(FrameFault::Cut { missing });
    };
    let number = u64::from(word(8)) | u64::from(word(12)) << 32;
    if checksum(record_checksum(record), length, number) != word(4) {
        return Err(FrameFault::Checksum);
    }
    Ok(Frame { number, record })
}

/// Looks for a whole frame of a later record in bytes that do not begin with
/// one, and returns where it stands: what follows damage, and never a crash.
pub fn find_later(bytes: &[u8], after: u64) -> Option<(usize, u64)> {
    (1..bytes.len().saturating_sub(OVERHEAD)).find_map(|at| {
        // Of all places only a few have a number that could follow, so the
        // checksum of few is ever computed.
        let number = bytes[at + 8..]
            .first_chunk()
            .map(|n| u64::from_le_bytes(*n))?;
        let between = number.checked_sub(after)?;
        if between == 0 || between > (at / OVERHEAD) as u64 + 1 {
            return None;
        }
        let frame = read_any(&bytes[at..]).ok()?;
        Some((at, frame.number))
    })
}

fn checksum(record_checksum: u32, length: u32, number: u64) -> u32 {
    let mut rest = [0; 12];
    rest[..4].copy_from_slice(&length.to_le_bytes());
    rest[4..].copy_from_slice(&number.to_le_bytes());
    let mut hasher = crc32fast::Hasher::new_with_initial(record_checksum);
    hasher.update(&rest);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(number: u64, record: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes, number, record, record_checksum(record));
        bytes
    }

    #[test]
    fn a_frame_reads_back_and_no_bit_of_it_can_change() {
        let bytes = frame(7, b"a record");
        let expected = Frame {
            number: 7,
            record: b"a record",
        };
        assert_eq!(read(&bytes, 7), Ok(expected));
        for bit in 0..bytes.len() * 8 {
            let mut other = bytes.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(read_any(&other).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            let cut = read(&bytes[..length], 7);
            assert!(matches!(cut, Err(FrameFault::Cut { missing }) if missing > 0));
        }
    }

    #[test]
    fn a_record_out_of_its_place_is_told_from_a_damaged_one() {
        let bytes = frame(7, b"a record");
        assert_eq!(read(&bytes, 6), Err(FrameFault::Number { found: 7 }));
        assert_eq!(read(&[0; 64], 6), Err(FrameFault::Length(0)));
        assert_eq!(read(&[0xff; 64], 6), Err(FrameFault::Length(u32::MAX)));
    }

    #[test]
    fn a_later_frame_is_found_behind_damage_and_not_behind_a_torn_tail() {
        let mut bytes = frame(7, b"a record that is torn");
        bytes[20] ^= 1;
        let torn = bytes.clone();
        let begins = bytes.len();
        bytes.extend(frame(8, b"a whole one"));
        assert_eq!(find_later(&bytes, 7), Some((begins, 8)));
        assert_eq!(find_later(&torn, 7), None);
        assert_eq!(find_later(&bytes[..bytes.len() - 1], 7), None);
        assert_eq!(find_later(&[0; 4096], 7), None);
        // One from long before or long after is no continuation.
        let mut bytes = torn.clone();
        bytes.extend(frame(6, b"an earlier one"));
        bytes.extend(frame(1 << 40, b"one far away"));
        assert_eq!(find_later(&bytes, 7), None);
    }
}
