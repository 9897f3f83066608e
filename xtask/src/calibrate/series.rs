//! How many excerpts it takes to name a member: one look each, beside what the simulation had.

use tellmark_codes::{names, withheld};
use tellmark_core::fixed::Log2;
use tellmark_testkit::Random;

use super::accuse::{self, INNOCENTS, RUNS, threshold};
use super::attack::{Attack, Choice};
use super::design::{Design, Reach, Sites};
use super::power::ALPHA;
use super::tally::Tally;

/// Sites of an excerpt, as many as two people who alternate give at a time.
const EXCERPT: usize = 8;
/// After so many nothing more is looked at.
const EXCERPTS_MAX: usize = 30;
/// Excerpts until the first member was named, added up over runs; the last where none was.
pub const FIRST: &str = "excerpts until one member";
/// The same for all members.
pub const EVERY: &str = "excerpts until all members";
/// Runs in which all members were named within these.
pub const FINISHED: &str = "runs with all members";

/// A row of the table.
pub struct Row {
    /// The name by which it is asked for and kept.
    pub name: &'static str,
    /// In words.
    pub title: &'static str,
    /// What the simulation had.
    pub expected: &'static str,
    attack: Attack,
    copies: usize,
    noise_percent: usize,
}

const SOLE: Attack = Attack::Collude(1, Choice::Coin);

/// The rows of the table.
pub const ROWS: [Row; 4] = [
    Row {
        name: "series-200",
        title: "one of 200",
        expected: "5.4",
        attack: SOLE,
        copies: 200,
        noise_percent: 5,
    },
    Row {
        name: "series-10000",
        title: "one of 10,000",
        expected: "6.5",
        attack: SOLE,
        copies: 10_000,
        noise_percent: 5,
    },
    Row {
        name: "series-200-noisy",
        title: "one of 200, 15 % noise",
        expected: "11.4",
        attack: SOLE,
        copies: 200,
        noise_percent: 15,
    },
    Row {
        name: "series-200-alternating",
        title: "two of 200 in turn",
        expected: "11, both 19",
        attack: Attack::Alternate,
        copies: 200,
        noise_percent: 5,
    },
];

impl Row {
    /// What is simulated.
    pub fn design(&self) -> Design {
        Design {
            copies: self.copies,
            sites: Sites::Equal(EXCERPT * EXCERPTS_MAX, 2),
            noise_percent: self.noise_percent,
            reach: Reach::Lists,
            ..Design::of(self.attack)
        }
    }
}

/// Looks at one excerpt after the other, until all members are named.
///
/// # Errors
/// When the tracer does not take the leak.
pub fn run(design: &Design, random: &mut Random, tally: &mut Tally) -> anyhow::Result<()> {
    let leak = design.leak(random)?;
    let members = design.attack.members();
    let mut named: Vec<usize> = Vec::new();
    let mut first = EXCERPTS_MAX;
    let mut every = EXCERPTS_MAX;
    for look in 1..=EXCERPTS_MAX {
        let leak = leak.first(look * EXCERPT);
        let threshold = threshold(ALPHA, design.copies, look as u32)?;
        let scores = accuse::scores(design, &leak, &threshold)?;
        let first_look: Vec<u32> = (0..leak.rows.columns).map(|site| (site / EXCERPT) as u32).collect();
        let processes = accuse::processes(&leak, &scores, &first_look, look as u32)?;
        let w = |copy: usize| processes[copy].last().copied().unwrap_or(Log2::NEG_INFINITY);
        let reached = scores.iter().enumerate().filter(|(copy, s)| names(s, w(*copy), &threshold));
        let reached: Vec<(usize, Log2)> = reached.map(|(copy, score)| (copy, score.e)).collect();
        let spare = withheld(&leak.observed, &leak.rows, &reached);
        named.extend(reached.iter().map(|(copy, _)| *copy).filter(|copy| !spare.contains(copy)));
        named.sort_unstable();
        named.dedup();
        let guilty = named.iter().filter(|&&copy| copy < members).count();
        if guilty > 0 {
            first = first.min(look);
        }
        if guilty == members {
            every = look;
            tally.add(FINISHED, 1);
            break;
        }
    }
    tally.add(RUNS, 1);
    tally.add(FIRST, first as u64);
    tally.add(EVERY, every as u64);
    tally.add(INNOCENTS, named.iter().filter(|&&copy| copy >= members).count() as u64);
    Ok(())
}
