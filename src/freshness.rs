//! Whether the lists are present and recent enough to vouch for an absence.
//!
//! [`Requirements`] are what the operator asks of each source; [`assess`]
//! holds the publications of a generation against them and the clock. Ages
//! count from when a publication was taken from its publisher. The snapshot
//! compiled into the program ages from the day its facts were collected and
//! would soon be stale: an operator may accept that, and every answer then
//! says so.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::list::{Origin, Publication, SourceId, Tier};
use crate::verdict::{Reason, Reasons};

/// A clock that is further behind the data than this is not to be believed.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_mins(5);

/// What the operator asks of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRule {
    /// Which source.
    pub source: SourceId,
    /// Its weight.
    pub tier: Tier,
    /// `NOT_LISTED` depends on it.
    pub required: bool,
    /// How old its publication may become, if the operator says.
    pub max_age: Option<Duration>,
}

/// What the operator asks of the sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirements {
    /// Sources that are configured by name.
    pub sources: Vec<SourceRule>,
    /// How old a sanctions source may become of which the operator says
    /// nothing else.
    pub sanctions_max_age: Option<Duration>,
    /// The bundled snapshot may answer although it ages.
    pub accept_bundled: bool,
}

impl Default for Requirements {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            sanctions_max_age: Some(Duration::from_hours(7 * 24)),
            accept_bundled: true,
        }
    }
}

impl Requirements {
    /// Returns the rule for a source by name.
    pub fn rule(&self, source: &SourceId) -> Option<&SourceRule> {
        self.sources.iter().find(|rule| rule.source == *source)
    }

    /// Tells whether `NOT_LISTED` depends on a source that is present.
    pub fn requires(&self, publication: &Publication) -> bool {
        match self.rule(&publication.source) {
            Some(rule) => rule.required,
            None => publication.tier == Tier::Sanctions,
        }
    }

    /// Returns how old a publication may become; `None`: any age.
    ///
    /// What is said of a source by name holds for its bundled edition too.
    pub fn max_age(&self, publication: &Publication) -> Option<Duration> {
        let rule = self.rule(&publication.source);
        let said = rule.and_then(|rule| rule.max_age);
        if said.is_none() && publication.origin == Origin::Bundled && self.accept_bundled {
            return None;
        }
        match rule {
            Some(rule) => self.max_age_by(rule),
            None => self.max_age_of(publication.tier),
        }
    }

    /// Returns how old a source that is configured by name may become.
    pub fn max_age_by(&self, rule: &SourceRule) -> Option<Duration> {
        rule.max_age.or_else(|| self.max_age_of(rule.tier))
    }

    /// What holds where the operator says nothing of a source.
    fn max_age_of(&self, tier: Tier) -> Option<Duration> {
        match tier {
            Tier::Sanctions => self.sanctions_max_age,
            _ => None,
        }
    }

    /// Tells whether a publication is older than it may be.
    pub fn is_stale(&self, publication: &Publication, now: Timestamp) -> bool {
        self.max_age(publication)
            .is_some_and(|max_age| age(publication, now) > max_age)
    }
}

/// How the publications of a generation stand at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freshness {
    /// Why an absence cannot be vouched for; empty if it can.
    pub doubts: Reasons,
    /// Age of the oldest publication of a required source, or of any source
    /// if none is required.
    pub oldest_age: Duration,
    /// That source.
    pub oldest_source: Option<SourceId>,
    /// A publication is the snapshot compiled into the program.
    pub bundled: bool,
}

impl Freshness {
    /// Tells whether a required source is missing or too old.
    pub fn is_stale(&self) -> bool {
        let stale = [Reason::SourceMissing, Reason::SourceStale];
        self.doubts.iter().any(|doubt| stale.contains(doubt))
    }
}

/// Returns how long ago a publication was last known to be current.
pub fn age(publication: &Publication, now: Timestamp) -> Duration {
    now.duration_since(publication.current_at())
        .try_into()
        .unwrap_or_default()
}

