//! The form on which somebody says what a leak shows of a release's barium points.

use crate::html::{Head, Html, document};

/// What stands on a form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// What the release is called.
    pub document: String,
    /// The release.
    pub release: String,
    /// The form's own number.
    pub form: String,
    /// The points, in the order of the document.
    pub points: Vec<Point>,
}

/// One point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// The site.
    pub point: String,
    /// The words before it.
    pub before: String,
    /// The words behind it.
    pub after: String,
    /// Its variants, in the form's own order.
    pub options: Vec<String>,
}

/// Writes the answers as a file of their own, and nothing else.
const SCRIPT: &str = include_str!("form.js");
/// The script's SHA-256, which a test keeps true.
const SCRIPT_HASH: &str = "sha256-VTWmqCJQRq/C/TYBgDSsB0YUP2X5LDqLBIn5FBCUeYQ=";

/// The form as one HTML document. Its script writes the answers into a file; the page loads and sends nothing.
pub fn html(page: &Page) -> String {
    let facts = [("", page.document.as_str()), ("form", page.form.as_str())];
    let title = format!("Form for {}", page.document);
    let script = Some((SCRIPT, SCRIPT_HASH));
    let head = Head { title: &title, kind: "Form", facts: &facts, has_pictures: false, script };
    document(&head, |h| front(h, page), |h| form(h, page))
}

fn front(h: &mut Html, page: &Page) {
    h.el("section", &[("class", "verdict"), ("aria-labelledby", "verdict")], |h| {
        h.class("p", "label", |h| _ = h.text("What does the leak say?"));
        h.el("h1", &[("id", "verdict")], |h| {
            h.text("Points of ").clipped(&page.document, 60);
        });
        h.class("p", "lead", |h| {
            h.text(
                "Read or hear the leaked material first. Then mark, for each point, what it says. Mark unclear wherever it does \
                 not say it, or could mean two of the answers. All answers are true, and none is better than another.",
            );
        });
    });
    h.words(
        "p",
        "Do this alone: somebody else fills in another form, with the answers in another order, and a point counts only where you \
         both say the same.",
    );
}

fn form(h: &mut Html, page: &Page) {
    let data = [("data-release", page.release.as_str()), ("data-form", &page.form)];
    h.el("form", &data, |h| {
        for (index, point) in page.points.iter().enumerate() {
            question(h, index + 1, point);
        }
        h.class("p", "who", |h| {
            h.el("label", &[("for", "reader")], |h| _ = h.text("Your name"));
            h.text(" ");
            let about = [("id", "reader"), ("name", "reader"), ("type", "text"), ("required", ""), ("maxlength", "200")];
            h.void("input", &about);
        });
        h.tag("p", |h| {
            h.el("button", &[("type", "submit")], |h| _ = h.text("Save the answers"));
        });
        h.el("p", &[("id", "said"), ("role", "status")], |_| ());
        h.words(
            "p",
            "The answers are saved as a file on this computer; nothing is sent anywhere. Give the file to whoever gave you this form.",
        );
    });
}

fn question(h: &mut Html, number: usize, point: &Point) {
    let name = format!("p{number}");
    h.el("fieldset", &[("data-point", &point.point)], |h| {
        h.tag("legend", |h| {
            h.text(&format!("{number}. … ")).value(&point.before).text(" ");
            h.class("strong", "gapped", |h| _ = h.text("[ ? ]"));
            h.text(" ").value(&point.after).text(" …");
        });
        for (index, option) in point.options.iter().enumerate() {
            let id = format!("{name}-{index}");
            let said: String = option.bytes().map(|byte| format!("{byte:02x}")).collect();
            choice(h, &name, &id, &[("data-said", &said)], |h| match option.is_empty() {
                true => _ = h.words("i", "nothing stands there"),
                false => _ = h.value(option),
            });
        }
        choice(h, &name, &format!("{name}-unclear"), &[], |h| _ = h.words("i", "unclear, or not said"));
    });
}

fn choice(h: &mut Html, name: &str, id: &str, data: &[(&'static str, &str)], label: impl FnOnce(&mut Html)) {
    h.class("div", "choice", |h| {
        let mut about = vec![("type", "radio"), ("name", name), ("id", id), ("required", "")];
        about.extend(data);
        h.void("input", &about);
        h.el("label", &[("for", id)], label);
    });
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use sha2::Digest;

    use super::*;

    #[test]
    fn the_policy_names_the_script() {
        let digest = sha2::Sha256::digest(SCRIPT.as_bytes());
        let hash = base64::engine::general_purpose::STANDARD.encode(digest);
        assert_eq!(SCRIPT_HASH, format!("sha256-{hash}"), "write the right-hand side into SCRIPT_HASH");
        for sends in ["fetch", "XMLHttp", "import", "http", "</", "eval", "innerHTML", "\r"] {
            assert!(!SCRIPT.contains(sends), "{sends}");
        }
    }

    #[test]
    fn every_point_can_be_answered_or_left_unclear() {
        let point = Point {
            point: "01-3".into(),
            before: "There were".into(),
            after: "of <them>".into(),
            options: vec!["31".into(), String::new()],
        };
        let page =
            Page { document: "a.md".into(), release: "01".into(), form: "ab".into(), points: vec![point] };
        let html = html(&page);
        assert_eq!(html.matches("type=\"radio\"").count(), 3);
        assert!(html.contains("data-said=\"3331\"") && html.contains("data-said=\"\""));
        assert!(html.contains("of &lt;them&gt;") && html.contains("nothing stands there"));
        assert!(html.contains("script-src &#39;sha256-") || html.contains("script-src 'sha256-"));
    }
}
