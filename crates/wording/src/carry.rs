//! Redrafts: a site that the redraft left alone keeps its id, so that every copy keeps its variant.
//!
//! The words of the two drafts are compared, a site counting as one word whichever of its variants stands there.
//! A site that corresponds to an older one with the same rule and the same variants keeps its id, if it stands in
//! a long run of equal words or among words that are uncommon in the drafts: those that every sentence has say
//! nothing. What moved is recognised by the words around it, an author's choice also by its variants, where both
//! drafts have them once. Habits are known by their rule.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use tellmark_core::site::Edit;
use tellmark_core::{Channel, Marking, Prose, Site, SiteId};

use crate::diff;
use crate::plan::Plan;

/// So many words around a site are looked at for those that it shares with the older one, on either side.
const AROUND: usize = 8;
/// So many uncommon words must be among them.
const SHARED_MIN: usize = 2;
/// A word is uncommon when it is at most this part of a draft, 1 over it, or stands there at most so often.
const COMMON_PART: usize = 200;
const UNCOMMON: usize = 3;
/// A site in a run of so many equal words is the same whatever the words are.
const RUN: usize = 24;
/// How many words before and behind must agree for a site that moved, from the safest to the least safe.
const CONTEXTS: [(usize, usize); 5] = [(8, 8), (3, 3), (2, 2), (4, 0), (0, 4)];

/// What became of the older draft's sites.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Carried {
    /// Sites of the new draft that got their old id back.
    pub kept: Vec<SiteId>,
    /// Those of them at which the new draft shows another variant than the older one did.
    pub deviating: Vec<SiteId>,
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
    let mut words = Words::default();
    let old_stream = words.stream(old, old_marking);
    let new_stream = words.stream(new, &plan.marking);
    let mut pairing = Pairing::new(old_marking, plan);
    pairing.by_habit(old_marking, &plan.marking);
    let kinship = Kinship::new(&old_stream, &new_stream, &plan.marking);
    pairing.by_diff(&kinship);
    pairing.by_key(|index| old_stream.sentence(index), |index| new_stream.sentence(index), |_, _| true);
    for (before, behind) in CONTEXTS {
        let (old, new) = (&old_stream, &new_stream);
        pairing.by_key(
            |index| old.context(index, before, behind),
            |index| new.context(index, before, behind),
            |a, b| kinship.is_akin(a, b),
        );
    }
    pairing.by_choice(&kinship);
    let mut carried = Carried::default();
    for (&new_site, &old_site) in &pairing.pairs {
        let older = &old_marking.sites[old_site];
        let site = &mut plan.marking.sites[new_site];
        adopt(site, older);
        carried.kept.push(older.id);
        if site.original != older.original {
            carried.deviating.push(older.id);
        }
    }
    carried.kept.sort_unstable();
    carried.deviating.sort_unstable();
    let present: BTreeSet<SiteId> = plan.marking.sites.iter().map(|site| site.id).collect();
    let gone = old_marking.sites.iter().filter(|site| !present.contains(&site.id));
    carried.dropped = gone.map(|site| site.id).collect();
    let own = plan.marking.sites.iter().filter(|site| site.id.origin == plan.origin);
    carried.added = own.map(|site| site.id).collect();
    carried
}

/// Which old site each new one continues, as far as it is known.
struct Pairing {
    /// By the new site's index.
    pairs: BTreeMap<usize, usize>,
    /// Old sites that are still to be given.
    old_open: BTreeSet<usize>,
    /// New sites that have no older id yet.
    new_open: BTreeSet<usize>,
}

impl Pairing {
    fn new(old: &Marking, plan: &Plan) -> Pairing {
        let used: BTreeSet<SiteId> = plan.marking.sites.iter().map(|site| site.id).collect();
        let is_own = |index: &usize| plan.marking.sites[*index].id.origin == plan.origin;
        Pairing {
            pairs: BTreeMap::new(),
            old_open: (0..old.sites.len()).filter(|&i| !used.contains(&old.sites[i].id)).collect(),
            new_open: (0..plan.marking.sites.len()).filter(is_own).collect(),
        }
    }

    fn pair(&mut self, old: usize, new: usize) {
        if self.old_open.contains(&old) && self.new_open.remove(&new) {
            self.old_open.remove(&old);
            self.pairs.insert(new, old);
        }
    }

