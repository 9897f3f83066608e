//! Where the bytes of columns lie in the keystreams of a copy, and the quickest way to them.
//!
//! Two things cost time: a copy's key, one keyed hash, and its keystream. All copies share what is hashed before
//! the id, so that is hashed once. ChaCha20 in wide registers makes four blocks in the time of one, so blocks are
//! asked for in groups of four, and a redraw looks into its whole group.

use blake3::Hasher;
use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use zeroize::Zeroize;

use super::{Column, LineageKey};

const BLOCK: usize = 64;
/// Bytes of the keystream that are made at once.
const GROUP: usize = 4 * BLOCK;
/// What [`SYMBOLS`] says of a byte in the part that would make some symbols likelier than others.
pub const REDRAW: u8 = 16;
/// The symbol of each byte, by the number of variants.
pub static SYMBOLS: [[u8; 256]; 17] = symbols();

const fn symbols() -> [[u8; 256]; 17] {
    let mut symbols = [[REDRAW; 256]; 17];
    let mut variants = 1;
    while variants <= 16 {
        let mut byte = 0;
        while byte < 256 - 256 % variants {
            symbols[variants][byte] = (byte % variants) as u8;
            byte += 1;
        }
        variants += 1;
    }
    symbols
}

/// Which parts of which keystreams a list of columns needs. The parts of all releases of origin stand one after
/// the other in one buffer.
#[derive(Debug)]
pub struct Keystream {
    origins: Vec<Origin>,
    /// Bytes of the buffer.
    pub bytes: usize,
    /// The columns in the order of their bytes.
    pub places: Vec<Place>,
}

/// A column's byte in the buffer.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Index of the byte.
    pub at: usize,
    /// Index of the column.
    pub column: usize,
    /// How many variants the column has.
    pub variants: u8,
}

/// One release of origin: whole groups of its keystream, neighbours joined.
#[derive(Debug)]
struct Origin {
    nonce: [u8; 32],
    runs: Vec<Run>,
}

#[derive(Debug)]
struct Run {
    /// Where the run begins in the keystream.
    from: u64,
    /// Where it begins in the buffer.
    at: usize,
    length: usize,
}

/// The hash of all that stands before a copy's id, one for each release of origin. Wiped after use.
#[derive(Debug, Clone)]
pub struct Prefixes(Vec<Hasher>);

/// The keys and keystreams of one copy.
#[derive(Debug, Default)]
pub struct Drawn {
    keys: Vec<[u8; 32]>,
    /// Attempt 0, laid out as [`Keystream`] says.
    pub bytes: Vec<u8>,
}

impl Keystream {
    pub fn new(columns: &[Column]) -> Keystream {
        let mut order: Vec<usize> = (0..columns.len()).collect();
        order.sort_by_key(|&i| (columns[i].nonce, columns[i].ordinal));
        let mut layout = Keystream { origins: Vec::new(), bytes: 0, places: Vec::with_capacity(order.len()) };
        for column in order {
            let Column { nonce, ordinal, variants } = columns[column];
            let at = layout.place(nonce, u64::from(ordinal));
            layout.places.push(Place { at, column, variants });
        }
        layout
    }

    /// The place of a byte that lies behind all those before it, and room for it.
    fn place(&mut self, nonce: [u8; 32], ordinal: u64) -> usize {
        if self.origins.last().is_none_or(|origin| origin.nonce != nonce) {
            self.origins.push(Origin { nonce, runs: Vec::new() });
        }
        let from = ordinal - ordinal % BLOCK as u64;
        let Some(origin) = self.origins.last_mut() else { return 0 };
        match origin.runs.last_mut() {
            Some(run) if ordinal < run.from + run.length as u64 => {}
            Some(run) if from == run.from + run.length as u64 => {
                run.length += GROUP;
                self.bytes += GROUP;
            }
            _ => {
                origin.runs.push(Run { from, at: self.bytes, length: GROUP });
                self.bytes += GROUP;
            }
        }
        origin.runs.last().map_or(0, |run| run.at + (ordinal - run.from) as usize)
    }

    /// What is hashed for every copy of a domain, up to where its id's length follows.
    pub fn prefixes(&self, key: &LineageKey, domain: u8) -> Prefixes {
        let of = |origin: &Origin| {
            let mut hasher = Hasher::new_keyed(&key.0);
            hasher.update(b"tellmark codeword v1");
            hasher.update(&[domain]);
            hasher.update(&(origin.nonce.len() as u64).to_le_bytes());
            hasher.update(&origin.nonce);
            hasher
        };
        Prefixes(self.origins.iter().map(of).collect())
    }

    /// The keys and the first attempts of a copy, given what is hashed `before` its id, and the id.
    pub fn draw(&self, before: &Prefixes, id: &[u8], drawn: &mut Drawn) {
        drawn.bytes.resize(self.bytes, 0);
        drawn.keys.clear();
        for (origin, hasher) in self.origins.iter().zip(&before.0) {
            let key = *hasher.clone().update(id).finalize().as_bytes();
            let mut cipher = stream(&key, 0);
            for run in &origin.runs {
                cipher.seek(run.from);
                cipher.write_keystream(&mut drawn.bytes[run.at..][..run.length]);
            }
            drawn.keys.push(key);
        }
    }

    /// Tells the symbols of places whose first attempt was not fair; they are in the order of their bytes.
    pub fn redraw(&self, drawn: &Drawn, unfair: &mut Vec<Place>, mut tell: impl FnMut(Place, u8)) {
        let mut group = [0; GROUP];
        for attempt in 1u32.. {
            if unfair.is_empty() {
                return;
            }
            // Where the group that was made last lies in the buffer.
            let mut made = usize::MAX;
            unfair.retain(|&place| {
                let start = place.at - place.at % GROUP;
                if start != made {
                    self.group(drawn, start, attempt, &mut group);
                    made = start;
                }
                let symbol = SYMBOLS[usize::from(place.variants)][usize::from(group[place.at - start])];
                let is_fair = symbol != REDRAW;
                if is_fair {
                    tell(place, symbol);
                }
                !is_fair
            });
        }
    }

    /// What stands at one group of the buffer in another attempt.
    fn group(&self, drawn: &Drawn, start: usize, attempt: u32, out: &mut [u8; GROUP]) {
        let begins = |origin: &Origin| origin.runs.first().map_or(0, |run| run.at);
        let index = self.origins.partition_point(|origin| begins(origin) <= start).saturating_sub(1);
        let runs = &self.origins[index].runs;
        let run = &runs[runs.partition_point(|run| run.at <= start).saturating_sub(1)];
        let mut cipher = stream(&drawn.keys[index], attempt);
        cipher.seek(run.from + (start - run.at) as u64);
        cipher.write_keystream(out);
    }
}

impl Prefixes {
    /// With the length of the ids that follow: the first block of the hash is then complete.
    pub fn before(mut self, length: usize) -> Prefixes {
        for hasher in &mut self.0 {
            hasher.update(&(length as u64).to_le_bytes());
        }
        self
    }
}

impl Drop for Prefixes {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        self.keys.zeroize();
    }
}

fn stream(key: &[u8; 32], attempt: u32) -> ChaCha20 {
    let mut nonce = [0; 12];
    nonce[..4].copy_from_slice(&attempt.to_le_bytes());
    ChaCha20::new(key.into(), (&nonce).into())
}
