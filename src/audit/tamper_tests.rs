//! Every way to alter a log that a file system allows, thousands of times
//! each with other numbers: it is found, and at the right place.
//!
//! The log has two sealed segments, two that are closed and not sealed, and
//! the one that is written to. Two kinds of hands alter it: one that knows
//! nothing of the format, and one that does all but sign: its frames, numbers,
//! checksums, tables and trees fit.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::AtomicBool;
use std::thread::sleep;
use std::time::Duration;

use prost::Message as _;
use tempfile::TempDir;

use super::checkpoint::Checkpoint;
use super::folder::Folder;
use super::log::seal;
use super::merkle::{Frontier, leaf_hash};
use super::note::VerifierKey;
use super::record::{Record, Screening, record::Event};
use super::segment::footer::{Block, Footer, TRAILER_BYTES};
use super::segment::frame::{self, OVERHEAD};
use super::segment::header::{Header, header_hash};
use super::segment::{Kind, Segment, peek};
use super::verify::{Broken, Damage, VerifyError, VerifyReport, verify};
use super::{AuditLog, Durability, Settings};

/// SplitMix64: the same numbers each time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// A segment of the log before it is altered.
struct Part {
    name: String,
    kind: Kind,
    first: u64,
    header: Vec<u8>,
    records: Vec<Vec<u8>>,
    blocks: Vec<Block>,
}

impl Part {
    fn end(&self) -> u64 {
        self.first + self.records.len() as u64
    }

    fn frames(&self) -> Vec<u8> {
        framed(self.first, &self.records)
    }

    /// Returns the record whose frame a byte of an open file lies in.
    fn record_at(&self, byte: usize) -> u64 {
        let mut end = self.header.len();
        for (number, record) in (self.first..).zip(&self.records) {
            end += OVERHEAD + record.len();
            if byte < end {
                return number;
            }
        }
        self.end()
    }
}

fn framed(first: u64, records: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, record) in (first..).zip(records) {
        frame::write(&mut bytes, number, record, frame::record_checksum(record));
    }
    bytes
}

/// A log that can be altered and put back.
struct Victim {
    dir: TempDir,
    key: VerifierKey,
    files: BTreeMap<String, Vec<u8>>,
    parts: Vec<Part>,
    /// Sizes of the tree that signatures within the log are of, ascending.
    signed: Vec<u64>,
    /// All signed checkpoints there are, oldest first.
    notes: Vec<(u64, String)>,
}

fn screening(number: u64) -> Vec<u8> {
    let screening = Screening {
        caller: "10.0.0.7:51234".to_owned(),
        call: "ScreenAddress".to_owned(),
        verdict: "NOT_LISTED".to_owned(),
        action: "ALLOW".to_owned(),
        generation: number / 100,
        position: number,
        ..Screening::default()
    };
    let now = 1_795_000_000_000_000_000 + number as i64 * 1_000_000;
    Record {
        id: uuid_at(now, number).into(),
        wall_ns: now,
        monotonic_ns: number,
        build: "interdict 0.1.0".to_owned(),
        event: Some(Event::Screening(screening)),
    }
    .encode_to_vec()
}

fn uuid_at(now_ns: i64, number: u64) -> Vec<u8> {
    let ms = (now_ns / 1_000_000) as u64;
    let id = u128::from(ms) << 80 | 0x7000 << 64 | 1 << 63 | u128::from(number);
    id.to_be_bytes().to_vec()
}

