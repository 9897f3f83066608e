//! The operator has every key but the witness's, and the witness signs whatever grew.

use super::*;
use tellmark_core::Likelihood;
use tellmark_evidence::entry::{Kind, Opening};

fn reseal(desk: &mut Desk, kind: Kind, change: impl Fn(&mut Json)) {
    desk.reseal(kind, change);
}

fn not_proven(desk: &Desk, claim: &str) {
    let accepted = Accepted { reading: false, ..desk.accepted() };
    let report = verify(&desk.bundle(), &desk.policy("w"), &accepted);
    assert!(!report.is_proven);
    assert_ne!(verdicts(&report)[claim], "PROVEN", "{report:?}");
}

#[test]
fn invents_a_site() {
    // An innocent copy is to be named: the reading says what it holds, at one place more than is shown.
    for index in 0..5 {
        let mut desk = Desk::new(&Story::default());
        let site = &mut desk.reading.together[0].sites[index];
        site.observed.likelihoods.rotate_left(1);
        let (from, to) = (site.places[0].1, site.places[0].2);
        let reading = desk.reading.to_json();
        reseal(&mut desk, Kind::Reading, |details| *details = reading.clone());
        assert!(to > from);
        not_proven(&desk, "shown");
    }
    // A place of its own choice.
    let mut desk = Desk::new(&Story::default());
    let other = desk.reading.together[0].sites[9].places.clone();
    desk.reading.together[0].sites[4].places = other;
    let reading = desk.reading.to_json();
    reseal(&mut desk, Kind::Reading, |details| *details = reading.clone());
    not_proven(&desk, "shown");
}

#[test]
fn draws_the_codewords_after_the_leak() {
    // The log is written anew with a codeword that fits; the witness saw the old one.
    let desk = Desk::new(&Story { leaker: None, ..Story::default() });
    let mut forged = Desk::new(&Story { leaker: None, ..Story::default() });
    for site in &desk.reading.together[0].sites {
        let top = site.observed.likelihoods.iter().position(|l| *l == Likelihood::ONE).unwrap();
        forged.codewords[5][site.index] = top as u8;
    }
    let root = forged.roster_root();
    let release = forged.entries.iter_mut().find(|(s, _)| s.kind == Kind::Release).unwrap();
    release.0.open.insert("roster".into(), tellmark_evidence::encode::to_hex(&root).into());
    let counted = tellmark_evidence::recount::recount(&forged.question()).unwrap();
    assert!(counted.lines[5].is_named, "the forgery would name it");
    // With the old, witnessed head it does not hold together.
    let mut parts = forged.parts();
    parts.anchor = desk.parts().anchor;
    let report = verify(&Bundle::sign(parts, &forged.log), &forged.policy("w"), &forged.accepted());
    assert_eq!(verdicts(&report)["consistency"], "NOT PROVEN");
    // With a head that the witness saw late it does, and the time tells.
    forged.anchor = (forged.anchor.0, crate::desk::SEALED_AT + 5000);
    not_proven(&forged, "before");
}

#[test]
fn names_another_copy_or_leaves_one_out() {
    let mut desk = Desk::new(&Story::default());
    reseal(&mut desk, Kind::Finding, |details| {
        let Json::Map(fields) = details else { panic!() };
        let Some(Json::List(named)) = fields.get_mut("named") else { panic!() };
        let Json::Map(copy) = &mut named[0] else { panic!() };
        copy.insert("leaf".into(), Json::Int(5));
    });
    not_proven(&desk, "tracer");
    let mut desk = Desk::new(&Story::default());
    reseal(&mut desk, Kind::Finding, |details| {
        let Json::Map(fields) = details else { panic!() };
        fields.insert("named".into(), Json::List(vec![]));
        fields.insert("verdict".into(), "nobody".into());
    });
    not_proven(&desk, "tracer");
}

#[test]
fn reads_a_single_exhibit_otherwise_than_all_of_them() {
    // What single exhibits show is weighed by itself: it has to be shown as well.
    let mut desk = Desk::new(&Story { leaker: None, ..Story::default() });
    let mut own = desk.reading.together[0].clone();
    for site in &mut own.sites {
        let variant = desk.codewords[5][site.index];
        site.observed = tellmark_codes::Observed::hard(site.observed.likelihoods.len() as u8, variant);
        site.observed.likelihoods.iter_mut().filter(|l| l.0 == 0).for_each(|l| l.0 = 1);
    }
    desk.reading.alone = vec![(0, vec![own])];
    let reading = desk.reading.to_json();
    reseal(&mut desk, Kind::Reading, |details| *details = reading.clone());
    not_proven(&desk, "shown");
}

