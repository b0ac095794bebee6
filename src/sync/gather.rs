//! One source, from the question to the kept raw files.
//!
//! A publication may have several files, and the publisher may have changed
//! some of them: those are fetched, and the others taken from what is kept.
//! All of it becomes one folder of raw files, or none.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::spawn_blocking;

use super::archive::{Archive, Kept, RawFile, Taken, asked_digest};
use super::disk;
use super::error::SyncError;
use super::feed::{Feed, Place, Web, file_name};
use super::fetch::{
    FetchError, Fetched, FetchedFile, Fetcher, ShownUrl, TransferLimits, Validators, Wanted,
};
use super::hashes;
use super::path;
use super::progress::{Bytes, Teller};
use crate::import::read::Format;

/// What a source has now.
pub(super) struct Gathered {
    /// The raw files.
    pub(super) kept: Kept,
    /// They are not those that were kept before.
    pub(super) is_new: bool,
    /// When they were known to be the publisher's.
    pub(super) current_at: Timestamp,
    /// Bytes that came over the line.
    pub(super) bytes: u64,
}

/// Gathers one source.
pub(super) struct Gathering<'a> {
    pub(super) feed: &'a Feed,
    pub(super) archive: &'a Archive,
    /// Where downloads are on their way.
    pub(super) parts: PathBuf,
    /// Bytes of one file at most.
    pub(super) bytes_max: u64,
    pub(super) teller: &'a Teller,
}

type Files = Vec<(RawFile, Taken)>;

impl Gathering<'_> {
    /// Returns what the source has now, kept.
    pub(super) async fn run(&self) -> Result<Gathered, SyncError> {
        // Before the first question: better too old than too fresh.
        let asked_at = Timestamp::now();
        let (archive, source) = (self.archive.clone(), self.feed.source.clone());
        let held = spawn_blocking(move || archive.newest(&source))
            .await
            .map_err(|_| SyncError::Stopped)?;
        let (files, current_at) = match &self.feed.place {
            Place::Web(web) => (self.fetch_all(web, held.as_ref()).await?, asked_at),
            Place::Disk(paths) => self.copy_all(paths, held.as_ref(), asked_at).await?,
        };
        let came = files.iter().filter(|(_, taken)| is_new(taken));
        let bytes = came.map(|(file, _)| file.bytes).sum();
        let (archive, source) = (self.archive.clone(), self.feed.source.clone());
        let (kept, is_new) = spawn_blocking(move || match held {
            Some(held) if is_same(&held, &files) => {
                note_editions(&archive, held, files).map(|kept| (kept, false))
            }
            _ => archive
                .keep(&source, asked_at, files)
                .map(|kept| (kept, true)),
        })
        .await
        .map_err(|_| SyncError::Stopped)??;
        Ok(Gathered {
            kept,
            is_new,
            current_at,
            bytes,
        })
    }

    async fn fetch_all(&self, web: &Web, held: Option<&Kept>) -> Result<Files, SyncError> {
        let fetcher = Fetcher::new(web.ca_file.as_deref(), web.limits.connect_timeout)?;
        let limits = TransferLimits {
            bytes_max: self.bytes_max,
            ..web.limits
        };
        let mut files = Files::new();
        for (index, url) in web.urls.iter().enumerate() {
            let asked = url.as_str();
            let held = held.and_then(|kept| Some((kept, kept.asked_as(asked)?)));
            let bytes = Bytes::of(self.teller, &self.feed.source, file_name(url));
            let wanted = Wanted {
                url,
                rules: &web.rules,
                user_agent: &web.user_agent,
                limits: &limits,
                held: held.map(|(_, file)| &file.validators),
                has_hash: web.hash_url.is_some(),
                // A notice is a page, saved or pasted.
                may_be_page: self.feed.format == Some(Format::Notice),
            };
            let told = |have, all| bytes.are(have, all);
            match (fetcher.fetch(wanted, &self.part(index), &told).await?, held) {
                (Fetched::File(file), _) => {
                    let raw = raw_file(asked, file_name(url), url.into(), &file);
                    files.push((raw, Taken::Moved(file.path)));
                }
                (Fetched::NotModified, Some((kept, file))) => {
                    files.push((file.clone(), Taken::Shared(kept.path(file))));
                }
                // An answer to a question that was not asked.
                (Fetched::NotModified, None) => {
                    return Err(FetchError::Status {
                        url: url.into(),
                        status: 304,
                    }
                    .into());
                }
            }
        }
        self.check_hashes(web, &fetcher, &limits, &files).await?;
        Ok(files)
    }

    /// Holds what came against the publisher's hashes. What was kept before
    /// was held against them when it came.
    async fn check_hashes(
        &self,
        web: &Web,
        fetcher: &Fetcher,
        limits: &TransferLimits,
        files: &Files,
    ) -> Result<(), SyncError> {
        let came: Vec<_> = files.iter().filter(|(_, taken)| is_new(taken)).collect();
        let (Some(url), false) = (&web.hash_url, came.is_empty()) else {
            return Ok(());
        };
        let wanted = Wanted {
            url,
            rules: &web.rules,
            user_agent: &web.user_agent,
            limits: &TransferLimits {
                bytes_max: hashes::HASH_FILE_BYTES_MAX,
                ..*limits
            },
            held: None,
            // Cut short it lacks a hash or has one cut short, and then
            // nothing is taken.
            has_hash: true,
            may_be_page: true,
        };
        let part = self.parts.join(format!("{}-hash.part", self.feed.source));
        let checked = match fetcher.fetch(wanted, &part, &|_, _| ()).await? {
            Fetched::File(file) => {
                let text = std::fs::read_to_string(&file.path).map_err(|_| SyncError::HashFile);
                let text = text?;
                came.iter().try_for_each(|(file, _)| {
                    hashes::check(&text, published_name(file), &file.sha256)
                        .map_err(|fault| SyncError::Fetch(fault.into()))
                })
            }
            Fetched::NotModified => Err(SyncError::HashFile),
        };
        // Neither may be gone on from: they may be of two editions.
        let _ = disk::remove(&part);
        if checked.is_err() {
            for (_, taken) in came {
                let _ = disk::remove(taken.path());
            }
        }
        checked
    }

    async fn copy_all(
        &self,
        paths: &[PathBuf],
        held: Option<&Kept>,
        asked_at: Timestamp,
    ) -> Result<(Files, Timestamp), SyncError> {
        let mut files = Files::new();
        let mut current_at = asked_at;
        for (index, place) in paths.iter().enumerate() {
            let found = path::look(place)?;
            current_at = current_at.min(found.modified_at);
            let asked = place.to_string_lossy();
            let before = held.and_then(|kept| Some((kept, kept.asked_as(&asked)?)));
            let unchanged = before.filter(|(_, file)| {
                (file.bytes, file.modified_at) == (found.bytes, Some(found.modified_at))
            });
            if let Some((kept, file)) = unchanged {
                files.push((file.clone(), Taken::Shared(kept.path(file))));
                continue;
            }
            let name = place.file_name().unwrap_or_default().to_string_lossy();
            let mut raw = RawFile {
                name: name.clone().into_owned(),
                from: asked.clone().into_owned(),
                final_url: None,
                status: None,
                validators: Validators::default(),
                modified_at: Some(found.modified_at),
                bytes: 0,
                blake3: String::new(),
                sha256: String::new(),
                asked: asked_digest(&asked),
            };
            let told = Arc::new(Bytes::of(self.teller, &self.feed.source, &name));
            let (target, bytes_max) = (self.part(index), self.bytes_max);
            let copying = move || {
                let digests = path::copy(&found, &target, bytes_max, &|have, all| {
                    told.are(have, all);
                });
                digests.map(|digests| (found.bytes, digests))
            };
            let (bytes, digests) = spawn_blocking(copying)
                .await
                .map_err(|_| SyncError::Stopped)??;
            raw = raw.measured(bytes, &digests);
            files.push((raw, Taken::Moved(self.part(index))));
        }
        Ok((files, current_at))
    }

    fn part(&self, index: usize) -> PathBuf {
        self.parts
            .join(format!("{}-{index}.part", self.feed.source))
    }
}

