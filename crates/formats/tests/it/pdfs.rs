//! PDFs made for the tests, each as some program writes them.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// Objects of a file, by number.
#[derive(Debug, Clone, Default)]
pub struct Maker {
    objects: BTreeMap<usize, Vec<u8>>,
}

impl Maker {
    /// A file with a catalogue (1), a tree of pages (2) and Helvetica (3), and so many pages with this in their
    /// dictionaries from 4.
    pub fn new(pages: &[&str]) -> Maker {
        let mut maker = Maker::default();
        let kids: Vec<String> = (0..pages.len()).map(|page| format!("{} 0 R", page + 4)).collect();
        maker.set(1, "<</Type/Catalog/Pages 2 0 R>>");
        maker.set(2, &format!("<</Type/Pages/Count {}/Kids[{}]>>", pages.len(), kids.join(" ")));
        maker.set(3, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>");
        for (page, entries) in pages.iter().enumerate() {
            maker.set(page + 4, &format!("<</Type/Page/Parent 2 0 R {entries}>>"));
        }
        maker
    }

    /// A page in Helvetica, with this as its content.
    pub fn page(content: &str) -> Maker {
        let mut maker =
            Maker::new(&["/MediaBox[0 0 400 300]/Resources<</Font<</F 3 0 R>>>>/Contents 10 0 R"]);
        maker.packed(10, "", content.as_bytes());
        maker
    }

    pub fn set(&mut self, number: usize, body: &str) {
        self.objects.insert(number, body.as_bytes().to_vec());
    }

    /// A stream as it is.
    pub fn plain(&mut self, number: usize, dict: &str, content: &[u8]) {
        let mut body = format!("<<{dict}/Length {}>>\nstream\n", content.len()).into_bytes();
        body.extend_from_slice(content);
        body.extend_from_slice(b"\nendstream");
        self.objects.insert(number, body);
    }

    /// A compressed stream.
    pub fn packed(&mut self, number: usize, dict: &str, content: &[u8]) {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content).unwrap();
        let packed = encoder.finish().unwrap();
        self.plain(number, &format!("/Filter/FlateDecode{dict}"), &packed);
    }

    fn size(&self) -> usize {
        self.objects.keys().last().unwrap() + 1
    }

    /// The file with a table of its objects.
    pub fn table(&self) -> Vec<u8> {
        self.table_with("")
    }

    /// The same with more in the trailer.
    pub fn table_with(&self, trailer: &str) -> Vec<u8> {
        let mut out = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
        let mut places = BTreeMap::new();
        for (number, body) in &self.objects {
            places.insert(*number, out.len());
            out.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
            out.extend_from_slice(body);
            out.extend_from_slice(b"\nendobj\n");
        }
        let start = out.len();
        out.extend_from_slice(format!("xref\n0 {}\n0000000000 65535 f \n", self.size()).as_bytes());
        for number in 1..self.size() {
            let entry = places
                .get(&number)
                .map_or("0000000000 00000 f \n".into(), |at| format!("{at:010} 00000 n \n"));
            out.extend_from_slice(entry.as_bytes());
        }
        let size = self.size();
        out.extend_from_slice(
            format!("trailer\n<</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n").as_bytes(),
        );
        out
    }

    /// The file with its dictionaries in an object stream and a cross-reference stream.
    pub fn streams(&self) -> Vec<u8> {
        let is_stream = |body: &[u8]| body.ends_with(b"endstream");
        let mut out = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n".to_vec();
        let mut rows: BTreeMap<usize, (u8, usize, usize)> = BTreeMap::new();
        let (mut head, mut bodies) = (String::new(), Vec::new());
        let holder = self.size();
        for (index, (number, body)) in self.objects.iter().filter(|(_, body)| !is_stream(body)).enumerate() {
            head.push_str(&format!("{number} {} ", bodies.len()));
            bodies.extend_from_slice(body);
            bodies.push(b'\n');
            rows.insert(*number, (2, holder, index));
        }
        let mut all = Maker { objects: self.objects.clone() };
        all.objects.retain(|_, body| is_stream(body));
        let count = rows.len();
        let dict = format!("/Type/ObjStm/N {count}/First {}", head.len());
        all.packed(holder, &dict, &[head.as_bytes(), &bodies].concat());
        for (number, body) in &all.objects {
            rows.insert(*number, (1, out.len(), 0));
            out.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
            out.extend_from_slice(body);
            out.extend_from_slice(b"\nendobj\n");
        }
        let start = out.len();
        rows.insert(holder + 1, (1, start, 0));
        let mut table = Vec::new();
        for number in 0..holder + 2 {
            let (kind, second, third) = rows.get(&number).copied().unwrap_or((0, 0, 0));
            table.push(kind);
            table.extend_from_slice(&(second as u32).to_be_bytes());
            table.extend_from_slice(&(third as u16).to_be_bytes());
        }
        let mut last = Maker::default();
        let id = "/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]";
        last.packed(1, &format!("/Type/XRef/W[1 4 2]/Root 1 0 R/Size {}{id}", holder + 2), &table);
        out.extend_from_slice(format!("{} 0 obj\n", holder + 1).as_bytes());
        out.extend_from_slice(&last.objects[&1]);
        out.extend_from_slice(format!("\nendobj\nstartxref\n{start}\n%%EOF\n").as_bytes());
        out
    }
}

