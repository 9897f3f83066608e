//! Copies of a release: who holds them, and taking them out.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use tellmark_app::holders::{self, Given, Held};
use tellmark_app::{Ports, copies, desk, files, log, receipts};
use tellmark_core::CopyId;
use tokio::sync::mpsc;

use super::documents::At;
use super::{Answer, App};
use crate::body::Form;
use crate::failure::Failure;
use crate::guard::Who;
use crate::roles::Action;
use crate::state::{CopyAct, Server, release_of};
use crate::{frame, said};

/// Copies of one page.
const LISTED: usize = 100;
/// Bytes of a copy that is handed out at once.
const COPY_BYTES_MAX: u64 = 256 << 20;
/// Bytes that are collected before they are sent.
const CHUNK_BYTES: usize = 64 << 10;

pub async fn list(State(server): App, who: Who, Path(release): Path<String>, Query(at): Query<At>) -> Answer {
    let (release, mut held, signed) = server
        .work(async move |vault| {
            let state = log::shown(vault)?;
            let own = release_of(vault, &release).await?;
            let held = holders::list_of(vault, &own).await?;
            let signed = receipts::signed_in(vault, state.as_deref(), own.id).await?;
            Ok((own, held, signed))
        })
        .await?;
    let here = format!("/documents/{}", release.id);
    let all = held.len();
    let found = at.find.trim().to_lowercase();
    held.retain(|one| {
        found.is_empty()
            || one.copy.to_lowercase().contains(&found)
            || one.holders.iter().any(|by| by.holder.to_lowercase().contains(&found))
            || one.group.to_lowercase().contains(&found)
    });
    let (shown, pages) = at.cut(&held, LISTED);
    let rows = html! { @for one in shown { (row(one, &here, signed.contains(&one.copy))) } };
    let content = html! {
        p .kicker { a href=(here) { (release.name) } }
        h1 { "Copies and holders" }
        p .soft { (said::count(all as u64, "copy", "copies")) "; " (said::grouped(signed.len() as u64)) " signed for." }
        form method="get" action=(format!("{here}/copies")) role="search" {
            div .inline {
                div { label for="find" { "Find a copy, holder or group" } input .short type="search" id="find" name="find" value=(at.find); }
                button .second { "Find" }
            }
        }
        (frame::table("Copies", &["Copy", "Holders", "Group", "State"], &rows))
        (frame::pager(&format!("{here}/copies?find={}&page=", said::segment(&at.find)), at.page, pages))
        @if who.may(Action::Hold) {
            h2 { "Receipts" }
            p { "A recipient signs for their file with a key of their own. Without it a finding about the copy says " em { "delivery unconfirmed" } "." }
            (frame::upload(&who.csrf, &format!("{here}/receipts"), &html! {
                (frame::field("file", "A receipt that was signed", "", &html! { input type="file" id="file" name="file" required; }))
                button .second { "Record it" }
            }))
        }
    };
    Ok(frame::page(&server, &who, "/documents", &format!("Copies of {}", release.name), &content))
}

fn row(one: &Held, here: &str, is_signed: bool) -> Markup {
    html! {
        tr {
            th scope="row" { a href=(format!("{here}/copies/{}", said::segment(&one.copy))) { (one.copy) } }
            td { @if one.holders.is_empty() { span .soft { "unknown" } }
                @for (number, by) in one.holders.iter().enumerate() { @if number > 0 { br; } (by.holder) @if !by.known { " (assumed)" } } }
            td { (one.group) }
            td { @if let Some(because) = &one.withdrawn { span .tag .bad { "withdrawn" } " " (because) }
                @else if is_signed { span .tag .good { "signed for" } } }
        }
    }
}

