//! `explain`: how a text is understood. Needs no daemon and no lists.

use std::process::ExitCode;

use crate::address::shown::{json, network_names, repeated};
use crate::address::{self, Candidate, Explanation, Linked, Networks};
use crate::cli::{Explain, Output};

use super::{Failure, print, print_json, shown};

/// A text that could not clear an address, whatever the lists say.
const NOT_STRICT: u8 = 10;

pub(super) fn run(arguments: &Explain) -> Result<ExitCode, Failure> {
    let hint = match arguments.network.as_str() {
        "" => Networks::NONE,
        named => Networks::from_hint(named).map_err(|error| Failure::Usage(error.to_string()))?,
    };
    let explained: Vec<_> = arguments
        .addresses
        .iter()
        .map(|text| (text.as_str(), address::explain(text, hint)))
        .collect();
    match arguments.output {
        Output::Json => {
            let values = explained.iter().map(|(text, how)| json(text, how));
            print_json(&values.collect())?;
        }
        Output::Text => {
            let texts: Vec<_> = explained
                .iter()
                .map(|(text, how)| to_text(text, how))
                .collect();
            print(&texts.join("\n"))?;
        }
    }
    let strict = explained.iter().all(|(_, how)| how.reading.is_strict());
    Ok(ExitCode::from(if strict { 0 } else { NOT_STRICT }))
}

fn to_text(text: &str, how: &Explanation) -> String {
    let mut words = match repeated(text, how) {
        Some(text) => format!("{}\n", shown(text)),
        None => "(a private key, not repeated)\n".to_owned(),
    };
    let mut line = |name: &str, value: &str| {
        words += &format!("  {name:<10} {value}\n");
    };
    for step in &how.steps {
        line("cleaned", &format!("{}: {}", step.done, shown(&step.left)));
    }
    let flags: Vec<_> = how.reading.flags.names().collect();
    if !flags.is_empty() {
        line("noticed", &flags.join(", "));
    }
    match how.reading.fault {
        None => line("strict", "yes: it can be NOT_LISTED"),
        Some(fault) => {
            let rest = match how.reading.candidates.is_empty() {
                true => "it is not looked up",
                false => "it can match, and never be NOT_LISTED",
            };
            line("strict", &format!("no, {fault}: {rest}"));
            line("to do", fault.advice());
        }
    }
    for (candidate, linked) in how.reading.candidates.iter().zip(&how.linked) {
        words += &candidate_to_text(candidate, linked);
    }
    words
}

fn candidate_to_text(candidate: &Candidate, linked: &[Linked]) -> String {
    let mut words = format!(
        "  read as    {} ({})",
        shown(&candidate.canonical()),
        candidate.kind
    );
    if let Some(tag) = &candidate.tag {
        words += &format!(", tag {}", shown(tag.as_str()));
    }
    if candidate.destination > 0 {
        words += &format!(", destination {}", candidate.destination + 1);
    }
    words += if candidate.strict {
        "\n"
    } else {
        ", leniently\n"
    };
    if !candidate.networks.is_empty() {
        let names = network_names(candidate.networks).join(", ");
        words += &format!("    networks {names}\n");
    }
    words += &format!("    key      {}\n", candidate.key);
    for link in linked {
        words += &format!("    leads to {} ({})\n", link.canonical(), link.rule);
        words += &format!("             key {}\n", link.key);
    }
    words
}
