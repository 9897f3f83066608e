//! Tracing, cases and sources on a server.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;
use tellmark_app::files;

use super::client::{Client, Sent};
use super::{refuse_options, show_list, text, texts};
use crate::args::{ApproveArgs, CasesArgs, ProveArgs, SightingArgs, SightingsArgs, TraceArgs};
use crate::commands::{exhibit, file_name};
use crate::{EXIT_DONE, EXIT_NOBODY, say};

/// Bytes of a report.
const REPORT_BYTES_MAX: u64 = 64 << 20;
/// Bytes of a bundle.
const BUNDLE_BYTES_MAX: u64 = 1 << 30;

/// Where a finding goes.
struct Out<'a> {
    report: Option<&'a Path>,
    force: bool,
    json: bool,
    quiet: bool,
}

pub fn trace(client: &Client, args: &TraceArgs, quiet: bool) -> Result<u8> {
    let identities = "--identities (ask for names on its pages: two people agree there)";
    refuse_options(&[(identities, args.identities)], client)?;
    let out = Out { report: args.report.as_deref(), force: args.force, json: args.json, quiet };
    let mut form = Sent::default()
        .with("because", &args.because)
        .with("languages", args.languages.clone().unwrap_or_default())
        .with("release", args.release.clone().unwrap_or_default());
    for path in args.exhibits.iter().chain(&args.form) {
        let file = exhibit(path)?;
        form = form.with_file("file", file.name, file.bytes);
    }
    look(client, with_case(client, form, args.case.as_deref())?, &out)
}

/// A look goes into the case of a name where there is one, and begins it where there is none: as on the vault's machine.
fn with_case<'a>(client: &Client, form: Sent<'a>, case: Option<&str>) -> Result<Sent<'a>> {
    let Some(case) = case else { return Ok(form) };
    let is_there = client.list(&["cases"])?.iter().any(|line| line["case"] == case);
    Ok(form.with(if is_there { "case" } else { "new" }, case))
}

pub fn sighting(client: &Client, args: &SightingArgs, quiet: bool) -> Result<u8> {
    let out = Out { report: args.report.as_deref(), force: args.force, json: args.json, quiet };
    let form = Sent::default().with("sighting", args.id.to_string());
    look(client, with_case(client, form, args.case.as_deref())?, &out)
}

fn look(client: &Client, form: Sent<'_>, out: &Out<'_>) -> Result<u8> {
    // Nothing is looked at for a report that cannot be written.
    if let Some(path) = out.report {
        files::refuse_unwritable(path, out.force)?;
    }
    let finding = client.post(&["looks"], &form)?;
    if let Some(path) = out.report {
        let (case, look) = (text(&finding["case"]), text(&finding["look"]));
        let report = client.file(&["cases", &case, "looks", &look, "report"], &[], REPORT_BYTES_MAX)?;
        files::write_whole(path, &report, out.force)?;
    }
    match out.json {
        true => say::json(&finding)?,
        false => show(&finding),
    }
    if let Some(path) = out.report.filter(|_| !out.json && !out.quiet) {
        say::line(&format!("\nThe report: {}", path.display()));
    }
    Ok(if finding["verdict"] == "nobody" { EXIT_NOBODY } else { EXIT_DONE })
}

fn show(finding: &Value) {
    let named = finding["named"].as_array().map(Vec::as_slice).unwrap_or_default();
    match finding["verdict"].as_str().unwrap_or_default() {
        "copy" => {
            for copy in named {
                let holders = texts(&copy["holders"]);
                let holders = match holders.is_empty() {
                    true => "holders unknown".to_owned(),
                    false => format!("held by {}", holders.join(", ")),
                };
                let (own, document) = (text(&copy["copy"]), text(&copy["document"]));
                say::headline(&format!("This derives from copy {own} of {document} ({holders})."));
                say::line(&format!(
                    "  ratio 10^{:.2}; an innocent copy does as well with chance {}, any of all with {}",
                    copy["e_log10"].as_f64().unwrap_or_default(),
                    text(&copy["p"]),
                    text(&copy["p_familywise"])
                ));
                if copy["received"] == false {
                    say::line("  delivery unconfirmed: nobody signed for this copy");
                }
            }
        }
        "group" => say::headline(&format!(
            "This derives from a copy of {}; the copies are named together, and none of them alone.",
            texts(&finding["groups_named"]).join(", ")
        )),
        _ => say::headline("Nobody is named."),
    }
    say::line(&format!(
        "  {} copies tested at alpha {}; look {} of case {}",
        text(&finding["tested"]),
        text(&finding["alpha"]),
        text(&finding["look"]),
        text(&finding["case"])
    ));
    for before in finding["named_before"].as_array().map(Vec::as_slice).unwrap_or_default() {
        say::line(&format!(
            "  Look {} of this case named copy {}, which stays named; this look does not speak for it.",
            text(&before["look"]),
            text(&before["copy"])
        ));
    }
}

