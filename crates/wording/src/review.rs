//! What a person decided about the sites of a document. The file that holds it is specified in `docs/formats/sites.md`.
//!
//! A decision knows its place by the words around, so that it holds in the next draft where those stay.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use tellmark_core::{Channel, Prose, Site, limits, text};

use crate::author::{Authored, Choice, POINT};
use crate::{Error, author, rules};

/// The rule of a site that a person added by a review file.
pub const BY_HAND: &str = "by-hand";
/// The rule of a site that a model suggested and a person accepted.
pub const SUGGESTED: &str = "suggested";
/// The rules of sites that no rule finds.
pub(crate) const ADDED: [&str; 3] = [BY_HAND, SUGGESTED, POINT];
/// Words around a place that are told on either side.
const CONTEXT_WORDS: usize = 6;

/// All decisions about a document. With one, only sites that it accepts are used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// One for each site that was looked at.
    pub sites: Vec<Decision>,
    /// Passages that no copy shows differently, in their own words.
    pub locks: Vec<String>,
}

/// What was decided about one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What was decided.
    pub verdict: Verdict,
    /// The site's rule; [`BY_HAND`], [`SUGGESTED`] and [`POINT`] are sites that no rule finds.
    pub rule: String,
    /// Where it is.
    pub quote: Quote,
    /// Its variants; what the document says is one of them. None: those of the rule.
    pub variants: Vec<String>,
}

/// What a person said of a site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nobody has looked: it is not used.
    #[default]
    Open,
    /// It is used.
    Accept,
    /// The wording is not wanted, here and in other documents.
    Reject,
    /// Not here; elsewhere it may be.
    Leave,
}

/// A place by its words.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Quote {
    /// Words before it, of its own paragraph, with single spaces.
    pub before: String,
    /// The document's own wording, as it stands there; of a habit, that of its first place.
    pub found: String,
    /// Words behind it.
    pub after: String,
}

/// A wording that a person does not want, by the rule that offers it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rejection {
    /// The rule.
    pub rule: String,
    /// What stands in the document, in lower case.
    pub wording: String,
}

impl Rejection {
    /// The rejection of what a rule offers for a wording.
    pub fn new(rule: &str, found: &str) -> Rejection {
        let words: Vec<&str> = found.split_whitespace().collect();
        Rejection { rule: rule.to_owned(), wording: words.join(" ").to_lowercase() }
    }
}

/// A site that can be decided about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The channel.
    pub channel: Channel,
    /// The rule.
    pub rule: String,
    /// Why its variants mean the same; empty for what a person added.
    pub reason: &'static str,
    /// Whether it is used only where somebody accepted it.
    pub second_look: bool,
    /// Where it is.
    pub quote: Quote,
    /// The line of the raw text, from 1.
    pub line: usize,
    /// At how many places it shows.
    pub places: usize,
    /// The variants that it has, an editor's own among them.
    pub variants: Vec<String>,
    /// What the review says of it.
    pub verdict: Verdict,
    /// Whether the document has the place.
    pub stands: Stands,
}

/// Whether a decision's place is in the document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stands {
    /// It is.
    #[default]
    Here,
    /// No site of its rule has its words: the document was changed, or they are misspelt.
    Nowhere,
    /// Its words fit several sites, or another decision fits the same: it must have more of the words around.
    Unclear,
}

impl Quote {
    /// The place of a range of the raw text.
    pub fn of(prose: &Prose, range: &Range<usize>) -> Quote {
        let (before, after) = around(prose, range);
        let first = before.len().saturating_sub(CONTEXT_WORDS);
        Quote {
            before: before[first..].join(" "),
            found: prose.text.get(range.clone()).unwrap_or_default().to_owned(),
            after: after[..after.len().min(CONTEXT_WORDS)].join(" "),
        }
    }

    /// With single spaces around its place.
    fn spaced(&self) -> Quote {
        let spaced = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        Quote { before: spaced(&self.before), found: self.found.clone(), after: spaced(&self.after) }
    }

