//! Cases of several exhibits and looks: everything is weighed, and parts of it, as the tracer does.
//!
//! In some of them whoever investigates chooses the next look by what the looks before found.

use std::collections::BTreeMap;

use tellmark_codes::{
    Alpha, Batch, Look, Observed, Part, Rows, Score, Series, Threshold, View, Weighing, copy_threshold,
    first_read, names, over_views, shared, view_share, views, withheld,
};
use tellmark_core::fixed::Log2;
use tellmark_testkit::Random;

use super::accuse::{ALPHAS, INNOCENTS, MEMBERS, RUNS, Rule, TENS, large_e, small_p};
use super::design::Design;
use super::tally::Tally;
use super::wrong;

/// So many of the strongest copies get their e-process.
const PROCESSES: usize = 16;
/// Every so many copies one enters with the second look, where some do.
const LATE_EVERY: usize = 10;

/// What leaks in a case, exhibit by exhibit and look by look. The first copies are those of the leakers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// One look at whole copies of all leakers, an exhibit each.
    Whole,
    /// One look at four parts of one copy, an exhibit each.
    Pieces,
    /// One look at a whole copy of each leaker.
    Another,
    /// Two looks at a whole copy each: the second is of one that entered with it.
    Late,
    /// Three looks at three exhibits each, of nobody's: two thirds of the sites of each, in any variant.
    Jumble,
    /// A look at nobody's text, then five at crops of it: what the strongest copy of the look before agrees with.
    Crops,
    /// The same with two exhibits a look that contradict each other.
    DoubleCrops,
    /// Six looks at nobody's text, each at eight of the sites that were not read: those at which the strongest copy so
    /// far did best are followed by more.
    Chosen,
}

/// What is known after a look.
struct Known {
    scores: Vec<Score>,
    reached: BTreeMap<&'static str, Vec<usize>>,
    named: BTreeMap<&'static str, Vec<usize>>,
}

type Sites = BTreeMap<usize, Observed>;

impl Script {
    fn looks(self) -> usize {
        match self {
            Script::Whole | Script::Pieces => 1,
            Script::Another | Script::Late => 2,
            Script::Jumble => 3,
            Script::Crops | Script::DoubleCrops | Script::Chosen => 6,
        }
    }

    /// The look with which a copy enters, from 0.
    fn entered(self, copy: usize) -> u32 {
        u32::from(self == Script::Late && copy % LATE_EVERY == 1)
    }

    /// The exhibits of the next look.
    fn exhibits(
        self,
        number: usize,
        design: &Design,
        rows: &Rows,
        before: &[(Look<usize>, Known)],
        random: &mut Random,
    ) -> Vec<Sites> {
        let variants = design.sites.variants();
        let sites = variants.len();
        let noise = design.noise_percent;
        let copy = |of: usize, from: usize, to: usize, random: &mut Random| -> Sites {
            (from..to).map(|site| (site, read(variants[site], rows.row(of)[site], noise, random))).collect()
        };
        let anything = |site: usize, random: &mut Random| {
            (site, Observed::hard(variants[site], random.below(usize::from(variants[site])) as u8))
        };
        match self {
            Script::Whole => (0..design.attack.members()).map(|of| copy(of, 0, sites, random)).collect(),
            Script::Pieces => {
                (0..4).map(|part| copy(0, part * sites / 4, (part + 1) * sites / 4, random)).collect()
            }
            Script::Another | Script::Late => vec![copy(number, 0, sites, random)],
            Script::Jumble => {
                let some = |random: &mut Random| {
                    let read: Vec<usize> = (0..sites).filter(|_| random.below(3) > 0).collect();
                    read.into_iter().map(|site| anything(site, random)).collect()
                };
                (0..3).map(|_| some(random)).collect()
            }
            Script::Crops | Script::DoubleCrops => match before.last() {
                None => (0..if self == Script::Crops { 1 } else { 2 })
                    .map(|_| (0..sites).map(|site| anything(site, random)).collect())
                    .collect(),
                Some((_, known)) => {
                    let best = rows.row(strongest(known));
                    let agreed = |sites: &Sites| -> Sites {
                        let kept = sites.iter().filter(|(site, seen)| likes(seen, best[**site]));
                        kept.map(|(site, seen)| (*site, seen.clone())).collect()
                    };
                    let first = &before[0].0;
                    match number % 3 {
                        _ if self == Script::Crops => vec![agreed(&first.read)],
                        0 => first.alone.values().map(agreed).collect(),
                        which => first.alone.values().skip(which - 1).take(1).map(agreed).collect(),
                    }
                }
            },
            Script::Chosen => {
                let read: Vec<usize> =
                    before.iter().flat_map(|(look, _)| look.read.keys().copied()).collect();
                let mut open: Vec<usize> = (0..sites).filter(|site| !read.contains(site)).collect();
                if let Some((look, known)) = before.last() {
                    // Whether to go on at the front or at the back hangs on how the strongest copy did.
                    let best = rows.row(strongest(known));
                    let agreed = look.read.iter().filter(|(site, seen)| likes(seen, best[**site])).count();
                    if 2 * agreed > look.read.len() {
                        open.reverse();
                    }
                }
                vec![open.into_iter().take(8).map(|site| anything(site, random)).collect()]
            }
        }
    }
}

