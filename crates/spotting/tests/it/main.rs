//! What an index finds and what it leaves alone.

mod chance;
mod passages;
mod quotes;
