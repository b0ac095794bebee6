//! How two addresses with one key relate.
//!
//! Meeting on a key, or on one that a rule derives, proves that the same key
//! or script stands behind both addresses. Whether they are the *same
//! account* depends on kind, network, spelling, tag and on whether the listed
//! one is a contract, which is decided here and only here. What follows from
//! it is the verdict's and the policy's part.

use super::derive::{Derivation, Rule};
use super::{Kind, Network, Networks, Tag};

/// How an address that was asked about relates to a listed one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sameness {
    /// They are one account, perhaps spelt differently.
    Same,
    /// One private key controls both.
    SameKey,
    /// One script guards both; who can satisfy it may differ by network.
    SameScript,
    /// They are tied by construction and not by control.
    Related,
}

/// Whether a listing is about the customer who is asked about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TagScope {
    /// The account is listed as a whole, or for the very tag that was asked.
    Covered,
    /// It is listed for one tag, and which one is meant was not said.
    NotSaid,
    /// It is listed for another tag.
    Other,
}

/// One side of a relation: an address as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Account<'a> {
    /// What sort of account it is.
    pub kind: Kind,
    /// The networks it can belong to.
    pub networks: Networks,
    /// Those of them that its publisher names, for people to read; none if it
    /// names none.
    pub named: Networks,
    /// What its spelling says beyond that, as its family keeps it: the prefix
    /// of a Cosmos or Substrate address.
    pub extra: &'a [u8],
    /// The customer behind it.
    pub tag: Option<&'a Tag>,
    /// It is known to be a contract, which no key controls.
    pub is_contract: bool,
    /// How the key came from the address, if it is not the address's own.
    pub derived: Option<Derivation>,
}

/// How two addresses relate, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kinship {
    /// How closely.
    pub sameness: Sameness,
    /// Whether the listing is about the customer who is asked about.
    pub scope: TagScope,
    /// Why, for a person to read; empty when the listed address itself was
    /// asked about.
    pub why: String,
}

/// Returns how an address that was asked about relates to a listed one with
/// the same key.
///
/// Addresses with different keys are unrelated as far as this module knows;
/// asking about those is a mistake.
///
/// ```
/// use interdict::address::{Sameness, parse, same_account};
///
/// let relate = |asked: &str, listed: &str| {
///     let (asked, listed) = (&parse(asked).candidates[0], &parse(listed).candidates[0]);
///     assert_eq!(asked.key, listed.key);
///     same_account(&asked.account(), &listed.account())
/// };
/// // Bitcoin Cash, new spelling and old.
/// let spelt = relate(
///     "bitcoincash:qp63uahgrxged4z5jswyt5dn5v3lzsem6cy4spdc2h",
///     "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
/// );
/// assert_eq!(spelt.sameness, Sameness::Same);
/// // One public key, as a Bitcoin witness address and as a Dash address.
/// let other = relate(
///     "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
///     "XmN7PQYWKn5MJFna5fRYgP6mxT2F7xpekE",
/// );
/// assert_eq!(other.sameness, Sameness::SameKey);
/// assert_eq!(other.why, "same public key hash, listed as P2PKH on Dash");
/// ```
pub fn same_account(asked: &Account<'_>, listed: &Account<'_>) -> Kinship {
    let (met, ground) = met_on_key(asked, listed);
    let derivations = [asked.derived, listed.derived];
    let rules = derivations.into_iter().flatten().map(|how| how.rule);
    let mut sameness = rules.clone().map(Rule::sameness).fold(met, Sameness::max);
    let derived = rules.clone().next().is_some();
    if derived && listed.is_contract && sameness != Sameness::Same {
        // Its address is no hash of a key, so nothing follows from it.
        sameness = Sameness::Related;
    }
    let scope = scope_of(asked.tag, listed.tag);
    let mut why = String::new();
    if sameness != Sameness::Same || derived {
        let tied: Vec<_> = rules.map(Rule::name).chain(ground).collect();
        why = format!("{}, listed as {}", tied.join("; "), described(listed));
    }
    match scope {
        TagScope::Covered => {}
        TagScope::NotSaid => add(&mut why, "listed for one tag only, and none was given"),
        TagScope::Other => add(&mut why, "listed for another tag"),
    }
    Kinship {
        sameness,
        scope,
        why,
    }
}

