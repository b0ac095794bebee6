//! Rows of Parquet: columns pass through, and the answers are columns behind
//! them.
//!
//! A worker takes a row group and encodes what becomes of it; `table_writer`
//! only copies.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{StringBuilder, UInt64Builder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::errors::ParquetError;

use super::super::Failure;
use super::answer::{Answer, Judge, Question};
use super::cells::Cells;
use super::columns::Columns;
use super::csv::{Asked, collides, named};
use super::input::unreadable;
use super::pipeline::{Fault, Give, Part};
use super::table_writer::begin;
use super::tally::{HITS_MAX, Hit, Tally};
use super::text::{Kept, unanswered};

/// Rows that are decoded at once.
const BATCH_ROWS: usize = 8_192;

/// Rows of one row group that is written.
const GROUP_ROWS: usize = 122_880;

/// One row group of the input, or the rest of it.
pub(super) struct Unit {
    file: usize,
    group: usize,
    /// Rows of it that have been screened.
    skip: usize,
    /// The file's rows up to the first that has not.
    first: u64,
}

/// Some rows, encoded.
pub(super) struct Group {
    /// Their columns; `None` where no row was kept.
    pub(super) columns: Option<Vec<ArrowColumnChunk>>,
}

/// The answers to the rows of a batch, and the runs of rows that are kept:
/// the first of each, and how many.
type Answered = (Vec<Answer>, Vec<(usize, usize)>);

/// The files of a run.
pub(super) struct Tables {
    files: Vec<(PathBuf, ArrowReaderMetadata)>,
    pub(super) schema: SchemaRef,
    factory: ArrowRowGroupWriterFactory,
    address: usize,
    network: Option<usize>,
    date: Option<usize>,
    columns: Columns,
    pub(super) kept: Kept,
    pub(super) wants_hits: bool,
}

impl Tables {
    /// Reads what the files say of themselves; their columns must agree.
    pub(super) fn open(
        paths: &[PathBuf],
        asked: &Asked<'_>,
        columns: Columns,
        (kept, wants_hits): (Kept, bool),
    ) -> Result<Self, Failure> {
        let mut files: Vec<(PathBuf, ArrowReaderMetadata)> = Vec::new();
        for path in paths {
            let file = File::open(path).map_err(|error| unreadable(path, error))?;
            let facts = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
                .map_err(|error| bad(path, &error))?;
            if let Some((first, other)) = files.first()
                && other.schema().fields() != facts.schema().fields()
            {
                return Err(Failure::Refused(format!(
                    "{}: its columns are not those of {}: files in one OUT must have the same",
                    path.display(),
                    first.display()
                )));
            }
            files.push((path.clone(), facts));
        }
        let (first, facts) = files
            .first()
            .ok_or_else(|| Failure::Usage("there is no file to read".to_owned()))?;
        let given = facts.schema();
        let names: Vec<String> = given
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect();
        if let Some(name) = columns.collision(names.iter().map(String::as_str)) {
            return Err(collides(name));
        }
        let find = |wanted: &str| {
            let place = named(&names, wanted, first)?;
            let kind = given.field(place).data_type();
            match Cells::reads(kind) {
                true => Ok(place),
                false => Err(Failure::Refused(format!(
                    "{}: column `{}` holds {kind}, and no text",
                    first.display(),
                    names[place]
                ))),
            }
        };
        let schema = with_answers(given, columns);
        let probe = begin(Vec::new(), &schema).map_err(|error| bad(first, &error))?;
        Ok(Self {
            address: find(asked.address)?,
            network: asked.network.map(find).transpose()?,
            date: asked.date.map(find).transpose()?,
            factory: ArrowRowGroupWriterFactory::new(&probe, schema.clone()),
            files,
            schema,
            columns,
            kept,
            wants_hits,
        })
    }

    /// Rows of all files together.
    pub(super) fn rows(&self) -> u64 {
        let rows = self.files.iter().map(|(_, facts)| rows_of(facts));
        rows.sum()
    }

