//! The monitor in process, held against screening every member twice.

use std::fmt::Write as _;

use tempfile::TempDir;

use super::*;
use crate::alert::AlertKind;
use crate::filter::FalsePositiveRate;
use crate::freshness::Requirements;
use crate::generation::{self, Generation};
use crate::import::read::{Format, InputFile};
use crate::import::{
    self, Approval, Bounds, Importer, OperatorChange, OperatorList, Particulars, What,
};
use crate::list::{Act, Category, GenerationNumber, Origin, PublicationDigest, Tier};
use crate::policy::Policy;
use crate::portfolio::Position;
use crate::screening::utc_date;
use crate::store::book::Step;
use crate::verdict::Verdict;

/// Addresses that meet by every relation there is.
pub(super) const POOL: [&str; 18] = [
    // One public key hash, on three networks and wrapped.
    "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "3JvL6Ymt8MVWiCNHC7oWU6nLeHNJKLZGLN",
    "XmN7PQYWKn5MJFna5fRYgP6mxT2F7xpekE",
    "bitcoincash:qp63uahgrxged4z5jswyt5dn5v3lzsem6cy4spdc2h",
    // One witness script and its older form.
    "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3",
    "3NVZWnhKt53ukKw4Qm217Zk57FE8VnKjH2",
    // One account and two of its customers.
    "r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59",
    "X7AcgcsBL6XDcUb289X4mJ8djcdyKaGZMhc9YTE92ehJ2Fu",
    "X7AcgcsBL6XDcUb289X4mJ8djcdyKaLFuhLRuNXPrDeJd9A",
    // One spelling in two cases, and its Tron form.
    "0xCF1ECACAF90A04BB0297F9991AE1262D0A3399E1",
    "0xcf1ecacaf90a04bb0297f9991ae1262d0a3399e1",
    "TUrMmF9Gd4rzrXsQ34ui3Wou94E7HFuJQh",
    // Others.
    "0x098B716B8Aaf21512996dC57EB0615e2383E2f96",
    "0x8589427373D6D84E98730D7795D8f6f8731FDA16",
    "TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzq",
    "12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S",
    "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu",
];

/// What the audit log got.
#[derive(Default)]
pub(super) struct Log {
    pub(super) recorded: Mutex<Vec<Alert>>,
    refuses: AtomicBool,
}

pub(super) struct Bench {
    folder: TempDir,
    pub(super) store: Arc<Store>,
    live: Arc<LiveGeneration>,
    pub(super) importer: Importer,
    pub(super) screener: Screener,
    pub(super) log: Arc<Log>,
    pub(super) monitor: Arc<Monitor>,
    lines: u64,
}

impl Bench {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::create(&folder.path().join("data")).expect("creates");
        Self::over(folder, Arc::new(store), None, Arc::default())
    }

    fn over(
        folder: TempDir,
        store: Arc<Store>,
        generation: Option<Generation>,
        log: Arc<Log>,
    ) -> Self {
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
        let screener = Screener::new(live.clone(), Requirements::default(), Policy::default());
        let recorder: Record = {
            let log = log.clone();
            Arc::new(move |alerts| {
                if log.refuses.load(std::sync::atomic::Ordering::Relaxed) {
                    return Err(NotRecorded("the disk is full".to_owned()));
                }
                log.recorded.lock().extend_from_slice(alerts);
                Ok(())
            })
        };
        let (terms, watched) = (Terms::default(), live.clone());
        let monitor = Monitor::open(store.clone(), watched, screener.clone(), recorder, terms);
        Self {
            folder,
            store,
            live,
            importer,
            screener,
            log,
            monitor: Arc::new(monitor.expect("opens")),
            lines: 0,
        }
    }

    /// Stops and starts again.
    pub(super) fn restarted(self) -> Self {
        let Self {
            folder,
            store,
            live,
            importer,
            screener,
            log,
            monitor,
            ..
        } = self;
        drop((store, live, importer, screener, monitor));
        let path = folder.path().join("data");
        let (store, generation) =
            generation::open(&path, FalsePositiveRate::DEFAULT).expect("opens");
        Self::over(folder, store, generation, log)
    }

    pub(super) fn generation(&self) -> GenerationNumber {
        self.live.pin().expect("is live").number()
    }

    /// Publishes a list whole: addresses, each with a note and maybe an end.
    pub(super) fn publish(
        &mut self,
        source: &str,
        tier: Tier,
        entries: &[(&str, u64, Option<&str>)],
    ) {
        self.lines += 1;
        let mut text = "{\"interdict\":\"entries\",\"version\":1}\n".to_owned();
        for (address, note, end) in entries {
            let end = end.map_or("null".to_owned(), |end| format!("\"{end}\""));
            let _ = writeln!(
                text,
                "{{\"address\":\"{address}\",\"note\":\"{note}\",\"delisted_on\":{end}}}"
            );
        }
        let _ = writeln!(text, "{{\"entries\":{}}}", entries.len());
        let mut request = import::Request {
            source: source.parse().expect("a source id"),
            tier: Some(tier),
            format: Format::Ndjson,
            category: None,
            approval: None,
            retrieved_at: Timestamp::now(),
            origin: Origin::Imported,
            digest: PublicationDigest::of_text(&format!("{text}{}", self.lines)),
        };
        let file = || vec![InputFile::of_bytes("list", text.clone())];
        match self.importer.run(&request, file()) {
            Ok(_) => {}
            Err(import::ImportError::Refused(refusal)) => {
                request.approval = Some(Approval {
                    digest: refusal.confirm_with.clone(),
                    act: act(),
                });
                self.importer.run(&request, file()).expect("is approved");
            }
            Err(error) => panic!("{error}"),
        }
    }

    pub(super) fn list(&mut self, addresses: &[&str]) {
        let entries: Vec<_> = addresses
            .iter()
            .map(|address| (*address, 0, None))
            .collect();
        self.publish("ofac-sdn", Tier::Sanctions, &entries);
    }

    /// Changes a list of the operator's; what is not there is not removed.
    pub(super) fn by_hand(&self, list: OperatorList, address: &str, note: Option<u64>) {
        let what = match note {
            None => What::Remove,
            Some(note) => What::Add(Particulars {
                category: Category::Other,
                subject: None,
                note: Some(note.to_string()),
                expires_on: None,
            }),
        };
        let change = OperatorChange {
            list,
            what,
            address: address.to_owned(),
            network: String::new(),
            act: act(),
        };
        let _ = self.importer.change(&change);
    }

    pub(super) fn import(&self, name: &str, adds: bool, members: &[(&str, &str)]) -> ImportReport {
        self.import_as(name, adds, true, members)
    }

    pub(super) fn import_as(
        &self,
        name: &str,
        adds: bool,
        first_screening: bool,
        members: &[(&str, &str)],
    ) -> ImportReport {
        let request = ImportRequest {
            name: name.parse().expect("a name"),
            adds,
            first_screening,
        };
        let mut import = self.monitor.begin_import(request).expect("begins");
        for (address, reference) in members {
            let row = Row {
                address,
                network: "",
                reference,
            };
            import.row(&row).expect("goes on");
        }
        import.finish(members.len() as u64).expect("is whole")
    }

    pub(super) fn advance(&self) {
        self.monitor.advance(|| false).expect("gets on");
    }

    pub(super) fn alerts(&self) -> Vec<Alert> {
        self.monitor.alerts_after(0, usize::MAX).expect("reads")
    }
}

