//! The first page: what waits, and where to begin.

use axum::extract::State;
use maud::{Markup, html};
use tellmark_app::desk::{self, Draft};
use tellmark_app::{cases, consent, copies, follow, order, retention};

use super::{Answer, App};
use crate::frame;
use crate::guard::Who;
use crate::roles::Action;
use crate::said;

/// Things of one kind that are shown.
const SHOWN: usize = 6;
/// Of so many of the newest orders it is said whether they wait for the reader.
const ORDERS: u32 = 20;

pub async fn page(State(server): App, who: Who) -> Answer {
    let mut parts = Vec::new();
    if who.may(Action::Consent) {
        let (pending, orders) = server
            .work(async |vault| Ok((consent::pending(vault)?, order::list(vault, None, 0, ORDERS).await?)))
            .await?;
        let waiting = pending.iter().filter(|one| one.agreed < one.needed).count()
            + orders.iter().filter(|line| line.may_answer(who.number())).count();
        if waiting > 0 {
            parts.push(frame::warning(&html! {
                p { (said::count(waiting as u64, "request waits", "requests wait")) " for consent. " a href="/consent" { "See them" } }
            }));
        }
    }
    if who.may(Action::Keep) {
        let own = server.clone();
        let due = server.work(async move |vault| own.lists.kept(vault).await).await?;
        for line in due.iter().filter(|line| line.due != retention::Due::No) {
            parts.push(frame::warning(&html! {
                p { (line.releases.join(", ")) ": copies were to be told apart until " (line.until.as_deref().unwrap_or("")) ". "
                    a href="/access" { "See how long" } }
            }));
        }
    }
    if who.may(Action::Prepare) {
        let drafts = server.work(async |vault| Ok(vault.store.drafts().await?)).await?;
        parts.push(on_the_desk(&drafts));
    }
    if who.may(Action::ReadDocuments) {
        let releases = server.releases().await?;
        parts.push(documents(&releases, &who));
    }
    if who.may(Action::ReadCases) {
        let all = server.work(cases::cases).await?;
        parts.push(html! {
            section {
                h2 { "Cases" }
                @if all.is_empty() {
                    p { "No leak was looked at yet. When something appears, " a href="/trace" { "drop it here" } "." }
                } @else { ul {
                    @for case in all.iter().rev().take(SHOWN) {
                        li { a href=(format!("/cases/{}", said::segment(&case.case))) { (case.case) } ", " (said::day(case.last_at)) ": " (super::cases::verdict(case.verdict)) }
                    }
                } }
            }
        });
    }
    if who.may(Action::ReadSightings) {
        let (seen, _) =
            server.work(async |vault| follow::newest_sightings(vault, 0, SHOWN as u32).await).await?;
        parts.push(html! {
            section {
                h2 { "Sightings" }
                @if seen.is_empty() { p { "Nothing of the documents was seen in a followed source. " a href="/sightings" { "Sources" } } }
                @else { ul { @for one in &seen {
                    li { a href=(format!("/trace?sighting={}", one.sighting)) { (title(&one.title)) } ", " (said::day(one.fetched_at)) }
                } } }
            }
        });
    }
    let content = html! {
        h1 { "Good day, " (who.account.name) }
        p .soft { "You are " (who.role.name()) ": somebody who " (who.role.does()) "." }
        @if who.may(Action::ReadLog) && parts.is_empty() { p { a .button href="/log" { "Read the log" } } }
        @for part in &parts { (part) }
    };
    Ok(frame::page(&server, &who, "/", "Home", &content))
}

fn title(said: &str) -> &str {
    if said.trim().is_empty() { "without a title" } else { said }
}

fn on_the_desk(drafts: &[Draft]) -> Markup {
    let open: Vec<&Draft> =
        drafts.iter().filter(|draft| desk::State::of(draft) != desk::State::Sealed).collect();
    html! {
        section {
            h2 { "On the desk" }
            @if open.is_empty() { p { "Nothing waits. " a href="/desk" { "Lay a document on the desk" } " to see what it can carry, and seal it." } }
            @else { ul { @for draft in open.iter().take(SHOWN) {
                li { a href=(format!("/desk/{}", draft.id)) { (draft.file_name) } ", " (said::day(draft.changed_at)) " " (super::desk::tag(draft)) }
            } } }
        }
    }
}

fn documents(releases: &[copies::ReleaseLine], who: &Who) -> Markup {
    html! {
        section {
            h2 { "Documents" }
            @if releases.is_empty() {
                p { "No document was sealed yet." @if who.may(Action::Seal) { " " a href="/desk" { "Begin on the desk" } "." } }
            } @else {
                ul { @for release in releases.iter().rev().take(SHOWN) {
                    li { a href=(format!("/documents/{}", release.release)) { (release.name) } ", " (said::day(release.created_at)) ", " (said::count(release.copies, "copy", "copies")) }
                } }
                @if releases.len() > SHOWN { p { a href="/documents" { "All " (said::grouped(releases.len() as u64)) } } }
            }
        }
    }
}
