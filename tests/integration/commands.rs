//! The command line: answers, exit codes, and never a silent zero.

use std::io::Read as _;
use std::net::TcpListener;
use std::time::Duration;

use serde_json::{Value, json};

use super::harness::{Daemon, evm, interdict};

const RONIN: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";
const DMM: &str = "1B6rJRfjTXwEy36SCs5zofGMmdv2kdZw7P";
const NEVER_LISTED: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

fn json_of(daemon: &Daemon, code: i32, arguments: &[&str]) -> Vec<Value> {
    let mut all = vec!["--output", "json"];
    all.extend(arguments);
    let answers = daemon.command("screen", &all).expect_code(code).json();
    answers.as_array().expect("an array").clone()
}

#[test]
fn the_exit_code_is_the_severest_action() {
    let daemon = Daemon::with_bundled_lists().start();
    for (addresses, code) in [
        (&[NEVER_LISTED][..], 0),
        (&[DMM], 10),
        (&["garbage"], 10),
        (&[RONIN], 20),
        (&[NEVER_LISTED, DMM], 10),
        (&[RONIN, NEVER_LISTED], 20),
        (&[NEVER_LISTED, DMM, RONIN, "garbage"], 20),
    ] {
        daemon.command("screen", addresses).expect_code(code);
        json_of(&daemon, code, addresses);
    }
}

