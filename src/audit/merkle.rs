//! The Merkle tree of RFC 6962 over the records of a log.
//!
//! What is kept of a tree that grows is its [`Frontier`]: the hashes of the
//! complete subtrees that make it up, at most one for each bit of its size.
//! From it follow the root, and the frontier of any larger tree.
//!
//! Source: <https://www.rfc-editor.org/rfc/rfc6962#section-2.1>.

use sha2::{Digest as _, Sha256};

/// SHA-256.
pub type Hash = [u8; 32];

/// Most subtrees that make up a tree: one for each bit of its size.
pub const SUBTREES_MAX: usize = 64;

/// Returns the hash of a record as a leaf.
pub fn leaf_hash(record: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(record);
    hasher.finalize().into()
}

/// Returns the hash of two subtrees as one.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}

/// The complete subtrees that make up a tree, largest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// Returns the frontier that these subtrees are, largest first; nothing
    /// if there are not as many as a tree of this size has.
    pub fn of(size: u64, subtrees: Vec<Hash>) -> Option<Self> {
        let fits = subtrees.len() == size.count_ones() as usize;
        fits.then_some(Self { size, subtrees })
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        self.push_noting(leaf, u32::MAX);
    }

    /// Adds a leaf, and returns the hash of the subtree of a level if the leaf
    /// completes one.
    pub fn push_noting(&mut self, leaf: Hash, level: u32) -> Option<Hash> {
        let mut hash = leaf;
        let mut noted = (level == 0).then_some(leaf);
        // Each bit that the addition carries over completes a subtree.
        for carried in 1..=self.size.trailing_ones() {
            if let Some(left) = self.subtrees.pop() {
                hash = node_hash(&left, &hash);
            }
            if carried == level {
                noted = Some(hash);
            }
        }
        self.subtrees.push(hash);
        self.size += 1;
        noted
    }

    /// Returns how many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the subtrees, largest first.
    pub fn subtrees(&self) -> &[Hash] {
        &self.subtrees
    }

    /// Returns the complete subtree at a level, if the tree ends with it or
    /// has it beside its right edge.
    pub fn at_level(&self, level: u32) -> Option<&Hash> {
        if self.size.checked_shr(level)? & 1 == 0 {
            return None;
        }
        let larger = self.size.checked_shr(level + 1).unwrap_or(0).count_ones();
        self.subtrees.get(larger as usize)
    }

    /// Returns the hash of the tree.
    pub fn root(&self) -> Hash {
        let mut smallest_first = self.subtrees.iter().rev();
        let Some(first) = smallest_first.next() else {
            return Sha256::digest([]).into();
        };
        smallest_first.fold(*first, |right, left| node_hash(left, &right))
    }
}

/// Returns the ranges whose hashes prove that a leaf is in a tree, the one
/// beside the leaf first.
pub fn proof_ranges(index: u64, size: u64) -> Vec<(u64, u64)> {
    let mut ranges = Vec::new();
    let (mut begin, mut end) = (0, size);
    while end - begin > 1 {
        let middle = begin + split(end - begin);
        if index < middle {
            ranges.push((middle, end));
            end = middle;
        } else {
            ranges.push((begin, middle));
            begin = middle;
        }
    }
    ranges.reverse();
    ranges
}

/// Returns the largest power of two that is smaller than a size above one.
fn split(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

/// Returns the root that a leaf and its proof lead to; nothing if the proof
/// has not the shape of a proof of this leaf in a tree of this size.
pub fn root_of_proof(index: u64, size: u64, leaf: Hash, proof: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let ranges = proof_ranges(index, size);
    if ranges.len() != proof.len() {
        return None;
    }
    let beside = ranges.iter().zip(proof);
    Some(beside.fold(leaf, |hash, ((begin, _), sibling)| {
        if *begin > index {
            node_hash(&hash, sibling)
        } else {
            node_hash(sibling, &hash)
        }
    }))
}

#[cfg(test)]
#[path = "merkle_tests.rs"]
mod tests;
