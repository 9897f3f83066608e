//! A stream in zlib's form that differs from copy to copy in a few bytes, and is packed once for all of them.
//!
//! Bytes that differ are symbols of their own, by their site and by what each variant writes. A stretch is said to be
//! a repetition only where its symbols repeat, so that it is one in every copy. All codes are the fixed ones: a byte
//! that differs takes eight bits in the same place in every copy, whatever its neighbours are. The checksum at the
//! end is the same for all copies, since forms with another sum are not packed.
//!
//! # Source
//! Deutsch, RFC 1951 (DEFLATE), 3.2.5 and 3.2.6; Deutsch and Gailly, RFC 1950 (zlib), 8.2 (Adler-32).

use std::collections::HashMap;

use crate::template::Piece;

/// Repetitions are looked for so far back, and are so long at most.
const WINDOW: usize = 32_768;
const LENGTH_MAX: usize = 258;
const LENGTH_MIN: usize = 3;
/// Earlier places that are compared, at most.
const TRIES: usize = 64;
/// A short repetition from farther back takes as many bits as what it repeats.
const SHORT_REACH: usize = 1024;
/// A method of 8, a window of 32 KB, and a check of both.
const HEAD: [u8; 2] = [0x78, 0x9c];
const BUCKET_BITS: u32 = 15;
/// Symbols below are bytes that are the same in all copies.
const BYTES: u32 = 256;

/// A symbol that differs: its site, and the byte of each of two variants.
type Differing = (u32, [u8; 2]);

/// The pieces as a packed stream; `None` where they cannot be packed alike in all copies: a field, a slot of other than
/// two forms, of forms that differ in their sums, or right beside another site's.
pub fn packed(pieces: &[Piece]) -> Option<Vec<Piece>> {
    let (symbols, differing) = symbols(pieces)?;
    let mut bits = Bits::default();
    bits.number(1, 1);
    bits.number(1, 2);
    for token in tokens(&symbols) {
        match token {
            Token::Repeat { length, distance } => bits.repeat(length, distance),
            Token::Symbol(symbol) if symbol < BYTES => bits.literal([symbol as u8; 2], None)?,
            Token::Symbol(symbol) => {
                let (site, forms) = differing[(symbol - BYTES) as usize];
                bits.literal(forms, Some(site))?;
            }
        }
    }
    bits.code([0; 2], 7);
    let mut out = vec![Piece::Static(HEAD.to_vec())];
    bits.pieces(&mut out);
    out.push(Piece::Static(adler(pieces).to_be_bytes().to_vec()));
    Some(out)
}

/// The bytes of all pieces as symbols, and those symbols that differ.
fn symbols(pieces: &[Piece]) -> Option<(Vec<u32>, Vec<Differing>)> {
    let (mut symbols, mut differing) = (Vec::new(), Vec::new());
    let mut known: HashMap<Differing, u32> = HashMap::new();
    for piece in pieces {
        let (site, forms) = match piece {
            Piece::Static(bytes) => {
                symbols.extend(bytes.iter().map(|byte| u32::from(*byte)));
                continue;
            }
            Piece::Slot { site, forms } => (*site, forms),
            Piece::Field { .. } => return None,
        };
        let [one, other] = &forms[..] else { return None };
        if one.len() != other.len() || sums(one) != sums(other) {
            return None;
        }
        for (a, b) in one.iter().zip(other) {
            let symbol = if a == b {
                u32::from(*a)
            } else {
                *known.entry((site, [*a, *b])).or_insert_with(|| {
                    differing.push((site, [*a, *b]));
                    BYTES + differing.len() as u32 - 1
                })
            };
            symbols.push(symbol);
        }
    }
    Some((symbols, differing))
}

/// What the checksum sees of a form: its sum, and the sum of its bytes times their places.
fn sums(form: &[u8]) -> (u64, u64) {
    let places = form.iter().zip(0u64..);
    places.fold((0, 0), |(sum, moment), (byte, at)| (sum + u64::from(*byte), moment + at * u64::from(*byte)))
}

/// The checksum of any copy.
fn adler(pieces: &[Piece]) -> u32 {
    let (mut a, mut b) = (1u32, 0u32);
    for piece in pieces {
        let bytes = match piece {
            Piece::Static(bytes) => bytes.as_slice(),
            Piece::Slot { forms, .. } => forms.first().map_or(&[][..], Vec::as_slice),
            Piece::Field { .. } => &[],
        };
        for byte in bytes {
            a = (a + u32::from(*byte)) % 65_521;
            b = (b + a) % 65_521;
        }
    }
    b << 16 | a
}

#[derive(Debug, Clone, Copy)]
enum Token {
    Symbol(u32),
    Repeat { length: usize, distance: usize },
}

