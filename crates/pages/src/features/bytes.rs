//! Features of a page as bytes, to be kept beside a release or in a cache.
//!
//! All numbers are little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | the version of this form, 1 |
//! | 2 | the version of the features, [`super::FEATURES_VERSION`] |
//! | 4 + 4 | the page's width and height in points, as floats |
//! | 2 | the number of features, at most [`super::PAGE_FEATURES_MAX`] |
//! | 38 each | x and y in 65,535ths of the longer side (2 + 2), the size as 24ths of doublings of a quarter point (1), the direction in 256ths of a turn (1), the bits (32) |

use super::{Bits, FEATURES_VERSION, Feature, PAGE_FEATURES_MAX, PageFeatures};

const FORM: u8 = 1;
const HEAD: usize = 13;
const EACH: usize = 38;
/// The longest side of a page in points: what PDF 1.7 allows with a user unit of 1, with room.
const SIDE_MAX: f32 = 20_000.0;
/// The least size of a spot, in points.
const SIZE_MIN: f32 = 0.25;
/// Steps of size in a doubling.
const SIZE_STEPS: f32 = 24.0;

/// Why bytes are not the features of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FeaturesError {
    /// They were made by another version.
    #[error(
        "features of version {0}.{1}, but this program reads {FORM}.{FEATURES_VERSION}; make them again from the original"
    )]
    Version(u8, u16),
    /// They are cut off, too long, or say what cannot be.
    #[error("the features are damaged ({0}); make them again from the original")]
    Damaged(&'static str),
}

impl PageFeatures {
    /// As bytes; see the module's table. What [`super::of_page`] made comes back exactly.
    pub fn to_bytes(&self) -> Vec<u8> {
        let features = &self.features[..self.features.len().min(PAGE_FEATURES_MAX)];
        let mut bytes = Vec::with_capacity(HEAD + EACH * features.len());
        bytes.push(FORM);
        bytes.extend(FEATURES_VERSION.to_le_bytes());
        bytes.extend(self.width.to_le_bytes());
        bytes.extend(self.height.to_le_bytes());
        bytes.extend((features.len() as u16).to_le_bytes());
        for feature in features {
            bytes.extend(Rounded::of(feature, self.side()).to_bytes());
        }
        bytes
    }

    /// Reads what [`PageFeatures::to_bytes`] wrote.
    ///
    /// # Errors
    /// Another version, or bytes that are damaged. Whatever the bytes are, this takes no more memory than they do.
    pub fn from_bytes(bytes: &[u8]) -> Result<PageFeatures, FeaturesError> {
        let cut = FeaturesError::Damaged("they are cut off");
        let (head, rest) = bytes.split_first_chunk::<HEAD>().ok_or(cut)?;
        let [form, a, b, w @ .., n, m] = *head;
        let version = u16::from_le_bytes([a, b]);
        if (form, version) != (FORM, FEATURES_VERSION) {
            return Err(FeaturesError::Version(form, version));
        }
        let [width, height] = [[w[0], w[1], w[2], w[3]], [w[4], w[5], w[6], w[7]]].map(f32::from_le_bytes);
        let count = usize::from(u16::from_le_bytes([n, m]));
        if !(0.0..=SIDE_MAX).contains(&width) || !(0.0..=SIDE_MAX).contains(&height) {
            return Err(FeaturesError::Damaged("the page has no such size"));
        }
        if count > PAGE_FEATURES_MAX {
            return Err(FeaturesError::Damaged("they are too many"));
        }
        if rest.len() != EACH * count {
            return Err(FeaturesError::Damaged("their number is not the one they say"));
        }
        let mut page = PageFeatures { width, height, features: Vec::new() };
        let (each, _) = rest.as_chunks::<EACH>();
        page.features = each.iter().map(|bytes| Rounded::from_bytes(bytes).feature(page.side())).collect();
        Ok(page)
    }

    /// Rounds all features to what bytes hold, so that kept and fresh ones find alike.
    pub(super) fn rounded(mut self) -> PageFeatures {
        let side = self.side();
        for feature in &mut self.features {
            *feature = Rounded::of(feature, side).feature(side);
        }
        self
    }

    fn side(&self) -> f32 {
        self.width.max(self.height)
    }
}

