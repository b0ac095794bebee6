//! `init`, `serve` and `config`: the daemon itself.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Ask;

/// `init`
#[derive(Debug, Args)]
pub struct Init {
    /// Where to create it; must not exist, or be empty
    #[arg(long, env = "INTERDICT_DATA_DIR", value_name = "DIR")]
    pub data_dir: PathBuf,
    /// Leave the bundled lists out
    #[arg(long)]
    pub empty: bool,
}

/// `serve`
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Configuration file (TOML)
    #[arg(long, env = "INTERDICT_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where the data directory is
    #[arg(long, env = "INTERDICT_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one
    #[arg(long, env = "INTERDICT_LISTEN", value_name = "HOST:PORT")]
    pub listen: Option<SocketAddr>,
    /// Where the operator is listened to: HOST:PORT, unix:/PATH or off
    /// [default: 127.0.0.1:50052]
    #[arg(long, env = "INTERDICT_ADMIN_LISTEN", value_name = "WHERE")]
    pub admin_listen: Option<String>,
    /// Where HTTP and the console are: HOST:PORT or off [default:
    /// 127.0.0.1:50080]
    #[arg(long, env = "INTERDICT_HTTP_LISTEN", value_name = "WHERE")]
    pub http_listen: Option<String>,
    /// Where metrics and probes are: HOST:PORT or off [default:
    /// 127.0.0.1:50090]
    #[arg(long, env = "INTERDICT_METRICS_LISTEN", value_name = "WHERE")]
    pub metrics_listen: Option<String>,
    /// Let a listener speak in the clear beyond this machine: grpc, admin,
    /// http, metrics; whoever is on the way can read and forge answers
    #[arg(long, value_name = "LISTENER", value_delimiter = ',', value_parser = ["grpc", "admin", "http", "metrics"])]
    pub allow_plaintext_on_network: Vec<String>,
    /// Serving threads [default: one per core]
    #[arg(long, env = "INTERDICT_WORKERS", value_name = "N")]
    pub workers: Option<usize>,
    /// What to log: `info`, `interdict=debug` … [default: info]
    #[arg(long, env = "INTERDICT_LOG", value_name = "FILTER")]
    pub log: Option<String>,
}

/// `config`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check a configuration; opens no port, and leaves the files of TLS to the start
    #[command(
        after_help = "Example:\n  interdict config check --config /etc/interdict/interdict.toml"
    )]
    Check {
        /// Configuration file (TOML)
        #[arg(long, env = "INTERDICT_CONFIG", value_name = "FILE")]
        config: PathBuf,
    },
    /// Have the daemon read its configuration anew
    ///
    /// All that can change without a restart does, or nothing; as SIGHUP, with
    /// the answer here. Needs the role `admin`.
    #[command(after_help = "\
Example:
  interdict config reload

Exit codes: 0 it is in force, 3 it is wrong and nothing changed.")]
    Reload(Ask),
}
