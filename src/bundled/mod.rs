//! The starter set: lists compiled into the program, so that a first start
//! answers something true before the operator has imported anything.
//!
//! Each list is a file of facts in interdict's own CSV (see
//! `import::read`), with a citation in every row:
//!
//! | list | says | from |
//! |---|---|---|
//! | `ofac-sdn` | 961 addresses of the US Treasury's SDN list, a row per currency | the SDN list, public domain |
//! | `ofac-sdn-reported` | 20 newer ones that a third party saw on it | that third party; not confirmed here |
//! | `fbi-doj` | addresses the FBI and the Department of Justice published | their announcements and court papers |
//! | `heists` | addresses tied to thefts, the large ones of 2024 among them | researchers and victims, named per row |
//!
//! The four are separate sources because they carry different weight: the
//! [`Tier`] of a list is the weight of its weakest row. What looked like an
//! exchange's own wallet, a token contract, or could not be confirmed in the
//! cited source was left out.
//!
//! **They age from the day they were collected.** The set makes a first day
//! possible, not a second: sanctions change weekly, and a daemon whose lists
//! are too old says so rather than `NOT_LISTED`. To refresh, import the
//! publisher's current file under the same source id; that publication then
//! replaces the bundled one. To refresh the files themselves, edit the CSV,
//! its `# published` and `# records` lines and the date here; the tests hold
//! the three together.

use jiff::civil::{Date, date};

use crate::list::Tier;

/// A list that is part of the program.
#[derive(Debug, Clone, Copy)]
pub struct BundledList {
    /// The source it is an edition of; always a valid source id.
    pub source: &'static str,
    /// The weight it carries.
    pub tier: Tier,
    /// The day its facts were known to be current. Its age counts from here.
    pub as_of: Date,
    /// The list, in interdict's own CSV.
    pub csv: &'static str,
}