impl Maker {
    /// The file for old readers and new ones: a table that lacks the page's dictionary, and beside it a
    /// cross-reference stream that finds it in an object stream (a hybrid-reference file).
    pub fn hybrid(&self) -> Vec<u8> {
        let hidden = 4;
        let holder = self.size();
        let mut all = self.clone();
        let body = all.objects.remove(&hidden).unwrap();
        let head = format!("{hidden} 0 ");
        let dict = format!("/Type/ObjStm/N 1/First {}", head.len());
        all.packed(holder, &dict, &[head.as_bytes(), &body].concat());
        let without = all.table();
        let text_of = |at: usize| String::from_utf8_lossy(&without[at..]).into_owned();
        let start = without.windows(9).rposition(|nine| nine == b"startxref").unwrap();
        let table: usize = text_of(start).lines().nth(1).unwrap().parse().unwrap();
        let trailer = without[..start].windows(7).rposition(|seven| seven == b"trailer").unwrap();
        // The stream stands before the table, so that the table's own entries keep their places.
        let mut entry = vec![2u8];
        entry.extend_from_slice(&(holder as u32).to_be_bytes());
        entry.extend_from_slice(&0u16.to_be_bytes());
        let mut last = Maker::default();
        last.packed(1, &format!("/Type/XRef/W[1 4 2]/Index[{hidden} 1]/Size {}", holder + 2), &entry);
        let mut out = without[..table].to_vec();
        let stream = out.len();
        out.extend_from_slice(format!("{} 0 obj\n", holder + 1).as_bytes());
        out.extend_from_slice(&last.objects[&1]);
        out.extend_from_slice(b"\nendobj\n");
        let moved = out.len();
        // In two parts: what the stream finds has no entry in the table.
        let entries: Vec<&[u8]> =
            without[table..trailer].split_inclusive(|byte| *byte == b'\n').skip(2).collect();
        out.extend_from_slice(format!("xref\n0 {hidden}\n").as_bytes());
        out.extend_from_slice(&entries[..hidden].concat());
        out.extend_from_slice(format!("{} {}\n", hidden + 1, holder - hidden).as_bytes());
        out.extend_from_slice(&entries[hidden + 1..].concat());
        let size = holder + 1;
        out.extend_from_slice(
            format!("trailer\n<</Size {size}/Root 1 0 R/XRefStm {stream}>>\nstartxref\n{moved}\n%%EOF\n")
                .as_bytes(),
        );
        out
    }
}

/// A page whose unit is two points.
pub fn double_unit() -> Maker {
    let page = "/UserUnit 2/MediaBox[0 0 400 300]/Resources<</Font<</F 3 0 R>>>>/Contents 10 0 R";
    let mut maker = Maker::new(&[page]);
    maker.packed(10, "", lines(6, |_| format!("({}) Tj", WORDS.join(" "))).as_bytes());
    maker
}

