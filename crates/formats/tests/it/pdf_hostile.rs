//! PDFs that go round in circles, promise more than they hold, or unpack to more than memory: read right or refused,
//! and always soon.

use std::time::{Duration, Instant};

use tellmark_formats::{Document, Error, Format, pdf};

use crate::pdfs::{self, Maker, WORDS, lines};
use crate::writers::zlib;

/// No file of these takes longer, not even in a build without optimisations on a busy machine.
const LONGEST: Duration = Duration::from_secs(40);
const PAGE: &str = "/MediaBox[0 0 400 300]/Resources<</Font<</F 3 0 R>>>>/Contents 10 0 R";

fn text() -> String {
    lines(6, |_| format!("({}) Tj", WORDS.join(" ")))
}

/// What comes of a file: how many of its words can move, or why it is refused. Its words and stamps are read, too.
#[track_caller]
fn parsed(name: &str, bytes: &[u8]) -> Result<usize, String> {
    let begun = Instant::now();
    let document = Document::parse(Format::Pdf, bytes);
    let movable = document.map(|document| document.movable().iter().filter(|m| **m).count());
    let _ = (pdf::words(bytes), pdf::stamps_of(bytes));
    assert!(begun.elapsed() < LONGEST, "{name} took {:?}", begun.elapsed());
    movable.map_err(|error| error.to_string())
}

#[track_caller]
fn is_read(name: &str, bytes: &[u8]) {
    let movable = parsed(name, bytes);
    assert!(movable.as_ref().is_ok_and(|count| *count >= 40), "{name}: {movable:?}");
}

#[track_caller]
fn is_refused(name: &str, bytes: &[u8], why: &str) {
    let error = parsed(name, bytes).unwrap_err();
    assert!(error.contains(why), "{name}: {error}");
}

/// The page is read once, or the file is refused for its pages.
#[track_caller]
fn come_to_an_end(name: &str, bytes: &[u8]) {
    match parsed(name, bytes) {
        Ok(movable) => assert_eq!(movable, 48, "{name}"),
        Err(why) => assert!(why.contains("pages"), "{name}: {why}"),
    }
}

/// Draws the first page; what cannot be drawn is an error, and never the end of the program.
#[track_caller]
fn drawn(name: &str, bytes: &[u8]) -> Result<usize, String> {
    let begun = Instant::now();
    let drawn = pdf::Drawer::open(bytes).and_then(|drawer| {
        let _ = drawer.scans(&[])?;
        drawer.draw(0, 72.0)
    });
    assert!(begun.elapsed() < LONGEST, "{name} took {:?}", begun.elapsed());
    let dark = |gray: tellmark_core::Gray| gray.pixels.iter().filter(|shade| **shade < 128).count();
    drawn.map(dark).map_err(|error| error.to_string())
}

/// A page of text, in which objects can be set that lead back to themselves.
fn page_with(resources: &str, content: &str) -> Maker {
    let resources =
        format!("/MediaBox[0 0 400 300]/Resources<</Font<</F 3 0 R>>{resources}>>/Contents 10 0 R");
    let mut maker = Maker::new(&[&resources]);
    maker.packed(10, "", format!("{}\n{content}", text()).as_bytes());
    maker
}

#[test]
fn trees_of_pages_that_lead_back_are_read_once() {
    let with = |tree: &[(usize, &str)]| {
        let mut maker = Maker::new(&[PAGE]);
        maker.packed(10, "", text().as_bytes());
        tree.iter().for_each(|(number, body)| maker.set(*number, body));
        maker.table()
    };
    let own = "<</Type/Pages/Count 2/Kids[4 0 R 2 0 R]>>";
    let there = "<</Type/Pages/Count 2/Kids[4 0 R 11 0 R]/Parent 11 0 R>>";
    let back = "<</Type/Pages/Count 1/Kids[2 0 R]/Parent 2 0 R>>";
    is_read("a tree that is its own branch", &with(&[(2, own)]));
    is_read("two trees that are each other's branch", &with(&[(2, there), (11, back)]));
    is_read("a count that is not true", &with(&[(2, "<</Type/Pages/Count 2000000000/Kids[4 0 R]>>")]));
    is_refused("a tree without pages", &with(&[(2, "<</Type/Pages/Count 9/Kids[2 0 R]>>")]), "pages");
    // Nodes whose parents go round, with nothing on the page itself that could be inherited.
    let page = (4, "<</Type/Page/Parent 2 0 R/Contents 10 0 R>>");
    let _ = parsed("parents that go round", &with(&[page, (2, there), (11, back)]));
}

