//! The schema of the book.
//!
//! | family | key | value |
//! |---|---|---|
//! | `portfolios` | name | `Portfolio` |
//! | `members` | edition (u32 BE) ‖ number (u32 BE) | `Member` |
//! | `index` | edition (u32 BE) ‖ length (u16 BE) ‖ address key ‖ part (u32 BE) | numbers of the members that a screening would look up there, u32 LE each, ascending |
//! | `first` | edition (u32 BE) ‖ number (u32 BE) | nothing: a member whose first screening has not been told yet |
//! | `ends` | day (order-preserving u32 BE) ‖ address key | nothing: an entry under the key ends on that day by its own date |
//! | `alerts` | sequence (u64 BE) | `Alert` |
//! | `meta` | see below | |
//!
//! The edition comes first, so that one is written as table files that
//! overlap nothing and is taken out as one range, and so that an address key
//! is looked up by its whole length in each: no key can be met while another
//! is sought. A full part is followed by the next.
//!
//! `meta` holds `format` and `key-rules` (u32 LE), `next-edition` (u32 LE),
//! `recorded` (u64 LE: alerts up to here are in the audit log), `ends-of`
//! (u64 LE: `ends` knows of every generation up to this), `step` (`Step`),
//! `acknowledged` and `ack/SEQUENCE` (`Acknowledgement`), `delivered/WEBHOOK`
//! (u64 LE), and `unbound/EDITION`: an edition that no portfolio holds, still
//! being written or no longer wanted, and that the next start takes out.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use rocksdb::{BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompressionType, Options};

use crate::address::AddressKey;
use crate::store::rows::days;
use crate::store::schema::database_options;

/// Number of this schema. A book with another is refused.
pub(super) const FORMAT: u32 = 1;

pub(super) const PORTFOLIOS: &str = "portfolios";
pub(super) const MEMBERS: &str = "members";
pub(super) const INDEX: &str = "index";
pub(super) const FIRST: &str = "first";
pub(super) const ENDS: &str = "ends";
pub(super) const ALERTS: &str = "alerts";
pub(super) const META: &str = "meta";
pub(super) const FAMILIES: [&str; 7] = [PORTFOLIOS, MEMBERS, INDEX, FIRST, ENDS, ALERTS, META];

pub(super) const META_FORMAT: &[u8] = b"format";
pub(super) const META_KEY_RULES: &[u8] = b"key-rules";
pub(super) const META_NEXT_EDITION: &[u8] = b"next-edition";
pub(super) const META_RECORDED: &[u8] = b"recorded";
pub(super) const META_ENDS_OF: &[u8] = b"ends-of";
pub(super) const META_STEP: &[u8] = b"step";
pub(super) const META_ACKNOWLEDGED: &[u8] = b"acknowledged";
pub(super) const META_UNBOUND: &[u8] = b"unbound/";

/// Members in one part of an index row.
pub(super) const PART_MEMBERS: usize = 4096;

pub(super) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("book")
}

/// Where a book lies until it is whole.
pub(super) fn path_of_new(data_dir: &Path) -> PathBuf {
    data_dir.join("book.new")
}

/// Where editions are put together.
pub(super) fn staging(book: &Path) -> PathBuf {
    book.join("staging")
}

pub(super) fn delivered(webhook: &str) -> Vec<u8> {
    format!("delivered/{webhook}").into_bytes()
}

pub(super) fn acknowledgement(sequence: u64) -> Vec<u8> {
    [b"ack/".as_slice(), &sequence.to_be_bytes()].concat()
}

pub(super) fn unbound(edition: u32) -> Vec<u8> {
    [META_UNBOUND, &edition.to_be_bytes()].concat()
}

pub(super) fn member_key(edition: u32, number: u32) -> [u8; 8] {
    let mut key = [0; 8];
    key[..4].copy_from_slice(&edition.to_be_bytes());
    key[4..].copy_from_slice(&number.to_be_bytes());
    key
}

pub(super) fn split_member_key(key: &[u8]) -> Option<(u32, u32)> {
    let (edition, number) = key.split_first_chunk::<4>()?;
    let number = number.try_into().ok()?;
    Some((u32::from_be_bytes(*edition), u32::from_be_bytes(number)))
}

/// The key of an index row, from the sorted form of the address key.
pub(super) fn index_key(edition: u32, sorted: &[u8], part: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + sorted.len());
    bytes.extend_from_slice(&edition.to_be_bytes());
    bytes.extend_from_slice(sorted);
    bytes.extend_from_slice(&part.to_be_bytes());
    bytes
}

/// An address key with its length in front: none is the beginning of another.
pub(super) fn sorted_form(key: &AddressKey) -> Vec<u8> {
    let bytes = key.as_bytes();
    // A key has at most 256 bytes.
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes(), bytes].concat()
}

/// Days in an order that bytes have too.
fn ordered(day: Date) -> [u8; 4] {
    let number = days(Some(day)).cast_unsigned() ^ (1 << 31);
    number.to_be_bytes()
}

pub(super) fn ends_key(day: Date, key: &[u8]) -> Vec<u8> {
    [&ordered(day), key].concat()
}

/// Options of the book's database: a log of its own, under the same rules as
/// that of the lists.
pub(super) fn options(create: bool) -> Options {
    let mut options = database_options(create);
    options.set_keep_log_file_num(2);
    options
}

pub(super) fn families(cache: &Cache) -> Vec<ColumnFamilyDescriptor> {
    FAMILIES
        .iter()
        .map(|name| ColumnFamilyDescriptor::new(*name, family_options(name, cache)))
        .collect()
}

/// Options of one family. Also those of table files made outside for it.
pub(super) fn family_options(name: &str, cache: &Cache) -> Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    table.set_format_version(6);
    if name == INDEX {
        // Nearly every key that changes is in no portfolio.
        table.set_bloom_filter(10.0, false);
        table.set_optimize_filters_for_memory(true);
    }
    let mut options = Options::default();
    options.set_block_based_table_factory(&table);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_write_buffer_size(16 << 20);
    options
}

pub(super) fn block_cache() -> Cache {
    Cache::new_hyper_clock_cache(32 << 20, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn days_sort_as_their_bytes_do() {
        let days = [
            date(-9999, 1, 1),
            date(1969, 12, 31),
            date(1970, 1, 1),
            date(2026, 11, 22),
            date(9999, 12, 31),
        ];
        assert!(days.is_sorted_by(|a, b| ordered(*a) < ordered(*b)));
    }

    #[test]
    fn no_index_key_is_met_while_another_is_sought() {
        let short = AddressKey::from_bytes(b"\x1dab").expect("a NEAR name");
        let long = AddressKey::from_bytes(b"\x1dab\0\0\0\0").expect("a NEAR name");
        let key = |of: &AddressKey, part| index_key(7, &sorted_form(of), part);
        assert_ne!(key(&short, 0), key(&long, 0));
        assert!(key(&short, u32::MAX) < key(&long, 0));
        assert_eq!(split_member_key(&member_key(3, 9)), Some((3, 9)));
        assert_eq!(split_member_key(&[0; 7]), None);
    }
}
