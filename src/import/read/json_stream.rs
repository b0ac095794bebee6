//! JSON documents, read as they come.
//!
//! What the formats that are one document stand on. A reader walks the
//! document ([`enter`](Json::enter), [`next`](Json::next)) and takes the
//! values it wants ([`value`](Json::value), [`object`](Json::object)); what it
//! skips is checked for its form and not held. One value that is held is no
//! larger in the file than [`Limits::text_bytes_max`], one object no larger in
//! memory than [`Limits::held_bytes_max`], nothing nests deeper than
//! [`Limits::depth_max`], and every value knows its line.
//!
//! A document that ends before its closing bracket was cut; anything after
//! that bracket is refused. A key that an object gives twice is refused where
//! its value is held, because readers disagree on which of the two counts, and
//! as soon as it is read, so that no more than one of each is held; among
//! members that are skipped it is not looked for. Texts, whether held or
//! skipped, must be UTF-8 and hold no unescaped control characters, unknown
//! escapes or lone surrogates. Grammar: [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259).

use std::io::BufRead as _;
use std::sync::Arc;

use super::error::{Problem, ReadError};
use super::input::Input;
use super::json_value::{Object, Value};
use super::row::{Excerpt, Locator};
use super::{Format, InputFile, Limits};

#[path = "json_token.rs"]
mod token;

/// A document being read.
pub(super) struct Json {
    input: Input,
    format: Format,
    depth_max: usize,
    held_bytes_max: usize,
    open: Vec<Open>,
}

/// An object or array whose end was not yet read.
struct Open {
    shape: Shape,
    /// Whether it had a member.
    any: bool,
}

/// What may be entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// An object.
    Object,
    /// An array.
    Array,
}

impl Shape {
    const fn close(self) -> u8 {
        match self {
            Self::Object => b'}',
            Self::Array => b']',
        }
    }
}

/// What comes next in an open object or array.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// An object's member, by its key. Its value must be read or skipped.
    Key(String),
    /// An array's element. It must be read or skipped.
    Element,
    /// Its end, which was read.
    End,
}

/// How a value begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begins {
    /// An object or array.
    With(Shape),
    /// A text.
    Text,
    /// A number, a truth value or `null`.
    Other,
}

impl Json {
    pub(super) fn open(
        file: InputFile,
        format: Format,
        limits: &Limits,
    ) -> Result<Self, ReadError> {
        Ok(Self {
            input: Input::open(file, limits)?,
            format,
            depth_max: limits.depth_max,
            held_bytes_max: limits.held_bytes_max,
            open: Vec::new(),
        })
    }

    pub(super) fn file(&self) -> Arc<str> {
        self.input.file()
    }

    /// Returns the place of what was read last, or, after [`begins`](Self::begins),
    /// of what comes.
    pub(super) fn locator(&self) -> Locator {
        self.input.locator(self.input.line())
    }

    /// Returns the error for a rule that the document broke here.
    pub(super) fn malformed(&self, problem: Problem) -> ReadError {
        ReadError::Malformed {
            file: self.input.file(),
            line: self.input.line(),
            format: self.format,
            problem,
        }
    }

    /// Returns the error for a rule of the format, in words.
    pub(super) fn wrong(&self, problem: impl Into<Box<str>>) -> ReadError {
        self.malformed(Problem::Json(problem.into()))
    }

    /// Tells how the next value begins.
    pub(super) fn begins(&mut self) -> Result<Begins, ReadError> {
        self.input.begin_piece();
        Ok(match self.visible()? {
            Some(b'{') => Begins::With(Shape::Object),
            Some(b'[') => Begins::With(Shape::Array),
            Some(b'"') => Begins::Text,
            Some(_) => Begins::Other,
            None if self.open.is_empty() => return Err(ReadError::Empty { file: self.file() }),
            None => return Err(self.truncated()),
        })
    }

    /// Enters the object or array that comes next.
    pub(super) fn enter(&mut self) -> Result<Shape, ReadError> {
        let shape = match self.begins()? {
            Begins::With(shape) => shape,
            _ => return Err(self.wrong("an object or an array should begin here")),
        };
        self.input.consume(1);
        if self.open.len() >= self.depth_max {
            let max = self.depth_max as u64;
            return Err(self.input.over("the nesting", max));
        }
        self.open.push(Open { shape, any: false });
        Ok(shape)
    }

    /// Returns what comes next in the innermost open object or array.
    pub(super) fn next(&mut self) -> Result<Next, ReadError> {
        self.input.begin_piece();
        self.next_within()
    }

    fn next_within(&mut self) -> Result<Next, ReadError> {
        let Some(&Open { shape, any }) = self.open.last() else {
            return Err(self.wrong("it is already at its end"));
        };
        let mut byte = self.must_see()?;
        if byte == shape.close() {
            self.input.consume(1);
            self.open.pop();
            return Ok(Next::End);
        }
        if any {
            if byte != b',' {
                return Err(self.unexpected(byte, "a comma or a closing bracket"));
            }
            self.input.consume(1);
            byte = self.must_see()?;
        }
        if let Some(open) = self.open.last_mut() {
            open.any = true;
        }
        match shape {
            Shape::Array if byte == b']' => Err(self.unexpected(byte, "a value")),
            Shape::Array => Ok(Next::Element),
            Shape::Object if byte == b'"' => {
                let key = self.text()?;
                let colon = self.must_see()?;
                if colon != b':' {
                    return Err(self.unexpected(colon, "a colon"));
                }
                self.input.consume(1);
                Ok(Next::Key(key))
            }
            Shape::Object => Err(self.unexpected(byte, "a key")),
        }
    }

