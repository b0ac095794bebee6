//! `audit export`: records as a table, for those who look through many.

mod row;
mod table;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use prost::Message as _;

use crate::audit::record::Record;
use crate::audit::{Reader, Selection, reference_hash};
use crate::cli::{ExportFormat, ExportRecords, VerdictName};
use crate::grpc::v1;
use crate::server::log_path;
use crate::verdict::{Action, Verdict};

use super::super::client::{self, incomplete, refused};
use super::super::{Failure, ask};
use table::Table;

pub(in super::super) fn run(arguments: &ExportRecords) -> Result<ExitCode, Failure> {
    let format = format_of(arguments)?;
    let partial = arguments.output.as_deref().map(partial_path);
    let file = partial.as_deref().map(create).transpose()?;
    let written = |source: std::io::Error| Failure::other("cannot write the export", source);
    let mut table = Table::begin(format, file).map_err(written)?;
    let mut take = |number: u64, record: &Record| table.write(number, record).map_err(written);
    match &arguments.place.data_dir {
        Some(data_dir) => from_files(data_dir, arguments, &mut take)?,
        None => ask(from_daemon(arguments, take)).map(|_| ())?,
    }
    table.end().map_err(written)?;
    if let (Some(partial), Some(path)) = (partial, &arguments.output) {
        // A file of that name is whole, or the one from before.
        fs::rename(partial, path).map_err(written)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn format_of(arguments: &ExportRecords) -> Result<ExportFormat, Failure> {
    let ending = |path: &PathBuf| {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "csv" => Some(ExportFormat::Csv),
            "parquet" => Some(ExportFormat::Parquet),
            "ndjson" | "jsonl" => Some(ExportFormat::Ndjson),
            _ => None,
        }
    };
    match (arguments.format, &arguments.output) {
        (Some(format), _) => Ok(format),
        (None, None) => Ok(ExportFormat::Ndjson),
        (None, Some(path)) => ending(path).ok_or_else(|| {
            Failure::Usage(format!(
                "cannot tell the format from `{}`: name it with --format csv, ndjson or parquet",
                path.display()
            ))
        }),
    }
}

fn partial_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

fn create(path: &Path) -> Result<File, Failure> {
    File::create(path)
        .map_err(|source| Failure::other(format!("cannot create {}", path.display()), source))
}

/// Reads the files of a log, with a daemon at work on them or without.
fn from_files(
    data_dir: &Path,
    arguments: &ExportRecords,
    take: &mut impl FnMut(u64, &Record) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let path = log_path(data_dir);
    let reader = Reader::open(&path).map_err(Failure::data_directory)?;
    let hashed = |reference: &String| {
        reference_hash(&path, reference).map_err(|source| {
            Failure::other(
                "cannot read the key that references are hashed with",
                source,
            )
        })
    };
    let selection = Selection {
        from: arguments.from,
        to: arguments.to,
        verdict: arguments
            .verdict
            .map(|verdict| verdict_of(verdict).name().to_owned()),
        action: arguments.action.map(|action| action.name().to_owned()),
        keys: Selection::keys_of(
            arguments.address.as_deref().unwrap_or_default(),
            &arguments.network,
        )
        .map_err(|error| Failure::Usage(format!("`--address`: {error}")))?,
        reference_hash: arguments.reference.as_ref().map(hashed).transpose()?,
        screenings_only: arguments.screenings,
    };
    let mut records = reader.within(arguments.from, arguments.to);
    records.try_for_each(|read| {
        let (number, bytes) = read.map_err(Failure::data_directory)?;
        let record = decoded(number, &bytes)?;
        match selection.wants(&record) {
            true => take(number, &record),
            false => Ok(()),
        }
    })
}

fn decoded(number: u64, bytes: &[u8]) -> Result<Record, Failure> {
    Record::decode(bytes)
        .map_err(|error| Failure::other(format!("record {number} does not decode"), error))
}

async fn from_daemon(
    arguments: &ExportRecords,
    mut take: impl FnMut(u64, &Record) -> Result<(), Failure>,
) -> Result<ExitCode, Failure> {
    let mut client = client::audit(&arguments.place.server).await?;
    let instant = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let verdict = arguments
        .verdict
        .map_or(v1::Verdict::Unspecified, |verdict| match verdict {
            VerdictName::Listed => v1::Verdict::Listed,
            VerdictName::NotListed => v1::Verdict::NotListed,
            VerdictName::Indeterminate => v1::Verdict::Indeterminate,
        });
    let action = arguments
        .action
        .map_or(v1::Action::Unspecified, |action| match action {
            Action::Allow => v1::Action::Allow,
            Action::Review => v1::Action::Review,
            Action::Block => v1::Action::Block,
        });
    let request = v1::StreamRecordsRequest {
        from: instant(arguments.from),
        to: instant(arguments.to),
        verdict: verdict.into(),
        action: action.into(),
        address: arguments.address.clone().unwrap_or_default(),
        network: arguments.network.clone(),
        reference: arguments.reference.clone().unwrap_or_default(),
        first_number: 0,
        screenings_only: arguments.screenings,
    };
    let mut stream = client
        .stream_records(request)
        .await
        .map_err(refused)?
        .into_inner();
    while let Some(message) = stream.message().await.map_err(refused)? {
        for one in &message.records {
            take(one.number, &decoded(one.number, &one.record)?)?;
        }
        if message.complete {
            return Ok(ExitCode::SUCCESS);
        }
    }
    Err(incomplete("end: what was written is not all"))
}

const fn verdict_of(name: VerdictName) -> Verdict {
    match name {
        VerdictName::Listed => Verdict::Listed,
        VerdictName::NotListed => Verdict::NotListed,
        VerdictName::Indeterminate => Verdict::Indeterminate,
    }
}
