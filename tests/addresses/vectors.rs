//! The published vectors: every row read as its source says.
//!
//! Rows are scoped by family: a text that is invalid as Bitcoin may be a fine
//! Litecoin address. Where they come from is in the fixtures' README and in
//! each row.

use std::collections::BTreeMap;

use interdict::address::{
    Candidate, Fault, Flags, Kind, Networks, Reading, Sameness, parse, parse_hinted,
};
use serde_json::Value;

use crate::families::{self, Belongs};

const VECTORS: &str = include_str!("../fixtures/addresses/vectors.jsonl");

/// What cleaning leaves behind: a row of kind `noise` carries one of these.
const CLEANING: [Flags; 7] = [
    Flags::TRIMMED,
    Flags::UNQUOTED,
    Flags::INVISIBLE_REMOVED,
    Flags::COMPATIBILITY_FOLDED,
    Flags::SPACES_REMOVED,
    Flags::TAG_PRESENT,
    Flags::SUSPICIOUS,
];

/// One row of the fixture.
pub struct Vector {
    pub family: String,
    pub input: String,
    pub valid: bool,
    pub kind: String,
    pub payload_hex: String,
    pub lenient_hex: String,
    pub contains: Vec<String>,
    pub alias_of: Vec<String>,
    pub equivalent_to: Vec<String>,
}

impl Vector {
    /// The networks that have to be named before the text means anything.
    pub fn hint(&self) -> Networks {
        let is_name = matches!(self.family.as_str(), "eos" | "near");
        match Networks::from_hint(&self.family) {
            Ok(networks) if is_name => networks,
            _ => Networks::NONE,
        }
    }

    /// Reads the row's text, its network named where the text needs it.
    pub fn read(&self) -> Reading {
        read_with(&self.input, self.hint())
    }
}

/// Every row of the fixture.
pub fn vectors() -> Vec<Vector> {
    let text = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    let texts = |row: &Value, field: &str| -> Vec<String> {
        let values = row[field].as_array().map(Vec::as_slice);
        let texts = values.unwrap_or_default().iter();
        texts
            .filter_map(|text| text.as_str().map(str::to_owned))
            .collect()
    };
    let rows = VECTORS
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a JSON object a line"));
    rows.map(|row| Vector {
        family: text(&row, "family"),
        input: text(&row, "input"),
        valid: row["valid"].as_bool().expect("`valid` is a boolean"),
        kind: text(&row, "kind"),
        payload_hex: text(&row, "canonical_hex"),
        lenient_hex: text(&row, "lenient_hex"),
        contains: texts(&row, "contains"),
        alias_of: texts(&row, "alias_of"),
        equivalent_to: texts(&row, "equivalent_to"),
    })
    .collect()
}

/// Reads a text with a hint, which is left out where it is empty: the two
/// functions are one, and this shows it.
pub fn read_with(text: &str, hint: Networks) -> Reading {
    if hint.is_empty() {
        parse(text)
    } else {
        parse_hinted(text, hint)
    }
}

/// Judges one row; the error says what is wrong.
fn judge(vector: &Vector) -> Result<(), String> {
    let reading = vector.read();
    if reading.is_strict() != reading.fault.is_none() {
        return Err("a fault must be present exactly when the reading is not strict".to_owned());
    }
    if vector.valid {
        judge_valid(vector, &reading)
    } else {
        judge_invalid(vector, &reading)
    }
}

fn judge_valid(vector: &Vector, reading: &Reading) -> Result<(), String> {
    // A destination that is no account keeps the whole from clearing.
    let is_lightning_too = vector.input.contains("lightning=");
    if !reading.is_strict() && !is_lightning_too {
        return Err(format!("must read strictly: {}", told(reading)));
    }
    let candidates = families::with_payload(vector, reading);
    if candidates.is_empty() {
        return Err(format!(
            "no strict candidate has the payload: {}",
            told(reading)
        ));
    }
    for candidate in candidates {
        let belongs = families::belongs(vector, candidate);
        if belongs == Belongs::Elsewhere {
            return Err(format!("is taken for another's: {}", told(reading)));
        }
        judge_canonical(vector, candidate)?;
    }
    judge_flags(vector, reading)
}

