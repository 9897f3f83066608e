//! Releases, copies and holders for programs.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde_json::json;
use tellmark_app::holders::{self, Given};
use tellmark_app::{Ports, copies};

use super::{Answer, Part, answer};
use crate::body::Form;
use crate::failure::Failure;
use crate::guard::Who;
use crate::pages::{archive as whole_archive, one_copy};
use crate::state::release_of;

type App = State<std::sync::Arc<crate::Server>>;

pub async fn releases(State(server): App, Query(part): Query<Part>) -> Answer {
    let all = server.releases().await?;
    part.of(&all, |line| line.release.to_string())
}

pub async fn release(State(server): App, Path(said): Path<String>) -> Answer {
    let line = server
        .work(async move |vault| {
            let id = release_of(vault, &said).await?.id;
            Ok(copies::releases(vault).await?.into_iter().find(|line| line.release == id))
        })
        .await?;
    answer(StatusCode::OK, &line.ok_or_else(Failure::missing)?)
}

pub async fn copies(State(server): App, Path(said): Path<String>, Query(part): Query<Part>) -> Answer {
    let all = server
        .work(async move |vault| {
            let id = release_of(vault, &said).await?.id.to_string();
            holders::list(vault, Some(&id)).await
        })
        .await?;
    part.of(&all, |held| held.copy.clone())
}

pub async fn archive(State(server): App, who: Who, Path(release): Path<String>) -> Answer {
    whole_archive(&server, who.number(), release).await
}

pub async fn file(State(server): App, who: Who, Path((release, copy)): Path<(String, String)>) -> Answer {
    one_copy(&server, who.number(), release, copy).await
}

pub async fn give(
    State(server): App,
    who: Who,
    Path((release, copy)): Path<(String, String)>,
    form: Form,
) -> Answer {
    let given = Given {
        release,
        copy,
        holder: form.text("holder").into(),
        since: Some(form.text("since").to_owned()).filter(|since| !since.is_empty()),
        assumed: form.is_set("assumed"),
        because: form.text("because").into(),
    };
    let held = server.work(async move |vault| holders::give(vault, &given, &Ports::system()?).await).await?;
    server.note(who.number(), "recorded a holder", format!("copy {} of {}", held.copy, held.release)).await;
    answer(StatusCode::CREATED, &held)
}

pub async fn withdraw(
    State(server): App,
    who: Who,
    Path((release, copy)): Path<(String, String)>,
    form: Form,
) -> Answer {
    let because = form.text("because").to_owned();
    if because.is_empty() {
        return Err(Failure::input("`because` says why the copy is withdrawn"));
    }
    let said = release.clone();
    let copy = server
        .work(async move |vault| copies::withdraw(vault, &said, &copy, &because, &Ports::system()?).await)
        .await?;
    server.note(who.number(), "withdrew", format!("copy {copy} of {release}")).await;
    answer(StatusCode::OK, &json!({ "copy": copy, "withdrawn": true }))
}
