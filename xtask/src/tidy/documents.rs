//! Checks on what people read.

use super::{Problem, Tree, fail};

/// Bytes that a committed file may have.
const SIZE_MAX: u64 = 1 << 20;

/// Every link in a Markdown file that points into the project has a target.
pub fn links(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in tree.texts(".md") {
        let mut fenced = false;
        for (number, line) in text.lines().enumerate() {
            fenced ^= line.trim_start().starts_with("```");
            let broken = targets(line).into_iter().filter(|target| !fenced && !exists(tree, path, target));
            let say =
                |target| fail("links", format!("{path}:{}", number + 1), format!("{target} does not exist"));
            problems.extend(broken.map(say));
        }
    }
    problems
}

/// The targets of `[text](target)` and `[name]: target` on a line, outside inline code.
fn targets(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (i, outside) in line.split('`').enumerate() {
        if i % 2 == 1 {
            continue;
        }
        found.extend(
            outside.match_indices("](").filter_map(|(at, _)| outside[at + 2..].split([')', ' ']).next()),
        );
    }
    if line.starts_with('[') {
        found.extend(line.split_once("]: ").and_then(|(_, rest)| rest.split(' ').next()));
    }
    found
}

fn exists(tree: &Tree, from: &str, target: &str) -> bool {
    let path = target.split(['#', '?']).next().unwrap_or("");
    if path.is_empty() || target.contains("://") || target.starts_with("mailto:") {
        return true;
    }
    let mut parts: Vec<&str> = if path.starts_with('/') { vec![] } else { from.split('/').collect() };
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.is_empty() => return false,
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.is_empty() || tree.has(&parts.join("/"))
}

/// ARCHITECTURE.md names every crate.
pub fn architecture(tree: &Tree) -> Vec<Problem> {
    let Some(text) = tree.text("ARCHITECTURE.md") else {
        return vec![fail("architecture", "ARCHITECTURE.md", "is missing")];
    };
    let named = |name: &str| {
        let forms = [format!("`{name}`"), format!("crates/{name}"), format!("tellmark-{name}")];
        forms.iter().any(|form| text.contains(form))
    };
    let unnamed = tree.crates().into_iter().filter(|name| !named(name));
    unnamed
        .map(|name| fail("architecture", "ARCHITECTURE.md", format!("does not name crates/{name}")))
        .collect()
}

/// CHANGELOG.md exists and has a place for what is not released yet or for the version of the workspace.
pub fn changelog(tree: &Tree) -> Vec<Problem> {
    let Some(text) = tree.text("CHANGELOG.md") else {
        return vec![fail("changelog", "CHANGELOG.md", "is missing")];
    };
    let version = |line: &str| {
        let title = line.strip_prefix("## ").map(|title| title.trim_start_matches('['));
        title.is_some_and(|title| {
            title.starts_with("Unreleased") || title.starts_with(|c: char| c.is_ascii_digit())
        })
    };
    if text.lines().any(version) {
        return vec![];
    }
    vec![fail("changelog", "CHANGELOG.md", "has no heading `## Unreleased` or `## VERSION`")]
}

/// Fixtures are small.
pub fn size(tree: &Tree) -> Vec<Problem> {
    let large = tree.files.iter().filter(|(_, file)| file.size > SIZE_MAX);
    let say = |size: u64| format!("{size} bytes; at most {SIZE_MAX}: make it smaller or make it in the test");
    large.map(|(path, file)| fail("size", path, say(file.size))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_somewhere() {
        let rows = [
            ("[a](docs/a.md) [b](https://example.org/x) [c](#here)", 0),
            ("[a](docs/a.md#part \"title\")", 0),
            ("[a](docs)", 0),
            ("[a](b.md) [c](d.md)", 2),
            ("`[a](b.md)`", 0),
            ("```\n[a](b.md)\n```", 0),
            ("[a]: b.md", 1),
            ("[a](../up.md)", 1),
        ];
        for (text, expected) in rows {
            let tree = Tree::of(&[("README.md", text), ("docs/a.md", "[up](../README.md)")]);
            assert_eq!(links(&tree).len(), expected, "{text}");
        }
    }

    #[test]
    fn architecture_names_every_crate() {
        let with = |text| Tree::of(&[("ARCHITECTURE.md", text), ("crates/core/Cargo.toml", "")]);
        assert_eq!(architecture(&with("| `core` |")).len(), 0);
        assert_eq!(architecture(&with("the core of it")).len(), 1);
        assert_eq!(architecture(&Tree::default()).len(), 1);
    }

    #[test]
    fn changelog_has_a_place_for_changes() {
        assert_eq!(changelog(&Tree::of(&[("CHANGELOG.md", "# Changelog\n## [Unreleased]\n")])).len(), 0);
        assert_eq!(changelog(&Tree::of(&[("CHANGELOG.md", "# Changelog")])).len(), 1);
        assert_eq!(changelog(&Tree::default()).len(), 1);
    }

    #[test]
    fn large_files_are_refused() {
        let mut tree = Tree::of(&[("a.bin", "x")]);
        assert_eq!(size(&tree).len(), 0);
        tree.files.values_mut().for_each(|file| file.size = SIZE_MAX + 1);
        assert_eq!(size(&tree).len(), 1);
    }
}
