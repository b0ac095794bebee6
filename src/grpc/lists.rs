//! `ListService`: flow 2 and the history of the lists on the wire.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tonic::{Request, Response, Status, Streaming};

use crate::config::Limits;
use crate::freshness::{Requirements, age};
use crate::generation::LiveGeneration;
use crate::import::{self, Importer, Report, Spool, SpoolLimits};
use crate::list::{Origin, Publication};
use crate::store::{ChangedEntry, GenerationNumber, GenerationRecord, ListedRow, ReadError, Store};

use super::convert;
use super::replies::{ReplyStream, replies};
use super::status::status;
use super::v1;
use super::v1::import_publication_request::Part as Sent;
use super::v1::list_service_server::ListService;

const GENERATIONS_DEFAULT: u32 = 50;
const GENERATIONS_MAX: u32 = 1000;

/// Differences computed at once.
const DIFFERENCES_MAX: usize = 4;

/// Longest time an upload may take in all: a large list over a slow line.
const UPLOAD_MAX: Duration = Duration::from_secs(30 * 60);

/// Changes in one message of a difference.
const CHANGES_PER_MESSAGE: usize = 500;

/// The service.
#[derive(Clone)]
pub struct Lists {
    store: Arc<Store>,
    live: Arc<LiveGeneration>,
    importer: Arc<Importer>,
    requirements: Arc<Requirements>,
    limits: Limits,
    /// One upload at a time waits on the disk.
    uploads: Arc<Semaphore>,
    /// A difference holds a thread and the keys that changed.
    differences: Arc<Semaphore>,
}

impl Lists {
    /// Serves a store, the generation that is live from it, and the importer
    /// that writes it.
    pub fn new(
        store: Arc<Store>,
        live: Arc<LiveGeneration>,
        importer: Arc<Importer>,
        requirements: Requirements,
        limits: Limits,
    ) -> Self {
        Self {
            store,
            live,
            importer,
            requirements: Arc::new(requirements),
            limits,
            uploads: Arc::new(Semaphore::new(1)),
            differences: Arc::new(Semaphore::new(DIFFERENCES_MAX)),
        }
    }

    fn spool(&self) -> Result<Spool, Status> {
        let limits = SpoolLimits {
            file_bytes_max: self.limits.import_file_bytes_max,
            ..SpoolLimits::default()
        };
        Spool::begin(self.store.data_dir(), limits).map_err(|error| status(&error))
    }

    /// Takes an upload to its end.
    async fn receive(
        &self,
        mut incoming: Streaming<v1::ImportPublicationRequest>,
    ) -> Result<(Spool, v1::ImportEnd), Status> {
        let mut spool = self.spool()?;
        let mut end = None;
        while let Some(part) = self.next(&mut incoming).await? {
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
        Ok((spool, end))
    }

    async fn next(
        &self,
        incoming: &mut Streaming<v1::ImportPublicationRequest>,
    ) -> Result<Option<Sent>, Status> {
        let message = timeout(self.limits.stream_idle_timeout, incoming.message())
            .await
            .map_err(|_| Status::deadline_exceeded("the upload stood still for too long"))??;
        match message.map(|message| message.part) {
            None => Ok(None),
            Some(Some(part)) => Ok(Some(part)),
            Some(None) => Err(Status::invalid_argument("a message carries no `part`")),
        }
    }
}

#[tonic::async_trait]
impl ListService for Lists {
    async fn import_publication(
        &self,
        request: Request<Streaming<v1::ImportPublicationRequest>>,
    ) -> Result<Response<v1::ImportPublicationResponse>, Status> {
        let _upload = self
            .uploads
            .try_acquire()
            .map_err(|_| status(&import::ImportError::Busy))?;
        let mut incoming = request.into_inner();
        let Some(Sent::Header(header)) = self.next(&mut incoming).await? else {
            return Err(Status::invalid_argument(
                "the first message must be `header`",
            ));
        };
        let header = Header::checked(header)?;
        let (spool, end) = timeout(UPLOAD_MAX, self.receive(incoming))
            .await
            .map_err(|_| Status::deadline_exceeded("the upload took too long"))??;
        let importer = self.importer.clone();
        let report = blocking(move || run_import(&importer, spool, end, header)).await?;
        Ok(Response::new(report_to_wire(report)))
    }

