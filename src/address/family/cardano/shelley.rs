//! The bytes of an address of the Shelley era, taken apart.
//!
//! The high half of the header says what follows it, the low half on which
//! network.

use crate::address::{Candidate, Draft, Fault, Kind, Network, Networks};

/// Bytes of a credential, the hash of a key or a script.
const CREDENTIAL_BYTES: usize = 28;

/// Header and one credential: an enterprise or a reward address.
pub(super) const SHORT_BYTES: usize = 1 + CREDENTIAL_BYTES;

/// Header and two credentials: a base address.
pub(super) const BASE_BYTES: usize = SHORT_BYTES + CREDENTIAL_BYTES;

/// Most bytes of a pointer address: a slot of 64 bits in groups of seven, and
/// two indexes of 16.
pub(super) const POINTER_BYTES_MAX: usize = SHORT_BYTES + 10 + 3 + 3;

/// The bit of a header's type that says what the first credential is of.
pub(super) const IS_SCRIPT: u8 = 1;

/// An address of the Shelley era.
pub(super) struct Address {
    pub(super) kind: Kind,
    /// 0 for a key and 1 for a script ‖ the credential that is keyed.
    pub(super) payload: [u8; SHORT_BYTES],
    /// The number in the header: 0 for test networks, 1 for the main one.
    network: u8,
}

impl Address {
    /// Takes the bytes of an address apart.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let (&header, rest) = bytes.split_first()?;
        let (credential, rest) = rest.split_first_chunk::<CREDENTIAL_BYTES>()?;
        let kind_bits = header >> 4;
        let has_rest = match kind_bits {
            0..=3 => rest.len() == CREDENTIAL_BYTES,
            4..=5 => is_pointer(rest),
            6..=7 | 14..=15 => rest.is_empty(),
            _ => false,
        };
        if !has_rest {
            return None;
        }
        let mut payload = [0; SHORT_BYTES];
        payload[0] = kind_bits & IS_SCRIPT;
        payload[1..].copy_from_slice(credential);
        let kind = match kind_bits {
            14.. => Kind::CardanoStake,
            _ => Kind::Cardano,
        };
        Some(Self {
            kind,
            payload,
            network: header & 15,
        })
    }

    /// Returns the network, if it is one that is known.
    pub(super) fn network(&self) -> Option<Network> {
        match self.network {
            0 => Some(Network::CardanoTestnet),
            1 => Some(Network::Cardano),
            _ => None,
        }
    }

    /// Adds the address, whose bytes are kept beside its key.
    pub(super) fn add<'d>(
        &self,
        bytes: &[u8],
        networks: Networks,
        fault: Option<Fault>,
        reading: &'d mut Draft,
    ) -> &'d mut Candidate {
        match fault {
            None => reading.accept(self.kind, networks, &self.payload),
            Some(fault) => reading.accept_leniently(self.kind, networks, &self.payload, fault),
        }
        .with_extra(bytes)
    }
}

/// Returns whether bytes are a pointer: slot, transaction and certificate, as
/// numbers of seven bits a byte.
fn is_pointer(bytes: &[u8]) -> bool {
    let ends = bytes.iter().filter(|&&byte| byte < 0x80).count();
    let has_end = bytes.last().is_some_and(|&byte| byte < 0x80);
    let fits = SHORT_BYTES + bytes.len() <= POINTER_BYTES_MAX;
    ends == 3 && has_end && fits
}
