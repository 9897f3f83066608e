//! `tellmark demo`: tells what it does while it does it.

use anyhow::Result;
use tellmark_app::demo::{Step, demo};
use tellmark_app::trace::Finding;

use crate::args::DemoArgs;
use crate::finding::show_finding;
use crate::progress::Line;
use crate::{EXIT_DONE, say};

/// Runs the demo and shows its steps.
///
/// # Errors
/// Whatever the demo could not do.
pub async fn run(args: &DemoArgs, line: &Line) -> Result<u8> {
    let summary = demo(&args.out, line).await?;
    if args.json {
        say::json(&summary)?;
        return Ok(EXIT_DONE);
    }
    for step in &summary.steps {
        match step {
            Step::Sealed { document, folder, summary } => {
                let draft = summary.revision.as_ref().map_or(String::new(), |revision| {
                    format!(
                        ", a redraft: {} sites keep every copy's variant, {} are new",
                        revision.kept, revision.added
                    )
                });
                say::headline(&format!("\nSealed {document}{draft}"));
                say::line(&format!(
                    "  {} copies in {} ({:.0} bits)",
                    summary.copies,
                    folder.display(),
                    summary.bits
                ));
                say::line(&format!("  What an excerpt would name, {}.", summary.promise));
            }
            Step::Traced { story, leaked, article, report, finding } => {
                say::headline(&format!("\n{story}."));
                say::line(&format!("  article {}, report {}", article.display(), report.display()));
                show_finding(finding);
                say::line(judgement(leaked, finding));
            }
            Step::Proved { bundle, policy, claims, proven, sentences } => {
                say::headline(
                    "\nThe last finding as evidence, for somebody who trusts a witness and not this vault.",
                );
                say::line(&format!(
                    "  tellmark-verify {} --trust {} --published 2026-03-15T18:00 --accept-reading",
                    bundle.display(),
                    policy.display()
                ));
                let count = |verdict: &str| claims.iter().filter(|(_, own)| *own == verdict).count();
                say::line(&format!(
                    "  {}: {} claims are proven, {} are not, {} cannot be checked there: of those the report says why",
                    if *proven { "PROVEN" } else { "NOT PROVEN" },
                    count("PROVEN"),
                    count("NOT PROVEN"),
                    count("CANNOT CHECK")
                ));
                sentences.iter().skip(1).take(2).for_each(|said| say::line(&format!("  {said}")));
            }
        }
    }
    say::line(&format!("\nEverything is in {}; open report.html there.", summary.folder.display()));
    Ok(EXIT_DONE)
}

/// What the demo, which knows who leaked, says of the finding.
fn judgement(leaked: &str, finding: &Finding) -> &'static str {
    let named: Vec<&str> = finding.named.iter().map(|named| named.copy.as_str()).collect();
    match (leaked, named.as_slice()) {
        ("", []) => "  Right: there is nothing to name.",
        (_, []) => "  Right to name nobody: too little was quoted to be sure.",
        (leaked, [one]) if *one == leaked => "  Right: that is the copy that leaked.",
        _ => "  WRONG: please report this.",
    }
}
