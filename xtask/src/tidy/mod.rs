//! `cargo xtask tidy`: the invariants of ARCHITECTURE.md that can be checked on the files.

mod code;
mod crates;
mod documents;
mod sources;
mod tree;

use std::fmt;
use std::path::Path;

pub use tree::Tree;

/// Whether a problem fails the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// To be looked at.
    Warn,
    /// Fails the run.
    Fail,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The check that found it.
    pub check: &'static str,
    /// Whether it fails the run.
    pub severity: Severity,
    /// The file, and the line where there is one.
    pub place: String,
    /// What is wrong and what to do.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.severity == Severity::Fail { "fail" } else { "warn" };
        write!(f, "{severity} [{}] {}: {}", self.check, self.place, self.what)
    }
}

fn fail(check: &'static str, place: impl Into<String>, what: impl Into<String>) -> Problem {
    Problem { check, severity: Severity::Fail, place: place.into(), what: what.into() }
}

fn warn(check: &'static str, place: impl Into<String>, what: impl Into<String>) -> Problem {
    Problem { severity: Severity::Warn, ..fail(check, place, what) }
}

/// A check looks at a tree and says what is wrong.
type Check = fn(&Tree) -> Vec<Problem>;

/// All checks, in the order in which they are reported.
const CHECKS: &[(&str, Check)] = &[
    ("dependencies between crates", crates::dependencies),
    ("lints of the workspace", crates::lints),
    ("external crates that have one place", crates::confined),
    ("keys", sources::keys),
    ("purity", sources::purity),
    ("unsafe", sources::unsafe_code),
    ("length of files", sources::length),
    ("unfinished work", sources::unfinished),
    ("machine paths", sources::machine_paths),
    ("fuzz targets", sources::fuzz_targets),
    ("links", documents::links),
    ("crates in ARCHITECTURE.md", documents::architecture),
    ("CHANGELOG.md", documents::changelog),
    ("size of files", documents::size),
];

/// Runs all checks on the project's root, prints what they found, and says whether none failed.
///
/// # Errors
/// When files cannot be read.
pub fn run(root: &Path) -> anyhow::Result<bool> {
    let tree = Tree::read(root)?;
    let mut failures = 0;
    for (name, check) in CHECKS {
        let problems = check(&tree);
        let failed = problems.iter().filter(|p| p.severity == Severity::Fail).count();
        failures += failed;
        println!("{} {name}", if failed > 0 { "FAIL" } else { "ok  " });
        problems.iter().for_each(|problem| println!("     {problem}"));
    }
    println!("{} checks, {failures} failures, {} files", CHECKS.len(), tree.files.len());
    Ok(failures == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_tree_fails_only_what_must_exist() {
        let failed: Vec<_> = CHECKS
            .iter()
            .filter(|(_, check)| !check(&Tree::default()).is_empty())
            .map(|(name, _)| *name)
            .collect();
        assert_eq!(failed, ["fuzz targets", "crates in ARCHITECTURE.md", "CHANGELOG.md"]);
    }
}
