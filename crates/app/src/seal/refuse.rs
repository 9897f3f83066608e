//! What is not sealed: said before anything is recorded or written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use tellmark_core::{LineageId, Marking, Recipient, ReleaseId, Roster, SiteId};
use tellmark_formats::{Format, Template, VisibleLine};
use tellmark_store::Release;

use super::{options, telling, visible_line};
use crate::document::{bits, can_differ};
use crate::{Error, Planned, Result, Vault, drafts};

/// The copies of a lineage, release by release, by their ids without regard to case.
pub struct Earlier {
    releases: Vec<(Release, BTreeMap<String, Recipient>)>,
}

impl Earlier {
    /// Loads the rosters.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn load(vault: &Vault, lineage: LineageId) -> Result<Earlier> {
        let mut releases = Vec::new();
        for release in vault.store.releases_of(lineage).await? {
            let recipients =
                vault.rosters(release.id).await?.into_iter().flat_map(|roster| roster.recipients);
            let copies = recipients.map(|recipient| (recipient.id.folded(), recipient)).collect();
            releases.push((release, copies));
        }
        Ok(Earlier { releases })
    }

    /// The first line of a roster that an earlier one with the same id contradicts, with that one and its release.
    fn contradicted<'a>(
        &'a self,
        roster: &'a Roster,
        contradicts: impl Fn(&Recipient, &Recipient) -> bool,
    ) -> Option<(&'a Release, &'a Recipient, &'a Recipient)> {
        self.releases.iter().find_map(|(release, copies)| {
            roster.recipients.iter().find_map(|own| {
                let first = copies.get(&own.id.folded()).filter(|first| contradicts(first, own))?;
                Some((release, first, own))
            })
        })
    }

    /// A copy's variants are drawn from its id as it is spelled: `R1` and `r1` would be one copy with two codewords.
    pub fn refuse_other_spelling(&self, roster: &Roster) -> Result<()> {
        match self.contradicted(roster, |first, own| first.id != own.id) {
            None => Ok(()),
            Some((release, first, own)) => Err(Error::input(format!(
                "copy {} is spelled {} in release {} of the same document; spell it alike. Nothing was written",
                own.id, first.id, release.id
            ))),
        }
    }

    /// Where drafts show the same, a copy's marks say its id and not the draft: so no id may pass to somebody else.
    pub fn refuse_other_holder(&self, roster: &Roster) -> Result<()> {
        match self.contradicted(roster, are_two) {
            None => Ok(()),
            Some((release, first, own)) => Err(Error::input(format!(
                "copy {} is {}'s in {} ({}), another draft of the same document, and {}'s here: where the drafts show the same, a \
                 leak could not be told apart. Give {} an id of their own, or write the name as before if it is one person. Nothing \
                 was written",
                own.id, first.name, release.name, release.id, own.name, own.name
            ))),
        }
    }

    /// Late copies have ids of their own in their release.
    pub fn refuse_taken(&self, id: ReleaseId, roster: &Roster) -> Result<()> {
        let own = self.releases.iter().find(|(release, _)| release.id == id);
        let is_taken = |r: &&Recipient| own.is_some_and(|(_, copies)| copies.contains_key(&r.id.folded()));
        match roster.recipients.iter().find(is_taken) {
            None => Ok(()),
            Some(r) => Err(Error::input(format!(
                "copy {} exists in release {id} already; give the late copies new ids. Nothing was written",
                r.id
            ))),
        }
    }
}

/// Whether two lines of rosters are about two people, as far as they say. An address that stays the same does not make them one: a
/// secretariat's passes from one person to the next.
fn are_two(one: &Recipient, other: &Recipient) -> bool {
    let differ = |a: &str, b: &str| a.trim().to_lowercase() != b.trim().to_lowercase();
    let said = |a: &str, b: &str| !a.trim().is_empty() && !b.trim().is_empty();
    said(&one.name, &other.name) && differ(&one.name, &other.name)
}

/// Every copy's visible line can say what the roster does, and says something.
pub fn unshown(
    template: &Template,
    line: Option<&VisibleLine>,
    roster_name: &str,
    roster: &Roster,
) -> Result<()> {
    let Some(line) = line else { return Ok(()) };
    let lacking = line.lacking(&roster.recipients);
    drafts::refuse(roster_name, lacking, "have nothing to stand in the visible line")?;
    for recipient in &roster.recipients {
        template.suits(recipient).map_err(|source| {
            Error::input(format!("{roster_name}: copy {}: {source}. Nothing was written", recipient.id))
        })?;
    }
    Ok(())
}

/// Copies differ if there are bits enough for so many: by counting sites, never by looking at codewords. Sites that are public tell
/// nothing and do not count.
pub fn alike(marking: &Marking, public: &BTreeSet<SiteId>, copies: u64) -> Result<()> {
    let telling = || telling(marking, public);
    if telling().next().is_none() {
        return Err(Error::input(
            "no place was found at which the copies could differ; give the text variants {like this|such as this}, or allow more channels. Nothing was written",
        ));
    }
    if !can_differ(telling(), copies) {
        let count = telling().count();
        return Err(Error::input(format!(
            "{copies} copies cannot all differ: the document has {count} sites, {:.1} bits; {:.0} bits are the least, some {:.0} let an excerpt name one. Add variants {{like this|such as this}}. Nothing was written",
            bits(telling()),
            min_bits(copies),
            min_bits(copies) * 3.0 + 20.0
        )));
    }
    Ok(())
}

fn min_bits(copies: u64) -> f64 {
    f64::from(u64::BITS - copies.saturating_sub(1).leading_zeros())
}

/// A copy is no original: its words stand where one person's codeword put them.
pub fn copies(planned: &Planned) -> Result<()> {
    if planned.format == Format::Pdf && tellmark_formats::pdf::stamp_of(&planned.bytes).is_some() {
        return Err(Error::input(format!(
            "{} is itself a sealed copy; seal the file that it was made from. Nothing was written",
            planned.file_name
        )));
    }
    Ok(())
}

/// A redraft that was written in somebody's copy still shows that copy's line, and would show it to everybody.
pub async fn anothers_line(vault: &Vault, old: &Release, planned: &Planned) -> Result<()> {
    let Some(line) = options(old)?.visible.as_deref().map(visible_line).transpose()? else { return Ok(()) };
    // Markdown shows no backslash before a sign.
    let plain = |text: &str| text.trim().replace('\\', "");
    let shown: BTreeSet<String> = planned.prose().text.lines().map(plain).collect();
    let recipients = vault.rosters(old.id).await?.into_iter().flat_map(|roster| roster.recipients);
    match recipients.map(|recipient| line.of(&recipient)).find(|said| shown.contains(&plain(said))) {
        Some(said) => Err(Error::input(format!(
            "{} still shows {said:?}, the visible line of one copy of release {}: every copy would show it. Remove it. Nothing was written",
            planned.file_name, old.id
        ))),
        None => Ok(()),
    }
}

/// Copies are given away, and a vault is not: neither belongs into the other.
pub fn inside(vault: &Path, out: &Path) -> Result<()> {
    let Ok(vault) = std::fs::canonicalize(vault) else { return Ok(()) };
    // What does not exist yet lies in the first folder above it that does.
    let there = out.ancestors().find_map(|folder| {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        std::fs::canonicalize(folder).ok()
    });
    if there.is_some_and(|there| there.starts_with(&vault)) {
        return Err(Error::input(format!(
            "{} lies in the vault, whose key makes any copy; name a folder elsewhere. No copy was written",
            out.display()
        )));
    }
    Ok(())
}
