//! Who keeps what, and for how long: a key in shares, keys that are destroyed, people with access.

use tellmark_app::access::{self, What};
use tellmark_app::log::Log;
use tellmark_app::retention::{self, Due};
use tellmark_app::trace::{ExhibitFile, TraceRequest, trace};
use tellmark_app::{Access, Silent, Vault, archive, copies};
use tellmark_evidence::entry::Kind;

use crate::office::{Office, leaked};

const DAY: i64 = 86_400;

#[tokio::test]
async fn a_split_key_opens_the_vault_with_any_two_shares() {
    let mut office = Office::open(95).await;
    office.seal_call().await;
    let shares = office.vault.split_key(&office.path("shares"), &mut office.ports).unwrap();
    let folder = office.vault.folder().to_path_buf();
    let files: Vec<_> =
        std::fs::read_dir(folder.join("keys")).unwrap().flatten().map(|e| e.file_name()).collect();
    assert!(!files.iter().any(|name| name == "master.key"), "{files:?}");
    let open = |shares: &[std::path::PathBuf]| Access {
        folder: folder.clone(),
        shares: shares.to_vec(),
        ..Access::default()
    };
    for few in [&[][..], &shares[..1]] {
        let refused = Vault::open(&open(few)).await.unwrap_err();
        assert!(refused.is_input() && refused.to_string().contains("--share"), "{refused}");
    }
    for pair in [[0, 1], [2, 0], [1, 2]] {
        let pair = pair.map(|index| shares[index].clone());
        let vault = Vault::open(&open(&pair)).await.unwrap();
        let leak = office.copy("call", "r03", "call.md");
        let request = leaked(leak);
        let finding = trace(&vault, &request, &office.ports, &Silent).await.unwrap().finding;
        assert_eq!(finding.named[0].copy, "r03");
    }
    // A backup holds no key then, and opens with the same shares.
    let file = office.path("vault.tar");
    let two = open(&shares[..2]);
    archive::backup(&Vault::open(&two).await.unwrap(), &file, office.ports.now).await.unwrap();
    let restored = Access { folder: office.path("restored"), ..two.clone() };
    archive::restore(&restored, None, &file).await.unwrap();
    assert!(Vault::open(&Access { shares: vec![], ..restored.clone() }).await.is_err());
    Vault::open(&restored).await.unwrap();
    let vault = Vault::open(&two).await.unwrap();
    assert!(vault.split_key(&office.path("others"), &mut office.ports).is_err(), "split already");
    vault.join_key(None).unwrap();
    Vault::open(&open(&[])).await.unwrap();
}

#[tokio::test]
async fn a_documents_key_is_destroyed_on_its_day() {
    let mut office = Office::open(96).await;
    let summary = office.seal_call().await;
    let release = summary.release.to_string();
    office.ports.now += 1;
    let memorandum = include_bytes!("../../samples/memorandum.docx");
    let other = office.request("memorandum.docx", memorandum, "notes");
    let kept = office.seal(&tellmark_app::seal::SealRequest { new: true, ..other }).await.unwrap();
    office.ports.now += DAY;
    let leak = office.copy("call", "r03", "call.md");
    office.trace_in(Some("talks"), leak.trim()).await;
    let exhibit =
        |name: &str| ExhibitFile { name: name.into(), bytes: std::fs::read(office.path(name)).unwrap() };
    let both = TraceRequest {
        exhibits: vec![exhibit("call/r03/call.md"), exhibit("notes/r03/memorandum.docx")],
        case: Some("both".into()),
        because: "a test".into(),
        ..TraceRequest::default()
    };
    trace(&office.vault, &both, &office.ports, &Silent).await.unwrap();
    let before = office.path("before.tar");
    archive::backup(&office.vault, &before, office.ports.now).await.unwrap();
    assert!(retention::fix(&office.vault, &release, "soon", &office.ports).await.is_err());
    retention::fix(&office.vault, &release, "2026-03-01", &office.ports).await.unwrap();
    let early = retention::destroy(&office.vault, &release, false, &office.ports).await.unwrap_err();
    assert!(early.is_input() && early.to_string().contains("2026-03-01"), "{early}");
    let due = |lines: &[retention::Line]| lines.iter().map(|line| line.due).collect::<Vec<_>>();
    office.ports.now = 1_771_400_000; // 18 February
    let lines = retention::list(&office.vault, office.ports.now).await.unwrap();
    assert_eq!(due(&lines), [Due::Soon, Due::No], "{lines:?}");
    office.ports.now = 1_772_500_000; // 3 March
    assert_eq!(due(&retention::list(&office.vault, office.ports.now).await.unwrap()), [Due::Now, Due::No]);
    let gone = retention::destroy(&office.vault, &release, false, &office.ports).await.unwrap();
    assert!(gone.entries >= 3, "{gone:?}");
    assert_eq!(
        retention::list(&office.vault, office.ports.now).await.unwrap()[0].destroyed.as_deref(),
        Some("2026-03-03")
    );
    // The case tested nothing else: what it showed and found is erased, too. Another case tested both documents.
    assert_eq!((gone.cases, gone.kept), (1, 1), "{gone:?}");
    let log = Log::of(&office.vault).unwrap();
    let state = log.load().unwrap().unwrap();
    let own = [Kind::Exhibit, Kind::Reading, Kind::Finding];
    let left = |kind: Kind| {
        let private = |index: usize| log.private(&state.leaves[index]).unwrap().is_some();
        state.of_kind(kind).map(|(index, _)| private(index)).collect::<Vec<_>>()
    };
    for kind in own {
        let own = left(kind);
        assert!(!own[0] && own[1..].iter().all(|kept| *kept) && own.len() > 1, "{kind:?}: {own:?}");
    }
    // Nothing of it can be made or told apart any more, and it is said why.
    let now = office.ports.now;
    let refused = copies::again(&office.vault, &release, "r03", now).await.unwrap_err();
    assert!(refused.is_input() && refused.to_string().contains("destroyed on 2026-03-03"), "{refused}");
    let request = leaked(leak.clone());
    let refused = trace(&office.vault, &request, &office.ports, &Silent).await.unwrap_err();
    assert!(refused.to_string().contains("destroyed"), "{refused}");
    assert!(tellmark_app::prove::prove(&office.vault, "talks").await.is_err());
    // The other document lives on, and twice is once.
    copies::again(&office.vault, &kept.release.to_string(), "r03", now).await.unwrap();
    retention::destroy(&office.vault, &release, false, &office.ports).await.unwrap();
    // A backup of before holds the key still: that is what the command says.
    let restored = Access { folder: office.path("restored"), ..Access::default() };
    archive::restore(&restored, None, &before).await.unwrap();
    let restored = Vault::open(&restored).await.unwrap();
    copies::again(&restored, &release, "r03", now).await.unwrap();
}

