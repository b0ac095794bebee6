use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

use super::*;

/// What every packed sample holds.
const LIST: &[u8] =
    b"# mine\n1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH\n1EHNa6Q4Jz2uvNExL497mE43ikXhwF6kZm\n";

/// `LIST` as packed by `gzip -9`, `zstd -19` and `zip`, none of which is
/// ours. The archive holds it twice, the second time in a folder.
const GZIP: &str = "1f8b08000000000002035356c8cdcc4be532744a778fb22c49f63329cab5f476aa72c933f72e28\
0aacb2300f8e32320b76f4f5e03274f5f04b340b34f1aa322a2df373adf031b134cf753531cecc8ec8287733cb8ecae502\
006b1ebd634d000000";
const ZSTD: &str = "28b52ffd244d69020023206d696e650a314267475a3974634e34726d394b427a446e374b707251\
7a3837535a323653414d480a3145484e613651344a7a3275764e45784c3439376d453433696b58687746366b5a6d0a4f65\
2281";
const ZIP: &str = "504b03040a00000000001a96765d6b1ebd634d0000004d000000080000006c6973742e747874232\
06d696e650a314267475a3974634e34726d394b427a446e374b7072517a3837535a323653414d480a3145484e613651344\
a7a3275764e45784c3439376d453433696b58687746366b5a6d0a504b03040a00000000001a96765d00000000000000000\
000000002000000642f504b03040a00000000001a96765d6b1ebd634d0000004d0000000a000000642f6c6973742e74787\
423206d696e650a314267475a3974634e34726d394b427a446e374b7072517a3837535a323653414d480a3145484e61365\
1344a7a3275764e45784c3439376d453433696b58687746366b5a6d0a504b01021e030a00000000001a96765d6b1ebd634\
d0000004d000000080000000000000001000000a481000000006c6973742e747874504b01021e030a00000000001a96765\
d000000000000000000000000020000000000000000001000ed4173000000642f504b01021e030a00000000001a96765d6\
b1ebd634d0000004d0000000a0000000000000001000000a48193000000642f6c6973742e747874504b050600000000030\
003009e000000080100000000";

