//! Signatures, witnesses, proofs, and the order in which things were recorded.

use std::collections::BTreeSet;

use super::{Told, of_kind};
use crate::bundle::{Bundle, Entry, Parts};
use crate::entry::Kind;
use crate::json::count;
use crate::merkle::{is_consistent, leaf_hash, root_from_inclusion};
use crate::note::{Checkpoint, Note, PublicKey};
use crate::policy::Policy;
use crate::stamp;

/// Checks everything about the log.
pub fn check(whole: &Bundle, policy: &Policy, told: &mut Told<'_>) {
    let bundle = &whole.parts;
    let head = match bundle.checkpoint.checkpoint() {
        Ok(head) => head,
        Err(error) => return told.not("signatures", error.to_string()),
    };
    let Some(key) = policy.log(&head.origin) else {
        return told.not("signatures", format!("the log {} is none that you trust", head.origin));
    };
    if !whole.is_signed_by(key) {
        told.not("signatures", "the bundle was changed after it was signed, or signed by somebody else");
    }
    signatures(bundle, key, told);
    included(bundle, &head, told);
    quorum(bundle, policy, told);
    let seen = anchor(bundle, policy, key, &head, told);
    before(bundle, policy, seen, told);
    stamped(bundle, key, &head, told);
    order(bundle, told);
}

/// Heads that an authority stamped are of this log, and what it signed is about them. Its signature is for a tool that knows
/// certificates.
fn stamped(bundle: &Parts, key: &PublicKey, head: &Checkpoint, told: &mut Told<'_>) {
    for stamped in &bundle.stamped {
        let earlier = match stamped.note.checkpoint() {
            Ok(earlier) if earlier.origin == key.name => earlier,
            _ => return told.not("stamped", "a stamped head is not one of this log"),
        };
        let grew = is_consistent(earlier.size, &earlier.root, head.size, &head.root, &stamped.proof);
        if !grew || !stamped.note.is_signed_by(key).unwrap_or(false) {
            return told
                .not("stamped", "the log did not grow from a stamped head, or its key did not sign it");
        }
        if let Err(error) = stamp::check(&stamped.answer, &stamped.note.text) {
            return told.not("stamped", error.to_string());
        }
        told.cannot(
            "stamped",
            format!(
                "an answer is about the log's first {} entries; whether it is of an authority that you trust, and of when, `openssl ts -verify` says (--stamps DIR writes what it needs)",
                earlier.size
            ),
        );
    }
    told.cannot("stamped", "no authority stamped it");
}

fn is_signed(note: &Note, key: &PublicKey, what: &str, told: &mut Told<'_>) {
    match note.is_signed_by(key) {
        Ok(true) => {}
        Ok(false) => told.not("signatures", format!("{what} is not signed by {}", key.name)),
        Err(error) => told.not("signatures", error.to_string()),
    }
}

fn signatures(bundle: &Parts, key: &PublicKey, told: &mut Told<'_>) {
    is_signed(&bundle.checkpoint, key, "the head of the log", told);
    if let Some(anchor) = &bundle.anchor {
        is_signed(&anchor.note, key, "the earlier head of the log", told);
    }
    for entry in bundle.entries.iter().filter(|entry| !entry.envelope.is_signed_by(key)) {
        told.not("signatures", format!("entry {} is not signed by {}", entry.index, key.name));
    }
    if let Some(entry) = bundle.entries.iter().find(|entry| entry.envelope.signatures() > 1) {
        told.not("signatures", format!("entry {} has a signature that nobody can ask for", entry.index));
    }
    told.proven("signatures", format!("{} entries, by {}", bundle.entries.len(), key.to_text()));
}

fn included(bundle: &Parts, head: &Checkpoint, told: &mut Told<'_>) {
    let root = |entry: &Entry| {
        let leaf = leaf_hash(&entry.envelope.to_bytes());
        root_from_inclusion(&leaf, entry.index, head.size, &entry.proof)
    };
    for entry in bundle.entries.iter().filter(|entry| root(entry) != Some(head.root)) {
        told.not("inclusion", format!("the log does not hold entry {} as it stands here", entry.index));
    }
    if bundle.entries.is_empty() {
        told.not("inclusion", "there is no entry");
    }
    told.proven("inclusion", format!("{} of {} entries", bundle.entries.len(), head.size));
}

fn quorum(bundle: &Parts, policy: &Policy, told: &mut Told<'_>) {
    let last = latest(bundle, u64::MAX);
    match policy.seen_at(&bundle.checkpoint) {
        _ if !policy.has_quorum() => {
            told.cannot(
                "quorum",
                "your policy names no witness: the operator could show another log to others",
            );
        }
        Ok(Some(seen)) if seen < last => {
            told.not("quorum", "witnesses saw the head before an entry in it was made, as that says");
        }
        Ok(Some(seen)) => told.proven("quorum", format!("at {}", moment(seen))),
        Ok(None) => told.not("quorum", "too few of your witnesses saw this head of the log"),
        Err(error) => told.not("quorum", error.to_string()),
    }
}