#[test]
fn trees_of_pages_that_never_end_are_read_once_or_refused() {
    // Ten branches at each of twelve forks, all of them the same: a billion billion pages in two kilobytes.
    let mut wide = Maker::new(&[PAGE]);
    wide.packed(10, "", text().as_bytes());
    let branches = |to: usize| format!("<</Type/Pages/Count 10/Kids[{}]>>", format!("{to} 0 R ").repeat(10));
    wide.set(2, &branches(20));
    (20..32).for_each(|fork| wide.set(fork, &branches(fork + 1)));
    wide.set(32, &branches(4));
    come_to_an_end("forks upon forks", &wide.table());
    let mut many = Maker::new(&[PAGE]);
    many.packed(10, "", text().as_bytes());
    many.set(2, &format!("<</Type/Pages/Count 9/Kids[{}]>>", "4 0 R ".repeat(100_000)));
    come_to_an_end("one page a hundred thousand times", &many.table());
    let mut deep = Maker::new(&[PAGE]);
    deep.packed(10, "", text().as_bytes());
    deep.set(2, "<</Type/Pages/Count 1/Kids[20 0 R]>>");
    (20..20_020).for_each(|node| deep.set(node, &format!("<</Type/Pages/Count 1/Kids[{} 0 R]>>", node + 1)));
    deep.set(20_020, "<</Type/Pages/Count 1/Kids[4 0 R]>>");
    come_to_an_end("twenty thousand nodes below each other", &deep.table());
}

#[test]
fn forms_that_draw_themselves_are_drawn_once() {
    let form = "/Type/XObject/Subtype/Form/BBox[0 0 400 300]/Resources<</Font<</F 3 0 R>>/XObject<</A 11 0 R/B 12 0 R>>>>";
    let show = |next: &str| format!("BT /F 9 Tf 20 150 Td (these words are in the form) Tj ET {next} Do");
    let mut maker = page_with("/XObject<</A 11 0 R>>", "/A Do");
    maker.packed(11, form, show("/A").as_bytes());
    is_read("a form in itself", &maker.table());
    assert!(drawn("a form in itself", &maker.table()).is_ok_and(|dark| dark > 100));
    maker.packed(11, form, show("/B").as_bytes());
    maker.packed(12, form, show("/A").as_bytes());
    is_read("two forms in each other", &maker.table());
    assert!(drawn("two forms in each other", &maker.table()).is_ok_and(|dark| dark > 100));
    // Each draws the next one ten times: 10^20 words in three kilobytes.
    let mut laughs = page_with("/XObject<</A 11 0 R>>", "/A Do");
    for number in 11..31 {
        let next = format!(
            "/Type/XObject/Subtype/Form/BBox[0 0 400 300]/Resources<</XObject<</A {} 0 R>>>>",
            number + 1
        );
        laughs.packed(number, &next, "/A Do ".repeat(10).as_bytes());
    }
    laughs.packed(31, form, show("").as_bytes());
    is_refused("forms of forms", &laughs.table(), "exceeds the limit");
}

