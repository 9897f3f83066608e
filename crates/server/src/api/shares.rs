//! Links for recipients, for programs.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use tellmark_app::share::{self, Share};

use super::{Answer, Part, answer};
use crate::body::Form;
use crate::guard::Who;
use crate::pages::{end_link, make_links};
use crate::state::release_of;

type App = State<std::sync::Arc<crate::Server>>;

fn said(share: &Share) -> Value {
    json!({
        "number": share.number,
        "copy": share.copy,
        "email": share.email,
        "made_by": share.made_by,
        "made_at": share.made_at,
        "expires_at": share.expires_at,
        "ended_at": share.ended_at,
    })
}

pub async fn list(State(server): App, Path(said_release): Path<String>, part: Part) -> Answer {
    let (skip, limit) = part.numbered()?;
    let (shares, all) = server
        .work(async move |vault| {
            let id = release_of(vault, &said_release).await?.id;
            Ok((vault.store.shares_part(id, skip, limit).await?, vault.store.share_count(id).await?))
        })
        .await?;
    let items: Vec<Value> = shares.iter().map(said).collect();
    part.answer_numbered(&items, skip, all)
}

pub async fn make(State(server): App, who: Who, Path(release): Path<String>, form: Form) -> Answer {
    let copies = form.all("copies");
    let wanted = (!copies.is_empty()).then_some(copies);
    let days = if form.text("days").is_empty() { share::DAYS_USUAL } else { form.number("days")? };
    let links = make_links(&server, who.number(), release, wanted, days).await?;
    let base = server.settings.base();
    let items: Vec<Value> = links
        .iter()
        .map(|link| json!({ "copy": link.copy, "name": link.name, "email": link.email, "link": format!("{base}/s/{}", link.secret) }))
        .collect();
    answer(StatusCode::CREATED, &json!({ "items": items }))
}

pub async fn end(
    State(server): App,
    who: Who,
    Path((release, number)): Path<(String, u32)>,
    _: Form,
) -> Answer {
    let share = end_link(&server, who.number(), release, number).await?;
    answer(StatusCode::OK, &said(&share))
}

pub async fn visits(State(server): App, Path((release, number)): Path<(String, u32)>, part: Part) -> Answer {
    let (skip, limit) = part.numbered()?;
    let (visits, all) = server
        .work(async move |vault| {
            let own = release_of(vault, &release).await?;
            let share = share::one(vault, own.id, number).await?;
            share::visits(vault, &share, skip, limit).await
        })
        .await?;
    let items: Vec<Value> =
        visits.iter().map(|visit| json!({ "what": visit.what, "at": visit.at })).collect();
    part.answer_numbered(&items, skip, all)
}
