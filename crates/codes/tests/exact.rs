//! Small cases in full: every codeword that one copy could have had, for each reading, attack and list of partners.
//! The copy's e-value has mean 1 at most, and 1 before rounding; its p-value is one.
#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.
#![allow(clippy::disallowed_methods)] // The reference is written in doubles, with the machine's logarithms.

mod reference;

use proptest::prelude::*;
use tellmark_codes::{ABSENT, Observed, Reach, Rows, Score, Weighing, Work};
use tellmark_core::Likelihood;
use tellmark_core::fixed::Log2;

/// Where in the rows the copy stands that goes through every codeword.
const COPY: usize = 1;

fn value(x: Log2) -> f64 {
    (x.0 as f64 / (1u64 << 32) as f64).exp2()
}

fn soft(likelihoods: &[u32]) -> Observed {
    Observed { likelihoods: likelihoods.iter().map(|&l| Likelihood(l)).collect() }
}

fn rows(own: &[u8], others: &[Vec<u8>]) -> Rows {
    let mut all: Vec<Vec<u8>> = others.to_vec();
    all.insert(COPY.min(others.len()), own.to_vec());
    Rows { columns: own.len(), symbols: all.concat() }
}

/// Every codeword that a copy with these sites could have had.
fn codewords(observed: &[Observed], lacking: &[usize]) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    for (column, site) in observed.iter().enumerate() {
        let symbols: Vec<u8> = match lacking.contains(&column) {
            true => vec![ABSENT],
            false => (0..site.likelihoods.len() as u8).collect(),
        };
        all = all
            .into_iter()
            .flat_map(|word| symbols.iter().map(move |&symbol| [word.as_slice(), &[symbol]].concat()))
            .collect();
    }
    all
}

/// The lists that are tried: all partners, lists shorter than the copies, and parts of the work left out.
fn works() -> Vec<(Work, bool)> {
    let all = Work::default();
    let listed = Work { pairs_all: 1, pairs_listed: 2, triples_at_once: 0, triples_listed: 3, ..all.clone() };
    let few = Work { copies: 1, triples_at_last: 0, ..listed.clone() };
    vec![(all.clone(), false), (all, true), (listed.clone(), false), (listed, true), (few, false)]
}

fn check(observed: &[Observed], others: &[Vec<u8>], lacking: &[usize]) {
    let words = codewords(observed, lacking);
    for (work, stops) in works() {
        let mut found: Vec<Score> = Vec::new();
        for word in &words {
            let rows = rows(word, others);
            let scores = Weighing::new(observed, &rows).unwrap().scores(&work, |_| stops);
            found.push(scores.scores[COPY.min(others.len())]);
        }
        let mean = found.iter().map(|score| value(score.e)).sum::<f64>() / found.len() as f64;
        assert!(mean <= 1.0 + 1e-12, "{mean} {work:?}");
        let mut ps: Vec<f64> = found.iter().map(|score| value(score.p)).collect();
        ps.sort_by(f64::total_cmp);
        for (rank, p) in ps.iter().enumerate().filter(|(rank, p)| ps.get(rank + 1) != Some(p)) {
            assert!((rank + 1) as f64 / ps.len() as f64 <= p * (1.0 + 1e-9), "{rank} {p} {work:?}");
        }
    }
}