#[test]
fn hides_a_name_as_if_it_had_been_said_before() {
    let mut desk = Desk::new(&Story::default());
    reseal(&mut desk, Kind::Finding, |details| {
        let Json::Map(fields) = details else { panic!() };
        let Some(Json::List(named)) = fields.insert("named".into(), Json::List(vec![])) else { panic!() };
        let Json::Map(copy) = &named[0] else { panic!() };
        let place = [("batch", copy["batch"].clone()), ("leaf", copy["leaf"].clone())];
        fields.insert("before".into(), Json::List(vec![tellmark_evidence::json::map(place)]));
        fields.insert("groups".into(), Json::List(vec![]));
        fields.insert("verdict".into(), "nobody".into());
    });
    not_proven(&desk, "release");
}

#[test]
fn seals_after_the_leak_and_registers_later() {
    let desk = Desk::new(&Story::default());
    let early = tellmark_evidence::verify::read_moment("2026-09-21T14:14").unwrap();
    for (published, expected) in [(None, "CANNOT CHECK"), (Some(early), "NOT PROVEN")] {
        let accepted = Accepted { published, ..desk.accepted() };
        let report = verify(&desk.bundle(), &desk.policy("w"), &accepted);
        assert_eq!((verdicts(&report)["published"], report.is_proven), (expected, false));
    }
}

#[test]
fn reads_by_itself_what_nobody_read_again() {
    let desk = Desk::new(&Story::default());
    let accepted = Accepted { reading: false, ..desk.accepted() };
    let report = verify(&desk.bundle(), &desk.policy("w"), &accepted);
    assert_eq!((verdicts(&report)["whole"], report.is_proven), ("CANNOT CHECK", false));
}

#[test]
fn flatters_the_figures() {
    let mut desk = Desk::new(&Story::default());
    reseal(&mut desk, Kind::Finding, |details| {
        let Json::Map(fields) = details else { panic!() };
        let Some(Json::List(named)) = fields.get_mut("named") else { panic!() };
        let Json::Map(copy) = &mut named[0] else { panic!() };
        copy.insert("e".into(), Json::Int(90 << 32));
    });
    not_proven(&desk, "figures");
}

/// What the verifier takes for granted: that somebody read the exhibits again, and nobody was asked.
fn trusting(desk: &Desk) -> Accepted {
    Accepted { custodians: vec![], ..desk.accepted() }
}

fn says(desk: &Desk, claim: &str) -> (&'static str, bool) {
    let bundle = desk.bundle();
    let report = verify(&bundle, &desk.policy("w"), &trusting(desk));
    crate::agree::agrees(desk, &bundle, &trusting(desk));
    (verdicts(&report)[claim], report.is_proven)
}

#[test]
fn exchanges_two_codewords() {
    // The leaker's codeword is committed to for somebody else: what was delivered stays as it was.
    let mut desk = Desk::new(&Story::default());
    let (leaker, victim) = (desk.copy_text(3), desk.copy_text(5));
    let given = |desk: &Desk, copies: &[&str]| {
        let copies = copies.iter().map(|text| text.as_bytes().to_vec()).collect();
        let (bundle, accepted) = (desk.bundle(), Accepted { copies, ..trusting(desk) });
        let report = verify(&bundle, &desk.policy("w"), &accepted);
        crate::agree::agrees(desk, &bundle, &accepted);
        (verdicts(&report)["holds"], report.is_proven, report.sentences.join(" "))
    };
    let (verdict, is_proven, said) = given(&desk, &[&leaker]);
    assert_eq!((verdict, is_proven), ("PROVEN", true));
    assert!(!said.contains("Nobody has held"), "{said}");
    desk.codewords.swap(3, 5);
    desk.recommit();
    desk.read_again();
    assert_eq!(desk.parts().named[0].copy, "r005");
    // Without the file everything holds together, and the sentence says what nobody did.
    let (verdict, is_proven, said) = given(&desk, &[]);
    assert_eq!((verdict, is_proven), ("CANNOT CHECK", true));
    assert!(said.contains("as the release committed to it") && said.contains("Nobody has held"), "{said}");
    let (verdict, is_proven, _) = given(&desk, &[&victim]);
    assert_eq!((verdict, is_proven), ("NOT PROVEN", false));
    // Another file than the delivered one shows nothing, whatever it says.
    assert_eq!(given(&desk, &[&leaker]).0, "CANNOT CHECK");
    assert_eq!(given(&desk, &[&leaker, &victim]).0, "NOT PROVEN");
}

