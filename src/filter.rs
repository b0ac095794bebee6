//! The bloom filter in front of the store: the fast "surely absent".
//!
//! A [`Filter`] covers every address key ever listed. "No" is final and saves
//! the read; "maybe" is always confirmed in the store, so a wrong "maybe"
//! costs microseconds and never an answer. This is the only file that names
//! `bloomfilter`.
//!
//! The file on disk binds the bits to the generation they were built for and
//! carries a checksum over all of it:
//!
//! ```text
//! "interdict filter 1\n"  generation u64  digest 32  keys u64  capacity u64
//! rate f64  length u64  the crate's own bytes  BLAKE3 of everything before
//! ```
//!
//! Numbers are little endian. A file that is damaged, foreign or missing is
//! built anew from the store; it is never taken for an empty filter.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use bloomfilter::Bloom;
use thiserror::Error;

use crate::address::AddressKey;
use crate::store::{GenerationDigest, GenerationNumber};

const TITLE: &[u8] = b"interdict filter 1\n";
const HEADER_BYTES: usize = TITLE.len() + 8 + 32 + 8 + 8 + 8 + 8;
const CHECK_BYTES: usize = 32;
const SEED_CONTEXT: &str = "interdict 2026-11 filter seed";

/// Room for growth without a rebuild: a quarter more, and never less than
/// this many keys.
const CAPACITY_MIN: u64 = 50_000;

/// How often the filter may say "maybe" about a key that was never listed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FalsePositiveRate(f64);

/// A rate that no filter can be built for.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("a false positive rate of {0} is out of range: it lies between 1e-9 and 0.1")]
pub struct RateError(f64);

impl FalsePositiveRate {
    /// One in a million, at about 29 bits a key.
    pub const DEFAULT: Self = Self(1e-6);

    /// Checks a rate.
    ///
    /// # Errors
    ///
    /// If it is below 1e-9, above 0.1 or not a number.
    pub fn new(rate: f64) -> Result<Self, RateError> {
        if (1e-9..=0.1).contains(&rate) {
            Ok(Self(rate))
        } else {
            Err(RateError(rate))
        }
    }

    /// Returns the rate.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// A filter over every key ever listed.
#[derive(Clone)]
pub struct Filter {
    bloom: Bloom<AddressKey>,
    keys: u64,
    capacity: u64,
    rate: FalsePositiveRate,
}

/// Which generation a filter file was written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilterStamp {
    /// The generation.
    pub generation: GenerationNumber,
    /// Its digest.
    pub digest: GenerationDigest,
}

/// Why a filter file cannot be used.
#[derive(Debug, Error)]
pub enum LoadError {
    /// It cannot be read.
    #[error("the filter file cannot be read")]
    Io(#[from] io::Error),
    /// It is not whole or not ours.
    #[error("the filter file is damaged: {0}")]
    Damaged(&'static str),
}

impl Filter {
    /// Makes a filter for about so many keys, with none in it yet.
    ///
    /// The seed follows from `digest`, so that the same generation gives the
    /// same filter on every machine.
    pub fn with_room_for(keys: u64, rate: FalsePositiveRate, digest: GenerationDigest) -> Self {
        let capacity = (keys + keys / 4).max(CAPACITY_MIN);
        let items = usize::try_from(capacity).unwrap_or(usize::MAX);
        let bloom = Bloom::new_for_fp_rate_with_seed(items, rate.0, &seed(digest))
            .expect("capacity and rate are in range by construction");
        Self {
            bloom,
            keys: 0,
            capacity,
            rate,
        }
    }

    /// Takes a key in.
    pub fn insert(&mut self, key: &AddressKey) {
        self.bloom.set(key);
        self.keys += 1;
    }

    /// Tells whether a key may have been listed. "No" is certain.
    #[inline]
    pub fn may_contain(&self, key: &AddressKey) -> bool {
        self.bloom.check(key)
    }

    /// Tells whether so many keys in all fit without losing the rate.
    pub fn has_room_for_total(&self, keys: u64) -> bool {
        keys <= self.capacity
    }

    /// Returns a copy that covers more keys; `total` is how many distinct
    /// keys it then holds, which the bits alone cannot tell.
    pub fn extended<'a>(&self, more: impl Iterator<Item = &'a AddressKey>, total: u64) -> Self {
        let mut filter = self.clone();
        for key in more {
            filter.bloom.set(key);
        }
        filter.keys = total;
        filter
    }

    /// Returns the rate it was built for.
    pub fn rate(&self) -> FalsePositiveRate {
        self.rate
    }

    /// Returns how many keys it holds without losing the rate.
    pub fn capacity(&self) -> u64 {
        self.capacity
    }

    /// Returns how many keys were taken in.
    pub fn keys(&self) -> u64 {
        self.keys
    }

    /// Returns the size of the bits in memory.
    pub fn bytes(&self) -> u64 {
        self.bloom.len() / 8
    }

    /// Writes the filter beside the database, whole or not at all.
    ///
    /// # Errors
    ///
    /// If the file cannot be written; the one before then still stands.
    pub fn save(&self, path: &Path, stamp: FilterStamp) -> io::Result<()> {
        let body = self.bloom.as_slice();
        let mut header = Vec::with_capacity(HEADER_BYTES);
        header.extend_from_slice(TITLE);
        header.extend_from_slice(&stamp.generation.0.to_le_bytes());
        header.extend_from_slice(&stamp.digest.0);
        header.extend_from_slice(&self.keys.to_le_bytes());
        header.extend_from_slice(&self.capacity.to_le_bytes());
        header.extend_from_slice(&self.rate.0.to_le_bytes());
        header.extend_from_slice(&(body.len() as u64).to_le_bytes());
        let check = blake3::Hasher::new()
            .update(&header)
            .update(body)
            .finalize();

        let temporary = path.with_extension("new");
        let mut file = File::create(&temporary)?;
        file.write_all(&header)?;
        file.write_all(body)?;
        file.write_all(check.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    }

    /// Reads a filter file and checks all of it.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is damaged, or was written by another version.
    pub fn load(path: &Path) -> Result<(Self, FilterStamp), LoadError> {
        let mut bytes = fs::read(path)?;
        let body_end = bytes
            .len()
            .checked_sub(CHECK_BYTES)
            .filter(|end| *end > HEADER_BYTES)
            .ok_or(LoadError::Damaged("it is too short"))?;
        let check = blake3::hash(&bytes[..body_end]);
        if check.as_bytes() != &bytes[body_end..] {
            return Err(LoadError::Damaged("its checksum does not hold"));
        }
        let mut fields = Fields(&bytes[..HEADER_BYTES]);
        if fields.take::<{ TITLE.len() }>() != TITLE {
            return Err(LoadError::Damaged("it is of another version"));
        }
        let generation = GenerationNumber(u64::from_le_bytes(fields.take()));
        let digest = GenerationDigest(fields.take());
        let keys = u64::from_le_bytes(fields.take());
        let capacity = u64::from_le_bytes(fields.take());
        let rate = FalsePositiveRate::new(f64::from_le_bytes(fields.take()))
            .map_err(|_| LoadError::Damaged("its rate is out of range"))?;
        let length = u64::from_le_bytes(fields.take());
        if length != (body_end - HEADER_BYTES) as u64 {
            return Err(LoadError::Damaged("its length disagrees"));
        }
        bytes.truncate(body_end);
        let body = bytes.split_off(HEADER_BYTES);
        let bloom = Bloom::from_bytes(body).map_err(LoadError::Damaged)?;
        let filter = Self {
            bloom,
            keys,
            capacity,
            rate,
        };
        Ok((filter, FilterStamp { generation, digest }))
    }
}

/// Cuts fixed-size fields off the front of a header of known length.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (field, rest) = self
            .0
            .split_first_chunk::<N>()
            .expect("the header is as long as its fields together");
        self.0 = rest;
        *field
    }
}

