//! `audit show`, `audit receipt` and `audit checkpoint`.

use std::fs;
use std::process::ExitCode;

use prost::Message as _;
use uuid::Uuid;

use crate::audit::record::Record;
use crate::audit::{Reader, shown};
use crate::cli::{Ask, LogPlace, Output, ShowRecord, WriteReceipt};
use crate::grpc::v1;
use crate::server::log_path;

use super::super::client::{self, incomplete, refused};
use super::super::{Failure, print, print_json};

pub(super) fn record(arguments: &ShowRecord) -> Result<ExitCode, Failure> {
    let (number, bytes) = match &arguments.place.data_dir {
        Some(data_dir) => {
            let reader = Reader::open(&log_path(data_dir)).map_err(Failure::data_directory)?;
            found(&reader, arguments.id)?
        }
        None => fetched(&arguments.place, arguments.id)?,
    };
    let record = Record::decode(bytes.as_slice())
        .map_err(|error| Failure::other(format!("record {number} does not decode"), error))?;
    match arguments.output {
        Output::Json => print_json(&super::numbered(number, &record))?,
        Output::Text => print(&format!("record {number}: {}", shown::text(&record)))?,
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn receipt(arguments: &WriteReceipt) -> Result<ExitCode, Failure> {
    let text = match &arguments.place.data_dir {
        Some(data_dir) => {
            let reader = Reader::open(&log_path(data_dir)).map_err(Failure::data_directory)?;
            let (number, _) = found(&reader, arguments.id)?;
            let receipt = reader.receipt(number).map_err(Failure::data_directory)?;
            receipt.to_text()
        }
        None => fetched_receipt(&arguments.place, arguments.id)?,
    };
    match &arguments.output {
        None => print(&text)?,
        Some(path) => fs::write(path, text)
            .map_err(|error| Failure::other(format!("cannot write {}", path.display()), error))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the newest checkpoint, and nothing else: it is to be kept as it is.
pub(super) async fn checkpoint(arguments: Ask) -> Result<ExitCode, Failure> {
    let mut client = client::audit(&arguments.server).await?;
    let asked = client.get_checkpoint(v1::GetCheckpointRequest {}).await;
    let answer = asked.map_err(refused)?.into_inner();
    match arguments.output {
        Output::Text => print(&answer.note)?,
        Output::Json => print_json(&serde_json::json!({
            "note": answer.note,
            "verifier_key": answer.verifier_key,
            "records": answer.records,
        }))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn found(reader: &Reader, id: Uuid) -> Result<(u64, Vec<u8>), Failure> {
    let found = reader.find(id).map_err(Failure::data_directory)?;
    found.ok_or_else(|| Failure::Refused(format!("the audit log has no record {id}")))
}

fn fetched(place: &LogPlace, id: Uuid) -> Result<(u64, Vec<u8>), Failure> {
    super::super::asked(async {
        let mut client = client::audit(&place.server).await?;
        let request = v1::GetRecordRequest { id: id.to_string() };
        let answer = client.get_record(request).await.map_err(refused)?;
        let record = answer.into_inner().record;
        let record = record.ok_or_else(|| incomplete("record"))?;
        Ok((record.number, record.record))
    })
}

fn fetched_receipt(place: &LogPlace, id: Uuid) -> Result<String, Failure> {
    super::super::asked(async {
        let mut client = client::audit(&place.server).await?;
        let request = v1::GetReceiptRequest { id: id.to_string() };
        let answer = client.get_receipt(request).await.map_err(refused)?;
        Ok(answer.into_inner().receipt)
    })
}
