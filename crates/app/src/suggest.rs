//! Use case: ask a model for other wordings of sentences that carry nothing. Whatever it says is checked by rules and then
//! waits for a person: no suggestion is ever used that nobody accepted.
//!
//! Nothing is sent unless somebody asks for it; what was sent is returned, so that it can be told.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tellmark_core::Prose;
use tellmark_wording::review::{Decision, Quote, SUGGESTED, Verdict};

use crate::document::MarkOptions;
use crate::{Error, Planned, Progress, Result};

/// Sentences that one request holds.
const AT_ONCE: usize = 8;
/// Bytes of an answer.
const ANSWER_BYTES_MAX: u64 = 1 << 20;
/// How long one answer may take: a model on a desk is slow.
const ANSWER_TIME: Duration = Duration::from_secs(300);
/// Sentences shorter or longer than this are not asked about, in words.
const SENTENCE_WORDS: std::ops::RangeInclusive<usize> = 6..=60;

const TASK: &str = "You are a careful copy editor. For each numbered sentence write one other wording that says exactly the same, in the \
same language and register, and reads as well. Change as few words as you can. Keep all numbers, names, dates, defined terms, \
quotations, negations and modal verbs as they are. Where no such wording exists, give an empty string. Answer with a JSON array of \
strings and nothing else: one string for each sentence, in order.";

/// A model behind an address that speaks OpenAI's chat completions.
#[derive(Debug, Clone)]
pub struct Model {
    /// The base address, as in `http://127.0.0.1:11434/v1`.
    pub url: String,
    /// What the model is called there.
    pub name: String,
    /// The key, where the address wants one.
    pub key: Option<String>,
}

