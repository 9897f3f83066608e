//! An OpenDocument text, from bytes that nobody vouches for.
#![no_main]

use tellmark_formats::{Format, fuzz};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::document(Format::Odt, bytes));
