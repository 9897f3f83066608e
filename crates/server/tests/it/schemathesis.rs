//! Schemathesis (PyPI) against a running server: it reads the description, sends what it says and what it forbids, and compares.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tellmark_app::{Access, Ports, Vault, people};
use tellmark_server::{Server, Settings, bind, serve};

use crate::office::{CALL, Office, PASSWORD, ROSTER};

/// The same every time.
const SEED: &str = "20260503";
/// Examples for each operation and phase.
const EXAMPLES: &str = "12";
/// One check is left out: what a description says is fine is accepted. That a file is a document, or a text the name of a case, no
/// description can say.
const LEFT_OUT: &str = "positive_data_acceptance";

/// The interpreter that has it.
fn python() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/python/bin/python");
    let imports = Command::new(&own).args(["-c", "import schemathesis"]).output();
    let is_there = imports.is_ok_and(|output| output.status.success());
    assert!(is_there, "schemathesis is missing; ./test installs it into target/python");
    own
}

#[tokio::test(flavor = "multi_thread")]
async fn it_finds_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    let access = Access { folder: folder.path().join("vault"), passphrase: None, ..Access::default() };
    let vault = Vault::create(&access, None, &mut Ports::seeded(1, 1_770_000_000)).await.unwrap();
    let listener = bind("127.0.0.1:0".parse::<SocketAddr>().unwrap()).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = Server::new(vault, Settings::new(listener.local_addr().unwrap(), &access.folder)).unwrap();
    let ports = &mut Ports::system().unwrap();
    // The first account is the one that is changed; the second asks.
    for (role, name) in [("author", "Bob"), ("owner", "Ada")] {
        let secret = people::invite(&server.vault, role, 0, 0, ports).await.unwrap();
        people::accept(&server.vault, &secret, name, PASSWORD, ports).await.unwrap();
    }
    let owner = server.vault.store.account_named("Ada").await.unwrap().unwrap();
    let scopes = "documents:read documents:write cases:read cases:write log:read consent people";
    let token = people::add_token(&server.vault, owner.number, ("test", scopes), 1, ports).await.unwrap();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(serve(server.clone(), listener, async { _ = ended.await }));

    // Something is there to be found: a release, a draft, a case.
    let office = Office { router: tellmark_server::router(&server), server: server.clone(), folder };
    let mut owner = office.stranger();
    let (_, session) = people::sign_in(&server.vault, "Ada", PASSWORD, ports).await.unwrap().unwrap();
    owner.cookies.insert("tellmark".into(), session);
    owner.host = base.trim_start_matches("http://").into();
    let release = owner.seal_call().await;
    let draft = owner.lay("call.md", CALL).await;
    owner.upload("/trace", &[("new", "talks"), ("text", ROSTER)], &[]).await.location();

    let named = format!(
        "[parameters]\n\"path.release\" = \"{release}\"\n\"path.copy\" = \"r03\"\n\"path.id\" = \"{}\"\n\"path.case\" = \"talks\"\n\"path.look\" = 1\n\"path.number\" = 1\n",
        draft.trim_start_matches("/desk/")
    );
    for (name, settings) in [("of what is there", named.as_str()), ("of anything", "")] {
        let place = office.folder.path().to_owned();
        std::fs::write(place.join("schemathesis.toml"), settings).unwrap();
        let mut command = Command::new(python());
        command.current_dir(&place).env("NO_COLOR", "1");
        command.args(["-m", "schemathesis.cli", "run", "--seed", SEED, "--max-examples", EXAMPLES]);
        command.args(["--exclude-checks", LEFT_OUT, "--workers", "1", "--request-timeout", "60"]);
        // With a token that is made up nothing behind it is tried.
        command.args(["--generation-with-security-parameters", "false"]);
        command.args(["--generation-database", "none", "-H", &format!("Authorization: Bearer {token}")]);
        command.arg(format!("{base}/api/v1/openapi.json"));
        let ran = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{name}: {said}");
        assert!(!said.contains("Rate limited"), "{name}: {said}");
        let now = Ports::system().unwrap().now;
        assert!(people::token(&server.vault, &token, now).await.unwrap().is_some(), "the token still works");
    }
    end.send(()).unwrap();
    serving.await.unwrap();
}
