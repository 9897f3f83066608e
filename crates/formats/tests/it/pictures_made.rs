//! Pictures that few programs write: read right, or refused with what to do.

use tellmark_core::Gray;
use tellmark_formats::picture::{Picture, read_pictures};

use crate::writers::{Squares, Stored, Tiff, exif, png, zlib};

fn only(bytes: &[u8]) -> Picture {
    let mut pictures = read_pictures(bytes).unwrap();
    assert_eq!(pictures.len(), 1);
    pictures.remove(0)
}

fn refused(bytes: &[u8]) -> String {
    read_pictures(bytes).map(|pictures| pictures.len()).unwrap_err().to_string()
}

/// Every kind of PNG in seven passes shows what it shows in rows, for all sizes at which a pass is empty.
#[test]
fn interlaced_pngs_show_what_plain_ones_show() {
    let kinds = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8)];
    for (colour, bits) in kinds.into_iter().chain([(4, 8), (4, 16), (6, 8), (6, 16)]) {
        for size in (1..=9).flat_map(|side| [(side, 11 - side), (side, 1), (1, side), (33, side)]) {
            let most = ((1u32 << bits) - 1) as u16;
            let shade = |x: usize, y: usize| ((x * 7919 + y * 104_729) % (usize::from(most) + 1)) as u16;
            let [plain, interlaced] =
                [false, true].map(|interlaced| Stored { colour, bits, interlaced }.png(size, shade));
            let gray = only(&interlaced).gray;
            assert_eq!(gray, only(&plain).gray, "colour {colour}, {bits} bits, {size:?}");
            let of_eight = |value: u16| match bits {
                16 => value >> 8,
                bits => value * 255 / ((1 << bits) - 1),
            };
            for (at, pixel) in gray.pixels.iter().enumerate() {
                let wanted = of_eight(shade(at % size.0, at / size.0)) as u8;
                assert!(pixel.abs_diff(wanted) <= 1, "colour {colour}, {bits} bits, {size:?}, {at}: {pixel}");
            }
        }
    }
}

/// An interlaced picture that ends early is read as far as its last pass goes, or refused.
#[test]
fn an_interlaced_png_that_ends_early_is_evidence_as_far_as_it_goes() {
    let mut random = tellmark_testkit::Random::new(5);
    let shades: Vec<u16> = (0..300 * 300).map(|_| (random.next_u64() & 255) as u16).collect();
    let stored = Stored { colour: 0, bits: 8, interlaced: true };
    let whole = stored.png((300, 300), |x, y| shades[y * 300 + x]);
    let part = only(&whole[..whole.len() * 9 / 10]);
    assert!(part.notes.concat().contains("of 300 rows"), "{:?}", part.notes);
    assert!((200..280).contains(&part.gray.height), "{}", part.gray.height);
    let wrong = part.gray.pixels.iter().zip(&shades).filter(|(a, b)| u16::from(**a) != **b).count();
    assert_eq!(wrong, 0);
    // Half of it holds no whole row: the passes before the last leave every second one out.
    assert!(refused(&whole[..whole.len() / 4]).contains("not one row"));
}

