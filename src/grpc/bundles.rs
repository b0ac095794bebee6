//! `BundleService`: what bundles are made of, and bundles on their way in.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tonic::{Request, Response, Status, Streaming};

use crate::bundle::{self, Export, Fed, Order, TrustPolicy, Word};
use crate::config::Limits;
use crate::generation::LiveGeneration;
use crate::import::read;
use crate::import::{ImportError, Importer, Spool, SpoolLimits};
use crate::list::GenerationNumber;
use crate::store::Store;

use super::convert;
use super::replies::{ReplyStream, replies};
use super::status::status;
use super::upload::{blocking, report_to_wire};
use super::v1;
use super::v1::bundle_service_server::BundleService;
use super::v1::create_bundle_response::Part as Out;
use super::v1::import_bundle_request::Part as In;

/// Bytes of content in one message.
const CONTENT_BYTES: usize = 256 << 10;

/// Longest time a bundle may be on its way in.
const UPLOAD_MAX: Duration = Duration::from_secs(30 * 60);

/// Most digests of one word: a gate for each source, and the bundle itself.
const APPROVALS_MAX: usize = 256;

/// The service.
#[derive(Clone)]
pub struct Bundles {
    store: Arc<Store>,
    live: Arc<LiveGeneration>,
    importer: Arc<Importer>,
    trust: Arc<ArcSwap<TrustPolicy>>,
    limits: Limits,
    /// One bundle at a time is made: it holds a generation's entries.
    making: Arc<Semaphore>,
    /// One at a time waits on the disk.
    taking: Arc<Semaphore>,
}

impl Bundles {
    /// Serves a store, what is live from it, and the importer that writes it.
    pub fn new(
        store: Arc<Store>,
        live: Arc<LiveGeneration>,
        importer: Arc<Importer>,
        trust: Arc<ArcSwap<TrustPolicy>>,
        limits: Limits,
    ) -> Self {
        Self {
            store,
            live,
            importer,
            trust,
            limits,
            making: Arc::new(Semaphore::new(1)),
            taking: Arc::new(Semaphore::new(1)),
        }
    }
}

#[tonic::async_trait]
impl BundleService for Bundles {
    type CreateBundleStream = ReplyStream<v1::CreateBundleResponse>;

    async fn create_bundle(
        &self,
        request: Request<v1::CreateBundleRequest>,
    ) -> Result<Response<Self::CreateBundleStream>, Status> {
        let order = order(request.into_inner())?;
        let permit = self.making.clone().try_acquire_owned().map_err(|_| {
            Status::resource_exhausted("another bundle is being made: try again when it has ended")
        })?;
        let folder = Spool::begin(self.store.data_dir(), SpoolLimits::default())
            .map_err(|error| status(&error))?;
        let (replies, stream) = replies(4, self.limits.stream_idle_timeout);
        let (store, live) = (self.store.clone(), self.live.pin());
        let limits = read::Limits {
            file_bytes_max: self.limits.import_file_bytes_max,
            ..read::Limits::default()
        };
        let runtime = Handle::current();
        // Owned by the stream: it ends when the reader goes away or stands
        // still for too long.
        spawn_blocking(move || {
            let send = |part| {
                let message = v1::CreateBundleResponse { part: Some(part) };
                runtime.block_on(replies.send(message))
            };
            let export = bundle::export(&store, live.as_deref(), &order, &limits, folder.folder());
            let sent = export
                .map_err(|error| status(&error))
                .and_then(|export| send_export(&export, send));
            if let Err(error) = sent {
                replies.fail(error);
            }
            drop((live, folder, permit));
        });
        Ok(Response::new(stream))
    }

    async fn import_bundle(
        &self,
        request: Request<Streaming<v1::ImportBundleRequest>>,
    ) -> Result<Response<v1::ImportBundleResponse>, Status> {
        let _taking = self
            .taking
            .try_acquire()
            .map_err(|_| status(&ImportError::Busy))?;
        let taking = receive(request.into_inner(), self.store.data_dir(), &self.limits);
        let (spool, word) = timeout(UPLOAD_MAX, taking)
            .await
            .map_err(|_| Status::deadline_exceeded("the upload took too long"))??;
        let (store, importer) = (self.store.clone(), self.importer.clone());
        let trust = self.trust.load_full();
        let fed = blocking(move || {
            let path = spool
                .first_path()
                .ok_or_else(|| Status::invalid_argument("no file came"))?;
            let parties = (&*store, &*importer);
            bundle::feed(path, spool.folder(), parties, &trust, word.as_ref())
                .map_err(|error| status(&error))
        })
        .await?;
        Ok(Response::new(self.report(fed)))
    }
}

