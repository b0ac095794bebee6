//! `portfolio`: what is watched, and for whom.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::ExitCode;
use std::thread;

use indicatif::ProgressBar;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::cli::{Ask, ImportPortfolio, Output, PortfolioCommand, RemovePortfolio, RowFormat};
use crate::grpc::v1;
use crate::grpc::v1::import_portfolio_request::Part;

use super::client::{self, incomplete, refused};
use super::import::progress_bar;
use super::table::table;
use super::{Failure, names, print, print_json};

/// Rows of one message, and about how many bytes.
const ROWS: usize = 2_000;
const ROW_BYTES: usize = 256 << 10;

/// Longest line of a file.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// Refused rows shown to a person; the report for machines has more.
const ROWS_SHOWN: usize = 20;

pub(super) async fn run(command: PortfolioCommand) -> Result<ExitCode, Failure> {
    match command {
        PortfolioCommand::Import(arguments) => import(arguments).await,
        PortfolioCommand::List(arguments) => list(arguments).await,
        PortfolioCommand::Remove(arguments) => remove(arguments).await,
    }
}

async fn import(arguments: ImportPortfolio) -> Result<ExitCode, Failure> {
    let rows = Rows::open(&arguments)?;
    let mut client = client::monitor(&arguments.ask.server).await?;
    let header = v1::ImportPortfolioHeader {
        name: arguments.name.to_string(),
        add: arguments.add,
        no_initial: arguments.no_initial,
    };
    let progress = rows.progress.clone();
    let (parts, stream) = mpsc::channel(4);
    let upload = thread::spawn(move || send(header, rows, &parts));
    let answer = client.import_portfolio(ReceiverStream::new(stream)).await;
    let sent = upload
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    progress.finish_and_clear();
    // What is wrong with the file comes first: it is why the upload ended.
    let report = match (answer, sent) {
        (_, Err(failure)) => return Err(failure),
        (Ok(answer), Ok(())) => answer.into_inner(),
        (Err(status), Ok(())) => return Err(refused(status)),
    };
    if report.portfolio.is_none() {
        return Err(incomplete("portfolio"));
    }
    match arguments.ask.output {
        Output::Json => print_json(&report_to_json(&report))?,
        Output::Text => print(&report_to_text(&report))?,
    }
    // Somebody has to look at rows that are not watched.
    Ok(ExitCode::from(if report.refused > 0 { 10 } else { 0 }))
}

/// Sends until all is sent or the daemon has heard enough.
fn send(
    header: v1::ImportPortfolioHeader,
    rows: Rows,
    parts: &mpsc::Sender<v1::ImportPortfolioRequest>,
) -> Result<(), Failure> {
    let push = |part| {
        let message = v1::ImportPortfolioRequest { part: Some(part) };
        parts.blocking_send(message).is_ok()
    };
    if !push(Part::Header(header)) {
        return Ok(());
    }
    let progress = rows.progress.clone();
    let (mut sent, mut some, mut bytes) = (0, Vec::new(), 0);
    for row in rows {
        let row = row?;
        sent += 1;
        bytes += row.address.len() + row.network.len() + row.reference.len();
        some.push(row);
        if some.len() >= ROWS || bytes >= ROW_BYTES {
            let rows = std::mem::take(&mut some);
            if !push(Part::Rows(v1::PortfolioRows { rows })) {
                return Ok(());
            }
            bytes = 0;
        }
    }
    if !some.is_empty() && !push(Part::Rows(v1::PortfolioRows { rows: some })) {
        return Ok(());
    }
    progress.set_message("the daemon is importing");
    push(Part::End(v1::ImportPortfolioEnd { rows: sent }));
    Ok(())
}

/// The rows of a file.
struct Rows {
    source: Source,
    name: String,
    progress: ProgressBar,
}

enum Source {
    Csv {
        reader: Box<csv::Reader<Box<dyn Read + Send>>>,
        /// Places of address, network and reference.
        columns: [Option<usize>; 3],
    },
    Ndjson {
        reader: BufReader<Box<dyn Read + Send>>,
        keys: [Option<String>; 3],
        line: u64,
    },
}

