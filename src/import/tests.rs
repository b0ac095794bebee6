//! Whole imports, in process: what once went wrong, by name.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::*;
use crate::freshness::Requirements;
use crate::generation;
use crate::list::{Act, Category, Origin, Tier};
use crate::policy::Policy;
use crate::screening::{Moment, Screener};
use crate::store::Change;
use crate::verdict::{Action, Outcome, Reason, Verdict};

/// A data directory, its importer, and what answers from it.
pub(super) struct Bench {
    folder: TempDir,
    pub(super) store: Arc<Store>,
    pub(super) live: Arc<LiveGeneration>,
    pub(super) importer: Importer,
    policy: Policy,
}

impl Bench {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::create(&folder.path().join("data")).expect("creates");
        Self::over(folder, Arc::new(store), None)
    }

    /// Changes by hand need a second person.
    pub(super) fn with_second_person(self) -> Self {
        Self {
            importer: self.importer.with_second_person(true),
            ..self
        }
    }

    fn over(folder: TempDir, store: Arc<Store>, generation: Option<Generation>) -> Self {
        let live = Arc::new(LiveGeneration::default());
        generation
            .into_iter()
            .for_each(|loaded| live.publish(loaded));
        let bounds = Bounds {
            entries_max: 100_000,
            bytes_max: 1 << 30,
        };
        let rate = FalsePositiveRate::DEFAULT;
        let importer = Importer::new(store.clone(), live.clone(), rate, bounds);
        Self {
            folder,
            store,
            live,
            importer,
            policy: Policy::default(),
        }
    }

    /// Stops and starts again.
    pub(super) fn restarted(self) -> Self {
        let Self {
            folder,
            store,
            live,
            importer,
            policy,
        } = self;
        drop((store, live, importer));
        let path = folder.path().join("data");
        let (store, generation) =
            generation::open(&path, FalsePositiveRate::DEFAULT).expect("opens");
        Self {
            policy,
            ..Self::over(folder, store, generation)
        }
    }

    pub(super) fn import(&self, request: &Request, text: &str) -> Result<Report, ImportError> {
        let request = Request {
            digest: PublicationDigest::of_text(text),
            ..request.clone()
        };
        let file = InputFile::of_bytes("list", text.to_owned());
        self.importer.run(&request, vec![file])
    }

    /// As uploads and fetches do it.
    pub(super) fn import_or_keep(
        &self,
        request: &Request,
        text: &str,
    ) -> Result<Report, ImportError> {
        let request = Request {
            digest: PublicationDigest::of_text(text),
            ..request.clone()
        };
        let file = InputFile::of_bytes("list", text.to_owned());
        self.importer.run_or_keep(&request, vec![file])
    }

    pub(super) fn screen_at(&self, moment: &Moment, text: &str) -> Outcome {
        let requirements = Requirements::default();
        let screener = Screener::new(self.live.clone(), requirements, self.policy);
        screener.pin(moment).expect("is live").screen(text, "")
    }

    pub(super) fn screen(&self, text: &str) -> Outcome {
        self.screen_at(&Moment::default(), text)
    }
}

pub(super) fn request(source: &str, tier: Tier, format: Format) -> Request {
    Request {
        source: source.parse().expect("a source id"),
        tier: Some(tier),
        format,
        category: None,
        approval: None,
        retrieved_at: Timestamp::now(),
        origin: Origin::Imported,
        digest: PublicationDigest([0; 32]),
    }
}

pub(super) fn act(author: &str) -> Act {
    Act {
        author: author.to_owned(),
        reason: "the publisher meant it".to_owned(),
        ticket: None,
        approver: None,
    }
}

pub(super) fn evm(number: u32) -> String {
    let hash = blake3::hash(&number.to_le_bytes()).to_hex();
    format!("0x{}", &hash[..40])
}

pub(super) fn lines(numbers: std::ops::Range<u32>) -> String {
    numbers.map(|number| evm(number) + "\n").collect()
}

/// A failed import left rows at N+1. The next one compared itself with them,
/// called them unchanged, and they were then taken out.
#[test]
fn law_1_a_retry_behind_a_failed_import_lists_everything() {
    let bench = Bench::new();
    let listed = request("ours", Tier::Sanctions, Format::Text);
    bench.import(&listed, &lines(0..5)).expect("imports");
    // What a full disk leaves: staged, not committed, not taken out.
    let rows = read::open(
        Format::Text,
        Category::Sanctions,
        vec![InputFile::of_bytes("list", lines(0..20))],
        read::Limits::default(),
    );
    let keyed = keying::key(rows.expect("opens"), &listed.source, 100).expect("keys");
    let staged = between(
        delta::active_rows(&bench.store, &listed.source),
        keyed.records,
    );
    let changes: Vec<Change> = staged.expect("compares").changes;
    bench.store.leave_staged(&changes);
    let report = bench.import(&listed, &lines(0..20)).expect("imports");
    assert_eq!((report.added, report.unchanged), (15, 5));
    for number in 0..20 {
        assert_eq!(
            bench.screen(&evm(number)).verdict,
            Verdict::Listed,
            "{number}"
        );
    }
    let again = bench.restarted();
    assert!((0..20).all(|number| again.screen(&evm(number)).is_listed()));
}

