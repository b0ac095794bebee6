use super::*;

fn pairs(remarks: &str, cut: bool) -> Vec<(String, String, Option<&'static str>)> {
    let found = wallets_in(remarks, cut, 1, 100).wallets.into_iter();
    found
        .map(|wallet| {
            let fault = wallet.fault.as_ref().map(RowFault::code);
            (
                wallet.ticker.unwrap_or_default(),
                wallet.address.unwrap_or_default(),
                fault,
            )
        })
        .collect()
}

fn pair(ticker: &str, address: &str) -> (String, String, Option<&'static str>) {
    (ticker.to_owned(), address.to_owned(), None)
}

#[test]
fn wallets_stand_among_other_remarks() {
    let remarks = "DOB 1 Jan 1990; Digital Currency Address - XBT 12Qt; alt. Digital Currency \
                   Address - NEWCOIN 9zz; Passport 1 (Iran); Digital Currency Address - ETH 0xab.";
    assert_eq!(
        pairs(remarks, false),
        [
            pair("XBT", "12Qt"),
            pair("NEWCOIN", "9zz"),
            pair("ETH", "0xab")
        ]
    );
    assert_eq!(pairs("a.k.a. 'x'.", false), []);
}

#[test]
fn a_fragment_at_the_cut_is_never_listed() {
    for tail in ["1Gq", "3", "", "- ", "- XBT", "- XBT ", "- XBT 1B64QRxf"] {
        let remarks =
            format!("Digital Currency Address - XBT 12Qt; alt. Digital Currency Address {tail}");
        assert_eq!(pairs(&remarks, true), [pair("XBT", "12Qt")], "{tail}");
        assert!(wallets_in(&remarks, true, 1, 100).bear_wallet);
    }
    let ended = "Digital Currency Address - XBT 12Qt;";
    assert_eq!(pairs(ended, true), [pair("XBT", "12Qt")]);
}

#[test]
fn a_cut_within_the_words_still_bears_a_wallet() {
    for tail in [
        "Digital",
        "alt. Digital Currency A",
        "Digital Currency Addres",
    ] {
        assert!(
            wallets_in(&format!("DOB 1990; {tail}"), true, 1, 100).bear_wallet,
            "{tail}"
        );
    }
    for tail in ["a.k.a. 'Dig", "Dig", ""] {
        assert!(
            !wallets_in(&format!("DOB 1990; {tail}"), true, 1, 100).bear_wallet,
            "{tail}"
        );
    }
}

#[test]
fn oddly_written_wallets_are_kept_and_reported() {
    assert_eq!(
        pairs(
            "Digital Currency Address - XBT 1a alt. Digital Currency Address - XBT 1b.",
            false
        ),
        [pair("XBT", "1a"), pair("XBT", "1b")]
    );
    let odd = |remarks: &str| pairs(remarks, false).remove(0);
    let several = odd("Digital Currency Address - ETH 0xa, 0xb; x");
    assert_eq!(
        several,
        ("ETH".to_owned(), "0xa".to_owned(), Some("SEVERAL_FIELDS"))
    );
    let missing = odd("Digital Currency Address - ETH; x");
    assert_eq!(
        missing,
        ("ETH".to_owned(), String::new(), Some("NO_ADDRESS"))
    );
    let unnamed = odd("Digital Currency Address 12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h; x");
    assert_eq!(unnamed, pair("", "12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h"));
    let cyrillic = odd("digital currency address - TRX ТН96; x");
    assert_eq!(
        cyrillic,
        ("TRX".to_owned(), "ТН96".to_owned(), Some("NOT_ASCII"))
    );
}

#[test]
fn a_ticker_never_seen_is_reported_with_its_count() {
    let designation = |tickers: &[&str]| {
        let wallets = tickers
            .iter()
            .map(|ticker| Wallet::new(1, Some(ticker), "1a", 100));
        wallets.collect()
    };
    let mut tickers = NewTickers::default();
    tickers.count(&designation(&["XBT", "NEW", "xbt"]));
    tickers.count(&designation(&["NEW"]));
    let mut facts = Facts::default();
    tickers.report(&mut facts);
    let said: Vec<String> = facts.warnings.iter().map(Warning::to_string).collect();
    assert_eq!(said.len(), 2);
    assert!(
        said[0].contains("`NEW`") && said[0].contains('2'),
        "{said:?}"
    );
    assert!(
        said[1].contains("`xbt`") && said[1].contains('1'),
        "{said:?}"
    );

    let mut tickers = NewTickers::default();
    for at in 0..1_000 {
        tickers.count(&designation(&[&format!("T{at}")]));
    }
    assert_eq!(tickers.0.len(), NewTickers::MAX);
}

#[test]
fn any_currency_is_taken_from_an_identifier_type() {
    assert_eq!(currency_of("Digital Currency Address - XBT"), Some("XBT"));
    assert_eq!(
        currency_of(" digital currency address - NEW COIN "),
        Some("NEW COIN")
    );
    assert_eq!(currency_of("Digital Currency Address"), Some(""));
    assert_eq!(currency_of("Passport"), None);
    assert_eq!(currency_of("Digital Currency Ädress"), None);
}

/// Goal: other words for a wallet do not make it pass unseen, and what is no
/// wallet still does.
#[test]
fn an_address_under_other_words_is_listed_and_reported() {
    let address = "12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h";
    let remarks = format!(
        "DOB 1 Jan 1990; Virtual Currency Address - XBT {address}; Passport 1 (Iran); \
         IBAN RU0204452560040702810412345678901; Digital Currency Address - ETH 0xab; alt. Virtual \
         Currency Address - ETH 0xa7e5d5a720f06526557c513402f2e6b5fa20b00."
    );
    let unmarked = |address: &str| (String::new(), address.to_owned(), Some("UNMARKED_ADDRESS"));
    assert_eq!(
        pairs(&remarks, false),
        [
            pair("ETH", "0xab"),
            unmarked(address),
            unmarked("0xa7e5d5a720f06526557c513402f2e6b5fa20b00"),
        ]
    );
    // What stands at a cut may be half an address.
    let cut = format!(
        "Virtual Currency Address - XBT {address}; Virtual Currency Address - XBT {address}"
    );
    assert_eq!(pairs(&cut, true), [unmarked(address)]);
    assert!(wallets_in(&cut, true, 1, 100).bear_wallet);
}
