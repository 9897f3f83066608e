//! The tracer run again, and what may be said of it.

use std::collections::{BTreeMap, BTreeSet};

use tellmark_codes::{Alpha, Batch, Reach, Score, TRACER_VERSION, VALIDATED, familywise_p};
use tellmark_core::fixed::{Log2, MEASURED_LOG10, support};

use super::commitments::{Committed, Finding};
use super::words::{listed, quoted};
use super::{Accepted, Figures, Told};
use crate::bundle::Parts;
use crate::recount::{Line, Question, Recount, STEPS_MAX, recount};

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
    let mut steps = 0_u64;
    // A name that an earlier look gave stays, so it has to be one.
    for (at, finding) in &committed.earlier {
        let earlier = Judged::earlier(committed, *at, finding);
        earlier.check(told, &mut steps)?;
    }
    let last = Judged {
        finding: &committed.finding,
        question: &committed.question,
        places: &committed.places,
        name: "",
    };
    let counted = last.check(told, &mut steps)?;
    let named = named(&committed.places, &counted);
    let whom = if named.is_empty() { "nobody" } else { "them" };
    told.proven(
        "tracer",
        format!("{} copies by {} places: it names {whom}", counted.lines.len(), counted.sites),
    );
    super::groups::check(bundle, committed, &counted, told);
    let says = match reach_name(counted.reach) == committed.finding.reach || counted.sites == 0 {
        true => "e, p and w bit by bit; alpha and the number of places",
        false => "those by fewer partners do not exceed them; alpha and the number of places",
    };
    told.proven("figures", says);
    Some(counted)
}

/// A finding that is counted again.
struct Judged<'a> {
    finding: &'a Finding,
    question: &'a Question,
    places: &'a [(usize, usize)],
    /// What is said before a fault of it.
    name: &'a str,
}

/// A finding of an earlier look, with what was known then.
struct Earlier<'a> {
    finding: &'a Finding,
    question: Question,
    places: Vec<(usize, usize)>,
    name: String,
}

impl<'a> Judged<'a> {
    fn earlier(committed: &'a Committed, at: usize, finding: &'a Finding) -> Earlier<'a> {
        let whole = &committed.question;
        let looks = whole.looks[..=at].to_vec();
        let tested: BTreeSet<usize> =
            looks.iter().flat_map(|look| &look.reading.tested).map(|(_, batch)| *batch).collect();
        let own = |(batch, _): &&(usize, usize)| tested.contains(batch);
        Earlier {
            finding,
            name: format!("look {}: ", whole.looks[at].number),
            places: committed.places.iter().filter(own).copied().collect(),
            question: Question {
                release: whole.release.clone(),
                alpha: whole.alpha.clone(),
                looks,
                copies: whole.copies.iter().filter(|copy| tested.contains(&copy.batch)).cloned().collect(),
            },
        }
    }
}

impl Earlier<'_> {
    fn check(&self, told: &mut Told<'_>, steps: &mut u64) -> Option<Recount> {
        let Earlier { finding, question, places, name } = self;
        Judged { finding, question, places, name }.check(told, steps)
    }
}

