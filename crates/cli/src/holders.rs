//! `tellmark holders`: who holds which copy, since when.

use anyhow::Result;
use tellmark_app::holders::{Given, Held, give, list};
use tellmark_app::{Error, Ports, Vault};

use crate::EXIT_DONE;
use crate::args::HoldersArgs;
use crate::say;

/// Lists holders, or records one.
///
/// # Errors
/// When there is no such copy, or the day is none.
pub async fn run(vault: &Vault, args: &HoldersArgs) -> Result<u8> {
    let held = match (&args.give, &args.release) {
        (Some(copy), Some(release)) => {
            let Some(holder) = &args.to else {
                return Err(Error::Input("say who holds the copy: --to NAME".into()).into());
            };
            let given = Given {
                release: release.clone(),
                copy: copy.clone(),
                holder: holder.clone(),
                since: args.since.clone(),
                assumed: args.assumed,
                because: args.because.clone(),
            };
            vec![give(vault, &given, &Ports::system()?).await?]
        }
        (Some(_), None) => return Err(Error::Input("say of which release the copy is".into()).into()),
        (None, release) => list(vault, release.as_deref()).await?,
    };
    if args.json {
        say::json(&serde_json::json!({ "copies": held }))?;
        return Ok(EXIT_DONE);
    }
    say::table(
        &["release", "copy", "group", "holder", "since", "known", "because"],
        held.iter().flat_map(rows).collect(),
    );
    Ok(EXIT_DONE)
}

fn rows(held: &Held) -> Vec<Vec<String>> {
    let row = |holder: &str, since: &str, known: &str, because: &str| {
        let own = [held.release.to_string(), held.copy.clone(), held.group.clone()];
        own.into_iter().chain([holder, since, known, because].map(String::from)).collect()
    };
    let withdrawn = held.withdrawn.as_ref().map(|because| row("(withdrawn)", "", "", because));
    let by = held
        .holders
        .iter()
        .map(|by| row(&by.holder, &by.since, if by.known { "yes" } else { "assumed" }, &by.because));
    let unknown = held.holders.is_empty().then(|| row("unknown", "", "", ""));
    by.chain(unknown).chain(withdrawn).collect()
}
