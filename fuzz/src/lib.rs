//! The address rules, the spellings of the tests and the laws, as the fuzz
//! targets see them.

/// The module under test, from the project itself.
#[path = "../../src/address/mod.rs"]
pub mod address;

/// The spellings that the project's tests try.
#[path = "../../tests/addresses/respell.rs"]
pub mod respell;

pub mod laws;
