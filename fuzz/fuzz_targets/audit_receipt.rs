//! Any bytes as a receipt: they read or are refused, and prove nothing.
#![no_main]

use interdict_fuzz::audit;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    audit::law_of_receipt(input);
});
