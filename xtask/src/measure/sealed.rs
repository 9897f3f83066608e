//! A document sealed in memory: the way that a copy goes, without a vault.

use anyhow::Context;
use tellmark_core::fixed::Log2;
use tellmark_core::{Channel, Choices, Marking, Prose, Reading, ReleaseId, Rendered};
use tellmark_formats::{Document, Format, Template, read_exhibit};
use tellmark_spotting::Index;
use tellmark_testkit::Random;
use tellmark_wording::read::Shown;
use tellmark_wording::{Options, Original, plan, read};

/// Everything that making and reading copies of one document takes.
pub struct Sealed {
    name: String,
    prose: Prose,
    template: Template,
    original: Original,
    index: Index,
    release: ReleaseId,
    /// The sites.
    pub marking: Marking,
}

/// One copy: what its file shows, and where its sites stand in the text that was marked.
pub struct Copy {
    /// Its choices.
    pub choices: Choices,
    /// The text that reading the file gives.
    pub text: String,
    /// The marked text with these choices.
    pub rendered: Rendered,
}

impl Sealed {
    /// Plans a document on some channels and prepares its copies.
    ///
    /// # Errors
    /// When the file is no document that can be sealed.
    pub fn new(name: &str, bytes: &[u8], channels: &[Channel]) -> anyhow::Result<Sealed> {
        let said = || format!("{name}: cannot be sealed");
        let release = ReleaseId([7; 8]);
        let document =
            Document::parse(Format::detect(name, bytes).with_context(said)?, bytes).with_context(said)?;
        let options = Options { channels: channels.to_vec(), ..Options::default() };
        let prose = document.prose().clone();
        let marking = plan(&prose, release, &options).with_context(said)?.marking;
        let template = document.template(&marking).with_context(said)?;
        let original = Original::new(&prose.text, &marking).with_context(said)?;
        let index = Index::build([original.text()]);
        Ok(Sealed { name: name.into(), prose, template, original, index, release, marking })
    }

    /// The copy with these choices.
    ///
    /// # Errors
    /// When the copy cannot be made or read: a defect.
    pub fn copy(&self, choices: Choices) -> anyhow::Result<Copy> {
        let mut bytes = Vec::new();
        self.template.write(&choices, &mut bytes)?;
        let text = read_exhibit(&self.name, &bytes).context("reading a copy that was just made")?.text;
        let rendered = self.marking.render(&self.prose.text, &choices)?;
        Ok(Copy { choices, text, rendered })
    }

    /// Choices drawn uniformly.
    pub fn random_choices(&self, random: &mut Random) -> Choices {
        Choices(self.marking.sites.iter().map(|site| random.below(site.variants()) as u8).collect())
    }

    /// What an exhibit shows; `None` when the document is not found in it.
    pub fn read(&self, exhibit: &str) -> Option<Reading> {
        let found = self.index.find(exhibit).into_iter().next()?;
        Some(read(self.release, &self.original, &[Shown::text(exhibit, &found.alignment)]))
    }

    /// Bits of the sites that stand in the middle third of the original: a style site counts where one of its
    /// occurrences does.
    pub fn bits_in_middle_third(&self) -> f64 {
        let length = self.original.text().len();
        let third = length / 3..2 * length / 3;
        let places = self.original.places().iter();
        let inside = places.filter(|place| third.start <= place.range.start && place.range.end <= third.end);
        let sites: std::collections::BTreeSet<usize> = inside.map(|place| place.site).collect();
        let bits = |site: &usize| Log2::floor_ratio(self.marking.sites[*site].variants() as u128, 1).0;
        sites.iter().map(bits).sum::<i64>() as f64 / (1u64 << 32) as f64
    }
}
