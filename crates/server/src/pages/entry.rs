//! How people come in: signing in and out, the links by which accounts are made. And what machines ask for.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use tellmark_app::Ports;
use tellmark_app::limiter::{ACCOUNT_TRIES_MAX, ADDRESS_TRIES_MAX};
use tellmark_app::people::{self, Invited, PASSWORD_CHARS_MIN};

use super::{Answer, App};
use crate::body::Form;
use crate::failure::Failure;
use crate::guard::{self, Csrf, From, Who};
use crate::roles::Role;
use crate::state::{Server, now};
use crate::{frame, said};

/// How long the ledger may take to answer whoever asks whether the server is well; less than monitors wait.
const HEALTH: Duration = Duration::from_millis(1_500);

pub async fn file(State(server): App, Path(file): Path<String>) -> Answer {
    server.files.get(&file).ok_or_else(Failure::missing)
}

pub async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /\n"
}

/// Whether the ledger answers, and soon.
pub async fn health(State(server): App) -> Answer {
    let asked = server.ask(async |vault| Ok(vault.store.release_count().await?));
    match tokio::time::timeout(HEALTH, asked).await {
        Ok(Ok(_)) => Ok("well\n".into_response()),
        Ok(Err(_)) | Err(_) => Err(Failure::silent("The ledger does not answer.")),
    }
}

pub async fn metrics(State(server): App) -> Response {
    server.metrics.text().into_response()
}

pub async fn sign_in_page(State(server): App, Csrf(csrf): Csrf, who: Result<Who, Failure>) -> Answer {
    if who.is_ok() {
        return Ok(frame::redirect("/"));
    }
    let is_new = server.work(async |vault| Ok(vault.store.accounts().await?.is_empty())).await?;
    Ok(frame::bare(&server, "Sign in", &sign_in_form(&server, &csrf, "", None, is_new)))
}

/// The other way in, where the office has accounts of its own.
fn office_link(server: &Server) -> Markup {
    html! {
        @if let Some(provider) = &server.settings.provider {
            p { a .button .second href="/sign-in/office" { "Go on with your account at " (provider.name) } }
        }
    }
}

fn sign_in_form(server: &Server, csrf: &str, name: &str, wrong: Option<&str>, is_new: bool) -> Markup {
    html! {
        h1 { "Sign in" }
        @if is_new {
            (frame::warning(&html! {
                p { "Nobody has an account yet. The server printed a link when it started: open it to become the owner. If it is lost, start the server again." }
            }))
        }
        @if let Some(wrong) = wrong { (frame::alert(wrong)) }
        (office_link(server))
        (frame::post(csrf, "/sign-in", &html! {
            (frame::field("name", "Name", "", &html! {
                input type="text" id="name" name="name" value=(name) autocomplete="username" required autofocus;
            }))
            (frame::field("password", "Password", "", &html! {
                input type="password" id="password" name="password" autocomplete="current-password" required;
            }))
            button { "Sign in" }
        }))
        (super::passkeys::sign_in_form(csrf))
    }
}

pub async fn sign_in(State(server): App, Csrf(csrf): Csrf, From(from): From, form: Form) -> Answer {
    let (name, password) = (form.text("name").to_owned(), form.raw("password").to_owned());
    server.count("sign-in from", &from, ADDRESS_TRIES_MAX)?;
    server.count("sign-in", &name, ACCOUNT_TRIES_MAX)?;
    let tried = name.clone();
    let found = server
        .hash_password(async move |vault| {
            people::sign_in(vault, &tried, &password, &mut Ports::system()?).await
        })
        .await?;
    let Some((account, secret)) = found else {
        let wrong = "Name or password is wrong. Names are written as they were when the account was made; an owner can send a link for a new password.";
        let page = frame::bare(&server, "Sign in", &sign_in_form(&server, &csrf, &name, Some(wrong), false));
        return Ok((StatusCode::UNAUTHORIZED, page).into_response());
    };
    server.limiter.forget("sign-in", &name);
    server.note(account.number, "signed in", String::new()).await;
    Ok(with_session(&server, frame::redirect("/"), &secret, people::SESSION_SECONDS))
}

/// An answer that begins or, with 0 seconds, ends a session.
pub fn with_session(server: &Server, response: Response, secret: &str, seconds: i64) -> Response {
    guard::with_cookie(server, response, guard::session_cookie(server), secret, seconds)
}

