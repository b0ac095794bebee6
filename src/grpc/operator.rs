//! The operator's own lists, and what waits for a person's word.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tonic::{Request, Response, Status};
use tracing::info;

use crate::audit::Recorder;
use crate::config::Limits;
use crate::generation::LiveGeneration;
use crate::import::{
    Applied, Approved, Importer, Matter, OperatorChange, OperatorList, Particulars, Pending,
    PendingItem, What,
};
use crate::list::{Category, EntryId, ListEntry};
use crate::screening::{Asked, Moment, Screener, utc_date};
use crate::store::{ReadError, Store};

use super::convert;
use super::recorded::{caller, screened};
use super::replies::{ReplyStream, replies};
use super::status::status;
use super::upload::{blocking, report_to_wire};
use super::v1;
use super::v1::operator_service_server::OperatorService;

/// Entries or addresses in one message of a stream.
const PER_MESSAGE: usize = 500;

/// Longest text about an address.
const TEXT_BYTES_MAX: usize = 1_000;

/// The service.
#[derive(Clone)]
pub struct Operator {
    store: Arc<Store>,
    live: Arc<LiveGeneration>,
    importer: Arc<Importer>,
    screener: Screener,
    recorder: Recorder,
    limits: Limits,
}

impl Operator {
    /// Binds the service to what it changes and what answers from it.
    pub fn new(
        store: Arc<Store>,
        live: Arc<LiveGeneration>,
        importer: Arc<Importer>,
        (screener, recorder): (Screener, Recorder),
        limits: Limits,
    ) -> Self {
        Self {
            store,
            live,
            importer,
            screener,
            recorder,
            limits,
        }
    }

    fn pending(&self) -> Pending {
        Pending::of(self.store.data_dir())
    }

    async fn change(
        &self,
        change: OperatorChange,
        caller: String,
    ) -> Result<v1::OperatorChangeResult, Status> {
        let importer = self.importer.clone();
        let asked = change.clone();
        let applied =
            blocking(move || importer.change(&asked).map_err(|error| status(&error))).await?;
        info!(list = change.list.name(), author = %change.act.author, ?applied, "list changed by hand");
        self.result(applied, (&change.address, &change.network), caller)
            .await
    }

    /// Tells what became of a change, and what a screening says now.
    async fn result(
        &self,
        applied: Applied,
        asked_about: (&str, &str),
        caller: String,
    ) -> Result<v1::OperatorChangeResult, Status> {
        let (generation, entry) = match applied {
            Applied::Live { generation, entry } => (generation, entry),
            Applied::Waiting(pending_id) => {
                return Ok(v1::OperatorChangeResult {
                    pending_id,
                    ..v1::OperatorChangeResult::default()
                });
            }
        };
        let moment = Moment {
            min_generation: Some(generation),
            ..Moment::default()
        };
        let pinned = self.screener.pin(&moment).map_err(|error| status(&error))?;
        let asked = Asked {
            caller,
            call: "AfterChange",
            ..Asked::default()
        };
        // The change is live whether or not this screening can be recorded,
        // and answered.
        let outcome = screened(&self.recorder, &pinned, &asked, asked_about).await;
        Ok(v1::OperatorChangeResult {
            generation: generation.0,
            entry_id: entry.as_ref().map(EntryId::to_string).unwrap_or_default(),
            pending_id: String::new(),
            outcome: outcome.ok(),
        })
    }
}

#[tonic::async_trait]
impl OperatorService for Operator {
    async fn add_address(
        &self,
        request: Request<v1::AddAddressRequest>,
    ) -> Result<Response<v1::AddAddressResponse>, Status> {
        let caller = caller(&request);
        let sent = request.into_inner();
        let list = list_of(sent.list())?;
        let category = v1::Category::try_from(sent.category).map_err(|_| {
            Status::invalid_argument(format!(
                "`category` is {}, which names nothing",
                sent.category
            ))
        })?;
        let change = OperatorChange {
            list,
            what: What::Add(Particulars {
                category: convert::given_category(category).unwrap_or(Category::Other),
                subject: said("subject", &sent.subject)?,
                note: said("note", &sent.note)?,
                expires_on: convert::date(&sent.expires_on, "expires_on")?,
            }),
            address: sent.address,
            network: sent.network,
            act: convert::act(sent.act, "act")?,
        };
        let result = Some(self.change(change, caller).await?);
        Ok(Response::new(v1::AddAddressResponse { result }))
    }

