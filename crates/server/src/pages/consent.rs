//! Consent: what waits for custodians, and their approvals.

use std::sync::Arc;

use axum::extract::{Path, State};
use maud::html;
use tellmark_app::{Ports, consent, files, log, order};

use super::{Answer, App, orders};
use crate::body::Form;
use crate::failure::Failure;
use crate::guard::Who;
use crate::state::Server;
use crate::{frame, said};

/// Bytes of a request that is handed out.
const REQUEST_BYTES_MAX: u64 = 4 << 20;

pub async fn page(State(server): App, who: Who) -> Answer {
    let (keys, pending, orders, accounts) = server
        .work(async move |vault| {
            let state = log::shown(vault)?;
            let keys = consent::custodians_in(state.as_deref())?;
            let keys: Vec<String> = keys.iter().map(|key| key.to_text()).collect();
            let orders = order::list(vault, None, 0, orders::SHOWN).await?;
            Ok((keys, consent::pending(vault)?, orders, vault.store.accounts().await?))
        })
        .await?;
    let rows = html! { @for one in &pending { tr {
        th scope="row" { (one.act) }
        td { (said::time(one.at)) }
        td { (one.agreed) " of " (one.needed) }
        td { @if let Some(name) = one.file.file_name().and_then(|name| name.to_str()) { a href=(format!("/consent/{}", said::segment(name))) { "Take the request" } } }
    } } };
    let content = html! {
        h1 { "Consent" }
        h2 { "Names where nobody is named" }
        @if orders.is_empty() { p { "Nobody asked to see who is who." } }
        @for line in &orders { (orders::one(line, &accounts, &who)) }
        h2 { "Custodians by their keys" }
        @if keys.is_empty() {
            (frame::empty("No custodians are appointed", &html! {
                p { "Then whoever runs the vault acts alone, and a finding's evidence says so. With custodians, sealing, making a copy again and tracing wait until two of them have signed with keys of their own." }
                p { "They are appointed on the server's machine: " code { "tellmark custodians --appoint KEY1 --appoint KEY2" } }
            }))
        } @else {
            p { "Two of these " (keys.len()) " have to agree:" }
            ul { @for key in &keys { li { code { (key) } } } }
        }
        @if pending.is_empty() { p { "Nothing waits." } }
        @else { (frame::table("Requests", &["What is asked", "Since", "Agreed", ""], &rows)) }
        h3 { "Record an approval" }
        p { "A custodian takes the request, reads it, and signs it on a machine of their own:" }
        p .secret { "tellmark-verify REQUEST.json --sign KEY --out approval.json" }
        (frame::upload(&who.csrf, "/consent", &html! {
            (frame::field("file", "What was signed", "", &html! { input type="file" id="file" name="file" required; }))
            button { "Record it" }
        }))
    };
    Ok(frame::page(&server, &who, "/consent", "Consent", &content))
}

pub async fn request(State(server): App, Path(name): Path<String>) -> Answer {
    request_file(&server, name).await
}

/// A request as a file for custodians to sign.
pub async fn request_file(server: &Arc<Server>, name: String) -> Answer {
    // Only a name that is in the list is read: nothing of the address comes into a path.
    let wanted = name.clone();
    let found = server
        .work(async move |vault| {
            let pending = consent::pending(vault)?;
            let own = pending.iter().find(|one| one.file.file_name().is_some_and(|own| *own == *wanted));
            own.map(|one| files::read_limited(&one.file, REQUEST_BYTES_MAX)).transpose()
        })
        .await?;
    let bytes = found.ok_or_else(Failure::missing)?;
    Ok(frame::saved(&name, "application/json", bytes))
}

pub async fn approve(State(server): App, who: Who, form: Form) -> Answer {
    approved(&server, who.number(), &form).await?;
    Ok(frame::redirect("/consent"))
}

/// Records what a custodian signed; says to what it agrees.
pub async fn approved(server: &Arc<Server>, account: u32, form: &Form) -> Result<String, Failure> {
    let file = form.file()?.clone();
    let act = server
        .work(async move |vault| {
            Ok(consent::approve(vault, &file.name, &file.bytes, &Ports::system()?)?.act.clone())
        })
        .await?;
    server.note(account, "recorded an approval", act.clone()).await;
    Ok(act)
}
