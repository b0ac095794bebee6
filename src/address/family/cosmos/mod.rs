//! The Cosmos family: `cosmos1…`, `osmo1…`, `inj1…` and a hundred more, and
//! Avalanche's `X-avax1…`.
//!
//! A text is bech32 of an account under the chain's prefix. The account is
//! the key, so one account under two prefixes meets itself. Twenty bytes are
//! an account: a key hash on most chains, an EVM account on those that are
//! built like Ethermint, and on a few either, which gives two candidates. 32
//! bytes are a contract or a group, of no key. A validator's operator address
//! is its account under another prefix; its consensus key is kept as it
//! stands.
//!
//! The checksum of bech32 lets `q` be inserted before a closing `p`, so no
//! other length is taken for an address. Bech32m, which these chains never
//! use, is read leniently.
//!
//! Specification: [Cosmos SDK addresses](https://github.com/cosmos/cosmos-sdk/blob/main/docs/architecture/adr-028-public-key-addresses.md)
//! and [BIP-173](https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki).

mod avalanche;
mod prefixes;

use prefixes::{Accounts, Chain, PREFIX_BYTES_MAX, Role};
use smallvec::SmallVec;

use super::Family;
use crate::address::candidate::Checksum;
use crate::address::encoding::bech32::{self, Variant};
use crate::address::{Candidate, Draft, Fault, Kind, Networks};

/// Bytes and symbols of an account.
const ACCOUNT_BYTES: usize = 20;
const ACCOUNT_SYMBOLS: usize = 32;

/// Bytes and symbols of a contract.
const CONTRACT_BYTES: usize = 32;
const CONTRACT_SYMBOLS: usize = 52;

const CHECKSUM_SYMBOLS: usize = 6;

/// Symbols that a slip adds to or takes from an address.
const SYMBOLS_SLIPPED: usize = 2;

/// The same with room for a slip.
const SYMBOLS_MAX: usize = CONTRACT_SYMBOLS + SYMBOLS_SLIPPED + CHECKSUM_SYMBOLS;

/// When to ask this family.
pub(in crate::address) const FAMILY: Family = Family {
    first: "abcdefghijklmnopqrstuwxzABCDEFGHIJKLMNOPQRSTUWXZ",
    chars: (38, PREFIX_BYTES_MAX + 1 + SYMBOLS_MAX),
    read,
};

/// Reads an address of a chain that is known here.
fn read(text: &str, reading: &mut Draft) {
    if avalanche::read(text, reading) {
        return;
    }
    let Some(prefix) = bech32::prefix_of(text) else {
        return;
    };
    let mut lower = [0; PREFIX_BYTES_MAX];
    let Some(lower) = lower.get_mut(..prefix.len()) else {
        return;
    };
    lower.copy_from_slice(prefix.as_bytes());
    lower.make_ascii_lowercase();
    let lower = std::str::from_utf8(lower).unwrap_or_default();
    if let Some((chain, role)) = prefixes::find(lower) {
        read_of(chain, role, lower, text, reading);
    }
}

/// Writes an account or a contract under the prefix in `extra`, or the Cosmos
/// Hub's. Returns whether there is such an address.
pub(in crate::address) fn write(
    kind: Kind,
    payload: &[u8],
    extra: &[u8],
    out: &mut String,
) -> bool {
    if kind == Kind::Avalanche {
        return avalanche::write(payload, extra, out);
    }
    let bytes = match kind {
        Kind::CosmosContract => CONTRACT_BYTES,
        _ => ACCOUNT_BYTES,
    };
    if payload.len() != bytes {
        return false;
    }
    let given = std::str::from_utf8(extra).ok().and_then(prefixes::find);
    let prefix = given.map_or("cosmos", |(chain, _)| chain.prefix);
    bech32::encode(prefix, bech32::unpack(payload), Variant::Bech32, out);
    true
}

fn read_of(chain: &Chain, role: Role, prefix: &str, text: &str, reading: &mut Draft) {
    let mut symbols = [0; SYMBOLS_MAX];
    let Some(decoded) = bech32::decode(text, &mut symbols) else {
        return;
    };
    let is_alone = chain.accounts == Accounts::EvmAlone;
    let is_length = match decoded.data.len() {
        ACCOUNT_SYMBOLS => true,
        CONTRACT_SYMBOLS => !is_alone && role != Role::Consensus,
        _ => false,
    };
    if decoded.variant.is_none() || !is_length {
        // Liquid's addresses have a prefix of OKC's, and lengths of their own.
        if is_length || !is_alone && is_near(decoded.data.len()) {
            reading.reject(Fault::Checksum);
        }
        return;
    }
    let mut bytes = [0; CONTRACT_BYTES];
    let Some(length) = bech32::pack(decoded.data, &mut bytes) else {
        return;
    };
    let fault = if decoded.variant == Some(Variant::Bech32m) {
        Some(Fault::ChecksumKind)
    } else {
        decoded.is_mixed_case.then_some(Fault::MixedCase)
    };
    let found = Found { fault, reading };
    if role == Role::Consensus {
        let summed = decoded.data.len() + CHECKSUM_SYMBOLS;
        found.add_consensus_key(chain, prefix, &symbols[..summed]);
    } else {
        found.add_account(chain, prefix, &bytes[..length]);
    }
}

