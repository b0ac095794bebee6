//! Law 4 under `kill -9`: what comes back is generation N or N+1, whole.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tonic::Code;

use super::harness::{Daemon, Random, Upload, act, block_on, evms, import, runtime, v1, word_for};
use v1::Verdict;
use v1::history_service_client::HistoryServiceClient;

/// One list of the sequence that is imported: a source of its own each, so
/// that nothing of it ever comes off.
#[derive(Clone)]
struct List {
    source: String,
    addresses: Arc<Vec<String>>,
}

impl List {
    fn numbered(number: u64, entries: u64) -> Self {
        let first = number * 1_000_000;
        Self {
            source: format!("list-{number}"),
            addresses: Arc::new(evms(first..first + entries)),
        }
    }

    fn upload(&self) -> Upload {
        Upload::of(&self.source).lines(&self.addresses)
    }
}

/// What is known to be committed: the daemon said so, or was found with it.
#[derive(Default)]
struct Model {
    lists: Vec<List>,
    digests: Vec<Vec<u8>>,
}

impl Model {
    fn generation(&self) -> u64 {
        self.lists.len() as u64
    }

    fn take(&mut self, list: List, digest: Vec<u8>) {
        self.lists.push(list);
        self.digests.push(digest);
    }
}

/// How many kills, of imports of how many entries.
struct Plan {
    seed: u64,
    kills: u64,
    entries: u64,
}

/// Imports list after list until the daemon is killed at a random moment,
/// starts it again, and compares what it holds with what it had said.
fn kill_during_imports(plan: &Plan) {
    let mut random = Random::seeded(plan.seed);
    let mut daemon = Daemon::empty().start();
    let mut model = Model::default();
    let (mut as_said, mut one_more, mut took) = (0, 0, Duration::ZERO);
    for kill in 0..plan.kills {
        let first = model.generation();
        let lists: Vec<List> = (first..first + 4)
            .map(|number| List::numbered(number, plan.entries))
            .collect();
        let said = Arc::new(Mutex::new(Vec::new()));
        let importing = {
            let (channel, said, lists) = (daemon.own_channel(), said.clone(), lists.clone());
            runtime().spawn(async move {
                for list in lists {
                    let Ok(report) = import(channel.clone(), list.upload()).await else {
                        return;
                    };
                    said.lock()
                        .expect("no panic")
                        .push(report.generation_digest);
                }
            })
        };
        if kill == 0 {
            // How long one takes, so that kills fall into every part of it.
            let started_at = Instant::now();
            while said.lock().expect("no panic").is_empty() {
                thread::sleep(Duration::from_millis(1));
            }
            took = started_at.elapsed();
        }
        thread::sleep(took.mul_f64(random.below(2_500) as f64 / 1_000.0));
        daemon.kill();
        block_on(importing).expect("no panic");
        let said = std::mem::take(&mut *said.lock().expect("no panic"));
        let under_way = lists.get(said.len());
        for (list, digest) in lists.iter().zip(said) {
            model.take(list.clone(), digest);
        }
        if random.below(3) == 0 {
            daemon.start_and_kill(Duration::from_millis(random.below(120)));
        }
        daemon.start_again();
        let context = format!("seed {}, kill {kill}", plan.seed);
        if settle(&daemon, &mut model, under_way, &context) {
            one_more += 1;
        } else {
            as_said += 1;
        }
    }
    let all: Vec<&String> = model
        .lists
        .iter()
        .flat_map(|list| list.addresses.iter())
        .collect();
    assert_eq!(daemon.not_listed_of(&all), [] as [&str; 0]);
    eprintln!(
        "{} kills during imports of {} entries ({took:?} each): {as_said} found as said, {one_more} one further; {} generations, {} addresses, none lost",
        plan.kills,
        plan.entries,
        model.generation(),
        all.len()
    );
}

/// Holds the daemon against the model; returns whether the import under way
/// was found committed, which the model then takes over.
fn settle(daemon: &Daemon, model: &mut Model, under_way: Option<&List>, context: &str) -> bool {
    let (generation, digest) = daemon.live();
    let said = model.generation();
    assert!(
        generation == said || generation == said + 1,
        "{context}: generation {generation} came back, and {said} was said"
    );
    let is_further = generation > said;
    if let Some(list) = under_way {
        let sample: Vec<&String> = list.addresses.iter().step_by(7).collect();
        let expected = if is_further {
            Verdict::Listed
        } else {
            Verdict::NotListed
        };
        // Nothing is live before the first generation.
        if generation > 0 {
            let verdicts = daemon.verdicts(&sample);
            assert!(
                verdicts.iter().all(|verdict| *verdict == expected),
                "{context}: a mixture"
            );
        }
    }
    if is_further {
        let list = under_way.expect("something was under way");
        model.take(list.clone(), digest);
    }
    let held = daemon.generations();
    assert_eq!(held.len(), model.digests.len(), "{context}");
    for (held, said) in held.iter().rev().zip(&model.digests) {
        assert_eq!(
            held.digest, *said,
            "{context}: generation {} is another",
            held.number
        );
    }
    let newest = model.lists.iter().rev().take(3);
    let recent: Vec<&String> = newest
        .flat_map(|list| list.addresses.iter().step_by(3))
        .collect();
    assert_eq!(daemon.not_listed_of(&recent), [] as [&str; 0], "{context}");
    is_further
}

