//! Per-site rules: places at which two wordings say the same and read as well.
//!
//! A rule is a row of a table: its wordings, a guard that looks at the words around, why the wordings mean the
//! same, where it must match and where it must not. The tables belong to a language ([`crate::language`]); one
//! test goes through all rows of all languages.
//!
//! What is not in here on purpose: dialect (toward/towards, among/amongst), open lists of synonyms, modals, the
//! order of dates, and anything inside quotation marks, names, headings, numbers and defined terms.

pub(crate) mod engine;
pub(crate) mod view;

use view::{At, Found, View};

/// A sentence in which a rule matches once, and the variants it offers there.
pub type Example = (&'static str, &'static [&'static str]);

/// A rule of a language: several wordings of one thing.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its name, by which sites, reports and drafts know it.
    pub name: &'static str,
    /// Why its variants mean the same and read as well.
    pub reason: &'static str,
    /// Where it must match.
    pub matches: &'static [Example],
    /// Where it must not.
    pub not: &'static [&'static str],
    find: Find,
    register: Register,
    second_look: bool,
}

/// In which documents a rule is used: where its variants read as well. A document that contracts is informal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Register {
    Any,
    Formal,
    Informal,
}

/// Looks at the words around a match and says whether the rule holds there.
pub(crate) type Guard = fn(&View<'_>, At) -> bool;

/// How a rule finds its places.
#[derive(Debug, Clone, Copy)]
enum Find {
    /// One of the first `recognised` forms stands in the text, and the guard agrees.
    Wordings { forms: &'static [&'static str], recognised: usize, guard: Guard },
    /// The function looks at each place where one of the words stands.
    Words { words: &'static [&'static str], at: fn(&View<'_>, usize) -> Option<Found> },
}

impl Rule {
    /// A rule in which each form may stand for each other.
    pub(crate) const fn either(
        name: &'static str,
        forms: &'static [&'static str],
        reason: &'static str,
    ) -> Rule {
        let find = Find::Wordings { forms, recognised: forms.len(), guard: |_, _| true };
        Rule::new(name, find, reason)
    }

    /// A rule that recognises only the first form, because the others have other uses, too.
    pub(crate) const fn first(
        name: &'static str,
        forms: &'static [&'static str],
        reason: &'static str,
    ) -> Rule {
        let find = Find::Wordings { forms, recognised: 1, guard: |_, _| true };
        Rule::new(name, find, reason)
    }

    /// A rule with a function of its own.
    pub(crate) const fn words(
        name: &'static str,
        words: &'static [&'static str],
        at: fn(&View<'_>, usize) -> Option<Found>,
        reason: &'static str,
    ) -> Rule {
        Rule::new(name, Find::Words { words, at }, reason)
    }

    const fn new(name: &'static str, find: Find, reason: &'static str) -> Rule {
        Rule { name, reason, matches: &[], not: &[], find, register: Register::Any, second_look: false }
    }

    /// Used only in documents that do not contract.
    pub(crate) const fn formal(mut self) -> Rule {
        self.register = Register::Formal;
        self
    }

    /// Used only in documents that contract.
    pub(crate) const fn informal(mut self) -> Rule {
        self.register = Register::Informal;
        self
    }

    /// Used only where a person accepted the site: a rule that is nearly always right.
    pub(crate) const fn second_look(mut self) -> Rule {
        self.second_look = true;
        self
    }

    /// Whether its sites are used only where a person accepted them.
    pub fn needs_second_look(&self) -> bool {
        self.second_look
    }

    pub(crate) const fn when(mut self, guard: Guard) -> Rule {
        if let Find::Wordings { forms, recognised, .. } = self.find {
            self.find = Find::Wordings { forms, recognised, guard };
        }
        self
    }

    pub(crate) const fn matches(mut self, examples: &'static [Example]) -> Rule {
        self.matches = examples;
        self
    }

    pub(crate) const fn not(mut self, examples: &'static [&'static str]) -> Rule {
        self.not = examples;
        self
    }
}

/// All rules of all languages.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    crate::language::all().flat_map(|language| language.rules.iter().copied().flatten())
}

/// The names of all rules and habits that a document's sites can have, and of those that only people add.
pub fn names() -> Vec<&'static str> {
    let habits = crate::language::all().flat_map(|language| {
        let named = [true, false].map(|keeps_speech| (language.habits)(&[], keeps_speech));
        named.into_iter().flatten().map(|(name, _)| name)
    });
    let mut names: Vec<&str> = all().map(|rule| rule.name).chain(habits).collect();
    names.extend(crate::review::ADDED);
    names.sort_unstable();
    names.dedup();
    names
}

/// A form with a capital at its beginning.
pub(crate) fn capitalise(form: &str) -> String {
    let mut chars = form.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