/// The canonical form reads back, strictly and to the same key.
fn judge_canonical(vector: &Vector, candidate: &Candidate) -> Result<(), String> {
    let canonical = candidate.canonical();
    let again = read_with(&canonical, vector.hint());
    let found = again
        .candidates
        .iter()
        .find(|other| other.key == candidate.key);
    match found {
        Some(other) if other.strict && again.is_strict() => Ok(()),
        _ => Err(format!(
            "canonical form {canonical} reads back as {}",
            told(&again)
        )),
    }
}

fn judge_flags(vector: &Vector, reading: &Reading) -> Result<(), String> {
    let was_cleaned = CLEANING.iter().any(|&flag| reading.flags.contains(flag));
    let was_trimmed = vector.input.trim() != vector.input;
    if vector.kind == "noise" && !was_cleaned {
        return Err(format!(
            "must be flagged as cleaned, and has {:?}",
            reading.flags
        ));
    }
    if was_trimmed && !reading.flags.contains(Flags::TRIMMED) {
        return Err("must flag the white space at its ends".to_owned());
    }
    let is_plain = vector.kind != "noise" && !was_trimmed;
    let alterations = [
        Flags::UNQUOTED,
        Flags::INVISIBLE_REMOVED,
        Flags::LOOK_ALIKE_FOLDED,
    ];
    if is_plain && alterations.iter().any(|&flag| reading.flags.contains(flag)) {
        return Err(format!(
            "nothing is noisy here, and it has {:?}",
            reading.flags
        ));
    }
    Ok(())
}

fn judge_invalid(vector: &Vector, reading: &Reading) -> Result<(), String> {
    let mut candidates = reading.candidates.iter();
    let accepted =
        candidates.find(|one| one.strict && families::belongs(vector, one) == Belongs::Here);
    if let Some(candidate) = accepted {
        return Err(format!("must not read strictly as {}", candidate.kind));
    }
    if !vector.lenient_hex.is_empty() {
        let wanted =
            |one: &&Candidate| !one.strict && families::payloads(one).contains(&vector.lenient_hex);
        if reading.candidates.iter().find(wanted).is_none() {
            return Err(format!(
                "no lenient candidate has the payload: {}",
                told(reading)
            ));
        }
    }
    let faults: &[Fault] = match (vector.family.as_str(), vector.kind.as_str()) {
        (_, "wif_private_key") => &[Fault::PrivateKey],
        (_, "secret_or_xkey") => &[Fault::ExtendedPublicKey],
        (_, "lightning_address") => &[Fault::Lightning, Fault::Name],
        ("lightning", _) => &[Fault::Lightning],
        _ => &[],
    };
    let is_secret = matches!(vector.kind.as_str(), "wif_private_key" | "secret_or_xkey");
    let is_homoglyph = vector.kind == "homoglyph";
    match reading.fault {
        _ if is_homoglyph && reading.is_strict() => {
            Err("nobody can pay to a look-alike".to_owned())
        }
        fault if !faults.is_empty() && !fault.is_some_and(|one| faults.contains(&one)) => Err(
            format!("must be refused as one of {faults:?}, not {fault:?}"),
        ),
        _ if is_secret && !reading.candidates.is_empty() => {
            Err("must give no candidates".to_owned())
        }
        _ if vector.family == "none" && !is_only_text(reading) => {
            Err(format!("is no address: {}", told(reading)))
        }
        _ => Ok(()),
    }
}

fn is_only_text(reading: &Reading) -> bool {
    reading
        .candidates
        .iter()
        .all(|candidate| candidate.kind == Kind::Opaque)
}

/// A reading in a line, for a failure's message.
pub fn told(reading: &Reading) -> String {
    let candidates: Vec<_> = reading
        .candidates
        .iter()
        .map(|one| {
            format!(
                "{}{} {}",
                if one.strict { "" } else { "~" },
                one.kind,
                one.key
            )
        })
        .collect();
    format!("{:?} {:?} {candidates:?}", reading.fault, reading.flags)
}

