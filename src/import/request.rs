//! What is asked of an import, and why it may refuse.

use jiff::Timestamp;
use thiserror::Error;

use crate::audit::AppendError;
use crate::list::{Act, Category, Origin, PublicationDigest, SourceId, Tier};
use crate::store::{CommitError, GenerationDigest, GenerationNumber, ReadError};

use super::gates::Refusal;
use super::read::{self, Format};

/// What is to be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Whose publication it is.
    pub source: SourceId,
    /// Its tier, if the caller names one.
    pub tier: Option<Tier>,
    /// Its format.
    pub format: Format,
    /// Category of rows without their own; `None`: by tier.
    pub category: Option<Category>,
    /// A person's word for what a gate refused.
    pub approval: Option<Approval>,
    /// When the files were taken from the publisher.
    pub retrieved_at: Timestamp,
    /// Where they come from.
    pub origin: Origin,
    /// What they are.
    pub digest: PublicationDigest,
}

/// A person's word for a change that a gate refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The digest that the refusal printed: the word is for this change only.
    pub digest: String,
    /// Who gives it, and why.
    pub act: Act,
}

/// What the operator asks of a source's publications, beside what every
/// publication must be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// The weight the operator gives to the source.
    pub tier: Option<Tier>,
    /// A publication with fewer entries is refused.
    pub entries_min: u64,
    /// A ticker that the source never used before is refused, and not only
    /// reported.
    pub refuse_new_tickers: bool,
}

/// Why nothing was imported. The live generation stays.
#[derive(Debug, Error)]
pub enum ImportError {
    /// Another import is running.
    #[error("another import is running: try again when it has ended")]
    Busy,
    /// The source has another tier.
    #[error(
        "source `{source_id}` has tier {known} and not {given}: leave the tier out, change it in the configuration, or use another source id"
    )]
    TierDisagrees {
        /// The source.
        source_id: SourceId,
        /// The tier it has.
        known: Tier,
        /// The tier that was given.
        given: Tier,
    },
    /// The source is the operator's own and changes by single addresses.
    #[error(
        "`{0}` is kept by hand: add to it with `interdict operator add`, or import the file under another source id"
    )]
    KeptByHand(SourceId),
    /// The source's name is kept for test addresses.
    #[error(
        "`{0}` is what test addresses are answered with: import the file under another source id"
    )]
    KeptForTests(SourceId),
    /// The source is asked for twice at once.
    #[error("`{0}` is there twice")]
    SourceTwice(SourceId),
    /// The files were retrieved in the future.
    #[error("retrieved at {0}, which has not come yet: check the clock and the file's date")]
    RetrievedInFuture(Timestamp),
    /// The format cannot be told from the content.
    #[error(
        "cannot tell the format of `{name}`, which begins with `{begins}`: name it with --format"
    )]
    Undetected {
        /// The file.
        name: String,
        /// How it begins.
        begins: read::Excerpt,
    },
    /// There is no file at all.
    #[error("there is no file to import")]
    NoFile,
    /// A file is not what it says.
    #[error(transparent)]
    File(#[from] read::ReadError),
    /// What is live is not what was committed last.
    #[error(
        "generation {committed} was committed last and is not what is live: nothing may be built on it; restart the daemon, which verifies it"
    )]
    NotLive {
        /// The newest committed generation.
        committed: GenerationNumber,
    },
    /// What is said to be unchanged is not what is held.
    #[error("`{0}` holds another publication than the one that is said to be unchanged")]
    NotHeld(SourceId),
    /// The source may come in a signed bundle only.
    #[error(
        "refused: `{source_id}` may only come in a signed bundle, because the configuration says `{key}`: make one with `interdict bundle create` where the list is fetched, or change the configuration"
    )]
    MustBeSigned {
        /// The source.
        source_id: SourceId,
        /// What the configuration says.
        key: &'static str,
    },
    /// What a bundle carries is not what it says.
    #[error(
        "what the bundle carries of `{source_id}` is not what it says ({what} differ): nothing was imported; make the bundle again, with the same version of the program"
    )]
    NotAsSaid {
        /// The source.
        source_id: SourceId,
        /// What differs.
        what: &'static str,
    },
    /// There is no such earlier generation.
    #[error("generation {0} is not one to go back to: see `interdict generations`")]
    NoSuchGeneration(GenerationNumber),
    /// What would be committed is not the set that it should be.
    #[error("the set would have digest {found} and must have {expected}: nothing was changed")]
    OtherSet {
        /// What it should be.
        expected: GenerationDigest,
        /// What it would be.
        found: GenerationDigest,
    },
    /// Too many entries stand under one address.
    #[error("more than {max} entries for `{address}`: no real list has so many")]
    TooManyUnderOneKey {
        /// The address.
        address: String,
        /// The limit.
        max: usize,
    },
    /// There are more entries than the configuration allows.
    #[error("more than {max} entries: raise `limits.import_entries_max` if this list is real")]
    TooManyEntries {
        /// The limit.
        max: usize,
    },
    /// A gate wants a person's word.
    #[error(transparent)]
    Refused(#[from] Box<Refusal>),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] ReadError),
    /// The audit log does not take what is about to be done.
    #[error("nothing was changed, because the audit log does not take the record of it")]
    Unrecorded(#[from] AppendError),
    /// The generation could not be committed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// What was committed is not what is found.
    #[error(
        "generation {0} was committed and a listed key is not found in it: screening is stopped; restart the daemon"
    )]
    NotFoundAfterCommit(GenerationNumber),
}
