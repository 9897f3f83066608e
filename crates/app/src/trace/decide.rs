//! Who is named: the decision rule, applied to every copy and every group.

use std::collections::{BTreeMap, BTreeSet};

use tellmark_codes::{group_e, group_threshold};
use tellmark_core::fixed::Log2;
use tellmark_core::{CopyId, LineageId};

use super::case::Case;
use super::evidence::{Evidence, Suspect};

/// The result of the decision rule.
#[derive(Debug)]
pub struct Decision {
    /// The copies named up to this look.
    pub named: Vec<(LineageId, CopyId)>,
    /// Those among them that this look names, by what the case shows with it. Who was named before is among them
    /// only where what this look reads speaks for the copy by itself.
    pub named_now: Vec<(LineageId, CopyId)>,
    /// Copies that reached the threshold at this look and are not named, because another that did explains the
    /// reading as well without them: indices of suspects.
    pub withheld: Vec<usize>,
    /// Those of them that cannot be told apart, nobody of their document being named: one of them leaked.
    undecided: BTreeSet<(LineageId, CopyId)>,
    /// The groups named up to this look; not those of which this look means one or another.
    pub groups: Vec<String>,
    /// The groups that this look names, by themselves or one of several.
    pub groups_now: Vec<String>,
    /// The evidence on each group.
    pub group_evidence: Vec<GroupEvidence>,
}

/// The evidence on a group: that the source is one of its members, whichever.
#[derive(Debug, Clone)]
pub struct GroupEvidence {
    /// The group.
    pub group: String,
    /// Its copies that are tested.
    pub members: Vec<(LineageId, CopyId)>,
    /// Those of them that carry a tenth of its evidence or more.
    pub contributing: Vec<(LineageId, CopyId)>,
    /// The average of its members' e-values, rounded down.
    pub e: Log2,
    /// Whether this look names it.
    pub named: bool,
}

impl GroupEvidence {
    /// Whether a look read anything of a document of which the group has copies.
    fn is_in(&self, shown: &BTreeSet<LineageId>) -> bool {
        self.members.iter().any(|(lineage, _)| shown.contains(lineage))
    }
}

/// Groups below this size are said by their copies: naming so few is naming them.
pub const GROUP_MIN: usize = 5;

/// A named group, or several that cannot be told apart: they share a contributing copy, or have some that explain what was read
/// as well as each other.
#[derive(Debug, Clone)]
pub struct SaidGroup {
    /// The groups.
    pub names: Vec<String>,
    /// Their copies.
    pub members: Vec<(LineageId, CopyId)>,
    contributing: Vec<(LineageId, CopyId)>,
    /// The best of their e-values.
    pub e: Log2,
}

impl SaidGroup {
    fn of(group: &GroupEvidence) -> SaidGroup {
        SaidGroup {
            names: vec![group.group.clone()],
            members: group.members.clone(),
            contributing: group.contributing.clone(),
            e: group.e,
        }
    }

    fn join(&mut self, other: SaidGroup) {
        self.names.extend(other.names);
        self.names.sort_unstable();
        self.members.extend(other.members);
        self.members.sort_unstable();
        self.members.dedup();
        self.contributing.extend(other.contributing);
        self.e = self.e.max(other.e);
    }
}

/// Applies the decision rule.
pub fn decide(case: &Case, evidence: &Evidence) -> Decision {
    let mut named: Vec<_> =
        case.named.iter().map(|earlier| (earlier.lineage, earlier.copy.clone())).collect();
    let mut named_now = Vec::new();
    let reached = evidence.reached();
    let look = case.last_read();
    let shown = case.lineages_of_last();
    for index in reached.needed {
        let suspect = &evidence.suspects[index];
        let id = (suspect.lineage, suspect.recipient.id.clone());
        let own = look.get(&suspect.lineage);
        match named.contains(&id) {
            true if own.is_some_and(|own| evidence.favours(suspect, own)) => named_now.push(id),
            false if shown.contains(&suspect.lineage) => {
                named_now.push(id.clone());
                named.push(id);
            }
            _ => {}
        }
    }
    let withheld: Vec<usize> =
        reached.spare.into_iter().filter(|&index| !is_in(&named, &evidence.suspects[index])).collect();
    let spared = spared(evidence, &named, &withheld);
    let group_evidence = groups(case, evidence, &spared);
    let id =
        |index: &usize| (evidence.suspects[*index].lineage, evidence.suspects[*index].recipient.id.clone());
    let undecided: BTreeSet<(LineageId, CopyId)> =
        withheld.iter().filter(|index| !spared.contains(index)).map(id).collect();
    let mut groups = case.groups.clone();
    let mut groups_now = Vec::new();
    // A look that read nothing names no group anew. Of one that is named it says something only where what it reads
    // speaks for a copy that carries the group's evidence.
    let speaks = |group: &GroupEvidence| {
        let mut carrying = evidence.suspects.iter().filter(|suspect| is_in(&group.contributing, suspect));
        carrying.any(|suspect| look.get(&suspect.lineage).is_some_and(|own| evidence.favours(suspect, own)))
    };
    let is_said = |group: &&GroupEvidence| {
        group.named && group.is_in(&shown) && (!case.groups.contains(&group.group) || speaks(group))
    };
    // Of groups that cannot be told apart one is meant, whichever: none of them stays named by itself.
    let is_open = |group: &GroupEvidence| group.contributing.iter().any(|id| undecided.contains(id));
    let open = group_evidence.iter().filter(is_said).filter(|group| is_open(group)).count();
    for group in group_evidence.iter().filter(is_said) {
        groups_now.push(group.group.clone());
        let stays = open < 2 || !is_open(group);
        if stays && !groups.contains(&group.group) {
            groups.push(group.group.clone());
        }
    }
    groups.sort_unstable();
    Decision { named, named_now, withheld, undecided, groups, groups_now, group_evidence }
}

