//! What addresses of the Cosmos family begin with, and whose they are.
//!
//! Prefixes are those of the [chain registry]; a chain that is missing here
//! still has its addresses read, as bech32 of an unknown prefix, but does not
//! meet the same account under another prefix.
//!
//! [chain registry]: https://github.com/cosmos/chain-registry

use crate::address::{Network, Networks};

/// What the 20 bytes of a chain's accounts are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Accounts {
    /// RIPEMD-160 of SHA-256 of a public key, the Cosmos SDK's own.
    Hashed,
    /// The account of the same key on an EVM network: Ethermint's.
    Evm,
    /// Either: the address does not tell, or the chain changed over.
    Both,
    /// An EVM account, on a chain that has no other addresses.
    EvmAlone,
}

/// A chain by its prefix.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) prefix: &'static str,
    pub(super) accounts: Accounts,
    network: Option<Network>,
}

impl Chain {
    /// Returns the network of what is no EVM account.
    pub(super) fn cosmos_networks(&self) -> Networks {
        self.network.unwrap_or(Network::OtherCosmos).into()
    }

    /// Returns the network of an EVM account.
    pub(super) fn evm_networks(&self) -> Networks {
        self.network.unwrap_or(Network::OtherEvm).into()
    }
}

/// What an address is, as its prefix says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// An account or a contract.
    Account,
    /// A validator's account under another name: the same bytes.
    Operator,
    /// A validator's key for consensus, which holds nothing.
    Consensus,
}

/// Longest prefix, with its suffix.
pub(super) const PREFIX_BYTES_MAX: usize = 24;

const SUFFIXES: [(&str, Role); 2] = [("valoper", Role::Operator), ("valcons", Role::Consensus)];

/// Prefixes that are not the account's with a suffix.
const IRREGULAR: [(&str, &str, Role); 6] = [
    ("bca", "bnb", Role::Consensus),
    ("bva", "bnb", Role::Operator),
    ("crocncl", "cro", Role::Operator),
    ("crocnclcons", "cro", Role::Consensus),
    ("ica", "iaa", Role::Consensus),
    ("iva", "iaa", Role::Operator),
];

/// Returns the chain of a prefix in lower case, and what it is there.
pub(super) fn find(prefix: &str) -> Option<(&'static Chain, Role)> {
    if let Some(chain) = chain_of(prefix) {
        return Some((chain, Role::Account));
    }
    for (suffix, role) in SUFFIXES {
        if let Some(account) = prefix.strip_suffix(suffix) {
            return Some((chain_of(account)?, role));
        }
    }
    let (_, account, role) = IRREGULAR.iter().find(|(name, ..)| *name == prefix)?;
    Some((chain_of(account)?, *role))
}

/// Returns the chain whose accounts have a prefix.
pub(super) fn chain_of(prefix: &str) -> Option<&'static Chain> {
    let at = CHAINS
        .binary_search_by_key(&prefix, |chain| chain.prefix)
        .ok()?;
    CHAINS.get(at)
}

const fn hashed(prefix: &'static str) -> Chain {
    chain(prefix, Accounts::Hashed, None)
}

const fn evm(prefix: &'static str) -> Chain {
    chain(prefix, Accounts::Evm, None)
}

const fn both(prefix: &'static str) -> Chain {
    chain(prefix, Accounts::Both, None)
}

const fn chain(prefix: &'static str, accounts: Accounts, network: Option<Network>) -> Chain {
    Chain {
        prefix,
        accounts,
        network,
    }
}

const fn of(network: Network, prefix: &'static str) -> Chain {
    chain(prefix, Accounts::Hashed, Some(network))
}

