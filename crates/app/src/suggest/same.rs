//! Whether a wording surely keeps what must not change. Rules see no meaning: what they cannot be sure of is refused, and what
//! passes still waits for a person.
//!
//! What must not change, numbers, names, small words that decide the meaning, must stand in the other wording as it stands in the
//! sentence, and in the same order: "Norland asked Sudland" has all words of "Sudland asked Norland".

use std::collections::BTreeMap;

use tellmark_core::text::is_unseen;
use tellmark_wording::language;

use super::words::{
    BEGINNINGS, BOUNDS, CONTRARIES_BEGIN, CONTRARY, MODALS, NEGATIONS, NUMBERS, NUMBERS_BEGIN, PERSONS,
    begins, has,
};

/// Letters by which two words are the same word with other endings.
const STEM: usize = 5;

/// What a word holds fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Number,
    Name,
    Negation,
    Modal,
    Person,
    Bound,
    Contrary,
}

const KINDS: [(Kind, &str); 7] = [
    (Kind::Number, "it changes a number"),
    (Kind::Name, "it changes a name"),
    (Kind::Negation, "it changes a negation"),
    (Kind::Modal, "it changes what must, may or can be"),
    (Kind::Person, "it changes who or which it is"),
    (Kind::Bound, "it changes when, where or how much it is"),
    (Kind::Contrary, "it changes a word that has a contrary"),
];

/// A word that must stay.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    kind: Kind,
    word: String,
}

/// Whether a wording keeps what must not change.
///
/// # Errors
/// What it changes.
pub(super) fn keeps_meaning(original: &str, other: &str) -> Result<(), &'static str> {
    let means_something =
        |c: char| matches!(c, '{' | '}' | '|' | '\\' | '\n' | '\r' | '\t') || c.is_control();
    if other.contains(means_something) {
        return Err("it holds signs that mean something in a document");
    }
    if other.chars().any(|c| is_unseen(c) || c.is_whitespace() && c != ' ' && !original.contains(c)) {
        return Err("it holds a character that nobody sees");
    }
    if quotations(original) != quotations(other) {
        return Err("it changes a quotation");
    }
    let (own, new) = (Sentence::of(original), Sentence::of(other));
    if own.words.len() < 2 || new.words.len() < 2 {
        return Err("it is too short to be sure of");
    }
    if own.is_contrary_of(&new) || new.is_contrary_of(&own) {
        return Err("it changes a negation");
    }
    let (held, its) = (own.held(&new), new.held(&own));
    for (kind, why) in KINDS {
        let of =
            |all: &[Held]| -> Vec<Held> { all.iter().filter(|held| held.kind == kind).cloned().collect() };
        if of(&held) != of(&its) {
            return Err(why);
        }
    }
    if held != its {
        return Err("it puts numbers, names or words that decide the meaning in another order");
    }
    let end = |text: &str| text.chars().rev().find(|c| !c.is_whitespace()).filter(|c| !c.is_alphanumeric());
    if end(original) != end(other) {
        return Err("it ends otherwise");
    }
    if own.signs != new.signs {
        return Err("it changes signs other than commas");
    }
    if !language::is_one(original, other) {
        return Err("it is not surely in the sentence's language");
    }
    if new.words.len() * 3 < own.words.len() * 2 || new.words.len() * 2 > own.words.len() * 3 {
        return Err("it is much longer or shorter");
    }
    if own.shared(&new) * 3 < own.words.len().max(new.words.len()) * 2 {
        return Err("it has too few words of the sentence to be sure that it says the same");
    }
    Ok(())
}

/// How many words of a sentence another wording has, whatever their endings.
pub(super) fn shared_words(one: &str, other: &str) -> usize {
    Sentence::of(one).shared(&Sentence::of(other))
}

/// A sentence by its words and signs.
struct Sentence {
    /// The words: parts of compounds by themselves, short forms of English at full length, numbers in digits whole.
    words: Vec<String>,
    /// All else but white space, commas, hyphens and apostrophes.
    signs: String,
}

