//! Takes what the workers made, in order: counts it, writes it, and makes it
//! safe every few seconds.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, BufWriter, Seek as _, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::Failure;
use super::bar::Bar;
use super::basis::Basis;
use super::input::unreadable;
use super::pipeline::{Fault, Part};
use super::saved::{Beside, Extent, Identity, Saved, sync_folder, unwritable};
use super::tally::{HITS_MAX, Hit, Tally};
use super::text::{Lines, Written};

/// Where rows go, in one format.
pub(super) trait Writer {
    /// What a worker makes of some rows.
    type Out;

    /// Writes some rows; `before` is how many of the input came before them.
    fn write(&mut self, out: Self::Out, before: u64) -> Result<(), Failure>;

    /// Makes everything written so far survive, and says how far that is.
    fn make_safe(&mut self) -> Result<Extent, Failure>;

    /// Puts OUT in place. Only called once everything is safe.
    fn put_in_place(self) -> Result<(), Failure>;
}

/// One run on its way.
pub(super) struct Recorder<W> {
    writer: Option<W>,
    beside: Option<Beside>,
    saved: Saved,
    hits: Hits,
    every: Duration,
    last: Instant,
    bar: Bar,
}

/// What a run has come to.
pub(super) struct Concluded {
    pub(super) saved: Saved,
    pub(super) hits: Vec<Hit>,
}

impl<W: Writer> Recorder<W> {
    /// Begins a run, or goes on with one. Without a writer only totals are
    /// kept, and nothing can go on.
    pub(super) fn begin(
        writer: Option<(W, Beside)>,
        saved: Saved,
        wants_hits: bool,
        every: Duration,
        bar: Bar,
    ) -> Result<Self, Failure> {
        let (writer, beside) = writer.unzip();
        let hits = Hits::open(beside.as_ref(), &saved, wants_hits)?;
        let mut recorder = Self {
            writer,
            beside,
            saved,
            hits,
            every,
            last: Instant::now(),
            bar,
        };
        recorder.make_safe()?;
        Ok(recorder)
    }

    /// Takes the next part.
    pub(super) fn take(&mut self, part: Result<Part<W::Out>, Fault>) -> Result<(), Failure> {
        let before = self.saved.tally.rows;
        let part = part.map_err(|fault| match fault {
            Fault::Failure(failure) => failure,
            Fault::Row { row, words } => Failure::Refused(format!(
                "row {}: {words}; nothing behind it was screened",
                before + row
            )),
        })?;
        if let Some(writer) = &mut self.writer {
            writer.write(part.out, before)?;
        }
        self.hits.keep(part.hits, before)?;
        self.saved.tally.append(&part.tally);
        self.saved.file = part.file;
        self.saved.offset = part.offset;
        self.bar.show(self.saved.tally.rows);
        if self.last.elapsed() >= self.every {
            self.make_safe()?;
            self.last = Instant::now();
        }
        Ok(())
    }

    /// Makes what was taken so far safe, for the run to go on behind it.
    pub(super) fn make_safe(&mut self) -> Result<(), Failure> {
        let (Some(writer), Some(beside)) = (&mut self.writer, &self.beside) else {
            return Ok(());
        };
        self.saved.written = writer.make_safe()?;
        self.hits.make_safe(&mut self.saved)?;
        beside.save(&self.saved)
    }

    /// Ends a run that has screened every row.
    pub(super) fn finish(mut self) -> Result<Concluded, Failure> {
        self.saved.finished = true;
        self.make_safe()?;
        if let Some(writer) = self.writer.take() {
            writer.put_in_place()?;
        }
        self.bar.end();
        Ok(Concluded {
            hits: self.hits.kept,
            saved: self.saved,
        })
    }
}

impl<W> Recorder<W> {
    /// What a run has come to that was ended behind its rename.
    pub(super) fn concluded(
        beside: &Beside,
        saved: Saved,
        wants_hits: bool,
    ) -> Result<Concluded, Failure> {
        let hits = Hits::open(Some(beside), &saved, wants_hits)?.kept;
        Ok(Concluded { saved, hits })
    }
}

impl Saved {
    /// A run that has not begun.
    pub(super) fn new(identity: Identity, basis: Basis) -> Self {
        Self {
            identity,
            basis,
            begun_at: format!("{:.0}", jiff::Timestamp::now()),
            file: 0,
            offset: 0,
            written: Extent::default(),
            hits: 0,
            hits_bytes: 0,
            tally: Tally::default(),
            finished: false,
        }
    }
}

/// The evidence of the first hits: in memory, and in a file of its own where
/// the run may have to go on.
struct Hits {
    kept: Vec<Hit>,
    wanted: bool,
    file: Option<BufWriter<File>>,
    path: std::path::PathBuf,
    bytes: u64,
}