    /// Whether the words around a place end and begin as these do.
    fn fits(&self, left: &[&str], right: &[&str]) -> bool {
        let before: Vec<&str> = self.before.split_whitespace().collect();
        let after: Vec<&str> = self.after.split_whitespace().collect();
        left.ends_with(&before) && right.starts_with(&after)
    }

    /// Where in the raw text it is.
    ///
    /// # Errors
    /// Why it is not one place.
    fn locate(&self, prose: &Prose) -> Result<Range<usize>, &'static str> {
        if self.found.is_empty() {
            return Err("no words are given that stand in the document; write them as `found`");
        }
        let fits = |range: &Range<usize>| {
            let (left, right) = around(prose, range);
            self.fits(&left, &right)
        };
        let all = prose.text.match_indices(&self.found).map(|(at, found)| at..at + found.len());
        let mut places = all.filter(fits);
        match (places.next(), places.next()) {
            (Some(place), None) => Ok(place),
            (None, _) => {
                Err("these words do not stand in the document; it was changed, or they are misspelt")
            }
            _ => Err("these words stand at several places; give more of the words before or behind them"),
        }
    }
}

/// The words of a place's block before and behind it.
fn around<'p>(prose: &'p Prose, range: &Range<usize>) -> (Vec<&'p str>, Vec<&'p str>) {
    let block = prose.block_at(range.start).map_or(0..prose.text.len(), |block| block.range.clone());
    let words = |range: Range<usize>| prose.text.get(range).unwrap_or_default().split_whitespace().collect();
    (words(block.start.min(range.start)..range.start), words(range.end..block.end.max(range.end)))
}

impl Review {
    /// Adds what no rule finds, and the locks, to what the author marked in the text.
    pub(crate) fn add_to(&self, prose: &Prose, authored: &mut Authored) -> Result<(), Error> {
        let added = self.sites.iter().filter(|site| site.is_added() && site.verdict == Verdict::Accept);
        for decision in added {
            let wrong = |why| Error::Review { shown: decision.quote.found.clone(), why };
            let span = decision.quote.locate(prose).map_err(wrong)?;
            let others = decision.variants.iter().filter(|form| **form != decision.quote.found);
            let forms: Vec<String> = std::iter::once(&decision.quote.found).chain(others).cloned().collect();
            checked(&decision.quote.found, &forms).map_err(wrong)?;
            if !prose.is_markable(&span) || prose.has_seam_inside(&span) {
                return Err(wrong(
                    "the place reaches into code, an address or another format; choose fewer words",
                ));
            }
            authored.choices.push(Choice { span, forms, rule: decision.rule.clone() });
        }
        for passage in &self.locks {
            let quote = Quote { found: passage.clone(), ..Quote::default() };
            let wrong = |why| Error::Review { shown: passage.clone(), why };
            authored.locked.push(quote.locate(prose).map_err(wrong)?);
        }
        authored.choices.sort_by_key(|choice| choice.span.start);
        authored.locked.sort_by_key(|range| range.start);
        // One inside another, or beside it, is one.
        authored.locked.dedup_by(|next, last| {
            let touches = next.start <= last.end;
            last.end = if touches { last.end.max(next.end) } else { last.end };
            touches
        });
        let overlapping = authored.choices.windows(2).find(|pair| pair[1].span.start < pair[0].span.end);
        if let Some(pair) = overlapping {
            let shown = prose.text.get(pair[1].span.clone()).unwrap_or_default().to_owned();
            return Err(Error::Review {
                shown,
                why: "the place overlaps another one; remove one of the two",
            });
        }
        let in_lock = |choice: &&Choice| {
            authored.locked.iter().any(|lock| choice.span.start < lock.end && lock.start < choice.span.end)
        };
        match authored.choices.iter().find(in_lock) {
            None => Ok(()),
            Some(choice) => Err(Error::Review {
                shown: prose.text.get(choice.span.clone()).unwrap_or_default().to_owned(),
                why: "the place stands in a locked passage, which no copy shows differently; remove one of the two",
            }),
        }
    }

