//! The wire edge: the only place that names the API's generated types.
//!
//! Services are thin: check the bounds, turn the request into plain values,
//! call the flow, turn the result back. `convert` is the line between wire
//! and domain, `status` the one table from errors to gRPC codes.

mod audit;
mod backups;
mod behind;
mod bounded;
mod bundles;
mod config;
mod convert;
mod difference;
mod history;
mod lists;
mod monitor;
mod operations;
mod operator;
mod recorded;
mod replies;
mod screening;
mod standing;
mod status;
mod sync;
mod upload;

pub use audit::Audit;
pub use backups::Backups;
pub use behind::Behind;
pub use bounded::{Bounded, Bounds};
pub use bundles::Bundles;
pub use config::Configuration;
pub use convert::outcome_to_wire;
pub use history::History;
pub use lists::Lists;
pub use monitor::Monitoring;
pub use operations::Operations;
pub use operator::Operator;
pub use replies::ReplyStream;
pub use screening::Screening;
pub use standing::WhileStanding;
pub use status::{CODE_NAMES, code_name, denied, exhausted};
pub use sync::Sync;

/// The generated API: messages, clients and servers of `interdict.v1`.
#[allow(
    missing_docs,
    clippy::all,
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "generated; the proto files carry the documentation"
)]
pub mod v1 {
    tonic::include_proto!("interdict.v1");

    /// Name of the service that screens.
    pub const SCREENING: &str = screening_service_server::SERVICE_NAME;

    /// Name of the service that holds the lists.
    pub const LISTS: &str = list_service_server::SERVICE_NAME;

    /// Name of the service that reads the audit log.
    pub const AUDIT: &str = audit_service_server::SERVICE_NAME;

    /// Name of the service that fetches lists.
    pub const SYNC: &str = sync_service_server::SERVICE_NAME;

    /// Name of the service that watches portfolios.
    pub const MONITOR: &str = monitor_service_server::SERVICE_NAME;

    /// Name of the service that shows how the daemon stands.
    pub const STATUS: &str = status_service_server::SERVICE_NAME;

    /// Descriptors of the API, for reflection.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/interdict_v1.bin"));
}
