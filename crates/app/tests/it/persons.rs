//! What people other than the operator sign: receipts, and consent to acts. And the nonce that no operator chooses.

use std::path::{Path, PathBuf};

use tellmark_app::log::{Log, witness};
use tellmark_app::prove::prove;
use tellmark_app::seal::{ExtendRequest, extend};
use tellmark_app::trace::{ExhibitFile, TraceRequest, trace};
use tellmark_app::{Error, Silent, consent, copies, receipts};
use tellmark_evidence::bundle::Bundle;
use tellmark_evidence::entry::Kind;
use tellmark_evidence::json::Json;
use tellmark_evidence::note::{Role, SecretKey};
use tellmark_evidence::policy::Policy;
use tellmark_evidence::signed::{Act, Request, Signed};
use tellmark_evidence::slip::Slip;
use tellmark_evidence::verify::{Accepted, Report, own_copy, verify};

use crate::office::{CALL, Office};

const DAY: i64 = 86_400;

fn person(seed: u8) -> SecretKey {
    SecretKey::new(&format!("tellmark-person/{seed}"), Role::Log, &[seed; 32]).unwrap()
}

fn see(office: &mut Office) -> Policy {
    let folder = office.path("witness");
    Policy::read(&witness(&office.vault, &folder, &mut office.ports).unwrap().policy).unwrap()
}

async fn report(office: &Office, policy: &Policy, accepted: &Accepted) -> Report {
    let proved = prove(&office.vault, "talks").await.unwrap();
    verify(&Bundle::read(&proved.bytes).unwrap(), policy, accepted)
}

fn verdict(report: &Report, id: &str) -> &'static str {
    report.claims.iter().find(|claim| claim.id == id).unwrap().verdict.text()
}

fn custodians(office: &Office) -> [SecretKey; 3] {
    let keys = [11, 12, 13].map(person);
    let spelled: Vec<String> = keys.iter().map(|key| key.public().to_text()).collect();
    consent::appoint(&office.vault, &spelled, &office.ports).unwrap();
    keys
}

/// The one request that lies in the vault and nobody answered.
fn request(office: &Office) -> (PathBuf, Request) {
    let waiting = consent::pending(&office.vault).unwrap();
    let open: Vec<&Path> =
        waiting.iter().filter(|one| one.agreed < one.needed).map(|one| one.file.as_path()).collect();
    assert_eq!(open.len(), 1, "{waiting:?}");
    let json = Json::read(&std::fs::read(open[0]).unwrap()).unwrap();
    let fields = json.fields("a request", &["format", "request"], &[]).unwrap();
    (open[0].into(), Request::read(fields.get("request").unwrap()).unwrap())
}

fn agree(office: &Office, who: &SecretKey) -> Result<Request, Error> {
    let signed = Signed::sign(Act::Approval, request(office).1.to_json(), who);
    consent::approve(&office.vault, "approval.json", &signed.to_bytes(), &office.ports)
}

fn is_waiting<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    let error = outcome.unwrap_err();
    assert!(error.is_input() && error.to_string().contains("who have to agree"), "{error}");
}

