//! Signs that somebody cut, added or quoted at a site: then it is erased.

use super::costs::is_quote;
use super::lattice::Piece;

/// Whether an exhibit shows brackets, ellipses or quotation marks that no rendering has.
pub(super) fn is_edited(pieces: &[Piece], shown: &[char]) -> bool {
    MARKS.iter().any(|mark| {
        let most = |piece: &Piece| match piece {
            Piece::Fixed(text) => mark(text),
            Piece::Site(forms) => forms.iter().map(|form| mark(form)).max().unwrap_or(0),
        };
        mark(shown) > pieces.iter().map(most).sum()
    })
}

/// Counts of what journalists put where they change a quotation.
const MARKS: &[fn(&[char]) -> usize] = &[
    |text| text.iter().filter(|c| matches!(c, '[' | ']')).count(),
    |text| text.iter().filter(|&&c| is_quote(c)).count(),
    |text| text.windows(3).filter(|w| w == &['.', '.', '.']).count(),
    |text| text.windows(5).filter(|w| w == &['.', ' ', '.', ' ', '.']).count(),
    // A single quotation mark that is no apostrophe.
    |text| {
        let letter = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(|c| c.is_alphanumeric());
        let opens = |at: usize| text[at] == '\'' && !letter(at.checked_sub(1)) && letter(Some(at + 1));
        (0..text.len()).filter(|&at| opens(at)).count()
    },
];