/// The latest time that an entry among the log's first ones says of itself.
fn latest(bundle: &Parts, size: u64) -> i64 {
    let held = bundle.entries.iter().filter(|entry| entry.index < size);
    held.map(|entry| entry.envelope.statement.at()).max().unwrap_or(0)
}

/// When witnesses saw the earlier head, where they did and the log grew from it.
fn anchor(
    bundle: &Parts,
    policy: &Policy,
    key: &PublicKey,
    head: &Checkpoint,
    told: &mut Told<'_>,
) -> Option<(u64, i64)> {
    let Some(anchor) = &bundle.anchor else {
        told.proven("consistency", "there is one head only");
        let seen = policy.seen_at(&bundle.checkpoint).ok().flatten()?;
        return Some((head.size, seen));
    };
    let earlier = match anchor.note.checkpoint() {
        Ok(earlier) if earlier.origin == key.name => earlier,
        _ => {
            told.not("consistency", "the earlier head is not one of this log");
            return None;
        }
    };
    if !is_consistent(earlier.size, &earlier.root, head.size, &head.root, &anchor.proof) {
        told.not("consistency", "the log was rewritten between the two heads");
        return None;
    }
    told.proven("consistency", format!("from {} entries to {}", earlier.size, head.size));
    match policy.seen_at(&anchor.note) {
        Ok(seen) => Some((earlier.size, seen?)),
        Err(error) => {
            told.not("before", error.to_string());
            None
        }
    }
}

fn before(bundle: &Parts, policy: &Policy, seen: Option<(u64, i64)>, told: &mut Told<'_>) {
    published(policy, seen, told);
    if !policy.has_quorum() {
        return told.cannot("before", "your policy names no witness: that the release was committed to before the leak is the operator's word alone");
    }
    let Some((size, seen)) = seen else {
        return told.not("before", "too few of your witnesses saw a head of the log with the release");
    };
    let mut committed = bundle
        .entries
        .iter()
        .filter(|entry| matches!(entry.envelope.statement.kind, Kind::Release | Kind::Extension));
    if let Some(late) = committed.find(|entry| entry.index >= size) {
        return told.not(
            "before",
            format!("the head that they saw has {size} entries and not entry {}", late.index),
        );
    }
    if latest(bundle, size) > seen {
        return told.not("before", "an entry in the head that they saw is of later than they saw it");
    }
    let exhibits: Vec<(u64, i64)> = of_kind(bundle, Kind::Exhibit)
        .map(|exhibit| (exhibit.index, exhibit.envelope.statement.at()))
        .collect();
    let first = exhibits.iter().map(|(index, _)| *index).min();
    let (Some(first), Some(leak)) = (first, exhibits.iter().map(|(_, at)| *at).min()) else {
        return told.not("before", "no exhibit was registered");
    };
    // Times are what people say; the log's own order is not.
    if size > first {
        return told.not(
            "before",
            format!("the exhibit in entry {first} stands in the head that they saw: they did not see the release before it"),
        );
    }
    match seen <= leak {
        true => {
            told.proven("before", format!("seen at {}, the first exhibit at {}", moment(seen), moment(leak)))
        }
        false => told.not("before", format!("they saw it at {}, after the first exhibit", moment(seen))),
    }
}

/// What was committed to after the text was public could have been made to fit it.
fn published(policy: &Policy, seen: Option<(u64, i64)>, told: &mut Told<'_>) {
    match (told.accepted.published, seen) {
        _ if !policy.has_quorum() => told.cannot(
            "published",
            "your policy names no witness: when the release was committed to is the operator's word alone",
        ),
        (_, None) => {
            told.not("published", "too few of your witnesses saw a head of the log with the release");
        }
        (None, Some((_, seen))) => told.cannot(
            "published",
            format!(
                "they saw it at {}; when the text became public you have to say: --published YYYY-MM-DD",
                moment(seen)
            ),
        ),
        (Some(public), Some((_, seen))) if seen < public => told.proven(
            "published",
            format!("seen at {}, public at {}, as you say", moment(seen), moment(public)),
        ),
        (Some(public), Some((_, seen))) => told.not(
            "published",
            format!(
                "they saw it at {}, and the text was public at {}, as you say",
                moment(seen),
                moment(public)
            ),
        ),
    }
}

