//! Files that are not what they say: refused, and nothing changes.

use std::fs;
use std::path::Path;

use super::harness::{Daemon, Home, Upload, evm, own_csv, v1};
use v1::{Action, Verdict};

/// A file, the format it is given out as (empty: to be told), and what the
/// refusal must speak of.
struct Bad {
    name: &'static str,
    format: &'static str,
    content: Vec<u8>,
    spoken_of: &'static str,
}

fn bad(
    name: &'static str,
    format: &'static str,
    content: impl AsRef<[u8]>,
    spoken_of: &'static str,
) -> Bad {
    Bad {
        name,
        format,
        content: content.as_ref().to_vec(),
        spoken_of,
    }
}

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/lists")
        .join(name);
    String::from_utf8_lossy(&fs::read(path).expect("the fixture is there")).into_owned()
}

const PAGE: &str = "<!DOCTYPE html><html><body>503</body></html>";
const XHTML: &str = "<?xml version=\"1.0\"?><html><body>503</body></html>";
const BOMB: &str =
    "<!DOCTYPE sdnList [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>\n<sdnList";

fn bad_xml() -> Vec<Bad> {
    let xml = fixture("sdn_2026-08-20.xml");
    let once = |from: &str, to: &str| xml.replacen(from, to, 1);
    let root = xml.replace("sdnList", "sanctionsData");
    let count = once("<Record_Count>94<", "<Record_Count>95<");
    let uncounted = once("<Record_Count>94</Record_Count>", "");
    let entity = once("<lastName>", "<lastName>&bomb;");
    let deep = once("<idList>", &"<a>".repeat(100));
    vec![
        bad("empty.xml", "ofac-xml", "", "no entries"),
        bad("half.xml", "", &xml[..xml.len() / 2], "cut"),
        bad("nearly.xml", "", &xml[..xml.len() - 4], "cut"),
        bad("root.xml", "", root, "sanctionsData"),
        bad("page.html", "", PAGE, "format"),
        bad("page.html", "ofac-xml", PAGE, "DOCTYPE"),
        bad("page.xml", "", XHTML, "html"),
        bad("count.xml", "", count, "95"),
        bad("uncounted.xml", "", uncounted, "Record_Count"),
        bad("bomb.xml", "", once("<sdnList", BOMB), "DOCTYPE"),
        bad("entity.xml", "", entity, "entity"),
        bad("deep.xml", "", deep, "depth"),
    ]
}

fn bad_tables_and_others() -> Vec<Bad> {
    let ofac_csv = fixture("SDN_2021-07.CSV");
    let comments = fixture("SDN_COMMENTS_2021-07.CSV");
    let rows = [format!("{},a", evm(0)), format!("{},b", evm(1))];
    let own = own_csv("address,note", &[&rows[0], &rows[1]]);
    let records = own.replace("# records: 2", "# records: 3");
    let unmarked = ofac_csv.trim_end_matches('\u{1a}');
    let archive = b"PK\x03\x04\x14\x00\x00\x00\x08\x00";
    vec![
        bad("empty.txt", "", "", "format"),
        bad("empty.txt", "text", "", "no entries"),
        bad("comments.txt", "text", "# nothing\n\n", "no entries"),
        bad("empty.csv", "csv", "", "no entries"),
        bad("empty.csv", "ofac-csv", "", "no entries"),
        bad("unmarked.csv", "", unmarked, "cut"),
        bad("half.csv", "", &ofac_csv[..ofac_csv.len() / 2], "cut"),
        bad("alone.csv", "", &comments, "without its list"),
        bad("column.csv", "csv", "address,colour\n0x00,blue\n", "colour"),
        bad("none.csv", "csv", "ticker,note\nETH,blue\n", "address"),
        bad("records.csv", "", records, "3"),
        bad("cut.csv", "", own.trim_end(), "cut"),
        bad("archive.zip", "", archive, "cut"),
        bad("list.json", "", "[{\"wallet\": \"0x00\"}]", "format"),
    ]
}

