//! The advanced XML cut, corrupted and made to hurt.

use super::tests::{XBT, begin, codes, entry, read, refused, small};
use super::*;

#[test]
fn a_list_cannot_make_us_hold_all_of_it() {
    let wallets = "<VersionDetail>1a</VersionDetail>".repeat(10_000);
    let profile = |at: usize| {
        format!(
            "<Profile ID='p{at}'><Feature FeatureTypeID='344'><FeatureVersion>{wallets}</FeatureVersion></Feature></Profile>"
        )
    };
    let profiles: String = (0..100).map(profile).collect();
    let text = small().replacen("</DistinctParty>", &(profiles + "</DistinctParty>"), 1);
    let error = refused(&text);
    assert!(
        matches!(error, ReadError::Limit { max, .. } if max == 128 << 20),
        "{error}"
    );
}

/// Goal: no single corrupted byte panics or makes a wallet vanish unseen.
/// Method: change every byte, one at a time; what is still read has two rows.
#[test]
fn one_changed_byte_loses_no_wallet_in_silence() {
    let text = small();
    for at in 0..text.len() {
        for byte in [b'x', b'"', 0xff] {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = byte;
            let rows: Result<Vec<Row>, ReadError> = begin(&bytes, Limits::default()).collect();
            if let Ok(rows) = rows {
                assert_eq!(rows.len(), 2, "byte {at} changed to {byte}");
            }
        }
    }
}

/// Goal: no prefix of a list passes for the list. Method: cut at every byte.
#[test]
fn a_cut_document_is_refused_wherever_it_is_cut() {
    let text = small();
    let end = text.trim_end().len();
    for cut in 0..end {
        let result = begin(&text.as_bytes()[..cut], Limits::default()).last();
        assert!(matches!(result, Some(Err(_))), "cut at {cut}: {result:?}");
    }
    assert!(read(&text[..end]).is_ok());
}

#[test]
fn a_document_without_one_of_its_parts_is_refused() {
    for (part, reason) in [
        ("DistinctParties", "it has no DistinctParties"),
        ("SanctionsEntries", "it has no SanctionsEntries"),
        ("FeatureTypeValues", "it has no FeatureTypeValues"),
        ("ReferenceValueSets", "it has no FeatureTypeValues"),
    ] {
        let error = refused(&small().replace(part, "Elsewhere")).to_string();
        assert!(error.contains(reason), "{error}");
    }
    assert!(matches!(
        refused(
            &small()
                .replace("DistinctParty ", "Party ")
                .replace("/DistinctParty>", "/Party>")
        ),
        ReadError::Empty { .. }
    ));
    assert!(matches!(refused(""), ReadError::Empty { .. }));
}

#[test]
fn an_edition_of_changes_is_not_taken_for_the_list() {
    for (from, to) in [
        (" Version=\"3\"", " Version=\"3\" DeltaBaseVersion=\"2\""),
        (
            "<DistinctParty FixedRef=\"8\"",
            "<DistinctParty DeltaAction=\"delete\" FixedRef=\"8\"",
        ),
        (
            "<Feature ID=\"2\"",
            "<Feature DeltaAction=\"delete\" ID=\"2\"",
        ),
    ] {
        let error = refused(&small().replace(from, to)).to_string();
        assert!(error.contains("fetch the whole list"), "{error}");
    }
}

#[test]
fn two_profiles_of_one_id_are_refused() {
    let twin = "</Profile><Profile ID=\"7\"><Feature FeatureTypeID=\"345\"><FeatureVersion><VersionDetail>0xab</VersionDetail></FeatureVersion></Feature></Profile></DistinctParty>";
    let error = refused(&small().replacen("</Profile>\n    </DistinctParty>", twin, 1));
    assert!(
        error.to_string().contains("profile `7` is there twice"),
        "{error}"
    );
}

