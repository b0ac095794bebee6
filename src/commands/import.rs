//! `import`: sends a publication's files to the daemon and reports.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::cli::{Import, Output};
use crate::grpc::v1;
use crate::grpc::v1::import_publication_request::Part;
use crate::import::read::Format;

use super::client::{self, refused};
use super::notice::{self, Confirmed};
use super::table::table;
use super::{Failure, names, print, print_json};

const CONTENT_BYTES: usize = 256 << 10;

/// Bad rows shown to a person; the report for machines has more.
const ROWS_SHOWN: usize = 20;

pub(super) async fn run(arguments: Import) -> Result<ExitCode, Failure> {
    let mut files = Vec::new();
    for path in &arguments.files {
        files.push(Upload::open(path)?);
    }
    let retrieved_at = retrieved_at(&arguments, &files).to_string();
    let mut format = arguments.format;
    if format == Some(Format::Notice) {
        let confirmed = notice::confirm(&arguments)?;
        files = vec![Upload::of(confirmed)];
        format = Some(Format::Ndjson);
    }
    let header = v1::ImportHeader {
        source: arguments.source.to_string(),
        tier: arguments
            .tier
            .map_or(v1::Tier::Unspecified, v1::Tier::from)
            .into(),
        format: format.map(|format| format.to_string()).unwrap_or_default(),
        approve: arguments.approve.clone().unwrap_or_default(),
        act: arguments.act(),
        retrieved_at,
        category: v1::Category::Unspecified.into(),
    };
    let mut client = client::lists(&arguments.ask.server).await?;
    let progress = progress_bar(files.iter().map(|file| file.bytes).sum());
    let (parts, stream) = mpsc::channel(4);
    let upload = {
        let progress = progress.clone();
        thread::spawn(move || send(header, files, &parts, &progress))
    };
    let answer = client.import_publication(ReceiverStream::new(stream)).await;
    let sent = upload
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    progress.finish_and_clear();
    // What the daemon said comes first: it ends an upload it refuses.
    let report = match (answer, sent) {
        (Ok(answer), Ok(())) => answer.into_inner(),
        (_, Err(failure)) => return Err(failure),
        (Err(status), Ok(())) => return Err(refused(status)),
    };
    print_report(&report, arguments.ask.output)?;
    Ok(ExitCode::SUCCESS)
}

impl Import {
    /// Who gives the word, where one is given.
    fn act(&self) -> Option<v1::Act> {
        self.approve.as_ref().map(|_| v1::Act {
            author: self.author.clone().unwrap_or_default(),
            reason: self.reason.clone().unwrap_or_default(),
            ticket: self.ticket.clone().unwrap_or_default(),
            approver: String::new(),
        })
    }
}

/// A file on its way to the daemon.
struct Upload {
    name: String,
    content: Box<dyn Read + Send>,
    bytes: u64,
    modified_at: Option<Timestamp>,
}

impl Upload {
    fn open(path: &PathBuf) -> Result<Self, Failure> {
        let unreadable = |error: std::io::Error| {
            Failure::Refused(format!("cannot read {}: {error}", path.display()))
        };
        let content = File::open(path).map_err(unreadable)?;
        let metadata = content.metadata().map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(Failure::Refused(format!("{} is a folder", path.display())));
        }
        let modified_at = metadata
            .modified()
            .ok()
            .and_then(|at| Timestamp::try_from(at).ok());
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(Self {
            name: name.into_owned(),
            content: Box::new(content),
            bytes: metadata.len(),
            modified_at,
        })
    }

    fn of(confirmed: Confirmed) -> Self {
        Self {
            name: confirmed.name,
            bytes: confirmed.content.len() as u64,
            content: Box::new(io::Cursor::new(confirmed.content)),
            modified_at: None,
        }
    }
}

/// A list is as fresh as the day it was fetched, and a file's date is the
/// best witness of that day. Better too old than too fresh.
fn retrieved_at(arguments: &Import, files: &[Upload]) -> Timestamp {
    let now = Timestamp::now();
    let oldest = files.iter().filter_map(|file| file.modified_at).min();
    arguments
        .retrieved
        .unwrap_or_else(|| oldest.unwrap_or(now).min(now))
}

