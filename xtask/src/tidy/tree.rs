//! The project's files, in memory, so that every check can be shown a tree that fails it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;

/// Directories that are made, not written.
const MADE: &[&str] =
    &[".git", "target", "node_modules", "artifacts", "tellmark-demo", "tellmark-vault", ".venv"];
/// Bytes above which a file is kept by its size only.
const READ_MAX: u64 = 4 << 20;

/// One file of the project.
#[derive(Debug, Clone)]
pub struct File {
    /// Its text, where it is UTF-8 without NUL.
    pub text: Option<String>,
    /// Its size in bytes.
    pub size: u64,
}

/// All files by their path from the root, with `/` between the parts.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// Path to file.
    pub files: BTreeMap<String, File>,
}

impl Tree {
    /// Reads the files under a directory, except those that are made by tools.
    pub fn read(root: &Path) -> anyhow::Result<Tree> {
        let mut tree = Tree::default();
        let mut open = vec![String::new()];
        while let Some(directory) = open.pop() {
            let path = root.join(&directory);
            let entries = std::fs::read_dir(&path).with_context(|| format!("reading {}", path.display()))?;
            for entry in entries {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let inside = if directory.is_empty() { name.clone() } else { format!("{directory}/{name}") };
                let kind = entry.file_type()?;
                if kind.is_dir() && !MADE.contains(&name.as_str()) {
                    open.push(inside);
                } else if kind.is_file() {
                    tree.files.insert(inside, read_file(&entry.path(), entry.metadata()?.len())?);
                }
            }
        }
        Ok(tree)
    }

    /// A tree of text files, for tests.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Tree {
        let file = |text: &str| File { text: Some(text.to_string()), size: text.len() as u64 };
        Tree { files: files.iter().map(|(path, text)| (path.to_string(), file(text))).collect() }
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).and_then(|file| file.text.as_deref())
    }

    /// All text files whose path ends so, with their texts.
    pub fn texts<'a>(&'a self, ending: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> + 'a {
        let fits = move |(path, _): &(&'a String, &'a File)| path.ends_with(ending);
        self.files.iter().filter(fits).filter_map(|(path, file)| Some((path.as_str(), file.text.as_deref()?)))
    }

    /// The names of the directories in `crates/` that hold a manifest.
    pub fn crates<'a>(&'a self) -> Vec<&'a str> {
        let name = |path: &'a String| path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml");
        self.files.keys().filter_map(name).filter(|name| !name.contains('/')).collect()
    }

    /// Whether a path is a file or a directory of the tree.
    pub fn has(&self, path: &str) -> bool {
        let directory = format!("{}/", path.trim_end_matches('/'));
        let inside = self.files.range(directory.clone()..).next();
        self.files.contains_key(path) || inside.is_some_and(|(first, _)| first.starts_with(&directory))
    }
}

fn read_file(path: &Path, size: u64) -> anyhow::Result<File> {
    if size > READ_MAX {
        return Ok(File { text: None, size });
    }
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let text = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
    Ok(File { text, size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_and_directories_are_found() {
        let tree = Tree::of(&[
            ("crates/core/Cargo.toml", ""),
            ("crates/core/src/lib.rs", ""),
            ("crates/app/tests/fixture/Cargo.toml", ""),
            ("docs/a.md", ""),
        ]);
        assert_eq!(tree.crates(), ["core"]);
        assert!(tree.has("docs") && tree.has("docs/") && tree.has("docs/a.md"));
        assert!(!tree.has("doc") && !tree.has("docs/b.md"));
    }
}
