//! Talking to the daemon.

use std::time::Duration;

use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

use crate::grpc::v1::audit_service_client::AuditServiceClient;
use crate::grpc::v1::backup_service_client::BackupServiceClient;
use crate::grpc::v1::bundle_service_client::BundleServiceClient;
use crate::grpc::v1::history_service_client::HistoryServiceClient;
use crate::grpc::v1::list_service_client::ListServiceClient;
use crate::grpc::v1::monitor_service_client::MonitorServiceClient;
use crate::grpc::v1::operator_service_client::OperatorServiceClient;
use crate::grpc::v1::screening_service_client::ScreeningServiceClient;
use crate::grpc::v1::sync_service_client::SyncServiceClient;

use super::Failure;

/// Answers with many matches are larger than tonic's default allows.
const REPLY_BYTES_MAX: usize = 64 << 20;

pub(super) async fn screening(server: &str) -> Result<ScreeningServiceClient<Channel>, Failure> {
    let client = ScreeningServiceClient::new(connect(server).await?);
    Ok(client.max_decoding_message_size(REPLY_BYTES_MAX))
}

pub(super) async fn lists(server: &str) -> Result<ListServiceClient<Channel>, Failure> {
    let client = ListServiceClient::new(connect(server).await?);
    Ok(client.max_decoding_message_size(REPLY_BYTES_MAX))
}

pub(super) async fn sync(server: &str) -> Result<SyncServiceClient<Channel>, Failure> {
    Ok(SyncServiceClient::new(connect(server).await?))
}

pub(super) async fn bundles(server: &str) -> Result<BundleServiceClient<Channel>, Failure> {
    let client = BundleServiceClient::new(connect(server).await?);
    Ok(client.max_decoding_message_size(REPLY_BYTES_MAX))
}

pub(super) async fn backups(server: &str) -> Result<BackupServiceClient<Channel>, Failure> {
    Ok(BackupServiceClient::new(connect(server).await?))
}

pub(super) async fn audit(server: &str) -> Result<AuditServiceClient<Channel>, Failure> {
    let client = AuditServiceClient::new(connect(server).await?);
    Ok(client.max_decoding_message_size(REPLY_BYTES_MAX))
}

pub(super) async fn operator(server: &str) -> Result<OperatorServiceClient<Channel>, Failure> {
    let client = OperatorServiceClient::new(connect(server).await?);
    Ok(client.max_decoding_message_size(REPLY_BYTES_MAX))
}

pub(super) async fn history(server: &str) -> Result<HistoryServiceClient<Channel>, Failure> {
    let client = HistoryServiceClient::new(connect(server).await?);
    Ok(client.max_decoding_message_size(REPLY_BYTES_MAX))
}

pub(super) async fn monitor(server: &str) -> Result<MonitorServiceClient<Channel>, Failure> {
    let client = MonitorServiceClient::new(connect(server).await?);
    Ok(client.max_decoding_message_size(REPLY_BYTES_MAX))
}

async fn connect(server: &str) -> Result<Channel, Failure> {
    let address = if server.contains("://") {
        server.to_owned()
    } else {
        format!("http://{server}")
    };
    let endpoint = Endpoint::from_shared(address)
        .map_err(|error| {
            Failure::Usage(format!(
                "`{server}` is no URL such as http://127.0.0.1:50051: {error}"
            ))
        })?
        .connect_timeout(Duration::from_secs(5))
        // A daemon that hangs must not hang what waits for it.
        .http2_keep_alive_interval(Duration::from_secs(10))
        .keep_alive_timeout(Duration::from_secs(10));
    endpoint.connect().await.map_err(|error| Failure::Unavailable {
        message: format!("no daemon answers at {server}: start one with `interdict serve`, or name it with --server"),
        source: Some(Box::new(error)),
    })
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
