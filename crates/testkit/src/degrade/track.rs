//! Where the points of a page go.

/// A sheet bent around a cylinder, before a pinhole camera.
///
/// The sheet's middle is the origin, lengths in points. `u` runs across the cylinder's axis, which is turned by
/// an angle from the page's vertical.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bend {
    /// The page's middle in points.
    pub middle: (f64, f64),
    /// Cosine and sine of the angle of `u` from the page's x axis.
    pub turn: (f64, f64),
    /// The cylinder's radius, in points.
    pub radius: f64,
}

impl Bend {
    /// Where a point of the page is in space: x and y in the plane of the flat sheet, z towards the camera
    /// (never above 0, which the middle has).
    pub fn lift(&self, x: f64, y: f64) -> [f64; 3] {
        let (dx, dy) = (x - self.middle.0, y - self.middle.1);
        let (c, s) = self.turn;
        let (arc, v) = (dx * c + dy * s, dy * c - dx * s);
        let angle = arc / self.radius;
        let (u, z) = (self.radius * libm::sin(angle), self.radius * (libm::cos(angle) - 1.0));
        [u * c - v * s, u * s + v * c, z]
    }

    /// The point of the page at which a ray meets the bent sheet from its outside; `None` where it misses.
    pub fn meet(&self, from: [f64; 3], ray: [f64; 3]) -> Option<(f64, f64)> {
        let (c, s) = self.turn;
        let across = |p: [f64; 3]| p[0] * c + p[1] * s;
        let (u, du, z, dz) = (across(from), across(ray), from[2] + self.radius, ray[2]);
        // u and z on a circle around the cylinder's axis.
        let (a, b, k) = (du * du + dz * dz, u * du + z * dz, u * u + z * z - self.radius * self.radius);
        let root = b * b - a * k;
        if root < 0.0 {
            return None;
        }
        let t = (-b - libm::sqrt(root)) / a;
        let arc = self.radius * libm::atan2(u + t * du, z + t * dz);
        let v = (from[1] + t * ray[1]) * c - (from[0] + t * ray[0]) * s;
        Some((self.middle.0 + arc * c - v * s, self.middle.1 + arc * s + v * c))
    }
}

/// The way from points of a page (x and y in points of 1/72 inch, from its top left corner) to pixels of a
/// picture (the centre of the first one is at 0.5, 0.5).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Track {
    /// A projective map, row by row.
    Plane([f64; 9]),
    /// A bent sheet: [`Bend::lift`], then the camera's 3 by 4 matrix, row by row.
    Bent(Bend, [f64; 12]),
}

impl Track {
    /// So many pixels a point.
    pub fn scale(pixels_a_point: f64) -> Track {
        Track::Plane([pixels_a_point, 0.0, 0.0, 0.0, pixels_a_point, 0.0, 0.0, 0.0, 1.0])
    }

    /// The projective map; `None` for a bent sheet, whose way is none.
    pub fn plane(&self) -> Option<[f64; 9]> {
        match self {
            Track::Plane(map) => Some(*map),
            Track::Bent(..) => None,
        }
    }

    /// Where a point of the page lies in the picture, in it or outside; `None` behind the camera.
    pub fn apply(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let [a, b, w] = match self {
            Track::Plane(m) => std::array::from_fn(|r| m[3 * r] * x + m[3 * r + 1] * y + m[3 * r + 2]),
            Track::Bent(bend, camera) => {
                let p = bend.lift(x, y);
                std::array::from_fn(|r| {
                    let row = &camera[4 * r..4 * r + 4];
                    row[0] * p[0] + row[1] * p[1] + row[2] * p[2] + row[3]
                })
            }
        };
        (w > 1e-12).then(|| (a / w, b / w))
    }

    /// Followed by a projective map of the picture's pixels.
    pub fn then(self, map: &[f64; 9]) -> Track {
        let row = |r: usize, columns: usize, of: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
            (0..columns).map(|c| (0..3).map(|k| map[3 * r + k] * of(k, c)).sum()).collect()
        };
        match self {
            Track::Plane(m) => {
                let rows: Vec<f64> = (0..3).flat_map(|r| row(r, 3, &|k, c| m[3 * k + c])).collect();
                Track::Plane(std::array::from_fn(|i| rows[i]))
            }
            Track::Bent(bend, m) => {
                let rows: Vec<f64> = (0..3).flat_map(|r| row(r, 4, &|k, c| m[4 * k + c])).collect();
                Track::Bent(bend, std::array::from_fn(|i| rows[i]))
            }
        }
    }
}

/// The inverse of a projective map; `None` when it has none.
pub(super) fn invert(m: &[f64; 9]) -> Option<[f64; 9]> {
    let minor = |a: usize, b: usize, c: usize, d: usize| m[a] * m[d] - m[b] * m[c];
    let adjugate = [
        minor(4, 5, 7, 8),
        -minor(1, 2, 7, 8),
        minor(1, 2, 4, 5),
        -minor(3, 5, 6, 8),
        minor(0, 2, 6, 8),
        -minor(0, 2, 3, 5),
        minor(3, 4, 6, 7),
        -minor(0, 1, 6, 7),
        minor(0, 1, 3, 4),
    ];
    let determinant = m[0] * adjugate[0] + m[1] * adjugate[3] + m[2] * adjugate[6];
    (determinant.abs() > 1e-300).then(|| adjugate.map(|a| a / determinant))
}

/// A move, after scaling each axis.
pub(super) fn affine(scale_x: f64, scale_y: f64, right: f64, down: f64) -> [f64; 9] {
    [scale_x, 0.0, right, 0.0, scale_y, down, 0.0, 0.0, 1.0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bent_sheet_is_met_where_it_was_lifted() {
        let bend = Bend { middle: (300.0, 400.0), turn: (0.8, 0.6), radius: 900.0 };
        let eye = [20.0, -30.0, 1500.0];
        for (x, y) in [(300.0, 400.0), (10.0, 20.0), (580.0, 790.0)] {
            let p = bend.lift(x, y);
            let ray = [p[0] - eye[0], p[1] - eye[1], p[2] - eye[2]];
            let (a, b) = bend.meet(eye, ray).unwrap();
            assert!((a - x).abs() < 1e-6 && (b - y).abs() < 1e-6, "{a} {b}");
        }
        assert_eq!(bend.meet(eye, [5.0, 0.0, 1.0]), None);
    }

    #[test]
    fn maps_follow_each_other_and_turn_back() {
        let map = [1.1, 0.2, 3.0, -0.1, 0.9, 4.0, 1e-4, 2e-4, 1.0];
        let back = invert(&map).unwrap();
        let there = Track::Plane(map).apply(50.0, 70.0).unwrap();
        let again = Track::Plane(back).apply(there.0, there.1).unwrap();
        assert!((again.0 - 50.0).abs() < 1e-9 && (again.1 - 70.0).abs() < 1e-9);
        let both = Track::Plane(map).then(&back).apply(12.0, 34.0).unwrap();
        assert!((both.0 - 12.0).abs() < 1e-9 && (both.1 - 34.0).abs() < 1e-9);
        assert_eq!(invert(&[0.0; 9]), None);
    }
}
