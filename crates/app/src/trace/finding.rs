//! The finding as it is printed for programs: the JSON contract of `trace`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use tellmark_codes::{
    Part, Reach, WAYS, familywise_p, group_threshold, reached, single_p, sites_needed, sites_to_tell_apart,
};
use tellmark_core::fixed::Log2;
use tellmark_core::{Channel, Hash, LineageId, Outcome, ReleaseId};

use super::TraceRequest;
use super::bars::Bars;
use super::case::{Case, EarlierName};
use super::decide::{Decision, GROUP_MIN, SaidGroup};
use super::evidence::{Evidence, Suspect, Weighed};
use super::gather::{Gathered, Seen};
use super::material::Material;
use super::sheets::{Sheet, Shift};
use super::whose::{AlsoIn, Elsewhere, Whose};
use crate::Result;
use crate::cases::Spent;

/// What a copy is read in when nothing but everything together names it.
pub const READ_IN_ALL: &str = "all that was read";
/// How many copies a ranking lists.
const RANKING_MAX: usize = 20;

/// What the tracer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// At least one copy is named.
    Copy,
    /// No copy, but at least one group is named.
    Group,
    /// Nobody is named.
    Nobody,
}

/// The finding: what `trace --json` prints.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Finding {
    /// Version of this object.
    pub version: u32,
    /// The verdict.
    pub verdict: Verdict,
    /// The bound on false accusation over the whole case.
    pub alpha: f64,
    /// How many copies were tested.
    pub tested: usize,
    /// The case.
    pub case: String,
    /// The look in the case.
    pub look: u32,
    /// The smallest e-value that names a copy of the largest batch, as a decimal logarithm, rounded up.
    pub threshold_e_log10: f64,
    /// The copies that are named by this look, with the looks before it. The verdict is theirs.
    pub named: Vec<Named>,
    /// Copies that earlier looks of the case named and of which this look says nothing, or the contrary. They stay
    /// named: the bound holds for the whole case.
    pub named_before: Vec<Named>,
    /// The groups that are named by this look, in the order of their names.
    pub groups_named: Vec<String>,
    /// The same as they are said: those that share a contributing copy together, the likeliest first.
    pub groups: Vec<NamedGroup>,
    /// Groups that earlier looks of the case named and this one does not.
    pub groups_before: Vec<String>,
    /// How many copies are contradicted as the only source.
    pub contradicted: usize,
    /// How many copies are contradicted as one of up to 1, 2, 3, 4 sources.
    pub contradicted_up_to: [usize; 4],
    /// How far coalitions were looked at.
    pub reach: Reach,
    /// What became of copies under fresh keys in the place of the real ones.
    pub replayed: Replayed,
    /// How many copies that were never made were traced alongside.
    pub decoys: usize,
    /// The best e-value of the decoys, as a decimal logarithm.
    pub best_decoy_e_log10: f64,
    /// The copies with the most evidence; those that are not named under pseudonyms, unless identities were ordered.
    pub ranking: Vec<Ranked>,
    /// The programs that recognised text in pictures, with their languages.
    pub recognised_by: Vec<String>,
    /// The pages that pictures show.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<ShownPage>,
    /// What there is to say of how exhibits were taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Where this look shows other variants than earlier looks of the case did, and nobody is named: it may come from
    /// another copy, and a case of its own would weigh it by itself.
    pub contrary: Option<Contrary>,
    /// How many of this look's sites looks of other cases read alike, where that is more than chance does. The bound holds if no
    /// exhibit was chosen by what was found there.
    pub read_before: Option<ReadBefore>,
    /// The releases that the exhibits carry.
    pub releases: Vec<ReleaseSummary>,
    /// How many further sites like the read ones would name the best copy, if it is the only source.
    pub sites_needed: u32,
    /// How long it took.
    pub seconds: f64,
}

