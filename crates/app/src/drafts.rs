//! Ready drafts: one message for each copy, with the copy attached, made from a message that somebody wrote.

use tellmark_core::{Recipient, Roster};
use tellmark_formats::Format;
use tellmark_formats::draft::{Draft, Lack};

use crate::{Error, Result};

/// Copies that an error names.
const NAMED_MAX: usize = 10;

/// A message that is the model of the drafts.
#[derive(Debug, Clone)]
pub struct MailModel {
    /// Its file's own name, which every draft will have.
    pub file_name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What makes the drafts of one release.
#[derive(Debug)]
pub(crate) struct Drafts {
    pub file_name: String,
    draft: Draft,
    attached_as: String,
    format: Format,
}

impl Drafts {
    /// Reads the model, for copies of this name and format.
    ///
    /// # Errors
    /// When it is no message that can be a draft, or is called like the copies.
    pub fn read(model: &MailModel, attached_as: &str, format: Format) -> Result<Drafts> {
        let MailModel { file_name, bytes } = model;
        let draft =
            Draft::parse(bytes).map_err(|source| Error::Format { name: file_name.clone(), source })?;
        if file_name.to_lowercase() == attached_as.to_lowercase() {
            return Err(Error::input(format!(
                "the message and the document are both called {file_name}; give the message another name. Nothing was written"
            )));
        }
        if !file_name.to_lowercase().ends_with(".eml") {
            return Err(Error::input(format!(
                "{file_name} is not called like a message: mail programs open a draft by the ending .eml. Nothing was written"
            )));
        }
        Ok(Drafts { file_name: file_name.clone(), draft, attached_as: attached_as.into(), format })
    }

    /// Refuses a roster with lines that cannot have a draft, and names them.
    pub fn check(&self, roster_name: &str, roster: &Roster) -> Result<()> {
        for (lack, what) in [
            (Lack::Email, "have no email"),
            (Lack::WrongEmail, "have an email that no message can be sent to"),
            (Lack::Name, "have no name, which the message asks for"),
            (Lack::Group, "have no group, which the message asks for"),
        ] {
            let lacking = roster.recipients.iter().filter(|r| self.draft.lacks(r) == Some(lack));
            refuse(roster_name, lacking, what)?;
        }
        Ok(())
    }

    /// The draft that takes a copy to its holder.
    pub fn write(&self, holder: &Recipient, copy: &[u8], out: &mut Vec<u8>) {
        out.clear();
        self.draft.write(holder, &self.attached_as, self.format, copy, out);
    }
}

/// Refuses a roster in which something is missing of some copies.
pub(crate) fn refuse<'a>(
    roster_name: &str,
    lacking: impl IntoIterator<Item = &'a Recipient>,
    what: &str,
) -> Result<()> {
    let ids: Vec<&str> = lacking.into_iter().map(|recipient| recipient.id.as_str()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let named = ids[..ids.len().min(NAMED_MAX)].join(", ");
    let more = match ids.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let lines = if ids.len() == 1 { "this line" } else { "these lines" };
    let what = if ids.len() == 1 { what.replacen("have", "has", 1) } else { what.to_owned() };
    let verb = if ids.len() == 1 { "mend it" } else { "mend them" };
    Err(Error::input(format!("{roster_name}: {lines} {what}: {named}{more}; {verb}. Nothing was written")))
}
