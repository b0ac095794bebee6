//! The operator's own lists and exemptions, and what waits for a word: over
//! gRPC and the command line, as people use them.

use super::harness::{Daemon, Upload, act, block_on, confirmation, evm, evms, v1};
use v1::{Action, OperatorList, Reason, Verdict};

const BY: [&str; 4] = ["--author", "Ada Byron", "--reason", "fraud case"];

fn with<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    arguments.iter().copied().chain(BY).collect()
}

#[test]
fn an_address_is_added_and_removed_from_the_command_line_and_at_once() {
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &evms(0..3));
    let address = evm(100);
    let added = daemon
        .command(
            "operator",
            &with(&["add", "--ticket", "CASE-12", "--category", "SCAM", &address]),
        )
        .expect_code(0);
    assert!(added.stdout.contains("LISTED → BLOCK"), "{added:?}");
    let answer = daemon.screen(&address.to_uppercase().replacen("0X", "0x", 1));
    assert_eq!(answer.both(), (Verdict::Listed, Action::Block));
    let by = answer
        .match_on("operator")
        .act
        .clone()
        .expect("it says who");
    assert_eq!(
        (by.author.as_str(), by.reason.as_str(), by.ticket.as_str()),
        ("Ada Byron", "fraud case", "CASE-12")
    );

    let list = daemon
        .command("operator", &["list", "--output", "json"])
        .expect_code(0)
        .json();
    assert_eq!(list[0]["address"], address.as_str());
    assert_eq!(list[0]["act"]["ticket"], "CASE-12");
    let shown = daemon.command("screen", &[&address]).expect_code(20);
    assert!(
        shown.stdout.contains("Ada Byron: fraud case (CASE-12)"),
        "{shown:?}"
    );

    daemon
        .command("operator", &with(&["remove", &address]))
        .expect_code(0);
    assert_eq!(daemon.screen(&address).verdict(), Verdict::NotListed);
    daemon
        .command("operator", &with(&["remove", &address]))
        .expect_code(5);
    let made = daemon
        .command("generations", &["--output", "json"])
        .expect_code(0)
        .json();
    assert_eq!(
        (&made[0]["cause"], &made[0]["act"]["author"]),
        (&"OPERATOR".into(), &"Ada Byron".into())
    );
}

#[test]
fn nobody_changes_a_list_without_a_name_and_a_reason() {
    let daemon = Daemon::empty().start();
    let address = evm(1);
    daemon
        .command("operator", &["add", &address])
        .expect_code(2);
    for (author, reason) in [("", "why"), ("who", ""), (" ", "why"), ("who\nelse", "why")] {
        let request = v1::AddAddressRequest {
            list: OperatorList::Listing.into(),
            address: address.clone(),
            act: Some(act(author, reason)),
            ..v1::AddAddressRequest::default()
        };
        let refused = block_on(daemon.operator().add_address(request)).expect_err("is refused");
        assert_eq!(
            refused.code(),
            tonic::Code::InvalidArgument,
            "{author:?} {reason:?}"
        );
    }
    let mut approved_by_itself = act("who", "why");
    approved_by_itself.approver = "somebody".to_owned();
    let request = v1::AddAddressRequest {
        list: OperatorList::Listing.into(),
        address,
        act: Some(approved_by_itself),
        ..v1::AddAddressRequest::default()
    };
    block_on(daemon.operator().add_address(request)).expect_err("only the daemon sets it");
}

#[test]
fn law_10_an_exemption_passes_research_and_never_sanctions() {
    let mut daemon = Daemon::empty().start();
    daemon.import_text("research", &evms(0..4));
    daemon.import(
        &Upload::of("ofac-sdn")
            .tier(v1::Tier::Sanctions)
            .lines(&evms(2..6)),
    );
    for number in [0, 2] {
        let said = daemon
            .command("exempt", &with(&["add", &evm(number)]))
            .expect_code(0);
        assert_eq!(
            said.stdout.contains("no exemption reaches"),
            number == 2,
            "{said:?}"
        );
    }
    for _ in 0..2 {
        let passed = daemon.screen(&evm(0));
        assert_eq!(passed.both(), (Verdict::Listed, Action::Allow));
        assert_eq!(passed.reasons(), [Reason::Listed, Reason::Exempted]);
        let exemption = passed
            .match_on("research")
            .exemption
            .clone()
            .expect("it shows why");
        assert_eq!(exemption.act.expect("it says who").author, "Ada Byron");
        let stands = daemon.screen(&evm(2));
        assert_eq!(stands.both(), (Verdict::Listed, Action::Block));
        assert!(stands.match_on("ofac-sdn").exemption.is_none());
        daemon.restart();
    }
    daemon.command("screen", &[&evm(0)]).expect_code(0);
    daemon
        .command("exempt", &with(&["remove", &evm(0)]))
        .expect_code(0);
    assert_eq!(
        daemon.screen(&evm(0)).both(),
        (Verdict::Listed, Action::Review)
    );
}

