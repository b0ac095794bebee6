//! Screening a chunk of lines, whatever a row looks like in them.

use super::super::Failure;
use super::answer::{Answer, Judge, Question};
use super::input::Chunk;
use super::pipeline::{Fault, Part};
use super::tally::{HITS_MAX, Hit, Tally};

/// Which rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    All,
    Hits,
    Changed,
    Nothing,
}

impl Kept {
    pub(super) fn keeps(self, answer: &Answer) -> bool {
        match self {
            Self::All => true,
            Self::Nothing => false,
            Self::Hits => answer.is_hit(),
            Self::Changed => !matches!(answer, Answer::Unchanged),
        }
    }

    /// Rows are left out, so that each needs its number.
    pub(super) fn numbers_rows(self) -> bool {
        matches!(self, Self::Hits | Self::Changed)
    }
}

/// One row in a chunk.
pub(super) struct Row<'c> {
    pub(super) place: Place,
    /// `None`: nothing is asked here, and it is no row.
    pub(super) question: Option<Question<'c>>,
}

/// Where a row stands in its chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) start: usize,
    /// Where its text ends.
    pub(super) end: usize,
    /// Where the next begins.
    pub(super) next: usize,
    /// Values that it lacks.
    pub(super) missing: usize,
}

/// How rows are written in lines.
pub(super) trait Lines: Send + Sync {
    /// Reads the row that begins at `at`; there is one. `careful` is set when
    /// the chunk has quotes in it.
    ///
    /// An error says what is wrong with the row, and never what is in it.
    fn read<'c>(&self, bytes: &'c [u8], at: usize, careful: bool) -> Result<Row<'c>, String>;

    /// Appends a row with its answer, up to where its number could follow.
    fn write(&self, bytes: &[u8], place: Place, answer: &Answer, out: &mut Vec<u8>);

    /// Ends a row, with its number if there is one.
    fn close(&self, number: Option<u64>, line_end: &[u8], out: &mut Vec<u8>);
}

/// What a chunk became.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) bytes: Vec<u8>,
    /// Rows that still need their number: which of the chunk, and where their
    /// text ends. Only the one who sees all chunks in order knows it.
    pub(super) unnumbered: Vec<(u64, usize)>,
}

impl Written {
    /// Appends the rows with their numbers, given how many came before.
    pub(super) fn numbered(&self, lines: &dyn Lines, before: u64, out: &mut Vec<u8>) {
        let mut from = 0;
        for &(row, end) in &self.unnumbered {
            out.extend_from_slice(&self.bytes[from..end]);
            lines.close(Some(before + row), b"\n", out);
            from = end;
        }
    }
}

/// What all chunks of a run share.
pub(super) struct Screening<'j, L> {
    pub(super) lines: &'j L,
    pub(super) kept: Kept,
    pub(super) wants_hits: bool,
}

impl<L: Lines> Screening<'_, L> {
    /// Screens a chunk: one answer for each row, in order.
    pub(super) fn chunk(
        &self,
        chunk: &Chunk,
        judge: &mut dyn Judge,
    ) -> Result<Part<Written>, Fault> {
        let bytes = chunk.bytes.as_slice();
        let careful = memchr::memchr(b'"', bytes).is_some();
        let mut part = Part {
            out: Written::default(),
            tally: Tally::default(),
            hits: Vec::new(),
            file: chunk.file,
            offset: chunk.end,
        };
        if self.kept == Kept::All {
            part.out.bytes.reserve(bytes.len() + bytes.len() / 2);
        }
        let batch = judge.batch();
        let mut questions = Vec::with_capacity(batch);
        let mut places = Vec::with_capacity(batch);
        let mut answers = Vec::with_capacity(batch);
        let mut at = 0;
        while at < bytes.len() {
            let row = self.lines.read(bytes, at, careful).map_err(|words| {
                let row = part.tally.rows + questions.len() as u64 + 1;
                Fault::Row { row, words }
            })?;
            at = row.place.next;
            places.push((row.place, row.question.is_some()));
            questions.extend(row.question);
            if places.len() == batch {
                self.settle(
                    bytes,
                    &mut places,
                    &mut questions,
                    &mut answers,
                    judge,
                    &mut part,
                )?;
            }
        }
        self.settle(
            bytes,
            &mut places,
            &mut questions,
            &mut answers,
            judge,
            &mut part,
        )?;
        Ok(part)
    }

    fn settle(
        &self,
        bytes: &[u8],
        places: &mut Vec<(Place, bool)>,
        questions: &mut Vec<Question<'_>>,
        answers: &mut Vec<Answer>,
        judge: &mut dyn Judge,
        part: &mut Part<Written>,
    ) -> Result<(), Failure> {
        judge.answer(questions, answers)?;
        let mut answered = questions.drain(..).zip(answers.drain(..));
        for (place, is_row) in places.drain(..) {
            if !is_row {
                if self.kept == Kept::All {
                    part.out
                        .bytes
                        .extend_from_slice(&bytes[place.start..place.next]);
                }
                continue;
            }
            let (question, answer) = answered.next().ok_or_else(unanswered)?;
            let answer = answer.doubted(question.doubt);
            part.tally.count(&answer);
            if self.wants_hits && part.hits.len() < HITS_MAX {
                part.hits
                    .extend(Hit::of(part.tally.rows, &question, &answer));
            }
            if !self.kept.keeps(&answer) {
                continue;
            }
            self.lines.write(bytes, place, &answer, &mut part.out.bytes);
            if self.kept.numbers_rows() {
                let end = part.out.bytes.len();
                part.out.unnumbered.push((part.tally.rows, end));
            } else {
                let line_end = match &bytes[place.end..place.next] {
                    b"" => b"\n",
                    line_end => line_end,
                };
                self.lines.close(None, line_end, &mut part.out.bytes);
            }
        }
        Ok(())
    }
}

/// A row without an answer must not pass for one.
pub(super) fn unanswered() -> Failure {
    Failure::Unavailable {
        message: "a row was not answered: what is written so far is not to be relied on".to_owned(),
        source: None,
    }
}
