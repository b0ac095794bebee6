//! The digest of a set of rows, kept up to date as rows come and go.
//!
//! [`SetDigest`] is a homomorphic hash (LtHash with 1,024 lanes of 16 bits, a
//! BLAKE3 expansion per row): adding and removing a row is addition and
//! subtraction of vectors, in any order, so that a commit costs as much as
//! its change and the same set has the same digest on every machine,
//! whatever its history. With these sizes finding two sets that collide is
//! believed to take more than 2^200 steps, which a sum or an exclusive-or of
//! ordinary 32-byte hashes would not give.
//!
//! Source: Bellare and Micciancio, "A New Paradigm for Collision-free
//! Hashing: Incrementality at Reduced Cost" (1997); Lewi, Kim, Maykov and
//! Weis, "Securing Update Propagation with Homomorphic Hashing" (2019).

use std::fmt;
use std::sync::LazyLock;

const LANES: usize = 1024;
const BYTES: usize = LANES * 2;

/// Separates these hashes from every other use of BLAKE3.
const ROW_CONTEXT: &str = "interdict 2026-11 set digest row";

/// Derived once: deriving it for each row would cost as much as the row.
static ROW_KEY: LazyLock<[u8; 32]> = LazyLock::new(|| blake3::derive_key(ROW_CONTEXT, b""));

const SET_CONTEXT: &str = "interdict 2026-11 set digest";

/// An incremental digest over rows.
#[derive(Clone, PartialEq, Eq)]
pub struct SetDigest {
    lanes: Box<[u16; LANES]>,
    rows: u64,
}

/// The digest of a generation: 32 bytes that stand for its whole set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct GenerationDigest(pub [u8; 32]);

impl SetDigest {
    /// Returns the digest of the empty set.
    pub fn empty() -> Self {
        Self {
            lanes: Box::new([0; LANES]),
            rows: 0,
        }
    }

    /// Takes a row in: its key, its entry id and its particulars.
    pub fn add(&mut self, key: &[u8], id: &[u8; 16], entry: &[u8]) {
        let row = expand(key, id, entry);
        for (lane, chunk) in self.lanes.iter_mut().zip(row.as_chunks::<2>().0) {
            *lane = lane.wrapping_add(u16::from_le_bytes(*chunk));
        }
        self.rows = self.rows.wrapping_add(1);
    }

    /// Takes a row out that was taken in before.
    pub fn remove(&mut self, key: &[u8], id: &[u8; 16], entry: &[u8]) {
        let row = expand(key, id, entry);
        for (lane, chunk) in self.lanes.iter_mut().zip(row.as_chunks::<2>().0) {
            *lane = lane.wrapping_sub(u16::from_le_bytes(*chunk));
        }
        self.rows = self.rows.wrapping_sub(1);
    }

    /// Takes in all the rows of another set, disjoint from this one.
    pub fn merge(&mut self, other: &Self) {
        for (lane, more) in self.lanes.iter_mut().zip(other.lanes.iter()) {
            *lane = lane.wrapping_add(*more);
        }
        self.rows = self.rows.wrapping_add(other.rows);
    }

    /// Returns how many rows are in.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns the 32 bytes that stand for the set.
    pub fn digest(&self) -> GenerationDigest {
        let mut hasher = blake3::Hasher::new_derive_key(SET_CONTEXT);
        hasher.update(&self.to_bytes());
        GenerationDigest(*hasher.finalize().as_bytes())
    }

    /// Returns the state, from which [`Self::from_bytes`] goes on.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + BYTES);
        bytes.extend_from_slice(&self.rows.to_le_bytes());
        for lane in self.lanes.iter() {
            bytes.extend_from_slice(&lane.to_le_bytes());
        }
        bytes
    }

    /// Restores a state, or returns `None` if it has another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (rows, lane_bytes) = bytes.split_first_chunk::<8>()?;
        if lane_bytes.len() != BYTES {
            return None;
        }
        let mut set = Self::empty();
        set.rows = u64::from_le_bytes(*rows);
        for (lane, chunk) in set.lanes.iter_mut().zip(lane_bytes.as_chunks::<2>().0) {
            *lane = u16::from_le_bytes(*chunk);
        }
        Some(set)
    }
}

/// Lengths go in too, so that no two rows share one text.
fn expand(key: &[u8], id: &[u8; 16], entry: &[u8]) -> [u8; BYTES] {
    let mut hasher = blake3::Hasher::new_keyed(&ROW_KEY);
    hasher.update(&(key.len() as u64).to_le_bytes());
    hasher.update(key);
    hasher.update(id);
    hasher.update(entry);
    let mut row = [0; BYTES];
    hasher.finalize_xof().fill(&mut row);
    row
}

impl fmt::Debug for SetDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SetDigest({} rows, {})", self.rows, self.digest())
    }
}

impl GenerationDigest {
    /// Restores a digest, or returns `None` if it has another length.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for GenerationDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&const_hex::encode(self.0))
    }
}

impl fmt::Debug for GenerationDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GenerationDigest({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[(&str, u8, &str)]) -> SetDigest {
        let mut set = SetDigest::empty();
        for (key, id, entry) in rows {
            set.add(key.as_bytes(), &[*id; 16], entry.as_bytes());
        }
        set
    }

    #[test]
    fn order_and_history_do_not_matter() {
        let forward = of(&[("a", 1, "x"), ("b", 2, "y"), ("c", 3, "z")]);
        let mut detour = of(&[("c", 3, "z"), ("q", 9, "gone"), ("a", 1, "x")]);
        detour.remove(b"q", &[9; 16], b"gone");
        detour.merge(&of(&[("b", 2, "y")]));
        assert_eq!(forward, detour);
        assert_eq!(forward.digest(), detour.digest());
    }

    #[test]
    fn every_part_of_a_row_counts() {
        let one = of(&[("a", 1, "x")]).digest();
        for other in [
            of(&[("b", 1, "x")]),
            of(&[("a", 2, "x")]),
            of(&[("a", 1, "y")]),
            of(&[("a", 1, "x"), ("a", 1, "x")]),
            SetDigest::empty(),
        ] {
            assert_ne!(one, other.digest());
        }
    }

    #[test]
    fn the_state_round_trips() {
        let set = of(&[("a", 1, "x"), ("b", 2, "y")]);
        assert_eq!(SetDigest::from_bytes(&set.to_bytes()), Some(set.clone()));
        assert_eq!(SetDigest::from_bytes(&set.to_bytes()[1..]), None);
    }
}
