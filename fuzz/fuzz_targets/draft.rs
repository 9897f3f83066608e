//! A message as the model of drafts, from bytes that nobody vouches for.
#![no_main]

use tellmark_formats::fuzz;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::draft(bytes));
