//! Orders to show who is who although nobody is named: who asked, who answered, and the look that showed it.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::fields::{Fields, check_text};
use crate::people::next;
use crate::shares::put_report;
use crate::{Error, Result, Store};

/// An order: somebody asks to see who is who in a look that named nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Order {
    /// Its number, from 1, without gaps.
    pub number: u32,
    /// The case.
    pub case: String,
    /// The look.
    pub look: u32,
    /// Why it is asked for.
    pub because: String,
    /// The account that asked.
    pub asked_by: u32,
    /// When, in seconds since 1970 (UTC).
    pub asked_at: i64,
}

/// What somebody answered to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OrderAnswer {
    /// The order.
    pub order: u32,
    /// Who answered.
    pub account: u32,
    /// Whether they agree.
    pub agrees: bool,
    /// When, in seconds since 1970 (UTC).
    pub at: i64,
}

/// The look in which an order was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CarriedOut {
    /// The order.
    pub order: u32,
    /// The look of its case that shows who is who.
    pub look: u32,
    /// Who took it.
    pub account: u32,
    /// When, in seconds since 1970 (UTC).
    pub at: i64,
}

/// An order with what became of it.
pub type OrderState = (Order, Vec<OrderAnswer>, Option<CarriedOut>);

impl Store {
    /// Records an order. Returns its number.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a text that cannot be recorded.
    pub async fn record_order(
        &self,
        (case, look): (&str, u32),
        because: &str,
        account: u32,
        at: i64,
    ) -> Result<u32> {
        check_text("the case", case)?;
        check_text("the reason", because)?;
        let mut tx = self.writer().await?;
        let number = next(&mut tx, "SELECT COALESCE(MAX(number), 0) AS last FROM orders").await?;
        let sql = "INSERT INTO orders (number, case_name, look, because, asked_by, asked_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        sqlx::query(sql)
            .bind(number)
            .bind(case)
            .bind(i64::from(look))
            .bind(because)
            .bind(i64::from(account))
            .bind(at)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        u32::try_from(number).map_err(|_| Error::invalid("an order", "there are too many"))
    }

    /// Records what somebody answers to an order; nobody answers twice.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such order, [`Error::Conflict`] when the account answered before.
    pub async fn answer_order(&self, order: u32, account: u32, agrees: bool, at: i64) -> Result<()> {
        let mut tx = self.writer().await?;
        find(&mut tx, order).await?;
        let sql = "INSERT INTO order_answers (ordered, account, agrees, at) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (ordered, account) DO NOTHING";
        let query = sqlx::query(sql).bind(i64::from(order)).bind(i64::from(account)).bind(i64::from(agrees));
        let done = query.bind(at).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Err(Error::conflict(format!("order {order}"), "this account answered it before"));
        }
        Ok(tx.commit().await?)
    }

    /// Records the look in which an order was carried out, with its report; there is one.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such order, [`Error::Conflict`] when it was carried out.
    pub async fn carry_out_order(
        &self,
        order: u32,
        look: u32,
        account: u32,
        at: i64,
        report: &[u8],
    ) -> Result<()> {
        let mut tx = self.writer().await?;
        let Order { case, .. } = find(&mut tx, order).await?;
        let sql = "INSERT INTO carried_out_orders (ordered, look, account, at) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (ordered) DO NOTHING";
        let query = sqlx::query(sql).bind(i64::from(order)).bind(i64::from(look)).bind(i64::from(account));
        let done = query.bind(at).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Err(Error::conflict(
                format!("order {order}"),
                "it was carried out; one order shows names once",
            ));
        }
        put_report(&mut tx, (&case, look), report, at).await?;
        Ok(tx.commit().await?)
    }

    /// An order with what became of it.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such order.
    pub async fn order(&self, number: u32) -> Result<OrderState> {
        let mut conn = self.reader().await?;
        let order = find(&mut conn, number).await?;
        state(&mut conn, order).await
    }

    /// Orders, the newest first: at most `limit` behind the `skip` newest, those of a case where one is given.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn orders(&self, case: Option<&str>, skip: u32, limit: u32) -> Result<Vec<OrderState>> {
        let mut conn = self.reader().await?;
        let sql =
            "SELECT * FROM orders WHERE $1 = '' OR case_name = $1 ORDER BY number DESC LIMIT $2 OFFSET $3";
        let query = sqlx::query(sql).bind(case.unwrap_or("")).bind(i64::from(limit)).bind(i64::from(skip));
        let mut all = Vec::new();
        for row in query.fetch_all(&mut *conn).await? {
            all.push(state(&mut conn, order_from_row(&row)?).await?);
        }
        Ok(all)
    }
}

async fn find(conn: &mut AnyConnection, number: u32) -> Result<Order> {
    let query = sqlx::query("SELECT * FROM orders WHERE number = $1").bind(i64::from(number));
    let row = query.fetch_optional(conn).await?;
    order_from_row(&row.ok_or_else(|| Error::missing(format!("order {number}")))?)
}

async fn state(conn: &mut AnyConnection, order: Order) -> Result<OrderState> {
    let sql = "SELECT * FROM order_answers WHERE ordered = $1 ORDER BY at, account";
    let answers = sqlx::query(sql).bind(i64::from(order.number)).fetch_all(&mut *conn).await?;
    let answers = answers.iter().map(answer_from_row).collect::<Result<_>>()?;
    let query = sqlx::query("SELECT * FROM carried_out_orders WHERE ordered = $1");
    let done = query.bind(i64::from(order.number)).fetch_optional(conn).await?;
    Ok((order, answers, done.as_ref().map(done_from_row).transpose()?))
}

fn order_from_row(row: &AnyRow) -> Result<Order> {
    Ok(Order {
        number: row.count("number")?,
        case: row.text("case_name")?,
        look: row.count("look")?,
        because: row.text("because")?,
        asked_by: row.count("asked_by")?,
        asked_at: row.int("asked_at")?,
    })
}

fn answer_from_row(row: &AnyRow) -> Result<OrderAnswer> {
    Ok(OrderAnswer {
        order: row.count("ordered")?,
        account: row.count("account")?,
        agrees: row.int("agrees")? != 0,
        at: row.int("at")?,
    })
}

fn done_from_row(row: &AnyRow) -> Result<CarriedOut> {
    Ok(CarriedOut {
        order: row.count("ordered")?,
        look: row.count("look")?,
        account: row.count("account")?,
        at: row.int("at")?,
    })
}

/// Checks a row of one of this module's tables.
pub(crate) fn check_row(table: &str, row: &AnyRow) -> Result<()> {
    match table {
        "orders" => order_from_row(row).map(drop),
        "order_answers" => answer_from_row(row).map(drop),
        _ => done_from_row(row).map(drop),
    }
}
