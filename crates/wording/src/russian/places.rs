//! Where a match stands in its sentence, and what stands around it.

use crate::rules::view::{At, View};

pub(super) fn begins(view: &View<'_>, at: At) -> bool {
    view.begins_sentence(view.words[at.first].range.start)
}

/// The word before, whatever stands between.
pub(super) fn last<'v>(view: &'v View<'_>, at: At) -> &'v str {
    at.first.checked_sub(1).map_or("", |last| view.word(last))
}

pub(super) fn followed_by(view: &View<'_>, at: At, sign: char) -> bool {
    view.rest(view.words[at.next - 1].range.end).starts_with(sign)
}

/// A verb in the past or a short participle follows.
pub(super) fn past(view: &View<'_>, at: At) -> bool {
    const ENDINGS: &[&str] = &[
        "л", "ла", "ло", "ли", "лся", "лась", "лось", "лись", "ен", "ена", "ено", "ены", "ан", "ана", "ано",
        "аны",
    ];
    let next = view.after(at, 0);
    next.chars().count() > 2
        && ENDINGS.iter().any(|ending| next.ends_with(ending))
        && view.before(at.first, 1) != "не"
}
