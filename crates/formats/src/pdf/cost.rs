//! What drawing a page would cost, before it is drawn: the renderer keeps every edge of a page until the end, and has
//! no limit of its own.

use hayro::hayro_interpret::font::GlyphRun;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, SoftMask, StrokeProps, interpret_page,
};
use hayro::kurbo::{Affine, BezPath, PathEl, Point, Rect};
use hayro_syntax::page::Page;

use crate::Error;

/// Bytes that the edges of a page may take in the renderer.
const EDGE_BYTES_MAX: f64 = 300e6;
/// What such a page exceeds.
pub const WHAT: &str = "what a page draws, in bytes of its edges,";
/// Of a segment of a path, and of each pixel that it passes: a tile of four has a strip and its coverage.
const SEGMENT_BYTES: f64 = 120.0;
const PIXEL_BYTES: f64 = 10.0;
/// A letter passes so many pixels for each pixel of its height, about.
const LETTER_SIDES: f64 = 6.0;

/// Refuses a page whose drawing would take too much, by what it draws.
///
/// # Errors
/// [`Error::Limit`] when it draws more than any page of a document would.
pub fn refuse_rich(page: &Page<'_>, transform: Affine, (width, height): (f64, f64)) -> Result<(), Error> {
    let cache = InterpreterCache::new();
    let target = Rect::new(0.0, 0.0, width, height);
    let mut context = Context::new(transform, target, &cache, page.xref(), InterpreterSettings::default());
    let mut cost = Cost { bytes: 0.0, side: width + height };
    interpret_page(page, &mut context, &mut cost);

    match cost.bytes > EDGE_BYTES_MAX {
        true => Err(Error::Limit { what: WHAT, limit: EDGE_BYTES_MAX as u64 }),
        false => Ok(()),
    }
}

struct Cost {
    bytes: f64,
    /// No segment passes more pixels of the page.
    side: f64,
}

impl Cost {
    fn add(&mut self, path: &BezPath, transform: Affine, draw_mode: &DrawMode) {
        let (mut start, mut last) = (Point::ORIGIN, Point::ORIGIN);
        let (mut segments, mut pixels) = (0.0, 0.0);
        let mut to = |points: &[Point], last: &mut Point| {
            for point in points.iter().map(|point| transform * *point) {
                let length = point.distance(*last);
                pixels += if length.is_finite() { length.min(self.side) } else { self.side };
                *last = point;
            }
            segments += 1.0;
        };
        for element in path.elements() {
            match element {
                PathEl::MoveTo(point) => {
                    last = transform * *point;
                    start = *point;
                }
                PathEl::LineTo(point) => to(&[*point], &mut last),
                PathEl::QuadTo(a, b) => to(&[*a, *b], &mut last),
                PathEl::CurveTo(a, b, c) => to(&[*a, *b, *c], &mut last),
                PathEl::ClosePath => to(&[start], &mut last),
            }
        }
        let edges = match draw_mode {
            DrawMode::Fill(_) => 1.0,
            // Both sides of a line, and its pieces.
            DrawMode::Stroke(stroke) => 2.0 + pieces(stroke, transform, pixels),
            DrawMode::FillAndStroke(_, stroke) => 3.0 + pieces(stroke, transform, pixels),
            DrawMode::Invisible => 0.0,
        };
        self.bytes += edges * (segments * SEGMENT_BYTES + pixels * PIXEL_BYTES);
    }
}

/// How many times as many edges a line has for its dashes.
fn pieces(stroke: &StrokeProps, transform: Affine, pixels: f64) -> f64 {
    let period: f64 = stroke.dash_array.iter().map(|length| f64::from(*length)).sum();
    if stroke.dash_array.is_empty() || pixels <= 0.0 {
        return 0.0;
    }
    let period = period * transform.determinant().abs().sqrt();
    // Each dash has two edges and two ends.
    (pixels / period.max(1e-9)) * 4.0 * SEGMENT_BYTES / (pixels * PIXEL_BYTES)
}

impl<'a> Device<'a> for Cost {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, draw_mode: &DrawMode) {
        self.add(path, props.transform, draw_mode);
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        self.add(&clip.path, Affine::IDENTITY, &DrawMode::Fill(clip.fill));
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        self.bytes += SEGMENT_BYTES;
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        for glyph in run.glyphs() {
            // Outlines are in thousandths of the letters' size.
            let height = 1000.0 * (props.transform * glyph.transform()).determinant().abs().sqrt();
            let height = if height.is_finite() { height.min(self.side) } else { self.side };
            self.bytes += 30.0 * SEGMENT_BYTES + LETTER_SIDES * height * PIXEL_BYTES;
        }
    }

    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {
        self.bytes += SEGMENT_BYTES;
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}
