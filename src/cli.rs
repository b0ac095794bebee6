//! The command line: what can be asked of the program, and its help.
//!
//! Values are checked by the types they become. A flag wins over its
//! environment variable, and that over the configuration file.

mod audit;
mod backup;
mod bundle;
mod daemon;
mod history;
mod keys;
mod lists;
mod monitor;
mod operator;
mod records;
mod rescreen;
mod server;
mod status;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::civil::Date;

pub use audit::{AuditCommand, CheckReceipt, ShowRecord, VerifyLog, WriteReceipt};
pub use backup::{BackupCommand, CreateBackup, RestoreBackup, VerifyBackup};
pub use bundle::{BundleCommand, Create, Export, ImportBundle, Keygen, Password, Verify};
pub use daemon::{ConfigCommand, Init, Serve};
pub use history::{History, Incident, Rollback};
pub use keys::{CreateKey, KeysCommand};
pub use lists::{CrossCheck, Diff, Generations, Import, Sync};
pub use monitor::{
    Acknowledge, Alerts, AlertsCommand, ImportPortfolio, PortfolioCommand, RemovePortfolio,
    RowFormat,
};
pub use operator::{
    ActArguments, AddAddress, GiveWord, ListAddresses, OperatorCommand, Pending, PendingCommand,
    RemoveAddress, ShowPending,
};
pub use records::{ExportFormat, ExportRecords, LogPlace, ReplayRecords, VerdictName};
pub use rescreen::{FileFormat, Rescreen};
pub use server::Server;
pub use status::{Color, Status, Watch};

const EXIT_CODES: &str = "\
Exit codes:
   0  done; for `screen` and `rescreen`: every address may pass (ALLOW)
  10  `screen`, `rescreen`: at least one address is for REVIEW
      `portfolio import`: at least one row cannot be watched
      `explain`: at least one text does not read strictly
      `status`: degraded
  20  `screen`, `rescreen`: at least one address is for BLOCK
      `status`: failing
   1  something went wrong that has no code of its own
   2  the command line is wrong
   3  the configuration is wrong; the message names the key
   4  the daemon cannot be reached, or cannot answer
   5  what was sent was refused: a bad file, a gate, a wrong date
      `audit verify`, `check-receipt`, `replay`, `bundle verify`,
      `cross-check`: it does not hold
   6  the data directory cannot be used";

/// Screens wallet addresses against sanctions and heist lists.
#[derive(Debug, Parser)]
#[command(name = "interdict", version, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be asked of the program.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a data directory
    #[command(after_help = "\
Examples:
  interdict init --data-dir /var/lib/interdict/data          with the bundled lists
  interdict init --data-dir /var/lib/interdict/data --empty  with none")]
    Init(Init),
    /// Serve a data directory: gRPC, HTTP, the console, metrics
    #[command(after_help = "\
Examples:
  interdict serve --data-dir /var/lib/interdict/data --listen 127.0.0.1:50051
  interdict serve --config /etc/interdict/interdict.toml")]
    Serve(Serve),
    /// Screen addresses
    #[command(after_help = "\
Examples:
  interdict screen 0x098B716B8Aaf21512996dC57EB0615e2383E2f96
  interdict screen --output json --network BTC 1B6rJRfjTXwEy36SCs5zofGMmdv2kdZw7P
  interdict screen --as-of 2021-07-01 -- ADDRESS…

Exit codes: 0 all ALLOW, 10 any REVIEW, 20 any BLOCK; others are errors (see `interdict --help`).")]
    Screen(Screen),
    /// Screen files of addresses: CSV, NDJSON, Parquet
    #[command(after_help = "\
Examples:
  interdict rescreen book.csv --column address -o screened.csv
  interdict rescreen book.parquet --column address --hits-only -o hits.parquet --data-dir /var/lib/interdict/data
  interdict rescreen paid.csv --column to --date-column paid_at -o lookback.csv --data-dir /var/lib/interdict/data
  interdict rescreen book.csv --column address --since-generation 41 -o changed.csv --report changed.html

An interrupted run goes on where it was when the same command is given again.

