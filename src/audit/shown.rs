//! Records for people and for machines: times as RFC 3339, hashes and ids in
//! hexadecimal. Members that are empty are left out.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::record::record::Event;
use super::record::{
    Act, Alerted, BookChanged, ChangeIntended, Changed, Configured, Confirmed, Match, Publication,
    Reading, Record, Recovered, Refused, Reloaded, Rescreened, Retired, Screening, Started,
    WordGiven,
};

/// Returns a record as JSON: `id`, `at`, `monotonic_ns`, `build`, the name of
/// the event, and what it says.
pub fn json(record: &Record) -> Value {
    let (event, said) = match &record.event {
        Some(event) => event_json(event),
        None => ("UNKNOWN", Map::new()),
    };
    let mut shown = Map::new();
    shown.insert("id".to_owned(), json!(id(&record.id)));
    shown.insert("at".to_owned(), json!(time(record.wall_ns)));
    shown.insert("monotonic_ns".to_owned(), json!(record.monotonic_ns));
    shown.insert("build".to_owned(), json!(record.build));
    shown.insert("event".to_owned(), json!(event));
    shown.extend(said);
    Value::Object(shown)
}

/// Returns a record for people: a line that says what happened, and below it
/// all that the record says.
pub fn text(record: &Record) -> String {
    let mut lines = vec![sentence(record)];
    if let Value::Object(members) = json(record) {
        write_members(&mut lines, 1, &members);
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Returns what a record proves, in one sentence.
pub fn sentence(record: &Record) -> String {
    let at = time(record.wall_ns);
    let what = match &record.event {
        Some(Event::Screening(screening)) => return screening_sentence(&at, screening),
        Some(Event::Started(_)) => "the daemon was started",
        Some(Event::Configured(_)) => "the daemon was told its policy",
        Some(Event::Reloaded(_)) => "the configuration was read anew",
        Some(Event::Stopped(_)) => "the daemon stopped in good order",
        Some(Event::Recovered(_)) => "what a crash left unfinished was put in order",
        Some(Event::Checkpointed(_)) => "the log was signed",
        Some(Event::ChangeIntended(_)) => "the lists were about to change",
        Some(Event::Changed(changed)) => {
            return format!("at {at}, generation {} became live", changed.generation);
        }
        Some(Event::Refused(refused)) => {
            return format!(
                "at {at}, {} was refused: {}",
                refused.call,
                line(&refused.why)
            );
        }
        Some(Event::Confirmed(_)) => "a publication was found unchanged at its publisher",
        Some(Event::WordGiven(word)) if word.approved => "what waited was approved",
        Some(Event::WordGiven(_)) => "what waited was rejected",
        Some(Event::Alerted(_)) => "a watched address changed its standing",
        Some(Event::BookChanged(_)) => "a book of watched addresses changed",
        Some(Event::Retired(_)) => "records past their time were removed",
        Some(Event::Rescreened(_)) => "a rescreen came to its end",
        None => "something happened that this build does not know",
    };
    format!("at {at}, {what}")
}

fn screening_sentence(at: &str, screening: &Screening) -> String {
    let addresses: Vec<String> = screening
        .readings
        .iter()
        .filter(|reading| !reading.canonical.is_empty())
        .map(|reading| format!("{} ({})", line(&reading.canonical), reading.kind))
        .collect();
    let address = match &addresses[..] {
        [] => format!("the text with keyed hash {}", hex(&screening.text_hash)),
        [one] => format!("address {one}"),
        many => format!("the text that reads as {}", many.join(" or ")),
    };
    let verdict = match &screening.verdict[..] {
        // The verdict is about the lists and says so.
        "NOT_LISTED" => "was NOT_LISTED",
        "LISTED" => "was LISTED",
        _ => "could not be judged (INDETERMINATE)",
    };
    let day = match &screening.as_of[..] {
        "" => String::new(),
        day => format!(" as of {day}"),
    };
    let judged = match screening.judged_at_s {
        0 => String::new(),
        seconds => format!(
            ", judged by the clock of {}",
            time(seconds.saturating_mul(1_000_000_000))
        ),
    };
    format!(
        "at {at}, {address} {verdict}{day}, action {}, by generation {} (digest {}){judged}, asked by {}",
        screening.action,
        screening.generation,
        hex(&screening.generation_digest),
        line(&screening.caller),
    )
}

/// Makes text of others safe to show on one line.
fn line(text: &str) -> String {
    let plain = |letter: char| if letter.is_control() { '?' } else { letter };
    text.chars().map(plain).collect()
}

fn write_members(lines: &mut Vec<String>, depth: usize, members: &Map<String, Value>) {
    let indent = "  ".repeat(depth);
    for (name, value) in members {
        match value {
            Value::Object(members) => {
                lines.push(format!("{indent}{name}:"));
                write_members(lines, depth + 1, members);
            }
            Value::Array(values) if values.iter().any(Value::is_object) => {
                for value in values.iter().filter_map(Value::as_object) {
                    lines.push(format!("{indent}{name}:"));
                    write_members(lines, depth + 1, value);
                }
            }
            Value::Array(values) => {
                let words: Vec<String> = values.iter().map(word).collect();
                lines.push(format!("{indent}{name}: {}", words.join(", ")));
            }
            value => lines.push(format!("{indent}{name}: {}", word(value))),
        }
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), line)
}

/// Keeps the members that say something.
fn said(members: Value) -> Map<String, Value> {
    let Value::Object(members) = members else {
        return Map::new();
    };
    let says = |value: &Value| match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_u64() != Some(0),
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
    };
    members
        .into_iter()
        .filter(|(_, value)| says(value))
        .collect()
}

