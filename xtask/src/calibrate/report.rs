//! The tables of docs/VALIDATION.md.

use super::accuse::{ALPHAS, EXCLUDED, INNOCENTS, MEMBERS, RUNS, Rule, TENS, large_e, small_p};
use super::experiment::{Experiment, Task};
use super::ledger::Ledger;
use super::power::{CELLS, EVERY, ONE, ROWS};
use super::series;
use super::tally::Tally;
use super::wrong::{any_look, spent, wrongly};

/// Prints all tables of what has been run.
pub fn print(experiments: &[Experiment], ledger: &Ledger) {
    let of = |task: Task| -> Vec<(&Experiment, Tally)> {
        let some = experiments.iter().filter(|experiment| experiment.task == task);
        some.map(|e| (e, ledger.tally(e))).filter(|(_, tally)| tally.count(RUNS) > 0).collect()
    };
    let all = experiments.iter().filter(|experiment| experiment.task.accuses());
    let all: Vec<(&Experiment, Tally)> =
        all.map(|e| (e, ledger.tally(e))).filter(|(_, tally)| tally.count(RUNS) > 0).collect();
    let accused = of(Task::Accuse);
    totals(&all, experiments);
    accusations(&all);
    single_copies(&all);
    exclusions(&accused);
    powers(ledger, experiments);
    excerpts(&of(Task::Excerpts));
    gaussians(&of(Task::Gaussian));
    looks(&of(Task::Looks));
    crops(&of(Task::Crops));
    println!("\n## Above alpha\n");
    let offenders = offenders(experiments, ledger);
    offenders.iter().for_each(|offender| println!("- {offender}"));
    if offenders.is_empty() {
        println!("No interval lies wholly above its alpha.");
    }
}

/// The configurations whose interval lies wholly above what the tracer promises.
pub fn offenders(experiments: &[Experiment], ledger: &Ledger) -> Vec<String> {
    let mut found = Vec::new();
    let mut all = Tally::default();
    for experiment in experiments.iter().filter(|one| ![Task::Power, Task::Excerpts].contains(&one.task)) {
        let tally = ledger.tally(experiment);
        if experiment.task.accuses() {
            all.merge(&tally);
        }
        for alpha in ALPHAS {
            let mut counts = vec![Rule::Reached.count(RUNS, alpha), Rule::Named.count(RUNS, alpha)];
            counts.push(spent(alpha));
            for count in counts {
                let rate = tally.rate(&count, RUNS);
                if rate.interval().0 > value(alpha) {
                    found.push(format!("{}, {count}: {rate}", experiment.name));
                }
            }
        }
    }
    // Of hundreds of counts that are a few each, some are above their mean: what counts is the sum.
    for exponent in TENS {
        let bound = value(&format!("1e-{exponent}"));
        for count in [small_p(exponent), large_e(exponent)] {
            let rate = all.rate(&count, INNOCENTS);
            if rate.interval().0 > bound {
                found.push(format!("all attacks, {count}: {rate}"));
            }
        }
    }
    found
}

fn value(text: &str) -> f64 {
    text.parse().unwrap_or(1.0)
}

fn totals(rows: &[(&Experiment, Tally)], experiments: &[Experiment]) {
    let attacks = experiments.iter().filter(|experiment| experiment.task.accuses()).count();
    let of = |count| rows.iter().map(|(_, tally)| tally.count(count)).sum::<u64>();
    let accused = experiments.iter().filter(|experiment| experiment.task.accuses());
    let planned: u64 = accused.map(|experiment| experiment.chunk * experiment.chunks).sum();
    println!("\n## Extent\n");
    println!("{} innocents in {} runs of {attacks} attacks.", of(INNOCENTS), of(RUNS));
    if of(RUNS) < planned {
        println!("The run is not finished, {planned} are planned: each row says how many it has so far.");
    }
}

