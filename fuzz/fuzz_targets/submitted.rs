//! A message as a client submits it, from bytes that nobody vouches for.
#![no_main]

use tellmark_relay::fuzz;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::submitted(bytes));
