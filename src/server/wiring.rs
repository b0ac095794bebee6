//! What serves and what watches, bound to the one store, the one live
//! generation and the one log.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::access::Identities;
use crate::audit::Recorder;
use crate::backup;
use crate::config::{Config, Reload};
use crate::generation::LiveGeneration;
use crate::import::{Importer, Recording};
use crate::monitor::webhook::Webhooks;
use crate::monitor::{Monitor, into_log};
use crate::overview::{self, Overview};
use crate::rescreen::Pool;
use crate::screening::Screener;
use crate::store::Store;
use crate::store::book::BookError;
use crate::sync::{SyncHandle, Syncer};

use super::notify::ServiceManager;
use super::reload::{self, Reached, ReadConfig, Reloader};
use super::services::Services;
use super::{Stop, Tls, log_path};

/// What a new configuration reaches, beside the lists.
pub(super) struct Beside {
    pub(super) monitor: Arc<Monitor>,
    pub(super) webhooks: Webhooks,
    pub(super) identities: Arc<ArcSwap<Identities>>,
    pub(super) tls: Option<Tls>,
    /// How it is read, and what was read at the start.
    pub(super) reading: (ReadConfig, Config),
    pub(super) manager: ServiceManager,
    pub(super) stop: Stop,
}

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
    let watched = &config.monitoring;
    let webhooks = Webhooks::new(watched.webhooks.clone(), watched.ca_file.clone());
    Ok((Arc::new(monitor), webhooks))
}

/// Binds the services, and what fetches lists.
pub(super) fn wire(
    store: &Arc<Store>,
    live: &Arc<LiveGeneration>,
    (screener, recorder, recording): (Screener, Recorder, Recording),
    (monitoring, pool): (crate::grpc::Monitoring, Pool),
    beside: Beside,
    config: &Config,
) -> (Services, Syncer, Arc<Reloader>) {
    let importer = importer(store, live, recording, config);
    let (syncer, handle) = Syncer::new(
        config.feeds.clone(),
        store.data_dir(),
        importer.clone(),
        live.clone(),
        config.limits.import_file_bytes_max,
    );
    let trust = Arc::new(ArcSwap::from_pointee(config.trust.clone()));
    let bundles = crate::grpc::Bundles::new(
        store.clone(),
        live.clone(),
        importer.clone(),
        trust.clone(),
        config.limits,
    );
    let backups_dir = config.backups_dir.clone();
    let backups_dir = backups_dir.unwrap_or_else(|| backup::default_dir(store.data_dir()));
    let data_dir = store.data_dir().to_owned();
    let overview = overview((store, live), (&screener, &recorder), (&handle, &beside));
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
    let lists = crate::grpc::Lists::new(store, live, importer.clone(), screener.clone(), limits);
    let reached = Reached {
        screener: screener.clone(),
        importer,
        syncs: handle.clone(),
        trust,
        monitor: beside.monitor,
        webhooks: beside.webhooks,
        identities: beside.identities,
        tls: beside.tls,
    };
    let (reading, manager) = (beside.reading, beside.manager);
    let reloader = Arc::new(Reloader::new(reading, reached, recorder.clone(), manager));
    let reloads = reloader.clone();
    let reload: Reload = Arc::new(move |caller| reloads.reload(caller));
    let configuration = crate::grpc::Configuration::new(reload);
    let sync = crate::grpc::Sync::new(handle, limits);
    let audit = crate::grpc::Audit::new(log_path(&data_dir), recorder.clone(), limits);
    let services = Services::new(
        (screener, recorder, pool),
        lists,
        (operator, history),
        (bundles, backups, configuration),
        (sync, (audit, monitoring)),
        overview,
        (limits, config.access.quota_of_all()),
    );
    (services, syncer, reloader)
}

fn overview(
    (store, live): (&Arc<Store>, &Arc<LiveGeneration>),
    (screener, recorder): (&Screener, &Recorder),
    (syncs, beside): (&SyncHandle, &Beside),
) -> Overview {
    let stop = beside.stop.clone();
    Overview::new(overview::Parts {
        store: store.clone(),
        live: live.clone(),
        screener: screener.clone(),
        recorder: recorder.clone(),
        log_dir: log_path(store.data_dir()),
        sync: syncs.clone(),
        monitor: beside.monitor.clone(),
        stopping: Box::new(move || stop.is_asked()),
    })
}

fn importer(
    store: &Arc<Store>,
    live: &Arc<LiveGeneration>,
    recording: Recording,
    config: &Config,
) -> Arc<Importer> {
    let demands = reload::demands(config);
    let (store, live, rate) = (store.clone(), live.clone(), config.false_positive_rate);
    let importer = Importer::new(store, live, rate, demands.bounds).with_recording(recording);
    importer.adopt(demands);
    Arc::new(importer)
}
