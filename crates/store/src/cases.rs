//! Cases: append-only rows of looks, each with its exhibits, its reading and its finding.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use tellmark_core::{Hash, limits};

use crate::fields::{Fields, check_name, check_text, to_int};
use crate::{Error, Result, Store, blobs};

/// An investigation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Case {
    /// Its name, unique.
    pub name: String,
    /// The chance of naming an innocent copy that was fixed when it began.
    pub alpha: String,
    /// When it began, in seconds since 1970 (UTC).
    pub created_at: i64,
}

/// One step of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Look {
    /// The case.
    pub case: String,
    /// Its number in the case, from 1, without gaps; it stays a look whatever becomes of it.
    pub number: u32,
    /// Why it is taken.
    pub because: String,
    /// When it was registered, in seconds since 1970 (UTC).
    pub at: i64,
    /// How far it has come.
    pub state: LookState,
    /// Its reading, once that is recorded.
    pub reading: Option<Step>,
    /// Its finding, once that is recorded.
    pub finding: Option<Step>,
    /// Why it failed, if it did, and when.
    pub failure: Option<(String, i64)>,
}

/// How far a look has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LookState {
    /// Its exhibits are recorded; nothing has been read.
    Registered,
    /// Its reading is recorded; no codeword has been derived.
    Read,
    /// Its finding is recorded.
    Found,
    /// It ended without a finding.
    Failed,
}

/// Something that a look led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// Its content, a blob that the application encodes.
    pub content: Hash,
    /// When it was recorded, in seconds since 1970 (UTC).
    pub at: i64,
}

/// Leaked material as it was acquired.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exhibit {
    /// Its number in the look, from 1.
    pub number: u32,
    /// Its bytes, a blob.
    pub content: Hash,
    /// How many bytes it has.
    pub size: u64,
    /// What it was called.
    pub name: String,
    /// Why it is here.
    pub reason: String,
}

/// An exhibit to be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewExhibit<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// What it is called.
    pub name: &'a str,
    /// Why it is here.
    pub reason: &'a str,
}

/// A look to be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewLook<'a> {
    /// The case; one that does not exist is begun. Nothing: a new case with the next free name `case-N`.
    pub case: Option<&'a str>,
    /// The alpha of the case if it is begun now; one that exists keeps its own.
    pub alpha: &'a str,
    /// Why the look is taken.
    pub because: &'a str,
    /// The time, in seconds since 1970 (UTC).
    pub at: i64,
    /// What is looked at: 1 to [`limits::EXHIBITS_MAX`].
    pub exhibits: &'a [NewExhibit<'a>],
}

/// A look that was registered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BegunLook {
    /// Its case, with the alpha that holds for it.
    pub case: Case,
    /// Whether the case began with it.
    pub is_new_case: bool,
    /// The look.
    pub look: Look,
}

impl Store {
    /// Registers a look and its exhibits, before anything is read; begins the case if need be.
    ///
    /// Every call is another look, also with the same exhibits: a second attempt must count.
    ///
    /// # Errors
    /// [`Error::Invalid`] for no exhibit or too many, or a name that is no name.
    pub async fn begin_look(&self, new: &NewLook<'_>) -> Result<BegunLook> {
        check_look(new)?;
        let mut tx = self.writer().await?;
        let (case, is_new_case) = open_case(&mut tx, new).await?;
        let look = insert_look(&mut tx, &case.name, new).await?;
        for (number, exhibit) in (1..).zip(new.exhibits) {
            insert_exhibit(&mut tx, &look, number, exhibit).await?;
        }
        tx.commit().await?;
        Ok(BegunLook { case, is_new_case, look })
    }

    /// Records what a look's exhibits show, once and before any codeword is derived; returns the hash.
    ///
    /// # Errors
    /// [`Error::Conflict`] when a reading is recorded or the look has ended, [`Error::Missing`] when there is
    /// no such look.
    pub async fn record_reading(&self, case: &str, look: u32, content: &[u8], at: i64) -> Result<Hash> {
        self.record_step(case, look, LookState::Read, Some(content), "", at).await?;
        Ok(Hash::of(content))
    }

