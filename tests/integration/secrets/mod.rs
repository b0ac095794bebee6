//! What people send that they should not, and what callers prove themselves
//! with, is nowhere in what the daemon writes (law 8): sent in every place
//! there is, at the most talkative level, and then looked for everywhere, in
//! every form.

mod sent;

use std::fs;
use std::path::Path;
use std::time::Duration;

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use tonic::Status;

use sent::{exchange, host_of, send_as_address, send_as_credentials, send_beside, send_everywhere};

use super::harness::{Daemon, Home, Upload, evm, interdict, v1};

/// Private keys in the forms people have them in, from the specifications of
/// these forms.
const KEYS: [(&str, &str); 4] = [
    ("wif", "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"),
    (
        "wif-compressed",
        "L5oLkpV3aqBjhki6LmvChTCV6odsp4SXM6FfU2Gppt5kFLaHLuZ9",
    ),
    (
        "phrase",
        "legal winner thank year wave sausage worth useful legal winner thank yellow",
    ),
    (
        "xprv",
        "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
    ),
];

/// Private keys in plain hex. Nobody can tell them from an account of Aptos or
/// a transaction, so they are answered as addresses where an address is asked
/// about, and kept as such: they are sent in every other place.
const HEX: [(&str, &str); 2] = [
    (
        "hex",
        "e331b6d69882b4cb4ea581d88e0b604039a3de5967688d3dcffdd2270c0fd109",
    ),
    (
        "hex-0x",
        "0x8f2a55949038a9610f50fb23b5883af3b4ecb3c3bb792cbcefbd1542c692be63",
    ),
];

/// Credentials that are none here.
const CREDENTIALS: [(&str, &str); 3] = [
    (
        "key-unknown",
        "ik_unknown2_qrstuvwxyzqrstuvwxyzqrstuvwxyzqrstuvwxyzqrstuvwxyz22",
    ),
    ("key-broken", "ik_broken_NotEvenAKeyOfTheRightShape7351"),
    (
        "token",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ3aXRoZHJhd2FscyJ9.Zk9vQmFyQmF6UXV4U2VjcmV0MTIz",
    ),
];

const WEBHOOK: &str = "whsec-7f3a9c51d2e84b60a1f5c3d97e2b4806";

/// One secret, and every form it could stand in.
struct Secret {
    name: String,
    forms: Vec<Vec<u8>>,
}

impl Secret {
    fn of(name: &str, text: &str) -> Self {
        let mut forms: Vec<Vec<u8>> = Vec::new();
        // A part of it is as bad, but the id of a key is public.
        let part = &text[text.len() / 3..text.len() - 4];
        for some in [part.to_owned(), part.to_lowercase(), part.to_uppercase()] {
            forms.push(some.into_bytes());
        }
        let bytes = text.as_bytes();
        for encoded in [HEXLOWER.encode(bytes), HEXUPPER.encode(bytes)] {
            forms.push(encoded.into_bytes());
        }
        // In whichever place of a longer text it begins.
        for skip in 0..3 {
            let some = &bytes[skip..];
            let some = &some[..some.len() - some.len() % 3];
            forms.push(BASE64_NOPAD.encode(some).into_bytes());
            forms.push(BASE64URL_NOPAD.encode(some).into_bytes());
        }
        // A key in hex stands for bytes.
        let digits = text.trim_start_matches("0x");
        if let Ok(raw) = HEXLOWER.decode(digits.as_bytes()) {
            forms.push(BASE64_NOPAD.encode(&raw[..30]).into_bytes());
            forms.push(BASE64URL_NOPAD.encode(&raw[..30]).into_bytes());
            forms.push(raw);
        }
        Self {
            name: name.to_owned(),
            forms,
        }
    }

    /// Returns the form it is found in, if it is.
    fn found_in(&self, bytes: &[u8]) -> Option<String> {
        let found = |form: &&Vec<u8>| memchr::memmem::find(bytes, form).is_some();
        let form = self.forms.iter().find(found)?;
        Some(String::from_utf8_lossy(form).into_owned())
    }
}

/// Everything that came out of the daemon, by where it was found.
#[derive(Default)]
struct Written {
    sinks: Vec<(String, Vec<u8>)>,
}

impl Written {
    fn take(&mut self, sink: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.sinks.push((sink.into(), bytes.into()));
    }

    fn answer<T: std::fmt::Debug>(&mut self, sink: &str, answer: Result<T, Status>) {
        match answer {
            Ok(answer) => self.take(sink, format!("{answer:?}")),
            // Message, details, and metadata.
            Err(status) => self.take(sink, format!("{status:?}\n{}", status.message())),
        }
    }

    fn folder(&mut self, folder: &Path) {
        for entry in fs::read_dir(folder).expect("it can be read") {
            let path = entry.expect("its entries too").path();
            if path.is_dir() {
                self.folder(&path);
            } else {
                let bytes = fs::read(&path).expect("it can be read");
                self.take(path.display().to_string(), bytes);
            }
        }
    }

