//! Reading in other languages than English: what copies show after attacks, and after an editor of the language.

use tellmark_core::{Channel, Outcome, Prose};
use tellmark_testkit::{Attack, languages};
use tellmark_wording::{Options, plan};

use crate::read::look;
use crate::read_marking::{Marked, RELEASE, hold, sum, tally};

/// The sites that the rules find in a record.
fn marked(text: &str) -> Marked {
    let channels = vec![Channel::Wording, Channel::Style];
    let options = Options { channels, ..Options::default() };
    let plan = plan(&Prose::plain(text), RELEASE, &options).unwrap_or_else(|error| panic!("{error}"));
    Marked { text: text.into(), marking: plan.marking }
}

/// Sites of some copies of a record.
fn of_copies(text: &str, leak: impl Fn(&str, u64) -> String) -> [usize; 3] {
    let marked = marked(text);
    sum((0..12).map(|seed| {
        let choices = marked.random_choices(seed);
        tally(&look(&marked, &[&leak(&marked.copy(&choices), seed)]), &choices)
    }))
}

fn check(text: &str, name: &str, read_min: usize, wrong_max: usize) {
    let attack = Attack::by_name(name).unwrap_or_else(|| panic!("no attack {name}"));
    hold(name, of_copies(text, |copy, seed| attack.run(copy, copy, seed)), read_min, wrong_max);
}

fn check_attacks(text: &str) {
    for name in ["untouched", "paste", "rewrap", "email-quote"] {
        check(text, name, 990, 0);
    }
    check(text, "lower-case", 950, 0);
    check(text, "middle-third", 250, 2);
    check(text, "typing-1", 850, 8);
}

#[test]
fn ukrainian_is_read_from_whole_copies_and_parts() {
    check_attacks(languages::UKRAINIAN);
}

#[test]
fn russian_is_read_from_whole_copies_and_parts() {
    check_attacks(languages::RUSSIAN);
}

/// The letter ё is one site; an editor who writes none makes all copies alike there, and nothing else is lost.
#[test]
fn an_editor_of_russian_leaves_the_same_text_of_all_copies_at_yo() {
    let marked = marked(languages::RUSSIAN);
    let yo = marked.marking.sites.iter().position(|site| site.rule == "ru-yo").unwrap_or(usize::MAX);
    let shown: Vec<_> = (0..8)
        .map(|seed| {
            let copy = languages::plain_russian(&marked.copy(&marked.random_choices(seed)));
            look(&marked, &[&copy]).sites.get(yo).map(|site| site.outcome.clone())
        })
        .collect();
    let read = |outcome: &Option<Outcome>| match outcome {
        Some(Outcome::Read { likelihoods, .. }) => Some(likelihoods.clone()),
        _ => None,
    };
    assert!(shown.iter().all(|outcome| outcome.is_some() && read(outcome) == read(&shown[0])), "{shown:?}");
}

/// An editor who sets every у and в by the rules erases or overwrites what the copy said there, whatever it was.
#[test]
fn an_editor_of_ukrainian_leaves_the_same_text_of_all_copies_at_euphony() {
    let marked = marked(languages::UKRAINIAN);
    let edited = |seed: u64| {
        let copy = languages::euphony(&marked.copy(&marked.random_choices(seed)));
        let reading = look(&marked, &[&copy]);
        let euphony = |rule: &str| ["uk-u-v", "uk-z-iz", "uk-sia", "uk-vzhe"].contains(&rule);
        let sites = marked.marking.sites.iter().zip(reading.sites).filter(|(site, _)| euphony(&site.rule));
        let best = |reading: tellmark_core::SiteReading| match reading.outcome {
            Outcome::Read { .. } => reading.best(),
            _ => None,
        };
        sites.map(|(_, reading)| best(reading)).collect::<Vec<_>>()
    };
    let (first, second) = (edited(1), edited(2));
    let agree =
        first.iter().zip(&second).filter(|(one, other)| one.is_none() || other.is_none() || one == other);
    assert!(first.len() >= 8, "{} sites of euphony", first.len());
    assert_eq!(agree.count(), first.len(), "{first:?} {second:?}");
}

/// A record whose every point is an example of a rule of English, and a sentence that no other point has.
fn english() -> String {
    let english =
        |rule: &&tellmark_wording::rules::Rule| rule.matches.iter().all(|(text, _)| text.is_ascii());
    let formal = |rule: &&tellmark_wording::rules::Rule| {
        !rule.matches.iter().any(|(text, _)| text.contains("n't") || text.contains("’t"))
    };
    let points = tellmark_wording::rules::all().filter(english).filter(formal).enumerate();
    let shown = points.map(|(number, rule)| {
        let (text, _) = rule.matches[0];
        format!("Envoy {number} read point {number} of the long record to the {number} others. {text}\n\n")
    });
    shown.collect()
}

#[test]
fn every_rule_of_english_is_read_from_whole_copies_and_parts() {
    let text = english();
    let marked = marked(&text);
    let rules: std::collections::BTreeSet<&str> =
        marked.marking.sites.iter().map(|site| site.rule.as_str()).collect();
    assert!(rules.len() >= 240, "{} rules are tried", rules.len());
    for name in ["untouched", "paste", "rewrap", "email-quote", "lower-case"] {
        check(&text, name, 990, 0);
    }
    check(&text, "middle-third", 250, 2);
    check(&text, "typing-1", 850, 8);
}

/// Quotation marks are one site: read where the exhibit keeps their kind, not read where somebody typed straight ones, and
/// all copies alike where an editor set those of the house.
#[test]
fn quotation_marks_are_read_where_their_kind_is_kept() {
    let text = "Стороны встретились в столице, и они говорили о договоре «О плотине», который закрыли вчера.\n\n\
                Они сказали: «Мы не были там, и это хорошо». После этого они говорили о том, что было в мае.";
    let marked = marked(text);
    let quotes = marked.marking.sites.iter().position(|site| site.rule == "ru-quotes").unwrap();
    let read = |leak: &str| match look(&marked, &[leak]).sites.remove(quotes).outcome {
        Outcome::Read { likelihoods, .. } => Some((0..2).max_by_key(|&v| likelihoods[v]).unwrap_or(9)),
        Outcome::Erased(_) => None,
    };
    let straight = |copy: &str| copy.replace(['«', '»', '“', '”'], "\"");
    let mut copies: Vec<(usize, String)> = Vec::new();
    for seed in 0..8 {
        let choices = marked.random_choices(seed);
        copies.push((usize::from(choices.0[quotes]), marked.copy(&choices)));
    }
    assert!(copies.iter().any(|(kind, _)| *kind == 0) && copies.iter().any(|(kind, _)| *kind == 1));
    for (kind, copy) in &copies {
        assert_eq!(copy.contains('“'), *kind == 1, "{copy}");
        assert_eq!(read(copy), Some(*kind), "{copy}");
        assert_eq!(read(&straight(copy)), None, "{copy}");
        // Not even where the rest shows that it has other marks than a keyboard's.
        assert_eq!(read(&format!("{} — …", straight(copy))), None, "{copy}");
        assert_eq!(read(&copy.replace('“', "«").replace('”', "»")), Some(0), "{copy}");
    }
}
