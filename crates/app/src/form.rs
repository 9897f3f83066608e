//! Use case: forms on which two people say what a spoken or rewritten leak shows of a release's barium points.
//!
//! A form shows each point's place and its variants in an order of its own, with "unclear"; it shows no copy and names nobody.
//! Whoever fills it in needs no vault. What each form asks is recorded before it is given out. The answers are exhibits of a
//! look: recorded before they are read, and a point counts only where all say the same (docs/formats/form.md).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tellmark_core::{Marking, ReleaseId, Site};
use tellmark_evidence::encode::to_hex;
use tellmark_wording::POINT;
use tellmark_wording::review::Quote;

use crate::{Error, Ports, Result, Vault, files};

/// The version of forms and answers.
const VERSION: u32 = 1;
/// Bytes of a form or of answers.
pub const FORM_BYTES_MAX: u64 = 16 << 20;
/// People who fill in forms of one release.
const READERS_MAX: usize = 20;
/// Characters of a reader's name.
const READER_CHARS_MAX: usize = 200;

/// A form: what is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// The version: 1.
    pub tellmark_form: u32,
    /// The release.
    pub release: ReleaseId,
    /// What the release is called.
    pub document: String,
    /// The form's own number: each reader has another form.
    pub form: String,
    /// The points, in the order of the document.
    pub points: Vec<Question>,
}

/// One point of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The site.
    pub point: String,
    /// The words before it.
    pub before: String,
    /// The words behind it.
    pub after: String,
    /// Its variants, shuffled.
    pub options: Vec<String>,
}

/// A form as somebody filled it in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// The version: 1.
    pub tellmark_answers: u32,
    /// The release.
    pub release: ReleaseId,
    /// The form's number.
    pub form: String,
    /// Who filled it in.
    pub reader: String,
    /// For each point the variant that the leak shows; none where it is unclear or not said.
    pub answers: BTreeMap<String, Option<String>>,
}

impl Form {
    /// Reads a form.
    ///
    /// # Errors
    /// When the file is none.
    pub fn load(path: &Path) -> Result<Form> {
        let wrong =
            |why: &dyn std::fmt::Display| Error::input(format!("{} is no form: {why}", path.display()));
        let bytes = files::read_limited(path, FORM_BYTES_MAX)?;
        let form: Form = serde_json::from_slice(&bytes).map_err(|error| wrong(&error))?;
        match form.tellmark_form {
            VERSION => Ok(form),
            other => Err(wrong(&format!("version {other} is not known; this tellmark knows {VERSION}"))),
        }
    }

    /// The form with these answers, one for each point.
    pub fn filled(&self, reader: &str, answers: Vec<Option<String>>) -> Answers {
        let points = self.points.iter().map(|question| question.point.clone());
        Answers {
            tellmark_answers: VERSION,
            release: self.release,
            form: self.form.clone(),
            reader: reader.to_owned(),
            answers: points.zip(answers).collect(),
        }
    }
}

impl Answers {
    /// Whether bytes look like answers to a form.
    pub fn is_answers(bytes: &[u8]) -> bool {
        let start = &bytes[..bytes.len().min(200)];
        start.trim_ascii_start().starts_with(b"{")
            && start.windows(18).any(|part| part == b"\"tellmark_answers\"")
    }

    /// Reads answers.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Answers> {
        let wrong =
            |why: &dyn std::fmt::Display| Error::input(format!("{name} holds no answers to a form: {why}"));
        if bytes.len() as u64 > FORM_BYTES_MAX {
            return Err(wrong(&"it is longer than 16 MiB"));
        }
        let answers: Answers = serde_json::from_slice(bytes).map_err(|error| wrong(&error))?;
        if answers.tellmark_answers != VERSION {
            let other = answers.tellmark_answers;
            return Err(wrong(&format!("version {other} is not known; this tellmark knows {VERSION}")));
        }
        let unseen = |c: char| tellmark_core::text::is_unseen(c) || matches!(c, '\n' | '\r' | '\t');
        let reader = &answers.reader;
        if reader.trim().is_empty() || reader.chars().count() > READER_CHARS_MAX || reader.contains(unseen) {
            return Err(wrong(
                &"it must say who filled it in, in at most 200 characters that can be seen, on one line",
            ));
        }
        Ok(answers)
    }
}

/// Makes a form for each reader: `DIR/form-1.html` and `DIR/form-1.json`, which ask the same, and so on. What each asks is
/// recorded first: answers on a form that nobody gave out are refused.
///
/// # Errors
/// When the release has no barium point, or a file is in the way.
pub async fn make(
    vault: &Vault,
    release: &str,
    out: &Path,
    readers: usize,
    ports: &mut Ports,
    force: bool,
) -> Result<Vec<PathBuf>> {
    let in_the_way =
        || names(readers).map(|name| out.join(name)).find(|path| path.symlink_metadata().is_ok());
    if !force && let Some(path) = in_the_way() {
        return Err(files::exists(&path));
    }
    let forms = give(vault, release, readers, ports).await?;
    std::fs::create_dir_all(out).map_err(Error::file("cannot make", out))?;
    let mut written = Vec::new();
    for (name, bytes) in forms {
        let path = out.join(name);
        files::write_whole(&path, &bytes, force)?;
        written.push(path);
    }
    Ok(written)
}

