//! What fuzzing found before, on every run of the tests: each file of
//! `fuzz/corpus` against the laws its target checks.

use std::fs;
use std::path::{Path, PathBuf};

use crate::laws;

/// The inputs of a fuzz target.
fn corpus(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus")).join(target);
    let entries =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files
}

/// Checks every input and names the file of the first that breaks a law.
fn replay(target: &str, law: impl Fn(&[u8]) + std::panic::RefUnwindSafe) {
    for file in corpus(target) {
        let input = fs::read(&file).expect("a readable file");
        let outcome = std::panic::catch_unwind(|| law(&input));
        assert!(outcome.is_ok(), "{} breaks a law", file.display());
    }
}

#[test]
fn texts_that_fuzzing_found_keep_the_laws() {
    replay("parse", |input| {
        laws::of_text(&String::from_utf8_lossy(input))
    });
}

#[test]
fn spellings_that_fuzzing_found_keep_the_laws() {
    replay("pipeline", laws::of_pipeline);
}
