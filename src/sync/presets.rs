//! Publishers whose lists are known: one line of configuration each.
//!
//! ```toml
//! [[sources]]
//! preset = "ofac-sdn"
//! ```
//!
//! A preset fills in what the configuration leaves out, no more: every field
//! can be set. Intervals are short because asking costs a publisher little
//! when nothing changed; minimums are well below what the lists held in 2026,
//! and guard against an export that failed.
//!
//! | preset | publisher's page |
//! |---|---|
//! | `ofac-sdn`, `ofac-consolidated` | <https://ofac.treasury.gov/sanctions-list-service> |
//! | `uk` | <https://www.gov.uk/government/publications/the-uk-sanctions-list> |
//! | `eu` | <https://data.europa.eu/data/datasets/consolidated-list-of-persons-groups-and-entities-subject-to-eu-financial-sanctions> |
//! | `nbctf` | <https://nbctf.mod.gov.il/he/MinisterSanctions/PropertyPerceptions/Pages/Blockchain.aspx> |
//! | `opensanctions-<dataset>` | <https://www.opensanctions.org/datasets/> |
//! | `tagpacks` | <https://github.com/graphsense/graphsense-tagpacks> |
//! | `ransomwhere` | <https://ransomwhe.re> |

use std::time::Duration;

use thiserror::Error;

use crate::import::read::Format;
use crate::list::{Category, Tier};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// What is known of a publisher's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    /// Id of the source.
    pub id: String,
    /// Its weight, where it is beyond doubt.
    pub tier: Option<Tier>,
    /// The files of one publication.
    pub urls: Vec<String>,
    /// Hosts that the URLs redirect to.
    pub allowed_hosts: &'static [&'static str],
    /// The format.
    pub format: Format,
    /// Category of rows without their own; `None`: by tier.
    pub category: Option<Category>,
    /// How often it is asked.
    pub interval: Duration,
    /// How old it may become.
    pub max_age: Duration,
    /// A publication with fewer entries is taken for broken.
    pub entries_min: u64,
    /// Under which terms it is given.
    pub licence: &'static str,
}

/// A text that names no preset.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "is `{given}`, not a preset: choose one of {}, opensanctions-<dataset>",
    names()
)]
pub struct UnknownPreset {
    given: String,
}

struct Row {
    id: &'static str,
    tier: Tier,
    base: &'static str,
    files: &'static [&'static str],
    allowed_hosts: &'static [&'static str],
    format: Format,
    category: Option<Category>,
    interval: Duration,
    max_age: Duration,
    entries_min: u64,
    licence: &'static str,
}

const OFAC: &str = "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/";

/// OFAC answers with a redirect to a signed URL of Amazon's S3.
const S3: &[&str] = &["*.amazonaws.com"];

const TABLE: &[Row] = &[
    Row {
        id: "ofac-sdn",
        tier: Tier::Sanctions,
        base: OFAC,
        // The one OFAC format that carries the dates of its entries.
        files: &["SDN_ADVANCED.XML"],
        allowed_hosts: S3,
        format: Format::OfacAdvanced,
        category: None,
        interval: HOUR,
        max_age: Duration::from_hours(36),
        // 981 in August 2026; the largest delisting so far took 90.
        entries_min: 700,
        licence: "US Treasury, public domain",
    },
    Row {
        id: "ofac-consolidated",
        tier: Tier::Sanctions,
        base: OFAC,
        files: &["CONS_ADVANCED.XML"],
        allowed_hosts: S3,
        format: Format::OfacAdvanced,
        category: None,
        interval: HOUR,
        max_age: Duration::from_hours(36),
        // It has held no wallet so far.
        entries_min: 0,
        licence: "US Treasury, public domain",
    },
    Row {
        id: "uk",
        tier: Tier::Sanctions,
        base: "https://sanctionslist.fcdo.gov.uk/docs/",
        files: &["UK-Sanctions-List.xml"],
        allowed_hosts: &[],
        format: Format::UkSanctions,
        category: None,
        interval: Duration::from_hours(2),
        max_age: Duration::from_hours(48),
        entries_min: 0,
        licence: "Open Government Licence v3.0",
    },
    Row {
        id: "eu",
        tier: Tier::Sanctions,
        base: "https://webgate.ec.europa.eu/fsd/fsf/public/files/",
        // The token is the public one of the EU's data portal.
        files: &["xmlFullSanctionsList_1_1/content?token=dG9rZW4tMjAxNw"],
        allowed_hosts: &[],
        format: Format::EuSanctions,
        category: None,
        interval: Duration::from_hours(2),
        max_age: Duration::from_hours(48),
        entries_min: 0,
        licence: "European Commission, reuse permitted (Decision 2011/833/EU)",
    },
    Row {
        id: "nbctf",
        tier: Tier::Sanctions,
        // The bureau publishes a page that lets no program in; OpenSanctions
        // commits the page's two tables as they are.
        base: "https://raw.githubusercontent.com/opensanctions/opensanctions/main/datasets/il/mod_crypto/",
        files: &["page_wallets.csv", "page_releases.csv"],
        allowed_hosts: &[],
        format: Format::Nbctf,
        category: Some(Category::TerroristFinancing),
        interval: Duration::from_hours(6),
        max_age: Duration::from_hours(7 * 24),
        // Some 470 addresses in 2026, beside user ids of exchanges.
        entries_min: 300,
        licence: "official content of the State of Israel",
    },
    Row {
        id: "tagpacks",
        tier: Tier::Attributed,
        base: "https://raw.githubusercontent.com/graphsense/graphsense-tagpacks/master/packs/",
        // Thefts, fraud and ransomware. Left out: `ofac` and `tornado_cash`
        // (OFAC's own list is complete, and lifted what the second holds),
        // `usdt_blacklist` (it holds the zero address), and packs of
        // exchanges.
        files: &[
            "aft-alqaeda-forfeit_vc.yaml",
            "binance_hack.yaml",
            "blender_io.yaml",
            "defi-fraud-masterthesis.yaml",
            "hacks.yaml",
            "hydra.yaml",
            "lazarus.yaml",
            "lockbit_tattoos.yaml",
            "plustoken.yaml",
            "ransomware.yaml",
            "ransomwhere.yaml",
            "ronin_bridge.yaml",
        ],
        allowed_hosts: &[],
        format: Format::TagPack,
        category: None,
        interval: DAY,
        max_age: Duration::from_hours(30 * 24),
        // The packs of ransomware alone hold more than 7,000.
        entries_min: 1000,
        licence: "MIT",
    },
    Row {
        id: "ransomwhere",
        tier: Tier::Attributed,
        base: "https://api.ransomwhe.re/",
        files: &["export"],
        allowed_hosts: &[],
        format: Format::Ransomwhere,
        category: Some(Category::Ransomware),
        interval: DAY,
        max_age: Duration::from_hours(30 * 24),
        // 7,457 addresses in February 2022.
        entries_min: 5000,
        licence: "CC BY 4.0",
    },
];

