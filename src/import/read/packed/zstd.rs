//! zstd, frame after frame, each to its end.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::{Counted, Decoder, PackedProblem, problem_of};

/// How a frame begins.
pub(super) const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The largest window that is held: what `zstd -19` uses, and the size that
/// every decoder is asked to take.
const WINDOW_BYTES_MAX: u64 = 8 << 20;

pub(super) fn decoder(counted: Counted) -> Decoder {
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(WINDOW_BYTES_MAX);
    Box::new(Frames {
        source: counted,
        decoder,
        in_frame: false,
        any: false,
        given: 0,
    })
}

/// The frames of a file.
struct Frames {
    source: Counted,
    decoder: FrameDecoder,
    in_frame: bool,
    /// Whether there was a frame.
    any: bool,
    /// Bytes of the current frame that were given.
    given: u64,
}

impl Frames {
    /// Begins the next frame; `false` at the end of the file.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.source) {
                Ok(()) => {
                    (self.in_frame, self.any, self.given) = (true, true, 0);
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => self.skip(u64::from(length))?,
                Err(error) => return Err(self.refused(&error)),
            }
        }
        if self.any {
            Ok(false)
        } else {
            Err(problem_of(PackedProblem::Cut {
                missing: "its first zstd frame",
            }))
        }
    }

    fn skip(&mut self, length: u64) -> io::Result<()> {
        let skipped = io::copy(&mut (&mut self.source).take(length), &mut io::sink())?;
        if skipped == length {
            Ok(())
        } else {
            Err(cut())
        }
    }

    /// Returns why a frame was not decoded.
    fn refused(&mut self, error: &FrameDecoderError) -> io::Error {
        let at_end = self.source.fill_buf().is_ok_and(<[u8]>::is_empty);
        match error {
            FrameDecoderError::WindowSizeTooBig { .. } => problem_of(PackedProblem::Unsupported {
                kind: "zstd with a window over 8 MiB",
            }),
            FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::BadMagicNumber(_))
                if self.any =>
            {
                problem_of(PackedProblem::AfterEnd)
            }
            _ if at_end => cut(),
            _ => damaged("its zstd stream"),
        }
    }

    /// Checks a frame that has been given whole.
    fn end(&mut self) -> io::Result<()> {
        self.in_frame = false;
        let declared = self.decoder.content_size();
        if declared != 0 && declared != self.given {
            return Err(damaged("the length of a zstd frame"));
        }
        match self.decoder.get_checksum_from_data() {
            Some(sum) if Some(sum) != self.decoder.get_calculated_checksum() => {
                Err(damaged("the checksum of a zstd frame"))
            }
            _ => Ok(()),
        }
    }
}

impl Read for Frames {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if target.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.in_frame && !self.begin()? {
                return Ok(0);
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                let decoded = self.decoder.decode_blocks(&mut self.source, one);
                decoded.map_err(|error| self.refused(&error))?;
            }
            let count = self.decoder.read(target)?;
            self.given += count as u64;
            if count > 0 {
                return Ok(count);
            }
            self.end()?;
        }
    }
}

fn cut() -> io::Error {
    problem_of(PackedProblem::Cut {
        missing: "the end of a zstd frame",
    })
}

fn damaged(what: &'static str) -> io::Error {
    problem_of(PackedProblem::Damaged { what })
}
