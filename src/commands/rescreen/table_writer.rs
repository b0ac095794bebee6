//! Parquet files in the making.
//!
//! What is made safe on the way is a Parquet file of its own, a part; parts
//! are joined at the end by copying their column chunks, none of them decoded.

use std::fs::File;

use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowColumnChunk;
use parquet::basic::Compression;
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;

use super::super::Failure;
use super::parquet::{Group, Tables};
use super::recorder::{Writer, own, put_in_place};
use super::saved::{Beside, Extent, Saved, unwritable};

/// Begins a file with nothing in it.
pub(super) fn begin<T: std::io::Write + Send>(
    to: T,
    schema: &SchemaRef,
) -> Result<SerializedFileWriter<T>, ParquetError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(concat!("interdict ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let writer = ArrowWriter::try_new(to, schema.clone(), Some(properties))?;
    Ok(writer.into_serialized_writer()?.0)
}

/// Writes row groups to parts, and parts to one file.
pub(super) struct TableWriter {
    beside: Beside,
    schema: SchemaRef,
    /// Held so that no other run writes; the joined file in the end.
    partial: File,
    parts: usize,
    open: Option<SerializedFileWriter<File>>,
    /// The parts have been joined by a run that did not come to rename it.
    joined: bool,
}

impl TableWriter {
    pub(super) fn open(
        tables: &Tables,
        beside: &Beside,
        resumed: Option<&Saved>,
    ) -> Result<Self, Failure> {
        let path = beside.partial();
        let partial = own(&path)?;
        let parts = resumed.map_or(0, |saved| saved.written.parts);
        let gone = (0..parts).any(|number| !beside.part(number).exists());
        let bytes = partial
            .metadata()
            .map_err(|error| unwritable(&path, error))?
            .len();
        let joined = gone && parts == 1 && bytes > 0 && resumed.is_some_and(|saved| saved.finished);
        if gone && !joined {
            return Err(beside.cannot_go_on("rows that were written are gone"));
        }
        Ok(Self {
            beside: beside.clone(),
            schema: tables.schema.clone(),
            partial,
            parts,
            open: None,
            joined,
        })
    }

    fn failed(&self, error: &ParquetError) -> Failure {
        Failure::Other {
            message: format!("cannot write {}: {error}", self.beside.out.display()),
            source: None,
        }
    }

    fn append(&mut self, columns: Vec<ArrowColumnChunk>) -> Result<(), ParquetError> {
        let writer = match &mut self.open {
            Some(writer) => writer,
            None => {
                let file = File::create(self.beside.part(self.parts))?;
                self.open.insert(begin(file, &self.schema)?)
            }
        };
        let mut group = writer.next_row_group()?;
        for column in columns {
            column.append_to_row_group(&mut group)?;
        }
        group.close()?;
        Ok(())
    }

    fn close_part(&mut self) -> Result<(), ParquetError> {
        if let Some(writer) = self.open.take() {
            // Its end is written on the way.
            writer.into_inner()?.sync_data()?;
            self.parts += 1;
        }
        Ok(())
    }

    /// Copies the column chunks of all parts into one file, none decoded.
    fn join(&self) -> Result<(), ParquetError> {
        let file = &self.partial;
        file.set_len(0)?;
        let mut writer = begin(file, &self.schema)?;
        for number in 0..self.parts {
            let part = File::open(self.beside.part(number))?;
            let reader = SerializedFileReader::new(part.try_clone()?)?;
            for facts in reader.metadata().row_groups() {
                let mut group = writer.next_row_group()?;
                for column in facts.columns() {
                    let close = ColumnCloseResult {
                        bytes_written: u64::try_from(column.compressed_size()).unwrap_or_default(),
                        rows_written: u64::try_from(facts.num_rows()).unwrap_or_default(),
                        metadata: column.clone(),
                        bloom_filter: None,
                        column_index: None,
                        offset_index: None,
                    };
                    group.append_column(&part, close)?;
                }
                group.close()?;
            }
        }
        writer.finish()?;
        file.sync_data()?;
        Ok(())
    }
}

impl Writer for TableWriter {
    type Out = Group;

    fn write(&mut self, out: Group, _: u64) -> Result<(), Failure> {
        match out.columns {
            Some(columns) => self.append(columns).map_err(|error| self.failed(&error)),
            None => Ok(()),
        }
    }

    fn make_safe(&mut self) -> Result<Extent, Failure> {
        self.close_part().map_err(|error| self.failed(&error))?;
        Ok(Extent {
            bytes: 0,
            parts: self.parts,
        })
    }

    fn put_in_place(self) -> Result<(), Failure> {
        let partial = self.beside.partial();
        if self.joined {
            // Nothing is left to do but the rename.
        } else if self.parts == 1 {
            put_in_place(&self.beside.part(0), &partial)?;
        } else {
            self.join().map_err(|error| self.failed(&error))?;
        }
        put_in_place(&partial, &self.beside.out)
    }
}
