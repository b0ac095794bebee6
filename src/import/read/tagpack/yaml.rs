//! YAML, event by event, bounded while it is read.
//!
//! Scalars come out as they are written: nothing is taken for a number, so an
//! address of digits or an unquoted `0x…` stays text. Anchors and aliases are
//! refused, because a few of them can stand for gigabytes; so is a second
//! document, a control character, and nesting deeper than the limit.

use std::io::{self, BufRead};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use saphyr_parser::{BufferedInput, Event as Yaml, Parser, ScalarStyle};

use super::super::error::{Problem, ReadError};
use super::super::input::Input;
use super::super::row::Excerpt;
use super::super::{Format, InputFile, Limits};

/// How many bytes are decoded at a time.
const CHUNK_BYTES: usize = 4 << 10;

/// What comes next in a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A text; `None` where YAML says null.
    Scalar(Option<String>),
    /// A list begins.
    List,
    /// A mapping begins.
    Mapping,
    /// The list or mapping ends.
    End,
    /// The file is at its end.
    EndOfFile,
}

/// What stands under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Nothing.
    None,
    /// A mapping, or a list of nothing but mappings and lists, which no field
    /// of a pack is.
    Other,
    /// A text.
    Text(String),
    /// The texts of a list.
    Texts(Vec<String>),
}

/// The events of a file.
pub(super) struct Events {
    parser: Parser<'static, BufferedInput<Characters>>,
    shared: Arc<Mutex<Shared>>,
    pub(super) file: Arc<str>,
    /// The line that the last event began on.
    pub(super) line: u64,
    depth: usize,
    limits: Limits,
}

impl Events {
    pub(super) fn open(file: InputFile, limits: &Limits) -> Result<Self, ReadError> {
        let input = Input::open(file, limits)?;
        let shared = Arc::<Mutex<Shared>>::default();
        let file = input.file();
        let characters = Characters {
            input,
            shared: Arc::clone(&shared),
            undecoded: Vec::new(),
            decoded: String::new(),
            at: 0,
            line: 1,
        };
        Ok(Self {
            parser: Parser::new_from_iter(characters),
            shared,
            file,
            line: 1,
            depth: 0,
            limits: limits.clone(),
        })
    }

    /// Returns the next event.
    pub(super) fn next(&mut self) -> Result<Event, ReadError> {
        loop {
            lock(&self.shared).is_new_piece = true;
            let next = self.parser.next_event();
            if let Some(error) = lock(&self.shared).error.take() {
                return Err(error);
            }
            let (event, span) = match next {
                None => return Ok(Event::EndOfFile),
                Some(Ok(told)) => told,
                Some(Err(error)) => {
                    self.line = error.marker().line() as u64;
                    let problem = Problem::Yaml(Excerpt::of(error.info()));
                    return Err(self.malformed(problem));
                }
            };
            self.line = span.start.line() as u64;
            if let Some(event) = self.take(event)? {
                return Ok(event);
            }
        }
    }

    /// Turns the parser's event into ours, if it says anything.
    fn take(&mut self, event: Yaml<'static>) -> Result<Option<Event>, ReadError> {
        let anchor = match event {
            Yaml::Scalar(_, _, anchor, _)
            | Yaml::SequenceStart(anchor, _)
            | Yaml::MappingStart(anchor, _)
            | Yaml::Alias(anchor) => anchor,
            _ => 0,
        };
        if anchor != 0 {
            return Err(self.malformed(Problem::Anchor));
        }
        Ok(match event {
            Yaml::Scalar(text, style, ..) => {
                let is_plain = style == ScalarStyle::Plain;
                let is_null = matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let text = (!is_plain || !is_null).then(|| text.into_owned());
                Some(Event::Scalar(text))
            }
            Yaml::SequenceStart(..) => self.deeper(Event::List).map(Some)?,
            Yaml::MappingStart(..) => self.deeper(Event::Mapping).map(Some)?,
            Yaml::SequenceEnd | Yaml::MappingEnd => {
                self.depth -= 1;
                Some(Event::End)
            }
            Yaml::StreamEnd => Some(Event::EndOfFile),
            _ => None,
        })
    }

    fn deeper(&mut self, event: Event) -> Result<Event, ReadError> {
        self.depth += 1;
        if self.depth > self.limits.depth_max {
            return Err(self.over("the depth of nesting", self.limits.depth_max));
        }
        Ok(event)
    }

