//! A message under way, its header and what is attached to it, from bytes that nobody vouches for.
#![no_main]

use tellmark_formats::fuzz;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::parcel(bytes));
