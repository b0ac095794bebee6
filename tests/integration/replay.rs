//! Five years of OFAC's real additions and removals, one publication a day
//! of change, and what was listed on any day of them.

use std::collections::{BTreeMap, BTreeSet};

use super::harness::{Daemon, Upload, block_on, confirmation, own_csv, queries, v1};

const DELTAS: &str = include_str!("../fixtures/lists/deltas_2022-2026.tsv");

/// Ticker and address, as published.
type Listed = (String, String);

struct Step {
    date: String,
    adds: bool,
    listed: Listed,
    /// Columns of the row beside them: subject, program, uid.
    about: [String; 3],
}

fn steps() -> Vec<Step> {
    let rows = DELTAS.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        Step {
            date: cells[0].to_owned(),
            adds: cells[1] == "add",
            listed: (cells[2].to_owned(), cells[3].to_owned()),
            about: [cells[4], cells[5], cells[6]].map(str::to_owned),
        }
    });
    rows.collect()
}

/// The set after each day of change, by the dumbest replay there is.
fn history(steps: &[Step]) -> BTreeMap<String, BTreeMap<Listed, [String; 3]>> {
    let mut current: BTreeMap<Listed, [String; 3]> = BTreeMap::new();
    let mut days = BTreeMap::new();
    for step in steps {
        if step.adds {
            current.insert(step.listed.clone(), step.about.clone());
        } else {
            current.remove(&step.listed);
        }
        days.insert(step.date.clone(), current.clone());
    }
    days
}

fn publication(date: &str, set: &BTreeMap<Listed, [String; 3]>) -> Upload {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let rows: Vec<String> = set
        .iter()
        .map(|((ticker, address), [subject, program, uid])| {
            // One name a row: a `;` would separate several.
            let subject = subject.replace(';', ",");
            let program = program.replace(", ", ";");
            [ticker, address, &subject, &program, uid]
                .map(|cell| quoted(cell))
                .join(",")
        })
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let mut csv = format!("# published: {date}\n");
    csv.push_str(&own_csv(
        "ticker,address,subjects,programs,subject_id",
        &rows,
    ));
    Upload::of("ofac-sdn")
        .tier(v1::Tier::Sanctions)
        .retrieved_at(&format!("{date}T12:00:00Z"))
        .file("list.csv", csv)
}

/// Asks about every address as of a day, and returns what was in force.
fn listed_on(daemon: &Daemon, addresses: &[String], day: &str) -> BTreeSet<Listed> {
    let mut listed = BTreeSet::new();
    for some in addresses.chunks(500) {
        let request = v1::ScreenAddressesRequest {
            queries: queries(some),
            moment: Some(v1::Moment {
                as_of: day.to_owned(),
                ..v1::Moment::default()
            }),
            ..v1::ScreenAddressesRequest::default()
        };
        let answered = block_on(daemon.screening().screen_addresses(request));
        for outcome in answered.expect("the daemon answers").into_inner().outcomes {
            let active = outcome.matches.into_iter().filter(|found| found.active);
            listed.extend(active.map(|found| (found.published_ticker, found.published_address)));
        }
    }
    listed
}

#[test]
fn law_5_what_was_listed_on_a_day_is_what_was_published_until_then() {
    let daemon = Daemon::empty().start();
    let days = history(&steps());
    let mut approved = 0;
    for (date, set) in &days {
        let upload = publication(date, set);
        let report = match daemon.try_import(&upload) {
            Ok(report) => report,
            Err(refused) => {
                approved += 1;
                daemon.import(&upload.approve(&confirmation(&refused)))
            }
        };
        assert!(report.changed, "{date}");
    }
    assert_eq!(days.len(), 55);
    // Tornado Cash's removal is legitimate, and wants a person's word.
    assert!(approved >= 1, "the mass delisting needs a word");
    let addresses: BTreeSet<String> = days
        .values()
        .flat_map(|set| set.keys().map(|(_, address)| address.clone()))
        .collect();
    let addresses: Vec<String> = addresses.into_iter().collect();
    let dates: Vec<&String> = days.keys().collect();
    let mut asked = 0;
    for pair in dates.windows(2).step_by(3) {
        // The day of a publication, and the last one before the next.
        let eve = day_before(pair[1]);
        let moments = [pair[0].clone(), eve];
        for day in moments.iter().filter(|day| *day >= pair[0]) {
            let expected: BTreeSet<Listed> = days[pair[0]].keys().cloned().collect();
            let found = listed_on(&daemon, &addresses, day);
            let differ: Vec<_> = found.symmetric_difference(&expected).collect();
            assert!(
                differ.is_empty(),
                "{day}: {} differ, {:?}",
                differ.len(),
                differ.first()
            );
            asked += 1;
        }
    }
    assert!(asked >= 30, "{asked} days were asked about");
}

fn day_before(date: &str) -> String {
    let day: jiff::civil::Date = date.parse().expect("a date");
    day.yesterday().expect("a day before").to_string()
}
