//! A report in plain words.

use tellmark_evidence::verify::{OwnCopy, Report, Verdict};

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
    let has_faults = report.claims.iter().any(|claim| claim.verdict == Verdict::NotProven);
    let whole = match (report.is_proven, has_faults) {
        (true, _) => "PROVEN",
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
    let falls = match (own.is_delivered, own.differ) {
        (Some(true), 1..) => {
            "\n  What was delivered is not what the finding stands on: nothing may be said about this copy."
        }
        _ => "",
    };
    format!("Copy {copy}: {delivered}; {seen}.{falls}\n\n")
}

/// What comes out of a bundle moves no cursor, hides nothing and turns no direction of reading.
pub fn plain(text: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
