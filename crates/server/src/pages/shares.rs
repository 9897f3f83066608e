//! Links for recipients: making them, what was done at each, ending them.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use tellmark_app::Ports;
use tellmark_app::share::{self, DAYS_USUAL, Line, Link, Share};

use super::documents::At;
use super::{Answer, App};
use crate::body::Form;
use crate::failure::Failure;
use crate::guard::Who;
use crate::state::{CopyAct, Server, now, release_of};
use crate::{frame, said};

/// Links of one page.
const LISTED: u32 = 100;
/// Visits of a link that stand in the list of links.
const LAST: u32 = 4;
/// Visits of one page of a link.
const VISITS: u32 = 200;

pub async fn page(State(server): App, who: Who, Path(release): Path<String>, Query(at): Query<At>) -> Answer {
    let skip = at.skip(LISTED);
    let (release, (shares, all), copies) = server
        .work(async move |vault| {
            let own = release_of(vault, &release).await?;
            let lines = share::list(vault, own.id, (skip, LISTED), LAST).await?;
            let copies: u64 = vault.store.batches(own.id).await?.iter().map(|batch| batch.copies).sum();
            Ok((own, lines, copies))
        })
        .await?;
    let here = format!("/documents/{}/shares", release.id);
    let pages = At::pages(all, LISTED);
    let rows = html! { @for line in &shares { (row(line, &here, &who)) } };
    let content = html! {
        p .kicker { a href=(format!("/documents/{}", release.id)) { (release.name) } }
        h1 { "Links for recipients" }
        p .lead { "Each recipient gets a link of their own. It says that the copy is marked, lets them read it in the browser or take it, and takes a receipt." }
        @if all == 0 { p { "No link was made yet." } }
        @else {
            (frame::table(&said::count(all, "link", "links"), &["Copy", "Code to", "Works until", "What was done", ""], &rows))
            (frame::pager(&format!("{here}?page="), at.page, pages))
        }
        h2 { "Make links" }
        (frame::post(&who.csrf, &here, &html! {
            fieldset {
                legend { "For whom" }
                div .choice { input type="radio" id="all" name="for" value="all" checked; label for="all" { "All " (said::count(copies, "copy", "copies")) " that are not withdrawn" } }
                div .choice { input type="radio" id="some" name="for" value="some"; label for="some" { "These copies:" } }
                input type="text" name="copies" aria-label="Copies, with commas between them" placeholder="r017, r021";
            }
            (frame::field("days", "Days that they work", "", &html! { input .short type="number" id="days" name="days" min="1" max=(share::DAYS_MAX) value=(DAYS_USUAL); }))
            button { "Make links" }
        }))
        p .soft { "A link is shown once and kept as a hash. Where a server for mail is set (" code { "[mail]" } " in follow.toml), a recipient with an address needs a code that is sent there." }
    };
    Ok(frame::page(&server, &who, "/documents", "Links for recipients", &content))
}

fn row(line: &Line, here: &str, who: &Who) -> Markup {
    let Line { share, visits, visits_all } = line;
    let is_over = share.ended_at > 0 || share.expires_at <= now();
    html! {
        tr {
            th scope="row" { (share.copy) }
            td { @if share.email.is_empty() { span .soft { "no code" } } @else { (share.email) } }
            td { @if share.ended_at > 0 { span .tag .bad { "ended" } " " (said::day(share.ended_at)) } @else { (said::day(share.expires_at)) @if is_over { " (over)" } } }
            td { @if visits.is_empty() { span .soft { "nothing" } }
                @for visit in visits { (visit.what) ", " (said::time(visit.at)) br; }
                @if *visits_all > 0 { a href=(format!("{here}/{}", share.number)) { @if *visits_all > visits.len() as u64 { "all " (said::grouped(*visits_all)) } @else { "in full" } } } }
            td { @if !is_over { (frame::post_asked(&who.csrf, &format!("{here}/{}/end", share.number), "End this link? It cannot be opened again; another can be made.", &html! { button .second .small { "End" } })) }
                @else { (frame::post(&who.csrf, here, &html! {
                    input type="hidden" name="for" value="some"; input type="hidden" name="copies" value=(share.copy); input type="hidden" name="days" value=(DAYS_USUAL);
                    button .plain .small aria-label=(format!("Make another link for {}", share.copy)) { "Another" }
                })) } }
        }
    }
}

