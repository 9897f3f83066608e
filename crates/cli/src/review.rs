//! `tellmark review`: a person decides about every site, one after the other.

use std::collections::BTreeSet;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use tellmark_app::review::{self, Candidate, Quote, ReviewFile, Reviewed, Stands, Verdict, decisions, word};
use tellmark_app::suggest::{self, Model};
use tellmark_app::{Error, files, plan};
use tellmark_core::limits;

use crate::EXIT_DONE;
use crate::args::{MarkArgs, ReviewArgs};
use crate::commands::{file_name, mark_options};
use crate::progress::Line;
use crate::say;

/// Where the key of a model is found.
const MODEL_KEY: &str = "TELLMARK_MODEL_KEY";
/// What all rules together are called on the command line.
const ALL: &str = "all";
/// Lines that are taken as one answer.
const ANSWER_BYTES_MAX: u64 = 1 << 16;

const HELP: &str = "  a  accept: copies may differ here       A  accept all that are open of this rule
  r  reject this wording, here and later  R  reject all that are open of this rule
  l  leave it, here only                  e  edit the variants
  s  skip, decide later                   b  back to the one before
  q  save and quit; what is open is not used";

/// The decisions as they lie in a file, while they are made.
struct Desk {
    name: String,
    path: PathBuf,
    vault: PathBuf,
    file: ReviewFile,
    candidates: Vec<Candidate>,
    /// The document and what it held when it was opened.
    document: (PathBuf, Vec<u8>),
    /// What the file of decisions held when it was read or written here; `None` where it was not there.
    seen: Option<Vec<u8>>,
    /// What was told once and is not told again.
    told: BTreeSet<String>,
}

/// Shows every site of a document and takes decisions.
///
/// # Errors
/// When the document or a file cannot be used.
pub fn run(vault: &Path, args: &ReviewArgs, line: &Line) -> Result<u8> {
    let bytes = files::read_limited(&args.file, limits::DOCUMENT_BYTES_MAX)?;
    let name = file_name(&args.file)?;
    let mut options = mark_options(&MarkArgs { no_review: true, ..args.mark.clone() }, None)?;
    options.rejected = review::remembered(vault)?;
    let document = Reviewed::new(&name, &bytes, &options)?;
    let path = args.mark.sites.clone().unwrap_or_else(|| review::beside(&args.file));
    let seen = review::read(&path)?;
    let file = if seen.is_some() { ReviewFile::load(&path)? } else { ReviewFile::default() };
    let candidates = file.over(&document)?;
    let mut desk = Desk {
        name: name.clone(),
        path,
        vault: vault.to_owned(),
        file,
        candidates,
        document: (args.file.clone(), bytes.clone()),
        seen,
        told: BTreeSet::new(),
    };
    if args.list {
        return desk.list(args.json);
    }
    if let Some(twice) = args.accept.iter().find(|rule| args.reject.contains(rule)) {
        return Err(Error::Input(format!("{twice} cannot be accepted and rejected at once")).into());
    }
    if let (Some(url), Some(model)) = (&args.suggest, &args.model) {
        options.review = Some(desk.file.review.clone());
        let sentences = suggest::bare_sentences(&name, bytes.clone(), &options, args.suggest_max)?;
        let failed = desk.suggest(url, model, &sentences, line)?;
        desk.candidates = desk.file.over(&document)?;
        if let Some(error) = failed {
            desk.save()?;
            return Err(error.into());
        }
    }
    desk.bulk(&args.accept, Verdict::Accept)?;
    desk.bulk(&args.reject, Verdict::Reject)?;
    desk.save()?;
    if args.accept.is_empty() && args.reject.is_empty() && !args.json {
        desk.ask(args.all, &mut std::io::stdin().lock())?;
    }
    if args.json {
        return desk.list(true);
    }
    desk.summary();
    let mut mark = mark_options(&args.mark, None)?;
    mark.review = Some(review::settled(desk.file.review.clone()));
    for line in plan::plan(&name, bytes, &mark, None)?.lines {
        say::line(&format!("  {line}"));
    }
    Ok(EXIT_DONE)
}

