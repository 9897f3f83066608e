//! Vaults of released versions: whatever comes later reads them, makes their copies again byte for byte, finds
//! what they found, and goes on with them.
//!
//! `cargo test -p tellmark-app --test it -- --ignored make_a_golden_vault` makes the one of the present version,
//! once; a committed one is never made anew.

use std::fs;
use std::path::{Path, PathBuf};

use tellmark_app::seal::{ExtendRequest, extend};
use tellmark_app::trace::Finding;
use tellmark_app::{Access, Ports, Silent, Vault, copies};

use crate::office::{CALL, DRAFT_2, Office, middle, named};

const MEMORANDUM: &[u8] = include_bytes!("../../samples/memorandum.docx");
const LATE: &str = "id,name,group\nlate1,Ada Late,Norrey\nlate2,Bo Later,Norrey\n";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v1")
}

/// A finding without what differs from run to run.
fn stable(finding: &Finding) -> serde_json::Value {
    let mut value = serde_json::to_value(finding).unwrap();
    value.as_object_mut().unwrap().remove("seconds");
    value
}

#[tokio::test]
#[ignore = "makes the files that the other tests read"]
async fn make_a_golden_vault() {
    let mut office = Office::open(101).await;
    let first = office.seal_call().await;
    let request = office.request("call.md", DRAFT_2.as_bytes(), "draft2");
    let request = tellmark_app::seal::SealRequest {
        revises: Some(first.release.to_string()),
        name: Some("second draft".into()),
        ..request
    };
    office.seal(&request).await.unwrap();
    let request = office.request("memorandum.docx", MEMORANDUM, "memorandum");
    let memorandum = office.seal(&request).await.unwrap();
    let late = ExtendRequest {
        release: memorandum.release.to_string(),
        roster: LATE.into(),
        roster_name: "late.csv".into(),
        out: office.path("late"),
        mail: None,
        force: false,
        kept: None,
    };
    extend(&office.vault, &late, &mut office.ports, &Silent).await.unwrap();
    copies::withdraw(&office.vault, "second draft", "r04", "returned unread", &office.ports).await.unwrap();
    let leak = middle(&office.copy("draft2", "r05", "call.md"));
    let looked = office.trace_in(Some("the press"), &leak).await;
    assert_eq!(named(&looked), ["r05"]);

    let golden = folder();
    assert!(!golden.exists(), "a golden vault is made once");
    fs::create_dir_all(golden.join("keys")).unwrap();
    fs::write(golden.join("leak.txt"), &leak).unwrap();
    fs::write(golden.join("finding.json"), serde_json::to_vec_pretty(&stable(&looked)).unwrap()).unwrap();
    fs::copy(office.path("late/late2/memorandum.docx"), golden.join("late2.docx")).unwrap();
    fs::write(golden.join("r17.md"), office.copy("call", "r17", "call.md")).unwrap();
    let Office { folder: place, vault, .. } = office;
    vault.store.close().await;
    let vault = place.path().join("vault");
    assert!(!vault.join("ledger.sqlite-wal").exists(), "everything is in the one file");
    for name in ["vault.toml", "keys/master.key", "ledger.sqlite"] {
        fs::copy(vault.join(name), golden.join(name)).unwrap();
    }
}

/// Whether everything is in there that was; later versions may say more.
fn has_all(new: &serde_json::Value, old: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Object};
    match (new, old) {
        (Object(new), Object(old)) => {
            old.iter().all(|(key, old)| new.get(key).is_some_and(|new| has_all(new, old)))
        }
        (Array(new), Array(old)) => {
            new.len() == old.len() && new.iter().zip(old).all(|(new, old)| has_all(new, old))
        }
        _ => new == old,
    }
}

/// The golden vault, copied to where it may be written.
async fn opened() -> Office {
    let mut office = Office::open(7).await;
    let copy = office.path("golden");
    fs::create_dir_all(copy.join("keys")).unwrap();
    for name in ["vault.toml", "ledger.sqlite", "keys/master.key"] {
        fs::copy(folder().join(name), copy.join(name)).unwrap();
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(copy.join("keys/master.key"), fs::Permissions::from_mode(0o600)).unwrap();
    }
    office.vault =
        Vault::open(&Access { folder: copy, passphrase: None, ..Access::default() }).await.unwrap();
    office.ports = Ports::seeded(8, 1_790_000_000);
    office
}

#[tokio::test]
async fn what_a_golden_vault_holds_is_there() {
    let office = opened().await;
    assert!(office.vault.store.check().await.unwrap().is_sound());
    let releases = copies::releases(&office.vault).await.unwrap();
    let of = |name: &str| releases.iter().find(|r| r.name == name).unwrap_or_else(|| panic!("{name}"));
    assert_eq!((of("call.md").copies, of("second draft").copies, of("memorandum.docx").copies), (24, 24, 26));
    assert_eq!(of("second draft").revises, Some(of("call.md").release));
    let cases = tellmark_app::cases::cases(&office.vault).await.unwrap();
    assert_eq!((cases[0].case.as_str(), cases[0].looks.len()), ("the press", 1));
    assert_eq!((cases[0].named.as_slice(), cases[0].looks[0].named[0].look), (&["r05".to_owned()][..], 1));
}

#[tokio::test]
async fn its_copies_are_made_again_byte_for_byte() {
    let office = opened().await;
    let copy = async |release: &str, id: &str| {
        let out = office.path(&format!("{release}-{id}"));
        copies::copy_again(&office.vault, release, id, &out, false, 0).await.unwrap();
        fs::read(out).unwrap()
    };
    assert!(copy("call.md", "r17").await == fs::read(folder().join("r17.md")).unwrap());
    assert!(copy("memorandum.docx", "late2").await == fs::read(folder().join("late2.docx")).unwrap());
}

#[tokio::test]
async fn its_case_goes_on_and_its_lineage_too() {
    let mut office = opened().await;
    let leak = fs::read_to_string(folder().join("leak.txt")).unwrap();
    let second = office.trace_in(Some("the press"), &leak).await;
    assert_eq!((second.look, named(&second)), (2, vec!["r05"]));
    // A new case finds what the first one found: the same sites read, the same copy named. The figures are those of
    // this version's tracer; the first version weighed copies without partners.
    let mut fresh = stable(&office.trace_in(Some("another"), &leak).await);
    fresh["case"] = "the press".into();
    let mut golden: serde_json::Value =
        serde_json::from_slice(&fs::read(folder().join("finding.json")).unwrap()).unwrap();
    for figure in
        ["best_decoy_e_log10", "ranking", "sites_needed", "threshold_e_log10", "named", "contradicted"]
    {
        golden.as_object_mut().unwrap().remove(figure);
    }
    assert_eq!(fresh["named"][0]["copy"], "r05");
    // This version's figures, to the last digit; later versions may say more.
    let this_version = folder().join(format!("finding-tracer-{}.json", tellmark_codes::TRACER_VERSION));
    let figures: serde_json::Value = serde_json::from_slice(&fs::read(this_version).unwrap()).unwrap();
    assert!(has_all(&fresh, &figures), "{fresh:#}\nis not\n{figures:#}");
    assert!(has_all(&fresh, &golden), "{fresh:#}\nis not\n{golden:#}");
    let request = office.request("call.md", CALL.as_bytes(), "third");
    let request = tellmark_app::seal::SealRequest { revises: Some("second draft".into()), ..request };
    assert_eq!(office.seal(&request).await.unwrap().copies, 24);
}
