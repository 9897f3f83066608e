//! The store itself: making, opening, and the two kinds of transaction.

use std::time::Duration;

use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::error::DatabaseError;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Connection as _, Row as _, Transaction};

use crate::address::Address;
use crate::{Backend, Error, Result, SCHEMA_VERSION, schema};

/// Connections of one process. Readers of SQLite do not disturb each other or the writer.
const CONNECTIONS_MAX: u32 = 4;
/// How long a command waits for a connection, in seconds; longer than for the lock.
const ACQUIRE_SECONDS_MAX: u64 = 90;

/// The busy timeout comes first, so that the other settings already wait for their turn. `fullfsync` is what
/// makes a commit durable on macOS and does nothing elsewhere.
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 60000; PRAGMA foreign_keys = ON; \
     PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;";
/// A server that was set to report commits before they are on disk must not do so for a ledger.
const POSTGRES_SETTINGS: &str = "SET lock_timeout = '60s'; SET client_min_messages = warning; \
     SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';";

/// A vault's ledger: records and blobs in SQLite or PostgreSQL.
///
/// Cheap to clone; clones share their connections. Dropping a future before it is ready rolls its
/// transaction back.
#[derive(Debug, Clone)]
pub struct Store {
    pool: AnyPool,
    backend: Backend,
}

impl Store {
    /// Makes a new, empty ledger and opens it.
    ///
    /// A SQLite file is made in a folder that exists, readable by its owner only. A PostgreSQL database must
    /// exist and be encoded in UTF-8.
    ///
    /// # Errors
    /// [`Error::Exists`] when a ledger is there already, [`Error::Address`] for a url that cannot be used.
    pub async fn create(url: &str) -> Result<Store> {
        let address = Address::parse(url)?;
        if address.backend == Backend::Sqlite {
            make_private_file(&address.place)?;
        }
        let (store, mut first) = Store::connect(&address).await?;
        match store.backend {
            Backend::Sqlite => switch_to_wal(&mut first).await?,
            Backend::Postgres => check_encoding(&mut first).await?,
        }
        let mut tx = store.begin_unlocked().await?;
        if schema::version(&mut tx, store.backend).await?.is_some() {
            return Err(Error::Exists { place: address.place });
        }
        schema::migrate(&mut tx, store.backend, 0).await?;
        tx.commit().await?;
        first.close().await?;
        Ok(store)
    }

    /// Opens a ledger; one of an older version is brought up to date first, in one transaction.
    ///
    /// # Errors
    /// [`Error::NoLedger`] when nothing is there, [`Error::Newer`] when a later version has written it,
    /// [`Error::Damaged`] when it is no database.
    pub async fn open(url: &str) -> Result<Store> {
        let address = Address::parse(url)?;
        let no_ledger = |why: String| Error::NoLedger { place: address.place.clone(), why };
        if address.backend == Backend::Sqlite
            && let Err(error) = std::fs::File::open(&address.place)
        {
            return Err(no_ledger(error.to_string()));
        }
        let (store, mut first) = match Store::connect(&address).await {
            Err(Error::Database(sqlx::Error::Database(error))) if is_no_database(error.as_ref()) => {
                return Err(no_ledger(error.message().into()));
            }
            connected => connected?,
        };
        let found = schema::version(&mut first, store.backend).await?;
        let found = found.ok_or_else(|| no_ledger("the database has no tables of a ledger".into()))?;
        schema::check_version("ledger", found, SCHEMA_VERSION)?;
        if found < SCHEMA_VERSION {
            store.update().await?;
        }
        // SQLite tidies its files up when the last connection closes: this must not be the last.
        drop(store.reader().await?);
        first.close().await?;
        Ok(store)
    }

    /// Which database this is.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Closes all connections, after what is under way. Without it a killed or finished process loses
    /// nothing either.
    pub async fn close(self) {
        self.pool.close().await;
    }

    /// A connection outside any transaction.
    pub(crate) async fn reader(&self) -> Result<PoolConnection<Any>> {
        self.pool.acquire().await.map_err(|error| self.unconnected(error))
    }

    /// A transaction that sees one state of the whole ledger and writes nothing.
    pub(crate) async fn snapshot(&self) -> Result<Transaction<'static, Any>> {
        let begin = match self.backend {
            Backend::Sqlite => "BEGIN",
            Backend::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        self.begin(begin).await
    }

