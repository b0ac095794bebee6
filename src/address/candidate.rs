//! One reading of a text, and how it is written back.
//!
//! The canonical form is for people: it is what logs at debug, reports and
//! answers show. It is made from key, kind, networks and what the text says
//! beyond them.

use super::family::{
    algorand, bitcoin, cardano, cashaddr, cosmos, eos, evm, filecoin, generic, hedera, hex32,
    liquid, monero, near, segwit, solana, stellar, substrate, tezos, ton, tron, xrp, zcash,
};
use super::{Account, AddressKey, Kind, Network, Networks, Tag, opaque};

/// How surely a text is what it is read as: by the checksum inside it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Checksum {
    /// None at all: any slip gives another address.
    None,
    /// Of less than 32 bits, or of a number that varies, as EIP-55's.
    Weak,
    /// Of 32 bits or more.
    Strong,
}

/// One reading of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// What is looked up.
    pub key: AddressKey,
    /// What sort of account it is.
    pub kind: Kind,
    /// The networks it can belong to; none for an opaque text and for a
    /// format whose network is not known.
    pub networks: Networks,
    /// Whether the specification accepts the text. A candidate that is not
    /// strict can match and never clears.
    pub strict: bool,
    /// Which destination of the text it is a reading of, from 0. Each needs a
    /// strict candidate of its own.
    pub destination: u8,
    /// The customer behind the account, if the text names one.
    pub tag: Option<Tag>,
    pub(super) checksum: Checksum,
    /// What the canonical form needs beyond key, kind and networks: a prefix,
    /// a header. Its family gives it a meaning.
    pub(super) extra: Option<Box<[u8]>>,
}

impl Candidate {
    /// Returns a text as itself: the last resort for a list entry that no
    /// family reads, found again by the same text only.
    pub fn opaque(text: &str) -> Self {
        Self {
            strict: false,
            ..Self::new(opaque::key(text.trim()), Kind::Opaque, Networks::NONE)
        }
    }

    /// Returns a strict candidate of a text without tag and checksum.
    #[inline]
    pub(super) fn new(key: AddressKey, kind: Kind, networks: Networks) -> Self {
        Self {
            key,
            kind,
            networks,
            strict: true,
            destination: 0,
            tag: None,
            checksum: Checksum::None,
            extra: None,
        }
    }

