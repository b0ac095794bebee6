//! What the operator does about a verdict: tier × relation × status → action.
//!
//! A [`Policy`] is a table a person can read in the config file. It is
//! checked when it is made: no row may turn an active sanctions match into
//! `ALLOW`, and what cannot be told may be held or stopped and never waved
//! through.

use thiserror::Error;

use crate::address::TagScope;
use crate::list::Tier;
use crate::verdict::{Action, Findings, Relation};

/// What to do about active matches of one tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TierRules {
    /// The listed account itself.
    pub direct: Action,
    /// Another address of the same key.
    pub same_key: Action,
    /// Another address of the same script.
    pub same_script: Action,
}

/// The table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Active matches of tier `SANCTIONS`.
    pub sanctions: TierRules,
    /// Active matches of tier `LAW_ENFORCEMENT`.
    pub law_enforcement: TierRules,
    /// Active matches of tier `ATTRIBUTED`.
    pub attributed: TierRules,
    /// Active matches of tier `OPERATOR`.
    pub operator: TierRules,
    /// Entries that have come off their list.
    pub delisted: Action,
    /// Active entries of related addresses.
    pub related: Action,
    /// Entries about another customer of an account that many share; at
    /// least `REVIEW` on a sanctions list.
    pub other_tag: Action,
    /// When the lists cannot tell.
    pub indeterminate: Action,
}

/// A row that no policy may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// A sanctions match would pass.
    #[error(
        "`policy.sanctions.{row}` is ALLOW: an active sanctions match can be set to REVIEW or BLOCK"
    )]
    SanctionsFloor {
        /// The row.
        row: &'static str,
    },
    /// What cannot be told would pass.
    #[error("`policy.indeterminate` is ALLOW: it can be set to REVIEW or BLOCK")]
    IndeterminateAllowed,
}

impl Default for Policy {
    fn default() -> Self {
        use Action::{Allow, Block, Review};
        let rules = |direct, same_key, same_script| TierRules {
            direct,
            same_key,
            same_script,
        };
        Self {
            sanctions: rules(Block, Block, Review),
            law_enforcement: rules(Block, Review, Review),
            attributed: rules(Review, Review, Review),
            operator: rules(Block, Review, Review),
            delisted: Allow,
            related: Allow,
            other_tag: Review,
            indeterminate: Review,
        }
    }
}

impl Policy {
    /// Checks the rows that no operator may set freely.
    ///
    /// # Errors
    ///
    /// If an active sanctions match or an indeterminate verdict would pass.
    pub fn checked(self) -> Result<Self, PolicyError> {
        let sanctions = [
            ("direct", self.sanctions.direct),
            ("same_key", self.sanctions.same_key),
            ("same_script", self.sanctions.same_script),
        ];
        for (row, action) in sanctions {
            if action == Action::Allow {
                return Err(PolicyError::SanctionsFloor { row });
            }
        }
        if self.indeterminate == Action::Allow {
            return Err(PolicyError::IndeterminateAllowed);
        }
        Ok(self)
    }

    /// Returns what to do about one match alone. An account listed for one of
    /// its customers is never blocked for the others: a person looks first.
    pub fn about(&self, tier: Tier, relation: Relation, scope: TagScope, active: bool) -> Action {
        let whole = self.about_whole(tier, relation, active);
        match scope {
            TagScope::Covered => whole,
            TagScope::NotSaid => whole.min(Action::Review),
            TagScope::Other if tier == Tier::Sanctions => {
                whole.min(self.other_tag.max(Action::Review))
            }
            TagScope::Other => whole.min(self.other_tag),
        }
    }

    fn about_whole(&self, tier: Tier, relation: Relation, active: bool) -> Action {
        if !active {
            return self.delisted;
        }
        let rules = match tier {
            Tier::Sanctions => self.sanctions,
            Tier::LawEnforcement => self.law_enforcement,
            Tier::Attributed => self.attributed,
            Tier::Operator => self.operator,
        };
        match relation {
            Relation::Direct => rules.direct,
            Relation::SameKey => rules.same_key,
            Relation::SameScript => rules.same_script,
            Relation::Related => self.related,
        }
    }

