//! The thread that hashes what was written, signs the tree, and begins new
//! segments.
//!
//! It follows what is on the disk: a record is hashed, from the memory that
//! was written from, once it is durable, and so never signed before.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use tracing::{info, warn};

use super::super::checkpoint::Checkpoint;
use super::super::folder::{CHECKPOINT, Folder};
use super::super::merkle::{Frontier, Hash, leaf_hash};
use super::super::record::{Checkpointed, record::Event};
use super::super::segment::frame::{self, FrameFault};
use super::super::segment::header::{Header, header_hash};
use super::super::segment::{Kind, footer::BLOCK_BYTES};
use super::own::{self, now_ns};
use super::queue::{AppendError, Who};
use super::shared::Shared;

/// How often it looks.
const TICK: Duration = Duration::from_millis(25);
/// The tree is signed within the log at least so often while records come.
const LOGGED_EVERY: Duration = Duration::from_secs(60);
/// After a failure of the disk, it is tried again so much later.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// A signature within the log stands at most so many records behind what it
/// signs; checking it takes the memory of so many hashes.
pub(in super::super) const BEHIND_MAX: u64 = 1 << 19;

/// What the thread keeps.
#[derive(Debug)]
pub(super) struct Tree {
    shared: Arc<Shared>,
    /// Over what was hashed.
    tree: Frontier,
    /// The segment that is hashed.
    file: Arc<File>,
    /// Where in it the next record to hash begins.
    offset: u64,
    /// When it was made, and the hash of its header.
    created_ns: i64,
    header: Hash,
    /// When this process began to write to it.
    began: Instant,
    /// Frames that are being hashed, and how far.
    frames: Vec<u8>,
    at: usize,
    /// Size of the tree at the newest signature within the log, and the
    /// records behind it that are such signatures.
    logged: u64,
    own_records: u64,
    logged_at: Instant,
    signed_at: Instant,
    /// Not to be tried before.
    again_at: Instant,
    sealer: Sender<()>,
}

/// Where the thread begins.
#[derive(Debug)]
pub(super) struct Begin {
    pub(super) tree: Frontier,
    pub(super) file: Arc<File>,
    pub(super) offset: u64,
    pub(super) created_ns: i64,
    pub(super) header: Hash,
    /// Size of the tree at the newest signature within the log.
    pub(super) logged: u64,
}

impl Tree {
    pub(super) fn new(shared: Arc<Shared>, begin: Begin, sealer: Sender<()>) -> Self {
        let now = Instant::now();
        Self {
            shared,
            tree: begin.tree,
            file: begin.file,
            offset: begin.offset,
            created_ns: begin.created_ns,
            header: begin.header,
            began: now,
            frames: Vec::new(),
            at: 0,
            logged: begin.logged,
            own_records: 0,
            logged_at: now,
            signed_at: now,
            again_at: now,
            sealer,
        }
    }

    /// Follows the log until it is told to end, and signs all there is then.
    pub(super) fn run(mut self, end: &Receiver<()>) {
        while let Err(RecvTimeoutError::Timeout) = end.recv_timeout(TICK) {
            if Instant::now() < self.again_at {
                continue;
            }
            if let Err(error) = self.turn() {
                self.again_at = Instant::now() + AGAIN_AFTER;
                warn!(%error, "the audit log could not be signed or continued; it is tried again");
            }
            if self.shared.has_failed() {
                return;
            }
        }
        if self.shared.has_failed() {
            return;
        }
        if let Err(error) = self.finish() {
            warn!(%error, "the end of the audit log could not be signed");
        }
    }

    fn turn(&mut self) -> io::Result<()> {
        let durable = self.shared.synced();
        let mut notes = Vec::new();
        while self.logged + self.shared.settings.checkpoint_records <= durable {
            self.hash_to(self.logged + self.shared.settings.checkpoint_records)?;
            notes.push(self.note_within());
        }
        self.hash_to(durable)?;
        if self.holds_others() && self.logged_at.elapsed() >= LOGGED_EVERY {
            notes.push(self.note_within());
        }
        let due = self.signed_at.elapsed() >= self.shared.settings.checkpoint_every;
        if self.holds_unsigned() && (due || !notes.is_empty()) {
            self.sign()?;
        }
        self.log_notes(notes);
        if self.is_full() {
            self.rotate()?;
        }
        Ok(())
    }

