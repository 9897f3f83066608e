//! The inner loop: costs of 32 copies at once, and their weights summed.
//!
//! Two ways to the same integers: sixteen-entry look-ups in a wide register where the processor has AVX2, and a
//! plain loop everywhere else. What follows, sums of doubles in a fixed order, is one code for both.

use super::packing::{LANES, Packed};
use super::weights::Powers;
use crate::joint::costs::Lookup;

/// The costs of the 32 copies of a block; what exceeds 16 bits stays at the largest, which weighs nothing.
type Costs32 = [u16; LANES];

/// Which copies are weighed, and where to.
pub struct Range<'a> {
    /// The first and one after the last of the copies.
    pub copies: std::ops::Range<usize>,
    /// Copies in it that are left out; [`usize::MAX`] for none.
    pub skipped: [usize; 2],
    /// The copy to which the first of the sums belongs; a whole number of blocks.
    pub offset: usize,
    /// One sum for each copy from there, to which its weight is added.
    pub sums: &'a mut [f64],
}

/// Adds to each copy's sum the weight of its costs, and returns the sum of these weights: lane by lane over the
/// blocks, then over the lanes from the first to the last.
pub fn add(lookups: &[Lookup], packed: &Packed, powers: &Powers, range: &mut Range<'_>) -> f64 {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, as was just asked; that is all the function needs.
        return unsafe { avx2::add(lookups, packed, powers, range) };
    }
    add_plain(lookups, packed, powers, range)
}

/// The same without wide registers.
fn add_plain(lookups: &[Lookup], packed: &Packed, powers: &Powers, range: &mut Range<'_>) -> f64 {
    let mut lanes = [0.0; LANES];
    for number in blocks(range) {
        let mut costs: Costs32 = [0; LANES];
        for (lookup, half_bytes) in lookups.iter().zip(packed.block(number)) {
            for (cost, &half_byte) in costs.iter_mut().zip(half_bytes) {
                *cost = cost.saturating_add(lookup[usize::from(half_byte & 15)].into());
            }
        }
        add_block(&mut costs, number, powers, range, &mut lanes);
    }
    lanes.iter().sum()
}

fn blocks(range: &Range<'_>) -> std::ops::Range<usize> {
    range.copies.start / LANES..range.copies.end.div_ceil(LANES)
}

/// Turns the costs of a block into weights and adds them up.
#[inline(always)]
fn add_block(
    costs: &mut Costs32,
    number: usize,
    powers: &Powers,
    range: &mut Range<'_>,
    lanes: &mut [f64; LANES],
) {
    let first = number * LANES;
    if range.copies.start > first {
        costs[..range.copies.start - first].fill(u16::MAX);
    }
    for skipped in range.skipped {
        if let Some(cost) = skipped.checked_sub(first).and_then(|lane| costs.get_mut(lane)) {
            *cost = u16::MAX;
        }
    }
    let end = range.copies.end.min(first + LANES);
    let sums = &mut range.sums[first - range.offset..end - range.offset];
    if sums.len() < LANES {
        costs[sums.len()..].fill(u16::MAX);
    }
    let mut weights = [0.0; LANES];
    for (weight, &cost) in weights.iter_mut().zip(costs.iter()) {
        *weight = powers.of(cost);
    }
    for (lane, &weight) in lanes.iter_mut().zip(&weights) {
        *lane += weight;
    }
    for (sum, &weight) in sums.iter_mut().zip(&weights) {
        *sum += weight;
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm_loadu_si128, _mm256_adds_epu16, _mm256_and_si256, _mm256_broadcastsi128_si256,
        _mm256_loadu_si256, _mm256_set1_epi16, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16,
        _mm256_storeu_si256,
    };

    use super::{Costs32, LANES, Lookup, Packed, Powers, Range, add_block, blocks};

    #[target_feature(enable = "avx2")]
    pub fn add(lookups: &[Lookup], packed: &Packed, powers: &Powers, range: &mut Range<'_>) -> f64 {
        let mut lanes = [0.0; LANES];
        for number in blocks(range) {
            let mut costs = costs(lookups, packed.block(number));
            add_block(&mut costs, number, powers, range, &mut lanes);
        }
        lanes.iter().sum()
    }

    #[target_feature(enable = "avx2")]
    fn costs(lookups: &[Lookup], block: &[[u8; LANES]]) -> Costs32 {
        let low = _mm256_set1_epi16(0xff);
        let (mut even, mut odd) = (_mm256_setzero_si256(), _mm256_setzero_si256());
        for (lookup, half_bytes) in lookups.iter().zip(block) {
            // SAFETY: both references are to as many bytes as are loaded; neither load needs an alignment.
            let (lookup, half_bytes) = unsafe {
                (
                    _mm256_broadcastsi128_si256(_mm_loadu_si128(lookup.as_ptr().cast())),
                    _mm256_loadu_si256(half_bytes.as_ptr().cast()),
                )
            };
            let costs = _mm256_shuffle_epi8(lookup, half_bytes);
            even = _mm256_adds_epu16(even, _mm256_and_si256(costs, low));
            odd = _mm256_adds_epu16(odd, _mm256_srli_epi16::<8>(costs));
        }
        let (even, odd) = (sixteen(even), sixteen(odd));
        let mut costs = [0; LANES];
        for (pair, (even, odd)) in costs.chunks_exact_mut(2).zip(even.into_iter().zip(odd)) {
            pair.copy_from_slice(&[even, odd]);
        }
        costs
    }

    #[target_feature(enable = "avx2")]
    fn sixteen(register: __m256i) -> [u16; 16] {
        let mut out = [0u16; 16];
        // SAFETY: the array has the 32 bytes that are stored; the store needs no alignment.
        unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), register) };
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::joint::packing::Layout;
    use crate::score::{Observed, Rows};

    #[test]
    fn both_ways_give_the_same_bits() {
        let mut state = 7u64;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 40) as u8
        };
        let observed = vec![Observed::hard(16, 0); 300];
        for copies in [1, 31, 32, 33, 100] {
            let rows = Rows { columns: 300, symbols: (0..copies * 300).map(|_| next() & 15).collect() };
            let packed = Packed::new(&Layout::new(&observed, &rows), &rows, 0..copies);
            for large in [false, true] {
                let lookups: Vec<Lookup> =
                    (0..300).map(|_| std::array::from_fn(|_| if large { 255 } else { next() % 8 })).collect();
                for (start, skipped) in [(0, [usize::MAX; 2]), (copies / 2, [copies - 1, 0])] {
                    let run = |f: fn(&[Lookup], &Packed, &Powers, &mut Range<'_>) -> f64| {
                        let mut sums = vec![0.5; copies];
                        let mut range = Range { copies: start..copies, skipped, offset: 0, sums: &mut sums };
                        let total = f(&lookups, &packed, &Powers::new(0), &mut range);
                        (total.to_bits(), sums.iter().map(|sum| sum.to_bits()).collect::<Vec<_>>())
                    };
                    assert_eq!(run(add), run(add_plain));
                    assert_eq!(run(add).1[..start], vec![0.5f64.to_bits(); start]);
                }
            }
        }
    }
}
