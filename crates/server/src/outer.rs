//! Around all routes: the name by which the server was asked, headers of every answer, failures in words, figures.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

use crate::failure::Failure;
use crate::guard::Who;
use crate::routes::Routes;
use crate::state::Server;
use crate::{api, frame};

/// What pages may load and do: nothing but what comes from here, and no script or style within them.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'";
/// Until an answer begins, at most: longer than any work that is not a job.
const ANSWER: Duration = Duration::from_secs(600);

/// Puts everything around the routes that all of them need.
pub fn around(server: &Arc<Server>, routes: Routes) -> Router {
    let mut methods: HashMap<&'static str, Vec<&'static str>> = HashMap::new();
    for entry in &routes.entries {
        let taken = match entry.method {
            Method::GET => &["GET", "HEAD"][..],
            Method::DELETE => &["DELETE"],
            _ => &["POST"],
        };
        methods.entry(entry.path).or_default().extend(taken);
    }
    routes
        .into_router()
        .fallback(async || Failure::missing())
        .method_not_allowed_fallback(move |method: Method, path: MatchedPath| {
            let others = methods.get(path.as_str()).map(Vec::as_slice).unwrap_or_default();
            std::future::ready(Failure::no_method(method.as_str(), others))
        })
        .layer(from_fn_with_state(server.clone(), outer))
        .with_state(server.clone())
}

async fn outer(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let is_api = request.uri().path().starts_with("/api/");
    let path = request.extensions().get::<MatchedPath>().map_or("none", |path| path.as_str());
    // A method is whatever a stranger writes.
    let method = match *request.method() {
        Method::GET | Method::HEAD | Method::POST | Method::DELETE => request.method().as_str(),
        _ => "other",
    };
    let route = format!("{method} {path}");
    let is_own = is_own_host(&server, &request);
    let mut response = match is_own {
        true => match tokio::time::timeout(ANSWER, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Failure::goes_on().into_response(),
        },
        false => Failure::other_host().into_response(),
    };
    if response.status() == StatusCode::BAD_REQUEST && response.extensions().get::<Failure>().is_none() {
        // A part of the address, or of what stands behind it, was no number where one has to be.
        let failure = match is_api {
            true => Failure::malformed("a part of the address is not what belongs there"),
            false => Failure::missing(),
        };
        response.extensions_mut().insert(failure);
    }
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        if !failure.kind.is_empty() {
            tracing::error!(route, kind = failure.kind, "failed");
        }
        let who = response.extensions().get::<Who>().cloned();
        let said = match is_api {
            true => api::problem(&failure),
            false => frame::failed(&server, who.as_ref(), &failure),
        };
        let headers = std::mem::take(response.headers_mut());
        response = said;
        for name in [header::RETRY_AFTER, header::ALLOW] {
            if let Some(value) = headers.get(&name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
    }
    protect(&server, &mut response);
    let (status, ms) = (response.status().as_u16(), started.elapsed().as_millis() as u64);
    server.metrics.count(&route, status, ms);
    tracing::info!(route, status, ms, "answered");
    response
}

fn is_own_host(server: &Server, request: &Request) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    let named = request.uri().authority().map(|authority| authority.as_str());
    hosts.next().is_none()
        && host.is_some_and(|host| server.settings.is_own_host(host))
        && named.is_none_or(|named| server.settings.is_own_host(named))
}

/// Headers that every answer has, unless its handler set stricter ones.
fn protect(server: &Server, response: &mut Response) {
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set("content-security-policy", POLICY);
    set("x-content-type-options", "nosniff");
    set("x-frame-options", "DENY");
    // Nothing is told to other sites; with none at all browsers would not say either that a form is from here.
    set("referrer-policy", "same-origin");
    set("cross-origin-opener-policy", "same-origin");
    set("cross-origin-resource-policy", "same-origin");
    set("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()");
    set("cache-control", "no-store");
    set("x-robots-tag", "noindex, nofollow, noarchive");
    if server.settings.is_https() {
        set("strict-transport-security", "max-age=31536000");
    }
}
