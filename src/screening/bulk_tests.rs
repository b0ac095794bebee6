//! The fast way against the whole way, on every bundled address, in every
//! spelling that people make of them, and on many that are not listed.

use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::bundled;
use crate::filter::FalsePositiveRate;
use crate::freshness::Requirements;
use crate::generation::LiveGeneration;
use crate::import::read::{Format, InputFile};
use crate::import::{Bounds, Importer, Request};
use crate::list::{Origin, PublicationDigest};
use crate::policy::Policy;
use crate::screening::{Moment, Screener};
use crate::store::Store;
use crate::verdict::{Action, Verdict};

/// What a person or a program makes of an address.
const MANGLINGS: [fn(&str) -> String; 12] = [
    str::to_owned,
    str::to_lowercase,
    str::to_uppercase,
    |text| format!(" {text}\t"),
    |text| format!("\"{text}\""),
    |text| text.strip_prefix("0x").unwrap_or(text).to_owned(),
    |text| format!("bitcoin:{text}?amount=1"),
    |text| format!("{text}:12345"),
    |text| text.chars().rev().collect(),
    |text| text[..text.len() - 1].to_owned(),
    |text| text.replacen('a', "а", 1),
    |text| format!("{} {}", &text[..text.len() / 2], &text[text.len() / 2..]),
];

const NETWORKS: [&str; 7] = [
    "",
    "ETH",
    "BTC",
    "USDT",
    "eip155:1",
    "no such network",
    " XRP ",
];

struct Held {
    _folder: tempfile::TempDir,
    live: Arc<LiveGeneration>,
    addresses: Vec<String>,
}

/// A data directory with the bundled lists.
fn held() -> Held {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Arc::new(Store::create(&folder.path().join("data")).expect("created"));
    let live = Arc::new(LiveGeneration::default());
    let bounds = Bounds {
        entries_max: usize::MAX,
        bytes_max: u64::MAX,
    };
    let importer = Importer::new(store, live.clone(), FalsePositiveRate::DEFAULT, bounds);
    let mut addresses = Vec::new();
    for list in bundled::LISTS {
        let request = Request {
            source: list.source.parse().expect("a source id"),
            tier: Some(list.tier),
            format: Format::Csv,
            category: None,
            approval: None,
            retrieved_at: Timestamp::now(),
            origin: Origin::Bundled,
            digest: PublicationDigest::of_text(list.csv),
        };
        let file = InputFile::of_bytes(format!("{}.csv", list.source), list.csv);
        importer.run(&request, vec![file]).expect("imported");
        let rows = list
            .csv
            .lines()
            .filter(|line| !line.starts_with('#'))
            .skip(1);
        addresses.extend(rows.filter_map(|row| Some(row.split(',').next()?.to_owned())));
    }
    assert!(addresses.len() > 1_000);
    Held {
        _folder: folder,
        live,
        addresses,
    }
}

/// Holds the fast answer to one text against the whole one; true if it was
/// told at once.
#[track_caller]
fn agree(bulk: &mut Bulk<'_>, text: &str, network: &str) -> bool {
    let whole = bulk.pinned().screen(text, network);
    let is_plain = whole.verdict == Verdict::NotListed
        && whole.action == Action::Allow
        && whole.reasons.is_empty()
        && whole.matches.is_empty();
    match bulk.screen(text, network) {
        // A false alarm of the filter goes the whole way, and is as right.
        None => assert!(is_plain, "{text:?} on {network:?} is not plain: {whole:?}"),
        Some(fast) => {
            let told = |outcome: &Outcome| {
                let ids: Vec<_> = outcome.matches.iter().map(|found| found.id).collect();
                (
                    outcome.verdict,
                    outcome.action,
                    outcome.reasons.clone(),
                    ids,
                )
            };
            assert_eq!(told(&fast), told(&whole), "{text:?} on {network:?}");
            return false;
        }
    }
    true
}

