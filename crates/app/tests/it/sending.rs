//! What goes out: visible lines, drafts, OpenDocument texts, and threads of messages.

use std::fs;
use std::io::Write;

use tellmark_app::seal::{ExtendRequest, SealRequest, extend};
use tellmark_app::trace::{ExhibitFile, TraceRequest, Verdict, trace};
use tellmark_app::{MailModel, Silent, check, copies, plan};
use tellmark_formats::draft::attached;

use crate::office::{CALL, DRAFT_2, Office, middle, named, tree};

const VISIBLE: &str = "Copy {id} · {name}";
const COVER: &str = "From: chair@n.example\r\nDate: Mon, 3 May 2026 10:00:00 +0000\r\nSubject: Record for {name}\r\n\r\nDear {name},\r\n\r\nattached is copy {id}.\r\n";

fn visible(office: &Office, document: &str, out: &str) -> SealRequest {
    SealRequest { visible: Some(VISIBLE.into()), ..office.request("call.md", document.as_bytes(), out) }
}

fn mailed(request: SealRequest, name: &str, model: &str) -> SealRequest {
    SealRequest { mail: Some(MailModel { file_name: name.into(), bytes: model.into() }), ..request }
}

#[tokio::test]
async fn a_visible_line_says_whose_copy_it_is_and_is_no_evidence() {
    let mut office = Office::open(71).await;
    let request = visible(&office, CALL, "call");
    let summary = office.seal(&request).await.unwrap();
    let copy = office.copy("call", "r17", "call.md");
    assert!(copy.ends_with("\n\nCopy r17 · Lenna Harrowgate\n"), "{copy}");
    // The same bytes again, by every way.
    let whole = tree(&office.path("call"));
    fs::remove_dir_all(office.path("call/r03")).unwrap();
    let again = office.seal(&request).await.unwrap();
    assert_eq!((again.release, again.resumed, again.written), (summary.release, true, 1));
    assert_eq!(tree(&office.path("call")), whole);
    assert!(check::check(&office.vault, &office.path("call"), &Silent).await.unwrap().wrong.is_empty());
    let out = office.path("again.md");
    copies::copy_again(&office.vault, "call.md", "r17", &out, false, 0).await.unwrap();
    assert_eq!(fs::read_to_string(out).unwrap(), copy);
    // Without the line it is another release.
    let plain = SealRequest { visible: None, ..office.request("call.md", CALL.as_bytes(), "plain") };
    assert_ne!(office.seal(&plain).await.unwrap().release, summary.release);

    // Whoever leaks a passage with somebody else's line is named by the passage.
    let forged = format!("{}\n\nCopy r05 · Somebody\n", middle(&copy));
    let finding = office.trace(&forged).await;
    assert_eq!(named(&finding), ["r17"]);
    let lines: Vec<_> = finding.releases.iter().map(|r| (r.release, r.visible.as_deref())).collect();
    assert!(lines.contains(&(summary.release, Some(VISIBLE))) && lines.len() == 2, "{lines:?}");
    // The line alone names nobody, nor does the original with it.
    let original = tellmark_app::Planned::new(
        "call.md",
        CALL.into(),
        summary.release,
        &tellmark_app::MarkOptions::default(),
    )
    .unwrap();
    let text =
        original.marking().render(&original.prose().text, &original.marking().original()).unwrap().text;
    for leak in ["Copy r17 · Lenna Harrowgate".to_owned(), format!("{text}\n\nCopy r17 · Lenna Harrowgate\n")]
    {
        let finding = office.trace(&leak).await;
        assert_eq!((finding.verdict, named(&finding)), (Verdict::Nobody, vec![]));
    }
}

#[tokio::test]
async fn redrafts_and_late_copies_show_their_line() {
    let mut office = Office::open(72).await;
    let request = visible(&office, CALL, "call");
    office.seal(&request).await.unwrap();
    let redraft = SealRequest {
        revises: Some("call.md".into()),
        name: Some("second".into()),
        ..visible(&office, DRAFT_2, "draft2")
    };
    assert!(office.seal(&redraft).await.unwrap().revision.unwrap().kept > 0);
    let copy = office.copy("draft2", "r05", "call.md");
    assert!(copy.ends_with("Copy r05 · ") || copy.contains("\nCopy r05 · "), "{copy}");
    assert_eq!(named(&office.trace(&middle(&copy)).await), ["r05"]);
    // A redraft that was written in somebody's copy still shows that copy's line.
    let taken = SealRequest {
        revises: Some("call.md".into()),
        ..visible(&office, &office.copy("call", "r05", "call.md"), "taken")
    };
    let error = office.seal(&taken).await.unwrap_err();
    assert!(error.is_input() && error.to_string().contains("still shows \"Copy r05"), "{error}");
    let late = |roster: &str, office: &Office| ExtendRequest {
        release: "second".into(),
        roster: roster.into(),
        roster_name: "late.csv".into(),
        out: office.path("late"),
        mail: None,
        force: false,
        kept: None,
    };
    let request = late("id,name\nlate1,\nlate2,Bo\n", &office);
    let error = extend(&office.vault, &request, &mut office.ports, &Silent).await.unwrap_err();
    assert!(error.is_input() && error.to_string().contains("late1;"), "{error}");
    assert!(!office.path("late").exists());
    let request = late("id,name\nlate1,Ada & Co\n", &office);
    extend(&office.vault, &request, &mut office.ports, &Silent).await.unwrap();
    assert!(office.copy("late", "late1", "call.md").ends_with("Copy late1 · Ada \\& Co\n"));
}

