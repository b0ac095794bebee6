//! The line between wire and domain.

use std::cell::RefCell;

use jiff::Timestamp;
use jiff::civil::Date;
use tonic::Status;
use uuid::Uuid;

use crate::address::{Candidate, Fault, Flags};
use crate::list::{Act, Category, Confidence, Incident, Tier};
use crate::rescreen::Summary;
use crate::screening::{Moment, Pinned};
use crate::store::GenerationNumber;
use crate::verdict::Action;
use crate::verdict::{Exemption, HintFinding, Match, Outcome, Reason, Relation, Verdict};

use super::v1;

/// Longest reference a caller may send.
const REFERENCE_BYTES_MAX: usize = 256;

pub(super) fn moment(sent: Option<v1::Moment>) -> Result<Moment, Status> {
    let sent = sent.unwrap_or_default();
    let number = |number: u64| (number != 0).then_some(GenerationNumber(number));
    Ok(Moment {
        as_of: date(&sent.as_of, "moment.as_of")?,
        generation: number(sent.generation),
        min_generation: number(sent.min_generation),
        at: None,
    })
}

/// References are bounded here. They are kept as a keyed hash in the audit
/// record, and nowhere else.
pub(super) fn check_reference(reference: &str) -> Result<(), Status> {
    if reference.len() <= REFERENCE_BYTES_MAX {
        return Ok(());
    }
    Err(Status::invalid_argument(format!(
        "`reference` has {} bytes, and may have {REFERENCE_BYTES_MAX}",
        reference.len()
    )))
}

/// What a screening is for, as records have it.
pub(super) fn purpose(sent: i32) -> &'static str {
    match v1::Purpose::try_from(sent) {
        Ok(v1::Purpose::Unspecified) => "",
        Ok(purpose) => {
            let name = purpose.as_str_name();
            name.strip_prefix("PURPOSE_").unwrap_or(name)
        }
        Err(_) => "?",
    }
}

/// Longest text that a person gives with an act.
const ACT_BYTES_MAX: usize = 1_000;

/// Who does something, and why: both must be said.
pub(super) fn act(sent: Option<v1::Act>, field: &str) -> Result<Act, Status> {
    let sent = sent.unwrap_or_default();
    let said = |name: &str, text: &str| {
        let text = text.trim();
        if text.len() > ACT_BYTES_MAX || text.contains(char::is_control) {
            return Err(Status::invalid_argument(format!(
                "`{field}.{name}` must be one line of at most {ACT_BYTES_MAX} bytes"
            )));
        }
        Ok((!text.is_empty()).then(|| text.to_owned()))
    };
    let required = |name: &str, text: &str| {
        said(name, text)?.ok_or_else(|| {
            Status::invalid_argument(format!(
                "`{field}.{name}` is empty: say who does this and why; it is kept"
            ))
        })
    };
    if !sent.approver.is_empty() {
        return Err(Status::invalid_argument(format!(
            "`{field}.approver` is set by the daemon, when a second person approves"
        )));
    }
    Ok(Act {
        author: required("author", &sent.author)?,
        reason: required("reason", &sent.reason)?,
        ticket: said("ticket", &sent.ticket)?,
        approver: None,
    })
}

pub(super) fn act_to_wire(act: &Act) -> v1::Act {
    v1::Act {
        author: act.author.clone(),
        reason: act.reason.clone(),
        ticket: act.ticket.clone().unwrap_or_default(),
        approver: act.approver.clone().unwrap_or_default(),
    }
}

fn exemption(exemption: &Exemption) -> v1::Exemption {
    v1::Exemption {
        act: Some(act_to_wire(&exemption.act)),
        expires_on: day(exemption.expires_on),
        entry_id: exemption.id.to_string(),
    }
}

pub(super) fn date(text: &str, field: &str) -> Result<Option<Date>, Status> {
    if text.is_empty() {
        return Ok(None);
    }
    // What was sent is not repeated: it may be a secret in the wrong place.
    text.parse()
        .map(Some)
        .map_err(|_| Status::invalid_argument(format!("`{field}` is no date written YYYY-MM-DD")))
}

