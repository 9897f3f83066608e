//! Two rules that are known to be wrong, beside the tracer's on the same leaks: the simulation has to see them
//! fail, or it could not be trusted to see the tracer fail.

use tellmark_codes::{Observed, Rows, Score, Weighing, Work, names};
use tellmark_core::Likelihood;
use tellmark_core::fixed::Log2;
use tellmark_testkit::Random;

use super::accuse::{ALPHAS, INNOCENTS, RUNS, Rule, processes, reached, threshold, trace};
use super::design::{Design, Leak};
use super::tally::Tally;

/// Of 100 copies each has the hundredth part of alpha: where a Gaussian exceeds its mean with these chances of
/// 1e-3, 1e-4 and 1e-5, in standard deviations.
const GAUSSIAN: [f64; 3] = [3.090_232, 3.719_016, 4.264_891];
const COPIES: usize = 100;
/// A site adds these logarithms for the variant that is read and for another: 5 % noise.
const NOISE: f64 = 0.05;
/// Sites of one look.
const LOOK: usize = 4;

/// The count of runs in which the wrong rule names an innocent copy.
pub fn wrongly(alpha: &str) -> String {
    format!("runs wrongly named at {alpha}")
}

/// The count of runs in which the tracer's thresholds of one look name an innocent copy at any look.
pub fn any_look(alpha: &str) -> String {
    format!("runs named at any look at {alpha}")
}

/// The count of runs in which looks that share alpha name an innocent copy.
pub fn spent(alpha: &str) -> String {
    format!("runs named by shares at {alpha}")
}

/// A Gaussian threshold on the single score, with its exact mean and standard deviation.
///
/// # Errors
/// When the tracer does not take the leak.
pub fn gaussian(design: &Design, random: &mut Random, tally: &mut Tally) -> anyhow::Result<()> {
    anyhow::ensure!(design.copies == COPIES, "the thresholds are those of {COPIES} copies");
    let leak = design.leak(random)?;
    let judged = trace(design, &leak, &threshold(ALPHAS[0], COPIES, 1)?)?;
    let (mean, variance) = moments(&leak.observed);
    let top = (0..COPIES).map(|copy| single(&leak.observed, leak.rows.row(copy))).fold(f64::MIN, f64::max);
    count(design, tally);
    for (alpha, deviations) in ALPHAS.into_iter().zip(GAUSSIAN) {
        tally.add(wrongly(alpha), u64::from(top > mean + deviations * variance.sqrt()));
        let named = reached(&judged, &threshold(alpha, COPIES, 1)?);
        tally.add(Rule::Reached.count(RUNS, alpha), u64::from(!named.is_empty()));
    }
    Ok(())
}

/// One look after the other, all merged so far, each judged as if it were the only one.
///
/// # Errors
/// When the tracer does not take the leak.
pub fn looks(design: &Design, random: &mut Random, tally: &mut Tally) -> anyhow::Result<()> {
    let leak = design.leak(random)?;
    let copies = Log2::ceil_ratio(design.copies as u128, 1);
    let mut looks: Vec<Vec<Score>> = vec![];
    for sites in (LOOK..=leak.rows.columns).step_by(LOOK) {
        looks.push(weigh(&leak.observed[..sites], &leak.first(sites).rows)?);
    }
    let process = processes_of(&leak, looks.len() as u32)?;
    count(design, tally);
    for alpha in ALPHAS {
        let level = log2_of(alpha)? - copies;
        let by_p = looks.iter().flatten().any(|score| score.p <= level);
        tally.add(wrongly(alpha), u64::from(by_p));
        let none = Log2::NEG_INFINITY;
        let once = threshold(alpha, design.copies, 1)?;
        let by_one = looks.iter().flatten().any(|score| names(score, none, &once));
        tally.add(any_look(alpha), u64::from(by_one));
        let mut by_shares = false;
        for (look, scores) in (1..).zip(&looks) {
            let threshold = threshold(alpha, design.copies, look)?;
            let w = |copy: usize| process[copy].get(look as usize - 1).copied().unwrap_or(none);
            by_shares |= scores.iter().enumerate().any(|(copy, s)| names(s, w(copy), &threshold));
        }
        tally.add(spent(alpha), u64::from(by_shares));
    }
    Ok(())
}

fn processes_of(leak: &Leak, looks: u32) -> anyhow::Result<Vec<Vec<Log2>>> {
    let first_look: Vec<u32> = (0..leak.rows.columns).map(|site| (site / LOOK) as u32).collect();
    processes(leak, &weigh(&leak.observed, &leak.rows)?, &first_look, looks)
}

fn log2_of(alpha: &str) -> anyhow::Result<Log2> {
    let value: f64 = alpha.parse()?;
    Ok(Log2::floor_f64(value))
}

fn count(design: &Design, tally: &mut Tally) {
    tally.add(RUNS, 1);
    tally.add(INNOCENTS, design.innocents());
}

/// Scores without partners beyond one: enough for nobody's text.
fn weigh(observed: &[Observed], rows: &Rows) -> anyhow::Result<Vec<Score>> {
    let work = Work { pairs_all: 0, pairs_listed: 1, triples_listed: 2, copies: 1, ..Work::default() };
    let work = Work { triples_at_once: 0, triples_at_last: 0, ..work };
    Ok(Weighing::new(observed, rows)?.scores(&work, |_| false).scores)
}

/// What a site adds to the score: for the variant that is read, and for another.
#[allow(clippy::disallowed_methods)] // A rule that is wrong enters no finding.
fn worth(site: &Observed) -> (f64, f64) {
    let variants = site.likelihoods.len() as f64;
    ((variants * (1.0 - NOISE)).ln(), (variants * NOISE / (variants - 1.0)).ln())
}

fn single(observed: &[Observed], row: &[u8]) -> f64 {
    let sites = observed.iter().zip(row);
    let of = |(site, &symbol): (&Observed, &u8)| {
        let (right, wrong) = worth(site);
        if site.likelihoods[usize::from(symbol)] == Likelihood::ONE { right } else { wrong }
    };
    sites.map(of).sum()
}

/// Mean and variance of an innocent's score.
fn moments(observed: &[Observed]) -> (f64, f64) {
    let of = |site: &Observed| {
        let (right, wrong) = worth(site);
        let p = 1.0 / site.likelihoods.len() as f64;
        (wrong + p * (right - wrong), p * (1.0 - p) * (right - wrong) * (right - wrong))
    };
    observed.iter().map(of).fold((0.0, 0.0), |sum, site| (sum.0 + site.0, sum.1 + site.1))
}
