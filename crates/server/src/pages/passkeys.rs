//! Passkeys: adding and removing one's own, and signing in with one. The browser's part is in the script.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use maud::{Markup, html};
use serde_json::{Value, json};
use tellmark_app::limiter::WINDOW_SECONDS;
use tellmark_app::passkeys::{self, Made, Passkey, Shown, Site};
use tellmark_app::{Ports, people};

use super::entry::with_session;
use super::{Answer, App, account};
use crate::api::answer;
use crate::body::Form;
use crate::failure::Failure;
use crate::guard::{From, Who};
use crate::state::{Server, now};
use crate::{frame, said};

/// Tries to sign in, and questions, from one address in a quarter of an hour.
const TRIES_MAX: u32 = 60;

/// The name by which a browser reached this server: the outermost layer let only its own pass.
fn place(server: &Server, headers: &HeaderMap) -> Result<(String, String), Failure> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.ok_or_else(|| Failure::malformed("the request names no host"))?;
    let scheme = if server.settings.is_https() { "https" } else { "http" };
    let origin = format!("{scheme}://{host}");
    let url: url::Url = origin.parse().map_err(|_| Failure::malformed("the request names no host"))?;
    Ok((origin, url.host_str().unwrap_or_default().to_owned()))
}

/// The question that a browser's answer is to, as it says it itself.
fn question(client: &str) -> String {
    let bytes = passkeys::decode(client).unwrap_or_default();
    let said: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    said["challenge"].as_str().unwrap_or_default().to_owned()
}

async fn asked(server: &Arc<Server>, account: u32) -> Result<String, Failure> {
    server.work(async move |vault| passkeys::ask(vault, account, &mut Ports::system()?).await).await
}

/// Whether a question waited for this account's answer, asked by this server or by another one on the ledger.
async fn waited(server: &Arc<Server>, challenge: &str, account: u32) -> Result<bool, Failure> {
    let challenge = challenge.to_owned();
    server.work(async move |vault| passkeys::take(vault, &challenge, account, now()).await).await
}

/// What stands of passkeys on an account's page.
pub fn own(all: &[Passkey], who: &Who) -> Markup {
    let csrf = &who.csrf;
    let rows = html! { @for one in all { tr {
        th scope="row" { (one.name) }
        td { (said::day(one.made_at)) }
        td { @if one.used_at > 0 { (said::time(one.used_at)) } @else { span .soft { "never" } } }
        td { (frame::post_asked(csrf, &format!("/account/passkeys/{}/remove", one.number), "Remove this passkey? You then need your password, or another one.", &html! { button .second .small { "Remove" } })) }
    } } };
    html! {
        h2 { "Passkeys" }
        p { "A passkey signs in by your device's own lock, and works on no page but this server's." }
        @if !all.is_empty() { (frame::table("Passkeys", &["Name", "Since", "Used last (UTC)", ""], &rows)) }
        form hidden method="post" action="/account/passkeys" data-passkey="make" {
            input type="hidden" name="csrf" value=(csrf);
            @for name in ["credential", "client", "device", "public_key"] { input type="hidden" name=(name); }
            (frame::line_as("passkey-name", ("name", "What to call it"), "For example the device.", ""))
            @if who.account.has_password() { (account::password_field("password-for-passkey")) }
            button .second { "Add a passkey" }
            p role="status" .hint {}
        }
    }
}

/// Signing in with a passkey, where the browser can: a script shows it.
pub fn sign_in_form(csrf: &str) -> Markup {
    html! {
        form hidden method="post" action="/sign-in/passkey" data-passkey="show" {
            input type="hidden" name="csrf" value=(csrf);
            @for name in ["credential", "client", "device", "signature"] { input type="hidden" name=(name); }
            button .second { "Sign in with a passkey" }
            p role="status" .hint {}
        }
    }
}

