//! Templates: static pieces and, for each place of a site, its bytes for each variant.
//!
//! The format is specified in `docs/formats/template.md`. Making a copy reads nothing else.

use tellmark_core::{Choices, Recipient, limits};

use crate::Error;
use crate::edit::{Edit, What};
use crate::packed::ZipPart;
use crate::visible::{Field, Script, unwritable};

const MAGIC: &[u8; 7] = b"tmtmpl\0";
/// What a template without fields is written as.
const PLAIN_VERSION: u8 = 1;
/// What a template is written as of which a roster's line fills in pieces.
const FIELDS_VERSION: u8 = 2;
/// The newest version: such pieces in letters of a font that the file brings.
const VERSION: u8 = 3;
const BYTES_MAX: usize = 1 << 30;
/// Bytes that a field may be filled up to.
const WIDTH_MAX: u32 = 1 << 16;

/// Everything that making a copy takes, for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// How many variants each site has.
    variants: Vec<u8>,
    parts: Vec<Part>,
}

/// Parts of the output, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Pieces as they are.
    Plain(Pieces),
    /// Pieces that are encoded in base64, in lines of so many characters with this end.
    Base64 { pieces: Pieces, line: u16, crlf: bool },
    /// A zip file of which some entries differ.
    Zip(ZipPart),
}

impl From<Pieces> for Part {
    fn from(pieces: Pieces) -> Part {
        Part::Plain(pieces)
    }
}

/// Bytes with places that differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pieces(pub Vec<Piece>);

/// A piece of the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// The same in every copy.
    Static(Vec<u8>),
    /// One of several.
    Slot {
        /// Index of the site.
        site: u32,
        /// One a variant.
        forms: Vec<Vec<u8>>,
    },
    /// What the roster says of the copy's holder.
    Field {
        /// Which of it.
        field: Field,
        /// How it is written.
        script: Script,
        /// Blanks are added up to so many bytes, and no more are allowed; any number where it is 0.
        width: u32,
    },
}

/// What a copy is made for: its variants, and the line of the roster that fields are filled from.
#[derive(Debug, Clone, Copy)]
pub struct Copy<'a> {
    pub choices: &'a [u8],
    pub holder: Option<&'a Recipient>,
}

impl Copy<'_> {
    /// What a field says in this copy.
    pub fn field(&self, field: Field, script: Script, width: u32) -> Result<Vec<u8>, Error> {
        let Some(holder) = self.holder else {
            return Err(Error::Template("it has a line for each copy, and nobody's was given".into()));
        };
        let said = field.of(holder);
        let mut written =
            script.write(said).ok_or_else(|| Error::Visible(unwritable(script, said)))?.into_bytes();
        let width = width as usize;
        if width > 0 && written.len() > width {
            return Err(Error::Visible(format!("{said:?} is too long for it")));
        }
        written.resize(written.len().max(width), b' ');
        Ok(written)
    }
}

impl Pieces {
    /// Cuts bytes at edits, which are in order and do not overlap.
    pub fn cut(bytes: &[u8], edits: &[Edit]) -> Pieces {
        let mut pieces = Pieces::default();
        let mut from = 0;
        for edit in edits {
            pieces.push_static(&bytes[from..edit.span.start]);
            match &edit.what {
                What::Fixed(text) => pieces.push_static(text.as_bytes()),
                What::Site { site, forms } => {
                    let forms = forms.iter().map(|form| form.clone().into_bytes()).collect();
                    pieces.0.push(Piece::Slot { site: *site, forms });
                }
            }
            from = edit.span.end;
        }
        pieces.push_static(&bytes[from..]);
        pieces
    }

    /// The same with other pieces put in at a byte that no edit touches.
    pub fn cut_around(bytes: &[u8], edits: &[Edit], at: usize, more: Vec<Piece>) -> Pieces {
        let split = edits.partition_point(|edit| edit.span.end <= at);
        let later = edits[split..].iter().map(|edit| Edit {
            span: edit.span.start.saturating_sub(at)..edit.span.end.saturating_sub(at),
            what: edit.what.clone(),
        });
        let mut pieces = Pieces::cut(&bytes[..at], &edits[..split]);
        let behind = Pieces::cut(&bytes[at..], &later.collect::<Vec<_>>());
        pieces.append(Pieces(more));
        pieces.append(behind);
        pieces
    }