    /// Tells whether an exemption may let a match of a tier pass: the
    /// sanctions floor.
    pub const fn may_exempt(tier: Tier) -> bool {
        !matches!(tier, Tier::Sanctions)
    }

    /// Returns what to do about a screening: the severest of what its matches
    /// call for, and of what a doubt calls for if there is one. A match on a
    /// list that the operator lets pass never makes a doubt milder.
    pub fn action(&self, findings: &Findings) -> Action {
        let own = match findings.doubts().next() {
            Some(_) => self.indeterminate,
            None => Action::Allow,
        };
        findings
            .matches
            .iter()
            .map(|found| found.action)
            .fold(own, Action::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_table_is_the_documented_one() {
        use Action::{Allow, Block, Review};
        let policy = Policy::default().checked().expect("a sound default");
        let rows = [
            (Tier::Sanctions, [Block, Block, Review, Allow]),
            (Tier::LawEnforcement, [Block, Review, Review, Allow]),
            (Tier::Attributed, [Review, Review, Review, Allow]),
            (Tier::Operator, [Block, Review, Review, Allow]),
        ];
        let relations = [
            Relation::Direct,
            Relation::SameKey,
            Relation::SameScript,
            Relation::Related,
        ];
        for (tier, expected) in rows {
            let about = |relation, active| policy.about(tier, relation, TagScope::Covered, active);
            let actual = relations.map(|relation| about(relation, true));
            assert_eq!(actual, expected, "{tier}");
            assert_eq!(about(Relation::Direct, false), Allow);
        }
        let doubtful = Findings {
            doubts: [crate::verdict::Reason::SourceStale].into_iter().collect(),
            ..Findings::default()
        };
        assert_eq!(policy.action(&doubtful), Review);
        assert_eq!(policy.action(&Findings::default()), Allow);
    }

    #[test]
    fn a_listing_for_one_customer_is_looked_at_and_never_blocked() {
        let about = |policy: &Policy, scope| {
            policy.about(Tier::LawEnforcement, Relation::Direct, scope, true)
        };
        let mut policy = Policy::default();
        assert_eq!(about(&policy, TagScope::Covered), Action::Block);
        assert_eq!(about(&policy, TagScope::NotSaid), Action::Review);
        assert_eq!(about(&policy, TagScope::Other), Action::Review);
        policy.other_tag = Action::Allow;
        assert_eq!(about(&policy, TagScope::Other), Action::Allow);
        assert_eq!(about(&policy, TagScope::NotSaid), Action::Review);
        let sanctioned = policy.about(Tier::Sanctions, Relation::Direct, TagScope::Other, true);
        assert_eq!(sanctioned, Action::Review);
    }

    #[test]
    fn law_10_no_exemption_reaches_a_sanctions_list() {
        let exemptible = Tier::ALL
            .into_iter()
            .filter(|tier| Policy::may_exempt(*tier));
        assert_eq!(
            exemptible.collect::<Vec<_>>(),
            [Tier::LawEnforcement, Tier::Attributed, Tier::Operator]
        );
    }

    #[test]
    fn law_10_the_sanctions_floor_holds() {
        type Row = fn(&mut Policy) -> &mut Action;
        let rows: [Row; 4] = [
            |policy| &mut policy.sanctions.direct,
            |policy| &mut policy.sanctions.same_key,
            |policy| &mut policy.sanctions.same_script,
            |policy| &mut policy.indeterminate,
        ];
        for row in rows {
            let mut policy = Policy::default();
            *row(&mut policy) = Action::Allow;
            assert!(policy.checked().is_err());
            *row(&mut policy) = Action::Review;
            assert!(policy.checked().is_ok());
        }
    }
}
