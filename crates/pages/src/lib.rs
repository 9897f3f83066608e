//! The layout channel: words that move on a page, registration and reading of pictures.
//!
//! A picture is registered to the page of the **original**, never to anybody's copy, and asked word by word
//! which shift its pixels favour. Nothing in here sees a key or a codeword.

pub mod exact;
pub mod features;
pub mod find;
pub mod fuzz;
pub mod homography;
pub mod plan;
pub mod read;
