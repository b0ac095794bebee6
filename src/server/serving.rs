//! The threads that serve: what listens where, and on which runtime.
//!
//! HTTP/2 is what a unary call costs, and moving work between threads is
//! what a general runtime adds to it; so each serving thread runs a
//! single-threaded runtime of its own and accepts for itself, with the
//! kernel spreading connections over the listeners (`SO_REUSEPORT`). The
//! operator's listeners have a thread of their own: a probe or a reload must
//! be answered however busy the others are.

use std::io;
use std::iter;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::runtime::{Builder, Runtime as TokioRuntime};
use tokio::task::JoinSet;
use tracing::{info, warn};

use crate::access::{Identities, Surface};
use crate::config::{Config, Runtime};
use crate::metrics::{self, Pulses};

use super::certificates;
use super::front::{
    self, Admission, ConnectionLimits, Front, Gate, HttpGate, Listener, Protocol, Tls,
};
use super::notify::Pulse;
use super::services::Services;
use super::stop::EndsAll;
use super::{Listeners, ServeError, Shared, Stop};

/// Batches, rescreens, uploads and differences of one serving thread that
/// run at once; more of them wait.
const BLOCKING_THREADS_MAX: usize = 16;

/// Tasks that a serving thread runs before it looks for what has come. While
/// some connections always have more to do, whoever asks little waits for so
/// many turns of theirs.
const EVENT_INTERVAL: u32 = 16;

/// What is served at each kind of listener, and by which rules.
#[derive(Clone)]
pub(super) struct Edges {
    public: (Gate, Front),
    admin: (Gate, Front),
    http: (HttpGate, Front),
    metrics: (HttpGate, Front),
    tls: Option<Tls>,
    drain: Duration,
}

impl Edges {
    /// Makes the edges; `identities` and `tls` may be replaced while they
    /// serve.
    pub(super) fn new(
        services: &Services,
        config: &Config,
        identities: &Arc<ArcSwap<Identities>>,
        tls: Option<&Tls>,
        pulse: &Pulse,
    ) -> Self {
        let limits = &config.limits;
        // Counted apart: whoever fills the public listeners must not keep the
        // operator out.
        let counted = || ConnectionLimits::new(limits);
        let (customers, operator, probes_from) = (counted(), counted(), counted());
        let front = |protocol, counted: &ConnectionLimits| {
            Front::new(protocol, counted.clone(), limits).with_tls(tls.cloned())
        };
        let admission = || Admission::new(identities.clone(), limits, &config.access);
        let (public, own) = (admission(), admission());
        let gate = |surface, admission| services.gate(surface, admission);
        let http = HttpGate::new(
            metrics::observe_http(http(services, config)),
            Some(public.clone()),
            crate::http::refusal,
        );
        let pulse = pulse.clone();
        let pulses: Pulses = Arc::new(move || pulse.stuck());
        let mut probes = metrics::router(services.overview(), pulses);
        // Elsewhere whoever scrapes knows it by what name it likes.
        if config.listeners.metrics.is_local() {
            let hosts = crate::http::Hosts::new(config.http_hosts.iter().cloned());
            probes = crate::http::answer_to(hosts, probes);
        }
        let metrics = HttpGate::new(probes, None, crate::http::refusal);
        Self {
            public: (
                gate(Surface::Public, public),
                front(Protocol::Grpc, &customers),
            ),
            admin: (gate(Surface::Admin, own), front(Protocol::Grpc, &operator)),
            http: (http, front(Protocol::Http, &customers)),
            metrics: (metrics, front(Protocol::Http, &probes_from).with_tls(None)),
            tls: tls.cloned(),
            drain: config.drain,
        }
    }

    /// Serves what customers use on one thread's sockets, until the stop, and
    /// then what is under way for no longer than the drain.
    async fn customers(
        self,
        grpc: TcpListener,
        http: Option<TcpListener>,
        stop: Stop,
    ) -> io::Result<()> {
        let _guard = EndsAll(stop.clone());
        let mut serving = JoinSet::new();
        let (gate, front) = self.public;
        let listener = tcp(grpc)?;
        serving.spawn(front::serve(listener, gate, front, until(&stop)));
        if let Some(http) = http {
            let (gate, front) = self.http;
            let listener = tcp(http)?;
            serving.spawn(front::serve(listener, gate, front, until(&stop)));
        }
        drained(serving, self.drain, &stop).await;
        Ok(())
    }

    /// Serves the operator's listeners.
    async fn operator(
        self,
        admin: Option<super::listen::Bound>,
        metrics: Option<TcpListener>,
        stop: Stop,
    ) -> io::Result<()> {
        let _guard = EndsAll(stop.clone());
        let mut serving = JoinSet::new();
        if let Some(admin) = admin {
            let (gate, front) = self.admin;
            let listener = admin.into_listener()?;
            serving.spawn(front::serve(listener, gate, front, until(&stop)));
        }
        if let Some(metrics) = metrics {
            let (gate, front) = self.metrics;
            let listener = tcp(metrics)?;
            serving.spawn(front::serve(listener, gate, front, until(&stop)));
        }
        match self.tls {
            Some(tls) => tokio::select! {
                () = stop.asked() => {}
                () = certificates::follow(tls) => {}
            },
            None => stop.asked().await,
        }
        drained(serving, self.drain, &stop).await;
        Ok(())
    }
}

