//! GraphSense TagPacks: YAML, with a header whose fields hold for every tag
//! that does not say otherwise.
//!
//! ```yaml
//! title: FBI Identifies Cryptocurrency Funds Stolen by DPRK
//! confidence: authority_data
//! lastmod: 2023-08-28
//! label: Lazarus group
//! abuse: sanction
//! tags:
//! - address: 3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG
//!   currency: BTC
//! ```
//!
//! **A tag is not a listing.** It says whose an address is, and most packs
//! name exchanges; `hacks.yaml` names the robbed beside the robbers. So what
//! a tag claims decides, first match first:
//!
//! | claim | listed as | why |
//! |---|---|---|
//! | `abuse`, or an abuse among `category` and `concepts` | what the abuse says (`sanction`, `service_hack` theft, `ransomware`, `scam`, `phishing` and the frauds scam, `terrorism`); any other abuse as OTHER, named in the note | an accusation, by the taxonomy that packs are written in |
//! | `category: mixing_service`, `coinjoin` | MIXER | `tornado_cash.yaml` and `blender_io.yaml` say no more; what the service does is the reason |
//! | `category: black_list` | OTHER, named in the note | `usdt_blacklist.yaml`: the token's issuer froze it, and the chain shows it |
//! | `source` is a page of the US Treasury | SANCTIONS | `ofac.yaml` and `hydra.yaml` say no more than which designation they were read from |
//! | anything else (`exchange`, `user`, `miner` …) | no entry; counted as `NOT_A_LISTING` | `hacks.yaml`: victims; `lockbit_tattoos.yaml`: people who were paid |
//!
//! A theft among `category` and `concepts` beside a kind of service (`exchange`,
//! `defi` …) is no accusation: the robbed are tagged so as well. An `abuse` of
//! another kind than a text or texts is reported, and takes nothing back of
//! what the header says.
//!
//! Packs without a single listing are refused, with what to do about it. The
//! category that an import gives has no part in this.
//!
//! | `confidence`, and its level | taken as |
//! |---|---|
//! | `override` 100, `ownership` 100, `manual_transaction` 90, `service_api` 70, `authority_data` 60; `ledger_immanent`, which the chain itself shows | HIGH |
//! | `trusted_provider`, `service_data`, `forensic`: 50 | MEDIUM |
//! | `untrusted_transaction` 40, `web_crawl` 20, `heuristic` 10, `unknown` 5 | LOW |
//!
//! `label` is the subject, `actor` its id, `source` the reference, `currency`
//! (else `network`) the ticker, junk included; `context` goes in the note.
//! `lastmod` is the pack's date and says nothing of any address. The zero
//! address and the first 65,535 after it are refused: chains keep built-in
//! contracts there, tokens are sent there to be destroyed, and no key leads
//! there. `usdt_blacklist.yaml` has fourteen of them.
//!
//! **What a cut pack shows.** A pack declares no count. One that does not end
//! with a newline is refused, and so is one whose last tag lacks an address,
//! label, source or currency that the others have. Cut exactly between two
//! tags, or before a last tag's optional fields, it looks whole.
//!
//! Each file is read twice, because a header field may stand after the tags.
//!
//! Formats: [tags and packs](https://github.com/graphsense/graphsense-tagpacks),
//! [confidence](https://github.com/graphsense/graphsense-tagpack-tool/blob/master/src/tagpack/db/confidence.csv),
//! [abuses and categories](https://interpol-innovation-centre.github.io/DW-VA-Taxonomy/).

mod fields;
mod rule;
mod walk;
mod yaml;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::list::Category;

use self::fields::Fields;
use self::rule::Standing;
use self::walk::{Piece, Tags};
use super::error::{Problem, ReadError};
use super::facts::{Facts, Warning};
use super::fault::RowFault;
use super::format::Start;
use super::row::{Excerpt, Locator, Row};
use super::{Format, InputFile, Limits, Reader};

/// Tells a pack: it begins with a key of the header, and has tags or, before
/// them, its title and creator.
pub(super) fn sniff(start: &Start<'_>) -> bool {
    let text = String::from_utf8_lossy(start.bytes);
    let mut lines = text.lines().filter(|line| {
        let line = line.trim();
        !(line.is_empty() || line.starts_with('#') || line == "---")
    });
    let is_key = |line: &str, keys: &[&str]| {
        line.split_once(':').is_some_and(|(key, rest)| {
            keys.contains(&key) && (rest.is_empty() || rest.starts_with([' ', '\t']))
        })
    };
    let begins = lines
        .next()
        .is_some_and(|line| is_key(line, fields::HEADER_KEYS));
    let has = |key: &str| text.lines().any(|line| is_key(line, &[key]));
    begins && (has("tags") || has("title") && has("creator"))
}

/// Opens packs, one a file.
pub(super) fn open(
    files: Vec<InputFile>,
    _category: Category,
    limits: Limits,
) -> Result<Box<dyn Reader + Send>, ReadError> {
    let given = files.len();
    let mut waiting = VecDeque::from(files);
    let Some(first) = waiting.pop_front().filter(|_| given <= limits.files_max) else {
        return Err(ReadError::WrongFileCount {
            format: Format::TagPack,
            given,
            wanted: "1 to 64 files",
        });
    };
    let mut facts = Facts::default();
    let pack = Pack::begin(first, &limits, &mut facts)?;
    Ok(Box::new(TagPacks {
        pack,
        waiting,
        limits,
        facts,
        listed: 0,
        first_other: None,
    }))
}

/// Reads packs, one after the other.
struct TagPacks {
    pack: Pack,
    waiting: VecDeque<InputFile>,
    limits: Limits,
    facts: Facts,
    listed: u64,
    /// What the first tag that is no listing was.
    first_other: Option<Excerpt>,
}

