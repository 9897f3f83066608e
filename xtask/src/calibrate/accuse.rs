//! One leak traced: who is named at which alpha, and who is called contradicted.

use tellmark_codes::{Alpha, Batch, Score, Threshold, Weighing, copy_threshold, names, withheld};
use tellmark_core::fixed::Log2;
use tellmark_testkit::Random;

use super::design::{Design, Leak};
use super::tally::Tally;

/// The alphas beside which rates are put, the largest first.
pub const ALPHAS: [&str; 3] = ["0.1", "0.01", "0.001"];
/// Exponents of ten down to which single p-values are counted, and up to which e-values are.
pub const TENS: std::ops::RangeInclusive<i32> = 1..=6;
/// Runs.
pub const RUNS: &str = "runs";
/// Copies that did not leak.
pub const INNOCENTS: &str = "innocents";
/// Copies that leaked.
pub const MEMBERS: &str = "members";
/// Copies that leaked and are contradicted up to coalitions of their true size, or larger.
pub const EXCLUDED: &str = "members excluded";

/// Whether all who reach their threshold are named, or only those who are not withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// All who reach it.
    Reached,
    /// Less those without whom the reading is explained as well.
    Named,
}

impl Rule {
    /// The name of a count by this rule.
    pub fn count(self, what: &str, alpha: &str) -> String {
        let rule = if self == Rule::Reached { "reached" } else { "named" };
        format!("{what} {rule} at {alpha}")
    }
}

/// The count of innocents with a p-value of at most ten to the power of minus this.
pub fn small_p(exponent: i32) -> String {
    format!("p at most 1e-{exponent}")
}

/// The count of innocents with an e-value of at least ten to the power of this.
pub fn large_e(exponent: i32) -> String {
    format!("e at least 1e{exponent}")
}

/// The thresholds of the first look of a case.
///
/// # Errors
/// When the text is no alpha.
pub fn threshold(alpha: &str, copies: usize) -> anyhow::Result<Threshold> {
    let alpha: Alpha = alpha.parse()?;
    Ok(copy_threshold(alpha, &Batch { copies: copies as u64, look: 1, number: 1 }))
}

/// Traces one leak and counts.
///
/// # Errors
/// When the tracer does not take the leak.
pub fn run(design: &Design, random: &mut Random, tally: &mut Tally) -> anyhow::Result<()> {
    let leak = design.leak(random)?;
    let last = threshold(ALPHAS[ALPHAS.len() - 1], design.copies)?;
    let scores = trace(design, &leak, &last)?;
    let (members, innocents) = scores.split_at(design.attack.members());
    tally.add(RUNS, 1);
    tally.add(INNOCENTS, innocents.len() as u64);
    tally.add(MEMBERS, members.len() as u64);
    let is_excluded = |score: &&Score| usize::from(score.contradicted) >= members.len();
    tally.add(EXCLUDED, members.iter().filter(is_excluded).count() as u64);
    for alpha in ALPHAS {
        let threshold = threshold(alpha, design.copies)?;
        let reached = reached(&scores, &threshold);
        count(Rule::Reached, alpha, members.len(), &reached, tally);
        let mut named = reached.clone();
        if reached.len() > 1 {
            let spare = withheld(&leak.observed, &leak.rows, &reached);
            named.retain(|(copy, _)| !spare.contains(copy));
        }
        count(Rule::Named, alpha, members.len(), &named, tally);
    }
    for exponent in TENS {
        let ten = Log2::ceil_ratio(10u128.pow(exponent as u32), 1);
        let counted = |is: &dyn Fn(&Score) -> bool| innocents.iter().filter(|s| is(s)).count() as u64;
        tally.add(small_p(exponent), counted(&|score| score.p <= Log2::ZERO - ten));
        tally.add(large_e(exponent), counted(&|score| score.e >= ten));
    }
    Ok(())
}

/// The scores of all copies; the work stops when somebody is named.
///
/// # Errors
/// When the tracer does not take the leak.
pub fn trace(design: &Design, leak: &Leak, threshold: &Threshold) -> anyhow::Result<Vec<Score>> {
    let suffices = |scores: &[Score]| scores.iter().any(|score| names(score, threshold, true));
    let weighing = Weighing::new(&leak.observed, &leak.rows)?;
    Ok(weighing.scores(&design.work(), suffices).scores)
}

/// Copies that reach their threshold, with their e-values.
pub fn reached(scores: &[Score], threshold: &Threshold) -> Vec<(usize, Log2)> {
    let all = scores.iter().enumerate().filter(|(_, score)| names(score, threshold, true));
    all.map(|(copy, score)| (copy, score.e)).collect()
}

fn count(rule: Rule, alpha: &str, members: usize, named: &[(usize, Log2)], tally: &mut Tally) {
    let guilty = named.iter().filter(|(copy, _)| *copy < members).count() as u64;
    let innocent = named.len() as u64 - guilty;
    tally.add(rule.count(INNOCENTS, alpha), innocent);
    tally.add(rule.count(RUNS, alpha), u64::from(innocent > 0));
    tally.add(rule.count(MEMBERS, alpha), u64::from(guilty > 0));
}
