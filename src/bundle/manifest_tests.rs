use super::*;

/// A manifest of one source for each id.
pub(in super::super) fn manifest_of(ids: &[&str]) -> Manifest {
    let at = |text: &str| text.parse().expect("an instant");
    let sources = ids.iter().map(|id| {
        let id: SourceId = id.parse().expect("an id");
        BundleSource {
            tier: Tier::Sanctions,
            publication: Digest([1; 32]),
            format: "ofac-xml".to_owned(),
            category: Category::Sanctions,
            reading_rules: 3,
            published_on: Some(jiff::civil::date(2026, 11, 20)),
            retrieved_at: at("2026-11-21T08:00:00Z"),
            held_since: at("2026-01-01T00:00:00Z"),
            bundled: false,
            incomplete: false,
            licence: Some("public domain".to_owned()),
            entries: 2,
            rows: 3,
            rows_digest: Digest([2; 32]),
            part: Part {
                name: part_name(&id),
                bytes: 10,
                blake3: Digest([3; 32]),
                sha256: Digest([4; 32]),
            },
            id,
        }
    });
    Manifest {
        format: Format,
        kind: if ids.len() == 1 {
            BundleKind::Source
        } else {
            BundleKind::Generation
        },
        origin: OriginId([5; 16]),
        sequence: 12,
        generation_digest: Digest([6; 32]),
        created_at: at("2026-11-22T09:00:00Z"),
        expires_at: at("2026-11-29T09:00:00Z"),
        previous: None,
        key_rules: 7,
        sources: sources.collect(),
    }
}

#[test]
fn a_manifest_round_trips_as_the_same_bytes() {
    for mut manifest in [manifest_of(&["a"]), manifest_of(&["a", "b", "c-1"])] {
        for previous in [None, Some(Digest([9; 32]))] {
            manifest.previous = previous;
            manifest.sources[0].licence = None;
            manifest.sources[0].published_on = None;
            let text = manifest.to_text();
            assert_eq!(Manifest::parse(text.as_bytes()), Ok(manifest.clone()));
            assert!(
                text.ends_with("}\n")
                    && text.starts_with("{\n  \"format\": \"interdict bundle 1\"")
            );
        }
    }
}

#[test]
fn the_same_words_in_other_bytes_are_refused() {
    let text = manifest_of(&["a"]).to_text();
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    for other in [
        value.to_string(),
        text.trim_end().to_owned(),
        format!("{text}\n"),
        format!(" {text}"),
        text.replace("\"sequence\": 12", "\"sequence\":  12"),
        text.replace("SANCTIONS", "sanctions"),
        text.replace(&"06".repeat(32), &format!("0x{}", "06".repeat(32))),
        text.replace("2026-11-22T09:00:00Z", "2026-11-22T10:00:00+01:00"),
    ] {
        assert_ne!(other, text);
        assert!(Manifest::parse(other.as_bytes()).is_err(), "{other}");
    }
}

#[test]
fn a_field_twice_missing_or_unknown_is_refused() {
    let text = manifest_of(&["a"]).to_text();
    let twice = text.replace(
        "\"sequence\": 12,",
        "\"sequence\": 12,\n  \"sequence\": 12,",
    );
    let unknown = text.replace("\"sequence\": 12,", "\"sequence\": 12,\n  \"sequel\": 12,");
    let missing = text.replace("  \"sequence\": 12,\n", "");
    for other in [twice, unknown, missing] {
        let refused = Manifest::parse(other.as_bytes()).expect_err("refused");
        assert!(matches!(refused, ManifestError::Json(_)), "{refused}");
    }
}

#[test]
fn a_later_format_is_told_from_damage() {
    let text = manifest_of(&["a"]).to_text();
    let later = text
        .replace("interdict bundle 1", "interdict bundle 2")
        .replace("\"sequence\": 12,", "\"sequel\": 12,");
    assert_eq!(
        Manifest::parse(later.as_bytes()),
        Err(ManifestError::Format)
    );
}

#[test]
fn a_manifest_that_contradicts_itself_is_refused() {
    type Change = fn(&mut Manifest);
    let changes: [Change; 8] = [
        |manifest| manifest.sequence = 0,
        |manifest| manifest.expires_at = manifest.created_at,
        |manifest| manifest.sources.clear(),
        |manifest| manifest.kind = BundleKind::Source,
        |manifest| manifest.sources.swap(0, 1),
        |manifest| manifest.sources[1] = manifest.sources[0].clone(),
        |manifest| manifest.sources[0].part.name = "../a".to_owned(),
        |manifest| {
            manifest
                .sources
                .iter_mut()
                .for_each(|source| source.entries = u64::MAX)
        },
    ];
    for change in changes {
        let mut manifest = manifest_of(&["a", "b"]);
        assert!(manifest.clone().checked().is_ok());
        change(&mut manifest);
        let refused = Manifest::parse(manifest.to_text().as_bytes());
        assert!(
            matches!(refused, Err(ManifestError::Inconsistent(_))),
            "{refused:?}"
        );
        assert!(manifest.checked().is_err());
    }
}

#[test]
fn every_flipped_bit_is_refused_or_another_manifest() {
    let manifest = manifest_of(&["a"]);
    let text = manifest.to_text();
    for index in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.clone().into_bytes();
            bytes[index] ^= 1 << bit;
            if let Ok(other) = Manifest::parse(&bytes) {
                assert_ne!(other, manifest, "byte {index}, bit {bit}");
                assert_ne!(other.digest(), manifest.digest());
            }
        }
    }
}