#[tokio::test]
async fn a_holder_signs_for_the_copy_and_the_finding_says_so() {
    let mut office = Office::open(91).await;
    let summary = office.seal_call().await;
    let release = summary.release.to_string();
    let written =
        receipts::slips(&office.vault, &release, Some("R03"), &office.path("slips"), false, office.ports.now)
            .await
            .unwrap();
    assert!(written[0].ends_with("r03.slip") && written.len() == 1);
    let slip = Slip::read(&std::fs::read(&written[0]).unwrap()).unwrap();
    let policy = see(&mut office);
    let copy = office.copy("call", "r03", "call.md");
    let shown = slip.check(copy.as_bytes(), &policy).unwrap();
    // The slip was made before the witness saw the log; another copy is not the one that it is about.
    assert_eq!(shown.seen, None);
    assert!(slip.check(office.copy("call", "r04", "call.md").as_bytes(), &policy).is_err());
    let signed = Signed::sign(Act::Receipt, shown.receipt.to_json(), &person(3));
    let mut forged = shown.receipt.clone();
    forged.file = [0; 32];
    for wrong in [
        Signed::sign(Act::Receipt, forged.to_json(), &person(3)),
        Signed::sign(Act::Approval, shown.receipt.to_json(), &person(3)),
    ] {
        let refused = receipts::record_receipt(&office.vault, "r", &wrong.to_bytes(), &office.ports).await;
        assert!(refused.unwrap_err().is_input());
    }
    let record = || receipts::record_receipt(&office.vault, "r", &[], &office.ports);
    assert!(record().await.is_err());
    let bytes = signed.to_bytes();
    assert_eq!(receipts::record_receipt(&office.vault, "r", &bytes, &office.ports).await.unwrap(), "r03");
    assert!(receipts::record_receipt(&office.vault, "r", &bytes, &office.ports).await.is_err(), "once");
    let lines = receipts::list(&office.vault, &release).await.unwrap();
    let signed_for: Vec<&str> =
        lines.iter().filter(|line| line.key.is_some()).map(|line| line.copy.as_str()).collect();
    assert_eq!(signed_for, ["r03"]);
    office.ports.now += DAY;
    assert!(office.trace_in(Some("talks"), copy.trim()).await.named[0].received);
    let other = office.copy("call", "r05", "call.md");
    assert!(!office.trace(other.trim()).await.named[0].received);
    let policy = see(&mut office);
    let known = Accepted { holders: vec![person(3).public().clone()], ..Office::outsider() };
    let proven = report(&office, &policy, &known).await;
    assert_eq!((verdict(&proven, "delivered"), verdict(&proven, "received")), ("PROVEN", "PROVEN"));
    assert!(proven.is_proven, "{:#?}", proven.claims);
    // The holder's own copy shows what the bundle says of it; somebody else's does not.
    let proved = prove(&office.vault, "talks").await.unwrap();
    let bundle = Bundle::read(&proved.bytes).unwrap();
    let own = &own_copy(&bundle, copy.as_bytes())[0];
    assert_eq!((own.is_delivered, own.differ), (Some(true), 0), "{own:?}");
    assert!(own.agree > 80, "{own:?}");
    let other = &own_copy(&bundle, office.copy("call", "r05", "call.md").as_bytes())[0];
    assert_eq!(other.is_delivered, Some(false));
    assert!(other.differ > 30, "{other:?}");
    let unknown = report(&office, &policy, &Office::outsider()).await;
    assert_eq!((verdict(&unknown, "received"), unknown.is_proven), ("CANNOT CHECK", true));
}

#[tokio::test]
async fn two_custodians_agree_before_anything_is_sealed_or_traced() {
    let mut office = Office::open(92).await;
    assert!(consent::appoint(&office.vault, &[person(11).public().to_text()], &office.ports).is_err());
    let [one, two, three] = custodians(&office);
    let sealing = office.request("call.md", CALL.as_bytes(), "call");
    is_waiting(office.seal(&sealing).await);
    assert!(!office.path("call").exists());
    agree(&office, &one).unwrap();
    is_waiting(office.seal(&sealing).await);
    // Once each, and nobody else.
    assert!(agree(&office, &one).unwrap_err().to_string().contains("agreed before"));
    assert!(agree(&office, &person(9)).unwrap_err().to_string().contains("no custodian"));
    agree(&office, &three).unwrap();
    let summary = office.seal(&sealing).await.unwrap();
    // Finishing the same delivery needs no more.
    office.seal(&sealing).await.unwrap();
    let release = summary.release.to_string();
    let out = office.path("again.md");
    is_waiting(copies::copy_again(&office.vault, &release, "r03", &out, false, office.ports.now).await);
    assert!(!out.exists());
    agree(&office, &one).unwrap();
    agree(&office, &two).unwrap();
    copies::copy_again(&office.vault, &release, "r03", &out, false, office.ports.now).await.unwrap();
    // One consent, one act.
    is_waiting(copies::copy_again(&office.vault, &release, "r03", &out, true, office.ports.now).await);
    std::fs::remove_file(request(&office).0).unwrap();
    let late = ExtendRequest {
        release: release.clone(),
        roster: b"id\nlate1\n".to_vec(),
        roster_name: "late.csv".into(),
        out: office.path("call"),
        mail: None,
        force: false,
    };
    is_waiting(extend(&office.vault, &late, &mut office.ports, &Silent).await);
    agree(&office, &two).unwrap();
    agree(&office, &three).unwrap();
    extend(&office.vault, &late, &mut office.ports, &Silent).await.unwrap();
    let _ = see(&mut office);
    office.ports.now += DAY;
    let leak = TraceRequest {
        exhibits: vec![ExhibitFile {
            name: "leak.txt".into(),
            bytes: office.copy("call", "r03", "call.md").into_bytes(),
        }],
        case: Some("talks".into()),
        because: "a test".into(),
        ..TraceRequest::default()
    };
    is_waiting(trace(&office.vault, &leak, &office.ports, &Silent).await);
    agree(&office, &one).unwrap();
    agree(&office, &two).unwrap();
    // Names beside "nobody" are another thing than tracing.
    is_waiting(
        trace(&office.vault, &TraceRequest { identities: true, ..leak.clone() }, &office.ports, &Silent)
            .await,
    );
    std::fs::remove_file(request(&office).0).unwrap();
    let finding = trace(&office.vault, &leak, &office.ports, &Silent).await.unwrap().finding;
    assert_eq!(finding.named[0].copy, "r03");
    let policy = see(&mut office);
    let keys = [&one, &two, &three].map(|key| key.public().clone());
    let known = Accepted { custodians: keys.to_vec(), ..Office::outsider() };
    let proven = report(&office, &policy, &known).await;
    assert_eq!((verdict(&proven, "approved"), proven.is_proven), ("PROVEN", true), "{:#?}", proven.claims);
    // Whoever thinks that two others are the custodians gets a no.
    let others = [&person(1), &person(2)].map(|key| key.public().clone());
    let strangers = Accepted { custodians: others.to_vec(), ..Office::outsider() };
    assert_eq!(verdict(&report(&office, &policy, &strangers).await, "approved"), "NOT PROVEN");
    // They are not replaced without their own consent.
    let mine: Vec<String> = [person(1), person(2)].iter().map(|key| key.public().to_text()).collect();
    is_waiting(consent::appoint(&office.vault, &mine, &office.ports));
    agree(&office, &two).unwrap();
    agree(&office, &three).unwrap();
    consent::appoint(&office.vault, &mine, &office.ports).unwrap();
    assert_eq!(consent::custodians(&office.vault).unwrap().len(), 2);
}

