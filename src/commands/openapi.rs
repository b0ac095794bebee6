//! `openapi`: the document that describes HTTP and JSON. Needs no daemon.

use std::process::ExitCode;

use super::{Failure, print_json};

pub(super) fn run() -> Result<ExitCode, Failure> {
    print_json(crate::http::document())?;
    Ok(ExitCode::SUCCESS)
}
