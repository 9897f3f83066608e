//! Reading the columns of a row, and checking texts before they become one.

use std::fmt::Display;
use std::str::FromStr;

use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::{Error, Result};

/// Bytes of one text that is recorded (a name, a reason, options).
pub const TEXT_BYTES_MAX: usize = 64 << 10;

/// Columns of a row as domain values; what does not parse is damage.
pub(crate) trait Fields {
    fn text(&self, column: &str) -> Result<String>;
    fn int(&self, column: &str) -> Result<i64>;
    fn bytes(&self, column: &str) -> Result<Option<Vec<u8>>>;
    fn parsed<T: FromStr<Err: Display>>(&self, column: &str) -> Result<T>;
    fn parsed_or_none<T: FromStr<Err: Display>>(&self, column: &str) -> Result<Option<T>>;
    fn count<T: TryFrom<i64>>(&self, column: &str) -> Result<T>;
}

impl Fields for AnyRow {
    fn text(&self, column: &str) -> Result<String> {
        Ok(self.try_get(column)?)
    }

    fn int(&self, column: &str) -> Result<i64> {
        Ok(self.try_get(column)?)
    }

    fn bytes(&self, column: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.try_get(column)?)
    }

    fn parsed<T: FromStr<Err: Display>>(&self, column: &str) -> Result<T> {
        parse(column, self.try_get(column)?)
    }

    fn parsed_or_none<T: FromStr<Err: Display>>(&self, column: &str) -> Result<Option<T>> {
        self.try_get::<Option<&str>, _>(column)?.map(|text| parse(column, text)).transpose()
    }

    fn count<T: TryFrom<i64>>(&self, column: &str) -> Result<T> {
        let value = self.int(column)?;
        T::try_from(value)
            .map_err(|_| Error::damaged(format!("column {column}"), format!("{value} is out of range")))
    }
}

fn parse<T: FromStr<Err: Display>>(column: &str, text: &str) -> Result<T> {
    text.parse().map_err(|error: T::Err| Error::damaged(format!("column {column}"), error.to_string()))
}

/// Refuses what one of the databases, or a dump, could not hold.
pub(crate) fn check_text(what: &str, text: &str) -> Result<()> {
    if text.contains('\0') {
        return Err(Error::invalid(what, "it contains a NUL character; remove it"));
    }
    if text.len() > TEXT_BYTES_MAX {
        return Err(Error::invalid(
            what,
            format!("{} bytes; at most {TEXT_BYTES_MAX} are allowed", text.len()),
        ));
    }
    Ok(())
}

/// A name that people type and read: also not empty, and without control characters.
pub(crate) fn check_name(what: &str, text: &str) -> Result<()> {
    check_text(what, text)?;
    if text.trim().is_empty() || text.chars().any(char::is_control) || text.chars().count() > 255 {
        let why = "a name has 1 to 255 characters, not only spaces, and no control characters";
        return Err(Error::invalid(format!("{what} {text:?}"), why));
    }
    Ok(())
}

/// A number as the databases keep it.
pub(crate) fn to_int(what: &str, value: impl TryInto<i64>) -> Result<i64> {
    value.try_into().map_err(|_| Error::invalid(what, "the number is too large"))
}
