//! The shape of the configuration file, and its way to checked values.
//!
//! Every table refuses keys it does not know: a misspelt `max_age` must not
//! silently mean "any age".

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::filter::FalsePositiveRate;
use crate::freshness::{Requirements, SourceRule};
use crate::policy::{Policy, TierRules};
use crate::verdict::Action;

use super::access::AccessTable;
use super::audit::AuditTable;
use super::bundles::{BackupsTable, BundlesTable};
use super::http::HttpTable;
use super::limits::LimitsTable;
use super::listen::{Listen, ListenTable, Listeners};
use super::monitor::{MonitoringTable, WebhookTable};
use super::sources::{self, SourceTable};
use super::sync::SyncTable;
use super::test_addresses::TestAddressesTable;
use super::tls::{self, TlsTable};
use super::tracing::TracingTable;
use super::{Config, ConfigError, Log, Runtime, duration};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    data_dir: Option<PathBuf>,
    listen: Option<String>,
    admin: ListenTable,
    http: HttpTable,
    metrics: ListenTable,
    tls: TlsTable,
    access: AccessTable,
    workers: Option<usize>,
    runtime: Option<String>,
    drain: Option<String>,
    log: LogTable,
    filter: FilterTable,
    freshness: FreshnessTable,
    sources: Vec<SourceTable>,
    sync: SyncTable,
    policy: PolicyTable,
    operator: OperatorTable,
    bundles: BundlesTable,
    backups: BackupsTable,
    audit: AuditTable,
    monitoring: MonitoringTable,
    webhooks: Vec<WebhookTable>,
    tracing: TracingTable,
    limits: LimitsTable,
    test_addresses: TestAddressesTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LogTable {
    filter: Option<String>,
    format: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FilterTable {
    false_positive_rate: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FreshnessTable {
    accept_bundled: Option<bool>,
    sanctions_max_age: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct OperatorTable {
    second_person: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PolicyTable {
    sanctions: RulesTable,
    law_enforcement: RulesTable,
    attributed: RulesTable,
    operator: RulesTable,
    delisted: Option<String>,
    related: Option<String>,
    other_tag: Option<String>,
    indeterminate: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RulesTable {
    direct: Option<String>,
    same_key: Option<String>,
    same_script: Option<String>,
}

impl File {
    pub(super) fn checked(self) -> Result<Config, ConfigError> {
        let default = Config::default();
        let listen = listen(self.listen.as_deref(), default.listen)?;
        if self.workers == Some(0) || self.workers.is_some_and(|workers| workers > 1024) {
            return Err(ConfigError::value(
                "workers",
                "must be 1 to 1024; leave it out for one per core",
            ));
        }
        let runtime = match self.runtime.as_deref() {
            None | Some("per-core") => Runtime::PerCore,
            Some("work-stealing") => Runtime::WorkStealing,
            Some(other) => {
                let rule = format!("is `{other}`: choose `per-core` or `work-stealing`");
                return Err(ConfigError::value("runtime", rule));
            }
        };
        let rate = match self.filter.false_positive_rate {
            Some(rate) => FalsePositiveRate::new(rate).map_err(|error| {
                ConfigError::value("filter.false_positive_rate", error.to_string())
            })?,
            None => default.false_positive_rate,
        };
        let sources = sources::checked(self.sources, &self.sync)?;
        let (trust, signed_only) = self.bundles.checked(sources.signed.into_iter().collect())?;
        let beside = default.listeners;
        let (http, http_hosts) = self.http.checked(beside.http)?;
        let listeners = Listeners {
            admin: self.admin.checked("admin", beside.admin)?,
            http,
            metrics: self.metrics.checked("metrics", beside.metrics)?,
        };
        let public = Listen::Tcp(listen);
        let all = [&public, &listeners.admin, &listeners.http];
        let access = self.access.checked(all.iter().all(|one| one.is_local()))?;
        tls::plaintext(&self.tls.allow_plaintext_on_network)?;
        Ok(Config {
            data_dir: self.data_dir,
            listen,
            listeners,
            http_hosts,
            plaintext_on_network: self.tls.allow_plaintext_on_network.clone(),
            tls: self.tls.checked()?,
            access,
            workers: self.workers,
            runtime,
            drain: span("drain", self.drain.as_deref(), default.drain)?,
            log: self.log.checked(default.log)?,
            false_positive_rate: rate,
            requirements: requirements(self.freshness, sources.rules)?,
            terms: sources.terms,
            feeds: sources.feeds,
            second_person: self.operator.second_person.unwrap_or_default(),
            trust,
            signed_only,
            backups_dir: self.backups.dir,
            audit: self.audit.checked()?,
            file_digest: None,
            monitoring: self.monitoring.checked(self.webhooks)?,
            tracing: self.tracing.checked()?,
            policy: self.policy.checked()?,
            limits: self.limits.checked()?,
            test_addresses: self.test_addresses.checked(),
        })
    }
}

fn listen(given: Option<&str>, default: SocketAddr) -> Result<SocketAddr, ConfigError> {
    given.map_or(Ok(default), |text| {
        text.parse().map_err(|_| {
            let rule = format!("is `{text}`, not an address such as 127.0.0.1:50051");
            ConfigError::value("listen", rule)
        })
    })
}

impl LogTable {
    fn checked(self, default: Log) -> Result<Log, ConfigError> {
        let json = match self.format.as_deref() {
            None | Some("text") => false,
            Some("json") => true,
            Some(other) => {
                let rule = format!("is `{other}`: choose `text` or `json`");
                return Err(ConfigError::value("log.format", rule));
            }
        };
        let filter = self.filter.unwrap_or(default.filter);
        filter
            .parse::<tracing_subscriber::EnvFilter>()
            .map_err(|error| ConfigError::value("log.filter", error.to_string()))?;
        Ok(Log { filter, json })
    }
}

/// What the sources must be for an absence to count.
fn requirements(
    freshness: FreshnessTable,
    rules: Vec<SourceRule>,
) -> Result<Requirements, ConfigError> {
    let default = Requirements::default();
    let sanctions_max_age = match freshness.sanctions_max_age.as_deref() {
        Some(text) => Some(span(
            "freshness.sanctions_max_age",
            Some(text),
            Duration::ZERO,
        )?),
        None => default.sanctions_max_age,
    };
    Ok(Requirements {
        sources: rules,
        sanctions_max_age,
        accept_bundled: freshness.accept_bundled.unwrap_or(default.accept_bundled),
    })
}

impl PolicyTable {
    fn checked(self) -> Result<Policy, ConfigError> {
        let default = Policy::default();
        let policy = Policy {
            sanctions: self.sanctions.checked("sanctions", default.sanctions)?,
            law_enforcement: self
                .law_enforcement
                .checked("law_enforcement", default.law_enforcement)?,
            attributed: self.attributed.checked("attributed", default.attributed)?,
            operator: self.operator.checked("operator", default.operator)?,
            delisted: action("policy.delisted", self.delisted, default.delisted)?,
            related: action("policy.related", self.related, default.related)?,
            other_tag: action("policy.other_tag", self.other_tag, default.other_tag)?,
            indeterminate: action(
                "policy.indeterminate",
                self.indeterminate,
                default.indeterminate,
            )?,
        };
        policy
            .checked()
            .map_err(|error| ConfigError::value("policy", format!("is refused: {error}")))
    }
}

impl RulesTable {
    fn checked(self, tier: &str, default: TierRules) -> Result<TierRules, ConfigError> {
        let key = |row: &str| format!("policy.{tier}.{row}");
        Ok(TierRules {
            direct: action(&key("direct"), self.direct, default.direct)?,
            same_key: action(&key("same_key"), self.same_key, default.same_key)?,
            same_script: action(&key("same_script"), self.same_script, default.same_script)?,
        })
    }
}

pub(super) fn span(
    key: &str,
    given: Option<&str>,
    default: Duration,
) -> Result<Duration, ConfigError> {
    let Some(text) = given else {
        return Ok(default);
    };
    let value = duration::parse(text)
        .map_err(|rule| ConfigError::value(key, format!("is wrong: {rule}")))?;
    if value.is_zero() {
        return Err(ConfigError::value(key, "must be more than nothing"));
    }
    Ok(value)
}

fn action(key: &str, given: Option<String>, default: Action) -> Result<Action, ConfigError> {
    given.map_or(Ok(default), |text| {
        text.parse().map_err(|error: crate::list::UnknownName| {
            ConfigError::value(key, format!("is wrong: {error}"))
        })
    })
}