fn event_json(event: &Event) -> (&'static str, Map<String, Value>) {
    let (name, members) = match event {
        Event::Screening(event) => ("SCREENING", screening(event)),
        Event::Started(event) => ("STARTED", started(event)),
        Event::Configured(event) => ("CONFIGURED", configured(event)),
        Event::Stopped(_) => ("STOPPED", json!({})),
        Event::Recovered(event) => ("RECOVERED", recovered(event)),
        Event::Checkpointed(event) => ("CHECKPOINTED", json!({ "note": event.note })),
        Event::ChangeIntended(event) => ("CHANGE_INTENDED", change_intended(event)),
        Event::Changed(event) => ("CHANGED", changed(event)),
        Event::Refused(event) => ("REFUSED", refused(event)),
        Event::Confirmed(event) => ("CONFIRMED", confirmed(event)),
        Event::WordGiven(event) => ("WORD_GIVEN", word_given(event)),
        Event::Alerted(event) => ("ALERTED", alerted(event)),
        Event::BookChanged(event) => ("BOOK_CHANGED", book_changed(event)),
        Event::Retired(event) => ("RETIRED", retired(event)),
        Event::Rescreened(event) => ("RESCREENED", rescreened(event)),
        Event::Reloaded(event) => ("RELOADED", reloaded(event)),
    };
    let mut members = said(members);
    if let Event::WordGiven(event) = event {
        // Here a no says as much as a yes.
        members.insert("approved".to_owned(), json!(event.approved));
    }
    (name, members)
}

fn screening(event: &Screening) -> Value {
    let judged_at =
        (event.judged_at_s != 0).then(|| time(event.judged_at_s.saturating_mul(1_000_000_000)));
    json!({
        "caller": event.caller,
        "call": event.call,
        "purpose": event.purpose,
        "reference_hash": hex(&event.reference_hash),
        "network": event.network,
        "readings": event.readings.iter().map(reading).collect::<Vec<_>>(),
        "text_hash": hex(&event.text_hash),
        "verdict": event.verdict,
        "action": event.action,
        "reasons": event.reasons,
        "flags": event.flags,
        "matches": event.matches.iter().map(match_json).collect::<Vec<_>>(),
        "matches_total": event.matches_total,
        "generation": event.generation,
        "generation_digest": hex(&event.generation_digest),
        "policy_version": hex(&event.policy_version),
        "as_of": event.as_of,
        "judged_at": judged_at,
        "oldest_publication_age_s": event.oldest_publication_age_s,
        "position": event.position,
        "historical": event.historical,
    })
}

fn reading(reading: &Reading) -> Value {
    let mut members = said(json!({
        "canonical": reading.canonical,
        "kind": reading.kind,
        "tag": reading.tag,
        "destination": reading.destination,
    }));
    members.insert("strict".to_owned(), json!(reading.strict));
    Value::Object(members)
}

fn match_json(found: &Match) -> Value {
    let mut members = said(json!({
        "entry_id": id(&found.entry_id),
        "source": found.source,
        "tier": found.tier,
        "category": found.category,
        "relation": found.relation,
        "action": found.action,
        "reading": found.reading,
        "published_address": found.published_address,
        "subjects": found.subjects,
        "programs": found.programs,
        "subject_id": found.subject_id,
        "incident": found.incident,
        "delisted_on": found.delisted_on,
        "publication_digest": hex(&found.publication_digest),
        "exemption_id": id(&found.exemption_id),
    }));
    members.insert("active".to_owned(), json!(found.active));
    Value::Object(members)
}

fn started(event: &Started) -> Value {
    json!({
        "generation": event.generation,
        "generation_digest": hex(&event.generation_digest),
        "listen": event.listen,
        "durability": event.durability,
        "first": event.first,
    })
}

