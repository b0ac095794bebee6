//! What the daemon measures, and that dashboards, alerts and documentation
//! speak of nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::{Daemon, Scrape, evm, evms, get, interdict, v1};

const RONIN: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";

/// A private key, as people paste them. Its account is empty.
const KEY: &str = "5KJvsngHeMpm884wtkJNzQGaCErckhHJBGFsvd3VyK5qMZXj3hS";

/// Does something of everything.
fn active() -> Daemon {
    let daemon = Daemon::with_bundled_lists().start();
    daemon.screen(RONIN);
    daemon.screen(&evm(7));
    daemon.screen(KEY);
    daemon.try_screen_all(&evms(100..120)).expect("it answers");
    daemon.import_text("ours", &evms(0..3));
    let nothing = daemon.try_screen_at(
        "x",
        v1::Moment {
            generation: 99,
            ..Default::default()
        },
    );
    nothing.expect_err("there is no such generation");
    daemon
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names of metrics in a text: words that begin as ours do.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    words
        .filter(|word| word.starts_with("interdict_") || word.starts_with("process_"))
        .map(str::to_owned)
        .collect()
}

/// Every expression in a dashboard, wherever it stands.
fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    ("expr" | "query" | "definition", Value::String(text)) => {
                        found.push(text.clone());
                    }
                    _ => expressions(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| expressions(item, found)),
        _ => {}
    }
}

#[track_caller]
fn all_exist(place: &str, names: &BTreeSet<String>, scrape: &Scrape) {
    let unknown: Vec<_> = names
        .iter()
        .filter(|name| !scrape.names.contains_key(*name))
        .collect();
    assert!(unknown.is_empty(), "{place} names {unknown:?}");
    assert!(!names.is_empty(), "{place} names none");
}

#[test]
fn dashboard_and_alerts_name_only_metrics_that_are_there() {
    let scrape = active().scrape();
    let dashboard: Value = serde_json::from_str(&read("deploy/grafana/interdict.json"))
        .expect("the dashboard is JSON");
    let mut found = Vec::new();
    expressions(&dashboard, &mut found);
    assert!(found.len() >= 20, "{}", found.len());
    all_exist("the dashboard", &named(&found.join("\n")), &scrape);
    let rules = read("deploy/prometheus/interdict.rules.yml");
    let expressions: String = rules
        .lines()
        .skip_while(|line| !line.contains("groups:"))
        .filter(|line| !line.trim_start().starts_with(['#', '-']) || line.contains("expr"))
        .map(|line| format!("{line}\n"))
        .collect();
    let mut names = named(&expressions);
    // Recording rules name what they make.
    names.retain(|name| !name.contains(':'));
    all_exist("the rules", &names, &scrape);
}

#[test]
fn every_metric_is_documented_and_nothing_else_is() {
    let scrape = active().scrape();
    let page = read("docs/observability.md");
    let documented: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.split(['`', '{']).next())
        .filter(|name| name.starts_with("interdict_") || name.starts_with("process_"))
        .map(str::to_owned)
        .collect();
    let base = |name: &String| match scrape.names[name].as_str() {
        "histogram" => name
            .trim_end_matches("_bucket")
            .trim_end_matches("_sum")
            .trim_end_matches("_count")
            .to_owned(),
        _ => name.clone(),
    };
    let exported: BTreeSet<String> = scrape.names.keys().map(base).collect();
    let missing: Vec<_> = exported.difference(&documented).collect();
    assert!(
        missing.is_empty(),
        "docs/observability.md lacks {missing:?}"
    );
    let made_up: Vec<_> = documented.difference(&exported).collect();
    assert!(made_up.is_empty(), "docs/observability.md has {made_up:?}");
}

#[test]
fn every_alert_has_its_runbook_and_every_runbook_its_alert() {
    let rules = read("deploy/prometheus/interdict.rules.yml");
    let alerts: BTreeSet<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    let page = read("docs/observability.md");
    let runbooks: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("### Interdict"))
        .collect();
    let alerts: BTreeSet<&str> = alerts
        .iter()
        .map(|name| name.strip_prefix("Interdict").expect("ours"))
        .collect();
    assert!(alerts.len() >= 10);
    assert_eq!(alerts, runbooks);
}

