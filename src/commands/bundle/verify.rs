//! `bundle verify`: what a bundle is, without a daemon.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::json;

use crate::bundle::{Archive, Ledger, PublicKey, TrustPolicy, TrustedKey};
use crate::cli::{Output, Verify};
use crate::commands::{Failure, print, print_json};
use crate::config::Config;

use super::shown;

pub(super) fn run(arguments: &Verify) -> Result<ExitCode, Failure> {
    let policy = TrustPolicy {
        keys: trusted_keys(arguments)?,
        // Nobody's word counts here: this only looks.
        overrides: false,
    };
    let name = arguments.file.display();
    let file = File::open(&arguments.file)
        .map_err(|error| Failure::Refused(format!("cannot read {name}: {error}")))?;
    let refused = |error: &dyn std::error::Error| {
        let cause = error.source().map(|cause| format!(": {cause}"));
        Failure::Refused(format!("{name}: {error}{}", cause.unwrap_or_default()))
    };
    let mut archive = Archive::open(BufReader::new(file)).map_err(|error| refused(&error))?;
    archive.check_parts().map_err(|error| refused(&error))?;
    let manifest = archive.manifest();
    if let Some(wanted) = arguments.digest
        && wanted != archive.digest()
    {
        return Err(Failure::Refused(format!(
            "{name} is another bundle: its manifest has digest {}",
            archive.digest()
        )));
    }
    // What was imported where is not known here; age and signature are.
    let judged = policy.judge(&archive, &Ledger::default(), Timestamp::now(), None);
    let verdict = match &judged {
        Ok(accepted) => match accepted.signed_by {
            Some(key) => format!("whole, and signed by the trusted key {key}"),
            None => "whole".to_owned(),
        },
        Err(refusal) => refusal.doubts_in_words(),
    };
    match arguments.output {
        Output::Json => {
            let mut value = shown::manifest_json(manifest);
            value["trusted"] = json!(judged.is_ok());
            value["verdict"] = json!(verdict);
            print_json(&value)?;
        }
        Output::Text => print(&format!(
            "{}{}{verdict}\n",
            shown::manifest_text(manifest),
            shown::sources_text(manifest)
        ))?,
    }
    match judged {
        Ok(_) => Ok(ExitCode::SUCCESS),
        Err(_) => Err(Failure::Refused(format!("{name}: {verdict}"))),
    }
}

fn trusted_keys(arguments: &Verify) -> Result<Vec<TrustedKey>, Failure> {
    let mut keys = match &arguments.config {
        Some(path) => Config::load(path)?.trust.keys,
        None => Vec::new(),
    };
    for given in &arguments.trusted_keys {
        keys.push(TrustedKey {
            key: public_key(given)?,
            sources: None,
            comment: None,
        });
    }
    Ok(keys)
}

/// A key, or the file that holds it.
fn public_key(given: &str) -> Result<PublicKey, Failure> {
    if let Ok(key) = given.parse() {
        return Ok(key);
    }
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::Usage(format!(
            "`{given}` is neither a public key nor its file: {error}"
        ))
    };
    let text = fs::read_to_string(Path::new(given)).map_err(|error| wrong(&error))?;
    text.parse().map_err(|error| wrong(&error))
}
