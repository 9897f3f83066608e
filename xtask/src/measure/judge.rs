//! `cargo xtask judge`: draws sites at random and prints them in context, for an editor to judge.
//!
//! The documents go the way that `seal` goes: their format is detected, their prose planned. A site of a
//! document's habits is counted once, and shown at its occurrence in the middle. Speech is allowed unless
//! `--keep-speech` is given, so that transcripts have sites to judge.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use tellmark_core::{Channel, ReleaseId, Site};
use tellmark_formats::{Document, Format};
use tellmark_testkit::Random;
use tellmark_wording::{Options, plan};

use super::{Source, arguments};

/// Words of context on either side of a site.
const WORDS_AROUND: usize = 6;

/// What is asked for.
struct Draw {
    sources: Vec<Source>,
    seed: u64,
    count: usize,
    allow_speech: bool,
}

/// A site in its context.
struct Shown {
    document: String,
    rule: String,
    context: String,
}

/// How many sites a document has.
struct Tally {
    name: String,
    words: usize,
    sites: usize,
    verbatim: bool,
    notes: Vec<String>,
}

/// Draws and prints; the arguments are paths, `--seed N`, `--count N` and `--keep-speech`.
///
/// # Errors
/// When a file cannot be read or planned.
pub fn run(arguments: &[&str]) -> anyhow::Result<bool> {
    let draw = parse(arguments)?;
    let mut sites = Vec::new();
    let mut tallies = Vec::new();
    for source in &draw.sources {
        tallies.push(collect(source, draw.allow_speech, &mut sites)?);
    }
    let rules = by_rule(&sites);
    Random::new(draw.seed).shuffle(&mut sites);
    sites.truncate(draw.count);
    print_table(&sites);
    print_rules(&rules, &by_rule(&sites));
    print_documents(&tallies);
    Ok(true)
}

fn parse(words: &[&str]) -> anyhow::Result<Draw> {
    const COUNT: usize = 240;
    let mut draw = Draw { sources: Vec::new(), seed: 1, count: COUNT, allow_speech: true };
    let mut paths = Vec::new();
    let mut rest = words.iter();
    while let Some(&word) = rest.next() {
        let mut number = || -> anyhow::Result<u64> {
            let value = rest.next().with_context(|| format!("{word} needs a number"))?;
            value.parse().with_context(|| format!("{word} {value}: a number is needed"))
        };
        match word {
            "--count" => draw.count = number()?.try_into().context("--count: too many")?,
            "--seed" => draw.seed = number()?,
            "--keep-speech" => draw.allow_speech = false,
            _ if word.starts_with("--") => {
                bail!("unknown option {word}; there are --seed N, --count N, --keep-speech")
            }
            _ => paths.push(word),
        }
    }
    (draw.sources, _) = arguments(&paths, "--seed", 0)?;
    Ok(draw)
}

/// Plans one document and adds its sites.
fn collect(source: &Source, allow_speech: bool, sites: &mut Vec<Shown>) -> anyhow::Result<Tally> {
    let said = || format!("{}: cannot be sealed", source.name);
    let format = Format::detect(&source.name, &source.bytes).with_context(said)?;
    let document = Document::parse(format, &source.bytes).with_context(said)?;
    let prose = document.prose();
    let channels = vec![Channel::Wording, Channel::Style];
    let options = Options { channels, allow_speech, ..Options::default() };
    let plan = plan(prose, ReleaseId([0; 8]), &options).with_context(said)?;
    sites.extend(plan.marking.sites.iter().map(|site| shown(&source.name, &prose.text, site)));
    let words = prose.text.split_whitespace().count();
    let (verbatim, notes) = (plan.verbatim, plan.notes);
    Ok(Tally { name: source.name.clone(), words, sites: plan.marking.sites.len(), verbatim, notes })
}

