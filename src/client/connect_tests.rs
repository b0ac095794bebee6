use super::*;

const KEY: &str = "ik_9f3c2a_c2VjcmV0LW9mLXRoZS10ZXN0";

fn with_key(url: &str) -> Target {
    Target {
        api_key: Some(ApiKey::new(KEY).expect("a key")),
        ..Target::at(url)
    }
}

#[test]
fn a_key_goes_to_another_machine_over_tls_only() {
    let refused = |url: &str| {
        let made = with_key(url).endpoint();
        matches!(made, Err(ConnectError::KeyInClear { .. }))
    };
    for clear in [
        "http://10.0.0.7:50051",
        "10.0.0.7:50051",
        "http://interdict:50051",
        "http://localhost.example.org:1",
        "http://[2001:db8::1]:50051",
    ] {
        assert!(refused(clear), "{clear}");
        let in_words = Target {
            key_in_clear: true,
            ..with_key(clear)
        };
        assert!(in_words.endpoint().is_ok(), "{clear}");
    }
    for safe in [
        "http://127.0.0.1:50051",
        "http://[::1]:50051",
        "localhost:50051",
        "unix:/run/interdict/admin.sock",
        "unix:///run/interdict/admin.sock",
    ] {
        assert!(with_key(safe).endpoint().is_ok(), "{safe}");
    }
}

#[test]
fn what_is_no_url_says_what_one_is() {
    for bad in ["", "ftp://127.0.0.1:1", "http://", "a b", "unix"] {
        let error = Target::at(bad).endpoint().err();
        // A bare word is a host name.
        assert_eq!(error.is_none(), bad == "unix", "{bad:?}: {error:?}");
        if let Some(error) = error {
            assert!(error.to_string().contains(DEFAULT_URL), "{error}");
        }
    }
}

#[test]
fn certificates_without_tls_are_a_mistake_that_is_told() {
    let target = Target {
        ca: Some(b"-----BEGIN".to_vec()),
        ..Target::at("http://127.0.0.1:50051")
    };
    let error = target.endpoint().expect_err("they would not be used");
    assert!(matches!(error, ConnectError::CertificatesUnused { .. }));
}

#[test]
fn a_key_is_never_shown_and_a_wrong_one_not_repeated() {
    let target = Target {
        identity: Some(ClientIdentity {
            certificate: b"certificate".to_vec(),
            key: Zeroizing::new(b"private".to_vec()),
        }),
        ..with_key("https://interdict.example")
    };
    let shown = format!("{target:?} {:?}", target.with_key_for_tests());
    assert!(
        !shown.contains("c2VjcmV0") && !shown.contains("9f3c2a"),
        "{shown}"
    );
    assert!(!shown.contains("112, 114, 105"), "{shown}");
    for bad in [
        "",
        "ik_",
        "ik_a",
        "ik_a_",
        "xx_a_b",
        "ik_a_b c",
        "ik_a_ü",
        "ik_a_b\nc",
    ] {
        assert_eq!(ApiKey::new(bad).expect_err("no key"), NoApiKey, "{bad:?}");
    }
    assert!(ApiKey::new(&format!(" {KEY}\n")).is_ok());
}

impl Target {
    fn with_key_for_tests(&self) -> WithKey {
        WithKey {
            key: self.api_key.clone(),
        }
    }
}

#[test]
fn the_key_is_a_bearer_token_of_every_call() {
    let mut adds = with_key("https://interdict.example").with_key_for_tests();
    let request = adds.call(Request::new(())).expect("it is sent");
    let header = request
        .metadata()
        .get("authorization")
        .expect("it is there");
    assert_eq!(header, format!("Bearer {KEY}").as_str());
    assert!(header.is_sensitive());
    let mut adds = WithKey::default();
    let request = adds.call(Request::new(())).expect("it is sent");
    assert!(request.metadata().is_empty());
}
