//! `[limits]`: what is taken from outside at most.

use std::time::Duration;

use serde::Deserialize;

use super::ConfigError;
use super::file::span;

/// What is taken from outside at most. `docs/interdict.example.toml` has the
/// reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections in all.
    pub connections_max: usize,
    /// Connections of one address.
    pub connections_per_peer_max: usize,
    /// Calls under way at once, of everybody together.
    pub calls_max: usize,
    /// Streams open at once on one connection.
    pub streams_per_connection_max: u32,
    /// Time from accept to the whole HTTP/2 preface.
    pub preface_timeout: Duration,
    /// Bytes of one unary request.
    pub request_bytes_max: usize,
    /// Bytes of a batch or of one message of a stream.
    pub chunk_bytes_max: usize,
    /// Addresses in one `ScreenAddresses`.
    pub batch_addresses_max: usize,
    /// Addresses in one chunk of a rescreen.
    pub chunk_addresses_max: usize,
    /// Time a peer may take nothing of what it asked for.
    pub stall_timeout: Duration,
    /// Age at which a connection is asked to come again, within a fifth.
    pub connection_age: Duration,
    /// Silence after which a peer is asked whether it is there.
    pub keepalive_interval: Duration,
    /// Time it has to say so.
    pub keepalive_timeout: Duration,
    /// Time for a call that is no stream, its body included.
    pub request_timeout: Duration,
    /// Time a stream may stand still before it is ended.
    pub stream_idle_timeout: Duration,
    /// Bytes of one imported file.
    pub import_file_bytes_max: u64,
    /// Entries of one imported publication.
    pub import_entries_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 4096,
            connections_per_peer_max: 1024,
            calls_max: 8192,
            streams_per_connection_max: 200,
            preface_timeout: Duration::from_secs(5),
            request_bytes_max: 64 << 10,
            chunk_bytes_max: 1 << 20,
            batch_addresses_max: 1000,
            chunk_addresses_max: 10_000,
            stall_timeout: Duration::from_secs(7),
            connection_age: Duration::from_secs(30 * 60),
            keepalive_interval: Duration::from_secs(5),
            keepalive_timeout: Duration::from_secs(4),
            request_timeout: Duration::from_secs(8),
            stream_idle_timeout: Duration::from_secs(60),
            import_file_bytes_max: 512 << 20,
            import_entries_max: 20_000_000,
        }
    }
}

/// `[limits]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LimitsTable {
    connections_max: Option<u64>,
    connections_per_peer_max: Option<u64>,
    calls_max: Option<u64>,
    streams_per_connection_max: Option<u64>,
    preface_timeout: Option<String>,
    stall_timeout: Option<String>,
    connection_age: Option<String>,
    keepalive_interval: Option<String>,
    keepalive_timeout: Option<String>,
    request_timeout: Option<String>,
    request_bytes_max: Option<u64>,
    chunk_bytes_max: Option<u64>,
    batch_addresses_max: Option<u64>,
    chunk_addresses_max: Option<u64>,
    stream_idle_timeout: Option<String>,
    import_file_bytes_max: Option<u64>,
    import_entries_max: Option<u64>,
}

impl LimitsTable {
    /// Checks it against what it must be.
    pub(super) fn checked(self) -> Result<Limits, ConfigError> {
        let mut limits = Limits::default();
        let Limits {
            streams_per_connection_max: streams,
            import_file_bytes_max: file_bytes,
            ..
        } = &mut limits;
        let given = self.streams_per_connection_max;
        let most = bounded(
            "streams_per_connection_max",
            given,
            (*streams).into(),
            (1, 10_000),
        )?;
        *streams = u32::try_from(most).unwrap_or(u32::MAX);
        let given = self.import_file_bytes_max;
        *file_bytes = bounded(
            "import_file_bytes_max",
            given,
            *file_bytes,
            (1024, 16 << 30),
        )?;
        self.counts(&mut limits)?;
        self.times(&mut limits)?;
        Ok(limits)
    }

    fn counts(&self, limits: &mut Limits) -> Result<(), ConfigError> {
        for (key, given, value, range) in [
            (
                "connections_max",
                self.connections_max,
                &mut limits.connections_max,
                (1, 1 << 20),
            ),
            (
                "connections_per_peer_max",
                self.connections_per_peer_max,
                &mut limits.connections_per_peer_max,
                (1, 1 << 20),
            ),
            (
                "calls_max",
                self.calls_max,
                &mut limits.calls_max,
                (1, 1 << 24),
            ),
            (
                "request_bytes_max",
                self.request_bytes_max,
                &mut limits.request_bytes_max,
                (4096, 1 << 20),
            ),
            (
                "chunk_bytes_max",
                self.chunk_bytes_max,
                &mut limits.chunk_bytes_max,
                (65_536, 64 << 20),
            ),
            (
                "batch_addresses_max",
                self.batch_addresses_max,
                &mut limits.batch_addresses_max,
                (1, 100_000),
            ),
            (
                "chunk_addresses_max",
                self.chunk_addresses_max,
                &mut limits.chunk_addresses_max,
                (1, 100_000),
            ),
            (
                "import_entries_max",
                self.import_entries_max,
                &mut limits.import_entries_max,
                (1, 1_000_000_000),
            ),
        ] {
            *value = bounded(key, given, *value as u64, range)? as usize;
        }
        Ok(())
    }

    fn times(&self, limits: &mut Limits) -> Result<(), ConfigError> {
        for (key, given, value) in [
            (
                "preface_timeout",
                &self.preface_timeout,
                &mut limits.preface_timeout,
            ),
            (
                "stall_timeout",
                &self.stall_timeout,
                &mut limits.stall_timeout,
            ),
            (
                "connection_age",
                &self.connection_age,
                &mut limits.connection_age,
            ),
            (
                "keepalive_interval",
                &self.keepalive_interval,
                &mut limits.keepalive_interval,
            ),
            (
                "keepalive_timeout",
                &self.keepalive_timeout,
                &mut limits.keepalive_timeout,
            ),
            (
                "request_timeout",
                &self.request_timeout,
                &mut limits.request_timeout,
            ),
            (
                "stream_idle_timeout",
                &self.stream_idle_timeout,
                &mut limits.stream_idle_timeout,
            ),
        ] {
            *value = span(&format!("limits.{key}"), given.as_deref(), *value)?;
        }
        Ok(())
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