impl Judged<'_> {
    /// Counts it again, and compares.
    fn check(&self, told: &mut Told<'_>, steps: &mut u64) -> Option<Recount> {
        let Judged { finding, question, places, name } = *self;
        let counted = match recount(question) {
            Ok(counted) if steps.saturating_add(counted.steps) <= STEPS_MAX => counted,
            Ok(_) => {
                told.cannot("tracer", "the looks together take more steps than are taken for one bundle");
                return None;
            }
            Err(error) => {
                told.cannot("tracer", format!("{name}this version cannot run it again: {error}"));
                return None;
            }
        };
        *steps += counted.steps;
        let named = named(places, &counted);
        for (batch, leaf) in finding.named.keys().filter(|place| !named.contains(place)) {
            match counted.reach == Reach::Triples {
                true => told.not(
                    "tracer",
                    format!("{name}copy {leaf} of batch {batch} is not named when it is run again"),
                ),
                false => told.cannot(
                    "tracer",
                    format!("{name}copy {leaf} of batch {batch} is not named without more partners than are weighed here"),
                ),
            }
        }
        let is_said =
            |place: &&(usize, usize)| finding.named.contains_key(place) || finding.before.contains(place);
        if let Some((batch, leaf)) = named.iter().find(|place| !is_said(place)) {
            told.not(
                "tracer",
                format!("{name}copy {leaf} of batch {batch} is named too, and the finding does not say so"),
            );
        }
        self.figures(&counted, told);
        Some(counted)
    }

    fn figures(&self, counted: &Recount, told: &mut Told<'_>) {
        let Judged { finding, question, places, name } = *self;
        let is_same_reach = finding.reach == reach_name(counted.reach) || counted.sites == 0;
        for ((batch, leaf), said) in &finding.named {
            let line = line(places, counted, &(*batch, *leaf));
            match line.map(|line| [line.e.0, line.p.0, line.w.0]) {
                Some(found) if found == *said => {}
                Some(found) if !is_same_reach && found[0] <= said[0] && found[2] == said[2] => {}
                _ => told.not(
                    "figures",
                    format!(
                        "{name}those of copy {leaf} of batch {batch} are others when the tracer is run again"
                    ),
                ),
            }
        }
        if finding.alpha != question.alpha {
            told.not(
                "figures",
                format!("{name}the finding says another bound than the release was sealed with"),
            );
        }
        if finding.sites != counted.sites {
            told.not(
                "figures",
                format!("{name}{} places are read, and the finding says another number", counted.sites),
            );
        }
    }
}

fn reach_name(reach: Reach) -> &'static str {
    match reach {
        Reach::Alone => "alone",
        Reach::PairsListed => "pairs-listed",
        Reach::Pairs => "pairs",
        Reach::TriplesListed => "triples-listed",
        Reach::Triples => "triples",
    }
}

fn named(places: &[(usize, usize)], counted: &Recount) -> BTreeSet<(usize, usize)> {
    places.iter().zip(&counted.lines).filter(|(_, line)| line.is_named).map(|(place, _)| *place).collect()
}

fn line<'a>(places: &[(usize, usize)], counted: &'a Recount, place: &(usize, usize)) -> Option<&'a Line> {
    counted.lines.get(places.iter().position(|other| other == place)?)
}

/// The figures of the named copies.
pub fn figures(committed: &Committed, counted: &Recount) -> BTreeMap<String, Figures> {
    let of = |place: &(usize, usize)| {
        let line = line(&committed.places, counted, place)?;
        let id = committed.names.get(place)?.clone();
        Some((id, Figures { e: line.e, p: line.p, w: line.w }))
    };
    committed.finding.named.keys().filter_map(of).collect()
}

