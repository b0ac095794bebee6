//! A listed address, spelt and spoilt as the input says: it is found, and
//! does not clear where it must not.
#![no_main]

use interdict_fuzz::laws;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    laws::of_pipeline(input);
});
