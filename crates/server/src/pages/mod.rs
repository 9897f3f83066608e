//! The pages. A handler takes what it needs, makes one call, and answers.

mod access;
mod account;
mod backup;
mod cases;
mod consent;
mod copies;
mod desk;
mod documents;
mod entry;
mod home;
mod log;
mod office;
mod orders;
mod passkeys;
mod people;
mod recipient;
mod review;
mod shares;
mod sightings;
mod text;
mod trace;
mod viewer;

use std::sync::Arc;

use crate::roles::Action;
use crate::routes::Routes;
use crate::state::Server;

pub(crate) use cases::{With, take_bundle, take_report};
pub(crate) use consent::{approved, request_file};
pub(crate) use copies::{archive, given, one_copy, withdrawn};
pub(crate) use desk::{begin_sealing, follow_progress, remove_draft, take_mail, take_roster};
pub(crate) use orders::{asked as ask_for_names, shown as show_names};
pub(crate) use people::{change_account, invite_somebody};
pub(crate) use review::decide_about;
pub(crate) use shares::{end_link, make_links};
pub(crate) use sightings::add_source as follow_source;
pub(crate) use trace::take_exhibits;

/// The server, as handlers take it.
type App = axum::extract::State<Arc<Server>>;
/// What a page answers.
type Answer = Result<axum::response::Response, crate::failure::Failure>;

