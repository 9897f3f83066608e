//! How many sites it takes to name a member, beside the table that the tracer has to reach.

use tellmark_testkit::Random;

use super::accuse::{self, INNOCENTS, MEMBERS, RUNS};
use super::attack::{Attack, Choice};
use super::design::{Design, Reach, Sites};
use super::tally::Tally;

/// The alpha of the table.
pub const ALPHA: &str = "0.000001";
/// Runs in which at least one member was named.
pub const ONE: &str = "one member named";
/// Runs in which all members were.
pub const EVERY: &str = "all members named";

/// One number of sites for one row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    /// The row.
    pub row: &'static str,
    short: &'static str,
    attack: Attack,
    copies: usize,
    /// How many sites.
    pub sites: usize,
    variants: u8,
}

/// A row of the table with what the simulation had: sites for power one half and nine tenths.
pub struct Row {
    /// The attack.
    pub title: &'static str,
    /// By Tardos's arcsine bias and the exact tail.
    pub arcsine: &'static str,
    /// By the single score and the exact tail.
    pub single: &'static str,
    /// By leave-one-out e-values and the exact tail.
    pub joint: &'static str,
}

const fn row(title: &'static str, arcsine: &'static str, single: &'static str, joint: &'static str) -> Row {
    Row { title, arcsine, single, joint }
}

const ONE_SOURCE: &str = "one source";
const INTERLEAVING_2: &str = "2 interleaving";
const MAJORITY_3: &str = "3 majority";
const INTERLEAVING_3: &str = "3 interleaving";
const MINORITY_3: &str = "3 minority, lists";
const MINORITY_3_ALL: &str = "3 minority, 200 copies, all triples";
const FOUR_VARIANTS: &str = "one source, 4 variants";

/// The rows of the table.
pub const ROWS: [Row; 7] = [
    row(ONE_SOURCE, "80/160", "40/56", "48/56"),
    row(INTERLEAVING_2, "320/480", "160/200", "120/160"),
    row(MAJORITY_3, "560/800", "140/200", "at most 96"),
    row(INTERLEAVING_3, "640/800", "320/400", "320/400"),
    row(MINORITY_3, "640/-", "never", "never"),
    row(MINORITY_3_ALL, "-", "never", "all three at 160"),
    row(FOUR_VARIANTS, "-", "-", "18/23"),
];

const fn cell(row: &'static str, short: &'static str, attack: Attack, sites: usize) -> Cell {
    Cell { row, short, attack, copies: 1000, sites, variants: 2 }
}

const fn one(sites: usize) -> Cell {
    cell(ONE_SOURCE, "one-source", Attack::Collude(1, Choice::Coin), sites)
}

const fn four(sites: usize) -> Cell {
    Cell { row: FOUR_VARIANTS, short: "four-variants", variants: 4, ..one(sites) }
}

const fn two(sites: usize) -> Cell {
    cell(INTERLEAVING_2, "interleaving-2", Attack::Collude(2, Choice::Interleaving), sites)
}

const fn majority(sites: usize) -> Cell {
    cell(MAJORITY_3, "majority-3", Attack::Collude(3, Choice::Majority), sites)
}

const fn three(sites: usize) -> Cell {
    cell(INTERLEAVING_3, "interleaving-3", Attack::Collude(3, Choice::Interleaving), sites)
}

const fn minority(sites: usize) -> Cell {
    cell(MINORITY_3, "minority-3", Attack::Collude(3, Choice::Minority), sites)
}

const fn every(sites: usize) -> Cell {
    Cell { row: MINORITY_3_ALL, short: "minority-3-triples", copies: 200, ..minority(sites) }
}

/// All cells, by row and number of sites.
pub const CELLS: [Cell; 40] = [
    one(32),
    one(40),
    one(48),
    one(52),
    one(56),
    one(60),
    one(64),
    two(96),
    two(112),
    two(120),
    two(128),
    two(144),
    two(160),
    two(170),
    two(184),
    majority(64),
    majority(80),
    majority(96),
    majority(112),
    majority(128),
    majority(140),
    three(240),
    three(280),
    three(320),
    three(360),
    three(400),
    three(440),
    minority(320),
    minority(640),
    every(96),
    every(112),
    every(128),
    every(144),
    every(160),
    every(170),
    four(16),
    four(18),
    four(20),
    four(23),
    four(26),
];

impl Cell {
    /// The name by which it is asked for and kept.
    pub fn name(&self) -> String {
        format!("power-{}-{}", self.short, self.sites)
    }

    /// What is simulated.
    pub fn design(&self) -> Design {
        let reach = if self.copies > 200 { Reach::LongLists } else { Reach::Triples };
        let sites = Sites::Equal(self.sites, self.variants);
        Design { copies: self.copies, sites, reach, ..Design::of(self.attack) }
    }
}

/// Traces one leak and counts whether a member, and whether all, are named.
///
/// # Errors
/// When the tracer does not take the leak.
pub fn run(design: &Design, random: &mut Random, tally: &mut Tally) -> anyhow::Result<()> {
    let leak = design.leak(random)?;
    let threshold = accuse::threshold(ALPHA, design.copies, 1)?;
    let judged = accuse::trace(design, &leak, &threshold)?;
    let mut named = accuse::reached(&judged, &threshold);
    let spare = tellmark_codes::withheld(&leak.observed, &leak.rows, &named);
    named.retain(|(copy, _)| !spare.contains(copy));
    let members = design.attack.members();
    let guilty = named.iter().filter(|(copy, _)| *copy < members).count();
    tally.add(RUNS, 1);
    tally.add(ONE, u64::from(guilty > 0));
    tally.add(EVERY, u64::from(guilty == members));
    tally.add(INNOCENTS, (named.len() - guilty) as u64);
    tally.add(MEMBERS, guilty as u64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_has_its_row_and_a_name_of_its_own() {
        let names: std::collections::BTreeSet<String> = CELLS.iter().map(Cell::name).collect();
        assert_eq!(names.len(), CELLS.len());
        for row in &ROWS {
            let sites: Vec<usize> = CELLS.iter().filter(|c| c.row == row.title).map(|c| c.sites).collect();
            assert!(sites.len() > 1 && sites.is_sorted(), "{}", row.title);
        }
    }
}
