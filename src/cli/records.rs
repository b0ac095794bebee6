//! `audit export` and `audit replay`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use crate::verdict::Action;

use super::{Output, Server};

/// Where the log is: a data directory, or the daemon that keeps it.
#[derive(Debug, Args)]
pub struct LogPlace {
    /// Read the files of this data directory; fine beside a running daemon
    #[arg(long, env = "INTERDICT_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Or ask this daemon, and who asks.
    #[command(flatten)]
    pub server: Server,
}

/// `audit export`
#[derive(Debug, Args)]
pub struct ExportRecords {
    /// Where the log is.
    #[command(flatten)]
    pub place: LogPlace,
    /// How to write them [default: told from the file's name, else ndjson]
    #[arg(long, value_enum, value_name = "F")]
    pub format: Option<ExportFormat>,
    /// Where to write them [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Not before this instant (2026-11-22T10:00:00Z)
    #[arg(long, value_name = "WHEN")]
    pub from: Option<Timestamp>,
    /// Before this instant
    #[arg(long, value_name = "WHEN")]
    pub to: Option<Timestamp>,
    /// Screenings with this verdict: LISTED, NOT_LISTED, INDETERMINATE
    #[arg(long, value_name = "V")]
    pub verdict: Option<VerdictName>,
    /// Screenings with this action: ALLOW, REVIEW, BLOCK
    #[arg(long, value_name = "A")]
    pub action: Option<Action>,
    /// Screenings of this address, in any spelling
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<String>,
    /// The network of that address, as a hint
    #[arg(long, value_name = "N", default_value = "")]
    pub network: String,
    /// Those with this reference of the caller's
    #[arg(long, value_name = "TEXT")]
    pub reference: Option<String>,
    /// Screenings only
    #[arg(long)]
    pub screenings: bool,
}

/// How records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One row each, the columns that matter.
    Csv,
    /// One JSON object each, with all that the record says.
    Ndjson,
    /// The rows of CSV, for tools that read columns.
    Parquet,
}

/// A verdict by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VerdictName {
    /// An entry covered the address.
    Listed,
    /// None did.
    NotListed,
    /// Neither could be said.
    Indeterminate,
}

/// `audit replay`
#[derive(Debug, Args)]
pub struct ReplayRecords {
    /// The data directory, with its lists and its log; fine beside a running
    /// daemon
    #[arg(long, env = "INTERDICT_DATA_DIR", value_name = "DIR")]
    pub data_dir: PathBuf,
    /// The configuration of the daemon that keeps it
    #[arg(long, env = "INTERDICT_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Screenings not before this instant (2026-11-22T10:00:00Z)
    #[arg(long, value_name = "WHEN")]
    pub from: Option<Timestamp>,
    /// Screenings before this instant
    #[arg(long, value_name = "WHEN")]
    pub to: Option<Timestamp>,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
}