pub(super) fn act() -> Act {
    Act {
        author: "Ada".to_owned(),
        reason: "meant".to_owned(),
        ticket: None,
        approver: None,
    }
}

#[test]
fn alerts_wait_for_the_audit_log_and_keep_their_ids() {
    let mut bench = Bench::new();
    bench.list(&[POOL[0]]);
    bench.import("retail", false, &[(POOL[13], "a"), (POOL[14], "b")]);
    bench
        .log
        .refuses
        .store(true, std::sync::atomic::Ordering::Relaxed);
    bench.list(&[POOL[0], POOL[13]]);
    let refused = bench
        .monitor
        .advance(|| false)
        .expect_err("the log is full");
    assert!(matches!(refused, AdvanceError::NotRecorded(_)));
    assert_eq!(
        (bench.alerts(), *bench.monitor.told().borrow()),
        (vec![], 0)
    );
    // The next step does not wait for the log, and a start does not forget.
    bench.list(&[POOL[0], POOL[13], POOL[14]]);
    bench
        .monitor
        .advance(|| false)
        .expect_err("the log is still full");
    let bench = bench.restarted();
    assert_eq!(bench.alerts(), vec![]);
    bench
        .log
        .refuses
        .store(false, std::sync::atomic::Ordering::Relaxed);
    bench.advance();
    let told = bench.alerts();
    assert_eq!(told.len(), 2);
    assert_eq!(*bench.log.recorded.lock(), told);
    assert_eq!(*bench.monitor.told().borrow(), 2);
}

#[test]
fn a_step_that_was_cut_off_goes_on_where_it_was() {
    let mut bench = Bench::new();
    bench.list(&[POOL[0]]);
    let names: Vec<String> = (0..2_500).map(|number| format!("{number:05}")).collect();
    let members: Vec<_> = names.iter().map(|name| (POOL[13], name.as_str())).collect();
    bench.import("retail", false, &members);
    bench.list(&[POOL[0], POOL[13]]);
    // As a kill after the first write leaves it.
    let book = bench.monitor.book().expect("is there");
    let portfolios = bench.monitor.portfolios().expect("reads");
    let edition = portfolios[0].editions[0].clone();
    let to = Position {
        generation: bench.generation(),
        digest: bench.live.pin().expect("is live").record.digest.0,
        ..edition.position
    };
    let pins = [edition.position, to].map(|at| bench.monitor.pin_at(&at).expect("pins"));
    let mut write = book.write();
    for number in 0..1_000 {
        let member = book.member(edition.number, number).expect("is there");
        let found = compare::alerts(&portfolios[0].name, &member, Some(&pins[0]), &pins[1]);
        for mut alert in found.expect("compares") {
            write.alert(&mut alert);
        }
    }
    let step = Step {
        from: edition.position,
        to,
        next: (edition.number, 1_000),
    };
    write.step(Some(&step));
    write.commit().expect("is written");
    drop((book, pins));
    let bench = bench.restarted();
    bench.advance();
    let customers: Vec<_> = bench
        .alerts()
        .into_iter()
        .map(|alert| alert.reference)
        .collect();
    assert_eq!(customers, names);
}

