//! The guard of every route: who asks, may they, did it come from one of our own pages, and is the body within its limits.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::connect_info::ConnectInfo;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use tellmark_app::people::{self, Account};

use crate::api;
use crate::body::{self, Form, Takes};
use crate::failure::Failure;
use crate::fields::{self, Field};
use crate::roles::{Action, Role};
use crate::state::{Server, now};

/// Tries with tokens that do not work, from one address in a quarter of an hour.
const TOKENS_MAX: u32 = 100;

/// What a route needs.
#[derive(Clone)]
pub struct Rule {
    /// The server.
    pub server: Arc<Server>,
    /// What the route does.
    pub action: Action,
    /// What it takes.
    pub takes: Takes,
    /// What programs send to it.
    pub fields: &'static [Field],
    /// Whether programs use it: with tokens, never with a browser's cookie.
    pub is_api: bool,
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct Who {
    /// The account.
    pub account: Account,
    /// Its role.
    pub role: Role,
    /// What the account's forms carry, so that no other site can send them; empty for programs.
    pub csrf: String,
    /// When they signed in, in seconds since 1970 (UTC); 0 for programs.
    pub since: i64,
}

impl Who {
    /// Whether they may do something.
    pub fn may(&self, action: Action) -> bool {
        action.is_allowed(self.role)
    }

    /// The number of the account.
    pub fn number(&self) -> u32 {
        self.account.number
    }
}

/// The address that a request came from.
#[derive(Debug, Clone)]
pub struct From(pub String);

/// What a page's forms carry where nobody is signed in yet.
#[derive(Debug, Clone)]
pub struct Csrf(pub String);

/// Lets a request pass, or not. What changes something is done to its end, with the note of it, also where nobody waits for the
/// answer any more.
pub async fn guard(State(rule): State<Rule>, request: Request, next: Next) -> Response {
    match pass(&rule, request).await {
        Ok((request, claim)) => {
            let who = request.extensions().get::<Who>().cloned();
            let only_reads = request.method() == Method::GET || request.method() == Method::HEAD;
            let done = async move {
                let response = next.run(request).await;
                match claim {
                    Some(claim) => api::once::answer(&rule.server, claim, response).await,
                    None => response,
                }
            };
            let mut response = match only_reads {
                true => done.await,
                false => tokio::spawn(done).await.unwrap_or_else(|_| {
                    axum::response::IntoResponse::into_response(Failure::broken("a request's task ended"))
                }),
            };
            // A failure is said on a page with its navigation.
            if let Some(who) = who {
                response.extensions_mut().insert(who);
            }
            response
        }
        Err(Outcome::Failed(failure)) => axum::response::IntoResponse::into_response(failure),
        Err(Outcome::Answered(response)) => response,
    }
}

/// Why a request does not go on.
pub enum Outcome {
    /// It failed.
    Failed(Failure),
    /// It was answered before.
    Answered(Response),
}

impl std::convert::From<Failure> for Outcome {
    fn from(failure: Failure) -> Outcome {
        Outcome::Failed(failure)
    }
}

async fn pass(rule: &Rule, request: Request) -> Result<(Request, Option<api::once::Claim>), Outcome> {
    let (mut parts, body) = request.into_parts();
    let from = address(&rule.server, &parts);
    let secret = cookie(&parts.headers, session_cookie(&rule.server)).map(str::to_owned);
    let mut expected = csrf(secret.as_deref().unwrap_or(""));
    let mut whose = 0;
    if rule.is_api {
        if rule.action.needs_account() {
            let who = program(rule, &parts.headers, &from).await?;
            whose = who.number();
            parts.extensions.insert(who);
        }
    } else if rule.action == Action::Measure {
        measures(&rule.server, &parts.headers, &from)?;
    } else {
        let who = browser(rule, secret.as_deref()).await?;
        if rule.action.needs_account() {
            let who = who.ok_or_else(Failure::unknown)?;
            if !who.may(rule.action) {
                return Err(Failure::forbidden(format!(
                    "Your account's role is {}, which does not do this. Ask the owner.",
                    who.role.name()
                ))
                .into());
            }
            parts.extensions.insert(who);
        } else if let Some(who) = who {
            parts.extensions.insert(who);
        }
        if rule.action == Action::Recipient {
            let link = parts.uri.path().strip_prefix("/s/").and_then(|rest| rest.split('/').next());
            let visitor = visitor_cookie(&rule.server, link.unwrap_or_default());
            expected = csrf(cookie(&parts.headers, &visitor).unwrap_or(""));
        }
    }
    parts.extensions.insert(Csrf(expected.clone()));
    parts.extensions.insert(From(from));
    if parts.method == Method::GET || parts.method == Method::HEAD {
        return Ok((Request::from_parts(parts, axum::body::Body::empty()), None));
    }
    if !rule.is_api {
        refuse_foreign(&rule.server, &parts.headers)?;
    }
    if rule.is_api && has_secret(rule.action) {
        api::once::refuse(&parts)?;
    }
    let bytes = body::whole(body, rule.takes).await?;
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let kind = kind.to_owned();
    let form = match rule.takes {
        Takes::Nothing if bytes.is_empty() => Form::default(),
        _ => body::parse(&kind, bytes).await?,
    };
    let mut claim = None;
    if rule.is_api {
        fields::check(rule.fields, &form)?;
        claim = api::once::claim(&rule.server, whose, &parts, &form).await?;
    } else if !is_equal(form.raw("csrf"), &expected) {
        return Err(Failure::foreign().into());
    }
    parts.extensions.insert(Arc::new(form));
    Ok((Request::from_parts(parts, axum::body::Body::empty()), claim))
}

/// Whether answers hold a secret that is shown once and kept nowhere, so that they cannot be given a second time.
pub fn has_secret(action: Action) -> bool {
    matches!(action, Action::Share | Action::People)
}

/// The account of a browser's session.
async fn browser(rule: &Rule, secret: Option<&str>) -> Result<Option<Who>, Failure> {
    let Some(secret) = secret.filter(|secret| !secret.is_empty()).map(str::to_owned) else { return Ok(None) };
    let csrf = csrf(&secret);
    let found = rule.server.work(async move |vault| people::session(vault, &secret, now()).await).await?;
    Ok(found.and_then(|(account, since)| {
        let role = Role::parse(&account.role)?;
        Some(Who { account, role, csrf, since })
    }))
}

/// The account of a program's token, which has to have the scope.
async fn program(rule: &Rule, headers: &HeaderMap, from: &str) -> Result<Who, Failure> {
    let secret = bearer(headers).ok_or_else(Failure::unknown)?.to_owned();
    let found = rule.server.work(async move |vault| people::token(vault, &secret, now()).await).await?;
    let Some((account, token)) = found else {
        rule.server.count("token", from, TOKENS_MAX)?;
        return Err(Failure::unknown());
    };
    let role = Role::parse(&account.role).ok_or_else(Failure::unknown)?;
    let has_scope = rule.action.scope().is_some_and(|scope| token.scopes.split(' ').any(|own| own == scope));
    match has_scope && rule.action.is_allowed(role) {
        true => Ok(Who { account, role, csrf: String::new(), since: 0 }),
        false => Err(Failure::forbidden(match rule.action.scope() {
            Some(scope) if !has_scope => format!("The token needs the scope {scope}."),
            _ => format!("The token's account is {}, which does not do this.", role.name()),
        })),
    }
}

fn measures(server: &Server, headers: &HeaderMap, from: &str) -> Result<(), Failure> {
    let is_local =
        from.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback()) && !server.settings.behind_proxy;
    let token = server.settings.metrics_token.as_deref();
    let has_token = token.is_some_and(|token| bearer(headers).is_some_and(|given| is_equal(given, token)));
    if is_local || has_token { Ok(()) } else { Err(Failure::missing()) }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Refuses what a page of another site sent: browsers say where a request comes from.
fn refuse_foreign(server: &Server, headers: &HeaderMap) -> Result<(), Failure> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site")
        && !matches!(site, "same-origin" | "none")
    {
        return Err(Failure::foreign());
    }
    let Some(origin) = text("origin") else { return Ok(()) };
    let is_own = origin.parse::<url::Url>().is_ok_and(|origin| {
        let host = origin.host_str().unwrap_or_default();
        let host = origin.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let is_scheme = (origin.scheme() == "https") == server.settings.is_https();
        is_scheme && server.settings.is_own_host(&host)
    });
    if is_own { Ok(()) } else { Err(Failure::foreign()) }
}

