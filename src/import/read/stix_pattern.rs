//! The addresses in an indicator's pattern.
//!
//! A pattern is read for comparisons of a wallet with texts,
//! `cryptocurrency-wallet:value = '…'` and `… IN ('…', '…')`, wherever they
//! stand in it. A comparison that excludes addresses lists none; one by
//! resemblance (`LIKE`, `MATCHES`) cannot be turned into addresses, and the
//! pattern is then said not to be understood.

/// The object whose comparisons are read.
const WALLET: &str = "cryptocurrency-wallet:";

/// What a pattern says of wallets.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wallets {
    /// The addresses it names.
    pub(super) addresses: Vec<String>,
    /// Whether something it says of wallets was not understood.
    pub(super) is_unclear: bool,
}

/// Returns what a pattern says of wallets, or `None` if it names none.
pub(super) fn wallets_in(pattern: &str) -> Option<Wallets> {
    let mut wallets = Wallets::default();
    let mut rest = outside_texts(pattern, WALLET)?;
    loop {
        rest = rest.strip_prefix(WALLET).unwrap_or(rest);
        match comparison(rest) {
            Comparison::Lists(addresses, after) => {
                wallets.addresses.extend(addresses);
                rest = after;
            }
            Comparison::OfSomethingElse(after) => rest = after,
            Comparison::Unclear => wallets.is_unclear = true,
        }
        match outside_texts(rest, WALLET) {
            Some(next) => rest = next,
            None => break,
        }
    }
    Some(wallets)
}

/// Returns what follows from `wanted` on, unless it stands within a text.
fn outside_texts<'p>(pattern: &'p str, wanted: &str) -> Option<&'p str> {
    let mut rest = pattern;
    loop {
        if rest.starts_with(wanted) {
            return Some(rest);
        }
        rest = match rest.strip_prefix('\'') {
            Some(_) => text(rest).map_or("", |(_, after)| after),
            None => {
                let mut characters = rest.chars();
                characters.next()?;
                characters.as_str()
            }
        };
    }
}

/// What a comparison does.
enum Comparison<'p> {
    /// It lists addresses; what follows it.
    Lists(Vec<String>, &'p str),
    /// It compares another property, or excludes; what follows its operator.
    OfSomethingElse(&'p str),
    /// It is something else.
    Unclear,
}

/// Reads a comparison from the name of the property on.
fn comparison(pattern: &str) -> Comparison<'_> {
    let name_end = pattern.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let (name, rest) = pattern.split_at(name_end.unwrap_or(pattern.len()));
    let mut rest = rest.trim_start();
    if !matches!(name, "value" | "address") {
        return Comparison::OfSomethingElse(rest);
    }
    if let Some(after) = rest
        .strip_prefix("NOT")
        .filter(|after| after.starts_with([' ', '=']))
    {
        return Comparison::OfSomethingElse(after);
    }
    if let Some(after) = rest.strip_prefix("!=").or_else(|| rest.strip_prefix("<>")) {
        return Comparison::OfSomethingElse(after);
    }
    if let Some(after) = rest.strip_prefix('=') {
        let after = after.strip_prefix('=').unwrap_or(after);
        return match text(after.trim_start()) {
            Some((address, after)) => Comparison::Lists(vec![address], after),
            None => Comparison::Unclear,
        };
    }
    let Some(set) = rest.strip_prefix("IN") else {
        return Comparison::Unclear;
    };
    let Some(set) = set.trim_start().strip_prefix('(') else {
        return Comparison::Unclear;
    };
    let mut addresses = Vec::new();
    rest = set.trim_start();
    while let Some((address, after)) = text(rest) {
        addresses.push(address);
        rest = after.trim_start();
        match rest.strip_prefix(',') {
            Some(after) => rest = after.trim_start(),
            None => break,
        }
    }
    match rest.strip_prefix(')') {
        Some(after) if !addresses.is_empty() => Comparison::Lists(addresses, after),
        _ => Comparison::Unclear,
    }
}

/// Reads a text in single quotes, and returns what follows it.
fn text(pattern: &str) -> Option<(String, &str)> {
    let mut characters = pattern.strip_prefix('\'')?.chars();
    let mut text = String::new();
    loop {
        match characters.next()? {
            '\'' => return Some((text, characters.as_str())),
            '\\' => text.push(characters.next()?),
            character => text.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn comparisons_with_texts_are_addresses() {
        for (pattern, expected) in [
            ("[cryptocurrency-wallet:address = '1a']", &["1a"][..]),
            ("[cryptocurrency-wallet:value='1a']", &["1a"]),
            ("[ cryptocurrency-wallet:value == '1a' ]", &["1a"]),
            (
                "[cryptocurrency-wallet:value = '1a' OR cryptocurrency-wallet:value = '1b'] \
                 FOLLOWEDBY [cryptocurrency-wallet:address = '1c']",
                &["1a", "1b", "1c"],
            ),
            (
                "[cryptocurrency-wallet:value IN ('1a', '1b') AND cryptocurrency-wallet:symbol = 'BTC']",
                &["1a", "1b"],
            ),
            (
                "[cryptocurrency-wallet:value = 'it\\'s \\\\ 1']",
                &["it's \\ 1"],
            ),
            ("[cryptocurrency-wallet:value != '1a']", &[]),
            ("[cryptocurrency-wallet:value NOT = '1a']", &[]),
            ("[cryptocurrency-wallet:value NOT IN ('1a')]", &[]),
        ] {
            let wallets = wallets_in(pattern).expect("names wallets");
            assert_eq!(wallets.addresses, expected, "{pattern}");
            assert!(!wallets.is_unclear, "{pattern}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for pattern in [
            "[cryptocurrency-wallet:value LIKE '1%']",
            "[cryptocurrency-wallet:value MATCHES '^1']",
            "[cryptocurrency-wallet:value = 7]",
            "[cryptocurrency-wallet:value = '1a",
            "[cryptocurrency-wallet:value IN ('1a', '1b']",
            "[cryptocurrency-wallet:value IN ()]",
            "[cryptocurrency-wallet:value",
        ] {
            let wallets = wallets_in(pattern).expect("names wallets");
            assert!(wallets.is_unclear, "{pattern}: {wallets:?}");
        }
    }

    #[test]
    fn other_patterns_name_no_wallets() {
        for pattern in [
            "[ipv4-addr:value = '198.51.100.7']",
            "[url:value = 'http://x/?cryptocurrency-wallet:value=1a']",
            "[url:value = 'it\\'s cryptocurrency-wallet:value']",
            "",
        ] {
            assert_eq!(wallets_in(pattern), None, "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn no_pattern_panics(pattern in "(cryptocurrency-wallet:|value|address|=|!|IN|NOT|[()',\\\\ aé1]){0,12}") {
            let _ = wallets_in(&pattern);
        }

        #[test]
        fn any_address_in_quotes_is_found(address in any::<String>()) {
            let quoted = address.replace('\\', "\\\\").replace('\'', "\\'");
            let pattern = format!("[cryptocurrency-wallet:value = '{quoted}']");
            let wallets = wallets_in(&pattern).expect("names a wallet");
            prop_assert_eq!(wallets.addresses, [address]);
        }
    }
}
