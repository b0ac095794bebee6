//! `[sync]`: what holds for every download unless its source says otherwise.

use std::path::PathBuf;

use reqwest::header::HeaderValue;
use serde::Deserialize;

use crate::sync::feed::USER_AGENT;
use crate::sync::fetch::TransferLimits;

use super::ConfigError;
use super::file::span;

/// Publications whose raw files are kept, where nothing else is said.
const KEEP_RAW: usize = 10;

/// `[sync]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SyncTable {
    user_agent: Option<String>,
    ca_file: Option<PathBuf>,
    keep_raw: Option<usize>,
    connect_timeout: Option<String>,
    timeout: Option<String>,
    idle_timeout: Option<String>,
    bytes_per_second_min: Option<u64>,
}

/// What holds for every download unless its source says otherwise.
pub(super) struct Common {
    pub(super) user_agent: String,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) keep_raw: usize,
    pub(super) limits: TransferLimits,
}

impl SyncTable {
    /// Checks it against what it must be.
    pub(super) fn checked(&self) -> Result<Common, ConfigError> {
        let default = TransferLimits::default();
        let time = |key: &str, given: &Option<String>, default| {
            span(&format!("sync.{key}"), given.as_deref(), default)
        };
        let user_agent = self.user_agent.as_deref().unwrap_or(USER_AGENT);
        let named = |rule| ConfigError::value("sync.user_agent", rule);
        Ok(Common {
            user_agent: checked_user_agent(user_agent).map_err(named)?,
            ca_file: self.ca_file.clone(),
            keep_raw: self.keep_raw.unwrap_or(KEEP_RAW),
            limits: TransferLimits {
                connect_timeout: time(
                    "connect_timeout",
                    &self.connect_timeout,
                    default.connect_timeout,
                )?,
                timeout: time("timeout", &self.timeout, default.timeout)?,
                idle_timeout: time("idle_timeout", &self.idle_timeout, default.idle_timeout)?,
                bytes_per_second_min: self
                    .bytes_per_second_min
                    .unwrap_or(default.bytes_per_second_min),
                ..default
            },
        })
    }
}

/// Refuses what no header can carry.
pub(super) fn checked_user_agent(text: &str) -> Result<String, &'static str> {
    let fits = (1..=256).contains(&text.len()) && HeaderValue::from_str(text).is_ok();
    if fits && text.is_ascii() {
        return Ok(text.to_owned());
    }
    Err("must be 1 to 256 printable ASCII characters")
}
