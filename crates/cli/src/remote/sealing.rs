//! Planning and sealing on a server: the document lies on its desk meanwhile, and the copies come back.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Value, json};
use tellmark_app::{Error, Progress, files};
use tellmark_core::limits;

use super::client::{Client, Sent};
use super::{refuse_options, text, texts};
use crate::args::{MarkArgs, PlanArgs, SealArgs};
use crate::commands::file_name;
use crate::progress::Line;
use crate::{EXIT_DONE, planned, say};

/// Bytes of a copy, or of the mail with it.
const FILE_BYTES_MAX: u64 = 256 << 20;
/// Files of an archive: a copy and a mail for each recipient.
const FILES_MAX: usize = 2 * limits::COPIES_MAX;

/// What a server has no word for: its desk decides about sites.
fn refuse_marks(client: &Client, mark: &MarkArgs, file: Option<&Path>) -> Result<()> {
    let beside = file.map(tellmark_app::review::beside).filter(|path| path.exists() && !mark.no_review);
    if let Some(beside) = beside {
        return Err(Error::Input(format!(
            "{} decides about the sites of this document, and {} takes no such file: decide on its desk, or say --no-review",
            beside.display(),
            client.name()
        ))
        .into());
    }
    let given = [
        ("--channels", !mark.channels.is_empty()),
        ("--verbatim", mark.verbatim),
        ("--reported", mark.reported),
        ("--allow-speech", mark.allow_speech),
        ("--shift", mark.shift.is_some()),
        ("--accept-signed", mark.accept_signed),
        ("--sites", mark.sites.is_some()),
    ];
    refuse_options(&given, client)
}

fn document(path: &Path) -> Result<(String, Vec<u8>)> {
    Ok((file_name(path)?, files::read_limited(path, limits::DOCUMENT_BYTES_MAX)?))
}

pub fn plan(client: &Client, args: &PlanArgs) -> Result<u8> {
    refuse_marks(client, &args.mark, Some(&args.file))?;
    refuse_options(
        &[("--html", args.html.is_some()), ("--watch", args.watch), ("--copies", args.copies.is_some())],
        client,
    )?;
    let (name, bytes) = document(&args.file)?;
    let called = name.clone();
    let form =
        Sent::default().with("alpha", args.alpha.clone().unwrap_or_default()).with_file("file", name, bytes);
    let draft = text(&client.post(&["drafts"], &form)?["id"]);
    let plan = client.get(&["drafts", &draft, "plan"]);
    // Nothing was sealed: the desk stays as it was, whatever came of the plan.
    let removed = client.delete(&["drafts", &draft]);
    let mut plan = plan?;
    removed?;
    if args.json {
        // As of a file here: the sentences and the text are for people.
        if let Some(fields) = plan.as_object_mut() {
            fields.remove("told");
        }
        say::json(&plan)?;
        return Ok(EXIT_DONE);
    }
    let shown = serde_json::from_value(plan).map_err(|_| {
        Error::Input("the server's plan is of another version; install the same on both".into())
    })?;
    planned::show(&called, &shown);
    Ok(EXIT_DONE)
}

pub fn seal(client: &Client, args: &SealArgs, quiet: bool, line: &Line) -> Result<u8> {
    refuse_marks(client, &args.mark, args.file.as_deref())?;
    let roster = match (&args.to, args.numbered) {
        (Some(path), _) => files::read_limited(path, limits::ROSTER_BYTES_MAX)?,
        (None, count) => tellmark_app::holders::numbered(count.unwrap_or_default())?,
    };
    let wanted = tellmark_app::desk::read_roster(&roster)?;
    let wanted: BTreeSet<String> = wanted.recipients.iter().map(|one| one.id.folded()).collect();
    let draft = lay(client, args)?;
    let prepared = prepare(client, &draft, args, roster);
    if let Err(error) = prepared {
        // What cannot be sealed does not stay on somebody's desk.
        let _ = client.delete(&["drafts", &draft]);
        return Err(error);
    }
    client.post(&["drafts", &draft, "seal"], &Sent::default())?;
    follow(client, &draft, line)?;
    let done = client.get(&["drafts", &draft])?;
    if done["state"] != "sealed" {
        return Err(Error::Input(format!(
            "it is {} on {}: {}",
            text(&done["state"]),
            client.name(),
            text(&done["message"])
        ))
        .into());
    }
    let mut summary = done["message"].clone();
    let written = take(client, &text(&done["release"]), &args.out, &wanted, args.force)?;
    summary["written"] = json!(written);
    client.delete(&["drafts", &draft])?;
    match args.json {
        true => say::json(&summary)?,
        false => show(&summary, written, &args.out),
    }
    if !quiet {
        texts(&summary["notes"]).iter().for_each(|note| say::warning(note));
    }
    Ok(EXIT_DONE)
}

