//! Parts of a text, and parts in another order.

use crate::{Random, foreign_paragraph, paragraphs, sentences};

/// The middle third of the text by bytes, cut where words end. `strength` and `seed` are not used.
pub fn middle_third(text: &str, _seed: u64, _strength: f64) -> String {
    let cut = |near: usize| {
        let near = text.floor_char_boundary(near);
        text[near..].find(char::is_whitespace).map_or(text.len(), |more| near + more)
    };
    text[cut(text.len() / 3)..cut(2 * text.len() / 3)].trim().to_string()
}

/// `strength` consecutive sentences from a random place.
pub fn some_sentences(text: &str, seed: u64, strength: f64) -> String {
    let all = sentences(text);
    let wanted = (strength as usize).clamp(1, all.len().max(1));
    let first = Random::new(seed).below(all.len() + 1 - wanted.min(all.len()));
    match (all.get(first), all.get(first + wanted - 1)) {
        (Some(first), Some(last)) => text[first.start..last.end].to_string(),
        _ => String::new(),
    }
}

/// The text with some of its paragraphs lost. `strength`: the chance of each; one always stays.
pub fn drop_paragraphs(text: &str, seed: u64, strength: f64) -> String {
    let mut random = Random::new(seed);
    let all = paragraphs(text);
    let spared = random.below(all.len());
    let kept = all.iter().enumerate().filter(|(i, _)| !random.chance(strength) || *i == spared);
    kept.map(|(_, paragraph)| *paragraph).collect::<Vec<_>>().join("\n\n")
}

/// The text with foreign paragraphs in it. `strength`: the chance of one after each paragraph.
pub fn add_paragraphs(text: &str, seed: u64, strength: f64) -> String {
    let mut random = Random::new(seed);
    let mut out = Vec::new();
    for paragraph in paragraphs(text) {
        out.push(paragraph.to_string());
        if random.chance(strength) {
            let length = 2 + random.below(4);
            out.push(foreign_paragraph(&mut random, length));
        }
    }
    out.join("\n\n")
}

/// The paragraphs in another order. `strength`: the share of them that moves.
pub fn reorder_paragraphs(text: &str, seed: u64, strength: f64) -> String {
    let mut random = Random::new(seed);
    let mut all = paragraphs(text);
    let moving: Vec<usize> = (0..all.len()).filter(|_| random.chance(strength)).collect();
    let mut to = moving.clone();
    random.shuffle(&mut to);
    let old = all.clone();
    moving.iter().zip(&to).for_each(|(from, to)| all[*to] = old[*from]);
    all.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_is_a_third_of_whole_words() {
        let text = crate::document::prose(1, 600, 0.0);
        let third = middle_third(&text, 0, 0.0);
        assert!((third.len() as f64 / text.len() as f64 - 1.0 / 3.0).abs() < 0.02);
        assert!(text.contains(&format!(" {third}")) || text.contains(&format!("\n{third}")));
        assert_eq!(middle_third("", 0, 0.0), "");
        assert!(middle_third("ééééé", 0, 0.0).len() <= 10);
    }

    #[test]
    fn as_many_sentences_as_asked() {
        let text = crate::document::prose(1, 600, 0.0);
        for wanted in [1, 2, 8] {
            let taken = some_sentences(&text, 5, wanted as f64);
            assert_eq!(sentences(&taken).len(), wanted, "{taken}");
            assert!(text.contains(&taken));
        }
        assert_eq!(some_sentences("", 1, 3.0), "");
        assert_eq!(some_sentences("One only.", 1, 3.0), "One only.");
    }

    #[test]
    fn paragraphs_are_lost_added_and_moved() {
        let text = crate::document::prose(3, 3_000, 0.0);
        let all = paragraphs(&text);
        let fewer = drop_paragraphs(&text, 1, 0.33);
        let share = paragraphs(&fewer).len() as f64 / all.len() as f64;
        assert!((0.5..0.85).contains(&share), "{share}");
        assert!(paragraphs(&fewer).iter().all(|p| all.contains(p)));
        let more = add_paragraphs(&text, 1, 0.5);
        assert!(all.iter().all(|p| more.contains(p)) && paragraphs(&more).len() > all.len());
        let moved = reorder_paragraphs(&text, 1, 1.0);
        let mut sorted = (paragraphs(&moved), all.clone());
        assert_ne!(sorted.0, sorted.1);
        sorted.0.sort_unstable();
        sorted.1.sort_unstable();
        assert_eq!(sorted.0, sorted.1);
        assert_eq!(paragraphs(&drop_paragraphs(&text, 1, 1.0)).len(), 1);
    }
}
