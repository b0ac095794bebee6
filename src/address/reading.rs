//! What reading a text gave: candidates, what was noticed, what was wrong.
//!
//! A [`Reading`] is the result. It grows in a [`Draft`], to which families add
//! through [`accept`](Draft::accept), [`accept_leniently`](Draft::accept_leniently)
//! and [`reject`](Draft::reject), and whose one promise they cannot break: a
//! fault is present exactly when the reading is not strict.

use smallvec::SmallVec;

use super::candidate::Checksum;
use super::{AddressKey, Candidate, Fault, Flags, Kind, Networks, Tag};

/// The readings of a text; rarely more than one.
pub type Candidates = SmallVec<[Candidate; 1]>;

/// Everything a text can be read as.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reading {
    /// Every reading of the text. Each is looked up; the worst answer stands.
    pub candidates: Candidates,
    /// What was noticed on the way.
    pub flags: Flags,
    /// Why the reading is not strict; `None` exactly when it is.
    pub fault: Option<Fault>,
}

impl Reading {
    /// Returns whether the reading may clear an address: every destination
    /// the text names has a candidate that its specification accepts.
    pub fn is_strict(&self) -> bool {
        self.fault.is_none()
    }

    /// Returns a reading without candidates.
    pub(super) fn refused(fault: Fault) -> Self {
        Self {
            candidates: SmallVec::new(),
            flags: Flags::NONE,
            fault: Some(fault),
        }
    }
}

/// Most destinations a text may name; the rest make the reading not strict.
pub(super) const DESTINATIONS_MAX: u8 = 8;

/// A reading in the making.
pub(super) struct Draft {
    candidates: Candidates,
    flags: Flags,
    fault: Option<Fault>,
    /// The destination being read; all before it are settled.
    destination: u8,
    /// Index of its first candidate.
    first: usize,
    /// A destination before it has no strict candidate.
    unread: bool,
    /// The networks that the text itself or its sender names.
    networks: Networks,
}

impl Draft {
    /// Begins a reading. `networks` are those that the sender or the list
    /// names: they may allow a reading and never forbid one.
    #[inline]
    pub(super) fn new(networks: Networks) -> Self {
        Self {
            candidates: SmallVec::new(),
            flags: Flags::NONE,
            fault: None,
            destination: 0,
            first: 0,
            unread: false,
            networks,
        }
    }

    /// Returns the networks that the text or its sender names; none if
    /// neither does. A format without a checksum that ordinary words fit, as
    /// EOS names have, is only read where its network is named.
    pub(super) fn networks(&self) -> Networks {
        self.networks
    }

    /// Returns whether the destination being read has a candidate that its
    /// specification accepts.
    #[inline]
    pub(super) fn has_strict(&self) -> bool {
        self.current().iter().any(|candidate| candidate.strict)
    }

    /// Returns whether the destination being read has a strict candidate that
    /// is more than a name. Ordinary words fit the rules of names, and an
    /// address may: a name takes no other reading away.
    #[inline]
    pub(super) fn has_strict_address(&self) -> bool {
        let mut strict = self.current().iter().filter(|candidate| candidate.strict);
        strict.any(|candidate| !candidate.kind.is_name())
    }

    /// Returns whether a family knew its own shape and not its checksum.
    pub(super) fn has_failed_checksum(&self) -> bool {
        self.fault == Some(Fault::Checksum)
    }

    /// Returns whether a family knew its own shape and rejected the text.
    pub(super) fn is_rejected(&self) -> bool {
        self.fault.is_some()
    }

    /// Returns the candidates of the destination being read.
    pub(super) fn current(&self) -> &[Candidate] {
        &self.candidates[self.first..]
    }

    /// Returns the candidates of the destination being read, to be amended.
    pub(super) fn current_mut(&mut self) -> &mut [Candidate] {
        &mut self.candidates[self.first..]
    }

    /// Adds a candidate that its specification accepts. What the text says
    /// beyond kind, networks and payload is added to what this returns.
    #[inline]
    pub(super) fn accept(
        &mut self,
        kind: Kind,
        networks: Networks,
        payload: &[u8],
    ) -> &mut Candidate {
        self.add(kind, networks, payload, true)
    }

