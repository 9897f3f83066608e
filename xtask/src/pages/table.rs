//! Results as a table in Markdown.

use std::fmt::Write as _;

use super::trial::Trial;

/// An attack with what came of its pictures.
pub struct Row {
    /// The attack.
    pub name: String,
    /// One result a picture.
    pub trials: Vec<Trial>,
}

impl Row {
    /// Nothing yet.
    pub fn new(name: &str) -> Row {
        Row { name: name.into(), trials: vec![] }
    }

    fn mean(&self, of: impl Fn(&Trial) -> f64) -> f64 {
        self.trials.iter().map(of).sum::<f64>() / self.trials.len().max(1) as f64
    }
}

const HEAD: &str = "\
| attack | pictures | words inside | words read | wrong (95 % interval) | bits a page | of the ceiling | least | \
true copy | best of 10^6 innocents | above 40 bits | seconds |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
";

/// The table.
pub fn markdown(rows: &[Row]) -> String {
    let mut out = String::from(HEAD);
    for row in rows {
        let (read, wrong) = row.trials.iter().fold((0, 0), |(r, w), t| (r + t.read, w + t.wrong));
        let (low, high) = wilson(wrong, read);
        let rate = 100.0 * wrong as f64 / read.max(1) as f64;
        let (bits, inside) = (row.mean(|t| t.bits), row.mean(|t| t.inside as f64));
        let least = row.trials.iter().map(|t| t.bits).fold(f64::MAX, f64::min);
        let best = row.trials.iter().map(|t| t.best_innocent).fold(f64::MIN, f64::max);
        let above: usize = row.trials.iter().map(|t| t.innocents_above).sum();
        // Writing to a string does not fail.
        let _ = writeln!(
            out,
            "| {} | {} | {inside:.0} | {:.0} | {rate:.1} % ({:.1} to {:.1}) | {bits:.0} | {:.0} % | {least:.0} | {:.0} | \
             {best:.1} | {above} | {:.2} |",
            row.name,
            row.trials.len(),
            row.mean(|t| t.read as f64),
            100.0 * low,
            100.0 * high,
            100.0 * bits / inside.max(1.0),
            row.mean(|t| t.score),
            row.mean(|t| t.seconds),
        );
    }
    out
}

/// Wilson's interval of 95 % for a share.
fn wilson(hits: usize, of: usize) -> (f64, f64) {
    if of == 0 {
        return (0.0, 1.0);
    }
    const Z: f64 = 1.96;
    let (n, p) = (of as f64, hits as f64 / of as f64);
    let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * libm::sqrt(p * (1.0 - p) / n + Z * Z / (4.0 * n * n));
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_wilsons() {
        let (low, high) = wilson(10, 100);
        assert!((low - 0.0552).abs() < 1e-3 && (high - 0.1744).abs() < 1e-3, "{low} {high}");
        assert_eq!(wilson(0, 0), (0.0, 1.0));
    }

    #[test]
    fn every_row_has_all_columns() {
        let table =
            markdown(&[Row::new("empty"), Row { name: "one".into(), trials: vec![Trial::default()] }]);
        assert!(table.lines().all(|line| line.matches('|').count() == 13), "{table}");
    }
}
