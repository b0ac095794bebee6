//! TLS on the listeners: what is spoken, what is refused, what is renewed.

use std::time::Duration;

use interdict::client::Target;
use tonic::Code;

use super::harness::{Authority, Daemon, Home, block_on, eventually, evm, interdict, v1};
use v1::screening_service_client::ScreeningServiceClient;

fn home_with(certified: &super::harness::Certified) -> (Home, String) {
    let home = Home::new();
    let certificate = home.write("server.pem", &certified.certificate);
    let key = home.write("server.key", &certified.key);
    let config = format!(
        "[tls]\ncertificate = \"{}\"\nkey = \"{}\"\n",
        certificate.display(),
        key.display()
    );
    let data_dir = home.data_dir();
    let data_dir = data_dir.to_str().expect("plain letters");
    interdict(["init", "--data-dir", data_dir]).expect_code(0);
    (home, config)
}

fn screen(target: &Target) -> Result<(), Code> {
    let asked = async {
        let connection = target.connect().await.map_err(|_| Code::Unavailable)?;
        let request = v1::ScreenAddressRequest {
            address: evm(0),
            ..v1::ScreenAddressRequest::default()
        };
        let mut client = ScreeningServiceClient::new(connection);
        let answered = client.screen_address(request).await;
        answered.map(drop).map_err(|status| status.code())
    };
    block_on(asked)
}

fn trusting(authority: &Authority, url: &str) -> Target {
    Target {
        ca: Some(authority.pem().as_bytes().to_vec()),
        ..Target::at(url)
    }
}

#[test]
fn with_tls_nothing_is_spoken_in_the_clear() {
    let authority = Authority::new();
    let (home, config) = home_with(&authority.server());
    let daemon = Daemon::at(home).config(&config).start();
    for url in [daemon.public_url(), daemon.url()] {
        assert!(url.starts_with("https://"), "{url}");
        assert_eq!(screen(&trusting(&authority, url)), Ok(()));
        assert!(
            screen(&trusting(&Authority::new(), url)).is_err(),
            "another CA"
        );
        let clear = Target::at(url.replace("https", "http"));
        assert!(screen(&clear).is_err(), "in the clear");
    }
    // And the command line the same, by the operator's listener.
    let ca = daemon.home().write("ca.pem", authority.pem());
    let ca = ca.to_str().expect("plain letters");
    daemon.command("lists", &["--ca", ca]).expect_code(0);
    daemon.command("lists", &[]).expect_code(4);
}

/// Goal: a certificate is renewed while the daemon serves. Method: the files
/// are replaced by those of another authority; new connections get the new
/// one within a few seconds, an open one goes on, and files that cannot be
/// used change nothing.
#[test]
fn certificates_are_renewed_without_a_restart() {
    let (before, after) = (Authority::new(), Authority::new());
    let (home, config) = home_with(&before.server());
    let daemon = Daemon::at(home).config(&config).start();
    let url = daemon.public_url();
    let open = block_on(trusting(&before, url).connect()).expect("connects");
    let ask = || {
        let request = v1::ScreenAddressRequest {
            address: evm(0),
            ..v1::ScreenAddressRequest::default()
        };
        let mut client = ScreeningServiceClient::new(open.clone());
        block_on(client.screen_address(request)).is_ok()
    };
    assert!(ask());

    daemon.home().write("server.pem", "no certificate");
    eventually("it is said", Duration::from_secs(20), || {
        daemon.logs().contains("the old ones stay")
    });
    assert_eq!(screen(&trusting(&before, url)), Ok(()));

    let renewed = after.server();
    daemon.home().write("server.key", &renewed.key);
    daemon.home().write("server.pem", &renewed.certificate);
    eventually("the new one is shown", Duration::from_secs(20), || {
        screen(&trusting(&after, url)) == Ok(())
    });
    assert!(screen(&trusting(&before, url)).is_err());
    assert!(ask(), "the open connection goes on");
}