pub async fn one(
    State(server): App,
    who: Who,
    Path((release, number)): Path<(String, u32)>,
    Query(at): Query<At>,
) -> Answer {
    let skip = at.skip(VISITS);
    let (release, share, (visits, all)) = server
        .work(async move |vault| {
            let own = release_of(vault, &release).await?;
            let share = share::one(vault, own.id, number).await?;
            let visits = share::visits(vault, &share, skip, VISITS).await?;
            Ok((own, share, visits))
        })
        .await?;
    let here = format!("/documents/{}/shares", release.id);
    let pages = At::pages(all, VISITS);
    let rows = html! { @for visit in &visits { tr { th scope="row" .nowrap { (said::time(visit.at)) } td { (visit.what) } } } };
    let content = html! {
        p .kicker { a href=(here) { "Links for " (release.name) } }
        h1 { "The link for copy " (share.copy) }
        @if visits.is_empty() { p { "Nothing was done at it." } }
        @else {
            (frame::table(&said::count(all, "visit", "visits"), &["When (UTC)", "What was done"], &rows))
            (frame::pager(&format!("{here}/{number}?page="), at.page, pages))
        }
    };
    Ok(frame::page(&server, &who, "/documents", "A link", &content))
}

pub async fn make(State(server): App, who: Who, Path(release): Path<String>, form: Form) -> Answer {
    let (account, days) = (who.number(), form.number::<i64>("days")?);
    let wanted: Option<Vec<String>> = (form.text("for") != "all").then(|| {
        let ids = form.text("copies").split([',', ' ', ';']).map(str::trim);
        ids.filter(|id| !id.is_empty()).map(str::to_owned).collect()
    });
    if wanted.as_ref().is_some_and(Vec::is_empty) {
        return Err(Failure::input("name the copies that get a link, with commas between them"));
    }
    let links = make_links(&server, account, release.clone(), wanted, days).await?;
    let base = server.settings.base();
    let content = html! {
        p .kicker { a href=(format!("/documents/{}/shares", said::segment(&release))) { "Links" } }
        h1 { (said::count(links.len() as u64, "link was made", "links were made")) }
        (frame::warning(&html! { p { "They are shown once. Send each to its recipient alone, now: whoever has a link that needs no code gets the copy." } }))
        @for link in &links { (made(link, &base)) }
    };
    Ok(frame::page(&server, &who, "/documents", "Links", &content))
}

fn made(link: &Link, base: &str) -> Markup {
    let address = format!("{base}/s/{}", link.secret);
    html! {
        h3 { (link.copy) @if !link.name.is_empty() { ", " (link.name) } }
        p .soft { @if link.email.is_empty() { "The link alone opens it." } @else { "A code is sent to " (link.email) "." } }
        p .secret { (address) }
        p { button .second .small hidden data-copy=(address) { "Copy" } }
    }
}

pub async fn end(State(server): App, who: Who, Path((release, number)): Path<(String, u32)>) -> Answer {
    end_link(&server, who.number(), release.clone(), number).await?;
    Ok(frame::redirect(&format!("/documents/{}/shares", said::segment(&release))))
}

/// Makes links for some copies of a release, or for all.
pub async fn make_links(
    server: &Arc<Server>,
    account: u32,
    release: String,
    wanted: Option<Vec<String>>,
    days: i64,
) -> Result<Vec<Link>, Failure> {
    let said = release.clone();
    let links = server
        .work(async move |vault| {
            share::share(vault, &said, wanted.as_deref(), days, account, &mut Ports::system()?).await
        })
        .await?;
    server.note(account, "made links", format!("{} of {release}", links.len())).await;
    Ok(links)
}

/// Ends a link of a release.
pub async fn end_link(
    server: &Arc<Server>,
    account: u32,
    release: String,
    number: u32,
) -> Result<Share, Failure> {
    let said = release.clone();
    let share = server.work(async move |vault| share::end(vault, &said, number, now()).await).await?;
    server.note_copy(account, CopyAct::EndedLink, (&share.copy, &release)).await;
    Ok(share)
}
