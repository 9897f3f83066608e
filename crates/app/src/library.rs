//! All pages of the vault's documents, ready to be recognised in pictures.
//!
//! What is kept of a page can be made again from its document at any time: it lies in the vault's folder `cache`,
//! and what is missing or damaged there is made anew.

use std::path::PathBuf;

use rayon::prelude::*;
use tellmark_core::{Hash, ReleaseId};
use tellmark_formats::Format;
use tellmark_formats::pdf::Drawer;
use tellmark_pages::features::{PageFeatures, of_page};
use tellmark_pages::find::Index;
use tellmark_store::Release;

use crate::{Error, Progress, Result, Vault, files};

/// Pages are drawn so fine before they are described, in dots an inch.
const DPI: f64 = 150.0;
/// Of a release's file in the cache.
const CACHE_BYTES_MAX: u64 = 512 << 20;
/// What such a file begins with; the number is that of the way in which pages are described.
const MAGIC: &[u8; 8] = b"tmpages\x02";

/// The pages of all documents that have pages.
pub struct Library {
    index: Index,
    pages: Vec<(usize, u32)>,
    releases: Vec<Release>,
}

impl Library {
    /// Takes in all pages of a vault.
    ///
    /// # Errors
    /// When a stored document cannot be loaded or drawn.
    pub async fn open(vault: &Vault, progress: &dyn Progress) -> Result<Library> {
        let mut releases = Vec::new();
        for release in vault.store.releases().await? {
            if release.format == Format::Pdf.to_string() {
                releases.push(release);
            }
        }
        let (mut pages, mut described) = (Vec::new(), Vec::new());
        for (number, release) in releases.iter().enumerate() {
            for (page, features) in describe(vault, release, progress).await?.into_iter().enumerate() {
                described.push((pages.len() as u32, features));
                pages.push((number, page as u32));
            }
        }
        Ok(Library { index: Index::build(described), pages, releases })
    }

    /// The index of all pages.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The release and the page, from 0, that a number of the index stands for.
    pub fn page(&self, number: u32) -> (&Release, u32) {
        let (release, page) = self.pages[number as usize];
        (&self.releases[release], page)
    }
}

/// Describes the pages of a release, or takes what the cache has. A page that cannot be drawn, as sealing told, has no features
/// and is found in no picture.
///
/// # Errors
/// When the document cannot be loaded.
async fn describe(vault: &Vault, release: &Release, progress: &dyn Progress) -> Result<Vec<PageFeatures>> {
    let path = cache_of(vault, release.id);
    let cached = files::read_limited(&path, CACHE_BYTES_MAX).ok();
    if let Some(pages) = cached.as_deref().and_then(decode) {
        return Ok(pages);
    }
    let bytes = vault.store.blob(release.document).await?;
    let drawer = Drawer::open(&bytes).map_err(Error::damaged)?;
    let count = drawer.pages().len();
    let one = |page: usize| {
        let drawn = drawer.draw(page, drawer.dpi(page, DPI));
        progress.advance(1);
        drawn.map(|drawn| of_page(&drawn, DPI / 72.0)).unwrap_or_default()
    };
    progress.begin("describing pages", Some(count as u64));
    let pages: Vec<PageFeatures> = (0..count).into_par_iter().map(one).collect();
    progress.end();
    // A cache that cannot be written costs time, and nothing else.
    if let Some(folder) = path.parent()
        && std::fs::create_dir_all(folder).is_ok()
    {
        let _ = files::write_whole(&path, &encode(&pages), true);
    }
    Ok(pages)
}

fn cache_of(vault: &Vault, release: ReleaseId) -> PathBuf {
    vault.folder().join("cache").join(format!("{release}.pages"))
}

/// The magic, the hash of all that follows, the pages: what was cut or changed is no cache.
fn encode(pages: &[PageFeatures]) -> Vec<u8> {
    let mut out = Vec::new();
    for page in pages {
        let bytes = page.to_bytes();
        out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        out.extend_from_slice(&bytes);
    }
    [MAGIC.as_slice(), &Hash::of(&out).0, &out].concat()
}

fn decode(bytes: &[u8]) -> Option<Vec<PageFeatures>> {
    let (hash, mut rest) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<32>()?;
    if Hash::of(rest).0 != *hash {
        return None;
    }
    let mut pages = Vec::new();
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (page, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        pages.push(PageFeatures::from_bytes(page).ok()?);
        rest = after;
    }
    Some(pages)
}