#[test]
fn fonts_patterns_and_masks_that_draw_themselves_come_to_an_end() {
    let mut font = page_with("/Pattern<</P 14 0 R>>/ExtGState<</G 15 0 R>>", "");
    font.set(
        3,
        "<</Type/Font/Subtype/Type3/FontMatrix[.01 0 0 .01 0 0]/FontBBox[0 0 60 70]/FirstChar 0/LastChar 255\
         /Widths[50]/Encoding<</Differences[0/a]>>/CharProcs<</a 13 0 R>>/Resources<</Font<</F 3 0 R>>>>>>",
    );
    font.packed(13, "", b"50 0 d0 BT /F 9 Tf (\\000\\000) Tj ET 5 0 40 60 re f");
    let mut shown = font;
    shown.packed(10, "", b"BT /F 9 Tf 20 20 Td (\\000\\000\\000) Tj ET");
    let _ = parsed("a letter that is written with itself", &shown.table());
    let _ = drawn("a letter that is written with itself", &shown.table());

    let mut pattern = page_with("/Pattern<</P 14 0 R>>", "/Pattern cs /P scn 0 0 400 300 re f");
    let own = "/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]/XStep 9/YStep 9/Resources<</Pattern<</P 14 0 R>>>>";
    pattern.packed(14, own, b"/Pattern cs /P scn 0 0 9 9 re f");
    is_read("a pattern in itself", &pattern.table());
    let _ = drawn("a pattern in itself", &pattern.table());
    let tiny = "/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep 1e-9/YStep 1e-9/Resources<<>>";
    pattern.packed(14, tiny, b"0 0 1 1 re f");
    is_read("a pattern without steps", &pattern.table());
    let _ = drawn("a pattern without steps", &pattern.table());

    let mut mask = page_with("/ExtGState<</G 15 0 R>>", "/G gs 0 0 400 300 re f");
    mask.set(15, "<</Type/ExtGState/SMask<</S/Luminosity/G 16 0 R>>>>");
    let group = "/Type/XObject/Subtype/Form/BBox[0 0 400 300]/Group<</S/Transparency>>/Resources<</ExtGState<</G 15 0 R>>>>";
    mask.packed(16, group, b"/G gs 0 0 9 9 re f");
    is_read("a mask behind itself", &mask.table());
    let _ = drawn("a mask behind itself", &mask.table());
    let mut image = page_with("/XObject<</I 17 0 R>>", "/I Do");
    let dict =
        "/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/SMask 17 0 R";
    image.packed(17, dict, b"x");
    is_read("a picture that masks itself", &image.table());
    let _ = drawn("a picture that masks itself", &image.table());
}

#[test]
fn lengths_and_object_streams_that_lead_back_come_to_an_end() {
    let mut maker = Maker::new(&[PAGE]);
    let content = format!("<</Length 10 0 R>>\nstream\n{}\nendstream", text());
    maker.set(10, &content);
    let _ = parsed("a length that is the stream itself", &maker.table());
    let mut maker = Maker::new(&[PAGE]);
    maker.set(10, &content.replace("10 0 R", "11 0 R"));
    maker.set(11, "12 0 R");
    maker.set(12, "11 0 R");
    let _ = parsed("a length that is asked of two objects in turn", &maker.table());

    // Which object stream holds each object, told anew: the stream itself, or one that is held by the first.
    let good = pdfs::spaced().streams();
    is_read("objects in a stream", &good);
    for (name, stream_of) in [("itself", [11u32, 11]), ("its own table", [12, 12])] {
        let _ = parsed(&format!("an object stream in {name}"), &with_rows(&good, &stream_of));
    }
    let extends = b"/Type/ObjStm";
    let at = good.windows(extends.len()).position(|part| part == extends).unwrap();
    let extended = [&good[..at], b"/Extends 11 0 R", &good[at..]].concat();
    let _ = parsed("an object stream that goes on in itself", &extended);
}

/// A file of streams with another table: the object stream and the table are said to lie in these object streams.
fn with_rows(good: &[u8], holders: &[u32; 2]) -> Vec<u8> {
    let number = last(good, b"12 0 obj");
    let mut rows = Vec::new();
    for object in 0..13u32 {
        let (kind, second) = if object < 11 { (2, 11) } else { (2, holders[object as usize - 11]) };
        rows.push(kind);
        rows.extend(second.to_be_bytes());
        rows.extend([0, object as u8]);
    }
    let mut out = good[..number].to_vec();
    let packed = zlib(&rows);
    out.extend(
        format!(
            "12 0 obj\n<</Type/XRef/W[1 4 2]/Root 1 0 R/Size 13/Filter/FlateDecode/Length {}>>\nstream\n",
            packed.len()
        )
        .bytes(),
    );
    out.extend(packed);
    out.extend(format!("\nendstream\nendobj\nstartxref\n{number}\n%%EOF\n").bytes());
    out
}

/// Where bytes stand last.
fn last(bytes: &[u8], needle: &[u8]) -> usize {
    bytes.windows(needle.len()).rposition(|part| part == needle).unwrap()
}