    /// Tells whether anything but signatures stands behind the newest
    /// signature within the log.
    fn holds_others(&self) -> bool {
        self.tree.size() - self.logged > self.own_records
    }

    fn holds_unsigned(&self) -> bool {
        self.tree.size() > self.shared.signed.load(Ordering::Acquire)
    }

    /// Signs the tree for a record of it.
    fn note_within(&mut self) -> (u64, String) {
        self.logged = self.tree.size();
        self.logged_at = Instant::now();
        self.own_records = 0;
        (self.logged, self.note())
    }

    /// Puts signatures into the log. The one beside it is on the disk by now
    /// and as new, so it is never older than one within. If one finds no
    /// place, the next one says as much.
    fn log_notes(&mut self, notes: Vec<(u64, String)>) {
        for (size, note) in notes {
            let behind = self.shared.queue.lock().next().saturating_sub(size);
            if behind > BEHIND_MAX / 2 {
                continue;
            }
            let record = own::record(&self.shared, Event::Checkpointed(Checkpointed { note }));
            match self.shared.append(Who::Log, [&record[..]]) {
                Ok(_) => self.own_records += 1,
                Err(error) => warn!(%error, "a signature of the audit log has no place in it"),
            }
        }
    }

    fn note(&self) -> String {
        let signer = &self.shared.signer;
        let checkpoint = Checkpoint::of(signer.verifier().name(), &self.tree);
        checkpoint.sign(signer).to_string()
    }

    /// Signs the tree beside the log.
    fn sign(&mut self) -> io::Result<()> {
        let note = self.note();
        self.shared.folder.replace(CHECKPOINT, note.as_bytes())?;
        self.signed_at = Instant::now();
        self.shared
            .signed
            .store(self.tree.size(), Ordering::Release);
        Ok(())
    }

    /// Hashes records until the tree has a size. All of them are on the disk.
    fn hash_to(&mut self, size: u64) -> io::Result<()> {
        while self.tree.size() < size {
            match frame::read(&self.frames[self.at..], self.tree.size()) {
                Ok(frame) => {
                    let length = frame::OVERHEAD + frame.record.len();
                    self.tree.push(leaf_hash(frame.record));
                    self.at += length;
                    self.offset += length as u64;
                }
                // What follows was not kept in memory: it was too much.
                Err(FrameFault::Number { found }) if found > self.tree.size() => {
                    self.read_back(found.min(size))?;
                }
                Err(FrameFault::Number { .. }) => self.skip(),
                Err(_) => {
                    let spent = std::mem::take(&mut self.frames);
                    self.at = 0;
                    match self.shared.next_frames(spent) {
                        Some(frames) => self.frames = frames,
                        None => self.read_back(size)?,
                    }
                }
            }
        }
        Ok(())
    }

    /// Passes over a frame that was read back before it was handed over.
    fn skip(&mut self) {
        if let Ok(frame) = frame::read_any(&self.frames[self.at..]) {
            self.at += frame::OVERHEAD + frame.record.len();
        }
    }

    /// Hashes records as the file has them.
    fn read_back(&mut self, size: u64) -> io::Result<()> {
        let mut buffer = Vec::new();
        let mut at = 0;
        while self.tree.size() < size {
            match frame::read(&buffer[at..], self.tree.size()) {
                Ok(frame) => {
                    let length = frame::OVERHEAD + frame.record.len();
                    self.tree.push(leaf_hash(frame.record));
                    at += length;
                    self.offset += length as u64;
                }
                Err(FrameFault::Cut { .. }) => {
                    let kept = buffer.len() - at;
                    buffer.drain(..at);
                    at = 0;
                    buffer.resize(kept + BLOCK_BYTES, 0);
                    let from = self.offset + kept as u64;
                    let got = self.file.read_at(&mut buffer[kept..], from)?;
                    if got == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    buffer.truncate(kept + got);
                }
                Err(fault) => return Err(io::Error::other(fault)),
            }
        }
        Ok(())
    }

