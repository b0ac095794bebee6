//! Rows of NDJSON: each is copied as it stands, with the answer put before
//! its closing brace.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use super::super::Failure;
use super::answer::{Answer, NOT_TEXT, Question};
use super::columns::Columns;
use super::csv::Asked;
use super::input::{Input, mark_bytes};
use super::text::{Lines, Place, Row};

/// Which members hold what is asked.
#[derive(Debug)]
pub(super) struct Ndjson {
    address: String,
    network: Option<String>,
    date: Option<String>,
    columns: Columns,
    /// The names of the members that are added, in quotes.
    names: Vec<String>,
    taken: Vec<String>,
}

impl Ndjson {
    /// Finds where the rows begin.
    pub(super) fn open(
        paths: &[std::path::PathBuf],
        asked: &Asked<'_>,
        columns: Columns,
    ) -> Result<(Self, Vec<Input>), Failure> {
        let input = |path: &std::path::PathBuf| {
            let data_start = mark_bytes(path)?;
            let path = path.clone();
            Ok(Input { path, data_start })
        };
        let inputs = paths.iter().map(input).collect::<Result<_, Failure>>()?;
        let ndjson = Self {
            address: asked.address.to_owned(),
            network: asked.network.map(str::to_owned),
            date: asked.date.map(str::to_owned),
            columns,
            names: columns
                .texts()
                .iter()
                .map(|name| format!("\"{name}\""))
                .collect(),
            taken: columns.names(),
        };
        Ok((ndjson, inputs))
    }
}

impl Lines for Ndjson {
    fn read<'c>(&self, bytes: &'c [u8], at: usize, _: bool) -> Result<Row<'c>, String> {
        let rest = &bytes[at..];
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let record = rest[..length].trim_ascii_end();
        let place = Place {
            start: at,
            end: at + record.len(),
            next: at + length,
            missing: 0,
        };
        if record.trim_ascii().is_empty() {
            let question = None;
            return Ok(Row { place, question });
        }
        // The parser's own words may repeat what is in the row.
        let mut members = Members::default();
        let mut parser = serde_json::Deserializer::from_slice(record);
        let read = parser.deserialize_map(Wanted(self, &mut members));
        if let Some(name) = members.collision {
            return Err(format!(
                "it has a member `{name}` already, which would be added: rename it"
            ));
        }
        read.and_then(|()| parser.end())
            .map_err(|error| format!("it is no JSON object at column {}", error.column()))?;
        let question = members.ask(self);
        Ok(Row {
            place,
            question: Some(question),
        })
    }

    fn write(&self, bytes: &[u8], place: Place, answer: &Answer, out: &mut Vec<u8>) {
        let record = &bytes[place.start..place.end];
        // It was read as an object: a brace ends it.
        let open = record.strip_suffix(b"}").unwrap_or(record).trim_ascii_end();
        out.extend_from_slice(open);
        let mut separator: &[u8] = match open.trim_ascii() {
            b"{" => b"",
            _ => b",",
        };
        for (name, cell) in self.names.iter().zip(self.columns.cells(answer)) {
            out.extend_from_slice(separator);
            out.extend_from_slice(name.as_bytes());
            out.push(b':');
            out.extend_from_slice(serde_json::Value::from(cell).to_string().as_bytes());
            separator = b",";
        }
    }

    fn close(&self, number: Option<u64>, line_end: &[u8], out: &mut Vec<u8>) {
        if let Some(number) = number {
            let name = Columns::row_name();
            out.extend_from_slice(format!(",\"{name}\":{number}").as_bytes());
        }
        out.push(b'}');
        out.extend_from_slice(match line_end.ends_with(b"\n") {
            true => line_end,
            false => b"\n",
        });
    }
}

/// What a member says.
#[derive(Debug, Default)]
enum Said<'c> {
    /// It is not there, or null.
    #[default]
    Nothing,
    Text(Cow<'c, str>),
    /// A number, a list, or the same member twice.
    Otherwise,
}

#[derive(Debug, Default)]
struct Members<'c> {
    address: Said<'c>,
    network: Said<'c>,
    date: Said<'c>,
    collision: Option<String>,
}

impl<'c> Members<'c> {
    fn ask(self, names: &Ndjson) -> Question<'c> {
        let bytes = |said| match said {
            Said::Text(Cow::Borrowed(text)) => (Cow::Borrowed(text.as_bytes()), None),
            Said::Text(Cow::Owned(text)) => (Cow::Owned(text.into_bytes()), None),
            Said::Nothing => (Cow::Borrowed(&b""[..]), None),
            Said::Otherwise => (Cow::Borrowed(&b""[..]), Some(NOT_TEXT)),
        };
        let (address, address_doubt) = bytes(self.address);
        let (network, network_doubt) = bytes(self.network);
        let (date, _) = bytes(self.date);
        let mut question = Question::about(address).on(network);
        question.doubt = question.doubt.or(address_doubt).or(network_doubt);
        if names.date.is_some() {
            question = question.at(&date);
        }
        question
    }
}

