//! What leakers do: from the variants that they hold to what is read.

use tellmark_codes::{Observed, Rows};
use tellmark_core::Likelihood;
use tellmark_testkit::Random;

/// Two people who alternate give so many sites each in turn.
const BLOCK: usize = 8;
/// A likelihood of 2^24 is the largest; a reading that shouts draws its exponents below.
const EXPONENTS: usize = 25;

/// How people who compare their copies choose what to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// One member's variant, each as likely.
    Interleaving,
    /// The variant that most hold; ties by lot.
    Majority,
    /// The variant that fewest hold; ties by lot.
    Minority,
    /// One of the variants held, each as likely.
    Coin,
    /// The variant with the lowest number.
    Lowest,
    /// The variant with the highest number.
    Highest,
}

/// How a leak comes about. The first rows are those of its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attack {
    /// So many members compare and choose.
    Collude(usize, Choice),
    /// Two people in turn, each for a stretch of sites.
    Alternate,
    /// Nobody's text: the first variant everywhere, to frame whoever holds most of them.
    FirstVariants,
    /// Nobody's text: any variant.
    Random,
    /// Nobody's text, read with likelihoods that claim anything up to certainty.
    Shout,
}

impl Attack {
    /// How many people leak.
    pub fn members(self) -> usize {
        match self {
            Attack::Collude(members, _) => members,
            Attack::Alternate => 2,
            Attack::FirstVariants | Attack::Random | Attack::Shout => 0,
        }
    }

    /// What is read at each site: what the members show, another variant in `noise_percent` of cases.
    pub fn read(
        self,
        variants: &[u8],
        rows: &Rows,
        noise_percent: usize,
        random: &mut Random,
    ) -> Vec<Observed> {
        let sites = variants.iter().enumerate().map(|(site, &variants)| {
            if self == Attack::Shout {
                return shout(variants, random);
            }
            let shown = self.shown(rows, site, variants, random);
            let is_misread = random.below(100) < noise_percent;
            let other = random.below(usize::from(variants) - 1) as u8;
            let other = other + u8::from(other >= shown);
            Observed::hard(variants, if is_misread { other } else { shown })
        });
        sites.collect()
    }

    fn shown(self, rows: &Rows, site: usize, variants: u8, random: &mut Random) -> u8 {
        let held = |member: usize| rows.row(member)[site];
        match self {
            Attack::Collude(members, choice) => {
                let mut counts = [0; 16];
                (0..members).for_each(|member| counts[usize::from(held(member))] += 1);
                choice.of(&counts, members, random)
            }
            Attack::Alternate => held(site / BLOCK % 2),
            Attack::FirstVariants => 0,
            Attack::Random | Attack::Shout => random.below(usize::from(variants)) as u8,
        }
    }
}

impl Choice {
    /// One of the variants, of which each is held by so many members.
    fn of(self, counts: &[usize; 16], members: usize, random: &mut Random) -> u8 {
        let held: Vec<u8> = (0..16).filter(|&variant| counts[usize::from(variant)] > 0).collect();
        let with = |count: Option<usize>| -> Vec<u8> {
            held.iter().copied().filter(|&variant| Some(counts[usize::from(variant)]) == count).collect()
        };
        let of = |variant: &u8| counts[usize::from(*variant)];
        match self {
            Choice::Interleaving => {
                let all: Vec<u8> = held.iter().flat_map(|v| std::iter::repeat_n(*v, of(v))).collect();
                all[random.below(members)]
            }
            Choice::Majority => random.pick(&with(held.iter().map(of).max())),
            Choice::Minority => random.pick(&with(held.iter().map(of).min())),
            Choice::Coin => random.pick(&held),
            Choice::Lowest => held[0],
            Choice::Highest => held[held.len() - 1],
        }
    }
}

/// Likelihoods of any size, one of them the largest that there is.
fn shout(variants: u8, random: &mut Random) -> Observed {
    let mut likelihoods: Vec<Likelihood> =
        (0..variants).map(|_| Likelihood(1 << random.below(EXPONENTS))).collect();
    likelihoods[random.below(usize::from(variants))] = Likelihood::ONE;
    Observed { likelihoods }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coalitions_show_what_they_say() {
        let rows = Rows { columns: 2, symbols: vec![0, 2, 1, 1, 1, 0] };
        let cases = [
            (Choice::Majority, [1, 3]),
            (Choice::Minority, [0, 3]),
            (Choice::Lowest, [0, 0]),
            (Choice::Highest, [1, 2]),
            (Choice::Coin, [3, 3]),
            (Choice::Interleaving, [3, 3]),
        ];
        for (choice, expected) in cases {
            for (site, expected) in expected.into_iter().enumerate() {
                let mut random = Random::new(3);
                let shown = |_| Attack::Collude(3, choice).shown(&rows, site, 3, &mut random);
                let seen: std::collections::BTreeSet<u8> = (0..100).map(shown).collect();
                match expected {
                    // Three stands for: any of those held.
                    3 => assert!(seen.len() > 1, "{choice:?}"),
                    one => assert_eq!(seen, [one].into(), "{choice:?}"),
                }
            }
        }
    }

    #[test]
    fn noise_is_as_frequent_as_it_is_said_to_be() {
        let variants = [2, 3, 4].repeat(1000);
        let rows = Rows { columns: 3000, symbols: vec![1; 3000] };
        let sole = Attack::Collude(1, Choice::Coin);
        for noise in [0, 5, 15] {
            let read = sole.read(&variants, &rows, noise, &mut Random::new(1));
            let wrong = read.iter().filter(|site| site.likelihoods[1] != Likelihood::ONE).count();
            assert!(wrong.abs_diff(30 * noise) <= 3 * noise, "{noise}: {wrong}");
        }
    }
}