fn configured(event: &Configured) -> Value {
    json!({
        "file_digest": hex(&event.file_digest),
        "policy_version": hex(&event.policy_version),
        "policy": event.policy,
    })
}

fn reloaded(event: &Reloaded) -> Value {
    json!({
        "caller": event.caller,
        "file_digest_before": hex(&event.file_digest_before),
        "file_digest": hex(&event.file_digest),
        "changed": event.changed,
        "needs_restart": event.needs_restart,
    })
}

fn recovered(event: &Recovered) -> Value {
    json!({
        "records": event.records,
        "cut_bytes": event.cut_bytes,
        "found": event.found,
        "unsigned_records": event.unsigned_records,
    })
}

fn change_intended(event: &ChangeIntended) -> Value {
    json!({
        "generation": event.generation,
        "generation_digest": hex(&event.generation_digest),
        "sources": event.sources,
    })
}

fn changed(event: &Changed) -> Value {
    json!({
        "generation": event.generation,
        "generation_digest": hex(&event.generation_digest),
        "cause": event.cause,
        "sources": event.sources,
        "publications": event.publications.iter().map(publication).collect::<Vec<_>>(),
        "added": event.added,
        "amended": event.amended,
        "removed": event.removed,
        "overridden": event.overridden,
        "act": event.act.as_ref().map(act),
        "reconciled": event.reconciled,
        "committed_at": moment(event.committed_ns),
    })
}

fn publication(publication: &Publication) -> Value {
    Value::Object(said(json!({
        "source": publication.source,
        "tier": publication.tier,
        "digest": hex(&publication.digest),
        "published_on": publication.published_on,
        "retrieved_at": moment(publication.retrieved_ns),
        "entries": publication.entries,
    })))
}

fn act(act: &Act) -> Value {
    Value::Object(said(json!({
        "author": act.author,
        "reason": act.reason,
        "ticket": act.ticket,
        "approver": act.approver,
    })))
}

fn refused(event: &Refused) -> Value {
    json!({
        "call": event.call,
        "caller": event.caller,
        "source": event.source,
        "why": event.why,
        "digest": hex(&event.digest),
        "act": event.act.as_ref().map(act),
    })
}

fn confirmed(event: &Confirmed) -> Value {
    json!({
        "source": event.source,
        "publication_digest": hex(&event.publication_digest),
        "confirmed_at": moment(event.confirmed_ns),
    })
}

fn word_given(event: &WordGiven) -> Value {
    json!({
        "pending_id": event.pending_id,
        "act": event.act.as_ref().map(act),
    })
}

fn alerted(event: &Alerted) -> Value {
    json!({
        "sequence": event.sequence,
        "alert_id": id(&event.alert_id),
        "kind": event.kind,
        "portfolio": event.portfolio,
        "canonical": event.canonical,
        "reference_hash": hex(&event.reference_hash),
        "generation": event.generation,
        "generation_digest": hex(&event.generation_digest),
        "match": event.r#match.as_ref().map(match_json),
    })
}

fn book_changed(event: &BookChanged) -> Value {
    json!({
        "portfolio": event.portfolio,
        "change": event.change,
        "members": event.members,
        "caller": event.caller,
    })
}

fn retired(event: &Retired) -> Value {
    json!({
        "first_record": event.first_record,
        "segments": event.segments,
        "years": event.years,
    })
}

fn rescreened(event: &Rescreened) -> Value {
    json!({
        "caller": event.caller,
        "reference_hash": hex(&event.reference_hash),
        "queries": event.queries,
        "listed": event.listed,
        "not_listed": event.not_listed,
        "indeterminate": event.indeterminate,
        "review": event.review,
        "block": event.block,
        "generation": event.generation,
        "generation_digest": hex(&event.generation_digest),
        "complete": event.complete,
    })
}

/// Returns a time, or how many nanoseconds it is from 1970 if no calendar
/// has it.
fn time(ns: i64) -> String {
    match Timestamp::from_nanosecond(i128::from(ns)) {
        Ok(time) => time.to_string(),
        Err(_) => format!("{ns} ns"),
    }
}

/// Returns a time that may not have been said.
fn moment(ns: i64) -> String {
    if ns == 0 { String::new() } else { time(ns) }
}

fn hex(bytes: &[u8]) -> String {
    const_hex::encode(bytes)
}

/// Returns an id in the usual form.
fn id(bytes: &[u8]) -> String {
    Uuid::from_slice(bytes).map_or_else(|_| hex(bytes), |id| id.to_string())
}

#[cfg(test)]
#[path = "shown_tests.rs"]
mod tests;