impl Desk {
    /// Adds a model's suggestions that pass the rules, each open, and says what is sent before it is; returns why not all
    /// sentences were answered, where that is so.
    fn suggest(&mut self, url: &str, model: &str, sentences: &[Quote], line: &Line) -> Result<Option<Error>> {
        let known: Vec<&Quote> = self.candidates.iter().map(|candidate| &candidate.quote).collect();
        let new: Vec<Quote> = sentences.iter().filter(|quote| !known.contains(quote)).cloned().collect();
        if new.is_empty() {
            say::line("No sentence is left to ask about: each carries something, or was asked about before.");
            return Ok(None);
        }
        let model = Model { url: url.into(), name: model.into(), key: std::env::var(MODEL_KEY).ok() };
        let mut asked = 0;
        let mut tell = |sentences: &[&str]| {
            asked += sentences.len();
            let characters: usize = sentences.iter().map(|text| text.chars().count()).sum();
            let count = sentences.len();
            say::status(&format!(
                "Sending {} ({characters} characters) to {url}, and nothing else of the document:",
                counted(count, "sentence")
            ));
            sentences.iter().for_each(|text| say::status(&format!("  {}", say::name(text))));
        };
        let found = model.suggest(&new, &mut tell, line);
        self.file.review.sites = decisions(&self.candidates);
        let good = found.decisions.len();
        self.file.review.sites.extend(found.decisions);
        for (text, why) in &found.refused {
            say::status(&format!("Refused, since {why}: {}", say::name(text)));
        }
        say::status(&format!(
            "Sent {}; {} for your decision.",
            counted(asked, "sentence"),
            match good {
                1 => "1 suggestion waits".to_owned(),
                _ => format!("{good} suggestions wait"),
            }
        ));
        Ok(found.failed)
    }

    /// Writes the decisions, unless somebody else wrote to the document or its file since they were read.
    fn save(&mut self) -> Result<()> {
        let (document, bytes) = &self.document;
        let changed = if files::read_limited(document, limits::DOCUMENT_BYTES_MAX)? != *bytes {
            Some(document)
        } else if review::read(&self.path)? != self.seen {
            Some(&self.path)
        } else {
            None
        };
        if let Some(changed) = changed {
            return Err(Error::Input(format!(
                "{} was changed while this review was open; nothing was overwritten, and what was decided last is not saved. Run \
                 review again: it begins with what {} holds now",
                changed.display(),
                self.path.display()
            ))
            .into());
        }
        self.file.review.sites = decisions(&self.candidates);
        let text = self.file.write(&self.name, &self.candidates);
        files::write_whole(&self.path, text.as_bytes(), true)?;
        self.seen = Some(text.into_bytes());
        self.remember()
    }

    /// Remembers what is rejected, and says what is not remembered.
    fn remember(&mut self) -> Result<()> {
        let is_rejected = |candidate: &Candidate| candidate.verdict == Verdict::Reject;
        if !self.vault.is_dir() {
            if self.candidates.iter().any(is_rejected) {
                self.tell(format!(
                    "There is no vault {}: what is rejected is rejected in this document alone, and not remembered for others.",
                    self.vault.display()
                ));
            }
            return Ok(());
        }
        for both in review::remember(&self.vault, &self.candidates)? {
            self.tell(format!(
                "{:?} ({}) is rejected at one place and accepted at another: it is not remembered for other documents.",
                both.wording, both.rule
            ));
        }
        Ok(())
    }

    /// Tells a thing once.
    fn tell(&mut self, what: String) {
        if self.told.insert(what.clone()) {
            say::warning(&what);
        }
    }