/// A copy that is named.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Named {
    /// The copy.
    pub copy: String,
    /// Who holds it; empty when unknown.
    pub holders: Vec<String>,
    /// Whether a holder signed for it.
    pub received: bool,
    /// Its group; empty for none.
    pub group: String,
    /// The release it belongs to.
    pub release: ReleaseId,
    /// What people call that release.
    pub document: String,
    /// Other drafts that have half of the agreeing sites or more, where somebody else holds the copy or nobody is known to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<AlsoIn>,
    /// The copy's e-process at this look, as a decimal logarithm, rounded down: its evidence over all looks.
    pub w_log10: Option<f64>,
    /// How many cases have tested this copy, and the sum of their alphas.
    pub cases: u32,
    /// The bound on naming an innocent copy in any of these cases.
    pub alpha_spent: String,
    /// What names it: `ratio`, `tail`, `series`, or several of them.
    pub by: Vec<&'static str>,
    /// Where its ratio is best: `all that was read` in the case, `this look` alone, or `exhibit NAME` alone.
    pub read_in: String,
    /// The look whose figures these are: this one, or an earlier one that named the copy when this one does not.
    pub look: u32,
    /// The e-value, as a decimal logarithm, rounded down.
    pub e_log10: f64,
    /// The chance that an innocent copy does as well by its tail, its ratio or its series, rounded up: each has the
    /// share in it that it has in alpha.
    pub p: f64,
    /// The chance that any innocent copy of the case does as well, rounded up.
    pub p_familywise: f64,
}

/// Groups that are named together.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct NamedGroup {
    /// Their names: several where a contributing copy belongs to all of them.
    pub names: Vec<String>,
    /// How many copies they have.
    pub copies: usize,
    /// These copies where they are fewer than five: naming so few is naming them. Otherwise empty.
    pub members: Vec<String>,
    /// The best of their e-values, as a decimal logarithm, rounded down.
    pub e_log10: f64,
    /// The smallest e-value that names a group, as a decimal logarithm, rounded up.
    pub threshold_e_log10: f64,
}

impl NamedGroup {
    /// How it is said, for example `north or counsel`, or `envoys (c20, c21)`.
    pub fn title(&self) -> String {
        let names = self.names.join(" or ");
        match self.members.is_empty() {
            true => names,
            false => format!("{names} ({})", self.members.join(", ")),
        }
    }
}

/// What became of copies under fresh keys: an innocent copy's codeword is one of these.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Replayed {
    /// How many keys, with a copy each.
    pub keys: u32,
    /// How many of these copies reached the threshold.
    pub named: u32,
    /// The best of their e-values, as a decimal logarithm.
    pub best_e_log10: f64,
}

/// A line of the ranking.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Ranked {
    /// The copy, or its pseudonym `#1`, `#2`…
    pub copy: String,
    /// The document that it is a copy of, by the newest of its releases: ids of two documents may be the same.
    pub document: String,
    /// The e-value, as a decimal logarithm, rounded down.
    pub e_log10: f64,
    /// The chance that an innocent copy does as well by its tail, its ratio or its series, rounded up.
    pub p: f64,
}

/// A page that a picture shows.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ShownPage {
    /// The exhibit's name.
    pub exhibit: String,
    /// The picture of the exhibit, from 1.
    pub picture: usize,
    /// What people call the release.
    pub document: String,
    /// Its page, from 1.
    pub page: usize,
    /// How many of its words were read.
    pub words: usize,
}

/// What there is to say of how an exhibit was taken: that it ends early, that pages of it were left out.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Note {
    /// The exhibit's name.
    pub exhibit: String,
    /// What there is to say.
    pub note: String,
}

/// What of a release the exhibits show.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ReleaseSummary {
    /// The release.
    pub release: ReleaseId,
    /// What people call it.
    pub document: String,
    /// The line that its copies show, as it was given to `seal`. Anybody can write such a line: it is no evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visible: Option<String>,
    /// Counts of sites by channel.
    pub channels: BTreeMap<&'static str, ChannelSummary>,
}

/// Counts of the sites of one channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct ChannelSummary {
    /// All sites of the release.
    pub sites: usize,
    /// Those that were read.
    pub read: usize,
    /// Those that were not.
    pub erased: usize,
}

/// Sites at which a look shows another variant than earlier looks of its case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Contrary {
    /// How many there are.
    pub other: usize,
    /// Of so many that earlier looks read too.
    pub shared: usize,
}

