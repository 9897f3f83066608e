//! Changing what lies on the desk: the text with the author's variants, the mail that goes with the copies, and one step back.

use std::path::{Path, PathBuf};

use serde::Serialize;
use tellmark_core::ReleaseId;
use tellmark_formats::Format;
use tellmark_wording::POINT;

use super::{DOCUMENT, Draft, ROSTER, SITES, document, folder, planned_bytes, roster, set_wish, wish};
use crate::document::MarkOptions;
use crate::drafts::Drafts;
use crate::plan::PlanSummary;
use crate::{Error, MailModel, Planned, Result, Vault, files};

/// The message that is the model of the drafts.
const MAIL: &str = "mail.eml";
/// Bytes of a text that is changed on the desk; a longer one is changed elsewhere and laid on the desk again.
const TEXT_BYTES_MAX: usize = 1 << 20;
/// Bytes of a message.
const MAIL_BYTES_MAX: u64 = 32 << 20;

/// Something on the desk that can be set back to what it was before its last change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What was decided about sites.
    Sites,
    /// Who gets a copy.
    Roster,
    /// The text.
    Text,
}

impl Part {
    /// All parts.
    pub const ALL: [Part; 3] = [Part::Sites, Part::Roster, Part::Text];

    /// As forms spell it.
    pub fn name(self) -> &'static str {
        match self {
            Part::Sites => "sites",
            Part::Roster => "roster",
            Part::Text => "text",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Part::Sites => SITES,
            Part::Roster => ROSTER,
            Part::Text => DOCUMENT,
        }
    }
}

/// What a text carries, in numbers that change while it is written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Numbers {
    /// Words.
    pub words: usize,
    /// Places where copies differ.
    pub sites: usize,
    /// Those that the author wrote.
    pub author: usize,
    /// Those of them that are barium points.
    pub points: usize,
    /// Paragraphs.
    pub paragraphs: usize,
    /// Paragraphs that name a copy alone.
    pub telling: usize,
    /// What excerpts promise, a line for each roster and bound.
    pub promise: Vec<String>,
}

impl Numbers {
    /// The numbers of a plan.
    pub fn of(plan: &PlanSummary) -> Numbers {
        Numbers {
            words: plan.words,
            sites: plan.sites.values().sum(),
            author: plan.sites.get("author").copied().unwrap_or(0),
            points: plan.rules.get(POINT).copied().unwrap_or(0),
            paragraphs: plan.paragraphs.len(),
            telling: plan.paragraphs.iter().filter(|own| own.points_needed == Some(0)).count(),
            promise: plan.lines.clone(),
        }
    }
}

/// The text of a draft, to be changed; `None` for a format whose text is changed in another program, or a text that is too long.
///
/// # Errors
/// When the document cannot be read.
pub fn text(vault: &Vault, draft: &Draft) -> Result<Option<String>> {
    if !wish(draft)?.extends.is_empty() {
        return Ok(None);
    }
    let bytes = document(vault, draft)?;
    let is_plain = matches!(
        Format::detect(&draft.file_name, &bytes),
        Ok(Format::Text | Format::Markdown | Format::Html)
    );
    Ok(if is_plain && bytes.len() <= TEXT_BYTES_MAX { String::from_utf8(bytes).ok() } else { None })
}

/// What a draft would carry with another text. Nothing is changed.
///
/// # Errors
/// As [`super::planned`]: the message names the line of a choice that is not closed.
pub fn tried(vault: &Vault, draft: &Draft, text: &str) -> Result<PlanSummary> {
    planned_bytes(vault, draft, with_line_ends(vault, draft, text)?)
}

/// Changes the text of a draft.
///
/// # Errors
/// When it cannot be sealed, or its format is changed in another program.
pub async fn set_text(vault: &Vault, draft: Draft, text: &str, now: i64) -> Result<Draft> {
    let bytes = with_line_ends(vault, &draft, text)?;
    Planned::new(&draft.file_name, bytes.clone(), ReleaseId([0; 8]), &MarkOptions::default())?;
    let path = folder(vault, &draft.id)?.join(DOCUMENT);
    set_aside(&path)?;
    files::replace_secret(&path, &bytes)?;
    let wish = wish(&draft)?;
    set_wish(vault, draft, &wish, now).await
}

