//! Smooth surfaces over a page, and their fit to measurements.
//!
//! A surface is a cubic B-spline over the whole page, whose bending is drawn to zero, plus the quadratic and
//! cubic polynomials, drawn to zero more or less: a lens bends a page like a polynomial, a curled sheet does not.
//!
//! # Source
//! Eilers and Marx: Flexible smoothing with B-splines and penalties, Statistical Science 1996; the prediction
//! that leaves one measurement out as in Rasmussen and Williams: Gaussian processes for machine learning, 5.4.2.

use tellmark_core::PageSize;

/// How many functions do not vanish at a point: 16 of the spline and 7 polynomials.
const TERMS: usize = 23;

/// The functions that surfaces over one page are made of.
#[derive(Debug, Clone)]
pub struct Basis {
    half: (f64, f64),
    spacing: f64,
    columns: usize,
    rows: usize,
}

/// How freely a surface may differ from a plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Freedom {
    /// The size of second differences between neighbouring knots.
    pub bend: f64,
    /// The size of the factors of polynomials, which are 1 at the edge of the page.
    pub bow: f64,
}

/// The functions that do not vanish at a point, and their values there.
#[derive(Debug, Clone)]
pub struct Row {
    at: [usize; TERMS],
    value: [f64; TERMS],
}

impl Row {
    /// The surface's value at the point.
    pub fn dot(&self, surface: &[f64]) -> f64 {
        self.at.iter().zip(&self.value).map(|(at, value)| surface[*at] * value).sum()
    }
}

impl Basis {
    /// Functions for a page: at most ten knots along its longer side.
    pub fn new(size: PageSize) -> Basis {
        let points = |mpt: i32| f64::from(mpt.max(1000)) / 1000.0;
        let (width, height) = (points(size.width), points(size.height));
        let spacing = width.max(height) / 7.0;
        let knots = |length: f64| (length / spacing).ceil() as usize + 3;
        Basis { half: (width / 2.0, height / 2.0), spacing, columns: knots(width), rows: knots(height) }
    }

    fn splines(&self) -> usize {
        self.columns * self.rows
    }

    /// How many functions there are.
    pub fn len(&self) -> usize {
        self.splines() + 7
    }

    /// The functions at a point of the page, in points.
    pub fn row(&self, x: f64, y: f64) -> Row {
        let (column, across) = knot(x / self.spacing, self.columns);
        let (row, down) = knot(y / self.spacing, self.rows);
        let (a, b) = ((x / self.half.0 - 1.0).clamp(-1.5, 1.5), (y / self.half.1 - 1.0).clamp(-1.5, 1.5));
        let mut out = Row { at: [0; TERMS], value: [0.0; TERMS] };
        for k in 0..16 {
            out.at[k] = (row + k / 4) * self.columns + column + k % 4;
            out.value[k] = down[k / 4] * across[k % 4];
        }
        for (k, value) in [a * a, a * b, b * b, a * a * a, a * a * b, a * b * b, b * b * b].iter().enumerate()
        {
            out.at[16 + k] = self.splines() + k;
            out.value[16 + k] = *value;
        }
        out
    }

    /// The precision that a freedom gives to the factors of the functions, as a square matrix.
    fn prior(&self, freedom: Freedom) -> Matrix {
        let mut prior = Matrix::new(self.len());
        let strong = 1.0 / (freedom.bend * freedom.bend);
        let at = |column: usize, row: usize| row * self.columns + column;
        for row in 0..self.rows {
            for column in 0..self.columns {
                if column + 2 < self.columns {
                    let line = [at(column, row), at(column + 1, row), at(column + 2, row)];
                    prior.add(&line, &[1.0, -2.0, 1.0], strong);
                }
                if row + 2 < self.rows {
                    let line = [at(column, row), at(column, row + 1), at(column, row + 2)];
                    prior.add(&line, &[1.0, -2.0, 1.0], strong);
                }
                if column + 1 < self.columns && row + 1 < self.rows {
                    let square =
                        [at(column, row), at(column + 1, row), at(column, row + 1), at(column + 1, row + 1)];
                    prior.add(&square, &[1.0, -1.0, -1.0, 1.0], 2.0 * strong);
                }
                // Nothing else holds the plane where nothing is measured.
                prior.add(&[at(column, row)], &[1.0], 1.0 / (50.0 * 50.0));
            }
        }
        for k in 0..7 {
            prior.add(&[self.splines() + k], &[1.0], 1.0 / (freedom.bow * freedom.bow));
        }
        prior
    }

