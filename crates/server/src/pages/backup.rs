//! A backup of the whole vault, for its owner.

use std::io::Read;

use axum::body::{Body, Bytes};
use axum::extract::State;
use maud::html;
use tellmark_app::{Ports, archive, people};
use tokio::sync::mpsc;

use super::{Answer, App};
use crate::body::Form;
use crate::failure::Failure;
use crate::frame;
use crate::guard::{WINDOW_SECONDS, Who};
use crate::state::now;

/// Tries with a password in a quarter of an hour.
const TRIES_MAX: u32 = 10;
/// Bytes that are sent at once.
const CHUNK_BYTES: usize = 64 << 10;

pub async fn page(State(server): App, who: Who) -> Answer {
    let is_split = server.vault.is_split();
    let content = html! {
        p .kicker { a href="/people" { "People" } }
        h1 { "Backup" }
        p { "One file with everything that the vault holds: documents, rosters, cases, accounts, the log. Copies are not in it, since they can be made again, nor is what lies on the desk." }
        @if is_split { p { "It holds no key: two shares open it, as they open the vault." } }
        @else { (frame::warning(&html! { p { "It holds the vault's key. Whoever has this file can make anybody's copy: keep it as you keep the vault, and not where the vault is." } })) }
        (frame::post(&who.csrf, "/backup", &html! {
            (frame::field("password", "Your password once more", "", &html! { input type="password" id="password" name="password" autocomplete="current-password" required; }))
            button { "Take a backup" }
        }))
        h2 { "To restore one" }
        p { "A vault is made from a backup on the machine, beside the one that is served, and never under the hands of those who work with it:" }
        p .secret { "tellmark --vault restored restore backup.tar" }
        p { "Then serve that vault instead. Everybody signs in again. What was recorded after the backup is not in it: let a witness see the log before you go on." }
    };
    Ok(frame::page(&server, &who, "/people", "Backup", &content))
}

pub async fn take(State(server): App, who: Who, form: Form) -> Answer {
    let (account, password) = (who.number(), form.raw("password").to_owned());
    let tries = server.limiter.count("backup", &account.to_string(), TRIES_MAX, WINDOW_SECONDS, now());
    tries.map_err(Failure::too_often)?;
    let file = server
        .labour(async move |vault| {
            if !people::is_password_of(vault, account, &password).await? {
                return Err(tellmark_app::Error::Input(
                    "the password is another one; no backup was made".into(),
                ));
            }
            archive::backup_file(vault, Ports::system()?.now).await
        })
        .await?;
    server.note(account, "took a backup", String::new()).await;
    let day = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    Ok(frame::saved(&format!("tellmark-{day}.tar"), "application/x-tar", streamed(file)))
}

/// A file as it is read. A reader who goes away ends it.
fn streamed(mut file: std::fs::File) -> Body {
    let (send, receive) = mpsc::channel::<Result<Bytes, std::io::Error>>(4);
    tokio::task::spawn_blocking(move || {
        loop {
            let mut chunk = vec![0; CHUNK_BYTES];
            let sent = match file.read(&mut chunk) {
                Ok(0) => return,
                Ok(length) => {
                    chunk.truncate(length);
                    send.blocking_send(Ok(chunk.into()))
                }
                // The answer breaks off, so that nobody takes it for whole.
                Err(error) => send.blocking_send(Err(error)),
            };
            if sent.is_err() {
                return;
            }
        }
    });
    Body::from_stream(futures_util::stream::unfold(receive, async |mut receive| {
        receive.recv().await.map(|chunk| (chunk, receive))
    }))
}
