//! Which format a file is in: by name, or by looking at how it begins.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::csv::Column;
use super::record;

/// A list format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// OFAC's classic `SDN.XML` and `CONSOLIDATED.XML`.
    OfacXml,
    /// OFAC's `SDN.CSV`, with `SDN_COMMENTS.CSV` beside it.
    OfacCsv,
    /// One address a line.
    Text,
    /// interdict's own CSV; its columns are described with its reader.
    Csv,
}

/// A text that names no format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{given}` is not a list format: choose one of ofac-xml, ofac-csv, text, csv")]
pub struct UnknownFormat {
    given: String,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] = &[Self::OfacXml, Self::OfacCsv, Self::Text, Self::Csv];

    /// Returns the name used on the command line and in publications.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OfacXml => "ofac-xml",
            Self::OfacCsv => "ofac-csv",
            Self::Text => "text",
            Self::Csv => "csv",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL
            .iter()
            .copied()
            .find(|format| format.name() == text);
        known.ok_or_else(|| UnknownFormat {
            given: text.chars().take(64).collect(),
        })
    }
}

/// Returns the format of a file from its first bytes, or `None` if they do
/// not tell. A few kilobytes are enough. The name decides nothing by itself:
/// it only confirms a comments file, whose two columns are few to go by.
pub fn detect(first_bytes: &[u8], name: &str) -> Option<Format> {
    let bytes = first_bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(first_bytes);
    let start = bytes.trim_ascii_start();
    if start.starts_with(b"<") {
        let is_list = start.starts_with(b"<?xml") || start.starts_with(b"<sdnList");
        return is_list.then_some(Format::OfacXml);
    }
    let line = first_content_line(bytes)?;
    let fields: Vec<String> = record::split_line(line)
        .iter()
        .map(|field| String::from_utf8_lossy(field).trim().to_owned())
        .collect();
    if is_own_header(&fields) {
        return Some(Format::Csv);
    }
    if is_ofac(&fields, line, name) {
        return Some(Format::OfacCsv);
    }
    is_one_token(line).then_some(Format::Text)
}

/// Returns the first line that is neither blank nor a comment.
fn first_content_line(bytes: &[u8]) -> Option<&[u8]> {
    bytes
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .find(|line| !line.is_empty() && !line.starts_with(b"#"))
}

fn is_own_header(fields: &[String]) -> bool {
    let columns: Option<Vec<Column>> = fields.iter().map(|field| Column::named(field)).collect();
    columns.is_some_and(|columns| columns.contains(&Column::Address))
}

fn is_ofac(fields: &[String], line: &[u8], name: &str) -> bool {
    let numbered = fields
        .first()
        .is_some_and(|first| !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit()));
    let is_comments = fields.len() == 2
        && (line.contains(&b'"') || name.to_ascii_uppercase().contains("COMMENTS"));
    numbered && (fields.len() == 12 || is_comments)
}

/// Tells a line that is one address from prose, JSON and YAML.
fn is_one_token(line: &[u8]) -> bool {
    let Ok(line) = std::str::from_utf8(line) else {
        return false;
    };
    let begins_well = line.chars().next().is_some_and(char::is_alphanumeric);
    let is_key = line.ends_with(':');
    let separates = |character: char| {
        character.is_whitespace() || character.is_control() || matches!(character, ',' | ';' | '"')
    };
    begins_well && !is_key && !line.contains(separates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for &format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert!("xml".parse::<Format>().is_err());
    }

    #[test]
    fn formats_are_told_by_how_they_begin() {
        let ofac = b"36,\"AEROCARIBBEAN AIRLINES, INC\",-0- ,\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n";
        for (bytes, name, format) in [
            (
                &b"<?xml version=\"1.0\"?><sdnList>"[..],
                "x",
                Some(Format::OfacXml),
            ),
            (
                b"\xef\xbb\xbf<sdnList xmlns=\"x\">",
                "x",
                Some(Format::OfacXml),
            ),
            (ofac, "x", Some(Format::OfacCsv)),
            (
                b"12300,\"Z S.A.S.; Linked To: A, B\"\r\n",
                "x",
                Some(Format::OfacCsv),
            ),
            (
                b"# published: 2026-01-01\naddress,ticker\n",
                "x",
                Some(Format::Csv),
            ),
            (b"ticker,note,address\r\n", "x", Some(Format::Csv)),
            (b"address\n1abc\n", "x", Some(Format::Csv)),
            (
                b"# mine\r\n\r\n0x098b716b8aaf21512996dc57eb0615e2383e2f96\r\n",
                "x",
                Some(Format::Text),
            ),
            (b"bitcoincash:qz\n", "x", Some(Format::Text)),
            (b"<!DOCTYPE html><html>", "SDN.XML", None),
            (b"[\"0x098b\", \"1a\"]", "x.json", None),
            (b"title: FBI\ntags:\n", "x.yaml", None),
            (b"tags:\n", "x.yaml", None),
            (b"0xabc;Name;aka\n", "x", None),
            (b"address,colour\n", "x", None),
            (b"", "x", None),
            (b"# only a comment\n", "x", None),
        ] {
            assert_eq!(
                detect(bytes, name),
                format,
                "{}",
                String::from_utf8_lossy(bytes)
            );
        }
    }
}
