//! From a bundle on disk to the live generation, all of it or nothing.
//!
//! The order is: the container and its manifest, the signature and the doubts
//! (`trust`), every part's digests, and only then the import, which holds the
//! rows of each source against the manifest before anything is written. The
//! ledger is raised before the import and lowered again if nothing came of
//! it, so that a kill in between can only make it too strict.

use std::fs::File;
use std::io::{self, BufReader, BufWriter};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use thiserror::Error;
use tracing::error;

use crate::address;
use crate::import::read::{Format, InputFile};
use crate::import::{Approval, ImportError, Importer, OperatorList, Report, Request, Said};
use crate::list::{Cause, Made, Origin, PublicationDigest, ReadAs, SourceId};
use crate::store::{CommitError, GenerationDigest, Store};

use super::archive::{Archive, ArchiveError};
use super::doubt::Refusal;
use super::ledger::{Ledger, LedgerError};
use super::manifest::{BundleKind, BundleSource, Digest, Manifest, part_name};
use super::trust::{Accepted, Here, TrustPolicy, Word};

/// What became of a bundle.
#[derive(Debug)]
pub struct Fed {
    /// What it says of itself.
    pub manifest: Manifest,
    /// The digest of its manifest.
    pub digest: Digest,
    /// Whose it is, what was overridden, what to know.
    pub accepted: Accepted,
    /// One for each source, in the manifest's order.
    pub reports: Vec<Report>,
    /// Whether the set is now the very one of its origin; `None` where the
    /// two cannot be the same, because more is held here or other rules hold.
    pub is_as_origin: Option<bool>,
}

