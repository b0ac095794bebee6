//! What every test speaks through.
//!
//! | file | holds |
//! |---|---|
//! | `home` | a folder for one daemon: data directory, configuration, logs |
//! | `daemon` | the running binary: start, stop, kill, start again |
//! | `client` | what a gRPC client would ask, in one line each |
//! | `upload` | a publication on its way to the daemon |
//! | `command` | the command line, with exit code and both outputs |
//! | `addresses` | the bundled addresses, and any number of made ones |
//! | `authority` | certificates, good and bad |
//! | `web` | a publisher's web server, good or bad, with or without TLS |
//! | `scrape` | HTTP by hand, and pages of metrics |
//! | `random` | seeded randomness, so that a failure can be repeated |
//!
//! Tests are plain functions. What needs tokio runs on one shared runtime
//! through [`block_on`], which never waits for ever.

mod addresses;
mod authority;
mod client;
mod command;
mod daemon;
mod home;
mod random;
mod scrape;
mod upload;
mod web;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

pub use addresses::{bundled_addresses, bundled_rows_naming, evm, evms};
pub use authority::{Authority, Certified};
pub use client::{Answer, Rescreened, confirmation, queries, word_for};
pub use command::{Ran, interdict, program};
pub use daemon::Daemon;
pub use home::{Home, records};
pub use interdict::grpc::v1;
pub use random::Random;
pub use scrape::{Scrape, get, try_get};
pub use upload::{Upload, act, import, own_csv};
pub use web::{Asked, Reply, Web, good_file};

/// Longest that anything awaited may take; far above what it should.
const PATIENCE: Duration = Duration::from_secs(120);

/// The runtime of all clients.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime can be made")
    });
    &RUNTIME
}

/// Waits for a future, and fails the test rather than hang.
#[track_caller]
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    runtime()
        .block_on(async { tokio::time::timeout(PATIENCE, work).await })
        .expect("nothing takes two minutes")
}

/// Asks again until something holds, and fails the test if it never does.
#[track_caller]
pub fn eventually(what: &str, within: Duration, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + within;
    while !holds() {
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
