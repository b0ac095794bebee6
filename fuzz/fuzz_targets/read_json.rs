//! Any bytes as a list of format `json`: it is read or refused, within bounds.
#![no_main]

use interdict_fuzz::{import::read::Format, readers};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    readers::law(Format::Json, input);
});
