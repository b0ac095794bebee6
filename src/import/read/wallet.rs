//! How OFAC writes a wallet, in both of its formats.
//!
//! The XML gives a wallet an identifier of its own, typed `Digital Currency
//! Address - ETH`. The CSV has it in free text, after the same words. Either
//! way the currency is whatever follows: a new one can appear any day, so
//! none is known here by name.
//!
//! A [`Pending`] designation holds what is said of a subject once, and deals
//! it out as one row for each of its wallets.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::list::{Category, Designation, ListEntry};

use super::row::{Excerpt, Locator, Row, RowFault};

/// The words before every currency.
const MARKER: &str = "Digital Currency Address";

/// Longest text taken for a ticker where only one word follows the marker.
const TICKER_BYTES_MAX: usize = 12;

/// One wallet of a designation, or what is wrong where one should be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wallet {
    pub(super) line: u64,
    pub(super) ticker: Option<String>,
    pub(super) address: Option<String>,
    pub(super) fault: Option<RowFault>,
}

impl Wallet {
    /// Returns a wallet, or a fault if the address is no plain one.
    pub(super) fn new(line: u64, ticker: Option<&str>, address: &str, bytes_max: usize) -> Self {
        let ticker = ticker
            .filter(|ticker| !ticker.is_empty())
            .map(str::to_owned);
        let fault = if address.is_empty() {
            Some(RowFault::NoAddress)
        } else if address.len() > bytes_max {
            Some(RowFault::FieldTooLong {
                column: "address",
                bytes_max,
            })
        } else {
            let has_oddity = RowFault::of_address(address).or_else(|| not_ascii(address));
            let address = Some(address.to_owned());
            return Self {
                line,
                ticker,
                address,
                fault: has_oddity,
            };
        };
        Self {
            line,
            ticker,
            address: None,
            fault,
        }
    }
}

fn not_ascii(address: &str) -> Option<RowFault> {
    (!address.is_ascii()).then(|| RowFault::NotAscii(Excerpt::of(address)))
}

/// A designation whose wallets have not all been dealt out.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) designation: Designation,
    pub(super) wallets: VecDeque<Wallet>,
}

impl Pending {
    /// Returns the next wallet's row.
    pub(super) fn next_row(&mut self, file: &Arc<str>) -> Option<Row> {
        let wallet = self.wallets.pop_front()?;
        let entry = wallet.address.map(|address| ListEntry {
            ticker: wallet.ticker,
            designation: self.designation.clone(),
            reference: self.designation.subject_id.as_deref().and_then(details_url),
            ..ListEntry::bare(address, Category::Sanctions)
        });
        let locator = Locator {
            file: Arc::clone(file),
            line: wallet.line,
        };
        Some(Row {
            locator,
            entry,
            fault: wallet.fault,
        })
    }
}

/// Returns the page where OFAC shows a subject.
fn details_url(uid: &str) -> Option<String> {
    let is_number = !uid.is_empty() && uid.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| format!("https://sanctionssearch.ofac.treas.gov/Details.aspx?id={uid}"))
}

/// Returns the currency in an identifier's type, or `None` if the identifier
/// is not a wallet.
pub(super) fn currency_of(id_type: &str) -> Option<&str> {
    let id_type = id_type.trim();
    let is_wallet = id_type
        .get(..MARKER.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(MARKER));
    is_wallet.then(|| after_dash(&id_type[MARKER.len()..]))
}

fn after_dash(text: &str) -> &str {
    text.trim_matches(|character: char| {
        character.is_whitespace() || matches!(character, '-' | '–' | ':')
    })
}

/// What the remarks of a subject say about wallets.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Remarks {
    pub(super) wallets: Vec<Wallet>,
    /// Whether a wallet is named at all, be it only as a fragment.
    pub(super) bear_wallet: bool,
}

/// Finds the wallets in remarks.
///
/// Items stand between semicolons. If the publisher `cut` the remarks, an
/// item that nothing ends is a fragment: half an address is another address,
/// so it is never a wallet.
pub(super) fn wallets_in(remarks: &str, cut: bool, line: u64, bytes_max: usize) -> Remarks {
    // ASCII lower case keeps every byte offset.
    let lower = remarks.to_ascii_lowercase();
    let marker = MARKER.to_ascii_lowercase();
    let starts: Vec<usize> = lower.match_indices(&marker).map(|(at, _)| at).collect();
    let mut found = Remarks {
        bear_wallet: !starts.is_empty() || (cut && ends_in_marker(remarks)),
        wallets: Vec::with_capacity(starts.len()),
    };
    for (at, start) in starts.iter().enumerate() {
        let rest = &remarks[start + MARKER.len()..];
        let next_marker = starts.get(at + 1).map(|next| next - start - MARKER.len());
        let end = [rest.find(';'), next_marker].into_iter().flatten().min();
        let is_fragment = cut && end.is_none() && !rest.ends_with('.');
        if !is_fragment {
            let item = match end {
                Some(end) => &rest[..end],
                None => rest.trim_end().trim_end_matches('.'),
            };
            found.wallets.push(wallet_in(item, line, bytes_max));
        }
    }
    found
}