/// What looks of other cases read as this look does.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ReadBefore {
    /// The case of the look that read the most alike.
    pub case: String,
    /// That look.
    pub look: u32,
    /// How many looks of other cases read some of it alike.
    pub looks: usize,
    /// How many sites they read alike, all together.
    pub sites: usize,
    /// Of so many that this look reads.
    pub of: usize,
}

impl ReadBefore {
    /// By which looks, for example `look 2 of case talks and 3 others`.
    pub fn said(&self) -> String {
        let others = match self.looks {
            0 | 1 => String::new(),
            2 => " and another".into(),
            looks => format!(" and {} others", looks - 1),
        };
        format!("look {} of case {}{others}", self.look, self.case)
    }
}

/// Everything that a finding is made of.
pub(crate) struct Context<'a> {
    pub request: &'a TraceRequest,
    pub case_name: &'a str,
    pub case: &'a Case,
    pub gathered: &'a Gathered,
    pub materials: &'a [Material],
    pub evidence: &'a Evidence,
    pub decision: &'a Decision,
    pub reading_hash: Hash,
    /// What the cases of the vault have spent of alpha on each copy.
    pub spent: BTreeMap<(LineageId, String), Spent>,
    /// What looks of other cases read alike.
    pub read_before: Option<ReadBefore>,
    /// What people call the releases of the lineages that were read.
    pub names: BTreeMap<ReleaseId, String>,
    /// Holders that were recorded beside the roster's, by release and the copy's id without regard to case.
    pub holders: BTreeMap<(ReleaseId, String), Vec<String>>,
    /// Drafts that are not tested and have places that were read.
    pub elsewhere: Elsewhere,
    /// Who else could have made or taken a copy.
    pub access: Vec<String>,
    /// The copies for which a holder signed.
    pub received: BTreeSet<(ReleaseId, String)>,
    pub now: i64,
}

impl Context<'_> {
    /// Whether the id of a copy may be shown beside its evidence: who is not named has a pseudonym also where another is named. Else
    /// whoever adds an exhibit that names somebody would see the names behind one that names nobody.
    pub fn shows_identity(&self, suspect: &Suspect) -> bool {
        self.request.identities || self.decision.is_named(suspect)
    }
}

