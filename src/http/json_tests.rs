use std::fmt::Write as _;

use serde_json::json;

use super::*;

/// Seeded, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn text(&mut self) -> String {
        const LETTERS: [char; 12] = [
            'a', 'Z', '0', ' ', '"', '\\', '\n', '\u{0}', 'é', '名', '😀', '\u{202e}',
        ];
        (0..self.below(9))
            .map(|_| LETTERS[self.below(12) as usize])
            .collect()
    }

    fn number(&mut self) -> u64 {
        match self.below(5) {
            0 => 0,
            1 => u64::MAX,
            // Past what a JavaScript number can hold.
            2 => (1 << 53) + 1,
            _ => self.next() >> self.below(64),
        }
    }

    fn value(&mut self, kind: &Kind, depth: u32) -> Held {
        let number = self.number();
        match kind {
            Kind::Message(descriptor) => Held::Message(self.message(descriptor, depth + 1)),
            Kind::Enum(named) => {
                let count = named.values().len() as u64;
                let nth = self.below(count) as usize;
                Held::EnumNumber(named.values().nth(nth).expect("below").number())
            }
            Kind::Bool => Held::Bool(self.below(2) == 1),
            Kind::String => Held::String(self.text()),
            Kind::Bytes => Held::Bytes(self.text().into_bytes().into()),
            Kind::Uint32 => Held::U32(number as u32),
            Kind::Uint64 => Held::U64(number),
            Kind::Int32 => Held::I32(number as i32),
            Kind::Int64 => Held::I64(number as i64),
            // What JSON writes and reads without loss.
            Kind::Double => Held::F64(f64::from(number as u32) / 8.0),
            other => panic!("no field is {other:?}; extend the test"),
        }
    }

    fn message(&mut self, descriptor: &MessageDescriptor, depth: u32) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        for field in descriptor.fields() {
            if self.below(3) == 0 || depth > 4 {
                continue;
            }
            let kind = field.kind();
            let value = match field.is_list() {
                true => Held::List(
                    (0..self.below(4))
                        .map(|_| self.value(&kind, depth))
                        .collect(),
                ),
                false => self.value(&kind, depth),
            };
            message.set_field(&field, value);
        }
        message
    }
}

fn messages() -> Vec<MessageDescriptor> {
    let all = pool().all_messages();
    all.filter(|one| one.package_name() == PACKAGE).collect()
}

#[test]
fn every_message_comes_back_from_its_json() {
    let mut random = Random(0x1d7e_11d1_c700);
    assert!(messages().len() > 80, "the whole package is walked");
    for descriptor in messages() {
        for _ in 0..60 {
            let message = random.message(&descriptor, 0);
            let text = serde_json::to_string(&Written(&message)).expect("it is written");
            let value = parse(text.as_bytes()).expect("what is written parses");
            let back = read_message(&descriptor, &value, &Place::default());
            let back = back.unwrap_or_else(|misfit| panic!("{misfit}: {text}"));
            assert_eq!(back.encode_to_vec(), message.encode_to_vec(), "{text}");
        }
    }
}

#[test]
fn no_message_has_a_kind_that_the_rule_does_not_name() {
    for descriptor in messages() {
        for field in descriptor.fields() {
            assert!(!field.is_map(), "{} is a map", field.full_name());
        }
    }
}

#[test]
fn every_field_is_there_and_enums_have_short_names() {
    let answer = v1::ScreenAddressResponse {
        outcome: Some(v1::Outcome {
            verdict: v1::Verdict::Listed.into(),
            reasons: vec![v1::Reason::SameKey.into()],
            matches: vec![v1::Match {
                publication_digest: vec![0xAB, 0x01],
                ..v1::Match::default()
            }],
            ..v1::Outcome::default()
        }),
        basis: None,
    };
    let written = write(&answer);
    assert_eq!(parse(write_text(&answer).as_bytes()), Ok(written.clone()));
    let outcome = &written["outcome"];
    assert_eq!(outcome["verdict"], "LISTED");
    assert_eq!(outcome["action"], "UNSPECIFIED");
    assert_eq!(outcome["reasons"], json!(["SAME_KEY"]));
    assert_eq!(outcome["matches"][0]["publication_digest"], "ab01");
    assert_eq!(outcome["matches"][0]["incident"], Value::Null);
    assert_eq!(outcome["screening_id"], "");
    assert_eq!(outcome["matches_total"], 0);
    assert_eq!(outcome["flags"], json!([]));
    assert_eq!(written["basis"], Value::Null);
    assert!(
        written
            .as_object()
            .is_some_and(|members| members.contains_key("basis"))
    );
}

