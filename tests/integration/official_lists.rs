//! Real publications, imported as an operator would.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::harness::{Daemon, Upload, v1};
use v1::{Action, Tier, Verdict};

/// What is left of addresses where OFAC's CSV cuts its remarks.
const FRAGMENTS: [&str; 6] = [
    "1Gq",
    "1B64QRxf",
    "3",
    "1B11Ezqg3AXj",
    "3F6bbvS1krsc1qR8FsbTDfYQyvkMm",
    "1N6XqS",
];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/lists")
        .join(name)
}

fn read(name: &str) -> String {
    let bytes = fs::read(fixture(name)).expect("the fixture is there");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Finds the wallets of a list and its comments with a plain text search: an
/// address is the second word behind the marker.
fn wallets_by_hand(list: &str, comments: &str) -> BTreeSet<String> {
    let mut addresses = BTreeSet::new();
    for line in list.lines() {
        let uid = line.split(',').next().unwrap_or_default();
        let continuation = comments
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{uid},\"")));
        let text = match continuation {
            Some(rest) => line.trim_end().trim_end_matches('"').to_owned() + rest,
            None => line.to_owned(),
        };
        for behind in text.split("Digital Currency Address - ").skip(1) {
            let word = behind.split_whitespace().nth(1).unwrap_or_default();
            addresses.insert(word.trim_end_matches(['.', ';', '"', ',']).to_owned());
        }
    }
    addresses
}

/// The remarks of several subjects are cut in the list and go on in the
/// comments, one in the middle of an address.
#[test]
fn law_1_a_list_and_its_comments_list_every_wallet_and_no_fragment() {
    let daemon = Daemon::empty().start();
    let files = ["SDN_2021-07.CSV", "SDN_COMMENTS_2021-07.CSV"];
    let paths = files.map(|name| fixture(name).to_string_lossy().into_owned());
    let arguments = [
        "--source",
        "ofac-sdn",
        "--tier",
        "SANCTIONS",
        "--output",
        "json",
        &paths[0],
        &paths[1],
    ];
    let report = daemon.command("import", &arguments).expect_code(0).json();
    assert_eq!(
        (&report["format"], &report["changed"]),
        (&"ofac-csv".into(), &true.into())
    );
    assert_eq!(
        (&report["rejected"], &report["warnings"]),
        (&0.into(), &serde_json::json!([]))
    );

    let addresses: Vec<String> = wallets_by_hand(&read(files[0]), &read(files[1]))
        .into_iter()
        .collect();
    assert_eq!(addresses.len(), 95);
    assert_eq!(daemon.not_listed_of(&addresses), [] as [&str; 0]);
    for fragment in FRAGMENTS {
        let answer = daemon.screen(fragment);
        assert_eq!(
            answer.both(),
            (Verdict::Indeterminate, Action::Review),
            "{fragment}"
        );
    }
    let joined = daemon.screen("1GqChmWqGtsaLrGbHfgdrV5Nkvahtjjuxr");
    assert_eq!(joined.both(), (Verdict::Listed, Action::Block));
}

#[test]
fn the_order_in_which_files_are_named_makes_no_other_publication() {
    let daemon = Daemon::empty().start();
    let [list, comments] = ["SDN_2021-07.CSV", "SDN_COMMENTS_2021-07.CSV"];
    let first = daemon.import(&Upload::of("ofac-sdn").fixture(list).fixture(comments));
    let second = daemon.import(&Upload::of("ofac-sdn").fixture(comments).fixture(list));
    assert!(first.changed && !second.changed);
    assert_eq!(first.publication_digest, second.publication_digest);
}

#[test]
fn a_list_without_its_comments_names_whose_wallets_are_missing() {
    let daemon = Daemon::empty().start();
    let report = daemon.import(
        &Upload::of("ofac-sdn")
            .tier(Tier::Sanctions)
            .fixture("SDN_2024-05-03.CSV"),
    );
    assert_eq!((report.accepted, report.rejected), (288, 16));
    let cut = |fault: &&v1::RowFault| fault.reason == "CUT_REMARK" && !fault.kept && fault.line > 0;
    assert_eq!(report.rows.iter().filter(cut).count(), 16);
    let cut = v1::FaultCount {
        reason: "CUT_REMARK".to_owned(),
        rows: 16,
    };
    assert!(report.faults.contains(&cut), "{:?}", report.faults);
    for name in [
        "HYDRA MARKET",
        "TORNADO CASH",
        "LAZARUS GROUP",
        "SUEX OTC, S.R.O.",
        "GRIMM, Matthew Simon",
    ] {
        assert!(
            report.warnings.iter().any(|warning| warning.contains(name)),
            "{name}"
        );
    }
    let named = report
        .warnings
        .iter()
        .filter(|warning| !warning.contains("other"))
        .count();
    assert!(named >= 16, "{:#?}", report.warnings);
    for fragment in FRAGMENTS {
        assert_ne!(
            daemon.screen(fragment).verdict(),
            Verdict::Listed,
            "{fragment}"
        );
    }
}

