//! The program's commands, one file each.
//!
//! Most are gRPC clients of the daemon. Each returns an exit code or a
//! [`Failure`], which says what went wrong and what code that is.

mod alerts;
mod audit;
mod backup;
mod bundle;
mod client;
mod completions;
mod config;
mod cross_check;
mod diff;
mod explain;
mod generations;
mod health;
mod history;
mod import;
mod incidents;
mod init;
mod keys;
mod lists;
mod man;
mod names;
mod notice;
mod openapi;
mod operator;
mod paint;
mod pending;
mod portfolio;
mod rescreen;
mod screen;
mod serve;
mod status;
mod sync;
mod table;
mod watch;

use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;

use thiserror::Error;
use tokio::runtime::Builder;

use crate::cli::{Cli, Command};
use crate::grpc::v1;

/// Why a command did not do what it was asked, by exit code.
#[derive(Debug, Error)]
pub enum Failure {
    /// The command line asks for something that cannot be.
    #[error("{0}")]
    Usage(String),
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    /// The daemon found its configuration wrong.
    #[error("the configuration is refused, and the one in force stays: {0}")]
    NotReloaded(String),
    /// The daemon cannot be reached or cannot answer.
    #[error("{message}")]
    Unavailable {
        /// What to know and do.
        message: String,
        /// The cause, if there is one.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// The daemon refused what was sent.
    #[error("{0}")]
    Refused(String),
    /// The data directory cannot be used.
    #[error("{message}")]
    DataDirectory {
        /// What to know and do.
        message: String,
        /// The cause.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// Anything else.
    #[error("{message}")]
    Other {
        /// What to know and do.
        message: String,
        /// The cause.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
}

impl Failure {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Other { .. } => 1,
            Self::Usage(_) => 2,
            Self::Config(_) | Self::NotReloaded(_) => 3,
            Self::Unavailable { .. } => 4,
            Self::Refused(_) => 5,
            Self::DataDirectory { .. } => 6,
        }
    }

    fn data_directory(error: impl Error + Send + Sync + 'static) -> Self {
        Self::DataDirectory {
            message: error.to_string(),
            source: Some(Box::new(error)),
        }
    }

    fn other(message: impl Into<String>, error: impl Error + Send + Sync + 'static) -> Self {
        Self::Other {
            message: message.into(),
            source: Some(Box::new(error)),
        }
    }
}

/// Runs a command and says how it ended.
pub fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.command {
        Command::Init(arguments) => init::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Screen(arguments) => ask(screen::run(arguments)),
        Command::Rescreen(arguments) => rescreen::run(arguments),
        Command::Explain(arguments) => self::explain::run(&arguments),
        Command::Import(arguments) => ask(import::run(arguments)),
        Command::Sync(arguments) => ask(sync::run(arguments)),
        Command::Status(arguments) => ask(status::run(arguments)),
        Command::Watch(arguments) => ask(watch::run(arguments)),
        Command::Lists(arguments) => ask(lists::run(arguments)),
        Command::Generations(arguments) => ask(generations::run(arguments)),
        Command::Diff(arguments) => ask(diff::run(arguments)),
        Command::Bundle(command) => bundle::run(command),
        Command::Backup(command) => backup::run(command),
        Command::Audit(command) => audit::run(command),
        Command::History(arguments) => ask(history::run(arguments)),
        Command::Rollback(arguments) => ask(history::roll_back(arguments)),
        Command::Export(arguments) => ask(bundle::export(arguments)),
        Command::Incidents(arguments) => ask(incidents::list(arguments)),
        Command::Incident(arguments) => ask(incidents::show(arguments)),
        Command::Operator(command) => ask(operator::run(command, v1::OperatorList::Listing)),
        Command::Exempt(command) => ask(operator::run(command, v1::OperatorList::Exemption)),
        Command::Portfolio(command) => ask(portfolio::run(command)),
        Command::Alerts(arguments) => ask(alerts::run(arguments)),
        Command::Pending(arguments) => ask(pending::run(arguments)),
        Command::Approve(arguments) => ask(pending::approve(arguments)),
        Command::Reject(arguments) => ask(pending::reject(arguments)),
        Command::Config(command) => self::config::run(command),
        Command::Keys(command) => keys::run(&command),
        Command::CrossCheck(arguments) => cross_check::run(&arguments),
        Command::Health(arguments) => ask(health::run(arguments)),
        Command::Completions { shell } => completions::run(shell),
        Command::Openapi => openapi::run(),
        Command::Man(arguments) => man::run(&arguments),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            report(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Runs a question to the daemon that ends the command.
fn ask(question: impl Future<Output = Result<ExitCode, Failure>>) -> Result<ExitCode, Failure> {
    asked(question)
}

/// Runs a question to the daemon, and returns its answer.
fn asked<T>(question: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::other("cannot start", error))?;
    runtime.block_on(question)
}

/// Says what went wrong, and what led to it.
fn report(failure: &Failure) {
    let mut words = format!("interdict: {failure}");
    let mut cause = failure.source();
    while let Some(error) = cause {
        let more = error.to_string();
        // Some errors repeat their cause in their own words.
        if !words.contains(&more) {
            words.push_str("\n  because: ");
            words.push_str(&more);
        }
        cause = error.source();
    }
    // Nobody is left to tell if standard error is gone.
    let _ = writeln!(io::stderr(), "{words}");
}

/// Makes text from a list or from a caller safe to show: what could move the
/// cursor or begin a line of its own is shown as `?`.
fn shown(text: &str) -> String {
    let plain = |character: char| {
        if character.is_control() {
            '?'
        } else {
            character
        }
    };
    text.chars().map(plain).collect()
}

/// Writes an answer to standard output. A reader that has gone away, such as
/// `head`, has had enough and is no error.
fn print(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    match output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::other("cannot write the answer", error))
        }
        _ => Ok(()),
    }
}

fn print_json(value: &serde_json::Value) -> Result<(), Failure> {
    // A value made of strings and numbers always has a text.
    print(&format!("{value:#}\n"))
}