fn accusations(rows: &[(&Experiment, Tally)]) {
    println!("\n## Innocents named\n");
    println!(
        "For each attack and alpha: how many innocents reached their threshold, in how many runs any did (the rate that alpha"
    );
    println!(
        "bounds), the same by the tracer's decision, which leaves out those without whom the reading is explained as well, and in"
    );
    println!("how many runs a leaker was named.");
    println!();
    println!(
        "| attack | name | runs | innocents | alpha | innocents named | runs with one | the same, withheld left out | runs with a member named |"
    );
    println!("|---|---|---:|---:|---:|---:|---|---|---:|");
    for (experiment, tally) in rows {
        for alpha in ALPHAS {
            let start = match alpha == ALPHAS[0] {
                true => format!(
                    "{} | `{}` | {} | {}",
                    experiment.title,
                    experiment.name,
                    tally.count(RUNS),
                    tally.count(INNOCENTS)
                ),
                false => " | | |".into(),
            };
            let guilty = match experiment.design.attack.members() {
                0 => "-".into(),
                _ => tally.rate(&Rule::Named.count(MEMBERS, alpha), RUNS).percent(),
            };
            println!(
                "| {start} | {alpha} | {} | {} | {} | {guilty} |",
                tally.count(&Rule::Reached.count(INNOCENTS, alpha)),
                tally.rate(&Rule::Reached.count(RUNS, alpha), RUNS),
                tally.rate(&Rule::Named.count(RUNS, alpha), RUNS),
            );
        }
    }
}

fn single_copies(rows: &[(&Experiment, Tally)]) {
    println!("\n## Single innocents\n");
    println!(
        "Innocents with so small a p-value, and with so large an e-value: at most that share of all may have it. Rows of single"
    );
    println!("attacks hold a few each towards the end; what counts is the sum.");
    println!();
    println!("| attack | innocents | p at most 1e-1, 1e-2, .. 1e-6 | e at least 1e1, 1e2, .. 1e6 |");
    println!("|---|---:|---|---|");
    let list = |tally: &Tally, name: fn(i32) -> String| {
        TENS.map(|exponent| tally.count(&name(exponent)).to_string()).collect::<Vec<_>>().join(", ")
    };
    let mut all = Tally::default();
    for (experiment, tally) in rows {
        all.merge(tally);
        let (p, e) = (list(tally, small_p), list(tally, large_e));
        println!("| {} | {} | {p} | {e} |", experiment.title, tally.count(INNOCENTS));
    }
    println!("| all | {} | {} | {} |", all.count(INNOCENTS), list(&all, small_p), list(&all, large_e));
}

fn exclusions(rows: &[(&Experiment, Tally)]) {
    println!("\n## Members contradicted\n");
    println!(
        "How often one of the leakers is called contradicted as the source up to coalitions of their true size, or larger: never"
    );
    println!("\"cleared\", since this leans on the noise model.");
    println!();
    println!("| attack | size | members | contradicted up to their size or more |\n|---|---:|---:|---|");
    for (experiment, tally) in rows {
        let size = experiment.design.attack.members();
        if (1..=3).contains(&size) {
            let rate = tally.rate(EXCLUDED, MEMBERS);
            println!("| {} | {size} | {} | {} in all: {rate} |", experiment.title, rate.of, rate.hits);
        }
    }
}

fn powers(ledger: &Ledger, experiments: &[Experiment]) {
    println!("\n## Power\n");
    println!(
        "At alpha 1e-6, 1,000 copies and 5 % noise unless the row says otherwise; the decision as it is, all pairs and lists of 24."
    );
    println!(
        "Sites for one half and nine tenths of the runs: first as simulated before any of this was written, then as measured, where"
    );
    println!(
        "the smallest number tried that reached it counts; the shares of alpha for batches, looks and groups are in it."
    );
    println!();
    println!(
        "| attack | arcsine Tardos | single score | leave-one-out | measured, one | measured, all | by sites: one, all named |"
    );
    println!("|---|---|---|---|---|---|---|");
    for row in &ROWS {
        let cells: Vec<(usize, Tally)> = CELLS
            .iter()
            .filter(|cell| cell.row == row.title)
            .filter_map(|cell| {
                let experiment = experiments.iter().find(|experiment| experiment.name == cell.name())?;
                Some((cell.sites, ledger.tally(experiment)))
            })
            .filter(|(_, tally)| tally.count(RUNS) > 0)
            .collect();
        if cells.is_empty() {
            continue;
        }
        let least = |what: &str, share: f64| {
            let reached = |tally: &Tally| tally.count(what) as f64 >= share * tally.count(RUNS) as f64;
            let cell = cells.iter().find(|(_, tally)| reached(tally));
            cell.map_or("-".into(), |(sites, _)| sites.to_string())
        };
        let both = |what: &str| format!("{}/{}", least(what, 0.5), least(what, 0.9));
        let shown = |(sites, tally): &(usize, Tally)| {
            let (one, all) = (tally.rate(ONE, RUNS), tally.rate(EVERY, RUNS));
            format!("{sites}: {}, {} of {}", one.hits, all.hits, one.of)
        };
        let shown: Vec<String> = cells.iter().map(shown).collect();
        println!(
            "| {} | {} | {} | {} | {} | {} | {} |",
            row.title,
            row.arcsine,
            row.single,
            row.joint,
            both(ONE),
            both(EVERY),
            shown.join("; ")
        );
        let innocents: u64 = cells.iter().map(|(_, tally)| tally.count(INNOCENTS)).sum();
        if innocents > 0 {
            println!("| {}: innocents named | | | | {innocents} | | |", row.title);
        }
    }
}

