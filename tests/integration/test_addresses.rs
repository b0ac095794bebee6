//! One address for each answer that an integration has to handle, where the
//! operator wants them answered.

use interdict::audit::record::record::Event;
use v1::{Action, Reason, Verdict};

use super::harness::{Daemon, Upload, evm, interdict, records, v1};

const ON: &str = "[test_addresses]\nenabled = true\n";

const LISTED: [&str; 4] = [
    "0x610c7f85eb3B2120C01F92a145514ff3b0fdB310",
    "TJpMX3zLyArKhwU2mtmj9vCQD2LP4q72GE",
    "19r9WzccpSjNYmQQBd81dmWGJEb4pGXLzp",
    "bc1qvyx8lp0t8vsjpsqlj2s525207wc0mvcsw5d56m",
];
const REVIEW: [&str; 2] = [
    "0x07b884020fbE5c057c4d40378c4D207FEe803D5D",
    "bc1qq7uggqs0hewq2lzdgqmccnfq0lhgq02a3k472w",
];
const INDETERMINATE: [&str; 2] = [
    "0x5D10e5624342bd656D04b1e2B5A0FE985D2b7A04",
    "TJTJ5rbtofRLsP3HQe1sKFj4sTuW1a1FyF",
];
const STALE: [&str; 2] = [
    "0x4615956D4635C0d561976d8e07af43E7429895cf",
    "17PaA6D6S1YdCMud5KTA8YqqnR7zLTNFJz",
];
const NOT_LISTED: &str = "0x39Ac2d9C4eBBe50aC7A8a91dD2cbbb13871B3521";

#[test]
fn each_outcome_can_be_had_and_says_that_it_is_a_test() {
    let mut daemon = Daemon::with_bundled_lists().config(ON).start();
    let test = Reason::TestAddress;
    type Row<'r> = (&'r [&'r str], (Verdict, Action), &'r [Reason]);
    let rows: [Row; 4] = [
        (
            &LISTED,
            (Verdict::Listed, Action::Block),
            &[Reason::Listed, test],
        ),
        (
            &REVIEW,
            (Verdict::Listed, Action::Review),
            &[Reason::Listed, test],
        ),
        (
            &INDETERMINATE,
            (Verdict::Indeterminate, Action::Review),
            &[test],
        ),
        (
            &STALE,
            (Verdict::Indeterminate, Action::Review),
            &[Reason::SourceStale, test],
        ),
    ];
    let mut asked = 0;
    for (spellings, both, reasons) in rows {
        for text in spellings {
            let answer = daemon.screen(text);
            asked += 1;
            assert_eq!(answer.both(), both, "{text}");
            assert_eq!(answer.reasons(), reasons, "{text}");
            if both.0 == Verdict::Listed {
                let found = answer.match_on("interdict-test");
                assert_ne!(found.tier(), v1::Tier::Sanctions);
                assert!(
                    found
                        .published_address
                        .starts_with("interdict test address")
                );
                assert_eq!(answer.outcome.matches.len(), 1);
            } else {
                assert!(answer.outcome.matches.is_empty());
            }
            // A batch says the same.
            let batch = daemon.try_screen_all(&[text]).expect("an answer");
            assert_eq!(batch.outcomes[0].verdict(), both.0);
            asked += 1;
        }
    }
    // Nothing is done for any other, the documented one included.
    for text in [NOT_LISTED, &evm(1)] {
        let answer = daemon.screen(text);
        assert_eq!(answer.both(), (Verdict::NotListed, Action::Allow), "{text}");
        assert!(answer.reasons().is_empty());
    }
    assert!(daemon.logs().contains("test addresses are answered"));
    daemon.stop();
    let records = records(daemon.home());
    let tests = records.iter().filter(|(_, record)| {
        let Some(Event::Screening(screening)) = &record.event else {
            return false;
        };
        screening
            .reasons
            .iter()
            .any(|reason| reason == "TEST_ADDRESS")
    });
    assert_eq!(tests.count(), asked, "each is on record, and says it");
    // They can be done again, by a program that is not told of tests.
    let data = daemon.home().data_dir().display().to_string();
    interdict(["audit", "replay", "--data-dir", &data]).expect_code(0);
}

#[test]
fn where_they_are_off_they_are_addresses_like_any_other() {
    let daemon = Daemon::with_bundled_lists().start();
    for text in LISTED
        .iter()
        .chain(&REVIEW)
        .chain(&INDETERMINATE)
        .chain(&STALE)
    {
        let answer = daemon.screen(text);
        assert_eq!(answer.both(), (Verdict::NotListed, Action::Allow), "{text}");
        assert!(answer.reasons().is_empty(), "{text}");
    }
    // A reload turns them on, and off.
    daemon.home().write("interdict.toml", ON);
    daemon.command("config", &["reload"]).expect_code(0);
    assert_eq!(daemon.screen(LISTED[0]).action(), Action::Block);
    daemon.home().write("interdict.toml", "");
    daemon.command("config", &["reload"]).expect_code(0);
    assert_eq!(daemon.screen(LISTED[0]).action(), Action::Allow);
}

#[test]
fn law_1_a_test_address_that_is_really_listed_stays_listed() {
    let daemon = Daemon::with_bundled_lists().config(ON).start();
    let really = Upload::of("really").tier(v1::Tier::Sanctions);
    let all = [LISTED[0], REVIEW[0], INDETERMINATE[0], STALE[0], NOT_LISTED];
    daemon.import(&really.lines(&all));
    for text in all {
        let answer = daemon.screen(text);
        assert_eq!(answer.both(), (Verdict::Listed, Action::Block), "{text}");
        assert_eq!(answer.match_on("really").tier(), v1::Tier::Sanctions);
    }
}

#[test]
fn no_list_can_pass_for_a_test() {
    for config in ["", ON] {
        let daemon = Daemon::with_bundled_lists().config(config).start();
        let upload = Upload::of("interdict-test").lines(&[evm(1)]);
        let refused = daemon.try_import(&upload).expect_err("the name is kept");
        assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{refused}");
    }
}

#[test]
fn beyond_this_machine_it_has_to_be_said_twice() {
    let open = format!(
        "[access]\nanonymous = [\"screen\"]\n[tls]\nallow_plaintext_on_network = [\"grpc\"]\n{ON}"
    );
    let home = super::harness::Home::new();
    let config = home.write("a.toml", format!("listen = \"0.0.0.0:0\"\n{open}"));
    let refused = interdict(["config", "check", "--config", &config.display().to_string()]);
    let refused = refused.expect_code(3);
    assert!(
        refused.stderr.contains("test_addresses.enabled"),
        "{refused:?}"
    );
    assert!(refused.stderr.contains("beyond_loopback"), "{refused:?}");
}
