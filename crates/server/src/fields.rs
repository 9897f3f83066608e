//! What a program may send: the fields of each route, as its description says them and as they are checked. One list is both, so that
//! neither can say another thing than the other.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::body::{Form, Takes};
use crate::failure::Failure;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A whole number within bounds.
    Number(i64, i64),
    /// Yes or no.
    Flag,
    /// One of some words.
    Word(&'static [&'static str]),
    /// Several texts.
    List,
    /// One of some words for each of many things: fields `v0`, `v1` and so on.
    Each(&'static [&'static str]),
    /// A file.
    File,
    /// Several files.
    Files,
}

/// A field of a form.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name; of fields for each of many things the letter before the number.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether nothing goes without it.
    pub is_needed: bool,
}

/// A field that may be left out.
pub const fn may(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_needed: false }
}

/// A field without which nothing goes.
pub const fn must(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_needed: true }
}

/// What may stand for yes and no.
const FLAGS: [&str; 7] = ["true", "false", "on", "off", "1", "0", ""];

impl Field {
    fn is_file(&self) -> bool {
        matches!(self.kind, Kind::File | Kind::Files)
    }

    fn holds(&self, name: &str) -> bool {
        match self.kind {
            Kind::Each(_) => name
                .strip_prefix(self.name)
                .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())),
            _ => name == self.name,
        }
    }

    fn check(&self, value: &str) -> Result<(), Failure> {
        let name = self.name;
        match self.kind {
            Kind::Number(least, most) => match value.trim().parse::<i64>() {
                Ok(number) if (least..=most).contains(&number) => Ok(()),
                _ => Err(Failure::input(format!("{name} is a whole number from {least} to {most}"))),
            },
            Kind::Flag if !FLAGS.contains(&value) => Err(Failure::input(format!("{name} is true or false"))),
            Kind::Word(words) | Kind::Each(words) if !words.contains(&value) => {
                Err(Failure::input(format!("{name} is one of {}", words.join(", "))))
            }
            _ => Ok(()),
        }
    }

    /// The field as a JSON schema. What is left out may be null as well, and what is no text is taken as it is written.
    fn schema(&self) -> Value {
        let types = |own: &[&str]| match self.is_needed {
            true => json!(own),
            false => json!([own, &["null"]].concat()),
        };
        let words = |all: &[&str]| match self.is_needed {
            true => json!({ "enum": all }),
            false => {
                json!({ "enum": all.iter().map(|word| json!(word)).chain([Value::Null]).collect::<Vec<_>>() })
            }
        };
        match self.kind {
            Kind::Text => json!({ "type": types(&["string", "number", "boolean"]) }),
            Kind::Number(least, most) => {
                json!({ "type": types(&["integer", "string"]), "minimum": least, "maximum": most, "pattern": "^ *[0-9]+ *$" })
            }
            Kind::Flag => {
                json!({ "enum": [true, false, "true", "false", "on", "off", "1", "0", "", 1, 0, null] })
            }
            Kind::Word(all) | Kind::Each(all) => words(all),
            Kind::List => json!({
                "type": types(&["array", "string", "number", "boolean"]),
                "items": { "type": ["string", "number", "boolean"] },
            }),
            Kind::File => json!({ "type": "string", "format": "binary" }),
            Kind::Files => json!({ "type": "array", "items": { "type": "string", "format": "binary" } }),
        }
    }
}

/// What a route with these fields takes.
pub fn takes(fields: &[Field]) -> Takes {
    match fields.iter().any(Field::is_file) {
        true => Takes::Files,
        false => Takes::Form,
    }
}

