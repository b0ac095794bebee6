//! Real addresses in real and made sentences.

use proptest::prelude::*;

use super::*;

pub(super) const EVM: &str = "0x3051Ca7cB7f6C599fA2f27385AD75010cf0f2bbF";
pub(super) const TRON: &str = "TA1hsikRfsgGiW9nEBpT4tEXEySTNYLr2d";
pub(super) const SEGWIT: &str = "bc1qwtz3zv95x2flu4w26kgfepf529z50r2sqc5zml";
pub(super) const SCRIPT: &str = "3My1ffQr5qQzmq4aBFgRqwRYqfB5zPAt8t";
pub(super) const SOLANA: &str = "2gVkYWexTHR5Hb2aLeQN3tnngvWzisFKXDUPrgMHpdST";

pub(super) fn addresses(text: &str) -> Vec<&str> {
    let found = find(text).filter(|found| found.canonical.is_some());
    found.map(|found| found.text).collect()
}

pub(super) fn faults(text: &str) -> Vec<(&str, &'static str)> {
    let faulty = find(text).filter_map(|found| Some((found.text, found.fault?.code())));
    faulty.collect()
}

fn tickers(text: &str) -> Vec<Option<&str>> {
    find(text).map(|found| found.ticker).collect()
}

#[test]
fn addresses_are_found_whatever_punctuation_stands_around_them() {
    for around in [
        ("", ""),
        ("the wallet ", "."),
        ("(", ")"),
        ("[", "]."),
        ("“", "”"),
        ("«", "»,"),
        ("a;", ";b"),
        ("<br>", "<br/>"),
        ("&nbsp;", "&nbsp;"),
        ("https://etherscan.io/address/", "#tokentxns"),
        ("href=\"https://tronscan.org/#/address/", "\">here</a>"),
        ("ETH:", "/"),
        ("TRX-", "*"),
        ("кошелёк: ", "。"),
        ("地址", "和"),
        ("\u{200b}", "\u{200b}"),
    ] {
        for address in [EVM, TRON, SEGWIT, SCRIPT, SOLANA] {
            let text = format!("{}{address}{}", around.0, around.1);
            assert_eq!(addresses(&text), [address], "{text}");
            assert_eq!(faults(&text), [], "{text}");
        }
    }
}

#[test]
fn every_address_of_a_sentence_is_found_where_it_stands() {
    let text = format!("Pay {EVM} and\n{TRON}, or {SEGWIT}.");
    let found: Vec<_> = find(&text).map(|found| (found.at, found.text)).collect();
    assert_eq!(
        found,
        [
            (4, EVM),
            (text.find(TRON).expect("is there"), TRON),
            (text.find(SEGWIT).expect("is there"), SEGWIT),
        ]
    );
}

#[test]
fn a_prefix_that_belongs_to_an_address_stays_with_it() {
    let cash = "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a";
    for text in [
        format!("BCH: {cash}."),
        format!("({cash})"),
        cash.to_owned(),
    ] {
        assert_eq!(addresses(&text), [cash], "{text}");
    }
    let bare = cash.split_once(':').expect("has a prefix").1;
    assert_eq!(addresses(&format!("bch:{bare}")), [bare]);
    let ton = "EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N";
    let safe = "UQAs9VlT6S776tq3unJcP5Ogsj-ELLunLXuOb1EKcOQi41-E";
    for ton in [ton, safe] {
        assert!(address::parse(ton).is_strict(), "{ton}");
        let link = format!("https://tonviewer.com/{ton}?section=tokens");
        assert_eq!(addresses(&link), [ton], "{link}");
    }
    let raw = "0:83dfd552e63729b472fcbcc8c45ebcc6691702558b68ec7527e1ba403a0f31a8";
    assert_eq!(addresses(&format!("wallet {raw}, TON")), [raw]);
}