#[test]
fn gives_each_place_a_second_one_in_words_that_all_copies_share() {
    let mut desk = Desk::new(&Story::default());
    let victim = desk.copy_text(5);
    desk.codewords.swap(3, 5);
    for index in 0..desk.sites.len() {
        let own = usize::from(desk.codewords[5][index]);
        let site = &mut desk.sites[index];
        let mut second = site.standings[0].clone();
        // Whoever reads the exhibit finds the first one by two words beside it; whoever holds a file against it does not.
        site.standings[0].before.insert_str(0, "never ");
        (second.before, second.after) = (String::new(), victim.split_once('\n').unwrap().1[..12].to_owned());
        second.forms =
            (0..site.variants).map(|v| if v == own { "Minutes" } else { "Nowhere" }.into()).collect();
        site.standings.push(second);
    }
    desk.recommit();
    desk.read_again();
    let (bundle, copies) = (desk.bundle(), vec![victim.into_bytes()]);
    let accepted = Accepted { copies, ..trusting(&desk) };
    let report = verify(&bundle, &desk.policy("w"), &accepted);
    assert_ne!(verdicts(&report)["holds"], "PROVEN");
    crate::agree::agrees(&desk, &bundle, &accepted);
}

#[test]
fn delivers_what_is_named_after_the_leak() {
    for early in [false, true] {
        let mut desk = Desk::new(&Story::default());
        let at = desk.entries.iter().position(|(own, _)| own.kind == Kind::Delivery).unwrap();
        let (late, opening) = desk.entries[at].clone();
        desk.entries[at].0.open.insert("batch".into(), tellmark_evidence::json::count(77));
        let mut late = late;
        late.open.insert("at".into(), desk.entries.last().unwrap().0.open["at"].clone());
        if !early {
            desk.add(late, opening);
        }
        let bundle = desk.bundle();
        crate::agree::agrees(&desk, &bundle, &trusting(&desk));
        let report = verify(&bundle, &desk.policy("w"), &trusting(&desk));
        assert_eq!((verdicts(&report)["order"], report.is_proven), ("NOT PROVEN", false));
    }
}

#[test]
fn takes_looks_of_other_cases_by_one_consent() {
    let mut desk = Desk::new(&Story { looks: 3, ..Story::default() });
    assert_ne!(says(&desk, "approved").0, "NOT PROVEN");
    let own =
        desk.entries.iter().rev().find(|(own, _)| own.kind == Kind::Look).unwrap().0.open["request"].clone();
    let other = desk.entries.iter_mut().find(|(own, _)| own.kind == Kind::Look).unwrap();
    other.0.open.insert("request".into(), own);
    assert_eq!(says(&desk, "approved"), ("NOT PROVEN", false));
}

#[test]
fn names_a_copy_by_an_id_that_passes_for_another() {
    for id in ["r003\u{fe0f}", "r003 ", "r003\u{2800}", "r003\u{a0}", ""] {
        let desk = Desk::new(&Story::default());
        let mut parts = desk.parts();
        parts.named[0].copy = id.into();
        let bytes = Bundle::sign(parts, &desk.log).to_bytes();
        assert!(Bundle::read(&bytes).is_err(), "{id:?}");
    }
}

