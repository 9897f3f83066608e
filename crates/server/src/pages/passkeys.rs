//! Passkeys: adding and removing one's own, and signing in with one; the same for whoever has a link. The browser's part is in the
//! script.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use maud::{Markup, html};
use serde_json::{Value, json};
use tellmark_app::limiter::ADDRESS_TRIES_MAX;
use tellmark_app::passkeys::{self, Keeper, Made, Passkey, Shown, Site};
use tellmark_app::share::{self, Share};
use tellmark_app::{Ports, people};

use super::entry::with_session;
use super::{Answer, App, account, recipient};
use crate::api::answer;
use crate::body::Form;
use crate::failure::Failure;
use crate::guard::{From, Who};
use crate::state::{Server, now};
use crate::{frame, said};

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

async fn asked(server: &Arc<Server>, keeper: Keeper) -> Result<String, Failure> {
    server.work(async move |vault| passkeys::ask(vault, keeper, &mut Ports::system()?).await).await
}

/// Whether a question waited for their answer, asked by this server or by another one on the ledger.
async fn waited(server: &Arc<Server>, challenge: &str, keeper: Keeper) -> Result<bool, Failure> {
    let challenge = challenge.to_owned();
    server.work(async move |vault| passkeys::take(vault, &challenge, keeper, now()).await).await
}

fn count_question(server: &Server, from: &str) -> Result<(), Failure> {
    server.count("passkey", from, ADDRESS_TRIES_MAX)
}

fn made(form: &Form) -> Made {
    let field = |name: &str| form.text(name).to_owned();
    Made {
        credential: field("credential"),
        client: field("client"),
        device: field("device"),
        public_key: field("public_key"),
    }
}

fn shown(form: &Form) -> Shown {
    let field = |name: &str| form.text(name).to_owned();
    Shown {
        credential: field("credential"),
        client: field("client"),
        device: field("device"),
        signature: field("signature"),
    }
}

/// Keeps a passkey that answers a question of this server's.
async fn keep(server: &Arc<Server>, keeper: Keeper, headers: &HeaderMap, form: &Form) -> Result<(), Failure> {
    let (origin, host) = place(server, headers)?;
    let (made, name) = (made(form), form.text("name").to_owned());
    let challenge = question(&made.client);
    if !waited(server, &challenge, keeper).await? {
        return Err(Failure::input("the passkey was made too late, or for another page; try again"));
    }
    server
        .work(async move |vault| {
            let site = Site { origin: &origin, host: &host };
            passkeys::add(vault, keeper, &name, (site, &challenge), &made, now()).await
        })
        .await
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
        (device_form(csrf, ("/account/passkeys", "make"), &html! {
            (frame::line_as("passkey-name", ("name", "What to call it"), "For example the device.", ""))
            (account::password_field(who, "password-for-passkey"))
            button .second { "Add a passkey" }
        }))
    }
}

/// A form that a script shows where the browser can, and fills with what a device says: one that makes a passkey (`make`), or that
/// shows one (`show`).
fn device_form(csrf: &str, (action, kind): (&str, &str), inner: &Markup) -> Markup {
    let last = if kind == "make" { "public_key" } else { "signature" };
    html! {
        form hidden method="post" action=(action) data-passkey=(kind) {
            input type="hidden" name="csrf" value=(csrf);
            @for name in ["credential", "client", "device", last] { input type="hidden" name=(name); }
            (inner)
            p role="status" .hint {}
        }
    }
}

/// Signing in with a passkey, where the browser can: a script shows it.
pub fn sign_in_form(csrf: &str) -> Markup {
    device_form(csrf, ("/sign-in/passkey", "show"), &html! { button .second { "Sign in with a passkey" } })
}

/// Asks for a passkey. Who has a password says it first, and who has none signed in just now: a browser that was left open is not enough to come in by for ever. No
/// passkey is kept that answers no question, so that this is the one place to ask.
pub async fn ask_to_make(
    State(server): App,
    who: Who,
    From(from): From,
    headers: HeaderMap,
    form: Form,
) -> Answer {
    count_question(&server, &from)?;
    account::once_more(&server, &who, &form, "The password is another one; no passkey was made.").await?;
    let (_, host) = place(&server, &headers)?;
    let challenge = asked(&server, Keeper::Account(who.number())).await?;
    let user = people::hash(&format!("tellmark passkey user v1 {}", who.number()));
    answer(
        StatusCode::OK,
        &json!({ "challenge": challenge, "host": host, "user": user, "name": who.account.name }),
    )
}

pub async fn make(State(server): App, who: Who, headers: HeaderMap, form: Form) -> Answer {
    keep(&server, Keeper::Account(who.number()), &headers, &form).await?;
    server.note(who.number(), "added a passkey", String::new()).await;
    Ok(frame::redirect("/account"))
}

pub async fn remove(State(server): App, who: Who, Path(number): Path<u32>) -> Answer {
    let account = who.number();
    server.work(async move |vault| passkeys::remove(vault, account, number, now()).await).await?;
    server.note(account, "removed a passkey", String::new()).await;
    Ok(frame::redirect("/account"))
}

pub async fn ask_to_show(State(server): App, From(from): From, headers: HeaderMap) -> Answer {
    count_question(&server, &from)?;
    let (_, host) = place(&server, &headers)?;
    let challenge = asked(&server, Keeper::Account(0)).await?;
    answer(StatusCode::OK, &json!({ "challenge": challenge, "host": host }))
}

