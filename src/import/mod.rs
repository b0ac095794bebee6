//! Flow 2: a published file becomes the next generation, or nothing changes.
//!
//! [`Importer::run`] shows the whole order: read, key, compare with the
//! source's last publication, pass the gates, stage, extend the filter,
//! commit, verify, publish. Whatever fails before the commit leaves the live
//! generation as it was; the commit itself is one synced write.
//!
//! | file | decides |
//! |---|---|
//! | `read/` | what a published file says |
//! | `keying` | under which address keys an entry is stored |
//! | `delta` | what came, went and changed: where a delisting is decided |
//! | `gates` | which changes need a person's word |
//! | `pending`, `approve` | what waits for that word, and what follows from it |
//! | `by_hand`, `operator` | how single addresses come on and off the operator's own lists |
//! | `prepare` | all that comes before a generation is touched |
//! | `publish` | how changes become the live generation |
//! | `rollback` | how an earlier state comes back |
//! | `record` | what the audit log is told |
//! | `report` | what a person is told |
//! | `request` | what is asked of an import, and why it may refuse |
//! | `signed` | what a bundle says of what it carries, and what comes in no other way |
//! | `spool` | how uploads wait on disk, within limits |

pub mod read;

mod approve;
mod by_hand;
mod delta;
mod gates;
mod keying;
mod operator;
mod pending;
mod prepare;
mod publish;
mod record;
mod report;
mod request;
mod rollback;
mod signed;
mod spool;

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use parking_lot::Mutex;
use tracing::{info, instrument};

use crate::causes::in_one_line;
use crate::filter::FalsePositiveRate;
use crate::generation::{Generation, LiveGeneration};
use crate::list::{Cause, Made, PublicationDigest, SourceId};
use crate::store::{GenerationDigest, GenerationNumber, Store};

use prepare::Prepared;
use publish::{Changed, seed_of};
use read::{Beginning, Format, InputFile};

pub use approve::{ApproveError, Approved};
pub use by_hand::{Applied, OperatorChange, OperatorError, OperatorList, Particulars, What};
pub use delta::{Delta, between};
pub use gates::{Gate, Refusal};
pub use keying::{KeyedList, KeyedRecord, entry_place, key};
pub use pending::{HeldPublication, Matter, Pending, PendingError, PendingItem};
pub use record::{RecordError, Recording};
pub use report::{FaultCount, Report, RowNote};
pub use request::{Approval, ImportError, Request, Terms};
pub use rollback::RolledBack;
pub use signed::{Said, SignedOnly};
pub use spool::{Spool, SpoolError, SpoolLimits};

/// What one publication may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Entries.
    pub entries_max: usize,
    /// Bytes of one file.
    pub bytes_max: u64,
}

/// What the operator demands of imports.
#[derive(Debug, Clone)]
pub struct Demands {
    /// What is asked of the publications of sources by name.
    pub terms: BTreeMap<SourceId, Terms>,
    /// What may be imported from bundles only.
    pub signed_only: SignedOnly,
    /// Changes of the operator's own lists need a second person.
    pub second_person: bool,
    /// What one publication may be at most.
    pub bounds: Bounds,
}

/// Turns publications into generations, one at a time.
pub struct Importer {
    store: Arc<Store>,
    live: Arc<LiveGeneration>,
    rate: FalsePositiveRate,
    /// Replaced as a whole; each publication is held against one of them.
    demands: ArcSwap<Demands>,
    /// Where changes and refusals are told of; `None` while a data directory
    /// is made, which the first start makes up for.
    recording: Option<Recording>,
    /// Held while an import runs; a second one is told so at once.
    running: Mutex<()>,
}

impl Importer {
    /// Binds an importer to the store it writes and the generation it
    /// publishes.
    pub fn new(
        store: Arc<Store>,
        live: Arc<LiveGeneration>,
        rate: FalsePositiveRate,
        bounds: Bounds,
    ) -> Self {
        Self {
            store,
            live,
            rate,
            demands: ArcSwap::from_pointee(Demands {
                terms: BTreeMap::new(),
                signed_only: SignedOnly::default(),
                second_person: false,
                bounds,
            }),
            recording: None,
            running: Mutex::new(()),
        }
    }

