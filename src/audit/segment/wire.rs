//! Reading little-endian fields in order, never past the end.

use super::super::merkle::Hash;

/// Bytes that are read from the front. Nothing is returned once too few are
/// left.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    pub(super) fn hash(&mut self) -> Option<Hash> {
        self.array()
    }

    /// As many hashes as said, or nothing: the count is not trusted with an
    /// allocation.
    pub(super) fn hashes(&mut self, count: usize) -> Option<Vec<Hash>> {
        let bytes = self.bytes(count.checked_mul(32)?)?;
        let (hashes, _) = bytes.as_chunks::<32>();
        Some(hashes.to_vec())
    }

    /// A text with its length before it.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        let length = self.u32()?;
        str::from_utf8(self.bytes(length as usize)?).ok()
    }
}

pub(super) fn write_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

pub(super) fn write_hashes(bytes: &mut Vec<u8>, hashes: &[Hash]) {
    bytes.extend_from_slice(hashes.as_flattened());
}
