//! What was seen in followed sources, and the sources themselves.

use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use tellmark_app::follow::{self, PassageLine, SightingLine, SourceLine};
use tellmark_app::trace::TraceRequest;
use tellmark_app::{Error, Ports};

use super::documents::At;
use super::{Answer, App, trace};
use crate::body::Form;
use crate::guard::Who;
use crate::roles::Action;
use crate::{frame, said};

/// Sightings of one page.
const LISTED: u32 = 50;
/// Characters of a passage that are shown.
const PASSAGE_CHARS: usize = 400;
/// Documents of a passage that are named at once.
const DOCUMENTS_LISTED: usize = 4;

pub async fn page(State(server): App, who: Who, Query(at): Query<At>) -> Answer {
    let skip = at.skip(LISTED);
    let ((seen, all), sources) = server
        .work(async move |vault| {
            let seen = follow::newest_sightings(vault, skip, LISTED).await?;
            Ok((seen, follow::list(vault).await?))
        })
        .await?;
    let pages = At::pages(all, LISTED);
    let content = html! {
        h1 { "Sightings" }
        p { a href="#sources" { (followed(&sources)) } }
        @if all == 0 {
            (frame::empty("Nothing was seen", &html! {
                p { "A sighting is a passage of a sealed document in a source that is followed: a feed, a page, a sitemap, a mailbox." }
                @if server.settings.follows {
                    p { "Add sources below: this server reads each of them every few minutes, and what it sees stands here." }
                } @else {
                    p { "Add sources below, and let " code { "tellmark follow run" } " run beside this server, which follows nothing by itself." }
                }
            }))
        }
        @for one in &seen { (sighting(one, &who)) }
        (frame::pager("/sightings?page=", at.page, pages))
        h2 id="sources" { "Sources" }
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
            @for (text, documents) in once(&one.passages) { (passage(text, &documents)) }
            @if who.may(Action::Trace) {
                div .row {
                    (frame::post(&who.csrf, &format!("/sightings/{}/trace", one.sighting), &html! { button .second .small { "Trace it" } }))
                    a href=(format!("/trace?sighting={}", one.sighting)) { "In a case that is there" }
                }
            }
        }
    }
}

/// How the sources go, in a line.
fn followed(sources: &[SourceLine]) -> String {
    let fail = match sources.iter().filter(|source| source.failures > 0).count() {
        0 => String::new(),
        1 => ", 1 fails".to_owned(),
        count => format!(", {count} fail"),
    };
    match sources.len() {
        0 => "Sources: none is followed".to_owned(),
        1 => format!("Sources: 1 is followed{fail}"),
        count => format!("Sources: {count} are followed{fail}"),
    }
}

/// Each passage once, in the order of the article, with the documents that have it, the heaviest first: drafts and releases of one text
/// share their passages. One that lies within another is a part of it.
fn once(passages: &[PassageLine]) -> Vec<(&str, Vec<&PassageLine>)> {
    let mut by_length: Vec<&PassageLine> = passages.iter().collect();
    by_length.sort_by_key(|one| std::cmp::Reverse(one.query[1].saturating_sub(one.query[0])));
    let mut shown: Vec<Vec<&PassageLine>> = Vec::new();
    for one in by_length {
        let is_within =
            |other: &PassageLine| other.query[0] <= one.query[0] && one.query[1] <= other.query[1];
        match shown.iter_mut().find(|group| is_within(group[0])) {
            Some(group) => group.push(one),
            None => shown.push(vec![one]),
        }
    }
    shown.sort_by_key(|group| group[0].query);
    let with_text = shown.into_iter().map(|mut group| {
        let text = group[0].text.as_str();
        group.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        (text, group)
    });
    with_text.collect()
}

fn passage(text: &str, documents: &[&PassageLine]) -> Markup {
    let said = |one: &PassageLine| format!("{} words of {}, {:.0} bits", one.words, one.document, one.weight);
    let (first, more) = documents.split_at(documents.len().min(DOCUMENTS_LISTED));
    html! {
        p { "“" (text.chars().take(PASSAGE_CHARS).collect::<String>()) "”" br;
            span .soft { @for (number, one) in first.iter().enumerate() { @if number > 0 { "; " } (said(one)) } } }
        @if !more.is_empty() {
            details { summary { (more.len()) " more documents have it" }
                p .soft { @for (number, one) in more.iter().enumerate() { @if number > 0 { "; " } (said(one)) } } }
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

#[cfg(test)]
mod tests {
    use super::*;
    use tellmark_core::ReleaseId;

    fn of(document: &str, query: [usize; 2], weight: f64) -> PassageLine {
        let text = "abcdefghij".get(query[0]..query[1]).unwrap_or_default().to_owned();
        PassageLine {
            release: ReleaseId([0; 8]),
            document: document.into(),
            query,
            source: query,
            weight,
            false_alarms_per_million: None,
            shared: None,
            words: query[1] - query[0],
            text,
        }
    }

    #[test]
    fn a_passage_stands_once_with_its_documents() {
        let passages = [
            of("first", [5, 9], 3.0),
            of("first", [0, 4], 4.0),
            of("second", [0, 4], 5.0),
            of("third", [1, 3], 2.0),
            of("third", [3, 6], 1.0),
        ];
        let told: Vec<(&str, Vec<&str>)> = once(&passages)
            .into_iter()
            .map(|(text, group)| (text, group.iter().map(|one| one.document.as_str()).collect()))
            .collect();
        let expected =
            [("abcd", vec!["second", "first", "third"]), ("def", vec!["third"]), ("fghi", vec!["first"])];
        assert_eq!(told, expected);
        let many: Vec<PassageLine> =
            (0..9).map(|n| of(&format!("draft {n}"), [0, 4], f64::from(n))).collect();
        let (text, documents) = once(&many).remove(0);
        let page = passage(text, &documents).into_string();
        assert_eq!(page.matches("abcd").count(), 1, "{page}");
        assert!(
            page.contains("5 more documents have it") && page.contains("4 words of draft 0, 0 bits"),
            "{page}"
        );
    }
}