    /// Decides about all open sites of some rules at once.
    fn bulk(&mut self, rules: &[String], verdict: Verdict) -> Result<()> {
        for rule in rules {
            let fits = |candidate: &Candidate| match rule.as_str() {
                // What needs a second look, or what a person or a model added, is decided one by one.
                ALL => !candidate.second_look,
                rule => candidate.rule == rule,
            };
            if !self.candidates.iter().any(fits) && rule != ALL {
                let why = format!(
                    "{} has no site of the rule {rule:?}; `tellmark review --list` shows them",
                    self.name
                );
                return Err(Error::Input(why).into());
            }
            let open = self.candidates.iter_mut().filter(|candidate| candidate.verdict == Verdict::Open);
            open.filter(|candidate| fits(candidate)).for_each(|candidate| candidate.verdict = verdict);
        }
        Ok(())
    }

    fn list(&self, json: bool) -> Result<u8> {
        if json {
            say::json(&self.described())?;
            return Ok(EXIT_DONE);
        }
        for (index, candidate) in self.candidates.iter().enumerate() {
            self.show(index);
            say::line(&format!("  {}", word(candidate.verdict)));
        }
        self.summary();
        Ok(EXIT_DONE)
    }

    fn described(&self) -> serde_json::Value {
        let site = |candidate: &Candidate| {
            serde_json::json!({
                "verdict": word(candidate.verdict),
                "channel": candidate.channel.name(),
                "rule": candidate.rule,
                "reason": candidate.reason,
                "second_look": candidate.second_look,
                "line": candidate.line,
                "places": candidate.places,
                "before": candidate.quote.before,
                "found": candidate.quote.found,
                "after": candidate.quote.after,
                "variants": candidate.variants,
                "stands": match candidate.stands {
                    Stands::Here => "here",
                    Stands::Nowhere => "nowhere",
                    Stands::Unclear => "unclear",
                },
            })
        };
        let sites: Vec<_> = self.candidates.iter().map(site).collect();
        serde_json::json!({ "file": self.path, "sites": sites, "locks": self.file.review.locks })
    }

    fn show(&self, index: usize) {
        let candidate = &self.candidates[index];
        let places =
            if candidate.places > 1 { format!(", {} places", candidate.places) } else { String::new() };
        let look = if candidate.second_look { ", needs a second look" } else { "" };
        let line = match candidate.stands {
            Stands::Here => format!("line {}", candidate.line),
            Stands::Nowhere => "not in the document now, kept and not used".to_owned(),
            Stands::Unclear => "fits several sites or one twice, kept and not used".to_owned(),
        };
        say::headline(&format!(
            "\n{} of {} · {line} · {} ({}{places}{look})",
            index + 1,
            self.candidates.len(),
            say::name(&candidate.rule),
            candidate.channel
        ));
        say::marked(
            &format!("{} ", candidate.quote.before),
            &candidate.quote.found,
            &format!(" {}", candidate.quote.after),
        );
        for form in candidate.variants.iter().filter(|form| **form != candidate.quote.found) {
            say::line(&format!("    or [{}]", say::name(form)));
        }
        if !candidate.reason.is_empty() {
            say::line(&format!("  {}", candidate.reason));
        }
    }

    /// Goes through the sites; every answer is one line. The end of the input saves and quits.
    fn ask(&mut self, all: bool, input: &mut dyn BufRead) -> Result<()> {
        let wanted = |candidate: &Candidate| {
            candidate.stands == Stands::Here && (all || candidate.verdict == Verdict::Open)
        };
        let mut queue: Vec<usize> =
            (0..self.candidates.len()).filter(|&at| wanted(&self.candidates[at])).collect();
        if queue.is_empty() {
            return Ok(());
        }
        say::line(HELP);
        let mut next = 0;
        while let Some(&index) = queue.get(next) {
            self.show(index);
            let now = match self.candidates[index].verdict {
                Verdict::Open => String::new(),
                verdict => format!(" (now {})", word(verdict)),
            };
            let Some(answer) = answer(&format!("  a/r/l/e/s/b/q, ? for help{now}: "), input)? else { break };
            match answer.trim() {
                "a" => self.decide(index, Verdict::Accept)?,
                "r" => self.decide(index, Verdict::Reject)?,
                "l" => self.decide(index, Verdict::Leave)?,
                "A" => self.decide_rule(index, Verdict::Accept)?,
                "R" => self.decide_rule(index, Verdict::Reject)?,
                "e" => {
                    if !self.edit(index, input)? {
                        continue;
                    }
                }
                "s" => {}
                "b" => {
                    next = next.saturating_sub(1);
                    continue;
                }
                "q" => break,
                _ => {
                    say::line(HELP);
                    continue;
                }
            }
            next += 1;
            // What a whole rule decided is not asked again.
            queue.retain(|&at| at <= index || all || self.candidates[at].verdict == Verdict::Open);
        }
        Ok(())
    }

