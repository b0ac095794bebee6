//! One row of a portfolio: whether it can be watched, and under which keys.

use smallvec::SmallVec;

use crate::address::{self, AddressKey, Candidate, Depth, Fault, Networks, linked};
use crate::portfolio::Member;
use crate::verdict::{Outcome, Reason};

/// A row as it was given.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The address.
    pub address: &'a str,
    /// A ticker or CAIP-2 id; may be empty.
    pub network: &'a str,
    /// The operator's own reference; may be empty.
    pub reference: &'a str,
}

/// A row that is not watched, and why. It says nothing of what was in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// Its place in the upload, from 1.
    pub row: u64,
    /// Why, by a name that is fixed.
    pub reason: &'static str,
    /// What to do about it.
    pub advice: &'static str,
}

/// Every key that a screening looks up.
pub(super) fn keys(candidates: &[Candidate]) -> SmallVec<[AddressKey; 4]> {
    let mut keys = SmallVec::new();
    for candidate in candidates {
        keys.push(candidate.key.clone());
        keys.extend(
            linked(candidate, Depth::Query)
                .into_iter()
                .map(|link| link.key),
        );
    }
    keys
}

/// Why what stands beside the address cannot be taken.
pub(super) fn unfit(row: &Row<'_>) -> Option<(&'static str, &'static str)> {
    if row.reference.len() > Member::REFERENCE_BYTES_MAX {
        return Some(("REFERENCE_TOO_LONG", "a reference may have 256 bytes"));
    }
    if row.reference.contains(char::is_control) || row.network.contains(char::is_control) {
        return Some((
            "CONTROL_CHARACTER",
            "write reference and network in one line",
        ));
    }
    if row.network.len() > Member::NETWORK_BYTES_MAX {
        return Some((
            "NETWORK_TOO_LONG",
            "give a ticker or a CAIP-2 id, or nothing",
        ));
    }
    // A column that was taken for another must not put a secret on disk.
    let is_secret = |text: &str| {
        let fault = address::parse(text).fault;
        matches!(fault, Some(Fault::PrivateKey | Fault::ExtendedPublicKey))
    };
    let strange = !row.network.is_empty() && Networks::from_hint(row.network).is_err();
    if is_secret(row.reference) || strange && is_secret(row.network) {
        return Some((Fault::PrivateKey.name(), Fault::PrivateKey.advice()));
    }
    None
}

/// Why an address cannot be watched: what cannot be read could never be
/// cleared, and its alerts would never come.
pub(super) fn unreadable(outcome: &Outcome) -> Option<(&'static str, &'static str)> {
    let fault = outcome.reasons.iter().find_map(|reason| match reason {
        Reason::Unreadable(fault) => Some(*fault),
        _ => None,
    });
    let none = outcome
        .candidates
        .is_empty()
        .then_some(Fault::UnknownFormat);
    fault.or(none).map(|fault| (fault.name(), fault.advice()))
}
