//! Pictures as few programs write them: interlaced PNG, JPEG of any colours and orientation, TIFF of any depth.

use std::io::Write;

/// Bytes in zlib's form.
pub fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A PNG of one chunk after another.
pub fn png(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, body) in chunks {
        out.extend((body.len() as u32).to_be_bytes());
        let content = [&name[..], body].concat();
        out.extend(&content);
        out.extend(crc32fast::hash(&content).to_be_bytes());
    }
    out
}

/// An EXIF block that says how the picture is to be turned.
pub fn exif(orientation: u8) -> Vec<u8> {
    [&b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..], &[orientation, 0, 0, 0, 0, 0, 0, 0]].concat()
}

/// How the pixels of a PNG are stored.
#[derive(Debug, Clone, Copy)]
pub struct Stored {
    /// As the standard numbers them: 0 grey, 2 colour, 3 palette, 4 grey and alpha, 6 colour and alpha.
    pub colour: u8,
    /// Bits a channel.
    pub bits: u8,
    /// Whether it is written in seven passes.
    pub interlaced: bool,
}

impl Stored {
    /// A PNG of shades, each a number of `bits` bits; with a palette the shade's index is the shade.
    pub fn png(self, (width, height): (usize, usize), shade: impl Fn(usize, usize) -> u16) -> Vec<u8> {
        const PASSES: [[usize; 4]; 7] = [
            [0, 0, 8, 8],
            [4, 0, 8, 8],
            [0, 4, 4, 8],
            [2, 0, 4, 4],
            [0, 2, 2, 4],
            [1, 0, 2, 2],
            [0, 1, 1, 2],
        ];
        let passes = if self.interlaced { &PASSES[..] } else { &[[0, 0, 1, 1]] };
        let mut rows = Vec::new();
        for [left, top, across, down] in passes {
            if *left >= width {
                continue;
            }
            for y in (*top..height).step_by(*down) {
                rows.push(0);
                rows.extend(self.row((*left..width).step_by(*across).map(|x| shade(x, y))));
            }
        }
        let size = [(width as u32).to_be_bytes(), (height as u32).to_be_bytes()].concat();
        let head = [&size[..], &[self.bits, self.colour, 0, 0, u8::from(self.interlaced)]].concat();
        let mut chunks = vec![(b"IHDR", head), (b"IDAT", zlib(&rows)), (b"IEND", vec![])];
        if self.colour == 3 {
            let most = (1u16 << self.bits) - 1;
            let palette = (0..=most).flat_map(|index| [(index * 255 / most) as u8; 3]).collect();
            chunks.insert(1, (b"PLTE", palette));
        }
        png(&chunks)
    }

    fn row(self, shades: impl Iterator<Item = u16>) -> Vec<u8> {
        let opaque = ((1u32 << self.bits) - 1) as u16;
        let channels = |shade: u16| match self.colour {
            0 | 3 => vec![shade],
            2 => vec![shade; 3],
            4 => vec![shade, opaque],
            _ => vec![shade, shade, shade, opaque],
        };
        let samples: Vec<u16> = shades.flat_map(channels).collect();
        match self.bits {
            16 => samples.iter().flat_map(|sample| sample.to_be_bytes()).collect(),
            8 => samples.iter().map(|sample| *sample as u8).collect(),
            bits => {
                let a_byte = 8 / usize::from(bits);
                let packed = |few: &[u16]| {
                    let shift = |at: usize| 8 - usize::from(bits) * (at + 1);
                    few.iter().enumerate().fold(0, |byte, (at, sample)| byte | (*sample as u8) << shift(at))
                };
                samples.chunks(a_byte).map(packed).collect()
            }
        }
    }
}

/// A baseline JPEG of squares of eight pixels, each of one colour.
#[derive(Debug, Clone, Copy)]
pub struct Squares<'a> {
    /// How many squares in a row, and how many rows.
    pub size: (usize, usize),
    /// One to four numbers for each square, as they stand in the file.
    pub colours: &'a [&'a [u8]],
    /// What Adobe's marker says of the colours, if there is one: 0 as they are, 1 YCbCr, 2 YCCK.
    pub adobe: Option<u8>,
    /// A block that says how the picture is turned, if there is one.
    pub exif: Option<u8>,
    /// Bits of a number; 8, or 12 in files of medical devices.
    pub bits: u8,
}