#[test]
fn jpegs_of_all_colours_are_read() {
    let squares = |colours: &[&[u8]], adobe: Option<u8>| {
        only(&Squares { size: (colours.len(), 1), colours, adobe, exif: None, bits: 8 }.jpeg())
    };
    // Black, middle grey and white in each way to say so. Inks are inverted, as Adobe's programs write them and
    // others read them, with their marker and without.
    let gray: &[&[u8]] = &[&[0], &[128], &[255]];
    let luma: &[&[u8]] = &[&[0, 128, 128], &[128, 128, 128], &[255, 128, 128]];
    let colours: &[&[u8]] = &[&[0, 0, 0], &[128, 128, 128], &[255, 255, 255]];
    let inks: &[&[u8]] = &[&[255, 255, 255, 0], &[255, 255, 255, 128], &[255, 255, 255, 255]];
    let mixed: &[&[u8]] = &[&[0, 0, 0, 255], &[128, 128, 128, 255], &[255, 255, 255, 255]];
    // Luma of the coloured inks, 255 for all of them, and black beside them, inverted.
    let ycck: &[&[u8]] = &[&[0, 128, 128, 0], &[0, 128, 128, 128], &[0, 128, 128, 255]];
    let shaded: &[&[u8]] = &[&[255, 128, 128, 255], &[128, 128, 128, 255], &[0, 128, 128, 255]];
    for (name, colours, adobe) in [
        ("grey", gray, None),
        ("YCbCr", luma, None),
        ("YCbCr, marked", luma, Some(1)),
        ("RGB, marked", colours, Some(0)),
        ("CMYK by black, marked", inks, Some(0)),
        ("CMYK by inks, marked", mixed, Some(0)),
        ("CMYK, not marked", inks, None),
        ("YCCK by black", ycck, Some(2)),
        ("YCCK by inks", shaded, Some(2)),
    ] {
        let picture = squares(colours, adobe);
        assert_eq!((picture.gray.width, picture.gray.height, &picture.notes), (24, 8, &vec![]), "{name}");
        for (square, wanted) in [0u8, 128, 255].into_iter().enumerate() {
            let shades = (0..64).map(|at| picture.gray.row(at / 8)[8 * square + at % 8]);
            let worst = shades.map(|shade| shade.abs_diff(wanted)).max().unwrap();
            assert!(worst <= 3, "{name}: square {square} is off by {worst}");
        }
    }
}

#[test]
fn jpegs_are_turned_as_their_exif_says() {
    let colours: &[&[u8]] = &[&[0], &[255], &[255], &[255], &[255], &[255]];
    let corners = [(1, 0, 0), (2, 2, 0), (3, 2, 1), (4, 0, 1), (5, 0, 0), (6, 1, 0), (7, 1, 2), (8, 0, 2)];
    for (orientation, x, y) in corners {
        let file = Squares { size: (3, 2), colours, adobe: None, exif: Some(orientation), bits: 8 }.jpeg();
        let gray = only(&file).gray;
        assert_eq!((gray.width, gray.height), if orientation < 5 { (24, 16) } else { (16, 24) });
        let dark = |x: usize, y: usize| gray.row(8 * y + 4)[8 * x + 4] < 9;
        assert!(dark(x, y), "orientation {orientation}");
        assert_eq!(gray.pixels.iter().filter(|shade| **shade < 9).count(), 64, "orientation {orientation}");
    }
    // One that is none turns nothing.
    for orientation in [0, 9, 255] {
        let file = Squares { size: (3, 2), colours, adobe: None, exif: Some(orientation), bits: 8 }.jpeg();
        assert!(only(&file).gray.row(4)[4] < 9);
    }
}

#[test]
fn tiffs_of_sixteen_bits_are_read() {
    let shades = [0u16, 0x8040, 0xffff];
    for large in [false, true] {
        let pack = |samples: &[u16]| -> Vec<u8> {
            let bytes = |s: &u16| if large { s.to_be_bytes() } else { s.to_le_bytes() };
            samples.iter().flat_map(bytes).collect()
        };
        let inverted = shades.map(|shade| !shade);
        let colours: Vec<u16> = shades.iter().flat_map(|shade| [*shade; 3]).collect();
        let inks: Vec<u16> = shades.iter().flat_map(|shade| [0, 0, 0, !shade]).collect();
        for (name, photometric, channels, samples) in [
            ("black is 0", 1, 1, &shades[..]),
            ("white is 0", 0, 1, &inverted),
            ("colour", 2, 3, &colours),
            ("inks", 5, 4, &inks),
        ] {
            let file = Tiff { large, ..Tiff::new((3, 1), photometric, channels, 16, pack(samples)) };
            let pixels = only(&file.bytes()).gray.pixels;
            let worst = pixels.iter().zip([0u8, 128, 255]).map(|(a, b)| a.abs_diff(b)).max();
            assert!(pixels.len() == 3 && worst <= Some(1), "{name}, large first {large}: {pixels:?}");
        }
        // Packed with differences to the pixel before, as many programs do.
        let differences: Vec<u16> = (0..3)
            .map(|at: usize| shades[at].wrapping_sub(if at > 0 { shades[at - 1] } else { 0 }))
            .collect();
        let mut file = Tiff { large, ..Tiff::new((3, 1), 1, 1, 16, zlib(&pack(&differences))) };
        file.tags.iter_mut().filter(|(tag, _)| *tag == 259).for_each(|(_, value)| *value = 8);
        file.tags.push((317, 2));
        assert_eq!(only(&file.bytes()).gray.pixels, [0, 128, 255], "large first {large}");
    }
}

