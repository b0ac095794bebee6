//! The client for programs that ask before they pay.
//!
//! [`Client::screen`] answers with a [`Decision`]: `Allow`, `Review` or
//! `Block`. It promises one thing: **nothing but a whole answer that says so
//! is an `Allow`**. No answer in time, an error, a value that this version
//! does not know, an answer about another address, a batch with an outcome too
//! few, a rescreen without its summary: each is a `Block` that says why
//! ([`Cause`]). There is no switch that turns a failure into a yes.
//!
//! ```no_run
//! use interdict::client::{Blocked, Client, Decision, Query, Target};
//!
//! # async fn withdraw() -> Result<(), Box<dyn std::error::Error>> {
//! // Once, when the program starts. It connects by itself, and again when it
//! // has to.
//! let client = Client::new(&Target::at("http://127.0.0.1:50051"))?;
//!
//! // Before each withdrawal.
//! let query = Query::of("0x098B716B8Aaf21512996dC57EB0615e2383E2f96")
//!     .network("ETH")
//!     .reference("withdrawal 4711");
//! match client.screen(&query).await {
//!     Decision::Allow(evidence) => println!("send; {}", evidence.screening_id()),
//!     Decision::Review(evidence) => println!("a person looks; {}", evidence.screening_id()),
//!     Decision::Block(Blocked::Advised(evidence)) => println!("stop; {}", evidence.screening_id()),
//!     Decision::Block(Blocked::Unanswered(cause)) => println!("hold, ask again later: {cause}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | module | holds |
//! |---|---|
//! | `connect` | where the daemon is, and who asks |
//! | `decision` | the three answers, evidence and causes |
//! | `weigh` | whether an answer can be relied on |
//! | `patience` | deadlines, and what is asked again |
//! | `rescreen` | any number of addresses against one generation |
//!
//! `docs/integration.md` says what to do around it.

mod connect;
mod decision;
mod patience;
mod rescreen;
mod weigh;

use std::fmt;
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};
use tonic::{Code, Request, Status};

use crate::grpc::v1;
use crate::grpc::v1::screening_service_client::ScreeningServiceClient;

pub use connect::{
    ApiKey, ClientIdentity, ConnectError, Connection, DEFAULT_URL, NoApiKey, Target, WithKey,
};
pub use decision::{Blocked, Cause, Decision, Evidence};
pub use patience::Patience;
pub use rescreen::Finished;

/// Answers with many matches are larger than tonic's default allows.
const REPLY_BYTES_MAX: usize = 64 << 20;

/// What is asked about one address.
#[derive(Clone, Default)]
pub struct Query {
    address: String,
    network: String,
    reference: String,
    purpose: v1::Purpose,
    moment: Option<v1::Moment>,
}

impl Query {
    /// Asks about an address, as the customer gave it.
    pub fn of(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            purpose: v1::Purpose::Withdrawal,
            ..Self::default()
        }
    }

    /// Names the network that the transfer goes to: a ticker (`USDT`) or a
    /// CAIP-2 id (`eip155:1`).
    #[must_use]
    pub fn network(mut self, network: impl Into<String>) -> Self {
        self.network = network.into();
        self
    }

    /// Sets your own reference, such as the id of the withdrawal: at most 256
    /// bytes. The daemon keeps a keyed hash of it. In a batch, that of the
    /// first query counts for all.
    #[must_use]
    pub fn reference(mut self, reference: impl Into<String>) -> Self {
        self.reference = reference.into();
        self
    }

    /// Says what it is for; unless said otherwise, a withdrawal. In a batch,
    /// that of the first query counts for all.
    #[must_use]
    pub fn purpose(mut self, purpose: v1::Purpose) -> Self {
        self.purpose = purpose;
        self
    }

    /// Takes no answer from a generation older than this one. In a batch,
    /// that of the first query counts for all.
    #[must_use]
    pub fn min_generation(mut self, generation: u64) -> Self {
        self.moment = Some(v1::Moment {
            min_generation: generation,
            ..v1::Moment::default()
        });
        self
    }
}

impl fmt::Debug for Query {
    /// People paste private keys into address fields: the text is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("address", &"not shown")
            .field("network", &self.network)
            .finish_non_exhaustive()
    }
}

impl From<Query> for v1::Query {
    fn from(query: Query) -> Self {
        Self {
            address: query.address,
            network: query.network,
        }
    }
}

/// A client of one daemon; cheap to clone, and to be kept.
#[derive(Debug, Clone)]
pub struct Client {
    service: ScreeningServiceClient<Connection>,
    patience: Patience,
    batch: Patience,
    rescreen_step: Duration,
}

impl Client {
    /// Longest time in which a rescreen may stand still; the daemon's own.
    const RESCREEN_STEP: Duration = Duration::from_secs(60);

