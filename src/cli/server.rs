//! How a command reaches the daemon, and as whom.

use std::path::PathBuf;

use clap::Args;

/// The operator's listener: it serves every method.
const SERVER: &str = "http://127.0.0.1:50052";

/// Whom to ask, and who asks.
#[derive(Debug, Clone, Args)]
pub struct Server {
    /// The daemon: http://, https:// or unix:/PATH
    #[arg(
        long = "server",
        env = "INTERDICT_SERVER",
        value_name = "URL",
        default_value = SERVER
    )]
    pub url: String,
    /// Who may vouch for the daemon (PEM) [default: this machine's roots]
    #[arg(
        long,
        env = "INTERDICT_CA",
        value_name = "FILE",
        help_heading = "Credentials"
    )]
    pub ca: Option<PathBuf>,
    /// A client certificate (PEM)
    #[arg(
        long,
        env = "INTERDICT_CERTIFICATE",
        value_name = "FILE",
        requires = "certificate_key",
        help_heading = "Credentials"
    )]
    pub certificate: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(
        long,
        env = "INTERDICT_CERTIFICATE_KEY",
        value_name = "FILE",
        requires = "certificate",
        help_heading = "Credentials"
    )]
    pub certificate_key: Option<PathBuf>,
    /// A file that holds an API key; or set INTERDICT_API_KEY
    #[arg(
        long,
        env = "INTERDICT_API_KEY_FILE",
        value_name = "FILE",
        help_heading = "Credentials"
    )]
    pub api_key_file: Option<PathBuf>,
}
