//! Reading a copy in the browser, behind the recipient's link: a PDF as pictures of its pages, everything else as text. Nothing of it is
//! kept by the browser, and everything that was shown is recorded.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use tellmark_app::share::{self, Share, Shown};

use super::recipient::{inside, kept_from};
use super::{Answer, App};
use crate::failure::Failure;
use crate::state::{Server, now};
use crate::{frame, said};

/// Pages whose pictures stand on one page of the viewer.
const SHEETS: usize = 10;
/// Parts and pictures that one link shows in a quarter of an hour.
const SHOWN_MAX: u32 = 3_000;
/// A thousandth of a point in the pixels of a style sheet.
const PIXELS: f64 = 96.0 / 72e3;

/// Which part of a copy.
#[derive(Debug, Deserialize)]
pub struct At {
    /// Its number, from 1.
    #[serde(default = "first")]
    part: usize,
}

fn first() -> usize {
    1
}

fn limit(server: &Arc<Server>, share: &Share) -> Result<(), Failure> {
    server.count("shown", &share.number.to_string(), SHOWN_MAX)
}

pub async fn page(
    State(server): App,
    Path(secret): Path<String>,
    Query(at): Query<At>,
    headers: HeaderMap,
) -> Answer {
    let share = inside(&server, &secret, &headers).await?;
    limit(&server, &share)?;
    let (own, folder) = (share.clone(), server.settings.copies.clone());
    let (name, shown) = server
        .work(async move |vault| {
            let shown = share::read(vault, &own, &folder, at.part, now()).await?;
            Ok((share::file_name(vault, own.release).await?, shown))
        })
        .await?;
    let here = format!("/s/{}", said::segment(&secret));
    let (content, parts) = match &shown {
        Shown::Text { text, parts, .. } => (html! { div .reading { (text) } }, *parts),
        Shown::Pages(sizes) => {
            let parts = sizes.len().div_ceil(SHEETS).max(1);
            let from =
                at.part.checked_sub(1).filter(|part| *part < parts).ok_or_else(Failure::missing)? * SHEETS;
            let shown = sizes.iter().enumerate().skip(from).take(SHEETS);
            let sheets = html! {
                @for (number, size) in shown {
                    (sheet(&here, number + 1, sizes.len(), (size.width, size.height)))
                }
                p .hint { "Pages are shown as pictures. A program that reads aloud needs the file: " a href=(format!("{here}/file")) { "take it" } "." }
            };
            (sheets, parts)
        }
    };
    let content = html! {
        p .kicker { a href=(here) { "Copy " (share.copy) } }
        h1 .long { (name) }
        (content)
        (frame::pager(&format!("{here}/read?part="), at.part, parts))
        p .soft { "This copy is marked, and yours alone. " a href=(kept_from(&here)) { "What is recorded of this link" } }
    };
    Ok(frame::bare(&server, &name, &content))
}

fn sheet(here: &str, number: usize, of: usize, (width, height): (i32, i32)) -> Markup {
    let pixels = |thousandths: i32| (f64::from(thousandths) * PIXELS).round().max(1.0) as i64;
    html! {
        figure .sheet {
            img src=(format!("{here}/read/{number}")) alt=(format!("Page {number}")) width=(pixels(width)) height=(pixels(height)) loading="lazy";
            figcaption { "Page " (number) " of " (of) }
        }
    }
}

pub async fn picture(
    State(server): App,
    Path((secret, number)): Path<(String, usize)>,
    headers: HeaderMap,
) -> Answer {
    let share = inside(&server, &secret, &headers).await?;
    limit(&server, &share)?;
    let folder = server.settings.copies.clone();
    let png =
        server.draw(async move |vault| share::read_page(vault, &share, &folder, number, now()).await).await?;
    Ok(shown(png))
}

/// A picture that is shown and not kept: it opens nothing, and no other site may show it.
fn shown(png: Vec<u8>) -> Response {
    let mut response = Response::new(png.into());
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "image/png"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_DISPOSITION, "inline"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
