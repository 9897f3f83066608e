//! One's own account: password, browsers, programs.

use std::sync::Arc;

use axum::extract::{Path, State};
use maud::{Markup, html};
use tellmark_app::{Ports, passkeys, people};

use super::passkeys::own as own_passkeys;
use super::{Answer, App, entry};
use crate::body::Form;
use crate::failure::Failure;
use crate::guard::Who;
use crate::roles::{SCOPES, TABLE};
use crate::state::{Server, now};
use crate::{frame, said};

/// Tries with a password that is asked for once more, in a quarter of an hour.
const PASSWORD_TRIES_MAX: u32 = 10;
/// How long ago somebody without a password signed in at most who does what others say their password once more for.
const SIGNED_IN_SECONDS: i64 = 15 * 60;
/// Days that a program's token works where nobody says otherwise.
const DAYS: i64 = 90;

pub async fn page(State(server): App, who: Who) -> Answer {
    let number = who.number();
    let (sessions, tokens, tied, keys) = server
        .work(async move |vault| {
            let store = &vault.store;
            Ok((
                store.sessions(number, now()).await?,
                store.tokens(number).await?,
                store.tied_since(number).await?,
                passkeys::list(vault, passkeys::Keeper::Account(number)).await?,
            ))
        })
        .await?;
    let rows = html! { @for token in &tokens { tr {
        th scope="row" { (token.name) }
        td { (token.scopes) }
        td { (said::day(token.expires_at)) }
        td { @if token.revoked_at > 0 { span .tag .bad { "revoked" } } @else if token.expires_at <= now() { span .tag { "over" } }
            @else { (frame::post_asked(&who.csrf, &format!("/account/tokens/{}/revoke", token.number), "Revoke this token?", &html! { button .second .small { "Revoke" } })) } }
    } } };
    let own: Vec<&(&str, &str)> = SCOPES
        .iter()
        .filter(|(scope, _)| {
            TABLE.iter().any(|(action, _)| action.scope() == Some(scope) && who.may(*action))
        })
        .collect();
    let content = html! {
        h1 { (who.account.name) }
        p { "Your role is " strong { (who.role.name()) } ": somebody who " (who.role.does()) "." }
        h2 { "Browsers" }
        p { "You are signed in with " (said::count(sessions.len() as u64, "browser", "browsers")) "." }
        (frame::post(&who.csrf, "/account/sessions/end", &html! { button .second { "Sign out everywhere" } }))
        @if let Some(provider) = &server.settings.provider {
            h2 { "The office's account" }
            @match tied {
                Some(since) => p { "You come in by your account at " (provider.name) " since " (said::day(since)) "." },
                None => p { "You can come in by your account at " (provider.name) ", too." },
            }
            (frame::post(&who.csrf, "/account/office", &html! {
                (password_field(&who, "password-to-tie"))
                button .second { @if tied.is_some() { "Tie another one" } @else { "Tie it" } }
            }))
        }
        h2 { "Password" }
        (frame::post(&who.csrf, "/account/password", &html! {
            (frame::field("old", "The old one", "", &html! { input type="password" id="old" name="old" autocomplete="current-password" required; }))
            (frame::field("new", "The new one", "It signs you out of all browsers. Passkeys and programs stay: remove here what is not yours.", &html! { input type="password" id="new" name="new" autocomplete="new-password" minlength=(people::PASSWORD_CHARS_MIN) required; }))
            button .second { "Change it" }
        }))
        (own_passkeys(&keys, &who))
        h2 { "Programs" }
        p { "A program works in your name with a token, through " a href="/api/v1/openapi.json" { "the API" } "." }
        @if !tokens.is_empty() { (frame::table("Tokens", &["Name", "What it may do", "Works until", ""], &rows)) }
        @if !own.is_empty() {
            (frame::post(&who.csrf, "/account/tokens", &html! {
                (frame::line("name", "What it is called", "", ""))
                fieldset { legend { "What it may do" }
                    @for (scope, words) in own { div .choice {
                        input type="checkbox" id=(scope) name="scope" value=(scope);
                        label for=(scope) { code { (scope) } ": " (words) }
                    } }
                }
                (frame::field("days", "Days that it works", "", &html! { input .short type="number" id="days" name="days" min="1" max=(people::TOKEN_DAYS_MAX) value=(DAYS); }))
                (password_field(&who, "password-for-token"))
                button .second { "Make a token" }
            }))
        }
    };
    Ok(frame::page(&server, &who, "/account", "Your account", &content))
}

