//! The address rules, the list readers, the readers of the audit log, the
//! spellings of the tests and the laws, as the fuzz targets see them.

/// The module under test, from the project itself.
#[path = "../../src/address/mod.rs"]
pub mod address;

/// The spellings that the project's tests try.
#[path = "../../tests/addresses/respell.rs"]
pub mod respell;

/// What a list says, from the project itself.
#[path = "../../src/list/mod.rs"]
pub mod list;

pub mod audit;
pub mod import;
pub mod laws;
pub mod readers;