/// Lays what is to be sealed on the desk.
fn lay(client: &Client, args: &SealArgs) -> Result<String> {
    let draft = match (&args.extend, &args.file) {
        (Some(release), _) => client.post(&["releases", release, "extend"], &Sent::default())?,
        (None, Some(file)) => {
            let (name, bytes) = document(file)?;
            let form = Sent::default()
                .with("name", args.name.clone().unwrap_or_default())
                .with("alpha", &args.alpha)
                .with("revises", args.revises.clone().unwrap_or_default())
                .with("visible", args.visible.clone().unwrap_or_default())
                .with("new", if args.new { "true" } else { "" })
                .with_file("file", name, bytes);
            client.post(&["drafts"], &form)?
        }
        (None, None) => return Err(Error::Input("neither a document nor --extend was given".into()).into()),
    };
    Ok(text(&draft["id"]))
}

fn prepare(client: &Client, draft: &str, args: &SealArgs, roster: Vec<u8>) -> Result<()> {
    client.post(&["drafts", draft, "roster"], &Sent::default().with_file("file", "roster.csv", roster))?;
    if let Some(mail) = &args.mail {
        let (name, bytes) = document(mail)?;
        client.post(&["drafts", draft, "mail"], &Sent::default().with_file("file", name, bytes))?;
    }
    Ok(())
}

/// Shows how far sealing is until it is over.
fn follow(client: &Client, draft: &str, line: &Line) -> Result<()> {
    let (mut step, mut done) = (String::new(), 0);
    let followed = client.follow(&["drafts", draft, "progress"], |said| {
        let name = text(&said["step"]);
        if name != step {
            line.end();
            line.begin(&name, said["total"].as_u64().filter(|total| *total > 0));
            (step, done) = (name, 0);
        }
        let now = said["done"].as_u64().unwrap_or(0);
        line.advance(now.saturating_sub(done));
        done = done.max(now);
    });
    line.end();
    followed
}

/// Takes the copies of these recipients, and the mail beside them. Returns how many copies were not there yet.
fn take(client: &Client, release: &str, out: &Path, wanted: &BTreeSet<String>, force: bool) -> Result<usize> {
    std::fs::create_dir_all(out).map_err(|source| Error::File {
        action: "cannot make the folder",
        path: out.into(),
        source,
    })?;
    let mut held = tempfile::tempfile_in(out)?;
    std::io::copy(&mut client.stream(&["releases", release, "copies.zip"])?, &mut held)?;
    let mut archive = zip::ZipArchive::new(held)?;
    if archive.len() > FILES_MAX {
        return Err(Error::Input(format!("{} sent more files than a release has", client.name())).into());
    }
    let mut written = 0;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let said = file.name()?.into_owned();
        let Some((copy, name)) = place(&said, wanted) else { continue };
        let path = out.join(copy).join(name);
        let bytes = files::read_stream_limited(&mut file, &said, FILE_BYTES_MAX)?;
        let there = std::fs::read(&path).ok();
        if there.as_ref() == Some(&bytes) {
            continue;
        }
        if path.parent().is_some_and(Path::is_symlink) {
            return Err(Error::Input(format!(
                "{} is a link; a copy is not written through it",
                out.display()
            ))
            .into());
        }
        std::fs::create_dir_all(path.parent().unwrap_or(out))?;
        files::write_whole(&path, &bytes, force)?;
        written += usize::from(!name_is_mail(&path));
    }
    Ok(written)
}

fn name_is_mail(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "eml")
}

/// Where a file of the archive goes, if it is of a recipient of ours: `COPY/FILE`, and no path to elsewhere.
fn place(name: &str, wanted: &BTreeSet<String>) -> Option<(PathBuf, PathBuf)> {
    let (copy, file) = name.split_once('/')?;
    let is_plain = |part: &str| {
        !part.is_empty() && part != "." && part != ".." && !part.contains(['/', '\\', '\0', ':'])
    };
    let is_ours = is_plain(copy) && is_plain(file) && wanted.contains(&copy.to_lowercase());
    is_ours.then(|| (copy.into(), file.into()))
}

fn show(summary: &Value, written: usize, out: &Path) {
    let (release, name) = (text(&summary["release"]), text(&summary["name"]));
    say::headline(&match (summary["resumed"] == true, summary["batch"].as_u64().unwrap_or(1)) {
        (true, _) => format!("Release {release} ({name}) was sealed before"),
        (false, 1) => format!("Sealed {name} as release {release}"),
        (false, batch) => format!("Extended release {release} ({name}) by batch {batch}"),
    });
    say::line(&format!("{} copies in {}: {written} written.", text(&summary["copies"]), out.display()));
    say::line(&format!("What an excerpt would name, {}.", text(&summary["promise"])));
    for change in texts(&summary["revision"]["changes"]) {
        say::line(&format!("  {change}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_an_archive_go_nowhere_else() {
        let wanted = BTreeSet::from(["r03".to_owned(), "..".to_owned()]);
        assert_eq!(place("R03/minutes.md", &wanted), Some(("R03".into(), "minutes.md".into())));
        for bad in [
            "r03",
            "r04/minutes.md",
            "../minutes.md",
            "r03/../x",
            "r03/a/b",
            "/r03/x",
            "r03/",
            "r03/..",
            "r03\\x/y",
        ] {
            assert_eq!(place(bad, &wanted), None, "{bad}");
        }
    }
}
