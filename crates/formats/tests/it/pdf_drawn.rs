//! Sealed PDFs as other programs draw them, and what hangs on their pages. `./test` installs these programs; without
//! them the tests fail, they never skip.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use tellmark_core::{Area, Gray};
use tellmark_formats::{Document, Format, pdf};

use crate::office::python;
use crate::pdf::{cases, check};
use crate::pdfs;

const DPI: f64 = 144.0;
/// The first page drawn by PDFium.
const PDFIUM: &str = "import pypdfium2, sys
page = pypdfium2.PdfDocument(sys.argv[1])[0]
page.render(scale=2).to_pil().convert('L').save(sys.argv[2])";

/// Draws the first page of a file.
type Draws = fn(&Path) -> Gray;

fn by_poppler(path: &Path) -> Gray {
    let out = path.with_extension("poppler");
    let arguments = ["-gray", "-cropbox", "-r", "144", "-l", "1", "-singlefile", "-png"];
    done("pdftoppm", Command::new("pdftoppm").args(arguments).arg(path).arg(&out));
    shades(&path.with_extension("poppler.png"))
}

fn by_pdfium(path: &Path) -> Gray {
    let out = path.with_extension("pdfium.png");
    done("pypdfium2", Command::new(python("pypdfium2, PIL")).args(["-c", PDFIUM]).arg(path).arg(&out));
    shades(&out)
}

fn by_hayro(path: &Path) -> Gray {
    pdf::render(&std::fs::read(path).unwrap(), 0, DPI).unwrap()
}

fn done(name: &str, command: &mut Command) {
    let output = command.output().unwrap_or_else(|e| panic!("{name} is missing; ./test installs it: {e}"));
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

fn shades(path: &Path) -> Gray {
    let pictures = tellmark_formats::picture::read_pictures(&std::fs::read(path).unwrap()).unwrap();
    pictures.into_iter().next().unwrap().gray
}

/// Whether a pixel lies near a word.
fn is_near(words: &[Area], x: usize, y: usize) -> bool {
    let (x, y) = ((x as f64 + 0.5) * 72_000.0 / DPI, (y as f64 + 0.5) * 72_000.0 / DPI);
    let margin = 2_500.0;
    words.iter().any(|area| {
        x > f64::from(area.left) - margin
            && x < f64::from(area.right) + margin
            && y > f64::from(area.top) - margin
            && y < f64::from(area.bottom) + margin
    })
}

#[test]
fn three_renderers_draw_the_same_but_for_the_shifts() {
    let folder = tempfile::tempdir().unwrap();
    for (name, maker, movable) in cases() {
        let original = maker.table();
        let document = Document::parse(Format::Pdf, &original).unwrap();
        let layout = document.layout().unwrap();
        let words: Vec<Area> =
            layout.words.iter().filter(|word| word.page == 0).map(|word| word.area).collect();
        let copy = check(name, &original, movable).remove(0);
        let (before, after) = (folder.path().join("before.pdf"), folder.path().join("after.pdf"));
        std::fs::write(&before, &original).unwrap();
        std::fs::write(&after, &copy).unwrap();
        for (program, draws) in [("hayro", by_hayro as Draws), ("poppler", by_poppler), ("PDFium", by_pdfium)]
        {
            let (was, is) = (draws(&before), draws(&after));
            assert_eq!((was.width, was.height), (is.width, is.height), "{name}: {program}");
            let (mut ink, mut more, mut changed) = (0u64, 0i64, 0u64);
            for (at, (a, b)) in was.pixels.iter().zip(&is.pixels).enumerate() {
                let near = is_near(&words, at % was.width, at / was.width);
                let place = (at % was.width / 2, at / was.width / 2);
                assert!(
                    near || a.abs_diff(*b) < 8,
                    "{name}: {program} draws something else at {place:?}: {a} {b}"
                );
                ink += u64::from(255 - a);
                more += i64::from(*a) - i64::from(*b);
                changed += u64::from(a.abs_diff(*b));
            }
            if name == "right to left" && ink == 0 {
                continue; // Its font is not in the file, and this program has none for it.
            }
            // The ink is where it was but for a third of a pixel, and as much as it was.
            assert!(changed > 0 && changed < ink, "{name}: {program}: {changed} of {ink}");
            assert!(more.unsigned_abs() * 50 < ink, "{name}: {program}: {more} more of {ink}");
        }
    }
}

/// The numbers of the objects that a copy adds behind the original's bytes.
fn added(original: &[u8], copy: &[u8]) -> BTreeSet<usize> {
    let behind = String::from_utf8_lossy(&copy[original.len()..]).into_owned();
    let heads = behind.match_indices(" 0 obj");
    heads
        .filter_map(|(at, _)| behind[..at].rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok())
        .collect()
}

#[test]
fn what_hangs_on_a_page_is_not_touched() {
    let original = pdfs::furnished().table();
    for copy in check("furnished", &original, 48) {
        // The original stands in the copy byte for byte; only the page's content is written anew.
        assert_eq!(added(&original, &copy), BTreeSet::from([10]));
        let behind = String::from_utf8_lossy(&copy[original.len()..]).into_owned();
        assert!(behind.contains("/Root 1 0 R"), "{behind}");
    }
    // The same as another library reads it.
    const SCRIPT: &str = "import pikepdf, sys
pdf = pikepdf.open(sys.argv[1])
page = pdf.pages[0]
print(page.label, [str(a.Subtype) for a in page.Annots], str(page.Annots[0].A.URI), str(page.Annots[1].V))
with pdf.open_outline() as outline:
    print([item.title for item in outline.root])
print({name: spec.get_file().read_bytes() for name, spec in pdf.attachments.items()})
print(str(pdf.Root.StructTreeRoot.K.S), str(pdf.Root.Lang), sorted(pdf.Root.keys()))";
    let folder = tempfile::tempdir().unwrap();
    let read = |bytes: &[u8]| {
        let path = folder.path().join("x.pdf");
        std::fs::write(&path, bytes).unwrap();
        let output = Command::new(python("pikepdf")).args(["-c", SCRIPT]).arg(&path).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let before = read(&original);
    assert!(
        before.contains("iv [") && before.contains("an attachment") && before.contains("Points"),
        "{before}"
    );
    for copy in check("furnished", &original, 48) {
        assert_eq!(read(&copy), before);
    }
}
