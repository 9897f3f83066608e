//! Habits of Ukrainian spelling and punctuation.

use crate::habits::{Habits, behind_figures, dashes, quotation_marks};
use crate::rules::view::View;

/// The habits of a document.
pub(super) fn find(views: &[&View<'_>], _: bool) -> Habits {
    vec![
        ("uk-dash", dashes(views, &[" — ", " – "])),
        ("uk-quotes", quotation_marks(views)),
        ("uk-thousand", behind_figures(views, &["тисяч", "тисячі", "тисяча", "тисячу"], " тис.")),
        ("uk-million", behind_figures(views, &["мільйонів", "мільйони", "мільйона", "мільйон"], " млн")),
        ("uk-billion", behind_figures(views, &["мільярдів", "мільярди", "мільярда", "мільярд"], " млрд")),
        ("uk-percent", behind_figures(views, &["відсотків", "відсотки", "відсотка", "відсоток"], "%")),
    ]
}
