//! The desk: documents before they are sealed, and sealing them.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use tellmark_app::Ports;
use tellmark_app::desk::{self, Draft, Numbers, Part, State as DraftState, Wish};
use tellmark_app::plan::{self, PlanSummary};
use tellmark_app::trace::GROUP_MIN;
use tellmark_core::{Recipient, Roster};

use super::documents::At;
use super::{Answer, App};
use crate::body::Form;
use crate::failure::Failure;
use crate::guard::Who;
use crate::jobs;
use crate::roles::Action;
use crate::state::{Server, now, release_of};
use crate::{frame, said};

/// How often a progress is told, at most.
const PAUSE: Duration = Duration::from_millis(250);
/// Drafts of one page.
const LISTED: usize = 100;
/// Recipients of a roster that are shown.
const SHOWN: usize = 12;
/// Groups of a roster that are shown.
const GROUPS: usize = 200;

/// A word for what becomes of a draft.
pub fn tag(draft: &Draft) -> Markup {
    let (class, word) = match DraftState::of(draft) {
        DraftState::Draft => ("tag", "open"),
        DraftState::Queued => ("tag tell", "waits"),
        DraftState::Sealing => ("tag tell", "is being sealed"),
        DraftState::Stopped => ("tag", "stopped"),
        DraftState::Failed => ("tag bad", "failed"),
        DraftState::Sealed => ("tag good", "sealed"),
    };
    html! { span class=(class) { (word) } }
}

#[derive(Debug, Deserialize)]
pub struct Begin {
    #[serde(default)]
    revises: String,
    #[serde(default)]
    page: usize,
}

pub async fn list(State(server): App, who: Who, Query(begin): Query<Begin>) -> Answer {
    let (drafts, releases) =
        (server.work(async |vault| Ok(vault.store.drafts().await?)).await?, server.releases().await?);
    let at = At { page: begin.page.max(1), find: String::new() };
    let (shown, pages) = at.cut(&drafts, LISTED);
    let rows = html! { @for draft in shown { tr {
        th scope="row" { a href=(format!("/desk/{}", draft.id)) { (draft.file_name) } }
        td { (tag(draft)) }
        td { (said::time(draft.changed_at)) }
    } } };
    let content = html! {
        h1 { "Desk" }
        (frame::upload(&who.csrf, "/desk", &html! {
            div .drop {
                (frame::field("file", "Lay a document on the desk", "Text, Markdown, HTML, DOCX, ODT, EML or PDF, at most 64 MiB. Drop it anywhere on this page, or choose it. Nothing is sealed yet.", &html! {
                    input type="file" id="file" name="file" required aria-describedby="file-hint" accept=".txt,.md,.html,.htm,.docx,.odt,.eml,.pdf";
                }))
                ul {}
                @if !releases.is_empty() {
                    (frame::field("revises", "Is it a redraft?", "", &html! {
                        select id="revises" name="revises" {
                            option value="" { "No, a document of its own" }
                            @for release in releases.iter().rev().take(200) {
                                option value=(release.release) selected[release.release.to_string() == begin.revises] { "Of " (release.name) " (" (release.release) ")" }
                            }
                        }
                    }))
                }
                p { button { "Lay it on the desk" } }
            }
        }))
        @if drafts.is_empty() { p .soft { "The desk is empty." } }
        @else {
            (frame::table("On the desk", &["Document", "State", "Changed"], &rows))
            (frame::pager("/desk?page=", at.page, pages))
        }
    };
    Ok(frame::page(&server, &who, "/desk", "Desk", &content))
}

pub async fn add(State(server): App, who: Who, form: Form) -> Answer {
    let file = form.file()?.clone();
    let wish = Wish { revises: form.text("revises").into(), ..Wish::default() };
    let account = who.number();
    let draft = server
        .labour(async move |vault| {
            desk::add(vault, &file.name, &file.bytes, &wish, account, &mut Ports::system()?).await
        })
        .await?;
    server.note(account, "laid on the desk", draft.file_name.clone()).await;
    Ok(frame::redirect(&format!("/desk/{}", draft.id)))
}