    /// Fits surfaces to measurements that share their places and weights (one over the variance).
    pub fn fit<const N: usize>(
        &self,
        freedom: Freedom,
        rows: &[Row],
        weights: &[f64],
        values: &[[f64; N]],
    ) -> Fit<N> {
        let mut normal = self.prior(freedom);
        let mut surfaces = [(); N].map(|()| vec![0.0; self.len()]);
        for ((row, weight), values) in rows.iter().zip(weights).zip(values) {
            normal.add(&row.at, &row.value, *weight);
            for (surface, value) in surfaces.iter_mut().zip(values) {
                for (at, factor) in row.at.iter().zip(&row.value) {
                    surface[*at] += weight * value * factor;
                }
            }
        }
        normal.decompose();
        surfaces.iter_mut().for_each(|surface| normal.solve(surface));
        Fit { surfaces, normal }
    }
}

/// Surfaces, and how sure they are.
#[derive(Debug, Clone)]
pub struct Fit<const N: usize> {
    /// The factors of the functions.
    pub surfaces: [Vec<f64>; N],
    normal: Matrix,
}

impl<const N: usize> Fit<N> {
    /// Prepares [`Fit::variance`].
    pub fn inverted(mut self) -> Fit<N> {
        self.normal.invert_root();
        self
    }

    /// The variance of the surface at a point, once [`Fit::inverted`].
    pub fn variance(&self, row: &Row, space: &mut Vec<f64>) -> f64 {
        let n = self.normal.size;
        space.clear();
        space.resize(n, 0.0);
        for (at, value) in row.at.iter().zip(&row.value) {
            let root = &self.normal.cells[at * n..(at + 1) * n];
            for (sum, cell) in space[*at..].iter_mut().zip(&root[*at..]) {
                *sum += value * cell;
            }
        }
        space.iter().map(|sum| sum * sum).sum()
    }
}

/// The first of four knots around a place, and the values of their splines there.
fn knot(at: f64, knots: usize) -> (usize, [f64; 4]) {
    let spans = knots.saturating_sub(3).max(1);
    let at = if at.is_finite() { at.clamp(0.0, spans as f64) } else { 0.0 };
    let first = (at as usize).min(spans - 1);
    (first, spline(at - first as f64))
}

/// The four pieces of the cubic B-spline at a fraction.
fn spline(t: f64) -> [f64; 4] {
    let s = 1.0 - t;
    let (tt, ss) = (t * t, s * s);
    [ss * s / 6.0, 2.0 / 3.0 - tt + tt * t / 2.0, 2.0 / 3.0 - ss + ss * s / 2.0, tt * t / 6.0]
}

/// A symmetric matrix, of which the upper half is kept; later its Cholesky root, later the inverse of that.
#[derive(Debug, Clone)]
pub struct Matrix {
    size: usize,
    cells: Vec<f64>,
}

impl Matrix {
    pub fn new(size: usize) -> Matrix {
        Matrix { size, cells: vec![0.0; size * size] }
    }

