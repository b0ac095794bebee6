//! What the log itself reads of a record: its id and its wall clock, which
//! come first in every one, and which event it is of.

/// Tag of field 1, bytes, and its length.
const ID: [u8; 2] = [0x0a, 16];
/// Tag of field 2, eight bytes.
const WALL: u8 = 0x11;

/// The id and the wall clock of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peeked {
    /// UUIDv7.
    pub id: [u8; 16],
    /// Nanoseconds since 1970.
    pub wall_ns: i64,
}

impl Peeked {
    /// Reads them; nothing if the bytes do not begin as a record does.
    pub fn of(record: &[u8]) -> Option<Self> {
        let (id, rest) = record.strip_prefix(&ID)?.split_first_chunk::<16>()?;
        // A field that is zero is not written.
        let wall_ns = match rest.split_first() {
            Some((&WALL, rest)) => i64::from_le_bytes(*rest.first_chunk()?),
            _ => 0,
        };
        Some(Self { id: *id, wall_ns })
    }

    /// Returns the time that the id was made at, in milliseconds since 1970.
    pub fn id_ms(&self) -> u64 {
        id_ms(&self.id)
    }
}

/// Returns the field that the event of a record stands in; nothing if the
/// bytes are not in the order in which records are written.
pub fn event_field(record: &[u8]) -> Option<u32> {
    let mut rest = record;
    loop {
        let tag = varint(&mut rest)?;
        let field = u32::try_from(tag >> 3).ok()?;
        let skipped = match (field, tag & 7) {
            (1 | 4, 2) => usize::try_from(varint(&mut rest)?).ok()?,
            (2 | 3, 1) => 8,
            (10.., 2) => return Some(field),
            _ => return None,
        };
        rest = rest.get(skipped..)?;
    }
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Returns the time in an id, in milliseconds since 1970.
pub fn id_ms(id: &[u8; 16]) -> u64 {
    let [a, b, c, d, e, f, ..] = *id;
    u64::from_be_bytes([0, 0, a, b, c, d, e, f])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_event_is_found_behind_what_comes_first() {
        let mut record = ID.to_vec();
        record.extend([9; 16]);
        assert_eq!(event_field(&record), None);
        record.push(WALL);
        record.extend([1; 8]);
        record.extend(b"\x22\x05build");
        record.extend([15 << 3 | 2, 0]);
        assert_eq!(event_field(&record), Some(15));
        let at = record.len() - 2;
        record.splice(at.., [0xba, 0x01, 0]);
        assert_eq!(event_field(&record), Some(23));
        for length in 0..record.len() - 1 {
            assert_eq!(event_field(&record[..length]), None);
        }
        assert_eq!(event_field(&[0xff; 30]), None);
    }

    #[test]
    fn id_and_clock_are_read_and_anything_else_is_not() {
        let mut record = ID.to_vec();
        record.extend(0x0102_0304_0506_7000_8000_0000_0000_0009_u128.to_be_bytes());
        let clockless = record.clone();
        record.push(WALL);
        record.extend((-5_i64).to_le_bytes());
        record.extend(b"and more");
        let peeked = Peeked::of(&record).expect("works");
        assert_eq!((peeked.wall_ns, peeked.id_ms()), (-5, 0x0102_0304_0506));
        assert_eq!(Peeked::of(&clockless).expect("works").wall_ns, 0);
        for other in [
            &b""[..],
            b"\x0a",
            b"\x0a\x10short",
            &record[1..],
            &record[..20],
        ] {
            assert_eq!(Peeked::of(other), None);
        }
    }
}
