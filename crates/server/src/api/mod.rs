//! The same use cases for programs: under `/api/v1`, in JSON, with tokens.

mod consent;
mod describe;
mod documents;
mod drafts;
mod investigating;
pub mod once;
mod people;
mod shares;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::fields::{Field, Kind, may, must};
use crate::roles::Action;
use crate::routes::Routes;

/// What a handler for programs answers.
type Answer = Result<Response, Failure>;
/// Items of one answer, unless fewer are asked for.
const LIMIT_MAX: usize = 1_000;
/// Where nothing is said.
const LIMIT_USUAL: usize = 100;

/// What somebody is in the office, as fields say it.
const ROLES: Kind = Kind::Word(&["owner", "author", "custodian", "investigator", "auditor"]);
/// Why something is done.
const BECAUSE: Field = must("because", Kind::Text);
/// One file.
const FILE: &[Field] = &[must("file", Kind::File)];
/// What is followed.
const SOURCE: &[Field] = &[must("source", Kind::Text)];
/// Languages of text in pictures.
const LANGUAGES: &[Field] = &[may("languages", Kind::Text)];
/// Somebody who is invited.
const INVITED: &[Field] = &[must("role", ROLES)];
/// What changes of an account.
const CHANGED: &[Field] = &[may("role", ROLES), may("closed", Kind::Flag)];
/// Nothing is sent along.
const NONE: &[Field] = &[];
/// A document for the desk.
const DRAFT: &[Field] = &[
    must("file", Kind::File),
    may("name", Kind::Text),
    may("alpha", Kind::Text),
    may("revises", Kind::Text),
    may("visible", Kind::Text),
    may("new", Kind::Flag),
];
/// Who holds a copy.
const HOLDER: &[Field] = &[
    must("holder", Kind::Text),
    may("since", Kind::Text),
    may("assumed", Kind::Flag),
    may("because", Kind::Text),
];
/// What was decided about sites.
const DECISIONS: &[Field] = &[
    must("seen", Kind::Number(0, 1 << 20)),
    may("v", Kind::Each(&["accept", "reject", "leave", "open"])),
    may("rest", Kind::Word(&["accept"])),
];
/// Who gets a copy.
const ROSTER: &[Field] =
    &[may("file", Kind::File), may("roster", Kind::Text), may("numbered", Kind::Number(1, 1_000_000))];
/// What leaked.
const EXHIBITS: &[Field] = &[
    may("file", Kind::Files),
    may("text", Kind::Text),
    may("sighting", Kind::List),
    may("case", Kind::Text),
    may("new", Kind::Text),
    may("because", Kind::Text),
    may("languages", Kind::Text),
    may("release", Kind::Text),
];
/// Links for some copies, or for all.
const LINKS: &[Field] =
    &[may("copies", Kind::List), may("days", Kind::Number(1, tellmark_app::share::DAYS_MAX))];

