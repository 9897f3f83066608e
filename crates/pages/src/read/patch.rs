//! Maps of a small part of a plane: quadratic in both coordinates.

/// A map of a rectangle into another plane, exact for affine maps and close for perspective over one word.
#[derive(Debug, Clone, Copy)]
pub struct Patch {
    middle: (f64, f64),
    half: (f64, f64),
    /// For both results: the constant, and the factors of a, b, ab, aa, bb, where a and b run from -1 to 1.
    factors: [[f64; 6]; 2],
}

impl Patch {
    /// Fits the map to nine points of a rectangle; `None` where one of them has no image.
    pub fn fit(
        middle: (f64, f64),
        half: (f64, f64),
        map: impl Fn(f64, f64) -> Option<(f64, f64)>,
    ) -> Option<Patch> {
        let mut factors = [[0.0; 6]; 2];
        for (a, b) in (0..9).map(|k| (f64::from(k % 3) - 1.0, f64::from(k / 3) - 1.0)) {
            let image = map(middle.0 + a * half.0, middle.1 + b * half.1)?;
            let (aa, bb) = (a * a - 2.0 / 3.0, b * b - 2.0 / 3.0);
            // The terms are orthogonal over the nine points, so each factor is one projection.
            for (factors, value) in factors.iter_mut().zip([image.0, image.1]) {
                let terms =
                    [1.0 / 9.0 - aa / 3.0 - bb / 3.0, a / 6.0, b / 6.0, a * b / 4.0, aa / 2.0, bb / 2.0];
                for (factor, term) in factors.iter_mut().zip(terms) {
                    *factor += value * term;
                }
            }
        }
        Some(Patch { middle, half, factors })
    }

    /// Where a point goes.
    pub fn apply(&self, x: f64, y: f64) -> (f64, f64) {
        let (a, b) = ((x - self.middle.0) / self.half.0, (y - self.middle.1) / self.half.1);
        let value = |f: &[f64; 6]| f[0] + a * (f[1] + b * f[3] + a * f[4]) + b * (f[2] + b * f[5]);
        (value(&self.factors[0]), value(&self.factors[1]))
    }

    /// Where the points of a row go, by their x: the same as [`Patch::apply`], with less work for each.
    pub fn row(&self, y: f64) -> impl Fn(f64) -> (f64, f64) + use<> {
        let b = (y - self.middle.1) / self.half.1;
        let (middle, by) = (self.middle.0, 1.0 / self.half.0);
        let along = |f: &[f64; 6]| [f[0] + b * (f[2] + b * f[5]), f[1] + b * f[3], f[4]];
        let [first, second] = [along(&self.factors[0]), along(&self.factors[1])];
        move |x| {
            let a = (x - middle) * by;
            let value = |f: &[f64; 3]| f[0] + a * (f[1] + a * f[2]);
            (value(&first), value(&second))
        }
    }

    /// The derivatives: of the first result by x and y, then of the second.
    pub fn slopes(&self, x: f64, y: f64) -> [f64; 4] {
        let (a, b) = ((x - self.middle.0) / self.half.0, (y - self.middle.1) / self.half.1);
        let along = |f: &[f64; 6]| (f[1] + b * f[3] + 2.0 * a * f[4]) / self.half.0;
        let across = |f: &[f64; 6]| (f[2] + a * f[3] + 2.0 * b * f[5]) / self.half.1;
        let [first, second] = &self.factors;
        [along(first), across(first), along(second), across(second)]
    }

    /// The point that goes to an image, by Newton's method from the middle; `None` where the map folds.
    pub fn invert(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let mut at = self.middle;
        for _ in 0..4 {
            let image = self.apply(at.0, at.1);
            let [a, b, c, d] = self.slopes(at.0, at.1);
            let det = a * d - b * c;
            let (dx, dy) = (x - image.0, y - image.1);
            let step = ((d * dx - b * dy) / det, (a * dy - c * dx) / det);
            if !step.0.is_finite() || !step.1.is_finite() {
                return None;
            }
            at = (at.0 + step.0, at.1 + step.1);
        }
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quadratic_maps_are_met_exactly_and_inverted() {
        let map = |x: f64, y: f64| (3.0 + 2.0 * x - y + 0.01 * x * y, 1.0 + x + 4.0 * y + 0.02 * y * y);
        let patch = Patch::fit((5.0, 6.0), (4.0, 2.0), |x, y| Some(map(x, y))).unwrap();
        let image = patch.apply(7.3, 4.4);
        let wanted = map(7.3, 4.4);
        assert!((image.0 - wanted.0).abs() < 1e-9 && (image.1 - wanted.1).abs() < 1e-9, "{image:?}");
        let of_row = patch.row(4.4)(7.3);
        assert!((image.0 - of_row.0).abs() < 1e-9 && (image.1 - of_row.1).abs() < 1e-9, "{of_row:?}");
        let back = patch.invert(image.0, image.1).unwrap();
        assert!((back.0 - 7.3).abs() < 1e-9 && (back.1 - 4.4).abs() < 1e-9, "{back:?}");
        assert!(Patch::fit((0.0, 0.0), (1.0, 1.0), |x, _| (x < 0.5).then_some((x, x))).is_none());
    }
}