#[tokio::test]
async fn after_twenty_looks_somebody_has_to_agree() {
    let mut office = Office::open(93).await;
    office.seal_call().await;
    let leak = office.copy("call", "r03", "call.md");
    let text = &leak[..leak.len() / 3];
    for _ in 0..20 {
        office.ports.now += 1;
        office.trace(text).await;
    }
    let one_more = TraceRequest {
        exhibits: vec![ExhibitFile { name: "leak.txt".into(), bytes: leak.clone().into_bytes() }],
        because: "a test".into(),
        ..TraceRequest::default()
    };
    is_waiting(trace(&office.vault, &one_more, &office.ports, &Silent).await);
    assert_eq!(request(&office).1.act, "looks");
    agree(&office, &person(5)).unwrap();
    let traced = trace(&office.vault, &one_more, &office.ports, &Silent).await.unwrap();
    assert_eq!(traced.finding.named[0].copy, "r03");
    let state = Log::of(&office.vault).unwrap().load().unwrap().unwrap();
    assert_eq!(state.of_kind(Kind::Look).count(), 21);
}

#[tokio::test]
async fn codewords_follow_from_what_a_witness_signs() {
    let mut office = Office::open(94).await;
    // The witness is known before the first document.
    let _ = see(&mut office);
    let first = office.seal_call().await;
    office.ports.now += DAY;
    let leak = office.copy("call", "r03", "call.md");
    office.trace_in(Some("talks"), leak.trim()).await;
    let policy = see(&mut office);
    let proven = report(&office, &policy, &Office::outsider()).await;
    assert_eq!((verdict(&proven, "nonce"), proven.is_proven), ("PROVEN", true), "{:#?}", proven.claims);
    let draft = office.request("call.md", crate::office::DRAFT_2.as_bytes(), "draft");
    let request = tellmark_app::seal::SealRequest { revises: Some(first.release.to_string()), ..draft };
    let second = office.seal(&request).await.unwrap();
    assert_ne!(first.release, second.release);
    // Sealing again finds the same release, and every copy is what its folder says.
    assert_eq!(office.seal_call().await.release, first.release);
    for folder in ["call", "draft"] {
        let checked = tellmark_app::check::check(&office.vault, &office.path(folder), &Silent).await.unwrap();
        assert!(checked.right > 0 && checked.wrong.is_empty(), "{checked:?}");
    }
    let state = Log::of(&office.vault).unwrap().load().unwrap().unwrap();
    let releases = state.of_kind(Kind::Release);
    let bound = releases.filter(|(_, entry)| entry.statement.open.contains_key("checkpoint"));
    assert_eq!(bound.count(), 2);
}
