//! The tables, their versions, and how an older ledger becomes a current one.

use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use crate::{Backend, Error, Result};

/// The version of the tables that this software writes.
pub const SCHEMA_VERSION: i64 = 6;

/// What turns version n into version n + 1. `{text}` and `{bytes}` stand for the backend's types.
const MIGRATIONS: [&str; SCHEMA_VERSION as usize] = [
    include_str!("../migrations/1.sql"),
    include_str!("../migrations/2.sql"),
    include_str!("../migrations/3.sql"),
    include_str!("../migrations/4.sql"),
    include_str!("../migrations/5.sql"),
    include_str!("../migrations/6.sql"),
];

/// What a column of a dumped table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    OptionalText,
    Int,
}

/// A table as the dump sees it.
pub(crate) struct Table {
    pub name: &'static str,
    pub columns: &'static [(&'static str, Kind)],
    /// Gives the same order on every database; rows come after those they refer to.
    pub order: &'static str,
    /// Columns that name a blob.
    pub blobs: &'static [&'static str],
    /// The version that brought it.
    pub since: i64,
    /// Whether its rows are changed: what can be found out again, and is no evidence.
    pub changes: bool,
}

use Kind::{Int, OptionalText, Text};

/// All tables but `blobs` and those that only a running server needs (docs/formats/ledger.md), those that are
/// referred to first.
pub(crate) const TABLES: [Table; 31] = [
    Table {
        name: "lineages",
        columns: &[("id", Text), ("key_hash", Text), ("created_at", Int)],
        order: "id",
        blobs: &[],
        since: 1,
        changes: false,
    },
    Table {
        name: "releases",
        columns: &[
            ("id", Text),
            ("lineage", Text),
            ("number", Int),
            ("revises", OptionalText),
            ("name", Text),
            ("file_name", Text),
            ("format", Text),
            ("nonce", Text),
            ("document", Text),
            ("rendered", Text),
            ("prose", Text),
            ("marking", Text),
            ("template", Text),
            ("options", Text),
            ("fingerprint", Text),
            ("alpha", Text),
            ("derivation_version", Int),
            ("reader_version", Int),
            ("created_at", Int),
        ],
        order: "lineage, number",
        blobs: &["document", "rendered", "prose", "marking", "template"],
        since: 1,
        changes: false,
    },
    Table {
        name: "batches",
        columns: &[
            ("release", Text),
            ("number", Int),
            ("roster", Text),
            ("copies", Int),
            ("fingerprint", Text),
            ("created_at", Int),
        ],
        order: "release, number",
        blobs: &["roster"],
        since: 1,
        changes: false,
    },
    Table {
        name: "withdrawals",
        columns: &[("release", Text), ("copy", Text), ("because", Text), ("withdrawn_at", Int)],
        order: "release, copy",
        blobs: &[],
        since: 1,
        changes: false,
    },
    Table {
        name: "public_sites",
        columns: &[
            ("lineage", Text),
            ("site", Text),
            ("since", Int),
            ("because", Text),
            ("release", OptionalText),
        ],
        order: "lineage, site, since",
        blobs: &[],
        since: 1,
        changes: false,
    },
    Table {
        name: "cases",
        columns: &[("name", Text), ("alpha", Text), ("created_at", Int)],
        order: "name",
        blobs: &[],
        since: 1,
        changes: false,
    },
    Table {
        name: "looks",
        columns: &[("case_name", Text), ("number", Int), ("because", Text), ("begun_at", Int)],
        order: "case_name, number",
        blobs: &[],
        since: 1,
        changes: false,
    },
    Table {
        name: "exhibits",
        columns: &[
            ("case_name", Text),
            ("look", Int),
            ("number", Int),
            ("content", Text),
            ("size", Int),
            ("name", Text),
            ("reason", Text),
        ],
        order: "case_name, look, number",
        blobs: &["content"],
        since: 1,
        changes: false,
    },
    Table {
        name: "steps",
        columns: &[
            ("case_name", Text),
            ("look", Int),
            ("step", Text),
            ("content", OptionalText),
            ("because", Text),
            ("recorded_at", Int),
        ],
        order: "case_name, look, step",
        blobs: &["content"],
        since: 1,
        changes: false,
    },
    Table {
        name: "sources",
        columns: &[("number", Int), ("address", Text), ("added_at", Int)],
        order: "number",
        blobs: &[],
        since: 2,
        changes: false,
    },
    Table {
        name: "removed_sources",
        columns: &[("source", Int), ("removed_at", Int)],
        order: "source",
        blobs: &[],
        since: 2,
        changes: false,
    },
    Table {
        name: "source_states",
        columns: &[
            ("source", Int),
            ("etag", OptionalText),
            ("last_modified", OptionalText),
            ("polled_at", Int),
            ("succeeded_at", Int),
            ("failures", Int),
            ("last_error", Text),
            ("next_at", Int),
        ],
        order: "source",
        blobs: &[],
        since: 2,
        changes: true,
    },
    Table {
        name: "seen_articles",
        columns: &[("source", Int), ("article", Text), ("seen_at", Int)],
        order: "source, article",
        blobs: &[],
        since: 2,
        changes: false,
    },
    Table {
        name: "background",
        columns: &[("source", Int), ("article", Text), ("content", Text), ("fetched_at", Int)],
        order: "source, article",
        blobs: &[],
        since: 2,
        changes: true,
    },
    Table {
        name: "sightings",
        columns: &[
            ("number", Int),
            ("source", Int),
            ("article", Text),
            ("address", Text),
            ("title", Text),
            ("kind", Text),
            ("note", Text),
            ("is_shared", Int),
            ("page", Text),
            ("content", Text),
            ("found", Text),
            ("fetched_at", Int),
        ],
        order: "number",
        blobs: &["page", "content", "found"],
        since: 2,
        changes: false,
    },
    Table {
        name: "alerts",
        columns: &[("sighting", Int), ("channel", Text)],
        order: "sighting, channel",
        blobs: &[],
        since: 2,
        changes: false,
    },
    Table {
        name: "sent_alerts",
        columns: &[("sighting", Int), ("channel", Text), ("sent_at", Int)],
        order: "sighting, channel",
        blobs: &[],
        since: 2,
        changes: false,
    },
    Table {
        name: "holders",
        columns: &[
            ("release", Text),
            ("number", Int),
            ("copy", Text),
            ("holder", Text),
            ("since", Text),
            ("known", Int),
            ("because", Text),
            ("recorded_at", Int),
        ],
        order: "release, number",
        blobs: &[],
        since: 3,
        changes: false,
    },
    Table {
        name: "forms",
        columns: &[("form", Text), ("release", Text), ("content", Text), ("given_at", Int)],
        order: "form",
        blobs: &["content"],
        since: 4,
        changes: false,
    },
    Table {
        name: "accounts",
        columns: &[
            ("number", Int),
            ("name", Text),
            ("folded", Text),
            ("role", Text),
            ("password", Text),
            ("created_at", Int),
            ("disabled_at", Int),
        ],
        order: "number",
        blobs: &[],
        since: 5,
        changes: true,
    },
    Table {
        name: "arrivals",
        columns: &[("account", Int), ("last_order", Int)],
        order: "account",
        blobs: &[],
        since: 6,
        changes: true,
    },
    Table {
        name: "identities",
        columns: &[("identity", Text), ("account", Int), ("tied_at", Int)],
        order: "account",
        blobs: &[],
        since: 6,
        changes: true,
    },
    Table {
        name: "passkeys",
        columns: &[
            ("number", Int),
            ("account", Int),
            ("share", Int),
            ("credential", Text),
            ("public_key", Text),
            ("name", Text),
            ("counter", Int),
            ("made_at", Int),
            ("used_at", Int),
            ("removed_at", Int),
        ],
        order: "number",
        blobs: &[],
        since: 6,
        changes: true,
    },
    Table {
        name: "acts",
        columns: &[("number", Int), ("account", Int), ("what", Text), ("about", Text), ("at", Int)],
        order: "number",
        blobs: &[],
        since: 5,
        changes: false,
    },
    Table {
        name: "reports",
        columns: &[("case_name", Text), ("look", Int), ("content", Text), ("made_at", Int)],
        order: "case_name, look",
        blobs: &["content"],
        since: 5,
        changes: false,
    },
    Table {
        name: "shares",
        columns: &[
            ("number", Int),
            ("token", Text),
            ("release", Text),
            ("copy", Text),
            ("email", Text),
            ("made_by", Int),
            ("made_at", Int),
            ("expires_at", Int),
        ],
        order: "number",
        blobs: &[],
        since: 5,
        changes: false,
    },
    Table {
        name: "ended_shares",
        columns: &[("share", Int), ("ended_at", Int)],
        order: "share",
        blobs: &[],
        since: 5,
        changes: false,
    },
    Table {
        name: "share_visits",
        columns: &[("number", Int), ("share", Int), ("what", Text), ("at", Int)],
        order: "number",
        blobs: &[],
        since: 5,
        changes: false,
    },
    Table {
        name: "orders",
        columns: &[
            ("number", Int),
            ("case_name", Text),
            ("look", Int),
            ("because", Text),
            ("asked_by", Int),
            ("asked_at", Int),
        ],
        order: "number",
        blobs: &[],
        since: 6,
        changes: false,
    },
    Table {
        name: "order_answers",
        columns: &[("ordered", Int), ("account", Int), ("agrees", Int), ("at", Int)],
        order: "ordered, account",
        blobs: &[],
        since: 6,
        changes: false,
    },
    Table {
        name: "carried_out_orders",
        columns: &[("ordered", Int), ("look", Int), ("account", Int), ("at", Int)],
        order: "ordered",
        blobs: &[],
        since: 6,
        changes: false,
    },
];

