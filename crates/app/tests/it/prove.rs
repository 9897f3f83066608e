//! A finding is proved to somebody who trusts a witness and not the vault.

use tellmark_app::log::{Log, witness};
use tellmark_app::prove::{prove, prove_with, reread, reread_with};
use tellmark_app::seal::{ExtendRequest, extend};
use tellmark_app::trace::{ExhibitFile, TraceRequest, trace};
use tellmark_app::{Access, Ports, Silent, Vault, archive, copies};
use tellmark_evidence::bundle::{Bundle, Entry, Parts};
use tellmark_evidence::encode::to_hex;
use tellmark_evidence::entry::{Envelope, Kind};
use tellmark_evidence::merkle;
use tellmark_evidence::note::SecretKey;
use tellmark_evidence::policy::Policy;
use tellmark_evidence::verify::{Report, Verdict, verify};

use crate::office::{CALL, DRAFT_2, Office, leaked};

const DAY: i64 = 86_400;

fn see(office: &mut Office) -> Policy {
    let folder = office.path("witness");
    Policy::read(&witness(&office.vault, &folder, &mut office.ports).unwrap().policy).unwrap()
}

async fn report(office: &Office, case: &str, policy: &Policy) -> Report {
    let proved = prove(&office.vault, case).await.unwrap();
    verify(&Bundle::read(&proved.bytes).unwrap(), policy, &Office::outsider())
}

fn verdict(report: &Report, id: &str) -> Verdict {
    report.claims.iter().find(|claim| claim.id == id).unwrap().verdict
}

#[tokio::test]
async fn a_named_copy_is_proven_to_an_outsider() {
    let mut office = Office::open(71).await;
    office.seal_call().await;
    let _ = see(&mut office);
    office.ports.now += DAY;
    let leak = office.copy("call", "r03", "call.md");
    let finding = office.trace_in(Some("talks"), leak.trim()).await;
    assert_eq!(finding.named[0].copy, "r03");
    office.ports.now += DAY;
    let policy = see(&mut office);
    let report = report(&office, "talks", &policy).await;
    assert!(report.is_proven, "{:#?}", report.claims);
    assert_eq!(report.figures.keys().collect::<Vec<_>>(), ["r03"]);
    assert!(!finding.groups_named.is_empty());
    assert_eq!(verdict(&report, "groups"), Verdict::Proven);
    let figures = report.figures["r03"];
    assert_eq!(figures.e.log10_hundredths(), (finding.named[0].e_log10 * 100.0).round() as i64);
    // Without the witness that saw the release in time nothing is.
    let alone = Policy::read(&format!(
        "log {}\nquorum none\n",
        Log::of(&office.vault).unwrap().key().public().to_text()
    ));
    let proved = prove(&office.vault, "talks").await.unwrap();
    let unseen = verify(&Bundle::read(&proved.bytes).unwrap(), &alone.unwrap(), &Office::outsider());
    assert!(!unseen.is_proven && verdict(&unseen, "before") == Verdict::CannotCheck);
}

const MINUTES: &str = "# Minutes\n\nThe board {met|came together} on Tuesday in the {small|lesser} hall. It \
    {heard|listened to} the treasurer on the {new|recent} boiler and the {old|former} roof.\n\n\
    The {meeting|session} then {took up|turned to} the garden, which is {too large|overgrown}, and \
    {decided|resolved} to {ask|invite} a {gardener|nurseryman}. It rose at {noon|twelve}.\n";

#[tokio::test]
async fn a_finding_of_nobody_is_proven_too() {
    let mut office = Office::open(72).await;
    let request = office.request("minutes.md", MINUTES.as_bytes(), "minutes");
    office.seal(&request).await.unwrap();
    let _ = see(&mut office);
    office.ports.now += DAY;
    let leak = office.copy("minutes", "r05", "minutes.md");
    let finding = office.trace_in(Some("talks"), leak.trim()).await;
    assert!(finding.named.is_empty() && finding.tested > 0, "{finding:?}");
    let policy = see(&mut office);
    let report = report(&office, "talks", &policy).await;
    assert!(report.is_proven, "{:#?}", report.claims);
    assert!(report.figures.is_empty());
}