const OPENSANCTIONS: &str = "opensanctions-";

/// Datasets of OpenSanctions whose weight is beyond doubt.
const OPENSANCTIONS_TIERS: &[(&str, Tier)] = &[
    ("sanctions", Tier::Sanctions),
    ("il_mod_crypto", Tier::Sanctions),
    ("us_ofac_sdn", Tier::Sanctions),
    ("us_fbi_lazarus_crypto", Tier::LawEnforcement),
    ("ransomwhere", Tier::Attributed),
];

/// Returns what is known under a name.
///
/// # Errors
///
/// If nothing is.
pub fn preset(name: &str) -> Result<Preset, UnknownPreset> {
    let unknown = || UnknownPreset {
        given: name.chars().take(64).collect(),
    };
    if let Some(dataset) = name.strip_prefix(OPENSANCTIONS) {
        return opensanctions(dataset).ok_or_else(unknown);
    }
    let row = TABLE
        .iter()
        .find(|row| row.id == name)
        .ok_or_else(unknown)?;
    Ok(Preset {
        id: row.id.to_owned(),
        tier: Some(row.tier),
        urls: row
            .files
            .iter()
            .map(|file| format!("{}{file}", row.base))
            .collect(),
        allowed_hosts: row.allowed_hosts,
        format: row.format,
        category: row.category,
        interval: row.interval,
        max_age: row.max_age,
        entries_min: row.entries_min,
        licence: row.licence,
    })
}

/// Any dataset of OpenSanctions, by the name in its URL.
fn opensanctions(dataset: &str) -> Option<Preset> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if dataset.is_empty() || dataset.len() > 48 || !dataset.bytes().all(plain) {
        return None;
    }
    let tier = OPENSANCTIONS_TIERS
        .iter()
        .find(|(name, _)| *name == dataset)
        .map(|(_, tier)| *tier);
    let base = "https://data.opensanctions.org/datasets/latest/";
    Some(Preset {
        id: format!("{OPENSANCTIONS}{}", dataset.replace('_', "-")),
        tier,
        urls: vec![format!("{base}{dataset}/entities.ftm.json")],
        allowed_hosts: &[],
        format: Format::FollowTheMoney,
        category: None,
        interval: Duration::from_hours(6),
        max_age: Duration::from_hours(72),
        entries_min: 1,
        licence: "CC BY-NC 4.0: commercial use needs a licence of OpenSanctions",
    })
}

fn names() -> String {
    let names: Vec<&str> = TABLE.iter().map(|row| row.id).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::SourceId;
    use crate::sync::fetch::HostPattern;
    use reqwest::Url;

    fn all() -> Vec<Preset> {
        let datasets = OPENSANCTIONS_TIERS
            .iter()
            .map(|(name, _)| format!("{OPENSANCTIONS}{name}"));
        let names = TABLE.iter().map(|row| row.id.to_owned()).chain(datasets);
        names
            .map(|name| preset(&name).unwrap_or_else(|error| panic!("{error}")))
            .collect()
    }

    #[test]
    fn every_preset_is_usable_as_it_is() {
        for preset in all() {
            let id = &preset.id;
            assert!(id.parse::<SourceId>().is_ok(), "{id}");
            assert!(preset.tier.is_some() && !preset.urls.is_empty(), "{id}");
            assert!(
                preset.interval * 2 < preset.max_age,
                "{id} survives a failed fetch"
            );
            assert!(!preset.licence.is_empty(), "{id}");
            for url in &preset.urls {
                let url = Url::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
                assert_eq!(url.scheme(), "https", "{id}");
            }
            for host in preset.allowed_hosts {
                assert!(HostPattern::parse(host).is_ok(), "{id}: {host}");
            }
        }
    }

    #[test]
    fn no_two_presets_share_an_id() {
        let mut ids: Vec<String> = all().into_iter().map(|preset| preset.id).collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }

    #[test]
    fn any_dataset_of_opensanctions_has_a_preset_but_its_weight_is_for_the_operator() {
        let preset = preset("opensanctions-jp_mof_sanctions").expect("is known");
        assert_eq!(preset.id, "opensanctions-jp-mof-sanctions");
        assert_eq!(preset.tier, None);
        for bad in [
            "opensanctions-",
            "opensanctions-../x",
            "opensanctions-A",
            "ofac",
            "",
        ] {
            let error = super::preset(bad).expect_err(bad).to_string();
            assert!(error.contains("ofac-sdn"), "{error}");
        }
    }
}
