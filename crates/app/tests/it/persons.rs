//! What people other than the operator sign: receipts, and consent to acts. And the nonce that no operator chooses.

use std::path::{Path, PathBuf};

use tellmark_app::log::{Log, NewEntry, witness};
use tellmark_app::prove::prove;
use tellmark_app::seal::{ExtendRequest, extend};
use tellmark_app::trace::{TraceRequest, trace};
use tellmark_app::{Error, Silent, consent, copies, receipts};
use tellmark_evidence::bundle::Bundle;
use tellmark_evidence::entry::Kind;
use tellmark_evidence::json::Json;
use tellmark_evidence::note::{Role, SecretKey};
use tellmark_evidence::policy::Policy;
use tellmark_evidence::signed::{Act, Request, Signed};
use tellmark_evidence::slip::Slip;
use tellmark_evidence::verify::{Accepted, Report, own_copy, verify};

use crate::office::{CALL, Office, leaked};

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
    let fields = json.fields("a request", &["format", "request"], &["holders"]).unwrap();
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
    // Whoever comes first is not by that the holder: another key may sign for the same copy.
    let second = Signed::sign(Act::Receipt, shown.receipt.to_json(), &person(4)).to_bytes();
    receipts::record_receipt(&office.vault, "r", &second, &office.ports).await.unwrap();
    let all = receipts::list(&office.vault, &release).await.unwrap();
    let keys = &all.iter().find(|line| line.copy == "r03").unwrap().keys;
    assert_eq!(*keys, [person(3), person(4)].map(|key| key.public().to_text()));
    let lines = receipts::list(&office.vault, &release).await.unwrap();
    let signed_for: Vec<&str> =
        lines.iter().filter(|line| !line.keys.is_empty()).map(|line| line.copy.as_str()).collect();
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
    let latecomer = Accepted { holders: vec![person(4).public().clone()], ..Office::outsider() };
    assert_eq!(verdict(&report(&office, &policy, &latecomer).await, "received"), "PROVEN");
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
    // Custodians see whom the copies are for; what bundles will show of their request does not tell it.
    let asked = std::fs::read_to_string(request(&office).0).unwrap();
    let (beside, signed) = asked.split_once("\"request\":").unwrap();
    assert!(beside.contains("\"r03 ") && !signed.contains("r03"), "{asked}");
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
        kept: None,
    };
    is_waiting(extend(&office.vault, &late, &mut office.ports, &Silent).await);
    agree(&office, &two).unwrap();
    agree(&office, &three).unwrap();
    extend(&office.vault, &late, &mut office.ports, &Silent).await.unwrap();
    // The whole batch again, elsewhere: that is copies made again.
    let elsewhere = tellmark_app::seal::SealRequest { out: office.path("elsewhere"), ..sealing.clone() };
    is_waiting(office.seal(&elsewhere).await);
    assert!(!office.path("elsewhere").exists());
    assert_eq!(request(&office).1.act, "again");
    agree(&office, &one).unwrap();
    agree(&office, &three).unwrap();
    let again = office.seal(&elsewhere).await.unwrap();
    assert_eq!(again.written, again.copies);
    let state = Log::of(&office.vault).unwrap().load().unwrap().unwrap();
    assert_eq!(state.of_kind(Kind::Copy).count(), 1 + again.copies);
    // Nobody is told alone whose copy a file is.
    std::fs::create_dir_all(office.path("found/r01")).unwrap();
    std::fs::write(office.path("found/r01/call.md"), office.copy("call", "r03", "call.md")).unwrap();
    let checked = tellmark_app::check::check(&office.vault, &office.path("found"), &Silent).await.unwrap();
    let said = serde_json::to_string(&checked).unwrap();
    assert!(checked.right == 0 && said.contains("mixed") && !said.contains("r03"), "{said}");
    let refused = tellmark_app::compare::compare(&office.vault, &release, "r01", "r03").await.unwrap_err();
    assert!(refused.is_input() && refused.to_string().contains("custodians"), "{refused}");
    let _ = see(&mut office);
    office.ports.now += DAY;
    let leak = TraceRequest { case: Some("talks".into()), ..leaked(office.copy("call", "r03", "call.md")) };
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
    let one_more = tellmark_app::trace::TraceRequest { case: Some("talks".into()), ..leaked(leak.clone()) };
    is_waiting(trace(&office.vault, &one_more, &office.ports, &Silent).await);
    assert_eq!(request(&office).1.act, "looks");
    agree(&office, &person(5)).unwrap();
    let traced = trace(&office.vault, &one_more, &office.ports, &Silent).await.unwrap();
    assert_eq!(traced.finding.named[0].copy, "r03");
    let state = Log::of(&office.vault).unwrap().load().unwrap().unwrap();
    assert_eq!(state.of_kind(Kind::Look).count(), 21);
    // The bundle holds all looks at the release, and the exhibit of the look that failed; one key is not two custodians.
    assert_eq!(traced.finding.look, 2);
    let policy = see(&mut office);
    let proven = report(&office, &policy, &Office::outsider()).await;
    let verdicts = ["release", "tracer", "figures", "exhibit", "looks"].map(|id| verdict(&proven, id));
    assert_eq!(verdicts, ["PROVEN", "PROVEN", "PROVEN", "PROVEN", "CANNOT CHECK"], "{:#?}", proven.claims);
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