/// Adds everything for programs.
#[rustfmt::skip] // A table: a line for each route.
pub fn add(routes: Routes) -> Routes {
    use Action::{
        Consent, Follow, Hold, People, Prepare, Prove, Public, ReadCases, ReadDocuments, ReadHolders, ReadLog, ReadSightings,
        Seal, Share, TakeCopies, Trace,
    };
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const DELETE: Method = Method::DELETE;
    let routes = routes
        .api((GET, "/api/v1/openapi.json"), (Public, NONE), "This description", describe::openapi)
        .api((GET, "/api/v1/releases"), (ReadDocuments, NONE), "List the releases, the oldest first", documents::releases)
        .api((GET, "/api/v1/releases/{release}"), (ReadDocuments, NONE), "A release, by its id, the beginning of it, or its name", documents::release)
        .api((POST, "/api/v1/releases/{release}/extend"), (Seal, NONE), "Lay the adding of copies on the desk", drafts::extend)
        .api((GET, "/api/v1/releases/{release}/copies"), (ReadHolders, NONE), "List the copies of a release with their holders", documents::copies)
        .api((GET, "/api/v1/releases/{release}/copies.zip"), (TakeCopies, NONE), "All delivered copies as one archive, with the ready drafts of mail beside them", documents::archive)
        .api((GET, "/api/v1/releases/{release}/copies/{copy}/file"), (TakeCopies, NONE), "The file of a copy", documents::file)
        .api((POST, "/api/v1/releases/{release}/copies/{copy}/holders"), (Hold, HOLDER), "Record a holder; `since` is a day, as 2026-05-03", documents::give)
        .api((POST, "/api/v1/releases/{release}/copies/{copy}/withdraw"), (Hold, &[BECAUSE]), "Withdraw a copy", documents::withdraw)
        .api((GET, "/api/v1/releases/{release}/shares"), (Share, NONE), "List the links for recipients of a release", shares::list)
        .api((POST, "/api/v1/releases/{release}/shares"), (Share, LINKS), "Make links for copies, or for all that are not withdrawn; they are shown this once", shares::make)
        .api((POST, "/api/v1/releases/{release}/shares/{number}/end"), (Share, NONE), "End a link", shares::end)
        .api((GET, "/api/v1/releases/{release}/shares/{number}/visits"), (Share, NONE), "List what was done at a link, the newest first", shares::visits);
    let routes = routes
        .api((GET, "/api/v1/drafts"), (Prepare, NONE), "List what lies on the desk, the newest first", drafts::list)
        .api((POST, "/api/v1/drafts"), (Prepare, DRAFT), "Lay a document on the desk", drafts::add)
        .api((GET, "/api/v1/drafts/{id}"), (Prepare, NONE), "A draft, and what became of it", drafts::one)
        .api((DELETE, "/api/v1/drafts/{id}"), (Prepare, NONE), "Take a draft from the desk", drafts::remove)
        .api((GET, "/api/v1/drafts/{id}/plan"), (Prepare, NONE), "What a draft can carry", drafts::plan)
        .api((GET, "/api/v1/drafts/{id}/sites"), (Prepare, NONE), "List the places at which copies may differ, with what was decided", drafts::sites)
        .api((POST, "/api/v1/drafts/{id}/sites"), (Prepare, DECISIONS), "Decide about places, `v0` about the first; `seen` says how many there were", drafts::decide)
        .api((POST, "/api/v1/drafts/{id}/roster"), (Prepare, ROSTER), "Say who gets a copy: a CSV file, the same as text, or how many numbered copies", drafts::roster)
        .api((POST, "/api/v1/drafts/{id}/mail"), (Prepare, FILE), "Give a message of which each copy gets a ready draft", drafts::mail)
        .api((POST, "/api/v1/drafts/{id}/seal"), (Seal, NONE), "Begin to seal, or go on with it", drafts::seal)
        .api((POST, "/api/v1/drafts/{id}/stop"), (Seal, NONE), "Stop sealing between two copies", drafts::stop)
        .api((GET, "/api/v1/drafts/{id}/progress"), (Prepare, NONE), "How far sealing is, as server-sent events", drafts::progress);
    let routes = routes
        .api((POST, "/api/v1/looks"), (Trace, EXHIBITS), "Trace exhibits: files, a text, sightings; into a `case` that is there, or a `new` one; against one `release` alone, where one is given", investigating::look)
        .api((GET, "/api/v1/cases"), (ReadCases, NONE), "List the cases, the oldest first", investigating::cases)
        .api((GET, "/api/v1/cases/{case}"), (ReadCases, NONE), "A case with its looks", investigating::case)
        .api((GET, "/api/v1/cases/{case}/looks/{look}/report"), (ReadCases, NONE), "The report of a look", investigating::report)
        .api((POST, "/api/v1/cases/{case}/looks/{look}/names"), (Trace, &[BECAUSE]), "Ask to see who is who in a look that named nobody: an order, to which two people agree in their browsers", consent::ask)
        .api((GET, "/api/v1/cases/{case}/bundle"), (Prove, NONE), "The evidence of its last finding; with the original by `original=1`", investigating::bundle)
        .api((GET, "/api/v1/sightings"), (ReadSightings, NONE), "List the sightings, the oldest first", investigating::sightings)
        .api((GET, "/api/v1/sources"), (ReadSightings, NONE), "List the sources", investigating::sources)
        .api((POST, "/api/v1/sources"), (Follow, SOURCE), "Follow a source in the network", investigating::add_source)
        .api((DELETE, "/api/v1/sources/{number}"), (Follow, NONE), "Follow a source no more", investigating::remove_source)
        .api((GET, "/api/v1/log"), (ReadLog, NONE), "The head of the log, and entries before the one of `before`", investigating::log);
    routes
        .api((GET, "/api/v1/requests"), (Consent, NONE), "List what waits for custodians", consent::requests)
        .api((GET, "/api/v1/requests/{name}/file"), (Consent, NONE), "A request, for custodians to sign", consent::request)
        .api((POST, "/api/v1/requests"), (Consent, FILE), "Record what a custodian signed", consent::approve)
        .api((GET, "/api/v1/orders"), (ReadCases, NONE), "List the orders to show who is who, the newest first", consent::orders)
        .api((POST, "/api/v1/orders/{number}/show"), (Trace, LANGUAGES), "Carry out an order to which two people agreed", consent::show)
        .api((GET, "/api/v1/people"), (People, NONE), "List the accounts", people::list)
        .api((POST, "/api/v1/people"), (People, INVITED), "Invite somebody with a role; the link is shown this once", people::invite)
        .api((POST, "/api/v1/people/{number}"), (People, CHANGED), "Give an account another role, close it, or open it again", people::change)
}

