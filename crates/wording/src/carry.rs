//! Redrafts: a site that the redraft left alone keeps its id, so that every copy keeps its variant.
//!
//! Sites are recognised by their rule, their variants and the words around them, wherever in the text they
//! stand now: a paragraph that moved keeps its sites. Where words around a site are those of another site, any
//! of that site's variants counts as the same word.

use std::collections::{BTreeMap, BTreeSet};

use tellmark_core::{Channel, Marking, Prose, Site, SiteId};

use crate::plan::Plan;

/// How many words before and behind must agree, from the safest to the least safe. One word on both sides, or
/// three on one, is the least: below that two places are two places.
const CONTEXTS: [(usize, usize); 7] = [(12, 12), (6, 6), (3, 3), (2, 2), (4, 0), (0, 4), (1, 1)];

/// What became of the older draft's sites.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Carried {
    /// Sites of the new draft that got their old id back.
    pub kept: Vec<SiteId>,
    /// Sites of the older draft that the new one no longer has.
    pub dropped: Vec<SiteId>,
    /// Sites of the new draft that have an id of its own.
    pub added: Vec<SiteId>,
}

/// Gives each site of the new plan that the redraft left alone the id and the variant order of the older draft.
///
/// It can be called for one ancestor after the other, the nearest first: sites that carry an older id stay as
/// they are, and no id is given twice.
pub fn carry_over(old: &Prose, old_marking: &Marking, new: &Prose, plan: &mut Plan) -> Carried {
    let old_places = places(old, old_marking);
    let new_places = places(new, &plan.marking);
    let mut used: BTreeSet<SiteId> = plan.marking.sites.iter().map(|site| site.id).collect();
    let mut open: BTreeSet<usize> =
        (0..plan.marking.sites.len()).filter(|&i| plan.marking.sites[i].id.origin == plan.origin).collect();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    for (before, behind) in CONTEXTS {
        let free = |i: &usize| !taken.contains(i) && !used.contains(&old_marking.sites[*i].id);
        let candidates: Vec<usize> = (0..old_marking.sites.len()).filter(free).collect();
        let mut by_key: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
        for index in candidates.into_iter().rev() {
            by_key
                .entry(old_places.key(&old_marking.sites[index], index, before, behind))
                .or_default()
                .push(index);
        }
        for index in open.clone() {
            let key = new_places.key(&plan.marking.sites[index], index, before, behind);
            if let Some(old_index) = by_key.get_mut(&key).and_then(Vec::pop) {
                pairs.push((old_index, index));
                taken.insert(old_index);
                open.remove(&index);
            }
        }
    }
    let mut carried = Carried::default();
    for (old_index, index) in pairs {
        let old_site = &old_marking.sites[old_index];
        adopt(&mut plan.marking.sites[index], old_site);
        used.insert(old_site.id);
        carried.kept.push(old_site.id);
    }
    carried.kept.sort_unstable();
    let still = |site: &&Site| !used.contains(&site.id);
    carried.dropped = old_marking.sites.iter().filter(still).map(|site| site.id).collect();
    carried.added = open.into_iter().map(|index| plan.marking.sites[index].id).collect();
    carried
}

type Key = (Channel, String, Vec<String>, Vec<String>, Vec<String>);

/// The words of a text, with each site as one word of its own, and where each site's first occurrence stands.
struct Places {
    words: Vec<String>,
    at: Vec<usize>,
}

fn places(prose: &Prose, marking: &Marking) -> Places {
    let mut words = Vec::new();
    let mut at = vec![0; marking.sites.len()];
    let mut from = 0;
    for edit in marking.edits() {
        let span = edit.span();
        push_words(&prose.text[from..span.start], &mut words);
        match edit {
            tellmark_core::site::Edit::Fixed(fixed) => push_words(&fixed.text, &mut words),
            tellmark_core::site::Edit::Site { site, occurrence, .. } => {
                let entry = &marking.sites[site];
                if occurrence == 0 {
                    at[site] = words.len();
                }
                // Habits are punctuation here and there: they are no words of their neighbours' context.
                if entry.channel != Channel::Style {
                    words.push(format!("\u{0}{}", sorted_forms(entry).join("\u{0}")));
                }
            }
        }
        from = span.end;
    }
    push_words(&prose.text[from..], &mut words);
    Places { words, at }
}

fn push_words(text: &str, words: &mut Vec<String>) {
    let plain = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    words.extend(text.split_whitespace().map(plain).filter(|word| !word.is_empty()));
}

fn sorted_forms(site: &Site) -> Vec<String> {
    let mut forms = site.occurrences.first().map(|o| o.forms.clone()).unwrap_or_default();
    forms.sort_unstable();
    forms
}