/// What the forms of a session carry. Without a session it is the same for all; the other checks stand.
fn csrf(secret: &str) -> String {
    people::hash(&format!("tellmark csrf v1 {secret}"))
}

/// Compares secrets in a time that does not tell where they differ.
pub fn is_equal(one: &str, other: &str) -> bool {
    let differs = one.bytes().zip(other.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && std::hint::black_box(differs) == 0
}

/// The name of the cookie with a session's secret.
pub fn session_cookie(server: &Server) -> &'static str {
    if server.settings.is_https() { "__Host-tellmark" } else { "tellmark" }
}

/// The name of the cookie with the secret of a recipient's session.
/// Each link has one of its own: whoever opens two is in at both.
pub fn visitor_cookie(server: &Server, link: &str) -> String {
    let prefix = if server.settings.is_https() { "__Host-" } else { "" };
    format!("{prefix}tellmark-copy-{}", &people::hash(link)[..16])
}

/// The answer with a cookie that lives as long as the session; no seconds take it away.
pub fn with_cookie(
    server: &Server,
    mut response: Response,
    name: &str,
    secret: &str,
    seconds: i64,
) -> Response {
    let secure = if server.settings.is_https() { "; Secure" } else { "" };
    let cookie = format!("{name}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// The value of a cookie.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';')).find_map(|pair| {
        let (own, value) = pair.trim().split_once('=')?;
        (own == name).then_some(value)
    })
}

/// Where a request came from: whom the proxy names last, where there is one.
fn address(server: &Server, parts: &Parts) -> String {
    let forwarded = parts.headers.get_all("x-forwarded-for").iter().next_back();
    let forwarded = forwarded.and_then(|value| value.to_str().ok()).and_then(|list| list.rsplit(',').next());
    match forwarded {
        Some(last) if server.settings.behind_proxy => last.trim().chars().take(64).collect(),
        _ => match parts.extensions.get::<ConnectInfo<SocketAddr>>() {
            Some(ConnectInfo(address)) => address.ip().to_string(),
            None => "127.0.0.1".into(),
        },
    }
}

macro_rules! from_extensions {
    ($($kind:ty),*) => {$(
        impl<S: Sync> FromRequestParts<S> for $kind {
            type Rejection = Failure;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<$kind, Failure> {
                parts.extensions.get::<$kind>().cloned().ok_or_else(Failure::unknown)
            }
        }
    )*};
}

from_extensions!(Who, From, Csrf);