fn read(variants: u8, shown: u8, noise_percent: usize, random: &mut Random) -> Observed {
    let other = random.below(usize::from(variants) - 1) as u8;
    let other = other + u8::from(other >= shown);
    Observed::hard(variants, if random.below(100) < noise_percent { other } else { shown })
}

fn likes(seen: &Observed, symbol: u8) -> bool {
    seen.likelihoods.iter().max() == seen.likelihoods.get(usize::from(symbol))
}

fn strongest(known: &Known) -> usize {
    let scores = known.scores.iter().enumerate();
    scores.max_by_key(|(copy, score)| (score.e, std::cmp::Reverse(*copy))).map_or(0, |(copy, _)| copy)
}

/// What exhibits show together: where they contradict each other, nothing.
fn together(exhibits: &[Sites]) -> Sites {
    let mut all: BTreeMap<usize, Option<Observed>> = BTreeMap::new();
    for (site, seen) in exhibits.iter().flatten() {
        let so_far = all.entry(*site).or_insert_with(|| Some(seen.clone()));
        if so_far.as_ref() != Some(seen) {
            *so_far = None;
        }
    }
    all.into_iter().filter_map(|(site, seen)| Some((site, seen?))).collect()
}

/// A case from its first look to its last, and who is named at any of them.
///
/// # Errors
/// When the tracer does not take a leak.
pub fn run(script: Script, design: &Design, random: &mut Random, tally: &mut Tally) -> anyhow::Result<()> {
    let rows = design.leak(random)?.rows;
    let members = design.attack.members();
    let mut looks: Vec<(Look<usize>, Known)> = Vec::new();
    for number in 0..script.looks() {
        let exhibits = script.exhibits(number, design, &rows, &looks, random);
        let alone = match exhibits.len() {
            1 => BTreeMap::new(),
            _ => (0..).zip(exhibits.iter().cloned()).collect(),
        };
        let look = Look { read: together(&exhibits), alone };
        let so_far: Vec<Look<usize>> = looks.iter().map(|(look, _)| look).chain([&look]).cloned().collect();
        let known = judge(script, design, &rows, &so_far, views(&so_far))?;
        looks.push((look, known));
    }
    let innocents = design.innocents();
    tally.add(RUNS, 1);
    tally.add(INNOCENTS, innocents);
    tally.add(MEMBERS, members as u64);
    for alpha in ALPHAS {
        for rule in [Rule::Reached, Rule::Named] {
            let of = |known: &Known| match rule {
                Rule::Reached => known.reached[alpha].clone(),
                Rule::Named => known.named[alpha].clone(),
            };
            let mut all: Vec<usize> = looks.iter().flat_map(|(_, known)| of(known)).collect();
            all.sort_unstable();
            all.dedup();
            let guilty = all.iter().filter(|&&copy| copy < members).count();
            tally.add(rule.count(INNOCENTS, alpha), (all.len() - guilty) as u64);
            tally.add(rule.count(RUNS, alpha), u64::from(all.len() > guilty));
            tally.add(rule.count(MEMBERS, alpha), u64::from(members > 0 && guilty == members));
        }
    }
    // The last look: at one that was not chosen by figures all of this holds of e and p too.
    let last = looks.last().map(|(_, known)| &known.scores[members..]).unwrap_or_default();
    for exponent in TENS {
        let ten = Log2::ceil_ratio(10u128.pow(exponent as u32), 1);
        tally.add(small_p(exponent), last.iter().filter(|score| score.p <= Log2::ZERO - ten).count() as u64);
        tally.add(large_e(exponent), last.iter().filter(|score| score.e >= ten).count() as u64);
    }
    Ok(())
}

