//! Several sources, several leaks, and groups whose members cannot be told apart.

use tellmark_app::seal::SealRequest;
use tellmark_app::trace::{Finding, NamedGroup, Verdict};

use crate::office::{Office, named};

const PLACES: [&str; 12] = [
    "harbour",
    "bridge",
    "library",
    "station",
    "market",
    "orchard",
    "quarry",
    "ferry",
    "mill",
    "chapel",
    "reservoir",
    "museum",
];
const MATTERS: [&str; 12] = [
    "lease",
    "drainage",
    "lighting",
    "insurance",
    "timetable",
    "fencing",
    "signage",
    "staffing",
    "heating",
    "access",
    "parking",
    "repairs",
];

/// A record of 144 sentences, a line each, with one place where copies differ in each.
fn record() -> String {
    let mut lines = Vec::new();
    for place in PLACES {
        for matter in MATTERS {
            lines.push(format!(
                "On the {matter} of the {place} the members {{asked for|requested}} a written note."
            ));
        }
    }
    lines.join("\n\n")
}

/// 24 copies in the groups that `group` says.
fn roster(group: impl Fn(usize) -> &'static str) -> String {
    let line = |i: usize| format!("c{i:02},Holder {i},{}\n", group(i));
    format!("id,name,group\n{}", (1..=24).map(line).collect::<String>())
}

async fn sealed(seed: u64, group: impl Fn(usize) -> &'static str) -> Office {
    let mut office = Office::open(seed).await;
    let request = office.request("record.md", record().as_bytes(), "out");
    let request = SealRequest { roster: roster(group).into(), ..request };
    assert_eq!(office.seal(&request).await.unwrap().copies, 24);
    office
}

/// Each line of the record from the copy whose number `of` gives for it.
fn mixed(office: &Office, ids: &[&str], of: impl Fn(usize) -> usize) -> Vec<String> {
    let copies: Vec<String> = ids.iter().map(|id| office.copy("out", id, "record.md")).collect();
    let lines: Vec<Vec<&str>> = copies.iter().map(|copy| copy.lines().collect()).collect();
    (0..lines[0].len()).map(|line| lines[of(line)][line].to_string()).collect()
}

#[tokio::test]
async fn two_who_mix_their_copies_are_both_named() {
    for seed in [51, 52] {
        let office = sealed(seed, |_| "").await;
        let leak = mixed(&office, &["c04", "c17"], |line| line / 2 % 2).join("\n");
        let finding = office.trace(&leak).await;
        let mut ids = named(&finding);
        ids.sort_unstable();
        assert_eq!(ids, ["c04", "c17"]);
        assert!(finding.contradicted_up_to[0] >= 20, "{:?}", finding.contradicted_up_to);
        assert!(finding.contradicted_up_to.is_sorted_by(|a, b| a >= b));
        assert_eq!((finding.replayed.keys, finding.replayed.named), (100_000, 0));
    }
}

#[tokio::test]
async fn of_three_who_show_what_most_of_them_hold_only_they_are_named() {
    let office = sealed(53, |_| "").await;
    let ids = ["c02", "c11", "c23"];
    let of: Vec<Vec<String>> = ids.iter().map(|id| mixed(&office, &[id], |_| 0)).collect();
    let majority = |line: usize| if of[0][line] == of[1][line] { 0 } else { 2 };
    let finding = office.trace(&mixed(&office, &ids, majority).join("\n")).await;
    assert!(
        !named(&finding).is_empty() && named(&finding).iter().all(|id| ids.contains(id)),
        "{:?}",
        finding.named
    );
}

#[tokio::test]
async fn two_who_leak_in_turn_are_found_over_the_looks() {
    let office = sealed(54, |_| "").await;
    let (first, second) = (mixed(&office, &["c06"], |_| 0), mixed(&office, &["c19"], |_| 0));
    let mut last = None;
    for look in 0..8 {
        let source = if look % 2 == 0 { &first } else { &second };
        let part = &source[look * 35..(look + 1) * 35];
        let finding = office.trace_in(Some("in turn"), &part.join("\n")).await;
        assert!(named(&finding).iter().all(|id| ["c06", "c19"].contains(id)), "{:?}", finding.named);
        last = Some(finding);
    }
    let last = last.unwrap();
    assert!(!last.named.is_empty());
    assert!(last.named[0].w_log10.unwrap() > 3.0, "{:?}", last.named[0]);
}

/// A copy in which the words are changed wherever another one says something else: the two cannot be told apart.
fn common(office: &Office, ids: [&str; 2]) -> String {
    let (one, two) = (mixed(office, &[ids[0]], |_| 0), mixed(office, &[ids[1]], |_| 0));
    let same = |(one, two): (String, String)| match one == two {
        true => one,
        false => one.replace("asked for", "sought").replace("requested", "sought"),
    };
    one.into_iter().zip(two).map(same).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_group_is_named_when_its_members_cannot_be_told_apart() {
    let office = sealed(55, |i| if i <= 8 { "north" } else { "south" }).await;
    let finding = office.trace(&common(&office, ["c03", "c07"])).await;
    assert_eq!((finding.verdict, named(&finding)), (Verdict::Group, vec![]));
    assert_eq!(finding.groups_named, ["north"]);
    assert!(finding.ranking.iter().all(|ranked| ranked.copy.starts_with('#')), "pseudonyms");
}

#[tokio::test]
async fn twins_of_two_groups_name_both_groups_and_no_copy() {
    let office = sealed(56, |i| if i <= 8 { "north" } else { "south" }).await;
    let finding = office.trace(&common(&office, ["c03", "c17"])).await;
    assert_eq!(finding.verdict, Verdict::Group);
    assert_eq!(finding.groups_named, ["north", "south"], "each has a copy of its own among the likeliest");
}

#[tokio::test]
async fn groups_that_share_the_copy_are_one_and_small_groups_are_their_copies() {
    let of = |i: usize| match i {
        3 => "north; counsel",
        1..=8 => "north",
        9..=16 => "counsel",
        20 | 21 => "envoys",
        _ => "",
    };
    let office = sealed(57, of).await;
    let of_one = |id| mixed(&office, &[id], |_| 0)[..140].join("\n");
    let shared = office.trace(&of_one("c03")).await;
    let titles = |finding: &Finding| finding.groups.iter().map(NamedGroup::title).collect::<Vec<_>>();
    assert_eq!((named(&shared), titles(&shared)), (vec!["c03"], vec!["counsel or north".to_string()]));
    assert_eq!(shared.groups_named, ["counsel", "north"]);
    let small = office.trace(&of_one("c20")).await;
    assert_eq!((named(&small), titles(&small)), (vec!["c20"], vec!["envoys (c20, c21)".to_string()]));
    assert_eq!(small.groups_named, ["envoys"]);
}
