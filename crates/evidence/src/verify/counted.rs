//! The tracer run again, and what may be said of it.

use std::collections::{BTreeMap, BTreeSet};

use tellmark_codes::{Alpha, Batch, Reach, Score, TRACER_VERSION, VALIDATED, familywise_p};
use tellmark_core::fixed::Log2;

use super::commitments::Committed;
use super::{Accepted, Figures, Told};
use crate::bundle::Parts;
use crate::recount::{Line, Recount, recount};

/// Checks it.
pub fn check(bundle: &Parts, committed: &Committed, told: &mut Told<'_>) -> Option<Recount> {
    if committed.release.tracer != TRACER_VERSION as usize {
        told.cannot(
            "tracer",
            format!(
                "the release was promised version {} of the tracer; this is {TRACER_VERSION}",
                committed.release.tracer
            ),
        );
        return None;
    }
    let counted = match recount(&committed.question) {
        Ok(counted) => counted,
        Err(error) => {
            told.cannot("tracer", format!("this version cannot run it again: {error}"));
            return None;
        }
    };
    let named: BTreeSet<(usize, usize)> = places(committed, &counted, |line| line.is_named);
    let finding = &committed.finding;
    for place in finding.named.keys().filter(|place| !named.contains(place)) {
        let id = committed.names.get(place).map_or("", String::as_str);
        match counted.reach == Reach::Triples {
            true => told.not("tracer", format!("copy {id} is not named when it is run again")),
            false => told.cannot(
                "tracer",
                format!("copy {id} is not named without more partners than are weighed here"),
            ),
        }
    }
    let unsaid =
        named.iter().find(|place| !finding.named.contains_key(place) && !finding.before.contains(place));
    if let Some((batch, leaf)) = unsaid {
        told.not(
            "tracer",
            format!("copy {leaf} of batch {batch} is named too, and the finding does not say so"),
        );
    }
    let whom = if named.is_empty() { "nobody" } else { "them" };
    told.proven(
        "tracer",
        format!("{} copies by {} places: it names {whom}", counted.lines.len(), counted.sites),
    );
    super::groups::check(bundle, committed, &counted, told);
    figures_fit(committed, &counted, told);
    Some(counted)
}

fn places(
    committed: &Committed,
    counted: &Recount,
    which: impl Fn(&Line) -> bool,
) -> BTreeSet<(usize, usize)> {
    let lines = committed.places.iter().zip(&counted.lines);
    lines.filter(|(_, line)| which(line)).map(|(place, _)| *place).collect()
}

fn line<'a>(committed: &Committed, counted: &'a Recount, place: &(usize, usize)) -> Option<&'a Line> {
    let at = committed.places.iter().position(|other| other == place)?;
    counted.lines.get(at)
}

fn figures_fit(committed: &Committed, counted: &Recount, told: &mut Told<'_>) {
    let finding = &committed.finding;
    let reach = match counted.reach {
        Reach::Alone => "alone",
        Reach::PairsListed => "pairs-listed",
        Reach::Pairs => "pairs",
        Reach::TriplesListed => "triples-listed",
        Reach::Triples => "triples",
    };
    let is_same_reach = finding.reach == reach || counted.sites == 0;
    for (place, said) in &finding.named {
        let id = committed.names.get(place).map_or("", String::as_str);
        let found = line(committed, counted, place).map(|line| [line.e.0, line.p.0, line.w.0]);
        match found {
            Some(found) if found == *said => {}
            Some(found) if !is_same_reach && found[0] <= said[0] && found[2] == said[2] => {}
            _ => told.not("figures", format!("those of copy {id} are others when the tracer is run again")),
        }
    }
    let says = if is_same_reach { "bit by bit" } else { "those by fewer partners do not exceed them" };
    told.proven("figures", says);
}

/// The figures of the named copies.
pub fn figures(committed: &Committed, counted: &Recount) -> BTreeMap<String, Figures> {
    let of = |place: &(usize, usize)| {
        let line = line(committed, counted, place)?;
        let id = committed.names.get(place)?.clone();
        Some((id, Figures { e: line.e, p: line.p, w: line.w }))
    };
    committed.finding.named.keys().filter_map(of).collect()
}

