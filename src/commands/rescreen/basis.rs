//! What a run rests on: which lists, in which state, judged when.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Which state of the lists is to be asked.
#[derive(Debug, Clone, Default)]
pub(super) struct When {
    pub(super) as_of: Option<Date>,
    pub(super) generation: Option<u64>,
    pub(super) since: Option<u64>,
    /// The run goes on: the instant it was judged by, if there is one.
    pub(super) resumed: Option<Option<Timestamp>>,
}

/// What the answers of a run rest on. A run that goes on must rest on the very
/// same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Basis {
    pub(super) asked: String,
    pub(super) generation: u64,
    pub(super) digest: String,
    pub(super) entries: u64,
    pub(super) committed_at: String,
    /// The instant that was judged by, where this program has it.
    pub(super) at: Option<String>,
    pub(super) as_of: Option<String>,
    pub(super) since: Option<u64>,
    /// Why the lists vouch for no absence, if they do not.
    pub(super) doubts: Vec<String>,
    /// A digest of policy and requirements, where this program has them.
    pub(super) rules: String,
}

impl Basis {
    /// Says what is not as it was, if anything.
    pub(super) fn differs(&self, before: &Self) -> Option<String> {
        let told = |what: &str, was: &str, is: &str| Some(format!("{what} was {was} and is {is}"));
        if self.generation != before.generation {
            let (was, is) = (before.generation.to_string(), self.generation.to_string());
            return told("the generation", &was, &is);
        }
        if self.digest != before.digest {
            return told("the generation's digest", &before.digest, &self.digest);
        }
        if self.rules != before.rules {
            return Some("the policy, or what is required of the sources, has changed".to_owned());
        }
        if self.doubts != before.doubts {
            let words = |doubts: &[String]| match doubts {
                [] => "nothing".to_owned(),
                some => some.join(", "),
            };
            let (was, is) = (words(&before.doubts), words(&self.doubts));
            return told("what speaks against the lists", &was, &is);
        }
        (self.asked != before.asked
            || self.at != before.at
            || self.as_of != before.as_of
            || self.since != before.since)
            .then(|| format!("it asked {} and now asks {}", before.asked, self.asked))
    }
}

/// One list that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListUsed {
    pub(super) source: String,
    pub(super) tier: String,
    pub(super) entries: u64,
    pub(super) published_on: String,
    pub(super) retrieved_at: String,
    pub(super) age_seconds: u64,
    pub(super) bundled: bool,
    pub(super) digest: String,
}
