//! What a screening concludes: relation, match, verdict, and the words for
//! what to do about it.
//!
//! [`conclude`] holds the order of precedence in one place: an active match
//! makes `LISTED` whatever else went wrong, and `NOT_LISTED` is what remains
//! when nothing did. Everything here is plain values; where the matches come
//! from is `screening`, what the operator does about them is `policy`.

mod reason;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::address::{Candidates, Fault, Flags, Sameness, TagScope};
use crate::list::{
    Act, EntryId, GenerationNumber, ListEntry, PublicationDigest, SourceId, Tier, UnknownName,
};

pub use reason::{Reason, Reasons};

/// What the lists say about an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// An active entry covers the address.
    Listed,
    /// The address was read strictly, every required source is present and
    /// fresh, and no active entry covers it. Not a statement that it is clean.
    NotListed,
    /// Neither can be said.
    Indeterminate,
}

impl Verdict {
    /// Returns the name used on the wire and in records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listed => "LISTED",
            Self::NotListed => "NOT_LISTED",
            Self::Indeterminate => "INDETERMINATE",
        }
    }
}

/// What a policy advises, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Let the transfer go on.
    Allow,
    /// Hold it until a person has looked.
    Review,
    /// Stop it.
    Block,
}

impl Action {
    /// Every action, mildest first.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Review, Self::Block];

    /// Returns the name used in configuration and on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "ALLOW",
            Self::Review => "REVIEW",
            Self::Block => "BLOCK",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Action {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|action| action.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownName {
                given: text.to_owned(),
                set: "action",
                choices: Self::ALL.map(Self::name).join(", "),
            })
    }
}

/// How a match relates to the address asked about, closest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// The listed account itself, in this or another spelling.
    Direct,
    /// Another address that the same key provably controls.
    SameKey,
    /// Another address of the same script.
    SameScript,
    /// Linked by construction, not by control: informational.
    Related,
}

impl Relation {
    /// Returns the name used on the wire and in records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Direct => "DIRECT",
            Self::SameKey => "SAME_KEY",
            Self::SameScript => "SAME_SCRIPT",
            Self::Related => "RELATED",
        }
    }

    /// Tells whether a match of this relation makes the address listed.
    pub const fn controls(self) -> bool {
        !matches!(self, Self::Related)
    }
}

impl From<Sameness> for Relation {
    fn from(sameness: Sameness) -> Self {
        match sameness {
            Sameness::Same => Self::Direct,
            Sameness::SameKey => Self::SameKey,
            Sameness::SameScript => Self::SameScript,
            Sameness::Related => Self::Related,
        }
    }
}

/// A list entry that applies to the address, with the evidence for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// How it relates to what was asked.
    pub relation: Relation,
    /// Which candidate it was found by.
    pub candidate: usize,
    /// Whose entry it is.
    pub source: SourceId,
    /// The weight of the source.
    pub tier: Tier,
    /// Which entry it is.
    pub id: EntryId,
    /// The entry as published.
    pub entry: ListEntry,
    /// It is on the list at the moment asked about.
    pub active: bool,
    /// When it came off, by the source's date or by ours.
    pub delisted_on: Option<Date>,
    /// The generation in which this life of the entry began.
    pub since: GenerationNumber,
    /// When we first held it.
    pub first_seen_at: Timestamp,
    /// When a publication last confirmed it.
    pub last_seen_at: Timestamp,
    /// The publication that holds it, or held it last.
    pub publication: PublicationDigest,
    /// What the policy advises for this match alone.
    pub action: Action,
    /// Whether the entry is about the customer who is asked about.
    pub scope: TagScope,
    /// The entry is about one customer of the account.
    pub is_tagged: bool,
    /// Why it applies, if the address itself is not what is listed.
    pub why: String,
    /// The operator's exemption that the action follows, if one does. Never
    /// on a sanctions list.
    pub exemption: Option<Arc<Exemption>>,
}

/// The operator's word that an address may pass although a list names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemption {
    /// The entry on the list of exemptions.
    pub id: EntryId,
    /// Who answers for it, and why.
    pub act: Act,
    /// The first day on which it is in force no longer.
    pub expires_on: Option<Date>,
}

impl Match {
    /// Tells whether this match alone makes the address listed.
    pub fn lists(&self) -> bool {
        self.active && self.relation.controls()
    }
}

/// Everything one screening concludes.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// UUIDv7 of the screening.
    pub id: Uuid,
    /// What the lists say.
    pub verdict: Verdict,
    /// What the policy advises.
    pub action: Action,
    /// Why.
    pub reasons: Reasons,
    /// The entries that apply, heaviest first, at most
    /// [`Outcome::MATCHES_MAX`].
    pub matches: Vec<Match>,
    /// How many applied.
    pub matches_total: usize,
    /// How the text was read.
    pub candidates: Candidates,
    /// What was noticed about the text.
    pub flags: Flags,
    /// What became of the network hint.
    pub hint: HintFinding,
}

impl Outcome {
    /// Most matches that one answer carries; the rest are counted.
    pub const MATCHES_MAX: usize = 100;
}

/// What became of the network the caller named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HintFinding {
    /// None was given, or it agrees with a reading.
    Silent,
    /// It disagrees with every reading.
    Disagrees,
    /// It names no network that is known.
    Unknown,
}

/// What was found out about one text, before it is weighed.
#[derive(Debug, Default)]
pub struct Findings {
    /// Every match.
    pub matches: Vec<Match>,
    /// Why the text is not read strictly, if it is not.
    pub fault: Option<Fault>,
    /// Why the set cannot vouch for an absence, if it cannot.
    pub doubts: Reasons,
}

