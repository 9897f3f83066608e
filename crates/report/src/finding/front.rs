//! The first page: the verdict in plain words, what it rests on and what it does not prove.

use super::{NamedCopy, NamedGroup, Page, Section, Verdict};
use crate::html::Html;
use crate::quantity::{counted, grouped};

/// Named copies, holders of one, exhibits, and warnings on the first page; the rest stands behind it.
const COPIES_MAX: usize = 3;
const HOLDERS_MAX: usize = 4;
const HOLDERS_OF_SEVERAL_MAX: usize = 2;
const EXHIBITS_MAX: usize = 2;
const WARNINGS_MAX: usize = 2;
/// Characters of a name and of a warning on the first page.
const NAME_CHARS_MAX: usize = 44;
const WARNING_CHARS_MAX: usize = 400;
/// Characters of an id: none is cut, lest two look alike.
const ID_CHARS_MAX: usize = 64;
/// Characters of a headline above which it is set smaller.
const HEADLINE_CHARS_MAX: usize = 60;

/// Writes the first page.
pub(super) fn write(h: &mut Html, page: &Page, sections: &[Section]) {
    h.el("section", &[("class", "verdict"), ("aria-labelledby", "verdict")], |h| {
        h.class("p", "label", |h| _ = h.text("Verdict"));
        let class = if headline_chars(page) > HEADLINE_CHARS_MAX { "long" } else { "short" };
        h.el("h1", &[("id", "verdict"), ("class", class)], |h| headline(h, page));
        h.class("p", "lead", |h| lead(h, page));
    });
    warnings(h, &page.warnings);
    measures(h, page);
    h.class("div", "columns", |h| {
        h.tag("section", |h| bound(h, page));
        h.tag("section", |h| limits(h, page));
        h.class("section", "wide", |h| closing(h, page));
    });
    exhibits(h, page);
    contents(h, sections);
}

fn headline(h: &mut Html, page: &Page) {
    match &page.verdict {
        Verdict::Copy { copies, .. } => {
            let noun = if copies.len() == 1 { "copy" } else { "copies" };
            h.text(&format!("{} derives from {noun} ", derives(page)));
            list(h, copies.iter().map(|copy| copy.copy.as_str()), COPIES_MAX, "and", "");
            h.text(".");
        }
        Verdict::Group { groups } => {
            h.text(&format!("{} derives from a copy of ", derives(page)));
            let names: Vec<&NamedGroup> = groups.iter().take(COPIES_MAX).collect();
            for (number, group) in names.into_iter().enumerate() {
                h.text(if number > 0 { ", and from a copy of " } else { "" });
                list(h, group.names.iter().map(String::as_str), COPIES_MAX, "or", "");
            }
            h.text(".");
        }
        Verdict::Nobody { .. } => _ = h.text("No copy can be named."),
    }
}

/// How long the names in the headline are.
fn headline_chars(page: &Page) -> usize {
    let names: Vec<&str> = match &page.verdict {
        Verdict::Copy { copies, .. } => copies.iter().map(|c| c.copy.as_str()).take(COPIES_MAX).collect(),
        Verdict::Group { groups } => {
            let of_group = |g: &'_ NamedGroup| g.names.len().min(COPIES_MAX);
            groups
                .iter()
                .take(COPIES_MAX)
                .flat_map(|g| g.names[..of_group(g)].iter())
                .map(String::as_str)
                .collect()
        }
        Verdict::Nobody { .. } => Vec::new(),
    };
    names.iter().map(|name| name.chars().count()).sum()
}

/// "This exhibit" takes "derives", "These exhibits" do not: the sentence is built so that the verb stays. After the
/// first look it is the case that names, where not this look alone names all of them.
fn derives(page: &Page) -> &'static str {
    let is_of_this_look = match &page.verdict {
        Verdict::Copy { copies, .. } => copies.iter().all(|copy| copy.read_in.is_some()),
        _ => false,
    };
    if page.look > 1 && is_of_this_look {
        "What this look shows"
    } else if page.look > 1 {
        "What leaked in this case, taken together,"
    } else if page.exhibits.len() > 1 {
        "The text of these exhibits"
    } else {
        page.exhibit_word()
    }
}

fn lead(h: &mut Html, page: &Page) {
    match &page.verdict {
        Verdict::Copy { copies, .. } => {
            h.text("The finding is about a copy, not about a person. ");
            copies.iter().take(COPIES_MAX).for_each(|copy| holders(h, copy, copies.len() > 1));
            if copies.len() > COPIES_MAX {
                h.text(&format!("{} more are named on the next page.", copies.len() - COPIES_MAX));
            }
        }
        Verdict::Group { groups } => group_lead(h, groups),
        Verdict::Nobody { .. } => nobody_lead(h, page),
    }
}

