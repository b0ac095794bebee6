//! The audit log through the daemon: what is answered is recorded first, as
//! it was asked and answered, and nothing of a secret is kept.

use std::fs;
use std::time::Duration;

use interdict::audit::record::Record;
use interdict::audit::record::record::Event;
use prost::Message as _;
use tonic::Code;

use super::harness::{
    Daemon, Home, Upload, act, block_on, evm, evms, interdict, queries, records, v1, word_for,
};
use v1::audit_service_client::AuditServiceClient;
use v1::rescreen_addresses_request::Part;

const LISTED: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";

/// A valid private key of nobody's.
const SECRET: &str = "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn";

fn screenings(records: &[(u64, Record)]) -> Vec<interdict::audit::record::Screening> {
    let found = records
        .iter()
        .filter_map(|(_, record)| match &record.event {
            Some(Event::Screening(screening)) => Some(screening.clone()),
            _ => None,
        });
    found.collect()
}

fn record_of(daemon: &Daemon, id: &str) -> Record {
    let mut client = AuditServiceClient::new(daemon.channel());
    let request = v1::GetRecordRequest { id: id.to_owned() };
    let answer = block_on(client.get_record(request)).expect("it is in the log");
    let kept = answer.into_inner().record.expect("a record");
    Record::decode(kept.record.as_slice()).expect("it decodes")
}

