//! Cases, their looks, and the evidence of a finding.

use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use tellmark_app::cases::{self, CaseLine, LookLine, LookVerdict, NamedLine};
use tellmark_app::{order, prove};

use super::documents::At;
use super::{Answer, App, orders};
use crate::failure::Failure;
use crate::guard::Who;
use crate::roles::Action;
use crate::{frame, said};

/// Cases of one page.
const LISTED: usize = 100;

/// A verdict in words.
pub fn verdict(verdict: LookVerdict) -> Markup {
    let (class, words) = match verdict {
        LookVerdict::Copy => ("tag tell", "a copy is named"),
        LookVerdict::Group => ("tag tell", "a group is named"),
        LookVerdict::Nobody => ("tag", "nobody is named"),
        LookVerdict::Failed => ("tag bad", "it could not be read"),
        LookVerdict::Read | LookVerdict::Registered => ("tag", "cut off or under way"),
    };
    html! { span class=(class) { (words) } }
}

pub async fn list(State(server): App, who: Who, Query(at): Query<At>) -> Answer {
    let mut all = server.work(cases::cases).await?;
    all.reverse();
    let (shown, pages) = at.cut(&all, LISTED);
    let rows = html! { @for case in shown { tr {
        th scope="row" { a href=(address(&case.case)) { (case.case) } }
        td { (verdict(case.verdict)) @if !case.named.is_empty() { " " (case.named.join(", ")) } @if !case.groups_named.is_empty() { " " (case.groups_named.join(", ")) } }
        td .n { (case.looks.len()) }
        td { (said::day(case.last_at)) }
    } } };
    let content = html! {
        h1 { "Cases" }
        @if all.is_empty() {
            (frame::empty("No leak was looked at yet", &html! {
                p { "When a passage of a document appears somewhere, drop it here: the finding says which copy it derives from, or that nobody can be named." }
                @if who.may(Action::Trace) { p { a .button href="/trace" { "Drop something" } } }
            }))
        } @else {
            @if who.may(Action::Trace) { div .row { a .button href="/trace" { "Look at something new" } } }
            (frame::table("Cases", &["Case", "Up to now", "Looks", "Last look"], &rows))
            (frame::pager("/cases?page=", at.page, pages))
        }
    };
    Ok(frame::page(&server, &who, "/cases", "Cases", &content))
}

fn address(case: &str) -> String {
    format!("/cases/{}", said::segment(case))
}

async fn find(server: &std::sync::Arc<crate::Server>, name: String) -> Result<CaseLine, Failure> {
    let found = server
        .work(async move |vault| {
            let all = cases::cases(vault).await?;
            Ok(all.into_iter().find(|case| case.case == name))
        })
        .await?;
    found.ok_or_else(Failure::missing)
}

pub async fn one(State(server): App, who: Who, Path(name): Path<String>) -> Answer {
    let case = find(&server, name).await?;
    let here = address(&case.case);
    let last = case.looks.last();
    let named = last.map(|look| look.named.as_slice()).unwrap_or_default();
    let rows = html! { @for look in case.looks.iter().rev() { tr {
        th scope="row" { a href=(format!("{here}/looks/{}", look.look)) { "Look " (look.look) } }
        td { (said::time(look.at)) }
        td { @for (number, exhibit) in look.exhibits.iter().enumerate() { @if number > 0 { ", " } (exhibit.name) } @if !look.because.is_empty() { br; span .soft { (look.because) } } }
        td .n { (look.sites_read) }
        td { (verdict(look.verdict)) }
    } } };
    let content = html! {
        p .kicker { a href="/cases" { "Case" } }
        h1 { (case.case) " " (verdict(case.verdict)) }
        @if named.is_empty() && case.groups_named.is_empty() {
            p .lead { "Nobody is named. That is a result: what was read tells too little, or the leak came from elsewhere." }
            @if let Some(needed) = last.map(|look| look.sites_needed).filter(|needed| *needed > 0) { p { "Some " (needed) " further places like those that were read would decide, if one copy is the only source." } }
        } @else { (named_copies(named, &case.groups_named)) }
        @if let Some(alpha) = &case.alpha { p .soft { "The chance of naming any innocent copy in any look of this case is at most " (alpha) "." } }
        (frame::table("Looks", &["Look", "When", "Exhibits", "Places read", "It came to"], &rows))
        @if who.may(Action::Trace) { div .row { a .button href=(format!("/trace?case={}", said::segment(&case.case))) { "Add a look" } } }
        @if who.may(Action::Prove) { (evidence(&here)) }
    };
    Ok(frame::page(&server, &who, "/cases", &case.case, &content))
}

fn named_copies(named: &[NamedLine], groups: &[String]) -> Markup {
    html! {
        @for copy in named {
            dl .measures {
                div { dt { "Copy" } dd { (copy.copy) } }
                div { dt { "Held by" } dd .words { @if copy.holders.is_empty() { "unknown" } @else { (copy.holders.join(", ")) } } }
                div { dt { "Document" } dd .words { (copy.document) } }
                @if let Some(e) = copy.e_log10 { div { dt { "Ratio" } dd { (said::power(e)) } } }
                @if let Some(p) = copy.p_familywise { div { dt { "Chance of an innocent one" } dd { (format!("{p:.1e}")) } } }
            }
        }
        @if !groups.is_empty() { p .lead { "Named group: " (groups.join(", ")) } }
        p .soft { "The finding is about a copy, not about a person: a copy can be lost, stolen, forwarded, or read over a shoulder." }
    }
}