fn samples() -> [(&'static str, Vec<u8>, usize); 3] {
    let bytes = |hex: &str| const_hex::decode(hex).expect("is hex");
    [
        ("gzip", bytes(GZIP), 1),
        ("zstd", bytes(ZSTD), 1),
        ("zip", bytes(ZIP), 2),
    ]
}

fn limits() -> Limits {
    Limits {
        file_bytes_max: 4 << 20,
        ..Limits::default()
    }
}

/// Unpacks and reads to the end, as the readers do.
fn read(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ReadError> {
    let file = InputFile::of_bytes("f", bytes.to_vec());
    let mut all = Vec::new();
    for file in unpack(vec![file], &limits())? {
        let name: Arc<str> = file.name.as_str().into();
        let mut content = Vec::new();
        let read = file
            .open()
            .and_then(|mut opened| opened.read_to_end(&mut content));
        read.map_err(|error| failed(&name, error))?;
        all.push((file.name, content));
    }
    Ok(all)
}

fn problem(bytes: &[u8]) -> PackedProblem {
    match read(bytes).expect_err("is refused") {
        ReadError::Packed { problem, .. } => problem,
        error => panic!("{error}"),
    }
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("writes to memory");
    encoder.finish().expect("writes to memory")
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("writes to memory");
    encoder.finish().expect("writes to memory")
}

/// One file to be put in an archive.
struct Made<'a> {
    name: &'a [u8],
    content: &'a [u8],
    method: u16,
    flags: u16,
}

fn made<'a>(name: &'a str, content: &'a [u8]) -> Made<'a> {
    Made {
        name: name.as_bytes(),
        content,
        method: 8,
        flags: 0,
    }
}

/// Makes an archive; each offset in its directory is moved by `shift`.
fn zipped(files: &[Made<'_>], shift: u32) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for file in files {
        let packed = if file.method == 8 {
            deflated(file.content)
        } else {
            file.content.to_vec()
        };
        let mut crc = flate2::Crc::new();
        crc.update(file.content);
        let mut fields = Vec::new();
        for field in [20, file.flags, file.method, 0, 0] {
            fields.extend_from_slice(&field.to_le_bytes());
        }
        for field in [crc.sum(), packed.len() as u32, file.content.len() as u32] {
            fields.extend_from_slice(&field.to_le_bytes());
        }
        fields.extend_from_slice(&(file.name.len() as u16).to_le_bytes());
        fields.extend_from_slice(&[0, 0]);
        let offset = (archive.len() as u32).wrapping_add(shift);
        archive.extend([b"PK\x03\x04", fields.as_slice(), file.name, &packed].concat());
        directory.extend([b"PK\x01\x02\x14\x00", fields.as_slice(), &[0; 10]].concat());
        directory.extend([&offset.to_le_bytes()[..], file.name].concat());
    }
    let offset = archive.len() as u32;
    archive.extend_from_slice(&directory);
    archive.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    for _ in 0..2 {
        archive.extend_from_slice(&(files.len() as u16).to_le_bytes());
    }
    archive.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    archive.extend_from_slice(&offset.to_le_bytes());
    archive.extend_from_slice(&[0, 0]);
    archive
}

#[test]
fn what_other_programs_packed_is_read() {
    for (kind, bytes, files) in samples() {
        let all = read(&bytes).unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert_eq!(all.len(), files, "{kind}");
        assert!(all.iter().all(|(_, content)| content == LIST), "{kind}");
    }
    let names = read(&samples()[2].1).expect("is read");
    assert_eq!(names[0].0, "f(list.txt)");
    assert_eq!(names[1].0, "f(d/list.txt)");
}

/// What Python's `zipfile` writes where it cannot go back to the header: as a
/// stream, and room for a file over 4 GiB.
#[test]
fn an_archive_written_without_going_back_is_read() {
    for hex in [
        "504b03041400080008000000215c000000000000000000000000080000006c6973742e7478745356c8cdcc4be532744a\
778fb22c49f63329cab5f476aa72c933f72e280aacb2300f8e32320b76f4f5e03274f5f04b340b34f1aa322a2df373ad\
f031b134cf753531cecc8ec8287733cb8ecae50200504b07086b1ebd634f0000004d000000504b010214031400080008\
000000215c6b1ebd634f0000004d0000000800000000000000000000008001000000006c6973742e747874504b050600\
0000000100010036000000850000000000",
        "504b03042d00000008000000215c6b1ebd63ffffffffffffffff080014006c6973742e747874010010004d0000000000\
00004f000000000000005356c8cdcc4be532744a778fb22c49f63329cab5f476aa72c933f72e280aacb2300f8e32320b\
76f4f5e03274f5f04b340b34f1aa322a2df373adf031b134cf753531cecc8ec8287733cb8ecae50200504b01022d032d\
00000008000000215c6b1ebd634f0000004d0000000800000000000000000000008001000000006c6973742e74787450\
4b0506000000000100010036000000890000000000",
    ] {
        let bytes = const_hex::decode(hex).expect("is hex");
        let all = read(&bytes).expect("is read");
        assert_eq!(all, [("f(list.txt)".to_owned(), LIST.to_vec())]);
    }
}

#[test]
fn what_is_not_packed_is_passed_through() {
    for bytes in [LIST, b"", b"P", b"<sdnList/>", b"{}", b"BZh9 is no archive"] {
        let all = read(bytes).expect("is passed through");
        assert_eq!(all, [("f".to_owned(), bytes.to_vec())]);
    }
}

#[test]
fn an_unpacked_file_can_be_opened_again() {
    for (kind, bytes, _) in samples() {
        let file = InputFile::of_bytes("f", bytes);
        let unpacked = unpack(vec![file], &Limits::default()).expect("is unpacked");
        for _ in 0..2 {
            let mut content = Vec::new();
            let mut opened = unpacked[0].open().expect("opens");
            opened.read_to_end(&mut content).expect("reads");
            assert_eq!(content, LIST, "{kind}");
        }
    }
}

#[test]
fn a_reader_gets_the_rows_of_a_packed_list() {
    for (kind, bytes, files) in samples() {
        let unpacked =
            unpack(vec![InputFile::of_bytes("f", bytes)], &Limits::default()).expect("is unpacked");
        let rows = super::super::open(
            super::super::Format::Text,
            crate::list::Category::Theft,
            unpacked,
            Limits::default(),
        )
        .expect("opens");
        assert_eq!(rows.filter_map(Result::ok).count(), 2 * files, "{kind}");
    }
}

/// Goal: no prefix of a packed list passes for a list. Method: cut at every
/// byte, which is finer than every hundredth.
#[test]
fn a_cut_file_is_refused_wherever_it_is_cut() {
    let long = (0..4_000)
        .map(|row| format!("1BgGZ9tcN4rm9KBzDn7KprQz87{row}\n"))
        .collect::<String>();
    let long = long.as_bytes();
    let files = [made("a", long), made("b", long)];
    let mut all: Vec<(&str, Vec<u8>)> = samples().map(|(kind, bytes, _)| (kind, bytes)).into();
    all.push(("long gzip", gzipped(long)));
    all.push(("long zip", zipped(&files, 0)));
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    all.push(("long zstd", ruzstd::encoding::compress_to_vec(long, level)));
    for (kind, bytes) in all {
        let step = (bytes.len() / 200).max(1);
        let passed_through = if kind.ends_with("zip") && !kind.ends_with("gzip") {
            3
        } else {
            2
        };
        assert!(read(&bytes).is_ok(), "{kind}");
        for cut in (passed_through..bytes.len()).step_by(step) {
            assert!(read(&bytes[..cut]).is_err(), "{kind} cut at {cut}");
        }
    }
}

/// Goal: a damaged file never yields other bytes than were packed. Method:
/// flip every bit of the samples. A flip in a time or a comment is harmless.
#[test]
fn a_flipped_bit_is_noticed_or_changes_nothing() {
    for (kind, bytes, files) in samples() {
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                let Ok(all) = read(&flipped) else { continue };
                // What no longer looks packed reaches a reader as it is, and
                // that one refuses it.
                let is_passed_through = all.len() == 1 && all[0].1 == flipped;
                let is_same = all.len() == files && all.iter().all(|(_, content)| content == LIST);
                assert!(is_passed_through || is_same, "{kind} byte {at} bit {bit}");
                assert!(!is_passed_through || at < 4, "{kind} byte {at} bit {bit}");
            }
        }
    }
}

