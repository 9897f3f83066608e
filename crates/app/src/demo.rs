//! Use case: the whole way on samples written for it. Everything is fixed: the key, the nonces, the time, who
//! leaks; two runs give the same files.

use std::fs;
use std::path::{Path, PathBuf};

use tellmark_evidence::bundle::Bundle;
use tellmark_evidence::policy::Policy;
use tellmark_evidence::verify::{Accepted, verify};

use crate::prove::{prove_to, prove_with, reread};
use crate::seal::{SealRequest, SealSummary, seal};
use crate::trace::{ExhibitFile, Finding, TraceRequest, Traced, trace};
use crate::{Access, Error, MarkOptions, Ports, Progress, Result, Vault, files};

/// Fixed before the demo was first run, and never changed since.
const SEED: u64 = 20_261_123;
/// 14 March 2026, 18:00 UTC: the evening of the call.
const NOW: i64 = 1_773_511_200;
/// The keys that a verifier trusts.
const POLICY: &str = "policy.txt";
/// The morning after, when the third article appears.
const PUBLISHED: i64 = NOW + 86_400;
/// Beside the demo's files, so that a second run knows that it may replace them.
const MARKER: &str = ".tellmark-demo";

const CALL: &str = include_str!("../samples/call.md");
const CALL_DRAFT_2: &str = include_str!("../samples/call-draft2.md");
const MEMORANDUM: &[u8] = include_bytes!("../samples/memorandum.docx");
const ROSTER: &str = include_str!("../samples/roster.csv");
const ARTICLE: &str = include_str!("../samples/article-quoting.txt");
const ARTICLE_OTHER: &str = include_str!("../samples/article-other.txt");
const ARTICLE_SECOND: &str = include_str!("../samples/article-second.txt");
const ARTICLE_MEMORANDUM: &str = include_str!("../samples/article-memorandum.txt");

/// A passage of a document: the heading above it, and how the paragraph begins or its number below the heading.
#[derive(Debug, Clone, Copy)]
enum Passage {
    Nth(&'static str, usize),
    With(&'static str, &'static str),
}

/// One step of the demo.
#[derive(Debug, serde::Serialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    /// A document was sealed.
    Sealed {
        /// The document.
        document: String,
        /// Where its copies are.
        folder: PathBuf,
        /// What sealing did.
        summary: Box<SealSummary>,
    },
    /// An article was traced.
    Traced {
        /// What happened before.
        story: String,
        /// The copy that leaked; empty when none did.
        leaked: String,
        /// The article.
        article: PathBuf,
        /// The report.
        report: PathBuf,
        /// The finding.
        finding: Box<Finding>,
    },
    /// A finding was proved to somebody who trusts a witness and not the vault.
    Proved {
        /// The evidence.
        bundle: PathBuf,
        /// The keys by which it is verified.
        policy: PathBuf,
        /// What a verifier says: each claim with its verdict.
        claims: Vec<(String, &'static str)>,
        /// Whether everything that the finding stands on is proven.
        proven: bool,
        /// What may be said aloud.
        sentences: Vec<String>,
    },
}

/// What the demo did.
#[derive(Debug, serde::Serialize)]
pub struct DemoSummary {
    /// Where everything is.
    pub folder: PathBuf,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

/// Does the whole way and leaves its files in a folder.
///
/// # Errors
/// When the folder holds something that is not a demo, or cannot be written.
pub async fn demo(folder: &Path, progress: &dyn Progress) -> Result<DemoSummary> {
    make_room(folder)?;
    let mut ports = Ports::seeded(SEED, NOW);
    let access = Access { folder: folder.join("vault"), passphrase: None, ..Access::default() };
    let vault = Vault::create(&access, None, &mut ports).await?;
    let mut stage = Stage { folder, vault, ports, progress, steps: Vec::new() };
    stage.lay_out()?;
    stage.seal("call.md", CALL.as_bytes(), "call", None).await?;
    let call = [
        Passage::Nth("The Pellan crossing", 0),
        Passage::Nth("The Pellan crossing", 1),
        Passage::Nth("The Karrow Dam", 0),
        Passage::Nth("The Karrow Dam", 1),
    ];
    let quoting = Leak { from: "call/r17/call.md", article: ARTICLE, passages: &call };
    stage.publish("article", "A newspaper quotes four paragraphs of copy r17", Some(&quoting)).await?;
    let other = Leak { from: "", article: ARTICLE_OTHER, passages: &[] };
    stage
        .publish("article-other", "Another article on the same matters quotes nothing of ours", Some(&other))
        .await?;
    stage.seal("call-draft2.md", CALL_DRAFT_2.as_bytes(), "call-draft2", Some("call.md")).await?;
    let draft = [
        Passage::Nth("The Karrow Dam", 0),
        Passage::With("The Karrow Dam", "Ms. Ockley added a word"),
        Passage::With("The Karrow Dam", "Mr. Asterley"),
        Passage::With("", "that the engineers would"),
    ];
    let second = Leak { from: "call-draft2/r05/call-draft2.md", article: ARTICLE_SECOND, passages: &draft };
    stage
        .publish("article-second", "The newspaper quotes copy r05 of the second draft", Some(&second))
        .await?;
    stage.seal("memorandum.docx", MEMORANDUM, "memorandum", None).await?;
    let memo = [
        Passage::Nth("1. Purpose", 0),
        Passage::With("4. Who may see what", "Each inquiry is"),
        Passage::Nth("3. What the register holds", 0),
        Passage::With("2. Background", "A pilot with"),
        Passage::With("5. Points that remain open", "The data officer of Quellin"),
    ];
    stage.witness()?;
    stage.ports.now = PUBLISHED;
    let third = Leak { from: "memorandum/r22/memorandum.docx", article: ARTICLE_MEMORANDUM, passages: &memo };
    stage
        .publish("article-memorandum", "The newspaper quotes copy r22 of a Word memorandum", Some(&third))
        .await?;
    stage.prove().await?;
    fs::copy(folder.join("reports/article.html"), folder.join("report.html"))
        .map_err(Error::file("cannot write", &folder.join("report.html")))?;
    Ok(DemoSummary { folder: folder.to_path_buf(), steps: stage.steps })
}

/// Where an article's quotations come from.
struct Leak<'a> {
    from: &'a str,
    article: &'a str,
    passages: &'a [Passage],
}

struct Stage<'a> {
    folder: &'a Path,
    vault: Vault,
    ports: Ports,
    progress: &'a dyn Progress,
    steps: Vec<Step>,
}