#[test]
fn what_is_counted_is_what_was_answered() {
    let daemon = active();
    let scrape = daemon.scrape();
    let conclusion = |verdict: &str, action: &str| {
        scrape.value(&format!(
            "interdict_screenings_total{{verdict=\"{verdict}\",action=\"{action}\"}}"
        ))
    };
    assert_eq!(conclusion("LISTED", "BLOCK"), 1.0);
    assert_eq!(conclusion("NOT_LISTED", "ALLOW"), 21.0);
    assert_eq!(scrape.sum("interdict_screenings_total"), 23.0);
    let reason = scrape.value("interdict_screening_reasons_total{reason=\"PRIVATE_KEY\"}");
    assert_eq!(reason, 1.0);
    let calls = |method: &str, code: &str| {
        scrape.value(&format!(
            "interdict_calls_total{{interface=\"grpc\",method=\"{method}\",code=\"{code}\"}}"
        ))
    };
    assert_eq!(calls("ScreeningService/ScreenAddress", "OK"), 3.0);
    assert_eq!(calls("ScreeningService/ScreenAddresses", "OK"), 1.0);
    assert_eq!(calls("ListService/ImportPublication", "OK"), 1.0);
    let took = "interdict_call_duration_seconds_count{interface=\"grpc\",method=\"ScreeningService/ScreenAddress\"}";
    assert_eq!(scrape.value(took), 4.0);
    assert!(scrape.value("interdict_filter_absent_total") >= 21.0);
    let entries = "interdict_source_entries{source=\"ours\"}";
    assert_eq!(scrape.value(entries), 3.0);
    let (live, _) = daemon.live();
    assert_eq!(scrape.value("interdict_generation"), live as f64);
    assert_eq!(scrape.value("interdict_readiness{state=\"ready\"}"), 1.0);
    assert!(scrape.value("interdict_audit_records_total") >= 23.0);
    assert!(scrape.value("interdict_connections_open") >= 1.0);
    assert!(scrape.value("process_resident_memory_bytes") > 1e6);
}

#[test]
fn what_was_sent_is_in_no_label() {
    let daemon = active();
    let text = daemon.scrape().text;
    for sent in [KEY, RONIN, &evm(7), "127.0.0.1"] {
        assert!(!text.contains(sent), "{sent}");
    }
    let bound = text.lines().count();
    assert!(bound < 2_000, "{bound} lines");
}

#[test]
fn both_texts_are_served_by_what_is_asked_for() {
    let daemon = Daemon::with_bundled_lists().start();
    let open = get(
        daemon.metrics_url(),
        "application/openmetrics-text; version=1.0.0",
    );
    assert!(
        open.head
            .contains("content-type: application/openmetrics-text; version=1.0.0")
    );
    assert!(open.body.ends_with("# EOF\n"));
    assert!(open.body.contains("# TYPE interdict_screenings counter"));
    let plain = get(daemon.metrics_url(), "*/*");
    assert!(
        plain
            .head
            .contains("content-type: text/plain; version=0.0.4")
    );
    assert!(
        plain
            .body
            .contains("# TYPE interdict_screenings_total counter")
    );
    assert!(!plain.body.contains("# EOF"));
}

#[test]
fn promtool_finds_nothing_to_complain_of_where_it_is_installed() {
    let rules = repository("deploy/prometheus/interdict.rules.yml");
    let tests = repository("deploy/prometheus/interdict.tests.yml");
    for (what, file) in [("check", &rules), ("test", &tests)] {
        let ran = std::process::Command::new("promtool")
            .args([what, "rules"])
            .arg(file)
            .output();
        match ran {
            Err(_) => eprintln!("promtool is not installed: the rules are not checked"),
            Ok(ran) => assert!(
                ran.status.success(),
                "{}{}",
                String::from_utf8_lossy(&ran.stdout),
                String::from_utf8_lossy(&ran.stderr)
            ),
        }
    }
}

#[test]
fn a_command_reads_the_same_numbers() {
    let daemon = active();
    let ran = interdict(["status", "--server", daemon.url(), "--output", "json"]);
    let status = ran.expect_code(0).json();
    assert_eq!(status["screenings"]["answered"], 23);
    assert_eq!(status["screenings"]["listed"], 1);
}
