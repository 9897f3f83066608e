//! A picture in which a page lies anywhere, from bytes that nobody vouches for.
#![no_main]

use tellmark_pages::fuzz;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::registered(bytes));
