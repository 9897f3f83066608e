//! Which language a paragraph is in. The rules of a language are used in its own paragraphs only, and where the
//! language is not sure, none are.
//!
//! A language is known by its letters and by the small words of which all its prose is full. A paragraph that is
//! too short to tell takes the language of the document, where its letters allow that.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::clean::CleanBlock;
use crate::english::ENGLISH;
use crate::habits::Habits;
use crate::rules::Rule;
use crate::rules::engine::Index;
use crate::rules::view::{Found, View};
use crate::russian::RUSSIAN;
use crate::ukrainian::UKRAINIAN;

/// A language: how it is known, and where its prose may differ from copy to copy.
pub struct Language {
    /// Its code in ISO 639-1.
    pub code: &'static str,
    /// Its name in English.
    pub name: &'static str,
    /// Its letters in lower case. A language of another script needs none of these.
    pub(crate) alphabet: &'static str,
    /// Letters of which its prose is full and that of its neighbours in the same script is not; none where it has none.
    pub(crate) telling: &'static str,
    /// Words of which every text of it is full, and few others are.
    pub(crate) function_words: &'static [&'static str],
    /// Of a hundred words so many must be among them.
    pub(crate) percent_min: usize,
    /// Its tables of rules.
    pub(crate) rules: &'static [&'static [Rule]],
    /// Its habits: what is one choice for a whole document. The flag keeps spoken words.
    pub(crate) habits: fn(&[&View<'_>], bool) -> Habits,
    /// The apostrophe with which a document contracts, if it does: then it is informal.
    pub(crate) apostrophe: fn(&[&View<'_>]) -> Option<char>,
    /// What must hold at a site of any rule: the words beside it keep fitting all variants.
    pub(crate) fits: fn(&View<'_>, usize, &Found) -> bool,
}

/// All languages that there are rules for.
pub fn all() -> impl DoubleEndedIterator<Item = &'static Language> {
    KNOWN.iter().map(|known| known.language)
}

/// A language with what is made of its tables once.
pub(crate) struct Known {
    pub language: &'static Language,
    pub index: Index,
    letters: Letters,
    telling: Letters,
    words: HashSet<&'static str>,
    is_latin: bool,
}

static KNOWN: LazyLock<Vec<Known>> =
    LazyLock::new(|| [&ENGLISH, &UKRAINIAN, &RUSSIAN].into_iter().map(Known::new).collect());

/// All languages, made ready.
pub(crate) fn known() -> &'static [Known] {
    &KNOWN
}

/// Some letters of one script, by their places from its first one.
#[derive(Debug, Clone, Copy, Default)]
struct Letters(u128);

impl Letters {
    fn of(letters: &str) -> Letters {
        Letters(letters.chars().map(Letters::bit).fold(0, |all, bit| all | bit))
    }

    /// The letter's bit; none for a letter beyond 128 places.
    fn bit(letter: char) -> u128 {
        const CYRILLIC: u32 = 0x400;
        let code = u32::from(letter);
        1_u128.checked_shl(if code < CYRILLIC { code } else { code - CYRILLIC }).unwrap_or(0)
    }

    fn contains(self, letter: char) -> bool {
        self.0 & Letters::bit(letter) != 0
    }
}

impl Known {
    fn new(language: &'static Language) -> Known {
        Known {
            language,
            index: Index::new(language.rules),
            letters: Letters::of(language.alphabet),
            telling: Letters::of(language.telling),
            words: language.function_words.iter().copied().collect(),
            is_latin: language.alphabet.starts_with(is_latin),
        }
    }

    /// Counts a word in lower case, in the language's script.
    fn add(&self, word: &str, count: &mut Count) {
        count.script += 1;
        count.own += usize::from(!word.chars().any(|c| c.is_alphabetic() && !self.letters.contains(c)));
        count.known += usize::from(word.len() <= WORD_BYTES_MAX && self.words.contains(word));
        count.telling += usize::from(word.chars().any(|c| self.telling.contains(c)));
    }

    /// Whether the letters of a text allow this language.
    fn allows(&self, count: &Count) -> bool {
        count.script * 2 >= count.all && count.own * 10 >= count.script * 8
    }

    /// Whether one word in ten has a letter that tells the language, where it has such letters.
    fn is_told(&self, count: &Count) -> bool {
        self.language.telling.is_empty() || count.telling * 10 >= count.script.max(1)
    }

    /// Whether the small words of a text say that it is in this language.
    fn is_sure(&self, count: &Count) -> bool {
        count.script >= WORDS_MIN
            && count.known * 100 >= count.script * self.language.percent_min
            && self.is_told(count)
    }
}

/// Words that are looked at of one paragraph.
const WORDS_MAX: usize = 200;
/// Bytes of the longest small word.
const WORD_BYTES_MAX: usize = 16;
/// Texts with fewer words are too short to be sure of.
const WORDS_MIN: usize = 15;

/// Words of a text: all, those in a language's script, those of its letters alone, its small words, and those with
/// a letter that tells it from its neighbours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    all: usize,
    script: usize,
    own: usize,
    known: usize,
    telling: usize,
}

impl Count {
    fn add(&mut self, other: Count) {
        self.all += other.all;
        self.script += other.script;
        self.own += other.own;
        self.known += other.known;
        self.telling += other.telling;
    }
}

/// The language of each block, where it is sure.
pub(crate) fn of_blocks(text: &str, blocks: &[CleanBlock]) -> Vec<Option<&'static Language>> {
    let counts: Vec<Vec<Count>> = blocks.iter().map(|block| counts(&text[block.range.clone()])).collect();
    // By script: the language of the document as a whole, to which a short paragraph belongs.
    let main: [Option<&'static Known>; 2] = [true, false].map(|is_latin| {
        let mut sums = vec![Count::default(); KNOWN.len()];
        for counts in &counts {
            for (at, known) in KNOWN.iter().enumerate() {
                let of_script = known.is_latin == is_latin && counts[at].script * 2 >= counts[at].all;
                sums[at].add(if of_script { counts[at] } else { Count::default() });
            }
        }
        whole(&sums, is_latin)
    });
    counts.iter().map(|counts| part(counts, main).map(|known| known.language)).collect()
}

