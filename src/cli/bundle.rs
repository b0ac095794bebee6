//! `bundle`

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::bundle::Digest;
use crate::config::duration;
use crate::list::SourceId;

use super::{Ask, Output};

/// `bundle`
#[derive(Debug, Subcommand)]
pub enum BundleCommand {
    /// Make a key pair that signs bundles
    #[command(after_help = "\
Examples:
  interdict bundle keygen -o feed.key
  INTERDICT_KEY_PASSWORD=… interdict bundle keygen -o feed.key

Writes the secret key to FILE, readable by you alone, and the public key to
FILE.pub. Both are minisign's; the public key goes into `bundles.trusted_keys`
of the daemons that are to take bundles.")]
    Keygen(Keygen),
    /// Make a signed bundle of a source, or of a whole generation
    #[command(after_help = "\
Examples:
  interdict bundle create --key feed.key -o today.bundle
  interdict bundle create --key feed.key --source ofac-sdn --expires-in 36h -o sdn.bundle

The daemon never sees the secret key.")]
    Create(Create),
    /// Check a bundle and show what is in it; needs no daemon
    #[command(after_help = "\
Examples:
  interdict bundle verify today.bundle --trusted-key RWQ…
  interdict bundle verify today.bundle --config /etc/interdict/interdict.toml
  unzip -p today.bundle manifest.json | less

Exit codes: 0 it is whole, signed by a trusted key and not expired; 5 it is not.")]
    Verify(Verify),
    /// Import a bundle: all of it as one generation, or nothing
    #[command(after_help = "\
Examples:
  interdict bundle import today.bundle
  interdict bundle import late.bundle --approve DIGEST --author NAME --reason WHY")]
    Import(ImportBundle),
}

/// `bundle keygen`
#[derive(Debug, Args)]
pub struct Keygen {
    /// Where to write the secret key; must not exist
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// The password that is to protect it.
    #[command(flatten)]
    pub password: Password,
}

/// Where the password of a secret key is.
#[derive(Debug, Args)]
pub struct Password {
    /// File whose first line is the key's password [default: the environment
    /// variable INTERDICT_KEY_PASSWORD, or none]
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

/// `bundle create`
#[derive(Debug, Args)]
pub struct Create {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
    /// The secret key that signs it
    #[arg(long, value_name = "FILE", required_unless_present = "unsigned")]
    pub key: Option<PathBuf>,
    /// Its password.
    #[command(flatten)]
    pub password: Password,
    /// Sign nothing: daemons take such a bundle only by a person's word
    #[arg(long, conflicts_with = "key")]
    pub unsigned: bool,
    /// Only this source [default: every source]
    #[arg(long, value_name = "ID")]
    pub source: Option<SourceId>,
    /// As of this generation [default: the live one]
    #[arg(long, value_name = "N")]
    pub generation: Option<u64>,
    /// For how long it may be imported
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = duration::parse)]
    pub expires_in: Duration,
    /// The bundle before this one, so that a gap is noticed: its file, or the
    /// digest of its manifest
    #[arg(long, value_name = "FILE|DIGEST")]
    pub previous: Option<String>,
    /// When it is made (RFC 3339), for the same bundle each time [default: now]
    #[arg(long, value_name = "WHEN")]
    pub created: Option<Timestamp>,
    /// Where to write it; must not exist
    #[arg(short = 'o', long = "file", value_name = "FILE")]
    pub file: PathBuf,
}

/// `bundle verify`
#[derive(Debug, Args)]
pub struct Verify {
    /// The bundle
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// A public key to trust, or its file; may be given several times
    #[arg(long = "trusted-key", value_name = "KEY|FILE")]
    pub trusted_keys: Vec<String>,
    /// Trust what this configuration trusts
    #[arg(long, env = "INTERDICT_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// It must be the one with this manifest digest
    #[arg(long, value_name = "DIGEST")]
    pub digest: Option<Digest>,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
}

/// `bundle import`
#[derive(Debug, Args)]
pub struct ImportBundle {
    /// Whom to send it to, and how to report.
    #[command(flatten)]
    pub ask: Ask,
    /// Give your word for what was refused, by the digest it printed; may be
    /// given several times
    #[arg(long, value_name = "DIGEST", requires = "author", requires = "reason")]
    pub approve: Vec<String>,
    /// Who gives the word
    #[arg(long, value_name = "NAME", env = "INTERDICT_AUTHOR")]
    pub author: Option<String>,
    /// Why
    #[arg(long, value_name = "WHY")]
    pub reason: Option<String>,
    /// Where it is on file
    #[arg(long, value_name = "TICKET")]
    pub ticket: Option<String>,
    /// The bundle
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `export`
#[derive(Debug, Args)]
pub struct Export {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
    /// As of which generation [default: the live one]
    #[arg(long, value_name = "N")]
    pub generation: Option<u64>,
    /// The file to write; one that is there is never written over
    #[arg(short = 'o', long = "out", value_name = "FILE")]
    pub file: PathBuf,
    /// The source
    #[arg(value_name = "SOURCE")]
    pub source: SourceId,
}
