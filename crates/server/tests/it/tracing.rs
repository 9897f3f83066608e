//! Something leaks: it is dropped, traced, shown, and proved.

use axum::http::StatusCode;
use tellmark_server::roles::Role;

use crate::office::{File, Office, copy_of, middle};

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
    detective.post("/sources/1/remove", &[]).await.location();
    assert!(detective.page("/sightings").await.contains("No source is followed"));
}
