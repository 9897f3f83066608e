//! What a ratio does to several prior beliefs. No belief is offered: it is not the tracer's to hold.

use super::{Page, Verdict};
use crate::Log10;
use crate::html::{Column, Html, table};

/// Prior odds of one to ten to this power.
const PRIORS: [i64; 5] = [0, 2, 4, 6, 8];
/// Ratios beside each other.
const RATIOS_MAX: usize = 3;

/// Writes the section.
pub(super) fn write(h: &mut Html, page: &Page) {
    let ratios: Vec<(String, Log10)> = match &page.verdict {
        Verdict::Copy { copies, .. } => copies.iter().map(|c| (c.copy.clone(), c.e_log10)).collect(),
        Verdict::Group { groups } => groups.iter().map(|g| (g.names.join(" or "), g.e_log10)).collect(),
        Verdict::Nobody { .. } => return,
    };
    h.words(
        "p",
        "The ratio says what the exhibit adds. How likely the copy was as a source before is not ours to say: \
         it depends on who had access and on what else is known. The prior odds below are examples, and what follows from them holds as \
         far as one way of leaking explains the exhibit much better than all others, as it does where a whole copy leaked: the ratio is an \
         average over ways of leaking, each compared by itself.",
    );
    for (name, ratio) in ratios.iter().take(RATIOS_MAX) {
        h.class("div", "keep", |h| {
            h.tag("p", |h| _ = h.text("With the ratio ").ratio(*ratio).text(" of ").value(name).text(":"));
            odds(h, *ratio);
        });
    }
}

fn odds(h: &mut Html, ratio: Log10) {
    let columns = [Column::words("Odds before"), Column::words("Odds after, about")];
    table(h, "What this ratio does to prior odds", &columns, PRIORS, |h, prior, column| match column {
        0 => _ = h.text("1 to ").round_number(Log10(100 * prior)),
        _ => {
            let after = ratio.0.saturating_sub(100 * prior);
            if after >= 0 {
                h.round_number(Log10(after)).text(" to 1");
            } else {
                h.text("1 to ").ratio(Log10(after.saturating_neg()));
            }
        }
    });
}
