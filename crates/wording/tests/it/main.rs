//! The public interface of the crate, on texts written for it.

mod read;
mod read_attacks;
mod read_languages;
mod read_marking;
