//! From a store to the parts of a bundle, and the proof that they give the
//! same rows back.
//!
//! A part holds the entries of one source as they stood at a generation, in
//! an order that follows from the entries alone, so that the same generation
//! always gives the same bytes. Every part is read again and keyed as an
//! import would, and its rows are compared with those of the store before
//! anything is handed out: a bundle that would not give the same set is never
//! made.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use crate::address;
use crate::generation::Generation;
use crate::import::ImportError;
use crate::import::read;
use crate::list::{GenerationNumber, Origin, Publication, SourceId};
use crate::store::{GenerationRecord, ReadError, RowError, Store};

use super::manifest::{
    BundleKind, BundleSource, Digest, Format as BundleFormat, Manifest, ManifestError, OriginId,
    Part,
};
use super::part::{Held, check_part, write_part};

/// Longest time for which a bundle may be made: beyond it, nobody notices
/// that no newer one comes.
pub const LIFE_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// What a bundle is to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The source; `None`: all of the generation.
    pub source: Option<SourceId>,
    /// The generation; `None`: the live one.
    pub generation: Option<GenerationNumber>,
    /// When it is made; the same order gives the same bundle.
    pub created_at: Timestamp,
    /// For how long it may be imported.
    pub life: Duration,
    /// The manifest digest of the bundle before.
    pub previous: Option<Digest>,
}

/// Why no bundle was made.
#[derive(Debug, Error)]
pub enum ExportError {
    /// Nothing was ever committed.
    #[error("there is no generation to bundle: import lists first")]
    Nothing,
    /// There is no such generation.
    #[error("generation {wanted} is not one: the newest is {newest}")]
    NoSuchGeneration {
        /// What was asked for.
        wanted: GenerationNumber,
        /// What there is.
        newest: GenerationNumber,
    },
    /// There is no such source.
    #[error("generation {generation} holds no source `{source_id}`: see `interdict lists`")]
    NoSuchSource {
        /// The generation.
        generation: GenerationNumber,
        /// The source.
        source_id: SourceId,
    },
    /// It would live too long, or not at all.
    #[error("a bundle expires after at least one second and at most 366 days")]
    Life,
    /// An entry's id does not follow from what it says.
    #[error(
        "`{0}` holds entries that were keyed by another program: import its publication again, and then make the bundle"
    )]
    KeyedOtherwise(SourceId),
    /// What was written does not give the rows that are held.
    #[error(
        "the entries of `{source_id}` do not give its rows when they are read again ({what} differ): no bundle was made; import its publication again"
    )]
    NotTheSame {
        /// The source.
        source_id: SourceId,
        /// What differs.
        what: &'static str,
    },
    /// What was written cannot be read again.
    #[error("the entries of `{source_id}` cannot be read again: no bundle was made")]
    Unreadable {
        /// The source.
        source_id: SourceId,
        /// Why.
        source: Box<ImportError>,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] ReadError),
    /// A part cannot be written.
    #[error("cannot write a part of the bundle at {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The manifest contradicts itself.
    #[error("the bundle would contradict itself")]
    Manifest(#[from] ManifestError),
}

impl From<RowError> for ExportError {
    fn from(error: RowError) -> Self {
        Self::Store(error.into())
    }
}

/// A bundle without its signature and its container.
#[derive(Debug)]
pub struct Export {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its parts, in the manifest's order.
    pub parts: Vec<PathBuf>,
}

