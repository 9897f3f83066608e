//! What was not read: sites by release and channel, and the reasons.

use tellmark_core::{Channel, Erasure};

use super::{ChannelSites, Erased, Page, Release};
use crate::html::{Column, Html, table};
use crate::quantity::counted;

/// Rows and rules that are listed.
const RELEASES_MAX: usize = 100;
const RULES_MAX: usize = 40;

/// Writes the section.
pub(super) fn write(h: &mut Html, page: &Page) {
    if page.releases.is_empty() {
        h.words("p", "No passage of a sealed document was found, so there was no site to read.");
        return;
    }
    h.words(
        "p",
        "A site is read only where the words around it are those of the original and it is clear which variant \
         stands there. Every other site is erased: it counts neither for nor against any copy.",
    );
    channels(h, &page.releases);
    if !page.erased.is_empty() {
        reasons(h, &page.erased);
    }
}

fn channels(h: &mut Html, releases: &[Release]) {
    let columns = [
        Column::words("Release"),
        Column::words("Channel"),
        Column::number("Sites"),
        Column::number("Read"),
        Column::number("Erased"),
    ];
    let rows: Vec<(&Release, &ChannelSites)> = releases
        .iter()
        .take(RELEASES_MAX)
        .flat_map(|release| release.channels.iter().map(move |channel| (release, channel)))
        .collect();
    table(h, "Sites by release and channel", &columns, rows, |h, (release, sites), column| match column {
        0 => _ = h.value(&release.name),
        1 => _ = h.text(sites.channel.name()),
        2 => _ = h.count(sites.total),
        3 => _ = h.count(sites.read),
        _ => _ = h.count(sites.erased),
    });
    if releases.len() > RELEASES_MAX {
        h.words("p", &format!("{} more releases are not listed.", releases.len() - RELEASES_MAX));
    }
}

fn reasons(h: &mut Html, erased: &[Erased]) {
    let columns = [Column::words("Not read because"), Column::number("Sites"), Column::words("Rules")];
    table(h, "Erased sites by reason", &columns, erased, |h, group, column| match column {
        0 => _ = h.text(said(group.reason)),
        1 => _ = h.count(group.rules.iter().map(|(_, _, count)| count).sum()),
        _ => rules(h, &group.rules),
    });
}

/// The reason as it stands after "because": all reasons of `core` read so.
fn said(reason: Erasure) -> &'static str {
    reason.reason()
}

fn rules(h: &mut Html, rules: &[(Channel, String, u64)]) {
    for (number, (channel, rule, count)) in rules.iter().take(RULES_MAX).enumerate() {
        h.text(if number > 0 { ", " } else { "" }).value(rule);
        if channel.name() != rule {
            h.class("span", "quiet", |h| _ = h.text(&format!(" {channel}")));
        }
        if *count > 1 {
            h.text(" × ").count(*count);
        }
    }
    if rules.len() > RULES_MAX {
        h.text(&format!(", and {}", counted((rules.len() - RULES_MAX) as u64, "more rule", "more rules")));
    }
}
