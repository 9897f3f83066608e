//! A feed, from bytes that nobody vouches for.
#![no_main]

use tellmark_follow::fuzz;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::feed(bytes));
