//! Where the picture shows each point of the page: a plane seen in perspective, bent by a smooth field.

use tellmark_core::PageSize;

use crate::homography::Homography;

use super::field::{Basis, Fit, Matrix, Row};

/// A map of the page into a picture: points of the page are displaced, then projected.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The plane.
    pub to_picture: Homography,
    /// The functions that the field is made of.
    pub basis: Basis,
    /// The field, in points to the right and down.
    pub field: [Vec<f64>; 2],
}

impl Sheet {
    /// A plane sheet.
    pub fn plane(to_picture: Homography, size: PageSize) -> Sheet {
        let basis = Basis::new(size);
        let field = [vec![0.0; basis.len()], vec![0.0; basis.len()]];
        Sheet { to_picture, basis, field }
    }

    /// Where the picture shows a point of the page.
    pub fn place(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        self.displace(&self.basis.row(x, y), x, y)
    }

    fn displace(&self, row: &Row, x: f64, y: f64) -> Option<(f64, f64)> {
        self.to_picture.apply(x + row.dot(&self.field[0]), y + row.dot(&self.field[1]))
    }

    /// Takes over the surfaces of a fit.
    pub fn bend(&mut self, fit: Fit<2>) {
        self.field = fit.surfaces;
    }

    /// Pixels a point around a point of the page, as the root of the area's scale.
    pub fn scale(&self, x: f64, y: f64) -> Option<f64> {
        let (middle, right, down) = (self.place(x, y)?, self.place(x + 1.0, y)?, self.place(x, y + 1.0)?);
        let area = (right.0 - middle.0) * (down.1 - middle.1) - (right.1 - middle.1) * (down.0 - middle.0);
        Some(area.abs().sqrt()).filter(|scale| scale.is_finite())
    }
}

/// The map that makes coordinates smaller by a factor after another map.
pub fn shrunk(map: &Homography, by: f64) -> Homography {
    let m = &map.0;
    Homography([m[0] / by, m[1] / by, m[2] / by, m[3] / by, m[4] / by, m[5] / by, m[6], m[7], m[8]])
}

/// A point of the page and one of the picture.
pub type Pair = ((f64, f64), (f64, f64));

/// The plane that comes closest to pairs of page and picture, starting from another one. What the pairs hardly
/// show, like the perspective of three lines of text, stays as it was.
pub fn refit(start: &Homography, pairs: &[Pair]) -> Homography {
    let Some(norm) = Norm::of(pairs) else { return *start };
    let Some(mut map) = norm.enter(start) else { return *start };
    for _ in 0..4 {
        let mut normal = Matrix::new(8);
        let mut change = [0.0; 8];
        (0..8).for_each(|k| normal.add(&[k], &[1.0], 1e-6 * pairs.len() as f64));
        for (page, picture) in pairs {
            let ((x, y), (u, v)) = norm.normed(*page, *picture);
            let w = 1.0 / (map[6] * x + map[7] * y + 1.0);
            let (pu, pv) = ((map[0] * x + map[1] * y + map[2]) * w, (map[3] * x + map[4] * y + map[5]) * w);
            for (at, error, image) in [(0, u - pu, pu), (3, v - pv, pv)] {
                let slopes = [x * w, y * w, w, -image * x * w, -image * y * w];
                let places = [at, at + 1, at + 2, 6, 7];
                normal.add(&places, &slopes, 1.0);
                places.iter().zip(slopes).for_each(|(k, slope)| change[*k] += slope * error);
            }
        }
        normal.decompose();
        normal.solve(&mut change);
        map.iter_mut().zip(change).for_each(|(cell, change)| *cell += change);
    }
    norm.back(&map).unwrap_or(*start)
}

/// Coordinates of pairs, moved and scaled to about -1 to 1.
struct Norm {
    page: (f64, f64, f64),
    picture: (f64, f64, f64),
}

impl Norm {
    fn of(pairs: &[Pair]) -> Option<Norm> {
        let spread = |points: &dyn Fn(usize) -> (f64, f64)| {
            let n = pairs.len() as f64;
            let (sx, sy) = (0..pairs.len()).map(points).fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
            let (mx, my) = (sx / n, sy / n);
            let far = |p: (f64, f64)| (p.0 - mx) * (p.0 - mx) + (p.1 - my) * (p.1 - my);
            let square: f64 = (0..pairs.len()).map(points).map(far).sum();
            (mx, my, (square / n).sqrt())
        };
        let norm = Norm { page: spread(&|k| pairs[k].0), picture: spread(&|k| pairs[k].1) };
        (pairs.len() >= 4 && norm.page.2 > 1e-6 && norm.picture.2 > 1e-6).then_some(norm)
    }

    fn normed(&self, page: (f64, f64), picture: (f64, f64)) -> ((f64, f64), (f64, f64)) {
        let norm = |p: (f64, f64), n: (f64, f64, f64)| ((p.0 - n.0) / n.2, (p.1 - n.1) / n.2);
        (norm(page, self.page), norm(picture, self.picture))
    }

    /// A map between normed coordinates, its last cell 1 and left out.
    fn enter(&self, map: &Homography) -> Option<[f64; 8]> {
        let (px, py, ps) = self.page;
        let (ux, uy, us) = self.picture;
        let m = product(&[1.0 / us, 0.0, -ux / us, 0.0, 1.0 / us, -uy / us, 0.0, 0.0, 1.0], &map.0);
        let m = product(&m, &[ps, 0.0, px, 0.0, ps, py, 0.0, 0.0, 1.0]);
        let out = [m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7]].map(|cell| cell / m[8]);
        out.iter().all(|cell| cell.is_finite()).then_some(out)
    }

    fn back(&self, m: &[f64; 8]) -> Option<Homography> {
        let (px, py, ps) = self.page;
        let (ux, uy, us) = self.picture;
        let m = [m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], 1.0];
        let m = product(&[us, 0.0, ux, 0.0, us, uy, 0.0, 0.0, 1.0], &m);
        let m = product(&m, &[1.0 / ps, 0.0, -px / ps, 0.0, 1.0 / ps, -py / ps, 0.0, 0.0, 1.0]);
        m.iter().all(|cell| cell.is_finite()).then_some(Homography(m))
    }
}

fn product(a: &[f64; 9], b: &[f64; 9]) -> [f64; 9] {
    let mut out = [0.0; 9];
    for (k, cell) in out.iter_mut().enumerate() {
        *cell = (0..3).map(|i| a[k / 3 * 3 + i] * b[i * 3 + k % 3]).sum();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TILTED: Homography = Homography([2.0, 0.1, 30.0, -0.2, 2.2, 10.0, 1e-4, -2e-4, 1.0]);

    #[test]
    fn a_plane_is_found_from_a_rough_start() {
        let pairs: Vec<_> = (0..60)
            .map(|k| (f64::from(k % 6) * 100.0, f64::from(k / 6) * 80.0))
            .map(|p| (p, TILTED.apply(p.0, p.1).unwrap()))
            .collect();
        let found = refit(&Homography::scale(2.0), &pairs);
        for (page, picture) in &pairs {
            let at = found.apply(page.0, page.1).unwrap();
            assert!((at.0 - picture.0).abs() < 0.05 && (at.1 - picture.1).abs() < 0.05, "{at:?} {picture:?}");
        }
        assert_eq!(refit(&TILTED, &pairs[..2]), TILTED);
    }
}