impl Victim {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("works");
        let audit = dir.path().join("audit");
        AuditLog::create(&audit, Some("tamper/test")).expect("works");
        let settings = Settings {
            segment_bytes_max: 12 << 10,
            checkpoint_records: 45,
            checkpoint_every: Duration::from_millis(1),
            ..Settings::default()
        };
        let (log, _) = AuditLog::open(&audit, settings).expect("works");
        let folder = Folder::new(&audit);
        let mut number = 0;
        let mut write = |count| {
            for _ in 0..count {
                let ticket = log.append(&screening(number)).expect("works");
                log.written_blocking(ticket, Durability::Process)
                    .expect("works");
                number += 1;
            }
        };
        let segments = || {
            let mut segments = folder.list().expect("works").segments;
            // While one is sealed it has two files.
            segments.dedup_by_key(|(first, _)| *first);
            segments
        };
        for segment in 1..5 {
            while segments().len() == segment {
                write(10);
                sleep(Duration::from_millis(10));
            }
        }
        write(50);
        while segments()
            .iter()
            .filter(|(_, kind)| *kind == Kind::Open)
            .count()
            > 1
        {
            sleep(Duration::from_millis(10));
        }
        let key = log.verifying_key().clone();
        log.close();
        let mut victim = Self {
            dir,
            key,
            files: BTreeMap::new(),
            parts: Vec::new(),
            signed: Vec::new(),
            notes: Vec::new(),
        };
        victim.look(&folder);
        victim
    }

    fn look(&mut self, folder: &Folder) {
        let segments = folder.list().expect("works").segments;
        assert_eq!(segments.len(), 5, "{segments:?}");
        for (at, (first, mut kind)) in segments.into_iter().enumerate() {
            let path = folder.segment(first, kind);
            let segment = Segment::open(&path, first, kind).expect("works");
            let mut records = Vec::new();
            let mut reading = segment.records(first);
            while let Some(frame) = reading.next().expect("works") {
                records.push(frame.record.to_vec());
            }
            self.notes.push((first, segment.header().note.clone()));
            self.signed.push(first);
            for record in &records {
                let record = Record::decode(&record[..]).expect("works");
                if let Some(Event::Checkpointed(said)) = record.event {
                    let checkpoint = Checkpoint::open_text(&said.note, &self.key).expect("works");
                    self.signed.push(checkpoint.size);
                    self.notes.push((checkpoint.size, said.note));
                }
            }
            let mut part = Part {
                name: String::new(),
                kind,
                first,
                header: segment.header_bytes().to_vec(),
                blocks: segment
                    .footer()
                    .map_or(Vec::new(), |footer| footer.blocks.clone()),
                records,
            };
            // Two of them as if the sealing had not come to them yet.
            if at == 2 || at == 3 {
                assert_eq!(kind, Kind::Sealed);
                fs::write(
                    folder.segment(first, Kind::Open),
                    [&part.header[..], &part.frames()].concat(),
                )
                .expect("works");
                fs::remove_file(path).expect("works");
                kind = Kind::Open;
                part.kind = kind;
                part.blocks.clear();
            }
            part.name = folder
                .segment(first, kind)
                .file_name()
                .expect("works")
                .to_str()
                .expect("works")
                .to_owned();
            self.parts.push(part);
        }
        let checkpoint = fs::read_to_string(folder.file("checkpoint")).expect("works");
        let size = Checkpoint::open_text(&checkpoint, &self.key)
            .expect("works")
            .size;
        self.notes.push((size, checkpoint));
        self.signed.push(size);
        self.signed.sort_unstable();
        self.signed.dedup();
        assert!(self.parts[0].blocks.len() > 2, "several blocks");
        for entry in fs::read_dir(folder.path()).expect("works") {
            let entry = entry.expect("works");
            let name = entry.file_name().into_string().expect("works");
            self.files
                .insert(name, fs::read(entry.path()).expect("works"));
        }
    }

    fn verify(&self) -> Result<VerifyReport, VerifyError> {
        verify(
            &self.dir.path().join("audit"),
            Some(&self.key),
            None,
            1,
            |_| {},
        )
    }

    /// Writes or removes files, verifies, and puts all back.
    fn with(&self, altered: &[(&str, Option<&[u8]>)]) -> Result<VerifyReport, VerifyError> {
        let audit = self.dir.path().join("audit");
        for (name, content) in altered {
            match content {
                Some(content) => fs::write(audit.join(name), content).expect("works"),
                None => fs::remove_file(audit.join(name)).expect("works"),
            }
        }
        let outcome = self.verify();
        for (name, _) in altered {
            match self.files.get(*name) {
                Some(content) => fs::write(audit.join(name), content).expect("works"),
                None => fs::remove_file(audit.join(name)).expect("works"),
            }
        }
        outcome
    }

    /// As [`Self::with`], and returns what was found broken.
    fn broken(&self, what: &str, altered: &[(&str, Option<&[u8]>)]) -> Broken {
        match self.with(altered) {
            Err(VerifyError::Broken(broken)) => *broken,
            other => panic!("{what}: {other:?}"),
        }
    }

    fn bytes(&self, part: &Part) -> Vec<u8> {
        self.files[&part.name].clone()
    }

    fn of_kind(&self, kind: Kind) -> Vec<&Part> {
        self.parts.iter().filter(|part| part.kind == kind).collect()
    }

    /// Returns the sizes of the signed trees around a record.
    fn stretch(&self, record: u64) -> (u64, u64) {
        let after = self.signed.partition_point(|size| *size <= record);
        (self.signed[after - 1], self.signed[after])
    }

    fn expect_record(&self, what: &str, broken: &Broken, record: u64) {
        assert_eq!(
            (broken.first, broken.last),
            (Some(record), Some(record)),
            "{what}: {broken}"
        );
    }

    /// What a hand that does all but sign altered is found between the two
    /// signatures around it.
    fn expect_stretch(&self, what: &str, broken: &Broken, record: u64) {
        let (from, to) = self.stretch(record);
        let (first, last) = (broken.first.expect("works"), broken.last.expect("works"));
        assert!(
            first == from && last <= to + 1 && last + 1 >= record,
            "{what} of record {record}, between {from} and {to}: {broken}"
        );
    }

    /// Returns a sealed segment of other records, sealed as the log seals.
    fn sealed(&self, part: &Part, records: &[Vec<u8>]) -> Vec<u8> {
        let dir = tempfile::tempdir().expect("works");
        let folder = Folder::new(dir.path());
        let open = [&part.header[..], &framed(part.first, records)].concat();
        fs::write(folder.segment(part.first, Kind::Open), open).expect("works");
        let header = Header::decode(&part.header).expect("works");
        let mut tree = header.tree;
        for record in records {
            tree.push(leaf_hash(record));
        }
        let next = self
            .parts
            .iter()
            .find(|next| next.first == part.end())
            .expect("works");
        let next = Header {
            previous: header_hash(&part.header),
            tree,
            ..Header::decode(&next.header).expect("works")
        };
        seal::seal(&folder, part.first, &next, &AtomicBool::new(false)).expect("works");
        fs::read(folder.segment(part.first, Kind::Sealed)).expect("works")
    }
}

