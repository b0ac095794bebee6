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

use super::audit::AuditTable;
use super::bundles::{BackupsTable, BundlesTable};
use super::monitor::{MonitoringTable, WebhookTable};
use super::sources::{self, SourceTable};
use super::sync::SyncTable;
use super::{Config, ConfigError, Limits, Log, Runtime, duration};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    data_dir: Option<PathBuf>,
    listen: Option<String>,
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
    limits: LimitsTable,
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

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LimitsTable {
    connections_max: Option<u64>,
    connections_per_peer_max: Option<u64>,
    streams_per_connection_max: Option<u64>,
    preface_timeout: Option<String>,
    request_bytes_max: Option<u64>,
    chunk_bytes_max: Option<u64>,
    batch_addresses_max: Option<u64>,
    chunk_addresses_max: Option<u64>,
    stream_idle_timeout: Option<String>,
    import_file_bytes_max: Option<u64>,
    import_entries_max: Option<u64>,
}

impl File {
    pub(super) fn checked(self) -> Result<Config, ConfigError> {
        let default = Config::default();
        let listen = match &self.listen {
            Some(text) => text.parse::<SocketAddr>().map_err(|_| {
                ConfigError::value(
                    "listen",
                    format!("is `{text}`, not an address such as 127.0.0.1:50051"),
                )
            })?,
            None => default.listen,
        };
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
        let signed = sources.signed.into_iter().collect();
        let (trust, signed_only) = self.bundles.checked(signed)?;
        Ok(Config {
            data_dir: self.data_dir,
            listen,
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
            policy: self.policy.checked()?,
            limits: self.limits.checked()?,
        })
    }
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

impl LimitsTable {
    fn checked(self) -> Result<Limits, ConfigError> {
        let default = Limits::default();
        let count = |key: &str, given: Option<u64>, default: usize, range: (u64, u64)| {
            bounded(key, given, default as u64, range).map(|value| value as usize)
        };
        Ok(Limits {
            connections_max: count(
                "connections_max",
                self.connections_max,
                default.connections_max,
                (1, 1 << 20),
            )?,
            connections_per_peer_max: count(
                "connections_per_peer_max",
                self.connections_per_peer_max,
                default.connections_per_peer_max,
                (1, 1 << 20),
            )?,
            streams_per_connection_max: count(
                "streams_per_connection_max",
                self.streams_per_connection_max,
                default.streams_per_connection_max as usize,
                (1, 10_000),
            )? as u32,
            preface_timeout: span(
                "limits.preface_timeout",
                self.preface_timeout.as_deref(),
                default.preface_timeout,
            )?,
            request_bytes_max: count(
                "request_bytes_max",
                self.request_bytes_max,
                default.request_bytes_max,
                (4096, 1 << 20),
            )?,
            chunk_bytes_max: count(
                "chunk_bytes_max",
                self.chunk_bytes_max,
                default.chunk_bytes_max,
                (65_536, 64 << 20),
            )?,
            batch_addresses_max: count(
                "batch_addresses_max",
                self.batch_addresses_max,
                default.batch_addresses_max,
                (1, 100_000),
            )?,
            chunk_addresses_max: count(
                "chunk_addresses_max",
                self.chunk_addresses_max,
                default.chunk_addresses_max,
                (1, 100_000),
            )?,
            stream_idle_timeout: span(
                "limits.stream_idle_timeout",
                self.stream_idle_timeout.as_deref(),
                default.stream_idle_timeout,
            )?,
            import_file_bytes_max: bounded(
                "import_file_bytes_max",
                self.import_file_bytes_max,
                default.import_file_bytes_max,
                (1024, 16 << 30),
            )?,
            import_entries_max: count(
                "import_entries_max",
                self.import_entries_max,
                default.import_entries_max,
                (1, 1_000_000_000),
            )?,
        })
    }
}

fn bounded(
    key: &str,
    given: Option<u64>,
    default: u64,
    (min, max): (u64, u64),
) -> Result<u64, ConfigError> {
    let value = given.unwrap_or(default);
    if (min..=max).contains(&value) {
        return Ok(value);
    }
    let rule = format!("is {value}, and must be {min} to {max}");
    Err(ConfigError::value(format!("limits.{key}"), rule))
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
