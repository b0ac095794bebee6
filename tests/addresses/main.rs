//! The address rules against what others know: published vectors, published
//! lists, independent readers, and laws that every spelling must obey.
//!
//! One binary, a file per topic. Only `interdict::address` is used, so that
//! none of this depends on how lists are stored or answers are given.

/// `crate::address`, as the shared files below call it.
use interdict::address;

// What the texts and their keys are.
mod families;
mod respell;

// What others say a text is.
mod collisions;
mod crate_defects;
mod lists;
mod oracle_bitcoin;
mod oracle_evm;
mod oracle_others;
mod oracle_zcash;
mod vectors;

// Laws.
mod corpus;
mod spelling_laws;
mod typos;

/// The laws that the fuzz targets check on every input.
#[path = "../../fuzz/src/laws.rs"]
mod laws;
