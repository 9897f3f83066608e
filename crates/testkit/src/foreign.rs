//! Text that is nobody's: what stands around a quotation.

use crate::Random;

const OPENINGS: &[&str] = &[
    "At the landing stage",
    "In the tea room of the ministry",
    "On the morning tram",
    "Behind the customs house",
    "In the reading room",
    "Along the north wall",
    "Under the arcade",
    "Between two trains",
];
const SUBJECTS: &[&str] = &[
    "an old porter",
    "the woman who sells umbrellas",
    "a student of law",
    "one of the clerks",
    "the tax collector's nephew",
    "a retired gauge reader",
    "the man from the brewery",
];
const VERBS: &[&str] = &[
    "claimed to know better",
    "shook his newspaper and laughed",
    "counted the carriages twice",
    "would not give a name",
    "talked about eels, and then about taxes",
    "had heard another story altogether",
    "wondered aloud what it all costs",
    "pointed at the sky",
];
const TAILS: &[&str] = &[
    "Nobody contradicted.",
    "That was on Monday; by Wednesday it had been forgotten.",
    "A ministry spokesman could not be reached.",
    "The bells rang, and the conversation turned to football.",
    "Our readers will form an opinion of their own.",
    "The weather did the rest.",
    "So much for the official version.",
    "It rained until the evening.",
];

/// A paragraph of a newspaper's own, of about `sentences` sentences, that quotes nothing.
///
/// Its words come from a small fixed stock that shares no long phrase with [`crate::document`].
pub fn foreign_paragraph(random: &mut Random, sentences: usize) -> String {
    let mut parts = Vec::with_capacity(sentences);
    for i in 0..sentences.max(1) {
        if i % 2 == 0 {
            let (opening, subject) = (random.pick(OPENINGS), random.pick(SUBJECTS));
            parts.push(format!("{opening} {subject} {}.", random.pick(VERBS)));
        } else {
            parts.push(random.pick(TAILS).to_string());
        }
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_as_many_sentences_as_asked() {
        let text = foreign_paragraph(&mut Random::new(2), 5);
        assert_eq!(crate::sentences(&text).len(), 5, "{text}");
        assert_eq!(text, foreign_paragraph(&mut Random::new(2), 5));
    }
}