fn holders(h: &mut Html, copy: &NamedCopy, several: bool) {
    if several {
        h.text("Copy ").clipped(&copy.copy, ID_CHARS_MAX);
    } else {
        h.text("The copy");
    }
    let max = if several { HOLDERS_OF_SEVERAL_MAX } else { HOLDERS_MAX };
    if copy.holders.is_empty() {
        h.text("’s holders are unknown");
    } else {
        h.text(" was made for ");
        list(h, copy.holders.iter().map(String::as_str), max, "and", "strong");
    }
    if !copy.group.is_empty() {
        h.text(" (").clipped(&copy.group, NAME_CHARS_MAX).text(")");
    }
    if !several {
        h.text(", in release ").clipped(&copy.release, NAME_CHARS_MAX);
    }
    h.text(if copy.received { "" } else { "; nobody signed for it: delivery unconfirmed" });
    h.text(if copy.withdrawn { "; it had been withdrawn. " } else { ". " });
}

fn group_lead(h: &mut Html, groups: &[NamedGroup]) {
    let copies = groups.iter().map(|group| group.copies).sum();
    let made = counted(copies, "copy was made", "copies were made");
    h.text(&format!("{made} for {}. The finding is about ", if groups.len() > 1 { "them" } else { "it" }));
    h.text("these copies together: the evidence names none of them by itself, and no person.");
    if groups.iter().any(|group| group.names.len() > 1) {
        h.text(
            " Where names are joined by “or”, a contributing copy belongs to all of them and the evidence ",
        );
        h.text("does not tell them apart.");
    }
}

fn nobody_lead(h: &mut Html, page: &Page) {
    let Verdict::Nobody { sites_needed } = page.verdict else { return };
    if page.tested == 0 {
        h.text(
            "No passage of a document sealed in this vault was found that shows which copy it comes from, ",
        );
        h.text("so no copy was tested.");
        return;
    }
    let tested = counted(page.tested, "copy was", "copies were");
    h.text(&format!("{tested} tested and none reaches the threshold that was fixed before the leak. "));
    match sites_needed {
        Some(0) | None => h.text("How much more text would decide cannot be said from this exhibit. "),
        Some(more) => {
            let sites = counted(u64::from(more), "more site", "more sites");
            h.text(&format!("About {sites} read as clearly as these would decide, if one tested copy "));
            h.text("alone is the source. ")
        }
    };
    h.text("The ranking behind this page carries pseudonyms.");
    if page.identities.is_some() {
        h.text(" An order lifted them; it is recorded with the ranking.");
    }
}

fn warnings(h: &mut Html, warnings: &[String]) {
    if warnings.is_empty() {
        return;
    }
    h.el("aside", &[("class", "warnings"), ("aria-label", "To be read with the verdict")], |h| {
        for warning in warnings.iter().take(WARNINGS_MAX) {
            h.tag("p", |h| _ = h.clipped(warning, WARNING_CHARS_MAX));
        }
        if let Some(more) = warnings.len().checked_sub(WARNINGS_MAX + 1) {
            let more = counted(more as u64 + 1, "more remark stands", "more remarks stand");
            h.words("p", &format!("{more} with the numbers at the end."));
        }
    });
}

/// One measure of the first page: what it is, its value, what it means.
fn measure(h: &mut Html, name: &str, value: impl FnOnce(&mut Html), meaning: impl FnOnce(&mut Html)) {
    h.tag("div", |h| {
        h.words("dt", name);
        h.class("dd", "value", value);
        h.class("dd", "meaning", meaning);
    });
}

fn measures(h: &mut Html, page: &Page) {
    if page.tested == 0 {
        return;
    }
    h.class("dl", "measures", |h| {
        match &page.verdict {
            Verdict::Copy { copies, .. } => copies.first().into_iter().for_each(|copy| {
                copy_measures(h, page, copy, if copies.len() > 1 { "the first of them" } else { "this copy" })
            }),
            Verdict::Group { groups } => {
                groups.first().into_iter().for_each(|group| group_measures(h, group))
            }
            Verdict::Nobody { .. } => nobody_measures(h, page),
        }
        site_measure(h, page);
    });
}

