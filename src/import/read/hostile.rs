//! What comes from outside may be cut, corrupted or made to hurt.
//!
//! Two properties for every format: nothing panics, and a cut file is either
//! refused or says that something is missing, wherever the format allows a
//! cut to be seen.

use std::io::Cursor;

use proptest::prelude::*;

use super::{Facts, Format, InputFile, Limits, ReadError, Row, detect, open};
use crate::list::Category;

const XML: &[u8] = b"<?xml version=\"1.0\"?>\n<sdnList xmlns=\"x\"><publshInformation>\
<Publish_Date>05/03/2024</Publish_Date><Record_Count>2</Record_Count></publshInformation>\
<sdnEntry><uid>7</uid><lastName>D&amp;\xc3\x89</lastName><!-- c --><programList><program>P</program></programList>\
<idList><id><idType>Digital Currency Address - ETH</idType><idNumber a='1'>0xab</idNumber></id></idList></sdnEntry>\n\
<sdnEntry><uid>8</uid><idList><id><idType>Digital Currency Address - XBT</idType>\
<idNumber><![CDATA[1ab]]></idNumber></id></idList></sdnEntry></sdnList>";

const SDN: &[u8] = b"7,\"DOE, J\",-0- ,\"SDGT] [IRGC\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"Digital Currency Address - ETH 0xab; \
alt. Digital Currency Address - ETH 0xcd.\"\r\n8,\"X\",-0- ,\"P\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"Digital Currency Address - XBT 1ab.\"\r\n\x1a";

const COMMENTS: &[u8] = b"7,\"; Digital Currency Address - XBT 1cd.\"\r\n8,\"y.\"\r\n";

const OWN: &[u8] = b"# published: 2026-01-01\n# records: 2\naddress,note\n1a,\"x\ny\"\n1b,z\n";

const TEXT: &[u8] = b"# mine\n1a\n1b\n";

fn files(contents: &[&[u8]]) -> Vec<InputFile> {
    let file = |bytes: &&[u8]| InputFile {
        name: "f".to_owned(),
        content: Box::new(Cursor::new(bytes.to_vec())),
    };
    contents.iter().map(file).collect()
}

fn read(format: Format, contents: &[&[u8]]) -> Result<(Vec<Row>, Facts), ReadError> {
    let mut rows = open(format, Category::Theft, files(contents), Limits::default())?;
    let all = rows.by_ref().collect::<Result<Vec<_>, _>>()?;
    Ok((all, rows.facts().clone()))
}

#[test]
fn the_samples_are_whole() {
    assert_eq!(read(Format::OfacXml, &[XML]).expect("is whole").0.len(), 2);
    assert_eq!(read(Format::OfacCsv, &[SDN]).expect("is whole").0.len(), 3);
    assert_eq!(
        read(Format::OfacCsv, &[SDN, COMMENTS])
            .expect("is whole")
            .0
            .len(),
        4
    );
    assert_eq!(read(Format::Csv, &[OWN]).expect("is whole").0.len(), 2);
    assert_eq!(read(Format::Text, &[TEXT]).expect("is whole").0.len(), 2);
}

/// Goal: no prefix of a list passes for the list. Method: cut at every byte.
#[test]
fn a_cut_list_is_refused_wherever_it_is_cut() {
    for (format, sample) in [
        (Format::OfacXml, XML),
        (Format::OfacCsv, SDN),
        (Format::Csv, OWN),
    ] {
        for cut in 0..sample.len() {
            let result = read(format, &[&sample[..cut]]);
            assert!(
                result.is_err(),
                "{format} cut at {cut} of {}: {result:?}",
                sample.len()
            );
        }
    }
}

/// A comments file has no end mark. Cut between records it looks whole; then
/// the remarks it should continue are reported, as long as they are full.
#[test]
fn cut_comments_are_refused_or_what_they_lack_is_reported() {
    let full = format!("Digital Currency Address - XBT 1zz; {}", "x".repeat(1_000));
    let row = |uid: u32| {
        format!(
            "{uid},\"N\",-0- ,\"P\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"{}\"\r\n",
            &full[..1_000]
        )
    };
    let list = row(7) + &row(8) + "\u{1a}";
    for cut in 0..COMMENTS.len() {
        if let Ok((_, facts)) = read(Format::OfacCsv, &[list.as_bytes(), &COMMENTS[..cut]]) {
            assert_eq!(facts.warnings.len(), 1, "cut at {cut}");
        }
    }
    let (_, facts) = read(Format::OfacCsv, &[list.as_bytes(), COMMENTS]).expect("is whole");
    assert_eq!(facts.warnings, []);
}