impl Sentence {
    fn of(text: &str) -> Sentence {
        let chars: Vec<char> =
            text.chars().map(|c| if matches!(c, '’' | 'ʼ' | '`' | '´') { '\'' } else { c }).collect();
        let at = |place: usize| chars.get(place).copied().unwrap_or(' ');
        let (mut words, mut signs, mut word) = (Vec::new(), String::new(), String::new());
        for place in 0..=chars.len() {
            let (before, c, after) = (place.checked_sub(1).map_or(' ', at), at(place), at(place + 1));
            let in_word = c.is_alphanumeric() || c == '\'' && before.is_alphabetic() && after.is_alphabetic();
            // 1,000.50 and 10:30 and 3-5 and -4 are one number each.
            let in_number =
                before.is_numeric() && after.is_numeric() && matches!(c, '.' | ',' | ':' | '/' | '-' | '–');
            let is_minus = matches!(c, '-' | '−' | '–') && before.is_whitespace() && after.is_numeric();
            if in_word || in_number || is_minus {
                word.push(c);
                continue;
            }
            if !word.is_empty() {
                add(&mut words, std::mem::take(&mut word));
            }
            if !(c.is_whitespace() || matches!(c, ',' | '-' | '\'')) {
                signs.push(c);
            }
        }
        Sentence { words, signs }
    }

    /// What must stay, in order. A word that begins either sentence and may be a name must stay too.
    fn held(&self, other: &Sentence) -> Vec<Held> {
        let head = |sentence: &Sentence| sentence.words.first().map(|word| word.to_lowercase());
        let maybe_names: Vec<String> =
            [head(self), head(other)].into_iter().flatten().filter(|word| !is_beginning(word)).collect();
        let hold = |(index, word): (usize, &String)| {
            let lower = word.to_lowercase();
            let capitals = word.chars().filter(|c| c.is_uppercase()).count();
            let begins_large = word.starts_with(char::is_uppercase);
            let is_i = lower == "i";
            let kind = match () {
                () if word.contains(char::is_numeric) => Kind::Number,
                // Of the first word only capitals further in tell.
                () if capitals > usize::from(begins_large) && !is_i => Kind::Name,
                () if index > 0 && begins_large && !is_i => Kind::Name,
                () if has(NUMBERS, &lower) => Kind::Number,
                () if has(NEGATIONS, &lower) => Kind::Negation,
                () if has(MODALS, &lower) => Kind::Modal,
                () if has(PERSONS, &lower) => Kind::Person,
                () if has(BOUNDS, &lower) || lower.starts_with('\'') => Kind::Bound,
                () if begins(NUMBERS_BEGIN, &lower) => Kind::Number,
                () if maybe_names.contains(&lower) => Kind::Name,
                () if begins(CONTRARIES_BEGIN, &lower) => Kind::Contrary,
                () => return None,
            };
            // The first word's capital is the sentence's: it is compared without, wherever it stands.
            let folded = index == 0 || maybe_names.contains(&lower);
            Some(Held { kind, word: if folded || kind != Kind::Name { lower } else { word.clone() } })
        };
        self.words.iter().enumerate().filter_map(hold).collect()
    }

    /// Whether a word that only this has is one of the other's with a beginning that turns it round.
    fn is_contrary_of(&self, other: &Sentence) -> bool {
        let lower = |sentence: &Sentence| -> Vec<String> {
            sentence.words.iter().map(|word| word.to_lowercase()).collect()
        };
        let (own, its) = (lower(self), lower(other));
        own.iter().filter(|word| !its.contains(word)).any(|word| {
            let rests = CONTRARY.split_whitespace().filter_map(|beginning| word.strip_prefix(beginning));
            let mut rests = rests.filter(|rest| rest.chars().count() >= 3);
            rests.any(|rest| its.iter().any(|word| stem(word) == stem(rest))) || word.ends_with("less")
        })
    }

    /// How many words both have, whatever their endings, each counted once.
    fn shared(&self, other: &Sentence) -> usize {
        let mut theirs: BTreeMap<String, usize> = BTreeMap::new();
        other.words.iter().for_each(|word| *theirs.entry(stem(&word.to_lowercase())).or_default() += 1);
        let mut take = |word: &String| match theirs.get_mut(&stem(&word.to_lowercase())) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        };
        self.words.iter().filter(|word| take(word)).count()
    }
}

fn stem(word: &str) -> String {
    word.chars().take(STEM).collect()
}

/// Adds a word, and a short form of English at its full length.
fn add(words: &mut Vec<String>, word: String) {
    let lower = word.to_lowercase();
    let full: &[&str] = match lower.as_str() {
        "cannot" | "can't" => &["can", "not"],
        "won't" => &["will", "not"],
        "shan't" => &["shall", "not"],
        _ => &[],
    };
    if !full.is_empty() {
        words.extend(full.iter().map(|part| (*part).to_owned()));
        return;
    }
    for (ending, whole) in [
        ("n't", "not"),
        ("'re", "are"),
        ("'ve", "have"),
        ("'ll", "will"),
        ("'m", "am"),
        ("'d", "'d"),
        ("'s", "'s"),
    ] {
        // The letters of these endings have one byte in either case.
        if lower.is_ascii() && lower.len() > ending.len() && lower.ends_with(ending) {
            words.extend([word[..word.len() - ending.len()].to_owned(), whole.to_owned()]);
            return;
        }
    }
    words.push(word);
}

