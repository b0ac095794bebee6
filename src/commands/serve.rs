//! `serve`: the daemon.
//!
//! Configuration, data directory, sockets, signals, in this order: nothing
//! is bound before the lists are verified.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use crate::causes::in_one_line;
use crate::cli::Serve;
use crate::config::{Config, ConfigError};
use crate::generation;
use crate::server::{self, Addresses, Listeners, ReloadSignal, Reloading, ServeError, Stop};
use crate::telemetry;

use super::Failure;

/// "File size limit exceeded", on Linux and macOS.
const SIGXFSZ: i32 = 25;

/// A collector that is gone must not hold up a stop.
const FLUSH_WITHIN: Duration = Duration::from_secs(2);

/// An address every starter set lists: OFAC's entry for the Ronin theft.
const EXAMPLE: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";

pub(super) fn run(arguments: &Serve) -> Result<ExitCode, Failure> {
    let mut config = configured(arguments)?;
    config.check_test_addresses()?;
    let in_force = config.clone();
    let data_dir = config.data_dir.clone().ok_or_else(|| {
        Failure::Usage(
            "no data directory: name it with --data-dir, or `data_dir` in the configuration"
                .to_owned(),
        )
    })?;
    let telemetry = telemetry::start(&config.log, &config.tracing)
        .map_err(|error| Failure::other(error.to_string(), error))?;
    let connections_max = &mut config.limits.connections_max;
    *connections_max = server::allow_connections(*connections_max);
    let opened =
        generation::open(&data_dir, config.false_positive_rate).map_err(Failure::data_directory)?;
    let log = server::open_log(&data_dir, &config.audit).map_err(Failure::data_directory)?;
    let workers = config
        .workers
        .unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let listeners = Listeners::bind(&config, workers)
        .map_err(|error| Failure::other(error.to_string(), error))?;
    let (stop, signal) = (Stop::default(), ReloadSignal::default());
    heed_signals(stop.clone(), signal.clone())?;
    let again = arguments.clone();
    let reloading = Reloading {
        read: Box::new(move || match again.config {
            Some(_) => configured(&again).map(Some),
            None => Ok(None),
        }),
        in_force,
        signal,
    };
    server::run(
        opened,
        log,
        &config,
        listeners,
        (&stop, reloading),
        announce,
    )
    .map_err(|error| match error {
        ServeError::Book(error) => Failure::data_directory(error),
        ServeError::Tls(error) => ConfigError::value("tls", in_one_line(&error)).into(),
        error => Failure::other(error.to_string(), error),
    })?;
    info!("stopped");
    telemetry.flush(FLUSH_WITHIN);
    Ok(ExitCode::SUCCESS)
}

/// The file, and over it the environment and the flags.
fn configured(arguments: &Serve) -> Result<Config, ConfigError> {
    let mut config = match &arguments.config {
        Some(path) => Config::load(path)?,
        None => Config::default(),
    };
    if let Some(data_dir) = &arguments.data_dir {
        config.data_dir = Some(data_dir.clone());
    }
    config.listen = arguments.listen.unwrap_or(config.listen);
    let beside = &mut config.listeners;
    for (key, given, listen) in [
        ("--admin-listen", &arguments.admin_listen, &mut beside.admin),
        ("--http-listen", &arguments.http_listen, &mut beside.http),
        (
            "--metrics-listen",
            &arguments.metrics_listen,
            &mut beside.metrics,
        ),
    ] {
        if let Some(text) = given {
            *listen = text.parse().map_err(|rule| ConfigError::value(key, rule))?;
        }
    }
    config
        .plaintext_on_network
        .extend(arguments.allow_plaintext_on_network.iter().cloned());
    config.check_network()?;
    if let Some(workers) = arguments.workers {
        if !(1..=1024).contains(&workers) {
            return Err(ConfigError::value("--workers", "must be 1 to 1024"));
        }
        config.workers = Some(workers);
    }
    if let Some(filter) = &arguments.log {
        filter
            .parse::<tracing_subscriber::EnvFilter>()
            .map_err(|error| ConfigError::value("--log", error.to_string()))?;
        config.log.filter.clone_from(filter);
    }
    Ok(config)
}

/// SIGTERM and SIGINT ask for a stop; a second one ends the process at once.
/// SIGHUP asks for the configuration to be read anew.
fn heed_signals(stop: Stop, reload: ReloadSignal) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::other("cannot wait for signals", error);
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    let guard = runtime.enter();
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
    // Who waits for it lets a file that may not grow be an error of the write,
    // and not the end of the daemon.
    let _file_size = signal(SignalKind::from_raw(SIGXFSZ)).map_err(failed)?;
    drop(guard);
    thread::Builder::new()
        .name("interdict-signals".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                let mut is_second = false;
                loop {
                    tokio::select! {
                        _ = terminate.recv() => {}
                        _ = interrupt.recv() => {}
                        _ = hangup.recv() => {
                            reload.ask();
                            continue;
                        }
                    }
                    if is_second {
                        std::process::exit(1);
                    }
                    is_second = true;
                    info!("stopping: what is under way may finish");
                    stop.ask();
                }
            });
        })
        .map_err(failed)?;
    Ok(())
}

/// Says on standard output where the daemon is, for people and for scripts.
fn announce(addresses: &Addresses) {
    let program = std::env::args()
        .next()
        .unwrap_or_else(|| "interdict".to_owned());
    let (scheme, public) = (addresses.scheme, addresses.public);
    let usual = format!("http://{}", Config::default().listeners.admin);
    let server = match &addresses.admin {
        Some(admin) if *admin == usual => String::new(),
        Some(admin) => format!(" --server {admin}"),
        None => format!(" --server {scheme}://{public}"),
    };
    let mut words = format!("interdict is serving on {scheme}://{public}\n");
    if let Some(admin) = &addresses.admin {
        words += &format!("admin on {admin}\n");
    }
    if let Some(http) = addresses.http {
        words += &format!("console on {scheme}://{http}/\n");
    }
    if let Some(metrics) = addresses.metrics {
        words += &format!("metrics on http://{metrics}/metrics\n");
    }
    words += &format!("try: {program} screen{server} {EXAMPLE}\n");
    let mut output = io::stdout().lock();
    // Without anybody to read it, it is still serving.
    let _ = output
        .write_all(words.as_bytes())
        .and_then(|()| output.flush());
}
