//! Two verifiers, one opinion: the one in Rust and the one in Python (`verifiers/python`) on seeded mutants of bundles.
//!
//! `TELLMARK_MUTANTS=100000 cargo test --release -p tellmark-evidence --test it agree` for many of them.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use tellmark_evidence::bundle::Bundle;
use tellmark_evidence::json::Json;
use tellmark_evidence::policy::Policy;
use tellmark_evidence::verify::{Accepted, Report, Verdict, verify};

use crate::bundles::{again, change, leaves};
use crate::desk::{Desk, PUBLIC, Random, Story};

const MUTANTS: usize = 600;

/// A program that verifies bundles, frame by frame.
struct Second {
    child: Child,
    sink: Option<ChildStdin>,
    source: BufReader<ChildStdout>,
}

impl Second {
    fn start(policy: &Path, accepted: &Accepted) -> Second {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let own = root.join("target/python/bin/python");
        let has_package = |python: &PathBuf| {
            let probe = Command::new(python).args(["-c", "import cryptography"]).output();
            probe.is_ok_and(|output| output.status.success())
        };
        let python = [own, PathBuf::from("python3")].into_iter().find(has_package);
        let python = python.unwrap_or_else(|| {
            panic!("Python with the package cryptography is missing; ./test installs it into target/python")
        });
        let given = accepted.copies.iter().enumerate().map(|(number, copy)| {
            let file = policy.with_extension(format!("copy{number}"));
            std::fs::write(&file, copy).unwrap();
            format!("--copy={}", file.display())
        });
        let mut child = Command::new(python)
            .arg(root.join("verifiers/python/serve.py"))
            .arg(policy)
            .args(accepted.published.map(|_| format!("--published={}", PUBLIC)))
            .args(accepted.holders.iter().map(|key| format!("--holder={}", key.to_text())))
            .args(given)
            .args(accepted.custodians.iter().map(|key| format!("--custodian={}", key.to_text())))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let sink = child.stdin.take();
        let source = BufReader::new(child.stdout.take().unwrap());
        Second { child, sink, source }
    }

    fn ask(&mut self, bundle: &[u8]) -> String {
        let sink = self.sink.as_mut().unwrap();
        sink.write_all(&(bundle.len() as u32).to_be_bytes()).unwrap();
        sink.write_all(bundle).unwrap();
        sink.flush().unwrap();
        let mut line = String::new();
        self.source.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        self.sink = None;
        let _ = self.child.wait();
    }
}

/// The same line as the other verifier's.
fn line(report: &Report) -> String {
    let letter = |verdict| match verdict {
        Verdict::Proven => 'P',
        Verdict::NotProven => 'N',
        Verdict::CannotCheck => 'C',
    };
    let letters: String = report.claims.iter().map(|claim| letter(claim.verdict)).collect();
    let figures = report.figures.iter().map(|(name, of)| format!("{name} {} {} {}", of.e.0, of.p.0, of.w.0));
    let figures: Vec<String> = figures.collect();
    let whole = if report.is_proven { "yes" } else { "no" };
    format!("{letters} {whole} {}", figures.join(" ")).trim_end().to_owned()
}

fn own_line(bytes: &[u8], policy: &Policy, accepted: &Accepted) -> (String, bool) {
    match Bundle::read(bytes) {
        Err(_) => ("bad".into(), false),
        Ok(bundle) => {
            let report = verify(&bundle, policy, accepted);
            (line(&report), report.is_proven)
        }
    }
}

