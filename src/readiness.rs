//! WHETHER THE DAEMON DESERVES TRAFFIC: one judgement for probes, status and
//! metrics.
//!
//! [`Readiness::of`] is pure: facts in, a standing and its causes out.
//! `Failing` means that a `NOT_LISTED` cannot be earned or that nothing is
//! answered at all; `Degraded` that it will come to that unless somebody
//! acts. What is listed is still told as listed while failing, so gRPC health
//! (`server::health`) stays with what can be answered, and this is stricter.

use std::fmt;
use std::time::Duration;

use crate::list::{Origin, SourceId, Tier};

/// From this part of its maximal age on, a required source is about to become
/// stale.
const AGING: f64 = 0.8;

/// Room on the disk of the audit log below which somebody should act: more
/// than a million records fit.
pub const DISK_LOW_BYTES: u64 = 512 << 20;

/// How the daemon stands, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// All is well.
    Ready,
    /// It answers as it should, and will not for long.
    Degraded,
    /// It does not answer, or cannot vouch for an absence.
    Failing,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 3] = [Self::Ready, Self::Degraded, Self::Failing];

    /// Returns the name used in probes and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::Failing => "failing",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Why the daemon does not stand better.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// How bad it is.
    pub standing: Standing,
    /// A short stable name: `SOURCE_STALE`.
    pub name: &'static str,
    /// One sentence for people.
    pub message: String,
}

/// How the daemon stands, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// The worst of the causes.
    pub standing: Standing,
    /// Worst first; none if it is ready.
    pub causes: Vec<Cause>,
}

/// How a source stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceStanding {
    /// Its id.
    pub source: SourceId,
    /// Its weight.
    pub tier: Tier,
    /// `NOT_LISTED` depends on it.
    pub required: bool,
    /// It has a publication.
    pub present: bool,
    /// Entries of that.
    pub entries: u64,
    /// How long ago it was last known to be current; zero if it is not there.
    pub age: Duration,
    /// When that was, in seconds since 1970; `None` if it is not there.
    pub current_at: Option<i64>,
    /// How old it may become; `None`: any age.
    pub max_age: Option<Duration>,
    /// It is older than that.
    pub stale: bool,
    /// It lacks addresses that its publisher listed.
    pub incomplete: bool,
    /// Where it comes from; `None` if it is not there.
    pub origin: Option<Origin>,
}

/// What the judgement rests on.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// A stop was asked for.
    pub stopping: bool,
    /// A verified generation is live.
    pub live: bool,
    /// The lists cannot vouch for an absence, for whatever reason.
    pub doubtful: bool,
    /// The sources, those that are required and missing among them.
    pub sources: &'a [SourceStanding],
    /// The audit log did not take what was last written.
    pub log_refuses: bool,
    /// Bytes left on its disk, if that can be told.
    pub log_disk_bytes: Option<u64>,
}

impl Readiness {
    /// Judges.
    pub fn of(facts: Facts<'_>) -> Self {
        let mut causes = Vec::new();
        let mut say = |standing, name, message: &str| {
            causes.push(Cause {
                standing,
                name,
                message: message.to_owned(),
            });
        };
        if facts.stopping {
            let words = "the daemon is stopping";
            say(Standing::Failing, "STOPPING", words);
        }
        if facts.log_refuses {
            let words = "the audit log takes no record, and nothing is answered without one: look at its disk";
            say(Standing::Failing, "AUDIT_LOG_REFUSES", words);
        }
        if !facts.live {
            let words =
                "no verified generation is live: nothing is answered until a list is imported";
            say(Standing::Failing, "NO_GENERATION", words);
        }
        for source in facts.sources.iter().filter(|source| source.required) {
            if let Some((standing, name, message)) = about(source) {
                say(standing, name, &message);
            }
        }
        if facts.live && facts.doubtful && !said_of_sources(&causes) {
            let words =
                "the clock of this machine is behind the lists it holds, so no age can be trusted";
            causes.push(Cause {
                standing: Standing::Failing,
                name: "CLOCK_BEHIND",
                message: words.to_owned(),
            });
        }
        if let Some(left) = facts.log_disk_bytes.filter(|left| *left < DISK_LOW_BYTES) {
            causes.push(Cause {
                standing: Standing::Degraded,
                name: "AUDIT_DISK_LOW",
                message: format!(
                    "the disk of the audit log has {} MiB left: make room before it is full",
                    left >> 20
                ),
            });
        }
        causes.sort_by_key(|cause| std::cmp::Reverse(cause.standing));
        Self {
            standing: causes
                .first()
                .map_or(Standing::Ready, |cause| cause.standing),
            causes,
        }
    }
}

fn said_of_sources(causes: &[Cause]) -> bool {
    causes
        .iter()
        .any(|cause| cause.standing == Standing::Failing && cause.name.starts_with("SOURCE_"))
}

/// What is wrong with a required source, if anything is.
fn about(source: &SourceStanding) -> Option<(Standing, &'static str, String)> {
    let id = &source.source;
    if !source.present {
        let words = format!("the required source {id} has no publication: import it");
        return Some((Standing::Failing, "SOURCE_MISSING", words));
    }
    if source.stale {
        let words = format!(
            "the required source {id} is {} old and may be {}: NOT_LISTED is not answered until it is current",
            hours(source.age),
            hours(source.max_age.unwrap_or_default()),
        );
        return Some((Standing::Failing, "SOURCE_STALE", words));
    }
    if source.incomplete {
        let words = format!(
            "the required source {id} lacks addresses that its publisher listed: import it whole"
        );
        return Some((Standing::Failing, "SOURCE_INCOMPLETE", words));
    }
    let max_age = source.max_age?;
    let nears = source.age >= max_age.mul_f64(AGING);
    nears.then(|| {
        let words = format!(
            "the required source {id} is {} old and may be {}: bring it up to date",
            hours(source.age),
            hours(max_age),
        );
        (Standing::Degraded, "SOURCE_AGING", words)
    })
}

fn hours(age: Duration) -> String {
    match age.as_secs() {
        seconds @ 0..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
#[path = "readiness_tests.rs"]
mod tests;
