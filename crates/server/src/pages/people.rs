//! People: who has an account, and what they may do.

use std::sync::Arc;

use axum::extract::{Path, State};
use maud::html;
use tellmark_app::Ports;
use tellmark_app::people::{self, Account};

use super::{Answer, App};
use crate::body::Form;
use crate::failure::Failure;
use crate::guard::Who;
use crate::roles::{Action, Role};
use crate::state::{Server, now};
use crate::{frame, said};

pub async fn page(State(server): App, who: Who) -> Answer {
    let (accounts, invitations) = server
        .work(async |vault| Ok((vault.store.accounts().await?, vault.store.invitations(now()).await?)))
        .await?;
    let rows = html! { @for account in &accounts { tr {
        th scope="row" { (account.name) @if account.number == who.number() { " (you)" } }
        td { (account.role) @if account.disabled_at > 0 { " " span .tag .bad { "closed" } } }
        td { (said::day(account.created_at)) }
        td {
            details { summary { "Change" }
                (frame::post(&who.csrf, &format!("/people/{}", account.number), &html! {
                    div .inline {
                        select .short name="role" aria-label=(format!("Role of {}", account.name)) { @for role in Role::ALL { option value=(role.name()) selected[role.name() == account.role] { (role.name()) } } }
                        button .second .small name="do" value="role" { "Give this role" }
                        @if account.disabled_at == 0 { button .second .small name="do" value="close" { "Close the account" } }
                        @else { button .second .small name="do" value="open" { "Open it again" } }
                        button .second .small name="do" value="password" { "Link for a new password" }
                    }
                }))
            }
        }
    } } };
    let name =
        |number: u32| accounts.iter().find(|account| account.number == number).map(|own| own.name.as_str());
    let open = html! { @for one in &invitations { tr {
        th scope="row" { @match name(one.account) { Some(name) => { "a new password of " (name) }, None => (one.role) } }
        td { (name(one.made_by).unwrap_or("the server")) }
        td .nowrap { (said::time(one.expires_at)) }
        td { (frame::post_asked(&who.csrf, &format!("/people/invitations/{}/end", one.token), "End this link?", &html! { button .second .small { "End it" } })) }
    } } };
    let content = html! {
        h1 { "People" }
        (frame::table(&said::count(accounts.len() as u64, "account", "accounts"), &["Name", "Role", "Since", ""], &rows))
        @if who.may(Action::BackUp) { p { a href="/backup" { "Take a backup of everything" } } }
        @if !invitations.is_empty() {
            h2 { "Links that wait" }
            (frame::table("Links by which somebody comes in", &["For", "Made by", "Works until (UTC)", ""], &open))
        }
        h2 { "Invite somebody" }
        (frame::post(&who.csrf, "/people", &html! {
            fieldset { legend { "Their role" }
                @for role in Role::ALL { div .choice {
                    input type="radio" id=(role.name()) name="role" value=(role.name()) required checked[role == Role::Author];
                    label for=(role.name()) { strong { (role.name()) } ": " (role.does()) }
                } }
            }
            button { "Make a link" }
        }))
    };
    Ok(frame::page(&server, &who, "/people", "People", &content))
}

pub async fn invite(State(server): App, who: Who, form: Form) -> Answer {
    let role = Role::parse(form.text("role")).ok_or_else(|| Failure::input("choose a role"))?;
    link(&server, &who, role.name(), 0, format!("{} to come", role.name())).await
}

/// Makes a link, and shows it once.
async fn link(server: &Arc<Server>, who: &Who, role: &'static str, account: u32, about: String) -> Answer {
    let address = invited(server, who.number(), role, account, about).await?;
    let content = html! {
        p .kicker { a href="/people" { "People" } }
        h1 { "A link" }
        (frame::warning(&html! { p { "It is shown once, works once, and for " (people::INVITATION_SECONDS / 86_400) " days. Give it to the person alone: whoever opens it first sets the password." } }))
        p .secret { (address) }
        p { button .second .small hidden data-copy=(address) { "Copy" } }
    };
    Ok(frame::page(server, who, "/people", "A link", &content))
}

pub async fn end_invitation(State(server): App, who: Who, Path(token): Path<String>) -> Answer {
    let is_ended = server.work(async move |vault| Ok(vault.store.end_invitation(&token).await?)).await?;
    if !is_ended {
        return Err(Failure::missing());
    }
    server.note(who.number(), "ended an invitation", String::new()).await;
    Ok(frame::redirect("/people"))
}

pub async fn change(State(server): App, who: Who, Path(number): Path<u32>, form: Form) -> Answer {
    let account = server.work(async move |vault| Ok(vault.store.account(number).await?)).await?;
    let (role, closed) = match form.text("do") {
        "role" => {
            let role = Role::parse(form.text("role")).ok_or_else(|| Failure::input("choose a role"))?;
            (role.name().to_owned(), account.disabled_at)
        }
        "close" => (account.role.clone(), now()),
        "open" => (account.role.clone(), 0),
        "password" if account.disabled_at > 0 => {
            return Err(Failure::input("this account is closed; open it first"));
        }
        "password" => {
            return link(&server, &who, "", number, format!("a new password of {}", account.name)).await;
        }
        _ => return Err(Failure::input("say what to change")),
    };
    changed(&server, who.number(), &account, role, closed).await?;
    Ok(frame::redirect("/people"))
}

/// Makes a link for a new account with a role, or a new password of one, and gives its address.
async fn invited(
    server: &Arc<Server>,
    by: u32,
    role: &'static str,
    account: u32,
    about: String,
) -> Result<String, Failure> {
    let secret = server
        .work(async move |vault| people::invite(vault, role, account, by, &mut Ports::system()?).await)
        .await?;
    server.note(by, "made an invitation", about).await;
    Ok(format!("{}/invite/{secret}", server.settings.base()))
}

async fn changed(
    server: &Arc<Server>,
    by: u32,
    account: &Account,
    role: String,
    closed: i64,
) -> Result<(), Failure> {
    let about = format!("{}: {role}{}", account.name, if closed > 0 { ", closed" } else { "" });
    let number = account.number;
    server
        .work(async move |vault| {
            Ok(vault.store.set_account(number, &role, closed, Role::Owner.name()).await?)
        })
        .await?;
    server.note(by, "changed an account", about).await;
    Ok(())
}

/// Invites somebody with a role; gives the link.
pub async fn invite_somebody(server: &Arc<Server>, by: u32, role: &str) -> Result<String, Failure> {
    let role = Role::parse(role).ok_or_else(|| Failure::input("`role` is none of the roles"))?;
    invited(server, by, role.name(), 0, format!("{} to come", role.name())).await
}

/// Gives an account another role where one is said, and closes or opens it where that is said.
pub async fn change_account(
    server: &Arc<Server>,
    by: u32,
    number: u32,
    (role, closed): (&str, Option<bool>),
) -> Result<Account, Failure> {
    let account = server.work(async move |vault| Ok(vault.store.account(number).await?)).await?;
    let role = match (Role::parse(role), role) {
        (Some(role), _) => role.name().to_owned(),
        (None, "") => account.role.clone(),
        (None, _) => return Err(Failure::input("`role` is none of the roles")),
    };
    let disabled_at = match closed {
        Some(true) if account.disabled_at == 0 => now(),
        Some(false) => 0,
        _ => account.disabled_at,
    };
    // The same as before would still end sessions and tokens.
    if role == account.role && disabled_at == account.disabled_at {
        return Ok(account);
    }
    changed(server, by, &account, role, disabled_at).await?;
    server.work(async move |vault| Ok(vault.store.account(number).await?)).await
}
