//! Other keys that an address provably leads to, with no chain data.
//!
//! Meeting on one key covers most of what a private key or a script controls:
//! P2PKH and P2WPKH, EVM and Tron share it by construction. What is left are
//! hashes of a key, which lead one way only: from a public key hash to the
//! script that wraps it, from a script's hash to its older forms. A listed
//! address is stored under those keys as well, and an address that is asked
//! about is looked for under them, so that it does not matter which of the two
//! was published.
//!
//! Not derivable without more than the address, and therefore not here:
//! compressed and uncompressed forms of one public key, the `0x` address of
//! Sei and of Avalanche's C-Chain from the bech32 one, Monero subaddresses,
//! diversified addresses of Zcash, MWEB and silent payments, wallet versions
//! of TON, and what an Ed25519 key is on Tezos, Aptos, Sui or Cardano unless
//! an address spells the key out.

mod evm;
mod rule;
mod script;
mod token_account;

use smallvec::SmallVec;

use super::encoding::bech32;
use super::{AddressKey, Candidate, Kind, Networks};

pub use rule::Rule;

/// How far to look for other keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Depth {
    /// What a screening derives: hashes, of which a listed one does not tell
    /// what it is of.
    Query,
    /// What an import derives besides, once for each entry: what leads both
    /// ways, so that one side of a match has derived it, and Solana token
    /// accounts, of which a screening cannot try every token.
    Import,
}

/// How a key came from an address that is not its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Derivation {
    /// By which rule.
    pub rule: Rule,
    /// From what sort of address.
    pub from: Kind,
}

/// Another key that an address leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Linked {
    /// What is stored, or looked up.
    pub key: AddressKey,
    /// What sort of account stands there.
    pub kind: Kind,
    /// The networks it can belong to.
    pub networks: Networks,
    /// How the address leads there.
    pub rule: Rule,
}

impl Linked {
    pub(super) fn new(kind: Kind, networks: Networks, payload: &[u8], rule: Rule) -> Self {
        Self {
            key: AddressKey::new(kind.class(), payload),
            kind,
            networks,
            rule,
        }
    }

    /// Returns the canonical form of the account that stands there.
    pub fn canonical(&self) -> String {
        Candidate::new(self.key.clone(), self.kind, self.networks).canonical()
    }
}

/// Returns the other keys that a candidate leads to.
///
/// ```
/// use interdict::address::{Depth, Rule, linked, parse};
///
/// // BIP-49's and BIP-84's address of one public key.
/// let witness = parse("bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu");
/// let wrapped = linked(&witness.candidates[0], Depth::Query);
/// assert_eq!(wrapped[0].rule, Rule::WrappedKeyHash);
/// assert!(wrapped[0].canonical().starts_with('3'));
/// ```
pub fn linked(candidate: &Candidate, depth: Depth) -> SmallVec<[Linked; 4]> {
    let payload = candidate.key.payload();
    let mut found = SmallVec::new();
    match candidate.kind {
        Kind::P2pkh | Kind::P2wpkh | Kind::Xrp | Kind::Cosmos | Kind::Avalanche => {
            found.push(script::wrapped_key_hash(payload));
        }
        Kind::P2wsh => found.extend(script::of_witness_script(payload)),
        Kind::Evm | Kind::Tron => {
            found.push(evm::frontier(payload));
            if depth == Depth::Import {
                evm::of_evm(payload, &mut found);
            }
        }
        Kind::Cardano => found.extend(stake_of(candidate.extra.as_deref(), candidate.networks)),
        Kind::Base58Check => of_hash(payload.last_chunk(), &mut found),
        Kind::Bech32 => of_bech32(payload, &mut found),
        _ if depth == Depth::Query => {}
        Kind::Substrate => found.extend(evm::evm_of_revive(payload)),
        Kind::Filecoin => found.extend(evm::evm_of_filecoin(payload)),
        Kind::Hedera => found.extend(evm::evm_of_hedera(payload)),
        Kind::Solana => found.extend(token_account::of_owner(payload)),
        _ => {}
    }
    found
}

/// The 20 bytes of an address of an unknown network, as everything that 20
/// bytes can be.
fn of_hash(hash: Option<&[u8; 20]>, found: &mut SmallVec<[Linked; 4]>) {
    let Some(hash) = hash else { return };
    let rule = Rule::UnknownPrefix;
    for (kind, networks) in [
        (Kind::P2pkh, Networks::NONE),
        (Kind::P2sh, Networks::NONE),
        (Kind::Evm, Networks::NONE),
    ] {
        found.push(Linked::new(kind, networks, hash, rule));
    }
}

/// What stands behind prefix ‖ zero ‖ symbols ‖ checksum: 20 bytes, or a
/// witness version and a program.
fn of_bech32(key: &[u8], found: &mut SmallVec<[Linked; 4]>) {
    const CHECKSUM_SYMBOLS: usize = 6;
    const HASH_SYMBOLS: usize = 32;
    const SCRIPT_SYMBOLS: usize = 52;
    let parts = key
        .iter()
        .position(|&byte| byte == 0)
        .and_then(|separator| key.get(separator + 1..key.len().checked_sub(CHECKSUM_SYMBOLS)?));
    let Some(symbols) = parts else { return };
    // A first symbol may be a witness version.
    let program = match symbols.len() {
        HASH_SYMBOLS | SCRIPT_SYMBOLS => symbols,
        _ => symbols.get(1..).unwrap_or_default(),
    };
    let mut bytes = [0; 32];
    match bech32::pack(program, &mut bytes) {
        Some(20) => of_hash(bytes.first_chunk(), found),
        Some(32) => {
            for kind in [Kind::P2wsh, Kind::Taproot] {
                let rule = Rule::UnknownPrefix;
                found.push(Linked::new(kind, Networks::NONE, &bytes, rule));
            }
        }
        _ => {}
    }
}