/// A feature of a page in whole numbers.
struct Rounded {
    x: u16,
    y: u16,
    size: u8,
    direction: u8,
    bits: Bits,
}

impl Rounded {
    fn of(feature: &Feature, side: f32) -> Rounded {
        let place = |at: f32| libm::roundf(at / side.max(1e-9) * 65_535.0) as u16;
        let turn = feature.direction.rem_euclid(std::f32::consts::TAU) / std::f32::consts::TAU;
        Rounded {
            x: place(feature.x),
            y: place(feature.y),
            size: libm::roundf(libm::log2f(feature.size / SIZE_MIN) * SIZE_STEPS) as u8,
            direction: (libm::roundf(turn * 256.0) as u32 % 256) as u8,
            bits: feature.bits,
        }
    }

    fn feature(&self, side: f32) -> Feature {
        let place = |at: u16| f32::from(at) / 65_535.0 * side;
        Feature {
            x: place(self.x),
            y: place(self.y),
            size: SIZE_MIN * libm::exp2f(f32::from(self.size) / SIZE_STEPS),
            direction: f32::from(self.direction) * (std::f32::consts::TAU / 256.0),
            bits: self.bits,
        }
    }

    fn to_bytes(&self) -> [u8; EACH] {
        let mut bytes = [0; EACH];
        bytes[..2].copy_from_slice(&self.x.to_le_bytes());
        bytes[2..4].copy_from_slice(&self.y.to_le_bytes());
        bytes[4..6].copy_from_slice(&[self.size, self.direction]);
        for (to, word) in bytes[6..].chunks_exact_mut(8).zip(self.bits.0) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8; EACH]) -> Rounded {
        let [a, b, c, d, size, direction, bits @ ..] = *bytes;
        let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|byte| bits[8 * at + byte]));
        Rounded {
            x: u16::from_le_bytes([a, b]),
            y: u16::from_le_bytes([c, d]),
            size,
            direction,
            bits: Bits(std::array::from_fn(word)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page(features: usize) -> PageFeatures {
        let feature = |at: usize| Feature {
            x: at as f32 * 0.4,
            y: 842.0 - at as f32 * 0.3,
            size: 0.8 + at as f32 * 0.01,
            direction: at as f32 * 0.7,
            bits: Bits([at as u64, !(at as u64), 1 << (at % 64), 7]),
        };
        let features = (0..features).map(feature).collect();
        PageFeatures { width: 595.0, height: 842.0, features }.rounded()
    }

    #[test]
    fn come_back_as_they_were() {
        for count in [0, 1, PAGE_FEATURES_MAX] {
            let bytes = page(count).to_bytes();
            assert_eq!(bytes.len(), HEAD + EACH * count);
            assert_eq!(PageFeatures::from_bytes(&bytes), Ok(page(count)));
        }
    }

    #[test]
    fn say_what_is_wrong_with_them() {
        let good = page(3).to_bytes();
        let error = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = good.clone();
            change(&mut bytes);
            PageFeatures::from_bytes(&bytes).unwrap_err().to_string()
        };
        assert!(error(&|bytes| bytes[0] = 9).starts_with("features of version 9.1"));
        assert!(error(&|bytes| bytes.truncate(5)).contains("cut off"));
        assert!(error(&|bytes| bytes.truncate(50)).contains("number"));
        assert!(error(&|bytes| bytes.push(0)).contains("number"));
        assert!(error(&|bytes| bytes[6] = 0xff).contains("size"));
        assert!(error(&|bytes| bytes[12] = 0xff).contains("too many"));
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_refused_or_read(
            head in any::<bool>(), count in 0u16..20, bytes in prop::collection::vec(any::<u8>(), 0..800),
        ) {
            let mut all = page(0).to_bytes();
            all[11..].copy_from_slice(&count.to_le_bytes());
            if !head {
                all.clear();
            }
            all.extend(bytes);
            if let Ok(page) = PageFeatures::from_bytes(&all) {
                prop_assert_eq!(PageFeatures::from_bytes(&page.to_bytes()), Ok(page.clone()));
                prop_assert!(page.features.iter().all(|f| f.x.is_finite() && f.size > 0.0));
            }
        }
    }
}
