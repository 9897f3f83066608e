//! Requests for custodians and orders for names, for programs. To an order no program agrees: that takes two people.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use tellmark_app::{consent, order};

use super::{Answer, Part, answer};
use crate::body::Form;
use crate::guard::Who;
use crate::pages::{approved, ask_for_names, request_file, show_names};

type App = State<std::sync::Arc<crate::Server>>;

pub async fn requests(State(server): App, part: Part) -> Answer {
    let pending = server.work(async |vault| consent::pending(vault)).await?;
    let said = |one: &consent::Pending| {
        let name = one.file.file_name().map(|name| name.to_string_lossy().into_owned());
        json!({ "name": name, "act": one.act, "at": one.at, "agreed": one.agreed, "needed": one.needed })
    };
    let all: Vec<Value> = pending.iter().map(said).collect();
    part.of(&all, |one| one["name"].as_str().unwrap_or_default().to_owned())
}

pub async fn request(State(server): App, Path(name): Path<String>) -> Answer {
    request_file(&server, name).await
}

pub async fn approve(State(server): App, who: Who, form: Form) -> Answer {
    let act = approved(&server, who.number(), &form).await?;
    answer(StatusCode::CREATED, &json!({ "act": act }))
}

pub async fn orders(State(server): App, part: Part) -> Answer {
    let all = server.work(async |vault| order::list(vault, None, 0, u32::MAX).await).await?;
    part.of(&all, |line| line.order.to_string())
}

pub async fn ask(
    State(server): App,
    who: Who,
    Path((case, look)): Path<(String, u32)>,
    form: Form,
) -> Answer {
    let line = ask_for_names(&server, who.number(), (case, look), form.text("because").to_owned()).await?;
    answer(StatusCode::CREATED, &line)
}

pub async fn show(State(server): App, who: Who, Path(number): Path<u32>, form: Form) -> Answer {
    let finding = show_names(&server, who.number(), number, form.text("languages")).await?;
    answer(StatusCode::CREATED, &finding)
}