impl Decision {
    /// Whether a copy is named.
    pub fn is_named(&self, suspect: &Suspect) -> bool {
        is_in(&self.named, suspect)
    }

    /// Whether this look names a copy, and not an earlier one alone.
    pub fn is_named_now(&self, suspect: &Suspect) -> bool {
        is_in(&self.named_now, suspect)
    }

    /// The groups that only earlier looks named.
    pub fn groups_before(&self) -> Vec<String> {
        self.groups.iter().filter(|group| !self.groups_now.contains(group)).cloned().collect()
    }

    /// The groups that this look names, as they are said: together those that share a contributing copy, or whose
    /// contributing copies cannot be told apart.
    pub fn said(&self) -> Vec<SaidGroup> {
        let open = |ids: &[(LineageId, CopyId)]| -> BTreeSet<LineageId> {
            ids.iter().filter(|id| self.undecided.contains(id)).map(|(lineage, _)| *lineage).collect()
        };
        let are_alike = |one: &SaidGroup, group: &GroupEvidence| {
            one.contributing.iter().any(|c| group.contributing.contains(c))
                || !open(&one.contributing).is_disjoint(&open(&group.contributing))
        };
        let mut said: Vec<SaidGroup> = Vec::new();
        for group in self.group_evidence.iter().filter(|group| self.groups_now.contains(&group.group)) {
            let (same, others): (Vec<SaidGroup>, Vec<SaidGroup>) =
                said.into_iter().partition(|one| are_alike(one, group));
            let mut one = SaidGroup::of(group);
            same.into_iter().for_each(|other| one.join(other));
            said = others;
            said.push(one);
        }
        said.sort_by(|a, b| (std::cmp::Reverse(a.e), &a.names).cmp(&(std::cmp::Reverse(b.e), &b.names)));
        said
    }
}

fn is_in(named: &[(LineageId, CopyId)], suspect: &Suspect) -> bool {
    named.iter().any(|(lineage, id)| *lineage == suspect.lineage && *id == suspect.recipient.id)
}

/// The withheld copies that stand beside one that is named: what was read is explained without them, so they carry no
/// evidence on a group either. Copies that withhold each other do: that one of them leaked can be said of a group.
fn spared(evidence: &Evidence, named: &[(LineageId, CopyId)], withheld: &[usize]) -> BTreeSet<usize> {
    let is_beside = |lineage: LineageId| named.iter().any(|(other, _)| *other == lineage);
    withheld.iter().copied().filter(|&index| is_beside(evidence.suspects[index].lineage)).collect()
}

/// The groups of the rosters, fixed before delivery; each has the same part of the groups' share of alpha.
///
/// With all members innocent each member's e-value has mean 1 at most, given the reading and all other copies;
/// so has their average, also where a member's partners are members as well, and where some count for nothing.
fn groups(case: &Case, evidence: &Evidence, spared: &BTreeSet<usize>) -> Vec<GroupEvidence> {
    let mut members: BTreeMap<&str, Vec<(&Suspect, Log2)>> = BTreeMap::new();
    for (index, suspect) in evidence.suspects.iter().enumerate() {
        let e = if spared.contains(&index) { Log2::NEG_INFINITY } else { suspect.score.e };
        for group in &suspect.groups {
            members.entry(group).or_default().push((suspect, e));
        }
    }
    let threshold = group_threshold(evidence.bars.alpha, members.len() as u64, case.look().max(1));
    members
        .into_iter()
        .map(|(group, members)| {
            let each: Vec<Log2> = members.iter().map(|(_, e)| *e).collect();
            let e = group_e(&each);
            let tenth = Log2::sum_down(&each) - Log2::ceil_ratio(10, 1);
            let id = |(member, _): &(&Suspect, Log2)| (member.lineage, member.recipient.id.clone());
            GroupEvidence {
                group: group.into(),
                contributing: members
                    .iter()
                    .filter(|(_, e)| *e >= tenth && *e > Log2::NEG_INFINITY)
                    .map(id)
                    .collect(),
                members: members.iter().map(id).collect(),
                e,
                named: e >= threshold.e,
            }
        })
        .collect()
}