/// What may be said aloud.
pub fn sentences(committed: &Committed, counted: &Recount, accepted: &Accepted) -> Vec<String> {
    let release = &committed.release;
    let mut said = Vec::new();
    if !committed.finding.before.is_empty() {
        said.push(format!(
            "Earlier looks of this case named copies, and a name once given stays: {} of them. What follows is said of the last look.",
            committed.finding.before.len()
        ));
    }
    if accepted.reading {
        said.push("You have said that somebody looked again and read the exhibits as the reading does; all that follows stands on it.".into());
    }
    if committed.finding.named.is_empty() && !committed.finding.groups.is_empty() {
        said.push(format!(
            "The exhibits derive from a copy of {}, of {:?}, or from somebody who could make one: the evidence names none of their copies by itself, and no person.",
            committed.finding.groups.join(", and from one of "),
            release.file
        ));
        return said;
    }
    if committed.finding.named.is_empty() {
        said.push(format!(
            "Of the {} copies of {:?}, none is named: what the exhibits show does not tell enough.",
            counted.lines.len(),
            release.file
        ));
        return said;
    }
    for place in committed.finding.named.keys() {
        let (Some(line), Some(id)) = (line(committed, counted, place), committed.names.get(place)) else {
            continue;
        };
        said.push(format!(
            "The exhibits derive from copy {id} of {:?}, or from somebody who could make that copy. Of {} copies, any innocent one would be named by chance in a case like this at most once in {}.",
            release.file,
            counted.lines.len(),
            one_in(familywise(committed, place, line))
        ));
    }
    let cap = Log2::floor_ratio(u128::from(VALIDATED), 1).log10_hundredths() / 100;
    said.push(format!(
        "This is proved from how codewords were drawn, as the operator says that they were, and not measured. This version of the tracer was tried on {VALIDATED} innocent copies: who wants a measured figure says no more than one in 10^{cap}.",
    ));
    if !committed.finding.holders.is_empty() {
        said.push(format!(
            "The operator says that these held it: {}. A copy is not a person: it can be lost, forwarded or read by others.",
            committed.finding.holders.join(", ")
        ));
    }
    said.push(match committed.finding.access.len() {
        0 => "The operator did not say who else had access to the key, the folder of copies, the mail server or the copying before the leak: whoever had could have made or taken that copy.".into(),
        1 => format!("The operator says that one more had access before the leak and could have made or taken that copy: {}.", committed.finding.access[0]),
        count => format!(
            "The operator says that {count} more had access before the leak and could have made or taken that copy: {}.",
            committed.finding.access.join("; ")
        ),
    });
    said.push("That an innocent copy would hardly match so well does not say how likely it is that this holder leaked: that depends on everything else that is known.".into());
    said
}

fn familywise(committed: &Committed, place: &(usize, usize), line: &Line) -> Log2 {
    let Ok(alpha) = committed.release.alpha.parse::<Alpha>() else { return Log2::ZERO };
    let score = Score { e: line.e, p: line.p, contradicted: 0, agree: 0, against: 0 };
    let batch = batch_of(committed, place.0);
    batch.map_or(Log2::ZERO, |batch| familywise_p(&score, line.w, &batch, alpha))
}

/// A batch as it entered the case.
fn batch_of(committed: &Committed, number: usize) -> Option<Batch> {
    let looks = &committed.question.looks;
    let last = looks.last()?.number;
    let mut entered: Vec<(usize, u32)> = Vec::new();
    for look in looks {
        let known = |batch: &usize| entered.iter().any(|(other, _)| other == batch);
        let mut fresh: Vec<usize> =
            look.reading.tested.iter().map(|(_, batch)| *batch).filter(|batch| !known(batch)).collect();
        fresh.sort_unstable();
        fresh.dedup();
        entered.extend(fresh.into_iter().map(|batch| (batch, look.number)));
    }
    let place = entered.iter().position(|(batch, _)| *batch == number)?;
    let copies = committed.places.iter().filter(|(batch, _)| *batch == number).count() as u64;
    Some(Batch { copies, look: last - entered[place].1 + 1, number: place as u32 + 1 })
}

/// `10^x`, rounded down, for a chance of `2^log`.
fn one_in(chance: Log2) -> String {
    let hundredths = (-chance).log10_hundredths();
    format!("10^{}.{:02}", hundredths / 100, hundredths % 100)
}
