//! Whether a ledger holds together.

use std::collections::BTreeSet;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};
use tellmark_core::Hash;

use crate::fields::Fields;
use crate::schema::{self, TABLES};
use crate::{
    Backend, Error, Result, SCHEMA_VERSION, Store, articles, batches, blobs, cases, dump, forms, holders,
    lineages, orders, passkeys, people, releases, shares, sightings, sources,
};

/// Problems of one kind that are named; more are counted.
const NAMED_MAX: usize = 5;

/// How one check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckState {
    /// As it should be.
    Pass,
    /// Worth knowing, nothing wrong.
    Info,
    /// Something is wrong.
    Fail,
}

/// One check and its result.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// Its name, for scripts.
    pub code: &'static str,
    /// How it came out.
    pub state: CheckState,
    /// What was found, for people; empty for a pass.
    pub detail: String,
}

/// All checks, also those after the first that failed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Report {
    /// The checks, always the same ones in the same order.
    pub checks: Vec<Check>,
}

impl Report {
    /// Whether nothing failed.
    pub fn is_sound(&self) -> bool {
        self.failures().next().is_none()
    }

    /// The checks that failed.
    pub fn failures(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.state == CheckState::Fail)
    }

    /// Adds a check whose problems are `found`; damage that stopped it is a problem, too.
    fn add(&mut self, code: &'static str, found: Result<Vec<String>>) -> Result<()> {
        let problems = match found {
            Ok(problems) => problems,
            Err(error @ (Error::Damaged { .. } | Error::Missing { .. })) => vec![error.to_string()],
            Err(error) => return Err(error),
        };
        let state = if problems.is_empty() { CheckState::Pass } else { CheckState::Fail };
        let mut detail = problems.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join("; ");
        if problems.len() > NAMED_MAX {
            detail += &format!("; and {} more", problems.len() - NAMED_MAX);
        }
        self.checks.push(Check { code, state, detail });
        Ok(())
    }
}

impl Store {
    /// Reads everything again: the database's own structure, the hash of every content, every record, what
    /// they refer to, and that no number is left out.
    ///
    /// # Errors
    /// Only those that keep it from looking; damage is in the report.
    pub async fn check(&self) -> Result<Report> {
        let mut tx = self.snapshot().await?;
        let mut report = Report::default();
        report.add("schema", check_schema(&mut tx, self.backend()).await)?;
        report.add("database", check_database(&mut tx, self.backend()).await)?;
        report.add("contents", check_contents(&mut tx).await)?;
        report.checks.extend(check_records(&mut tx).await?.checks);
        report.checks.push(count_unused(&mut tx).await?);
        Ok(report)
    }
}

/// The checks that need no content to be hashed again.
pub(crate) async fn check_records(conn: &mut AnyConnection) -> Result<Report> {
    let mut report = Report::default();
    report.add("records", check_rows(conn).await)?;
    report.add("references", check_references(conn).await)?;
    report.add("sizes", check_sizes(conn).await)?;
    report.add("numbers", check_numbers(conn).await)?;
    report.add("parts", check_parts(conn).await)?;
    report.add("drafts", check_drafts(conn).await)?;
    Ok(report)
}

async fn check_schema(conn: &mut AnyConnection, backend: Backend) -> Result<Vec<String>> {
    let found = schema::version(conn, backend).await?;
    let wrong = found != Some(SCHEMA_VERSION);
    Ok(wrong.then(|| format!("version {found:?}, expected {SCHEMA_VERSION}")).into_iter().collect())
}

/// SQLite can check its own file; a PostgreSQL server guards its files itself.
async fn check_database(conn: &mut AnyConnection, backend: Backend) -> Result<Vec<String>> {
    if backend == Backend::Postgres {
        return Ok(vec![]);
    }
    let mut problems = Vec::new();
    for row in sqlx::query("PRAGMA integrity_check(20)").fetch_all(&mut *conn).await? {
        let line: String = row.try_get(0)?;
        if line != "ok" {
            problems.push(line);
        }
    }
    for row in sqlx::query("PRAGMA foreign_key_check").fetch_all(conn).await? {
        let table: String = row.try_get(0)?;
        problems.push(format!("a row of {table} refers to nothing"));
    }
    Ok(problems)
}

