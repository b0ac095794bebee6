//! `audit`: reads the log, from its files or from the daemon, and checks what
//! it proves.

mod check;
mod export;
mod replay;
mod show;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use crate::audit::record::Record;
use crate::audit::{VerifierKey, shown};
use crate::cli::AuditCommand;

use super::{Failure, ask};

/// What was checked does not hold.
const BROKEN: u8 = 5;

pub(super) fn run(command: AuditCommand) -> Result<ExitCode, Failure> {
    match command {
        AuditCommand::Verify(arguments) => check::verify_log(&arguments),
        AuditCommand::Show(arguments) => show::record(&arguments),
        AuditCommand::Export(arguments) => export::run(&arguments),
        AuditCommand::Receipt(arguments) => show::receipt(&arguments),
        AuditCommand::CheckReceipt(arguments) => check::receipt(&arguments),
        AuditCommand::Checkpoint(arguments) => ask(show::checkpoint(arguments)),
        AuditCommand::Replay(arguments) => replay::run(&arguments),
    }
}

/// A record as JSON, with its place in the log.
fn numbered(number: u64, record: &Record) -> serde_json::Value {
    let mut shown = shown::json(record);
    if let Some(members) = shown.as_object_mut() {
        members.insert("number".to_owned(), number.into());
    }
    shown
}

/// Reads a key that is given as itself or in a file.
fn key_of(given: &str) -> Result<VerifierKey, Failure> {
    let path = Path::new(given);
    let text = match path.is_file() {
        true => fs::read_to_string(path)
            .map_err(|error| Failure::other(format!("cannot read {given}"), error))?,
        false => given.to_owned(),
    };
    text.trim()
        .parse()
        .map_err(|error| Failure::Usage(format!("`--key`: {error}")))
}
