//! What a document can carry, as people read it: of a file here, and of a draft on a server.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::Result;
use serde::Deserialize;
use tellmark_app::paged::{self, PagePlan};
use tellmark_app::plan::PlanSummary;
use tellmark_app::promise::Case;

use crate::say;

/// What is shown of a plan: a part of what `plan --json` says, and its sentences.
#[derive(Debug, Deserialize)]
pub struct Shown {
    words: usize,
    sentences: usize,
    sites: BTreeMap<String, usize>,
    bits: f64,
    held_against: Case,
    paragraphs: Vec<Paragraph>,
    pages: Vec<PagePlan>,
    rules: BTreeMap<String, usize>,
    bare: Vec<Range<usize>>,
    notes: Vec<String>,
    told: Sentences,
}

#[derive(Debug, Deserialize)]
struct Paragraph {
    start: usize,
    end: usize,
    words: usize,
    bits: f64,
    points_needed: Option<usize>,
}

#[derive(Debug, Deserialize)]
struct Sentences {
    promise: Vec<String>,
    promise_two: Vec<String>,
    needs: Vec<String>,
    text: String,
}

impl Shown {
    /// What is shown of a plan that was made here.
    ///
    /// # Errors
    /// When it cannot be taken apart.
    pub fn of(summary: &PlanSummary) -> Result<Shown> {
        Ok(serde_json::from_value(serde_json::to_value(summary.told())?)?)
    }

    /// A part of the text; empty where a server names none.
    fn words_at(&self, start: usize, end: usize) -> &str {
        self.told.text.get(start..end).unwrap_or_default()
    }
}

/// Shows it.
pub fn show(name: &str, shown: &Shown) {
    say::headline(&format!("{name}: {} words, {} sentences", shown.words, shown.sentences));
    let counts: Vec<String> =
        shown.sites.iter().filter(|(_, n)| **n > 0).map(|(c, n)| format!("{n} {c}")).collect();
    match counts.is_empty() {
        true => say::line("No site: all copies of this document would be the same."),
        false => say::line(&format!("Sites: {} ({:.1} bits)", counts.join(", "), shown.bits)),
    }
    say::line("\nWhat an excerpt would name, one site in twenty being read wrongly:");
    let promised = shown.told.promise.iter().chain(&shown.told.promise_two);
    promised.for_each(|line| say::line(&format!("  {line}")));
    if !shown.told.needs.is_empty() {
        say::line("\nWhat is still needed (a point is a choice of yours, {like this|such as this}):");
        shown.told.needs.iter().for_each(|line| say::line(&format!("  {line}")));
    }
    show_paragraphs(shown);
    show_pages(&shown.pages);
    if !shown.rules.is_empty() {
        say::line("\nRules:");
        let rows = shown.rules.iter().map(|(rule, n)| vec![format!("  {rule}"), n.to_string()]).collect();
        say::table(&["  rule", "sites"], rows);
    }
    if !shown.bare.is_empty() {
        say::line(match shown.pages.is_empty() {
            true => "\nPassages that carry nothing (give them variants {like this|such as this}):",
            false => "\nPassages in which no word moves:",
        });
        for range in &shown.bare {
            say::line(&format!(
                "  bytes {}-{}: {}",
                range.start,
                range.end,
                beginning(shown.words_at(range.start, range.end))
            ));
        }
    }
    shown.notes.iter().for_each(|note| say::warning(note));
}

/// The paragraphs that do not name a copy by themselves, those that lack least first.
fn show_paragraphs(shown: &Shown) {
    const LISTED: usize = 12;
    let Case { copies, alpha } = &shown.held_against;
    let mut thin: Vec<_> = shown.paragraphs.iter().filter(|p| p.points_needed != Some(0)).collect();
    let enough = shown.paragraphs.len() - thin.len();
    if !shown.pages.is_empty() || shown.paragraphs.len() < 2 {
        return;
    }
    say::line(&format!(
        "\nOf {} paragraphs {enough} name one of {copies} at {alpha} by themselves, with probability 0.9 or more.",
        shown.paragraphs.len()
    ));
    thin.sort_by_key(|paragraph| (paragraph.points_needed.unwrap_or(usize::MAX), paragraph.start));
    let row = |paragraph: &&Paragraph| {
        let lacks =
            paragraph.points_needed.map_or("too much".to_owned(), |points| format!("{points} points"));
        let text = shown.words_at(paragraph.start, paragraph.end);
        vec![
            format!("  {lacks}"),
            format!("{:.1}", paragraph.bits),
            paragraph.words.to_string(),
            beginning(text),
        ]
    };
    let rows: Vec<_> = thin.iter().take(LISTED).map(row).collect();
    if !rows.is_empty() {
        say::table(&["  lacks", "bits", "words", "paragraph"], rows);
    }
    if thin.len() > LISTED {
        say::line(&format!("  and {} more; --html and --json show all", thin.len() - LISTED));
    }
}

/// How much of each page of a PDF names a copy.
fn show_pages(pages: &[PagePlan]) {
    let Some(first) = pages.first() else { return };
    say::line(
        "\nHow many neighbouring lines of a page, in a clean picture, name their copy (probability 0.9 or more), and how many each of \
         two who mix theirs:",
    );
    let cases: Vec<String> =
        first.names.iter().map(|part| format!("one of {} at {}", part.copies, part.alpha)).collect();
    let mut heads = vec!["  page", "words", "that move", "lines"];
    heads.extend(cases.iter().map(String::as_str));
    let row = |page: &PagePlan| {
        let counts = [page.words, page.sites, page.lines].map(|count| count.to_string());
        let names = page.names.iter().map(paged::said);
        [format!("  {}", page.page)].into_iter().chain(counts).chain(names).collect()
    };
    say::table(&heads, pages.iter().map(row).collect());
}

fn beginning(text: &str) -> String {
    let mut words = text.split_whitespace();
    let shown: Vec<&str> = words.by_ref().take(9).collect();
    let more = if words.next().is_some() { " …" } else { "" };
    format!("{}{more}", shown.join(" "))
}
