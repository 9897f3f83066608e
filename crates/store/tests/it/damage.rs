//! What should never happen to a ledger is prevented, or seen.

use tellmark_core::Hash;
use tellmark_store::{Backend, Error, Store, sqlite_url};

use crate::place::{Place, execute, try_execute};
use crate::samples::{Sample, fill};

/// What somebody with the database's own tools can do.
fn without_guards(backend: Backend, table: &str, sql: &str) -> String {
    match backend {
        Backend::Sqlite => format!(
            "PRAGMA foreign_keys = OFF; DROP TRIGGER {table}_no_update; DROP TRIGGER {table}_no_delete; {sql};"
        ),
        _ => {
            format!("ALTER TABLE {table} DISABLE TRIGGER ALL; SET session_replication_role = replica; {sql};")
        }
    }
}

async fn filled(place: &Place) -> (String, Store) {
    let url = place.url().await;
    let store = Store::create(&url).await.unwrap();
    fill(&store).await;
    (url, store)
}

async fn failed(store: &Store) -> Vec<&'static str> {
    store.check().await.unwrap().failures().map(|check| check.code).collect()
}

pub async fn what_is_recorded_cannot_be_changed(place: Place) {
    let (url, store) = filled(&place).await;
    let tables = [
        ("blobs", "hash"),
        ("lineages", "key_hash"),
        ("releases", "alpha"),
        ("batches", "copies"),
        ("withdrawals", "because"),
        ("public_sites", "since"),
        ("cases", "alpha"),
        ("looks", "begun_at"),
        ("exhibits", "size"),
        ("steps", "recorded_at"),
        ("sources", "address"),
        ("removed_sources", "removed_at"),
        ("seen_articles", "seen_at"),
        ("sightings", "fetched_at"),
        ("alerts", "channel"),
        ("sent_alerts", "sent_at"),
    ];
    for (table, column) in tables {
        for sql in [format!("UPDATE {table} SET {column} = {column}"), format!("DELETE FROM {table}")] {
            let error = try_execute(&url, &sql).await.expect_err(&sql);
            assert!(error.to_string().contains("append-only"), "{sql}: {error}");
        }
    }
    assert!(store.check().await.unwrap().is_sound());
}

pub async fn a_damaged_content_is_seen(place: Place) {
    let (url, store) = filled(&place).await;
    let release = store.release(Sample::new(1).id).await.unwrap();
    let value = if place.backend == Backend::Sqlite { "x'2a'" } else { "'\\x2a'" };
    let sql = format!("UPDATE blobs SET bytes = {value} WHERE hash = '{}'", release.text);
    execute(&url, &without_guards(place.backend, "blobs", &sql)).await;

    let damaged = |result: Result<(), Error>| {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error:?}");
        assert!(error.to_string().contains("restore a backup"), "{error}");
    };
    damaged(store.blob(release.text).await.map(drop));
    damaged(store.texts().await.map(drop));
    damaged(store.export(&mut Vec::new()).await.map(drop));
    assert_eq!(failed(&store).await, ["contents"]);
    assert!(store.blob(release.marking).await.is_ok());
}

pub async fn a_lost_content_is_seen(place: Place) {
    let (url, store) = filled(&place).await;
    let reading = Hash::of(b"reading");
    let sql = format!("DELETE FROM blobs WHERE hash = '{reading}'");
    execute(&url, &without_guards(place.backend, "blobs", &sql)).await;
    assert!(matches!(store.reading("case-1", 1).await, Err(Error::Missing { .. })));
    assert!(failed(&store).await.contains(&"references"));
}

pub async fn a_removed_look_is_seen(place: Place) {
    let cases = [
        ("looks", "DELETE FROM looks WHERE case_name = 'case-1' AND number = 1", "numbers"),
        ("batches", "DELETE FROM batches WHERE number = 1", "numbers"),
        ("batches", "DELETE FROM batches", "parts"),
        ("steps", "DELETE FROM steps WHERE step = 'read'", "parts"),
        ("exhibits", "DELETE FROM exhibits WHERE size = 7", "parts"),
        ("exhibits", "UPDATE exhibits SET size = 3", "sizes"),
        ("releases", "UPDATE releases SET alpha = alpha, nonce = 'x' WHERE number = 2", "records"),
        ("releases", "UPDATE releases SET revises = id WHERE number = 2", "drafts"),
        ("lineages", "UPDATE lineages SET key_hash = 'f00'", "records"),
        ("sources", "UPDATE sources SET number = 3 WHERE number = 2", "numbers"),
        ("seen_articles", "DELETE FROM seen_articles", "parts"),
        ("sightings", "UPDATE sightings SET is_shared = 0, found = 'x'", "records"),
    ];
    for (table, sql, code) in cases {
        let (url, store) = filled(&place).await;
        execute(&url, &without_guards(place.backend, table, sql)).await;
        assert!(failed(&store).await.contains(&code), "{sql}: {:?}", store.check().await);
    }
}

pub async fn a_newer_ledger_is_refused(place: Place) {
    let (url, store) = filled(&place).await;
    store.close().await;
    let newer = tellmark_store::SCHEMA_VERSION + 1;
    execute(&url, format!("INSERT INTO ledger_schema (version) VALUES ({newer})").as_str()).await;
    let error = Store::open(&url).await.unwrap_err();
    let fits = |found, supported| found == newer && supported == tellmark_store::SCHEMA_VERSION;
    assert!(matches!(error, Error::Newer { found, supported, .. } if fits(found, supported)), "{error:?}");
    assert!(error.to_string().contains("newer version"), "{error}");
}

pub async fn what_is_no_ledger_is_refused(place: Place) {
    let url = place.url().await;
    let nothing = Store::open(&url).await;
    assert!(matches!(nothing, Err(Error::NoLedger { .. })), "{nothing:?}");
    execute(
        &if url.starts_with("sqlite") { format!("{url}?mode=rwc") } else { url.clone() },
        "CREATE TABLE x (a BIGINT)",
    )
    .await;
    let foreign = Store::open(&url).await;
    assert!(matches!(foreign, Err(Error::NoLedger { .. })), "{foreign:?}");

    if place.backend == Backend::Postgres {
        let error = Store::open(&crate::postgres::url("no_such_database")).await.unwrap_err();
        assert!(matches!(error, Error::NoLedger { .. }), "{error:?}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let url = sqlite_url(&path).unwrap();
    std::fs::write(&path, "not a database, but long enough to look like one; ".repeat(100)).unwrap();
    let error = Store::open(&url).await.unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error:?}");
    assert!(Store::create(&url).await.is_err());
    std::fs::write(&path, "").unwrap();
    assert!(matches!(Store::open(&url).await, Err(Error::NoLedger { .. })));
    // A command that was killed while it made the ledger leaves an empty file.
    Store::create(&url).await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::remove_file(&path).unwrap();
        Store::create(&url).await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
