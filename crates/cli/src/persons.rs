//! `tellmark receipts`, `tellmark custodians` and `tellmark approve`: what people other than the operator signed.

use anyhow::Result;
use tellmark_app::{Ports, Vault, consent, files, receipts};

use crate::args::{ApproveArgs, CustodiansArgs, ReceiptsArgs};
use crate::{EXIT_DONE, say};

/// What a person signed is at most so long.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Lists receipts, writes slips, or records what holders signed.
///
/// # Errors
/// When there is no such release or copy, or a receipt does not hold.
pub async fn receipts(vault: &Vault, args: &ReceiptsArgs) -> Result<u8> {
    for path in &args.record {
        let bytes = files::read_limited(path, FILE_BYTES_MAX)?;
        let name = path.display().to_string();
        let copy = receipts::record_receipt(vault, &name, &bytes, &Ports::system()?).await?;
        match args.json {
            true => say::json(&serde_json::json!({ "copy": copy, "receipt": name }))?,
            false => say::line(&format!("Recorded that the holder of copy {copy} signed for it.")),
        }
    }
    let Some(release) = &args.release else { return Ok(EXIT_DONE) };
    if let Some(folder) = &args.slips {
        let written =
            receipts::slips(vault, release, args.copy.as_deref(), folder, args.force, Ports::system()?.now)
                .await?;
        match args.json {
            true => say::json(&serde_json::json!({ "slips": written }))?,
            false => {
                let count = written.len();
                let slips = if count == 1 { "slip" } else { "slips" };
                say::line(&format!("Wrote {count} {slips} into {}.", folder.display()));
                say::line(
                    "Give each to the holder of its copy, with your log's key from somebody they believe.",
                );
            }
        }
        return Ok(EXIT_DONE);
    }
    let lines = receipts::list(vault, release).await?;
    if args.json {
        say::json(&serde_json::json!({ "copies": lines }))?;
        return Ok(EXIT_DONE);
    }
    let row = |line: &receipts::Line| {
        let keys = if line.keys.is_empty() { "nobody".into() } else { line.keys.join(", ") };
        vec![line.copy.clone(), line.name.clone(), keys]
    };
    say::table(&["copy", "name", "signed by"], lines.iter().map(row).collect());
    let signed = lines.iter().filter(|line| !line.keys.is_empty()).count();
    say::line(&format!("{signed} of {} copies are signed for.", lines.len()));
    if signed > 0 {
        say::line("Whose key it is, whoever verifies must know from somebody they believe.");
    }
    Ok(EXIT_DONE)
}

/// Lists the custodians and what waits for them, or appoints them.
///
/// # Errors
/// When they are too few, a key is none, or those before did not agree.
pub fn custodians(vault: &Vault, args: &CustodiansArgs) -> Result<u8> {
    if !args.appoint.is_empty() {
        consent::appoint(vault, &args.appoint, &Ports::system()?)?;
    }
    let keys: Vec<String> = consent::custodians(vault)?.iter().map(|key| key.to_text()).collect();
    let pending = consent::pending(vault)?;
    if args.json {
        say::json(&serde_json::json!({ "custodians": keys, "requests": pending }))?;
        return Ok(EXIT_DONE);
    }
    match keys.len() {
        0 => say::line(
            "No custodians are appointed: this vault's operator acts alone. More looks than are allowed need one other person.",
        ),
        count => {
            say::line(&format!("Two of these {count} have to agree before copies are made and leaks traced:"))
        }
    }
    keys.iter().for_each(|key| say::line(&format!("  {key}")));
    for request in &pending {
        say::line(&format!(
            "{}: {} of {} agreed to {}",
            request.file.display(),
            request.agreed,
            request.needed,
            request.act
        ));
    }
    Ok(EXIT_DONE)
}

/// Records what custodians signed.
///
/// # Errors
/// When a file is no approval, or of somebody who is no custodian.
pub fn approve(vault: &Vault, args: &ApproveArgs) -> Result<u8> {
    for path in &args.files {
        let bytes = files::read_limited(path, FILE_BYTES_MAX)?;
        let request = consent::approve(vault, &path.display().to_string(), &bytes, &Ports::system()?)?;
        say::line(&format!("Recorded the approval of {}.", request.act));
    }
    Ok(EXIT_DONE)
}