/// The row that said so passed for a repetition of the one that said it went.
#[test]
fn law_1_a_row_that_says_it_came_back_counts() {
    let bench = Bench::new();
    let address = evm(1);
    let list = format!(
        "address,ticker,listed_on,delisted_on\n{address},ETH,2023-01-01,2024-01-01\n{address},ETH,2025-01-01,\n"
    );
    let report = bench
        .import(&request("ours", Tier::Sanctions, Format::Csv), &list)
        .expect("imports");
    assert_eq!((report.accepted, report.repeated), (2, 0));
    let outcome = bench.screen(&address);
    assert_eq!(
        (outcome.verdict, outcome.action),
        (Verdict::Listed, Action::Block)
    );
}

/// The same bytes read as another format are another list.
#[test]
fn the_same_file_under_the_right_format_is_read_again() {
    let bench = Bench::new();
    let list = format!("address,ticker\n{},ETH\n", evm(1));
    bench
        .import(&request("ours", Tier::Sanctions, Format::Text), &list)
        .expect("imports");
    // A line read whole is no address; the one among its words is found.
    let ticker = |outcome: &Outcome| outcome.matches[0].entry.ticker.clone();
    assert_eq!(ticker(&bench.screen(&evm(1))), None);
    let mended = request("ours", Tier::Sanctions, Format::Csv);
    let report = bench.import(&mended, &list).expect("imports");
    assert!(report.changed);
    assert_eq!(ticker(&bench.screen(&evm(1))).as_deref(), Some("ETH"));
}

/// A confirmation of one publication made an older one, imported later, look
/// fresh after a restart.
#[test]
fn a_confirmation_speaks_for_its_own_publication_only() {
    let bench = Bench::new();
    let now = Timestamp::now();
    let aged = |days: i64| Request {
        retrieved_at: now - SignedDuration::from_hours(24 * days),
        ..request("ours", Tier::Sanctions, Format::Text)
    };
    bench.import(&aged(20), &lines(0..3)).expect("imports");
    assert_eq!(bench.screen(&evm(9)).verdict, Verdict::Indeterminate);
    let again = bench.import(&aged(0), &lines(0..3)).expect("confirms");
    assert!(!again.changed);
    assert_eq!(bench.screen(&evm(9)).verdict, Verdict::NotListed);
    let bench = bench.restarted();
    assert_eq!(bench.screen(&evm(9)).verdict, Verdict::NotListed);

    bench.import(&aged(20), &lines(0..4)).expect("imports");
    let bench = bench.restarted();
    let outcome = bench.screen(&evm(9));
    assert_eq!(outcome.reasons.as_slice(), [Reason::SourceStale]);
}

/// Being on a list that the operator lets pass was milder than being on none.
#[test]
fn a_match_that_may_pass_does_not_make_a_doubt_milder() {
    let mut bench = Bench::new();
    bench.policy.attributed.direct = Action::Allow;
    bench
        .import(
            &request("known", Tier::Attributed, Format::Text),
            &lines(0..2),
        )
        .expect("imports");
    let outcome = bench.screen(&evm(0));
    assert_eq!(
        (outcome.verdict, outcome.action),
        (Verdict::Listed, Action::Allow)
    );
    let stale = Request {
        retrieved_at: Timestamp::now() - SignedDuration::from_hours(24 * 30),
        ..request("sanctions", Tier::Sanctions, Format::Text)
    };
    bench.import(&stale, &lines(5..8)).expect("imports");
    let outcome = bench.screen(&evm(0));
    assert_eq!(
        (outcome.verdict, outcome.action),
        (Verdict::Listed, Action::Review)
    );
    assert!(outcome.reasons.contains(&Reason::SourceStale));
}

/// It once looked stale until the next start.
#[test]
fn a_list_that_was_seen_again_stays_fresh_when_another_is_imported() {
    let bench = Bench::new();
    let hour = SignedDuration::from_hours(1);
    let mut ours = request("ours", Tier::Sanctions, Format::Text);
    ours.retrieved_at = Timestamp::now() - hour * 48;
    bench.import(&ours, &lines(0..5)).expect("imports");
    let seen_again = Timestamp::now() - hour;
    let digest = PublicationDigest::of_text(&lines(0..5));
    let confirmed = bench
        .importer
        .confirm_held(&ours.source, digest, seen_again);
    confirmed.expect("it is what is held");
    let theirs = request("theirs", Tier::Sanctions, Format::Text);
    bench.import(&theirs, &lines(5..9)).expect("imports");
    let current_at = |bench: &Bench| {
        let live = bench.live.pin().expect("is live");
        let held = live.publication(&ours.source).expect("is held");
        held.current_at().as_millisecond()
    };
    assert_eq!(current_at(&bench), seen_again.as_millisecond());
    let bench = bench.restarted();
    assert_eq!(current_at(&bench), seen_again.as_millisecond());
    let other = PublicationDigest([7; 32]);
    let refused = bench.importer.confirm_held(&ours.source, other, seen_again);
    assert!(matches!(refused, Err(ImportError::NotHeld(_))));
}

