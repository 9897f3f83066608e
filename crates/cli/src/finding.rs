//! A finding, as the terminal shows it.

use indicatif::HumanCount;
use tellmark_app::trace::{Finding, Named, NamedGroup, READ_IN_ALL, Verdict};

use crate::say;

/// What names a copy whose ratio does not reach the threshold.
fn ways(named: &Named) -> String {
    let way = |by: &&str| match *by {
        "tail" => "the exact tail of its agreement (its chance above)".to_owned(),
        _ => format!("its evidence look by look, 10^{:.2}", named.w_log10.unwrap_or_default()),
    };
    named.by.iter().map(way).collect::<Vec<_>>().join(" and by ")
}

/// What derives from a named copy: all that was read, or a part of it.
fn derives(named: &Named, all: &str) -> String {
    match named.read_in.strip_prefix("exhibit ") {
        Some(exhibit) => format!("Exhibit {} derives", say::name(exhibit)),
        None if named.read_in == READ_IN_ALL => all.to_owned(),
        None => "What this look shows derives".to_owned(),
    }
}

/// The finding in words; also used by the demo.
pub fn show_finding(finding: &Finding) {
    let what = match finding.look > 1 {
        true => "What leaked in this case, taken together, derives",
        false => "This derives",
    };
    match finding.verdict {
        Verdict::Copy => {
            for named in &finding.named {
                let holders = match named.holders.is_empty() {
                    true => "holders unknown".to_owned(),
                    false => format!("held by {}", named.holders.join(", ")),
                };
                let of = say::name(&named.document);
                let what = derives(named, what);
                say::headline(&format!("{what} from copy {} of {of} ({holders}).", named.copy));
                say::line(&format!(
                    "  ratio 10^{:.2}; an innocent copy does as well with chance {:.1e}, any of all with {:.1e}",
                    named.e_log10, named.p, named.p_familywise
                ));
                if !named.by.contains(&"ratio") {
                    say::line(&format!("  named by {}", ways(named)));
                }
                if !named.received {
                    say::line("  delivery unconfirmed: nobody signed for this copy");
                }
                for also in &named.also {
                    let holders = match also.holders.is_empty() {
                        true => "holders unknown".into(),
                        false => format!("held by {}", also.holders.join(", ")),
                    };
                    say::line(&format!(
                        "  the same copy of {} ({holders}) has {} of the {} sites that name it",
                        also.document, also.sites, also.of
                    ));
                }
                if named.cases > 1 {
                    say::line(&format!(
                        "  {} cases tested this copy: an innocent one is named in any of them with chance {} at most",
                        named.cases, named.alpha_spent
                    ));
                }
            }
        }
        Verdict::Group => {
            say::headline(&format!(
                "{what} from a copy of {}; the copies are named together, and none of them alone.",
                finding
                    .groups
                    .iter()
                    .map(NamedGroup::title)
                    .collect::<Vec<_>>()
                    .join(", and from a copy of ")
            ));
        }
        Verdict::Nobody if finding.releases.is_empty() => {
            say::headline("Nobody is named: nothing of this vault's documents was found in it.");
        }
        Verdict::Nobody => say::headline("Nobody is named."),
    }
    for named in &finding.named_before {
        say::line(&format!(
            "  Look {} of this case named copy {}, which stays named; this look does not speak for it.",
            named.look, named.copy
        ));
    }
    if !finding.groups_before.is_empty() {
        let groups = finding.groups_before.join(", ");
        say::line(&format!("  Earlier looks of this case named a copy of {groups}; this look does not."));
    }
    if let Some(contrary) = &finding.contrary {
        say::line(&format!(
            "  At {} of {} sites that earlier looks read, this one shows another variant. If it comes from another copy, trace it in \
             a case of its own.",
            contrary.other, contrary.shared
        ));
    }
    if let Some(before) = &finding.read_before {
        say::line(&format!(
            "  {} of the {} sites read here were read alike before ({}): the bound holds if this exhibit was not chosen by what was found \
             there.",
            before.sites,
            before.of,
            before.said()
        ));
    }
    for shown in &finding.pages {
        let picture =
            match finding.pages.iter().any(|other| other.exhibit == shown.exhibit && other.picture != 1) {
                true => format!(", picture {},", shown.picture),
                false => String::new(),
            };
        let (exhibit, document) = (say::name(&shown.exhibit), say::name(&shown.document));
        say::line(&format!(
            "  {exhibit}{picture} shows page {} of {document}: {} words",
            shown.page, shown.words
        ));
    }
    for note in &finding.notes {
        say::warning(&format!("{}: {}", say::name(&note.exhibit), say::name(&note.note)));
    }
    for program in &finding.recognised_by {
        say::line(&format!("  text in pictures was recognised by {}", say::name(program)));
    }
    for release in &finding.releases {
        let channels: Vec<String> = release
            .channels
            .iter()
            .map(|(name, c)| format!("{} of {} {name} sites", c.read, c.sites))
            .collect();
        say::line(&format!("  {} ({}): read {}", release.document, release.release, channels.join(", ")));
        if let Some(line) = &release.visible {
            say::line(&format!(
                "  Its copies show the line {line:?}. Anybody can write or take away such a line: it was not weighed."
            ));
        }
    }
    if finding.tested > 0 {
        say::line(&format!(
            "  {} copies tested at alpha {:e}; threshold 10^{:.2}, best of {} decoys 10^{:.2}; {} contradicted as sole source",
            finding.tested,
            finding.alpha,
            finding.threshold_e_log10,
            HumanCount(finding.decoys as u64),
            finding.best_decoy_e_log10,
            finding.contradicted
        ));
        say::line(&format!(
            "  replayed against {} fresh keys: {} reached the threshold, the best 10^{:.2}",
            finding.replayed.keys, finding.replayed.named, finding.replayed.best_e_log10
        ));
    }
    if finding.verdict != Verdict::Copy && finding.sites_needed > 0 && finding.tested > 0 {
        say::line(&format!(
            "  Some {} further sites like these would decide, if one copy alone is the source.",
            finding.sites_needed
        ));
    }
    say::line(&format!(
        "  Case {}, look {}. The finding is about a copy, not about a person.",
        finding.case, finding.look
    ));
}