impl Hits {
    fn open(beside: Option<&Beside>, saved: &Saved, wanted: bool) -> Result<Self, Failure> {
        let mut hits = Self {
            kept: Vec::new(),
            wanted,
            file: None,
            path: beside.map(Beside::hits).unwrap_or_default(),
            bytes: saved.hits_bytes,
        };
        if !wanted || beside.is_none() {
            return Ok(hits);
        }
        let failed = |error| unwritable(&hits.path, error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&hits.path)
            .map_err(failed)?;
        file.set_len(saved.hits_bytes).map_err(failed)?;
        for line in BufReader::new(&file).lines() {
            let line = line.map_err(failed)?;
            hits.kept.push(serde_json::from_str(&line).map_err(|error| {
                Failure::other(
                    format!("{} is damaged: give --restart", hits.path.display()),
                    error,
                )
            })?);
        }
        if hits.kept.len() != saved.hits {
            return Err(Failure::Refused(format!(
                "{} lacks hits that were kept: give --restart",
                hits.path.display()
            )));
        }
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        hits.file = Some(BufWriter::new(file));
        Ok(hits)
    }

    fn keep(&mut self, more: Vec<Hit>, before: u64) -> Result<(), Failure> {
        let room = HITS_MAX.saturating_sub(self.kept.len());
        if !self.wanted {
            return Ok(());
        }
        for mut hit in more.into_iter().take(room) {
            hit.row += before;
            if let Some(file) = &mut self.file {
                let mut line = serde_json::to_vec(&hit)
                    .map_err(|error| Failure::other("cannot keep a hit", error))?;
                line.push(b'\n');
                file.write_all(&line)
                    .map_err(|error| unwritable(&self.path, error))?;
                self.bytes += line.len() as u64;
            }
            self.kept.push(hit);
        }
        Ok(())
    }

    fn make_safe(&mut self, saved: &mut Saved) -> Result<(), Failure> {
        saved.hits = self.kept.len();
        saved.hits_bytes = self.bytes;
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        file.flush()
            .and_then(|()| file.get_ref().sync_data())
            .map_err(|error| unwritable(&self.path, error))
    }
}

/// Rows in lines, in one file.
pub(super) struct LineWriter<L> {
    lines: Arc<L>,
    beside: Beside,
    file: BufWriter<File>,
    bytes: u64,
    numbered: Vec<u8>,
}

impl<L: Lines> LineWriter<L> {
    /// Begins the file with a header, or goes on behind what is safe.
    pub(super) fn open(
        lines: Arc<L>,
        beside: &Beside,
        header: &[u8],
        resumed: Option<&Saved>,
    ) -> Result<Self, Failure> {
        let path = beside.partial();
        let file = own(&path)?;
        let failed = |error| unwritable(&path, error);
        let bytes = resumed.map_or(0, |saved| saved.written.bytes);
        if file.metadata().map_err(failed)?.len() < bytes {
            return Err(beside.cannot_go_on("rows that were written are gone"));
        }
        file.set_len(bytes).map_err(failed)?;
        let mut file = BufWriter::with_capacity(256 << 10, file);
        file.seek(SeekFrom::Start(bytes)).map_err(failed)?;
        let mut writer = Self {
            lines,
            beside: beside.clone(),
            file,
            bytes,
            numbered: Vec::new(),
        };
        if resumed.is_none() {
            writer.append(header)?;
        }
        Ok(writer)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.bytes += bytes.len() as u64;
        self.file
            .write_all(bytes)
            .map_err(|error| unwritable(&self.beside.partial(), error))
    }
}

impl<L: Lines> Writer for LineWriter<L> {
    type Out = Written;

    fn write(&mut self, out: Written, before: u64) -> Result<(), Failure> {
        if out.unnumbered.is_empty() {
            return self.append(&out.bytes);
        }
        let mut numbered = std::mem::take(&mut self.numbered);
        numbered.clear();
        out.numbered(&*self.lines, before, &mut numbered);
        self.append(&numbered)?;
        self.numbered = numbered;
        Ok(())
    }

    fn make_safe(&mut self) -> Result<Extent, Failure> {
        self.file
            .flush()
            .and_then(|()| self.file.get_ref().sync_data())
            .map_err(|error| unwritable(&self.beside.partial(), error))?;
        Ok(Extent {
            bytes: self.bytes,
            parts: 0,
        })
    }

    fn put_in_place(self) -> Result<(), Failure> {
        put_in_place(&self.beside.partial(), &self.beside.out)
    }
}

/// Opens a file that no other run may be writing.
pub(super) fn own(path: &Path) -> Result<File, Failure> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|error| unwritable(path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(Failure::Refused(format!(
            "another run is writing {}: wait for it, or name another OUT",
            path.display()
        ))),
        Err(fs::TryLockError::Error(error)) => Err(unreadable(path, error)),
    }
}

pub(super) fn put_in_place(from: &Path, out: &Path) -> Result<(), Failure> {
    fs::rename(from, out)
        .and_then(|()| sync_folder(out))
        .map_err(|error| unwritable(out, error))
}
