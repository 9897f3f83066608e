//! Drop anything here: what leaked is traced, and the finding is shown.

use std::sync::Arc;

use axum::extract::{Query, State};
use maud::html;
use serde::Deserialize;
use tellmark_app::trace::{self, ExhibitFile, Finding, TraceRequest};
use tellmark_app::{Ports, Silent, cases, follow};

use super::{Answer, App};
use crate::body::Form;
use crate::failure::Failure;
use crate::guard::Who;
use crate::state::Server;
use crate::{frame, said};

/// Bytes of pasted text: what is longer is sent as a file.
const PASTED_BYTES_MAX: usize = 1 << 20;

#[derive(Debug, Deserialize)]
pub struct Begin {
    #[serde(default)]
    case: String,
    sighting: Option<u32>,
}

pub async fn page(State(server): App, who: Who, Query(begin): Query<Begin>) -> Answer {
    let all = server.work(cases::cases).await?;
    let releases = server.releases().await?;
    let content = html! {
        h1 { "Something leaked?" }
        p .lead { "Drop it anywhere here, paste it from the clipboard, or choose files: text, a page, a document, a screenshot, a photograph, a scan. All that you send at once is one look." }
        form method="post" action="/trace" enctype="multipart/form-data" data-wait="Reading …" {
            input type="hidden" name="csrf" value=(who.csrf);
            div .drop {
                (frame::field("file", "Files", "Text, HTML, DOCX, ODT, EML, PDF, PNG, JPEG, WebP, TIFF; each at most 64 MiB.", &html! {
                    input type="file" id="file" name="file" multiple aria-describedby="file-hint";
                }))
                ul {}
            }
            @if let Some(number) = begin.sighting {
                input type="hidden" name="sighting" value=(number);
                p { "Sighting " (number) " is looked at. " a href="/trace" { "Something else instead" } }
            }
            (frame::field("text", "Or paste the text, or the link to a sighting", "", &html! { textarea id="text" name="text" data-paste="" {} }))
            div .columns {
                (frame::field("case", "Case", "Looks of one case add up. Every look counts: the bound holds for all of them together.", &html! {
                    select id="case" name="case" aria-describedby="case-hint" {
                        option value="" { "A new case" }
                        @for case in all.iter().rev() { option value=(case.case) selected[case.case == begin.case] { (case.case) ", " (said::count(case.looks.len() as u64, "look", "looks")) } }
                    }
                }))
                (frame::line("new", "Name of the new case", "Empty for its date.", ""))
                (frame::field("release", "Which document or draft", "One alone is what evidence is made of. All is what finds an unknown leak.", &html! {
                    select id="release" name="release" aria-describedby="release-hint" {
                        option value="" { "All" }
                        @for release in releases.iter().rev() { option value=(release.release) { (release.name) " (" (release.release) ")" } }
                    }
                }))
                (frame::line("because", "Where it came from", "It is recorded with the exhibit, and stands in the evidence.", ""))
            }
            button { "Trace" }
        }
        p .soft { "Disclosures to authorities, to those whom the law protects, and to their counsel are none of your leaks: do not trace them." }
    };
    Ok(frame::page(&server, &who, "/trace", "Trace", &content))
}

pub async fn trace(State(server): App, who: Who, form: Form) -> Answer {
    let finding = take_exhibits(&server, who.number(), &form).await?;
    Ok(frame::redirect(&format!("/cases/{}/looks/{}", said::segment(&finding.case), finding.look)))
}

