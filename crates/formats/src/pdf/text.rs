//! The text of the pages with the place of every word, and which words can be moved.

use std::collections::HashMap;

use hayro_syntax::Pdf;
use hayro_syntax::object::ObjectIdentifier;
use tellmark_core::{Area, Block, BlockKind, Layout, PageSize, PageWord, Prose, limits};

use super::content::{Content, Part, Shows};
use super::file;
use super::walk::Walker;
use super::words::{Segment, Word, words};
use crate::Error;

/// A line has an inner word when it has this many.
const LINE_WORDS_MIN: usize = 3;
/// Smaller letters stay where they are, in points.
const SIZE_MIN: f64 = 4.0;
/// What must be left of a gap when two words have moved towards each other, in em: programs that read the text
/// of a page see no word's end in a narrower one.
const GAP_MIN: f64 = 0.16;
/// The shift for which the words that can move are told, in thousandths of a point.
const SHIFT: i32 = 150;
/// A line with so many equal marks in a row is a leader.
const LEADER_MARKS: usize = 5;
/// Lines further apart than this, in em, belong to different paragraphs.
const LEADING_MAX: f64 = 1.65;
/// A line that begins this much further in begins a paragraph, in em.
const INDENT: f64 = 0.9;

/// All pages of a file, read.
#[derive(Debug, Clone)]
pub struct Pages {
    pub prose: Prose,
    pub layout: Layout,
    /// For each word of the layout whether it can be moved by the usual shift.
    pub movable: Vec<bool>,
    /// For each word of the layout why it cannot be.
    pub reasons: Vec<Option<&'static str>>,
    /// For each word of the layout how far it and its neighbours may come closer, in points; below zero for one
    /// that cannot be moved at all.
    pub room: Vec<f64>,
    /// For each word of the layout the stretches that show it.
    pub segments: Vec<Vec<Segment>>,
    pub contents: Vec<Content>,
    /// Whether any word is drawn with ink.
    pub has_ink: bool,
}

/// The words of each page, and the contents that show them.
pub fn read(pdf: &Pdf) -> Result<(Vec<Vec<Word>>, Walker<'_>), Error> {
    let mut walker = Walker::new(pdf);
    let mut pages = Vec::new();
    for page in pdf.pages().iter() {
        pages.push(words(&walker.page(page)?));
    }
    Ok((pages, walker))
}

impl Pages {
    /// Reads all pages.
    ///
    /// # Errors
    /// [`Error::Limit`] when the file is more than a document would be, [`Error::Refused`] when it has no text.
    pub fn read(pdf: &Pdf) -> Result<Pages, Error> {
        let (words_of_pages, walker) = read(pdf)?;
        let sizes = file::sizes(pdf);
        if words_of_pages.iter().all(Vec::is_empty) {
            let why = "no page has text (they may be scans), and words in pictures cannot move; use the file it was \
                       made from";
            return Err(Error::refused("PDF", why));
        }
        let (used, mut contents) = (walker.used, walker.contents);
        keep_own_objects(&mut contents, &used);
        let mut pages = Pages {
            prose: Prose::default(),
            layout: Layout { shift: 0, pages: sizes.clone(), words: Vec::new() },
            movable: Vec::new(),
            reasons: Vec::new(),
            room: Vec::new(),
            segments: Vec::new(),
            contents,
            has_ink: words_of_pages.iter().flatten().any(|word| word.is_inked),
        };
        for (number, words) in words_of_pages.into_iter().enumerate() {
            pages.add_page(number as u32, sizes[number], words)?;
        }
        Ok(pages)
    }