Exit codes: 0 all ALLOW, 10 any REVIEW, 20 any BLOCK; others are errors (see `interdict --help`).")]
    Rescreen(Rescreen),
    /// Explain how a text is understood; needs no daemon
    #[command(after_help = "\
Examples:
  interdict explain 0x098B716B8Aaf21512996dC57EB0615e2383E2f96
  interdict explain 'bitcoin:1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH?amount=1'
  interdict explain --network EOS eosio.token

Exit codes: 0 every text reads strictly, 10 one does not and could never be NOT_LISTED.")]
    Explain(Explain),
    /// Import a published list
    #[command(after_help = "\
Examples:
  interdict import --source ofac-sdn SDN.XML
  interdict import --source ofac-sdn SDN.CSV SDN_COMMENTS.CSV
  interdict import --source my-list --tier OPERATOR addresses.txt

A list that loses much of itself is refused and waits: look at what would come
off with `interdict pending show`, and if the publisher meant it, give your
word with `interdict approve`.")]
    Import(Import),
    /// Fetch lists from their publishers now
    #[command(after_help = "\
Examples:
  interdict sync                    every source that the configuration says how to fetch
  interdict sync ofac-sdn eu
  interdict sync --status           how they stand, fetching nothing

Exit codes: 0 all are current, 4 one could not be fetched, 5 one was fetched and
refused. What is held stays in either case, and ages.")]
    Sync(Sync),
    /// Show how the daemon stands, on one screen
    #[command(after_help = "\
Examples:
  interdict status
  interdict status --output json

Exit codes: 0 ready, 10 degraded, 20 failing, 4 the daemon cannot be reached.")]
    Status(Status),
    /// Follow screenings, generations and alerts as they happen
    #[command(after_help = "\
Examples:
  interdict watch
  interdict watch --hits
  interdict watch --output json | jq 'select(.action == \"BLOCK\")'

Needs the role audit-read. It goes on when the daemon comes back, and says how
many records it did not show.")]
    Watch(Watch),
    /// Show the sources, their entries and their age
    Lists(Ask),
    /// Show the generations, newest first
    Generations(Generations),
    /// Show what changed between two generations
    #[command(after_help = "Example:\n  interdict diff 3 4")]
    Diff(Diff),
    /// Make, check and import signed bundles of lists
    #[command(subcommand)]
    Bundle(BundleCommand),
    /// Make, check and restore backups
    #[command(subcommand)]
    Backup(BackupCommand),
    /// Show what became of an address over the generations
    #[command(after_help = "\
Example:
  interdict history 0x098B716B8Aaf21512996dC57EB0615e2383E2f96

Shows when each entry about the address came on, changed and came off, by
which publication, in any spelling.")]
    History(History),
    /// Go back to what an earlier generation held, as a new generation
    #[command(after_help = "\
Examples:
  interdict rollback 41 --author 'Ada Byron' --reason 'bad publication'
  interdict rollback 41 --source ofac-sdn --author 'Ada Byron' --reason 'bad publication'

Where addresses would come off, the refusal names them and a digest: repeat
with --approve DIGEST.")]
    Rollback(Rollback),
    /// Write the entries of a source to a file, nothing lost
    #[command(after_help = "\
Examples:
  interdict export ofac-sdn -o ofac-sdn.ndjson
  interdict import --source copy --format ndjson ofac-sdn.ndjson")]
    Export(Export),
    /// Show the incidents that are listed, with totals
    Incidents(Ask),
    /// Show one incident and its addresses
    #[command(after_help = "Example:\n  interdict incident dmm-bitcoin")]
    Incident(Incident),
    /// Keep the operator's own list
    #[command(
        subcommand,
        after_help = "\
Examples:
  interdict operator add 0x… --author 'Ada Byron' --reason 'fraud case' --ticket CASE-12
  interdict operator add 0x… --expires 2027-01-01 --author … --reason …
  interdict operator remove 0x… --author … --reason …
  interdict operator list"
    )]
    Operator(OperatorCommand),
    /// Keep the operator's exemptions; none reaches a sanctions list
    #[command(
        subcommand,
        after_help = "\
Examples:
  interdict exempt add 0x… --author 'Ada Byron' --reason 'our own wallet' --expires 2027-01-01
  interdict exempt remove 0x… --author … --reason …
  interdict exempt list"
    )]
    Exempt(OperatorCommand),
    /// Keep portfolios: addresses that are watched, and for whom
    #[command(subcommand)]
    Portfolio(PortfolioCommand),
    /// Show for whom the lists' answer changed
    #[command(after_help = "\
