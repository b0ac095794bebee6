//! One file being read: counted, bounded, and aware of its lines.
//!
//! Every reader takes its bytes through an [`Input`]. It counts lines, so that
//! a row can say where it stood; skips a UTF-8 byte order mark; and stops a
//! file, or one piece of it, that grows past its limit, *before* the piece is
//! held in memory. What the bytes mean is left to the readers.

use std::fmt;
use std::io::{self, BufRead, Read};
use std::sync::Arc;

use super::error::{PackedProblem, ReadError};
use super::row::Locator;
use super::{InputFile, Limits};

const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// A file with a line count and limits.
pub(super) struct Input {
    file: Arc<str>,
    content: Box<dyn BufRead + Send>,
    /// The line that the next byte stands on.
    line: u64,
    bytes: u64,
    bytes_max: u64,
    /// How much of the current piece (an XML event, a CSV record) was read.
    piece_bytes: u64,
    piece_bytes_max: u64,
    /// Bytes at the beginning of the file that were taken to look for a byte
    /// order mark and were none.
    head: io::Cursor<Vec<u8>>,
}

/// How a line ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LineEnd {
    /// With a newline.
    Newline,
    /// With the end of the file, after at least one byte.
    EndOfFile,
    /// It did not: it is longer than allowed. The rest of it was skipped.
    TooLong,
    /// There was no line: the file is at its end.
    Nothing,
}

impl Input {
    /// Begins a file.
    pub(super) fn open(file: InputFile, limits: &Limits) -> Result<Self, ReadError> {
        let content = file.open();
        let file: Arc<str> = file.name.into();
        let content = content.map_err(|source| ReadError::Io {
            file: Arc::clone(&file),
            line: 1,
            source,
        })?;
        let mut input = Self {
            file,
            content,
            line: 1,
            bytes: 0,
            bytes_max: limits.file_bytes_max,
            piece_bytes: 0,
            piece_bytes_max: limits.text_bytes_max as u64,
            head: io::Cursor::default(),
        };
        input
            .skip_byte_order_mark()
            .map_err(|source| input.failed(source))?;
        Ok(input)
    }

    fn skip_byte_order_mark(&mut self) -> io::Result<()> {
        let mut head = Vec::with_capacity(BYTE_ORDER_MARK.len());
        let wanted = BYTE_ORDER_MARK.len() as u64;
        (&mut self.content).take(wanted).read_to_end(&mut head)?;
        if head != BYTE_ORDER_MARK {
            self.head = io::Cursor::new(head);
        }
        Ok(())
    }

    /// Returns the file's name.
    pub(super) fn file(&self) -> Arc<str> {
        Arc::clone(&self.file)
    }

    /// Returns the line that the next byte stands on.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    /// Returns where a row beginning on `line` stands.
    pub(super) fn locator(&self, line: u64) -> Locator {
        Locator {
            file: self.file(),
            line,
        }
    }

    /// Lowers the file's limit, once it is known what the file is.
    pub(super) fn limit_bytes(&mut self, bytes_max: u64) {
        self.bytes_max = self.bytes_max.min(bytes_max);
    }

    /// Begins the next piece, which may again grow to the limit.
    pub(super) const fn begin_piece(&mut self) {
        self.piece_bytes = 0;
    }

