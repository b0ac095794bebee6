//! `man`: manual pages, one for the program and one for each subcommand.

use std::fs;
use std::process::ExitCode;

use clap::CommandFactory as _;

use crate::cli::{Cli, Man};

use super::Failure;

/// Pages are made from the command line itself, so they cannot lag behind.
pub(super) fn run(arguments: &Man) -> Result<ExitCode, Failure> {
    let folder = &arguments.out;
    let failed = |error| {
        let message = format!("cannot write manual pages to {}", folder.display());
        Failure::other(message, error)
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let command = Cli::command().disable_help_subcommand(true);
    clap_mangen::generate_to(command, folder).map_err(failed)?;
    Ok(ExitCode::SUCCESS)
}
