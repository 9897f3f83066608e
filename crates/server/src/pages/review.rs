//! Deciding about the places of a draft at which copies may differ, by mouse or by keyboard.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use tellmark_app::desk;
use tellmark_app::review::{Candidate, Stands, Verdict, word};

use super::documents::At;
use super::{Answer, App};
use crate::body::Form;
use crate::failure::Failure;
use crate::guard::Who;
use crate::{frame, said};

/// Places of one page.
const LISTED: usize = 200;
const VERDICTS: [(Verdict, &str); 4] = [
    (Verdict::Accept, "accept"),
    (Verdict::Reject, "reject, here and later"),
    (Verdict::Leave, "leave, here only"),
    (Verdict::Open, "open"),
];

pub async fn page(State(server): App, who: Who, Path(id): Path<String>, Query(at): Query<At>) -> Answer {
    let (draft, sites) = server
        .labour(async move |vault| {
            let draft = desk::open_draft(vault, &id).await?;
            let sites = desk::sites(vault, &draft)?;
            Ok((draft, sites))
        })
        .await?;
    let here = format!("/desk/{}/sites", draft.id);
    let count = |verdict: Verdict| sites.iter().filter(|site| site.verdict == verdict).count() as u64;
    let (shown, pages) = at.cut(&sites, LISTED);
    let from = (at.page.clamp(1, pages) - 1) * LISTED;
    let content = html! {
        p .kicker { a href=(format!("/desk/{}", draft.id)) { (draft.file_name) } }
        h1 { "Places where copies may differ" }
        p { (said::grouped(count(Verdict::Accept))) " accepted, " (said::grouped(count(Verdict::Reject) + count(Verdict::Leave))) " not used, "
            (said::grouped(count(Verdict::Open))) " open. Once something is decided here, only accepted places are used; before, all that need no second look." }
        @if sites.is_empty() {
            (frame::empty("No place was found", &html! { p { "Give the text variants of your own: " code { "{like this|such as this}" } ", and lay it on the desk again." } }))
        } @else {
            p .keys .soft { kbd { "j" } " " kbd { "k" } " go on and back, " kbd { "a" } " accept, " kbd { "r" } " reject, " kbd { "l" } " leave, " kbd { "o" } " open, " kbd { "s" } " save. “The rest” is what is open and needs no second look." }
            form method="post" action=(here) data-sites="" {
                input type="hidden" name="csrf" value=(who.csrf);
                input type="hidden" name="seen" value=(sites.len());
                input type="hidden" name="page" value=(at.page);
                @for (place, site) in shown.iter().enumerate() { (one(from + place, site)) }
                div .sticky .row {
                    button { "Save" }
                    button .second name="rest" value="accept" { "Save, and accept the rest" }
                }
            }
            (frame::pager(&format!("{here}?page="), at.page, pages))
        }
    };
    Ok(frame::page(&server, &who, "/desk", "Places", &content))
}

fn one(place: usize, site: &Candidate) -> Markup {
    let name = format!("v{place}");
    html! {
        article .site tabindex="0" data-verdict=(word(site.verdict)) aria-label=(format!("Place {}", place + 1)) {
            p .quote { (site.quote.before) (between(&site.quote.before, &site.quote.found)) b { (site.quote.found.trim()) } (between(&site.quote.found, &site.quote.after)) (site.quote.after) }
            p .soft {
                @for (number, form) in site.variants.iter().filter(|form| **form != site.quote.found).enumerate() { @if number > 0 { ", or " } @else { "or " } "“" (form) "”" }
                " · " (site.rule) @if !site.reason.is_empty() { ": " (site.reason) }
                @if site.places > 1 { " · at " (site.places) " places" }
                @if site.second_look { " " span .tag { "second look" } }
                @if site.stands != Stands::Here { " " span .tag .bad { "not in the document now" } }
            }
            div .row role="radiogroup" aria-label="What is decided" {
                @for (verdict, words) in VERDICTS {
                    div .choice {
                        input type="radio" id=(format!("{name}-{}", word(verdict))) name=(name) value=(word(verdict)) checked[site.verdict == verdict];
                        label for=(format!("{name}-{}", word(verdict))) { (words) }
                    }
                }
            }
        }
    }
}

/// The space between two parts of a quotation, whose ends are cut off.
fn between(left: &str, right: &str) -> &'static str {
    let is_open = left.ends_with(|c: char| c.is_alphanumeric() || ".,;:!?)]}”’%".contains(c));
    let is_word =
        right.starts_with(|c: char| c.is_alphanumeric() || c.is_whitespace() || "([{“‘—–".contains(c));
    if is_open && is_word { " " } else { "" }
}

pub async fn decide(State(server): App, Path(id): Path<String>, form: Form) -> Answer {
    let page: usize = form.number("page").unwrap_or(1);
    decide_about(&server, id.clone(), &form).await?;
    Ok(frame::redirect(&format!("/desk/{id}/sites?page={page}")))
}

/// Takes decisions as fields `v<place>=accept`, with how many places there were as `seen`; `rest=accept` accepts what is open
/// and needs no second look.
pub async fn decide_about(
    server: &std::sync::Arc<crate::Server>,
    id: String,
    form: &Form,
) -> Result<usize, Failure> {
    let seen: usize = form.number("seen")?;
    let mut decided = Vec::new();
    for (name, value) in form.fields() {
        let Some(place) = name.strip_prefix('v').and_then(|place| place.parse::<usize>().ok()) else {
            continue;
        };
        let verdict = VERDICTS.into_iter().find(|(verdict, _)| word(*verdict) == value);
        let (verdict, _) =
            verdict.ok_or_else(|| Failure::input("a verdict is accept, reject, leave or open"))?;
        decided.push((place, verdict));
    }
    let takes_rest = form.text("rest") == "accept";
    server
        .labour(async move |vault| {
            let draft = desk::open_draft(vault, &id).await?;
            let mut decided = decided;
            if takes_rest {
                // In one step, so that one step back takes it back.
                let said: BTreeMap<usize, Verdict> = decided.iter().copied().collect();
                let sites = desk::sites(vault, &draft)?;
                let is_rest = |place: usize, site: &Candidate| {
                    let verdict = said.get(&place).copied().unwrap_or(site.verdict);
                    verdict == Verdict::Open && !site.second_look
                };
                let rest = sites.iter().enumerate().filter(|(place, site)| is_rest(*place, site));
                decided.extend(rest.map(|(place, _)| (place, Verdict::Accept)));
            }
            Ok(desk::decide(vault, &draft, seen, &decided)?.len())
        })
        .await
}
