//! The list of all that is simulated.

use tellmark_testkit::Random;

use super::accuse;
use super::attack::{Attack, Choice};
use super::design::{Design, Reach, Sites};
use super::power::{self, CELLS};
use super::scripts::{self, Script};
use super::series;
use super::tally::Tally;
use super::wrong;

/// The version of the tracer's rules, so that what was run by others does not count.
const RULES: u32 = 6;

/// What is done with each leak of a design.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Count who is accused.
    Accuse,
    /// Count who is accused in a case of several exhibits and looks.
    Case(Script),
    /// Count how often a member is named at the alpha of the table of power.
    Power,
    /// Count excerpts until members are named.
    Excerpts,
    /// Name by a Gaussian threshold on the single score: wrong.
    Gaussian,
    /// Look again and again at the full alpha of one look: wrong.
    Looks,
    /// Weigh each look by itself, whatever was read before: wrong.
    Crops,
}

impl Task {
    /// Whether it counts who is accused by the tracer's own rules.
    pub fn accuses(self) -> bool {
        matches!(self, Task::Accuse | Task::Case(_))
    }
}

/// A design, what is done with it, and how often.
#[derive(Debug, Clone)]
pub struct Experiment {
    /// Its name, by which it is asked for and kept.
    pub name: String,
    /// In words.
    pub title: String,
    /// What is simulated.
    pub design: Design,
    /// What is counted.
    pub task: Task,
    /// So many runs are kept together.
    pub chunk: u64,
    /// How many chunks there are.
    pub chunks: u64,
}

impl Experiment {
    fn new(name: &str, title: &str, task: Task, design: Design) -> Experiment {
        Experiment { name: name.into(), title: title.into(), design, task, chunk: 1, chunks: 0 }
    }

    /// At least so many innocents, in chunks of so many runs.
    fn innocents(mut self, innocents: u64, chunk: u64) -> Experiment {
        self.chunk = chunk;
        self.chunks = innocents.div_ceil(chunk * self.design.innocents()).max(1);
        self
    }

    /// The seed of all its runs: it follows from the configuration, so that other configurations have others.
    pub fn seed(&self) -> u64 {
        let Experiment { name, task, chunk, design, .. } = self;
        let text = format!("{name} {task:?} {chunk} {design:?} rules of version {RULES}");
        // Fowler, Noll and Vo's hash: the same everywhere.
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        text.bytes().fold(0xcbf2_9ce4_8422_2325, mix)
    }

    /// The runs of one chunk.
    ///
    /// # Errors
    /// When the tracer does not take a leak.
    pub fn run(&self, chunk: u64) -> anyhow::Result<Tally> {
        let mut tally = Tally::default();
        for run in chunk * self.chunk..(chunk + 1) * self.chunk {
            let mut random = Random::of_part(self.seed(), run);
            match self.task {
                Task::Accuse => accuse::run(&self.design, &mut random, &mut tally)?,
                Task::Case(script) => scripts::run(script, &self.design, &mut random, &mut tally)?,
                Task::Power => power::run(&self.design, &mut random, &mut tally)?,
                Task::Excerpts => series::run(&self.design, &mut random, &mut tally)?,
                Task::Gaussian => wrong::gaussian(&self.design, &mut random, &mut tally)?,
                Task::Crops => scripts::crops(&self.design, &mut random, &mut tally)?,
                Task::Looks => wrong::looks(&self.design, &mut random, &mut tally)?,
            }
        }
        Ok(tally)
    }
}

