//! Wording that many texts share, and which says nothing about a leak.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// Words of a run that is compared.
const RUN_WORDS: usize = 5;
/// Texts of the background in which a passage must stand to be shared.
const TEXTS_MIN: u32 = 2;
/// Share of a passage's runs that must stand there, in hundredths.
const COVERED: usize = 60;

/// In how many texts of a source's background each run of words stands.
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
}
