//! `tellmark prove` and `tellmark witness`: evidence for somebody else.

use anyhow::Result;
use tellmark_app::{Ports, Vault, files, log, prove};

use crate::args::{ProveArgs, RereadArgs, TimestampArgs, WitnessArgs};
use crate::progress::Line;
use crate::{EXIT_DONE, EXIT_NOBODY, say};

/// Writes the evidence bundle of a case.
///
/// # Errors
/// When there is no finding, or it cannot be proved from the log.
pub async fn run(vault: &Vault, args: &ProveArgs) -> Result<u8> {
    let proved = prove::prove_to(vault, &args.case, args.enclose_original, &args.out, args.force).await?;
    if args.json {
        say::json(&serde_json::json!({
            "bytes": proved.bytes.len(),
            "log": proved.log,
            "witnessed": proved.is_witnessed,
            "claims": proved.report.claims.iter().map(|claim| {
                serde_json::json!({ "id": claim.id, "verdict": claim.verdict.text(), "says": claim.says })
            }).collect::<Vec<_>>(),
        }))?;
        return Ok(EXIT_DONE);
    }
    say::line(&format!("Wrote {} ({} bytes).", args.out.display(), proved.bytes.len()));
    say::line("With your log's key alone, without a witness, it shows:");
    for claim in &proved.report.claims {
        say::line(&format!("  {:<12}  {}", claim.verdict.text(), claim.title));
    }
    if !proved.is_witnessed {
        say::warning(
            "no witness has seen this finding in the log; run `tellmark witness DIR`, then prove again",
        );
    }
    say::line("Whoever verifies it needs your log's key and your witness's from somebody they believe:");
    say::line(&format!("  log {}", proved.log));
    Ok(EXIT_DONE)
}

/// Lets a witness see the log.
///
/// # Errors
/// When there is no log, or the witness refuses.
pub async fn witness(vault: &Vault, args: &WitnessArgs) -> Result<u8> {
    let seen = log::witness(vault, &args.dir, &mut Ports::system()?)?;
    if let Some(out) = &args.policy {
        files::write_whole(out, seen.policy.as_bytes(), args.force)?;
    }
    if args.json {
        say::json(&seen)?;
        return Ok(EXIT_DONE);
    }
    say::line(&match seen.before {
        0 => format!("The witness saw the log for the first time: {} entries.", seen.entries),
        before => format!("The witness saw the log grow from {before} to {} entries.", seen.entries),
    });
    match &args.policy {
        Some(out) => say::line(&format!("Wrote {}, a policy for tellmark-verify:", out.display())),
        None => say::line("A policy for tellmark-verify that trusts this log and this witness:"),
    }
    seen.policy.lines().for_each(|line| say::line(&format!("  {line}")));
    Ok(EXIT_DONE)
}

/// Reads the exhibits of a bundle again.
///
/// # Errors
/// When it encloses no original, or another than the release's.
pub async fn reread(args: &RereadArgs, line: &Line) -> Result<u8> {
    let (languages, mut ports) = (args.languages.as_deref(), Ports::system()?);
    let read = prove::reread_file(&args.bundle, &args.copy, languages, &mut ports, line).await?;
    let code = if read.same && read.held { EXIT_DONE } else { EXIT_NOBODY };
    if args.json {
        say::json(&read)?;
        return Ok(code);
    }
    say::line("The enclosed document and its places are those that the release committed to.");
    for look in &read.looks {
        let texts = if look.same_texts { "" } else { "; the exhibits' texts are others" };
        say::line(&match look.others.as_slice() {
            [] if look.left_out.is_empty() => {
                format!("Look {}: {} places are read as the bundle says{texts}.", look.look, look.sites)
            }
            [] if !look.left_out.is_empty() => format!(
                "Look {}: {} places are read as the bundle says{texts}; {} more are shown and left out, since the operator says that they tell nothing any more: ask why.",
                look.look,
                look.sites,
                look.left_out.len()
            ),
            others => format!(
                "Look {}: {} of {} places are read otherwise: {}{texts}.",
                look.look,
                others.len(),
                look.sites,
                others.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
            ),
        });
    }
    for held in &read.copies {
        let others: Vec<String> = held.others.iter().map(usize::to_string).collect();
        let what = match (held.is_delivered, held.shows) {
            (_, true) => "It is the file that was delivered, and shows what the release committed to.".into(),
            (Some(true), false) if others.is_empty() => {
                "It is the file that was delivered; too little can be seen in it to say anything.".into()
            }
            (Some(true), false) => format!(
                "It is the file that was delivered, and shows another codeword (places {}): nothing may be said about this copy.",
                others.join(", ")
            ),
            (Some(false), _) => "It is not the file that the log holds for this copy.".into(),
            (None, _) => "The bundle does not say which file was delivered for this copy.".to_owned(),
        };
        say::line(&format!(
            "{} beside copy {}: of the places that were read {} agree, {} do not, {} cannot be seen. {what}",
            held.file,
            held.copy,
            held.agree,
            others.len(),
            held.unseen
        ));
    }
    Ok(code)
}

/// Writes a request for a time-stamp, or keeps the answer.
///
/// # Errors
/// When the request is in the way, or the answer is about no head of this log.
pub fn timestamp(vault: &Vault, args: &TimestampArgs) -> Result<u8> {
    let (stamp, said) = match (&args.request, &args.attach) {
        (Some(out), _) => {
            let stamp = log::request(vault, out, args.force, &Ports::system()?)?;
            let said = format!("Wrote {}: send it to the authority, and --attach its answer.", out.display());
            (stamp, said)
        }
        (None, Some(answer)) => {
            let stamp = log::attach(vault, answer)?;
            let said =
                format!("The answer is about the log's first {} entries; bundles carry it.", stamp.entries);
            (stamp, said)
        }
        (None, None) => return Ok(EXIT_DONE),
    };
    match args.json {
        true => say::json(&stamp)?,
        false => say::line(&said),
    }
    Ok(EXIT_DONE)
}