#[test]
fn a_number_that_the_enum_does_not_know_is_kept_as_a_number() {
    let answer = v1::ScreenAddressResponse {
        outcome: Some(v1::Outcome {
            verdict: 77,
            ..v1::Outcome::default()
        }),
        basis: None,
    };
    assert_eq!(write(&answer)["outcome"]["verdict"], 77);
}

fn refused(text: &str) -> String {
    parse(text.as_bytes())
        .and_then(|value| read::<v1::ScreenAddressesRequest>(&value))
        .expect_err("it is refused")
        .to_string()
}

#[test]
fn what_does_not_fit_is_refused_and_the_place_named() {
    for (text, words) in [
        (r#"[]"#, "the body must be an object"),
        (r#"{"queries":{}}"#, "`queries` must be a list"),
        (
            r#"{"queries":[{"address":"a"},{"address":7}]}"#,
            "`queries[1].address` must be a text",
        ),
        (r#"{"queries":[null]}"#, "`queries[0]` must be an object"),
        (
            r#"{"adress":"a"}"#,
            "the body has no field `adress`: it has `queries`",
        ),
        (
            r#"{"moment":{"generation":-1}}"#,
            "`moment.generation` must be a whole number from 0 to",
        ),
        (
            r#"{"moment":{"generation":1.5}}"#,
            "`moment.generation` must be a whole number",
        ),
        (
            r#"{"moment":{"generation":"1"}}"#,
            "`moment.generation` must be a whole number",
        ),
        (
            r#"{"moment":{"generation":18446744073709551616}}"#,
            "`moment.generation` must be",
        ),
        (
            r#"{"purpose":"WITHDRAW"}"#,
            "`purpose` must be one of `UNSPECIFIED`, `WITHDRAWAL`",
        ),
        (r#"{"purpose":1}"#, "`purpose` must be one of"),
        (r#"{"reference":"a","reference":"b"}"#, "gives a name twice"),
        (
            r#"{"moment":{"as_of":"","as_of":""}}"#,
            "gives a name twice",
        ),
        (r#"{"reference":"#, "no JSON: line 1"),
        (r#"{"reference":"a"} x"#, "no JSON"),
        ("", "no JSON"),
    ] {
        let said = refused(text);
        assert!(said.contains(words), "{text}: {said}");
    }
}

#[test]
fn null_is_what_is_not_given() {
    let value = parse(br#"{"queries":null,"purpose":null,"moment":null}"#).expect("JSON");
    let read: v1::ScreenAddressesRequest = read(&value).expect("it fits");
    assert_eq!(read, v1::ScreenAddressesRequest::default());
}

#[test]
fn of_a_oneof_only_one_can_be_given() {
    let descriptor = descriptor("RescreenAddressesRequest");
    let value = json!({ "header": {}, "chunk": {} });
    let misfit = read_message(&descriptor, &value, &Place::default()).expect_err("two");
    assert!(matches!(misfit, Misfit::Several { .. }), "{misfit}");
    let value = json!({ "header": null, "chunk": {} });
    read_message(&descriptor, &value, &Place::default()).expect("one");
}

/// Whatever is wrong with a body, what it held is not told again.
#[test]
fn law_8_a_refusal_repeats_nothing_that_could_be_a_secret() {
    for secret in [
        "L1aW4aubDFB7yfras2S1mN3bqg9nwySY8nkoLmJebSLD5BWv3ENZ",
        "e9873d79c6d87dc0fb6a5778633389f4453213303da61f20bd67fc233aa33262",
        "abandon ability able about above absent absorb abstract absurd abuse access accident",
    ] {
        for text in [
            format!(r#"{{"{secret}":1}}"#),
            format!(r#"{{"moment":{{"{secret}":1}}}}"#),
            format!(r#"{{"purpose":"{secret}"}}"#),
            format!(r#"{{"moment":"{secret}"}}"#),
            format!(r#"{{"moment":{{"generation":"{secret}"}}}}"#),
            format!(r#"{{"queries":"{secret}"}}"#),
            format!(r#"{{"queries":["{secret}"]}}"#),
            format!(r#"{{"reference":"{secret}","reference":"{secret}"}}"#),
            format!("{{{secret}"),
            secret.to_owned(),
        ] {
            let said = refused(&text);
            assert!(!said.contains(&secret[..12]), "{text}: {said}");
        }
    }
}

#[test]
fn a_nest_without_end_is_refused() {
    let mut deep = String::new();
    for _ in 0..100_000 {
        write!(deep, "[").expect("a string takes all");
    }
    assert!(matches!(parse(deep.as_bytes()), Err(Misfit::Syntax { .. })));
}
