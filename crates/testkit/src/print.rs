//! Text printed as a PDF: pages in Helvetica, as the plainest of programs writes them.

use std::fmt::Write as _;

/// Words of a line.
const WORDS: usize = 11;

/// Prose as lines of words.
///
/// ```
/// assert_eq!(tellmark_testkit::print::lines("a b c d e f g h i j k l"), ["a b c d e f g h i j k", "l"]);
/// ```
pub fn lines(prose: &str) -> Vec<String> {
    let words: Vec<&str> = prose.split_whitespace().collect();
    words.chunks(WORDS).map(|line| line.join(" ")).collect()
}

/// A file of pages of A4, each with these lines in Helvetica of 11 points, a show operator a line; what is not ASCII
/// becomes a hyphen. A page has room for 50 lines.
///
/// ```
/// use tellmark_testkit::print;
/// let page = print::lines(&tellmark_testkit::document::prose(1, 400, 0.0));
/// let file = print::pdf(&[page.clone(), page]);
/// assert!(file.starts_with(b"%PDF-1.7") && file.ends_with(b"%%EOF\n"));
/// ```
pub fn pdf(pages: &[Vec<String>]) -> Vec<u8> {
    let page = |at: usize| 4 + 2 * at;
    let kids: String = (0..pages.len()).map(|at| format!("{} 0 R ", page(at))).collect();
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        format!("<</Type/Pages/Kids[{kids}]/Count {}>>", pages.len()),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_owned(),
    ];
    for (at, lines) in pages.iter().enumerate() {
        let content = content(lines);
        objects.push(format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {} 0 R/Resources<</Font<</F1 3 0 R>>>>>>",
            page(at) + 1
        ));
        objects.push(format!("<</Length {}>>stream\n{content}\nendstream", content.len()));
    }
    file(&objects)
}

fn content(lines: &[String]) -> String {
    let mut content = String::from("BT /F1 11 Tf 14 TL 72 760 Td\n");
    for line in lines {
        let line = line.replace(['(', ')', '\\'], "").replace(|c: char| !c.is_ascii(), "-");
        // Writing to a string does not fail.
        let _ = writeln!(content, "({line}) Tj T*");
    }
    content + "ET"
}

/// Objects from number 1 with a table of where they are.
fn file(objects: &[String]) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in (1..).zip(objects) {
        let _ = writeln!(table, "{:010} 00000 n ", file.len());
        file.extend_from_slice(format!("{number} 0 obj\n{object}\nendobj\n").as_bytes());
    }
    let start = file.len();
    let trailer = format!("trailer<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1);
    file.extend_from_slice((table + &trailer).as_bytes());
    file
}