    /// A habit is one site a document.
    fn by_habit(&mut self, old: &Marking, new: &Marking) {
        for index in self.new_open.clone() {
            let site = &new.sites[index];
            let same = |other: &usize| {
                let other = &old.sites[*other];
                other.channel == Channel::Style
                    && other.rule == site.rule
                    && other.variants() == site.variants()
            };
            if site.channel == Channel::Style
                && let Some(other) = self.old_open.iter().copied().find(same)
            {
                self.pair(other, index);
            }
        }
    }

    fn by_diff(&mut self, kinship: &Kinship<'_>) {
        let (old, new) = (kinship.old, kinship.new);
        let matches = diff::matches(&old.words, &new.words);
        for run in matches.chunk_by(|(i, j), next| (i + 1, j + 1) == *next) {
            for (i, j) in run {
                if let (Some(&a), Some(&b)) = (old.site_at.get(i), new.site_at.get(j))
                    && (run.len() > RUN || kinship.is_akin(a, b))
                {
                    self.pair(a, b);
                }
            }
        }
    }

    /// Pairs the sites whose surroundings are equal, in the order of the texts, where `holds` says so of both.
    fn by_key(
        &mut self,
        old: impl Fn(usize) -> Option<Vec<u32>>,
        new: impl Fn(usize) -> Option<Vec<u32>>,
        holds: impl Fn(usize, usize) -> bool,
    ) {
        let mut by_key: HashMap<Vec<u32>, VecDeque<usize>> = HashMap::new();
        for &index in &self.old_open {
            if let Some(key) = old(index) {
                by_key.entry(key).or_default().push_back(index);
            }
        }
        for index in self.new_open.clone() {
            let Some(candidates) = new(index).and_then(|key| by_key.get_mut(&key)) else { continue };
            if let Some(other) = candidates.iter().position(|&other| holds(other, index)) {
                candidates.remove(other).into_iter().for_each(|other| self.pair(other, index));
            }
        }
    }

    /// An author's choice whose variants both drafts have once.
    fn by_choice(&mut self, kinship: &Kinship<'_>) {
        let by_word: HashMap<u32, usize> =
            self.old_open.iter().map(|&index| (kinship.old.word_of(index), index)).collect();
        for index in self.new_open.clone() {
            let other = by_word.get(&kinship.new.word_of(index));
            if let Some(&other) = other.filter(|_| kinship.is_only(index)) {
                self.pair(other, index);
            }
        }
    }
}

/// What two drafts have in common, by which their sites are told apart.
struct Kinship<'a> {
    old: &'a Stream,
    new: &'a Stream,
    marking: &'a Marking,
    /// How often each word stands in the older and in the new draft.
    counts: HashMap<u32, (usize, usize)>,
}

impl Kinship<'_> {
    fn new<'a>(old: &'a Stream, new: &'a Stream, marking: &'a Marking) -> Kinship<'a> {
        let mut counts: HashMap<u32, (usize, usize)> = HashMap::new();
        old.words.iter().for_each(|&word| counts.entry(word).or_default().0 += 1);
        new.words.iter().for_each(|&word| counts.entry(word).or_default().1 += 1);
        Kinship { old, new, marking, counts }
    }

    /// Whether both drafts have the new site's variants once, by an author's choice.
    fn is_only(&self, new: usize) -> bool {
        let authored = self.marking.sites[new].channel == Channel::Author;
        authored && self.counts.get(&self.new.word_of(new)) == Some(&(1, 1))
    }

    fn is_uncommon(&self, word: u32) -> bool {
        let most = |words: usize| UNCOMMON.max(words / COMMON_PART);
        let (old, new) = self.counts.get(&word).copied().unwrap_or_default();
        old <= most(self.old.words.len()) && new <= most(self.new.words.len())
    }

    /// Whether two sites stand among the same uncommon words, or are the only ones with their variants.
    fn is_akin(&self, old: usize, new: usize) -> bool {
        if self.is_only(new) {
            return true;
        }
        let own: BTreeSet<u32> =
            self.new.around(new).iter().copied().filter(|&word| self.is_uncommon(word)).collect();
        let near: BTreeSet<u32> = self.old.around(old).iter().copied().collect();
        let own_word = self.new.word_of(new);
        own.iter().filter(|&&word| word != own_word && near.contains(&word)).count() >= SHARED_MIN
    }
}

/// Numbers for words, the same in both drafts.
#[derive(Default)]
struct Words {
    numbers: HashMap<String, u32>,
}

