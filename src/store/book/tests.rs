//! The book alone: what is written is what is read, and nothing half-done
//! stays.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::date;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::address::{AddressKey, TagScope};
use crate::alert::{Acknowledgement, Alert, AlertKind, Side};
use crate::list::{Act, Category, EntryId, GenerationNumber, ListEntry, PublicationDigest, Tier};
use crate::portfolio::{Edition, Member};
use crate::verdict::{Action, Exemption, Match, Relation, Verdict};

fn key(number: u32) -> AddressKey {
    let hash = blake3::hash(&number.to_le_bytes());
    let bytes: Vec<u8> = [&[0x07], &hash.as_bytes()[..20]].concat();
    AddressKey::from_bytes(&bytes).expect("an EVM key")
}

fn member(number: u32) -> Member {
    Member {
        text: format!("address {number}"),
        network: String::new(),
        reference: format!("customer {number}"),
    }
}

fn position(generation: u64) -> Position {
    Position {
        generation: GenerationNumber(generation),
        digest: [3; 32],
        day: date(2026, 11, 22),
    }
}

fn portfolio(name: &str, editions: &[&Unbound]) -> Portfolio {
    let edition = |unbound: &&Unbound| Edition {
        number: unbound.number(),
        members: unbound.members(),
        position: position(4),
        imported_at: Timestamp::UNIX_EPOCH,
    };
    Portfolio {
        name: name.parse().expect("a name"),
        created_at: Timestamp::UNIX_EPOCH,
        imported_at: Timestamp::UNIX_EPOCH,
        editions: editions.iter().map(edition).collect(),
        refused: 2,
    }
}

pub(crate) fn alert(customer: u32) -> Alert {
    let mut entry = ListEntry::bare("0xABC", Category::Theft);
    entry.delisted_on = Some(date(2027, 1, 1));
    let act = Act {
        author: "Ada".to_owned(),
        reason: "ours".to_owned(),
        ticket: None,
        approver: Some("Grace".to_owned()),
    };
    let side = Side {
        generation: GenerationNumber(4),
        digest: [7; 32],
        verdict: Verdict::Indeterminate,
        action: Action::Review,
    };
    Alert {
        sequence: 0,
        id: Uuid::from_u128(u128::from(customer) + 5),
        at: Timestamp::from_millisecond(1_700_000_000_123).expect("an instant"),
        kind: AlertKind::Amended,
        portfolio: "retail".parse().expect("a name"),
        address: "0xAbC".to_owned(),
        tag: Some("7".to_owned()),
        network: "ETH".to_owned(),
        reference: format!("customer {customer}"),
        before: customer.is_multiple_of(2).then_some(side),
        after: Side {
            generation: GenerationNumber(5),
            ..side
        },
        found: Match {
            relation: Relation::SameScript,
            candidate: 0,
            source: "ofac-sdn".parse().expect("a source id"),
            tier: Tier::LawEnforcement,
            id: EntryId([9; 16]),
            entry,
            active: true,
            delisted_on: Some(date(2026, 1, 1)),
            since: GenerationNumber(2),
            first_seen_at: Timestamp::UNIX_EPOCH,
            last_seen_at: Timestamp::UNIX_EPOCH,
            publication: PublicationDigest([1; 32]),
            action: Action::Block,
            scope: TagScope::NotSaid,
            is_tagged: true,
            why: "because".to_owned(),
            exemption: Some(Arc::new(Exemption {
                id: EntryId([8; 16]),
                act,
                expires_on: None,
            })),
        },
    }
}

