//! Messages: both alternatives, every transfer encoding, and what stays.

use tellmark_formats::{Document, Format, read_exhibit};

use crate::samples::{copies, copy, marking};

fn check(original: &str, first: &str, second: &str) {
    for ends in ["\r\n", "\n"] {
        let with = |text: &str| text.replace('\n', ends).into_bytes();
        let made = copies(Format::Eml, &with(original));
        for (made, expected) in made.iter().zip([first, second]) {
            assert_eq!(String::from_utf8_lossy(made), String::from_utf8_lossy(&with(expected)));
        }
    }
}

fn part(headers: &str, body: &str) -> String {
    format!("Subject: =?utf-8?Q?{{a|b}}?= {{c|d}}\nMIME-Version: 1.0\n{headers}\n\n{body}")
}

#[test]
fn plain_parts_are_spliced() {
    for headers in [
        "X: y",
        "Content-Type: text/plain",
        "Content-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: 7bit",
        "Content-Type: text/plain; charset=\"utf-8\"; format=flowed; delsp=no\nContent-Transfer-Encoding: 8bit",
    ] {
        let mail = |met: &str| {
            part(headers, &format!("They {met} at \nnoon.\n\n> quoted {{a|b}}\n\n-- \nAda {{a|b}}\n"))
        };
        check(&mail("{met|convened}"), &mail("met"), &mail("convened"));
    }
    let unicode = |met: &str| {
        part(
            "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit",
            &format!("Caf\u{e9} {met}\n"),
        )
    };
    check(&unicode("{a|b \u{201c}c\u{201d}}"), &unicode("a"), &unicode("b \u{201c}c\u{201d}"));
}

#[test]
fn quoted_printable_is_spliced_and_its_lines_stay_short() {
    let headers = |charset: &str| {
        format!("Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: quoted-printable")
    };
    let mail = |charset: &str, body: &str| part(&headers(charset), body);
    check(
        &mail("utf-8", "Caf=C3=A9 {met=\n|conv=C3=A9ned} =3D x\n"),
        &mail("utf-8", "Caf=C3=A9 met=\n =3D x\n"),
        &mail("utf-8", "Caf=C3=A9 conv=C3=A9ned=\n =3D x\n"),
    );
    check(
        &mail("iso-8859-1", "Caf=E9 {d=E9j=E0|vu} x\n"),
        &mail("iso-8859-1", "Caf=E9 d=E9j=E0 x\n"),
        &mail("iso-8859-1", "Caf=E9 vu x\n"),
    );
    check(
        &mail("windows-1252", "=93{a=92s|b}=94\n"),
        &mail("windows-1252", "=93a=92s=94\n"),
        &mail("windows-1252", "=93b=94\n"),
    );
    check(
        &mail("iso-8859-15", "{=A4 5|five} x=A4\n"),
        &mail("iso-8859-15", "=A4 5 x=A4\n"),
        &mail("iso-8859-15", "five x=A4\n"),
    );
    // Blanks at a line's end would be dropped on the way.
    check(&mail("utf-8", "a{ |b}\nc {x|}\n"), &mail("utf-8", "a=20\nc x\n"), &mail("utf-8", "ab\nc =\n\n"));
    let soft = "word ".repeat(40).replace("word word word word word ", "word word word word word =\n");
    let long = format!("{} {{a|=\n{}}} end\n", "x".repeat(60), soft.trim_end_matches([' ', '=', '\n']));
    let made = copies(Format::Eml, mail("utf-8", &long).replace('\n', "\r\n").as_bytes());
    for (made, expected) in made.iter().zip(["a".to_owned(), "word ".repeat(40).trim_end().to_owned()]) {
        let text = String::from_utf8(made.clone()).unwrap();
        assert!(text.lines().all(|line| line.len() <= 76), "{text}");
        assert!(read_exhibit("x.eml", made).unwrap().text.contains(&format!("x {expected} end")));
    }
}

#[test]
fn base64_is_packed_anew_in_its_own_lines() {
    use base64::Engine;
    let pack = |text: &str, line: usize| {
        let packed = base64::engine::general_purpose::STANDARD.encode(text);
        packed
            .as_bytes()
            .chunks(line)
            .map(|l| format!("{}\n", String::from_utf8_lossy(l)))
            .collect::<String>()
    };
    for line in [60, 76] {
        let mail = |met: &str| {
            let text =
                format!("Caf\u{e9}: they {met} at noon, and left again late in the evening of that day.\n");
            part(
                "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64",
                &pack(&text, line),
            )
        };
        check(&mail("{met|convened}"), &mail("met"), &mail("convened"));
    }
}

fn alternative(plain: &str, html: &str) -> String {
    format!(
        "From: Ada {{a|b}} <a@b.example>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"outer\"\n\npreamble {{a|b}}\n--outer\nContent-Type: multipart/alternative; boundary=inner\n\n--inner\nContent-Type: text/plain; charset=utf-8\n\n{plain}\n--inner\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n{html}\n--inner--\n--outer\nContent-Type: text/plain; name=x.txt\nContent-Disposition: attachment; filename=x.txt\n\nattached {{a|b}}\n--outer\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\ne2F8Yn0=\n--outer--\nepilogue {{a|b}}\n"
    )
}

#[test]
fn both_alternatives_change_and_attachments_stay() {
    let mail = |met: &str| {
        alternative(&format!("They {met}."), &format!("<p title=3D\"{{a|b}}\">They <b>{met}</b>.</p>"))
    };
    check(&mail("{met|convened}"), &mail("met"), &mail("convened"));
    let document = Document::parse(Format::Eml, mail("{met|convened}").as_bytes()).unwrap();
    let parts: Vec<u16> = document.prose().blocks.iter().map(|block| block.part).collect();
    assert_eq!(parts, [0, 1]);
    let read = read_exhibit("x.eml", &copy(&document, &marking(&document), 1)).unwrap().text;
    assert!(read.contains("They convened.") && read.contains("attached {a|b}"));
}

