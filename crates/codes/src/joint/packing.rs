//! Codewords in half bytes, laid out so that the costs of many copies are looked up at once.
//!
//! A column with two symbols takes one bit of a half byte, one with up to four takes two, one with up to sixteen
//! all four. A copy that lacks a site has a symbol of its own there. Blocks of 32 copies hold one half byte of
//! each copy side by side, position by position.

use rayon::prelude::*;

use crate::score::{ABSENT, Observed, Rows};

/// Copies in a block.
pub const LANES: usize = 32;
/// E-values look at the first read sites that fit in so many bits of a codeword. Not chosen by what any copy holds.
/// With two half bytes of which a part is lost between widths, 256 positions of at most 255 parts of a bit: a sum
/// of costs is at most 65,280 and never reaches the 65,535 at which sixteen bits would be cut off.
const BITS_MAX: u32 = 4 * 254;

/// Where a column's symbol lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// The column.
    pub column: usize,
    /// The half byte.
    pub position: usize,
    /// How far it is shifted in it.
    pub shift: u32,
    /// How many bits it takes: 1, 2 or 4.
    pub bits: u32,
    /// The symbol of a copy that lacks the site, equal to the number of variants; it may not occur.
    pub absent: u8,
    /// Whether it occurs.
    pub has_absent: bool,
}

impl Slot {
    /// How many symbols the column has.
    pub fn symbols(&self) -> usize {
        usize::from(self.absent) + usize::from(self.has_absent)
    }

    /// The symbol in a half byte.
    pub fn symbol(&self, half_byte: usize) -> usize {
        half_byte >> self.shift & ((1 << self.bits) - 1)
    }
}

/// Where each column lies.
#[derive(Debug, Clone)]
pub struct Layout {
    /// One for each column that takes part, ordered by position.
    pub slots: Vec<Slot>,
    /// Half bytes a copy.
    pub positions: usize,
}

impl Layout {
    /// Lays out the columns. A column of sixteen variants that some copies lack does not fit and is left out, as
    /// are those beyond [`BITS_MAX`]: it is decided by which sites there are, never by what a copy shows.
    pub fn new(observed: &[Observed], rows: &Rows) -> Layout {
        let mut lacking = vec![false; observed.len()];
        for row in rows.symbols.chunks_exact(rows.columns.max(1)) {
            lacking.iter_mut().zip(row).for_each(|(lacks, &symbol)| *lacks |= symbol == ABSENT);
        }
        let mut slots = Vec::new();
        let mut left = BITS_MAX;
        for (column, (site, &has_absent)) in observed.iter().zip(&lacking).enumerate() {
            let absent = site.variants() as u8;
            let mut slot = Slot { column, position: 0, shift: 0, bits: 0, absent, has_absent };
            slot.bits = match slot.symbols() {
                0..=2 => 1,
                3..=4 => 2,
                5..=16 => 4,
                _ => continue,
            };
            let Some(rest) = left.checked_sub(slot.bits) else { break };
            left = rest;
            slots.push(slot);
        }
        // A stable sort keeps the order of columns among those of one width.
        slots.sort_by_key(|slot| slot.bits);
        let (mut position, mut filled) = (0, 0);
        for index in 0..slots.len() {
            let bits = slots[index].bits;
            if filled + bits > 4 || (index > 0 && slots[index - 1].bits != bits) {
                position += 1;
                filled = 0;
            }
            slots[index].position = position;
            slots[index].shift = filled;
            filled += bits;
        }
        let positions = if slots.is_empty() { 0 } else { position + 1 };
        Layout { slots, positions }
    }

    /// The slots of each position.
    fn by_position(&self) -> impl Iterator<Item = &[Slot]> {
        self.slots.chunk_by(|one, other| one.position == other.position)
    }
}

/// The code of a symbol: itself, or the number of variants where the copy lacks the site.
fn code(slot: &Slot, row: &[u8]) -> u8 {
    row[slot.column].min(slot.absent) << slot.shift
}