#[test]
fn counts_one_word_for_many_places() {
    let mut desk = Desk::new(&Story::default());
    let first = desk.reading.together[0].sites[0].places.clone();
    for site in &mut desk.reading.together[0].sites[1..14] {
        site.places.clone_from(&first);
    }
    desk.read_again();
    assert_eq!(says(&desk, "shown"), ("NOT PROVEN", false));
    // They overlap.
    let mut desk = Desk::new(&Story::default());
    let end = desk.reading.together[0].sites[0].places[0].2;
    desk.reading.together[0].sites[1].places[0].1 = end - 1;
    desk.read_again();
    assert_eq!(says(&desk, "shown"), ("NOT PROVEN", false));
    // Nothing tells two of them apart: that needs a second reader.
    let mut desk = Desk::new(&Story::default());
    desk.sites[5].standings = desk.sites[0].standings.clone();
    desk.recommit();
    desk.text = desk.text.replace("left5 ", "left0 ").replace(" of 5 right5.", " of 0 right0.");
    let digest =
        tellmark_evidence::encode::to_hex(&tellmark_evidence::merkle::sha256(&[desk.text.as_bytes()]));
    desk.reading.texts = vec![digest.clone()];
    desk.read_again();
    desk.reseal(Kind::Exhibit, |details| {
        let Json::Map(fields) = details else { panic!() };
        fields.insert("sha256".into(), digest.as_str().into());
    });
    desk.unask(Kind::Look);
    assert_eq!(says(&desk, "shown").0, "CANNOT CHECK");
}

#[test]
fn leaves_out_earlier_looks() {
    // The seventh look alone.
    let mut desk = Desk::new(&Story::default());
    for (statement, _) in &mut desk.entries {
        if let Some(look) = statement.open.get_mut("look") {
            *look = Json::Int(7);
        }
    }
    assert_eq!(says(&desk, "release"), ("NOT PROVEN", false));
    // Counted as what it is, with nothing before it.
    let mut desk = Desk::new(&Story::default());
    let look = desk.entries.iter_mut().find(|(statement, _)| statement.kind == Kind::Look).unwrap();
    look.0.open.insert("count".into(), Json::Int(7));
    assert_eq!(says(&desk, "looks"), ("NOT PROVEN", false));
    // A look that failed has its exhibits alone.
    let mut desk = Desk::new(&Story { leaker: Some(3), ..Story::default() });
    desk.look_again(&[3]);
    let failed = |desk: &mut Desk, kinds: &[Kind]| {
        desk.entries.retain(|(statement, _)| {
            statement.open.get("look") != Some(&Json::Int(1)) || !kinds.contains(&statement.kind)
        });
    };
    failed(&mut desk, &[Kind::Reading, Kind::Finding]);
    assert_eq!(says(&desk, "release"), ("NOT PROVEN", false), "it weighed codewords");
}

#[test]
fn says_that_a_look_failed() {
    let mut desk = Desk::new(&Story { leaker: None, ..Story::default() });
    desk.look_again(&[]);
    let first = [Kind::Reading, Kind::Look, Kind::Finding];
    desk.entries.retain(|(statement, _)| {
        statement.open.get("look") != Some(&Json::Int(1)) || !first.contains(&statement.kind)
    });
    let look = desk.entries.iter_mut().find(|(statement, _)| statement.kind == Kind::Look).unwrap();
    look.0.open.insert("count".into(), Json::Int(1));
    desk.reading.together[0].sites.truncate(2);
    desk.reseal(Kind::Finding, |details| {
        let Json::Map(fields) = details else { panic!() };
        fields.insert("sites".into(), Json::Int(2));
    });
    let mut parts = desk.parts();
    parts.exhibits.remove(0);
    let bundle = Bundle::sign(parts, &desk.log);
    let report = verify(&bundle, &desk.policy("w"), &trusting(&desk));
    crate::agree::agrees(&desk, &bundle, &trusting(&desk));
    assert!(report.is_proven, "{report:?}");
}

#[test]
fn leaves_out_a_batch_that_was_tested() {
    let mut desk = Desk::new(&Story::default());
    desk.reading.tested.push((desk.release.clone(), 2));
    desk.read_again();
    assert_eq!(says(&desk, "copies"), ("NOT PROVEN", false));
}

#[test]
fn dates_the_exhibit_into_the_future() {
    let mut desk = Desk::new(&Story::default());
    let exhibit = desk.entries.iter_mut().find(|(statement, _)| statement.kind == Kind::Exhibit).unwrap();
    exhibit.0.open.insert("at".into(), Json::Int(crate::desk::SEALED_AT + 1_000_000_000));
    // The witness saw the release with the exhibit, before the time that this says of itself.
    desk.anchor = (desk.entries.len() as u64 - 1, crate::desk::SEALED_AT + 5000);
    assert_eq!(says(&desk, "before"), ("NOT PROVEN", false));
    assert_eq!(says(&desk, "quorum"), ("NOT PROVEN", false));
    let mut parts = desk.parts();
    parts.anchor = None;
    let report = verify(&Bundle::sign(parts, &desk.log), &desk.policy("w"), &trusting(&desk));
    assert_eq!(verdicts(&report)["before"], "NOT PROVEN");
}

