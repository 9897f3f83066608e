//! The author's choices in a text of any kind.
#![no_main]

use tellmark_core::{Channel, Prose, ReleaseId};
use tellmark_wording::{Options, plan};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let prose = Prose::plain(text);
    let options = Options { channels: vec![Channel::Author], ..Options::default() };
    if let Ok(plan) = plan(&prose, ReleaseId([0; 8]), &options) {
        assert_eq!(plan.marking.validate(text), Ok(()));
    }
});