    async fn remove_address(
        &self,
        request: Request<v1::RemoveAddressRequest>,
    ) -> Result<Response<v1::RemoveAddressResponse>, Status> {
        let caller = caller(&request);
        let sent = request.into_inner();
        let change = OperatorChange {
            list: list_of(sent.list())?,
            what: What::Remove,
            address: sent.address,
            network: sent.network,
            act: convert::act(sent.act, "act")?,
        };
        let result = Some(self.change(change, caller).await?);
        Ok(Response::new(v1::RemoveAddressResponse { result }))
    }

    type ListAddressesStream = ReplyStream<v1::ListAddressesResponse>;

    async fn list_addresses(
        &self,
        request: Request<v1::ListAddressesRequest>,
    ) -> Result<Response<Self::ListAddressesStream>, Status> {
        let list = list_of(request.into_inner().list())?;
        let entries = self.entries(list).await?;
        let (replies, stream) = replies(4, self.limits.stream_idle_timeout);
        tokio::spawn(async move {
            let mut parts = entries.chunks(PER_MESSAGE).peekable();
            loop {
                let entries = parts.next().unwrap_or_default().to_vec();
                let complete = parts.peek().is_none();
                let message = v1::ListAddressesResponse { entries, complete };
                if replies.send(message).await.is_err() || complete {
                    return;
                }
            }
        });
        Ok(Response::new(stream))
    }

    async fn list_pending(
        &self,
        _: Request<v1::ListPendingRequest>,
    ) -> Result<Response<v1::ListPendingResponse>, Status> {
        let pending = self.pending();
        let items = blocking(move || pending.list().map_err(|error| status(&error))).await?;
        Ok(Response::new(v1::ListPendingResponse {
            items: items.iter().map(item_to_wire).collect(),
        }))
    }

    type GetPendingStream = ReplyStream<v1::GetPendingResponse>;

    async fn get_pending(
        &self,
        request: Request<v1::GetPendingRequest>,
    ) -> Result<Response<Self::GetPendingStream>, Status> {
        let (pending, id) = (self.pending(), request.into_inner().id);
        let found = blocking(move || {
            let item = pending.get(&id).map_err(|error| status(&error))?;
            let lost = pending.lost(&id).map_err(|error| status(&error))?;
            Ok((item, lost))
        });
        let (item, lost) = found.await?;
        let (replies, stream) = replies(4, self.limits.stream_idle_timeout);
        let runtime = Handle::current();
        spawn_blocking(move || {
            let mut item = Some(item_to_wire(&item));
            let mut parts = lost.chunks(PER_MESSAGE).peekable();
            loop {
                let lost = parts.next().unwrap_or_default().to_vec();
                let complete = parts.peek().is_none();
                let message = v1::GetPendingResponse {
                    item: item.take(),
                    lost,
                    complete,
                };
                if runtime.block_on(replies.send(message)).is_err() || complete {
                    return;
                }
            }
        });
        Ok(Response::new(stream))
    }

    async fn approve_pending(
        &self,
        request: Request<v1::ApprovePendingRequest>,
    ) -> Result<Response<v1::ApprovePendingResponse>, Status> {
        use v1::approve_pending_response::Result as Followed;

        let caller = caller(&request);
        let sent = request.into_inner();
        let act = convert::act(sent.act, "act")?;
        let (pending, importer) = (self.pending(), self.importer.clone());
        let (author, id) = (act.author.clone(), sent.id.clone());
        let (item, approved) = blocking(move || {
            let item = pending.get(&sent.id).map_err(|error| status(&error))?;
            let approved = importer
                .approve(&sent.id, act)
                .map_err(|error| status(&error))?;
            Ok((item, approved))
        })
        .await?;
        info!(%author, id, "a person gave their word");
        let result = match (approved, item.matter) {
            (Approved::Imported(report), _) => Followed::Publication(report_to_wire(*report)),
            (Approved::Changed(applied), Matter::Change(change)) => {
                let asked_about = (change.address.as_str(), change.network.as_str());
                Followed::Change(self.result(applied, asked_about, caller).await?)
            }
            (Approved::Changed(applied), Matter::Publication(_)) => {
                Followed::Change(self.result(applied, ("", ""), caller).await?)
            }
        };
        Ok(Response::new(v1::ApprovePendingResponse {
            result: Some(result),
        }))
    }

    async fn reject_pending(
        &self,
        request: Request<v1::RejectPendingRequest>,
    ) -> Result<Response<v1::RejectPendingResponse>, Status> {
        let sent = request.into_inner();
        let act = convert::act(sent.act, "act")?;
        let (importer, id, said) = (self.importer.clone(), sent.id.clone(), act.clone());
        blocking(move || importer.reject(&id, &said).map_err(|error| status(&error))).await?;
        info!(author = %act.author, reason = %act.reason, id = sent.id, "a person refused their word");
        Ok(Response::new(v1::RejectPendingResponse {}))
    }
}