#[test]
fn entries_that_end_by_their_own_date_are_told_on_that_day() {
    let mut bench = Bench::new();
    let today = utc_date(Timestamp::now());
    let day = |ago: i64| today.saturating_sub(jiff::Span::new().days(ago));
    let (over, later) = (day(2).to_string(), "2999-01-01");
    let entries = [
        (POOL[0], 0, None),
        (POOL[13], 0, Some(over.as_str())),
        (POOL[14], 0, Some(later)),
    ];
    bench.publish("ofac-sdn", Tier::Sanctions, &entries);
    bench.import(
        "retail",
        false,
        &[
            (POOL[13], "over"),
            (POOL[14], "later"),
            (POOL[1], "for ever"),
        ],
    );
    bench.advance();
    assert_eq!(bench.alerts().len(), 2, "who is listed today");
    // As if the daemon had last looked three days ago.
    let book = bench.monitor.book().expect("is there");
    let mut portfolios = bench.monitor.portfolios().expect("reads");
    portfolios[0].editions[0].position.day = day(3);
    let mut write = book.write();
    write.portfolio(&portfolios[0]);
    write.commit().expect("is written");
    bench.advance();
    let off = bench.alerts().split_off(2);
    assert_eq!(off.len(), 1);
    assert_eq!(
        (off[0].kind, off[0].reference.as_str()),
        (AlertKind::Delisted, "over")
    );
    assert_eq!(
        off[0].before.map(|side| side.verdict),
        Some(Verdict::Listed)
    );
    assert_eq!(
        off[0].before.map(|side| side.generation),
        Some(off[0].after.generation)
    );
    let position = bench.monitor.portfolios().expect("reads")[0].position();
    assert_eq!(position.map(|position| position.day), Some(today));
    bench.advance();
    assert_eq!(bench.alerts().len(), 3, "and once");
}

#[test]
fn a_book_over_lists_that_went_another_way_begins_anew() {
    let mut bench = Bench::new();
    bench.list(&[POOL[0]]);
    bench.list(&[POOL[0], POOL[13]]);
    bench.import(
        "retail",
        false,
        &[(POOL[13], "a"), (POOL[14], "b"), (POOL[15], "c")],
    );
    bench.advance();
    assert_eq!(bench.alerts().len(), 1);
    let path = bench.store.data_dir().to_owned();
    // The data directory is restored from before, and goes on differently.
    let mut other = Bench::new();
    other.list(&[POOL[0]]);
    other.list(&[POOL[0], POOL[14]]);
    other.list(&[POOL[0], POOL[14], POOL[15]]);
    let data = other.store.data_dir().to_owned();
    let Bench {
        folder,
        store,
        live,
        importer,
        screener,
        monitor,
        ..
    } = bench;
    drop((store, live, importer, screener, monitor));
    let Bench {
        folder: other_folder,
        store,
        live,
        importer,
        screener,
        monitor,
        log,
        ..
    } = other;
    drop((store, live, importer, screener, monitor));
    std::fs::rename(path.join("book"), data.join("book")).expect("moves");
    let (store, generation) = generation::open(&data, FalsePositiveRate::DEFAULT).expect("opens");
    let bench = Bench::over(other_folder, store, generation, log);
    bench.advance();
    let told = bench.alerts().split_off(1);
    let customers: Vec<_> = told.iter().map(|alert| alert.reference.as_str()).collect();
    assert_eq!(customers, ["b", "c"]);
    assert!(told.iter().all(|alert| alert.before.is_none()));
    drop(folder);
}

#[test]
fn acknowledging_goes_forward_only() {
    let mut bench = Bench::new();
    let word = |sequence| Acknowledgement {
        sequence,
        author: "Ada".to_owned(),
        reason: String::new(),
        at: Timestamp::now(),
    };
    let acknowledge = |bench: &Bench, sequence| bench.monitor.acknowledge(word(sequence));
    acknowledge(&bench, 1).expect_err("there is no alert");
    bench.list(&[POOL[0], POOL[13]]);
    bench.import("retail", false, &[(POOL[0], "a"), (POOL[13], "b")]);
    bench.advance();
    for wrong in [0, 3, u64::MAX] {
        acknowledge(&bench, wrong).expect_err("there is no such alert");
    }
    assert_eq!(acknowledge(&bench, 2).expect("is taken").sequence, 2);
    assert_eq!(acknowledge(&bench, 1).expect("changes nothing").sequence, 2);
    let bench = bench.restarted();
    let held = bench.monitor.acknowledged().expect("reads");
    assert_eq!(held.map(|word| word.sequence), Some(2));
}
