//! `cargo xtask spot`: what is spotted of leaked passages, what is not, and at which speed.

mod books;
mod obfuscate;
mod public;
mod rates;
mod score;
mod sets;
mod speed;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use tellmark_spotting::{Background, Protected};

use books::Books;
use obfuscate::Kind;
use public::Public;
use score::Score;

struct Options {
    corpus: PathBuf,
    seed: u64,
    each: usize,
    out: Option<PathBuf>,
    misses: bool,
    speed: bool,
    public: Option<PathBuf>,
    rates: Option<PathBuf>,
    half: Option<usize>,
}

/// Runs the experiments.
pub fn run(arguments: &[&str]) -> Result<bool> {
    let options = options(arguments)?;
    let books = Books::read(&options.corpus, 1000)?;
    let mut page = String::new();
    eprintln!(
        "{} documents, {} background, {} unrelated",
        books.documents.len(),
        books.background.len(),
        books.unrelated.len()
    );
    let documents: Vec<&str> = books.documents.iter().map(|document| document.text.as_str()).collect();
    let background: Vec<&str> = books.background.iter().map(String::as_str).collect();
    let sets = [("with a background", background.as_slice()), ("without a background", &[])];
    for (name, background) in sets.into_iter().filter(|_| options.each > 0) {
        let start = Instant::now();
        let protected = Protected::with_background(documents.iter().copied(), Background::of(background));
        eprintln!("{name}: built in {:.1} s", start.elapsed().as_secs_f64());
        found(&options, &books, &protected, name, &mut page)?;
    }
    if let Some(genres) = &options.rates {
        rates::measure(genres, &books, options.seed, &mut page)?;
    }
    if options.speed {
        let public = options.public.as_deref().map(Public::read).transpose()?;
        speed::measure(&books, public.as_ref(), &[1_000, 10_000], options.seed, &mut page)?;
    }
    print!("{page}");
    if let Some(out) = &options.out {
        std::fs::write(out, &page).with_context(|| format!("cannot write {}", out.display()))?;
    }
    Ok(true)
}