fn http(services: &Services, config: &Config) -> axum::Router {
    // TLS names the daemon already.
    let hosts = match config.tls {
        Some(_) => crate::http::Hosts::any(),
        None => crate::http::Hosts::new(config.http_hosts.iter().cloned()),
    };
    crate::http::router(&services.http(), services.routes(), hosts)
}

fn tcp(listener: TcpListener) -> io::Result<Listener> {
    tokio::net::TcpListener::from_std(listener).map(Listener::Tcp)
}

fn until(stop: &Stop) -> impl Future<Output = ()> + use<> {
    let stop = stop.clone();
    async move { stop.asked().await }
}

/// Waits for what serves to end, after a stop no longer than the drain.
async fn drained(mut serving: JoinSet<()>, drain: Duration, stop: &Stop) {
    let ended = async {
        while let Some(ended) = serving.join_next().await {
            if let Err(error) = ended
                && error.is_panic()
            {
                std::panic::resume_unwind(error.into_panic());
            }
        }
    };
    if stop.within(drain, ended).await.is_none() {
        warn!(
            ?drain,
            "calls were still under way at the end of the drain and were cut"
        );
    }
}

/// Serves on every socket until the stop. `ready` is called once requests
/// are answered.
pub(super) fn run(
    edges: &Edges,
    config: &Config,
    listeners: Listeners,
    (stop, pulse): (&Stop, &Pulse),
    ready: impl FnOnce(),
) -> Result<(), ServeError> {
    let http = listeners.http.map(Shared::into_each).unwrap_or_default();
    let http = http.into_iter().map(Some).chain(iter::repeat_with(|| None));
    let pairs: Vec<_> = listeners.public.into_each().into_iter().zip(http).collect();
    let (admin, metrics) = (listeners.admin, listeners.metrics);
    let operator = edges.clone().operator(admin, metrics, stop.clone());
    let operator = pulse.heart("operator").beating(operator);
    let mut threads = vec![thread("operator", operator)?];
    let count = pairs.len();
    match config.runtime {
        // One thread, one runtime, its own sockets; nothing shared but the
        // data.
        Runtime::PerCore => {
            for (index, (grpc, http)) in pairs.into_iter().enumerate() {
                let customers = edges.clone().customers(grpc, http, stop.clone());
                let name = index.to_string();
                let customers = pulse.heart(&name).beating(customers);
                threads.push(thread(&name, customers)?);
            }
        }
        Runtime::WorkStealing => threads.push(stealing(edges, pairs, (stop, pulse))?),
    }
    info!(threads = count, "serving");
    ready();
    let mut outcome = Ok(());
    for thread in threads {
        let ended = thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        outcome = outcome.and(ended.map_err(ServeError::Thread));
    }
    outcome
}

type Ended = thread::JoinHandle<io::Result<()>>;

fn thread(
    name: &str,
    serving: impl Future<Output = io::Result<()>> + Send + 'static,
) -> Result<Ended, ServeError> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .event_interval(EVENT_INTERVAL)
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .thread_name("interdict-blocking")
        .build()
        .map_err(ServeError::Thread)?;
    spawn(format!("interdict-{name}"), runtime, serving)
}

/// Tokio's default, for comparison and for machines where one connection
/// carries nearly everything.
fn stealing(
    edges: &Edges,
    pairs: Vec<(TcpListener, Option<TcpListener>)>,
    (stop, pulse): (&Stop, &Pulse),
) -> Result<Ended, ServeError> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(pairs.len())
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS_MAX * pairs.len())
        .thread_name("interdict")
        .build()
        .map_err(ServeError::Thread)?;
    let mut serving = JoinSet::new();
    for (grpc, http) in pairs {
        let customers = edges.clone().customers(grpc, http, stop.clone());
        let customers = pulse.heart("main").beating(customers);
        serving.spawn_on(customers, runtime.handle());
    }
    let all = async move {
        let mut outcome = Ok(());
        while let Some(ended) = serving.join_next().await {
            let ended = ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
            outcome = outcome.and(ended);
        }
        outcome
    };
    spawn("interdict-main".to_owned(), runtime, all)
}

fn spawn(
    name: String,
    runtime: TokioRuntime,
    serving: impl Future<Output = io::Result<()>> + Send + 'static,
) -> Result<Ended, ServeError> {
    let serve = move || {
        let outcome = runtime.block_on(serving);
        // An import under way is let finish if it does so soon; one that is
        // cut off leaves the generation before, as a kill would.
        runtime.shutdown_timeout(Duration::from_secs(5));
        outcome
    };
    thread::Builder::new()
        .name(name)
        .spawn(serve)
        .map_err(ServeError::Thread)
}
