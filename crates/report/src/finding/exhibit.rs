//! The exhibits' text with every read site marked, and what each of them shows.

use std::collections::BTreeMap;
use std::ops::Range;

use tellmark_core::Likelihood;

use super::{Exhibit, Mark, Page, Variant};
use crate::html::{Column, Html, table};
use crate::marked;
use crate::quantity::{bits, counted, grouped};

/// Marks that are shown, over all exhibits.
const MARKS_MAX: usize = 600;
/// Bytes of a long text that are shown on each side of a mark.
const AROUND_BYTES: usize = 400;
/// Bytes of a text that is shown whole.
const WHOLE_BYTES_MAX: usize = 20_000;
/// Bytes of a marked passage: a variant, not a page.
const MARK_BYTES_MAX: usize = 5_000;

/// A mark with the number of its site, and whether it is the first place at which the site shows.
struct Numbered<'a> {
    mark: &'a Mark,
    number: usize,
    is_first: bool,
}

/// Writes the section.
pub(super) fn write(h: &mut Html, page: &Page) {
    let numbered = number(page);
    if numbered.is_empty() {
        h.words("p", "Nothing in it shows which copy it comes from, so none of its text is printed here.");
        return;
    }
    legend(h);
    for (index, exhibit) in page.exhibits.iter().enumerate() {
        let marks: Vec<_> =
            numbered.iter().filter(|n| n.mark.exhibit == index).map(|n| (short(&n.mark.range), n)).collect();
        if !marks.is_empty() {
            text(h, exhibit, &marks);
        }
    }
    if let Some(more) = page.marks.len().checked_sub(numbered.len()).filter(|more| *more > 0) {
        let places = counted(more as u64, "more place was", "more places were");
        h.words("p", &format!("{places} read and {} not shown here.", if more == 1 { "is" } else { "are" }));
    }
    sites(h, &numbered);
}

/// Numbers the sites by where they show first.
fn number(page: &Page) -> Vec<Numbered<'_>> {
    let mut marks: Vec<&Mark> = page.marks.iter().filter(|m| m.exhibit < page.exhibits.len()).collect();
    marks.sort_by_key(|mark| (mark.exhibit, mark.range.start, mark.range.end));
    marks.truncate(MARKS_MAX);
    let mut numbers = BTreeMap::new();
    let mut numbered = Vec::with_capacity(marks.len());
    for mark in marks {
        let next = numbers.len() + 1;
        let number = *numbers.entry(mark.site.as_str()).or_insert(next);
        numbered.push(Numbered { mark, number, is_first: number == next });
    }
    numbered
}

fn short(range: &Range<usize>) -> Range<usize> {
    range.start..range.end.min(range.start.saturating_add(MARK_BYTES_MAX))
}

fn legend(h: &mut Html) {
    h.class("p", "legend", |h| {
        h.text("Every place at which a site was read is marked. The darker, the more it tells: ");
        for (sample, words) in [(0.1, "under ¼ bit"), (0.5, "½"), (1.0, "1"), (2.0, "1½ bits and more")] {
            h.el("mark", &[("class", shade(sample))], |h| _ = h.text(words)).text(" ");
        }
        h.text(" A bit halves the copies that fit. The numbers lead to the table below; ");
        h.class("span", "caret", |h| _ = h.text("‸")).text(" marks a variant that leaves words out.");
    });
}

/// The class of a mark by what it tells; the plan has the same.
pub(crate) fn shade(bits: f64) -> &'static str {
    match bits {
        b if b >= 1.5 => "b4",
        b if b >= 0.75 => "b3",
        b if b >= 0.25 => "b2",
        _ => "b1",
    }
}

