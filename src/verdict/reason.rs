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
    /// It is a test address, and the daemon is told to answer those.
    TestAddress,
}

/// Reasons in the order they were found; rarely more than one.
pub type Reasons = SmallVec<[Reason; 2]>;

impl Reason {
    /// Every reason that is not about the text.
    const ABOUT_THE_LISTS: [Self; 13] = [
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
        Self::TestAddress,
    ];

    /// How many reasons there are.
    pub const COUNT: usize = Self::ABOUT_THE_LISTS.len() + Fault::ALL.len();

    /// Goes through every reason.
    pub fn all() -> impl Iterator<Item = Self> {
        let about_text = Fault::ALL.into_iter().map(Self::Unreadable);
        Self::ABOUT_THE_LISTS.into_iter().chain(about_text)
    }

    /// Returns its place among all reasons, below [`Self::COUNT`].
    pub const fn place(self) -> usize {
        match self {
            Self::Listed => 0,
            Self::Delisted => 1,
            Self::Related => 2,
            Self::SameKey => 3,
            Self::SameScript => 4,
            Self::TagScoped => 5,
            Self::Exempted => 6,
            Self::SourceMissing => 7,
            Self::SourceStale => 8,
            Self::SourceIncomplete => 9,
            Self::StoreError => 10,
            Self::BeforeHistory => 11,
            Self::TestAddress => 12,
            Self::Unreadable(fault) => Self::ABOUT_THE_LISTS.len() + fault as usize,
        }
    }

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
            Self::TestAddress => "TEST_ADDRESS",
        }
    }

    /// Returns the reason of a name, or `None` if no reason has it.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|reason| reason.name() == name)
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
        for (place, reason) in Reason::all().enumerate() {
            assert_eq!(Reason::named(reason.name()), Some(reason));
            assert_eq!(reason.place(), place);
        }
        assert_eq!(Reason::named("CLEAN"), None);
    }
}
