//! What is kept of a screening: how it was asked, how the text was read, what
//! applied, and what the answer rests on.
//!
//! The text itself is never kept, since people paste private keys: its
//! canonical readings are, and for a text that no reading names a keyed hash,
//! by which it can be found again but not read. Field numbers are those of
//! `proto/interdict/audit/v1/record.proto`.

use jiff::Timestamp;
use prost::Message as _;

use crate::address::{Candidate, Kind, Networks};
use crate::audit::{Fields, Leaves, Recorder, record};
use crate::verdict::{HintFinding, Match, Outcome};

use super::Pinned;

/// Longest network hint that is kept; those that name a network are shorter.
const NETWORK_BYTES_MAX: usize = 64;

/// A record has room for less than a mebibyte, and ordinary evidence is of a
/// few hundred bytes.
const EVIDENCE_BYTES_MAX: usize = 256 << 10;

/// An address on more networks than this is on all of its kind.
const NETWORKS_NAMED_MAX: u32 = 4;

/// Who asked what for, over one call.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The peer's address, or the name it proved.
    pub caller: String,
    /// The method.
    pub call: &'static str,
    /// What for; empty: not given.
    pub purpose: &'static str,
    /// Keyed hash of the caller's reference, if one was given.
    pub reference: Option<[u8; 32]>,
}

/// One screening of a call.
#[derive(Debug, Clone, Copy)]
pub struct Screened<'a> {
    /// The text that was asked about.
    pub text: &'a str,
    /// The network that the caller named.
    pub network: &'a str,
    /// Its place in the call.
    pub position: u64,
    /// What was concluded.
    pub outcome: &'a Outcome,
    /// The canonical spelling of each candidate: the answer has them too, and
    /// making them costs as much as the look-up.
    pub canonical: &'a [String],
}

impl Pinned {
    /// Adds the record of one screening of this pin.
    pub fn record_into(
        &self,
        leaves: &mut Leaves,
        recorder: &Recorder,
        (asked, at): (&Asked, Timestamp),
        screened: Screened<'_>,
    ) {
        let outcome = screened.outcome;
        self.counts.answered(outcome);
        let hit = !outcome.matches.is_empty();
        recorder.screening(leaves, (&outcome.id, at), hit, |fields| {
            write_question(fields, recorder, asked, screened);
            write_conclusion(fields, outcome);
            self.write_basis(fields, at);
            fields.number(20, screened.position);
        });
    }

    fn write_basis(&self, fields: &mut Fields<'_>, at: Timestamp) {
        let record = self.record();
        fields.number(14, record.number.0);
        fields.bytes(15, &record.digest.0);
        fields.bytes(16, &self.rules.version());
        if let Some(day) = self.as_of {
            fields.text(17, &day.to_string());
        }
        if self.judged_at.as_second() != at.as_second() {
            fields.signed(18, self.judged_at.as_second());
        }
        fields.number(19, self.freshness.oldest_age.as_secs());
        fields.truth(21, self.is_historical());
    }
}

fn write_question(
    fields: &mut Fields<'_>,
    recorder: &Recorder,
    asked: &Asked,
    screened: Screened<'_>,
) {
    fields.text(1, &asked.caller);
    fields.text(2, asked.call);
    fields.text(3, asked.purpose);
    if let Some(hash) = &asked.reference {
        fields.bytes(4, hash);
    }
    fields.text(5, network_kept(screened));
    let candidates = &screened.outcome.candidates;
    for (candidate, canonical) in candidates.iter().zip(screened.canonical) {
        fields.message(6, |reading| write_reading(reading, candidate, canonical));
    }
    if !candidates.iter().any(is_named) {
        fields.bytes(7, &recorder.hashed(screened.text));
    }
}

/// A text that nobody can read is its own canonical form, and may be a secret.
fn is_named(candidate: &Candidate) -> bool {
    candidate.kind != Kind::Opaque
}

fn write_reading(fields: &mut Fields<'_>, candidate: &Candidate, canonical: &str) {
    if is_named(candidate) {
        fields.text(1, canonical);
    }
    fields.text(2, candidate.kind.name());
    fields.truth(3, candidate.strict);
    if let Some(tag) = &candidate.tag {
        fields.text(4, tag.as_str());
    }
    fields.number(5, candidate.destination.into());
    if candidate.networks.bits().count_ones() <= NETWORKS_NAMED_MAX {
        for network in candidate.networks.iter() {
            fields.item(6, network.name().as_bytes());
        }
    }
}

/// The hint, if it names a network; what names none may be anything.
fn network_kept(screened: Screened<'_>) -> &str {
    let network = screened.network.trim();
    match screened.outcome.hint {
        _ if network.is_empty() => "",
        HintFinding::Unknown => "?",
        _ if network.len() > NETWORK_BYTES_MAX => "?",
        HintFinding::Silent | HintFinding::Disagrees => network,
    }
}

fn write_conclusion(fields: &mut Fields<'_>, outcome: &Outcome) {
    fields.text(8, outcome.verdict.name());
    fields.text(9, outcome.action.name());
    for reason in &outcome.reasons {
        fields.item(10, reason.name().as_bytes());
    }
    for flag in outcome.flags.names() {
        fields.item(11, flag.as_bytes());
    }
    let start = fields.written();
    for found in &outcome.matches {
        // What is left out is named by its entry, and told in the answer.
        let whole = fields.written() - start < EVIDENCE_BYTES_MAX;
        fields.message(12, |fields| {
            write_what_matched(fields, found);
            if whole {
                write_evidence(fields, found);
            }
        });
    }
    fields.number(13, outcome.matches_total as u64);
}

/// Writes which entry matched, and how: part of `interdict.audit.v1.Match`.
fn write_what_matched(fields: &mut Fields<'_>, found: &Match) {
    fields.bytes(1, &found.id.0);
    fields.text(2, found.source.as_str());
    fields.text(3, found.tier.name());
    fields.text(4, found.relation.name());
    fields.truth(5, found.active);
    fields.text(6, found.action.name());
    fields.number(7, found.candidate as u64);
    fields.text(8, &found.entry.address);
    fields.bytes(14, &found.publication.0);
    if let Some(exemption) = &found.exemption {
        fields.bytes(15, &exemption.id.0);
    }
}

/// Writes the rest of it: what the publisher says.
fn write_evidence(fields: &mut Fields<'_>, found: &Match) {
    let entry = &found.entry;
    let designation = &entry.designation;
    for subject in &designation.subjects {
        fields.item(9, subject.as_bytes());
    }
    for program in &designation.programs {
        fields.item(10, program.as_bytes());
    }
    fields.text(11, designation.subject_id.as_deref().unwrap_or_default());
    if let Some(incident) = &entry.incident {
        fields.text(12, &incident.id);
    }
    if let Some(day) = found.delisted_on {
        fields.text(13, &day.to_string());
    }
    fields.text(16, entry.category.name());
}

/// Returns a match as records have it.
pub fn match_kept(found: &Match) -> record::Match {
    let mut bytes = Vec::new();
    let mut fields = Fields(&mut bytes);
    write_what_matched(&mut fields, found);
    write_evidence(&mut fields, found);
    record::Match::decode(bytes.as_slice()).unwrap_or_default()
}

/// Networks by the names that a record has for them.
pub(super) fn networks_named<'a>(names: impl Iterator<Item = &'a str>) -> Networks {
    names
        .filter_map(|name| Networks::from_hint(name).ok())
        .fold(Networks::NONE, Networks::union)
}
