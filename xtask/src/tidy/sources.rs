//! Checks on the source files.

use super::code::{code_of, lines_with_word};
use super::{Problem, Tree, fail, warn};

/// Types through which a key or a codeword can be had, and the crates that may name them.
const KEY_TYPES: &[&str] = &["LineageKey", "Codebook"];
const KEY_CRATES: &[&str] = &["codes", "evidence", "app", "verify"];

/// Crates whose results depend on their arguments only.
const PURE: &[&str] = &["core", "codes", "wording", "formats", "pages", "spotting", "report", "evidence"];
const IMPURE: &[&str] = &[
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "getrandom::",
    "std::env::",
    "std::fs::",
    "std::net::",
    "std::process::",
    "RandomState",
];

/// Files that may contain `unsafe`, each with a measured gain of twice or more.
const UNSAFE_ALLOWED: &[&str] = &["crates/codes/src/joint/mod.rs", "crates/codes/src/joint/wide.rs"];

const LINES_WARN: usize = 500;
const LINES_MAX: usize = 800;

/// What parses untrusted bytes, and the calls of which some fuzz target must make one.
const PARSERS: &[(&str, &[&str])] = &[
    ("documents", &["fuzz::document", "Document::parse"]),
    ("exhibits", &["fuzz::exhibit", "read_exhibit"]),
    ("rosters", &["fuzz::roster", "read_roster"]),
    ("templates", &["fuzz::template", "Template::from_bytes"]),
    ("pictures", &["fuzz::picture", "read_pictures"]),
    ("feeds", &["fuzz::feed"]),
    ("sitemaps", &["fuzz::sitemap"]),
    ("robots.txt", &["fuzz::robots"]),
    ("pages of the web", &["fuzz::page"]),
    ("mailboxes", &["fuzz::mbox"]),
    ("messages", &["fuzz::message"]),
    ("articles in lines", &["fuzz::lines"]),
    ("mail under way", &["fuzz::parcel"]),
    ("mail that is submitted", &["fuzz::submitted"]),
    ("the queue and its policy", &["fuzz::queued"]),
    ("bundles", &["fuzz::bundle"]),
    ("what persons sign", &["fuzz::signed"]),
    ("slips", &["fuzz::slip"]),
    ("policies and notes", &["fuzz::policy"]),
    ("author's variants and rules", &["plan("]),
];

// Written in two parts, so that this file does not contain them.
const UNFINISHED: &[&str] =
    &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];
const MACHINE_PATHS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("../sha", "red"), concat!("/ho", "me/")];

/// The crate that a path lies in.
fn crate_of(path: &str) -> &str {
    path.strip_prefix("crates/").and_then(|rest| rest.split('/').next()).unwrap_or("")
}

/// Rust sources of crates (not their tests and benches): path, code without comments and literals.
fn crate_code<'a>(
    tree: &'a Tree,
    keep: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = (&'a str, String)> + 'a {
    let in_src = |path: &str| path.strip_prefix("crates/").and_then(|p| p.split('/').nth(1)) == Some("src");
    tree.texts(".rs")
        .filter(move |(path, _)| in_src(path) && keep(crate_of(path)))
        .map(|(path, text)| (path, code_of(text)))
}

/// Nothing but `codes`, `evidence`, `verify` and `app` names a type that gives keys or codewords.
pub fn keys(tree: &Tree) -> Vec<Problem> {
    let sources = crate_code(tree, |name| !KEY_CRATES.contains(&name));
    let found = sources.flat_map(|(path, code)| {
        KEY_TYPES.iter().flat_map(move |name| {
            let say =
                |line| fail("keys", format!("{path}:{line}"), format!("only {KEY_CRATES:?} may name {name}"));
            lines_with_word(&code, name).into_iter().map(say).collect::<Vec<_>>()
        })
    });
    found.collect()
}

/// Clock, randomness, environment and files are parameters of the pure crates.
pub fn purity(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, code) in crate_code(tree, |name| PURE.contains(&name)) {
        for (number, line) in code.lines().enumerate() {
            // Unit tests stand last in a file and may read fixtures.
            if line.trim() == "#[cfg(test)]" {
                break;
            }
            let named = IMPURE.iter().filter(|word| line.contains(**word));
            let say = |word| format!("{word} in a crate whose results depend on its arguments only");
            problems.extend(named.map(|word| fail("purity", format!("{path}:{}", number + 1), say(word))));
        }
    }
    problems
}

/// No `unsafe` outside the allowlist.
pub fn unsafe_code(tree: &Tree) -> Vec<Problem> {
    let sources = tree.texts(".rs").filter(|(path, _)| !UNSAFE_ALLOWED.contains(path));
    let found = sources.flat_map(|(path, text)| {
        let lines = lines_with_word(&code_of(text), "unsafe");
        let say = move |line| {
            let what = "unsafe code; the allowlist is in xtask/src/tidy/sources.rs";
            fail("unsafe", format!("{path}:{line}"), what)
        };
        lines.into_iter().map(say)
    });
    found.collect()
}

/// No source file is longer than a reader can hold.
pub fn length(tree: &Tree) -> Vec<Problem> {
    let measure = |(path, text): (&str, &str)| match text.lines().count() {
        lines if lines > LINES_MAX => {
            Some(fail("length", path, format!("{lines} lines; at most {LINES_MAX}: split it by domain noun")))
        }
        lines if lines > LINES_WARN => {
            Some(warn("length", path, format!("{lines} lines; 150 to 400 read well")))
        }
        _ => None,
    };
    tree.texts(".rs").filter_map(measure).collect()
}

