//! What an operator may set of the log, as plain values.

use std::time::Duration;

/// What "written" survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// The end of the process: the record is with the kernel, and on the disk
    /// at most [`Settings::sync_within`] later.
    Process,
    /// The end of the machine: the record is on the disk.
    Strict,
}

impl Durability {
    /// Returns its name, as the configuration and the records have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Strict => "strict",
        }
    }
}

/// How a log is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What an ordinary answer waits for.
    pub durability: Durability,
    /// Longest time that a record may be with the kernel alone.
    pub sync_within: Duration,
    /// Most bytes that may wait for the kernel.
    pub queue_bytes_max: usize,
    /// A segment of this size is closed and sealed.
    pub segment_bytes_max: u64,
    /// So is one of this age, if it holds anything.
    pub segment_age_max: Duration,
    /// How often the tree is signed while anything is new.
    pub checkpoint_every: Duration,
    /// Most records between two signatures within the log.
    pub checkpoint_records: u64,
    /// For how long records are kept; zero: for ever.
    pub retention_years: u32,
    /// The name that the log must have; absent: whichever it has.
    pub origin: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            durability: Durability::Process,
            sync_within: Duration::from_millis(50),
            queue_bytes_max: 64 << 20,
            segment_bytes_max: 256 << 20,
            segment_age_max: Duration::from_hours(7 * 24),
            checkpoint_every: Duration::from_secs(1),
            checkpoint_records: 10_000,
            retention_years: 10,
            origin: None,
        }
    }
}
