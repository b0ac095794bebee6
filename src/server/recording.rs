//! The audit log over the daemon's life: opened before anything is served,
//! told of the start and of the end.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use thiserror::Error;
use tracing::{info, warn};

use crate::audit::record::record::Event;
use crate::audit::record::{Configured, Started, Stopped};
use crate::audit::{AuditLog, CreateError, OpenError, Recorder, Settings};
use crate::config::Config;
use crate::generation::LiveGeneration;
use crate::import::{RecordError, Recording};
use crate::screening::Screener;
use crate::store::Store;

/// Where the log is in a data directory.
const FOLDER: &str = "audit";

/// Beside it: that there is one, so that its loss is noticed.
const MARKER: &str = "AUDIT-LOG";

/// Why the daemon cannot record, and so cannot serve.
#[derive(Debug, Error)]
pub enum LogError {
    /// A data directory of an earlier version has no log, and none can be made.
    #[error("the audit log cannot be made")]
    Create(#[from] CreateError),
    /// The log is refused.
    #[error("the audit log cannot be used, and nothing is answered without it")]
    Open(#[from] OpenError),
}

/// Where the log of a data directory is.
pub fn log_path(data_dir: &Path) -> PathBuf {
    data_dir.join(FOLDER)
}

/// Opens the log of a data directory. One that was made before there was a
/// log is given one; one whose log is gone is refused.
///
/// # Errors
///
/// If there is none and none can be made, or it is not whole.
pub fn open_log(data_dir: &Path, settings: &Settings) -> Result<AuditLog, LogError> {
    let path = log_path(data_dir);
    if !path.exists() && !data_dir.join(MARKER).exists() {
        AuditLog::create(&path, settings.origin.as_deref())?;
        info!("the data directory had no audit log: one begins here");
    }
    let (log, opened) = AuditLog::open(&path, settings.clone())?;
    if let Some(recovery) = &opened.recovered {
        warn!(
            records = recovery.records,
            cut_bytes = recovery.cut_bytes,
            found = recovery.found,
            "the audit log was cut at its last whole record"
        );
    }
    info!(records = opened.records, key = %log.verifying_key(), "audit log open");
    Ok(log)
}

/// Tells the log that the daemon starts, and of what changed while it could
/// not be told.
pub(super) fn begin(
    recorder: &Recorder,
    (store, live): (&Store, &LiveGeneration),
    (screener, config): (&Screener, &Config),
    listen: SocketAddr,
) -> Result<Recording, RecordError> {
    let rules = screener.rules();
    let generation = live.pin();
    let first = recorder.log().size() == 0;
    let (number, digest) = match &generation {
        Some(generation) => (generation.number().0, generation.record.digest.0.to_vec()),
        None => (0, Vec::new()),
    };
    recorder.events([
        Event::Started(Started {
            generation: number,
            generation_digest: digest.into(),
            listen: listen.to_string(),
            durability: config.audit.durability.name().to_owned(),
            first,
        }),
        Event::Configured(Configured {
            file_digest: config
                .file_digest
                .map(|digest| Bytes::copy_from_slice(&digest))
                .unwrap_or_default(),
            policy_version: Bytes::copy_from_slice(&rules.version()),
            policy: rules.description().to_owned(),
        }),
    ])?;
    let recording = Recording::new(recorder.clone(), store.data_dir())?;
    let told = recording.catch_up(store)?;
    if told > 0 {
        info!(
            generations = told,
            "told the audit log of generations it had not heard of"
        );
    }
    Ok(recording)
}

/// Tells the log that the daemon ends in good order.
pub(super) fn end(recorder: &Recorder) {
    if let Err(error) = recorder.event(Event::Stopped(Stopped {})) {
        warn!(%error, "the audit log could not be told of the stop");
    }
    recorder.log().clone().close();
}
