//! Who among those that come in with a match has been told about before.

use std::collections::{BTreeSet, HashSet};

use crate::address::{self, Networks};
use crate::portfolio::{Member, Portfolio};
use crate::store::book::{Book, Unbound};

use super::ImportError;

/// Notes of one write.
const NOTES_PER_WRITE: usize = 10_000;

/// Notes which members are to be told about, and returns how many: those to
/// whom an entry applies and who are not in the portfolio already.
pub(super) fn note_first(
    book: &Book,
    unbound: &Unbound,
    matched: &[u32],
    before: Option<&Portfolio>,
) -> Result<u64, ImportError> {
    let known = members_under(book, unbound, matched, before)?;
    let mut told = 0;
    let mut write = book.write();
    for number in matched {
        let member = book.member(unbound.number(), *number)?;
        if known.contains(&fingerprint(&member)) {
            continue;
        }
        write.first(unbound.number(), *number);
        told += 1;
        if write.len() >= NOTES_PER_WRITE {
            write.commit()?;
            write = book.write();
        }
    }
    write.commit()?;
    Ok(told)
}

/// Returns the members that a portfolio already has under the keys of those
/// that matched.
fn members_under(
    book: &Book,
    unbound: &Unbound,
    matched: &[u32],
    before: Option<&Portfolio>,
) -> Result<HashSet<[u8; 16]>, ImportError> {
    let mut known = HashSet::new();
    let Some(before) = before else {
        return Ok(known);
    };
    let mut keys = BTreeSet::new();
    for number in matched {
        let member = book.member(unbound.number(), *number)?;
        let hint = Networks::from_hint(&member.network).unwrap_or(Networks::NONE);
        let reading = address::parse_hinted(&member.text, hint);
        keys.extend(reading.candidates.iter().map(|one| one.key.clone()));
    }
    for edition in &before.editions {
        for key in &keys {
            for number in book.holders(edition.number, key)? {
                known.insert(fingerprint(&book.member(edition.number, number)?));
            }
        }
    }
    Ok(known)
}

/// Stands for a member: 16 bytes for each of millions.
fn fingerprint(member: &Member) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    for part in [&member.text, &member.network, &member.reference] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let mut short = [0; 16];
    hasher.finalize_xof().fill(&mut short);
    short
}
