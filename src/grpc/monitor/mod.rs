//! Portfolios, alerts, and how the webhooks stand.

mod wire;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{sleep, timeout};
use tonic::{Request, Response, Status, Streaming};
use tracing::error;

use crate::alert::{Acknowledgement, Alert};
use crate::audit::{AppendError, Recorder};
use crate::config::Limits;
use crate::monitor::webhook::Webhooks;
use crate::monitor::{ImportReport, ImportRequest, Monitor, PortfolioImport, Row, book_changed};
use crate::portfolio::PortfolioName;

use crate::grpc::recorded::caller;
use crate::grpc::replies::{Replies, ReplyStream, replies};
use crate::grpc::status::status;
use crate::grpc::upload::blocking;
use crate::grpc::v1;
use crate::grpc::v1::import_portfolio_request::Part;
use crate::grpc::v1::monitor_service_server::MonitorService;

use wire::{alert_to_wire, portfolio_to_wire, report_to_wire, webhook_to_wire};

/// Longest time an import may take in all.
const IMPORT_MAX: Duration = Duration::from_secs(2 * 60 * 60);

/// Alerts in one message.
const PER_MESSAGE: usize = 100;

/// A stream on which nothing happens says so this often, so that nobody takes
/// it for dead, and a reader that has gone is noticed.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Longest text that a person gives with a word about alerts.
const TEXT_BYTES_MAX: usize = 1_000;

/// Portfolios that a stream may be asked for.
const NAMES_MAX: usize = 1_000;

/// The service.
#[derive(Clone)]
pub struct Monitoring {
    monitor: Arc<Monitor>,
    webhooks: Webhooks,
    recorder: Recorder,
    limits: Limits,
}

impl Monitoring {
    /// Binds the service to what watches, and to what tells other machines.
    pub fn new(
        (monitor, webhooks): (Arc<Monitor>, Webhooks),
        recorder: Recorder,
        limits: Limits,
    ) -> Self {
        Self {
            monitor,
            webhooks,
            recorder,
            limits,
        }
    }

    async fn next(
        &self,
        incoming: &mut Streaming<v1::ImportPortfolioRequest>,
    ) -> Result<Option<Part>, Status> {
        let message = timeout(self.limits.stream_idle_timeout, incoming.message())
            .await
            .map_err(|_| Status::deadline_exceeded("the upload stood still for too long"))??;
        match message.map(|message| message.part) {
            None => Ok(None),
            Some(Some(part)) => Ok(Some(part)),
            Some(None) => Err(Status::invalid_argument("a message carries no `part`")),
        }
    }

    async fn receive(
        &self,
        mut incoming: Streaming<v1::ImportPortfolioRequest>,
        caller: String,
    ) -> Result<ImportReport, Status> {
        let Some(Part::Header(header)) = self.next(&mut incoming).await? else {
            return Err(Status::invalid_argument(
                "the first message must be `header`",
            ));
        };
        let request = ImportRequest {
            name: name(&header.name)?,
            adds: header.add,
            first_screening: !header.no_initial,
        };
        let name = request.name.clone();
        let change = if request.adds { "ADDED" } else { "IMPORTED" };
        let monitor = self.monitor.clone();
        let begun = blocking(move || {
            monitor
                .begin_import(request)
                .map_err(|error| status(&error))
        });
        let mut import = begun.await?;
        let mut end = None;
        while let Some(part) = self.next(&mut incoming).await? {
            if end.is_some() {
                return Err(Status::invalid_argument("nothing may come after `end`"));
            }
            match part {
                Part::Header(_) => {
                    let words = "`header` may come only once, and first";
                    return Err(Status::invalid_argument(words));
                }
                Part::Rows(rows) => {
                    let max = self.limits.chunk_addresses_max;
                    if rows.rows.len() > max {
                        return Err(Status::invalid_argument(format!(
                            "a message has {} rows, and may have {max}",
                            rows.rows.len()
                        )));
                    }
                    import = blocking(move || take(import, &rows.rows)).await?;
                }
                Part::End(said) => end = Some(said.rows),
            }
        }
        // A client that fails half-way closes its stream in good order.
        let end = end.ok_or_else(|| {
            Status::invalid_argument("the upload has no `end`: nothing was imported; send it again")
        })?;
        let recorder = self.recorder.clone();
        blocking(move || {
            let report = import.finish(end).map_err(|error| status(&error))?;
            let members = report.portfolio.members();
            told(book_changed(&recorder, &name, change, members, &caller));
            Ok(report)
        })
        .await
    }