    /// Sets what the operator asks of sources by name.
    pub fn with_terms(self, terms: impl IntoIterator<Item = (SourceId, Terms)>) -> Self {
        self.adopt(Demands {
            terms: terms.into_iter().collect(),
            ..self.demands()
        });
        self
    }

    /// Sets what may be imported from bundles only.
    pub fn with_signed_only(self, signed_only: SignedOnly) -> Self {
        self.adopt(Demands {
            signed_only,
            ..self.demands()
        });
        self
    }

    /// Holds every publication that is begun from now on against other
    /// demands. One under way is held against those it began with.
    pub fn adopt(&self, demands: Demands) {
        self.demands.store(Arc::new(demands));
    }

    fn demands(&self) -> Demands {
        Demands::clone(&self.demands.load())
    }

    /// Tells the audit log of every change and refusal.
    pub fn with_recording(mut self, recording: Recording) -> Self {
        self.recording = Some(recording);
        self
    }

    /// Lets no change of the operator's own lists go live before a second
    /// person has approved it.
    pub fn with_second_person(self, required: bool) -> Self {
        self.adopt(Demands {
            second_person: required,
            ..self.demands()
        });
        self
    }

    /// Imports one publication: all of it, or nothing.
    ///
    /// # Errors
    ///
    /// If a file is bad, a gate refuses, or anything cannot be read or
    /// written. The live generation is then the one before.
    #[instrument(name = "import", skip_all, fields(source = %request.source, format = %request.format))]
    pub fn run(&self, request: &Request, files: Vec<InputFile>) -> Result<Report, ImportError> {
        let made = Made {
            cause: Cause::Publication,
            act: request
                .approval
                .as_ref()
                .map(|approval| approval.act.clone()),
            overridden: Vec::new(),
        };
        let mut reports = self.run_all(vec![(request.clone(), files, None)], made, None)?;
        Ok(reports.pop().expect("one report for one publication"))
    }

    /// Imports publications of several sources as one generation: all of
    /// them, or nothing. Reports come in the order of the requests. What comes
    /// in a bundle must be what the bundle says of it; and where the digest
    /// of the set they make is known beforehand, it must be that.
    ///
    /// # Errors
    ///
    /// As [`Self::run`], for any of them.
    pub fn run_all(
        &self,
        publications: Vec<(Request, Vec<InputFile>, Option<Said>)>,
        made: Made,
        expect: Option<GenerationDigest>,
    ) -> Result<Vec<Report>, ImportError> {
        let asked: Vec<_> = publications
            .iter()
            .map(|(request, ..)| (request.source.clone(), request.digest))
            .collect();
        let act = made.act.clone();
        let outcome = self.make_generation(publications, made, expect);
        if let (Err(error), Some(recording)) = (&outcome, &self.recording) {
            for (source, digest) in asked {
                let why = (in_one_line(error), act.as_ref());
                recording.refused("Import", source.as_str(), Some(digest), why);
            }
        }
        outcome
    }

    fn make_generation(
        &self,
        publications: Vec<(Request, Vec<InputFile>, Option<Said>)>,
        made: Made,
        expect: Option<GenerationDigest>,
    ) -> Result<Vec<Report>, ImportError> {
        let _running = self.running.try_lock().ok_or(ImportError::Busy)?;
        // What an import that failed before left behind must not be compared
        // with, and what is not live must not be built on.
        self.store.settle()?;
        let now = Timestamp::now();
        let before = self.live_at_head()?;
        let before = before.as_deref();
        let mut next = Changed::after(before, made);
        next.expect = expect;
        let mut reports = Vec::new();
        let mut confirmed = Vec::new();
        for (request, files, said) in publications {
            let mut seen = next
                .sources
                .iter()
                .chain(confirmed.iter().map(|one: &Request| &one.source));
            if seen.any(|source| *source == request.source) {
                return Err(ImportError::SourceTwice(request.source));
            }
            match self.prepare(before, &request, files, said.as_ref(), now)? {
                Prepared::Unchanged(report) => {
                    reports.push(*report);
                    confirmed.push(request);
                }
                Prepared::Changed(change) => {
                    reports.push(change.report);
                    next.made.overridden.extend(change.overridden);
                    next.take(change.delta, change.publication);
                }
            }
        }
        let by_itself = matches!(next.made.cause, Cause::Publication | Cause::Bundle);
        if by_itself && next.made.overridden.is_empty() {
            // A word that nothing asked for is no part of the history.
            next.made.act = None;
        }
        if next.sources.is_empty() {
            let found = seed_of(before);
            if let Some(expected) = next.expect.filter(|expected| *expected != found) {
                return Err(ImportError::OtherSet { expected, found });
            }
            self.confirm_all(&confirmed)?;
            return Ok(reports);
        }
        let next = next.sorted();
        let changes = next.changes.clone();
        let generation = self.commit(before, next)?;
        for report in reports.iter_mut().filter(|report| report.changed) {
            report.finish(&generation.record, now);
        }
        self.publish(generation, &changes)?;
        self.confirm_all(&confirmed)?;
        Ok(reports)
    }

