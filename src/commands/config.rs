//! `config check`: the checks of a start, without the start.

use std::path::Path;
use std::process::ExitCode;

use crate::config::Config;

use super::{Failure, print};

pub(super) fn check(path: &Path) -> Result<ExitCode, Failure> {
    Config::load(path)?;
    print(&format!("{}: no faults found\n", path.display()))?;
    Ok(ExitCode::SUCCESS)
}
