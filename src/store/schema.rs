//! The schema: column families, options, format number.
//!
//! | family | key | value | written |
//! |---|---|---|---|
//! | `entries` | address key (class byte ‖ payload) | `Shelf`: every row under that key, each with its life | staged, before the head |
//! | `changes` | generation (u64 BE) ‖ address key | `Changes`: which entries changed there, and how | with the rows it describes |
//! | `generations` | generation (u64 BE) | `Generation` | with the head |
//! | `meta` | `format`, `key-rules`, `head`, `confirmed/SOURCE` | see below | at creation; by each commit |
//!
//! `format` and `key-rules` are u32 LE: the number of this schema, and the
//! number of the rules that turn text into address keys. `head` is a `Head`,
//! `confirmed/SOURCE` a publication digest (32) and the milliseconds (i64 LE)
//! of the last time that publication was seen again.
//!
//! Numbers are big endian in keys so that byte order is their order. Rows of
//! a generation above the head are an import that never finished: `changes`
//! says where they are, and opening takes them out.

use std::path::Path;

use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompressionType, DBRecoveryMode, Options,
};

use crate::list::{GenerationNumber, SourceId};

/// Number of this schema. A data directory with another is refused.
pub const FORMAT: u32 = 1;

pub(super) const ENTRIES: &str = "entries";
pub(super) const CHANGES: &str = "changes";
pub(super) const GENERATIONS: &str = "generations";
pub(super) const META: &str = "meta";
pub(super) const FAMILIES: [&str; 4] = [ENTRIES, CHANGES, GENERATIONS, META];

pub(super) const META_FORMAT: &[u8] = b"format";
pub(super) const META_KEY_RULES: &[u8] = b"key-rules";
pub(super) const META_HEAD: &[u8] = b"head";

/// The database lives in a folder of its own inside the data directory.
pub(super) const FOLDER: &str = "db";

pub(super) fn meta_confirmed(source: &SourceId) -> Vec<u8> {
    format!("confirmed/{source}").into_bytes()
}

pub(super) fn generation_key(generation: GenerationNumber) -> [u8; 8] {
    generation.0.to_be_bytes()
}

pub(super) fn change_key(generation: GenerationNumber, key: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + key.len());
    bytes.extend_from_slice(&generation.0.to_be_bytes());
    bytes.extend_from_slice(key);
    bytes
}

/// Takes a key of `changes` apart: the generation and the address key.
pub(super) fn split_change_key(bytes: &[u8]) -> Option<(GenerationNumber, &[u8])> {
    let (generation, key) = bytes.split_first_chunk::<8>()?;
    (!key.is_empty()).then_some((GenerationNumber(u64::from_be_bytes(*generation)), key))
}

/// Options of the database as a whole, each for a reason.
pub(super) fn database_options(create: bool) -> Options {
    let mut options = Options::default();
    // Only `init` makes a database: a wrong path must be an error and never
    // an empty list.
    options.create_if_missing(create);
    options.create_missing_column_families(create);
    options.set_error_if_exists(create);
    // The default (point in time) opens without complaint after a flipped
    // bit in the log and drops what follows; absolute consistency refuses to
    // start after an ordinary kill. This one forgives a torn tail only; what
    // is lost there the floor file notices.
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    // Notices log files that vanished.
    options.set_track_and_verify_wals_in_manifest(true);
    options.set_paranoid_checks(true);
    // Never touched by name again; keeps the folder small.
    options.set_keep_log_file_num(4);
    options.set_max_background_jobs(2);
    options
}

/// Descriptors of every family.
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
    // Index and filter blocks stay in memory with the table: the set is
    // small, and a check must not wait for a disk to say "no".
    table.set_cache_index_and_filter_blocks(false);
    if name == ENTRIES {
        table.set_bloom_filter(10.0, false);
    }
    let mut options = Options::default();
    options.set_block_based_table_factory(&table);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_bottommost_compression_type(DBCompressionType::Zstd);
    options.set_write_buffer_size(32 << 20);
    options
}

pub(super) fn block_cache() -> Cache {
    // Far above the size of every published list together.
    Cache::new_hyper_clock_cache(64 << 20, 0)
}

/// Where a table file lies until RocksDB takes it over.
pub(super) fn stage_path(data_dir: &Path, family: &str) -> std::path::PathBuf {
    data_dir.join(format!("stage-{family}.sst"))
}

pub(super) fn database_path(data_dir: &Path) -> std::path::PathBuf {
    data_dir.join(FOLDER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn change_keys_round_trip_and_sort_by_generation_first() {
        let low = change_key(GenerationNumber(255), b"\x7fzzz");
        let high = change_key(GenerationNumber(256), b"\x01aaa");
        assert!(low < high);
        assert_eq!(
            split_change_key(&low),
            Some((GenerationNumber(255), &b"\x7fzzz"[..]))
        );
        assert_eq!(split_change_key(&low[..8]), None);
    }
}
