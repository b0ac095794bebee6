use std::io;

use proptest::prelude::*;

use super::*;

fn json(bytes: &[u8], limits: &Limits) -> Json {
    let file = InputFile::of_bytes("a", bytes.to_vec());
    Json::open(file, Format::Json, limits).expect("opens")
}

fn value(bytes: &[u8]) -> Result<Value, ReadError> {
    let mut json = json(bytes, &Limits::default());
    json.begins()?;
    let value = json.value()?;
    json.finish()?;
    Ok(value)
}

fn skip(bytes: &[u8]) -> Result<(), ReadError> {
    let mut json = json(bytes, &Limits::default());
    json.skip()?;
    json.finish()
}

/// What another reader of JSON makes of it.
fn of_serde(value: &serde_json::Value) -> Value {
    use serde_json::Value as Serde;
    match value {
        Serde::Null => Value::Null,
        Serde::Bool(bool) => Value::Bool(*bool),
        Serde::Number(number) => Value::Number(number.to_string()),
        Serde::String(text) => Value::Text(text.clone()),
        Serde::Array(elements) => Value::Array(elements.iter().map(of_serde).collect()),
        Serde::Object(members) => {
            let members = members.iter();
            let members = members.map(|(key, value)| (key.clone(), of_serde(value)));
            Value::Object(Object::new(1, members.collect()).expect("has unique keys"))
        }
    }
}

#[test]
fn a_document_is_walked_with_its_lines() {
    let text = b"\xef\xbb\xbf\n{\"skip\": [1, {\"a\": \"\\\"]\"}],\n \"list\": [\n {\"b\": \"x\"}, true]}\n ";
    let mut json = json(text, &Limits::default());
    assert_eq!(json.enter().expect("reads"), Shape::Object);
    assert_eq!(json.next().expect("reads"), Next::Key("skip".to_owned()));
    json.skip().expect("skips");
    assert_eq!(json.next().expect("reads"), Next::Key("list".to_owned()));
    assert_eq!(json.enter().expect("reads"), Shape::Array);
    assert_eq!(json.next().expect("reads"), Next::Element);
    assert_eq!(json.locator().line, 4);
    let object = json.object(&["b"]).expect("reads").expect("is an object");
    assert_eq!((object.line, object.text("b")), (4, Some("x")));
    assert_eq!(json.next().expect("reads"), Next::Element);
    assert_eq!(json.object(&["b"]).expect("reads"), None);
    assert_eq!(json.next().expect("reads"), Next::End);
    assert_eq!(json.next().expect("reads"), Next::End);
    json.finish().expect("is over");
}

#[test]
fn what_is_cut_is_said_to_be_cut() {
    let whole =
        "[1, -2.5e+3, \"ä\\u00e4\\ud83d\\ude00\\n\", {\"a\": null, \"b\": [true, false]}, []]";
    let held = value(whole.as_bytes()).expect("is whole");
    assert_eq!(held.elements()[2], Value::Text("ää😀\n".to_owned()));
    skip(whole.as_bytes()).expect("is whole");
    for cut in 1..whole.len() {
        for result in [
            value(&whole.as_bytes()[..cut]).map(|_| ()),
            skip(&whole.as_bytes()[..cut]),
        ] {
            assert!(
                matches!(result, Err(ReadError::Truncated { .. })),
                "{cut}: {result:?}"
            );
        }
    }
    for nothing in [&b""[..], b" \n", b"\xef\xbb\xbf"] {
        let error = value(nothing).expect_err("is empty");
        assert!(matches!(error, ReadError::Empty { .. }), "{error}");
    }
}

#[test]
fn what_is_no_json_is_refused() {
    for bad in [
        &b"[1 2]"[..],
        b"[1,]",
        b"[,1]",
        b"[1}",
        b"{\"a\" 1}",
        b"{a: 1}",
        b"{\"a\":1,}",
        b"{\"a\":}",
        b"{} {}",
        b"[] x",
        b"[01]",
        b"[1.]",
        b"[.5]",
        b"[+1]",
        b"[1e]",
        b"[-]",
        b"[nul]",
        b"[NaN]",
        b"[TRUE]",
        b"[\"\x01\"]",
        b"[\"\0\"]",
        b"[\"\n\"]",
        b"[\0]",
        b"<html>",
    ] {
        let error = value(bad).expect_err("is malformed");
        assert!(matches!(error, ReadError::Malformed { .. }), "{error}");
        assert!(skip(bad).is_err(), "{error}");
    }
    for bad in [
        &b"[\"\\x\"]"[..],
        b"[\"\\u12g4\"]",
        b"[\"\\ud800\"]",
        b"[\"\\ud800\\n\"]",
        b"[\"\\ud800\\u0041\"]",
        b"[\"\\udc00\"]",
        b"[\"\xff\"]",
        b"[\"\xc3\"]",
        b"[\"\xc3\\n\xa4\"]",
        b"[{\"a\":1,\"a\":2}]",
    ] {
        let error = value(bad).expect_err("is malformed");
        assert!(matches!(error, ReadError::Malformed { .. }), "{error}");
        // Among members that are skipped, no key is looked for.
        let is_key = bad.starts_with(b"[{");
        assert_eq!(skip(bad).is_ok(), is_key, "{error}");
    }
}