    /// Sends alerts until there are no more, or for ever.
    async fn tell(
        self,
        asked: Asked,
        replies: &Replies<v1::StreamAlertsResponse>,
    ) -> Result<(), Status> {
        let mut told = self.monitor.told();
        let mut up_to = asked.after;
        loop {
            let newest = *told.borrow_and_update();
            let monitor = self.monitor.clone();
            let read = blocking(move || {
                let failed = |error| status(&error);
                let alerts = monitor.alerts_after(up_to, PER_MESSAGE).map_err(failed)?;
                let word = monitor.acknowledged().map_err(failed)?;
                Ok((alerts, word.map_or(0, |word| word.sequence)))
            });
            let (alerts, acknowledged) = read.await?;
            let is_end = alerts.len() < PER_MESSAGE;
            up_to = match alerts.last() {
                Some(last) => last.sequence,
                None => up_to.max(newest),
            };
            let wanted = alerts
                .into_iter()
                .filter(|alert| asked.wants(alert, acknowledged));
            let message = v1::StreamAlertsResponse {
                alerts: wanted
                    .map(|alert| alert_to_wire(alert, acknowledged))
                    .collect(),
                up_to,
                complete: is_end && !asked.follow,
            };
            let complete = message.complete;
            replies.send(message).await?;
            if complete {
                return Ok(());
            }
            if is_end {
                tokio::select! {
                    // The monitor lives as long as `self`.
                    _ = told.changed() => {}
                    () = sleep(HEARTBEAT) => {}
                }
            }
        }
    }
}

/// What a stream was asked for.
struct Asked {
    after: u64,
    follow: bool,
    portfolios: BTreeSet<PortfolioName>,
    unacknowledged_only: bool,
}

impl Asked {
    fn wants(&self, alert: &Alert, acknowledged: u64) -> bool {
        let of_these = self.portfolios.is_empty() || self.portfolios.contains(&alert.portfolio);
        of_these && !(self.unacknowledged_only && alert.sequence <= acknowledged)
    }
}

fn take(mut import: PortfolioImport, rows: &[v1::PortfolioRow]) -> Result<PortfolioImport, Status> {
    for row in rows {
        let row = Row {
            address: &row.address,
            network: &row.network,
            reference: &row.reference,
        };
        import.row(&row).map_err(|error| status(&error))?;
    }
    Ok(import)
}

#[tonic::async_trait]
impl MonitorService for Monitoring {
    async fn import_portfolio(
        &self,
        request: Request<Streaming<v1::ImportPortfolioRequest>>,
    ) -> Result<Response<v1::ImportPortfolioResponse>, Status> {
        let caller = caller(&request);
        let receiving = timeout(IMPORT_MAX, self.receive(request.into_inner(), caller));
        let report = receiving
            .await
            .map_err(|_| Status::deadline_exceeded("the upload took too long"))??;
        Ok(Response::new(report_to_wire(report)))
    }

    async fn remove_portfolio(
        &self,
        request: Request<v1::RemovePortfolioRequest>,
    ) -> Result<Response<v1::RemovePortfolioResponse>, Status> {
        let caller = caller(&request);
        let name = name(&request.into_inner().name)?;
        let (monitor, recorder) = (self.monitor.clone(), self.recorder.clone());
        let removed = blocking(move || {
            let removed = monitor.remove(&name).map_err(|error| status(&error))?;
            told(book_changed(&recorder, &name, "REMOVED", 0, &caller));
            Ok(removed)
        });
        let members = removed.await?.members();
        Ok(Response::new(v1::RemovePortfolioResponse { members }))
    }