    /// The row groups, from a row of a file on.
    pub(super) fn units(
        &self,
        (from, offset): (usize, u64),
    ) -> impl FnMut() -> Result<Option<Unit>, Failure> + Send + use<> {
        let mut units = Vec::new();
        for (file, (_, facts)) in self.files.iter().enumerate().skip(from) {
            let done = if file == from { offset } else { 0 };
            let mut first = 0;
            for (group, facts) in facts.metadata().row_groups().iter().enumerate() {
                let rows = u64::try_from(facts.num_rows()).unwrap_or_default();
                let skip = done.saturating_sub(first).min(rows);
                if skip < rows {
                    units.push(Unit {
                        file,
                        group,
                        skip: usize::try_from(skip).unwrap_or(usize::MAX),
                        first: first + skip,
                    });
                }
                first += rows;
            }
        }
        let mut units = units.into_iter();
        move || Ok(units.next())
    }

    /// Screens a row group, and gives it out in parts.
    pub(super) fn screen(
        &self,
        unit: Unit,
        judge: &mut dyn Judge,
        before: u64,
        give: &mut Give<'_, Group>,
    ) -> Result<(), Fault> {
        let (path, facts) = &self.files[unit.file];
        let file = File::open(path).map_err(|error| unreadable(path, error))?;
        let failed = |error: ParquetError| bad(path, &error);
        let mut reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, facts.clone())
            .with_row_groups(vec![unit.group])
            .with_offset(unit.skip)
            .with_batch_size(BATCH_ROWS);
        if self.kept == Kept::Nothing {
            let asked = ProjectionMask::roots(reader.parquet_schema(), self.asked());
            reader = reader.with_projection(asked);
        }
        let reader = reader.build().map_err(failed)?;
        // Row numbers are over all files; this one's own are from 0.
        let mut row = before + unit.first;
        let mut part = self.part(&unit, unit.first);
        let mut open = Open::default();
        for batch in reader {
            let batch = batch.map_err(|error| bad(path, &error.into()))?;
            let rows = batch.num_rows();
            let (answers, runs) = self.answer(&batch, judge, &mut part)?;
            if self.kept != Kept::Nothing && !runs.is_empty() {
                let answered = self.answered(&batch, &answers, row).map_err(failed)?;
                open.write(&self.factory, &self.schema, &answered, &runs)
                    .map_err(failed)?;
            }
            row += rows as u64;
            part.offset += rows as u64;
            if part.tally.rows as usize >= GROUP_ROWS {
                part.out.columns = open.close().map_err(failed)?;
                let next = self.part(&unit, part.offset);
                if !give(std::mem::replace(&mut part, next)) {
                    return Ok(());
                }
            }
        }
        if part.tally.rows > 0 {
            part.out.columns = open.close().map_err(failed)?;
            give(part);
        }
        Ok(())
    }

    /// The columns that are asked about, each once, in order.
    fn asked(&self) -> BTreeSet<usize> {
        let more = [self.network, self.date].into_iter().flatten();
        more.chain([self.address]).collect()
    }

    /// How many rows the files before one have.
    pub(super) fn rows_before(&self, unit: &Unit) -> u64 {
        let before = self.files.iter().take(unit.file);
        before.map(|(_, facts)| rows_of(facts)).sum()
    }

    fn part(&self, unit: &Unit, offset: u64) -> Part<Group> {
        Part {
            out: Group { columns: None },
            tally: Tally::default(),
            hits: Vec::new(),
            file: unit.file,
            offset,
        }
    }

    /// Answers every row of a batch, and says which runs of rows are kept.
    fn answer(
        &self,
        batch: &RecordBatch,
        judge: &mut dyn Judge,
        part: &mut Part<Group>,
    ) -> Result<Answered, Fault> {
        let asked = self.asked();
        let cells = |place: usize| {
            // Where no row is written, only these columns were read.
            let read = match self.kept {
                Kept::Nothing => asked.range(..place).count(),
                _ => place,
            };
            Cells::of(batch.column(read))
        };
        let addresses = cells(self.address);
        let networks = self.network.map(cells);
        let dates = self.date.map(cells);
        let mut all = Vec::with_capacity(batch.num_rows());
        let mut runs: Vec<(usize, usize)> = Vec::new();
        let mut start = 0;
        while start < batch.num_rows() {
            let end = (start + judge.batch()).min(batch.num_rows());
            let questions: Vec<Question<'_>> = (start..end)
                .map(|row| {
                    let mut question = Question::about(addresses.get(row));
                    if let Some(networks) = &networks {
                        question = question.on(networks.get(row));
                    }
                    if let Some(dates) = &dates {
                        question = question.at(&dates.get(row));
                    }
                    question
                })
                .collect();
            let mut answers = Vec::with_capacity(questions.len());
            judge.answer(&questions, &mut answers)?;
            if answers.len() != questions.len() {
                return Err(unanswered().into());
            }
            for (index, (question, answer)) in questions.iter().zip(answers).enumerate() {
                let answer = answer.doubted(question.doubt);
                part.tally.count(&answer);
                if self.wants_hits && part.hits.len() < HITS_MAX {
                    part.hits
                        .extend(Hit::of(part.tally.rows, question, &answer));
                }
                if self.kept.keeps(&answer) {
                    let row = start + index;
                    match runs.last_mut() {
                        Some((first, length)) if *first + *length == row => *length += 1,
                        _ => runs.push((row, 1)),
                    }
                }
                all.push(answer);
            }
            start = end;
        }
        Ok((all, runs))
    }

    /// Puts the answers behind the columns of a batch. `row` rows came before.
    fn answered(
        &self,
        batch: &RecordBatch,
        answers: &[Answer],
        row: u64,
    ) -> Result<RecordBatch, ParquetError> {
        let texts = self.columns.texts();
        let plain = self.columns.cells(&Answer::Plain);
        let mut builders: Vec<StringBuilder> = texts
            .iter()
            .map(|_| StringBuilder::with_capacity(answers.len(), answers.len() * 10))
            .collect();
        for answer in answers {
            let told = match answer {
                Answer::Plain | Answer::Unchanged => None,
                Answer::Told(_) => Some(self.columns.cells(answer)),
            };
            let cells = told.as_ref().unwrap_or(&plain);
            for (builder, cell) in builders.iter_mut().zip(cells) {
                match cell.as_str() {
                    "" => builder.append_null(),
                    text => builder.append_value(text),
                }
            }
        }
        let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
        columns.extend(
            builders
                .iter_mut()
                .map(|builder| Arc::new(builder.finish()) as ArrayRef),
        );
        if self.columns.row {
            let mut numbers = UInt64Builder::with_capacity(answers.len());
            (0..answers.len() as u64).for_each(|index| numbers.append_value(row + index + 1));
            columns.push(Arc::new(numbers.finish()));
        }
        Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
    }
}

