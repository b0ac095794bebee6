//! How two addresses with one key relate.
//!
//! Meeting on a key proves that the same key or script stands behind both
//! addresses. Whether they are the *same account* depends on kind and
//! network, which is decided here and only here. What follows from it is the
//! verdict's and the policy's part.

use super::{Kind, Networks};

/// How an address that was asked about relates to a listed one that has the
/// same key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sameness {
    /// They are one account, perhaps spelt differently.
    Same,
    /// One private key controls both.
    SameKey,
    /// One script guards both; who can satisfy it may differ by network.
    SameScript,
}

/// Returns how two addresses relate whose keys are equal.
///
/// The answer does not depend on which of the two was asked about. Addresses
/// with different keys are unrelated as far as this module knows; asking
/// about those is a mistake, and gives [`Sameness::SameKey`] at most.
///
/// ```
/// use interdict::address::{Network, Sameness, parse, same_account};
///
/// let relate = |asked: &str, listed: &str| {
///     let (asked, listed) = (&parse(asked).candidates[0], &parse(listed).candidates[0]);
///     assert_eq!(asked.key, listed.key);
///     same_account((asked.kind, asked.networks), (listed.kind, listed.networks))
/// };
/// // Bitcoin Cash, new spelling and old.
/// assert_eq!(
///     relate("bitcoincash:qp63uahgrxged4z5jswyt5dn5v3lzsem6cy4spdc2h", "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH"),
///     Sameness::Same,
/// );
/// // One public key, as a Bitcoin witness address and as a Dash address.
/// assert_eq!(
///     relate("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "XmN7PQYWKn5MJFna5fRYgP6mxT2F7xpekE"),
///     Sameness::SameKey,
/// );
/// ```
pub fn same_account(asked: (Kind, Networks), listed: (Kind, Networks)) -> Sameness {
    let (asked_kind, listed_kind) = (account(asked.0), account(listed.0));
    if asked_kind != listed_kind {
        // P2PKH and P2WPKH, EVM and Tron, an XRP account: one key hash.
        return Sameness::SameKey;
    }
    let one_account_everywhere = matches!(asked_kind, Kind::Evm | Kind::Opaque);
    if one_account_everywhere || asked.1.intersects(listed.1) {
        Sameness::Same
    } else if is_script(asked_kind) {
        Sameness::SameScript
    } else {
        Sameness::SameKey
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

const fn is_script(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::P2sh | Kind::P2wsh | Kind::P2sh32 | Kind::Witness
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Network, parse};

    fn relate(asked: &str, listed: &str) -> Sameness {
        let (asked, listed) = (parse(asked), parse(listed));
        let (asked, listed) = (&asked.candidates[0], &listed.candidates[0]);
        assert_eq!(asked.key, listed.key);
        let forward = same_account((asked.kind, asked.networks), (listed.kind, listed.networks));
        let backward = same_account((listed.kind, listed.networks), (asked.kind, asked.networks));
        assert_eq!(forward, backward);
        forward
    }

    #[test]
    fn one_public_key_hash_in_many_coats() {
        let bitcoin = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH";
        assert_eq!(relate(bitcoin, bitcoin), Sameness::Same);
        assert_eq!(
            relate(bitcoin, "qp63uahgrxged4z5jswyt5dn5v3lzsem6cy4spdc2h"),
            Sameness::Same
        );
        for other in [
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "XmN7PQYWKn5MJFna5fRYgP6mxT2F7xpekE",
            "rBgGZ9tc4him9KBzD8fKFiQz3fSZpaSwMH",
            "t1UYsZVJkLPeMjxEtACvSxfWuNmddpWfxzs",
        ] {
            assert_eq!(relate(bitcoin, other), Sameness::SameKey, "{other}");
        }
        assert_eq!(
            relate(
                "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
                "btg1qw508d6qejxtdg4y5r3zarvary0c5xw7k6w057a"
            ),
            Sameness::SameKey,
        );
    }

    #[test]
    fn both_litecoin_spellings_of_a_script_are_one_account() {
        assert_eq!(
            relate(
                "M9dw1FAoWpHC6PcMzoCHhqQ9McvTyG5Ywj",
                "33RnhMkqZhRmHtLTtvCwtC9k2vL1ti7tEo"
            ),
            Sameness::Same,
        );
    }

    #[test]
    fn evm_and_tron_share_a_key_and_not_an_account() {
        let evm = "0xcf1ecacaf90a04bb0297f9991ae1262d0a3399e1";
        assert_eq!(
            relate(evm, "TUrMmF9Gd4rzrXsQ34ui3Wou94E7HFuJQh"),
            Sameness::SameKey
        );
        let listed = (Kind::Evm, Network::Arbitrum.into());
        assert_eq!(
            same_account((Kind::Evm, Network::Ethereum.into()), listed),
            Sameness::Same
        );
    }

    #[test]
    fn scripts_on_other_networks_are_only_the_same_script() {
        let (bitcoin, litecoin) = (Network::Bitcoin.into(), Network::Litecoin.into());
        for kind in [Kind::P2sh, Kind::P2wsh, Kind::Witness] {
            assert_eq!(
                same_account((kind, bitcoin), (kind, litecoin)),
                Sameness::SameScript
            );
            assert_eq!(
                same_account((kind, bitcoin), (kind, bitcoin)),
                Sameness::Same
            );
        }
        assert_eq!(
            same_account((Kind::Taproot, bitcoin), (Kind::Taproot, litecoin)),
            Sameness::SameKey
        );
    }

    #[test]
    fn a_payment_id_does_not_make_another_account() {
        let monero = Network::Monero.into();
        assert_eq!(
            same_account((Kind::MoneroIntegrated, monero), (Kind::Monero, monero)),
            Sameness::Same,
        );
        assert_eq!(
            same_account((Kind::MoneroSubaddress, monero), (Kind::Monero, monero)),
            Sameness::SameKey,
        );
        assert_eq!(relate("wallet 17", "wallet 17"), Sameness::Same);
    }
}