    /// The passages that no copy shows differently, in bytes of the raw text: those locked here and, in the text, by the author.
    ///
    /// # Errors
    /// When the author's marks cannot be understood, or a lock does not stand at one place.
    pub fn locked(&self, prose: &Prose) -> Result<Vec<Range<usize>>, Error> {
        let mut authored = author::parse(prose)?;
        let locks = Review { sites: Vec::new(), locks: self.locks.clone() };
        locks.add_to(prose, &mut authored)?;
        Ok(authored.locked)
    }

    /// Where the sites are that no rule finds and that were accepted, or wait, as far as they stand at one place.
    pub fn added(&self, prose: &Prose) -> Vec<Range<usize>> {
        let waits = |site: &&Decision| matches!(site.verdict, Verdict::Accept | Verdict::Open);
        let added = self.sites.iter().filter(|site| site.is_added()).filter(waits);
        added.filter_map(|site| site.quote.locate(prose).ok()).collect()
    }

    /// What is said of each site that a rule or a habit made, and what becomes of what is said of none.
    fn matched(&self, prose: &Prose, quotes: &[(&Site, Quote)]) -> Matched {
        let mut matched =
            Matched { found: vec![None; quotes.len()], stands: vec![Stands::Here; self.sites.len()] };
        let mut used: Vec<bool> = self.sites.iter().map(Decision::is_added).collect();
        for level in [Level::Whole, Level::Given, Level::Before, Level::After, Level::Rule] {
            if level == Level::Given {
                self.match_given(prose, quotes, &mut matched, &mut used);
                continue;
            }
            let mut open: BTreeMap<(&str, Quote), Vec<usize>> = BTreeMap::new();
            for index in (0..self.sites.len()).filter(|&index| !used[index]) {
                let site = &self.sites[index];
                open.entry((&site.rule, level.part(&site.quote.spaced()))).or_default().push(index);
            }
            let mut places: BTreeMap<(&str, Quote), Vec<usize>> = BTreeMap::new();
            for (place, (site, quote)) in quotes.iter().enumerate() {
                let fits = level != Level::Rule || site.channel == Channel::Style;
                if matched.found[place].is_none() && fits {
                    places.entry((&site.rule, level.part(quote))).or_default().push(place);
                }
            }
            for (key, places) in places {
                let decisions = open.get(&key).map_or(&[][..], Vec::as_slice);
                // Of places that are alike one went or came: what was refused at one of them must not be done there.
                let differ = |index: &usize| {
                    let (one, first) = (&self.sites[*index], &self.sites[decisions[0]]);
                    one.verdict != first.verdict || one.variants != first.variants
                };
                if level == Level::Whole && places.len() != decisions.len() && decisions.iter().any(differ) {
                    for &decision in decisions {
                        matched.stands[decision] = Stands::Unclear;
                        used[decision] = true;
                    }
                    continue;
                }
                // Where fewer words are compared, only what is unique is the same place.
                if level != Level::Whole && (places.len() != 1 || decisions.len() != 1) {
                    continue;
                }
                for (&place, &decision) in places.iter().zip(decisions) {
                    matched.found[place] = Some(decision);
                    used[decision] = true;
                }
            }
        }
        for index in (0..self.sites.len()).filter(|&index| !used[index]) {
            if matched.stands[index] == Stands::Here {
                matched.stands[index] = Stands::Nowhere;
            }
        }
        matched
    }