/// A row group that is being encoded.
#[derive(Default)]
struct Open {
    writers: Vec<ArrowColumnWriter>,
}

impl Open {
    fn write(
        &mut self,
        factory: &ArrowRowGroupWriterFactory,
        schema: &Schema,
        batch: &RecordBatch,
        runs: &[(usize, usize)],
    ) -> Result<(), ParquetError> {
        for &(first, length) in runs {
            if self.writers.is_empty() {
                self.writers = factory.create_column_writers(0)?;
            }
            let rows = batch.slice(first, length);
            let mut writers = self.writers.iter_mut();
            for (field, column) in schema.fields().iter().zip(rows.columns()) {
                for leaf in compute_leaves(field, column)? {
                    let writer = writers
                        .next()
                        .ok_or_else(|| ParquetError::General("a column too many".to_owned()))?;
                    writer.write(&leaf)?;
                }
            }
        }
        Ok(())
    }

    fn close(&mut self) -> Result<Option<Vec<ArrowColumnChunk>>, ParquetError> {
        if self.writers.is_empty() {
            return Ok(None);
        }
        let writers = std::mem::take(&mut self.writers);
        writers
            .into_iter()
            .map(ArrowColumnWriter::close)
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

fn rows_of(facts: &ArrowReaderMetadata) -> u64 {
    u64::try_from(facts.metadata().file_metadata().num_rows()).unwrap_or_default()
}

fn with_answers(given: &Schema, columns: Columns) -> SchemaRef {
    let mut fields: Vec<Arc<Field>> = given.fields().iter().cloned().collect();
    let texts = columns.texts();
    fields.extend(
        texts
            .into_iter()
            .map(|name| Arc::new(Field::new(name, DataType::Utf8, true))),
    );
    if columns.row {
        let number = Field::new(Columns::row_name(), DataType::UInt64, false);
        fields.push(Arc::new(number));
    }
    Arc::new(Schema::new_with_metadata(fields, given.metadata().clone()))
}

fn bad(path: &Path, error: &ParquetError) -> Failure {
    Failure::Refused(format!("{}: {error}", path.display()))
}