    /// A transaction that is the only one that writes, from its beginning on.
    pub(crate) async fn writer(&self) -> Result<Transaction<'static, Any>> {
        let mut tx = self.begin_unlocked().await?;
        if self.backend == Backend::Postgres {
            // Writers conflict with each other; readers and backups go on.
            lock(&mut tx, "LOCK TABLE ledger_schema IN SHARE ROW EXCLUSIVE MODE").await?;
        }
        Ok(tx)
    }

    /// A transaction that writes without waiting for other writers, on PostgreSQL: for rows that it locks one by one.
    pub(crate) async fn claimer(&self) -> Result<Transaction<'static, Any>> {
        self.begin("BEGIN").await
    }

    async fn begin(&self, statement: &'static str) -> Result<Transaction<'static, Any>> {
        self.pool.begin_with(statement).await.map_err(|error| self.unconnected(error))
    }

    fn unconnected(&self, error: sqlx::Error) -> Error {
        Error::unconnected(self.backend, error)
    }

    async fn begin_unlocked(&self) -> Result<Transaction<'static, Any>> {
        match self.backend {
            // A deferred transaction that reads first could not wait for another writer.
            Backend::Sqlite => self.begin("BEGIN IMMEDIATE").await,
            Backend::Postgres => {
                let mut tx = self.begin("BEGIN").await?;
                // There may be no table yet; the number only has to be the same everywhere.
                lock(&mut tx, "SELECT pg_advisory_xact_lock(8389187293518749793)").await?;
                Ok(tx)
            }
        }
    }

    /// The store, and a first connection outside of the pool: the pool would not say what is wrong with the
    /// database but try again until its time is over.
    async fn connect(address: &Address) -> Result<(Store, AnyConnection)> {
        install_default_drivers();
        let settings = match address.backend {
            Backend::Sqlite => SQLITE_SETTINGS,
            Backend::Postgres => POSTGRES_SETTINGS,
        };
        let mut first = AnyConnection::connect_with(&address.options).await?;
        sqlx::raw_sql(settings).execute(&mut first).await?;
        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .min_connections(0)
            .acquire_timeout(Duration::from_secs(ACQUIRE_SECONDS_MAX))
            // A connection to a file does not break off by itself; one to a server may have.
            .test_before_acquire(address.backend == Backend::Postgres)
            .after_connect(move |conn, _| {
                Box::pin(async move {
                    sqlx::raw_sql(settings).execute(conn).await?;
                    Ok(())
                })
            })
            .connect_lazy_with(address.options.clone());
        Ok((Store { pool, backend: address.backend }, first))
    }

    async fn update(&self) -> Result<()> {
        let mut tx = self.writer().await?;
        // Another command may have done it in the meantime.
        let found = schema::version(&mut tx, self.backend).await?.unwrap_or(SCHEMA_VERSION);
        schema::migrate(&mut tx, self.backend, found).await?;
        Ok(tx.commit().await?)
    }
}

/// PostgreSQL's "invalid catalog name".
fn is_no_database(error: &dyn DatabaseError) -> bool {
    error.code().as_deref() == Some("3D000")
}

async fn check_encoding(conn: &mut AnyConnection) -> Result<()> {
    let row = sqlx::query("SELECT current_setting('server_encoding')").fetch_one(conn).await?;
    let encoding: String = row.try_get(0)?;
    if encoding == "UTF8" {
        return Ok(());
    }
    Err(Error::Address(format!("the database's encoding is {encoding}; make one with ENCODING 'UTF8'")))
}

/// The file keeps this setting for ever.
async fn switch_to_wal(conn: &mut AnyConnection) -> Result<()> {
    let row = sqlx::query("PRAGMA journal_mode = WAL").fetch_one(conn).await?;
    let mode: String = row.try_get(0)?;
    if mode == "wal" {
        return Ok(());
    }
    let why = format!("SQLite cannot keep a write-ahead log there (it uses {mode}); use a local disk");
    Err(Error::Address(why))
}

async fn lock(conn: &mut AnyConnection, sql: &'static str) -> Result<()> {
    sqlx::raw_sql(sql).execute(conn).await?;
    Ok(())
}

/// Originals are secret: the file is its owner's alone from its first moment on.
fn make_private_file(path: &str) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(Error::io(format!("the ledger's file {path} cannot be made")))?;
    Ok(())
}