/// All experiments, each attack over at least so many innocents.
pub fn all(innocents: u64) -> Vec<Experiment> {
    let mut all = attacks(innocents);
    all.extend(reaches(innocents));
    all.extend(cases(innocents / 10));
    all.extend(wrong_rules(innocents));
    let leaks = (innocents / 100_000).max(1);
    all.extend(CELLS.iter().map(|cell| Experiment {
        chunk: leaks.min(5),
        chunks: leaks.div_ceil(5),
        ..Experiment::new(&cell.name(), cell.row, Task::Power, cell.design())
    }));
    all.extend(series::ROWS.iter().map(|row| Experiment {
        chunk: leaks.min(5),
        chunks: 4 * leaks.div_ceil(5),
        ..Experiment::new(row.name, row.title, Task::Excerpts, row.design())
    }));
    all
}

/// The attacks, on 2,000 copies.
fn attacks(innocents: u64) -> Vec<Experiment> {
    use Choice::*;
    let sole =
        |noise_percent| Design { noise_percent, sites: Sites::Equal(40, 2), ..Design::colluding(1, Coin) };
    let mixed = |design: Design| Design { sites: Sites::Mixed(36), ..design };
    let framed = |attack| Design { noise_percent: 0, sites: Sites::Equal(40, 2), ..Design::of(attack) };
    let six = Design { noise_percent: 0, ..Design::colluding(6, Minority) };
    let list = [
        ("one-source-0", "one source, no noise", sole(0)),
        ("one-source-5", "one source, 5 % noise", sole(5)),
        ("one-source-15", "one source, 15 % noise", sole(15)),
        ("excerpt", "an excerpt of 8 sites of one source", Design { sites: Sites::Equal(8, 2), ..sole(0) }),
        ("interleaving-2", "two, interleaving", Design::colluding(2, Interleaving)),
        ("interleaving-3", "three, interleaving", Design::colluding(3, Interleaving)),
        ("majority-3", "three, majority", Design::colluding(3, Majority)),
        ("minority-3", "three, minority", Design::colluding(3, Minority)),
        ("coin-2", "two, coin", Design::colluding(2, Coin)),
        ("lowest-2", "two, lowest", Design::colluding(2, Lowest)),
        ("highest-3", "three, highest", Design::colluding(3, Highest)),
        ("alternating-2", "two in turn, 8 sites each", Design::of(Attack::Alternate)),
        ("frame-first", "to frame: all first variants", framed(Attack::FirstVariants)),
        ("frame-random", "to frame: random text", framed(Attack::Random)),
        ("frame-six", "to frame: six, minority", six),
        ("frame-shout", "to frame: random text, likelihoods that shout", framed(Attack::Shout)),
        ("mixed-one-source", "one source, 2 to 4 variants", mixed(sole(5))),
        (
            "mixed-interleaving-2",
            "two, interleaving, 2 to 4 variants",
            mixed(Design::colluding(2, Interleaving)),
        ),
        ("mixed-minority-3", "three, minority, 2 to 4 variants", mixed(Design::colluding(3, Minority))),
        ("mixed-coin-3", "three, coin, 2 to 4 variants", mixed(Design::colluding(3, Coin))),
        ("mixed-shout", "to frame: likelihoods that shout, 2 to 4 variants", mixed(framed(Attack::Shout))),
        (
            "ragged-interleaving-2",
            "two, interleaving; half of the copies lack a third of the sites",
            Design { is_ragged: true, ..Design::colluding(2, Interleaving) },
        ),
    ];
    let experiment =
        |(name, title, design)| Experiment::new(name, title, Task::Accuse, design).innocents(innocents, 100);
    list.into_iter().map(experiment).collect()
}

