//! The audit log on the wire: records, checkpoints, receipts.
//!
//! All of it is read from the log's files, as anybody with the files could;
//! the process that appends is not asked and not held up.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use prost::Message as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Code, Request, Response, Status};
use uuid::Uuid;

use crate::audit::record::Record;
use crate::audit::{Newest, Reader, Recorder, Selection};
use crate::config::Limits;

use super::convert;
use super::replies::{ReplyStream, replies};
use super::status::status;
use super::upload::blocking;
use super::v1;
use super::v1::audit_service_server::AuditService;

/// Reads of the log that run at once; more are told to come again.
const READS_MAX: usize = 4;

/// Records that a search for a page looks at, about.
const LOOKED_AT_MAX: u64 = 200_000;

/// A message of records is closed at this size.
const MESSAGE_BYTES: usize = 256 << 10;

/// Messages that may wait for a slow reader.
const MESSAGES_WAITING_MAX: usize = 4;

/// The service.
#[derive(Clone)]
pub struct Audit {
    dir: PathBuf,
    recorder: Recorder,
    limits: Limits,
    /// A search may read hundreds of megabytes.
    reads: Arc<Semaphore>,
}

impl Audit {
    /// Reads the log in a folder, which `recorder` appends to.
    pub fn new(dir: PathBuf, recorder: Recorder, limits: Limits) -> Self {
        Self {
            dir,
            recorder,
            limits,
            reads: Arc::new(Semaphore::new(READS_MAX)),
        }
    }

    fn turn(&self) -> Result<OwnedSemaphorePermit, Status> {
        self.reads.clone().try_acquire_owned().map_err(|_| {
            Status::resource_exhausted(format!(
                "the audit log is read for {READS_MAX} others already: try again later"
            ))
        })
    }

    async fn with_reader<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, Status> + Send + 'static,
    ) -> Result<T, Status> {
        let (dir, turn) = (self.dir.clone(), self.turn()?);
        blocking(move || {
            let _turn = turn;
            work(&Reader::open(&dir).map_err(|error| status(&error))?)
        })
        .await
    }

    /// Returns the newest records before a number that are wanted; 0: before
    /// the end. This is for the edge beside gRPC, which shows pages.
    ///
    /// # Errors
    ///
    /// If the log cannot be read, or is read for many others already.
    pub async fn newest(
        &self,
        before: u64,
        limit: usize,
        wanted: impl Fn(&Record) -> bool + Send + 'static,
    ) -> Result<Newest<Record>, Status> {
        let end = self.recorder.log().size();
        let before = if before == 0 { end } else { before.min(end) };
        self.with_reader(move |reader| {
            let kept = |_: u64, bytes: &[u8]| Record::decode(bytes).ok().filter(&wanted);
            reader
                .newest(before, limit, LOOKED_AT_MAX, kept)
                .map_err(|error| status(&error))
        })
        .await
    }

    fn selection(&self, sent: &v1::StreamRecordsRequest) -> Result<Selection, Status> {
        let name = |number: i32, name: Option<&'static str>, prefix: &str, field: &str| {
            let name = name.ok_or_else(|| {
                Status::invalid_argument(format!("`{field}` is {number}, which names nothing"))
            })?;
            let short = name.strip_prefix(prefix).unwrap_or(name);
            Ok::<_, Status>((short != "UNSPECIFIED").then(|| short.to_owned()))
        };
        let verdict = v1::Verdict::try_from(sent.verdict).ok();
        let action = v1::Action::try_from(sent.action).ok();
        convert::check_reference(&sent.reference)?;
        Ok(Selection {
            from: instant(&sent.from, "from")?,
            to: instant(&sent.to, "to")?,
            verdict: name(
                sent.verdict,
                verdict.map(|verdict| verdict.as_str_name()),
                "VERDICT_",
                "verdict",
            )?,
            action: name(
                sent.action,
                action.map(|action| action.as_str_name()),
                "ACTION_",
                "action",
            )?,
            keys: Selection::keys_of(&sent.address, &sent.network)
                .map_err(|error| Status::invalid_argument(format!("`address`: {error}")))?,
            reference_hash: (!sent.reference.is_empty())
                .then(|| self.recorder.hashed(&sent.reference)),
            screenings_only: sent.screenings_only,
        })
    }
}