/// Alters records the way somebody would who wants one of them changed.
fn forged(dice: &mut Dice, part: &Part) -> Option<(&'static str, u64, Vec<Vec<u8>>)> {
    let mut records = part.records.clone();
    let at = dice.below(records.len());
    // What the log says of itself is for other tests.
    let own = |record: &Vec<u8>| peek::event_field(record) != Some(10);
    if own(&records[at]) {
        return None;
    }
    let (what, touched) = match dice.below(5) {
        0 => {
            let byte = dice.below(records[at].len());
            records[at][byte] ^= 1 << dice.below(8);
            ("a changed record", at)
        }
        1 => {
            records.remove(at);
            ("a dropped record", at)
        }
        2 => {
            records.insert(at, screening(dice.next() % 1000 + 1000));
            ("an inserted record", at)
        }
        3 => {
            let other = dice.below(records.len());
            if records[at] == records[other] || own(&records[other]) {
                return None;
            }
            records.swap(at, other);
            ("swapped records", at.min(other))
        }
        _ => {
            if at + 1 == records.len() {
                return None;
            }
            let copy = records[at].clone();
            records.insert(at, copy);
            ("a repeated record", at + 1)
        }
    };
    Some((what, part.first + touched as u64, records))
}

#[test]
fn the_log_is_whole_before_it_is_altered_and_after() {
    let victim = Victim::new();
    let report = victim.verify().expect("works");
    let end = victim.parts.last().expect("works").end();
    assert_eq!((report.first, report.records, report.signed), (0, end, end));
    assert_eq!(report.segments, 5);
    let checkpoint = victim.files["checkpoint"].clone();
    victim.broken("no checkpoint", &[("checkpoint", None)]);
    assert_eq!(
        victim
            .with(&[("checkpoint", Some(&checkpoint))])
            .expect("works"),
        report
    );
}