    /// A matrix from its rows.
    pub fn from_rows<'a>(rows: impl Iterator<Item = &'a [f64]>) -> Matrix {
        let cells: Vec<f64> = rows.flatten().copied().collect();
        Matrix { size: cells.len().isqrt(), cells }
    }

    /// Adds a weight times the square of a sparse vector, whose places grow.
    pub fn add(&mut self, at: &[usize], value: &[f64], weight: f64) {
        for (k, row) in at.iter().enumerate() {
            let factor = weight * value[k];
            let cells = &mut self.cells[row * self.size..(row + 1) * self.size];
            for (column, value) in at[k..].iter().zip(&value[k..]) {
                cells[*column] += factor * value;
            }
        }
    }

    /// Replaces the matrix by its upper root: M = R'R.
    pub fn decompose(&mut self) {
        let n = self.size;
        for k in 0..n {
            let (done, below) = self.cells.split_at_mut((k + 1) * n);
            let row = &mut done[k * n..];
            let root = row[k].max(1e-12).sqrt();
            row[k..].iter_mut().for_each(|cell| *cell /= root);
            for i in k + 1..n {
                let factor = row[i];
                if factor != 0.0 {
                    let other = &mut below[(i - k - 1) * n..(i - k) * n];
                    for (cell, above) in other[i..].iter_mut().zip(&row[i..]) {
                        *cell -= factor * above;
                    }
                }
            }
        }
    }

    /// Solves M x = v in place, after [`Matrix::decompose`].
    pub fn solve(&self, v: &mut [f64]) {
        let n = self.size;
        for k in 0..n {
            let row = &self.cells[k * n..(k + 1) * n];
            v[k] /= row[k];
            let value = v[k];
            for (cell, factor) in v[k + 1..].iter_mut().zip(&row[k + 1..]) {
                *cell -= value * factor;
            }
        }
        for k in (0..n).rev() {
            let row = &self.cells[k * n..(k + 1) * n];
            let sum: f64 = row[k + 1..].iter().zip(&v[k + 1..]).map(|(a, b)| a * b).sum();
            v[k] = (v[k] - sum) / row[k];
        }
    }

    /// Replaces the root by its inverse, so that the rows' squares give variances.
    pub fn invert_root(&mut self) {
        let n = self.size;
        for k in (0..n).rev() {
            let (done, below) = self.cells.split_at_mut((k + 1) * n);
            let row = &mut done[k * n..];
            let pivot = 1.0 / row[k];
            let mut out = vec![0.0; n - k];
            out[0] = pivot;
            for i in k + 1..n {
                let factor = -pivot * row[i];
                if factor != 0.0 {
                    let other = &below[(i - k - 1) * n + i..(i - k) * n];
                    for (cell, below) in out[i - k..].iter_mut().zip(other) {
                        *cell += factor * below;
                    }
                }
            }
            row[k..].copy_from_slice(&out);
        }
    }

    /// One cell of the inverse of the matrix, after [`Matrix::invert_root`].
    pub fn inverse(&self, i: usize, j: usize) -> f64 {
        let row = |k: usize| &self.cells[k * self.size..(k + 1) * self.size];
        let from = i.max(j);
        row(i)[from..].iter().zip(&row(j)[from..]).map(|(a, b)| a * b).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A4: PageSize = PageSize { width: 595_276, height: 841_890 };

    #[test]
    fn a_bent_surface_is_found_and_a_plane_goes_on() {
        let basis = Basis::new(A4);
        let truth = |x: f64, y: f64| [1.0 + 0.01 * x - 0.02 * y, libm::sin(x / 150.0) + libm::cos(y / 200.0)];
        let places: Vec<(f64, f64)> =
            (0..400).map(|k| (50.0 + f64::from(k % 20) * 25.0, 50.0 + f64::from(k / 20) * 37.0)).collect();
        let rows: Vec<Row> = places.iter().map(|p| basis.row(p.0, p.1)).collect();
        let values: Vec<[f64; 2]> = places.iter().map(|p| truth(p.0, p.1)).collect();
        let fit = basis.fit(Freedom { bend: 1.0, bow: 1.0 }, &rows, &vec![1e4; 400], &values);
        let (row, wanted) = (basis.row(311.0, 402.0), truth(311.0, 402.0));
        assert!((row.dot(&fit.surfaces[0]) - wanted[0]).abs() < 1e-3);
        assert!((row.dot(&fit.surfaces[1]) - wanted[1]).abs() < 1e-2);
        let fit = fit.inverted();
        let mut space = vec![];
        let inside = fit.variance(&row, &mut space);
        let corner = fit.variance(&basis.row(0.0, 0.0), &mut space);
        assert!(inside < 1e-5 && corner > 4.0 * inside, "{inside} {corner}");
    }

    #[test]
    fn roots_solve_and_invert() {
        let mut m = Matrix::new(3);
        m.add(&[0, 1, 2], &[1.0, 2.0, 3.0], 1.0);
        m.add(&[0, 2], &[1.0, -1.0], 2.0);
        m.add(&[1], &[1.0], 1.0);
        m.decompose();
        let mut v = [1.0, 0.0, 0.0];
        m.solve(&mut v);
        m.invert_root();
        let column = [m.inverse(0, 0), m.inverse(1, 0), m.inverse(2, 0)];
        for (a, b) in v.iter().zip(column) {
            assert!((a - b).abs() < 1e-12, "{v:?} {column:?}");
        }
    }
}