/// What the page of a draft shows.
struct Shown {
    draft: Draft,
    wish: Wish,
    roster: Roster,
    plan: Option<Result<PlanSummary, String>>,
    revised: String,
    is_text: bool,
    can_undo: Vec<Part>,
}

pub async fn one(State(server): App, who: Who, Path(id): Path<String>) -> Answer {
    let shown = server
        .labour(async move |vault| {
            let draft = vault.store.draft(&id).await?;
            let (wish, roster) = (desk::wish(&draft)?, desk::roster(vault, &draft)?);
            let is_open = DraftState::of(&draft).is_open() && wish.extends.is_empty();
            let plan = is_open.then(|| desk::planned(vault, &draft).map_err(|error| error.to_string()));
            let named = if wish.extends.is_empty() { &wish.revises } else { &wish.extends };
            let revised = if named.is_empty() { String::new() } else { release_of(vault, named).await?.name };
            let (is_text, can_undo) = match DraftState::of(&draft).is_open() {
                true => (desk::text(vault, &draft)?.is_some(), desk::can_undo(vault, &draft)?),
                false => (false, Vec::new()),
            };
            Ok(Shown { draft, wish, roster, plan, revised, is_text, can_undo })
        })
        .await?;
    let draft = &shown.draft;
    let here = format!("/desk/{}", draft.id);
    let state = DraftState::of(draft);
    let content = html! {
        p .kicker { a href="/desk" { "Desk" } @if !shown.wish.extends.is_empty() { ", more copies" } @else if !shown.revised.is_empty() { ", a redraft of " (shown.revised) } }
        h1 { (draft.file_name) " " (tag(draft)) }
        @match state {
            DraftState::Queued | DraftState::Sealing => (under_way(&shown, &here, &who)),
            DraftState::Sealed => (sealed(draft)),
            _ => (open(&shown, &here, &who)),
        }
        @if !matches!(state, DraftState::Queued | DraftState::Sealing) {
            h2 { "Take it from the desk" }
            p .soft { "The document, the decisions and the roster are removed here. Releases and copies stay." }
            (frame::post_asked(&who.csrf, &format!("{here}/remove"), "Remove this draft from the desk?", &html! { button .second { "Remove" } }))
        }
    };
    Ok(frame::page(&server, &who, "/desk", &draft.file_name, &content))
}

fn under_way(shown: &Shown, here: &str, who: &Who) -> Markup {
    html! {
        p .lead { (said::count(shown.roster.recipients.len() as u64, "copy is", "copies are")) " being made. You can leave this page; it goes on, also after a restart of the server." }
        div data-progress=(format!("{here}/progress")) {
            progress aria-label="How far it is" {}
            p aria-live="polite" { "waiting …" }
        }
        noscript { p { a href=(here) { "See how far it is" } } }
        @if who.may(Action::Seal) {
            (frame::post(&who.csrf, &format!("{here}/stop"), &html! { button .second { "Stop" } }))
            p .soft { "What is made stays, and sealing again finishes it." }
        }
    }
}

fn sealed(draft: &Draft) -> Markup {
    let summary: serde_json::Value = serde_json::from_str(&draft.message).unwrap_or_default();
    let text = |name: &str| summary[name].as_str().unwrap_or_default().to_owned();
    let release = draft.release.as_deref().unwrap_or_default();
    html! {
        p .lead { (said::count(summary["copies"].as_u64().unwrap_or(0), "copy is", "copies are")) " made." }
        p { "What the text promises " (text("promise")) "." }
        @if let Some(notes) = summary["notes"].as_array().filter(|notes| !notes.is_empty()) {
            (frame::warning(&html! { ul { @for note in notes { li { (note.as_str().unwrap_or_default()) } } } }))
        }
        @if let Some(changes) = summary["revision"]["changes"].as_array() {
            ul { @for change in changes { li { (change.as_str().unwrap_or_default()) } } }
        }
        div .row {
            a .button href=(format!("/documents/{release}")) { "To the document" }
            a .button .second href=(format!("/documents/{release}/copies.zip")) { "All copies as one file" }
            a .button .second href=(format!("/documents/{release}/shares")) { "Links for recipients" }
        }
    }
}

