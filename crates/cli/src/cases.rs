//! `tellmark cases`: the cases, one case look by look, and what they spent on a copy.

use anyhow::Result;
use tellmark_app::Vault;
use tellmark_app::cases::{
    self, AlphaSum, CaseLine, CopySpent, ExhibitLine, LookLine, LookVerdict, NamedLine,
};

use crate::args::CasesArgs;
use crate::{EXIT_DONE, say};

/// Shows what was asked for.
///
/// # Errors
/// When there is no such case or copy, or the ledger fails.
pub async fn run(vault: &Vault, args: &CasesArgs) -> Result<u8> {
    match (&args.copy, &args.case) {
        (Some(copy), _) => {
            let spent = cases::spent_on(vault, copy, args.release.as_deref()).await?;
            match args.json {
                true => say::json(&serde_json::json!({ "spent": spent }))?,
                false => spent.iter().for_each(show_spent),
            }
        }
        (None, Some(name)) => {
            let case = cases::case(vault, name).await?;
            if args.json { say::json(&case)? } else { show_case(&case) }
        }
        (None, None) => {
            let lines = cases::cases(vault).await?;
            match args.json {
                true => say::json(&serde_json::json!({ "cases": lines }))?,
                false => show_list(&lines),
            }
        }
    }
    Ok(EXIT_DONE)
}

fn show_list(lines: &[CaseLine]) {
    let rows = lines.iter().map(|case| {
        vec![
            case.case.clone(),
            case.looks.len().to_string(),
            say::date(case.last_at),
            word(case.verdict).into(),
            named(case),
            alpha(case.alpha),
        ]
    });
    say::table(&["case", "looks", "last look (UTC)", "verdict", "named", "alpha"], rows.collect());
}

fn named(case: &CaseLine) -> String {
    let groups = case.groups_named.iter().map(|group| format!("group {group}"));
    case.named.iter().cloned().chain(groups).collect::<Vec<_>>().join(", ")
}

fn word(verdict: LookVerdict) -> &'static str {
    match verdict {
        LookVerdict::Copy => "copy",
        LookVerdict::Group => "group",
        LookVerdict::Nobody => "nobody",
        LookVerdict::Failed => "failed",
        LookVerdict::Read => "read",
        LookVerdict::Registered => "registered",
    }
}

/// A case that tested no copy spent nothing.
fn alpha(alpha: Option<AlphaSum>) -> String {
    alpha.map_or_else(|| "-".into(), |alpha| alpha.to_string())
}

fn show_case(case: &CaseLine) {
    let looks = count(case.looks.len() as u64, "look", "looks");
    say::headline(&format!(
        "Case {}: {looks}, begun {} UTC, alpha {}",
        say::name(&case.case),
        say::date(case.created_at),
        alpha(case.alpha)
    ));
    let mut groups: Vec<&String> = Vec::new();
    for look in &case.looks {
        show_look(look, &groups);
        groups.extend(&look.groups_named);
    }
}

fn count(number: u64, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

/// `groups` are those that earlier looks named.
fn show_look(look: &LookLine, groups: &[&String]) {
    say::headline(&format!("\nLook {}, {} UTC: {}", look.look, say::date(look.at), word(look.verdict)));
    if !look.because.is_empty() {
        say::line(&format!("  because: {}", say::name(&look.because)));
    }
    look.exhibits.iter().for_each(|exhibit| show_exhibit(exhibit, &look.because));
    for release in &look.releases {
        let (document, id) = (say::name(&release.document), release.release);
        say::line(&format!("  read {} of {} sites of {document} ({id})", release.read, release.sites));
    }
    if look.reading.is_some() && look.releases.is_empty() {
        say::line("  nothing of this vault's documents was found in it");
    }
    show_verdict(look);
    look.named.iter().for_each(|named| show_named(look, named));
    for group in &look.groups_named {
        let by = if groups.contains(&group) { "stays named" } else { "is named" };
        say::line(&format!("  group {} {by}", say::name(group)));
    }
    if let (Some(tested), Some(threshold)) = (look.tested, look.threshold_e_log10) {
        let tested = count(tested, "copy", "copies");
        let alpha = alpha(look.alpha);
        say::line(&format!("  {tested} tested at alpha {alpha}; threshold 10^{threshold:.2}"));
    }
}

fn show_exhibit(exhibit: &ExhibitLine, because: &str) {
    let ExhibitLine { name, hash, bytes, reason } = exhibit;
    let reason = match reason.is_empty() || reason == because {
        true => String::new(),
        false => format!(", because: {}", say::name(reason)),
    };
    say::line(&format!("  exhibit {} ({}){reason}", say::name(name), count(*bytes, "byte", "bytes")));
    say::line(&format!("    BLAKE3 {hash}"));
}

fn show_verdict(look: &LookLine) {
    match look.verdict {
        LookVerdict::Copy | LookVerdict::Group => {}
        LookVerdict::Nobody if look.sites_needed > 0 => say::line(&format!(
            "  nobody is named; some {} further sites like these would decide, if one copy alone is the source",
            look.sites_needed
        )),
        LookVerdict::Nobody => say::line("  nobody is named"),
        LookVerdict::Failed => {
            let why: Vec<&str> = look.failed.as_deref().unwrap_or_default().split_whitespace().collect();
            let why = say::name(&why.join(" "));
            say::line(&format!("  failed: {why}; it stays in the count"));
        }
        LookVerdict::Read => say::line("  read and not decided: it is under way, or was cut off"),
        LookVerdict::Registered => say::line("  registered and not read: it is under way, or was cut off"),
    }
}

fn show_named(look: &LookLine, named: &NamedLine) {
    let holders = match named.holders.is_empty() {
        true => "holders unknown".to_owned(),
        false => format!("held by {}", say::name(&named.holders.join(", "))),
    };
    let by = match named.look == look.look {
        true => "is named".to_owned(),
        false => format!("was named by look {} and stays named", named.look),
    };
    say::line(&format!("  copy {} of {} ({holders}) {by}", named.copy, say::name(&named.document)));
    if let (Some(e), Some(p), Some(family)) = (named.e_log10, named.p, named.p_familywise) {
        say::line(&format!(
            "    ratio 10^{e:.2}; an innocent copy does as well with chance {p:.1e}, any of all with {family:.1e}"
        ));
    }
}

fn show_spent(spent: &CopySpent) {
    let documents = spent.documents.iter().map(|name| say::name(name)).collect::<Vec<_>>().join(", ");
    let tested = match spent.cases.len() {
        0 => "tested in no case; nothing of alpha is spent on it".to_owned(),
        cases => format!("tested in {}", count(cases as u64, "case", "cases")),
    };
    say::headline(&format!("Copy {} of {documents}: {tested}", spent.copy));
    if spent.cases.is_empty() {
        return;
    }
    let rows = spent.cases.iter().map(|case| vec![format!("  {}", case.case), case.alpha.to_string()]);
    say::table(&["  case", "alpha"], rows.collect());
    say::line(&match spent.alpha.is_void() {
        true => "  Their alphas add up to 1 or more: nothing bounds the chance any more.".to_owned(),
        false => format!(
            "  Together {}: the chance that any innocent copy is named in any of them is at most this.",
            spent.alpha.rounded_up()
        ),
    });
}