/// A text with the line ends that the document has: browsers send their own.
fn with_line_ends(vault: &Vault, draft: &Draft, text: &str) -> Result<Vec<u8>> {
    let Some(before) = self::text(vault, draft)? else {
        return Err(Error::input(
            "this document is changed in the program that wrote it; write the variants there, and lay it on the desk again",
        ));
    };
    if text.len() > TEXT_BYTES_MAX {
        return Err(Error::input("a text of more than 1 MiB is changed elsewhere; lay it on the desk again"));
    }
    let plain = text.replace("\r\n", "\n");
    Ok(if before.contains("\r\n") { plain.replace('\n', "\r\n") } else { plain }.into_bytes())
}

/// Keeps the message that is the model of a ready draft for each copy.
///
/// # Errors
/// When it is no message that can be one, or a recipient has no address.
pub async fn set_mail(vault: &Vault, draft: Draft, name: &str, bytes: &[u8], now: i64) -> Result<Draft> {
    let name = super::plain_name(name)?;
    let model = MailModel { file_name: name.clone(), bytes: bytes.to_vec() };
    let read = Drafts::read(&model, &draft.file_name, format(vault, &draft)?)?;
    read.check("the roster", &roster(vault, &draft)?)?;
    files::replace_secret(&folder(vault, &draft.id)?.join(MAIL), bytes)?;
    let wish = super::Wish { mail: name, ..wish(&draft)? };
    set_wish(vault, draft, &wish, now).await
}

/// Makes no drafts of mail after all.
///
/// # Errors
/// When it cannot be recorded.
pub async fn remove_mail(vault: &Vault, draft: Draft, now: i64) -> Result<Draft> {
    let wish = super::Wish { mail: String::new(), ..wish(&draft)? };
    set_wish(vault, draft, &wish, now).await
}

/// The model of the drafts, if there is one.
///
/// # Errors
/// When it cannot be read.
pub(super) fn mail(vault: &Vault, draft: &Draft) -> Result<Option<MailModel>> {
    let file_name = wish(draft)?.mail;
    if file_name.is_empty() {
        return Ok(None);
    }
    let bytes = files::read_limited(&folder(vault, &draft.id)?.join(MAIL), MAIL_BYTES_MAX)?;
    Ok(Some(MailModel { file_name, bytes }))
}

fn format(vault: &Vault, draft: &Draft) -> Result<Format> {
    let is_extension = !wish(draft)?.extends.is_empty();
    if is_extension {
        // The release says what its copies are; by its name it is what it was.
        return Ok(Format::detect(&draft.file_name, b"-").unwrap_or(Format::Text));
    }
    let named = |source| Error::Format { name: draft.file_name.clone(), source };
    Format::detect(&draft.file_name, &document(vault, draft)?).map_err(named)
}

/// The parts of a draft that can be set back.
///
/// # Errors
/// When there is no such draft.
pub fn can_undo(vault: &Vault, draft: &Draft) -> Result<Vec<Part>> {
    let folder = folder(vault, &draft.id)?;
    let can = |part: &Part| {
        let path = folder.join(part.file());
        before(&path).exists() || (*part != Part::Text && path.exists())
    };
    Ok(Part::ALL.into_iter().filter(can).collect())
}

/// Sets a part of a draft back to what it was before its last change; a second time undoes that.
///
/// # Errors
/// When nothing was changed.
pub async fn undo(vault: &Vault, draft: Draft, part: Part, now: i64) -> Result<Draft> {
    if !can_undo(vault, &draft)?.contains(&part) {
        return Err(Error::input("nothing was changed that could be set back"));
    }
    let path = folder(vault, &draft.id)?.join(part.file());
    let (before, between) = (before(&path), path.with_extension("between"));
    rename(&path, &between)?;
    rename(&before, &path)?;
    rename(&between, &before)?;
    let copies = roster(vault, &draft)?.recipients.len();
    let wish = super::Wish { copies, ..wish(&draft)? };
    set_wish(vault, draft, &wish, now).await
}

/// Keeps what a file holds beside it, before it is written anew.
pub(super) fn set_aside(path: &Path) -> Result<()> {
    let before = before(path);
    match std::fs::read(path) {
        Ok(bytes) => files::replace_secret(&before, &bytes),
        Err(_) if before.exists() => {
            std::fs::remove_file(&before).map_err(Error::file("cannot remove", &before))
        }
        Err(_) => Ok(()),
    }
}

fn before(path: &Path) -> PathBuf {
    path.with_extension("before")
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    match std::fs::rename(from, to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file("cannot move", from)(error))
        }
        _ => Ok(()),
    }
}
