//! Which changes need a person's word.
//!
//! A list that loses much of itself is far more often a broken download than
//! a mass delisting, and the broken download would wave listed addresses
//! through. Such a change is refused with the evidence and a digest; the
//! operator who has looked repeats the import with that digest, a name and a
//! reason, and all three stay with the generation. The digest covers the live
//! generation and the publication, so a word given for one change never lets
//! another pass.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;

use crate::list::{PublicationDigest, ReadAs, SourceId, Tier};
use crate::store::GenerationDigest;

use super::delta::Delta;
use super::request::{Approval, Terms};

/// A publication may lose so many addresses without a word.
const LOST_MIN: u64 = 10;

/// Or so much of what the source listed, in percent.
const LOST_PERCENT_MAX: u64 = 10;

/// Of a short list it may lose no more than half, beyond so many.
const LOST_MOST_MIN: u64 = 3;

/// Lost addresses shown in a refusal; the whole of them is kept beside it.
const SHOWN_MAX: usize = 20;

/// Something about a change that needs a person's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// It loses much of what the source listed.
    Shrinks,
    /// A ticker that the source listed is gone.
    TickerGone {
        /// The ticker.
        ticker: String,
        /// Entries it had.
        entries: u64,
    },
    /// It is older than what is held.
    BackInTime {
        /// The publisher's date of what is held.
        held: Date,
        /// The publisher's date of what was given.
        given: Date,
    },
    /// It has a ticker that the source never had, and the configuration asks
    /// for a word about that.
    NewTicker {
        /// The ticker.
        ticker: String,
        /// Entries it has.
        entries: u64,
    },
    /// It has fewer entries than the configuration expects.
    TooFew {
        /// Entries it has.
        entries: u64,
        /// Entries it should have at least.
        wanted: u64,
    },
    /// The file is not whole. With a person's word what could be read goes
    /// live, and is known to lack addresses.
    NotWhole {
        /// What is wrong with it.
        problem: String,
    },
    /// An earlier state is put in place of the present one.
    Rollback {
        /// Entries that get the particulars they had.
        amended: u64,
        /// Exempted addresses whose exemption had ended and comes back.
        exempted: Vec<String>,
    },
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shrinks => f.write_str("it shrinks more than a list should"),
            Self::TickerGone { ticker, entries } => {
                write!(f, "its {entries} entries under {ticker} are gone")
            }
            Self::BackInTime { held, given } => {
                write!(f, "it is dated {given}, before the {held} that is held")
            }
            Self::NewTicker { ticker, entries } => {
                write!(f, "{entries} entries have the new ticker {ticker}")
            }
            Self::TooFew { entries, wanted } => {
                write!(f, "it has {entries} entries and {wanted} are expected")
            }
            Self::NotWhole { problem } => write!(f, "it is not whole: {problem}"),
            Self::Rollback { amended, exempted } => {
                f.write_str("an earlier state is put in place of this one")?;
                if *amended > 0 {
                    write!(f, ", with {amended} entries as they were")?;
                }
                if !exempted.is_empty() {
                    write!(f, ", and these are exempt again: {}", exempted.join(", "))?;
                }
                Ok(())
            }
        }
    }
}

/// A change that needs a person's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The source; for a rollback of everything, the word `everything`.
    pub source: String,
    /// What speaks against it; never empty.
    pub gates: Vec<Gate>,
    /// Addresses that would come off, as published.
    pub lost: Vec<String>,
    /// Addresses the source lists now.
    pub listed: u64,
    /// What the word has to be given for.
    pub confirm_with: String,
    /// It waits for that word with its files, and need not be sent again.
    pub kept: bool,
    /// A row holds a private key, so that the files must not be kept.
    pub holds_secrets: bool,
}

/// What a publication is held against.
pub(super) struct Evidence<'a> {
    /// A row holds a private key.
    pub(super) holds_secrets: bool,
    pub(super) source: &'a SourceId,
    pub(super) digest: PublicationDigest,
    /// How its files are read, and the weight it would carry.
    pub(super) read_as: &'a ReadAs,
    pub(super) tier: Tier,
    /// The set it would change.
    pub(super) basis: GenerationDigest,
    pub(super) terms: &'a Terms,
    pub(super) delta: &'a Delta,
    /// Entries it has, and its tickers with the entries of each.
    pub(super) entries: u64,
    pub(super) tickers: &'a BTreeMap<String, u64>,
    /// The publisher's dates: held, given.
    pub(super) dates: (Option<Date>, Option<Date>),
    /// The source has a publication already.
    pub(super) is_known: bool,
    /// Why it is not whole, if it is not.
    pub(super) not_whole: Option<String>,
}

