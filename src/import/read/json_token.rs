//! The words of a JSON document: texts, numbers, and what is neither.

use std::io::{self, BufRead as _};

use super::super::error::{Problem, ReadError};
use super::super::json_value::{Value, is_number};
use super::super::row::Excerpt;
use super::Json;

/// How much of a text is looked at in one go, in bytes.
const RUN_BYTES: usize = 8 << 10;

/// What becomes of a text's bytes.
enum Taken<'t> {
    /// They are held.
    Held(&'t mut Vec<u8>),
    /// They are read past, and must be UTF-8. What is held is the beginning
    /// of a character whose end was not yet read.
    Checked(&'t mut Vec<u8>),
}

impl Json {
    fn failed(&self, source: io::Error) -> ReadError {
        self.input.failed(source)
    }

    /// Returns the next byte without taking it.
    fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        loop {
            match self.input.fill_buf() {
                Ok(buffered) => return Ok(buffered.first().copied()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    /// Returns the next byte that is no blank, without taking it.
    pub(super) fn visible(&mut self) -> Result<Option<u8>, ReadError> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.input.consume(1),
                other => return Ok(other),
            }
        }
    }

    pub(super) fn must_see(&mut self) -> Result<u8, ReadError> {
        self.visible()?.ok_or_else(|| self.truncated())
    }

    fn take(&mut self) -> Result<u8, ReadError> {
        let byte = self.peek()?.ok_or_else(|| self.truncated())?;
        self.input.consume(1);
        Ok(byte)
    }

    /// Reads a number, a truth value or `null`.
    pub(super) fn scalar(&mut self) -> Result<Value, ReadError> {
        let mut word = String::new();
        while let Some(byte) = self.peek()? {
            if !byte.is_ascii_alphanumeric() && !matches!(byte, b'+' | b'-' | b'.') {
                break;
            }
            word.push(char::from(byte));
            self.input.consume(1);
        }
        match word.as_str() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            "null" => Ok(Value::Null),
            // A word that the file ends in may have been longer.
            _ if self.peek()?.is_none() => Err(self.truncated()),
            number if is_number(number) => Ok(Value::Number(word)),
            "" => {
                let found = self.must_see()?;
                Err(self.unexpected(found, "a value"))
            }
            other => Err(self.wrong(format!("`{}` is not a value", Excerpt::of(other)))),
        }
    }

    /// Takes what stands before the next quote, escape or control character,
    /// and that.
    fn take_run(&mut self, mut taken: Taken<'_>) -> Result<u8, ReadError> {
        loop {
            let buffered = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.failed(error)),
                Ok([]) => return Err(self.truncated()),
                Ok(buffered) => &buffered[..buffered.len().min(RUN_BYTES)],
            };
            let special = |&byte: &u8| byte == b'"' || byte == b'\\' || byte < b' ';
            let run = buffered.iter().position(special);
            let end = run.unwrap_or(buffered.len());
            let (Taken::Held(bytes) | Taken::Checked(bytes)) = &mut taken;
            bytes.extend_from_slice(&buffered[..end]);
            let stopped_by = run.map(|at| buffered[at]);
            self.input.consume(end + usize::from(run.is_some()));
            if let Taken::Checked(bytes) = &mut taken {
                self.input.begin_piece();
                if !drop_characters(bytes) || stopped_by.is_some() && !bytes.is_empty() {
                    return Err(self.malformed(Problem::NotUtf8));
                }
            }
            if let Some(byte) = stopped_by {
                return Ok(byte);
            }
        }
    }

    /// Reads past a text; its opening quote comes next.
    pub(super) fn skip_text(&mut self) -> Result<(), ReadError> {
        self.take()?;
        let mut unfinished = Vec::new();
        loop {
            self.input.begin_piece();
            match self.take_run(Taken::Checked(&mut unfinished))? {
                b'"' => return Ok(()),
                b'\\' => {
                    self.escaped()?;
                }
                _ => return Err(self.wrong("a text holds a control character")),
            }
        }
    }

    /// Reads a text; its opening quote comes next.
    pub(super) fn text(&mut self) -> Result<String, ReadError> {
        self.take()?;
        let mut kept = Vec::new();
        loop {
            match self.take_run(Taken::Held(&mut kept))? {
                b'"' => break,
                b'\\' => {
                    let character = self.escaped()?;
                    kept.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                _ => return Err(self.wrong("a text holds a control character")),
            }
        }
        String::from_utf8(kept).map_err(|_| self.malformed(Problem::NotUtf8))
    }

    fn escaped(&mut self) -> Result<char, ReadError> {
        Ok(match self.take()? {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => return self.code_point(),
            byte @ (b'"' | b'\\' | b'/') => char::from(byte),
            _ => return Err(self.wrong("a text holds an unknown escape")),
        })
    }

    fn code_point(&mut self) -> Result<char, ReadError> {
        let first = self.code_unit()?;
        let mut units = vec![first];
        if (0xd800..0xdc00).contains(&first) {
            if (self.take()?, self.take()?) != (b'\\', b'u') {
                return Err(self.wrong("a text holds a lone surrogate"));
            }
            units.push(self.code_unit()?);
        }
        let mut decoded = char::decode_utf16(units);
        match (decoded.next(), decoded.next()) {
            (Some(Ok(character)), None) => Ok(character),
            _ => Err(self.wrong("a text holds a lone surrogate")),
        }
    }

    fn code_unit(&mut self) -> Result<u16, ReadError> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = char::from(self.take()?).to_digit(16);
            let Some(digit) = digit else {
                return Err(self.wrong("a text holds an unknown escape"));
            };
            unit = unit << 4 | digit as u16;
        }
        Ok(unit)
    }
}

/// Drops the whole characters that a text begins with. `false`: what follows
/// them is not the beginning of one.
fn drop_characters(bytes: &mut Vec<u8>) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => bytes.clear(),
        Err(error) if error.error_len().is_none() => {
            bytes.drain(..error.valid_up_to());
        }
        Err(_) => return false,
    }
    true
}