/// What the words of a text say about each language.
fn counts(text: &str) -> Vec<Count> {
    let mut counts = vec![Count::default(); KNOWN.len()];
    let mut lower = String::new();
    let letters = |word: &&str| word.chars().any(char::is_alphabetic);
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(letters).take(WORDS_MAX) {
        lower.clear();
        lower.extend(word.chars().flat_map(char::to_lowercase));
        let latin = word.contains(is_latin);
        for (known, count) in KNOWN.iter().zip(&mut counts) {
            count.all += 1;
            if known.is_latin == latin {
                known.add(&lower, count);
            }
        }
    }
    counts
}

/// Whether a sentence and another wording of it are surely in one language that there are rules for: every word that only the
/// other has is of the language's letters, and is no small word of another language.
///
/// ```
/// use tellmark_wording::language::is_one;
///
/// assert!(is_one("They met in the old town.", "They met in the ancient town."));
/// assert!(!is_one("Вони зустрілися в старому місті.", "Они встретились в старом городе."));
/// ```
pub fn is_one(sentence: &str, other: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let letters = |word: &&str| word.chars().any(char::is_alphabetic);
        text.split(|c: char| !c.is_alphanumeric()).filter(letters).map(str::to_lowercase).collect()
    };
    let (own, new) = (words(sentence), words(other));
    let counted = counts(sentence);
    let Some(known) = best(&counted, |known, count| count.known > 0 && known.is_told(count))
        .or_else(|| best(&counted, |known, count| count.known > 0 && known.allows(count)))
    else {
        return false;
    };
    new.iter().filter(|word| !own.contains(word)).all(|word| {
        let is_own = known.words.contains(word.as_str());
        let is_others = KNOWN.iter().any(|rival| rival.words.contains(word.as_str()));
        word.chars().all(|c| c.is_numeric() || is_latin(c) == known.is_latin && known.letters.contains(c))
            && (is_own || !is_others)
    })
}

fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic() || ('\u{c0}'..='\u{24f}').contains(&c)
}