fn copy_measures(h: &mut Html, page: &Page, copy: &NamedCopy, which: &str) {
    measure(
        h,
        "Ratio of the evidence",
        |h| _ = h.ratio(copy.e_log10),
        |h| {
            h.text(
                "A copy that has nothing to do with the text reaches so much with a chance of at most 1 in ",
            );
            h.round_number(copy.e_log10).text(&format!("; {which} did."));
            needed(h, page);
        },
    );
    measure(
        h,
        "Chance of a coincidence",
        |h| _ = h.chance(&copy.p_familywise),
        |h| {
            h.text(&format!(
                "Bounds the chance that any of {} would agree with the exhibit this well by accident.",
                counted(page.tested, "innocent copy", "innocent copies")
            ));
        },
    );
}

fn needed(h: &mut Html, page: &Page) {
    if let Some(threshold) = &page.threshold {
        h.text(" To be named, a copy needs ").ratio(threshold.e_log10).text(" or p ≤ ").chance(&threshold.p);
        h.text(".");
    }
}

fn group_measures(h: &mut Html, group: &NamedGroup) {
    measure(
        h,
        "Ratio of the evidence",
        |h| _ = h.ratio(group.e_log10),
        |h| {
            h.text("A group whose copies have nothing to do with the text reaches so much with a chance of at most 1 in ");
            h.round_number(group.e_log10)
                .text(". To be named, a group needs ")
                .ratio(group.threshold_e_log10)
                .text(".");
        },
    );
}

fn nobody_measures(h: &mut Html, page: &Page) {
    let Some(best) = page.ranking.iter().map(|evidence| evidence.e_log10).max() else { return };
    measure(
        h,
        "Best ratio reached",
        |h| _ = h.ratio(best),
        |h| {
            h.text("Some copy always comes first.");
            if let Some(decoy) = page.decoys.best {
                let decoys = grouped(page.decoys.total());
                h.text(&format!(" The best of {decoys} copies that were never made reaches "));
                h.ratio(decoy).text(".");
            }
        },
    );
    if let Some(threshold) = &page.threshold {
        measure(
            h,
            "Needed to be named",
            |h| _ = h.ratio(threshold.e_log10),
            |h| _ = h.text("Or a p of at most ").chance(&threshold.p).text("."),
        );
    }
}

fn site_measure(h: &mut Html, page: &Page) {
    let (total, read) = page.site_counts();
    let first = match &page.verdict {
        Verdict::Copy { copies, .. } => copies.first(),
        _ => None,
    };
    let judged_by_part = first.is_some_and(|copy| copy.read_in.is_some());
    match first {
        Some(copy) if judged_by_part || page.look > 1 => judged_sites(h, page, copy),
        Some(copy) => {
            measure(h, "Sites read", |h| of(h, read, total), |h| agreement(h, copy));
        }
        None => measure(
            h,
            "Sites read",
            |h| of(h, read, total),
            |h| {
                h.text("Places of the document at which copies differ and the exhibit shows which variant it has.");
                if let (true, Some(all)) = (page.look > 1, page.read_in_all) {
                    h.text(&format!(" All looks of the case together read {}.", grouped(all)));
                }
            },
        ),
    }
}

fn of(h: &mut Html, read: u64, total: u64) {
    h.text(&format!("{} of {}", grouped(read), grouped(total)));
}

fn agreement(h: &mut Html, copy: &NamedCopy) {
    let (agree, against) = (grouped(u64::from(copy.agree)), grouped(u64::from(copy.against)));
    h.text("Places at which copies differ. ").clipped(&copy.copy, ID_CHARS_MAX);
    h.text(&format!(" agrees at {agree}, differs at {against}."));
}

/// What a copy is judged by: what all looks read, or a part of what this one did.
fn judged_sites(h: &mut Html, page: &Page, copy: &NamedCopy) {
    let name = match copy.read_in.as_deref() {
        None => "Sites read in all looks",
        Some(part) if part.starts_with("exhibit") => "Sites read in one exhibit",
        Some(_) => "Sites new in this look",
    };
    measure(
        h,
        name,
        |h| _ = h.count(u64::from(copy.read)),
        |h| {
            agreement(h, copy);
            let (total, read) = page.site_counts();
            h.text(" This look read ");
            of(h, read, total);
            h.text(" in the exhibit’s documents.");
        },
    );
}

fn bound(h: &mut Html, page: &Page) {
    h.words("h2", "What it rests on");
    h.tag("p", |h| {
        h.text("The chance that this case ever names any innocent copy, over all its looks, is at most ");
        h.tag("strong", |h| match page.alpha.as_str() {
            "" => _ = h.text("alpha"),
            alpha => _ = h.chance(alpha).one_in(alpha),
        });
        h.text(". The bound was fixed when the document was sealed.");
    });
    h.tag("p", |h| {
        h.text("It is proved, not measured, under one assumption: ");
        h.words("em", "an innocent copy’s codeword is independent of the leak.");
        h.text(" The text was read without knowing any copy’s codeword, and the reading was recorded first.");
        if page.look > 1 {
            h.text(" Over several looks the assumption is also that nobody chose or made a later exhibit by the ");
            h.text("figures of an earlier look.");
        }
    });
}

