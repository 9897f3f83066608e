//! Drafts: what is written is what other programs read, and what is attached is the copy.

use std::process::Command;

use tellmark_core::{CopyId, Recipient};
use tellmark_formats::Format;
use tellmark_formats::draft::{Draft, Lack, attached};

fn holder(name: &str) -> Recipient {
    Recipient {
        id: CopyId::parse("r017").unwrap(),
        name: name.into(),
        email: "ada@a.example".into(),
        group: "Halvara & Norrey".into(),
    }
}

const COPY: &[u8] = b"They convened at noon.\r\n\0\xff binary too";

fn written(model: &str, name: &str, file_name: &str) -> Vec<u8> {
    let draft = Draft::parse(model.as_bytes()).unwrap();
    assert_eq!(draft.lacks(&holder(name)), None);
    let mut out = Vec::new();
    draft.write(&holder(name), file_name, Format::Docx, COPY, &mut out);
    assert_eq!(attached(&out, file_name).as_deref(), Some(COPY), "{}", String::from_utf8_lossy(&out));
    out
}

/// What Python's email package makes of a draft: its headers, and for each part its type, name and content.
fn read(message: &[u8]) -> serde_json::Value {
    const SCRIPT: &str = r#"
import email, email.header, email.policy, email.utils, json, sys
bytes_read = sys.stdin.buffer.read()
m = email.message_from_bytes(bytes_read, policy=email.policy.default)
def part(p):
    if p.is_multipart():
        return {"type": p.get_content_type(), "parts": [part(q) for q in p.iter_parts()]}
    raw = p.get_payload(decode=True)
    text = p.get_content_maintype() == "text" and not p.get_filename()
    return {"type": p.get_content_type(), "name": p.get_filename(), "disposition": p.get_content_disposition(),
            "content": p.get_content() if text else raw.hex(), "defects": [str(d) for d in p.defects]}
# Newer functions put a blank between two encoded words of a name, which RFC 2047 forbids.
old = email.message_from_bytes(bytes_read, policy=email.policy.compat32)
name, address = email.utils.parseaddr(old["To"])
name = str(email.header.make_header(email.header.decode_header(name)))
print(json.dumps({"headers": [[k, str(v)] for k, v in m.items()], "to": [[name, address]],
                  "defects": [str(d) for d in m.defects], "body": part(m)}))
"#;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("draft.eml");
    std::fs::write(&path, message).unwrap();
    let output = Command::new("python3")
        .args(["-c", SCRIPT])
        .stdin(std::fs::File::open(&path).unwrap())
        .output()
        .unwrap_or_else(|e| panic!("python3 is missing: {e}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn header<'v>(read: &'v serde_json::Value, name: &str) -> Option<&'v str> {
    let headers = read["headers"].as_array().unwrap();
    let found: Vec<&str> = headers.iter().filter(|h| h[0] == name).filter_map(|h| h[1].as_str()).collect();
    assert!(found.len() < 2, "{name} twice");
    found.first().copied()
}

const PLAIN: &str = "From: Bo <bo@b.example>\nTo: nobody@x.example\nDate: Mon, 3 May 2026 10:00:00 +0000\nMessage-ID: <1@x>\nCc: Cy <cy@c.example>\nSubject: Minutes for {name}\n  ({id})\nX-Priority: 1\nDKIM-Signature: v=1;\n b=x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8; format=flowed\nContent-Transfer-Encoding: 8bit\n\nDear {name},\n\nyours is copy {id} of {group}; {this} stays. Café.\n";

#[test]
fn a_plain_message_becomes_a_draft() {
    for end in ["\n", "\r\n"] {
        for name in [
            "Ada Orr",
            "O'Hara, \"Ada\" \\",
            "Ада Орр-Сердюченко, заступниця міністра закордонних справ",
            "{id}",
        ] {
            let message = written(&PLAIN.replace('\n', end), name, "minutes.docx");
            let lines: Vec<&[u8]> = message.split(|&b| b == b'\n').collect();
            let crlf = lines[..lines.len() - 1].iter().filter(|line| line.ends_with(b"\r")).count();
            assert_eq!(crlf, if end == "\n" { 0 } else { lines.len() - 1 }, "line ends of one kind");
            assert!(lines.iter().all(|line| line.len() <= 100), "{}", String::from_utf8_lossy(&message));
            let read = read(&message);
            assert_eq!(read["defects"], serde_json::json!([]));
            assert_eq!(read["to"], serde_json::json!([[name, "ada@a.example"]]));
            assert_eq!(header(&read, "Subject").unwrap(), format!("Minutes for {name} (r017)"));
            assert_eq!(header(&read, "X-Unsent"), Some("1"));
            assert_eq!(header(&read, "Cc"), Some("Cy <cy@c.example>"));
            assert_eq!(
                (header(&read, "From"), header(&read, "X-Priority")),
                (Some("Bo <bo@b.example>"), Some("1"))
            );
            for gone in ["Date", "Message-ID", "DKIM-Signature"] {
                assert_eq!(header(&read, gone), None, "{gone}");
            }
            let parts = &read["body"]["parts"];
            let text = parts[0]["content"].as_str().unwrap().replace("\r\n", "\n");
            assert_eq!(
                text,
                format!("Dear {name},\n\nyours is copy r017 of Halvara & Norrey; {{this}} stays. Café.\n")
            );
            assert_eq!(
                (&parts[1]["name"], &parts[1]["disposition"]),
                (&"minutes.docx".into(), &"attachment".into())
            );
            assert_eq!(parts[1]["content"], COPY.iter().map(|b| format!("{b:02x}")).collect::<String>());
            assert_eq!(parts.as_array().unwrap().len(), 2);
        }
    }
}

#[test]
fn names_of_files_are_those_of_the_copies() {
    for name in ["minutes.docx", "Протокол № 3.docx", "a \"b\" \\ c.docx", "été 100%.docx"] {
        let read = read(&written(PLAIN, "Ada", name));
        assert_eq!(read["body"]["parts"][1]["name"], name);
    }
}

#[test]
fn a_name_ends_no_attribute_and_is_no_encoded_word() {
    let page = "<p title=\"{name}\" lang={name} class='{name}'>{name}</p>";
    let model = format!("Subject: x\nContent-Type: text/html\n\n{page}\n");
    let name = "\"O'Hara\" x=1";
    let shown = read(&written(&model, name, "minutes.docx"));
    let inside = "&#34;O&#39;Hara&#34;&#32;x&#61;1";
    let expected =
        format!("<p title=\"{inside}\" lang={inside} class='{inside}'>&quot;O'Hara&quot; x=1</p>\n");
    assert_eq!(shown["body"]["parts"][0]["content"].as_str().unwrap().replace("\r\n", "\n"), expected);
    // Somebody else's name, encoded, is shown as it stands in the roster.
    let name = "=?utf-8?B?RXZl?=";
    let shown = read(&written(PLAIN, name, "minutes.docx"));
    assert_eq!(shown["to"][0][0], name);
    assert_eq!(header(&shown, "Subject").unwrap(), format!("Minutes for {name} (r017)"));
}

#[test]
fn places_in_other_headers_are_refused() {
    for header in ["Cc: {name} <x@x.example>", "Reply-To: {id}@x.example", "X-Group: =?utf-8?Q?{group}?="] {
        let error = Draft::parse(format!("Subject: a\n{header}\n\nDear {{name}}\n").as_bytes()).unwrap_err();
        let error = error.to_string();
        let name = header.split(':').next().unwrap().to_lowercase();
        assert!(error.contains(&format!("header {name} has")), "{error}");
    }
    assert!(Draft::parse(b"Subject: a\nTo: {name} <x@x.example>\n\nDear {name}\n").is_ok());
}

/// A message with text, HTML with a picture, and an attachment.
fn rich() -> String {
    "From: bo@b.example\nSubject: =?utf-8?Q?F=C3=BCr_{name}?=\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"out\"\n\npreamble\n--out\nContent-Type: multipart/alternative; boundary=\"in\"\n\n--in\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe, {name}.\n\n--in\nContent-Type: multipart/related; boundary=rel\n\n--rel\nContent-Type: text/html; charset=us-ascii\nContent-Language: de\n\n<style>p{color:red}</style><p>Gr&uuml;&szlig;e, {name} of {group}. <img src=\"cid:logo\"></p>\n\n--rel\nContent-Type: image/png\nContent-ID: <logo>\nContent-Disposition: inline\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--rel--\n\n--in--\n\n--out\nContent-Type: text/plain; name=note.txt\nContent-Disposition: attachment; filename=note.txt\n\nattached {name}\n--out--\nepilogue\n"
        .to_owned()
}

#[test]
fn the_structure_of_a_message_is_kept() {
    for end in ["\n", "\r\n"] {
        let message = written(&rich().replace('\n', end), "Ада", "minutes.docx");
        let read = read(&message);
        assert_eq!(header(&read, "Subject"), Some("Für Ада"));
        let parts = read["body"]["parts"].as_array().unwrap();
        assert_eq!(read["body"]["type"], "multipart/mixed");
        let types: Vec<&str> = parts.iter().map(|part| part["type"].as_str().unwrap()).collect();
        assert_eq!(
            types,
            [
                "multipart/alternative",
                "text/plain",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
            ]
        );
        let text = |value: &serde_json::Value| value["content"].as_str().unwrap().trim().to_owned();
        assert_eq!(text(&parts[0]["parts"][0]), "Grüße, Ада.");
        let related = &parts[0]["parts"][1]["parts"];
        assert_eq!(
            text(&related[0]),
            "<style>p{color:red}</style><p>Gr&uuml;&szlig;e, Ада of Halvara &amp; Norrey. <img src=\"cid:logo\"></p>"
        );
        assert_eq!(related[1]["content"], "89504e470d0a1a0a");
        // What is attached already is no text of the message.
        assert_eq!(attached(&message, "note.txt").unwrap().trim_ascii_end(), b"attached {name}");
    }
}

#[test]
fn messages_of_other_kinds_become_drafts() {
    // HTML alone, an alternative on top, no type at all, and a message whose end was cut off.
    for (model, types) in [
        ("Subject: x\nContent-Type: text/html\n\n<p>{name}</p>\n", vec!["text/html"]),
        (
            "Subject: x\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\nx\n--b\nContent-Type: text/html\n\n{name}\n--b--\n",
            vec!["multipart/alternative"],
        ),
        ("Subject: x\n\nno place\n", vec!["text/plain"]),
        ("Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx {id}", vec!["text/plain"]),
    ] {
        let read = read(&written(model, "Ada", "minutes.docx"));
        let parts = read["body"]["parts"].as_array().unwrap();
        let seen: Vec<&str> = parts.iter().map(|part| part["type"].as_str().unwrap()).collect();
        assert_eq!(seen[..seen.len() - 1], types, "{model}");
        assert_eq!(read["defects"], serde_json::json!([]), "{model}");
        let shown = parts[0].to_string();
        assert!(!shown.contains("{name}") && !shown.contains("{id}"), "{shown}");
    }
}

#[test]
fn what_is_missing_is_said() {
    let draft = Draft::parse(PLAIN.as_bytes()).unwrap();
    let check = |change: fn(&mut Recipient), expected: Option<Lack>| {
        let mut recipient = holder("Ada");
        change(&mut recipient);
        assert_eq!(draft.lacks(&recipient), expected);
    };
    check(|_| {}, None);
    check(|r| r.email.clear(), Some(Lack::Email));
    for wrong in ["ada", "ada@", "@a", "a b@c", "a@b, c@d", "a@b>x", "ada@приклад"] {
        let recipient = Recipient { email: wrong.into(), ..holder("Ada") };
        assert_eq!(draft.lacks(&recipient), Some(Lack::WrongEmail), "{wrong}");
    }
    check(|r| r.name.clear(), Some(Lack::Name));
    check(|r| r.group.clear(), Some(Lack::Group));
    let plain = Draft::parse(b"Subject: x\n\nno place\n").unwrap();
    assert_eq!(plain.lacks(&Recipient { name: String::new(), group: String::new(), ..holder("") }), None);
}

#[test]
fn what_is_no_message_or_sealed_is_refused() {
    for (model, why) in [
        (&b""[..], "header"),
        (b"Subject: x\nContent-Type: multipart/signed; boundary=b\n\n--b\n\nx\n--b--\n", "signed"),
        (b"Subject: x\nContent-Type: multipart/encrypted; boundary=b\n\n--b\n\nx\n--b--\n", "encrypted"),
    ] {
        let error = Draft::parse(model).unwrap_err().to_string();
        assert!(error.contains(why), "{why}: {error}");
    }
}
