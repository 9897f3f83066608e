//! The named copies and groups with all that the finding says of them.

use tellmark_core::fixed::{MEASURED_LOG10, support};

use super::{Grounds, NamedCopy, NamedGroup, Page, Verdict};
use crate::Log10;
use crate::html::{Column, Html, table};
use crate::quantity::{counted, grouped};

/// Named copies that are listed.
const COPIES_MAX: usize = 100;
/// Holders of one copy that are listed.
const HOLDERS_MAX: usize = 50;

/// Writes the section.
pub(super) fn write(h: &mut Html, page: &Page) {
    let (copies, groups): (&[NamedCopy], &[NamedGroup]) = match &page.verdict {
        Verdict::Copy { copies, groups } => (copies, groups),
        Verdict::Group { groups } => (&[], groups),
        Verdict::Nobody { .. } => return,
    };
    copies.iter().take(COPIES_MAX).for_each(|copy| describe(h, copy));
    if copies.len() > COPIES_MAX {
        h.words("p", &format!("{} more copies are named.", grouped((copies.len() - COPIES_MAX) as u64)));
    }
    if !groups.is_empty() {
        group_table(h, groups, copies);
    }
    explain(h, page);
}

fn describe(h: &mut Html, copy: &NamedCopy) {
    h.class("article", "copy", |h| {
        h.tag("h3", |h| _ = h.text("Copy ").value(&copy.copy));
        h.class("dl", "facts", |h| {
            fact(h, "Made for", |h| holders(h, copy));
            let received = if copy.received { "signed for" } else { "unconfirmed: nobody signed for it" };
            fact(h, "Delivery", |h| _ = h.text(received));
            if !copy.group.is_empty() {
                fact(h, "Group", |h| _ = h.value(&copy.group));
            }
            fact(h, "Release", |h| _ = h.value(&copy.release));
            fact(h, "Ratio", |h| {
                h.ratio(copy.e_log10).text("; ").text(support(copy.e_log10.0));
                if copy.e_log10.0 > MEASURED_LOG10 * 100 {
                    h.text("; by computation: what is measured of it ends at ");
                    h.ratio(Log10(MEASURED_LOG10 * 100));
                }
            });
            fact(h, "p of this copy alone", |h| _ = h.chance(&copy.p));
            fact(h, "p over all copies and looks", |h| _ = h.chance(&copy.p_familywise));
            fact(h, "Sites", |h| sites(h, copy));
            if let Some(part) = &copy.read_in {
                fact(h, "Judged by", |h| _ = h.value(part));
            }
            fact(h, "Named by", |h| _ = h.text(grounds(copy.grounds)));
            fact(h, "Tested in", |h| {
                h.text(&counted(copy.spent.0, "case", "cases"))
                    .text("; an innocent copy is named in any of them ");
                h.text("with chance ").chance(&copy.spent.1).text(" at most");
            });
            if copy.withdrawn {
                fact(h, "Remark", |h| _ = h.text("withdrawn before this look; tested all the same"));
            }
        });
    });
}

fn fact(h: &mut Html, name: &str, value: impl FnOnce(&mut Html)) {
    h.tag("div", |h| {
        h.words("dt", name);
        h.tag("dd", value);
    });
}

fn holders(h: &mut Html, copy: &NamedCopy) {
    if copy.holders.is_empty() {
        h.text("holders unknown");
    }
    for (number, holder) in copy.holders.iter().take(HOLDERS_MAX).enumerate() {
        h.text(if number > 0 { "; " } else { "" }).value(holder);
    }
    if copy.holders.len() > HOLDERS_MAX {
        h.text(&format!("; and {} more", copy.holders.len() - HOLDERS_MAX));
    }
}

fn sites(h: &mut Html, copy: &NamedCopy) {
    let [read, agree, against] = [copy.read, copy.agree, copy.against].map(|n| grouped(u64::from(n)));
    h.text(&format!("{read} read, {agree} agree, {against} contradict"));
}

fn grounds(grounds: Grounds) -> &'static str {
    match grounds {
        Grounds::Ratio => "its ratio",
        Grounds::Tail => "its p (the exact tail); its ratio alone does not reach the threshold",
        Grounds::Both => "its ratio, and by its p as well",
        Grounds::Series => "its evidence over all looks of this case, each site counted once",
    }
}

/// Which of the named copies are of a group, and how many of its copies are not named: those a group's figure does not
/// cast a suspicion on, which one copy alone can carry.
fn of_named(h: &mut Html, group: &NamedGroup, copies: &[NamedCopy]) {
    let is_own = |copy: &&NamedCopy| {
        copy.group.split(';').any(|name| group.names.iter().any(|own| own == name.trim()))
    };
    let own: Vec<&NamedCopy> = copies.iter().filter(is_own).collect();
    let others = group.copies.saturating_sub(own.len() as u64);
    for (number, copy) in own.iter().take(HOLDERS_MAX).enumerate() {
        h.text(match (number, own.len()) {
            (0, 1) => ": the group of copy ",
            (0, _) => ": the group of copies ",
            _ => ", ",
        });
        h.value(&copy.copy);
    }
    if !own.is_empty() && others > 0 {
        h.text(if others == 1 { "; its other copy, " } else { "; its other copies, " });
        h.count(others).text(if others == 1 {
            ", is not suspected by this"
        } else {
            ", are not suspected by this"
        });
    }
}

fn group_table(h: &mut Html, groups: &[NamedGroup], copies: &[NamedCopy]) {
    let columns =
        [Column::words("Group"), Column::number("Copies"), Column::number("Ratio"), Column::number("Needed")];
    table(h, "Groups that are named", &columns, groups.iter().take(COPIES_MAX), |h, group, column| {
        match column {
            0 => {
                for (number, name) in group.names.iter().take(HOLDERS_MAX).enumerate() {
                    h.text(if number > 0 { " or " } else { "" }).value(name);
                }
                for (number, member) in group.members.iter().take(HOLDERS_MAX).enumerate() {
                    h.text(if number > 0 { ", " } else { ": copies " }).value(member);
                }
                of_named(h, group, copies);
            }
            1 => _ = h.count(group.copies),
            2 => _ = h.ratio(group.e_log10),
            _ => _ = h.ratio(group.threshold_e_log10),
        }
    });
}

fn explain(h: &mut Html, page: &Page) {
    h.class("div", "note", |h| {
        h.tag("p", |h| {
            h.words("strong", "The ratio");
            h.text(" compares how well the exhibit is explained with the copy as one of its sources and without it, averaged over ");
            h.text("every way of leaking that is reckoned with, by weights fixed in advance. Of a copy that has nothing to do with the leak it ");
            h.text("is 1 on average, so it reaches N with a chance of at most 1 in N.");
        });
        h.tag("p", |h| {
            h.words("strong", "p");
            h.text(" bounds how often a copy that has nothing to do with the leak would do as well by any of the three measures that ");
            h.text("name a copy: its agreement, its ratio, its evidence over the looks. Over all copies and looks: how often any of them would.");
        });
        if let Some(threshold) = &page.threshold {
            h.tag("p", |h| {
                h.text("A copy is named if its ratio reaches ").ratio(threshold.e_log10);
                h.text(" or its p is at most ").chance(&threshold.p);
                h.text(", or if its evidence over all looks, each site counted once, reaches ");
                h.ratio(threshold.w_log10);
                h.text(". A copy that joined later has a threshold of its own; see the shares of alpha.");
            });
        }
    });
}