    fn add_page(&mut self, page: u32, size: PageSize, words: Vec<Word>) -> Result<(), Error> {
        let reasons = reasons(&words, size, &self.contents);
        let mut line_start: Option<&Word> = None;
        let mut paragraph = false;
        for (index, word) in words.iter().enumerate() {
            match line_start {
                Some(start) if start.line == word.line => self.prose.text.push(' '),
                start => {
                    paragraph = start.is_none_or(|start| begins_paragraph(start, word));
                    self.break_line(paragraph);
                    line_start = Some(word);
                }
            }
            let start = self.prose.text.len();
            self.prose.text.extend(word.text.chars().filter(|c| !c.is_whitespace()));
            let end = self.prose.text.len();
            match self.prose.blocks.last_mut().filter(|_| !paragraph) {
                Some(block) => block.range.end = end,
                None => {
                    let block = Block { range: start..end, kind: BlockKind::Paragraph, part: 0 };
                    self.prose.blocks.push(block);
                    paragraph = false;
                }
            }
            self.layout.words.push(PageWord {
                page,
                line: word.line,
                span: start..end,
                area: area(word),
                along: word.along,
                site: None,
            });
            let room = if reasons[index].is_none() { word.gap - GAP_MIN * word.size } else { -1.0 };
            let is_movable = has_room(room, SHIFT);
            self.room.push(room);
            self.movable.push(is_movable);
            self.reasons
                .push(reasons[index].or_else(|| (!is_movable).then_some("too close to their neighbours")));
        }
        self.segments.extend(words.into_iter().map(|word| word.segments));
        match self.prose.text.len() > limits::TEXT_BYTES_MAX {
            true => Err(Error::Limit { what: "its text", limit: limits::TEXT_BYTES_MAX as u64 }),
            false => Ok(()),
        }
    }

    fn break_line(&mut self, is_paragraph: bool) {
        if !self.prose.text.is_empty() {
            self.prose.text.push_str(if is_paragraph { "\n\n" } else { "\n" });
        }
    }
}

/// Whether a word and its neighbour may move towards each other by a shift in thousandths of a point.
pub fn has_room(room_points: f64, shift: i32) -> bool {
    room_points * 1000.0 >= 2.0 * f64::from(shift)
}

/// A stream that stands in several pages, or twice in one, is not written anew: one edit would move words in
/// all of them.
fn keep_own_objects(contents: &mut [Content], used: &HashMap<ObjectIdentifier, u32>) {
    for part in contents.iter_mut().flat_map(|content| &mut content.parts) {
        let is_shared = |object: &ObjectIdentifier| used.get(object).is_some_and(|count| *count > 1);
        part.object = part.object.filter(|object| !is_shared(object) && object.obj_number > 0);
    }
}

/// For each word of a page why it cannot be moved without anything else showing it; nothing where it can.
fn reasons(words: &[Word], size: PageSize, contents: &[Content]) -> Vec<Option<&'static str>> {
    let mut reasons = Vec::with_capacity(words.len());
    for of_line in words.chunk_by(|a, b| a.line == b.line) {
        let of_whole = match () {
            () if of_line.len() < LINE_WORDS_MIN => Some("in lines of fewer than three words"),
            () if is_monospaced_table(of_line) => Some("in columns of a table"),
            () if is_leader(of_line) => Some("in rows of dots"),
            () => None,
        };
        let last = of_line.len() - 1;
        reasons.extend(of_line.iter().enumerate().map(|(at, word)| {
            let at_end = (at == 0 || at == last).then_some("first or last of their lines");
            fixed(word, size, contents).or(of_whole).or(at_end)
        }));
    }
    for index in overprinted(words) {
        reasons[index] = Some("printed over each other");
    }
    reasons
}

/// Why a word stays, whatever its line.
fn fixed(word: &Word, size: PageSize, contents: &[Content]) -> Option<&'static str> {
    let (width, height) = (f64::from(size.width) / 1000.0, f64::from(size.height) / 1000.0);
    let is_on_page = word.low.x >= 0.0 && word.low.y >= 0.0 && word.high.x <= width && word.high.y <= height;
    let can_be_cut = || word.segments.iter().all(|segment| can_be_cut(segment, contents));
    match () {
        () if !word.is_inked => Some("invisible, as text recognition puts them behind a scan"),
        () if !word.is_plain => Some("in a layer that can be switched off, or set downwards"),
        () if !word.is_upright => Some("along no edge of the page"),
        () if !is_on_page => Some("beyond the edges of the page"),
        () if word.size < SIZE_MIN => Some("smaller than four points"),
        () if !can_be_cut() => Some("in content that the file draws at several places"),
        () => None,
    }
}