/// The log's own order. The times that entries say are the operator's, and a clock may be put right.
fn order(bundle: &Parts, told: &mut Told<'_>) {
    let ranks = |kind| match kind {
        Kind::Release => Some(0),
        Kind::Extension => Some(1),
        Kind::Delivery => Some(2),
        Kind::Exhibit | Kind::Reading | Kind::Look | Kind::Finding => Some(3),
        _ => None,
    };
    let mut last = 0;
    for entry in &bundle.entries {
        let Some(rank) = ranks(entry.envelope.statement.kind) else { continue };
        // Copies may be added and delivered while a case goes on.
        if rank < last && !(rank > 0 && last == 3) && !(rank == 1 && last == 2) {
            told.not("order", format!("entry {} comes too late", entry.index));
        }
        last = last.max(rank);
    }
    let first = |kind| of_kind(bundle, kind).next().map(|entry| entry.index);
    if let (Some(delivery), Some(exhibit)) = (first(Kind::Delivery), first(Kind::Exhibit))
        && delivery > exhibit
    {
        told.not("order", "an exhibit was registered before the first copies were delivered");
    }
    if let Some(why) = delivered_late(bundle) {
        told.not("order", why);
    }
    let has = |kind| of_kind(bundle, kind).next().is_some();
    let needed = [Kind::Release, Kind::Delivery, Kind::Exhibit, Kind::Reading, Kind::Look, Kind::Finding];
    if let Some(kind) = needed.into_iter().find(|kind| !has(*kind)) {
        told.not("order", format!("there is no entry of the kind {}", kind.name()));
    }
    told.proven("order", "by their places in the log");
}

/// Copies of each named one's batch were delivered before the case's first exhibit was registered, or what leaked was none of them.
fn delivered_late(bundle: &Parts) -> Option<String> {
    let exhibit = of_kind(bundle, Kind::Exhibit).next()?.index;
    let named: BTreeSet<usize> = bundle.named.iter().map(|named| named.batch).collect();
    named.into_iter().find_map(|batch| {
        let own = Some(count(batch));
        let mut delivered = of_kind(bundle, Kind::Delivery)
            .filter(|entry| entry.envelope.statement.open.get("batch").cloned() == own);
        match delivered.next() {
            Some(delivered) if delivered.index < exhibit => None,
            Some(_) => Some(format!("batch {batch} was delivered after the first exhibit was registered")),
            None => Some(format!("no delivery of batch {batch}, of which a copy is named, is in the log")),
        }
    })
}

/// The beginning of a day, or a minute of it, in seconds since 1970: `2026-03-14`, `2026-03-14T18:30`; UTC.
pub fn read_moment(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        digits.parse::<i64>().ok()
    };
    let signs =
        |places: &[(usize, u8)]| places.iter().all(|(at, sign)| text.as_bytes().get(*at) == Some(sign));
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute) = match text.len() {
        10 => (0, 0),
        16 if signs(&[(10, b'T'), (13, b':')]) => (number(11, 13)?, number(14, 16)?),
        _ => return None,
    };
    // The days of the month, by the calendar's own inverse.
    if year == 0 {
        return None;
    }
    let start = (year - 1970) * 365 - 40_000;
    let days = (start..start + 80_000).find(|days| date(*days) == (year, month, day));
    let days = days.filter(|_| signs(&[(4, b'-'), (7, b'-')]) && hour < 24 && minute < 60)?;
    Some(days * 86_400 + hour * 3600 + minute * 60)
}

/// A time as people read it; UTC.
pub fn moment(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400);
    let of_day = seconds.rem_euclid(86_400);
    let (year, month, day) = date(days);
    let (hours, minutes) = (of_day / 3600, of_day / 60 % 60);
    format!("{year:04}-{month:02}-{day:02} {hours:02}:{minutes:02}:{:02} UTC", of_day % 60)
}

/// Year, month and day, by the days since 1970.
///
/// # Source
/// H. Hinnant, chrono-compatible low-level date algorithms, `civil_from_days`.
fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    #[test]
    fn moments_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (1_795_876_245, "2026-11-28 14:30:45 UTC"),
        ] {
            assert_eq!(super::moment(seconds), expected);
            let (day, time) = (&expected[..10], &expected[11..16]);
            assert_eq!(super::read_moment(&format!("{day}T{time}")), Some(seconds - seconds.rem_euclid(60)));
            assert_eq!(super::read_moment(day), Some(seconds - seconds.rem_euclid(86_400)));
        }
        for bad in ["", "2026-02-30", "2026-1-01", "2026-01-01T24:00", "2026-01-01 10:00", "2026-01-0a", "1"]
        {
            assert_eq!(super::read_moment(bad), None, "{bad}");
        }
    }
}
