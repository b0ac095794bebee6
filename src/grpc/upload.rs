//! Uploads: a header, files, and the end that makes them whole.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tonic::{Status, Streaming};

use crate::config::Limits;
use crate::import::{self, Approval, Importer, Report, Spool, SpoolLimits};
use crate::list::{Category, Origin, SourceId, Tier};

use super::convert;
use super::status::status;
use super::v1;
use super::v1::import_publication_request::Part as Sent;

/// Longest time an upload may take in all: a large list over a slow line.
const UPLOAD_MAX: Duration = Duration::from_secs(30 * 60);

type Incoming = Streaming<v1::ImportPublicationRequest>;

/// An upload that is whole.
pub(super) struct Upload {
    header: Header,
    spool: Spool,
    end: v1::ImportEnd,
}

/// Takes an upload to its end, each wait and the whole of it bounded.
pub(super) async fn receive(
    mut incoming: Incoming,
    data_dir: &Path,
    limits: &Limits,
) -> Result<Upload, Status> {
    let taking = async {
        let Some(Sent::Header(header)) = next(&mut incoming, limits).await? else {
            return Err(Status::invalid_argument(
                "the first message must be `header`",
            ));
        };
        let header = Header::checked(header)?;
        let spool_limits = SpoolLimits {
            file_bytes_max: limits.import_file_bytes_max,
            ..SpoolLimits::default()
        };
        let mut spool = Spool::begin(data_dir, spool_limits).map_err(|error| status(&error))?;
        let mut end = None;
        while let Some(part) = next(&mut incoming, limits).await? {
            if end.is_some() {
                return Err(Status::invalid_argument("nothing may come after `end`"));
            }
            match part {
                Sent::End(said) => end = Some(said),
                part => spool = blocking(move || take(spool, part)).await?,
            }
        }
        // A client that fails half-way closes its stream in good order.
        let end = end.ok_or_else(|| {
            Status::invalid_argument("the upload has no `end`: nothing was imported; send it again")
        })?;
        Ok(Upload { header, spool, end })
    };
    timeout(UPLOAD_MAX, taking)
        .await
        .map_err(|_| Status::deadline_exceeded("the upload took too long"))?
}

async fn next(incoming: &mut Incoming, limits: &Limits) -> Result<Option<Sent>, Status> {
    let message = timeout(limits.stream_idle_timeout, incoming.message())
        .await
        .map_err(|_| Status::deadline_exceeded("the upload stood still for too long"))??;
    match message.map(|message| message.part) {
        None => Ok(None),
        Some(Some(part)) => Ok(Some(part)),
        Some(None) => Err(Status::invalid_argument("a message carries no `part`")),
    }
}

/// What an import is, checked.
struct Header {
    source: SourceId,
    tier: Option<Tier>,
    format: Option<import::read::Format>,
    category: Option<Category>,
    approval: Option<Approval>,
    retrieved_at: Timestamp,
}

impl Header {
    fn checked(sent: v1::ImportHeader) -> Result<Self, Status> {
        let wrong = |field: &str, error: &dyn std::fmt::Display| {
            Status::invalid_argument(format!("`header.{field}`: {error}"))
        };
        let format = match sent.format.as_str() {
            "" => None,
            name => Some(name.parse().map_err(|error| wrong("format", &error))?),
        };
        let retrieved_at = match sent.retrieved_at.as_str() {
            "" => Timestamp::now(),
            text => text
                .parse()
                .map_err(|error| wrong("retrieved_at", &error))?,
        };
        let approval = match (sent.approve.is_empty(), sent.act) {
            (true, _) => None,
            (false, act) => Some(Approval {
                digest: sent.approve,
                act: convert::act(act, "header.act")?,
            }),
        };
        Ok(Self {
            format,
            retrieved_at,
            source: sent
                .source
                .parse()
                .map_err(|error| wrong("source", &error))?,
            tier: convert::given_tier(known(sent.tier, "tier")?),
            category: convert::given_category(known(sent.category, "category")?),
            approval,
        })
    }
}

/// Refuses a number that names no value: it must not pass for "not given".
fn known<T: TryFrom<i32>>(number: i32, field: &str) -> Result<T, Status> {
    T::try_from(number).map_err(|_| {
        Status::invalid_argument(format!("`header.{field}` is {number}, which names nothing"))
    })
}

/// Takes one part of an upload. Disks are slow; this runs where other calls
/// need not wait.
fn take(mut spool: Spool, part: Sent) -> Result<Spool, Status> {
    match part {
        Sent::File(file) => spool.file(&file.name),
        Sent::Content(bytes) => spool.write(&bytes),
        Sent::Header(_) | Sent::End(_) => {
            return Err(Status::invalid_argument(
                "`header` may come only once, and first",
            ));
        }
    }
    .map_err(|error| status(&error))?;
    Ok(spool)
}

impl Upload {
    /// Imports what was uploaded.
    pub(super) fn import(mut self, importer: &Importer) -> Result<Report, Status> {
        let failed = |error| status(&error);
        let digest = self
            .spool
            .finish(self.end.files.into(), self.end.content_bytes)
            .map_err(failed)?;
        let header = self.header;
        let files = self.spool.files();
        let format = match header.format {
            Some(format) => format,
            None => importer
                .tell_format(&files)
                .map_err(|error| status(&error))?,
        };
        let request = import::Request {
            source: header.source,
            tier: header.tier,
            format,
            category: header.category,
            approval: header.approval,
            retrieved_at: header.retrieved_at,
            origin: Origin::Imported,
            digest,
        };
        importer
            .run_or_keep(&request, files)
            .map_err(|error| status(&error))
    }
}

pub(super) fn report_to_wire(report: Report) -> v1::ImportPublicationResponse {
    v1::ImportPublicationResponse {
        source: report.source.to_string(),
        format: report.format,
        changed: report.changed,
        generation: report.generation.0,
        generation_digest: report.generation_digest.0.to_vec(),
        publication_digest: report.publication_digest.0.to_vec(),
        published_on: convert::day(report.published_on),
        accepted: report.accepted,
        unchanged: report.unchanged,
        added: report.added,
        amended: report.amended,
        removed: report.removed,
        repeated: report.repeated,
        rejected: report.rejected,
        opaque: report.opaque,
        ticker_disagrees: report.ticker_disagrees,
        faults: report
            .faults
            .iter()
            .map(|count| v1::FaultCount {
                reason: count.reason.to_owned(),
                rows: count.rows,
            })
            .collect(),
        rows: report
            .rows
            .into_iter()
            .map(|note| v1::RowFault {
                file: note.file,
                line: note.line,
                reason: note.reason.to_owned(),
                detail: note.detail,
                kept: note.kept,
            })
            .collect(),
        warnings: report.warnings,
        elapsed_ms: u64::try_from(report.elapsed.as_millis()).unwrap_or(u64::MAX),
    }
}

/// Runs work that waits for the disk where it does not hold up other calls.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Status> + Send + 'static,
) -> Result<T, Status> {
    spawn_blocking(work).await.map_err(|_| {
        Status::internal("the import stopped unexpectedly; the live generation stays")
    })?
}
