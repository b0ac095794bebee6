//! `rescreen`: files of addresses against the lists.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::civil::Date;

use super::{Output, Server};

/// How a file of addresses is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FileFormat {
    /// Comma-separated values, or with another delimiter.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// Apache Parquet.
    Parquet,
}

/// `rescreen`
#[derive(Debug, Args)]
pub struct Rescreen {
    /// The column that holds the addresses; its number with --no-header
    #[arg(long, value_name = "NAME")]
    pub column: String,
    /// A column that says the network: a ticker or a CAIP-2 id, as a hint
    #[arg(long, value_name = "NAME")]
    pub network_column: Option<String>,
    /// A column with the day to ask about in each row (YYYY-MM-DD or RFC
    /// 3339): was it listed when we paid it? Needs --data-dir
    #[arg(long, value_name = "NAME", conflicts_with_all = ["as_of", "since_generation"])]
    pub date_column: Option<String>,
    /// Where the rows go, in the format of the input
    #[arg(short, long, value_name = "OUT", required_unless_present = "summary")]
    pub out: Option<PathBuf>,
    /// How the files are written [default: told by their names]
    #[arg(long, value_enum, value_name = "F")]
    pub format: Option<FileFormat>,
    /// What separates the values of a CSV file: one ASCII character or `tab`
    /// [default: a comma; a tab for `.tsv`]
    #[arg(long, value_name = "C")]
    pub delimiter: Option<String>,
    /// The CSV files have no header; columns are numbered from 1
    #[arg(long)]
    pub no_header: bool,
    /// Write only rows whose action is not ALLOW, with their row number
    #[arg(long)]
    pub hits_only: bool,
    /// Write no rows: totals only
    #[arg(long, conflicts_with_all = ["out", "hits_only"])]
    pub summary: bool,
    /// What was in force on this day (YYYY-MM-DD)
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<Date>,
    /// What was known at this generation
    #[arg(long, value_name = "N")]
    pub generation: Option<u64>,
    /// Write only rows whose answer differs from that of this generation
    #[arg(long, value_name = "N", conflicts_with = "hits_only")]
    pub since_generation: Option<u64>,
    /// Write a report for people: one HTML file
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Throw away what an interrupted run left, and start over
    #[arg(long)]
    pub restart: bool,
    /// How often progress is made safe, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(0..=3600))]
    pub checkpoint: u64,
    /// Read this data directory and ask no daemon
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Configuration file (TOML) for policy and freshness, with --data-dir
    #[arg(long, value_name = "FILE", requires = "data_dir")]
    pub config: Option<PathBuf>,
    /// The daemon, without --data-dir, and who asks.
    #[command(flatten)]
    pub server: Server,
    /// Threads, or streams to the daemon [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
    /// Totals for people or for machines
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// The files, of one format; CSV and NDJSON may be packed by gzip or zstd
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}
