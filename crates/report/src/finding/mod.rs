//! The report of one look of a case: who is named, or that nobody can be, and the numbers behind it.
//!
//! The first page stands alone: it shows none of the document's text and no copy that is not named. What
//! follows is for those who check it.

mod belief;
mod erased;
mod evidence;
mod exhibit;
mod front;
mod named;
mod numbers;
mod page;
mod sheets;

pub use page::{
    AlphaShare, ChannelSites, Decoys, Erased, Evidence, Exhibit, Grounds, Mark, NamedCopy, NamedGroup, Page,
    Parameters, Raster, Release, Replay, Sheet, SheetWord, Threshold, Variant, Verdict,
};

use crate::html::{Head, Html, document};

/// A numbered part of the report after its first page.
struct Section {
    id: &'static str,
    title: &'static str,
    write: fn(&mut Html, &Page),
}

/// The page as one HTML document.
///
/// The same page gives the same bytes. Nothing in it can make a browser fetch or run anything.
///
/// ```
/// use tellmark_report::finding::{Page, Verdict, html};
/// let page = Page { verdict: Verdict::Nobody { sites_needed: Some(12) }, ..Page::default() };
/// assert!(html(&page).starts_with("<!DOCTYPE html>"));
/// ```
pub fn html(page: &Page) -> String {
    let look = page.look.to_string();
    let facts = [("Case", page.case.as_str()), ("Look", &look), ("", &page.date)];
    let title = format!("Finding, case {}, look {look}", page.case);
    let has_pictures = !page.sheets.is_empty();
    let head = Head { title: &title, kind: "Finding", facts: &facts, has_pictures, script: None };
    let sections = sections(page);
    document(
        &head,
        |h| front::write(h, page, &sections),
        |h| {
            for section in &sections {
                let heading = format!("{}-title", section.id);
                let attributes = [("id", section.id), ("aria-labelledby", heading.as_str())];
                h.el("section", &attributes, |h| {
                    h.el("h2", &[("id", &heading)], |h| _ = h.text(section.title));
                    (section.write)(h, page);
                });
            }
        },
    )
}

fn sections(page: &Page) -> Vec<Section> {
    let names = !matches!(page.verdict, Verdict::Nobody { .. });
    let has_ranking = !page.ranking.is_empty();
    let has_sheets = !page.sheets.is_empty();
    let all: [(bool, Section); 7] = [
        (names, Section { id: "named", title: "What is named", write: named::write }),
        (has_ranking, Section { id: "evidence", title: "Every copy’s evidence", write: evidence::write }),
        (names, Section { id: "belief", title: "What the ratio does to a belief", write: belief::write }),
        (has_sheets, Section { id: "sheets", title: "What the pictures show", write: sheets::write }),
        (true, Section { id: "exhibit", title: "What the exhibit shows", write: exhibit::write }),
        (true, Section { id: "erased", title: "What was not read, and why", write: erased::write }),
        (true, Section { id: "numbers", title: "The numbers to reproduce it", write: numbers::write }),
    ];
    all.into_iter().filter(|(applies, _)| *applies).map(|(_, section)| section).collect()
}

impl Page {
    /// Whether there are several exhibits in the look.
    fn exhibit_word(&self) -> &'static str {
        if self.exhibits.len() > 1 { "These exhibits" } else { "This exhibit" }
    }

    /// Sites of all releases and those that were read.
    fn site_counts(&self) -> (u64, u64) {
        let channels = || self.releases.iter().flat_map(|release| &release.channels);
        (channels().map(|c| c.total).sum(), channels().map(|c| c.read).sum())
    }

    /// What the copy at a rank is called: a pseudonym, unless it is named or an order lifted it.
    fn label(&self, rank: usize) -> String {
        let is_shown = |evidence: &&Evidence| {
            self.identities.is_some() || (evidence.named && !matches!(self.verdict, Verdict::Nobody { .. }))
        };
        match self.ranking.get(rank).filter(is_shown) {
            None => format!("#{}", rank + 1),
            Some(evidence) => evidence.label.clone(),
        }
    }
}
