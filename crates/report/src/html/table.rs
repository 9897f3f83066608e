//! Tables that a screen reader can announce and a phone can scroll.

use super::Html;

/// One column of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column<'a> {
    /// What stands at its head.
    pub(crate) head: &'a str,
    /// The class of its cells: `n` for numbers, empty for words.
    pub(crate) class: &'static str,
}

impl<'a> Column<'a> {
    /// A column of words.
    pub(crate) const fn words(head: &'a str) -> Column<'a> {
        Column { head, class: "" }
    }

    /// A column of numbers, set flush right.
    pub(crate) const fn number(head: &'a str) -> Column<'a> {
        Column { head, class: "n" }
    }
}

/// Writes a table with a caption; `cell` writes the cell of a row and a column's number. The first column
/// names its row.
pub(crate) fn table<R>(
    h: &mut Html,
    caption: &str,
    columns: &[Column<'_>],
    rows: impl IntoIterator<Item = R>,
    cell: impl Fn(&mut Html, &R, usize),
) {
    let region = [("class", "scroll"), ("role", "region"), ("tabindex", "0"), ("aria-label", caption)];
    h.el("div", &region, |h| {
        h.tag("table", |h| {
            h.words("caption", caption);
            h.tag("thead", |h| _ = h.tag("tr", |h| columns.iter().for_each(|column| head(h, column))));
            h.tag("tbody", |h| rows.into_iter().for_each(|row| self::row(h, columns, &row, &cell)));
        });
    });
}

fn head(h: &mut Html, column: &Column<'_>) {
    match column.class {
        "" => h.el("th", &[("scope", "col")], |h| _ = h.text(column.head)),
        class => h.el("th", &[("scope", "col"), ("class", class)], |h| _ = h.text(column.head)),
    };
}

fn row<R>(h: &mut Html, columns: &[Column<'_>], row: &R, cell: &impl Fn(&mut Html, &R, usize)) {
    h.tag("tr", |h| {
        for (number, column) in columns.iter().enumerate() {
            match (number, column.class) {
                (0, "") => h.el("th", &[("scope", "row")], |h| cell(h, row, number)),
                (0, class) => h.el("th", &[("scope", "row"), ("class", class)], |h| cell(h, row, number)),
                (_, "") => h.tag("td", |h| cell(h, row, number)),
                (_, class) => h.class("td", class, |h| cell(h, row, number)),
            };
        }
    });
}
