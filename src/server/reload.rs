//! A configuration that changes while the daemon serves.
//!
//! The whole file is read and checked first; then the audit log is told; only
//! then anything changes. What is wrong with it is said, and nothing has
//! changed. Each part is replaced as a whole, so whoever uses it sees the old
//! or the new: a screening pins its rules beside its generation, a publication
//! is held against one set of demands. What cannot be changed without a
//! restart is named and stays as it is (`config::Config::reloaded`).

use std::sync::Arc;

use arc_swap::ArcSwap;
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tracing::{info, warn};

use crate::access::{Identities, Roles};
use crate::audit::Recorder;
use crate::audit::record::record::Event;
use crate::audit::record::{Configured, Refused, Reloaded as Record};
use crate::bundle::TrustPolicy;
use crate::causes::in_one_line;
use crate::config::{Changes, Config, ConfigError, ReloadError, Reloaded};
use crate::import::{Bounds, Demands, Importer};
use crate::metrics;
use crate::monitor::Monitor;
use crate::monitor::webhook::Webhooks;
use crate::screening::{Rules, Screener};
use crate::sync::SyncHandle;
use crate::telemetry;

use super::Tls;
use super::notify::ServiceManager;

/// The call, as records name it.
const CALL: &str = "ReloadConfiguration";

/// Longest reason that a record keeps.
const WHY_BYTES_MAX: usize = 4096;

/// Reads the configuration as the start did: the file, and over it the
/// environment and the flags. `None`: there is no file.
pub type ReadConfig = Box<dyn Fn() -> Result<Option<Config>, ConfigError> + Send + Sync>;

/// A reload that can be asked for by whoever hears the signal. Asked for
/// several times before it is begun, it is done once. Clones are one and the
/// same.
#[derive(Clone, Debug, Default)]
pub struct ReloadSignal {
    asked: Arc<Notify>,
}

impl ReloadSignal {
    /// Asks for it.
    pub fn ask(&self) {
        self.asked.notify_one();
    }

    pub(super) async fn asked(&self) {
        self.asked.notified().await;
    }
}

/// How the configuration is read anew, and when.
pub struct Reloading {
    /// Reads it.
    pub read: ReadConfig,
    /// What was read at the start.
    pub in_force: Config,
    /// Asks for it.
    pub signal: ReloadSignal,
}

/// Everything that a configuration reaches while it is in use.
pub(super) struct Reached {
    pub(super) screener: Screener,
    pub(super) importer: Arc<Importer>,
    pub(super) syncs: SyncHandle,
    pub(super) trust: Arc<ArcSwap<TrustPolicy>>,
    pub(super) monitor: Arc<Monitor>,
    pub(super) webhooks: Webhooks,
    pub(super) identities: Arc<ArcSwap<Identities>>,
    pub(super) tls: Option<Tls>,
}

/// Takes over a new configuration.
pub(super) struct Reloader {
    read: ReadConfig,
    /// Held while one is taken over: one after another.
    in_force: Mutex<Config>,
    reached: Reached,
    recorder: Recorder,
    manager: ServiceManager,
}

impl Reloader {
    pub(super) fn new(
        (read, in_force): (ReadConfig, Config),
        reached: Reached,
        recorder: Recorder,
        manager: ServiceManager,
    ) -> Self {
        Self {
            read,
            in_force: Mutex::new(in_force),
            reached,
            recorder,
            manager,
        }
    }

    /// Reads the configuration anew and takes it over: all that can be, or
    /// nothing.
    ///
    /// # Errors
    ///
    /// If there is no file, it is wrong, or the audit log does not take it.
    pub(super) fn reload(&self, caller: &str) -> Result<Reloaded, ReloadError> {
        let mut in_force = self.in_force.lock();
        self.manager.reloading();
        let outcome = self.take_over(&mut in_force, caller);
        self.manager.ready();
        drop(in_force);
        metrics::edge().reloaded(outcome.is_ok());
        match &outcome {
            Ok(reloaded) => {
                let Changes {
                    live,
                    needs_restart,
                } = &reloaded.changes;
                info!(
                    caller,
                    changed = live.join(", "),
                    needs_restart = needs_restart.join(", "),
                    "the configuration was read anew"
                );
            }
            Err(error) => self.tell_refused(caller, error),
        }
        outcome
    }

