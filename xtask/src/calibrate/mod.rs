//! `cargo xtask calibrate`: false accusations over simulated leaks, beside the alpha that bounds them.
//!
//! Each run deals fresh codewords by the product's own keyed function, lets leakers leak, and asks the tracer as
//! it is. What a run does follows from its configuration and its number alone.

mod accuse;
mod attack;
mod design;
mod experiment;
mod ledger;
mod power;
mod progress;
mod report;
mod scripts;
mod series;
mod tally;
mod wrong;

use std::path::PathBuf;

use anyhow::{Context, bail};

use ledger::Ledger;

/// Innocents of each attack, unless asked otherwise.
const INNOCENTS: u64 = 10_000_000;

/// What is asked for.
struct Request {
    innocents: u64,
    out: Option<PathBuf>,
    attack: Option<String>,
    tables: bool,
}

/// Runs what is not yet in the file and prints the tables. False when a rate is above its alpha.
///
/// # Errors
/// When the arguments are not of that form, the file cannot be used, or the tracer fails.
pub fn run(arguments: &[&str]) -> anyhow::Result<bool> {
    let request = parse(arguments)?;
    let mut experiments = experiment::all(request.innocents);
    if let Some(name) = &request.attack {
        experiments.retain(|experiment| experiment.name.contains(name.as_str()));
        if experiments.is_empty() {
            let names: Vec<String> = experiment::all(1).into_iter().map(|e| e.name).collect();
            bail!("no attack has {name:?} in its name; there are {}", names.join(", "));
        }
    }
    let mut ledger = match &request.out {
        Some(path) => Ledger::open(path)?,
        None => Ledger::default(),
    };
    if !request.tables {
        progress::finish(&experiments, &mut ledger)?;
    }
    report::print(&experiments, &ledger);
    Ok(report::offenders(&experiments, &ledger).is_empty())
}

fn parse(words: &[&str]) -> anyhow::Result<Request> {
    let mut request = Request { innocents: INNOCENTS, out: None, attack: None, tables: false };
    let mut rest = words.iter();
    while let Some(&word) = rest.next() {
        let mut value = || rest.next().with_context(|| format!("{word} needs a value"));
        match word {
            "--innocents" => {
                request.innocents = value()?.parse().context("--innocents: a number is needed")?
            }
            "--out" => request.out = Some(PathBuf::from(value()?)),
            "--attack" => request.attack = Some((*value()?).into()),
            "--tables" => request.tables = true,
            _ => bail!("unknown option {word}; there are --innocents N, --out FILE, --attack NAME, --tables"),
        }
    }
    if request.tables && request.out.is_none() {
        bail!("--tables needs --out FILE: it runs nothing");
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::design::{Design, Sites};
    use super::experiment::{Experiment, Task};
    use super::*;

    /// A short version of the whole: every attack, every rule, in 150 leaks each.
    #[test]
    fn innocents_are_named_no_more_often_than_alpha_allows() {
        let shorten = |experiment: Experiment| {
            let sites = match experiment.design.sites {
                Sites::Equal(sites, variants) => Sites::Equal(sites.min(16), variants),
                Sites::Mixed(sites) => Sites::Mixed(sites.min(16)),
            };
            let design = match experiment.task {
                Task::Accuse | Task::Case(_) => Design { copies: 20, sites, ..experiment.design },
                _ => experiment.design,
            };
            let chunks = if experiment.task.accuses() { 6 } else { 2 };
            Experiment { design, chunk: 25, chunks, ..experiment }
        };
        let is_short =
            |experiment: &Experiment| experiment.task.accuses() || experiment.task == Task::Gaussian;
        let experiments: Vec<Experiment> =
            experiment::all(1).into_iter().filter(is_short).map(shorten).collect();
        let mut ledger = Ledger::default();
        progress::finish(&experiments, &mut ledger).unwrap();
        report::print(&experiments, &ledger);
        assert_eq!(report::offenders(&experiments, &ledger), Vec::<String>::new());
        let of = |name: &str| {
            let experiment = experiments.iter().find(|experiment| experiment.name == name).unwrap();
            ledger.tally(experiment)
        };
        // The simulation sees wrong rules fail, and sources named.
        assert!(of("wrong-gaussian-eight").rate(&wrong::wrongly("0.1"), accuse::RUNS).interval().0 > 0.1);
        let sole = of("one-source-0").rate(&accuse::Rule::Named.count(accuse::MEMBERS, "0.1"), accuse::RUNS);
        assert!(sole.interval().0 > 0.9, "{sole}");
    }

    #[test]
    fn arguments_are_checked() {
        let request = parse(&["--innocents", "5", "--out", "a", "--attack", "b"]).unwrap();
        assert_eq!((request.innocents, request.out.is_some(), request.tables), (5, true, false));
        for wrong in [&["--innocents"][..], &["--innocents", "x"], &["--tables"], &["x"]] {
            assert!(parse(wrong).is_err());
        }
        assert!(run(&["--attack", "nothing of that name"]).is_err());
    }
}
