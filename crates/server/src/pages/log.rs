//! The log: its head, its entries, and what people did here.

use axum::extract::{Query, State};
use maud::html;
use serde::Deserialize;
use tellmark_app::log;
use tellmark_app::people::Act;

use super::{Answer, App};
use crate::guard::Who;
use crate::roles::Action;
use crate::state::about_a_copy;
use crate::{frame, said};

/// Entries of one page.
const LISTED: usize = 100;

#[derive(Debug, Deserialize)]
pub struct Before {
    pub before: Option<u64>,
}

pub async fn page(State(server): App, who: Who, Query(at): Query<Before>) -> Answer {
    let view = server.work(async move |vault| log::view(vault, at.before, LISTED)).await?;
    let rows = html! { @for entry in &view.entries { tr id=(format!("e{}", entry.number)) {
        th scope="row" { (said::grouped(entry.number)) }
        td .nowrap { (said::time(entry.at)) }
        td { (entry.kind) }
        td { @for (number, (name, value)) in entry.says.iter().enumerate() { @if number > 0 { ", " } (name) " " code { (value.chars().take(80).collect::<String>()) } } }
    } } };
    let content = html! {
        h1 { "Log" }
        p .lead { "Sealing, tracing, and what follows from them stands here for ever. An entry says in the open as much as it must, and commits to the rest." }
        p { a href="/log/acts" { "What people did on this server" } }
        @if view.size == 0 {
            (frame::empty("The log begins with the first document", &html! { p { "Nothing was sealed yet." } }))
        } @else {
            (frame::facts(&[
                ("Entries", html! { (said::grouped(view.size)) }),
                ("Root", html! { code { (view.root) } }),
                ("Key", html! { code { (view.key) } }),
                ("Witnesses saw", html! { @if view.seen.is_empty() { "nothing yet: let somebody else's key see it, with " code { "tellmark witness DIR" } } @else { "it at " @for (number, size) in view.seen.iter().rev().take(8).enumerate() { @if number > 0 { ", " } (said::grouped(*size)) } " entries" } }),
            ]))
            details { summary { "The head, as it is signed" } pre .secret { (view.head) } }
            (frame::table("Entries", &["Number", "When (UTC)", "Kind", "What it says in the open"], &rows))
            @if let Some(last) = view.entries.last().filter(|last| last.number > 0) { p { a href=(format!("/log?before={}", last.number)) { "Earlier entries" } } }
        }
    };
    Ok(frame::page(&server, &who, "/log", "Log", &content))
}

pub async fn acts(State(server): App, who: Who, Query(at): Query<Before>) -> Answer {
    let (acts, accounts) = server
        .work(async move |vault| {
            Ok((vault.store.acts(at.before, LISTED as u32).await?, vault.store.accounts().await?))
        })
        .await?;
    let name = |number: u32| {
        let own = accounts.iter().find(|account| account.number == number);
        own.map_or("the server", |account| account.name.as_str())
    };
    // The id of a copy may be its holder's address.
    let about = |act: &Act| match who.may(Action::ReadHolders) {
        true => act.about.clone(),
        false => about_a_copy(&act.what, &act.about).into_owned(),
    };
    let rows = html! { @for act in &acts { tr {
        th scope="row" { (said::grouped(act.number)) }
        td .nowrap { (said::time(act.at)) }
        td { (name(act.account)) }
        td { (act.what) }
        td { (about(act)) }
    } } };
    let content = html! {
        p .kicker { a href="/log" { "Log" } }
        h1 { "What people did" }
        @if acts.is_empty() { p { "Nothing yet." } } @else {
            (frame::table("Acts", &["Number", "When (UTC)", "Who", "What", "To what"], &rows))
            @if let Some(last) = acts.last().filter(|last| last.number > 1) { p { a href=(format!("/log/acts?before={}", last.number)) { "Earlier" } } }
        }
    };
    Ok(frame::page(&server, &who, "/log", "What people did", &content))
}
