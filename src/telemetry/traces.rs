//! Spans on their way to a collector, by OTLP over gRPC.
//!
//! They are queued without waiting, dropped when the queue is full, and sent
//! by a thread of their own. Spans and events of other crates, and of levels
//! below info, are not sent: what they say of requests is not ours to know.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider,
};
use tokio::runtime::{Builder, Runtime};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::registry::LookupSpan;

use crate::config::Tracing;

use super::TelemetryError;

/// Spans that may wait for the collector; more are dropped.
const QUEUE_MAX: usize = 2_048;

/// How long a collector may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How often what waits is sent.
const EVERY: Duration = Duration::from_secs(1);

/// What sends spans.
pub(super) struct Traces {
    provider: SdkTracerProvider,
    /// The connection to the collector lives on it.
    runtime: Runtime,
}

impl Traces {
    /// Starts sending, if a collector is named.
    pub(super) fn start<S>(
        tracing: &Tracing,
    ) -> Result<Option<(Self, impl Layer<S> + use<S>)>, TelemetryError>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let Some(endpoint) = &tracing.otlp_endpoint else {
            return Ok(None);
        };
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .thread_name("interdict-traces")
            .build()
            .map_err(TelemetryError::Thread)?;
        let exporter = {
            let _entered = runtime.enter();
            SpanExporter::builder()
                .with_tonic()
                .with_endpoint(endpoint)
                .with_timeout(ANSWER_WITHIN)
                .build()
                .map_err(TelemetryError::Endpoint)?
        };
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE_MAX)
            .with_scheduled_delay(EVERY)
            .build();
        let processor = BatchSpanProcessor::builder(exporter)
            .with_batch_config(batches)
            .build();
        let resource = Resource::builder()
            .with_service_name("interdict")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(processor)
            .with_resource(resource)
            // Which calls get a span is decided before one is made.
            .with_sampler(Sampler::AlwaysOn)
            .build();
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("interdict"))
            .with_location(false)
            .with_tracked_inactivity(false)
            .with_threads(false)
            .with_filter(Targets::new().with_target("interdict", LevelFilter::INFO));
        Ok(Some((Self { provider, runtime }, layer)))
    }

    /// Sends what waits, no longer than this, and ends.
    pub(super) fn end(self, within: Duration) {
        // What could not be sent is lost, as it would be while it runs.
        let _ = self.provider.shutdown_with_timeout(within);
        self.runtime.shutdown_background();
    }
}
