//! What is simulated: copies, sites, an attack, and how far the tracer works.

use tellmark_codes::{ABSENT, Codebook, Column, LineageKey, Observed, Rows, Work};
use tellmark_core::CopyId;
use tellmark_testkit::Random;

use super::attack::{Attack, Choice};

/// The noise of most designs, as in the table of the simulation that the tracer has to reach.
const NOISE_PERCENT: usize = 5;

/// How variants are spread over sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sites {
    /// So many with as many variants each.
    Equal(usize, u8),
    /// So many with 2, 3 and 4 variants in turn.
    Mixed(usize),
}

/// How far the tracer works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All copies with any partner, and the strongest with two of the strongest 6.
    Pairs,
    /// The strongest 100 copies with partners from the strongest 16, and with two of the strongest 6.
    Lists,
    /// All copies with any partner, and with two of the strongest 24, as the tracer does by itself.
    LongLists,
    /// All copies with any two partners, at once or when nothing else sufficed.
    Triples,
}

/// One thing to simulate again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Design {
    /// What leaks.
    pub attack: Attack,
    /// How many copies there are.
    pub copies: usize,
    /// What can be read.
    pub sites: Sites,
    /// Sites that are read as another variant, in hundredths.
    pub noise_percent: usize,
    /// How far the tracer works.
    pub reach: Reach,
    /// Whether every second innocent copy lacks the last third of the sites.
    pub is_ragged: bool,
}

/// What one leak looks like.
pub struct Leak {
    /// What is read.
    pub observed: Vec<Observed>,
    /// The copies, those of the leakers first.
    pub rows: Rows,
}

impl Leak {
    /// What is read at the first sites alone.
    pub fn first(&self, sites: usize) -> Leak {
        let rows = self.rows.symbols.chunks(self.rows.columns).flat_map(|row| &row[..sites]);
        let rows = Rows { columns: sites, symbols: rows.copied().collect() };
        Leak { observed: self.observed[..sites].to_vec(), rows }
    }
}

impl Sites {
    /// The number of variants of each site.
    pub fn variants(self) -> Vec<u8> {
        match self {
            Sites::Equal(sites, variants) => vec![variants; sites],
            Sites::Mixed(sites) => (0..sites).map(|site| [2, 3, 4][site % 3]).collect(),
        }
    }
}

impl Design {
    /// An attack on 2,000 copies with 48 binary sites, the strongest copies weighed with partners.
    pub fn of(attack: Attack) -> Design {
        Design {
            attack,
            copies: 2000,
            sites: Sites::Equal(48, 2),
            noise_percent: NOISE_PERCENT,
            reach: Reach::Lists,
            is_ragged: false,
        }
    }

    /// A coalition.
    pub fn colluding(members: usize, choice: Choice) -> Design {
        Design::of(Attack::Collude(members, choice))
    }

    /// Copies that did not leak.
    pub fn innocents(&self) -> u64 {
        (self.copies - self.attack.members()) as u64
    }

    /// How much the tracer may do.
    pub fn work(&self) -> Work {
        const ALL: u64 = u64::MAX;
        let few = Work { triples_at_once: 0, triples_at_last: 0, triples_listed: 6, ..Work::default() };
        match self.reach {
            Reach::Pairs => few,
            Reach::Lists => Work { pairs_all: 0, pairs_listed: 16, copies: 100, ..few },
            Reach::LongLists => Work { triples_listed: Work::default().triples_listed, ..few },
            Reach::Triples => Work { triples_at_last: ALL, ..Work::default() },
        }
    }

    /// The leak that follows from this randomness: a fresh key, the codewords that it gives, what is read.
    ///
    /// # Errors
    /// When the design has impossible sites or names.
    pub fn leak(&self, random: &mut Random) -> anyhow::Result<Leak> {
        let variants = self.sites.variants();
        let nonce = random.bytes32();
        let column = |(ordinal, &variants): (usize, &u8)| Column { nonce, ordinal: ordinal as u32, variants };
        let columns: Vec<Column> = variants.iter().enumerate().map(column).collect();
        let key = LineageKey::new(random.bytes32());
        let book = Codebook::new(&key, &columns)?;
        let mut symbols = vec![0; self.copies * variants.len()];
        for (copy, row) in symbols.chunks_mut(variants.len()).enumerate() {
            book.codeword(&CopyId::parse(&format!("r{copy}"))?, row);
        }
        let mut rows = Rows { columns: variants.len(), symbols };
        let observed = self.attack.read(&variants, &rows, self.noise_percent, random);
        if self.is_ragged {
            let short = rows.symbols.chunks_mut(rows.columns).skip(self.attack.members()).step_by(2);
            short.for_each(|row| row[variants.len() * 2 / 3..].fill(ABSENT));
        }
        Ok(Leak { observed, rows })
    }
}