fn open(shown: &Shown, here: &str, who: &Who) -> Markup {
    let Shown { draft, wish, roster, plan, is_text, .. } = shown;
    let is_extension = !wish.extends.is_empty();
    html! {
        @if !draft.message.is_empty() { (frame::warning(&html! { p role="alert" { (frame::lines(&draft.message)) } })) }
        @match plan {
            Some(Ok(plan)) => (carries(plan, draft, here, *is_text)),
            Some(Err(why)) => (frame::warning(&html! { p { (frame::lines(why)) } })),
            None => {},
        }
        h2 { "Who gets a copy" }
        (recipients(roster))
        div .columns {
            (frame::upload(&who.csrf, &format!("{here}/roster"), &html! {
                (frame::field("file", "Import a CSV file", "With a header: id (required, different for each), name, email, group.", &html! {
                    input type="file" id="file" name="file" accept=".csv,text/csv" required aria-describedby="file-hint";
                }))
                button .second { "Import" }
            }))
            @if !is_extension {
                (frame::upload(&who.csrf, &format!("{here}/roster"), &html! {
                    (frame::field("numbered", "Or numbered copies", "For a room: 01, 02 and so on. Who holds each is recorded later.", &html! {
                        input .short type="number" id="numbered" name="numbered" min="1" max="100000" required aria-describedby="numbered-hint";
                    }))
                    button .second { "Make them numbered" }
                }))
            }
        }
        @if !is_extension { (options_form(wish, here, who)) }
        (mail_form(wish, here, who))
        (undo_form(shown, here, who))
        h2 { "Seal" }
        @if roster.recipients.is_empty() { p { "First say who gets a copy." } }
        @else {
            p { (said::count(roster.recipients.len() as u64, "copy is", "copies are")) " made. What is sealed is recorded for ever: the text cannot be changed afterwards, only redrafted." }
            (frame::post(&who.csrf, &format!("{here}/seal"), &html! { button { "Seal " (said::count(roster.recipients.len() as u64, "copy", "copies")) } }))
        }
    }
}

fn carries(plan: &PlanSummary, draft: &Draft, here: &str, is_text: bool) -> Markup {
    let Numbers { sites, telling: enough, .. } = Numbers::of(plan);
    html! {
        dl .measures {
            div { dt { "Words" } dd { (said::grouped(plan.words as u64)) } }
            div { dt { "Places where copies differ" } dd { (said::grouped(sites as u64)) } }
            div { dt { "Paragraphs that name a copy alone" } dd { (enough) " of " (plan.paragraphs.len()) } }
        }
        h2 { "What it promises" }
        ul { @for line in plan.lines.iter().chain(&plan.lines_of_two) { li { (line) } } }
        @if !plan.needs.is_empty() {
            details { summary { "What would make it carry more" } ul { @for line in &plan.needs { li { (line) } } } }
        }
        @for note in &plan.notes { p .soft { (note) } }
        div .row {
            @if plan.pages.is_empty() { a .button href=(format!("{here}/sites")) { "Decide about the places" } }
            @if is_text { a .button .second href=(format!("{here}/text")) { "Change the text and its variants" } }
            a .button .second href=(format!("{here}/plan")) target="_blank" { "The plan alone" }
        }
        details { summary { "The text, and what each sentence carries" }
            iframe .enclosed src=(format!("{here}/plan")) title=(format!("Plan of {}", draft.file_name)) loading="lazy" {}
        }
    }
}

