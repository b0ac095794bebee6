//! `bundle import`: sends a bundle to the daemon, which checks it for itself.

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;
use std::thread;

use indicatif::ProgressBar;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::bundle::Manifest;
use crate::cli::{ImportBundle, Output};
use crate::commands::client::{self, incomplete, refused};
use crate::commands::import::send_content;
use crate::commands::table::table;
use crate::commands::{Failure, import, print, print_json};
use crate::grpc::v1;
use crate::grpc::v1::import_bundle_request::Part;

use super::shown;

pub(super) async fn run(arguments: ImportBundle) -> Result<ExitCode, Failure> {
    let file = File::open(&arguments.file).map_err(|error| unreadable(&arguments.file, &error))?;
    let bytes = file.metadata().map_or(0, |facts| facts.len());
    let header = v1::BundleHeader {
        approve: arguments.approve.clone(),
        act: (!arguments.approve.is_empty()).then(|| v1::Act {
            author: arguments.author.clone().unwrap_or_default(),
            reason: arguments.reason.clone().unwrap_or_default(),
            ticket: arguments.ticket.clone().unwrap_or_default(),
            approver: String::new(),
        }),
    };
    let mut client = client::bundles(&arguments.ask.server).await?;
    let progress = import::progress_bar(bytes);
    let (parts, stream) = mpsc::channel(4);
    let upload = {
        let (progress, path) = (progress.clone(), arguments.file.clone());
        thread::spawn(move || send(header, file, &path, &parts, &progress))
    };
    let answer = client.import_bundle(ReceiverStream::new(stream)).await;
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
    let manifest =
        Manifest::parse(report.manifest.as_bytes()).map_err(|_| incomplete("manifest"))?;
    match arguments.ask.output {
        Output::Json => print_json(&to_json(&report, &manifest))?,
        Output::Text => print(&to_text(&report, &manifest))?,
    }
    if report.origin() == v1::OriginComparison::Different {
        return Err(Failure::Refused(
            "the set is not that of the bundle's origin, although every source is what was signed: take no more bundles of that origin before it is known why".to_owned(),
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Sends until all is sent or the daemon has heard enough.
fn send(
    header: v1::BundleHeader,
    mut file: File,
    path: &Path,
    parts: &mpsc::Sender<v1::ImportBundleRequest>,
    progress: &ProgressBar,
) -> Result<(), Failure> {
    let push = |part| {
        let message = v1::ImportBundleRequest { part: Some(part) };
        parts.blocking_send(message).is_ok()
    };
    if !push(Part::Header(header)) {
        return Ok(());
    }
    let sent = send_content(&mut file, progress, |content| push(Part::Content(content)))
        .map_err(|error| unreadable(path, &error))?;
    let Some(content_bytes) = sent else {
        return Ok(());
    };
    progress.set_message("the daemon is importing");
    push(Part::End(v1::BundleEnd { content_bytes }));
    Ok(())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Refused(format!("cannot read {}: {error}", path.display()))
}

fn compared(report: &v1::ImportBundleResponse) -> &'static str {
    match report.origin() {
        v1::OriginComparison::Same => "SAME",
        v1::OriginComparison::Different => "DIFFERENT",
        v1::OriginComparison::NotComparable | v1::OriginComparison::Unspecified => "NOT_COMPARABLE",
    }
}

fn to_json(report: &v1::ImportBundleResponse, manifest: &Manifest) -> Value {
    let reports: Vec<Value> = report.reports.iter().map(import::to_json).collect();
    let mut value = shown::manifest_json(manifest);
    value["signed_by"] = json!((!report.signed_by.is_empty()).then_some(&report.signed_by));
    value["overridden"] = json!(report.overridden);
    value["warnings"] = json!(report.warnings);
    value["reports"] = json!(reports);
    value["generation"] = json!(report.generation);
    value["generation_digest"] = json!(const_hex::encode(&report.generation_digest));
    value["origin"] = json!(compared(report));
    value
}

fn to_text(report: &v1::ImportBundleResponse, manifest: &Manifest) -> String {
    let digest = const_hex::encode(&report.generation_digest);
    let mut words = format!(
        "the bundle is live as generation {} ({digest})\n{}",
        report.generation,
        shown::manifest_text(manifest)
    );
    let signed_by = match report.signed_by.as_str() {
        "" => "no trusted key",
        key => key,
    };
    words += &format!("  signed   {signed_by}\n");
    let rows = report.reports.iter().map(|one| {
        [
            one.source.clone(),
            one.accepted.to_string(),
            one.added.to_string(),
            one.amended.to_string(),
            one.removed.to_string(),
            if one.changed { "" } else { "unchanged" }.to_owned(),
        ]
    });
    words += &table(
        ["source", "entries", "added", "amended", "removed", ""],
        rows,
    );
    if report.origin() == v1::OriginComparison::Same {
        words += "the set is the origin's, by its digest\n";
    }
    for overridden in &report.overridden {
        words += &format!("overridden: {overridden}\n");
    }
    let warnings = report.reports.iter().flat_map(|one| {
        let warnings = one.warnings.iter();
        warnings.map(move |warning| format!("{}: {warning}", one.source))
    });
    for warning in report.warnings.iter().cloned().chain(warnings) {
        words += &format!("warning: {warning}\n");
    }
    words
}