/// What came of asking.
#[derive(Debug, Clone, Default)]
pub struct Suggested {
    /// The suggestions that passed the rules, each still open.
    pub decisions: Vec<Decision>,
    /// The sentences that were sent, as they were sent.
    pub sent: Vec<String>,
    /// What was refused, and why.
    pub refused: Vec<(String, &'static str)>,
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    temperature: f32,
    messages: [Message<'a>; 2],
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'a str,
    content: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Said,
}

#[derive(Deserialize)]
struct Said {
    content: String,
}

/// The sentences of a document in which no site shows: what a model can be asked about. Locked passages, code and what
/// holds marks of the author's are none.
///
/// # Errors
/// When the document cannot be used.
pub fn bare_sentences(
    file_name: &str,
    bytes: Vec<u8>,
    options: &MarkOptions,
    at_most: usize,
) -> Result<Vec<Quote>> {
    // What is open in a review carries something if it is accepted: it is not bare.
    let locks = options.review.as_ref().map(|review| review.locks.clone()).unwrap_or_default();
    let options = MarkOptions { review: None, rejected: Vec::new(), ..options.clone() };
    let planned = Planned::new(file_name, bytes, tellmark_core::ReleaseId([0; 8]), &options)?;
    let prose = planned.prose();
    let spans: Vec<_> =
        planned.marking().sites.iter().flat_map(|site| &site.occurrences).map(|at| &at.span).collect();
    let fixed: Vec<_> = planned.marking().fixed.iter().map(|fixed| &fixed.span).collect();
    let is_free = |range: &&std::ops::Range<usize>| {
        let touches = |other: &&std::ops::Range<usize>| {
            other.start < range.end && range.start < other.end.max(other.start + 1)
        };
        let text = &prose.text[(*range).clone()];
        !spans.iter().copied().any(|span| touches(&span))
            && !fixed.iter().copied().any(|span| touches(&span))
            && prose.is_markable(range)
            && !prose.has_seam_inside(range)
            && SENTENCE_WORDS.contains(&text.split_whitespace().count())
            && !text.contains(['{', '}', '|', '\\', '\n', '\r'])
            && !locks.iter().any(|lock| lock.contains(text) || text.contains(lock.as_str()))
    };
    Ok(planned.plan.sentences.iter().filter(is_free).take(at_most).map(|range| quote(prose, range)).collect())
}

/// The place of a sentence, without the white space around it.
fn quote(prose: &Prose, range: &std::ops::Range<usize>) -> Quote {
    let text = &prose.text[range.clone()];
    let lead = text.len() - text.trim_start().len();
    let range = range.start + lead..range.start + text.trim_end().len();
    Quote::of(prose, &range)
}

impl Model {
    /// Asks for another wording of each sentence.
    ///
    /// # Errors
    /// When the address cannot be reached, or does not answer as such addresses do.
    pub fn suggest(&self, sentences: &[Quote], progress: &dyn Progress) -> Result<Suggested> {
        let mut all = Suggested::default();
        progress.begin("asking the model", Some(sentences.len() as u64));
        for some in sentences.chunks(AT_ONCE) {
            let sent: Vec<&str> = some.iter().map(|quote| quote.found.as_str()).collect();
            all.sent.extend(sent.iter().map(|text| (*text).to_owned()));
            let said = self.ask(&sent)?;
            for (quote, said) in some.iter().zip(said) {
                let said = said.trim();
                if said.is_empty() || said == quote.found {
                    continue;
                }
                match keeps_meaning(&quote.found, said) {
                    Err(why) => all.refused.push((said.to_owned(), why)),
                    Ok(()) => all.decisions.push(Decision {
                        verdict: Verdict::Open,
                        rule: SUGGESTED.into(),
                        quote: quote.clone(),
                        variants: vec![quote.found.clone(), said.to_owned()],
                    }),
                }
            }
            progress.advance(some.len() as u64);
        }
        progress.end();
        Ok(all)
    }

    fn ask(&self, sentences: &[&str]) -> Result<Vec<String>> {
        let numbered: Vec<String> =
            sentences.iter().enumerate().map(|(index, text)| format!("{}. {text}", index + 1)).collect();
        let messages = [
            Message { role: "system", content: TASK },
            Message { role: "user", content: &numbered.join("\n") },
        ];
        let body = serde_json::to_string(&Request { model: &self.name, temperature: 0.7, messages })
            .map_err(Error::damaged)?;
        let address = format!("{}/chat/completions", self.url.trim_end_matches('/'));
        let wrong = |why: String| Error::input(format!("the model at {address}: {why}"));
        let config = ureq::Agent::config_builder().timeout_global(Some(ANSWER_TIME)).max_redirects(0).build();
        let mut request = ureq::Agent::from(config).post(&address).header("Content-Type", "application/json");
        if let Some(key) = &self.key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        let mut answer = request.send(body).map_err(|error| wrong(error.to_string()))?;
        let text = answer
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .read_to_string()
            .map_err(|error| wrong(error.to_string()))?;
        let answer: Answer =
            serde_json::from_str(&text).map_err(|error| wrong(format!("no chat completion: {error}")))?;
        let said = answer.choices.into_iter().next().map(|choice| choice.message.content).unwrap_or_default();
        list(&said).ok_or_else(|| {
            wrong(
                "it did not answer with a list of sentences; another model may follow the task better".into(),
            )
        })
    }
}

/// The array in an answer, with whatever a model writes around it.
fn list(said: &str) -> Option<Vec<String>> {
    let (start, end) = (said.find('[')?, said.rfind(']')?);
    serde_json::from_str(said.get(start..=end)?).ok()
}

/// Words that deny something, in the languages that there are rules for.
const NEGATIONS: &[&str] = &[
    "not",
    "no",
    "never",
    "none",
    "nobody",
    "nothing",
    "nor",
    "neither",
    "without",
    "cannot",
    "nowhere",
    "unless",
    "не",
    "ні",
    "ніхто",
    "ніщо",
    "ніколи",
    "немає",
    "нема",
    "без",
    "нет",
    "ни",
    "никто",
    "ничто",
    "никогда",
    "нельзя",
];
/// Words that say what must, may and can be.
const MODALS: &[&str] = &[
    "shall",
    "must",
    "may",
    "might",
    "can",
    "could",
    "should",
    "would",
    "will",
    "ought",
    "need",
    "cannot",
    "повинен",
    "повинна",
    "повинні",
    "мусить",
    "мусять",
    "може",
    "можуть",
    "міг",
    "слід",
    "треба",
    "має",
    "мають",
    "должен",
    "должна",
    "должны",
    "может",
    "могут",
    "мог",
    "следует",
    "надо",
    "нужно",
    "обязан",
    "обязаны",
];
/// Numbers as words.
const NUMBERS: &[&str] = &[
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "thousand",
    "million",
    "billion",
    "half",
    "third",
    "quarter",
    "first",
    "second",
    "dozen",
    "both",
    "all",
    "some",
    "most",
    "few",
    "several",
    "один",
    "два",
    "дві",
    "три",
    "чотири",
    "пять",
    "сто",
    "тисяча",
    "две",
    "четыре",
    "тысяча",
    "миллион",
    "мільйон",
    "половина",
    "все",
    "всі",
    "усі",
];

/// Whether a wording keeps what must not change: numbers, names, negations, modals, quotations, its end and about its length.
///
/// # Errors
/// What it changes.
pub fn keeps_meaning(original: &str, other: &str) -> std::result::Result<(), &'static str> {
    if other.contains(['{', '}', '|', '\\', '\n', '\r', '\t']) || other.chars().any(char::is_control) {
        return Err("it holds signs that mean something in a document");
    }
    let counted = |text: &str, list: &[&str]| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for word in words(text) {
            let lower = word.to_lowercase();
            let denies = list == NEGATIONS && lower.ends_with("n't");
            let lower =
                if denies || lower == "cannot" && list == NEGATIONS { "not".to_owned() } else { lower };
            if denies || list.contains(&lower.as_str()) {
                *counts.entry(lower).or_default() += 1;
            }
        }
        counts
    };
    if digits(original) != digits(other) || counted(original, NUMBERS) != counted(other, NUMBERS) {
        return Err("it changes a number");
    }
    if names(original) != names(other) {
        return Err("it changes a name");
    }
    if counted(original, NEGATIONS) != counted(other, NEGATIONS) {
        return Err("it changes a negation");
    }
    if counted(original, MODALS) != counted(other, MODALS) {
        return Err("it changes what must, may or can be");
    }
    if quotations(original) != quotations(other) {
        return Err("it changes a quotation");
    }
    let last = |text: &str| text.chars().rev().find(|c| !c.is_whitespace()).filter(|c| !c.is_alphanumeric());
    if last(original) != last(other) {
        return Err("it ends otherwise");
    }
    let (own, its) = (words(original).count(), words(other).count());
    if its * 3 < own * 2 || its * 2 > own * 3 {
        return Err("it is much longer or shorter");
    }
    Ok(())
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let split = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’' | '-')));
    split.filter(|word| !word.is_empty()).map(|word| word.replace('’', "'"))
}

