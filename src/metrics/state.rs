//! The order of the page: what happened, then how things stand.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Unit;

use crate::readiness::Standing;

use super::Source;
use super::calls::Counted;
use super::edge::Attempts;
use super::page::{BYTES, Labels, Page, SECONDS, only, perhaps};
use super::process::Process;

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Source")
    }
}

impl Collector for Source {
    fn encode(&self, encoder: DescriptorEncoder) -> fmt::Result {
        let mut page = Page { encoder };
        let version = env!("CARGO_PKG_VERSION").to_owned();
        page.info(
            "interdict_build",
            "The build that serves",
            &vec![("version", version)],
        )?;
        self.readiness(&mut page)?;
        self.screenings(&mut page)?;
        self.filter(&mut page)?;
        calls(&mut page)?;
        front(&mut page)?;
        operators(&mut page)?;
        self.generation(&mut page)?;
        self.sources(&mut page)?;
        self.syncs(&mut page)?;
        self.log(&mut page)?;
        self.store(&mut page)?;
        self.watched(&mut page)?;
        process(&mut page)
    }
}

fn label(name: &'static str, value: impl ToString) -> Labels {
    vec![(name, value.to_string())]
}

impl Source {
    fn readiness(&self, page: &mut Page<'_>) -> fmt::Result {
        let standing = self.overview.readiness().standing;
        let standings =
            Standing::ALL.map(|each| (label("state", each), u64::from(each == standing)));
        let (threads, stuck) = (self.pulses)();
        page.gauge(
            ("interdict_readiness", None),
            "1 for the state that /readyz answers with",
            standings,
        )?;
        page.gauge(
            ("interdict_serving_threads", None),
            "Serving threads",
            only(threads as u64),
        )?;
        page.gauge(
            ("interdict_serving_threads_stuck", None),
            "Serving threads that stand still",
            only(stuck as u64),
        )
    }

    fn screenings(&self, page: &mut Page<'_>) -> fmt::Result {
        let counts = self.overview.screener().counts();
        let conclusions = counts.conclusions().map(|(verdict, action, count)| {
            let labels = vec![
                ("verdict", verdict.name().to_owned()),
                ("action", action.name().to_owned()),
            ];
            (labels, count)
        });
        page.counter(
            ("interdict_screenings", None),
            "Screenings that were answered, by verdict and action",
            conclusions,
        )?;
        let reasons = counts
            .reasons()
            .map(|(reason, count)| (label("reason", reason.name()), count));
        page.counter(
            ("interdict_screening_reasons", None),
            "Reasons of the screenings that were answered; one may have several",
            reasons,
        )
    }

    fn filter(&self, page: &mut Page<'_>) -> fmt::Result {
        let used = self.overview.screener().counts().filter();
        let asked = used.absent + used.in_vain;
        let observed = if asked == 0 {
            0.0
        } else {
            used.in_vain as f64 / asked as f64
        };
        page.counter(
            ("interdict_filter_absent", None),
            "Keys that the filter said are surely absent",
            only(used.absent),
        )?;
        page.counter(
            ("interdict_filter_in_vain", None),
            "Keys that the filter said may be there and that the store does not hold",
            only(used.in_vain),
        )?;
        let ratios = Some(Unit::Ratios);
        page.gauge(
            ("interdict_filter_false_positive", ratios.clone()),
            "Share of absent keys for which the filter said maybe, since the start",
            only(observed),
        )?;
        let live = self.overview.generation();
        let filter = live.as_ref().map(|generation| &generation.filter);
        page.gauge(
            ("interdict_filter_false_positive_target", ratios),
            "The share it was built for",
            perhaps(filter.map(|filter| filter.rate().get())),
        )?;
        page.gauge(
            ("interdict_filter_keys", None),
            "Keys in the filter: every key ever listed",
            perhaps(filter.map(|filter| filter.keys())),
        )?;
        page.gauge(
            ("interdict_filter_capacity_keys", None),
            "Keys that the filter holds without losing its rate",
            perhaps(filter.map(|filter| filter.capacity())),
        )?;
        page.gauge(
            ("interdict_filter_size", BYTES),
            "Memory of the filter",
            perhaps(filter.map(|filter| filter.bytes())),
        )
    }