    fn decide(&mut self, index: usize, verdict: Verdict) -> Result<()> {
        self.candidates[index].verdict = verdict;
        self.save()
    }

    fn decide_rule(&mut self, index: usize, verdict: Verdict) -> Result<()> {
        let rule = self.candidates[index].rule.clone();
        let same = |candidate: &&mut Candidate| candidate.rule == rule && candidate.verdict == Verdict::Open;
        self.candidates.iter_mut().filter(same).for_each(|candidate| candidate.verdict = verdict);
        self.decide(index, verdict)
    }

    /// Takes other variants for a site; says whether it did.
    fn edit(&mut self, index: usize, input: &mut dyn BufRead) -> Result<bool> {
        let found = self.candidates[index].quote.found.clone();
        let prompt = format!("  variants beside [{}], with | between them: ", say::name(&found));
        let Some(line) = answer(&prompt, input)? else { return Ok(false) };
        let given = line.trim_end_matches(['\n', '\r']).split('|').map(str::trim);
        let mut variants = vec![found];
        given.filter(|form| !form.is_empty()).for_each(|form| {
            if !variants.iter().any(|known| known == form) {
                variants.push(form.to_owned());
            }
        });
        let fits = (2..=limits::VARIANTS_MAX).contains(&variants.len()) && self.candidates[index].places == 1;
        if !fits {
            say::line("  A site has 2 to 16 variants, and one of several places cannot be edited.");
            return Ok(false);
        }
        self.candidates[index].variants = variants;
        self.decide(index, Verdict::Accept)?;
        Ok(true)
    }

    fn summary(&self) {
        let here = |candidate: &&Candidate| candidate.stands == Stands::Here;
        let count = |verdict| {
            self.candidates.iter().filter(here).filter(|candidate| candidate.verdict == verdict).count()
        };
        say::headline(&format!(
            "\n{}: {} accepted, {} rejected, {} left, {} open",
            self.path.display(),
            count(Verdict::Accept),
            count(Verdict::Reject),
            count(Verdict::Leave),
            count(Verdict::Open)
        ));
        let kept = self.candidates.len() - self.candidates.iter().filter(here).count();
        if kept > 0 {
            say::line(&format!(
                "Of no site that the document has now: {}; kept in the file and not used, `--list` shows more.",
                counted(kept, "decision")
            ));
        }
        if count(Verdict::Open) > 0 {
            say::line("Seal uses what is accepted. Run review again for what is open.");
        }
    }
}

/// So many of a thing.
fn counted(count: usize, thing: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{ending}")
}

/// One line of input behind a prompt; `None` at the end of the input.
fn answer(prompt: &str, input: &mut dyn BufRead) -> Result<Option<String>> {
    print!("{prompt}");
    std::io::stdout().flush()?;
    let mut line = Vec::new();
    let read = std::io::Read::take(&mut *input, ANSWER_BYTES_MAX).read_until(b'\n', &mut line)?;
    match read {
        0 => {
            println!();
            Ok(None)
        }
        _ => Ok(Some(String::from_utf8_lossy(&line).into_owned())),
    }
}
