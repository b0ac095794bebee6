//! Texts that show a clean address and lead to another one.
//!
//! Each has to hold the other address among its candidates, or must not
//! clear; where a specification allows the text, it must clear.

use crate::address::{Fault, Reading, Tag, parse};

const CLEAN: &str = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH";
const CLEAN_WITNESS: &str = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
const CLEAN_EVM: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
const CLEAN_XRP: &str = "rPEPPER7kfTD9w2To4CQk6UCfuHM9c6GDY";
const LISTED: &str = "TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC";
const LISTED_EVM: &str = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf";
/// Short enough for a scheme, a tag and a chain's reference.
const LISTED_SHORT: &str = "rrrrrrrrrrrrrrrrrrrrrhoLvTp";

fn leads_to(reading: &Reading, address: &str) -> bool {
    let key = &parse(address).candidates[0].key;
    reading.candidates.iter().any(|found| found.key == *key)
}

#[track_caller]
fn finds(text: &str, listed: &str) -> Reading {
    let reading = parse(text);
    assert!(leads_to(&reading, listed), "{text} {reading:?}");
    reading
}

#[track_caller]
fn holds(text: &str, fault: Fault) {
    let reading = parse(text);
    assert_eq!(reading.fault, Some(fault), "{text} {reading:?}");
}

#[track_caller]
fn clears(text: &str, address: &str) -> Reading {
    let reading = finds(text, address);
    assert!(reading.is_strict(), "{text} {reading:?}");
    reading
}

#[test]
fn a_payload_keeps_the_whole_from_clearing() {
    for start in [
        format!("bitcoin:{CLEAN}"),
        format!("eth:{CLEAN_EVM}"),
        format!("ethereum:{CLEAN_EVM}@1"),
        CLEAN_EVM.to_owned(),
        format!("eip155:1:{CLEAN_EVM}"),
    ] {
        for name in ["data", "function", "bin", "init", "xdr", "payload", "DATA"] {
            for value in ["", "0xa9059cbb"] {
                holds(&format!("{start}?{name}={value}"), Fault::NotAddressForm);
            }
        }
        let call = format!("{start}?function=transfer(address {LISTED_EVM}, uint 5)");
        assert_eq!(
            finds(&call, LISTED_EVM).fault,
            Some(Fault::NotAddressForm),
            "{call}"
        );
    }
    holds(
        &format!("bitcoin:{CLEAN}?pay=pay1qqq"),
        Fault::UnknownFormat,
    );
}

#[test]
fn an_address_in_an_unknown_parameter_is_a_destination() {
    for rest in [
        format!("payee={LISTED}"),
        format!("x=pay:{LISTED}!"),
        format!("pop={LISTED}"),
        LISTED.to_owned(),
        format!("{LISTED}=1"),
        format!("x=%54{}", &LISTED[1..]),
        format!("amount=1;to={LISTED}"),
        format!("amount=1?to={LISTED}"),
        format!("amount=1#to={LISTED}"),
        format!("amount=1&addr={LISTED}"),
        format!("amount={LISTED}"),
        // No URI has a blank: this is prose.
        format!("label=a or {LISTED}"),
        format!("memo=1 {LISTED}"),
    ] {
        for start in ["bitcoin:", "wallet:", ""] {
            finds(&format!("{start}{CLEAN}?{rest}"), LISTED);
        }
    }
    finds(&format!("bitcoin:{CLEAN}#{LISTED}"), LISTED);
    for rest in [
        format!("label={LISTED}"),
        "foo=bar".to_owned(),
        "id=17;x=2014000000000000000000000000000000000000".to_owned(),
    ] {
        let reading = clears(&format!("bitcoin:{CLEAN}?{rest}"), CLEAN);
        assert_eq!(reading.candidates.len(), 1, "{rest}");
    }
}

#[test]
fn a_payment_request_of_ethereum_takes_nothing_it_does_not_know() {
    for rest in [
        format!("/transfer?to={LISTED_EVM}&uint256=1"),
        format!("/transfer?recipient={LISTED_EVM}"),
        format!("/transfer?address[]=[{LISTED_EVM},{CLEAN_EVM}]"),
        format!("/transfer?uint256={LISTED_EVM}"),
        format!("/transfer?who={LISTED_EVM}"),
        format!("/{LISTED_EVM}"),
        format!("/transfer/{LISTED_EVM}"),
        format!("@{LISTED_EVM}"),
        format!("@1{LISTED_EVM}"),
    ] {
        let text = format!("ethereum:{CLEAN_EVM}{rest}");
        let reading = parse(&text);
        assert!(
            leads_to(&reading, LISTED_EVM) || !reading.is_strict(),
            "{text} {reading:?}"
        );
    }
    for rest in ["@ethereum", "@", "/a/b", "?x=1", "?tuple=1", "?bytes32=0x"] {
        holds(
            &format!("ethereum:{CLEAN_EVM}{rest}"),
            Fault::NotAddressForm,
        );
    }
    for rest in [
        "?value=2.014e18&gas=1&gasLimit=2&gasPrice=3",
        "@137/mint?uint256=1&bool=true&string=a&int8=-1",
        "?amount=1&label=a",
        "/",
        "#top",
    ] {
        clears(&format!("ethereum:{CLEAN_EVM}{rest}"), CLEAN_EVM);
    }
}

