//! All renderings of a stretch with sites against what an exhibit shows there, at once.
//!
//! The stretch is a row of pieces: fixed text, or the variants of a site. The cheapest way through all pieces
//! that takes a given variant is found by dynamic programming from both ends; the work grows with the sum of
//! the variants' lengths, not with the number of renderings.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::costs::Costs;

/// A piece of the stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text that every copy shows.
    Fixed(Vec<char>),
    /// A site's variants.
    Site(Vec<Vec<char>>),
}

impl Piece {
    fn ways(&self) -> &[Vec<char>] {
        match self {
            Piece::Fixed(text) => std::slice::from_ref(text),
            Piece::Site(forms) => forms,
        }
    }
}

/// What one site's variants cost, each with the cheapest rendering of everything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Costed {
    /// Cost of each variant.
    pub costs: Vec<i32>,
    /// The part of the best variant's cost that lies within the site.
    pub inside: i32,
    /// Characters of the exhibit that the best variant takes.
    pub span: std::ops::Range<usize>,
    /// The best variant, the first of equals.
    pub best: usize,
}

/// Cells of the tables that one stretch may take when it is compared by letters.
pub(super) const LETTER_CELLS_MAX: usize = 1 << 22;
/// The same when it is compared by words: sixteen variants of the greatest length still fit.
pub(super) const WORD_CELLS_MAX: usize = 1 << 24;

/// The costs of all sites of a stretch, in order; nothing where its tables had more cells than allowed.
pub(super) fn costs(
    pieces: &[Piece],
    shown: &[char],
    costs: &Costs,
    cells_max: usize,
) -> Option<Vec<Costed>> {
    if cells(pieces, shown) > cells_max {
        return None;
    }
    let forward = Walk::new(shown.to_vec(), costs, false);
    let backward = Walk::new(shown.iter().rev().copied().collect(), costs, true);
    let ends = suffixes(pieces, &backward);
    let mut found = Vec::new();
    let mut row = forward.start();
    for (i, piece) in pieces.iter().enumerate() {
        let outs: Vec<Vec<i32>> = piece.ways().iter().map(|way| forward.through(&row, way.iter())).collect();
        if let Piece::Site(forms) = piece {
            found.push(costed(forms, &row, &outs, &ends[i + 1], &backward));
        }
        row = least(outs);
    }
    Some(found)
}

fn cells(pieces: &[Piece], shown: &[char]) -> usize {
    let characters: usize = pieces.iter().flat_map(Piece::ways).map(|way| way.len() + 1).sum();
    characters.saturating_mul(shown.len() + 1)
}

/// The cost of the cheapest rendering; nothing where the stretch is too large.
pub(super) fn cheapest(pieces: &[Piece], shown: &[char], costs: &Costs) -> Option<i32> {
    if cells(pieces, shown) > LETTER_CELLS_MAX {
        return None;
    }
    let forward = Walk::new(shown.to_vec(), costs, false);
    let through = |row: Vec<i32>, piece: &Piece| {
        least(piece.ways().iter().map(|way| forward.through(&row, way.iter())).collect())
    };
    pieces.iter().fold(forward.start(), through).last().copied()
}

/// For each border between pieces, the cost of everything behind it from each character of the exhibit.
fn suffixes(pieces: &[Piece], backward: &Walk<'_>) -> Vec<Vec<i32>> {
    let mut row = backward.start();
    let mut ends = vec![turned(&row)];
    for piece in pieces.iter().rev() {
        row = least(piece.ways().iter().map(|way| backward.through(&row, way.iter().rev())).collect());
        ends.push(turned(&row));
    }
    ends.reverse();
    ends
}

fn turned(row: &[i32]) -> Vec<i32> {
    row.iter().rev().copied().collect()
}

fn least(rows: Vec<Vec<i32>>) -> Vec<i32> {
    let mut rows = rows.into_iter();
    let mut least = rows.next().unwrap_or_default();
    for row in rows {
        least.iter_mut().zip(row).for_each(|(a, b)| *a = b.min(*a));
    }
    least
}

fn costed(forms: &[Vec<char>], start: &[i32], outs: &[Vec<i32>], end: &[i32], backward: &Walk<'_>) -> Costed {
    let total = |out: &Vec<i32>| {
        out.iter()
            .zip(end)
            .map(|(a, b)| a + b)
            .enumerate()
            .min_by_key(|&(at, cost)| (cost, at))
            .unwrap_or((0, 0))
    };
    let totals: Vec<(usize, i32)> = outs.iter().map(total).collect();
    let best = (0..totals.len()).min_by_key(|&v| totals[v].1).unwrap_or(0);
    let to = totals[best].0;
    // Back through the best variant from where it ends.
    let m = backward.shown.len();
    let mut row = vec![i32::MAX / 4; m + 1];
    row[m - to] = 0;
    backward.close(&mut row);
    let back = turned(&backward.through(&row, forms[best].iter().rev()));
    let from = (0..=to).rev().min_by_key(|&j| start[j] + back[j]).unwrap_or(to);
    let inside = back[from];
    Costed { costs: totals.iter().map(|total| total.1).collect(), inside, span: from..to, best }
}