#[tokio::test]
async fn lines_that_cannot_stand_are_refused_before_anything_is_written() {
    let mut office = Office::open(73).await;
    for (line, roster, why) in [
        ("Confidential", "id,name\nr1,Ada\n", "same in every copy"),
        ("Copy {nr}", "id,name\nr1,Ada\n", "only {id}"),
        ("Copy {name}", "id,name\nr1,Ada\nr2,\nr3,\n", "r2, r3"),
    ] {
        let request = SealRequest {
            visible: Some(line.into()),
            roster: roster.into(),
            ..office.request("call.md", CALL.as_bytes(), "call")
        };
        let error = office.seal(&request).await.unwrap_err();
        assert!(error.is_input() && error.to_string().contains(why), "{error}");
    }
    let printed = crate::printed::page(&CALL.lines().take(40).map(str::to_owned).collect::<Vec<_>>());
    let request = SealRequest {
        visible: Some(VISIBLE.into()),
        roster: "id,name\nr1,Ада\nr2,阿達\n".into(),
        ..office.request("call.pdf", &printed, "pdf")
    };
    let error = office.seal(&request).await.unwrap_err();
    assert!(error.is_input() && error.to_string().contains("copy r2"), "{error}");
    let mail = format!("{COVER}{CALL}").replace("{name}", "all").replace("{id}", "it");
    let request =
        SealRequest { visible: Some(VISIBLE.into()), ..office.request("call.eml", mail.as_bytes(), "mail") };
    assert!(office.seal(&request).await.unwrap_err().is_input());
    assert!(!["call", "pdf", "mail"].iter().any(|out| office.path(out).exists()));
    assert!(office.vault.store.releases().await.unwrap().is_empty());
}

/// A short message: each sentence stands in it twice, and is read as what it is.
const SHORT: &str = "The harbour master {went on to say|said as well|added} that the gates {stay shut|remain closed} until May. \
    Nobody from Quellin {was asked|had been asked} about the price of water, {though|although} two of them sat there. \
    {As before|As ever}, the engineers {want|would like} a month for the upper sluice. \
    {Please|Kindly} keep the map of the {third|lower} basin to yourselves. \
    Halvara {will pay|is to pay} for the pumps, {while|whereas} the tunnel is {ours|our affair}. \
    The second shaft {is flooded|stands under water}; {nobody|no one} outside should {know|learn} of it. \
    We {meet|come together} on Friday {at noon|at twelve}, and {coffee|tea} {will be|is} there. \
    {Tell|Inform} Mr. Serrowe that his {last|latest} letter {never came|did not arrive}. \
    The farmers {ask for|want} seed {at once|without delay}, and {rightly so|with reason}.";

#[tokio::test]
async fn a_short_message_in_text_and_html_is_traced_by_either() {
    let mut office = Office::open(76).await;
    let broken =
        SHORT.replacen("went on to say", "went on to\r\nsay", 1).replacen("at once", "at\u{a0}once", 1);
    let mail = format!(
        "From: ada@office.example\r\nTo: bo@n.example\r\nSubject: Talks\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n{SHORT}\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n<html><body><p>{broken}</p></body></html>\r\n--b--\r\n"
    );
    let request = SealRequest { alpha: "1e-3".into(), ..office.request("call.eml", mail.as_bytes(), "mail") };
    office.seal(&request).await.unwrap();
    let copy = office.copy("mail", "r07", "call.eml");
    let (plain, html) = copy.split_once("<html>").unwrap();
    let plain = plain.split("8bit\r\n\r\n").nth(1).unwrap().split("\r\n--b").next().unwrap();
    let html = html.split("<p>").nth(1).unwrap().split("</p>").next().unwrap();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(plain), words(html), "both forms say the same");
    for leak in [plain, html, copy.as_str()] {
        let finding = office.trace(leak).await;
        assert_eq!(named(&finding), ["r07"], "{finding:?}");
    }
}

