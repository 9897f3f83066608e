//! What happens to a text between a copy and the exhibit in which it turns up.
//!
//! Every attack is a pure function of a text, a seed and a strength whose meaning it documents.
//! [`ATTACKS`] lists them all with the strengths that measurements use.

mod excerpt;
mod mixing;
mod noise;
mod press;
mod typography;

pub use excerpt::{add_paragraphs, drop_paragraphs, middle_third, reorder_paragraphs, some_sentences};
pub use mixing::interleave;
pub use noise::{ocr, typing};
pub use press::{copy_desk, journalist};
pub use typography::{ascii, email_quote, lower_case, paste, rewrap};

/// An attack on one text: the text, a seed, a strength.
pub type OneText = fn(&str, u64, f64) -> String;
/// An attack that mixes two copies of one document: the texts, a seed, a strength.
pub type TwoTexts = fn(&str, &str, u64, f64) -> String;

/// How an attack is run.
#[derive(Debug, Clone, Copy)]
pub enum Apply {
    /// On one copy.
    Alone(OneText),
    /// On two copies.
    Mixing(TwoTexts),
}

/// An attack with a strength, under a name for tables.
#[derive(Debug, Clone, Copy)]
pub struct Attack {
    /// Its name, for example `typing-2`.
    pub name: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// Its strength; what it measures is said by the function.
    pub strength: f64,
    /// The function.
    pub apply: Apply,
}

impl Attack {
    /// What becomes of a text. `other` is another copy of the same document; only attacks that mix copies
    /// look at it.
    pub fn run(&self, text: &str, other: &str, seed: u64) -> String {
        match self.apply {
            Apply::Alone(attack) => attack(text, seed, self.strength),
            Apply::Mixing(attack) => attack(text, other, seed, self.strength),
        }
    }

    /// Whether it takes two copies.
    pub fn is_mixing(&self) -> bool {
        matches!(self.apply, Apply::Mixing(_))
    }

    /// The attack of this name.
    pub fn by_name(name: &str) -> Option<&'static Attack> {
        ATTACKS.iter().find(|attack| attack.name == name)
    }
}

const fn alone(name: &'static str, summary: &'static str, strength: f64, attack: OneText) -> Attack {
    Attack { name, summary, strength, apply: Apply::Alone(attack) }
}

/// All attacks, from none to the hardest.
pub const ATTACKS: &[Attack] = &[
    alone("untouched", "nothing", 0.0, |text, _, _| text.to_string()),
    alone("paste", "one white space in twenty altered, line ends of Windows", 0.05, paste),
    alone("ascii", "retyped in ASCII", 0.0, ascii),
    alone("lower-case", "case lost", 0.0, lower_case),
    alone("rewrap", "lines of 60 columns, long words hyphenated", 60.0, rewrap),
    alone("email-quote", "quoted in a reply, lines of 72 columns", 72.0, email_quote),
    alone("copy-desk", "another house's quotation marks, dashes and ellipses", 1.0, copy_desk),
    alone("typing-1", "typing errors in 1 % of the letters", 0.01, typing),
    alone("typing-3", "typing errors in 3 % of the letters", 0.03, typing),
    alone("ocr-1", "OCR errors in 1 % of the letters", 0.01, ocr),
    alone("ocr-3", "OCR errors in 3 % of the letters", 0.03, ocr),
    alone("middle-third", "the middle third", 0.0, middle_third),
    alone("sentences-8", "eight sentences in a row", 8.0, some_sentences),
    alone("sentences-2", "two sentences in a row", 2.0, some_sentences),
    alone("drop-paragraphs", "a third of the paragraphs lost", 0.33, drop_paragraphs),
    alone("add-paragraphs", "a foreign paragraph after every second", 0.5, add_paragraphs),
    alone("reorder-paragraphs", "the paragraphs in another order", 1.0, reorder_paragraphs),
    alone("journalist", "a third quoted in pieces among foreign sentences", 0.33, journalist),
    Attack {
        name: "interleave",
        summary: "sentences of two copies in turn",
        strength: 0.5,
        apply: Apply::Mixing(interleave),
    },
];
