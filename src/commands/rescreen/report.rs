//! The report for people: one HTML file that needs nothing else.
//!
//! It has no script, loads nothing, follows the reader's light or dark, and
//! prints. Whatever comes from a list, a file or the command line is escaped.
//! It says what the lists say, and never more than that.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write as _};

use jiff::Timestamp;

use crate::screening::utc_date;

use super::super::names;
use super::basis::{Basis, ListUsed};
use super::deadline;
use super::plan::Plan;
use super::recorder::Concluded;
use super::saved::Saved;
use super::tally::{HITS_MAX, Hit, HitMatch, Tally};
use super::text::Kept;

const STYLE: &str = include_str!("report.css");

/// Rows of a table of counts.
const COUNTS_MAX: usize = 500;

/// Text from outside, made safe.
struct Escaped<'t>(&'t str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // What could move the reader's eye elsewhere.
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => f.write_char('\u{fffd}')?,
                control if control.is_control() => f.write_char(' ')?,
                plain => f.write_char(plain)?,
            }
        }
        Ok(())
    }
}

/// Writes the report.
pub(super) fn html(plan: &Plan, concluded: &Concluded, used: &[ListUsed]) -> String {
    let now = Timestamp::now();
    let saved = &concluded.saved;
    let body = [
        summary(&saved.tally, plan),
        deadline_of(&saved.tally, now),
        run(plan, saved, now),
        lists(used, &saved.basis),
        counts("Listed rows by source", &saved.tally.sources),
        counts("Listed rows by program", &saved.tally.programs),
        counts("Listed rows by incident", &saved.tally.incidents),
        unscreened(&saved.tally),
        hits(&concluded.hits, &saved.tally),
    ];
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Rescreen report, {now:.0}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>Rescreen report</h1>\n{}</body>\n</html>\n",
        body.concat()
    )
}

fn summary(tally: &Tally, plan: &Plan) -> String {
    let mut facts = vec![
        ("Rows screened", tally.rows),
        ("LISTED", tally.listed),
        ("NOT_LISTED", tally.not_listed),
        ("INDETERMINATE", tally.indeterminate),
        ("For BLOCK", tally.block),
        ("For REVIEW", tally.review),
    ];
    if plan.kept == Kept::Changed {
        facts.push(("Unchanged", tally.unchanged));
    }
    let mut words = "<section>\n<h2>Totals</h2>\n<dl class=\"totals\">\n".to_owned();
    for (name, rows) in facts {
        let _ = writeln!(words, "<div><dt>{name}</dt><dd>{rows}</dd></div>");
    }
    for (change, rows) in &tally.changes {
        let name = Escaped(change);
        let _ = writeln!(words, "<div><dt>Now {name}</dt><dd>{rows}</dd></div>");
    }
    words
        + "</dl>\n<p class=\"note\">NOT_LISTED means: not on the lists named below, in the state named below. It says nothing else about an address.</p>\n</section>\n"
}

fn deadline_of(tally: &Tally, now: Timestamp) -> String {
    if tally.block == 0 {
        return String::new();
    }
    let today = utc_date(now);
    let due = deadline::due(today);
    format!(
        "<section class=\"deadline\">\n<h2>Deadline</h2>\n<p>{} rows are for BLOCK. Under 31 CFR 501.603, property that is blocked is reported to OFAC within 10 business days from the date it becomes blocked. Counted from the date of this report, {today}, that is <strong>{due}</strong>. Blocking itself starts the clock: where property was blocked earlier, the deadline is earlier. Saturdays, Sundays and federal holidays are not counted.</p>\n</section>\n",
        tally.block
    )
}