impl Table {
    /// `a, b, c`
    pub fn column_list(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }
}

/// The version of the tables, or nothing where there are none.
pub(crate) async fn version(conn: &mut AnyConnection, backend: Backend) -> Result<Option<i64>> {
    let there = match backend {
        Backend::Sqlite => {
            "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'ledger_schema'"
        }
        Backend::Postgres => "SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass('ledger_schema')",
    };
    let tables: i64 = sqlx::query(there).fetch_one(&mut *conn).await?.try_get(0)?;
    if tables == 0 {
        return Ok(None);
    }
    let row = sqlx::query("SELECT MAX(version) FROM ledger_schema").fetch_one(&mut *conn).await?;
    Ok(row.try_get(0)?)
}

/// Refuses a version that only later software understands.
pub(crate) fn check_version(what: &'static str, found: i64, supported: i64) -> Result<()> {
    match found {
        _ if found > supported => Err(Error::Newer { what, found, supported }),
        1.. => Ok(()),
        _ => Err(Error::damaged(format!("the {what}'s version"), format!("{found} never existed"))),
    }
}

/// Brings the tables from version `from` (0: none) to the current one. Runs inside a transaction.
pub(crate) async fn migrate(conn: &mut AnyConnection, backend: Backend, from: i64) -> Result<()> {
    for (before, sql) in (0..).zip(MIGRATIONS).skip_while(|(before, _)| *before < from) {
        sqlx::raw_sql(AssertSqlSafe(in_dialect(sql, backend))).execute(&mut *conn).await?;
        sqlx::raw_sql(AssertSqlSafe(append_only(backend, before + 1))).execute(&mut *conn).await?;
        let insert = sqlx::query("INSERT INTO ledger_schema (version) VALUES ($1)");
        insert.bind(before + 1).execute(&mut *conn).await?;
    }
    Ok(())
}

