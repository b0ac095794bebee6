//! What became of addresses and incidents, and the way back.

use clap::Args;

use crate::list::SourceId;

use super::{ActArguments, Ask};

/// `history`
#[derive(Debug, Args)]
pub struct History {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
    /// Ticker or CAIP-2 id, as a hint
    #[arg(long, value_name = "N", default_value = "")]
    pub network: String,
    /// The address
    #[arg(value_name = "ADDRESS")]
    pub address: String,
}

/// `rollback`
#[derive(Debug, Args)]
pub struct Rollback {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
    /// Only this source
    #[arg(long, value_name = "ID")]
    pub source: Option<SourceId>,
    /// Confirm that addresses come off, by the digest that the refusal printed
    #[arg(long, value_name = "DIGEST")]
    pub approve: Option<String>,
    /// Who, and why.
    #[command(flatten)]
    pub act: ActArguments,
    /// The generation to go back to
    #[arg(value_name = "GENERATION")]
    pub to: u64,
}

/// `incident`
#[derive(Debug, Args)]
pub struct Incident {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
    /// Its short name, as `interdict incidents` shows it
    #[arg(value_name = "INCIDENT")]
    pub id: String,
}