/// A site as one line: the words around it and, in brackets, its variants, that of the original first.
fn shown(document: &str, text: &str, site: &Site) -> Shown {
    let occurrence = &site.occurrences[site.occurrences.len() / 2];
    let original = usize::from(site.original);
    let mut forms: Vec<&str> = occurrence.forms.iter().map(String::as_str).collect();
    forms[..=original].rotate_right(1);
    let forms: Vec<&str> = forms.into_iter().map(|form| if form.is_empty() { "∅" } else { form }).collect();
    let (before, after) = (last_words(&text[..occurrence.span.start]), &text[occurrence.span.end..]);
    let line = format!("{before}**[{}]**{}", forms.join(" / "), first_words(after));
    let context = line.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
    Shown { document: document.into(), rule: site.rule.clone(), context }
}

/// The end of a text, from the word that is [`WORDS_AROUND`] before it.
fn last_words(text: &str) -> &str {
    let words = text.split_whitespace().rev().take(WORDS_AROUND).last();
    words.map_or("", |word| &text[word.as_ptr() as usize - text.as_ptr() as usize..])
}

/// The beginning of a text, up to [`WORDS_AROUND`] words.
fn first_words(text: &str) -> &str {
    let words = text.split_whitespace().take(WORDS_AROUND).last();
    words.map_or("", |word| &text[..word.as_ptr() as usize + word.len() - text.as_ptr() as usize])
}

fn by_rule(sites: &[Shown]) -> BTreeMap<String, usize> {
    let mut rules = BTreeMap::new();
    for site in sites {
        *rules.entry(site.rule.clone()).or_default() += 1;
    }
    rules
}

fn print_table(sites: &[Shown]) {
    println!("| # | document | rule | context, with the original's variant first | judgement |");
    println!("|---:|---|---|---|---|");
    for (index, site) in sites.iter().enumerate() {
        println!("| {} | {} | {} | {} | |", index + 1, site.document, site.rule, site.context);
    }
}

fn print_rules(all: &BTreeMap<String, usize>, drawn: &BTreeMap<String, usize>) {
    println!("\n| rule | drawn | sites |\n|---|---:|---:|");
    for (rule, sites) in all {
        println!("| {rule} | {} | {sites} |", drawn.get(rule).copied().unwrap_or(0));
    }
}

fn print_documents(tallies: &[Tally]) {
    let rate = |sites: usize, words: usize| sites as f64 * 100.0 / words.max(1) as f64;
    println!("\n| document | transcript | words | sites | sites per 100 words |\n|---|---|---:|---:|---:|");
    for tally in tallies {
        let Tally { name, words, sites, .. } = tally;
        let verbatim = if tally.verbatim { "yes" } else { "no" };
        println!("| {name} | {verbatim} | {words} | {sites} | {:.2} |", rate(*sites, *words));
        tally.notes.iter().for_each(|note| eprintln!("{name}: {note}"));
    }
    let words = tallies.iter().map(|tally| tally.words).sum();
    let sites = tallies.iter().map(|tally| tally.sites).sum();
    println!("| all | | {words} | {sites} | {:.2} |", rate(sites, words));
}

#[cfg(test)]
mod tests {
    use super::*;
    use tellmark_core::{Occurrence, SiteId};

    #[test]
    fn a_site_is_shown_among_at_most_twelve_words() {
        let text = "One two three four five six seven in order\nto eight nine ten.";
        let at = text.find("in order").unwrap();
        let forms = vec!["to".into(), "in order\nto".into()];
        let site = Site {
            id: SiteId { origin: ReleaseId([0; 8]), ordinal: 0 },
            channel: Channel::Wording,
            rule: "in-order-to".into(),
            original: 1,
            occurrences: vec![Occurrence { span: at..at + "in order\nto".len(), forms }],
        };
        let line = shown("a", text, &site).context;
        assert_eq!(line, "two three four five six seven **[in order to / to]** eight nine ten.");
        assert_eq!((last_words(""), first_words(" ")), ("", ""));
    }

    #[test]
    fn arguments_are_checked() {
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let draw = parse(&["--seed", "7", manifest, "--count", "3", "--keep-speech"]).unwrap();
        assert_eq!((draw.seed, draw.count, draw.allow_speech, draw.sources.len()), (7, 3, false, 1));
        for wrong in [&["--seed"][..], &[manifest, "--other"], &[manifest, "--count", "x"], &[]] {
            assert!(parse(wrong).is_err());
        }
    }
}