#[tokio::test]
async fn who_had_access_stands_in_the_finding() {
    let mut office = Office::open(97).await;
    office.seal_call().await;
    let new = |who: &str, what: What, since: &str, until: &str| access::Access {
        who: who.into(),
        what,
        since: since.into(),
        until: until.into(),
        because: String::new(),
    };
    let add = |office: &Office, access| access::add(&office.vault, &access, &office.ports);
    assert!(add(&office, new(" ", What::Key, "", "")).is_err());
    assert!(add(&office, new("Ada", What::Key, "2026-05-01", "2026-04-01")).is_err());
    add(&office, new("Ada", What::Key, "2026-01-10", "")).unwrap();
    add(&office, new("Print shop", What::Copying, "2026-01-10", "")).unwrap();
    add(&office, new("Print shop", What::Copying, "2026-01-10", "2026-01-31")).unwrap();
    add(&office, new("Next year's clerk", What::Folder, "2027-01-01", "")).unwrap();
    assert_eq!(access::list(&office.vault).unwrap().len(), 3);
    let leak = office.copy("call", "r03", "call.md");
    let request = TraceRequest { case: Some("talks".into()), ..leaked(leak) };
    let traced = trace(&office.vault, &request, &office.ports, &Silent).await.unwrap();
    let expected = ["Ada (key, since 2026-01-10)", "Print shop (copying, from 2026-01-10 to 2026-01-31)"];
    assert_eq!(traced.page.access, expected);
    assert!(tellmark_app::trace::html(&traced.page).contains("Print shop (copying"));
}

#[tokio::test]
async fn a_log_that_is_missing_is_not_begun_anew() {
    let mut office = Office::open(104).await;
    office.seal_call().await;
    let vault = office.vault.folder().to_path_buf();
    let backup = office.path("vault.tar");
    archive::backup(&office.vault, &backup, office.ports.now).await.unwrap();
    std::fs::rename(vault.join("log"), office.path("log")).unwrap();
    let other = office.request("other.md", crate::office::DRAFT_2.as_bytes(), "other");
    let refused = office.seal(&other).await.unwrap_err();
    assert!(refused.is_input() && refused.to_string().contains("log is missing"), "{refused}");
    assert!(!vault.join("log").exists() && !office.path("other").exists());
    // Nobody is told that there are no custodians, and no backup is made without it.
    assert!(tellmark_app::consent::custodians(&office.vault).is_err());
    assert!(archive::backup(&office.vault, &office.path("empty.tar"), office.ports.now).await.is_err());
    // A restored vault remembers it as well.
    let restored = Access { folder: office.path("restored"), ..Access::default() };
    archive::restore(&restored, None, &backup).await.unwrap();
    let again = Vault::open(&restored).await.unwrap();
    assert!(Log::of(&again).unwrap().load().unwrap().is_some());
    std::fs::remove_dir_all(office.path("restored/log")).unwrap();
    assert!(tellmark_app::consent::custodians(&again).is_err());
    // One of before there were logs begins one.
    std::fs::remove_file(vault.join("keys/log.begun")).unwrap();
    office.seal(&other).await.unwrap();
    assert!(vault.join("log/checkpoint").exists() && vault.join("keys/log.begun").exists());
}

#[tokio::test]
async fn a_restored_vault_knows_its_witness() {
    let mut office = Office::open(105).await;
    office.seal_call().await;
    let folder = office.path("witness");
    tellmark_app::log::witness(&office.vault, &folder, &mut office.ports).unwrap();
    let backup = office.path("vault.tar");
    archive::backup(&office.vault, &backup, office.ports.now).await.unwrap();
    let leak = office.copy("call", "r03", "call.md");
    office.trace_in(Some("talks"), leak.trim()).await;
    let restored = Access { folder: office.path("restored"), ..Access::default() };
    archive::restore(&restored, None, &backup).await.unwrap();
    let old = Vault::open(&restored).await.unwrap();
    let refused = Log::of(&old).unwrap().load().unwrap_err();
    assert!(refused.to_string().contains("a witness saw"), "{refused}");
    assert!(tellmark_app::consent::custodians(&old).is_err());
}