/// Turns an outcome into what the API answers, for commands that ask no
/// daemon.
pub fn outcome_to_wire(unasked: Outcome, pinned: &Pinned) -> v1::Outcome {
    let canonical = canonical(&unasked);
    outcome(unasked, canonical, pinned)
}

/// The canonical spelling of each candidate.
pub(super) fn canonical(outcome: &Outcome) -> Vec<String> {
    outcome
        .candidates
        .iter()
        .map(Candidate::canonical)
        .collect()
}

pub(super) fn outcome(outcome: Outcome, canonical: Vec<String>, pinned: &Pinned) -> v1::Outcome {
    let matches_total = u32::try_from(outcome.matches_total).unwrap_or(u32::MAX);
    v1::Outcome {
        screening_id: outcome
            .id
            .as_hyphenated()
            .encode_lower(&mut Uuid::encode_buffer())
            .to_owned(),
        verdict: verdict(outcome.verdict).into(),
        action: action(outcome.action).into(),
        reasons: outcome
            .reasons
            .iter()
            .map(|given| reason(*given).into())
            .collect(),
        flags: flags(&outcome, pinned),
        candidates: outcome
            .candidates
            .iter()
            .zip(canonical)
            .map(|(read, canonical)| spelled(read, canonical))
            .collect(),
        matches: outcome.matches.into_iter().map(matched).collect(),
        matches_total,
    }
}

pub(super) fn basis(pinned: &Pinned) -> v1::Basis {
    let record = pinned.record();
    let freshness = pinned.freshness();
    v1::Basis {
        generation: record.number.0,
        generation_digest: record.digest.0.to_vec(),
        oldest_publication_age_seconds: freshness.oldest_age.as_secs(),
        oldest_source: freshness
            .oldest_source
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        stale: freshness.is_stale(),
        bundled: freshness.bundled,
        screened_at: instant(pinned.now()),
        as_of: day(pinned.as_of()),
        entries: record.entries(),
    }
}

pub(super) fn summary(summary: Summary, pinned: &Pinned) -> v1::RescreenSummary {
    let record = pinned.record();
    v1::RescreenSummary {
        queries: summary.queries,
        listed: summary.listed,
        not_listed: summary.not_listed,
        indeterminate: summary.indeterminate,
        review: summary.review,
        block: summary.block,
        generation: record.number.0,
        generation_digest: record.digest.0.to_vec(),
    }
}

pub(super) fn candidate(candidate: &Candidate) -> v1::Candidate {
    spelled(candidate, candidate.canonical())
}

fn spelled(candidate: &Candidate, canonical: String) -> v1::Candidate {
    v1::Candidate {
        canonical,
        kind: candidate.kind.name().to_owned(),
        networks: candidate
            .networks
            .iter()
            .map(|network| network.name().to_owned())
            .collect(),
        strict: candidate.strict,
        tag: candidate
            .tag
            .as_ref()
            .map_or_else(String::new, ToString::to_string),
        destination: candidate.destination.into(),
    }
}

pub(super) fn matched(found: Match) -> v1::Match {
    let entry = found.entry;
    let designation = entry.designation;
    v1::Match {
        relation: relation(found.relation).into(),
        candidate: u32::try_from(found.candidate).unwrap_or(u32::MAX),
        source: found.source.to_string(),
        tier: v1::Tier::from(found.tier).into(),
        category: category(entry.category).into(),
        subjects: designation.subjects,
        programs: designation.programs,
        subject_id: designation.subject_id.unwrap_or_default(),
        designated_on: day(designation.designated_on),
        listed_on: day(entry.listed_on),
        delisted_on: day(found.delisted_on),
        first_seen_at: instant(found.first_seen_at),
        last_seen_at: instant(found.last_seen_at),
        published_address: entry.address,
        published_ticker: entry.ticker.unwrap_or_default(),
        incident: entry.incident.map(incident),
        confidence: entry
            .confidence
            .map_or(v1::Confidence::NotStated, confidence)
            .into(),
        reference: entry.reference.unwrap_or_default(),
        publication_digest: found.publication.0.to_vec(),
        entry_id: found.id.to_string(),
        role: entry.role.unwrap_or_default(),
        note: entry.note.unwrap_or_default(),
        active: found.active,
        action: action(found.action).into(),
        why: found.why,
        exemption: found.exemption.as_deref().map(exemption),
        act: entry.act.as_ref().map(act_to_wire),
    }
}