/// Sends until all is sent or the daemon has heard enough.
fn send(
    header: v1::ImportHeader,
    files: Vec<Upload>,
    parts: &mpsc::Sender<v1::ImportPublicationRequest>,
    progress: &ProgressBar,
) -> Result<(), Failure> {
    let push = |part| {
        let message = v1::ImportPublicationRequest { part: Some(part) };
        parts.blocking_send(message).is_ok()
    };
    if !push(Part::Header(header)) {
        return Ok(());
    }
    let mut end = v1::ImportEnd::default();
    for mut file in files {
        end.files += 1;
        let name = file.name.clone();
        if !push(Part::File(v1::ImportFile { name })) {
            return Ok(());
        }
        let sent = send_content(&mut file.content, progress, |content| {
            push(Part::Content(content))
        });
        let sent =
            sent.map_err(|error| Failure::Refused(format!("cannot read {}: {error}", file.name)))?;
        let Some(bytes) = sent else { return Ok(()) };
        end.content_bytes += bytes;
    }
    progress.set_message("the daemon is importing");
    push(Part::End(end));
    Ok(())
}

/// Sends a file piece by piece and returns its length; `None` if the daemon
/// has heard enough before its end.
pub(super) fn send_content(
    file: &mut impl Read,
    progress: &ProgressBar,
    push: impl Fn(Vec<u8>) -> bool,
) -> io::Result<Option<u64>> {
    let mut bytes = 0;
    loop {
        let mut content = vec![0; CONTENT_BYTES];
        let read = file.read(&mut content)?;
        if read == 0 {
            return Ok(Some(bytes));
        }
        content.truncate(read);
        bytes += read as u64;
        progress.inc(read as u64);
        if !push(content) {
            return Ok(None);
        }
    }
}

/// Shown on a terminal only.
pub(super) fn progress_bar(bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes);
    if let Ok(style) =
        ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {msg} {elapsed}")
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar
}

pub(super) fn print_report(
    report: &v1::ImportPublicationResponse,
    output: Output,
) -> Result<(), Failure> {
    match output {
        Output::Json => print_json(&to_json(report)),
        Output::Text => print(&to_text(report)),
    }
}

pub(super) fn to_json(report: &v1::ImportPublicationResponse) -> Value {
    let faults = report
        .faults
        .iter()
        .map(|fault| (fault.reason.clone(), json!(fault.rows)));
    let rows = report.rows.iter().map(|row| {
        json!({
            "file": row.file,
            "line": row.line,
            "reason": row.reason,
            "detail": row.detail,
            "kept": row.kept,
        })
    });
    json!({
        "source": report.source,
        "format": report.format,
        "changed": report.changed,
        "generation": report.generation,
        "generation_digest": const_hex::encode(&report.generation_digest),
        "publication_digest": const_hex::encode(&report.publication_digest),
        "published_on": (!report.published_on.is_empty()).then_some(&report.published_on),
        "accepted": report.accepted,
        "unchanged": report.unchanged,
        "added": report.added,
        "amended": report.amended,
        "removed": report.removed,
        "repeated": report.repeated,
        "rejected": report.rejected,
        "opaque": report.opaque,
        "ticker_disagrees": report.ticker_disagrees,
        "faults": faults.collect::<Value>(),
        "rows": rows.collect::<Value>(),
        "warnings": report.warnings,
        "elapsed_ms": report.elapsed_ms,
    })
}

fn to_text(report: &v1::ImportPublicationResponse) -> String {
    let mut words = if report.changed {
        format!(
            "{} is live as generation {}",
            report.source, report.generation
        )
    } else {
        format!(
            "{} is unchanged; generation {} stays",
            report.source, report.generation
        )
    };
    words += &format!(" ({})\n", const_hex::encode(&report.generation_digest));
    if !report.published_on.is_empty() {
        words += &format!(
            "published {}, read as {}\n",
            report.published_on, report.format
        );
    }
    let figures = [
        ("accepted", report.accepted),
        ("unchanged", report.unchanged),
        ("added", report.added),
        ("amended", report.amended),
        ("removed", report.removed),
        ("repeated", report.repeated),
        ("rejected", report.rejected),
        ("matched by exact text", report.opaque),
        ("ticker disagrees", report.ticker_disagrees),
    ];
    for (name, count) in figures {
        words += &format!("  {name:<22}{count:>9}\n");
    }
    for warning in &report.warnings {
        words += &format!("warning: {warning}\n");
    }
    if !report.rows.is_empty() {
        let counts = report
            .faults
            .iter()
            .map(|fault| format!("{} {}", fault.rows, fault.reason));
        words += &format!(
            "rows to look at: {}\n",
            counts.collect::<Vec<_>>().join(", ")
        );
        let rows = report.rows.iter().take(ROWS_SHOWN).map(|row| {
            let kept = if row.kept { "kept" } else { "left out" };
            let place = format!("{}:{}", row.file, row.line);
            [
                place,
                row.reason.clone(),
                kept.to_owned(),
                row.detail.clone(),
            ]
        });
        words += &table(["where", "reason", "", "what"], rows);
        if report.rows.len() > ROWS_SHOWN {
            words += "more with --output json\n";
        }
    }
    words += &format!("took {}\n", names::duration(report.elapsed_ms));
    words
}