fn raw_file(asked: &str, name: &str, from: ShownUrl, file: &FetchedFile) -> RawFile {
    RawFile {
        name: name.to_owned(),
        from: from.to_string(),
        final_url: Some(file.final_url.to_string()),
        status: Some(file.status),
        validators: file.validators.clone(),
        modified_at: None,
        bytes: 0,
        blake3: String::new(),
        sha256: String::new(),
        asked: asked_digest(asked),
    }
    .measured(file.bytes, &file.digests)
}

/// The name by which a publisher's hash file knows a file.
fn published_name(file: &RawFile) -> &str {
    file.from.rsplit('/').next().unwrap_or(&file.name)
}

fn is_new(taken: &Taken) -> bool {
    matches!(taken, Taken::Moved(_))
}

/// The same bytes, whatever tags and dates say.
fn is_same(held: &Kept, files: &Files) -> bool {
    let content = |file: &RawFile| (file.asked.clone(), file.bytes, file.blake3.clone());
    let ours = held.files.iter().map(content);
    ours.eq(files.iter().map(|(file, _)| content(file)))
}

/// The publisher may give the same bytes a new tag; the next question should
/// name that one.
fn note_editions(
    archive: &Archive,
    mut held: Kept,
    files: Files,
) -> Result<Kept, super::ArchiveError> {
    let mut noted = held.files.clone();
    for (ours, (file, taken)) in noted.iter_mut().zip(&files) {
        ours.validators = file.validators.clone();
        ours.modified_at = file.modified_at;
        if is_new(taken) {
            let _ = disk::remove(taken.path());
        }
    }
    if noted != held.files {
        archive.note_editions(&held, noted.clone())?;
        held.files = noted;
    }
    Ok(held)
}
