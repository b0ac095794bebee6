//! Addresses to ask about: the bundled ones as published, and made ones.

use std::ops::Range;

/// The bundled lists: source, and the file as it stands in the repository.
/// Read here by hand, so that the program's own reader is not its own judge.
const BUNDLED: [(&str, &str); 4] = [
    (
        "ofac-sdn",
        include_str!("../../../src/bundled/ofac-sdn.csv"),
    ),
    ("fbi-doj", include_str!("../../../src/bundled/fbi-doj.csv")),
    (
        "ofac-sdn-reported",
        include_str!("../../../src/bundled/ofac-sdn-reported.csv"),
    ),
    ("heists", include_str!("../../../src/bundled/heists.csv")),
];

/// One row of a bundled list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundledAddress {
    /// The source it stands on.
    pub source: &'static str,
    /// The address as published.
    pub address: &'static str,
}

/// Returns every row of every bundled list. The address is the first column
/// and never needs quotes.
pub fn bundled_addresses() -> Vec<BundledAddress> {
    let rows = BUNDLED.iter().flat_map(|(source, file)| {
        let rows = file.lines().filter(|line| !line.starts_with('#'));
        rows.skip(1).map(|line| BundledAddress {
            source,
            address: line.split(',').next().unwrap_or_default(),
        })
    });
    let rows: Vec<_> = rows.collect();
    assert!(rows.len() > 1_000 && rows.iter().all(|row| row.address.len() > 20));
    rows
}

/// Counts the bundled rows that hold a word, by hand as well.
pub fn bundled_rows_naming(word: &str) -> usize {
    let lines = BUNDLED.iter().flat_map(|(_, file)| file.lines());
    lines
        .filter(|line| !line.starts_with('#') && line.split(',').any(|cell| cell == word))
        .count()
}

/// Returns the made EVM address of a number: on no real list.
pub fn evm(number: u64) -> String {
    let digest = blake3::hash(&number.to_le_bytes());
    format!("0x{}", const_hex::encode(&digest.as_bytes()[..20]))
}

/// Returns the made EVM addresses of a range.
pub fn evms(numbers: Range<u64>) -> Vec<String> {
    numbers.map(evm).collect()
}
