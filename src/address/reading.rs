//! What reading a text gave: candidates, what was noticed, what was wrong.
//!
//! Families add to a [`Reading`] through [`accept`](Reading::accept),
//! [`accept_leniently`](Reading::accept_leniently) and
//! [`reject`](Reading::reject), and cannot break its one promise: a fault is
//! present exactly when the reading is not strict.

use std::fmt;

use smallvec::SmallVec;

use super::{AddressKey, Candidate, Kind, Networks};

/// Everything a text can be read as.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reading {
    /// Every reading of the text. Each is looked up; the worst answer stands.
    pub candidates: SmallVec<[Candidate; 2]>,
    /// What was noticed on the way.
    pub flags: Flags,
    /// Why the reading is not strict; `None` exactly when it is.
    pub fault: Option<Fault>,
}

impl Reading {
    /// Returns whether the reading may clear an address: there is at least
    /// one candidate, and every candidate is strict.
    pub fn is_strict(&self) -> bool {
        self.has_strict() && self.candidates.iter().all(|candidate| candidate.strict)
    }

    /// Returns a reading without candidates.
    pub(super) fn refused(fault: Fault) -> Self {
        Self {
            fault: Some(fault),
            ..Self::new()
        }
    }

    /// Returns a reading to which nothing has been added.
    pub(super) fn new() -> Self {
        Self {
            candidates: SmallVec::new(),
            flags: Flags::NONE,
            fault: None,
        }
    }

    /// Returns whether a family has read the text as its specification says.
    pub(super) fn has_strict(&self) -> bool {
        self.candidates.iter().any(|candidate| candidate.strict)
    }

    /// Returns whether a family knew its own shape and not its checksum.
    pub(super) fn has_failed_checksum(&self) -> bool {
        self.fault == Some(Fault::Checksum)
    }

    /// Adds a candidate that its specification accepts.
    pub(super) fn accept(&mut self, kind: Kind, networks: Networks, payload: &[u8]) {
        self.add(kind, networks, payload, true);
    }

    /// Adds a candidate that can match but not clear, because of a fault.
    pub(super) fn accept_leniently(
        &mut self,
        kind: Kind,
        networks: Networks,
        payload: &[u8],
        fault: Fault,
    ) {
        self.flag(Flags::LENIENT_READING);
        self.reject(fault);
        self.add(kind, networks, payload, false);
    }

    /// Notes why a text of a family's shape is not one of its addresses. The
    /// first fault noted is kept; it is dropped when the text turns out to be
    /// another family's.
    pub(super) fn reject(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    /// Notes something about the text.
    pub(super) fn flag(&mut self, flags: Flags) {
        self.flags = self.flags.union(flags);
    }

    /// Adds the text itself as a candidate.
    pub(super) fn keep_text(&mut self, text: &str) {
        self.candidates.push(Candidate::opaque(text));
    }

    /// Settles fault and flags once every family has been asked.
    pub(super) fn finish(mut self) -> Self {
        if self.is_strict() {
            self.fault = None;
        } else {
            self.reject(Fault::UnknownFormat);
        }
        if self.fault == Some(Fault::Checksum) {
            self.flag(Flags::CHECKSUM_MISMATCH);
        }
        if self
            .candidates
            .iter()
            .any(|candidate| candidate.networks.is_test_only())
        {
            self.flag(Flags::TESTNET);
        }
        self
    }

    fn add(&mut self, kind: Kind, networks: Networks, payload: &[u8], strict: bool) {
        let key = AddressKey::new(kind.class(), payload);
        self.candidates.push(Candidate {
            key,
            kind,
            networks,
            strict,
        });
    }
}

/// A set of things noticed while reading a text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(u16);

impl Flags {
    /// Nothing was noticed.
    pub const NONE: Self = Self(0);
    /// The text has an address's shape and not its checksum.
    pub const CHECKSUM_MISMATCH: Self = Self(1);
    /// White space stood before or after the text.
    pub const TRIMMED: Self = Self(1 << 1);
    /// A candidate was read although its specification forbids the text.
    pub const LENIENT_READING: Self = Self(1 << 2);
    /// A candidate belongs to a test network.
    pub const TESTNET: Self = Self(1 << 3);
    /// The text names a customer behind the account, as a Monero integrated
    /// address does by its payment id.
    pub const TAG_PRESENT: Self = Self(1 << 4);

