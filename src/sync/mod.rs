//! Flow 4: lists are fetched from their publishers, kept raw, and imported.
//!
//! [`Syncer::run`] asks each source on its schedule, one at a time, and at
//! once when told to; `gather` has the order for one source: ask
//! conditionally, check the publisher's hash, keep the raw files, import.
//! Whatever fails leaves the publication that is held, which ages by itself,
//! and is shown until the next success.
//!
//! | file | decides |
//! |---|---|
//! | `feed` | where a source's files are, how often they are asked for, within which limits |
//! | `presets` | publishers whose lists are known |
//! | `schedule` | when a source is asked next |
//! | `fetch/` | whether a file came whole from where it may come |
//! | `hashes` | whether it is what its publisher hashed |
//! | `path` | the same for files that somebody puts on this machine |
//! | `archive` | how raw files are kept, and how long |
//! | `gather` | one source, from the question to the kept files |
//! | `state` | what became of the attempts, across restarts |
//! | `progress` | what whoever waits is told |
//! | `handle` | whose turn it is, and what is shown of a source |
//! | `syncer` | which source is next, and what is noted of it |
//!
//! What a list says, and whether a change may go live, is for
//! [`import`](crate::import): a fetched publication takes the way of an
//! uploaded one, through the same gates.

pub mod feed;
pub mod fetch;
pub mod hashes;
pub mod presets;
pub mod schedule;

mod archive;
mod disk;
mod error;
mod gather;
mod handle;
mod names;
mod path;
mod progress;
mod state;
mod syncer;

pub use archive::ArchiveError;
pub use error::SyncError;
pub use feed::{Feed, Place, Web};
pub use handle::{AskError, Asked, Status, SyncHandle, Synced};
pub use path::PathError;
pub use progress::{Event, Outcome, Phase, Progress, Told};
pub use state::{State, Trouble};
pub use syncer::Syncer;