impl Rows {
    fn open(arguments: &ImportPortfolio) -> Result<Self, Failure> {
        let path = &arguments.file;
        let name = path.display().to_string();
        let unreadable =
            |error: io::Error| Failure::Refused(format!("cannot read {name}: {error}"));
        let (content, bytes): (Box<dyn Read + Send>, u64) = if path == Path::new("-") {
            (Box::new(io::stdin()), 0)
        } else {
            let file = File::open(path).map_err(unreadable)?;
            let bytes = file.metadata().map_err(unreadable)?.len();
            (Box::new(file), bytes)
        };
        let progress = progress_bar(bytes);
        let content: Box<dyn Read + Send> = Box::new(progress.wrap_read(content));
        let wanted = [
            Some(&arguments.column),
            arguments.network_column.as_ref(),
            arguments.reference_column.as_ref(),
        ];
        let source = match arguments.format.unwrap_or_else(|| format_of(path)) {
            RowFormat::Csv => {
                let mut reader = csv::ReaderBuilder::new()
                    .flexible(true)
                    .from_reader(content);
                let columns = columns(&mut reader, wanted, &name)?;
                Source::Csv {
                    reader: Box::new(reader),
                    columns,
                }
            }
            RowFormat::Ndjson => Source::Ndjson {
                reader: BufReader::new(content),
                keys: wanted.map(|key| key.cloned()),
                line: 0,
            },
        };
        Ok(Self {
            source,
            name,
            progress,
        })
    }
}

fn format_of(path: &Path) -> RowFormat {
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    match ending.to_str() {
        Some("ndjson" | "jsonl" | "json") => RowFormat::Ndjson,
        _ => RowFormat::Csv,
    }
}

/// Finds the columns by the names in the first line.
fn columns(
    reader: &mut csv::Reader<Box<dyn Read + Send>>,
    wanted: [Option<&String>; 3],
    file: &str,
) -> Result<[Option<usize>; 3], Failure> {
    let headers = reader
        .byte_headers()
        .map_err(|error| Failure::Refused(format!("cannot read {file}: {error}")))?;
    let names: Vec<String> = headers
        .iter()
        .map(|name| {
            let name = String::from_utf8_lossy(name);
            name.trim_start_matches('\u{feff}').trim().to_owned()
        })
        .collect();
    let mut places = [None; 3];
    for (place, wanted) in places.iter_mut().zip(wanted) {
        let Some(wanted) = wanted else { continue };
        let found = names.iter().position(|name| name == wanted);
        *place = Some(found.ok_or_else(|| {
            Failure::Refused(format!(
                "{file} has no column `{wanted}`: its first line names {} columns; say which with --column, --network-column and --reference-column",
                names.len()
            ))
        })?);
    }
    Ok(places)
}

impl Iterator for Rows {
    type Item = Result<v1::PortfolioRow, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        let broken = |what: String| Some(Err(Failure::Refused(what)));
        let row = |[address, network, reference]: [String; 3]| v1::PortfolioRow {
            address,
            network,
            reference,
        };
        match &mut self.source {
            Source::Csv { reader, columns } => {
                let mut record = csv::ByteRecord::new();
                match reader.read_byte_record(&mut record) {
                    Ok(false) => None,
                    Ok(true) => {
                        // What is no text reads as nothing, and is refused by
                        // the daemon like any other row.
                        let cell = |place: Option<usize>| {
                            let bytes = place.and_then(|place| record.get(place));
                            String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
                        };
                        Some(Ok(row(columns.map(cell))))
                    }
                    Err(error) => broken(format!("cannot read {}: {error}", self.name)),
                }
            }
            Source::Ndjson { reader, keys, line } => loop {
                let mut text = Vec::new();
                *line += 1;
                let read = reader.take(LINE_BYTES_MAX).read_until(b'\n', &mut text);
                match read {
                    Ok(0) => return None,
                    Ok(_) if text.trim_ascii().is_empty() => {}
                    Ok(_) => {
                        let fields: Result<HashMap<String, Value>, _> =
                            serde_json::from_slice(&text);
                        // The message must not repeat what the line holds.
                        let Ok(fields) = fields else {
                            return broken(format!(
                                "{}:{line} is no JSON object: nothing was imported",
                                self.name
                            ));
                        };
                        let field = |key: &Option<String>| match key
                            .as_ref()
                            .and_then(|key| fields.get(key))
                        {
                            Some(Value::String(text)) => text.clone(),
                            Some(Value::Number(number)) => number.to_string(),
                            _ => String::new(),
                        };
                        return Some(Ok(row([field(&keys[0]), field(&keys[1]), field(&keys[2])])));
                    }
                    Err(error) => return broken(format!("cannot read {}: {error}", self.name)),
                }
            },
        }
    }
}

