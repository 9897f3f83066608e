//! Checks on the manifests.

use super::{Problem, Tree, fail};

/// Which crates of the project a crate may depend on: the crate table of ARCHITECTURE.md.
const TABLE: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("codes", &["core"]),
    ("wording", &["core"]),
    ("formats", &["core"]),
    ("pages", &["core", "formats"]),
    ("spotting", &["core"]),
    ("evidence", &["core", "codes"]),
    ("report", &["core"]),
    ("store", &["core"]),
    ("follow", &["core"]),
    (
        "app",
        &[
            "core", "codes", "wording", "formats", "pages", "spotting", "evidence", "report", "store",
            "follow",
        ],
    ),
    ("server", &["app", "core"]),
    ("relay", &["app", "core"]),
    ("cli", &["app", "core", "relay", "server"]),
    ("verify", &["evidence", "core"]),
    ("testkit", &["core"]),
];

/// Crates that read without keys: they must not reach `codes`, not even in their tests.
const BLIND: &[&str] = &["wording", "formats", "pages", "spotting", "report", "store", "follow", "testkit"];

/// External crates that belong to few crates of the project, and why.
const CONFINED: &[(&str, &[&str], &str)] = &[
    ("sqlx", &["store"], "there is one concrete store"),
    ("anyhow", &["cli", "server", "verify"], "libraries have one error enum each"),
    ("clap", &["cli", "server", "verify"], "every exchange with the user belongs to the binaries"),
    ("getrandom", &["app", "verify"], "randomness is a parameter everywhere else"),
    ("rand", &[], "codes draws from the keyed PRF, tests from testkit"),
    ("age", &["app"], "only app handles keys at rest"),
];

struct Manifest<'a> {
    name: &'a str,
    path: String,
    table: toml::Table,
}

fn manifests(tree: &Tree) -> Vec<Result<Manifest<'_>, Problem>> {
    let read = |name| {
        let path = format!("crates/{name}/Cargo.toml");
        let table = tree.text(&path).unwrap_or("").parse::<toml::Table>();
        match table {
            Ok(table) => Ok(Manifest { name, path, table }),
            Err(error) => Err(fail("manifest", path, error.to_string())),
        }
    };
    tree.crates().into_iter().map(read).collect()
}

impl Manifest<'_> {
    /// Names in tables such as `dependencies`, also those for one target only.
    fn names(&self, kind: &str) -> Vec<String> {
        let targets = self.table.get("target").and_then(|t| t.as_table());
        let tables = targets.into_iter().flat_map(|t| t.values()).filter_map(|v| v.as_table());
        let tables = std::iter::once(&self.table).chain(tables);
        let found = tables.filter_map(|t| t.get(kind).and_then(|v| v.as_table()));
        found.flat_map(|t| t.keys().cloned()).collect()
    }

    /// The project's crates in such tables, without `tellmark-`.
    fn ours(&self, kind: &str) -> Vec<String> {
        let ours = |name: String| name.strip_prefix("tellmark-").map(str::to_string);
        self.names(kind).into_iter().filter_map(ours).collect()
    }
}

/// Runs a check on every manifest.
fn on_manifests(tree: &Tree, check: impl Fn(&Manifest<'_>) -> Vec<Problem>) -> Vec<Problem> {
    let one = |manifest: Result<Manifest<'_>, Problem>| match manifest {
        Ok(manifest) => check(&manifest),
        Err(problem) => vec![problem],
    };
    manifests(tree).into_iter().flat_map(one).collect()
}

/// A crate depends on those that the table allows; what reads without keys never reaches `codes`.
pub fn dependencies(tree: &Tree) -> Vec<Problem> {
    on_manifests(tree, |manifest| {
        let Some((_, allowed)) = TABLE.iter().find(|(name, _)| *name == manifest.name) else {
            let what = "the crate table in xtask/src/tidy/crates.rs does not have it: add it there and to \
                        ARCHITECTURE.md";
            return vec![fail("dependencies", &manifest.path, what)];
        };
        let used = ["dependencies", "build-dependencies"].into_iter().flat_map(|kind| manifest.ours(kind));
        let refused = used.filter(|used| !allowed.contains(&used.as_str()));
        let blind = BLIND.contains(&manifest.name);
        let tests = manifest.ours("dev-dependencies").into_iter().filter(|used| blind && used == "codes");
        let say = |used| fail("dependencies", &manifest.path, format!("must not depend on tellmark-{used}"));
        refused.chain(tests).map(say).collect()
    })
}

/// Every crate takes the lints of the workspace.
pub fn lints(tree: &Tree) -> Vec<Problem> {
    let takes = |table: &toml::Table| {
        table.get("lints").and_then(|l| l.get("workspace")).and_then(|w| w.as_bool()) == Some(true)
    };
    on_manifests(tree, |manifest| match takes(&manifest.table) {
        true => vec![],
        false => vec![fail("lints", &manifest.path, "add [lints] workspace = true")],
    })
}

/// Some external crates have one place.
pub fn confined(tree: &Tree) -> Vec<Problem> {
    on_manifests(tree, |manifest| {
        let names = manifest.names("dependencies");
        let refused = CONFINED.iter().filter(|(external, places, _)| {
            names.iter().any(|n| n == external) && !places.contains(&manifest.name)
        });
        let say = |(external, _, why): &(&str, &[&str], &str)| {
            fail("confined", &manifest.path, format!("must not depend on {external}: {why}"))
        };
        refused.map(say).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(check: fn(&Tree) -> Vec<Problem>, name: &str, manifest: &str) -> usize {
        check(&Tree::of(&[(&format!("crates/{name}/Cargo.toml"), manifest)])).len()
    }

    #[test]
    fn the_dependency_table_is_kept() {
        let rows = [
            ("wording", "[dependencies]\ntellmark-core.workspace = true", 0),
            ("wording", "[dependencies]\ntellmark-codes.workspace = true", 1),
            ("wording", "[dev-dependencies]\ntellmark-codes.workspace = true", 1),
            ("wording", "[dev-dependencies]\ntellmark-testkit.workspace = true", 0),
            ("codes", "[dev-dependencies]\ntellmark-wording.workspace = true", 0),
            ("core", "[dependencies]\ntellmark-codes.workspace = true", 1),
            ("core", "[target.'cfg(unix)'.dependencies]\ntellmark-codes.workspace = true", 1),
            ("gadget", "", 1),
            ("core", "[[[", 1),
        ];
        for (name, manifest, expected) in rows {
            assert_eq!(problems(dependencies, name, manifest), expected, "{name}: {manifest}");
        }
    }

    #[test]
    fn lints_are_taken() {
        assert_eq!(problems(lints, "core", "[lints]\nworkspace = true"), 0);
        assert_eq!(problems(lints, "core", "[package]\nname = 'x'"), 1);
    }

    #[test]
    fn confined_crates_stay_where_they_belong() {
        assert_eq!(problems(confined, "store", "[dependencies]\nsqlx.workspace = true"), 0);
        assert_eq!(problems(confined, "codes", "[dependencies]\ngetrandom = '1'\nsqlx = '1'"), 2);
    }

    #[test]
    fn the_table_has_no_circle() {
        for (at, (name, allowed)) in TABLE.iter().enumerate() {
            let earlier = |used: &&str| TABLE[..at].iter().any(|(name, _)| name == used);
            assert!(allowed.iter().all(|used| earlier(used) || *name == "testkit"), "{name}");
        }
    }
}