#[tokio::test]
async fn a_pdf_with_a_line_is_checked_and_traced() {
    let mut office = Office::open(74).await;
    let lines: Vec<String> = CALL
        .lines()
        .flat_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.chunks(9).map(|words| words.join(" ")).collect::<Vec<_>>()
        })
        .take(44)
        .collect();
    let printed = crate::printed::page(&lines);
    let request = SealRequest {
        visible: Some("Копія {id} · {group}".into()),
        ..office.request("call.pdf", &printed, "pdf")
    };
    office.seal(&request).await.unwrap();
    assert!(check::check(&office.vault, &office.path("pdf"), &Silent).await.unwrap().wrong.is_empty());
    let copy = fs::read(office.path("pdf/r09/call.pdf")).unwrap();
    let shown = tellmark_formats::read_exhibit("x", &copy).unwrap().text;
    assert!(shown.contains("Копія r09 ·"), "{shown}");
    let request = TraceRequest {
        exhibits: vec![ExhibitFile { name: "leak.pdf".into(), bytes: copy }],
        because: "a test".into(),
        ..TraceRequest::default()
    };
    let traced = trace(&office.vault, &request, &office.ports, &Silent).await.unwrap();
    assert_eq!(named(&traced.finding), ["r09"]);
}

#[tokio::test]
async fn every_copy_gets_a_ready_draft_that_check_reads_again() {
    let mut office = Office::open(75).await;
    let request = mailed(visible(&office, CALL, "call"), "cover.eml", COVER);
    let summary = office.seal(&request).await.unwrap();
    assert_eq!((summary.copies, summary.written, summary.drafts), (24, 24, 24));
    let draft = fs::read(office.path("call/r17/cover.eml")).unwrap();
    let copy = fs::read(office.path("call/r17/call.md")).unwrap();
    assert_eq!(attached(&draft, "call.md").unwrap(), copy);
    let text = String::from_utf8(draft.clone()).unwrap();
    for head in [
        "X-Unsent: 1\r\n",
        "To: \"Lenna Harrowgate\"\r\n <lenna.harrowgate@norrey.example.org>\r\n",
        "Subject: Record for Lenna Harrowgate\r\n",
    ] {
        assert!(text.contains(head), "{text}");
    }
    // Again: nothing is written; what is missing is finished, and what differs is not overwritten.
    let whole = tree(&office.path("call"));
    fs::remove_file(office.path("call/r03/cover.eml")).unwrap();
    let again = office.seal(&request).await.unwrap();
    assert_eq!((again.release, again.written, again.drafts), (summary.release, 0, 1));
    assert_eq!(tree(&office.path("call")), whole);
    let other = SealRequest {
        mail: Some(MailModel { file_name: "cover.eml".into(), bytes: COVER.replace("Dear", "To").into() }),
        ..request.clone()
    };
    assert!(office.seal(&other).await.unwrap_err().to_string().contains("--force"));
    assert_eq!(tree(&office.path("call")), whole);

    let state = async || check::check(&office.vault, &office.path("call"), &Silent).await.unwrap();
    let checked = state().await;
    assert_eq!((checked.right, checked.wrong.len()), (48, 0));
    // A draft that takes somebody else's copy, one whose copy was changed, and one without its copy beside it.
    fs::copy(office.path("call/r04/cover.eml"), office.path("call/r05/cover.eml")).unwrap();
    let changed = String::from_utf8(draft).unwrap().replacen("\r\n\r\nL", "\r\n\r\nM", 1);
    fs::write(office.path("call/r17/cover.eml"), changed.replace("IyBSZWNv", "IyBSZWNw")).unwrap();
    fs::remove_file(office.path("call/r06/call.md")).unwrap();
    let checked = state().await;
    let wrong: Vec<(&str, &check::State)> =
        checked.wrong.iter().map(|w| (w.copy.as_str(), &w.state)).collect();
    let release = summary.release;
    assert!(
        matches!(wrong[0], ("r05", check::State::Mixed { is, .. }) if is.as_ref().is_some_and(|is| is.as_str() == "r04")),
        "{wrong:?}"
    );
    assert!(matches!(wrong[1], ("r17", check::State::Changed)), "{wrong:?}");
    assert!(
        matches!(wrong[2], ("r06", check::State::Missing { release: of }) if *of == release),
        "{wrong:?}"
    );
}