    async fn list_sources(
        &self,
        _: Request<v1::ListSourcesRequest>,
    ) -> Result<Response<v1::ListSourcesResponse>, Status> {
        let live = self.live.pin();
        let now = Timestamp::now();
        let publications: &[Publication] = live
            .as_ref()
            .map_or(&[], |generation| &generation.record.publications);
        let mut sources: Vec<v1::Source> = publications
            .iter()
            .map(|held| self.present_source(held, now))
            .collect();
        for rule in &self.requirements.sources {
            if !publications.iter().any(|held| held.source == rule.source) {
                sources.push(v1::Source {
                    id: rule.source.to_string(),
                    tier: convert::tier(rule.tier).into(),
                    required: rule.required,
                    max_age_seconds: rule.max_age.unwrap_or_default().as_secs(),
                    ..v1::Source::default()
                });
            }
        }
        sources.sort_by(|a, b| a.id.cmp(&b.id));
        let record = live.as_ref().map(|generation| &generation.record);
        Ok(Response::new(v1::ListSourcesResponse {
            sources,
            generation: record.map_or(0, |record| record.number.0),
            generation_digest: record
                .map(|record| record.digest.0.to_vec())
                .unwrap_or_default(),
        }))
    }

    async fn list_generations(
        &self,
        request: Request<v1::ListGenerationsRequest>,
    ) -> Result<Response<v1::ListGenerationsResponse>, Status> {
        let asked = request.into_inner();
        let limit = match asked.limit {
            0 => GENERATIONS_DEFAULT,
            limit => limit.min(GENERATIONS_MAX),
        };
        let newest = self
            .live
            .pin()
            .map_or(0, |generation| generation.number().0);
        let from = match asked.before {
            0 => newest,
            before => before.saturating_sub(1).min(newest),
        };
        let numbers = (1..=from).rev().take(limit as usize);
        let records: Result<Vec<_>, ReadError> = numbers
            .map(|number| {
                let number = GenerationNumber(number);
                let record = self.store.generation(number)?;
                record.ok_or(ReadError::GenerationMissing(number))
            })
            .collect();
        let records = records.map_err(|error| status(&error))?;
        Ok(Response::new(v1::ListGenerationsResponse {
            generations: records.into_iter().map(generation_to_wire).collect(),
        }))
    }

    type DiffGenerationsStream = ReplyStream<v1::DiffGenerationsResponse>;