/// The words of a text, with each site but habits as one word of its own.
struct Stream {
    words: Vec<u32>,
    /// Where each site stands; of a habit, nowhere.
    at: Vec<Option<usize>>,
    site_at: HashMap<usize, usize>,
    /// Where sentences begin, roughly: behind words with a stop.
    begins: Vec<usize>,
}

impl Words {
    fn number(&mut self, word: String) -> u32 {
        let next = self.numbers.len() as u32;
        *self.numbers.entry(word).or_insert(next)
    }

    fn push(&mut self, text: &str, stream: &mut Stream) {
        for word in text.split_whitespace() {
            let plain = word.trim_matches(|c: char| !c.is_alphanumeric());
            if !plain.is_empty() {
                stream.words.push(self.number(plain.to_lowercase()));
            }
            if word.trim_end_matches(['"', '”', '’', ')']).ends_with(['.', '!', '?', ':']) {
                stream.begins.push(stream.words.len());
            }
        }
    }

    fn stream(&mut self, prose: &Prose, marking: &Marking) -> Stream {
        let at = vec![None; marking.sites.len()];
        let mut stream = Stream { words: vec![], at, site_at: HashMap::new(), begins: vec![0] };
        let mut from = 0;
        for edit in marking.edits() {
            let span = edit.span();
            // A marking of another text is no reason to fall over: what does not fit is left out.
            self.push(prose.text.get(from..span.start).unwrap_or(""), &mut stream);
            match edit {
                Edit::Fixed(fixed) => self.push(&fixed.text, &mut stream),
                Edit::Site { site, occurrence, .. } if marking.sites[site].channel != Channel::Style => {
                    let entry = &marking.sites[site];
                    if occurrence == 0 {
                        stream.at[site] = Some(stream.words.len());
                        stream.site_at.insert(stream.words.len(), site);
                    }
                    let word = self.number(format!("\0{}\0{}", entry.rule, folded(entry).join("\0")));
                    stream.words.push(word);
                }
                Edit::Site { at, .. } => {
                    self.push(prose.text.get(at.span.clone()).unwrap_or(""), &mut stream)
                }
            }
            from = span.end;
        }
        self.push(prose.text.get(from..).unwrap_or(""), &mut stream);
        stream
    }
}

impl Stream {
    /// The number of the word that a site is; habits share one that no word has.
    fn word_of(&self, site: usize) -> u32 {
        self.at[site].map_or(u32::MAX, |at| self.words[at])
    }

    /// The words around a site; of a habit, none.
    fn around(&self, site: usize) -> &[u32] {
        let range = |at: usize| at.saturating_sub(AROUND)..(at + 1 + AROUND).min(self.words.len());
        self.at[site].and_then(|at| self.words.get(range(at))).unwrap_or_default()
    }

    /// A site with the words around it; `None` for habits and where the text has too few words.
    fn context(&self, site: usize, before: usize, behind: usize) -> Option<Vec<u32>> {
        let at = self.at[site]?;
        let range = at.checked_sub(before)?..(at + 1 + behind);
        self.words.get(range).map(<[u32]>::to_vec)
    }

    /// A site with its whole sentence and its place in it; `None` for habits and in very long sentences.
    fn sentence(&self, site: usize) -> Option<Vec<u32>> {
        const WORDS_MAX: usize = 80;
        let at = self.at[site]?;
        let next = self.begins.partition_point(|&begin| begin <= at);
        let begin = self.begins.get(next.checked_sub(1)?)?;
        let end = self.begins.get(next).copied().unwrap_or(self.words.len());
        let words = self.words.get(*begin..end).filter(|words| (2..=WORDS_MAX).contains(&words.len()))?;
        Some(words.iter().copied().chain([(at - begin) as u32]).collect())
    }
}

/// A site's variants without regard to case and order, where that keeps them apart.
fn folded(site: &Site) -> Vec<String> {
    let mut forms = lower_forms(site);
    forms.sort_unstable();
    forms
}

fn lower_forms(site: &Site) -> Vec<String> {
    let forms = site.occurrences.first().map_or(&[][..], |occurrence| &occurrence.forms);
    let lower: Vec<String> = forms.iter().map(|form| form.to_lowercase().replace('’', "'")).collect();
    let distinct: BTreeSet<&String> = lower.iter().collect();
    if distinct.len() == lower.len() { lower } else { forms.to_vec() }
}

