//! Addresses that a publisher broke.

use super::tests::{SCRIPT, SOLANA, TRON, addresses, faults};
use super::*;

/// The EU printed Grinex's address so.
#[test]
fn an_address_broken_over_two_lines_is_put_together() {
    let broken = "TNZxGWCwvsHr6JxQxzoeDXV5\n97Yf7Zb7nV";
    for text in [
        format!("Known blockchain wallet addresses\n{broken}"),
        format!("{broken};\n{TRON}"),
        format!("{TRON} {broken}."),
    ] {
        assert!(addresses(&text).contains(&broken), "{text}");
        assert_eq!(faults(&text), [(broken, "BROKEN")], "{text}");
    }
    let canonical = |text: &str| find(text).next().and_then(|found| found.canonical);
    assert_eq!(
        canonical(broken),
        canonical("TNZxGWCwvsHr6JxQxzoeDXV597Yf7Zb7nV")
    );
    let mixed = "0x3051Ca7cB7f6C599fA2f\n    27385AD75010cf0f2bbF";
    assert_eq!(addresses(mixed), [mixed]);
    let in_three = "0x3051Ca7cB7f6C\n599fA2f27385AD7501\n0cf0f2bbF";
    assert_eq!(addresses(in_three), [in_three]);
}

#[test]
fn a_broken_address_without_a_checksum_is_reported() {
    let lower = "0x3051ca7cb7f6c599fa2f\n27385ad75010cf0f2bbf";
    assert_eq!(addresses(lower), [] as [&str; 0]);
    assert_eq!(faults(lower), [("0x3051ca7cb7f6c599fa2f", "ADDRESS_LIKE")]);
    let far = format!(
        "TNZxGWCwvsHr6JxQxzoeDXV5{}97Yf7Zb7nV",
        " ".repeat(super::breaks::GAP_BYTES_MAX + 1)
    );
    assert_eq!(faults(&far), [("TNZxGWCwvsHr6JxQxzoeDXV5", "ADDRESS_LIKE")]);
    // Two addresses are never one.
    assert_eq!(addresses(&format!("{TRON}\n{TRON}")), [TRON, TRON]);
}

fn listed(text: &str) -> Vec<String> {
    let found = find(text).filter(|found| found.canonical.is_some());
    found
        .map(|found| found.joined.unwrap_or_else(|| found.text.to_owned()))
        .collect()
}

/// Goal: a mark within an address does not lose it. What is listed is the
/// address, because the marks belong to the page.
#[test]
fn an_address_with_a_mark_of_the_page_in_it_is_put_together() {
    for mark in [
        "<wbr>", "<WBR/>", "<br>", "<br />\n", "-\n", "- \r\n  ", "\u{ad}\n", "&shy;", "-<br>",
    ] {
        for (address, at) in [(SCRIPT, 17), (TRON, 6), (TRON, 12), (SCRIPT, 25)] {
            let broken = format!("{}{mark}{}", &address[..at], &address[at..]);
            let text = format!("the wallet {broken}, <b>and others");
            assert_eq!(listed(&text), [address], "{text}");
            let fault = [(broken.as_str(), "BROKEN")];
            assert_eq!(faults(&text), fault, "{text}");
        }
    }
    let in_three = format!("{}<wbr>{}<wbr>{}", &TRON[..10], &TRON[10..20], &TRON[20..]);
    assert_eq!(listed(&in_three), [TRON]);
}

/// Goal: parts that nothing proves to be one address are reported.
#[test]
fn parts_that_no_checksum_proves_are_reported() {
    let bad = format!("{}e", &TRON[..TRON.len() - 1]);
    let bech32 = "bc1qwtz3zv95x2flu4w26kgfepf529z50r2sqc5zmm";
    let hex = "0x3051ca7cb7f6c599fa2f27385ad75010cf0f2bbf";
    for (address, at) in [(SOLANA, 21), (&*bad, 17), (bech32, 15), (hex, 14)] {
        for mark in ["\n", "<wbr>", "-\n", "..."] {
            let broken = format!("{}{mark}{}", &address[..at], &address[at..]);
            let text = format!("the wallet {broken}, and");
            assert_eq!(listed(&text), [] as [&str; 0], "{text}");
            assert_eq!(faults(&text), [(broken.as_str(), "ADDRESS_LIKE")], "{text}");
        }
    }
    let short = "12QtD5BFwRs...76UVE1xyCG";
    assert_eq!(faults(short), [(short, "ADDRESS_LIKE")]);
    // What stands before a whole or a broken address takes nothing of it.
    let broken = format!("{}\n{}", &TRON[..12], &TRON[12..]);
    for whole in [TRON, &broken] {
        let text = format!("Windows10Pro<br>{whole}");
        assert_eq!(addresses(&text), [whole]);
    }
}

#[test]
fn words_at_the_end_of_a_line_are_no_parts() {
    for text in [
        "the report of 2024\nand the wallets-\nof Windows10<br>iPhone12",
        "McDonald\nPayPal <br> YouTube...MasterCard",
        "Passport A1234567\nRegistration B7654321",
        "EU.12747.39...(OJ L24022025) 1990s<wbr>1980s",
    ] {
        assert_eq!(find(text).collect::<Vec<_>>(), [], "{text}");
    }
}
