//! What it costs, in bits, that a text came out as it did: typing, OCR and editing.

use super::fold::{CURLY, DASH, LINE, SOFT_BREAK};

/// Units of a cost in one bit.
pub(super) const BIT: i32 = 16;

/// How faulty the exhibit is, by its words that are merely similar to the original's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Noise {
    /// Fewer than 15 in a thousand.
    Clean,
    /// Fewer than 10 in a hundred.
    Light,
    Heavy,
}

/// Costs of single edits in units of 1 / [`BIT`] bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Costs {
    letter: i32,
    /// Letters that look alike or lie side by side.
    alike: i32,
    swap: i32,
    space: i32,
    mark: i32,
    case: i32,
    /// Dashes of another kind, and quotation marks.
    dash: i32,
    /// Bits a character that even the best variant may cost before it counts as none.
    slack: i32,
    ascii: bool,
}

impl Costs {
    pub fn of(noise: Noise, ascii: bool) -> Costs {
        let bits = |letter, alike, swap, space, mark, case, slack16| Costs {
            letter: letter * BIT,
            alike: alike * BIT,
            swap: swap * BIT,
            space: space * BIT,
            mark: mark * BIT,
            case: case * BIT,
            // A copy desk has one dash for everything, and its own quotation marks: the form says little.
            dash: if ascii { BIT } else { 4 * BIT },
            slack: slack16,
            ascii,
        };
        match noise {
            Noise::Clean => bits(12, 9, 10, 9, 8, 5, BIT / 4),
            Noise::Light => bits(10, 7, 8, 7, 6, 5, BIT / 2),
            Noise::Heavy => bits(8, 5, 7, 5, 5, 4, BIT * 5 / 4),
        }
    }

    /// The most that the best variant may cost over a stretch of this many characters.
    pub fn allowed(&self, characters: usize) -> i32 {
        14 * BIT + self.slack.saturating_mul(characters.min(1 << 20) as i32)
    }

    /// The most that a variant of this many characters may itself cost.
    pub fn allowed_inside(&self, characters: usize) -> i32 {
        8 * BIT + (2 * BIT).saturating_mul(characters.min(1 << 20) as i32)
    }

    /// Character `a` of the source came out as `b`.
    pub fn replace(&self, a: char, b: char) -> i32 {
        if a == b {
            return 0;
        }
        match (a, b) {
            (' ', LINE) | ('-', SOFT_BREAK) => 0,
            (' ', _) | (_, ' ') | (_, LINE) | (_, SOFT_BREAK) => self.letter + self.space,
            _ if is_dash(a) && is_dash(b) => self.dash,
            // Straight marks are what a keyboard has: they say nothing of the kind that stood there.
            ('"', b) if is_quote(b) => 0,
            (a, '"') if is_quote(a) => 0,
            _ if is_quote(a) && is_quote(b) => self.dash,
            _ if a.is_alphanumeric() && b.is_alphanumeric() => self.letters(a, b),
            _ if !a.is_alphanumeric() && !b.is_alphanumeric() => self.mark,
            _ => self.letter + 2 * BIT,
        }
    }

    fn letters(&self, a: char, b: char) -> i32 {
        let is_same = match a.is_ascii() && b.is_ascii() {
            true => a.eq_ignore_ascii_case(&b),
            false => a.to_lowercase().eq(b.to_lowercase()),
        };
        match () {
            () if is_same => self.case,
            () if are_alike(a, b) => self.alike,
            () => self.letter,
        }
    }

    /// Character `c` of the source is missing between `before` and `after`.
    pub fn lose(&self, c: char, before: Option<char>, after: Option<char>) -> i32 {
        let beside = |what: fn(char) -> bool| before.is_some_and(what) || after.is_some_and(what);
        match c {
            // White space has no length.
            ' ' if beside(|c| c == ' ' || c == LINE) => 0,
            ' ' if self.ascii && beside(is_dash) => 0,
            _ => self.alone(c),
        }
    }

    /// Character `c` was added.
    pub fn add(&self, c: char) -> i32 {
        self.alone(c)
    }