#[test]
fn hostile_documents_are_refused() {
    for (from, to, reason) in [
        (
            "<Sanctions xmlns",
            "<!DOCTYPE Sanctions [<!ENTITY a 'b'>]><Sanctions xmlns",
            "DOCTYPE",
        ),
        ("A &amp; B", "&bomb;", "`&bomb;`"),
        ("Version=\"3\"", "Version=\"3\" Edition", "not valid"),
        ("CountryID=\"2\"", "CountryID=2", "not valid"),
        ("<Locations>", "<Locations></Sanctions>", "not valid"),
    ] {
        let error = refused(&small().replacen(from, to, 1)).to_string();
        assert!(error.contains(reason), "{error}");
    }
    for end in ["<Sanctions/>", "x", "<a>"] {
        assert!(read(&(small() + end)).is_err(), "{end} after the root");
    }
    let error = refused("<sdnList/>").to_string();
    assert!(error.contains("<sdnList>, not <Sanctions>"), "{error}");
    let wide: Vec<u8> = small().encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(matches!(
        begin(&wide, Limits::default()).last(),
        Some(Err(_))
    ));
    let latin = small().replace("Dima", "D\u{1}ma").into_bytes();
    let latin: Vec<u8> = latin
        .iter()
        .map(|&byte| if byte == 1 { 0xed } else { byte })
        .collect();
    let error = begin(&latin, Limits::default()).last();
    assert!(matches!(
        error,
        Some(Err(ReadError::Malformed {
            problem: Problem::NotUtf8,
            ..
        }))
    ));
}

/// Goal: each limit holds, in what is read and in what is read past.
#[test]
fn limits_hold_in_every_part() {
    let deep = "<x>".repeat(64) + &"</x>".repeat(64);
    let long = "x".repeat(10 << 20);
    let attributes: String = (0..65).map(|at| format!(" a{at}='1'")).collect();
    for (place, instead) in [
        (
            "<LocationCountry CountryID=\"2\" CountryRelevanceID=\"1\" />",
            deep.as_str(),
        ),
        (
            "<LocationCountry CountryID=\"2\" CountryRelevanceID=\"1\" />",
            long.as_str(),
        ),
        (">Dima<", &format!(">{long}<")),
        ("<Comment />", &format!("<Comment a='{long}' />")),
        (XBT.1, &long),
        (" PartySubTypeID=\"4\"", &attributes),
        ("<AliasType ID=\"344\"", &format!("<AliasType{attributes}")),
    ] {
        let error = refused(&small().replacen(place, instead, 1));
        assert!(matches!(error, ReadError::Limit { .. }), "{place}: {error}");
    }
    let (rows, _) = read(&small().replace(XBT.1, &"x".repeat(2_049))).expect("is whole");
    assert_eq!(codes(&rows), [Some("FIELD_TOO_LONG"), None]);
    let (rows, _) = read(&small().replace(XBT.1, "1a\0b")).expect("is whole");
    assert_eq!(codes(&rows), [Some("CONTROL_CHARACTER"), None]);
}

#[test]
fn one_designation_cannot_hold_wallets_without_end() {
    let limits = || Limits {
        ids_max: 4,
        ..Limits::default()
    };
    assert!(begin(small().as_bytes(), limits()).all(|row| row.is_ok()));
    let details = |count: usize| {
        let detail = "<VersionDetail>1a</VersionDetail>".repeat(count);
        small().replacen("<VersionDetail", &format!("{detail}<VersionDetail"), 1)
    };
    assert!(begin(details(2).as_bytes(), limits()).all(|row| row.is_ok()));
    for count in [3, 300] {
        let last = begin(details(count).as_bytes(), limits()).last();
        assert!(
            matches!(last, Some(Err(ReadError::Limit { max: 4, .. }))),
            "{last:?}"
        );
    }
    let programs =
        "<SanctionsMeasure SanctionsTypeID=\"1\"><Comment>P</Comment></SanctionsMeasure>";
    let text = small().replacen(
        "<SanctionsMeasure",
        &(programs.repeat(65) + "<SanctionsMeasure"),
        1,
    );
    assert!(matches!(refused(&text), ReadError::Limit { max: 64, .. }));
}

#[test]
fn names_are_bounded_in_number_and_length() {
    let alias = |name: &str| {
        format!(
            "<Alias Primary=\"false\"><DocumentedName><DocumentedNamePart><NamePartValue>{name}</NamePartValue></DocumentedNamePart></DocumentedName></Alias>"
        )
    };
    let more: String = (0..40).map(|at| alias(&format!("Name {at}"))).collect();
    let text = small()
        .replacen("<Alias ", &(more + "<Alias "), 1)
        .replace(">KARASAVIDI<", &format!(">{}<", "é".repeat(4_000)));
    let (rows, _) = read(&text).expect("is whole");
    let subjects = &entry(&rows[0]).designation.subjects;
    assert_eq!(subjects.len(), Limits::default().names_max);
    assert_eq!(subjects[0].len(), Limits::default().field_bytes_max);
    assert_eq!(subjects[1], "Name 0");
}