pub async fn show(State(server): App, From(from): From, headers: HeaderMap, form: Form) -> Answer {
    server.count("sign-in from", &from, ADDRESS_TRIES_MAX)?;
    let (origin, host) = place(&server, &headers)?;
    let shown = shown(&form);
    let challenge = question(&shown.client);
    let refused = || Failure {
        status: StatusCode::UNAUTHORIZED,
        ..Failure::input(
            "This passkey signs nobody in here. Sign in with your password; on your account's page you see your passkeys.",
        )
    };
    if !waited(&server, &challenge, Keeper::Account(0)).await? {
        return Err(refused());
    }
    let found = server
        .work(async move |vault| {
            let site = Site { origin: &origin, host: &host };
            passkeys::sign_in(vault, (site, &challenge), &shown, &mut Ports::system()?).await
        })
        .await;
    let Some((account, secret)) = without_reason(found)? else { return Err(refused()) };
    server.note(account.number, "signed in with a passkey", String::new()).await;
    Ok(with_session(&server, frame::redirect("/"), &secret, people::SESSION_SECONDS))
}

/// What a recipient sees of passkeys behind their link, where it wants a code.
pub fn own_of_link(csrf: &str, here: &str, count: usize) -> Markup {
    let own = html! {
        @match count {
            0 => p { "A passkey opens this link by your device's own lock, without a code." }
            1 => p { "A passkey of yours opens this link." }
            _ => p { (count) " passkeys of yours open this link." }
        }
        button .second { "Add a passkey" }
    };
    device_form(csrf, (&format!("{here}/passkeys"), "make"), &own)
}

/// Opening a link with a passkey, where the browser can: a script shows it.
pub fn door_form(csrf: &str, here: &str) -> Markup {
    device_form(csrf, (&format!("{here}/passkey"), "show"), &html! { button { "Open with a passkey" } })
}

pub async fn ask_to_make_for_link(
    State(server): App,
    From(from): From,
    Path(secret): Path<String>,
    headers: HeaderMap,
) -> Answer {
    count_question(&server, &from)?;
    let share = recipient::inside(&server, &secret, &headers).await?;
    let (_, host) = place(&server, &headers)?;
    let challenge = asked(&server, Keeper::Share(share.number)).await?;
    let user = people::hash(&format!("tellmark passkey link v1 {}", share.number));
    let name = server.work(async move |vault| share::file_name(vault, share.release).await).await?;
    answer(StatusCode::OK, &json!({ "challenge": challenge, "host": host, "user": user, "name": name }))
}

pub async fn make_for_link(
    State(server): App,
    Path(secret): Path<String>,
    headers: HeaderMap,
    form: Form,
) -> Answer {
    let share = recipient::inside(&server, &secret, &headers).await?;
    keep(&server, Keeper::Share(share.number), &headers, &form).await?;
    Ok(frame::redirect(&recipient::address(&secret)))
}

/// Asks for a passkey of a link. Whoever has the link learns how devices call its passkeys, and nothing else.
pub async fn ask_to_enter(
    State(server): App,
    From(from): From,
    Path(secret): Path<String>,
    headers: HeaderMap,
) -> Answer {
    count_question(&server, &from)?;
    let share = recipient::find(&server, &secret).await?;
    let (_, host) = place(&server, &headers)?;
    let keeper = Keeper::Share(share.number);
    let own = server.work(async move |vault| passkeys::list(vault, keeper).await).await?;
    let challenge = asked(&server, keeper).await?;
    let allow: Vec<&str> = own.iter().map(|one| one.credential.as_str()).collect();
    answer(StatusCode::OK, &json!({ "challenge": challenge, "host": host, "allow": allow }))
}

pub async fn enter(
    State(server): App,
    From(from): From,
    Path(secret): Path<String>,
    headers: HeaderMap,
    form: Form,
) -> Answer {
    let share = recipient::find(&server, &secret).await?;
    recipient::count_try(&server, &from)?;
    let (origin, host) = place(&server, &headers)?;
    let shown = shown(&form);
    let challenge = question(&shown.client);
    let entered = match waited(&server, &challenge, Keeper::Share(share.number)).await? {
        false => None,
        true => entered(&server, share, (origin, host), challenge, shown).await?,
    };
    let Some(session) = entered else {
        return Err(Failure {
            status: StatusCode::UNAUTHORIZED,
            ..Failure::input("This passkey does not open this link. Ask for a code instead.")
        });
    };
    Ok(recipient::with_visit(&server, &secret, &session))
}

/// The session of a recipient whose passkey it is.
async fn entered(
    server: &Arc<Server>,
    share: Share,
    (origin, host): (String, String),
    challenge: String,
    shown: Shown,
) -> Result<Option<String>, Failure> {
    let done = server
        .work(async move |vault| {
            let site = Site { origin: &origin, host: &host };
            passkeys::enter(vault, &share, (site, &challenge), &shown, &mut Ports::system()?).await
        })
        .await;
    without_reason(done)
}

/// Whatever was wrong with a passkey: a stranger learns no more than that it is none.
fn without_reason<T>(found: Result<Option<T>, Failure>) -> Result<Option<T>, Failure> {
    match found {
        Err(failure) if failure.status == StatusCode::UNPROCESSABLE_ENTITY => Ok(None),
        found => found,
    }
}
