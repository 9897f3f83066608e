//! Transcripts: every spoken word stays; only what the transcriber decided may differ.

use crate::clean::Clean;
use crate::plan::Hit;
use crate::rules::view::{Found, View};

/// A text with so many turns, and a fifth of its blocks, is a transcript.
const TURNS_MIN: usize = 3;
/// Characters of a speaker's name.
const SPEAKER_MAX: usize = 60;
/// So many notes of a listener's, beside one turn, make a transcript; more than twice as many do alone.
const STAGES_MIN: usize = 2;
/// What a listener notes in brackets.
const STAGES: &[&str] = &[
    "applause",
    "laughter",
    "laughs",
    "inaudible",
    "unclear",
    "unintelligible",
    "crosstalk",
    "cross-talk",
    "cheers",
    "cheers and applause",
    "cheering",
    "pause",
    "laughing",
    "оплески",
    "сміх",
    "шум у залі",
    "нерозбірливо",
    "аплодисменты",
    "смех",
    "шум в зале",
    "неразборчиво",
];
/// The transcriber's words in brackets that say the same.
const NOT_HEARD: [&str; 2] = ["inaudible", "unclear"];
/// Fillers that transcribers write either way.
const FILLERS: [&str; 2] = ["um", "uh"];

/// Whether the blocks are turns of speakers.
pub(crate) fn is_transcript(clean: &Clean<'_>) -> bool {
    let turns = clean.blocks.iter().filter(|block| is_turn(&clean.text()[block.range.clone()])).count();
    let text = clean.text();
    let stages = text.match_indices(['(', '[']).filter(|(at, _)| is_stage(&text[at + 1..])).count();
    (turns >= TURNS_MIN && turns * 5 >= clean.blocks.len())
        || (turns > 0 && stages >= STAGES_MIN)
        || stages > STAGES_MIN * 2
}

/// `Applause.)`, `inaudible]`: what somebody noted who heard the words, behind its bracket.
fn is_stage(behind: &str) -> bool {
    let end = behind.find([')', ']']).filter(|&end| end <= SPEAKER_MAX);
    end.is_some_and(|end| {
        let noted = behind[..end].trim_end_matches(['.', ' ']).to_lowercase();
        STAGES.contains(&noted.as_str())
    })
}

/// `MODERATOR: …`, `Q  …`, `Mr. Vale: …`
fn is_turn(block: &str) -> bool {
    if block.starts_with("Q ")
        || block.starts_with("Q:")
        || block.starts_with("A:")
        || block.starts_with("Q.")
    {
        return true;
    }
    let head: String = block.chars().take(SPEAKER_MAX).collect();
    let Some((speaker, _)) = head.split_once(':') else { return false };
    let words: Vec<&str> = speaker.split_whitespace().collect();
    let names = |word: &&str| word.starts_with(|c: char| c.is_uppercase() || matches!(c, '(' | '['));
    let loud = speaker.chars().any(char::is_alphabetic) && !speaker.chars().any(char::is_lowercase);
    (1..=6).contains(&words.len())
        && words.iter().all(names)
        && (loud || (words.len() > 1 && words[0].ends_with('.')))
}

/// The transcriber's own conventions.
pub(crate) fn hits(views: &[View<'_>]) -> Vec<Hit> {
    let mut hits = Vec::new();
    for view in views {
        for word in &view.words {
            let bracketed = view.text[..word.range.start].ends_with(['[', '('])
                && view.text[word.range.end..].starts_with([']', ')']);
            let shown = &view.text[word.range.clone()];
            let pair = match () {
                () if bracketed && NOT_HEARD.contains(&shown) => Some(("transcriber-not-heard", NOT_HEARD)),
                () if FILLERS.contains(&shown) => Some(("transcriber-filler", FILLERS)),
                () => None,
            };
            if let Some((rule, forms)) = pair {
                let original = usize::from(forms[1] == shown);
                hits.extend(view.hit(rule, Found::new(word.range.clone(), &forms, original)));
            }
        }
    }
    hits
}

#[cfg(test)]
mod tests {
    use super::*;
    use tellmark_core::Prose;

    fn check(text: &str) -> (bool, usize) {
        let prose = Prose::plain(text);
        let clean = Clean::new(&prose, &Default::default()).unwrap();
        (is_transcript(&clean), hits(&crate::rules::view::views(&clean)).len())
    }

    #[test]
    fn turns_make_a_transcript() {
        assert!(check("CHAIR: We begin.\n\nMS. VANTZ: Thank you.\n\nCHAIR: Go on.").0);
        assert!(check("Q    Who was there?\n\nMR. ORR: Nobody.\n\nQ    Why?").0);
        assert!(check("CHAIR: We begin. (Laughter.)\n\nIt is late.\n\nWe met. [inaudible] Go on.\n\nSo.\n\nSo.\n\nSo.").0);
        assert!(check("ГОЛОВА: Починаємо. (Оплески.)\n\nУже пізно.\n\nМи йдемо. (Шум у залі.) Далі.").0);
        assert!(!check("The dam [inaudible] held (see the list).\n\nThey left (laughter was heard).").0);
        assert!(!check("He said: we begin.\n\nThey left.\n\nNote: nothing.\n\nDone.").0);
    }

    #[test]
    fn only_the_transcriber_s_words_differ() {
        assert_eq!(
            check("CHAIR: We, um, prior to the vote (inaudible) agreed that [unclear] it is unclear.").1,
            3
        );
    }
}
