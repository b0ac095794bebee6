//! `audit`: reading the log, and proving what it says.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::records::{ExportRecords, LogPlace, ReplayRecords};
use super::{Ask, Output};

/// `audit`
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that the log is whole and is what was signed; needs no daemon
    #[command(after_help = "\
Examples:
  interdict audit verify --data-dir /var/lib/interdict/data
  interdict audit verify --data-dir DIR --key key.pub --checkpoint kept-elsewhere

Exit codes: 0 it is whole, 5 it is not: the first broken record is named.")]
    Verify(VerifyLog),
    /// Show a record
    #[command(after_help = "\
Example:
  interdict audit show 019aab10-4c2e-7d11-9f6e-0242ac120002

The id is the screening id of an answer.")]
    Show(ShowRecord),
    /// Write records as CSV, NDJSON or Parquet
    #[command(after_help = "\
Examples:
  interdict audit export --verdict LISTED -o hits.csv
  interdict audit export --data-dir DIR --from 2026-11-01T00:00:00Z -o november.parquet
  interdict audit export --address 0x… --screenings
  interdict audit export --reference 'customer 4711'")]
    Export(ExportRecords),
    /// Write the proof that a record is in the log
    #[command(after_help = "\
Example:
  interdict audit receipt ID -o receipt.json")]
    Receipt(WriteReceipt),
    /// Check a receipt with nothing but the public key
    #[command(after_help = "\
Example:
  interdict audit check-receipt receipt.json --key 'example.com/audit+1a2b3c4d+AaBb…'

Exit codes: 0 it proves what is printed, 5 it proves nothing.")]
    CheckReceipt(CheckReceipt),
    /// Print the newest signed checkpoint: keep it where nobody who can change
    /// the log can reach it
    #[command(after_help = "\
Example:
  interdict audit checkpoint > checkpoint-2026-11-22")]
    Checkpoint(Ask),
    /// Do recorded screenings again, against their own generations
    #[command(after_help = "\
Example:
  interdict audit replay --data-dir /var/lib/interdict/data --config /etc/interdict/interdict.toml

Exit codes: 0 no difference, 5 something differs.")]
    Replay(ReplayRecords),
}

/// `audit verify`
#[derive(Debug, Args)]
pub struct VerifyLog {
    /// The data directory; fine beside a running daemon
    #[arg(long, env = "INTERDICT_DATA_DIR", value_name = "DIR")]
    pub data_dir: PathBuf,
    /// The log's public key, or a file that holds it [default: the one beside
    /// the log, which whoever changes the log can change too]
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// A checkpoint that was kept elsewhere: the log must still hold it
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Threads [default: one per core]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
}

/// `audit show`
#[derive(Debug, Args)]
pub struct ShowRecord {
    /// Where the log is.
    #[command(flatten)]
    pub place: LogPlace,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// Its id
    #[arg(value_name = "ID")]
    pub id: Uuid,
}

/// `audit receipt`
#[derive(Debug, Args)]
pub struct WriteReceipt {
    /// Where the log is.
    #[command(flatten)]
    pub place: LogPlace,
    /// Where to write it [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The record's id
    #[arg(value_name = "ID")]
    pub id: Uuid,
}

/// `audit check-receipt`
#[derive(Debug, Args)]
pub struct CheckReceipt {
    /// The receipt
    #[arg(value_name = "FILE")]
    pub receipt: PathBuf,
    /// The log's public key, or a file that holds it
    #[arg(long, value_name = "KEY")]
    pub key: String,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
}
