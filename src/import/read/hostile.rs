//! What comes from outside may be cut, corrupted or made to hurt.
//!
//! Two properties for every format: nothing panics, and a cut file is either
//! refused or says that something is missing, wherever the format allows a
//! cut to be seen.

use proptest::prelude::*;

use super::{Facts, Format, InputFile, Limits, ReadError, Row, detect, open, read_delta};
use crate::list::Category;

const XML: &[u8] = b"<?xml version=\"1.0\"?>\n<sdnList xmlns=\"x\"><publshInformation>\
<Publish_Date>05/03/2024</Publish_Date><Record_Count>2</Record_Count></publshInformation>\
<sdnEntry><uid>7</uid><lastName>D&amp;\xc3\x89</lastName><!-- c --><programList><program>P</program></programList>\
<idList><id><idType>Digital Currency Address - ETH</idType><idNumber a='1'>0xab</idNumber></id></idList></sdnEntry>\n\
<sdnEntry><uid>8</uid><idList><id><idType>Digital Currency Address - XBT</idType>\
<idNumber><![CDATA[1ab]]></idNumber></id></idList></sdnEntry></sdnList>";

const ADVANCED: &[u8] = b"<?xml version=\"1.0\"?>\n<Sanctions xmlns=\"x\"><DateOfIssue><Year>2024</Year><Month>5</Month>\
<Day>3</Day></DateOfIssue><ReferenceValueSets><FeatureTypeValues><FeatureType ID='1'>Digital Currency Address - ETH</FeatureType>\
</FeatureTypeValues></ReferenceValueSets><DistinctParties><DistinctParty FixedRef='7'><Profile ID='8'><Identity Primary='true'>\
<Alias Primary='true'><DocumentedName><DocumentedNamePart><NamePartValue>D&amp;\xc3\x89</NamePartValue></DocumentedNamePart>\
</DocumentedName></Alias></Identity><Feature FeatureTypeID='1'><FeatureVersion><VersionDetail>0xab</VersionDetail>\
<VersionDetail><![CDATA[0xcd]]></VersionDetail></FeatureVersion></Feature><!-- c --></Profile></DistinctParty></DistinctParties>\
<SanctionsEntries><SanctionsEntry ProfileID='8'><EntryEvent><Date><Year>2020</Year><Month>1</Month><Day>2</Day></Date></EntryEvent>\
<SanctionsMeasure><Comment>P</Comment></SanctionsMeasure></SanctionsEntry></SanctionsEntries></Sanctions>";

const SDN: &[u8] = b"7,\"DOE, J\",-0- ,\"SDGT] [IRGC\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"Digital Currency Address - ETH 0xab; \
alt. Digital Currency Address - ETH 0xcd.\"\r\n8,\"X\",-0- ,\"P\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"Digital Currency Address - XBT 1ab.\"\r\n\x1a";

const COMMENTS: &[u8] = b"7,\"; Digital Currency Address - XBT 1cd.\"\r\n8,\"y.\"\r\n";

const OWN: &[u8] = b"# published: 2026-01-01\n# records: 2\naddress,note\n1a,\"x\ny\"\n1b,z\n";

const TEXT: &[u8] = b"# mine\n1a\n1b\n";

const NDJSON: &[u8] = b"{\"interdict\":\"entries\",\"version\":1,\"source\":\"a\"}\n\
{\"address\":\"1a\",\"note\":\"x\\ny\"}\n{\"address\":\"1b\",\"category\":\"THEFT\"}\n{\"entries\":2}";

const JSON: &[u8] = b" [\"1a\",\n\"1\\u0062\"]";

const FTM: &[u8] =
    b"{\"id\":\"w\",\"schema\":\"CryptoWallet\",\"properties\":{\"publicKey\":[\"1a\",\"1b\"]}}\n";

const RANSOMWHERE: &[u8] =
    b"{\"result\":[{\"address\":\"1a\",\"transactions\":[{\"amount\":1.5e-3}]},\n{\"address\":\"1b\",\"blockchain\":\"bitcoin\"}]}";

const MISP: &[u8] = b"{\"Event\":{\"info\":\"i\",\"Attribute\":[{\"type\":\"btc\",\"value\":\"1a\"}],\
\"Object\":[{\"name\":\"coin-address\",\"Attribute\":[{\"object_relation\":\"address-crypto\",\"value\":\"1b\"}]}]}}";

const STIX: &[u8] =
    b"{\"type\":\"bundle\",\"objects\":[{\"type\":\"cryptocurrency-wallet\",\"value\":\"1a\"},\n\
{\"type\":\"indicator\",\"pattern\":\"[cryptocurrency-wallet:value = '1b']\"}]}";

