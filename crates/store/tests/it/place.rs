//! Where a test's ledgers are: a folder of its own, or databases of its own.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use tellmark_store::{Backend, Store, sqlite_url};

use crate::postgres;

/// A place for ledgers of one backend.
pub struct Place {
    pub backend: Backend,
    folder: tempfile::TempDir,
}

static DATABASES: AtomicU32 = AtomicU32::new(0);

impl Place {
    pub fn new(backend: Backend) -> Place {
        Place { backend, folder: tempfile::tempdir().unwrap() }
    }

    /// The other backend, for what moves between them.
    pub fn other(&self) -> Place {
        match self.backend {
            Backend::Sqlite => Place::new(Backend::Postgres),
            _ => Place::new(Backend::Sqlite),
        }
    }

    /// An address at which there is no ledger yet.
    pub async fn url(&self) -> String {
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        if self.backend == Backend::Sqlite {
            return sqlite_url(&self.folder.path().join(format!("odd name? {number}.sqlite"))).unwrap();
        }
        let name = format!("ledger_{}_{number}", std::process::id());
        execute(&postgres::url("postgres"), &format!("CREATE DATABASE {name} TEMPLATE template0")).await;
        postgres::url(&name)
    }

    /// A new, empty ledger.
    pub async fn store(&self) -> Store {
        Store::create(&self.url().await).await.unwrap()
    }
}

/// Statements that the store itself would never send.
pub async fn execute(url: &str, sql: &str) {
    try_execute(url, sql).await.unwrap();
}

pub async fn try_execute(url: &str, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::any::install_default_drivers();
    let mut conn = AnyConnection::connect(url).await?;
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut conn).await?;
    conn.close().await
}

pub fn run<F: Future<Output = ()>>(backend: Backend, test: impl FnOnce(Place) -> F) {
    runtime().block_on(test(Place::new(backend)));
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}
