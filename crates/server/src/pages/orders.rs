//! Orders to show who is who although nobody is named: asked for by whoever traces, agreed to by two who consent, then carried out.

use std::sync::Arc;

use axum::extract::{Path, State};
use maud::{Markup, html};
use tellmark_app::order::{self, Line, NEEDED, State as OrderState};
use tellmark_app::people::Account;
use tellmark_app::trace::Finding;
use tellmark_app::{Ports, Silent};

use super::{Answer, App};
use crate::body::Form;
use crate::failure::Failure;
use crate::guard::Who;
use crate::roles::Action;
use crate::state::{Server, now};
use crate::{frame, said};

/// Orders that a page shows.
pub const SHOWN: u32 = 100;

/// A word for what became of an order.
fn tag(line: &Line) -> Markup {
    let (class, word) = match line.state {
        OrderState::Waits => ("tag", "waits"),
        OrderState::Agreed => ("tag tell", "agreed to"),
        OrderState::Refused => ("tag bad", "refused"),
        OrderState::Shown => ("tag good", "carried out"),
    };
    html! { span class=(class) { (word) } }
}

fn names(numbers: &[u32], accounts: &[Account]) -> String {
    let name = |number: &u32| {
        let own = accounts.iter().find(|account| account.number == *number);
        own.map_or_else(|| format!("account {number}"), |account| account.name.clone())
    };
    numbers.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// What a look that named nobody says of names: who is asked for them, and how that stands.
pub fn on_look(orders: &[Line], accounts: &[Account], (here, look): (&str, u32), who: &Who) -> Markup {
    let of_look: Vec<&Line> = orders.iter().filter(|line| line.look == look).collect();
    let is_open = of_look.iter().any(|line| matches!(line.state, OrderState::Waits | OrderState::Agreed));
    html! {
        @for line in orders.iter().filter(|line| line.shown_in == Some(look)) {
            (frame::warning(&html! { p {
                "The report shows who is who although nobody is named, by order " (line.order) " of " (names(&[line.asked_by], accounts))
                " (" (line.because) "), to which " (names(&line.agreed, accounts)) " agreed. Whoever leads a ranking is not found out: chance puts somebody there each time."
            } }))
        }
        @if !of_look.is_empty() || who.may(Action::Trace) { h2 { "Who is who" } }
        @for line in &of_look { (one(line, accounts, who)) }
        @if !is_open && who.may(Action::Trace) && orders.iter().all(|line| line.shown_in != Some(look)) {
            p { "Nobody is named, so nobody's name is shown: with too little evidence a name is a false accusation waiting for somebody to believe it. Where it is needed all the same, to ask for more material for instance, two people who consent have to agree. The exhibits are then looked at once more, which counts as a look of the case." }
            (frame::post(&who.csrf, &format!("{here}/names"), &html! {
                (frame::line_as("why", ("because", "Why names are needed"), "Those who agree read it, and it stands in the log.", ""))
                button .second { "Ask to see who is who" }
            }))
        }
    }
}

/// An order with what the reader may do about it.
pub fn one(line: &Line, accounts: &[Account], who: &Who) -> Markup {
    let here = format!("/orders/{}", line.order);
    let case = format!("/cases/{}/looks", said::segment(&line.case));
    html! {
        section id=(format!("o{}", line.order)) {
            h3 { "Order " (line.order) " " (tag(line)) }
            p { a href=(format!("{case}/{}", line.look)) { "Look " (line.look) " of " (line.case) } ", asked by " (names(&[line.asked_by], accounts)) " on " (said::time(line.asked_at)) ": " (line.because) }
            p .soft {
                @if line.agreed.is_empty() { "Nobody agreed yet" } @else { (names(&line.agreed, accounts)) " agreed" }
                "; " (NEEDED) " have to, and not whoever asked."
                @if !line.refused.is_empty() { " " (names(&line.refused, accounts)) " refused." }
            }
            @if let Some(look) = line.shown_in { p { a href=(format!("{case}/{look}")) { "Look " (look) " shows who is who" } } }
            @if who.may(Action::Consent) && line.may_answer(who.number()) {
                (frame::post_asked(&who.csrf, &here, "Answer this order? An answer cannot be taken back.", &html! {
                    div .row {
                        button .second name="answer" value="agree" { "Agree that names are shown" }
                        button .second name="answer" value="refuse" { "Refuse" }
                    }
                }))
            }
            @if line.state == OrderState::Agreed && who.may(Action::Trace) {
                form method="post" action=(format!("{here}/show")) data-wait="Looking …" {
                    input type="hidden" name="csrf" value=(who.csrf);
                    (frame::line_as(&format!("languages{}", line.order), ("languages", "Languages of text in pictures"), "As they were given for the first look; empty for English.", ""))
                    button { "Look once more, with names" }
                }
            }
        }
    }
}

pub async fn ask(
    State(server): App,
    who: Who,
    Path((case, look)): Path<(String, u32)>,
    form: Form,
) -> Answer {
    let line = asked(&server, who.number(), (case, look), form.text("because").to_owned()).await?;
    Ok(frame::redirect(&format!("/cases/{}/looks/{look}#o{}", said::segment(&line.case), line.order)))
}

/// Asks for names in a look.
pub async fn asked(
    server: &Arc<Server>,
    account: u32,
    (case, look): (String, u32),
    because: String,
) -> Result<Line, Failure> {
    let line = server
        .work(async move |vault| order::ask(vault, &case, look, &because, account, now()).await)
        .await?;
    let about = format!("order {}: look {} of {}", line.order, line.look, line.case);
    server.note(account, "asked to see who is who", about).await;
    Ok(line)
}

pub async fn answer(State(server): App, who: Who, Path(number): Path<u32>, form: Form) -> Answer {
    let account = who.number();
    let agrees = match form.text("answer") {
        "agree" => true,
        "refuse" => false,
        _ => return Err(Failure::input("`answer` is agree or refuse")),
    };
    let line =
        server.work(async move |vault| order::answer(vault, number, account, agrees, now()).await).await?;
    let what = if agrees { "agreed that names are shown" } else { "refused that names are shown" };
    server.note(account, what, format!("order {number}: look {} of {}", line.look, line.case)).await;
    Ok(frame::redirect(&format!("/consent#o{number}")))
}

pub async fn show(State(server): App, who: Who, Path(number): Path<u32>, form: Form) -> Answer {
    let finding = shown(&server, who.number(), number, form.text("languages")).await?;
    Ok(frame::redirect(&format!("/cases/{}/looks/{}", said::segment(&finding.case), finding.look)))
}

/// Carries an order out.
pub async fn shown(
    server: &Arc<Server>,
    account: u32,
    number: u32,
    languages: &str,
) -> Result<Finding, Failure> {
    let languages = Some(languages.to_owned()).filter(|languages| !languages.is_empty());
    let finding = server
        .labour(async move |vault| {
            let ports = Ports::system()?;
            Ok(order::show(vault, number, account, languages, &ports, &Silent).await?.finding)
        })
        .await?;
    let about = format!("order {number}: look {} of {}", finding.look, finding.case);
    server.note(account, "saw who is who", about).await;
    Ok(finding)
}
