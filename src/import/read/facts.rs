//! What a publication says of itself, and what an operator should know of it.

use std::fmt;

use jiff::civil::Date;

use crate::list::Tier;

use super::row::{Excerpt, Locator};

/// What a publication says of itself, known once every row has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The date the publisher put in it.
    pub published_on: Option<Date>,
    /// How many records it holds: designations for OFAC's formats, rows for
    /// the others.
    pub records: u64,
    /// The source it says it is of: only interdict's own lines say so.
    pub source: Option<String>,
    /// The weight it says that source carries: only interdict's own lines
    /// say so.
    pub tier: Option<Tier>,
    /// The licence under which the publisher gives it, where it is stated.
    pub licence: Option<String>,
    /// What an operator should know before trusting it.
    pub warnings: Vec<Warning>,
}

/// Something an operator should know about a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// A designation that bears a wallet has cut remarks: there may be more
    /// wallets, and this import does not have them.
    RemarksCut {
        /// The subject's id.
        uid: String,
        /// The subject.
        name: String,
    },
    /// Designations with cut remarks and no wallet before the cut. There may
    /// be one after it.
    OtherRemarksCut {
        /// How many.
        rows: u64,
        /// The first one's id.
        first_uid: String,
    },
    /// Comments for a designation that the list does not have: the two files
    /// may be of different days.
    CommentUnmatched {
        /// The id they are for.
        uid: String,
    },
    /// The list says nothing about its own date.
    NoPublishDate,
    /// Addresses or ids that the list carries without listing them; they were
    /// left out.
    NotListed {
        /// What they are.
        what: &'static str,
        /// How many.
        count: u64,
        /// Where the first one stands.
        first: Locator,
    },
    /// The table of orders was not given, so no order is known to end.
    OrdersUndated,
    /// An order has wallets, and the table of orders does not know it.
    OrderUnknown {
        /// Its number.
        order: String,
    },
    /// An order is known, and the table of wallets has none of it: they stand
    /// elsewhere, or were cut off.
    OrderWithoutWallets {
        /// Its number.
        order: String,
    },
    /// What stands where an order's last day would is neither a day nor a
    /// forfeiture.
    OrderValidityUnknown {
        /// Its number.
        order: String,
        /// What stands there.
        given: String,
    },
    /// A currency that no list of this format had before. Its addresses were
    /// taken; whether they could be read as addresses, the faults say.
    NewTicker {
        /// The publisher's word for it.
        ticker: Excerpt,
        /// How many wallets have it.
        count: u64,
    },
    /// A subject that bears wallets but stands in no entry of the list: its
    /// wallets were taken, without programs and date.
    SubjectWithoutEntry {
        /// The subject's id.
        uid: Excerpt,
        /// The subject.
        name: Excerpt,
    },
    /// There were more warnings than are kept.
    Further {
        /// How many were not kept.
        count: u64,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RemarksCut { uid, name } => write!(
                f,
                "the remarks of {name} (uid {uid}) are cut: it may own addresses that this import \
                 lacks; import SDN_COMMENTS.CSV with the list, or SDN.XML instead"
            ),
            Self::OtherRemarksCut { rows, first_uid } => write!(
                f,
                "the remarks of {rows} designation(s) without a wallet before the cut are cut, \
                 uid {first_uid} first"
            ),
            Self::CommentUnmatched { uid } => write!(
                f,
                "the comments file continues uid {uid}, which the list does not have: are both of \
                 the same day?"
            ),
            Self::NoPublishDate => f.write_str("the list does not say when it was published"),
            Self::NotListed { what, count, first } => {
                write!(f, "{count} of {what} left out, the first at {first}")
            }
            Self::OrdersUndated => f.write_str(
                "without releases.csv no order is known to end: import it with wallets.csv",
            ),
            Self::OrderUnknown { order } => write!(
                f,
                "releases.csv does not know order {order}, which is taken to be in force: are both \
                 of the same day?"
            ),
            Self::OrderWithoutWallets { order } => write!(
                f,
                "there are no wallets of order {order} here: look for its annex, and add them to a \
                 list of your own"
            ),
            Self::OrderValidityUnknown { order, given } => write!(
                f,
                "the validity of order {order} is `{given}`, which is neither a day nor a \
                 forfeiture; it is taken to be in force"
            ),
            Self::NewTicker { ticker, count } => write!(
                f,
                "{count} wallet(s) have the currency `{ticker}`, which is new: they are listed; \
                 check that their addresses were recognised"
            ),
            Self::SubjectWithoutEntry { uid, name } => write!(
                f,
                "{name} (uid {uid}) bears wallets but has no sanctions entry: they are listed \
                 without programs and date; the publication may be incomplete"
            ),
            Self::Further { count } => write!(f, "{count} more warning(s) like these"),
        }
    }
}

impl Facts {
    /// Most warnings kept one by one: enough for any real list, and a bound
    /// on what a hostile one can make us hold.
    pub const WARNINGS_MAX: usize = 1_000;

    /// Keeps a warning, or counts it once there are too many.
    pub(super) fn warn(&mut self, warning: Warning) {
        if self.warnings.len() < Self::WARNINGS_MAX {
            self.warnings.push(warning);
        } else if let Some(Warning::Further { count }) = self.warnings.last_mut() {
            *count += 1;
        } else {
            self.warnings.push(Warning::Further { count: 1 });
        }
    }

    /// Counts something that the list carries without listing it.
    pub(super) fn not_listed(&mut self, what: &'static str, at: impl FnOnce() -> Locator) {
        let known = self.warnings.iter_mut().find_map(|warning| match warning {
            Warning::NotListed {
                what: known, count, ..
            } if *known == what => Some(count),
            _ => None,
        });
        match known {
            Some(count) => *count += 1,
            None => self.warn(Warning::NotListed {
                what,
                count: 1,
                first: at(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_bounded_and_counted() {
        let mut facts = Facts::default();
        for _ in 0..Facts::WARNINGS_MAX + 3 {
            facts.warn(Warning::NoPublishDate);
        }
        assert_eq!(facts.warnings.len(), Facts::WARNINGS_MAX + 1);
        assert_eq!(facts.warnings.last(), Some(&Warning::Further { count: 3 }));
    }
}
