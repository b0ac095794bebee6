//! `[audit]`: what "written" survives, and how the log is kept.

use serde::Deserialize;

use crate::audit::{Durability, Settings};

use super::ConfigError;
use super::file::span;

/// `[audit]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AuditTable {
    durability: Option<String>,
    sync_within: Option<String>,
    queue_bytes_max: Option<u64>,
    segment_bytes_max: Option<u64>,
    segment_age_max: Option<String>,
    checkpoint_every: Option<String>,
    retention_years: Option<u32>,
    origin: Option<String>,
}

impl AuditTable {
    /// Checks it against what it must be.
    pub(super) fn checked(self) -> Result<Settings, ConfigError> {
        let default = Settings::default();
        let durability = match self.durability.as_deref() {
            None | Some("process") => Durability::Process,
            Some("strict") => Durability::Strict,
            Some(other) => {
                let rule = format!("is `{other}`: choose `process` or `strict`");
                return Err(ConfigError::value("audit.durability", rule));
            }
        };
        let bytes = |key: &str, given: Option<u64>, default: u64, (min, max): (u64, u64)| {
            let value = given.unwrap_or(default);
            if (min..=max).contains(&value) {
                return Ok(value);
            }
            let rule = format!("is {value}, and must be {min} to {max}");
            Err(ConfigError::value(format!("audit.{key}"), rule))
        };
        let queue = bytes(
            "queue_bytes_max",
            self.queue_bytes_max,
            default.queue_bytes_max as u64,
            (1 << 20, 4 << 30),
        )?;
        if self.retention_years.is_some_and(|years| years > 1_000) {
            let rule = "must be at most 1000; 0 keeps records for ever";
            return Err(ConfigError::value("audit.retention_years", rule));
        }
        Ok(Settings {
            durability,
            sync_within: span(
                "audit.sync_within",
                self.sync_within.as_deref(),
                default.sync_within,
            )?,
            queue_bytes_max: usize::try_from(queue).unwrap_or(usize::MAX),
            segment_bytes_max: bytes(
                "segment_bytes_max",
                self.segment_bytes_max,
                default.segment_bytes_max,
                (1 << 16, 4 << 30),
            )?,
            segment_age_max: span(
                "audit.segment_age_max",
                self.segment_age_max.as_deref(),
                default.segment_age_max,
            )?,
            checkpoint_every: span(
                "audit.checkpoint_every",
                self.checkpoint_every.as_deref(),
                default.checkpoint_every,
            )?,
            retention_years: self.retention_years.unwrap_or(default.retention_years),
            origin: self.origin.map(checked_origin).transpose()?,
            ..default
        })
    }
}

/// The name of a key in a C2SP signed note has no blank and no plus.
fn checked_origin(origin: String) -> Result<String, ConfigError> {
    let plain = |character: char| character.is_ascii_graphic() && character != '+';
    if (1..=200).contains(&origin.len()) && origin.chars().all(plain) {
        return Ok(origin);
    }
    Err(ConfigError::value(
        "audit.origin",
        "must be 1 to 200 printable ASCII characters without blanks and `+`: `example.com/audit`",
    ))
}
