use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use prost::Message as _;
use tempfile::TempDir;
use uuid::Uuid;

use super::folder::Folder;
use super::merkle::{Frontier, leaf_hash};
use super::record::{Record, Stopped, record::Event};
use super::segment::Kind;
use super::*;

const BEGAN_NS: i64 = 1_795_000_000_000_000_000;

/// A log of some thousand records a millisecond apart, in several segments.
struct Home {
    dir: TempDir,
    ids: Vec<Uuid>,
}

fn settings() -> Settings {
    Settings {
        segment_bytes_max: 60 << 10,
        checkpoint_records: 500,
        checkpoint_every: Duration::from_millis(50),
        ..Settings::default()
    }
}

fn record(number: u64) -> (Uuid, Vec<u8>) {
    let wall_ns = BEGAN_NS + number as i64 * 1_000_000;
    let ms = (wall_ns / 1_000_000) as u64;
    let id = Uuid::from_u128(u128::from(ms) << 80 | 0x7000 << 64 | 1 << 63 | u128::from(number));
    let record = Record {
        id: id.as_bytes().to_vec().into(),
        wall_ns,
        monotonic_ns: number,
        build: "interdict 0.1.0".to_owned(),
        event: Some(Event::Stopped(Stopped {})),
    };
    (id, record.encode_to_vec())
}

impl Home {
    fn new(count: u64) -> Self {
        let dir = tempfile::tempdir().expect("works");
        AuditLog::create(&dir.path().join("audit"), Some("reader/test")).expect("works");
        let mut home = Self {
            dir,
            ids: Vec::new(),
        };
        let (log, _) = AuditLog::open(&home.folder(), settings()).expect("works");
        for number in 0..count {
            let (id, record) = record(number);
            home.ids.push(id);
            let ticket = log.append(&record).expect("works");
            log.written_blocking(ticket, Durability::Process)
                .expect("works");
            if number % 900 == 899 {
                sleep(Duration::from_millis(100));
            }
        }
        log.close();
        home
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("audit")
    }

    fn reader(&self) -> Reader {
        Reader::open(&self.folder()).expect("works")
    }
}

fn all(reader: &Reader) -> Vec<(u64, Vec<u8>)> {
    reader
        .records(0..u64::MAX)
        .collect::<Result<_, _>>()
        .expect("works")
}

fn sealed(folder: &Path) -> usize {
    let segments = Folder::new(folder).list().expect("works").segments;
    segments
        .iter()
        .filter(|(_, kind)| *kind == Kind::Sealed)
        .count()
}

#[test]
fn ranges_of_numbers_and_times_and_ids_are_what_a_scan_of_all_finds() {
    let home = Home::new(4000);
    assert!(sealed(&home.folder()) > 1, "several segments");
    let reader = home.reader();
    let all = all(&reader);
    let numbers: Vec<u64> = all.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (0..all.len() as u64).collect::<Vec<_>>());
    for (from, to) in [
        (0, 1),
        (17, 18),
        (900, 2300),
        (3999, 9999),
        (7, 7),
        (9999, 10_000),
    ] {
        let range: Vec<_> = reader
            .records(from..to)
            .collect::<Result<_, _>>()
            .expect("works");
        let expected = all.iter().filter(|(number, _)| (from..to).contains(number));
        assert!(range.iter().eq(expected), "{from}..{to}");
    }
    for (from, to) in [(0, 10), (995, 1005), (3990, 4005), (5000, 6000)] {
        let time = |number: i64| BEGAN_NS + number * 1_000_000;
        let range: Vec<_> = reader
            .between(time(from)..time(to))
            .collect::<Result<_, _>>()
            .expect("works");
        let expected = all.iter().filter(|(_, record)| {
            let wall_ns = Record::decode(&record[..]).expect("works").wall_ns;
            (time(from)..time(to)).contains(&wall_ns)
        });
        assert!(range.iter().eq(expected), "{from}..{to}");
    }
    for id in home.ids.iter().step_by(97) {
        let found = reader.find(*id).expect("works");
        let expected = all.iter().find(|(_, record)| {
            Record::decode(&record[..]).expect("works").id[..] == id.as_bytes()[..]
        });
        assert_eq!(found.as_ref(), expected);
    }
    for stranger in [Uuid::nil(), Uuid::max(), Uuid::now_v7()] {
        assert_eq!(reader.find(stranger).expect("works"), None);
    }
}