/// No note to oneself.
pub fn unfinished(tree: &Tree) -> Vec<Problem> {
    on_lines(tree, |line| {
        let word = UNFINISHED.iter().find(|word| !lines_with_word(line, word).is_empty())?;
        Some(fail("unfinished", "", format!("{word}: do it, or open an issue")))
    })
}

/// No path of the machine that it was written on.
pub fn machine_paths(tree: &Tree) -> Vec<Problem> {
    on_lines(tree, |line| {
        let alone = |path: &str| {
            let before = line.find(path).map(|at| line[..at].chars().next_back());
            before.is_some_and(|c| c.is_none_or(|c| !c.is_alphanumeric() && !".-_~}".contains(c)))
        };
        let path = MACHINE_PATHS.iter().find(|path| alone(path))?;
        Some(fail("paths", "", format!("{path} names a place outside the project")))
    })
}

/// Runs a check on each line of each text file that people write.
fn on_lines(tree: &Tree, check: impl Fn(&str) -> Option<Problem>) -> Vec<Problem> {
    let written = |path: &&str| !path.ends_with(".lock") && !path.starts_with("fuzz/corpus/");
    let mut problems = Vec::new();
    for (path, text) in tree.texts("").filter(|(path, _)| written(path)) {
        for (number, line) in text.lines().enumerate() {
            let place = || format!("{path}:{}", number + 1);
            problems.extend(check(line).map(|problem| Problem { place: place(), ..problem }));
        }
    }
    problems
}

/// Every parser of untrusted bytes has a fuzz target, and every target a corpus.
pub fn fuzz_targets(tree: &Tree) -> Vec<Problem> {
    let targets = || tree.texts(".rs").filter(|(path, _)| path.starts_with("fuzz/fuzz_targets/"));
    let code: String = targets().map(|(_, text)| code_of(text)).collect();
    let without_target = PARSERS.iter().filter(|(_, calls)| !calls.iter().any(|call| code.contains(call)));
    let say = |(what, calls): &(&str, &[&str])| format!("no target for {what}: one must call {}", calls[0]);
    let mut problems: Vec<_> =
        without_target.map(|parser| fail("fuzz", "fuzz/fuzz_targets", say(parser))).collect();
    for (path, _) in targets() {
        let name = path.rsplit('/').next().and_then(|file| file.strip_suffix(".rs")).unwrap_or("");
        let corpus = format!("fuzz/corpus/{name}");
        if !tree.has(&corpus) {
            problems.push(fail("fuzz", path, format!("no corpus in {corpus}")));
        }
        let listed = tree.text("fuzz/Cargo.toml").is_some_and(|toml| toml.contains(&format!("\"{name}\"")));
        if !listed {
            problems.push(fail("fuzz", path, "fuzz/Cargo.toml does not list it"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(check: fn(&Tree) -> Vec<Problem>, path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn keys_are_named_by_few() {
        let text = "fn f(key: &LineageKey) {} // LineageKey";
        assert_eq!(count(keys, "crates/spotting/src/lib.rs", text), 1);
        assert_eq!(count(keys, "crates/app/src/lib.rs", text), 0);
        assert_eq!(count(keys, "crates/spotting/src/lib.rs", "struct LineageKeys; // Codebook"), 0);
    }

    #[test]
    fn pure_crates_ask_nobody() {
        let text = "let t = std::time::Instant::now();\n#[cfg(test)]\nmod tests { use std::fs::read; }";
        assert_eq!(count(purity, "crates/codes/src/lib.rs", text), 1);
        assert_eq!(count(purity, "crates/app/src/lib.rs", text), 0);
        assert_eq!(count(purity, "crates/codes/benches/x.rs", text), 0);
    }

    #[test]
    fn unsafe_is_seen_in_code_only() {
        assert_eq!(count(unsafe_code, "a.rs", "unsafe { x() }"), 1);
        assert_eq!(count(unsafe_code, "a.rs", "// unsafe\n#![forbid(unsafe_code)]\nlet s = \"unsafe\";"), 0);
    }

    #[test]
    fn long_files_warn_then_fail() {
        let severity =
            |lines: usize| length(&Tree::of(&[("a.rs", &"x\n".repeat(lines))])).pop().map(|p| p.severity);
        assert_eq!(severity(500), None);
        assert_eq!(severity(501), Some(super::super::Severity::Warn));
        assert_eq!(severity(801), Some(super::super::Severity::Fail));
    }

    #[test]
    fn notes_and_paths_are_refused() {
        assert_eq!(count(unfinished, "a.md", &format!("x\n{}: more", UNFINISHED[0])), 1);
        assert_eq!(count(unfinished, "a.md", "mastodon"), 0);
        for path in MACHINE_PATHS {
            assert_eq!(count(machine_paths, "a.md", &format!("see {path}x")), 1, "{path}");
        }
        assert_eq!(count(machine_paths, "a.md", &format!("https://example.org{}x", MACHINE_PATHS[0])), 0);
    }

    #[test]
    fn parsers_without_target_or_corpus_are_refused() {
        let all: String = PARSERS.iter().map(|(_, calls)| format!("{}();", calls[0])).collect();
        let good = [
            ("fuzz/fuzz_targets/all.rs", all.as_str()),
            ("fuzz/Cargo.toml", "name = \"all\""),
            ("fuzz/corpus/all/one", ""),
        ];
        assert_eq!(fuzz_targets(&Tree::of(&good)), []);
        assert_eq!(fuzz_targets(&Tree::of(&good[..1])).len(), 2);
        assert_eq!(fuzz_targets(&Tree::of(&good[1..])).len(), PARSERS.len());
    }
}
