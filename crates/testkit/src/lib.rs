//! Seeded documents and attacks, for tests and measurements only.
