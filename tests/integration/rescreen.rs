//! The rescreen stream: positions, hits, the closing summary, and its order.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

use super::harness::{Daemon, block_on, bundled_addresses, evm, evms, queries, v1};
use v1::rescreen_addresses_request::Part;
use v1::rescreen_addresses_response::Part as Answered;
use v1::{Action, RescreenHeader, Verdict};

fn header(hits_only: bool) -> Part {
    Part::Header(RescreenHeader {
        hits_only,
        ..RescreenHeader::default()
    })
}

fn chunk<A: AsRef<str>>(addresses: &[A]) -> Part {
    Part::Chunk(v1::RescreenChunk {
        queries: queries(addresses),
    })
}

/// A listed address at every seventh place, garbage at every eleventh.
fn book() -> Vec<String> {
    let listed = bundled_addresses();
    let address = |number: usize| match number {
        _ if number.is_multiple_of(7) => listed[number].address.to_owned(),
        _ if number.is_multiple_of(11) => format!("garbage {number}"),
        _ => evm(number as u64),
    };
    (0..1_000).map(address).collect()
}

#[test]
fn a_rescreen_answers_every_query_in_order_and_closes_with_its_count() {
    let daemon = Daemon::with_bundled_lists().start();
    let book = book();
    let alone = daemon.verdicts(&book);
    let mut messages = vec![header(false)];
    messages.extend(book.chunks(300).map(chunk));
    messages.push(chunk::<&str>(&[]));
    let all = daemon.rescreen(messages).expect("answered");

    let basis = all.basis.expect("a basis comes first");
    assert_eq!(
        (basis.generation, basis.generation_digest.clone()),
        daemon.live()
    );
    let firsts: Vec<_> = all
        .chunks
        .iter()
        .map(|some| (some.first_position, some.queries))
        .collect();
    assert_eq!(
        firsts,
        [(0, 300), (300, 300), (600, 300), (900, 100), (1_000, 0)]
    );
    let outcomes: Vec<_> = all.chunks.iter().flat_map(|some| &some.outcomes).collect();
    assert!(outcomes.iter().map(|found| found.position).eq(0..1_000));
    let verdicts = outcomes
        .iter()
        .map(|found| found.outcome.as_ref().expect("an outcome").verdict());
    assert_eq!(verdicts.collect::<Vec<_>>(), alone);

    let summary = all.summary.expect("a summary closes it");
    let count = |wanted| alone.iter().filter(|verdict| **verdict == wanted).count() as u64;
    assert_eq!(summary.queries, 1_000);
    assert_eq!(summary.listed, count(Verdict::Listed));
    assert_eq!(summary.not_listed, count(Verdict::NotListed));
    assert_eq!(summary.indeterminate, count(Verdict::Indeterminate));
    assert_eq!(
        summary.review + summary.block,
        summary.listed + summary.indeterminate
    );
    assert_eq!(
        (summary.generation, summary.generation_digest),
        (basis.generation, basis.generation_digest)
    );
}

#[test]
fn hits_only_leaves_out_what_is_allowed_and_counts_it() {
    let daemon = Daemon::with_bundled_lists().start();
    let book = book();
    let whole = daemon
        .rescreen(vec![header(false), chunk(&book)])
        .expect("answered");
    let hits = daemon
        .rescreen(vec![header(true), chunk(&book)])
        .expect("answered");
    assert_eq!(hits.summary, whole.summary);
    let positions = |all: &[v1::RescreenOutcomes]| {
        let outcomes = all.iter().flat_map(|some| &some.outcomes);
        let hits =
            outcomes.filter(|found| found.outcome.as_ref().expect("one").action() != Action::Allow);
        hits.map(|found| found.position).collect::<Vec<_>>()
    };
    let found = positions(&hits.chunks);
    assert_eq!(found, positions(&whole.chunks));
    assert_eq!(hits.chunks[0].outcomes.len(), found.len());
    assert!(hits.chunks[0].queries == 1_000 && found.len() > 100 && found.len() < 1_000);
}

