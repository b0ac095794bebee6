//! What must hold of any bytes given to the readers of the audit log.

#[path = "../../src/audit/checkpoint.rs"]
pub mod checkpoint;
#[path = "../../src/audit/merkle.rs"]
pub mod merkle;
#[path = "../../src/audit/note.rs"]
pub mod note;
#[path = "../../src/audit/receipt.rs"]
pub mod receipt;
#[path = "../../src/audit/segment/mod.rs"]
pub mod segment;

use std::fs;

use checkpoint::Checkpoint;
use note::{SignedNote, SignerKey, VerifierKey};
use receipt::Receipt;
use segment::frame::{self, FrameFault};
use segment::{Kind, Segment};

/// What is read of a file is at most what it could hold.
const RECORDS_MAX: u64 = 1 << 20;

/// A segment reads or is refused, in either kind; what reads has numbers that
/// follow each other, and reading it again gives the same.
pub fn law_of_segment(input: &[u8]) {
    let Some((&choice, bytes)) = input.split_first() else {
        return;
    };
    let path = std::env::temp_dir().join(format!("interdict-fuzz-{}", std::process::id()));
    fs::write(&path, bytes).expect("a file can be written");
    let (kind, whole) = match choice % 2 {
        0 => (Kind::Open, false),
        _ => (Kind::Sealed, true),
    };
    let first = first_of(bytes);
    if let Ok(segment) = Segment::open(&path, first, kind) {
        let once = read(&segment);
        assert_eq!(once, read(&segment), "twice the same");
        if whole && let (Some(footer), Ok(records)) = (segment.footer(), &once) {
            assert_eq!(*records, footer.records, "as many as the footer says");
        }
    }
    let _ = frame::find_later(bytes, first);
    law_of_frames(bytes);
}

/// Returns the number that a header says it begins with.
fn first_of(bytes: &[u8]) -> u64 {
    let number = bytes.get(24..).and_then(|rest| rest.first_chunk::<8>());
    number.map_or(0, |number| u64::from_le_bytes(*number))
}

/// Returns how many records read, or how many did before one did not.
fn read(segment: &Segment) -> Result<u64, u64> {
    let mut records = segment.records(segment.first());
    let mut count = 0;
    loop {
        match records.next() {
            Ok(Some(frame)) => {
                assert_eq!(frame.number, segment.first() + count);
                assert!(!frame.record.is_empty());
                count += 1;
                assert!(count <= RECORDS_MAX, "no more than the file could hold");
            }
            Ok(None) => return Ok(count),
            Err(error) => {
                assert!(error.to_string().len() < 4_096);
                return Err(count);
            }
        }
    }
}

/// A frame that reads is the frame that would be written.
fn law_of_frames(bytes: &[u8]) {
    match frame::read_any(bytes) {
        Ok(read) => {
            let mut again = Vec::new();
            let checksum = frame::record_checksum(read.record);
            frame::write(&mut again, read.number, read.record, checksum);
            assert_eq!(again, bytes[..again.len()]);
        }
        Err(FrameFault::Cut { missing }) => assert!(missing > 0),
        Err(_) => {}
    }
}

/// A note, a key or a checkpoint that reads is written as it was.
pub fn law_of_note(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let signer = signer();
    if let Ok(note) = text.parse::<SignedNote>() {
        assert_eq!(note.to_string(), text);
        assert!(note.verify(signer.verifier()).is_err(), "nobody guesses a signature");
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(key) = SignerKey::from_text(text) {
        assert_eq!(key.to_text().as_str(), text);
    }
    if let Ok(checkpoint) = text.parse::<Checkpoint>() {
        assert_eq!(checkpoint.to_string(), text);
    }
}

/// A receipt that reads is written and read again the same, and proves
/// nothing under a key that signed nothing.
pub fn law_of_receipt(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    if let Ok(receipt) = Receipt::from_text(text) {
        assert_eq!(Receipt::from_text(&receipt.to_text()).as_ref(), Ok(&receipt));
        assert!(receipt.check(signer().verifier()).is_err());
    }
}

fn signer() -> SignerKey {
    SignerKey::new("fuzz", &[42; 32]).expect("a name")
}
