//! Index of protected text; finds and aligns reused passages (simple form).