pub async fn one(State(server): App, who: Who, Path((release, copy)): Path<(String, String)>) -> Answer {
    let folder = server.settings.copies.clone();
    let (release, held, has_mail) = server
        .work(async move |vault| {
            let own = release_of(vault, &release).await?;
            let id = own.id.to_string();
            let all = holders::list_of(vault, &own).await?;
            let held = all.into_iter().find(|held| held.copy.to_lowercase() == copy.to_lowercase());
            let has_mail = match &held {
                Some(held) => desk::delivered_mail(vault, &folder, &id, &held.copy).await?.is_some(),
                None => false,
            };
            Ok((own, held, has_mail))
        })
        .await?;
    let held = held.ok_or_else(Failure::missing)?;
    let here = format!("/documents/{}/copies/{}", release.id, said::segment(&held.copy));
    let rows = html! { @for by in &held.holders { tr {
        th scope="row" { (by.holder) } td .nowrap { (by.since) } td { @if by.known { "known" } @else { "assumed" } } td { (by.because) }
    } } };
    let content = html! {
        p .kicker { a href=(format!("/documents/{}/copies", release.id)) { (release.name) } }
        h1 { "Copy " (held.copy) @if !held.group.is_empty() { ", " (held.group) } }
        @if let Some(because) = &held.withdrawn { (frame::warning(&html! { p { "Withdrawn: " (because) ". It is still tested when something leaks." } })) }
        @if who.may(Action::TakeCopies) { div .row {
            a .button href=(format!("{here}/file")) { "Take the file" }
            @if has_mail { a .button .second href=(format!("{here}/mail")) { "Take the ready mail" } }
        } }
        @if held.holders.is_empty() { p { "Nobody is recorded as its holder." } }
        @else { (frame::table("Holders", &["Holder", "Since", "Is it known?", "How"], &rows)) }
        @if who.may(Action::Hold) {
            h2 { "Somebody else holds it, too" }
            (frame::post(&who.csrf, &format!("{here}/holders"), &html! {
                (frame::line("holder", "Who", "A person, an assistant who prints, a room. A holder is added, and never taken away.", ""))
                (frame::field("since", "From which day", "Empty for today.", &html! { input .short type="date" id="since" name="since" aria-describedby="since-hint"; }))
                (frame::line("because", "How it is known, or why it is assumed", "", ""))
                div .choice { input type="checkbox" id="assumed" name="assumed"; label for="assumed" { "It is assumed, not known" } }
                button { "Record" }
            }))
            @if held.withdrawn.is_none() {
                h2 { "It came back, or was never sent" }
                (frame::post_asked(&who.csrf, &format!("{here}/withdraw"), "Withdraw this copy? That cannot be taken back.", &html! {
                    (frame::line_as("why", ("because", "Why"), "For example: returned on 3 May. A withdrawn copy is still tested.", ""))
                    button .second { "Withdraw the copy" }
                }))
            }
        }
    };
    Ok(frame::page(&server, &who, "/documents", &format!("Copy {}", held.copy), &content))
}

pub async fn give(
    State(server): App,
    who: Who,
    Path((release, copy)): Path<(String, String)>,
    form: Form,
) -> Answer {
    let held = given(&server, who.number(), release, copy, &form).await?;
    Ok(frame::redirect(&format!("/documents/{}/copies/{}", held.release, said::segment(&held.copy))))
}

/// Records a holder from a form.
pub async fn given(
    server: &Arc<Server>,
    account: u32,
    release: String,
    copy: String,
    form: &Form,
) -> Result<Held, Failure> {
    let given = Given {
        release,
        copy,
        holder: form.text("holder").into(),
        since: Some(form.text("since").to_owned()).filter(|since| !since.is_empty()),
        assumed: form.is_set("assumed"),
        because: form.text("because").into(),
    };
    let held = server.work(async move |vault| holders::give(vault, &given, &Ports::system()?).await).await?;
    server.note_copy(account, CopyAct::Held, (&held.copy, &held.release.to_string())).await;
    Ok(held)
}

