//! One leak traced: who is named at which alpha, and who is called contradicted.

use tellmark_codes::{Alpha, Batch, Score, Series, Threshold, Weighing, copy_threshold, names, withheld};
use tellmark_core::fixed::Log2;
use tellmark_testkit::Random;

use super::design::{Design, Leak};
use super::tally::Tally;

/// The alphas beside which rates are put, the largest first.
pub const ALPHAS: [&str; 3] = ["0.1", "0.01", "0.001"];
/// Exponents of ten down to which single p-values are counted, and up to which e-values are.
pub const TENS: std::ops::RangeInclusive<i32> = 1..=6;
/// So many of the strongest copies get their e-process. A trace gives it to more; but a process that names at the
/// first look is never far above the e-value, by which these are the strongest.
const PROCESSES: usize = 16;
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

/// What the tracer says of one copy.
#[derive(Debug, Clone, Copy)]
pub struct Judged {
    /// Its score at this look.
    pub score: Score,
    /// Its e-process at this look.
    pub w: Log2,
}

/// The thresholds of a look of a case, the first being 1.
///
/// # Errors
/// When the text is no alpha.
pub fn threshold(alpha: &str, copies: usize, look: u32) -> anyhow::Result<Threshold> {
    let alpha: Alpha = alpha.parse()?;
    Ok(copy_threshold(alpha, &Batch { copies: copies as u64, look, number: 1 }))
}

/// Traces one leak and counts.
///
/// # Errors
/// When the tracer does not take the leak.
pub fn run(design: &Design, random: &mut Random, tally: &mut Tally) -> anyhow::Result<()> {
    let leak = design.leak(random)?;
    let last = threshold(ALPHAS[ALPHAS.len() - 1], design.copies, 1)?;
    let judged = trace(design, &leak, &last)?;
    let (members, innocents) = judged.split_at(design.attack.members());
    tally.add(RUNS, 1);
    tally.add(INNOCENTS, innocents.len() as u64);
    tally.add(MEMBERS, members.len() as u64);
    let is_excluded = |one: &&Judged| usize::from(one.score.contradicted) >= members.len();
    tally.add(EXCLUDED, members.iter().filter(is_excluded).count() as u64);
    for alpha in ALPHAS {
        let threshold = threshold(alpha, design.copies, 1)?;
        let reached = reached(&judged, &threshold);
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
        let counted =
            |is: &dyn Fn(&Score) -> bool| innocents.iter().filter(|one| is(&one.score)).count() as u64;
        tally.add(small_p(exponent), counted(&|score| score.p <= Log2::ZERO - ten));
        tally.add(large_e(exponent), counted(&|score| score.e >= ten));
    }
    Ok(())
}

/// What is said of all copies at the only look; the work stops when somebody is named.
///
/// # Errors
/// When the tracer does not take the leak.
pub fn trace(design: &Design, leak: &Leak, threshold: &Threshold) -> anyhow::Result<Vec<Judged>> {
    let looks = vec![0; leak.observed.len()];
    let scores = scores(design, leak, threshold)?;
    let processes = processes(leak, &scores, &looks, 1)?;
    let judged = scores.into_iter().zip(processes);
    Ok(judged.map(|(score, w)| Judged { score, w: w.last().copied().unwrap_or(Log2::ZERO) }).collect())
}

/// The scores of all copies; the work stops when somebody is named.
///
/// # Errors
/// When the tracer does not take the leak.
pub fn scores(design: &Design, leak: &Leak, threshold: &Threshold) -> anyhow::Result<Vec<Score>> {
    let suffices = |scores: &[Score]| scores.iter().any(|score| names(score, Log2::NEG_INFINITY, threshold));
    let weighing = Weighing::new(&leak.observed, &leak.rows)?;
    Ok(weighing.scores(&design.work(), suffices).scores)
}

/// The e-process of each copy after each look, where it is one of the strongest; none for the others.
///
/// # Errors
/// When the tracer does not take the leak.
pub fn processes(
    leak: &Leak,
    scores: &[Score],
    first_look: &[u32],
    looks: u32,
) -> anyhow::Result<Vec<Vec<Log2>>> {
    let entered = vec![0; scores.len()];
    let series = Series { observed: &leak.observed, first_look, rows: &leak.rows, entered: &entered, looks };
    let mut strongest: Vec<usize> = (0..scores.len()).collect();
    strongest.sort_by_key(|&row| (std::cmp::Reverse(scores[row].e), row));
    strongest.truncate(PROCESSES);
    let mut processes = vec![Vec::new(); scores.len()];
    for (row, process) in strongest.iter().zip(series.processes(&strongest)?) {
        processes[*row] = process;
    }
    Ok(processes)
}

/// Copies that reach their threshold, with their e-values.
pub fn reached(judged: &[Judged], threshold: &Threshold) -> Vec<(usize, Log2)> {
    let all = judged.iter().enumerate().filter(|(_, one)| names(&one.score, one.w, threshold));
    all.map(|(copy, one)| (copy, one.score.e)).collect()
}

fn count(rule: Rule, alpha: &str, members: usize, named: &[(usize, Log2)], tally: &mut Tally) {
    let guilty = named.iter().filter(|(copy, _)| *copy < members).count() as u64;
    let innocent = named.len() as u64 - guilty;
    tally.add(rule.count(INNOCENTS, alpha), innocent);
    tally.add(rule.count(RUNS, alpha), u64::from(innocent > 0));
    tally.add(rule.count(MEMBERS, alpha), u64::from(guilty > 0));
}
