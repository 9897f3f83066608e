//! Bundles with what is to be said of them, for other verifiers: `tests/vectors`.
//!
//! `TELLMARK_WRITE_VECTORS=1 cargo test -p tellmark-evidence vectors` writes them anew.

use std::path::PathBuf;

use tellmark_evidence::bundle::Bundle;
use tellmark_evidence::note::{Role, SecretKey};
use tellmark_evidence::policy::Policy;
use tellmark_evidence::verify::{Accepted, verify};

use crate::desk::{Desk, Story};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

/// Compares with the file, or writes it.
fn check(name: &str, bytes: &[u8]) {
    let path = folder().join(name);
    if std::env::var_os("TELLMARK_WRITE_VECTORS").is_some() {
        std::fs::create_dir_all(folder()).unwrap();
        std::fs::write(&path, bytes).unwrap();
    }
    assert!(std::fs::read(&path).is_ok_and(|known| known == bytes), "{} is another", path.display());
}

#[test]
fn every_bundle_says_what_it_said() {
    let one = Desk::new(&Story { copies: 9, sites: 60, shown: 44, ..Story::default() });
    let stories = [
        ("one", Story { copies: 9, sites: 60, shown: 44, ..Story::default() }),
        ("nobody", Story { copies: 5, sites: 60, shown: 44, leaker: None, ..Story::default() }),
        ("two", Story { copies: 10, sites: 150, shown: 130, second: Some(7), ..Story::default() }),
        ("few", Story { copies: 2, sites: 40, shown: 36, leaker: Some(1), ..Story::default() }),
        ("alone", Story { copies: 1, sites: 40, shown: 36, leaker: Some(0), ..Story::default() }),
    ];
    check("policy", one.policy_text("w").as_bytes());
    check("no-witness", one.policy_text("none").as_bytes());
    let other = SecretKey::new("tellmark/test", Role::Log, &[5; 32]).unwrap();
    let (own, other) = (one.log.public().to_text(), other.public().to_text());
    check("other-log", one.policy_text("w").replace(&own, &other).as_bytes());
    check("one.copy", one.copy_text(3).as_bytes());
    check("other.copy", one.copy_text(5).as_bytes());
    for (name, story) in stories {
        let bundle = Desk::new(&story).bundle().to_bytes();
        check(&format!("{name}.bundle"), &bundle);
        let report = verify(&Bundle::read(&bundle).unwrap(), &one.policy("w"), &Accepted::default());
        check(&format!("{name}.json"), &report.to_json().to_bytes());
    }
    assert!(Policy::read(&std::fs::read_to_string(folder().join("no-witness")).unwrap()).is_ok());
}
