//! A backup of the whole vault, for its owner.

use std::io::Write;

use axum::extract::State;
use maud::html;
use tellmark_app::{Ports, archive};

use super::copies::streamed;
use super::{Answer, App, account};
use crate::body::Form;
use crate::frame;
use crate::guard::Who;

pub async fn page(State(server): App, who: Who) -> Answer {
    let is_split = server.vault.is_split();
    let content = html! {
        p .kicker { a href="/people" { "People" } }
        h1 { "Backup" }
        p { "One file with everything that the vault holds: documents, rosters, cases, accounts, the log. Copies are not in it, since they can be made again, nor is what lies on the desk." }
        @if is_split { p { "It holds no key: two shares open it, as they open the vault." } }
        @else { (frame::warning(&html! { p { "It holds the vault's key. Whoever has this file can make anybody's copy: keep it as you keep the vault, and not where the vault is." } })) }
        (frame::post(&who.csrf, "/backup", &html! {
            (account::password_field(&who, "password-again"))
            button { "Take a backup" }
        }))
        h2 { "To restore one" }
        p { "A vault is made from a backup on the machine, beside the one that is served, and never under the hands of those who work with it:" }
        p .secret { "tellmark --vault restored restore backup.tar" }
        p { "Then serve that vault instead. Everybody signs in again. What was recorded after the backup is not in it: let a witness see the log before you go on." }
    };
    Ok(frame::page(&server, &who, "/people", "Backup", &content))
}

pub async fn take(State(server): App, who: Who, form: Form) -> Answer {
    account::once_more(&server, &who, &form, "the password is another one; no backup was made").await?;
    let mut file =
        server.labour(async move |vault| archive::backup_file(vault, Ports::system()?.now).await).await?;
    server.note(who.number(), "took a backup", String::new()).await;
    let day = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    Ok(frame::saved(
        &format!("tellmark-{day}.tar"),
        "application/x-tar",
        streamed(move |mut out| {
            std::io::copy(&mut file, &mut out)?;
            out.flush()
        }),
    ))
}
