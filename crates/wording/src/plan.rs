//! From a document to its sites: the author's, the rules', and the document's habits, in one marking.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;

use tellmark_core::{BlockKind, Channel, Marking, Occurrence, Prose, ReleaseId, Site, SiteId, limits};

use crate::clean::{Clean, author_marking};
use crate::review::{Candidate, Rejection, Review};
use crate::{Error, author, habits, language, rules, sentences, speech};

/// What decides which sites are used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The channels to use.
    pub channels: Vec<Channel>,
    /// Whether the text is a transcript whose spoken words stay; `None` to find out.
    pub verbatim: Option<bool>,
    /// Whether spoken words may differ all the same.
    pub allow_speech: bool,
    /// What a person decided: then only what it accepts is used, and rules that need a second look are asked too.
    pub review: Option<Review>,
    /// Wordings that are not used where no review accepts them.
    pub rejected: Vec<Rejection>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The release that owns the sites found here.
    pub origin: ReleaseId,
    /// The sites, valid for the raw text.
    pub marking: Marking,
    /// Whether the text is a transcript.
    pub verbatim: bool,
    /// What the author should know.
    pub notes: Vec<String>,
    /// The sentences, by bytes of the raw text.
    pub sentences: Vec<Range<usize>>,
}

/// A place that a rule found, by bytes of the clean text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    pub range: Range<usize>,
    pub rule: String,
    pub forms: Vec<String>,
    pub original: u8,
    pub part: u16,
}

/// Finds the sites of a document. The same document and options give the same sites, always.
///
/// # Errors
/// [`Error::Author`] for a choice of the author's that cannot be used, [`Error::Review`] for a decision.
pub fn plan(prose: &Prose, origin: ReleaseId, options: &Options) -> Result<Plan, Error> {
    let mut authored = author::parse(prose)?;
    if let Some(review) = &options.review {
        review.add_to(prose, &mut authored)?;
    }
    let clean = Clean::new(prose, &authored)?;
    let Found { mut sites, verbatim, keeps_speech, mut notes } = found(&clean, options);
    if !authored.locked.is_empty() {
        notes.push(format!("passages that are locked and equal in every copy: {}", authored.locked.len()));
    }
    if keeps_speech {
        notes.push(
            "this is a transcript: every spoken word stays, and only the transcriber's own conventions may differ; \
             --allow-speech lifts that"
                .into(),
        );
    }
    let all = sites.len();
    match &options.review {
        Some(review) => {
            notes.extend(review.keep_accepted(prose, &mut sites)?);
        }
        None => {
            sites.retain(|site| !is_rejected(prose, site, &options.rejected));
            if sites.len() < all {
                notes.push(format!(
                    "places that are not used, since their wording was rejected in a review before: {}",
                    all - sites.len()
                ));
            }
        }
    }
    if options.channels.contains(&Channel::Author) {
        sites.extend(author_sites(&authored, origin, prose, &mut notes));
    } else {
        fix_choices(&mut authored);
    }
    limit(&mut sites, &mut notes);
    sites.sort_by_key(|site| site.occurrences[0].span.start);
    for (ordinal, site) in sites.iter_mut().enumerate() {
        site.id = SiteId { origin, ordinal: ordinal as u32 };
    }
    let mut fixed = authored.fixed;
    fixed.sort_by_key(|fixed| fixed.span.start);
    let marking = Marking { sites, fixed, layout: None };
    marking.validate(&prose.text)?;
    Ok(Plan { origin, marking, verbatim, notes, sentences: raw_sentences(&clean) })
}

/// All sites that a person can decide about, with what the options' review says of them; the author's own choices
/// in the text are decided there.
///
/// # Errors
/// As [`plan`].
pub fn candidates(prose: &Prose, options: &Options) -> Result<Vec<Candidate>, Error> {
    let none = Review::default();
    let review = options.review.as_ref().unwrap_or(&none);
    let mut authored = author::parse(prose)?;
    review.add_to(prose, &mut authored)?;
    let options = Options { review: Some(review.clone()), ..options.clone() };
    let clean = Clean::new(prose, &authored)?;
    Ok(review.candidates(prose, &found(&clean, &options).sites, &options.rejected))
}

