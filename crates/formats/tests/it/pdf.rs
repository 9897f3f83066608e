//! PDFs: words move by their shifts and nothing else does, whoever made the file.

use std::process::Command;

use hayro::hayro_interpret::font::GlyphRun;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, SoftMask, interpret_page,
};
use hayro::hayro_syntax::Pdf;
use hayro::kurbo::{Affine, BezPath, Point, Rect};
use tellmark_core::{Along, Channel, Choices, Marking, Occurrence, ReleaseId, Site, SiteId};
use tellmark_formats::{Document, Error, Format, Template, pdf};

use crate::pdfs::{self, Maker};

/// A site for every word that can move, and the stamp.
pub fn all_sites(document: &Document, shift: i32) -> Marking {
    let movable = document.movable_by(shift);
    let mut layout = document.layout().unwrap().clone();
    layout.shift = shift;
    let mut sites = Vec::new();
    let mut site = |channel: Channel, span: std::ops::Range<usize>, forms: Vec<String>| {
        sites.push(Site {
            id: SiteId { origin: ReleaseId([0; 8]), ordinal: sites.len() as u32 },
            channel,
            rule: "test".into(),
            original: 0,
            occurrences: vec![Occurrence { span, forms }],
        });
        sites.len() as u32 - 1
    };
    for (word, movable) in layout.words.iter_mut().zip(movable) {
        if movable {
            word.site = Some(site(Channel::Layout, word.span.clone(), vec!["-".into(), "+".into()]));
        }
    }
    for _ in 0..pdf::STAMP_DIGITS {
        site(Channel::Stamp, 0..0, pdf::stamp_forms());
    }
    Marking { sites, fixed: vec![], layout: Some(layout) }
}

fn copy(template: &Template, marking: &Marking, seed: usize) -> (Choices, Vec<u8>) {
    let choice = |(index, site): (usize, &Site)| ((index * 7 + index / 5 + seed) % site.variants()) as u8;
    let choices = Choices(marking.sites.iter().enumerate().map(choice).collect());
    let mut out = Vec::new();
    template.write(&choices, &mut out).unwrap();
    (choices, out)
}

/// Seals a file with all its sites, and checks every word of several copies.
pub fn check(name: &str, original: &[u8], movable_min: usize) -> Vec<Vec<u8>> {
    let document = Document::parse(Format::Pdf, original).unwrap_or_else(|e| panic!("{name}: {e}"));
    let movable = document.movable().iter().filter(|m| **m).count();
    assert!(movable >= movable_min, "{name}: {movable} can move in {:?}", document.prose().text);
    let marking = all_sites(&document, 150);
    let template = document.template(&marking).unwrap_or_else(|e| panic!("{name}: {e}"));
    let before = pdf::words(original).unwrap();
    assert_origins(name, original, &before);
    let mut copies = Vec::new();
    for seed in 0..3 {
        let (choices, copy) = copy(&template, &marking, seed);
        assert!(copy.starts_with(original), "{name}");
        let words = pdf::words(&copy).unwrap();
        assert_eq!(words.len(), before.len(), "{name}");
        let layout = marking.layout.as_ref().unwrap();
        for ((was, is), word) in before.iter().zip(&words).zip(&layout.words) {
            let by = word.site.map_or(0.0, |site| if choices.0[site as usize] == 1 { 0.15 } else { -0.15 });
            let (x, y) = was.along.unit();
            let (dx, dy) = (is.x - was.x - by * f64::from(x), is.y - was.y - by * f64::from(y));
            assert!(dx.hypot(dy) < 1e-3, "{name}: {was:?} {is:?} {by}");
            assert!(was.text == is.text && (was.length - is.length).abs() < 1e-3, "{name}: {was:?} {is:?}");
        }
        assert_origins(name, &copy, &words);
        let digits = &choices.0[choices.0.len() - pdf::STAMP_DIGITS..];
        assert_eq!(pdf::stamp_of(&copy).unwrap(), digits, "{name}");
        copies.push(copy);
    }
    assert!(copies.iter().all(|copy| copy.len() == copies[0].len()), "{name}");
    copies
}

/// Every word begins where the renderer puts a glyph.
fn assert_origins(name: &str, bytes: &[u8], words: &[pdf::SeenWord]) {
    let glyphs = glyphs(bytes);
    for word in words {
        let near = |glyph: &&(u32, Point)| {
            glyph.0 == word.page && glyph.1.distance(Point::new(word.x, word.y)) < 0.02
        };
        assert!(glyphs.iter().find(near).is_some(), "{name}: no glyph at {word:?}");
    }
}

