//! Writes a sealed copy: the original's bytes, and behind them an update with the streams that differ.
//!
//! Every slot has forms of one length, so that all lengths and places are the same in every copy, and a copy is
//! made by concatenation alone (docs/formats/pdf.md).

use std::collections::BTreeMap;
use std::ops::Range;

use hayro_syntax::object::ObjectIdentifier;

use super::content::{Content, Joint, Show, Shows};
use super::lexer::dictionary;
use super::line;
use super::packed::packed;
use super::tail::{Tail, identifiers};
use super::words::Segment;
use crate::Error;
use crate::template::{Piece, Pieces};
use crate::visible::VisibleLine;

/// What is put into a content, or taken out of it.
#[derive(Debug, Clone)]
struct Splice {
    range: Range<usize>,
    /// Of several at one place the lowest comes first.
    order: u8,
    pieces: Vec<Piece>,
}

/// A stretch of a word that a site moves.
#[derive(Debug, Clone, Copy)]
pub struct Move<'a> {
    /// The site.
    pub site: u32,
    pub segment: &'a Segment,
}

/// Appends pieces to a file, and knows how long it has become.
pub struct Output {
    pieces: Vec<Piece>,
    length: usize,
}

/// Everything that sealing writes.
pub struct Update<'a> {
    pub original: &'a [u8],
    pub contents: &'a [Content],
    pub moves: Vec<Move<'a>>,
    /// How far a variant moves, in points.
    pub shift: f64,
    /// The sites of the stamp's digits.
    pub stamp: Vec<u32>,
    /// What each copy shows at the foot of its pages.
    pub line: Option<&'a VisibleLine>,
}

/// What each variant of a stamp's digit writes.
pub const DIGITS: [&str; 16] =
    ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f"];

