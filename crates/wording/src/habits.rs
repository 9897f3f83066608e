//! Habits of spelling and punctuation: one choice for the whole document, so that no copy contradicts itself.
//!
//! A habit is used only where the document has one form of it, and only where every place outside quotations can
//! be changed; otherwise the document is left alone. Each language has its own.

use std::ops::Range;

use tellmark_core::{Channel, Occurrence, ReleaseId, Site, SiteId};

use crate::clean::Clean;
use crate::language::{self, Language};
use crate::rules::view::View;

/// A place of a habit, by bytes of the clean text.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub range: Range<usize>,
    pub forms: Vec<String>,
    pub original: usize,
    pub part: u16,
}

/// The places of a habit; `None` where the document leaves a doubt.
pub(crate) type Places = Option<Vec<Place>>;

/// Habits by their names.
pub(crate) type Habits = Vec<(&'static str, Places)>;

/// The habits of a document. `taken` are the spans of the sites found so far, which come first.
///
/// A language's habits are looked for in its own paragraphs. Those of no sure language go with the language that has
/// the most, so that no place is forgotten and none is taken twice.
pub(crate) fn sites(
    clean: &Clean<'_>,
    views: &[View<'_>],
    keeps_speech: bool,
    taken: &[Range<usize>],
) -> Vec<Site> {
    let mut taken = taken.to_vec();
    taken.sort_unstable_by_key(|span| span.start);
    let is_in = |view: &View<'_>, code: &str| view.language.is_some_and(|own| own.code == code);
    let count = |language: &Language| views.iter().filter(|view| is_in(view, language.code)).count();
    let main = language::all().rev().max_by_key(|language| count(language)).map_or("", |main| main.code);
    let mut sites = Vec::new();
    for language in language::all().filter(|language| count(language) > 0) {
        let unsure = |view: &View<'_>| view.language.is_none() && language.code == main;
        let own: Vec<&View<'_>> =
            views.iter().filter(|view| is_in(view, language.code) || unsure(view)).collect();
        let found = (language.habits)(&own, keeps_speech);
        sites.extend(found.into_iter().filter_map(|(rule, found)| site(clean, rule, found?, &taken)));
    }
    sites
}

fn site(clean: &Clean<'_>, rule: &str, found: Vec<Place>, taken: &[Range<usize>]) -> Option<Site> {
    let original = found.first()?.original;
    if found.iter().any(|found| found.original != original) || !is_shared(clean, &found) {
        return None;
    }
    let is_busy = |span: &Range<usize>| {
        let next = taken.partition_point(|taken| taken.end < span.start);
        taken.get(next).is_some_and(|taken| taken.start <= span.end)
    };
    let occurrence = |found: Place| {
        let span = clean.raw(&found.range)?;
        (!is_busy(&span)).then_some(Occurrence { span, forms: found.forms })
    };
    let occurrences: Option<Vec<Occurrence>> = found.into_iter().map(occurrence).collect();
    Some(Site {
        id: SiteId { origin: ReleaseId([0; 8]), ordinal: 0 },
        channel: Channel::Style,
        rule: rule.into(),
        original: original as u8,
        occurrences: occurrences?,
    })
}

/// Whether every alternative of the document shows the habit equally often: a reader may hold one to the other.
fn is_shared(clean: &Clean<'_>, found: &[Place]) -> bool {
    let last = clean.blocks.iter().map(|block| block.part).max().unwrap_or(0);
    let count = |part: u16| found.iter().filter(|found| found.part == part).count();
    last > 8 || (1..=last).all(|part| count(part) == count(0))
}

/// A place of a habit, unless it is quoted or crosses a line.
pub(crate) fn place(view: &View<'_>, range: Range<usize>, forms: &[&str], original: usize) -> Option<Place> {
    let forms = forms.iter().map(|form| (*form).to_owned()).collect();
    let line = view.text[range.clone()].contains(['\n', '\r']);
    (!view.is_quoted(&range) && !line).then_some(Place { range, forms, original, part: view.block.part })
}

/// The dashes of a document: an em dash or an en dash with spaces, where `forms` has one, an em dash without.
pub(crate) fn dashes(views: &[&View<'_>], forms: &[&str]) -> Places {
    let mut all = Vec::new();
    for view in views {
        let body = &view.text[view.block.range.clone()];
        for (at, c) in body.char_indices().filter(|(_, c)| matches!(c, '—' | '–')) {
            let start = view.block.range.start + at;
            let Some(range) = dash(view, start, c) else {
                if is_lopsided(view, start, c) {
                    return None;
                }
                continue;
            };
            let original = forms.iter().position(|form| *form == &view.text[range.clone()])?;
            if joins_names(view, &range) {
                return None;
            }
            all.extend(place(view, range, forms, original));
        }
    }
    Some(all)
}

/// The marks of quotation of a document, « » or “ ”: where each opens and closes, none lies in another and there are no
/// others.
pub(crate) fn quotation_marks(views: &[&View<'_>]) -> Places {
    let mut all = Vec::new();
    for view in views {
        let mut open = None;
        for (at, c) in view.text[view.block.range.clone()].char_indices() {
            let (opens, original) = match c {
                '«' => (true, 0),
                '»' => (false, 0),
                '“' => (true, 1),
                '”' => (false, 1),
                '"' | '„' | '‟' | '‹' | '›' => return None,
                _ => continue,
            };
            let fits = if opens { open.is_none() } else { open == Some(original) };
            if !fits {
                return None;
            }
            open = opens.then_some(original);
            let start = view.block.range.start + at;
            let forms = if opens { ["«", "“"] } else { ["»", "”"] }.map(str::to_owned).to_vec();
            all.push(Place { range: start..start + c.len_utf8(), forms, original, part: view.block.part });
        }
        if open.is_some() {
            return None;
        }
    }
    Some(all)
}

/// Whether a long dash has a space on one side only: its pair could not be changed with the others.
fn is_lopsided(view: &View<'_>, start: usize, c: char) -> bool {
    let before = view.text[view.block.range.start..start].ends_with(char::is_alphanumeric);
    let after = view.rest(start + c.len_utf8()).starts_with(char::is_alphanumeric);
    c == '—'
        && before != after
        && (view.text[..start].ends_with(' ') || view.rest(start + c.len_utf8()).starts_with(' '))
}

/// Whether a dash stands between two words with capitals, as in the name of a body or the title of a text.
fn joins_names(view: &View<'_>, dash: &Range<usize>) -> bool {
    let after = view.words.partition_point(|word| word.range.start < dash.end);
    let capital =
        |index: usize| view.shown(index).starts_with(char::is_uppercase) && view.shown(index) != "I";
    after > 0 && capital(after - 1) && capital(after)
}

/// A dash between two words, with its spaces.
fn dash(view: &View<'_>, start: usize, c: char) -> Option<Range<usize>> {
    let end = start + c.len_utf8();
    let before = view.text[view.block.range.start..start].ends_with(' ');
    let after = view.rest(end).starts_with(' ');
    let range = match (c, before, after) {
        ('—', false, false) => start..end,
        ('—' | '–', true, true) => start - 1..end + 1,
        _ => return None,
    };
    let left = view.text[view.block.range.start..range.start].chars().next_back()?;
    let right = view.rest(range.end).chars().next()?;
    ((left.is_alphanumeric() || matches!(left, ',' | ')' | '.')) && right.is_alphanumeric()).then_some(range)
}

/// Beginnings of the words for millions and more.
const LARGE: [&str; 4] = ["миллион", "миллиард", "мільйон", "мільярд"];

/// A noun behind a figure that is written in full or shortened; only what is in full is shortened.
///
/// `forms` are the noun's cases, `short` what stands for all of them, with the space or sign before it; a short form
/// with a point of its own takes the sentence's in. Where the document has it short anywhere, it has no habit.
pub(crate) fn behind_figures(views: &[&View<'_>], forms: &[&str], short: &str) -> Places {
    let mut all = Vec::new();
    for view in views {
        for index in 1..view.words.len() {
            let number = view.shown(index - 1).ends_with(|c: char| c.is_ascii_digit());
            let (from, word) = (view.words[index - 1].range.end, &view.words[index].range);
            if number && view.rest(from).starts_with(short) {
                return None;
            }
            if !number || view.gap(index - 1) != " " || !forms.contains(&view.shown(index)) {
                continue;
            }
            // "2 миллиона 200 тысяч" is one number.
            let larger = index > 1 && LARGE.iter().any(|large| view.word(index - 2).starts_with(large));
            let smaller = view.word(index + 1).starts_with(|c: char| c.is_ascii_digit());
            if short.starts_with(' ') && (larger || smaller) {
                return None;
            }
            let stop = short.ends_with('.') && view.rest(word.end).starts_with('.');
            let end = word.end + usize::from(stop);
            all.extend(place(view, from..end, &[&view.text[from..end], short], 0));
        }
    }
    Some(all)
}
