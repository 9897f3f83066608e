//! The same use cases for programs: under `/api/v1`, in JSON, with tokens.

mod describe;
mod documents;
mod drafts;
mod investigating;
pub mod once;

use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::body::Takes;
use crate::failure::Failure;
use crate::roles::Action;
use crate::routes::Routes;

/// What a handler for programs answers.
type Answer = Result<Response, Failure>;
/// Items of one answer, unless fewer are asked for.
const LIMIT_MAX: usize = 1_000;

/// Adds everything for programs.
pub fn add(routes: Routes) -> Routes {
    use Action::{
        Follow, Hold, Prepare, Prove, Public, ReadCases, ReadDocuments, ReadHolders, ReadLog, ReadSightings,
        Seal, TakeCopies, Trace,
    };
    use Takes::{Files, Form, Nothing};
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const DELETE: Method = Method::DELETE;
    let routes = routes
        .api((GET, "/api/v1/openapi.json"), (Public, Nothing), "This description", describe::openapi)
        .api(
            (GET, "/api/v1/releases"),
            (ReadDocuments, Nothing),
            "List the releases, the oldest first",
            documents::releases,
        )
        .api(
            (GET, "/api/v1/releases/{release}"),
            (ReadDocuments, Nothing),
            "A release, by its id, the beginning of it, or its name",
            documents::release,
        )
        .api(
            (POST, "/api/v1/releases/{release}/extend"),
            (Seal, Form),
            "Lay the adding of copies on the desk",
            drafts::extend,
        )
        .api(
            (GET, "/api/v1/releases/{release}/copies"),
            (ReadHolders, Nothing),
            "List the copies of a release with their holders",
            documents::copies,
        )
        .api(
            (GET, "/api/v1/releases/{release}/copies.zip"),
            (TakeCopies, Nothing),
            "All delivered copies as one archive",
            documents::archive,
        )
        .api(
            (GET, "/api/v1/releases/{release}/copies/{copy}/file"),
            (TakeCopies, Nothing),
            "The file of a copy",
            documents::file,
        )
        .api(
            (POST, "/api/v1/releases/{release}/copies/{copy}/holders"),
            (Hold, Form),
            "Record a holder: `holder`, `since`, `assumed`, `because`",
            documents::give,
        )
        .api(
            (POST, "/api/v1/releases/{release}/copies/{copy}/withdraw"),
            (Hold, Form),
            "Withdraw a copy: `because`",
            documents::withdraw,
        );
    let routes = routes
        .api((GET, "/api/v1/drafts"), (Prepare, Nothing), "List what lies on the desk, the newest first", drafts::list)
        .api((POST, "/api/v1/drafts"), (Prepare, Files), "Lay a document on the desk: `file`, and `name`, `alpha`, `revises`, `visible`, `new`", drafts::add)
        .api((GET, "/api/v1/drafts/{id}"), (Prepare, Nothing), "A draft, and what became of it", drafts::one)
        .api((DELETE, "/api/v1/drafts/{id}"), (Prepare, Nothing), "Take a draft from the desk", drafts::remove)
        .api((GET, "/api/v1/drafts/{id}/plan"), (Prepare, Nothing), "What a draft can carry", drafts::plan)
        .api((GET, "/api/v1/drafts/{id}/sites"), (Prepare, Nothing), "The places at which copies may differ, with what was decided", drafts::sites)
        .api((POST, "/api/v1/drafts/{id}/sites"), (Prepare, Form), "Decide about places: `seen`, and `v0`, `v1` and so on: accept, reject, leave, open; `rest`: accept", drafts::decide)
        .api((POST, "/api/v1/drafts/{id}/roster"), (Prepare, Files), "Say who gets a copy: a CSV `file`, or `roster` as text, or `numbered`", drafts::roster)
        .api((POST, "/api/v1/drafts/{id}/seal"), (Seal, Form), "Begin to seal, or go on with it", drafts::seal)
        .api((POST, "/api/v1/drafts/{id}/stop"), (Seal, Form), "Stop sealing between two copies", drafts::stop)
        .api((GET, "/api/v1/drafts/{id}/progress"), (Prepare, Nothing), "How far sealing is, as server-sent events", drafts::progress);
    routes
        .api(
            (POST, "/api/v1/looks"),
            (Trace, Files),
            "Trace exhibits: `file`, several of them, or `text`; and `case` or `new`, `because`, `languages`",
            investigating::look,
        )
        .api(
            (GET, "/api/v1/cases"),
            (ReadCases, Nothing),
            "List the cases, the oldest first",
            investigating::cases,
        )
        .api(
            (GET, "/api/v1/cases/{case}"),
            (ReadCases, Nothing),
            "A case with its looks",
            investigating::case,
        )
        .api(
            (GET, "/api/v1/cases/{case}/bundle"),
            (Prove, Nothing),
            "The evidence of its last finding; with the original by `original=1`",
            investigating::bundle,
        )
        .api(
            (GET, "/api/v1/sightings"),
            (ReadSightings, Nothing),
            "List the sightings, the oldest first",
            investigating::sightings,
        )
        .api((GET, "/api/v1/sources"), (ReadSightings, Nothing), "List the sources", investigating::sources)
        .api(
            (POST, "/api/v1/sources"),
            (Follow, Form),
            "Follow a source in the network: `source`",
            investigating::add_source,
        )
        .api(
            (DELETE, "/api/v1/sources/{number}"),
            (Follow, Nothing),
            "Follow a source no more",
            investigating::remove_source,
        )
        .api(
            (GET, "/api/v1/log"),
            (ReadLog, Nothing),
            "The head of the log, and entries before the one of `before`",
            investigating::log,
        )
}

/// A part of a list.
#[derive(Debug, Deserialize)]
pub struct Part {
    limit: Option<usize>,
    after: Option<String>,
}

impl Part {
    /// The items behind the one that `after` names, and what names the last of them where there are more.
    fn of<T: Serialize>(&self, all: &[T], name: impl Fn(&T) -> String) -> Answer {
        let limit = self.limit.unwrap_or(100).clamp(1, LIMIT_MAX);
        let begin = match &self.after {
            None => 0,
            Some(after) => {
                let found = all.iter().position(|item| name(item) == *after);
                found.ok_or_else(|| Failure::input("`after` names nothing in this list; begin without it"))?
                    + 1
            }
        };
        let items = &all[begin..all.len().min(begin + limit)];
        let next = items.last().filter(|_| begin + items.len() < all.len()).map(name);
        answer(StatusCode::OK, &json!({ "items": items, "next": next }))
    }
}

/// JSON as an answer.
fn answer(status: StatusCode, value: &impl Serialize) -> Answer {
    let text = serde_json::to_string(value).map_err(|_| Failure::broken("an answer could not be written"))?;
    Ok((status, [(header::CONTENT_TYPE, "application/json")], text).into_response())
}

/// An answer of RFC 9457.
pub fn problem(failure: &Failure) -> Response {
    let said: Value = json!({
        "type": "about:blank",
        "title": failure.title,
        "status": failure.status.as_u16(),
        "detail": failure.detail,
    });
    let mut response = (failure.status, said.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if failure.status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}