/// A walk through the pieces in one direction; rows have one entry a border between the exhibit's characters.
struct Walk<'a> {
    shown: Vec<char>,
    costs: &'a Costs,
    turned: bool,
    /// What it costs that each of the exhibit's characters was added.
    added: Vec<i32>,
    /// The source's characters against the exhibit, as far as they came: most of them come again and again.
    against: RefCell<BTreeMap<char, Rc<Against>>>,
}

/// What a character of the source costs at each border of the exhibit.
struct Against {
    /// When it was lost there.
    lost: Vec<i32>,
    /// When it came out as the exhibit's character before the border; nothing before the first.
    replaced: Vec<i32>,
    /// Borders behind two characters that look like it, and what that costs.
    parted: Vec<(usize, i32)>,
    /// Borders behind it and another character.
    second: Vec<usize>,
}

impl<'a> Walk<'a> {
    fn new(shown: Vec<char>, costs: &'a Costs, turned: bool) -> Walk<'a> {
        let added = shown.iter().map(|&c| costs.add(c)).collect();
        Walk { shown, costs, turned, added, against: RefCell::default() }
    }

    fn start(&self) -> Vec<i32> {
        let mut row = vec![i32::MAX / 4; self.shown.len() + 1];
        row[0] = 0;
        self.close(&mut row);
        row
    }

    /// Characters may have been added anywhere.
    fn close(&self, row: &mut [i32]) {
        let mut before = row[0];
        for (cost, added) in row[1..].iter_mut().zip(&self.added) {
            before = (before + added).min(*cost);
            *cost = before;
        }
    }

    fn through<'c>(&self, row: &[i32], text: impl Iterator<Item = &'c char>) -> Vec<i32> {
        let (mut older, mut last, mut next) = (Vec::new(), row.to_vec(), Vec::new());
        let mut before = None;
        for &c in text {
            self.step(&last, c, before.map(|other| (other, older.as_slice())), &mut next);
            self.close(&mut next);
            before = Some(c);
            // What was the oldest is written over.
            std::mem::swap(&mut older, &mut last);
            std::mem::swap(&mut last, &mut next);
        }
        last
    }

    /// One character of the source: lost, as it is, or replaced; with the one before swapped or run together.
    fn step(&self, last: &[i32], c: char, before: Option<(char, &[i32])>, next: &mut Vec<i32>) {
        let against = self.against(c);
        next.clear();
        next.extend(last.iter().zip(&against.lost).map(|(cost, lost)| cost + lost));
        let replaced = last.iter().zip(&against.replaced).map(|(cost, replaced)| cost + replaced);
        next[1..].iter_mut().zip(replaced).for_each(|(cost, replaced)| *cost = replaced.min(*cost));
        for &(j, ligature) in &against.parted {
            next[j] = next[j].min(last[j - 2] + ligature);
        }
        let Some((other, row)) = before else { return };
        let two = self.in_order(other, c);
        if self.costs.begins_ligature(two) {
            for (j, &shown) in (1..).zip(&self.shown) {
                if let Some(ligature) = self.costs.ligature(two, shown) {
                    next[j] = next[j].min(row[j - 1] + ligature);
                }
            }
        }
        if c != other {
            for &j in against.second.iter().filter(|&&j| self.shown[j - 1] == other) {
                next[j] = next[j].min(row[j - 2] + self.costs.swap());
            }
        }
    }

    fn against(&self, c: char) -> Rc<Against> {
        if let Some(known) = self.against.borrow().get(&c) {
            return known.clone();
        }
        let shown = &self.shown;
        let at = |j: Option<usize>| j.and_then(|j| shown.get(j)).copied();
        let lose = |j: usize| self.costs.lose(c, at(j.checked_sub(1)), at(Some(j)));
        let part =
            |(j, two): (usize, &[char])| Some((j, self.costs.ligature(self.in_order(two[0], two[1]), c)?));
        let new = Rc::new(Against {
            lost: (0..=shown.len()).map(lose).collect(),
            replaced: shown.iter().map(|&other| self.costs.replace(c, other)).collect(),
            parted: (2..).zip(shown.windows(2)).filter_map(part).collect(),
            second: (2..=shown.len()).filter(|j| shown[j - 2] == c).collect(),
        });
        self.against.borrow_mut().insert(c, new.clone());
        new
    }

    fn in_order(&self, a: char, b: char) -> [char; 2] {
        if self.turned { [b, a] } else { [a, b] }
    }
}