    /// Reads what stands under a key, whatever it is.
    pub(super) fn value(&mut self) -> Result<Value, ReadError> {
        let mut texts = Vec::new();
        let mut has_other = false;
        match self.next()? {
            Event::Scalar(text) => return Ok(text.map_or(Value::None, Value::Text)),
            Event::List => {}
            Event::Mapping => return self.pass_over().map(|()| Value::Other),
            Event::End | Event::EndOfFile => return Err(self.malformed(Problem::NotAPack)),
        }
        loop {
            match self.next()? {
                Event::Scalar(text) => texts.extend(text),
                Event::List | Event::Mapping => {
                    self.pass_over()?;
                    has_other = true;
                }
                Event::End | Event::EndOfFile if has_other && texts.is_empty() => {
                    return Ok(Value::Other);
                }
                Event::End | Event::EndOfFile => return Ok(Value::Texts(texts)),
            }
            if texts.len() > self.limits.attributes_max {
                return Err(self.over(
                    "the number of values under one key",
                    self.limits.attributes_max,
                ));
            }
        }
    }

    /// Passes over the rest of the list or mapping that has begun.
    fn pass_over(&mut self) -> Result<(), ReadError> {
        let outside = self.depth - 1;
        while self.depth > outside {
            if self.next()? == Event::EndOfFile {
                return Err(self.malformed(Problem::NotAPack));
            }
        }
        Ok(())
    }

    /// Tells whether the file, which was read to its end, ends with a newline.
    pub(super) fn ends_with_newline(&self) -> bool {
        lock(&self.shared).last == '\n'
    }

    pub(super) fn malformed(&self, problem: Problem) -> ReadError {
        ReadError::Malformed {
            file: Arc::clone(&self.file),
            line: self.line,
            format: Format::TagPack,
            problem,
        }
    }

    pub(super) fn over(&self, what: &'static str, max: usize) -> ReadError {
        ReadError::Limit {
            file: Arc::clone(&self.file),
            line: self.line,
            what,
            max: max as u64,
        }
    }
}

/// What the parser, which knows only characters, cannot carry.
#[derive(Default)]
struct Shared {
    /// Why the characters ended early.
    error: Option<ReadError>,
    /// Whether an event was given since characters were last read.
    is_new_piece: bool,
    /// The last character read.
    last: char,
}

/// Locks what is shared. Only one thread ever does.
fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The characters of a file. They end where it ends, or where something is
/// wrong; then the error is left for [`Events`] to find.
struct Characters {
    input: Input,
    shared: Arc<Mutex<Shared>>,
    /// The first bytes of a character whose others are still to be read.
    undecoded: Vec<u8>,
    decoded: String,
    /// How much of `decoded` was given.
    at: usize,
    line: u64,
}

impl Characters {
    /// Decodes the next bytes; `false` at the end of the file.
    fn refill(&mut self) -> Result<bool, ReadError> {
        if mem::take(&mut lock(&self.shared).is_new_piece) {
            self.input.begin_piece();
        }
        self.at = 0;
        self.decoded.clear();
        while self.decoded.is_empty() {
            let available = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.input.failed(error)),
                Ok(available) => &available[..available.len().min(CHUNK_BYTES)],
            };
            let count = available.len();
            if count == 0 && self.undecoded.is_empty() {
                return Ok(false);
            }
            self.undecoded.extend_from_slice(available);
            self.input.consume(count);
            self.decode(count == 0)?;
        }
        self.line += self.decoded.matches('\n').count() as u64;
        lock(&self.shared).last = self.decoded.chars().next_back().unwrap_or_default();
        Ok(true)
    }

    fn decode(&mut self, is_end: bool) -> Result<(), ReadError> {
        let whole = match std::str::from_utf8(&self.undecoded) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() && !is_end => error.valid_up_to(),
            Err(error) => return Err(self.refused(error.valid_up_to(), Problem::NotUtf8)),
        };
        let bad = |byte: &u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r');
        if let Some(at) = self.undecoded[..whole].iter().position(bad) {
            return Err(self.refused(at, Problem::ControlCharacter));
        }
        let rest = self.undecoded.split_off(whole);
        let decoded = mem::replace(&mut self.undecoded, rest);
        self.decoded = String::from_utf8(decoded).expect("it was found valid just now");
        Ok(())
    }

    fn refused(&self, at: usize, problem: Problem) -> ReadError {
        let before = self.undecoded[..at].iter();
        ReadError::Malformed {
            file: self.input.file(),
            line: self.line + before.filter(|&&byte| byte == b'\n').count() as u64,
            format: Format::TagPack,
            problem,
        }
    }
}

impl Iterator for Characters {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        if self.at == self.decoded.len() {
            match self.refill() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    lock(&self.shared).error.get_or_insert(error);
                    return None;
                }
            }
        }
        let next = self.decoded[self.at..].chars().next()?;
        self.at += next.len_utf8();
        Some(next)
    }
}
