//! Wording that many texts share, and which says nothing about a leak.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

/// Words of a run that is compared.
const RUN_WORDS: usize = 5;
/// Texts of the background in which a passage must stand to be shared.
const TEXTS_MIN: u32 = 2;
/// Share of a passage's runs that must stand there, in hundredths.
const COVERED: usize = 60;
/// Share of runs that two articles may have in common and still be unrelated, in hundredths of the shorter one.
const RELATED: usize = 10;
/// Articles of one source, unrelated to each other, that make a passage of theirs shared.
pub(super) const ARTICLES_MIN: usize = 3;

/// In how many texts of the background each run of words stands.
#[derive(Debug, Default)]
pub(super) struct Common {
    runs: HashMap<u64, u32>,
}

impl Common {
    /// Counts the runs of texts.
    pub fn of(texts: &[&str]) -> Common {
        let mut runs = HashMap::new();
        for text in texts {
            let own: HashSet<u64> = runs_of(text).into_iter().collect();
            own.into_iter().for_each(|run| *runs.entry(run).or_insert(0) += 1);
        }
        runs.retain(|_, count| *count >= TEXTS_MIN);
        Common { runs }
    }

    /// Whether a passage stands in the background, about as it is.
    pub fn holds(&self, passage: &str) -> bool {
        let runs = runs_of(passage);
        let known = runs.iter().filter(|run| self.runs.contains_key(run)).count();
        !runs.is_empty() && 100 * known >= COVERED * runs.len()
    }
}

/// Whether two articles have little in common outside a passage of each.
pub(super) fn are_unrelated(one: (&str, &Range<usize>), other: (&str, &Range<usize>)) -> bool {
    let outside = |(text, passage): (&str, &Range<usize>)| -> HashSet<u64> {
        let before = text.get(..passage.start).unwrap_or_default();
        let after = text.get(passage.end..).unwrap_or_default();
        runs_of(before).into_iter().chain(runs_of(after)).collect()
    };
    let (one, other) = (outside(one), outside(other));
    let shorter = one.len().min(other.len());
    // Where nothing stands besides the passage, nothing says that they are two articles.
    shorter >= 2 * RUN_WORDS && 100 * one.intersection(&other).count() < RELATED * shorter
}

/// Hashes of all runs of words, whatever their case. They are compared within one process only.
fn runs_of(text: &str) -> Vec<u64> {
    let hash = |value: &dyn Fn(&mut DefaultHasher)| {
        let mut hasher = DefaultHasher::new();
        value(&mut hasher);
        hasher.finish()
    };
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<u64> = words.map(|word| hash(&|hasher| word.to_lowercase().hash(hasher))).collect();
    words.windows(RUN_WORDS).map(|run| hash(&|hasher| run.hash(hasher))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTICE: &str =
        "All rights reserved; nothing of this page may be copied without the consent of the editor.";

    #[test]
    fn what_the_background_says_is_shared() {
        let texts = [
            format!("Trams were late. {NOTICE}"),
            format!("Rain fell on the quay. {NOTICE}"),
            "Once only, and by nobody else at all.".into(),
        ];
        let common = Common::of(&texts.each_ref().map(String::as_str));
        assert!(common.holds(NOTICE) && common.holds(&NOTICE.to_uppercase()));
        assert!(!common.holds("Once only, and by nobody else at all."));
        assert!(!common.holds("Too short") && !Common::default().holds(NOTICE));
    }

    #[test]
    fn articles_are_unrelated_where_the_rest_differs() {
        let first = format!(
            "{NOTICE} The council of the harbour met on Tuesday to speak about the price of salt, and parted late."
        );
        let second = format!(
            "A dog that could sing was shown at the fair of Tolmouth, where hundreds waited in the rain for it. {NOTICE}"
        );
        let again = format!(
            "Update: the council of the harbour met on Tuesday to speak about the price of salt, and parted late. {NOTICE}"
        );
        let place = |text: &str| text.find(NOTICE).map(|at| at..at + NOTICE.len()).unwrap();
        let unrelated = |a: &str, b: &str| are_unrelated((a, &place(a)), (b, &place(b)));
        assert!(unrelated(&first, &second) && !unrelated(&first, &again) && !unrelated(NOTICE, NOTICE));
    }
}
