//! The frame of every page: letterhead, navigation, parts that several pages share. Everything that a person wrote is escaped by
//! the macro that writes it in.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use sha2::{Digest, Sha256};

use crate::failure::Failure;
use crate::guard::Who;
use crate::roles::Action;
use crate::said;
use crate::state::Server;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
const ICON: &str = include_str!("icon.svg");

/// The files that all pages share, under names that change with what they hold.
#[derive(Debug)]
pub struct Files {
    style: String,
    script: String,
}

impl Files {
    /// Names the files.
    pub fn new() -> Files {
        let named = |text: &str, ending: &str| {
            let hash: String =
                Sha256::digest(text.as_bytes()).iter().take(6).map(|b| format!("{b:02x}")).collect();
            format!("{hash}.{ending}")
        };
        Files { style: named(STYLE, "css"), script: named(SCRIPT, "js") }
    }

    /// The file of a name, ready to be kept for ever.
    pub fn get(&self, name: &str) -> Option<Response> {
        let (kind, text) = match name {
            _ if name == self.style => ("text/css; charset=utf-8", STYLE),
            _ if name == self.script => ("text/javascript; charset=utf-8", SCRIPT),
            "icon.svg" => ("image/svg+xml", ICON),
            _ => return None,
        };
        let headers =
            [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
        Some((headers, text).into_response())
    }
}

/// What stands in the navigation: an address, a name, and what it takes to see it.
const NAVIGATION: [(&str, &str, Action); 10] = [
    ("/", "Home", Action::Own),
    ("/documents", "Documents", Action::ReadDocuments),
    ("/desk", "Desk", Action::Prepare),
    ("/trace", "Trace", Action::Trace),
    ("/cases", "Cases", Action::ReadCases),
    ("/sightings", "Sightings", Action::ReadSightings),
    ("/log", "Log", Action::ReadLog),
    ("/consent", "Consent", Action::Consent),
    ("/access", "Access", Action::Keep),
    ("/people", "People", Action::People),
];

/// A page for somebody who is signed in. `here` is the navigation's address that it belongs to.
pub fn page(server: &Server, who: &Who, here: &str, title: &str, content: &Markup) -> Response {
    framed(server, Some(who), here, title, content)
}

/// A page for somebody without an account.
pub fn bare(server: &Server, title: &str, content: &Markup) -> Response {
    framed(server, None, "", title, content)
}

fn framed(server: &Server, who: Option<&Who>, here: &str, title: &str, content: &Markup) -> Response {
    let Files { style, script } = &server.files;
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Tellmark" }
                link rel="icon" href="/static/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href=(format!("/static/{style}"));
                script src=(format!("/static/{script}")) defer {}
            }
            body {
                a .skip href="#content" { "To the content" }
                header {
                    p .brand { a href="/" { (mark()) "Tellmark" } }
                    @if let Some(who) = who {
                        nav aria-label="Main" {
                            ul {
                                @for (address, name, _) in NAVIGATION.iter().filter(|(_, _, action)| who.may(*action)) {
                                    li { a href=(address) aria-current=[(*address == here).then_some("page")] { (name) } }
                                }
                            }
                        }
                        div .self {
                            a href="/account" aria-current=[(here == "/account").then_some("page")] { (who.account.name) }
                            (post(&who.csrf, "/sign-out", &html! { button .plain { "Sign out" } }))
                        }
                    }
                }
                main #content tabindex="-1" { (content) }
                footer { p { "A finding is about a copy, never by itself about a person." } }
            }
        }
    };
    let mut response = markup.into_string().into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// A failure as a page.
pub fn failed(server: &Server, who: Option<&Who>, failure: &Failure) -> Response {
    let content = html! {
        h1 { (failure.title) }
        p .lead { (failure.detail) }
        p {
            @if failure.status == 401 { a .button href="/sign-in" { "Sign in" } }
            @else { a href="/" { "To the beginning" } }
        }
    };
    (failure.status, framed(server, who, "", failure.title, &content)).into_response()
}

