//! What a person signed, from bytes that nobody vouches for.
#![no_main]

use tellmark_evidence::fuzz;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::signed(bytes));