/// The file with other bytes in the last place where these stand.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = last(bytes, from);
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

#[test]
fn tables_of_objects_that_lead_back_or_end_early_are_refused_or_mended() {
    let good = pdfs::spaced().table();
    let start = last(&good, b"startxref");
    let table = last(&good, b"xref\n0 ");
    let said = |place: &str| [&good[..start], format!("startxref\n{place}\n%%EOF\n").as_bytes()].concat();
    for place in ["0", "17", "-5", "99999999", "18446744073709551615", "1e30", "x", ""] {
        is_refused(&format!("a table at {place:?}"), &said(place), "table of objects");
    }
    let trailer = |entries: &str| replaced(&good, b"/Root", format!("{entries}/Root").as_bytes());
    is_read("a table that comes before itself", &trailer(&format!("/Prev {table}")));
    is_read("a table before the file", &trailer("/Prev -1"));
    is_read("a table behind the file", &trailer("/Prev 99999999"));
    // Cut off anywhere in the table or behind it, as a download that broke is.
    for cut in (table..good.len()).step_by(7) {
        let _ = parsed(&format!("cut off at {cut}"), &good[..cut]);
    }
    for (name, from, to) in [
        ("more rows than there are", "xref\n0 11", "xref\n0 4294967295"),
        ("rows from a number on that is none", "xref\n0 11", "xref\n4294967295 11"),
        ("no rows", "xref\n0 11", "xref\n0 0"),
        ("a size that is none", "/Size 11", "/Size 18446744073709551615"),
    ] {
        let _ = parsed(name, &replaced(&good, from.as_bytes(), to.as_bytes()));
    }
    let streams = pdfs::spaced().streams();
    for (from, to) in [
        (&b"/W[1 4 2]"[..], &b"/W[0 0 0]"[..]),
        (b"/W[1 4 2]", b"/W[999999999 4 2]"),
        (b"/W[1 4 2]", b"/W[-1 4 2]"),
        (b"/W[1 4 2]", b"/W[1 4 2]/Index[0 4294967295]"),
        (b"/W[1 4 2]", b"/W[1 4 2]/Index[4294967290 99]"),
        (b"/Size 13", b"/Size 2147483647"),
        (b"/W[1 4 2]", b"/W[1 4 2]/DecodeParms<</Predictor 12/Columns 2147483647/Colors 2147483647>>"),
    ] {
        let _ = parsed(&String::from_utf8_lossy(to), &replaced(&streams, from, to));
    }
    for cut in (streams.len() - 400..streams.len()).step_by(13) {
        let _ = parsed(&format!("a stream of objects, cut off at {cut}"), &streams[..cut]);
    }
}

#[test]
fn bombs_are_refused_wherever_they_lie() {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let spaces = vec![b' '; 1 << 20];
    (0..513).for_each(|_| std::io::Write::write_all(&mut encoder, &spaces).unwrap());
    let bomb = encoder.finish().unwrap();
    let flate = "/Filter/FlateDecode";
    for (name, number, dict) in [
        ("the content", 10, flate.to_owned()),
        ("an attachment", 20, flate.to_owned()),
        ("the abbreviated name of the filter", 10, "/Filter/Fl".to_owned()),
        ("a name with an escape", 10, "/Filter/Flate#44ecode".to_owned()),
        ("an array of one filter", 10, "/Filter[/FlateDecode]".to_owned()),
        ("an object stream", 20, format!("{flate}/Type/ObjStm/N 9/First 99")),
        ("a table", 20, format!("{flate}/Type/XRef/W[1 4 2]/Size 9")),
        ("a form", 20, format!("{flate}/Type/XObject/Subtype/Form/BBox[0 0 9 9]")),
    ] {
        let mut maker = Maker::page(&text());
        maker.plain(number, &dict, &bomb);
        is_refused(name, &maker.table(), "unpacked");
    }
    // In two files that are fine alone.
    let mut half = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    (0..300).for_each(|_| std::io::Write::write_all(&mut half, &spaces).unwrap());
    let half = half.finish().unwrap();
    let mut maker = Maker::page(&text());
    maker.plain(20, flate, &half);
    maker.plain(21, flate, &half);
    is_refused("two streams", &maker.table(), "unpacked");
    // Packed twice, or as files once were: what comes out cannot be counted beforehand.
    let mut maker = Maker::page(&text());
    maker.plain(20, "/Filter[/FlateDecode/FlateDecode]", &zlib(&bomb));
    is_refused("packed twice", &maker.table(), "twice");
    for filter in ["/LZWDecode", "/ASCII85Decode", "/RunLengthDecode", "/LZW", "/A85"] {
        let mut maker = Maker::page(&text());
        maker.plain(20, &format!("/Filter{filter}"), &vec![b'z'; 500_000]);
        is_refused(filter, &maker.table(), "save it anew");
    }
    // One stream a hundred thousand times.
    let mut maker = Maker::new(&[PAGE]);
    maker.set(
        4,
        &format!(
            "<</Type/Page/Parent 2 0 R{}>>",
            PAGE.replace("10 0 R", &format!("[{}]", "10 0 R ".repeat(100_000)))
        ),
    );
    maker.packed(10, "", text().repeat(20).as_bytes());
    is_refused("one stream a hundred thousand times", &maker.table(), "content");
    // Letters without a font are none, but the operators that would show them are many.
    let mut maker = Maker::page(&text());
    maker.packed(10, "", "(a)Tj ".repeat(2_100_000).as_bytes());
    is_refused("two million operators without a font", &maker.table(), "operators that show text");
}

