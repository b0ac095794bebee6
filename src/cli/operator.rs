//! The operator's own lists, and giving one's word.

use clap::{Args, Subcommand};
use jiff::civil::Date;

use crate::list::Category;

use super::Ask;

/// Who does something, and why.
#[derive(Debug, Args)]
pub struct ActArguments {
    /// Who you are
    #[arg(long, env = "INTERDICT_AUTHOR", value_name = "NAME")]
    pub author: String,
    /// Why
    #[arg(long, value_name = "WHY")]
    pub reason: String,
    /// Where it is on file
    #[arg(long, value_name = "TICKET")]
    pub ticket: Option<String>,
}

/// `operator` and `exempt`
#[derive(Debug, Subcommand)]
pub enum OperatorCommand {
    /// Put an address on the list, or change what is said of it
    Add(AddAddress),
    /// Take an address off the list
    Remove(RemoveAddress),
    /// Show the list
    List(ListAddresses),
}

/// `operator add`
#[derive(Debug, Args)]
pub struct AddAddress {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
    /// Ticker or CAIP-2 id, as a hint
    #[arg(long, value_name = "N", default_value = "")]
    pub network: String,
    /// Why, in the field's terms [default: OTHER]
    #[arg(long, value_name = "CATEGORY")]
    pub category: Option<Category>,
    /// Whom it belongs to
    #[arg(long, value_name = "NAME")]
    pub subject: Option<String>,
    /// Anything else worth keeping
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// The first day on which it is in force no longer (YYYY-MM-DD, UTC)
    #[arg(long, value_name = "DATE")]
    pub expires: Option<Date>,
    /// Who, and why.
    #[command(flatten)]
    pub act: ActArguments,
    /// The address
    #[arg(value_name = "ADDRESS")]
    pub address: String,
}

/// `operator remove`
#[derive(Debug, Args)]
pub struct RemoveAddress {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
    /// Ticker or CAIP-2 id, as a hint
    #[arg(long, value_name = "N", default_value = "")]
    pub network: String,
    /// Who, and why.
    #[command(flatten)]
    pub act: ActArguments,
    /// The address, in any spelling
    #[arg(value_name = "ADDRESS")]
    pub address: String,
}

/// `operator list`
#[derive(Debug, Args)]
pub struct ListAddresses {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
}

/// `pending`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Pending {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
    /// All of them, or one.
    #[command(subcommand)]
    pub command: Option<PendingCommand>,
}

/// `pending …`
#[derive(Debug, Subcommand)]
pub enum PendingCommand {
    /// Show one, with every address that would come off
    Show(ShowPending),
}

/// `pending show`
#[derive(Debug, Args)]
pub struct ShowPending {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
    /// Its id
    #[arg(value_name = "ID")]
    pub id: String,
}

/// `approve` and `reject`
#[derive(Debug, Args)]
pub struct GiveWord {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
    /// Who, and why.
    #[command(flatten)]
    pub act: ActArguments,
    /// What for, as `interdict pending` shows it
    #[arg(value_name = "ID")]
    pub id: String,
}