#[test]
fn a_second_person_approves_where_the_configuration_says_so() {
    let mut daemon = Daemon::empty()
        .config("[operator]\nsecond_person = true\n")
        .start();
    daemon.import_text("ours", &evms(0..3));
    let address = evm(100);
    let added = daemon.command("operator", &with(&["add", "--output", "json", &address]));
    let id = added.expect_code(0).json()["pending_id"]
        .as_str()
        .expect("it waits")
        .to_owned();
    assert_eq!(daemon.screen(&address).verdict(), Verdict::NotListed);
    daemon.restart();
    let waits = daemon
        .command("pending", &["--output", "json"])
        .expect_code(0)
        .json();
    assert_eq!(waits[0]["id"], id.as_str());
    daemon.command("approve", &with(&[&id])).expect_code(5);
    let other = ["--author", "Grace Hopper", "--reason", "looked at it"];
    let approve: Vec<&str> = [id.as_str()].into_iter().chain(other).collect();
    daemon.command("approve", &approve).expect_code(0);
    let answer = daemon.screen(&address);
    assert_eq!(answer.verdict(), Verdict::Listed);
    let by = answer
        .match_on("operator")
        .act
        .clone()
        .expect("it says who");
    assert_eq!(
        (by.author.as_str(), by.approver.as_str()),
        ("Ada Byron", "Grace Hopper")
    );
    daemon.command("approve", &approve).expect_code(5);

    let removal = daemon.command("operator", &with(&["remove", "--output", "json", &address]));
    let id = removal.expect_code(0).json()["pending_id"]
        .as_str()
        .expect("it waits")
        .to_owned();
    let reject: Vec<&str> = [id.as_str()].into_iter().chain(other).collect();
    daemon.command("reject", &reject).expect_code(0);
    assert_eq!(daemon.screen(&address).verdict(), Verdict::Listed);
    let nothing = daemon.command("pending", &[]).expect_code(0);
    assert!(nothing.stdout.contains("nothing waits"), "{nothing:?}");
}

/// OFAC's removal of Tornado Cash, as an operator meets it.
#[test]
fn a_mass_delisting_waits_is_looked_at_and_approved() {
    let mut daemon = Daemon::empty().start();
    let before = evms(0..500);
    daemon.import_text("ofac-sdn", &before);
    let refused = daemon
        .try_import(&Upload::of("ofac-sdn").lines(&evms(90..500)))
        .expect_err("90 of 500 come off");
    let id = confirmation(&refused);
    assert!(
        refused
            .message()
            .contains(&format!("interdict pending show {id}")),
        "{refused}"
    );
    daemon.restart();
    let shown = daemon.command("pending", &["show", &id]).expect_code(0);
    for number in 0..90 {
        assert!(shown.stdout.contains(&evm(number)), "{number}");
    }
    assert_eq!(daemon.not_listed_of(&before), Vec::<&str>::new());
    let word = [
        "--author",
        "Ada Byron",
        "--reason",
        "OFAC delisted it",
        "--ticket",
        "2025-03-21",
    ];
    let approve: Vec<&str> = [id.as_str()].into_iter().chain(word).collect();
    daemon.command("approve", &approve).expect_code(0);
    assert_eq!(daemon.not_listed_of(&before).len(), 90);
    let made = daemon
        .command("generations", &["--output", "json"])
        .expect_code(0)
        .json();
    assert_eq!(made[0]["act"]["reason"], "OFAC delisted it");
    assert!(
        made[0]["overridden"].to_string().contains("90 of 500"),
        "{made}"
    );
    let text = daemon.command("generations", &[]).expect_code(0);
    assert!(
        text.stdout.contains("Ada Byron: OFAC delisted it"),
        "{text:?}"
    );
}

#[test]
fn an_id_that_is_a_path_finds_nothing() {
    let daemon = Daemon::empty().start();
    for id in [
        "../../FLOOR",
        "..",
        "",
        "0",
        &"a".repeat(32),
        "../aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ] {
        let request = v1::RejectPendingRequest {
            id: id.to_owned(),
            act: Some(act("who", "why")),
        };
        let refused =
            block_on(daemon.operator().reject_pending(request)).expect_err("nothing waits");
        assert_eq!(refused.code(), tonic::Code::NotFound, "{id}");
    }
}

#[test]
fn what_the_operator_added_survives_a_kill() {
    let mut daemon = Daemon::empty().start();
    for number in 0..10 {
        daemon
            .command("operator", &with(&["add", &evm(number)]))
            .expect_code(0);
        daemon.kill();
        daemon.start_again();
        assert_eq!(
            daemon.not_listed_of(&evms(0..number + 1)),
            Vec::<&str>::new()
        );
    }
}
