//! Where the rules match.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::view::{At, Found, View};
use super::{Find, Guard, Register, Rule, capitalise};
use crate::language::{Language, known};
use crate::plan::Hit;

/// Every place at which a rule matches; in each paragraph those of its language. Of the rules, those that need a
/// second look or those that need none.
pub(crate) fn hits(views: &[View<'_>], second_look: bool) -> Vec<Hit> {
    let terms = terms(views);
    let mut hits = Vec::new();
    for known in known() {
        let is_own = |view: &&View<'_>| view.language.is_some_and(|own| own.code == known.language.code);
        let own: Vec<&View<'_>> = views.iter().filter(is_own).collect();
        let apostrophe = (known.language.apostrophe)(&own);
        for view in own {
            for index in 0..view.words.len() {
                let entries = known.index.at(view, index);
                let mut found = entries.filter(|entry| entry.rule.second_look == second_look);
                let hit = found.find_map(|entry| entry.hit(known.language, view, index, apostrophe));
                hits.extend(hit.filter(|hit| !is_in_term(view, &hit.range, &terms)));
            }
        }
    }
    hits
}

/// The neighbouring words inside short quotations: a term that is quoted where it is defined keeps its words
/// everywhere.
fn terms<'a>(views: &'a [View<'_>]) -> HashSet<(&'a str, &'a str)> {
    const TERM_WORDS_MAX: usize = 8;
    let mut pairs = HashSet::new();
    for view in views {
        let quoted: Vec<bool> = view.words.iter().map(|word| view.is_quoted(&word.range)).collect();
        for run in (0..quoted.len()).collect::<Vec<_>>().chunk_by(|&a, &b| quoted[a] == quoted[b]) {
            if quoted[run[0]] && run.len() <= TERM_WORDS_MAX {
                pairs.extend(run.windows(2).map(|pair| (view.word(pair[0]), view.word(pair[1]))));
            }
        }
    }
    pairs
}

/// Whether the words before and behind a site stand so in a term.
fn is_in_term(view: &View<'_>, range: &Range<usize>, terms: &HashSet<(&str, &str)>) -> bool {
    let first = view.words.partition_point(|word| word.range.end <= range.start);
    let next = view.words.partition_point(|word| word.range.start < range.end).max(first);
    let Some(before) = first.checked_sub(1) else { return false };
    let pair = |left: usize| terms.contains(&(view.word(left), view.word(left + 1)));
    pair(before) && pair(next.saturating_sub(1))
}

/// What may match at a word: a rule and, for wordings, one of its forms.
#[derive(Debug)]
struct Entry {
    rule: &'static Rule,
    form: usize,
}

/// What may match at a word, by the word; at one word longer forms are tried first.
#[derive(Debug, Default)]
pub(crate) struct Index {
    by_word: HashMap<&'static str, Vec<Entry>>,
    /// Rules that look at every word.
    anywhere: Vec<Entry>,
}

impl Index {
    /// The index of a language's tables.
    pub fn new(tables: &[&'static [Rule]]) -> Index {
        let mut index = Index::default();
        tables.iter().copied().flatten().for_each(|rule| index.add(rule));
        // The order within one length is that of the tables: the sort is stable.
        index
            .by_word
            .values_mut()
            .for_each(|list| list.sort_by_key(|entry| std::cmp::Reverse(entry.length())));
        index
    }

    fn add(&mut self, rule: &'static Rule) {
        match rule.find {
            Find::Wordings { forms, recognised, .. } => {
                for (form, wording) in forms.iter().enumerate().take(recognised) {
                    let first = wording.split([' ', ',']).next().unwrap_or("");
                    self.by_word.entry(first).or_default().push(Entry { rule, form });
                }
            }
            Find::Words { words: [], .. } => self.anywhere.push(Entry { rule, form: 0 }),
            Find::Words { words, .. } => {
                for word in words {
                    self.by_word.entry(word).or_default().push(Entry { rule, form: 0 });
                }
            }
        }
    }

    fn at<'i>(&'i self, view: &View<'_>, index: usize) -> impl Iterator<Item = &'i Entry> {
        self.by_word.get(view.word(index)).into_iter().flatten().chain(&self.anywhere)
    }
}

impl Entry {
    fn length(&self) -> usize {
        match self.rule.find {
            Find::Wordings { forms, .. } => forms[self.form].len(),
            Find::Words { .. } => 0,
        }
    }

    fn hit(
        &self,
        language: &Language,
        view: &View<'_>,
        index: usize,
        apostrophe: Option<char>,
    ) -> Option<Hit> {
        let mut found = match self.rule.find {
            Find::Wordings { forms, guard, .. } => wording(view, index, forms, self.form, guard)?,
            Find::Words { at, .. } => at(view, index)?,
        };
        let fits = match self.rule.register {
            Register::Any => true,
            Register::Formal => apostrophe.is_none(),
            Register::Informal => apostrophe.is_some(),
        };
        if !fits
            || view.is_in_title(&found.range)
            || view.is_restart(&found.range)
            || !(language.fits)(view, index, &found)
        {
            return None;
        }
        if self.rule.name.starts_with("contraction") {
            let own = apostrophe?.to_string();
            found.forms.iter_mut().for_each(|form| *form = form.replace('\'', &own));
        }
        let shown = view.text.get(found.range.clone());
        // What the original shows must be one of the forms, whatever a rule believes.
        let consistent = shown == found.forms.get(found.original).map(String::as_str);
        consistent.then(|| view.hit(self.rule.name, found)).flatten()
    }
}

/// Matches one wording at a word.
fn wording(view: &View<'_>, index: usize, forms: &[&str], form: usize, guard: Guard) -> Option<Found> {
    let start = view.words[index].range.start;
    let shown = view.rest(start);
    // An apostrophe of the text may take more bytes than that of the table.
    let length: usize = shown.chars().take(forms[form].chars().count()).map(char::len_utf8).sum();
    let (range, shown) = (start..start + length, &shown[..length]);
    let curly = shown.contains('’');
    let capital = capitalised(shown, forms[form])?;
    if capital && !view.begins_sentence(start) {
        return None;
    }
    let next = index + view.words[index..].iter().take_while(|word| word.range.start < range.end).count();
    // The wording must end with its last word, and none of its words may go on.
    if view.words[next - 1].range.end > range.end || !guard(view, At { first: index, next }) {
        return None;
    }
    let shape = |form: &&str| {
        let form = if curly { form.replace('\'', "’") } else { (*form).to_owned() };
        if capital { capitalise(&form) } else { form }
    };
    Some(Found { range, forms: forms.iter().map(shape).collect(), original: form })
}

/// Whether the wording is written in lower case, or with a capital at its beginning only.
fn capitalised(shown: &str, wording: &str) -> Option<bool> {
    let mut pairs = shown.chars().zip(wording.chars());
    let (first, expected) = pairs.next()?;
    let same = |(shown, expected): (char, char)| shown == expected || (shown == '’' && expected == '\'');
    let rest = shown.chars().count() == wording.chars().count() && pairs.all(same);
    match rest {
        true if first == expected => Some(false),
        true if first.is_uppercase() && first.to_lowercase().eq([expected]) => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clean::Clean;
    use crate::rules::view::views;
    use tellmark_core::Prose;

    fn check(text: &str) -> Vec<(String, Vec<String>)> {
        check_in("en", text)
    }

    /// The hits of a text that is taken to be in a language.
    fn check_in(code: &str, text: &str) -> Vec<(String, Vec<String>)> {
        let prose = Prose::plain(text);
        let clean = Clean::new(&prose, &Default::default()).unwrap();
        let mut views = views(&clean);
        let language = crate::language::all().find(|language| language.code == code);
        views.iter_mut().for_each(|view| view.language = language);
        let both = [false, true].into_iter().flat_map(|second_look| hits(&views, second_look));
        both.map(|hit| (hit.rule, hit.forms)).collect()
    }

    #[test]
    fn every_rule_keeps_its_examples() {
        let mut wrong = Vec::new();
        let rules = crate::language::all()
            .flat_map(|language| language.rules.iter().copied().flatten().map(|rule| (language.code, rule)));
        for (code, rule) in rules {
            let found = |text: &str| {
                let hits = check_in(code, text).into_iter().filter(|(name, _)| name == rule.name);
                hits.map(|(_, forms)| forms).collect::<Vec<_>>()
            };
            if rule.reason.is_empty() || rule.matches.is_empty() || rule.not.is_empty() {
                wrong.push(format!("{} is not explained", rule.name));
            }
            for (text, forms) in rule.matches {
                if !found(text).iter().any(|own| own == forms) {
                    wrong.push(format!("{} misses {text:?}: {:?}", rule.name, found(text)));
                }
            }
            for text in rule.not.iter().filter(|text| !found(text).is_empty()) {
                wrong.push(format!("{} takes {text:?}: {:?}", rule.name, found(text)));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = crate::rules::all().map(|rule| rule.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn capitals_names_quotations_and_lines_are_respected() {
        let forms = |text: &str| check(text).into_iter().map(|(_, forms)| forms).collect::<Vec<_>>();
        assert_eq!(forms("Prior to the vote they met."), [["Prior to", "Before"]]);
        for text in [
            "See “Prior to the Vote” there.",
            "the report Prior To Dawn",
            "He called it \"prior to the vote\".",
            "They met in order\nto win.",
            "They met in order\u{a0}to win.",
        ] {
            assert_eq!(forms(text), Vec::<Vec<String>>::new(), "{text}");
        }
    }

    #[test]
    fn speakers_who_begin_anew_repeat_themselves() {
        let contracting = "They don't agree. He didn't come. ";
        for text in [
            "Up until — up until March they met.",
            "It works for everyone — everyone, she said.",
            "We are — we are satisfied.",
            "They were not — were not told.",
        ] {
            assert_eq!(check(&format!("{contracting}{text}")).len(), check(contracting).len(), "{text}");
        }
    }

    #[test]
    fn titles_inside_a_paragraph_are_left_alone() {
        assert_eq!(check("Rules Made Prior to the Great Lakes Accord. They met."), []);
        assert_eq!(check("Rules were made by envoys prior to the Great Lakes Accord.").len(), 1);
    }

    #[test]
    fn a_term_keeps_its_words() {
        let text = "A “work based on the plan” is any copy. They sent a work based on the plan.";
        assert_eq!(check(text), []);
        assert_eq!(check("They sent a work based on the plan.").len(), 1);
    }

    #[test]
    fn the_article_before_a_site_keeps_fitting() {
        assert_eq!(check("It was a nearly 70 percent cut."), []);
        assert_eq!(check("It was an almost 70 percent cut."), []);
    }

    #[test]
    fn the_register_of_a_document_decides() {
        assert_eq!(check("The table is open to everyone."), []);
        assert_eq!(check("They can't agree. They don't try. The table is open to everyone.").len(), 3);
    }

    #[test]
    fn contractions_keep_the_document_s_apostrophe() {
        let found = check("They don’t agree. He didn’t come. Why don’t they know? It is not only that.");
        let forms: Vec<_> = found.into_iter().filter(|(rule, _)| rule == "contraction-not").collect();
        assert_eq!(forms.len(), 2);
        assert_eq!(forms[0].1, ["do not", "don’t"]);
    }
}
