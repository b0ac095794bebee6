use std::io::Cursor;

use super::*;

fn whole() -> Vec<u8> {
    let mut writer = Writer::new(Cursor::new(Vec::new()));
    for (name, content) in [
        ("a.json", &b"first"[..]),
        ("parts/b-1.x", b""),
        ("c", &[7; 70_000]),
    ] {
        let bytes = writer.add(name, content).expect("written");
        assert_eq!(bytes, content.len() as u64);
    }
    writer.finish().expect("written").into_inner()
}

/// Reads everything, as a caller that trusts nothing would.
fn contents(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ContainerError> {
    let mut reader = Reader::open(Cursor::new(bytes))?;
    (0..reader.members().len())
        .map(|index| {
            let name = reader.members()[index].name.clone();
            Ok((name, reader.read(index, 1 << 20)?))
        })
        .collect()
}

#[test]
fn members_come_back_as_they_went_in() {
    let found = contents(&whole()).expect("reads");
    let expected = [
        ("a.json".to_owned(), b"first".to_vec()),
        ("parts/b-1.x".to_owned(), Vec::new()),
        ("c".to_owned(), vec![7; 70_000]),
    ];
    assert_eq!(found, expected);
}

#[test]
fn every_flipped_bit_outside_a_long_content_is_refused() {
    let whole = whole();
    for index in 0..whole.len() {
        // Contents are alike under a checksum; every 997th of them will do.
        if (200..70_000).contains(&index) && index % 997 != 0 {
            continue;
        }
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[index] ^= 1 << bit;
            assert!(contents(&bytes).is_err(), "byte {index}, bit {bit}");
        }
    }
}

#[test]
fn a_cut_container_is_refused_as_cut() {
    let whole = whole();
    let lengths = (0..300).chain((300..whole.len() - 300).step_by(777));
    for length in lengths.chain(whole.len() - 300..whole.len()) {
        let refused = contents(&whole[..length]).expect_err("is cut");
        let told = matches!(refused, ContainerError::Cut(_));
        assert!(told, "{length} bytes: {refused}");
    }
}

#[test]
fn what_stands_before_between_or_behind_is_refused() {
    let whole = whole();
    let directory =
        whole.len() - directory(Reader::open(Cursor::new(&whole)).expect("reads").members()).len();
    for at in [0, 41, directory, whole.len()] {
        let mut bytes = whole.clone();
        bytes.insert(at, 0);
        assert!(contents(&bytes).is_err(), "a byte more at {at}");
    }
    assert!(contents(&[&whole[..], &whole].concat()).is_err());
    assert!(matches!(contents(b"%PDF-1.7"), Err(ContainerError::NotOne)));
    assert!(matches!(contents(b""), Err(ContainerError::Cut(_))));
}

/// The end of a directory alone is an empty zip file.
#[test]
fn an_empty_zip_file_is_no_container() {
    assert!(matches!(
        contents(&directory(&[])),
        Err(ContainerError::NotOne)
    ));
}

#[test]
fn a_directory_that_names_something_else_is_refused() {
    let whole = whole();
    let reader = Reader::open(Cursor::new(&whole)).expect("reads");
    let members = reader.members().to_vec();
    let data = &whole[..whole.len() - directory(&members).len()];
    let renamed: Vec<Member> = members
        .iter()
        .map(|member| Member {
            name: member.name.replace('b', "z"),
            ..member.clone()
        })
        .collect();
    for other in [
        &renamed[..],
        &members[..2],
        &[members[0].clone(), members[0].clone(), members[2].clone()],
    ] {
        let refused = contents(&[data, &directory(other)].concat());
        let told = matches!(
            refused,
            Err(ContainerError::Foreign(_) | ContainerError::Cut(_))
        );
        assert!(told, "{refused:?}");
    }
    assert!(contents(&[data, &directory(&members)].concat()).is_ok());
}

#[test]
fn names_are_plain_and_short() {
    for bad in ["", "a b", "A", "ä", "a\\b", "a\0", &"x".repeat(129)] {
        let mut writer = Writer::new(Cursor::new(Vec::new()));
        writer.add(bad, &b"x"[..]).expect("written");
        let bytes = writer.finish().expect("written").into_inner();
        assert!(
            matches!(contents(&bytes), Err(ContainerError::Foreign(_))),
            "{bad}"
        );
    }
}

#[test]
fn a_member_longer_than_allowed_is_refused_before_it_is_read() {
    let whole = whole();
    let mut reader = Reader::open(Cursor::new(&whole)).expect("reads");
    assert!(reader.read(2, 70_000).is_ok());
    assert!(matches!(
        reader.read(2, 69_999),
        Err(ContainerError::Foreign(_))
    ));
}
