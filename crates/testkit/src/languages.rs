//! Records in other languages than English, written for the tests, and what editors of these languages do.

/// A record of talks in Ukrainian.
pub const UKRAINIAN: &str = include_str!("../samples/uk.txt");

/// A record of talks in Russian, with the letter ё throughout.
pub const RUSSIAN: &str = include_str!("../samples/ru.txt");

/// What an editor of Russian does who writes no ё, one dash for all, and the shorter word.
///
/// ```
/// let edited = tellmark_testkit::languages::plain_russian("Она пришла, для того чтобы взять её лишь раз.");
/// assert_eq!(edited, "Она пришла, чтобы взять ее только раз.");
/// ```
pub fn plain_russian(text: &str) -> String {
    let words = [
        ("ё", "е"),
        ("Ё", "Е"),
        (" – ", " — "),
        ("для того чтобы", "чтобы"),
        (" лишь ", " только "),
        (" надо ", " нужно "),
        ("при помощи", "с помощью"),
        ("вновь", "снова"),
        ("поскольку", "так как"),
        (" либо ", " или "),
        ("помимо этого", "кроме того"),
        ("Помимо этого", "Кроме того"),
        ("разные", "различные"),
    ];
    words.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// What a careful editor of Ukrainian does: chooses у and в, з and із, і and й by the sounds around, and writes out
/// the reflexive ending. No choice of the copy's is left at these places.
///
/// ```
/// let edited = tellmark_testkit::languages::euphony("Вона жила у місті і працювала із друзями, зібрались всі.");
/// assert_eq!(edited, "Вона жила в місті й працювала з друзями, зібралися всі.");
/// ```
pub fn euphony(text: &str) -> String {
    let words: Vec<&str> = text.split_inclusive(char::is_whitespace).collect();
    let mut edited = String::with_capacity(text.len());
    for (index, word) in words.iter().enumerate() {
        let bare = word.trim_end();
        let before = edited.trim_end().chars().next_back();
        let next = words.get(index + 1).and_then(|next| next.chars().next());
        edited.push_str(&chosen(bare, before.is_some_and(is_vowel), next.is_some_and(is_vowel)));
        edited.push_str(&word[bare.len()..]);
    }
    edited
}

fn chosen(word: &str, behind_vowel: bool, before_vowel: bool) -> String {
    match word {
        "у" | "в" => if behind_vowel || before_vowel { "в" } else { "у" }.into(),
        "і" | "й" => if behind_vowel { "й" } else { "і" }.into(),
        "з" | "із" => if behind_vowel || before_vowel { "з" } else { "із" }.into(),
        "уже" | "вже" => if behind_vowel { "вже" } else { "уже" }.into(),
        _ => {
            let bare = word.trim_end_matches(|c: char| !c.is_alphabetic());
            let long = ["лась", "лось", "лись", "тись"].iter().any(|ending| bare.ends_with(ending));
            match bare.strip_suffix('ь').filter(|_| long) {
                Some(stem) => format!("{stem}я{}", &word[bare.len()..]),
                None => word.into(),
            }
        }
    }
}

fn is_vowel(letter: char) -> bool {
    "аеєиіїоуюяАЕЄИІЇОУЮЯ".contains(letter)
}
