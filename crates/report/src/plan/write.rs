//! The page of a plan: what is promised, then the text with shade by bits, then the sites.

use std::collections::BTreeMap;
use std::ops::Range;

use tellmark_core::Channel;

use super::{Page, Site};
use crate::html::{Column, Head, Html, clip, document, table};
use crate::marked;
use crate::quantity::{bits, counted, grouped};

/// Bytes of the text that are shown.
const TEXT_BYTES_MAX: usize = 400_000;
/// Sites and passages that are listed.
const SITES_MAX: usize = 2_000;
const PASSAGES_MAX: usize = 100;
/// Characters of a passage in the list of those that carry nothing.
const PASSAGE_CHARS_MAX: usize = 160;

/// The page as one HTML document.
pub(super) fn html(page: &Page) -> String {
    let facts = [("", page.document.as_str()), ("", &page.date)];
    let title = format!("Plan of {}", page.document);
    let head = Head { title: &title, kind: "Plan", facts: &facts, has_pictures: false, script: None };
    document(
        &head,
        |h| front(h, page),
        |h| {
            section(h, "text", "The text and what it carries", |h| text(h, page));
            section(h, "paragraphs", "Paragraph by paragraph", |h| paragraphs(h, page));
            let title =
                if page.moves() { "Passages in which no word moves" } else { "Passages that carry nothing" };
            section(h, "bare", title, |h| bare(h, page));
            section(h, "sites", "The sites", |h| sites(h, page));
        },
    )
}

fn section(h: &mut Html, id: &'static str, title: &str, inside: impl FnOnce(&mut Html)) {
    let heading = format!("{id}-title");
    h.el("section", &[("id", id), ("aria-labelledby", &heading)], |h| {
        h.el("h2", &[("id", &heading)], |h| _ = h.text(title));
        inside(h);
    });
}

fn front(h: &mut Html, page: &Page) {
    h.el("section", &[("class", "verdict"), ("aria-labelledby", "verdict")], |h| {
        h.class("p", "label", |h| _ = h.text("Before anything is sealed"));
        h.el("h1", &[("id", "verdict")], |h| {
            h.text("What ").clipped(&page.document, 60).text(" can carry");
        });
        h.class("p", "lead", |h| {
            let sites = counted(page.sites.len() as u64, "site", "sites");
            let words = counted(page.words as u64, "word", "words");
            let sentences = counted(page.sentences.len() as u64, "sentence", "sentences");
            h.text(&format!("{sites} in {words} and {sentences} hold {} bits.", bits(page.bits)));
            if page.verbatim {
                h.text(" It is a transcript: the spoken words stay as they are.");
            }
        });
    });
    if !page.promise.is_empty() {
        let shown = if page.moves() { "picture of a passage" } else { "quotation" };
        h.words("h2", &format!("What a clean {shown} would name"));
        h.class("ul", "promise", |h| {
            page.promise.iter().chain(&page.promise_of_two).for_each(|line| item(h, line));
        });
        h.class("p", "note", |h| {
            h.text(
                if page.moves() {
                    "Worked out for pictures in which one word in twenty is read wrongly. Two who mix take each word from either \
                     copy. Retyped text shows nothing of this."
                } else {
                    "Worked out for a quotation without changes, one site in twenty read wrongly. Two who mix take each word from \
                     either copy."
                },
            );
        });
    }
    if !page.needs.is_empty() {
        h.words("h2", "What is still needed");
        h.class("ul", "promise", |h| page.needs.iter().for_each(|line| item(h, line)));
        h.class("p", "note", |h| {
            h.text("A point is a choice of the author’s, {like this|such as this}; with so many more, such a quotation names its copy with probability 0.9.");
        });
    }
    if !page.notes.is_empty() {
        h.words("h2", "To be noted");
        h.tag("ul", |h| page.notes.iter().for_each(|line| item(h, line)));
    }
    pages(h, page);
    families(h, page);
}

/// Pages that are listed.
const PAGES_MAX: usize = 400;

fn pages(h: &mut Html, page: &Page) {
    let Some(first) = page.pages.first() else { return };
    let heads: Vec<String> = first
        .names
        .iter()
        .map(|(copies, alpha, _)| format!("One of {} at {alpha}", grouped(*copies)))
        .collect();
    let mut columns = vec![
        Column::number("Page"),
        Column::number("Words"),
        Column::number("That move"),
        Column::number("Lines"),
    ];
    columns.extend(heads.iter().map(|head| Column::words(head)));
    table(
        h,
        "How much of a page names a copy",
        &columns,
        page.pages.iter().take(PAGES_MAX),
        |h, line, column| match column {
            0 => _ = h.count(line.page),
            1 => _ = h.count(line.words),
            2 => _ = h.count(line.sites),
            3 => _ = h.count(line.lines),
            name => _ = h.value(line.names.get(name - 4).map_or("", |(_, _, said)| said)),
        },
    );
    h.words(
        "p",
        "So many neighbouring lines in a clean picture name their copy with probability 0.9 or more, one word in twenty being \
         read wrongly; so many behind “two” name each of two people who mix their copies word by word. A retyped text shows \
         nothing of this.",
    );
}

