//! Use case: show how two copies of a release differ. Whoever asks needs the key, as for making a copy again.

use std::ops::Range;

use tellmark_core::{Channel, Choices, CopyId, Marking, SiteId};
use tellmark_store::Release;

use crate::copies::{choices, find};
use crate::{Error, Result, Vault, consent};

/// Characters of text around a difference, on either side.
const CONTEXT_CHARS: usize = 48;

/// Two copies of one release, beside each other: `diff --json`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Comparison {
    /// The first copy.
    pub one: CopyId,
    /// The second copy.
    pub other: CopyId,
    /// How many sites the release has.
    pub sites: usize,
    /// At how many of them the copies differ, with those that show in no text: words that move, stamps.
    pub differing: usize,
    /// What reads differently, in the order of the first copy's text.
    pub places: Vec<Difference>,
    /// Words of pages that stand elsewhere.
    pub moved_words: usize,
}

/// A place at which two copies read differently.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The site.
    pub site: SiteId,
    /// Its channel.
    pub channel: Channel,
    /// Its rule.
    pub rule: String,
    /// The first copy's words before it.
    pub before: String,
    /// What the first copy shows.
    pub one: String,
    /// What the second copy shows.
    pub other: String,
    /// The first copy's words behind it.
    pub after: String,
    /// At how many places of the text the site shows; only the first is told.
    pub occurrences: usize,
}

/// Compares two copies of a release.
///
/// # Errors
/// When custodians are appointed (what tells copies apart is shown by nobody alone then), or when the release has no such copies, or cannot be loaded.
pub async fn compare(vault: &Vault, release: &str, one: &str, other: &str) -> Result<(Release, Comparison)> {
    if consent::is_needed(vault)? {
        return Err(Error::input(
            "custodians are appointed: how copies differ is not shown by one person alone. Make both copies again with their consent (`tellmark copy`), and compare the files",
        ));
    }
    let release = vault.release(release).await?;
    let (one, other) = (find(vault, &release, one).await?.0.id, find(vault, &release, other).await?.0.id);
    let marking: Marking = vault.json(release.marking).await?;
    let [first, second] = choices(vault, &release, &marking, [&one, &other]).await?;
    let places = places(&vault.prose(&release).await?, &marking, &first, &second)?;
    let variants = first.0.iter().zip(&second.0);
    let differing = marking.sites.iter().zip(variants).filter(|(_, (a, b))| a != b).map(|(site, _)| site);
    let comparison = Comparison {
        one,
        other,
        sites: marking.sites.len(),
        differing: differing.clone().count(),
        places,
        moved_words: differing.filter(|site| site.channel == Channel::Layout).count(),
    };
    Ok((release, comparison))
}

fn places(prose: &str, marking: &Marking, one: &Choices, other: &Choices) -> Result<Vec<Difference>> {
    let rendered = marking.render(prose, one).map_err(Error::damaged)?;
    let first = rendered.places.iter().filter(|place| place.occurrence == 0);
    let differing = first.filter(|place| one.0[place.site] != other.0[place.site]);
    let tell = |place: &tellmark_core::Place| {
        let site = &marking.sites[place.site];
        let forms = &site.occurrences[0].forms;
        let (before, after) = around(&rendered.text, &place.range);
        Difference {
            site: site.id,
            channel: site.channel,
            rule: site.rule.clone(),
            before,
            one: forms[usize::from(one.0[place.site])].clone(),
            other: forms[usize::from(other.0[place.site])].clone(),
            after,
            occurrences: site.occurrences.len(),
        }
    };
    Ok(differing.map(tell).collect())
}

/// The words before and behind a place, of its own paragraph, cut between words.
fn around(text: &str, place: &Range<usize>) -> (String, String) {
    let line = |c: char| c == '\n';
    let before = text[..place.start].rsplit(line).next().unwrap_or("");
    let behind = text[place.end..].split(line).next().unwrap_or("");
    let start = before
        .char_indices()
        .rev()
        .nth(CONTEXT_CHARS)
        .map_or(0, |(at, _)| before[at..].find(' ').map_or(at, |space| at + space + 1));
    let end = behind
        .char_indices()
        .nth(CONTEXT_CHARS)
        .map_or(behind.len(), |(at, _)| behind[..at].rfind(' ').unwrap_or(at));
    (before[start..].to_owned(), behind[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::around;

    #[test]
    fn context_is_of_whole_words_and_one_line() {
        let text = format!("Above.\n{}here{}\nBelow.", "word ".repeat(20), " next".repeat(20));
        let at = text.find("here").unwrap();
        let (before, after) = around(&text, &(at..at + 4));
        assert!(before.starts_with("word ") && before.chars().count() <= 48, "{before:?}");
        assert!(after.ends_with("next") && after.chars().count() <= 48, "{after:?}");
        assert_eq!(around("здесь", &(0..2)), (String::new(), "десь".into()));
    }
}