pub(super) fn incident(incident: Incident) -> v1::Incident {
    v1::Incident {
        id: incident.id,
        name: incident.name,
        date: day(incident.date),
        loss_usd: incident.loss_usd.unwrap_or_default(),
        attributed_to: incident.attributed_to.unwrap_or_default(),
    }
}

fn flags(outcome: &Outcome, pinned: &Pinned) -> Vec<i32> {
    let text = [
        (Flags::CHECKSUM_MISMATCH, v1::Flag::ChecksumMismatch),
        (Flags::TRIMMED, v1::Flag::Trimmed),
        (Flags::LENIENT_READING, v1::Flag::LenientReading),
        (Flags::TESTNET, v1::Flag::Testnet),
        (Flags::TAG_PRESENT, v1::Flag::TagPresent),
        (Flags::UNQUOTED, v1::Flag::Unquoted),
        (Flags::INVISIBLE_REMOVED, v1::Flag::InvisibleRemoved),
        (Flags::COMPATIBILITY_FOLDED, v1::Flag::CompatibilityFolded),
        (Flags::LOOK_ALIKE_FOLDED, v1::Flag::LookAlikeFolded),
        (Flags::SPACES_REMOVED, v1::Flag::SpacesRemoved),
        (Flags::UNWRAPPED, v1::Flag::Unwrapped),
        (Flags::SEVERAL_DESTINATIONS, v1::Flag::SeveralDestinations),
        (Flags::SUSPICIOUS, v1::Flag::Suspicious),
    ];
    let noticed = text
        .into_iter()
        .filter(|(flag, _)| outcome.flags.contains(*flag))
        .map(|(_, flag)| flag);
    let hint = match outcome.hint {
        HintFinding::Silent => None,
        HintFinding::Disagrees => Some(v1::Flag::NetworkHintDisagrees),
        HintFinding::Unknown => Some(v1::Flag::NetworkHintUnknown),
    };
    let bundled = pinned
        .freshness()
        .bundled
        .then_some(v1::Flag::BundledSnapshot);
    let historical = pinned.is_historical().then_some(v1::Flag::Historical);
    let all = noticed.chain(hint).chain(bundled).chain(historical);
    all.map(i32::from).collect()
}

pub(super) const fn verdict(verdict: Verdict) -> v1::Verdict {
    match verdict {
        Verdict::Listed => v1::Verdict::Listed,
        Verdict::NotListed => v1::Verdict::NotListed,
        Verdict::Indeterminate => v1::Verdict::Indeterminate,
    }
}

pub(super) const fn action(action: Action) -> v1::Action {
    match action {
        Action::Allow => v1::Action::Allow,
        Action::Review => v1::Action::Review,
        Action::Block => v1::Action::Block,
    }
}