#[test]
fn html_of_another_charset_takes_references() {
    let mail = |met: &str| {
        part(
            "Content-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable",
            &format!("<p>caf=E9 {met}</p>\n"),
        )
    };
    check(&mail("{a|&rsquo;b}"), &mail("a"), &mail("&#8217;b"));
}

#[test]
fn signed_encrypted_and_unwritable_messages_are_refused_by_name() {
    for (mail, why) in [
        ("DKIM-Signature: v=1; a=rsa-sha256; b=x\nSubject: x\n\nbody\n", "DKIM"),
        ("ARC-Seal: i=1\nSubject: x\n\nbody\n", "ARC"),
        (
            "MIME-Version: 1.0\nContent-Type: multipart/signed; protocol=\"application/pgp-signature\"; boundary=b\n\n--b\nContent-Type: text/plain\n\nbody\n--b\nContent-Type: application/pgp-signature\n\nx\n--b--\n",
            "signed",
        ),
        (
            "MIME-Version: 1.0\nContent-Type: multipart/encrypted; boundary=b\n\n--b\n\nx\n--b--\n",
            "encrypted",
        ),
        ("MIME-Version: 1.0\nContent-Type: application/pkcs7-mime\n\nx\n", "S/MIME"),
        ("Subject: x\n\n-----BEGIN PGP SIGNED MESSAGE-----\nbody\n", "PGP"),
        ("MIME-Version: 1.0\nContent-Type: text/plain; charset=shift_jis\n\nbody\n", "shift_jis"),
        (
            "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n!!!!\n",
            "base64",
        ),
    ] {
        let error = Document::parse(Format::Eml, mail.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(why), "{why}: {error}");
    }
    let latin = b"Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\ncaf\xe9\n";
    assert!(Document::parse(Format::Eml, latin).unwrap_err().to_string().contains("UTF-8"));
}

/// A plain and an HTML message with quoted history of every kind: sites stand in what is new alone.
#[test]
fn quoted_history_is_not_touched() {
    for history in [
        "On Mon, 3 May 2026 at 10:00, Ada <ada@a.example> wrote:\n\n> They {a|b}.\n>\n> > {c|d}\n",
        "-----Original Message-----\nFrom: Ada\nSent: Monday\n\nThey {a|b}.\n",
        "________________________________\n\u{412}\u{456}\u{434}: Ada\n\u{41d}\u{430}\u{434}\u{456}\u{441}\u{43b}\u{430}\u{43d}\u{43e}: x\n\u{422}\u{435}\u{43c}\u{430}: y\n\n{a|b}\n",
    ] {
        let headers = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit";
        let mail = |met: &str| part(headers, &format!("They {met} at noon.\n\n{history}"));
        check(&mail("{met|convened}"), &mail("met"), &mail("convened"));
    }
    for history in [
        "<div class=\"gmail_quote\"><div>On Monday Ada wrote:<br></div><blockquote class=\"gmail_quote\">{a|b} <p>{c|d}</p></blockquote></div>",
        "<blockquote type=\"cite\" cite=\"mid:1\"><p>{a|b}<p>{c|d}</blockquote>",
        "<hr><div id=\"divRplyFwdMsg\" dir=\"ltr\"><b>From:</b> Ada<br></div><div>{a|b}</div><p>{c|d}</p>",
        "<div id='x_appendonsend'></div><div>{a|b}</div>",
        "<div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p>From: Ada</p></div></div><p>{a|b}</p>",
        "<p>From: Ada<br>Sent: Monday<br>To: Bo<br>Subject: x</p><p>{a|b}</p>",
        "<p>-----Urspr\u{fc}ngliche Nachricht-----</p><p>{a|b}</p>",
    ] {
        let headers = "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit";
        let mail = |met: &str| part(headers, &format!("<p>They {met} at noon.</p>{history}\n"));
        check(&mail("{met|convened}"), &mail("met"), &mail("convened"));
    }
}

#[test]
fn what_is_new_between_and_below_quoted_lines_differs() {
    let headers = "Content-Type: text/plain; charset=utf-8";
    let mail = |met: &str| {
        part(
            headers,
            &format!("On Monday Ada wrote:\n> {{a|b}}\nThey {met}.\n> {{c|d}}\n\nAnd {met} again.\n"),
        )
    };
    check(&mail("{met|convened}"), &mail("met"), &mail("convened"));
    let headers = "Content-Type: text/html; charset=utf-8";
    let mail = |met: &str| {
        part(
            headers,
            &format!(
                "<blockquote type=cite>{{a|b}} <i>{{c|d}}</i></blockquote><p>They {met}.</p><blockquote>own {met}</blockquote>\n"
            ),
        )
    };
    check(&mail("{met|convened}"), &mail("met"), &mail("convened"));
}

#[test]
fn how_much_of_a_message_is_quoted_is_told() {
    let mail = part("X: y", "Two words.\n\n> Six words that somebody else wrote.\n");
    let document = Document::parse(Format::Eml, mail.as_bytes()).unwrap();
    assert!(document.notes()[0].starts_with("75 % of the words (6 of 8)"), "{:?}", document.notes());
    let document =
        Document::parse(Format::Text, b"Mine.\n\n-----Original Message-----\nTheirs {a|b}.\n").unwrap();
    assert!(marking(&document).sites.is_empty() && document.notes().len() == 1);
    assert!(Document::parse(Format::Eml, part("X: y", "Mine.\n").as_bytes()).unwrap().notes().is_empty());
}
