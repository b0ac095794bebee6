//! `keys`: what can be asked about API keys.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::access::Role;

/// `keys`
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make an API key, and what the configuration keeps of it
    ///
    /// The key is shown once. The configuration has only its hash, so a key
    /// that is lost is replaced, and one that leaked is taken out there.
    #[command(after_help = "\
Examples:
  interdict keys create --name withdrawals --roles screen
  interdict keys create --name desk --roles screen,audit-read --key-file desk.key >> interdict.toml")]
    Create(CreateKey),
}

/// `keys create`
#[derive(Debug, Args)]
pub struct CreateKey {
    /// What to call its holder in records and limits
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// What its holder may do, of: screen, rescreen, import, admin, audit-read
    #[arg(long, value_name = "ROLES", value_delimiter = ',', required = true)]
    pub roles: Vec<Role>,
    /// Write the key to a new file that only you can read, and print the rest
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
}
