//! The glyphs of a page. Fonts, encodings and the page's language are a library's.

use std::panic::AssertUnwindSafe;

use hayro_interpret::font::{Glyph, GlyphRun};
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps,
    InterpreterCache, InterpreterSettings, SoftMask, interpret_page,
};
use hayro_syntax::{LoadPdfError, Pdf};
use kurbo::{Affine, BezPath, Rect};

use super::bounds::{Budget, Exhausted, is_too_large};
use super::layout::{self, Mark, Page};

/// Why a PDF has no text to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// It is none, or damaged.
    Broken,
    /// It wants a password.
    Encrypted,
    /// A synchronous call takes one page.
    ManyPages,
    /// It would take too long, or too much memory.
    TooMuch,
}

/// A page has no more glyphs than that; the rest is not read.
const MOST_GLYPHS: usize = 200_000;

/// Reads a document with one page.
///
/// # Errors
///
/// The document cannot be read, has another number of pages, or asks for more than the
/// budget.
pub fn read(document: Vec<u8>, budget: Budget) -> Result<Page, Unreadable> {
    if is_too_large(&document) {
        return Err(Unreadable::TooMuch);
    }
    let read = std::panic::catch_unwind(AssertUnwindSafe(|| draw(document, budget)));
    read.unwrap_or_else(|why| match why.is::<Exhausted>() {
        true => Err(Unreadable::TooMuch),
        // A document that makes the reader panic is none that it can read.
        false => Err(Unreadable::Broken),
    })
}

fn draw(document: Vec<u8>, budget: Budget) -> Result<Page, Unreadable> {
    let pdf = Pdf::new(document).map_err(|error| match error {
        LoadPdfError::Decryption(_) => Unreadable::Encrypted,
        LoadPdfError::Invalid => Unreadable::Broken,
    })?;
    let pages = pdf.pages();
    let page = match pages.len() {
        0 => return Err(Unreadable::Broken),
        1 => &pages[0],
        _ => return Err(Unreadable::ManyPages),
    };
    let (width, height) = page.render_dimensions();
    let (width, height) = (f64::from(width), f64::from(height));
    let cache = InterpreterCache::new();
    let mut context = Context::new(
        Affine::new(page.initial_transform(true).as_coeffs()),
        Rect::new(0.0, 0.0, width, height),
        &cache,
        pdf.xref(),
        InterpreterSettings::default(),
    );
    let mut marks = Marks {
        found: Vec::new(),
        budget,
    };
    interpret_page(page, &mut context, &mut marks);
    Ok(layout::page(width, height, marks.found))
}

/// Takes note of glyphs, and of nothing else that is drawn.
struct Marks {
    found: Vec<Mark>,
    budget: Budget,
}

impl Device<'_> for Marks {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, '_>, props: DrawProps<'_>, _: &DrawMode) {
        self.budget.spend();
        for glyph in run.glyphs() {
            if self.found.len() >= MOST_GLYPHS {
                return;
            }
            let place = (props.transform * glyph.transform()).as_coeffs();
            // A glyph's units are thousandths of the font's size.
            let size = 1000.0 * place[2].hypot(place[3]);
            let advance = match &**glyph {
                Glyph::Outline(outline) => outline.advance_width(),
                Glyph::Type3(drawn) => drawn.advance_width(),
            };
            let advance = f64::from(advance.unwrap_or(500.0)) * place[0].hypot(place[1]);
            let text = glyph.as_unicode().map(|text| match text {
                hayro_cmap::BfString::Char(character) => character.to_string(),
                hayro_cmap::BfString::String(text) => text,
            });
            self.found.push(Mark {
                text: text.unwrap_or_default(),
                left: place[4],
                right: place[4] + advance,
                baseline: place[5],
                size,
            });
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'_>, _: &DrawMode) {
        self.budget.spend();
    }
    fn push_clip_path(&mut self, _: &ClipPath) {
        self.budget.spend();
    }
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'_>>, _: BlendMode) {
        self.budget.spend();
    }
    fn draw_image(&mut self, _: Image<'_, '_>, _: ImageDrawProps<'_>) {
        self.budget.spend();
    }
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}
