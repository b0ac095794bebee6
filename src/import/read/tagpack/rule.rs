//! Which tags are listings, and of what.
//!
//! The tables are documented with the format. Ids are compared without regard
//! to case, and with `-` and blanks read as `_`.

use crate::list::{Category, Confidence};

/// What a tag is, seen as a list entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It lists its address; the text says why, where the category does not.
    Listing(Category, Option<String>),
    /// It names somebody's address and accuses nobody.
    NotAListing,
}

/// What a tag says of its address.
pub(super) struct Claims<'a> {
    pub(super) abuses: &'a [String],
    pub(super) categories: &'a [String],
    pub(super) concepts: &'a [String],
    pub(super) source: &'a str,
    /// Whether there is an abuse that was not read.
    pub(super) is_accused: bool,
}

impl Claims<'_> {
    /// Returns what the claims make of the tag.
    pub(super) fn standing(&self) -> Standing {
        if let Some(abuse) = self.abuses.first() {
            let known = self.abuses.iter().find_map(|abuse| of_abuse(abuse));
            let category = known.unwrap_or(Category::Other);
            let why = (category == Category::Other).then(|| format!("abuse: {abuse}"));
            return Standing::Listing(category, why);
        }
        if self.is_accused {
            let why = "abuse: not a text".to_owned();
            return Standing::Listing(Category::Other, Some(why));
        }
        let ids = || self.categories.iter().chain(self.concepts);
        // Newer packs name an abuse among the concepts. A theft is also what
        // the robbed are tagged with: beside a kind of service, it does not
        // say who is who.
        let is_service = ids().any(|id| is_service(id));
        let abuses = ids().filter_map(|id| Some((of_abuse(id)?, id)));
        let mut clear = abuses.filter(|(category, _)| *category != Category::Theft || !is_service);
        if let Some((category, id)) = clear.next() {
            let why = (category == Category::Other).then(|| format!("abuse: {id}"));
            return Standing::Listing(category, why);
        }
        if let Some((category, id)) = ids().find_map(|id| Some((of_category(id)?, id))) {
            let why = (category == Category::Other).then(|| format!("category: {id}"));
            return Standing::Listing(category, why);
        }
        if is_sanctions_authority(self.source) {
            let why = "on the cited page of the US Treasury".to_owned();
            return Standing::Listing(Category::Sanctions, Some(why));
        }
        Standing::NotAListing
    }
}

/// Returns what an abuse makes its address, or `None` if it is no known one.
fn of_abuse(id: &str) -> Option<Category> {
    Some(match plain(id).as_str() {
        "sanction" | "sanctions" => Category::Sanctions,
        "service_hack" | "hack" | "theft" | "stolen_funds" | "exploit" => Category::Theft,
        "ransomware" => Category::Ransomware,
        "scam" | "phishing" | "ponzi_scheme" | "pyramid_scheme" | "investment_fraud" | "fraud" => {
            Category::Scam
        }
        "terrorism" | "terrorist_financing" => Category::TerroristFinancing,
        "extortion" | "sextortion" | "extremism" | "dark_web" | "money_laundering" | "abuse" => {
            Category::Other
        }
        _ => return None,
    })
}

/// Tells a kind of service, which can be robbed. What it is accused of is an
/// abuse.
fn is_service(id: &str) -> bool {
    let id = plain(id);
    let kinds = [
        "exchange",
        "wallet",
        "defi",
        "dex",
        "bridge",
        "service",
        "organization",
        "gambling",
        "payment",
        "lending",
        "broker",
        "custod",
        "victim",
    ];
    of_abuse(&id).is_none() && kinds.iter().any(|kind| id.contains(kind))
}

/// Returns what a category alone makes an address.
fn of_category(id: &str) -> Option<Category> {
    Some(match plain(id).as_str() {
        "mixing_service" | "mixer" | "coinjoin" => Category::Mixer,
        "black_list" | "blacklist" => Category::Other,
        _ => return None,
    })
}

