use super::super::record::{Checkpointed, Stopped};
use super::*;

fn record(event: Event) -> Record {
    Record {
        id: vec![0x11; 16].into(),
        wall_ns: 1_795_384_800_123_456_789,
        monotonic_ns: 5,
        build: "interdict 0.1.0".to_owned(),
        event: Some(event),
    }
}

fn unlisted() -> Screening {
    Screening {
        caller: "10.0.0.7".to_owned(),
        call: "ScreenAddress".to_owned(),
        readings: vec![Reading {
            canonical: "0x098b716b8aaf21512996dc57eb0615e2383e2f96".to_owned(),
            kind: "EVM".to_owned(),
            strict: true,
            ..Reading::default()
        }],
        verdict: "NOT_LISTED".to_owned(),
        action: "ALLOW".to_owned(),
        generation: 12,
        generation_digest: vec![0xab; 32].into(),
        ..Screening::default()
    }
}

#[test]
fn a_receipt_of_an_unlisted_address_reads_as_a_sentence() {
    let sentence = sentence(&record(Event::Screening(unlisted())));
    let expected = format!(
        "at 2026-11-22T22:00:00.123456789Z, address 0x098b716b8aaf21512996dc57eb0615e2383e2f96 \
         (EVM) was NOT_LISTED, action ALLOW, by generation 12 (digest {}), asked by 10.0.0.7",
        "ab".repeat(32)
    );
    assert_eq!(sentence, expected);
}

#[test]
fn what_was_asked_about_another_day_says_which() {
    let screening = Screening {
        as_of: "2021-07-01".to_owned(),
        judged_at_s: 1_625_097_600,
        readings: Vec::new(),
        text_hash: vec![1; 32].into(),
        verdict: "INDETERMINATE".to_owned(),
        ..unlisted()
    };
    let sentence = sentence(&record(Event::Screening(screening)));
    assert!(
        sentence.contains("the text with keyed hash 0101"),
        "{sentence}"
    );
    assert!(
        sentence.contains("could not be judged (INDETERMINATE) as of 2021-07-01"),
        "{sentence}"
    );
    assert!(
        sentence.contains("judged by the clock of 2021-07-01T00:00:00Z"),
        "{sentence}"
    );
}

#[test]
fn json_has_what_was_said_and_leaves_out_what_was_not() {
    let shown = json(&record(Event::Screening(unlisted())));
    assert_eq!(shown["id"], "11111111-1111-1111-1111-111111111111");
    assert_eq!(shown["at"], "2026-11-22T22:00:00.123456789Z");
    assert_eq!(shown["event"], "SCREENING");
    assert_eq!(shown["readings"][0]["strict"], true);
    assert_eq!(shown["generation_digest"], "ab".repeat(32));
    for absent in ["as_of", "judged_at", "matches", "historical", "text_hash"] {
        assert!(shown.get(absent).is_none(), "{absent}");
    }
    let word = WordGiven {
        pending_id: "7".to_owned(),
        ..WordGiven::default()
    };
    assert_eq!(json(&record(Event::WordGiven(word)))["approved"], false);
}

#[test]
fn every_event_has_a_name_a_sentence_and_lines() {
    let events = [
        Event::Screening(unlisted()),
        Event::Started(Started::default()),
        Event::Configured(Configured::default()),
        Event::Stopped(Stopped {}),
        Event::Recovered(Recovered::default()),
        Event::Checkpointed(Checkpointed::default()),
        Event::ChangeIntended(ChangeIntended::default()),
        Event::Changed(Changed::default()),
        Event::Refused(Refused::default()),
        Event::Confirmed(Confirmed::default()),
        Event::WordGiven(WordGiven::default()),
        Event::Alerted(Alerted::default()),
        Event::BookChanged(BookChanged::default()),
        Event::Retired(Retired::default()),
        Event::Rescreened(Rescreened::default()),
        Event::Reloaded(Reloaded::default()),
    ];
    let mut names = Vec::new();
    for event in events {
        let record = record(event);
        names.push(json(&record)["event"].as_str().expect("works").to_owned());
        let text = text(&record);
        assert!(
            text.starts_with("at 2026-11-22T22:00:00.123456789Z, "),
            "{text}"
        );
        assert!(text.contains("\n  build: interdict 0.1.0\n"), "{text}");
    }
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(!names.contains(&"UNKNOWN".to_owned()));
    let unknown = Record {
        event: None,
        ..record(Event::Stopped(Stopped {}))
    };
    assert_eq!(json(&unknown)["event"], "UNKNOWN");
}

#[test]
fn words_of_others_cannot_begin_a_line_of_their_own() {
    let refused = Refused {
        call: "ImportPublication".to_owned(),
        why: "bad\n  verdict: NOT_LISTED\u{1b}[2J".to_owned(),
        ..Refused::default()
    };
    let text = text(&record(Event::Refused(refused)));
    assert!(
        !text.contains("\n  verdict") && !text.contains('\u{1b}'),
        "{text}"
    );
}

#[test]
fn times_that_no_calendar_has_are_shown_as_numbers() {
    assert_eq!(time(i64::MAX), "2262-04-11T23:47:16.854775807Z");
    assert_eq!(moment(0), "");
}
