//! Looks, cases, sightings, sources and the log for programs.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde_json::json;
use tellmark_app::{Ports, cases as all_cases, follow, log as the_log};

use super::{Answer, Part, answer, limit_of};
use crate::body::Form;
use crate::failure::Failure;
use crate::guard::Who;
use crate::pages::{With, follow_source, take_bundle, take_exhibits, take_report};

type App = State<std::sync::Arc<crate::Server>>;

pub async fn look(State(server): App, who: Who, form: Form) -> Answer {
    let finding = take_exhibits(&server, who.number(), &form).await?;
    answer(StatusCode::CREATED, &finding)
}

pub async fn cases(State(server): App, part: Part) -> Answer {
    let all = server.work(all_cases::cases).await?;
    part.of(&all, |case| case.case.clone())
}

pub async fn case(State(server): App, Path(name): Path<String>) -> Answer {
    let all = server.work(all_cases::cases).await?;
    let case = all.into_iter().find(|case| case.case == name);
    answer(StatusCode::OK, &case.ok_or_else(Failure::missing)?)
}

pub async fn bundle(
    State(server): App,
    who: Who,
    Path(name): Path<String>,
    with: Result<Query<With>, QueryRejection>,
) -> Answer {
    let Query(with) = with.map_err(|_| Failure::malformed("`original` is 0 or 1"))?;
    if with.original > 1 {
        return Err(Failure::malformed("`original` is 0 or 1"));
    }
    take_bundle(&server, who.number(), name, with.original > 0).await
}

pub async fn report(State(server): App, Path((name, number)): Path<(String, u32)>) -> Answer {
    take_report(&server, name, number).await
}

pub async fn sightings(State(server): App, part: Part) -> Answer {
    let (after, limit) = part.after_number()?;
    // One more says whether there are more.
    let found =
        server.work(async move |vault| follow::sightings_after(vault, after, limit + 1).await).await?;
    part.begun(&found, |line| line.sighting.to_string())
}

pub async fn sources(State(server): App, part: Part) -> Answer {
    let all = server.work(follow::list).await?;
    part.of(&all, |line| line.source.to_string())
}

pub async fn add_source(State(server): App, who: Who, form: Form) -> Answer {
    let source = follow_source(&server, who.number(), form.text("source").to_owned()).await?;
    answer(StatusCode::CREATED, &source)
}

pub async fn remove_source(State(server): App, who: Who, Path(number): Path<u32>) -> Answer {
    let source =
        server.work(async move |vault| follow::remove(vault, number, &Ports::system()?).await).await?;
    server.note(who.number(), "followed a source no more", source.address).await;
    answer(StatusCode::OK, &json!({ "removed": true }))
}

/// Which entries of the log.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    before: Option<u64>,
    limit: Option<usize>,
}

pub async fn log(State(server): App, at: Result<Query<Before>, QueryRejection>) -> Answer {
    let Query(at) =
        at.map_err(|_| Failure::malformed("the log takes `limit` and `before`, which are numbers"))?;
    let limit = limit_of(at.limit)?;
    let view = server.work(async move |vault| the_log::view(vault, at.before, limit)).await?;
    answer(StatusCode::OK, &view)
}
