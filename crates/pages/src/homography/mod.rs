//! Plane projective maps.

mod fit;

pub use fit::{Fit, Pair, fit, least_squares, similarity};
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

    /// The map back, from pixels to points; `None` when it folds the plane onto a line.
    ///
    /// ```
    /// use tellmark_pages::homography::Homography;
    /// let back = Homography::scale(2.0).inverse();
    /// assert_eq!(back.and_then(|back| back.apply(72.0, 20.0)), Some((36.0, 10.0)));
    /// ```
    pub fn inverse(&self) -> Option<Homography> {
        let [a, b, c, d, e, f, g, h, i] = self.0;
        let adjugate = [
            e * i - f * h,
            c * h - b * i,
            b * f - c * e,
            f * g - d * i,
            a * i - c * g,
            c * d - a * f,
            d * h - e * g,
            b * g - a * h,
            a * e - b * d,
        ];
        let determinant = a * adjugate[0] + b * adjugate[3] + c * adjugate[6];
        let size = self.0.iter().fold(0.0f64, |most, value| most.max(value.abs()));
        (determinant.abs() > 1e-18 * size * size * size && determinant.is_finite())
            .then(|| Homography(adjugate.map(|value| value / determinant)))
    }

    /// This map, and then another one.
    ///
    /// ```
    /// use tellmark_pages::homography::Homography;
    /// let both = Homography::scale(2.0).then(&Homography::scale(3.0));
    /// assert_eq!(both.apply(1.0, 1.0), Some((6.0, 6.0)));
    /// ```
    #[must_use]
    pub fn then(&self, next: &Homography) -> Homography {
        let product = |at: usize| (0..3).map(|k| next.0[at / 3 * 3 + k] * self.0[3 * k + at % 3]).sum();
        Homography(std::array::from_fn(product))
    }

    /// How the map stretches near a point: the derivatives `[dX/dx, dX/dy, dY/dx, dY/dy]`.
    pub fn derivatives(&self, x: f64, y: f64) -> Option<[f64; 4]> {
        let (to_x, to_y) = self.apply(x, y)?;
        let m = &self.0;
        let w = m[6] * x + m[7] * y + m[8];
        let d = |value: f64, row: usize, column: usize| (m[3 * row + column] - value * m[6 + column]) / w;
        Some([d(to_x, 0, 0), d(to_x, 0, 1), d(to_y, 1, 0), d(to_y, 1, 1)])
    }

    /// How many pixels a point is long near a point of the page, on the mean of all directions.
    pub fn scale_at(&self, x: f64, y: f64) -> Option<f64> {
        let [a, b, c, d] = self.derivatives(x, y)?;
        Some(libm::sqrt((a * d - b * c).abs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TILTED: Homography = Homography([2.0, 0.1, 30.0, -0.2, 2.2, 10.0, 1e-4, -2e-4, 1.0]);

    #[test]
    fn inverses_undo() {
        let (x, y) = TILTED.apply(100.0, 200.0).unwrap();
        let (x, y) = TILTED.inverse().unwrap().apply(x, y).unwrap();
        assert!((x - 100.0).abs() < 1e-9 && (y - 200.0).abs() < 1e-9);
        assert!(Homography([0.0; 9]).inverse().is_none());
    }
}
