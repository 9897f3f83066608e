//! Spotting protected documents in a stream of texts, one JSON object a line.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

use rayon::prelude::*;
use tellmark_core::limits;
use tellmark_spotting::{Background, Hit, Protected};

use crate::{Error, Result, Vault};

/// Bytes of a line: a text of the largest size whose every third character is escaped.
pub const LINE_BYTES_MAX: usize = 2 * limits::TEXT_BYTES_MAX;
/// Documents of a file.
pub const DOCUMENTS_MAX: usize = 1_000_000;
/// Bytes of a file of documents or background.
const FILE_BYTES_MAX: u64 = 4 << 30;
/// Lines that are searched together.
const LINES_TOGETHER: usize = 256;
/// Bytes of such lines, about.
const BYTES_TOGETHER: usize = 8 << 20;

/// One line of input: a text with a name.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
pub struct Article {
    /// Its name, a string or a whole number, which comes out as it went in.
    pub id: serde_json::Value,
    /// The text.
    pub text: String,
}

/// One line of output: a passage of a document in an article.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Spotted<'a> {
    /// The article's name.
    pub id: &'a serde_json::Value,
    /// The document's name.
    pub document: &'a serde_json::Value,
    /// Bytes of the article, UTF-8: the first, and the one after the last.
    pub query: [usize; 2],
    /// Bytes of the document.
    pub source: [usize; 2],
    /// How much it says that both share these words, in bits.
    pub weight: f64,
    /// In how many of a million texts like those of the background something weighs as much: at most, with 95 %
    /// confidence; nothing where no background says it.
    pub false_alarms_per_million: Option<f64>,
}

/// The documents that are looked for, by their names.
#[derive(Debug)]
pub struct Watched {
    names: Vec<serde_json::Value>,
    protected: Protected,
}

/// What came of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Articles that were searched.
    pub articles: u64,
    /// Lines that were written.
    pub hits: u64,
    /// Lines that could not be read.
    pub refused: u64,
}

impl Watched {
    /// The documents of a file, one JSON object a line as in [`Article`]; `background` holds unrelated texts of
    /// the kind that will be searched, in the same form.
    ///
    /// # Errors
    /// When a file cannot be read, a line of it is no such object, or a name comes twice.
    pub fn from_file(documents: &Path, background: Option<&Path>) -> Result<Watched> {
        let documents = articles(documents)?;
        let mut names = BTreeSet::new();
        if let Some(twice) = documents.iter().find(|document| !names.insert(document.id.to_string())) {
            return Err(Error::input(format!("two documents are called {}; give each its own id", twice.id)));
        }
        let (names, texts) = documents.into_iter().map(|document| (document.id, document.text)).unzip();
        Watched::new(names, texts, background)
    }

    /// The releases of a vault, by their ids.
    ///
    /// # Errors
    /// When the vault cannot be read, or the background's file.
    pub async fn from_vault(vault: &Vault, background: Option<&Path>) -> Result<Watched> {
        let releases = vault.store.texts().await?;
        let (names, texts) = releases.into_iter().map(|(id, text)| (id.to_string().into(), text)).unzip();
        Watched::new(names, texts, background)
    }

    fn new(names: Vec<serde_json::Value>, texts: Vec<String>, background: Option<&Path>) -> Result<Watched> {
        let background = background.map_or(Ok(Vec::new()), articles)?;
        let background: Vec<&str> = background.iter().map(|article| article.text.as_str()).collect();
        let protected =
            Protected::with_background(texts.iter().map(String::as_str), Background::of(&background));
        Ok(Watched { names, protected })
    }

    /// Whether there is nothing to look for: no document, or none with words.
    pub fn is_blank(&self) -> bool {
        self.protected.words() == 0
    }

