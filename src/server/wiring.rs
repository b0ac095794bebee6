//! What serves and what watches, bound to the one store, the one live
//! generation and the one log.

use std::sync::Arc;

use crate::audit::Recorder;
use crate::backup;
use crate::config::Config;
use crate::generation::LiveGeneration;
use crate::import::{self, Importer, Recording};
use crate::monitor::webhook::Webhooks;
use crate::monitor::{Monitor, into_log};
use crate::screening::Screener;
use crate::store::Store;
use crate::store::book::BookError;
use crate::sync::Syncer;

use super::log_path;
use super::services::Services;

/// Opens the book of portfolios, and what tells of them.
pub(super) fn watch(
    store: &Arc<Store>,
    live: &Arc<LiveGeneration>,
    (screener, recorder): (&Screener, &Recorder),
    config: &Config,
) -> Result<(Arc<Monitor>, Webhooks), BookError> {
    let terms = config.monitoring.terms.clone();
    let record = into_log(recorder.clone());
    let monitor = Monitor::open(store.clone(), live.clone(), screener.clone(), record, terms)?;
    let webhooks = Webhooks::new(config.monitoring.webhooks.clone());
    Ok((Arc::new(monitor), webhooks))
}

/// Binds the services, and what fetches lists.
pub(super) fn wire(
    store: &Arc<Store>,
    live: &Arc<LiveGeneration>,
    (screener, recorder, recording): (Screener, Recorder, Recording),
    monitoring: crate::grpc::Monitoring,
    config: &Config,
) -> (Services, Syncer) {
    let requirements = config.requirements.clone();
    let bounds = import::Bounds {
        entries_max: config.limits.import_entries_max,
        bytes_max: config.limits.import_file_bytes_max,
    };
    let importer = Importer::new(
        store.clone(),
        live.clone(),
        config.false_positive_rate,
        bounds,
    )
    .with_terms(config.terms.clone())
    .with_signed_only(config.signed_only.clone())
    .with_second_person(config.second_person)
    .with_recording(recording);
    let importer = Arc::new(importer);
    let (syncer, handle) = Syncer::new(
        config.feeds.clone(),
        store.data_dir(),
        importer.clone(),
        live.clone(),
        config.limits.import_file_bytes_max,
    );
    let bundles = crate::grpc::Bundles::new(
        store.clone(),
        live.clone(),
        importer.clone(),
        config.trust.clone(),
        config.limits,
    );
    let backups_dir = config.backups_dir.clone();
    let backups_dir = backups_dir.unwrap_or_else(|| backup::default_dir(store.data_dir()));
    let data_dir = store.data_dir().to_owned();
    let (store, live, limits) = (store.clone(), live.clone(), config.limits);
    let operator = crate::grpc::Operator::new(
        store.clone(),
        live.clone(),
        importer.clone(),
        (screener.clone(), recorder.clone()),
        limits,
    );
    let history = crate::grpc::History::new(
        store.clone(),
        live.clone(),
        importer.clone(),
        screener.clone(),
        limits,
    );
    let backups = crate::grpc::Backups::new(store.clone(), backups_dir);
    let lists = crate::grpc::Lists::new(store, live, importer, requirements, limits);
    let sync = crate::grpc::Sync::new(handle, limits);
    let audit = crate::grpc::Audit::new(log_path(&data_dir), recorder.clone(), limits);
    let services = Services::new(
        (screener, recorder),
        lists,
        (operator, history),
        (bundles, backups),
        (sync, (audit, monitoring)),
        limits,
    );
    (services, syncer)
}
