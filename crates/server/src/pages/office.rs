//! Coming in by the office's own accounts: to the provider, and back.
//!
//! The cookie of a sign-in under way says what it is for, and what goes to the provider follows from all of it: nobody can
//! begin one thing and end another.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::html;
use tellmark_app::limiter::ADDRESS_TRIES_MAX;
use tellmark_app::{Ports, people};

use super::{Answer, App, account, entry};
use crate::body::Form;
use crate::failure::Failure;
use crate::frame;
use crate::guard::{self, From, Who};
use crate::oidc::{Person, Provider};
use crate::state::{Server, now};

/// How long somebody may be with the provider, in seconds.
const AWAY_SECONDS: i64 = 600;

/// What a sign-in is for, as the cookie says it behind the secret.
const SIGN_IN: &str = "in";
const TIE: &str = "tie-";

/// What the provider sends a browser back with.
#[derive(serde::Deserialize)]
pub struct Back {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    error: String,
}

/// Goes to the provider, to sign in.
pub async fn sign_in(State(server): App, From(from): From) -> Answer {
    let (address, cookie) = begin(&server, &from, SIGN_IN).await?;
    let response = frame::redirect(address.as_str());
    Ok(guard::with_cookie(&server, response, name(&server), &cookie, AWAY_SECONDS))
}

/// Goes to the provider, to use an invitation up.
pub async fn accept(State(server): App, From(from): From, Path(secret): Path<String>) -> Answer {
    let own = secret.clone();
    let invited = server.work(async move |vault| people::invited(vault, &own, now()).await).await?;
    invited.ok_or_else(Failure::missing)?;
    leave(&server, &from, &secret).await
}

/// Goes to the provider, to come in by it from now on. Who has a password says it: a browser that was left open is not enough.
pub async fn tie(State(server): App, who: Who, From(from): From, form: Form) -> Answer {
    let number = who.number();
    account::once_more(&server, &who, &form, "the password is another one; nothing was tied").await?;
    leave(&server, &from, &format!("{TIE}{number}")).await
}

/// A page with the way to the provider: a form of ours may not lead to another server by itself.
async fn leave(server: &Arc<Server>, from: &str, purpose: &str) -> Answer {
    let (address, cookie) = begin(server, from, purpose).await?;
    let provider = server.settings.provider.as_ref().map_or("", |provider| provider.name.as_str());
    let content = html! {
        h1 { "To your office's account" }
        p { "Sign in there; you come back here by yourself. It has to be your own account: whoever you are there comes in here from now on." }
        p { a .button href=(address) { "Go on to " (provider) } }
    };
    let page = frame::bare(server, "To your office's account", &content);
    Ok(guard::with_cookie(server, page, name(server), &cookie, AWAY_SECONDS))
}

async fn begin(server: &Arc<Server>, from: &str, purpose: &str) -> Result<(url::Url, String), Failure> {
    server.count("office", from, ADDRESS_TRIES_MAX)?;
    let cookie = format!("{}.{purpose}", people::secret(&mut Ports::system()?));
    let (base, held) = (server.settings.base(), cookie.clone());
    let address = asked(server, move |provider| provider.begin(&base, &held)).await?;
    Ok((address, cookie))
}

/// Comes back from the provider.
pub async fn back(
    State(server): App,
    From(from): From,
    who: Result<Who, Failure>,
    headers: HeaderMap,
    Query(said): Query<Back>,
) -> Answer {
    server.count("office", &from, ADDRESS_TRIES_MAX)?;
    let cookie = guard::cookie(&headers, name(&server)).unwrap_or_default().to_owned();
    let Some((_, purpose)) = cookie.split_once('.').filter(|_| Provider::began(&cookie, &said.state)) else {
        let why = "This sign-in was not begun in this browser, or too long ago. Begin it again.";
        return Ok(ended(&server, StatusCode::FORBIDDEN, why));
    };
    if !said.error.is_empty() || said.code.is_empty() {
        return Ok(ended(&server, StatusCode::FORBIDDEN, "The office's sign-in did not let you in."));
    }
    let (base, held, code) = (server.settings.base(), cookie.clone(), said.code);
    let person = asked(&server, move |provider| provider.end(&base, &held, &code)).await?;
    let done = match purpose {
        SIGN_IN => came(&server, person).await,
        purpose if purpose.strip_prefix(TIE).is_some_and(|own| own.parse::<u32>().is_ok()) => {
            let who = who?;
            // Begun by another account in this browser: nobody is tied to what they did not begin.
            if *purpose != *format!("{TIE}{}", who.number()) {
                return Ok(ended(
                    &server,
                    StatusCode::FORBIDDEN,
                    "This was begun by another account. Begin it again.",
                ));
            }
            tied(&server, &who, person).await
        }
        invitation => accepted(&server, invitation, person).await,
    };
    done.map(|response| guard::with_cookie(&server, response, name(&server), "", 0))
}

