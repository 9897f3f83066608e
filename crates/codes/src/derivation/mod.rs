//! Codewords from keys: version 1 of the derivation, specified in `docs/formats/codeword.md`.

mod keystream;

use std::sync::OnceLock;

use tellmark_core::{CopyId, Hash};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::Error;
use keystream::Prefixes;
pub(crate) use keystream::{Drawn, Keystream, Place, REDRAW, SYMBOLS};

/// The version of the derivation that this crate implements.
pub const DERIVATION_VERSION: u32 = 1;
/// The domain of copies.
const COPY: u8 = 0;
/// The domain of decoys.
const DECOY: u8 = 1;

/// The secret of a lineage: whoever has it can make any copy.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct LineageKey([u8; 32]);

impl std::fmt::Debug for LineageKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LineageKey(..)")
    }
}

impl LineageKey {
    /// A key of these bytes.
    pub fn new(bytes: [u8; 32]) -> LineageKey {
        LineageKey(bytes)
    }

    /// A hash that may be published: it recognises the key and does not give it away.
    pub fn hash(&self) -> Hash {
        Hash::of_fields("tellmark lineage key hash v1", &[&self.0])
    }
}

/// A site as the code sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The nonce of the release in which the site first appeared.
    pub nonce: [u8; 32],
    /// The site's number there.
    pub ordinal: u32,
    /// How many variants it has, 2 to 16.
    pub variants: u8,
}

/// Draws codewords for a list of columns. One site is one draw: it depends on the key, the nonce, the ordinal
/// and the copy's id, and on nothing else, whichever other columns there are.
#[derive(Debug)]
pub struct Codebook<'a> {
    columns: &'a [Column],
    keystream: Keystream,
    /// What is hashed before a copy's id and its length.
    copies: Prefixes,
    /// What is hashed before the ids of a length, once it is known that there are any.
    by_length: Vec<OnceLock<Prefixes>>,
    /// What is hashed before a decoy's number, which is always of one length.
    decoys: Prefixes,
}

impl<'a> Codebook<'a> {
    /// Prepares to draw.
    ///
    /// # Errors
    /// [`Error::Variants`] when a column has fewer than 2 or more than 16 variants.
    pub fn new(key: &LineageKey, columns: &'a [Column]) -> Result<Codebook<'a>, Error> {
        for (column, Column { variants, .. }) in columns.iter().enumerate() {
            if !(2..=16).contains(variants) {
                return Err(Error::Variants { column, variants: usize::from(*variants) });
            }
        }
        let keystream = Keystream::new(columns);
        let copies = keystream.prefixes(key, COPY);
        let decoys = keystream.prefixes(key, DECOY).before(size_of::<u32>());
        let by_length = (0..=CopyId::CHARS_MAX).map(|_| OnceLock::new()).collect();
        Ok(Codebook { columns, keystream, copies, by_length, decoys })
    }

    /// The variants of a copy, one a column. `out` must be as long as the columns.
    pub fn codeword(&self, copy: &CopyId, out: &mut [u8]) {
        let mut drawn = Drawn::default();
        self.keystreams(copy.as_str(), &mut drawn);
        self.symbols(&drawn, out);
    }

    /// The variants of a decoy: a copy that was never made, in a domain of its own.
    pub fn decoy(&self, index: u32, out: &mut [u8]) {
        let mut drawn = Drawn::default();
        self.keystream.draw(&self.decoys, &index.to_le_bytes(), &mut drawn);
        self.symbols(&drawn, out);
    }

    /// The variants that a copy would have under another key: what chance could have dealt.
    pub fn under(&self, key: &LineageKey, copy: &CopyId, out: &mut [u8]) {
        let id = copy.as_str().as_bytes();
        let mut drawn = Drawn::default();
        self.keystream.draw(&self.keystream.prefixes(key, COPY).before(id.len()), id, &mut drawn);
        self.symbols(&drawn, out);
    }

    /// The keystreams of the copy with this id.
    pub(crate) fn keystreams(&self, id: &str, drawn: &mut Drawn) {
        let before = || self.copies.clone().before(id.len());
        match self.by_length.get(id.len()) {
            Some(known) => self.keystream.draw(known.get_or_init(before), id.as_bytes(), drawn),
            None => self.keystream.draw(&before(), id.as_bytes(), drawn),
        }
    }

    fn symbols(&self, drawn: &Drawn, out: &mut [u8]) {
        debug_assert_eq!(out.len(), self.columns.len());
        let mut unfair = Vec::new();
        for place in &self.keystream.places {
            let symbol = SYMBOLS[usize::from(place.variants)][usize::from(drawn.bytes[place.at])];
            out[place.column] = symbol;
            if symbol == REDRAW {
                unfair.push(*place);
            }
        }
        self.keystream.redraw(drawn, &mut unfair, |place, symbol| out[place.column] = symbol);
    }

    pub(crate) fn columns(&self) -> &'a [Column] {
        self.columns
    }

