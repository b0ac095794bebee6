//! A record as one flat row: what a table of screenings needs, and of
//! everything else when it was and what.

use jiff::Timestamp;

use crate::audit::record::record::Event;
use crate::audit::record::{Match, Record};

/// The columns, in order. Never changed, only added to.
pub(super) const COLUMNS: [&str; 30] = [
    "number",
    "id",
    "at",
    "event",
    "caller",
    "call",
    "purpose",
    "reference_hash",
    "network",
    "canonical",
    "kinds",
    "text_hash",
    "verdict",
    "action",
    "reasons",
    "flags",
    "matches",
    "relations",
    "sources",
    "subjects",
    "programs",
    "incidents",
    "published_addresses",
    "entry_ids",
    "generation",
    "generation_digest",
    "policy_version",
    "as_of",
    "oldest_publication_age_s",
    "build",
];

/// Columns that are numbers.
pub(super) const NUMBERS: [&str; 4] = [
    "number",
    "matches",
    "generation",
    "oldest_publication_age_s",
];

/// The values of a record, in the order of [`COLUMNS`].
pub(super) fn row(number: u64, record: &Record) -> [String; 30] {
    let mut row: [String; 30] = std::array::from_fn(|_| String::new());
    let mut set = |name: &str, value: String| {
        if let Some(at) = COLUMNS.iter().position(|column| *column == name) {
            row[at] = value;
        }
    };
    set("number", number.to_string());
    set("id", id(&record.id));
    set("at", instant(record.wall_ns));
    set("build", record.build.clone());
    let Some(event) = &record.event else {
        set("event", "UNKNOWN".to_owned());
        return row;
    };
    set("event", event_name(event).to_owned());
    let Event::Screening(screening) = event else {
        set_generation(event, &mut set);
        return row;
    };
    let readings = &screening.readings;
    set("caller", screening.caller.clone());
    set("call", screening.call.clone());
    set("purpose", screening.purpose.clone());
    set(
        "reference_hash",
        const_hex::encode(&screening.reference_hash),
    );
    set("network", screening.network.clone());
    set(
        "canonical",
        joined(readings.iter().map(|one| one.canonical.as_str())),
    );
    set(
        "kinds",
        joined(readings.iter().map(|one| one.kind.as_str())),
    );
    set("text_hash", const_hex::encode(&screening.text_hash));
    set("verdict", screening.verdict.clone());
    set("action", screening.action.clone());
    set(
        "reasons",
        joined(screening.reasons.iter().map(String::as_str)),
    );
    set("flags", joined(screening.flags.iter().map(String::as_str)));
    set("matches", screening.matches_total.to_string());
    set_matches(&screening.matches, &mut set);
    set("generation", screening.generation.to_string());
    set(
        "generation_digest",
        const_hex::encode(&screening.generation_digest),
    );
    set(
        "policy_version",
        const_hex::encode(&screening.policy_version),
    );
    set("as_of", screening.as_of.clone());
    set(
        "oldest_publication_age_s",
        screening.oldest_publication_age_s.to_string(),
    );
    row
}

/// The name of what happened, as `audit show` has it.
const fn event_name(event: &Event) -> &'static str {
    match event {
        Event::Screening(_) => "SCREENING",
        Event::Started(_) => "STARTED",
        Event::Configured(_) => "CONFIGURED",
        Event::Stopped(_) => "STOPPED",
        Event::Recovered(_) => "RECOVERED",
        Event::Checkpointed(_) => "CHECKPOINTED",
        Event::ChangeIntended(_) => "CHANGE_INTENDED",
        Event::Changed(_) => "CHANGED",
        Event::Refused(_) => "REFUSED",
        Event::Confirmed(_) => "CONFIRMED",
        Event::WordGiven(_) => "WORD_GIVEN",
        Event::Alerted(_) => "ALERTED",
        Event::BookChanged(_) => "BOOK_CHANGED",
        Event::Retired(_) => "RETIRED",
        Event::Rescreened(_) => "RESCREENED",
        Event::Reloaded(_) => "RELOADED",
    }
}

/// What applied.
fn set_matches(matches: &[Match], set: &mut impl FnMut(&str, String)) {
    set(
        "relations",
        joined(matches.iter().map(|one| one.relation.as_str())),
    );
    set(
        "sources",
        joined(matches.iter().map(|one| one.source.as_str())),
    );
    let subjects = matches.iter().flat_map(|one| &one.subjects);
    set("subjects", joined(subjects.map(String::as_str)));
    let programs = matches.iter().flat_map(|one| &one.programs);
    set("programs", joined(programs.map(String::as_str)));
    set(
        "incidents",
        joined(matches.iter().map(|one| one.incident.as_str())),
    );
    let published = matches.iter().map(|one| one.published_address.as_str());
    set("published_addresses", joined(published));
    let ids: Vec<String> = matches
        .iter()
        .map(|one| const_hex::encode(&one.entry_id))
        .collect();
    set("entry_ids", joined(ids.iter().map(String::as_str)));
}

/// What events other than screenings say of a generation.
fn set_generation(event: &Event, set: &mut impl FnMut(&str, String)) {
    let (number, digest, caller) = match event {
        Event::Started(one) => (one.generation, &one.generation_digest, ""),
        Event::ChangeIntended(one) => (one.generation, &one.generation_digest, ""),
        Event::Changed(one) => (one.generation, &one.generation_digest, ""),
        Event::Rescreened(one) => (one.generation, &one.generation_digest, one.caller.as_str()),
        Event::Alerted(one) => (one.generation, &one.generation_digest, ""),
        _ => return,
    };
    set("generation", number.to_string());
    set("generation_digest", const_hex::encode(digest));
    set("caller", caller.to_owned());
}

fn id(bytes: &[u8]) -> String {
    uuid::Uuid::from_slice(bytes).map_or_else(|_| const_hex::encode(bytes), |id| id.to_string())
}

fn instant(nanoseconds: i64) -> String {
    Timestamp::from_nanosecond(nanoseconds.into())
        .map_or_else(|_| nanoseconds.to_string(), |at| at.to_string())
}

/// Several values in one, each once, in the order they come.
fn joined<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for value in values.filter(|value| !value.is_empty()) {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    kept.join("; ")
}
