//! Documents: the releases, by lineage, and one of them.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use serde::Deserialize;
use tellmark_app::copies::{self, ReleaseLine};
use tellmark_app::desk;
use tellmark_app::{Ports, form, log, retention};

use super::copies::packed;
use super::{Answer, App};
use crate::body::Form;
use crate::guard::Who;
use crate::roles::Action;
use crate::state::release_of;
use crate::{frame, said};

/// Documents of one page.
const LISTED: usize = 50;

/// Which page of a list.
#[derive(Debug, Deserialize)]
pub struct At {
    /// Its number, from 1.
    #[serde(default = "first")]
    pub page: usize,
    /// What is looked for.
    #[serde(default)]
    pub find: String,
}

fn first() -> usize {
    1
}

impl At {
    /// How many items of a list come before the page, of so many on each.
    pub fn skip(&self, size: u32) -> u64 {
        (self.page.max(1) as u64 - 1).saturating_mul(size.into())
    }

    /// How many pages so many items take.
    pub fn pages(all: u64, size: u32) -> usize {
        all.div_ceil(size.into()).max(1) as usize
    }

    /// The part of a list that the page shows, and how many pages there are.
    pub fn cut<'l, T>(&self, list: &'l [T], size: usize) -> (&'l [T], usize) {
        let pages = At::pages(list.len() as u64, size as u32);
        let from = (self.page.clamp(1, pages) - 1) * size;
        (&list[from..list.len().min(from + size)], pages)
    }
}

pub async fn list(State(server): App, who: Who, Query(at): Query<At>) -> Answer {
    let all = server.releases().await?;
    let mut releases: Vec<&ReleaseLine> = all.iter().collect();
    let found = at.find.trim().to_lowercase();
    releases.retain(|release| {
        found.is_empty()
            || release.name.to_lowercase().contains(&found)
            || release.file_name.to_lowercase().contains(&found)
    });
    // Drafts of one document stand together, the newest document first.
    let mut newest: BTreeMap<_, i64> = BTreeMap::new();
    for release in &releases {
        let own = newest.entry(release.lineage).or_default();
        *own = release.created_at.max(*own);
    }
    releases.sort_by_key(|release| {
        (std::cmp::Reverse(newest[&release.lineage]), release.lineage, std::cmp::Reverse(release.number))
    });
    let (shown, pages) = at.cut(&releases, LISTED);
    let rows = html! {
        @for release in shown {
            tr {
                th scope="row" { a href=(format!("/documents/{}", release.release)) { (release.name) }
                    @if release.number > 1 { " " span .tag { "draft " (release.number) } } }
                td { (said::day(release.created_at)) }
                td .n { (said::grouped(release.copies)) }
                td { (release.format) }
                td { code { (release.release) } }
            }
        }
    };
    let content = html! {
        h1 { "Documents" }
        @if releases.is_empty() && found.is_empty() {
            (frame::empty("No document was sealed yet", &html! {
                p { "A document is laid on the desk, which shows what it can carry; then it is sealed: each recipient gets a copy that differs from all others in ways that mean nothing to a reader." }
                @if who.may(Action::Prepare) { p { a .button href="/desk" { "To the desk" } } }
            }))
        } @else {
            form method="get" action="/documents" role="search" {
                div .inline {
                    div { label for="find" { "Find by name" } input .short type="search" id="find" name="find" value=(at.find); }
                    button .second { "Find" }
                    @if who.may(Action::Prepare) { a .button href="/desk" { "Seal another" } }
                }
            }
            @if releases.is_empty() { p { "No document is called so." } }
            @else { (frame::table(&said::count(releases.len() as u64, "release", "releases"), &["Document", "Sealed", "Copies", "Kind", "Release"], &rows)) }
            (frame::pager(&format!("/documents?find={}&page=", said::segment(&at.find)), at.page, pages))
        }
    };
    Ok(frame::page(&server, &who, "/documents", "Documents", &content))
}

