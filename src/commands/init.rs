//! `init`: the only way a data directory comes to be.
//!
//! It is made beside its place and moved there when it is whole, so that a
//! process that dies on the way leaves nothing that could be served.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::audit::AuditLog;
use crate::bundled::{self, BundledList};
use crate::cli::Init;
use crate::config::Config;
use crate::generation::LiveGeneration;
use crate::import::read::{Format, InputFile};
use crate::import::{Bounds, Importer, Report, Request};
use crate::list::{Origin, PublicationDigest};
use crate::server::log_path;
use crate::store::{CreateError, Store};

use super::{Failure, print};

pub(super) fn run(arguments: &Init) -> Result<ExitCode, Failure> {
    // A name to make another beside: `.` and `x/..` have none.
    let target = &std::path::absolute(&arguments.data_dir)
        .and_then(|path| {
            if path.exists() {
                path.canonicalize()
            } else {
                Ok(path)
            }
        })
        .map_err(|error| Failure::other("cannot tell where the data directory is to be", error))?;
    Store::check_free(target).map_err(Failure::data_directory)?;
    let partial = partial_path(target);
    let made = make(&partial, arguments.empty).and_then(|reports| {
        put_in_place(&partial, target)?;
        Ok(reports)
    });
    if made.is_err() {
        // Ours, and of no use to anybody.
        let _ = fs::remove_dir_all(&partial);
    }
    let mut words = format!("created {}\n", target.display());
    for report in &made? {
        let held = report.published_on.map(|day| format!(", as of {day}"));
        words += &format!(
            "  {}: {} entries{}\n",
            report.source,
            report.accepted,
            held.unwrap_or_default()
        );
    }
    if !arguments.empty {
        words += "These lists are a starter set and age: import the publishers' current files.\n";
    }
    print(&words)?;
    Ok(ExitCode::SUCCESS)
}

fn make(partial: &Path, empty: bool) -> Result<Vec<Report>, Failure> {
    let store = Arc::new(Store::create(partial).map_err(Failure::data_directory)?);
    AuditLog::create(&log_path(partial), None).map_err(Failure::data_directory)?;
    if empty {
        return Ok(Vec::new());
    }
    let config = Config::default();
    let importer = Importer::new(
        store,
        Arc::new(LiveGeneration::default()),
        config.false_positive_rate,
        Bounds {
            entries_max: config.limits.import_entries_max,
            bytes_max: config.limits.import_file_bytes_max,
        },
    );
    bundled::LISTS
        .iter()
        .map(|list| import(&importer, list))
        .collect()
}

fn import(importer: &Importer, list: &'static BundledList) -> Result<Report, Failure> {
    let failed = |message: String| Failure::Other {
        message: format!(
            "the bundled list `{}` cannot be imported: {message}",
            list.source
        ),
        source: None,
    };
    let collected_at = list
        .as_of
        .to_zoned(TimeZone::UTC)
        .map_err(|error| failed(error.to_string()))?
        .timestamp();
    let request = Request {
        source: list
            .source
            .parse()
            .map_err(|error: crate::list::SourceIdError| failed(error.to_string()))?,
        tier: Some(list.tier),
        format: Format::Csv,
        category: None,
        approval: None,
        retrieved_at: collected_at,
        origin: Origin::Bundled,
        digest: PublicationDigest::of_text(list.csv),
    };
    let file = InputFile::of_bytes(format!("{}.csv", list.source), list.csv);
    importer
        .run(&request, vec![file])
        .map_err(|error| failed(error.to_string()))
}

fn put_in_place(partial: &Path, target: &Path) -> Result<(), Failure> {
    let failed = |source| {
        Failure::data_directory(CreateError::Folder {
            path: target.to_owned(),
            source,
        })
    };
    if target.exists() {
        fs::remove_dir(target).map_err(failed)?;
    }
    fs::rename(partial, target).map_err(failed)
}

fn partial_path(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".partial-{}", std::process::id()));
    target.with_file_name(name)
}