/// Every record of every segment, against the tree of all of them by its
/// definition.
#[test]
fn every_record_has_a_receipt_that_holds() {
    let home = Home::new(2500);
    let reader = home.reader();
    let all = all(&reader);
    let leaves: Vec<_> = all.iter().map(|(_, record)| leaf_hash(record)).collect();
    let mut tree = Frontier::default();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    assert_eq!(reader.checkpoint().0.root, tree.root());
    for (number, record) in all.iter().step_by(7) {
        let receipt = reader.receipt(*number).expect("works");
        let again = Receipt::from_text(&receipt.to_text()).expect("works");
        assert_eq!(again, receipt);
        let checked = again.check(reader.key()).expect("works");
        assert_eq!((checked.index, &checked.record), (*number, record));
        assert_eq!(checked.checkpoint.size, all.len() as u64);
    }
    let beyond = reader.receipt(all.len() as u64);
    assert!(
        matches!(beyond, Err(ReadError::Unsigned { .. })),
        "{beyond:?}"
    );
}

#[test]
fn a_receipt_that_was_altered_proves_nothing() {
    let home = Home::new(600);
    let reader = home.reader();
    let text = reader.receipt(123).expect("works").to_text();
    let holds = |text: &str| {
        Receipt::from_text(text).is_ok_and(|receipt| receipt.check(reader.key()).is_ok())
    };
    assert!(holds(&text));
    let mut still = 0;
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        // White space between members says nothing.
        let blank = text.as_bytes()[at].is_ascii_whitespace();
        if let Ok(altered) = String::from_utf8(bytes)
            && holds(&altered)
        {
            assert!(blank, "byte {at}: {altered}");
            still += 1;
        }
    }
    assert_eq!(still, 0, "a changed space is no space");
    assert!(!holds(&text.replace("\"index\": 123", "\"index\": 122")));
    assert!(!holds(&text.replace("receipt/1", "receipt/2")));
    assert!(!holds(&text.replacen('{', "{\"more\": 1,", 1)));
    for length in 0..text.len() - 1 {
        assert!(
            text.get(..length).is_none_or(|cut| !holds(cut)),
            "cut to {length}"
        );
    }
    assert!(
        Receipt::from_text(&" ".repeat(3 << 20)).is_err(),
        "too long"
    );
    // True, and of another log.
    let other = Home::new(600);
    let receipt = other.reader().receipt(123).expect("works");
    assert!(receipt.check(reader.key()).is_err());
}

#[test]
fn receipts_of_what_is_left_hold_after_the_beginning_was_removed() {
    let home = Home::new(4000);
    let folder = Folder::new(&home.folder());
    let segments = folder.list().expect("works").segments;
    assert!(segments.len() > 2);
    let whole = home.reader();
    let expected: Vec<_> = all(&whole);
    drop(whole);
    let first = segments[1].0;
    std::fs::remove_file(folder.segment(0, segments[0].1)).expect("works");
    let reader = home.reader();
    assert_eq!(reader.first(), first);
    for number in (first..expected.len() as u64)
        .step_by(41)
        .chain(first..first + 300)
    {
        let checked = reader
            .receipt(number)
            .expect("works")
            .check(reader.key())
            .expect("works");
        assert_eq!(checked.record, expected[number as usize].1);
    }
    let gone = reader.receipt(first - 1);
    assert!(matches!(gone, Err(ReadError::Removed { .. })), "{gone:?}");
    assert_eq!(reader.find(home.ids[0]).expect("works"), None);
    // Nothing says that it may be: it was not its time.
    let refused = verify(&home.folder(), None, None, 2, |_| {});
    let Err(VerifyError::Broken(broken)) = refused else {
        panic!("{refused:?}");
    };
    assert!(
        matches!(*broken.damage, Damage::Beginning { .. }),
        "{broken}"
    );
}

