//! Getting lists in: what is taken, what is told, what is kept apart.

use std::fs;

use tonic::Code;

use super::harness::{Daemon, Upload, block_on, evm, evms, import, own_csv, runtime, v1};
use v1::import_publication_request::Part;
use v1::list_service_client::ListServiceClient;
use v1::{Action, Category, Reason, Relation, Tier, Verdict};

#[test]
fn a_report_counts_what_became_of_every_row() {
    let daemon = Daemon::empty().start();
    let rows = |notes: [&str; 3]| {
        let [first, second, third] = notes;
        own_csv(
            "address,ticker,note,category",
            &[
                &format!("{},ETH,{first},THEFT", evm(0)),
                &format!("{},ETH,{second},THEFT", evm(1)),
                &format!("{},ETH,{third},THEFT", evm(2)),
                &format!("{},ETH,{third},THEFT", evm(2)),
                &format!("{},XBT,,NO_SUCH", evm(3)),
                "wallet seventeen,,,THEFT",
                ",ETH,an address is missing,THEFT",
            ],
        )
    };
    let first = daemon.import(&Upload::of("ours").file("a.csv", rows(["a", "b", "c"])));
    assert_eq!((first.changed, first.generation), (true, 1));
    assert_eq!(
        (first.accepted, first.added, first.repeated, first.rejected),
        (5, 5, 1, 1)
    );
    assert_eq!((first.opaque, first.ticker_disagrees), (1, 1));
    let reasons: Vec<_> = first
        .faults
        .iter()
        .map(|fault| (fault.reason.as_str(), fault.rows))
        .collect();
    for fault in [
        ("BAD_CATEGORY", 1),
        ("NO_ADDRESS", 1),
        ("OPAQUE", 1),
        ("TICKER_DISAGREES", 1),
    ] {
        assert!(reasons.contains(&fault), "{fault:?} in {reasons:?}");
    }
    let missing = first
        .rows
        .iter()
        .find(|row| row.reason == "NO_ADDRESS")
        .expect("it is told");
    assert_eq!(
        (missing.file.as_str(), missing.line, missing.kept),
        ("a.csv", 9, false)
    );

    let second = daemon.import(&Upload::of("ours").file("a.csv", rows(["a", "other", "c"])));
    assert_eq!((second.accepted, second.unchanged, second.added), (5, 4, 0));
    assert_eq!(
        (second.amended, second.removed, second.generation),
        (1, 0, 2)
    );
}

#[test]
fn the_same_publication_again_makes_no_generation() {
    let daemon = Daemon::empty().start();
    let upload = Upload::of("ours").lines(&evms(0..10));
    let first = daemon.import(&upload);
    for _ in 0..3 {
        let again = daemon.import(&upload);
        assert_eq!((again.changed, again.generation), (false, first.generation));
        assert_eq!((again.accepted, again.unchanged, again.added), (10, 10, 0));
        assert_eq!(again.generation_digest, first.generation_digest);
    }
    assert_eq!(daemon.live(), (1, first.generation_digest));
    assert_eq!(daemon.generations().len(), 1);
}

#[test]
fn a_publication_may_be_spread_over_several_files() {
    let daemon = Daemon::empty().start();
    let text = |numbers| evms(numbers).join("\n") + "\n";
    let upload = Upload::of("ours")
        .file("a.txt", text(0..3))
        .file("../../b.txt", text(3..5));
    assert_eq!(daemon.import(&upload).accepted, 5);
    assert_eq!(daemon.not_listed_of(&evms(0..5)), [] as [&str; 0]);
}

/// Lists hold texts that are no address of any known sort. The same text
/// must find them.
#[test]
fn law_1_an_entry_nobody_can_read_is_found_by_its_text() {
    let daemon = Daemon::empty().start();
    let digits = "5be5543ff73456ab9f2d207887e2af87322c651ea1a873c5b25b7ffae456c320";
    let long = "y".repeat(300);
    let texts = ["bnb-account-17", digits, "кошелёк", &long, "1Gq"];
    let report = daemon.import_text("odd", &texts);
    // The digits could be an account of several networks.
    assert_eq!((report.accepted, report.opaque), (5, 4));
    for text in texts
        .map(str::to_owned)
        .into_iter()
        .chain([digits.to_uppercase(), format!("0x{digits}")])
    {
        let answer = daemon.screen(&text);
        assert_eq!(answer.both(), (Verdict::Listed, Action::Review), "{text}");
        assert_eq!(answer.match_on("odd").relation(), Relation::Direct);
    }
    for other in ["bnb-account-18", "BNB-ACCOUNT-17", &"y".repeat(301), "1Gqq"] {
        assert_eq!(
            daemon.screen(other).verdict(),
            Verdict::Indeterminate,
            "{other}"
        );
    }
}

