//! Portfolios that come in, are replaced, added to and removed.

use super::tests::{Bench, POOL};
use super::*;
use crate::alert::AlertKind;
use crate::verdict::Verdict;

#[test]
fn whoever_is_listed_already_is_told_once() {
    let mut bench = Bench::new();
    bench.list(&[POOL[0], POOL[13]]);
    let members = [
        (POOL[1], "wallet"),
        (POOL[13], "thief"),
        (POOL[14], "clean"),
    ];
    let report = bench.import("retail", false, &members);
    assert_eq!((report.matched, report.told), (2, 2));
    bench.advance();
    let first = bench.alerts();
    assert_eq!(first.len(), 2);
    assert!(first.iter().all(|alert| alert.before.is_none()
        && alert.kind == AlertKind::Listed
        && alert.after.verdict == Verdict::Listed));
    assert_eq!(first[0].address, POOL[1]);
    assert!(!first[0].found.why.is_empty(), "another address of the key");

    // Imported whole again, with one more who is listed: only that one.
    let more = [members[0], members[1], (POOL[13], "accomplice")];
    let report = bench.import("retail", false, &more);
    assert_eq!((report.matched, report.told), (3, 1));
    // And added twice: nobody.
    assert_eq!(bench.import("retail", true, &members).told, 0);
    assert_eq!(bench.import_as("desk", false, false, &members).told, 0);
    bench.advance();
    let told = bench.alerts();
    assert_eq!(told.len(), 3);
    assert_eq!(told[2].reference, "accomplice");

    // Delisted: each customer once, although two rows say the same.
    bench.list(&["0x0000000000000000000000000000000000000001"]);
    bench.advance();
    let off = bench.alerts().split_off(3);
    let of_retail = off
        .iter()
        .filter(|alert| alert.portfolio.as_str() == "retail");
    let mut customers: Vec<_> = of_retail.map(|alert| alert.reference.as_str()).collect();
    customers.sort_unstable();
    assert_eq!(customers, ["accomplice", "thief", "wallet"]);
    assert!(off.iter().all(|alert| alert.kind == AlertKind::Delisted));
}

#[test]
fn what_happens_while_a_portfolio_comes_in_is_told_too() {
    let mut bench = Bench::new();
    bench.list(&[POOL[14]]);
    bench.import("retail", false, &[(POOL[13], "old")]);
    let request = ImportRequest {
        name: "retail".parse().expect("a name"),
        adds: false,
        first_screening: true,
    };
    let mut import = bench.monitor.begin_import(request.clone()).expect("begins");
    assert!(matches!(
        bench.monitor.begin_import(request),
        Err(ImportError::Busy)
    ));
    for reference in ["old", "new"] {
        let row = Row {
            address: POOL[13],
            network: "ETH",
            reference,
        };
        import.row(&row).expect("goes on");
    }
    // Published after the rows were screened, and never looked at before the
    // old edition is gone.
    bench.list(&[POOL[14], POOL[13]]);
    let report = import.finish(2).expect("is whole");
    assert_eq!(report.matched, 0);
    bench.advance();
    let customers: Vec<_> = bench
        .alerts()
        .into_iter()
        .map(|alert| alert.reference)
        .collect();
    assert_eq!(customers, ["old", "old", "new"], "at least once each");
}

#[test]
fn rows_that_cannot_be_watched_are_refused_by_their_number_and_never_kept() {
    let mut bench = Bench::new();
    bench.list(&[POOL[0]]);
    let secret = "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn";
    let long = "x".repeat(257);
    let rows = [
        (POOL[13], "fine"),
        (secret, "pasted"),
        ("nobody reads this", "odd"),
        ("0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "typo"),
        (POOL[13], secret),
        (POOL[13], &long),
        (POOL[13], "two\nlines"),
        ("", "nothing"),
    ];
    let report = bench.import("retail", false, &rows);
    assert_eq!((report.rows, report.taken, report.refused), (8, 1, 7));
    let reasons: Vec<_> = report
        .faults
        .iter()
        .map(|fault| (fault.row, fault.reason))
        .collect();
    let expected = [
        (2, "PRIVATE_KEY"),
        (3, "UNKNOWN_FORMAT"),
        (4, "CHECKSUM"),
        (5, "PRIVATE_KEY"),
        (6, "REFERENCE_TOO_LONG"),
        (7, "CONTROL_CHARACTER"),
        (8, "EMPTY"),
    ];
    assert_eq!(reasons, expected);
    assert_eq!(report.portfolio.refused, 7);
    let book = bench.store.data_dir().join("book");
    let needle = &secret.as_bytes()[..20];
    for entry in std::fs::read_dir(book).expect("is there") {
        let content = std::fs::read(entry.expect("reads").path()).unwrap_or_default();
        assert!(!content.windows(needle.len()).any(|some| some == needle));
    }
}

#[test]
fn an_import_that_is_not_whole_changes_nothing() {
    let mut bench = Bench::new();
    bench.list(&[POOL[0]]);
    bench.import("retail", false, &[(POOL[13], "a")]);
    let before = bench.monitor.portfolios().expect("reads");
    let request = ImportRequest {
        name: "retail".parse().expect("a name"),
        adds: false,
        first_screening: true,
    };
    let row = Row {
        address: POOL[14],
        network: "",
        reference: "b",
    };
    let mut import = bench.monitor.begin_import(request.clone()).expect("begins");
    import.row(&row).expect("goes on");
    assert!(matches!(
        import.finish(2),
        Err(ImportError::NotWhole { came: 1, said: 2 })
    ));
    let mut import = bench
        .monitor
        .begin_import(request)
        .expect("the slot is free");
    import.row(&row).expect("goes on");
    drop(import);
    assert_eq!(bench.monitor.portfolios().expect("reads"), before);
    let bench = bench.restarted();
    assert_eq!(bench.monitor.portfolios().expect("reads"), before);
}

#[test]
fn a_removed_portfolio_is_watched_no_longer_and_its_alerts_stay() {
    let mut bench = Bench::new();
    bench.list(&[POOL[0]]);
    bench.import("retail", false, &[(POOL[0], "a"), (POOL[13], "b")]);
    bench.advance();
    let name: PortfolioName = "retail".parse().expect("a name");
    assert_eq!(
        bench.monitor.remove(&name).expect("is removed").members(),
        2
    );
    assert!(matches!(
        bench.monitor.remove(&name),
        Err(RemoveError::Unknown(_))
    ));
    bench.list(&[POOL[0], POOL[13]]);
    bench.advance();
    assert_eq!(bench.alerts().len(), 1);
    let book = bench.monitor.book().expect("is there");
    assert_eq!(book.members(1, 0).count(), 0, "nothing of it is left");
}