    /// Makes a client, without connecting yet. It must be made inside a tokio
    /// runtime.
    ///
    /// # Errors
    ///
    /// If the parts of the target do not go together.
    pub fn new(target: &Target) -> Result<Self, ConnectError> {
        let connection = target.connect_lazily()?;
        let service =
            ScreeningServiceClient::new(connection).max_decoding_message_size(REPLY_BYTES_MAX);
        Ok(Self {
            service,
            patience: Patience::WITHDRAWAL,
            batch: Patience::BATCH,
            rescreen_step: Self::RESCREEN_STEP,
        })
    }

    /// Sets the patience of [`Self::screen`].
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Sets the patience of [`Self::screen_many`].
    #[must_use]
    pub fn with_batch_patience(mut self, patience: Patience) -> Self {
        self.batch = patience;
        self
    }

    /// Sets the longest time in which [`Self::rescreen`] may stand still.
    #[must_use]
    pub fn with_rescreen_step(mut self, step: Duration) -> Self {
        self.rescreen_step = step;
        self
    }

    /// Screens one address, and decides.
    pub async fn screen(&self, query: &Query) -> Decision {
        let ask = |mut service: ScreeningServiceClient<Connection>, left: Duration| async move {
            let mut request = Request::new(v1::ScreenAddressRequest {
                address: query.address.clone(),
                network: query.network.clone(),
                purpose: query.purpose.into(),
                reference: query.reference.clone(),
                moment: query.moment.clone(),
            });
            request.set_timeout(left);
            service.screen_address(request).await
        };
        match self.ask(&self.patience, ask).await {
            Err(cause) => cause.into(),
            Ok(answer) => {
                let v1::ScreenAddressResponse { outcome, basis } = answer;
                weigh::weigh(query, query.moment.as_ref(), outcome, basis.as_ref())
            }
        }
    }

    /// Screens several addresses against one generation, up to the daemon's
    /// limit for a batch (1,000 unless the operator says otherwise). There is
    /// exactly one decision for each query, in the same order.
    pub async fn screen_many(&self, queries: &[Query]) -> Vec<Decision> {
        let Some(first) = queries.first() else {
            return Vec::new();
        };
        let ask = |mut service: ScreeningServiceClient<Connection>, left: Duration| async move {
            let mut request = Request::new(v1::ScreenAddressesRequest {
                queries: queries.iter().cloned().map(v1::Query::from).collect(),
                purpose: first.purpose.into(),
                reference: first.reference.clone(),
                moment: first.moment.clone(),
            });
            request.set_timeout(left);
            service.screen_addresses(request).await
        };
        let all = |cause: Cause| vec![Decision::from(cause); queries.len()];
        let v1::ScreenAddressesResponse { outcomes, basis } = match self.ask(&self.batch, ask).await
        {
            Ok(answer) => answer,
            Err(cause) => return all(cause),
        };
        // One too few or too many, and nobody knows whose is whose.
        if outcomes.len() != queries.len() {
            return all(Cause::Count {
                asked: queries.len(),
                answered: outcomes.len(),
            });
        }
        let weigh = |(query, outcome)| {
            weigh::weigh(query, first.moment.as_ref(), Some(outcome), basis.as_ref())
        };
        queries.iter().zip(outcomes).map(weigh).collect()
    }

    /// Asks, and asks again where that may help, until the deadline.
    async fn ask<T, F>(
        &self,
        patience: &Patience,
        attempt: impl Fn(ScreeningServiceClient<Connection>, Duration) -> F,
    ) -> Result<T, Cause>
    where
        F: Future<Output = Result<tonic::Response<T>, Status>>,
    {
        let end = Instant::now() + patience.deadline;
        let left = || end.saturating_duration_since(Instant::now());
        let deadline = Cause::Deadline(patience.deadline);
        for attempts in 1.. {
            let asked = attempt(self.service.clone(), left());
            let failed = match timeout(left(), asked).await {
                Ok(Ok(answer)) => return Ok(answer.into_inner()),
                Ok(Err(failed)) => failed,
                Err(_) => return Err(deadline),
            };
            let left = left();
            if left.is_zero() || failed.code() == Code::DeadlineExceeded {
                return Err(deadline);
            }
            match patience.wait(attempts, &failed, left, random()) {
                Some(wait) => sleep(wait).await,
                None if patience::may_pass(&failed) => {
                    return Err(Cause::Unavailable {
                        attempts,
                        code: failed.code(),
                        message: failed.message().to_owned(),
                    });
                }
                None => return Err(refused(&failed)),
            }
        }
        Err(deadline)
    }
}

fn refused(failed: &Status) -> Cause {
    Cause::Refused {
        code: failed.code(),
        message: failed.message().to_owned(),
    }
}

/// Returns a number from 0 to 1, another one in each process, so that clients
/// that failed together do not come back together.
fn random() -> f64 {
    f64::from(getrandom::u32().unwrap_or(u32::MAX / 2)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests;
