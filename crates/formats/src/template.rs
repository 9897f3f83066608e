//! Templates: static pieces and, for each place of a site, its bytes for each variant.
//!
//! The format is specified in `docs/formats/template.md`. Making a copy reads nothing else.

use tellmark_core::{Choices, limits};

use crate::Error;
use crate::edit::{Edit, What};
use crate::zip::ZipPart;

const MAGIC: &[u8; 8] = b"tmtmpl\0\x01";
const BYTES_MAX: usize = 1 << 30;

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
    /// A zip file of which one entry differs.
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

    fn push_static(&mut self, bytes: &[u8]) {
        match self.0.last_mut() {
            _ if bytes.is_empty() => {}
            Some(Piece::Static(last)) => last.extend_from_slice(bytes),
            _ => self.0.push(Piece::Static(bytes.to_vec())),
        }
    }

    fn write(&self, choices: &[u8], out: &mut Vec<u8>) {
        for piece in &self.0 {
            match piece {
                Piece::Static(bytes) => out.extend_from_slice(bytes),
                Piece::Slot { site, forms } => {
                    out.extend_from_slice(&forms[usize::from(choices[*site as usize])]);
                }
            }
        }
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
    /// [`Error::Template`] when they are not one valid variant a site.
    pub fn write(&self, choices: &Choices, out: &mut Vec<u8>) -> Result<(), Error> {
        let fits = choices.0.len() == self.variants.len()
            && choices.0.iter().zip(&self.variants).all(|(choice, variants)| choice < variants);
        if !fits {
            return Err(Error::Template("the choices are not one variant for each of its sites".into()));
        }
        for part in &self.parts {
            match part {
                Part::Plain(pieces) => pieces.write(&choices.0, out),
                Part::Base64 { pieces, line, crlf } => {
                    let mut plain = Vec::new();
                    pieces.write(&choices.0, &mut plain);
                    write_base64(&plain, usize::from(*line), *crlf, out);
                }
                Part::Zip(zip) => zip.write(&choices.0, out)?,
            }
        }
        Ok(())
    }

    /// The template as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer(MAGIC.to_vec());
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
                Part::Zip(zip) => {
                    out.0.push(2);
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
        let mut input = Reader { bytes, variants: Vec::new() };
        if input.take(MAGIC.len())? != MAGIC {
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
                2 => Part::Zip(ZipPart::decode(&mut input)?),
                _ => return Err(Error::Template("it has a part of a newer version".into())),
            });
        }
        match input.bytes.is_empty() {
            true => Ok(Template { variants, parts }),
            false => Err(Error::Template("there is something behind its end".into())),
        }
    }
}

fn write_base64(plain: &[u8], line: usize, crlf: bool, out: &mut Vec<u8>) {
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
            }
        }
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
                _ => return Err(Error::Template("it has a piece of a newer version".into())),
            });
        }
        Ok(Pieces(pieces))
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

    #[test]
    fn what_is_written_is_read_and_damage_is_refused() {
        let bytes = template().to_bytes();
        assert_eq!(Template::from_bytes(&bytes), Ok(template()));
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
