//! Plane projective maps.

use tellmark_core::Area;

/// A projective map from points of a page (x and y in points, 1/72 inch, from its top left corner) to pixels of
/// a picture (the centre of the first pixel is at 0.5, 0.5), as a matrix row by row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Homography(pub [f64; 9]);

impl Homography {
    /// The map that scales a page by so many pixels a point.
    pub fn scale(pixels_a_point: f64) -> Homography {
        Homography([pixels_a_point, 0.0, 0.0, 0.0, pixels_a_point, 0.0, 0.0, 0.0, 1.0])
    }

    /// Where a point goes; `None` on or behind the horizon.
    ///
    /// ```
    /// use tellmark_pages::homography::Homography;
    /// assert_eq!(Homography::scale(2.0).apply(36.0, 10.0), Some((72.0, 20.0)));
    /// ```
    pub fn apply(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let m = &self.0;
        let w = m[6] * x + m[7] * y + m[8];
        (w > 1e-12).then(|| ((m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w))
    }

    /// Where the corners of an area go: left top, right top, right bottom, left bottom.
    pub fn corners(&self, area: &Area) -> Option<[(f64, f64); 4]> {
        let points = |mpt: i32| f64::from(mpt) / 1000.0;
        let (l, t, r, b) = (points(area.left), points(area.top), points(area.right), points(area.bottom));
        Some([self.apply(l, t)?, self.apply(r, t)?, self.apply(r, b)?, self.apply(l, b)?])
    }
}