/// Whether a stretch stands in a stream that is drawn once and can be written anew.
fn can_be_cut(segment: &Segment, contents: &[Content]) -> bool {
    let Some(content) = contents.get(segment.content as usize) else { return false };
    let Some(show) = content.shows.get(segment.show as usize) else { return false };
    let start = if show.kind == Shows::NextLineSpaced { show.numbers[0] } else { show.operand.start };
    let holds = |part: &&Part| part.range.start <= start && show.operator.end <= part.range.end;
    let of_show = content.parts.iter().find(holds);
    content.draws == 1
        && of_show.is_some_and(|part| part.object.is_some())
        && segment.open.at < segment.close.at
        && segment.number_a_point.abs() < 1e5
}

/// A line of one pitch with a gap of several letters: its words stand in columns that must stay straight.
fn is_monospaced_table(line: &[Word]) -> bool {
    let Some(pitch) = line.first().and_then(|word| word.pitch) else { return false };
    let is_even = line.iter().all(|word| word.pitch.is_some_and(|p| (p - pitch).abs() < 1e-3 * word.size));
    is_even && line.iter().any(|word| word.gap.is_finite() && word.gap > 1.6 * pitch)
}

/// A line with a row of dots, as in a table of contents: moved dots change what programs take for columns.
fn is_leader(line: &[Word]) -> bool {
    let is_mark = |word: &Word| !word.text.chars().any(|c| c.is_alphanumeric() || c == '\u{fffd}');
    let is_row = |row: &[Word]| is_mark(&row[0]) && row.iter().all(|word| word.text == row[0].text);
    line.windows(LEADER_MARKS).any(is_row)
}

/// Words that lie on one another: shadows and bold by printing twice, of which one would be left behind.
fn overprinted(words: &[Word]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..words.len()).collect();
    order.sort_by(|a, b| {
        words[*a].low.y.total_cmp(&words[*b].low.y).then(words[*a].low.x.total_cmp(&words[*b].low.x))
    });
    let mut found = Vec::new();
    for (rank, &index) in order.iter().enumerate() {
        let word = &words[index];
        let near = order[rank + 1..].iter().take(200);
        for &other in near.take_while(|other| words[**other].low.y - word.low.y < 0.3 * word.size) {
            if overlap(word, &words[other]) > 0.3 {
                found.extend([index, other]);
            }
        }
    }
    found
}

/// Which part of the smaller of two words lies on the other.
fn overlap(a: &Word, b: &Word) -> f64 {
    let side = |low: f64, high: f64| (high - low).max(0.0);
    let common = side(a.low.x.max(b.low.x), a.high.x.min(b.high.x))
        * side(a.low.y.max(b.low.y), a.high.y.min(b.high.y));
    let own = |word: &Word| side(word.low.x, word.high.x) * side(word.low.y, word.high.y);
    common / own(a).min(own(b)).max(1e-9)
}

/// Whether a line begins a paragraph, from the first words of the line before and of its own.
fn begins_paragraph(before: &Word, word: &Word) -> bool {
    let (x, y) = word.along.unit();
    let (x, y) = (f64::from(x), f64::from(y));
    let offset = word.origin - before.origin;
    let along = offset.x * x + offset.y * y;
    let down = offset.y * x - offset.x * y;
    let em = before.size.max(word.size);
    let is_other_size = (before.size - word.size).abs() > 0.15 * em;
    before.along != word.along
        || is_other_size
        || !(0.3 * em..=LEADING_MAX * em).contains(&down)
        || along > INDENT * em
}

fn area(word: &Word) -> Area {
    let thousandths = |points: f64| (points * 1000.0).round() as i32;
    Area {
        left: thousandths(word.low.x),
        top: thousandths(word.low.y),
        right: thousandths(word.high.x),
        bottom: thousandths(word.high.y),
    }
}