    /// Adds pieces behind these.
    pub fn append(&mut self, more: Pieces) {
        more.0.into_iter().for_each(|piece| self.push(piece));
    }

    fn push(&mut self, piece: Piece) {
        match piece {
            Piece::Static(bytes) => self.push_static(&bytes),
            other => self.0.push(other),
        }
    }

    fn fields(&self) -> impl Iterator<Item = (Field, Script, u32)> + '_ {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Field { field, script, width } => Some((*field, *script, *width)),
            _ => None,
        })
    }

    fn push_static(&mut self, bytes: &[u8]) {
        match self.0.last_mut() {
            _ if bytes.is_empty() => {}
            Some(Piece::Static(last)) => last.extend_from_slice(bytes),
            _ => self.0.push(Piece::Static(bytes.to_vec())),
        }
    }

    fn write(&self, copy: Copy<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
        for piece in &self.0 {
            match piece {
                Piece::Static(bytes) => out.extend_from_slice(bytes),
                Piece::Slot { site, forms } => {
                    out.extend_from_slice(&forms[usize::from(copy.choices[*site as usize])]);
                }
                Piece::Field { field, script, width } => {
                    out.extend_from_slice(&copy.field(*field, *script, *width)?);
                }
            }
        }
        Ok(())
    }
}

impl Template {
    pub(crate) fn new(variants: Vec<u8>, parts: Vec<Part>) -> Template {
        Template { variants, parts }
    }

    /// How many variants each site has.
    pub fn variants(&self) -> &[u8] {
        &self.variants
    }

    /// Appends the copy that has these choices.
    ///
    /// # Errors
    /// [`Error::Template`] when they are not one valid variant a site, or each copy has a line of its own.
    pub fn write(&self, choices: &Choices, out: &mut Vec<u8>) -> Result<(), Error> {
        self.make(choices, None, out)
    }

    /// The same for a holder, who stands in the copy's visible line where it has one.
    ///
    /// # Errors
    /// [`Error::Template`] when the choices are not one valid variant a site, [`Error::Visible`] when the line cannot say
    /// what the roster does.
    pub fn write_for(&self, choices: &Choices, holder: &Recipient, out: &mut Vec<u8>) -> Result<(), Error> {
        self.make(choices, Some(holder), out)
    }

    /// Whether the visible line of a copy can say what the roster does of this holder.
    ///
    /// # Errors
    /// [`Error::Visible`] with what it cannot say.
    pub fn suits(&self, holder: &Recipient) -> Result<(), Error> {
        let copy = Copy { choices: &[], holder: Some(holder) };
        self.fields().try_for_each(|(field, script, width)| copy.field(field, script, width).map(drop))
    }

    /// The first version that knows all that is in it.
    fn version(&self) -> u8 {
        let is_newer = |part: &Part| matches!(part, Part::Zip(zip) if !zip.is_single());
        if self.fields().any(|(_, script, _)| script == Script::PdfUtf16) {
            return VERSION;
        }
        match self.fields().next().is_some() || self.parts.iter().any(is_newer) {
            true => FIELDS_VERSION,
            false => PLAIN_VERSION,
        }
    }

