//! Where keys stand: a bitmap in front, and behind it lists of sentences.

use std::ops::Range;

/// A key and the sentence in which it stands.
pub(crate) type Entry = (u32, u32);

/// Sentences that an index can hold.
pub(crate) const SENTENCES_MAX: usize = 1 << 24;
/// Bits of a key's lower end that stand in an entry beside the sentence.
const TAG_BITS: u32 = 8;
/// Entries of a bucket, about.
const BUCKET: usize = 10;
/// Bits of the bitmap that stays inside L2: 256 KiB.
const BITMAP_NEAR_BITS: u64 = 1 << 21;

/// Keys of 32 bits with the sentences that contain them.
///
/// A key's upper bits choose a bucket, its lower 8 bits stand in the entry beside the sentence, so that one in
/// 256 foreign keys of a bucket is taken for another one's: whatever is found is looked at again. An entry has as many
/// bits as that takes.
#[derive(Debug, Clone)]
pub(crate) struct Postings {
    bitmap: Vec<u64>,
    bitmap_shift: u32,
    directory: Vec<u32>,
    directory_shift: u32,
    entries: Vec<u8>,
    sentence_bits: u32,
}

impl Postings {
    /// From all keys with their sentences; a key that stands in more than `most(key)` sentences is left out.
    pub fn new(mut all: Vec<Entry>, most: usize) -> Postings {
        all.sort_unstable();
        all.dedup();
        let mut kept: Vec<Entry> = Vec::with_capacity(all.len());
        for same in all.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() <= most) {
            kept.extend_from_slice(same);
        }
        drop(all);
        let bits = ((kept.len() / BUCKET) as u32).max(2).ilog2().clamp(1, 26);
        let directory_shift = 32 - bits;
        let mut directory = vec![0u32; (1 << bits) + 1];
        kept.iter().for_each(|(key, _)| directory[(key >> directory_shift) as usize + 1] += 1);
        (1..directory.len()).for_each(|i| directory[i] += directory[i - 1]);
        let wanted = (kept.len() as u64 * 2).max(64).next_power_of_two();
        let far = (kept.len() as u64 * 8).max(64).next_power_of_two();
        let bitmap_bits =
            if wanted <= BITMAP_NEAR_BITS { far.min(BITMAP_NEAR_BITS) } else { far }.min(1 << 31);
        let bitmap_shift = 32 - bitmap_bits.ilog2();
        let mut bitmap = vec![0u64; (bitmap_bits / 64) as usize];
        for (key, _) in &kept {
            let bit = scatter(*key) >> bitmap_shift;
            bitmap[bit as usize / 64] |= 1 << (bit % 64);
        }
        let last = kept.iter().map(|(_, sentence)| *sentence).max().unwrap_or(0);
        let sentence_bits = (u32::BITS - last.leading_zeros()).max(1);
        let entries = packed(&kept, sentence_bits);
        Postings { bitmap, bitmap_shift, directory, directory_shift, entries, sentence_bits }
    }

    /// Whether a key may be there.
    #[inline]
    pub fn may_have(&self, key: u32) -> bool {
        let bit = scatter(key) >> self.bitmap_shift;
        self.bitmap[bit as usize / 64] >> (bit % 64) & 1 == 1
    }

    /// Leaves the keys that may be there.
    #[inline]
    pub fn retain<T: Copy>(&self, keys: &mut Vec<(u32, T)>) {
        // Without a branch: whether one is there cannot be foretold, and all are looked up at once.
        let mut kept = 0;
        for at in 0..keys.len() {
            let key = keys[at];
            keys[kept] = key;
            kept += usize::from(self.may_have(key.0));
        }
        keys.truncate(kept);
    }

    /// Where a key stands, if it is there.
    #[inline]
    pub fn bucket(&self, key: u32) -> Range<u32> {
        let slot = (key >> self.directory_shift) as usize;
        self.directory[slot]..self.directory[slot + 1]
    }

    /// The sentences of its bucket in which a key stands.
    #[inline]
    pub fn of(&self, bucket: Range<u32>, key: u32) -> impl Iterator<Item = u32> + '_ {
        let tag = key & ((1 << TAG_BITS) - 1);
        let bits = self.sentence_bits + TAG_BITS;
        let mask = (1u64 << self.sentence_bits) - 1;
        let entry = move |at: u32| {
            let bit = at as usize * bits as usize;
            let bytes = self.entries.get(bit / 8..bit / 8 + 8)?.first_chunk()?;
            Some(u64::from_le_bytes(*bytes) >> (bit % 8))
        };
        let is_own = move |entry: &u64| (entry >> self.sentence_bits) as u32 & ((1 << TAG_BITS) - 1) == tag;
        bucket.filter_map(entry).filter(is_own).map(move |entry| (entry & mask) as u32)
    }

    /// Bytes that the lists take, and the bitmap.
    pub fn bytes(&self) -> (usize, usize) {
        (self.entries.len() + self.directory.len() * 4, self.bitmap.len() * 8)
    }
}

/// The entries one behind the other, each a tag before a sentence, and some bytes behind the last.
fn packed(kept: &[Entry], sentence_bits: u32) -> Vec<u8> {
    let bits = (sentence_bits + TAG_BITS) as usize;
    let mut entries = vec![0u8; (kept.len() * bits).div_ceil(8) + 8];
    for (at, (key, sentence)) in kept.iter().enumerate() {
        let entry = u64::from(key & ((1 << TAG_BITS) - 1)) << sentence_bits | u64::from(*sentence);
        let bit = at * bits;
        for (byte, part) in entries[bit / 8..].iter_mut().zip((entry << (bit % 8)).to_le_bytes()) {
            *byte |= part;
        }
    }
    entries
}

/// The bitmap goes by other bits than the buckets, or a full bucket would be a full stretch of the bitmap.
fn scatter(key: u32) -> u32 {
    key.wrapping_mul(0x9e37_79b1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::mix;

    fn of(postings: &Postings, key: u32) -> Vec<u32> {
        postings.of(postings.bucket(key), key).collect()
    }

    #[test]
    fn keys_are_found_where_they_stand_and_frequent_ones_are_left_out() {
        let key = |i: u64| (mix(i) >> 32) as u32;
        let mut all: Vec<Entry> = (0..20_000).map(|i| (key(i), i as u32 / 3)).collect();
        all.extend((0..100).map(|sentence| (key(1 << 40), sentence)));
        let postings = Postings::new(all, 64);
        for i in 0..20_000 {
            assert!(postings.may_have(key(i)) && of(&postings, key(i)).contains(&(i as u32 / 3)), "{i}");
        }
        assert_eq!(of(&postings, key(1 << 40)).into_iter().filter(|s| *s < 100).count(), 0);
        let taken = (1 << 41..(1 << 41) + 10_000).filter(|&i| postings.may_have(key(i))).count();
        assert!(taken < 2_500, "{taken}");
    }

    #[test]
    fn nothing_is_found_in_nothing() {
        let postings = Postings::new(vec![], 64);
        assert!(!postings.may_have(7));
        assert_eq!(of(&postings, 7).len(), 0);
    }
}
