//! A visible line at the foot of each page: one form that all pages draw, in Helvetica, which every reader has, or, for
//! letters that it lacks, in a font that is put into the file.
//!
//! The form has as many bytes in every copy, so that all places in the file are the same; what a page showed stands
//! between `q` and `Q`, so that nothing of it reaches the line.
//!
//! # Source
//! ISO 32000-2:2020, 7.7.3 (page objects), 7.8.3 (resources), 8.10 (form XObjects), 9.6.2.2 (standard fonts), 14.8.2.2 (artifacts).

use std::collections::BTreeSet;

use hayro::kurbo::Affine;
use hayro_syntax::object::{Dict, MaybeRef, Object, ObjectIdentifier};
use hayro_syntax::page::Page;

use super::face;
use super::file;
use super::lexer::{Entries, dictionary};
use super::update::Output;
use crate::Error;
use crate::template::Piece;
use crate::visible::{Script, VisibleLine};

/// Size of the letters, and how far they stand from the left and lower edge, in points.
const SIZE: f64 = 8.0;
const LEFT: f64 = 36.0;
const FOOT: f64 = 18.0;
/// Dictionaries of pages that are looked through for resources that a page inherits.
const PARENTS_MAX: usize = 64;

/// Writes the line into an update: `next` is the first number that no object has.
///
/// # Errors
/// [`Error::Visible`] when the line has a character that the font lacks, or a page cannot be written anew.
pub fn write(
    original: &[u8],
    line: &VisibleLine,
    next: &mut usize,
    out: &mut Output,
    written: &mut Vec<(ObjectIdentifier, usize)>,
) -> Result<(), Error> {
    let pdf = file::open(original)?;
    let is_free = |number: usize| {
        let id = ObjectIdentifier::new(number as u32, 0);
        number > 0 && pdf.xref().get::<Object<'_>>(id).is_none()
    };
    let mut objects = Objects { next, out, written, is_free: &is_free };
    let font = match line.pdf_script() {
        Script::PdfUtf16 => objects.composite_font()?,
        _ => objects.add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"),
    };
    let dict = format!(
        "<</Type/XObject/Subtype/Form/BBox[0 -{SIZE} 14400 {}]/Resources<</Font<</F {font} 0 R>>>>>>",
        2.0 * SIZE
    );
    let form = objects.stream(&dict, text(line)?);
    let begin = objects.stream("<<>>", vec![Piece::Static(b"q\n".to_vec())]);
    let mut seen = BTreeSet::new();
    for page in pdf.pages().iter() {
        let id = page.raw().obj_id().ok_or_else(|| unusual("is no object of its own"))?;
        if seen.insert((id.obj_number, id.gen_number)) {
            let resources = resources(page)?;
            let end = objects.stream("<<>>", vec![Piece::Static(foot(page, &resources.name).into_bytes())]);
            let contents = contents(page)?;
            objects
                .rewrite(id, page_dict(page, &resources, form, &format!("{begin} 0 R {contents} {end} 0 R")));
        }
    }
    Ok(())
}

fn unusual(why: &str) -> Error {
    Error::Visible(format!("a page of the PDF {why}; print it to a new PDF first"))
}

/// What shows the line: fields are hexadecimal digits, and blanks up to their width, which say nothing there.
fn text(line: &VisibleLine) -> Result<Vec<Piece>, Error> {
    let mut pieces = vec![Piece::Static(format!("BT /F {SIZE} Tf 0 0 Td <").into_bytes())];
    pieces.extend(line.pdf_pieces()?);
    pieces.push(Piece::Static(b"> Tj ET".to_vec()));
    Ok(pieces)
}

/// Objects that are added to a file or written anew.
struct Objects<'o> {
    next: &'o mut usize,
    out: &'o mut Output,
    written: &'o mut Vec<(ObjectIdentifier, usize)>,
    /// Whether no object has a number: some files have more of them than their end says.
    is_free: &'o dyn Fn(usize) -> bool,
}

impl Objects<'_> {
    fn begin(&mut self) -> ObjectIdentifier {
        while !(self.is_free)(*self.next) {
            *self.next += 1;
        }
        let id = ObjectIdentifier::new(*self.next as u32, 0);
        *self.next += 1;
        self.written.push((id, self.out.length()));
        id
    }

    fn add(&mut self, body: &str) -> u32 {
        let id = self.begin();
        self.out.text(format!("{} 0 obj\n{body}\nendobj\n", id.obj_number).as_bytes());
        id.obj_number
    }

    fn stream(&mut self, dict: &str, content: Vec<Piece>) -> u32 {
        let id = self.begin();
        self.out.stream(id, dict.as_bytes(), Output::of(content));
        id.obj_number
    }

    /// The font for letters that Helvetica lacks.
    fn composite_font(&mut self) -> Result<u32, Error> {
        let (face, name) = (face::face()?, face::NAME);
        let dict = format!("<</Length1 {}>>", face.file.len());
        let file = self.stream(&dict, vec![Piece::Static(face.file)]);
        let glyphs = self.stream("<<>>", vec![Piece::Static(face.glyphs)]);
        let characters = self.stream("<<>>", vec![Piece::Static(face.characters.into_bytes())]);
        let descriptor = self.add(&format!(
            "<</Type/FontDescriptor/FontName/{name}{}/FontFile2 {file} 0 R>>",
            face.descriptor
        ));
        let descendant = self.add(&format!(
            "<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)\
             /Supplement 0>>/DW {}/CIDToGIDMap {glyphs} 0 R/FontDescriptor {descriptor} 0 R>>",
            face.width
        ));
        Ok(self.add(&format!(
            "<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H/DescendantFonts[{descendant} 0 R]\
             /ToUnicode {characters} 0 R>>"
        )))
    }

    fn rewrite(&mut self, id: ObjectIdentifier, body: Vec<u8>) {
        self.written.push((id, self.out.length()));
        self.out.text(format!("{} {} obj\n", id.obj_number, id.gen_number).as_bytes());
        self.out.text(&body);
        self.out.text(b"\nendobj\n");
    }
}