    /// Searches a stream of articles and writes what is found, in the order of the articles. A line that is no
    /// article is told to `refuse` with its number, from 1, and the next one is searched.
    ///
    /// What has arrived is searched without waiting for more, so that a pipe answers at once.
    ///
    /// # Errors
    /// When the stream cannot be read or written.
    pub fn search(
        &self,
        mut input: BufReader<impl Read>,
        mut output: impl Write,
        mut refuse: impl FnMut(u64, &str),
    ) -> std::io::Result<Summary> {
        let mut summary = Summary::default();
        let mut lines = Lines::default();
        while let Some(batch) = lines.next_batch(&mut input)? {
            let found: Vec<Outcome> = batch
                .par_iter()
                .map_init(
                    || self.protected.spotter(),
                    |spotter, (_, line)| {
                        let article = parse(line.as_ref().map_err(Clone::clone)?)?;
                        let hits = spotter.spot(&article.text);
                        Ok((article, hits))
                    },
                )
                .collect();
            for ((number, _), outcome) in batch.iter().zip(found) {
                match outcome {
                    Ok((article, hits)) => {
                        summary.articles += 1;
                        summary.hits += hits.len() as u64;
                        self.write(&mut output, &article, &hits)?;
                    }
                    Err(because) => {
                        summary.refused += 1;
                        refuse(*number, &because);
                    }
                }
            }
            output.flush()?;
        }
        Ok(summary)
    }

    fn write(&self, output: &mut impl Write, article: &Article, hits: &[Hit]) -> std::io::Result<()> {
        for hit in hits {
            let spotted = Spotted {
                id: &article.id,
                document: &self.names[hit.document],
                query: [hit.query.start, hit.query.end],
                source: [hit.source.start, hit.source.end],
                weight: hit.weight,
                false_alarms_per_million: hit.false_alarms_per_million,
            };
            serde_json::to_writer(&mut *output, &spotted)?;
            output.write_all(b"\n")?;
        }
        Ok(())
    }
}

/// All articles of a file.
fn articles(path: &Path) -> Result<Vec<Article>> {
    let file = std::fs::File::open(path).map_err(Error::file("cannot read", path))?;
    let mut input = BufReader::new(file.take(FILE_BYTES_MAX));
    let mut lines = Lines::default();
    let mut articles = Vec::new();
    while let Some(batch) = lines.next_batch(&mut input).map_err(Error::file("cannot read", path))? {
        for (number, line) in batch {
            let article = line.and_then(|line| parse(&line));
            let named = |because| Error::input(format!("{}, line {number}: {because}", path.display()));
            articles.push(article.map_err(named)?);
            if articles.len() > DOCUMENTS_MAX {
                return Err(named(format!(
                    "more than {DOCUMENTS_MAX} objects; give the rest to another process"
                )));
            }
        }
    }
    Ok(articles)
}

fn parse(line: &[u8]) -> std::result::Result<Article, String> {
    let article: Article = serde_json::from_slice(line)
        .map_err(|error| format!("no JSON object with `id` and `text` ({error})"))?;
    // Another number would come out as one that is only near it.
    let is_whole = article.id.is_u64() || article.id.is_i64();
    if !(article.id.is_string() || is_whole) {
        return Err("its `id` is neither a string nor a whole number of 64 bits; write it as a string".into());
    }
    if article.text.len() > limits::TEXT_BYTES_MAX {
        return Err(format!("its text has more than {} MiB; give it in parts", limits::TEXT_BYTES_MAX >> 20));
    }
    Ok(article)
}

/// An article with what was found in it, or why it could not be read.
type Outcome = std::result::Result<(Article, Vec<Hit>), String>;

/// A line with its number, or why it could not be read.
type Line = (u64, std::result::Result<Vec<u8>, String>);

/// The byte order mark that some programs put before UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// Reads lines, some at a time.
#[derive(Default)]
struct Lines {
    number: u64,
}