/// How two accounts with one key relate, leaving rules and tags aside, and
/// what the key is if they are not the same.
fn met_on_key(asked: &Account<'_>, listed: &Account<'_>) -> (Sameness, Option<&'static str>) {
    let (asked_kind, listed_kind) = (account(asked.kind), account(listed.kind));
    if asked_kind != listed_kind {
        return of_different_kinds(listed);
    }
    let meets = asked.networks.intersects(listed.networks);
    match listed_kind {
        // The address of a contract depends on who deployed it, and one
        // factory puts the same code at the same address anywhere.
        Kind::Evm if listed.is_contract && !meets => {
            let ground = "a contract may stand at the same address of another EVM network";
            (Sameness::SameScript, Some(ground))
        }
        Kind::Evm | Kind::Opaque | Kind::Base58Check | Kind::Bech32 => (Sameness::Same, None),
        Kind::Cosmos if asked.extra != listed.extra => {
            (Sameness::SameKey, Some("same public key hash"))
        }
        Kind::Substrate if !is_one_substrate_account(asked, listed) => {
            (Sameness::SameKey, Some("same 32-byte account"))
        }
        _ if meets => (Sameness::Same, None),
        Kind::P2sh if is_stranded(asked.networks) != is_stranded(listed.networks) => {
            let ground = "same script hash, which on this network others may be able to spend";
            (Sameness::SameScript, Some(ground))
        }
        Kind::P2sh | Kind::P2wsh | Kind::P2sh32 | Kind::Witness | Kind::CosmosContract => {
            (Sameness::SameScript, Some("same script hash"))
        }
        Kind::Taproot => (Sameness::SameKey, Some("same output key")),
        Kind::P2pkh | Kind::P2wpkh => (Sameness::SameKey, Some("same public key hash")),
        _ => (Sameness::SameKey, Some("same key")),
    }
}

/// One key under two kinds of account.
fn of_different_kinds(listed: &Account<'_>) -> (Sameness, Option<&'static str>) {
    match listed.kind.class() {
        _ if listed.is_contract => {
            let ground = "same 20 bytes; a contract's address is no hash of a key";
            (Sameness::Related, Some(ground))
        }
        super::KeyClass::KeyHash160 => (Sameness::SameKey, Some("same public key hash")),
        super::KeyClass::Evm20 => (Sameness::SameKey, Some("same public key, hashed by Keccak")),
        // Contracts, multisignature accounts and keys of other curves look
        // alike, and wallets derive each network's key by a path of its own.
        super::KeyClass::Ed32 => {
            let ground = "same 32 bytes; one key only if both are Ed25519 keys";
            (Sameness::Related, Some(ground))
        }
        _ => (Sameness::SameKey, Some("same key")),
    }
}

/// The generic prefix 42 stands for any network; the ids that pallets and
/// parachains own are each network's own.
fn is_one_substrate_account(asked: &Account<'_>, listed: &Account<'_>) -> bool {
    const GENERIC: &[u8] = &[42, 0];
    let is_generic = |account: &Account<'_>| account.extra.is_empty() || account.extra == GENERIC;
    asked.extra == listed.extra || is_generic(asked) || is_generic(listed)
}

/// Segwit outputs inside P2SH are for miners or anybody to take on the chains
/// that have no segwit.
fn is_stranded(networks: Networks) -> bool {
    let without = Networks::of(&[Network::BitcoinCash, Network::BitcoinSv, Network::ECash]);
    !networks.is_empty() && networks.intersection(without) == networks
}

fn scope_of(asked: Option<&Tag>, listed: Option<&Tag>) -> TagScope {
    match (asked, listed) {
        (_, None) => TagScope::Covered,
        (None, Some(_)) => TagScope::NotSaid,
        (Some(asked), Some(listed)) if asked == listed => TagScope::Covered,
        _ => TagScope::Other,
    }
}

/// Returns the kind of the account itself: a payment id inside a Monero
/// address does not make another account.
const fn account(kind: Kind) -> Kind {
    match kind {
        Kind::MoneroIntegrated => Kind::Monero,
        other => other,
    }
}

/// `P2PKH on Bitcoin`: an account that may belong to several networks names
/// those a reader needs to recognise it.
fn described(listed: &Account<'_>) -> String {
    const NAMED_MAX: usize = 3;
    let published = listed.derived.map_or(listed.kind, |how| how.from);
    let mut words = published.name().to_owned();
    let networks = match listed.networks.intersection(listed.named) {
        // What was derived may stand on other networks than what was listed.
        Networks::NONE if listed.derived.is_some() => listed.named,
        Networks::NONE => listed.networks,
        named => named,
    };
    let names: Vec<_> = networks.iter().map(Network::name).collect();
    if let Some(named) = names
        .get(..names.len().min(NAMED_MAX))
        .filter(|n| !n.is_empty())
    {
        words += " on ";
        words += &named.join(", ");
    }
    if names.len() > NAMED_MAX {
        words += &format!(" and {} more", names.len() - NAMED_MAX);
    }
    words
}

fn add(why: &mut String, reason: &str) {
    if !why.is_empty() {
        why.push_str("; ");
    }
    why.push_str(reason);
}

#[cfg(test)]
mod tests;
