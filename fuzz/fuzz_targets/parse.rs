//! Any bytes as a text: every law of all texts holds, and nothing panics.
#![no_main]

use interdict_fuzz::laws;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    laws::of_text(&String::from_utf8_lossy(input));
});