#[test]
fn answers_come_in_the_order_asked_with_their_evidence() {
    let daemon = Daemon::with_bundled_lists().start();
    let asked = [NEVER_LISTED, RONIN, "garbage", DMM];
    let answers = json_of(&daemon, 20, &asked);
    let field = |name: &str| {
        answers
            .iter()
            .map(|answer| answer[name].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(field("address"), asked.map(Value::from));
    assert_eq!(
        field("verdict"),
        ["NOT_LISTED", "LISTED", "INDETERMINATE", "LISTED"].map(Value::from)
    );
    assert_eq!(
        field("action"),
        ["ALLOW", "BLOCK", "REVIEW", "REVIEW"].map(Value::from)
    );
    assert_eq!(
        field("reasons"),
        [
            json!([]),
            json!(["LISTED"]),
            json!(["UNKNOWN_FORMAT"]),
            json!(["LISTED"])
        ]
    );
    let (generation, digest) = daemon.live();
    assert!(
        answers
            .iter()
            .all(|answer| answer["generation"] == generation)
    );
    assert!(
        answers
            .iter()
            .all(|answer| answer["generation_digest"] == const_hex::encode(&digest))
    );
    assert!(
        answers
            .iter()
            .all(|answer| answer["flags"] == json!(["BUNDLED_SNAPSHOT"]))
    );

    let found = answers[1]["matches"].as_array().expect("an array");
    let ofac = found
        .iter()
        .find(|found| found["source"] == "ofac-sdn")
        .expect("on OFAC's list");
    assert_eq!(
        (&ofac["relation"], &ofac["tier"]),
        (&json!("DIRECT"), &json!("SANCTIONS"))
    );
    assert_eq!(
        (&ofac["programs"], &ofac["subjects"]),
        (&json!(["DPRK3"]), &json!(["Lazarus Group"]))
    );
    assert_eq!(
        (&ofac["incident"]["id"], &ofac["incident"]["name"]),
        (&json!("ronin-bridge"), &json!("Ronin Bridge 2022"))
    );
    assert_eq!(
        (&ofac["active"], &ofac["delisted_on"]),
        (&json!(true), &Value::Null)
    );
    let candidate = &answers[1]["candidates"][0];
    assert_eq!(
        (&candidate["kind"], &candidate["canonical"]),
        (&json!("EVM"), &json!(RONIN))
    );
    assert_eq!(answers[3]["matches"][0]["incident"]["id"], "dmm-bitcoin");
}

#[test]
fn text_for_people_names_verdict_subject_and_basis() {
    let daemon = Daemon::with_bundled_lists().start();
    let told = daemon.command("screen", &[RONIN]).expect_code(20);
    for word in [
        RONIN,
        "LISTED",
        "BLOCK",
        "Lazarus Group",
        "DPRK3",
        "Ronin Bridge 2022",
        "generation",
        "ofac-sdn",
    ] {
        assert!(told.stdout.contains(word), "{word} in {}", told.stdout);
    }
    let told = daemon.command("screen", &[NEVER_LISTED]).expect_code(0);
    assert!(told.stdout.contains("NOT_LISTED"));
    let lowered = told.stdout.to_lowercase();
    assert!(
        !lowered.contains("clean") && !lowered.contains("clear") && !lowered.contains("safe"),
        "{lowered}"
    );
}

#[test]
fn many_addresses_are_asked_about_in_one_command() {
    let daemon = Daemon::with_bundled_lists().start();
    let mut addresses: Vec<String> = (0..350).map(evm).collect();
    addresses[340] = RONIN.to_owned();
    let asked: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let answers = json_of(&daemon, 20, &asked);
    assert_eq!(answers.len(), 350);
    for (answer, address) in answers.iter().zip(&addresses) {
        assert_eq!(answer["address"], **address);
        assert_eq!(answer["verdict"] == "LISTED", address == RONIN);
    }
}

#[test]
fn what_looks_like_a_flag_is_an_address_behind_two_dashes() {
    let daemon = Daemon::with_bundled_lists().start();
    let answers = json_of(&daemon, 10, &["--", "-1:abc", "--output"]);
    assert_eq!(
        (&answers[0]["address"], &answers[1]["address"]),
        (&json!("-1:abc"), &json!("--output"))
    );
    daemon.command("screen", &["-1:abc"]).expect_code(2);
}

#[test]
fn law_8_a_private_key_is_not_repeated_to_who_typed_it() {
    let daemon = Daemon::with_bundled_lists().start();
    let secret = "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn";
    for output in ["text", "json"] {
        let told = daemon
            .command("screen", &["--output", output, secret])
            .expect_code(10);
        assert!(
            !told.stdout.contains(secret) && !told.stderr.contains(secret),
            "{told:?}"
        );
        assert!(told.stdout.contains("PRIVATE_KEY"), "{told:?}");
    }
}

#[test]
fn another_moment_and_a_network_can_be_named() {
    let daemon = Daemon::with_bundled_lists().start();
    let answers = json_of(&daemon, 20, &["--network", "BTC", RONIN]);
    assert!(
        answers[0]["flags"]
            .as_array()
            .expect("an array")
            .contains(&json!("NETWORK_HINT_DISAGREES"))
    );
    let answers = json_of(&daemon, 20, &["--as-of", "2023-01-01", RONIN]);
    assert_eq!(
        (&answers[0]["as_of"], &answers[0]["verdict"]),
        (&json!("2023-01-01"), &json!("LISTED"))
    );
    json_of(&daemon, 10, &["--as-of", "2015-01-01", RONIN]);
    let first = json_of(&daemon, 20, &["--generation", "1", RONIN]);
    assert_eq!(first[0]["generation"], 1);
    daemon
        .command("screen", &["--as-of", "2999-01-01", RONIN])
        .expect_code(5);
    daemon
        .command("screen", &["--generation", "999", RONIN])
        .expect_code(5);
    daemon
        .command("screen", &["--as-of", "yesterday", RONIN])
        .expect_code(2);
}

/// A script that asks a daemon that is not there must not go on.
#[test]
fn law_9_a_daemon_that_does_not_answer_is_code_4_and_never_0() {
    let free = TcpListener::bind("127.0.0.1:0")
        .expect("a port is free")
        .local_addr()
        .expect("it has one");
    let server = format!("http://{free}");
    for command in [
        &["screen", "--server", &server, NEVER_LISTED][..],
        &["lists", "--server", &server],
        &["generations", "--server", &server],
        &["diff", "--server", &server, "1", "2"],
        &[
            "import",
            "--server",
            &server,
            "--source",
            "ours",
            "Cargo.toml",
        ],
    ] {
        let told = interdict(command).expect_code(4);
        assert!(
            told.stdout.is_empty() && told.stderr.contains("serve"),
            "{told:?}"
        );
    }
    let empty = Daemon::empty().start();
    let told = empty.command("screen", &[NEVER_LISTED]).expect_code(4);
    assert!(told.stdout.is_empty(), "{told:?}");
}

/// Something that listens and is no daemon, or is one that dies in the middle
/// of the call.
#[test]
fn law_9_a_call_that_breaks_off_is_code_4_and_never_0() {
    for heard in [0, 24] {
        let other = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let server = format!("http://{}", other.local_addr().expect("it has one"));
        let closing = std::thread::spawn(move || {
            let (mut call, _) = other.accept().expect("somebody calls");
            call.read_exact(&mut vec![0; heard])
                .expect("a preface comes");
            std::thread::sleep(Duration::from_millis(20 * heard as u64));
        });
        let told = interdict(["screen", "--server", &server, NEVER_LISTED]);
        assert!(told.code == 4 && told.stdout.is_empty(), "{told:?}");
        closing.join().expect("no panic");
    }
}

#[test]
fn help_lists_commands_and_exit_codes() {
    let told = interdict(["--help"]).expect_code(0).stdout;
    for word in [
        "init",
        "serve",
        "screen",
        "explain",
        "import",
        "lists",
        "generations",
        "diff",
        "config",
        "completions",
    ] {
        assert!(told.contains(word), "{word}");
    }
    for code in [
        " 0 ", "10 ", "20 ", " 1 ", " 2 ", " 3 ", " 4 ", " 5 ", " 6 ",
    ] {
        assert!(told.contains(code), "{code:?} in {told}");
    }
    let told = interdict(["screen", "--help"]).expect_code(0).stdout;
    assert!(told.contains("10") && told.contains("20"), "{told}");
    assert!(
        interdict(["--version"])
            .expect_code(0)
            .stdout
            .contains(env!("CARGO_PKG_VERSION"))
    );
    interdict::<&str>([]).expect_code(2);
    interdict(["frobnicate"]).expect_code(2);
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish"] {
        let script = interdict(["completions", shell]).expect_code(0).stdout;
        assert!(
            script.len() > 500 && script.contains("interdict"),
            "{shell}"
        );
    }
    interdict(["completions", "no-such-shell"]).expect_code(2);
}

#[test]
fn explain_shows_what_is_understood_and_needs_no_daemon() {
    let told = interdict(["explain", "“TUrMmF9Gd4rzrXsQ34ui3Wou94E7HFuJQh”"]).expect_code(0);
    for shown in [
        "quotes",
        "UNQUOTED",
        "TUrMmF9Gd4rzrXsQ34ui3Wou94E7HFuJQh (TRON)",
        "networks Tron",
        "07cf1ecacaf90a04bb0297f9991ae1262d0a3399e1",
        "same EVM account on a revive network",
    ] {
        assert!(told.stdout.contains(shown), "{shown}: {told:?}");
    }

    let text = "bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4?amount=1";
    let json = interdict(["explain", "--output", "json", text])
        .expect_code(0)
        .json();
    let candidate = &json[0]["candidates"][0];
    assert_eq!(candidate["kind"], "P2WPKH");
    assert_eq!(
        candidate["key"],
        "01751e76e8199196d454941c45d1b3a323f1433bd6"
    );
    assert_eq!(
        candidate["leads_to"][0]["canonical"],
        "3JvL6Ymt8MVWiCNHC7oWU6nLeHNJKLZGLN"
    );
    assert_eq!(json[0]["flags"], json!(["UNWRAPPED"]));

    let named = interdict(["explain", "--network", "EOS", "eosio.token"]).expect_code(0);
    assert!(named.stdout.contains("EOS_NAME"), "{named:?}");
    let unnamed = interdict(["explain", "eosio.token"]).expect_code(10);
    assert!(unnamed.stdout.contains("UNKNOWN_FORMAT"), "{unnamed:?}");
    interdict(["explain", "--network", "no such coin", "x"]).expect_code(2);
}

#[test]
fn explain_repeats_no_private_key() {
    let secret = "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn";
    for hidden in [
        secret.to_owned(),
        format!("\u{201c}{}\u{200b}{}\u{201d}", &secret[..20], &secret[20..]),
    ] {
        for output in ["text", "json"] {
            let told = interdict(["explain", "--output", output, &hidden]).expect_code(10);
            assert!(told.stdout.contains("PRIVATE_KEY"), "{told:?}");
            assert!(!told.stdout.contains(&secret[..12]), "{told:?}");
        }
    }
}
