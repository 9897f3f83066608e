//! Certificates for servers on loopback.

use std::path::Path;
use std::process::Command;

/// Writes `cert.pem` and `key.pem` into a folder, by openssl: a certificate for some names (for example
/// `DNS:localhost,IP:127.0.0.1`) that nobody vouches for but itself. It holds for two days, and is another each time.
///
/// # Panics
/// When openssl is not there, or makes none.
pub fn certificate(folder: &Path, names: &str) {
    let make =
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    let of = ["-subj", "/CN=test", "-addext", &format!("subjectAltName={names}")];
    let end = ["-addext", "basicConstraints=critical,CA:FALSE", "-keyout", "key.pem", "-out", "cert.pem"];
    let made = Command::new("openssl").args(make).args(of).args(end).current_dir(folder).output();
    let made =
        made.unwrap_or_else(|e| panic!("openssl: {e}; Debian's package openssl has it, ./test installs it"));
    assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
}
