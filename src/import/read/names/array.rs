//! The elements of a JSON array, one at a time.
//!
//! Where an element begins and ends is told by its brackets and strings; only
//! one is held, up to the limit, and what it says is left to `serde_json`.

use std::io::{self, BufRead};
use std::sync::Arc;

use super::super::error::{Problem, ReadError};
use super::super::input::Input;
use super::super::row::Excerpt;
use super::super::{Format, Limits};

/// What may come next in the array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The bracket that begins it.
    Before,
    /// An element, or the end.
    First,
    /// An element: a comma came before.
    Element,
    /// A comma, or the end.
    Comma,
    /// Nothing.
    After,
}

/// Reads an array.
pub(super) struct Array {
    pub(super) input: Input,
    place: Place,
    /// The element read last.
    pub(super) element: Vec<u8>,
    /// The line it begins on.
    pub(super) line: u64,
}

impl Array {
    pub(super) const fn new(input: Input) -> Self {
        Self {
            input,
            place: Place::Before,
            element: Vec::new(),
            line: 1,
        }
    }

    /// Reads the next element; `false` once the array and the file have ended.
    pub(super) fn next(&mut self, limits: &Limits) -> Result<bool, ReadError> {
        loop {
            self.input.begin_piece();
            let Some(byte) = self.peek()? else {
                return match self.place {
                    Place::After => Ok(false),
                    Place::Before => Err(ReadError::Empty {
                        file: self.input.file(),
                    }),
                    _ => Err(self.cut()),
                };
            };
            self.line = self.input.line();
            match (self.place, byte) {
                (_, b' ' | b'\t' | b'\r' | b'\n') => {}
                (Place::Before, b'[') => self.place = Place::First,
                (Place::First | Place::Comma, b']') => self.place = Place::After,
                (Place::Comma, b',') => self.place = Place::Element,
                (Place::First | Place::Element, b'{' | b'"') => {
                    self.place = Place::Comma;
                    return self.take_element(limits).map(|()| true);
                }
                _ => return Err(self.malformed("something else stands there")),
            }
            self.input.consume(1);
        }
    }

    /// Reads an element that begins with the next byte.
    fn take_element(&mut self, limits: &Limits) -> Result<(), ReadError> {
        self.element.clear();
        let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
        loop {
            let byte = self.peek()?.ok_or_else(|| self.cut())?;
            self.input.consume(1);
            self.element.push(byte);
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' if in_string => is_escaped = true,
                b'"' => in_string = !in_string,
                b'{' | b'[' if !in_string => depth += 1,
                b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > limits.depth_max {
                let max = limits.depth_max as u64;
                return Err(self.input.over("the depth of nesting", max));
            }
            if depth == 0 && !in_string {
                return Ok(());
            }
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        loop {
            match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.input.failed(error)),
                Ok(available) => return Ok(available.first().copied()),
            }
        }
    }

    fn cut(&self) -> ReadError {
        ReadError::Truncated {
            file: self.input.file(),
            line: self.input.line(),
            missing: "the bracket that closes its list",
        }
    }

    /// Returns the error for something that the array may not hold.
    pub(super) fn malformed(&self, why: &str) -> ReadError {
        ReadError::Malformed {
            file: Arc::clone(&self.input.file()),
            line: self.line,
            format: Format::Names,
            problem: Problem::NamedArray(Excerpt::of(why)),
        }
    }
}
