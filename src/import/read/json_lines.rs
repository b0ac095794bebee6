//! JSON, one object a line.
//!
//! What FollowTheMoney's and interdict's own lines stand on. A line is held
//! while it is read, and no line longer than [`Limits::text_bytes_max`] is;
//! nesting is bounded by the parser, and a key that is given twice where it
//! matters is refused by it. Blank lines are skipped.
//!
//! A file that ends inside a value was cut. One that ends after a value looks
//! whole: whether it is, a format must tell by other means.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::error::{Problem, ReadError};
use super::input::{Input, LineEnd};
use super::row::Locator;
use super::{Format, InputFile, Limits};

/// Most characters of the parser's own words that are shown.
const WORDS_MAX: usize = 300;

/// A file read line by line.
pub(super) struct Lines {
    input: Input,
    format: Format,
    bytes_max: usize,
    line: Vec<u8>,
    at: u64,
    /// Whether the line that is held ended with a newline.
    newline_seen: bool,
}

impl Lines {
    pub(super) fn open(
        file: InputFile,
        format: Format,
        limits: &Limits,
    ) -> Result<Self, ReadError> {
        Ok(Self {
            input: Input::open(file, limits)?,
            format,
            bytes_max: limits.text_bytes_max,
            line: Vec::new(),
            at: 1,
            newline_seen: true,
        })
    }

    /// Reads the next line that is not blank. `false` means that there is
    /// none.
    pub(super) fn advance(&mut self) -> Result<bool, ReadError> {
        loop {
            self.line.clear();
            self.at = self.input.line();
            let end = self.input.read_line(&mut self.line, self.bytes_max);
            match end.map_err(|source| self.input.failed(source))? {
                LineEnd::Nothing => return Ok(false),
                LineEnd::TooLong => {
                    return Err(ReadError::Limit {
                        file: self.input.file(),
                        line: self.at,
                        what: "the line's length in bytes",
                        max: self.bytes_max as u64,
                    });
                }
                end => self.newline_seen = end == LineEnd::Newline,
            }
            if !self.line.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }

    /// Returns what the object on the line says.
    pub(super) fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, ReadError> {
        let parsed = serde_json::from_slice(&self.line);
        parsed.map(|Object(said)| said).map_err(|error| {
            if error.is_eof() && !self.newline_seen {
                return self.truncated("the end of its last line");
            }
            self.malformed(Problem::Json(words(&error)))
        })
    }

    /// Tells whether the line that is held ended with a newline.
    pub(super) const fn newline_seen(&self) -> bool {
        self.newline_seen
    }

    pub(super) fn file(&self) -> Arc<str> {
        self.input.file()
    }

    /// Returns where the line stands.
    pub(super) fn locator(&self) -> Locator {
        self.input.locator(self.at)
    }

    /// Returns the error for a rule that the line broke.
    pub(super) fn malformed(&self, problem: Problem) -> ReadError {
        ReadError::Malformed {
            file: self.input.file(),
            line: self.at,
            format: self.format,
            problem,
        }
    }

    /// Returns the error for something that the file ends before.
    pub(super) fn truncated(&self, missing: &'static str) -> ReadError {
        ReadError::Truncated {
            file: self.input.file(),
            line: self.at,
            missing,
        }
    }
}

/// A value that is written as an object, and not as an array of what its
/// fields would be, which a derived reader takes as well.
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(Fields(PhantomData))
    }
}

/// Returns what the parser says, short, visible, and with the place within
/// the line instead of within what the parser was given.
fn words(error: &serde_json::Error) -> Box<str> {
    let all = error.to_string();
    let said = all.rsplit_once(" at line ").map_or(&*all, |(said, _)| said);
    let visible = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let said: String = said.chars().take(WORDS_MAX).map(visible).collect();
    format!("{said} (column {})", error.column()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8], limits: &Limits) -> Lines {
        let file = InputFile::of_bytes("a", bytes.to_vec());
        Lines::open(file, Format::Ndjson, limits).expect("opens")
    }

    #[derive(Debug, Deserialize)]
    struct Number {
        n: u64,
    }

    fn numbers(bytes: &[u8]) -> Result<Vec<(u64, u64)>, ReadError> {
        let mut lines = lines(bytes, &Limits::default());
        let mut all = Vec::new();
        while lines.advance()? {
            let Number { n } = lines.parse()?;
            all.push((lines.locator().line, n));
        }
        Ok(all)
    }

    #[test]
    fn blank_lines_are_skipped_and_lines_counted() {
        let read =
            numbers(b"\xef\xbb\xbf{\"n\":1}\n\n \r\n{\"n\":2}\r\n {\"n\":3}").expect("reads");
        assert_eq!(read, [(1, 1), (4, 2), (5, 3)]);
    }

    #[test]
    fn a_value_that_the_file_ends_in_was_cut_and_any_other_is_malformed() {
        let mut cut = lines(b"{\"n\":1}\n{\"n\":", &Limits::default());
        assert!(cut.advance().expect("reads"));
        cut.parse::<Number>().expect("is whole");
        assert!(cut.advance().expect("reads"));
        let error = cut.parse::<Number>().expect_err("is cut");
        assert!(
            matches!(error, ReadError::Truncated { line: 2, .. }),
            "{error}"
        );
        for bytes in [
            &b"{\"n\":\n2}\n"[..],
            b"{\"n\":1} 2\n",
            b"{\"\xff\":0,\"n\":1}\n",
            b"{\"n\":1e999}\n",
            b"{\"n\":1,\"n\":2}\n",
            b"[1]\n",
            b"nul\n",
        ] {
            let error = numbers(bytes).expect_err("is malformed");
            assert!(
                matches!(error, ReadError::Malformed { line: 1, .. }),
                "{error}"
            );
        }
    }

    #[test]
    fn what_the_parser_says_is_short_and_tells_the_column() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Nothing {}
        let text = format!("{{\"{}\":1}}\n", "\\u0007x".repeat(10_000));
        let mut lines = lines(text.as_bytes(), &Limits::default());
        assert!(lines.advance().expect("reads"));
        let said = lines.parse::<Nothing>().expect_err("unknown").to_string();
        assert!(said.chars().count() < 400, "{said}");
        assert!(!said.contains(char::is_control), "{said}");
        assert!(said.contains("(column "), "{said}");
    }

    #[test]
    fn a_line_one_byte_past_the_limit_is_refused() {
        let limits = Limits {
            text_bytes_max: 4,
            ..Limits::default()
        };
        assert!(lines(b"1234\n", &limits).advance().expect("reads"));
        let error = lines(b"12345\n", &limits).advance().expect_err("too long");
        assert!(matches!(error, ReadError::Limit { max: 4, .. }), "{error}");
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = format!("{{\"a\":{}\n", "[".repeat(100_000));
        let mut lines = lines(deep.as_bytes(), &Limits::default());
        assert!(lines.advance().expect("reads"));
        let error = lines
            .parse::<std::collections::HashMap<String, serde_json::Value>>()
            .expect_err("is too deep")
            .to_string();
        assert!(error.contains("recursion limit"), "{error}");
    }
}
