//! One publication, read, keyed, compared and held against the gates: all
//! that comes before a generation is touched.

use jiff::Timestamp;

use crate::address::Fault;
use crate::generation::Generation;
use crate::list::{Category, Publication, ReadAs, Tier};
use crate::test_address;

use super::by_hand::OperatorList;
use super::delta::{self, Delta, between};
use super::publish::seed_of;
use super::read::{self, InputFile};
use super::report::Report;
use super::request::{ImportError, Request};
use super::signed::Said;
use super::{Demands, Importer, gates, keying};

/// One publication, read and held against the gates.
pub(super) enum Prepared {
    /// It is what is held already.
    Unchanged(Box<Report>),
    /// It changes the set.
    Changed(Box<PreparedChange>),
}

/// What it changes, and what a person's word overrode for it.
pub(super) struct PreparedChange {
    pub(super) report: Report,
    pub(super) delta: Delta,
    pub(super) publication: Publication,
    pub(super) overridden: Vec<String>,
}

fn read_as(request: &Request, tier: Tier) -> ReadAs {
    ReadAs {
        format: request.format.to_string(),
        category: request.category.unwrap_or(default_category(tier)),
        rules: read::RULES_VERSION,
    }
}

fn default_category(tier: Tier) -> Category {
    match tier {
        Tier::Sanctions => Category::Sanctions,
        Tier::LawEnforcement | Tier::Attributed => Category::Theft,
        Tier::Operator => Category::Other,
    }
}

impl Importer {
    /// Reads one publication and holds it against the gates.
    pub(super) fn prepare(
        &self,
        before: Option<&Generation>,
        request: &Request,
        files: Vec<InputFile>,
        said: Option<&Said>,
        now: Timestamp,
    ) -> Result<Prepared, ImportError> {
        let demands = self.demands.load_full();
        admit(&demands, request, said)?;
        let held = before.and_then(|generation| generation.publication(&request.source));
        let tier = tier_of(&demands, request, held)?;
        if request.retrieved_at > now + jiff::SignedDuration::from_mins(5) {
            return Err(ImportError::RetrievedInFuture(request.retrieved_at));
        }
        let read_as = said.map_or_else(|| read_as(request, tier), |said| said.read_as.clone());
        if let (Some(generation), Some(held)) = (before, held)
            && (held.digest, held.tier, &held.read_as) == (request.digest, tier, &read_as)
            && held.entries >= demands.terms_of(&request.source).entries_min
            && said.map_or(Ok(true), |said| said.is_held(&self.store, &request.source))?
        {
            let report = Report::unchanged(request, held, &generation.record);
            return Ok(Prepared::Unchanged(Box::new(report)));
        }
        let limits = demands.read_limits();
        let files = read::unpack(files, &limits)?;
        let rows = read::open(request.format, read_as.category, files, limits)?;
        let mut list = keying::key(rows, &request.source, demands.bounds.entries_max)?;
        if let Some(said) = said {
            said.stand_for(&request.source, &mut list)?;
        }
        let mut report = Report::of(request, &list, tier);
        let active = delta::active_rows(&self.store, &request.source);
        let delta = between(active, list.records)?;
        report.count(&delta, held.is_some(), &list.tickers);
        let overridden = gates::Evidence {
            holds_secrets: list.faults.contains_key(Fault::PrivateKey.name()),
            source: &request.source,
            digest: request.digest,
            read_as: &read_as,
            tier,
            basis: seed_of(before),
            terms: &demands.terms_of(&request.source),
            delta: &delta,
            entries: list.entries,
            tickers: &list.tickers,
            dates: (
                held.and_then(|held| held.published_on),
                list.facts.published_on,
            ),
            is_known: held.is_some(),
            not_whole: list.not_whole.as_ref().map(ToString::to_string),
        }
        .pass(request.approval.as_ref())?;
        let publication = Publication {
            source: request.source.clone(),
            tier,
            digest: request.digest,
            read_as,
            published_on: list.facts.published_on,
            retrieved_at: request.retrieved_at,
            confirmed_at: None,
            held_since: held.map_or(request.retrieved_at, |held| held.held_since),
            origin: request.origin,
            entries: list.entries,
            incomplete: list.is_incomplete,
            licence: list.facts.licence,
        };
        Ok(Prepared::Changed(Box::new(PreparedChange {
            report,
            delta,
            publication,
            overridden,
        })))
    }
}

/// The config's word comes first. Without it a source keeps the tier it
/// came with, or is given a heavier one; a lighter one takes the config.
fn tier_of(
    demands: &Demands,
    request: &Request,
    held: Option<&Publication>,
) -> Result<Tier, ImportError> {
    let configured = demands.terms_of(&request.source).tier;
    let known = configured.or(held.map(|held| held.tier));
    match (known, request.tier) {
        (Some(known), Some(given)) if known != given => {
            let heavier = configured.is_none() && given < known && known != Tier::Operator;
            heavier
                .then_some(given)
                .ok_or_else(|| ImportError::TierDisagrees {
                    source_id: request.source.clone(),
                    known,
                    given,
                })
        }
        (Some(tier), _) | (None, Some(tier)) => Ok(tier),
        (None, None) => Ok(Tier::Attributed),
    }
}

/// Refuses what no publication of its own may be.
fn admit(demands: &Demands, request: &Request, said: Option<&Said>) -> Result<(), ImportError> {
    if said.is_none() {
        demands.signed_only.check(&request.source)?;
    }
    // What is really listed must never look like a test.
    if request.source.as_str() == test_address::SOURCE {
        return Err(ImportError::KeptForTests(request.source.clone()));
    }
    // A bundle carries them as it carries every other source.
    let is_own = OperatorList::of(&request.source).is_some();
    if is_own && said.is_none() {
        return Err(ImportError::KeptByHand(request.source.clone()));
    }
    Ok(())
}
