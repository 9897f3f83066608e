//! The command as a lawyer runs it, on the vectors.
#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

use std::path::PathBuf;

use assert_cmd::Command;

fn vector(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../evidence/tests/vectors").join(name)
}

fn run(bundle: &str, policy: &str, more: &[&str]) -> (i32, String) {
    let mut command = Command::cargo_bin("tellmark-verify").unwrap();
    command.arg(vector(bundle)).arg("--trust").arg(vector(policy)).args(more);
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

#[test]
fn a_bundle_is_proven_or_not_by_the_verifiers_own_keys() {
    let (code, text) = run("one.bundle", "policy", &[]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("PROVEN") && text.contains("The exhibits derive from copy r003"), "{text}");
    let (code, text) = run("one.bundle", "no-witness", &[]);
    assert_eq!(code, 1);
    assert!(text.contains("CANNOT CHECK") && text.contains("nothing may be said"), "{text}");
    let (code, text) = run("one.bundle", "other-log", &["--json"]);
    assert_eq!(code, 1);
    assert!(
        text.starts_with("{\"claims\":[{\"id\":\"signatures\"") && text.contains("\"proven\":false"),
        "{text}"
    );
    let (code, text) = run("nobody.bundle", "policy", &[]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("none is named"));
}

#[test]
fn what_cannot_be_used_is_said() {
    assert_eq!(run("policy", "policy", &[]).0, 2);
    assert_eq!(run("one.bundle", "one.bundle", &[]).0, 2);
    assert_eq!(run("one.bundle", "policy", &["--frobnicate"]).0, 2);
    assert_eq!(run("missing", "policy", &[]).0, 2);
    assert_eq!(run("one.bundle", "policy", &["--help"]).0, 0);
}