fn recipients(roster: &Roster) -> Markup {
    let all = &roster.recipients;
    let rows = html! { @for one in all.iter().take(SHOWN) { tr { th scope="row" { (one.id) } td { (one.name) } td { (one.email) } td { (one.group) } } } };
    html! {
        @if all.is_empty() { p { "Nobody yet." } }
        @else {
            (frame::table(&said::count(all.len() as u64, "recipient", "recipients"), &["Id", "Name", "Address", "Group"], &rows))
            @if all.len() > SHOWN { p .soft { "and " (said::grouped((all.len() - SHOWN) as u64)) " more" } }
            (groups(all))
        }
    }
}

/// The groups of a roster: they are fixed before delivery, since a finding may name one.
fn groups(all: &[Recipient]) -> Markup {
    let mut sizes: BTreeMap<&str, u64> = BTreeMap::new();
    for one in all.iter().filter(|one| !one.group.is_empty()) {
        *sizes.entry(&one.group).or_default() += 1;
    }
    let grouped: u64 = sizes.values().sum();
    let rows = html! { @for (name, size) in sizes.iter().take(GROUPS) { tr {
        th scope="row" { (name) } td .n { (said::grouped(*size)) }
        td { @if *size < GROUP_MIN as u64 { "named as its copies: fewer than " (GROUP_MIN) } }
    } } };
    html! {
        @if sizes.is_empty() { p .soft { "No groups: a column " code { "group" } " gives each recipient one. A finding may name a group where it can name no copy." } }
        @else {
            details { summary { (said::count(sizes.len() as u64, "group", "groups")) }
                (frame::table("Groups", &["Group", "Copies", ""], &rows))
                @if sizes.len() > GROUPS { p .soft { "and " (said::grouped((sizes.len() - GROUPS) as u64)) " more" } }
                @if grouped < all.len() as u64 { p .soft { (said::count(all.len() as u64 - grouped, "recipient has", "recipients have")) " none." } }
            }
        }
    }
}

/// A message of which each copy gets a ready draft.
fn mail_form(wish: &Wish, here: &str, who: &Who) -> Markup {
    html! {
        details open[!wish.mail.is_empty()] { summary { "Ready mail" }
            @if wish.mail.is_empty() {
                p { "Write a message as your mail program saves it (" code { ".eml" } "), with " code { "{name}" } ", " code { "{id}" } " or " code { "{group}" } " where these stand. Each copy gets a draft of it beside its file, addressed to its recipient, with the copy attached. Nothing is sent." }
            } @else {
                p { "Each copy gets a draft made of " strong { (wish.mail) } "." }
                (frame::upload(&who.csrf, &format!("{here}/mail"), &html! { input type="hidden" name="none" value="1"; button .second .small { "Make no drafts" } }))
            }
            (frame::upload(&who.csrf, &format!("{here}/mail"), &html! {
                (frame::field("mail-file", "The message", "", &html! { input type="file" id="mail-file" name="file" accept=".eml" required; }))
                button .second { "Keep it" }
            }))
        }
    }
}

/// What can be taken back here, and what cannot.
fn undo_form(shown: &Shown, here: &str, who: &Who) -> Markup {
    let words = |part: Part| match part {
        Part::Sites => "the last decisions about places",
        Part::Roster => "the last import of recipients",
        Part::Text => "the last change of the text",
    };
    html! {
        details { summary { "Undo" }
            @if shown.can_undo.is_empty() { p { "Nothing was changed yet." } }
            div .row { @for part in &shown.can_undo {
                (frame::post(&who.csrf, &format!("{here}/undo"), &html! { input type="hidden" name="part" value=(part.name()); button .second .small { "Undo " (words(*part)) } }))
            } }
            p .soft { "A second time undoes that. What cannot be undone: sealing, withdrawing a copy, recording a holder, ending a link. A wording that was rejected here is still left out of later documents until it is accepted once." }
        }
    }
}