    /// Decisions that give fewer words around their place, or more, than is told: they are of the one site that stands in these
    /// words.
    fn match_given(
        &self,
        prose: &Prose,
        quotes: &[(&Site, Quote)],
        matched: &mut Matched,
        used: &mut [bool],
    ) {
        let mut open: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for index in (0..self.sites.len()).filter(|&index| !used[index]) {
            let site = &self.sites[index];
            open.entry((&site.rule, &site.quote.found)).or_default().push(index);
        }
        if open.is_empty() {
            return;
        }
        let mut sites_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, (site, quote)) in quotes.iter().enumerate() {
            let decisions = open.get(&(site.rule.as_str(), quote.found.as_str()));
            let Some(decisions) = decisions.filter(|_| matched.found[place].is_none()) else { continue };
            let Some(first) = site.occurrences.first() else { continue };
            let (left, right) = around(prose, &first.span);
            for &index in decisions {
                if self.sites[index].quote.fits(&left, &right) {
                    sites_of.entry(index).or_default().push(place);
                }
            }
        }
        // A decision that fits several sites is of none, and takes none from the others.
        let mut decisions_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (&index, places) in &sites_of {
            match places[..] {
                [place] => decisions_of.entry(place).or_default().push(index),
                _ => matched.stands[index] = Stands::Unclear,
            }
        }
        for (place, decisions) in decisions_of {
            match decisions[..] {
                [index] => {
                    matched.found[place] = Some(index);
                    used[index] = true;
                }
                _ => decisions.iter().for_each(|&index| matched.stands[index] = Stands::Unclear),
            }
        }
    }

    /// Leaves the sites that are accepted, with their variants as they were edited; says of how many nobody decided, and which
    /// decisions are of no site.
    pub(crate) fn keep_accepted(&self, prose: &Prose, sites: &mut Vec<Site>) -> Result<Vec<String>, Error> {
        let quotes: Vec<(&Site, Quote)> = sites.iter().map(|site| (site, quote_of(prose, site))).collect();
        let Matched { found, stands } = self.matched(prose, &quotes);
        let verdict =
            |decision: &Option<usize>| decision.map_or(Verdict::Open, |index| self.sites[index].verdict);
        let added = self.sites.iter().filter(|site| site.is_added()).map(|site| site.verdict);
        let open = found.iter().map(verdict).chain(added).filter(|&verdict| verdict == Verdict::Open).count();
        let mut notes = Vec::new();
        if open > 0 {
            notes.push(format!(
                "places that nobody has decided about are not used: {open}; `tellmark review` shows them"
            ));
        }
        for (which, why) in [
            (
                Stands::Nowhere,
                "no site of their rule has their words (was the document changed, or are they misspelt?)",
            ),
            (
                Stands::Unclear,
                "their words fit several sites, or one site twice (give more of the words around)",
            ),
        ] {
            let of: Vec<&Decision> = (0..stands.len())
                .filter(|&index| stands[index] == which && self.sites[index].verdict == Verdict::Accept)
                .map(|index| &self.sites[index])
                .collect();
            if let Some(first) = of.first() {
                let shown: String = first.quote.found.chars().take(SHOWN_CHARS).collect();
                notes.push(format!(
                    "accepted places that are not used, since {why}: {}; the first is {shown:?} ({})",
                    of.len(),
                    first.rule
                ));
            }
        }
        let decided = quotes.into_iter().zip(found).filter_map(|((site, quote), decision)| {
            let decision = &self.sites[decision?];
            (decision.verdict == Verdict::Accept).then(|| edited(site.clone(), &quote, decision))
        });
        *sites = decided.collect::<Result<_, _>>()?;
        Ok(notes)
    }

    /// All sites that can be decided about, with what was decided: those of rules and habits, then what people added, then what
    /// was decided about places that the document does not have now.
    pub(crate) fn candidates(&self, prose: &Prose, sites: &[Site], rejected: &[Rejection]) -> Vec<Candidate> {
        let quotes: Vec<(&Site, Quote)> = sites.iter().map(|site| (site, quote_of(prose, site))).collect();
        let Matched { found, stands } = self.matched(prose, &quotes);
        let line = |at: usize| prose.text[..at].bytes().filter(|&byte| byte == b'\n').count() + 1;
        let own = quotes.into_iter().zip(found).map(|((site, quote), decision)| {
            let decision = decision.map(|index| &self.sites[index]);
            let rule = rules::all().find(|rule| rule.name == site.rule);
            let edited = decision.filter(|decision| {
                !decision.variants.is_empty() && !is_elsewhere_first(site, &quote, decision)
            });
            let forms = || site.occurrences.first().map(|at| at.forms.clone()).unwrap_or_default();
            let is_rejected = rejected.contains(&Rejection::new(&site.rule, &quote.found));
            let undecided = if is_rejected { Verdict::Reject } else { Verdict::Open };
            Candidate {
                channel: site.channel,
                rule: site.rule.clone(),
                reason: rule.map_or(HABIT, |rule| rule.reason),
                second_look: rule.is_some_and(rules::Rule::needs_second_look),
                line: line(site.occurrences.first().map_or(0, |at| at.span.start)),
                places: site.occurrences.len(),
                variants: edited.map_or_else(forms, |decision| decision.variants.clone()),
                verdict: decision.map_or(undecided, |decision| decision.verdict),
                stands: Stands::Here,
                quote,
            }
        });
        let added = self.sites.iter().filter(|site| site.is_added()).map(|site| Candidate {
            channel: Channel::Author,
            rule: site.rule.clone(),
            reason: "",
            second_look: true,
            line: site.quote.locate(prose).map_or(0, |range| line(range.start)),
            places: 1,
            variants: site.variants.clone(),
            verdict: site.verdict,
            stands: Stands::Here,
            quote: site.quote.clone(),
        });
        // What nobody decided is no loss.
        let gone = self
            .sites
            .iter()
            .zip(&stands)
            .filter(|(site, stands)| **stands != Stands::Here && site.verdict != Verdict::Open);
        let gone = gone.map(|(site, &stands)| Candidate {
            channel: Channel::Wording,
            rule: site.rule.clone(),
            reason: "",
            second_look: false,
            line: 0,
            places: 0,
            variants: site.variants.clone(),
            verdict: site.verdict,
            stands,
            quote: site.quote.clone(),
        });
        own.chain(added).chain(gone).collect()
    }
}