fn found(
    options: &Options,
    books: &Books,
    protected: &Protected,
    name: &str,
    page: &mut String,
) -> Result<()> {
    let cases = sets::cases(books, options.seed, options.each, options.half);
    let texts: Vec<&str> = books.documents.iter().map(|document| document.text.as_str()).collect();
    let mut spotter = protected.spotter();
    let mut curve = Curve::default();
    let mut rows = vec![vec![Score::default(); sets::LENGTHS.len()]; Kind::ALL.len()];
    for case in &cases {
        let hits = spotter.spot(&case.text);
        let kind = Kind::ALL.iter().position(|kind| *kind == case.kind).unwrap_or(0);
        rows[kind][case.length].add(case, &hits, &texts);
        if case.kind == Kind::Paraphrase && case.length > 0 {
            curve.paraphrases.push(heaviest(hits.iter().filter(|hit| score::detects(hit, case))));
        }
        for hit in hits.iter().filter(|hit| options.misses && hit.document != case.document) {
            let own = hits.iter().filter(|h| h.document == case.document).map(|h| h.weight).sum::<f64>();
            eprintln!(
                "ELSE {} own {own} inside {} w {} {:.2}: {}\n  {}",
                case.kind.name(),
                hit.query.start < case.query.end && case.query.start < hit.query.end,
                hit.weight,
                hit.false_alarms_per_million.unwrap_or(f64::NAN),
                &case.text[hit.query.clone()],
                &books.documents[hit.document].text[hit.source.clone()]
            );
        }
        if options.misses && !hits.iter().any(|hit| hit.document == case.document) {
            eprintln!(
                "MISS {} {}: {}\n  {}",
                case.kind.name(),
                case.length,
                &case.text[case.query.clone()],
                &books.documents[case.document].text[case.source.clone()]
            );
        }
    }
    writeln!(page, "\n## {name}\n")?;
    writeln!(
        page,
        "| passage | bytes | cases | passages found | recall | precision | granularity | PlagDet | wrong | repeated |"
    )?;
    writeln!(page, "|---|---|---|---|---|---|---|---|---|---|")?;
    let mut all = Score::default();
    for (kind, lengths) in Kind::ALL.iter().zip(&rows) {
        for ((bytes, _), score) in sets::LENGTHS.iter().zip(lengths) {
            row(page, kind.name(), bytes, score)?;
            all.join(score);
        }
    }
    row(page, "all", "", &all)?;
    let (mut alarms, mut repeated) = (0, 0);
    let (mut bytes, start) = (0, Instant::now());
    for text in books.unrelated.iter().take(6000) {
        bytes += text.len();
        let hits = spotter.spot(text);
        alarms += usize::from(!hits.is_empty());
        curve.unrelated.push(heaviest(hits.iter()));
        let same = |hit: &tellmark_spotting::Hit| {
            score::repeats(&text[hit.query.clone()], &texts[hit.document][hit.source.clone()])
        };
        repeated += usize::from(hits.iter().any(same));
        if let Some(hit) = hits.first().filter(|_| options.misses || alarms < 12) {
            eprintln!(
                "ALARM {:.0} {:.3}: {}\n  {}",
                hit.weight,
                hit.false_alarms_per_million.unwrap_or(f64::NAN),
                &text[hit.query.clone()],
                &books.documents[hit.document].text[hit.source.clone()]
            );
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    writeln!(
        page,
        "\nUnrelated texts: {}, with an alarm: {alarms}, of which {repeated} share five words in a row with the document; {:.1} MB/s",
        books.unrelated.len().min(6000),
        bytes as f64 / seconds / 1e6
    )?;
    curve.write(page)?;
    let sizes = protected.bytes();
    writeln!(
        page,
        "Index: {:?} bytes for {} words, {:.2} bytes a word",
        sizes,
        protected.words(),
        sizes.iter().sum::<usize>() as f64 / protected.words() as f64
    )?;
    Ok(())
}

/// What passages from 300 bytes on and unrelated texts weigh, at most.
#[derive(Default)]
struct Curve {
    paraphrases: Vec<f64>,
    unrelated: Vec<f64>,
}

/// Weights above the bar at which the curve is looked at, in bits.
const STEPS: [f64; 6] = [0.0, 4.0, 8.0, 16.0, 24.0, 40.0];

impl Curve {
    /// What would be found, and what would be a false alarm, were the bar higher.
    fn write(&self, page: &mut String) -> Result<()> {
        let bar = self.paraphrases.iter().chain(&self.unrelated).copied().filter(|weight| *weight > 0.0);
        let bar = bar.fold(f64::INFINITY, f64::min);
        writeln!(page, "\n| a passage weighs at least, bits | paraphrases from 300 bytes on | alarms |")?;
        writeln!(page, "|---|---|---|")?;
        for step in STEPS {
            let over = |weights: &[f64]| weights.iter().filter(|weight| **weight >= bar + step).count();
            let found = over(&self.paraphrases) as f64 / self.paraphrases.len().max(1) as f64;
            writeln!(page, "| {:.0} | {found:.3} | {} |", bar + step, over(&self.unrelated))?;
        }
        Ok(())
    }
}

fn heaviest<'a>(hits: impl Iterator<Item = &'a tellmark_spotting::Hit>) -> f64 {
    hits.map(|hit| hit.weight).fold(0.0, f64::max)
}

fn row(page: &mut String, kind: &str, bytes: &str, score: &Score) -> Result<()> {
    writeln!(
        page,
        "| {kind} | {bytes} | {} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {} | {} |",
        score.cases,
        score.passages(),
        score.recall(),
        score.precision(),
        score.granularity(),
        score.plagdet(),
        score.wrong,
        score.repeated
    )?;
    Ok(())
}

fn options(arguments: &[&str]) -> Result<Options> {
    let mut options = Options {
        corpus: PathBuf::new(),
        seed: 1,
        each: 100,
        out: None,
        misses: false,
        speed: false,
        public: None,
        rates: None,
        half: None,
    };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().with_context(|| format!("{argument} needs a value"));
        match *argument {
            "--seed" => options.seed = value()?.parse()?,
            "--each" => options.each = value()?.parse()?,
            "--out" => options.out = Some(PathBuf::from(value()?)),
            "--half" => options.half = Some(value()?.parse::<usize>()? % 2),
            "--public" => options.public = Some(PathBuf::from(value()?)),
            "--rates" => options.rates = Some(PathBuf::from(value()?)),
            "--speed" => options.speed = true,
            "--misses" => options.misses = true,
            path if !path.starts_with('-') => options.corpus = PathBuf::from(path),
            other => anyhow::bail!("unknown option {other:?}"),
        }
    }
    anyhow::ensure!(options.corpus.is_dir(), "give the directory that holds reuse/editions.tsv.gz");
    Ok(options)
}