impl Evidence<'_> {
    /// Lets a change pass, or says what a person has to confirm. Returns what
    /// the person's word overrode.
    pub(super) fn pass(&self, approval: Option<&Approval>) -> Result<Vec<String>, Box<Refusal>> {
        let gates = self.gates();
        if gates.is_empty() {
            return Ok(Vec::new());
        }
        let refusal = Refusal {
            source: self.source.to_string(),
            gates,
            lost: self.delta.lost.clone(),
            listed: self.delta.keys_before,
            confirm_with: String::new(),
            holds_secrets: self.holds_secrets,
            kept: false,
        };
        refusal.unless(self.basis, self.what().as_bytes(), &self.digest.0, approval)
    }

    /// What the word is given for beside the set and the files: the same
    /// files read in another way are another change.
    fn what(&self) -> String {
        let read_as = self.read_as;
        format!(
            "{} as {} {} {} {}",
            self.source, self.tier, read_as.format, read_as.category, read_as.rules
        )
    }

    fn gates(&self) -> Vec<Gate> {
        let mut gates = Vec::new();
        if let Some(problem) = &self.not_whole {
            let problem = problem.clone();
            gates.push(Gate::NotWhole { problem });
        }
        if self.entries < self.terms.entries_min {
            gates.push(Gate::TooFew {
                entries: self.entries,
                wanted: self.terms.entries_min,
            });
        }
        if !self.is_known {
            return gates;
        }
        let lost = self.delta.lost.len() as u64;
        let before = self.delta.keys_before;
        let is_much = lost >= LOST_MIN && lost * 100 > before * LOST_PERCENT_MAX;
        let is_most = lost >= LOST_MOST_MIN && lost * 2 > before;
        if is_much || is_most || (lost > 0 && lost == before) {
            gates.push(Gate::Shrinks);
        }
        let before = &self.delta.tickers_before;
        let missing = |from: &BTreeMap<String, u64>, ticker: &str| {
            !ticker.is_empty() && !from.contains_key(ticker)
        };
        for (ticker, &entries) in before.iter().filter(|(t, _)| missing(self.tickers, t)) {
            let ticker = ticker.clone();
            gates.push(Gate::TickerGone { ticker, entries });
        }
        let (held, given) = self.dates;
        if let Some((held, given)) = held.zip(given).filter(|(held, given)| given < held) {
            gates.push(Gate::BackInTime { held, given });
        }
        if self.terms.refuse_new_tickers {
            for (ticker, &entries) in self.tickers.iter().filter(|(t, _)| missing(before, t)) {
                let ticker = ticker.clone();
                gates.push(Gate::NewTicker { ticker, entries });
            }
        }
        gates
    }
}

impl Refusal {
    /// Tells whether the file is not what it says, and not only its content
    /// surprising.
    pub fn is_not_whole(&self) -> bool {
        let not_whole = |gate: &Gate| matches!(gate, Gate::NotWhole { .. });
        self.gates.iter().any(not_whole)
    }

    /// Stands unless a person gave their word for this very change; returns
    /// what that overrode.
    pub(super) fn unless(
        mut self,
        basis: GenerationDigest,
        what: &[u8],
        digest: &[u8; 32],
        approval: Option<&Approval>,
    ) -> Result<Vec<String>, Box<Self>> {
        self.confirm_with = self.confirmation(basis, what, digest);
        let is_approved = approval.is_some_and(|approval| approval.digest == self.confirm_with);
        if is_approved {
            let lost = self.lost.len();
            let mut overridden: Vec<String> = self.gates.iter().map(ToString::to_string).collect();
            if lost > 0 {
                overridden.push(format!("{lost} of {} addresses come off", self.listed));
            }
            return Ok(overridden);
        }
        Err(Box::new(self))
    }

    /// What a person confirms: this change of this set, for these reasons,
    /// and no other.
    fn confirmation(&self, basis: GenerationDigest, what: &[u8], digest: &[u8; 32]) -> String {
        let mut hasher = blake3::Hasher::new_derive_key("interdict 2026-11 a person's word");
        hasher.update(&basis.0);
        hasher.update(digest);
        let gates = self.gates.iter().map(ToString::to_string);
        let lost = self.lost.iter().cloned();
        let said = [String::from_utf8_lossy(what).into_owned()];
        for text in said.into_iter().chain(gates).chain(lost) {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        // Half the digest: long enough not to be guessed, short enough to paste.
        const_hex::encode(&hasher.finalize().as_bytes()[..16])
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused: `{}`", self.source)?;
        let mut join = " ";
        if self.listed > 0 {
            let lost = self.lost.len();
            write!(f, " would lose {lost} of {} addresses", self.listed)?;
            join = ", and ";
        }
        for gate in self.gates.iter().filter(|gate| **gate != Gate::Shrinks) {
            write!(f, "{join}{gate}")?;
            join = ", and ";
        }
        if !self.lost.is_empty() {
            let shown: Vec<&str> = self
                .lost
                .iter()
                .take(SHOWN_MAX)
                .map(String::as_str)
                .collect();
            write!(f, "; among them {}", shown.join(", "))?;
        }
        let word = format!("approve {} --author NAME --reason WHY", self.confirm_with);
        if self.kept {
            let id = &self.confirm_with;
            write!(
                f,
                "; look at all of it with `interdict pending show {id}`, and "
            )?;
            write!(f, "if it is what the publisher meant, `interdict {word}`")
        } else {
            write!(f, "; if it is what was meant, repeat it with --{word}")
        }
    }
}