fn run(plan: &Plan, saved: &Saved, now: Timestamp) -> String {
    let basis = &saved.basis;
    let mut rows = vec![
        ("Report written", format!("{now:.0}")),
        ("Run begun", saved.begun_at.clone()),
        (
            "Program",
            concat!("interdict ", env!("CARGO_PKG_VERSION")).to_owned(),
        ),
        ("Asked", basis.asked.clone()),
        (
            "Generation",
            format!("{} ({} entries)", basis.generation, basis.entries),
        ),
        ("Generation digest", basis.digest.clone()),
    ];
    let more = [
        (
            "Generation committed",
            Some(basis.committed_at.clone()).filter(|at| !at.is_empty()),
        ),
        ("Judged by the clock of", basis.at.clone()),
        ("As of", basis.as_of.clone()),
        ("As of, in each row", plan.date_column.clone()),
        (
            "Compared with generation",
            basis.since.map(|number| number.to_string()),
        ),
        (
            "Digest of policy and requirements",
            Some(basis.rules.clone()).filter(|rules| !rules.is_empty()),
        ),
        (
            "Speaks against the lists",
            (!basis.doubts.is_empty()).then(|| basis.doubts.join(", ")),
        ),
        ("Address column", Some(plan.column.clone())),
        ("Network column", plan.network_column.clone()),
        (
            "Written to",
            plan.out.as_ref().map(|out| out.display().to_string()),
        ),
    ];
    rows.extend(
        more.into_iter()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    let mut words = "<section>\n<h2>What was run</h2>\n<table class=\"facts\">\n".to_owned();
    for (name, value) in rows {
        let _ = writeln!(
            words,
            "<tr><th>{name}</th><td>{}</td></tr>",
            Escaped(&value)
        );
    }
    words += "</table>\n<table>\n<thead><tr><th>File</th><th>Bytes</th><th>BLAKE3 of the first MiB</th></tr></thead>\n<tbody>\n";
    for input in &saved.identity.inputs {
        let path = input.path.display().to_string();
        let _ = writeln!(
            words,
            "<tr><td>{}</td><td class=\"number\">{}</td><td class=\"code\">{}</td></tr>",
            Escaped(&path),
            input.bytes,
            input.head
        );
    }
    words + "</tbody>\n</table>\n" + audit(plan) + "</section>\n"
}

fn audit(plan: &Plan) -> &'static str {
    match plan.data_dir {
        Some(_) => {
            "<p class=\"note\">The lists were read from a data directory: no daemon was asked, and nothing was appended to a daemon's audit log. Generation, digest and instant make the run repeatable.</p>\n"
        }
        None => {
            "<p class=\"note\">A daemon was asked; what it records of screenings is in its own log.</p>\n"
        }
    }
}

fn lists(used: &[ListUsed], basis: &Basis) -> String {
    let mut words = "<section>\n<h2>Lists used</h2>\n<table>\n<thead><tr><th>Source</th><th>Tier</th><th>Entries</th><th>Published</th><th>Retrieved</th><th>Age</th><th>Digest</th></tr></thead>\n<tbody>\n".to_owned();
    for list in used {
        let bundled = match list.bundled {
            true => " (bundled starter list)",
            false => "",
        };
        let _ = writeln!(
            words,
            "<tr><td>{}{bundled}</td><td>{}</td><td class=\"number\">{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"code\">{}</td></tr>",
            Escaped(&list.source),
            Escaped(&list.tier),
            list.entries,
            Escaped(&list.published_on),
            Escaped(&list.retrieved_at),
            names::age(list.age_seconds),
            Escaped(&list.digest),
        );
    }
    words += "</tbody>\n</table>\n";
    if !basis.doubts.is_empty() {
        words += "<p class=\"warning\">These lists do not vouch for an absence: a row that no entry matches is INDETERMINATE.</p>\n";
    }
    words + "</section>\n"
}

fn counts(title: &str, counts: &BTreeMap<String, u64>) -> String {
    if counts.is_empty() {
        return String::new();
    }
    let mut most: Vec<_> = counts.iter().collect();
    most.sort_by_key(|(name, rows)| (std::cmp::Reverse(**rows), *name));
    let mut words = format!(
        "<section>\n<h2>{title}</h2>\n<table>\n<thead><tr><th>Name</th><th>Rows</th></tr></thead>\n<tbody>\n"
    );
    for (name, rows) in most.iter().take(COUNTS_MAX) {
        let name = Escaped(name);
        let _ = writeln!(
            words,
            "<tr><td>{name}</td><td class=\"number\">{rows}</td></tr>"
        );
    }
    words += "</tbody>\n</table>\n";
    if most.len() > COUNTS_MAX {
        let _ = writeln!(
            words,
            "<p class=\"note\">and {} more</p>",
            most.len() - COUNTS_MAX
        );
    }
    words + "</section>\n"
}

/// Why rows could not be screened. Their text is not repeated: it may be what
/// nobody should see.
fn unscreened(tally: &Tally) -> String {
    let mut words = "<section>\n<h2>What could not be screened</h2>\n".to_owned();
    if tally.unscreened.is_empty() {
        return words
            + "<p>Every row was read strictly, against lists that vouch for an absence.</p>\n</section>\n";
    }
    words += "<p>A row that could not be screened is INDETERMINATE, which is neither listed nor not listed.</p>\n<table>\n<thead><tr><th>Reason</th><th>Rows</th><th>Such as rows</th></tr></thead>\n<tbody>\n";
    for (reason, some) in &tally.unscreened {
        let examples: Vec<String> = some.examples.iter().map(u64::to_string).collect();
        let _ = writeln!(
            words,
            "<tr><td class=\"code\">{}</td><td class=\"number\">{}</td><td>{}</td></tr>",
            Escaped(reason),
            some.rows,
            examples.join(", ")
        );
    }
    words + "</tbody>\n</table>\n</section>\n"
}