impl Update<'_> {
    /// The copy as pieces.
    ///
    /// # Errors
    /// [`Error::Refused`] when nothing can be appended to the file.
    pub fn pieces(&self) -> Result<Pieces, Error> {
        let tail = Tail::read(self.original)?;
        let mut out = Output { pieces: Vec::new(), length: 0 };
        out.text(self.original);
        out.text(b"\n");
        let mut written = Vec::new();
        let mut moves: BTreeMap<u32, Vec<Move<'_>>> = BTreeMap::new();
        for moved in &self.moves {
            moves.entry(moved.segment.content).or_default().push(*moved);
        }
        for (index, moves) in moves {
            self.write_content(&self.contents[index as usize], &moves, &mut out, &mut written)?;
        }
        let mut size = tail.size().unwrap_or(0);
        if let Some(line) = self.line {
            line::write(self.original, line, &mut size, &mut out, &mut written)?;
        }
        written.sort_by_key(|(object, _)| (object.obj_number, object.gen_number));
        match tail.is_stream {
            true => self.write_stream(&tail, written, size, &mut out),
            false => self.write_table(&tail, &written, size, &mut out),
        }
        Ok(Pieces(out.pieces))
    }

    /// Writes the streams of a content that differ.
    fn write_content(
        &self,
        content: &Content,
        moves: &[Move<'_>],
        out: &mut Output,
        written: &mut Vec<(ObjectIdentifier, usize)>,
    ) -> Result<(), Error> {
        let mut splices = self.splices(content, moves);
        splices.sort_by_key(|splice| (splice.range.start, splice.order));
        let mut splices = splices.into_iter().peekable();
        for part in &content.parts {
            let mut pieces = Output { pieces: Vec::new(), length: 0 };
            let mut at = part.range.start;
            let mut is_changed = false;
            while let Some(splice) = splices.next_if(|splice| splice.range.end <= part.range.end) {
                if splice.range.start < at {
                    return Err(Error::Marking("two words to be moved overlap in the file".into()));
                }
                pieces.text(&content.bytes[at..splice.range.start]);
                splice.pieces.into_iter().for_each(|piece| pieces.push(piece));
                (at, is_changed) = (splice.range.end, true);
            }
            pieces.text(&content.bytes[at..part.range.end]);
            if !is_changed {
                continue;
            }
            let no_object = || Error::Marking("a word to be moved stands in a stream that is shared".into());
            let object = part.object.ok_or_else(no_object)?;
            written.push((object, out.length));
            out.stream(object, &part.dict, pieces);
        }
        Ok(())
    }

    fn splices(&self, content: &Content, moves: &[Move<'_>]) -> Vec<Splice> {
        let mut splices: Vec<Splice> = moves.iter().flat_map(|moved| self.moved(moved, content)).collect();
        let mut shows: Vec<u32> = moves.iter().map(|moved| moved.segment.show).collect();
        shows.sort_unstable();
        shows.dedup();
        for show in shows {
            splices.extend(as_array(&content.shows[show as usize]));
        }
        splices
    }

    /// The two numbers around a stretch: there and back again, so that nothing behind it moves. The second is left
    /// out where nothing depends on it: Chromium gives each glyph an operator and a place of its own.
    fn moved(&self, moved: &Move<'_>, content: &Content) -> Vec<Splice> {
        let number = moved.segment.number_a_point * self.shift;
        let slot = |sign: f64| {
            let forms = [-sign * number, sign * number].map(signed);
            Piece::Slot { site: moved.site, forms: forms.to_vec() }
        };
        let (open, close) = (moved.segment.open, moved.segment.close);
        let around = |joint: Joint, slot: Piece| {
            let (before, behind): (&[u8], &[u8]) = match joint {
                Joint::Outside => (b" ", b" "),
                Joint::Literal => (b") ", b" ("),
                Joint::Hex => (b"> ", b" <"),
            };
            vec![Piece::Static(before.to_vec()), slot, Piece::Static(behind.to_vec())]
        };
        let mut splices =
            vec![Splice { range: open.at..open.at, order: 3, pieces: around(open.joint, slot(1.0)) }];
        let show = &content.shows[moved.segment.show as usize];
        if !(show.is_final && show.end == close.at) {
            let pieces = around(close.joint, slot(-1.0));
            splices.push(Splice { range: close.at..close.at, order: 0, pieces });
        }
        splices
    }

    fn write_table(
        &self,
        tail: &Tail<'_>,
        written: &[(ObjectIdentifier, usize)],
        size: usize,
        out: &mut Output,
    ) {
        let start = out.length;
        out.text(b"xref\n");
        if written.is_empty() {
            // A table without entries is no table to some readers.
            out.text(b"0 1\n0000000000 65535 f \n");
        }
        let mut from = 0;
        while from < written.len() {
            let first = written[from].0.obj_number;
            let follows = |(at, (object, _)): (usize, &(ObjectIdentifier, usize))| {
                object.obj_number == first + at as u32
            };
            let count = written[from..].iter().enumerate().take_while(|entry| follows(*entry)).count();
            out.text(format!("{first} {count}\n").as_bytes());
            for (object, place) in &written[from..from + count] {
                out.text(format!("{place:010} {:05} n \n", object.gen_number).as_bytes());
            }
            from += count;
        }
        out.text(b"trailer\n<<");
        self.write_trailer(tail, size, out);
        out.text(format!(">>\nstartxref\n{start}\n%%EOF\n").as_bytes());
    }

    fn write_stream(
        &self,
        tail: &Tail<'_>,
        mut written: Vec<(ObjectIdentifier, usize)>,
        own: usize,
        out: &mut Output,
    ) {
        let start = out.length;
        written.push((ObjectIdentifier::new(own as u32, 0), start));
        let mut index = String::new();
        let mut table = Vec::new();
        for (object, place) in &written {
            index.push_str(&format!("{} 1 ", object.obj_number));
            table.push(1);
            table.extend_from_slice(&(*place as u32).to_be_bytes());
            table.extend_from_slice(&(object.gen_number as u16).to_be_bytes());
        }
        out.text(format!("{own} 0 obj\n<</Type/XRef/W[1 4 2]/Index[{}]", index.trim_end()).as_bytes());
        out.text(format!("/Length {}", table.len()).as_bytes());
        self.write_trailer(tail, own + 1, out);
        out.text(b">>\nstream\n");
        out.text(&table);
        out.text(format!("\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n").as_bytes());
    }

    /// The entries of the trailer: those of the original, but for what says where things are.
    fn write_trailer(&self, tail: &Tail<'_>, size: usize, out: &mut Output) {
        const REPLACED: [&[u8]; 12] = [
            b"Size",
            b"Prev",
            b"XRefStm",
            b"ID",
            b"Type",
            b"W",
            b"Index",
            b"Length",
            b"Filter",
            b"DecodeParms",
            b"DL",
            b"F",
        ];
        out.text(format!("/Size {size}/Prev {}", tail.start).as_bytes());
        let entries = tail.trailers.first().into_iter().flatten();
        for (key, value) in entries.filter(|(key, _)| !REPLACED.contains(key)) {
            out.text(b"/");
            out.text(key);
            out.text(b" ");
            out.text(value);
        }
        match (self.stamp.is_empty(), tail.entry(b"ID")) {
            (true, None) => {}
            (true, Some(id)) => {
                out.text(b"/ID ");
                out.text(id);
            }
            (false, id) => self.write_stamp(id, out),
        }
    }

    fn write_stamp(&self, id: Option<&[u8]>, out: &mut Output) {
        let first = id.and_then(identifiers).map(|mut both| both.swap_remove(0));
        let first = first.unwrap_or_else(|| fingerprint(self.original));
        let hex: String = first.iter().map(|byte| format!("{byte:02x}")).collect();
        out.text(format!("/ID[<{hex}><").as_bytes());
        let mut complements = DIGITS;
        complements.reverse();
        for digits in [DIGITS, complements] {
            for &site in &self.stamp {
                out.push(Piece::Slot { site, forms: digits.map(|digit| digit.as_bytes().to_vec()).to_vec() });
            }
        }
        out.text(b">]");
    }
}

impl Output {
    /// Pieces that are a file by themselves.
    pub fn of(pieces: Vec<Piece>) -> Output {
        let mut out = Output { pieces: Vec::new(), length: 0 };
        pieces.into_iter().for_each(|piece| out.push(piece));
        out
    }

    /// Bytes so far.
    pub fn length(&self) -> usize {
        self.length
    }

    pub fn text(&mut self, bytes: &[u8]) {
        self.length += bytes.len();
        match self.pieces.last_mut() {
            _ if bytes.is_empty() => {}
            Some(Piece::Static(last)) => last.extend_from_slice(bytes),
            _ => self.pieces.push(Piece::Static(bytes.to_vec())),
        }
    }

    fn push(&mut self, piece: Piece) {
        match piece {
            Piece::Static(bytes) => self.text(&bytes),
            Piece::Slot { ref forms, .. } => {
                self.length += forms.first().map_or(0, Vec::len);
                self.pieces.push(piece);
            }
            Piece::Field { width, .. } => {
                self.length += width as usize;
                self.pieces.push(piece);
            }
        }
    }

    /// Writes a stream, packed where that can be done alike in all copies.
    pub fn stream(&mut self, object: ObjectIdentifier, dict: &[u8], content: Output) {
        const REPLACED: [&[u8]; 8] =
            [b"Length", b"Filter", b"DecodeParms", b"F", b"FFilter", b"FDecodeParms", b"DL", b"DP"];
        self.text(format!("{} {} obj\n<<", object.obj_number, object.gen_number).as_bytes());
        let entries = dictionary(dict, 0).map(|(entries, _)| entries).unwrap_or_default();
        for (key, value) in entries.into_iter().filter(|(key, _)| !REPLACED.contains(key)) {
            self.text(b"/");
            self.text(key);
            self.text(b" ");
            self.text(value);
        }
        let packed = packed(&content.pieces).map(Output::of).filter(|packed| packed.length < content.length);
        if packed.is_some() {
            self.text(b"/Filter/FlateDecode");
        }
        let content = packed.unwrap_or(content);
        self.text(format!("/Length {}>>\nstream\n", content.length).as_bytes());
        content.pieces.into_iter().for_each(|piece| self.push(piece));
        self.text(b"\nendstream\nendobj\n");
    }
}

/// A number with its sign, and before it space that makes up for the sign in the checksum of a packed stream: the sum
/// of all bytes, and of bytes times their places, is the same for both signs.
fn signed(number: f64) -> Vec<u8> {
    let space = if number.is_sign_negative() { "\x0c\n\n" } else { "\n\x0c\x0c" };
    format!("{space}{number:+.3}").into_bytes()
}

/// What makes any operator that shows text one that takes an array, and its strings ones that can be cut.
fn as_array(show: &Show) -> Vec<Splice> {
    let splice = |range: Range<usize>, order: u8, text: &[u8]| Splice {
        range,
        order,
        pieces: vec![Piece::Static(text.to_vec())],
    };
    let insert = |at: usize, order: u8, text: &[u8]| splice(at..at, order, text);
    let mut splices: Vec<Splice> = show.brackets.iter().map(|at| insert(*at, 4, b"\\")).collect();
    if show.kind == Shows::Array {
        return splices;
    }
    splices.push(splice(show.operator.clone(), 5, b"]TJ"));
    match show.kind {
        Shows::NextLine => splices.push(insert(show.operand.start, 1, b"T* [")),
        Shows::NextLineSpaced => {
            splices.push(insert(show.numbers[0], 1, b" Tw "));
            splices.push(insert(show.numbers[1], 1, b" Tc T* ["));
        }
        _ => splices.push(insert(show.operand.start, 1, b"[")),
    }
    splices
}

/// Sixteen bytes that say which file this is, for one that has no identifier.
fn fingerprint(bytes: &[u8]) -> Vec<u8> {
    let salted = |salt: u8| {
        let mut hash = crc32fast::Hasher::new_with_initial(u32::from(salt) + 1);
        hash.update(bytes);
        hash.finalize().to_be_bytes()
    };
    (0..4).flat_map(salted).collect()
}
