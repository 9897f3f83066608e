//! The figure of a series: how the evidence of the foremost copies grew from look to look.
//!
//! Horizontal places are percentages and vertical ones pixels, as in the figure of all copies.

use crate::Log10;
use crate::chart::{label, line, power};
use crate::html::{Html, clip};

const HEIGHT: i64 = 250;
const TOP: i64 = 26;
const BOTTOM: i64 = 214;
/// Characters of a label.
const LABEL_CHARS_MAX: usize = 14;
/// Looks that have a label.
const LABELS_MAX: usize = 8;
/// The lowest ratio that has a place of its own, in hundredths of a decade.
const LOWEST: i64 = -600;

/// One copy's e-process.
pub(crate) struct Line<'a> {
    /// What the copy is called.
    pub(crate) label: &'a str,
    /// After each look.
    pub(crate) values: &'a [Log10],
    /// Whether it is named.
    pub(crate) named: bool,
}

/// Writes the figure.
pub(crate) fn svg(h: &mut Html, lines: &[Line<'_>], threshold: Log10) {
    let looks = lines.iter().map(|line| line.values.len()).max().unwrap_or(0);
    let values = || lines.iter().flat_map(|line| line.values).map(|value| value.0.max(LOWEST));
    let low = values().min().unwrap_or(0).min(0);
    let high = values().max().unwrap_or(0).max(threshold.0).saturating_add(60);
    let y = |at: Log10| BOTTOM - (at.0.clamp(low, high) - low) * (BOTTOM - TOP) / (high - low).max(1);
    let x = |look: usize| {
        let at = 800 + 8_000 * look as i64 / (looks.max(2) as i64 - 1);
        format!("{}.{:02}%", at / 100, at % 100)
    };
    let height = HEIGHT.to_string();
    let frame = [
        ("class", "chart"),
        ("width", "100%"),
        ("height", height.as_str()),
        ("role", "img"),
        ("aria-labelledby", "growth-title"),
    ];
    h.el("svg", &frame, |h| {
        h.el("title", &[("id", "growth-title")], |h| {
            _ = h.plain("The evidence of the foremost copies, look by look")
        });
        line(h, "axis", ("0%", y(Log10(0))), ("100%", y(Log10(0))));
        label(h, "num", "0%", y(Log10(0)) - 4, "start", |h| power(h, "0"));
        line(h, "threshold", ("0%", y(threshold)), ("100%", y(threshold)));
        label(h, "limit", "0%", y(threshold) - 6, "start", |h| {
            h.plain("needed over all looks ");
            power(h, &threshold.to_string());
        });
        let step = looks.div_ceil(LABELS_MAX).max(1);
        for look in (0..looks).step_by(step) {
            line(h, "tick", (&x(look), BOTTOM), (&x(look), BOTTOM + 4));
            label(h, "num", &x(look), BOTTOM + 18, "middle", |h| _ = h.plain(&format!("look {}", look + 1)));
        }
        // The lines of those that are not named lie on each other: the first has its label.
        let first = lines.iter().position(|line| !line.named);
        for (number, one) in lines.iter().enumerate() {
            path(h, one, &x, &y, one.named || Some(number) == first);
        }
    });
}

fn path(
    h: &mut Html,
    one: &Line<'_>,
    x: &dyn Fn(usize) -> String,
    y: &dyn Fn(Log10) -> i64,
    has_label: bool,
) {
    h.class("g", if one.named { "named" } else { "best" }, |h| {
        for (look, pair) in one.values.windows(2).enumerate() {
            line(h, "stem", (&x(look), y(pair[0])), (&x(look + 1), y(pair[1])));
        }
        for (look, value) in one.values.iter().enumerate() {
            let (x, y) = (x(look), y(*value).to_string());
            h.el("circle", &[("class", "foot"), ("cx", &x), ("cy", &y), ("r", "3")], |_| ());
        }
        if let Some(last) = one.values.last().filter(|_| has_label) {
            let (words, rest) = clip(one.label, LABEL_CHARS_MAX);
            label(h, "id", &x(one.values.len() - 1), y(*last) + 4, "start", |h| {
                h.plain("\u{A0}\u{A0}\u{A0}").plain(words).plain(if rest { "…" } else { "" });
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extreme_values_have_a_place() {
        let values = [Log10(i64::MIN / 4), Log10(0), Log10(1_000_000)];
        let mut h = Html::default();
        svg(&mut h, &[Line { label: "<b>", values: &values, named: true }], Log10(900));
        let out = h.into_string();
        assert!(out.contains("&lt;b&gt;") && !out.contains("=\"--"));
        assert_eq!(out.matches("<circle").count(), 3);
        assert!(!out.replace("dy=\"-5\"", "").contains("=\"-"), "{out}");
    }
}