#[test]
fn law_4_forty_kills_during_small_imports_lose_nothing() {
    kill_during_imports(&Plan {
        seed: 4_001,
        kills: 40,
        entries: 2_000,
    });
}

/// From 20,000 changes on, an import is written as table files.
#[test]
fn law_4_fifteen_kills_during_large_imports_lose_nothing() {
    kill_during_imports(&Plan {
        seed: 4_002,
        kills: 15,
        entries: 20_100,
    });
}

/// Kills a daemon over and over while it starts, with an unfinished import to
/// take out; it must come up in the end as if nothing had been.
#[test]
fn law_4_kills_during_starts_lose_nothing() {
    const SEED: u64 = 4_003;
    let mut random = Random::seeded(SEED);
    let mut daemon = Daemon::empty().start();
    let first = List::numbered(0, 5_000);
    daemon.import(&first.upload());
    let before = daemon.live();
    let upload = List::numbered(1, 60_000).upload();
    let importing = runtime().spawn(import(daemon.own_channel(), upload));
    let staged = |daemon: &Daemon| !daemon.home().files_ending("stage-entries.sst").is_empty();
    super::harness::eventually(
        "the tables are being written",
        Duration::from_secs(30),
        || staged(&daemon),
    );
    daemon.kill();
    let said = block_on(importing).expect("no panic");
    for _ in 0..15 {
        daemon.start_and_kill(Duration::from_millis(random.below(150)));
    }
    daemon.start_again();
    if said.is_err() && daemon.live().0 == 1 {
        assert_eq!(daemon.live(), before, "seed {SEED}");
    }
    assert_eq!(
        daemon.not_listed_of(&first.addresses),
        [] as [&str; 0],
        "seed {SEED}"
    );
    daemon.import_text("after", &evms(9_000_000..9_000_010));
    assert_eq!(
        daemon.not_listed_of(&evms(9_000_000..9_000_010)),
        [] as [&str; 0]
    );
    eprintln!("15 kills during starts: nothing lost");
}

/// Going back is a commit like any other.
#[test]
fn law_4_a_kill_during_a_rollback_leaves_one_generation_or_the_other() {
    const SEED: u64 = 0x4011_bac4;
    let mut random = Random::seeded(SEED);
    let mut daemon = Daemon::empty().start();
    let (all, some) = (evms(0..400), evms(0..300));
    daemon.import_text("ours", &all);
    let mut digests = vec![daemon.live().1];
    daemon.import_text_confirmed("ours", &some);
    digests.push(daemon.live().1);
    let (mut before, mut after) = (0, 0);
    for kill in 0..20 {
        let (number, digest) = daemon.live();
        // Odd generations hold all, even ones some.
        let request = v1::RollBackRequest {
            to: number - 1,
            act: Some(act("Ada Byron", "back")),
            ..v1::RollBackRequest::default()
        };
        let mut history = HistoryServiceClient::new(daemon.own_channel());
        let going_back = runtime().spawn(async move {
            let refused = match history.roll_back(request.clone()).await {
                Ok(done) => return Some(done.into_inner().generation),
                Err(refused) if refused.code() == Code::FailedPrecondition => refused,
                Err(_) => return None,
            };
            let approve = word_for(refused.message());
            let again = v1::RollBackRequest { approve, ..request };
            let done = history.roll_back(again).await.ok()?;
            Some(done.into_inner().generation)
        });
        thread::sleep(Duration::from_micros(random.below(25_000)));
        daemon.kill();
        let said = block_on(going_back).expect("no panic");
        daemon.start_again();
        let (found, found_digest) = daemon.live();
        let context = format!("kill {kill}, seed {SEED:#x}");
        assert!(
            found == number || found == number + 1,
            "{found} after {number}, {context}"
        );
        assert!(
            said.is_none_or(|said| said == found),
            "acknowledged and lost, {context}"
        );
        let expected = match found == number {
            true => digest,
            false => digests[usize::from(digests[0] == digest)].clone(),
        };
        assert_eq!(found_digest, expected, "{context}");
        let listed = if found_digest == digests[0] {
            &all
        } else {
            &some
        };
        assert_eq!(
            daemon.not_listed_of(listed),
            Vec::<&str>::new(),
            "{context}"
        );
        match found == number {
            true => before += 1,
            false => after += 1,
        }
    }
    eprintln!("{before} kills before the commit, {after} after it");
}