#[test]
fn a_source_keeps_its_tier() {
    let daemon = Daemon::empty().start();
    for (source, tier, held, category, action) in [
        (
            "a",
            Tier::Unspecified,
            Tier::Attributed,
            Category::Theft,
            Action::Review,
        ),
        (
            "b",
            Tier::Operator,
            Tier::Operator,
            Category::Other,
            Action::Block,
        ),
        (
            "c",
            Tier::LawEnforcement,
            Tier::LawEnforcement,
            Category::Theft,
            Action::Block,
        ),
        (
            "d",
            Tier::Sanctions,
            Tier::Sanctions,
            Category::Sanctions,
            Action::Block,
        ),
    ] {
        daemon.import(&Upload::of(source).tier(tier).lines(&[evm(0)]));
        let answer = daemon.screen(&evm(0));
        let found = answer.match_on(source);
        assert_eq!(
            (found.tier(), found.category(), found.action()),
            (held, category, action)
        );
        for other in [
            Tier::Sanctions,
            Tier::LawEnforcement,
            Tier::Attributed,
            Tier::Operator,
        ] {
            let upload = Upload::of(source).tier(other).lines(&[evm(0), evm(1)]);
            // A source may be given a heavier tier, and never a lighter one.
            let heavier = matches!(
                (held, other),
                (Tier::LawEnforcement | Tier::Attributed, Tier::Sanctions)
                    | (Tier::Attributed, Tier::LawEnforcement)
            );
            if other != held && !heavier {
                let refused = daemon.try_import(&upload).expect_err("it has another tier");
                assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
                assert!(refused.message().contains("tier"), "{refused}");
            }
        }
    }
    assert_eq!(daemon.live().0, 4);
}

#[test]
fn the_configuration_has_the_first_word_on_a_tier() {
    let config = "[[sources]]\nid = \"ours\"\ntier = \"OPERATOR\"";
    let daemon = Daemon::empty().config(config).start();
    let refused = daemon.try_import(&Upload::of("ours").tier(Tier::Attributed).lines(&[evm(0)]));
    assert_eq!(
        refused.expect_err("it has another").code(),
        Code::InvalidArgument
    );
    daemon.import_text("ours", &[evm(0)]);
    assert_eq!(
        daemon.screen(&evm(0)).both(),
        (Verdict::Listed, Action::Block)
    );
}

/// Two imports at once: each is done whole, or refused as the other runs.
#[test]
fn law_4_imports_do_not_mix() {
    let daemon = Daemon::empty().start();
    let mut taken = 0;
    for round in 0..5 {
        let uploads = [0, 1].map(|half| {
            let from = 1_000_000 * (2 * round + half);
            Upload::of(&format!("source-{round}-{half}")).lines(&evms(from..from + 3_000))
        });
        let running = uploads.map(|upload| runtime().spawn(import(daemon.own_channel(), upload)));
        for task in running {
            match block_on(task).expect("no panic") {
                Ok(report) => taken += report.accepted,
                Err(refused) => assert_eq!(refused.code(), Code::Aborted, "{refused}"),
            }
        }
    }
    assert!(taken >= 5 * 3_000, "one of two is taken each time");
    let entries: u64 = daemon
        .sources()
        .sources
        .iter()
        .map(|source| source.entries)
        .sum();
    assert_eq!(
        (daemon.screen(&evm(0)).basis.entries, entries),
        (taken, taken)
    );
}

