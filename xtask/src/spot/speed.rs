//! How fast texts are searched, and how large the index is.

use std::fmt::Write as _;
use std::time::Instant;

use anyhow::Result;
use tellmark_spotting::{Background, Protected};
use tellmark_testkit::{Random, document};

use super::books::Books;
use super::public::Public;

/// Bytes of an article.
const ARTICLE: usize = 4000;
/// Seconds for which a stream is searched, at least.
const SECONDS: f64 = 1.0;
/// How often; the fastest counts, for others use the same machine.
const ROUNDS: usize = 5;
/// Words of a document that is cut from a longer public one: what a document of the books has.
const WORDS: usize = 283;

/// Measures one core against these numbers of documents: those of the books, then public ones, then made ones.
pub fn measure(
    books: &Books,
    public: Option<&Public>,
    counts: &[usize],
    seed: u64,
    page: &mut String,
) -> Result<()> {
    writeln!(page, "\n## Speed and size\n")?;
    writeln!(
        page,
        "| documents | words | stream | MB | MB/s | lists | bitmap | words and pairs | sentences | bytes a word |"
    )?;
    writeln!(page, "|---|---|---|---|---|---|---|---|---|---|")?;
    let mut streams = vec![
        ("of the same kind", articles(books.unrelated.iter().cloned())),
        ("other prose", articles((0..400).map(|i| document::prose(seed ^ (i << 32), 300, 0.0)))),
    ];
    let mut background: Vec<&str> = books.background.iter().map(String::as_str).collect();
    if let Some(public) = public {
        streams.insert(0, ("public articles", articles(public.searched().iter().cloned())));
        background.extend(public.background().iter().map(String::as_str));
    }
    for &count in counts {
        let documents = documents(books, public, count, seed);
        let protected =
            Protected::with_background(documents.iter().map(String::as_str), Background::of(&background));
        for (name, stream) in &streams {
            let speed = speed(&protected, stream);
            let [lists, bitmap, lexicon, sentences] = protected.bytes();
            let all = (lists + bitmap + lexicon + sentences) as f64 / protected.words() as f64;
            let megabytes = stream.iter().map(String::len).sum::<usize>() as f64 / 1e6;
            writeln!(
                page,
                "| {count} | {} | {name} | {megabytes:.1} | {speed:.1} | {lists} | {bitmap} | {lexicon} | {sentences} | {all:.1} |",
                protected.words()
            )?;
        }
    }
    Ok(())
}

fn documents(books: &Books, public: Option<&Public>, count: usize, seed: u64) -> Vec<String> {
    let own = books.documents.iter().map(|document| document.text.clone());
    let cut = public.into_iter().flat_map(|public| public.documents(WORDS));
    // Half of them are public ones, as far as there are any.
    let mut documents: Vec<String> = own.take(if public.is_some() { count / 2 } else { count }).collect();
    documents.extend(cut.take(count - documents.len()));
    let made = count - documents.len();
    let chain = Chain::new(&documents);
    let made: Vec<String> =
        (0..made).map(|i| chain.text(WORDS, &mut Random::of_part(seed, i as u64))).collect();
    documents.extend(made);
    documents
}

/// Megabytes a second of processor time.
fn speed(protected: &Protected, stream: &[String]) -> f64 {
    let mut spotter = protected.spotter();
    (0..ROUNDS).map(|_| round(&mut spotter, stream)).fold(0.0, f64::max)
}

fn round(spotter: &mut tellmark_spotting::Spotter<'_>, stream: &[String]) -> f64 {
    let (mut bytes, start, wall) = (0, processor_seconds(), Instant::now());
    loop {
        for article in stream {
            bytes += article.len();
            spotter.spot(article);
        }
        let taken = match (processor_seconds(), start) {
            (Some(now), Some(start)) => now - start,
            _ => wall.elapsed().as_secs_f64(),
        };
        if taken > SECONDS {
            return bytes as f64 / taken / 1e6;
        }
    }
}

/// What this thread has had of a processor: on a shared machine the clock on the wall counts the others too.
fn processor_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e9)
}

fn articles(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut articles = vec![String::new()];
    for text in texts {
        match articles.last_mut() {
            Some(last) if last.len() < ARTICLE => {
                last.push_str(&text);
                last.push_str("\n\n");
            }
            _ => articles.push(text),
        }
    }
    articles
}

/// A chain of words: after each word comes one that follows it somewhere in the documents.
struct Chain<'a> {
    words: Vec<&'a str>,
    places: std::collections::HashMap<&'a str, Vec<usize>>,
}

impl<'a> Chain<'a> {
    fn new(documents: &'a [String]) -> Chain<'a> {
        let words: Vec<&str> = documents.iter().flat_map(|text| text.split_whitespace()).collect();
        let mut places: std::collections::HashMap<&str, Vec<usize>> = std::collections::HashMap::new();
        words.iter().enumerate().for_each(|(at, word)| places.entry(word).or_default().push(at));
        Chain { words, places }
    }

    fn text(&self, words: usize, random: &mut Random) -> String {
        let mut text = String::new();
        let mut at = random.below(self.words.len());
        for _ in 0..words {
            text.push_str(self.words[at]);
            text.push(' ');
            let places = &self.places[self.words[at]];
            at = (places[random.below(places.len())] + 1) % self.words.len();
        }
        text
    }
}