/// Other numbers of copies, with less and with more work.
fn reaches(innocents: u64) -> Vec<Experiment> {
    use Choice::*;
    let design = |copies, sites, reach, attack| Design {
        copies,
        sites: Sites::Equal(sites, 2),
        reach,
        ..Design::of(attack)
    };
    let accuse = |name: &str, title: &str, design: Design, share: u64, chunk: u64| {
        Experiment::new(name, title, Task::Accuse, design).innocents(innocents / share, chunk)
    };
    let minority = Attack::Collude(3, Minority);
    let interleaving = Attack::Collude(2, Interleaving);
    vec![
        accuse(
            "pairs-interleaving-2",
            "two, interleaving; 1,000 copies, 80 sites, all pairs",
            design(1000, 80, Reach::Pairs, interleaving),
            1,
            100,
        ),
        accuse(
            "pairs-majority-3",
            "three, majority; 1,000 copies, 64 sites, all pairs",
            design(1000, 64, Reach::Pairs, Attack::Collude(3, Majority)),
            1,
            100,
        ),
        accuse(
            "triples-minority-3",
            "three, minority; 100 copies, 96 sites, all triples",
            design(100, 96, Reach::Triples, minority),
            20,
            50,
        ),
        accuse(
            "triples-frame-random",
            "to frame: random text; 100 copies, 48 sites, all triples",
            Design { noise_percent: 0, ..design(100, 48, Reach::Triples, Attack::Random) },
            20,
            50,
        ),
        accuse(
            "triples-interleaving-2",
            "two, interleaving; 40 copies, 64 sites, all triples",
            design(40, 64, Reach::Triples, interleaving),
            10,
            100,
        ),
        accuse(
            "triples-few-interleaving-3",
            "three, interleaving; 16 copies, 40 sites, all triples",
            design(16, 40, Reach::Triples, Attack::Collude(3, Interleaving)),
            1,
            10_000,
        ),
    ]
}

/// Cases of several exhibits and looks, on 200 copies.
fn cases(innocents: u64) -> Vec<Experiment> {
    let of = |attack, sites| Design { copies: 200, sites: Sites::Equal(sites, 2), ..Design::of(attack) };
    let leaked = |members| of(Attack::Collude(members, Choice::Coin), 48);
    let framed = |sites| Design { noise_percent: 0, ..of(Attack::Random, sites) };
    let list = [
        ("case-whole", "one look: whole copies of three, an exhibit each", leaked(3), Script::Whole),
        ("case-pieces", "one look: four pieces of one copy", leaked(1), Script::Pieces),
        ("case-another", "two looks: a whole copy, then another one", leaked(2), Script::Another),
        ("case-late", "two looks: a whole copy, then one that entered late", leaked(2), Script::Late),
        ("case-jumble", "to frame: three looks of three exhibits of random text", framed(40), Script::Jumble),
        (
            "case-crops",
            "to frame: random text, then crops of it chosen by figures",
            framed(48),
            Script::Crops,
        ),
        (
            "case-double-crops",
            "to frame: two random texts, then crops of them chosen by figures",
            framed(48),
            Script::DoubleCrops,
        ),
        ("case-chosen", "to frame: six looks of 8 sites each chosen by figures", framed(96), Script::Chosen),
    ];
    let experiment = |(name, title, design, script)| {
        Experiment::new(name, title, Task::Case(script), design).innocents(innocents, 50)
    };
    list.into_iter().map(experiment).collect()
}

/// Rules known to be wrong, beside the tracer's on the same leaks.
fn wrong_rules(innocents: u64) -> Vec<Experiment> {
    let random = |sites| Design { sites, copies: 100, noise_percent: 0, ..Design::of(Attack::Random) };
    let sites = |name: &str, title: &str, sites| {
        Experiment::new(name, title, Task::Gaussian, random(sites)).innocents(innocents / 20, 50)
    };
    vec![
        sites("wrong-gaussian-mixed", "24 sites of 2 to 4 variants", Sites::Mixed(24)),
        sites("wrong-gaussian-eight", "8 sites of 8 variants", Sites::Equal(8, 8)),
        Experiment::new("wrong-crops", "48 sites, 6 looks", Task::Crops, random(Sites::Equal(48, 2)))
            .innocents(innocents / 200, 10),
        Experiment::new("wrong-looks", "20 looks of 4 sites", Task::Looks, random(Sites::Equal(80, 2)))
            .innocents(innocents / 200, 10),
    ]
}