fn hits(hits: &[Hit], tally: &Tally) -> String {
    let mut words = "<section>\n<h2>Hits and their evidence</h2>\n".to_owned();
    if hits.is_empty() {
        return words + "<p>No row is listed.</p>\n</section>\n";
    }
    for hit in hits {
        words += &one_hit(hit);
    }
    let all = tally.listed.max(tally.changes.values().sum());
    let shown = hits.len() as u64;
    if all > shown {
        let _ = writeln!(
            words,
            "<p class=\"warning\">The first {HITS_MAX} hits are shown; {} more are in the rows that were written.</p>",
            all - shown
        );
    }
    words + "</section>\n"
}

fn one_hit(hit: &Hit) -> String {
    let mut words = format!(
        "<article>\n<h3>Row {}: <span class=\"code\">{}</span> <span class=\"action\">{}</span></h3>\n",
        hit.row,
        Escaped(&hit.text),
        Escaped(&hit.action),
    );
    let mut facts = vec![
        ("Read as", hit.canonical.as_str()),
        ("Because", &hit.reasons),
    ];
    facts.extend(hit.change.as_deref().map(|change| ("Change", change)));
    words += &facts_table(&facts);
    for found in &hit.matches {
        words += &one_match(found);
    }
    let more = (hit.matches_total as usize).saturating_sub(hit.matches.len());
    if more > 0 {
        let _ = writeln!(words, "<p class=\"note\">and {more} more entries</p>");
    }
    words + "</article>\n"
}

fn one_match(found: &HitMatch) -> String {
    let state = match found.active {
        true => "in force",
        false => "no longer in force",
    };
    let entry = format!(
        "{} ({}, {state}), {}, {}",
        found.source, found.tier, found.category, found.relation
    );
    facts_table(&[
        ("Entry", entry.as_str()),
        ("Why", &found.why),
        ("Subjects", &found.subjects),
        ("Programs", &found.programs),
        ("Incident", &found.incident),
        ("Listed as", &found.listed_as),
        ("Listed on", &found.listed_on),
        ("Came off on", &found.delisted_on),
        ("Reference", &found.reference),
        ("Entry id", &found.entry_id),
    ])
}

fn facts_table(facts: &[(&str, &str)]) -> String {
    let mut words = "<table class=\"facts\">\n".to_owned();
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(words, "<tr><th>{name}</th><td>{}</td></tr>", Escaped(value));
    }
    words + "</table>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hostile() -> String {
        "<script>alert(1)</script>\" onload='x' & \u{202e}evil\u{0}".to_owned()
    }

    #[test]
    fn whatever_comes_from_outside_is_escaped() {
        let hit = Hit {
            row: 7,
            text: hostile(),
            canonical: hostile(),
            action: hostile(),
            reasons: hostile(),
            change: Some(hostile()),
            matches: vec![HitMatch {
                active: true,
                relation: hostile(),
                why: hostile(),
                source: hostile(),
                tier: hostile(),
                category: hostile(),
                subjects: hostile(),
                programs: hostile(),
                incident: hostile(),
                listed_as: hostile(),
                listed_on: hostile(),
                delisted_on: hostile(),
                reference: hostile(),
                entry_id: hostile(),
            }],
            matches_total: 3,
        };
        let mut tally = Tally {
            listed: 2,
            ..Tally::default()
        };
        tally.sources.insert(hostile(), 1);
        tally.changes.insert(hostile(), 1);
        tally.unscreened.insert(hostile(), Default::default());
        let words = [
            hits(&[hit], &tally),
            counts("x", &tally.sources),
            unscreened(&tally),
        ]
        .concat();
        assert!(words.contains("&lt;script&gt;") && words.contains("1 more are in the rows"));
        for raw in ["<script", "onload='x'", "\u{202e}", "\u{0}"] {
            assert!(!words.contains(raw), "{raw:?}");
        }
    }

    #[test]
    fn nothing_is_ever_called_clean() {
        let tally = Tally::default();
        let words = [unscreened(&tally), hits(&[], &tally)]
            .concat()
            .to_lowercase();
        for word in ["clean", "safe", "clear"] {
            assert!(!words.contains(word), "{word}");
        }
    }
}