/// Traces what a form holds: files, and pasted text.
pub async fn take_exhibits(server: &Arc<Server>, account: u32, form: &Form) -> Result<Finding, Failure> {
    let mut exhibits: Vec<ExhibitFile> = Vec::new();
    for file in form.files() {
        // A name is shown and recorded; folders in front of it say nothing of the exhibit.
        let name = file.name.rsplit(['/', '\\']).next().unwrap_or_default();
        let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
        let name = if name.trim().is_empty() { format!("exhibit-{}", exhibits.len() + 1) } else { name };
        exhibits.push(ExhibitFile { name, bytes: file.bytes.to_vec() });
    }
    let pasted = form.raw("text");
    if pasted.len() > PASTED_BYTES_MAX {
        return Err(Failure::too_large("a pasted text has at most 1 MiB; send it as a file"));
    }
    let mut because = form.text("because").to_owned();
    let mut seen: Vec<u32> = Vec::new();
    for number in form.all("sighting") {
        seen.push(
            number.parse().map_err(|_| Failure::input(format!("{number:?} is no number of a sighting")))?,
        );
    }
    let link = link_of(pasted);
    if let Some(link) = link {
        seen.push(sighting_at(server, link.to_owned()).await?);
    }
    for number in seen {
        let exhibited = server.work(async move |vault| follow::exhibit(vault, number).await).await?;
        exhibits.push(exhibited.file);
        because = [because, exhibited.because].join("; ").trim_start_matches("; ").to_owned();
    }
    if link.is_none() && !pasted.trim().is_empty() {
        exhibits.push(ExhibitFile { name: "pasted.txt".into(), bytes: pasted.as_bytes().to_vec() });
    }
    if exhibits.is_empty() {
        return Err(Failure::input("drop a file, choose one, or paste a text"));
    }
    let (case, new) = (form.text("case").to_owned(), form.text("new").to_owned());
    if !case.is_empty() {
        let name = case.clone();
        server.work(async move |vault| cases::case(vault, &name).await.map(drop)).await?;
    }
    if !case.is_empty() && !new.is_empty() {
        return Err(Failure::input("choose a case or name a new one, not both; nothing was counted"));
    }
    if new.chars().any(tellmark_core::text::is_unseen) {
        return Err(Failure::input("the name of the case has a character that nobody sees; type it again"));
    }
    if !new.is_empty() {
        let name = new.clone();
        let is_there = server.work(async move |vault| Ok(cases::case(vault, &name).await.is_ok())).await?;
        if is_there {
            return Err(Failure::input(format!(
                "there is a case {new:?} already: choose it, or give the new one another name; nothing was counted"
            )));
        }
    }
    let case = [case, new].into_iter().find(|name| !name.is_empty());
    // Names are never shown for "nobody" from here: that takes an order of its own.
    let request = TraceRequest {
        exhibits,
        case,
        because,
        identities: false,
        languages: Some(form.text("languages").to_owned()).filter(|languages| !languages.is_empty()),
        release: Some(form.text("release").to_owned()).filter(|release| !release.is_empty()),
        command: "the server".into(),
    };
    look(server, account, request).await
}

/// The address that a pasted text is, if it is nothing else.
fn link_of(pasted: &str) -> Option<&str> {
    let text = pasted.trim();
    let is_link = ["https://", "http://", "imaps://", "/sightings#", "/trace?sighting="]
        .iter()
        .any(|begin| text.starts_with(begin));
    (is_link && !text.contains(char::is_whitespace)).then_some(text)
}

/// The sighting that an address is of: one of this server's own pages, or that of an article in which something was seen.
async fn sighting_at(server: &Arc<Server>, link: String) -> Result<u32, Failure> {
    let own = link.strip_prefix(&server.settings.base()).unwrap_or(&link);
    let number = own.strip_prefix("/sightings#s").or_else(|| own.strip_prefix("/trace?sighting="));
    if let Some(number) = number.and_then(|number| number.parse().ok()) {
        return Ok(number);
    }
    let found = server.work(async move |vault| Ok(vault.store.sightings_at(&link).await?)).await?;
    found.iter().map(|sighting| sighting.number).max().ok_or_else(|| {
        Failure::input(
            "this is an address, and nothing of the documents was seen there in a followed source. Save what stands there, and drop the file; nothing was counted",
        )
    })
}

/// Takes a look, and keeps its report.
pub async fn look(server: &Arc<Server>, account: u32, request: TraceRequest) -> Result<Finding, Failure> {
    let finding = server
        .labour(async move |vault| {
            let ports = Ports::system()?;
            let traced = trace::trace(vault, &request, &ports, &Silent).await?;
            let page = trace::html(&traced.page);
            let finding = traced.finding;
            vault.store.record_report(&finding.case, finding.look, page.as_bytes(), ports.now).await?;
            Ok(finding)
        })
        .await?;
    server.note(account, "took a look", format!("look {} of {}", finding.look, finding.case)).await;
    Ok(finding)
}