/// Asks for a passkey. Who has a password says it first: a browser that was left open is not enough to come in by for ever. No
/// passkey is kept that answers no question, so that this is the one place to ask.
pub async fn ask_to_make(
    State(server): App,
    who: Who,
    From(from): From,
    headers: HeaderMap,
    form: Form,
) -> Answer {
    let tries = server.limiter.count("passkey", &from, TRIES_MAX, WINDOW_SECONDS, now());
    tries.map_err(Failure::too_often)?;
    if who.account.has_password() {
        account::once_more(&server, &who, &form, "The password is another one; no passkey was made.").await?;
    }
    let (_, host) = place(&server, &headers)?;
    let challenge = asked(&server, who.number()).await?;
    let user = people::hash(&format!("tellmark passkey user v1 {}", who.number()));
    answer(
        StatusCode::OK,
        &json!({ "challenge": challenge, "host": host, "user": user, "name": who.account.name }),
    )
}

pub async fn make(State(server): App, who: Who, headers: HeaderMap, form: Form) -> Answer {
    let (origin, host) = place(&server, &headers)?;
    let field = |name: &str| form.text(name).to_owned();
    let made = Made {
        credential: field("credential"),
        client: field("client"),
        device: field("device"),
        public_key: field("public_key"),
    };
    let (account, name, challenge) = (who.number(), field("name"), question(&made.client));
    if !waited(&server, &challenge, account).await? {
        return Err(Failure::input("the passkey was made too late, or for another page; try again"));
    }
    server
        .work(async move |vault| {
            let site = Site { origin: &origin, host: &host };
            passkeys::add(vault, account, &name, (site, &challenge), &made, now()).await
        })
        .await?;
    server.note(account, "added a passkey", String::new()).await;
    Ok(frame::redirect("/account"))
}

pub async fn remove(State(server): App, who: Who, Path(number): Path<u32>) -> Answer {
    let account = who.number();
    server.work(async move |vault| passkeys::remove(vault, account, number, now()).await).await?;
    server.note(account, "removed a passkey", String::new()).await;
    Ok(frame::redirect("/account"))
}

pub async fn ask_to_show(State(server): App, From(from): From, headers: HeaderMap) -> Answer {
    let tries = server.limiter.count("passkey", &from, TRIES_MAX, WINDOW_SECONDS, now());
    tries.map_err(Failure::too_often)?;
    let (_, host) = place(&server, &headers)?;
    let challenge = asked(&server, 0).await?;
    answer(StatusCode::OK, &json!({ "challenge": challenge, "host": host }))
}

pub async fn show(State(server): App, From(from): From, headers: HeaderMap, form: Form) -> Answer {
    let tries = server.limiter.count("sign-in from", &from, TRIES_MAX, WINDOW_SECONDS, now());
    tries.map_err(Failure::too_often)?;
    let (origin, host) = place(&server, &headers)?;
    let field = |name: &str| form.text(name).to_owned();
    let shown = Shown {
        credential: field("credential"),
        client: field("client"),
        device: field("device"),
        signature: field("signature"),
    };
    let challenge = question(&shown.client);
    let refused = || Failure {
        status: StatusCode::UNAUTHORIZED,
        ..Failure::input(
            "This passkey signs nobody in here. Sign in with your password; on your account's page you see your passkeys.",
        )
    };
    if !waited(&server, &challenge, 0).await? {
        return Err(refused());
    }
    let found = server
        .work(async move |vault| {
            let site = Site { origin: &origin, host: &host };
            passkeys::sign_in(vault, (site, &challenge), &shown, &mut Ports::system()?).await
        })
        .await;
    // Whatever was wrong with it: a stranger learns no more.
    let found = match found {
        Err(failure) if failure.status == StatusCode::UNPROCESSABLE_ENTITY => None,
        found => found?,
    };
    let Some((account, secret)) = found else { return Err(refused()) };
    server.note(account.number, "signed in with a passkey", String::new()).await;
    Ok(with_session(&server, frame::redirect("/"), &secret, people::SESSION_SECONDS))
}
