use super::super::Config;
use super::*;
use crate::sync::fetch::is_browser_like;

fn parse(text: &str) -> Config {
    Config::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn refused(text: &str, key: &str) {
    let error = Config::parse(text).expect_err(text).to_string();
    assert!(error.contains(key), "`{key}` is not named: {error}");
}

fn web(config: &Config) -> &Web {
    match &config.feeds[0].place {
        Place::Web(web) => web,
        Place::Disk(paths) => panic!("on disk: {paths:?}"),
    }
}

#[test]
fn a_preset_is_one_line() {
    let config = parse("[[sources]]\npreset = \"ofac-sdn\"\n");
    let rule = &config.requirements.sources[0];
    assert_eq!(rule.source.as_str(), "ofac-sdn");
    assert_eq!((rule.tier, rule.required), (Tier::Sanctions, true));
    assert_eq!(rule.max_age, Some(Duration::from_hours(36)));
    assert!(config.terms[&rule.source].entries_min > 0);
    let feed = &config.feeds[0];
    assert_eq!(feed.format, Some(Format::OfacAdvanced));
    assert_eq!(feed.interval, Duration::from_hours(1));
    assert_eq!(feed.keep_raw, 10);
    assert!(is_browser_like(&web(&config).user_agent));
}

#[test]
fn every_field_of_a_preset_can_be_set() {
    let config = parse(
        r#"
        [[sources]]
        preset = "ofac-sdn"
        id = "mirror"
        tier = "ATTRIBUTED"
        required = true
        max_age = "90h"
        entries_min = 5
        url = "https://mirror.example.org/SDN.XML"
        format = "ofac-xml"
        interval = "7h"
        allowed_hosts = ["*.example.org"]
        hash_url = "https://hashes.example.net/SDN.XML.sha256"
        user_agent = "curl"
        ca_file = "/etc/ca.pem"
        timeout = "3m"
        keep_raw = 2
        "#,
    );
    let rule = &config.requirements.sources[0];
    assert_eq!(
        (rule.source.as_str(), rule.tier),
        ("mirror", Tier::Attributed)
    );
    assert_eq!(rule.max_age, Some(Duration::from_hours(90)));
    assert_eq!(config.terms[&rule.source].entries_min, 5);
    let feed = &config.feeds[0];
    assert_eq!(feed.format, Some(Format::OfacXml));
    assert_eq!((feed.interval, feed.keep_raw), (Duration::from_hours(7), 2));
    let web = web(&config);
    assert_eq!(web.urls.len(), 1);
    assert_eq!(web.user_agent, "curl");
    assert_eq!(web.ca_file.as_deref(), Some(Path::new("/etc/ca.pem")));
    assert_eq!(web.limits.timeout, Duration::from_mins(3));
    assert!(web.hash_url.is_some());
}

#[test]
fn what_holds_for_all_is_said_once() {
    let config = parse(
        r#"
        [sync]
        user_agent = "Mozilla/5.0 (compatible; Example Exchange; compliance@example.org)"
        ca_file = "/etc/ca.pem"
        keep_raw = 3
        connect_timeout = "1s"
        timeout = "2s"
        idle_timeout = "3s"
        bytes_per_second_min = 4
        [[sources]]
        preset = "uk"
        "#,
    );
    let web = web(&config);
    assert!(web.user_agent.contains("Example Exchange"));
    assert_eq!(web.ca_file.as_deref(), Some(Path::new("/etc/ca.pem")));
    assert_eq!(web.limits.connect_timeout, Duration::from_secs(1));
    assert_eq!(web.limits.timeout, Duration::from_secs(2));
    assert_eq!(web.limits.idle_timeout, Duration::from_secs(3));
    assert_eq!(web.limits.bytes_per_second_min, 4);
    assert_eq!(config.feeds[0].keep_raw, 3);
}

#[test]
fn a_source_without_a_place_is_not_fetched() {
    let config = parse("[[sources]]\nid = \"ours\"\ntier = \"OPERATOR\"\n");
    assert!(config.feeds.is_empty());
    for key in [
        "files = [\"a\"]",
        "format = \"csv\"",
        "interval = \"1h\"",
        "keep_raw = 1",
        "allowed_hosts = []",
        "allow_http = true",
        "hash_url = \"https://a.org/x\"",
        "user_agent = \"x\"",
        "ca_file = \"/x\"",
        "timeout = \"1s\"",
    ] {
        let name = key.split(' ').next().expect("a key");
        let source = format!("[[sources]]\nid = \"ours\"\ntier = \"OPERATOR\"\n{key}\n");
        refused(&source, &format!("sources[0].{name}"));
    }
}

#[test]
fn files_on_this_machine_are_named_in_full() {
    let source = |lines: &str| format!("[[sources]]\nid = \"a\"\ntier = \"SANCTIONS\"\n{lines}");
    let config = parse(&source(
        "path = \"/lists\"\nfiles = [\"SDN.CSV\", \"SDN_COMMENTS.CSV\"]",
    ));
    let paths = ["/lists/SDN.CSV", "/lists/SDN_COMMENTS.CSV"].map(PathBuf::from);
    assert_eq!(config.feeds[0].place, Place::Disk(paths.to_vec()));
    assert_eq!(config.feeds[0].interval, Duration::from_mins(5));
    for (lines, key) in [
        ("path = \"lists\"", "path"),
        ("path = \"/lists\"\nfiles = []", "files"),
        ("path = \"/lists\"\nfiles = [\"../x\"]", "files"),
        ("path = \"/lists\"\nfiles = [\"/x\"]", "files"),
        ("path = \"/lists\"\nfiles = [\"\"]", "files"),
        ("path = \"/lists\"\nurl = \"https://a.org/x\"", "path"),
        ("path = \"/lists\"\nuser_agent = \"x\"", "user_agent"),
        ("url = \"https://a.org/x\"\nfiles = [\"x\"]", "files"),
    ] {
        refused(&source(lines), &format!("sources[0].{key}"));
    }
}

#[test]
fn a_wrong_source_is_told_by_its_key() {
    let source = |lines: &str| format!("[[sources]]\nid = \"a\"\ntier = \"SANCTIONS\"\n{lines}");
    for (lines, key) in [
        ("url = \"http://a.org/x\"", "url"),
        ("url = \"ftp://a.org/x\"", "url"),
        ("url = \"file:///etc/passwd\"", "url"),
        ("url = \"a.org/x\"", "url"),
        ("urls = []", "urls"),
        (
            "url = \"https://a.org\"\nurls = [\"https://a.org\"]",
            "urls",
        ),
        (
            "url = \"https://a.org\"\nhash_url = \"http://a.org/x\"",
            "hash_url",
        ),
        (
            "url = \"https://a.org\"\nallowed_hosts = [\"*.org\"]",
            "allowed_hosts",
        ),
        (
            "url = \"https://a.org\"\nuser_agent = \"a\\nb\"",
            "user_agent",
        ),
        ("url = \"https://a.org\"\nuser_agent = \"\"", "user_agent"),
        ("url = \"https://a.org\"\ninterval = \"10ms\"", "interval"),
        ("url = \"https://a.org\"\nformat = \"xml\"", "format"),
        ("preset = \"uk\"\nsigned = true", "signed"),
        ("preset = \"ofac\"", "preset"),
    ] {
        refused(&source(lines), &format!("sources[0].{key}"));
    }
    refused("[[sources]]\ntier = \"SANCTIONS\"", "sources[0].id");
    refused("[[sources]]\nid = \"a\"", "sources[0].tier");
    refused(
        "[[sources]]\npreset = \"opensanctions-jp_mof_sanctions\"",
        "sources[0].tier",
    );
    refused(
        "[[sources]]\npreset = \"uk\"\n[[sources]]\npreset = \"uk\"",
        "sources[1].id",
    );
    refused("[sync]\ntimeout = \"0s\"", "sync.timeout");
    parse(&source("url = \"http://127.0.0.1:1/x\""));
    parse(&source("url = \"http://a.org/x\"\nallow_http = true"));
}
