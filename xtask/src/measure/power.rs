//! `cargo xtask power`: how often the right copy is named, another copy, or anybody without cause.

use anyhow::Context;
use tellmark_codes::{
    Alpha, Batch, Codebook, Column, LineageKey, Observed, Rows, Threshold, copy_threshold, names, score,
    withheld,
};
use tellmark_core::{Channel, Choices, CopyId, Outcome, Reading};
use tellmark_testkit::{Attack, Random, document};

use super::rates::Rate;
use super::sealed::Sealed;
use super::{Source, in_parallel};

const COPIES: usize = 20;
const ALPHA: &str = "1e-3";
const BITS: [f64; 3] = [24.0, 32.0, 48.0];
/// What has to be reached with as many bits.
const GOALS: [&str; 3] = ["80 %", "99 %", "99.9 %"];
/// Leaks from one sealing: the next gets other variants of the author's.
const TRIALS_PER_SEALING: u64 = 50;

/// What happened in some trials.
#[derive(Default, Clone, Copy)]
struct Counts {
    /// The copy that leaked is named.
    right: Rate,
    /// A copy that did not leak is named.
    other: Rate,
    /// Copies of another key: one of them is named.
    foreign: Rate,
    /// The original leaked: a copy is named.
    original: Rate,
    bits: f64,
    sites_read: u64,
}

/// Measures and prints; the arguments are paths and `--trials N`. False when a copy that did not leak was
/// named.
///
/// # Errors
/// When a file cannot be read or sealed, or is too short to hold the bits.
pub fn run(arguments: &[&str]) -> anyhow::Result<bool> {
    let (sources, trials) = super::arguments(arguments, "--trials", 10_000)?;
    let sealings = trials.div_ceil(TRIALS_PER_SEALING) as usize;
    println!("Power: {COPIES} copies, alpha {ALPHA}; the middle third of {} leaks,", file_names(&sources));
    println!(
        "with seeded author's variants until it holds so many bits. {trials} leaks a line, seeds 0 to {};",
        sealings - 1
    );
    println!(
        "each is also tried against copies under a foreign key; of each sealing the original leaks once,"
    );
    println!("against {TRIALS_PER_SEALING} keys. Intervals are Wilson's, 95 %.\n");
    println!(
        "| bits | goal | the copy is named | another is named | foreign key: one is named | the original leaks: one is named | bits held, sites read (mean) |"
    );
    println!("|---:|---:|---|---|---|---|---|");
    let mut safe = true;
    for (bits, goal) in BITS.into_iter().zip(GOALS) {
        let job = |number: usize| sealing(&sources[number % sources.len()], number as u64, bits, trials);
        let all = in_parallel(&format!("power, {bits} bits"), sealings, job)?;
        let mut sum = Counts::default();
        all.iter().for_each(|counts| sum.add(counts));
        let (held, read) = (sum.bits / sealings as f64, sum.sites_read as f64 / sum.right.of as f64);
        let other = format!("{} in {}: {}", sum.other.hits, sum.other.of, sum.other);
        println!(
            "| {bits} | {goal} | {} | {other} | {} | {} | {held:.1}, {read:.1} |",
            sum.right, sum.foreign, sum.original
        );
        safe &= sum.other.hits == 0;
    }
    Ok(safe)
}

impl Counts {
    fn add(&mut self, other: &Counts) {
        self.right.add(other.right);
        self.other.add(other.other);
        self.foreign.add(other.foreign);
        self.original.add(other.original);
        self.bits += other.bits;
        self.sites_read += other.sites_read;
    }
}

