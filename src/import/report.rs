//! What a person is told about an import.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::list::{Publication, PublicationDigest, SourceId, Tier};
use crate::store::{GenerationDigest, GenerationNumber, GenerationRecord};

use super::Request;
use super::delta::Delta;
use super::keying::KeyedList;
use super::read::Format;

const LACKS_ADDRESSES: &str = "the files lack addresses that the publisher listed: while this \
     source is required, NOT_LISTED is not answered";

/// One row that was not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowNote {
    /// Name of the file.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
    /// A short stable name.
    pub reason: &'static str,
    /// The reason in words.
    pub detail: String,
    /// An entry was kept all the same.
    pub kept: bool,
}

/// Rows of one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultCount {
    /// A short stable name.
    pub reason: &'static str,
    /// How many rows.
    pub rows: u64,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The source.
    pub source: SourceId,
    /// The format the files were read as.
    pub format: String,
    /// A generation was made.
    pub changed: bool,
    /// The generation that holds the publication.
    pub generation: GenerationNumber,
    /// Its digest.
    pub generation_digest: GenerationDigest,
    /// The publication.
    pub publication_digest: PublicationDigest,
    /// The publisher's own date.
    pub published_on: Option<Date>,
    /// Entries taken.
    pub accepted: u64,
    /// Of these, the same as before.
    pub unchanged: u64,
    /// Of these, new.
    pub added: u64,
    /// Of these, with other particulars.
    pub amended: u64,
    /// Entries that are gone.
    pub removed: u64,
    /// Rows that repeat an entry.
    pub repeated: u64,
    /// Rows that could not be used.
    pub rejected: u64,
    /// Entries matched by exact text only.
    pub opaque: u64,
    /// Entries whose ticker disagrees with their address.
    pub ticker_disagrees: u64,
    /// Rows by reason.
    pub faults: Vec<FaultCount>,
    /// The first of those rows.
    pub rows: Vec<RowNote>,
    /// What a person should know.
    pub warnings: Vec<String>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Report {
    /// Begins a report with what reading gave.
    pub(super) fn of(request: &Request, list: &KeyedList, tier: Tier) -> Self {
        let mut warnings: Vec<String> = list
            .facts
            .warnings
            .iter()
            .map(ToString::to_string)
            .collect();
        if list.entries == 0 {
            warnings.push("the publication holds no wallet address at all".to_owned());
        }
        if list.is_incomplete {
            warnings.push(LACKS_ADDRESSES.to_owned());
        }
        if let Some(named) = list
            .facts
            .source
            .as_ref()
            .filter(|id| **id != request.source.as_str())
        {
            warnings.push(format!("the file says that it is of `{named}`"));
        }
        let is_ofac = matches!(
            request.format,
            Format::OfacAdvanced | Format::OfacXml | Format::OfacCsv
        );
        if is_ofac && tier != Tier::Sanctions {
            warnings.push(format!(
                "a sanctions list is held as {tier}: import it again with --tier SANCTIONS"
            ));
        }
        Self {
            source: request.source.clone(),
            format: request.format.to_string(),
            changed: true,
            generation: GenerationNumber::NONE,
            generation_digest: GenerationDigest::default(),
            publication_digest: request.digest,
            published_on: list.facts.published_on,
            accepted: list.entries,
            unchanged: 0,
            added: 0,
            amended: 0,
            removed: 0,
            repeated: list.repeated,
            rejected: list.rejected,
            opaque: list.opaque,
            ticker_disagrees: list.ticker_disagrees,
            faults: list
                .faults
                .iter()
                .map(|(reason, rows)| FaultCount {
                    reason,
                    rows: *rows,
                })
                .collect(),
            rows: list.notes.clone(),
            warnings,
            elapsed: Duration::ZERO,
        }
    }

    /// Reports that the same publication was seen again.
    pub(super) fn unchanged(
        request: &Request,
        held: &Publication,
        record: &GenerationRecord,
    ) -> Self {
        Self {
            source: request.source.clone(),
            format: held.read_as.format.clone(),
            changed: false,
            generation: record.number,
            generation_digest: record.digest,
            publication_digest: held.digest,
            published_on: held.published_on,
            accepted: held.entries,
            unchanged: held.entries,
            added: 0,
            amended: 0,
            removed: 0,
            repeated: 0,
            rejected: 0,
            opaque: 0,
            ticker_disagrees: 0,
            faults: Vec::new(),
            rows: Vec::new(),
            warnings: match held.incomplete {
                true => vec![LACKS_ADDRESSES.to_owned()],
                false => Vec::new(),
            },
            elapsed: Duration::ZERO,
        }
    }

    /// Adds what comparing gave.
    pub(super) fn count(&mut self, delta: &Delta, is_known: bool, tickers: &BTreeMap<String, u64>) {
        let before = &delta.tickers_before;
        let is_new = |ticker: &str| !ticker.is_empty() && !before.contains_key(ticker);
        for (ticker, entries) in tickers.iter().filter(|(ticker, _)| is_new(ticker)) {
            if is_known && !before.is_empty() {
                self.warnings.push(format!(
                    "{entries} entries have the ticker {ticker}, which the source never had before"
                ));
            }
        }
        self.unchanged = delta.unchanged;
        self.added = delta.added;
        self.amended = delta.amended;
        self.removed = delta.removed;
    }

    /// Adds the generation that came of it.
    pub(super) fn finish(&mut self, record: &GenerationRecord, started_at: Timestamp) {
        self.generation = record.number;
        self.generation_digest = record.digest;
        self.elapsed = Timestamp::now()
            .duration_since(started_at)
            .try_into()
            .unwrap_or_default();
    }
}
