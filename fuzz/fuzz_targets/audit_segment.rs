//! Any bytes as a segment of the audit log: they read or are refused.
#![no_main]

use interdict_fuzz::audit;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    audit::law_of_segment(input);
});