/// The names of the forms of so many readers.
fn names(readers: usize) -> impl Iterator<Item = String> {
    (1..=readers.min(READERS_MAX))
        .flat_map(|reader| ["html", "json"].map(|ending| format!("form-{reader}.{ending}")))
}

/// Gives out a form for each reader: files `form-1.html` and `form-1.json`, which ask the same, and so on. What each asks is
/// recorded: answers on a form that nobody gave out are refused.
///
/// # Errors
/// When the release has no barium point, or the readers are too few or too many.
pub async fn give(
    vault: &Vault,
    release: &str,
    readers: usize,
    ports: &mut Ports,
) -> Result<Vec<(String, Vec<u8>)>> {
    if !(2..=READERS_MAX).contains(&readers) {
        return Err(Error::input(format!("2 to {READERS_MAX} people fill in forms, each their own")));
    }
    let release = vault.release(release).await?;
    let marking: Marking = vault.json(release.marking).await?;
    let points: Vec<&Site> = marking.sites.iter().filter(|site| site.rule == POINT).collect();
    if points.is_empty() {
        return Err(Error::input(format!(
            "release {} has no barium point: write {{? about thirty | 31 ?}} into the document before it is sealed",
            release.name
        )));
    }
    // The words around a point are those of the original, without the marks of other choices. Other points are left out: what
    // they are asked about must not be answered there.
    let rendered =
        marking.render(&vault.prose(&release).await?, &marking.original()).map_err(Error::damaged)?;
    let mut text = String::with_capacity(rendered.text.len());
    let mut places = Vec::new();
    let mut end = 0;
    for place in &rendered.places {
        let Some(point) = marking.sites.get(place.site).filter(|site| site.rule == POINT) else { continue };
        text.push_str(&rendered.text[end..place.range.start]);
        places.push((point.id, text.len()..text.len() + LEFT_OUT.len()));
        text.push_str(LEFT_OUT);
        end = place.range.end;
    }
    text.push_str(&rendered.text[end..]);
    let prose = tellmark_core::Prose::plain(&text);
    let place = |point: &Site| {
        let own = places.iter().find(|(id, _)| *id == point.id);
        own.map(|(_, range)| Quote::of(&prose, range))
    };
    let mut forms = Vec::new();
    let mut recorded = Vec::new();
    for _ in 1..=readers {
        let form = Form {
            tellmark_form: VERSION,
            release: release.id,
            document: release.name.clone(),
            form: to_hex(&ports.random::<8>()),
            points: points.iter().map(|site| question(place(site), site, ports)).collect(),
        };
        recorded.push(serde_json::to_vec_pretty(&form).map_err(Error::damaged)?);
        forms.push(form);
    }
    let given = forms.iter().zip(&recorded);
    let given: Vec<_> = given.map(|(form, json)| (form.form.as_str(), json.as_slice())).collect();
    vault.store.record_forms(release.id, &given, ports.now).await?;
    let written = forms.iter().zip(recorded).flat_map(|(form, json)| [html(form).into_bytes(), json]);
    Ok(names(readers).zip(written).collect())
}

/// Stands for a point on a form.
const LEFT_OUT: &str = "[…]";

fn question(place: Option<Quote>, site: &Site, ports: &mut Ports) -> Question {
    let quote = place.unwrap_or_default();
    let mut options = site.occurrences.first().map(|first| first.forms.clone()).unwrap_or_default();
    for last in (1..options.len()).rev() {
        options.swap(last, below(last as u64 + 1, ports) as usize);
    }
    Question { point: site.id.to_string(), before: quote.before, after: quote.after, options }
}

/// A number below a small bound, each as likely.
fn below(bound: u64, ports: &mut Ports) -> u64 {
    // Of 2^64 numbers the few that would favour the first ones are drawn again.
    let even = u64::MAX - u64::MAX % bound;
    loop {
        let drawn = u64::from_le_bytes(ports.random());
        if drawn < even {
            return drawn % bound;
        }
    }
}

fn html(form: &Form) -> String {
    let point = |question: &Question| tellmark_report::form::Point {
        point: question.point.clone(),
        before: question.before.clone(),
        after: question.after.clone(),
        options: question.options.clone(),
    };
    tellmark_report::form::html(&tellmark_report::form::Page {
        document: form.document.clone(),
        release: form.release.to_string(),
        form: form.form.clone(),
        points: form.points.iter().map(point).collect(),
    })
}