#[test]
fn a_log_is_read_and_verified_while_it_is_written_rotated_and_sealed() {
    let home = Home::new(100);
    let (log, _) = AuditLog::open(&home.folder(), settings()).expect("works");
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for number in 100..12_000 {
                let ticket = log.append(&record(number).1).expect("works");
                log.written_blocking(ticket, Durability::Process)
                    .expect("works");
                if number % 100 == 0 {
                    sleep(Duration::from_millis(15));
                }
            }
        });
        let mut read = 0;
        let mut verified = 0;
        while !writing.is_finished() {
            let report = verify(&home.folder(), None, None, 2, |_| {}).expect("works");
            assert!(report.records >= verified && report.signed <= report.records);
            verified = report.records;
            let records = all(&home.reader());
            assert!(records.len() >= read);
            read = records.len();
            if let Some(signed) = home.reader().checkpoint().0.size.checked_sub(1) {
                home.reader().receipt(signed).expect("works");
            }
        }
        writing.join().expect("works");
    });
    log.close();
    let report = verify(&home.folder(), None, None, 2, |_| {}).expect("works");
    assert_eq!(report.signed, report.records);
    assert!(report.segments > 5, "{report:?}");
}

#[test]
fn progress_adds_up_to_all_records() {
    let home = Home::new(2000);
    let read = std::sync::atomic::AtomicU64::new(0);
    let more = |more| {
        read.fetch_add(more, std::sync::atomic::Ordering::Relaxed);
    };
    let report = verify(&home.folder(), None, None, 3, more).expect("works");
    assert_eq!(read.into_inner(), report.records);
}

#[test]
fn a_torn_tail_is_said_to_be_one_until_the_next_start_has_cut_it() {
    let home = Home::new(50);
    let folder = Folder::new(&home.folder());
    let (first, kind) = *folder
        .list()
        .expect("works")
        .segments
        .last()
        .expect("works");
    let path = folder.segment(first, kind);
    let mut bytes = std::fs::read(&path).expect("works");
    bytes.extend([40, 0, 0, 0, 1, 2, 3]);
    std::fs::write(&path, &bytes).expect("works");
    let Err(VerifyError::Broken(broken)) = verify(&home.folder(), None, None, 1, |_| {}) else {
        panic!("it is torn");
    };
    assert!(matches!(*broken.damage, Damage::Torn), "{broken}");
    let records = all(&home.reader());
    assert_eq!(broken.first, Some(records.len() as u64));
    let (log, opened) = AuditLog::open(&home.folder(), settings()).expect("works");
    assert_eq!(opened.recovered.expect("works").cut_bytes, 7);
    log.close();
    verify(&home.folder(), None, None, 1, |_| {}).expect("works");
}

/// Pages from the newest back, against filtering all there is.
#[test]
fn pages_from_the_newest_back_hold_what_is_wanted_and_nothing_twice() {
    let home = Home::new(3_000);
    assert!(sealed(&home.folder()) >= 2, "some of it is packed");
    let reader = home.reader();
    let log = all(&reader);
    for (every, limit, look_max) in [
        (1, 1_000, u64::MAX),
        (1, 7, u64::MAX),
        (3, 100, 200),
        (97, 5, 1),
        (2_000, 10, 50),
        (1_000_000, 10, 300),
    ] {
        let is_wanted = |number: u64| number.is_multiple_of(every);
        let dumb: Vec<u64> = log.iter().map(|(number, _)| *number).rev().collect();
        let dumb: Vec<u64> = dumb.into_iter().filter(|one| is_wanted(*one)).collect();
        let (mut paged, mut before, mut pages) = (Vec::new(), u64::MAX, 0);
        loop {
            let wanted = |number: u64, _: &[u8]| is_wanted(number).then_some(());
            let page = reader.newest(before, limit, look_max, wanted);
            let page = page.expect("works");
            assert!(page.found.len() <= limit);
            paged.extend(page.found.iter().map(|(number, ())| *number));
            pages += 1;
            assert!(pages <= log.len() + 1, "it comes to an end");
            match page.next_before {
                Some(next) => {
                    assert!(next < before, "it goes on");
                    before = next;
                }
                None => break,
            }
        }
        assert_eq!(
            paged, dumb,
            "every {every}, {limit} a page, {look_max} looked at"
        );
    }
    let none = reader.newest(0, 10, u64::MAX, |_, _| Some(()));
    assert!(none.expect("works").found.is_empty());
}
