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
    let known = ["--published", "2026-09-21T14:28", "--accept-reading"];
    let (code, text) = run("one.bundle", "policy", &known);
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
    // What only the verifier can know is asked for.
    let (code, text) = run("one.bundle", "policy", &[]);
    assert!(code == 1 && text.contains("NOT PROVEN YET") && text.contains("--published"), "{text}");
    let (code, text) = run("one.bundle", "policy", &["--published", "2026-09-21", "--accept-reading"]);
    assert!(code == 1 && text.contains("was public at"), "{text}");
    let (code, text) = run("nobody.bundle", "policy", &known);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("none is named"));
}

#[test]
fn a_copy_is_held_against_what_was_committed_to() {
    let with = |copies: &[&str]| {
        let files: Vec<String> = copies.iter().map(|copy| vector(copy).display().to_string()).collect();
        let mut args = vec!["--published", "2026-09-21T14:28", "--accept-reading"];
        files.iter().for_each(|file| args.extend(["--copy", file.as_str()]));
        run("one.bundle", "policy", &args)
    };
    let (code, text) = with(&[]);
    assert!(code == 0 && text.contains("Nobody has held") && text.contains("nobody held the file"), "{text}");
    let (code, text) = with(&["one.copy"]);
    assert!(
        code == 0 && text.contains("is the one that was delivered") && !text.contains("Nobody has"),
        "{text}"
    );
    // Another file, and one in which nothing can be seen, are no yes.
    for other in ["other.copy", "policy"] {
        let (code, text) = with(&[other]);
        assert!(code == 1 && text.contains("is not the one"), "{text}");
    }
    assert_eq!(with(&["one.copy", "other.copy"]).0, 1);
    // The figures say what is measured first, and what bounds a false name.
    let (_, text) = with(&["one.copy"]);
    assert!(text.contains("at least 10^8 as far as it was tried, and at least 10^"), "{text}");
    assert!(text.contains("very strong support") && text.contains("a chance of at most 1e-6"), "{text}");
}

#[test]
fn what_cannot_be_used_is_said() {
    assert_eq!(run("policy", "policy", &[]).0, 2);
    assert_eq!(run("one.bundle", "one.bundle", &[]).0, 2);
    assert_eq!(run("one.bundle", "policy", &["--frobnicate"]).0, 2);
    assert_eq!(run("one.bundle", "policy", &["--published", "yesterday"]).0, 2);
    assert_eq!(run("missing", "policy", &[]).0, 2);
    assert_eq!(run("one.bundle", "policy", &["--help"]).0, 0);
}

fn command(folder: &std::path::Path, args: &[&str]) -> (i32, String) {
    let output =
        Command::cargo_bin("tellmark-verify").unwrap().current_dir(folder).args(args).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

#[test]
fn a_person_makes_a_key_and_signs_what_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (code, text) = command(folder, &["--new-key", "me.key"]);
    assert!(code == 0 && text.contains("tellmark-person/"), "{text}");
    assert_eq!(command(folder, &["--new-key", "me.key"]).0, 2, "a key is never replaced");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.join("me.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let salt = "00".repeat(32);
    let request = format!(
        r#"{{"format":"tellmark request 1","request":{{"about":{{"copy":"r1","release":"00"}},"act":"copy","at":5,"log":"log","salt":"{salt}"}}}}"#
    );
    std::fs::write(folder.join("request.json"), &request).unwrap();
    let (code, text) = command(folder, &["request.json"]);
    assert!(code == 0 && text.contains("making a copy again") && text.contains("copy: \"r1\""), "{text}");
    let sign = ["request.json", "--sign", "me.key", "--out", "approval.json"];
    assert_eq!(command(folder, &sign).0, 0);
    assert_eq!(command(folder, &sign).0, 2, "nothing is overwritten");
    let signed = std::fs::read(folder.join("approval.json")).unwrap();
    assert!(tellmark_evidence::signed::Signed::read(&signed).unwrap().holds());
    assert_eq!(command(folder, &["request.json", "--sign", "me.key"]).0, 2);
    assert_eq!(command(folder, &["request.json", "--sign", "request.json", "--out", "x"]).0, 2);
    std::fs::write(folder.join("other.json"), request.replace("at", "When")).unwrap();
    assert_eq!(command(folder, &["other.json"]).0, 2);
    // A bundle is signed by nobody.
    let bundle = vector("one.bundle").display().to_string();
    assert_eq!(command(folder, &[&bundle, "--sign", "me.key", "--out", "y"]).0, 2);
}
