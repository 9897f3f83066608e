//! A report in plain words.

use tellmark_evidence::verify::{Held, OwnCopy, Report, Verdict, plain};

/// All claims, the count of them, and what may be said aloud.
pub fn report(report: &Report) -> String {
    let mut out = String::new();
    for claim in &report.claims {
        out.push_str(&format!(
            "{:<13} {}\n{:<13}   {}\n",
            claim.verdict.text(),
            claim.title,
            "",
            plain(&claim.says)
        ));
    }
    let count = |verdict| report.claims.iter().filter(|claim| claim.verdict == verdict).count();
    let is_held = report.claims.iter().all(|claim| claim.id != "holds" || claim.verdict == Verdict::Proven);
    let has_faults = report.claims.iter().any(|claim| claim.verdict == Verdict::NotProven);
    let whole = match (report.is_proven, has_faults) {
        (true, _) if is_held => "PROVEN",
        (true, _) if report.figures.is_empty() => "PROVEN of what the release committed to",
        (true, _) => {
            "PROVEN of what the release committed to (nobody held the file that was delivered against that: --copy FILE)"
        }
        (false, true) => "NOT PROVEN",
        (false, false) => {
            "NOT PROVEN YET (nothing is wrong; what it stands on cannot all be checked without you)"
        }
    };
    out.push_str(&format!(
        "\n{whole}: of {} claims {} are proven, {} are not, {} cannot be checked here.\n",
        report.claims.len(),
        count(Verdict::Proven),
        count(Verdict::NotProven),
        count(Verdict::CannotCheck)
    ));
    out.push_str("\nWhat may be said aloud:\n");
    report.sentences.iter().for_each(|said| out.push_str(&format!("- {}\n", plain(said))));
    out
}

/// What somebody's own copy shows.
pub fn own(own: &OwnCopy) -> String {
    let copy = plain(&own.copy);
    let delivered = match own.is_delivered {
        Some(true) => "your file is the one that was delivered for it",
        Some(false) => "your file is not the one that the log holds for it",
        None => "the bundle does not say which file was delivered for it",
    };
    let seen = format!(
        "of the places that were read it shows {} as the bundle says that the copy has them, and {} otherwise; {} cannot be seen in it",
        own.agree, own.differ, own.unseen
    );
    let falls = match own.held() {
        Held::ShowsAnother => {
            "\n  What was delivered is not what the finding stands on: nothing may be said about this copy."
        }
        Held::Unseen => {
            "\n  That is too little to say anything: a DOCX, ODT or PDF is read by tellmark reread BUNDLE --copy FILE, where the original is enclosed."
        }
        Held::Other if own.agree >= OwnCopy::MANY && own.differ == 0 => {
            "\n  It shows what this copy shows. If it was delivered to somebody else, copies do not differ as the release says: then nothing may be said about this copy, but where both are one id's in two drafts."
        }
        Held::Other => {
            "\n  Of the finding only the file that was delivered says anything; another holder's shows something else at about half of the places."
        }
        Held::Shows => "",
    };
    format!("Copy {copy}: {delivered}; {seen}.{falls}\n\n")
}
