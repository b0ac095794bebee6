//! One `sdnEntry` of the classic XML: where its parts stand, and a draft of
//! what they say until it ends.
//!
//! The parts come in an order that is OFAC's to choose, so nothing is dealt
//! out before the closing tag.

use crate::list::Designation;

use super::wallet::{Pending, Wallet};

/// Where in the document something stands, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Publication,
    PublishDate,
    RecordCount,
    Entry,
    Uid,
    FirstName,
    LastName,
    Programs,
    Program,
    Ids,
    Id,
    IdType,
    IdNumber,
    Akas,
    Aka,
    AkaFirstName,
    AkaLastName,
    Elsewhere,
}

impl Place {
    /// Returns the place of an element within another. The same name means
    /// different things in different parents: `uid` is of the subject, of an
    /// identifier or of an alias.
    pub(super) fn within(self, name: &str) -> Self {
        match (self, name) {
            // OFAC's spelling, and the one it may be corrected to.
            (Self::Root, "publshInformation" | "publishInformation") => Self::Publication,
            (Self::Root, "sdnEntry") => Self::Entry,
            (Self::Publication, "Publish_Date") => Self::PublishDate,
            (Self::Publication, "Record_Count") => Self::RecordCount,
            (Self::Entry, "uid") => Self::Uid,
            (Self::Entry, "firstName") => Self::FirstName,
            (Self::Entry, "lastName") => Self::LastName,
            (Self::Entry, "programList") => Self::Programs,
            (Self::Programs, "program") => Self::Program,
            (Self::Entry, "idList") => Self::Ids,
            (Self::Ids, "id") => Self::Id,
            (Self::Id, "idType") => Self::IdType,
            (Self::Id, "idNumber") => Self::IdNumber,
            (Self::Entry, "akaList") => Self::Akas,
            (Self::Akas, "aka") => Self::Aka,
            (Self::Aka, "firstName") => Self::AkaFirstName,
            (Self::Aka, "lastName") => Self::AkaLastName,
            _ => Self::Elsewhere,
        }
    }

    /// Tells whether the text here is kept.
    pub(super) const fn has_text(self) -> bool {
        matches!(
            self,
            Self::PublishDate
                | Self::RecordCount
                | Self::Uid
                | Self::FirstName
                | Self::LastName
                | Self::Program
                | Self::IdType
                | Self::IdNumber
                | Self::AkaFirstName
                | Self::AkaLastName
        )
    }
}

/// A designation being read.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) uid: String,
    pub(super) name: Name,
    pub(super) akas: Vec<String>,
    pub(super) aka: Name,
    pub(super) programs: Vec<String>,
    pub(super) id_type: String,
    pub(super) id_line: u64,
    pub(super) id_numbers: Vec<(u64, String)>,
    pub(super) wallets: Vec<Wallet>,
}

/// A name in its two parts.
#[derive(Debug, Default)]
pub(super) struct Name {
    pub(super) first: String,
    pub(super) last: String,
}

impl Name {
    /// Returns the name as it is read aloud.
    pub(super) fn whole(&self) -> String {
        format!("{} {}", self.first, self.last).trim().to_owned()
    }
}

impl Draft {
    /// Ends the designation.
    pub(super) fn finish(self) -> Pending {
        let names = std::iter::once(self.name.whole()).chain(self.akas);
        Pending {
            designation: Designation {
                subjects: names.filter(|name| !name.is_empty()).collect(),
                programs: self.programs,
                subject_id: Some(self.uid).filter(|uid| !uid.is_empty()),
                designated_on: None,
            },
            wallets: self.wallets.into(),
        }
    }
}