struct Bench {
    folder: TempDir,
    book: Arc<Book>,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let book = Book::open_or_create(folder.path()).expect("is made");
        let book = Arc::new(book);
        Self { folder, book }
    }

    fn reopened(self) -> Self {
        let Self { folder, book } = self;
        drop(book);
        let book = Book::open(folder.path()).expect("opens").expect("is there");
        let book = Arc::new(book);
        Self { folder, book }
    }

    /// An edition of members, each under a key of its own and one that all
    /// share.
    fn edition(&self, numbers: std::ops::Range<u32>) -> Unbound {
        let mut edition = self.book.new_edition().expect("begins");
        for number in numbers {
            let keys = [key(number), key(u32::MAX), key(number)];
            edition.add(&member(number), keys.iter()).expect("is added");
        }
        edition.finish().expect("is written")
    }
}

#[test]
fn members_are_found_under_each_of_their_keys_and_no_other() {
    let bench = Bench::new();
    // More than one part of an index row.
    let count = schema::PART_MEMBERS as u32 * 2 + 7;
    let edition = bench.edition(0..count);
    assert_eq!(edition.members(), count);
    for number in (0..count).step_by(997) {
        let held = bench.book.holders(edition.number(), &key(number));
        assert_eq!(held.expect("reads"), [number]);
        let read = bench.book.member(edition.number(), number);
        assert_eq!(read.expect("is there"), member(number));
    }
    let shared = bench.book.holders(edition.number(), &key(u32::MAX));
    assert_eq!(shared.expect("reads"), (0..count).collect::<Vec<_>>());
    let nobody = bench.book.holders(edition.number(), &key(count));
    assert_eq!(nobody.expect("reads"), [0_u32; 0]);
    let all = bench
        .book
        .members(edition.number(), 5)
        .map(|item| item.expect("reads").0);
    assert_eq!(all.collect::<Vec<_>>(), (5..count).collect::<Vec<_>>());
    bench
        .book
        .member(edition.number(), count)
        .expect_err("a member that is not there is an error");
}

#[test]
fn an_edition_that_no_portfolio_takes_up_is_gone() {
    let bench = Bench::new();
    let dropped = bench.edition(0..10);
    let number = dropped.number();
    drop(dropped);
    assert_eq!(
        bench.book.holders(number, &key(1)).expect("reads"),
        [0_u32; 0]
    );

    // As a kill leaves it: in the book, and nobody's.
    let left = bench.edition(0..10);
    let number = left.number();
    left.bound();
    let kept = bench.edition(20..30);
    let mut write = bench.book.write();
    write.portfolio(&portfolio("kept", &[&kept]));
    write.commit().expect("is written");
    let kept_number = kept.number();
    kept.bound();
    let staging = bench.book.path().join("staging/77");
    std::fs::create_dir_all(&staging).expect("a folder");
    let bench = bench.reopened();
    assert!(!staging.exists());
    assert_eq!(bench.book.members(number, 0).count(), 0);
    assert_eq!(
        bench.book.holders(number, &key(1)).expect("reads"),
        [0_u32; 0]
    );
    let held = bench.book.holders(kept_number, &key(21));
    assert_eq!(held.expect("reads"), [1]);
    assert_ne!(bench.edition(0..1).number(), number);
}

#[test]
fn alerts_are_numbered_without_gaps_and_read_as_they_were_written() {
    let bench = Bench::new();
    let mut written = Vec::new();
    for round in 0..3 {
        let mut write = bench.book.write();
        for number in 0..4 {
            let mut alert = alert(round * 4 + number);
            write.alert(&mut alert);
            written.push(alert);
        }
        write.commit().expect("is written");
    }
    // One that is not put down takes no number.
    bench.book.write().alert(&mut alert(99));
    let bench = bench.reopened();
    let mut write = bench.book.write();
    let mut last = alert(12);
    write.alert(&mut last);
    write.commit().expect("is written");
    written.push(last);
    let sequences: Vec<u64> = written.iter().map(|alert| alert.sequence).collect();
    assert_eq!(sequences, (1..=13).collect::<Vec<_>>());
    assert_eq!(bench.book.alerts_after(0, 100).expect("reads"), written);
    assert_eq!(bench.book.alerts_after(4, 3).expect("reads"), written[4..7]);
    assert_eq!(bench.book.alerts_after(u64::MAX, 3).expect("reads"), []);
    assert_eq!(bench.book.last_alert().expect("reads"), 13);
}

