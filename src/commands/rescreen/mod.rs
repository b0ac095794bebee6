//! `rescreen`: files of addresses in, the same rows with an outcome each out.
//!
//! | file | holds |
//! |---|---|
//! | `plan` | what the command line asks for, checked |
//! | `answer`, `columns`, `tally` | a question and its answer, how it is written, how it is counted |
//! | `local`, `remote`, `basis` | whom to ask, and what the answers rest on |
//! | `input`, `text`, `csv`, `ndjson` | rows in lines |
//! | `parquet`, `cells`, `table_writer` | rows in columns |
//! | `pipeline`, `recorder`, `saved`, `bar` | workers, what they made, and how a run goes on |
//! | `report`, `deadline`, `totals` | what people read |
//!
//! Every row of the input has one answer: what cannot be read as text, as an
//! address or as a date is told and never dropped. A private key that stands
//! in a file passes through its own column and is repeated nowhere else.

mod answer;
mod bar;
mod basis;
mod cells;
mod columns;
mod csv;
mod deadline;
mod input;
mod local;
mod ndjson;
mod parquet;
mod pipeline;
mod plan;
mod recorder;
mod remote;
mod report;
mod saved;
mod table_writer;
mod tally;
mod text;
mod totals;

use std::fs;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::cli::{FileFormat, Output, Rescreen};
use crate::config::Config;

use super::{Failure, print, print_json};

use answer::Judge;
use bar::Bar;
use basis::{Basis, ListUsed, When};
use input::{Chunk, Chunks, Records};
use local::Lists;
use pipeline::{Give, Part};
use plan::Plan;
use recorder::{Concluded, LineWriter, Recorder};
use remote::Daemon;
use saved::{Beside, Saved};
use tally::Tally;
use text::{Lines, Screening, Written};

const REVIEW: u8 = 10;
const BLOCK: u8 = 20;

pub(super) fn run(arguments: Rescreen) -> Result<ExitCode, Failure> {
    let plan = Plan::of(arguments)?;
    let beside = plan.out.clone().map(|out| Beside { out });
    let before = match &beside {
        Some(beside) if plan.restart => {
            drop(recorder::own(&beside.partial())?);
            beside.clear()?;
            None
        }
        Some(beside) => beside.load(&plan.identity)?,
        None => None,
    };
    let when = plan.when(before.as_ref())?;
    let config = match &plan.config {
        Some(path) => Config::load(path)?,
        None => Config::default(),
    };
    let (concluded, used) = match &plan.data_dir {
        Some(data_dir) => {
            let lists = Lists::open(data_dir, &config, &when)?;
            let judges = (0..plan.threads).map(|_| lists.judge()).collect();
            let concluded = screen(&plan, beside.as_ref(), before, lists.basis(), judges)?;
            (concluded, lists.used())
        }
        None => ask(&plan, beside.as_ref(), before, &when)?,
    };
    if let Some(path) = &plan.report {
        let html = report::html(&plan, &concluded, &used);
        fs::write(path, html).map_err(|error| saved::unwritable(path, error))?;
    }
    match plan.output {
        Output::Json => print_json(&totals::json(&concluded.saved))?,
        Output::Text => print(&totals::text(&plan, &concluded.saved))?,
    }
    if let Some(beside) = &beside {
        beside.clear()?;
    }
    Ok(exit_code(&concluded.saved.tally))
}

fn exit_code(tally: &Tally) -> ExitCode {
    ExitCode::from(match tally {
        Tally { block: 1.., .. } => BLOCK,
        Tally { review: 1.., .. } => REVIEW,
        _ => 0,
    })
}

fn ask(
    plan: &Plan,
    beside: Option<&Beside>,
    before: Option<Saved>,
    when: &When,
) -> Result<(Concluded, Vec<ListUsed>), Failure> {
    let mut daemon = Daemon::open(&plan.server, when, plan.threads)?;
    let basis = daemon.basis();
    let used = daemon.used()?;
    let concluded = screen(plan, beside, before, basis, daemon.judges())?;
    Ok((concluded, used))
}

