//! Pictures: every kind is decoded to the same shades, and what cannot be is refused with what to do.

use tellmark_core::Gray;
use tellmark_formats::Error;
use tellmark_formats::picture::{Picture, is_picture, read_pictures};

use crate::writers::{exif, png, zlib};

/// Written by Pillow; see the README beside them.
const FIXTURES: [(&str, &[u8], u8); 13] = [
    ("JPEG", include_bytes!("../pictures/cmyk.jpg"), 12),
    ("JPEG", include_bytes!("../pictures/progressive.jpg"), 12),
    ("WebP", include_bytes!("../pictures/lossy.webp"), 12),
    ("WebP", include_bytes!("../pictures/alpha.webp"), 0),
    ("WebP", include_bytes!("../pictures/animated.webp"), 0),
    ("PNG", include_bytes!("../pictures/palette.png"), 0),
    ("PNG", include_bytes!("../pictures/animated.png"), 0),
    ("TIFF", include_bytes!("../pictures/pages.tiff"), 0),
    ("TIFF", include_bytes!("../pictures/cmyk.tiff"), 0),
    ("TIFF", include_bytes!("../pictures/jpeg.tiff"), 12),
    ("TIFF", include_bytes!("../pictures/palette.tiff"), 0),
    ("JPEG", include_bytes!("../pictures/turned.jpg"), 12),
    ("TIFF", include_bytes!("../pictures/fax.tiff"), 255),
];

/// What all fixtures show: black in the upper left, grey in the lower right, else white.
fn shown(x: usize, y: usize) -> u8 {
    match (x / 8, y / 8) {
        (0, 0) => 0,
        (2, 1) => 128,
        _ => 255,
    }
}

fn only(bytes: &[u8]) -> Picture {
    let mut pictures = read_pictures(bytes).unwrap();
    assert_eq!(pictures.len(), 1);
    pictures.remove(0)
}

fn header(width: u32, height: u32, bits: u8, colour: u8) -> Vec<u8> {
    [&width.to_be_bytes()[..], &height.to_be_bytes(), &[bits, colour, 0, 0, 0]].concat()
}

#[test]
fn every_kind_shows_the_same() {
    for (index, (format, bytes, tolerance)) in FIXTURES.iter().enumerate() {
        assert_eq!(is_picture(bytes), Some(*format));
        let pictures = read_pictures(bytes).unwrap_or_else(|e| panic!("{index} {format}: {e}"));
        let picture = &pictures[0];
        assert_eq!(picture.format, *format);
        // One of them lies on its side in the file: 6 says that its first row is shown on the right.
        let turned = picture.gray.width == 16;
        for y in 0..16 {
            for x in 0..24 {
                let value = if turned { picture.gray.row(x)[15 - y] } else { picture.gray.row(y)[x] };
                let off = value.abs_diff(shown(x, y));
                assert!(off <= *tolerance, "{index} {format} at {x}, {y}: {value}");
            }
        }
    }
}

#[test]
fn frames_and_pages_are_told() {
    let notes = |bytes: &[u8]| only(bytes).notes.concat();
    assert!(notes(include_bytes!("../pictures/animated.webp")).contains("animation"));
    assert!(notes(include_bytes!("../pictures/animated.png")).contains("2 frames"));
    let pages = read_pictures(include_bytes!("../pictures/pages.tiff")).unwrap();
    assert_eq!(pages.len(), 2);
    assert!(pages[1].gray.pixels.iter().all(|p| *p == 54), "a red page");
    let fax = only(include_bytes!("../pictures/fax.tiff"));
    assert_eq!((fax.gray.row(2)[2], fax.gray.row(2)[20]), (0, 255), "black is black in a fax");
}

#[test]
fn sixteen_bits_and_few_are_shades() {
    let sixteen = png(&[
        (b"IHDR", header(3, 1, 16, 0)),
        (b"IDAT", zlib(&[0, 0, 0, 0x80, 0x40, 0xff, 0xff])),
        (b"IEND", vec![]),
    ]);
    assert_eq!(only(&sixteen).gray.pixels, [0, 128, 255]);
    let two = png(&[(b"IHDR", header(4, 1, 2, 0)), (b"IDAT", zlib(&[0, 0b0001_1011])), (b"IEND", vec![])]);
    assert_eq!(only(&two).gray.pixels, [0, 85, 170, 255]);
    let dot = png(&[(b"IHDR", header(1, 1, 8, 0)), (b"IDAT", zlib(&[0, 7])), (b"IEND", vec![])]);
    assert_eq!(only(&dot).gray, Gray { width: 1, height: 1, pixels: vec![7] });
}

