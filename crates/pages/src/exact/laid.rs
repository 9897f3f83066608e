//! Lays a page that was turned, scaled or moved as a whole on the page that it is of, by the order of its words.

use std::collections::BTreeMap;

use tellmark_core::Along;

use super::{NEAR_POINTS, Standing};

/// A place: from the left, and downwards, in points.
pub type Point = [f64; 2];

/// Words in a row that must be the same, to be the same place.
const IN_A_ROW: usize = 3;
/// Places that two pages must share.
const SHARED_MIN: usize = 8;
/// Maps that are tried.
const TRIES: usize = 60;

/// A map of the plane that keeps straight lines: `x` and `y` are each a sum of the old ones and 1, times these.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Map {
    rows: [[f64; 3]; 2],
}

impl Map {
    pub const IDENTITY: Map = Map { rows: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]] };

    pub fn offset(x: f64, y: f64) -> Map {
        Map { rows: [[1.0, 0.0, x], [0.0, 1.0, y]] }
    }

    /// The map under which places come nearest to others, by least squares; none where they stand on one line.
    pub fn fitted(pairs: &[(Point, Point)]) -> Option<Map> {
        let count = pairs.len() as f64;
        let mean = |of: &dyn Fn(&(Point, Point)) -> f64| pairs.iter().map(of).sum::<f64>() / count;
        let from = [mean(&|pair| pair.0[0]), mean(&|pair| pair.0[1])];
        let to = [mean(&|pair| pair.1[0]), mean(&|pair| pair.1[1])];
        let sum = |of: &dyn Fn(Point, Point) -> f64| {
            let centred = |pair: &(Point, Point)| {
                of([pair.0[0] - from[0], pair.0[1] - from[1]], [pair.1[0] - to[0], pair.1[1] - to[1]])
            };
            pairs.iter().map(centred).sum::<f64>()
        };
        let [xx, xy, yy] = [sum(&|f, _| f[0] * f[0]), sum(&|f, _| f[0] * f[1]), sum(&|f, _| f[1] * f[1])];
        let determinant = xx * yy - xy * xy;
        // Less than a point apart in some direction, for each place.
        if determinant.is_nan() || determinant <= (xx + yy) * count {
            return None;
        }
        let row = |axis: usize| {
            let (x, y) = (sum(&|f, t| f[0] * t[axis]), sum(&|f, t| f[1] * t[axis]));
            let (a, b) = ((x * yy - y * xy) / determinant, (y * xx - x * xy) / determinant);
            [a, b, to[axis] - a * from[0] - b * from[1]]
        };
        Some(Map { rows: [row(0), row(1)] })
    }

    pub fn of(&self, [x, y]: Point) -> Point {
        self.rows.map(|[a, b, c]| a * x + b * y + c)
    }

    /// The word where the map puts it.
    pub fn applied<'a>(&self, word: &Standing<'a>) -> Standing<'a> {
        let [x, y] = self.of([word.x, word.y]);
        let (right, down) = word.along.unit();
        let [across, below] = self.rows.map(|[a, b, _]| a * f64::from(right) + b * f64::from(down));
        let along = match (across.abs() >= below.abs(), across >= 0.0, below >= 0.0) {
            (true, true, _) => Along::Right,
            (true, false, _) => Along::Left,
            (false, _, true) => Along::Down,
            (false, _, false) => Along::Up,
        };
        Standing { x, y, along, ..*word }
    }

    /// How far off it puts a place, in the middle of all.
    pub fn errs(&self, pairs: &[(Point, Point)]) -> f64 {
        super::median(pairs.iter().map(|(from, to)| far(self.of(*from), *to)).collect())
    }
}

fn far(a: Point, b: Point) -> f64 {
    (a[0] - b[0]).abs().max((a[1] - b[1]).abs())
}

/// The original's words by what they say and what stands before and behind them, where that is once on its page.
pub struct Orders<'a> {
    original: &'a [Standing<'a>],
    pages: BTreeMap<u32, BTreeMap<[&'a str; IN_A_ROW], Option<usize>>>,
}

/// The places of words in a row by what they say; none for those that stand there twice.
fn rows<'a>(words: &[Standing<'a>]) -> BTreeMap<[&'a str; IN_A_ROW], Option<usize>> {
    let mut rows = BTreeMap::new();
    for (at, row) in words.windows(IN_A_ROW).enumerate() {
        let middle = Some(at + IN_A_ROW / 2);
        rows.entry([row[0].text, row[1].text, row[2].text])
            .and_modify(|known| *known = None)
            .or_insert(middle);
    }
    rows
}

impl<'a> Orders<'a> {
    pub fn new(original: &'a [Standing<'a>]) -> Orders<'a> {
        let mut pages = BTreeMap::new();
        let mut from = 0;
        for words in original.chunk_by(|a, b| a.page == b.page) {
            let rows = rows(words).into_iter().map(|(row, at)| (row, at.map(|at| at + from)));
            pages.insert(words[0].page, rows.collect());
            from += words.len();
        }
        Orders { original, pages }
    }

    /// The map that lays a page on the page of the original which has most of its words in the same order; none where none
    /// has, or no map lays half of those on their places.
    pub fn laid(&self, leaked: &[Standing<'_>]) -> Option<Map> {
        let own = rows(leaked);
        let shared = |rows: &BTreeMap<[&'a str; IN_A_ROW], Option<usize>>| {
            let pair = |(row, seen): (&[&str; IN_A_ROW], &Option<usize>)| {
                let word = rows.get(row).copied().flatten()?;
                Some((leaked[(*seen)?].place(), self.original[word].place()))
            };
            own.iter().filter_map(pair).collect::<Vec<_>>()
        };
        let fullest = self.pages.values().map(shared).max_by_key(Vec::len)?;
        (fullest.len() >= SHARED_MIN).then(|| agreed(&fullest)).flatten()
    }
}

/// The map on which most pairs of places agree, from three of them each time, and then from all that do.
fn agreed(pairs: &[(Point, Point)]) -> Option<Map> {
    let count = pairs.len();
    let near = |map: &Map| {
        let is_near = |(from, to): &&(Point, Point)| far(map.of(*from), *to) <= NEAR_POINTS;
        pairs.iter().filter(is_near).copied().collect::<Vec<_>>()
    };
    let tries = (0..TRIES).filter_map(|number| {
        // Three that lie apart in the order of what they say, which is any order on the page.
        let at = |part: usize| pairs[(number * 7919 + part * count / 3 + number * part) % count];
        Map::fitted(&[at(0), at(1), at(2)])
    });
    let best = tries.max_by_key(|map| near(map).len())?;
    let map = Map::fitted(&near(&best))?;
    (2 * near(&map).len() >= count).then_some(map)
}