/// 5,000 bits and bytes, anywhere.
#[test]
fn altered_bytes_are_found_at_the_record_or_the_block() {
    let victim = Victim::new();
    let mut dice = Dice(1);
    for round in 0..5000 {
        let part = &victim.parts[dice.below(5)];
        let mut bytes = victim.bytes(part);
        let at = dice.below(bytes.len());
        bytes[at] ^= if round % 2 == 0 {
            1 << dice.below(8)
        } else {
            1 + dice.below(255) as u8
        };
        let what = format!("byte {at} of {}", part.name);
        let broken = victim.broken(&what, &[(&part.name, Some(&bytes))]);
        if at < part.header.len() {
            victim.expect_record(&what, &broken, part.first);
            continue;
        }
        let block = part.blocks.iter().find(|block| {
            (block.offset..block.offset + u64::from(block.stored)).contains(&(at as u64))
        });
        match (part.kind, block) {
            (Kind::Open, _) => victim.expect_record(&what, &broken, part.record_at(at)),
            (Kind::Sealed, Some(block)) => {
                let last = block.first + u64::from(block.records) - 1;
                assert_eq!(
                    (broken.first, broken.last),
                    (Some(block.first), Some(last)),
                    "{what}"
                );
            }
            (Kind::Sealed, None) => {
                assert_eq!(broken.first, Some(part.first), "{what}: {broken}");
                assert!(broken.file.ends_with(&part.name), "{what}");
            }
        }
    }
}

/// 1,500 cuts, each at a byte.
#[test]
fn a_file_that_was_cut_is_found_at_the_record_it_was_cut_at() {
    let victim = Victim::new();
    let mut dice = Dice(2);
    for _ in 0..1500 {
        let part = &victim.parts[dice.below(5)];
        let mut bytes = victim.bytes(part);
        let at = dice.below(bytes.len());
        let what = format!("{} cut to {at} bytes", part.name);
        bytes.truncate(at);
        let broken = victim.broken(&what, &[(&part.name, Some(&bytes))]);
        if part.kind == Kind::Sealed || at < part.header.len() {
            victim.expect_record(&what, &broken, part.first);
            continue;
        }
        match *broken.damage {
            // At the end of a record: how many are there is said.
            Damage::Missing { there } => assert_eq!(there, part.record_at(at), "{what}"),
            Damage::Truncated { records, .. } => assert_eq!(records, part.record_at(at), "{what}"),
            _ => victim.expect_record(&what, &broken, part.record_at(at)),
        }
        assert!(broken.last >= Some(part.record_at(at)), "{what}: {broken}");
    }
}

/// 1,500 records, moved as they are.
#[test]
fn records_that_were_moved_are_found_where_they_do_not_belong() {
    let victim = Victim::new();
    let mut dice = Dice(3);
    let open = victim.of_kind(Kind::Open);
    for _ in 0..1500 {
        let part = *dice.of(&open);
        let mut frames: Vec<Vec<u8>> = (part.first..)
            .zip(&part.records)
            .map(|(number, record)| framed(number, std::slice::from_ref(record)))
            .collect();
        let at = dice.below(frames.len());
        let number = part.first + at as u64;
        let (what, record) = match dice.below(4) {
            0 => {
                frames.remove(at);
                ("a dropped record", number)
            }
            1 => {
                let other = dice.below(frames.len());
                if other == at {
                    continue;
                }
                frames.swap(at, other);
                ("swapped records", part.first + at.min(other) as u64)
            }
            2 => {
                frames.insert(at, frames[at].clone());
                ("a repeated record", number + 1)
            }
            _ => {
                let from = dice.of(&victim.parts);
                let record = dice.of(&from.records).clone();
                frames.insert(at, framed(number, &[record]));
                ("an inserted record", number + 1)
            }
        };
        let bytes = [&part.header[..], &frames.concat()].concat();
        let broken = victim.broken(what, &[(&part.name, Some(&bytes))]);
        match *broken.damage {
            Damage::Missing { there } => assert_eq!(there, record, "{what}"),
            Damage::Truncated { records, .. } => assert_eq!(records, record, "{what}"),
            // What was inserted may be a signature, which says where it is from.
            Damage::Misplaced { .. } | Damage::Unlike { .. } => {
                assert!(
                    broken.first <= Some(record) && broken.last >= Some(record - 1),
                    "{what}"
                );
            }
            _ => victim.expect_record(what, &broken, record),
        }
    }
}

