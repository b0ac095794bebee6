//! Talking to the daemon.

use std::fs;
use std::path::Path;

use tonic::{Code, Status};
use tonic_health::pb::health_client::HealthClient;
use zeroize::Zeroizing;

use crate::causes::in_one_line;
use crate::cli::Server;
use crate::client::{ApiKey, ClientIdentity, ConnectError, Connection, NoApiKey, Target};

use crate::grpc::v1::audit_service_client::AuditServiceClient;
use crate::grpc::v1::backup_service_client::BackupServiceClient;
use crate::grpc::v1::bundle_service_client::BundleServiceClient;
use crate::grpc::v1::config_service_client::ConfigServiceClient;
use crate::grpc::v1::history_service_client::HistoryServiceClient;
use crate::grpc::v1::list_service_client::ListServiceClient;
use crate::grpc::v1::monitor_service_client::MonitorServiceClient;
use crate::grpc::v1::operator_service_client::OperatorServiceClient;
use crate::grpc::v1::screening_service_client::ScreeningServiceClient;
use crate::grpc::v1::status_service_client::StatusServiceClient;
use crate::grpc::v1::sync_service_client::SyncServiceClient;

use super::Failure;

/// Where a caller's key may stand.
const API_KEY: &str = "INTERDICT_API_KEY";

/// Answers with many matches are larger than tonic's default allows.
const REPLY_BYTES_MAX: usize = 64 << 20;

pub(super) async fn screening(
    server: &Server,
) -> Result<ScreeningServiceClient<Connection>, Failure> {
    let client = ScreeningServiceClient::new(connect(server).await?);
    Ok(client.max_decoding_message_size(REPLY_BYTES_MAX))
}

pub(super) async fn lists(server: &Server) -> Result<ListServiceClient<Connection>, Failure> {
    let client = ListServiceClient::new(connect(server).await?);
    Ok(client.max_decoding_message_size(REPLY_BYTES_MAX))
}

pub(super) async fn sync(server: &Server) -> Result<SyncServiceClient<Connection>, Failure> {
    Ok(SyncServiceClient::new(connect(server).await?))
}

pub(super) async fn bundles(server: &Server) -> Result<BundleServiceClient<Connection>, Failure> {
    let client = BundleServiceClient::new(connect(server).await?);
    Ok(client.max_decoding_message_size(REPLY_BYTES_MAX))
}

pub(super) async fn backups(server: &Server) -> Result<BackupServiceClient<Connection>, Failure> {
    Ok(BackupServiceClient::new(connect(server).await?))
}

pub(super) async fn audit(server: &Server) -> Result<AuditServiceClient<Connection>, Failure> {
    let client = AuditServiceClient::new(connect(server).await?);
    Ok(client.max_decoding_message_size(REPLY_BYTES_MAX))
}

pub(super) async fn operator(
    server: &Server,
) -> Result<OperatorServiceClient<Connection>, Failure> {
    let client = OperatorServiceClient::new(connect(server).await?);
    Ok(client.max_decoding_message_size(REPLY_BYTES_MAX))
}

pub(super) async fn history(server: &Server) -> Result<HistoryServiceClient<Connection>, Failure> {
    let client = HistoryServiceClient::new(connect(server).await?);
    Ok(client.max_decoding_message_size(REPLY_BYTES_MAX))
}

pub(super) async fn monitor(server: &Server) -> Result<MonitorServiceClient<Connection>, Failure> {
    let client = MonitorServiceClient::new(connect(server).await?);
    Ok(client.max_decoding_message_size(REPLY_BYTES_MAX))
}

pub(super) async fn status(server: &Server) -> Result<StatusServiceClient<Connection>, Failure> {
    let client = StatusServiceClient::new(connect(server).await?);
    Ok(client.max_decoding_message_size(REPLY_BYTES_MAX))
}

pub(super) async fn configuration(
    server: &Server,
) -> Result<ConfigServiceClient<Connection>, Failure> {
    Ok(ConfigServiceClient::new(connect(server).await?))
}

pub(super) async fn health(server: &Server) -> Result<HealthClient<Connection>, Failure> {
    Ok(HealthClient::new(connect(server).await?))
}

async fn connect(server: &Server) -> Result<Connection, Failure> {
    let target = target(server)?;
    target.connect().await.map_err(|error| match error {
        ConnectError::Unreachable { url, source } => Failure::Unavailable {
            message: format!("no daemon answers at {url}: start one with `interdict serve`, or name it with --server"),
            source: Some(Box::new(source)),
        },
        error => Failure::Usage(in_one_line(&error)),
    })
}

/// Reads the credentials that are named.
fn target(server: &Server) -> Result<Target, Failure> {
    let read = |path: &Path| {
        fs::read(path)
            .map_err(|error| Failure::Usage(format!("cannot read {}: {error}", path.display())))
    };
    let identity = match (&server.certificate, &server.certificate_key) {
        (Some(certificate), Some(key)) => Some(ClientIdentity {
            certificate: read(certificate)?,
            key: Zeroizing::new(read(key)?),
        }),
        _ => None,
    };
    Ok(Target {
        url: server.url.clone(),
        ca: server.ca.as_deref().map(read).transpose()?,
        identity,
        api_key: api_key(server)?,
        ..Target::default()
    })
}

/// From the file that is named, or the environment; never from the command
/// line, which everybody on the machine can read.
fn api_key(server: &Server) -> Result<Option<ApiKey>, Failure> {
    let wrong = |place: &str, error: NoApiKey| Failure::Usage(format!("{place}: {error}"));
    if let Some(path) = &server.api_key_file {
        let place = path.display().to_string();
        let text = fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|error| Failure::Usage(format!("cannot read {place}: {error}")))?;
        return ApiKey::new(&text)
            .map(Some)
            .map_err(|error| wrong(&place, error));
    }
    match std::env::var(API_KEY) {
        Ok(text) => ApiKey::new(&Zeroizing::new(text))
            .map(Some)
            .map_err(|error| wrong(API_KEY, error)),
        Err(_) => Ok(None),
    }
}

/// Turns a gRPC error into a failure with its exit code.
pub(super) fn refused(status: Status) -> Failure {
    let message = status.message().to_owned();
    match status.code() {
        Code::InvalidArgument
        | Code::FailedPrecondition
        | Code::ResourceExhausted
        | Code::OutOfRange
        | Code::AlreadyExists
        | Code::NotFound
        | Code::PermissionDenied
        | Code::Unauthenticated
        | Code::Aborted => Failure::Refused(message),
        Code::Unavailable
        | Code::DeadlineExceeded
        | Code::Cancelled
        | Code::Internal
        | Code::Unknown => Failure::Unavailable {
            message: format!("the daemon cannot answer: {message}"),
            source: None,
        },
        code => Failure::Other {
            message: format!("the daemon answered {code:?}: {message}"),
            source: None,
        },
    }
}

/// An answer that lacks what it must carry is never taken for "no".
pub(super) fn incomplete(what: &str) -> Failure {
    Failure::Unavailable {
        message: format!("the daemon's answer has no {what}: treat every address as BLOCK"),
        source: None,
    }
}
