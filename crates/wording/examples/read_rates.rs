//! Measures reading on real documents: plans each with all rules and seeded author's variants, makes random
//! copies, attacks them, and counts the sites inside that are read and that are read wrongly.
//!
//! `cargo run --release -p tellmark-wording --example read_rates -- FILE... [--seeds 20] [--sites 60] [--all]
//! [--plain] [--show N]`
//!
//! A site counts as inside when the attacked copy still holds three whole words on either side of it. `wrong`
//! is a reading whose likeliest variant is not the copy's. `--all` adds the attacks with errors, `--show`
//! prints the first wrong or unread sites.

use std::ops::Range;

use tellmark_core::{Channel, Choices, Erasure, Outcome, Prose, ReleaseId, Rendered};
use tellmark_spotting::Index;
use tellmark_testkit::{ATTACKS, Random, document};
use tellmark_wording::read::{Original, Shown};
use tellmark_wording::{Options, Plan, plan, read};

struct Arguments {
    paths: Vec<String>,
    seeds: u64,
    sites: usize,
    all: bool,
    show: usize,
}

#[derive(Default, Clone)]
struct Tally {
    inside: usize,
    read: usize,
    wrong: usize,
    unshowable: usize,
    erased: std::collections::BTreeMap<&'static str, usize>,
    outside_read: usize,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = arguments()?;
    println!(
        "{:<28} {:<20} {:>7} {:>7} {:>8} {:>6} {:>9} {:>7}",
        "file", "attack", "inside", "read", "%", "wrong", "unshowable", "beyond"
    );
    for path in &arguments.paths {
        let text = std::fs::read_to_string(path)?;
        let name = path.rsplit('/').next().unwrap_or(path);
        let names: Vec<&str> = if arguments.all {
            ATTACKS.iter().filter(|a| !a.is_mixing()).map(|a| a.name).collect()
        } else {
            vec!["untouched", "ascii", "middle-third"]
        };
        for attack in names {
            let mut tally = Tally::default();
            for seed in 0..arguments.seeds {
                measure(&text, attack, seed, &arguments, &mut tally)?;
            }
            let readable = tally.inside - tally.unshowable;
            println!(
                "{name:<28} {attack:<20} {:>7} {:>7} {:>8.3} {:>6} {:>9} {:>7}  {:?}",
                tally.inside,
                tally.read,
                100.0 * tally.read as f64 / readable.max(1) as f64,
                tally.wrong,
                tally.unshowable,
                tally.outside_read,
                tally.erased
            );
        }
    }
    Ok(())
}

fn measure(
    text: &str,
    attack: &str,
    seed: u64,
    arguments: &Arguments,
    tally: &mut Tally,
) -> Result<(), Box<dyn std::error::Error>> {
    let (marked, _) = document::add_variants(text, seed, arguments.sites, 0..text.len());
    let prose = Prose::plain(&marked);
    let options = Options {
        channels: vec![Channel::Wording, Channel::Author, Channel::Style],
        verbatim: None,
        allow_speech: seed % 2 == 1,
    };
    let plan = plan(&prose, ReleaseId([7; 8]), &options)?;
    let mut random = Random::of_part(seed, 77);
    let choices =
        Choices(plan.marking.sites.iter().map(|site| random.below(site.variants()) as u8).collect());
    let copy = plan.marking.render(&prose.text, &choices)?;
    let leaked = match ATTACKS.iter().find(|a| a.name == attack) {
        Some(attack) => attack.run(&copy.text, &copy.text, seed),
        None => copy.text.clone(),
    };
    let original = Original::new(&prose.text, &plan.marking)?;
    let found = Index::build([original.text()]).find(&leaked);
    let Some(found) = found.first() else { return Ok(()) };
    let reading = read(ReleaseId([7; 8]), &original, &[Shown::text(&leaked, &found.alignment)]);
    let inside = insides(&copy, &leaked, plan.marking.sites.len());
    for (at, site) in reading.sites.iter().enumerate() {
        count(tally, at, site, inside[at], &choices, &plan, &copy, arguments.show, seed);
    }
    Ok(())
}