fn is_rejected(prose: &Prose, site: &Site, rejected: &[Rejection]) -> bool {
    let shown = site.occurrences.first().and_then(|first| prose.text.get(first.span.clone()));
    shown.is_some_and(|shown| rejected.contains(&Rejection::new(&site.rule, shown)))
}

/// What rules and habits found.
struct Found {
    sites: Vec<Site>,
    verbatim: bool,
    keeps_speech: bool,
    notes: Vec<String>,
}

/// The sites of rules and habits. Rules that need a second look come after the others, into what room is left.
fn found(clean: &Clean<'_>, options: &Options) -> Found {
    let verbatim = options.verbatim.unwrap_or_else(|| speech::is_transcript(clean));
    let mut notes = Vec::new();
    let keeps_speech = verbatim && !options.allow_speech;
    let views = rules::view::views(clean);
    if views.iter().all(|view| view.language.is_none()) {
        let names: Vec<&str> = language::all().map(|language| language.name).collect();
        notes.push(format!(
            "no paragraph is in {}: only the author's own variants are used",
            names.join(" or ")
        ));
    }
    let mut hits = Vec::new();
    if options.channels.contains(&Channel::Wording) {
        hits = if keeps_speech { speech::hits(&views) } else { rules::engine::hits(&views, false) };
        hits = spaced(clean, &[], hits);
        if options.review.is_some() && !keeps_speech {
            let more = spaced(clean, &hits, rules::engine::hits(&views, true));
            hits.extend(more);
            hits.sort_by_key(|hit| hit.range.start);
        }
    }
    let mut sites = share_parts(wording_sites(clean, hits));
    if options.channels.contains(&Channel::Style) {
        let taken: Vec<Range<usize>> = sites
            .iter()
            .flat_map(|site| &site.occurrences)
            .map(|occurrence| occurrence.span.clone())
            .collect();
        sites.extend(habits::sites(clean, &views, keeps_speech, &taken));
    }
    Found { sites, verbatim, keeps_speech, notes }
}

/// Keeps as many sites as a release may have: the author's and the habits first, then the rules' from the start.
fn limit(sites: &mut Vec<Site>, notes: &mut Vec<String>) {
    if sites.len() <= limits::SITES_MAX {
        return;
    }
    sites.sort_by_key(|site| (site.channel == Channel::Wording, site.occurrences[0].span.start));
    sites.truncate(limits::SITES_MAX);
    notes.push(format!("only the first {} places are used", limits::SITES_MAX));
}

/// Without the author channel every copy gets the author's first variant.
fn fix_choices(authored: &mut author::Authored) {
    for choice in std::mem::take(&mut authored.choices) {
        let text = choice.forms.into_iter().next().unwrap_or_default();
        authored.fixed.push(tellmark_core::Fixed { span: choice.span, text });
    }
}

/// The author's sites. In a message with alternatives, equal choices are one site, in the order of the text: equal but for white space, since
/// each form of a message has its own line ends and fixed spaces.
fn author_sites(
    authored: &author::Authored,
    origin: ReleaseId,
    prose: &Prose,
    notes: &mut Vec<String>,
) -> Vec<Site> {
    let part_of = |site: &Site| prose.block_at(site.occurrences[0].span.start).map_or(0, |block| block.part);
    let mut sites: Vec<Site> = Vec::new();
    // By part and variants: the sites of the first part, each to be met once by every other part.
    let mut open: BTreeMap<(u16, Vec<String>), VecDeque<usize>> = BTreeMap::new();
    let parts: BTreeSet<u16> = prose.blocks.iter().map(|block| block.part).filter(|&part| part > 0).collect();
    let mut alone = 0;
    for site in author_marking(authored, origin).sites {
        let spaced = |form: &String| form.split_whitespace().collect::<Vec<_>>().join(" ");
        let forms: Vec<String> = site.occurrences[0].forms.iter().map(spaced).collect();
        let part = part_of(&site);
        if part == 0 {
            for &other in &parts {
                open.entry((other, forms.clone())).or_default().push_back(sites.len());
            }
            sites.push(site);
        } else if let Some(first) = open.get_mut(&(part, forms)).and_then(VecDeque::pop_front) {
            sites[first].occurrences.extend(site.occurrences);
        } else {
            alone += 1;
            sites.push(site);
        }
    }
    alone += open.values().map(VecDeque::len).sum::<usize>();
    if alone > 0 {
        notes.push(format!(
            "{alone} of the author's choices stand in only one part of the message; write them into each part, or a \
             reader who compares the parts sees them"
        ));
    }
    sites
}

