//! `tellmark diff`: two copies beside each other.

use anyhow::Result;
use tellmark_app::Vault;
use tellmark_app::compare::{Difference, compare};

use crate::EXIT_DONE;
use crate::args::DiffArgs;
use crate::say;

/// Shows how two copies differ, each place on two lines where both have words.
///
/// # Errors
/// When there are no such copies.
pub async fn run(vault: &Vault, args: &DiffArgs) -> Result<u8> {
    let (release, found) = compare(vault, &args.release, &args.one, &args.other).await?;
    if args.json {
        say::json(&found)?;
        return Ok(EXIT_DONE);
    }
    let (one, other) = (found.one.as_str(), found.other.as_str());
    say::headline(&format!(
        "Copies {one} and {other} of {} differ at {} of {} sites.",
        say::name(&release.name),
        found.differing,
        found.sites
    ));
    for place in &found.places {
        show(place);
    }
    if found.moved_words > 0 {
        say::line(&format!("  {} words stand elsewhere on their lines", found.moved_words));
    }
    Ok(EXIT_DONE)
}

fn show(place: &Difference) {
    let more = match place.occurrences {
        0 | 1 => String::new(),
        more => format!(", at {more} places"),
    };
    say::line(&format!("{} ({}{more})", place.rule, place.channel));
    say::removed(&place.before, &place.one, &place.after);
    say::added(&place.before, &place.other, &place.after);
}
