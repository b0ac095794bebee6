//! What must hold of any bytes given to a list reader.

use crate::import::read::{Facts, Format, InputFile, Limits, Row, open, read_delta, unpack};
use crate::list::Category;

/// Separates the files of formats that take two.
const NEXT_FILE: &[u8] = b"\n--- next file ---\n";

/// Small enough that a bound that is missing shows as time or memory.
fn limits() -> Limits {
    Limits {
        file_bytes_max: 4 << 20,
        ..Limits::default()
    }
}

fn files(input: &[u8]) -> Vec<InputFile> {
    let at = input
        .windows(NEXT_FILE.len())
        .position(|window| window == NEXT_FILE);
    let parts = match at {
        Some(at) => vec![&input[..at], &input[at + NEXT_FILE.len()..]],
        None => vec![input],
    };
    let named = parts.into_iter().enumerate();
    named
        .map(|(index, bytes)| InputFile::of_bytes(format!("file-{index}"), bytes.to_vec()))
        .collect()
}

fn read(format: Format, input: &[u8]) -> Option<(Vec<Row>, Facts)> {
    let files = unpack(files(input), &limits()).ok()?;
    let mut rows = open(format, Category::Other, files, limits()).ok()?;
    let mut all = Vec::new();
    loop {
        match rows.next() {
            Some(Ok(row)) => all.push(row),
            Some(Err(error)) => {
                assert!(error.to_string().len() < 4_096, "{error}");
                assert!(rows.next().is_none(), "nothing follows an error");
                return None;
            }
            None => return Some((all, rows.facts().clone())),
        }
    }
}

/// Nothing panics, nothing grows without bound, nothing is said at length,
/// and the same bytes give the same rows.
pub fn law(format: Format, input: &[u8]) {
    let Some((rows, facts)) = read(format, input) else {
        return;
    };
    for row in &rows {
        assert!(row.entry.is_some() || row.fault.is_some(), "a row says something");
        if let Some(fault) = &row.fault {
            assert!(fault.to_string().chars().count() < 1_000, "{fault}");
        }
        if let Some(entry) = &row.entry {
            assert!(!entry.address.trim().is_empty(), "an entry has an address");
            assert!(entry.address.len() <= limits().text_bytes_max);
        }
    }
    for warning in &facts.warnings {
        assert!(warning.to_string().len() < 20_000, "{warning}");
    }
    if input.len() < 2_048 {
        assert_eq!(read(format, input), Some((rows, facts)), "the same again");
    }
}

/// The same for compressed files, whatever is in them.
pub fn law_of_packed(input: &[u8]) {
    let Ok(files) = unpack(files(input), &limits()) else {
        return;
    };
    for file in files {
        let mut content = match file.open() {
            Ok(content) => content,
            Err(_) => continue,
        };
        let mut bytes = 0;
        let mut buffer = [0; 8_192];
        while let Ok(read) = std::io::Read::read(&mut content, &mut buffer) {
            if read == 0 {
                break;
            }
            bytes += read as u64;
            assert!(bytes <= limits().file_bytes_max, "it stops at its bound");
        }
    }
}

/// The same for OFAC's files of changes.
pub fn law_of_delta(input: &[u8]) {
    let file = InputFile::of_bytes("changes", input.to_vec());
    let _ = read_delta(file, &limits());
}