/// Reads `- XBT 12Qt…`, what follows the marker up to the end of the item.
fn wallet_in(item: &str, line: u64, bytes_max: usize) -> Wallet {
    let item = after_dash(item);
    let mut words = item.split_whitespace();
    match (words.next(), words.next()) {
        (None, _) => Wallet::new(line, None, "", bytes_max),
        (Some(only), None) if only.len() <= TICKER_BYTES_MAX => {
            Wallet::new(line, Some(only), "", bytes_max)
        }
        (Some(only), None) => Wallet::new(line, None, only, bytes_max),
        (Some(ticker), Some(address)) => {
            let address = address.trim_end_matches(',');
            let mut wallet = Wallet::new(line, Some(ticker), address, bytes_max);
            // `alt.` belongs to the next item where the semicolon is missing.
            if words.any(|word| word != "alt.") && wallet.fault.is_none() {
                wallet.fault = Some(RowFault::SeveralFields(Excerpt::of(item)));
            }
            wallet
        }
    }
}

/// Tells whether cut remarks end within the marker: `alt. Digital Curr`.
fn ends_in_marker(remarks: &str) -> bool {
    let fragment = fragment_of(remarks);
    let fragment = fragment.strip_prefix("alt.").unwrap_or(fragment).trim();
    fragment.len() >= "Digital".len() && MARKER.starts_with(fragment)
}

/// Returns what stands after the last semicolon.
pub(super) fn fragment_of(remarks: &str) -> &str {
    remarks.rsplit(';').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(remarks: &str, cut: bool) -> Vec<(String, String, Option<&'static str>)> {
        let found = wallets_in(remarks, cut, 1, 100).wallets.into_iter();
        found
            .map(|wallet| {
                let fault = wallet.fault.as_ref().map(RowFault::code);
                (
                    wallet.ticker.unwrap_or_default(),
                    wallet.address.unwrap_or_default(),
                    fault,
                )
            })
            .collect()
    }

    fn pair(ticker: &str, address: &str) -> (String, String, Option<&'static str>) {
        (ticker.to_owned(), address.to_owned(), None)
    }

    #[test]
    fn wallets_stand_among_other_remarks() {
        let remarks = "DOB 1 Jan 1990; Digital Currency Address - XBT 12Qt; alt. Digital Currency \
                       Address - NEWCOIN 9zz; Passport 1 (Iran); Digital Currency Address - ETH 0xab.";
        assert_eq!(
            pairs(remarks, false),
            [
                pair("XBT", "12Qt"),
                pair("NEWCOIN", "9zz"),
                pair("ETH", "0xab")
            ]
        );
        assert_eq!(pairs("a.k.a. 'x'.", false), []);
    }

    #[test]
    fn a_fragment_at_the_cut_is_never_listed() {
        for tail in ["1Gq", "3", "", "- ", "- XBT", "- XBT ", "- XBT 1B64QRxf"] {
            let remarks = format!(
                "Digital Currency Address - XBT 12Qt; alt. Digital Currency Address {tail}"
            );
            assert_eq!(pairs(&remarks, true), [pair("XBT", "12Qt")], "{tail}");
            assert!(wallets_in(&remarks, true, 1, 100).bear_wallet);
        }
        let ended = "Digital Currency Address - XBT 12Qt;";
        assert_eq!(pairs(ended, true), [pair("XBT", "12Qt")]);
    }

    #[test]
    fn a_cut_within_the_words_still_bears_a_wallet() {
        for tail in [
            "Digital",
            "alt. Digital Currency A",
            "Digital Currency Addres",
        ] {
            assert!(
                wallets_in(&format!("DOB 1990; {tail}"), true, 1, 100).bear_wallet,
                "{tail}"
            );
        }
        for tail in ["a.k.a. 'Dig", "Dig", ""] {
            assert!(
                !wallets_in(&format!("DOB 1990; {tail}"), true, 1, 100).bear_wallet,
                "{tail}"
            );
        }
    }

    #[test]
    fn oddly_written_wallets_are_kept_and_reported() {
        assert_eq!(
            pairs(
                "Digital Currency Address - XBT 1a alt. Digital Currency Address - XBT 1b.",
                false
            ),
            [pair("XBT", "1a"), pair("XBT", "1b")]
        );
        let odd = |remarks: &str| pairs(remarks, false).remove(0);
        let several = odd("Digital Currency Address - ETH 0xa, 0xb; x");
        assert_eq!(
            several,
            ("ETH".to_owned(), "0xa".to_owned(), Some("SEVERAL_FIELDS"))
        );
        let missing = odd("Digital Currency Address - ETH; x");
        assert_eq!(
            missing,
            ("ETH".to_owned(), String::new(), Some("NO_ADDRESS"))
        );
        let unnamed = odd("Digital Currency Address 12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h; x");
        assert_eq!(unnamed, pair("", "12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h"));
        let cyrillic = odd("digital currency address - TRX ТН96; x");
        assert_eq!(
            cyrillic,
            ("TRX".to_owned(), "ТН96".to_owned(), Some("NOT_ASCII"))
        );
    }

    #[test]
    fn any_currency_is_taken_from_an_identifier_type() {
        assert_eq!(currency_of("Digital Currency Address - XBT"), Some("XBT"));
        assert_eq!(
            currency_of(" digital currency address - NEW COIN "),
            Some("NEW COIN")
        );
        assert_eq!(currency_of("Digital Currency Address"), Some(""));
        assert_eq!(currency_of("Passport"), None);
        assert_eq!(currency_of("Digital Currency Ädress"), None);
    }
}