/// What has digits, in any order.
fn digits(text: &str) -> Vec<String> {
    let parts =
        text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '"' | '“' | '”'));
    let has_digits = parts.filter(|part| part.chars().any(|c| c.is_ascii_digit()));
    let mut found: Vec<String> =
        has_digits.map(|part| part.trim_end_matches(['.', ':', '!', '?']).to_owned()).collect();
    found.sort();
    found
}

/// Words with a capital that do not begin the sentence, in any order; and any word that has one inside.
fn names(text: &str) -> Vec<String> {
    let is_name = |(index, word): &(usize, String)| {
        let mut capitals = word.chars().enumerate().filter(|(_, c)| c.is_uppercase());
        let inside = capitals.clone().any(|(at, _)| at > 0);
        inside || (*index > 0 && word != "I" && capitals.any(|(at, _)| at == 0))
    };
    let mut found: Vec<String> = words(text).enumerate().filter(is_name).map(|(_, word)| word).collect();
    found.sort();
    found.dedup();
    found
}

fn quotations(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = text.split(['"', '“', '”', '„', '«', '»']).skip(1).step_by(2).collect();
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_not_change_is_held_against_each_suggestion() {
        let own = "On Monday the delegation from Norland did not agree that it must pay 31 million.";
        for (other, expected) in [
            ("The delegation from Norland did not agree on Monday that it must pay 31 million.", Ok(())),
            ("On Monday the Norland delegation didn't agree that it must pay 31 million.", Ok(())),
            (
                "On Monday the delegation from Norland did not agree that it must pay 30 million.",
                Err("it changes a number"),
            ),
            (
                "On Monday the delegation from Sudland did not agree that it must pay 31 million.",
                Err("it changes a name"),
            ),
            (
                "On Monday the delegation from Norland disagreed that it must pay 31 million.",
                Err("it changes a negation"),
            ),
            (
                "On Monday the delegation from Norland did not agree that it should pay 31 million.",
                Err("it changes what must, may or can be"),
            ),
            (
                "On Monday the delegation from Norland did not agree that it must pay 31 million?",
                Err("it ends otherwise"),
            ),
            (
                "On Monday the delegation from Norland did not agree that it must {pay|give} 31 million.",
                Err("it holds signs that mean something in a document"),
            ),
        ] {
            assert_eq!(keeps_meaning(own, other), expected, "{other}");
        }
        assert_eq!(
            keeps_meaning("She said “we will see” and left.", "She said “we shall see” and left."),
            Err("it changes what must, may or can be")
        );
        assert_eq!(
            keeps_meaning("She said “we saw” and left.", "She said “we met” and left."),
            Err("it changes a quotation")
        );
        assert_eq!(keeps_meaning("They spoke for long.", "They spoke."), Err("it is much longer or shorter"));
    }

    #[test]
    fn answers_are_found_in_what_models_write_around_them() {
        assert_eq!(list("Sure!\n```json\n[\"a\", \"\"]\n```"), Some(vec!["a".into(), String::new()]));
        assert_eq!(list("no list"), None);
        assert_eq!(list("] ["), None);
    }
}