fn excerpts(rows: &[(&Experiment, Tally)]) {
    println!("\n## Series of excerpts\n");
    println!(
        "Excerpts of 8 binary sites, each a look of its own, at alpha 1e-6 and 5 % noise, 30 at most: how many it took on average, to"
    );
    println!("name one of those who leaked, and all. Who was not named within 30 counts as 30.");
    println!();
    println!(
        "| source | simulated | runs | excerpts until one is named | until all are | all named in | innocents named |"
    );
    println!("|---|---|---:|---:|---:|---:|---:|");
    for (experiment, tally) in rows {
        let expected = series::ROWS.iter().find(|row| row.name == experiment.name);
        let mean = |count: &str| tally.count(count) as f64 / tally.count(RUNS) as f64;
        println!(
            "| {} | {} | {} | {:.1} | {:.1} | {} | {} |",
            experiment.title,
            expected.map_or("", |row| row.expected),
            tally.count(RUNS),
            mean(series::FIRST),
            mean(series::EVERY),
            tally.count(series::FINISHED),
            tally.count(INNOCENTS)
        );
    }
}

fn gaussians(rows: &[(&Experiment, Tally)]) {
    println!("\n## Wrong: a Gaussian threshold\n");
    println!(
        "Random text and 100 copies. A copy is named where its single score exceeds its mean by as many standard deviations as a"
    );
    println!(
        "Gaussian does with a chance of alpha / 100. Mean and deviation are exact; the tail is not a Gaussian's."
    );
    println!();
    println!("| sites | runs | alpha | by a Gaussian | by the tracer |\n|---|---:|---:|---|---|");
    beside_the_tracer(rows);
}

/// Rows of a wrong rule and of the tracer's own.
fn beside_the_tracer(rows: &[(&Experiment, Tally)]) {
    for (experiment, tally) in rows {
        for alpha in ALPHAS {
            let (wrong, right) =
                (tally.rate(&wrongly(alpha), RUNS), tally.rate(&Rule::Reached.count(RUNS, alpha), RUNS));
            println!("| {} | {} | {alpha} | {wrong} | {right} |", experiment.title, wrong.of);
        }
    }
}

fn looks(rows: &[(&Experiment, Tally)]) {
    println!("\n## Wrong: looks that each spend all of alpha\n");
    println!(
        "Random text and 100 copies; all looks so far are merged and judged as if they were the only one: by p at most alpha / 100, which"
    );
    println!(
        "is valid at one look; by the tracer's thresholds of one look, which have a margin; and, as it should be, by the"
    );
    println!("e-process and by thresholds that share alpha among looks.");
    println!();
    println!(
        "| looks | runs | alpha | p at most alpha / n at any look | the tracer's thresholds of one look, at any | looks that share alpha |"
    );
    println!("|---|---:|---:|---|---|---|");
    for (experiment, tally) in rows {
        for alpha in ALPHAS {
            let (wrong, once, shares) = (
                tally.rate(&wrongly(alpha), RUNS),
                tally.rate(&any_look(alpha), RUNS),
                tally.rate(&spent(alpha), RUNS),
            );
            println!("| {} | {} | {alpha} | {wrong} | {once} | {shares} |", experiment.title, wrong.of);
        }
    }
}

fn crops(rows: &[(&Experiment, Tally)]) {
    println!("\n## Wrong: looks that count by themselves, whatever was read before\n");
    println!(
        "Random text and 100 copies; then five looks at crops of it, each of the sites at which the copy that is strongest so far agrees. By a"
    );
    println!(
        "rule that weighs each look by itself too, and by the tracer, which weighs by itself what is new in it."
    );
    println!();
    println!("| looks | runs | alpha | each look by itself | what is new |\n|---|---:|---:|---|---|");
    beside_the_tracer(rows);
}