/// The stake part of a base address: header, payment part, stake part, as
/// CIP-19 has them.
fn stake_of(address: Option<&[u8]>, networks: Networks) -> Option<Linked> {
    const PART: usize = 28;
    let (&header, parts) = address?.split_first()?;
    if header >> 4 > 3 || parts.len() != 2 * PART {
        return None;
    }
    let is_script = header >> 5 & 1;
    let mut payload = [is_script; 1 + PART];
    payload[1..].copy_from_slice(&parts[PART..]);
    let rule = Rule::StakeCredential;
    Some(Linked::new(Kind::CardanoStake, networks, &payload, rule))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Network, parse};

    /// The keys of all a text leads to, with their rules.
    fn links(text: &str) -> Vec<(Rule, AddressKey)> {
        let reading = parse(text);
        linked(&reading.candidates[0], Depth::Import)
            .into_iter()
            .map(|link| (link.rule, link.key))
            .collect()
    }

    fn key(text: &str) -> AddressKey {
        parse(text).candidates[0].key.clone()
    }

    #[test]
    fn a_public_key_hash_leads_to_the_script_that_wraps_it() {
        // Of the private key 1, on both its paths.
        let wrapped = key("3JvL6Ymt8MVWiCNHC7oWU6nLeHNJKLZGLN");
        for text in [
            "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        ] {
            assert_eq!(
                links(text),
                [(Rule::WrappedKeyHash, wrapped.clone())],
                "{text}"
            );
        }
    }

    #[test]
    fn a_witness_script_leads_to_its_three_other_forms() {
        let witness = "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3";
        let expected = [
            (
                Rule::WrappedWitnessScript,
                "3NVZWnhKt53ukKw4Qm217Zk57FE8VnKjH2",
            ),
            (
                Rule::LongScript,
                "bitcoincash:p08zr8lphu2s6fhm6w9rss9mfmcppe0kc9l4pfgl9fc3zwkf7wa2s5jaz9ezx",
            ),
        ];
        for (rule, text) in expected {
            assert!(links(witness).contains(&(rule, key(text))), "{rule}");
        }
        assert!(
            links(witness)
                .iter()
                .any(|(rule, _)| *rule == Rule::LegacyScript)
        );
    }

    #[test]
    fn an_evm_account_leads_to_substrate_and_back_where_that_can_be_undone() {
        let evm = "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf";
        let ids: Vec<_> = links(evm)
            .into_iter()
            .map(|(rule, key)| (rule, key.to_string()))
            .collect();
        assert_eq!(ids[1].0, Rule::ReviveAccount);
        assert_eq!(ids[1].1, format!("08{}{}", &evm[2..], "ee".repeat(12)));
        assert_eq!(ids[0].0, Rule::FrontierAccount);
        assert!(
            ids[0]
                .1
                .starts_with("0834210409bcc1d60612de14aad7c1c0ab0198fe31d7c7")
        );

        let id = const_hex::decode(format!("{}{}", &evm[2..], "ee".repeat(12))).expect("hex");
        let back = evm::evm_of_revive(&id).expect("ends in EE");
        assert_eq!(back.key, key(evm));
        assert_eq!(evm::evm_of_revive(&[7; 32]), None);
    }

    #[test]
    fn masked_ids_and_long_zeros_lead_both_ways() {
        let masked = "0xff00000000000000000000000000000000000400";
        let link = links(masked).pop().expect("a link");
        assert_eq!(link.0, Rule::FilecoinMaskedId);
        assert_eq!(link.1.payload(), [0, 0x80, 0x08]);
        assert_eq!(
            evm::evm_of_filecoin(&[0, 0x80, 0x08]).expect("an id").key,
            key(masked)
        );

        let long_zero = "0x00000000000000000000000000000000000004d2";
        let link = links(long_zero).pop().expect("a link");
        assert_eq!(link.0, Rule::HederaLongZero);
        assert_eq!(
            evm::evm_of_hedera(link.1.payload()).expect("a number").key,
            key(long_zero)
        );
    }

    #[test]
    fn only_the_stake_part_of_a_base_address_is_linked() {
        let networks = Network::Cardano.into();
        let base = [vec![0x21], vec![1; 28], vec![2; 28]].concat();
        let stake = stake_of(Some(&base), networks).expect("a stake part");
        assert_eq!(stake.key.payload(), [vec![1], vec![2; 28]].concat());
        let enterprise = [vec![0x61], vec![1; 28]].concat();
        assert_eq!(stake_of(Some(&enterprise), networks), None);
        assert_eq!(stake_of(None, networks), None);
    }

    /// A listed key hash is found under prefixes that no family here has.
    #[test]
    fn twenty_bytes_are_found_under_any_prefix() {
        let account = key("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH");
        let mut plain = String::new();
        let symbols = bech32::unpack(account.payload());
        bech32::encode("nosuchnet", symbols, bech32::Variant::Bech32, &mut plain);
        let mut base58 = String::new();
        let alphabet = crate::address::encoding::base58::Alphabet::BITCOIN;
        crate::address::encoding::base58check::encode(
            &[0x99],
            account.payload(),
            alphabet,
            &mut base58,
        );
        let mut witness = String::new();
        let program = std::iter::once(0).chain(bech32::unpack(account.payload()));
        bech32::encode("nosuchnet", program, bech32::Variant::Bech32, &mut witness);
        for text in [plain, base58, witness] {
            assert!(parse(&text).is_strict(), "{text}");
            assert!(
                links(&text).contains(&(Rule::UnknownPrefix, account.clone())),
                "{text}"
            );
        }
    }
}