#[test]
fn both_verifiers_say_the_same_of_every_mutant() {
    let count = std::env::var("TELLMARK_MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(MUTANTS);
    let story = Story { copies: 4, sites: 40, shown: 34, leaker: Some(3), ..Story::default() };
    let desks = [Desk::new(&story), Desk::new(&Story { seed: 5, leaker: None, looks: 25, ..story })];
    let folder = std::env::temp_dir().join(format!("tellmark-agree-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let trust = folder.join("policy");
    std::fs::write(&trust, desks[0].policy_text("w")).unwrap();
    let policy = desks[0].policy("w");
    // Somebody gives what was delivered for the named copy, and another one.
    let copies = [3, 1].map(|copy| desks[0].copy_text(copy).into_bytes()).to_vec();
    let accepted = Accepted { copies, ..desks[0].accepted() };
    let mut second = Second::start(&trust, &accepted);
    let whole: Vec<Vec<u8>> = desks.iter().map(|desk| desk.bundle().to_bytes()).collect();
    for bytes in &whole {
        let (own, is_proven) = own_line(bytes, &policy, &accepted);
        assert!(is_proven, "{own}");
        assert_eq!(second.ask(bytes), own);
    }
    let mut random = Random(77);
    let (mut bad, mut read) = (0, 0);
    for number in 0..count {
        let at = random.below(2);
        let (bytes, what) = mutant(&mut random, &desks[at], &whole[at], &whole[1 - at]);
        let (own, is_proven) = own_line(&bytes, &policy, &accepted);
        assert_eq!(second.ask(&bytes), own, "mutant {number}: {what}");
        assert!(!is_proven || whole.contains(&bytes), "mutant {number} is proven: {what}");
        *(if own == "bad" { &mut bad } else { &mut read }) += 1;
        if number % 5000 == 4999 {
            println!("{} mutants", number + 1);
        }
    }
    println!("{count} mutants: {bad} refused as bundles, {read} read and not proven by both");
    drop(second);
    let _ = std::fs::remove_dir_all(folder);
}

/// Both say the same of a bundle, by what somebody accepts.
pub fn agrees(desk: &Desk, bundle: &Bundle, accepted: &Accepted) {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let trust = std::env::temp_dir().join(format!("tellmark-agrees-{}-{number}", std::process::id()));
    std::fs::write(&trust, desk.policy_text("w")).unwrap();
    let bytes = bundle.to_bytes();
    let own = own_line(&bytes, &desk.policy("w"), accepted).0;
    let mut second = Second::start(&trust, accepted);
    assert_eq!(second.ask(&bytes), own);
    drop(second);
    let copies = (0..accepted.copies.len()).map(|number| trust.with_extension(format!("copy{number}")));
    for file in copies.chain([trust.clone()]) {
        let _ = std::fs::remove_file(file);
    }
}

#[test]
fn one_consent_to_several_copies_serves_each_once() {
    let desk = |again| Desk::new(&Story { again, ..Story::default() });
    let cases: [(&[usize], &str); 4] =
        [(&[1, 3], "PROVEN"), (&[3], "PROVEN"), (&[2], "NOT PROVEN"), (&[3, 3], "NOT PROVEN")];
    let trust = std::env::temp_dir().join(format!("tellmark-again-{}", std::process::id()));
    for (again, expected) in cases {
        let desk = desk(again);
        std::fs::write(&trust, desk.policy_text("w")).unwrap();
        let (policy, accepted) = (desk.policy("w"), desk.accepted());
        let bytes = desk.bundle().to_bytes();
        let report = verify(&Bundle::read(&bytes).unwrap(), &policy, &accepted);
        let verdict = |id: &str| report.claims.iter().find(|claim| claim.id == id).unwrap().verdict.text();
        assert_eq!(verdict("approved"), expected, "{again:?}: {report:?}");
        // A stranger signed for the copy before its holder did.
        assert_eq!(verdict("received"), "PROVEN", "{report:?}");
        let mut second = Second::start(&trust, &accepted);
        assert_eq!(second.ask(&bytes), own_line(&bytes, &policy, &accepted).0, "{again:?}");
    }
    let _ = std::fs::remove_file(trust);
}

/// A bundle that was changed somehow, and how.
fn mutant(random: &mut Random, desk: &Desk, whole: &[u8], other: &[u8]) -> (Vec<u8>, String) {
    match random.below(10) {
        0 => {
            let mut bytes = whole.to_vec();
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
            (bytes, format!("bit at {at}"))
        }
        1 => {
            let mut bytes = whole.to_vec();
            let at = random.below(bytes.len());
            let taken: Vec<u8> = bytes.drain(at..(at + 1 + random.below(3)).min(whole.len())).collect();
            (bytes, format!("without {} bytes at {at}", taken.len()))
        }
        // A digit for a digit: it stays canonical more often.
        2 | 3 => {
            let mut bytes = whole.to_vec();
            let digits: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at].is_ascii_hexdigit()).collect();
            let at = digits[random.below(digits.len())];
            bytes[at] = b"0123456789abcdef"[random.below(16)];
            (bytes, format!("digit at {at}"))
        }
        4 | 5 => spliced(random, desk, whole, other),
        6 => reforged(random, desk),
        _ => changed(random, desk, whole),
    }
}

fn resigned(value: Json, desk: &Desk) -> Vec<u8> {
    match Bundle::read(&value.to_bytes()) {
        Ok(bundle) => again(bundle, desk).to_bytes(),
        Err(_) => value.to_bytes(),
    }
}

/// One to three values are changed, and the operator signs again.
fn changed(random: &mut Random, desk: &Desk, whole: &[u8]) -> (Vec<u8>, String) {
    let mut value = Json::read(whole).unwrap();
    let mut what = String::new();
    for _ in 0..1 + random.below(3) {
        let mut places = Vec::new();
        leaves(&value, &mut vec![], &mut places);
        let place = &places[random.below(places.len())];
        change(&mut value, place);
        what.push_str(&format!("{place:?} "));
    }
    (resigned(value, desk), what)
}

/// A part is taken from the other bundle, and the operator signs again.
fn spliced(random: &mut Random, desk: &Desk, whole: &[u8], other: &[u8]) -> (Vec<u8>, String) {
    let (mut value, foreign) = (Json::read(whole).unwrap(), Json::read(other).unwrap());
    let (Json::Map(own), Json::Map(foreign)) = (&mut value, &foreign) else { panic!() };
    let names: Vec<String> = own.keys().filter(|name| *name != "signature").cloned().collect();
    let name = &names[random.below(names.len())];
    match (own.get_mut(name), foreign.get(name)) {
        (Some(Json::List(values)), Some(Json::List(others)))
            if random.below(2) == 0 && !values.is_empty() =>
        {
            let at = random.below(values.len());
            match others.get(at) {
                Some(one) => values[at] = one.clone(),
                None => drop(values.remove(at)),
            }
        }
        _ => drop(foreign.get(name).map(|part| own.insert(name.clone(), part.clone()))),
    }
    (resigned(value, desk), format!("{name} of another"))
}

/// The operator changes what an entry says or committed to and writes the whole log anew; the witness plays along but
/// saw the release later, or the entry is of after it.
fn reforged(random: &mut Random, desk: &Desk) -> (Vec<u8>, String) {
    let mut desk = Desk { entries: desk.entries.clone(), ..copy(desk) };
    let at = random.below(desk.entries.len());
    if !desk.parts().entries.iter().any(|entry| entry.index == at as u64) {
        // Of another matter: it is not in the bundle.
        desk.anchor.1 += 100_000;
    }
    let (statement, opening) = &mut desk.entries[at];
    let name = statement.kind.name();
    match opening {
        Some(opening) if random.below(2) == 0 => {
            let mut places = Vec::new();
            leaves(&opening.details, &mut vec![], &mut places);
            if places.is_empty() {
                return (desk.bundle().to_bytes()[1..].to_vec(), "no details".into());
            }
            let place = &places[random.below(places.len())];
            change(&mut opening.details, place);
            let texts = [
                "because", "access", "name", "file", "document", "ledger", "holders", "decoys", "replayed",
                "alpha", "sites", "groups", "reader",
            ];
            let is_word = format!("{place:?}");
            if texts.iter().any(|text| is_word.contains(&format!("\"{text}\""))) {
                // What the operator says and nobody can know better: it would be proven that the operator said so.
                desk.anchor.1 += 100_000;
            }
            statement.sealed = opening.sealed();
            (desk.bundle().to_bytes(), format!("{name}: details {place:?}"))
        }
        _ => {
            let mut said = statement.said();
            let mut places = Vec::new();
            leaves(&said, &mut vec![], &mut places);
            let place = &places[random.below(places.len())];
            change(&mut said, place);
            let Json::Map(open) = said else { panic!() };
            statement.open = open;
            desk.anchor.1 += 100_000;
            (desk.bundle().to_bytes(), format!("{name}: says {place:?}"))
        }
    }
}

fn copy(desk: &Desk) -> Desk {
    use tellmark_evidence::note::{Role, SecretKey};
    Desk {
        log: SecretKey::new("tellmark/test", Role::Log, &[1; 32]).unwrap(),
        witness: SecretKey::new("witness/test", Role::Witness, &[2; 32]).unwrap(),
        holder: SecretKey::new("person/holder", Role::Log, &[3; 32]).unwrap(),
        custodians: [4, 5]
            .map(|seed| SecretKey::new(&format!("person/{seed}"), Role::Log, &[seed; 32]).unwrap()),
        release: desk.release.clone(),
        case: desk.case.clone(),
        sites: desk.sites.clone(),
        codewords: desk.codewords.clone(),
        seeds: desk.seeds.clone(),
        text: desk.text.clone(),
        reading: desk.reading.clone(),
        entries: desk.entries.clone(),
        anchor: desk.anchor,
        files: desk.files.clone(),
        bound: desk.bound,
    }
}