/// Holds publications against what is required of them.
///
/// `committed_at` is when the generation was committed: a clock well behind
/// it would make stale lists look fresh.
pub fn assess(
    requirements: &Requirements,
    publications: &[Publication],
    committed_at: Timestamp,
    now: Timestamp,
) -> Freshness {
    let mut doubts = Reasons::new();
    let present = |source: &SourceId| publications.iter().any(|held| held.source == *source);
    let missing = requirements
        .sources
        .iter()
        .any(|rule| rule.required && !present(&rule.source));
    if missing || publications.is_empty() {
        doubts.push(Reason::SourceMissing);
    }
    let required = |held: &&Publication| requirements.requires(held);
    let stale = publications
        .iter()
        .filter(required)
        .any(|held| requirements.is_stale(held, now));
    let ahead = |at: Timestamp| at.duration_since(now) > CLOCK_SLACK;
    let clock_is_behind =
        ahead(committed_at) || publications.iter().any(|held| ahead(held.current_at()));
    if stale || clock_is_behind {
        doubts.push(Reason::SourceStale);
    }
    if publications
        .iter()
        .filter(required)
        .any(|held| held.incomplete)
    {
        doubts.push(Reason::SourceIncomplete);
    }
    let oldest = publications
        .iter()
        .filter(required)
        .min_by_key(|held| held.current_at())
        .or_else(|| publications.iter().min_by_key(|held| held.current_at()));
    Freshness {
        doubts,
        oldest_age: oldest.map(|held| age(held, now)).unwrap_or_default(),
        oldest_source: oldest.map(|held| held.source.clone()),
        bundled: publications
            .iter()
            .any(|held| held.origin == Origin::Bundled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::{Category, PublicationDigest, ReadAs};

    const DAY: Duration = Duration::from_hours(24);

    fn held(source: &str, tier: Tier, days_old: i32, origin: Origin) -> Publication {
        Publication {
            source: source.parse().expect("a source id"),
            tier,
            digest: PublicationDigest([0; 32]),
            read_as: ReadAs {
                format: "csv".to_owned(),
                category: Category::Sanctions,
                rules: 1,
            },
            confirmed_at: None,
            incomplete: false,
            licence: None,
            published_on: None,
            retrieved_at: now() - DAY_SPAN * days_old,
            held_since: now() - DAY_SPAN * days_old,
            origin,
            entries: 1,
        }
    }

    const DAY_SPAN: SignedDuration = SignedDuration::from_hours(24);

    fn now() -> Timestamp {
        Timestamp::from_second(1_790_000_000).expect("a time")
    }

    fn required(source: &str, max_age_days: u64) -> Requirements {
        Requirements {
            sources: vec![SourceRule {
                source: source.parse().expect("a source id"),
                tier: Tier::Sanctions,
                required: true,
                max_age: Some(DAY * max_age_days as u32),
            }],
            ..Requirements::default()
        }
    }

    fn doubts(requirements: &Requirements, publications: &[Publication]) -> Vec<Reason> {
        assess(requirements, publications, now(), now())
            .doubts
            .to_vec()
    }

    #[test]
    fn a_source_is_stale_after_its_max_age_and_not_at_it() {
        let rule = required("ofac-sdn", 3);
        let aged = |days| [held("ofac-sdn", Tier::Sanctions, days, Origin::Imported)];
        assert_eq!(doubts(&rule, &aged(3)), []);
        assert_eq!(doubts(&rule, &aged(4)), [Reason::SourceStale]);
    }

    #[test]
    fn law_9_not_loaded_is_not_clean() {
        let rule = required("ofac-sdn", 3);
        assert_eq!(doubts(&rule, &[]), [Reason::SourceMissing]);
        assert_eq!(
            doubts(&Requirements::default(), &[]),
            [Reason::SourceMissing]
        );
        let other = [held("heists", Tier::Attributed, 0, Origin::Imported)];
        assert_eq!(doubts(&rule, &other), [Reason::SourceMissing]);
        assert_eq!(doubts(&Requirements::default(), &other), []);
    }

    #[test]
    fn the_bundled_snapshot_ages_unless_it_is_accepted() {
        let snapshot = [held("ofac-sdn", Tier::Sanctions, 94, Origin::Bundled)];
        let accepted = assess(&Requirements::default(), &snapshot, now(), now());
        assert!(!accepted.is_stale() && accepted.bundled);
        assert_eq!(accepted.oldest_age, DAY * 94);
        let strict = Requirements {
            accept_bundled: false,
            ..Requirements::default()
        };
        assert_eq!(doubts(&strict, &snapshot), [Reason::SourceStale]);
    }

    #[test]
    fn an_age_that_is_asked_for_holds_for_the_bundled_snapshot_too() {
        let snapshot = [held("ofac-sdn", Tier::Sanctions, 94, Origin::Bundled)];
        assert_eq!(
            doubts(&required("ofac-sdn", 3), &snapshot),
            [Reason::SourceStale]
        );
    }

    #[test]
    fn a_list_that_lacks_addresses_vouches_for_nothing() {
        let mut lacking = held("ofac-sdn", Tier::Sanctions, 0, Origin::Imported);
        lacking.incomplete = true;
        let found = assess(&Requirements::default(), &[lacking], now(), now());
        assert_eq!(found.doubts.as_slice(), [Reason::SourceIncomplete]);
        assert!(!found.is_stale());
    }

    #[test]
    fn a_confirmation_makes_a_list_fresh_and_one_to_come_makes_it_doubtful() {
        let mut aged = held("ofac-sdn", Tier::Sanctions, 30, Origin::Imported);
        aged.confirmed_at = Some(now());
        assert_eq!(doubts(&Requirements::default(), &[aged.clone()]), []);
        aged.confirmed_at = Some(now() + DAY_SPAN);
        assert_eq!(
            doubts(&Requirements::default(), &[aged]),
            [Reason::SourceStale]
        );
    }

    #[test]
    fn a_clock_behind_the_data_vouches_for_nothing() {
        let fresh = [held("ofac-sdn", Tier::Sanctions, 0, Origin::Imported)];
        let later = now() + SignedDuration::from_mins(6);
        let found = assess(&Requirements::default(), &fresh, later, now());
        assert_eq!(found.doubts.as_slice(), [Reason::SourceStale]);
    }
}
