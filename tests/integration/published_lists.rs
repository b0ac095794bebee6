//! Every published format through the real daemon: told by its content,
//! counted, live, and with the publisher's own evidence in the answer.

use std::io::Write as _;
use std::path::PathBuf;

use serde_json::Value;
use tonic::Code;

use super::harness::{Daemon, Upload, evm, evms, v1};
use v1::Verdict;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/lists")
        .join(name)
}

fn content(name: &str) -> Vec<u8> {
    std::fs::read(fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A list, what it must be read as, and one of its addresses.
struct Published {
    files: &'static [&'static str],
    format: &'static str,
    accepted: u64,
    /// Names the format because the content alone does not tell it.
    named: bool,
    address: &'static str,
    /// What the answer must say of it, somewhere.
    evidence: &'static str,
}

/// Counts are independent ones: see the fixtures' README.
const LISTS: &[Published] = &[
    Published {
        files: &["sdn_2026-08-20.xml"],
        format: "ofac-xml",
        accepted: 974,
        named: false,
        address: "0x098B716B8Aaf21512996dC57EB0615e2383E2f96",
        evidence: "DPRK3",
    },
    Published {
        files: &["SDN_2021-07.CSV", "SDN_COMMENTS_2021-07.CSV"],
        format: "ofac-csv",
        accepted: 97,
        named: false,
        address: "1GqChmWqGtsaLrGbHfgdrV5Nkvahtjjuxr",
        evidence: "SANCTIONS",
    },
    Published {
        files: &["uk_sanctions_2026-10-02_excerpt.xml"],
        format: "uk-sanctions",
        accepted: 43,
        named: false,
        address: "",
        evidence: "SANCTIONS",
    },
    Published {
        files: &["eu_sanctions_2026-09-22_excerpt.xml"],
        format: "eu-sanctions",
        accepted: 9,
        named: false,
        address: "",
        evidence: "SANCTIONS",
    },
    Published {
        files: &["nbctf/wallets.csv", "nbctf/releases.csv"],
        format: "nbctf",
        accepted: 501,
        named: false,
        address: "TWB9xgNG9nmJuwW4etsQEb9RRnrnVnoNnJ",
        evidence: "18/26",
    },
    Published {
        files: &["made_entities.ftm.json"],
        format: "ftm",
        accepted: 8,
        named: false,
        address: "",
        evidence: "",
    },
    Published {
        files: &["tagpacks/lazarus.yaml"],
        format: "tagpack",
        accepted: 21,
        named: false,
        address: "134r8iHv69xdT6p5qVKTsHrcUEuBVZAYak",
        evidence: "Lazarus",
    },
    Published {
        files: &["tagpacks/hacks.yaml"],
        format: "tagpack",
        accepted: 178,
        named: false,
        address: "",
        evidence: "",
    },
    Published {
        files: &["ransomwhere_2021-09-22.json"],
        format: "ransomwhere",
        accepted: 3,
        named: false,
        address: "",
        evidence: "RANSOMWARE",
    },
    Published {
        files: &["made_misp_event.json"],
        format: "misp",
        accepted: 3,
        named: false,
        address: "",
        evidence: "",
    },
    Published {
        // Four addresses, of wallets and of indicators that say more.
        files: &["made_stix_bundle.json"],
        format: "stix",
        accepted: 7,
        named: false,
        address: "",
        evidence: "",
    },
    Published {
        files: &["sanctioned_addresses_ETH.json"],
        format: "json",
        accepted: 152,
        named: false,
        address: "0x098B716B8Aaf21512996dC57EB0615e2383E2f96",
        evidence: "",
    },
    Published {
        files: &["named_addresses_TRX.txt"],
        format: "names",
        accepted: 0,
        named: false,
        address: "",
        evidence: "",
    },
    Published {
        files: &["sanctioned_addresses_XBT.txt"],
        format: "text",
        accepted: 0,
        named: false,
        address: "",
        evidence: "",
    },
];

fn import(daemon: &Daemon, source: &str, list: &Published) -> Value {
    let paths: Vec<String> = list
        .files
        .iter()
        .map(|name| fixture(name).to_string_lossy().into_owned())
        .collect();
    let mut arguments = vec![
        "--source",
        source,
        "--tier",
        "ATTRIBUTED",
        "--output",
        "json",
    ];
    if list.named {
        arguments.extend(["--format", list.format]);
    }
    arguments.extend(paths.iter().map(String::as_str));
    daemon.command("import", &arguments).expect_code(0).json()
}

#[test]
fn every_published_format_is_told_counted_and_live() {
    let daemon = Daemon::empty().start();
    for (index, list) in LISTS.iter().enumerate() {
        let source = format!("list-{index}");
        let report = import(&daemon, &source, list);
        let name = list.files[0];
        assert_eq!(report["format"], list.format, "{name}");
        if list.accepted > 0 {
            assert_eq!(report["accepted"], list.accepted, "{name}: {report}");
        } else {
            assert!(report["accepted"].as_u64() > Some(0), "{name}: {report}");
        }
        let again = import(&daemon, &source, list);
        assert_eq!(again["changed"], false, "{name} again");
        if !list.address.is_empty() {
            let shown = daemon.command("screen", &["--output", "json", list.address]);
            let matches = shown.json()[0]["matches"].to_string();
            assert!(
                matches.contains(&source) && matches.contains(list.evidence),
                "{name}: {matches}"
            );
        }
    }
}

#[test]
fn a_packed_list_is_the_list_in_it() {
    let daemon = Daemon::empty().start();
    let plain = evms(0..500).join("\n");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(plain.as_bytes()).expect("packs");
    let gzip = gzip.finish().expect("packs");
    let report = daemon.import(&Upload::of("packed").file("list.txt.gz", &gzip));
    assert_eq!((report.accepted, report.format.as_str()), (500, "text"));
    assert_eq!(daemon.not_listed_of(&evms(0..500)), Vec::<&str>::new());
    // Cut anywhere, it is no list, and what is live stays.
    for percent in (1..100).step_by(7) {
        let cut = &gzip[..gzip.len() * percent / 100];
        let refused = daemon.try_import(&Upload::of("packed").file("list.txt.gz", cut));
        assert!(refused.is_err(), "cut at {percent} %");
    }
    assert_eq!(daemon.not_listed_of(&evms(0..500)), Vec::<&str>::new());
}

/// What it is, what it is sent as, and its bytes.
fn hostile() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let zeros = vec![0_u8; 64 << 20];
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&zeros).expect("packs");
    let bomb = bomb.finish().expect("packs");
    let nested = {
        let mut outer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        outer.write_all(&bomb).expect("packs");
        outer.finish().expect("packs")
    };
    let deep_xml = format!("<sdnList>{}", "<a>".repeat(100_000));
    let deep_json = "[".repeat(1_000_000);
    let laughs = "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><sdnList>&b;</sdnList>";
    let entity = "<sdnList><publshInformation><Publish_Date>&xxe;</Publish_Date></publshInformation></sdnList>";
    let anchors = "title: a\ncreator: b\ntags:\n- &a {address: x}\n- *a\n";
    let long = format!("title: a\ntags:\n- address: {}\n", "x".repeat(10 << 20));
    vec![
        ("a gzip bomb", "text", bomb),
        ("gzip in gzip", "text", nested),
        ("a billion laughs", "ofac-xml", laughs.into()),
        ("a billion laughs", "ofac-advanced", laughs.into()),
        ("an external entity", "ofac-xml", entity.into()),
        ("deep XML", "ofac-xml", deep_xml.clone().into_bytes()),
        (
            "deep XML",
            "eu-sanctions",
            deep_xml.replace("sdnList", "export").into_bytes(),
        ),
        ("deep JSON", "json", deep_json.clone().into_bytes()),
        ("deep JSON", "ftm", deep_json.clone().into_bytes()),
        ("deep JSON", "stix", deep_json.clone().into_bytes()),
        ("YAML anchors", "tagpack", anchors.into()),
        ("a token of 10 MB", "tagpack", long.into_bytes()),
        ("nothing", "text", b"".to_vec()),
        (
            "another root",
            "ofac-advanced",
            b"<html><body>403</body></html>".to_vec(),
        ),
        (
            "a page",
            "uk-sanctions",
            b"<!DOCTYPE html><html>blocked</html>".to_vec(),
        ),
        (
            "a page",
            "nbctf",
            b"<!DOCTYPE html><html>blocked</html>".to_vec(),
        ),
        ("not UTF-8", "ndjson", b"\xff\xfe{}".to_vec()),
        (
            "half a header",
            "ndjson",
            b"{\"interdict\":\"entries\"".to_vec(),
        ),
    ]
}