#[tokio::test]
async fn several_looks_are_counted_again_together() {
    let mut office = Office::open(78).await;
    office.seal_call().await;
    let _ = see(&mut office);
    office.ports.now += DAY;
    let leak = office.copy("call", "r05", "call.md");
    let half = leak[..leak.len() / 2].rfind("\n\n").unwrap();
    for text in ["Nothing of ours stands in here.", &leak[..half], &leak[half..]] {
        office.ports.now += 1;
        office.trace_in(Some("talks"), text.trim()).await;
    }
    let policy = see(&mut office);
    let report = report(&office, "talks", &policy).await;
    for id in ["tracer", "figures", "looks", "shown", "release"] {
        assert_eq!(verdict(&report, id), Verdict::Proven, "{:#?}", report.claims);
    }
    assert_eq!(report.figures.keys().collect::<Vec<_>>(), ["r05"]);
    assert!(report.is_proven);
}

#[tokio::test]
async fn of_two_drafts_one_is_proven_in_a_case_of_its_own() {
    let mut office = Office::open(93).await;
    let first = office.seal_call().await.release.to_string();
    let mut request = office.request("call-draft2.md", DRAFT_2.as_bytes(), "draft2");
    request.revises = Some(first.clone());
    office.ports.now += DAY;
    let second = office.seal(&request).await.unwrap().release.to_string();
    let _ = see(&mut office);
    office.ports.now += DAY;
    let leak = office.copy("draft2", "r03", "call-draft2.md");
    let finding = office.trace_in(Some("talks"), leak.trim()).await;
    assert_eq!(finding.named[0].copy, "r03");
    let refused = prove(&office.vault, "talks").await.unwrap_err().to_string();
    for said in ["several releases", "--release", "--case NEW"] {
        assert!(refused.contains(said), "{refused}");
    }
    for (release, case) in [(&second, "second"), (&first, "first")] {
        let request = TraceRequest {
            case: Some(case.into()),
            release: Some(release.clone()),
            ..leaked(leak.trim().as_bytes())
        };
        office.ports.now += 60;
        let finding = trace(&office.vault, &request, &office.ports, &Silent).await.unwrap().finding;
        // The passages that both drafts share name the same copy by either.
        assert_eq!(finding.named.iter().map(|named| named.copy.as_str()).collect::<Vec<_>>(), ["r03"]);
        assert!(finding.notes.iter().any(|note| note.note.contains("alone")), "{:?}", finding.notes);
        assert_eq!(finding.releases.len(), 1);
    }
    office.ports.now += DAY;
    let policy = see(&mut office);
    for case in ["second", "first"] {
        let report = report(&office, case, &policy).await;
        assert_eq!(report.figures.keys().collect::<Vec<_>>(), ["r03"], "{:#?}", report.claims);
    }
    // Of the later draft nothing is said without the earlier one, which shows the same.
    let proved = prove(&office.vault, "second").await.unwrap();
    let published = Some(office.ports.now);
    let accepted = tellmark_evidence::verify::Accepted { published, ..Office::outsider() };
    let said = verify(&Bundle::read(&proved.bytes).unwrap(), &policy, &accepted);
    assert!(said.is_proven, "{:#?}", said.claims);
    let aloud = said.sentences.join(" ");
    assert!(aloud.contains("or from the copy of the same id of an earlier draft"), "{aloud}");
    assert!(aloud.contains("2 cases looked"), "{aloud}");
    assert_ne!(verdict(&said, "nonce"), Verdict::Proven);
    let unknown = TraceRequest { release: Some("nothing".into()), ..leaked("words") };
    let refused = trace(&office.vault, &unknown, &office.ports, &Silent).await.unwrap_err().to_string();
    assert!(refused.contains("no release is called"), "{refused}");
}

