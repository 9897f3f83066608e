//! Counts as rates with their uncertainty.

use std::fmt;

/// How often something happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rate {
    /// How often it happened.
    pub hits: u64,
    /// How often it could have.
    pub of: u64,
}

impl Rate {
    /// Counts one case.
    pub fn count(&mut self, hit: bool) {
        self.hits += u64::from(hit);
        self.of += 1;
    }

    /// Both counts together.
    pub fn add(&mut self, other: Rate) {
        self.hits += other.hits;
        self.of += other.of;
    }

    /// The bounds of Wilson's interval at 95 %; 0 to 1 when nothing was tried.
    ///
    /// # Source
    /// Wilson 1927, Probable inference, the law of succession, and statistical inference.
    pub fn interval(self) -> (f64, f64) {
        if self.of == 0 {
            return (0.0, 1.0);
        }
        let (n, z2) = (self.of as f64, 1.959_963_985_f64 * 1.959_963_985);
        let share = self.hits as f64 / n;
        let center = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = (z2 * (share * (1.0 - share) / n + z2 / (4.0 * n * n))).sqrt() / (1.0 + z2 / n);
        ((center - half).max(0.0), (center + half).min(1.0))
    }

    /// The share in percent, with as many digits as it needs; `-` when nothing was tried.
    pub fn percent(self) -> String {
        if self.of == 0 { "-".into() } else { percent(self.hits as f64 / self.of as f64) }
    }
}

/// `hits of n: 1.2 % (0.9-1.5)`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = self.interval();
        write!(f, "{} ({} to {})", self.percent(), percent(low), percent(high))
    }
}

fn percent(share: f64) -> String {
    let value = 100.0 * share;
    // Rates near a bound are told apart by their distance from it.
    let digits = match value.min(100.0 - value) {
        d if d <= 0.0 => 0,
        d if d < 0.1 => 3,
        d if d < 1.0 => 2,
        _ => 1,
    };
    format!("{value:.digits$} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_wilsons() {
        let rows = [((0, 100), (0.0, 0.0370)), ((50, 100), (0.4038, 0.5962)), ((100, 100), (0.9630, 1.0))];
        for ((hits, of), (low, high)) in rows {
            let found = Rate { hits, of }.interval();
            assert!((found.0 - low).abs() < 1e-4 && (found.1 - high).abs() < 1e-4, "{hits}/{of}: {found:?}");
        }
        assert_eq!(Rate::default().interval(), (0.0, 1.0));
    }

    #[test]
    fn rates_near_a_bound_keep_their_digits() {
        let rows = [((1, 2), "50.0 %"), ((9_999, 10_000), "99.990 %"), ((0, 7), "0 %"), ((1, 200), "0.50 %")];
        for ((hits, of), shown) in rows {
            assert_eq!(Rate { hits, of }.percent(), shown);
        }
        assert_eq!(Rate::default().percent(), "-");
    }
}