async fn check_contents(conn: &mut AnyConnection) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for name in blobs::hashes(conn).await? {
        match name.parse::<Hash>() {
            Ok(hash) => match blobs::get(conn, hash).await {
                Ok(_) => {}
                Err(error @ (Error::Damaged { .. } | Error::Missing { .. })) => {
                    problems.push(error.to_string())
                }
                Err(error) => return Err(error),
            },
            Err(error) => problems.push(format!("content {name:?}: {error}")),
        }
    }
    Ok(problems)
}

async fn check_rows(conn: &mut AnyConnection) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for table in &TABLES {
        for row in dump::rows(conn, table).await? {
            let parsed = match table.name {
                "lineages" => lineages::from_row(&row).map(drop),
                "releases" => releases::from_row(&row).map(drop),
                "batches" => batches::from_row(&row).map(drop),
                "withdrawals" => batches::withdrawal_from_row(&row).map(drop),
                "public_sites" => lineages::public_from_row(&row).map(drop),
                "cases" => cases::from_row(&row).map(drop),
                "looks" => cases::look_from_row(&row).map(drop),
                "exhibits" => cases::exhibit_from_row(&row).map(drop),
                "sources" | "removed_sources" | "source_states" => sources::check_row(table.name, &row),
                "seen_articles" | "background" => articles::check_row(&row),
                "sightings" => sightings::from_row(&row).map(drop),
                "holders" => holders::from_row(&row).map(drop),
                "accounts" => people::account_from_row(&row).map(drop),
                "arrivals" => people::check_arrival_row(&row),
                "identities" => people::check_identity_row(&row),
                "passkeys" => passkeys::from_row(&row).map(drop),
                "acts" => people::act_from_row(&row).map(drop),
                "reports" | "shares" | "ended_shares" | "share_visits" => shares::check_row(table.name, &row),
                "orders" | "order_answers" | "carried_out_orders" => orders::check_row(table.name, &row),
                "forms" => forms::from_row(&row).map(drop),
                "alerts" | "sent_alerts" => sightings::check_alert_row(&row),
                _ => cases::check_step_row(&row),
            };
            problems.extend(parsed.err().map(|error| format!("{}: {error}", table.name)));
        }
    }
    Ok(problems)
}

async fn referenced(conn: &mut AnyConnection) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for table in &TABLES {
        for column in table.blobs {
            let sql = format!("SELECT DISTINCT {column} FROM {} WHERE {column} IS NOT NULL", table.name);
            for row in sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *conn).await? {
                names.insert(row.try_get(0)?);
            }
        }
    }
    Ok(names)
}

async fn check_references(conn: &mut AnyConnection) -> Result<Vec<String>> {
    let there: BTreeSet<String> = blobs::hashes(conn).await?.into_iter().collect();
    let needed = referenced(conn).await?;
    Ok(needed.difference(&there).map(|name| format!("content {name} is gone")).collect())
}

async fn count_unused(conn: &mut AnyConnection) -> Result<Check> {
    let there: BTreeSet<String> = blobs::hashes(conn).await?.into_iter().collect();
    let needed = referenced(conn).await?;
    let unused = there.difference(&needed).count();
    let (state, detail) = match unused {
        0 => (CheckState::Pass, String::new()),
        n => (CheckState::Info, format!("{n} contents that no record refers to")),
    };
    Ok(Check { code: "unused", state, detail })
}

async fn check_sizes(conn: &mut AnyConnection) -> Result<Vec<String>> {
    let sql = "SELECT e.case_name, e.look FROM exhibits e JOIN blobs b ON b.hash = e.content \
               WHERE e.size <> LENGTH(b.bytes)";
    let rows = sqlx::query(sql).fetch_all(conn).await?;
    let problem = |row: &AnyRow| {
        Ok(format!("an exhibit of look {} of case {:?}", row.int("look")?, row.text("case_name")?))
    };
    rows.iter().map(problem).collect()
}