    fn generation(&self, page: &mut Page<'_>) -> fmt::Result {
        let live = self.overview.generation();
        let record = live.as_ref().map(|generation| &generation.record);
        page.gauge(
            ("interdict_generation", None),
            "Number of the live generation; 0: none is live",
            only(record.map_or(0, |record| record.number.0)),
        )?;
        page.gauge(
            ("interdict_generation_committed_timestamp", SECONDS),
            "When the live generation was committed",
            perhaps(record.map(|record| record.committed_at.as_second())),
        )?;
        page.gauge(
            ("interdict_entries", None),
            "Active entries of the live generation",
            only(record.map_or(0, |record| record.entries())),
        )
    }

    fn sources(&self, page: &mut Page<'_>) -> fmt::Result {
        let sources = self.overview.sources();
        let of = |source: &crate::list::SourceId| label("source", source);
        let flag = |said: fn(&crate::readiness::SourceStanding) -> bool| {
            sources
                .iter()
                .map(move |source| (of(&source.source), u64::from(said(source))))
        };
        page.gauge(
            ("interdict_source_present", None),
            "1 if the source has a publication",
            flag(|source| source.present),
        )?;
        page.gauge(
            ("interdict_source_required", None),
            "1 if NOT_LISTED depends on the source",
            flag(|source| source.required),
        )?;
        page.gauge(
            ("interdict_source_stale", None),
            "1 if the source is older than it may be",
            flag(|source| source.stale),
        )?;
        page.gauge(
            ("interdict_source_incomplete", None),
            "1 if the source lacks addresses that its publisher listed",
            flag(|source| source.incomplete),
        )?;
        let present = || sources.iter().filter(|source| source.present);
        page.gauge(
            ("interdict_source_entries", None),
            "Entries of the publication that is held",
            present().map(|source| (of(&source.source), source.entries)),
        )?;
        page.gauge(
            ("interdict_source_age", SECONDS),
            "How long ago the publication was last known to be current",
            present().map(|source| (of(&source.source), source.age.as_secs())),
        )?;
        let current = present().filter_map(|source| Some((of(&source.source), source.current_at?)));
        page.gauge(
            ("interdict_source_success_timestamp", SECONDS),
            "When the publication was last known to be current: its last success",
            current,
        )?;
        let limits = sources.iter().filter_map(|source| {
            let max_age = source.max_age?;
            Some((of(&source.source), max_age.as_secs()))
        });
        page.gauge(
            ("interdict_source_max_age", SECONDS),
            "How old the source may become; no sample: any age",
            limits,
        )
    }

    fn syncs(&self, page: &mut Page<'_>) -> fmt::Result {
        let syncs = self.overview.syncs();
        let of = |status: &crate::sync::Status| label("source", &status.feed.source);
        page.gauge(
            ("interdict_sync_failures", None),
            "Failed attempts to fetch the source since the last that succeeded",
            syncs
                .iter()
                .map(|status| (of(status), u64::from(status.state.failures))),
        )?;
        let at = |when: fn(&crate::sync::Status) -> Option<jiff::Timestamp>| {
            syncs
                .iter()
                .filter_map(move |status| Some((of(status), when(status)?.as_second())))
        };
        page.gauge(
            ("interdict_sync_attempt_timestamp", SECONDS),
            "When the source was last asked for",
            at(|status| status.state.last_attempt),
        )?;
        page.gauge(
            ("interdict_sync_success_timestamp", SECONDS),
            "When the source was last fetched or found unchanged",
            at(|status| status.state.last_success),
        )?;
        page.gauge(
            ("interdict_sync_due_timestamp", SECONDS),
            "When the source is asked for next",
            at(|status| Some(status.due)),
        )
    }
}

