//! Which changes need a person's word.
//!
//! A list that loses much of itself is far more often a broken download than
//! a mass delisting, and the broken download would wave listed addresses
//! through. Such a change is refused with the evidence and a digest; the
//! operator who has looked repeats the import with that digest. The digest
//! covers the live generation and the publication, so a word given for one
//! change never lets another pass.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;

use crate::list::SourceId;
use crate::store::GenerationDigest;

use super::Request;
use super::delta::Delta;

/// A publication may lose so many addresses without a word.
const LOST_MIN: u64 = 10;

/// Or so much of what the source listed, in percent.
const LOST_PERCENT_MAX: u64 = 10;

/// Lost addresses shown in a refusal.
const SHOWN_MAX: usize = 20;

/// A change that needs a person's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The source.
    pub source: SourceId,
    /// Addresses that would come off.
    pub lost: u64,
    /// Addresses the source lists now.
    pub listed: u64,
    /// The first of the addresses that would come off.
    pub examples: Vec<String>,
    /// Tickers that would vanish, with their entries.
    pub tickers_gone: Vec<(String, u64)>,
    /// The publisher's dates, if the one held is the later: held, given.
    pub back_in_time: Option<(Date, Date)>,
    /// What to repeat the import with.
    pub confirm_with: String,
}

/// Lets a change pass, or says what a person has to confirm.
pub(super) fn pass(
    request: &Request,
    basis: GenerationDigest,
    delta: &Delta,
    tickers_next: &BTreeMap<String, u64>,
    (held_on, given_on): (Option<Date>, Option<Date>),
) -> Result<(), Box<Refusal>> {
    let lost = delta.lost.len() as u64;
    let shrinks = lost >= LOST_MIN && lost * 100 > delta.keys_before * LOST_PERCENT_MAX;
    let gone = |ticker: &str| !ticker.is_empty() && !tickers_next.contains_key(ticker);
    let tickers_gone: Vec<(String, u64)> = delta
        .tickers_before
        .iter()
        .filter(|(ticker, _)| gone(ticker))
        .map(|(ticker, entries)| (ticker.clone(), *entries))
        .collect();
    let back_in_time = held_on.zip(given_on).filter(|(held, given)| given < held);
    if !shrinks && tickers_gone.is_empty() && back_in_time.is_none() {
        return Ok(());
    }
    let confirm_with = confirmation(request, basis);
    if request.allow_shrink.as_deref() == Some(&confirm_with) {
        return Ok(());
    }
    Err(Box::new(Refusal {
        source: request.source.clone(),
        lost,
        listed: delta.keys_before,
        examples: delta.lost.iter().take(SHOWN_MAX).cloned().collect(),
        tickers_gone,
        back_in_time,
        confirm_with,
    }))
}

fn confirmation(request: &Request, basis: GenerationDigest) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("interdict 2026-11 shrink confirmation");
    hasher.update(&basis.0);
    hasher.update(request.source.as_str().as_bytes());
    hasher.update(&request.digest.0);
    // Half the digest: long enough not to be guessed, short enough to paste.
    const_hex::encode(&hasher.finalize().as_bytes()[..16])
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "refused: `{}` would lose {} of {} addresses",
            self.source, self.lost, self.listed
        )?;
        for (ticker, entries) in &self.tickers_gone {
            write!(f, ", and its {entries} entries under {ticker}")?;
        }
        if let Some((held, given)) = self.back_in_time {
            write!(f, ", and is dated {given}, before the {held} that is held")?;
        }
        if !self.examples.is_empty() {
            write!(f, "; among them {}", self.examples.join(", "))?;
        }
        write!(
            f,
            "; if that is what the publisher meant, import again with --allow-shrink {}",
            self.confirm_with
        )
    }
}