/// Characters of a place that a note shows.
const SHOWN_CHARS: usize = 60;

/// What decisions are about.
struct Matched {
    /// By site, the decision.
    found: Vec<Option<usize>>,
    /// By decision, whether it is of a site.
    stands: Vec<Stands>,
}

/// Why the variants of a habit mean the same.
const HABIT: &str = "one way of writing, chosen once for the whole document";

/// How much of a quotation is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Whole,
    Given,
    Before,
    After,
    Rule,
}

impl Level {
    fn part(self, quote: &Quote) -> Quote {
        let mut part = quote.clone();
        match self {
            Level::Whole | Level::Given => {}
            Level::Before => part.after.clear(),
            Level::After => part.before.clear(),
            Level::Rule => part = Quote::default(),
        }
        part
    }
}

impl Decision {
    /// Whether no rule finds the site.
    pub fn is_added(&self) -> bool {
        ADDED.contains(&self.rule.as_str())
    }
}

/// The place of a site's first occurrence.
fn quote_of(prose: &Prose, site: &Site) -> Quote {
    site.occurrences.first().map_or_else(Quote::default, |first| Quote::of(prose, &first.span))
}

/// A site with the variants that a person gave it.
fn edited(mut site: Site, quote: &Quote, decision: &Decision) -> Result<Site, Error> {
    let same = site.occurrences.first().is_some_and(|first| first.forms == decision.variants);
    if decision.variants.is_empty() || same {
        return Ok(site);
    }
    let wrong = |why| Error::Review { shown: quote.found.clone(), why };
    if is_elsewhere_first(&site, quote, decision) {
        return Ok(site);
    }
    if site.channel == Channel::Style {
        return Err(wrong(
            "the variants of a habit cannot be edited, since they show at several places; accept it or leave it",
        ));
    }
    if site.occurrences.len() > 1 {
        return Err(wrong(
            "this place stands in both parts of the message, and its variants cannot be edited; accept it or leave it",
        ));
    }
    checked(&quote.found, &decision.variants).map_err(wrong)?;
    let original = decision.variants.iter().position(|form| *form == quote.found);
    site.original = original.unwrap_or_default() as u8;
    site.occurrences.iter_mut().for_each(|at| at.forms.clone_from(&decision.variants));
    Ok(site)
}