/// Every chain, in the order of the prefixes.
#[rustfmt::skip]
pub(super) const CHAINS: &[Chain] = &[
    both("acre"), hashed("agoric"), hashed("akash"), hashed("allo"), both("althea"), hashed("andr"),
    hashed("archway"), both("art"), hashed("atone"), both("aura"), hashed("axelar"),
    hashed("band"), hashed("bbn"), hashed("bcna"), hashed("bitsong"), of(Network::BnbBeacon, "bnb"),
    hashed("bostrom"), hashed("bze"), hashed("c4e"), evm("canto"), of(Network::Celestia, "celestia"),
    hashed("cerberus"), hashed("certik"), hashed("cheqd"), hashed("chihuahua"), hashed("comdex"),
    hashed("core"), of(Network::CosmosHub, "cosmos"), evm("crc"), hashed("cre"), hashed("cro"),
    hashed("cudos"), hashed("decentr"), hashed("desmos"), hashed("dydx"), evm("dym"), hashed("elys"),
    hashed("emoney"), hashed("empower"), evm("evmos"), chain("ex", Accounts::EvmAlone, None),
    hashed("fetch"), hashed("firma"), hashed("g"), both("genesis"), hashed("gitopia"), both("gravity"),
    evm("haqq"), both("human"), hashed("iaa"), both("init"),
    chain("inj", Accounts::Evm, Some(Network::Injective)), chain("io", Accounts::EvmAlone, None),
    hashed("ixo"), hashed("jkl"), hashed("juno"),
    chain("kava", Accounts::Both, Some(Network::Kava)), hashed("ki"), both("kii"), hashed("kujira"),
    hashed("kyve"), hashed("lava@"), hashed("like"), hashed("lum"), hashed("mantle"), both("mantra"),
    hashed("mars"), hashed("maya"), hashed("migaloo"), hashed("n"), hashed("neutron"), both("nibi"),
    hashed("noble"), hashed("nolus"), hashed("odin"), hashed("omniflix"),
    chain("one", Accounts::EvmAlone, None), both("orai"), of(Network::Osmosis, "osmo"),
    hashed("panacea"), hashed("pasg"), hashed("pb"), hashed("persistence"), both("plq"), hashed("pryzm"),
    hashed("quasar"), hashed("quick"), both("realio"), both("rebus"), hashed("regen"), hashed("rizon"),
    hashed("saga"), hashed("secret"), of(Network::Sei, "sei"), hashed("sent"), hashed("sge"),
    hashed("shentu"), both("shido"), hashed("sif"), hashed("somm"), hashed("source"), both("st"),
    hashed("star"), hashed("stars"), hashed("stride"), hashed("swth"), hashed("terra"), hashed("tgrade"),
    of(Network::Thorchain, "thor"), hashed("tori"), hashed("umee"), hashed("unicorn"), hashed("union"),
    both("warden"), hashed("xion"), evm("xpla"), evm("zeta"), hashed("zig"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_in_order_and_short_enough() {
        let pairs = CHAINS.windows(2);
        for pair in pairs {
            assert!(pair[0].prefix < pair[1].prefix, "{}", pair[1].prefix);
        }
        let longest = CHAINS.iter().map(|chain| chain.prefix.len()).max();
        assert!(longest.is_some_and(|most| most + "valoper".len() <= PREFIX_BYTES_MAX));
    }

    #[test]
    fn a_validators_prefixes_lead_to_its_chain() {
        for (prefix, account, role) in [
            ("cosmos", "cosmos", Role::Account),
            ("cosmosvaloper", "cosmos", Role::Operator),
            ("injvalcons", "inj", Role::Consensus),
            ("lava@valoper", "lava@", Role::Operator),
            ("crocncl", "cro", Role::Operator),
            ("iva", "iaa", Role::Operator),
        ] {
            let (chain, found) = find(prefix).expect("a known prefix");
            assert_eq!((chain.prefix, found), (account, role));
        }
        for prefix in ["", "valoper", "cosmospub", "cosmosvaloperpub", "bc", "lava"] {
            assert!(find(prefix).is_none(), "{prefix}");
        }
        for (irregular, account, _) in IRREGULAR {
            assert!(chain_of(irregular).is_none() && chain_of(account).is_some());
        }
    }
}
