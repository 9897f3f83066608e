//! Mutants of files, for tests of parsers.

use crate::Random;

/// One change that a fuzzer would try: bytes flipped, cut, doubled, or taken from one of these files, of which there is at
/// least one.
pub fn mutate(random: &mut Random, files: &[Vec<u8>], bytes: &mut Vec<u8>) {
    const SPECIAL: [&[u8]; 12] = [
        b"\0",
        b"\xff\xff\xff\xff",
        b"<",
        b">",
        b"&",
        b"{",
        b"|",
        b"}",
        b"\r\n",
        b"=",
        b"\"",
        b"\xef\xbb\xbf",
    ];
    let at = random.below(bytes.len() + 1);
    let to = (at + 1 + random.below(16)).min(bytes.len());
    match random.below(6) {
        0 if at < to => bytes[at] ^= 1 << random.below(8),
        1 if at < to => drop(bytes.drain(at..to)),
        2 if at < to => {
            let piece = bytes[at..to].repeat(1 + random.below(20));
            bytes.splice(at..at, piece);
        }
        3 => drop(bytes.splice(at..at, random.pick(&SPECIAL).iter().copied())),
        4 if at < to => bytes[at] = random.next_u64() as u8,
        _ => {
            let other = &files[random.below(files.len())];
            let from = random.below(other.len() + 1);
            let piece = other[from..(from + random.below(64)).min(other.len())].to_vec();
            bytes.splice(at..at, piece);
        }
    }
}
