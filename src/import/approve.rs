//! What follows from a person's word.

use thiserror::Error;
use tracing::warn;

use crate::list::{Act, PublicationDigest};

use super::by_hand::{Applied, OperatorChange, OperatorError};
use super::pending::{Matter, Pending, PendingError};
use super::read::{self, InputFile};
use super::request::{Approval, ImportError, Request};
use super::{Importer, Report};

/// What an approval made of what waited.
#[derive(Debug)]
pub enum Approved {
    /// The publication was imported.
    Imported(Box<Report>),
    /// The change was made.
    Changed(Applied),
}

/// Why a word had no effect. What waited still waits.
#[derive(Debug, Error)]
pub enum ApproveError {
    /// Nothing waits there, or it cannot be read.
    #[error(transparent)]
    Pending(#[from] PendingError),
    /// The same person asked for it.
    #[error("`{0}` asked for this change: a second person must approve it")]
    SamePerson(String),
    /// The publication could not be imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The change could not be made.
    #[error(transparent)]
    Change(#[from] OperatorError),
}

impl Importer {
    /// Imports one publication as [`Importer::run`] does; if a gate refuses
    /// it, it is kept so that a person can look at what it would take off,
    /// and approve it.
    ///
    /// # Errors
    ///
    /// As [`Importer::run`].
    pub fn run_or_keep(
        &self,
        request: &Request,
        files: Vec<InputFile>,
    ) -> Result<Report, ImportError> {
        let pending = Pending::of(self.store.data_dir());
        match self.run(request, files.clone()) {
            Ok(report) => {
                if report.changed
                    && let Err(error) = pending.settle(request.source.as_str())
                {
                    warn!(%error, "what waited for a word could not be removed");
                }
                Ok(report)
            }
            Err(ImportError::Refused(refusal)) if refusal.holds_secrets => {
                warn!(source = %request.source, "what was refused holds a private key, and is not kept");
                Err(ImportError::Refused(refusal))
            }
            Err(ImportError::Refused(mut refusal)) => {
                match pending.keep_publication(request, &refusal, &files) {
                    Ok(_) => refusal.kept = true,
                    Err(error) => warn!(%error, "what was refused could not be kept"),
                }
                Err(ImportError::Refused(refusal))
            }
            Err(error) => Err(error),
        }
    }

    /// Gives a person's word for what waits.
    ///
    /// # Errors
    ///
    /// If nothing waits there, the word is not that person's to give, or what
    /// waited cannot be made. A publication that would now change another set
    /// waits anew, under another id.
    pub fn approve(&self, id: &str, act: Act) -> Result<Approved, ApproveError> {
        if let Some(recording) = &self.recording {
            recording.word_given(id, true, &act);
        }
        let pending = Pending::of(self.store.data_dir());
        match pending.get(id)?.matter {
            Matter::Publication(held) => {
                let files = pending.files(id, &held)?;
                if digest_of(&files)? != held.request.digest {
                    return Err(PendingError::Altered(id.to_owned()).into());
                }
                let request = Request {
                    approval: Some(Approval {
                        digest: id.to_owned(),
                        act,
                    }),
                    ..held.request
                };
                let report = self.run_or_keep(&request, files)?;
                Ok(Approved::Imported(Box::new(report)))
            }
            Matter::Change(change) => {
                if same_person(&change.act.author, &act.author) {
                    return Err(ApproveError::SamePerson(act.author));
                }
                let applied = self.change(&OperatorChange {
                    act: Act {
                        approver: Some(act.author),
                        ..change.act
                    },
                    ..change
                })?;
                if let Err(error) = pending.remove(id) {
                    warn!(%error, "the change is live, and still waits as well: reject it");
                }
                Ok(Approved::Changed(applied))
            }
        }
    }

    /// Refuses a person's word for what waits: it is forgotten.
    ///
    /// # Errors
    ///
    /// If nothing waits there, or it cannot be removed.
    pub fn reject(&self, id: &str, act: &Act) -> Result<(), PendingError> {
        Pending::of(self.store.data_dir()).remove(id)?;
        if let Some(recording) = &self.recording {
            recording.word_given(id, false, act);
        }
        Ok(())
    }
}

/// What lay on disk may have been damaged, or changed.
fn digest_of(files: &[InputFile]) -> Result<PublicationDigest, ImportError> {
    let mut described = Vec::new();
    for file in files {
        let failed = |source| read::ReadError::Io {
            file: file.name.as_str().into(),
            line: 1,
            source,
        };
        let mut hasher = blake3::Hasher::new();
        let mut content = file.open().map_err(failed)?;
        let bytes = std::io::copy(&mut content, &mut hasher).map_err(failed)?;
        described.push((bytes, hasher.finalize()));
    }
    Ok(PublicationDigest::of_files(described.into_iter()))
}

/// Names are compared as people write them.
fn same_person(one: &str, other: &str) -> bool {
    let plain = |name: &str| name.trim().to_lowercase();
    plain(one) == plain(other)
}
