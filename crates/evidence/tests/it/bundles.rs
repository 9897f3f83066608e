//! What a bundle proves, and what it does not once anything in it is changed.

use tellmark_evidence::bundle::Bundle;
use tellmark_evidence::json::Json;
use tellmark_evidence::verify::{Accepted, Verdict, verify};

use crate::desk::{Desk, Random, Story, verdicts};

fn is_proven(bundle: &Bundle, desk: &Desk) -> bool {
    verify(bundle, &desk.policy("w"), &desk.accepted()).is_proven
}

#[test]
fn a_finding_is_proven() {
    let desk = Desk::new(&Story::default());
    let bundle = desk.bundle();
    let report = verify(&bundle, &desk.policy("w"), &desk.accepted());
    for claim in &report.claims {
        let open = ["whole", "holds", "decoys", "stamped", "complete", "planted"].contains(&claim.id);
        let expected = if open { Verdict::CannotCheck } else { Verdict::Proven };
        assert_eq!(claim.verdict, expected, "{claim:?}");
    }
    assert!(report.is_proven);
    assert!(report.sentences.iter().any(|said| said.contains("copy r003 of \"minutes.txt\"")), "{report:?}");
    assert_eq!(report.figures.keys().collect::<Vec<_>>(), ["r003"]);
    let read = Bundle::read(&bundle.to_bytes()).unwrap();
    assert_eq!(read, bundle);
}

#[test]
fn what_persons_signed_is_as_good_as_their_keys() {
    let desk = Desk::new(&Story::default());
    let with = |accepted: Accepted| {
        let report = verify(&desk.bundle(), &desk.policy("w"), &accepted);
        let verdicts = verdicts(&report);
        (verdicts["received"], verdicts["approved"], report.is_proven)
    };
    let stranger = desk.log.public().clone();
    assert_eq!(with(desk.accepted()), ("PROVEN", "PROVEN", true));
    let nobody = Accepted { holders: vec![], custodians: vec![], ..desk.accepted() };
    assert_eq!(with(nobody), ("CANNOT CHECK", "CANNOT CHECK", true));
    let other = Accepted { holders: vec![stranger.clone()], ..desk.accepted() };
    assert_eq!(with(other), ("CANNOT CHECK", "PROVEN", true));
    // Whoever says who the custodians are gets a no where one of them did not agree.
    let mut one = desk.accepted();
    one.custodians[1] = stranger;
    assert_eq!(with(one), ("PROVEN", "NOT PROVEN", false));
    let mut twice = desk.accepted();
    twice.custodians[1] = twice.custodians[0].clone();
    assert_eq!(with(twice).1, "NOT PROVEN", "one person is not two");
}

#[test]
fn acts_without_consent_are_seen() {
    use tellmark_evidence::entry::Kind;
    for kind in [Kind::Release, Kind::Look] {
        let mut desk = Desk::new(&Story::default());
        desk.unask(kind);
        let report = verify(&desk.bundle(), &desk.policy("w"), &desk.accepted());
        assert_eq!((verdicts(&report)["approved"], report.is_proven), ("NOT PROVEN", false), "{kind:?}");
        // The verifier who knows of no custodians cannot tell.
        let nobody = Accepted { custodians: vec![], ..desk.accepted() };
        let report = verify(&desk.bundle(), &desk.policy("w"), &nobody);
        assert_eq!((verdicts(&report)["approved"], report.is_proven), ("CANNOT CHECK", true));
    }
    // A reading by another consent than its look's: one of the two was not asked for.
    let mut desk = Desk::new(&Story::default());
    let reading = desk.entries.iter_mut().find(|(statement, _)| statement.kind == Kind::Reading).unwrap();
    reading.0.open.insert("request".into(), "00".repeat(32).into());
    let report = verify(&desk.bundle(), &desk.policy("w"), &desk.accepted());
    assert_eq!((verdicts(&report)["approved"], report.is_proven), ("NOT PROVEN", false));
    let asked = Desk::new(&Story { looks: 25, ..Story::default() });
    let report = verify(&asked.bundle(), &asked.policy("w"), &asked.accepted());
    assert_eq!((verdicts(&report)["looks"], report.is_proven), ("PROVEN", true), "{report:?}");
    let report = verify(&asked.bundle(), &asked.policy("w"), &Accepted::default());
    assert_eq!((verdicts(&report)["looks"], report.is_proven), ("CANNOT CHECK", false));
    let more = Desk::new(&Story { looks: 41, ..Story::default() });
    let report = verify(&more.bundle(), &more.policy("w"), &more.accepted());
    assert_eq!((verdicts(&report)["looks"], report.is_proven), ("NOT PROVEN", false), "40 were agreed to");
}

