//! The tellmark command.
fn main() {}