fn file_names(sources: &[Source]) -> String {
    sources.iter().map(|source| source.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// One sealing of a document and its leaks, each under a key of its own.
fn sealing(source: &Source, seed: u64, bits: f64, trials: u64) -> anyhow::Result<Counts> {
    let sealed = with_bits(source, seed, bits)?;
    let mut counts = Counts { bits: sealed.bits_in_middle_third(), ..Counts::default() };
    let original = sealed.copy(sealed.marking.original())?;
    let of_original = Leak::read(&sealed, &original.text);
    let first = seed * TRIALS_PER_SEALING;
    for trial in first..trials.min(first + TRIALS_PER_SEALING) {
        let mut random = Random::of_part(trial, 2);
        let copies = Copies::new(&sealed, &mut random)?;
        let leaker = random.below(COPIES);
        let copy = sealed.copy(Choices(copies.row(leaker).to_vec()))?;
        let leak = Leak::read(&sealed, &copy.text);
        let named = leak.named(&copies)?;
        counts.right.count(named.contains(&leaker));
        counts.other.count(named.iter().any(|copy| *copy != leaker));
        counts.sites_read += leak.columns.len() as u64;
        let foreign = Copies::new(&sealed, &mut random)?;
        counts.foreign.count(!leak.named(&foreign)?.is_empty());
        counts.original.count(!of_original.named(&copies)?.is_empty());
    }
    Ok(counts)
}

/// The document with as many author's variants in its middle third as it takes. Where the rules alone find
/// more bits than that, only the author's count.
fn with_bits(source: &Source, seed: u64, bits: f64) -> anyhow::Result<Sealed> {
    let text = std::str::from_utf8(&source.bytes)
        .with_context(|| format!("{}: give text or Markdown", source.name))?;
    let third = text.floor_char_boundary(text.len() / 3)..text.floor_char_boundary(2 * text.len() / 3);
    let all: &[Channel] = &[Channel::Wording, Channel::Author, Channel::Style];
    let base = Sealed::new(&source.name, text.as_bytes(), all)?.bits_in_middle_third();
    let (channels, base) = if base <= bits { (all, base) } else { (&[Channel::Author][..], 0.0) };
    let mut sites = ((bits - base) / 2.0) as usize; // two bits a site at most: never too many at first
    loop {
        let (with, found) = document::add_variants(text, seed, sites, third.clone());
        let sealed = Sealed::new(&source.name, with.as_bytes(), channels)?;
        let held = sealed.bits_in_middle_third();
        if held >= bits {
            return Ok(sealed);
        }
        anyhow::ensure!(found == sites, "{} is too short for {bits} bits: {found} sites", source.name);
        sites += (((bits - held) / 2.0) as usize).max(1);
    }
}

/// The codewords of all copies under one key.
struct Copies {
    rows: Vec<u8>,
    columns: usize,
}

impl Copies {
    fn new(sealed: &Sealed, random: &mut Random) -> anyhow::Result<Copies> {
        let key = LineageKey::new(random.bytes32());
        let nonce = random.bytes32();
        let column = |(ordinal, site): (usize, &tellmark_core::Site)| Column {
            nonce,
            ordinal: ordinal as u32,
            variants: site.variants() as u8,
        };
        let columns: Vec<Column> = sealed.marking.sites.iter().enumerate().map(column).collect();
        let book = Codebook::new(&key, &columns)?;
        let mut rows = vec![0; COPIES * columns.len()];
        for (i, row) in rows.chunks_exact_mut(columns.len()).enumerate() {
            book.codeword(&CopyId::parse(&format!("r{i}"))?, row);
        }
        Ok(Copies { rows, columns: columns.len() })
    }

    fn row(&self, copy: usize) -> &[u8] {
        &self.rows[copy * self.columns..(copy + 1) * self.columns]
    }
}

/// What the middle third of a text shows: the columns that were read.
struct Leak {
    columns: Vec<usize>,
    observed: Vec<Observed>,
}

impl Leak {
    fn read(sealed: &Sealed, text: &str) -> Leak {
        let exhibit =
            Attack::by_name("middle-third").map_or(String::new(), |attack| attack.run(text, text, 0));
        let reading: Option<Reading> = sealed.read(&exhibit);
        let sites = reading.into_iter().flat_map(|reading| reading.sites).enumerate();
        let read = sites.filter_map(|(i, site)| match site.outcome {
            Outcome::Read { likelihoods, .. } => Some((i, Observed { likelihoods })),
            Outcome::Erased(_) => None,
        });
        let (columns, observed) = read.unzip();
        Leak { columns, observed }
    }

    /// The copies that are named at the first look.
    fn named(&self, copies: &Copies) -> anyhow::Result<Vec<usize>> {
        if self.columns.is_empty() {
            return Ok(vec![]);
        }
        let symbols =
            (0..COPIES).flat_map(|copy| self.columns.iter().map(move |column| copies.row(copy)[*column]));
        let rows = Rows { columns: self.columns.len(), symbols: symbols.collect() };
        let scores = score(&self.observed, &rows)?;
        let threshold = threshold()?;
        let reached: Vec<_> = (0..COPIES)
            .filter(|copy| names(&scores[*copy], tellmark_core::fixed::Log2::ZERO, &threshold))
            .map(|copy| (copy, scores[copy].e))
            .collect();
        let withheld = withheld(&self.observed, &rows, &reached);
        Ok(reached.into_iter().map(|(copy, _)| copy).filter(|copy| !withheld.contains(copy)).collect())
    }
}

fn threshold() -> anyhow::Result<Threshold> {
    let alpha: Alpha = ALPHA.parse()?;
    Ok(copy_threshold(alpha, &Batch { copies: COPIES as u64, look: 1, number: 1 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_copy_and_nobody_else() {
        let text = document::prose(9, 1_500, 0.0);
        let source = Source { name: "a.txt".into(), bytes: text.into_bytes() };
        let counts = sealing(&source, 0, 48.0, 5).unwrap();
        assert_eq!((counts.right.hits, counts.right.of), (5, 5));
        assert_eq!(counts.other.hits + counts.foreign.hits + counts.original.hits, 0);
        assert!((48.0..53.0).contains(&counts.bits), "{}", counts.bits);
    }

    #[test]
    fn a_short_text_is_refused() {
        let source = Source { name: "a.txt".into(), bytes: b"Too short for that.".to_vec() };
        assert!(sealing(&source, 0, 24.0, 1).is_err());
    }
}
