//! The command as scripts see it: exit codes, JSON, files, messages.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that cannot go on has failed.

mod cases;
mod desk;
mod follow;
mod killed;
mod nats;
#[path = "../../../store/tests/it/postgres.rs"]
mod postgres;
mod relaying;
mod remote;
mod sending;
#[path = "../../../follow/tests/it/server.rs"]
mod server;
mod serving;
mod sharing;
#[path = "../../../relay/tests/it/sink.rs"]
#[allow(dead_code)] // It can behave badly, too, which the relay's own tests want.
mod sink;
mod spot;
mod stamps;

use std::fs;
use std::path::Path;
use std::process::Child;

use assert_cmd::Command;
use serde_json::Value;

const CALL: &str = include_str!("../../../app/samples/call.md");
const ROSTER: &str = include_str!("../../../app/samples/roster.csv");

struct Desk(tempfile::TempDir);

struct Outcome {
    code: i32,
    out: String,
    err: String,
}

impl Outcome {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}", self.out))
    }
}

impl Desk {
    fn new() -> Desk {
        // In memory where that is possible: what a disk takes to synchronise is not what is tested.
        let memory = tempfile::tempdir_in("/dev/shm");
        let desk = Desk(memory.or_else(|_| tempfile::tempdir()).unwrap());
        fs::write(desk.path("call.md"), CALL).unwrap();
        fs::write(desk.path("roster.csv"), ROSTER).unwrap();
        desk
    }

    fn sealed() -> Desk {
        let desk = Desk::new();
        assert_eq!(desk.run(&["init"]).code, 0);
        assert_eq!(desk.run(&["seal", "call.md", "--to", "roster.csv", "--out", "copies"]).code, 0);
        desk
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, args: &[&str]) -> Outcome {
        self.run_with(args, "")
    }

    fn run_with(&self, args: &[&str], input: &str) -> Outcome {
        self.run_under(&[], args, input)
    }