#[test]
fn every_orientation_of_a_png_is_applied() {
    let corners = [(1, 0, 0), (2, 2, 0), (3, 2, 1), (4, 0, 1), (5, 0, 0), (6, 1, 0), (7, 1, 2), (8, 0, 2)];
    for (orientation, x, y) in corners {
        // The block behind the picture is found, too.
        for at in [1, 2] {
            let mut chunks = vec![
                (b"IHDR", header(3, 2, 8, 0)),
                (b"IDAT", zlib(&[0, 9, 200, 200, 0, 200, 200, 200])),
                (b"IEND", vec![]),
            ];
            chunks.insert(at, (b"eXIf", exif(orientation)));
            let gray = only(&png(&chunks)).gray;
            assert_eq!(gray.row(y)[x], 9, "orientation {orientation}: {gray:?}");
            assert_eq!(gray.width, if orientation < 5 { 3 } else { 2 });
        }
    }
}

#[test]
fn large_pictures_are_refused_before_they_are_unpacked() {
    for (width, height, says) in
        [(31_250, 16_000, "500.0 million"), (u32::MAX >> 1, 1, "pixels"), (40_001, 2, "on a side")]
    {
        let bomb =
            png(&[(b"IHDR", header(width, height, 8, 6)), (b"IDAT", zlib(&[0; 64])), (b"IEND", vec![])]);
        let error = read_pictures(&bomb).map(|pictures| pictures.len()).unwrap_err().to_string();
        assert!(error.contains(says) && error.contains("cut out"), "{error}");
    }
    let mut jpeg = include_bytes!("../pictures/progressive.jpg").to_vec();
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc2]).unwrap();
    // 10,000 x 10,000 in full colour: a progressive file keeps every coefficient.
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0x27, 0x10, 0x27, 0x10]);
    jpeg[frame + 11] = 0x11;
    let error = read_pictures(&jpeg).map(|pictures| pictures.len()).unwrap_err().to_string();
    assert!(error.contains("480 MB") && error.contains("save it as PNG"), "{error}");
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    let error = read_pictures(&jpeg).map(|pictures| pictures.len()).unwrap_err().to_string();
    assert!(error.contains("4294.8 million"), "{error}");
    let many = vec![0xff; (64 << 20) + 1];
    assert!(matches!(read_pictures(&many), Err(Error::Limit { .. })));
}

#[test]
fn a_picture_that_ends_early_is_evidence_as_far_as_it_goes() {
    let mut random = tellmark_testkit::Random::new(1);
    let mut value = |x: usize| if x == 0 { 0 } else { random.next_u64() as u8 };
    let rows: Vec<u8> = (0..4000 * 101).map(|at| value(at % 101)).collect();
    let whole = png(&[(b"IHDR", header(100, 4000, 8, 0)), (b"IDAT", zlib(&rows)), (b"IEND", vec![])]);
    let half = only(&whole[..whole.len() / 2]);
    assert!(half.notes.concat().contains("of 4000 rows"), "{:?}", half.notes);
    assert!((1000..3000).contains(&half.gray.height), "{}", half.gray.height);
    assert_eq!(half.gray.pixels, only(&whole).gray.pixels[..half.gray.pixels.len()]);
    assert!(matches!(read_pictures(&whole[..60]), Err(Error::Damaged { .. })));
    let jpeg: &[u8] = include_bytes!("../pictures/long.jpg");
    let (all, part) = (only(jpeg), only(&jpeg[..jpeg.len() * 2 / 3]));
    assert_eq!(all.notes.len(), 0);
    assert!(part.notes.concat().contains("ends early"), "{:?}", part.notes);
    assert!((all.gray.height / 3..all.gray.height).contains(&part.gray.height), "{}", part.gray.height);
    assert!(matches!(read_pictures(&jpeg[..100]), Err(Error::Damaged { .. })));
}

#[test]
fn other_pictures_are_called_by_their_name() {
    for (bytes, name) in [
        (&b"\0\0\0\x18ftypheic\0\0\0\0"[..], "HEIC"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", "AVIF"),
        (b"GIF89a", "GIF"),
        (b"BM\x10\0\0\0\0\0\0\0", "BMP"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    ] {
        assert_eq!(is_picture(bytes), Some(name));
        let error = read_pictures(bytes).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains("save it as PNG"), "{error}");
    }
    assert_eq!(is_picture(b"BMW and others"), None);
    assert!(matches!(read_pictures(b""), Err(Error::Empty)));
    assert!(matches!(read_pictures(b"text"), Err(Error::Unknown(_))));
}

#[test]
fn damaged_pictures_are_refused_or_read_in_part() {
    for (format, bytes, _) in FIXTURES {
        for length in 0..bytes.len() {
            if let Ok(pictures) = read_pictures(&bytes[..length]) {
                assert!(
                    pictures.iter().all(|p| p.gray.pixels.len() == p.gray.width * p.gray.height),
                    "{format}"
                );
            }
        }
    }
}
