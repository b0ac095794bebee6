//! The services behind one listener, with the limits of HTTP/2 set.

use std::net::TcpListener;
use std::time::Duration;

use tonic::transport::Server;
use tonic_health::server::HealthReporter;
use tracing::warn;

use crate::audit::Recorder;
use crate::config::Limits;
use crate::grpc::v1::audit_service_server::AuditServiceServer;
use crate::grpc::v1::backup_service_server::BackupServiceServer;
use crate::grpc::v1::bundle_service_server::BundleServiceServer;
use crate::grpc::v1::history_service_server::HistoryServiceServer;
use crate::grpc::v1::list_service_server::ListServiceServer;
use crate::grpc::v1::monitor_service_server::MonitorServiceServer;
use crate::grpc::v1::operator_service_server::OperatorServiceServer;
use crate::grpc::v1::screening_service_server::ScreeningServiceServer;
use crate::grpc::v1::sync_service_server::SyncServiceServer;
use crate::grpc::{
    Audit, Backups, Bounded, Bundles, History, Lists, Monitoring, Operator, Screening, Sync, v1,
};
use crate::screening::Screener;

use super::accept::{ConnectionLimits, connections};
use super::{ServeError, Stop};

/// Largest answer: 1,000 outcomes with many matches each stay below it.
const REPLY_BYTES_MAX: usize = 64 << 20;

/// Everything that is served; cheap to clone for each serving thread.
#[derive(Clone)]
pub(super) struct Services {
    screening: Screening,
    lists: Lists,
    bundles: Bundles,
    backups: Backups,
    operator: Operator,
    history: History,
    sync: Sync,
    audit: Audit,
    monitoring: Monitoring,
    health: HealthReporter,
    limits: Limits,
}

impl Services {
    pub(super) fn new(
        (screener, recorder): (Screener, Recorder),
        lists: Lists,
        (operator, history): (Operator, History),
        (bundles, backups): (Bundles, Backups),
        (sync, (audit, monitoring)): (Sync, (Audit, Monitoring)),
        limits: Limits,
    ) -> Self {
        Self {
            screening: Screening::new(screener, recorder, limits),
            lists,
            bundles,
            backups,
            operator,
            history,
            sync,
            audit,
            monitoring,
            health: HealthReporter::new(),
            limits,
        }
    }

    pub(super) fn health_reporter(&self) -> HealthReporter {
        self.health.clone()
    }

    /// Serves one listener until the stop, and then what is under way for no
    /// longer than the drain.
    pub(super) async fn serve(
        &self,
        listener: TcpListener,
        connection_limits: ConnectionLimits,
        stop: &Stop,
        drain: Duration,
    ) -> Result<(), ServeError> {
        let listener = tokio::net::TcpListener::from_std(listener).map_err(ServeError::Thread)?;
        let accept_until = stop.clone();
        let serving = self
            .router()
            .serve_with_incoming_shutdown(connections(listener, connection_limits), async move {
                accept_until.asked().await
            });
        match stop.within(drain, serving).await {
            Some(outcome) => outcome.map_err(ServeError::Transport),
            None => {
                warn!(
                    ?drain,
                    "calls were still under way at the end of the drain and were cut"
                );
                Ok(())
            }
        }
    }

    /// tonic's defaults leave several of HTTP/2's limits open; each is set
    /// here, and the figures behind them are in `DESIGN.md`.
    fn router(&self) -> tonic::transport::server::Router {
        let limits = &self.limits;
        let screening = |bytes_max| {
            ScreeningServiceServer::new(self.screening.clone())
                .max_decoding_message_size(bytes_max)
                .max_encoding_message_size(REPLY_BYTES_MAX)
        };
        let lists = ListServiceServer::new(self.lists.clone())
            .max_decoding_message_size(limits.chunk_bytes_max)
            .max_encoding_message_size(REPLY_BYTES_MAX);
        let sync = SyncServiceServer::new(self.sync.clone())
            .max_decoding_message_size(limits.request_bytes_max)
            .max_encoding_message_size(REPLY_BYTES_MAX);
        let bundles = BundleServiceServer::new(self.bundles.clone())
            .max_decoding_message_size(limits.chunk_bytes_max)
            .max_encoding_message_size(REPLY_BYTES_MAX);
        let backups = BackupServiceServer::new(self.backups.clone())
            .max_decoding_message_size(limits.request_bytes_max);
        let operator = OperatorServiceServer::new(self.operator.clone())
            .max_decoding_message_size(limits.request_bytes_max)
            .max_encoding_message_size(REPLY_BYTES_MAX);
        let history = HistoryServiceServer::new(self.history.clone())
            .max_decoding_message_size(limits.request_bytes_max)
            .max_encoding_message_size(REPLY_BYTES_MAX);
        let audit = AuditServiceServer::new(self.audit.clone())
            .max_decoding_message_size(limits.request_bytes_max)
            .max_encoding_message_size(REPLY_BYTES_MAX);
        let monitoring = MonitorServiceServer::new(self.monitoring.clone())
            .max_decoding_message_size(limits.chunk_bytes_max)
            .max_encoding_message_size(REPLY_BYTES_MAX);
        let health = tonic_health::pb::health_server::HealthServer::new(
            tonic_health::server::HealthService::from_health_reporter(self.health.clone()),
        );
        Server::builder()
            .max_concurrent_streams(limits.streams_per_connection_max)
            .http2_max_local_error_reset_streams(Some(256))
            .http2_max_pending_accept_reset_streams(Some(20))
            .http2_max_header_list_size(8 * 1024)
            .max_frame_size(16 * 1024)
            .http2_keepalive_interval(Some(Duration::from_secs(20)))
            .http2_keepalive_timeout(Some(Duration::from_secs(10)))
            .accept_http1(false)
            .add_service(Bounded::new(
                screening(limits.request_bytes_max),
                screening(limits.chunk_bytes_max),
                limits.stream_idle_timeout,
            ))
            .add_service(lists)
            .add_service(bundles)
            .add_service(backups)
            .add_service(operator)
            .add_service(history)
            .add_service(sync)
            .add_service(audit)
            .add_service(monitoring)
            .add_service(health)
            .add_service(reflection_v1())
            .add_service(reflection_v1alpha())
    }
}

const DESCRIPTORS_HOLD: &str = "the descriptors were written by the build of this program";

fn reflection_builder() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(v1::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

fn reflection_v1() -> tonic_reflection::server::v1::ServerReflectionServer<
    impl tonic_reflection::server::v1::ServerReflection,
> {
    reflection_builder().build_v1().expect(DESCRIPTORS_HOLD)
}

/// What older tools still speak.
fn reflection_v1alpha() -> tonic_reflection::server::v1alpha::ServerReflectionServer<
    impl tonic_reflection::server::v1alpha::ServerReflection,
> {
    reflection_builder()
        .build_v1alpha()
        .expect(DESCRIPTORS_HOLD)
}