/// 1,500 forgeries in segments that are not sealed.
#[test]
fn what_was_altered_with_checksums_that_fit_is_found_between_two_signatures() {
    let victim = Victim::new();
    let mut dice = Dice(4);
    let open = victim.of_kind(Kind::Open);
    let mut forgeries = 0;
    while forgeries < 1500 {
        let part = *dice.of(&open);
        let Some((what, record, records)) = forged(&mut dice, part) else {
            continue;
        };
        forgeries += 1;
        let bytes = [&part.header[..], &framed(part.first, &records)].concat();
        let broken = victim.broken(what, &[(&part.name, Some(&bytes))]);
        victim.expect_stretch(what, &broken, record);
    }
}

/// 150 forgeries in sealed ones: packed, tabled and hashed as it should be.
#[test]
fn what_was_sealed_again_with_other_records_is_found_between_two_signatures() {
    let victim = Victim::new();
    let mut dice = Dice(5);
    let sealed = victim.of_kind(Kind::Sealed);
    let mut forgeries = 0;
    while forgeries < 150 {
        let part = *dice.of(&sealed);
        let Some((what, record, records)) = forged(&mut dice, part) else {
            continue;
        };
        forgeries += 1;
        let bytes = victim.sealed(part, &records);
        let broken = victim.broken(what, &[(&part.name, Some(&bytes))]);
        if records.len() == part.records.len() {
            victim.expect_stretch(what, &broken, record);
        } else {
            // The footer's own signature is not of as many.
            assert!(
                broken.first <= Some(record) && broken.last >= Some(record.saturating_sub(1)),
                "{what}"
            );
        }
    }
    // The same records, sealed again, are the same bytes.
    assert_eq!(
        victim.sealed(sealed[0], &sealed[0].records),
        victim.bytes(sealed[0])
    );
}

/// 600 footers that lie and fit.
#[test]
fn a_footer_that_lies_is_found() {
    let victim = Victim::new();
    let mut dice = Dice(6);
    let sealed = victim.of_kind(Kind::Sealed);
    for _ in 0..600 {
        let part = *dice.of(&sealed);
        let bytes = victim.bytes(part);
        let length = u32::from_le_bytes(
            bytes[bytes.len() - TRAILER_BYTES..][..4]
                .try_into()
                .expect("works"),
        );
        let begin = bytes.len() - TRAILER_BYTES - length as usize;
        let mut footer = Footer::decode(&bytes[begin..], part.first).expect("works");
        let block = dice.below(footer.blocks.len());
        let what = match dice.below(9) {
            0 => {
                footer.blocks[block].span.wall_ns.0 += 1;
                "an earliest time"
            }
            1 => {
                footer.blocks[block].span.id_ms.1 -= 1;
                "a latest id"
            }
            2 => {
                footer.note = dice.of(&victim.notes[..2]).1.clone();
                if footer.note == Header::decode(&victim.parts[1].header).expect("works").note
                    && part.first == 0
                {
                    continue;
                }
                "an older signature"
            }
            3 if !footer.groups.is_empty() => {
                footer.groups[0][dice.below(32)] ^= 1;
                "a group"
            }
            4 => {
                let mut subtrees = footer.tree.subtrees().to_vec();
                subtrees[0][dice.below(32)] ^= 1;
                footer.tree = Frontier::of(footer.tree.size(), subtrees).expect("works");
                "the tree"
            }
            5 => {
                footer.blocks[block].checksum ^= 1 << dice.below(32);
                "a checksum"
            }
            6 => {
                footer.blocks[block].raw -= 1;
                "a length"
            }
            7 => {
                footer.header[dice.below(32)] ^= 1;
                "the header's hash"
            }
            _ => {
                footer.blocks[block].offset += 1;
                "a place"
            }
        };
        let altered = [&bytes[..begin], &footer.encode()].concat();
        let broken = victim.broken(what, &[(&part.name, Some(&altered))]);
        assert!(broken.file.ends_with(&part.name), "{what}: {broken}");
        let range = part.first..part.end();
        assert!(
            range.contains(&broken.first.expect("works")),
            "{what}: {broken}"
        );
    }
}