/// Derives a seed whose two halves differ: `bloomfilter` keys one hash with
/// each, and with equal halves its rate rises from 1e-3 to 2e-2 in silence.
fn seed(digest: GenerationDigest) -> [u8; 32] {
    let mut seed = blake3::derive_key(SEED_CONTEXT, &digest.0);
    if seed[..16] == seed[16..] {
        seed[16] ^= 1;
    }
    seed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u64) -> AddressKey {
        let mut bytes = vec![0x07];
        bytes.extend_from_slice(&blake3::hash(&number.to_le_bytes()).as_bytes()[..20]);
        AddressKey::from_bytes(&bytes).expect("an EVM key")
    }

    fn filled(keys: u64, rate: f64) -> Filter {
        let rate = FalsePositiveRate::new(rate).expect("a rate");
        let mut filter = Filter::with_room_for(keys, rate, GenerationDigest([1; 32]));
        (0..keys).for_each(|number| filter.insert(&key(number)));
        filter
    }

    #[test]
    fn every_key_taken_in_may_be_contained() {
        let filter = filled(20_000, 1e-3);
        assert!((0..20_000).all(|number| filter.may_contain(&key(number))));
    }

    /// Built exactly full, since spare room would flatter the figure.
    #[test]
    fn the_measured_false_positive_rate_is_within_twice_the_configured_one() {
        let filter = {
            let mut filter = filled(40_000, 1e-3);
            (40_000..filter.capacity).for_each(|number| filter.insert(&key(number)));
            filter
        };
        let asked = 400_000;
        let wrong = (0..asked)
            .filter(|number| filter.may_contain(&key(1 << 40 | number)))
            .count();
        let rate = wrong as f64 / asked as f64;
        assert!((0.5e-3..2e-3).contains(&rate), "measured {rate}");
    }

    #[test]
    fn every_seed_has_unequal_halves() {
        for number in 0..=255 {
            let seed = seed(GenerationDigest([number; 32]));
            assert_ne!(seed[..16], seed[16..]);
        }
    }

    #[test]
    fn a_file_round_trips_and_any_flipped_bit_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("filter");
        let filter = filled(100, 1e-2);
        let stamp = FilterStamp {
            generation: GenerationNumber(9),
            digest: GenerationDigest([3; 32]),
        };
        filter.save(&path, stamp).expect("saved");
        let (loaded, loaded_stamp) = Filter::load(&path).expect("loaded");
        assert_eq!(loaded_stamp, stamp);
        assert_eq!((loaded.keys(), loaded.rate()), (100, filter.rate()));
        assert!((0..100).all(|number| loaded.may_contain(&key(number))));

        let whole = fs::read(&path).expect("read");
        for step in 0..400 {
            let mut bytes = whole.clone();
            let bit = step * 7919 % (whole.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, &bytes).expect("written");
            assert!(Filter::load(&path).is_err(), "bit {bit}");
        }
        for length in [0, 1, HEADER_BYTES, whole.len() - 1] {
            fs::write(&path, &whole[..length]).expect("written");
            assert!(Filter::load(&path).is_err(), "{length} bytes");
        }
    }
}