/// Numbers run from 1 without a gap: nobody took a release, a batch, a look or a sighting out.
async fn check_numbers(conn: &mut AnyConnection) -> Result<Vec<String>> {
    let numbered = [
        ("releases", "lineage", "lineage"),
        ("batches", "release", "release"),
        ("looks", "case_name", "case_name"),
        ("exhibits", "case_name", "case_name, look"),
        ("holders", "release", "release"),
        ("sources", "CAST('the vault' AS TEXT)", "number * 0"),
        ("sightings", "CAST('the vault' AS TEXT)", "number * 0"),
        ("accounts", "CAST('the vault' AS TEXT)", "number * 0"),
        ("acts", "CAST('the vault' AS TEXT)", "number * 0"),
        ("shares", "CAST('the vault' AS TEXT)", "number * 0"),
        ("share_visits", "CAST('the vault' AS TEXT)", "number * 0"),
        ("orders", "CAST('the vault' AS TEXT)", "number * 0"),
    ];
    let mut problems = Vec::new();
    for (table, name, group) in numbered {
        let sql = format!(
            "SELECT {name} AS owner, COUNT(*) AS found, MIN(number) AS lowest, MAX(number) AS highest \
             FROM {table} GROUP BY {group} ORDER BY {group}"
        );
        for row in sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *conn).await? {
            let (found, lowest, highest) = (row.int("found")?, row.int("lowest")?, row.int("highest")?);
            if lowest != 1 || highest != found {
                let owner = row.text("owner")?;
                problems.push(format!(
                    "{table} of {owner} run from {lowest} to {highest}, but {found} are there"
                ));
            }
        }
    }
    Ok(problems)
}

/// What is recorded in one transaction is there together.
async fn check_parts(conn: &mut AnyConnection) -> Result<Vec<String>> {
    let queries = [
        (
            "release",
            "without copies",
            "SELECT id AS owner FROM releases WHERE id NOT IN (SELECT release FROM batches)",
        ),
        (
            "case",
            "without looks",
            "SELECT name AS owner FROM cases WHERE name NOT IN (SELECT case_name FROM looks)",
        ),
        (
            "a look of case",
            "without exhibits",
            "SELECT l.case_name AS owner FROM looks l LEFT JOIN exhibits e \
             ON e.case_name = l.case_name AND e.look = l.number WHERE e.look IS NULL",
        ),
        (
            "a look of case",
            "with a finding and no reading, or that failed after its finding",
            "SELECT s.case_name AS owner FROM steps s LEFT JOIN steps r \
             ON r.case_name = s.case_name AND r.look = s.look AND r.step = 'read' \
             LEFT JOIN steps f ON f.case_name = s.case_name AND f.look = s.look AND f.step = 'failed' \
             WHERE s.step = 'found' AND (r.step IS NULL OR f.step IS NOT NULL)",
        ),
        (
            "a sighting at",
            "of an article that was never seen",
            "SELECT s.address AS owner FROM sightings s LEFT JOIN seen_articles a \
             ON a.source = s.source AND a.article = s.article WHERE a.article IS NULL",
        ),
    ];
    let mut problems = Vec::new();
    for (what, how, sql) in queries {
        for row in sqlx::query(sql).fetch_all(&mut *conn).await? {
            problems.push(format!("{what} {} is {how}", row.text("owner")?));
        }
    }
    Ok(problems)
}

async fn check_drafts(conn: &mut AnyConnection) -> Result<Vec<String>> {
    let sql = "SELECT r.id AS owner FROM releases r JOIN releases p ON p.id = r.revises \
               WHERE p.lineage <> r.lineage OR p.number >= r.number";
    let rows = sqlx::query(sql).fetch_all(conn).await?;
    rows.iter()
        .map(|row| Ok(format!("release {} revises no earlier draft of its own", row.text("owner")?)))
        .collect()
}
