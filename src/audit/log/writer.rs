//! The file that is appended to.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::Arc;

use super::super::segment::frame::OVERHEAD;

/// The file that is appended to, and how much of it is whole.
#[derive(Debug)]
pub(super) struct Writer {
    file: Arc<File>,
    bytes: u64,
    #[cfg(test)]
    pub(super) faults: Arc<super::faults::Faults>,
}

/// A write that did not go through.
#[derive(Debug)]
pub(super) struct WriteFault {
    /// Bytes that are whole frames and stand in the file.
    pub(super) kept_bytes: usize,
    /// Why the rest is not there.
    pub(super) source: io::Error,
    /// What follows the last whole frame could not be cut off.
    pub(super) uncut: bool,
}

impl Writer {
    /// Goes on after the bytes that a file has, which are whole frames.
    pub(super) fn new(file: Arc<File>, bytes: u64) -> Self {
        Self {
            file,
            bytes,
            #[cfg(test)]
            faults: Arc::default(),
        }
    }

    /// Goes on in another file.
    pub(super) fn switch(&mut self, file: Arc<File>, bytes: u64) {
        self.file = file;
        self.bytes = bytes;
    }

    /// Returns the bytes of the file.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Appends frames, all or as many as there is room for.
    pub(super) fn append(&mut self, frames: &[u8]) -> Result<(), WriteFault> {
        let mut done = 0;
        while done < frames.len() {
            match self.write(&frames[done..]) {
                Ok(0) => return Err(self.cut(&frames[..done], io::ErrorKind::WriteZero.into())),
                Ok(more) => done += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.cut(&frames[..done], error)),
            }
        }
        self.bytes += frames.len() as u64;
        Ok(())
    }

    /// Cuts off the frame that was not written to its end.
    fn cut(&mut self, written: &[u8], source: io::Error) -> WriteFault {
        let (_, kept_bytes) = whole_frames(written);
        let whole = self.bytes + kept_bytes as u64;
        let cut = if written.len() == kept_bytes {
            Ok(())
        } else {
            self.set_len(whole)
        };
        self.bytes = whole;
        WriteFault {
            kept_bytes,
            source,
            uncut: cut.is_err(),
        }
    }

    #[cfg(not(test))]
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.file).write(bytes)
    }

    #[cfg(not(test))]
    fn set_len(&self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }

    #[cfg(test)]
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.faults.room(bytes.len())?;
        (&*self.file).write(&bytes[..room])
    }

    #[cfg(test)]
    fn set_len(&self, length: u64) -> io::Result<()> {
        self.faults.cutting()?;
        self.file.set_len(length)
    }
}

/// Returns how many whole frames bytes begin with, and their bytes.
pub(super) fn whole_frames(bytes: &[u8]) -> (u64, usize) {
    let (mut frames, mut at) = (0, 0);
    while let Some(length) = bytes[at..].first_chunk::<4>() {
        let end = at + OVERHEAD + u32::from_le_bytes(*length) as usize;
        if end > bytes.len() {
            break;
        }
        (frames, at) = (frames + 1, end);
    }
    (frames, at)
}