/// Whom the work makes partners of a copy.
type Lists = fn(&Weighing<'_>, usize, usize) -> reference::Partners;

fn everybody(_: &Weighing<'_>, copies: usize, own: usize) -> reference::Partners {
    reference::Partners::all(copies, own)
}

/// The two strongest others, and the three strongest for pairs.
fn strongest(weighing: &Weighing<'_>, _: usize, own: usize) -> reference::Partners {
    let list = |count| {
        let mut list = weighing.partners_of(own, count);
        list.sort_unstable();
        list
    };
    reference::Partners { of_two: list(2), of_three: vec![list(3)] }
}

/// The same, and then any pair.
fn strongest_and_all(weighing: &Weighing<'_>, copies: usize, own: usize) -> reference::Partners {
    let mut partners = strongest(weighing, copies, own);
    partners.of_three.extend(reference::Partners::all(copies, own).of_three);
    partners
}

/// The exact e-values by other code, against those of the tracer: with all partners, and with partners from lists.
fn check_reference(observed: &[Observed], others: &[Vec<u8>]) {
    let listed =
        Work { pairs_all: 1, pairs_listed: 2, triples_at_once: 0, triples_listed: 3, ..Work::default() };
    let only = Work { triples_at_last: 0, ..listed.clone() };
    let kinds: [(Work, Lists); 3] =
        [(Work::default(), everybody), (only, strongest), (listed, strongest_and_all)];
    let words = codewords(observed, &[]);
    let own = COPY.min(others.len());
    for (work, lists) in kinds {
        let mut exact = 0.0;
        for word in &words {
            let rows = rows(word, others);
            let all: Vec<&[u8]> = rows.symbols.chunks(rows.columns).collect();
            let weighing = Weighing::new(observed, &rows).unwrap();
            let truth = reference::e(observed, &all, own, &lists(&weighing, all.len(), own));
            exact += truth / words.len() as f64;
            let found = value(weighing.scores(&work, |_| false).scores[own].e);
            assert!(
                found <= truth * (1.0 + 1e-9) && found >= truth * (1.0 - 1e-5),
                "{found} {truth} {work:?}"
            );
        }
        let whole = if others.len() > 1 { 1.0 } else { reference::share_of_pairs() };
        assert!((exact - whole).abs() < 1e-9, "{exact} {work:?}");
    }
}

fn draw(seed: u64, observed: &[Observed], copies: usize) -> Vec<Vec<u8>> {
    let mut state = seed;
    let mut next = |q: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((state >> 33) % q as u64) as u8
    };
    (0..copies).map(|_| observed.iter().map(|site| next(site.likelihoods.len())).collect()).collect()
}

#[test]
fn every_codeword_of_an_innocent_copy() {
    let one = Likelihood::ONE.0;
    let hard = vec![Observed::hard(2, 0), Observed::hard(2, 1), Observed::hard(3, 2), Observed::hard(4, 0)];
    let mixed = vec![
        soft(&[one, 1]),
        soft(&[one / 3, one]),
        Observed::hard(2, 1),
        soft(&[one, one, 5, one / 7]),
        Observed::hard(5, 4),
    ];
    let wide = vec![Observed::hard(16, 3), soft(&[one, 0, 0, 0, one / 2])];
    let even = vec![Observed::hard(2, 1); 6];
    for (seed, observed) in [hard, mixed, wide, even].iter().enumerate() {
        for copies in [0, 1, 2, 6] {
            check(observed, &draw(seed as u64 + 1, observed, copies), &[]);
        }
    }
}

#[test]
fn whoever_else_leaked() {
    // The reading shows what three others make of it: the rarest variant that they hold, the most frequent one,
    // one of them after the other.
    let blank = vec![Observed::hard(2, 0); 7];
    let others = draw(5, &blank, 6);
    let show = |of: &dyn Fn(usize) -> u8| (0..7).map(|i| Observed::hard(2, of(i))).collect::<Vec<_>>();
    let held = |i: usize| [others[0][i], others[1][i], others[2][i]];
    let majority = |i: usize| u8::from(held(i).iter().sum::<u8>() >= 2);
    let minority = |i: usize| match held(i).iter().sum::<u8>() {
        0 => 0,
        3 => 1,
        ones => u8::from(ones == 1),
    };
    for observed in [show(&majority), show(&minority), show(&|i| held(i)[i % 3])] {
        check(&observed, &others, &[]);
    }
}

#[test]
fn copies_that_lack_sites() {
    let observed =
        vec![Observed::hard(2, 0), Observed::hard(3, 1), Observed::hard(16, 1), Observed::hard(2, 1)];
    let mut others = draw(3, &observed, 5);
    check(&observed, &others, &[1]);
    others[0][0] = ABSENT;
    others[0][2] = ABSENT;
    others[3][3] = ABSENT;
    check(&observed, &others, &[]);
    check(&observed, &others, &[0, 3]);
}