/// The XML holds the same facts as the bundled list: it takes its place
/// without a gate, and nothing that was listed stops being so.
#[test]
fn the_current_xml_takes_the_place_of_the_bundled_list() {
    let daemon = Daemon::with_bundled_lists().start();
    let report = daemon.import(&Upload::of("ofac-sdn").fixture("sdn_2026-08-20.xml"));
    assert_eq!(
        (report.format.as_str(), report.published_on.as_str()),
        ("ofac-xml", "2026-08-20")
    );
    assert_eq!((report.accepted, report.added, report.removed), (974, 0, 0));
    let bundled = super::harness::bundled_addresses();
    let addresses: BTreeSet<_> = bundled.iter().map(|row| row.address).collect();
    let addresses: Vec<_> = addresses.into_iter().collect();
    assert_eq!(daemon.not_listed_of(&addresses), [] as [&str; 0]);
    let sources = daemon.sources().sources;
    let is_bundled = |id: &str| {
        sources
            .iter()
            .any(|source| source.id == id && source.bundled)
    };
    assert!(!is_bundled("ofac-sdn") && is_bundled("heists"));
    let ronin = daemon.screen("0x098B716B8Aaf21512996dC57EB0615e2383E2f96");
    assert_eq!(ronin.match_on("ofac-sdn").subject_id, "27307");
}

#[test]
fn an_old_list_does_not_pass_for_the_current_one() {
    let daemon = Daemon::with_bundled_lists().start();
    let old = Upload::of("ofac-sdn")
        .fixture("SDN_2021-07.CSV")
        .fixture("SDN_COMMENTS_2021-07.CSV");
    let refused = daemon
        .try_import(&old)
        .expect_err("it would lose most of the list");
    assert_eq!(refused.code(), tonic::Code::FailedPrecondition);
    assert!(
        refused.message().contains("ofac-sdn` would lose"),
        "{refused}"
    );
}

#[test]
fn a_list_without_wallets_is_taken_with_a_warning() {
    let daemon = Daemon::with_bundled_lists().start();
    let upload = Upload::of("ofac-consolidated").tier(Tier::Sanctions);
    let report = daemon.import(&upload.fixture("CONSOLIDATED_nonSDN_2026-01-08.xml"));
    assert_eq!(
        (report.accepted, report.added, report.published_on.as_str()),
        (0, 0, "2026-01-08")
    );
    assert!(
        report
            .warnings
            .iter()
            .any(|warning| warning.contains("no wallet")),
        "{:?}",
        report.warnings
    );
    assert!(
        daemon
            .sources()
            .sources
            .iter()
            .any(|source| source.id == "ofac-consolidated" && source.required)
    );
}

#[test]
fn lists_of_one_address_a_line_are_listed_whole() {
    let daemon = Daemon::empty().start();
    for (source, file) in [
        ("xbt", "sanctioned_addresses_XBT.txt"),
        ("eth", "sanctioned_addresses_ETH.txt"),
    ] {
        let text = read(file);
        let addresses: BTreeSet<&str> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        let addresses: Vec<_> = addresses.into_iter().collect();
        let report = daemon.import(&Upload::of(source).fixture(file));
        assert_eq!(
            (report.format.as_str(), report.accepted),
            ("text", addresses.len() as u64)
        );
        assert_eq!(daemon.not_listed_of(&addresses), [] as [&str; 0]);
    }
}

/// Without its comments file the list is known to lack addresses: it must not
/// vouch for the absence of any.
#[test]
fn law_2_a_list_known_to_lack_addresses_vouches_for_no_absence() {
    let daemon = Daemon::empty().start();
    let alone = Upload::of("ofac-sdn").tier(Tier::Sanctions);
    let report = daemon.import(&alone.fixture("SDN_2021-07.CSV"));
    assert!(
        report
            .warnings
            .iter()
            .any(|warning| warning.contains("NOT_LISTED is not answered")),
        "{:?}",
        report.warnings
    );
    let unlisted = daemon.screen("0x1111111111111111111111111111111111111111");
    assert_eq!(unlisted.reasons(), [v1::Reason::SourceIncomplete]);
    let pair = Upload::of("ofac-sdn")
        .fixture("SDN_2021-07.CSV")
        .fixture("SDN_COMMENTS_2021-07.CSV");
    daemon.import(&pair);
    let unlisted = daemon.screen("0x1111111111111111111111111111111111111111");
    assert_eq!(unlisted.reasons(), []);
}
