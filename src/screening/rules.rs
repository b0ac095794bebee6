//! What a screening is judged by: what the operator demands of the lists, and
//! advises about what they say.
//!
//! One value, replaced as a whole: a screening pins it beside the generation,
//! so that none sees half of a change. Records name it by the first bytes of
//! its description's SHA-256.

use std::fmt::Write as _;

use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

use crate::freshness::Requirements;
use crate::list::{SourceId, Tier};
use crate::policy::Policy;
use crate::store::GenerationRecord;

use super::utc_date;

/// What a screening is judged by.
#[derive(Debug, Clone)]
pub struct Rules {
    pub(super) requirements: Requirements,
    pub(super) policy: Policy,
    pub(super) test_addresses: bool,
    description: String,
    /// Names it in records.
    version: [u8; 8],
}

impl Rules {
    /// Binds what is demanded to what is advised. `test_addresses`: those are
    /// answered as such (see [`crate::test_address`]).
    pub fn new(requirements: Requirements, policy: Policy, test_addresses: bool) -> Self {
        let mut description = described(&policy, &requirements);
        if test_addresses {
            description.push_str("test_addresses = true\n");
        }
        Self {
            version: version_of(&description),
            requirements,
            policy,
            test_addresses,
            description,
        }
    }

    /// Returns what the sources must be for an absence to count.
    pub fn requirements(&self) -> &Requirements {
        &self.requirements
    }

    /// Returns what the operator demands and advises, as a table a person can
    /// read.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Returns the name that records have for it.
    pub fn version(&self) -> [u8; 8] {
        self.version
    }

    /// The weight of a source: as configured, else as held; and sanctions
    /// stay sanctions, whichever of the two says so.
    pub(super) fn tier(&self, source: &SourceId, held: Tier) -> Tier {
        match self.requirements.rule(source) {
            Some(rule) if held != Tier::Sanctions => rule.tier,
            _ => held,
        }
    }

    /// An address that had come off its list before we held it is unknown to
    /// us, so an absence on such a day cannot be vouched for.
    pub(super) fn is_before_history(&self, day: Date, record: &GenerationRecord) -> bool {
        record
            .publications
            .iter()
            .filter(|held| self.requirements.requires(held))
            .any(|held| day < utc_date(held.held_since))
    }
}

/// Names a policy: the first eight bytes of its description's SHA-256.
fn version_of(description: &str) -> [u8; 8] {
    let digest: [u8; 32] = Sha256::digest(description.as_bytes()).into();
    let [a, b, c, d, e, f, g, h, ..] = digest;
    [a, b, c, d, e, f, g, h]
}

fn described(policy: &Policy, requirements: &Requirements) -> String {
    let mut words = String::new();
    let mut line = |name: &str, value: &dyn std::fmt::Display| {
        // Writing to a string does not fail.
        let _ = writeln!(words, "{name} = {value}");
    };
    let tiers = [
        ("sanctions", policy.sanctions),
        ("law_enforcement", policy.law_enforcement),
        ("attributed", policy.attributed),
        ("operator", policy.operator),
    ];
    for (tier, rules) in tiers {
        line(&format!("policy.{tier}.direct"), &rules.direct);
        line(&format!("policy.{tier}.same_key"), &rules.same_key);
        line(&format!("policy.{tier}.same_script"), &rules.same_script);
    }
    line("policy.delisted", &policy.delisted);
    line("policy.related", &policy.related);
    line("policy.other_tag", &policy.other_tag);
    line("policy.indeterminate", &policy.indeterminate);
    let seconds = |age: Option<std::time::Duration>| match age {
        Some(age) => format!("{} s", age.as_secs()),
        None => "any".to_owned(),
    };
    line(
        "sanctions_max_age",
        &seconds(requirements.sanctions_max_age),
    );
    line("accept_bundled", &requirements.accept_bundled);
    for rule in &requirements.sources {
        let name = format!("source.{}", rule.source);
        line(&format!("{name}.tier"), &rule.tier);
        line(&format!("{name}.required"), &rule.required);
        line(&format!("{name}.max_age"), &seconds(rule.max_age));
    }
    words
}