#[test]
fn an_archive_shorter_than_its_end_record_is_cut() {
    for bytes in [
        &b"PK\x05\x06"[..],
        b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ] {
        let found = problem(bytes);
        assert!(matches!(found, PackedProblem::Cut { .. }), "{found}");
    }
}

#[test]
fn nothing_may_follow_the_end() {
    for (kind, bytes, _) in samples() {
        for extra in [
            &b"x"[..],
            b"1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH\n",
            &[0; 512],
        ] {
            let longer = [&bytes[..], extra].concat();
            let found = problem(&longer);
            if kind == "zip" {
                assert!(
                    matches!(found, PackedProblem::Cut { .. }),
                    "{kind}: {found}"
                );
            } else {
                let is_told = found == PackedProblem::AfterEnd
                    || matches!(found, PackedProblem::Cut { .. } if extra.len() == 1);
                assert!(is_told, "{kind}: {found}");
            }
        }
    }
}

#[test]
fn several_members_and_frames_are_one_file() {
    for (kind, bytes, _) in samples().into_iter().take(2) {
        let skippable = [&b"\x50\x2a\x4d\x18\x03\0\0\0abc"[..], &bytes[..]].concat();
        let second = if kind == "zstd" { &skippable } else { &bytes };
        let all = read(&[&bytes[..], second].concat()).expect("is read");
        assert_eq!(all[0].1, [LIST, LIST].concat(), "{kind}");
    }
}

#[test]
fn a_bomb_is_stopped_while_it_grows() {
    let zeros = vec![0; 3 << 20];
    let ratio = PackedProblem::Ratio { max: 200 };
    assert_eq!(problem(&gzipped(&zeros)), ratio);
    assert_eq!(problem(&zipped(&[made("a", &zeros)], 0)), ratio);
    // A frame of 24 blocks, each 128 KiB of one repeated byte.
    let block = |last: u32| {
        let header = (last | 1 << 1 | (128 << 10) << 3).to_le_bytes();
        [&header[..3], b"0"].concat()
    };
    let blocks = [block(0).repeat(23), block(1)].concat();
    let frame = [&zstd::MAGIC[..], &[0x00, 0x38], &blocks].concat();
    assert_eq!(problem(&frame), ratio);
}

#[test]
fn a_file_beyond_the_limit_is_stopped_and_a_small_one_may_be_all_alike() {
    let mut noise = 1_u32;
    let noisy: Vec<u8> = (0..5 << 20)
        .map(|_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 28) as u8 + b'a'
        })
        .collect();
    let too_large = PackedProblem::TooLarge { max: 4 << 20 };
    assert_eq!(problem(&gzipped(&noisy)), too_large);
    assert_eq!(problem(&zipped(&[made("a", &noisy)], 0)), too_large);
    let alike = b"1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH\n".repeat(20_000);
    assert_eq!(read(&gzipped(&alike)).expect("is read")[0].1, alike);
}

