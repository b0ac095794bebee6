//! Israel's table of wallets under seizure orders, kept by its National
//! Bureau for Counter Terror Financing.
//!
//! The orders are published as Hebrew documents; what is read here is the
//! table made of them, `wallets.csv`, and beside it `releases.csv` with the
//! orders' dates:
//!
//! ```csv
//! שם מלא,תעודת זהות,דרכון,תאריך לידה,מספר זיהוי הארנק האלקטרוני/ יוזר,מטבע
//! צ.ת 18/26
//! ,,,,TWB9xgNG9nmJuwW4etsQEb9RRnrnVnoNnJ,
//! ```
//!
//! A row that holds nothing but an order's number begins its block, however
//! the order is called there. Where a row looks like an order and its number
//! cannot be read, a warning says so and no order is taken to hold: what
//! follows must not expire with the order above. The
//! number is the program and the id of the entries in it; the name beside a
//! wallet is its subject, and a row without one has none, because nobody can
//! say whether it belongs to the person above. Numbers of identity cards and
//! passports and dates of birth are not taken over: no decision needs them.
//!
//! - The column of wallets also holds **customers' numbers at exchanges**.
//!   What is digits only, at most 20 of them, and reads as no address is
//!   counted as `EXCHANGE_USER_ID` and not listed.
//! - A cell of several addresses becomes as many rows. An address with its
//!   tag, `r… (Address tag 102334770)*`, is kept as published, tag and all.
//! - Letters of other alphabets within an address are kept as published.
//! - A row with a person and no wallet is counted as `NO_ADDRESS`.
//! - An order valid until a day is in force on that day: its addresses come
//!   off on the next. Where the property was forfeited, the seizure does not
//!   end, and the note says what took its place. `listed_on` is the first day
//!   on which the publisher is known to have changed the order; the order may
//!   be older.
//!
//! Without `releases.csv` no order ever ends; a warning says so. Orders that
//! have no wallets here (they stand in an annex) are named in a warning too.
//!
//! **What a cut table shows.** One that does not end with a newline, or ends
//! with an order and no wallet, is refused. Cut between two rows it looks
//! whole, but orders that are lost whole are named, if `releases.csv` is
//! there.
//!
//! Source: [NBCTF](https://nbctf.mod.gov.il/en/Minister%20Sanctions/PropertyPerceptions/Pages/Blockchain1.aspx).

mod cells;
mod orders;

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::ToSpan;

use crate::address;
use crate::list::{Category, Designation, ListEntry};

use self::cells::{
    Columns, Heading, addresses_in, heading, is_blank, is_user_id, plain_cell, text,
};
use self::orders::{Order, Orders};
use super::error::{Problem, ReadError};
use super::facts::{Facts, Warning};
use super::fault::RowFault;
use super::format::Start;
use super::input::Input;
use super::record::{Piece, Record, Records};
use super::row::{Excerpt, Locator, Row};
use super::{Format, InputFile, Limits, Reader};

/// What stands for a person nobody knows: "anonymous".
const ANONYMOUS: &str = "אנונימי";

/// Tells either table by its Hebrew header.
pub(super) fn sniff(start: &Start<'_>) -> bool {
    let header = start.bytes.split(|&byte| byte == b'\n').next();
    let header = String::from_utf8_lossy(header.unwrap_or_default());
    let cells: Vec<String> = header.split(',').map(plain_cell).collect();
    Columns::of(&cells).is_some() || orders::is_header(&cells)
}

