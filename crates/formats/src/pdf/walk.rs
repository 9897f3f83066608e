//! Walks the content of a page and gives every glyph that it shows a place on the page.
//!
//! The page's streams and the forms that they draw are followed with their transformations; what is no text is
//! passed over. Every glyph remembers the bytes of the stream that show it, so that it can be moved there.
//!
//! # Source
//! ISO 32000-2:2020, 8.4 (graphics state), 8.10 (form XObjects), 9.4 (text objects), 14.6 (marked content).

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use hayro::kurbo::{Affine, Point, Vec2};
use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, MaybeRef, Name, Object, ObjectIdentifier, Stream};
use hayro_syntax::page::{Page, Resources};
use tellmark_core::limits;

use super::content::{Content, Cut, Glyph, Part, Show, Shows};
use super::font::{Code, Face, Fonts};
use super::lexer::{Kind, Lexer, Token, Written};
use super::operands::{Operands, cut, show_of};
use crate::Error;

const FORM_DEPTH_MAX: usize = 24;
const STATES_MAX: usize = 512;
/// Operators of a whole file, forms counted as often as they are drawn.
const OPERATORS_MAX: u64 = 40_000_000;
/// Forms of a whole file, counted as often as they are drawn: each may draw the next one twice.
const FORMS_MAX: u64 = 200_000;
/// Glyphs of a whole file.
const GLYPHS_MAX: u64 = 8_000_000;
/// Glyphs of one page.
const PAGE_GLYPHS_MAX: usize = 400_000;
/// Operators of a whole file that show text, in every content once, with letters or without: each is remembered.
const SHOWS_MAX: u64 = 2_000_000;
/// Bytes of all content streams of a file.
const CONTENT_BYTES_MAX: usize = 256 << 20;

/// Follows the contents of the pages of one file.
pub struct Walker<'a> {
    pdf: &'a Pdf,
    fonts: Fonts<'a>,
    /// All contents that were met.
    pub contents: Vec<Content>,
    forms: HashMap<ObjectIdentifier, usize>,
    /// How often each stream object is part of a page's content.
    pub used: HashMap<ObjectIdentifier, u32>,
    operators: u64,
    drawn: u64,
    glyphs: u64,
    shows: u64,
    content_bytes: usize,
    text_bytes: usize,
}

#[derive(Clone)]
struct State<'a> {
    ctm: Affine,
    font: Option<Rc<Face<'a>>>,
    size: f64,
    char_spacing: f64,
    word_spacing: f64,
    stretch: f64,
    leading: f64,
    rise: f64,
    mode: f64,
}

/// What is known while one content is walked.
struct Run<'a, 'r> {
    content: usize,
    bytes: Arc<[u8]>,
    resources: Resources<'a>,
    states: Vec<State<'a>>,
    state: State<'a>,
    matrix: Affine,
    line: Affine,
    /// For each open marked content whether it belongs to a layer, and how many do.
    marked: Vec<bool>,
    layers: usize,
    is_hidden: bool,
    shows: usize,
    depth: usize,
    path: &'r [ObjectIdentifier],
}

