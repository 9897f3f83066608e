//! What it takes to reproduce a finding and to check what was promised.

use super::{AlphaShare, Exhibit, Page, Parameters, Release};
use crate::html::{Column, Html, table};
use crate::quantity::{counted, grouped};

/// Rows of a table.
const ROWS_MAX: usize = 100;

/// Writes the section.
pub(super) fn write(h: &mut Html, page: &Page) {
    h.tag("p", |h| history(h, page));
    if !page.alpha_shares.is_empty() {
        shares(h, &page.alpha_shares);
    }
    if !page.releases.is_empty() {
        releases(h, &page.releases);
    }
    page.exhibits.iter().take(ROWS_MAX).for_each(|exhibit| self::exhibit(h, exhibit));
    parameters(h, &page.parameters);
    remarks(h, &page.warnings);
}

fn history(h: &mut Html, page: &Page) {
    let looks = page.looks_of_case.max(page.look);
    h.text(&format!("This is look {} of {} in case ", page.look, grouped(u64::from(looks))));
    h.value(&page.case).text(&format!(
        "; {}. ",
        counted(page.cases_of_vault, "case is in the vault", "cases are in the vault")
    ));
    h.text("Each case has a bound of its own, here ").chance(&page.alpha);
    h.text(": over many cases the chance that one of them errs is at most their sum.");
}

fn shares(h: &mut Html, shares: &[AlphaShare]) {
    let columns = [Column::words("Share"), Column::number("Over"), Column::number("Alpha")];
    table(
        h,
        "How this case’s alpha is divided",
        &columns,
        shares.iter().take(ROWS_MAX),
        |h, share, column| match column {
            0 => _ = h.value(&share.what),
            1 => _ = h.count(share.copies),
            _ => _ = h.chance(&share.alpha),
        },
    );
}

fn releases(h: &mut Html, releases: &[Release]) {
    let columns = [
        Column::words("Release"),
        Column::words("Document"),
        Column::number("Copies"),
        Column::words("Id"),
        Column::words("Hash of its nonce"),
    ];
    table(
        h,
        "Releases that the exhibits quote",
        &columns,
        releases.iter().take(ROWS_MAX),
        |h, release, column| match column {
            0 => _ = h.value(&release.name),
            1 => _ = h.value(&release.document),
            2 => _ = h.count(release.copies),
            3 => code(h, &release.id),
            _ => code(h, &release.nonce_hash),
        },
    );
}

fn exhibit(h: &mut Html, exhibit: &Exhibit) {
    h.tag("h3", |h| _ = h.text("Exhibit ").value(&exhibit.name));
    h.class("dl", "facts", |h| {
        fact(h, "Size", |h| _ = h.text(&counted(exhibit.bytes, "byte", "bytes")));
        for (algorithm, hash) in exhibit.hashes.iter().take(4) {
            h.tag("div", |h| {
                h.tag("dt", |h| _ = h.value(algorithm));
                h.tag("dd", |h| code(h, hash));
            });
        }
        words(h, "Registered", &exhibit.registered);
        words(h, "Here because", &exhibit.reason);
    });
}

fn parameters(h: &mut Html, parameters: &Parameters) {
    h.words("h3", "Parameters");
    h.class("dl", "facts", |h| {
        words(h, "Program", &parameters.program);
        fact(h, "Derivation", |h| _ = h.text(&format!("version {}", parameters.derivation_version)));
        fact(h, "Reader", |h| _ = h.text(&format!("version {}", parameters.reader_version)));
        fact(h, "Tracer", |h| _ = h.text(&format!("version {}", parameters.tracer_version)));
        for hash in parameters.key_hashes.iter().take(ROWS_MAX) {
            fact(h, "Hash of the key", |h| code(h, hash));
        }
        if !parameters.reading_hash.is_empty() {
            fact(h, "Hash of the reading", |h| code(h, &parameters.reading_hash));
        }
        if !parameters.command.is_empty() {
            fact(h, "Command", |h| code(h, &parameters.command));
        }
        for (name, value) in parameters.other.iter().take(ROWS_MAX) {
            h.tag("div", |h| _ = h.tag("dt", |h| _ = h.value(name)).tag("dd", |h| _ = h.value(value)));
        }
    });
}

fn remarks(h: &mut Html, warnings: &[String]) {
    if warnings.is_empty() {
        return;
    }
    h.words("h3", "Remarks");
    h.tag("ul", |h| {
        warnings.iter().take(ROWS_MAX).for_each(|warning| _ = h.tag("li", |h| _ = h.value(warning)))
    });
}

fn words(h: &mut Html, name: &str, value: &str) {
    if !value.is_empty() {
        fact(h, name, |h| _ = h.value(value));
    }
}

fn fact(h: &mut Html, name: &str, value: impl FnOnce(&mut Html)) {
    h.tag("div", |h| {
        h.words("dt", name);
        h.tag("dd", value);
    });
}

fn code(h: &mut Html, value: &str) {
    h.tag("code", |h| _ = h.value(value));
}