fn reason(reason: Reason) -> v1::Reason {
    match reason {
        Reason::Listed => v1::Reason::Listed,
        Reason::Delisted => v1::Reason::Delisted,
        Reason::Related => v1::Reason::Related,
        Reason::SameKey => v1::Reason::SameKey,
        Reason::SameScript => v1::Reason::SameScript,
        Reason::TagScoped => v1::Reason::TagScoped,
        Reason::Exempted => v1::Reason::Exempted,
        Reason::Unreadable(fault) => match fault {
            Fault::Empty => v1::Reason::Empty,
            Fault::TooLong => v1::Reason::TooLong,
            Fault::Checksum => v1::Reason::Checksum,
            Fault::PrivateKey => v1::Reason::PrivateKey,
            Fault::ExtendedPublicKey => v1::Reason::ExtendedPublicKey,
            Fault::MixedCase => v1::Reason::MixedCase,
            Fault::ChecksumKind => v1::Reason::ChecksumKind,
            Fault::NotAddressForm => v1::Reason::NotAddressForm,
            Fault::UnknownFormat => v1::Reason::UnknownFormat,
            Fault::Name => v1::Reason::NameNotAddress,
            Fault::Lightning => v1::Reason::Lightning,
            Fault::LookAlike => v1::Reason::LookAlike,
            Fault::Altered => v1::Reason::Altered,
            Fault::NetworkContradicts => v1::Reason::NetworkContradicts,
        },
        Reason::SourceMissing => v1::Reason::SourceMissing,
        Reason::SourceStale => v1::Reason::SourceStale,
        Reason::SourceIncomplete => v1::Reason::SourceIncomplete,
        Reason::StoreError => v1::Reason::StoreError,
        Reason::BeforeHistory => v1::Reason::BeforeHistory,
        Reason::TestAddress => v1::Reason::TestAddress,
    }
}

const fn relation(relation: Relation) -> v1::Relation {
    match relation {
        Relation::Direct => v1::Relation::Direct,
        Relation::SameKey => v1::Relation::SameKey,
        Relation::SameScript => v1::Relation::SameScript,
        Relation::Related => v1::Relation::Related,
    }
}

impl From<Tier> for v1::Tier {
    fn from(tier: Tier) -> Self {
        match tier {
            Tier::Sanctions => Self::Sanctions,
            Tier::LawEnforcement => Self::LawEnforcement,
            Tier::Attributed => Self::Attributed,
            Tier::Operator => Self::Operator,
        }
    }
}

pub(super) const fn given_tier(sent: v1::Tier) -> Option<Tier> {
    match sent {
        v1::Tier::Unspecified => None,
        v1::Tier::Sanctions => Some(Tier::Sanctions),
        v1::Tier::LawEnforcement => Some(Tier::LawEnforcement),
        v1::Tier::Attributed => Some(Tier::Attributed),
        v1::Tier::Operator => Some(Tier::Operator),
    }
}

pub(super) const fn category(category: Category) -> v1::Category {
    match category {
        Category::Sanctions => v1::Category::Sanctions,
        Category::Theft => v1::Category::Theft,
        Category::Ransomware => v1::Category::Ransomware,
        Category::Mixer => v1::Category::Mixer,
        Category::Scam => v1::Category::Scam,
        Category::TerroristFinancing => v1::Category::TerroristFinancing,
        Category::Other => v1::Category::Other,
    }
}

pub(super) const fn given_category(sent: v1::Category) -> Option<Category> {
    match sent {
        v1::Category::Unspecified => None,
        v1::Category::Sanctions => Some(Category::Sanctions),
        v1::Category::Theft => Some(Category::Theft),
        v1::Category::Ransomware => Some(Category::Ransomware),
        v1::Category::Mixer => Some(Category::Mixer),
        v1::Category::Scam => Some(Category::Scam),
        v1::Category::TerroristFinancing => Some(Category::TerroristFinancing),
        v1::Category::Other => Some(Category::Other),
    }
}

pub(super) const fn confidence(confidence: Confidence) -> v1::Confidence {
    match confidence {
        Confidence::High => v1::Confidence::High,
        Confidence::Medium => v1::Confidence::Medium,
        Confidence::Low => v1::Confidence::Low,
    }
}

pub(super) fn day(day: Option<Date>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// RFC 3339 in UTC, to the second.
///
/// Every answer carries the time, and formatting it costs as much as the
/// look-up; thousands of answers share each second.
pub(super) fn instant(at: Timestamp) -> String {
    thread_local! {
        static LAST: RefCell<(i64, String)> = const { RefCell::new((i64::MIN, String::new())) };
    }
    let second = at.as_second();
    LAST.with_borrow_mut(|(last, words)| {
        if *last != second {
            *words = format!("{at:.0}");
            *last = second;
        }
        words.clone()
    })
}
