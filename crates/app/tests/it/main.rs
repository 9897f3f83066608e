//! The use cases on the project's own samples, over a vault in a temporary folder.

mod drafts;
mod office;
mod tracing;
mod vaults;