impl Bundles {
    fn report(&self, fed: Fed) -> v1::ImportBundleResponse {
        let origin = match fed.is_as_origin {
            Some(true) => v1::OriginComparison::Same,
            Some(false) => v1::OriginComparison::Different,
            None => v1::OriginComparison::NotComparable,
        };
        let live = self.live.pin();
        let record = live.as_ref().map(|live| &live.record);
        let accepted = fed.accepted;
        v1::ImportBundleResponse {
            manifest: fed.manifest.to_text(),
            manifest_digest: fed.digest.0.to_vec(),
            signed_by: accepted
                .signed_by
                .map(|key| key.to_string())
                .unwrap_or_default(),
            overridden: accepted
                .overridden
                .iter()
                .map(ToString::to_string)
                .collect(),
            warnings: accepted.warnings,
            reports: fed.reports.into_iter().map(report_to_wire).collect(),
            generation: record.map_or(0, |record| record.number.0),
            generation_digest: record
                .map(|record| record.digest.0.to_vec())
                .unwrap_or_default(),
            origin: origin.into(),
        }
    }
}

fn order(asked: v1::CreateBundleRequest) -> Result<Order, Status> {
    let wrong = |field: &str, error: &dyn std::fmt::Display| {
        Status::invalid_argument(format!("`{field}`: {error}"))
    };
    let source = (!asked.source.is_empty())
        .then(|| asked.source.parse())
        .transpose()
        .map_err(|error| wrong("source", &error))?;
    let previous = (!asked.previous.is_empty())
        .then(|| asked.previous.parse())
        .transpose()
        .map_err(|error| wrong("previous", &error))?;
    let created_at = match asked.created_at.as_str() {
        "" => Timestamp::now(),
        text => text.parse().map_err(|error| wrong("created_at", &error))?,
    };
    Ok(Order {
        source,
        generation: (asked.generation != 0).then_some(GenerationNumber(asked.generation)),
        created_at,
        life: Duration::from_secs(asked.expires_in_seconds),
        previous,
    })
}

/// Sends the manifest, the parts and the end.
fn send_export(export: &Export, send: impl Fn(Out) -> Result<(), Status>) -> Result<(), Status> {
    send(Out::Manifest(export.manifest.to_text().into_bytes()))?;
    let mut end = v1::BundleEnd::default();
    for path in &export.parts {
        let unreadable = |error| {
            tracing::error!(%error, path = %path.display(), "a part just written cannot be read");
            Status::unavailable("a part of the bundle cannot be read")
        };
        let mut file = File::open(path).map_err(unreadable)?;
        loop {
            let mut content = vec![0; CONTENT_BYTES];
            let read = file.read(&mut content).map_err(unreadable)?;
            if read == 0 {
                break;
            }
            content.truncate(read);
            end.content_bytes += read as u64;
            send(Out::Content(content))?;
        }
    }
    send(Out::End(end))
}

/// Takes a bundle to its end, each wait bounded.
async fn receive(
    mut incoming: Streaming<v1::ImportBundleRequest>,
    data_dir: &Path,
    limits: &Limits,
) -> Result<(Spool, Option<Word>), Status> {
    let Some(In::Header(header)) = next(&mut incoming, limits).await? else {
        return Err(Status::invalid_argument(
            "the first message must be `header`",
        ));
    };
    let word = word(header)?;
    let spool_limits = SpoolLimits {
        file_bytes_max: limits.import_file_bytes_max,
        files_max: 1,
    };
    let mut spool = Spool::begin(data_dir, spool_limits).map_err(|error| status(&error))?;
    spool.file("bundle").map_err(|error| status(&error))?;
    let mut end = None;
    while let Some(part) = next(&mut incoming, limits).await? {
        if end.is_some() {
            return Err(Status::invalid_argument("nothing may come after `end`"));
        }
        match part {
            In::End(said) => end = Some(said),
            In::Content(bytes) => {
                spool = blocking(move || {
                    spool.write(&bytes).map_err(|error| status(&error))?;
                    Ok(spool)
                })
                .await?;
            }
            In::Header(_) => {
                return Err(Status::invalid_argument(
                    "`header` may come only once, and first",
                ));
            }
        }
    }
    // A client that fails half-way closes its stream in good order.
    let end = end.ok_or_else(|| {
        Status::invalid_argument("the upload has no `end`: nothing was imported; send it again")
    })?;
    let spool = blocking(move || {
        spool
            .finish(1, end.content_bytes)
            .map_err(|error| status(&error))?;
        Ok(spool)
    })
    .await?;
    Ok((spool, word))
}

fn word(header: v1::BundleHeader) -> Result<Option<Word>, Status> {
    if header.approve.is_empty() {
        return Ok(None);
    }
    if header.approve.len() > APPROVALS_MAX {
        return Err(Status::invalid_argument(format!(
            "`header.approve` has more than {APPROVALS_MAX} digests"
        )));
    }
    Ok(Some(Word {
        digests: header.approve,
        act: convert::act(header.act, "header.act")?,
    }))
}

async fn next(
    incoming: &mut Streaming<v1::ImportBundleRequest>,
    limits: &Limits,
) -> Result<Option<In>, Status> {
    let message = timeout(limits.stream_idle_timeout, incoming.message())
        .await
        .map_err(|_| Status::deadline_exceeded("the upload stood still for too long"))??;
    match message.map(|message| message.part) {
        None => Ok(None),
        Some(Some(part)) => Ok(Some(part)),
        Some(None) => Err(Status::invalid_argument("a message carries no `part`")),
    }
}
