//! Keys in order, with flat memory: sorted run by run on disk, and merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::address::AddressKey;

use super::schema;

/// Keys and numbers that are sorted at once.
#[derive(Default)]
pub(super) struct Run {
    /// Length ‖ key ‖ number, one after the other.
    bytes: Vec<u8>,
    /// The first bytes of each, for speed, and where it begins.
    order: Vec<(u128, usize)>,
}

/// A key, in its sorted form, and the number of a member under it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Keyed {
    pub(super) key: Vec<u8>,
    pub(super) number: u32,
}

impl Run {
    /// Returns how many bytes it holds.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn push(&mut self, key: &AddressKey, number: u32) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&schema::sorted_form(key));
        let mut first = [0; 16];
        let some = (self.bytes.len() - start).min(16);
        first[..some].copy_from_slice(&self.bytes[start..start + some]);
        self.bytes.extend_from_slice(&number.to_be_bytes());
        self.order.push((u128::from_be_bytes(first), start));
    }

    /// Writes it in order, and empties it.
    pub(super) fn write(&mut self, path: &Path) -> io::Result<()> {
        let bytes = &self.bytes;
        self.order.sort_unstable_by(|a, b| {
            a.0.cmp(&b.0)
                .then_with(|| record(bytes, a.1).cmp(record(bytes, b.1)))
        });
        let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
        for (_, start) in &self.order {
            file.write_all(record(bytes, *start))?;
        }
        file.flush()?;
        self.bytes.clear();
        self.order.clear();
        Ok(())
    }
}

/// Length ‖ key ‖ number, which begins somewhere.
fn record(bytes: &[u8], start: usize) -> &[u8] {
    let length = u16::from_be_bytes([bytes[start], bytes[start + 1]]);
    &bytes[start..start + 2 + usize::from(length) + 4]
}

/// Runs, in one order.
pub(super) struct Merged {
    files: Vec<BufReader<File>>,
    heads: BinaryHeap<Reverse<(Keyed, usize)>>,
}

impl Merged {
    pub(super) fn open(runs: &[PathBuf]) -> io::Result<Self> {
        let mut merged = Self {
            files: Vec::new(),
            heads: BinaryHeap::new(),
        };
        for (index, path) in runs.iter().enumerate() {
            merged
                .files
                .push(BufReader::with_capacity(256 << 10, File::open(path)?));
            merged.pull(index)?;
        }
        Ok(merged)
    }

    fn pull(&mut self, index: usize) -> io::Result<()> {
        let file = &mut self.files[index];
        let mut length = [0; 2];
        if file.read(&mut length[..1])? == 0 {
            return Ok(());
        }
        file.read_exact(&mut length[1..])?;
        let mut key = vec![0; 2 + usize::from(u16::from_be_bytes(length))];
        key[..2].copy_from_slice(&length);
        file.read_exact(&mut key[2..])?;
        let mut number = [0; 4];
        file.read_exact(&mut number)?;
        let number = u32::from_be_bytes(number);
        self.heads.push(Reverse((Keyed { key, number }, index)));
        Ok(())
    }
}

impl Iterator for Merged {
    type Item = io::Result<Keyed>;

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((keyed, index)) = self.heads.pop()?;
        match self.pull(index) {
            Ok(()) => Some(Ok(keyed)),
            Err(error) => Some(Err(error)),
        }
    }
}
