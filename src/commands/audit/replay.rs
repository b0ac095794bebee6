//! `audit replay`: recorded screenings, done again.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use prost::Message as _;
use serde_json::json;

use crate::audit::Reader;
use crate::audit::record::Record;
use crate::cli::{Output, ReplayRecords};
use crate::config::Config;
use crate::generation::{self, LiveGeneration};
use crate::replay::{Replay, Totals};
use crate::screening::{Difference, Screener};
use crate::server::log_path;

use super::super::{Failure, print, print_json};

/// Screenings that differ are shown up to this number; all are counted.
const SHOWN_MAX: usize = 100;

/// A difference means that the record or the lists are not what they were.
const DIFFERENT: u8 = 5;

/// A screening that differs, to be shown.
struct Found {
    number: u64,
    id: String,
    differences: Vec<Difference>,
}

pub(in super::super) fn run(arguments: &ReplayRecords) -> Result<ExitCode, Failure> {
    let config = match &arguments.config {
        Some(path) => Config::load(path)?,
        None => Config::default(),
    };
    // Before the lists, which may go on in between: what is recorded of a
    // later generation could not be done again.
    let reader = Reader::open(&log_path(&arguments.data_dir)).map_err(Failure::data_directory)?;
    let (_, generation) =
        generation::open_read_only(&arguments.data_dir, config.false_positive_rate)
            .map_err(Failure::data_directory)?;
    let live = Arc::new(LiveGeneration::default());
    if let Some(generation) = generation {
        live.publish(generation);
    }
    let screener = Screener::with_rules(live, config.rules());
    let mut replay = Replay::new(&screener);
    let found = go(&reader, arguments, &mut replay)?;
    let totals = replay.totals();
    match arguments.output {
        Output::Json => print_json(&to_json(totals, &found))?,
        Output::Text => print(&to_text(totals, &found))?,
    }
    Ok(match totals.different {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::from(DIFFERENT),
    })
}

fn go(
    reader: &Reader,
    arguments: &ReplayRecords,
    replay: &mut Replay<'_>,
) -> Result<Vec<Found>, Failure> {
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {human_pos} screenings, {per_sec}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(200));
    let mut found = Vec::new();
    let mut one = |read: crate::audit::Read| {
        let (number, bytes) = read.map_err(Failure::data_directory)?;
        let record = Record::decode(bytes.as_slice())
            .map_err(|error| Failure::other(format!("record {number} does not decode"), error))?;
        let differences = replay.record(&record);
        bar.inc(1);
        if !differences.is_empty() && found.len() < SHOWN_MAX {
            let id = uuid::Uuid::from_slice(&record.id).unwrap_or_default();
            found.push(Found {
                number,
                id: id.to_string(),
                differences,
            });
        }
        Ok::<_, Failure>(())
    };
    let mut records = reader.within(arguments.from, arguments.to);
    records.try_for_each(&mut one)?;
    bar.finish_and_clear();
    Ok(found)
}

fn to_json(totals: &Totals, found: &[Found]) -> serde_json::Value {
    let differences = found.iter().map(|one| {
        let differences = one.differences.iter().map(|difference| {
            json!({
                "what": difference.what,
                "recorded": difference.recorded,
                "found": difference.found,
            })
        });
        json!({
            "number": one.number,
            "screening_id": one.id,
            "differences": differences.collect::<serde_json::Value>(),
        })
    });
    json!({
        "replayed": totals.replayed,
        "different": totals.different,
        "left_out": totals.left_out,
        "generations": totals.generations,
        "differences": differences.collect::<serde_json::Value>(),
    })
}

fn to_text(totals: &Totals, found: &[Found]) -> String {
    let mut words = format!(
        "{} screenings done again, of {} generations: {}\n",
        totals.replayed,
        totals.generations,
        match totals.different {
            0 => "no difference".to_owned(),
            many => format!("{many} DIFFER"),
        }
    );
    for (why, count) in &totals.left_out {
        words += &format!("{count} cannot be done again: {why}\n");
    }
    for one in found {
        words += &format!("record {} ({})\n", one.number, one.id);
        for difference in &one.differences {
            words += &format!("  {difference}\n");
        }
    }
    if totals.different > found.len() as u64 {
        words += &format!("… and {} more\n", totals.different - found.len() as u64);
    }
    words
}
