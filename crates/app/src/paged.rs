//! What each page of a PDF can carry, and what part of it names whom.

use std::collections::BTreeMap;

use tellmark_codes::Batch;
use tellmark_core::Layout;

use crate::Result;
use crate::plan::parse_alpha;
use crate::promise::{self, CASES, NOISE_PER_MILLE, SURELY};

/// More words than these are not reckoned with for two who mix.
const WORDS_OF_TWO_MAX: usize = 256;

/// A page and what it can carry.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PagePlan {
    /// Its number, from 1.
    pub page: usize,
    /// Its words.
    pub words: usize,
    /// Those that move: a bit each.
    pub sites: usize,
    /// Its lines of text.
    pub lines: usize,
    /// What a picture of a part of it names.
    pub names: Vec<PartNames>,
}

/// How much of a page names one of so many copies.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PartNames {
    /// How many copies there are.
    pub copies: u64,
    /// The bound on false accusation, as it was given.
    pub alpha: String,
    /// So many neighbouring lines name the copy with probability 0.9 or more, averaged over where they begin, one word in
    /// twenty being read wrongly; `None` where the whole page does not.
    pub lines: Option<usize>,
    /// So many neighbouring lines, wherever they begin, name each of two people who mix their copies word by word with that
    /// probability; `None` where the whole page does not.
    pub lines_of_two: Option<usize>,
}

/// The pages of a layout.
///
/// # Errors
/// Never for the bounds in here.
pub fn pages(layout: &Layout) -> Result<Vec<PagePlan>> {
    let mut lines: Vec<BTreeMap<u32, (usize, usize)>> = vec![BTreeMap::new(); layout.pages.len()];
    for word in &layout.words {
        if let Some(page) = lines.get_mut(word.page as usize) {
            let (words, sites) = page.entry(word.line).or_default();
            *words += 1;
            *sites += usize::from(word.site.is_some());
        }
    }
    let on_page = |lines: &BTreeMap<u32, (usize, usize)>| lines.values().map(|(_, sites)| sites).sum();
    let most = lines.iter().map(on_page).max().unwrap_or(0);
    let mut cases =
        CASES.iter().map(|&(copies, alpha)| Case::new(copies, alpha, most)).collect::<Result<Vec<_>>>()?;
    let plan = |(page, lines): (usize, BTreeMap<u32, (usize, usize)>)| {
        let sites: Vec<usize> = lines.values().map(|(_, sites)| *sites).collect();
        PagePlan {
            page: page + 1,
            words: lines.values().map(|(words, _)| words).sum(),
            sites: sites.iter().sum(),
            lines: lines.len(),
            names: cases.iter_mut().map(|case| case.names(&sites)).collect(),
        }
    };
    Ok(lines.into_iter().enumerate().map(plan).collect())
}

/// A roster and a bound, with the power of so many words as far as it is known.
struct Case {
    batch: Batch,
    said: &'static str,
    alpha: tellmark_codes::Alpha,
    power: BTreeMap<usize, f64>,
    /// So many words name two who mix, where a page has as many.
    words_of_two: Option<usize>,
}

impl Case {
    /// `most` is how many words move on the page with the most.
    fn new(copies: u64, said: &'static str, most: usize) -> Result<Case> {
        let batch = promise::batch(1, copies);
        let alpha = parse_alpha(said)?;
        let suffices = |words: usize| {
            tellmark_codes::power_of_two(&vec![2; words], &[(batch, alpha)], NOISE_PER_MILLE)[0] >= SURELY
        };
        let words: Vec<usize> = (1..=most.min(WORDS_OF_TWO_MAX)).collect();
        let words_of_two = words.get(words.partition_point(|&words| !suffices(words))).copied();
        Ok(Case { batch, said, alpha, power: BTreeMap::new(), words_of_two })
    }

    fn names(&mut self, sites: &[usize]) -> PartNames {
        let lines = (1..=sites.len()).find(|&count| self.mean(sites, count) >= SURELY);
        let holds = |count: &usize, words: usize| {
            sites.windows(*count).all(|part| part.iter().sum::<usize>() >= words)
        };
        let lines_of_two =
            self.words_of_two.and_then(|words| (1..=sites.len()).find(|count| holds(count, words)));
        PartNames { copies: self.batch.copies, alpha: self.said.into(), lines, lines_of_two }
    }

    /// The chance that so many neighbouring lines name their copy, averaged over where they begin.
    fn mean(&mut self, sites: &[usize], lines: usize) -> f64 {
        let each: Vec<f64> = sites.windows(lines).map(|part| self.power(part.iter().sum())).collect();
        each.iter().sum::<f64>() / each.len().max(1) as f64
    }

    fn power(&mut self, words: usize) -> f64 {
        let (batch, alpha) = (&self.batch, self.alpha);
        *self
            .power
            .entry(words)
            .or_insert_with(|| tellmark_codes::power(&vec![2; words], batch, alpha, NOISE_PER_MILLE))
    }
}

/// A page in a line, for people: what a picture of a part of it names, and what one that two made of their copies.
pub fn said(part: &PartNames) -> String {
    let lines = |lines| if lines == 1 { "1 line".into() } else { format!("{lines} lines") };
    match (part.lines, part.lines_of_two) {
        (None, _) => "nobody".into(),
        (Some(one), None) => lines(one),
        (Some(one), Some(two)) => format!("{}; two: {two}", lines(one)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tellmark_core::{Along, Area, PageSize, PageWord};

    #[test]
    fn more_lines_name_one_of_more_copies_and_a_bare_page_nobody() {
        let size = PageSize { width: 595_000, height: 842_000 };
        let word = |page, line, site| PageWord {
            page,
            line,
            span: 0..1,
            area: Area { left: 0, top: 0, right: 9, bottom: 9 },
            along: Along::Right,
            site,
        };
        let mut words: Vec<PageWord> = (0..400).map(|i| word(0, i / 10, (i % 10 > 0).then_some(i))).collect();
        words.extend((0..8).map(|i| word(2, 40 + i, None)));
        let layout = Layout { shift: 150, pages: vec![size; 3], words };
        let pages = pages(&layout).unwrap();
        let lines = |page: &PagePlan| page.names.iter().map(|part| part.lines).collect::<Vec<_>>();
        assert_eq!((pages[0].sites, pages[0].lines, pages[1].words, pages[2].sites), (360, 40, 0, 0));
        let [few, more, most] = lines(&pages[0])[..] else { panic!() };
        assert!(few < more && more < most && most < Some(12), "{few:?} {more:?} {most:?}");
        assert_eq!(lines(&pages[2]), [None; 3]);
        // Nine words a line move: at 20 copies and 1e-3 two who mix need 114 of them (`codes::power_of_two`).
        let two: Vec<_> = pages[0].names.iter().map(|part| part.lines_of_two).collect();
        let [few, more, most] = two[..] else { panic!() };
        assert!(few == Some(114usize.div_ceil(9)) && few < more && more < most && most < Some(40), "{two:?}");
        assert_eq!(said(&pages[0].names[0]), format!("{} lines; two: 13", pages[0].names[0].lines.unwrap()));
    }
}