    /// Adds a candidate that can match but not clear, because of a fault.
    pub(super) fn accept_leniently(
        &mut self,
        kind: Kind,
        networks: Networks,
        payload: &[u8],
        fault: Fault,
    ) -> &mut Candidate {
        self.flag(Flags::LENIENT_READING);
        self.reject(fault);
        self.add(kind, networks, payload, false)
    }

    /// Notes why a text of a family's shape is not one of its addresses. The
    /// gravest fault noted is kept, the first of equals; it is dropped when
    /// the text turns out to be another family's.
    pub(super) fn reject(&mut self, fault: Fault) {
        if self
            .fault
            .is_none_or(|noted| gravity(fault) > gravity(noted))
        {
            self.fault = Some(fault);
        }
    }

    /// Notes something about the text.
    pub(super) fn flag(&mut self, flags: Flags) {
        self.flags = self.flags.union(flags);
    }

    /// Adds the text itself as a candidate.
    pub(super) fn keep_text(&mut self, text: &str) {
        let destination = self.destination;
        self.candidates.push(Candidate {
            destination,
            ..Candidate::opaque(text)
        });
    }

    /// Takes away what makes the candidates of the destination being read
    /// strict, unless a checksum vouches for them.
    pub(super) fn doubt(&mut self, fault: Fault, vouched_by: Option<Checksum>) {
        let mut doubted = false;
        for candidate in self.current_mut() {
            let is_vouched = vouched_by.is_some_and(|least| candidate.checksum >= least);
            doubted |= candidate.strict && !is_vouched;
            candidate.strict &= is_vouched;
        }
        if doubted {
            self.flag(Flags::LENIENT_READING);
            self.fault = Some(fault);
        }
    }

    /// Keeps the whole from being strict, whatever else is read.
    pub(super) fn give_up(&mut self, fault: Fault) {
        self.unread = true;
        self.reject(fault);
    }

    /// Returns whether some destination so far has no strict candidate.
    pub(super) fn is_unread(&self) -> bool {
        self.unread || !self.has_strict()
    }

    /// Leaves the candidates of the destination being read the networks that
    /// the text names, where they agree; if none does, the text contradicts
    /// itself.
    pub(super) fn narrow(&mut self, named: Networks) {
        let mut agrees = named.is_empty();
        for candidate in self.current_mut() {
            let both = candidate.networks.intersection(named);
            agrees |= candidate.networks.is_empty();
            if !both.is_empty() {
                candidate.networks = both;
                agrees = true;
            }
        }
        if !agrees {
            self.doubt(Fault::NetworkContradicts, None);
        }
    }

    /// Names the customer behind every account of the destination being read.
    pub(super) fn tag(&mut self, tag: &Tag) {
        for candidate in self.current_mut() {
            candidate.tag.get_or_insert_with(|| tag.clone());
        }
    }

    /// Settles the destination that was read and begins another. `networks`
    /// are those that the text names for it.
    pub(super) fn next_destination(&mut self, networks: Networks) {
        self.settle();
        self.flag(Flags::SEVERAL_DESTINATIONS);
        self.destination = self.destination.saturating_add(1).min(DESTINATIONS_MAX);
        self.first = self.candidates.len();
        self.networks = networks;
    }

    /// Sets the networks that the text names for the destination being read.
    pub(super) fn name_networks(&mut self, networks: Networks) {
        self.networks = networks;
    }

    /// Settles fault and flags once every family has been asked.
    #[inline]
    pub(super) fn finish(mut self) -> Reading {
        self.settle();
        if !self.unread {
            self.fault = None;
        }
        if self.fault == Some(Fault::Checksum) {
            self.flag(Flags::CHECKSUM_MISMATCH);
        }
        let is_test = |candidate: &Candidate| candidate.networks.is_test_only();
        if self.candidates.iter().any(is_test) {
            self.flag(Flags::TESTNET);
        }
        if self
            .candidates
            .iter()
            .any(|candidate| candidate.tag.is_some())
        {
            self.flag(Flags::TAG_PRESENT);
        }
        Reading {
            candidates: self.candidates,
            flags: self.flags,
            fault: self.fault,
        }
    }