#[test]
fn client_certificates_can_be_required() {
    let authority = Authority::new();
    let (home, mut config) = home_with(&authority.server());
    let clients = home.write("clients.pem", authority.pem());
    config += &format!(
        "client_ca = \"{}\"\nclient_certificates = \"required\"\n[[access.certificates]]\nsan = \"withdrawals.example\"\nroles = [\"screen\"]\n",
        clients.display()
    );
    let daemon = Daemon::at(home).config(&config).start();
    let url = daemon.public_url();
    assert!(screen(&trusting(&authority, url)).is_err(), "without one");
    let target = Target {
        identity: Some(authority.client(&["withdrawals.example"])),
        ..trusting(&authority, url)
    };
    assert_eq!(screen(&target), Ok(()));
    let target = Target {
        identity: Some(authority.client(&["other.example"])),
        ..trusting(&authority, url)
    };
    assert_eq!(screen(&target), Err(Code::Unauthenticated));
}

#[test]
fn what_cannot_be_used_is_refused_at_the_start_by_its_file() {
    let (authority, other) = (Authority::new(), Authority::new());
    let certified = authority.server();
    for (name, content, words) in [
        ("server.pem", "nothing", "no certificate"),
        ("server.key", "nothing", "no private key"),
        ("server.key", &other.server().key, "cannot be used together"),
    ] {
        let (home, config) = home_with(&certified);
        home.write(name, content);
        let refused = Daemon::at(home).config(&config).try_start();
        let refused = refused.err().expect("it does not start");
        assert_eq!(refused.code, 3, "{refused:?}");
        assert!(refused.stderr.contains(words), "{refused:?}");
        assert!(
            !refused
                .stderr
                .contains(content.trim_start_matches("nothing"))
                || content == "nothing"
        );
    }
}

/// The operator's socket: whoever may open its file may do everything, and it
/// is gone when the daemon is.
#[test]
fn the_admin_listener_can_be_a_unix_socket() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = Home::new();
    let path = home.path("admin.sock");
    let listen = format!("unix:{}", path.display());
    let mut daemon = Daemon::with_bundled_lists()
        .config("[[access.certificates]]\nsan = \"a.example\"\nroles = [\"screen\"]")
        .env("INTERDICT_ADMIN_LISTEN", &listen)
        .start();
    assert_eq!(daemon.url(), listen);
    let mode = std::fs::metadata(&path).expect("it is there").permissions();
    assert_eq!(mode.mode() & 0o777, 0o660);
    daemon.command("lists", &[]).expect_code(0);
    let added = daemon.command(
        "operator",
        &[
            "add",
            &evm(1),
            "--author",
            "Ada Byron",
            "--reason",
            "a test",
        ],
    );
    added.expect_code(0);
    // Where customers' systems ask, nobody is known without showing it.
    assert_eq!(
        screen(&Target::at(daemon.public_url())),
        Err(Code::Unauthenticated)
    );
    daemon.stop();
    assert!(!path.exists());
}

#[test]
fn what_a_dead_daemon_left_is_taken_over_and_what_answers_is_not() {
    let home = Home::new();
    let path = home.path("admin.sock");
    let listen = format!("unix:{}", path.display());
    let setup = || Daemon::with_bundled_lists().env("INTERDICT_ADMIN_LISTEN", &listen);
    let mut first = setup().start();
    first.kill();
    assert!(path.exists(), "it had no chance to tidy up");
    let _second = setup().start();
    let refused = setup().try_start().err().expect("it is in use");
    assert!(refused.stderr.contains("cannot listen on"), "{refused:?}");
    let file = home.write("file.sock", "precious");
    let listen = format!("unix:{}", file.display());
    let refused = Daemon::with_bundled_lists()
        .env("INTERDICT_ADMIN_LISTEN", &listen)
        .try_start();
    assert!(refused.is_err());
    assert_eq!(std::fs::read_to_string(&file).expect("kept"), "precious");
}

#[test]
fn beyond_this_machine_nothing_is_listened_to_in_the_clear() {
    for (config, words) in [
        (
            "[admin]\nlisten = \"0.0.0.0:0\"\n[access]\nanonymous = []",
            "without TLS",
        ),
        ("[http]\nlisten = \"0.0.0.0:0\"\n", "names nobody"),
        ("[metrics]\nlisten = \"0.0.0.0:0\"\n", "without TLS"),
    ] {
        let home = Home::new();
        let path = home.write("interdict.toml", config);
        let path = path.to_str().expect("plain letters");
        let checked = interdict(["config", "check", "--config", path]);
        let checked = checked.expect_code(3);
        assert!(checked.stderr.contains(words), "{}", checked.stderr);
    }
}