#[test]
fn says_falsely_that_an_earlier_look_named_somebody() {
    let mut honest = Desk::new(&Story::default());
    honest.look_again(&[3]);
    let report = verify(&honest.bundle(), &honest.policy("w"), &trusting(&honest));
    crate::agree::agrees(&honest, &honest.bundle(), &trusting(&honest));
    assert!(report.is_proven, "{report:?}");
    assert!(report.sentences[0].contains("copy 3 of batch 1"), "{:?}", report.sentences);
    let mut desk = Desk::new(&Story { leaker: None, ..Story::default() });
    desk.reseal(Kind::Finding, |details| {
        let Json::Map(fields) = details else { panic!() };
        let figures = [("e", 200_i64 << 32), ("p", -(200_i64 << 32)), ("w", 200_i64 << 32)];
        let figures = figures.map(|(name, value)| (name, Json::Int(value)));
        let place = [("batch", Json::Int(1)), ("leaf", Json::Int(5))];
        let Json::Map(mut copy) = tellmark_evidence::json::map(place) else { panic!() };
        copy.extend(figures.map(|(name, value)| (name.to_owned(), value)));
        fields.insert("named".into(), Json::List(vec![Json::Map(copy)]));
        fields.insert("verdict".into(), "copy".into());
    });
    desk.look_again(&[5]);
    assert_eq!(says(&desk, "tracer"), ("NOT PROVEN", false));
}

#[test]
fn says_another_bound_or_another_number_of_places() {
    for (name, value) in [("alpha", Json::from("1e-9")), ("sites", Json::Int(61))] {
        let mut desk = Desk::new(&Story::default());
        desk.reseal(Kind::Finding, |details| {
            let Json::Map(fields) = details else { panic!() };
            fields.insert(name.into(), value.clone());
        });
        assert_eq!(says(&desk, "figures"), ("NOT PROVEN", false), "{name}");
    }
}

#[test]
fn asks_for_work_without_end() {
    use tellmark_codes::Observed;
    use tellmark_evidence::reading::{OfRelease, ReadSite};
    // The recount: eight exhibits, each with a thousand sites of sixteen variants.
    let desk = Desk::new(&Story::default());
    let mut question = desk.question();
    let site = |index: usize| ReadSite {
        id: tellmark_core::SiteId { origin: tellmark_core::ReleaseId([7; 8]), ordinal: index as u32 },
        index,
        observed: Observed { likelihoods: (0..16).map(|v| Likelihood(Likelihood::ONE.0 >> v)).collect() },
        places: vec![],
    };
    let all: Vec<ReadSite> = (0..1000).map(site).collect();
    let but = |left: usize| OfRelease {
        release: desk.release.clone(),
        sites: all.iter().filter(|site| site.index != left).cloned().collect(),
    };
    let reading = &mut question.looks[0].reading;
    reading.together = vec![but(1000)];
    reading.alone = (0..8).map(|exhibit| (exhibit, vec![but(exhibit)])).collect();
    let refused = tellmark_evidence::recount::recount(&question).unwrap_err();
    assert!(refused.to_string().contains("more steps"), "{refused}");
    // Looking up: ten thousand places of a site with much text beside.
    let mut desk = Desk::new(&Story::default());
    desk.sites[0].standings[0].before = format!("{} left0 ", "x".repeat(500_000));
    desk.recommit();
    let (from, to) =
        (desk.reading.together[0].sites[0].places[0].1, desk.reading.together[0].sites[0].places[0].2);
    desk.reading.together[0].sites[0].places = vec![(0, from, to); 10_000];
    desk.read_again();
    let (verdict, _) = says(&desk, "shown");
    assert_eq!(verdict, "CANNOT CHECK");
}