impl<'a> Walker<'a> {
    pub fn new(pdf: &'a Pdf) -> Walker<'a> {
        Walker {
            pdf,
            fonts: Fonts::new(),
            contents: Vec::new(),
            forms: HashMap::new(),
            used: HashMap::new(),
            operators: 0,
            drawn: 0,
            glyphs: 0,
            shows: 0,
            content_bytes: 0,
            text_bytes: 0,
        }
    }

    /// The glyphs of a page in the order in which they are drawn.
    ///
    /// # Errors
    /// [`Error::Limit`] when the file does more than a document would.
    pub fn page(&mut self, page: &Page<'a>) -> Result<Vec<Glyph>, Error> {
        let (bytes, parts) = self.page_content(page)?;
        self.contents.push(Content { bytes: bytes.clone(), parts, shows: Vec::new(), draws: 1 });
        let state = State {
            ctm: Affine::new(page.initial_transform(true).as_coeffs()),
            font: None,
            size: 1.0,
            char_spacing: 0.0,
            word_spacing: 0.0,
            stretch: 1.0,
            leading: 0.0,
            rise: 0.0,
            mode: 0.0,
        };
        let run = Run::begin(self.contents.len() - 1, bytes, page.resources().clone(), state);
        let mut out = Vec::new();
        self.run(run, &mut out)?;
        Ok(out)
    }

    fn page_content(&mut self, page: &Page<'a>) -> Result<(Arc<[u8]>, Vec<Part>), Error> {
        let contents = page.raw();
        let streams: Vec<Stream<'a>> = match contents.get::<Object<'a>>("Contents") {
            Some(Object::Stream(stream)) => vec![stream],
            Some(Object::Array(array)) => array
                .raw_iter()
                .filter_map(|item| match item {
                    MaybeRef::Ref(at) => self.pdf.xref().get::<Stream<'a>>(at.into()),
                    MaybeRef::NotRef(_) => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        let (mut bytes, mut parts) = (Vec::new(), Vec::new());
        for stream in &streams {
            let Ok(decoded) = stream.decoded_data() else { continue };
            self.account(decoded.len())?;
            if !parts.is_empty() {
                bytes.push(b'\n');
            }
            let part = part_of(stream, bytes.len()..bytes.len() + decoded.len());
            if let Some(object) = part.object {
                *self.used.entry(object).or_default() += 1;
            }
            parts.push(part);
            bytes.extend_from_slice(&decoded);
        }
        Ok((bytes.into(), parts))
    }

    fn account(&mut self, bytes: usize) -> Result<(), Error> {
        self.content_bytes += bytes;
        match self.content_bytes > CONTENT_BYTES_MAX {
            true => Err(Error::Limit { what: "the content of its pages", limit: CONTENT_BYTES_MAX as u64 }),
            false => Ok(()),
        }
    }

    fn run(&mut self, mut run: Run<'a, '_>, out: &mut Vec<Glyph>) -> Result<(), Error> {
        let bytes = run.bytes.clone();
        let mut lexer = Lexer::new(&bytes, 0);
        let mut operands = Operands::default();
        while let Some(token) = lexer.next() {
            if token.kind != Kind::Operator {
                operands.push(token);
                continue;
            }
            self.operators += 1;
            if self.operators > OPERATORS_MAX {
                return Err(Error::Limit { what: "the number of its operators", limit: OPERATORS_MAX });
            }
            match &bytes[token.span.clone()] {
                b"ID" => lexer.skip_image(),
                b"Do" => self.draw(&run, &operands, out)?,
                b"Tf" => self.set_font(&mut run, &operands),
                b"gs" => self.set_state(&mut run, &operands),
                b"TJ" | b"Tj" | b"'" | b"\"" => self.show(&mut run, &operands, &token, out)?,
                operator => {
                    if matches!(operator, b"Td" | b"TD" | b"Tm" | b"T*" | b"ET" | b"BT") {
                        self.finish_show(&run);
                    }
                    run.apply(operator, &operands);
                }
            }
            operands.clear();
        }
        Ok(())
    }

    /// Follows a form.
    fn draw(&mut self, run: &Run<'a, '_>, operands: &Operands, out: &mut Vec<Glyph>) -> Result<(), Error> {
        let Some(form) = operands.name(&run.bytes).and_then(|name| run.resources.get_x_object(&name)) else {
            return Ok(());
        };
        let is_form = form.dict().get::<Name<'_>>("Subtype").is_some_and(|kind| kind.as_str() == "Form");
        let id = form.obj_id();
        if !is_form || run.depth >= FORM_DEPTH_MAX || run.path.contains(&id) {
            return Ok(());
        }
        self.drawn += 1;
        if self.drawn > FORMS_MAX {
            return Err(Error::Limit { what: "the number of forms that its pages draw", limit: FORMS_MAX });
        }
        let Some(content) = self.form(&form)? else { return Ok(()) };
        let own = form.dict().get::<Dict<'a>>("Resources").map(Resources::new);
        let matrix = form.dict().get::<Array<'a>>("Matrix").and_then(|array| matrix_of(&array));
        let state = State { ctm: run.state.ctm * matrix.unwrap_or_default(), ..run.state.clone() };
        let bytes = self.contents[content].bytes.clone();
        let path = [run.path, &[id]].concat();
        let inner = Run {
            is_hidden: run.is_hidden || form.dict().contains_key("OC"),
            depth: run.depth + 1,
            path: &path,
            ..Run::begin(content, bytes, own.unwrap_or_else(|| run.resources.clone()), state)
        };
        self.run(inner, out)
    }

    /// The content of a form, read when it is drawn for the first time.
    fn form(&mut self, form: &Stream<'a>) -> Result<Option<usize>, Error> {
        if let Some(&known) = self.forms.get(&form.obj_id()) {
            self.contents[known].draws += 1;
            return Ok(Some(known));
        }
        let Ok(decoded) = form.decoded_data() else { return Ok(None) };
        self.account(decoded.len())?;
        let parts = vec![part_of(form, 0..decoded.len())];
        self.contents.push(Content { bytes: decoded.into(), parts, shows: Vec::new(), draws: 1 });
        self.forms.insert(form.obj_id(), self.contents.len() - 1);
        Ok(Some(self.contents.len() - 1))
    }

    fn set_font(&mut self, run: &mut Run<'a, '_>, operands: &Operands) {
        if let Some(size) = operands.numbers().last() {
            run.state.size = size;
        }
        let dict = operands.name(&run.bytes).and_then(|name| run.resources.get_font(&name));
        run.state.font = dict.and_then(|dict| self.fonts.face(&dict));
    }

    /// A graphics state may name a font too.
    fn set_state(&mut self, run: &mut Run<'a, '_>, operands: &Operands) {
        let dict = operands.name(&run.bytes).and_then(|name| run.resources.get_ext_g_state(&name));
        let Some(font) = dict.and_then(|dict| dict.get::<Array<'a>>("Font")) else { return };
        let mut items = font.iter::<Object<'a>>();
        let (Some(Object::Dict(dict)), Some(Object::Number(size))) = (items.next(), items.next()) else {
            return;
        };
        run.state.font = self.fonts.face(&dict);
        run.state.size = size.as_f64();
    }

    fn show(
        &mut self,
        run: &mut Run<'a, '_>,
        operands: &Operands,
        operator: &Token,
        out: &mut Vec<Glyph>,
    ) -> Result<(), Error> {
        let Some((mut show, pieces)) = show_of(&run.bytes, operands, operator) else { return Ok(()) };
        run.next_line(show.kind, operands);
        let index = run.shows;
        run.shows += 1;
        let Some(face) = run.state.font.clone() else {
            return self.register(run.content, index, show);
        };
        for piece in pieces {
            match piece.kind {
                Kind::Number(number) => {
                    run.adjust(number, face.is_horizontal);
                    continue;
                }
                Kind::Literal | Kind::Hex => {}
                _ => continue,
            }
            let written = Written::read(&run.bytes, piece);
            let mut at = 0;
            while at < written.bytes.len() {
                let code = face.code(&written.bytes, at);
                let cuts = [at, at + code.length].map(|at| cut(piece, &written, at));
                show.end = cuts[1].at;
                at += code.length;
                self.glyphs += 1;
                self.text_bytes += code.text.len();
                if let Some(glyph) = run.glyph(&face, &code, cuts, index) {
                    out.push(glyph);
                }
            }
            show.brackets.extend(&written.brackets);
            if self.glyphs > GLYPHS_MAX || out.len() > PAGE_GLYPHS_MAX {
                return Err(Error::Limit { what: "the number of its letters", limit: GLYPHS_MAX });
            }
            if self.text_bytes > limits::TEXT_BYTES_MAX {
                return Err(Error::Limit { what: "its text", limit: limits::TEXT_BYTES_MAX as u64 });
            }
        }
        self.register(run.content, index, show)
    }

    /// Notes that nothing depends on where the last operator ends that showed text.
    fn finish_show(&mut self, run: &Run<'a, '_>) {
        let shows = &mut self.contents[run.content].shows;
        if let Some(last) = run.shows.checked_sub(1).and_then(|last| shows.get_mut(last)) {
            last.is_final = true;
        }
    }

    /// Keeps where an operator stands when its content is drawn for the first time.
    fn register(&mut self, content: usize, index: usize, show: Show) -> Result<(), Error> {
        let shows = &mut self.contents[content].shows;
        if shows.len() == index {
            self.shows += 1;
            if self.shows > SHOWS_MAX {
                return Err(Error::Limit {
                    what: "the number of operators that show text",
                    limit: SHOWS_MAX,
                });
            }
            shows.push(show);
        }
        Ok(())
    }
}

impl<'a> Run<'a, '_> {
    /// At the beginning of a content, in the open and on the page itself.
    fn begin(content: usize, bytes: Arc<[u8]>, resources: Resources<'a>, state: State<'a>) -> Self {
        Run {
            content,
            bytes,
            resources,
            states: Vec::new(),
            state,
            matrix: Affine::IDENTITY,
            line: Affine::IDENTITY,
            marked: Vec::new(),
            layers: 0,
            is_hidden: false,
            shows: 0,
            depth: 0,
            path: &[],
        }
    }

    /// The operators that set something.
    fn apply(&mut self, operator: &[u8], operands: &Operands) {
        let numbers: Vec<f64> = operands.numbers().collect();
        match (operator, &numbers[..]) {
            (b"q", _) if self.states.len() < STATES_MAX => self.states.push(self.state.clone()),
            (b"Q", _) => self.state = self.states.pop().unwrap_or_else(|| self.state.clone()),
            (b"cm", &[a, b, c, d, e, f]) => self.state.ctm *= Affine::new([a, b, c, d, e, f]),
            (b"BT", _) => self.set_line(Affine::IDENTITY),
            (b"Tm", &[a, b, c, d, e, f]) => self.set_line(Affine::new([a, b, c, d, e, f])),
            (b"Td", &[x, y]) => self.set_line(self.line * Affine::translate((x, y))),
            (b"TD", &[x, y]) => {
                self.state.leading = -y;
                self.set_line(self.line * Affine::translate((x, y)));
            }
            (b"T*", _) => self.set_line(self.line * Affine::translate((0.0, -self.state.leading))),
            (b"Tc", &[value]) => self.state.char_spacing = value,
            (b"Tw", &[value]) => self.state.word_spacing = value,
            (b"Tz", &[value]) => self.state.stretch = value / 100.0,
            (b"TL", &[value]) => self.state.leading = value,
            (b"Ts", &[value]) => self.state.rise = value,
            (b"Tr", &[value]) => self.state.mode = value,
            (b"BMC", _) => self.marked.push(false),
            (b"BDC", _) => {
                let is_layer = operands.starts_with(&self.bytes, b"/OC");
                self.marked.push(is_layer);
                self.layers += usize::from(is_layer);
            }
            (b"EMC", _) => self.layers -= usize::from(self.marked.pop() == Some(true)),
            _ => {}
        }
    }

    fn set_line(&mut self, matrix: Affine) {
        self.line = matrix;
        self.matrix = matrix;
    }

    /// What `'` and `"` do before they show their string.
    fn next_line(&mut self, kind: Shows, operands: &Operands) {
        if kind == Shows::NextLineSpaced {
            let mut numbers = operands.numbers();
            self.state.word_spacing = numbers.next().unwrap_or(0.0);
            self.state.char_spacing = numbers.next().unwrap_or(0.0);
        }
        if matches!(kind, Shows::NextLine | Shows::NextLineSpaced) {
            self.set_line(self.line * Affine::translate((0.0, -self.state.leading)));
        }
    }

    /// A number in a `TJ` array.
    fn adjust(&mut self, number: f64, is_horizontal: bool) {
        let by = -number / 1000.0 * self.state.size;
        let by = if is_horizontal { (by * self.state.stretch, 0.0) } else { (0.0, by) };
        self.matrix *= Affine::translate(by);
    }

    /// Shows one code: goes on behind it and says where it stands.
    fn glyph(
        &mut self,
        face: &Face<'_>,
        code: &Code,
        [before, behind]: [Cut; 2],
        show: usize,
    ) -> Option<Glyph> {
        let state = &self.state;
        let spacing = state.char_spacing + if code.takes_word_spacing { state.word_spacing } else { 0.0 };
        let width = code.advance / 1000.0 * state.size;
        let step = match face.is_horizontal {
            true => Vec2::new((width + spacing) * state.stretch, 0.0),
            false => Vec2::new(0.0, width + spacing),
        };
        let place = state.ctm * self.matrix;
        self.matrix *= Affine::translate(step);
        let [a, b, c, d, _, _] = place.as_coeffs();
        let axis = Vec2::new(a, b);
        let scale = axis.hypot();
        let number = -1000.0 / (state.size * state.stretch * scale);
        let advance =
            if face.is_horizontal { axis * (width * state.stretch) } else { Vec2::new(c, d) * width };
        let origin = place * Point::new(0.0, state.rise);
        let up = Vec2::new(c, d) * state.size;
        let is_sound = number.is_finite() && origin.is_finite() && advance.is_finite() && up.is_finite();
        let is_far = origin.x.abs() > 1e6 || origin.y.abs() > 1e6 || up.hypot() > 1e5;
        if !is_sound || is_far {
            return None;
        }
        let is_inked = !matches!(state.mode as i64, 3 | 7);
        let is_layered = self.is_hidden || self.layers > 0;
        Some(Glyph {
            content: self.content as u32,
            show: show as u32,
            before,
            behind,
            origin,
            advance,
            up,
            across: axis / scale,
            number_a_point: number,
            spacing: state.char_spacing * state.stretch * scale,
            text: code.text.clone(),
            is_space: code.is_space,
            is_plain: is_inked && !is_layered && face.is_horizontal,
            is_inked,
        })
    }
}

fn part_of(stream: &Stream<'_>, range: Range<usize>) -> Part {
    let object = stream.dict().obj_id();
    Part { object, dict: stream.dict().data().to_vec(), range }
}

fn matrix_of(array: &Array<'_>) -> Option<Affine> {
    let numbers: Vec<f64> = array.iter::<f32>().map(f64::from).collect();
    <[f64; 6]>::try_from(numbers).ok().map(Affine::new)
}