impl TagPacks {
    /// Checks, once the last pack was read, that there was a listing.
    fn finish(&mut self) -> Result<(), ReadError> {
        if self.listed == 0 {
            let none = || Excerpt::of("no tag has an address");
            return Err(ReadError::NothingListed {
                file: Arc::clone(&self.pack.tags.events.file),
                first: self.first_other.take().unwrap_or_else(none),
            });
        }
        if self.facts.published_on.is_none() {
            self.facts.warn(Warning::NoPublishDate);
        }
        Ok(())
    }
}

impl Reader for TagPacks {
    fn next_row(&mut self) -> Result<Option<Row>, ReadError> {
        loop {
            if let Some(row) = self.pack.next_row(&self.limits)? {
                self.facts.records += 1;
                self.listed += u64::from(row.entry.is_some());
                if let Some(RowFault::NotAListing(what)) = &row.fault {
                    self.first_other.get_or_insert_with(|| what.clone());
                }
                return Ok(Some(row));
            }
            let Some(next) = self.waiting.pop_front() else {
                return self.finish().map(|()| None);
            };
            self.pack = Pack::begin(next, &self.limits, &mut self.facts)?;
        }
    }

    fn facts(&self) -> &Facts {
        &self.facts
    }
}

/// One pack: its header, and its tags as they are read.
struct Pack {
    tags: Tags,
    header: Fields,
}

impl Pack {
    /// Reads a pack once for its header, and opens it for its tags.
    fn begin(file: InputFile, limits: &Limits, facts: &mut Facts) -> Result<Self, ReadError> {
        let mut header = Fields::default();
        let mut completeness = Completeness::default();
        let mut tags = Tags::open(file.clone(), limits)?;
        let mut has_tags = false;
        loop {
            match tags.next()? {
                Piece::Header(key, value) => header.set(&key, value),
                Piece::TagsBegin => has_tags = true,
                Piece::Tag(tag, _) => completeness.add(&tag),
                Piece::End => break,
            }
        }
        let file_name = Arc::clone(&tags.events.file);
        let line = tags.events.line;
        if !has_tags {
            return Err(tags.events.malformed(Problem::NotAPack));
        }
        if !tags.events.ends_with_newline() {
            return Err(ReadError::Truncated {
                file: file_name,
                line,
                missing: "the newline of its last line",
            });
        }
        if completeness.tags == 0 {
            return Err(ReadError::Empty { file: file_name });
        }
        if completeness.last_is_cut(&header) {
            return Err(ReadError::Truncated {
                file: file_name,
                line,
                missing: "the address, label, source and currency of its last tag",
            });
        }
        facts.published_on = facts.published_on.max(header.lastmod());
        Ok(Self {
            tags: Tags::open(file, limits)?,
            header,
        })
    }

    fn next_row(&mut self, limits: &Limits) -> Result<Option<Row>, ReadError> {
        loop {
            match self.tags.next()? {
                Piece::Header(..) | Piece::TagsBegin => {}
                Piece::Tag(tag, line) => {
                    let locator = Locator {
                        file: Arc::clone(&self.tags.events.file),
                        line,
                    };
                    return Ok(Some(row(&tag.under(&self.header), locator, limits)));
                }
                Piece::End => return Ok(None),
            }
        }
    }
}

fn row(tag: &Fields, locator: Locator, limits: &Limits) -> Row {
    let refused = |fault| (None, Some(fault));
    let (entry, fault) = match (&tag.address, tag.claims().standing()) {
        (None, _) if tag.is_of_transaction() => {
            refused(RowFault::NotAListing(Excerpt::of("a transaction")))
        }
        (None, _) if let Some(column) = tag.unread() => refused(RowFault::NotText { column }),
        (None, _) => refused(RowFault::NoAddress),
        (Some(address), _) if address.trim().is_empty() => refused(RowFault::NoAddress),
        (Some(address), _) if address.len() > limits.line_bytes_max => {
            refused(RowFault::FieldTooLong {
                column: "address",
                bytes_max: limits.line_bytes_max,
            })
        }
        (Some(address), _) if rule::is_placeholder(address) => {
            refused(RowFault::PlaceholderAddress(Excerpt::of(address)))
        }
        (Some(_), Standing::NotAListing) => refused(match tag.unread() {
            Some(column) => RowFault::NotText { column },
            None => RowFault::NotAListing(Excerpt::of(&tag.described())),
        }),
        (Some(address), Standing::Listing(category, why)) => {
            let (entry, fault) = tag.entry(address, category, why, limits);
            (Some(entry), fault)
        }
    };
    Row {
        locator,
        entry,
        fault,
    }
}

/// Which tags have what the schema demands of every tag.
#[derive(Default)]
struct Completeness {
    tags: u64,
    /// The shape of the last tag.
    last: Fields,
    /// The shapes of those before it: there are no more than a few.
    before: Vec<Fields>,
}

impl Completeness {
    fn add(&mut self, tag: &Fields) {
        self.tags += 1;
        let last = std::mem::replace(&mut self.last, tag.shape());
        if self.tags > 1 && !self.before.contains(&last) {
            self.before.push(last);
        }
    }

    /// Tells whether the last tag lacks what others have.
    fn last_is_cut(&self, header: &Fields) -> bool {
        let is_complete = |tag: &Fields| tag.clone().under(header).is_complete();
        let others_are = self.before.is_empty() || self.before.iter().any(is_complete);
        others_are && !is_complete(&self.last)
    }
}

#[cfg(test)]
#[path = "tagpack_tests.rs"]
mod tests;

#[cfg(test)]
mod odd_tests;
