//! Any bytes as a compressed file: it is unpacked or refused, within bounds.
#![no_main]

use interdict_fuzz::readers;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    readers::law_of_packed(input);
});
