//! The use cases: init, plan, seal, check, copy, withdraw, trace, backup, restore, demo.
