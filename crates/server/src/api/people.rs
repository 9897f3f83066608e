//! Accounts for programs: who works here, inviting somebody, another role.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use tellmark_app::people::Account;

use super::{Answer, Part, answer};
use crate::body::Form;
use crate::guard::Who;
use crate::pages::{change_account, invite_somebody};

type App = State<std::sync::Arc<crate::Server>>;

fn said(account: &Account) -> Value {
    json!({
        "number": account.number,
        "name": account.name,
        "role": account.role,
        "created_at": account.created_at,
        "disabled_at": account.disabled_at,
    })
}

pub async fn list(State(server): App, part: Part) -> Answer {
    let all = server.work(async |vault| Ok(vault.store.accounts().await?)).await?;
    let all: Vec<Value> = all.iter().map(said).collect();
    part.of(&all, |account| account["number"].to_string())
}

pub async fn invite(State(server): App, who: Who, form: Form) -> Answer {
    let link = invite_somebody(&server, who.number(), form.text("role")).await?;
    answer(StatusCode::CREATED, &json!({ "link": link }))
}

pub async fn change(State(server): App, who: Who, Path(number): Path<u32>, form: Form) -> Answer {
    let closed = (!form.text("closed").is_empty()).then(|| form.is_set("closed"));
    let account = change_account(&server, who.number(), number, (form.text("role"), closed)).await?;
    answer(StatusCode::OK, &said(&account))
}