#[tokio::test]
async fn late_copies_are_committed_to_before_they_are_written() {
    let mut office = Office::open(73).await;
    let summary = office.seal_call().await;
    let request = ExtendRequest {
        release: summary.release.to_string(),
        roster: b"id,name\nlate1,One\nlate2,Two\n".to_vec(),
        roster_name: "late.csv".into(),
        out: office.path("call"),
        mail: None,
        force: false,
        kept: None,
    };
    office.ports.now += 5;
    extend(&office.vault, &request, &mut office.ports, &Silent).await.unwrap();
    let _ = see(&mut office);
    office.ports.now += DAY;
    let leak = office.copy("call", "late2", "call.md");
    assert_eq!(office.trace_in(Some("talks"), leak.trim()).await.named[0].copy, "late2");
    copies::withdraw(&office.vault, &summary.release.to_string(), "r01", "returned", &office.ports)
        .await
        .unwrap();
    let policy = see(&mut office);
    let report = report(&office, "talks", &policy).await;
    assert!(report.is_proven, "{:#?}", report.claims);
    let state = Log::of(&office.vault).unwrap().load().unwrap().unwrap();
    let kinds: Vec<Kind> = state.entries.iter().map(|entry| entry.statement.kind).collect();
    let expected = [
        Kind::Key,
        Kind::Key,
        Kind::Release,
        Kind::Delivery,
        Kind::Extension,
        Kind::Delivery,
        Kind::Exhibit,
        Kind::Reading,
        Kind::Look,
        Kind::Finding,
        Kind::Withdrawal,
    ];
    assert_eq!(kinds, expected);
}

#[tokio::test]
async fn no_name_is_in_the_log_and_sealing_again_adds_nothing() {
    let mut office = Office::open(74).await;
    office.seal_call().await;
    let log = Log::of(&office.vault).unwrap();
    let before = log.load().unwrap().unwrap();
    office.seal_call().await;
    assert_eq!(log.load().unwrap().unwrap().entries.len(), before.entries.len());
    let leak = office.copy("call", "r03", "call.md");
    office.trace_in(Some("the ministry"), leak.trim()).await;
    let state = log.load().unwrap().unwrap();
    for entry in &state.entries {
        let payload = String::from_utf8(entry.statement.said().to_bytes()).unwrap();
        for name in ["r03", "ministry", "call.md", "leak.txt"] {
            assert!(!payload.contains(name), "{payload}");
        }
    }
}

