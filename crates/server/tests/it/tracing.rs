//! Something leaks: it is dropped, traced, shown, and proved.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tellmark_server::roles::{Action, Role};

use crate::office::{CALL, DRAFT_2, File, Office, ROSTER, copy_of, middle};

#[tokio::test]
async fn what_leaked_is_traced_and_the_case_grows() {
    let office = Office::open().await;
    office.seals();
    let release = office.person(Role::Author).await.seal_call().await;
    let leak = copy_of(&office.copies(), &release, "r17", "call.md");
    let mut detective = office.person(Role::Investigator).await;
    assert!(detective.page("/cases").await.contains("No leak was looked at yet"));
    let fields = [("new", "a/case <i>"), ("text", &middle(&leak)[..]), ("because", "a newspaper")];
    let look = detective.upload("/trace", &fields, &[]).await.location();
    assert_eq!(look, "/cases/a%2Fcase%20%3Ci%3E/looks/1");
    let page = detective.page(&look).await;
    for part in ["A copy is named", "r17", "Lenna Harrowgate", "a/case &lt;i&gt;", "<iframe"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let report = detective.get(&format!("{look}/report")).await;
    let policy = report.header("content-security-policy").to_owned();
    for part in ["default-src 'none'", "sandbox", "frame-ancestors 'self'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(report.text().contains("This derives from copy") || report.text().contains("r17"));

    let more = [("case", "a/case <i>"), ("because", "another")];
    let second =
        detective.upload("/trace", &more, &[File("../../x/leak.txt", leak.as_bytes())]).await.location();
    assert_eq!(second, "/cases/a%2Fcase%20%3Ci%3E/looks/2");
    let case = detective.page("/cases/a%2Fcase%20%3Ci%3E").await;
    assert!(case.contains("Look 2") && case.contains("leak.txt") && !case.contains("../x"), "{case}");
    let refused = detective.get("/cases/a%2Fcase%20%3Ci%3E/bundle").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "a bundle opens codewords");
    let mut custodian = office.person(Role::Custodian).await;
    let bundle = custodian.get("/cases/a%2Fcase%20%3Ci%3E/bundle").await;
    assert_eq!((bundle.status, bundle.header("content-type")), (StatusCode::OK, "application/octet-stream"));
    assert!(bundle.bytes.len() > 1_000 && bundle.header("content-disposition").contains("a_case"));
    assert!(detective.page("/log/acts").await.contains("took a look"));
}

#[tokio::test]
async fn nobody_is_named_without_names() {
    let office = Office::open().await;
    office.seals();
    let release = office.person(Role::Author).await.seal_call().await;
    let leak = copy_of(&office.copies(), &release, "r17", "call.md");
    let mut detective = office.person(Role::Investigator).await;
    let few: String = leak.split_inclusive(". ").take(4).collect();
    let nothing = "An entirely different matter was discussed elsewhere, and no one there knew of it.";
    for text in [few.as_str(), nothing] {
        let look = detective.upload("/trace", &[("text", text), ("identities", "on")], &[]).await.location();
        let page = detective.page(&look).await;
        assert!(page.contains("Nobody is named"), "{page}");
        let report = detective.get(&format!("{look}/report")).await.text();
        for name in ["Harrowgate", "Lenna", "r17"] {
            assert!(!page.contains(name) && !report.contains(name), "{name}");
        }
    }
    for path in [format!("/documents/{release}/copies"), format!("/documents/{release}/copies/r17/file")] {
        assert_eq!(detective.get(&path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(!detective.page(&format!("/documents/{release}")).await.contains("copies.zip"));
}

#[tokio::test]
async fn names_are_shown_when_two_others_agreed() {
    let office = Office::open().await;
    office.seals();
    let release = office.person(Role::Author).await.seal_call().await;
    let leak = copy_of(&office.copies(), &release, "r17", "call.md");
    // A paragraph tells something, and too little.
    let few = leak.split("\n\n").filter(|paragraph| paragraph.len() > 300).nth(4).unwrap();
    let mut detective = office.person(Role::Investigator).await;
    // Whoever agrees had an account before it was asked.
    let (mut first, mut second) =
        (office.person(Role::Custodian).await, office.person(Role::Custodian).await);
    let look = detective.upload("/trace", &[("text", few), ("new", "talks")], &[]).await.location();
    let refused =
        |got: crate::office::Got| assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", got.text());
    refused(detective.post(&format!("{look}/names"), &[("because", " ")]).await);
    let order =
        detective.post(&format!("{look}/names"), &[("because", "to ask <all> for notes")]).await.location();
    assert_eq!(order, format!("{look}#o1"));
    refused(detective.post(&format!("{look}/names"), &[("because", "again")]).await);
    assert!(detective.page(&look).await.contains("to ask &lt;all&gt; for notes"));
    refused(detective.post("/orders/1/show", &[]).await);
    assert_eq!(detective.post("/orders/1", &[("answer", "agree")]).await.status, StatusCode::FORBIDDEN);

    assert!(first.page("/").await.contains("1 request waits"));
    refused(first.post("/orders/1", &[("answer", "perhaps")]).await);
    first.post("/orders/1", &[("answer", "agree")]).await.location();
    refused(first.post("/orders/1", &[("answer", "agree")]).await);
    assert!(!first.page("/").await.contains("request waits"), "it waits for somebody else");
    refused(detective.post("/orders/1/show", &[]).await);
    assert_eq!(
        first.post("/orders/1/show", &[]).await.status,
        StatusCode::FORBIDDEN,
        "custodians do not trace"
    );
    second.post("/orders/1", &[("answer", "agree")]).await.location();
    let before = detective.get(&format!("{look}/report")).await.text();
    let shown = detective.post("/orders/1/show", &[]).await.location();
    assert_eq!(shown, "/cases/talks/looks/2");
    let page = detective.page(&shown).await;
    assert!(page.contains("Nobody is named") && page.contains("by order 1 of investigator"), "{page}");
    let report = detective.get(&format!("{shown}/report")).await.text();
    assert!(before.contains("#1<") && !before.contains("r17"), "pseudonyms before");
    assert!(report.contains("r17") && !report.contains("#1<"), "who is who");
    refused(detective.post("/orders/1/show", &[]).await);
    // No program answers an order, whatever its scopes.
    let answers = |entry: &tellmark_server::Entry| {
        entry.is_api() && entry.path.contains("/orders") && entry.action == Action::Consent
    };
    assert!(!tellmark_server::entries(&office.server).iter().any(answers));
    let acts = detective.page("/log/acts").await;
    for what in ["asked to see who is who", "agreed that names are shown", "saw who is who"] {
        assert!(acts.contains(what), "{what}");
    }

    // Whoever refuses, ends it; whoever asks, does not agree to it.
    let mut owner = office.person(Role::Owner).await;
    owner.post(&format!("{look}/names"), &[("because", "once more")]).await.location();
    refused(owner.post("/orders/2", &[("answer", "agree")]).await);
    first.post("/orders/2", &[("answer", "refuse")]).await.location();
    refused(second.post("/orders/2", &[("answer", "agree")]).await);
    refused(owner.post("/orders/2/show", &[]).await);
    assert!(owner.page("/consent").await.contains("refused"));
    // An order is for a look that named nobody.
    let named = detective.upload("/trace", &[("text", &middle(&leak))], &[]).await.location();
    refused(detective.post(&format!("{named}/names"), &[("because", "names")]).await);
    assert_eq!(
        detective.post("/cases/talks/looks/9/names", &[("because", "x")]).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_leak_is_traced_in_one_draft_alone() {
    let office = Office::open().await;
    office.seals();
    let mut author = office.person(Role::Author).await;
    let first = author.seal_call().await;
    let file = [File("call-draft2.md", DRAFT_2.as_bytes())];
    let draft = author.upload("/desk", &[("revises", &first)], &file).await.location();
    author.upload(&format!("{draft}/roster"), &[], &[File("r.csv", ROSTER.as_bytes())]).await.location();
    let second = author.seal(&draft).await;
    let leak = copy_of(&office.copies(), &first, "r17", "call.md");
    let mut detective = office.person(Role::Investigator).await;
    let page = detective.page("/trace").await;
    for (release, name) in [(&first, "call.md"), (&second, "call-draft2.md")] {
        assert!(page.contains(&format!("<option value=\"{release}\">{name} ({release})")), "{page}");
    }
    let none = detective.upload("/trace", &[("text", &leak), ("release", "none")], &[]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", none.text());
    assert!(detective.page("/cases").await.contains("No leak was looked at yet"), "nothing was counted");
    // A program asks for the same; drafts of one document are otherwise tested together.
    let token = office.token(&detective, "cases:write").await;
    let look = async |case: &str, release: &str| {
        let body = json!({ "text": leak, "new": case, "release": release }).to_string();
        let request = office.stranger().request(axum::http::Method::POST, "/api/v1/looks");
        let request = request.header("authorization", format!("Bearer {token}"));
        let request = request.header("content-type", "application/json");
        let got = office.send(request.body(axum::body::Body::from(body)).unwrap()).await;
        assert_eq!(got.status, StatusCode::CREATED, "{}", got.text());
        got.json()
    };
    let alone = |finding: &Value| {
        let notes = finding["notes"].as_array().cloned().unwrap_or_default();
        notes.iter().find_map(|note| note["note"].as_str()?.split(" alone").next().map(str::to_owned))
    };
    for (case, release, said) in [
        ("all", "", None),
        ("first", &*first, Some("this look was asked to read call.md")),
        ("second", &*second, Some("this look was asked to read call-draft2.md")),
    ] {
        let finding = look(case, release).await;
        assert_eq!(finding["named"][0]["copy"], "r17", "{finding}");
        assert_eq!(alone(&finding).as_deref(), said, "{finding}");
    }
    let fields = [("text", &leak[..]), ("new", "page"), ("release", &first)];
    let look = detective.upload("/trace", &fields, &[]).await.location();
    let report = detective.get(&format!("{look}/report")).await.text();
    assert!(report.contains("was asked to read call.md alone"), "{report}");
}

#[tokio::test]
async fn what_cannot_be_read_says_why() {
    let office = Office::open().await;
    let mut detective = office.person(Role::Investigator).await;
    let none = detective.upload("/trace", &[("text", " ")], &[]).await;
    assert!(none.status == StatusCode::UNPROCESSABLE_ENTITY && none.text().contains("drop a file"));
    let case = detective.upload("/trace", &[("text", "words"), ("case", "none such")], &[]).await;
    assert_eq!(case.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", case.text());
    let broken = detective.upload("/trace", &[], &[File("x.docx", b"PK\x03\x04 broken")]).await;
    assert_eq!(broken.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", broken.text());
    for path in ["/cases/none", "/cases/none/looks/1", "/cases/none/looks/1/report"] {
        assert_eq!(detective.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn sources_are_in_the_network_and_not_private() {
    let office = Office::open().await;
    let mut detective = office.person(Role::Investigator).await;
    for bad in [
        "http://127.0.0.1/feed",
        "http://localhost:9000/",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.7/",
        "http://192.168.1.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://router.local/",
        "https://intranet/",
        "/etc/passwd",
        "file:///etc/passwd",
        "-",
        "",
        "gopher://example.org/",
        "imaps://user@127.0.0.1/INBOX",
        "HTTP://LOCALHOST./",
    ] {
        let got = detective.post("/sources", &[("source", bad)]).await;
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}: {}", got.text());
    }
    detective.post("/sources", &[("source", "https://paper.example.org/feed.xml")]).await.location();
    let page = detective.page("/sightings").await;
    assert!(
        page.contains("https://paper.example.org/feed.xml") && page.contains("Nothing was seen"),
        "{page}"
    );
    // They stand below all that was seen, and can be reached at once.
    let link = page.find("<a href=\"#sources\">Sources: 1 is followed</a>").unwrap();
    assert!(link < page.find("<h2 id=\"sources\">").unwrap(), "{page}");
    detective.post("/sources/1/remove", &[]).await.location();
    assert!(detective.page("/sightings").await.contains("No source is followed"));
}

#[tokio::test]
async fn what_was_retold_is_asked_on_forms() {
    let office = Office::open().await;
    office.seals();
    let mut author = office.person(Role::Author).await;
    let draft = author.lay("call.md", CALL).await;
    let changed = CALL.replace("15:00", "{? 15:00 | three in the afternoon ?}");
    author.upload(&format!("{draft}/text"), &[("text", &changed)], &[]).await.location();
    let release = author.seal(&draft).await;
    let forms = format!("/documents/{release}/forms");
    assert_eq!(author.post(&forms, &[("readers", "2")]).await.status, StatusCode::FORBIDDEN);
    let mut detective = office.person(Role::Investigator).await;
    for readers in ["1", "21", "x"] {
        assert_eq!(
            detective.post(&forms, &[("readers", readers)]).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    let zip = detective.post(&forms, &[("readers", "2")]).await;
    assert_eq!(zip.header("content-type"), "application/zip");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip.bytes)).unwrap();
    let mut answers = Vec::new();
    for (number, reader) in [(1, "A. Reader"), (2, "B. Reader")] {
        let form: Value =
            serde_json::from_reader(archive.by_name(&format!("form-{number}.json")).unwrap()).unwrap();
        let point = &form["points"][0];
        let said = json!({ point["point"].as_str().unwrap(): "15:00" });
        answers.push(json!({ "tellmark_answers": 1, "release": release, "form": form["form"], "reader": reader, "answers": said }).to_string());
    }
    let one = detective.upload("/trace", &[], &[File("answers-1.json", answers[0].as_bytes())]).await;
    assert_eq!(one.status, StatusCode::UNPROCESSABLE_ENTITY, "one person alone: {}", one.text());
    let files =
        [File("answers-1.json", answers[0].as_bytes()), File("answers-2.json", answers[1].as_bytes())];
    let look = detective.upload("/trace", &[("new", "radio")], &files).await.location();
    let page = detective.page(&look).await;
    assert!(page.contains("Nobody is named") && page.contains("1 place was read"), "{page}");
}

#[tokio::test]
async fn an_address_is_a_sighting_or_nothing() {
    let office = Office::open().await;
    office.seals();
    office.person(Role::Author).await.seal_call().await;
    let mut detective = office.person(Role::Investigator).await;
    for (text, expected) in [
        ("https://paper.example.org/article", StatusCode::UNPROCESSABLE_ENTITY),
        ("http://127.0.0.1:8080/sightings#s3", StatusCode::NOT_FOUND),
        (" /sightings#s3\n", StatusCode::NOT_FOUND),
    ] {
        let got = detective.upload("/trace", &[("text", text)], &[]).await;
        assert_eq!(got.status, expected, "{text}: {}", got.text());
    }
    for (sighting, expected) in [("x", StatusCode::UNPROCESSABLE_ENTITY), ("3", StatusCode::NOT_FOUND)] {
        let got = detective.upload("/trace", &[("sighting", sighting)], &[]).await;
        assert_eq!(got.status, expected, "{sighting}");
    }
    assert!(detective.page("/cases").await.contains("No leak was looked at yet"), "nothing was counted");
    assert!(detective.page("/trace?sighting=3").await.contains("Sighting 3 is looked at"));
}