/// A rule that is wrong: each look counts by itself, whatever was read before. Crops that are chosen by what was found are
/// judged by it, and by the tracer's.
///
/// # Errors
/// When the tracer does not take a leak.
pub fn crops(design: &Design, random: &mut Random, tally: &mut Tally) -> anyhow::Result<()> {
    let script = Script::Crops;
    let rows = design.leak(random)?.rows;
    let mut looks: Vec<(Look<usize>, Known)> = Vec::new();
    let mut wrongly: Vec<Known> = Vec::new();
    for number in 0..script.looks() {
        let read = together(&script.exhibits(number, design, &rows, &looks, random));
        let look = Look { read: read.clone(), alone: BTreeMap::new() };
        let so_far: Vec<Look<usize>> = looks.iter().map(|(look, _)| look).chain([&look]).cloned().collect();
        let right = views(&so_far);
        let mut whole = right.clone();
        whole.truncate(1);
        whole.extend([View { part: Part::Look, sites: read }].into_iter().filter(|_| number > 0));
        wrongly.push(judge(script, design, &rows, &so_far, whole)?);
        looks.push((look, judge(script, design, &rows, &so_far, right)?));
    }
    tally.add(RUNS, 1);
    tally.add(INNOCENTS, design.innocents());
    for alpha in ALPHAS {
        let any = wrongly.iter().any(|known| !known.reached[alpha].is_empty());
        tally.add(wrong::wrongly(alpha), u64::from(any));
        let any = looks.iter().any(|(_, known)| !known.reached[alpha].is_empty());
        tally.add(Rule::Reached.count(RUNS, alpha), u64::from(any));
    }
    Ok(())
}

/// What the last look says of all copies.
fn judge(
    script: Script,
    design: &Design,
    rows: &Rows,
    looks: &[Look<usize>],
    views: Vec<View<usize>>,
) -> anyhow::Result<Known> {
    let entered: Vec<u32> = (0..design.copies).map(|copy| script.entered(copy)).collect();
    let last = looks.len() as u32 - 1;
    let tested: Vec<usize> = (0..design.copies).filter(|&copy| entered[copy] <= last).collect();
    let entered: Vec<u32> = tested.iter().map(|&copy| entered[copy]).collect();
    let mut weighed: Vec<(View<usize>, Rows, Vec<Score>)> = Vec::new();
    let strictest = bars(ALPHAS[ALPHAS.len() - 1], &entered, last)?;
    let count = views.len();
    for (number, view) in views.into_iter().enumerate() {
        let own = part(rows, &tested, &view);
        let observed: Vec<Observed> = view.sites.values().cloned().collect();
        let share = view_share(number, count);
        let suffices = |scores: &[Score]| {
            let reaches = |(score, bar)| names(&shared(score, share), Log2::NEG_INFINITY, bar);
            scores.iter().zip(&strictest).any(reaches)
        };
        let scores = match observed.is_empty() {
            true => vec![Score::NOTHING; tested.len()],
            false => Weighing::new(&observed, &own)?.scores(&design.work(), suffices).scores,
        };
        weighed.push((view, own, scores.iter().map(|score| shared(score, share)).collect()));
    }
    let joined = |at: usize| {
        let scores: Vec<Score> = weighed.iter().map(|(_, _, scores)| scores[at]).collect();
        over_views(&scores).map(|(score, _)| score)
    };
    let scores: Vec<Score> = (0..tested.len()).filter_map(joined).collect();
    let processes = processes(looks, &weighed[0].0, &weighed[0].1, &weighed[0].2, &entered)?;
    let (mut reached, mut named) = (BTreeMap::new(), BTreeMap::new());
    for alpha in ALPHAS {
        let bars = bars(alpha, &entered, last)?;
        let (mut of_any, mut needed) = (Vec::new(), Vec::new());
        for (number, (view, own, scores)) in weighed.iter().enumerate() {
            let w = |at: usize| if number == 0 { processes[at] } else { Log2::NEG_INFINITY };
            let all = scores.iter().enumerate().filter(|(at, score)| names(score, w(*at), &bars[*at]));
            let candidates: Vec<(usize, Log2)> = all.map(|(at, score)| (at, score.e)).collect();
            let observed: Vec<Observed> = view.sites.values().cloned().collect();
            let spare = match candidates.len() {
                0 | 1 => Vec::new(),
                _ => withheld(&observed, own, &candidates),
            };
            of_any.extend(candidates.iter().map(|(at, _)| tested[*at]));
            needed.extend(candidates.iter().filter(|(at, _)| !spare.contains(at)).map(|(at, _)| tested[*at]));
        }
        reached.insert(alpha, of_any);
        named.insert(alpha, needed);
    }
    // Scores by copy: those who have not entered have none.
    let mut by_copy = vec![Score::NOTHING; design.copies];
    tested.iter().zip(scores).for_each(|(&copy, score)| by_copy[copy] = score);
    Ok(Known { scores: by_copy, reached, named })
}