/// The page and the origin of every glyph that the renderer draws.
fn glyphs(bytes: &[u8]) -> Vec<(u32, Point)> {
    let pdf = Pdf::new(bytes.to_vec()).unwrap();
    let mut found = Vec::new();
    for (number, page) in pdf.pages().iter().enumerate() {
        let cache = InterpreterCache::new();
        let transform = Affine::new(page.initial_transform(true).as_coeffs());
        let bounds = Rect::new(-1e4, -1e4, 1e4, 1e4);
        let settings = InterpreterSettings::default();
        let mut context = Context::new(transform, bounds, &cache, page.xref(), settings);
        let mut seen = Seen(Vec::new());
        interpret_page(page, &mut context, &mut seen);
        found.extend(seen.0.into_iter().map(|point| (number as u32, point)));
    }
    found
}

struct Seen(Vec<Point>);

impl<'a> Device<'a> for Seen {
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        self.0.extend(run.glyphs().iter().map(|glyph| props.transform * glyph.transform() * Point::ZERO));
    }
    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

/// What the tests seal, and the least number of words that can move in each.
pub fn cases() -> Vec<(&'static str, Maker, usize)> {
    vec![
        ("spaced", pdfs::spaced(), 48),
        ("kerned", pdfs::kerned(), 48),
        ("odd", pdfs::odd(), 30),
        ("glyph by glyph", pdfs::glyph_by_glyph(), 48),
        ("drawn", pdfs::drawn(), 48),
        ("forms", pdfs::forms(), 38),
        ("right to left", pdfs::right_to_left(), 24),
        ("shared", pdfs::shared(), 72),
        ("double unit", pdfs::double_unit(), 48),
        ("furnished", pdfs::furnished(), 48),
    ]
}

#[test]
fn words_move_by_their_shift_and_nothing_else_does() {
    for (name, maker, movable) in cases() {
        check(name, &maker.table(), movable);
        check(name, &maker.streams(), movable);
        check(name, &maker.hybrid(), movable);
    }
}

#[test]
fn the_text_is_the_pages_text() {
    for (maker, text) in [
        (pdfs::spaced(), "They met before noon and agreed on all the points\nThey met"),
        (pdfs::kerned(), "They met before noon and agreed on all the points\nThey met"),
        (pdfs::glyph_by_glyph(), "They met before noon and agreed on all the points\nThey met"),
        (pdfs::drawn(), "they met before noon and agreed on all the points\nthey met"),
        (pdfs::odd(), "They (both) met before (some) noon today\nand (then) agreed"),
    ] {
        let document = Document::parse(Format::Pdf, &maker.table()).unwrap();
        let prose = document.prose();
        assert!(prose.text.starts_with(text), "{:?}", prose.text);
        let layout = document.layout().unwrap();
        assert_eq!(layout.words.len(), document.movable().len());
        let word = &layout.words[1];
        assert_eq!(
            prose.text[word.span.clone()].to_lowercase().trim_matches(['(', ')']).len(),
            word.span.len() - 2 * usize::from(prose.text[word.span.clone()].starts_with('('))
        );
        assert!(!document.movable()[0] && document.movable()[1], "{:?}", prose.text);
    }
}

#[test]
fn what_is_drawn_twice_or_shared_stays() {
    let document = Document::parse(Format::Pdf, &pdfs::forms().table()).unwrap();
    let text = &document.prose().text;
    for (word, movable) in document.layout().unwrap().words.iter().zip(document.movable()) {
        let is_twice = ["form", "drawn", "twice"].contains(&&text[word.span.clone()]);
        assert!(!(is_twice && *movable), "{}", &text[word.span.clone()]);
    }
    let document = Document::parse(Format::Pdf, &pdfs::shared().table()).unwrap();
    let text = &document.prose().text;
    for (word, movable) in document.layout().unwrap().words.iter().zip(document.movable()) {
        let is_shared = ["line", "stands", "both", "of"].contains(&&text[word.span.clone()]);
        assert!(!(is_shared && *movable), "{}", &text[word.span.clone()]);
    }
}