/// Returns how sure the publisher is. `None` for an id that nobody knows.
pub(super) fn confidence(id: &str) -> Option<Confidence> {
    Some(match plain(id).as_str() {
        "override" | "ownership" | "manual_transaction" | "service_api" | "authority_data"
        | "ledger_immanent" => Confidence::High,
        "trusted_provider" | "service_data" | "forensic" | "forensic_investigation" => {
            Confidence::Medium
        }
        "untrusted_transaction" | "web_crawl" | "heuristic" | "unknown" => Confidence::Low,
        _ => return None,
    })
}

/// Tells whether a URL is a page of the authority that keeps the SDN list.
fn is_sanctions_authority(source: &str) -> bool {
    let rest = source.split_once("://").map_or(source, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.to_ascii_lowercase();
    ["treasury.gov", "treas.gov"].iter().any(|authority| {
        let within = host.strip_suffix(authority);
        within.is_some_and(|within| within.is_empty() || within.ends_with('.'))
    })
}

/// Tells an address that no key leads to and every chain has: zero, and the
/// first 65,535, where chains keep their built-in and system contracts.
pub(super) fn is_placeholder(address: &str) -> bool {
    let text = address.trim();
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    digits.is_some_and(|digits| {
        digits.len() == 40
            && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
            && digits[..36].bytes().all(|byte| byte == b'0')
    })
}

fn plain(id: &str) -> String {
    id.trim().to_ascii_lowercase().replace(['-', ' '], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(abuse: &[&str], category: &[&str], source: &str) -> Standing {
        let own = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
        Claims {
            abuses: &own(abuse),
            categories: &own(category),
            concepts: &[],
            source,
            is_accused: false,
        }
        .standing()
    }

    #[test]
    fn an_abuse_decides_whatever_the_category() {
        let page = "https://example.org";
        for (abuse, category) in [
            ("sanction", Category::Sanctions),
            ("service_hack", Category::Theft),
            ("Ransomware", Category::Ransomware),
            ("ponzi scheme", Category::Scam),
            ("terrorism", Category::TerroristFinancing),
        ] {
            let expected = Standing::Listing(category, None);
            assert_eq!(standing(&[abuse], &["exchange"], page), expected);
        }
        assert_eq!(
            standing(&["csam"], &["user"], page),
            Standing::Listing(Category::Other, Some("abuse: csam".to_owned()))
        );
    }

    #[test]
    fn without_an_abuse_a_few_categories_and_the_authoritys_page_list() {
        let page = "https://example.org";
        let treasury = "https://home.treasury.gov/policy-issues/20220405";
        let listed = |standing| match standing {
            Standing::Listing(category, _) => Some(category),
            Standing::NotAListing => None,
        };
        let mixer = standing(&[], &["mixing_service"], treasury);
        assert_eq!(listed(mixer), Some(Category::Mixer));
        let frozen = standing(&[], &["black_list"], page);
        assert_eq!(listed(frozen), Some(Category::Other));
        let concept = standing(&[], &["ransomware"], page);
        assert_eq!(listed(concept), Some(Category::Ransomware));
        let market = standing(&[], &["market"], treasury);
        assert_eq!(listed(market), Some(Category::Sanctions));
        for category in ["exchange", "user", "gambling", "miner", "wallet_service"] {
            assert_eq!(standing(&[], &[category], page), Standing::NotAListing);
        }
        for source in [
            "https://nottreasury.gov/",
            "https://treasury.gov.example.org/",
            "https://example.org/home.treasury.gov",
        ] {
            assert_eq!(standing(&[], &["user"], source), Standing::NotAListing);
        }
    }

    #[test]
    fn only_addresses_that_nobody_holds_are_placeholders() {
        let zeros = "0".repeat(36);
        for (digits, expected) in [
            ("0000", true),
            ("0001", true),
            ("18fe", true),
            ("fFFF", true),
            ("000g", false),
            ("00001", false),
        ] {
            assert_eq!(is_placeholder(&format!("0x{zeros}{digits}")), expected);
        }
        for address in [
            "0x0000000000000000000000000000000000010000",
            "0x0",
            "1111111111111111111114oLvT2",
        ] {
            assert!(!is_placeholder(address), "{address}");
        }
    }
}
