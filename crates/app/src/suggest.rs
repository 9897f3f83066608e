//! Use case: ask a model for other wordings of sentences that carry nothing. Whatever it says is checked by rules and then
//! waits for a person: no suggestion is ever used that nobody accepted.
//!
//! Nothing is sent unless somebody asks for it; what is sent is told before it is sent. Of a locked passage nothing is.

mod same;
mod words;

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
#[derive(Debug, Default)]
pub struct Suggested {
    /// The suggestions that passed the rules, each still open.
    pub decisions: Vec<Decision>,
    /// What was refused, and why.
    pub refused: Vec<(String, String)>,
    /// Why the sentences behind those that were answered were not, where that is so.
    pub failed: Option<Error>,
}

impl Suggested {
    /// Keeps of the answers to some sentences those that surely say the same.
    fn take(&mut self, asked: &[Quote], said: Vec<String>) {
        if said.len() != asked.len() {
            let why = format!(
                "{} answers came for {} sentences, so that no answer is surely of its sentence",
                said.len(),
                asked.len()
            );
            let said = said.into_iter().filter(|said| !said.trim().is_empty());
            self.refused.extend(said.map(|said| (said, why.clone())));
            return;
        }
        for (own, said) in asked.iter().zip(said) {
            let said = said.trim();
            if said.is_empty() || said == own.found {
                continue;
            }
            let nearness = same::shared_words(&own.found, said);
            let is_others = asked
                .iter()
                .any(|other| other.found != own.found && same::shared_words(&other.found, said) >= nearness);
            match same::keeps_meaning(&own.found, said) {
                Err(why) => self.refused.push((said.to_owned(), why.to_owned())),
                Ok(()) if is_others => {
                    self.refused.push((said.to_owned(), "it is as near to another sentence".to_owned()));
                }
                Ok(()) => self.decisions.push(Decision {
                    verdict: Verdict::Open,
                    rule: SUGGESTED.into(),
                    quote: own.clone(),
                    variants: vec![own.found.clone(), said.to_owned()],
                }),
            }
        }
    }
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
/// When the document cannot be used, or a lock does not stand in it.
pub fn bare_sentences(
    file_name: &str,
    bytes: Vec<u8>,
    options: &MarkOptions,
    at_most: usize,
) -> Result<Vec<Quote>> {
    // What is open in a review carries something if it is accepted: it is not bare.
    let review = options.review.clone().unwrap_or_default();
    let options = MarkOptions { review: None, rejected: Vec::new(), ..options.clone() };
    let planned = Planned::new(file_name, bytes, tellmark_core::ReleaseId([0; 8]), &options)?;
    let prose = planned.prose();
    let locked = review.locked(prose).map_err(|source| Error::Wording { name: file_name.into(), source })?;
    let spans: Vec<_> =
        planned.marking().sites.iter().flat_map(|site| &site.occurrences).map(|at| &at.span).collect();
    // What the review added carries something already, or will.
    let added = review.added(prose);
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
            && !locked.iter().chain(&added).any(|lock| touches(&lock))
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

/// Whether what is sent there can be read by nobody on the way.
fn is_guarded(address: &str) -> bool {
    let Ok(url) = url::Url::parse(address) else { return false };
    url.scheme() == "https" || (url.scheme() == "http" && crate::is_this_machine(&url))
}

impl Model {
    /// Asks for another wording of each sentence. `tell` is called with the sentences of each request before it is sent, so
    /// that nothing goes out untold, whatever becomes of the request. What was answered before one failed is kept.
    pub fn suggest(
        &self,
        sentences: &[Quote],
        tell: &mut dyn FnMut(&[&str]),
        progress: &dyn Progress,
    ) -> Suggested {
        let mut all = Suggested::default();
        if url::Url::parse(&self.url).is_ok_and(|url| url.username() != "" || url.password().is_some()) {
            all.failed = Some(Error::input(
                "the model's address has a name or password in it, which messages would repeat; leave them out and give the key \
                 in the environment. Nothing was sent",
            ));
            return all;
        }
        if !is_guarded(&self.url) {
            all.failed = Some(Error::input(format!(
                "{} would carry the sentences and the key in the open; https:// goes anywhere, http:// to this machine only. Nothing was sent",
                self.url
            )));
            return all;
        }
        progress.begin("asking the model", Some(sentences.len() as u64));
        for some in sentences.chunks(AT_ONCE) {
            let asked: Vec<&str> = some.iter().map(|quote| quote.found.as_str()).collect();
            tell(&asked);
            match self.ask(&asked) {
                Ok(said) => all.take(some, said),
                Err(error) => {
                    all.failed = Some(error);
                    break;
                }
            }
            progress.advance(some.len() as u64);
        }
        progress.end();
        all
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
        // No proxy of the environment: it would see what goes to this machine over http.
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(ANSWER_TIME))
            .max_redirects(0)
            .proxy(None)
            .build();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_found_in_what_models_write_around_them() {
        assert_eq!(list("Sure!\n```json\n[\"a\", \"\"]\n```"), Some(vec!["a".into(), String::new()]));
        assert_eq!(list("no list"), None);
        assert_eq!(list("] ["), None);
    }

    fn quotes(sentences: &[&str]) -> Vec<Quote> {
        sentences.iter().map(|found| Quote { found: (*found).into(), ..Quote::default() }).collect()
    }

    #[test]
    fn an_answer_counts_for_its_own_sentence_only() {
        let asked = quotes(&[
            "The farmers walked to the old bridge with the guards.",
            "The farmers walked to the old tower with the guards.",
        ]);
        let good = ["The farmers went to the old bridge with the guards.", ""];
        let shifted = ["", "The farmers went to the old bridge with the guards."];
        let check = |said: &[&str], taken: usize, refused: usize| {
            let mut all = Suggested::default();
            all.take(&asked, said.iter().map(|text| (*text).to_owned()).collect());
            assert_eq!((all.decisions.len(), all.refused.len()), (taken, refused), "{said:?}");
        };
        check(&good, 1, 0);
        check(&shifted, 0, 1);
        check(&[good[0], "", ""], 0, 1);
        check(&[good[0]], 0, 1);
        check(&[good[0], good[0]], 1, 1);
    }
}