/// What may be said aloud.
pub fn sentences(
    committed: &Committed,
    counted: &Recount,
    accepted: &Accepted,
    is_held: bool,
) -> Vec<String> {
    let file = quoted(&committed.release.file);
    let finding = &committed.finding;
    let mut said = Vec::new();
    if !finding.before.is_empty() {
        let before = finding.before.iter().map(|(batch, leaf)| format!("copy {leaf} of batch {batch}"));
        said.push(format!(
            "Earlier looks of this case named copies, and a name once given stays: {}, by their places in the log from 0. What follows is said of the last look.",
            listed(before)
        ));
    }
    if accepted.reading {
        said.push("You have said that somebody looked again and read the exhibits as the reading does; all that follows stands on it.".into());
    }
    if finding.named.is_empty() && !finding.groups.is_empty() {
        said.push(format!(
            "The exhibits derive from a copy of {}, of {file} or of another draft that shows the same, or from somebody who could make one: the evidence names none of their copies by itself, and no person.",
            finding.groups.iter().map(|group| quoted(group)).collect::<Vec<_>>().join(", and from one of "),
        ));
        return said;
    }
    if finding.named.is_empty() {
        said.push(format!(
            "Of the {} copies of {file}, as the release committed to them, none is named: what the exhibits show does not tell enough.",
            counted.lines.len(),
        ));
        return said;
    }
    let ids: Vec<&str> = committed.names.values().map(String::as_str).collect();
    // Drafts share what was not edited, and the copies of one id hold the same there.
    let earlier = match committed.inherited() {
        0 => ", or from the copy of the same id of a later draft, where that kept these words".to_owned(),
        some => format!(
            ", or from the copy of the same id of an earlier draft, which shows the same at {some} of the {} places that were read, whoever held that",
            committed.sites.len()
        ),
    };
    let source = match ids.as_slice() {
        [id] => format!(
            "copy {id} of {file}, as the release committed to it{earlier}, or from somebody who could make that copy"
        ),
        _ => format!(
            "one or several of the copies that are named of {file}, as the release committed to them: {}{earlier}; or from somebody who could make one of them",
            listed(ids.iter().map(|id| (*id).to_owned()))
        ),
    };
    said.push(format!("The exhibits derive from {source}."));
    said.push(match is_held {
        true => "What was delivered is among the files that you gave, and shows what the release committed to.".into(),
        false => "Nobody has held the file that was delivered against what the release committed to: were the two not the same, the finding would be about another copy. Whoever holds the file can (--copy FILE here; tellmark reread BUNDLE --copy FILE where it is a DOCX, ODT or PDF).".into(),
    });
    for (place, id) in &committed.names {
        let Some(line) = line(&committed.places, counted, place) else { continue };
        said.push(format!(
            "Copy {id}: {}. {}. {}.",
            support(line.e.log10_hundredths()),
            capped("The ratio", line.e.log10_hundredths(), |ratio| format!("at least {ratio}")),
            capped(
                &format!(
                    "The chance that any innocent one of {} copies would match as well",
                    counted.lines.len()
                ),
                (-familywise(committed, place, line)).log10_hundredths(),
                |ratio| format!("at most one in {ratio}"),
            )
        ));
    }
    said.push(format!(
        "That this case names any innocent copy at all, over all its looks, has a chance of at most {}, which was fixed when the document was sealed: the chance of a false name is that, and none of the figures above.",
        committed.release.alpha
    ));
    if committed.cases > 1 {
        said.push(format!(
            "{} cases looked at copies of this release: the chance that any of them names an innocent copy is at most so many times that.",
            committed.cases
        ));
    }
    said.push(format!(
        "All this is proved from how codewords were drawn, as the operator says that they were. This version of the tracer was tried on {VALIDATED} innocent copies: no more than 10^{MEASURED_LOG10} of any figure is measured.",
    ));
    if !finding.holders.is_empty() {
        said.push(format!(
            "The operator says that these held it: {}. A copy is not a person: it can be lost, forwarded or read by others.",
            listed(finding.holders.iter().map(|holder| quoted(holder)))
        ));
    }
    let access = listed(finding.access.iter().map(|one| quoted(one)));
    said.push(match finding.access.len() {
        0 => "The operator did not say who else had access to the key, the folder of copies, the mail server or the copying before the leak: whoever had could have made or taken that copy.".into(),
        1 => format!("The operator says that one more had access before the leak and could have made or taken that copy: {access}."),
        count => format!(
            "The operator says that {count} more had access before the leak and could have made or taken that copy: {access}.",
        ),
    });
    said.push("That an innocent copy would hardly match so well does not say how likely it is that this holder leaked: that depends on everything else that is known.".into());
    said
}

/// A figure with what is measured of it first: what was computed is never offered alone where it is larger.
fn capped(what: &str, hundredths: i64, worded: impl Fn(String) -> String) -> String {
    let hundredths = hundredths.max(0);
    let computed = format!("10^{}.{:02}", hundredths / 100, hundredths % 100);
    match hundredths > MEASURED_LOG10 * 100 {
        true => format!(
            "{what} is {} as far as it was tried, and {} by computation",
            worded(format!("10^{MEASURED_LOG10}")),
            worded(computed)
        ),
        false => format!("{what} is {} by computation, which is not beyond what was tried", worded(computed)),
    }
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
