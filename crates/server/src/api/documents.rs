//! Releases, copies and holders for programs.

use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use serde_json::json;
use tellmark_app::{copies, holders};

use super::{Answer, Part, answer};
use crate::body::Form;
use crate::failure::Failure;
use crate::guard::Who;
use crate::pages::{archive as whole_archive, given, one_copy, withdrawn};
use crate::state::release_of;

type App = State<std::sync::Arc<crate::Server>>;

pub async fn releases(State(server): App, part: Part) -> Answer {
    let all = server.releases().await?;
    part.of(&all, |line| line.release.to_string())
}

pub async fn release(State(server): App, Path(said): Path<String>) -> Answer {
    let line = server
        .work(async move |vault| {
            let own = release_of(vault, &said).await?;
            let of_lineage = copies::releases_of(vault, own.lineage).await?;
            Ok(of_lineage.into_iter().find(|line| line.release == own.id))
        })
        .await?;
    answer(StatusCode::OK, &line.ok_or_else(Failure::missing)?)
}

pub async fn copies(State(server): App, Path(said): Path<String>, part: Part) -> Answer {
    let all = server
        .work(async move |vault| holders::list_of(vault, &release_of(vault, &said).await?).await)
        .await?;
    part.of(&all, |held| held.copy.clone())
}

pub async fn archive(State(server): App, who: Who, Path(release): Path<String>) -> Answer {
    whole_archive(&server, who.number(), release).await
}

pub async fn file(
    State(server): App,
    who: Who,
    Path((release, copy)): Path<(String, String)>,
    method: Method,
) -> Answer {
    // Whoever asks only whether it is there has nothing made, and nothing recorded.
    one_copy(&server, who.number(), (release, copy), method != Method::HEAD).await
}

pub async fn give(
    State(server): App,
    who: Who,
    Path((release, copy)): Path<(String, String)>,
    form: Form,
) -> Answer {
    let held = given(&server, who.number(), release, copy, &form).await?;
    answer(StatusCode::CREATED, &held)
}

pub async fn withdraw(
    State(server): App,
    who: Who,
    Path((release, copy)): Path<(String, String)>,
    form: Form,
) -> Answer {
    let why = "`because` says why the copy is withdrawn";
    let copy = withdrawn(&server, who.number(), &release, copy, form.text("because"), why).await?;
    answer(StatusCode::OK, &json!({ "copy": copy, "withdrawn": true }))
}