#[test]
fn larger_shifts_move_the_words_that_have_room() {
    let document = Document::parse(Format::Pdf, &pdfs::kerned().table()).unwrap();
    let counts = [50, 150, 300, 600].map(|shift| document.movable_by(shift).iter().filter(|m| **m).count());
    assert_eq!(document.movable_by(150), document.movable());
    assert!(counts.is_sorted_by(|a, b| a >= b) && counts[3] == 24, "{counts:?}");
    let mut marking = all_sites(&document, 150);
    assert!(document.template(&marking).is_ok());
    marking.layout.as_mut().unwrap().shift = 600;
    assert!(document.template(&marking).unwrap_err().to_string().contains("so far"));
    assert!(document.template(&all_sites(&document, 600)).is_ok());
}

#[test]
fn rows_of_dots_and_columns_of_one_pitch_stay() {
    let leader = "(Chapter one is here . . . . . . . . 7) Tj T*";
    let table = "0 -20 Td /C 9 Tf (item one   12   34   56) Tj";
    let mut maker = Maker::page(&pdfs::lines(6, |_| format!("({}) Tj", pdfs::WORDS.join(" "))));
    maker.set(4, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Resources<</Font<</F 3 0 R/C 11 0 R>>>>/Contents[10 0 R 12 0 R]>>");
    maker.set(11, "<</Type/Font/Subtype/Type1/BaseFont/Courier>>");
    maker.packed(12, "", format!("BT /F 9 Tf 40 90 Td {leader} {table} ET").as_bytes());
    let document = Document::parse(Format::Pdf, &maker.table()).unwrap();
    let text = &document.prose().text;
    let still = |word: &str| {
        let at = document.layout().unwrap().words.iter().position(|w| &text[w.span.clone()] == word);
        !document.movable()[at.unwrap_or_else(|| panic!("no {word} in {text}"))]
    };
    assert!(still("one") && still("34") && still(".") && !still("met"));
}

#[test]
fn turned_and_cropped_pages_are_measured_as_they_are_shown() {
    let document = Document::parse(Format::Pdf, &pdfs::forms().table()).unwrap();
    let layout = document.layout().unwrap();
    assert_eq!((layout.pages[0].width, layout.pages[0].height), (470_000, 380_000));
    let first = &layout.words[0];
    assert_eq!(first.along, Along::Down);
    assert!(first.area.right - first.area.left < first.area.bottom - first.area.top);
    let turned =
        layout.words.iter().find(|word| &document.prose().text[word.span.clone()] == "side").unwrap();
    assert_eq!(turned.along, Along::Right);
}

#[test]
fn what_cannot_be_sealed_is_refused_by_name() {
    let page = |content: &str| Maker::page(content);
    let enough = pdfs::lines(6, |_| format!("({}) Tj", pdfs::WORDS.join(" ")));
    let mut xfa = page(&enough);
    xfa.set(1, "<</Type/Catalog/Pages 2 0 R/AcroForm<</XFA(x)/Fields[]>>>>");
    let mut signed = page(&enough);
    signed.set(1, "<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[<</FT/Sig/V<</Type/Sig>>>>]>>>>");
    // A field below another, of a form that says nothing of signatures.
    let mut below = page(&enough);
    below.set(
        1,
        "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[<</FT/Sig/Kids[<</V<</ByteRange[0 1 2 3]>>>>]>>]>>>>",
    );
    let mut unsigned = page(&enough);
    unsigned
        .set(1, "<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[<</FT/Sig>><</FT/Tx/V(x)>>]>>>>");
    assert!(Document::parse(Format::Pdf, &unsigned.table()).is_ok());
    let encrypted = "/Encrypt<</Filter/Standard/V 1/R 2/O(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)\
                     /U(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)/P -4>>/ID[<00><00>]";
    let mut broken = page(&enough).table();
    let at = broken.windows(9).rposition(|w| w == b"startxref").unwrap();
    broken.truncate(at);
    broken.extend_from_slice(b"startxref\n17\n%%EOF");
    for (bytes, why) in [
        (page("").table(), "no page has text"),
        (page("BT /F 10 Tf 20 20 Td (only a few words here) Tj ET").table(), "only 3"),
        (page(&format!("3 Tr {enough}")).table(), "invisible"),
        (xfa.table(), "XFA"),
        (signed.table(), "signed"),
        (below.table(), "signed"),
        (page(&format!("0.9 0.1 -0.1 0.9 0 0 cm {enough}")).table(), "along no edge of the page"),
        (page(&enough).table_with(encrypted), "encrypted"),
        (broken, "table of objects"),
        (b"%PDF-1.4\nnothing".to_vec(), "damaged"),
        (b"nothing".to_vec(), "damaged"),
    ] {
        let error = Document::parse(Format::Pdf, &bytes).unwrap_err().to_string();
        assert!(error.contains(why), "{why}: {error}");
    }
    assert!(Document::parse_pdf(&signed.table(), true).is_ok());
}

#[test]
fn markings_that_a_pdf_cannot_carry_are_refused() {
    let document = Document::parse(Format::Pdf, &pdfs::spaced().table()).unwrap();
    let good = all_sites(&document, 150);
    let with = |change: &dyn Fn(&mut Marking)| {
        let mut marking = good.clone();
        change(&mut marking);
        document.template(&marking).unwrap_err().to_string()
    };
    assert!(with(&|m| m.sites[0].channel = Channel::Wording).contains("site"));
    assert!(with(&|m| m.layout.as_mut().unwrap().shift = 10).contains("0.05"));
    assert!(with(&|m| m.layout.as_mut().unwrap().words[0].site = Some(0)).contains("cannot be moved"));
    assert!(with(&|m| m.layout.as_mut().unwrap().words[1].site = None).contains("moves no word"));
    assert!(with(&|m| drop(m.sites.pop())).contains("16 sites"));
    assert!(with(&|m| m.layout.as_mut().unwrap().words.truncate(3)).contains("not those"));
}

#[test]
fn what_draws_too_much_is_refused_before_it_is_drawn() {
    let lines = "0 0 m 400 300 l S ".repeat(200_000);
    let dashes = "[0.0001] 0 d 0 0 m 400 300 l S ".repeat(50);
    let many = "0 0 m 9 9 l 9 0 l f ".repeat(1_000_000);
    for content in [lines, dashes, many] {
        let drawn = pdf::render(&Maker::page(&content).table(), 0, 150.0);
        let Err(error) = drawn else { panic!("{} was drawn", &content[..20]) };
        assert!(
            matches!(error, Error::Limit { .. }) && error.to_string().contains("what a page draws"),
            "{error}"
        );
    }
    let rich = Maker::page(&"0 0 m 400 300 l S ".repeat(9_000)).table();
    let drawer = pdf::Drawer::open(&rich).unwrap();
    assert!(drawer.draw(0, 400.0).is_err());
    let coarser = drawer.draw_up_to(0, 400.0).unwrap();
    assert!(coarser.width < drawer.pages()[0].width as usize * 400 / 72_000);
}

#[test]
fn forms_that_draw_each_other_again_and_again_are_refused() {
    let page = "/MediaBox[0 0 400 300]/Resources<</Font<</F 3 0 R>>/XObject<</X 100 0 R>>>>/Contents 10 0 R";
    let mut maker = Maker::new(&[page]);
    maker.plain(10, "", b"/X Do BT /F 10 Tf 20 20 Td (Some words) Tj ET");
    for number in 0..23 {
        let next = format!(
            "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X {} 0 R>>>>",
            101 + number
        );
        maker.plain(100 + number, &next, b"/X Do /X Do");
    }
    maker.plain(123, "/Type/XObject/Subtype/Form/BBox[0 0 9 9]", b"0 0 m");
    let error = pdf::words(&maker.table()).unwrap_err();
    assert!(error.to_string().contains("forms"), "{error}");
}

#[test]
fn pages_are_drawn_and_copies_look_alike() {
    let original = pdfs::kerned().table();
    let copies = check("kerned", &original, 48);
    let before = pdf::render(&original, 0, 150.0).unwrap();
    assert_eq!((before.width, before.height), (833, 625));
    let after = pdf::render(&copies[0], 0, 150.0).unwrap();
    let difference = |(a, b): (&u8, &u8)| u64::from(a.abs_diff(*b));
    let total: u64 = before.pixels.iter().zip(&after.pixels).map(difference).sum();
    let ink: u64 = before.pixels.iter().map(|pixel| u64::from(255 - pixel)).sum();
    assert!(total > 0 && total < ink, "{total} of {ink}");
    assert!(pdf::render(&original, 1, 150.0).is_err());
    assert!(pdf::render(&original, 0, 1e6).is_err());
    // A poster is drawn as finely as memory allows.
    let poster = Maker::new(&["/MediaBox[0 0 14400 14400]"]).table();
    let drawer = pdf::Drawer::open(&poster).unwrap();
    assert!(drawer.draw(0, 150.0).is_err());
    let dpi = drawer.dpi(0, 150.0);
    assert!((30.0..50.0).contains(&dpi) && drawer.dpi(0, 20.0) == 20.0, "{dpi}");
    assert_eq!(pdf::pages(&original).unwrap()[0].width, 400_000);
}

#[test]
fn the_picture_of_a_scan_is_found() {
    let mut maker = Maker::new(&["/MediaBox[0 0 72 144]/Resources<</XObject<</I 11 0 R>>>>/Contents 10 0 R"]);
    maker.packed(10, "", b"q 72 0 0 144 0 0 cm /I Do Q");
    let pixels: Vec<u8> = (0..100 * 200).map(|at| if at % 100 < 50 { 0 } else { 255 }).collect();
    let dict = "/Type/XObject/Subtype/Image/Width 100/Height 200/ColorSpace/DeviceGray/BitsPerComponent 8";
    maker.packed(11, dict, &pixels);
    let images = pdf::Drawer::open(&maker.table()).unwrap().scans(&[]).unwrap();
    let many = |count: usize| {
        let page = "/MediaBox[0 0 1440 1440]/Resources<</XObject<</I 2001 0 R>>>>/Contents 2000 0 R";
        let mut maker = Maker::new(&vec![page; count]);
        maker.packed(2000, "", b"q 1440 0 0 1440 0 0 cm /I Do Q");
        maker.packed(2001, dict, &pixels);
        pdf::Drawer::open(&maker.table()).unwrap().scans(&[])
    };
    // Many are drawn less finely than they are, and too many not at all.
    assert!(many(60).unwrap_err().to_string().contains("60 pages of scans"));
    let few: usize = many(3).unwrap().iter().map(|(_, gray)| gray.pixels.len()).sum();
    assert!(few <= 3 * 2000 * 2000, "{few}");
    assert_eq!((images.len(), images[0].0, images[0].1.width, images[0].1.height), (1, 0, 100, 200));
    assert_eq!((images[0].1.at(10, 10), images[0].1.at(90, 190)), (0, 255));
    assert!(pdf::words(&maker.table()).unwrap().is_empty());
}

#[test]
fn pictures_that_say_they_are_enormous_are_refused() {
    let with = |filter: &str, data: &[u8]| {
        let mut maker = Maker::page("");
        let dict = format!("/Type/XObject/Subtype/Image/Width 9/Height 9/Filter{filter}");
        maker.plain(11, &dict, data);
        pdf::Drawer::open(&maker.table()).map(|_| ())
    };
    let side = [0xFF, 0xFF];
    let jbig2 = [&[0, 0, 0, 0, 48, 0, 1, 0, 0, 0, 19, 0, 0][..], &side, &[0, 0], &side, &[0; 11]].concat();
    let jpx = [&b"\xFF\x4F\xFF\x51\0\x2F\0\0\0\0"[..], &side, &[0, 0], &side, &[0; 24], &[0, 3]].concat();
    for (filter, data) in [("/JBIG2Decode", &jbig2), ("[/JPXDecode]", &jpx), ("/JP#58Decode", &jpx)] {
        assert!(matches!(with(filter, data), Err(Error::Limit { .. })), "{filter}");
        assert!(with(filter, b"nothing").is_ok());
    }
    assert!(with("[/FlateDecode/JPXDecode]", &jpx).unwrap_err().to_string().contains("twice"));
}

pub fn run(program: &str, arguments: &[&str], file: &std::path::Path) -> String {
    let output = Command::new(program)
        .args(arguments)
        .arg(file)
        .args(if program == "pdftotext" { &["-"][..] } else { &[] })
        .output();
    let output = output.unwrap_or_else(|e| panic!("{program} is missing; ./test installs it: {e}"));
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {text}");
    text
}

#[test]
fn other_programs_find_the_same_text_and_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    for (name, maker, movable) in cases() {
        let path = folder.path().join("x.pdf");
        let linear = folder.path().join("linear.pdf");
        std::fs::write(&path, maker.table()).unwrap();
        run("qpdf", &["--linearize", path.to_str().unwrap()], &linear);
        for original in [maker.table(), maker.streams(), maker.hybrid(), std::fs::read(&linear).unwrap()] {
            std::fs::write(&path, &original).unwrap();
            let text = run("pdftotext", &["-layout"], &path);
            for copy in check(name, &original, movable) {
                std::fs::write(&path, &copy).unwrap();
                assert_eq!(run("pdftotext", &["-layout"], &path), text, "{name}");
                let found = run("qpdf", &["--check"], &path);
                assert!(found.contains("No syntax or stream encoding errors found"), "{name}: {found}");
            }
        }
    }
}
