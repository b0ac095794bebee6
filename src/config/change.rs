//! What a new configuration changes in a daemon that serves.
//!
//! [`Config::reloaded`] goes through every value there is, so that somebody
//! who adds one has to say which kind it is: taken over at once, or only by a
//! restart. Names are told and never values, which may be secrets.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::access::Known;
use crate::audit::AppendError;
use crate::freshness::Requirements;
use crate::list::SourceId;
use crate::policy::Policy;
use crate::screening::Rules;
use crate::sync::fetch::ClientError;

use super::{Config, ConfigError, Limits};

/// What is different, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Taken over at once.
    pub live: Vec<String>,
    /// Left as it was until a restart.
    pub needs_restart: Vec<String>,
}

/// A configuration that was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reloaded {
    /// What changed.
    pub changes: Changes,
    /// SHA-256 of the file before, if there was one.
    pub before: Option<[u8; 32]>,
    /// And of the one that was read.
    pub after: Option<[u8; 32]>,
    /// Names the policy and the requirements that are in force now.
    pub policy_version: [u8; 8],
}

/// Why a configuration is not taken over. Nothing has changed then.
#[derive(Debug, Error)]
pub enum ReloadError {
    /// There is no file.
    #[error("there is no configuration file to read: start the daemon with --config")]
    NoFile,
    /// The file is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Nobody could be told of alerts.
    #[error("`monitoring.ca_file` is wrong: {0}")]
    Webhooks(#[source] ClientError),
    /// The certificates cannot be used.
    #[error("the certificates cannot be used")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The audit log does not take it.
    #[error("the audit log does not take the change, and nothing is changed without it")]
    NotRecorded(#[from] AppendError),
}

/// Reads the configuration anew, for whoever is named; all of it is taken
/// over that can be, or nothing.
pub type Reload = Arc<dyn Fn(&str) -> Result<Reloaded, ReloadError> + Send + Sync>;

impl Changes {
    fn take<T: PartialEq>(&mut self, name: &str, held: &mut T, next: T) {
        if *held != next {
            self.live.push(name.to_owned());
            *held = next;
        }
    }

    fn keep<T: PartialEq>(&mut self, name: &str, held: &T, next: &T) {
        if held != next {
            self.needs_restart.push(name.to_owned());
        }
    }
}

impl Config {
    /// Returns the rules that screenings are judged by.
    pub fn rules(&self) -> Rules {
        let tests = self.test_addresses.enabled;
        Rules::new(self.requirements.clone(), self.policy, tests)
    }

    /// Returns what is in force once another configuration is taken over, and
    /// what that changes. What needs a restart stays as it is.
    #[expect(clippy::too_many_lines, reason = "every value there is, once")]
    pub fn reloaded(&self, next: Self) -> (Self, Changes) {
        let mut now = self.clone();
        let mut changes = Changes::default();
        changes.sources(self, &next);
        // Everything there is: what is added here must be given a place.
        let Self {
            data_dir,
            listen,
            listeners,
            http_hosts,
            workers,
            runtime,
            drain,
            log,
            false_positive_rate,
            requirements,
            policy,
            terms,
            feeds,
            second_person,
            trust,
            signed_only,
            backups_dir,
            audit,
            file_digest,
            monitoring,
            tracing,
            limits,
            test_addresses,
            tls,
            plaintext_on_network,
            access,
        } = next;
        changes.requirements(&self.requirements, &requirements);
        changes.policy(&mut now.policy, policy);
        (now.requirements, now.terms, now.feeds) = (requirements, terms, feeds);
        now.file_digest = file_digest;
        changes.take(
            "operator.second_person",
            &mut now.second_person,
            second_person,
        );
        changes.take("bundles", &mut now.trust, trust);
        let all = signed_only.all;
        changes.take("bundles.require_signed", &mut now.signed_only.all, all);
        now.signed_only = signed_only;
        changes.take("log.filter", &mut now.log.filter, log.filter);
        let watched = &mut now.monitoring;
        changes.take("monitoring", &mut watched.terms, monitoring.terms);
        changes.take(
            "monitoring.ca_file",
            &mut watched.ca_file,
            monitoring.ca_file,
        );
        changes.take("webhooks", &mut watched.webhooks, monitoring.webhooks);
        changes.take("test_addresses", &mut now.test_addresses, test_addresses);
        changes.limits(&mut now.limits, limits);
        // Who proves nothing may do everything where only this machine asks:
        // that is for the listeners there are, and not those to come.
        let anonymous = access.anonymous;
        let elsewhere = (self.listen, &self.listeners) != (listen, &listeners);
        let kept = if elsewhere {
            // What is taken away is taken away at once.
            self.access.anonymous.both(anonymous)
        } else {
            anonymous
        };
        changes.keep("access.anonymous", &kept, &anonymous);
        let access = Known {
            anonymous: kept,
            ..access
        };
        changes.take("access", &mut now.access, access);

        changes.keep("tracing", &self.tracing, &tracing);
        changes.keep("data_dir", &self.data_dir, &data_dir);
        changes.keep("listen", &self.listen, &listen);
        changes.keep("admin.listen", &self.listeners.admin, &listeners.admin);
        changes.keep("http.listen", &self.listeners.http, &listeners.http);
        changes.keep("http.hosts", &self.http_hosts, &http_hosts);
        changes.keep(
            "metrics.listen",
            &self.listeners.metrics,
            &listeners.metrics,
        );
        let names = &self.plaintext_on_network;
        changes.keep("tls", &self.tls, &tls);
        changes.keep(
            "tls.allow_plaintext_on_network",
            names,
            &plaintext_on_network,
        );
        changes.keep("workers", &self.workers, &workers);
        changes.keep("runtime", &self.runtime, &runtime);
        changes.keep("drain", &self.drain, &drain);
        changes.keep("log.format", &self.log.json, &log.json);
        let rate = &self.false_positive_rate;
        changes.keep("filter.false_positive_rate", rate, &false_positive_rate);
        changes.keep("backups.dir", &self.backups_dir, &backups_dir);
        changes.keep("audit", &self.audit, &audit);
        (now, changes)
    }
}

impl Changes {
    /// Sources that are new, gone, or other than they were.
    fn sources(&mut self, before: &Config, next: &Config) {
        let named = |config: &Config| -> BTreeSet<SourceId> {
            let rules = config.requirements.sources.iter();
            rules.map(|rule| rule.source.clone()).collect()
        };
        for source in named(before).union(&named(next)) {
            let of = |config: &Config| {
                let rule = config.requirements.rule(source).cloned();
                let terms = config.terms.get(source).cloned();
                let mut feeds = config.feeds.iter();
                let feed = feeds.find(|feed| feed.source == *source).cloned();
                let signed = config.signed_only.sources.contains(source);
                (rule, terms, feed, signed)
            };
            if of(before) != of(next) {
                self.live.push(format!("sources.{source}"));
            }
        }
    }

    fn requirements(&mut self, before: &Requirements, next: &Requirements) {
        let ages = [before.sanctions_max_age, next.sanctions_max_age];
        let accepted = [before.accept_bundled, next.accept_bundled];
        if ages[0] != ages[1] {
            self.live.push("freshness.sanctions_max_age".to_owned());
        }
        if accepted[0] != accepted[1] {
            self.live.push("freshness.accept_bundled".to_owned());
        }
    }

    fn policy(&mut self, held: &mut Policy, next: Policy) {
        let Policy {
            sanctions,
            law_enforcement,
            attributed,
            operator,
            delisted,
            related,
            other_tag,
            indeterminate,
        } = next;
        self.take("policy.sanctions", &mut held.sanctions, sanctions);
        let enforcement = &mut held.law_enforcement;
        self.take("policy.law_enforcement", enforcement, law_enforcement);
        self.take("policy.attributed", &mut held.attributed, attributed);
        self.take("policy.operator", &mut held.operator, operator);
        self.take("policy.delisted", &mut held.delisted, delisted);
        self.take("policy.related", &mut held.related, related);
        self.take("policy.other_tag", &mut held.other_tag, other_tag);
        self.take(
            "policy.indeterminate",
            &mut held.indeterminate,
            indeterminate,
        );
    }

    /// One is read at each import; the rest is built into what serves.
    fn limits(&mut self, held: &mut Limits, next: Limits) {
        let entries = &mut held.import_entries_max;
        self.take(
            "limits.import_entries_max",
            entries,
            next.import_entries_max,
        );
        self.keep("limits", held, &next);
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.live.as_slice() {
            [] => f.write_str("nothing changed")?,
            live => write!(f, "changed: {}", live.join(", "))?,
        }
        match self.needs_restart.as_slice() {
            [] => Ok(()),
            names => write!(f, "; as before until a restart: {}", names.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(before: &str, after: &str) -> (Config, Changes) {
        let parsed = |text| Config::parse(text).expect("it parses");
        parsed(before).reloaded(parsed(after))
    }

    #[test]
    fn the_same_changes_nothing() {
        let text = "drain = \"1s\"\n[[sources]]\nid = \"a\"\ntier = \"ATTRIBUTED\"\n";
        let (now, changes) = changes(text, text);
        assert_eq!(changes, Changes::default());
        assert_eq!(now, Config::parse(text).expect("it parses"));
        assert_eq!(changes.to_string(), "nothing changed");
    }

    #[test]
    fn each_key_is_taken_over_or_named() {
        let source = "[[sources]]\nid = \"a\"\ntier = \"ATTRIBUTED\"\n";
        let live = [
            (
                "[policy.attributed]\ndirect = \"BLOCK\"",
                "policy.attributed",
            ),
            (
                "[policy]\nindeterminate = \"BLOCK\"",
                "policy.indeterminate",
            ),
            (
                "[freshness]\nsanctions_max_age = \"1d\"",
                "freshness.sanctions_max_age",
            ),
            (
                "[freshness]\naccept_bundled = false",
                "freshness.accept_bundled",
            ),
            (source, "sources.a"),
            ("[operator]\nsecond_person = true", "operator.second_person"),
            ("[log]\nfilter = \"debug\"", "log.filter"),
            ("[monitoring]\nmembers_max = 7", "monitoring"),
            ("[test_addresses]\nenabled = true", "test_addresses"),
            (
                "[limits]\nimport_entries_max = 7",
                "limits.import_entries_max",
            ),
        ];
        for (text, name) in live {
            let (now, changes) = changes("", text);
            assert_eq!(changes.live, [name], "{text}");
            assert!(changes.needs_restart.is_empty(), "{text}");
            assert_eq!(now, Config::parse(text).expect("it parses"), "{text}");
        }
        let restart = [
            ("data_dir = \"/x\"", "data_dir"),
            ("listen = \"127.0.0.1:1\"", "listen"),
            ("[admin]\nlisten = \"off\"", "admin.listen"),
            ("[http]\nlisten = \"off\"", "http.listen"),
            ("[metrics]\nlisten = \"off\"", "metrics.listen"),
            ("workers = 3", "workers"),
            ("runtime = \"work-stealing\"", "runtime"),
            ("drain = \"3s\"", "drain"),
            ("[log]\nformat = \"json\"", "log.format"),
            (
                "[filter]\nfalse_positive_rate = 0.01",
                "filter.false_positive_rate",
            ),
            ("[backups]\ndir = \"/x\"", "backups.dir"),
            ("[audit]\ndurability = \"strict\"", "audit"),
            ("[limits]\nconnections_max = 7", "limits"),
        ];
        for (text, name) in restart {
            let (now, changes) = changes("", text);
            assert_eq!(changes.needs_restart, [name], "{text}");
            assert!(changes.live.is_empty(), "{text}");
            assert_eq!(now, Config::default(), "{text}");
        }
    }

    #[test]
    fn a_source_that_is_gone_or_asked_otherwise_is_named() {
        let a = "[[sources]]\nid = \"a\"\ntier = \"ATTRIBUTED\"\n";
        let aged = format!("{a}max_age = \"1d\"\n");
        let b = a.replace("\"a\"", "\"b\"");
        assert_eq!(changes(a, "").1.live, ["sources.a"]);
        assert_eq!(changes(a, &aged).1.live, ["sources.a"]);
        assert_eq!(changes(a, &b).1.live, ["sources.a", "sources.b"]);
        // In another order they are the same.
        let (one, other) = (format!("{a}{b}"), format!("{b}{a}"));
        assert_eq!(changes(&one, &other).1, Changes::default());
    }
}
