//! `tellmark-verify`: what an evidence bundle proves, for somebody who trusts neither side; and what a holder or custodian
//! compares, signs and keeps.
//!
//! It reads the files that it is given and nothing else: no network, no vault, no clock, no configuration.

mod args;
mod files;
mod persons;
mod told;

use std::process::ExitCode;

use tellmark_evidence::bundle::{BUNDLE_BYTES_MAX, Bundle};
use tellmark_evidence::policy::Policy;
use tellmark_evidence::signed::RequestFile;
use tellmark_evidence::slip;
use tellmark_evidence::verify::{Accepted, Held, OwnCopy, own_copy, verify};

use args::{Asked, What};

const PROVEN: u8 = 0;
const NOT_PROVEN: u8 = 1;
const INPUT: u8 = 2;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    ExitCode::from(run(&args).unwrap_or_else(|message| {
        eprintln!("tellmark-verify: {message}");
        INPUT
    }))
}

fn run(args: &[String]) -> Result<u8, String> {
    let asked = args::parse(args)?;
    match &asked.what {
        What::Help => files::say(args::USAGE).map(|()| PROVEN),
        What::NewKey(path) => persons::new_key(path).map(|()| PROVEN),
        What::File(path) => {
            let bytes = files::read(path, BUNDLE_BYTES_MAX)?;
            match files::format(&bytes).as_deref() {
                Some(slip::FORMAT) => persons::slip(path, &bytes, &asked).map(|()| PROVEN),
                Some(RequestFile::FORMAT) => persons::request(path, &bytes, &asked).map(|()| PROVEN),
                _ => bundle(path, &bytes, &asked),
            }
        }
    }
}

fn bundle(path: &str, bytes: &[u8], asked: &Asked) -> Result<u8, String> {
    if asked.sign.is_some() {
        return Err(format!("{path} is neither a slip nor a request: nobody signs a bundle"));
    }
    let policy = policy(asked)?;
    let bundle = Bundle::read(bytes).map_err(|error| format!("{path} is no bundle: {error}"))?;
    if let Some(folder) = &asked.stamps {
        stamps(&bundle, folder)?;
    }
    let read = |copy: &String| files::read(copy, files::COPY_BYTES_MAX);
    let copies = asked.copies.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let accepted = Accepted { copies, ..asked.accepted.clone() };
    let report = verify(&bundle, &policy, &accepted);
    let own: Vec<Vec<OwnCopy>> = accepted.copies.iter().map(|copy| own_copy(&bundle, copy)).collect();
    // Each file that was given says something about a named copy, or the whole is not settled.
    let is_shown = own.iter().all(|of| of.is_empty() || of.iter().any(|own| own.held() == Held::Shows));
    if !asked.is_json {
        own.iter().flatten().try_for_each(|own| files::say(&told::own(own)))?;
    }
    match asked.is_json {
        true => files::say(&format!("{}\n", String::from_utf8_lossy(&report.to_json().to_bytes())))?,
        false => files::say(&told::report(&report))?,
    }
    Ok(if report.is_proven && is_shown { PROVEN } else { NOT_PROVEN })
}

/// Writes each stamped head with the authority's answer, for a tool that knows certificates.
fn stamps(bundle: &Bundle, folder: &str) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| format!("{folder} cannot be made: {error}"))?;
    for stamped in &bundle.parts.stamped {
        let head = stamped.note.checkpoint().map_err(|error| error.to_string())?;
        files::write(&format!("{folder}/head-{}.txt", head.size), stamped.note.text.as_bytes(), false)?;
        files::write(&format!("{folder}/head-{}.tsr", head.size), &stamped.answer, false)?;
    }
    Ok(())
}

fn policy(asked: &Asked) -> Result<Policy, String> {
    let path = asked.trust.as_ref().ok_or("--trust POLICY is needed: the keys that you trust")?;
    let text = String::from_utf8(files::read(path, files::SMALL_BYTES_MAX)?)
        .map_err(|_| format!("{path} is no text"))?;
    Policy::read(&text).map_err(|error| format!("{path}: {error}"))
}