/// 300 headers that lie and fit. When the segment that is written to was made
/// is said by nothing but its header, until the next one names that.
#[test]
fn a_header_that_lies_is_found() {
    let victim = Victim::new();
    let mut dice = Dice(7);
    for _ in 0..300 {
        let at = dice.below(5);
        let part = &victim.parts[at];
        let mut header = Header::decode(&part.header).expect("works");
        let (what, found_at) = match dice.below(4) {
            0 if at < 4 => {
                header.created_ns += 1;
                ("its date", victim.parts[at + 1].first)
            }
            1 => {
                header.previous[dice.below(32)] ^= 1;
                ("the segment before", part.first)
            }
            2 if part.first > 0 => {
                let mut subtrees = header.tree.subtrees().to_vec();
                subtrees[0][dice.below(32)] ^= 1;
                header.tree = Frontier::of(part.first, subtrees).expect("works");
                ("the tree", part.first)
            }
            3 if at != 1 => {
                header.note = victim.notes[0].1.clone();
                if at == 0 {
                    continue;
                }
                ("an older signature", part.first)
            }
            _ => continue,
        };
        let bytes = victim.bytes(part);
        let altered = [&header.encode(), &bytes[part.header.len()..]].concat();
        let broken = victim.broken(what, &[(&part.name, Some(&altered))]);
        // A sealed one says in its footer which header it has.
        let found = broken.first == Some(found_at) || broken.first == Some(part.first);
        assert!(found, "{what} of {}: {broken}", part.name);
    }
}

#[test]
fn segments_that_were_removed_swapped_repeated_or_renamed_are_found() {
    let victim = Victim::new();
    let parts = &victim.parts;
    for (at, part) in parts.iter().enumerate() {
        let what = format!("{} removed", part.name);
        let broken = victim.broken(&what, &[(&part.name, None)]);
        // After one that is not sealed, back to its last signature.
        let before = victim.signed.partition_point(|size| *size < part.first);
        let held = victim.signed[before.saturating_sub(1)];
        assert!(
            [held, part.first].contains(&broken.first.expect("works")),
            "{what}: {broken}"
        );
        assert!(broken.last >= Some(part.end() - 1), "{what}: {broken}");
        for other in &parts[at + 1..] {
            let (one, two) = (victim.bytes(part), victim.bytes(other));
            let swapped = [(&part.name[..], Some(&two[..])), (&other.name, Some(&one))];
            let broken = victim.broken("swapped", &swapped);
            assert_eq!(broken.first, Some(part.first), "{broken}");
        }
        let copy = victim.bytes(part);
        let ending = part.name.rsplit_once('.').expect("works").1;
        let renamed = format!("{:020}.{ending}", part.first + 1);
        let broken = victim.broken("repeated", &[(&renamed, Some(&copy))]);
        assert_eq!(broken.first, Some(part.first + 1), "{broken}");
        let twin = format!(
            "{:020}.{}",
            part.first,
            if ending == "seg" { "open" } else { "seg" }
        );
        let broken = victim.broken("twice", &[(&twin, Some(&copy))]);
        assert!(matches!(*broken.damage, Damage::TwoFiles), "{broken}");
    }
    let broken = victim.broken("a stranger", &[("notes.txt", Some(b"x"))]);
    assert!(matches!(*broken.damage, Damage::Stranger));
}

