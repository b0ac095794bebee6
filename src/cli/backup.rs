//! `backup`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Ask, Output};

/// `backup`
#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// Make a backup, while the daemon serves or without one
    #[command(after_help = "\
Examples:
  interdict backup create
  interdict backup create before-upgrade
  interdict backup create --data-dir /var/lib/interdict/data --into /mnt/backups

The daemon writes where `backups.dir` of its configuration says, by default
into `backups` in its data directory. Copy the folder to another disk: its
files may be links to those of the data directory.")]
    Create(CreateBackup),
    /// Check a backup, byte by byte and as a whole, changing nothing in it
    #[command(after_help = "\
Example:
  interdict backup verify /mnt/backups/20261122T190512Z-g12

Exit codes: 0 it is whole; 6 it is not.")]
    Verify(VerifyBackup),
    /// Restore a backup as a new data directory
    #[command(after_help = "\
Example:
  interdict backup restore /mnt/backups/20261122T190512Z-g12 --data-dir /var/lib/interdict/data

The data directory must not exist, or be empty; move a damaged one away first.")]
    Restore(RestoreBackup),
}

/// `backup create`
#[derive(Debug, Args)]
pub struct CreateBackup {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
    /// Its name [default: the time and the generation]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Work on this data directory, which no daemon may be using
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where to make it [default: `backups` in the data directory]
    #[arg(long, value_name = "DIR", requires = "data_dir")]
    pub into: Option<PathBuf>,
}

/// `backup verify`
#[derive(Debug, Args)]
pub struct VerifyBackup {
    /// The backup
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
}

/// `backup restore`
#[derive(Debug, Args)]
pub struct RestoreBackup {
    /// The backup
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Where to restore it; must not exist, or be empty
    #[arg(long, value_name = "DIR")]
    pub data_dir: PathBuf,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
}
