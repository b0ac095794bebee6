//! The addresses that one designation or notice mentions, until it ends.
//!
//! A text may name an address before it says whose it is, and name it again
//! further on. Mentions are held until everything is known, each address once
//! for each ticker it is given, and dealt out as rows.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::import::read::fault::RowFault;
use crate::import::read::row::{Locator, Row};
use crate::list::ListEntry;

use super::{WORD_BYTES_MAX, find};

/// What several texts mention.
#[derive(Debug, Default)]
pub(in crate::import::read) struct Mentions {
    mentions: Vec<Mention>,
    /// The tickers under which an address was mentioned, by its canonical
    /// form: keys are shared by addresses of different networks.
    tickers: HashMap<String, Vec<Option<String>>>,
    /// What looks like an address, by its text.
    likes: HashSet<String>,
}

#[derive(Debug)]
struct Mention {
    line: u64,
    /// The address as published; none if the text only looks like one.
    address: Option<String>,
    ticker: Option<String>,
    reference: Option<String>,
    note: Option<String>,
    fault: Option<RowFault>,
}

/// There are more mentions than may be held.
#[derive(Debug)]
pub(in crate::import::read) struct TooMany;

impl Mentions {
    /// Takes what a text mentions that begins on a line. `note` says where
    /// the text stood.
    pub(in crate::import::read) fn take(
        &mut self,
        text: &str,
        line: u64,
        note: Option<&dyn Fn() -> String>,
        max: usize,
    ) -> Result<(), TooMany> {
        let (mut at, mut line) = (0, line);
        for found in find(text) {
            let between = &text.as_bytes()[at..found.at];
            line += between.iter().filter(|&&byte| byte == b'\n').count() as u64;
            at = found.at;
            let is_new = match &found.canonical {
                Some(address) => self.is_new(address, found.ticker),
                None => {
                    // Glued together, they are longer than any address.
                    let end = found.text.floor_char_boundary(WORD_BYTES_MAX);
                    self.likes.insert(found.text[..end].to_owned())
                }
            };
            if !is_new {
                continue;
            }
            if self.mentions.len() == max {
                return Err(TooMany);
            }
            self.mentions.push(Mention {
                line,
                address: found
                    .canonical
                    .is_some()
                    .then(|| found.joined.unwrap_or_else(|| found.text.to_owned())),
                ticker: found.ticker.map(str::to_owned),
                reference: None,
                note: note.map(|note| note()),
                fault: found.fault,
            });
        }
        Ok(())
    }

    /// An address without a ticker says nothing new of one that came before.
    fn is_new(&mut self, address: &str, ticker: Option<&str>) -> bool {
        let Some(tickers) = self.tickers.get_mut(address) else {
            let tickers = vec![ticker.map(str::to_owned)];
            self.tickers.insert(address.to_owned(), tickers);
            return true;
        };
        let is_new = ticker.is_some() && !tickers.iter().any(|known| known.as_deref() == ticker);
        if is_new {
            tickers.push(ticker.map(str::to_owned));
        }
        is_new
    }

    /// Returns how many there are.
    pub(in crate::import::read) const fn len(&self) -> usize {
        self.mentions.len()
    }

    /// Returns how many addresses there are, each counted once.
    pub(in crate::import::read) fn addresses(&self) -> u64 {
        self.tickers.len() as u64
    }

    /// Says where the mentions from the `from`th on can be checked, as far as
    /// it is not known.
    pub(in crate::import::read) fn refer(&mut self, from: usize, reference: &str) {
        for mention in self.mentions.iter_mut().skip(from) {
            if mention.reference.is_none() {
                mention.reference = Some(reference.to_owned());
            }
        }
    }

    /// Reports what is wrong with the whole, beside the first address.
    pub(in crate::import::read) fn blame(&mut self, fault: RowFault) {
        let sound = |mention: &&mut Mention| mention.address.is_some() && mention.fault.is_none();
        if let Some(mention) = self.mentions.iter_mut().find(sound) {
            mention.fault = Some(fault);
        } else if let Some(line) = self.mentions.first().map(|mention| mention.line) {
            self.mentions.push(Mention {
                line,
                address: None,
                ticker: None,
                reference: None,
                note: None,
                fault: Some(fault),
            });
        }
    }

    /// Deals the rows out. `template` is what holds for all of them.
    pub(in crate::import::read) fn into_rows(
        self,
        file: &Arc<str>,
        template: &ListEntry,
    ) -> VecDeque<Row> {
        let row = |mention: Mention| Row {
            locator: Locator {
                file: Arc::clone(file),
                line: mention.line,
            },
            entry: mention.address.map(|address| ListEntry {
                address,
                ticker: mention.ticker.or_else(|| template.ticker.clone()),
                reference: mention.reference.or_else(|| template.reference.clone()),
                note: template.note.clone().or(mention.note),
                ..template.clone()
            }),
            fault: mention.fault,
        };
        self.mentions.into_iter().map(row).collect()
    }
}