#[test]
fn reads_before_it_registers_or_looks_before_it_reads() {
    let order = [Kind::Release, Kind::Delivery, Kind::Exhibit, Kind::Reading, Kind::Look, Kind::Finding];
    for pair in order.windows(2) {
        let mut desk = Desk::new(&Story::default());
        let place =
            |kind: Kind| desk.entries.iter().position(|(statement, _)| statement.kind == kind).unwrap();
        let (one, other) = (place(pair[0]), place(pair[1]));
        desk.entries.swap(one, other);
        let report = verify(&desk.bundle(), &desk.policy("w"), &desk.accepted());
        assert!(!report.is_proven, "{one}: {report:?}");
    }
}

#[test]
fn swaps_the_exhibit() {
    let desk = Desk::new(&Story::default());
    let mut parts = desk.parts();
    parts.exhibits[0].bytes.push(b'.');
    let report = verify(&Bundle::sign(parts, &desk.log), &desk.policy("w"), &desk.accepted());
    assert_eq!(verdicts(&report)["exhibit"], "NOT PROVEN");
    let mut parts = desk.parts();
    parts.exhibits[0].text = None;
    let nobody_read = Accepted { reading: false, ..desk.accepted() };
    let report = verify(&Bundle::sign(parts.clone(), &desk.log), &desk.policy("w"), &nobody_read);
    assert_eq!(verdicts(&report)["shown"], "CANNOT CHECK");
    assert!(!report.is_proven);
    let accepted = desk.accepted();
    assert!(verify(&Bundle::sign(parts, &desk.log), &desk.policy("w"), &accepted).is_proven);
}

#[test]
fn shows_a_text_that_the_page_does_not_have() {
    // The exhibit is a page; its text is what the reader made of it.
    let page = |text: &str| format!("<html><body><p>{}</p></body></html>", text.replace('\n', "</p>\n<p>"));
    let mut desk = Desk::new(&Story::default());
    // Custodians were asked about the text.
    desk.unask(Kind::Look);
    let nobody_asked = Accepted { custodians: vec![], ..desk.accepted() };
    let bytes = page(&desk.text).into_bytes();
    let digest = tellmark_evidence::encode::to_hex(&tellmark_evidence::merkle::sha256(&[&bytes]));
    let size = bytes.len() as i64;
    reseal(&mut desk, Kind::Exhibit, |details| {
        let Json::Map(fields) = details else { panic!() };
        fields.insert("sha256".into(), digest.as_str().into());
        fields.insert("size".into(), Json::Int(size));
    });
    let mut parts = desk.parts();
    parts.exhibits[0].bytes = bytes;
    let report = verify(&Bundle::sign(parts.clone(), &desk.log), &desk.policy("w"), &nobody_asked);
    assert!(report.is_proven, "{report:?}");
    // Another text, as long, with another variant at one place.
    let text = parts.exhibits[0].text.as_mut().unwrap();
    let at = text.find("form").unwrap() + 4;
    let other = if &text[at..=at] == "0" { "1" } else { "0" };
    text.replace_range(at..=at, other);
    let report = verify(&Bundle::sign(parts, &desk.log), &desk.policy("w"), &nobody_asked);
    assert_eq!(verdicts(&report)["exhibit"], "NOT PROVEN");
    // Also when it was committed to: the page does not show it.
    let forged = desk.text.replacen("form", "firm", 1);
    let digest = tellmark_evidence::merkle::sha256(&[forged.as_bytes()]);
    desk.reading.texts = vec![tellmark_evidence::encode::to_hex(&digest)];
    let reading = desk.reading.to_json();
    reseal(&mut desk, Kind::Reading, |details| *details = reading.clone());
    let mut parts = desk.parts();
    parts.exhibits[0].bytes = page(&desk.text).into_bytes();
    parts.exhibits[0].text = Some(forged);
    let report = verify(&Bundle::sign(parts, &desk.log), &desk.policy("w"), &nobody_asked);
    assert_eq!(verdicts(&report)["shown"], "CANNOT CHECK", "{report:?}");
}

#[test]
fn opens_a_salt_that_is_not_the_one() {
    let desk = Desk::new(&Story::default());
    let mut parts = desk.parts();
    let opening = parts.entries[1].opening.as_mut().unwrap();
    *opening = Opening { salt: [0; 32], ..opening.clone() };
    let report = verify(&Bundle::sign(parts, &desk.log), &desk.policy("w"), &desk.accepted());
    assert_eq!(verdicts(&report)["release"], "NOT PROVEN");
}
