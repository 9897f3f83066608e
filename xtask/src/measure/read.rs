//! `cargo xtask read`: how many sites are read after each attack, and how many wrongly.

use std::collections::BTreeMap;

use tellmark_core::{Channel, Choices, Erasure, Outcome, SiteReading};
use tellmark_testkit::{ATTACKS, Attack, Random, document};

use super::rates::Rate;
use super::sealed::{Copy, Sealed};
use super::{Source, in_parallel, truth};

const CHANNELS: &[Channel] = &[Channel::Wording, Channel::Author, Channel::Style];
/// Author's variants that are put into texts, a hundred words.
const VARIANTS_PER_100_WORDS: usize = 3;
/// Wrong or missing readings that are shown on standard error for each attack.
const SHOWN_MAX: usize = 6;
const REASONS: &[Erasure] = &[
    Erasure::Absent,
    Erasure::Context,
    Erasure::Unclear,
    Erasure::Unshowable,
    Erasure::Conflict,
    Erasure::Public,
];

/// What one attack left of the sites.
#[derive(Default, Clone)]
struct Tally {
    /// Of the sites inside that the exhibit can show: how many were read.
    read: Rate,
    /// Of all sites that were read: in how many another variant than the copy's is likeliest.
    wrong: Rate,
    /// Of the sites inside: the reasons why they were not read.
    erased: BTreeMap<Erasure, u64>,
    /// Exhibits in which the document was not found.
    lost: u64,
    examples: Vec<String>,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.read.add(other.read);
        self.wrong.add(other.wrong);
        other.erased.into_iter().for_each(|(reason, n)| *self.erased.entry(reason).or_default() += n);
        self.lost += other.lost;
        self.examples.extend(other.examples);
    }
}

/// Measures and prints; the arguments are paths and `--seeds N`.
///
/// # Errors
/// When a file cannot be read or sealed.
pub fn run(arguments: &[&str]) -> anyhow::Result<bool> {
    let (sources, seeds) = super::arguments(arguments, "--seeds", 10)?;
    let jobs = sources.len() * seeds as usize;
    let tallies =
        in_parallel("read", jobs, |job| one(&sources[job % sources.len()], (job / sources.len()) as u64))?;
    let mut sums = vec![Tally::default(); ATTACKS.len()];
    for tallies in tallies {
        sums.iter_mut().zip(tallies).for_each(|(sum, tally)| sum.add(tally));
    }
    for sum in &sums {
        sum.examples.iter().take(SHOWN_MAX).for_each(|example| eprintln!("{example}"));
    }
    print_table(&sources, seeds, &sums);
    Ok(true)
}

/// All attacks on one copy of one document.
fn one(source: &Source, seed: u64) -> anyhow::Result<Vec<Tally>> {
    let mut random = Random::of_part(seed, 1);
    let sealed = Sealed::new(&source.name, &with_variants(source, seed), CHANNELS)?;
    let copy = sealed.copy(sealed.random_choices(&mut random))?;
    let other = sealed.copy(sealed.random_choices(&mut random))?;
    let of = |attack| tally(&sealed, &copy, &other, attack, seed, &source.name);
    Ok(ATTACKS.iter().map(of).collect())
}

/// Plain text and Markdown with variants at random words; other formats as they are.
fn with_variants(source: &Source, seed: u64) -> Vec<u8> {
    let plain = [".txt", ".md"].iter().any(|ending| source.name.ends_with(ending));
    match std::str::from_utf8(&source.bytes).ok().filter(|_| plain) {
        Some(text) => {
            let sites = text.split_whitespace().count() * VARIANTS_PER_100_WORDS / 100;
            document::add_variants(text, seed, sites, 0..text.len()).0.into_bytes()
        }
        None => source.bytes.clone(),
    }
}