Examples:
  interdict alerts                      those that nobody has acknowledged
  interdict alerts --follow --output json
  interdict alerts --all --after 100
  interdict alerts ack 117 --author 'Ada Byron'
  interdict alerts webhooks             how the webhooks stand")]
    Alerts(Alerts),
    /// Show what waits for a person's word
    #[command(after_help = "\
Examples:
  interdict pending
  interdict pending show ID      with every address that would come off")]
    Pending(Pending),
    /// Give your word for what waits
    #[command(after_help = "\
Example:
  interdict approve ID --author 'Grace Hopper' --reason 'OFAC delisted Tornado Cash'")]
    Approve(GiveWord),
    /// Refuse your word: what waits is forgotten
    Reject(GiveWord),
    /// Hold a full list of OFAC's against its own delta file; needs no daemon
    #[command(after_help = "\
Example:
  interdict cross-check DELTA.XML SDN_ADVANCED.XML

Exit codes: 0 they agree, 5 they do not.")]
    CrossCheck(CrossCheck),
    /// Read the audit log, and prove what it says
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Tell whether the daemon serves
    #[command(after_help = "\
Examples:
  interdict health
  interdict health --service interdict.v1.ScreeningService

Exit codes: 0 it serves, 4 it does not, or cannot be reached.")]
    Health(Health),
    /// Look after the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Make API keys for callers
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Print a shell's completions
    #[command(
        after_help = "Example:\n  interdict completions bash > /etc/bash_completion.d/interdict"
    )]
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Print the OpenAPI document of HTTP and JSON; needs no daemon
    #[command(after_help = "Example:\n  interdict openapi > interdict.openapi.json")]
    Openapi,
    /// Write the manual pages
    #[command(after_help = "Example:\n  interdict man --out /usr/local/share/man/man1")]
    Man(Man),
}

/// What every question to the daemon needs.
#[derive(Debug, Args)]
pub struct Ask {
    /// The daemon, and who asks.
    #[command(flatten)]
    pub server: Server,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
}

/// For people or for machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Tables and sentences.
    Text,
    /// One JSON value.
    Json,
}

/// `screen`
#[derive(Debug, Args)]
pub struct Screen {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
    /// Ticker or CAIP-2 id, as a hint: BTC, USDT, eip155:1
    #[arg(long, value_name = "N", default_value = "")]
    pub network: String,
    /// What was in force on this day (YYYY-MM-DD)
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<Date>,
    /// What the daemon knew at this generation
    #[arg(long, value_name = "N")]
    pub generation: Option<u64>,
    /// The addresses
    #[arg(required = true, value_name = "ADDRESS")]
    pub addresses: Vec<String>,
}

/// `explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// The texts
    #[arg(required = true, value_name = "TEXT")]
    pub addresses: Vec<String>,
    /// The network, if known: a ticker (`BTC`) or a CAIP-2 id (`eip155:1`)
    #[arg(long, value_name = "NETWORK", default_value = "")]
    pub network: String,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
}

/// `health`
#[derive(Debug, Args)]
pub struct Health {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
    /// Of one service only, by its full name [default: all of the daemon]
    #[arg(
        long,
        value_name = "NAME",
        default_value = "",
        hide_default_value = true
    )]
    pub service: String,
}

/// `man`
#[derive(Debug, Args)]
pub struct Man {
    /// The folder; made if it is not there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_address_may_begin_with_a_dash_after_two() {
        let cli = Cli::try_parse_from(["interdict", "screen", "--", "-1:ab"]).expect("parses");
        let Command::Screen(screen) = cli.command else {
            panic!("another command");
        };
        assert_eq!(screen.addresses, ["-1:ab"]);
    }
}
