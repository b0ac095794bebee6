//! Single addresses on and off the operator's own lists.

use jiff::civil::date;

use super::super::tests::{Bench, act, evm, lines, request};
use super::super::{ApproveError, Approved, Matter, Pending, Request};
use super::*;
use crate::import::read::Format;
use crate::import::{OperatorList, Particulars};
use crate::screening::Moment;
use crate::verdict::{Action, Reason, Verdict};

const LISTED: OperatorList = OperatorList::Listing;
const EXEMPT: OperatorList = OperatorList::Exemption;

fn add(list: OperatorList, address: &str) -> OperatorChange {
    OperatorChange {
        list,
        what: What::Add(Particulars {
            category: Category::Scam,
            subject: None,
            note: None,
            expires_on: None,
        }),
        address: address.to_owned(),
        network: String::new(),
        act: act("Ada"),
    }
}

fn remove(list: OperatorList, address: &str) -> OperatorChange {
    OperatorChange {
        what: What::Remove,
        ..add(list, address)
    }
}

const P2PKH: &str = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH";
const ITS_WITNESS: &str = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";

#[test]
fn an_address_comes_on_and_off_in_any_spelling_and_before_the_call_returns() {
    let bench = Bench::new();
    let typed = evm(1);
    let spelled = typed.to_uppercase().replacen("0X", "0x", 1);
    let applied = bench.importer.change(&add(LISTED, &typed)).expect("adds");
    let Applied::Live { entry, .. } = applied else {
        panic!("nobody else has to approve");
    };
    let outcome = bench.screen(&spelled);
    assert_eq!(
        (outcome.verdict, outcome.action),
        (Verdict::Listed, Action::Block)
    );
    let found = &outcome.matches[0];
    assert_eq!((Some(found.id), found.tier), (entry, Tier::Operator));
    assert_eq!(found.entry.act, Some(act("Ada")));
    bench
        .importer
        .change(&remove(LISTED, &typed))
        .expect("removes");
    let outcome = bench.screen(&typed);
    assert_ne!(outcome.verdict, Verdict::Listed);
    assert!(!outcome.matches[0].active, "what came off is still shown");
    let again = bench.importer.change(&remove(LISTED, &typed));
    assert!(matches!(again, Err(OperatorError::NotThere { .. })));
}

#[test]
fn an_address_added_twice_is_one_entry_with_the_later_particulars() {
    let bench = Bench::new();
    bench.importer.change(&add(LISTED, P2PKH)).expect("adds");
    let mut second = add(LISTED, P2PKH);
    second.act = act("Grace");
    bench.importer.change(&second).expect("adds");
    let outcome = bench.screen(P2PKH);
    assert_eq!(outcome.matches.len(), 1);
    assert_eq!(outcome.matches[0].entry.act, Some(act("Grace")));
    let live = bench.live.pin().expect("is live");
    assert_eq!(live.record.entries(), 1);
    bench
        .importer
        .change(&remove(LISTED, P2PKH))
        .expect("removes");
    for address in [P2PKH, ITS_WITNESS] {
        assert_ne!(bench.screen(address).verdict, Verdict::Listed, "{address}");
    }
}

#[test]
fn what_the_operator_did_survives_a_restart_and_a_publication_of_others() {
    let bench = Bench::new();
    bench.importer.change(&add(LISTED, &evm(1))).expect("adds");
    let text = request("ours", Tier::Sanctions, Format::Text);
    bench.import(&text, &lines(10..20)).expect("imports");
    let bench = bench.restarted();
    assert!(bench.screen(&evm(1)).is_listed());
    let record = &bench.live.pin().expect("is live").record;
    assert_eq!(record.made.act, None);
    let first = bench.store.generation(GenerationNumber(1)).expect("reads");
    let made = first.expect("there is one").made;
    assert_eq!((made.cause, made.act), (Cause::Operator, Some(act("Ada"))));
}

#[test]
fn an_entry_expires_by_itself() {
    let bench = Bench::new();
    let mut change = add(LISTED, &evm(1));
    let What::Add(particulars) = &mut change.what else {
        panic!("it adds");
    };
    particulars.expires_on = Some(date(2099, 1, 1));
    bench.importer.change(&change).expect("adds");
    assert!(bench.screen(&evm(1)).is_listed());
    for (expires_on, accepted) in [(today(), false), (today().tomorrow().expect("a day"), true)] {
        let mut change = change.clone();
        change.what = What::Add(Particulars {
            category: Category::Scam,
            subject: None,
            note: None,
            expires_on: Some(expires_on),
        });
        assert_eq!(
            bench.importer.change(&change).is_ok(),
            accepted,
            "{expires_on}"
        );
    }
}

#[test]
fn what_is_typed_must_read_strictly() {
    let bench = Bench::new();
    for wrong in ["", "hello", "0x123", "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMG"] {
        let refused = bench.importer.change(&add(LISTED, wrong));
        assert!(
            matches!(refused, Err(OperatorError::Unreadable { .. })),
            "{wrong}"
        );
    }
    let mut elsewhere = add(LISTED, P2PKH);
    elsewhere.network = "NOWHERE".to_owned();
    let refused = bench.importer.change(&elsewhere);
    assert!(matches!(refused, Err(OperatorError::Network(_))));
    assert!(bench.live.pin().is_none(), "nothing was committed");
}

