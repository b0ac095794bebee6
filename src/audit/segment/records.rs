//! The records of a segment, in order, of either kind.

use std::ops::Range;

use super::footer::{BLOCK_BYTES, Block, Footer};
use super::frame::{self, Frame, FrameFault};
use super::{Segment, SegmentError, read_up_to};

/// The records of a segment, in order. At most a few megabytes of it are in
/// memory at any time.
#[derive(Debug)]
pub struct Records<'s> {
    segment: &'s Segment,
    /// Frames; those before `at` were returned.
    buffer: Vec<u8>,
    at: usize,
    /// The record that was gone to.
    record: Range<usize>,
    /// A block as it is stored.
    packed: Vec<u8>,
    /// Where in the file what follows the buffer is.
    offset: u64,
    next: u64,
    /// The block that follows the buffer.
    block: usize,
}

impl<'s> Records<'s> {
    /// Reads from a block on, the first record of which is known.
    pub(super) fn new(segment: &'s Segment, block: usize, next: u64) -> Self {
        Self {
            segment,
            buffer: Vec::new(),
            packed: Vec::new(),
            at: 0,
            record: 0..0,
            offset: segment.header_bytes.len() as u64,
            next,
            block,
        }
    }

    /// Returns the next record; nothing at the end.
    ///
    /// # Errors
    ///
    /// As [`Self::advance`].
    pub fn next(&mut self) -> Result<Option<Frame<'_>>, SegmentError> {
        Ok(self.advance()?.then(|| self.current()))
    }

    /// Goes to the next record; false at the end.
    ///
    /// # Errors
    ///
    /// If what stands there is not that record. Reading cannot go on, unless
    /// the file ended within a record and has grown since.
    pub fn advance(&mut self) -> Result<bool, SegmentError> {
        let length = loop {
            let read = frame::read(&self.buffer[self.at..], self.next);
            match read.map(|frame| frame.record.len()) {
                Ok(length) => break length,
                Err(FrameFault::Cut { .. }) if self.refill()? => {}
                Err(FrameFault::Cut { .. }) if self.at == self.buffer.len() => return Ok(false),
                Err(fault) => return Err(self.fault(fault)),
            }
        };
        let begin = self.at + frame::OVERHEAD;
        self.at = begin + length;
        self.record = begin..self.at;
        self.next += 1;
        Ok(true)
    }

    /// Returns the record that was gone to.
    pub fn current(&self) -> Frame<'_> {
        Frame {
            number: self.next.saturating_sub(1),
            record: &self.buffer[self.record.clone()],
        }
    }

    /// Returns the number of the record that comes next, or would.
    pub fn position(&self) -> u64 {
        self.next
    }

    /// Returns where in the file the next record of an open segment begins.
    pub fn offset(&self) -> u64 {
        self.offset - (self.buffer.len() - self.at) as u64
    }

    /// Makes more of the file ready; false at its end.
    fn refill(&mut self) -> Result<bool, SegmentError> {
        let Some(footer) = &self.segment.footer else {
            return self.refill_open();
        };
        if self.at < self.buffer.len() {
            return Ok(false);
        }
        if let Some(block) = footer.blocks.get(self.block) {
            if block.first != self.next {
                return Err(self.miscounted(footer));
            }
            self.unpack(block)?;
            self.block += 1;
            return Ok(true);
        }
        if self.next != footer.tree.size() {
            return Err(self.miscounted(footer));
        }
        Ok(false)
    }

    fn refill_open(&mut self) -> Result<bool, SegmentError> {
        self.buffer.drain(..self.at);
        self.at = 0;
        let kept = self.buffer.len();
        self.buffer.resize(kept + BLOCK_BYTES, 0);
        let got = read_up_to(&self.segment.file, &mut self.buffer[kept..], self.offset)
            .map_err(|source| self.segment.io(source))?;
        self.buffer.truncate(kept + got);
        self.offset += got as u64;
        Ok(got > 0)
    }

    fn unpack(&mut self, block: &Block) -> Result<(), SegmentError> {
        self.packed.resize(block.stored as usize, 0);
        let got = read_up_to(&self.segment.file, &mut self.packed, block.offset)
            .map_err(|source| self.segment.io(source))?;
        if got < self.packed.len() {
            return Err(self.block_fault(block, "it is cut off"));
        }
        if crc32fast::hash(&self.packed) != block.checksum {
            let why = "its checksum does not fit: it was altered or damaged";
            return Err(self.block_fault(block, why));
        }
        self.buffer.resize(block.raw as usize, 0);
        self.at = 0;
        let unpacked = zstd::bulk::decompress_to_buffer(&self.packed, &mut self.buffer);
        if unpacked.ok() != Some(self.buffer.len()) {
            return Err(self.block_fault(block, "it does not unpack to what the footer says"));
        }
        Ok(())
    }

    /// A block held more or fewer records than the table says.
    fn miscounted(&self, footer: &Footer) -> SegmentError {
        let before = self.block.saturating_sub(1);
        match footer.blocks.get(before) {
            Some(block) => self.block_fault(block, "it holds more or fewer records than it should"),
            None => SegmentError::Table {
                path: self.segment.path.clone(),
                first: self.segment.first(),
            },
        }
    }

    fn block_fault(&self, block: &Block, why: &'static str) -> SegmentError {
        SegmentError::Block {
            path: self.segment.path.clone(),
            first: block.first,
            last: block.first + u64::from(block.records) - 1,
            why,
        }
    }

    fn fault(&self, fault: FrameFault) -> SegmentError {
        let offset = match self.segment.footer {
            Some(_) => self.at as u64,
            None => self.offset(),
        };
        SegmentError::Frame {
            path: self.segment.path.clone(),
            record: self.next,
            offset,
            fault,
        }
    }
}