#[test]
fn as_another_program_computes_it() {
    let one = Likelihood::ONE.0;
    let binary: Vec<Observed> = (0..6).map(|i| Observed::hard(2, i % 2)).collect();
    let mixed = vec![
        soft(&[one, one / 9]),
        Observed::hard(3, 1),
        soft(&[one / 4, 7, one, one]),
        Observed::hard(2, 0),
    ];
    for observed in [binary, mixed] {
        for copies in [1, 2, 4, 6] {
            check_reference(&observed, &draw(copies as u64, &observed, copies));
        }
    }
}

/// What three others show by each strategy, who are on the lists of partners then.
#[test]
fn as_another_program_computes_it_whatever_a_coalition_does() {
    const SITES: usize = 3;
    let blank = |q| vec![Observed::hard(q, 0); SITES];
    for (q, others) in [(2, draw(6, &blank(2), 4)), (3, draw(7, &blank(3), 4))] {
        let held = |site: usize| [others[0][site], others[1][site], others[2][site]];
        let count = |site: usize, variant: u8| held(site).iter().filter(|&&v| v == variant).count();
        let strategies: [&dyn Fn(usize) -> u8; 6] = [
            &|site| held(site)[site % 3],
            &|site| held(site).into_iter().max_by_key(|&v| count(site, v)).unwrap(),
            &|site| held(site).into_iter().min_by_key(|&v| count(site, v)).unwrap(),
            &|site| held(site)[(site * 2 + 1) % 3],
            &|site| held(site).into_iter().min().unwrap(),
            &|site| held(site).into_iter().max().unwrap(),
        ];
        for shown in strategies {
            let observed: Vec<Observed> = (0..SITES).map(|site| Observed::hard(q, shown(site))).collect();
            check_reference(&observed, &others);
        }
    }
}

#[test]
fn lists_of_partners_do_not_depend_on_the_copy() {
    let observed: Vec<Observed> = (0..40).map(|i| Observed::hard(2, i % 2)).collect();
    let others = draw(9, &observed, 30);
    let blank = vec![0; 40];
    let partners = |own: &[u8]| {
        let rows = rows(own, &others);
        let weighing = Weighing::new(&observed, &rows).unwrap();
        (weighing.partners_of(COPY, 5), weighing.partners_of(COPY, 12))
    };
    let as_blank = partners(&blank);
    let shown: Vec<u8> = (0..40).map(|i| i % 2).collect();
    assert_eq!(partners(&shown), as_blank, "the copy agrees everywhere");
    for own in draw(77, &observed, 20) {
        assert_eq!(partners(&own), as_blank);
    }
}

#[test]
fn the_work_stops_when_it_suffices() {
    let observed: Vec<Observed> = (0..30).map(|i| Observed::hard(2, i % 2)).collect();
    let rows = Rows { columns: 30, symbols: draw(4, &observed, 60).concat() };
    let weighing = Weighing::new(&observed, &rows).unwrap();
    let reach = |work: &Work, stops: bool| weighing.scores(work, |_| stops).reach;
    let work = Work { triples_at_once: 0, ..Work::default() };
    assert_eq!(reach(&work, true), Reach::TriplesListed);
    assert_eq!(reach(&work, false), Reach::Triples);
    let work = Work { triples_at_last: 0, pairs_all: 10, ..work };
    assert_eq!(reach(&work, false), Reach::TriplesListed);
}

#[test]
fn threads_do_not_matter() {
    let observed: Vec<Observed> = (0..50).map(|i| Observed::hard(2 + i % 3, i % 2)).collect();
    let rows = Rows { columns: 50, symbols: draw(8, &observed, 90).concat() };
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Weighing::new(&observed, &rows).unwrap().scores(&Work::default(), |_| false))
    };
    assert!(run(1) == run(2) && run(1) == run(7));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn whatever_was_read(
        sites in prop::collection::vec(prop::collection::vec(0u32..=1 << 24, 2..5), 1..5),
        seed in any::<u64>(),
        copies in 0usize..6,
    ) {
        let observed: Vec<Observed> =
            sites.into_iter().filter(|site| site.iter().any(|&l| l > 0)).map(|site| soft(&site)).collect();
        prop_assume!(!observed.is_empty());
        check(&observed, &draw(seed, &observed, copies), &[]);
    }
}