fn limits(h: &mut Html, page: &Page) {
    h.words("h2", "What it does not prove");
    let points: [&str; 3] = match page.verdict {
        Verdict::Nobody { .. } => [
            "That no copy leaked: the text may be too short, reworded, or mixed from several copies.",
            "Anything for or against a holder. A rank without the threshold is no suspicion.",
            "That a document which left by another way (a draft, a recording, a memory) was not the source.",
        ],
        _ => [
            "Who passed the text on, when, to whom, or with what intent.",
            "That there was no other source: further copies may have contributed.",
            "Anything about a copy that is not named.",
        ],
    };
    h.tag("ul", |h| points.iter().for_each(|point| _ = h.words("li", point)));
}

fn closing(h: &mut Html, page: &Page) {
    let (title, points): (&str, [&str; 4]) = match page.verdict {
        Verdict::Nobody { .. } => (
            "What would help to decide",
            [
                "More text from the same source, added to this case as a further look.",
                "The leaked file itself in place of a retyped, translated or shortened rendering.",
                "The passages around what is quoted here.",
                "Time: evidence of later leaks adds up in one case, within the same bound.",
            ],
        ),
        _ => (
            "Who else could have made or passed on this text",
            [
                "Whoever holds the vault and its key: they can make any copy again.",
                "Whoever could reach the file after delivery: an office, an assistant, a mail server, a shared \
                 folder, a backup, a printer, a lost device.",
                "Whoever was shown the copy, or was given it in confidence.",
                "Whoever handled the exhibit before it was registered here, if they knew what the copy says.",
            ],
        ),
    };
    h.words("h2", title);
    h.tag("ul", |h| points.iter().for_each(|point| _ = h.words("li", point)));
    if !matches!(page.verdict, Verdict::Nobody { .. }) {
        h.tag("p", |h| access(h, &page.access));
    }
}

/// How many had access besides the holders, and who.
fn access(h: &mut Html, recorded: &[String]) {
    if recorded.is_empty() {
        h.text(
            "Nobody recorded who had access to key, folder, mail server or copying: ask, and count them. ",
        );
        h.text("The list is kept with ").words("code", "tellmark access").text(".");
        return;
    }
    h.text(&counted(recorded.len() as u64, "access was", "accesses were"))
        .text(" recorded besides the holders’: ");
    list(h, recorded.iter().map(String::as_str), HOLDERS_MAX, "and", "span");
    h.text(".");
}

fn exhibits(h: &mut Html, page: &Page) {
    let Some(first) = page.exhibits.first() else { return };
    h.class("p", "exhibits", |h| {
        let word = if page.exhibits.len() > 1 { "Exhibits: " } else { "Exhibit: " };
        h.class("span", "label", |h| _ = h.text(word));
        list(h, page.exhibits.iter().map(|exhibit| exhibit.name.as_str()), EXHIBITS_MAX, "and", "");
        if let (1, Some((algorithm, hash))) = (page.exhibits.len(), first.hashes.first()) {
            h.text(", ").clipped(algorithm, 16).text(" ");
            h.class("code", "hash", |h| _ = h.clipped(hash, 64));
        }
    });
}

fn contents(h: &mut Html, sections: &[Section]) {
    h.el("nav", &[("aria-label", "Contents")], |h| {
        h.tag("ol", |h| {
            for section in sections {
                let target = format!("#{}", section.id);
                h.tag("li", |h| _ = h.el("a", &[("href", &target)], |h| _ = h.text(section.title)));
            }
        });
    });
}

/// Writes "a, b and c", the first few of many, each in a tag of its own where one is given.
fn list<'a>(
    h: &mut Html,
    values: impl ExactSizeIterator<Item = &'a str>,
    max: usize,
    conjunction: &str,
    tag: &'static str,
) {
    let total = values.len();
    let shown = if total > max { max } else { total };
    for (number, value) in values.take(shown).enumerate() {
        let is_last = number + 1 == total;
        match number {
            0 => &mut *h,
            _ if is_last => h.text(&format!(" {conjunction} ")),
            _ => h.text(", "),
        };
        match tag {
            "" => h.clipped(value, ID_CHARS_MAX),
            tag => h.tag(tag, |h| _ = h.clipped(value, NAME_CHARS_MAX)),
        };
    }
    if total > shown {
        h.text(&format!(" {conjunction} {} more", grouped((total - shown) as u64)));
    }
}