/// Judges every row, prints a line a family and demands that none is wrong.
fn tally(judged: impl Fn(&Vector) -> Option<Result<(), String>>) {
    let mut tally: BTreeMap<String, (usize, Vec<String>)> = BTreeMap::new();
    for vector in vectors() {
        let Some(verdict) = judged(&vector) else {
            continue;
        };
        let (right, wrong) = tally.entry(vector.family.clone()).or_default();
        match verdict {
            Ok(()) => *right += 1,
            Err(reason) => wrong.push(format!(
                "{} {:?} {:?}: {reason}",
                vector.family, vector.kind, vector.input
            )),
        }
    }
    for (family, (right, wrong)) in &tally {
        let total = right + wrong.len();
        eprintln!(
            "{family:20} right {right:3}  wrong {:3}  total {total:3}",
            wrong.len()
        );
    }
    let all: usize = tally
        .values()
        .map(|(right, wrong)| right + wrong.len())
        .sum();
    let wrong: Vec<_> = tally.into_values().flat_map(|(_, wrong)| wrong).collect();
    assert!(all > 0, "the fixture has such rows");
    assert!(
        wrong.is_empty(),
        "{} of {all} wrong: {wrong:#?}",
        wrong.len()
    );
}

#[test]
fn the_fixture_is_whole() {
    assert_eq!(vectors().len(), 752);
}

#[test]
fn every_vector_is_read_as_its_source_says() {
    tally(|vector| Some(judge(vector)));
}

/// Receivers of a unified address, destinations of a URI.
#[test]
fn every_destination_inside_a_vector_is_looked_up() {
    tally(|vector| {
        let missed = |inner: &&String| {
            let (outer, inner) = (vector.read(), parse(inner));
            !outer
                .candidates
                .iter()
                .any(|one| inner.candidates.iter().any(|other| one.key == other.key))
        };
        match vector.contains.iter().find(missed) {
            _ if vector.contains.is_empty() => None,
            Some(inner) => Some(Err(format!("{inner} is inside and not looked up"))),
            None => Some(Ok(())),
        }
    });
}

#[test]
fn other_spellings_of_a_vector_meet() {
    tally(|vector| {
        let missed =
            |other: &&String| !families::meet(&vector.read(), &read_with(other, vector.hint()));
        match vector.equivalent_to.iter().find(missed) {
            _ if vector.equivalent_to.is_empty() => None,
            Some(other) => Some(Err(format!("does not meet {other}"))),
            None => Some(Ok(())),
        }
    });
}

/// Other accounts of the same key or script: they meet on a key, or one leads
/// to the other, and two sorts of account are not called the
/// same.
#[test]
fn other_accounts_of_the_same_key_are_found() {
    tally(|vector| {
        let fault = |other: &String| {
            let (asked, listed) = (vector.read(), parse(other));
            match families::closest(&asked, &listed) {
                None if families::can_meet(&asked, &listed) => {
                    Some(format!("does not lead to {other}"))
                }
                Some(Sameness::Same) if families::differ_in_kind(&asked, &listed) => {
                    Some(format!("is called the same account as {other}"))
                }
                _ => None,
            }
        };
        if vector.alias_of.is_empty() {
            return None;
        }
        Some(vector.alias_of.iter().find_map(fault).map_or(Ok(()), Err))
    });
}

/// Whoever holds the stake part does not hold the payment part: it is looked
/// up, to be told.
#[test]
fn the_stake_part_of_an_address_is_led_to() {
    tally(|vector| {
        let stake = families::stake_key(&vector.payload_hex);
        let is_shelley = vector.family == "cardano" && vector.valid && vector.kind != "byron";
        let stake = stake.filter(|_| is_shelley)?;
        let is_found = families::keys(&vector.read()).contains(&stake);
        Some(if is_found {
            Ok(())
        } else {
            Err("does not lead to its stake part".to_owned())
        })
    });
}