    /// Returns the error for a read that failed.
    pub(super) fn failed(&self, source: io::Error) -> ReadError {
        let inner = source.get_ref();
        if let Some(problem) = inner.and_then(|inner| inner.downcast_ref::<PackedProblem>()) {
            return ReadError::Packed {
                file: self.file(),
                problem: problem.clone(),
            };
        }
        match source
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<TooMuch>())
        {
            Some(&TooMuch { what, max }) => self.over(what, max),
            None => ReadError::Io {
                file: self.file(),
                line: self.line,
                source,
            },
        }
    }

    /// Returns the error for something larger than its limit.
    pub(super) fn over(&self, what: &'static str, max: u64) -> ReadError {
        ReadError::Limit {
            file: self.file(),
            line: self.line,
            what,
            max,
        }
    }

    /// Appends the next line to `line`, without its newline, up to
    /// `bytes_max` bytes. A carriage return before the newline is kept.
    pub(super) fn read_line(
        &mut self,
        line: &mut Vec<u8>,
        bytes_max: usize,
    ) -> io::Result<LineEnd> {
        let mut seen = false;
        let mut too_long = false;
        loop {
            self.begin_piece();
            let available = match self.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                available => available?,
            };
            if available.is_empty() {
                return Ok(match (seen, too_long) {
                    (_, true) => LineEnd::TooLong,
                    (true, false) => LineEnd::EndOfFile,
                    (false, false) => LineEnd::Nothing,
                });
            }
            seen = true;
            let newline = available.iter().position(|&byte| byte == b'\n');
            let part = &available[..newline.unwrap_or(available.len())];
            if line.len() + part.len() > bytes_max {
                too_long = true;
            } else if !too_long {
                line.extend_from_slice(part);
            }
            let used = part.len() + usize::from(newline.is_some());
            self.consume(used);
            if newline.is_some() {
                return Ok(if too_long {
                    LineEnd::TooLong
                } else {
                    LineEnd::Newline
                });
            }
        }
    }

    fn in_head(&self) -> bool {
        (self.head.position() as usize) < self.head.get_ref().len()
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.bytes > self.bytes_max {
            return Err(TooMuch {
                what: "the file's size in bytes",
                max: self.bytes_max,
            }
            .into());
        }
        if self.piece_bytes > self.piece_bytes_max {
            return Err(TooMuch {
                what: "one record's size in bytes",
                max: self.piece_bytes_max,
            }
            .into());
        }
        if self.in_head() {
            self.head.fill_buf()
        } else {
            self.content.fill_buf()
        }
    }

    fn consume(&mut self, count: usize) {
        // The bytes being consumed are still buffered: after a successful
        // `fill_buf` another one returns them without reading.
        let from_head = self.in_head();
        let buffered = if from_head {
            self.head.fill_buf()
        } else {
            self.content.fill_buf()
        };
        let consumed = buffered.map_or(&[][..], |buffered| &buffered[..count.min(buffered.len())]);
        let newlines = consumed.iter().filter(|&&byte| byte == b'\n').count();
        self.line += newlines as u64;
        self.bytes += count as u64;
        self.piece_bytes += count as u64;
        if from_head {
            self.head.consume(count)
        } else {
            self.content.consume(count)
        }
    }
}

impl Read for Input {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(target.len());
        target[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

/// Carries a limit through code that only knows `io::Error`.
#[derive(Debug, Clone, Copy)]
struct TooMuch {
    what: &'static str,
    max: u64,
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} exceeds the limit of {}", self.what, self.max)
    }
}

impl std::error::Error for TooMuch {}

impl From<TooMuch> for io::Error {
    fn from(limit: TooMuch) -> Self {
        Self::other(limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(bytes: &'static [u8], limits: &Limits) -> Input {
        Input::open(InputFile::of_bytes("a", bytes), limits).expect("opens")
    }

    #[test]
    fn lines_are_counted_and_a_byte_order_mark_skipped() {
        for bytes in [&b"\xef\xbb\xbfone\ntwo\r\n\nend"[..], b"one\ntwo\r\n\nend"] {
            let mut input = input(bytes, &Limits::default());
            let mut lines = Vec::new();
            loop {
                let mut line = Vec::new();
                let at = input.line();
                match input.read_line(&mut line, 10).expect("reads") {
                    LineEnd::Nothing => break,
                    end => lines.push((at, line, end)),
                }
            }
            assert_eq!(
                lines,
                [
                    (1, b"one".to_vec(), LineEnd::Newline),
                    (2, b"two\r".to_vec(), LineEnd::Newline),
                    (3, b"".to_vec(), LineEnd::Newline),
                    (4, b"end".to_vec(), LineEnd::EndOfFile),
                ]
            );
        }
    }

    #[test]
    fn a_line_one_byte_past_the_limit_is_skipped_whole() {
        let mut input = input(b"1234\n12345\nnext", &Limits::default());
        let mut line = Vec::new();
        assert_eq!(
            input.read_line(&mut line, 4).expect("reads"),
            LineEnd::Newline
        );
        line.clear();
        assert_eq!(
            input.read_line(&mut line, 4).expect("reads"),
            LineEnd::TooLong
        );
        line.clear();
        assert_eq!(
            input.read_line(&mut line, 4).expect("reads"),
            LineEnd::EndOfFile
        );
        assert_eq!(line, b"next");
    }

    #[test]
    fn a_file_one_byte_past_the_limit_is_refused() {
        let limits = Limits {
            file_bytes_max: 4,
            ..Limits::default()
        };
        let mut text = String::new();
        assert!(input(b"1234", &limits).read_to_string(&mut text).is_ok());
        let mut longer = input(b"12345", &limits);
        let error = longer.read_to_string(&mut text).expect_err("too long");
        assert!(matches!(
            longer.failed(error),
            ReadError::Limit { max: 4, .. }
        ));
    }

    #[test]
    fn short_files_are_not_mistaken_for_a_byte_order_mark() {
        for bytes in [&b""[..], b"\xef", b"\xef\xbb", b"ab"] {
            let mut back = Vec::new();
            input(bytes, &Limits::default())
                .read_to_end(&mut back)
                .expect("reads");
            assert_eq!(back, bytes);
        }
    }
}
