//! Numbers as people read them: powers of ten, counts, chances.

/// A decimal logarithm in hundredths, rounded down: 932 stands for a ratio of 10^9.32.
///
/// The tracer's `log10_hundredths` gives exactly this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Log10(pub i64);