fn calls(page: &mut Page<'_>) -> fmt::Result {
    let calls = super::calls().read();
    let of = |counted: &Counted| {
        vec![
            ("interface", counted.interface.to_owned()),
            ("method", counted.method.clone()),
        ]
    };
    let coded = calls.iter().flat_map(|counted| {
        counted.codes.iter().map(|(code, count)| {
            let mut labels = of(counted);
            labels.push(("code", (*code).to_owned()));
            (labels, *count)
        })
    });
    page.counter(
        ("interdict_calls", None),
        "Calls that ended, by method and gRPC code",
        coded,
    )?;
    page.gauge(
        ("interdict_calls_under_way", None),
        "Calls that have not ended",
        calls.iter().map(|counted| (of(counted), counted.under_way)),
    )?;
    page.durations(
        "interdict_call_duration",
        "From the head of a request to the end of its answer",
        calls
            .iter()
            .map(|counted| (of(counted), counted.took.clone())),
    )
}

fn front(page: &mut Page<'_>) -> fmt::Result {
    let edge = super::edge();
    page.gauge(
        ("interdict_connections_open", None),
        "Connections that are open",
        only(edge.connections_open()),
    )?;
    page.counter(
        ("interdict_connections", None),
        "Connections that were admitted",
        only(edge.connections_opened()),
    )?;
    let named = |key| move |(name, count): (&'static str, u64)| (label(key, name), count);
    page.counter(
        ("interdict_connections_refused", None),
        "Connections that were closed before anything was said on them",
        edge.refusals().map(named("reason")),
    )?;
    page.counter(
        ("interdict_connections_cut", None),
        "Open connections that the daemon ended",
        edge.cuts().map(named("reason")),
    )?;
    page.counter(
        ("interdict_calls_limited", None),
        "Calls that a limit turned away",
        edge.limits().map(named("limit")),
    )?;
    page.gauge(
        ("interdict_certificate_expiry_timestamp", SECONDS),
        "When the daemon's certificate expires; no sample: it has none",
        perhaps(edge.certificate_expiry()),
    )
}

fn operators(page: &mut Page<'_>) -> fmt::Result {
    let edge = super::edge();
    let outcomes = |attempts: Attempts| {
        [
            (label("outcome", "succeeded"), attempts.succeeded),
            (label("outcome", "failed"), attempts.failed),
        ]
    };
    let at =
        |attempts: Attempts| perhaps((attempts.succeeded_at > 0).then_some(attempts.succeeded_at));
    page.counter(
        ("interdict_config_reloads", None),
        "Times the configuration was read again",
        outcomes(edge.reloads()),
    )?;
    page.gauge(
        ("interdict_config_reload_success_timestamp", SECONDS),
        "When the configuration was last read again and taken",
        at(edge.reloads()),
    )?;
    page.counter(
        ("interdict_sweeps", None),
        "Sweeps: every listed key asked for through the live path",
        outcomes(edge.sweeps()),
    )?;
    page.gauge(
        ("interdict_sweep_success_timestamp", SECONDS),
        "When a sweep last found every listed key",
        at(edge.sweeps()),
    )
}

/// By the names that every Prometheus client gives them.
fn process(page: &mut Page<'_>) -> fmt::Result {
    let process = Process::read();
    page.counter(
        ("process_cpu", SECONDS),
        "Processor time of the process",
        perhaps(process.cpu_seconds),
    )?;
    page.gauge(
        ("process_start_time", SECONDS),
        "When the process began",
        perhaps(process.began_at),
    )?;
    let gauges = [
        (
            "process_resident_memory",
            BYTES,
            "Memory of the process",
            process.resident_bytes,
        ),
        (
            "process_virtual_memory",
            BYTES,
            "Address space of the process",
            process.virtual_bytes,
        ),
        (
            "process_threads",
            None,
            "Threads of the process",
            process.threads,
        ),
        (
            "process_open_fds",
            None,
            "Descriptors that are open",
            process.open_descriptors,
        ),
        (
            "process_max_fds",
            None,
            "Descriptors that may be open",
            process.descriptors_max,
        ),
    ];
    for (name, unit, help, value) in gauges {
        page.gauge((name, unit), help, perhaps(value))?;
    }
    Ok(())
}
