//! Two copies made into one text.

use crate::{Random, paragraphs, sentences};

/// Sentences of two copies of one document in turn.
///
/// `strength`: the share of sentences that come from `other`. Where the two do not have the same number of
/// paragraphs, or a paragraph not the same number of sentences, whole paragraphs or texts are taken.
pub fn interleave(text: &str, other: &str, seed: u64, strength: f64) -> String {
    let mut random = Random::new(seed);
    let (mine, theirs) = (paragraphs(text), paragraphs(other));
    if mine.len() != theirs.len() {
        return if random.chance(strength) { other } else { text }.to_string();
    }
    let mixed = mine.iter().zip(&theirs).map(|(a, b)| mix_paragraph(a, b, strength, &mut random));
    mixed.collect::<Vec<_>>().join("\n\n")
}

fn mix_paragraph(a: &str, b: &str, share: f64, random: &mut Random) -> String {
    let (mine, theirs) = (sentences(a), sentences(b));
    if mine.len() != theirs.len() {
        return if random.chance(share) { b } else { a }.to_string();
    }
    let pick = |(x, y): (&std::ops::Range<usize>, &std::ops::Range<usize>)| {
        if random.chance(share) { &b[y.clone()] } else { &a[x.clone()] }
    };
    mine.iter().zip(&theirs).map(pick).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_copies_show() {
        let one = "Alpha said so. They met there. It rained.\n\nThe pumps ran.\n".repeat(50);
        let other = one.replace("said", "stated").replace("rained", "poured").replace("ran", "worked");
        let mixed = interleave(&one, &other, 7, 0.3);
        let foreign = ["stated", "poured", "worked"].iter().map(|w| mixed.matches(w).count()).sum::<usize>();
        let share = foreign as f64 / 150.0;
        assert!((0.2..0.4).contains(&share), "{share}");
        assert_eq!(interleave(&one, "x", 7, 0.0), one);
    }
}