fn text(h: &mut Html, exhibit: &Exhibit, marks: &[(Range<usize>, &Numbered<'_>)]) {
    h.tag("h3", |h| _ = h.value(&exhibit.name));
    let windows = marked::windows(&exhibit.text, marks, AROUND_BYTES, WHOLE_BYTES_MAX);
    let mut at = 0;
    for window in &windows {
        gap(h, &exhibit.text, at..window.start);
        let inside = marks.partition_point(|(range, _)| range.start < window.start)
            ..marks.partition_point(|(range, _)| range.start <= window.end);
        h.el("div", &[("class", "text"), ("dir", "auto")], |h| {
            marked::write(h, &exhibit.text, window, &marks[inside], |h, words, what| mark(h, words, what));
        });
        at = window.end;
    }
    gap(h, &exhibit.text, at..exhibit.text.len());
}

fn gap(h: &mut Html, text: &str, left_out: Range<usize>) {
    let Some(words) = text.get(left_out).filter(|t| !t.trim().is_empty()) else { return };
    let count = grouped(words.split_whitespace().count() as u64);
    h.class("p", "gap", |h| _ = h.text(&format!("… {count} words without a mark left out …")));
}

fn mark(h: &mut Html, words: &str, what: &Numbered<'_>) {
    let (id, target) = (format!("m{}", what.number), format!("#s{}", what.number));
    let class = shade(what.mark.bits);
    let attributes = [("class", class), ("id", id.as_str())];
    let attributes = if what.is_first { &attributes[..] } else { &attributes[..1] };
    h.el("mark", attributes, |h| {
        if words.is_empty() {
            h.class("span", "caret", |h| _ = h.text("‸"));
        }
        h.text(words);
        h.el("a", &[("href", &target)], |h| _ = h.words("sup", &what.number.to_string()));
    });
}

fn sites(h: &mut Html, numbered: &[Numbered<'_>]) {
    let columns = [
        Column::number("Site"),
        Column::words("Variants, and how well each fits what is seen"),
        Column::number("Bits"),
        Column::words("Rule"),
    ];
    let first = numbered.iter().filter(|n| n.is_first);
    h.class("div", "sites", |h| {
        table(h, "What each site shows", &columns, first, |h, site, column| match column {
            0 => site_number(h, site.number),
            1 => site.mark.variants.iter().for_each(|variant| self::variant(h, variant)),
            2 => _ = h.text(&bits(site.mark.bits)),
            _ => {
                h.value(&site.mark.rule);
                if site.mark.rule != site.mark.channel.name() {
                    h.text(" ").class("span", "quiet", |h| _ = h.text(site.mark.channel.name()));
                }
            }
        });
    });
    h.class("p", "note", |h| {
        h.text("Fit is the likelihood of what is seen, relative to the variant that fits best. No variant is ever ");
        h.text("excluded by one place.");
    });
}

fn site_number(h: &mut Html, number: usize) {
    let (id, target) = (format!("s{number}"), format!("#m{number}"));
    h.el("a", &[("id", &id), ("href", &target)], |h| _ = h.text(&number.to_string()));
}

fn variant(h: &mut Html, variant: &Variant) {
    let is_best = variant.likelihood >= Likelihood::ONE;
    h.class("span", if is_best { "variant seen" } else { "variant" }, |h| {
        match variant.text.as_str() {
            "" => h.words("i", "nothing"),
            words => h.class("q", "form", |h| _ = h.value(words)),
        };
        h.text(" ").class("span", "fit", |h| _ = h.text(&fit(variant.likelihood)));
    });
    h.text(" ");
}

/// A relative likelihood in words: at most three decimals, never 0.
fn fit(likelihood: Likelihood) -> String {
    let thousandths = u64::from(likelihood.0) * 1_000 / u64::from(Likelihood::ONE.0);
    match thousandths {
        0 => "< 0.001".into(),
        1_000.. => "1".into(),
        n => format!("{:.3}", n as f64 / 1_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_likelihood_is_printed_as_zero() {
        let cases = [(1, "< 0.001"), (1 << 23, "0.500"), (1 << 24, "1"), (u32::MAX, "1")];
        for (likelihood, expected) in cases {
            assert_eq!(fit(Likelihood(likelihood)), expected);
        }
    }
}