/// Whether a word begins sentences and is no name.
fn is_beginning(lower: &str) -> bool {
    [BEGINNINGS, NUMBERS, NEGATIONS, MODALS, PERSONS, BOUNDS].iter().any(|list| has(list, lower))
}

fn quotations(text: &str) -> Vec<&str> {
    text.split(['"', '“', '”', '„', '«', '»', '‘', '‹', '›']).skip(1).step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: Result<(), &str> = Err("it changes a number");
    const NAME: Result<(), &str> = Err("it changes a name");
    const NEGATION: Result<(), &str> = Err("it changes a negation");
    const MODAL: Result<(), &str> = Err("it changes what must, may or can be");
    const PERSON: Result<(), &str> = Err("it changes who or which it is");
    const BOUND: Result<(), &str> = Err("it changes when, where or how much it is");
    const ORDER: Result<(), &str> =
        Err("it puts numbers, names or words that decide the meaning in another order");
    const UNSEEN: Result<(), &str> = Err("it holds a character that nobody sees");
    const SIGNS: Result<(), &str> = Err("it changes signs other than commas");
    const LANGUAGE: Result<(), &str> = Err("it is not surely in the sentence's language");

    fn check(own: &str, cases: &[(&str, Result<(), &'static str>)]) {
        for (other, expected) in cases {
            assert_eq!(keeps_meaning(own, other), *expected, "{own} → {other}");
        }
    }

    #[test]
    fn numbers_stay_in_words_and_in_order() {
        check(
            "The envoys counted thirty-one boats and seventeen carts near the old harbour in Norland.",
            &[
                (
                    "The envoys tallied thirty-one boats and seventeen carts near the old harbour in Norland.",
                    Ok(()),
                ),
                (
                    "The envoys counted thirty-two boats and seventeen carts near the old harbour in Norland.",
                    NUMBER,
                ),
                (
                    "The envoys counted thirty-one boats and eighteen carts near the old harbour in Norland.",
                    NUMBER,
                ),
                (
                    "The envoys counted seventeen boats and thirty-one carts near the old harbour in Norland.",
                    NUMBER,
                ),
                ("The envoys counted thirty-one boats and carts near the old harbour in Norland.", NUMBER),
                ("The envoys counted 31 boats and seventeen carts near the old harbour in Norland.", NUMBER),
            ],
        );
        check(
            "The state paid 1,000.50 crowns at 10:30 and 20 crowns in the evening to the guard.",
            &[
                (
                    "The state disbursed 1,000.50 crowns at 10:30 and 20 crowns in the evening to the guard.",
                    Ok(()),
                ),
                (
                    "The state paid 1,000.50 crowns at 10:20 and 30 crowns in the evening to the guard.",
                    NUMBER,
                ),
                (
                    "The state paid 20 crowns at 10:30 and 1,000.50 crowns in the evening to the guard.",
                    NUMBER,
                ),
                (
                    "The state paid -1,000.50 crowns at 10:30 and 20 crowns in the evening to the guard.",
                    NUMBER,
                ),
            ],
        );
        check(
            "У списку було п’ять човнів, і всі вони стояли в старому порту.",
            &[
                ("У списку було п'ять човнів, і всі вони чекали в старому порту.", Ok(())),
                ("У списку було пять човнів, і всі вони стояли в старому порту.", NUMBER),
                ("У списку було шість човнів, і всі вони стояли в старому порту.", NUMBER),
                ("У списку було п’ятнадцять човнів, і всі вони стояли в старому порту.", NUMBER),
            ],
        );
        check(
            "В понедельник двенадцать человек пришли в старый порт и ждали там парома.",
            &[
                ("В понедельник двенадцать человек явились в старый порт и ждали там парома.", Ok(())),
                ("В понедельник двадцать человек пришли в старый порт и ждали там парома.", NUMBER),
                ("Во вторник двенадцать человек пришли в старый порт и ждали там парома.", NUMBER),
            ],
        );
    }

    #[test]
    fn names_stay_where_they_are_and_the_first_word_may_be_one() {
        check(
            "Norland asked Sudland to open the old bridge to all carts of the farmers.",
            &[
                ("Norland requested Sudland to open the old bridge to all carts of the farmers.", Ok(())),
                (
                    "Norland asked Sudland to open the new bridge to all carts of the farmers.",
                    Err("it changes a word that has a contrary"),
                ),
                (
                    "Norland asked Sudland to close the old bridge to all carts of the farmers.",
                    Err("it changes a word that has a contrary"),
                ),
                ("Westland asked Sudland to open the old bridge to all carts of the farmers.", NAME),
                ("Sudland asked Norland to open the old bridge to all carts of the farmers.", NAME),
                ("The state asked Sudland to open the old bridge to all carts of the farmers.", NAME),
                ("Norland asked sudland to open the old bridge to all carts of the farmers.", NAME),
            ],
        );
        check(
            "Officials of the Union walked to the old bridge with the farmers.",
            &[
                ("The officials of the Union walked to the old bridge with the farmers.", Ok(())),
                ("Delegates of the Union walked to the old bridge with the farmers.", NAME),
            ],
        );
        check(
            "Норланд попросив сусідів відкрити старий міст для всіх возів, і вони чекали.",
            &[("Судланд попросив сусідів відкрити старий міст для всіх возів, і вони чекали.", NAME)],
        );
    }

    #[test]
    fn what_decides_the_meaning_stays() {
        let own = "The delegation from Norland did not agree that it must pay the guards before noon.";
        check(
            own,
            &[
                ("The delegation from Norland didn't agree that it must pay the guards before noon.", Ok(())),
                ("The delegation from Norland agreed that it must not pay the guards before noon.", BOUND),
                ("The delegation from Norland did agree that it must not pay the guards before noon.", ORDER),
                ("The delegation from Norland disagreed that it must pay the guards before noon.", NEGATION),
                (
                    "The delegation from Norland did not disagree that it must pay the guards before noon.",
                    NEGATION,
                ),
                (
                    "The delegation from Norland did not agree that it should pay the guards before noon.",
                    MODAL,
                ),
                (
                    "The delegation from Norland did not agree that they must pay the guards before noon.",
                    PERSON,
                ),
                ("The delegation from Norland did not agree that it must pay the guards after noon.", BOUND),
                (
                    "The delegation from Norland did not agree that it must pay the guards before noon?",
                    Err("it ends otherwise"),
                ),
                (
                    "The delegation from Norland did not agree that it must pay the guards (before noon).",
                    SIGNS,
                ),
                (
                    "The delegation from Norland did not agree that it must {pay|give} the guards before noon.",
                    Err("it holds signs that mean something in a document"),
                ),
            ],
        );
        check(
            "She said “we saw the old bridge” and left.",
            &[
                ("She said “we met at the old bridge” and left.", Err("it changes a quotation")),
                ("She said we saw the old bridge and left.", Err("it changes a quotation")),
            ],
        );
        check(
            "They sang of the sweet smell of the flowers.",
            &[("They sang of it.", PERSON), ("They sang.", Err("it is much longer or shorter"))],
        );
    }

    #[test]
    fn no_unseen_character_and_no_other_language_passes() {
        let own = "The farmers walked to the old bridge with the guards of the town.";
        for unseen in [
            '\u{202e}',
            '\u{2066}',
            '\u{200b}',
            '\u{ad}',
            '\u{2028}',
            '\u{feff}',
            '\u{61c}',
            '\u{e0041}',
            '\u{a0}',
        ] {
            let other = own.replace("old", &format!("{unseen}ancient"));
            assert_eq!(keeps_meaning(own, &other), UNSEEN, "{unseen:?}");
        }
        check(
            own,
            &[
                ("The farmers walked to the old bridge with the guаrds of the town.", LANGUAGE),
                ("The farmers märched to the old bridge with the guards of the town.", LANGUAGE),
                ("A storm came down on the hills with the rain of the year.", BOUND),
                (
                    "The farmers strolled past the old bridge beside sentinels in a village.",
                    Err("it has too few words of the sentence to be sure that it says the same"),
                ),
                (
                    "A storm broke on the green hills with the rain of the season.",
                    Err("it changes a word that has a contrary"),
                ),
            ],
        );
        check(
            "Они пришли в старый город и там ждали парома на тот берег.",
            &[
                ("Они пришли в старый город і там ждали парома на тот берег.", LANGUAGE),
                ("Они явились в старый город и там ждали парома на тот берег.", Ok(())),
            ],
        );
        check(
            "Les deux parties ont parlé de la vieille route au bord du lac.",
            &[("Les deux parties ont parlé de la vieille route au bord du grand lac.", LANGUAGE)],
        );
    }
}