/// Every bundled list, heaviest tier first.
pub const LISTS: &[BundledList] = &[
    BundledList {
        source: "ofac-sdn",
        tier: Tier::Sanctions,
        as_of: date(2026, 8, 20),
        csv: include_str!("ofac-sdn.csv"),
    },
    BundledList {
        source: "fbi-doj",
        tier: Tier::LawEnforcement,
        as_of: date(2026, 11, 22),
        csv: include_str!("fbi-doj.csv"),
    },
    BundledList {
        source: "ofac-sdn-reported",
        tier: Tier::Attributed,
        as_of: date(2026, 10, 1),
        csv: include_str!("ofac-sdn-reported.csv"),
    },
    BundledList {
        source: "heists",
        tier: Tier::Attributed,
        as_of: date(2026, 11, 22),
        csv: include_str!("heists.csv"),
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::import::read::{Format, InputFile, Limits, detect, open};
    use crate::list::{Category, ListEntry, SourceId};

    fn list(source: &str) -> &'static BundledList {
        LISTS
            .iter()
            .find(|list| list.source == source)
            .expect("is bundled")
    }

    /// Reads a list and holds that it is faultless and dated as it says.
    fn entries(list: &BundledList) -> Vec<ListEntry> {
        assert_eq!(detect(list.csv.as_bytes(), list.source), Some(Format::Csv));
        let file = InputFile::of_bytes(list.source, list.csv);
        // `Other` would show where a row fell back to the default.
        let mut rows =
            open(Format::Csv, Category::Other, vec![file], Limits::default()).expect("opens");
        let mut entries = Vec::new();
        for row in &mut rows {
            let row = row.expect("is whole");
            assert_eq!(row.fault, None, "{}", row.locator);
            entries.push(row.entry.expect("has an address"));
        }
        assert_eq!(rows.facts().published_on, Some(list.as_of));
        entries
    }

    #[test]
    fn every_list_is_whole_and_counted() {
        let counts: Vec<_> = LISTS
            .iter()
            .map(|list| (list.source, entries(list).len()))
            .collect();
        assert_eq!(
            counts,
            [
                ("ofac-sdn", 974),
                ("fbi-doj", 119),
                ("ofac-sdn-reported", 20),
                ("heists", 195)
            ]
        );
        let sdn = entries(list("ofac-sdn"));
        let addresses: HashSet<_> = sdn.iter().map(|entry| entry.address.as_str()).collect();
        assert_eq!(addresses.len(), 961);
    }

    #[test]
    fn every_row_can_be_checked_and_none_is_there_twice() {
        for list in LISTS {
            assert!(list.source.parse::<SourceId>().is_ok());
            let mut seen = HashSet::new();
            for entry in entries(list) {
                let reference = entry.reference.as_deref().unwrap_or_default();
                assert!(reference.len() > 10, "{} {}", list.source, entry.address);
                assert_ne!(entry.category, Category::Other, "{}", entry.address);
                let identity = (
                    entry.address.clone(),
                    entry.ticker,
                    entry.designation.subject_id,
                );
                assert!(
                    seen.insert(identity),
                    "{} twice in {}",
                    entry.address,
                    list.source
                );
            }
        }
    }

    #[test]
    fn tiers_are_honest() {
        for entry in entries(list("ofac-sdn")) {
            assert_eq!(entry.category, Category::Sanctions);
            let complete = entry.designation.subject_id.is_some()
                && entry.designation.designated_on.is_some()
                && !entry.designation.subjects.is_empty()
                && !entry.designation.programs.is_empty();
            assert!(complete, "{}", entry.address);
        }
        for entry in entries(list("fbi-doj")) {
            let reference = entry.reference.expect("has a reference");
            let by_authority = reference.starts_with("FBI ") || reference.starts_with("US DOJ ");
            assert!(by_authority, "{} {reference}", entry.address);
            assert!(entry.incident.is_some(), "{}", entry.address);
        }
        for entry in entries(list("heists")) {
            let reference = entry.reference.expect("has a reference");
            let by_authority = ["FBI", "justice.gov", "OFAC"]
                .iter()
                .any(|name| reference.contains(name));
            assert!(!by_authority, "{} {reference}", entry.address);
            assert_eq!(entry.category, Category::Theft);
            assert!(
                entry.incident.is_some() && entry.confidence.is_some(),
                "{}",
                entry.address
            );
        }
        for entry in entries(list("ofac-sdn-reported")) {
            assert!(entry.designation.subjects.is_empty() && entry.note.is_some());
        }
    }

    #[test]
    fn the_thefts_attributed_in_2024_are_there() {
        let heists = entries(list("heists"));
        for (id, name, day, loss_usd) in [
            (
                "dmm-bitcoin",
                "DMM Bitcoin 2024",
                date(2024, 5, 31),
                308_000_000,
            ),
            ("wazirx", "WazirX 2024", date(2024, 7, 18), 235_000_000),
            ("upbit", "Upbit 2019", date(2019, 11, 27), 50_000_000),
            (
                "radiant-capital",
                "Radiant Capital 2024",
                date(2024, 10, 16),
                50_000_000,
            ),
            (
                "rain",
                "Rain Management 2024",
                date(2024, 4, 29),
                16_130_000,
            ),
        ] {
            let mut addresses = 0;
            for incident in heists.iter().filter_map(|entry| entry.incident.as_ref()) {
                if incident.id == id {
                    addresses += 1;
                    assert_eq!(incident.name, name);
                    assert_eq!(incident.date, Some(day));
                    assert_eq!(incident.loss_usd, Some(loss_usd));
                    let whom = incident.attributed_to.as_deref().unwrap_or_default();
                    assert!(whom.contains("DPRK"), "{whom}");
                }
            }
            assert!(addresses > 0, "{id}");
        }
    }

    #[test]
    fn a_sanctioned_exploiter_carries_its_heist() {
        let sdn = entries(list("ofac-sdn"));
        let ronin = sdn
            .iter()
            .find(|entry| entry.address == "0x098B716B8Aaf21512996dC57EB0615e2383E2f96")
            .expect("is listed");
        assert_eq!(ronin.designation.subjects, ["Lazarus Group"]);
        assert_eq!(ronin.designation.programs, ["DPRK3"]);
        let incident = ronin.incident.as_ref().expect("belongs to a heist");
        assert_eq!(incident.name, "Ronin Bridge 2022");
    }

    /// The sanctions floor stands on these: real addresses that must never be
    /// lost from the set, whatever is edited.
    #[test]
    fn oddly_published_addresses_are_kept_as_published() {
        let sdn = entries(list("ofac-sdn"));
        let tickers = |address: &str| {
            let rows = sdn.iter().filter(|entry| entry.address == address);
            rows.filter_map(|entry| entry.ticker.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(tickers("TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzq"), ["XBT"]);
        let several = sdn
            .iter()
            .find(|entry| entry.ticker.as_deref() == Some("ARB"));
        let several = several.expect("one address serves ARB, BSC and ETH");
        assert_eq!(tickers(&several.address), ["ARB", "BSC", "ETH"]);
    }
}
