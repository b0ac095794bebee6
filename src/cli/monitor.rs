//! Portfolios, and the alerts about them.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::portfolio::PortfolioName;

use super::{Ask, Server};

/// `portfolio`
#[derive(Debug, Subcommand)]
pub enum PortfolioCommand {
    /// Import a portfolio: addresses that are watched, and for whom
    #[command(after_help = "\
Examples:
  interdict portfolio import retail customers.csv --column address --reference-column customer
  interdict portfolio import retail new.ndjson --column address --reference-column id --add

Exit codes: 0 every row is watched, 10 some rows could not be read and are not.")]
    Import(ImportPortfolio),
    /// Show the portfolios
    List(Ask),
    /// Stop watching a portfolio and forget its members; alerts stay
    Remove(RemovePortfolio),
}

/// `portfolio import`
#[derive(Debug, Args)]
pub struct ImportPortfolio {
    /// Whom to send it to, and how to report.
    #[command(flatten)]
    pub ask: Ask,
    /// Column, or key, of the address
    #[arg(long, value_name = "NAME", default_value = "address")]
    pub column: String,
    /// Column, or key, of your own reference of the customer
    #[arg(long, value_name = "NAME")]
    pub reference_column: Option<String>,
    /// Column, or key, of the network: a ticker or a CAIP-2 id
    #[arg(long, value_name = "NAME")]
    pub network_column: Option<String>,
    /// Add to the portfolio instead of replacing it
    #[arg(long)]
    pub add: bool,
    /// Raise no alerts about members that are listed already
    #[arg(long)]
    pub no_initial: bool,
    /// How to read the file [default: by its ending]
    #[arg(long, value_enum)]
    pub format: Option<RowFormat>,
    /// Its name: a-z, 0-9, `-` and `_`
    #[arg(value_name = "NAME")]
    pub name: PortfolioName,
    /// The file; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// How rows stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RowFormat {
    /// Comma-separated, with a line of names.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

/// `portfolio remove`
#[derive(Debug, Args)]
pub struct RemovePortfolio {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
    /// Its name
    #[arg(value_name = "NAME")]
    pub name: PortfolioName,
}

/// `alerts`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Alerts {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
    /// Show those after this sequence
    #[arg(long, value_name = "SEQUENCE", default_value_t = 0)]
    pub after: u64,
    /// Show those that are acknowledged as well
    #[arg(long)]
    pub all: bool,
    /// Go on with those to come, one line each, until interrupted
    #[arg(long)]
    pub follow: bool,
    /// Show those of this portfolio only; may be repeated
    #[arg(long, value_name = "NAME")]
    pub portfolio: Vec<PortfolioName>,
    /// Something else about alerts.
    #[command(subcommand)]
    pub command: Option<AlertsCommand>,
}

/// `alerts …`
#[derive(Debug, Subcommand)]
pub enum AlertsCommand {
    /// Say that every alert up to one has been dealt with
    #[command(
        after_help = "Example:\n  interdict alerts ack 17 --author 'Ada Byron' --reason 'accounts frozen'"
    )]
    Ack(Acknowledge),
    /// Show how the webhooks stand
    Webhooks(Ask),
}

/// `alerts ack`
#[derive(Debug, Args)]
pub struct Acknowledge {
    /// The daemon, and who asks.
    #[command(flatten)]
    pub server: Server,
    /// Who you are
    #[arg(long, env = "INTERDICT_AUTHOR", value_name = "NAME")]
    pub author: String,
    /// Why
    #[arg(long, value_name = "WHY", default_value = "")]
    pub reason: String,
    /// Every alert up to and with this one
    #[arg(value_name = "SEQUENCE")]
    pub up_to: u64,
}
