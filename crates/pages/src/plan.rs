//! Which words of a document become sites of the layout, and the sites of its stamp.

use tellmark_core::{
    Area, Channel, Gray, Layout, Marking, Occurrence, PageSize, ReleaseId, Site, SiteId, limits,
};

/// The usual shift: 0.15 points, a fifth of a pixel on a screen of 96 dots an inch.
pub const SHIFT: i32 = 150;
/// Words at most that become sites: the stamp needs a few of those that a release may have.
const WORDS_MAX: usize = limits::SITES_MAX - 64;

/// Shades between the darkest and the lightest point of a word that somebody can see.
const CONTRAST_MIN: u8 = 12;

/// Whether a page shows anything where a word stands: one that is white on white, covered or cut off has nothing to move.
///
/// `rendering` shows the whole page, at any resolution; 72 dots an inch are enough.
///
/// ```
/// use tellmark_core::{Area, Gray, PageSize};
/// use tellmark_pages::plan::is_seen;
/// let size = PageSize { width: 4_000, height: 2_000 };
/// let page = Gray { width: 4, height: 2, pixels: vec![255, 255, 255, 0, 255, 255, 255, 0] };
/// assert!(is_seen(&page, size, &Area { left: 2_500, top: 0, right: 4_000, bottom: 2_000 }));
/// assert!(!is_seen(&page, size, &Area { left: 0, top: 0, right: 1_500, bottom: 2_000 }));
/// ```
pub fn is_seen(rendering: &Gray, size: PageSize, area: &Area) -> bool {
    let place = |at: i32, side: i32, pixels: usize, up: bool| {
        let exact = f64::from(at) / f64::from(side.max(1)) * pixels as f64;
        let whole = if up { exact.ceil() } else { exact.floor() };
        whole.clamp(0.0, pixels as f64) as usize
    };
    let left = place(area.left, size.width, rendering.width, false);
    let right = place(area.right, size.width, rendering.width, true);
    let rows = place(area.top, size.height, rendering.height, false)
        ..place(area.bottom, size.height, rendering.height, true);
    let (mut darkest, mut lightest) = (u8::MAX, u8::MIN);
    for row in rows {
        for &pixel in &rendering.pixels[row * rendering.width..][left.min(right)..right] {
            (darkest, lightest) = (darkest.min(pixel), lightest.max(pixel));
        }
    }
    lightest.saturating_sub(darkest) >= CONTRAST_MIN
}

/// What a document with pages can carry.
#[derive(Debug, Clone, Copy)]
pub struct Carrier<'a> {
    /// Its words.
    pub layout: &'a Layout,
    /// For each of them, whether it can move by the shift.
    pub movable: &'a [bool],
    /// How far a word moves, in thousandths of a point.
    pub shift: i32,
    /// What each variant of a digit of the stamp writes, and how many digits it has; none for no stamp.
    pub stamp: (&'a [String], usize),
}

/// The sites: every word that can move, in the order of the text, then the digits of the stamp. Words that cannot
/// move are the reader's anchors.
///
/// A document of very many words gets sites from its beginning on, as many as a release may have.
///
/// ```
/// use tellmark_core::{Along, Area, Layout, PageSize, PageWord, ReleaseId};
/// use tellmark_pages::plan::{Carrier, marking};
/// let area = Area { left: 0, top: 0, right: 20_000, bottom: 10_000 };
/// let word = PageWord { page: 0, line: 0, span: 5..8, area, along: Along::Right, site: None };
/// let layout = Layout { shift: 0, pages: vec![PageSize { width: 595_000, height: 842_000 }], words: vec![word] };
/// let carrier = Carrier { layout: &layout, movable: &[true], shift: 150, stamp: (&[], 0) };
/// let marking = marking(&carrier, ReleaseId([0; 8]));
/// assert_eq!(marking.sites[0].occurrences[0].forms, ["-0.150", "+0.150"]);
/// ```
pub fn marking(carrier: &Carrier<'_>, origin: ReleaseId) -> Marking {
    let mut layout = carrier.layout.clone();
    layout.shift = carrier.shift;
    let mut sites: Vec<Site> = Vec::new();
    let site = |sites: &[Site], channel: Channel, rule: &str, occurrence: Occurrence| Site {
        id: SiteId { origin, ordinal: sites.len() as u32 },
        channel,
        rule: rule.into(),
        original: 0,
        occurrences: vec![occurrence],
    };
    let points = f64::from(carrier.shift) / 1000.0;
    let forms = vec![format!("-{points:.3}"), format!("+{points:.3}")];
    let moving = layout.words.iter_mut().zip(carrier.movable).filter(|(_, movable)| **movable);
    for (word, _) in moving.take(WORDS_MAX) {
        word.site = Some(sites.len() as u32);
        let occurrence = Occurrence { span: word.span.clone(), forms: forms.clone() };
        sites.push(site(&sites, Channel::Layout, "word-shift", occurrence));
    }
    let (digits, count) = carrier.stamp;
    for _ in 0..count {
        let occurrence = Occurrence { span: 0..0, forms: digits.to_vec() };
        sites.push(site(&sites, Channel::Stamp, "stamp-digit", occurrence));
    }
    Marking { sites, fixed: Vec::new(), layout: Some(layout) }
}
