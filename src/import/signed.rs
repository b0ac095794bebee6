//! What a bundle says of the publications it carries, and what may come in
//! no other way.
//!
//! A publication in a bundle was read elsewhere: its entries come here as
//! they were read there, and what was said of it there stands here. Its rows
//! are keyed anew, and must be those that the bundle's maker had: a digest
//! over them is held against the keyed list before anything is written. Whose
//! word a bundle is was decided before (see `bundle::TrustPolicy`).

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::list::{ReadAs, SourceId};
use crate::store::{GenerationDigest, ReadError, SetDigest, Store};

use super::delta::active_rows;
use super::keying::{KeyedList, KeyedRecord};
use super::request::ImportError;

/// What a bundle says of a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// How the publisher's files were read.
    pub read_as: ReadAs,
    /// The publisher's date.
    pub published_on: Option<Date>,
    /// The licence it is given under.
    pub licence: Option<String>,
    /// The files are known to lack addresses that the publisher listed.
    pub incomplete: bool,
    /// How many entries it has.
    pub entries: u64,
    /// The digest of the rows that they make; `None` where they were keyed by
    /// other rules, which make other rows.
    pub rows: Option<GenerationDigest>,
}

impl Said {
    /// Holds a list that was just keyed against what is said of it, and lets
    /// that stand for what its lines cannot say.
    pub(super) fn stand_for(
        &self,
        source: &SourceId,
        list: &mut KeyedList,
    ) -> Result<(), ImportError> {
        self.check(source, list)?;
        list.facts.published_on = self.published_on;
        list.facts.licence.clone_from(&self.licence);
        list.is_incomplete = self.incomplete;
        Ok(())
    }

    fn check(&self, source: &SourceId, list: &KeyedList) -> Result<(), ImportError> {
        let what = if list.not_whole.is_some() || list.rejected + list.repeated > 0 {
            "its lines"
        } else if list.entries != self.entries {
            "the number of its entries"
        } else if self
            .rows
            .is_some_and(|rows| digest_of(&list.records) != rows)
        {
            "its rows"
        } else {
            return Ok(());
        };
        Err(ImportError::NotAsSaid {
            source_id: source.clone(),
            what,
        })
    }

    /// Tells whether the rows that are held are those that are said. Without
    /// a digest of them nobody can tell, and they are compared one by one.
    pub(super) fn is_held(&self, store: &Store, source: &SourceId) -> Result<bool, ReadError> {
        let Some(rows) = self.rows else {
            return Ok(false);
        };
        let mut set = SetDigest::empty();
        for row in active_rows(store, source) {
            take(&mut set, &row?.record);
        }
        Ok(set.digest() == rows)
    }
}

fn digest_of(records: &[KeyedRecord]) -> GenerationDigest {
    let mut set = SetDigest::empty();
    for record in records {
        take(&mut set, record);
    }
    set.digest()
}

fn take(set: &mut SetDigest, record: &KeyedRecord) {
    set.add(record.key.as_bytes(), &record.id.0, &record.encoded);
}

/// What may be imported from bundles only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SignedOnly {
    /// Everything.
    pub all: bool,
    /// These sources.
    pub sources: BTreeSet<SourceId>,
}

impl SignedOnly {
    /// Refuses a source's publication that comes by itself.
    pub(super) fn check(&self, source: &SourceId) -> Result<(), ImportError> {
        let key = if self.all {
            "bundles.require_signed = true"
        } else if self.sources.contains(source) {
            "signed = true under [[sources]]"
        } else {
            return Ok(());
        };
        Err(ImportError::MustBeSigned {
            source_id: source.clone(),
            key,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_must_be_signed_is_refused_by_the_key_that_says_so() {
        let (a, b): (SourceId, SourceId) =
            ("a".parse().expect("an id"), "b".parse().expect("an id"));
        let mut rules = SignedOnly::default();
        assert!(rules.check(&a).is_ok());
        rules.sources.insert(a.clone());
        let words = rules.check(&a).expect_err("refused").to_string();
        assert!(words.contains("signed = true under [[sources]]"), "{words}");
        assert!(rules.check(&b).is_ok());
        rules.all = true;
        let words = rules.check(&b).expect_err("refused").to_string();
        assert!(words.contains("bundles.require_signed"), "{words}");
    }
}
