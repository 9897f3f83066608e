//! Where keys stand: a bitmap in front, and behind it lists of sentences.

/// A key and the sentence in which it stands.
pub(crate) type Entry = (u32, u32);

/// Bits of an entry that hold the sentence; the others hold a part of the key.
const SENTENCE_BITS: u32 = 24;
/// Sentences that an index can hold.
pub(crate) const SENTENCES_MAX: usize = 1 << SENTENCE_BITS;
/// Bits of the bitmap that stays inside L2: 256 KiB.
const BITMAP_NEAR_BITS: u64 = 1 << 21;

/// Keys of 32 bits with the sentences that contain them.
///
/// A key's upper bits choose a bucket, its lower 8 bits stand in the entry beside the sentence, so that one in
/// 256 foreign keys of a bucket is taken for another one's: whatever is found is looked at again.
#[derive(Debug, Clone)]
pub(crate) struct Postings {
    bitmap: Vec<u64>,
    bitmap_shift: u32,
    directory: Vec<u32>,
    directory_shift: u32,
    entries: Vec<u32>,
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
        let bits = (kept.len() as u32 / 6).max(2).ilog2().clamp(1, 26);
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
        let entries = kept.iter().map(|(key, sentence)| key << SENTENCE_BITS | sentence).collect();
        Postings { bitmap, bitmap_shift, directory, directory_shift, entries }
    }

    /// Whether a key may be there.
    #[inline]
    pub fn may_have(&self, key: u32) -> bool {
        let bit = scatter(key) >> self.bitmap_shift;
        self.bitmap[bit as usize / 64] >> (bit % 64) & 1 == 1
    }

    /// The sentences in which a key stands.
    #[inline]
    pub fn of(&self, key: u32) -> impl Iterator<Item = u32> + '_ {
        let slot = (key >> self.directory_shift) as usize;
        let bucket = &self.entries[self.directory[slot] as usize..self.directory[slot + 1] as usize];
        let tag = key << SENTENCE_BITS >> SENTENCE_BITS;
        let is_own = move |entry: &&u32| **entry >> SENTENCE_BITS == tag;
        bucket.iter().filter(is_own).map(|entry| entry & (SENTENCES_MAX as u32 - 1))
    }

    /// Bytes that the lists take, and the bitmap.
    pub fn bytes(&self) -> (usize, usize) {
        (self.entries.len() * 4 + self.directory.len() * 4, self.bitmap.len() * 8)
    }
}

/// The bitmap goes by other bits than the buckets, or a full bucket would be a full stretch of the bitmap.
fn scatter(key: u32) -> u32 {
    key.wrapping_mul(0x9e37_79b1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::mix;

    #[test]
    fn keys_are_found_where_they_stand_and_frequent_ones_are_left_out() {
        let key = |i: u64| (mix(i) >> 32) as u32;
        let mut all: Vec<Entry> = (0..20_000).map(|i| (key(i), i as u32 / 3)).collect();
        all.extend((0..100).map(|sentence| (key(1 << 40), sentence)));
        let postings = Postings::new(all, 64);
        for i in 0..20_000 {
            assert!(postings.may_have(key(i)) && postings.of(key(i)).any(|s| s == i as u32 / 3), "{i}");
        }
        assert_eq!(postings.of(key(1 << 40)).filter(|s| *s < 100).count(), 0);
        let taken = (1 << 41..(1 << 41) + 10_000).filter(|&i| postings.may_have(key(i))).count();
        assert!(taken < 2_500, "{taken}");
    }

    #[test]
    fn nothing_is_found_in_nothing() {
        let postings = Postings::new(vec![], 64);
        assert!(!postings.may_have(7));
        assert_eq!(postings.of(7).count(), 0);
    }
}