    /// Tells whether a new segment is due.
    fn is_full(&self) -> bool {
        let bytes = self.shared.writer.lock().bytes();
        let settings = &self.shared.settings;
        let age = Duration::from_nanos(
            u64::try_from(now_ns().saturating_sub(self.created_ns)).unwrap_or(0),
        );
        // A wall clock that jumps does not make a segment old at once.
        let old = age >= settings.segment_age_max
            && self.began.elapsed() >= settings.segment_age_max.min(LOGGED_EVERY);
        let holds = self.tree.size() > self.first();
        holds && (bytes >= settings.segment_bytes_max || old)
    }

    /// Returns the number of the segment's first record.
    fn first(&self) -> u64 {
        self.shared.first.load(Ordering::Acquire)
    }

    /// Closes the segment and begins the next. Nobody writes meanwhile: the
    /// next begins with the signature over all that came before.
    fn rotate(&mut self) -> io::Result<()> {
        // Most of what must be on the disk gets there while others write.
        self.shared.sync().map_err(io::Error::other)?;
        let shared = self.shared.clone();
        let mut writer = shared.writer.lock();
        shared.write_queued(&mut writer);
        let next = self.close_segment().and_then(|()| self.next_segment());
        if let Ok((file, bytes)) = &next {
            writer.switch(file.clone(), *bytes);
            *shared.active.lock() = file.clone();
            self.file = file.clone();
            self.offset = *bytes;
            self.began = Instant::now();
            shared.first.store(self.tree.size(), Ordering::Release);
            info!(first = self.tree.size(), "a new segment of the audit log");
        }
        drop(writer);
        shared.tell();
        // A sealer that has ended is ended by the close that is under way.
        let _ = self.sealer.send(());
        next.map(|_| ())
    }

    fn close_segment(&mut self) -> io::Result<()> {
        self.shared.sync().map_err(io::Error::other)?;
        self.hash_to(self.shared.synced())?;
        self.sign()
    }

    fn next_segment(&mut self) -> io::Result<(Arc<File>, u64)> {
        let header = Header {
            created_ns: now_ns(),
            previous: self.header,
            tree: self.tree.clone(),
            note: self.note(),
        };
        let (file, bytes) = begin_segment(&self.shared.folder, &header)?;
        self.created_ns = header.created_ns;
        self.header = header_hash(&bytes);
        Ok((Arc::new(file), bytes.len() as u64))
    }

    /// Signs all there is, within the log and beside it.
    fn finish(&mut self) -> io::Result<()> {
        let all = |shared: &Shared| -> Result<(), AppendError> {
            shared.write();
            shared.sync()
        };
        all(&self.shared).map_err(io::Error::other)?;
        self.turn()?;
        if self.holds_others() {
            let note = self.note_within();
            self.sign()?;
            self.log_notes(vec![note]);
        }
        all(&self.shared).map_err(io::Error::other)?;
        self.hash_to(self.shared.synced())?;
        if self.holds_unsigned() {
            self.sign()?;
        }
        Ok(())
    }
}

/// Makes the file of a segment that holds nothing yet, whole or not at all,
/// and returns it with its header.
pub(super) fn begin_segment(folder: &Folder, header: &Header) -> io::Result<(File, Vec<u8>)> {
    let path = folder.segment(header.first(), Kind::Open);
    let partial = path.with_extension("new");
    let bytes = header.encode();
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o640)
        .open(&partial)?;
    file.set_len(0)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    std::fs::rename(&partial, &path)?;
    if let Err(error) = folder.sync() {
        // Nobody writes to it: the segment before it goes on.
        std::fs::remove_file(&path)?;
        return Err(error);
    }
    Ok((file, bytes))
}