    fn take_over(&self, in_force: &mut Config, caller: &str) -> Result<Reloaded, ReloadError> {
        let next = (self.read)()?.ok_or(ReloadError::NoFile)?;
        let (next, changes) = in_force.reloaded(next);
        // What was checked in the file must hold on the listeners there are.
        next.check_test_addresses()?;
        let monitoring = &next.monitoring;
        Webhooks::check(&monitoring.webhooks, monitoring.ca_file.as_deref())
            .map_err(ReloadError::Webhooks)?;
        if let Some(tls) = &self.reached.tls {
            // They are renewed by themselves, whatever becomes of the rest.
            tls.refresh()
                .map_err(|error| ReloadError::Tls(Box::new(error)))?;
        }
        let rules = next.rules();
        let reloaded = Reloaded {
            changes,
            before: in_force.file_digest,
            after: next.file_digest,
            policy_version: rules.version(),
        };
        self.record(caller, &reloaded, &rules)?;
        self.apply(in_force, &next, rules);
        *in_force = next;
        Ok(reloaded)
    }

    /// Tells the log before anything changes: what is answered by a policy
    /// must be found after it.
    fn record(&self, caller: &str, reloaded: &Reloaded, rules: &Rules) -> Result<(), ReloadError> {
        let digest = |digest: Option<[u8; 32]>| {
            digest.map_or_else(Bytes::new, |digest| Bytes::copy_from_slice(&digest))
        };
        let policy_version = Bytes::copy_from_slice(&reloaded.policy_version);
        Ok(self.recorder.events([
            Event::Reloaded(Record {
                caller: caller.to_owned(),
                file_digest_before: digest(reloaded.before),
                file_digest: digest(reloaded.after),
                changed: reloaded.changes.live.clone(),
                needs_restart: reloaded.changes.needs_restart.clone(),
            }),
            Event::Configured(Configured {
                file_digest: digest(reloaded.after),
                policy_version,
                policy: rules.description().to_owned(),
            }),
        ])?)
    }

    fn apply(&self, before: &Config, next: &Config, rules: Rules) {
        let reached = &self.reached;
        // What is demanded of a source, before it is fetched anew.
        reached.importer.adopt(demands(next));
        reached.trust.store(Arc::new(next.trust.clone()));
        reached.screener.adopt(rules);
        if before.feeds != next.feeds {
            reached.syncs.adopt(next.feeds.clone());
        }
        let monitoring = &next.monitoring;
        reached.monitor.adopt(monitoring.terms.clone());
        let ca_file = monitoring.ca_file.clone();
        reached.webhooks.adopt(monitoring.webhooks.clone(), ca_file);
        let known = reached.identities.load_full();
        let identities = Arc::new(Identities::new(&next.access, Some(&known)));
        reached.identities.store(identities.clone());
        identities.succeed(&known);
        if before.log.filter != next.log.filter {
            telemetry::set_filter(&next.log.filter);
        }
        warn_of(before, next);
    }

    fn tell_refused(&self, caller: &str, error: &ReloadError) {
        let mut why = in_one_line(error);
        warn!(caller, error = %why, "the configuration is refused: the one in force stays");
        why.truncate(why.floor_char_boundary(WHY_BYTES_MAX));
        let refused = Event::Refused(Refused {
            call: CALL.to_owned(),
            caller: caller.to_owned(),
            why,
            ..Refused::default()
        });
        if let Err(error) = self.recorder.event(refused) {
            warn!(%error, "the audit log could not be told of the refusal");
        }
    }
}

/// What is demanded of imports.
pub(super) fn demands(config: &Config) -> Demands {
    Demands {
        terms: config.terms.clone(),
        signed_only: config.signed_only.clone(),
        second_person: config.second_person,
        bounds: Bounds {
            entries_max: config.limits.import_entries_max,
            bytes_max: config.limits.import_file_bytes_max,
        },
    }
}

/// Says what an operator should not overlook.
fn warn_of(before: &Config, next: &Config) {
    if next.test_addresses.enabled && !before.test_addresses.enabled {
        warn_of_tests();
    }
    if next.access.anonymous != before.access.anonymous && next.access.anonymous != Roles::NONE {
        warn!(roles = %next.access.anonymous, "whoever proves nothing has these roles now");
    }
}

/// Says that test addresses are answered.
pub(super) fn warn_of_tests() {
    warn!("test addresses are answered as such: leave [test_addresses] out in production");
}