#[test]
fn words_and_numbers_are_no_addresses() {
    for text in [
        "The Secretary of State considers that there are reasonable grounds to suspect",
        "Telekommunikationsgesellschaftsvertrag Donaudampfschifffahrtsgesellschaft",
        "IBAN GB29NWBK60161331926819, DE89370400440532013000, FR1420041010050500013M02606",
        "Passport 488555, TAi.002, EU.12747.39, (OJ L24022025), 02312202410120, 311748-3301-OOO",
        "+93-202-104748 0044 20 7946 0958 13123456789012345678901234567",
        "EVA ID - EEA90DD050C635EC8F637E8DB2F69969 Legal Entity Identifier - 984500B899H9EED3B354",
        "https://eur-lex.europa.eu/legal-content/EN/TXT/PDF/?uri=OJ:L_202500389",
        "https://www.interpol.int/en/How-we-work/Notices/View-UN-Notices-Individuals",
        "3b241101-e2bb-4255-8caf-4136c566a962 alice.near vitalik.eth eosio.token 0.0.12345 f01234",
        "حاجی خيرالله و حاجی ستار صرافی Государственное образовательное учреждение 朝鮮労働党",
        "0x1234 0xe07b...7d57 1111111111 block 21895238",
        "version 1.2.3-rc1 bitcoin:donate TRX ETH:",
        "http://sinbadiovklgdbafpqvwfwjh2tfrisahtxmrskiovt62nirragcnkcad.onion/",
    ] {
        assert_eq!(find(text).collect::<Vec<_>>(), [], "{text}");
    }
}

#[test]
fn what_only_looks_like_an_address_is_reported() {
    let digest = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
    let transaction = "0x46deef0f52e3a983b67abf4714448a41dd7ffd6d32d32da69d62081c68ad7882";
    for like in [
        // 41 hex digits, and 40 with a letter that is none.
        "0xa7e5d5a720f06526557c513402f2e6b5fa20b0088",
        "0xa7e5d5a720f06526557g513402f2e6b5fa20b008",
        // One character off.
        "TA1hsikRfsgGiW9nEBpT4tEXEySTNYLr2e",
        "3My1ffQr5qQzmq4aBFgRqwRYqfB5zPAt8u",
        "bc1qwtz3zv95x2flu4w26kgfepf529z50r2sqc5zmm",
        // A letter that Base58 does not have.
        "TA1hsikRfsgGiW9nEBpT4tEXEySTNYLrld",
        // Glued to a word.
        "TRXTA1hsikRfsgGiW9nEBpT4tEXEySTNYLr2d",
        "wallet0x3051Ca7cB7f6C599fA2f27385AD75010cf0f2bbF",
        // A file, a transaction or an account: nothing tells.
        digest,
        transaction,
    ] {
        let text = format!("the wallet {like}, and");
        assert_eq!(addresses(&text), [] as [&str; 0], "{text}");
        assert_eq!(faults(&text), [(like, "ADDRESS_LIKE")], "{text}");
    }
}

#[test]
fn oddity_1_a_ticker_that_the_address_contradicts_is_kept_as_published() {
    let tron = "TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzq";
    let text = format!("Digital Currency Address - XBT {tron}.");
    assert_eq!(
        (addresses(&text), tickers(&text)),
        (vec![tron], vec![Some("XBT")])
    );
}

#[test]
fn oddity_3_a_monero_address_with_a_letter_it_cannot_have_is_reported() {
    let monero = "45ezvPejNsKYntjhyyeb7fbfzilsxYQozc5Ffseh8jPGW4JZQQVXykNTfK5uGFiij7Hp3qPv3T5HCR7F3Fnmz2mzE1aKQwo";
    assert_eq!(addresses(monero), [] as [&str; 0]);
    assert_eq!(
        faults(&format!("XMR {monero};")),
        [(monero, "ADDRESS_LIKE")]
    );
}

#[test]
fn oddity_4_an_address_one_digit_short_is_reported() {
    let short = "0xa7e5d5a720f06526557c513402f2e6b5fa20b00";
    assert_eq!(addresses(short), [] as [&str; 0]);
    assert_eq!(faults(&format!("ETH: {short}.")), [(short, "ADDRESS_LIKE")]);
    assert_eq!(addresses(&format!("{short}8")), [format!("{short}8")]);
}