#[test]
fn law_10_an_exemption_lets_pass_what_is_attributed_and_never_what_is_sanctioned() {
    let bench = Bench::new();
    let attributed = request("researchers", Tier::Attributed, Format::Text);
    let sanctions = request("ofac-sdn", Tier::Sanctions, Format::Text);
    bench.import(&attributed, &lines(0..4)).expect("imports");
    bench.import(&sanctions, &lines(2..6)).expect("imports");
    for number in [0, 2, 4] {
        bench
            .importer
            .change(&add(EXEMPT, &evm(number)))
            .expect("exempts");
    }
    let said = |number: u32| {
        let outcome = bench.screen(&evm(number));
        let exempted = outcome.reasons.contains(&Reason::Exempted);
        (outcome.verdict, outcome.action, exempted)
    };
    // On the attributed list only: it passes, and is still said to be listed.
    assert_eq!(said(0), (Verdict::Listed, Action::Allow, true));
    assert_eq!(said(1), (Verdict::Listed, Action::Review, false));
    // On both: what sanctions lists say stands.
    assert_eq!(said(2), (Verdict::Listed, Action::Block, true));
    assert_eq!(said(3), (Verdict::Listed, Action::Block, false));
    assert_eq!(said(4), (Verdict::Listed, Action::Block, false));
    assert_eq!(
        bench.screen(&evm(0)).matches.len(),
        1,
        "an exemption is no match"
    );
    bench
        .importer
        .change(&remove(EXEMPT, &evm(0)))
        .expect("removes");
    assert_eq!(said(0), (Verdict::Listed, Action::Review, false));
    // As of the generation before, the answer is what it was.
    let before = bench.live.pin().expect("is live").number().0 - 1;
    let moment = Moment {
        generation: Some(GenerationNumber(before)),
        ..Moment::default()
    };
    assert_eq!(bench.screen_at(&moment, &evm(0)).action, Action::Allow);
}

#[test]
fn an_exemption_is_about_the_address_named_and_no_other_of_its_key() {
    let bench = Bench::new();
    let attributed = request("researchers", Tier::Attributed, Format::Text);
    bench
        .import(&attributed, &format!("{P2PKH}\n{ITS_WITNESS}\n"))
        .expect("imports");
    bench
        .importer
        .change(&add(EXEMPT, ITS_WITNESS))
        .expect("exempts");
    assert_eq!(bench.screen(ITS_WITNESS).action, Action::Allow);
    assert_eq!(bench.screen(P2PKH).action, Action::Review);
}

#[test]
fn a_second_person_must_approve_where_the_operator_says_so() {
    let bench = Bench::new().with_second_person();
    let Applied::Waiting(id) = bench.importer.change(&add(LISTED, &evm(1))).expect("waits") else {
        panic!("it must wait");
    };
    assert!(bench.live.pin().is_none());
    let pending = Pending::of(bench.store.data_dir());
    assert_eq!(pending.list().expect("reads").len(), 1);
    let own_word = bench.importer.approve(&id, act(" ADA"));
    assert!(matches!(own_word, Err(ApproveError::SamePerson(_))));
    let bench = bench.restarted();
    let approved = bench.importer.approve(&id, act("Grace")).expect("approves");
    assert!(matches!(approved, Approved::Changed(Applied::Live { .. })));
    let outcome = bench.screen(&evm(1));
    let act = outcome.matches[0].entry.act.clone().expect("is by hand");
    assert_eq!(
        (act.author.as_str(), act.approver.as_deref()),
        ("Ada", Some("Grace"))
    );
    assert!(pending.list().expect("reads").is_empty());
}

#[test]
fn a_refused_publication_waits_and_goes_live_on_a_persons_word() {
    let bench = Bench::new();
    let ours = request("ours", Tier::Sanctions, Format::Text);
    bench.import(&ours, &lines(0..100)).expect("imports");
    let refused = bench.import_or_keep(&ours, &lines(0..50));
    assert!(refused.is_err());
    let pending = Pending::of(bench.store.data_dir());
    let [item] = <[_; 1]>::try_from(pending.list().expect("reads")).expect("one waits");
    assert_eq!(pending.lost(&item.id).expect("reads").len(), 50);
    let Matter::Publication(held) = &item.matter else {
        panic!("it is a publication");
    };
    assert_eq!((held.lost, held.listed), (50, 100));
    // The set moves on: the word was about another one, and waits anew.
    bench
        .importer
        .change(&add(LISTED, &evm(500)))
        .expect("adds");
    assert!(bench.importer.approve(&item.id, act("Ada")).is_err());
    let [moved] = <[_; 1]>::try_from(pending.list().expect("reads")).expect("one waits");
    assert_ne!(moved.id, item.id);
    bench
        .importer
        .approve(&moved.id, act("Ada"))
        .expect("approves");
    assert!(pending.list().expect("reads").is_empty());
    assert!(bench.screen(&evm(0)).is_listed());
    assert_ne!(bench.screen(&evm(99)).verdict, Verdict::Listed);
    let made = bench.live.pin().expect("is live").record.made.clone();
    assert_eq!(made.act, Some(act("Ada")));
    assert!(
        made.overridden
            .iter()
            .any(|gate| gate.contains("50 of 100")),
        "{made:?}"
    );
}

#[test]
fn the_lists_kept_by_hand_are_not_imported_over() {
    let bench = Bench::new();
    for list in [LISTED, EXEMPT] {
        let request = Request {
            tier: None,
            ..request(list.name(), Tier::Operator, Format::Text)
        };
        let refused = bench.import(&request, &lines(0..3));
        assert!(matches!(refused, Err(ImportError::KeptByHand(_))));
    }
}