/// Paragraphs that are listed.
const PARAGRAPHS_MAX: usize = 1_000;
/// Characters of a paragraph's beginning in the list.
const BEGINNING_CHARS_MAX: usize = 60;

fn paragraphs(h: &mut Html, page: &Page) {
    let names = format!("Names {}", page.held_against);
    let mut columns = vec![
        Column::words("Paragraph"),
        Column::number("Words"),
        Column::words("Bits"),
        Column::words(&names),
    ];
    // The author of a PDF can add no point to it.
    if !page.moves() {
        columns.push(Column::words("Lacks"));
    }
    let rows = page.paragraphs.iter().take(PARAGRAPHS_MAX);
    table(h, "What each paragraph says by itself", &columns, rows, |h, paragraph, column| match column {
        0 => {
            let (start, cut) =
                clip(&page.text[marked::on_chars(&page.text, &paragraph.range)], BEGINNING_CHARS_MAX);
            h.value(start).text(if cut { "…" } else { "" });
        }
        1 => _ = h.count(paragraph.words),
        2 => _ = h.text(&by_channel(&paragraph.channels)),
        3 => {
            _ = h.text(&match paragraph.power {
                p if p < 0.01 => "no".to_owned(),
                p if p >= 0.9995 => "yes".to_owned(),
                p => format!("with probability {:.2}", (p * 100.0).floor() / 100.0),
            });
        }
        _ => {
            _ = h.text(&match paragraph.points_needed {
                Some(0) => "nothing".to_owned(),
                Some(points) => counted(points, "point", "points"),
                None => "too much".to_owned(),
            });
        }
    });
    if page.paragraphs.len() > PARAGRAPHS_MAX {
        h.words("p", &format!("{} more are not listed.", page.paragraphs.len() - PARAGRAPHS_MAX));
    }
}

/// "3.0 wording, 1.0 author", or "none".
fn by_channel(channels: &[(String, f64)]) -> String {
    let said: Vec<String> =
        channels.iter().map(|(channel, held)| format!("{} {channel}", bits(*held))).collect();
    if said.is_empty() { "none".into() } else { said.join(", ") }
}

fn item(h: &mut Html, line: &str) {
    let mut rest = line.chars();
    let first = rest.next().map_or_else(String::new, |first| first.to_uppercase().to_string());
    h.tag("li", |h| _ = h.value(&format!("{first}{}", rest.as_str())));
}

fn families(h: &mut Html, page: &Page) {
    let mut counts: BTreeMap<(Channel, &str), u64> = BTreeMap::new();
    for site in &page.sites {
        *counts.entry((site.channel, &site.rule)).or_default() += 1;
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by_key(|((channel, rule), count)| (*channel, std::cmp::Reverse(*count), *rule));
    let columns = [Column::words("Channel"), Column::words("Rule"), Column::number("Sites")];
    table(
        h,
        "Sites by channel and rule",
        &columns,
        rows,
        |h, ((channel, rule), count), column| match column {
            0 => _ = h.text(channel.name()),
            1 => _ = h.value(rule),
            _ => _ = h.count(*count),
        },
    );
}

/// A stretch of text that is shown in one manner.
struct Stretch {
    shade: &'static str,
    /// What its sentence carries, said to whoever points at it.
    carries: String,
    site: Option<usize>,
}

fn text(h: &mut Html, page: &Page) {
    h.class("p", "legend", |h| {
        h.text("The darker a sentence, the more its own sites tell: ");
        for (sample, words) in
            [(0.0, "nothing"), (0.5, "under 1 bit"), (1.0, "1"), (2.0, "2"), (3.0, "3 and more")]
        {
            h.el("mark", &[("class", shade(sample))], |h| _ = h.text(words)).text(" ");
        }
        h.text(" Sites are underlined and numbered. A bit halves the copies that fit.");
    });
    let end = page.text.floor_char_boundary(TEXT_BYTES_MAX);
    h.el("div", &[("class", "text sentences"), ("dir", "auto")], |h| {
        let stretches = stretches(page, end);
        marked::write(h, &page.text, &(0..end), &stretches, stretch);
    });
    if end < page.text.len() {
        let left_out = counted((page.text.len() - end) as u64, "byte", "bytes");
        h.class("p", "gap", |h| _ = h.text(&format!("… {left_out} more …")));
    }
}

/// Cuts the sentences at their sites, so that no two stretches overlap.
fn stretches(page: &Page, end: usize) -> Vec<(Range<usize>, Stretch)> {
    let mut places: Vec<(Range<usize>, usize)> = Vec::new();
    // A stamp stands in the file, not in its text.
    for (index, site) in page.sites.iter().enumerate().filter(|(_, site)| site.channel != Channel::Stamp) {
        places.extend(site.places.iter().map(|place| (marked::on_chars(&page.text, place), index)));
    }
    places.sort_by_key(|(place, index)| (place.start, place.end, *index));
    let mut places = places.into_iter().peekable();
    let mut stretches = Vec::new();
    let mut sentences: Vec<_> = page.sentences.iter().filter(|s| s.range.start < end).collect();
    sentences.sort_by_key(|sentence| sentence.range.start);
    for sentence in sentences {
        let shade = shade(sentence.bits);
        let carries = format!("Bits: {}", by_channel(&sentence.channels));
        let mut at = sentence.range.start;
        while let Some((place, site)) = places.next_if(|(place, _)| place.start < sentence.range.end) {
            if place.start > at {
                stretches.push((at..place.start, Stretch { shade, carries: carries.clone(), site: None }));
            }
            at = at.max(place.end);
            stretches.push((place, Stretch { shade, carries: carries.clone(), site: Some(site) }));
        }
        stretches.push((at..sentence.range.end.max(at), Stretch { shade, carries, site: None }));
    }
    stretches
}

fn stretch(h: &mut Html, words: &str, what: &Stretch) {
    if words.is_empty() && what.site.is_none() {
        return;
    }
    h.el("mark", &[("class", what.shade), ("title", &what.carries)], |h| {
        let Some(site) = what.site else {
            h.text(words);
            return;
        };
        let target = format!("#s{}", site + 1);
        h.class("span", "site", |h| {
            if words.is_empty() {
                h.class("span", "caret", |h| _ = h.text("‸"));
            }
            h.text(words);
        });
        if site < SITES_MAX {
            h.el("a", &[("href", &target)], |h| _ = h.words("sup", &(site + 1).to_string()));
        }
    });
}

/// The class of a sentence by the bits of its own sites.
fn shade(bits: f64) -> &'static str {
    match bits {
        b if b >= 2.5 => "b4",
        b if b >= 1.5 => "b3",
        b if b >= 0.75 => "b2",
        b if b > 0.0 => "b1",
        _ => "b0",
    }
}