#[test]
fn a_stream_out_of_order_is_refused_and_has_no_summary() {
    let daemon = Daemon::with_bundled_lists().start();
    let addresses = evms(0..3);
    for (messages, what) in [
        (vec![], "no message at all"),
        (vec![chunk(&addresses)], "no header"),
        (vec![header(false), header(false)], "two headers"),
        (
            vec![header(false), chunk(&addresses), header(true)],
            "a header behind a chunk",
        ),
    ] {
        let refused = daemon.rescreen(messages).expect_err(what);
        assert_eq!(refused.code(), Code::InvalidArgument, "{what}: {refused}");
    }
    let nothing = tokio_stream::iter([v1::RescreenAddressesRequest { part: None }]);
    let refused = block_on(daemon.screening().rescreen_addresses(nothing)).expect_err("no part");
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
}

#[test]
fn a_rescreen_of_nothing_is_finished_at_once() {
    let daemon = Daemon::with_bundled_lists().start();
    let all = daemon.rescreen(vec![header(false)]).expect("answered");
    assert_eq!((all.basis.is_some(), all.chunks.len()), (true, 0));
    assert_eq!(all.summary.expect("a summary").queries, 0);
}

/// Opens a stream, changes the lists under it twice, and holds that every
/// chunk was still answered from the generation it began with.
#[test]
fn law_3_a_rescreen_keeps_its_generation_while_lists_change() {
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &[evm(0)]);
    let (sender, receiver) = mpsc::channel(4);
    let send = |part| {
        let message = v1::RescreenAddressesRequest { part: Some(part) };
        block_on(sender.send(message)).expect("the stream is open");
    };
    send(header(false));
    let mut client = daemon.screening();
    let opened = block_on(client.rescreen_addresses(ReceiverStream::new(receiver)));
    let mut answers = opened.expect("opened").into_inner();
    let mut next = || {
        block_on(answers.message())
            .expect("answered")
            .and_then(|answer| answer.part)
    };
    assert!(matches!(next(), Some(Answered::Basis(basis)) if basis.generation == 1));
    for later in 1..3 {
        daemon.import_text_confirmed("ours", &[evm(later)]);
        send(chunk(&evms(0..3)));
        let Some(Answered::Outcomes(some)) = next() else {
            panic!("outcomes follow a chunk");
        };
        let verdict = |index: usize| {
            some.outcomes[index]
                .outcome
                .as_ref()
                .expect("one")
                .verdict()
        };
        let expected = [Verdict::Listed, Verdict::NotListed, Verdict::NotListed];
        assert_eq!([verdict(0), verdict(1), verdict(2)], expected);
    }
    drop(sender);
    let Some(Answered::Summary(summary)) = next() else {
        panic!("a summary closes it");
    };
    assert_eq!(
        (summary.generation, summary.queries, summary.listed),
        (1, 6, 2)
    );
    assert_eq!(daemon.live().0, 3);
}

#[test]
fn a_client_that_goes_away_leaves_the_daemon_as_it_was() {
    // They go faster than it is noticed that they went.
    let config = "[access.quota]\nrescreens_max = 12";
    let daemon = Daemon::with_bundled_lists().config(config).start();
    for _ in 0..12 {
        let book = book();
        let (sender, receiver) = mpsc::channel(8);
        let parts = [header(false), chunk(&book), chunk(&book)];
        for part in parts {
            let message = v1::RescreenAddressesRequest { part: Some(part) };
            block_on(sender.send(message)).expect("there is room");
        }
        let channel = daemon.own_channel();
        let mut client = v1::screening_service_client::ScreeningServiceClient::new(channel);
        let opened = block_on(client.rescreen_addresses(ReceiverStream::new(receiver)));
        drop(opened.expect("opened"));
    }
    assert_eq!(daemon.screen(&evm(0)).verdict(), Verdict::NotListed);
}
