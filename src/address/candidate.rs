//! One reading of a text, and how it is written back.
//!
//! The canonical form is for people: it is what logs at debug, reports and
//! answers show. It is made from key, kind and networks alone, so a stored
//! entry and a candidate of the same account are written alike.

use super::{AddressKey, Kind, Networks};
use super::{Network, bitcoin, cashaddr, evm, monero, opaque, segwit, solana, tron, xrp};

/// One reading of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// What is looked up.
    pub key: AddressKey,
    /// What sort of account it is.
    pub kind: Kind,
    /// The networks it can belong to; none for an opaque text.
    pub networks: Networks,
    /// Whether the specification accepts the text. A candidate that is not
    /// strict can match and never clears.
    pub strict: bool,
}

impl Candidate {
    /// Returns a text as itself: the last resort for a list entry that no
    /// family reads, found again by the same text only.
    pub fn opaque(text: &str) -> Self {
        Self {
            key: opaque::key(text.trim()),
            kind: Kind::Opaque,
            networks: Networks::NONE,
            strict: false,
        }
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
        let written = match self.kind {
            Kind::Evm => evm::write(payload, out),
            Kind::Tron => {
                tron::write(payload, out);
                true
            }
            Kind::Xrp => {
                xrp::write(payload, out);
                true
            }
            Kind::P2pkh | Kind::P2sh if self.networks == Network::BitcoinCash.into() => {
                cashaddr::write(self.kind, payload, out)
            }
            Kind::P2pkh | Kind::P2sh => bitcoin::write(self.kind, self.networks, payload, out),
            Kind::P2sh32 => cashaddr::write(self.kind, payload, out),
            Kind::P2wpkh | Kind::P2wsh | Kind::Taproot | Kind::Witness => {
                segwit::write(self.kind, self.networks, payload, out)
            }
            Kind::Solana => solana::write(payload, out),
            Kind::Monero | Kind::MoneroSubaddress | Kind::MoneroIntegrated => {
                let network = self.networks.first().unwrap_or(Network::Monero);
                monero::write(self.kind, network, payload, out)
            }
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
        let candidate = Candidate {
            key: AddressKey::new(KeyClass::KeyHash160, &[7; 20]),
            kind: Kind::P2pkh,
            networks: Network::Monero.into(),
            strict: false,
        };
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