    async fn diff_generations(
        &self,
        request: Request<v1::DiffGenerationsRequest>,
    ) -> Result<Response<Self::DiffGenerationsStream>, Status> {
        let asked = request.into_inner();
        let live = self
            .live
            .pin()
            .ok_or_else(|| Status::unavailable("no verified generation is live"))?;
        let newest = live.number().0;
        let to = if asked.to == 0 { newest } else { asked.to };
        if asked.from > to || to > newest {
            return Err(Status::invalid_argument(format!(
                "cannot compare generation {} with {to}: name an earlier and a later one, up to {newest}",
                asked.from
            )));
        }
        let permit = self.differences.clone().try_acquire_owned().map_err(|_| {
            Status::resource_exhausted("several differences are being computed: try again later")
        })?;
        let (replies, stream) = replies(4, self.limits.stream_idle_timeout);
        let (from, to) = (GenerationNumber(asked.from), GenerationNumber(to));
        let store = self.store.clone();
        let runtime = Handle::current();
        // Owned by the stream: it ends when the reader goes away or stands
        // still for too long.
        spawn_blocking(move || {
            let send = |message| runtime.block_on(replies.send(message));
            if let Err(error) = send_difference(&store, from, to, send) {
                replies.fail(error);
            }
            drop((live, permit));
        });
        Ok(Response::new(stream))
    }
}

/// What an import is, checked.
struct Header {
    source: crate::list::SourceId,
    tier: Option<crate::list::Tier>,
    format: Option<import::read::Format>,
    category: Option<crate::list::Category>,
    allow_shrink: Option<String>,
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
        Ok(Self {
            format,
            retrieved_at,
            source: sent
                .source
                .parse()
                .map_err(|error| wrong("source", &error))?,
            tier: convert::given_tier(known(sent.tier, "tier")?),
            category: convert::given_category(known(sent.category, "category")?),
            allow_shrink: (!sent.allow_shrink.is_empty()).then_some(sent.allow_shrink),
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

fn run_import(
    importer: &Importer,
    mut spool: Spool,
    end: v1::ImportEnd,
    header: Header,
) -> Result<Report, Status> {
    let digest = spool
        .finish(end.files.into(), end.content_bytes)
        .map_err(|error| status(&error))?;
    let format = match header.format {
        Some(format) => format,
        None => spool.detect().map_err(|error| status(&error))?,
    };
    let files = spool.files().map_err(|error| status(&error))?;
    let request = import::Request {
        source: header.source,
        tier: header.tier,
        format,
        category: header.category,
        allow_shrink: header.allow_shrink,
        retrieved_at: header.retrieved_at,
        origin: Origin::Imported,
        digest,
    };
    importer
        .run(&request, files)
        .map_err(|error| status(&error))
}

impl Lists {
    fn present_source(&self, held: &Publication, now: Timestamp) -> v1::Source {
        v1::Source {
            id: held.source.to_string(),
            tier: convert::tier(held.tier).into(),
            required: self.requirements.requires(held),
            present: true,
            entries: held.entries,
            published_on: convert::day(held.published_on),
            retrieved_at: convert::instant(held.current_at()),
            age_seconds: age(held, now).as_secs(),
            max_age_seconds: self
                .requirements
                .max_age(held)
                .unwrap_or_default()
                .as_secs(),
            stale: self.requirements.is_stale(held, now),
            bundled: held.origin == Origin::Bundled,
            publication_digest: held.digest.0.to_vec(),
            format: held.read_as.format.clone(),
            incomplete: held.incomplete,
        }
    }
}

fn generation_to_wire(record: GenerationRecord) -> v1::Generation {
    let source = record.sources.first().cloned();
    let publication = source
        .as_ref()
        .and_then(|source| record.publication(source));
    v1::Generation {
        number: record.number.0,
        digest: record.digest.0.to_vec(),
        committed_at: convert::instant(record.committed_at),
        entries: record.rows,
        source: source.as_ref().map(ToString::to_string).unwrap_or_default(),
        added: record.added,
        amended: record.amended,
        removed: record.removed,
        publication_digest: publication
            .map(|held| held.digest.0.to_vec())
            .unwrap_or_default(),
    }
}

fn report_to_wire(report: Report) -> v1::ImportPublicationResponse {
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

fn send_difference(
    store: &Store,
    from: GenerationNumber,
    to: GenerationNumber,
    send: impl Fn(v1::DiffGenerationsResponse) -> Result<(), Status>,
) -> Result<(), Status> {
    use v1::diff_generations_response::Part;

    let send = |part| send(v1::DiffGenerationsResponse { part: Some(part) });
    let failed = |error: ReadError| status(&error);
    let mut summary = v1::DiffSummary {
        from: from.0,
        to: to.0,
        ..v1::DiffSummary::default()
    };
    let mut waiting = Vec::new();
    // An entry under several keys is one entry.
    let mut seen = HashSet::new();
    for key in store.changed_keys(from, to).map_err(failed)? {
        for changed in store.changes_under(&key, from, to).map_err(failed)? {
            let Some((id, change)) = change_to_wire(&changed).map_err(failed)? else {
                continue;
            };
            if !seen.insert(id) {
                continue;
            }
            match change.kind() {
                v1::ChangeKind::Listed => summary.listed += 1,
                v1::ChangeKind::Delisted => summary.delisted += 1,
                _ => summary.amended += 1,
            }
            waiting.push(change);
            if waiting.len() == CHANGES_PER_MESSAGE {
                let changes = std::mem::take(&mut waiting);
                send(Part::Changes(v1::Changes { changes }))?;
            }
        }
    }
    if !waiting.is_empty() {
        send(Part::Changes(v1::Changes { changes: waiting }))?;
    }
    send(Part::Summary(summary))
}

fn change_to_wire(
    changed: &ChangedEntry,
) -> Result<Option<(crate::list::EntryId, v1::Change)>, ReadError> {
    let kind = match (&changed.before, &changed.after) {
        (None, Some(_)) => v1::ChangeKind::Listed,
        (Some(_), None) => v1::ChangeKind::Delisted,
        (Some(_), Some(_)) => v1::ChangeKind::Amended,
        (None, None) => return Ok(None),
    };
    let Some(row) = changed.after.as_ref().or(changed.before.as_ref()) else {
        return Ok(None);
    };
    let keyed = ListedRow::entry(row)?;
    let entry = keyed.entry;
    let change = v1::Change {
        kind: kind.into(),
        source: keyed.source.to_string(),
        address: entry.address,
        ticker: entry.ticker.unwrap_or_default(),
        subjects: entry.designation.subjects,
        programs: entry.designation.programs,
        incident: entry
            .incident
            .map(|incident| incident.id)
            .unwrap_or_default(),
        entry_id: row.id.to_string(),
    };
    Ok(Some((row.id, change)))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Status> + Send + 'static,
) -> Result<T, Status> {
    spawn_blocking(work).await.map_err(|_| {
        Status::internal("the import stopped unexpectedly; the live generation stays")
    })?
}