fn is_near(symbols: usize) -> bool {
    let is_near = |length: usize| symbols.abs_diff(length) <= SYMBOLS_SLIPPED;
    is_near(ACCOUNT_SYMBOLS) || is_near(CONTRACT_SYMBOLS)
}

/// What a text was read as, with what is wrong with it.
struct Found<'d> {
    fault: Option<Fault>,
    reading: &'d mut Draft,
}

impl Found<'_> {
    /// Adds an account with the prefix as given: an operator's is another
    /// coat of the account, although it is written as the account.
    fn add_account(mut self, chain: &Chain, prefix: &str, bytes: &[u8]) {
        let prefix = prefix.as_bytes();
        let networks = chain.cosmos_networks();
        if bytes.len() == CONTRACT_BYTES {
            self.add(Kind::CosmosContract, networks, bytes)
                .with_extra(prefix);
            return;
        }
        if matches!(chain.accounts, Accounts::Hashed | Accounts::Both) {
            self.add(Kind::Cosmos, networks, bytes).with_extra(prefix);
        }
        if chain.accounts != Accounts::Hashed {
            self.add(Kind::Evm, chain.evm_networks(), bytes);
        }
    }

    /// Adds a key for consensus, which holds nothing and is nobody's account,
    /// as bech32 of a prefix without a meaning: with its checksum.
    fn add_consensus_key(mut self, chain: &Chain, prefix: &str, symbols: &[u8]) {
        let mut payload: SmallVec<[u8; PREFIX_BYTES_MAX + 1 + SYMBOLS_MAX]> = SmallVec::new();
        payload.extend_from_slice(prefix.as_bytes());
        payload.push(0);
        payload.extend_from_slice(symbols);
        self.add(Kind::Bech32, chain.cosmos_networks(), &payload);
    }

    fn add(&mut self, kind: Kind, networks: Networks, payload: &[u8]) -> &mut Candidate {
        match self.fault {
            None => self.reading.accept(kind, networks, payload),
            Some(fault) => self
                .reading
                .accept_leniently(kind, networks, payload, fault),
        }
        .checked(Checksum::Strong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{KeyClass, Network, Reading, parse};

    const COSMOS: &str = "cosmos1depk54cuajgkzea6zpgkq36tnjwdzv4afc3d27";
    const BYTES: &str = "6e436a571cec916167ba105160474b9c9cd132bd";
    const CONTRACT: &str = "osmo194c3vs4hy6cygqtz0j5lhtpj7hy9xra3jq7vfkczykr30ys6fzqs2zv6tc";

    fn kinds(reading: &Reading) -> Vec<Kind> {
        reading.candidates.iter().map(|one| one.kind).collect()
    }

    fn text_of(prefix: &str, bytes: &[u8], variant: Variant) -> String {
        let mut text = String::new();
        bech32::encode(prefix, bech32::unpack(bytes), variant, &mut text);
        text
    }

    #[test]
    fn every_chain_is_asked_for_and_reads_back() {
        for chain in prefixes::CHAINS {
            let first = chain.prefix.chars().next().expect("a prefix");
            assert!(FAMILY.first.contains(first), "{}", chain.prefix);
            assert!(FAMILY.first.contains(first.to_ascii_uppercase()));
            let text = text_of(chain.prefix, &[0x5a; 20], Variant::Bech32);
            assert!((FAMILY.chars.0..=FAMILY.chars.1).contains(&text.len()));
            for spelling in [&text, &text.to_uppercase()] {
                let reading = parse(spelling);
                assert!(reading.is_strict(), "{spelling}");
                let expected = match chain.accounts {
                    Accounts::Hashed => vec![Kind::Cosmos],
                    Accounts::Both => vec![Kind::Cosmos, Kind::Evm],
                    Accounts::Evm | Accounts::EvmAlone => vec![Kind::Evm],
                };
                assert_eq!(kinds(&reading), expected, "{spelling}");
                for candidate in &reading.candidates {
                    assert_eq!(candidate.key.payload(), [0x5a; 20]);
                    assert!(candidate.kind == Kind::Evm || candidate.canonical() == text);
                }
            }
            let longest = text_of(
                &format!("{}valoper", chain.prefix),
                &[1; 32],
                Variant::Bech32,
            );
            assert!(longest.len() <= FAMILY.chars.1, "{longest}");
        }
    }

    #[test]
    fn one_account_meets_itself_under_every_prefix() {
        let hub = parse(COSMOS);
        assert!(hub.is_strict());
        assert_eq!(hub.candidates[0].networks, Network::CosmosHub.into());
        assert_eq!(const_hex::encode(hub.candidates[0].key.payload()), BYTES);
        let bytes = const_hex::decode(BYTES).expect("hex");
        let osmosis = parse(&text_of("osmo", &bytes, Variant::Bech32));
        assert_eq!(osmosis.candidates[0].key, hub.candidates[0].key);
        assert_eq!(osmosis.candidates[0].networks, Network::Osmosis.into());
        let operator = parse("cosmosvaloper1depk54cuajgkzea6zpgkq36tnjwdzv4avv9cxd");
        assert!(operator.is_strict());
        assert_eq!(operator.candidates[0].key, hub.candidates[0].key);
        assert_eq!(operator.candidates[0].canonical(), COSMOS);
    }

    #[test]
    fn ethermints_accounts_are_evm_accounts() {
        // From the documentation of ZetaChain.
        let reading = parse("zeta19nfaqu9wr0fktyyampva98ec025kjy0phww5um");
        assert!(reading.is_strict());
        assert_eq!(
            reading.candidates[0].canonical(),
            "0x2cD3D070aE1BD365909dD859d29F387AA96911e1"
        );
        // From the tests of a wallet that knows Initia.
        let initia = parse("init10alvsy3f0a6vsr7ghjh3rtygrhygavsk3tscgz");
        assert_eq!(kinds(&initia), [Kind::Cosmos, Kind::Evm]);
        let injective = parse("inj10e0525sfrf53yh2aljmm3sn9jq5njk7lwfmzjf");
        assert_eq!(kinds(&injective), [Kind::Evm]);
        assert_eq!(injective.candidates[0].networks, Network::Injective.into());
        let kava = parse("kava10e0525sfrf53yh2aljmm3sn9jq5njk7lc4cmkk");
        assert!(kava.is_strict());
        assert_eq!(kinds(&kava), [Kind::Cosmos, Kind::Evm]);
        assert_eq!(kava.candidates[1].key, injective.candidates[0].key);
    }

    #[test]
    fn a_contract_is_of_its_own_class() {
        let reading = parse(CONTRACT);
        assert!(reading.is_strict());
        assert_eq!(kinds(&reading), [Kind::CosmosContract]);
        assert_eq!(reading.candidates[0].key.class(), KeyClass::Cosmos32);
        assert_eq!(reading.candidates[0].canonical(), CONTRACT);
    }

    #[test]
    fn a_consensus_key_is_nobodys_account() {
        let text = text_of("cosmosvalcons", &[0x5a; 20], Variant::Bech32);
        let reading = parse(&text);
        assert!(reading.is_strict());
        assert_eq!(kinds(&reading), [Kind::Bech32]);
        let payload = reading.candidates[0].key.payload();
        assert!(payload.starts_with(b"cosmosvalcons\0"));
        let symbols = ACCOUNT_SYMBOLS + CHECKSUM_SYMBOLS;
        assert_eq!(payload.len(), "cosmosvalcons".len() + 1 + symbols);
        assert_eq!(reading.candidates[0].canonical(), text);
        assert_eq!(parse(&text.to_uppercase()).candidates, reading.candidates);
    }

    #[test]
    fn lesser_faults_are_lenient() {
        let key = &parse(COSMOS).candidates[0].key;
        let mixed = parse("Cosmos1depk54cuajgkzea6zpgkq36tnjwdzv4afc3d27");
        assert_eq!(mixed.fault, Some(Fault::MixedCase));
        assert_eq!(mixed.candidates[0].key, *key);
        let other = parse("cosmos1depk54cuajgkzea6zpgkq36tnjwdzv4auypp0u");
        assert_eq!(other.fault, Some(Fault::ChecksumKind));
        assert_eq!(other.candidates[0].key, *key);
    }

    #[test]
    fn slips_are_noticed_those_that_keep_the_checksum_too() {
        for text in [
            "cosmos1depk54cuajgkzea6zpgkq36tnjwdzv4afc3d28",
            "cosmos1depk54cuajgkzea6zpgkq36tnjwdzv4afc3d2",
            "cosmos1vekec620hfy5da5frvenq5fxvz7sc3sphwd5lqp",
            "cosmos1vekec620hfy5da5frvenq5fxvz7sc3sphwd5lqqp",
        ] {
            let reading = parse(text);
            assert_eq!(reading.fault, Some(Fault::Checksum), "{text}");
            assert!(!kinds(&reading).contains(&Kind::Cosmos), "{text}");
        }
        let intact = parse("cosmos1vekec620hfy5da5frvenq5fxvz7sc3sphwd5lp");
        assert!(intact.is_strict());
    }

    /// Liquid's witness addresses begin like OKC's.
    #[test]
    fn a_witness_program_under_the_same_prefix_is_declined() {
        for (version, bytes, variant) in [
            (0, 20, Variant::Bech32),
            (0, 32, Variant::Bech32),
            (1, 32, Variant::Bech32m),
        ] {
            let mut text = String::new();
            let program = vec![7; bytes];
            let symbols = std::iter::once(version).chain(bech32::unpack(&program));
            bech32::encode("ex", symbols, variant, &mut text);
            let mut draft = Draft::new(Networks::NONE);
            read(&text, &mut draft);
            assert!(draft.current().is_empty(), "{text}");
            assert!(!draft.has_failed_checksum(), "{text}");
        }
        let okc = parse("ex10e0525sfrf53yh2aljmm3sn9jq5njk7lvf6rfx");
        assert_eq!(kinds(&okc), [Kind::Evm]);
    }
}
