//! A mailbox on a real server: Debian's dovecot, on loopback, with a certificate made for the test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub struct Dovecot {
    child: Child,
    pub folder: tempfile::TempDir,
    pub port: u16,
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        // It ends its own children when it is asked, and not when it is killed.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

impl Dovecot {
    /// Serves `anna`, whose password is `long secret`.
    pub fn start() -> Dovecot {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        tellmark_testkit::certificate(path, "IP:127.0.0.1");
        for sub in ["cur", "new", "tmp"] {
            fs::create_dir_all(path.join("mail").join(sub)).unwrap();
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        fs::write(path.join("dovecot.conf"), config(path, port)).unwrap();
        // As root it serves nobody's mail but that of somebody else.
        let owner = if id("-u") == "0" { "65534".to_owned() } else { id("-u") };
        let number: u32 = owner.parse().unwrap();
        for sub in ["mail", "mail/cur", "mail/new", "mail/tmp"] {
            std::os::unix::fs::chown(path.join(sub), Some(number), None).unwrap();
        }
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let mail = path.join("mail").display().to_string();
        fs::write(path.join("users"), format!("anna:{{PLAIN}}long secret:{owner}:{owner}::{mail}::\n"))
            .unwrap();
        let config = path.join("dovecot.conf").display().to_string();
        let started = Command::new("/usr/sbin/dovecot")
            .args(["-F", "-c", &config])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = started.expect("dovecot is in Debian's package dovecot-imapd; ./test installs it");
        let dovecot = Dovecot { child, folder, port };
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return dovecot;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!(
            "dovecot does not listen: {}",
            fs::read_to_string(dovecot.folder.path().join("log")).unwrap_or_default()
        );
    }

    pub fn mail(&self) -> PathBuf {
        self.folder.path().join("mail")
    }
}

fn id(what: &str) -> String {
    let output = Command::new("id").arg(what).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().into()
}

/// A server that runs as whoever runs the tests.
fn config(path: &Path, port: u16) -> String {
    let base = path.display();
    // As root, dovecot wants somebody else for what strangers talk to; as anybody else there is nobody else.
    let (user, group) = match id("-u") == "0" {
        true => ("nobody".to_owned(), "nogroup".to_owned()),
        false => (id("-un"), id("-gn")),
    };
    format!(
        "protocols = imap\nlisten = 127.0.0.1\nbase_dir = {base}/run\nstate_dir = {base}/state\nlog_path = {base}/log\n\
         default_internal_user = {user}\ndefault_internal_group = {group}\ndefault_login_user = {user}\n\
         first_valid_uid = 0\nfirst_valid_gid = 0\nmail_location = maildir:{base}/mail\n\
         ssl = required\nssl_cert = <{base}/cert.pem\nssl_key = <{base}/key.pem\n\
         passdb {{\n driver = passwd-file\n args = {base}/users\n}}\nuserdb {{\n driver = passwd-file\n args = {base}/users\n}}\n\
         service imap-login {{\n chroot =\n inet_listener imap {{\n port = 0\n }}\n inet_listener imaps {{\n port = {port}\n ssl = yes\n }}\n}}\n\
         service anvil {{\n chroot =\n}}\nservice stats {{\n chroot =\n}}\n"
    )
}