    /// Records a look's finding, once and after its reading; returns the hash.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there is no reading yet or the look has ended, [`Error::Missing`] when there
    /// is no such look.
    pub async fn record_finding(&self, case: &str, look: u32, content: &[u8], at: i64) -> Result<Hash> {
        self.record_step(case, look, LookState::Found, Some(content), "", at).await?;
        Ok(Hash::of(content))
    }

    /// Records that a look ends without a finding.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the look has ended, [`Error::Missing`] when there is no such look.
    pub async fn record_failure(&self, case: &str, look: u32, because: &str, at: i64) -> Result<()> {
        check_text("the reason", because)?;
        self.record_step(case, look, LookState::Failed, None, because, at).await
    }

    /// All cases, the oldest first.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn cases(&self) -> Result<Vec<Case>> {
        let query = sqlx::query("SELECT * FROM cases ORDER BY created_at, name");
        let rows = query.fetch_all(&mut *self.reader().await?).await?;
        rows.iter().map(from_row).collect()
    }

    /// A case.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none of this name.
    pub async fn case(&self, name: &str) -> Result<Case> {
        let found = find(&mut *self.reader().await?, name).await?;
        found.ok_or_else(|| Error::missing(format!("case {name:?}")))
    }

    /// The looks of a case by their number.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such case.
    pub async fn looks(&self, case: &str) -> Result<Vec<Look>> {
        let mut tx = self.snapshot().await?;
        if find(&mut tx, case).await?.is_none() {
            return Err(Error::missing(format!("case {case:?}")));
        }
        looks_of(&mut tx, case, 0..=i64::MAX).await
    }

    /// One look of a case.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such look.
    pub async fn look(&self, case: &str, number: u32) -> Result<Look> {
        check_name("the case's name", case)?;
        look_of(&mut *self.snapshot().await?, case, number).await
    }

    /// The exhibits of a look by their number.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such look.
    pub async fn exhibits(&self, case: &str, look: u32) -> Result<Vec<Exhibit>> {
        check_name("the case's name", case)?;
        let sql = "SELECT * FROM exhibits WHERE case_name = $1 AND look = $2 ORDER BY number";
        let query = sqlx::query(sql).bind(case).bind(i64::from(look));
        let rows = query.fetch_all(&mut *self.reader().await?).await?;
        if rows.is_empty() {
            return Err(missing_look(case, look));
        }
        rows.iter().map(exhibit_from_row).collect()
    }

    /// The content of a look's reading, if one is recorded.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such look, [`Error::Damaged`] for another content than recorded.
    pub async fn reading(&self, case: &str, look: u32) -> Result<Option<Vec<u8>>> {
        self.step_content(self.look(case, look).await?.reading).await
    }

    /// The content of a look's finding, if one is recorded.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such look, [`Error::Damaged`] for another content than recorded.
    pub async fn finding(&self, case: &str, look: u32) -> Result<Option<Vec<u8>>> {
        self.step_content(self.look(case, look).await?.finding).await
    }

    async fn step_content(&self, step: Option<Step>) -> Result<Option<Vec<u8>>> {
        match step {
            Some(step) => self.blob(step.content).await.map(Some),
            None => Ok(None),
        }
    }

    async fn record_step(
        &self,
        case: &str,
        look: u32,
        to: LookState,
        content: Option<&[u8]>,
        because: &str,
        at: i64,
    ) -> Result<()> {
        check_name("the case's name", case)?;
        let mut tx = self.writer().await?;
        check_step(&look_of(&mut tx, case, look).await?, to)?;
        let hash = match content {
            Some(content) => Some(blobs::put(&mut tx, content).await?),
            None => None,
        };
        let sql = "INSERT INTO steps (case_name, look, step, content, because, recorded_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        sqlx::query(sql)
            .bind(case)
            .bind(i64::from(look))
            .bind(to.name())
            .bind(hash.map(|hash| hash.to_string()))
            .bind(because)
            .bind(at)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }
}