#[test]
fn an_endless_file_is_stopped() {
    let empty_member = gzipped(b"");
    let endless = move || -> io::Result<Content> {
        let members = empty_member.repeat(1_000);
        let source = io::repeat(0).take(0);
        Ok(Box::new(BufReader::new(source.chain(Repeated(members, 0)))))
    };
    let file = InputFile::new("f", endless);
    let error = unpack(vec![file], &limits()).expect_err("is endless");
    assert!(matches!(
        error,
        ReadError::Packed {
            problem: PackedProblem::TooLarge { .. },
            ..
        }
    ));
}

/// Bytes again and again.
struct Repeated(Vec<u8>, usize);

impl Read for Repeated {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let rest = &self.0[self.1..];
        let count = rest.len().min(target.len());
        target[..count].copy_from_slice(&rest[..count]);
        self.1 = (self.1 + count) % self.0.len();
        Ok(count)
    }
}

#[test]
fn an_archive_of_65_files_is_refused() {
    let names: Vec<String> = (0..65).map(|at| format!("{at}.txt")).collect();
    let files: Vec<Made<'_>> = names.iter().map(|name| made(name, LIST)).collect();
    assert_eq!(read(&zipped(&files[..64], 0)).expect("is read").len(), 64);
    let found = problem(&zipped(&files, 0));
    assert_eq!(found, PackedProblem::TooManyFiles { found: 65, max: 64 });
}

#[test]
fn an_archive_in_an_archive_is_refused() {
    let inner = zipped(&[made("a", LIST)], 0);
    let zstd = samples()[1].1.clone();
    for (kind, nested) in [
        ("a zip archive", inner),
        ("gzip", gzipped(LIST)),
        ("zstd", zstd),
    ] {
        let expected = PackedProblem::Nested { kind };
        assert_eq!(problem(&zipped(&[made("a", &nested)], 0)), expected);
        assert_eq!(problem(&gzipped(&nested)), expected);
    }
}

#[test]
fn a_name_in_an_archive_is_text_and_never_a_path() {
    let archive = zipped(&[made("../../etc/passwd", LIST)], 0);
    let all = read(&archive).expect("is read");
    assert_eq!(all, [("f(../../etc/passwd)".to_owned(), LIST.to_vec())]);
    let hostile = [b"\x1b[2J\0\xff".as_slice(), &[b'x'; 500]].concat();
    let archive = zipped(
        &[Made {
            name: &hostile,
            content: LIST,
            method: 0,
            flags: 0,
        }],
        0,
    );
    let name = &read(&archive).expect("is read")[0].0;
    assert!(name.chars().count() < 80 && !name.contains(char::is_control));
}

#[test]
fn what_an_archive_may_not_be_is_said() {
    let file = |method, flags| {
        [Made {
            name: b"a",
            content: LIST,
            method,
            flags,
        }]
    };
    let encrypted = problem(&zipped(&file(0, 1), 0));
    assert!(matches!(encrypted, PackedProblem::Encrypted { .. }));
    let lzma = problem(&zipped(&file(14, 0), 0));
    assert!(matches!(lzma, PackedProblem::Unsupported { .. }));
    assert_eq!(problem(&zipped(&[], 0)), PackedProblem::NoFiles);
    let folder = [made("d/", b"")];
    assert_eq!(problem(&zipped(&folder, 0)), PackedProblem::NoFiles);
    for other in [&b"\xfd7zXZ\0...."[..], b"BZh91AY&SY", b"7z\xbc\xaf\x27\x1c"] {
        let found = problem(other);
        assert!(
            matches!(found, PackedProblem::Unsupported { .. }),
            "{found}"
        );
    }
}

#[test]
fn files_that_share_bytes_are_refused() {
    let archive = zipped(&[made("a", LIST), made("a", LIST)], 0);
    // The second entry of the directory is pointed at the first file.
    let second = archive.len() - END_RECORD - 5;
    let mut shared = archive.clone();
    shared[second..second + 4].fill(0);
    assert!(read(&archive).is_ok());
    assert!(matches!(problem(&shared), PackedProblem::Damaged { .. }));
    let shifted = zipped(&[made("a", LIST)], 1);
    assert!(matches!(problem(&shifted), PackedProblem::Damaged { .. }));
}

const END_RECORD: usize = 22;

proptest::proptest! {
    /// Goal: no packed bytes panic. Method: damage a sample in several places.
    #[test]
    fn no_packed_bytes_panic(
        sample in 0_usize..3,
        changes in proptest::collection::vec(
            (proptest::prelude::any::<proptest::sample::Index>(), proptest::prelude::any::<u8>()),
            1..8,
        ),
    ) {
        let mut bytes = samples()[sample].1.clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Err(error) = read(&bytes) {
            proptest::prop_assert!(error.to_string().chars().count() < 400);
        }
    }
}