async fn came(server: &Arc<Server>, person: Person) -> Answer {
    let found = server
        .work(async move |vault| people::sign_in_as(vault, &person.identity, &mut Ports::system()?).await)
        .await?;
    let Some((account, secret)) = found else {
        let why = "The office knows you, and you have no account here. An owner can send you a link: open it, and choose the office's sign-in there. If you have an account with a password, sign in with that; your account's page ties the two.";
        return Ok(ended(server, StatusCode::FORBIDDEN, why));
    };
    server.note(account.number, "signed in", "by the office".into()).await;
    Ok(entry::with_session(server, frame::redirect("/"), &secret, people::SESSION_SECONDS))
}

async fn tied(server: &Arc<Server>, who: &Who, person: Person) -> Answer {
    let number = who.number();
    server
        .work(async move |vault| Ok(vault.store.tie_identity(&person.identity, number, now()).await?))
        .await?;
    server.note(number, "tied the account to the office's", String::new()).await;
    Ok(frame::redirect("/account"))
}

async fn accepted(server: &Arc<Server>, invitation: &str, person: Person) -> Answer {
    let secret = invitation.to_owned();
    let name = match person.name.is_empty() {
        true => format!("somebody {}", &person.identity[..6]),
        false => person.name,
    };
    let (account, session) = server
        .work(async move |vault| {
            let ports = &mut Ports::system()?;
            let account = people::accept_as(vault, &secret, &name, &person.identity, ports).await?;
            let session = people::sign_in_as(vault, &person.identity, ports).await?;
            Ok((account, session.map(|(_, secret)| secret).unwrap_or_default()))
        })
        .await?;
    server.note(account.number, "came in by the office", account.role).await;
    Ok(entry::with_session(server, frame::redirect("/"), &session, people::SESSION_SECONDS))
}

/// Asks the provider something, away from the threads that answer.
async fn asked<T: Send + 'static>(
    server: &Arc<Server>,
    ask: impl FnOnce(&Provider) -> Result<T, String> + Send + 'static,
) -> Result<T, Failure> {
    let provider = server.settings.provider.clone().ok_or_else(Failure::missing)?;
    let place = server.away.clone().acquire_owned().await.map_err(|_| Failure::ending())?;
    let answer = tokio::task::spawn_blocking(move || {
        let answer = ask(&provider);
        drop(place);
        answer
    });
    match answer.await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(why)) => {
            tracing::warn!(why, "the office's sign-in");
            Err(Failure {
                status: StatusCode::BAD_GATEWAY,
                title: "The office's sign-in failed",
                ..Failure::input(
                    "It did not answer as it should, or what it said does not hold. Try again; whoever runs the server finds the reason in its log.",
                )
            })
        }
        Err(_) => Err(Failure::broken("a thread that asked the office's sign-in ended")),
    }
}

/// A sign-in that let nobody in.
fn ended(server: &Server, status: StatusCode, why: &str) -> Response {
    let content = html! {
        h1 { "Not signed in" }
        (frame::alert(why))
        p { a href="/sign-in" { "Sign in" } }
    };
    let page = (status, frame::bare(server, "Not signed in", &content)).into_response();
    guard::with_cookie(server, page, name(server), "", 0)
}

/// The name of the cookie of a sign-in under way.
fn name(server: &Server) -> &'static str {
    if server.settings.is_https() { "__Host-tellmark-away" } else { "tellmark-away" }
}
