//! `health`: whether the daemon serves, for a container's or a load
//! balancer's check. It needs no role.

use std::process::ExitCode;

use serde_json::json;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;

use crate::cli::{Health, Output};

use super::client::{self, refused};
use super::{Failure, print, print_json};

pub(super) async fn run(arguments: Health) -> Result<ExitCode, Failure> {
    let mut client = client::health(&arguments.ask.server).await?;
    let request = HealthCheckRequest {
        service: arguments.service,
    };
    let answer = client.check(request).await.map_err(refused)?.into_inner();
    let status = answer.status();
    match arguments.ask.output {
        Output::Json => print_json(&json!({ "status": status.as_str_name() }))?,
        Output::Text => print(&format!("{}\n", status.as_str_name()))?,
    }
    if status == ServingStatus::Serving {
        return Ok(ExitCode::SUCCESS);
    }
    Err(Failure::Unavailable {
        message: "the daemon runs and does not serve: its log says why".to_owned(),
        source: None,
    })
}