const JSON_FORMATS: [(Format, &[u8]); 6] = [
    (Format::Ndjson, NDJSON),
    (Format::Json, JSON),
    (Format::FollowTheMoney, FTM),
    (Format::Ransomwhere, RANSOMWHERE),
    (Format::Misp, MISP),
    (Format::Stix, STIX),
];

fn files(contents: &[&[u8]]) -> Vec<InputFile> {
    let file = |bytes: &&[u8]| InputFile::of_bytes("f", bytes.to_vec());
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
    assert_eq!(
        read(Format::OfacAdvanced, &[ADVANCED])
            .expect("is whole")
            .0
            .len(),
        2
    );
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
    for (format, sample) in JSON_FORMATS {
        assert_eq!(read(format, &[sample]).expect("is whole").0.len(), 2);
        assert_eq!(detect(sample, "f"), Some(format));
    }
}

/// Goal: no prefix of a list passes for the list. Method: cut at every byte.
#[test]
fn a_cut_list_is_refused_wherever_it_is_cut() {
    for (format, sample) in [
        (Format::OfacXml, XML),
        (Format::OfacAdvanced, ADVANCED),
        (Format::OfacCsv, SDN),
        (Format::Csv, OWN),
    ]
    .into_iter()
    .chain(JSON_FORMATS)
    {
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

/// What files are made of that never end.
const ENDLESS: &[(Format, &[u8])] = &[
    (Format::OfacXml, b"<sdnList>x"),
    (Format::OfacXml, b" "),
    (Format::OfacXml, b"<!-- "),
    (Format::OfacXml, b"<a b='"),
    (Format::OfacXml, b"&"),
    (Format::OfacAdvanced, b"<Sanctions>x"),
    (Format::OfacAdvanced, b" "),
    (Format::OfacAdvanced, b"<!-- "),
    (Format::OfacAdvanced, b"<Sanctions a='"),
    (Format::OfacCsv, b"\""),
    (Format::OfacCsv, b"1,\""),
    (Format::OfacCsv, b"1,2\n"),
    (Format::Csv, b"address,"),
    (Format::Csv, b"#\n"),
    (Format::Csv, b"\n"),
    (Format::Text, b"\n"),
    (Format::Text, b"x"),
    (Format::UkSanctions, b"<Designations>x"),
    (Format::UkSanctions, b"<Designations><a b='"),
    (Format::UkSanctions, b"Report Date: "),
    (Format::UkSanctions, b"Unique ID\n"),
    (Format::UkSanctions, b"\n"),
    (Format::EuSanctions, b"<export>x"),
    (Format::EuSanctions, b"<export b='"),
    (Format::Notice, b"0x"),
    (Format::Notice, b"#\n"),
    (Format::Json, b"["),
    (Format::Json, b" "),
    (Format::Json, b"[\"1a\","),
    (Format::Json, b"[\"1a"),
    (Format::Json, b"[1"),
    (Format::FollowTheMoney, b"{\"id\":\"a\",\"schema\":\"b\"}\n"),
    (Format::FollowTheMoney, b"{\"id\":"),
    (Format::Ransomwhere, b"{\"result\":[{"),
    (Format::Misp, b"{\"Event\":{\"Attribute\":["),
    (Format::Misp, b"[[],"),
    (Format::Stix, b"{\"objects\":[\""),
    (Format::Ndjson, b"\n"),
    (Format::Ndjson, b"{"),
    (Format::TagPack, b"x"),
    (Format::TagPack, b"#\n"),
    (Format::TagPack, b"- "),
    (Format::TagPack, b"{a: "),
    (Format::TagPack, b"\"\n "),
    (Format::TagPack, b"tags:\n- address: a\n"),
    (Format::Names, b"a1;x\n"),
    (Format::Names, b"a1;\"x\n"),
    (Format::Names, b"[{"),
    (Format::Names, b"[\"a\n"),
    (Format::Names, b"\n"),
    (Format::Nbctf, b"\n"),
    (Format::Nbctf, b","),
    (Format::Nbctf, "שם מלא,מספר זיהוי הארנק,מטבע\n".as_bytes()),
];

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
    for &(format, pattern) in ENDLESS {
        let file = InputFile::new("endless", move || {
            Ok(Box::new(std::io::BufReader::new(Endless(pattern))))
        });
        let error = match open(format, Category::Theft, vec![file], limits.clone()) {
            Ok(rows) => rows.filter_map(Result::err).next(),
            Err(error) => Some(error),
        };
        assert!(error.is_some(), "{format} {pattern:?}");
    }
}

/// Goal: what is made to hurt is refused or reported, whichever reader of
/// JSON gets it. Method: put it where the first address stands.
#[test]
fn hostile_json_is_never_taken_for_an_address_in_silence() {
    let long = [b"\"", &vec![b'a'; 10 << 20][..], b"\""].concat();
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let digits = vec![b'7'; 1 << 20];
    for (format, sample) in JSON_FORMATS {
        let at = sample
            .windows(4)
            .position(|window| window == b"\"1a\"")
            .expect("the sample has the address");
        let with = |instead: &[u8]| {
            let bytes = [&sample[..at], instead, &sample[at + 4..]].concat();
            read(format, &[&bytes])
        };
        for refused in [
            &deep[..],
            b"\"\xff\"",
            b"\"1\0a\"",
            b"\"1\na\"",
            b"\"\\ud800\"",
            b"\"1a",
        ] {
            let result = with(refused);
            assert!(result.is_err(), "{format}: {result:?}");
        }
        for reported in [
            &long[..],
            &digits[..],
            b"1e999999",
            b"\"1\\u0000a\"",
            b"\"\"",
            b"{}",
            b"null",
        ] {
            let Ok((rows, _)) = with(reported) else {
                continue;
            };
            let told = rows.iter().any(|row| row.fault.is_some());
            assert!(told, "{format}: {} bytes, {rows:?}", reported.len());
            let whole = |row: &Row| row.fault.is_none() && row.entry.is_some();
            assert_eq!(rows.iter().filter(|row| whole(row)).count(), 1, "{format}");
        }
    }
}

/// Goal: whatever a reader keeps can be exported and imported again. Method:
/// make every text of a list too long, one after another.
#[test]
fn what_is_kept_survives_an_export() {
    let source = "a".parse().expect("is a source id");
    let header = super::ndjson::Header {
        source: &source,
        tier: crate::list::Tier::Operator,
        published_on: None,
        licence: None,
    };
    let long = "a".repeat(5_000);
    let samples = [
        (
            Format::FollowTheMoney,
            include_str!("../../../tests/fixtures/lists/made_entities.ftm.json"),
        ),
        (
            Format::Ransomwhere,
            include_str!("../../../tests/fixtures/lists/ransomwhere_2021-09-22.json"),
        ),
        (
            Format::Misp,
            include_str!("../../../tests/fixtures/lists/made_misp_event.json"),
        ),
        (
            Format::Stix,
            include_str!("../../../tests/fixtures/lists/made_stix_bundle.json"),
        ),
    ];
    let mut read_at_all = 0;
    for (format, sample) in samples {
        let parts: Vec<&str> = sample.split('"').collect();
        for at in (1..parts.len()).step_by(2) {
            let mut parts = parts.clone();
            parts[at] = &long;
            let Ok((rows, _)) = read(format, &[parts.join("\"").as_bytes()]) else {
                continue;
            };
            read_at_all += 1;
            let entries: Vec<_> = rows.into_iter().filter_map(|row| row.entry).collect();
            let bytes =
                super::ndjson::write(Vec::new(), &header, &entries).expect("a Vec takes it");
            let (back, _) = read(Format::Ndjson, &[&bytes]).expect("is whole");
            let back: Vec<_> = back.into_iter().filter_map(|row| row.entry).collect();
            assert_eq!(back, entries, "{format}, text {at}");
        }
    }
    assert!(read_at_all > 500, "{read_at_all}");
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
    let _ = read_delta(files(&[bytes]).remove(0), &Limits::default());
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

    /// Goal: what is nearly JSON harms no reader of it. Method: cut a sample
    /// anywhere, put something else there, and go on with another sample.
    #[test]
    fn no_likely_json_panics(
        first in prop::sample::select(&JSON_FORMATS[..]),
        second in prop::sample::select(&JSON_FORMATS[..]),
        (cut, on) in any::<(prop::sample::Index, prop::sample::Index)>(),
        between in "[{}\\[\\]\",:0-9eE.\\\\u \n\u{0}é-]{0,12}",
    ) {
        let (head, tail) = (first.1, second.1);
        let bytes = [&head[..cut.index(head.len())], between.as_bytes(), &tail[on.index(tail.len())..]];
        let bytes = bytes.concat();
        let _ = detect(&bytes, "f");
        for (format, _) in JSON_FORMATS {
            if let Ok((rows, facts)) = read(format, &[&bytes]) {
                prop_assert_eq!(rows.len() as u64, facts.records);
            }
        }
    }

    /// Goal: no single corrupted byte panics or makes a row vanish unseen
    /// from a counted list. Method: change one byte anywhere.
    #[test]
    fn one_changed_byte_loses_no_row_in_silence(at in any::<prop::sample::Index>(), byte: u8) {
        for (format, sample) in [
            (Format::OfacXml, XML),
            (Format::OfacAdvanced, ADVANCED),
            (Format::Csv, OWN),
        ] {
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
