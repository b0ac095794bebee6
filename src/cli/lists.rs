//! How lists get in, and what became of them: `import`, `sync`,
//! `cross-check`, `generations`, `diff`.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use crate::import::read::Format;
use crate::list::{SourceId, Tier};

use super::{Ask, Output};

/// `import`
#[derive(Debug, Args)]
pub struct Import {
    /// Whom to send it to, and how to report.
    #[command(flatten)]
    pub ask: Ask,
    /// Id of the source: a-z, 0-9 and `-`
    #[arg(long, value_name = "ID")]
    pub source: SourceId,
    /// Tier of a source that is not known yet [default: ATTRIBUTED]
    #[arg(long, value_name = "T")]
    pub tier: Option<Tier>,
    /// How to read the files: ofac-advanced, ofac-xml, ofac-csv, uk-sanctions,
    /// eu-sanctions, nbctf, ftm, tagpack, ransomwhere, misp, stix, json, names,
    /// notice, ndjson, csv or text [default: told from the content]
    #[arg(long, value_name = "F")]
    pub format: Option<Format>,
    /// Give your word for what a gate refused, by the digest it printed
    #[arg(long, value_name = "DIGEST", requires = "author", requires = "reason")]
    pub approve: Option<String>,
    /// Who gives the word
    #[arg(long, value_name = "NAME", env = "INTERDICT_AUTHOR")]
    pub author: Option<String>,
    /// Why
    #[arg(long, value_name = "WHY")]
    pub reason: Option<String>,
    /// Where it is on file
    #[arg(long, value_name = "TICKET")]
    pub ticket: Option<String>,
    /// When the files were taken from the publisher (RFC 3339) [default: the
    /// oldest modification time of the files]
    #[arg(long, value_name = "WHEN")]
    pub retrieved: Option<Timestamp>,
    /// Take every address that a notice names, without being asked about each
    #[arg(long)]
    pub yes: bool,
    /// The files of one publication; gzip, zip and zstd are unpacked
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// `sync`
#[derive(Debug, Args)]
pub struct Sync {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
    /// Show how the sources stand, and fetch nothing
    #[arg(long, conflicts_with = "sources")]
    pub status: bool,
    /// The sources [default: all that are fetched]
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<SourceId>,
}

/// `cross-check`
#[derive(Debug, Args)]
pub struct CrossCheck {
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// What OFAC says that it changed
    #[arg(value_name = "DELTA")]
    pub delta: PathBuf,
    /// The files of the full list of the same day
    #[arg(required = true, value_name = "FILE")]
    pub list: Vec<PathBuf>,
}

/// `generations`
#[derive(Debug, Args)]
pub struct Generations {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: u32,
}

/// `diff`
#[derive(Debug, Args)]
pub struct Diff {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
    /// The earlier generation
    #[arg(value_name = "A")]
    pub from: u64,
    /// The later generation
    #[arg(value_name = "B")]
    pub to: u64,
}