/// The symbols with what repeats taken out. A repetition waits for the next place, which may begin a longer one.
fn tokens(symbols: &[u32]) -> Vec<Token> {
    let mut earlier = Earlier::new(symbols);
    let mut tokens = Vec::new();
    let mut at = 0;
    let mut waiting = earlier.longest(at);
    while at < symbols.len() {
        earlier.pass(at);
        let next = earlier.longest(at + 1);
        match waiting {
            Some((length, distance)) if next.is_none_or(|(longer, _)| longer <= length) => {
                tokens.push(Token::Repeat { length, distance });
                (at + 1..at + length).for_each(|passed| earlier.pass(passed));
                at += length;
                waiting = earlier.longest(at);
            }
            _ => {
                tokens.push(Token::Symbol(symbols[at]));
                at += 1;
                waiting = next;
            }
        }
    }
    tokens
}

/// Places by the three symbols that stand there.
struct Earlier<'a> {
    symbols: &'a [u32],
    /// The last place of each bucket, and for each place the one before it in its bucket, each plus one.
    last: Vec<u32>,
    before: Vec<u32>,
}

impl<'a> Earlier<'a> {
    fn new(symbols: &'a [u32]) -> Earlier<'a> {
        Earlier { symbols, last: vec![0; 1 << BUCKET_BITS], before: vec![0; symbols.len()] }
    }

    fn bucket(&self, at: usize) -> Option<usize> {
        let three = self.symbols.get(at..at + LENGTH_MIN)?;
        let mixed =
            three.iter().fold(0u32, |hash, symbol| (hash ^ symbol).wrapping_mul(0x9e37_79b1).rotate_left(9));
        Some((mixed.wrapping_mul(0x9e37_79b1) >> (32 - BUCKET_BITS)) as usize)
    }

    fn pass(&mut self, at: usize) {
        if let Some(bucket) = self.bucket(at) {
            self.before[at] = self.last[bucket];
            self.last[bucket] = at as u32 + 1;
        }
    }

    /// The longest repetition of what stands earlier, and from how far back; the nearest of those.
    fn longest(&self, at: usize) -> Option<(usize, usize)> {
        let mut place = self.last[self.bucket(at)?];
        let here = &self.symbols[at..self.symbols.len().min(at + LENGTH_MAX)];
        let mut best: Option<(usize, usize)> = None;
        for _ in 0..TRIES {
            let Some(from) = (place as usize).checked_sub(1).filter(|from| at - from <= WINDOW) else {
                break;
            };
            let length = here.iter().zip(&self.symbols[from..]).take_while(|(a, b)| a == b).count();
            let is_worth = length > LENGTH_MIN || (length == LENGTH_MIN && at - from <= SHORT_REACH);
            if is_worth && best.is_none_or(|(longest, _)| length > longest) {
                best = Some((length, at - from));
            }
            if length == here.len() {
                break;
            }
            place = self.before[from];
        }
        best
    }
}

/// The stream of bits in both variants, the lowest bit of a byte first, and whose each byte is.
#[derive(Default)]
struct Bits {
    bytes: [Vec<u8>; 2],
    owners: Vec<Option<u32>>,
    length: usize,
}

impl Bits {
    fn bit(&mut self, values: [bool; 2]) {
        if self.length.is_multiple_of(8) {
            self.bytes.iter_mut().for_each(|bytes| bytes.push(0));
            self.owners.push(None);
        }
        let (at, shift) = (self.length / 8, self.length % 8);
        for (bytes, value) in self.bytes.iter_mut().zip(values) {
            bytes[at] |= u8::from(value) << shift;
        }
        self.length += 1;
    }

    /// A number, its lowest bit first.
    fn number(&mut self, value: usize, bits: usize) {
        (0..bits).for_each(|at| self.bit([value >> at & 1 == 1; 2]));
    }

    /// A code of each variant, its highest bit first.
    fn code(&mut self, codes: [usize; 2], bits: usize) {
        (0..bits).rev().for_each(|at| self.bit(codes.map(|code| code >> at & 1 == 1)));
    }

    /// A byte, of each variant another where it has a site; `None` where they take codes of other lengths, or where a
    /// byte of the stream would differ with two sites.
    fn literal(&mut self, forms: [u8; 2], site: Option<u32>) -> Option<()> {
        let [one, other] = forms.map(|byte| match usize::from(byte) {
            byte @ 0..144 => (0x30 + byte, 8),
            byte => (0x190 + byte - 144, 9),
        });
        if one.1 != other.1 {
            return None;
        }
        let first = self.length / 8;
        self.code([one.0, other.0], one.1);
        let Some(site) = site else { return Some(()) };
        for owner in &mut self.owners[first..] {
            if owner.is_some_and(|owner| owner != site) {
                return None;
            }
            *owner = Some(site);
        }
        Some(())
    }

