//! What the orthography asks about the sounds around a little word.

use crate::rules::view::View;

/// Little words whose form depends on how the next word begins.
pub const BOUND_AHEAD: &[&str] = &["у", "в", "і", "й", "з", "із", "зі"];
/// Little words whose form depends on how the word before ends.
pub const BOUND_BEHIND: &[&str] = &["в", "й", "з", "б", "ж"];

/// Whether a letter is a vowel.
pub fn is_vowel(letter: char) -> bool {
    "аеєиіїоуюя".contains(lower(letter))
}

fn lower(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

/// How the word before a place ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// With a vowel, and nothing but a space lies between.
    Vowel,
    /// With a consonant; here with the letter, a soft sign passed over.
    Consonant(char),
    /// A stop, a bracket or the beginning: the voice pauses.
    Pause,
    /// A digit or a word in other letters: who knows how it is said.
    Unknown,
}

/// How the text before a word ends.
pub fn before(view: &View<'_>, index: usize) -> Before {
    let Some(last) = index.checked_sub(1) else { return Before::Pause };
    if !view.is_joined(last) {
        return if view.gap(last).chars().any(|c| ",;:.!?()—–".contains(c)) {
            Before::Pause
        } else {
            Before::Unknown
        };
    }
    let shown = view.shown(last);
    // An abbreviation is said by its letters or in full.
    if shown.chars().filter(|c| c.is_uppercase()).count() > 1 || shown.contains('.') {
        return Before::Unknown;
    }
    match shown.chars().rev().find(|&c| c != 'ь') {
        Some(c) if is_vowel(c) => Before::Vowel,
        Some(c) if is_letter(c) => Before::Consonant(lower(c)),
        _ => Before::Unknown,
    }
}

/// How a word begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With a vowel that is nothing else.
    Vowel,
    /// With one of the letters that begin with the sound of й, or with й.
    Iotated,
    /// With one consonant, the letter here, and a vowel.
    Consonant(char),
    /// With two consonants or more, the first two here.
    Cluster(char, char),
    /// Otherwise: a digit, other letters, an abbreviation.
    Unknown,
}

/// How the word at an index begins, where nothing but a space lies before it.
pub fn start(view: &View<'_>, index: usize) -> Start {
    if index == 0 || !view.is_joined(index - 1) {
        return Start::Unknown;
    }
    of_word(view.shown(index))
}

/// How a word begins.
pub fn of_word(shown: &str) -> Start {
    if shown.chars().filter(|c| c.is_uppercase()).count() > 1 || shown.contains('.') {
        return Start::Unknown;
    }
    let mut letters = shown.chars().map(lower).filter(|&c| c != 'ь' && c != '\'' && c != '’');
    match (letters.next(), letters.next()) {
        (Some('є' | 'ї' | 'ю' | 'я' | 'й'), Some(_)) => Start::Iotated,
        (Some(a), Some(_)) if is_vowel(a) => Start::Vowel,
        (Some(a), Some(b)) if is_letter(a) && is_vowel(b) => Start::Consonant(a),
        (Some(a), Some(b)) if is_letter(a) && is_letter(b) => Start::Cluster(a, b),
        _ => Start::Unknown,
    }
}

fn is_letter(c: char) -> bool {
    "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя".contains(lower(c))
}

/// Letters that hiss.
pub fn is_sibilant(c: char) -> bool {
    "зсцжчшщ".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_word_is_told() {
        let check = |word: &str, expected: Start| assert_eq!(of_word(word), expected, "{word}");
        check("Одеса", Start::Vowel);
        check("який", Start::Iotated);
        check("Київ", Start::Consonant('к'));
        check("світ", Start::Cluster('с', 'в'));
        check("п’ять", Start::Consonant('п'));
        check("ЄС", Start::Unknown);
        check("2019", Start::Unknown);
        check("Debian", Start::Unknown);
    }
}