    /// Returns the candidate as one side of a relation.
    pub fn account(&self) -> Account<'_> {
        Account {
            kind: self.kind,
            networks: self.networks,
            named: Networks::NONE,
            extra: self.extra(),
            tag: self.tag.as_ref(),
            is_contract: false,
            derived: None,
        }
    }

    /// Returns what its spelling says beyond key, kind and networks.
    pub fn extra(&self) -> &[u8] {
        self.extra.as_deref().unwrap_or_default()
    }

    /// Says how surely the text is this candidate.
    pub(super) fn checked(&mut self, checksum: Checksum) -> &mut Self {
        self.checksum = checksum;
        self
    }

    /// Keeps what the canonical form needs beyond key, kind and networks.
    pub(super) fn with_extra(&mut self, extra: &[u8]) -> &mut Self {
        self.extra = Some(extra.into());
        self
    }

    /// Names the customer behind the account.
    pub(super) fn with_tag(&mut self, tag: Tag) -> &mut Self {
        self.tag = Some(tag);
        self
    }

    /// Returns the canonical form: EIP-55 for EVM, lower-case bech32,
    /// Base58Check of the first network, cashaddr with its prefix where only
    /// Bitcoin Cash is meant, and an opaque text as it was sent.
    ///
    /// Reading it again gives the same key, except for an opaque text of more
    /// than 64 bytes, of which only the digest is left.
    ///
    /// ```
    /// use interdict::address::parse;
    ///
    /// let canonical = |text| parse(text).candidates[0].canonical();
    /// assert_eq!(
    ///     canonical("QPM2QSZNHKS23Z7629MMS6S4CWEF74VCWVY22GDX6A"),
    ///     "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
    /// );
    /// assert_eq!(
    ///     canonical("41cf1ecacaf90a04bb0297f9991ae1262d0a3399e1"),
    ///     "TUrMmF9Gd4rzrXsQ34ui3Wou94E7HFuJQh",
    /// );
    /// ```
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        self.write_canonical(&mut out);
        out
    }

    /// Appends the canonical form to a string.
    pub fn write_canonical(&self, out: &mut String) {
        let payload = self.key.payload();
        let extra = self.extra();
        let written = match self.kind {
            Kind::Evm => evm::write(payload, out),
            Kind::Tron => {
                tron::write(payload, out);
                true
            }
            Kind::Xrp => xrp::write(self.networks, payload, out),
            Kind::P2pkh | Kind::P2sh if self.networks == Network::ECash.into() => {
                cashaddr::write(self.kind, self.networks, payload, out)
            }
            Kind::P2pkh | Kind::P2sh if liquid::is_meant(self.networks) => {
                liquid::write(self.kind, self.networks, payload, out)
            }
            Kind::P2pkh | Kind::P2sh if self.networks == Network::BitcoinCash.into() => {
                cashaddr::write(self.kind, self.networks, payload, out)
            }
            Kind::P2pkh | Kind::P2sh => bitcoin::write(self.kind, self.networks, payload, out),
            Kind::P2sh32 => cashaddr::write(self.kind, self.networks, payload, out),
            Kind::P2wpkh | Kind::P2wsh | Kind::Taproot | Kind::Witness => {
                segwit::write(self.kind, self.networks, payload, out)
            }
            Kind::Solana => solana::write(payload, out),
            Kind::Monero | Kind::MoneroSubaddress | Kind::MoneroIntegrated => {
                let network = self.networks.first().unwrap_or(Network::Monero);
                monero::write(self.kind, network, payload, out)
            }
            Kind::Cosmos | Kind::CosmosContract | Kind::Avalanche => {
                cosmos::write(self.kind, payload, extra, out)
            }
            Kind::Stellar | Kind::StellarObject => stellar::write(self.kind, payload, out),
            Kind::Ton => ton::write(self.networks, payload, out),
            Kind::Cardano | Kind::CardanoStake | Kind::CardanoByron => {
                cardano::write(self.kind, self.networks, payload, extra, out)
            }
            Kind::Substrate => substrate::write(payload, extra, out),
            Kind::Algorand => algorand::write(payload, out),
            Kind::NearImplicit | Kind::NearNamed => near::write(self.kind, payload, out),
            Kind::Aptos | Kind::Sui | Kind::Starknet => hex32::write(payload, out),
            Kind::Filecoin => filecoin::write(self.networks, payload, out),
            Kind::Tezos => tezos::write(payload, out),
            Kind::EosName | Kind::EosKey => eos::write(self.kind, payload, out),
            Kind::Hedera | Kind::HederaKey => hedera::write(self.kind, payload, out),
            Kind::ZcashSapling | Kind::ZcashOrchard | Kind::ZcashSprout => {
                zcash::write(self.kind, self.networks, payload, out)
            }
            Kind::Mweb => segwit::write_mweb(self.networks, payload, out),
            Kind::Base58Check | Kind::Bech32 => generic::write(self.kind, payload, out),
            Kind::Opaque => {
                opaque::write(&self.key, out);
                true
            }
        };
        if !written {
            // Kind, networks and key were not put together by this module.
            out.push_str(&self.key.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{KeyClass, parse};

    #[test]
    fn narrowing_the_networks_changes_the_spelling_and_not_the_key() {
        let mut candidate = parse("1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu").candidates[0].clone();
        assert_eq!(candidate.canonical(), "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu");
        candidate.networks = Network::BitcoinCash.into();
        let cash = candidate.canonical();
        assert_eq!(
            cash,
            "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"
        );
        assert_eq!(parse(&cash).candidates[0].key, candidate.key);
    }

    #[test]
    fn a_candidate_that_makes_no_sense_is_written_as_its_key() {
        let key = AddressKey::new(KeyClass::KeyHash160, &[7; 20]);
        let candidate = Candidate::new(key, Kind::P2pkh, Network::Monero.into());
        assert_eq!(candidate.canonical(), format!("01{}", "07".repeat(20)));
        for kind in Kind::ALL {
            let odd = Candidate {
                kind,
                networks: Networks::NONE,
                ..candidate.clone()
            };
            assert!(!odd.canonical().is_empty(), "{kind}");
        }
    }

    #[test]
    fn writing_appends() {
        let mut out = String::from("> ");
        parse("wallet 17").candidates[0].write_canonical(&mut out);
        assert_eq!(out, "> wallet 17");
    }
}
