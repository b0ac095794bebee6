//! What the command line asks for, checked before anything is opened.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use crate::cli::{FileFormat, Output, Rescreen, Server};

use super::super::{Failure, shown};
use super::basis::When;
use super::columns::Columns;
use super::csv::Asked;
use super::saved::{Identity, Saved};
use super::text::Kept;

/// Endings of files that are packed.
const PACKED: [&str; 3] = ["gz", "zst", "zstd"];

/// A run, decided.
pub(super) struct Plan {
    pub(super) files: Vec<PathBuf>,
    pub(super) format: FileFormat,
    pub(super) delimiter: u8,
    pub(super) has_header: bool,
    pub(super) column: String,
    pub(super) network_column: Option<String>,
    pub(super) date_column: Option<String>,
    pub(super) out: Option<PathBuf>,
    pub(super) kept: Kept,
    pub(super) columns: Columns,
    pub(super) report: Option<PathBuf>,
    pub(super) restart: bool,
    pub(super) checkpoint: Duration,
    pub(super) data_dir: Option<PathBuf>,
    pub(super) config: Option<PathBuf>,
    pub(super) server: Server,
    pub(super) threads: usize,
    pub(super) output: Output,
    pub(super) identity: Identity,
    as_of: Option<jiff::civil::Date>,
    generation: Option<u64>,
    since: Option<u64>,
}

impl Plan {
    pub(super) fn of(arguments: Rescreen) -> Result<Self, Failure> {
        let format = format_of(&arguments)?;
        let delimiter = delimiter(&arguments)?;
        check_paths(&arguments, format)?;
        if arguments.date_column.is_some() && arguments.data_dir.is_none() {
            return Err(Failure::Usage(
                "--date-column asks about another day in each row, and a stream to the daemon has one day: read a data directory with --data-dir".to_owned(),
            ));
        }
        if arguments.no_header && format != FileFormat::Csv {
            return Err(Failure::Usage("--no-header is for CSV".to_owned()));
        }
        if [arguments.generation, arguments.since_generation].contains(&Some(0)) {
            return Err(Failure::Usage("generations are numbered from 1".to_owned()));
        }
        let kept = match &arguments {
            Rescreen { summary: true, .. } => Kept::Nothing,
            Rescreen {
                since_generation: Some(_),
                ..
            } => Kept::Changed,
            Rescreen {
                hits_only: true, ..
            } => Kept::Hits,
            _ => Kept::All,
        };
        let threads = arguments.threads.map(usize::from);
        let available = || thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            identity: Identity::of(&arguments.files, options(&arguments, format, delimiter))?,
            format,
            delimiter,
            has_header: !arguments.no_header,
            kept,
            columns: Columns {
                change: arguments.since_generation.is_some(),
                row: kept.numbers_rows(),
            },
            threads: threads.unwrap_or_else(available),
            checkpoint: Duration::from_secs(arguments.checkpoint),
            files: arguments.files,
            column: arguments.column,
            network_column: arguments.network_column,
            date_column: arguments.date_column,
            out: arguments.out,
            report: arguments.report,
            restart: arguments.restart,
            data_dir: arguments.data_dir,
            config: arguments.config,
            server: arguments.server,
            output: arguments.output,
            as_of: arguments.as_of,
            generation: arguments.generation,
            since: arguments.since_generation,
        })
    }

    pub(super) fn asked(&self) -> Asked<'_> {
        Asked {
            address: &self.column,
            network: self.network_column.as_deref(),
            date: self.date_column.as_deref(),
        }
    }

    /// Which state of the lists to ask: that of the run before, if it goes on.
    pub(super) fn when(&self, before: Option<&Saved>) -> Result<When, Failure> {
        let mut when = When {
            as_of: self.as_of,
            generation: self.generation,
            since: self.since,
            resumed: None,
        };
        if let Some(before) = before {
            let at = before.basis.at.as_ref().map(|at| at.parse::<Timestamp>());
            let at = at.transpose().map_err(|error| {
                Failure::other("the progress file has a bad instant: give --restart", error)
            })?;
            when.generation = Some(before.basis.generation);
            when.resumed = Some(at);
        }
        Ok(when)
    }
}

