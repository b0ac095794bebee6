//! Importing the pasted text of a notice: a person confirms each address.
//!
//! Prose is no list: what stands in it may be an example, a victim, or the
//! authority's own wallet. So the addresses are found here, shown with the
//! line they stand on, and only those that somebody confirmed are sent, as a
//! list of our own.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::address;
use crate::cli::Import;
use crate::import::read::ndjson::{self, Header};
use crate::import::read::{Facts, Format, InputFile, Limits, ReadError, Row, open};
use crate::list::{Category, ListEntry, Tier};

use super::{Failure, shown};

/// A list that somebody confirmed.
pub(super) struct Confirmed {
    /// Its name, for reports.
    pub(super) name: String,
    /// Its lines.
    pub(super) content: Vec<u8>,
}

/// Finds the addresses of a notice and has each confirmed.
pub(super) fn confirm(arguments: &Import) -> Result<Confirmed, Failure> {
    let (rows, facts) = read(arguments).map_err(|error| Failure::Refused(error.to_string()))?;
    let entries = if arguments.yes {
        show_all(&rows)?;
        rows.into_iter().filter_map(|row| row.entry).collect()
    } else if io::stdin().is_terminal() {
        ask(rows)?
    } else {
        show_all(&rows)?;
        return Err(Failure::Usage(
            "nobody is there to confirm these addresses: look at them, and repeat with --yes"
                .to_owned(),
        ));
    };
    if entries.is_empty() {
        return Err(Failure::Refused(
            "no address was confirmed: nothing was imported".to_owned(),
        ));
    }
    let header = Header {
        source: &arguments.source,
        tier: arguments.tier.unwrap_or(Tier::Attributed),
        published_on: facts.published_on,
        licence: facts.licence.as_deref(),
    };
    let mut content = Vec::new();
    ndjson::write(&mut content, &header, &entries)
        .map_err(|error| Failure::other("cannot write the confirmed list", error))?;
    let name = arguments.files.first().and_then(|path| path.file_name());
    let name = name.unwrap_or_default().to_string_lossy();
    Ok(Confirmed {
        name: format!("{name}.ndjson"),
        content,
    })
}

fn read(arguments: &Import) -> Result<(Vec<Row>, Facts), ReadError> {
    let files = arguments.files.iter().map(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        InputFile::at(name, path)
    });
    let category = match arguments.tier {
        Some(Tier::Sanctions) => Category::Sanctions,
        Some(Tier::Operator) => Category::Other,
        _ => Category::Theft,
    };
    let mut rows = open(Format::Notice, category, files.collect(), Limits::default())?;
    let all = rows.by_ref().collect::<Result<Vec<_>, _>>()?;
    let facts = rows.facts().clone();
    Ok((all, facts))
}

/// One address as a person needs it to decide.
fn described(row: &Row) -> String {
    let mut words = format!("line {}: ", row.locator.line);
    match &row.entry {
        Some(entry) => {
            let reading = address::parse(&entry.address);
            let kinds: Vec<&str> = reading
                .candidates
                .iter()
                .map(|candidate| candidate.kind.name())
                .collect();
            words += &format!("{} ({})", shown(&entry.address), kinds.join(" or "));
        }
        None => words += "not taken",
    }
    if let Some(fault) = &row.fault {
        words += &format!(" — {}", shown(&fault.to_string()));
    }
    words
}

fn say(words: &str) -> Result<(), Failure> {
    let mut output = io::stderr().lock();
    output
        .write_all(words.as_bytes())
        .and_then(|()| output.flush())
        .map_err(|error| Failure::other("cannot show the addresses", error))
}

fn show_all(rows: &[Row]) -> Result<(), Failure> {
    for row in rows {
        say(&format!("{}\n", described(row)))?;
    }
    Ok(())
}

/// Asks about each address, until the answers say what to do with the rest.
fn ask(rows: Vec<Row>) -> Result<Vec<ListEntry>, Failure> {
    let mut entries = Vec::new();
    let mut all = false;
    for row in rows {
        say(&format!("{}\n", described(&row)))?;
        let Some(entry) = row.entry else { continue };
        if all {
            entries.push(entry);
            continue;
        }
        match answer()? {
            Answer::Take => entries.push(entry),
            Answer::Leave => {}
            Answer::TakeAll => {
                all = true;
                entries.push(entry);
            }
            Answer::Stop => {
                return Err(Failure::Refused("stopped: nothing was imported".to_owned()));
            }
        }
    }
    Ok(entries)
}

enum Answer {
    Take,
    Leave,
    TakeAll,
    Stop,
}

fn answer() -> Result<Answer, Failure> {
    loop {
        say("  list it? [y]es, [n]o, [a]ll from here, [q]uit: ")?;
        let mut line = String::new();
        let read = io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(|error| Failure::other("cannot read the answer", error))?;
        if read == 0 {
            return Ok(Answer::Stop);
        }
        match line.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => return Ok(Answer::Take),
            "n" | "no" => return Ok(Answer::Leave),
            "a" | "all" => return Ok(Answer::TakeAll),
            "q" | "quit" => return Ok(Answer::Stop),
            _ => {}
        }
    }
}