    pub(crate) fn keystream(&self) -> &Keystream {
        &self.keystream
    }
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20;
    use chacha20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};

    use super::*;

    fn columns(ordinals: &[u32], variants: u8) -> Vec<Column> {
        ordinals.iter().map(|&ordinal| Column { nonce: [3; 32], ordinal, variants }).collect()
    }

    fn draw(columns: &[Column], id: &str) -> Vec<u8> {
        let mut out = vec![0; columns.len()];
        Codebook::new(&LineageKey::new([5; 32]), columns)
            .unwrap()
            .codeword(&CopyId::parse(id).unwrap(), &mut out);
        out
    }

    /// The specification to the letter, one byte at a time.
    fn specified(key: &[u8; 32], domain: u8, id: &[u8], column: &Column) -> u8 {
        let length = |field: &[u8]| (field.len() as u64).to_le_bytes();
        let message: [&[u8]; 6] =
            [b"tellmark codeword v1", &[domain], &length(&column.nonce), &column.nonce, &length(id), id];
        let key = *blake3::keyed_hash(key, &message.concat()).as_bytes();
        let draw = |attempt: u32| {
            let mut nonce = [0; 12];
            nonce[..4].copy_from_slice(&attempt.to_le_bytes());
            let mut cipher = ChaCha20::new((&key).into(), (&nonce).into());
            let mut byte = [0];
            cipher.seek(u64::from(column.ordinal));
            cipher.apply_keystream(&mut byte);
            u32::from(byte[0])
        };
        let variants = u32::from(column.variants);
        (0..).map(draw).find(|&byte| byte < 256 - 256 % variants).map_or(0, |byte| (byte % variants) as u8)
    }

    #[test]
    fn every_draw_is_that_of_the_specification() {
        let ordinals = [0, 1, 63, 64, 255, 256, 300, 600, 4096, 4400, 1_000_000, u32::MAX - 64, u32::MAX];
        let columns: Vec<Column> = (0..=2u8)
            .flat_map(|nonce| ordinals.map(|ordinal| (nonce, ordinal)))
            .zip((2..=16).cycle())
            .map(|((nonce, ordinal), variants)| Column { nonce: [7 - nonce; 32], ordinal, variants })
            .collect();
        let (own, other) = ([5; 32], [6; 32]);
        let book = Codebook::new(&LineageKey::new(own), &columns).unwrap();
        let expected = |key, domain, id: &[u8]| -> Vec<u8> {
            columns.iter().map(|column| specified(key, domain, id, column)).collect()
        };
        let mut drawn = vec![0; columns.len()];
        for number in 0..200u32 {
            let copy = CopyId::parse(&format!("{}{number}", "é".repeat(number as usize / 4))).unwrap();
            let id = copy.as_str().as_bytes();
            book.codeword(&copy, &mut drawn);
            assert_eq!(drawn, expected(&own, 0, id));
            book.under(&LineageKey::new(other), &copy, &mut drawn);
            assert_eq!(drawn, expected(&other, 0, id));
            book.decoy(number, &mut drawn);
            assert_eq!(drawn, expected(&own, 1, &number.to_le_bytes()));
        }
    }

    #[test]
    fn one_site_is_one_draw_whatever_stands_beside_it() {
        let all: Vec<u32> = (0..1000).collect();
        let whole = draw(&columns(&all, 7), "r1");
        for subset in [vec![0], vec![999, 3, 500], vec![63, 64, 65], vec![128, 900]] {
            let part = draw(&columns(&subset, 7), "r1");
            let expected: Vec<u8> = subset.iter().map(|&i| whole[i as usize]).collect();
            assert_eq!(part, expected);
        }
    }

    #[test]
    fn symbols_are_uniform_and_copies_differ() {
        let all: Vec<u32> = (0..60_000).collect();
        for variants in [2, 3, 5, 7, 11, 13, 16] {
            let drawn = draw(&columns(&all, variants), "r1");
            let mut counts = vec![0u32; variants.into()];
            drawn.iter().for_each(|&s| counts[usize::from(s)] += 1);
            let expected = 60_000.0 / f64::from(variants);
            let chi: f64 = counts.iter().map(|&c| (f64::from(c) - expected).powi(2) / expected).sum();
            assert!(chi < 50.0, "{variants}: {chi}");
        }
        assert_ne!(draw(&columns(&all[..64], 2), "r1"), draw(&columns(&all[..64], 2), "r2"));
    }

    #[test]
    fn odd_columns_are_refused() {
        for variants in [0, 1, 17] {
            assert!(Codebook::new(&LineageKey::new([0; 32]), &columns(&[0], variants)).is_err());
        }
    }
}
