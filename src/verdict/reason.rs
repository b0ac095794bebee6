//! Why a verdict is what it is.

use smallvec::SmallVec;

use crate::address::Fault;

/// Why a verdict is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// An active entry matches.
    Listed,
    /// An entry that has come off its list matches.
    Delisted,
    /// An active entry of a related address matches.
    Related,
    /// No entry names the address itself: one names another address of the
    /// same key.
    SameKey,
    /// No entry names the address itself or another of its key: one names
    /// another address of the same script.
    SameScript,
    /// The account is listed for one of its customers, and it was not said
    /// that this is the one.
    TagScoped,
    /// The operator exempted the address from what lists other than sanctions
    /// lists say of it.
    Exempted,
    /// The text could not be read strictly.
    Unreadable(Fault),
    /// A required source has no publication.
    SourceMissing,
    /// A required source is older than it may be.
    SourceStale,
    /// A required source is known to lack addresses that its publisher listed.
    SourceIncomplete,
    /// The store answered with an error.
    StoreError,
    /// The date asked about lies before the history that is held.
    BeforeHistory,
}

/// Reasons in the order they were found; rarely more than one.
pub type Reasons = SmallVec<[Reason; 2]>;

impl Reason {
    /// Every reason that is not about the text.
    const ABOUT_THE_LISTS: [Self; 12] = [
        Self::Listed,
        Self::Delisted,
        Self::Related,
        Self::SameKey,
        Self::SameScript,
        Self::TagScoped,
        Self::Exempted,
        Self::SourceMissing,
        Self::SourceStale,
        Self::SourceIncomplete,
        Self::StoreError,
        Self::BeforeHistory,
    ];

    /// Returns the name used on the wire and in records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listed => "LISTED",
            Self::Delisted => "DELISTED",
            Self::Related => "RELATED",
            Self::SameKey => "SAME_KEY",
            Self::SameScript => "SAME_SCRIPT",
            Self::TagScoped => "TAG_SCOPED",
            Self::Exempted => "EXEMPTED",
            Self::Unreadable(fault) => fault.name(),
            Self::SourceMissing => "SOURCE_MISSING",
            Self::SourceStale => "SOURCE_STALE",
            Self::SourceIncomplete => "SOURCE_INCOMPLETE",
            Self::StoreError => "STORE_ERROR",
            Self::BeforeHistory => "BEFORE_HISTORY",
        }
    }

    /// Returns the reason of a name, or `None` if no reason has it.
    pub fn named(name: &str) -> Option<Self> {
        let about_text = Fault::ALL.into_iter().map(Self::Unreadable);
        Self::ABOUT_THE_LISTS
            .into_iter()
            .chain(about_text)
            .find(|reason| reason.name() == name)
    }

    /// Tells whether it speaks of how the lists stood, and so of why an
    /// absence could not be vouched for.
    pub const fn is_doubt(self) -> bool {
        matches!(
            self,
            Self::SourceMissing
                | Self::SourceStale
                | Self::SourceIncomplete
                | Self::StoreError
                | Self::BeforeHistory
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_found_by_its_name() {
        let all = Reason::ABOUT_THE_LISTS
            .into_iter()
            .chain(Fault::ALL.into_iter().map(Reason::Unreadable));
        for reason in all {
            assert_eq!(Reason::named(reason.name()), Some(reason));
        }
        assert_eq!(Reason::named("CLEAN"), None);
    }
}