/// Takes the wanted members out of an object, and looks past the others.
struct Wanted<'n, 'm, 'c>(&'n Ndjson, &'m mut Members<'c>);

impl<'c> Visitor<'c> for Wanted<'_, '_, 'c> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'c>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(names, members) = self;
        while let Some(name) = map.next_key::<Name<'c>>()? {
            let name = &*name.0;
            if names
                .taken
                .iter()
                .any(|taken| taken.eq_ignore_ascii_case(name))
            {
                members.collision = Some(name.to_owned());
                return Err(A::Error::custom("a member is taken"));
            }
            let is = |wanted: &Option<String>| wanted.as_deref() == Some(name);
            let is_address = name == names.address;
            let wanted = match () {
                () if is_address => &mut members.address,
                () if is(&names.network) => &mut members.network,
                () if is(&names.date) => &mut members.date,
                () => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let said = map.next_value::<Said<'c>>()?;
            *wanted = match wanted {
                Said::Nothing => said,
                // Twice the same member: readers differ in which they take.
                _ => Said::Otherwise,
            };
        }
        Ok(())
    }
}

/// A name, borrowed where it can be.
struct Name<'c>(Cow<'c, str>);

impl<'c> Deserialize<'c> for Name<'c> {
    fn deserialize<D: Deserializer<'c>>(deserializer: D) -> Result<Self, D::Error> {
        match Said::deserialize(deserializer)? {
            Said::Text(text) => Ok(Self(text)),
            _ => Err(D::Error::custom("a name is a text")),
        }
    }
}

impl<'c> Deserialize<'c> for Said<'c> {
    fn deserialize<D: Deserializer<'c>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SaidVisitor)
    }
}

struct SaidVisitor;

impl<'c> Visitor<'c> for SaidVisitor {
    type Value = Said<'c>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'c str) -> Result<Said<'c>, E> {
        Ok(Said::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Said<'c>, E> {
        Ok(Said::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Said<'c>, E> {
        Ok(Said::Nothing)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Said<'c>, E> {
        Ok(Said::Otherwise)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Said<'c>, E> {
        Ok(Said::Otherwise)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Said<'c>, E> {
        Ok(Said::Otherwise)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Said<'c>, E> {
        Ok(Said::Otherwise)
    }

    fn visit_seq<A: serde::de::SeqAccess<'c>>(self, mut list: A) -> Result<Said<'c>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Said::Otherwise)
    }

    fn visit_map<A: MapAccess<'c>>(self, mut map: A) -> Result<Said<'c>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Said::Otherwise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ndjson() -> Ndjson {
        let asked = Asked {
            address: "to",
            network: Some("net"),
            date: None,
        };
        let columns = Columns {
            change: false,
            row: true,
        };
        Ndjson::open(&[], &asked, columns).expect("opens").0
    }

    fn asked(line: &str) -> Result<(String, String, Option<&'static str>), String> {
        let row = ndjson().read(line.as_bytes(), 0, true)?;
        let question = row.question.expect("a row");
        let Question {
            text,
            network,
            doubt,
            ..
        } = question;
        Ok((text.into_owned(), network.into_owned(), doubt))
    }

    #[test]
    fn members_are_found_and_what_is_no_text_is_doubted() {
        let found =
            |text: &str, network: &str, doubt| Ok((text.to_owned(), network.to_owned(), doubt));
        assert_eq!(
            asked(r#"{"a":{"to":1},"to":"x","net":" BTC "}"#),
            found("x", "BTC", None)
        );
        assert_eq!(asked(r#"{"to":"a\u0062\n"}"#), found("ab\n", "", None));
        assert_eq!(asked(r#"{"to":null}"#), found("", "", None));
        assert_eq!(asked("{}"), found("", "", None));
        for odd in [r#"{"to":17}"#, r#"{"to":["x"]}"#, r#"{"to":"x","to":"y"}"#] {
            assert_eq!(asked(odd), found("", "", Some(NOT_TEXT)), "{odd}");
        }
        for bad in [
            "[1]",
            "{\"to\":\"x\"",
            "{\"to\":\"x\"} {}",
            "x",
            "{\"interdict_row\":1}",
        ] {
            assert!(asked(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_answer_stands_before_the_closing_brace() {
        for (line, begins) in [
            (
                "{\"to\": \"x\" } \r\n",
                "{\"to\": \"x\",\"interdict_verdict\":\"NOT_LISTED\"",
            ),
            ("{ }\n", "{\"interdict_verdict\":\"NOT_LISTED\""),
        ] {
            let ndjson = ndjson();
            let row = ndjson.read(line.as_bytes(), 0, true).expect("a row");
            let mut out = Vec::new();
            ndjson.write(line.as_bytes(), row.place, &Answer::Plain, &mut out);
            ndjson.close(Some(7), b"\n", &mut out);
            let text = String::from_utf8(out).expect("text");
            assert!(text.starts_with(begins), "{text}");
            let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(value["interdict_row"], 7);
        }
    }
}