#[test]
fn nothing_large_or_deep_is_held() {
    let limits = Limits {
        text_bytes_max: 100,
        depth_max: 3,
        ..Limits::default()
    };
    // A buffer of the source comes on top of what is allowed.
    let long = format!("[\"{}\", [[1]]]", "x".repeat(10 << 20));
    let file = InputFile::new("a", move || {
        let reader = io::Cursor::new(long.clone().into_bytes());
        Ok(Box::new(io::BufReader::with_capacity(16, reader)))
    });
    let mut held = Json::open(file.clone(), Format::Json, &limits).expect("opens");
    let error = held.value().expect_err("is too long");
    assert!(
        matches!(error, ReadError::Limit { max: 100, .. }),
        "{error}"
    );
    let mut skipped = Json::open(file, Format::Json, &limits).expect("opens");
    skipped.skip().expect("holds nothing");

    for (depth, fits) in [(3, true), (4, false), (100_000, false)] {
        let deep = "[".repeat(depth) + &"]".repeat(depth);
        let limits = Limits {
            text_bytes_max: 1 << 20,
            ..limits.clone()
        };
        assert_eq!(
            json(deep.as_bytes(), &limits).value().is_ok(),
            fits,
            "{depth}"
        );
        assert_eq!(
            json(deep.as_bytes(), &limits).skip().is_ok(),
            fits,
            "{depth}"
        );
    }
}

#[test]
fn a_skipped_text_is_utf_8_however_it_is_cut_into_buffers() {
    let text = format!("[\"{}\"]", "äö😀\\n\\ud83d\\ude00".repeat(100));
    for capacity in 1..10 {
        let text = text.clone();
        let file = InputFile::new("a", move || {
            let reader = io::Cursor::new(text.clone().into_bytes());
            Ok(Box::new(io::BufReader::with_capacity(capacity, reader)))
        });
        let mut json = Json::open(file, Format::Json, &Limits::default()).expect("opens");
        json.skip().expect("is UTF-8");
        json.finish().expect("is over");
    }
}

#[test]
fn a_wanted_key_is_refused_the_second_time_and_one_object_is_bounded() {
    let twice = b"{\"a\": 1, \"b\": 2, \"a\": 3, \"c\": }";
    let error = json(twice, &Limits::default())
        .object(&["a"])
        .expect_err("is there twice");
    assert!(error.to_string().contains("twice"), "{error}");

    let limits = Limits {
        held_bytes_max: 10_000,
        ..Limits::default()
    };
    let large = format!("{{\"a\": [{}0]}}", "0,".repeat(1_000));
    let error = json(large.as_bytes(), &limits)
        .object(&["a"])
        .expect_err("is too large in memory");
    assert!(
        matches!(error, ReadError::Limit { max: 10_000, .. }),
        "{error}"
    );
    let skipped = json(large.as_bytes(), &limits).object(&["b"]);
    assert!(skipped.expect("holds nothing").is_some());
}

fn any_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::hash_map(any::<String>(), inner, 0..6)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn it_reads_what_another_reader_wrote(written in any_value()) {
        let text = serde_json::to_vec(&written).expect("is written");
        // A number or word alone in a file may have been longer.
        let text = [b"[", &text[..], b"]"].concat();
        let read = value(&text).expect("is JSON");
        prop_assert_eq!(&read.elements()[0], &of_serde(&written));
        skip(&text).expect("is JSON");
    }

    #[test]
    fn it_takes_nothing_that_another_reader_refuses(text in "[\\[\\]{}\",:0-9eE.+\\-\\\\untrfalse ]{0,30}") {
        let text = format!("[{text}]");
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        let ours = value(text.as_bytes());
        // Numbers out of their range and keys given twice apart, both agree.
        if let Ok(ours) = &ours && theirs.is_err() {
            prop_assert!(text.contains(['e', 'E']), "{} is {:?}", text, ours);
        }
        if theirs.is_ok() && let Err(error) = ours {
            prop_assert!(error.to_string().contains("twice"), "{}: {}", text, error);
        }
    }
}
