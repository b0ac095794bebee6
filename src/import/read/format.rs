//! Which format a file is in: by name, or by looking at how it begins.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::csv::Column;
use super::json_stream::Json;
use super::row::Excerpt;
use super::{
    InputFile, Limits, eu, ftm, json, misp, names, nbctf, ndjson, notice, ofac_advanced,
    ransomwhere, record, stix, tagpack, uk,
};

macro_rules! formats {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A list format that can be read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Format { $($(#[$doc])* $variant,)* }

        impl Format {
            /// Every format.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the name used on the command line and in publications.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

formats! {
    /// OFAC's `SDN_ADVANCED.XML` and `CONS_ADVANCED.XML`.
    OfacAdvanced = "ofac-advanced",
    /// OFAC's classic `SDN.XML` and `CONSOLIDATED.XML`.
    OfacXml = "ofac-xml",
    /// OFAC's `SDN.CSV`, with `SDN_COMMENTS.CSV` beside it.
    OfacCsv = "ofac-csv",
    /// The UK Sanctions List.
    UkSanctions = "uk-sanctions",
    /// The EU's consolidated financial sanctions list.
    EuSanctions = "eu-sanctions",
    /// Israel's table of wallets under seizure orders.
    Nbctf = "nbctf",
    /// OpenSanctions' FollowTheMoney entities, one JSON object a line.
    FollowTheMoney = "ftm",
    /// A GraphSense TagPack.
    TagPack = "tagpack",
    /// ransomwhe.re's export.
    Ransomwhere = "ransomwhere",
    /// MISP events with wallet attributes.
    Misp = "misp",
    /// STIX 2.1 bundles with cryptocurrency wallets.
    Stix = "stix",
    /// A JSON array of addresses.
    Json = "json",
    /// `address;name;aka` lines, or a JSON array of such objects.
    Names = "names",
    /// The pasted text of a notice, such as the FBI's.
    Notice = "notice",
    /// interdict's own lossless lines of JSON.
    Ndjson = "ndjson",
    /// interdict's own CSV; its columns are described with its reader.
    Csv = "csv",
    /// One address a line.
    Text = "text",
}

/// A text that names no format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{given}` is not a list format: choose one of {choices}", choices = known())]
pub struct UnknownFormat {
    given: String,
}

fn known() -> String {
    let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
    names.join(", ")
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

/// The beginning of a file, by which its format is told.
pub(super) struct Start<'a> {
    /// The first bytes, without a byte order mark and leading blanks.
    pub(super) bytes: &'a [u8],
    /// The file's name, for formats that have too little else to go by.
    pub(super) name: &'a str,
}

impl Start<'_> {
    /// Tells whether the beginning holds a text.
    pub(super) fn contains(&self, text: &str) -> bool {
        self.bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    }

    /// Returns the keys of the JSON object that it begins with, and their
    /// values where those are texts, as far as the beginning goes.
    pub(super) fn json_members(&self) -> Vec<(String, Option<String>)> {
        let file = InputFile::of_bytes("start", self.bytes.to_vec());
        let mut members = Vec::new();
        let _ends_early = Json::open(file, Format::Json, &Limits::default())
            .and_then(|mut json| json.members_into(&mut members));
        members
    }

    /// Returns the local name of an XML document's root element.
    pub(super) fn xml_root(&self) -> Option<&str> {
        let text = match std::str::from_utf8(self.bytes) {
            Ok(text) => text,
            // The beginning may end within a character.
            Err(error) => std::str::from_utf8(&self.bytes[..error.valid_up_to()]).ok()?,
        };
        let mut rest = text.strip_prefix('<')?;
        while rest.starts_with(['?', '!']) {
            let end = if rest.starts_with("!--") { "-->" } else { ">" };
            rest = rest[rest.find(end)? + end.len()..].trim_start();
            rest = rest.strip_prefix('<')?;
        }
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))?;
        Some(rest[..end].rsplit(':').next().unwrap_or_default())
    }
}

/// Returns the format of a file from its first bytes, or `None` if they do
/// not tell. A few kilobytes are enough. The name decides nothing by itself:
/// it only confirms what few columns leave open.
pub fn detect(first_bytes: &[u8], name: &str) -> Option<Format> {
    let bytes = first_bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(first_bytes);
    let start = Start {
        bytes: bytes.trim_ascii_start(),
        name,
    };
    let told = Format::ALL.iter().copied().find(|format| match format {
        Format::OfacAdvanced => ofac_advanced::sniff(&start),
        Format::OfacXml => start.xml_root() == Some("sdnList"),
        Format::UkSanctions => uk::sniff(&start),
        Format::EuSanctions => eu::sniff(&start),
        Format::Nbctf => nbctf::sniff(&start),
        Format::FollowTheMoney => ftm::sniff(&start),
        Format::TagPack => tagpack::sniff(&start),
        Format::Ransomwhere => ransomwhere::sniff(&start),
        Format::Misp => misp::sniff(&start),
        Format::Stix => stix::sniff(&start),
        Format::Json => json::sniff(&start),
        Format::Names => names::sniff(&start),
        Format::Notice => notice::sniff(&start),
        Format::Ndjson => ndjson::sniff(&start),
        Format::OfacCsv | Format::Csv | Format::Text => false,
    });
    if told.is_some() || start.bytes.starts_with(b"<") {
        return told;
    }
    let line = first_content_line(start.bytes)?;
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

/// Returns what a file begins with: its root element, if it is XML, or else
/// its first words.
pub(super) fn beginning(first_bytes: &[u8]) -> Excerpt {
    let start = Start {
        bytes: first_bytes.trim_ascii_start(),
        name: "",
    };
    match start.xml_root() {
        Some(root) => Excerpt::of(&format!("<{root}>")),
        None => Excerpt::of(&String::from_utf8_lossy(start.bytes)),
    }
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

    const OFAC_CSV: &[u8] = b"36,\"AEROCARIBBEAN AIRLINES, INC\",-0- ,\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n";

    /// How a file begins, its name, and the format that this tells.
    const BEGINNINGS: &[(&[u8], &str, Option<Format>)] = &[
        (
            b"<?xml version=\"1.0\"?><sdnList>",
            "x",
            Some(Format::OfacXml),
        ),
        (
            b"\xef\xbb\xbf<sdnList xmlns=\"x\">",
            "x",
            Some(Format::OfacXml),
        ),
        (
            b"<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<!-- a <b> --><Sanctions xmlns=\"x\">",
            "x",
            Some(Format::OfacAdvanced),
        ),
        (
            b"<un:Sanctions xmlns:un=\"x\"",
            "x",
            Some(Format::OfacAdvanced),
        ),
        (b"<SanctionsList>", "SDN_ADVANCED.XML", None),
        (b"<sanctionsData xmlns=\"x\">", "delta.xml", None),
        (OFAC_CSV, "x", Some(Format::OfacCsv)),
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
        (b"[\"0x098b\", \"1a\"]", "x.json", Some(Format::Json)),
        (b"[\r\n]", "x", Some(Format::Json)),
        (
            b"{\"0x098b716b8aaf21512996dc57eb0615e2383e2f96\": [\"a.example\"]",
            "x",
            Some(Format::Json),
        ),
        (b"{\"message\": \"Not Found\"}", "x.json", None),
        (b"[{\"message\": \"Not Found\"}]", "x.json", None),
        (b"{}", "x.json", None),
        (b"title: FBI\ntags:\n", "x.yaml", Some(Format::TagPack)),
        (b"tags:\n", "x.yaml", Some(Format::TagPack)),
        (
            b"# a pack\n---\ntitle: a\ncreator: b\n",
            "x",
            Some(Format::TagPack),
        ),
        (b"header:\n  title:\n    type: text\n", "x.yaml", None),
        (b"title: a notice, and no pack\n", "x", None),
        (b"0xabc;Name;aka\n", "x", None),
        (b"address,colour\n", "x", None),
        (b"", "x", None),
        (b"# only a comment\n", "x", None),
    ];

    #[test]
    fn formats_are_told_by_how_they_begin() {
        for &(bytes, name, format) in BEGINNINGS {
            assert_eq!(
                detect(bytes, name),
                format,
                "{}",
                String::from_utf8_lossy(bytes)
            );
        }
    }

    #[test]
    fn free_text_lists_are_told_by_how_they_begin() {
        for (bytes, name, format) in [
            (
                &b"<?xml version=\"1.0\"?>\n<Designations xmlns:xsi=\"x\">\n  <DateGenerated>"[..],
                "x",
                Some(Format::UkSanctions),
            ),
            (
                b"Report Date: 08-Oct-2026\r\nLast Updated,Unique ID,OFSI Group ID",
                "x",
                Some(Format::UkSanctions),
            ),
            (
                b"\xef\xbb\xbfLast Updated,Unique ID,OFSI Group ID\n",
                "x",
                Some(Format::UkSanctions),
            ),
            (
                b"<?xml version=\"1.0\"?><export xmlns=\"http://eu.europa.ec/fpi/fsd/export\">",
                "x",
                Some(Format::EuSanctions),
            ),
            (
                b"<f:export>\n<sanctionEntity logicalId=\"1\">",
                "x",
                Some(Format::EuSanctions),
            ),
            (b"<export><something/></export>", "x", None),
            (b"Report Date: today\n", "x", None),
            (
                b"# published: 2025-02-26\nThe FBI has found these two wallets:\n\
                  0x51E9d833Ecae4E8D9D8Be17300AEE6D3398C135D\n3My1ffQr5qQzmq4aBFgRqwRYqfB5zPAt8t\n",
                "x",
                Some(Format::Notice),
            ),
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