    fn alone(&self, c: char) -> i32 {
        match c {
            SOFT_BREAK => 0,
            LINE => BIT,
            ' ' => self.space,
            c if c.is_alphanumeric() => self.letter,
            _ => self.mark,
        }
    }

    /// Two neighbours changed places.
    pub fn swap(&self) -> i32 {
        self.swap
    }

    /// Whether two letters may come out as one.
    pub fn begins_ligature(&self, two: [char; 2]) -> bool {
        let two = two.map(|c| c.to_ascii_lowercase());
        LIGATURES.iter().any(|(own, _)| *own == two)
    }

    /// Two letters came out as one, or one as two, that look alike.
    pub fn ligature(&self, two: [char; 2], one: char) -> Option<i32> {
        let two = two.map(|c| c.to_ascii_lowercase());
        LIGATURES.contains(&(two, one.to_ascii_lowercase())).then_some(self.alike)
    }
}

fn is_dash(c: char) -> bool {
    matches!(c, DASH | '\u{2013}' | '-' | '\u{2212}' | '\u{2015}')
}

/// A double quotation mark, as folded.
pub(super) fn is_quote(c: char) -> bool {
    matches!(c, '"' | CURLY | '«' | '»')
}

/// Whether two letters look alike or lie side by side, in whichever case.
fn are_alike(a: char, b: char) -> bool {
    let other = b.to_ascii_lowercase() as u32;
    ALIKE_TO.get(a as usize).is_some_and(|alike| other < u128::BITS && alike >> other & 1 == 1)
}

/// For each character of ASCII, those that are alike to it, as bits.
static ALIKE_TO: [u128; 128] = {
    let mut table = [0; 128];
    let mut at = 0;
    while at < ALIKE.len() {
        let (x, y) = ALIKE[at];
        table[x as usize] |= 1 << y as u32;
        table[y as usize] |= 1 << x as u32;
        table[x.to_ascii_uppercase() as usize] |= 1 << y as u32;
        table[y.to_ascii_uppercase() as usize] |= 1 << x as u32;
        at += 1;
    }
    table
};

const ALIKE: &[(char, char)] = &[
    ('l', '1'),
    ('l', 'i'),
    ('i', '1'),
    ('o', '0'),
    ('s', '5'),
    ('b', '8'),
    ('z', '2'),
    ('g', '9'),
    ('q', '9'),
    ('e', 'c'),
    ('h', 'b'),
    ('n', 'u'),
    ('u', 'v'),
    ('a', 'o'),
    ('i', 'j'),
    ('f', 't'),
    ('t', 'l'),
    ('i', 't'),
    ('c', 'o'),
    ('e', 'o'),
    ('n', 'h'),
    ('v', 'y'),
    ('a', 's'),
    ('s', 'd'),
    ('d', 'f'),
    ('f', 'g'),
    ('g', 'h'),
    ('h', 'j'),
    ('j', 'k'),
    ('k', 'l'),
    ('q', 'w'),
    ('w', 'e'),
    ('e', 'r'),
    ('r', 't'),
    ('t', 'y'),
    ('y', 'u'),
    ('u', 'i'),
    ('i', 'o'),
    ('o', 'p'),
    ('z', 'x'),
    ('x', 'c'),
    ('c', 'v'),
    ('v', 'b'),
    ('b', 'n'),
    ('n', 'm'),
];

const LIGATURES: &[([char; 2], char)] = &[
    (['r', 'n'], 'm'),
    (['c', 'l'], 'd'),
    (['v', 'v'], 'w'),
    (['l', 'i'], 'h'),
    (['n', 'n'], 'm'),
    (['i', 'i'], 'u'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_the_pairs_say() {
        let all = (0..=0x17f).filter_map(char::from_u32).chain(['\u{212a}']);
        for a in all.clone() {
            for b in all.clone() {
                let pair = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
                let listed = ALIKE.iter().any(|&(x, y)| pair == (x, y) || pair == (y, x));
                assert_eq!(are_alike(a, b), listed, "{a:?} {b:?}");
            }
        }
    }
}
