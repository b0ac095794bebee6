//! The gRPC services, with the limits on their messages set.

use std::sync::Arc;

use prost_reflect::DescriptorPool;
use std::time::Duration;

use tonic::service::Routes;
use tonic_health::server::HealthReporter;

use crate::access::{Quota, Surface};
use crate::audit::Recorder;
use crate::config::Limits;
use crate::grpc::v1::audit_service_server::AuditServiceServer;
use crate::grpc::v1::backup_service_server::BackupServiceServer;
use crate::grpc::v1::bundle_service_server::BundleServiceServer;
use crate::grpc::v1::config_service_server::ConfigServiceServer;
use crate::grpc::v1::history_service_server::HistoryServiceServer;
use crate::grpc::v1::list_service_server::ListServiceServer;
use crate::grpc::v1::monitor_service_server::MonitorServiceServer;
use crate::grpc::v1::operator_service_server::OperatorServiceServer;
use crate::grpc::v1::status_service_server::StatusServiceServer;
use crate::grpc::v1::sync_service_server::SyncServiceServer;
use crate::grpc::{
    Audit, Backups, Bundles, Configuration, History, Lists, Monitoring, Operations, Operator,
    Screening, Sync, v1,
};
use crate::overview::Overview;
use crate::rescreen::Pool;
use crate::screening::Screener;

use super::front::{Admission, Gate, Streams};

/// Largest answer: 1,000 outcomes with many matches each stay below it.
const REPLY_BYTES_MAX: usize = 64 << 20;

/// What is left of the time for a call once its body is there.
const ANSWER_ROOM: Duration = Duration::from_secs(2);

/// Everything that is served; cheap to clone for each serving thread.
#[derive(Clone)]
pub(super) struct Services {
    screening: Screening,
    lists: Lists,
    bundles: Bundles,
    backups: Backups,
    configuration: Configuration,
    operator: Operator,
    history: History,
    sync: Sync,
    audit: Audit,
    monitoring: Monitoring,
    overview: Overview,
    health: HealthReporter,
    pool: Pool,
    limits: Limits,
}

impl Services {
    pub(super) fn new(
        (screener, recorder, pool): (Screener, Recorder, Pool),
        lists: Lists,
        (operator, history): (Operator, History),
        (bundles, backups, configuration): (Bundles, Backups, Configuration),
        (sync, (audit, monitoring)): (Sync, (Audit, Monitoring)),
        overview: Overview,
        (limits, of_all): (Limits, Quota),
    ) -> Self {
        Self {
            screening: Screening::new(screener, recorder, pool.clone(), (limits, of_all)),
            pool,
            lists,
            bundles,
            backups,
            configuration,
            operator,
            history,
            sync,
            audit,
            monitoring,
            overview,
            health: HealthReporter::new(),
            limits,
        }
    }

    pub(super) fn health_reporter(&self) -> HealthReporter {
        self.health.clone()
    }

    /// Returns how the daemon stands, for whom it concerns.
    pub(super) fn overview(&self) -> Overview {
        self.overview.clone()
    }

    /// Returns them as one, for a kind of listener.
    pub(super) fn gate(&self, surface: Surface, admission: Admission) -> Gate {
        Gate::new(self.routes(), surface, admission, streams())
    }

    /// Returns those that answer over HTTP too.
    pub(super) fn http(&self) -> crate::http::Services {
        crate::http::Services {
            screening: self.screening.clone(),
            lists: self.lists.clone(),
            history: self.history.clone(),
            audit: self.audit.clone(),
            monitoring: self.monitoring.clone(),
            pool: self.pool.clone(),
            // Cut before the front gives up on the whole call.
            body_within: self
                .limits
                .request_timeout
                .saturating_sub(ANSWER_ROOM)
                .max(ANSWER_ROOM),
            operations: Operations::new(self.overview.clone(), &self.limits),
        }
    }

    pub(super) fn routes(&self) -> Routes {
        let limits = &self.limits;
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
        let configuration = ConfigServiceServer::new(self.configuration.clone())
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
        let status = StatusServiceServer::new(Operations::new(self.overview.clone(), limits))
            .max_decoding_message_size(limits.request_bytes_max)
            .max_encoding_message_size(REPLY_BYTES_MAX);
        let health = tonic_health::pb::health_server::HealthServer::new(
            tonic_health::server::HealthService::from_health_reporter(self.health.clone()),
        );
        Routes::default()
            .add_service(self.screening.served(REPLY_BYTES_MAX))
            .add_service(lists)
            .add_service(bundles)
            .add_service(backups)
            .add_service(configuration)
            .add_service(operator)
            .add_service(history)
            .add_service(sync)
            .add_service(audit)
            .add_service(monitoring)
            .add_service(status)
            .add_service(health)
            .add_service(reflection_v1())
            .add_service(reflection_v1alpha())
    }
}

/// Returns which methods stream.
fn streams() -> Arc<Streams> {
    let pool = DescriptorPool::decode(v1::DESCRIPTORS).expect(DESCRIPTORS_HOLD);
    let mut streams = Streams::default();
    for service in pool.services() {
        for method in service.methods() {
            let path = format!("/{}/{}", service.full_name(), method.name());
            if method.is_client_streaming() {
                streams.sent.insert(path.clone());
            }
            if method.is_server_streaming() {
                streams.answered.insert(path);
            }
        }
    }
    let watch = "/grpc.health.v1.Health/Watch";
    streams.answered.insert(watch.to_owned());
    for version in ["v1", "v1alpha"] {
        let path = format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
        streams.sent.insert(path);
    }
    Arc::new(streams)
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
