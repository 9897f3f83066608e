//! What somebody sent: the fields and files of a form, whatever it was encoded as, within limits.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use tellmark_core::limits;

use crate::failure::Failure;

/// Bytes of a form without files.
const FORM_BYTES_MAX: usize = 2 << 20;
/// Bytes of a form with files, all together.
const UPLOAD_BYTES_MAX: usize = 2 * limits::EXHIBIT_BYTES_MAX as usize + FORM_BYTES_MAX;
/// How long a body may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(120);
/// Fields of one form: as many as a page of sites to decide about has, and some.
const FIELDS_MAX: usize = 5_000;

/// How much a route takes. A form may have files as well, within its own bytes: a receipt, an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing.
    Nothing,
    /// A form without files.
    Form,
    /// A form with files.
    Files,
}

/// A file that was sent.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Its name, as the sender gave it.
    pub name: String,
    /// Its bytes.
    pub bytes: Bytes,
}

/// A form that was sent.
#[derive(Debug, Clone, Default)]
pub struct Form {
    fields: Vec<(String, String)>,
    files: Vec<Sent>,
    /// The members of a JSON object that were lists.
    lists: Vec<String>,
}

impl Form {
    /// A field's text without the spaces around it; empty where it was not sent.
    pub fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// A field's text as it was sent.
    pub fn raw(&self, name: &str) -> &str {
        self.fields.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }

    /// Whether a box was ticked.
    pub fn is_set(&self, name: &str) -> bool {
        !matches!(self.text(name), "" | "false" | "off" | "0")
    }

    /// A number.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T, Failure> {
        let said = self.text(name);
        said.parse().map_err(|_| Failure::input(format!("{name}: {said:?} is no number that can be used")))
    }

    /// All values of a name.
    pub fn all(&self, name: &str) -> Vec<String> {
        let own = self.fields.iter().filter(|(own, _)| own == name);
        own.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty()).collect()
    }

    /// All fields.
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// The members of a JSON object that were lists.
    pub fn lists(&self) -> &[String] {
        &self.lists
    }

    /// The files; what a browser sends for a field without a file is none.
    pub fn files(&self) -> &[Sent] {
        &self.files
    }

    /// The one file.
    pub fn file(&self) -> Result<&Sent, Failure> {
        match self.files.as_slice() {
            [file] => Ok(file),
            [] => Err(Failure::input("choose a file first")),
            _ => Err(Failure::input("choose one file")),
        }
    }

    /// A hash of all that it says, however it was written: the names and values in their order, and the files.
    pub fn hash(&self) -> tellmark_core::Hash {
        let mut all = Vec::new();
        let mut put = |part: &[u8]| {
            all.extend((part.len() as u64).to_le_bytes());
            all.extend(part);
        };
        put(&(self.fields.len() as u64).to_le_bytes());
        for (name, value) in &self.fields {
            put(name.as_bytes());
            put(value.as_bytes());
        }
        for file in &self.files {
            put(file.name.as_bytes());
            put(&tellmark_core::Hash::of(&file.bytes).0);
        }
        tellmark_core::Hash::of(&all)
    }

    fn push(&mut self, name: String, value: String) -> Result<(), Failure> {
        if self.fields.len() + self.files.len() >= FIELDS_MAX {
            return Err(Failure::too_large(format!("at most {FIELDS_MAX} fields are taken at once")));
        }
        self.fields.push((name, value));
        Ok(())
    }
}

/// A request's body, read whole.
pub async fn whole(body: Body, takes: Takes) -> Result<Bytes, Failure> {
    let bytes_max = match takes {
        Takes::Nothing | Takes::Form => FORM_BYTES_MAX,
        Takes::Files => UPLOAD_BYTES_MAX,
    };
    match tokio::time::timeout(ARRIVAL, axum::body::to_bytes(body, bytes_max)).await {
        Err(_) => Err(Failure::too_slow()),
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(Failure::too_large(format!("at most {} MiB are taken at once", bytes_max >> 20))),
    }
}

/// The fields and files of a body.
pub async fn parse(content_type: &str, bytes: Bytes) -> Result<Form, Failure> {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        _ if bytes.is_empty() => Ok(Form::default()),
        "application/x-www-form-urlencoded" => urlencoded(&bytes),
        "multipart/form-data" => multipart(content_type, bytes).await,
        "application/json" => json(&bytes),
        _ => Err(Failure::malformed(
            "send application/json, application/x-www-form-urlencoded or multipart/form-data",
        )),
    }
}

fn urlencoded(bytes: &[u8]) -> Result<Form, Failure> {
    let mut form = Form::default();
    for (name, value) in url::form_urlencoded::parse(bytes) {
        form.push(name.into_owned(), value.into_owned())?;
    }
    Ok(form)
}

