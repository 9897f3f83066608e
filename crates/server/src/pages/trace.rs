//! Drop anything here: what leaked is traced, and the finding is shown.

use std::sync::Arc;

use axum::extract::{Query, State};
use maud::html;
use serde::Deserialize;
use tellmark_app::trace::{self, ExhibitFile, Finding, TraceRequest};
use tellmark_app::{Ports, Silent, cases};

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
}

pub async fn page(State(server): App, who: Who, Query(begin): Query<Begin>) -> Answer {
    let all = server.work(cases::cases).await?;
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
            (frame::field("text", "Or paste the text", "", &html! { textarea id="text" name="text" data-paste="" {} }))
            div .columns {
                (frame::field("case", "Case", "Looks of one case add up. Every look counts: the bound holds for all of them together.", &html! {
                    select id="case" name="case" aria-describedby="case-hint" {
                        option value="" { "A new case" }
                        @for case in all.iter().rev() { option value=(case.case) selected[case.case == begin.case] { (case.case) ", " (said::count(case.looks.len() as u64, "look", "looks")) } }
                    }
                }))
                (frame::line("new", "Name of the new case", "Empty for its date.", ""))
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
    if !pasted.trim().is_empty() {
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
    let case = [case, new].into_iter().find(|name| !name.is_empty());
    // Names are never shown for "nobody" from here: that takes an order of its own on the vault's machine.
    let request = TraceRequest {
        exhibits,
        case,
        because: form.text("because").into(),
        identities: false,
        languages: Some(form.text("languages").to_owned()).filter(|languages| !languages.is_empty()),
        command: "the server".into(),
        ..TraceRequest::default()
    };
    look(server, account, request).await
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
