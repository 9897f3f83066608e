//! Quoted history in threads of messages: what somebody wrote before, below or between what is new.
//!
//! No standard says how a message is quoted. What is known here is what the usual programs write, in English, Ukrainian,
//! Russian, German and French.

use std::ops::Range;

use tellmark_core::{Block, BlockKind, Prose};

/// Lines that are joined when somebody's line, `On … wrote:`, was broken.
const ATTRIBUTION_LINES_MAX: usize = 4;
/// Bytes of such a line.
const ATTRIBUTION_BYTES_MAX: usize = 600;
/// Lines that are looked at behind `From:` for the rest of a head.
const HEAD_LINES_MAX: usize = 10;
/// Characters of what stands before the colon of such a line.
const LABEL_CHARS_MAX: usize = 20;

/// What a line says that says who wrote what follows.
const WROTE: [&str; 24] = [
    "wrote:",
    "writes:",
    "wrote on",
    "пише:",
    "пишуть:",
    "написав:",
    "написала:",
    "написав(-ла):",
    "написав(ла):",
    "написав (ла):",
    "писав:",
    "писала:",
    "пишет:",
    "пишут:",
    "написал:",
    "написала:",
    "написал(а):",
    "писал(а):",
    "писал:",
    "писали:",
    "schrieb",
    "geschrieben:",
    "a écrit",
    "écrivait",
];
/// What stands between dashes where a message is quoted whole.
const SEPARATORS: [&str; 21] = [
    "original message",
    "original appointment",
    "forwarded message",
    "вихідне повідомлення",
    "початкове повідомлення",
    "оригінальне повідомлення",
    "переслане повідомлення",
    "пересланий лист",
    "исходное сообщение",
    "оригинальное сообщение",
    "пересылаемое сообщение",
    "пересланное сообщение",
    "перенаправленное сообщение",
    "пересылаемое письмо",
    "ursprüngliche nachricht",
    "originalnachricht",
    "weitergeleitete nachricht",
    "ursprünglicher termin",
    "message d'origine",
    "message original",
    "message transféré",
];
/// The same without dashes, as Apple Mail writes it.
const BEGINNINGS: [&str; 6] = [
    "begin forwarded message:",
    "початок переспрямованого повідомлення:",
    "початок листа, що пересилається:",
    "начало переадресованного сообщения:",
    "anfang der weitergeleiteten nachricht:",
    "début du message réexpédié :",
];
/// The lines of a head as Outlook writes it above what it quotes.
const FROM: [&str; 6] = ["from", "від", "от", "von", "de", "expéditeur"];
const SENT: [&str; 12] = [
    "sent",
    "date",
    "надіслано",
    "відправлено",
    "дата",
    "отправлено",
    "gesendet",
    "datum",
    "envoyé",
    "envoyé le",
    "date d'envoi",
    "sent on",
];
const ABOUT: [&str; 11] =
    ["to", "subject", "кому", "тема", "an", "betreff", "à", "objet", "sujet", "destinataire", "кому/куди"];

/// How much is taken for quoted history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The text is that of a message.
    Message,
    /// The text may be anything, and a message may have been pasted into it: a head at its beginning is its own.
    Text,
}

/// The quoted history in a text, in order and without overlap, line by line.
pub fn history(text: &str, trust: Trust) -> Vec<Range<usize>> {
    let lines = lines(text);
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut has_own = false;
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at].body(text);
        if is_quoted(line) {
            found.push(lines[at].range.clone());
            at += 1;
            continue;
        }
        let begins = (has_own || trust == Trust::Message) && begins_history(text, &lines, at);
        if begins {
            found.push(lines[at].range.start..text.len());
            break;
        }
        match attribution(text, &lines, at) {
            Some(Attribution::OfLines(count)) => {
                found.push(lines[at].range.start..lines[at + count - 1].range.end);
                at += count;
            }
            Some(Attribution::OfTheRest) => {
                found.push(lines[at].range.start..text.len());
                break;
            }
            None => {
                has_own |= !line.is_empty();
                at += 1;
            }
        }
    }
    found
}

/// Ranges in order and without overlap; what touches is one.
pub fn joined(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut out: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}

