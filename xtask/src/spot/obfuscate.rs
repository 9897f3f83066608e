//! What happens to a passage on its way into an article.

use tellmark_testkit::{Random, attack};

/// A kind of obfuscation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Verbatim,
    Typing,
    Ocr,
    Edited,
    Paraphrase,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 5] = [Kind::Verbatim, Kind::Typing, Kind::Ocr, Kind::Edited, Kind::Paraphrase];

    /// What it is called in the table.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Verbatim => "verbatim",
            Kind::Typing => "3 % typing errors",
            Kind::Ocr => "6 % OCR errors",
            Kind::Edited => "random edits, reordered",
            Kind::Paraphrase => "human paraphrase",
        }
    }

    /// The passage as it comes out; the other edition is the paraphrase. `words` are foreign words for edits.
    pub fn run(self, passage: &str, other: &str, words: &[&str], seed: u64) -> String {
        match self {
            Kind::Verbatim => passage.to_owned(),
            Kind::Typing => attack::typing(passage, seed, 0.03),
            Kind::Ocr => attack::ocr(passage, seed, 0.06),
            Kind::Edited => edited(passage, words, &mut Random::new(seed)),
            Kind::Paraphrase => other.to_owned(),
        }
    }
}

/// One word in ten lost, one in ten replaced by a foreign one, one in twenty added, one in ten moved by up to
/// four places, and the lines put in another order.
fn edited(passage: &str, foreign: &[&str], random: &mut Random) -> String {
    let mut lines: Vec<String> = passage
        .lines()
        .map(|line| {
            let mut words: Vec<&str> = Vec::new();
            for word in line.split_whitespace() {
                if random.chance(0.05) {
                    words.push(random.pick(foreign));
                }
                match random.below(10) {
                    0 => {}
                    1 => words.push(random.pick(foreign)),
                    _ => words.push(word),
                }
            }
            for at in 0..words.len() {
                if random.chance(0.1) {
                    let to = (at + 1 + random.below(4)).min(words.len() - 1);
                    words[at..=to].rotate_left(1);
                }
            }
            words.join(" ")
        })
        .collect();
    random.shuffle(&mut lines);
    lines.join("\n")
}
