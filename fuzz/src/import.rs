//! Where the readers stand in the project.

/// The readers, from the project itself.
#[path = "../../src/import/read/mod.rs"]
pub mod read;
