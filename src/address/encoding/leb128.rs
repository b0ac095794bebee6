//! LEB128: a number in groups of seven bits, the lowest first.
//!
//! Filecoin writes actor ids and namespaces so. Only the shortest form of a
//! number is read, so that no two texts are the same number.

/// Bytes of the largest number.
pub(in crate::address) const NUMBER_BYTES_MAX: usize = 10;

/// Writes a number in LEB128 and returns its length.
pub(in crate::address) fn write(mut number: u64, bytes: &mut [u8]) -> usize {
    let mut length = 0;
    for byte in bytes {
        *byte = (number & 0x7f) as u8;
        number >>= 7;
        length += 1;
        if number == 0 {
            break;
        }
        *byte |= 0x80;
    }
    length
}

/// Splits a number in LEB128 off, if it is written in as few bytes as it can.
pub(in crate::address) fn read(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let length = 1 + bytes.iter().position(|byte| byte & 0x80 == 0)?;
    let (written, rest) = bytes.split_at(length);
    let mut number = 0_u64;
    for byte in written.iter().rev() {
        number = number.checked_mul(1 << 7)? | u64::from(byte & 0x7f);
    }
    let mut again = [0; NUMBER_BYTES_MAX];
    let length = write(number, &mut again);
    (again[..length] == *written).then_some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_spelling_in_bytes() {
        for number in [0, 1, 127, 128, 300, u64::MAX] {
            let mut bytes = [0xff; NUMBER_BYTES_MAX];
            let length = write(number, &mut bytes);
            assert_eq!(read(&bytes[..length]), Some((number, &[][..])));
        }
        assert_eq!(read(&[0x80, 0x00]), None);
        assert_eq!(read(&[0x80]), None);
        assert_eq!(read(&[0xff; 12]), None);
    }
}