    /// Returns what is somewhere that must be nowhere.
    fn leaks(&self, secrets: &[Secret]) -> Vec<String> {
        let mut leaks = Vec::new();
        for (sink, bytes) in &self.sinks {
            for secret in secrets {
                if let Some(form) = secret.found_in(bytes) {
                    leaks.push(format!("{} in {sink}, as `{form}`", secret.name));
                }
            }
        }
        leaks
    }
}

/// Makes a key; returns it, and its table.
fn made_key(home: &Home, name: &str) -> (String, String) {
    let file = home.path(name);
    let made = interdict([
        "keys",
        "create",
        "--name",
        name,
        "--roles",
        "screen,rescreen",
        "--key-file",
        &file.display().to_string(),
    ])
    .expect_code(0);
    let key = fs::read_to_string(&file).expect("it was written");
    fs::remove_file(&file).expect("it was there");
    (key.trim().to_owned(), made.stdout)
}

/// Gathers all that a daemon wrote, running and stopped.
fn gather(daemon: &mut Daemon, written: &mut Written) {
    let pid = daemon.pid();
    for part in ["cmdline", "environ"] {
        let bytes = fs::read(format!("/proc/{pid}/{part}")).expect("it runs");
        written.take(format!("/proc/PID/{part}"), bytes);
    }
    let metrics = daemon.metrics_url().trim_start_matches("http://");
    let (host, path) = metrics.split_once('/').expect("a path");
    for path in [path, "healthz", "readyz"] {
        let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        written.take(path.to_owned(), exchange(host, request.as_bytes()));
    }
    for source in ["pasted", "pasted-csv", "pasted-raw"] {
        let file = daemon.home().path(source).display().to_string();
        let ran = daemon.command("export", &[source, "-o", &file]);
        written.take(format!("export {source}"), format!("{ran:?}"));
        if let Ok(bytes) = fs::read(&file) {
            written.take(file, bytes);
        }
    }
    for (command, arguments) in [("lists", &[][..]), ("alerts", &["--all"]), ("pending", &[])] {
        let ran = daemon.command(command, arguments);
        written.take(command, format!("{ran:?}"));
    }
    daemon.stop();
    let logs = daemon.logs();
    assert!(logs.contains("TRACE"), "it says all it can");
    written.take("standard error", logs);
    written.folder(&daemon.home().data_dir());
    // Sealed segments are compressed: once more as they read.
    let data = daemon.home().data_dir().display().to_string();
    let shown = interdict(["audit", "export", "--data-dir", &data, "--format", "ndjson"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.stdout.lines().count() > 50, "{shown:?}");
    written.take("audit export", shown.stdout);
    for (number, record) in super::harness::records(daemon.home()) {
        written.take(format!("record {number}"), format!("{record:?}"));
    }
}

fn nothing_leaks(format: &str) {
    let home = Home::new();
    let (good, good_table) = made_key(&home, "good");
    let (revoked, revoked_table) = made_key(&home, "revoked");
    let webhook = home.write("webhook.secret", WEBHOOK);
    let config = |keys: &str| {
        format!(
            "[log]\nfilter = \"trace\"\nformat = \"{format}\"\n[access]\nanonymous = \
             [\"screen\", \"rescreen\", \"import\", \"admin\", \"audit-read\"]\n{keys}\n\
             [[webhooks]]\nname = \"desk\"\nurl = \"http://127.0.0.1:9/in\"\nsecret_file = \"{}\"\n",
            webhook.display()
        )
    };
    let mut secrets: Vec<Secret> = KEYS
        .iter()
        .chain(&HEX)
        .chain(&CREDENTIALS)
        .map(|(name, text)| Secret::of(name, text))
        .collect();
    secrets.push(Secret::of("key", &good));
    secrets.push(Secret::of("key-revoked", &revoked));
    secrets.push(Secret::of("webhook", WEBHOOK));

    let both = format!("{good_table}{revoked_table}");
    let mut daemon = Daemon::with_bundled_lists().config(&config(&both)).start();
    let mut written = Written::default();
    assert!(send_as_credentials(&daemon, ("key", &good), &mut written));
    assert!(send_as_credentials(
        &daemon,
        ("key-revoked", &revoked),
        &mut written
    ));
    daemon.home().write("interdict.toml", config(&good_table));
    let said = daemon.command("config", &["reload"]).expect_code(0);
    written.take("config reload", format!("{said:?}"));
    assert!(!send_as_credentials(
        &daemon,
        ("key-revoked", &revoked),
        &mut written
    ));
    for (name, text) in CREDENTIALS.iter().chain(&KEYS).chain(&HEX) {
        assert!(!send_as_credentials(&daemon, (name, text), &mut written));
    }
    let credentials = [("key", good.as_str()), ("key-revoked", revoked.as_str())];
    for (name, text) in KEYS {
        send_everywhere(&daemon, name, text, &mut written);
    }
    for (name, text) in HEX {
        send_beside(&daemon, (name, text), &mut written);
    }
    for (name, text) in CREDENTIALS.iter().chain(&credentials) {
        send_beside(&daemon, (name, text), &mut written);
        // Whoever asks about one gets it back, as any text that is read; but
        // it is not kept.
        send_as_address(&daemon, (name, text), &mut Written::default());
    }
    // A configuration with a secret in the wrong place is refused in words.
    let pasted = config(&good_table.replace("b3:", &good));
    daemon.home().write("interdict.toml", pasted);
    let said = daemon.command("config", &["reload"]).expect_code(3);
    written.take("config reload, refused", format!("{said:?}"));
    gather(&mut daemon, &mut written);
    let leaks = written.leaks(&secrets);
    assert!(
        leaks.is_empty(),
        "{} leaks:\n{}",
        leaks.len(),
        leaks.join("\n")
    );
}

#[test]
fn law_8_nothing_that_was_sent_is_in_anything_that_was_written_as_json() {
    nothing_leaks("json");
}

#[test]
fn law_8_nothing_that_was_sent_is_in_anything_that_was_written_as_text() {
    nothing_leaks("text");
}

/// A row that holds a private key is let go of, with a word about where it
/// was; the others are taken.
#[test]
fn law_8_a_private_key_in_a_list_is_not_kept() {
    let daemon = Daemon::with_bundled_lists().start();
    let (_, key) = KEYS[0];
    let report = daemon.import(&Upload::of("cases").lines(&[&evm(1), key, &evm(2)]));
    assert_eq!((report.accepted, report.rejected), (2, 1), "{report:?}");
    let said = format!("{report:?}");
    assert!(
        said.contains("PRIVATE_KEY") && !said.contains(key),
        "{said}"
    );
    for address in [evm(1), evm(2)] {
        assert_eq!(daemon.screen(&address).verdict(), v1::Verdict::Listed);
    }
    // What a gate holds back waits for a word without its files.
    let cut = Upload::of("cases").lines(&[key, &evm(3)]);
    let refused = daemon.try_import(&cut).expect_err("two addresses come off");
    assert!(!refused.message().contains(key), "{refused}");
    let pending = daemon.command("pending", &["--output", "json"]);
    assert!(!pending.stdout.contains("cases"), "{pending:?}");
}

/// The search itself finds what it must, in each form.
#[test]
fn a_secret_is_found_in_every_form() {
    let (name, text) = HEX[0];
    let secret = Secret::of(name, text);
    let raw = HEXLOWER.decode(text.as_bytes()).expect("hex");
    for form in [
        text.as_bytes().to_vec(),
        text.to_uppercase().into_bytes(),
        HEXLOWER.encode(text.as_bytes()).into_bytes(),
        data_encoding::BASE64.encode(text.as_bytes()).into_bytes(),
        data_encoding::BASE64
            .encode(format!("Bearer {text}").as_bytes())
            .into_bytes(),
        data_encoding::BASE64URL.encode(&raw).into_bytes(),
        raw,
    ] {
        let mut written = Written::default();
        let mut bytes = b"some words before ".to_vec();
        bytes.extend(&form);
        written.take("here", bytes);
        assert_eq!(
            written.leaks(&[Secret::of(name, text)]).len(),
            1,
            "{form:?}"
        );
    }
    assert!(secret.found_in(b"nothing of it").is_none());
}

/// The key of our certificate is read, shown to nobody and written nowhere.
#[test]
fn law_8_the_key_of_the_certificate_is_nowhere() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]);
    let made = made.expect("a certificate can be made");
    let pem = made.signing_key.serialize_pem();
    let home = Home::new();
    let key = home.write("key.pem", &pem);
    let certificate = home.write("certificate.pem", made.cert.pem());
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    let mut secrets: Vec<Secret> = lines.map(|line| Secret::of("tls-key", line)).collect();
    secrets.push(Secret {
        name: "tls-key".to_owned(),
        forms: vec![made.signing_key.serialize_der()[40..72].to_vec()],
    });
    let config = format!(
        "[log]\nfilter = \"trace\"\n[tls]\ncertificate = \"{}\"\nkey = \"{}\"\n",
        certificate.display(),
        key.display()
    );
    let mut daemon = Daemon::with_bundled_lists().config(&config).start();
    let hello = exchange(host_of(daemon.public_url()), b"GET / HTTP/1.1\r\n\r\n");
    // A key that does not fit is refused, and not shown.
    let other = rcgen::KeyPair::generate().expect("a key can be made");
    home.write("key.pem", other.serialize_pem());
    daemon.signal("HUP");
    let told = || daemon.logs().contains("certificate");
    super::harness::eventually("it is told", Duration::from_secs(10), told);
    let mut written = Written::default();
    written.take("the answer to the wrong protocol", hello);
    daemon.stop();
    written.take("standard error", daemon.logs());
    written.folder(&daemon.home().data_dir());
    let other = other.serialize_pem();
    let lines = other.lines().filter(|line| !line.starts_with("-----"));
    secrets.extend(lines.map(|line| Secret::of("tls-key-other", line)));
    assert_eq!(written.leaks(&secrets), [""; 0]);
}