#[test]
fn a_nonce_of_the_operators_choice_is_seen() {
    use tellmark_evidence::entry::Kind;
    let drawn = |change: &dyn Fn(&mut std::collections::BTreeMap<String, Json>)| {
        let mut desk = Desk::new(&Story::default());
        let release = desk.entries.iter_mut().find(|(s, _)| s.kind == Kind::Release).unwrap();
        change(&mut release.0.open);
        let nobody = Accepted { holders: vec![], custodians: vec![], ..desk.accepted() };
        let report = verify(&desk.bundle(), &desk.policy("w"), &nobody);
        (verdicts(&report)["nonce"], report.is_proven)
    };
    assert_eq!(drawn(&|_| ()), ("PROVEN", true));
    let free = |open: &mut std::collections::BTreeMap<String, Json>| drop(open.remove("checkpoint"));
    // Then the receipt, which names the nonce, holds still.
    assert_eq!(drawn(&free), ("CANNOT CHECK", true));
    let other = |open: &mut std::collections::BTreeMap<String, Json>| {
        drop(open.insert("nonce".into(), "00".repeat(32).into()))
    };
    assert_eq!(drawn(&other), ("NOT PROVEN", false));
    // Without the witness's word on it.
    let desk = Desk::new(&Story::default());
    let report = verify(&desk.bundle(), &desk.policy("none"), &desk.accepted());
    assert_eq!(verdicts(&report)["nonce"], "CANNOT CHECK");
}

#[test]
fn a_group_is_named_when_its_copies_average_says_so() {
    use tellmark_evidence::entry::Kind;
    let says = |groups: Vec<String>, story: &Story| {
        let mut desk = Desk::new(story);
        let (statement, opening) = desk.entries.iter_mut().find(|(s, _)| s.kind == Kind::Finding).unwrap();
        let mut details = opening.clone().unwrap();
        let Json::Map(fields) = &mut details.details else { panic!() };
        let own = fields.insert("groups".into(), groups.clone().into());
        statement.sealed = details.sealed();
        *opening = Some(details);
        let report = verify(&desk.bundle(), &desk.policy("w"), &desk.accepted());
        (own, verdicts(&report)["groups"], report.is_proven)
    };
    // Copy r003 is of the north; the south has nothing to do with it, and the east there is not.
    let story = Story::default();
    let (own, verdict, is_proven) = says(vec!["north".into()], &story);
    assert_eq!((own, verdict, is_proven), (Some(vec!["north"].into()), "PROVEN", true));
    for other in ["south", "east"] {
        let (_, verdict, is_proven) = says(vec!["north".into(), other.into()], &story);
        assert_eq!((verdict, is_proven), ("NOT PROVEN", false), "{other}");
    }
    // Groups of another roster are not those that were committed to.
    let desk = Desk::new(&story);
    let mut parts = desk.parts();
    parts.copies[3].groups.as_mut().unwrap().names = vec!["south".into()];
    let report = verify(&Bundle::sign(parts, &desk.log), &desk.policy("w"), &desk.accepted());
    assert_eq!((verdicts(&report)["groups"], report.is_proven), ("NOT PROVEN", false));
    let mut parts = desk.parts();
    parts.copies[3].groups = None;
    let report = verify(&Bundle::sign(parts, &desk.log), &desk.policy("w"), &desk.accepted());
    assert_eq!((verdicts(&report)["groups"], report.is_proven), ("CANNOT CHECK", true));
}

#[test]
fn a_finding_of_nobody_is_proven_too() {
    let desk = Desk::new(&Story { leaker: None, ..Story::default() });
    let report = verify(&desk.bundle(), &desk.policy("w"), &desk.accepted());
    assert!(report.is_proven, "{report:?}");
    assert!(report.figures.is_empty() && report.sentences.iter().any(|said| said.contains("none is named")));
}

#[test]
fn two_who_leaked_together_are_named() {
    let desk = Desk::new(&Story { second: Some(7), sites: 200, shown: 200, ..Story::default() });
    let report = verify(&desk.bundle(), &desk.policy("w"), &desk.accepted());
    assert!(report.is_proven, "{report:?}");
    assert_eq!(report.figures.keys().collect::<Vec<_>>(), ["r003", "r007"]);
}

#[test]
fn without_a_witness_nothing_shows_that_the_release_came_first() {
    let desk = Desk::new(&Story::default());
    let report = verify(&desk.bundle(), &desk.policy("none"), &desk.accepted());
    let verdicts = verdicts(&report);
    assert_eq!((verdicts["quorum"], verdicts["before"]), ("CANNOT CHECK", "CANNOT CHECK"));
    assert!(!report.is_proven);
}

#[test]
fn every_byte_counts() {
    let desk = Desk::new(&Story { copies: 4, sites: 40, shown: 34, ..Story::default() });
    let bytes = desk.bundle().to_bytes();
    assert!(is_proven(&Bundle::read(&bytes).unwrap(), &desk));
    let mut random = Random(9);
    for at in 0..bytes.len() {
        let mut other = bytes.clone();
        other[at] ^= 1 << random.below(8);
        if let Ok(bundle) = Bundle::read(&other) {
            // The cheap claim first: the one signature over everything.
            assert!(!bundle.is_signed_by(desk.log.public()), "byte {at}");
        }
    }
}