#[test]
fn fonts_that_promise_too_much_are_read_as_far_as_they_go() {
    let with = |font: &str, cmap: &str| {
        let mut maker = Maker::page(&text());
        maker.set(3, font);
        maker.packed(20, "", cmap.as_bytes());
        maker.table()
    };
    let simple = "<</Type/Font/Subtype/TrueType/BaseFont/X/FirstChar 0/LastChar 2147483647/Widths[500]>>";
    let _ = parsed("widths of two billion letters", &with(simple, ""));
    let late = simple.replace("FirstChar 0", "FirstChar 2147483000");
    is_refused("two billion letters before the first", &with(&late, ""), "widths");
    let back = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/FirstChar -5/LastChar -9/Widths[1 2]>>";
    let _ = parsed("widths that end before they begin", &with(back, ""));
    let wide = |w: &str| {
        format!(
            "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/ToUnicode 20 0 R/DescendantFonts[<</Type/Font/Subtype\
             /CIDFontType2/BaseFont/X/CIDSystemInfo<</Registry(A)/Ordering(I)/Supplement 0>>/DW 500/W[{w}]>>]>>"
        )
    };
    for w in ["0 4294967295 500", "0[500]7 4294967295 500", "0 300000 500 ", &"0 65535 500 ".repeat(9)] {
        is_refused(w, &with(&wide(w), ""), "widths");
        let down = wide("0[500]").replace("/DW 500", &format!("/W2[{}]", w.replace("500", "500 1 2")));
        if !w.contains('[') {
            is_refused(&down, &with(&down, ""), "widths");
        }
    }
    let _ = parsed(
        "widths in arrays in arrays",
        &with(&wide(&format!("0 {}500{}", "[".repeat(9_000), "]".repeat(9_000))), ""),
    );
    let map = |body: &str| {
        format!(
            "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange {body} endcmap end"
        )
    };
    for (name, body) in [
        (
            "a range of all codes, a long text each",
            format!("1 beginbfrange <0000> <ffff> <{}> endbfrange", "0041".repeat(5_000)),
        ),
        ("ranges over and over", "1 beginbfrange <0000> <ffff> <0000> endbfrange ".repeat(20_000)),
        ("a code of many bytes", format!("1 beginbfchar <{}> <0041> endbfchar", "41".repeat(50_000))),
        ("a map that uses itself", "/X usecmap /CMapName /X def".into()),
    ] {
        let _ = parsed(name, &with(&wide("0[500]"), &map(&body)));
    }
    let mut own = Maker::page(&text());
    own.set(3, &wide("0[500]").replace("/Encoding/Identity-H", "/Encoding 20 0 R"));
    own.packed(20, "/Type/CMap/CMapName/X/UseCMap 20 0 R", map("").as_bytes());
    let _ = parsed("an encoding that begins with itself", &own.table());
    let mut own = Maker::page(&text());
    own.set(3, "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[3 0 R]>>");
    let _ = parsed("a font that is made of itself", &own.table());
}