/// Opens the table of wallets and, in either order, that of the orders.
pub(super) fn open(
    files: Vec<InputFile>,
    _category: Category,
    limits: Limits,
) -> Result<Box<dyn Reader + Send>, ReadError> {
    let given = files.len();
    let wrong_files = || ReadError::WrongFileCount {
        format: Format::Nbctf,
        given,
        wanted: "one wallets.csv and, beside it, one releases.csv",
    };
    if !matches!(given, 1 | 2) {
        return Err(wrong_files());
    }
    let mut facts = Facts::default();
    let (mut wallets, mut orders) = (None, None);
    for file in files {
        let input = Input::open(file, &limits)?;
        let mut records = Records::new(input, false, limits.text_bytes_max);
        let mut record = Record::default();
        if records.next(&mut record)? == Piece::End {
            let file = records.input.file();
            return Err(ReadError::Empty { file });
        }
        let header: Vec<String> = record
            .fields()
            .map(|cell| plain_cell(&String::from_utf8_lossy(cell)))
            .collect();
        if let Some(columns) = Columns::of(&header) {
            if wallets.replace((records, columns)).is_some() {
                return Err(wrong_files());
            }
        } else if orders::is_header(&header) {
            let read = orders::read(&mut records, &header, &limits, &mut facts)?;
            if orders.replace(read).is_some() {
                return Err(wrong_files());
            }
        } else {
            return Err(ReadError::Malformed {
                file: records.input.file(),
                line: record.line,
                format: Format::Nbctf,
                problem: Problem::NeitherWalletsNorOrders,
            });
        }
    }
    let (records, columns) = wallets.ok_or_else(wrong_files)?;
    if orders.is_none() {
        facts.warn(Warning::OrdersUndated);
    }
    Ok(Box::new(Nbctf {
        records,
        record: Record::default(),
        columns,
        orders,
        order: None,
        has_row: true,
        entries: 0,
        pending: VecDeque::new(),
        limits,
        facts,
    }))
}

/// Reads wallets, block by block.
struct Nbctf {
    records: Records,
    record: Record,
    columns: Columns,
    /// What is known of the orders, if their table was given.
    orders: Option<Orders>,
    /// The order whose block is being read: its number, and its name.
    order: Option<(String, String)>,
    /// Whether the block has a row.
    has_row: bool,
    entries: u64,
    /// What the last record gave.
    pending: VecDeque<Row>,
    limits: Limits,
    facts: Facts,
}

impl Nbctf {
    /// Turns a record into rows, or begins a block.
    fn take_record(&mut self) {
        match heading(&self.record, self.limits.field_bytes_max) {
            Heading::Order { number, name } => {
                self.begin_order(number, name);
                if self.is_lone() {
                    return;
                }
            }
            Heading::Unread(name) => {
                self.order = None;
                self.warn_of_unknown(&name);
            }
            Heading::None => {}
        }
        if self.record.fields().all(is_blank) {
            return;
        }
        self.has_row = true;
        let rows: Vec<(Option<ListEntry>, Option<RowFault>)> =
            if self.record.len() == self.columns.count {
                self.wallets()
            } else {
                self.ragged()
            };
        let locator = Locator {
            file: self.records.input.file(),
            line: self.record.line,
        };
        let rows = rows.into_iter().map(|(entry, fault)| Row {
            locator: locator.clone(),
            entry,
            fault,
        });
        self.pending.extend(rows);
    }

    /// Tells whether nothing but the first cell says anything.
    fn is_lone(&self) -> bool {
        self.record.fields().skip(1).all(is_blank)
    }

    fn begin_order(&mut self, number: String, name: String) {
        self.has_row = false;
        if let Some(orders) = &mut self.orders {
            match orders.get_mut(&number) {
                Some(order) => order.is_seen = true,
                None => self.warn_of_unknown(&number),
            }
        }
        self.order = Some((number, name));
    }

    fn warn_of_unknown(&mut self, order: &str) {
        let order = Excerpt::of(order).to_string();
        self.facts.warn(Warning::OrderUnknown { order });
    }

    /// Returns what a row's cell of wallets holds.
    fn wallets(&self) -> Vec<(Option<ListEntry>, Option<RowFault>)> {
        let raw = self.record.get(self.columns.wallet).unwrap_or_default();
        let bytes_max = self.limits.line_bytes_max;
        if raw.len() > bytes_max {
            let column = "address";
            return vec![(None, Some(RowFault::FieldTooLong { column, bytes_max }))];
        }
        let Ok(cell) = std::str::from_utf8(raw) else {
            return vec![(None, Some(RowFault::NotUtf8))];
        };
        let cell = cell.trim();
        if matches!(cell, "" | "-") {
            return vec![(None, Some(RowFault::NoAddress))];
        }
        addresses_in(cell)
            .into_iter()
            .map(|address| {
                if is_user_id(address) {
                    (None, Some(RowFault::ExchangeUserId(Excerpt::of(address))))
                } else {
                    let is_read = address::parse(address).is_strict();
                    let fault = RowFault::of_address(address).filter(|_| !is_read);
                    (Some(self.entry(address)), fault)
                }
            })
            .collect()
    }