impl Stage<'_> {
    fn lay_out(&self) -> Result<()> {
        for folder in ["originals", "articles", "reports"] {
            let path = self.folder.join(folder);
            fs::create_dir_all(&path).map_err(Error::file("cannot make the folder", &path))?;
        }
        let originals: [(&str, &[u8]); 4] = [
            ("call.md", CALL.as_bytes()),
            ("call-draft2.md", CALL_DRAFT_2.as_bytes()),
            ("memorandum.docx", MEMORANDUM),
            ("roster.csv", ROSTER.as_bytes()),
        ];
        originals.iter().try_for_each(|(name, bytes)| {
            files::write_whole(&self.folder.join("originals").join(name), bytes, false)
        })
    }

    async fn seal(&mut self, name: &str, document: &[u8], out: &str, revises: Option<&str>) -> Result<()> {
        let folder = self.folder.join(out);
        let request = SealRequest {
            file_name: name.into(),
            document: document.to_vec(),
            roster: ROSTER.into(),
            roster_name: "roster.csv".into(),
            out: folder.clone(),
            name: None,
            alpha: crate::DEFAULT_ALPHA.into(),
            mark: MarkOptions::default(),
            revises: revises.map(str::to_owned),
            visible: None,
            mail: None,
            new: false,
            draft: None,
            force: false,
            kept: None,
        };
        let summary = seal(&self.vault, &request, &mut self.ports, self.progress).await?;
        self.steps.push(Step::Sealed { document: name.into(), folder, summary: Box::new(summary) });
        Ok(())
    }

    async fn publish(&mut self, name: &str, story: &str, leak: Option<&Leak<'_>>) -> Result<()> {
        let Some(leak) = leak else { return Ok(()) };
        let text = self.write_article(leak)?;
        let article = self.folder.join("articles").join(format!("{name}.txt"));
        files::write_whole(&article, text.as_bytes(), false)?;
        let request = TraceRequest {
            exhibits: vec![ExhibitFile { name: format!("{name}.txt"), bytes: text.into_bytes() }],
            because: story.into(),
            command: format!("tellmark trace articles/{name}.txt"),
            ..TraceRequest::default()
        };
        let Traced { finding, page } = trace(&self.vault, &request, &self.ports, self.progress).await?;
        let report = self.folder.join("reports").join(format!("{name}.html"));
        files::write_whole(&report, crate::trace::html(&page).as_bytes(), false)?;
        let leaked = leak.from.split('/').nth(1).unwrap_or("").to_owned();
        self.steps.push(Step::Traced {
            story: story.into(),
            leaked,
            article,
            report,
            finding: Box::new(finding),
        });
        Ok(())
    }

    /// Somebody else's key sees the log before anything leaks. Only now, since what is sealed with a witness at hand has a
    /// nonce that nobody chooses, and no two demos would be alike.
    fn witness(&mut self) -> Result<()> {
        let seen = crate::log::witness(&self.vault, &self.folder.join("witness"), &mut self.ports)?;
        files::write_whole(&self.folder.join(POLICY), seen.policy.as_bytes(), false)
    }

    /// The last finding, as evidence; verified as an outsider would.
    async fn prove(&mut self) -> Result<()> {
        let cases = self.vault.store.cases().await?;
        let case = cases.last().ok_or_else(|| Error::damaged("the demo traced nothing"))?;
        let bundle = self.folder.join("memorandum.bundle");
        prove_to(&self.vault, &case.name, false, &bundle, false).await?;
        let policy = self.folder.join(POLICY);
        let read = |path: &Path| fs::read(path).map_err(Error::file("cannot read", path));
        let trusted = String::from_utf8(read(&policy)?).map_err(Error::damaged)?;
        let trusted = Policy::read(&trusted).map_err(Error::damaged)?;
        let evidence = Bundle::read(&read(&bundle)?).map_err(Error::damaged)?;
        // As an expert would who read the article again, and knows when it appeared.
        let original = prove_with(&self.vault, &case.name, true).await?;
        let read = reread(&original.bytes, None, &mut self.ports, self.progress).await?;
        let accepted =
            Accepted { reading: read.same, published: Some(self.ports.now), ..Accepted::default() };
        let report = verify(&evidence, &trusted, &accepted);
        let claims = report.claims.iter().map(|claim| (claim.title.to_owned(), claim.verdict.text()));
        let (claims, proven, sentences) = (claims.collect(), report.is_proven, report.sentences);
        self.steps.push(Step::Proved { bundle, policy, claims, proven, sentences });
        Ok(())
    }

    /// The article with passages of the leaked copy where it says `{{quote}}`.
    fn write_article(&self, leak: &Leak<'_>) -> Result<String> {
        let mut text = String::new();
        let mut passages = leak.passages.iter();
        let copy = match leak.from {
            "" => String::new(),
            from => {
                let path = self.folder.join(from);
                let bytes = fs::read(&path).map_err(Error::file("cannot read", &path))?;
                let exhibit = tellmark_formats::read_exhibit(from, &bytes);
                exhibit.map_err(|source| Error::Format { name: from.into(), source })?.text
            }
        };
        for line in leak.article.lines() {
            match (line.trim(), passages.len()) {
                ("{{quote}}", 1..) => {
                    let quote = passages
                        .next()
                        .and_then(|passage| passage.find(&copy))
                        .ok_or_else(|| Error::damaged("a sample lacks a passage"))?;
                    text.push_str(&format!("“{quote}”"));
                }
                _ => text.push_str(line),
            }
            text.push('\n');
        }
        Ok(text)
    }
}

impl Passage {
    fn find(self, text: &str) -> Option<String> {
        let (heading, wanted, number) = match self {
            Passage::Nth(heading, number) => (heading, "", number),
            Passage::With(heading, wanted) => (heading, wanted, 0),
        };
        let paragraphs = text.split("\n\n").map(str::trim).filter(|p| !p.is_empty());
        let below = paragraphs.skip_while(|p| !p.trim_start_matches(['#', ' ']).starts_with(heading));
        let skip = usize::from(!heading.is_empty());
        let found = below.skip(skip).filter(|p| p.contains(wanted)).nth(number);
        found.map(|p| p.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// An empty folder, or one that an earlier demo left.
fn make_room(folder: &Path) -> Result<()> {
    if folder.join(MARKER).exists() {
        fs::remove_dir_all(folder).map_err(Error::file("cannot replace the earlier demo in", folder))?;
    } else if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        let folder = folder.display();
        return Err(Error::input(format!(
            "{folder} holds something that is not a demo; name another folder with --out"
        )));
    }
    fs::create_dir_all(folder).map_err(Error::file("cannot make the folder", folder))?;
    files::write_whole(
        &folder.join(MARKER),
        b"made by `tellmark demo`, which may replace this folder\n",
        false,
    )
}