    /// With variables of the environment.
    fn run_under(&self, variables: &[(&str, &str)], args: &[&str], input: &str) -> Outcome {
        let output = Command::cargo_bin("tellmark")
            .unwrap()
            .current_dir(self.0.path())
            .env_remove("TELLMARK_VAULT")
            .env_remove("TELLMARK_SERVER")
            .env_remove("TELLMARK_PASSPHRASE")
            .envs(variables.iter().copied())
            .args(args)
            .write_stdin(input)
            .output()
            .unwrap();
        Outcome {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The values of JSON lines.
fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn signal(child: &Child, signal: rustix::process::Signal) {
    let id = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(id, signal).unwrap();
}

/// Without the program that recognises text a picture of no page is refused, with what to install; no look is spent.
#[test]
fn a_picture_of_text_says_what_to_install() {
    let desk = Desk::sealed();
    // A white picture of one pixel, as PNG.
    let png = "89504e470d0a1a0a0000000d494844520000000100000001080000000\
               03a7e9b550000000a49444154789c63f80f0001010100\
               1bb6ee560000000049454e44ae426082";
    let bytes: Vec<u8> =
        (0..png.len() / 2).map(|i| u8::from_str_radix(&png[2 * i..2 * i + 2], 16).unwrap()).collect();
    fs::write(desk.path("post.png"), bytes).unwrap();
    let empty = desk.path("empty");
    fs::create_dir(&empty).unwrap();
    let output = Command::cargo_bin("tellmark")
        .unwrap()
        .current_dir(desk.0.path())
        .env("PATH", &empty)
        .args(["trace", "post.png"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("apt install tesseract-ocr") && said.contains("brew install tesseract"), "{said}");
    assert_eq!(desk.run(&["cases", "--json"]).json()["cases"].as_array().unwrap().len(), 0);
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn the_main_way_keeps_its_contract() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["init"]).code, 0);
    let plan = desk.run(&["plan", "call.md", "--json", "--html", "plan.html"]).json();
    for key in ["words", "sentences", "sites", "bits", "per_sentence", "promise"] {
        assert!(!plan[key].is_null(), "{key}");
    }
    assert!(read(&desk.path("plan.html")).contains("<html"));
    let sealed = desk.run(&["seal", "call.md", "--to", "roster.csv", "--out", "copies", "--json"]).json();
    for key in ["release", "lineage", "copies", "sites", "bits", "seconds"] {
        assert!(!sealed[key].is_null(), "{key}");
    }
    assert_eq!(sealed["copies"], 24);
    assert_eq!(desk.run(&["check", "copies"]).code, 0);

    let found =
        desk.run(&["trace", "copies/r07/call.md", "--json", "--report", "r.html", "--because", "a test"]);
    let finding = found.json();
    assert_eq!(
        (found.code, &finding["verdict"], &finding["named"][0]["copy"]),
        (0, &"copy".into(), &"r07".into())
    );
    for key in [
        "version",
        "alpha",
        "tested",
        "case",
        "look",
        "threshold_e_log10",
        "groups_named",
        "contradicted",
        "best_decoy_e_log10",
        "ranking",
        "releases",
        "sites_needed",
        "seconds",
    ] {
        assert!(!finding[key].is_null(), "{key}");
    }
    for key in ["copy", "holders", "group", "release", "e_log10", "p", "p_familywise"] {
        assert!(!finding["named"][0][key].is_null(), "{key}");
    }
    assert!(read(&desk.path("r.html")).contains("r07"));
    let nobody =
        desk.run_with(&["trace", "-", "--json"], "Nothing of ours stands here, only weather and football.");
    assert_eq!((nobody.code, &nobody.json()["verdict"]), (1, &"nobody".into()));
    for list in ["releases", "copies", "cases"] {
        assert!(!desk.run(&[list, "--json"]).json()[list].as_array().unwrap().is_empty());
        assert_eq!(desk.run(&[list]).code, 0);
    }
}

#[test]
fn wrong_usage_and_wrong_input_exit_with_2_and_say_what_to_do() {
    let desk = Desk::sealed();
    fs::write(desk.path("empty.txt"), "").unwrap();
    fs::write(desk.path("rubbish.bin"), [0u8, 1, 2, 255, 254, 0]).unwrap();
    fs::write(desk.path("cut.docx"), b"PK\x03\x04 cut").unwrap();
    fs::write(desk.path("bad.csv"), "name\nAda\n").unwrap();
    fs::File::create(desk.path("large.txt")).unwrap().set_len(200 << 20).unwrap();
    let cases: [(&[&str], &str); 12] = [
        (&["nonsense"], "nonsense"),
        (&["trace"], "EXHIBIT"),
        (&["trace", "none.txt"], "none.txt"),
        (&["trace", "empty.txt"], "empty"),
        (&["trace", "rubbish.bin"], "binary"),
        (&["trace", "cut.docx"], "damaged"),
        (&["trace", "large.txt"], "64 MiB"),
        (&["seal", "call.md", "--to", "bad.csv", "--out", "x"], "column `id`"),
        (&["seal", "call.md", "--to", "roster.csv", "--out", "x", "--alpha", "2"], "alpha"),
        (&["copy", "call.md", "r99", "--out", "x"], "r99"),
        (&["copy", "nothing", "r01", "--out", "x"], "nothing"),
        (&["--vault", "elsewhere", "releases"], "tellmark init"),
    ];
    for (args, said) in cases {
        let outcome = desk.run(args);
        assert_eq!(outcome.code, 2, "{args:?}: {}", outcome.err);
        assert!(outcome.err.contains(said), "{args:?}: {}", outcome.err);
        assert!(outcome.out.is_empty(), "{args:?}");
    }
    assert!(!desk.path("x").exists());
    assert_eq!(desk.run(&["cases", "--json"]).json()["cases"].as_array().unwrap().len(), 0);
}

/// Documents that must be refused, each with a word of what its message says.
fn bad_documents() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let ole = [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", &[0; 600][..]].concat();
    let mail =
        |header: &str| format!("{header}\r\nSubject: x\r\n\r\nThey {{met|convened}}.\r\n").into_bytes();
    vec![
        ("empty.md", vec![], "empty"),
        ("blank.txt", b" \n\n".to_vec(), "no text"),
        ("rubbish.txt", vec![0, 1, 2, 255, 254, 0], "UTF-8"),
        ("latin.txt", b"Caf\xe9 {a|b}".to_vec(), "Latin-1"),
        ("cut.docx", b"PK\x03\x04 cut".to_vec(), "damaged"),
        ("plain.docx", b"no zip".to_vec(), "damaged"),
        ("locked.docx", ole, "encrypted"),
        ("page.pdf", b"%PDF-1.7".to_vec(), "PDF"),
        ("deep.html", "<div>".repeat(1000).into_bytes(), "depth"),
        ("signed.eml", mail("DKIM-Signature: v=1"), "DKIM"),
        ("large.txt", vec![b'a'; 17 << 20], "limit"),
    ]
}

/// Rosters that must be refused, each with a word of what its message says.
fn bad_rosters() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let long = format!("id\n{}\n", "x".repeat(300)).into_bytes();
    vec![
        ("empty.csv", vec![], "empty"),
        ("header.csv", b"r1\nr2\n".to_vec(), "column `id`"),
        ("path.csv", b"id\n../x\n".to_vec(), "line 2"),
        ("case.csv", b"id\nR1\nr1\n".to_vec(), "line 3"),
        ("twice.csv", b"id\nr1\nr1\n".to_vec(), "line 3"),
        ("long.csv", long, "300"),
        ("control.csv", b"id,name\nr1,a\x07b\n".to_vec(), "control"),
        ("escape.csv", b"id\nr\x1b[2J\n".to_vec(), "line 2"),
        ("latin.csv", b"id,name\nr1,Andr\xe9\n".to_vec(), "UTF-8"),
        ("open.csv", b"id,name\nr1,\"Ada\nr2,Bo\n".to_vec(), "never closes"),
        ("fields.csv", b"id,name\nr1,Orr, Ada\n".to_vec(), "more fields"),
    ]
}

/// Every file of the desk with its bytes, without the database's own, which may be opened without a change.
fn files(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match path.is_dir() {
            true => found.extend(files(&path)),
            // SQLite folds its log in when it likes: what the ledger holds is compared by its dump.
            false if name.starts_with("ledger.sqlite") => {}
            false => found.push((path.clone(), fs::read(&path).unwrap())),
        }
    }
    found.sort();
    found
}