#[test]
fn oddity_8_a_tron_address_is_no_testnet_address() {
    let tron = "TB1Bcv3x8mg7PVV4nVM48pgHJKcYboTypU";
    assert_eq!(addresses(&format!("USDT: {tron};")), [tron]);
    assert_eq!(faults(tron), []);
}

#[test]
fn oddity_14_a_miscased_address_is_kept_and_reported() {
    let miscased = "0x3051CA7cB7f6C599fA2f27385AD75010cf0f2bbF";
    assert_eq!(addresses(miscased), [miscased]);
    assert_eq!(faults(miscased), [(miscased, "MISSPELT")]);
    let lower = EVM.to_lowercase();
    assert_eq!(addresses(&lower), [&lower]);
    assert_eq!(faults(&lower), []);
}

#[test]
fn letters_of_another_alphabet_stay_as_published_and_are_reported() {
    for disguised in [
        "ТН96tFMn8KGiYSLiwсV3E2UiaJc8jmcbz3",
        "0x3051Ca7cВ7f6C599fA2f27385AD75010cf0f2bbF",
        "TA1hsikRfsgGiW9n\u{200b}EBpT4tEXEySTNYLr2d",
        "ＴA1hsikRfsgGiW9nEBpT4tEXEySTNYLr2d",
    ] {
        let text = format!("wallet {disguised}.");
        assert_eq!(addresses(&text), [disguised]);
        assert_eq!(faults(&text), [(disguised, "NOT_ASCII")]);
    }
}

#[test]
fn the_ticker_before_an_address_goes_with_it() {
    for (text, ticker) in [
        (format!("ETH: {EVM}"), Some("ETH")),
        (format!("(1) ETH: {EVM} (2)"), Some("ETH")),
        (format!("BSC {EVM}"), Some("BSC")),
        (
            format!("Digital Currency Address - XBT {SCRIPT}"),
            Some("XBT"),
        ),
        (format!("Bitcoin addresses: {SCRIPT}"), Some("Bitcoin")),
        (format!("Tron wallet address {TRON}"), Some("Tron")),
        (format!("USDT (TRC-20) {TRON}"), Some("TRC-20")),
        // The publisher's own word, right or wrong.
        (format!("XBT: {TRON}"), Some("XBT")),
        (format!("funds near {EVM}"), None),
        (format!("crypto addresses: {TRON}"), None),
        (format!("He owns TRX. {TRON}"), None),
        (format!("ETH was moved to {EVM}"), None),
    ] {
        assert_eq!(tickers(&text), [ticker], "{text}");
    }
}

#[test]
fn a_ticker_goes_on_through_its_list() {
    let text = format!(
        "ETH: {EVM}\nBTC: {SEGWIT}\n{SCRIPT}, bc1qwxqxd25yk2dtw2ml04vxj9atq3huv4rdytf6vt\nTRX: {TRON}"
    );
    assert_eq!(
        tickers(&text),
        [
            Some("ETH"),
            Some("BTC"),
            Some("BTC"),
            Some("BTC"),
            Some("TRX")
        ]
    );
    // Not to an address that it cannot mean, and not past other words.
    assert_eq!(tickers(&format!("TRX: {TRON}\n{EVM}")), [Some("TRX"), None]);
    let sentence = format!("TRX: {TRON} was paid by {TRON}");
    assert_eq!(tickers(&sentence), [Some("TRX"), None]);
}

#[test]
fn a_secret_is_not_repeated() {
    let secret = "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn";
    let found: Vec<_> = find(secret).collect();
    let fault = found[0].fault.as_ref().expect("is reported").to_string();
    assert!(!fault.contains(&secret[12..]), "{fault}");
    assert_eq!(found[0].canonical, None);
}

