//! The pages. A handler takes what it needs, makes one call, and answers.

mod access;
mod account;
mod cases;
mod consent;
mod copies;
mod desk;
mod documents;
mod entry;
mod home;
mod log;
mod people;
mod recipient;
mod review;
mod shares;
mod sightings;
mod trace;
mod viewer;

use std::sync::Arc;

use crate::roles::Action;
use crate::routes::Routes;
use crate::state::Server;

pub(crate) use cases::{With, take_bundle};
pub(crate) use copies::{archive, given, one_copy, withdrawn};
pub(crate) use desk::{begin_sealing, follow_progress, remove_draft, take_roster};
pub(crate) use review::decide_about;
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
        .get("/invite/{secret}", Action::Public, entry::invitation)
        .post("/invite/{secret}", Action::Public, entry::accept)
        .post("/sign-out", Action::Own, entry::sign_out)
        .get("/", Action::Own, home::page)
        .get("/account", Action::Own, account::page)
        .post("/account/password", Action::Own, account::change_password)
        .post("/account/sessions/end", Action::Own, account::end_sessions)
        .post("/account/tokens", Action::Own, account::add_token)
        .post("/account/tokens/{number}/revoke", Action::Own, account::revoke_token);
    let routes = routes
        .get("/documents", Action::ReadDocuments, documents::list)
        .get("/documents/{release}", Action::ReadDocuments, documents::one)
        .post("/documents/{release}/extend", Action::Seal, documents::extend)
        .get("/documents/{release}/copies.zip", Action::TakeCopies, copies::all)
        .get("/documents/{release}/copies", Action::ReadHolders, copies::list)
        .get("/documents/{release}/copies/{copy}", Action::ReadHolders, copies::one)
        .get("/documents/{release}/copies/{copy}/file", Action::TakeCopies, copies::take)
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
        .get("/desk/{id}/sites", Action::Prepare, review::page)
        .post("/desk/{id}/sites", Action::Prepare, review::decide);
    let routes = routes
        .get("/trace", Action::Trace, trace::page)
        .upload("/trace", Action::Trace, trace::trace)
        .get("/cases", Action::ReadCases, cases::list)
        .get("/cases/{case}", Action::ReadCases, cases::one)
        .get("/cases/{case}/looks/{look}", Action::ReadCases, cases::look)
        .get("/cases/{case}/looks/{look}/report", Action::ReadCases, cases::report)
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
        .post("/people/{number}", Action::People, people::change);
    routes
        .get("/s/{secret}", Action::Recipient, recipient::door)
        .post("/s/{secret}/code", Action::Recipient, recipient::send_code)
        .post("/s/{secret}", Action::Recipient, recipient::enter)
        .get("/s/{secret}/file", Action::Recipient, recipient::take)
        .get("/s/{secret}/read", Action::Recipient, viewer::page)
        .get("/s/{secret}/read/{page}", Action::Recipient, viewer::picture)
        .get("/s/{secret}/slip", Action::Recipient, recipient::slip)
        .post("/s/{secret}/confirm", Action::Recipient, recipient::confirm)
        .post("/s/{secret}/receipt", Action::Recipient, recipient::sign)
}