#[tokio::test]
async fn drafts_that_cannot_be_sent_are_refused_before_anything_is_written() {
    let mut office = Office::open(76).await;
    let model = |name: &str| Some(MailModel { file_name: name.into(), bytes: COVER.into() });
    for (roster, name, why) in [
        (
            "id,name,email\nr1,Ada,a@x.example\nr2,Bo,\nr3,Cy,\n",
            "cover.eml",
            "these lines have no email: r2, r3",
        ),
        (
            "id,name,email\nr1,Ada,a@x.example\nr2,Bo,bo\n",
            "cover.eml",
            "this line has an email that no message",
        ),
        ("id,name,email\nr1,,a@x.example\n", "cover.eml", "has no name"),
        ("id,name,email\nr1,Ada,a@x.example\n", "cover.txt", ".eml"),
        ("id,name,email\nr1,Ada,a@x.example\n", "Call.md", "both called"),
    ] {
        let request = SealRequest {
            roster: roster.into(),
            mail: model(name),
            ..office.request("call.md", CALL.as_bytes(), "call")
        };
        let error = office.seal(&request).await.unwrap_err();
        assert!(error.is_input() && error.to_string().contains(why), "{error}");
    }
    assert!(!office.path("call").exists());
    assert!(office.vault.store.releases().await.unwrap().is_empty());
}

/// An OpenDocument text with these paragraphs.
fn odt(text: &str) -> Vec<u8> {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let body: String = escaped.split("\n\n").map(|p| format!("<text:p>{p}</text:p>")).collect();
    let xml = format!(
        "<office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body><office:text>{body}</office:text></office:body></office:document-content>"
    );
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in [("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", &xml)] {
        writer.start_file(name, stored).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[tokio::test]
async fn an_opendocument_text_is_sealed_checked_and_traced() {
    let mut office = Office::open(77).await;
    let body = CALL.split_once("---\n\n").unwrap().1;
    let request =
        SealRequest { visible: Some(VISIBLE.into()), ..office.request("call.odt", &odt(body), "odt") };
    let summary = office.seal(&request).await.unwrap();
    assert!(summary.bits > 100.0, "{summary:?}");
    assert!(check::check(&office.vault, &office.path("odt"), &Silent).await.unwrap().wrong.is_empty());
    // The file itself, and a passage of its text in an article.
    let copy = fs::read(office.path("odt/r21/call.odt")).unwrap();
    let text = tellmark_formats::read_exhibit("x", &copy).unwrap().text;
    assert_eq!(named(&office.trace(&middle(&text)).await), ["r21"]);
    let request = TraceRequest {
        exhibits: vec![ExhibitFile { name: "leak".into(), bytes: copy }],
        because: "a test".into(),
        ..TraceRequest::default()
    };
    let traced = trace(&office.vault, &request, &office.ports, &Silent).await.unwrap();
    assert_eq!(named(&traced.finding), ["r21"]);
}

#[tokio::test]
async fn a_thread_that_leaked_is_read_whatever_was_written_around_it() {
    let mut office = Office::open(78).await;
    let (_, body) = CALL.split_once("---\n\n").unwrap();
    let history = "On Mon, 3 May 2026 at 10:00, Ada <ada@a.example> wrote:\n\n> We {hold|keep} what we have.\n> In order to be sure, about 30 people should come.\n";
    let mail = format!(
        "Subject: Record\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{body}\n\n{history}"
    );
    let planned =
        plan::plan("call.eml", mail.clone().into_bytes(), &tellmark_app::MarkOptions::default(), None)
            .unwrap();
    assert!(planned.notes.iter().any(|note| note.contains("quoted history")), "{:?}", planned.notes);
    let request = office.request("call.eml", mail.as_bytes(), "mail");
    office.seal(&request).await.unwrap();
    let copy = office.copy("mail", "r12", "call.eml");
    assert!(copy.contains(history), "history stays byte for byte");
    // Forwarded with an answer above it, every line quoted and broken anew.
    let text = copy.split_once("\n\n").unwrap().1;
    let mut quoted = String::from(
        "Subject: Fw: Record\nMessage-ID: <2@x>\n\nHave a look at this.\n\n-----Original Message-----\n",
    );
    for paragraph in text.split("\n\n") {
        let words: Vec<&str> = paragraph.split_whitespace().collect();
        words.chunks(11).for_each(|line| quoted.push_str(&format!("> {}\n", line.join(" "))));
        quoted.push_str(">\n");
    }
    let request = TraceRequest {
        exhibits: vec![ExhibitFile { name: "leak.eml".into(), bytes: quoted.into_bytes() }],
        because: "a test".into(),
        ..TraceRequest::default()
    };
    let traced = trace(&office.vault, &request, &office.ports, &Silent).await.unwrap();
    assert_eq!(named(&traced.finding), ["r12"]);
}