impl Findings {
    /// Goes through all that speaks against an absence.
    pub fn doubts(&self) -> impl Iterator<Item = Reason> + '_ {
        let unreadable = self.fault.map(Reason::Unreadable);
        unreadable.into_iter().chain(self.doubts.iter().copied())
    }
}

/// Weighs the findings: the verdict and the reasons for it.
///
/// An active match wins over every doubt; any doubt wins over `NOT_LISTED`.
pub fn conclude(findings: &Findings) -> (Verdict, Reasons) {
    let mut reasons = Reasons::new();
    let doubts: Reasons = findings.doubts().collect();
    let any = |wanted: fn(&Match) -> bool| findings.matches.iter().any(wanted);
    if any(Match::lists) {
        reasons.push(Reason::Listed);
        reasons.extend(how_listed(&findings.matches));
        reasons.extend(doubts);
        return (Verdict::Listed, reasons);
    }
    if any(|found| found.active) {
        reasons.push(Reason::Related);
    }
    if any(|found| !found.active) {
        reasons.push(Reason::Delisted);
    }
    if doubts.is_empty() {
        return (Verdict::NotListed, reasons);
    }
    reasons.extend(doubts);
    (Verdict::Indeterminate, reasons)
}

/// What a caller should know about a listing that is not of the address
/// itself, or not of the customer who is asked about.
fn how_listed(matches: &[Match]) -> impl Iterator<Item = Reason> {
    let listing = || matches.iter().filter(|found| found.lists());
    let coat = match listing().map(|found| found.relation).min() {
        Some(Relation::SameKey) => Some(Reason::SameKey),
        Some(Relation::SameScript) => Some(Reason::SameScript),
        _ => None,
    };
    let is_scoped = listing().all(|found| found.scope != TagScope::Covered);
    let is_exempted = listing().any(|found| found.exemption.is_some());
    coat.into_iter()
        .chain(is_scoped.then_some(Reason::TagScoped))
        .chain(is_exempted.then_some(Reason::Exempted))
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::Category;

    fn found(relation: Relation, active: bool) -> Match {
        Match {
            relation,
            candidate: 0,
            source: "ofac-sdn".parse().expect("a source id"),
            tier: Tier::Sanctions,
            id: EntryId([0; 16]),
            entry: ListEntry::bare("x", Category::Sanctions),
            active,
            delisted_on: None,
            since: GenerationNumber(1),
            first_seen_at: Timestamp::UNIX_EPOCH,
            last_seen_at: Timestamp::UNIX_EPOCH,
            publication: PublicationDigest([0; 32]),
            action: Action::Block,
            scope: TagScope::Covered,
            is_tagged: false,
            why: String::new(),
            exemption: None,
        }
    }

    #[test]
    fn a_listing_of_another_coat_or_customer_says_so() {
        let reasons = |matches: Vec<Match>| {
            let findings = Findings {
                matches,
                ..Findings::default()
            };
            conclude(&findings).1.to_vec()
        };
        let (direct, key) = (
            found(Relation::Direct, true),
            found(Relation::SameKey, true),
        );
        let script = found(Relation::SameScript, true);
        assert_eq!(reasons(vec![key.clone(), direct.clone()]), [Reason::Listed]);
        assert_eq!(
            reasons(vec![script.clone(), key]),
            [Reason::Listed, Reason::SameKey]
        );
        assert_eq!(reasons(vec![script]), [Reason::Listed, Reason::SameScript]);
        let scoped = Match {
            scope: TagScope::NotSaid,
            ..direct.clone()
        };
        assert_eq!(
            reasons(vec![scoped.clone()]),
            [Reason::Listed, Reason::TagScoped]
        );
        assert_eq!(reasons(vec![scoped, direct]), [Reason::Listed]);
    }

    fn verdict(matches: Vec<Match>, fault: Option<Fault>, doubts: &[Reason]) -> Verdict {
        let doubts = doubts.iter().copied().collect();
        conclude(&Findings {
            matches,
            fault,
            doubts,
        })
        .0
    }

    #[test]
    fn law_2_not_listed_is_earned() {
        assert_eq!(verdict(vec![], None, &[]), Verdict::NotListed);
        for fault in [Fault::Checksum, Fault::UnknownFormat, Fault::Empty] {
            assert_eq!(verdict(vec![], Some(fault), &[]), Verdict::Indeterminate);
        }
        for doubt in [
            Reason::SourceMissing,
            Reason::SourceStale,
            Reason::StoreError,
            Reason::BeforeHistory,
        ] {
            assert_eq!(verdict(vec![], None, &[doubt]), Verdict::Indeterminate);
        }
    }

    #[test]
    fn an_active_match_wins_over_every_doubt() {
        for relation in [Relation::Direct, Relation::SameKey, Relation::SameScript] {
            let matches = vec![found(relation, true), found(Relation::Direct, false)];
            let doubts = [Reason::SourceStale, Reason::StoreError];
            assert_eq!(
                verdict(matches, Some(Fault::Checksum), &doubts),
                Verdict::Listed
            );
        }
    }

    #[test]
    fn delisted_and_related_entries_are_reported_and_do_not_list() {
        let findings = Findings {
            matches: vec![
                found(Relation::Direct, false),
                found(Relation::Related, true),
            ],
            ..Findings::default()
        };
        let (verdict, reasons) = conclude(&findings);
        assert_eq!(verdict, Verdict::NotListed);
        assert_eq!(reasons.as_slice(), [Reason::Related, Reason::Delisted]);
    }
}