/// Where somebody says their password once more, before what a browser that was left open must not do; nothing for whoever has none.
pub fn password_field(who: &Who, id: &str) -> Markup {
    let input =
        html! { input type="password" id=(id) name="password" autocomplete="current-password" required; };
    html! { @if who.account.has_password() { (frame::field(id, "Your password once more", "", &input)) } }
}

/// Whether it was said, not too often in a quarter of an hour; whoever has none signed in just now.
pub async fn once_more(
    server: &Arc<Server>,
    who: &Who,
    form: &Form,
    refused: &'static str,
) -> Result<(), Failure> {
    if !who.account.has_password() {
        return match who.since + SIGNED_IN_SECONDS > now() {
            true => Ok(()),
            false => Err(Failure::input(
                "You signed in more than a quarter of an hour ago, and have no password to say once more: sign out and in again, and do it then.",
            )),
        };
    }
    let (number, password) = (who.number(), form.raw("password").to_owned());
    server.count("password again", &number.to_string(), PASSWORD_TRIES_MAX)?;
    let is_right = server
        .hash_password(async move |vault| people::is_password_of(vault, number, &password).await)
        .await?;
    if is_right { Ok(()) } else { Err(Failure::input(refused)) }
}

pub async fn change_password(State(server): App, who: Who, form: Form) -> Answer {
    let number = who.number();
    server.count("password", &number.to_string(), PASSWORD_TRIES_MAX)?;
    let (old, new) = (form.raw("old").to_owned(), form.raw("new").to_owned());
    server
        .hash_password(async move |vault| {
            people::change_password(vault, number, &old, &new, &mut Ports::system()?).await
        })
        .await?;
    server.note(number, "changed the password", String::new()).await;
    Ok(entry::with_session(&server, frame::redirect("/sign-in"), "", 0))
}

pub async fn end_sessions(State(server): App, who: Who) -> Answer {
    let number = who.number();
    server.work(async move |vault| Ok(vault.store.end_sessions(number).await?)).await?;
    server.note(number, "signed out everywhere", String::new()).await;
    Ok(entry::with_session(&server, frame::redirect("/sign-in"), "", 0))
}

pub async fn add_token(State(server): App, who: Who, form: Form) -> Answer {
    let (number, name, scopes) = (who.number(), form.text("name").to_owned(), form.all("scope"));
    if scopes.is_empty() || !scopes.iter().all(|scope| SCOPES.iter().any(|(known, _)| known == scope)) {
        return Err(Failure::input("say what the token may do"));
    }
    let (scopes, days) = (scopes.join(" "), form.number::<i64>("days")?);
    once_more(&server, &who, &form, "The password is another one; no token was made.").await?;
    let about = format!("{name}: {scopes}");
    let secret = server
        .work(async move |vault| {
            people::add_token(vault, number, (&name, &scopes), days, &mut Ports::system()?).await
        })
        .await?;
    server.note(number, "made a token", about).await;
    let content = html! {
        p .kicker { a href="/account" { "Your account" } }
        h1 { "A token" }
        (frame::warning(&html! { p { "It is shown once, and kept as a hash. Whoever has it works in your name." } }))
        p .secret { (secret) }
        p { button .second .small hidden data-copy=(secret) { "Copy" } }
        p .secret { "curl -H \"Authorization: Bearer TOKEN\" " (server.settings.base()) "/api/v1/releases" }
    };
    Ok(frame::page(&server, &who, "/account", "A token", &content))
}

pub async fn revoke_token(State(server): App, who: Who, Path(token): Path<u32>) -> Answer {
    let number = who.number();
    server.work(async move |vault| Ok(vault.store.revoke_token(number, token, now()).await?)).await?;
    server.note(number, "revoked a token", token.to_string()).await;
    Ok(frame::redirect("/account"))
}