    /// Returns the addresses of a row whose cells may be anyone's.
    fn ragged(&self) -> Vec<(Option<ListEntry>, Option<RowFault>)> {
        let (expected, found) = (self.columns.count, self.record.len());
        let fault = Some(RowFault::Columns { expected, found });
        let addresses = self
            .record
            .fields()
            .filter(|cell| cell.len() <= self.limits.line_bytes_max)
            .filter_map(|cell| std::str::from_utf8(cell).ok())
            .flat_map(|cell| addresses_in(cell.trim()))
            .filter(|text| address::parse(text).is_strict());
        let mut rows: Vec<_> = addresses
            .map(|address| {
                let bare = ListEntry::bare(address, Category::TerroristFinancing);
                (Some(self.under_order(bare)), fault.clone())
            })
            .collect();
        if rows.is_empty() {
            rows.push((None, fault));
        }
        rows
    }

    fn entry(&self, address: &str) -> ListEntry {
        let value = |column| {
            let value = text(&self.record, column, self.limits.field_bytes_max);
            Some(value).filter(|value| !matches!(value.as_str(), "" | "-"))
        };
        let mut entry = ListEntry::bare(address, Category::TerroristFinancing);
        entry.ticker = value(self.columns.currency);
        let is_order = matches!(
            heading(&self.record, self.limits.field_bytes_max),
            Heading::Order { .. }
        );
        let name = value(self.columns.name).filter(|name| name != ANONYMOUS && !is_order);
        entry.designation.subjects.extend(name);
        self.under_order(entry)
    }

    /// Returns an entry with what the order of its block says.
    fn under_order(&self, entry: ListEntry) -> ListEntry {
        let Some((number, name)) = &self.order else {
            return entry;
        };
        let known = self.orders.as_ref().and_then(|orders| orders.get(number));
        let order = known.cloned().unwrap_or_default();
        ListEntry {
            designation: Designation {
                programs: vec![name.clone()],
                subject_id: Some(number.clone()),
                ..entry.designation
            },
            listed_on: order.updated_on,
            delisted_on: order
                .until
                .and_then(|until| until.checked_add(1.day()).ok()),
            note: order.note,
            ..entry
        }
    }

    /// Checks at the end that the table is whole.
    fn finish(&mut self) -> Result<(), ReadError> {
        let file = self.records.input.file();
        let line = self.records.input.line();
        let missing = if !self.records.newline_seen {
            "the newline of its last row"
        } else if !self.has_row {
            "the wallets of its last order"
        } else if self.entries == 0 {
            return Err(ReadError::Empty { file });
        } else {
            let orders = self.orders.iter().flatten();
            for (number, Order { is_seen, .. }) in orders {
                if !is_seen {
                    self.facts.warn(Warning::OrderWithoutWallets {
                        order: number.clone(),
                    });
                }
            }
            if self.facts.published_on.is_none() {
                self.facts.warn(Warning::NoPublishDate);
            }
            return Ok(());
        };
        Err(ReadError::Truncated {
            file: Arc::clone(&file),
            line,
            missing,
        })
    }
}

impl Reader for Nbctf {
    fn next_row(&mut self) -> Result<Option<Row>, ReadError> {
        loop {
            if let Some(row) = self.pending.pop_front() {
                self.facts.records += 1;
                self.entries += u64::from(row.entry.is_some());
                return Ok(Some(row));
            }
            match self.records.next(&mut self.record)? {
                Piece::End => return self.finish().map(|()| None),
                Piece::Record | Piece::Comment => self.take_record(),
            }
        }
    }

    fn facts(&self) -> &Facts {
        &self.facts
    }
}

#[cfg(test)]
#[path = "nbctf_tests.rs"]
mod tests;

#[cfg(test)]
mod order_tests;
