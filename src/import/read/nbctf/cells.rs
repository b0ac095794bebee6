//! The columns of the table of wallets, and what stands in a cell.

use crate::address;

use super::super::record::Record;
use super::orders::number_in;

/// The column of names.
const NAME: &str = "שם מלא";
/// How the column of wallets begins: "number of the electronic wallet".
const WALLET: &str = "מספר זיהוי הארנק";
/// The column of currencies.
const CURRENCY: &str = "מטבע";

/// How the name of an order begins: "s.o.", or "seizure order".
const ORDER_NAMES: [&str; 2] = ["צ.ת", "צו תפיסה"];

/// The same in letters only: it is written with dots, with a quotation mark,
/// with blanks.
const ORDER_LETTERS: [&str; 2] = ["צת", "צותפיסה"];

/// Longest number that is taken for a customer's: no exchange's is longer
/// than the largest number of 64 bits.
const USER_ID_DIGITS_MAX: usize = 20;

/// Where in a row each value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) count: usize,
    pub(super) name: usize,
    pub(super) wallet: usize,
    pub(super) currency: usize,
}

impl Columns {
    /// Reads the header; `None` if it is another table's.
    pub(super) fn of(header: &[String]) -> Option<Self> {
        let at = |name: &str| header.iter().position(|cell| cell.starts_with(name));
        Some(Self {
            count: header.len(),
            name: at(NAME)?,
            wallet: at(WALLET)?,
            currency: at(CURRENCY)?,
        })
    }
}

/// What a row begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heading {
    /// The block of an order.
    Order {
        /// Its number, or its whole name if that has none.
        number: String,
        /// What it is called.
        name: String,
    },
    /// The block of an order whose number cannot be read.
    Unread(String),
    /// Nothing.
    None,
}

/// Tells what a row begins. Wallets that are taken to be under the order
/// above would come off with it, so whatever can be an order is taken for
/// one, or for the end of the one above.
pub(super) fn heading(record: &Record, bytes_max: usize) -> Heading {
    let name = visible(&text(record, 0, bytes_max));
    let before_number = name.split(|c: char| c.is_ascii_digit()).next();
    let letters = before_number.unwrap_or_default().chars();
    let letters: String = letters.filter(|c| c.is_alphabetic()).collect();
    let is_named = ORDER_LETTERS.contains(&letters.as_str());
    let begins_so = ORDER_NAMES.iter().any(|order| name.starts_with(order));
    let has_digit = name.contains(|c: char| c.is_ascii_digit());
    let is_lone = record.fields().skip(1).all(is_blank);
    match number_in(&name) {
        Some(number) if is_lone || is_named => Heading::Order { number, name },
        None if is_named || is_lone && begins_so => Heading::Order {
            number: name.clone(),
            name,
        },
        None if is_lone && has_digit && name.contains('/') => Heading::Unread(name),
        _ => Heading::None,
    }
}

/// Tells a cell that says nothing.
pub(super) fn is_blank(cell: &[u8]) -> bool {
    matches!(cell.trim_ascii(), b"" | b"-")
}

/// Returns a text without the characters that only steer how it is shown, and
/// without the blanks around it. Hebrew text has them where it was copied from
/// a document.
pub(super) fn visible(text: &str) -> String {
    let is_shown = |c: &char| {
        !matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let shown: String = text.chars().filter(is_shown).collect();
    shown.trim().to_owned()
}

/// Returns the addresses in a cell: several, where each part by itself is one
/// word; else the whole, so that a tag stays with its address.
pub(super) fn addresses_in(cell: &str) -> Vec<&str> {
    let parts: Vec<&str> = cell
        .split([',', ';', '\n'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    let are_words = parts.iter().all(|part| !part.contains(char::is_whitespace));
    if are_words && !parts.is_empty() {
        parts
    } else {
        vec![cell]
    }
}

/// Tells a customer's number at an exchange. What reads as an address is
/// never taken for one.
pub(super) fn is_user_id(text: &str) -> bool {
    text.len() <= USER_ID_DIGITS_MAX
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && !address::parse(text).is_strict()
}

/// Returns a header cell without what surrounds it.
pub(super) fn plain_cell(cell: &str) -> String {
    cell.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '"'))
        .to_owned()
}

/// Returns a cell's text, as much of it as is kept.
pub(super) fn text(record: &Record, column: usize, bytes_max: usize) -> String {
    let raw = record.get(column).unwrap_or_default();
    let text = String::from_utf8_lossy(raw);
    let text = text.trim();
    text[..text.floor_char_boundary(bytes_max)].to_owned()
}
