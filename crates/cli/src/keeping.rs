//! `tellmark key`, `tellmark access` and `tellmark retention`: who keeps what, and for how long.

use anyhow::Result;
use tellmark_app::access::{Access, What};
use tellmark_app::{Ports, Vault, access, retention};

use crate::args::{AccessArgs, KeyAction, KeyArgs, RetentionArgs};
use crate::commands::new_passphrase;
use crate::{EXIT_DONE, say};

/// Splits the vault's key, or puts it together.
///
/// # Errors
/// When it is as asked already, or cannot be written.
pub fn key(vault: &Vault, args: &KeyArgs) -> Result<u8> {
    match &args.action {
        KeyAction::Split { out } => {
            let paths = vault.split_key(out, &mut Ports::system()?)?;
            for path in &paths {
                say::line(&format!("Wrote {}.", path.display()));
            }
            say::line(
                "Give each to another person: any two of them open the vault, and the key is not in it any more.",
            );
            say::warning("backups of before hold the whole key; destroy them, and make a new one");
        }
        KeyAction::Join { passphrase } => {
            let passphrase = if *passphrase { Some(new_passphrase()?) } else { None };
            vault.join_key(passphrase.as_deref())?;
            say::line("The key is in the vault again. Whoever has two of the shares has it still.");
        }
    }
    Ok(EXIT_DONE)
}

/// Lists who has access, or records it.
///
/// # Errors
/// When a day is none.
pub fn access(vault: &Vault, args: &AccessArgs) -> Result<u8> {
    if let Some(who) = &args.add {
        for what in What::ALL.into_iter().filter(|what| args.to.iter().any(|to| to == what.name())) {
            let new = Access {
                who: who.clone(),
                what,
                since: args.since.clone(),
                until: args.until.clone(),
                because: args.because.clone(),
            };
            access::add(vault, &new, &Ports::system()?)?;
        }
    }
    let all = access::list(vault)?;
    if args.json {
        say::json(&serde_json::json!({ "access": all }))?;
        return Ok(EXIT_DONE);
    }
    if all.is_empty() {
        say::line("Nobody is recorded. A finding then says so; whoever had access counts all the same.");
        return Ok(EXIT_DONE);
    }
    let row = |one: &Access| {
        let until = if one.until.is_empty() { "today".into() } else { one.until.clone() };
        vec![one.who.clone(), one.what.name().into(), one.since.clone(), until, one.because.clone()]
    };
    say::table(&["who", "to", "since", "until", "because"], all.iter().map(row).collect());
    Ok(EXIT_DONE)
}

/// Lists for how long documents can be traced, fixes a day, or destroys a key.
///
/// # Errors
/// When there is no such release, a day is none, or a key may not be destroyed yet.
pub async fn retention(vault: &Vault, args: &RetentionArgs) -> Result<u8> {
    let ports = Ports::system()?;
    if let (Some(release), true) = (&args.release, args.destroy) {
        let gone = retention::destroy(vault, release, args.early, &ports).await?;
        match args.json {
            true => say::json(&gone)?,
            false => {
                say::line(&format!(
                    "Destroyed the key of {}; {} entries of the log can be linked to nobody any more, and {} with them.",
                    gone.releases.join(", "),
                    gone.entries,
                    cases_of(gone.cases)
                ));
                if gone.kept > 0 {
                    say::warning(&format!(
                        "{} tested copies of other documents, too: what the log says of their exhibits and findings stays",
                        cases_of(gone.kept)
                    ));
                }
                say::warning(
                    "the ledger keeps rosters, exhibits and findings, and backups hold the key still, until they are destroyed, too",
                );
            }
        }
        return Ok(EXIT_DONE);
    }
    if let (Some(release), Some(until)) = (&args.release, &args.until) {
        let until = retention::fix(vault, release, until, &ports).await?;
        if !args.json {
            say::line(&format!("The key of {release} is to be destroyed on {until}."));
        }
    }
    let lines = retention::list(vault, ports.now).await?;
    if args.json {
        say::json(&serde_json::json!({ "documents": lines }))?;
        return Ok(EXIT_DONE);
    }
    let row = |line: &retention::Line| {
        let said = match (&line.destroyed, &line.until, line.due) {
            (Some(day), ..) => format!("destroyed on {day}"),
            (None, None, _) => "no day is fixed".into(),
            (None, Some(day), retention::Due::Now) => format!("to be destroyed since {day}"),
            (None, Some(day), _) => format!("until {day}"),
        };
        vec![line.releases.join(", "), said]
    };
    say::table(&["document", "key"], lines.iter().map(row).collect());
    Ok(EXIT_DONE)
}

fn cases_of(count: usize) -> String {
    if count == 1 { "1 case".into() } else { format!("{count} cases") }
}