    fn repeat(&mut self, length: usize, distance: usize) {
        let (code, extra, base) = match length {
            LENGTH_MAX => (285, 0, LENGTH_MAX),
            length => {
                // Four codes a doubling, from eight symbols on.
                let extra = (length - 3).max(4).ilog2() as usize - 2;
                let step = (length - 3) >> extra;
                (257 + 4 * extra + step, extra, (step << extra) + 3)
            }
        };
        match code {
            257..280 => self.code([code - 256; 2], 7),
            _ => self.code([0xc0 + code - 280; 2], 8),
        }
        self.number(length - base, extra);
        // Two codes a doubling, from four symbols on.
        let extra = (distance - 1).max(2).ilog2() as usize - 1;
        let step = (distance - 1) >> extra;
        self.code([2 * extra + step; 2], 5);
        self.number(distance - 1 - (step << extra), extra);
    }

    /// What was written, as pieces.
    fn pieces(&self, out: &mut Vec<Piece>) {
        let mut from = 0;
        for run in self.owners.chunk_by(|a, b| a == b) {
            let range = from..from + run.len();
            from = range.end;
            let of = |variant: usize| self.bytes[variant][range.clone()].to_vec();
            out.push(match run[0] {
                Some(site) => Piece::Slot { site, forms: vec![of(0), of(1)] },
                None => Piece::Static(of(0)),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    /// What a copy says, in which every site of this parity shows its second variant.
    fn copy(pieces: &[Piece], parity: u32) -> Vec<u8> {
        let bytes = |piece: &Piece| match piece {
            Piece::Static(bytes) => bytes.clone(),
            Piece::Slot { site, forms } => forms[usize::from(site % 2 == parity)].clone(),
            Piece::Field { .. } => Vec::new(),
        };
        pieces.iter().flat_map(bytes).collect()
    }

    fn unpacked(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        flate2::read::ZlibDecoder::new(bytes).read_to_end(&mut out).unwrap();
        out
    }

    fn check(pieces: &[Piece]) -> Vec<Piece> {
        let packed = packed(pieces).unwrap();
        for parity in 0..3 {
            assert_eq!(unpacked(&copy(&packed, parity)), copy(pieces, parity));
        }
        packed
    }

    fn slot(site: u32, sign: bool) -> Piece {
        let mut forms: Vec<Vec<u8>> = vec![b"\x0c\n\n-15.060".into(), b"\n\x0c\x0c+15.060".into()];
        if sign {
            forms.reverse();
        }
        Piece::Slot { site, forms }
    }

    #[test]
    fn every_copy_unpacks_to_what_it_says() {
        let text = |text: &str| Piece::Static(text.into());
        check(&[]);
        check(&[text("a")]);
        check(&[text(&"a".repeat(1000)), text("\u{e9}\u{fe}")]);
        let word = |site: u32| {
            let glyph = |code: u32| {
                [text("["), slot(site, false), text(&format!("<00{code:02x}>")), text("]TJ 6.5 0 Td\n")]
            };
            (site..site + 6).flat_map(glyph).collect::<Vec<_>>()
        };
        let pieces: Vec<Piece> = (0..300).flat_map(word).collect();
        let packed = check(&pieces);
        let length = |pieces: &[Piece]| copy(pieces, 0).len();
        assert!(length(&packed) * 5 < length(&pieces), "{} of {}", length(&packed), length(&pieces));
        // A site's signs are written once a word.
        let slots = packed.iter().filter(|piece| matches!(piece, Piece::Slot { .. })).count();
        assert!(slots <= 300, "{slots}");
    }

    #[test]
    fn all_lengths_and_distances_are_said_right() {
        for length in 3..300 {
            for distance in [1, 2, 3, 4, 5, 7, 9, 200, 4097, 20_000, 32_768, 32_769] {
                let filler: Vec<u8> =
                    (0..distance.max(length)).map(|at| ((at * at % 251) ^ (at / 251)) as u8).collect();
                let piece = [&filler[..], &filler[..length]].concat();
                check(&[Piece::Static(piece)]);
                if distance > 200 && length > 20 {
                    break;
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_packed_alike_is_not_packed() {
        let of = |forms: &[&[u8]]| {
            vec![Piece::Slot { site: 0, forms: forms.iter().map(|f| f.to_vec()).collect() }]
        };
        assert!(packed(&of(&[b"-1", b"+1"])).is_none(), "another sum");
        assert!(packed(&of(&[b"ab", b"ba"])).is_none(), "the same sum in other places");
        assert!(packed(&of(&[b"a", b"a", b"a"])).is_none(), "three variants");
        let bare = |site: u32| Piece::Slot { site, forms: vec![b"\x0c\n\n-".into(), b"\n\x0c\x0c+".into()] };
        assert!(packed(&[bare(0), bare(1)]).is_none(), "two sites in one byte");
        assert!(packed(&[bare(0), bare(0)]).is_some());
    }

    proptest! {
        #[test]
        fn any_pieces_come_back(
            parts in prop::collection::vec((prop::collection::vec(97u8..101, 1..40), 0u32..5, any::<bool>()), 0..40),
        ) {
            let pieces = |(text, site, sign): &(Vec<u8>, u32, bool)| [Piece::Static(text.clone()), slot(*site, *sign)];
            check(&parts.iter().flat_map(pieces).collect::<Vec<_>>());
        }
    }
}
