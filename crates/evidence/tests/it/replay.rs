//! The fuzzer's corpus, replayed, and mutated for a while with a fixed seed.

use std::path::Path;

/// Mutants of each target: a few seconds in all.
const MUTANTS: usize = 1_000;

#[test]
fn the_corpus_and_mutants_of_it_are_survived() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    tellmark_testkit::survive(&tellmark_evidence::fuzz::TARGETS, &corpus, MUTANTS);
}
