//! Releases, copies and holders on a server.

use anyhow::Result;
use serde_json::Value;
use tellmark_app::files;

use super::client::{Client, Sent};
use super::{show_list, text};
use crate::args::{CopiesArgs, CopyArgs, HoldersArgs, ListArgs, WithdrawArgs};
use crate::{EXIT_DONE, say};

/// Bytes of a copy.
const COPY_BYTES_MAX: u64 = 256 << 20;

pub fn releases(client: &Client, args: &ListArgs) -> Result<u8> {
    let cells = |r: &Value| {
        let sealed = say::date(r["created_at"].as_i64().unwrap_or_default());
        let own = ["release", "name", "copies", "alpha"].map(|name| text(&r[name]));
        own.into_iter().chain([sealed, text(&r["revises"])]).collect()
    };
    let columns = ["release", "name", "copies", "alpha", "sealed (UTC)", "revises"];
    show_list("releases", client.list(&["releases"])?, args.json, &columns, cells)
}

/// The copies of one release, or of all.
fn held(client: &Client, release: Option<&str>) -> Result<Vec<Value>> {
    let releases = match release {
        Some(release) => vec![release.to_owned()],
        None => client.list(&["releases"])?.iter().map(|line| text(&line["release"])).collect(),
    };
    let mut all = Vec::new();
    for release in releases {
        all.extend(client.list(&["releases", &release, "copies"])?);
    }
    Ok(all)
}

fn holders_of(copy: &Value) -> String {
    let all = copy["holders"].as_array().map(Vec::as_slice).unwrap_or_default();
    let one = |by: &Value| match by["known"] == false {
        true => format!("{} (assumed)", text(&by["holder"])),
        false => text(&by["holder"]),
    };
    all.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn withdrawn(copy: &Value) -> String {
    copy["withdrawn"].as_str().map_or(String::new(), |because| format!("withdrawn: {because}"))
}

pub fn list(client: &Client, args: &CopiesArgs) -> Result<u8> {
    let all = held(client, args.release.as_deref())?;
    let cells = |c: &Value| {
        vec![text(&c["release"]), text(&c["copy"]), holders_of(c), text(&c["group"]), withdrawn(c)]
    };
    show_list("copies", all, args.json, &["release", "copy", "holders", "group", ""], cells)
}

pub fn holders(client: &Client, args: &HoldersArgs) -> Result<u8> {
    if let (Some(release), Some(copy), Some(holder)) = (&args.release, &args.give, &args.to) {
        let form = Sent::default()
            .with("holder", holder)
            .with("since", args.since.clone().unwrap_or_default())
            .with("because", &args.because)
            .with("assumed", if args.assumed { "true" } else { "" });
        let held = client.post(&["releases", release, "copies", copy, "holders"], &form)?;
        match args.json {
            true => say::json(&held)?,
            false => say::line(&format!("Copy {} is held by {}.", text(&held["copy"]), holders_of(&held))),
        }
        return Ok(EXIT_DONE);
    }
    if args.give.is_some() {
        return Err(tellmark_app::Error::Input("name the release whose copy somebody holds".into()).into());
    }
    let all = held(client, args.release.as_deref())?;
    let cells = |c: &Value| vec![text(&c["release"]), text(&c["copy"]), holders_of(c), withdrawn(c)];
    show_list("holders", all, args.json, &["release", "copy", "holders", ""], cells)
}

pub fn withdraw(client: &Client, args: &WithdrawArgs) -> Result<u8> {
    let form = Sent::default().with("because", &args.because);
    let done = client.post(&["releases", &args.release, "copies", &args.copy, "withdraw"], &form)?;
    say::line(&format!(
        "Copy {} is withdrawn. It is still tested when something leaks.",
        text(&done["copy"])
    ));
    Ok(EXIT_DONE)
}

pub fn copy(client: &Client, args: &CopyArgs) -> Result<u8> {
    files::refuse_unwritable(&args.out, args.force)?;
    let bytes =
        client.file(&["releases", &args.release, "copies", &args.copy, "file"], &[], COPY_BYTES_MAX)?;
    files::write_whole(&args.out, &bytes, args.force)?;
    say::line(&format!("Took copy {} of {}: {}.", args.copy, args.release, args.out.display()));
    Ok(EXIT_DONE)
}
