//! Any bytes as OFAC's file of changes.
#![no_main]

use interdict_fuzz::readers;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    readers::law_of_delta(input);
});