impl Places {
    fn key(&self, site: &Site, index: usize, before: usize, behind: usize) -> Key {
        let forms = sorted_forms(site);
        if site.channel == Channel::Style {
            return (site.channel, site.rule.clone(), forms, vec![], vec![]);
        }
        let at = self.at[index];
        let left = self.words[at.saturating_sub(before)..at].to_vec();
        let right =
            self.words[(at + 1).min(self.words.len())..(at + 1 + behind).min(self.words.len())].to_vec();
        (site.channel, site.rule.clone(), forms, left, right)
    }
}

/// Takes over the old id and the old order of variants; `original` says which one the new text shows.
fn adopt(site: &mut Site, old: &Site) {
    let order: Vec<usize> = old.occurrences[0]
        .forms
        .iter()
        .filter_map(|form| site.occurrences[0].forms.iter().position(|own| own == form))
        .collect();
    if order.len() == site.variants() {
        for occurrence in &mut site.occurrences {
            occurrence.forms = order.iter().map(|&from| occurrence.forms[from].clone()).collect();
        }
        site.original = order.iter().position(|&from| from == usize::from(site.original)).unwrap_or(0) as u8;
    }
    site.id = old.id;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, plan};
    use tellmark_core::ReleaseId;

    const OLD: &str = "They {met|convened} in Bern. Everyone agreed to the plan in order to save time.\n\n\
        The dam {stood|was} at 61 percent, and nobody objected. She said that he would come prior to the vote.\n\n\
        Rain {fell|came down} all day on the old bridge.";

    fn drafts(old: &str, new: &str) -> (Marking, Plan, Carried) {
        let options = Options {
            channels: vec![Channel::Wording, Channel::Author, Channel::Style],
            verbatim: None,
            allow_speech: false,
        };
        let (old, new) = (Prose::plain(old), Prose::plain(new));
        let first = plan(&old, ReleaseId([1; 8]), &options).unwrap().marking;
        let mut second = plan(&new, ReleaseId([2; 8]), &options).unwrap();
        let carried = carry_over(&old, &first, &new, &mut second);
        second.marking.validate(&new.text).unwrap();
        (first, second, carried)
    }

    #[test]
    fn an_unchanged_draft_keeps_everything() {
        let (first, second, carried) = drafts(OLD, OLD);
        assert_eq!(first.sites, second.marking.sites);
        assert!(carried.dropped.is_empty() && carried.added.is_empty());
    }

    #[test]
    fn what_moves_or_is_edited_elsewhere_keeps_its_sites() {
        let parts: Vec<&str> = OLD.split("\n\n").collect();
        let moved = format!("{}\n\n{}\n\nA new {{day|morning}} began.\n\n{}", parts[2], parts[1], parts[0]);
        let (first, second, carried) = drafts(OLD, &moved);
        assert_eq!(
            (carried.kept.len(), carried.dropped.len(), carried.added.len()),
            (first.sites.len(), 0, 1)
        );
        let mut ids: Vec<SiteId> = second.marking.sites.iter().map(|site| site.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), second.marking.sites.len());
        let edited = OLD.replace("all day on the old bridge", "for an hour near the mill");
        assert_eq!(drafts(OLD, &edited).2.dropped.len(), 0);
    }

    #[test]
    fn a_variant_taken_over_keeps_the_old_order() {
        let (first, second, _) = drafts(
            OLD,
            &OLD.replace("Everyone agreed", "Everybody agreed").replace("{met|convened}", "{convened|met}"),
        );
        for (old, new) in first.sites.iter().zip(&second.marking.sites) {
            assert_eq!((old.id, &old.occurrences[0].forms), (new.id, &new.occurrences[0].forms));
        }
        let pairs = first.sites.iter().zip(&second.marking.sites);
        assert_eq!(pairs.filter(|(old, new)| old.original != new.original).count(), 2);
    }

    #[test]
    fn no_id_is_given_twice() {
        let parts: Vec<&str> = OLD.split("\n\n").collect();
        let doubled = format!("{OLD}\n\n{}", parts[0]);
        let (first, second, carried) = drafts(OLD, &doubled);
        let ids: BTreeSet<SiteId> = second.marking.sites.iter().map(|site| site.id).collect();
        assert_eq!(ids.len(), second.marking.sites.len());
        assert_eq!(carried.kept.len(), first.sites.len());
    }

    #[test]
    fn what_was_rewritten_is_new() {
        let (_, _, carried) = drafts(
            OLD,
            &OLD.replace("{fell|came down} all day on the old bridge", "{poured|streamed} on roofs"),
        );
        assert_eq!((carried.dropped.len(), carried.added.len()), (1, 1));
    }
}
