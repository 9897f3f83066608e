//! Forms that were given out: what each asked, and in which order, so that answers on another form can be told.

use sqlx::any::AnyRow;
use tellmark_core::{Hash, ReleaseId};

use crate::fields::{Fields, check_name};
use crate::{Result, Store, blobs, releases};

/// A form that was given out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GivenForm {
    /// The form's own number.
    pub form: String,
    /// The release whose points it asks.
    pub release: ReleaseId,
    /// What it asks, a blob that the application encodes.
    pub content: Hash,
    /// When it was given out, in seconds since 1970 (UTC).
    pub given_at: i64,
}

impl Store {
    /// Records forms of a release, each by its number and what it asks, all in one transaction.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is no such release, [`crate::Error::Invalid`] for a number that is no name; that of
    /// the database for a number that is taken.
    pub async fn record_forms(&self, release: ReleaseId, forms: &[(&str, &[u8])], at: i64) -> Result<()> {
        let mut tx = self.writer().await?;
        releases::find(&mut tx, release).await?;
        for (form, content) in forms {
            check_name("the form's number", form)?;
            let content = blobs::put(&mut tx, content).await?;
            let sql = "INSERT INTO forms (form, release, content, given_at) VALUES ($1, $2, $3, $4)";
            sqlx::query(sql)
                .bind(*form)
                .bind(release.to_string())
                .bind(content.to_string())
                .bind(at)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// The form with a number, if this ledger gave it out.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn given_form(&self, form: &str) -> Result<Option<GivenForm>> {
        let query = sqlx::query("SELECT * FROM forms WHERE form = $1").bind(form);
        let row = query.fetch_optional(&mut *self.reader().await?).await?;
        row.as_ref().map(from_row).transpose()
    }
}

pub(crate) fn from_row(row: &AnyRow) -> Result<GivenForm> {
    Ok(GivenForm {
        form: row.text("form")?,
        release: row.parsed("release")?,
        content: row.parsed("content")?,
        given_at: row.int("given_at")?,
    })
}