pub fn list(client: &Client, args: &CasesArgs) -> Result<u8> {
    refuse_options(&[("--copy", args.copy.is_some())], client)?;
    if let Some(name) = &args.case {
        let case = client.get(&["cases", name])?;
        if args.json {
            say::json(&case)?;
            return Ok(EXIT_DONE);
        }
        let looks = case["looks"].as_array().cloned().unwrap_or_default();
        let cells = |look: &Value| {
            let at = say::date(look["at"].as_i64().unwrap_or_default());
            vec![
                text(&look["look"]),
                at,
                text(&look["verdict"]),
                text(&look["sites_read"]),
                text(&look["because"]),
            ]
        };
        return show_list(
            "looks",
            looks,
            false,
            &["look", "when (UTC)", "verdict", "sites read", "why"],
            cells,
        );
    }
    let cells = |case: &Value| {
        let looks = case["looks"].as_array().map_or(0, Vec::len).to_string();
        let last = say::date(case["last_at"].as_i64().unwrap_or_default());
        vec![text(&case["case"]), looks, text(&case["verdict"]), texts(&case["named"]).join(", "), last]
    };
    show_list(
        "cases",
        client.list(&["cases"])?,
        args.json,
        &["case", "looks", "verdict", "named", "last look (UTC)"],
        cells,
    )
}

pub fn sightings(client: &Client, args: &SightingsArgs) -> Result<u8> {
    refuse_options(&[("--shared", args.shared)], client)?;
    let cells = |one: &Value| {
        let at = say::date(one["fetched_at"].as_i64().unwrap_or_default());
        vec![text(&one["sighting"]), at, text(&one["title"]), text(&one["address"])]
    };
    show_list(
        "sightings",
        client.list(&["sightings"])?,
        args.json,
        &["sighting", "fetched (UTC)", "title", "address"],
        cells,
    )
}

pub fn sources(client: &Client, json: bool) -> Result<u8> {
    let cells = |one: &Value| {
        vec![text(&one["source"]), text(&one["kind"]), text(&one["address"]), text(&one["last_error"])]
    };
    show_list("sources", client.list(&["sources"])?, json, &["source", "kind", "address", ""], cells)
}

pub fn follow(client: &Client, source: &str, json: bool) -> Result<u8> {
    let added = client.post(&["sources"], &Sent::default().with("source", source))?;
    match json {
        true => say::json(&added)?,
        false => {
            say::line(&format!("Source {} is followed: {}", text(&added["source"]), text(&added["address"])))
        }
    }
    Ok(EXIT_DONE)
}

pub fn unfollow(client: &Client, id: u32) -> Result<u8> {
    client.delete(&["sources", &id.to_string()])?;
    say::line(&format!("Source {id} is followed no more; what was seen in it stays."));
    Ok(EXIT_DONE)
}

pub fn prove(client: &Client, args: &ProveArgs) -> Result<u8> {
    refuse_options(&[("--json", args.json)], client)?;
    files::refuse_unwritable(&args.out, args.force)?;
    let query: &[(&str, &str)] = if args.enclose_original { &[("original", "1")] } else { &[] };
    let bundle = client.file(&["cases", &args.case, "bundle"], query, BUNDLE_BYTES_MAX)?;
    files::write_whole(&args.out, &bundle, args.force)?;
    say::line(&format!("Took the evidence of {}: {}.", args.case, args.out.display()));
    Ok(EXIT_DONE)
}

pub fn approve(client: &Client, args: &ApproveArgs) -> Result<u8> {
    const APPROVAL_BYTES_MAX: u64 = 1 << 20;
    for path in &args.files {
        let bytes = files::read_limited(path, APPROVAL_BYTES_MAX)?;
        let done = client.post(&["requests"], &Sent::default().with_file("file", file_name(path)?, bytes))?;
        say::line(&format!("The approval of `{}` is recorded.", text(&done["act"])));
    }
    Ok(EXIT_DONE)
}
