//! What is kept, as metrics: the audit log, the database, what waits for
//! people.

use std::fmt;

use crate::store::StoreFigures;

use super::Source;
use super::page::{BYTES, Page, only, perhaps};

impl Source {
    pub(super) fn log(&self, page: &mut Page<'_>) -> fmt::Result {
        let log = self.overview.log();
        page.counter(
            ("interdict_audit_records", None),
            "Records in the audit log",
            only(log.records),
        )?;
        page.gauge(
            ("interdict_audit_unsynced_records", None),
            "Records that the kernel has and the disk may not have",
            only(log.records.saturating_sub(log.synced)),
        )?;
        page.gauge(
            ("interdict_audit_unsigned_records", None),
            "Records behind the newest signed checkpoint",
            only(log.records.saturating_sub(log.signed)),
        )?;
        page.gauge(
            ("interdict_audit_queue_records", None),
            "Records that wait to be written",
            only(log.queued),
        )?;
        page.gauge(
            ("interdict_audit_queue", BYTES),
            "Bytes of records that wait to be written",
            only(log.queued_bytes),
        )?;
        page.gauge(
            ("interdict_audit_queue_max", BYTES),
            "Bytes that may wait; beyond them calls are turned away",
            only(log.queued_bytes_max),
        )?;
        page.durations(
            "interdict_audit_sync_duration",
            "How long the disk took to take what was written",
            only(log.syncs),
        )?;
        page.gauge(
            ("interdict_audit_refusing", None),
            "1 if the audit log took no record when last asked: nothing is answered",
            only(u64::from(log.refusing)),
        )?;
        page.gauge(
            ("interdict_audit_failed", None),
            "1 if the audit log takes nothing more until a restart",
            only(u64::from(log.failed)),
        )?;
        page.gauge(
            ("interdict_audit_disk_free", BYTES),
            "Room on the disk of the audit log",
            perhaps(self.overview.log_disk_bytes()),
        )
    }

    pub(super) fn store(&self, page: &mut Page<'_>) -> fmt::Result {
        let store = self.overview.store();
        let in_bytes = [
            (
                "interdict_store_live",
                "Bytes of table files that hold what is live",
                store.live_bytes,
            ),
            (
                "interdict_store_files",
                "Bytes of all table files",
                store.file_bytes,
            ),
            (
                "interdict_store_memtables",
                "Bytes of writes that are not in table files yet",
                store.memtable_bytes,
            ),
            (
                "interdict_store_table_readers",
                "Bytes of indexes and filters of open table files",
                store.table_reader_bytes,
            ),
            (
                "interdict_store_block_cache",
                "Bytes of blocks kept in memory",
                Some(store.cache_bytes),
            ),
            (
                "interdict_store_block_cache_pinned",
                "Bytes of cached blocks in use",
                Some(store.cache_pinned_bytes),
            ),
            (
                "interdict_store_compaction_pending",
                "Bytes that compactions still have to rewrite",
                store.pending_compaction_bytes,
            ),
        ];
        for (name, help, value) in in_bytes {
            page.gauge((name, BYTES), help, perhaps(value))?;
        }
        running(&store, page)
    }

    pub(super) fn watched(&self, page: &mut Page<'_>) -> fmt::Result {
        // What cannot be read has no sample, which an alert can notice.
        let watched = self.overview.watched().ok();
        let gauges = [
            (
                "interdict_portfolios",
                "Portfolios that are watched",
                watched.map(|it| it.portfolios),
            ),
            (
                "interdict_portfolio_members",
                "Members of all portfolios",
                watched.map(|it| it.members),
            ),
            (
                "interdict_alerts_unacknowledged",
                "Alerts that nobody has acknowledged",
                watched.map(|it| it.unacknowledged),
            ),
            (
                "interdict_pending",
                "Publications and changes that wait for a person's word",
                self.overview.pending().ok(),
            ),
        ];
        for (name, help, value) in gauges {
            page.gauge((name, None), help, perhaps(value))?;
        }
        page.counter(
            ("interdict_alerts", None),
            "Alerts so far",
            perhaps(watched.map(|it| it.alerts)),
        )
    }
}

/// What the database does at this moment.
fn running(store: &StoreFigures, page: &mut Page<'_>) -> fmt::Result {
    let counted = [
        (
            "interdict_store_keys",
            "Rows of the database, estimated",
            store.keys,
        ),
        (
            "interdict_store_compactions_running",
            "Compactions under way",
            store.running_compactions,
        ),
        (
            "interdict_store_flushes_running",
            "Flushes under way",
            store.running_flushes,
        ),
        (
            "interdict_store_background_errors",
            "Errors of the database in the background since the start",
            store.background_errors,
        ),
        (
            "interdict_store_writes_stopped",
            "1 if writes wait for a compaction",
            store.writes_stopped.map(u64::from),
        ),
        (
            "interdict_store_write_rate_limit",
            "Bytes a second that writes are held down to; 0: they are not",
            store.delayed_write_rate,
        ),
    ];
    for (name, help, value) in counted {
        page.gauge((name, None), help, perhaps(value))?;
    }
    Ok(())
}