#[allow(clippy::too_many_arguments, reason = "a measurement's loop body")]
fn count(
    tally: &mut Tally,
    at: usize,
    site: &tellmark_core::SiteReading,
    inside: bool,
    choices: &Choices,
    plan: &Plan,
    copy: &Rendered,
    show: usize,
    seed: u64,
) {
    let truth = usize::from(choices.0[at]);
    tally.inside += usize::from(inside);
    let report = |tally: &Tally, what: &str| {
        if tally.wrong + tally.erased.values().sum::<usize>() <= show && show > 0 {
            let place = copy.places.iter().find(|place| place.site == at);
            let range = place.map_or(0..0, |place| place.range.clone());
            let from = copy.text.floor_char_boundary(range.start.saturating_sub(50));
            let to = copy.text.ceil_char_boundary((range.end + 50).min(copy.text.len()));
            println!(
                "  {what} seed {seed} rule {} truth {truth} {:?} in {:?}: {:?}",
                plan.marking.sites[at].rule,
                plan.marking.sites[at].occurrences[0].forms,
                &copy.text[from..to],
                site.outcome
            );
        }
    };
    match &site.outcome {
        Outcome::Read { likelihoods, .. } => {
            let top = likelihoods.iter().max();
            let right = likelihoods.get(truth) == top;
            if inside {
                tally.read += 1;
            } else {
                tally.outside_read += 1;
            }
            if !right {
                tally.wrong += 1;
                report(tally, "WRONG");
            }
        }
        Outcome::Erased(Erasure::Unshowable) if inside => tally.unshowable += 1,
        Outcome::Erased(reason) if inside => {
            *tally.erased.entry(name(*reason)).or_default() += 1;
            report(tally, "unread");
        }
        Outcome::Erased(_) => {}
    }
}

fn name(reason: Erasure) -> &'static str {
    match reason {
        Erasure::Absent => "absent",
        Erasure::Context => "context",
        Erasure::Unclear => "unclear",
        Erasure::Conflict => "conflict",
        _ => "other",
    }
}

/// For each site, whether the attacked copy holds one of its places with three words to either side.
fn insides(copy: &Rendered, leaked: &str, sites: usize) -> Vec<bool> {
    if let Some(start) = copy.text.find(leaked.trim()) {
        let excerpt = start..start + leaked.trim().len();
        let inside = |site| {
            let mut ranges =
                copy.places.iter().filter(|p| p.site == site).map(|p| around(&copy.text, &p.range));
            ranges.any(|range| excerpt.start <= range.start && range.end <= excerpt.end)
        };
        return (0..sites).map(inside).collect();
    }
    let plain = squeeze(leaked);
    let mut inside = vec![false; sites];
    for place in &copy.places {
        let around = squeeze(&copy.text[around(&copy.text, &place.range)]);
        inside[place.site] |= around.len() > 8 && plain.contains(&around);
    }
    inside
}

fn around(text: &str, range: &Range<usize>) -> Range<usize> {
    let before =
        text[..range.start].split_inclusive(char::is_whitespace).rev().take(4).map(str::len).sum::<usize>();
    let after = text[range.end..].split_inclusive(char::is_whitespace).take(4).map(str::len).sum::<usize>();
    range.start - before..range.end + after
}

/// Letters and digits in lower case: what survives every attack without errors.
fn squeeze(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn arguments() -> Result<Arguments, Box<dyn std::error::Error>> {
    let mut arguments = Arguments { paths: vec![], seeds: 20, sites: 60, all: false, show: 0 };
    let mut rest = std::env::args().skip(1);
    while let Some(argument) = rest.next() {
        let mut number = || rest.next().unwrap_or_default().parse::<usize>();
        match argument.as_str() {
            "--seeds" => arguments.seeds = number()? as u64,
            "--sites" => arguments.sites = number()?,
            "--show" => arguments.show = number()?,
            "--all" => arguments.all = true,
            path => arguments.paths.push(path.into()),
        }
    }
    Ok(arguments)
}