/// Takes over the old id and the old order of variants; `original` says which one the new text shows.
fn adopt(site: &mut Site, old: &Site) {
    let own = lower_forms(site);
    let wanted = lower_forms(old);
    let order: Vec<usize> =
        wanted.iter().filter_map(|form| own.iter().position(|other| other == form)).collect();
    // The variants of a habit are in the order of its rule already; their spelling may depend on the place.
    if order.len() == site.variants() && site.channel != Channel::Style {
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

    const OLD: &str = "They {met|convened} in Bern. Moreover, they agreed early in order to save time.\n\n\
        The dam {stood|was} at 61 percent, as long as they were watched. She said that he would come prior to the vote.\n\n\
        Rain {fell|came down} all day on the old bridge.";

    fn drafts(old: &str, new: &str) -> (Marking, Plan, Carried) {
        let options = Options {
            channels: vec![Channel::Wording, Channel::Author, Channel::Style],
            ..Options::default()
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
            &OLD.replace("Moreover, they", "Furthermore, they").replace("{met|convened}", "{convened|met}"),
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
    fn a_sentence_that_moves_into_another_place_keeps_its_sites() {
        let old = "They left early in order to save time. Moreover, they slept.";
        let new = "Moreover, they slept. In order to save time, they left early.";
        let (first, second, carried) = drafts(old, new);
        assert_eq!(carried.kept.len(), 2, "{first:?} {second:?}");
        assert_eq!(second.marking.sites[1].occurrences[0].forms, ["In order to", "To"]);
    }

    /// Sentences of one mould with the same choice: those that were written anew get sites of their own.
    #[test]
    fn sentences_of_one_mould_are_not_taken_for_each_other() {
        let sentence = |place: &str, day: u32, end: &str| {
            format!(
                "On day {day} the delegation of {place}{day} {{agreed|consented}} to the text that the chair had \
                 laid before {end}."
            )
        };
        let draft = |place: &str, first: u32, end: &str| -> Vec<String> {
            (first..first + 40).map(|day| sentence(place, day, end)).collect()
        };
        let (old, new) = (draft("Aland", 1, "it"), draft("Borland", 51, "it"));
        let (_, _, anew) = drafts(&old.join(" "), &new.join(" "));
        assert_eq!((anew.kept.len(), anew.dropped.len(), anew.added.len()), (0, 40, 40));
        // The same ones in another order, edited, with new ones between.
        let edited = draft("Aland", 1, "them");
        let mixed: Vec<&str> = new.iter().zip(edited.iter().rev()).flat_map(|(a, b)| [&**a, &**b]).collect();
        let (first, second, moved) = drafts(&old.join(" "), &mixed.join(" "));
        assert_eq!((moved.kept.len(), moved.added.len()), (40, 40));
        assert_eq!(second.marking.sites[79].id, first.sites[0].id);
    }

    #[test]
    fn what_was_rewritten_is_new() {
        let (_, _, carried) = drafts(
            OLD,
            &OLD.replace("{fell|came down} all day on the old bridge", "{poured|streamed} on roofs"),
        );
        assert_eq!((carried.dropped.len(), carried.added.len()), (1, 1));
    }

    /// A draft of numbered words with a choice after every seventh.
    fn draft(words: &[u32]) -> String {
        let mut text = String::new();
        for (index, word) in words.iter().enumerate() {
            text.push_str(&format!("w{word} "));
            if index % 7 == 6 {
                text.push_str(&format!("{{a{index}|b{index}}} "));
            }
        }
        text
    }

    proptest::proptest! {
        #[test]
        fn edits_outside_sites_change_no_site(
            words in proptest::collection::vec(0_u32..50, 20..150),
            edits in proptest::collection::vec((0_usize..300, 0_u8..3), 0..20),
        ) {
            let old = draft(&words);
            let mut tokens: Vec<String> = old.split_whitespace().map(str::to_owned).collect();
            for (place, kind) in edits {
                let place = place % tokens.len();
                if tokens[place].starts_with('{') {
                    continue;
                }
                match kind {
                    0 => tokens[place] = "other".into(),
                    1 => tokens.insert(place, "new".into()),
                    _ => tokens[place] = String::new(),
                }
            }
            let (first, second, carried) = drafts(&old, &tokens.join(" "));
            proptest::prop_assert_eq!(&carried.dropped, &Vec::<SiteId>::new());
            for (old, new) in first.sites.iter().zip(&second.marking.sites) {
                proptest::prop_assert_eq!(old.id, new.id);
                proptest::prop_assert_eq!(&old.occurrences[0].forms, &new.occurrences[0].forms);
            }
        }
    }
}
