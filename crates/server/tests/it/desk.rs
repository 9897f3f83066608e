//! A document's way: the desk, its sites, its roster, sealing, copies, holders.

use std::io::Read;
use std::time::Duration;

use axum::http::StatusCode;
use tellmark_server::roles::Role;

use crate::office::{CALL, DRAFT_2, File, Office, ROSTER};

#[tokio::test]
async fn a_document_is_planned_reviewed_and_sealed() {
    let office = Office::open().await;
    office.seals();
    let mut author = office.person(Role::Author).await;
    assert!(author.page("/documents").await.contains("No document was sealed yet"));
    let draft = author.lay("call.md", CALL).await;
    let page = author.page(&draft).await;
    for part in ["Places where copies differ", "24 recipients", "Seal 24 copies", "What it promises"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let plan = author.get(&format!("{draft}/plan")).await;
    assert!(plan.text().contains("<!DOCTYPE html>"));
    assert!(plan.header("content-security-policy").contains("sandbox"));

    let sites = author.page(&format!("{draft}/sites")).await;
    let seen = sites.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(sites.contains("kbd") && seen.parse::<usize>().unwrap() > 5, "{seen}");
    let fields =
        [("seen", seen.as_str()), ("v0", "reject"), ("v1", "leave"), ("rest", "accept"), ("page", "1")];
    author.post(&format!("{draft}/sites"), &fields).await.location();
    let sites = author.page(&format!("{draft}/sites")).await;
    assert!(sites.contains("2 not used"), "{sites}");
    let stale = author.post(&format!("{draft}/sites"), &[("seen", "3"), ("v0", "accept")]).await;
    assert!(stale.status == StatusCode::UNPROCESSABLE_ENTITY && stale.text().contains("nothing was saved"));

    let options = [("name", "The call"), ("alpha", "1e-6"), ("visible", "")];
    author.post(&format!("{draft}/options"), &options).await.location();
    let wrong = author.post(&format!("{draft}/options"), &[("alpha", "2")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let release = author.seal(&draft).await;
    assert!(author.page(&draft).await.contains("24 copies are made"));
    let page = author.page(&format!("/documents/{release}")).await;
    assert!(page.contains("The call") && page.contains("All copies as one file"), "{page}");

    let zip = author.get(&format!("/documents/{release}/copies.zip")).await;
    assert_eq!(zip.header("content-type"), "application/zip");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip.bytes)).unwrap();
    assert_eq!(archive.len(), 24);
    let mut from_zip = String::new();
    archive.by_name("r03/call.md").unwrap().read_to_string(&mut from_zip).unwrap();
    let file = author.get(&format!("/documents/{release}/copies/R03/file")).await;
    assert_eq!((file.text(), file.header("x-content-type-options")), (from_zip, "nosniff"));
    assert!(file.header("content-disposition").starts_with("attachment; filename=\"call.md\""));
    // The same document for the same people is the same release.
    let again = author.lay("call.md", CALL).await;
    author.post(&format!("{again}/sites"), &fields).await.location();
    author.post(&format!("{again}/options"), &options).await.location();
    assert_eq!(author.seal(&again).await, release);
    let sealed = author.post(&format!("{again}/seal"), &[]).await;
    assert_eq!(sealed.status, StatusCode::UNPROCESSABLE_ENTITY, "a sealed draft is closed");
    author.post(&format!("{again}/remove"), &[]).await.location();
    assert_eq!(author.get(&again).await.status, StatusCode::NOT_FOUND);
    assert!(author.page(&format!("/documents/{release}")).await.contains("The call"));
}

#[tokio::test]
async fn copies_have_holders_and_can_be_withdrawn_and_made_again() {
    let office = Office::open().await;
    office.seals();
    let mut author = office.person(Role::Author).await;
    let release = author.seal_call().await;
    let copies = format!("/documents/{release}/copies");
    assert!(author.page(&format!("{copies}?find=harrowgate")).await.contains("r17"));
    let given = [("holder", "her <b>assistant</b>"), ("assumed", "on"), ("because", "prints"), ("since", "")];
    author.post(&format!("{copies}/r17/holders"), &given).await.location();
    let page = author.page(&format!("{copies}/r17")).await;
    assert!(page.contains("her &lt;b&gt;assistant&lt;/b&gt;") && page.contains("assumed"), "{page}");
    let twice = author.post(&format!("{copies}/r17/holders"), &given).await;
    assert!(twice.status == StatusCode::UNPROCESSABLE_ENTITY && twice.text().contains("already"));
    assert_eq!(
        author.post(&format!("{copies}/r04/withdraw"), &[]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    author.post(&format!("{copies}/r04/withdraw"), &[("because", "returned")]).await.location();
    assert!(author.page(&copies).await.contains("withdrawn"));
    assert_eq!(author.get(&format!("{copies}/r99")).await.status, StatusCode::NOT_FOUND);

    let kept = author.get(&format!("{copies}/r05/file")).await.bytes;
    std::fs::remove_dir_all(office.copies()).unwrap();
    assert!(
        author.page(&format!("{copies}/r05/file")).await.contains("Make it again"),
        "a link alone makes nothing"
    );
    let again = author.post(&format!("{copies}/r05/file"), &[]).await.bytes;
    assert_eq!(again, kept, "made again, byte for byte");
    let mut auditor = office.person(Role::Auditor).await;
    assert!(auditor.page("/log").await.contains("<td>copy</td>"), "the log says that it was made again");
    // Who may see no holders reads what was done, and not with which copy: its id can be its holder's address.
    author
        .post(&format!("/documents/{release}/shares"), &[("for", "some"), ("copies", "r06"), ("days", "7")])
        .await;
    author.post(&format!("/documents/{release}/shares/1/end"), &[]).await.location();
    let mut investigator = office.person(Role::Investigator).await;
    for who in [&mut auditor, &mut investigator] {
        let acts = who.page("/log/acts").await;
        for what in ["recorded a holder", "withdrew", "took a copy", "ended a link", "made links"] {
            assert!(acts.contains(what), "{what}: {acts}");
        }
        assert!(acts.contains(&format!("a copy of {release}")), "{acts}");
        for copy in ["r04", "r05", "r06", "r17"] {
            assert!(!acts.contains(copy), "{copy}: {acts}");
        }
    }
    let acts = author.office.person(Role::Custodian).await.page("/log/acts").await;
    assert!(acts.contains(&format!("copy r17 of {release}")), "{acts}");
    let none = author.get(&format!("{copies}.zip")).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn redrafts_and_late_copies_go_over_the_desk() {
    let office = Office::open().await;
    office.seals();
    let mut author = office.person(Role::Author).await;
    let release = author.seal_call().await;
    let draft = author
        .upload("/desk", &[("revises", &release)], &[File("call.md", DRAFT_2.as_bytes())])
        .await
        .location();
    author.upload(&format!("{draft}/roster"), &[], &[File("r.csv", ROSTER.as_bytes())]).await.location();
    assert!(author.page(&draft).await.contains("a redraft of call.md"));
    let second = author.seal(&draft).await;
    assert!(author.page(&draft).await.contains("copies see the author"));
    let page = author.page(&format!("/documents/{second}")).await;
    assert!(page.contains("draft 2") && page.contains(&format!("/documents/{release}")), "{page}");

    let late = author.post(&format!("/documents/{second}/extend"), &[]).await.location();
    author
        .upload(&format!("{late}/roster"), &[], &[File("late.csv", b"id,name\nl1,Late Person\n")])
        .await
        .location();
    assert_eq!(author.seal(&late).await, second);
    assert!(author.page(&format!("/documents/{second}/copies?find=l1")).await.contains("Late Person"));
    let zip = author.get(&format!("/documents/{second}/copies.zip")).await;
    assert_eq!(zip::ZipArchive::new(std::io::Cursor::new(zip.bytes)).unwrap().len(), 25);
}

#[tokio::test]
async fn what_cannot_be_sealed_says_why_and_can_be_mended() {
    let office = Office::open().await;
    office.seals();
    let mut author = office.person(Role::Author).await;
    let none = author.upload("/desk", &[], &[]).await;
    assert!(none.text().contains("choose a file first"));
    let broken = author.upload("/desk", &[], &[File("broken.docx", b"PK\x03\x04 no archive")]).await;
    assert_eq!(broken.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", broken.text());
    let draft = author.upload("/desk", &[], &[File("thin.md", b"Yes.")]).await.location();
    let early = author.post(&format!("{draft}/seal"), &[]).await;
    assert!(early.text().contains("import the roster first"));
    let bad = author.upload(&format!("{draft}/roster"), &[], &[File("r.csv", b"name\nAda\n")]).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", bad.text());
    author.upload(&format!("{draft}/roster"), &[("numbered", "3")], &[]).await.location();
    author.post(&format!("{draft}/seal"), &[]).await.location();
    for _ in 0..200 {
        if author.page(&draft).await.contains("failed") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let page = author.page(&draft).await;
    assert!(page.contains("failed") && page.contains("role=\"alert\""), "{page}");
    author.post(&format!("{draft}/remove"), &[]).await.location();
}

#[tokio::test]
async fn what_was_under_way_goes_on_after_a_restart() {
    let office = Office::open().await;
    let mut author = office.person(Role::Author).await;
    let draft = author.lay("call.md", CALL).await;
    let id = draft.trim_start_matches("/desk/").to_owned();
    author.post(&format!("{draft}/seal"), &[]).await.location();
    assert!(author.page(&draft).await.contains("data-progress"));
    let twice = author.post(&format!("{draft}/seal"), &[]).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY, "it cannot be begun twice");
    // Nobody seals yet: it can be taken back, and begun again.
    author.post(&format!("{draft}/stop"), &[]).await.location();
    assert!(author.page(&draft).await.contains("stopped"));
    author.post(&format!("{draft}/seal"), &[]).await.location();
    // A process that was killed leaves it so.
    let store = &office.server.vault.store;
    assert!(store.move_draft(&id, &["queued"], "sealing", "", 1_770_000_000).await.unwrap());
    let removed = author.post(&format!("{draft}/remove"), &[]).await;
    assert_eq!(removed.status, StatusCode::UNPROCESSABLE_ENTITY);
    office.seals();
    let release = author.sealed(&draft).await;
    let events = author.get(&format!("{draft}/progress")).await;
    assert_eq!(events.header("content-type"), "text/event-stream");
    assert!(events.text().contains("event: end"), "{}", events.text());
    assert!(author.page(&format!("/documents/{release}/copies")).await.contains("24 copies"));
}

#[tokio::test]
async fn a_text_is_changed_with_numbers_and_taken_back() {
    let office = Office::open().await;
    let mut author = office.person(Role::Author).await;
    let draft = author.lay("call.md", CALL).await;
    let page = author.page(&format!("{draft}/text")).await;
    assert!(page.contains("Record of a call") && page.contains("data-number=\"points\">0<"), "{page}");
    let changed = CALL.replace("15:00", "{? 15:00 | three in the afternoon ?}").replace('\n', "\r\n");
    let tried = author.upload(&format!("{draft}/text/try"), &[("text", &changed)], &[]).await.json();
    assert_eq!((tried["points"].as_u64(), tried["author"].as_u64()), (Some(1), Some(110)), "{tried}");
    assert!(
        !author.page(&format!("{draft}/text")).await.contains("three in the afternoon"),
        "nothing is saved"
    );
    let broken = author
        .upload(&format!("{draft}/text/try"), &[("text", "One {= lock that is not closed.")], &[])
        .await;
    assert!(broken.json()["wrong"].as_str().unwrap().contains("call.md"), "{}", broken.text());
    author.upload(&format!("{draft}/text"), &[("text", &changed)], &[]).await.location();
    let id = draft.trim_start_matches("/desk/");
    let file = office.server.vault.folder().join("desk").join(id).join("document");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), changed.replace("\r\n", "\n"), "its own line ends");
    for (expected, times) in [(CALL.to_owned(), 1), (changed.replace("\r\n", "\n"), 2)] {
        author.post(&format!("{draft}/undo"), &[("part", "text")]).await.location();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), expected, "{times}");
    }
    // A roster that was imported over another comes back, and so does having none.
    author.upload(&format!("{draft}/roster"), &[("numbered", "3")], &[]).await.location();
    assert!(author.page(&draft).await.contains("Seal 3 copies"));
    author.post(&format!("{draft}/undo"), &[("part", "roster")]).await.location();
    let page = author.page(&draft).await;
    assert!(page.contains("Seal 24 copies") && page.contains("<summary>3 groups</summary>"), "{page}");
    let sites = format!("{draft}/sites");
    let seen = seen(&author.page(&sites).await);
    author.post(&sites, &[("seen", &seen), ("v0", "leave")]).await.location();
    assert!(author.page(&format!("{draft}/sites")).await.contains("1 not used"));
    author.post(&format!("{draft}/undo"), &[("part", "sites")]).await.location();
    assert!(author.page(&format!("{draft}/sites")).await.contains("0 not used"));
    let none = author.post(&format!("{draft}/undo"), &[("part", "everything")]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    let docx = include_bytes!("../../../app/samples/memorandum.docx");
    let docx = author.upload("/desk", &[], &[File("memorandum.docx", docx)]).await.location();
    assert_eq!(author.get(&format!("{docx}/text")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!author.page(&docx).await.contains("Change the text"));
}

/// How many places a page of them says there are.
fn seen(page: &str) -> String {
    let at = page.find("name=\"seen\" value=\"").unwrap() + 19;
    page[at..].split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn each_copy_gets_a_ready_draft_of_mail() {
    const MAIL: &[u8] = b"From: office@example.org\r\nSubject: The call, for {name}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nDear {name}, attached is copy {id}.\r\n";
    let office = Office::open().await;
    office.seals();
    let mut author = office.person(Role::Author).await;
    let draft = author.lay("call.md", CALL).await;
    let mail = format!("{draft}/mail");
    assert_eq!(
        author.upload(&mail, &[], &[File("cover.txt", MAIL)]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(author.upload(&mail, &[], &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    author.upload(&mail, &[], &[File("cover.eml", MAIL)]).await.location();
    assert!(author.page(&draft).await.contains("cover.eml"));
    author.upload(&mail, &[("none", "1")], &[]).await.location();
    assert!(!author.page(&draft).await.contains("cover.eml"));
    author.upload(&mail, &[], &[File("cover.eml", MAIL)]).await.location();
    let release = author.seal(&draft).await;
    let copy = format!("/documents/{release}/copies/r17");
    assert!(author.page(&copy).await.contains("Take the ready mail"));
    let ready = author.get(&format!("{copy}/mail")).await;
    assert!(ready.text().contains("Harrowgate") && ready.header("content-disposition").contains("cover.eml"));
    let zip = author.get(&format!("/documents/{release}/copies.zip")).await;
    let archive = zip::ZipArchive::new(std::io::Cursor::new(zip.bytes)).unwrap();
    assert_eq!(archive.len(), 48);
    let without = author.lay("call.md", DRAFT_2).await;
    let other = author.seal(&without).await;
    assert_eq!(
        author.get(&format!("/documents/{other}/copies/r17/mail")).await.status,
        StatusCode::NOT_FOUND
    );
}

/// Two servers over one ledger seal what is queued, each draft once, and one finishes what the other left.
async fn two_servers(office: Office) {
    let mut author = office.person(Role::Author).await;
    let mut drafts = Vec::new();
    for number in 0..6 {
        drafts.push(author.lay(&format!("call {number}.md"), CALL).await);
    }
    let store = &office.server.vault.store;
    for draft in &drafts {
        let id = draft.trim_start_matches("/desk/");
        assert!(store.move_draft(id, &["draft"], "queued", "", 1_770_000_000).await.unwrap());
    }
    // A server that was killed had begun the first one, some time ago.
    let first = drafts[0].trim_start_matches("/desk/");
    assert!(
        store.move_draft(first, &["queued"], "sealing", "somebody who is gone", 1_770_000_000).await.unwrap()
    );
    let other = office.another().await;
    office.seals();
    tokio::spawn(tellmark_server::run_jobs(other.clone()));
    let mut releases = std::collections::BTreeSet::new();
    for draft in &drafts {
        releases.insert(author.sealed(draft).await);
    }
    assert_eq!(releases.len(), 6);
    // That it was done is written down a moment after it is done.
    let mut sealed = 0;
    for _ in 0..200 {
        let acts = store.acts(None, 1_000).await.unwrap();
        sealed = acts.iter().filter(|act| act.what == "sealed").count();
        if sealed >= 6 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(sealed, 6, "each was sealed once");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_share_the_desk_of_one_vault() {
    two_servers(Office::open().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_share_the_desk_of_one_postgresql() {
    let url = crate::postgres::url("postgres");
    two_servers(Office::opened(|settings| settings, Some(&url)).await).await;
}
