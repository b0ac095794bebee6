use super::*;

/// Made with minisign 0.11 over `hello, bundle\n`.
const PUBLIC: &str = "RWTdqKAhTvxgmctqNcEtcpUHfqfkPcEzNI2Jr83wp7KRUPtoG4WowAzE";
const SECRET: &str = "untrusted comment: minisign encrypted secret key
RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA3aigIU78YJn8I3qAr+1Paj/XAfQtjgeboP9aT/lur9x5ae6uNm4+SctqNcEtcpUHfqfkPcEzNI2Jr83wp7KRUPtoG4WowAzEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
";
const CONTENT: &[u8] = b"hello, bundle\n";
const MINISIG: &str = "untrusted comment: signature from minisign secret key
RUTdqKAhTvxgmXXZajHj/9uyLcuuqJS+6BPWcMqZccoAyilFekO9W+GOnEoYWaBYYXvQ618mopLHjm7pKHueTx+KLBkT4pI5cwQ=
trusted comment: trusted words
bi+SxWjp70vLF9EpPs7CHT5i9EoEUCTnCPfT0hIHsPPVb/5OWojIq+E6duW1TU+SzdOrRP4G+mS8YLqM2fmRDw==
";
/// The same, with `-l`.
const LEGACY: &str = "untrusted comment: signature from minisign secret key
RWTdqKAhTvxgmRYt0aPnIXiH3BEKQOY2eVNMm4RkgapGo4/egpfHSnVupytuYUBoUmHXhhZ8kr1leHEjXbCbfMJZjqB6MRv2BAo=
trusted comment: timestamp:1795372883\tfile:m.txt
xCAZUTwE7RL8K5/rN4XcKh/U1i/+Q/H2mLsA4DMMO7pzhru2+tZzTtZodt6DflKHzTdULbxi5qcYzEfNl/DwCA==
";

fn public() -> PublicKey {
    PUBLIC.parse().expect("a public key")
}

fn secret() -> SecretKey {
    SecretKey::parse(SECRET, None).expect("a secret key")
}

#[test]
fn what_minisign_signed_verifies() {
    let signature: Signature = MINISIG.parse().expect("reads");
    assert_eq!(signature.verify(&public(), CONTENT), Ok(()));
    assert_eq!(signature.trusted_comment(), "trusted words");
    assert_eq!(signature.to_string(), MINISIG);
}

/// Ed25519 is deterministic, so ours must be minisign's, byte for byte.
#[test]
fn what_is_signed_here_is_what_minisign_signs() {
    let ours = Signature::sign(&secret(), CONTENT, "trusted words").to_string();
    let signed = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(signed(&ours), signed(MINISIG));
}

/// Another implementation of the verifier, by minisign's author.
#[test]
fn an_independent_verifier_accepts_what_is_signed_here() {
    for content in [&b""[..], CONTENT, &[0xff; 100_000]] {
        let ours = Signature::sign(&secret(), content, "timestamp:1\tfile:manifest.json");
        let theirs = minisign_verify::Signature::decode(&ours.to_string()).expect("reads");
        let key = minisign_verify::PublicKey::from_base64(PUBLIC).expect("reads");
        key.verify(content, &theirs, false).expect("verifies");
        assert_eq!(theirs.trusted_comment(), ours.trusted_comment());
        assert!(key.verify(b"other", &theirs, false).is_err());
    }
}

/// The example of minisign-verify's documentation: the word `test`, signed
/// with minisign's published key.
#[test]
fn a_published_vector_verifies() {
    let key: PublicKey = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"
        .parse()
        .expect("a key");
    let signature: Signature = "untrusted comment: signature from minisign secret key
RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=
trusted comment: timestamp:1556193335\tfile:test
y/rUw2y8/hOUYjZU71eHp/Wo1KZ40fGy2VJEDl34XMJM+TX48Ss/17u3IvIfbVR1FkZZSNCisQbuQY+bHwhEBg==
"
    .parse()
    .expect("reads");
    assert_eq!(signature.verify(&key, b"test"), Ok(()));
    assert_eq!(
        signature.verify(&key, b"Test"),
        Err(SignatureError::Content(key.id()))
    );
}

#[test]
fn the_older_kind_is_refused_by_name() {
    assert_eq!(
        LEGACY.parse::<Signature>(),
        Err(SignatureError::NotPrehashed)
    );
}

#[test]
fn another_key_or_content_or_comment_is_refused() {
    let signature: Signature = MINISIG.parse().expect("reads");
    let id = public().id();
    assert_eq!(
        signature.verify(&public(), b"hello, bundle"),
        Err(SignatureError::Content(id))
    );
    let mut other = signature.clone();
    other.trusted_comment.push('!');
    assert_eq!(
        other.verify(&public(), CONTENT),
        Err(SignatureError::Comment(id))
    );
    let stranger = SecretKey::generate().expect("random numbers").public();
    assert!(matches!(
        signature.verify(&stranger, CONTENT),
        Err(SignatureError::OtherKey { .. })
    ));
    // A key that claims the same id.
    let impostor = PublicKey { id, ..stranger };
    assert_eq!(
        signature.verify(&impostor, CONTENT),
        Err(SignatureError::Content(id))
    );
}

#[test]
fn every_flipped_bit_but_those_of_the_untrusted_comment_is_refused() {
    let untrusted = UNTRUSTED.len()..MINISIG.find('\n').expect("lines");
    for index in 0..MINISIG.len() {
        for bit in 0..8 {
            let mut bytes = MINISIG.as_bytes().to_vec();
            bytes[index] ^= 1 << bit;
            let Ok(text) = String::from_utf8(bytes) else {
                continue;
            };
            let holds = text
                .parse::<Signature>()
                .is_ok_and(|signature| signature.verify(&public(), CONTENT).is_ok());
            // A comment with a newline in it is no longer one line.
            let is_comment = untrusted.contains(&index) && text.lines().count() == 4;
            assert_eq!(holds, is_comment, "byte {index}, bit {bit}");
        }
    }
}

#[test]
fn a_cut_signature_is_refused() {
    for length in 0..MINISIG.len() {
        assert!(MINISIG[..length].parse::<Signature>().is_err(), "{length}");
    }
    assert!(format!("{MINISIG}\n").parse::<Signature>().is_err());
}