#[test]
fn the_fast_way_says_what_the_whole_way_says() {
    let held = held();
    let screener = Screener::new(
        held.live.clone(),
        Requirements::default(),
        Policy::default(),
    );
    let pinned = screener.pin(&Moment::default()).expect("is live");
    let mut bulk = Bulk::new(&pinned);
    let (mut asked, mut at_once) = (0_u32, 0_u32);
    let mut ask = |text: &str, network: &str| {
        asked += 1;
        at_once += u32::from(agree(&mut bulk, text, network));
    };
    for (number, address) in held.addresses.iter().enumerate() {
        for mangle in MANGLINGS {
            let is_ascii = address.is_ascii();
            let text = if is_ascii {
                mangle(address)
            } else {
                address.clone()
            };
            ask(&text, NETWORKS[number % NETWORKS.len()]);
        }
        for network in NETWORKS {
            ask(address, network);
        }
    }
    // Made accounts: the bytes of a digest, as several networks write them.
    for number in 0..60_000_u64 {
        let digest = blake3::hash(&number.to_le_bytes());
        let hex = digest.to_hex();
        let network = NETWORKS[usize::try_from(number).expect("small") % NETWORKS.len()];
        ask(&format!("0x{}", &hex[..40]), network);
        ask(&format!("41{}", &hex[..40]), network);
        ask(&hex, network);
        ask(
            &hex[..usize::try_from(number % 64).expect("small")],
            network,
        );
    }
    // Both ways are gone often enough to be compared.
    assert!(
        at_once > 60_000 && asked - at_once > 20_000,
        "{at_once} of {asked}"
    );
}

#[test]
fn lists_that_vouch_for_nothing_tell_nothing_at_once() {
    let held = held();
    let strict = Requirements {
        accept_bundled: false,
        sanctions_max_age: Some(std::time::Duration::ZERO),
        ..Requirements::default()
    };
    let screener = Screener::new(held.live.clone(), strict, Policy::default());
    let pinned = screener.pin(&Moment::default()).expect("is live");
    let mut bulk = Bulk::new(&pinned);
    let evm = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
    let outcome = bulk.screen(evm, "").expect("nothing is plain");
    assert_eq!(outcome.verdict, Verdict::Indeterminate);
}

#[test]
fn a_text_leads_to_the_keys_it_is_looked_up_by() {
    let held = held();
    let screener = Screener::new(
        held.live.clone(),
        Requirements::default(),
        Policy::default(),
    );
    let pinned = screener.pin(&Moment::default()).expect("is live");
    let mut bulk = Bulk::new(&pinned);
    let text = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu";
    let reading = address::parse(text);
    let own = &reading.candidates[0].key;
    let wrapped = linked(&reading.candidates[0], Depth::Query);
    assert!(bulk.leads_to(text, "", |key| key == own));
    assert!(bulk.leads_to(text, "BTC", |key| *key == wrapped[0].key));
    assert!(!bulk.leads_to(text, "", |_| false));
}

/// Two million made texts:
/// `cargo test --release --lib the_fast_way -- --ignored`.
#[test]
#[ignore = "takes a minute"]
fn the_fast_way_says_what_the_whole_way_says_of_millions() {
    let held = held();
    let screener = Screener::new(
        held.live.clone(),
        Requirements::default(),
        Policy::default(),
    );
    let pinned = screener.pin(&Moment::default()).expect("is live");
    let mut bulk = Bulk::new(&pinned);
    for number in 0..2_000_000_u64 {
        let digest = blake3::hash(&number.to_le_bytes());
        let (bytes, pick) = (digest.as_bytes(), usize::from(digest.as_bytes()[31]));
        let listed = &held.addresses[pick * 7 % held.addresses.len()];
        let text = match pick % 6 {
            0 => format!("0x{}", &digest.to_hex()[..40]),
            1 => bs58::encode(bytes).into_string(),
            2 => bs58::encode([&[0x41], &bytes[..20]].concat())
                .with_check()
                .into_string(),
            3 => bs58::encode([&[0x00], &bytes[..20]].concat())
                .with_check()
                .into_string(),
            // One character of a listed address is another.
            4 => {
                let at = usize::from(bytes[0]) % listed.len();
                let other = char::from(b'0' + bytes[1] % 75);
                let mut text = listed.clone();
                if listed.is_ascii() {
                    text.replace_range(at..=at, other.encode_utf8(&mut [0; 4]));
                }
                text
            }
            _ => digest.to_hex()[..pick % 64].to_owned(),
        };
        agree(&mut bulk, &text, NETWORKS[pick % NETWORKS.len()]);
    }
}
