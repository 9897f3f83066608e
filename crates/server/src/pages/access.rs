//! Who else could make or see copies, and until when copies can be told apart.

use axum::extract::{Query, State};
use maud::html;
use tellmark_app::access::{self, Access, What};
use tellmark_app::{Ports, log, retention};

use super::documents::At;
use super::{Answer, App};
use crate::body::Form;
use crate::failure::Failure;
use crate::frame;
use crate::guard::Who;

/// Documents of one page.
const LISTED: usize = 50;

/// What somebody has access to, in words.
fn words(what: What) -> &'static str {
    match what {
        What::Key => "the vault and its key",
        What::Folder => "the folder of copies",
        What::Mail => "the mail server, or the account that sends",
        What::Copying => "printing, copying, carrying",
    }
}

pub async fn page(State(server): App, who: Who, Query(at): Query<At>) -> Answer {
    let own = server.clone();
    let (all, kept) = server
        .work(async move |vault| {
            let kept = own.lists.kept(vault).await?;
            let state = log::shown(vault)?;
            Ok((access::list_in(vault, state.as_deref())?, kept))
        })
        .await?;
    let rows = html! { @for one in &all { tr {
        th scope="row" { (one.who) } td { (words(one.what)) } td .nowrap { (one.since) } td .nowrap { (one.until) } td { (one.because) }
    } } };
    let (shown, pages) = at.cut(&kept, LISTED);
    let documents = html! { @for line in shown { tr {
        th scope="row" { (line.releases.join(", ")) }
        td { @if let Some(day) = &line.destroyed { "its key was destroyed on " (day) } @else if let Some(until) = &line.until { (until) } @else { span .soft { "no day" } }
            " " @match line.due { retention::Due::Now => { span .tag .bad { "due" } }, retention::Due::Soon => { span .tag { "soon" } }, retention::Due::No => {} } }
        td { @if line.destroyed.is_none() { (frame::post(&who.csrf, "/access/retention", &html! { div .inline {
            input type="hidden" name="release" value=(line.lineage);
            input .short type="date" name="until" required aria-label=(format!("Until when copies of {} can be told apart", line.releases.join(", ")));
            button .second .small { "Fix the day" }
        } })) } }
    } } };
    let content = html! {
        h1 { "Access" }
        p .lead { "Whoever could make or see a copy could have leaked it. This list stands in every finding." }
        @if all.is_empty() { p { "Nobody is on the list yet." } }
        @else { (frame::table("Who had access", &["Who", "To what", "Since", "Until", "Why"], &rows)) }
        (frame::post(&who.csrf, "/access", &html! {
            (frame::line("who", "Who", "", ""))
            (frame::field("what", "To what", "", &html! { select id="what" name="what" { @for what in What::ALL { option value=(what.name()) { (words(what)) } } } }))
            (frame::field("since", "From which day", "Empty for today.", &html! { input .short type="date" id="since" name="since"; }))
            (frame::field("until", "Until which day", "Empty while it lasts.", &html! { input .short type="date" id="until" name="until"; }))
            (frame::line("because", "Why, or how it is known", "", ""))
            button { "Record" }
        }))
        h2 { "How long copies can be told apart" }
        @if kept.is_empty() { p { "No document was sealed yet." } }
        @else {
            (frame::table("Documents", &["Document", "Until", ""], &documents))
            (frame::pager("/access?page=", at.page, pages))
            p .soft { "On the day, the key is destroyed on the server's machine: " code { "tellmark retention RELEASE --destroy" } }
        }
    };
    Ok(frame::page(&server, &who, "/access", "Access", &content))
}

pub async fn add(State(server): App, who: Who, form: Form) -> Answer {
    let what = What::ALL.into_iter().find(|what| what.name() == form.text("what"));
    let new = Access {
        who: form.text("who").into(),
        what: what.ok_or_else(|| Failure::input("say to what"))?,
        since: form.text("since").into(),
        until: form.text("until").into(),
        because: form.text("because").into(),
    };
    let added = server.work(async move |vault| access::add(vault, &new, &Ports::system()?)).await?;
    server.note(who.number(), "recorded access", added.who).await;
    Ok(frame::redirect("/access"))
}

pub async fn retain(State(server): App, who: Who, form: Form) -> Answer {
    let (lineage, until) = (form.text("release").to_owned(), form.text("until").to_owned());
    let day = server
        .work(async move |vault| {
            let all = tellmark_app::copies::releases(vault).await?;
            let own = all.iter().find(|release| release.lineage.to_string() == lineage);
            let own =
                own.ok_or_else(|| tellmark_app::StoreError::Missing { what: "such document".into() })?;
            retention::fix(vault, &own.release.to_string(), &until, &Ports::system()?).await
        })
        .await?;
    server.note(who.number(), "fixed how long", day).await;
    Ok(frame::redirect("/access"))
}