impl Squares<'_> {
    /// The file.
    pub fn jpeg(&self) -> Vec<u8> {
        let components = self.colours[0].len();
        let mut out = vec![0xff, 0xd8];
        let mut segment = |marker: u8, body: &[u8]| {
            out.extend([0xff, marker]);
            out.extend((body.len() as u16 + 2).to_be_bytes());
            out.extend_from_slice(body);
        };
        if let Some(orientation) = self.exif {
            segment(0xe1, &[b"Exif\0\0", &exif(orientation)[..]].concat());
        }
        if let Some(transform) = self.adobe {
            segment(0xee, &[&b"Adobe\0\x64\0\0\0\0"[..], &[transform]].concat());
        }
        // With steps of eight the first coefficient of a square of one shade is that shade, less half of all.
        segment(0xdb, &[&[0][..], &[8; 64]].concat());
        let side = |squares: usize| (8 * squares as u16).to_be_bytes();
        let [(height, width)] = [(side(self.size.1), side(self.size.0))];
        let planes: Vec<u8> = (1..=components as u8).flat_map(|id| [id, 0x11, 0]).collect();
        segment(0xc0, &[&[self.bits][..], &height, &width, &[components as u8], &planes].concat());
        // Twelve lengths of differences, four bits each; and one code for "nothing else in this square".
        let lengths =
            [&[0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &(0..12).collect::<Vec<u8>>()];
        segment(0xc4, &lengths.concat());
        segment(0xc4, &[0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let tables: Vec<u8> = (1..=components as u8).flat_map(|id| [id, 0]).collect();
        segment(0xda, &[&[components as u8][..], &tables, &[0, 63, 0]].concat());
        out.extend(self.scan(components));
        out.extend([0xff, 0xd9]);
        out
    }

    fn scan(&self, components: usize) -> Vec<u8> {
        let mut bits: Vec<bool> = Vec::new();
        let mut put = |value: i32, count: u32| bits.extend((0..count).rev().map(|at| value >> at & 1 == 1));
        let mut before = vec![0; components];
        for colours in self.colours {
            for (colour, before) in colours.iter().zip(&mut before) {
                let shade = i32::from(*colour) - 128;
                let difference = shade - *before;
                *before = shade;
                let length = 32 - difference.unsigned_abs().leading_zeros();
                put(length as i32, 4);
                put(if difference < 0 { difference + (1 << length) - 1 } else { difference }, length);
                put(0, 1);
            }
        }
        bits.resize(bits.len().next_multiple_of(8), true);
        let byte = |eight: &[bool]| eight.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
        let stuffed = |byte: u8| if byte == 0xff { vec![0xff, 0] } else { vec![byte] };
        bits.chunks(8).map(byte).flat_map(stuffed).collect()
    }
}

/// A TIFF of one page in one strip, with any tags.
pub struct Tiff {
    /// Whether the first byte of a number is the highest.
    pub large: bool,
    /// Tags of one number, in their order.
    pub tags: Vec<(u16, u32)>,
    /// The strip.
    pub strip: Vec<u8>,
}

impl Tiff {
    /// A page of so many pixels, of so many bits in so many channels; black is 0 where `photometric` is 1.
    pub fn new(
        (width, height): (u32, u32),
        photometric: u32,
        channels: u32,
        bits: u32,
        strip: Vec<u8>,
    ) -> Tiff {
        let tags = vec![
            (256, width),
            (257, height),
            (258, bits),
            (259, 1),
            (262, photometric),
            (273, 8),
            (277, channels),
            (278, height),
            (279, strip.len() as u32),
        ];
        Tiff { large: false, tags, strip }
    }

    /// The file. The depth of each channel is that of the first.
    pub fn bytes(&self) -> Vec<u8> {
        let short = |value: u16| if self.large { value.to_be_bytes() } else { value.to_le_bytes() };
        let long = |value: u32| if self.large { value.to_be_bytes() } else { value.to_le_bytes() };
        let channels = self.tags.iter().find(|(tag, _)| *tag == 277).unwrap().1;
        let padding = self.strip.len() % 2;
        let directory = 8 + self.strip.len() + padding;
        let behind = (directory + 2 + 12 * self.tags.len() + 4) as u32;
        let mut out =
            [if self.large { &b"MM"[..] } else { b"II" }, &short(42), &long(directory as u32)].concat();
        out.extend(&self.strip);
        out.extend(std::iter::repeat_n(0, padding));
        out.extend(short(self.tags.len() as u16));
        for (tag, value) in &self.tags {
            let is_depth = *tag == 258;
            let (kind, count) = if is_depth { (3, channels) } else { (4, 1) };
            out.extend([&short(*tag)[..], &short(kind), &long(count)].concat());
            match (is_depth, channels) {
                (false, _) => out.extend(long(*value)),
                (true, 1 | 2) => out.extend([short(*value as u16), short(*value as u16)].concat()),
                (true, _) => out.extend(long(behind)),
            }
        }
        out.extend(long(0));
        let depth = self.tags.iter().find(|(tag, _)| *tag == 258).unwrap().1;
        (0..channels).for_each(|_| out.extend(short(depth as u16)));
        out
    }
}