/// The language of a whole document, by its paragraphs in one script.
fn whole(sums: &[Count], is_latin: bool) -> Option<&'static Known> {
    if let Some(sure) = best(sums, |known, count| known.is_sure(count)) {
        return Some(sure);
    }
    // In a text of a few words the letters must do.
    best(sums, |known, count| {
        known.is_latin == is_latin && (1..WORDS_MIN).contains(&count.script) && known.is_told(count)
    })
}

/// The language of one paragraph of a document.
fn part(counts: &[Count], main: [Option<&'static Known>; 2]) -> Option<&'static Known> {
    if let Some(sure) = best(counts, |known, count| known.is_sure(count)) {
        return Some(sure);
    }
    let main = main.into_iter().flatten().find(|main| {
        let at = KNOWN.iter().position(|known| known.language.code == main.language.code);
        at.and_then(|at| counts.get(at)).is_some_and(|count| {
            let foreign =
                count.script >= WORDS_MIN && count.known * 200 < count.script * main.language.percent_min;
            count.script > 0 && main.allows(count) && !foreign
        })
    })?;
    // Small words of another language in the same script speak against it.
    let known = |code: &str| {
        let at = KNOWN.iter().position(|known| known.language.code == code);
        at.and_then(|at| counts.get(at)).map_or(0, |count| count.known)
    };
    let own = known(main.language.code);
    let rival = |other: &&Known| other.is_latin == main.is_latin && known(other.language.code) > own;
    (!KNOWN.iter().any(|other| rival(&other))).then_some(main)
}

/// The language with the most small words among those that may be, unless two have the same.
fn best(counts: &[Count], may_be: impl Fn(&Known, &Count) -> bool) -> Option<&'static Known> {
    let rows =
        || KNOWN.iter().zip(counts).filter(|(known, count)| known.allows(count) && may_be(known, count));
    let (best, most) = rows().max_by_key(|(_, count)| count.known)?;
    (rows().filter(|(_, count)| count.known == most.known).count() == 1).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clean::Clean;
    use tellmark_core::Prose;

    fn check(text: &str, expected: &[Option<&str>]) {
        let prose = Prose::plain(text);
        let clean = Clean::new(&prose, &Default::default()).unwrap();
        let found = of_blocks(clean.text(), &clean.blocks);
        let codes: Vec<Option<&str>> =
            found.iter().map(|language| language.map(|language| language.code)).collect();
        assert_eq!(codes, expected, "{text}");
    }

    const ENGLISH: &str =
        "The two sides met in the capital in order to prepare the list that was to be sent to the chair.";

    #[test]
    fn english_is_told_from_others() {
        for text in [ENGLISH, "Everyone agreed."] {
            check(text, &[Some("en")]);
        }
        for text in [
            "Die beiden Seiten trafen sich in der Hauptstadt, um die Liste zu besprechen, die sie an den Vorsitz senden wollten.",
            "Les deux parties se sont réunies dans la capitale pour préparer la liste, et elles ont décidé de la transmettre.",
        ] {
            check(text, &[None]);
        }
    }

    const UKRAINIAN: &str = "Сторони зустрілися в столиці, щоб підготувати список, який мали передати голові того ж дня, і він чекав.";
    const RUSSIAN: &str = "Стороны встретились в столице, чтобы подготовить список, который должен был быть передан председателю в тот же день.";

    #[test]
    fn each_paragraph_has_its_language() {
        check(&format!("{UKRAINIAN}\n\n{ENGLISH}\n\n{RUSSIAN}"), &[Some("uk"), Some("en"), Some("ru")]);
        check("Сторони зустрілися, і голова це знав.", &[Some("uk")]);
    }

    #[test]
    fn languages_that_look_alike_are_not_taken() {
        for text in [
            "Страните се срещнаха в столицата, за да подготвят списъка, който трябваше да бъде предаден на председателя.",
            "Стране су се састале у престоници да припреме списак који је требало предати председнику истог дана.",
            "Бакі сустрэліся ў сталіцы, каб падрыхтаваць спіс, які трэба было перадаць старшыні ў той жа дзень.",
        ] {
            check(text, &[None]);
        }
    }

    #[test]
    fn a_short_paragraph_takes_the_document_s_language() {
        check(&format!("{ENGLISH}\n\nAnnex: lists"), &[Some("en"), Some("en")]);
    }
}
