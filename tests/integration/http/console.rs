//! The console's files, as a browser gets them.

use super::super::harness::Daemon;
use super::{ask, get};

#[test]
fn the_console_is_served_with_a_policy_that_lets_nothing_in() {
    let daemon = Daemon::with_bundled_lists().start();
    let page = get(&daemon, "/");
    assert_eq!(page.status, 200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let policy = page.header("content-security-policy").expect("a policy");
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "form-action 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(policy.contains(rule), "{rule}: {policy}");
    }
    assert!(!policy.contains("unsafe"));
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-cache"),
    ] {
        assert_eq!(page.header(name), Some(value), "{name}");
    }
    assert!(page.header("access-control-allow-origin").is_none());
    assert!(page.header("permissions-policy").is_some());

    let text = page.text();
    let assets = text.split('"').filter(|word| word.starts_with("/assets/"));
    let mut count = 0;
    for path in assets {
        let asset = get(&daemon, path);
        assert_eq!(asset.status, 200, "{path}");
        let kind = asset.header("content-type").expect("a type");
        let expected = match path.rsplit_once('.').expect("an ending").1 {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            other => panic!("{other} is new"),
        };
        assert_eq!(kind, expected, "{path}");
        count += 1;
    }
    assert!(count >= 2, "a page has a style and a script");
}

#[test]
fn a_file_that_did_not_change_is_not_sent_again() {
    let daemon = Daemon::with_bundled_lists().start();
    let first = get(&daemon, "/");
    let tag = first.header("etag").expect("a tag").to_owned();
    let again = ask(&daemon, ("GET", "/"), &[("If-None-Match", &tag)], None);
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert!(again.header("content-security-policy").is_some());
    let weak = format!("\"other\", W/{tag}");
    let again = ask(&daemon, ("GET", "/"), &[("If-None-Match", &weak)], None);
    assert_eq!(again.status, 304);
    let other = ask(&daemon, ("GET", "/"), &[("If-None-Match", "\"x\"")], None);
    assert_eq!((other.status, other.body), (200, first.body));
    let head = ask(&daemon, ("HEAD", "/"), &[], None);
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("etag"), Some(tag.as_str()));
}

#[test]
fn nothing_but_the_files_is_served() {
    let daemon = Daemon::with_bundled_lists().start();
    for path in [
        "/index.html",
        "/assets/",
        "/assets/none.js",
        "/assets/../index.html",
        "/assets/..%2findex.html",
        "/%2e%2e/Cargo.toml",
        "//etc/passwd",
        "/etc/passwd",
        "/assets/main.js/",
    ] {
        assert_eq!(get(&daemon, path).status, 404, "{path}");
    }
}
