//! Two copies beside each other.

use tellmark_app::compare::compare;

use crate::office::Office;

#[tokio::test]
async fn putting_in_what_differs_makes_the_other_copy() {
    let mut office = Office::open(71).await;
    office.seal_call().await;
    let (_, found) = compare(&office.vault, "call.md", "R03", "r05").await.unwrap();
    assert_eq!((found.one.as_str(), found.other.as_str()), ("r03", "r05"));
    assert!(found.differing > 30 && found.places.len() == found.differing && found.moved_words == 0);
    let (mut text, other) = (office.copy("call", "r03", "call.md"), office.copy("call", "r05", "call.md"));
    for place in &found.places {
        let [one, two] =
            [&place.one, &place.other].map(|shown| format!("{}{shown}{}", place.before, place.after));
        // What is before it was made the other copy's already.
        let at = text.match_indices(&place.one).map(|(at, _)| at).find(|&at| {
            text[at + place.one.len()..].starts_with(&place.after) && at >= place.before.len() / 2
        });
        let at = at.unwrap_or_else(|| panic!("{one:?} is not in the copy ({two:?})"));
        if place.occurrences == 1 {
            text.replace_range(at..at + place.one.len(), &place.other);
        }
    }
    assert_eq!(text, other);
    assert!(compare(&office.vault, "call.md", "r03", "nobody").await.unwrap_err().is_input());
    let (_, same) = compare(&office.vault, "call.md", "r03", "r03").await.unwrap();
    assert_eq!((same.differing, same.places.len()), (0, 0));
}
