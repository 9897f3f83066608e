//! Logarithms in fixed point, the same bits on every machine.