pub(super) fn finding(context: &Context<'_>, started: Instant) -> Result<Finding> {
    let Context { evidence, decision, .. } = context;
    let contradicted = |size: u8| evidence.suspects.iter().filter(|s| s.score.contradicted >= size).count();
    let named: Vec<Named> =
        evidence.suspects.iter().filter(|s| decision.is_named_now(s)).map(|s| named(context, s)).collect();
    let verdict = match (named.is_empty(), decision.groups_now.is_empty()) {
        (false, _) => Verdict::Copy,
        (true, false) => Verdict::Group,
        (true, true) => Verdict::Nobody,
    };
    Ok(Finding {
        version: 1,
        verdict,
        alpha: evidence.bars.bound.parse().unwrap_or(f64::NAN),
        tested: evidence.suspects.len(),
        case: context.case_name.into(),
        look: context.case.look(),
        threshold_e_log10: threshold_log10(evidence),
        named,
        named_before: named_before(context),
        groups_before: decision.groups_before(),
        groups_named: groups_named(decision),
        groups: decision.said().iter().map(|said| group(context, said)).collect(),
        contradicted: contradicted(1),
        contradicted_up_to: [1, 2, 3, 4].map(contradicted),
        reach: evidence.reach,
        replayed: Replayed {
            keys: evidence.replay.keys,
            named: evidence.replay.named,
            best_e_log10: evidence.replay.best.map_or(0.0, log10_down),
        },
        decoys: evidence.decoys.len(),
        best_decoy_e_log10: evidence.decoys.first().map_or(0.0, |score| log10_down(score.e)),
        ranking: ranking(context),
        recognised_by: super::case::programs(context.materials),
        pages: context.gathered.sheets.iter().filter_map(|sheet| shown_page(context, sheet)).collect(),
        notes: notes(context),
        contrary: Some(contrary(context)).filter(|c| verdict == Verdict::Nobody && c.is_notable()),
        read_before: context.read_before.clone(),
        releases: context
            .gathered
            .seen
            .iter()
            .map(|seen| release_summary(context, seen))
            .collect::<Result<_>>()?,
        sites_needed: needed(context, verdict),
        seconds: (started.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
    })
}

fn shown_page(context: &Context<'_>, sheet: &Sheet) -> Option<ShownPage> {
    let seen = context.gathered.seen.iter().find(|seen| seen.release.id == sheet.release)?;
    Some(ShownPage {
        exhibit: context.request.exhibits.get(sheet.exhibit)?.name.clone(),
        picture: sheet.picture + 1,
        document: seen.release.name.clone(),
        page: sheet.page as usize + 1,
        words: sheet.shifts().filter(Shift::tells).count(),
    })
}

/// What exhibits' readers noted, each note once.
fn notes(context: &Context<'_>) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    for (number, (file, material)) in context.request.exhibits.iter().zip(context.materials).enumerate() {
        let hints = context.gathered.hints.iter().filter(|(of, _)| *of == number).map(|(_, hint)| hint);
        for note in material.notes.iter().chain(hints) {
            let note = Note { exhibit: file.name.clone(), note: note.clone() };
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
    notes
}

impl Contrary {
    /// Noise reads a site in twenty otherwise; another copy shows another variant at every second one.
    fn is_notable(&self) -> bool {
        self.other >= 3 && 4 * self.other >= self.shared
    }
}

/// How the look that is being made differs from those before it, over all lineages.
fn contrary(context: &Context<'_>) -> Contrary {
    let mut sum = Contrary { other: 0, shared: 0 };
    for &lineage in context.evidence.views.keys() {
        let (other, shared) = tellmark_codes::contrary(&context.case.looks_at(lineage));
        sum.other += other;
        sum.shared += shared;
    }
    sum
}

fn groups_named(decision: &Decision) -> Vec<String> {
    let mut names = decision.groups_now.clone();
    names.sort_unstable();
    names
}

fn group(context: &Context<'_>, said: &SaidGroup) -> NamedGroup {
    let groups = context.decision.group_evidence.len() as u64;
    let threshold = group_threshold(context.evidence.bars.alpha, groups, context.case.look());
    let few = said.members.len() < GROUP_MIN;
    NamedGroup {
        names: said.names.clone(),
        copies: said.members.len(),
        members: said.members.iter().filter(|_| few).map(|(_, id)| id.to_string()).collect(),
        e_log10: log10_down(said.e),
        threshold_e_log10: log10_up(threshold.e),
    }
}

/// A decimal logarithm for printing, rounded down to a hundredth.
pub(super) fn log10_down(e: Log2) -> f64 {
    e.log10_hundredths() as f64 / 100.0
}

fn log10_up(e: Log2) -> f64 {
    -((-e).log10_hundredths() as f64) / 100.0
}

/// The threshold of the largest batch: the one that most copies stand under.
fn threshold_log10(evidence: &Evidence) -> f64 {
    let largest = (0..evidence.entered.len()).max_by_key(|&i| (evidence.entered[i], std::cmp::Reverse(i)));
    largest.map_or(0.0, |entry| log10_up(evidence.bars.e_needed(entry)))
}

fn named(context: &Context<'_>, suspect: &Suspect) -> Named {
    let Context { case, evidence, .. } = context;
    let Bars { alpha, batches, .. } = &evidence.bars;
    let familywise = familywise_p(&suspect.score, suspect.w(), &batches[suspect.entry], *alpha);
    let spent =
        context.spent.get(&(suspect.lineage, suspect.recipient.id.folded())).copied().unwrap_or_default();
    let Whose { release, document, group, holders, also } = Whose::of(context, suspect);
    let received = context.received.contains(&(release, suspect.recipient.id.folded()));
    Named {
        copy: suspect.recipient.id.to_string(),
        holders,
        received,
        group,
        release,
        document,
        also,
        w_log10: suspect.process.last().copied().map(log10_down),
        cases: spent.cases,
        alpha_spent: spent.alpha.rounded_up(),
        by: by(context, suspect),
        read_in: read_in(context, suspect),
        look: case.look(),
        e_log10: log10_down(suspect.score.e),
        p: single_p(&suspect.score, suspect.w()).to_decimal_up(),
        p_familywise: familywise.to_decimal_up(),
    }
}

/// What the view in which a copy does best holds.
fn read_in(context: &Context<'_>, suspect: &Suspect) -> String {
    match context.evidence.best_view(suspect).map(|view| view.part) {
        Some(Part::Exhibit(number)) => {
            let file = context.request.exhibits.get(number as usize);
            format!("exhibit {}", file.map_or("", |file| file.name.as_str()))
        }
        Some(Part::Look) => "this look".into(),
        Some(Part::Case) | None => READ_IN_ALL.into(),
    }
}

/// Which of its bars a copy reaches.
fn by(context: &Context<'_>, suspect: &Suspect) -> Vec<&'static str> {
    let bar = &context.evidence.bars.thresholds[suspect.entry];
    let ways = WAYS.into_iter().zip(reached(&suspect.score, suspect.w(), bar));
    ways.filter(|(_, reached)| *reached).map(|(name, _)| name).collect()
}

/// The copies that only earlier looks named, with the figures by which they did.
fn named_before(context: &Context<'_>) -> Vec<Named> {
    let Context { decision, evidence, .. } = context;
    let before = evidence.suspects.iter().filter(|s| decision.is_named(s) && !decision.is_named_now(s));
    before.map(|suspect| as_before(context, suspect)).collect()
}

fn as_before(context: &Context<'_>, suspect: &Suspect) -> Named {
    let now = named(context, suspect);
    let is_same =
        |earlier: &&EarlierName| earlier.lineage == suspect.lineage && earlier.copy == suspect.recipient.id;
    match context.case.named.iter().find(is_same) {
        Some(earlier) => Named {
            look: earlier.look,
            e_log10: earlier.e_log10,
            p: earlier.p,
            p_familywise: earlier.p_familywise,
            ..now
        },
        None => now,
    }
}

fn ranking(context: &Context<'_>) -> Vec<Ranked> {
    let top = context.evidence.suspects.iter().take(RANKING_MAX).enumerate();
    top.map(|(index, suspect)| Ranked {
        copy: match context.shows_identity(suspect) {
            true => suspect.recipient.id.to_string(),
            false => format!("#{}", index + 1),
        },
        document: super::whose::document_of(context, suspect),
        e_log10: log10_down(suspect.score.e),
        p: single_p(&suspect.score, suspect.w()).to_decimal_up(),
    })
    .collect()
}

fn release_summary(context: &Context<'_>, seen: &Seen) -> Result<ReleaseSummary> {
    let look = context.case.last_read();
    let observed = look.get(&seen.release.lineage);
    let mut channels: BTreeMap<&'static str, ChannelSummary> = BTreeMap::new();
    for (site, reading) in seen.marking.sites.iter().zip(&seen.reading.sites) {
        let channel: Channel = site.channel;
        let entry = channels.entry(channel.name()).or_default();
        entry.sites += 1;
        // A site that stands in several drafts is read in the closest of them.
        let is_known = observed.is_some_and(|sites| sites.contains_key(&site.id));
        let read = matches!(reading.outcome, Outcome::Read { .. }) || is_known;
        *(if read { &mut entry.read } else { &mut entry.erased }) += 1;
    }
    Ok(ReleaseSummary {
        release: seen.release.id,
        document: seen.release.name.clone(),
        visible: crate::seal::options(&seen.release)?.visible,
        channels,
    })
}

fn needed(context: &Context<'_>, verdict: Verdict) -> u32 {
    let Some(best) = context.evidence.suspects.first().filter(|_| verdict != Verdict::Copy) else { return 0 };
    let Some(list) = context.evidence.best_view(best).map(Weighed::readings) else { return 0 };
    if !context.decision.withheld.is_empty() {
        return sites_to_tell_apart(&list);
    }
    // Where no copy can be the only source, more of the same names none as one.
    if context.evidence.suspects.iter().all(|suspect| suspect.score.contradicted > 0) {
        return 0;
    }
    sites_needed(&list, &best.score, &context.evidence.bars.thresholds[best.entry])
}
