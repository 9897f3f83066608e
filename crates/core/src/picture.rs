//! Pictures as plain data.

/// A picture in shades of grey, row by row from the top.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gray {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height` values from 0, black, to 255, white, as encoded in files (sRGB's curve, not light).
    pub pixels: Vec<u8>,
}

impl Gray {
    /// A picture of one shade.
    ///
    /// ```
    /// let white = tellmark_core::Gray::filled(3, 2, 255);
    /// assert_eq!(white.row(1), [255, 255, 255]);
    /// ```
    pub fn filled(width: usize, height: usize, shade: u8) -> Gray {
        Gray { width, height, pixels: vec![shade; width * height] }
    }

    /// One row.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, y: usize) -> &[u8] {
        &self.pixels[y * self.width..(y + 1) * self.width]
    }

    /// Half as wide and high: four pixels become their mean, and a last odd row or column goes.
    ///
    /// ```
    /// let picture = tellmark_core::Gray { width: 2, height: 2, pixels: vec![0, 10, 20, 30] };
    /// assert_eq!(picture.halved().pixels, [15]);
    /// ```
    pub fn halved(&self) -> Gray {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            let (upper, lower) = (self.row(2 * y), self.row(2 * y + 1));
            let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
            let mean = |(a, b): (&[u8], &[u8])| {
                [a[0], a[1], b[0], b[1]].iter().map(|&v| u32::from(v)).sum::<u32>() / 4
            };
            pixels.extend(pairs.map(|pair| mean(pair) as u8));
        }
        Gray { width, height, pixels }
    }

    /// Makes black of white and white of black.
    ///
    /// ```
    /// let mut picture = tellmark_core::Gray { width: 2, height: 1, pixels: vec![0, 200] };
    /// picture.invert();
    /// assert_eq!(picture.pixels, [255, 55]);
    /// ```
    pub fn invert(&mut self) {
        self.pixels.iter_mut().for_each(|shade| *shade = 255 - *shade);
    }

    /// Turned by a quarter, with the clock.
    ///
    /// ```
    /// let picture = tellmark_core::Gray { width: 2, height: 1, pixels: vec![7, 9] };
    /// let turned = picture.turned();
    /// assert_eq!((turned.width, turned.height, turned.pixels), (1, 2, vec![7, 9]));
    /// ```
    pub fn turned(&self) -> Gray {
        let (width, height) = (self.height, self.width);
        let column = |x: usize| (0..self.height).rev().map(move |y| self.pixels[y * self.width + x]);
        Gray { width, height, pixels: (0..height).flat_map(column).collect() }
    }

    /// One pixel; outside the picture the nearest one of its edge. A picture without pixels is white.
    pub fn at(&self, x: isize, y: isize) -> u8 {
        if self.pixels.is_empty() {
            return 255;
        }
        let inside = |at: isize, size: usize| at.clamp(0, size as isize - 1) as usize;
        self.pixels[inside(y, self.height) * self.width + inside(x, self.width)]
    }
}