/// Takes ranges out of what may differ: blocks are cut at their ends, and what lies in them is nobody's to change.
pub fn exclude(prose: &mut Prose, ranges: &[Range<usize>], kind: BlockKind) {
    if ranges.is_empty() {
        return;
    }
    let mut blocks = Vec::with_capacity(prose.blocks.len() + 2 * ranges.len());
    for block in &prose.blocks {
        let mut from = block.range.start;
        let first = ranges.partition_point(|range| range.end <= from);
        for range in ranges[first..].iter().take_while(|range| range.start < block.range.end) {
            push(&prose.text, &mut blocks, from..range.start.max(from), block.kind, block.part);
            let end = range.end.min(block.range.end);
            push(&prose.text, &mut blocks, range.start.max(from)..end, kind, block.part);
            from = end;
        }
        push(&prose.text, &mut blocks, from..block.range.end, block.kind, block.part);
    }
    prose.blocks = blocks;
    prose.frozen.extend(ranges.iter().cloned());
    prose.frozen = joined(std::mem::take(&mut prose.frozen));
}

/// What a user should know of quoted history; nothing where there is none.
pub fn note(text: &str, history: &[Range<usize>]) -> Option<String> {
    let words =
        |text: &str| text.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count();
    let quoted: usize = history.iter().map(|range| words(&text[range.clone()])).sum();
    let all = words(text).max(1);
    (quoted > 0).then(|| {
        format!(
            "{} % of the words ({quoted} of {all}) are quoted history of a thread, which stays as it is: whoever quotes \
             them alone is not named",
            (quoted * 100).div_ceil(all)
        )
    })
}

fn push(text: &str, blocks: &mut Vec<Block>, range: Range<usize>, kind: BlockKind, part: u16) {
    let body = &text[range.clone()];
    let lead = body.len() - body.trim_start().len();
    let range = range.start + lead..range.start + body.trim_end().len().max(lead);
    if !range.is_empty() {
        blocks.push(Block { range, kind, part });
    }
}

/// A line with its end.
struct Line {
    range: Range<usize>,
}

impl Line {
    fn body<'t>(&self, text: &'t str) -> &'t str {
        text[self.range.clone()].trim()
    }
}

fn lines(text: &str) -> Vec<Line> {
    let mut at = 0;
    let line = |line: &str| {
        at += line.len();
        Line { range: at - line.len()..at }
    };
    text.split_inclusive('\n').map(line).collect()
}

fn is_quoted(line: &str) -> bool {
    line.starts_with('>')
}

/// Whether everything from this line on is an older message.
fn begins_history(text: &str, lines: &[Line], at: usize) -> bool {
    let line = lines[at].body(text);
    let is_rule = line.len() >= 10 && line.chars().all(|c| matches!(c, '_' | '-' | '—'));
    if is_rule {
        let next = lines[at + 1..].iter().take(3).position(|line| !line.body(text).is_empty());
        return next.is_some_and(|next| is_head(text, lines, at + 1 + next));
    }
    is_separator(line) || is_head(text, lines, at)
}

/// `-----Original Message-----` and its kin.
fn is_separator(line: &str) -> bool {
    if line.len() > 120 {
        return false;
    }
    let dashes = |c: char| matches!(c, '-' | '—' | '–' | '_' | '*' | '=' | '#') || c.is_whitespace();
    let inner = line.trim_matches(dashes).to_lowercase().replace('’', "'");
    let has_dashes = line.starts_with(dashes) && line.ends_with(dashes);
    (has_dashes && SEPARATORS.contains(&inner.as_str()))
        || BEGINNINGS.contains(&inner.replace('\u{a0}', " ").as_str())
}

/// `From:`, `Sent:`, `To:`, `Subject:` as Outlook puts them above what it quotes; HTML parts them by empty lines.
fn is_head(text: &str, lines: &[Line], at: usize) -> bool {
    if !label(lines[at].body(text)).is_some_and(|label| FROM.contains(&label.as_str())) {
        return false;
    }
    let behind = lines[at + 1..].iter().map(|line| line.body(text)).filter(|line| !line.is_empty());
    let labels: Vec<String> = behind.take(HEAD_LINES_MAX).map_while(label).collect();
    let has = |names: &[&str]| labels.iter().any(|label| names.contains(&label.as_str()));
    has(&SENT) && has(&ABOUT)
}

