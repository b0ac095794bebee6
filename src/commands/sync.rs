//! `sync`: has the daemon fetch lists now, and reports.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::cli::{Output, Sync};
use crate::grpc::v1;
use crate::grpc::v1::sync_sources_response::Step;

use super::client::{self, incomplete, refused};
use super::table::table;
use super::{Failure, names, print, print_json, shown};

/// One could not be fetched.
const FAILED: u8 = 4;

/// One was fetched and refused.
const REFUSED: u8 = 5;

pub(super) async fn run(arguments: Sync) -> Result<ExitCode, Failure> {
    let mut client = client::sync(&arguments.ask.server).await?;
    if arguments.status {
        let answer = client.list_syncs(v1::ListSyncsRequest {}).await;
        let held = answer.map_err(refused)?.into_inner();
        match arguments.ask.output {
            Output::Json => print_json(&statuses_to_json(&held.sources))?,
            Output::Text => print(&statuses_to_text(&held.sources))?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let sources = arguments.sources.iter().map(ToString::to_string).collect();
    let answer = client
        .sync_sources(v1::SyncSourcesRequest { sources })
        .await;
    let mut stream = answer.map_err(refused)?.into_inner();
    let mut bars = Bars::default();
    let mut results = Vec::new();
    while let Some(message) = stream.message().await.map_err(refused)? {
        match message.step {
            Some(Step::Progress(progress)) => bars.show(&message.source, &progress),
            Some(Step::Result(result)) => {
                bars.end(&message.source);
                results.push((message.source, result));
            }
            None => return Err(incomplete("step")),
        }
    }
    bars.clear();
    match arguments.ask.output {
        Output::Json => print_json(&results_to_json(&results))?,
        Output::Text => print(&results_to_text(&results))?,
    }
    Ok(ExitCode::from(exit_code(&results)))
}

type Results = Vec<(String, v1::SyncResult)>;

/// What needs a person comes before what may mend itself.
fn exit_code(results: &Results) -> u8 {
    let any = |wanted: fn(v1::SyncOutcome) -> bool| {
        let mut outcomes = results.iter().map(|(_, result)| result.outcome());
        outcomes.any(wanted)
    };
    if any(|outcome| outcome == v1::SyncOutcome::Refused) {
        return REFUSED;
    }
    let is_current = |outcome| {
        matches!(
            outcome,
            v1::SyncOutcome::Updated | v1::SyncOutcome::Unchanged
        )
    };
    // An outcome that this program does not know is not a success.
    if results
        .iter()
        .all(|(_, result)| is_current(result.outcome()))
    {
        0
    } else {
        FAILED
    }
}

/// How a source is shown while bytes come whose number is known.
const BYTES: &str = "{prefix:24} {bar:24} {bytes}/{total_bytes} {msg} {elapsed}";

/// And while there is nothing to measure.
const WORDS: &str = "{prefix:24} {msg} {elapsed}";

/// A bar for each source, on a terminal only.
#[derive(Default)]
struct Bars {
    all: MultiProgress,
    bars: BTreeMap<String, ProgressBar>,
}

impl Bars {
    fn show(&mut self, source: &str, progress: &v1::SyncProgress) {
        let bar = self
            .bars
            .entry(source.to_owned())
            .or_insert_with(|| self.all.add(bar(source)));
        if progress.bytes_total > 0 {
            bar.set_length(progress.bytes_total);
            bar.set_position(progress.bytes);
            set_style(bar, BYTES);
        } else {
            bar.set_position(progress.bytes);
            set_style(bar, WORDS);
        }
        let message = match progress.phase() {
            v1::SyncPhase::Waiting => "waits for its turn".to_owned(),
            v1::SyncPhase::Fetching if progress.file.is_empty() => "asks".to_owned(),
            v1::SyncPhase::Fetching => shown(&progress.file),
            v1::SyncPhase::Importing => "the daemon is importing".to_owned(),
            v1::SyncPhase::Unspecified => String::new(),
        };
        bar.set_message(message);
    }

    fn end(&mut self, source: &str) {
        if let Some(bar) = self.bars.remove(source) {
            bar.finish_and_clear();
        }
    }

    fn clear(self) {
        for bar in self.bars.values() {
            bar.finish_and_clear();
        }
    }
}

fn bar(source: &str) -> ProgressBar {
    let bar = ProgressBar::no_length().with_prefix(shown(source));
    set_style(&bar, WORDS);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Sets a style that is known to be one.
fn set_style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}

fn trouble_to_json(trouble: Option<&v1::SyncTrouble>) -> Value {
    trouble.map_or(Value::Null, |trouble| {
        json!({
            "name": trouble.name,
            "message": trouble.message,
            "refused": trouble.refused,
        })
    })
}

fn results_to_json(results: &Results) -> Value {
    let sources = results.iter().map(|(source, result)| {
        let report = result.report.as_ref().map(|report| {
            json!({
                "format": report.format,
                "generation": report.generation,
                "publication_digest": const_hex::encode(&report.publication_digest),
                "published_on": (!report.published_on.is_empty()).then_some(&report.published_on),
                "accepted": report.accepted,
                "added": report.added,
                "amended": report.amended,
                "removed": report.removed,
                "rejected": report.rejected,
                "warnings": report.warnings,
            })
        });
        json!({
            "source": source,
            "outcome": names::sync_outcome(result.outcome),
            "bytes": result.bytes,
            "report": report,
            "trouble": trouble_to_json(result.trouble.as_ref()),
        })
    });
    json!({ "sources": sources.collect::<Value>() })
}

fn results_to_text(results: &Results) -> String {
    let rows = results.iter().map(|(source, result)| {
        let report = result.report.as_ref();
        let count = |of: fn(&v1::ImportPublicationResponse) -> u64| {
            report.map_or_else(String::new, |report| of(report).to_string())
        };
        [
            source.clone(),
            names::sync_outcome(result.outcome).to_owned(),
            count(|report| report.accepted),
            count(|report| report.added),
            count(|report| report.removed),
            result.bytes.to_string(),
            count(|report| report.generation),
        ]
    });
    let headings = [
        "source",
        "outcome",
        "entries",
        "added",
        "removed",
        "bytes",
        "generation",
    ];
    let mut words = table(headings, rows);
    for (source, result) in results {
        if let Some(trouble) = &result.trouble {
            words += &format!("{}: {}\n", shown(source), shown(&trouble.message));
        }
        for warning in result.report.iter().flat_map(|report| &report.warnings) {
            words += &format!("{}: warning: {}\n", shown(source), shown(warning));
        }
    }
    words
}

fn statuses_to_json(statuses: &[v1::SyncStatus]) -> Value {
    let sources = statuses.iter().map(status_to_json);
    json!({ "sources": sources.collect::<Value>() })
}

/// How a source stands that is fetched.
pub(super) fn status_to_json(status: &v1::SyncStatus) -> Value {
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    json!({
        "source": status.source,
        "places": status.places,
        "interval_seconds": status.interval_seconds,
        "last_attempt": said(&status.last_attempt),
        "last_success": said(&status.last_success),
        "next_attempt": said(&status.next_attempt),
        "failures": status.failures,
        "trouble": trouble_to_json(status.trouble.as_ref()),
        "phase": (status.phase != 0).then(|| names::sync_phase(status.phase)),
        "licence": said(&status.licence),
    })
}

/// What went wrong with the sources that are not current.
pub(super) fn troubles(statuses: &[v1::SyncStatus]) -> String {
    let mut words = String::new();
    for status in statuses {
        if let Some(trouble) = &status.trouble {
            let (source, failures) = (shown(&status.source), status.failures);
            words += &format!(
                "{source} is not current ({failures} in a row): {}\n",
                shown(&trouble.message)
            );
        }
    }
    words
}

fn statuses_to_text(statuses: &[v1::SyncStatus]) -> String {
    if statuses.is_empty() {
        return "no source has a `preset`, `url` or `path` in the configuration\n".to_owned();
    }
    let rows = statuses.iter().map(|status| {
        let standing = match (&status.trouble, status.phase()) {
            (_, phase) if phase != v1::SyncPhase::Unspecified => names::sync_phase(status.phase),
            (None, _) if status.last_success.is_empty() => "not yet fetched",
            (None, _) => "current",
            (Some(trouble), _) if trouble.refused => "REFUSED",
            (Some(_), _) => "FAILED",
        };
        let said = |text: &str| if text.is_empty() { "never" } else { text }.to_owned();
        [
            status.source.clone(),
            standing.to_owned(),
            said(&status.last_success),
            said(&status.next_attempt),
            names::age(status.interval_seconds),
            status.places.join(" "),
        ]
    });
    let headings = ["source", "", "last current", "next", "every", "from"];
    let mut words = table(headings, rows) + &troubles(statuses);
    for status in statuses.iter().filter(|it| !it.licence.is_empty()) {
        let (source, licence) = (shown(&status.source), shown(&status.licence));
        words += &format!("{source} is given under these terms: {licence}\n");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(outcomes: &[v1::SyncOutcome]) -> Results {
        let result = |outcome: &v1::SyncOutcome| v1::SyncResult {
            outcome: (*outcome).into(),
            ..v1::SyncResult::default()
        };
        outcomes
            .iter()
            .map(|outcome| ("a".to_owned(), result(outcome)))
            .collect()
    }

    #[test]
    fn the_exit_code_is_that_of_what_needs_a_person_most() {
        use v1::SyncOutcome::{Failed, Refused, Unchanged, Unspecified, Updated};
        for (outcomes, code) in [
            (&[Updated, Unchanged][..], 0),
            (&[Updated, Failed], FAILED),
            (&[Failed, Refused, Updated], REFUSED),
            (&[Unspecified], FAILED),
        ] {
            assert_eq!(exit_code(&results(outcomes)), code, "{outcomes:?}");
        }
    }
}