pub async fn mail(State(server): App, Path(id): Path<String>, form: Form) -> Answer {
    take_mail(&server, id.clone(), &form).await?;
    Ok(frame::redirect(&format!("/desk/{id}")))
}

/// Keeps the message of which each copy gets a ready draft, or makes no drafts.
pub async fn take_mail(server: &Arc<Server>, id: String, form: &Form) -> Result<Draft, Failure> {
    let file = if form.is_set("none") { None } else { Some(form.file()?.clone()) };
    server
        .labour(async move |vault| {
            let draft = desk::open_draft(vault, &id).await?;
            match file {
                Some(file) => desk::set_mail(vault, draft, &file.name, &file.bytes, now()).await,
                None => desk::remove_mail(vault, draft, now()).await,
            }
        })
        .await
}

pub async fn undo(State(server): App, Path(id): Path<String>, form: Form) -> Answer {
    let part = Part::ALL.into_iter().find(|part| part.name() == form.text("part"));
    let part = part.ok_or_else(|| Failure::input("`part` is sites, roster or text"))?;
    let own = id.clone();
    server
        .work(async move |vault| {
            let draft = desk::open_draft(vault, &own).await?;
            desk::undo(vault, draft, part, now()).await
        })
        .await?;
    Ok(frame::redirect(&format!("/desk/{id}")))
}

fn options_form(wish: &Wish, here: &str, who: &Who) -> Markup {
    html! {
        details { summary { "Name, bound, visible line" }
            (frame::post(&who.csrf, &format!("{here}/options"), &html! {
                (frame::line("name", "What to call it", "Empty for the file's name.", &wish.name))
                (frame::line("alpha", "Bound on naming any innocent copy", "Fixed when it is sealed; 1e-6 is usual.", &wish.alpha))
                (frame::line("visible", "A line that every copy shows", "For example: Copy {id} · {name}. Empty for none.", &wish.visible))
                div .choice { input type="checkbox" id="new" name="new" checked[wish.new]; label for="new" { "Make another release although the same was sealed for the same people" } }
                button .second { "Keep" }
            }))
        }
    }
}

pub async fn plan(State(server): App, Path(id): Path<String>) -> Answer {
    let page = server
        .labour(async move |vault| {
            let draft = vault.store.draft(&id).await?;
            Ok(plan::html(&draft.file_name, &desk::planned(vault, &draft)?))
        })
        .await?;
    Ok(frame::enclosed(page.into_bytes()))
}

pub async fn roster(State(server): App, Path(id): Path<String>, form: Form) -> Answer {
    take_roster(&server, id.clone(), form).await?;
    Ok(frame::redirect(&format!("/desk/{id}")))
}

/// Takes a roster as a CSV file or text, or the number of numbered copies.
pub async fn take_roster(server: &Arc<Server>, id: String, form: Form) -> Result<usize, Failure> {
    let csv = match (form.text("numbered"), form.files()) {
        ("", [file]) => file.bytes.to_vec(),
        ("", []) if !form.text("roster").is_empty() => form.raw("roster").as_bytes().to_vec(),
        ("", _) => return Err(Failure::input("choose a CSV file, or say how many numbered copies")),
        _ => desk::numbered(form.number("numbered")?)?,
    };
    server
        .work(async move |vault| {
            let draft = desk::open_draft(vault, &id).await?;
            Ok(desk::set_roster(vault, draft, &csv, now()).await?.recipients.len())
        })
        .await
}

pub async fn options(State(server): App, Path(id): Path<String>, form: Form) -> Answer {
    let own = id.clone();
    server
        .work(async move |vault| {
            let draft = desk::open_draft(vault, &own).await?;
            let before = desk::wish(&draft)?;
            let wish = Wish {
                name: form.text("name").into(),
                alpha: form.text("alpha").into(),
                visible: form.text("visible").into(),
                new: form.is_set("new"),
                ..before
            };
            desk::set_wish(vault, draft, &wish, now()).await.map(drop)
        })
        .await?;
    Ok(frame::redirect(&format!("/desk/{id}")))
}

