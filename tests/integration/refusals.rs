//! What the daemon will not start on, and what `init` will not touch.

use std::fs;
use std::net::TcpListener;

use super::harness::{Daemon, Home, Ran, evm, interdict, v1};

fn serve(arguments: &[&str]) -> Ran {
    interdict(["serve"].iter().chain(arguments))
}

fn init(home: &Home, more: &[&str]) -> Ran {
    let data_dir = home.data_dir().to_string_lossy().into_owned();
    interdict(["init", "--data-dir", &data_dir].iter().chain(more))
}

#[test]
fn law_9_a_missing_data_directory_is_an_error_and_none_is_made() {
    let home = Home::new();
    let refused = Daemon::at(home).try_start().err().expect("there is none");
    assert_eq!(refused.code, 6, "{refused:?}");
    assert!(
        refused.stderr.contains("interdict init"),
        "{}",
        refused.stderr
    );
    let home = Home::new();
    let data_dir = home.data_dir().to_string_lossy().into_owned();
    serve(&["--data-dir", &data_dir, "--listen", "127.0.0.1:0"]).expect_code(6);
    assert!(!home.data_dir().exists());
}

#[test]
fn law_9_an_empty_or_foreign_folder_is_an_error_and_stays_as_it_is() {
    for foreign in [None, Some("notes.txt")] {
        let home = Home::new();
        let data_dir = home.data_dir();
        fs::create_dir(&data_dir).expect("made");
        if let Some(name) = foreign {
            fs::write(data_dir.join(name), "mine").expect("written");
        }
        let path = data_dir.to_string_lossy().into_owned();
        let refused = serve(&["--data-dir", &path, "--listen", "127.0.0.1:0"]).expect_code(6);
        assert!(
            refused.stdout.is_empty() && refused.stderr.contains("interdict init"),
            "{refused:?}"
        );
        let left = fs::read_dir(&data_dir).expect("still there").count();
        assert_eq!(left, usize::from(foreign.is_some()));
    }
}

#[test]
fn a_data_directory_in_use_is_refused_with_what_to_do() {
    let daemon = Daemon::with_bundled_lists().start();
    let data_dir = daemon.home().data_dir().to_string_lossy().into_owned();
    let refused = serve(&["--data-dir", &data_dir, "--listen", "127.0.0.1:0"]).expect_code(6);
    assert!(
        refused.stderr.contains("in use") && refused.stderr.contains("stop"),
        "{}",
        refused.stderr
    );
    init(daemon.home(), &[]).expect_code(6);
    assert_eq!(daemon.screen(&evm(0)).verdict(), v1::Verdict::NotListed);
}

#[test]
fn init_makes_only_what_is_not_there() {
    let home = Home::new();
    init(&home, &["--empty"]).expect_code(0);
    let before = home.files_ending("");
    for more in [&[][..], &["--empty"]] {
        init(&home, more).expect_code(6);
        assert_eq!(home.files_ending(""), before);
    }
    let occupied = Home::new();
    fs::write(occupied.data_dir(), "a file").expect("written");
    init(&occupied, &[]).expect_code(6);
    assert_eq!(
        fs::read(occupied.data_dir()).expect("still there"),
        b"a file"
    );
    let empty = Home::new();
    fs::create_dir(empty.data_dir()).expect("made");
    init(&empty, &["--empty"]).expect_code(0);
    Daemon::at(empty).start();
    let nested = Home::new();
    let deep = nested.path("a/b/data").to_string_lossy().into_owned();
    interdict(["init", "--data-dir", &deep, "--empty"]).expect_code(0);
}

#[test]
fn init_says_what_it_holds() {
    let made = init(&Home::new(), &[]).expect_code(0);
    for source in ["ofac-sdn", "ofac-sdn-reported", "fbi-doj", "heists"] {
        assert!(made.stdout.contains(source), "{}", made.stdout);
    }
}

/// Every fault of a configuration is told before a port or a disk is
/// touched: the data directory is not even there.
#[test]
fn a_wrong_configuration_is_told_by_its_key_before_anything_is_touched() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let listen = taken.local_addr().expect("it has an address").to_string();
    for (text, key) in [
        ("lisen = \"127.0.0.1:1\"", "lisen"),
        ("listen = \"here\"", "listen"),
        ("workers = 0", "workers"),
        ("drain = \"soon\"", "drain"),
        (
            "[limits]\nbatch_addresses_max = 0",
            "limits.batch_addresses_max",
        ),
        (
            "[limits]\npreface_timeout = \"0s\"",
            "limits.preface_timeout",
        ),
        (
            "[policy.sanctions]\ndirect = \"ALLOW\"",
            "policy.sanctions.direct",
        ),
        (
            "[policy]\nindeterminate = \"ALLOW\"",
            "policy.indeterminate",
        ),
        (
            "[filter]\nfalse_positive_rate = 2.0",
            "filter.false_positive_rate",
        ),
        (
            "[[sources]]\nid = \"ofac-sdn\"\ntier = \"HEAVY\"",
            "sources[0].tier",
        ),
        (
            "[[sources]]\nid = \"ofac-sdn\"\ntier = \"SANCTIONS\"\nmaxage = \"1d\"",
            "maxage",
        ),
        ("not toml at all", "toml"),
    ] {
        let home = Home::new();
        let config = home
            .write("wrong.toml", text)
            .to_string_lossy()
            .into_owned();
        let data_dir = home.data_dir().to_string_lossy().into_owned();
        let arguments = [
            "--config",
            &config,
            "--data-dir",
            &data_dir,
            "--listen",
            &listen,
        ];
        let refused = serve(&arguments).expect_code(3);
        assert!(refused.stderr.contains(key), "{key}: {}", refused.stderr);
        assert!(refused.stdout.is_empty() && !home.data_dir().exists());
        let checked = interdict(["config", "check", "--config", &config]).expect_code(3);
        assert!(checked.stderr.contains(key), "{key}: {}", checked.stderr);
    }
    let nowhere = Home::new()
        .path("nowhere.toml")
        .to_string_lossy()
        .into_owned();
    serve(&["--config", &nowhere, "--data-dir", "/nowhere"]).expect_code(3);
    interdict(["config", "check", "--config", &nowhere]).expect_code(3);
}

#[test]
fn a_sound_configuration_is_found_sound_without_a_data_directory() {
    let home = Home::new();
    let config = home.write(
        "sound.toml",
        "data_dir = \"/nowhere/at/all\"\n[limits]\nbatch_addresses_max = 7\n",
    );
    let config = config.to_string_lossy().into_owned();
    interdict(["config", "check", "--config", &config]).expect_code(0);
}

#[test]
fn a_port_in_use_is_told_with_what_to_do() {
    let daemon = Daemon::empty().start();
    let home = Home::new();
    init(&home, &["--empty"]).expect_code(0);
    let data_dir = home.data_dir().to_string_lossy().into_owned();
    let refused =
        serve(&["--data-dir", &data_dir, "--listen", daemon.host_and_port()]).expect_code(1);
    assert!(refused.stderr.contains("--listen"), "{}", refused.stderr);
    // The other one has not lost a connection to it.
    for _ in 0..10 {
        daemon.sources();
    }
}

#[test]
fn serving_nothing_is_a_wrong_command_line() {
    serve(&["--listen", "127.0.0.1:0"]).expect_code(2);
    serve(&["--data-dir", "/nowhere", "--listen", "nonsense"]).expect_code(2);
}