pub async fn sign_out(State(server): App, who: Who, headers: HeaderMap) -> Answer {
    let secret = guard::cookie(&headers, guard::session_cookie(&server)).unwrap_or("").to_owned();
    server.work(async move |vault| Ok(vault.store.end_session(&people::hash(&secret)).await?)).await?;
    server.note(who.number(), "signed out", String::new()).await;
    Ok(with_session(&server, frame::redirect("/sign-in"), "", 0))
}

pub async fn invitation(State(server): App, Csrf(csrf): Csrf, Path(secret): Path<String>) -> Answer {
    let invited = find(&server, &secret).await?;
    Ok(frame::bare(&server, "Welcome", &invitation_form(&server, &csrf, (&secret, &invited), "", None)))
}

async fn find(server: &std::sync::Arc<Server>, secret: &str) -> Result<Invited, Failure> {
    let secret = secret.to_owned();
    let invited = server.work(async move |vault| people::invited(vault, &secret, now()).await).await?;
    invited.ok_or_else(Failure::missing)
}

fn invitation_form(
    server: &Server,
    csrf: &str,
    (secret, invited): (&str, &Invited),
    name: &str,
    wrong: Option<&str>,
) -> Markup {
    let role = Role::parse(&invited.role);
    html! {
        h1 { @if invited.account == 0 { "Welcome" } @else { "A new password" } }
        @if let Some(role) = role.filter(|_| invited.account == 0) {
            p .lead { "You become " strong { (role.name()) } ": somebody who " (role.does()) "." }
        }
        @if let Some(wrong) = wrong { (frame::alert(wrong)) }
        @if let Some(provider) = &server.settings.provider {
            (frame::post(csrf, &format!("/invite/{}/office", said::segment(secret)), &html! {
                button .second { "Go on with your account at " (provider.name) }
            }))
        }
        (frame::post(csrf, &format!("/invite/{}", said::segment(secret)), &html! {
            @if invited.account == 0 {
                (frame::field("name", "Your name", "You sign in with it, and the log says it.", &html! {
                    input type="text" id="name" name="name" value=(name) autocomplete="username" required autofocus;
                }))
            }
            (frame::field("password", "Password", &format!("At least {PASSWORD_CHARS_MIN} characters; four words that nobody says together are good."), &html! {
                input type="password" id="password" name="password" autocomplete="new-password" minlength=(PASSWORD_CHARS_MIN) required;
            }))
            (frame::field("again", "Once more", "", &html! {
                input type="password" id="again" name="again" autocomplete="new-password" required;
            }))
            button { "Begin" }
        }))
    }
}

pub async fn accept(
    State(server): App,
    Csrf(csrf): Csrf,
    From(from): From,
    Path(secret): Path<String>,
    form: Form,
) -> Answer {
    server.count("invitation", &from, ADDRESS_TRIES_MAX)?;
    let invited = find(&server, &secret).await?;
    let (name, password) = (form.text("name").to_owned(), form.raw("password").to_owned());
    let refused = |why: &str| {
        let page = invitation_form(&server, &csrf, (&secret, &invited), &name, Some(why));
        Ok((StatusCode::UNPROCESSABLE_ENTITY, frame::bare(&server, "Welcome", &page)).into_response())
    };
    if password != form.raw("again") {
        return refused("The two passwords differ.");
    }
    let (own, given, typed) = (secret.clone(), name.clone(), password.clone());
    let accepted = server
        .hash_password(async move |vault| {
            let ports = &mut Ports::system()?;
            let account = people::accept(vault, &own, &given, &typed, ports).await?;
            let session = people::sign_in(vault, &account.name, &typed, ports).await?;
            Ok((account, session.map(|(_, secret)| secret).unwrap_or_default()))
        })
        .await;
    match accepted {
        Ok((account, session)) => {
            let what = if invited.account == 0 { "became an account" } else { "set a new password" };
            server.note(account.number, what, account.role).await;
            Ok(with_session(&server, frame::redirect("/"), &session, people::SESSION_SECONDS))
        }
        Err(failure) if failure.status == 422 => refused(&failure.detail),
        Err(failure) => Err(failure),
    }
}
