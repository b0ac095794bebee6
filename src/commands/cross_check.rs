//! `cross-check`: holds a full list of OFAC's against its own delta file.
//!
//! Needs no daemon: both are files of the same publisher and day, and where
//! they disagree, one of them was not published as it is.

use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::cli::{CrossCheck, Output};
use crate::import::read::{
    Beginning, Contradiction, InputFile, Limits, OfacChange, ReadError, Rows, detect_file, open,
    read_delta, unpack,
};
use crate::list::{Category, ListEntry};

use super::table::table;
use super::{Failure, print, print_json};

/// They disagree.
const DISAGREE: u8 = 5;

pub(super) fn run(arguments: &CrossCheck) -> Result<ExitCode, Failure> {
    let limits = Limits::default();
    let refused = |error: ReadError| Failure::Refused(error.to_string());
    let delta = unpack(vec![named(&arguments.delta)], &limits).map_err(refused)?;
    let [delta] = <[InputFile; 1]>::try_from(delta)
        .map_err(|_| Failure::Refused("the delta must be one file".to_owned()))?;
    let delta = read_delta(delta, &limits).map_err(refused)?;
    let list = arguments.list.iter().map(|path| named(path)).collect();
    let list = unpack(list, &limits).map_err(refused)?;
    let format = match list.first().map(detect_file) {
        Some(first) => first.map_err(refused)?,
        None => return Err(Failure::Usage("name the full list".to_owned())),
    };
    let Beginning::Of(format) = format else {
        return Err(Failure::Refused(
            "the full list is in no known format".to_owned(),
        ));
    };
    let mut rows = open(format, Category::Sanctions, list, limits).map_err(refused)?;
    let entries = entries(&mut rows).map_err(refused)?;
    let published_on = rows.facts().published_on;
    let found = delta.contradictions(&entries);
    match arguments.output {
        Output::Json => print_json(&json!({
            "delta_published_on": delta.published_on,
            "list_published_on": published_on,
            "added": delta.added.len(),
            "removed": delta.removed.len(),
            "removed_subjects": delta.removed_subjects.len(),
            "contradictions": found.iter().map(to_json).collect::<Value>(),
        }))?,
        Output::Text => {
            let mut words = format!(
                "the delta adds {} wallets, removes {} and {} subjects; the list has {}\n",
                delta.added.len(),
                delta.removed.len(),
                delta.removed_subjects.len(),
                entries.len(),
            );
            if delta.published_on.is_some() && delta.published_on != published_on {
                words += "they are of different days\n";
            }
            match found.is_empty() {
                true => words += "they agree\n",
                false => {
                    words += &table(
                        ["what", "subject", "ticker", "address"],
                        found.iter().map(to_row),
                    )
                }
            }
            print(&words)?;
        }
    }
    Ok(ExitCode::from(if found.is_empty() { 0 } else { DISAGREE }))
}

fn named(path: &Path) -> InputFile {
    InputFile::at(path.display().to_string(), path)
}

fn entries(rows: &mut Rows) -> Result<Vec<ListEntry>, ReadError> {
    let mut entries = Vec::new();
    for row in rows {
        entries.extend(row?.entry);
    }
    Ok(entries)
}

/// What is wrong, and about whom.
fn parts<'a>(found: &'a Contradiction<'a>) -> (&'static str, &'a str, Option<&'a OfacChange>) {
    match found {
        Contradiction::Lacks(change) => ("LACKS", &change.subject_id, Some(change)),
        Contradiction::Keeps(change) => ("KEEPS", &change.subject_id, Some(change)),
        Contradiction::KeepsSubject(subject) => ("KEEPS_SUBJECT", subject, None),
    }
}

fn to_json(found: &Contradiction<'_>) -> Value {
    let (what, subject, change) = parts(found);
    json!({
        "what": what,
        "subject_id": subject,
        "ticker": change.map(|change| &change.ticker),
        "address": change.map(|change| &change.address),
    })
}

fn to_row(found: &Contradiction<'_>) -> [String; 4] {
    let (what, subject, change) = parts(found);
    let said =
        |text: fn(&OfacChange) -> &String| change.map(|one| text(one).clone()).unwrap_or_default();
    [
        what.to_owned(),
        subject.to_owned(),
        said(|one| &one.ticker),
        said(|one| &one.address),
    ]
}
