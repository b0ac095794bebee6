//! What speaks against a bundle, in words a person can act on.

use std::fmt;

use jiff::Timestamp;
use thiserror::Error;

use crate::list::SourceId;

use super::key::KeyId;
use super::manifest::OriginId;
use super::signature::SignatureError;

/// Something that speaks against a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// It has no signature.
    Unsigned,
    /// Its key is not trusted, so its signature says nothing.
    UnknownKey(KeyId),
    /// Its key may not speak for some of its sources.
    NotForKey {
        /// The key.
        key: KeyId,
        /// The sources.
        sources: Vec<SourceId>,
    },
    /// Its time is over.
    Expired(Timestamp),
    /// A later generation of the same origin was imported.
    Rollback {
        /// A source that it would take back.
        source: SourceId,
        /// The generation that was imported.
        imported: u64,
        /// The generation it comes from.
        given: u64,
    },
    /// Another state of the same origin has this number.
    Forked {
        /// A source that was imported from the other.
        source: SourceId,
        /// The number they share.
        sequence: u64,
    },
    /// It would replace what was added by hand here.
    ChangedByHand(SourceId),
    /// It is of another origin, and was made before the one imported.
    OlderThanImported {
        /// A source that it would take back.
        source: SourceId,
        /// When the imported one was made.
        imported: Timestamp,
        /// The origin it came from.
        origin: OriginId,
    },
}

/// Why a bundle is not imported.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Its signature does not hold.
    #[error("refused: the bundle is damaged or forged: {source}")]
    Forged {
        /// Why not.
        source: SignatureError,
    },
    /// It was made in the future.
    #[error(
        "refused: the bundle was made at {created_at}, which has not come yet: check the clocks of both machines"
    )]
    NotMadeYet {
        /// When it says it was made.
        created_at: Timestamp,
    },
    /// There are doubts, and a person may resolve them.
    #[error(
        "refused: {}; if you know better: interdict bundle import FILE --approve {confirm_with} --author NAME --reason WHY",
        Listed(doubts)
    )]
    Doubtful {
        /// What speaks against it.
        doubts: Vec<Doubt>,
        /// What to repeat the import with.
        confirm_with: String,
    },
    /// There are doubts, and the configuration lets nobody resolve them.
    #[error(
        "refused: {}; `bundles.overrides` in the configuration lets nobody import it all the same",
        Listed(doubts)
    )]
    Forbidden {
        /// What speaks against it.
        doubts: Vec<Doubt>,
    },
    /// A word was given without a name or a reason.
    #[error("refused: a word for a doubtful bundle needs both --author and --reason")]
    NoName,
}

impl Refusal {
    /// Returns what speaks against the bundle, without what to do about it.
    pub fn doubts_in_words(&self) -> String {
        match self {
            Self::Doubtful { doubts, .. } | Self::Forbidden { doubts } => {
                Listed(doubts).to_string()
            }
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned => write!(f, "the bundle is not signed"),
            Self::UnknownKey(key) => write!(
                f,
                "the bundle is signed with key {key}, which is not in `bundles.trusted_keys`"
            ),
            Self::NotForKey { key, sources } => {
                let names: Vec<_> = sources.iter().map(|id| format!("`{id}`")).collect();
                write!(
                    f,
                    "key {key} is not trusted for {} in `bundles.trusted_keys`",
                    names.join(", ")
                )
            }
            Self::Expired(at) => write!(f, "the bundle expired at {at}"),
            Self::Rollback {
                source,
                imported,
                given,
            } => write!(
                f,
                "the bundle takes `{source}` back: it comes from generation {given} of its origin, and generation {imported} was imported"
            ),
            Self::Forked { source, sequence } => write!(
                f,
                "the bundle comes from another generation {sequence} of its origin than the one that `{source}` was imported from"
            ),
            Self::ChangedByHand(source) => write!(
                f,
                "`{source}` was changed by hand here, and the bundle would put its origin's in its place"
            ),
            Self::OlderThanImported {
                source,
                imported,
                origin,
            } => write!(
                f,
                "the bundle takes `{source}` back: it was made before the one imported, which was made at {imported} by origin {origin}"
            ),
        }
    }
}

struct Listed<'a>(&'a [Doubt]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, doubt) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            doubt.fmt(f)?;
        }
        Ok(())
    }
}
