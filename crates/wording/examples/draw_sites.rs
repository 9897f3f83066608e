//! Draws sites of documents at random and prints them in context, for a person to judge.
//!
//! `cargo run --example draw_sites -- --seed 1 --count 200 NAME=PATH …` prints a Markdown table: what the document
//! shows, what each other variant would show. With `--count 0` it prints only how many sites there are. Speech
//! is allowed, so that transcripts have sites to judge.

use std::collections::BTreeMap;
use std::process::ExitCode;

use tellmark_core::{Channel, Prose, ReleaseId, Site};
use tellmark_wording::{Options, plan};

struct Arguments {
    seed: u64,
    count: usize,
    speech: bool,
    files: Vec<(String, String)>,
}

struct Drawn {
    document: String,
    rule: String,
    shown: String,
    others: Vec<String>,
}

fn main() -> ExitCode {
    match arguments().and_then(|arguments| print(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}\nusage: draw_sites [--seed N] [--count N] [--keep-speech] NAME=PATH …");
            ExitCode::from(2)
        }
    }
}

fn arguments() -> Result<Arguments, String> {
    let mut found = Arguments { seed: 1, count: 200, speech: true, files: Vec::new() };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || words.next().and_then(|n| n.parse().ok()).ok_or(format!("{word} needs a number"));
        match word.as_str() {
            "--seed" => found.seed = number()?,
            "--count" => found.count = number()? as usize,
            "--keep-speech" => found.speech = false,
            _ => {
                let (name, path) = word.split_once('=').unwrap_or(("document", &word));
                found.files.push((name.into(), path.into()));
            }
        }
    }
    if found.files.is_empty() { Err("no file".into()) } else { Ok(found) }
}

fn print(arguments: &Arguments) -> Result<(), String> {
    let mut sites = Vec::new();
    for (name, path) in &arguments.files {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        let before = sites.len();
        let rules = collect(name, &text, arguments.speech, &mut sites)?;
        let words = text.split_whitespace().count();
        let rate = (sites.len() - before) as f64 * 100.0 / words.max(1) as f64;
        println!(
            "{name}: {words} words, {} sites, {rate:.2} per hundred words; {rules:?}\n",
            sites.len() - before
        );
    }
    shuffle(&mut sites, arguments.seed);
    sites.truncate(arguments.count);
    if !sites.is_empty() {
        println!("| # | document | rule | shown | instead | judged |\n|---|---|---|---|---|---|");
    }
    for (index, site) in sites.iter().enumerate() {
        let others = site.others.join(" / ");
        println!("| {} | {} | {} | {} | {others} | |", index + 1, site.document, site.rule, site.shown);
    }
    Ok(())
}

fn collect(
    name: &str,
    text: &str,
    allow_speech: bool,
    sites: &mut Vec<Drawn>,
) -> Result<BTreeMap<String, usize>, String> {
    let channels = vec![Channel::Wording, Channel::Style];
    let options = Options { channels, verbatim: None, allow_speech };
    let plan = plan(&Prose::plain(text), ReleaseId([0; 8]), &options).map_err(|error| error.to_string())?;
    let mut rules = BTreeMap::new();
    for site in &plan.marking.sites {
        *rules.entry(site.rule.clone()).or_insert(0) += 1;
        sites.push(drawn(name, text, site));
    }
    Ok(rules)
}

/// A site in its context, of a style site the occurrence in the middle.
fn drawn(name: &str, text: &str, site: &Site) -> Drawn {
    let occurrence = &site.occurrences[site.occurrences.len() / 2];
    let (left, right) = (before(&text[..occurrence.span.start]), behind(&text[occurrence.span.end..]));
    let show = |form: &String| format!("{left}**{}**{right}", if form.is_empty() { "∅" } else { form });
    let original = usize::from(site.original);
    let others = occurrence.forms.iter().enumerate().filter(|(index, _)| *index != original);
    Drawn {
        document: name.into(),
        rule: site.rule.clone(),
        shown: show(&occurrence.forms[original]).replace(['\n', '\r'], " ").replace('|', "\\|"),
        others: others.map(|(_, form)| format!("**{}**", if form.is_empty() { "∅" } else { form })).collect(),
    }
}

/// The last five words before a place.
fn before(text: &str) -> &str {
    let start = text.rmatch_indices(' ').nth(5).map_or(0, |(at, _)| at + 1);
    &text[start..]
}

/// The first six words behind a place.
fn behind(text: &str) -> &str {
    let end = text.match_indices(' ').nth(6).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// Fisher and Yates' shuffle on the generator SplitMix64.
fn shuffle(sites: &mut [Drawn], seed: u64) {
    let mut state = seed;
    for last in (1..sites.len()).rev() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        sites.swap(last, ((z ^ (z >> 31)) % (last as u64 + 1)) as usize);
    }
}