    async fn list_portfolios(
        &self,
        _: Request<v1::ListPortfoliosRequest>,
    ) -> Result<Response<v1::ListPortfoliosResponse>, Status> {
        let monitor = self.monitor.clone();
        let read = blocking(move || monitor.portfolios().map_err(|error| status(&error)));
        let portfolios = read.await?.iter().map(portfolio_to_wire).collect();
        Ok(Response::new(v1::ListPortfoliosResponse { portfolios }))
    }

    type StreamAlertsStream = ReplyStream<v1::StreamAlertsResponse>;

    async fn stream_alerts(
        &self,
        request: Request<v1::StreamAlertsRequest>,
    ) -> Result<Response<Self::StreamAlertsStream>, Status> {
        let sent = request.into_inner();
        if sent.portfolios.len() > NAMES_MAX {
            let words = format!("`portfolios` may name {NAMES_MAX}");
            return Err(Status::invalid_argument(words));
        }
        let portfolios = sent.portfolios.iter().map(|text| name(text));
        let asked = Asked {
            after: sent.after_sequence,
            follow: sent.follow,
            portfolios: portfolios.collect::<Result<_, _>>()?,
            unacknowledged_only: sent.unacknowledged_only,
        };
        let (replies, stream) = replies(4, self.limits.stream_idle_timeout);
        let service = self.clone();
        tokio::spawn(async move {
            let closed = service.monitor.clone();
            let told = tokio::select! {
                told = service.tell(asked, &replies) => told,
                () = closed.closed() => Err(Status::unavailable(
                    "the daemon stops: go on from `up_to` when it is back",
                )),
            };
            if let Err(status) = told {
                replies.fail(status);
            }
        });
        Ok(Response::new(stream))
    }

    async fn acknowledge_alerts(
        &self,
        request: Request<v1::AcknowledgeAlertsRequest>,
    ) -> Result<Response<v1::AcknowledgeAlertsResponse>, Status> {
        let sent = request.into_inner();
        let word = Acknowledgement {
            sequence: sent.up_to_sequence,
            author: said("author", &sent.author)?,
            reason: said("reason", &sent.reason)?,
            at: Timestamp::now(),
        };
        if word.author.is_empty() {
            return Err(Status::invalid_argument(
                "`author` is empty: say who has dealt with the alerts; it is kept",
            ));
        }
        let monitor = self.monitor.clone();
        let noted = blocking(move || monitor.acknowledge(word).map_err(|error| status(&error)));
        Ok(Response::new(v1::AcknowledgeAlertsResponse {
            up_to_sequence: noted.await?.sequence,
        }))
    }

    async fn list_webhooks(
        &self,
        _: Request<v1::ListWebhooksRequest>,
    ) -> Result<Response<v1::ListWebhooksResponse>, Status> {
        let each = self.webhooks.status();
        Ok(Response::new(v1::ListWebhooksResponse {
            webhooks: each.into_iter().map(webhook_to_wire).collect(),
        }))
    }
}

fn name(text: &str) -> Result<PortfolioName, Status> {
    text.parse()
        .map_err(|error: crate::portfolio::PortfolioNameError| {
            Status::invalid_argument(error.to_string())
        })
}

fn said(field: &str, text: &str) -> Result<String, Status> {
    let text = text.trim();
    if text.len() > TEXT_BYTES_MAX || text.contains(char::is_control) {
        return Err(Status::invalid_argument(format!(
            "`{field}` must be one line of at most {TEXT_BYTES_MAX} bytes"
        )));
    }
    Ok(text.to_owned())
}

/// What was done stays done, whether or not the log takes the record of it:
/// while it takes none, no alert is told and no screening answered either.
fn told(recorded: Result<(), AppendError>) {
    if let Err(error) = recorded {
        error!(%error, "a change of a portfolio is not in the audit log");
    }
}