#[test]
fn contents_that_nest_without_end_are_read() {
    let many = 300_000;
    for (name, content) in [
        ("arrays", "[".repeat(many)),
        ("dictionaries", "<<".repeat(many)),
        ("strings", "(".repeat(many)),
        ("states", "q ".repeat(many)),
        ("marks", "/P <</MCID 0>> BDC ".repeat(many)),
        ("numbers", "1 ".repeat(many)),
        ("a picture without an end", "BI /W 9 /H 9 ID xxxx".into()),
        ("pictures without an end", "BI ID ".repeat(many / 10)),
        ("names without an end", format!("/{}", "x".repeat(many))),
        ("no operators", ") ] > } { <".repeat(many / 10)),
    ] {
        let bytes = Maker::page(&format!("{}\n{content}", text())).table();
        let found = parsed(name, &bytes);
        assert!(found.as_ref().is_ok_and(|count| *count >= 40), "{name}: {found:?}");
        let _ = drawn(name, &bytes);
    }
    for number in [
        "1e400",
        "-1e400",
        "99999999999999999999999999",
        "0.0000000000000000000000001",
        "--5",
        "5-5",
        "+.",
        ".",
    ] {
        for content in [
            format!("BT /F 9 Tf {number} 0 0 {number} {number} {number} Tm (one two three four) Tj ET"),
            format!("BT /F {number} Tf {number} Tz {number} Tc {number} Tw (one two three four) Tj ET"),
            format!("BT /F 9 Tf [(one)-300(two)-{number}(three)-300(four)]TJ ET"),
            format!(
                "{number} {number} {number} {number} {number} {number} cm BT /F 9 Tf (one two three four) Tj ET"
            ),
        ] {
            let bytes = Maker::page(&format!("{}\n{content}", text())).table();
            let found = parsed(&content, &bytes);
            assert!(found.as_ref().is_ok_and(|count| *count >= 40), "{content}: {found:?}");
        }
    }
    let mut deep = Maker::page(&text());
    for (name, open, close) in [("arrays", "[", "]"), ("dictionaries", "<</A", ">>")] {
        deep.set(20, &(open.repeat(many) + "1" + &close.repeat(many)));
        deep.set(1, "<</Type/Catalog/Pages 2 0 R/AcroForm 20 0 R>>");
        let _ = parsed(&format!("{name} in an object"), &deep.table());
    }
}

#[test]
fn pages_of_no_size_or_of_any_are_read_or_refused() {
    for (name, boxes) in [
        ("no box", "/MediaBox[0 0 0 0]"),
        ("a box inside out", "/MediaBox[400 300 0 0]"),
        ("a box of three numbers", "/MediaBox[0 0 400]"),
        ("a box of names", "/MediaBox[/a/b/c/d]"),
        ("a box without end", "/MediaBox[0 0 1e30 1e30]"),
        ("a box that is far away", "/MediaBox[1e30 1e30 1e30 1e30]"),
        ("a crop outside", "/MediaBox[0 0 400 300]/CropBox[900 900 990 990]"),
        ("a crop of nothing", "/MediaBox[0 0 400 300]/CropBox[9 9 9 9]"),
        ("an eighth of a turn", "/MediaBox[0 0 400 300]/Rotate 45"),
        ("many turns", "/MediaBox[0 0 400 300]/Rotate -2147483648"),
        ("a unit of nothing", "/MediaBox[0 0 400 300]/UserUnit 0"),
        ("a unit below nothing", "/MediaBox[0 0 400 300]/UserUnit -3"),
        ("a large unit", "/MediaBox[0 0 400 300]/UserUnit 1e9"),
    ] {
        let page = format!("{boxes}/Resources<</Font<</F 3 0 R>>>>/Contents 10 0 R");
        let mut maker = Maker::new(&[&page]);
        maker.packed(10, "", text().as_bytes());
        let _ = (parsed(name, &maker.table()), drawn(name, &maker.table()));
    }
    let huge = Maker::new(&["/MediaBox[0 0 20000 300]/Resources<</Font<</F 3 0 R>>>>"]).table();
    assert!(matches!(Document::parse(Format::Pdf, &huge), Err(Error::Limit { .. })));
}