pub async fn withdraw(
    State(server): App,
    who: Who,
    Path((release, copy)): Path<(String, String)>,
    form: Form,
) -> Answer {
    let why = "say why the copy is withdrawn, for example: returned on 3 May";
    let gone = withdrawn(&server, who.number(), &release, copy, form.text("because"), why).await?;
    let address = format!("/documents/{}/copies/{}", said::segment(&release), said::segment(gone.as_str()));
    Ok(frame::redirect(&address))
}

/// Withdraws a copy; `why` is said where no reason is given.
pub async fn withdrawn(
    server: &Arc<Server>,
    account: u32,
    release: &str,
    copy: String,
    because: &str,
    why: &str,
) -> Result<CopyId, Failure> {
    if because.is_empty() {
        return Err(Failure::input(why));
    }
    let (said, because) = (release.to_owned(), because.to_owned());
    let copy = server
        .work(async move |vault| copies::withdraw(vault, &said, &copy, &because, &Ports::system()?).await)
        .await?;
    server.note_copy(account, CopyAct::Withdrew, (&copy, release)).await;
    Ok(copy)
}

pub async fn receipt(State(server): App, who: Who, Path(release): Path<String>, form: Form) -> Answer {
    let file = form.file()?.clone();
    let copy = server
        .work(async move |vault| {
            receipts::record_receipt(vault, &file.name, &file.bytes, &Ports::system()?).await
        })
        .await?;
    server.note_copy(who.number(), CopyAct::Received, (&copy, &release)).await;
    Ok(frame::redirect(&format!("/documents/{}/copies", said::segment(&release))))
}

/// The delivered file of a copy, or where it can be made again: that is recorded, and no link of another page does it.
pub async fn take(State(server): App, who: Who, Path((release, copy)): Path<(String, String)>) -> Answer {
    let (own, taken, folder) = (release.clone(), copy.clone(), server.settings.copies.clone());
    let (_, path) =
        server.work(async move |vault| desk::delivered(vault, &folder, &own, &taken).await).await?;
    if path.is_some() {
        return one_copy(&server, who.number(), (release, copy), false).await;
    }
    let here = format!("/documents/{}/copies/{}", said::segment(&release), said::segment(&copy));
    let content = html! {
        p .kicker { a href=(here) { "Copy " (copy) } }
        h1 { "This copy is not here" }
        p { "It was delivered elsewhere, or its file was removed. It can be made again, byte for byte. The log says so for ever; where custodians are appointed, they are asked first." }
        (frame::post(&who.csrf, &format!("{here}/file"), &html! { button { "Make it again" } }))
    };
    Ok(frame::page(&server, &who, "/documents", "A copy", &content))
}

pub async fn take_again(
    State(server): App,
    who: Who,
    Path((release, copy)): Path<(String, String)>,
) -> Answer {
    one_copy(&server, who.number(), (release, copy), true).await
}

/// One copy as a file: the delivered one, or made again, which the log says and for which custodians are asked.
pub async fn one_copy(
    server: &Arc<Server>,
    account: u32,
    (release, copy): (String, String),
    makes: bool,
) -> Answer {
    let (said, taken) = (release.clone(), copy.clone());
    let folder = server.settings.copies.clone();
    let (name, bytes) = server
        .labour(async move |vault| {
            let (name, path) = desk::delivered(vault, &folder, &release, &copy).await?;
            let bytes = match path {
                Some(path) => files::read_limited(&path, COPY_BYTES_MAX)?,
                None if makes => copies::again(vault, &release, &copy, Ports::system()?.now).await?,
                None => {
                    return Err(
                        tellmark_app::StoreError::Missing { what: "file of this copy here".into() }.into()
                    );
                }
            };
            Ok((name, bytes))
        })
        .await?;
    server.note_copy(account, CopyAct::Took, (taken, &said)).await;
    Ok(frame::saved(&name, "application/octet-stream", bytes))
}