fn tally(sealed: &Sealed, copy: &Copy, other: &Copy, attack: &Attack, seed: u64, name: &str) -> Tally {
    let exhibit = attack.run(&copy.text, &other.text, seed);
    let inside = truth::inside(sealed, copy, attack, &exhibit);
    let mut tally = Tally::default();
    let Some(reading) = sealed.read(&exhibit) else {
        tally.lost = 1;
        let showable = sealed.marking.sites.iter().map(|site| truth::showable(&site.occurrences, attack));
        let missed =
            inside.iter().zip(showable).filter(|(inside, showable)| **inside && *showable).count() as u64;
        tally.read.of = missed;
        tally.erased.insert(Erasure::Absent, missed);
        return tally;
    };
    for (i, (entry, site)) in reading.sites.iter().zip(&sealed.marking.sites).enumerate() {
        let is_read = matches!(entry.outcome, Outcome::Read { .. });
        if is_read {
            let holders: &[&Choices] =
                if attack.is_mixing() { &[&copy.choices, &other.choices] } else { &[&copy.choices] };
            let wrong = !holders.iter().any(|choices| shows(entry, choices.0[i]));
            tally.wrong.count(wrong);
            if wrong {
                let forms = &site.occurrences[0].forms;
                let truth = &forms[usize::from(copy.choices.0[i])];
                tally.examples.push(format!(
                    "wrong: {}, {name}, seed {seed}, site {i} ({}) {forms:?}: is {truth:?}, read {:?}",
                    attack.name, site.rule, entry.outcome
                ));
            }
        }
        if inside[i] && truth::showable(&site.occurrences, attack) {
            tally.read.count(is_read);
            if !is_read {
                tally.examples.push(format!(
                    "unread: {}, {name}, seed {seed}, site {i} ({}) {:?}: {:?}",
                    attack.name, site.rule, site.occurrences[0].forms, entry.outcome
                ));
            }
        }
        if let (true, Outcome::Erased(reason)) = (inside[i], &entry.outcome) {
            *tally.erased.entry(*reason).or_default() += 1;
        }
    }
    tally
}

/// Whether a variant is among the likeliest.
fn shows(entry: &SiteReading, variant: u8) -> bool {
    let Outcome::Read { likelihoods, .. } = &entry.outcome else { return false };
    likelihoods.get(usize::from(variant)) == likelihoods.iter().max()
}

fn print_table(sources: &[Source], seeds: u64, sums: &[Tally]) {
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    println!(
        "Reading after each attack: {} with seeds 0 to {}, wording and style sites and about",
        names.join(", "),
        seeds - 1
    );
    println!(
        "{VARIANTS_PER_100_WORDS} author's variants a hundred words in text and Markdown. A site counts as read of those inside the"
    );
    println!(
        "exhibit that it can show; as wrong when another variant than the copy's is likeliest (of two mixed"
    );
    println!("copies: than either's). Inside an excerpt is what stands there with two words on either side.");
    println!("Intervals are Wilson's, 95 %.\n");
    let reasons: Vec<String> = REASONS.iter().map(|reason| format!("{reason:?}").to_lowercase()).collect();
    println!(
        "| attack | sites inside | read | wrong | wrong rate | not found | erased: {} |",
        reasons.join(", ")
    );
    println!("|---|---:|---:|---:|---|---:|---|");
    for (attack, sum) in ATTACKS.iter().zip(sums) {
        let erased: Vec<String> =
            REASONS.iter().map(|r| sum.erased.get(r).copied().unwrap_or(0).to_string()).collect();
        println!(
            "| {} | {} | {} | {} | {} | {} | {} |",
            attack.name,
            sum.read.of,
            sum.read.percent(),
            sum.wrong.hits,
            sum.wrong,
            sum.lost,
            erased.join(", ")
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_untouched_copy_is_read_whole() {
        let text = document::prose(5, 700, 4.0);
        let source = Source { name: "a.md".into(), bytes: text.into_bytes() };
        let tallies = one(&source, 1).unwrap();
        let untouched = &tallies[0];
        assert!(untouched.read.of > 20 && untouched.lost == 0);
        assert_eq!(untouched.wrong.hits, 0);
        assert!(untouched.read.hits * 100 >= untouched.read.of * 99, "{:?}", untouched.read);
    }
}
