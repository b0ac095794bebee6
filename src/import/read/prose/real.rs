//! How well the finder does on text that nobody made for it.

use std::collections::BTreeSet;

use super::find;

/// Goal: every wallet of a real list is found in its remarks, and nothing
/// else is taken for one. Method: the whole list of 3 May 2024 read as prose.
/// Its remarks have 286 different words behind `Digital Currency Address`:
/// five are short pieces at a cut, one a longer piece, one 64 hex digits.
#[test]
fn the_remarks_of_a_real_list_hold_its_wallets_and_nothing_else() {
    const LIST: &[u8] = include_bytes!("../../../../tests/fixtures/lists/SDN_2024-05-03.CSV");
    let text = String::from_utf8_lossy(LIST);
    let marker = "Digital Currency Address - ";
    let marked: BTreeSet<&str> = text
        .match_indices(marker)
        .filter_map(|(at, _)| text[at + marker.len()..].split_whitespace().nth(1))
        .filter_map(|word| word.split(['"', ';', '.']).next())
        .collect();
    let (found, odd): (Vec<_>, Vec<_>) = find(&text).partition(|found| found.fault.is_none());
    assert!(found.iter().all(|found| found.ticker.is_some()));
    let found: BTreeSet<&str> = found.iter().map(|found| found.text).collect();
    assert_eq!(found.len(), 279);
    assert_eq!(found.difference(&marked).count(), 0);
    let odd: Vec<_> = odd.iter().map(|odd| odd.text).collect();
    assert_eq!(
        odd,
        [
            "5be5543ff73456ab9f2d207887e2af87322c651ea1a873c5b25b7ffae456c320",
            "3F6bbvS1krsc1qR8FsbTDfYQyvkMm",
        ]
    );
}

/// A list of companies and people without a wallet.
#[test]
fn a_real_list_without_wallets_holds_none() {
    const LIST: &[u8] =
        include_bytes!("../../../../tests/fixtures/lists/CONSOLIDATED_nonSDN_2026-01-08.xml");
    let text = String::from_utf8_lossy(LIST);
    assert_eq!(find(&text).count(), 0);
}
