//! Habits of Ukrainian spelling and punctuation.

use crate::habits::{Places, dashes};
use crate::rules::view::View;

/// The habits of a document.
pub(super) fn find(views: &[&View<'_>], _: bool) -> Vec<(&'static str, Places)> {
    vec![("uk-dash", dashes(views, &[" — ", " – "]))]
}
