//! Codewords from keys: version 1 of the derivation, specified in `docs/formats/codeword.md`.

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use tellmark_core::{CopyId, Hash};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::Error;

/// The version of the derivation that this crate implements.
pub const DERIVATION_VERSION: u32 = 1;
const BLOCK: usize = 64;

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
    key: LineageKey,
    origins: Vec<Origin>,
    columns: &'a [Column],
}

/// The columns of one release of origin, with the runs of keystream blocks that they need.
#[derive(Debug)]
struct Origin {
    nonce: [u8; 32],
    runs: Vec<Run>,
}

/// Neighbouring keystream blocks and the columns whose bytes lie in them.
#[derive(Debug)]
struct Run {
    first_block: usize,
    blocks: usize,
    /// Byte in the run, and index of the column.
    draws: Vec<(usize, usize)>,
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
        let mut order: Vec<usize> = (0..columns.len()).collect();
        order.sort_by_key(|&i| (columns[i].nonce, columns[i].ordinal));
        let mut origins: Vec<Origin> = Vec::new();
        for index in order {
            let column = &columns[index];
            if origins.last().is_none_or(|origin| origin.nonce != column.nonce) {
                origins.push(Origin { nonce: column.nonce, runs: Vec::new() });
            }
            if let Some(origin) = origins.last_mut() {
                origin.add(column.ordinal as usize, index);
            }
        }
        Ok(Codebook { key: key.clone(), origins, columns })
    }

    /// The variants of a copy, one a column. `out` must be as long as the columns.
    pub fn codeword(&self, copy: &CopyId, out: &mut [u8]) {
        self.draw(0, copy.as_str().as_bytes(), out);
    }

    /// The variants of a decoy: a copy that was never made, in a domain of its own.
    pub fn decoy(&self, index: u32, out: &mut [u8]) {
        self.draw(1, &index.to_le_bytes(), out);
    }

    /// The variants that a copy would have under another key: what chance could have dealt.
    pub fn under(&self, key: &LineageKey, copy: &CopyId, out: &mut [u8]) {
        self.draw_under(key, 0, copy.as_str().as_bytes(), out);
    }

    fn draw(&self, domain: u8, id: &[u8], out: &mut [u8]) {
        self.draw_under(&self.key, domain, id, out);
    }

    fn draw_under(&self, key: &LineageKey, domain: u8, id: &[u8], out: &mut [u8]) {
        debug_assert_eq!(out.len(), self.columns.len());
        let mut buffer = Vec::new();
        for origin in &self.origins {
            let key = copy_key(key, domain, &origin.nonce, id);
            let mut cipher = stream(&key, 0);
            for run in &origin.runs {
                buffer.clear();
                buffer.resize(run.blocks * BLOCK, 0);
                cipher.seek((run.first_block * BLOCK) as u64);
                cipher.apply_keystream(&mut buffer);
                for &(at, column) in &run.draws {
                    let variants = self.columns[column].variants;
                    out[column] = symbol(buffer[at], variants)
                        .unwrap_or_else(|| redraw(&key, run.first_block * BLOCK + at, variants));
                }
            }
        }
    }
}

impl Origin {
    fn add(&mut self, ordinal: usize, column: usize) {
        let block = ordinal / BLOCK;
        match self.runs.last_mut() {
            Some(run) if block <= run.first_block + run.blocks => {
                run.blocks = run.blocks.max(block - run.first_block + 1);
                run.draws.push((ordinal - run.first_block * BLOCK, column));
            }
            _ => {
                self.runs.push(Run { first_block: block, blocks: 1, draws: vec![(ordinal % BLOCK, column)] })
            }
        }
    }
}

/// BLAKE3, keyed by the lineage's key, over a context and the length-prefixed nonce and id.
fn copy_key(key: &LineageKey, domain: u8, nonce: &[u8; 32], id: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_keyed(&key.0);
    hasher.update(b"tellmark codeword v1");
    hasher.update(&[domain]);
    for field in [nonce.as_slice(), id] {
        hasher.update(&(field.len() as u64).to_le_bytes());
        hasher.update(field);
    }
    *hasher.finalize().as_bytes()
}

fn stream(key: &[u8; 32], attempt: u32) -> ChaCha20 {
    let mut nonce = [0; 12];
    nonce[..4].copy_from_slice(&attempt.to_le_bytes());
    ChaCha20::new(key.into(), (&nonce).into())
}

/// A byte as a symbol, unless it lies in the part that would make some symbols likelier than others.
fn symbol(byte: u8, variants: u8) -> Option<u8> {
    let fair = 256 - 256 % u16::from(variants);
    (u16::from(byte) < fair).then_some(byte % variants)
}

/// The next attempts, each with a keystream of its own, until a byte is fair.
fn redraw(key: &[u8; 32], ordinal: usize, variants: u8) -> u8 {
    let mut attempt = 1;
    loop {
        let mut byte = [0];
        let mut cipher = stream(key, attempt);
        cipher.seek(ordinal as u64);
        cipher.apply_keystream(&mut byte);
        if let Some(symbol) = symbol(byte[0], variants) {
            return symbol;
        }
        attempt += 1;
    }
}

#[cfg(test)]
mod tests {
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