/// What helps where no word of a PDF moves.
const NONE_MOVES: &str = "A picture of one of these alone names nobody. Words move where they stand inside a line, between \
    others: lines of one or two words, tables, rows of dots and what is drawn twice keep their places. Three or more words to \
    a line help, as running text has them, and neighbouring lines with more words in the same picture; or a line that every \
    copy shows (seal --visible).";

fn bare(h: &mut Html, page: &Page) {
    if page.bare.is_empty() {
        h.words("p", "None: there is a site near every sentence.");
        return;
    }
    h.words("p", if page.moves() { NONE_MOVES } else { "A quotation from one of these alone names nobody. An author’s variant {like this|such as this} helps." });
    h.tag("ul", |h| {
        for range in page.bare.iter().take(PASSAGES_MAX) {
            let passage = &page.text[marked::on_chars(&page.text, range)];
            let words = grouped(passage.split_whitespace().count() as u64);
            let (start, cut) = clip(passage, PASSAGE_CHARS_MAX);
            h.tag("li", |h| {
                h.value(start).text(if cut { "… " } else { " " });
                h.class("span", "quiet", |h| _ = h.text(&format!("{words} words")));
            });
        }
    });
    if page.bare.len() > PASSAGES_MAX {
        h.words("p", &format!("{} more are not listed.", page.bare.len() - PASSAGES_MAX));
    }
}

fn sites(h: &mut Html, page: &Page) {
    let columns = [
        Column::number("Site"),
        Column::words("Variants, the original’s in bold"),
        Column::number("Places"),
        Column::words("Rule"),
    ];
    let rows = page.sites.iter().enumerate().take(SITES_MAX);
    h.class("div", "plan-sites", |h| {
        table(h, "Sites in the order of the text", &columns, rows, |h, (index, site), column| match column {
            0 => number(h, *index + 1),
            1 => variants(h, site),
            2 => _ = h.count(site.places.len() as u64),
            _ => rule(h, site),
        });
    });
    if page.sites.len() > SITES_MAX {
        h.words("p", &format!("{} more are not listed.", page.sites.len() - SITES_MAX));
    }
}

fn number(h: &mut Html, number: usize) {
    h.el("span", &[("id", &format!("s{number}"))], |h| _ = h.text(&number.to_string()));
}

fn variants(h: &mut Html, site: &Site) {
    for (index, variant) in site.variants.iter().enumerate() {
        h.class("span", if index == site.original { "variant seen" } else { "variant" }, |h| {
            match variant.as_str() {
                "" => _ = h.words("i", "nothing"),
                words => _ = h.class("q", "form", |h| _ = h.value(words)),
            }
        });
        h.text(" ");
    }
}

fn rule(h: &mut Html, site: &Site) {
    h.value(&site.rule);
    if site.rule != site.channel.name() {
        h.text(" ").class("span", "quiet", |h| _ = h.text(site.channel.name()));
    }
}
