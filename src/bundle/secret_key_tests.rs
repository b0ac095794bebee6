use super::*;

/// Made with minisign 0.11 and the password `correct horse`, at minisign's
/// own cost.
const ENCRYPTED: &str = "untrusted comment: minisign encrypted secret key
RWRTY0Iyq6LlBUntefruGj8+JFVaoTWj3lTWx8OwmvOJkdYakKkAAAACAAAAAAAAAEAAAAAA7LfkHFFvLEWVoj5Za5XZGBjVzVEoE3Xt8lxO6hH6Lavzx3JxHnngEiq8RMyG89vLxfn6gZJaYaWmmKMMufWvH0fvT/7/8glcTO/0C0Rm+26HQ2xWlrU6kbpjWw7cxAEZFf4BoBc+TXc=
";
const PUBLIC_OF_ENCRYPTED: &str = "RWQulY6vjg5PX7P08lF1yAc9Ob27ecF3hU1w0vELDMGLGcXBuQi600v2";

#[test]
fn a_key_that_minisign_encrypted_opens_with_its_password() {
    let key = SecretKey::parse(ENCRYPTED, Some(b"correct horse")).expect("opens");
    assert_eq!(key.public().to_string(), PUBLIC_OF_ENCRYPTED);
    let missing = SecretKey::parse(ENCRYPTED, None).expect_err("needs one");
    assert_eq!(missing, SecretKeyError::PasswordNeeded);
}

#[test]
fn a_key_round_trips_with_and_without_a_password() {
    let key = SecretKey::generate().expect("random numbers");
    for password in [None, Some(&b"battery staple"[..])] {
        let text = key.to_text(password).expect("written");
        let again = SecretKey::parse(&text, password).expect("read");
        assert_eq!(again.public(), key.public());
        assert_eq!(again.key.to_bytes(), key.key.to_bytes());
    }
    let text = key.to_text(Some(b"battery staple")).expect("written");
    let wrong = SecretKey::parse(&text, Some(b"staple battery")).expect_err("is wrong");
    assert_eq!(wrong, SecretKeyError::PasswordWrong);
}

#[test]
fn no_two_keys_are_the_same() {
    let one = SecretKey::generate().expect("random numbers");
    let other = SecretKey::generate().expect("random numbers");
    assert_ne!(one.public(), other.public());
    assert_ne!(one.id, other.id);
}

#[test]
fn a_damaged_key_is_refused() {
    let key = SecretKey::generate().expect("random numbers");
    let text = key.to_text(None).expect("written");
    let line = text.lines().nth(1).expect("two lines");
    let whole = BASE64.decode(line.as_bytes()).expect("base64");
    for index in 0..whole.len() {
        // Of an unencrypted key, salt and limits mean nothing.
        if (6..SEALED_AT).contains(&index) {
            continue;
        }
        let mut bytes = whole.clone();
        bytes[index] ^= 1;
        let text = format!("{UNTRUSTED}x\n{}\n", BASE64.encode(&bytes));
        assert!(SecretKey::parse(&text, None).is_err(), "byte {index}");
    }
    for length in 0..whole.len() {
        let text = format!("{UNTRUSTED}x\n{}\n", BASE64.encode(&whole[..length]));
        assert!(SecretKey::parse(&text, None).is_err(), "{length} bytes");
    }
}

#[test]
fn a_key_that_asks_for_too_much_is_refused_at_once() {
    let key = SecretKey::generate().expect("random numbers");
    let text = key.to_text(Some(b"x")).expect("written");
    let line = text.lines().nth(1).expect("two lines");
    for at in [38, 46] {
        let mut bytes = BASE64.decode(line.as_bytes()).expect("base64");
        bytes[at..at + 8].copy_from_slice(&(1_u64 << 31).to_le_bytes());
        let text = format!("{UNTRUSTED}x\n{}\n", BASE64.encode(&bytes));
        let refused = SecretKey::parse(&text, Some(b"x")).expect_err("refused");
        assert_eq!(refused, SecretKeyError::TooCostly);
    }
}

#[test]
fn a_secret_is_not_in_what_debugging_prints() {
    let key = SecretKey::generate().expect("random numbers");
    assert_eq!(format!("{key:?}"), format!("SecretKey({})", key.id));
}