impl Look {
    fn registered(case: String, number: u32, because: String, at: i64) -> Look {
        let state = LookState::Registered;
        Look { case, number, because, at, state, reading: None, finding: None, failure: None }
    }
}

impl LookState {
    fn name(self) -> &'static str {
        match self {
            LookState::Registered => "registered",
            LookState::Read => "read",
            LookState::Found => "found",
            LookState::Failed => "failed",
        }
    }
}

fn missing_look(case: &str, look: u32) -> Error {
    Error::missing(format!("look {look} of case {case:?}"))
}

/// Registered, then read, then found; failed from either of the first two.
fn check_step(look: &Look, to: LookState) -> Result<()> {
    use LookState::{Failed, Found, Read, Registered};
    let why = match (look.state, to) {
        (Registered, Read | Failed) | (Read, Found | Failed) => return Ok(()),
        (Registered, _) => "no reading is recorded yet; record it first",
        (Read, _) => "a reading is recorded already and is never replaced; take another look",
        (Found, _) => "a finding is recorded already and is never replaced; take another look",
        (Failed, _) => "it has failed; take another look",
    };
    Err(Error::conflict(format!("look {} of case {:?}", look.number, look.case), why))
}

fn check_look(new: &NewLook<'_>) -> Result<()> {
    if let Some(name) = new.case {
        check_name("the case's name", name)?;
    }
    check_name("alpha", new.alpha)?;
    check_text("the reason", new.because)?;
    if new.exhibits.is_empty() || new.exhibits.len() > limits::EXHIBITS_MAX {
        let why = format!("{} exhibits; 1 to {} are allowed", new.exhibits.len(), limits::EXHIBITS_MAX);
        return Err(Error::invalid("a look", why));
    }
    for exhibit in new.exhibits {
        check_text("the exhibit's name", exhibit.name)?;
        check_text("the exhibit's reason", exhibit.reason)?;
    }
    Ok(())
}

async fn open_case(conn: &mut AnyConnection, new: &NewLook<'_>) -> Result<(Case, bool)> {
    let name = match new.case {
        Some(name) => name.to_owned(),
        None => free_name(conn).await?,
    };
    if let Some(case) = find(conn, &name).await? {
        return Ok((case, false));
    }
    let case = Case { name, alpha: new.alpha.into(), created_at: new.at };
    sqlx::query("INSERT INTO cases (name, alpha, created_at) VALUES ($1, $2, $3)")
        .bind(case.name.as_str())
        .bind(case.alpha.as_str())
        .bind(case.created_at)
        .execute(conn)
        .await?;
    Ok((case, true))
}

/// The first free `case-N` from the number of cases on; the caller is the only writer.
async fn free_name(conn: &mut AnyConnection) -> Result<String> {
    let row = sqlx::query("SELECT COUNT(*) AS cases FROM cases").fetch_one(&mut *conn).await?;
    let mut number: u64 = row.count("cases")?;
    loop {
        number += 1;
        let name = format!("case-{number}");
        if find(conn, &name).await?.is_none() {
            return Ok(name);
        }
    }
}

async fn insert_look(conn: &mut AnyConnection, case: &str, new: &NewLook<'_>) -> Result<Look> {
    let query = sqlx::query("SELECT COALESCE(MAX(number), 0) AS number FROM looks WHERE case_name = $1");
    let found: u32 = query.bind(case).fetch_one(&mut *conn).await?.count("number")?;
    sqlx::query("INSERT INTO looks (case_name, number, because, begun_at) VALUES ($1, $2, $3, $4)")
        .bind(case)
        .bind(i64::from(found + 1))
        .bind(new.because)
        .bind(new.at)
        .execute(conn)
        .await?;
    Ok(Look::registered(case.into(), found + 1, new.because.into(), new.at))
}