#[test]
fn what_stands_behind_an_at_is_a_chain_we_know() {
    for text in [
        format!("{CLEAN_EVM}@{LISTED_EVM}"),
        format!("{CLEAN_EVM}@ or {LISTED_EVM}"),
        format!("{CLEAN_EVM}@bip122:{LISTED_SHORT}"),
        format!("{CLEAN_WITNESS}@{LISTED}"),
        format!("{CLEAN_WITNESS}@bitcoin#{LISTED}"),
        format!("{CLEAN}@bip122:{LISTED_SHORT}"),
    ] {
        let listed = [LISTED, LISTED_EVM, LISTED_SHORT];
        let reading = parse(&text);
        assert_eq!(
            reading.fault,
            Some(Fault::NotAddressForm),
            "{text} {reading:?}"
        );
        assert!(
            listed.iter().any(|listed| leads_to(&reading, listed)),
            "{text} {reading:?}"
        );
    }
    for text in [
        format!("{CLEAN_EVM}@nowhere"),
        format!("{CLEAN_EVM}@"),
        format!("{CLEAN_EVM}@solana#80B12379"),
        format!("{CLEAN_WITNESS}@bitcoin#597D21A"),
        format!("{CLEAN_WITNESS}@bitcoin#"),
    ] {
        assert!(!parse(&text).is_strict(), "{text}");
    }
}

#[test]
fn a_scheme_or_a_chain_can_itself_be_an_address() {
    for text in [
        format!("{LISTED_SHORT}:{CLEAN}"),
        format!("a-{LISTED_SHORT}:{CLEAN}"),
        format!("note:{LISTED_SHORT}:{CLEAN}"),
        format!("xrpl:{LISTED_SHORT}:{CLEAN_XRP}"),
        format!("cosmos:{LISTED_SHORT}:{CLEAN_XRP}"),
    ] {
        let reading = finds(&text, LISTED_SHORT);
        assert!(!reading.is_strict(), "{text} {reading:?}");
    }
    let tagged = clears(&format!("{LISTED_SHORT}:276"), LISTED_SHORT);
    assert_eq!(tagged.candidates[0].tag, Some(Tag::number(276)));
}

#[test]
fn a_tag_hides_no_address() {
    for text in [
        format!("{CLEAN} memo: {LISTED_SHORT}"),
        format!("{CLEAN_XRP}-{LISTED_SHORT}"),
        format!("{CLEAN_XRP} (tag {LISTED_SHORT})"),
    ] {
        assert!(!parse(&text).is_strict(), "{text}");
    }
    finds(&format!("{CLEAN_XRP}?dt=1&to={LISTED_SHORT}"), LISTED_SHORT);
    // What stands behind a hash may be a tag, and not a place in a page.
    for behind in ["#123", "/#123"] {
        assert!(!parse(&format!("{CLEAN_XRP}{behind}")).is_strict());
    }
    for rest in ["?dt=1", "?memoid=1&amount=5", "?tag=1"] {
        let reading = clears(&format!("{CLEAN_XRP}{rest}"), CLEAN_XRP);
        assert_eq!(reading.candidates[0].tag, Some(Tag::number(1)), "{rest}");
    }
}

#[test]
fn what_hides_nothing_clears() {
    for address in [CLEAN_WITNESS, CLEAN_EVM, CLEAN, LISTED] {
        for behind in ["?amount=1", "?", "/", "/?", "?label=a%20b"] {
            clears(&format!("{address}{behind}"), address);
        }
    }
    let cardano = "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8";
    for start in ["web+cardano://pay/v1?address=", "web+cardano:", "cardano:"] {
        clears(&format!("{start}{cardano}"), cardano);
    }
    let ton = "EQAs9VlT6S776tq3unJcP5Ogsj+ELLunLXuOb1EKcOQi4wJB";
    clears(&format!("ton:{ton}"), ton);
    clears(&format!("ton://transfer/{ton}/?amount=1"), ton);
}
