//! The figure of a finding: every copy's ratio on a logarithmic scale, copies above the axis, copies that were
//! never made below it, the threshold across both.
//!
//! All horizontal places are percentages of the figure's width and all vertical ones pixels, so that one
//! drawing serves paper and telephone and its words stay as large as the text around it.

use crate::Log10;
use crate::finding::Decoys;
use crate::html::{Html, clip};
use crate::quantity::{counted, grouped};

/// The height of the figure, in pixels.
const HEIGHT: i64 = 316;
/// Where copies stand: on this line, growing upward.
const AXIS_TOP: i64 = 196;
/// Where decoys hang: from this line, growing downward.
const AXIS_BOTTOM: i64 = 222;
/// The room above the axis that bars and dots may take.
const ROOM_ABOVE: i64 = 118;
/// The room below it.
const ROOM_BELOW: i64 = 64;
/// Copies in one bin up to which each is a dot.
const DOTS_MAX: u64 = 18;
/// Bins over the whole width.
const BINS_MAX: i64 = 90;
/// The lowest ratio that has a place of its own.
const LOWEST: i64 = -1_200;
/// Points that carry a label.
const LABELS_MAX: usize = 6;
/// Characters of a label.
const LABEL_CHARS_MAX: usize = 14;

/// A copy that stands out.
pub(crate) struct Point<'a> {
    /// What it is called.
    pub(crate) label: &'a str,
    /// Its ratio.
    pub(crate) at: Log10,
    /// Whether it is named.
    pub(crate) named: bool,
}

/// What the figure shows.
pub(crate) struct Chart<'a> {
    /// Every copy's ratio.
    pub(crate) copies: &'a [Log10],
    /// Copies with a label, best first.
    pub(crate) points: &'a [Point<'a>],
    /// The copies that were never made.
    pub(crate) decoys: &'a Decoys,
    /// The ratio that names a copy.
    pub(crate) threshold: Option<Log10>,
}

/// A linear scale from hundredths of a decade to the width of the figure.
struct Scale {
    low: i64,
    high: i64,
    bin: i64,
}

impl Scale {
    fn of(chart: &Chart<'_>) -> Scale {
        let marks = [chart.threshold, chart.decoys.best, Some(Log10(100))];
        let ratios = || chart.copies.iter().copied().chain(marks.into_iter().flatten()).map(|ratio| ratio.0);
        let low = ratios().min().unwrap_or(0).min(chart.decoys.from.0);
        let low = low.clamp(LOWEST, -100).div_euclid(100) * 100;
        let high = ratios().max().unwrap_or(100).min(1_000_000);
        let high = high + 80 + (high - low) / 8;
        let bin = Decoys::BIN * ((high - low) / (Decoys::BIN * BINS_MAX) + 1);
        Scale { low, high, bin }
    }

    /// A place as a percentage with two decimals, between the margins.
    fn place(&self, at: i64) -> String {
        percent(150 + (at.clamp(self.low, self.high) - self.low) * 9_700 / (self.high - self.low))
    }

    /// Whether a place lies in the right half, where labels grow to the left.
    fn is_right(&self, at: i64) -> bool {
        2 * at.clamp(self.low, self.high) > self.low + self.high
    }

    /// Whether a place is so close to the right end that a short label would not fit beside it.
    fn is_at_end(&self, at: i64) -> bool {
        at.clamp(self.low, self.high) > self.high - (self.high - self.low) / 10
    }

    /// How many values stand in each bin, from the lowest; values below the scale stand in the first.
    fn bins(&self, values: impl Iterator<Item = (i64, u64)>) -> Vec<u64> {
        let mut counts = vec![0; ((self.high - self.low) / self.bin + 1) as usize];
        for (at, count) in values {
            counts[((at.clamp(self.low, self.high) - self.low) / self.bin) as usize] += count;
        }
        counts
    }

    /// The lower end of a bin.
    fn bin_start(&self, index: usize) -> i64 {
        self.low + index as i64 * self.bin
    }
}

/// Writes the figure, with a title and a description for those who do not see it.
pub(crate) fn svg(h: &mut Html, chart: &Chart<'_>) {
    let scale = Scale::of(chart);
    let height = HEIGHT.to_string();
    let frame = [
        ("class", "chart"),
        ("width", "100%"),
        ("height", height.as_str()),
        ("role", "img"),
        ("aria-labelledby", "chart-title chart-desc"),
    ];
    h.el("svg", &frame, |h| {
        h.el("title", &[("id", "chart-title")], |h| _ = h.plain("The evidence of every copy"));
        h.el("desc", &[("id", "chart-desc")], |h| _ = h.plain(&description(chart)));
        axis(h, &scale);
        copies(h, &scale, chart);
        decoys(h, &scale, chart.decoys);
        threshold(h, &scale, chart.threshold);
        points(h, &scale, chart.points);
    });
}