/// Why a bundle was not imported. The live generation stays.
#[derive(Debug, Error)]
pub enum FeedError {
    /// It is not a whole bundle.
    #[error("the bundle is refused")]
    Archive(#[from] ArchiveError),
    /// Whether it is older than the last cannot be told.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// It is not trusted.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It cannot be imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A part cannot be kept while it is imported.
    #[error("cannot keep a part of the bundle at {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Imports a bundle; `folder` is for what it is unpacked into.
///
/// # Errors
///
/// If it is not whole, not trusted, or cannot be imported.
pub fn feed(
    bundle: &Path,
    folder: &Path,
    (store, importer): (&Store, &Importer),
    policy: &TrustPolicy,
    word: Option<&Word>,
) -> Result<Fed, FeedError> {
    let file = File::open(bundle).map_err(failed(bundle))?;
    let mut archive = Archive::open(BufReader::new(file))?;
    let manifest = archive.manifest().clone();
    let now = Timestamp::now();
    let before = Ledger::load(store.data_dir())?;
    let here = Here {
        ledger: &before,
        by_hand: &kept_by_hand(store)?,
    };
    let accepted = policy.judge(&archive, here, now, word)?;
    let mut publications = Vec::new();
    for (index, source) in manifest.sources.iter().enumerate() {
        let path = folder.join(format!("part-{index}"));
        let part = File::create(&path).map_err(failed(&path))?;
        archive.extract(source, BufWriter::new(part))?;
        let file = InputFile::at(part_name(&source.id), &path);
        let said = said_of(source, &manifest);
        publications.push((request_for(source), vec![file], Some(said)));
    }
    let made = Made {
        cause: Cause::Bundle,
        act: word.map(|word| word.act.clone()),
        overridden: accepted
            .overridden
            .iter()
            .map(ToString::to_string)
            .collect(),
    };
    let after = before.after(&manifest, &accepted, word, now);
    after.save(store.data_dir())?;
    let publications = Publications {
        expect: expected(store, &manifest),
        each: publications,
    };
    let reports = match import(importer, publications, &made, word) {
        Ok(reports) => reports,
        Err(error) => {
            if is_surely_undone(&error) {
                before.save(store.data_dir())?;
            }
            return Err(error.into());
        }
    };
    Ok(Fed {
        is_as_origin: is_as_origin(store, &manifest),
        digest: manifest.digest(),
        manifest,
        accepted,
        reports,
    })
}

/// Returns the sources that are kept by hand here.
fn kept_by_hand(store: &Store) -> Result<Vec<(SourceId, Digest)>, ImportError> {
    let record = store.generation(store.head().generation)?;
    let publications = record.map(|record| record.publications).unwrap_or_default();
    let by_hand = publications
        .into_iter()
        .filter(|held| OperatorList::of(&held.source).is_some());
    Ok(by_hand
        .map(|held| (held.source, Digest(held.digest.0)))
        .collect())
}

/// What is imported as one.
struct Publications {
    each: Vec<(Request, Vec<InputFile>, Option<Said>)>,
    /// The digest of the set that they must make.
    expect: Option<GenerationDigest>,
}

/// Imports, and gives a gate the person's word that is for it: which of
/// several digests that is, only the gate can say.
fn import(
    importer: &Importer,
    mut publications: Publications,
    made: &Made,
    word: Option<&Word>,
) -> Result<Vec<Report>, ImportError> {
    loop {
        let each = publications.each.clone();
        let refusal = match importer.run_all(each, made.clone(), publications.expect) {
            Err(ImportError::Refused(refusal)) => refusal,
            outcome => return outcome,
        };
        let given = word.filter(|word| word.digests.contains(&refusal.confirm_with));
        let refused = publications
            .each
            .iter_mut()
            .map(|(request, ..)| request)
            .find(|request| request.source.as_str() == refusal.source);
        match (given, refused) {
            (Some(word), Some(request)) if request.approval.is_none() => {
                request.approval = Some(Approval {
                    digest: refusal.confirm_with,
                    act: word.act.clone(),
                });
            }
            _ => return Err(ImportError::Refused(refusal)),
        }
    }
}

/// Tells whether nothing of an import can come back after a restart.
fn is_surely_undone(error: &ImportError) -> bool {
    !matches!(
        error,
        ImportError::Commit(CommitError::Database(_) | CommitError::Floor { .. })
            | ImportError::NotFoundAfterCommit(_)
    )
}

fn request_for(source: &BundleSource) -> Request {
    Request {
        source: source.id.clone(),
        tier: Some(source.tier),
        format: Format::Ndjson,
        category: Some(source.category),
        approval: None,
        retrieved_at: source.retrieved_at,
        origin: if source.bundled {
            Origin::Bundled
        } else {
            Origin::Imported
        },
        digest: PublicationDigest(source.publication.0),
    }
}

fn said_of(source: &BundleSource, manifest: &Manifest) -> Said {
    let same_rules = manifest.key_rules == address::RULES_VERSION;
    Said {
        read_as: ReadAs {
            format: source.format.clone(),
            category: source.category,
            rules: source.reading_rules,
        },
        published_on: source.published_on,
        licence: source.licence.clone(),
        incomplete: source.incomplete,
        entries: source.entries,
        rows: same_rules.then_some(GenerationDigest(source.rows_digest.0)),
    }
}

/// Compares the set that is now held with the origin's. It was held against
/// the manifest before the commit, unless nothing was to be committed.
fn is_as_origin(store: &Store, manifest: &Manifest) -> Option<bool> {
    let expected = expected(store, manifest)?;
    let found = store.head().set.digest();
    if found != expected {
        error!(%found, %expected, "the set is not that of the bundle's origin");
    }
    Some(found == expected)
}

/// Returns the digest that the set must have once a bundle is imported:
/// that of its origin, where nothing else is held here and the same rules
/// key the addresses. Otherwise the sets cannot be the same, and each
/// source's rows are held against the manifest alone.
fn expected(store: &Store, manifest: &Manifest) -> Option<GenerationDigest> {
    let same_rules = manifest.key_rules == address::RULES_VERSION;
    if manifest.kind != BundleKind::Generation || !same_rules {
        return None;
    }
    let held = store.generation(store.head().generation).ok()?;
    let named = |id: &SourceId| manifest.sources.iter().any(|source| source.id == *id);
    held.iter()
        .flat_map(|record| &record.publications)
        .all(|held| named(&held.source))
        .then_some(GenerationDigest(manifest.generation_digest.0))
}

fn failed(path: &Path) -> impl Fn(io::Error) -> FeedError {
    let path = path.to_owned();
    move |source| FeedError::Io {
        path: path.clone(),
        source,
    }
}
