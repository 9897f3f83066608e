//! One concrete store of vault data over SQLite and PostgreSQL.