pub async fn seal(State(server): App, who: Who, Path(id): Path<String>) -> Answer {
    begin_sealing(&server, who.number(), &id).await?;
    Ok(frame::redirect(&format!("/desk/{id}")))
}

/// Puts a draft with a roster into the queue.
pub async fn begin_sealing(server: &Arc<Server>, account: u32, id: &str) -> Result<(), Failure> {
    let own = id.to_owned();
    let wish = server.work(async move |vault| desk::wish(&desk::open_draft(vault, &own).await?)).await?;
    if wish.copies == 0 {
        return Err(Failure::input("nobody gets a copy yet: import the roster first"));
    }
    if !jobs::queue(server, id).await? {
        return Err(Failure::conflict("this draft is being sealed already"));
    }
    server.note(account, "began to seal", id.to_owned()).await;
    Ok(())
}

pub async fn stop(State(server): App, who: Who, Path(id): Path<String>) -> Answer {
    jobs::stop(&server, &id).await?;
    server.note(who.number(), "stopped a sealing", id.clone()).await;
    Ok(frame::redirect(&format!("/desk/{id}")))
}

pub async fn remove(State(server): App, who: Who, Path(id): Path<String>) -> Answer {
    remove_draft(&server, who.number(), id).await?;
    Ok(frame::redirect("/desk"))
}

/// Takes a draft from the desk that is not being sealed.
pub async fn remove_draft(server: &Arc<Server>, account: u32, id: String) -> Result<(), Failure> {
    let own = id.clone();
    server
        .work(async move |vault| {
            vault.store.draft(&own).await?;
            desk::remove(vault, &own).await
        })
        .await?;
    server.note(account, "removed a draft", id).await;
    Ok(())
}

pub async fn progress(State(server): App, Path(id): Path<String>) -> Answer {
    follow_progress(&server, id).await
}

/// How far a sealing is, as events: `step` until it is over, then `end`.
pub async fn follow_progress(server: &Arc<Server>, id: String) -> Result<Response, Failure> {
    let own = id.clone();
    server.work(async move |vault| Ok(vault.store.draft(&own).await?)).await?;
    let stream = futures_util::stream::unfold((server.clone(), id, None, false), next_event);
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()).into_response())
}

type Listening = (Arc<Server>, String, Option<tokio::sync::watch::Receiver<jobs::Step>>, bool);

async fn next_event(
    (server, id, listening, is_over): Listening,
) -> Option<(Result<Event, Infallible>, Listening)> {
    if is_over {
        return None;
    }
    let first = listening.is_none();
    let mut heard = match listening.or_else(|| server.jobs.listen(&id)) {
        Some(heard) => heard,
        None => {
            let own = id.clone();
            let draft = server.work(async move |vault| Ok(vault.store.draft(&own).await?)).await.ok()?;
            let waits = matches!(DraftState::of(&draft), DraftState::Queued | DraftState::Sealing);
            if waits {
                tokio::time::sleep(PAUSE * 2).await;
            }
            let event = if waits {
                Event::default().event("step").data(r#"{"step":"waiting","done":0,"total":0}"#)
            } else {
                Event::default().event("end").data(draft.state)
            };
            return Some((Ok(event), (server, id, None, !waits)));
        }
    };
    if !first {
        tokio::time::sleep(PAUSE).await;
        let has_ended = heard.borrow().ended;
        if !has_ended && heard.changed().await.is_err() {
            return Some((Ok(Event::default().event("end").data("over")), (server, id, None, true)));
        }
    }
    let step = heard.borrow_and_update().clone();
    let text = serde_json::to_string(&step).unwrap_or_default();
    let event = Event::default().event(if step.ended { "end" } else { "step" }).data(text);
    Some((Ok(event), (server, id, Some(heard), step.ended)))
}