    /// Notes that the publication which is held was found unchanged at its
    /// publisher: how a source stays fresh that says "not modified".
    ///
    /// # Errors
    ///
    /// If another publication is held, or nothing can be written.
    pub fn confirm_held(
        &self,
        source: &SourceId,
        digest: PublicationDigest,
        at: Timestamp,
    ) -> Result<(), ImportError> {
        let _running = self.running.try_lock().ok_or(ImportError::Busy)?;
        if at > Timestamp::now() + jiff::SignedDuration::from_mins(5) {
            return Err(ImportError::RetrievedInFuture(at));
        }
        let live = self.live_at_head()?;
        let held = live.as_ref().and_then(|live| live.publication(source));
        if held.is_none_or(|held| held.digest != digest) {
            return Err(ImportError::NotHeld(source.clone()));
        }
        self.confirm(source, digest, at)
    }

    /// Tells the format of a publication from how its first file begins.
    ///
    /// # Errors
    ///
    /// If it cannot be told, or the file cannot be read.
    pub fn tell_format(&self, files: &[InputFile]) -> Result<Format, ImportError> {
        let files = read::unpack(files.to_vec(), &self.demands.load().read_limits())?;
        let Some(first) = files.first() else {
            return Err(ImportError::NoFile);
        };
        match read::detect_file(first)? {
            Beginning::Of(format) => Ok(format),
            Beginning::Unknown(begins) => Err(ImportError::Undetected {
                name: first.name.clone(),
                begins,
            }),
        }
    }

    /// Returns the live generation if it is the one committed last.
    ///
    /// The two part when a commit could not be completed or a sweep took the
    /// live generation away; only a start, which verifies, joins them again.
    fn live_at_head(&self) -> Result<Option<Arc<Generation>>, ImportError> {
        let committed = self.store.head_generation();
        let live = self.live.pin();
        let number = live
            .as_ref()
            .map_or(GenerationNumber::NONE, |live| live.number());
        if number == committed {
            Ok(live)
        } else {
            Err(ImportError::NotLive { committed })
        }
    }

    /// The same publications again: nothing changes but how fresh they are.
    fn confirm_all(&self, requests: &[Request]) -> Result<(), ImportError> {
        for request in requests {
            self.confirm(&request.source, request.digest, request.retrieved_at)?;
        }
        Ok(())
    }

    fn confirm(
        &self,
        source: &SourceId,
        digest: PublicationDigest,
        at: Timestamp,
    ) -> Result<(), ImportError> {
        if let Some(live) = self.live.pin()
            && let Some(held) = live.publication(source)
            && at > held.current_at()
        {
            self.store.confirm(source, digest, at)?;
            if let Some(recording) = &self.recording {
                recording.confirmed(source, digest, at);
            }
            self.live.publish(live.confirmed(source, at));
        }
        info!(%source, "the same publication again");
        Ok(())
    }

    /// Changes of the operator's own lists need a second person.
    fn second_person(&self) -> bool {
        self.demands.load().second_person
    }
}

impl Demands {
    fn terms_of(&self, source: &SourceId) -> Terms {
        self.terms.get(source).cloned().unwrap_or_default()
    }

    fn read_limits(&self) -> read::Limits {
        read::Limits {
            file_bytes_max: self.bounds.bytes_max,
            ..read::Limits::default()
        }
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod lifecycle_tests;