/// The members of a JSON object: texts, numbers, truths and lists of them.
fn json(bytes: &[u8]) -> Result<Form, Failure> {
    use serde_json::Value;
    let wrong = |why: String| Failure::malformed(format!("the JSON cannot be used: {why}"));
    let value: Value = serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
    let Value::Object(members) = value else { return Err(wrong("it is no object".into())) };
    let mut form = Form::default();
    for (name, value) in members {
        let list = match value {
            Value::Null => continue,
            Value::Array(list) => {
                form.lists.push(name.clone());
                list
            }
            one => vec![one],
        };
        for one in list {
            let text = match one {
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                Value::Bool(truth) => truth.to_string(),
                _ => {
                    return Err(wrong(format!(
                        "{name:?} is an object, or a list with something else than texts"
                    )));
                }
            };
            form.push(name.clone(), text)?;
        }
    }
    Ok(form)
}

async fn multipart(content_type: &str, bytes: Bytes) -> Result<Form, Failure> {
    let wrong = |error: axum::extract::multipart::MultipartError| Failure::malformed(error.body_text());
    let request = Request::builder().header(CONTENT_TYPE, content_type).body(Body::from(bytes));
    let mut request = request.map_err(|_| Failure::malformed("the content type cannot be used"))?;
    // The bytes are here, within the route's own limit.
    DefaultBodyLimit::disable().apply(&mut request);
    let parts = Multipart::from_request(request, &()).await;
    let mut parts = parts.map_err(|error| Failure::malformed(error.body_text()))?;
    let mut form = Form::default();
    while let Some(field) = parts.next_field().await.map_err(wrong)? {
        let name = field.name().unwrap_or_default().to_owned();
        match field.file_name().map(str::to_owned) {
            Some(file) => {
                let bytes = field.bytes().await.map_err(wrong)?;
                if !(file.is_empty() && bytes.is_empty()) {
                    if form.files.len() >= limits::EXHIBITS_MAX {
                        let detail = format!("at most {} files are taken at once", limits::EXHIBITS_MAX);
                        return Err(Failure::too_large(detail));
                    }
                    form.files.push(Sent { name: file, bytes });
                }
            }
            None => form.push(name, field.text().await.map_err(wrong)?)?,
        }
    }
    Ok(form)
}

impl<S: Sync> FromRequestParts<S> for Form {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Form, Failure> {
        match parts.extensions.remove::<Arc<Form>>() {
            Some(form) => Ok(Arc::unwrap_or_clone(form)),
            None => Err(Failure::broken("a handler takes a form on a route that takes none")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn parsed(kind: &str, body: &'static str) -> Result<Form, Failure> {
        parse(kind, Bytes::from_static(body.as_bytes())).await
    }

    #[tokio::test]
    async fn forms_are_read_however_they_are_encoded() {
        let form = parsed("application/x-www-form-urlencoded", "a=1+2&b=%C3%BC&a=3&on=on").await.unwrap();
        assert_eq!((form.text("a"), form.text("b"), form.text("c")), ("1 2", "ü", ""));
        assert_eq!(form.all("a"), ["1 2", "3"]);
        assert!(form.is_set("on") && !form.is_set("off"));
        let form =
            parsed("application/json; charset=utf-8", r#"{"a":["x",2],"b":true,"c":null}"#).await.unwrap();
        assert_eq!(
            (form.all("a").join(" "), form.is_set("b"), form.is_set("c")),
            ("x 2".into(), true, false)
        );
        let body = "--X\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nt\r\n--X\r\nContent-Disposition: form-data; \
                    name=\"file\"; filename=\"../a.md\"\r\n\r\nbytes\r\n--X\r\nContent-Disposition: form-data; name=\"file\"; \
                    filename=\"\"\r\n\r\n\r\n--X--\r\n";
        let form = parsed("multipart/form-data; boundary=X", body).await.unwrap();
        assert_eq!((form.text("csrf"), form.files().len()), ("t", 1));
        let file = form.file().unwrap();
        assert_eq!((file.name.as_str(), &file.bytes[..]), ("../a.md", &b"bytes"[..]));
    }

    #[tokio::test]
    async fn what_is_no_form_is_refused() {
        for (kind, body) in [
            ("text/plain", "a=1"),
            ("application/json", "[1]"),
            ("application/json", "{\"a\":{\"b\":1}}"),
            ("application/json", "{\"a\":[null]}"),
            ("application/json", "{"),
            ("multipart/form-data", "x"),
            (
                "multipart/form-data; boundary=X",
                "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nnever ends",
            ),
        ] {
            assert_eq!(parsed(kind, body).await.unwrap_err().status, 400, "{kind}: {body}");
        }
        let many = Bytes::from("a=1&".repeat(FIELDS_MAX + 1));
        let failure = parse("application/x-www-form-urlencoded", many).await.unwrap_err();
        assert_eq!(failure.status, 413);
    }
}
