//! The XML of an OpenDocument text, in a container whose checksums are right, from bytes that nobody vouches for.
#![no_main]

use tellmark_formats::fuzz;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::odt_xml(bytes));
