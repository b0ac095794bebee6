//! Nothing in a bundle can be changed, added, dropped, swapped or cut
//! unnoticed.

use std::io::Cursor;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::manifest::tests::manifest_of;
use super::*;

type Bytes = Cursor<Vec<u8>>;

pub(super) fn secret(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32], KeyId([number; 8]))
}

pub(super) fn now() -> Timestamp {
    "2026-11-23T00:00:00Z".parse().expect("an instant")
}

/// What the parts of a made bundle hold: small, and different for each.
fn content(id: &str) -> Vec<u8> {
    format!("the entries of {id}").repeat(3).into_bytes()
}

/// A manifest whose parts are [`content`].
pub(super) fn manifest(ids: &[&str]) -> Manifest {
    let mut manifest = manifest_of(ids);
    for source in &mut manifest.sources {
        let content = content(source.id.as_str());
        source.part.bytes = content.len() as u64;
        source.part.blake3 = Digest(*blake3::hash(&content).as_bytes());
        source.part.sha256 = Digest(Sha256::digest(&content).into());
    }
    manifest
}

/// Writes a bundle with the parts that `content_of` gives.
fn write(
    manifest: &Manifest,
    signature: Option<&Signature>,
    content_of: impl Fn(&str) -> Vec<u8>,
) -> Vec<u8> {
    let output = Cursor::new(Vec::new());
    let mut writer = ArchiveWriter::begin(output, manifest, signature).expect("begun");
    for source in &manifest.sources {
        let content = content_of(source.id.as_str());
        writer.part(source, content.as_slice()).expect("written");
    }
    writer.finish().expect("written").into_inner()
}

fn signed_by(key: &SecretKey, manifest: &Manifest) -> Vec<u8> {
    let text = manifest.to_text();
    let signature = Signature::sign(key, text.as_bytes(), "timestamp:1\tfile:manifest.json");
    write(manifest, Some(&signature), content)
}

pub(super) fn open(bytes: &[u8]) -> Result<Archive<Bytes>, ArchiveError> {
    Archive::open(Cursor::new(bytes.to_vec()))
}

pub(super) fn policy(keys: &[&SecretKey]) -> TrustPolicy {
    let trusted = |key: &&SecretKey| TrustedKey {
        key: key.public(),
        sources: None,
        comment: None,
    };
    TrustPolicy {
        keys: keys.iter().map(trusted).collect(),
        overrides: false,
    }
}

pub(super) fn made(key: &SecretKey, manifest: &Manifest) -> Archive<Bytes> {
    open(&signed_by(key, manifest)).expect("opens")
}

/// All that stands between a file and its import.
fn passes(bytes: &[u8]) -> Result<(), String> {
    let mut archive = open(bytes).map_err(|error| format!("{error:?}"))?;
    policy(&[&secret(1)])
        .judge(&archive, &Ledger::default(), now(), None)
        .map_err(|refusal| refusal.to_string())?;
    archive.check_parts().map_err(|error| format!("{error:?}"))
}

#[test]
fn a_bundle_made_here_passes_and_gives_its_parts_back() {
    let manifest = manifest(&["a", "b"]);
    let bytes = signed_by(&secret(1), &manifest);
    assert_eq!(passes(&bytes), Ok(()));
    assert_eq!(bytes, signed_by(&secret(1), &manifest), "not deterministic");
    let mut archive = open(&bytes).expect("opens");
    assert_eq!(*archive.manifest(), manifest);
    for source in &manifest.sources {
        let mut part = Vec::new();
        archive.extract(source, &mut part).expect("extracted");
        assert_eq!(part, content(source.id.as_str()));
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    let whole = signed_by(&secret(1), &manifest(&["a"]));
    for index in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[index] ^= 1 << bit;
            assert!(passes(&bytes).is_err(), "byte {index}, bit {bit}");
        }
    }
}

/// As somebody would who knows zip: the checksums are made good again.
#[test]
fn every_flipped_byte_of_a_member_is_refused_whatever_the_checksums_say() {
    let manifest = manifest(&["a"]);
    let text = manifest.to_text();
    let signature = Signature::sign(&secret(1), text.as_bytes(), "words").to_string();
    let part = content("a");
    let rebuilt = |members: [&[u8]; 3]| {
        let names = [
            "manifest.json",
            "manifest.json.minisig",
            "parts/a.ndjson.zst",
        ];
        let mut writer = container::Writer::new(Cursor::new(Vec::new()));
        for (name, content) in names.iter().zip(members) {
            writer.add(name, content).expect("written");
        }
        writer.finish().expect("written").into_inner()
    };
    let whole: [&[u8]; 3] = [text.as_bytes(), signature.as_bytes(), &part];
    assert_eq!(passes(&rebuilt(whole)), Ok(()));
    for member in 0..3 {
        for index in 0..whole[member].len() {
            let mut changed = whole[member].to_vec();
            changed[index] ^= 1;
            let mut members = whole;
            members[member] = &changed;
            assert!(
                passes(&rebuilt(members)).is_err(),
                "member {member}, byte {index}"
            );
        }
    }
}