/// Everything that the ledger holds, as a backup has it.
fn dump(desk: &Desk) -> Vec<u8> {
    assert_eq!(desk.run(&["backup", "now.tar"]).code, 0);
    let backup = fs::read(desk.path("now.tar")).unwrap();
    fs::remove_file(desk.path("now.tar")).unwrap();
    let magic = b"tellmark ledger\n";
    let start = backup.windows(magic.len()).position(|window| window == magic).unwrap();
    // Its entry in the archive says how long it is; what follows has times of its own.
    let size = std::str::from_utf8(&backup[start - 512 + 124..start - 512 + 135]).unwrap();
    let size = usize::from_str_radix(size.trim_matches(['\0', ' ']), 8).unwrap();
    backup[start..start + size].to_vec()
}

#[test]
fn bad_files_exit_with_2_and_change_nothing() {
    let desk = Desk::sealed();
    for (name, bytes, _) in bad_documents().iter().chain(&bad_rosters()) {
        fs::write(desk.path(name), bytes).unwrap();
    }
    let list = |desk: &Desk| ["releases", "copies", "cases"].map(|what| desk.run(&[what, "--json"]).out);
    let listed = list(&desk);
    let dumped = dump(&desk);
    let before = files(&desk.path(""));
    let refused = |args: &[&str], said: &str| {
        let outcome = desk.run(args);
        assert_eq!(outcome.code, 2, "{args:?}: {}", outcome.err);
        assert!(outcome.err.contains(said), "{args:?}: {}", outcome.err);
        assert!(outcome.out.is_empty() && !desk.path("x").exists(), "{args:?}");
    };
    for (name, _, said) in bad_documents() {
        refused(&["plan", name], said);
        refused(&["seal", name, "--to", "roster.csv", "--out", "x"], said);
    }
    for (name, _, said) in bad_rosters() {
        refused(&["seal", "call.md", "--to", name, "--out", "x", "--new"], said);
    }
    let after = files(&desk.path(""));
    assert_eq!(list(&desk), listed);
    assert!(dump(&desk) == dumped, "the ledger has changed");
    let names = |files: &[(std::path::PathBuf, Vec<u8>)]| {
        files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&after), names(&before));
    for (before, after) in before.iter().zip(&after) {
        assert!(before == after, "{} has changed", before.0.display());
    }
}

