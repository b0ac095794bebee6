//! How the database stands, for those who run the daemon.

use rocksdb::properties as named;

use super::{Store, schema};

/// How the database stands. `None`: RocksDB does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StoreFigures {
    /// Bytes of table files that hold what is live.
    pub live_bytes: Option<u64>,
    /// Bytes of all table files.
    pub file_bytes: Option<u64>,
    /// Bytes of writes that are not in table files yet.
    pub memtable_bytes: Option<u64>,
    /// Bytes of indexes and filters of open table files.
    pub table_reader_bytes: Option<u64>,
    /// Rows, estimated.
    pub keys: Option<u64>,
    /// Bytes that compactions still have to rewrite.
    pub pending_compaction_bytes: Option<u64>,
    /// Compactions under way.
    pub running_compactions: Option<u64>,
    /// Flushes under way.
    pub running_flushes: Option<u64>,
    /// Errors in the background since the start.
    pub background_errors: Option<u64>,
    /// Writes are stopped until a compaction catches up.
    pub writes_stopped: Option<bool>,
    /// Bytes a second that writes are held down to; 0: they are not.
    pub delayed_write_rate: Option<u64>,
    /// Bytes of blocks kept in memory.
    pub cache_bytes: u64,
    /// Bytes of these that are in use at this moment.
    pub cache_pinned_bytes: u64,
}

impl Store {
    /// Returns how the database stands.
    pub fn figures(&self) -> StoreFigures {
        // Those that count per family are added up; those of the database as
        // a whole are the same whichever family is asked.
        let one = |name| {
            let said = self.database.property_int_value(name);
            said.ok().flatten()
        };
        let all = |name: &rocksdb::properties::PropName| {
            schema::FAMILIES.iter().try_fold(0_u64, |sum, family| {
                let said = self
                    .database
                    .property_int_value_cf(&self.family(family), name);
                said.ok().flatten().map(|more| sum.saturating_add(more))
            })
        };
        StoreFigures {
            live_bytes: all(named::LIVE_SST_FILES_SIZE),
            file_bytes: all(named::TOTAL_SST_FILES_SIZE),
            memtable_bytes: all(named::CUR_SIZE_ALL_MEM_TABLES),
            table_reader_bytes: all(named::ESTIMATE_TABLE_READERS_MEM),
            keys: all(named::ESTIMATE_NUM_KEYS),
            pending_compaction_bytes: all(named::ESTIMATE_PENDING_COMPACTION_BYTES),
            running_compactions: one(named::NUM_RUNNING_COMPACTIONS),
            running_flushes: one(named::NUM_RUNNING_FLUSHES),
            background_errors: one(named::BACKGROUND_ERRORS),
            writes_stopped: one(named::IS_WRITE_STOPPED).map(|stopped| stopped != 0),
            delayed_write_rate: one(named::ACTUAL_DELAYED_WRITE_RATE),
            cache_bytes: self.cache.get_usage() as u64,
            cache_pinned_bytes: self.cache.get_pinned_usage() as u64,
        }
    }
}