#[tonic::async_trait]
impl AuditService for Audit {
    async fn get_record(
        &self,
        request: Request<v1::GetRecordRequest>,
    ) -> Result<Response<v1::GetRecordResponse>, Status> {
        let id = id(&request.into_inner().id)?;
        let (number, record) = self.with_reader(move |reader| found(reader, id)).await?;
        Ok(Response::new(v1::GetRecordResponse {
            record: Some(v1::AuditRecord { number, record }),
        }))
    }

    type StreamRecordsStream = ReplyStream<v1::StreamRecordsResponse>;

    async fn stream_records(
        &self,
        request: Request<v1::StreamRecordsRequest>,
    ) -> Result<Response<Self::StreamRecordsStream>, Status> {
        let sent = request.into_inner();
        let selection = self.selection(&sent)?;
        let end = self.recorder.log().size();
        let (dir, turn) = (self.dir.clone(), self.turn()?);
        let (replies, stream) = replies(MESSAGES_WAITING_MAX, self.limits.stream_idle_timeout);
        // Owned by the stream: it ends when the reader goes away, and each
        // wait in it is bounded.
        tokio::spawn(async move {
            let runtime = tokio::runtime::Handle::current();
            let walked = blocking(move || {
                let _turn = turn;
                let send = |message| runtime.block_on(replies.send(message));
                let sent = walk(&dir, &selection, sent.first_number..end, send);
                Ok((replies, sent))
            });
            if let Ok((replies, Err(error))) = walked.await {
                replies.fail(error);
            }
        });
        Ok(Response::new(stream))
    }

    async fn get_checkpoint(
        &self,
        _: Request<v1::GetCheckpointRequest>,
    ) -> Result<Response<v1::GetCheckpointResponse>, Status> {
        let records = self.recorder.log().size();
        let answer = self.with_reader(move |reader| {
            let (_, note) = reader.checkpoint();
            Ok(v1::GetCheckpointResponse {
                note: note.to_string(),
                verifier_key: reader.key().to_string(),
                records,
            })
        });
        Ok(Response::new(answer.await?))
    }

    async fn get_receipt(
        &self,
        request: Request<v1::GetReceiptRequest>,
    ) -> Result<Response<v1::GetReceiptResponse>, Status> {
        let id = id(&request.into_inner().id)?;
        let answer = self.with_reader(move |reader| {
            let (number, _) = found(reader, id)?;
            let receipt = reader.receipt(number).map_err(|error| status(&error))?;
            Ok(v1::GetReceiptResponse {
                receipt: receipt.to_text(),
            })
        });
        Ok(Response::new(answer.await?))
    }
}

/// Sends the records that are asked for, and the message that ends them.
fn walk(
    dir: &std::path::Path,
    selection: &Selection,
    numbers: Range<u64>,
    send: impl Fn(v1::StreamRecordsResponse) -> Result<(), Status>,
) -> Result<(), Status> {
    let reader = Reader::open(dir).map_err(|error| status(&error))?;
    let mut message = v1::StreamRecordsResponse::default();
    let (mut bytes, mut looked_at) = (0, 0);
    let mut take = |read: crate::audit::Read| {
        let (number, record) = read.map_err(|error| status(&error))?;
        if !numbers.contains(&number) {
            return Ok(());
        }
        looked_at += 1;
        let decoded = Record::decode(record.as_slice())
            .map_err(|error| Status::new(Code::Unavailable, format!("record {number}: {error}")))?;
        if !selection.wants(&decoded) {
            return Ok(());
        }
        bytes += record.len();
        message.records.push(v1::AuditRecord { number, record });
        if bytes > MESSAGE_BYTES {
            bytes = 0;
            send(std::mem::take(&mut message))?;
        }
        Ok::<_, Status>(())
    };
    if selection.from.is_some() || selection.to.is_some() {
        let mut records = reader.within(selection.from, selection.to);
        records.try_for_each(&mut take)?;
    } else {
        reader.records(numbers.clone()).try_for_each(&mut take)?;
    }
    message.complete = true;
    message.looked_at = looked_at;
    send(message)
}

fn found(reader: &Reader, id: Uuid) -> Result<(u64, Vec<u8>), Status> {
    reader
        .find(id)
        .map_err(|error| status(&error))?
        .ok_or_else(|| Status::not_found(format!("the audit log has no record {id}")))
}

fn id(text: &str) -> Result<Uuid, Status> {
    text.parse().map_err(|_| {
        Status::invalid_argument("`id` is no UUID: give the screening id of an answer")
    })
}

fn instant(text: &str, field: &str) -> Result<Option<Timestamp>, Status> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        Status::invalid_argument(format!(
            "`{field}` is no instant such as 2026-11-22T10:00:00Z"
        ))
    })
}