impl Operator {
    /// Reads a list of the operator's; nobody keeps many by hand.
    async fn entries(&self, list: OperatorList) -> Result<Vec<v1::OperatorEntry>, Status> {
        let Some(live) = self.live.pin() else {
            return Err(Status::unavailable("no verified generation is live"));
        };
        if live.publication(&list.source()).is_none() {
            return Ok(Vec::new());
        }
        let store = self.store.clone();
        blocking(move || {
            let source = list.source();
            let mut seen = BTreeSet::new();
            let mut entries = Vec::new();
            let failed = |error: ReadError| status(&error);
            for shelf in store.shelves() {
                let (_, rows) = shelf.map_err(failed)?;
                for row in rows.iter().filter(|row| row.life.covers(live.number())) {
                    let keyed = row.entry().map_err(|error| failed(error.into()))?;
                    if keyed.source == source && keyed.derived.is_none() && seen.insert(row.id) {
                        entries.push(entry_to_wire(row.id, keyed.entry));
                    }
                }
            }
            Ok(entries)
        })
        .await
    }
}

fn list_of(list: v1::OperatorList) -> Result<OperatorList, Status> {
    match list {
        v1::OperatorList::Listing => Ok(OperatorList::Listing),
        v1::OperatorList::Exemption => Ok(OperatorList::Exemption),
        v1::OperatorList::Unspecified => Err(Status::invalid_argument(
            "`list` must be LISTING or EXEMPTION",
        )),
    }
}

const fn list_to_wire(list: OperatorList) -> v1::OperatorList {
    match list {
        OperatorList::Listing => v1::OperatorList::Listing,
        OperatorList::Exemption => v1::OperatorList::Exemption,
    }
}

fn said(field: &str, text: &str) -> Result<Option<String>, Status> {
    let text = text.trim();
    if text.len() > TEXT_BYTES_MAX || text.contains(char::is_control) {
        return Err(Status::invalid_argument(format!(
            "`{field}` must be one line of at most {TEXT_BYTES_MAX} bytes"
        )));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn entry_to_wire(id: EntryId, entry: ListEntry) -> v1::OperatorEntry {
    let today = utc_date(Timestamp::now());
    v1::OperatorEntry {
        expired: entry.delisted_on.is_some_and(|day| day <= today),
        address: entry.address,
        network: entry.ticker.unwrap_or_default(),
        category: convert::category(entry.category).into(),
        subject: entry
            .designation
            .subjects
            .into_iter()
            .next()
            .unwrap_or_default(),
        note: entry.note.unwrap_or_default(),
        listed_on: convert::day(entry.listed_on),
        expires_on: convert::day(entry.delisted_on),
        act: entry.act.as_ref().map(convert::act_to_wire),
        entry_id: id.to_string(),
    }
}

fn item_to_wire(item: &PendingItem) -> v1::PendingItem {
    use v1::pending_item::Matter as Wire;

    let matter = match &item.matter {
        Matter::Publication(held) => Wire::Publication(v1::PendingPublication {
            source: held.request.source.to_string(),
            format: held.request.format.to_string(),
            retrieved_at: convert::instant(held.request.retrieved_at),
            refusal: held.refusal.clone(),
            lost: held.lost,
            listed: held.listed,
            publication_digest: held.request.digest.0.to_vec(),
        }),
        Matter::Change(change) => {
            let particulars = match &change.what {
                What::Add(particulars) => Some(particulars),
                What::Remove => None,
            };
            Wire::Change(v1::PendingChange {
                list: list_to_wire(change.list).into(),
                removes: particulars.is_none(),
                address: change.address.clone(),
                network: change.network.clone(),
                category: particulars
                    .map_or(v1::Category::Unspecified, |said| {
                        convert::category(said.category)
                    })
                    .into(),
                expires_on: convert::day(particulars.and_then(|said| said.expires_on)),
                subject: particulars
                    .and_then(|said| said.subject.clone())
                    .unwrap_or_default(),
                note: particulars
                    .and_then(|said| said.note.clone())
                    .unwrap_or_default(),
                act: Some(convert::act_to_wire(&change.act)),
            })
        }
    };
    v1::PendingItem {
        id: item.id.clone(),
        since: convert::instant(item.since),
        matter: Some(matter),
    }
}
