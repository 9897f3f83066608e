//! Marked texts for the reader's tests: `{a|b}` in a text is a site, written out by hand.

use tellmark_core::{Channel, Choices, Marking, Occurrence, Outcome, Reading, ReleaseId, Site, SiteId};
use tellmark_testkit::Random;

pub const RELEASE: ReleaseId = ReleaseId([3; 8]);

/// A text whose every `{a|b}` is a site of its own.
#[derive(Debug, Clone)]
pub struct Marked {
    pub text: String,
    pub marking: Marking,
}

impl Marked {
    pub fn new(text: &str) -> Marked {
        let mut sites = Vec::new();
        let mut at = 0;
        while let Some(start) = text[at..].find('{').map(|start| at + start) {
            let end = start + text[start..].find('}').unwrap_or(0) + 1;
            let forms = text[start + 1..end - 1].split('|').map(str::to_string).collect();
            sites.push(site(sites.len(), start..end, forms));
            at = end;
        }
        Marked { text: text.into(), marking: Marking { sites, fixed: vec![], layout: None } }
    }

    pub fn copy(&self, choices: &Choices) -> String {
        self.marking.render(&self.text, choices).map(|rendered| rendered.text).unwrap_or_default()
    }

    pub fn random_choices(&self, seed: u64) -> Choices {
        let mut random = Random::of_part(seed, 1);
        Choices(self.marking.sites.iter().map(|site| random.below(site.variants()) as u8).collect())
    }

    /// The same text, with other variants as the original's reading.
    pub fn with_original(&self, choices: &Choices) -> Marked {
        let mut other = self.clone();
        other.marking.sites.iter_mut().zip(&choices.0).for_each(|(site, &choice)| site.original = choice);
        other
    }
}

/// Sites of a reading: read, read wrongly, and all.
pub fn tally(reading: &Reading, truth: &Choices) -> [usize; 3] {
    let mut total = [0, 0, reading.sites.len()];
    for (site, &truth) in reading.sites.iter().zip(&truth.0) {
        if let Outcome::Read { likelihoods, .. } = &site.outcome {
            total[0] += 1;
            total[1] += usize::from(likelihoods.get(usize::from(truth)) != likelihoods.iter().max());
        }
    }
    total
}

/// The sums of several tallies.
pub fn sum(tallies: impl Iterator<Item = [usize; 3]>) -> [usize; 3] {
    tallies.fold([0; 3], |sum, one| [sum[0] + one[0], sum[1] + one[1], sum[2] + one[2]])
}

/// At least this share of all sites is read, in thousandths, and at most so many of a thousand readings are
/// wrong.
pub fn hold(name: &str, [read, wrong, all]: [usize; 3], read_min: usize, wrong_max: usize) {
    println!("{name}: {read} of {all} read, {wrong} wrongly");
    assert!(read * 1000 >= all * read_min, "{name}: {read} of {all} read");
    assert!(wrong * 1000 <= read * wrong_max, "{name}: {wrong} of {read} wrong");
}

fn site(number: usize, span: std::ops::Range<usize>, forms: Vec<String>) -> Site {
    Site {
        id: SiteId { origin: RELEASE, ordinal: number as u32 },
        channel: Channel::Author,
        rule: "author".into(),
        original: 0,
        occurrences: vec![Occurrence { span, forms }],
    }
}
