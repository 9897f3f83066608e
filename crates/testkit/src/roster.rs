//! Invented recipients.

use tellmark_core::{CopyId, Recipient, Roster};

use crate::Random;

const GIVEN: &[&str] = &[
    "Oriel", "Davit", "Selma", "Jory", "Anneke", "Ruvim", "Ysolde", "Corvin", "Maren", "Tobin", "Liora",
    "Emeric", "Faye", "Osric", "Tamsin", "Hadrian", "Lenna", "Piers", "Sunniva", "Matthis", "Ingra", "Odile",
];
const FAMILY: &[&str] = &[
    "Brandaun",
    "Kestrick",
    "Thorvale",
    "Halloway",
    "Marrin",
    "Adelstane",
    "Penhallan",
    "Duskin",
    "Lanterne",
    "Oakover",
    "Kroll",
    "Everard",
    "Solveth",
    "Farrant",
    "Umber",
    "Ravensey",
    "D’Aulnay",
    "Quist",
    "Ørsby",
];

/// A roster of `copies` recipients in `groups` groups (0 for none), with ids `r1`, `r2`, ... of equal
/// width, invented names and addresses under example.org.
///
/// ```
/// let roster = tellmark_testkit::roster::roster(1, 24, 3);
/// assert_eq!(roster.recipients[0].id.as_str(), "r01");
/// assert_eq!(roster.groups().len(), 3);
/// ```
///
/// # Panics
/// Never for fewer than 10^60 copies.
#[allow(clippy::expect_used, reason = "the ids are letters and digits")]
pub fn roster(seed: u64, copies: usize, groups: usize) -> Roster {
    let width = copies.to_string().len();
    let mut random = Random::new(seed);
    let recipients = (0..copies).map(|i| {
        let id = CopyId::parse(&format!("r{:0width$}", i + 1)).expect("a valid id");
        let group = if groups == 0 { String::new() } else { format!("group {}", i * groups / copies + 1) };
        let name = format!("{} {}", random.pick(GIVEN), random.pick(FAMILY));
        Recipient { email: format!("{id}@example.org"), id, name, group }
    });
    Roster { recipients: recipients.collect() }
}

/// A roster as a CSV file with the header `id,name,email,group`.
pub fn to_csv(roster: &Roster) -> String {
    let field = |text: &str| match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_string(),
    };
    let mut csv = String::from("id,name,email,group\n");
    for r in &roster.recipients {
        let fields = [r.id.as_str(), &r.name, &r.email, &r.group].map(field);
        csv.push_str(&fields.join(","));
        csv.push('\n');
    }
    csv
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rosters_are_seeded_and_grouped() {
        let one = roster(9, 1_000, 4);
        assert_eq!(one, roster(9, 1_000, 4));
        assert_ne!(one, roster(10, 1_000, 4));
        assert_eq!(one.groups().len(), 4);
        assert_eq!(one.recipients[999].id.as_str(), "r1000");
        assert!(roster(1, 3, 0).groups().is_empty());
        assert!(roster(1, 0, 3).recipients.is_empty());
    }

    #[test]
    fn csv_quotes_what_needs_it() {
        let mut roster = roster(1, 1, 1);
        roster.recipients[0].name = "Quist, \"Q\"".into();
        assert_eq!(to_csv(&roster), "id,name,email,group\nr1,\"Quist, \"\"Q\"\"\",r1@example.org,group 1\n");
    }
}
