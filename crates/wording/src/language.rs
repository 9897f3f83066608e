//! Whether a text is in English: the rules know no other language.

/// Words of which every English text is full, and few others are.
const FUNCTION_WORDS: &[&str] = &[
    "the", "of", "and", "to", "in", "that", "is", "was", "for", "it", "with", "as", "on", "by", "be", "are",
    "were", "at", "this", "had", "not", "they", "he", "she", "we", "an", "or", "from", "which", "their",
];
/// How many of a text's words are looked at.
const WORDS_MAX: usize = 20_000;
/// Texts with fewer words are judged by their letters.
const WORDS_MIN: usize = 15;
/// Of a hundred words so many must be among them; English prose has about 35, German, French and Latin below 8.
const PERCENT_MIN: usize = 15;

/// Whether a text is in English, or too short to tell and in Latin letters.
pub(crate) fn is_english(text: &str) -> bool {
    let (mut words, mut known, mut plain) = (0, 0, 0);
    let letters = |word: &&str| word.chars().any(char::is_alphabetic);
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(letters).take(WORDS_MAX) {
        words += 1;
        plain += usize::from(word.is_ascii());
        known += usize::from(FUNCTION_WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)));
    }
    if words < WORDS_MIN { plain * 2 >= words } else { known * 100 >= words * PERCENT_MIN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_is_told_from_others() {
        for text in [
            "The two sides met in the capital in order to prepare the list that was to be sent to the chair.",
            "Everyone agreed.",
            "",
        ] {
            assert!(is_english(text), "{text}");
        }
        for text in [
            "Die beiden Seiten trafen sich in der Hauptstadt, um die Liste zu besprechen, die sie an den Vorsitz senden wollten.",
            "Les deux parties se sont réunies dans la capitale pour préparer la liste, et elles ont décidé de la transmettre.",
            "Сторони зустрілися",
            "Стороны встретились в столице, чтобы подготовить список, который должен был быть передан председателю в тот же день.",
        ] {
            assert!(!is_english(text), "{text}");
        }
    }
}