    fn fields(&self) -> impl Iterator<Item = (Field, Script, u32)> + '_ {
        self.parts.iter().flat_map(|part| -> Box<dyn Iterator<Item = (Field, Script, u32)> + '_> {
            match part {
                Part::Plain(pieces) | Part::Base64 { pieces, .. } => Box::new(pieces.fields()),
                Part::Zip(zip) => Box::new(zip.fields()),
            }
        })
    }

    fn make(&self, choices: &Choices, holder: Option<&Recipient>, out: &mut Vec<u8>) -> Result<(), Error> {
        let fits = choices.0.len() == self.variants.len()
            && choices.0.iter().zip(&self.variants).all(|(choice, variants)| choice < variants);
        if !fits {
            return Err(Error::Template("the choices are not one variant for each of its sites".into()));
        }
        let copy = Copy { choices: &choices.0, holder };
        for part in &self.parts {
            match part {
                Part::Plain(pieces) => pieces.write(copy, out)?,
                Part::Base64 { pieces, line, crlf } => {
                    let mut plain = Vec::new();
                    pieces.write(copy, &mut plain)?;
                    write_base64(&plain, usize::from(*line), *crlf, out);
                }
                Part::Zip(zip) => zip.write(copy, out)?,
            }
        }
        Ok(())
    }

    /// The template as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer(MAGIC.to_vec());
        out.0.push(self.version());
        out.bytes(&self.variants);
        out.count(self.parts.len());
        for part in &self.parts {
            match part {
                Part::Plain(pieces) => {
                    out.0.push(0);
                    out.pieces(pieces);
                }
                Part::Base64 { pieces, line, crlf } => {
                    out.0.push(1);
                    out.0.extend_from_slice(&line.to_le_bytes());
                    out.0.push(u8::from(*crlf));
                    out.pieces(pieces);
                }
                Part::Zip(zip) if zip.is_single() => {
                    out.0.push(2);
                    zip.encode_single(&mut out);
                }
                Part::Zip(zip) => {
                    out.0.push(3);
                    zip.encode(&mut out);
                }
            }
        }
        out.0
    }

    /// Reads what [`Template::to_bytes`] wrote. The input may be hostile.
    ///
    /// # Errors
    /// [`Error::Template`] when it is damaged, of a newer version, or refers to a site it does not have.
    pub fn from_bytes(bytes: &[u8]) -> Result<Template, Error> {
        if bytes.len() > BYTES_MAX {
            return Err(Error::Template("it is too large".into()));
        }
        let mut input = Reader { bytes, variants: Vec::new(), version: 0 };
        let is_template = input.take(MAGIC.len())? == MAGIC;
        input.version = input.take(1)?[0];
        if !is_template || !(PLAIN_VERSION..=VERSION).contains(&input.version) {
            return Err(Error::Template("it is of a newer version, or no template".into()));
        }
        let variants = input.bytes()?.to_vec();
        if variants.len() > limits::SITES_MAX || variants.iter().any(|q| !(2..=16).contains(q)) {
            return Err(Error::Template("its sites are not possible ones".into()));
        }
        input.variants = variants.clone();
        let mut parts = Vec::new();
        for _ in 0..input.count()? {
            parts.push(match input.take(1)?[0] {
                0 => Part::Plain(input.pieces()?),
                1 => {
                    let line = u16::from_le_bytes([input.take(1)?[0], input.take(1)?[0]]);
                    let crlf = input.take(1)?[0] == 1;
                    Part::Base64 { pieces: input.pieces()?, line, crlf }
                }
                2 => Part::Zip(ZipPart::decode_single(&mut input)?),
                3 if input.has_fields() => Part::Zip(ZipPart::decode(&mut input)?),
                _ => return Err(Error::Template("it has a part of a newer version".into())),
            });
        }
        match input.bytes.is_empty() {
            true => Ok(Template { variants, parts }),
            false => Err(Error::Template("there is something behind its end".into())),
        }
    }
}

/// Appends bytes in base64, in lines of so many characters; no line end follows the last.
pub fn write_base64(plain: &[u8], line: usize, crlf: bool, out: &mut Vec<u8>) {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(plain);
    for (index, piece) in text.as_bytes().chunks(line.max(4)).enumerate() {
        if index > 0 {
            out.extend_from_slice(if crlf { b"\r\n" } else { b"\n" });
        }
        out.extend_from_slice(piece);
    }
}

/// Writes counts and byte strings: each with its length before it, 4 bytes, little endian.
pub struct Writer(pub Vec<u8>);

impl Writer {
    pub fn count(&mut self, count: usize) {
        self.0.extend_from_slice(&(count as u32).to_le_bytes());
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    pub fn pieces(&mut self, pieces: &Pieces) {
        self.count(pieces.0.len());
        for piece in &pieces.0 {
            match piece {
                Piece::Static(bytes) => {
                    self.0.push(0);
                    self.bytes(bytes);
                }
                Piece::Slot { site, forms } => {
                    self.0.push(1);
                    self.slot(*site, forms);
                }
                Piece::Field { field, script, width } => {
                    self.0.push(2);
                    self.field(*field, *script, *width);
                }
            }
        }
    }

    pub fn field(&mut self, field: Field, script: Script, width: u32) {
        self.0.extend_from_slice(&[field as u8, script as u8]);
        self.count(width as usize);
    }

    pub fn slot(&mut self, site: u32, forms: &[Vec<u8>]) {
        self.count(site as usize);
        self.count(forms.len());
        forms.iter().for_each(|form| self.bytes(form));
    }
}

/// Reads what [`Writer`] wrote, and believes nothing.
pub struct Reader<'a> {
    bytes: &'a [u8],
    variants: Vec<u8>,
    version: u8,
}

