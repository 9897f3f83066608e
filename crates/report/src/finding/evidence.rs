//! Every copy's evidence: the figure, and the first ranks.

use super::{Page, Verdict};
use crate::chart::{Chart, Point, svg};
use crate::growth::Line;
use crate::html::{Column, Html, table};
use crate::quantity::{counted, grouped};

/// Ranks that are listed.
const RANKS_MAX: usize = 25;
/// What was measured of true sources that were contradicted: docs/VALIDATION.md.
const FALSE_EXCLUSION: &str = "three sources it was none of 2,683,819.";
/// Copies that are followed from look to look.
const GROWTH_MAX: usize = 6;
/// Ranks that have a label in the figure.
const POINTS_MAX: usize = 6;

/// Writes the section.
pub(super) fn write(h: &mut Html, page: &Page) {
    h.tag("figure", |h| {
        figure(h, page);
        h.tag("figcaption", |h| caption(h, page));
    });
    ranking(h, page);
    contradicted(h, page);
    replay(h, page);
    growth(h, page);
}

/// What became of copies under fresh keys in the place of the real ones.
fn replay(h: &mut Html, page: &Page) {
    if let Some(replay) = page.replay {
        h.class("p", "note", |h| {
            h.text(&format!("This reading was replayed against {} fresh keys: ", grouped(replay.keys)));
            h.text(&match replay.named {
                0 => "no copy under them reached the threshold of the ratio or of the tail".to_string(),
                named => format!(
                    "{} reached the threshold",
                    counted(named, "copy under them", "copies under them")
                ),
            });
            h.text("; the best ratio was ").ratio(replay.best).text(".");
            if !page.reach.is_empty() {
                h.text(" Coalitions were looked at as ").value(&page.reach).text(".");
            }
        });
    }
}

/// The evidence of the foremost copies from look to look, when there was more than one.
fn growth(h: &mut Html, page: &Page) {
    let followed: Vec<usize> = (0..page.ranking.len())
        .filter(|&rank| page.ranking[rank].growth.len() > 1)
        .take(GROWTH_MAX)
        .collect();
    let (false, Some(threshold)) = (followed.is_empty(), &page.threshold) else { return };
    let labels: Vec<String> = followed.iter().map(|&rank| page.label(rank)).collect();
    let lines: Vec<Line<'_>> = followed
        .iter()
        .zip(&labels)
        .map(|(&rank, label)| Line {
            label,
            values: &page.ranking[rank].growth,
            named: page.ranking[rank].named,
        })
        .collect();
    h.words("h3", "Look by look");
    h.tag("figure", |h| {
        crate::growth::svg(h, &lines, threshold.w_log10);
        h.tag("figcaption", |h| {
            h.text("What the looks of this case together say of the foremost copies, each site counted once. ");
            h.text("The chance that an innocent copy ever reaches the line, however many looks follow, is bounded.");
        });
    });
    h.tag("ul", |h| {
        for line in &lines {
            h.tag("li", |h| {
                h.value(line.label).text(": ");
                for (number, value) in line.values.iter().enumerate() {
                    h.text(if number > 0 { ", " } else { "" }).ratio(*value);
                }
            });
        }
    });
}

fn figure(h: &mut Html, page: &Page) {
    let labels: Vec<(String, usize)> = (0..page.ranking.len())
        .filter(|&rank| rank == 0 || page.ranking[rank].named)
        .take(POINTS_MAX)
        .map(|rank| (page.label(rank), rank))
        .collect();
    let points: Vec<Point<'_>> = labels
        .iter()
        .map(|(label, rank)| Point {
            label,
            at: page.ranking[*rank].e_log10,
            named: page.ranking[*rank].named,
        })
        .collect();
    let copies: Vec<_> = page.ranking.iter().map(|evidence| evidence.e_log10).collect();
    let threshold = page.threshold.as_ref().map(|threshold| threshold.e_log10);
    svg(h, &Chart { copies: &copies, points: &points, decoys: &page.decoys, threshold });
}

