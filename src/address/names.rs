//! Texts that lead to money and are no address: names and Lightning.
//!
//! A registry decides whom a name means, today and not for ever, and a
//! Lightning payment leaves no account on a chain to look for. Both get a
//! reason of their own, because there is something the sender can do: resolve
//! the name, and screen what it resolves to.
//!
//! Formats: [ENS] and its like, Unstoppable Domains, handles; [BOLT-11],
//! [BOLT-12], LNURL ([LUD-01]) and Lightning addresses ([LUD-16]).
//!
//! [BOLT-11]: https://github.com/lightning/bolts/blob/master/11-payment-encoding.md
//! [BOLT-12]: https://github.com/lightning/bolts/blob/master/12-offer-encoding.md
//! [ENS]: https://docs.ens.domains
//! [LUD-01]: https://github.com/lnurl/luds/blob/luds/01.md
//! [LUD-16]: https://github.com/lnurl/luds/blob/luds/16.md

use super::Fault;

/// Longest name in bytes: that of a domain.
const NAME_BYTES_MAX: usize = 255;

/// Fewest characters of anything Lightning in bech32.
const LIGHTNING_CHARS_MIN: usize = 20;

/// Last parts of names that some registry resolves to an address: registries
/// on chains first, then domains that ENS and others import.
#[rustfmt::skip]
const ENDINGS: &[&str] = &[
    "eth", "bnb", "crypto", "x", "sol", "ton", "nft", "wallet", "bitcoin", "blockchain", "dao", "888", "zil",
    "polygon", "hi", "klever", "kresus", "anime", "manga", "binanceus", "go", "unstoppable", "altimist", "pudgy",
    "wagmi", "pog", "farms", "hollow", "tball", "clay", "ubu", "smobler", "austin", "bald", "bay", "benji", "donut",
    "dream", "ethermail", "mumu", "onchain", "quantum", "raiin", "secret", "south", "stepn", "tea", "twin", "witg",
    "arb", "base", "avax", "apt", "sui", "stark", "tez", "ada", "hbar", "algo", "btc", "sats", "bit", "zeta",
    "inj", "sei", "osmo", "cosmos", "stars", "juno", "evm", "op", "linea", "blast", "mode", "mint", "bera", "abstract",
    "lens", "fil", "dot", "tao", "trx", "doge", "ltc", "bch", "xrp", "xlm", "kda", "egld", "elrond", "one", "country",
    "metis", "celo", "cro", "ftm", "sonic", "ron", "ip", "hl", "web3",
    "xyz", "com", "org", "net", "io", "id", "app", "link", "club", "art", "me", "luxe", "kred", "ceo", "cash",
    "finance", "money", "cc", "co", "uk", "de", "us", "tv", "info", "dev", "gg", "pw", "site", "online", "tech", "fun",
];

/// Returns what a text is instead of an address, if it is one of these.
pub(super) fn find(text: &str) -> Option<Fault> {
    if text.is_empty() || text.len() > 4 * NAME_BYTES_MAX || text.contains(char::is_whitespace) {
        return None;
    }
    if is_lightning(text) {
        return Some(Fault::Lightning);
    }
    if let Some((user, domain)) = text.split_once('@') {
        return find_at(user, domain);
    }
    (is_handle(text) || is_pay_string(text) || is_name(text)).then_some(Fault::Name)
}

/// A text with an `@`: a Lightning address, a name on a chain, a handle.
fn find_at(user: &str, domain: &str) -> Option<Fault> {
    // BIP-353 marks a name in the domain name system with a coin's sign.
    let user = user
        .strip_prefix('₿')
        .map_or((user, false), |user| (user, true));
    match user {
        ("", false) => is_label(domain).then_some(Fault::Name),
        (user, is_marked) if is_domain(domain) && user.split('.').all(is_label) => {
            Some(if is_marked {
                Fault::Name
            } else {
                Fault::Lightning
            })
        }
        (user, _) => is_name(user).then_some(Fault::Name),
    }
}

/// An invoice, an offer or an LNURL.
fn is_lightning(text: &str) -> bool {
    let is_bech32 =
        text.len() >= LIGHTNING_CHARS_MIN && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_bech32 {
        return false;
    }
    let starts_with = |prefix: &str| {
        text.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    if ["lno1", "lni1", "lnr1", "lnurl1"]
        .into_iter()
        .any(starts_with)
    {
        return true;
    }
    // Behind the prefix stands an amount, or the separator, which is a digit.
    ["lnbcrt", "lntbs", "lnbc", "lntb", "lnsb"]
        .into_iter()
        .any(|prefix| starts_with(prefix) && text.as_bytes()[prefix.len()].is_ascii_digit())
}

/// `$handle`, as HandCash and ADA Handle write it.
fn is_handle(text: &str) -> bool {
    text.strip_prefix('$').is_some_and(is_label)
}

/// `user$domain`, a PayString.
fn is_pay_string(text: &str) -> bool {
    text.split_once('$')
        .is_some_and(|(user, domain)| user.split('.').all(is_label) && is_domain(domain))
}

/// A name of two parts or more that ends in what some registry resolves.
fn is_name(text: &str) -> bool {
    let ending = text.rsplit_once('.').map_or("", |(_, ending)| ending);
    is_domain(text)
        && ENDINGS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(ending))
}

fn is_domain(text: &str) -> bool {
    text.len() <= NAME_BYTES_MAX && text.contains('.') && text.split('.').all(is_label)
}

/// One part of a name; registries allow letters of any alphabet, and signs.
fn is_label(text: &str) -> bool {
    let is_allowed =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+') || !c.is_ascii();
    !text.is_empty() && text.chars().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Kind, parse};

    #[track_caller]
    fn is(text: &str, fault: Fault) {
        let reading = parse(text);
        assert_eq!(reading.fault, Some(fault), "{text}");
        assert_eq!(reading.candidates[0].kind, Kind::Opaque, "{text}");
    }

    #[test]
    fn names_are_told_from_addresses() {
        for text in [
            "vitalik.eth",
            "Vitalik.ETH",
            "pay.vitalik.eth",
            "кошелёк.eth",
            "cz.bnb",
            "brad.crypto",
            "a.x",
            "toly.sol",
            "durov.ton",
            "shop.example.xyz",
            "@alice",
            "$alice",
            "alice$example.com",
            "₿alice@example.com",
            "“vitalik.eth”",
            "vitalik.eth@ethereum",
        ] {
            is(text, Fault::Name);
        }
    }

    #[test]
    fn lightning_is_told_from_addresses() {
        for text in [
            "user@example.com",
            "lno1zcss9mk8y3wkklfvevcrszlmu23kfrxh49px20665dqwmn4p72pksese",
            "LNURL1DP68GURN8GHJ7UM9WFMXJCM99E3K7MF0V9CXJ0M385EKVCENXC6R2C35XVUKXEFCV5MKVV34X5EKZD3EV56NYD3HXQURZEPEXEJXXEPNXSCRVWFNV9NXZCN9XQ6XYEFHVGCXXCMYXYMNSERXFQ5FNS",
            "lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg",
            "lntb1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg",
        ] {
            is(text, Fault::Lightning);
        }
    }

    #[test]
    fn other_texts_are_neither() {
        for text in [
            "hello",
            "wallet.17",
            "a..eth",
            ".eth",
            "eth",
            "lnbcrt",
            "lnbc",
            "1.5",
            "user@localhost",
            "a b.eth",
            "readme.txt",
            "@",
            "$",
        ] {
            is(text, Fault::UnknownFormat);
        }
    }
}
