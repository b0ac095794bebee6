//! Certificates that are renewed while the daemon serves.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use crate::causes::in_one_line;
use crate::metrics;

use super::Tls;

/// How often the files are looked at. Whoever renews them replaces a file or
/// a link, and tells nobody.
const EVERY: Duration = Duration::from_secs(5);

/// Looks at the files for as long as it is polled. What cannot be used is
/// said once, and what was in use stays in use.
pub(super) async fn follow(tls: Tls) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut said = String::new();
    loop {
        ticks.tick().await;
        if let Some(at) = tls.expires_at() {
            metrics::edge().certificate_expires(at);
        }
        match tls.refresh() {
            Ok(false) => said.clear(),
            Ok(true) => {
                said.clear();
                info!("the certificates were replaced");
            }
            Err(error) => {
                let words = in_one_line(&error);
                if words != said {
                    warn!(error = %words, "the new certificates cannot be used: the old ones stay");
                    said = words;
                }
            }
        }
    }
}