    const NAMES: [(Self, &'static str); 5] = [
        (Self::CHECKSUM_MISMATCH, "CHECKSUM_MISMATCH"),
        (Self::TRIMMED, "TRIMMED"),
        (Self::LENIENT_READING, "LENIENT_READING"),
        (Self::TESTNET, "TESTNET"),
        (Self::TAG_PRESENT, "TAG_PRESENT"),
    ];

    /// Returns the set as a number; each flag's bit is fixed for ever.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Returns whether nothing was noticed.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns whether every flag of the other set is in this one.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns the flags that are in either set.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the flags of the set, one by one.
    pub fn iter(self) -> impl Iterator<Item = Self> {
        Self::NAMES
            .into_iter()
            .map(|(flag, _)| flag)
            .filter(move |&flag| self.contains(flag))
    }

    /// Returns the names of the flags of the set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .into_iter()
            .filter(move |&(flag, _)| self.contains(flag))
            .map(|(_, name)| name)
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// Why a text cannot clear an address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fault {
    /// There is no text.
    Empty,
    /// The text is longer than [`TEXT_BYTES_MAX`](super::TEXT_BYTES_MAX).
    TooLong,
    /// The text has an address's shape and not its checksum: mistyped.
    Checksum,
    /// Upper and lower case are mixed where the format allows either alone.
    MixedCase,
    /// A witness address carries the checksum of another witness version:
    /// bech32 where BIP-350 wants bech32m, or the reverse.
    ChecksumKind,
    /// The text leads to an account and is not an address of it: a script, a
    /// padded 32-byte word, letter `O` where zero belongs.
    NotAddressForm,
    /// No family reads it.
    UnknownFormat,
    /// It is, or cannot be told from, a private key or a seed phrase.
    PrivateKey,
    /// It is an extended public key: a whole wallet, not one address.
    ExtendedPublicKey,
}

impl Fault {
    /// Returns the name used on the wire and in logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "EMPTY",
            Self::TooLong => "TOO_LONG",
            Self::Checksum => "CHECKSUM",
            Self::MixedCase => "MIXED_CASE",
            Self::ChecksumKind => "CHECKSUM_KIND",
            Self::NotAddressForm => "NOT_ADDRESS_FORM",
            Self::UnknownFormat => "UNKNOWN_FORMAT",
            Self::PrivateKey => "PRIVATE_KEY",
            Self::ExtendedPublicKey => "EXTENDED_PUBLIC_KEY",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_present_exactly_when_the_reading_is_not_strict() {
        let strict = {
            let mut reading = Reading::new();
            reading.reject(Fault::Checksum);
            reading.accept(Kind::Solana, Networks::NONE, &[0; 32]);
            reading.finish()
        };
        assert!(strict.is_strict());
        assert_eq!(strict.fault, None);
        assert!(strict.flags.is_empty());

        let mixed = {
            let mut reading = Reading::new();
            reading.accept(Kind::Solana, Networks::NONE, &[0; 32]);
            reading.accept_leniently(Kind::Evm, Networks::EVM, &[0; 20], Fault::MixedCase);
            reading.finish()
        };
        assert!(!mixed.is_strict());
        assert_eq!(mixed.fault, Some(Fault::MixedCase));

        assert_eq!(Reading::new().finish().fault, Some(Fault::UnknownFormat));
        assert!(!Reading::new().finish().is_strict());
    }

    #[test]
    fn flags_name_themselves() {
        let flags = Flags::TRIMMED.union(Flags::CHECKSUM_MISMATCH);
        assert_eq!(
            flags.names().collect::<Vec<_>>(),
            ["CHECKSUM_MISMATCH", "TRIMMED"]
        );
        assert_eq!(flags.iter().fold(Flags::NONE, Flags::union), flags);
        assert!(flags.contains(Flags::TRIMMED));
        assert!(!flags.contains(Flags::TESTNET));
    }
}