/// Writes the parts of a bundle into a folder and describes them.
///
/// # Errors
///
/// If there is nothing like it to bundle, the store cannot be read, or a part
/// does not give the same rows when it is read again.
pub fn export(
    store: &Store,
    live: Option<&Generation>,
    order: &Order,
    limits: &read::Limits,
    folder: &Path,
) -> Result<Export, ExportError> {
    let live = live.ok_or(ExportError::Nothing)?;
    if order.life < Duration::from_secs(1) || order.life > LIFE_MAX {
        return Err(ExportError::Life);
    }
    let record = record_of(live, order)?;
    let publications: Vec<Publication> = record
        .publications
        .iter()
        .filter(|held| {
            order
                .source
                .as_ref()
                .is_none_or(|only| *only == held.source)
        })
        .map(|held| as_known_now(held, live))
        .collect();
    if let (Some(only), true) = (&order.source, publications.is_empty()) {
        return Err(ExportError::NoSuchSource {
            generation: record.number,
            source_id: only.clone(),
        });
    }
    let mut held = held_rows(store, &record, &publications)?;
    let (mut sources, mut parts) = (Vec::new(), Vec::new());
    for publication in &publications {
        let rows = held.remove(&publication.source).unwrap_or_default();
        let path = folder.join(format!("part-{}", parts.len()));
        let part = write_part(publication, &rows, &path)?;
        check_part(publication, &rows, &path, limits)?;
        sources.push(described(publication, &rows, part));
        parts.push(path);
    }
    let created_at = whole_second(order.created_at);
    let life = SignedDuration::try_from(order.life).map_err(|_| ExportError::Life)?;
    let manifest = Manifest {
        format: BundleFormat,
        kind: match order.source {
            Some(_) => BundleKind::Source,
            None => BundleKind::Generation,
        },
        origin: origin_of(store)?,
        sequence: record.number.0,
        generation_digest: Digest(record.digest.0),
        created_at,
        expires_at: created_at
            .checked_add(life)
            .map_err(|_| ExportError::Life)?,
        previous: order.previous,
        key_rules: address::RULES_VERSION,
        sources,
    }
    .checked()?;
    Ok(Export { manifest, parts })
}

/// Names a data directory by the first generation that it committed: no other
/// has the same set committed at the same millisecond.
///
/// # Errors
///
/// If the store cannot be read.
pub fn origin_of(store: &Store) -> Result<OriginId, ReadError> {
    let first = GenerationNumber::NONE.next();
    let record = store
        .generation(first)?
        .ok_or(ReadError::GenerationMissing(first))?;
    let mut hasher = blake3::Hasher::new_derive_key("interdict 2026-11 bundle origin");
    hasher.update(&record.digest.0);
    hasher.update(&record.committed_at.as_millisecond().to_le_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    Ok(OriginId(id))
}

fn record_of(live: &Generation, order: &Order) -> Result<GenerationRecord, ExportError> {
    let newest = live.number();
    let wanted = order.generation.unwrap_or(newest);
    match live.record_of(wanted)? {
        _ if wanted == newest => Ok(live.record.clone()),
        Some(record) => Ok(record),
        None => Err(ExportError::NoSuchGeneration { wanted, newest }),
    }
}

/// A publication that was seen again since is as fresh as it is known to be.
fn as_known_now(held: &Publication, live: &Generation) -> Publication {
    let known = live.publication(&held.source);
    let same = known.filter(|known| known.digest == held.digest);
    let mut held = held.clone();
    held.confirmed_at = same.and_then(|known| known.confirmed_at);
    held
}

/// Reads the rows of a generation, by source.
fn held_rows(
    store: &Store,
    record: &GenerationRecord,
    publications: &[Publication],
) -> Result<BTreeMap<SourceId, Held>, ExportError> {
    let mut held: BTreeMap<SourceId, Held> = publications
        .iter()
        .map(|publication| (publication.source.clone(), Held::default()))
        .collect();
    for shelf in store.shelves() {
        let (key, rows) = shelf?;
        for row in rows.iter().filter(|row| row.life.covers(record.number)) {
            let entry = row.entry()?;
            if let Some(held) = held.get_mut(&entry.source) {
                held.rows.add(key.as_bytes(), &row.id.0, row.encoded());
                held.entries.entry(row.id).or_insert_with(|| row.clone());
            }
        }
    }
    Ok(held)
}

fn described(publication: &Publication, held: &Held, part: Part) -> BundleSource {
    BundleSource {
        id: publication.source.clone(),
        tier: publication.tier,
        publication: Digest(publication.digest.0),
        format: publication.read_as.format.clone(),
        category: publication.read_as.category,
        reading_rules: publication.read_as.rules,
        published_on: publication.published_on,
        retrieved_at: publication.current_at(),
        held_since: publication.held_since,
        bundled: publication.origin == Origin::Bundled,
        incomplete: publication.incomplete,
        licence: publication.licence.clone(),
        entries: publication.entries,
        rows: held.rows.rows(),
        rows_digest: Digest(held.rows.digest().0),
        part,
    }
}

fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
