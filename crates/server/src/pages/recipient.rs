//! What a recipient sees behind their link. Whoever has no link that works, learns nothing: every address looks the same.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use maud::{Markup, html};
use tellmark_app::limiter::ADDRESS_TRIES_MAX;
use tellmark_app::passkeys::{Keeper, list};
use tellmark_app::share::{self, Share};
use tellmark_app::{Ports, receipts};

use super::{Answer, App, passkeys};
use crate::body::Form;
use crate::failure::Failure;
use crate::guard::{self, Csrf, From};
use crate::state::{Server, now};
use crate::{frame, said};

/// Codes that are sent for one link in a quarter of an hour.
const CODES_MAX: u32 = 3;
/// Visits that a recipient sees, the newest first.
const VISITS: u32 = 100;
/// Files and statements that one link takes, and what is said at it, in a quarter of an hour: most of it is recorded for ever.
const TAKEN_MAX: u32 = 120;
/// How long a visit lasts in the browser, in seconds.
const VISIT_SECONDS: i64 = 7_200;

/// The share of a secret, or the answer that a stranger gets.
pub async fn find(server: &Arc<Server>, secret: &str) -> Result<Share, Failure> {
    let secret = secret.to_owned();
    let found = server.work(async move |vault| share::find(vault, &secret, now()).await).await?;
    found.ok_or_else(Failure::missing)
}

async fn is_inside(
    server: &Arc<Server>,
    link: &str,
    share: &Share,
    headers: &HeaderMap,
) -> Result<bool, Failure> {
    let secret = guard::cookie(headers, &guard::visitor_cookie(server, link)).unwrap_or("").to_owned();
    let own = share.clone();
    server.work(async move |vault| share::is_inside(vault, &own, &secret, now()).await).await
}

/// Where the page behind a secret is.
pub fn address(secret: &str) -> String {
    format!("/s/{}", said::segment(secret))
}

/// Counts a try to come in.
pub fn count_try(server: &Server, from: &str) -> Result<(), Failure> {
    server.count("links", from, ADDRESS_TRIES_MAX)
}

fn limit(server: &Server, share: &Share) -> Result<(), Failure> {
    server.count("taken", &share.number.to_string(), TAKEN_MAX)
}

/// Leads somebody who came in to the page behind their link.
pub fn with_visit(server: &Server, secret: &str, session: &str) -> axum::response::Response {
    let cookie = guard::visitor_cookie(server, secret);
    guard::with_cookie(server, frame::redirect(&address(secret)), &cookie, session, VISIT_SECONDS)
}

/// The share of somebody who came in; to others there is nothing.
pub async fn inside(server: &Arc<Server>, secret: &str, headers: &HeaderMap) -> Result<Share, Failure> {
    let share = find(server, secret).await?;
    match is_inside(server, secret, &share, headers).await? {
        true => Ok(share),
        false => Err(Failure::missing()),
    }
}

pub async fn door(
    State(server): App,
    Csrf(csrf): Csrf,
    Path(secret): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let share = find(&server, &secret).await?;
    let here = address(&secret);
    if is_inside(&server, &secret, &share, &headers).await? {
        return room(&server, &csrf, &share, &here).await;
    }
    // Where no code is wanted, no passkey stands in for one.
    let keeper = Keeper::Share(share.number);
    let has_passkeys = !share.email.is_empty()
        && server.work(async move |vault| Ok(!list(vault, keeper).await?.is_empty())).await?;
    let content = html! {
        h1 { "A document for you" }
        (marked())
        @if share.email.is_empty() {
            (frame::post(&csrf, &here, &html! { button { "I understand; show it" } }))
        } @else {
            @if has_passkeys { (passkeys::door_form(&csrf, &here)) }
            p { "To open it you need a code, which is sent to the address that the sender has of you." }
            (frame::post(&csrf, &format!("{here}/code"), &html! { button { "Send me a code" } }))
            (code_form(&csrf, &here, None))
        }
    };
    Ok(frame::bare(&server, "A document for you", &content))
}

/// Where a recipient sees what is recorded of their link, which is at `here`.
pub fn kept_from(here: &str) -> String {
    format!("{here}#recorded")
}

