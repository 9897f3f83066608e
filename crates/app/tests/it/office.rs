//! An office with a vault, for the tests.

use std::fs;
use std::path::{Path, PathBuf};

use tellmark_app::seal::{SealRequest, SealSummary, seal};
use tellmark_app::trace::{ExhibitFile, Finding, TraceRequest, trace};
use tellmark_app::{Access, Error, MarkOptions, Ports, Silent, Vault};
use tellmark_evidence::verify::Accepted;

pub const CALL: &str = include_str!("../../samples/call.md");
pub const DRAFT_2: &str = include_str!("../../samples/call-draft2.md");
pub const ROSTER: &str = include_str!("../../samples/roster.csv");

const OPENED: i64 = 1_770_000_000;

/// A leak of this text, as it came.
pub fn leaked(text: impl Into<Vec<u8>>) -> TraceRequest {
    TraceRequest {
        exhibits: vec![ExhibitFile { name: "leak.txt".into(), bytes: text.into() }],
        because: "a test".into(),
        ..TraceRequest::default()
    }
}

pub struct Office {
    pub folder: tempfile::TempDir,
    pub vault: Vault,
    pub ports: Ports,
}

impl Office {
    pub async fn open(seed: u64) -> Office {
        let folder = tempfile::tempdir().unwrap();
        let mut ports = Ports::seeded(seed, OPENED);
        let access = Access { folder: folder.path().join("vault"), passphrase: None, ..Access::default() };
        let vault = Vault::create(&access, None, &mut ports).await.unwrap();
        Office { folder, vault, ports }
    }

    /// An outsider who read the exhibits again and knows that they appeared an hour after the office opened.
    pub fn outsider() -> Accepted {
        Accepted { reading: true, published: Some(OPENED + 3_600), ..Accepted::default() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn request(&self, file_name: &str, document: &[u8], out: &str) -> SealRequest {
        SealRequest {
            file_name: file_name.into(),
            document: document.to_vec(),
            roster: ROSTER.into(),
            roster_name: "roster.csv".into(),
            out: self.path(out),
            name: None,
            alpha: "1e-6".into(),
            mark: MarkOptions::default(),
            revises: None,
            visible: None,
            mail: None,
            new: false,
            draft: None,
            force: false,
            kept: None,
        }
    }

    pub async fn seal(&mut self, request: &SealRequest) -> Result<SealSummary, Error> {
        seal(&self.vault, request, &mut self.ports, &Silent).await
    }

    pub async fn seal_call(&mut self) -> SealSummary {
        let request = self.request("call.md", CALL.as_bytes(), "call");
        self.seal(&request).await.unwrap()
    }

    pub fn copy(&self, out: &str, id: &str, file_name: &str) -> String {
        fs::read_to_string(self.path(out).join(id).join(file_name)).unwrap()
    }

    pub async fn trace_in(&self, case: Option<&str>, text: &str) -> Finding {
        let request = TraceRequest { case: case.map(str::to_owned), ..leaked(text.as_bytes()) };
        trace(&self.vault, &request, &self.ports, &Silent).await.unwrap().finding
    }

    pub async fn trace(&self, text: &str) -> Finding {
        self.trace_in(None, text).await
    }
}

pub fn named(finding: &Finding) -> Vec<&str> {
    finding.named.iter().map(|named| named.copy.as_str()).collect()
}

/// The middle third of a text, by lines.
pub fn middle(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len() / 3..2 * lines.len() / 3].join("\n")
}

/// Every file below a folder with its bytes, sorted.
pub fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(tree(&path)),
            false => found.push((path.clone(), fs::read(&path).unwrap())),
        }
    }
    found.sort();
    found
}
