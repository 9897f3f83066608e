//! `Idempotency-Key`: a request that is sent again with the same key is not done again, but answered as before.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tellmark_app::people;

use crate::body::Form;
use crate::failure::Failure;
use crate::guard::Outcome;
use crate::state::{Server, now};

/// For how long answers are kept, in seconds.
const KEPT_SECONDS: i64 = 86_400;
/// How long a request may be under way before the server that did it must have ended.
const UNDER_WAY_SECONDS: i64 = 3_600;
/// Bytes of an answer that is kept.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// Characters of a key.
const KEY_CHARS_MAX: usize = 255;

/// A request that is being done for the first time.
#[derive(Debug, Clone)]
pub struct Claim(String);

/// Refuses a key where answers hold a secret: they are not kept, so that the same could not be answered again.
pub fn refuse(parts: &Parts) -> Result<(), Failure> {
    match parts.headers.contains_key("idempotency-key") {
        true => Err(Failure::malformed(
            "the answer holds a secret, which is kept nowhere: send this without an Idempotency-Key",
        )),
        false => Ok(()),
    }
}

/// Claims a request that has a key. It is the same as another by what it says: programs draw what separates its parts anew each time.
pub async fn claim(
    server: &Arc<Server>,
    account: u32,
    parts: &Parts,
    form: &Form,
) -> Result<Option<Claim>, Outcome> {
    let Some(key) = parts.headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| (1..=KEY_CHARS_MAX).contains(&key.len()));
    let key = key.ok_or_else(|| Failure::malformed("an Idempotency-Key has 1 to 255 visible characters"))?;
    let (path, method) = (parts.uri.path(), &parts.method);
    let claim = people::hash(&format!("{account} {method} {path} {key}"));
    let request = people::hash(&form.hash().to_string());
    let (own, asked, at) = (claim.clone(), request.clone(), now());
    let found = server
        .work(async move |vault| Ok(vault.store.claim_answer(&own, &asked, at, at - KEPT_SECONDS).await?))
        .await?;
    match found {
        None => Ok(Some(Claim(claim))),
        Some(answered) if answered.request != request => {
            Err(Failure::input("this Idempotency-Key was used for another request; use a new one").into())
        }
        Some(answered) if answered.status == 0 && answered.at + UNDER_WAY_SECONDS <= now() => {
            Err(Failure::conflict(
                "the server was ended while it did this, and whether it was done it does not know: look there, and where it was not send it with a new Idempotency-Key",
            )
            .into())
        }
        Some(answered) if answered.status == 0 => {
            Err(Failure::conflict("the same request is being done; ask again in a moment").into())
        }
        Some(answered) => {
            let status = StatusCode::from_u16(answered.status).unwrap_or(StatusCode::OK);
            let mut response = (status, answered.body).into_response();
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
            Err(Outcome::Answered(response))
        }
    }
}

/// Keeps the answer of a claimed request. What failed may be tried again.
pub async fn answer(server: &Arc<Server>, claim: Claim, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let is_json = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if !parts.status.is_success() || !is_json {
        give_up(server, claim).await;
        return Response::from_parts(parts, body);
    }
    let Ok(bytes) = to_bytes(body, ANSWER_BYTES_MAX).await else {
        give_up(server, claim).await;
        return Failure::broken("an answer is too long to be kept").into_response();
    };
    let (status, text) = (parts.status.as_u16(), String::from_utf8_lossy(&bytes).into_owned());
    let kept = server
        .work(async move |vault| Ok(vault.store.keep_answer(&claim.0, Some((status, &text))).await?))
        .await;
    match kept {
        Ok(()) => Response::from_parts(parts, Body::from(bytes)),
        Err(failure) => failure.into_response(),
    }
}

/// Gives a claim up, so that the request can be sent again.
async fn give_up(server: &Arc<Server>, claim: Claim) {
    if server.work(async move |vault| Ok(vault.store.keep_answer(&claim.0, None).await?)).await.is_err() {
        tracing::error!("a claimed request could not be given up");
    }
}
