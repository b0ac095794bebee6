use super::*;

/// The example of Go's `sumdb/note`.
const SIGNER: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n";
const SIGNED: &str = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const ALSO_SIGNED: &str = "\u{2014} EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

/// The example of the C2SP specification.
const SPEC_VERIFIER: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const SPEC_NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

fn signer() -> SignerKey {
    SignerKey::from_text(SIGNER).expect("works")
}

#[test]
fn keys_and_signatures_are_byte_for_byte_those_of_the_published_examples() {
    let signer = signer();
    assert_eq!(signer.to_text().as_str(), SIGNER);
    assert_eq!(signer.verifier().to_string(), VERIFIER);
    let note = signer.sign(TEXT.to_owned());
    assert_eq!(note.to_string(), format!("{TEXT}\n{SIGNED}"));

    let key: VerifierKey = SPEC_VERIFIER.parse().expect("works");
    assert_eq!(key.to_string(), SPEC_VERIFIER);
    let note: SignedNote = SPEC_NOTE.parse().expect("works");
    assert_eq!(note.verify(&key), Ok(()));
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(note.to_string(), SPEC_NOTE);
}

#[test]
fn signatures_of_other_keys_are_passed_over_and_kept() {
    let both = format!("{TEXT}\n{ALSO_SIGNED}{SIGNED}");
    let note: SignedNote = both.parse().expect("works");
    let key: VerifierKey = VERIFIER.parse().expect("works");
    assert_eq!(note.verify(&key), Ok(()));
    assert_eq!(note.to_string(), both);
    let alone: SignedNote = format!("{TEXT}\n{ALSO_SIGNED}").parse().expect("works");
    assert_eq!(
        alone.verify(&key),
        Err(NoteError::NotSigned(VERIFIER.to_owned()))
    );
}

#[test]
fn a_false_signature_is_not_outweighed_by_a_true_one() {
    let key: VerifierKey = VERIFIER.parse().expect("works");
    let forged = SIGNED.replace("ZJkuBS", "ZJkuBT");
    for lines in [
        forged.clone(),
        format!("{forged}{SIGNED}"),
        format!("{SIGNED}{forged}"),
    ] {
        let note: SignedNote = format!("{TEXT}\n{lines}").parse().expect("works");
        assert_eq!(
            note.verify(&key),
            Err(NoteError::Forged(VERIFIER.to_owned()))
        );
    }
}

#[test]
fn no_byte_of_a_note_or_a_key_can_change() {
    let key: VerifierKey = VERIFIER.parse().expect("works");
    let note = format!("{TEXT}\n{SIGNED}");
    for at in 0..note.len() {
        for flip in [1, 2, 0x20, 0x80] {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= flip;
            let holds = String::from_utf8(bytes)
                .ok()
                .and_then(|note| note.parse::<SignedNote>().ok())
                .is_some_and(|note| note.verify(&key).is_ok());
            assert!(!holds, "byte {at}");
        }
    }
    for (text, reads) in [
        (
            VERIFIER,
            (|text: &str| text.parse::<VerifierKey>().is_ok()) as fn(&str) -> bool,
        ),
        (SIGNER, |text| SignerKey::from_text(text).is_ok()),
    ] {
        assert!(reads(text));
        for at in 0..text.len() {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = bytes[at].wrapping_add(1);
            assert!(
                !reads(&String::from_utf8(bytes).expect("works")),
                "byte {at}"
            );
            assert!(
                !reads(&text[..at]) && !reads(&text[at + 1..]),
                "cut at {at}"
            );
        }
    }
}

#[test]
fn what_is_no_note_is_refused() {
    for note in [
        "",
        "\n",
        "text\n",
        "text\n\n",
        "text\n\nunsigned\n",
        "text\n\n\u{2014} name\n",
        "text\n\n\u{2014} name AAAA\n",
        "text\n\n\u{2014} na+me AAAAAAAA\n",
        "text\n\n\u{2014} name AAAAAAAA",
        "te\txt\n\n\u{2014} name AAAAAAAA\n",
    ] {
        assert!(note.parse::<SignedNote>().is_err(), "{note:?}");
    }
    let many = "\u{2014} name AAAAAAAA\n".repeat(SIGNATURES_MAX + 1);
    assert!(format!("text\n\n{many}").parse::<SignedNote>().is_err());
    let long = format!("{}\n\n\u{2014} name AAAAAAAA\n", "x".repeat(NOTE_BYTES_MAX));
    assert!(long.parse::<SignedNote>().is_err());
}

#[test]
fn keys_of_other_kinds_are_refused() {
    for (text, error) in [
        // As in Go's tests: a wrong length and an unknown algorithm, each
        // with the hash that fits.
        (
            "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
            KeyError::Shape,
        ),
        (
            "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            KeyError::Algorithm,
        ),
        ("one line", KeyError::Shape),
    ] {
        assert_eq!(text.parse::<VerifierKey>(), Err(error), "{text}");
    }
    assert!(matches!(
        SignerKey::new("two words", &[1; 32]),
        Err(KeyError::Name(_))
    ));
}

#[test]
fn a_secret_key_is_not_shown() {
    let shown = format!("{:?}", signer());
    assert!(
        !shown.contains("AYEKFALV") && !shown.contains("810a1402"),
        "{shown}"
    );
}