#[test]
fn alerts_are_forgotten_when_acknowledged_and_old_and_numbers_go_on() {
    let bench = Bench::new();
    let mut write = bench.book.write();
    for number in 0..5 {
        write.alert(&mut alert(number));
    }
    let word = Acknowledgement {
        sequence: 3,
        author: "Ada".to_owned(),
        reason: "done".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    };
    write.acknowledge(&word);
    write.commit().expect("is written");
    assert_eq!(bench.book.acknowledged().expect("reads"), Some(word));
    let (old, new) = (Timestamp::UNIX_EPOCH, Timestamp::now());
    assert_eq!(bench.book.forget_alerts(3, old).expect("works"), 0);
    assert_eq!(bench.book.forget_alerts(3, new).expect("works"), 3);
    assert_eq!(bench.book.alerts_after(0, 9).expect("reads").len(), 2);
    assert_eq!(bench.book.forget_alerts(9, new).expect("works"), 1);
    let bench = bench.reopened();
    assert_eq!(bench.book.last_alert().expect("reads"), 5);
}

#[test]
fn a_book_of_another_format_or_none_is_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(Book::open(folder.path()).expect("works").is_none());
    let book = Book::open_or_create(folder.path()).expect("is made");
    let mode = std::fs::metadata(book.path())
        .expect("is there")
        .permissions();
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777,
        0o700
    );
    let meta = book.family(schema::META);
    book.database
        .put_cf(&meta, schema::META_FORMAT, 9_u32.to_le_bytes())
        .expect("is written");
    drop(meta);
    drop(book);
    let error = Book::open(folder.path())
        .map(|_| ())
        .expect_err("is refused");
    assert!(error.to_string().contains("format number 9"), "{error}");
}

#[test]
fn ends_of_entries_are_found_by_their_days() {
    let bench = Bench::new();
    let days = [date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 5)];
    let ends = days
        .iter()
        .zip(0..)
        .map(|(day, number)| Ok((*day, key(number))));
    bench
        .book
        .note_ends(ends, GenerationNumber(3))
        .expect("is written");
    assert_eq!(
        bench.book.ends_known().expect("reads"),
        Some(GenerationNumber(3))
    );
    let between = |after, to| bench.book.ends_between(after, to).expect("reads").len();
    assert_eq!(between(date(2025, 12, 31), date(2026, 1, 5)), 3);
    assert_eq!(between(date(2026, 1, 1), date(2026, 1, 4)), 1);
    assert_eq!(between(date(2026, 1, 5), date(2026, 9, 9)), 0);
}

#[test]
fn a_step_and_a_portfolio_are_read_as_they_were_written() {
    let bench = Bench::new();
    let step = Step {
        from: position(3),
        to: position(4),
        next: (7, 8),
    };
    let edition = bench.edition(0..3);
    let written = portfolio("retail", &[&edition]);
    let mut write = bench.book.write();
    write.step(Some(&step));
    write.portfolio(&written);
    write.first(7, 8);
    write.commit().expect("is written");
    edition.bound();
    let bench = bench.reopened();
    assert_eq!(bench.book.step().expect("reads"), Some(step));
    assert_eq!(bench.book.portfolios().expect("reads"), [written]);
    assert_eq!(bench.book.waiting_first(5).expect("reads"), [(7, 8)]);
    let mut write = bench.book.write();
    write.step(None);
    write.remove(&"retail".parse().expect("a name"));
    write.first_told(7, 8);
    write.commit().expect("is written");
    assert_eq!(bench.book.step().expect("reads"), None);
    assert_eq!(bench.book.portfolios().expect("reads"), []);
    assert_eq!(bench.book.waiting_first(5).expect("reads"), []);
}