/// Reliability of what comes from outside: bombs, entities, depth, rubbish.
#[test]
fn law_4_a_hostile_list_is_refused_and_the_old_generation_serves() {
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &evms(0..10));
    let before = daemon.live();
    for (name, format, bytes) in hostile() {
        let upload = Upload::of("ours").format(format).file("list", &bytes);
        let refused = daemon.try_import(&upload).expect_err(name);
        let known = [
            Code::InvalidArgument,
            Code::FailedPrecondition,
            Code::ResourceExhausted,
        ];
        assert!(known.contains(&refused.code()), "{name}: {refused}");
        assert!(refused.message().len() > 20, "{name}: {refused}");
        assert_eq!(daemon.live(), before, "{name}");
    }
    let nul = format!("{}\0\n", evm(1));
    // What is merely odd is kept or reported, and never a panic.
    let odd = daemon.import(
        &Upload::of("odd")
            .format("text")
            .file("list", nul.as_bytes()),
    );
    assert_eq!(odd.rejected + odd.accepted, 1);
    assert_eq!(daemon.not_listed_of(&evms(0..10)), Vec::<&str>::new());
    let peak = daemon.most_resident() >> 20;
    assert!(peak < 300, "{peak} MiB for lists that were refused");
}

/// Only a person can say which addresses of a text are meant.
#[test]
fn a_notice_is_imported_address_by_confirmed_address() {
    let daemon = Daemon::empty().start();
    let path = fixture("made_fbi_notice.txt")
        .to_string_lossy()
        .into_owned();
    let arguments = [
        "--source",
        "fbi",
        "--tier",
        "LAW_ENFORCEMENT",
        "--format",
        "notice",
        &path,
    ];
    let asked = daemon.command("import", &arguments).expect_code(2);
    assert!(
        asked.stderr.contains("line ") && asked.stderr.contains("--yes"),
        "{asked:?}"
    );
    assert!(daemon.sources().sources.is_empty());
    let confirmed: Vec<&str> = ["--yes", "--output", "json"]
        .into_iter()
        .chain(arguments)
        .collect();
    let report = daemon.command("import", &confirmed).expect_code(0).json();
    assert_eq!(
        (&report["accepted"], &report["format"]),
        (&12.into(), &"ndjson".into())
    );
    let listed = daemon.screen("0x51E9d833Ecae4E8D9D8Be17300AEE6D3398C135D");
    assert_eq!(listed.verdict(), Verdict::Listed);
    assert_eq!(listed.match_on("fbi").listed_on, "2025-02-26");
}