#[test]
fn both_alternatives_of_a_message_show_the_same_variants() {
    let desk = Desk::new();
    let prose = "They {met|convened|gathered} and {agreed|settled} it {|at once }in {Bern|the capital} {at noon|at midday}, {after|once} {all|everyone} had come.";
    let mail = format!(
        "From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{prose}\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>{prose}</p>\r\n--b--\r\n"
    );
    fs::write(desk.path("note.eml"), mail).unwrap();
    fs::write(desk.path("few.csv"), "id\nr1\nr2\nr3\nr4\n").unwrap();
    assert_eq!(desk.run(&["init"]).code, 0);
    let sealed = desk.run(&["seal", "note.eml", "--to", "few.csv", "--out", "mail"]);
    assert_eq!(sealed.code, 0, "{}", sealed.err);
    let shown: Vec<String> = ["r1", "r2", "r3", "r4"]
        .iter()
        .map(|id| {
            let copy = read(&desk.path(&format!("mail/{id}/note.eml")));
            let lines: Vec<&str> = copy.lines().filter(|line| line.contains("They ")).collect();
            assert_eq!(lines.len(), 2, "{copy}");
            assert_eq!(lines[1], format!("<p>{}</p>", lines[0]));
            assert!(!copy.contains('{'), "{copy}");
            lines[0].to_owned()
        })
        .collect();
    assert!(shown.iter().any(|text| *text != shown[0]));
}

#[test]
fn a_passphrase_protects_the_key() {
    let desk = Desk::new();
    let run = |args: &[&str], pass: Option<&str>| {
        let mut command = Command::cargo_bin("tellmark").unwrap();
        command.current_dir(desk.0.path()).env_remove("TELLMARK_VAULT").env_remove("TELLMARK_PASSPHRASE");
        if let Some(pass) = pass {
            command.env("TELLMARK_PASSPHRASE", pass);
        }
        command.args(args).output().unwrap().status.code()
    };
    assert_eq!(run(&["init", "--passphrase"], Some("correct horse")), Some(0));
    assert_eq!(run(&["releases"], Some("correct horse")), Some(0));
    assert_eq!(run(&["releases"], Some("wrong")), Some(2));
    assert_eq!(run(&["releases"], None), Some(2));
    let pass = Some("correct horse");
    assert_eq!(run(&["seal", "call.md", "--to", "roster.csv", "--out", "copies"], pass), Some(0));
    assert_eq!(
        run(&["seal", "call.md", "--to", "roster.csv", "--out", "more", "--new"], Some("wrong")),
        Some(2)
    );
    assert!(!desk.path("more").exists());
    assert_eq!(run(&["trace", "copies/r07/call.md"], pass), Some(0));
    // A backup is under the same passphrase; nothing in it is the key as it is.
    assert_eq!(run(&["backup", "all.tar"], pass), Some(0));
    assert!(!fs::read(desk.path("all.tar")).unwrap().windows(23).any(|w| w == b"tellmark-master-key-v1 "));
    assert_eq!(run(&["--vault", "again", "restore", "all.tar"], pass), Some(0));
    assert_eq!(run(&["--vault", "again", "trace", "copies/r07/call.md"], Some("wrong")), Some(2));
    assert_eq!(run(&["--vault", "again", "trace", "copies/r07/call.md"], pass), Some(0));
}

