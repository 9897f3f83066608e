//! A PDF of a scan, from bytes that nobody vouches for.
#![no_main]

use tellmark_formats::fuzz;

libfuzzer_sys::fuzz_target!(
    init: {
        // A page is drawn on a thread of its own, whose end is an error for whoever asked for the page.
        std::panic::set_hook(Box::new(|_| {
            if std::thread::current().name() != Some("drawing") {
                std::process::abort();
            }
        }));
    },
    |bytes: &[u8]| fuzz::scan(bytes)
);
