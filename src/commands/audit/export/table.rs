//! The files that an export is written to: CSV, NDJSON and Parquet.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use arrow_array::builder::{StringBuilder, UInt64Builder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::audit::record::Record;
use crate::cli::ExportFormat;

use super::row::{COLUMNS, NUMBERS, row};

/// Rows of a Parquet batch: what is held in memory.
const BATCH_ROWS: usize = 16_384;

/// Rows of a Parquet row group.
const GROUP_ROWS: usize = 131_072;

/// A file that records are written to.
pub(super) enum Table {
    Csv(Box<csv::Writer<Box<dyn Write>>>),
    Ndjson(BufWriter<Box<dyn Write>>),
    Parquet(Box<Parquet>),
}

/// A Parquet file, and the rows that wait for the next batch.
pub(super) struct Parquet {
    writer: ArrowWriter<Box<dyn Write + Send>>,
    schema: Arc<Schema>,
    waiting: Vec<[String; 30]>,
}

impl Table {
    /// Begins a file; `None` is standard output.
    pub(super) fn begin(format: ExportFormat, file: Option<File>) -> io::Result<Self> {
        let plain = |file: Option<File>| -> Box<dyn Write> {
            match file {
                Some(file) => Box::new(file),
                None => Box::new(io::stdout()),
            }
        };
        Ok(match format {
            ExportFormat::Csv => {
                let mut writer = csv::Writer::from_writer(plain(file));
                writer.write_record(COLUMNS)?;
                Self::Csv(Box::new(writer))
            }
            ExportFormat::Ndjson => Self::Ndjson(BufWriter::new(plain(file))),
            ExportFormat::Parquet => {
                let to: Box<dyn Write + Send> = match file {
                    Some(file) => Box::new(file),
                    None => Box::new(io::stdout()),
                };
                Self::Parquet(Box::new(Parquet::begin(to)?))
            }
        })
    }

    /// Writes a record.
    pub(super) fn write(&mut self, number: u64, record: &Record) -> io::Result<()> {
        match self {
            Self::Csv(writer) => Ok(writer.write_record(row(number, record))?),
            Self::Ndjson(writer) => {
                serde_json::to_writer(&mut *writer, &super::super::numbered(number, record))?;
                writer.write_all(b"\n")
            }
            Self::Parquet(parquet) => parquet.write(row(number, record)),
        }
    }

    /// Ends the file.
    pub(super) fn end(self) -> io::Result<()> {
        match self {
            Self::Csv(mut writer) => writer.flush(),
            Self::Ndjson(mut writer) => writer.flush(),
            Self::Parquet(parquet) => parquet.end(),
        }
    }
}

impl Parquet {
    fn begin(to: Box<dyn Write + Send>) -> io::Result<Self> {
        let fields = COLUMNS.iter().map(|name| {
            let kind = match NUMBERS.contains(name) {
                true => DataType::UInt64,
                false => DataType::Utf8,
            };
            Field::new(*name, kind, true)
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .build();
        Ok(Self {
            writer: ArrowWriter::try_new(to, schema.clone(), Some(properties))?,
            schema,
            waiting: Vec::new(),
        })
    }

    fn write(&mut self, row: [String; 30]) -> io::Result<()> {
        self.waiting.push(row);
        if self.waiting.len() >= BATCH_ROWS {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let column = |(at, name): (usize, &&str)| -> ArrayRef {
            let cells = self.waiting.iter().map(|row| row[at].as_str());
            if NUMBERS.contains(name) {
                let mut numbers = UInt64Builder::with_capacity(self.waiting.len());
                cells.for_each(|cell| numbers.append_option(cell.parse().ok()));
                return Arc::new(numbers.finish());
            }
            let mut texts = StringBuilder::new();
            cells.for_each(|cell| texts.append_option((!cell.is_empty()).then_some(cell)));
            Arc::new(texts.finish())
        };
        let columns = COLUMNS.iter().enumerate().map(column).collect();
        let batch = RecordBatch::try_new(self.schema.clone(), columns).map_err(io::Error::other)?;
        self.waiting.clear();
        Ok(self.writer.write(&batch)?)
    }

    fn end(mut self) -> io::Result<()> {
        if !self.waiting.is_empty() {
            self.flush()?;
        }
        self.writer.close()?;
        Ok(())
    }
}