#[test]
fn going_back_in_time_needs_a_word() {
    let bench = Bench::new();
    let csv = request("ours", Tier::Sanctions, Format::Csv);
    let dated = |date: &str, rows: std::ops::Range<u32>| {
        format!("# published: {date}\naddress\n{}", lines(rows))
    };
    bench
        .import(&csv, &dated("2026-11-20", 0..5))
        .expect("imports");
    let older = dated("2026-11-01", 0..4);
    let Err(ImportError::Refused(refusal)) = bench.import(&csv, &older) else {
        panic!("it is older");
    };
    assert!(refusal.to_string().contains("2026-11-20"), "{refusal}");
    assert!(bench.screen(&evm(4)).is_listed());
    let confirmed = Request {
        approval: Some(Approval {
            digest: refusal.confirm_with.clone(),
            act: act("Ada"),
        }),
        ..csv
    };
    bench.import(&confirmed, &older).expect("was confirmed");
    assert_eq!(bench.screen(&evm(4)).verdict, Verdict::NotListed);
}

/// An entry that is gone stayed listed while its own end lay ahead.
#[test]
fn what_is_gone_is_not_listed_whatever_its_dates_say() {
    let bench = Bench::new();
    let csv = request("ours", Tier::Sanctions, Format::Csv);
    let row = |number: u32, off: &str| format!("{},{off}\n", evm(number));
    let head = "address,delisted_on\n";
    let first = format!("{head}{}{}", row(0, "2099-01-01"), row(1, ""));
    bench.import(&csv, &first).expect("imports");
    assert!(bench.screen(&evm(0)).is_listed());
    bench
        .import(&csv, &format!("{head}{}", row(1, "")))
        .expect("imports");
    let outcome = bench.screen(&evm(0));
    assert_eq!(
        (outcome.verdict, outcome.action),
        (Verdict::NotListed, Action::Allow)
    );
    assert_eq!(outcome.reasons.as_slice(), [Reason::Delisted]);
}

#[test]
fn law_5_an_earlier_generation_answers_with_the_same_matches_for_ever() {
    let bench = Bench::new();
    let ours = request("ours", Tier::Sanctions, Format::Text);
    bench.import(&ours, &lines(0..12)).expect("imports");
    let first = bench.screen(&evm(0)).matches;
    let later = Request {
        retrieved_at: Timestamp::now() + SignedDuration::from_secs(60),
        ..ours.clone()
    };
    bench.import(&later, &lines(0..12)).expect("confirms");
    bench.import(&ours, &lines(1..13)).expect("imports");
    let moment = Moment {
        generation: Some(crate::store::GenerationNumber(1)),
        ..Moment::default()
    };
    assert_eq!(bench.screen_at(&moment, &evm(0)).matches, first);
    let bench = bench.restarted();
    assert_eq!(bench.screen_at(&moment, &evm(0)).matches, first);
}

#[test]
fn a_wanted_generation_counts_for_the_one_that_is_asked() {
    let bench = Bench::new();
    let ours = request("ours", Tier::Sanctions, Format::Text);
    bench.import(&ours, &lines(0..12)).expect("imports");
    bench.import(&ours, &lines(0..13)).expect("imports");
    let screener = Screener::new(
        bench.live.clone(),
        Requirements::default(),
        Policy::default(),
    );
    let number = |n| Some(crate::store::GenerationNumber(n));
    let moment = Moment {
        generation: number(1),
        min_generation: number(2),
        ..Moment::default()
    };
    assert!(screener.pin(&moment).is_err());
}

/// Each edition was held against all before it, without a bound on how many
/// there may be until the whole list was read.
#[test]
fn law_7_a_list_of_one_entry_in_ever_new_editions_is_refused_as_it_is_read() {
    let bench = Bench::new();
    let csv = request("ours", Tier::Sanctions, Format::Csv);
    let editions = |count: u32| {
        let rows = (0..count).map(|number| format!("{},edition {number}\n", evm(1)));
        format!("address,note\n{}", rows.collect::<String>())
    };
    let refused = bench.import(&csv, &editions(50_000)).expect_err("too many");
    assert!(matches!(refused, ImportError::TooManyUnderOneKey { .. }));
    assert!(bench.import(&csv, &editions(1_001)).is_err());
    let report = bench.import(&csv, &editions(1_000)).expect("real enough");
    assert_eq!(report.accepted, 1_000);
}