/// The bar of each tested copy.
fn bars(alpha: &str, entered: &[u32], last: u32) -> anyhow::Result<Vec<Threshold>> {
    let alpha: Alpha = alpha.parse()?;
    let of = |look: u32| {
        let copies = entered.iter().filter(|&&entry| entry == look).count() as u64;
        copy_threshold(alpha, &Batch { copies, look: last - look + 1, number: look + 1 })
    };
    let each: Vec<Threshold> = (0..=last).map(of).collect();
    Ok(entered.iter().map(|&entry| each[entry as usize]).collect())
}

/// What some copies hold at the sites of a view.
fn part(rows: &Rows, copies: &[usize], view: &View<usize>) -> Rows {
    let of = |&copy: &usize| view.sites.keys().map(move |&site| rows.row(copy)[site]);
    Rows { columns: view.sites.len(), symbols: copies.iter().flat_map(of).collect() }
}

/// The e-process of each tested copy at the last look, where it is one of the strongest.
fn processes(
    looks: &[Look<usize>],
    all: &View<usize>,
    rows: &Rows,
    scores: &[Score],
    entered: &[u32],
) -> anyhow::Result<Vec<Log2>> {
    let mut processes = vec![Log2::NEG_INFINITY; scores.len()];
    if all.sites.is_empty() {
        return Ok(processes);
    }
    let mut strongest: Vec<usize> = (0..scores.len()).collect();
    strongest.sort_by_key(|&row| (std::cmp::Reverse(scores[row].e), row));
    strongest.truncate(PROCESSES);
    for from in 0..looks.len() as u32 {
        let fresh = first_read(looks, from);
        let nothing =
            |variants: usize| Observed { likelihoods: vec![tellmark_core::Likelihood::ONE; variants] };
        let of = |(site, seen): (&usize, &Observed)| {
            fresh.get(site).cloned().unwrap_or_else(|| (0, nothing(seen.likelihoods.len())))
        };
        let (first_look, observed): (Vec<u32>, Vec<Observed>) = all.sites.iter().map(of).unzip();
        let looks = looks.len() as u32;
        let series = Series { observed: &observed, first_look: &first_look, rows, entered, looks };
        let own: Vec<usize> = strongest.iter().copied().filter(|&at| entered[at] == from).collect();
        for (at, process) in own.iter().zip(series.processes(&own)?) {
            processes[*at] = process.last().copied().unwrap_or(Log2::NEG_INFINITY);
        }
    }
    Ok(processes)
}
