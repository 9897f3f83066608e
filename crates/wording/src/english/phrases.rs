//! What guards of English ask about the phrase behind a match.

use super::grammar;
use crate::rules::view::{At, View, is_digits};

impl View<'_> {
    /// Whether a noun phrase opens behind the match: with a determiner or a name.
    pub fn noun_phrase_follows(&self, at: At) -> bool {
        let next = self.after(at, 0);
        !next.is_empty()
            && (grammar::DETERMINERS.contains(&next)
                || self.shown(at.next).starts_with(char::is_uppercase) && next != "i")
    }

    /// Whether a number opens behind the match, or a sum of money.
    pub fn figure_follows(&self, at: At) -> bool {
        let money = matches!(self.gap(at.next.saturating_sub(1)), " $" | " €" | " £");
        grammar::is_number(self.after(at, 0)) || (money && is_digits(self.word(at.next)))
    }

    /// Whether a subject and its finite verb open behind the match, the verb at most five words away.
    pub fn clause_follows(&self, at: At) -> bool {
        let next = self.after(at, 0);
        if grammar::PRONOUNS.contains(&next) {
            return grammar::FINITE.contains(&self.after(at, 1));
        }
        self.noun_phrase_follows(at) && (1..6).any(|i| grammar::FINITE.contains(&self.after(at, i)))
    }
}
