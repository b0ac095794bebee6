//! `audit verify` and `audit check-receipt`: what holds, and what does not.

use std::fs;
use std::io::Read as _;
use std::process::ExitCode;
use std::thread;

use indicatif::{ProgressBar, ProgressStyle};
use prost::Message as _;
use serde_json::json;

use crate::audit::record::Record;
use crate::audit::{
    CheckedReceipt, RECEIPT_BYTES_MAX, Receipt, SignedNote, VerifyError, VerifyReport, shown,
    verify,
};
use crate::causes::in_one_line;
use crate::cli::{CheckReceipt, Output, VerifyLog};
use crate::server::log_path;

use super::super::{Failure, print, print_json};
use super::{BROKEN, key_of};

pub(super) fn verify_log(arguments: &VerifyLog) -> Result<ExitCode, Failure> {
    let key = arguments.key.as_deref().map(key_of).transpose()?;
    let given = arguments.checkpoint.as_ref().map(|path| {
        let text = fs::read_to_string(path)
            .map_err(|error| Failure::other(format!("cannot read {}", path.display()), error))?;
        text.parse::<SignedNote>()
            .map_err(|error| Failure::Usage(format!("`--checkpoint`: {error}")))
    });
    let given = given.transpose()?;
    let threads = arguments
        .threads
        .unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {human_pos} records, {per_sec}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    let path = log_path(&arguments.data_dir);
    let checked = verify(
        &path,
        key.as_ref(),
        given.as_ref(),
        threads.max(1),
        |more| {
            bar.inc(more);
        },
    );
    bar.finish_and_clear();
    let code = match &checked {
        Ok(_) => ExitCode::SUCCESS,
        // What cannot be read at all is another matter than what is broken.
        Err(VerifyError::Read(_)) if !path.is_dir() => {
            return Err(checked.map_or_else(Failure::data_directory, |_| {
                Failure::Usage(format!("{} is no audit log", path.display()))
            }));
        }
        Err(_) => ExitCode::from(BROKEN),
    };
    match (&checked, arguments.output) {
        (Ok(report), Output::Json) => print_json(&report_to_json(report))?,
        (Ok(report), Output::Text) => print(&report_to_text(report, key.is_some()))?,
        (Err(error), Output::Json) => print_json(&broken_to_json(error))?,
        (Err(error), Output::Text) => print(&format!("NOT WHOLE: {}\n", in_one_line(error)))?,
    }
    Ok(code)
}

fn report_to_json(report: &VerifyReport) -> serde_json::Value {
    json!({
        "whole": true,
        "records": report.records,
        "first_record": report.first,
        "signed_records": report.signed,
        "segments": report.segments,
        "given_checkpoint_records": report.given,
        "key": report.key.to_string(),
    })
}

fn report_to_text(report: &VerifyReport, is_key_given: bool) -> String {
    let mut words = format!(
        "whole: {} records in {} segments, every byte as it was written\n",
        report.records - report.first,
        report.segments
    );
    if report.first > 0 {
        words += &format!(
            "records before {} were removed at the end of their time, as the log says itself\n",
            report.first
        );
    }
    let unsigned = report.records.saturating_sub(report.signed);
    words += &format!(
        "{} are covered by a signature of {}\n",
        report.signed, report.key
    );
    if unsigned > 0 {
        words += &format!("{unsigned} came after the newest signature: their checksums hold\n");
    }
    if let Some(given) = report.given {
        words += &format!("the {given} records of the checkpoint given are all there\n");
    } else {
        words += "a checkpoint kept elsewhere (--checkpoint) would show that the whole log was not replaced\n";
    }
    if !is_key_given {
        words += "the key is the one beside the log: compare it with the one you were given, or name that with --key\n";
    }
    words
}

fn broken_to_json(error: &VerifyError) -> serde_json::Value {
    let place = match error {
        VerifyError::Broken(broken) => json!({
            "first_broken_record": broken.first,
            "last_broken_record": broken.last,
            "file": broken.file.display().to_string(),
        }),
        _ => serde_json::Value::Null,
    };
    json!({ "whole": false, "why": in_one_line(error), "place": place })
}

pub(super) fn receipt(arguments: &CheckReceipt) -> Result<ExitCode, Failure> {
    let key = key_of(&arguments.key)?;
    let shown = arguments.receipt.display();
    let cannot = |error| Failure::other(format!("cannot read {shown}"), error);
    let mut text = String::new();
    let file = fs::File::open(&arguments.receipt).map_err(cannot)?;
    let read = file
        .take(RECEIPT_BYTES_MAX as u64 + 1)
        .read_to_string(&mut text);
    // What is not text is no receipt; what cannot be read may be one.
    let readable = match read {
        Err(error) if error.kind() != std::io::ErrorKind::InvalidData => return Err(cannot(error)),
        read => read.is_ok(),
    };
    let refused = |why: String| {
        match arguments.output {
            Output::Json => print_json(&json!({ "holds": false, "why": why }))?,
            Output::Text => print(&format!("PROVES NOTHING: {why}\n"))?,
        }
        Ok(ExitCode::from(BROKEN))
    };
    if !readable {
        return refused("it is not a receipt: it is no text".to_owned());
    }
    let checked = Receipt::from_text(&text).and_then(|receipt| receipt.check(&key));
    let checked = match checked {
        Ok(checked) => checked,
        Err(error) => return refused(in_one_line(&error)),
    };
    let record = match Record::decode(checked.record.as_slice()) {
        Ok(record) => record,
        Err(error) => return refused(format!("its record does not decode: {error}")),
    };
    match arguments.output {
        Output::Json => print_json(&json!({
            "holds": true,
            "proves": shown::sentence(&record),
            "record": super::numbered(checked.index, &record),
            "checkpoint_records": checked.checkpoint.size,
            "key": key.to_string(),
        }))?,
        Output::Text => print(&proved(&checked, &record, &key.to_string()))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What a receipt proves, in words.
fn proved(checked: &CheckedReceipt, record: &Record, key: &str) -> String {
    format!(
        "It is proved that {}.\n\n\
         The record is number {} of the {} that {key} signed:\n\n{}",
        shown::sentence(record),
        checked.index,
        checked.checkpoint.size,
        shown::text(record),
    )
}