#[test]
fn a_bundle_cut_anywhere_is_refused() {
    let whole = signed_by(&secret(1), &manifest(&["a", "b"]));
    for length in 0..whole.len() {
        assert!(passes(&whole[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn swapped_parts_are_refused() {
    let manifest = manifest(&["a", "b"]);
    let text = manifest.to_text();
    let signature = Signature::sign(&secret(1), text.as_bytes(), "words");
    let swapped = write(&manifest, Some(&signature), |id| {
        content(if id == "a" { "b" } else { "a" })
    });
    let refused = passes(&swapped).expect_err("refused");
    assert!(refused.contains("BLAKE3"), "{refused}");
}

/// Writes members as given, whatever a manifest says.
fn put_together(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = container::Writer::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        writer.add(name, *content).expect("written");
    }
    writer.finish().expect("written").into_inner()
}

#[test]
fn members_dropped_added_renamed_or_in_another_order_are_refused() {
    let text = manifest(&["a", "b"]).to_text();
    let signature = Signature::sign(&secret(1), text.as_bytes(), "words").to_string();
    let (a, b) = (content("a"), content("b"));
    let head: [(&str, &[u8]); 2] = [
        ("manifest.json", text.as_bytes()),
        ("manifest.json.minisig", signature.as_bytes()),
    ];
    let part_a: (&str, &[u8]) = ("parts/a.ndjson.zst", &a);
    let part_b: (&str, &[u8]) = ("parts/b.ndjson.zst", &b);
    let with = |parts: &[(&str, &[u8])]| passes(&put_together(&[&head[..], parts].concat()));
    assert_eq!(with(&[part_a, part_b]), Ok(()));
    for parts in [
        &[part_a][..],
        &[part_b],
        &[],
        &[part_b, part_a],
        &[part_a, part_a],
        &[part_a, part_b, part_b],
        &[part_a, part_b, ("parts/c.ndjson.zst", &a)],
        &[part_a, part_b, ("readme", b"")],
        &[part_a, ("parts/c.ndjson.zst", &b)],
        &[part_a, ("../../etc/passwd", &b)],
        &[head[1], part_a, part_b],
    ] {
        let refused = with(parts).expect_err("refused");
        assert!(refused.contains("Members"), "{refused}");
    }
    for members in [
        &[head[1], head[0], part_a, part_b][..],
        &[part_a, part_b],
        &[head[0], head[0], part_a, part_b],
        &[],
    ] {
        assert!(passes(&put_together(members)).is_err());
    }
}

#[test]
fn the_manifest_or_the_signature_of_another_bundle_is_refused() {
    let (one, mut other) = (manifest(&["a"]), manifest(&["a"]));
    other.sequence = 13;
    let signature =
        |manifest: &Manifest| Signature::sign(&secret(1), manifest.to_text().as_bytes(), "words");
    assert_eq!(
        passes(&write(&one, Some(&signature(&one)), content)),
        Ok(())
    );
    let refused = passes(&write(&one, Some(&signature(&other)), content)).expect_err("refused");
    assert!(refused.contains("damaged or forged"), "{refused}");
}

#[test]
fn a_signature_with_another_untrusted_comment_is_refused() {
    let manifest = manifest(&["a"]);
    let mut signature = Signature::sign(&secret(1), manifest.to_text().as_bytes(), "words");
    signature.untrusted_comment = "anything".to_owned();
    let refused = passes(&write(&manifest, Some(&signature), content)).expect_err("refused");
    assert!(refused.contains("untrusted comment"), "{refused}");
}

#[test]
fn a_part_longer_or_shorter_than_said_is_not_even_written() {
    let manifest = manifest(&["a"]);
    for content in [&content("a")[1..], &[content("a"), vec![0]].concat()] {
        let output = Cursor::new(Vec::new());
        let mut writer = ArchiveWriter::begin(output, &manifest, None).expect("begun");
        let refused = writer
            .part(&manifest.sources[0], content)
            .expect_err("refused");
        assert!(
            matches!(refused, ArchiveError::Part { what: "length", .. }),
            "{refused}"
        );
    }
}