fn description(chart: &Chart<'_>) -> String {
    let best = chart.copies.iter().max();
    let said = |what: &str, at: Option<Log10>| at.map_or(String::new(), |at| format!("; {what} at 10^{at}"));
    format!(
        "{} on a scale of powers of ten{}{}{}.",
        counted(chart.copies.len() as u64, "copy", "copies"),
        said("the best copy", best.copied()),
        said("the threshold", chart.threshold),
        said("the best of the copies that were never made", chart.decoys.best),
    )
}

fn axis(h: &mut Html, scale: &Scale) {
    line(h, "axis", ("0%", AXIS_TOP), ("100%", AXIS_TOP));
    line(h, "axis", ("0%", AXIS_BOTTOM), ("100%", AXIS_BOTTOM));
    let step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000]
        .into_iter()
        .find(|step| (scale.high - scale.low) / (100 * step) <= 8)
        .unwrap_or(5_000);
    let first = (scale.low / 100).div_euclid(step) * step;
    for decade in (first..=scale.high / 100).step_by(step as usize).filter(|d| d * 100 >= scale.low) {
        let x = scale.place(decade * 100);
        line(h, "tick", (&x, AXIS_TOP), (&x, AXIS_TOP + 4));
        line(h, "tick", (&x, AXIS_BOTTOM - 4), (&x, AXIS_BOTTOM));
        let anchor = if decade * 100 == scale.low { "start" } else { "middle" };
        let x = if anchor == "start" { "0%" } else { &x };
        label(h, "num", x, AXIS_TOP + 17, anchor, |h| power(h, &decade.to_string().replace('-', "\u{2212}")));
    }
}

fn copies(h: &mut Html, scale: &Scale, chart: &Chart<'_>) {
    let counts = scale.bins(chart.copies.iter().map(|ratio| (ratio.0, 1)));
    let most = counts.iter().copied().max().unwrap_or(0);
    h.class("g", "copies", |h| {
        for (index, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let start = scale.bin_start(index);
            if most <= DOTS_MAX {
                dots(h, &scale.place(start + scale.bin / 2), count);
            } else {
                let tall = bar_height(count, most, ROOM_ABOVE);
                bar(h, scale, start, AXIS_TOP - tall, tall);
            }
        }
    });
    let words = format!("{} tested", counted(chart.copies.len() as u64, "copy", "copies"));
    label(h, "above", "0%", 44, "start", |h| _ = h.plain(&words));
}

fn dots(h: &mut Html, x: &str, count: u64) {
    for level in 0..count as i64 {
        let y = format!("{}", AXIS_TOP - 4 - level * ROOM_ABOVE / DOTS_MAX as i64);
        h.el("circle", &[("cx", x), ("cy", &y), ("r", "2.6")], |_| ());
    }
}

fn decoys(h: &mut Html, scale: &Scale, decoys: &Decoys) {
    let Some(best) = decoys.best else { return };
    let places = decoys.counts.iter().enumerate();
    let from = decoys.from.0;
    let counts = scale.bins(places.map(|(i, &count)| (from.saturating_add(i as i64 * Decoys::BIN), count)));
    let most = counts.iter().copied().max().unwrap_or(0);
    h.class("g", "decoys", |h| {
        for (index, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            bar(h, scale, scale.bin_start(index), AXIS_BOTTOM, bar_height(count, most, ROOM_BELOW));
        }
    });
    let words = format!("{} never made", grouped(decoys.total()));
    label(h, "below", "0%", HEIGHT - 8, "start", |h| _ = h.plain(&words));
    let x = scale.place(best.0);
    line(h, "decoy", (&x, AXIS_BOTTOM), (&x, HEIGHT - 22));
    let anchor = if scale.is_right(best.0) { "end" } else { "start" };
    label(h, "below", &x, HEIGHT - 26, anchor, |h| {
        h.plain("\u{A0}best of these ");
        power(h, &best.to_string());
        h.plain("\u{A0}");
    });
}