/// Goal: a hostile text costs no more than its length. Method: long texts
/// made to be looked at again and again; a quadratic way would take hours.
#[test]
fn long_texts_take_linear_time() {
    for pattern in [
        "x",
        "0x",
        "a-",
        "1a ",
        "T1a2b3c4 ",
        ":",
        "a:",
        "0:",
        " ",
        "0x3051Ca7cB7f6C599fA2f ",
        "TA1hsikRfsgGiW9nEBpT4 ",
        "\u{200b}a",
        "Ж",
        "_1",
        "+/",
    ] {
        let text = pattern.repeat((1 << 18) / pattern.len());
        let found = find(&text).count();
        assert!(found <= text.len() / 20, "{pattern}");
    }
}

/// One public key has an EVM and a Tron address, and one hash an address on
/// Bitcoin and on Litecoin: keys are shared, addresses are not.
#[test]
fn addresses_that_share_a_key_are_each_mentioned() {
    let tron = "TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC";
    let evm = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf";
    let key = |text: &str| address::parse(text).candidates[0].key.clone();
    assert_eq!(key(tron), key(evm));
    let mut mentions = Mentions::default();
    let text = format!(
        "{tron} {evm}\n{} ETH: {evm}, {evm} BSC: {evm}",
        evm.to_lowercase()
    );
    mentions.take(&text, 7, None, 10).expect("few");
    let template = crate::list::ListEntry::bare("", crate::list::Category::Theft);
    assert_eq!(mentions.addresses(), 2);
    let rows = mentions.into_rows(&"f".into(), &template);
    let told: Vec<_> = rows
        .iter()
        .filter_map(|row| {
            let entry = row.entry.as_ref()?;
            Some((
                row.locator.line,
                entry.address.as_str(),
                entry.ticker.as_deref(),
            ))
        })
        .collect();
    assert_eq!(
        told,
        [
            (7, tron, None),
            (7, evm, None),
            (8, evm, Some("ETH")),
            (8, evm, Some("BSC"))
        ]
    );
}

proptest! {
    /// Goal: whatever the text, what is found stands where it is said to
    /// stand, in order and apart. Method: texts made of what the finder looks
    /// at.
    #[test]
    fn finds_stand_in_order_where_they_are_said_to_stand(
        words in prop::collection::vec(
            prop_oneof![
                Just(EVM), Just(TRON), Just(SEGWIT), Just("TNZxGWCwvsHr6JxQxzoeDXV5"), Just("97Yf7Zb7nV"),
                Just("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"), Just("ETH"), Just("0x"), Just("wallets"),
                Just("EQAs9VlT6S776tq3unJcP5Ogsj-ELLunLXuOb1EKcOQi4wJB"), Just("TН96tFMn8KGiYSLiwсV3E2UiaJc8jmcbz3"),
            ],
            0..12,
        ),
        between in prop::collection::vec("[ \n:;,.()/_+ж\u{200b}-]{0,3}", 13),
    ) {
        let pairs = words.iter().zip(&between);
        let text: String = pairs.flat_map(|(word, between)| [between.as_str(), word]).collect();
        let mut end = 0;
        for found in find(&text) {
            prop_assert!(found.at >= end, "{text:?}");
            prop_assert!(text[found.at..].starts_with(found.text), "{text:?}");
            prop_assert!(found.canonical.is_some() || found.fault.is_some(), "{text:?}");
            end = found.at + found.text.len();
        }
    }

    /// Goal: an address is found in any text that leaves it a word.
    #[test]
    fn an_address_is_found_between_any_words(
        before in "([a-zA-Z0-9éж]{1,9}[ .,;:]{1,2}){0,6}",
        after in "[ .,;)]([a-zA-Z0-9éж]{1,9}[ .,;:]{1,2}){0,6}",
    ) {
        for address in [EVM, TRON, SEGWIT, SCRIPT, SOLANA] {
            let text = format!("{before} {address}{after}");
            prop_assert!(addresses(&text).contains(&address), "{text:?}");
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        let _ = find(&text).count();
        let _ = ends_within_address(&text);
    }
}
