//! The fuzzer's corpus, replayed, and mutated for a while with a fixed seed.

use std::path::Path;

use tellmark_follow::fuzz::TARGETS;
use tellmark_testkit::{Random, mutate};

/// Mutants of each target: a few seconds in all.
const MUTANTS: usize = 1_000;

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn the_corpus_and_mutants_of_it_are_survived() {
    let mutants = std::env::var("TELLMARK_MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(MUTANTS);
    let seed = std::env::var("TELLMARK_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    for (part, (name, run)) in TARGETS.iter().enumerate() {
        let files = corpus(name);
        assert!(!files.is_empty(), "{name} has no corpus");
        files.iter().for_each(|bytes| run(bytes));
        for number in 0..mutants {
            let mut random = Random::of_part(seed, (part * 1_000_000_000 + number) as u64);
            let mut bytes = files[random.below(files.len())].clone();
            for _ in 0..=random.below(4) {
                mutate(&mut random, &files, &mut bytes);
            }
            let outcome = std::panic::catch_unwind(|| run(&bytes));
            let shown = String::from_utf8_lossy(&bytes);
            assert!(outcome.is_ok(), "{name}, seed {seed}, mutant {number}: {shown:?}");
        }
    }
}