/// Refuses a form that has other fields than these, or lacks one.
///
/// # Errors
/// What is wrong with it, by the field's name.
pub fn check(fields: &[Field], form: &Form) -> Result<(), Failure> {
    let mut given = BTreeSet::new();
    for (name, value) in form.fields() {
        let Some(field) = fields.iter().find(|field| field.holds(name) && !field.is_file()) else {
            let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(Failure::input(format!("there is no field {name:?} here; the fields are {known}")));
        };
        if !given.insert(name) && field.kind != Kind::List {
            return Err(Failure::input(format!("{name} was given more than once")));
        }
        field.check(value)?;
    }
    if let Some(name) = form.lists().iter().find(|name| {
        let own = fields.iter().find(|field| field.holds(name));
        own.is_none_or(|field| field.kind != Kind::List)
    }) {
        return Err(Failure::input(format!("{name} is no list")));
    }
    let files = fields.iter().find(|field| field.is_file());
    match files.map(|field| field.kind) {
        None if !form.files().is_empty() => return Err(Failure::input("no file is taken here")),
        Some(Kind::File) if form.files().len() > 1 => return Err(Failure::input("send one file")),
        _ => {}
    }
    for field in fields.iter().filter(|field| field.is_needed) {
        let is_there = match field.kind {
            Kind::File | Kind::Files => !form.files().is_empty(),
            _ => !form.text(field.name).is_empty(),
        };
        if !is_there {
            return Err(Failure::input(format!("{} is missing", field.name)));
        }
    }
    Ok(())
}

/// The fields as the schema of a body.
pub fn schema(fields: &[Field]) -> Value {
    let mut properties = serde_json::Map::new();
    let mut patterns = serde_json::Map::new();
    for field in fields {
        match field.kind {
            Kind::Each(_) => patterns.insert(format!("^{}[0-9]+$", field.name), field.schema()),
            _ => properties.insert(field.name.to_owned(), field.schema()),
        };
    }
    let needed: Vec<&str> = fields.iter().filter(|field| field.is_needed).map(|field| field.name).collect();
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !patterns.is_empty() {
        schema["patternProperties"] = patterns.into();
    }
    if !needed.is_empty() {
        schema["required"] = json!(needed);
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[Field] = &[
        must("because", Kind::Text),
        may("days", Kind::Number(1, 9)),
        may("new", Kind::Flag),
        may("copies", Kind::List),
        may("v", Kind::Each(&["accept", "open"])),
    ];

    #[tokio::test]
    async fn forms_have_the_fields_that_are_described() {
        for (body, why) in [
            ("because=x&days=9&new=on&copies=a&copies=b&v0=open&v12=accept", ""),
            ("because=x&other=1", "no field \"other\""),
            ("days=1", "because is missing"),
            ("because=%20", "because is missing"),
            ("because=x&because=y", "more than once"),
            ("because=x&days=10", "from 1 to 9"),
            ("because=x&days=1.5", "from 1 to 9"),
            ("because=x&new=perhaps", "true or false"),
            ("because=x&v0=reject", "one of accept, open"),
            ("because=x&v=open", "no field \"v\""),
        ] {
            let form = crate::body::parse("application/x-www-form-urlencoded", body.into()).await.unwrap();
            match check(FIELDS, &form) {
                Ok(()) => assert_eq!(why, "", "{body}"),
                Err(failure) => {
                    assert!(!why.is_empty() && failure.detail.contains(why), "{body}: {}", failure.detail)
                }
            }
        }
        for (body, is_fine) in [
            (r#"{"because": "x", "copies": ["a", 2], "days": 9, "new": null}"#, true),
            (r#"{"because": "x", "copies": []}"#, true),
            (r#"{"because": ["x"]}"#, false),
            (r#"{"because": "x", "days": [3]}"#, false),
            (r#"{"because": "x", "other": []}"#, false),
        ] {
            let form = crate::body::parse("application/json", body.into()).await.unwrap();
            assert_eq!(check(FIELDS, &form).is_ok(), is_fine, "{body}");
        }
        let schema = schema(FIELDS);
        assert_eq!(schema["required"], json!(["because"]));
        assert_eq!(schema["patternProperties"]["^v[0-9]+$"]["enum"], json!(["accept", "open", null]));
    }
}
