//! The totals of a run, for people and for machines.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::shown;
use super::plan::Plan;
use super::saved::Saved;
use super::text::Kept;

/// Names of each kind that a person is shown.
const NAMES_SHOWN: usize = 10;

pub(super) fn json(saved: &Saved) -> Value {
    let tally = &saved.tally;
    json!({
        "rows": tally.rows,
        "listed": tally.listed,
        "not_listed": tally.not_listed,
        "indeterminate": tally.indeterminate,
        "allow": tally.allow,
        "review": tally.review,
        "block": tally.block,
        "unchanged": tally.unchanged,
        "changes": tally.changes,
        "unscreened": tally.unscreened.iter().map(|(reason, some)| {
            (reason.clone(), json!({ "rows": some.rows, "examples": some.examples }))
        }).collect::<serde_json::Map<_, _>>(),
        "sources": tally.sources,
        "programs": tally.programs,
        "incidents": tally.incidents,
        "generation": saved.basis.generation,
        "generation_digest": saved.basis.digest,
        "judged_at": saved.basis.at,
        "as_of": saved.basis.as_of,
        "since_generation": saved.basis.since,
        "doubts": saved.basis.doubts,
    })
}

pub(super) fn text(plan: &Plan, saved: &Saved) -> String {
    let tally = &saved.tally;
    let mut words = format!("{} rows screened\n", tally.rows);
    let mut line = |name: &str, rows: u64| words += &format!("  {name:<14} {rows}\n");
    line("LISTED", tally.listed);
    line("NOT_LISTED", tally.not_listed);
    line("INDETERMINATE", tally.indeterminate);
    line("for REVIEW", tally.review);
    line("for BLOCK", tally.block);
    if plan.kept == Kept::Changed {
        line("unchanged", tally.unchanged);
        for (change, rows) in &tally.changes {
            line(change, *rows);
        }
    }
    for (reason, some) in &tally.unscreened {
        let rows: Vec<_> = some.examples.iter().take(3).map(u64::to_string).collect();
        words += &format!(
            "  could not be screened: {reason}, {} rows, such as row {}\n",
            some.rows,
            rows.join(", ")
        );
    }
    words += &named("source", &tally.sources);
    words += &named("program", &tally.programs);
    words += &named("incident", &tally.incidents);
    let basis = &saved.basis;
    words += &format!(
        "  asked {}: generation {} ({})",
        basis.asked, basis.generation, basis.digest
    );
    if let Some(at) = &basis.at {
        words += &format!(", judged at {at}");
    }
    if let Some(day) = &basis.as_of {
        words += &format!(", as of {day}");
    }
    words += "\n";
    if !basis.doubts.is_empty() {
        words += &format!(
            "  the lists vouch for no absence: {}\n",
            basis.doubts.join(", ")
        );
    }
    if let Some(out) = &plan.out {
        words += &format!("  written to {}\n", out.display());
    }
    words
}

fn named(kind: &str, counts: &BTreeMap<String, u64>) -> String {
    let mut most: Vec<_> = counts.iter().collect();
    most.sort_by_key(|(name, rows)| (std::cmp::Reverse(**rows), *name));
    let shown_lines = most
        .iter()
        .take(NAMES_SHOWN)
        .map(|(name, rows)| format!("  {kind:<9} {}: {rows}\n", shown(name)));
    let mut words: String = shown_lines.collect();
    if most.len() > NAMES_SHOWN {
        words += &format!("  {kind:<9} and {} more\n", most.len() - NAMES_SHOWN);
    }
    words
}