#[test]
fn a_picture_of_one_pixel_is_one() {
    let dot = Gray { width: 1, height: 1, pixels: vec![9] };
    let stored = Stored { colour: 0, bits: 8, interlaced: true };
    let mut webp = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(1, 1, image::Rgb([9; 3]))
        .write_to(&mut webp, image::ImageFormat::WebP)
        .unwrap();
    for bytes in [
        stored.png((1, 1), |_, _| 9),
        Tiff::new((1, 1), 1, 1, 8, vec![9]).bytes(),
        Tiff::new((1, 1), 1, 1, 16, vec![1, 9]).bytes(),
        webp.into_inner(),
    ] {
        assert_eq!(only(&bytes).gray, dot);
    }
    let mut jpeg = Squares { size: (1, 1), colours: &[&[9]], adobe: None, exif: None, bits: 8 }.jpeg();
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0, 1, 0, 1]);
    assert_eq!(only(&jpeg).gray, dot);
    // No pixel at all is none.
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0, 0, 0, 1]);
    refused(&jpeg);
    refused(&Tiff::new((0, 1), 1, 1, 8, vec![]).bytes());
}

/// A file of a few bytes that says it is 25,000 pixels wide and 20,000 high is refused for that.
#[test]
fn half_a_billion_pixels_are_refused_in_every_format() {
    let (width, height) = (25_000u32, 20_000u32);
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 1]].concat();
    let interlaced =
        png(&[(b"IHDR", head), (b"eXIf", exif(6)), (b"IDAT", zlib(&[0; 99])), (b"IEND", vec![])]);
    let mut jpeg = Squares { size: (1, 1), colours: &[&[9]], adobe: None, exif: None, bits: 8 }.jpeg();
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 7].copy_from_slice(&(height as u16).to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&(width as u16).to_be_bytes());
    let canvas = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
    let frame = [&canvas(width)[..], &canvas(height)].concat();
    let still = [b"VP8X\x0a\0\0\0\0\0\0\0", &frame[..], b"VP8L\x06\0\0\0\x2f\0\0\0\0\0"].concat();
    let moving = [
        b"VP8X\x0a\0\0\0\x02\0\0\0",
        &frame[..],
        b"ANIM\x06\0\0\0\0\0\0\0\0\0ANMF\x1e\0\0\0\0\0\0\0\0\0",
        &frame,
        b"\x10\0\0\0VP8L\x06\0\0\0\x2f\0\0\0\0\0",
    ]
    .concat();
    let riff = |body: &[u8]| [b"RIFF", &(body.len() as u32 + 4).to_le_bytes()[..], b"WEBP", body].concat();
    for bytes in [
        interlaced,
        jpeg,
        Tiff::new((width, height), 1, 1, 8, vec![0; 99]).bytes(),
        Tiff::new((width, height), 2, 3, 16, vec![0; 99]).bytes(),
        riff(&still),
        riff(&moving),
    ] {
        let error = refused(&bytes);
        assert!(error.contains("500.0 million") && error.contains("cut out"), "{error}");
    }
}

#[test]
fn numbers_of_twelve_bits_are_refused_with_what_to_do() {
    let file = Squares { size: (1, 1), colours: &[&[9]], adobe: None, exif: None, bits: 12 }.jpeg();
    let error = refused(&file);
    assert!(error.contains("PNG"), "{error}");
}