impl Lines {
    /// The next lines that are no blanks: as many as are there without waiting, and one at least.
    fn next_batch(&mut self, input: &mut BufReader<impl Read>) -> std::io::Result<Option<Vec<Line>>> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while let Some(mut line) = read_line(input)? {
            self.number += 1;
            if let Ok(line) = &mut line
                && self.number == 1
                && line.starts_with(MARK)
            {
                line.drain(..MARK.len());
            }
            if !line.as_ref().is_ok_and(|line| line.trim_ascii().is_empty()) {
                bytes += line.as_ref().map_or(0, Vec::len);
                batch.push((self.number, line));
            }
            let full = batch.len() >= LINES_TOGETHER || bytes >= BYTES_TOGETHER;
            if full || !batch.is_empty() && !has_line(input) {
                break;
            }
        }
        Ok((!batch.is_empty()).then_some(batch))
    }
}

/// Whether another whole line was read already. To ask the stream itself would wait for it.
fn has_line(input: &BufReader<impl Read>) -> bool {
    input.buffer().contains(&b'\n')
}

/// The next line without its end; one that is too long is passed over.
fn read_line(input: &mut impl BufRead) -> std::io::Result<Option<std::result::Result<Vec<u8>, String>>> {
    let mut line = Vec::new();
    let mut too_long = false;
    let mut any = false;
    loop {
        let piece = match input.fill_buf() {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            piece => piece?,
        };
        if piece.is_empty() {
            break;
        }
        any = true;
        let end = piece.iter().position(|&byte| byte == b'\n');
        let own = &piece[..end.unwrap_or(piece.len())];
        too_long |= line.len() + own.len() > LINE_BYTES_MAX;
        if !too_long {
            line.extend_from_slice(own);
        }
        let taken = own.len() + usize::from(end.is_some());
        input.consume(taken);
        if end.is_some() {
            break;
        }
    }
    let why = || format!("longer than {} MiB; give the text in parts", LINE_BYTES_MAX >> 20);
    Ok(any.then(|| if too_long { Err(why()) } else { Ok(line) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_with_a_limit_and_without_waiting() {
        let long = vec![b'x'; LINE_BYTES_MAX + 1];
        let input = [b"a\n\n", long.as_slice(), b"\nb"].concat();
        let mut input = BufReader::with_capacity(1 << 16, input.as_slice());
        let mut lines = Lines::default();
        let mut all = Vec::new();
        while let Some(batch) = lines.next_batch(&mut input).unwrap() {
            all.extend(batch);
        }
        assert_eq!(all.len(), 3);
        assert_eq!(all[0], (1, Ok(b"a".to_vec())));
        assert!(all[1].0 == 3 && all[1].1.as_ref().is_err_and(|why| why.contains("32 MiB")));
        assert_eq!(all[2], (4, Ok(b"b".to_vec())));
    }

    #[test]
    fn what_came_through_a_pipe_is_answered_before_more_comes() {
        let text = "The envoys agreed to reopen the Karrow sluices in early spring, before the herring run. Ambassador \
                    Harrow proposed that the talks turn to the register of fishing permits.";
        let watched = Watched::new(vec!["minutes".into()], vec![text.into()], None).unwrap();
        let (input, mut ask) = std::io::pipe().unwrap();
        let (answers, output) = std::io::pipe().unwrap();
        let search = std::thread::spawn(move || {
            watched.search(BufReader::with_capacity(1 << 20, input), output, |_, _| ()).unwrap()
        });
        let (give, take) = std::sync::mpsc::channel();
        let listen = std::thread::spawn(move || {
            let mut lines = BufReader::new(answers).lines();
            while lines.next().is_some_and(|line| give.send(line.unwrap()).is_ok()) {}
        });
        for id in 0..3 {
            let article = serde_json::json!({"id": id, "text": text});
            // A blank line is none, and what has begun may wait.
            ask.write_all(format!("\n{article}\n{{").as_bytes()).unwrap();
            let answer = take.recv_timeout(std::time::Duration::from_secs(20));
            assert!(answer.unwrap().starts_with(&format!("{{\"id\":{id},")));
            ask.write_all(b"}\n").unwrap();
        }
        drop(ask);
        assert_eq!(search.join().unwrap(), Summary { articles: 3, hits: 3, refused: 3 });
        listen.join().unwrap();
    }
}
