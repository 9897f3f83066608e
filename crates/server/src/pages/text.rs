//! Changing a draft's text on the desk: the author's variants and barium points, with numbers that change while it is written.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use maud::{Markup, html};
use tellmark_app::desk::{self, Numbers};

use super::{Answer, App};
use crate::api::answer;
use crate::body::Form;
use crate::failure::Failure;
use crate::guard::Who;
use crate::state::now;
use crate::{frame, said};

pub async fn page(State(server): App, who: Who, Path(id): Path<String>) -> Answer {
    let (draft, text, plan) = server
        .labour(async move |vault| {
            let draft = desk::open_draft(vault, &id).await?;
            let (text, plan) = (desk::text(vault, &draft)?, desk::planned(vault, &draft));
            Ok((draft, text, plan.map(|plan| Numbers::of(&plan)).map_err(|error| error.to_string())))
        })
        .await?;
    let here = format!("/desk/{}", draft.id);
    let Some(text) = text else {
        return Err(Failure::input(
            "this document is changed in the program that wrote it: write {one|another} there, and lay it on the desk again",
        ));
    };
    let content = html! {
        p .kicker { a href=(here) { (draft.file_name) } }
        h1 { "The text and its variants" }
        p { "Write " code { "{one|another}" } " where copies may differ, and " code { "{? about thirty | 31 ?}" } " for a fact that is true either way and survives retelling. " code { "{= … =}" } " keeps a passage as it is." }
        (numbers(&plan))
        form method="post" action=(format!("{here}/text")) enctype="multipart/form-data" data-try=(format!("{here}/text/try")) {
            input type="hidden" name="csrf" value=(who.csrf);
            div .row {
                button .second .small type="button" hidden data-wrap="{,|,}" { "Variant" }
                button .second .small type="button" hidden data-wrap="{? , | , ?}" { "Barium point" }
                button .second .small type="button" hidden data-wrap="{= ,, =}" { "Keep as it is" }
            }
            (frame::field("text", "Text", "", &html! { textarea #text .long name="text" spellcheck="false" { "\n" (text) } }))
            div .sticky .row { button { "Save" } a href=(here) { "Back without saving" } }
        }
    };
    Ok(frame::page(&server, &who, "/desk", "The text", &content))
}

/// The numbers as they stand; a script puts others in their place.
fn numbers(plan: &Result<Numbers, String>) -> Markup {
    let of = |pick: fn(&Numbers) -> usize| plan.as_ref().map_or(0, pick);
    let one = |name: &str, words: &str, number: usize| html! { div { dt { (words) } dd data-number=(name) { (said::grouped(number as u64)) } } };
    html! {
        dl .measures aria-live="polite" {
            (one("words", "Words", of(|own| own.words)))
            (one("sites", "Places where copies differ", of(|own| own.sites)))
            (one("author", "Of them yours", of(|own| own.author)))
            (one("points", "Barium points", of(|own| own.points)))
            (one("telling", "Paragraphs that name a copy alone", of(|own| own.telling)))
        }
        p role="status" data-said="" { @if let Err(why) = plan { (frame::lines(why)) } }
        ul data-promise="" { @for line in plan.iter().flat_map(|own| &own.promise) { li { (line) } } }
    }
}

/// The numbers of a text that is not saved, or what is wrong with it.
pub async fn attempt(State(server): App, Path(id): Path<String>, form: Form) -> Answer {
    let text = form.raw("text").to_owned();
    let tried = server
        .labour(async move |vault| {
            let draft = desk::open_draft(vault, &id).await?;
            Ok(Numbers::of(&desk::tried(vault, &draft, &text)?))
        })
        .await;
    match tried {
        Ok(numbers) => answer(StatusCode::OK, &numbers),
        Err(failure) if failure.status == StatusCode::UNPROCESSABLE_ENTITY => {
            answer(StatusCode::OK, &serde_json::json!({ "wrong": failure.detail }))
        }
        Err(failure) => Err(failure),
    }
}

pub async fn save(State(server): App, who: Who, Path(id): Path<String>, form: Form) -> Answer {
    let (own, text) = (id.clone(), form.raw("text").to_owned());
    let draft = server
        .labour(async move |vault| {
            let draft = desk::open_draft(vault, &own).await?;
            desk::set_text(vault, draft, &text, now()).await
        })
        .await?;
    server.note(who.number(), "changed a text", draft.file_name).await;
    Ok(frame::redirect(&format!("/desk/{id}")))
}