/// A part of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    limit: Option<usize>,
    after: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Part {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Part, Failure> {
        let part = Query::<Part>::from_request_parts(parts, state).await;
        let why = || {
            format!("a list takes `limit`, a number from 1 to {LIMIT_MAX}, and `after`, each at most once")
        };
        let Query(part) = part.map_err(|_| Failure::malformed(why()))?;
        limit_of(part.limit).map(|_| part)
    }
}

/// How many items are asked for: a hundred where nothing is said.
fn limit_of(limit: Option<usize>) -> Result<usize, Failure> {
    let limit = limit.unwrap_or(LIMIT_USUAL);
    match (1..=LIMIT_MAX).contains(&limit) {
        true => Ok(limit),
        false => Err(Failure::malformed(format!("`limit` is a number from 1 to {LIMIT_MAX}"))),
    }
}

impl Part {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(LIMIT_USUAL)
    }

    /// The items behind the one that `after` names, and what names the last of them where there are more.
    fn of<T: Serialize>(&self, all: &[T], name: impl Fn(&T) -> String) -> Answer {
        let limit = self.limit();
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

    /// After which number a list begins whose items are read by their own numbers, and how many are wanted.
    fn after_number(&self) -> Result<(u32, u32), Failure> {
        let (after, limit) = self.numbered()?;
        Ok((u32::try_from(after).unwrap_or(u32::MAX), limit))
    }

    /// The items with which a list goes on, and what names the last of those that are wanted where more were found.
    fn begun<T: Serialize>(&self, found: &[T], name: impl Fn(&T) -> String) -> Answer {
        let items = &found[..found.len().min(self.limit())];
        let next = items.last().filter(|_| items.len() < found.len()).map(name);
        answer(StatusCode::OK, &json!({ "items": items, "next": next }))
    }

    /// Where a list begins whose items are read by their places, and how many are wanted: `after` is how many came before.
    fn numbered(&self) -> Result<(u64, u32), Failure> {
        let skip = match &self.after {
            None => 0,
            Some(after) => after
                .parse::<u32>()
                .map_err(|_| Failure::input("`after` names nothing in this list; begin without it"))?,
        };
        Ok((skip.into(), self.limit() as u32))
    }

    /// The items of such a list, of which there are `all`.
    fn answer_numbered<T: Serialize>(&self, items: &[T], skip: u64, all: u64) -> Answer {
        let end = skip + items.len() as u64;
        let next = (!items.is_empty() && end < all).then(|| end.to_string());
        answer(StatusCode::OK, &json!({ "items": items, "next": next }))
    }
}

/// JSON as an answer.
pub(crate) fn answer(status: StatusCode, value: &impl Serialize) -> Answer {
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
