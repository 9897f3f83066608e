//! Pages that are printed for a test, their pictures, and what tracing a file says.

use tellmark_app::Silent;
use tellmark_app::trace::{ExhibitFile, Finding, TraceRequest, trace};
use tellmark_core::Gray;

use crate::office::Office;

/// A page in Helvetica, a show operator for each line.
pub fn page(lines: &[String]) -> Vec<u8> {
    let mut content = String::from("BT /F1 11 Tf 14 TL 72 760 Td\n");
    for line in lines {
        let line = line.replace(['(', ')', '\\'], "");
        content.push_str(&format!("({}) Tj T*\n", line.replace(|c: char| !c.is_ascii(), "-")));
    }
    content.push_str("ET");
    let content = content.into_bytes();
    file(&[
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>"
            .to_vec(),
        stream("", &content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_vec(),
    ])
}

/// A scan as office machines write it: a picture over the whole page, and behind it what was recognised, without ink.
pub fn searchable(scan: &Gray, lines: &[String]) -> Vec<u8> {
    let mut content = String::from("q 595 0 0 842 0 0 cm /I Do Q BT 3 Tr /F1 10 Tf 14 TL 71 761 Td\n");
    for line in lines {
        content.push_str(&format!("({}) Tj T*\n", line.replace(['(', ')', '\\'], "")));
    }
    content.push_str("ET");
    let picture = format!(
        "/Type/XObject/Subtype/Image/Width {}/Height {}/ColorSpace/DeviceGray/BitsPerComponent 8",
        scan.width, scan.height
    );
    let page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R\
                 /Resources<</Font<</F1 5 0 R>>/XObject<</I 6 0 R>>>>>>";
    file(&[
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        page.to_vec(),
        stream("", content.as_bytes()),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_vec(),
        stream(&picture, &scan.pixels),
    ])
}

fn stream(dict: &str, bytes: &[u8]) -> Vec<u8> {
    let begin = format!("<<{dict}/Length {}>>stream\n", bytes.len());
    [begin.as_bytes(), bytes, b"\nendstream"].concat()
}

/// Objects from number 1 with a table of where they are.
fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in (1..).zip(objects) {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.extend_from_slice(&[format!("{number} 0 obj\n").as_bytes(), object, b"\nendobj\n"].concat());
    }
    let start = file.len();
    let trailer = format!("trailer<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1);
    file.extend_from_slice(table.as_bytes());
    file.extend_from_slice(trailer.as_bytes());
    file
}

/// A picture as a file.
pub fn png(gray: &Gray) -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture = image::GrayImage::from_raw(gray.width as u32, gray.height as u32, gray.pixels.clone());
    let mut out = std::io::Cursor::new(&mut bytes);
    picture.unwrap().write_to(&mut out, image::ImageFormat::Png).unwrap();
    bytes
}

/// What a new case says of a file.
pub async fn traced(office: &Office, bytes: Vec<u8>) -> Finding {
    let request = TraceRequest {
        exhibits: vec![ExhibitFile { name: "leak".into(), bytes }],
        because: "a test".into(),
        ..TraceRequest::default()
    };
    trace(&office.vault, &request, &office.ports, &Silent).await.unwrap().finding
}