#[tokio::test]
async fn an_old_copy_of_the_log_is_refused() {
    let mut office = Office::open(75).await;
    office.seal_call().await;
    let folder = office.vault.folder().join("log");
    let saved = crate::office::tree(&folder);
    office.trace_in(Some("talks"), "Nothing of ours stands in here.").await;
    let _ = see(&mut office);
    // A backup of before is put back: everything, with what the vault itself knew of the witness.
    std::fs::remove_dir_all(&folder).unwrap();
    for (path, bytes) in &saved {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let mut ports = Ports::seeded(1, 1_770_000_500);
    let refused = witness(&office.vault, &office.path("witness"), &mut ports).unwrap_err();
    assert!(refused.to_string().contains("nothing was signed"), "{refused}");
    // With the place of the witness known, nothing is done at all.
    std::fs::write(folder.join("witness"), office.path("witness").display().to_string()).unwrap();
    let refused = Log::of(&office.vault).unwrap().load().unwrap_err();
    assert!(refused.is_input() && refused.to_string().contains("a witness saw"), "{refused}");
}

#[tokio::test]
async fn a_backup_holds_the_log() {
    let mut office = Office::open(77).await;
    office.seal_call().await;
    let _ = see(&mut office);
    office.ports.now += DAY;
    let leak = office.copy("call", "r03", "call.md");
    office.trace_in(Some("talks"), leak.trim()).await;
    let policy = see(&mut office);
    let file = office.path("vault.tar");
    archive::backup(&office.vault, &file, office.ports.now).await.unwrap();
    let access = Access { folder: office.path("restored"), passphrase: None, ..Access::default() };
    archive::restore(&access, None, &file).await.unwrap();
    let restored = Vault::open(&access).await.unwrap();
    let proved = prove(&restored, "talks").await.unwrap();
    let report = verify(&Bundle::read(&proved.bytes).unwrap(), &policy, &Office::outsider());
    assert!(report.is_proven, "{:#?}", report.claims);
}

#[tokio::test]
async fn nothing_is_sealed_when_the_log_cannot_be_written() {
    let mut office = Office::open(76).await;
    std::fs::write(office.vault.folder().join("log"), b"in the way").unwrap();
    let request = office.request("call.md", CALL.as_bytes(), "call");
    assert!(office.seal(&request).await.is_err());
    assert!(!office.path("call").exists());
}

#[tokio::test]
async fn an_expert_reads_again_what_the_owner_encloses() {
    let mut office = Office::open(79).await;
    office.seal_call().await;
    office.ports.now += DAY;
    let leak = office.copy("call", "r05", "call.md");
    office.trace_in(Some("talks"), leak[..leak.len() / 2].trim()).await;
    let without = prove(&office.vault, "talks").await.unwrap();
    let refused = reread(&without.bytes, None, &mut office.ports, &Silent).await.unwrap_err();
    assert!(refused.is_input() && refused.to_string().contains("--enclose-original"), "{refused}");
    let with = prove_with(&office.vault, "talks", true).await.unwrap();
    let read = reread(&with.bytes, None, &mut office.ports, &Silent).await.unwrap();
    assert!(read.same && read.looks[0].sites > 40, "{read:?}");
    let policy = see(&mut office);
    let whole = prove_with(&office.vault, "talks", true).await.unwrap();
    let bundle = Bundle::read(&whole.bytes).unwrap();
    let verdicts = verify(&bundle, &policy, &Office::outsider());
    assert_eq!(verdict(&verdicts, "release"), Verdict::Proven);
    // Another document than was sealed is noticed, and so are other places in it.
    let key = Log::of(&office.vault).unwrap();
    let mut parts = bundle.parts.clone();
    parts.original.as_mut().unwrap().document.push(b' ');
    let forged = Bundle::sign(parts, key.key());
    assert_eq!(verdict(&verify(&forged, &policy, &Office::outsider()), "release"), Verdict::NotProven);
    assert!(reread(&forged.to_bytes(), None, &mut office.ports, &Silent).await.is_err());
    // Words that are masked beside places: what contradicts there could not be read again.
    type Mask = fn(&mut tellmark_evidence::bundle::Original);
    let masks: [Mask; 3] = [
        |original| original.text = original.text.replacen("the", "xxx", 1),
        |original| original.prose = original.prose.replacen("the", "xxx", 1),
        |original| original.format = "html".into(),
    ];
    for mask in masks {
        let mut parts = bundle.parts.clone();
        mask(parts.original.as_mut().unwrap());
        let forged = Bundle::sign(parts, key.key());
        let refused = reread(&forged.to_bytes(), None, &mut office.ports, &Silent).await.unwrap_err();
        assert!(refused.is_input() && refused.to_string().contains("its text"), "{refused}");
    }
    let mut parts = bundle.parts;
    let original = parts.original.as_mut().unwrap();
    original.marking = original.marking.replacen("prior to", "sooner than", 1).replacen("began", "begun", 1);
    original.secret[0] ^= 1;
    let forged = Bundle::sign(parts, key.key());
    let refused = reread(&forged.to_bytes(), None, &mut office.ports, &Silent).await.unwrap_err();
    assert!(refused.to_string().contains("places are others"), "{refused}");
}

fn entry(parts: &mut Parts, kind: Kind) -> &mut Entry {
    parts.entries.iter_mut().find(|entry| entry.envelope.statement.kind == kind).unwrap()
}

#[tokio::test]
async fn a_reading_without_its_single_exhibits_is_read_otherwise() {
    let mut office = Office::open(80).await;
    office.seal_call().await;
    office.ports.now += DAY;
    let exhibit = |id: &str, name: &str| ExhibitFile {
        name: name.into(),
        bytes: office.copy("call", id, "call.md").trim().as_bytes().to_vec(),
    };
    let exhibits = vec![exhibit("r03", "one.txt"), exhibit("r05", "two.txt")];
    let request = TraceRequest { case: Some("talks".into()), exhibits, ..TraceRequest::default() };
    trace(&office.vault, &request, &office.ports, &Silent).await.unwrap();
    let whole = prove_with(&office.vault, "talks", true).await.unwrap();
    assert!(reread(&whole.bytes, None, &mut office.ports, &Silent).await.unwrap().same);
    let log = Log::of(&office.vault).unwrap();
    let mut parts = Bundle::read(&whole.bytes).unwrap().parts;
    let reading = entry(&mut parts, Kind::Reading);
    let opening = reading.opening.as_mut().unwrap();
    let mut details = tellmark_evidence::reading::Reading::read(&opening.details).unwrap();
    assert!(details.alone.len() == 2, "{:?}", details.alone.len());
    details.alone.clear();
    opening.details = details.to_json();
    let mut statement = reading.envelope.statement.clone();
    statement.sealed = opening.sealed();
    reading.envelope = Envelope::sign(statement, log.key());
    let forged = Bundle::sign(parts, log.key()).to_bytes();
    let read = reread(&forged, None, &mut office.ports, &Silent).await.unwrap();
    assert!(!read.same && read.looks[0].others.len() > 20, "{read:?}");
    assert!(read.looks[0].others.len() <= read.looks[0].sites, "{read:?}");
}

/// The operator committed to each of two copies with the other's codeword.
fn exchange(parts: &mut Parts, named: usize, other: usize, key: &SecretKey) {
    let at = |parts: &Parts, leaf: usize| parts.copies.iter().position(|copy| copy.leaf == leaf).unwrap();
    let (one, two) = (at(parts, named), at(parts, other));
    let (first, second) = (parts.copies[one].codeword.clone(), parts.copies[two].codeword.clone());
    (parts.copies[one].codeword, parts.copies[two].codeword) = (second, first);
    let open = entry(parts, Kind::Release).envelope.statement.open.clone();
    let sites = open["sites"].fields("", &["count", "root"], &[]).unwrap().count("count", 1 << 20).unwrap();
    let indices: Vec<usize> = parts.sites.iter().map(|site| site.index).collect();
    let mut leaves: Vec<(usize, merkle::Hash)> = parts
        .copies
        .iter()
        .map(|copy| {
            let half = copy.codeword.half(sites, &indices).unwrap();
            (copy.leaf, tellmark_evidence::release::copy_leaf(&copy.half, &half))
        })
        .collect();
    leaves.sort_unstable();
    let root = merkle::root(&leaves.into_iter().map(|(_, leaf)| leaf).collect::<Vec<_>>());
    let release = entry(parts, Kind::Release);
    let mut statement = release.envelope.statement.clone();
    statement.open.insert("roster".into(), to_hex(&root).into());
    release.envelope = Envelope::sign(statement, key);
}

#[tokio::test]
async fn a_delivered_docx_is_held_against_the_commitment() {
    let mut office = Office::open(82).await;
    let memorandum = include_bytes!("../../samples/memorandum.docx");
    office.seal(&office.request("memorandum.docx", memorandum, "out")).await.unwrap();
    office.ports.now += DAY;
    let file = |id: &str| {
        let path = office.path("out").join(id).join("memorandum.docx");
        ExhibitFile { name: format!("{id}.docx"), bytes: std::fs::read(path).unwrap() }
    };
    let (own, other) = (file("r05"), file("r07"));
    let text = tellmark_formats::read_exhibit("memorandum.docx", &own.bytes).unwrap().text;
    let named = office.trace_in(Some("talks"), text.trim()).await.named;
    assert_eq!(named[0].copy, "r05");
    let whole = prove_with(&office.vault, "talks", true).await.unwrap().bytes;
    let read = reread_with(&whole, vec![own.clone()], None, &mut office.ports, &Silent).await.unwrap();
    assert!(read.same && read.held && read.copies[0].agree >= 20, "{:?}", read.copies);
    let read = reread_with(&whole, vec![other], None, &mut office.ports, &Silent).await.unwrap();
    assert!(!read.held && read.copies[0].is_delivered == Some(false), "{:?}", read.copies);
    // Files and log are honest but for the commitment: only the delivered file shows that it is another's codeword.
    let log = Log::of(&office.vault).unwrap();
    let mut parts = Bundle::read(&whole).unwrap().parts;
    let leaf = parts.named[0].leaf;
    let other = (leaf + 1) % parts.copies.len();
    exchange(&mut parts, leaf, other, log.key());
    let forged = Bundle::sign(parts, log.key()).to_bytes();
    let read = reread_with(&forged, vec![own], None, &mut office.ports, &Silent).await.unwrap();
    assert!(read.same && !read.held, "{:?}", read.copies);
    assert!(
        read.copies[0].is_delivered == Some(true) && read.copies[0].others.len() > 5,
        "{:?}",
        read.copies
    );
}
