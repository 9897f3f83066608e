//! Time-stamps by an authority: openssl's, which nobody here wrote.

use std::path::Path;
use std::process::Command;

use crate::Desk;

const AUTHORITY: &str = "[tsa]\ndefault_tsa = own\n[own]\nserial = serial\ndefault_policy = 1.2.3.4.1\nsigner_digest = sha256\n\
digests = sha256\ness_cert_id_alg = sha256\n[usage]\nextendedKeyUsage = critical,timeStamping\n[req]\ndistinguished_name = name\n[name]\n";

fn openssl(folder: &Path, args: &[&str]) -> (bool, String) {
    let output = Command::new("openssl").current_dir(folder).args(args).output().unwrap_or_else(|error| {
        panic!("openssl is missing ({error}); ./test installs it");
    });
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// A certificate of an authority and of the one that signed it.
fn authority(folder: &Path) {
    std::fs::write(folder.join("tsa.cnf"), AUTHORITY).unwrap();
    std::fs::write(folder.join("serial"), "01\n").unwrap();
    for args in [
        "req -config tsa.cnf -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 10",
        "req -config tsa.cnf -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj /CN=tsa",
        "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out tsa.pem -days 10 -extfile tsa.cnf -extensions usage",
    ] {
        let args: Vec<&str> = args.split(' ').collect();
        let (done, said) = openssl(folder, &args);
        assert!(done, "{said}");
    }
}

#[test]
fn an_authority_stamps_the_log_and_the_bundle_carries_it() {
    let desk = Desk::new();
    let folder = &desk.path("");
    desk.run(&["init"]);
    assert_eq!(desk.run(&["seal", "call.md", "--to", "roster.csv", "--out", "copies"]).code, 0);
    assert_eq!(desk.run(&["timestamp", "--request", "head.tsq"]).code, 0);
    authority(folder);
    let reply = "ts -reply -config tsa.cnf -queryfile head.tsq -signer tsa.pem -inkey tsa.key -out head.tsr";
    let (done, said) = openssl(folder, &reply.split(' ').collect::<Vec<_>>());
    assert!(done, "{said}");
    std::fs::write(folder.join("other.tsr"), "no answer of an authority").unwrap();
    let refused = desk.run(&["timestamp", "--attach", "other.tsr"]);
    assert!(refused.code == 2 && refused.err.contains("no time-stamp"), "{}", refused.err);
    assert_eq!(desk.run(&["timestamp", "--attach", "head.tsr"]).code, 0);
    assert_eq!(desk.run(&["trace", "copies/r03/call.md", "--case", "talks"]).code, 0);
    assert_eq!(desk.run(&["prove", "talks", "--out", "talks.bundle"]).code, 0);
    let bundle =
        tellmark_evidence::bundle::Bundle::read(&std::fs::read(folder.join("talks.bundle")).unwrap());
    let stamped = bundle.unwrap().parts.stamped;
    assert_eq!(stamped.len(), 1);
    std::fs::write(folder.join("head.txt"), &stamped[0].note.text).unwrap();
    std::fs::write(folder.join("carried.tsr"), &stamped[0].answer).unwrap();
    let verify = "ts -verify -data head.txt -in carried.tsr -CAfile ca.pem -untrusted tsa.pem";
    let (done, said) = openssl(folder, &verify.split(' ').collect::<Vec<_>>());
    assert!(done && said.contains("Verification: OK"), "{said}");
}