fn in_dialect(sql: &str, backend: Backend) -> String {
    match backend {
        Backend::Sqlite => sql.replace("{text}", "TEXT").replace("{bytes}", "BLOB"),
        // The order of texts must not depend on the server's language.
        Backend::Postgres => sql.replace("{text}", "TEXT COLLATE \"C\"").replace("{bytes}", "BYTEA"),
    }
}

/// The tables that a version brings and on which the database itself refuses to change or remove a row.
fn append_only(backend: Backend, version: i64) -> String {
    let own = TABLES.iter().filter(|table| table.since == version && !table.changes);
    let tables = (version == 1).then_some("blobs").into_iter().chain(own.map(|table| table.name));
    let mut sql = String::new();
    if backend == Backend::Postgres && version == 1 {
        sql.push_str(
            "CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$;\n",
        );
    }
    for table in tables {
        match backend {
            Backend::Sqlite => {
                for action in ["UPDATE", "DELETE"] {
                    let name = format!("{table}_no_{}", action.to_lowercase());
                    sql += &format!(
                        "CREATE TRIGGER {name} BEFORE {action} ON {table} \
                         BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;\n"
                    );
                }
            }
            Backend::Postgres => {
                sql += &format!(
                    "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} \
                     FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();\n"
                );
            }
        }
    }
    sql
}