fn report_to_json(report: &v1::ImportPortfolioResponse) -> Value {
    let faults = report
        .faults
        .iter()
        .map(|fault| json!({"row": fault.row, "reason": fault.reason, "advice": fault.advice}));
    json!({
        "portfolio": report.portfolio.as_ref().map(portfolio_to_json),
        "rows": report.rows,
        "taken": report.taken,
        "refused": report.refused,
        "matched": report.matched,
        "alerted": report.alerted,
        "generation": report.generation,
        "faults": faults.collect::<Value>(),
        "elapsed_ms": report.elapsed_ms,
    })
}

fn report_to_text(report: &v1::ImportPortfolioResponse) -> String {
    let portfolio = report.portfolio.clone().unwrap_or_default();
    let mut words = format!(
        "`{}` watches {} addresses as of generation {}\n",
        portfolio.name, portfolio.members, report.generation
    );
    let figures = [
        ("rows", report.rows),
        ("taken", report.taken),
        ("refused", report.refused),
        ("matched already", report.matched),
        ("alerts raised for", report.alerted),
    ];
    for (name, count) in figures {
        words += &format!("  {name:<20}{count:>11}\n");
    }
    if !report.faults.is_empty() {
        words += "rows that are not watched:\n";
        let rows = report.faults.iter().take(ROWS_SHOWN).map(|fault| {
            [
                fault.row.to_string(),
                fault.reason.clone(),
                fault.advice.clone(),
            ]
        });
        words += &table(["row", "reason", "what to do"], rows);
        if report.refused as usize > ROWS_SHOWN {
            words += "more with --output json\n";
        }
    }
    words += &format!("took {}\n", names::duration(report.elapsed_ms));
    words
}

async fn list(arguments: Ask) -> Result<ExitCode, Failure> {
    let mut client = client::monitor(&arguments.server).await?;
    let answer = client.list_portfolios(v1::ListPortfoliosRequest {}).await;
    let portfolios = answer.map_err(refused)?.into_inner().portfolios;
    match arguments.output {
        Output::Json => print_json(&portfolios.iter().map(portfolio_to_json).collect())?,
        Output::Text if portfolios.is_empty() => print("no portfolio\n")?,
        Output::Text => {
            let rows = portfolios.iter().map(|portfolio| {
                [
                    portfolio.name.clone(),
                    portfolio.members.to_string(),
                    portfolio.refused.to_string(),
                    portfolio.imported_at.clone(),
                    portfolio.generation.to_string(),
                ]
            });
            let headings = [
                "portfolio",
                "members",
                "refused",
                "imported",
                "told up to generation",
            ];
            print(&table(headings, rows))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn portfolio_to_json(portfolio: &v1::Portfolio) -> Value {
    json!({
        "name": portfolio.name,
        "members": portfolio.members,
        "refused": portfolio.refused,
        "created_at": portfolio.created_at,
        "imported_at": portfolio.imported_at,
        "generation": portfolio.generation,
    })
}

async fn remove(arguments: RemovePortfolio) -> Result<ExitCode, Failure> {
    let mut client = client::monitor(&arguments.ask.server).await?;
    let name = arguments.name.to_string();
    let request = v1::RemovePortfolioRequest { name: name.clone() };
    let answer = client.remove_portfolio(request).await.map_err(refused)?;
    let members = answer.into_inner().members;
    match arguments.ask.output {
        Output::Json => print_json(&json!({"name": name, "members": members}))?,
        Output::Text => print(&format!(
            "`{name}` and its {members} addresses are watched no longer\n"
        ))?,
    }
    Ok(ExitCode::SUCCESS)
}
