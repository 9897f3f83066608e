//! A report in plain words.

use tellmark_evidence::verify::{Report, Verdict};

/// All claims, the count of them, and what may be said aloud.
pub fn report(report: &Report) -> String {
    let mut out = String::new();
    for claim in &report.claims {
        out.push_str(&format!("{:<13} {}\n{:<13}   {}\n", claim.verdict.text(), claim.title, "", claim.says));
    }
    let count = |verdict| report.claims.iter().filter(|claim| claim.verdict == verdict).count();
    let whole = if report.is_proven { "PROVEN" } else { "NOT PROVEN" };
    out.push_str(&format!(
        "\n{whole}: of {} claims {} are proven, {} are not, {} cannot be checked here.\n",
        report.claims.len(),
        count(Verdict::Proven),
        count(Verdict::NotProven),
        count(Verdict::CannotCheck)
    ));
    out.push_str("\nWhat may be said aloud:\n");
    report.sentences.iter().for_each(|said| out.push_str(&format!("- {said}\n")));
    out
}