    /// A destination without a strict candidate keeps the whole from being
    /// strict, whatever comes after it.
    #[inline]
    fn settle(&mut self) {
        if !self.has_strict() {
            self.unread = true;
            self.reject(Fault::UnknownFormat);
        } else if !self.unread {
            // What other families had against the text no longer counts.
            self.fault = None;
        }
    }

    #[inline]
    fn add(
        &mut self,
        kind: Kind,
        networks: Networks,
        payload: &[u8],
        strict: bool,
    ) -> &mut Candidate {
        let index = self.candidates.len();
        let key = AddressKey::new(kind.class(), payload);
        self.candidates.push(Candidate::new(key, kind, networks));
        let candidate = &mut self.candidates[index];
        candidate.strict = strict;
        candidate.destination = self.destination;
        candidate
    }
}

/// Returns how much a fault tells: that an address was meant and is mistyped
/// or disguised, that something else was meant, or nothing.
fn gravity(fault: Fault) -> u8 {
    match fault {
        Fault::UnknownFormat => 0,
        Fault::Name | Fault::Lightning => 1,
        Fault::LookAlike | Fault::Altered => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft::new(Networks::NONE)
    }

    #[test]
    fn a_fault_is_present_exactly_when_the_reading_is_not_strict() {
        let strict = {
            let mut draft = draft();
            draft.reject(Fault::Checksum);
            draft.accept(Kind::Solana, Networks::NONE, &[0; 32]);
            draft.finish()
        };
        assert!(strict.is_strict());
        assert_eq!(strict.fault, None);
        assert!(strict.flags.is_empty());

        // Another family's lenient reading is looked up and takes nothing away.
        let both = {
            let mut draft = draft();
            draft.accept(Kind::Solana, Networks::NONE, &[0; 32]);
            draft.accept_leniently(Kind::Evm, Networks::EVM, &[0; 20], Fault::MixedCase);
            draft.finish()
        };
        assert!(both.is_strict());
        assert_eq!(both.candidates.len(), 2);

        assert_eq!(draft().finish().fault, Some(Fault::UnknownFormat));
        assert!(!draft().finish().is_strict());
    }

    #[test]
    fn every_destination_must_be_strict() {
        let mut first_unread = draft();
        first_unread.accept_leniently(Kind::Evm, Networks::EVM, &[0; 20], Fault::Checksum);
        first_unread.next_destination(Networks::NONE);
        first_unread.accept(Kind::Solana, Networks::NONE, &[0; 32]);
        let reading = first_unread.finish();
        assert_eq!(reading.fault, Some(Fault::Checksum));
        assert_eq!(reading.candidates[1].destination, 1);
        assert!(reading.flags.contains(Flags::SEVERAL_DESTINATIONS));

        let mut last_unread = draft();
        last_unread.accept(Kind::Solana, Networks::NONE, &[0; 32]);
        last_unread.next_destination(Networks::NONE);
        assert_eq!(last_unread.finish().fault, Some(Fault::UnknownFormat));
    }

    #[test]
    fn a_doubt_spares_what_a_checksum_vouches_for() {
        let mut draft = draft();
        draft.accept(Kind::Solana, Networks::NONE, &[0; 32]);
        draft.doubt(Fault::Altered, Some(Checksum::Weak));
        assert_eq!(draft.finish().fault, Some(Fault::Altered));

        let mut draft = self::draft();
        draft.accept(Kind::Tron, Networks::NONE, &[0; 20]).checksum = Checksum::Strong;
        draft.doubt(Fault::Altered, Some(Checksum::Weak));
        assert!(draft.has_strict());
        draft.doubt(Fault::LookAlike, None);
        assert_eq!(draft.finish().fault, Some(Fault::LookAlike));
    }
}