/// Screens every row that has not been, and puts OUT in place.
fn screen(
    plan: &Plan,
    beside: Option<&Beside>,
    before: Option<Saved>,
    basis: Basis,
    judges: Vec<Box<dyn Judge + '_>>,
) -> Result<Concluded, Failure> {
    if let (Some(beside), Some(before)) = (beside, &before) {
        if let Some(what) = basis.differs(&before.basis) {
            return Err(beside.cannot_go_on(&what));
        }
        if before.finished && !beside.partial().exists() && beside.out.exists() {
            return Recorder::<LineWriter<csv::Csv>>::concluded(
                beside,
                before.clone(),
                plan.report.is_some(),
            );
        }
    }
    let run = Run {
        plan,
        beside,
        saved: before
            .clone()
            .unwrap_or_else(|| Saved::new(plan.identity.clone(), basis)),
        resumed: before,
    };
    let asked = plan.asked();
    match plan.format {
        FileFormat::Csv => {
            let (delimiter, has_header) = (plan.delimiter, plan.has_header);
            let (csv, header, inputs) =
                csv::Csv::open(&plan.files, delimiter, has_header, &asked, plan.columns)?;
            run.lines(csv, &header, (inputs, Records::Csv { delimiter }), judges)
        }
        FileFormat::Ndjson => {
            let (ndjson, inputs) = ndjson::Ndjson::open(&plan.files, &asked, plan.columns)?;
            run.lines(ndjson, b"", (inputs, Records::Lines), judges)
        }
        FileFormat::Parquet => {
            let what = (plan.kept, plan.report.is_some());
            let tables = parquet::Tables::open(&plan.files, &asked, plan.columns, what)?;
            run.tables(&tables, judges)
        }
    }
}

/// A run that knows where it begins.
struct Run<'p> {
    plan: &'p Plan,
    beside: Option<&'p Beside>,
    saved: Saved,
    resumed: Option<Saved>,
}

impl Run<'_> {
    fn lines<L: Lines>(
        self,
        lines: L,
        header: &[u8],
        (inputs, records): (Vec<input::Input>, Records),
        judges: Vec<Box<dyn Judge + '_>>,
    ) -> Result<Concluded, Failure> {
        let lines = Arc::new(lines);
        let resumed = self.resumed.as_ref();
        let writer = match self.beside {
            Some(beside) => {
                let writer = LineWriter::open(lines.clone(), beside, header, resumed)?;
                Some((writer, beside.clone()))
            }
            None => None,
        };
        let read = Arc::new(AtomicU64::new(0));
        let input = self
            .plan
            .identity
            .inputs
            .iter()
            .map(|input| input.bytes)
            .sum();
        let bar = Bar::new(input, read.clone(), self.saved.tally.rows);
        let from = (self.saved.file, self.saved.offset);
        let mut chunks = Chunks::new(inputs, records, from, read);
        let screening = Screening {
            lines: &*lines,
            kept: self.plan.kept,
            wants_hits: self.plan.report.is_some(),
        };
        let every = self.plan.checkpoint;
        let wants_hits = screening.wants_hits;
        let mut recorder = Recorder::begin(writer, self.saved, wants_hits, every, bar)?;
        let work = |chunk: Chunk, judge: &mut dyn Judge, give: &mut Give<'_, Written>| {
            give(screening.chunk(&chunk, judge)?);
            Ok(())
        };
        let ended = pipeline::run(|| chunks.next(), judges, work, |part| recorder.take(part));
        concluded(recorder, ended)
    }

    fn tables(
        self,
        tables: &parquet::Tables,
        judges: Vec<Box<dyn Judge + '_>>,
    ) -> Result<Concluded, Failure> {
        let resumed = self.resumed.as_ref();
        let writer = match self.beside {
            Some(beside) => {
                let writer = table_writer::TableWriter::open(tables, beside, resumed)?;
                Some((writer, beside.clone()))
            }
            None => None,
        };
        let taken = Arc::new(AtomicU64::new(self.saved.tally.rows));
        let bar = Bar::new(tables.rows(), taken.clone(), self.saved.tally.rows);
        let units = tables.units((self.saved.file, self.saved.offset));
        // A part is a file of its own, and costs a copy in the end.
        let every = self.plan.checkpoint * 6;
        let mut recorder = Recorder::begin(writer, self.saved, tables.wants_hits, every, bar)?;
        let work =
            |unit: parquet::Unit, judge: &mut dyn Judge, give: &mut Give<'_, parquet::Group>| {
                let before = tables.rows_before(&unit);
                let mut counted = |part: Part<parquet::Group>| {
                    taken.fetch_add(part.tally.rows, Ordering::Relaxed);
                    give(part)
                };
                tables.screen(unit, judge, before, &mut counted)
            };
        let ended = pipeline::run(units, judges, work, |part| recorder.take(part));
        concluded(recorder, ended)
    }
}

/// Ends a run, or leaves as much of it as there is to go on with.
fn concluded<W: recorder::Writer>(
    mut recorder: Recorder<W>,
    ended: Result<(), Failure>,
) -> Result<Concluded, Failure> {
    if let Err(failure) = ended {
        // What went wrong first is what is told.
        let _ = recorder.make_safe();
        return Err(failure);
    }
    recorder.finish()
}
