//! The fuzzer's corpus, replayed, and mutated for a while with a fixed seed.

use std::path::{Path, PathBuf};

use tellmark_formats::fuzz::TARGETS;
use tellmark_testkit::Random;

/// Mutants of each target: a few seconds in all.
const MUTANTS: usize = 1_500;

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// One change that a fuzzer would try: bytes flipped, cut, doubled, or taken from elsewhere.
fn mutate(random: &mut Random, files: &[(PathBuf, Vec<u8>)], bytes: &mut Vec<u8>) {
    const SPECIAL: [&[u8]; 12] = [
        b"\0",
        b"\xff\xff\xff\xff",
        b"<",
        b">",
        b"&",
        b"{",
        b"|",
        b"}",
        b"\r\n",
        b"=",
        b"\"",
        b"\xef\xbb\xbf",
    ];
    let at = random.below(bytes.len() + 1);
    let to = (at + 1 + random.below(16)).min(bytes.len());
    match random.below(6) {
        0 if at < to => bytes[at] ^= 1 << random.below(8),
        1 if at < to => drop(bytes.drain(at..to)),
        2 if at < to => {
            let piece = bytes[at..to].repeat(1 + random.below(20));
            bytes.splice(at..at, piece);
        }
        3 => drop(bytes.splice(at..at, random.pick(&SPECIAL).iter().copied())),
        4 if at < to => bytes[at] = random.next_u64() as u8,
        _ => {
            let other = &files[random.below(files.len())].1;
            let from = random.below(other.len() + 1);
            let piece = other[from..(from + random.below(64)).min(other.len())].to_vec();
            bytes.splice(at..at, piece);
        }
    }
}

#[test]
fn every_file_of_the_corpus_is_survived() {
    for (name, run) in TARGETS {
        let files = corpus(name);
        assert!(!files.is_empty(), "{name} has no corpus");
        files.iter().for_each(|(_, bytes)| run(bytes));
    }
}

#[test]
fn mutants_of_the_corpus_are_survived() {
    let mutants = std::env::var("TELLMARK_MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(MUTANTS);
    let seed = std::env::var("TELLMARK_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    for (part, (name, run)) in TARGETS.iter().enumerate() {
        let files = corpus(name);
        for number in 0..mutants {
            let mut random = Random::of_part(seed, (part * 1_000_000_000 + number) as u64);
            let mut bytes = files[random.below(files.len())].1.clone();
            for _ in 0..=random.below(4) {
                mutate(&mut random, &files, &mut bytes);
            }
            let outcome = std::panic::catch_unwind(|| run(&bytes));
            assert!(
                outcome.is_ok(),
                "{name}, seed {seed}, mutant {number}: {:?}",
                String::from_utf8_lossy(&bytes)
            );
        }
    }
}