/// The half byte of a row at a position.
fn half_byte(slots: &[Slot], row: &[u8]) -> u8 {
    match slots {
        [one] => code(one, row),
        [one, two] => code(one, row) | code(two, row),
        [one, .., four] if four.column - one.column == 3 && slots.len() == 4 => {
            // Four bits side by side, which nobody lacks: one multiplication shifts each to its place in the top byte.
            let four = row[one.column..].first_chunk().map_or(0, |four| u32::from_le_bytes(*four));
            (four.wrapping_mul(1 << 24 | 2 << 16 | 4 << 8 | 8) >> 24) as u8
        }
        rest => rest.iter().fold(0, |half_byte, slot| half_byte | code(slot, row)),
    }
}

/// Copies in half bytes.
#[derive(Debug, Clone)]
pub struct Packed {
    /// Half bytes a copy.
    pub positions: usize,
    /// How many copies there are.
    pub copies: usize,
    /// Block by block, position by position, one byte a copy with its half byte.
    blocks: Vec<[u8; LANES]>,
}

impl Packed {
    /// Packs these rows of a table, in this order.
    pub fn new(layout: &Layout, rows: &Rows, which: impl ExactSizeIterator<Item = usize>) -> Packed {
        let (positions, copies) = (layout.positions, which.len());
        let mut packed =
            Packed { positions, copies, blocks: vec![[0; LANES]; copies.div_ceil(LANES) * positions] };
        let which: Vec<usize> = which.collect();
        let blocks = packed.blocks.par_chunks_mut(positions.max(1)).zip(which.par_chunks(LANES));
        let slots: Vec<&[Slot]> = layout.by_position().collect();
        blocks.with_min_len(16).for_each(|(block, which)| {
            for (lane, &row) in which.iter().enumerate() {
                let row = rows.row(row);
                block.iter_mut().zip(&slots).for_each(|(lanes, slots)| lanes[lane] = half_byte(slots, row));
            }
        });
        packed
    }

    /// The half bytes of 32 copies, position by position.
    pub fn block(&self, number: usize) -> &[[u8; LANES]] {
        &self.blocks[number * self.positions..][..self.positions]
    }

    /// The half byte of a copy.
    pub fn half_byte(&self, copy: usize, position: usize) -> usize {
        usize::from(self.blocks[copy / LANES * self.positions + position][copy % LANES])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_is_found_again() {
        let variants = [2u8, 4, 2, 16, 3, 2, 2, 5, 2, 3, 2];
        let observed: Vec<Observed> = variants.iter().map(|&q| Observed::hard(q, 0)).collect();
        let copies = 70;
        let symbol = |copy: usize, column: usize| match (copy, column) {
            (5, 1 | 8) => ABSENT,
            _ => ((copy * 7 + column * 3 + copy * column) % usize::from(variants[column])) as u8,
        };
        let symbols =
            (0..copies).flat_map(|copy| (0..variants.len()).map(move |c| symbol(copy, c))).collect();
        let rows = Rows { columns: variants.len(), symbols };
        let layout = Layout::new(&observed, &rows);
        assert_eq!(layout.slots.len(), variants.len());
        let packed = Packed::new(&layout, &rows, 0..copies);
        for copy in 0..copies {
            for slot in &layout.slots {
                let found = slot.symbol(packed.half_byte(copy, slot.position)) as u8;
                let expected = symbol(copy, slot.column);
                assert_eq!(found, if expected == ABSENT { slot.absent } else { expected });
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out_whatever_the_copies_hold() {
        let observed = vec![Observed::hard(16, 1), Observed::hard(2, 1)];
        let layout = |symbols: &[u8]| Layout::new(&observed, &Rows { columns: 2, symbols: symbols.to_vec() });
        assert_eq!(layout(&[15, 1, ABSENT, 0]).slots.len(), 1);
        assert_eq!(layout(&[15, 1, 3, 0]).slots.len(), 2);
        assert_eq!(Layout::new(&[], &Rows::default()).positions, 0);
    }

    #[test]
    fn costs_of_all_sites_together_fit_in_sixteen_bits() {
        for variants in [&[2][..], &[3], &[4], &[5], &[16], &[2, 4, 16], &[16, 2, 2, 2, 3]] {
            let observed: Vec<Observed> =
                variants.iter().map(|&q| Observed::hard(q, 0)).cycle().take(5000).collect();
            let rows = Rows { columns: observed.len(), symbols: vec![0; observed.len()] };
            let layout = Layout::new(&observed, &rows);
            assert!(layout.positions * 255 < usize::from(u16::MAX), "{variants:?}");
            assert!(layout.positions >= 254, "{variants:?}");
        }
    }
}