/// What stands before the colon of a line of a head, in small letters.
fn label(line: &str) -> Option<String> {
    let head: String = line.chars().take(2 * LABEL_CHARS_MAX).collect();
    let (label, _) = head.split_once(':')?;
    let label = label.trim_matches(|c: char| c == '*' || c.is_whitespace()).to_lowercase();
    (!label.is_empty() && label.chars().count() <= LABEL_CHARS_MAX).then_some(label)
}

/// A line that says who wrote what follows.
enum Attribution {
    /// It and what is between it and the quoted lines.
    OfLines(usize),
    /// What follows is not marked as quoted, and is all of it.
    OfTheRest,
}

fn attribution(text: &str, lines: &[Line], at: usize) -> Option<Attribution> {
    let start = lines[at].range.start;
    if lines[at].body(text).is_empty() {
        return None;
    }
    for count in 1..=ATTRIBUTION_LINES_MAX.min(lines.len() - at) {
        let last = lines[at + count - 1].body(text);
        if last.is_empty()
            || is_quoted(last)
            || lines[at + count - 1].range.end - start > ATTRIBUTION_BYTES_MAX
        {
            return None;
        }
        if !last.ends_with(':') {
            continue;
        }
        let end = lines[at + count - 1].range.end;
        let said = text[start..end].trim().to_lowercase();
        if count > 1 {
            // A broken line says more with its beginning; an own sentence before it does not belong to it.
            let without_first = text[lines[at + 1].range.start..end].trim().to_lowercase();
            if !says_when(&said) || (says_who(&without_first) && says_when(&without_first)) {
                return None;
            }
        }
        let behind = &lines[at + count..];
        let gap = behind.iter().take_while(|line| line.body(text).is_empty()).count();
        let is_followed = behind.get(gap).is_some_and(|line| is_quoted(line.body(text)));
        return match is_followed {
            true if says_who(&said) => Some(Attribution::OfLines(count + gap)),
            false if says_who(&said) && says_when(&said) => Some(Attribution::OfTheRest),
            _ => None,
        };
    }
    None
}

/// Whether a line says that somebody wrote: by a verb, or by an address behind a date (as Gmail does in Russian).
fn says_who(said: &str) -> bool {
    let has_address = said.trim_end_matches(':').trim_end().ends_with('>') && said.contains('@');
    has_address || WROTE.iter().any(|wrote| said.contains(wrote))
}