/// The mark: five strokes, one of which tells.
fn mark() -> Markup {
    html! {
        svg .mark viewBox="0 0 26 20" aria-hidden="true" {
            @for (x, shift) in [("2", 0), ("7.5", 0), ("13", 0), ("18.5", 3), ("24", 0)] {
                line .tell[shift > 0] x1=(x) x2=(x) y1=(4 - shift) y2=(18 - shift) {}
            }
        }
    }
}

/// A form that changes something.
pub fn post(csrf: &str, action: &str, content: &Markup) -> Markup {
    html! {
        form method="post" action=(action) { input type="hidden" name="csrf" value=(csrf); (content) }
    }
}

/// A form that changes something and is asked about once more.
pub fn post_asked(csrf: &str, action: &str, question: &str, content: &Markup) -> Markup {
    html! {
        form method="post" action=(action) data-ask=(question) { input type="hidden" name="csrf" value=(csrf); (content) }
    }
}

/// A form with files.
pub fn upload(csrf: &str, action: &str, content: &Markup) -> Markup {
    html! {
        form method="post" action=(action) enctype="multipart/form-data" {
            input type="hidden" name="csrf" value=(csrf);
            (content)
        }
    }
}

/// A field with its label, and what to write into it.
pub fn field(id: &str, label: &str, hint: &str, input: &Markup) -> Markup {
    html! {
        div .field {
            label for=(id) { (label) }
            (input)
            @if !hint.is_empty() { p .hint id=(format!("{id}-hint")) { (hint) } }
        }
    }
}

/// A field for a line of text.
pub fn line(name: &str, label: &str, hint: &str, value: &str) -> Markup {
    line_as(name, (name, label), hint, value)
}

/// A field for a line of text on a page that has another of the same name.
pub fn line_as(id: &str, (name, label): (&str, &str), hint: &str, value: &str) -> Markup {
    let described = (!hint.is_empty()).then(|| format!("{id}-hint"));
    let input = html! {
        input type="text" id=(id) name=(name) value=(value) autocomplete="off" aria-describedby=[described];
    };
    field(id, label, hint, &input)
}

/// What a page without content says, and what to do about it.
pub fn empty(title: &str, content: &Markup) -> Markup {
    html! { div .empty { h2 { (title) } (content) } }
}

/// Something that needs to be seen.
pub fn warning(content: &Markup) -> Markup {
    html! { div .warning role="note" { (content) } }
}

/// What went wrong, said at once to those who listen to the page.
pub fn alert(wrong: &str) -> Markup {
    warning(&html! { p role="alert" { (wrong) } })
}

/// Facts as pairs of a word and a value.
pub fn facts(pairs: &[(&str, Markup)]) -> Markup {
    html! { dl .facts { @for (word, value) in pairs { div { dt { (word) } dd { (value) } } } } }
}

/// A table that scrolls by itself where it is too wide.
pub fn table(caption: &str, heads: &[&str], rows: &Markup) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { (rows) }
            }
        }
    }
}

/// Links to the pages of a long list; `address` ends where the page's number goes.
pub fn pager(address: &str, at: usize, pages: usize) -> Markup {
    html! {
        @if pages > 1 {
            nav .pager aria-label="Pages" {
                @if at > 1 { a href=(format!("{address}{}", at - 1)) rel="prev" { "Before" } }
                span { "Page " (said::grouped(at as u64)) " of " (said::grouped(pages as u64)) }
                @if at < pages { a href=(format!("{address}{}", at + 1)) rel="next" { "After" } }
            }
        }
    }
}

/// A document of the crate `report`, to be shown within a page: nothing in it runs, and it may be framed by this server only.
pub fn enclosed(document: Vec<u8>) -> Response {
    // The document's own policy, which names its style sheet by its hash, holds besides this one.
    const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
                          frame-ancestors 'self'; sandbox";
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    ];
    (headers, document).into_response()
}

/// A file to be saved.
pub fn saved(name: &str, kind: &'static str, bytes: impl Into<axum::body::Body>) -> Response {
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox"),
    );
    if let Ok(value) = said::attachment(name).parse() {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// Another page, after something was done.
pub fn redirect(address: &str) -> Response {
    axum::response::Redirect::to(address).into_response()
}

/// Text with its lines.
pub fn lines(text: &str) -> Markup {
    html! { @for (number, line) in text.lines().enumerate() { @if number > 0 { br; } (line) } }
}