#[test]
fn an_upload_out_of_order_is_refused() {
    let daemon = Daemon::empty().start();
    let message = |part| v1::ImportPublicationRequest { part };
    let whole = Upload::of("ours").lines(&[evm(0)]).messages();
    let [header, file, content, end] = &whole[..] else {
        panic!("an upload of one small file has four messages");
    };
    let said = |files, content_bytes| {
        message(Some(Part::End(v1::ImportEnd {
            files,
            content_bytes,
        })))
    };
    for (messages, what) in [
        (vec![], "nothing"),
        (vec![file, content, end], "no header"),
        (vec![header, header, file, content, end], "two headers"),
        (
            vec![header, file, content, header, end],
            "a header behind a file",
        ),
        (vec![header], "no file"),
        (vec![header, end], "no file either"),
        (vec![header, content, end], "content before a file"),
        (vec![header, &message(None)], "no part"),
        (vec![header, file, end], "a file without content"),
        (vec![header, file, content], "no end"),
        (
            vec![header, file, content, end, content],
            "content behind the end",
        ),
        (vec![header, file, content, end, end], "two ends"),
        (
            vec![header, file, content, &said(1, 42)],
            "fewer bytes said than came",
        ),
        (
            vec![header, file, content, &said(1, 44)],
            "more bytes said than came",
        ),
        (
            vec![header, file, content, &said(2, 43)],
            "more files said than came",
        ),
    ] {
        let messages: Vec<_> = messages.into_iter().cloned().collect();
        let mut client = ListServiceClient::new(daemon.channel());
        let sent = block_on(client.import_publication(tokio_stream::iter(messages)));
        let refused = sent.expect_err(what);
        assert_eq!(refused.code(), Code::InvalidArgument, "{what}: {refused}");
    }
    assert_eq!(daemon.live().0, 0);
}

#[test]
fn headers_that_cannot_be_meant_are_refused() {
    let daemon = Daemon::empty().start();
    for (upload, field) in [
        (Upload::of(""), "source"),
        (Upload::of("OFAC"), "source"),
        (Upload::of("../up"), "source"),
        (Upload::of("ours").format("pdf"), "format"),
        (Upload::of("ours").retrieved_at("yesterday"), "retrieved_at"),
        (
            Upload::of("ours").retrieved_at("2999-01-01T00:00:00Z"),
            "retrieved",
        ),
    ] {
        let refused = daemon
            .try_import(&upload.file("a.txt", evm(0)))
            .expect_err(field);
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
        assert!(refused.message().contains(field), "{field}: {refused}");
    }
    assert_eq!(daemon.live().0, 0);
}

#[test]
fn an_import_leaves_nothing_behind_but_its_rows() {
    let daemon = Daemon::empty().start();
    daemon.import_text("large", &evms(0..25_000));
    daemon.import_text("small", &evms(0..10));
    daemon
        .try_import(&Upload::of("bad").file("bad.xml", "<?xml version=\"1.0\"?><x>"))
        .expect_err("bad");
    let left = || {
        let data_dir = daemon.home().data_dir();
        let incoming = fs::read_dir(data_dir.join("incoming")).map_or(0, Iterator::count);
        (
            incoming,
            daemon.home().files_ending(".new").len(),
            fs::read_dir(data_dir)
                .expect("readable")
                .filter(|entry| {
                    let name = entry.as_ref().expect("an entry").file_name();
                    name.to_string_lossy().starts_with("stage-")
                })
                .count(),
        )
    };
    super::harness::eventually(
        "all is tidied up",
        std::time::Duration::from_secs(10),
        || left() == (0, 0, 0),
    );
    assert_eq!(daemon.live().0, 2);
}

#[test]
fn an_import_of_an_address_twice_over_two_spellings_is_one_key() {
    let daemon = Daemon::empty().start();
    let rows = [evm(0), evm(0).to_uppercase().replace("0X", "0x")];
    let report = daemon.import_text("ours", &rows);
    assert_eq!(report.accepted, 2);
    let answer = daemon.screen(&evm(0));
    assert_eq!(
        (answer.verdict(), answer.outcome.matches_total),
        (Verdict::Listed, 2)
    );
    // One of the two goes: the address is still listed.
    daemon.import_text("ours", &rows[1..]);
    let answer = daemon.screen(&evm(0));
    assert_eq!(
        (answer.verdict(), answer.reasons()),
        (Verdict::Listed, vec![Reason::Listed])
    );
}

/// OFAC's list, imported without a tier into an empty directory.
#[test]
fn a_source_can_be_given_a_heavier_tier() {
    let daemon = Daemon::empty().start();
    daemon.import(&Upload::of("ours").lines(&[evm(0)]));
    assert_eq!(
        daemon.screen(&evm(0)).match_on("ours").tier(),
        Tier::Attributed
    );
    let again = daemon.import(&Upload::of("ours").tier(Tier::Sanctions).lines(&[evm(0)]));
    assert!(
        again.changed,
        "the same file under another tier is a change"
    );
    let answer = daemon.screen(&evm(0));
    assert_eq!(answer.match_on("ours").tier(), Tier::Sanctions);
    assert_eq!(answer.action(), v1::Action::Block);
}