/// Every bit of it, some 1,400: with 5,000 + 1,500 + 1,500 + 1,500 + 150 + 600
/// above, over 11,000 in all.
#[test]
fn a_checkpoint_that_was_altered_or_replaced_by_an_older_one_is_found() {
    let victim = Victim::new();
    let newest = victim.files["checkpoint"].clone();
    assert!(newest.len() * 8 > 1000);
    for bit in 0..newest.len() * 8 {
        let mut bytes = newest.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let altered = victim.with(&[("checkpoint", Some(&bytes))]);
        assert!(altered.is_err(), "bit {bit}: {altered:?}");
    }
    let (size, _) = victim.notes.last().expect("works");
    for (older, note) in &victim.notes {
        let replaced = victim.with(&[("checkpoint", Some(note.as_bytes()))]);
        match replaced {
            Err(VerifyError::Broken(broken)) => {
                assert!(
                    matches!(*broken.damage, Damage::OlderCheckpoint { .. }),
                    "{broken}"
                );
            }
            // Behind it are signatures alone, which speak for themselves.
            Ok(report) => {
                assert_eq!(report.signed, *older);
                let last = victim.parts.last().expect("works");
                let behind = &last.records[(older - last.first) as usize..];
                let own = |record: &Vec<u8>| peek::event_field(record) == Some(15);
                assert!(behind.iter().all(own), "{older} of {size}");
            }
            Err(other) => panic!("{other}"),
        }
    }
}

/// What the files alone cannot say: all of them put back to how they were.
#[test]
fn a_whole_log_put_back_to_an_older_copy_is_found_by_a_checkpoint_kept_elsewhere() {
    let victim = Victim::new();
    let audit = victim.dir.path().join("audit");
    let older = tempfile::tempdir().expect("works");
    for (name, content) in &victim.files {
        fs::write(older.path().join(name), content).expect("works");
    }
    let kept = victim.files["checkpoint"].clone();
    let given = |note: &[u8]| {
        std::str::from_utf8(note)
            .expect("works")
            .parse()
            .expect("works")
    };
    let check = |note: &[u8]| verify(&audit, Some(&victim.key), Some(&given(note)), 2, |_| {});
    let size = victim.parts.last().expect("works").end();
    assert_eq!(check(&kept).expect("works").given, Some(size));

    let (log, _) = AuditLog::open(&audit, Settings::default()).expect("works");
    let ticket = log.append(&screening(7)).expect("works");
    log.written_blocking(ticket, Durability::Strict)
        .expect("works");
    log.close();
    let newer = fs::read(audit.join("checkpoint")).expect("works");
    assert!(check(&kept).is_ok() && check(&newer).is_ok());
    for (_, note) in &victim.notes {
        assert!(
            check(note.as_bytes()).is_ok(),
            "all that was ever signed is still there"
        );
    }

    fs::remove_dir_all(&audit).expect("works");
    fs::create_dir(&audit).expect("works");
    for name in victim.files.keys() {
        fs::copy(older.path().join(name), audit.join(name)).expect("works");
    }
    assert!(check(&kept).is_ok());
    let put_back = check(&newer);
    assert!(
        matches!(put_back, Err(VerifyError::Shorter { .. })),
        "{put_back:?}"
    );

    // Another history of the same length, signed with the same key.
    let (log, _) = AuditLog::open(&audit, Settings::default()).expect("works");
    let ticket = log.append(&screening(8)).expect("works");
    log.written_blocking(ticket, Durability::Strict)
        .expect("works");
    log.close();
    let other = check(&newer);
    assert!(
        matches!(other, Err(VerifyError::Differs { .. })),
        "{other:?}"
    );
    assert!(
        victim.verify().is_ok(),
        "by its files alone nothing is wrong with it"
    );
}

#[test]
fn a_key_that_is_not_the_logs_own_opens_nothing() {
    let victim = Victim::new();
    let other = super::note::SignerKey::new("tamper/test", &[3; 32]).expect("works");
    let audit = victim.dir.path().join("audit");
    let refused = verify(&audit, Some(other.verifier()), None, 1, |_| {});
    assert!(
        matches!(refused, Err(VerifyError::Broken(_))),
        "{refused:?}"
    );
    // One in the folder that the mark beside it does not name.
    fs::write(audit.join("key.pub"), format!("{}\n", other.verifier())).expect("works");
    let refused = verify(&audit, None, None, 1, |_| {});
    let Err(VerifyError::Broken(broken)) = refused else {
        panic!("{refused:?}");
    };
    assert!(matches!(*broken.damage, Damage::Key { .. }), "{broken}");
}