pub async fn one(State(server): App, who: Who, Path(said): Path<String>) -> Answer {
    let (own, of_lineage, until, counts) = server
        .work(async move |vault| {
            let release = release_of(vault, &said).await?;
            let of_lineage = copies::releases_of(vault, release.lineage).await?;
            let own = of_lineage.iter().find(|line| line.release == release.id).cloned();
            let own = own.ok_or_else(|| tellmark_app::StoreError::Missing { what: "such release".into() })?;
            let until = retention::until(log::shown(vault)?.as_deref(), release.lineage);
            let links = vault.store.share_count(release.id).await?;
            Ok((own, of_lineage, until, links))
        })
        .await?;
    let here = format!("/documents/{}", own.release);
    let facts = [
        ("Sealed", said::time(own.created_at)),
        ("File", html! { (own.file_name) " (" (own.format) ")" }),
        (
            "Copies",
            html! { (said::grouped(own.copies)) @if own.batches > 1 { " in " (said::count(own.batches as u64, "batch", "batches")) } },
        ),
        ("Bound", html! { "at most " (own.alpha) " that any innocent copy of a case is named" }),
        (
            "Told apart",
            html! { @if let Some(until) = &until { "until " (until) } @else { "without an end" } },
        ),
        ("Release", html! { code { (own.release) } }),
    ];
    let content = html! {
        p .kicker { "Document" @if own.number > 1 { ", draft " (own.number) } }
        h1 { (own.name) }
        (frame::facts(&facts))
        @if who.may(Action::ReadHolders) || who.may(Action::TakeCopies) {
            div .row {
                @if who.may(Action::ReadHolders) { a .button href=(format!("{here}/copies")) { "Copies and holders" } }
                @if who.may(Action::TakeCopies) { a .button .second href=(format!("{here}/copies.zip")) { "All copies as one file" } }
                @if who.may(Action::Share) { a .button .second href=(format!("{here}/shares")) { "Links for recipients" @if counts > 0 { " (" (said::grouped(counts)) ")" } } }
            }
        }
        @if who.may(Action::Seal) { (changes(&who, &own, &here)) }
        @if who.may(Action::Trace) { (retold(&who, &here)) }
        @if of_lineage.len() > 1 { (drafts(&of_lineage, &own)) }
    };
    Ok(frame::page(&server, &who, "/documents", &own.name, &content))
}

fn changes(who: &Who, own: &ReleaseLine, here: &str) -> Markup {
    html! {
        h2 { "Go on with it" }
        div .columns {
            div {
                h3 { "More copies" }
                p { "Late recipients get copies of the same text. They have a bound of their own." }
                (frame::post(&who.csrf, &format!("{here}/extend"), &html! { button .second { "Add copies" } }))
            }
            div {
                h3 { "A new draft" }
                p { "Seal the changed document as a redraft: whoever compares two drafts sees the author's changes only." }
                p { a .button .second href=(format!("/desk?revises={}", own.release)) { "Lay a draft on the desk" } }
            }
        }
    }
}

fn retold(who: &Who, here: &str) -> Markup {
    html! {
        details { summary { "A leak that was retold" }
            p { "What was spoken, translated or rewritten keeps no words; it may keep facts. Where the author gave barium points, two people say on forms what the leak says of them, each on a form of their own, without seeing a copy. Drop both answers on " a href="/trace" { "Trace" } ": a point counts where all say the same." }
            (frame::post(&who.csrf, &format!("{here}/forms"), &html! {
                (frame::field("readers", "How many people", "", &html! { input .short type="number" id="readers" name="readers" min="2" max="20" value="2"; }))
                button .second { "Take the forms" }
            }))
        }
    }
}

pub async fn forms(State(server): App, who: Who, Path(release): Path<String>, form: Form) -> Answer {
    let readers: usize = form.number("readers")?;
    let said = release.clone();
    let (name, files) = server
        .work(async move |vault| {
            let own = release_of(vault, &said).await?;
            Ok((own.name, form::give(vault, &own.id.to_string(), readers, &mut Ports::system()?).await?))
        })
        .await?;
    server.note(who.number(), "gave forms out", format!("{readers} of {release}")).await;
    Ok(frame::saved(&format!("{name} forms.zip"), "application/zip", packed(&files)?))
}

fn drafts(of_lineage: &[ReleaseLine], own: &ReleaseLine) -> Markup {
    html! {
        h2 { "Drafts" }
        ol { @for release in of_lineage {
            li value=(release.number) {
                @if release.release == own.release { strong { (release.name) } " (this one)" }
                @else { a href=(format!("/documents/{}", release.release)) { (release.name) } }
                ", " (said::day(release.created_at)) ", " (said::count(release.copies, "copy", "copies"))
            }
        } }
    }
}

pub async fn extend(State(server): App, who: Who, Path(release): Path<String>) -> Answer {
    let account = who.number();
    let draft = server
        .work(async move |vault| desk::extend(vault, &release, account, &mut Ports::system()?).await)
        .await?;
    Ok(frame::redirect(&format!("/desk/{}", draft.id)))
}