/// Whether a habit shows first at another place than when it was decided about: then its forms are others, and nobody edited
/// them.
fn is_elsewhere_first(site: &Site, quote: &Quote, decision: &Decision) -> bool {
    site.channel == Channel::Style && quote.found != decision.quote.found
}

/// Whether these can be the variants of a place.
fn checked(found: &str, forms: &[String]) -> Result<(), &'static str> {
    if !forms.iter().any(|form| form == found) {
        return Err("what the document says is not among the variants; put it there");
    }
    if !(2..=limits::VARIANTS_MAX).contains(&forms.len()) {
        return Err("a site has 2 to 16 variants");
    }
    if forms.iter().any(|form| form.len() > limits::VARIANT_BYTES_MAX) {
        return Err("a variant is longer than 4,096 bytes; shorten it");
    }
    if (1..forms.len()).any(|b| forms[..b].contains(&forms[b])) {
        return Err("two variants are the same; change or remove one");
    }
    if forms.iter().any(|form| form.contains(['\n', '\r'])) && !found.contains('\n') {
        return Err("a variant breaks the line, which its place does not; write it on one line");
    }
    if forms.iter().any(|form| form.chars().any(|c| text::is_unseen(c) && !found.contains(c))) {
        return Err("a variant has a control character or one that nobody sees; type it again");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, candidates, plan};
    use tellmark_core::ReleaseId;

    const TEXT: &str = "They spoke last week in order to prepare the talks in Bern. They wrote on Monday in order to \
                        invite the three delegations, and some thirty people came.";

    fn options(review: Option<Review>) -> Options {
        Options { channels: vec![Channel::Wording, Channel::Author], review, ..Options::default() }
    }

    fn decisions(text: &str, verdict: Verdict) -> Review {
        let found = candidates(&Prose::plain(text), &options(None)).unwrap();
        let decide = |candidate: Candidate| Decision {
            verdict,
            rule: candidate.rule,
            quote: candidate.quote,
            variants: candidate.variants,
        };
        Review { sites: found.into_iter().map(decide).collect(), locks: vec![] }
    }

    fn rules_of(text: &str, review: &Review) -> Vec<String> {
        let plan = plan(&Prose::plain(text), ReleaseId([0; 8]), &options(Some(review.clone()))).unwrap();
        plan.marking.sites.into_iter().map(|site| site.rule).collect()
    }

    fn added(rule: &str, found: &str, variants: &[&str]) -> Decision {
        Decision {
            verdict: Verdict::Accept,
            rule: rule.into(),
            quote: Quote { found: found.into(), ..Quote::default() },
            variants: variants.iter().map(|form| form.to_string()).collect(),
        }
    }

    #[test]
    fn only_what_is_accepted_is_used() {
        let mut review = decisions(TEXT, Verdict::Accept);
        assert_eq!(rules_of(TEXT, &review), ["in-order-to", "in-order-to"]);
        for verdict in [Verdict::Open, Verdict::Reject, Verdict::Leave] {
            review.sites[0].verdict = verdict;
            let plan = plan(&Prose::plain(TEXT), ReleaseId([0; 8]), &options(Some(review.clone()))).unwrap();
            assert_eq!(plan.marking.sites.len(), 1);
            assert!(plan.marking.sites[0].occurrences[0].span.start > 60);
            assert_eq!(plan.notes.len(), usize::from(verdict == Verdict::Open), "{:?}", plan.notes);
        }
        assert!(rules_of(TEXT, &Review::default()).is_empty());
    }

    #[test]
    fn a_decision_holds_where_its_words_stay_and_nowhere_else() {
        let mut review = decisions(TEXT, Verdict::Accept);
        review.sites.truncate(1);
        let moved = format!("A new beginning. {TEXT}");
        assert_eq!(rules_of(&moved, &review), ["in-order-to"]);
        assert_eq!(rules_of(&TEXT.replace("prepare the talks", "open the talks"), &review), ["in-order-to"]);
        assert_eq!(rules_of(&TEXT.replace("They spoke", "We met"), &review), ["in-order-to"]);
        let other = TEXT.replace("spoke last week", "came").replace("prepare the talks in", "see");
        assert!(rules_of(&other, &review).is_empty());
        // Said of one of two equal places: the first keeps it.
        let twice = format!("{TEXT}\n\n{TEXT}");
        assert_eq!(rules_of(&twice, &review), ["in-order-to"]);
    }

    #[test]
    fn a_decision_by_hand_finds_its_place_by_fewer_words_or_is_kept_and_told() {
        let by_hand = |before: &str, found: &str, after: &str| Decision {
            verdict: Verdict::Accept,
            rule: "in-order-to".into(),
            quote: Quote { before: before.into(), found: found.into(), after: after.into() },
            variants: vec![],
        };
        let check = |sites: Vec<Decision>, starts: &[usize], kept: &[Stands]| {
            let review = Review { sites, locks: vec![] };
            let prose = Prose::plain(TEXT);
            let plan = plan(&prose, ReleaseId([0; 8]), &options(Some(review.clone()))).unwrap();
            let found: Vec<usize> =
                plan.marking.sites.iter().map(|site| site.occurrences[0].span.start).collect();
            assert_eq!(found, starts, "{review:?}");
            let lost = plan.notes.iter().filter(|note| note.starts_with("accepted places that are not used"));
            assert_eq!(lost.count(), kept.len(), "{:?}", plan.notes);
            let all = candidates(&prose, &options(Some(review))).unwrap();
            let gone: Vec<Stands> = all
                .iter()
                .map(|candidate| candidate.stands)
                .filter(|&stands| stands != Stands::Here)
                .collect();
            assert_eq!(gone, kept);
        };
        let (first, second) = (21, 81);
        check(vec![by_hand("last  week", "in order to", "")], &[first], &[]);
        check(vec![by_hand("", "in order to", "invite")], &[second], &[]);
        check(
            vec![by_hand("the talks in Bern. They wrote on Monday", "in order to", "invite")],
            &[second],
            &[],
        );
        check(
            vec![by_hand("", "in order to", "prepare the talks in Bern. They wrote on Monday")],
            &[first],
            &[],
        );
        // Of several places none is meant, and others keep theirs.
        check(
            vec![by_hand("", "in order to", ""), by_hand("week", "in order to", "")],
            &[first],
            &[Stands::Unclear],
        );
        check(vec![by_hand("", "so as to", "")], &[], &[Stands::Nowhere]);
        check(vec![by_hand("year", "in order to", "nobody")], &[], &[Stands::Nowhere]);
    }

    #[test]
    fn variants_are_edited_within_what_the_document_says() {
        let mut review = decisions(TEXT, Verdict::Accept);
        review.sites.truncate(1);
        review.sites[0].variants = ["so as to", "in order to", "to"].map(String::from).to_vec();
        let plan_of =
            |review: &Review| plan(&Prose::plain(TEXT), ReleaseId([0; 8]), &options(Some(review.clone())));
        let site = plan_of(&review).unwrap().marking.sites.remove(0);
        assert_eq!((site.original, site.occurrences[0].forms.len()), (1, 3));
        for wrong in [vec!["so as to", "to"], vec!["in order to"], vec!["in order to", "to", "to"]] {
            review.sites[0].variants = wrong.into_iter().map(String::from).collect();
            assert!(matches!(plan_of(&review), Err(Error::Review { .. })));
        }
    }

    #[test]
    fn what_no_rule_finds_can_be_added_and_passages_locked() {
        let mut review = decisions(TEXT, Verdict::Accept);
        review.sites.push(added(POINT, "some thirty people", &["some thirty people", "31 people"]));
        review.sites.push(added(BY_HAND, "invite", &["ask for"]));
        review.locks.push("They spoke last week in order to prepare the talks".into());
        assert_eq!(rules_of(TEXT, &review), ["by-hand", "point"]);
        let fails = |change: &dyn Fn(&mut Review), why: &str| {
            let mut review = review.clone();
            change(&mut review);
            let error =
                plan(&Prose::plain(TEXT), ReleaseId([0; 8]), &options(Some(review))).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        };
        fails(&|review| review.locks.push("some thirty".into()), "locked");
        fails(&|review| review.locks.push("nobody wrote this".into()), "do not stand");
        fails(&|review| review.sites.push(added(BY_HAND, "thirty people", &["31"])), "overlaps");
        fails(&|review| review.sites.push(added(BY_HAND, "the", &["this"])), "several");
        fails(&|review| review.sites.push(added(BY_HAND, "Bern", &[])), "2 to 16");
    }

    #[test]
    fn one_lock_inside_another_holds() {
        let mut review = decisions(TEXT, Verdict::Accept);
        let all = rules_of(TEXT, &review);
        assert!(!all.is_empty());
        review.locks.push(TEXT.trim().into());
        assert_eq!(rules_of(TEXT, &review), [""; 0]);
        for inner in ["They spoke", "Bern"] {
            review.locks.push(inner.into());
            assert_eq!(rules_of(TEXT, &review), [""; 0], "{inner}");
        }
    }

    #[test]
    fn of_equal_places_that_were_decided_otherwise_and_became_fewer_none_is_used() {
        let line = "They met in Bern in order to prepare the talks of the week.";
        let twice = format!("{line}\n\n{line}");
        let mut review = decisions(&twice, Verdict::Accept);
        assert_eq!(review.sites.len(), 2);
        review.sites[1].verdict = Verdict::Leave;
        assert_eq!(rules_of(&twice, &review).len(), 1);
        assert_eq!(rules_of(line, &review).len(), 0);
        review.sites[1].verdict = Verdict::Accept;
        assert_eq!(rules_of(line, &review).len(), 1);
    }

    #[test]
    fn an_accepted_habit_stays_one_when_it_shows_first_elsewhere() {
        let style = |text: &str, review: Option<Review>| {
            let options = Options { channels: vec![Channel::Style], review, ..Options::default() };
            plan(&Prose::plain(text), ReleaseId([0; 8]), &options)
        };
        let before = "The U.S. envoy spoke first. The U.S. delegation and the U.S. press were there.";
        let after = format!("The U.N. hall was full. {before}");
        let all = Options { channels: vec![Channel::Style], ..Options::default() };
        let found = candidates(&Prose::plain(before), &all).unwrap();
        let decide = |candidate: Candidate| Decision {
            verdict: Verdict::Accept,
            rule: candidate.rule,
            quote: candidate.quote,
            variants: candidate.variants,
        };
        let review = Review { sites: found.into_iter().map(decide).collect(), locks: Vec::new() };
        let used = |text: &str| style(text, Some(review.clone())).unwrap().marking.sites.len();
        assert_eq!((used(before), used(&after)), (review.sites.len(), review.sites.len()));
        assert!(!review.sites.is_empty());
    }

    #[test]
    fn rejected_wordings_are_left_out_and_come_rejected_into_the_next_review() {
        let rejected = vec![Rejection::new("in-order-to", "In  order to")];
        let options = Options { rejected, ..options(None) };
        let prose = Prose::plain(TEXT);
        let plan = plan(&prose, ReleaseId([0; 8]), &options).unwrap();
        assert_eq!((plan.marking.sites.len(), plan.notes.len()), (0, 1));
        let found = candidates(&prose, &options).unwrap();
        assert!(found.len() == 2 && found.iter().all(|candidate| candidate.verdict == Verdict::Reject));
        assert!(found.iter().all(|candidate| !candidate.reason.is_empty()));
    }
}
