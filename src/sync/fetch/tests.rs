//! Fetching against a real server on loopback. The daemon's own tests have
//! the same cases from end to end; here are those that need a closer look.

use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;
use tokio::runtime::Builder;

use super::*;
use web::{Asked as Request, Reply, Web, good_file};

#[allow(dead_code)] // Each user of the server needs another part of it.
#[path = "../../../tests/integration/harness/web.rs"]
mod web;

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) made for this test";

/// Someone who fetches one file again and again.
struct Client {
    folder: TempDir,
    url: Url,
    rules: Rules,
    user_agent: &'static str,
    limits: TransferLimits,
    held: Option<Validators>,
    has_hash: bool,
    ca_file: Option<PathBuf>,
    progress: Mutex<Vec<(u64, Option<u64>)>>,
}

impl Client {
    fn new(url: &str) -> Self {
        let url = Url::parse(url).expect("a URL");
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            rules: Rules {
                hosts: AllowedHosts::new([&url], []),
                allow_http: false,
            },
            url,
            user_agent: BROWSER,
            limits: TransferLimits {
                connect_timeout: Duration::from_secs(5),
                timeout: Duration::from_secs(20),
                idle_timeout: Duration::from_secs(5),
                ..TransferLimits::default()
            },
            held: None,
            has_hash: false,
            ca_file: None,
            progress: Mutex::default(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("0.part")
    }

    fn try_fetch(&self) -> Result<Fetched, FetchError> {
        let fetcher = Fetcher::new(self.ca_file.as_deref(), self.limits.connect_timeout);
        let fetcher = fetcher.expect("a client can be made");
        let wanted = Wanted {
            url: &self.url,
            rules: &self.rules,
            user_agent: self.user_agent,
            limits: &self.limits,
            held: self.held.as_ref(),
            has_hash: self.has_hash,
            may_be_page: false,
        };
        let told = |bytes, all| self.progress.lock().expect("one thread").push((bytes, all));
        Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
            .block_on(fetcher.fetch(wanted, &self.path(), &told))
    }

    #[track_caller]
    fn fetch(&self) -> FetchedFile {
        match self.try_fetch() {
            Ok(Fetched::File(file)) => file,
            other => panic!("no file: {other:?}"),
        }
    }

    #[track_caller]
    fn refused(&self) -> FetchError {
        self.try_fetch().expect_err("it is refused")
    }
}

/// A list that is longer than what one read takes.
fn list() -> Vec<u8> {
    let line = |number| format!("0x{:040x}\n", number * 7_919_u64);
    (0..40_000).map(line).collect::<String>().into_bytes()
}

#[test]
fn a_file_comes_as_it_is_with_its_edition_and_digests() {
    let web = Web::start();
    web.file("/SDN.XML?key=secret", list());
    let client = Client::new(&web.url("/SDN.XML?key=secret"));
    let file = client.fetch();
    assert_eq!(fs::read(&file.path).expect("is there"), list());
    assert_eq!(file.digests.blake3, blake3::hash(&list()));
    assert_eq!(file.bytes, list().len() as u64);
    assert!(file.validators.etag.is_some());
    assert!(!file.final_url.to_string().contains("secret"));
    let told = client.progress.lock().expect("one thread");
    let all = Some(list().len() as u64);
    assert_eq!(told.first(), Some(&(0, all)));
    assert_eq!(told.last(), Some(&(list().len() as u64, all)));
    let asked = &web.asked()[0];
    assert_eq!(asked.header("user-agent"), Some(BROWSER));
    assert_eq!(asked.header("accept-encoding"), Some("identity"));
    assert_eq!(asked.header("cookie"), None);
}

#[test]
fn what_is_held_is_not_fetched_again() {
    let web = Web::start();
    web.file("/list", list());
    let mut client = Client::new(&web.url("/list"));
    client.held = Some(client.fetch().validators);
    assert!(matches!(client.try_fetch(), Ok(Fetched::NotModified)));
    web.file("/list", "0x01\n");
    assert_eq!(client.fetch().bytes, 5, "another edition is fetched");
}

#[test]
fn a_download_that_broke_off_goes_on_where_it_stopped() {
    let web = Web::start();
    let gos = AtomicUsize::new(0);
    web.answer("/list", move |asked| {
        let reply = good_file(asked, &list());
        if gos.fetch_add(1, Ordering::SeqCst) < 2 {
            return reply.cut_after(300_000);
        }
        reply
    });
    let file = Client::new(&web.url("/list")).fetch();
    assert_eq!(file.digests.blake3, blake3::hash(&list()));
    let ranges: Vec<_> = web
        .asked()
        .iter()
        .map(|asked| asked.header("range").map(str::to_owned))
        .collect();
    assert_eq!(ranges.len(), 3);
    assert_eq!(ranges[0], None);
    assert_eq!(ranges[1].as_deref(), Some("bytes=300000-"));
    assert_eq!(ranges[2].as_deref(), Some("bytes=600000-"));
}

#[test]
fn a_download_goes_on_in_another_process_too() {
    let web = Web::start();
    web.answer("/list", |asked| {
        good_file(asked, &list()).cut_after(100_000)
    });
    let client = Client::new(&web.url("/list"));
    assert!(matches!(
        client.refused(),
        FetchError::CutShort { bytes: 300_000, .. }
    ));
    web.file("/list", list());
    assert_eq!(client.fetch().digests.blake3, blake3::hash(&list()));
    let last = web.asked().pop().expect("it was asked");
    assert_eq!(last.header("range"), Some("bytes=300000-"));
}

#[test]
fn the_rest_of_another_edition_is_never_joined() {
    let newer: Vec<u8> = list().iter().map(u8::to_ascii_uppercase).collect();
    type Server = fn(&Request, &[u8]) -> Reply;
    let good: Server = good_file;
    let ignores_if_range: Server = |asked, content| {
        let mut asked = asked.clone();
        asked.headers.remove("if-range");
        good_file(&asked, content)
    };
    let wrong_place: Server = |asked, content| {
        let all = content.len();
        match asked.header("range") {
            Some(_) => Reply::new(206, &content[5..])
                .header("content-range", format!("bytes 5-{}/{all}", all - 1)),
            None => good_file(asked, content),
        }
    };
    let no_ranges: Server = |_, content| Reply::new(200, content);
    let no_such_range: Server = |asked, content| match asked.header("range") {
        Some(_) => Reply::new(416, ""),
        None => good_file(asked, content),
    };
    for server in [
        good,
        ignores_if_range,
        wrong_place,
        no_ranges,
        no_such_range,
    ] {
        let web = Web::start();
        web.answer("/list", |asked| {
            good_file(asked, &list()).cut_after(100_000)
        });
        let client = Client::new(&web.url("/list"));
        assert!(client.try_fetch().is_err());
        let served = newer.clone();
        web.answer("/list", move |asked| server(asked, &served));
        assert_eq!(client.fetch().digests.blake3, blake3::hash(&newer));
    }
}

#[test]
fn a_cut_file_is_refused() {
    let web = Web::start();
    let url = web.url("/list");
    web.reply("/list", Reply::new(200, list()).cut_after(1000));
    let error = Client::new(&url).refused();
    assert!(matches!(
        error,
        FetchError::CutShort {
            bytes: 1000,
            expected: Some(_),
            ..
        }
    ));
    web.reply(
        "/list",
        Reply::new(200, list()).chunked().cut_after(100_000),
    );
    let error = Client::new(&url).refused();
    assert!(
        matches!(error, FetchError::CutShort { expected: None, .. }),
        "{error}"
    );
    web.reply(
        "/list",
        Reply::new(200, list()).announcing(list().len() + 1),
    );
    assert!(matches!(
        Client::new(&url).refused(),
        FetchError::CutShort { .. }
    ));
}

#[test]
fn a_file_whose_end_is_not_known_needs_a_hash() {
    let web = Web::start();
    web.reply("/list", Reply::new(200, list()).without_length());
    let mut client = Client::new(&web.url("/list"));
    assert!(matches!(client.refused(), FetchError::NoLength { .. }));
    client.has_hash = true;
    assert_eq!(client.fetch().bytes, list().len() as u64);
    web.reply("/list", Reply::new(200, list()).chunked());
    client.has_hash = false;
    assert_eq!(client.fetch().bytes, list().len() as u64);
}

#[test]
fn an_empty_file_is_refused() {
    let web = Web::start();
    web.reply("/list", Reply::new(200, ""));
    assert!(matches!(
        Client::new(&web.url("/list")).refused(),
        FetchError::Empty { .. }
    ));
}

#[test]
fn a_file_one_byte_past_the_limit_is_refused() {
    let web = Web::start();
    web.reply("/said", Reply::new(200, list()));
    web.reply("/unsaid", Reply::new(200, list()).chunked());
    for path in ["/said", "/unsaid"] {
        let mut client = Client::new(&web.url(path));
        client.limits.bytes_max = list().len() as u64;
        assert_eq!(client.fetch().bytes, list().len() as u64);
        client.limits.bytes_max -= 1;
        assert!(
            matches!(client.refused(), FetchError::TooLarge { .. }),
            "{path}"
        );
        assert!(!client.path().exists(), "nothing of it is kept");
    }
}

#[test]
fn slow_bodies_are_given_up() {
    let web = Web::start();
    let slow = |bytes, pause| {
        let pause = Duration::from_millis(pause);
        Reply::new(200, list())
            .header("etag", "\"one\"")
            .dripping(bytes, pause)
    };
    web.reply("/still", slow(1000, 60_000));
    web.reply("/drip", slow(10, 20));
    let mut client = Client::new(&web.url("/still"));
    client.limits.idle_timeout = Duration::from_millis(200);
    assert!(matches!(client.refused(), FetchError::StoodStill { .. }));
    let mut client = Client::new(&web.url("/drip"));
    client.limits.speed_window = Duration::from_millis(300);
    client.limits.bytes_per_second_min = 100_000;
    assert!(matches!(client.refused(), FetchError::TooSlow { .. }));
    let mut client = Client::new(&web.url("/drip"));
    client.limits.timeout = Duration::from_millis(300);
    assert!(matches!(client.refused(), FetchError::TimedOut { .. }));
    assert!(
        client.path().exists(),
        "what came of it can be gone on from"
    );
}

#[test]
fn a_front_that_answers_with_a_page_is_told() {
    let web = Web::start();
    let page = "\n<!DOCTYPE HTML><html><body>Please enable cookies</body></html>";
    web.reply(
        "/SDN.XML",
        Reply::new(200, page).header("content-type", "text/html"),
    );
    web.reply(
        "/drip",
        Reply::new(200, page).dripping(3, Duration::from_millis(1)),
    );
    for path in ["/SDN.XML", "/drip"] {
        let mut client = Client::new(&web.url(path));
        client.user_agent = "interdict";
        let error = client.refused();
        assert!(matches!(error, FetchError::Page { .. }), "{error}");
        assert!(
            error
                .to_string()
                .contains("set a browser-like `user_agent`")
        );
    }
}

#[test]
fn redirects_are_followed_as_far_as_allowed() {
    let web = Web::start();
    web.file("/signed?key=secret", list());
    web.reply("/SDN.XML", Reply::redirect("/signed?key=secret"));
    let client = Client::new(&web.url("/SDN.XML"));
    assert_eq!(client.fetch().final_url.to_string(), web.url("/signed"));

    web.reply(
        "/away",
        Reply::redirect(web.url_by_name("/signed?key=secret")),
    );
    let mut client = Client::new(&web.url("/away"));
    let error = client.refused();
    assert!(matches!(&error, FetchError::HostNotAllowed { host, .. } if host == "localhost"));
    assert!(!error.to_string().contains("secret"));
    let pattern = HostPattern::parse("localhost").expect("a pattern");
    client.rules.hosts = AllowedHosts::new([&client.url], [pattern]);
    assert_eq!(client.fetch().bytes, list().len() as u64);

    web.reply("/loop", Reply::redirect("/loop"));
    let error = Client::new(&web.url("/loop")).refused();
    assert!(matches!(error, FetchError::TooManyRedirects { .. }));
    assert_eq!(web.count("/loop"), REDIRECTS_MAX + 1);

    web.reply("/nowhere", Reply::new(302, ""));
    let error = Client::new(&web.url("/nowhere")).refused();
    assert!(matches!(error, FetchError::NoLocation { .. }));
}

#[test]
fn tls_is_checked_and_never_left() {
    let (web, plain) = (Web::start_tls(), Web::start());
    web.file("/list", list());
    plain.file("/list", list());
    web.reply("/down", Reply::redirect(plain.url("/list")));
    let mut client = Client::new(&web.url("/list"));
    let error = client.refused();
    assert!(
        matches!(error, FetchError::Unreachable { .. }),
        "nobody vouches for it: {error}"
    );
    let ca_file = client.folder.path().join("ca.pem");
    fs::write(&ca_file, web.ca()).expect("writes");
    client.ca_file = Some(ca_file.clone());
    assert_eq!(client.fetch().bytes, list().len() as u64);
    let mut client = Client::new(&web.url("/down"));
    client.ca_file = Some(ca_file);
    client.rules.allow_http = true;
    assert!(matches!(client.refused(), FetchError::Downgrade { .. }));
    assert_eq!(plain.asked().len(), 0);
}

#[test]
fn a_ca_file_without_a_certificate_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ca.pem");
    let refused = || Fetcher::new(Some(&path), Duration::from_secs(1)).expect_err("no client");
    assert!(matches!(refused(), ClientError::CaFile { .. }), "not there");
    fs::write(&path, "not a certificate").expect("writes");
    assert!(matches!(refused(), ClientError::NoCertificate { .. }));
}

#[test]
fn nobody_there_is_an_error_that_names_no_secret() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("it is bound");
    drop(free);
    let error = Client::new(&format!("http://{address}/list?key=secret")).refused();
    assert!(matches!(error, FetchError::Unreachable { .. }));
    assert!(!format!("{error} {error:?}").contains("secret"));
}