/// Sends every bad file over the command line, and holds after each that the
/// generation before is still the live one, bit for bit.
#[test]
fn law_4_a_bad_file_is_refused_and_the_live_generation_stays() {
    let daemon = Daemon::with_bundled_lists().start();
    let before = daemon.live();
    let ronin = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";
    for bad in bad_xml().into_iter().chain(bad_tables_and_others()) {
        let home = Home::new();
        let path = home
            .write(bad.name, &bad.content)
            .to_string_lossy()
            .into_owned();
        let mut arguments = vec!["--source", "ofac-sdn"];
        if !bad.format.is_empty() {
            arguments.extend(["--format", bad.format]);
        }
        arguments.push(&path);
        let refused = daemon.command("import", &arguments).expect_code(5);
        assert!(
            refused.stderr.contains(bad.spoken_of),
            "{}: {}",
            bad.name,
            refused.stderr
        );
        assert!(refused.stdout.is_empty(), "{}", refused.stdout);
        assert_eq!(daemon.live(), before, "{}", bad.name);
    }
    assert_eq!(
        daemon.screen(ronin).both(),
        (Verdict::Listed, Action::Block)
    );
    assert_eq!(daemon.screen(&evm(0)).verdict(), Verdict::NotListed);
}

/// A real download may be cut anywhere. Wherever it is cut, it is refused.
#[test]
fn law_4_a_list_cut_at_any_place_is_refused() {
    let daemon = Daemon::empty().start();
    let xml = fixture("sdn_2026-08-20.xml").into_bytes();
    let ofac_csv = fixture("SDN_2021-07.CSV").into_bytes();
    let cuts = (1..40)
        .map(|part| part * xml.len() / 40)
        .chain(xml.len() - 12..xml.len() - 1);
    for length in cuts {
        let upload = Upload::of("ofac-sdn")
            .format("ofac-xml")
            .file("sdn.xml", &xml[..length]);
        let refused = daemon.try_import(&upload).expect_err("it is cut");
        assert_eq!(
            refused.code(),
            tonic::Code::InvalidArgument,
            "{length}: {refused}"
        );
    }
    for part in 1..10 {
        let length = part * (ofac_csv.len() - 1) / 10;
        let upload = Upload::of("ofac-sdn")
            .format("ofac-csv")
            .file("sdn.csv", &ofac_csv[..length]);
        daemon.try_import(&upload).expect_err("it is cut");
    }
    assert_eq!(daemon.live().0, 0);
}

#[test]
fn files_that_do_not_go_together_are_refused() {
    let daemon = Daemon::empty().start();
    let two = Upload::of("ofac-sdn").fixture("SDN_2021-07.CSV");
    for (upload, spoken_of) in [
        (two.clone().fixture("SDN_2024-05-03.CSV"), "both"),
        (
            Upload::of("ofac-sdn")
                .fixture("sdn_2026-08-20.xml")
                .fixture("sdn_2026-08-20.xml"),
            "2 file(s)",
        ),
        (
            two.fixture("SDN_COMMENTS_2021-07.CSV")
                .fixture("SDN_COMMENTS_2021-07.CSV"),
            "3 file(s)",
        ),
    ] {
        let refused = daemon
            .try_import(&upload)
            .expect_err("they do not go together");
        assert!(refused.message().contains(spoken_of), "{refused}");
    }
    assert_eq!(daemon.live().0, 0);
}

#[test]
fn a_file_that_is_not_there_is_said_to_be_missing() {
    let daemon = Daemon::empty().start();
    let home = Home::new();
    for path in [home.path("nowhere.txt"), home.path("")] {
        let path = path.to_string_lossy().into_owned();
        let refused = daemon.command("import", &["--source", "ours", &path]);
        assert!(
            refused.code != 0 && refused.stderr.contains(path.trim_end_matches('/')),
            "{refused:?}"
        );
    }
    assert_eq!(daemon.live().0, 0);
}