/// A list that ends early goes live only on a person's word, and is then
/// known to lack addresses.
#[test]
fn a_list_that_is_not_whole_is_overridden_by_name_and_vouches_for_nothing() {
    let daemon = Daemon::empty().start();
    let whole = String::from_utf8(content("sdn_2026-08-20.xml")).expect("UTF-8");
    let declared = whole
        .split_once("<Record_Count>")
        .and_then(|(_, rest)| rest.split_once("</Record_Count>"))
        .expect("it has a count")
        .0;
    let count = format!("<Record_Count>{declared}</Record_Count>");
    let wrong = whole.replace(&count, "<Record_Count>99999</Record_Count>");
    let upload = Upload::of("ofac-sdn")
        .tier(v1::Tier::Sanctions)
        .file("SDN.XML", &wrong);
    let refused = daemon.try_import(&upload).expect_err("it does not add up");
    assert_eq!(refused.code(), Code::InvalidArgument);
    let word = super::harness::word_for(refused.message());
    let report = daemon.import(&upload.approve(&word));
    assert_eq!(report.accepted, 974);
    assert_eq!(
        daemon
            .screen("0x098B716B8Aaf21512996dC57EB0615e2383E2f96")
            .verdict(),
        Verdict::Listed
    );
    assert_eq!(daemon.screen(&evm(1)).verdict(), Verdict::Indeterminate);
    let made = &daemon.generations()[0];
    assert!(
        made.overridden
            .iter()
            .any(|gate| gate.contains("not whole")),
        "{made:?}"
    );
}

#[test]
fn what_is_exported_and_imported_again_is_the_same_list() {
    let daemon = Daemon::with_bundled_lists().start();
    let home = super::harness::Home::new();
    let path = home.path("heists.ndjson").to_string_lossy().into_owned();
    daemon
        .command("export", &["heists", "-o", &path])
        .expect_code(0);
    daemon
        .command("export", &["heists", "-o", &path])
        .expect_code(5);
    let report = daemon
        .command("import", &["--source", "heists", "--output", "json", &path])
        .expect_code(0)
        .json();
    assert_eq!(report["format"], "ndjson");
    let counted = ["added", "amended", "removed"].map(|name| report[name].as_u64());
    assert_eq!(counted, [Some(0); 3], "{report}");
    daemon
        .command("export", &["nobody", "-o", &path])
        .expect_code(5);
}

/// A full list that lacks what its own delta adds is not the list of that day.
#[test]
fn a_list_is_held_against_its_publishers_own_delta() {
    let home = super::harness::Home::new();
    let delta = |address: &str| {
        format!(
            "<sanctionsData><publicationInfo><datePublished>2026-08-20</datePublished></publicationInfo>\
             <entities><entity id=\"27307\"><features><feature action=\"add\">\
             <type>Digital Currency Address - ETH</type><value>{address}</value>\
             </feature></features></entity></entities></sanctionsData>"
        )
    };
    let list = fixture("sdn_2026-08-20.xml").to_string_lossy().into_owned();
    for (address, code) in [
        ("0x098B716B8Aaf21512996dC57EB0615e2383E2f96", 0),
        ("0x1111111111111111111111111111111111111111", 5),
    ] {
        let path = home.write("delta.xml", delta(address));
        let path = path.to_string_lossy();
        let ran = super::harness::interdict(["cross-check", "--output", "json", &path, &list]);
        let found = ran.expect_code(code).json();
        assert_eq!(found["added"], 1, "{found}");
        let differ = found["contradictions"].as_array().expect("a list").len();
        assert_eq!(differ, usize::from(code == 5), "{found}");
    }
}
