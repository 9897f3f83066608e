//! The desk for programs.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use tellmark_app::desk::{self, Draft, State as DraftState, Wish};
use tellmark_app::review::{Candidate, word};
use tellmark_app::{DEFAULT_ALPHA, Ports};

use super::{Answer, Part, answer};
use crate::body::Form;
use crate::failure::Failure;
use crate::guard::Who;
use crate::jobs;
use crate::pages::{begin_sealing, decide_about, follow_progress, remove_draft, take_mail, take_roster};

type App = State<std::sync::Arc<crate::Server>>;

/// A draft as programs see it.
fn said(draft: &Draft) -> Value {
    let state = DraftState::of(draft);
    let message = match state {
        DraftState::Sealed => serde_json::from_str(&draft.message).unwrap_or(Value::Null),
        // Who seals it is nobody's concern.
        DraftState::Sealing => Value::String(String::new()),
        _ => Value::String(draft.message.clone()),
    };
    json!({
        "id": draft.id,
        "file_name": draft.file_name,
        "state": state,
        "message": message,
        "release": draft.release,
        "options": serde_json::from_str::<Value>(&draft.options).unwrap_or(Value::Null),
        "made_at": draft.made_at,
        "changed_at": draft.changed_at,
    })
}

pub async fn list(State(server): App, part: Part) -> Answer {
    let all = server.work(async |vault| Ok(vault.store.drafts().await?)).await?;
    let all: Vec<Value> = all.iter().map(said).collect();
    part.of(&all, |draft| draft["id"].as_str().unwrap_or_default().to_owned())
}

pub async fn add(State(server): App, who: Who, form: Form) -> Answer {
    let file = form.file()?.clone();
    let account = who.number();
    let alpha = Some(form.text("alpha")).filter(|alpha| !alpha.is_empty()).unwrap_or(DEFAULT_ALPHA);
    let wish = Wish {
        name: form.text("name").into(),
        alpha: alpha.into(),
        revises: form.text("revises").into(),
        visible: form.text("visible").into(),
        new: form.is_set("new"),
        ..Wish::default()
    };
    let draft = server
        .labour(async move |vault| {
            desk::add(vault, &file.name, &file.bytes, &wish, account, &mut Ports::system()?).await
        })
        .await?;
    server.note(account, "laid on the desk", draft.file_name.clone()).await;
    answer(StatusCode::CREATED, &said(&draft))
}

pub async fn extend(State(server): App, who: Who, Path(release): Path<String>, _: Form) -> Answer {
    let account = who.number();
    let draft = server
        .work(async move |vault| desk::extend(vault, &release, account, &mut Ports::system()?).await)
        .await?;
    answer(StatusCode::CREATED, &said(&draft))
}

async fn find(server: &std::sync::Arc<crate::Server>, id: String) -> Result<Draft, Failure> {
    server.work(async move |vault| Ok(vault.store.draft(&id).await?)).await
}

pub async fn one(State(server): App, Path(id): Path<String>) -> Answer {
    answer(StatusCode::OK, &said(&find(&server, id).await?))
}

pub async fn remove(State(server): App, who: Who, Path(id): Path<String>) -> Answer {
    remove_draft(&server, who.number(), id).await?;
    answer(StatusCode::OK, &json!({ "removed": true }))
}

pub async fn plan(State(server): App, Path(id): Path<String>) -> Answer {
    let summary = server
        .labour(async move |vault| desk::planned_as_file(vault, &vault.store.draft(&id).await?))
        .await?;
    answer(StatusCode::OK, &summary.told())
}

pub async fn sites(State(server): App, Path(id): Path<String>, part: Part) -> Answer {
    let sites =
        server.labour(async move |vault| desk::sites(vault, &desk::open_draft(vault, &id).await?)).await?;
    let said = |(place, site): (usize, &Candidate)| {
        json!({
            "seen": sites.len(),
            "place": place,
            "verdict": word(site.verdict),
            "rule": site.rule,
            "reason": site.reason,
            "second_look": site.second_look,
            "places": site.places,
            "before": site.quote.before,
            "found": site.quote.found,
            "after": site.quote.after,
            "variants": site.variants,
        })
    };
    let items: Vec<Value> = sites.iter().enumerate().map(said).collect();
    part.of(&items, |site| site["place"].to_string())
}

pub async fn decide(State(server): App, Path(id): Path<String>, form: Form) -> Answer {
    let seen = decide_about(&server, id, &form).await?;
    answer(StatusCode::OK, &json!({ "seen": seen }))
}

pub async fn roster(State(server): App, Path(id): Path<String>, form: Form) -> Answer {
    let copies = take_roster(&server, id, form).await?;
    answer(StatusCode::OK, &json!({ "copies": copies }))
}

pub async fn mail(State(server): App, Path(id): Path<String>, form: Form) -> Answer {
    answer(StatusCode::OK, &said(&take_mail(&server, id, &form).await?))
}

pub async fn seal(State(server): App, who: Who, Path(id): Path<String>, _: Form) -> Answer {
    begin_sealing(&server, who.number(), &id).await?;
    answer(StatusCode::ACCEPTED, &said(&find(&server, id).await?))
}

pub async fn stop(State(server): App, who: Who, Path(id): Path<String>, _: Form) -> Answer {
    jobs::stop(&server, &id).await?;
    server.note(who.number(), "stopped a sealing", id.clone()).await;
    answer(StatusCode::ACCEPTED, &said(&find(&server, id).await?))
}

pub async fn progress(State(server): App, Path(id): Path<String>) -> Answer {
    follow_progress(&server, id).await
}
