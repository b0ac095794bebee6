//! `config`: the checks of a start without the start, and the file read anew
//! by a daemon that serves.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;
use tonic::{Code, Status};

use crate::cli::{Ask, ConfigCommand, Output};
use crate::config::Config;
use crate::grpc::v1;

use super::client::{self, refused};
use super::{Failure, ask, print, print_json};

pub(super) fn run(command: ConfigCommand) -> Result<ExitCode, Failure> {
    match command {
        ConfigCommand::Check { config } => check(&config),
        ConfigCommand::Reload(arguments) => ask(reload(arguments)),
    }
}

fn check(path: &Path) -> Result<ExitCode, Failure> {
    let config = Config::load(path)?;
    config.check_network()?;
    config.check_test_addresses()?;
    print(&format!("{}: no faults found\n", path.display()))?;
    Ok(ExitCode::SUCCESS)
}

async fn reload(arguments: Ask) -> Result<ExitCode, Failure> {
    let mut client = client::configuration(&arguments.server).await?;
    let request = v1::ReloadConfigurationRequest {};
    let answer = client.reload_configuration(request).await;
    let reloaded = answer.map_err(not_reloaded)?.into_inner();
    match arguments.output {
        Output::Json => print_json(&json!({
            "changed": reloaded.changed,
            "needs_restart": reloaded.needs_restart,
            "file_digest_before": const_hex::encode(&reloaded.file_digest_before),
            "file_digest": const_hex::encode(&reloaded.file_digest),
            "policy_version": const_hex::encode(&reloaded.policy_version),
        }))?,
        Output::Text => print(&to_text(&reloaded))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn to_text(reloaded: &v1::ReloadConfigurationResponse) -> String {
    let mut words = if reloaded.changed.is_empty() {
        "nothing changed\n".to_owned()
    } else {
        format!("in force: {}\n", reloaded.changed.join(", "))
    };
    if !reloaded.needs_restart.is_empty() {
        let names = reloaded.needs_restart.join(", ");
        words += &format!("as before until a restart: {names}\n");
    }
    words
}

/// A file that is refused has the exit code of a wrong configuration, whoever
/// found it wrong.
fn not_reloaded(status: Status) -> Failure {
    match status.code() {
        Code::FailedPrecondition => Failure::NotReloaded(status.message().to_owned()),
        _ => refused(status),
    }
}