/// The notice of docs/USE.md.
fn marked() -> Markup {
    html! {
        p .lead { "Your copy is marked." }
        p { "Its wording, or the places of its words, differ slightly from every other copy, without changing what is said. If passages of it appear elsewhere, they may be compared with all copies. Such a comparison can say from which copy a passage derives. It cannot say who passed it on. Every comparison is recorded and counted. If one concerns your copy, you will hear of it, see the evidence, and can have it checked by somebody whom you trust. Reports of wrongdoing to those whom the law names are protected, whatever this says." }
        p { "What is done with this link is recorded, too: that it was opened, which pages were read, and that the file was taken." }
    }
}

fn code_form(csrf: &str, here: &str, wrong: Option<&str>) -> Markup {
    html! {
        @if let Some(wrong) = wrong { (frame::alert(wrong)) }
        (frame::post(csrf, here, &html! {
            (frame::field("code", "The code", "Eight digits; it works for a quarter of an hour.", &html! {
                input .short type="text" id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required aria-describedby="code-hint";
            }))
            button { "Open" }
        }))
    }
}

pub async fn send_code(
    State(server): App,
    Csrf(csrf): Csrf,
    From(from): From,
    Path(secret): Path<String>,
) -> Answer {
    let share = find(&server, &secret).await?;
    let here = address(&secret);
    if share.email.is_empty() {
        return Ok(frame::redirect(&here));
    }
    server.count("codes", &share.number.to_string(), CODES_MAX)?;
    count_try(&server, &from)?;
    let own = share.clone();
    let sent = server
        .ask_others(async move |vault| share::send_code(vault, &own, &mut Ports::system()?).await)
        .await;
    if sent.is_err() {
        tracing::warn!(link = share.number, "a code could not be sent");
    }
    let content = html! {
        h1 { "A document for you" }
        @if sent.is_ok() { p .lead { "A code is on its way." } (code_form(&csrf, &here, None)) }
        @else { (frame::alert("The code could not be sent. Try again in some minutes, or tell whoever sent you the link.")) }
    };
    Ok(frame::bare(&server, "A code", &content))
}

pub async fn enter(
    State(server): App,
    Csrf(csrf): Csrf,
    From(from): From,
    Path(secret): Path<String>,
    form: Form,
) -> Answer {
    let share = find(&server, &secret).await?;
    count_try(&server, &from)?;
    let here = address(&secret);
    let (own, code) = (share.clone(), form.text("code").to_owned());
    let entered =
        server.work(async move |vault| share::enter(vault, &own, &code, &mut Ports::system()?).await).await?;
    let Some(session) = entered else {
        let wrong = "This is not the code that was sent last, or it is too old. After five wrong ones ask for another.";
        let content = html! { h1 { "A document for you" } (code_form(&csrf, &here, Some(wrong))) };
        let page = frame::bare(&server, "A document for you", &content);
        return Ok((StatusCode::UNAUTHORIZED, page).into_response());
    };
    Ok(with_visit(&server, &secret, &session))
}

