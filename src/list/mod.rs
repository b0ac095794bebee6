//! What a list says: the nouns of the field, as plain values.
//!
//! A [`SourceId`] names a publisher's dataset, a [`Publication`] is one
//! edition of it, and a [`ListEntry`] is one address on it, exactly as
//! published, with the [`Designation`] and [`Incident`] behind it. Nothing
//! here reads a file, keys an address or touches a database: readers
//! (`import`) make these values, the store keeps them, and a match shows them
//! as evidence.

mod entry;
mod generation;
mod publication;
mod source;

pub use entry::{Act, Category, Confidence, Designation, Effect, EntryId, Incident, ListEntry};
pub use generation::{Cause, GenerationNumber, Made};
pub use publication::{Origin, Publication, PublicationDigest, ReadAs};
pub use source::{EXEMPTIONS, OPERATOR, SourceId, SourceIdError, Tier, UnknownName};
