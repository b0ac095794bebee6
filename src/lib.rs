//! interdict screens wallet addresses: before a withdrawal, an exchange asks
//! whether the destination is on a sanctions list or linked to a heist, in
//! any spelling, and gets the evidence with the answer.
//!
//! # The map
//!
//! Five flows make up the daemon, and each is one function that shows its
//! whole order:
//!
//! 1. **Screen** one address: [`screening::Pinned::screen`]
//! 2. **Import** a published list: [`import::Importer::run`]
//! 3. **Rescreen** many addresses: [`rescreen::Rescreen`]
//! 4. **Sync** the lists with their publishers: [`sync::Syncer::run`]
//! 5. **Watch** known addresses: [`monitor::Monitor::advance`]
//!
//! They stand on plain values that know no database and no network:
//! [`address`] (what an address is), [`list`] (what a list says), [`verdict`]
//! (what a screening concludes), [`policy`] (what the operator does about
//! it), [`freshness`] (whether the lists can vouch for an absence). Under
//! them [`store`] keeps every row ever listed, [`filter`] answers "surely
//! absent", and [`generation`] binds the two into what is live. [`import`]
//! and [`screening`] never meet but at [`generation::LiveGeneration`].
//! [`bundle`] carries a set to daemons without a network, [`backup`] keeps one.
//!
//! [`grpc`] is the wire edge, [`http`] the same beside it, [`access`] says who
//! may ask for what, [`server`] is the front and the wiring, [`commands`] the
//! program.
//!
//! # The laws
//!
//! No false negative. `NOT_LISTED` is earned. One screening, one generation.
//! An import is all or nothing. Answers are reproducible. A verdict leaves
//! after its audit record. Nothing from outside is unbounded. No raw input
//! in logs. Not loaded is not clean. A sanctions floor. `DESIGN.md` has them
//! in full, and tests carry their numbers.

// Who may ask.
pub mod access;

// What an address is, what a list says, what follows from both.
pub mod address;
pub mod alert;
pub mod bundle;
pub mod bundled;
pub mod causes;
pub mod counters;
pub mod list;
pub mod policy;
pub mod portfolio;
pub mod test_address;
pub mod verdict;

// What is held, and what of it is live.
pub mod audit;
pub mod backup;
pub mod filter;
pub mod freshness;
pub mod generation;
pub mod store;

// The flows.
pub mod import;
pub mod incidents;
pub mod monitor;
pub mod replay;
pub mod rescreen;
pub mod screening;
pub mod sync;

// How the daemon stands.
pub mod overview;
pub mod readiness;

// The edges.
pub mod cli;
pub mod client;
pub mod commands;
pub mod config;
pub mod grpc;
pub mod http;
pub mod metrics;
pub mod server;
pub mod telemetry;
