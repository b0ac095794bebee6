//! The daemon as its users meet it: the real binary, a real data directory,
//! gRPC over a socket, and the command line.
//!
//! One binary, a file per topic. Tests are named as what must hold; those of
//! a law (see `DESIGN.md`) begin with its number. Whatever is random is
//! seeded, and the seed is in the message of a failure.
//!
//! The ones that take long are ignored by default and name their command:
//!
//! ```text
//! cargo test --release --test integration -- --ignored --nocapture
//! ```

mod harness;

/// Other spellings of an address, shared with the tests of the address rules.
#[path = "../addresses/respell.rs"]
mod respell;

// What the lists say.
mod moments;
mod relations;
mod rescreen;
mod rescreen_files;
mod rescreen_files_resumed;
mod screening;
mod spellings;

// How lists get in, and what becomes of them.
mod bad_lists;
mod bundles;
mod freshness;
mod gates;
mod history;
mod import;
mod official_lists;
mod operator;
mod published_lists;
mod replay;
mod rollback;
mod sync;
mod sync_disk;
mod sync_failures;
mod uploads;

// What is left behind, and what it proves.
mod audit;
mod audit_kills;
mod audit_proofs;
// Who is watched, and who is told.
mod alerts;
mod portfolios;
mod webhooks;

// What must hold when things go wrong.
mod backups;
mod corruption;
mod failed_writes;
mod kills;
mod large;
mod refusals;
mod swaps;

// Who may ask, and by what way.
mod access;
mod front;
mod tls;

// The process and its edges.
mod client;
mod commands;
mod connections;
mod http;
mod lifecycle;
mod limits;
mod metrics;
mod packaging;
mod probes;
mod reload;
mod reports;
mod secrets;
mod service_manager;
mod shutdown;
mod status;
mod test_addresses;
mod tracing_spans;