/// Everything that the rows of OUT depend on.
fn options(arguments: &Rescreen, format: FileFormat, delimiter: u8) -> serde_json::Value {
    json!({
        "column": arguments.column,
        "network-column": arguments.network_column,
        "date-column": arguments.date_column,
        "format": format!("{format:?}"),
        "delimiter": delimiter,
        "no-header": arguments.no_header,
        "hits-only": arguments.hits_only,
        "as-of": arguments.as_of.map(|day| day.to_string()),
        "generation": arguments.generation,
        "since-generation": arguments.since_generation,
        "report": arguments.report.is_some(),
        "data-dir": arguments.data_dir,
        "config": arguments.config,
        "server": arguments.data_dir.is_none().then_some(&arguments.server.url),
    })
}

fn format_of(arguments: &Rescreen) -> Result<FileFormat, Failure> {
    if let Some(format) = arguments.format {
        return Ok(format);
    }
    let mut formats = arguments.files.iter().map(|path| {
        named_format(path).ok_or_else(|| {
            Failure::Usage(format!(
                "cannot tell by its name how {} is written: say so with --format csv, ndjson or parquet",
                path.display()
            ))
        })
    });
    let first = formats.next().unwrap_or(Ok(FileFormat::Csv))?;
    for other in formats {
        if other? != first {
            return Err(Failure::Usage(
                "the files are of different formats: rescreen each format by itself".to_owned(),
            ));
        }
    }
    Ok(first)
}

/// The format that a file's name says, whether it is packed or not.
fn named_format(path: &Path) -> Option<FileFormat> {
    let ending = |path: &Path| Some(path.extension()?.to_str()?.to_ascii_lowercase());
    let mut last = ending(path)?;
    if PACKED.contains(&last.as_str()) {
        last = ending(Path::new(path.file_stem()?))?;
    }
    match last.as_str() {
        "csv" | "tsv" | "tab" | "txt" => Some(FileFormat::Csv),
        "ndjson" | "jsonl" | "json" => Some(FileFormat::Ndjson),
        "parquet" | "pq" => Some(FileFormat::Parquet),
        _ => None,
    }
}

fn check_paths(arguments: &Rescreen, format: FileFormat) -> Result<(), Failure> {
    let is_input = |path: &PathBuf| {
        let mut inputs = arguments.files.iter();
        inputs.any(|input| input == path || is_same_file(input, path))
    };
    let written = [&arguments.out, &arguments.report].into_iter().flatten();
    for path in written {
        if is_input(path) {
            return Err(Failure::Usage(format!(
                "{} is read, and would be written over: name another",
                path.display()
            )));
        }
    }
    let Some(out) = &arguments.out else {
        return Ok(());
    };
    if arguments.report.as_ref() == Some(out) {
        return Err(Failure::Usage(
            "OUT and the report need two names".to_owned(),
        ));
    }
    let ending = out.extension().and_then(|ending| ending.to_str());
    if ending.is_some_and(|ending| PACKED.contains(&ending)) {
        return Err(Failure::Usage(format!(
            "{} is named as if it were packed, and OUT is not: name it without `.{}`",
            out.display(),
            ending.unwrap_or_default()
        )));
    }
    if named_format(out).is_some_and(|named| named != format) {
        return Err(Failure::Usage(format!(
            "{} is named as if it were of another format than the input: rows are written as they are read",
            out.display()
        )));
    }
    Ok(())
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

fn delimiter(arguments: &Rescreen) -> Result<u8, Failure> {
    let is_tab = |path: &PathBuf| {
        let name = path.to_string_lossy().to_ascii_lowercase();
        name.contains(".tsv") || name.contains(".tab")
    };
    match arguments.delimiter.as_deref() {
        None if arguments.files.iter().all(is_tab) => Ok(b'\t'),
        None => Ok(b','),
        Some("tab" | "\\t") => Ok(b'\t'),
        Some(text) => match text.as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(*byte),
            _ => Err(Failure::Usage(format!(
                "`{}` is no delimiter: give one ASCII character other than a quote, or `tab`",
                shown(text)
            ))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_its_format_packed_or_not() {
        let format = |name: &str| named_format(Path::new(name));
        assert_eq!(format("a.csv"), Some(FileFormat::Csv));
        assert_eq!(format("a.TSV.gz"), Some(FileFormat::Csv));
        assert_eq!(format("a.jsonl.zst"), Some(FileFormat::Ndjson));
        assert_eq!(format("a.b.parquet"), Some(FileFormat::Parquet));
        for name in ["a", "a.gz", ".csv", "a.xlsx"] {
            assert_eq!(format(name), None, "{name}");
        }
    }
}