/// Does something in two vaults that were opened at the same folder, at the same moment.
fn both<T: Send>(folder: &Path, act: impl Fn(&tellmark_app::Vault, usize) -> T + Sync) -> Vec<T> {
    let access = tellmark_app::Access { folder: folder.into(), ..tellmark_app::Access::default() };
    let start = std::sync::Barrier::new(2);
    let run = |number: usize| {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let vault = runtime.block_on(tellmark_app::Vault::open(&access)).unwrap();
        start.wait();
        let _entered = runtime.enter();
        act(&vault, number)
    };
    std::thread::scope(|scope| {
        let threads = [0, 1].map(|number| scope.spawn(move || run(number)));
        threads.map(|thread| thread.join().unwrap()).into()
    })
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Handle::current().block_on(future)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_consent_serves_one_of_two_commands() {
    let mut office = Office::open(98).await;
    let release = office.seal_call().await.release.to_string();
    let [one, two, _] = custodians(&office);
    let now = office.ports.now;
    for round in 0..4 {
        let place = office.path("");
        let out = |number: usize| place.join(format!("again-{round}-{number}.md"));
        is_waiting(copies::copy_again(&office.vault, &release, "r03", &out(0), false, now).await);
        agree(&office, &one).unwrap();
        agree(&office, &two).unwrap();
        let done = tokio::task::block_in_place(|| {
            both(office.vault.folder(), |vault, number| {
                wait(copies::copy_again(vault, &release, "r03", &out(number), false, now)).is_ok()
            })
        });
        assert_eq!(done.iter().filter(|done| **done).count(), 1);
        assert_eq!([out(0), out(1)].iter().filter(|path| path.exists()).count(), 1);
        let state = Log::of(&office.vault).unwrap().load().unwrap().unwrap();
        assert_eq!(state.of_kind(Kind::Copy).count(), round + 1);
        // The other may have asked anew by then.
        for one in consent::pending(&office.vault).unwrap() {
            std::fs::remove_file(one.file).unwrap();
        }
    }
    // Inside an append: a request that an entry names already is named by no other.
    let log = Log::of(&office.vault).unwrap();
    let entry = |salt: u8| {
        let mut new = NewEntry::new(Kind::Copy, now, [], Json::Map(Default::default()), [salt; 32]);
        new.cites(Some([7; 32]));
        new
    };
    log.append(|_| Ok(vec![entry(1), entry(2)])).unwrap();
    assert!(log.append(|_| Ok(vec![entry(3)])).unwrap_err().is_input());
}

#[tokio::test]
async fn what_cannot_be_written_uses_up_no_consent() {
    let mut office = Office::open(99).await;
    let release = office.seal_call().await.release.to_string();
    let [one, two, _] = custodians(&office);
    let now = office.ports.now;
    let out = office.path("again.md");
    is_waiting(copies::copy_again(&office.vault, &release, "r03", &out, false, now).await);
    agree(&office, &one).unwrap();
    agree(&office, &two).unwrap();
    for wrong in [office.path("nowhere/again.md"), office.path("call/r03/call.md")] {
        assert!(copies::copy_again(&office.vault, &release, "r03", &wrong, false, now).await.is_err());
    }
    copies::copy_again(&office.vault, &release, "r03", &out, false, now).await.unwrap();
    let state = Log::of(&office.vault).unwrap().load().unwrap().unwrap();
    assert_eq!(state.of_kind(Kind::Copy).count(), 1);
    // Whoever may not destroy a key alone may not fix the day alone either.
    is_waiting(
        tellmark_app::retention::fix(&office.vault, &release, "2026-01-01", &office.ports).await.map(|_| ()),
    );
    agree(&office, &one).unwrap();
    agree(&office, &two).unwrap();
    tellmark_app::retention::fix(&office.vault, &release, "2026-01-01", &office.ports).await.unwrap();
}

#[tokio::test]
async fn a_trace_that_finds_nothing_uses_up_its_consent() {
    let mut office = Office::open(100).await;
    office.seal_call().await;
    let [one, two, _] = custodians(&office);
    let other = leaked(b"Nothing of ours stands here.");
    is_waiting(trace(&office.vault, &other, &office.ports, &Silent).await);
    agree(&office, &one).unwrap();
    agree(&office, &two).unwrap();
    let nothing = TraceRequest { case: Some("talks".into()), ..other.clone() };
    trace(&office.vault, &nothing, &office.ports, &Silent).await.unwrap();
    is_waiting(trace(&office.vault, &other, &office.ports, &Silent).await);
    let refused = prove(&office.vault, "talks").await.unwrap_err();
    assert!(refused.to_string().contains("no passage"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_looks_at_once_the_twenty_first_is_refused() {
    let mut office = Office::open(101).await;
    office.seal_call().await;
    let leak = office.copy("call", "r03", "call.md");
    for _ in 0..19 {
        office.ports.now += 1;
        office.trace(&leak[..leak.len() / 3]).await;
    }
    let one_more = leaked(leak.clone());
    let now = office.ports.now;
    let folder = office.vault.folder();
    let done = tokio::task::block_in_place(|| {
        both(folder, |vault, _| {
            let ports = tellmark_app::Ports::seeded(1, now);
            wait(trace(vault, &one_more, &ports, &Silent)).is_ok()
        })
    });
    assert_eq!(done.iter().filter(|done| **done).count(), 1);
    let state = Log::of(&office.vault).unwrap().load().unwrap().unwrap();
    assert_eq!(state.of_kind(Kind::Look).count(), 20);
}

#[tokio::test]
async fn a_witness_that_is_damaged_or_gone_is_not_passed_over() {
    let mut office = Office::open(102).await;
    let _ = see(&mut office);
    let unbound = |summary: &tellmark_app::seal::SealSummary| {
        summary.notes.iter().any(|note| note.contains("nonce cannot be proved"))
    };
    assert!(!unbound(&office.seal_call().await));
    let folder = office.path("witness");
    let head = std::fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.path());
    let head = head.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "head")).unwrap();
    let whole = std::fs::read(&head).unwrap();
    std::fs::write(&head, b"nothing").unwrap();
    let refused = witness(&office.vault, &folder, &mut office.ports).unwrap_err();
    assert!(refused.is_input() && refused.to_string().contains("damaged"), "{refused}");
    assert_eq!(std::fs::read(&head).unwrap(), b"nothing", "nothing was signed");
    std::fs::write(&head, &whole).unwrap();
    let _ = see(&mut office);
    // An empty folder in its place, none, and a file.
    for (number, place) in [1, 2, 3].into_iter().zip([Some(true), None, Some(false)]) {
        match (folder.is_dir(), folder.exists()) {
            (true, _) if number == 1 => std::fs::rename(&folder, office.path("drawer")).unwrap(),
            (true, _) => std::fs::remove_dir(&folder).unwrap(),
            _ => {}
        }
        match place {
            Some(true) => std::fs::create_dir(&folder).unwrap(),
            Some(false) => std::fs::write(&folder, b"").unwrap(),
            None => {}
        }
        let name = format!("call-{number}");
        let request = office.request("call.md", CALL.as_bytes(), &name);
        let request = tellmark_app::seal::SealRequest { new: true, ..request };
        assert!(unbound(&office.seal(&request).await.unwrap()), "{number}");
    }
}

#[tokio::test]
async fn what_the_ledger_has_and_the_log_has_not_is_told_to_it() {
    let mut office = Office::open(103).await;
    let summary = office.seal_call().await;
    let release = summary.release.to_string();
    let told = |office: &Office, kind: Kind| {
        Log::of(&office.vault).unwrap().load().unwrap().unwrap().of_kind(kind).count()
    };
    // As if the command had been killed between the two, when the ledger was first.
    let copy = tellmark_core::CopyId::parse("r03").unwrap();
    office.vault.store.withdraw(summary.release, &copy, "returned", office.ports.now).await.unwrap();
    assert_eq!(told(&office, Kind::Withdrawal), 0);
    for _ in 0..2 {
        let again = copies::withdraw(&office.vault, &release, "R03", "returned", &office.ports).await;
        assert!(again.is_err());
        assert_eq!(told(&office, Kind::Withdrawal), 1);
    }
    let given = tellmark_app::holders::Given {
        release: release.clone(),
        copy: "r04".into(),
        holder: "Room 4".into(),
        since: None,
        assumed: false,
        because: "printed".into(),
    };
    tellmark_app::holders::give(&office.vault, &given, &office.ports).await.unwrap();
    assert!(tellmark_app::holders::give(&office.vault, &given, &office.ports).await.is_err());
    assert_eq!(told(&office, Kind::Holder), 1);
}
