//! Habits of Ukrainian spelling and punctuation.

use crate::habits::{Habits, dashes};
use crate::rules::view::View;

/// The habits of a document.
pub(super) fn find(views: &[&View<'_>], _: bool) -> Habits {
    vec![("uk-dash", dashes(views, &[" — ", " – "]))]
}
