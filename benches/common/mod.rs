//! What the benches share: synthetic addresses, and a data directory of them.
//!
//! Addresses follow from a number, so that a listed one and an unlisted one
//! can be made at will and every bench can check the answers it times.

#![allow(dead_code, reason = "each bench uses its own part")]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use interdict::address::{AddressKey, parse};
use interdict::filter::FalsePositiveRate;
use interdict::generation::LiveGeneration;
use interdict::import::read::{Format, InputFile};
use interdict::import::{Bounds, Importer, Request};
use interdict::list::{Origin, PublicationDigest, Tier};
use interdict::store::Store;
use jiff::Timestamp;

/// Numbers from here on are never listed.
pub const UNLISTED: u64 = 1 << 40;

/// Returns a lower-case EVM address.
pub fn evm(number: u64) -> String {
    let hash = blake3::hash(&number.to_le_bytes());
    format!("0x{}", &hash.to_hex()[..40])
}

/// Returns its key.
pub fn evm_key(number: u64) -> AddressKey {
    parse(&evm(number)).candidates[0].key.clone()
}

/// Makes a data directory that lists the addresses 0 to `count`, and returns
/// its store with the generation live.
pub fn listed(folder: &Path, count: u64) -> (Arc<Store>, Arc<LiveGeneration>) {
    let store = Arc::new(Store::create(folder).expect("creates"));
    let live = Arc::new(LiveGeneration::default());
    let importer = Importer::new(
        store.clone(),
        live.clone(),
        FalsePositiveRate::DEFAULT,
        Bounds {
            entries_max: usize::MAX,
            bytes_max: u64::MAX,
        },
    );
    let mut text = String::new();
    for number in 0..count {
        let _ = writeln!(text, "{}", evm(number));
    }
    let request = Request {
        source: "synthetic".parse().expect("a source id"),
        tier: Some(Tier::Sanctions),
        format: Format::Text,
        category: None,
        approval: None,
        retrieved_at: Timestamp::now(),
        origin: Origin::Imported,
        digest: PublicationDigest::of_text(&text),
    };
    let file = InputFile::of_bytes("synthetic.txt", text);
    importer.run(&request, vec![file]).expect("imports");
    (store, live)
}