/// Whether a line has a year and a time of day, or an address: nobody's own sentence introduces a quotation so.
fn says_when(said: &str) -> bool {
    let digits = |c: char| !c.is_ascii_digit();
    let has_year = said
        .split(digits)
        .any(|number| number.len() == 4 && (number.starts_with("19") || number.starts_with("20")));
    let bytes = said.as_bytes();
    let has_time = bytes.windows(4).any(|w| {
        w[0].is_ascii_digit() && matches!(w[1], b':' | b'h') && w[2].is_ascii_digit() && w[3].is_ascii_digit()
    });
    has_year && (has_time || (said.contains('@') && said.contains('<')))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with `[[` and `]]` around its quoted history.
    fn check(marked: &str, trust: Trust) {
        let text = marked.replace("[[", "").replace("]]", "");
        let mut shown = String::new();
        let mut at = 0;
        for range in joined(history(&text, trust)) {
            shown.push_str(&format!("{}[[{}]]", &text[at..range.start], &text[range.clone()]));
            at = range.end;
        }
        shown.push_str(&text[at..]);
        assert_eq!(shown, marked);
    }

    #[test]
    fn quoted_lines_and_who_wrote_them() {
        for said in [
            "On Mon, 3 May 2026 at 10:00, Ada Orr <ada@a.example> wrote:",
            "On Mon, 3 May 2026 at 10:00, Ada Orr\n<ada@a.example> wrote:",
            "пн, 3 трав. 2026 р. о 10:00 Ада Орр <ada@a.example> пише:",
            "03.05.2026 10:00, Ада Орр пише:",
            "пн, 3 мая 2026 г. в 10:00, Ада Орр <ada@a.example>:",
            "03.05.2026 10:00, Ада Орр пишет:",
            "Am Mo., 3. Mai 2026 um 10:00 Uhr schrieb Ada Orr <ada@a.example>:",
            "Le lun. 3 mai 2026 à 10:00, Ada Orr <ada@a.example> a écrit :",
            "Ada Orr wrote:",
        ] {
            let thread = |open: &str, close: &str| {
                format!("Mine first.\n\n{open}{said}\n\n> theirs\n>> older\n{close}\nMine again.\n")
            };
            check(&thread("[[", "]]"), Trust::Message);
            check(&thread("[[", "]]"), Trust::Text);
        }
    }

    #[test]
    fn an_own_sentence_before_it_stays_the_authors() {
        check(
            "Mine ends here.\n[[On Mon, 3 May 2026 at 10:00, Ada Orr <ada@a.example> wrote:\n> theirs\n]]",
            Trust::Message,
        );
    }

    #[test]
    fn older_messages_are_quoted_to_the_end() {
        for head in [
            "-----Original Message-----\nFrom: Ada\n",
            "---------- Forwarded message ---------\nFrom: Ada\n",
            "-----Вихідне повідомлення-----\nВід: Ада\n",
            "-------- Пересылаемое сообщение --------\n",
            "-----Ursprüngliche Nachricht-----\nVon: Ada\n",
            "-----Message d'origine-----\nDe : Ada\n",
            "-----Message d’origine-----\nDe : Ada\n",
            "Begin forwarded message:\n\n",
            "________________________________\nFrom: Ada\nSent: Monday\nTo: Bo\nSubject: x\n",
            "From: Ada Orr <ada@a.example>\nSent: Monday, 3 May 2026 10:00\nTo: Bo\nSubject: x\n",
            "*From:* Ada\n\n*Sent:* Monday\n\n*To:* Bo\n\n*Subject:* x\n",
            "Від: Ада\nНадіслано: понеділок\nКому: Бо\nТема: x\n",
            "От: Ада\nОтправлено: понедельник\nКому: Бо\nКопия: Ви\nТема: x\n",
            "Von: Ada\nGesendet: Montag\nAn: Bo\nBetreff: x\n",
            "De\u{a0}: Ada\nEnvoyé\u{a0}: lundi\nÀ\u{a0}: Bo\nObjet\u{a0}: x\n",
            "On 3 May 2026, at 10:00, Ada Orr <ada@a.example> wrote:\n",
        ] {
            let thread = format!("Mine.\n\n[[{head}\nTheirs, and nothing is mine.\n]]");
            check(&thread, Trust::Message);
            check(&thread, Trust::Text);
        }
    }

    #[test]
    fn what_only_looks_like_history_is_the_authors_own() {
        for text in [
            "On 3 May 2026 the minister wrote:\n\nWe agree.\n",
            "The treaty says: from: to: subject:\n",
            "From: the ministry\n\nThe text of it.\n",
            "She asked: who wrote: this?\n",
            "----------\n\nA rule parts sections.\n",
            "a > b\n",
            "My own answer stands\nbelow what Bo wrote:\n",
            "Von: A nach B\n",
        ] {
            check(text, Trust::Message);
            check(text, Trust::Text);
        }
        // A memorandum has a head of its own.
        let memorandum = "From: Ada\nDate: 3 May\nTo: Bo\nSubject: talks\n\nThe text.\n";
        check(memorandum, Trust::Text);
        check(&format!("[[{memorandum}]]"), Trust::Message);
    }

    #[test]
    fn blocks_are_cut_where_history_begins() {
        let mut prose = Prose::plain("Mine.\n-----Original Message-----\nTheirs.\n");
        let ranges = joined(history(&prose.text, Trust::Message));
        exclude(&mut prose, &ranges, BlockKind::Code);
        let blocks: Vec<(&str, BlockKind)> =
            prose.blocks.iter().map(|b| (&prose.text[b.range.clone()], b.kind)).collect();
        assert_eq!(
            blocks,
            [("Mine.", BlockKind::Paragraph), ("-----Original Message-----\nTheirs.", BlockKind::Code)]
        );
        assert!(note(&prose.text, &ranges).unwrap().starts_with("75 % of the words (3 of 4)"));
        assert_eq!(note("x", &[]), None);
    }
}