pub async fn mail(State(server): App, who: Who, Path((release, copy)): Path<(String, String)>) -> Answer {
    let (said, taken) = (release.clone(), copy.clone());
    let folder = server.settings.copies.clone();
    let found = server
        .work(async move |vault| {
            let mail = desk::delivered_mail(vault, &folder, &release, &copy).await?;
            mail.map(|(name, path)| Ok((name, files::read_limited(&path, COPY_BYTES_MAX)?))).transpose()
        })
        .await?;
    let (name, bytes) = found.ok_or_else(Failure::missing)?;
    server.note_copy(who.number(), CopyAct::TookMail, (taken, &said)).await;
    Ok(frame::saved(&name, "application/octet-stream", bytes))
}

pub async fn all(State(server): App, who: Who, Path(release): Path<String>) -> Answer {
    archive(&server, who.number(), release).await
}

/// All delivered copies of a release as one file, made while it is sent.
pub async fn archive(server: &Arc<Server>, account: u32, release: String) -> Answer {
    let (folder, said) = (server.settings.copies.clone(), release.clone());
    let (name, (found, missing)) = server
        .work(async move |vault| {
            let name = release_of(vault, &said).await?.name;
            Ok((name, desk::all_delivered(vault, &folder, &said).await?))
        })
        .await?;
    if found.is_empty() {
        return Err(Failure::input(
            "the copies of this release were not delivered by this server: they are in the folder that was named when it was sealed. One copy at a time can be made again, on its page.",
        ));
    }
    let about = format!("{} copies of {release}, {missing} are elsewhere", found.len());
    server.note(account, "took all copies", about).await;
    // An archive that lacks copies says so by its name.
    let lacking = if missing > 0 { format!(" without {missing} that are elsewhere") } else { String::new() };
    Ok(frame::saved(&format!("{name}{lacking}.zip"), "application/zip", zipped(found)))
}

/// Small files in one archive.
pub fn packed(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, Failure> {
    let write = || {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes) in files {
            archive.start_file(name.as_str(), zip::write::SimpleFileOptions::default())?;
            archive.write_all(bytes)?;
        }
        Ok::<_, zip::result::ZipError>(archive.finish()?.into_inner())
    };
    write().map_err(|_| Failure::broken("an archive could not be written"))
}

/// Files in one archive, stored as they are.
fn zipped(files: Vec<(String, PathBuf)>) -> Body {
    streamed(|out| write_archive(files, out))
}

/// What is written, as it is written. A recipient who goes away ends it.
pub fn streamed(write: impl FnOnce(Chunks) -> std::io::Result<()> + Send + 'static) -> Body {
    let (send, receive) = mpsc::channel::<Result<Bytes, std::io::Error>>(4);
    tokio::task::spawn_blocking(move || {
        let failed = send.clone();
        if let Err(error) = write(Chunks { buffer: Vec::new(), send }) {
            // What is sent breaks off, so that nobody takes it for whole.
            _ = failed.blocking_send(Err(error));
        }
    });
    Body::from_stream(futures_util::stream::unfold(receive, async |mut receive| {
        receive.recv().await.map(|chunk| (chunk, receive))
    }))
}

fn write_archive(files: Vec<(String, PathBuf)>, out: Chunks) -> std::io::Result<()> {
    let mut archive = zip::ZipWriter::new_stream(out);
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, path) in files {
        archive.start_file(name, options)?;
        std::io::copy(&mut std::fs::File::open(path)?, &mut archive)?;
    }
    archive.finish()?.into_inner().flush()
}

/// A writer whose chunks are sent.
pub struct Chunks {
    buffer: Vec<u8>,
    send: mpsc::Sender<Result<Bytes, std::io::Error>>,
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = Bytes::from(std::mem::take(&mut self.buffer));
        self.send.blocking_send(Ok(chunk)).map_err(|_| std::io::ErrorKind::BrokenPipe.into())
    }
}
