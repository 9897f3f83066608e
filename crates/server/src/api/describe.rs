//! The description of the API (OpenAPI 3.1), made from the routes themselves: it cannot say another than they are.

use axum::extract::State;
use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{Answer, answer};
use crate::fields;
use crate::guard::has_secret;
use crate::roles::{Action, SCOPES};
use crate::routes::{self, Entry};

pub async fn openapi(State(server): State<std::sync::Arc<crate::Server>>) -> Answer {
    answer(StatusCode::OK, &document(&routes::all(&server).entries))
}

/// The description of all routes for programs.
pub fn document(entries: &[Entry]) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for entry in entries.iter().filter(|entry| entry.is_api()) {
        let path = entry.path.trim_start_matches("/api/v1");
        let own = paths.entry(path.to_owned()).or_insert_with(|| json!({}));
        own[entry.method.as_str().to_ascii_lowercase()] = operation(entry);
    }
    let scopes: Map<String, Value> =
        SCOPES.iter().map(|(scope, words)| ((*scope).to_owned(), json!(words))).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tellmark",
            "version": "1",
            "description": "The use cases of a Tellmark server. Times are seconds since 1970, UTC. Lists come in parts: `limit`, and `after` with the `next` of the part before. What a route takes is listed with it; other fields are refused. Forms with files are sent as multipart/form-data, others as JSON or urlencoded. A POST with an `Idempotency-Key` that is sent again within a day is answered as before and not done again.",
            "x-scopes": scopes,
        },
        "servers": [{ "url": "/api/v1" }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": {
                "Problem": {
                    "type": "object",
                    "required": ["title", "status", "detail"],
                    "properties": {
                        "type": { "type": "string" },
                        "title": { "type": "string" },
                        "status": { "type": "integer" },
                        "detail": { "type": "string" },
                    },
                },
                "Part": {
                    "type": "object",
                    "required": ["items", "next"],
                    "properties": {
                        "items": { "type": "array", "items": { "type": "object" } },
                        "next": { "type": ["string", "null"] },
                    },
                },
            },
            "responses": {
                "Problem": {
                    "description": "Why it was not done, and what to do (RFC 9457)",
                    "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
                },
            },
        },
    })
}

fn operation(entry: &Entry) -> Value {
    let schema = |name: &str| match name {
        "number" | "look" => json!({ "type": "integer", "minimum": 1, "maximum": u32::MAX }),
        _ => json!({ "type": "string" }),
    };
    let mut parameters: Vec<Value> = names(entry.path)
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": schema(name) }))
        .collect();
    let is_list = entry.method == Method::GET && entry.summary.starts_with("List");
    if is_list {
        parameters.push(json!({ "name": "limit", "in": "query", "schema": { "type": "integer", "minimum": 1, "maximum": super::LIMIT_MAX } }));
        parameters.push(json!({ "name": "after", "in": "query", "schema": { "type": "string" } }));
    }
    let mut ask =
        |name: &str, schema: Value| parameters.push(json!({ "name": name, "in": "query", "schema": schema }));
    if entry.path.ends_with("/log") {
        ask("limit", json!({ "type": "integer", "minimum": 1, "maximum": super::LIMIT_MAX }));
        ask("before", json!({ "type": "integer", "minimum": 0 }));
    }
    if entry.path.ends_with("/bundle") {
        ask("original", json!({ "type": "integer", "minimum": 0, "maximum": 1 }));
    }
    if entry.method == Method::POST && !has_secret(entry.action) {
        let key = json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" });
        parameters.push(json!({ "name": "Idempotency-Key", "in": "header", "schema": key }));
    }
    let (kind, schema) = match entry.path {
        path if path.ends_with("/progress") => ("text/event-stream", json!({})),
        path if path.ends_with("/file") || path.ends_with("/bundle") => {
            ("application/octet-stream", json!({ "type": "string", "format": "binary" }))
        }
        path if path.ends_with("/report") => ("text/html", json!({ "type": "string" })),
        path if path.ends_with(".zip") => {
            ("application/zip", json!({ "type": "string", "format": "binary" }))
        }
        _ if is_list => ("application/json", json!({ "$ref": "#/components/schemas/Part" })),
        _ => ("application/json", json!({ "type": "object" })),
    };
    let mut operation = json!({
        "operationId": identity(entry),
        "summary": entry.summary,
        "parameters": parameters,
        "responses": {
            "2XX": { "description": "Done", "content": { kind: { "schema": schema } } },
            "4XX": { "$ref": "#/components/responses/Problem" },
            "5XX": { "$ref": "#/components/responses/Problem" },
        },
    });
    if entry.method == Method::POST {
        let form = json!({ "schema": fields::schema(entry.fields) });
        operation["requestBody"] = match entry.takes_files {
            true => json!({ "content": { "multipart/form-data": form } }),
            false => {
                json!({ "content": { "application/json": form, "application/x-www-form-urlencoded": form } })
            }
        };
    }
    match (entry.action, entry.action.scope()) {
        (Action::Public, _) => operation["security"] = json!([]),
        (_, scope) => operation["x-scope"] = json!(scope),
    }
    operation
}

/// The names in braces of a path.
fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn identity(entry: &Entry) -> String {
    let path = entry.path.trim_start_matches("/api/v1/");
    let parts = path.split(['/', '.']).map(|part| part.trim_matches(['{', '}']));
    format!("{}_{}", entry.method.as_str().to_ascii_lowercase(), parts.collect::<Vec<_>>().join("_"))
}