    /// Reads the next value whole.
    pub(super) fn value(&mut self) -> Result<Value, ReadError> {
        self.input.begin_piece();
        self.value_within()
    }

    fn value_within(&mut self) -> Result<Value, ReadError> {
        let byte = self.must_see()?;
        match byte {
            b'"' => return self.text().map(Value::Text),
            b'{' | b'[' => {}
            _ => return self.scalar(),
        }
        let line = self.input.line();
        self.input.consume(1);
        if self.open.len() >= self.depth_max {
            return Err(self.input.over("the nesting", self.depth_max as u64));
        }
        let shape = if byte == b'{' {
            Shape::Object
        } else {
            Shape::Array
        };
        self.open.push(Open { shape, any: false });
        let (mut members, mut elements) = (Vec::new(), Vec::new());
        loop {
            match self.next_within()? {
                Next::Key(key) => members.push((key, self.value_within()?)),
                Next::Element => elements.push(self.value_within()?),
                Next::End if shape == Shape::Array => return Ok(Value::Array(elements)),
                Next::End => break,
            }
        }
        let object = Object::new(line, members);
        object
            .map(Value::Object)
            .map_err(|key| self.malformed(Problem::KeyTwice(Excerpt::of(&key))))
    }

    /// Reads an object's wanted members, each within the limit, and skips the
    /// rest. A value that is no object is skipped, and `None`.
    pub(super) fn object(&mut self, wanted: &[&str]) -> Result<Option<Object>, ReadError> {
        if self.begins()? != Begins::With(Shape::Object) {
            self.skip()?;
            return Ok(None);
        }
        let line = self.input.line();
        self.enter()?;
        let mut members = Vec::new();
        let mut seen = Vec::new();
        let mut bytes = 0;
        while let Next::Key(key) = self.next()? {
            let Some(&wanted) = wanted.iter().find(|&&wanted| *wanted == *key) else {
                self.skip()?;
                continue;
            };
            self.once(&mut seen, wanted)?;
            let value = self.value()?;
            bytes += value.bytes();
            if bytes > self.held_bytes_max {
                let max = self.held_bytes_max as u64;
                return Err(self.input.over("one object's size in memory", max));
            }
            members.push((key, value));
        }
        let object = Object::new(line, members);
        object
            .map(Some)
            .map_err(|key| self.malformed(Problem::KeyTwice(Excerpt::of(&key))))
    }

    /// Refuses a key that was already `seen` in the same object.
    pub(super) fn once<'k>(&self, seen: &mut Vec<&'k str>, key: &'k str) -> Result<(), ReadError> {
        if seen.contains(&key) {
            return Err(self.malformed(Problem::KeyTwice(Excerpt::of(key))));
        }
        seen.push(key);
        Ok(())
    }

    /// Collects the keys of the object that comes next, and the values that
    /// are texts; what was read before an error is kept.
    pub(super) fn members_into(
        &mut self,
        members: &mut Vec<(String, Option<String>)>,
    ) -> Result<(), ReadError> {
        if self.begins()? != Begins::With(Shape::Object) {
            return Ok(());
        }
        self.enter()?;
        while let Next::Key(key) = self.next()? {
            members.push((key, None));
            let is_text = self.begins()? == Begins::Text;
            if !is_text {
                self.skip()?;
            } else if let Some((_, text)) = members.last_mut() {
                *text = Some(self.text()?);
            }
        }
        Ok(())
    }

    /// Reads past the next value, holding nothing of it.
    pub(super) fn skip(&mut self) -> Result<(), ReadError> {
        let depth = self.open.len();
        loop {
            match self.begins()? {
                Begins::With(_) => {
                    self.enter()?;
                }
                Begins::Text => self.skip_text()?,
                Begins::Other => {
                    self.scalar()?;
                }
            }
            loop {
                if self.open.len() == depth {
                    return Ok(());
                }
                if self.skip_to_value()? {
                    break;
                }
            }
        }
    }

    /// Goes on to the next value of what is open. `false`: it was closed.
    fn skip_to_value(&mut self) -> Result<bool, ReadError> {
        Ok(self.next()? != Next::End)
    }

    /// Checks that nothing stands after the document.
    pub(super) fn finish(&mut self) -> Result<(), ReadError> {
        self.input.begin_piece();
        match self.visible()? {
            None => Ok(()),
            Some(_) => Err(self.wrong("there is content after the end of the document")),
        }
    }

    fn truncated(&self) -> ReadError {
        let missing = match self.open.first().map(|open| open.shape) {
            Some(Shape::Array) => "its closing bracket `]`",
            _ => "its closing brace `}`",
        };
        ReadError::Truncated {
            file: self.input.file(),
            line: self.input.line(),
            missing,
        }
    }

    fn unexpected(&self, found: u8, wanted: &str) -> ReadError {
        self.wrong(format!(
            "`{}` stands where {wanted} should",
            Excerpt::of(&char::from(found).to_string())
        ))
    }
}

#[cfg(test)]
#[path = "json_stream_tests.rs"]
mod tests;
