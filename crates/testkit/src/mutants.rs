//! Mutants of files, for tests of parsers.

use std::path::Path;

use crate::Random;

/// One change that a fuzzer would try: bytes flipped, cut, doubled, or taken from one of these files, of which there is at
/// least one.
pub fn mutate(random: &mut Random, files: &[Vec<u8>], bytes: &mut Vec<u8>) {
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
            let other = &files[random.below(files.len())];
            let from = random.below(other.len() + 1);
            let piece = other[from..(from + random.below(64)).min(other.len())].to_vec();
            bytes.splice(at..at, piece);
        }
    }
}

/// A fuzz target.
pub type Target = fn(&[u8]);

/// Runs fuzz targets over their corpus, `FOLDER/NAME`, and over mutants of it; TELLMARK_MUTANTS and TELLMARK_SEED say how
/// many of each and which.
///
/// # Panics
/// When a target has no corpus, or does not survive: then the message names target, seed and mutant.
pub fn survive(targets: &[(&str, Target)], folder: &Path, mutants: usize) {
    let given = |name: &str| std::env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let mutants = given("TELLMARK_MUTANTS").map_or(mutants, |number| number as usize);
    let seed = given("TELLMARK_SEED").unwrap_or(1);
    for (part, (name, run)) in targets.iter().enumerate() {
        let files = corpus(&folder.join(name));
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

fn corpus(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
        .iter()
        .map(|path| std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
        .collect()
}