#[test]
fn law_6_an_answer_is_in_the_log_as_it_was_asked_and_answered() {
    let daemon = Daemon::with_bundled_lists().start();
    let answer = daemon
        .ask(v1::ScreenAddressRequest {
            address: LISTED.to_lowercase(),
            network: "ETH".to_owned(),
            purpose: v1::Purpose::Withdrawal.into(),
            reference: "customer 4711".to_owned(),
            moment: None,
        })
        .expect("answered");
    let record = record_of(&daemon, &answer.outcome.screening_id);
    let Some(Event::Screening(kept)) = record.event else {
        panic!("another event");
    };
    assert_eq!(
        record.build,
        concat!("interdict ", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(
        (kept.caller.as_str(), kept.call.as_str()),
        ("127.0.0.1", "ScreenAddress")
    );
    assert_eq!(
        (kept.purpose.as_str(), kept.network.as_str()),
        ("WITHDRAWAL", "ETH")
    );
    assert_eq!(
        (kept.verdict.as_str(), kept.action.as_str()),
        ("LISTED", "BLOCK")
    );
    assert_eq!(kept.reasons, ["LISTED"]);
    assert_eq!(kept.readings[0].canonical, LISTED);
    assert_eq!(kept.generation, answer.basis.generation);
    assert_eq!(kept.generation_digest, answer.basis.generation_digest);
    assert_eq!(kept.matches.len(), answer.outcome.matches.len());
    for (kept, told) in kept.matches.iter().zip(&answer.outcome.matches) {
        assert_eq!(const_hex::encode(&kept.entry_id), told.entry_id);
        assert_eq!(kept.source, told.source);
        assert_eq!(kept.subjects, told.subjects);
        assert_eq!(kept.publication_digest, told.publication_digest);
    }
    // The reference is there as a keyed hash, the same each time.
    assert_eq!(kept.reference_hash.len(), 32);
    let again = daemon
        .ask(v1::ScreenAddressRequest {
            address: evm(1),
            reference: "customer 4711".to_owned(),
            ..v1::ScreenAddressRequest::default()
        })
        .expect("answered");
    let Some(Event::Screening(other)) = record_of(&daemon, &again.outcome.screening_id).event
    else {
        panic!("another event");
    };
    assert_eq!(other.reference_hash, kept.reference_hash);
    assert_eq!(other.verdict, "NOT_LISTED");
}

#[test]
fn every_address_of_a_batch_and_of_a_rescreen_has_its_record() {
    let mut daemon = Daemon::with_bundled_lists().start();
    let book: Vec<String> = (0..700).map(evm).chain([LISTED.to_owned()]).collect();
    let batch = daemon.try_screen_all(&book[..300]).expect("answered");
    let header = v1::RescreenHeader {
        hits_only: true,
        reference: "run 7".to_owned(),
        ..v1::RescreenHeader::default()
    };
    let chunks = book.chunks(500).map(|some| {
        Part::Chunk(v1::RescreenChunk {
            queries: queries(some),
        })
    });
    let run = [Part::Header(header)].into_iter().chain(chunks).collect();
    daemon.rescreen(run).expect("answered");
    daemon.stop();
    let records = records(daemon.home());
    let of_call = |call: &str| {
        let mut found = screenings(&records);
        found.retain(|one| one.call == call);
        found
    };
    let batched = of_call("ScreenAddresses");
    assert_eq!(batched.len(), 300);
    assert_eq!(batch.outcomes.len(), 300);
    let rescreened = of_call("RescreenAddresses");
    assert_eq!(rescreened.len(), book.len());
    for (position, (one, address)) in rescreened.iter().zip(&book).enumerate() {
        assert_eq!(one.position, position as u64);
        assert_eq!(
            one.readings[0].canonical.to_lowercase(),
            address.to_lowercase()
        );
    }
    let ends = records
        .iter()
        .filter_map(|(_, record)| match &record.event {
            Some(Event::Rescreened(run)) => Some((run.queries, run.listed, run.complete)),
            _ => None,
        });
    assert_eq!(ends.collect::<Vec<_>>(), [(701, 1, true)]);
}

#[test]
fn law_8_nothing_of_a_secret_is_in_the_log() {
    let mut daemon = Daemon::with_bundled_lists().start();
    let answer = daemon.screen(SECRET);
    assert_eq!(answer.reasons(), [v1::Reason::PrivateKey]);
    let odd = "some words that nobody reads 77";
    daemon.screen(odd);
    daemon.screen_hinted(&evm(3), "my secret is hunter2");
    let Some(Event::Screening(kept)) = record_of(&daemon, &answer.outcome.screening_id).event
    else {
        panic!("another event");
    };
    assert_eq!(kept.text_hash.len(), 32);
    assert!(kept.readings.is_empty());
    daemon.stop();
    for file in daemon.home().files_ending("") {
        let bytes = fs::read(&file).expect("it can be read");
        for secret in [SECRET, odd, "hunter2"] {
            let mut windows = bytes.windows(secret.len());
            assert!(
                !windows.any(|some| some == secret.as_bytes()),
                "{secret} in {}",
                file.display()
            );
        }
    }
}

#[test]
fn changes_of_the_lists_refusals_and_words_are_recorded() {
    let mut daemon = Daemon::with_bundled_lists().start();
    daemon.import_text("ours", &evms(0..40));
    let refused = daemon.try_import(&Upload::of("ours").lines(&evms(0..10)));
    let refused = refused.expect_err("it shrinks");
    let id = word_for(refused.message());
    let mut operator = daemon.operator();
    let approve = v1::ApprovePendingRequest {
        id: id.clone(),
        act: Some(act("Grace Hopper", "they are gone")),
    };
    block_on(operator.approve_pending(approve)).expect("approved");
    let add = v1::AddAddressRequest {
        list: v1::OperatorList::Exemption.into(),
        address: evm(3),
        act: Some(act("Ada Byron", "our own wallet")),
        ..v1::AddAddressRequest::default()
    };
    block_on(operator.add_address(add)).expect("added");
    let generations = daemon.generations();
    daemon.restart();
    daemon.stop();

    let records = records(daemon.home());
    let mut changed = Vec::new();
    let (mut intended, mut refusals, mut words, mut starts, mut stops) = (0, 0, 0, 0, 0);
    for (_, record) in &records {
        match &record.event {
            Some(Event::Changed(one)) => changed.push(one.clone()),
            Some(Event::ChangeIntended(_)) => intended += 1,
            Some(Event::Refused(one)) => {
                refusals += 1;
                assert_eq!(one.source, "ours");
                assert!(one.why.contains("30"), "{}", one.why);
            }
            Some(Event::WordGiven(one)) => {
                words += 1;
                assert!(one.approved);
                assert_eq!(one.pending_id, id);
                assert_eq!(one.act.clone().expect("an act").author, "Grace Hopper");
            }
            Some(Event::Started(_)) => starts += 1,
            Some(Event::Stopped(_)) => stops += 1,
            _ => {}
        }
    }
    assert_eq!((intended, refusals, words, starts, stops), (3, 1, 1, 2, 2));
    let numbers: Vec<u64> = changed.iter().map(|one| one.generation).collect();
    let all: Vec<u64> = (1..=generations.len() as u64).collect();
    assert_eq!(numbers, all, "each generation is told of, once, in order");
    for (kept, told) in changed.iter().zip(generations.iter().rev()) {
        assert_eq!(kept.generation_digest, told.digest);
        // Those of `init` were made before anything was recorded.
        assert_eq!(kept.reconciled, kept.generation <= numbers.len() as u64 - 3);
    }
    let approved = &changed[changed.len() - 2];
    assert!(!approved.overridden.is_empty());
    assert_eq!(approved.act.clone().expect("an act").author, "Grace Hopper");
    let exempted = changed.last().expect("the last");
    assert_eq!(
        (exempted.cause.as_str(), exempted.sources.clone()),
        ("OPERATOR", vec!["exemptions".to_owned()])
    );
}

#[test]
fn a_generation_whose_record_was_lost_is_told_of_at_the_next_start() {
    let mut daemon = Daemon::with_bundled_lists().start();
    daemon.import_text("ours", &evms(0..10));
    let live = daemon.live();
    daemon.stop();
    // As if the process had ended between the commit and its record.
    let noted = daemon.home().data_dir().join("RECORDED");
    let text = fs::read_to_string(&noted).expect("it is there");
    let (key, number) = text.trim().rsplit_once(' ').expect("two words");
    let number: u64 = number.parse().expect("a number");
    assert_eq!(number, live.0);
    fs::write(&noted, format!("{key} {}\n", number - 1)).expect("written");
    daemon.start_again();
    daemon.stop();
    let told: Vec<bool> = records(daemon.home())
        .iter()
        .filter_map(|(_, record)| match &record.event {
            Some(Event::Changed(one)) if one.generation == live.0 => Some(one.reconciled),
            _ => None,
        })
        .collect();
    assert_eq!(told, [false, true]);
}

#[test]
fn law_6_a_disk_that_takes_no_record_makes_screening_unavailable_and_no_longer() {
    let mut daemon = Daemon::with_bundled_lists().start();
    let before = daemon.screen(&evm(1));
    let limited = |bytes: &str| {
        let ran = std::process::Command::new("prlimit")
            .args([
                "--pid",
                &daemon.pid().to_string(),
                &format!("--fsize={bytes}"),
            ])
            .status();
        assert!(ran.is_ok_and(|status| status.success()), "prlimit runs");
    };
    // No file of the daemon's may grow any more.
    limited("1:unlimited");
    for attempt in 0..3 {
        for address in [evm(2), LISTED.to_owned()] {
            let refused = daemon
                .try_screen(&address)
                .expect_err("nothing is answered");
            assert_eq!(refused.code(), Code::Unavailable, "{attempt}: {refused}");
        }
        let batch = daemon.try_screen_all(&[evm(4), evm(5)]);
        assert_eq!(batch.expect_err("nor a batch").code(), Code::Unavailable);
    }
    limited("unlimited:unlimited");
    let after = daemon.screen(&evm(3));
    daemon.restart();
    for id in [&before.outcome.screening_id, &after.outcome.screening_id] {
        record_of(&daemon, id);
    }
    daemon.stop();
    let data_dir = daemon.home().data_dir();
    interdict([
        "audit".as_ref(),
        "verify".as_ref(),
        "--data-dir".as_ref(),
        data_dir.as_os_str(),
    ])
    .expect_code(0);
    let answered = screenings(&records(daemon.home()));
    assert_eq!(answered.len(), 2, "what was not answered is not in the log");
}

#[test]
fn a_data_directory_whose_log_is_gone_is_refused() {
    let mut daemon = Daemon::with_bundled_lists().start();
    daemon.screen(&evm(1));
    daemon.stop();
    fs::remove_dir_all(daemon.home().data_dir().join("audit")).expect("removed");
    let refused = daemon
        .try_start_again()
        .expect_err("a log does not begin anew");
    assert_eq!(refused.code, 6, "{}", refused.stderr);
    assert!(refused.stderr.contains("audit"), "{}", refused.stderr);
}

#[test]
fn a_data_directory_from_before_the_log_is_given_one() {
    let home = Home::new();
    let data_dir = home.data_dir();
    interdict(["init".as_ref(), "--data-dir".as_ref(), data_dir.as_os_str()]).expect_code(0);
    fs::remove_dir_all(data_dir.join("audit")).expect("removed");
    fs::remove_file(data_dir.join("AUDIT-LOG")).expect("removed");
    let mut daemon = Daemon::at(home).start();
    let answer = daemon.screen(LISTED);
    record_of(&daemon, &answer.outcome.screening_id);
    daemon.stop();
    let told = records(daemon.home());
    let changed = told
        .iter()
        .filter(|(_, record)| matches!(record.event, Some(Event::Changed(_))));
    assert!(changed.count() >= 2);
}

#[test]
fn a_record_that_is_not_there_is_not_found() {
    let daemon = Daemon::with_bundled_lists().start();
    let mut client = AuditServiceClient::new(daemon.channel());
    let mut ask = |id: &str| {
        let request = v1::GetRecordRequest { id: id.to_owned() };
        block_on(client.get_record(request))
            .expect_err("refused")
            .code()
    };
    assert_eq!(ask("019aab10-0000-7000-8000-000000000000"), Code::NotFound);
    assert_eq!(ask("no id"), Code::InvalidArgument);
}

#[test]
fn the_key_and_the_newest_checkpoint_are_handed_out() {
    let daemon = Daemon::with_bundled_lists().start();
    daemon.screen(&evm(1));
    let mut client = AuditServiceClient::new(daemon.channel());
    super::harness::eventually("a checkpoint covers it", Duration::from_secs(10), || {
        let answer = block_on(client.get_checkpoint(v1::GetCheckpointRequest {}));
        let answer = answer.expect("answered").into_inner();
        let size = answer
            .note
            .lines()
            .nth(1)
            .and_then(|line| line.parse::<u64>().ok());
        let origin = answer.note.lines().next().unwrap_or_default();
        assert!(
            answer.verifier_key.starts_with(&format!("{origin}+")),
            "{answer:?}"
        );
        size.is_some_and(|size| size >= answer.records.min(4))
    });
}