async fn room(server: &Arc<Server>, csrf: &str, share: &Share, here: &str) -> Answer {
    let own = share.clone();
    let (name, (visits, all), confirmed, signed, keys) = server
        .work(async move |vault| {
            Ok((
                share::file_name(vault, own.release).await?,
                share::visits(vault, &own, 0, VISITS).await?,
                share::confirmed(vault, &own).await?,
                share::signed(vault, &own).await?,
                list(vault, Keeper::Share(own.number)).await?.len(),
            ))
        })
        .await?;
    let content = html! {
        h1 { (name) }
        p { "This is copy " strong { (share.copy) } ", and yours alone." }
        div .row {
            a .button href=(format!("{here}/read")) { "Read it here" }
            a .button .second href=(format!("{here}/file")) { "Take the file" }
        }
        h2 { "Confirm that you have it" }
        @if let Some(at) = confirmed { p .good { "You confirmed it on " (said::time(at)) "." } }
        @else { (frame::post(csrf, &format!("{here}/confirm"), &html! { button .second { "I have my copy, and know that it is marked" } })) }
        h2 { "Sign for it" }
        p { "A signed receipt protects you: afterwards nobody can say that another file was delivered to you." }
        @if let Some(at) = signed { p .good { "A receipt was recorded on " (said::time(at)) "." } }
        @else { (sign_here(csrf, here, share)) }
        details { summary { "Sign with a program of your own" }
            p { "A page signs with what this server sends. Whoever trusts that no more than the file takes the slip of their copy, compares and signs it:" }
            p { a href=(format!("{here}/slip")) { "The slip of your copy" } }
            p .secret { "tellmark-verify " (share.copy) ".slip --copy FILE --trust policy.txt --sign KEY --out receipt.json" }
            (frame::upload(csrf, &format!("{here}/receipt"), &html! {
                (frame::field("file", "The receipt that you signed", "", &html! { input type="file" id="file" name="file" required; }))
                button .second { "Hand it in" }
            }))
        }
        @if !share.email.is_empty() { (passkeys::own_of_link(csrf, here, keys)) }
        details { summary { "That it is marked, and what that means" } (marked()) }
        details #recorded { summary { "What is recorded of this link" }
            ul { @for visit in &visits { li { (visit.what) ", " (said::time(visit.at)) } } }
            @if all > visits.len() as u64 { p .soft { "and " (said::grouped(all - visits.len() as u64)) " earlier; whoever sent you the link has all" } }
        }
    };
    Ok(frame::bare(server, &name, &content))
}

/// Signing in the browser, where it can: a script shows this.
fn sign_here(csrf: &str, here: &str, share: &Share) -> Markup {
    html! {
        form hidden method="post" action=(format!("{here}/receipt")) data-sign=(format!("{here}/statement")) data-file=(format!("{here}/file")) data-copy=(share.copy) {
            input type="hidden" name="csrf" value=(csrf);
            (frame::field("own", "Your file", "The one that you have. Left empty, it is taken from here once more.", &html! { input type="file" id="own" aria-describedby="own-hint"; }))
            button .second { "Compare and sign" }
            p role="status" .hint { "Your browser makes a key, signs, and saves key and receipt among your downloads. Keep both: they are yours." }
        }
    }
}

/// What is signed.
pub async fn statement(State(server): App, Path(secret): Path<String>, headers: HeaderMap) -> Answer {
    let share = inside(&server, &secret, &headers).await?;
    limit(&server, &share)?;
    let bytes = server
        .work(async move |vault| receipts::statement(vault, &share.release.to_string(), &share.copy).await)
        .await?;
    Ok(([(axum::http::header::CONTENT_TYPE, "application/json")], bytes).into_response())
}

pub async fn take(State(server): App, Path(secret): Path<String>, headers: HeaderMap) -> Answer {
    let share = inside(&server, &secret, &headers).await?;
    limit(&server, &share)?;
    let folder = server.settings.copies.clone();
    let (name, bytes) =
        server.work(async move |vault| share::take(vault, &share, &folder, now()).await).await?;
    Ok(frame::saved(&name, "application/octet-stream", bytes))
}

pub async fn slip(State(server): App, Path(secret): Path<String>, headers: HeaderMap) -> Answer {
    let share = inside(&server, &secret, &headers).await?;
    limit(&server, &share)?;
    let name = format!("{}.slip", share.copy);
    let bytes = server
        .work(async move |vault| receipts::slip(vault, &share.release.to_string(), &share.copy, now()).await)
        .await?;
    Ok(frame::saved(&name, "application/octet-stream", bytes))
}

pub async fn confirm(State(server): App, Path(secret): Path<String>, headers: HeaderMap) -> Answer {
    let share = inside(&server, &secret, &headers).await?;
    limit(&server, &share)?;
    server.work(async move |vault| share::confirm(vault, &share, now()).await).await?;
    Ok(frame::redirect(&address(&secret)))
}

pub async fn sign(State(server): App, Path(secret): Path<String>, headers: HeaderMap, form: Form) -> Answer {
    let share = inside(&server, &secret, &headers).await?;
    limit(&server, &share)?;
    let file = form.file()?.clone();
    server.work(async move |vault| share::sign(vault, &share, &file.bytes, &Ports::system()?).await).await?;
    Ok(frame::redirect(&address(&secret)))
}
