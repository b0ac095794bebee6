//! `status` and `watch`: how the daemon stands, and what it does.

use clap::{Args, ValueEnum};

use super::Ask;

/// When words have colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// `status`
#[derive(Debug, Args)]
pub struct Status {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
    /// When to use colours
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    pub color: Color,
}

/// `watch`
#[derive(Debug, Args)]
pub struct Watch {
    /// Whom to ask, and how to answer.
    #[command(flatten)]
    pub ask: Ask,
    /// Of the screenings, only those that matched an entry or are not for
    /// ALLOW
    #[arg(long)]
    pub hits: bool,
    /// When to use colours
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    pub color: Color,
}
