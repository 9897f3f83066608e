//! Codewords from keys; e-values, exact tails, decoys and the decision (pure).
