//! Who may ask over HTTP: the same as over gRPC.

use serde_json::json;

use interdict::access::{ApiKey, Role};

use super::super::harness::Daemon;
use super::{Answer, RONIN, ask, get};

/// What each route asks for. `None`: anybody, without any credentials.
const ROUTES: [(&str, &str, &[Role]); 19] = {
    use Role::{AuditRead, Rescreen, Screen};
    [
        ("GET", "/v1/addresses/RONIN", &[Screen]),
        ("POST", "/v1/screenings", &[Screen]),
        ("POST", "/v1/explanations", &[Screen]),
        ("GET", "/api/v1/address/RONIN", &[Screen]),
        ("GET", "/v1/addresses/RONIN/history", &Role::ALL),
        ("POST", "/v1/histories", &Role::ALL),
        ("GET", "/v1/sources", &Role::ALL),
        ("GET", "/v1/generations", &Role::ALL),
        ("GET", "/v1/generations/0/difference/1?limit=1", &Role::ALL),
        ("GET", "/v1/incidents", &Role::ALL),
        ("GET", "/v1/incidents/none", &Role::ALL),
        ("GET", "/v1/status", &Role::ALL),
        ("GET", "/v1/alerts", &[Rescreen]),
        ("POST", "/v1/alerts/acknowledgements", &[Rescreen]),
        ("GET", "/v1/portfolios", &[Rescreen]),
        ("GET", "/v1/records", &[AuditRead]),
        (
            "GET",
            "/v1/records/00000000-0000-0000-0000-000000000000",
            &[AuditRead],
        ),
        (
            "GET",
            "/v1/records/00000000-0000-0000-0000-000000000000/receipt",
            &[AuditRead],
        ),
        ("GET", "/v1/rescreens", &[AuditRead]),
    ]
};

fn asked(daemon: &Daemon, (method, path): (&str, &str), credentials: &[(&str, &str)]) -> Answer {
    let path = path.replace("RONIN", RONIN);
    let mut headers = credentials.to_vec();
    let body = json!({ "address": RONIN }).to_string();
    let body = match path.as_str() {
        "/v1/explanations" => json!({ "text": RONIN }).to_string(),
        "/v1/alerts/acknowledgements" => json!({}).to_string(),
        _ => body,
    };
    let body = (method == "POST").then(|| {
        headers.push(("Content-Type", "application/json"));
        body.as_bytes()
    });
    ask(daemon, (method, &path), &headers, body)
}

#[test]
fn every_route_asks_for_its_role_and_takes_no_other() {
    let keys = Role::ALL.map(|role| (role, ApiKey::generate().expect("randomness")));
    let config: String = keys
        .iter()
        .map(|(role, key)| {
            let hash = key.hash();
            format!("[[access.keys]]\nname = \"{role}\"\nhash = \"{hash}\"\nroles = [\"{role}\"]\n")
        })
        .collect();
    let daemon = Daemon::with_bundled_lists().config(&config).start();
    let unknown = ApiKey::generate().expect("randomness");
    for (method, path, roles) in ROUTES {
        let route = (method, path);
        let (code, _) = asked(&daemon, route, &[]).refused(401);
        assert_eq!(code, "UNAUTHENTICATED", "{path}");
        for wrong in ["", "x", "ik_", unknown.reveal()] {
            let bearer = format!("Bearer {wrong}");
            let answer = asked(&daemon, route, &[("Authorization", &bearer)]);
            assert_eq!(answer.status, 401, "{path} with a wrong key");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            let answer = asked(&daemon, route, &[("X-API-Key", wrong)]);
            assert_eq!(answer.status, 401, "{path} with a wrong key");
        }
        for (role, key) in &keys {
            let bearer = format!("Bearer {}", key.reveal());
            for credentials in [
                ("Authorization", bearer.as_str()),
                ("X-API-Key", key.reveal()),
            ] {
                let answer = asked(&daemon, route, &[credentials]);
                match roles.contains(role) {
                    true => assert!(!matches!(answer.status, 401 | 403), "{path} as {role}"),
                    false => {
                        let (code, message) = answer.refused(403);
                        assert_eq!(code, "PERMISSION_DENIED", "{path} as {role}");
                        assert!(message.contains(roles[0].name()), "{message}");
                    }
                }
            }
        }
    }
    // What holds no data is there for everybody, or nobody could sign in.
    for path in ["/", "/v1/openapi.json"] {
        assert_eq!(get(&daemon, path).status, 200, "{path}");
    }
    let logs = daemon.logs();
    for (_, key) in &keys {
        assert!(!logs.contains(key.reveal()));
    }
}

#[test]
fn whoever_asks_is_told_who_that_is_and_is_in_the_log_by_that_name() {
    let key = ApiKey::generate().expect("randomness");
    let config = format!(
        "[[access.keys]]\nname = \"officer\"\nhash = \"{}\"\nroles = [\"screen\", \"audit-read\"]\n",
        key.hash()
    );
    let daemon = Daemon::with_bundled_lists().config(&config).start();
    let credentials = [("X-API-Key", key.reveal())];
    let status = ask(&daemon, ("GET", "/v1/status"), &credentials, None).ok();
    assert_eq!(
        status["caller"],
        json!({ "name": "officer", "roles": ["screen", "audit-read"] })
    );
    let path = format!("/api/v1/address/{RONIN}");
    ask(&daemon, ("GET", &path), &credentials, None).ok();
    let records = ask(
        &daemon,
        ("GET", "/v1/records?hits_only=true"),
        &credentials,
        None,
    )
    .ok();
    assert_eq!(records["records"][0]["caller"], "officer@127.0.0.1");
}

/// A caller that is known by a key may come by any name of the daemon's.
#[test]
fn a_key_that_holds_needs_no_known_name_and_one_that_does_not_gets_nothing() {
    let key = ApiKey::generate().expect("randomness");
    let config = format!(
        "[[access.keys]]\nname = \"officer\"\nhash = \"{}\"\nroles = [\"screen\"]\n",
        key.hash()
    );
    let daemon = Daemon::with_bundled_lists().config(&config).start();
    let host = ("Host", "interdict.internal");
    let held = [host, ("X-API-Key", key.reveal())];
    assert_eq!(ask(&daemon, ("GET", "/v1/status"), &held, None).status, 200);
    let other = [host, ("X-API-Key", "ik_0000000000_nothing")];
    assert_eq!(
        ask(&daemon, ("GET", "/v1/status"), &other, None).status,
        401
    );
    assert_eq!(
        ask(&daemon, ("GET", "/v1/status"), &[host], None).status,
        421
    );
}

#[test]
fn whoever_asks_too_much_is_told_when_to_come_again() {
    let key = ApiKey::generate().expect("randomness");
    let config = format!(
        "[[access.keys]]\nname = \"eager\"\nhash = \"{}\"\nroles = [\"screen\"]\nquota = {{ calls_per_second = 2 }}\n",
        key.hash()
    );
    let daemon = Daemon::with_bundled_lists().config(&config).start();
    let credentials = [("X-API-Key", key.reveal())];
    let mut answers = (0..20).map(|_| ask(&daemon, ("GET", "/v1/sources"), &credentials, None));
    let refused = answers
        .find(|answer| answer.status != 200)
        .expect("twenty are too many");
    assert_eq!(refused.refused(429).0, "RESOURCE_EXHAUSTED");
    assert!(
        refused.json()["error"]["retry_after_ms"]
            .as_u64()
            .is_some_and(|ms| ms <= 1_000)
    );
    assert_eq!(refused.header("retry-after"), Some("1"));
}