fn caption(h: &mut Html, page: &Page) {
    h.text("Each copy stands at its ratio, on a scale of powers of ten. Right of 10");
    h.words("sup", "0").text(" the exhibit speaks for the copy as a source, taken with those that explain it best; left of it, against.");
    if page.decoys.best.is_some() {
        h.text(" Below the axis hang copies that were never made, traced alongside: what chance alone does.");
    }
    h.text(" At the left end stands everything that lies further left.");
}

fn ranking(h: &mut Html, page: &Page) {
    let columns = [
        Column::number("Rank"),
        Column::words("Copy"),
        Column::number("Ratio"),
        Column::number("p"),
        Column::number("Agree"),
        Column::number("Contradict"),
        Column::words("Remark"),
    ];
    let shown = page.ranking.len().min(RANKS_MAX);
    let caption = match page.ranking.len() {
        all if all > shown => format!("The first {shown} of {} copies", grouped(all as u64)),
        all => format!("All copies: {all}"),
    };
    table(h, &caption, &columns, 0..shown, |h, &rank, column| cell(h, page, rank, column));
    pseudonyms(h, page);
}

fn cell(h: &mut Html, page: &Page, rank: usize, column: usize) {
    let evidence = &page.ranking[rank];
    // Few copies are withdrawn: the word would tell who stands behind a pseudonym.
    let is_pseudonym = page.label(rank) == format!("#{}", rank + 1);
    match column {
        0 => _ = h.count(rank as u64 + 1),
        1 => _ = h.value(&page.label(rank)),
        2 => _ = h.ratio(evidence.e_log10),
        3 => _ = h.chance(&evidence.p),
        4 => _ = h.count(u64::from(evidence.agree)),
        5 => _ = h.count(u64::from(evidence.against)),
        _ => {
            let remarks = [
                (evidence.named, "named"),
                (evidence.contradicted == 1, "contradicted as sole source"),
                (evidence.contradicted == 2, "contradicted as one of up to two sources"),
                (evidence.contradicted == 3, "contradicted as one of up to three sources"),
                (evidence.contradicted > 3, "contradicted as one of up to four sources"),
                (evidence.withdrawn && !is_pseudonym, "withdrawn"),
            ];
            let said: Vec<&str> = remarks.iter().filter(|(holds, _)| *holds).map(|(_, word)| *word).collect();
            h.text(&said.join(", "));
        }
    }
}

fn pseudonyms(h: &mut Html, page: &Page) {
    match (&page.verdict, &page.identities) {
        (Verdict::Nobody { .. }, None) => {
            h.class("p", "note", |h| {
                h.text(
                    "Nobody is named, so the ranking carries pseudonyms by rank. Some copy is always first; ",
                );
                h.text("a rank below the threshold points at nobody.");
            });
        }
        (Verdict::Nobody { .. }, Some(order)) => {
            h.class("p", "note", |h| {
                h.text("Nobody is named. The ranking shows ids by a separate order, which is recorded: ");
                h.value(order).text(". A rank below the threshold points at nobody.");
            });
        }
        (_, None) => {
            h.class("p", "note", |h| {
                h.text("Copies that are not named carry pseudonyms by rank: nothing here points at them.");
            });
        }
        (_, Some(order)) => {
            h.class("p", "note", |h| {
                h.text("The ranking shows the ids of copies that are not named by a separate order, which is recorded: ");
                h.value(order).text(".");
            });
        }
    }
}

fn contradicted(h: &mut Html, page: &Page) {
    let count = page.ranking.iter().filter(|evidence| evidence.contradicted > 0).count() as u64;
    if count == 0 {
        return;
    }
    let copies = counted(count, "copy is", "copies are");
    let all = grouped(page.ranking.len() as u64);
    h.class("p", "note", |h| {
        h.text(&format!("{copies} contradicted as sole source, of {all}: at the sites read, "));
        h.text("the exhibit differs from them more often than errors of reading explain. This leans on the model ");
        h.text("of such errors, and says of a copy as one of several sources only what stands beside it. If the model ");
        h.text("holds, a true source is contradicted as one of as many sources as there were once in a thousand times ");
        h.text("at most (copies that leaked together are rightly contradicted as sole source); in simulated leaks of one to ");
        h.text(FALSE_EXCLUSION);
    });
}
