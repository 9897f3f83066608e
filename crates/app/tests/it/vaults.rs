//! Sealing twice, sealing interrupted, backing up, and input that cannot be used.

use std::fs;

use tellmark_app::{Access, Vault, archive};

use crate::office::{CALL, Office, middle, named, tree};

#[tokio::test]
async fn the_same_seal_resumes_byte_for_byte() {
    let mut office = Office::open(21).await;
    let first = office.seal_call().await;
    let before = tree(&office.path("call"));
    fs::remove_dir_all(office.path("call").join("r07")).unwrap();
    let again = office.seal_call().await;
    assert_eq!((again.release, again.resumed, again.written), (first.release, true, 1));
    assert_eq!(tree(&office.path("call")), before);
    // What is in the way is not overwritten, and nothing else happens.
    fs::write(office.path("call").join("r08/call.md"), "mine").unwrap();
    let request = office.request("call.md", CALL.as_bytes(), "call");
    assert!(office.seal(&request).await.unwrap_err().to_string().contains("--force"));
    let mut other = office.request("call.md", CALL.as_bytes(), "call2");
    other.new = true;
    let other = office.seal(&other).await.unwrap();
    assert_ne!(other.release, first.release);
    assert!(!office.path("call2/.tellmark-partial").exists());
}

#[tokio::test]
async fn what_an_interrupted_seal_left_is_finished() {
    let mut office = Office::open(22).await;
    office.seal_call().await;
    let whole = tree(&office.path("call"));
    let folder = office.path("call");
    for id in ["r02", "r03", "r19"] {
        fs::remove_dir_all(folder.join(id)).unwrap();
    }
    fs::create_dir_all(folder.join(".tellmark-partial/123")).unwrap();
    fs::write(folder.join(".tellmark-partial/123/r02"), "half").unwrap();
    fs::create_dir(folder.join("r03")).unwrap();
    office.seal_call().await;
    assert_eq!(tree(&folder), whole);
}

#[tokio::test]
async fn a_backup_is_the_whole_vault() {
    let mut office = Office::open(23).await;
    office.seal_call().await;
    let file = office.path("backup.tar");
    archive::backup(&office.vault, &file, 1).await.unwrap();
    assert!(archive::backup(&office.vault, &file, 1).await.is_err(), "nothing is overwritten");
    let access = Access { folder: office.path("restored"), passphrase: None, ..Access::default() };
    archive::restore(&access, None, &file).await.unwrap();
    let leak = middle(&office.copy("call", "r15", "call.md"));
    office.vault = Vault::open(&access).await.unwrap();
    assert_eq!(named(&office.trace(&leak).await), ["r15"]);
    assert!(archive::restore(&access, None, &file).await.unwrap_err().is_input());
    let cut = fs::read(&file).unwrap();
    fs::write(office.path("cut.tar"), &cut[..cut.len() / 2]).unwrap();
    let elsewhere = Access { folder: office.path("elsewhere"), passphrase: None, ..Access::default() };
    assert!(archive::restore(&elsewhere, None, &office.path("cut.tar")).await.is_err());
    assert!(!office.path("elsewhere").exists(), "half a vault is none");
}

#[tokio::test]
async fn copies_that_cannot_differ_are_refused() {
    let mut office = Office::open(24).await;
    for (text, why) in [
        ("Nothing differs here.", "no place"),
        ("They {met|convened} and {left|went} home.", "cannot all differ"),
    ] {
        let request = office.request("note.txt", text.as_bytes(), "note");
        let error = office.seal(&request).await.unwrap_err();
        assert!(error.is_input() && error.to_string().contains(why), "{error}");
    }
    assert!(!office.path("note").exists());
    assert!(office.vault.store.releases().await.unwrap().is_empty());
}

#[tokio::test]
async fn bad_input_changes_nothing() {
    let mut office = Office::open(25).await;
    let long = format!("id\n{}\n", "x".repeat(300));
    let rosters: [&[u8]; 7] = [
        b"",
        b"name\nAda\n",
        b"id\n../x\n",
        b"id\nR1\nr1\n",
        b"id\na\x07b\n",
        b"id,name\nr1,Andr\xe9\n",
        long.as_bytes(),
    ];
    for roster in rosters {
        let mut request = office.request("call.md", CALL.as_bytes(), "out");
        request.roster = roster.to_vec();
        assert!(office.seal(&request).await.unwrap_err().is_input());
    }
    let documents: [(&str, &[u8]); 5] = [
        ("a.txt", b""),
        ("a.txt", b"\x00\x01\x02\xff\xfe rubbish"),
        ("a.docx", b"PK\x03\x04 and nothing more"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 encrypted"),
        ("a.pdf", b"%PDF-1.7"),
    ];
    for (name, bytes) in documents {
        let request = office.request(name, bytes, "out");
        assert!(office.seal(&request).await.unwrap_err().is_input(), "{name}");
    }
    assert!(!office.path("out").exists());
    assert!(office.vault.store.releases().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_damaged_backup_is_refused_and_leaves_nothing() {
    let mut office = Office::open(26).await;
    office.seal_call().await;
    let file = office.path("backup.tar");
    archive::backup(&office.vault, &file, 1).await.unwrap();
    let whole = fs::read(&file).unwrap();
    let access = Access { folder: office.path("restored"), passphrase: None, ..Access::default() };
    let mut state = 26u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut refused = 0;
    for round in 0..60 {
        let mut bytes = whole.clone();
        match round % 3 {
            0 => bytes.truncate(next(whole.len())),
            // The head of the archive, its manifest and key; or anywhere.
            1 => bytes[next(4096)] ^= 1 << next(8),
            _ => bytes[next(whole.len())] ^= 1 << next(8),
        }
        fs::write(&file, &bytes).unwrap();
        match archive::restore(&access, None, &file).await {
            Err(_) => {
                refused += 1;
                assert!(!access.folder.exists(), "round {round}: something was left");
            }
            Ok(()) => {
                // A bit that carries nothing, such as a date or padding.
                let vault = Vault::open(&access).await.unwrap();
                assert!(vault.store.check().await.unwrap().is_sound());
                assert_eq!(vault.store.releases().await.unwrap().len(), 1);
                vault.store.close().await;
                fs::remove_dir_all(&access.folder).unwrap();
            }
        }
    }
    assert!(refused > 30, "{refused}");
}