/// A page with everything that may hang on one: outline, link, form field, tags, attachment, page labels, names.
pub fn furnished() -> Maker {
    let mut maker = Maker::page(&lines(6, |_| format!("({}) Tj", WORDS.join(" "))));
    let page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Resources<</Font<</F 3 0 R>>>>/Contents 10 0 R\
        /Annots[20 0 R 21 0 R]/StructParents 0/Tabs/S>>";
    maker.set(4, page);
    maker.set(
        1,
        "<</Type/Catalog/Pages 2 0 R/Outlines 22 0 R/AcroForm<</Fields[21 0 R]/DA(/F 9 Tf)>>/StructTreeRoot 24 0 R\
         /MarkInfo<</Marked true>>/Lang(en)/PageLabels<</Nums[0<</S/r/St 4>>]>>/Metadata 27 0 R\
         /Names<</EmbeddedFiles<</Names[(note.txt) 25 0 R]>>/Dests<</Names[(here)[4 0 R/Fit]]>>>>>>",
    );
    maker.set(20, "<</Type/Annot/Subtype/Link/Rect[40 270 90 285]/Border[0 0 0]/A<</S/URI/URI(https://example.org/)>>>>");
    maker.set(21, "<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(value)/Rect[300 20 380 40]/P 4 0 R>>");
    maker.set(22, "<</Type/Outlines/First 23 0 R/Last 23 0 R/Count 1>>");
    maker.set(23, "<</Title(Points)/Parent 22 0 R/Dest[4 0 R/XYZ 0 300 0]>>");
    maker.set(24, "<</Type/StructTreeRoot/K<</S/Document/P 24 0 R>>>>");
    maker.set(25, "<</Type/Filespec/F(note.txt)/UF(note.txt)/EF<</F 26 0 R>>>>");
    maker.plain(26, "/Type/EmbeddedFile", b"an attachment");
    maker.plain(27, "/Type/Metadata/Subtype/XML", b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>");
    maker
}

/// Words that the tests set.
pub const WORDS: [&str; 10] =
    ["They", "met", "before", "noon", "and", "agreed", "on", "all", "the", "points"];

/// Lines of text, each shown as `show` says, one below the other.
pub fn lines(count: usize, show: impl Fn(usize) -> String) -> String {
    let mut content = "BT /F 11 Tf 14 TL 40 280 Td\n".to_owned();
    for line in 0..count {
        content.push_str(&show(line));
        content.push_str(" T*\n");
    }
    content + "ET"
}

/// Spaces shown as letters, one string a line.
pub fn spaced() -> Maker {
    Maker::page(&lines(6, |_| format!("({}) Tj", WORDS.join(" "))))
}

/// As pdfTeX writes it: an array a line, gaps as numbers, kerning.
pub fn kerned() -> Maker {
    Maker::page(&lines(6, |line| {
        let words: Vec<String> =
            WORDS.iter().map(|word| format!("({})20({})", &word[..1], &word[1..])).collect();
        format!("[{}]TJ", words.join(if line % 2 == 0 { "-333" } else { "-240.5 " }))
    }))
}

/// Operators that few programs use, escapes, brackets, strings in hexadecimal.
pub fn odd() -> Maker {
    let hex: String = WORDS.join(" ").bytes().map(|byte| format!("{byte:02x}")).collect();
    Maker::page(&format!(
        "BT /F 10 Tf 15 TL 90 Tz 40 280 Td (They (both) met\\040before \\(some\\) no\\157n today) Tj \
         (and (then) agreed on all the points) ' 1.5 .2 (of the new treaty before they left) \" \
         0 Tw 0 Tc <{hex}> Tj T* [<{}>-300(and mo)10(re words here)]TJ 100 Tz T* 3 Ts (raised words stand here too) Tj \
         0 Ts T* (one) Tj ( line that) Tj ( many) Tj ( operators show) Tj ET",
        &hex[..40]
    ))
}

/// As Chromium writes it: two bytes a code, and an operator of its own for each glyph.
pub fn glyph_by_glyph() -> Maker {
    let mut maker = Maker::new(&["/MediaBox[0 0 400 300]/Resources<</Font<</F 11 0 R>>>>/Contents 10 0 R"]);
    maker.set(11, "<</Type/Font/Subtype/Type0/BaseFont/AAAAAA+X/Encoding/Identity-H/DescendantFonts[12 0 R]/ToUnicode 14 0 R>>");
    maker.set(
        12,
        "<</Type/Font/Subtype/CIDFontType2/BaseFont/AAAAAA+X/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)\
         /Supplement 0>>/DW 500/W[32[250]97[450 520]99 110 480]/FontDescriptor 13 0 R>>",
    );
    maker.set(13, "<</Type/FontDescriptor/FontName/AAAAAA+X/Flags 4/FontBBox[0 0 1 1]/ItalicAngle 0/Ascent 800/Descent -200/CapHeight 700/StemV 80>>");
    let map = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def \
               1 begincodespacerange <0000> <ffff> endcodespacerange \
               1 beginbfrange <0020> <007e> <0020> endbfrange endcmap end end";
    maker.packed(14, "", map.as_bytes());
    let width = |byte: u8| match byte {
        32 => 2.75,
        97 => 4.95,
        98 => 5.72,
        99..=110 => 5.28,
        _ => 5.5,
    };
    let mut content = "1 0 0 -1 0 300 cm q BT /F 11 Tf 1 0 0 -1 40 20 Tm\n".to_owned();
    for _ in 0..6 {
        let mut back = 0.0;
        for byte in WORDS.join(" ").bytes() {
            content.push_str(&format!("<{:04x}> Tj {} 0 Td\n", byte, width(byte)));
            back += width(byte);
        }
        content.push_str(&format!("{} -14 Td\n", -back));
    }
    maker.packed(10, "", (content + "ET Q").as_bytes());
    maker
}

/// A font of drawings, as TeX makes them from bitmaps, with its text by glyph names.
pub fn drawn() -> Maker {
    let mut maker = Maker::new(&["/MediaBox[0 0 400 300]/Resources<</Font<</F 11 0 R>>>>/Contents 10 0 R"]);
    let names: Vec<String> = (b'a'..=b'z').map(|letter| format!("/{}", letter as char)).collect();
    let procs: Vec<String> = names.iter().map(|name| format!("{name} 12 0 R")).collect();
    maker.set(
        11,
        &format!(
            "<</Type/Font/Subtype/Type3/FontMatrix[.01 0 0 .01 0 0]/FontBBox[0 0 60 70]/FirstChar 97/LastChar 122\
             /Widths[{}]/Encoding<</Type/Encoding/Differences[97{}]>>/CharProcs<<{}>>/Resources<<>>>>",
            "50 ".repeat(26),
            names.concat(),
            procs.concat()
        ),
    );
    maker.plain(12, "", b"50 0 0 0 45 60 d1 5 0 40 60 re f");
    let words: Vec<String> = WORDS.iter().map(|word| format!("({})", word.to_lowercase())).collect();
    maker.packed(10, "", lines(6, |_| format!("[{}]TJ", words.join("-300"))).as_bytes());
    maker
}

/// A page that is turned and cropped, with text in a form, and a form that is drawn twice.
pub fn forms() -> Maker {
    let mut maker = Maker::new(&[
        "/MediaBox[-50 -20 400 500]/CropBox[10 10 390 480]/Rotate 90/Resources<</Font<</F 3 0 R>>\
          /XObject<</A 11 0 R/B 12 0 R>>>>/Contents[10 0 R 13 0 R]",
    ]);
    let show = |_| format!("({}) Tj", WORDS.join(" "));
    maker.packed(
        10,
        "",
        b"q .5 0 0 .5 20 40 cm /A Do Q q 0 1 -1 0 380 60 cm BT /F 12 Tf (they met on this) Tj",
    );
    maker.packed(13, "", b"( side too before noon) Tj ET Q 1 0 0 1 20 0 cm /B Do 1 0 0 1 0 40 cm /B Do");
    let own = "/Type/XObject/Subtype/Form/BBox[0 0 800 800]";
    maker.packed(11, &format!("{own}/Matrix[1.8 0 0 1.8 10 10]"), lines(4, show).as_bytes());
    let twice = b"BT /F 9 Tf 20 350 Td (this form is drawn twice on the page) Tj ET";
    maker.packed(12, &format!("{own}/Resources<</Font<</F 3 0 R>>>>"), twice);
    maker
}

/// Letters that go from right to left, each placed to the left of the last, and a line drawn in the order of
/// sight.
pub fn right_to_left() -> Maker {
    let mut maker = glyph_by_glyph();
    let map = "begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange \
               2 beginbfrange <0020> <0020> <0020> <0061> <007a> <05d0> endbfrange endcmap";
    maker.packed(14, "", map.as_bytes());
    let mut content = "BT /F 11 Tf 360 280 Td\n".to_owned();
    for _ in 0..6 {
        let mut at = 0.0;
        for byte in b"shalom kol haam bemedina hazot hayom" {
            let width = match byte {
                32 => 2.75,
                97 => 4.95,
                98 => 5.72,
                99..=110 => 5.28,
                _ => 5.5,
            };
            at += width;
            content.push_str(&format!("-{width} 0 Td <{byte:04x}> Tj\n"));
        }
        content.push_str(&format!("{at} -14 Td\n"));
    }
    maker.packed(10, "", (content + "ET").as_bytes());
    maker
}

/// Two pages that share a stream, with one of their own each.
pub fn shared() -> Maker {
    let page = "/MediaBox[0 0 400 300]/Resources<</Font<</F 3 0 R>>>>/Contents";
    let first = format!("{page}[20 0 R 21 0 R]");
    let second = format!("{page}[20 0 R 22 0 R]");
    let mut maker = Maker::new(&[&first, &second]);
    maker.packed(20, "", b"BT /F 8 Tf 40 20 Td (this line stands on both of the pages) Tj ET");
    for number in [21, 22] {
        let content = lines(4, |line| format!("({} {line}) Tj", WORDS.join(" ")));
        maker.packed(number, "", content.as_bytes());
    }
    maker
}