fn evidence(here: &str) -> Markup {
    html! {
        h2 { "The evidence" }
        p { "Whoever doubts the finding checks it with a program of their own, offline. Give them the bundle, and let them have your log's key from somebody they believe." }
        div .row {
            a .button .second href=(format!("{here}/bundle")) { "Take the bundle" }
            a .button .second href=(format!("{here}/bundle?original=1")) { "With the original, for the accused person's expert" }
        }
        details { summary { "How it is verified" }
            p { "With " code { "tellmark-verify" } ", or with the second verifier in plain Python, or with one that they write from the formats' documents:" }
            p .secret { "tellmark-verify case.bundle --trust policy.txt --published 2026-05-03 --accept-reading" }
            p { "It says of each claim PROVEN, NOT PROVEN or CANNOT CHECK. Two things it asks of whoever verifies: when the text appeared, and that somebody read it again (" code { "tellmark reread" } ")." }
        }
    }
}

pub async fn look(State(server): App, who: Who, Path((name, number)): Path<(String, u32)>) -> Answer {
    let case = find(&server, name).await?;
    let look = case.looks.iter().find(|look| look.look == number).ok_or_else(Failure::missing)?;
    let (own, here) = (case.case.clone(), format!("{}/looks/{number}", address(&case.case)));
    let (has_report, orders, accounts) = server
        .work(async move |vault| {
            Ok((
                vault.store.report(&own, number).await?.is_some(),
                order::list(vault, Some(&own), 0, orders::SHOWN).await?,
                vault.store.accounts().await?,
            ))
        })
        .await?;
    let content = html! {
        p .kicker { a href=(address(&case.case)) { "Case " (case.case) } ", look " (number) }
        (said_of(look))
        @if has_report {
            div .row { a .button .second href=(format!("{here}/report")) target="_blank" { "The report alone, to print or save" } }
            iframe .enclosed src=(format!("{here}/report")) title=(format!("Report of look {number} of {}", case.case)) {}
        } @else { p .soft { "This look was not taken through the server, so its report is not kept here." } }
        @if look.verdict == LookVerdict::Nobody { (orders::on_look(&orders, &accounts, (&here, number), &who)) }
        div .row {
            @if who.may(Action::Trace) { a .button href=(format!("/trace?case={}", said::segment(&case.case))) { "Add a look" } }
            a href=(address(&case.case)) { "The whole case" }
        }
    };
    Ok(frame::page(&server, &who, "/cases", &format!("{}, look {number}", case.case), &content))
}

fn said_of(look: &LookLine) -> Markup {
    html! {
        h1 { @match look.verdict {
            LookVerdict::Copy => "A copy is named",
            LookVerdict::Group => "A group is named",
            LookVerdict::Nobody => "Nobody is named",
            LookVerdict::Failed => "It could not be read",
            _ => "Under way, or cut off",
        } }
        @if let Some(why) = &look.failed { (frame::warning(&html! { p { (why) } })) }
        (named_or_not(look))
        p .soft { (said::count(look.sites_read as u64, "place was", "places were")) " read"
            @if let Some(tested) = look.tested { ", " (said::count(tested, "copy", "copies")) " tested" }
            @for read in &look.releases { "; " (read.document) ": " (read.read) " of " (read.sites) } "." }
    }
}

fn named_or_not(look: &LookLine) -> Markup {
    html! {
        @if look.verdict == LookVerdict::Nobody { p .lead { @if look.releases.is_empty() { "Nothing of this vault's documents was found in it." } @else { "What was read tells too little to name a copy." } } }
        @if !look.named.is_empty() || !look.groups_named.is_empty() { (named_copies(&look.named, &look.groups_named)) }
    }
}

pub async fn report(State(server): App, Path((name, number)): Path<(String, u32)>) -> Answer {
    take_report(&server, name, number).await
}

/// The report of a look as a document of its own.
pub async fn take_report(server: &std::sync::Arc<crate::Server>, name: String, number: u32) -> Answer {
    let report = server.work(async move |vault| Ok(vault.store.report(&name, number).await?)).await?;
    report.map(frame::enclosed).ok_or_else(Failure::missing)
}

/// What is put into a bundle.
#[derive(Debug, serde::Deserialize)]
pub struct With {
    /// Whether the original goes with it.
    #[serde(default)]
    pub original: u8,
}

pub async fn bundle(
    State(server): App,
    who: Who,
    Path(name): Path<String>,
    Query(with): Query<With>,
) -> Answer {
    take_bundle(&server, who.number(), name, with.original > 0).await
}

/// The evidence of a case's last finding as a file.
pub async fn take_bundle(
    server: &std::sync::Arc<crate::Server>,
    account: u32,
    name: String,
    encloses_original: bool,
) -> Answer {
    let own = name.clone();
    let proved =
        server.labour(async move |vault| prove::prove_with(vault, &own, encloses_original).await).await?;
    let about = if encloses_original { format!("{name}, with the original") } else { name.clone() };
    server.note(account, "took a bundle", about).await;
    Ok(frame::saved(&format!("{name}.bundle"), "application/octet-stream", proved.bytes))
}