/// What stands behind the page's own content: the line, upright at the foot of the page as it is shown.
fn foot(page: &Page<'_>, name: &str) -> String {
    let (_, height) = page.render_dimensions();
    let shown = Affine::new(page.initial_transform(true).as_coeffs());
    let place = Affine::new([1.0, 0.0, 0.0, -1.0, LEFT, f64::from(height) - FOOT]);
    let numbers: Vec<String> =
        (shown.inverse() * place).as_coeffs().iter().map(|number| format!("{number:.4}")).collect();
    format!("\nQ\n/Artifact BMC q {} cm /{name} Do Q EMC\n", numbers.join(" "))
}

/// The streams that a page shows, as references.
fn contents(page: &Page<'_>) -> Result<String, Error> {
    let said = |number: u32, generation: i32| format!("{number} {generation} R");
    match page.raw().get::<Object<'_>>("Contents") {
        Some(Object::Stream(stream)) => {
            let id = stream.dict().obj_id().ok_or_else(|| unusual("has a content without a number"))?;
            Ok(said(id.obj_number, id.gen_number))
        }
        Some(Object::Array(array)) => {
            let refs = array.raw_iter().filter_map(|item| match item {
                MaybeRef::Ref(at) => Some(said(at.obj_number, at.gen_number)),
                MaybeRef::NotRef(_) => None,
            });
            Ok(refs.collect::<Vec<_>>().join(" "))
        }
        _ => Ok(String::new()),
    }
}

/// The resources of a page, with a name in them that is free for the line.
struct Resources {
    /// All but its XObjects, as written.
    others: Vec<u8>,
    /// Its XObjects, as written.
    forms: Vec<u8>,
    name: String,
}

fn resources(page: &Page<'_>) -> Result<Resources, Error> {
    let mut at = Some(page.raw().clone());
    let mut found = None;
    for _ in 0..PARENTS_MAX {
        let Some(dict) = at else { break };
        found = dict.get::<Dict<'_>>("Resources");
        if found.is_some() {
            break;
        }
        at = dict.get::<Dict<'_>>("Parent");
    }
    let own = found.unwrap_or_else(Dict::empty);
    let forms = own.get::<Dict<'_>>("XObject").unwrap_or_else(Dict::empty);
    let mut others = Vec::new();
    put(&mut others, &entries_of(own.data())?, &[b"XObject"]);
    let mut written = Vec::new();
    put(&mut written, &entries_of(forms.data())?, &[]);
    let free = |name: &String| !forms.contains_key(name.as_bytes());
    let name = (0u32..).map(|number| format!("CopyLine{number}")).find(free).unwrap_or_default();
    Ok(Resources { others, forms: written, name })
}

fn entries_of(dict: &[u8]) -> Result<Entries<'_>, Error> {
    match dict.is_empty() {
        true => Ok(Vec::new()),
        false => {
            dictionary(dict, 0).map(|(entries, _)| entries).ok_or_else(|| unusual("has a broken dictionary"))
        }
    }
}

fn put(out: &mut Vec<u8>, entries: &Entries<'_>, but: &[&[u8]]) {
    for (key, value) in entries.iter().filter(|(key, _)| !but.contains(key)) {
        out.push(b'/');
        out.extend_from_slice(key);
        out.push(b' ');
        out.extend_from_slice(value);
    }
}

fn page_dict(page: &Page<'_>, resources: &Resources, form: u32, contents: &str) -> Vec<u8> {
    let mut out = b"<<".to_vec();
    let entries = dictionary(page.raw().data(), 0).map(|(entries, _)| entries).unwrap_or_default();
    put(&mut out, &entries, &[b"Contents", b"Resources"]);
    out.extend_from_slice(b"/Resources<<");
    out.extend_from_slice(&resources.others);
    out.extend_from_slice(b"/XObject<<");
    out.extend_from_slice(&resources.forms);
    out.extend_from_slice(format!("/{} {form} 0 R>>>>/Contents[{contents}]>>", resources.name).as_bytes());
    out
}