#[test]
fn other_cuts_do_no_harm() {
    for cut in 0..TEXT.len() {
        let _ = read(Format::Text, &[&TEXT[..cut]]);
        let _ = detect(&TEXT[..cut], "f");
    }
}

#[test]
fn nul_bytes_are_never_taken_for_an_address_in_silence() {
    let (rows, _) = read(Format::Text, &[b"1a\0\n\0\0\0\n"]).expect("is read");
    assert!(rows.iter().all(|row| row.fault.is_some()), "{rows:?}");
    let (rows, _) = read(Format::Csv, &[b"address\n1\0a\n"]).expect("is read");
    assert!(rows[0].fault.is_some());
    let wide: Vec<u8> = "0xab\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (rows, _) = read(Format::Text, &[&wide]).expect("is read");
    assert!(rows.iter().all(|row| row.fault.is_some()), "{rows:?}");
}

#[test]
fn a_file_that_never_ends_is_stopped() {
    struct Endless(&'static [u8]);
    impl std::io::Read for Endless {
        fn read(&mut self, target: &mut [u8]) -> std::io::Result<usize> {
            target
                .iter_mut()
                .zip(self.0.iter().cycle())
                .for_each(|(to, from)| *to = *from);
            Ok(target.len())
        }
    }
    let limits = Limits {
        file_bytes_max: 4 << 20,
        ..Limits::default()
    };
    for (format, pattern) in [
        (Format::OfacXml, &b"<sdnList>x"[..]),
        (Format::OfacXml, b" "),
        (Format::OfacXml, b"<!-- "),
        (Format::OfacXml, b"<a b='"),
        (Format::OfacXml, b"&"),
        (Format::OfacCsv, b"\""),
        (Format::OfacCsv, b"1,\""),
        (Format::OfacCsv, b"1,2\n"),
        (Format::Csv, b"address,"),
        (Format::Csv, b"#\n"),
        (Format::Csv, b"\n"),
        (Format::Text, b"\n"),
        (Format::Text, b"x"),
    ] {
        let content = Box::new(std::io::BufReader::new(Endless(pattern)));
        let file = InputFile {
            name: "endless".to_owned(),
            content,
        };
        let error = match open(format, Category::Theft, vec![file], limits.clone()) {
            Ok(rows) => rows.filter_map(Result::err).next(),
            Err(error) => Some(error),
        };
        assert!(error.is_some(), "{format} {pattern:?}");
    }
}

fn every_format(bytes: &[u8]) {
    let _ = detect(bytes, "SDN_COMMENTS.CSV");
    for &format in Format::ALL {
        if let Ok((rows, _)) = read(format, &[bytes]) {
            for fault in rows.iter().filter_map(|row| row.fault.as_ref()) {
                assert!(fault.to_string().chars().count() < 400, "{fault}");
            }
        }
    }
    let _ = read(Format::OfacCsv, &[bytes, COMMENTS]);
    let _ = read(Format::OfacCsv, &[SDN, bytes]);
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        every_format(&bytes);
    }

    #[test]
    fn no_likely_text_panics(text in "[\",;#\n\r<>/&a-z0-9 \u{1a}é-]{0,200}") {
        every_format(text.as_bytes());
    }

    /// Goal: no single corrupted byte panics or makes a row vanish unseen
    /// from a counted list. Method: change one byte anywhere.
    #[test]
    fn one_changed_byte_loses_no_row_in_silence(at in any::<prop::sample::Index>(), byte: u8) {
        for (format, sample) in [(Format::OfacXml, XML), (Format::Csv, OWN)] {
            let mut bytes = sample.to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            every_format(&bytes);
            if format == Format::Csv && let Ok((rows, facts)) = read(format, &[&bytes]) {
                prop_assert_eq!(rows.len() as u64, facts.records);
            }
        }
    }
}
