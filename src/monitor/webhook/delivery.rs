//! The work of one webhook: what is next, posting it, and what follows.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use reqwest::{Client, StatusCode};
use thiserror::Error;
use tokio::time::{sleep, timeout};
use tracing::{error, info, warn};

use crate::alert::Alert;
use crate::store::ReadError;
use crate::store::book::WriteError;
use crate::sync::fetch::retry_after;

use super::super::Monitor;
use super::{Hook, Status, Webhook, backoff, message};

/// Alerts read at once.
const READ_AT_ONCE: usize = 100;

/// What is read of an answer: it is only ever thrown away.
const ANSWER_BYTES_MAX: usize = 4096;

/// Why it cannot be told what is next.
#[derive(Debug, Error)]
enum DeliveryError {
    /// The book cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Or written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Why an alert was not taken.
struct Failed {
    words: String,
    gone: bool,
    retry_after: Option<Duration>,
}

/// The work of one webhook.
pub(super) struct Delivery {
    pub(super) hook: Arc<Hook>,
    pub(super) monitor: Arc<Monitor>,
    pub(super) client: Client,
}

impl Delivery {
    fn webhook(&self) -> &Webhook {
        &self.hook.webhook
    }

    fn status(&self) -> &Mutex<Status> {
        &self.hook.status
    }

    /// Delivers for as long as it is polled, or until the webhook is gone.
    pub(super) async fn run(self) {
        let mut told = self.monitor.told();
        let mut delivered = None;
        loop {
            told.borrow_and_update();
            let alert = match self.next(&mut delivered) {
                Ok(Some(alert)) => alert,
                Ok(None) => {
                    // The monitor lives as long as `self`.
                    let _ = told.changed().await;
                    continue;
                }
                Err(error) => {
                    self.wait(&error.to_string(), None).await;
                    continue;
                }
            };
            match self.post(&alert).await {
                Ok(()) => {
                    delivered = Some(alert.sequence);
                    self.taken(alert.sequence);
                }
                Err(failed) if failed.gone => {
                    self.disable(&failed.words);
                    return;
                }
                Err(failed) => self.wait(&failed.words, failed.retry_after).await,
            }
        }
    }

    /// Returns the next alert that is for it, and goes past those that are
    /// not. It begins after what it has.
    fn next(&self, delivered: &mut Option<u64>) -> Result<Option<Alert>, DeliveryError> {
        let begins = match *delivered {
            Some(after) => Some(after),
            None => self.monitor.delivery_begins(&self.webhook().name)?,
        };
        let Some(mut after) = begins else {
            return Ok(None);
        };
        self.status().lock().delivered = after;
        *delivered = Some(after);
        loop {
            let alerts = self.monitor.alerts_after(after, READ_AT_ONCE)?;
            let Some(last) = alerts.last() else {
                return Ok(None);
            };
            let passed = last.sequence;
            let mut alerts = alerts.into_iter();
            if let Some(alert) = alerts.find(|alert| self.webhook().is_for(alert)) {
                return Ok(Some(alert));
            }
            after = passed;
            *delivered = Some(after);
            self.taken(after);
        }
    }

    async fn post(&self, alert: &Alert) -> Result<(), Failed> {
        let webhook = self.webhook();
        let body = message::body(alert);
        let signature = message::signature(webhook.secret.bytes(), Timestamp::now(), &body);
        let request = self
            .client
            .post(webhook.url.clone())
            .timeout(webhook.timeout)
            .header("content-type", "application/json")
            .header("user-agent", crate::sync::feed::USER_AGENT)
            .header("idempotency-key", alert.id.to_string())
            .header("interdict-sequence", alert.sequence.to_string())
            .header("interdict-signature", signature)
            .body(body);
        let mut answer = request.send().await.map_err(|error| Failed {
            words: why(&error),
            gone: false,
            retry_after: None,
        })?;
        let status = answer.status();
        let retry_after = retry_after(answer.headers(), Timestamp::now());
        // A connection that is read to its end is closed in good order.
        let _ = timeout(webhook.timeout, async {
            let mut read = 0;
            while let Ok(Some(some)) = answer.chunk().await {
                read += some.len();
                if read > ANSWER_BYTES_MAX {
                    break;
                }
            }
        })
        .await;
        if status.is_success() {
            return Ok(());
        }
        Err(Failed {
            words: format!("it answered {status}"),
            gone: status == StatusCode::GONE,
            retry_after,
        })
    }

    /// Notes that it has an alert. If the book cannot be written it may get
    /// it again after a start.
    fn taken(&self, sequence: u64) {
        let webhook = self.webhook();
        let noted = self.monitor.set_delivered(&webhook.name, sequence);
        if let Err(error) = &noted {
            warn!(%error, webhook = webhook.name, "what a webhook has could not be noted");
        }
        let mut status = self.status().lock();
        if status.failures > 0 {
            info!(
                webhook = webhook.name,
                sequence, "a webhook takes alerts again"
            );
        }
        *status = Status {
            delivered: sequence,
            ..Status::default()
        };
    }

    async fn wait(&self, words: &str, retry_after: Option<Duration>) {
        let wait = {
            let mut status = self.status().lock();
            status.failures = status.failures.saturating_add(1);
            let wait = backoff::wait(status.failures, random(), retry_after);
            let until = SignedDuration::try_from(wait).unwrap_or(SignedDuration::ZERO);
            status.next_try = Timestamp::now().checked_add(until).ok();
            status.last_error = Some(words.to_owned());
            warn!(
                webhook = self.webhook().name,
                error = words,
                failures = status.failures,
                ?wait,
                "a webhook did not take an alert: it is tried again"
            );
            wait
        };
        sleep(wait).await;
    }

    fn disable(&self, words: &str) {
        let mut status = self.status().lock();
        status.disabled = true;
        status.next_try = None;
        status.last_error = Some(words.to_owned());
        error!(
            webhook = self.webhook().name,
            error = words,
            "a webhook is gone: it gets no more alerts until its configuration is corrected, or the daemon starts again"
        );
    }
}

impl Monitor {
    /// Returns up to where a webhook has the alerts; a new one begins after
    /// what a person has dealt with by now. `None`: there is no book yet.
    fn delivery_begins(&self, webhook: &str) -> Result<Option<u64>, DeliveryError> {
        let Some(book) = self.book() else {
            return Ok(None);
        };
        if let Some(delivered) = book.delivered(webhook)? {
            return Ok(Some(delivered));
        }
        let begins = book.acknowledged()?.map_or(0, |word| word.sequence);
        // Kept at once: what is acknowledged while it fails is for it still.
        book.set_delivered(webhook, begins)?;
        Ok(Some(begins))
    }

    fn set_delivered(&self, webhook: &str, sequence: u64) -> Result<(), WriteError> {
        match self.book() {
            Some(book) => book.set_delivered(webhook, sequence),
            None => Ok(()),
        }
    }
}

/// What went wrong, without the URL: its path may be a secret.
fn why(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it did not answer in time".to_owned();
    }
    let mut words = if error.is_connect() {
        "it cannot be reached".to_owned()
    } else {
        "the request failed".to_owned()
    };
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

/// From 0 to 1. Without randomness everybody waits for the longest.
fn random() -> f64 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 1.0,
    }
}
