//! Test CVs as files.

use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::{Content, Filter, Finish as _, Name, Pdf, Rect, Ref, Str};

use super::CvSpec;

/// The bytes of a file with that extension: a PDF of one page, a Word document that no one
/// needs to open, or plain text.
pub fn file(extension: &str, lines: &[String], spec: &CvSpec) -> Vec<u8> {
    match extension {
        "pdf" => pdf(lines, spec.compressed),
        "doc" | "docx" => docx(lines),
        _ => {
            let mark = if spec.mark { "\u{feff}" } else { "" };
            let end = if spec.crlf { "\r\n" } else { "\n" };
            // Without an end of the last line: whoever looks for ends would miss that line.
            (mark.to_owned() + &lines.join(end)).into_bytes()
        }
    }
}

/// A page of A4 in points, its margin, and the lines on it.
const PAGE: (f32, f32) = (595.0, 842.0);
const MARGIN: f32 = 72.0;
const SIZE: f32 = 11.0;
const LEADING: f32 = 15.0;

fn pdf(lines: &[String], compressed: bool) -> Vec<u8> {
    let [catalog, pages, page, font, content] = [1, 2, 3, 4, 5].map(Ref::new);
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(pages);
    pdf.pages(pages).kids([page]).count(1);
    let mut only = pdf.page(page);
    only.media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1));
    only.parent(pages).contents(content);
    only.resources().fonts().pair(Name(b"F1"), font);
    only.finish();
    // One of the fourteen fonts that every reader has.
    pdf.type1_font(font)
        .base_font(Name(b"Helvetica"))
        .encoding_predefined(Name(b"WinAnsiEncoding"));
    let mut drawn = Content::new();
    drawn.begin_text().set_font(Name(b"F1"), SIZE);
    drawn
        .set_leading(LEADING)
        .next_line(MARGIN, PAGE.1 - MARGIN);
    for line in lines {
        // The encoding has the letters of Latin-1 at the same places as Unicode.
        let letters = line.chars().map(|c| u8::try_from(c).unwrap_or(b'?'));
        let letters: Vec<u8> = letters.collect();
        drawn.show(Str(&letters)).next_line_using_leading();
    }
    drawn.end_text();
    let drawn = drawn.finish();
    if compressed {
        let bytes = compress_to_vec_zlib(&drawn, 6);
        pdf.stream(content, &bytes).filter(Filter::FlateDecode);
    } else {
        pdf.stream(content, &drawn);
    }
    pdf.finish()
}

/// The beginning of a zip, as a Word document is one: nothing reads further.
fn docx(lines: &[String]) -> Vec<u8> {
    [b"PK\x03\x04".as_slice(), lines.join("\n").as_bytes()].concat()
}
