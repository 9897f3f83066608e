//! Where keys stand: a bitmap in front, and behind it lists of sentences.

use std::ops::Range;

/// A key and the sentence in which it stands.
pub(crate) type Entry = (u32, u32);

/// Sentences that an index can hold.
pub(crate) const SENTENCES_MAX: usize = 1 << 24;
/// Tags that are compared at once.
const TAGS_AT_ONCE: usize = 8;
/// Entries of a bucket, about.
const BUCKET: usize = 10;
/// Bits of the bitmap that stays inside L2: 256 KiB.
const BITMAP_NEAR_BITS: u64 = 1 << 21;

/// Keys of 32 bits with the sentences that contain them.
///
/// A key's upper bits choose a bucket, its lower 8 bits are its tag, so that one in 256 foreign keys of a bucket is taken
/// for another one's: whatever is found is looked at again. Tags stand together, for most buckets are looked at in vain; a
/// sentence has as many bits as the largest takes.
///
/// # Source
/// The bitmap sets two bits of one word for each key: Putze, Sanders, Singler: Cache-, hash- and space-efficient Bloom
/// filters, WEA 2007.
#[derive(Debug, Clone)]
pub(crate) struct Postings {
    bitmap: Vec<u64>,
    bitmap_shift: u32,
    directory: Vec<u32>,
    directory_shift: u32,
    tags: Vec<u8>,
    sentences: Vec<u8>,
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
        let wanted = (kept.len() as u64 * 2).next_power_of_two();
        // Two words at least: a shift by all 32 bits is none.
        let far = (kept.len() as u64 * 8).max(128).next_power_of_two();
        let bitmap_bits =
            if wanted <= BITMAP_NEAR_BITS { far.min(BITMAP_NEAR_BITS) } else { far }.min(1 << 31);
        let words = (bitmap_bits / 64) as usize;
        let bitmap_shift = 32 - words.ilog2();
        let mut bitmap = vec![0u64; words];
        for (key, _) in &kept {
            let (word, bits) = (scatter(*key) >> bitmap_shift, bits_of(*key));
            bitmap[word as usize] |= bits;
        }
        let last = kept.iter().map(|(_, sentence)| *sentence).max().unwrap_or(0);
        let sentence_bits = (u32::BITS - last.leading_zeros()).max(1);
        let sentences = packed(&kept, sentence_bits);
        let mut tags: Vec<u8> = kept.iter().map(|(key, _)| *key as u8).collect();
        tags.resize(tags.len() + TAGS_AT_ONCE, 0);
        Postings { bitmap, bitmap_shift, directory, directory_shift, tags, sentences, sentence_bits }
    }

    /// Whether a key may be there.
    #[inline]
    pub fn may_have(&self, key: u32) -> bool {
        let (word, bits) = (scatter(key) >> self.bitmap_shift, bits_of(key));
        self.bitmap[word as usize] & bits == bits
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

    /// Asks for the memory in which a bucket's tags lie: whoever looks at several buckets waits once.
    #[inline]
    pub fn touch(&self, bucket: &Range<u32>) -> u8 {
        self.tags[bucket.start as usize]
    }

    /// Gives the places of its bucket at which a key stands.
    #[inline]
    pub fn each(&self, bucket: Range<u32>, key: u32, mut give: impl FnMut(usize)) {
        let (mut at, end) = (bucket.start as usize, bucket.end as usize);
        while at < end {
            let Some(tags) = self.tags.get(at..).and_then(<[u8]>::first_chunk) else { return };
            let mut equal = equal_bytes(u64::from_le_bytes(*tags), key as u8);
            if end - at < TAGS_AT_ONCE {
                equal &= (1 << (8 * (end - at))) - 1;
            }
            while equal != 0 {
                give(at + equal.trailing_zeros() as usize / 8);
                equal &= equal - 1;
            }
            at += TAGS_AT_ONCE;
        }
    }

    /// The sentence at a place.
    #[inline]
    pub fn sentence(&self, at: usize) -> u32 {
        let bit = at * self.sentence_bits as usize;
        let bytes = self.sentences.get(bit / 8..).and_then(<[u8]>::first_chunk);
        let bits = bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes)) >> (bit % 8);
        (bits & ((1u64 << self.sentence_bits) - 1)) as u32
    }

    /// Bytes that the lists take, and the bitmap.
    pub fn bytes(&self) -> (usize, usize) {
        let lists = self.tags.len() + self.sentences.len() + self.directory.len() * 4;
        (lists, self.bitmap.len() * 8)
    }
}

/// The upper bit of each byte of eight that is this one.
#[inline]
fn equal_bytes(eight: u64, byte: u8) -> u64 {
    const LOWER: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let differ = eight ^ (u64::from(byte) * 0x0101_0101_0101_0101);
    !(((differ & LOWER) + LOWER) | differ | LOWER)
}

/// Sentences one behind the other, and some bytes behind the last.
fn packed(kept: &[Entry], sentence_bits: u32) -> Vec<u8> {
    let bits = sentence_bits as usize;
    let mut sentences = vec![0u8; (kept.len() * bits).div_ceil(8) + 8];
    for (at, (_, sentence)) in kept.iter().enumerate() {
        let bit = at * bits;
        let parts = (u64::from(*sentence) << (bit % 8)).to_le_bytes();
        sentences[bit / 8..].iter_mut().zip(parts).for_each(|(byte, part)| *byte |= part);
    }
    sentences
}

/// Two bits of a word, by other bits of the key than choose it.
#[inline]
fn bits_of(key: u32) -> u64 {
    let bits = key.wrapping_mul(0x85eb_ca6b) >> 20;
    1 << (bits % 64) | 1 << (bits / 64)
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
        let mut found = Vec::new();
        postings.each(postings.bucket(key), key, |place| found.push(postings.sentence(place)));
        found
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
        assert!(taken < 1_000, "{taken}");
    }

    #[test]
    fn equal_bytes_are_found_among_eight() {
        let eight = u64::from_le_bytes([0, 1, 0x80, 0xff, 0, 0x7f, 1, 0x81]);
        let places = |byte| -> Vec<u32> {
            (0..8).filter(|place| equal_bytes(eight, byte) >> (8 * place) & 0xff == 0x80).collect()
        };
        assert_eq!([places(0), places(1), places(0x80)], [vec![0, 4], vec![1, 6], vec![2]]);
        assert_eq!([places(0x81), places(0xff), places(2)], [vec![7], vec![3], vec![]]);
    }

    #[test]
    fn nothing_is_found_in_nothing() {
        let postings = Postings::new(vec![], 64);
        assert!(!postings.may_have(7));
        assert_eq!(of(&postings, 7).len(), 0);
    }
}