/// Leaves at least one whole word between neighbouring sites, and between them and those that are there: a reader must
/// see what a site stands in.
fn spaced(clean: &Clean<'_>, there: &[Hit], mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by_key(|hit| (hit.range.start, std::cmp::Reverse(hit.range.end)));
    let mut authored: Vec<Range<usize>> = clean.authored().collect();
    authored.extend(there.iter().map(|hit| hit.range.clone()));
    authored.sort_by_key(|range| range.start);
    let mut kept: Vec<Hit> = Vec::new();
    for hit in hits {
        let next = authored.partition_point(|place| place.end < hit.range.start);
        let before = next.checked_sub(1).map(|i| authored[i].end).max(kept.last().map(|last| last.range.end));
        let after = authored.get(next).map(|place| place.start);
        let apart = |from: usize, to: usize| from <= to && has_word(&clean.text()[from..to]);
        let free = before.is_none_or(|end| apart(end, hit.range.start))
            && after.is_none_or(|start| apart(hit.range.end, start));
        if free && clean.raw(&hit.range).is_some() {
            kept.push(hit);
        }
    }
    kept
}

fn has_word(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

fn wording_sites(clean: &Clean<'_>, hits: Vec<Hit>) -> Vec<(Site, u16, String)> {
    hits.into_iter()
        .filter_map(|hit| {
            let span = clean.raw(&hit.range)?;
            let context = context(clean, &hit.range);
            let site = Site {
                id: SiteId { origin: ReleaseId([0; 8]), ordinal: 0 },
                channel: Channel::Wording,
                rule: hit.rule,
                original: hit.original,
                occurrences: vec![Occurrence { span, forms: hit.forms }],
            };
            Some((site, hit.part, context))
        })
        .collect()
}

/// The three words before and behind a range, in its block.
fn context(clean: &Clean<'_>, range: &Range<usize>) -> String {
    let next = clean.blocks.partition_point(|block| block.range.end < range.end);
    let block = clean.blocks.get(next).map_or(0..clean.text().len(), |block| block.range.clone());
    let before: Vec<&str> = clean.text()[block.start..range.start].split_whitespace().rev().take(3).collect();
    let after: Vec<&str> = clean.text()[range.end..block.end].split_whitespace().take(3).collect();
    format!("{}|{}", before.join(" "), after.join(" "))
}

/// The parts of a multipart/alternative message show the same variants: a site of one part that no other part
/// has is dropped, those that match become one.
fn share_parts(found: Vec<(Site, u16, String)>) -> Vec<Site> {
    let last = found.iter().map(|(_, part, _)| *part).max().unwrap_or(0);
    if last == 0 {
        return found.into_iter().map(|(site, _, _)| site).collect();
    }
    let mut others: BTreeMap<(u16, String, String), VecDeque<Site>> = BTreeMap::new();
    let mut first = Vec::new();
    for (site, part, context) in found {
        match part {
            0 => first.push((site, context)),
            _ => others.entry((part, site.rule.clone(), context)).or_default().push_back(site),
        }
    }
    let mut sites = Vec::new();
    for (mut site, context) in first {
        let mut complete = true;
        for part in 1..=last {
            let twins = others.get_mut(&(part, site.rule.clone(), context.clone()));
            let twin = twins.and_then(VecDeque::pop_front);
            match twin.filter(|twin| {
                twin.occurrences[0].forms == site.occurrences[0].forms && twin.original == site.original
            }) {
                Some(twin) => site.occurrences.extend(twin.occurrences),
                None => complete = false,
            }
        }
        if complete {
            sites.push(site);
        }
    }
    sites
}

fn raw_sentences(clean: &Clean<'_>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for block in clean.blocks.iter().filter(|block| block.kind != BlockKind::Code) {
        let text = &clean.text()[block.range.clone()];
        for sentence in sentences::sentences(text) {
            let start = clean.to_raw(block.range.start + sentence.start);
            let end = clean.to_raw(block.range.start + sentence.end);
            let from = found.last().map_or(0, |last: &Range<usize>| last.end);
            found.push(start.max(from)..end.max(start).max(from));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options { channels: vec![Channel::Wording, Channel::Author, Channel::Style], ..Options::default() }
    }

    fn rules_of(text: &str) -> Vec<String> {
        let plan = plan(&Prose::plain(text), ReleaseId([1; 8]), &options()).unwrap();
        plan.marking.sites.into_iter().map(|site| site.rule).collect()
    }

    #[test]
    fn rules_and_the_author_share_a_text() {
        let text = "They {met|convened} last week in order to talk. She said that he would {leave|go}.";
        assert_eq!(rules_of(text), ["author", "in-order-to", "optional-that", "author"]);
        // No word would be left between the two.
        assert_eq!(rules_of("They met in order to {talk|speak}."), ["author"]);
    }

    #[test]
    fn sentences_are_those_of_the_raw_text() {
        let text = "They {met|convened}. {Then|Later} they left.";
        let plan = plan(&Prose::plain(text), ReleaseId([1; 8]), &options()).unwrap();
        let shown: Vec<&str> = plan.sentences.iter().map(|range| &text[range.clone()]).collect();
        assert_eq!(shown, ["They {met|convened}.", "{Then|Later} they left."]);
    }

    #[test]
    fn alternatives_share_their_sites() {
        let line = "They spoke prior to the vote in {Bern|the capital}.";
        let mut prose = Prose::plain(&format!("{line}\n\n{line}\n\nOnly here they trust each other."));
        prose.blocks[1].part = 1;
        prose.blocks[2].part = 1;
        let plan = plan(&prose, ReleaseId([1; 8]), &options()).unwrap();
        let shape: Vec<_> =
            plan.marking.sites.iter().map(|s| (s.rule.as_str(), s.occurrences.len())).collect();
        assert_eq!(shape, [("prior-to", 2), ("author", 2)]);
    }

    #[test]
    fn choices_that_are_broken_over_lines_in_one_part_are_one_site() {
        let mut prose = Prose::plain(
            "They {went on to\nsay|also said} no {at\u{a0}once|soon}.\n\nThey {went on to say|also\u{a0}said} no {at once|soon}.",
        );
        prose.blocks[1].part = 1;
        let plan = plan(&prose, ReleaseId([1; 8]), &options()).unwrap();
        let author = plan.marking.sites.iter().filter(|site| site.rule == "author");
        assert_eq!(author.map(|site| site.occurrences.len()).collect::<Vec<_>>(), [2, 2]);
        assert_eq!(
            plan.marking.sites[0].occurrences[0].forms[0], "went on to\nsay",
            "each stands as it was written"
        );
    }

    #[test]
    fn without_the_author_channel_the_first_variant_stands() {
        let only = Options { channels: vec![Channel::Wording], ..options() };
        let text = "They {met|convened} here.";
        let plan = plan(&Prose::plain(text), ReleaseId([1; 8]), &only).unwrap();
        let rendered = plan.marking.render(text, &plan.marking.original()).unwrap();
        assert_eq!(rendered.text, "They met here.");
    }

    #[test]
    fn an_author_s_choice_in_one_part_only_stays_and_is_told() {
        let mut prose = Prose::plain("They met in {Bern|town}.\n\nThey met in {Bern|town} {early|late}.");
        prose.blocks[1].part = 1;
        let plan = plan(&prose, ReleaseId([1; 8]), &options()).unwrap();
        let shape: Vec<_> = plan.marking.sites.iter().map(|s| s.occurrences.len()).collect();
        assert_eq!((shape, plan.notes.len()), (vec![2, 1], 1));
    }

    #[test]
    fn other_languages_keep_their_words() {
        let text = "Die U.S. Delegation — die alte — traf sich mit der anderen in der Hauptstadt und sprach lange mit ihr.";
        let plan = plan(&Prose::plain(text), ReleaseId([1; 8]), &options()).unwrap();
        assert_eq!((plan.marking.sites.len(), plan.notes.len()), (0, 1));
    }

    #[test]
    fn each_language_has_its_habits_once() {
        let text = "The sides met — at last — in Bern, and they spoke of the dam that was to be closed in May.\n\n\
                    Стороны встретились — наконец — в столице, и они говорили о плотине, которую закрыли вчера.\n\n\
                    Halvara Norland — Quellin Bern Norrey Karrow Halvara Norland Quellin Bern Norrey Karrow Halvara Norland Bern.";
        let plan = plan(&Prose::plain(text), ReleaseId([1; 8]), &options()).unwrap();
        let style = plan.marking.sites.iter().filter(|site| site.channel == Channel::Style);
        let shape: Vec<_> = style.map(|s| (s.rule.as_str(), s.occurrences.len())).collect();
        assert_eq!(shape, [("ru-dash", 2)]);
    }

    #[test]
    fn quotation_marks_are_a_habit_where_all_of_them_pair() {
        let check = |text: &str| -> Vec<(usize, u8)> {
            let plan = plan(&Prose::plain(text), ReleaseId([1; 8]), &options()).unwrap();
            let style = plan.marking.sites.into_iter().filter(|site| site.rule.ends_with("-quotes"));
            style.map(|site| (site.occurrences.len(), site.original)).collect()
        };
        let say = |open: &str, close: &str| {
            format!(
                "Стороны встретились в столице, и они говорили о договоре {open}О плотине{close}, который закрыли вчера.\n\n\
                 Они сказали: {open}Мы не были там, и это хорошо{close}. После этого они говорили о том, что было в мае."
            )
        };
        assert_eq!(check(&say("«", "»")), [(4, 0)]);
        assert_eq!(check(&say("“", "”")), [(4, 1)]);
        for (open, close) in [("«", "”"), ("„", "“"), ("\"", "\""), ("««", "»»"), ("«", "")] {
            assert_eq!(check(&say(open, close)), [], "{open} {close}");
        }
    }

    /// Words that rules look for, signs that confuse, and a few that are neither.
    fn fragment() -> impl proptest::strategy::Strategy<Value = String> {
        use proptest::prelude::*;
        let words = rules::all().flat_map(|rule| {
            let examples = rule.matches.iter().map(|(text, _)| *text).chain(rule.not.iter().copied());
            examples.flat_map(|text| text.split(' ').map(str::to_owned)).collect::<Vec<_>>()
        });
        let signs = [
            "“", "”", "\"", "—", " — ", "\n", "\r\n", "\n\n", "\u{a0}", "U.S.", "US.", ".", ",", ";", "'",
            "’", "\\{", "{a|b}", "{|so }", "(", "é", "👍", "12", "percent", "okay", "ﬁ", "\t",
        ];
        let all: Vec<String> = words.chain(signs.map(str::to_owned)).collect();
        prop::sample::select(all)
    }

    proptest::proptest! {
        #[test]
        fn every_marking_fits_its_text(
            pieces in proptest::collection::vec((fragment(), proptest::bool::ANY), 0..120),
            seams in proptest::collection::vec(0_usize..400, 0..5),
        ) {
            let text: String =
                pieces.iter().map(|(piece, spaced)| if *spaced { format!("{piece} ") } else { piece.clone() }).collect();
            let mut prose = Prose::plain(&text);
            prose.seams = seams.into_iter().filter(|&seam| text.is_char_boundary(seam) && seam < text.len()).collect();
            prose.seams.sort_unstable();
            let Ok(plan) = plan(&prose, ReleaseId([1; 8]), &options()) else { return Ok(()) };
            for site in plan.marking.sites.iter().filter(|site| site.channel != Channel::Author) {
                for occurrence in &site.occurrences {
                    proptest::prop_assert!(prose.is_markable(&occurrence.span) || occurrence.span.is_empty());
                    proptest::prop_assert!(!prose.has_seam_inside(&occurrence.span));
                    let shown = &text[occurrence.span.clone()];
                    proptest::prop_assert_eq!(&occurrence.forms[usize::from(site.original)], shown);
                    proptest::prop_assert!(!shown.contains(['\n', '\r']));
                }
            }
            // Every copy of the text is a text that can be read again, and the original is the author's.
            plan.marking.render(&text, &plan.marking.original()).unwrap();
            proptest::prop_assert!(plan.sentences.windows(2).all(|pair| pair[0].end <= pair[1].start));
        }
    }
}