#[test]
fn the_demo_does_the_whole_way_and_may_be_repeated() {
    let desk = Desk::new();
    for _ in 0..2 {
        let outcome = desk.run(&["demo", "--out", "show"]);
        assert_eq!(outcome.code, 0, "{}", outcome.err);
        assert!(!outcome.out.contains("WRONG") && outcome.out.contains("This derives from copy r17"));
    }
    assert!(read(&desk.path("show/report.html")).contains("<html"));
    fs::create_dir(desk.path("mine")).unwrap();
    fs::write(desk.path("mine/thesis.txt"), "years of work").unwrap();
    assert_eq!(desk.run(&["demo", "--out", "mine"]).code, 2);
    assert!(desk.path("mine/thesis.txt").exists());
}

#[test]
fn help_completions_and_manual_pages_are_there() {
    let desk = Desk::new();
    for args in [&["--help"][..], &["seal", "--help"], &["trace", "--help"], &["completions", "bash"]] {
        let outcome = desk.run(args);
        assert!(outcome.code == 0 && outcome.out.contains("tellmark"), "{args:?}");
    }
    assert_eq!(desk.run(&["man", "man"]).code, 0);
    assert!(desk.path("man/tellmark-seal.1").exists());
}

#[test]
fn a_vault_may_keep_its_ledger_in_postgresql() {
    let desk = Desk::new();
    let url = postgres::url("postgres");
    assert_eq!(desk.run(&["init", "--database", &url]).code, 0);
    assert_eq!(desk.run(&["seal", "call.md", "--to", "roster.csv", "--out", "copies"]).code, 0);
    let found = desk.run(&["trace", "copies/r07/call.md", "--json"]);
    assert_eq!((found.code, &found.json()["named"][0]["copy"]), (0, &"r07".into()), "{}", found.err);
    // Another vault does not take a ledger that is in use.
    let taken = desk.run(&["--vault", "second", "init", "--database", &url]);
    assert!(taken.code != 0 && !desk.path("second").exists(), "{}", taken.err);
    // A backup moves from one database to the other.
    assert_eq!(desk.run(&["backup", "all.tar"]).code, 0);
    assert_eq!(desk.run(&["--vault", "moved", "restore", "all.tar"]).code, 0);
    let moved = desk.run(&["--vault", "moved", "releases", "--json"]);
    assert_eq!(moved.json()["releases"], desk.run(&["releases", "--json"]).json()["releases"]);
}

#[cfg(unix)]
#[test]
fn keys_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::sealed();
    let key = desk.path("tellmark-vault/keys/master.key");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&key), mode(key.parent().unwrap())), (0o600, 0o700));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = desk.run(&["trace", "copies/r07/call.md"]);
    assert!(refused.code != 0 && refused.err.contains("chmod 600"), "{}", refused.err);
}

#[cfg(unix)]
#[test]
fn copies_go_where_they_are_meant_to_and_nowhere_else() {
    let desk = Desk::sealed();
    let seal = |out: &str| desk.run(&["seal", "call.md", "--to", "roster.csv", "--out", out]);
    fs::create_dir_all(desk.path("shared")).unwrap();
    fs::create_dir_all(desk.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink(desk.path("elsewhere"), desk.path("shared/r05")).unwrap();
    let diverted = seal("shared");
    assert!(diverted.code == 2 && diverted.err.contains("link"), "{}", diverted.err);
    assert_eq!(fs::read_dir(desk.path("elsewhere")).unwrap().count(), 0);
    for out in ["tellmark-vault", "tellmark-vault/new/copies"] {
        let inside = seal(out);
        assert!(inside.code == 2 && inside.err.contains("vault"), "{}", inside.err);
    }
    assert!(!desk.path("tellmark-vault/new").exists());
    // A damaged copy, and one that lies in another's folder.
    fs::write(desk.path("copies/r03/call.md"), "something else").unwrap();
    fs::copy(desk.path("copies/r04/call.md"), desk.path("copies/r06/call.md")).unwrap();
    let wrong = desk.run(&["check", "copies"]);
    assert!(
        wrong.code == 3 && wrong.out.contains("r03") && wrong.out.contains("copy of r04"),
        "{}",
        wrong.out
    );
}