fn threshold(h: &mut Html, scale: &Scale, threshold: Option<Log10>) {
    let Some(at) = threshold else { return };
    let x = scale.place(at.0);
    line(h, "threshold", (&x, 24), (&x, HEIGHT - 4));
    let anchor = if scale.is_right(at.0) { "end" } else { "start" };
    label(h, "limit", &x, 15, anchor, |h| {
        h.plain("\u{A0}needed to be named ");
        power(h, &at.to_string());
        h.plain("\u{A0}");
    });
}

fn points(h: &mut Html, scale: &Scale, points: &[Point<'_>]) {
    for (rank, point) in points.iter().take(LABELS_MAX).enumerate() {
        let x = scale.place(point.at.0);
        let top = AXIS_TOP - 26 - 18 * (rank as i64 % 6);
        let class = if point.named { "named" } else { "best" };
        h.class("g", class, |h| {
            line(h, "stem", (&x, top), (&x, AXIS_TOP));
            let (y, below) = (top.to_string(), AXIS_TOP.to_string());
            h.el("circle", &[("class", "head"), ("cx", &x), ("cy", &y), ("r", "4.5")], |_| ());
            h.el("circle", &[("class", "foot"), ("cx", &x), ("cy", &below), ("r", "3")], |_| ());
            let (words, rest) = clip(point.label, LABEL_CHARS_MAX);
            let anchor = if scale.is_at_end(point.at.0) { "end" } else { "start" };
            let gap = "\u{A0}\u{A0}\u{A0}";
            label(h, "id", &x, top + 4, anchor, |h| {
                _ = h.plain(gap).plain(words).plain(if rest { "…" } else { "" }).plain(gap);
            });
        });
    }
}

fn bar(h: &mut Html, scale: &Scale, start: i64, y: i64, height: i64) {
    let x = scale.place(start);
    let width = percent((scale.bin * 9_700 / (scale.high - scale.low) - 12).max(10));
    let size = [("x", x), ("width", width), ("y", y.to_string()), ("height", height.to_string())];
    let size: Vec<(&str, &str)> = size.iter().map(|(name, value)| (*name, value.as_str())).collect();
    h.el("rect", &size, |_| ());
}

/// A bar's height: in proportion, and at least so tall that one copy among many is seen.
fn bar_height(count: u64, most: u64, room: i64) -> i64 {
    (u128::from(count) * room as u128 / u128::from(most.max(1))).max(3) as i64
}

pub(crate) fn line(h: &mut Html, class: &'static str, from: (&str, i64), to: (&str, i64)) {
    let (y1, y2) = (from.1.to_string(), to.1.to_string());
    h.el("line", &[("class", class), ("x1", from.0), ("x2", to.0), ("y1", &y1), ("y2", &y2)], |_| ());
}

pub(crate) fn label(
    h: &mut Html,
    class: &'static str,
    x: &str,
    y: i64,
    anchor: &'static str,
    words: impl FnOnce(&mut Html),
) {
    let y = y.to_string();
    h.el("text", &[("class", class), ("x", x), ("y", &y), ("text-anchor", anchor)], words);
}

pub(crate) fn power(h: &mut Html, exponent: &str) {
    h.plain("10").el("tspan", &[("class", "sup"), ("dy", "-5")], |h| _ = h.plain(exponent));
    h.el("tspan", &[("dy", "5")], |h| _ = h.plain("\u{200A}"));
}

fn percent(hundredths: i64) -> String {
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extreme_ratios_have_a_place() {
        let copies = [Log10(i64::MIN), Log10(i64::MAX), Log10(0)];
        let decoys = Decoys::of(copies);
        let point = Point { label: "</text>", at: Log10(i64::MAX), named: true };
        let chart = Chart { copies: &copies, points: &[point], decoys: &decoys, threshold: Some(Log10(870)) };
        let mut h = Html::default();
        svg(&mut h, &chart);
        let out = h.into_string();
        assert!(out.contains("&lt;/text&gt;"));
        // Exponents are raised by a negative dy; nothing else may be negative.
        let places = out.replace("dy=\"-5\"", "");
        assert!(!places.contains("--") && !places.contains("=\"-"), "a coordinate is negative: {out}");
    }

    #[test]
    fn few_copies_are_dots_and_many_are_bars() {
        let drawn = |copies: &[Log10]| {
            let chart = Chart { copies, points: &[], decoys: &Decoys::default(), threshold: None };
            let mut h = Html::default();
            svg(&mut h, &chart);
            let out = h.into_string();
            (out.matches("<circle").count(), out.matches("<rect").count())
        };
        assert_eq!(drawn(&[Log10(-100); 10]), (10, 0));
        assert_eq!(drawn(&[Log10(-100); 10_000]), (0, 1));
    }
}