#[cfg(test)]
mod tests {
    use super::super::costs::{BIT, Noise};
    use super::*;

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    fn check(before: &str, forms: &[&str], after: &str, shown: &str, best: usize, seen: &str) {
        let pieces = [
            Piece::Fixed(chars(before)),
            Piece::Site(forms.iter().map(|form| chars(form)).collect()),
            Piece::Fixed(chars(after)),
        ];
        let shown = chars(shown);
        let found =
            costs(&pieces, &shown, &Costs::of(Noise::Clean, false), LETTER_CELLS_MAX).unwrap().remove(0);
        assert_eq!(found.best, best, "{shown:?} {found:?}");
        assert_eq!(shown[found.span.clone()].iter().collect::<String>(), seen, "{found:?}");
    }

    #[test]
    fn the_variant_that_stands_there_is_cheapest() {
        check(" ", &["before", "prior to"], " the ", " prior to the ", 1, "prior to");
        check(" ", &["before", "prior to"], " the ", " bcfore the ", 0, "bcfore");
        check(" ", &["modern", "old"], " ", " modem ", 0, "modem");
        check(" ", &["also ", ""], "agreed ", " agreed ", 1, "");
        check(" ", &["also", ""], " agreed ", " agreed ", 1, "");
        check("", &["—", " — ", " – "], "", " – ", 2, " – ");
    }

    #[test]
    fn neighbouring_sites_are_weighed_together() {
        let site = |forms: &[&str]| Piece::Site(forms.iter().map(|form| chars(form)).collect());
        let pieces = [site(&["ab", "a"]), site(&["c", "bc"])];
        let found = costs(&pieces, &chars("abc"), &Costs::of(Noise::Clean, false), LETTER_CELLS_MAX).unwrap();
        assert_eq!(found[0].costs, [0, 0]);
        assert_eq!(found[1].costs, [0, 0]);
        let found =
            costs(&pieces, &chars("abbc"), &Costs::of(Noise::Clean, false), LETTER_CELLS_MAX).unwrap();
        assert!(found[0].costs[1] >= 8 * BIT && found[0].costs[0] == 0);
    }

    /// One character of the source at one border, by the definition.
    fn plainly(
        walk: &Walk<'_>,
        (last, c): (&[i32], char),
        before: Option<&(char, Vec<i32>)>,
        j: usize,
    ) -> i32 {
        let (shown, costs) = (&walk.shown, walk.costs);
        let at = |j: Option<usize>| j.and_then(|j| shown.get(j)).copied();
        let mut all = vec![last[j] + costs.lose(c, at(j.checked_sub(1)), at(Some(j)))];
        if j > 0 {
            all.push(last[j - 1] + costs.replace(c, shown[j - 1]));
            if let Some((other, row)) = before {
                let ligature = costs.ligature(walk.in_order(*other, c), shown[j - 1]);
                all.extend(ligature.map(|ligature| row[j - 1] + ligature));
                if j > 1 && shown[j - 1] == *other && shown[j - 2] == c && c != *other {
                    all.push(row[j - 2] + costs.swap());
                }
            }
        }
        if j > 1 {
            let ligature = costs.ligature(walk.in_order(shown[j - 2], shown[j - 1]), c);
            all.extend(ligature.map(|ligature| last[j - 2] + ligature));
        }
        all.into_iter().min().unwrap()
    }

    #[test]
    fn a_step_is_the_one_of_the_definition() {
        let letters: Vec<char> = "rnmcldvwhiunRNMa  1-—\u{2013}\"'\u{201c},.\n\u{ad}é".chars().collect();
        let mut random = tellmark_testkit::Random::new(6);
        for round in 0..400 {
            let mut text = |length| (0..length).map(|_| random.pick(&letters)).collect::<Vec<char>>();
            let (source, shown) = (text(12), text(round % 14));
            let noise = [Noise::Clean, Noise::Light, Noise::Heavy][round % 3];
            let costs = Costs::of(noise, round % 2 == 0);
            let walk = Walk::new(shown, &costs, round % 5 < 2);
            let mut last = walk.start();
            let mut before: Option<(char, Vec<i32>)> = None;
            for &c in &source {
                let mut next = Vec::new();
                walk.step(&last, c, before.as_ref().map(|(other, row)| (*other, row.as_slice())), &mut next);
                for (j, cost) in next.iter().enumerate() {
                    assert_eq!(*cost, plainly(&walk, (&last, c), before.as_ref(), j), "{source:?} {c:?} {j}");
                }
                walk.close(&mut next);
                before = Some((c, std::mem::replace(&mut last, next)));
            }
        }
    }

    #[test]
    fn work_is_bounded() {
        let pieces = [Piece::Site(vec![vec!['a'; 4096]; 16])];
        assert!(costs(&pieces, &['a'; 4096], &Costs::of(Noise::Clean, false), LETTER_CELLS_MAX).is_none());
    }
}