async fn insert_exhibit(
    conn: &mut AnyConnection,
    look: &Look,
    number: i64,
    exhibit: &NewExhibit<'_>,
) -> Result<()> {
    let content = blobs::put(conn, exhibit.bytes).await?;
    let sql = "INSERT INTO exhibits (case_name, look, number, content, size, name, reason) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    sqlx::query(sql)
        .bind(look.case.as_str())
        .bind(i64::from(look.number))
        .bind(number)
        .bind(content.to_string())
        .bind(to_int("the exhibit's size", exhibit.bytes.len())?)
        .bind(exhibit.name)
        .bind(exhibit.reason)
        .execute(conn)
        .await?;
    Ok(())
}

async fn find(conn: &mut AnyConnection, name: &str) -> Result<Option<Case>> {
    check_name("the case's name", name)?;
    let query = sqlx::query("SELECT * FROM cases WHERE name = $1").bind(name);
    query.fetch_optional(conn).await?.as_ref().map(from_row).transpose()
}

async fn look_of(conn: &mut AnyConnection, case: &str, number: u32) -> Result<Look> {
    let found = looks_of(conn, case, i64::from(number)..=i64::from(number)).await?.pop();
    found.ok_or_else(|| missing_look(case, number))
}

async fn looks_of(conn: &mut AnyConnection, case: &str, numbers: RangeInclusive<i64>) -> Result<Vec<Look>> {
    let sql = "SELECT * FROM looks WHERE case_name = $1 AND number BETWEEN $2 AND $3";
    let query = sqlx::query(sql).bind(case).bind(*numbers.start()).bind(*numbers.end());
    let rows = query.fetch_all(&mut *conn).await?;
    let looks = rows.iter().map(look_from_row).collect::<Result<Vec<_>>>()?;
    let mut looks: BTreeMap<u32, Look> = looks.into_iter().map(|look| (look.number, look)).collect();
    let sql = "SELECT * FROM steps WHERE case_name = $1 AND look BETWEEN $2 AND $3";
    let query = sqlx::query(sql).bind(case).bind(*numbers.start()).bind(*numbers.end());
    for row in query.fetch_all(conn).await? {
        let number: u32 = row.count("look")?;
        let look =
            looks.get_mut(&number).ok_or_else(|| Error::damaged(format!("look {number}"), "it is gone"))?;
        add_step(look, &row)?;
    }
    Ok(looks.into_values().collect())
}

/// Checks a row of `steps` by itself.
pub(crate) fn check_step_row(row: &AnyRow) -> Result<()> {
    let number = row.count("look")?;
    add_step(&mut Look::registered(row.text("case_name")?, number, String::new(), 0), row)
}

fn add_step(look: &mut Look, row: &AnyRow) -> Result<()> {
    let at = row.int("recorded_at")?;
    let content: Option<Hash> = row.parsed_or_none("content")?;
    match (row.text("step")?.as_str(), content) {
        ("read", Some(content)) => look.reading = Some(Step { content, at }),
        ("found", Some(content)) => look.finding = Some(Step { content, at }),
        ("failed", None) => look.failure = Some((row.text("because")?, at)),
        (step, _) => {
            return Err(Error::damaged(format!("step {step:?} of look {}", look.number), "it is unknown"));
        }
    }
    look.state = match look {
        Look { failure: Some(_), .. } => LookState::Failed,
        Look { finding: Some(_), .. } => LookState::Found,
        _ => LookState::Read,
    };
    Ok(())
}

pub(crate) fn from_row(row: &AnyRow) -> Result<Case> {
    Ok(Case { name: row.text("name")?, alpha: row.text("alpha")?, created_at: row.int("created_at")? })
}

pub(crate) fn look_from_row(row: &AnyRow) -> Result<Look> {
    let because = row.text("because")?;
    Ok(Look::registered(row.text("case_name")?, row.count("number")?, because, row.int("begun_at")?))
}

pub(crate) fn exhibit_from_row(row: &AnyRow) -> Result<Exhibit> {
    Ok(Exhibit {
        number: row.count("number")?,
        content: row.parsed("content")?,
        size: row.count("size")?,
        name: row.text("name")?,
        reason: row.text("reason")?,
    })
}