impl<'a> Reader<'a> {
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) =
            self.bytes.split_at_checked(length).ok_or_else(|| Error::Template("it ends too early".into()))?;
        self.bytes = rest;
        Ok(taken)
    }

    /// A count of things that take at least a byte each, so that no length is believed that cannot be.
    pub fn count(&mut self) -> Result<usize, Error> {
        let number = self.number()?;
        match number as usize > self.bytes.len() {
            true => Err(Error::Template("it ends too early".into())),
            false => Ok(number as usize),
        }
    }

    pub fn number(&mut self) -> Result<u32, Error> {
        let taken = self.take(4)?;
        Ok(u32::from_le_bytes([taken[0], taken[1], taken[2], taken[3]]))
    }

    pub fn bytes(&mut self) -> Result<&'a [u8], Error> {
        let length = self.count()?;
        self.take(length)
    }

    pub fn pieces(&mut self) -> Result<Pieces, Error> {
        let mut pieces = Vec::new();
        for _ in 0..self.count()? {
            pieces.push(match self.take(1)?[0] {
                0 => Piece::Static(self.bytes()?.to_vec()),
                1 => {
                    let (site, forms) = self.slot()?;
                    Piece::Slot { site, forms }
                }
                2 if self.has_fields() => {
                    let (field, script, width) = self.field()?;
                    Piece::Field { field, script, width }
                }
                _ => return Err(Error::Template("it has a piece of a newer version".into())),
            });
        }
        Ok(Pieces(pieces))
    }

    /// Whether fields may stand in what is read.
    pub fn has_fields(&self) -> bool {
        self.version >= FIELDS_VERSION
    }

    pub fn field(&mut self) -> Result<(Field, Script, u32), Error> {
        let (field, script) = (self.take(1)?[0], self.take(1)?[0]);
        let width = self.number()?;
        match (Field::numbered(field), Script::numbered(script)) {
            (Some(_), Some(Script::PdfUtf16)) if self.version < VERSION => {
                Err(Error::Template("it has a field of a newer version".into()))
            }
            (Some(field), Some(script)) if width <= WIDTH_MAX => Ok((field, script, width)),
            _ => Err(Error::Template("it has a field of a newer version".into())),
        }
    }

    pub fn slot(&mut self) -> Result<(u32, Vec<Vec<u8>>), Error> {
        let site = self.number()?;
        let count = self.count()?;
        let known = self.variants.get(site as usize).copied();
        if known.map(usize::from) != Some(count) {
            return Err(Error::Template("a slot belongs to no site of it".into()));
        }
        let forms = (0..count).map(|_| self.bytes().map(<[u8]>::to_vec)).collect::<Result<_, _>>()?;
        Ok((site, forms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template() -> Template {
        let slot = Piece::Slot { site: 0, forms: vec![b"before".to_vec(), b"prior to".to_vec()] };
        let pieces =
            Pieces(vec![Piece::Static(b"They met ".to_vec()), slot, Piece::Static(b" noon.".to_vec())]);
        let base64 = Part::Base64 { pieces: pieces.clone(), line: 8, crlf: true };
        Template::new(
            vec![2],
            vec![pieces.into(), Part::Plain(Pieces(vec![Piece::Static(b"|".to_vec())])), base64],
        )
    }

    #[test]
    fn copies_are_concatenations() {
        let mut out = Vec::new();
        template().write(&Choices(vec![1]), &mut out).unwrap();
        assert_eq!(out, b"They met prior to noon.|VGhleSBt\r\nZXQgcHJp\r\nb3IgdG8g\r\nbm9vbi4=");
        assert!(template().write(&Choices(vec![2]), &mut out).is_err());
        assert!(template().write(&Choices(vec![]), &mut out).is_err());
    }

    fn with_fields() -> Template {
        let field = |field, script, width| Piece::Field { field, script, width };
        let line = Pieces(vec![
            Piece::Static(b"<".to_vec()),
            field(Field::Id, Script::Plain, 0),
            Piece::Static(b"|".to_vec()),
            field(Field::Name, Script::Xml, 0),
            Piece::Static(b"|".to_vec()),
            field(Field::Group, Script::PdfHex, 8),
            Piece::Static(b">".to_vec()),
        ]);
        let mut template = template();
        template.parts.push(line.into());
        template
    }

    #[test]
    fn fields_are_filled_from_the_roster() {
        let holder = |name: &str, group: &str| Recipient {
            id: tellmark_core::CopyId::parse("r1").unwrap(),
            name: name.into(),
            email: String::new(),
            group: group.into(),
        };
        let mut out = Vec::new();
        with_fields().write_for(&Choices(vec![0]), &holder("A & {id}", "é1"), &mut out).unwrap();
        assert!(out.ends_with(b"<r1|A &amp; {id}|E931    >"), "{}", String::from_utf8_lossy(&out));
        for (group, why) in [("12345", "too long"), ("\u{416}", "lacks")] {
            let holder = holder("Ada", group);
            let error = with_fields().suits(&holder).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
            assert!(with_fields().write_for(&Choices(vec![0]), &holder, &mut Vec::new()).is_err());
        }
        assert!(with_fields().suits(&holder("", "")).is_ok());
        assert!(with_fields().write(&Choices(vec![0]), &mut out).is_err(), "nobody's line");
    }

    #[test]
    fn templates_without_fields_are_those_of_the_first_version() {
        assert_eq!(template().to_bytes()[..8], *b"tmtmpl\0\x01");
        assert_eq!(with_fields().to_bytes()[..8], *b"tmtmpl\0\x02");
        assert_eq!(Template::from_bytes(&with_fields().to_bytes()), Ok(with_fields()));
        // A field is no piece of the first version.
        let mut older = with_fields().to_bytes();
        older[7] = 1;
        assert!(Template::from_bytes(&older).is_err());
        older[7] = 4;
        assert!(Template::from_bytes(&older).is_err());
        // Nor is one in letters of a font a piece of the second.
        let field = Piece::Field { field: Field::Name, script: Script::PdfUtf16, width: 40 };
        let newest = Template::new(vec![], vec![Pieces(vec![field]).into()]);
        let mut older = newest.to_bytes();
        assert_eq!((older[7], Template::from_bytes(&older)), (3, Ok(newest)));
        older[7] = 2;
        assert!(Template::from_bytes(&older).is_err());
    }

    /// What older programs wrote is read for ever, and what is written is that (docs/formats/template.md).
    #[test]
    fn stored_templates_are_known_by_their_bytes() {
        let line = Pieces(vec![
            Piece::Static(b"Copy ".to_vec()),
            Piece::Field { field: Field::Name, script: Script::Xml, width: 0 },
        ]);
        let slot = Piece::Slot { site: 0, forms: vec![b"a".to_vec(), b"be".to_vec()] };
        let one = Template::new(vec![2], vec![Pieces(vec![slot.clone()]).into()]);
        let two = Template::new(vec![2], vec![Pieces(vec![slot]).into(), line.into()]);
        // Magic and version; variants; parts; for each its kind and its pieces.
        let slot = "00 01000000 01 00000000 02000000 01000000 61 02000000 6265";
        let line = "00 02000000 00 05000000 436f707920 02 01 01 00000000";
        for (template, hex) in [
            (one, format!("746d746d706c00 01 01000000 02 01000000 {slot}")),
            (two, format!("746d746d706c00 02 01000000 02 02000000 {slot} {line}")),
        ] {
            let hex = hex.replace(' ', "");
            let bytes: Vec<u8> = (0..hex.len() / 2)
                .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
                .collect();
            assert_eq!(template.to_bytes(), bytes);
            assert_eq!(Template::from_bytes(&bytes), Ok(template));
        }
    }

    #[test]
    fn what_is_written_is_read_and_damage_is_refused() {
        let bytes = with_fields().to_bytes();
        for cut in 0..bytes.len() {
            assert!(Template::from_bytes(&bytes[..cut]).is_err(), "{cut}");
        }
        for at in 0..bytes.len() {
            let mut mutant = bytes.clone();
            mutant[at] ^= 0xff;
            if let Ok(template) = Template::from_bytes(&mutant) {
                let _ = template.write(&Choices(vec![1]), &mut Vec::new());
            }
        }
    }
}
