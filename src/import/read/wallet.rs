//! How OFAC writes a wallet, in both of its formats.
//!
//! The XML gives a wallet an identifier of its own, typed `Digital Currency
//! Address - ETH`. The CSV has it in free text, after the same words. Either
//! way the currency is whatever follows: a new one can appear any day, and is
//! taken like any other. [`NewTickers`] only tells the operator of it. The
//! words themselves may change too, and then no address may pass unseen:
//! [`unmarked()`] finds those that stand elsewhere.
//!
//! A [`Pending`] designation holds what is said of a subject once, and deals
//! it out as one row for each of its wallets.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::list::{Category, Designation, ListEntry};

use super::facts::{Facts, Warning};
use super::fault::RowFault;
use super::row::{Excerpt, Locator, Row};

mod unmarked;

pub(super) use unmarked::{Kind, unmarked};

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
            .map(|ticker| ticker[..ticker.floor_char_boundary(bytes_max)].to_owned());
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

/// The tickers that OFAC has used up to October 2026. They decide nothing but
/// which ticker is worth a word.
const TICKERS_SEEN: [&str; 20] = [
    "ARB", "BCH", "BNB", "BSC", "BSV", "BTG", "DASH", "DOGE", "ETC", "ETH", "LTC", "SOL", "TRX",
    "USDC", "USDT", "XBT", "XMR", "XRP", "XVG", "ZEC",
];

/// The tickers of a list that were never seen before, and how often each
/// stands in it.
#[derive(Debug, Default)]
pub(super) struct NewTickers(BTreeMap<String, u64>);

impl NewTickers {
    /// Most tickers told apart: a list has twenty, and a hostile one must not
    /// make us hold as many as it has lines.
    const MAX: usize = 256;

    /// Notes the tickers of a designation's wallets.
    pub(super) fn count(&mut self, wallets: &VecDeque<Wallet>) {
        let tickers = wallets.iter().map(|wallet| wallet.ticker.as_deref());
        for ticker in tickers.flatten() {
            if TICKERS_SEEN.contains(&ticker) {
                continue;
            }
            if let Some(count) = self.0.get_mut(ticker) {
                *count += 1;
            } else if self.0.len() < Self::MAX {
                self.0.insert(ticker.to_owned(), 1);
            }
        }
    }

    /// Says what was found.
    pub(super) fn report(self, facts: &mut Facts) {
        for (ticker, count) in self.0 {
            let ticker = Excerpt::of(&ticker);
            facts.warn(Warning::NewTicker { ticker, count });
        }
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
    let elsewhere = unmarked_in(remarks, cut, line, bytes_max);
    found.bear_wallet |= !elsewhere.is_empty();
    found.wallets.extend(elsewhere);
    found
}

/// Finds the addresses in the items of remarks that do not have the words.
fn unmarked_in(remarks: &str, cut: bool, line: u64, bytes_max: usize) -> Vec<Wallet> {
    let marker = MARKER.to_ascii_lowercase();
    let mut items: Vec<&str> = remarks.split(';').collect();
    if cut {
        items.pop();
    }
    let plain = items
        .into_iter()
        .filter(|item| !item.to_ascii_lowercase().contains(&marker));
    plain
        .flat_map(|item| {
            // What the publisher says it is stands before it.
            let said = item.trim();
            let kind = said.rsplit_once(' ').map_or(said, |(kind, _)| kind);
            unmarked(Kind::Named(kind), said, line, bytes_max)
        })
        .collect()
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
#[path = "wallet_tests.rs"]
mod tests;
