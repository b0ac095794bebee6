//! The audit log: what was asked and answered, when, by whom, and from which
//! generation; and the proof that it is what was written.
//!
//! Records are leaves of one Merkle tree, as RFC 6962 hashes it, in segments
//! that only grow; the root is signed every second and within the log. From a
//! record, a few hashes and a signed root anybody with the public key can
//! check that the record is in the log, and from a root that was kept that
//! nothing of what came before it was altered since. `docs/audit.md` has the
//! format.
//!
//! - [`AuditLog`] appends: one process, no thread between an answer and the
//!   kernel. A [`Recorder`] gives records their envelope, and waits as long as
//!   their weight asks for.
//! - [`Reader`] reads, searches and makes a [`Receipt`], beside that process
//!   or without one; a [`Selection`] says which records are asked for.
//! - [`verify()`] checks a whole log and names the first place that is not what
//!   was written and signed.
//! - [`shown`] puts a record into words.
//!
//! To the log a record is bytes. It reads of them only the id and the wall
//! clock, which come first, and the events it writes itself: that it was
//! signed, recovered, or that old records were removed. What happened is put
//! into records by those whom it happens to: `screening`, `import` and
//! `monitor` have a `record` each.

// What a log is made of.
mod checkpoint;
mod folder;
mod merkle;
mod note;
mod segment;
mod settings;

// What is done with one.
mod log;
mod proof;
mod reader;
mod receipt;
pub mod shown;
mod verify;

// What the rest of the program sees of it.
mod encode;
mod recorder;
mod reference;
mod selection;

#[cfg(test)]
mod reader_tests;
#[cfg(test)]
mod tamper_tests;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use encode::Fields;
pub use log::{
    AppendError, AuditLog, CreateError, Following, Handed, LogFigures, OpenError, Opened, Recovery,
    Ticket,
};
pub use note::{KeyError, NoteError, SignedNote, VerifierKey};
pub use reader::{Newest, Read, ReadError, Reader, Walk};
pub use receipt::{CheckedReceipt, RECEIPT_BYTES_MAX, Receipt, ReceiptError};
pub use recorder::{BUILD, Leaves, Queued, Rank, Recorder, nanoseconds};
pub use reference::reference_hash;
pub use selection::Selection;
pub use settings::{Durability, Settings};
pub use verify::{Broken, Damage, VerifyError, VerifyReport, verify};

/// Records as they are kept: `proto/interdict/audit/v1/record.proto`.
#[allow(
    missing_docs,
    clippy::all,
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "generated; the proto file carries the documentation"
)]
pub mod record {
    tonic::include_proto!("interdict.audit.v1");
}
