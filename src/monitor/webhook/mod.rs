//! Webhooks: each alert that one is for is posted to it, in order, until the
//! other side has taken it.
//!
//! Delivery is at least once: how far each came is kept in the book after the
//! other side has said 2xx, so a daemon that dies in between sends the same
//! alert again, under the same `Idempotency-Key`. One that fails is tried
//! again, later each time, and holds up nobody but itself. What is sent and
//! how it is signed is in `message`, when to try again in `backoff`, and the
//! order of it all in `delivery`.
//!
//! A webhook that answers `410 Gone` is left alone until its configuration
//! changes or the daemon starts again: it was said that nobody is there.

mod backoff;
mod delivery;
mod message;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use reqwest::Url;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::error;
use zeroize::Zeroizing;

use crate::alert::{Alert, AlertKind};
use crate::portfolio::PortfolioName;
use crate::sync::fetch::{ClientError, client};

use super::Monitor;
use delivery::Delivery;

/// Time for a connection.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// One webhook, as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its name: what is known of it is kept under this.
    pub name: String,
    /// Where alerts are posted to.
    pub url: Url,
    /// What they are signed with.
    pub secret: Secret,
    /// Alerts about these portfolios; `None`: about all.
    pub portfolios: Option<BTreeSet<PortfolioName>>,
    /// Alerts of these kinds.
    pub kinds: Vec<AlertKind>,
    /// Time for one attempt.
    pub timeout: Duration,
}

/// A secret that two sides share. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<Zeroizing<Vec<u8>>>);

impl Secret {
    /// Keeps a secret.
    pub fn new(bytes: &[u8]) -> Self {
        Self(Arc::new(Zeroizing::new(bytes.to_vec())))
    }

    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Webhook {
    fn is_for(&self, alert: &Alert) -> bool {
        let portfolio = |names: &BTreeSet<PortfolioName>| names.contains(&alert.portfolio);
        self.kinds.contains(&alert.kind) && self.portfolios.as_ref().is_none_or(portfolio)
    }

    /// Returns where it is, for people to read: paths and queries of such
    /// URLs are often secrets.
    pub fn shown_url(&self) -> String {
        self.url.origin().ascii_serialization()
    }
}

/// How a webhook stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Every alert up to here was delivered, or is not for it.
    pub delivered: u64,
    /// Attempts that failed since the last that did not.
    pub failures: u32,
    /// What went wrong last; cleared by a success.
    pub last_error: Option<String>,
    /// When it is tried next.
    pub next_try: Option<Timestamp>,
    /// It is left alone until the next start.
    pub disabled: bool,
}

/// Every webhook, and how each stands. Clones are one and the same.
#[derive(Clone, Default)]
pub struct Webhooks {
    held: Arc<watch::Sender<Held>>,
}

/// Who is told, at one moment.
#[derive(Clone, Default)]
struct Held {
    each: Vec<Arc<Hook>>,
    ca_file: Option<PathBuf>,
}

/// One webhook, and how it stands.
struct Hook {
    webhook: Webhook,
    status: Mutex<Status>,
}

impl Webhooks {
    /// Keeps the webhooks that are configured, and the certificates they are
    /// trusted by beside this machine's.
    pub fn new(webhooks: Vec<Webhook>, ca_file: Option<PathBuf>) -> Self {
        let none = Self::default();
        none.adopt(webhooks, ca_file);
        none
    }

    /// Delivers to these from now on, and to no others. One that is as it was
    /// goes on as it stands; what was on its way is sent again, under the same
    /// `Idempotency-Key`.
    pub fn adopt(&self, webhooks: Vec<Webhook>, ca_file: Option<PathBuf>) {
        self.held.send_if_modified(|held| {
            let same = webhooks
                .iter()
                .eq(held.each.iter().map(|hook| &hook.webhook));
            if same && held.ca_file == ca_file {
                return false;
            }
            let hook = |webhook: Webhook| {
                let mut known = held.each.iter();
                let known = known.find(|hook| hook.webhook == webhook).cloned();
                known.unwrap_or_else(|| {
                    Arc::new(Hook {
                        webhook,
                        status: Mutex::default(),
                    })
                })
            };
            let each = webhooks.into_iter().map(hook).collect();
            *held = Held { each, ca_file };
            true
        });
    }

    /// Tells whether webhooks could be delivered to.
    ///
    /// # Errors
    ///
    /// If there cannot be an HTTP client for them.
    pub fn check(webhooks: &[Webhook], ca_file: Option<&Path>) -> Result<(), ClientError> {
        match webhooks {
            [] => Ok(()),
            _ => client(ca_file, CONNECT_MAX).map(drop),
        }
    }

    /// Returns how each stands, as configured.
    pub fn status(&self) -> Vec<(Webhook, Status)> {
        let held = self.held.borrow();
        let each = held.each.iter();
        each.map(|hook| (hook.webhook.clone(), hook.status.lock().clone()))
            .collect()
    }

    /// Delivers to all of them, for as long as it is polled.
    pub async fn deliver(&self, monitor: &Arc<Monitor>) {
        let mut changes = self.held.subscribe();
        loop {
            let held = changes.borrow_and_update().clone();
            // Dropping the set ends them all.
            let _deliveries = match held.deliver(monitor) {
                Ok(deliveries) => deliveries,
                Err(error) => {
                    error!(%error, "webhooks cannot be told: there is no HTTP client");
                    JoinSet::new()
                }
            };
            // The sender lives as long as `self`.
            let _ = changes.changed().await;
        }
    }
}

impl Held {
    /// Begins with those that are not known to be gone.
    fn deliver(&self, monitor: &Arc<Monitor>) -> Result<JoinSet<()>, ClientError> {
        let mut deliveries = JoinSet::new();
        if self.each.is_empty() {
            return Ok(deliveries);
        }
        let client = client(self.ca_file.as_deref(), CONNECT_MAX)?;
        for hook in &self.each {
            if hook.status.lock().disabled {
                continue;
            }
            let delivery = Delivery {
                hook: hook.clone(),
                monitor: monitor.clone(),
                client: client.clone(),
            };
            deliveries.spawn(delivery.run());
        }
        Ok(deliveries)
    }
}