/// Adds all pages.
pub fn add(routes: Routes) -> Routes {
    let routes = routes
        .get("/static/{file}", Action::Public, entry::file)
        .get("/robots.txt", Action::Public, entry::robots)
        .get("/healthz", Action::Public, entry::health)
        .get("/metrics", Action::Measure, entry::metrics)
        .get("/sign-in", Action::Public, entry::sign_in_page)
        .post("/sign-in", Action::Public, entry::sign_in)
        .get("/sign-in/office", Action::Public, office::sign_in)
        .get("/sign-in/office/back", Action::Public, office::back)
        .post("/invite/{secret}/office", Action::Public, office::accept)
        .post("/account/office", Action::Own, office::tie)
        .post("/sign-in/passkey/ask", Action::Public, passkeys::ask_to_show)
        .post("/sign-in/passkey", Action::Public, passkeys::show)
        .get("/invite/{secret}", Action::Public, entry::invitation)
        .post("/invite/{secret}", Action::Public, entry::accept)
        .post("/sign-out", Action::Own, entry::sign_out)
        .get("/", Action::Own, home::page)
        .get("/account", Action::Own, account::page)
        .post("/account/password", Action::Own, account::change_password)
        .post("/account/sessions/end", Action::Own, account::end_sessions)
        .post("/account/passkeys/ask", Action::Own, passkeys::ask_to_make)
        .post("/account/passkeys", Action::Own, passkeys::make)
        .post("/account/passkeys/{number}/remove", Action::Own, passkeys::remove)
        .post("/account/tokens", Action::Own, account::add_token)
        .post("/account/tokens/{number}/revoke", Action::Own, account::revoke_token);
    let routes = routes
        .get("/documents", Action::ReadDocuments, documents::list)
        .get("/documents/{release}", Action::ReadDocuments, documents::one)
        .post("/documents/{release}/extend", Action::Seal, documents::extend)
        .post("/documents/{release}/forms", Action::Trace, documents::forms)
        .get("/documents/{release}/copies.zip", Action::TakeCopies, copies::all)
        .get("/documents/{release}/copies", Action::ReadHolders, copies::list)
        .get("/documents/{release}/copies/{copy}", Action::ReadHolders, copies::one)
        .get("/documents/{release}/copies/{copy}/file", Action::TakeCopies, copies::take)
        .post("/documents/{release}/copies/{copy}/file", Action::TakeCopies, copies::take_again)
        .get("/documents/{release}/copies/{copy}/mail", Action::TakeCopies, copies::mail)
        .post("/documents/{release}/copies/{copy}/holders", Action::Hold, copies::give)
        .post("/documents/{release}/copies/{copy}/withdraw", Action::Hold, copies::withdraw)
        .post("/documents/{release}/receipts", Action::Hold, copies::receipt)
        .get("/documents/{release}/shares", Action::Share, shares::page)
        .post("/documents/{release}/shares", Action::Share, shares::make)
        .get("/documents/{release}/shares/{number}", Action::Share, shares::one)
        .post("/documents/{release}/shares/{number}/end", Action::Share, shares::end);
    let routes = routes
        .get("/desk", Action::Prepare, desk::list)
        .upload("/desk", Action::Prepare, desk::add)
        .get("/desk/{id}", Action::Prepare, desk::one)
        .get("/desk/{id}/plan", Action::Prepare, desk::plan)
        .upload("/desk/{id}/roster", Action::Prepare, desk::roster)
        .post("/desk/{id}/options", Action::Prepare, desk::options)
        .post("/desk/{id}/seal", Action::Seal, desk::seal)
        .post("/desk/{id}/stop", Action::Seal, desk::stop)
        .get("/desk/{id}/progress", Action::Prepare, desk::progress)
        .post("/desk/{id}/remove", Action::Prepare, desk::remove)
        .get("/desk/{id}/text", Action::Prepare, text::page)
        .upload("/desk/{id}/text", Action::Prepare, text::save)
        .upload("/desk/{id}/text/try", Action::Prepare, text::attempt)
        .upload("/desk/{id}/mail", Action::Prepare, desk::mail)
        .post("/desk/{id}/undo", Action::Prepare, desk::undo)
        .get("/desk/{id}/sites", Action::Prepare, review::page)
        .post("/desk/{id}/sites", Action::Prepare, review::decide);
    let routes = routes
        .get("/trace", Action::Trace, trace::page)
        .upload("/trace", Action::Trace, trace::trace)
        .get("/cases", Action::ReadCases, cases::list)
        .get("/cases/{case}", Action::ReadCases, cases::one)
        .get("/cases/{case}/looks/{look}", Action::ReadCases, cases::look)
        .get("/cases/{case}/looks/{look}/report", Action::ReadCases, cases::report)
        .post("/cases/{case}/looks/{look}/names", Action::Trace, orders::ask)
        .post("/orders/{number}", Action::Consent, orders::answer)
        .post("/orders/{number}/show", Action::Trace, orders::show)
        .get("/cases/{case}/bundle", Action::Prove, cases::bundle)
        .get("/sightings", Action::ReadSightings, sightings::page)
        .post("/sightings/{number}/trace", Action::Trace, sightings::trace)
        .post("/sources", Action::Follow, sightings::add)
        .post("/sources/{number}/remove", Action::Follow, sightings::remove);
    let routes = routes
        .get("/log", Action::ReadLog, log::page)
        .get("/log/acts", Action::ReadLog, log::acts)
        .get("/consent", Action::Consent, consent::page)
        .get("/consent/{name}", Action::Consent, consent::request)
        .post("/consent", Action::Consent, consent::approve)
        .get("/access", Action::Keep, access::page)
        .post("/access", Action::Keep, access::add)
        .post("/access/retention", Action::Keep, access::retain)
        .get("/people", Action::People, people::page)
        .post("/people", Action::People, people::invite)
        .post("/people/{number}", Action::People, people::change)
        .post("/people/invitations/{token}/end", Action::People, people::end_invitation)
        .get("/backup", Action::BackUp, backup::page)
        .post("/backup", Action::BackUp, backup::take);
    routes
        .get("/s/{secret}", Action::Recipient, recipient::door)
        .post("/s/{secret}/code", Action::Recipient, recipient::send_code)
        .post("/s/{secret}", Action::Recipient, recipient::enter)
        .post("/s/{secret}/passkey/ask", Action::Recipient, passkeys::ask_to_enter)
        .post("/s/{secret}/passkey", Action::Recipient, passkeys::enter)
        .post("/s/{secret}/passkeys/ask", Action::Recipient, passkeys::ask_to_make_for_link)
        .post("/s/{secret}/passkeys", Action::Recipient, passkeys::make_for_link)
        .get("/s/{secret}/file", Action::Recipient, recipient::take)
        .get("/s/{secret}/read", Action::Recipient, viewer::page)
        .get("/s/{secret}/read/{page}", Action::Recipient, viewer::picture)
        .get("/s/{secret}/statement", Action::Recipient, recipient::statement)
        .get("/s/{secret}/slip", Action::Recipient, recipient::slip)
        .post("/s/{secret}/confirm", Action::Recipient, recipient::confirm)
        .post("/s/{secret}/receipt", Action::Recipient, recipient::sign)
}
