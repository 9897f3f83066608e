//! What was seen in followed sources, and the sources themselves.

use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use tellmark_app::follow::{self, SightingLine, SourceLine};
use tellmark_app::trace::TraceRequest;
use tellmark_app::{Error, Ports};

use super::documents::At;
use super::{Answer, App, trace};
use crate::body::Form;
use crate::guard::Who;
use crate::roles::Action;
use crate::{frame, said};

/// Sightings of one page.
const LISTED: usize = 50;
/// Characters of a passage that are shown.
const PASSAGE_CHARS: usize = 400;

pub async fn page(State(server): App, who: Who, Query(at): Query<At>) -> Answer {
    let (mut seen, sources) = server
        .work(async |vault| Ok((follow::sightings(vault, false).await?, follow::list(vault).await?)))
        .await?;
    seen.reverse();
    let (shown, pages) = at.cut(&seen, LISTED);
    let content = html! {
        h1 { "Sightings" }
        @if seen.is_empty() {
            (frame::empty("Nothing was seen", &html! {
                p { "A sighting is a passage of a sealed document in a source that is followed: a feed, a page, a sitemap, a mailbox." }
                @if server.settings.follows {
                    p { "Add sources below: this server reads each of them every few minutes, and what it sees stands here." }
                } @else {
                    p { "Add sources below, and let " code { "tellmark follow run" } " run beside this server, which follows nothing by itself." }
                }
            }))
        }
        @for one in shown { (sighting(one, &who)) }
        (frame::pager("/sightings?page=", at.page, pages))
        h2 { "Sources" }
        @if let Some(trouble) = server.following.trouble() {
            (frame::alert(&format!("Nothing is read at the moment: {trouble}")))
        }
        @if sources.is_empty() { p { "No source is followed." } } @else { (list(&sources, &who)) }
        @if who.may(Action::Follow) {
            (frame::post(&who.csrf, "/sources", &html! {
                (frame::line("source", "Follow another", "The address of a feed, a page or a sitemap, or imaps://user@host/Mailbox. Private addresses and what is never followed are refused.", ""))
                button { "Follow it" }
            }))
        }
    };
    Ok(frame::page(&server, &who, "/sightings", "Sightings", &content))
}

fn sighting(one: &SightingLine, who: &Who) -> Markup {
    html! {
        section id=(format!("s{}", one.sighting)) {
            h3 { (if one.title.trim().is_empty() { "Without a title" } else { &one.title }) }
            p .soft { (said::time(one.fetched_at)) ", " (one.address) @if !one.note.is_empty() { ", " (one.note) } }
            @for passage in &one.passages {
                p { "“" (passage.text.chars().take(PASSAGE_CHARS).collect::<String>()) "”" br;
                    span .soft { (passage.words) " words of " (passage.document) ", " (format!("{:.0}", passage.weight)) " bits" } }
            }
            @if who.may(Action::Trace) {
                div .row {
                    (frame::post(&who.csrf, &format!("/sightings/{}/trace", one.sighting), &html! { button .second .small { "Trace it" } }))
                    a href=(format!("/trace?sighting={}", one.sighting)) { "In a case that is there" }
                }
            }
        }
    }
}

fn list(sources: &[SourceLine], who: &Who) -> Markup {
    let rows = html! { @for source in sources { tr {
        th scope="row" { (source.address) }
        td { (source.kind) }
        td { @if source.polled_at == 0 { "never" } @else { (said::time(source.polled_at)) } }
        td { @if source.failures > 0 { span .tag .bad { "fails" } " " } (source.last_error) }
        td { @if who.may(Action::Follow) { (frame::post_asked(&who.csrf, &format!("/sources/{}/remove", source.source), "Follow this source no more?", &html! { button .second .small { "Remove" } })) } }
    } } };
    frame::table("Sources", &["Address", "Kind", "Read last", "How it goes", ""], &rows)
}

pub async fn trace(State(server): App, who: Who, Path(number): Path<u32>) -> Answer {
    let exhibited = server.work(async move |vault| follow::exhibit(vault, number).await).await?;
    let (exhibits, because) = (vec![exhibited.file], exhibited.because);
    let request = TraceRequest { exhibits, because, command: "the server".into(), ..TraceRequest::default() };
    let finding = trace::look(&server, who.number(), request).await?;
    Ok(frame::redirect(&format!("/cases/{}/looks/{}", said::segment(&finding.case), finding.look)))
}

pub async fn add(State(server): App, who: Who, form: Form) -> Answer {
    add_source(&server, who.number(), form.text("source").to_owned()).await?;
    Ok(frame::redirect("/sightings"))
}

/// Follows a source: one in the network only. A folder or a mailbox file is named on the machine itself, since whoever uses a
/// browser is not whoever may read that machine's files.
pub async fn add_source(
    server: &std::sync::Arc<crate::Server>,
    account: u32,
    said: String,
) -> Result<SourceLine, crate::failure::Failure> {
    let source = server
        .work(async move |vault| {
            let scheme = said.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
            if !matches!(scheme.as_deref(), Some("https" | "http" | "imaps")) {
                let why = "write the address of a source in the network: https://… or imaps://…. Folders and files are added on the server's machine, with tellmark follow add";
                return Err(Error::Input(why.into()));
            }
            follow::refuse_private(vault, &said)?;
            Ok(follow::add(vault, &said, &Ports::system()?).await?.0)
        })
        .await?;
    server.note(account, "followed a source", source.address.clone()).await;
    Ok(source)
}

pub async fn remove(State(server): App, who: Who, Path(number): Path<u32>) -> Answer {
    let source =
        server.work(async move |vault| follow::remove(vault, number, &Ports::system()?).await).await?;
    server.note(who.number(), "followed a source no more", source.address).await;
    Ok(frame::redirect("/sightings"))
}