/// Every value of a bundle in turn is replaced by another, and the bundle is signed again by its operator.
#[test]
fn no_field_can_be_changed_by_the_operator() {
    let desk = Desk::new(&Story { copies: 4, sites: 40, shown: 34, leaker: Some(1), ..Story::default() });
    let bundle = desk.bundle();
    let Json::Map(mut whole) = Json::read(&bundle.to_bytes()).unwrap() else { panic!() };
    whole.remove("signature");
    let whole = Json::Map(whole);
    let mut places = Vec::new();
    leaves(&whole, &mut vec![], &mut places);
    assert!(places.len() > 400, "{}", places.len());
    let policy = desk.policy("w");
    for place in places {
        let mut changed = whole.clone();
        change(&mut changed, &place);
        let Json::Map(mut fields) = changed else { panic!() };
        fields.insert("signature".into(), "00".repeat(64).into());
        let Ok(forged) = Bundle::read(&Json::Map(fields).to_bytes()) else { continue };
        let forged = again(forged, &desk);
        let report = verify(&forged, &policy, &desk.accepted());
        assert!(!report.is_proven, "{place:?}");
    }
}

pub fn again(bundle: Bundle, desk: &Desk) -> Bundle {
    Bundle::sign(bundle.parts, &desk.log)
}

/// The way to a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Name(String),
    Index(usize),
}

pub fn leaves(json: &Json, at: &mut Vec<Step>, out: &mut Vec<Vec<Step>>) {
    match json {
        Json::Map(fields) => {
            for (name, value) in fields {
                at.push(Step::Name(name.clone()));
                leaves(value, at, out);
                at.pop();
            }
        }
        Json::List(values) => {
            for (index, value) in values.iter().enumerate() {
                at.push(Step::Index(index));
                leaves(value, at, out);
                at.pop();
            }
            if !values.is_empty() {
                out.push(at.clone());
            }
        }
        _ => out.push(at.clone()),
    }
}

pub fn change(json: &mut Json, place: &[Step]) {
    match (json, place) {
        (Json::Map(fields), [Step::Name(name), rest @ ..]) => change(fields.get_mut(name).unwrap(), rest),
        (Json::List(values), [Step::Index(index), rest @ ..]) => change(&mut values[*index], rest),
        (Json::List(values), []) => drop(values.pop()),
        (Json::Int(number), _) => *number += 1,
        (Json::Bool(value), _) => *value = !*value,
        // The last character: of a number in hexadecimal, of a text.
        (Json::Text(text), _) => {
            let last = match text.pop() {
                Some('0') => '1',
                Some('\n') => '.',
                _ => '0',
            };
            text.push(last);
        }
        _ => panic!("no such place"),
    }
}

#[test]
fn parts_of_another_bundle_do_not_fit() {
    let desk = Desk::new(&Story::default());
    let other = Desk::new(&Story { seed: 2, ..Story::default() });
    let (own, foreign) = (desk.parts(), other.parts());
    type Splice = fn(&mut tellmark_evidence::bundle::Parts, &tellmark_evidence::bundle::Parts);
    let splices: [(&str, Splice); 9] = [
        ("checkpoint", |a, b| a.checkpoint = b.checkpoint.clone()),
        ("anchor", |a, b| a.anchor = b.anchor.clone()),
        ("entries", |a, b| a.entries = b.entries.clone()),
        ("sites", |a, b| (a.sites, a.site_nodes) = (b.sites.clone(), b.site_nodes.clone())),
        ("copies", |a, b| a.copies = b.copies.clone()),
        ("named", |a, b| a.named = b.named.clone()),
        ("exhibits", |a, b| a.exhibits = b.exhibits.clone()),
        ("no anchor", |a, _| a.anchor = None),
        ("everything but the log", |a, b| {
            *a = tellmark_evidence::bundle::Parts {
                checkpoint: a.checkpoint.clone(),
                anchor: a.anchor.clone(),
                ..b.clone()
            };
        }),
    ];
    for (name, splice) in splices {
        let mut parts = own.clone();
        splice(&mut parts, &foreign);
        assert!(!is_proven(&Bundle::sign(parts, &desk.log), &desk), "{name}");
    }
    for index in 0..own.entries.len() {
        let mut parts = own.clone();
        parts.entries[index] = foreign.entries[index].clone();
        assert!(!is_proven(&Bundle::sign(parts, &desk.log), &desk), "entry {index}");
        let mut parts = own.clone();
        let removed = parts.entries.remove(index);
        let bundle = Bundle::sign(parts, &desk.log);
        // A receipt can be left out by its own side only: then the delivery is unconfirmed.
        match removed.envelope.statement.kind {
            tellmark_evidence::entry::Kind::Receipt => {
                let report = verify(&bundle, &desk.policy("w"), &desk.accepted());
                assert_eq!(verdicts(&report)["received"], "CANNOT CHECK");
            }
            kind => assert!(!is_proven(&bundle, &desk), "without entry {index}, {}", kind.name()),
        }
    }
}

mod a_malicious_operator;
