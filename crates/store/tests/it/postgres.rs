//! A PostgreSQL server of our own: one for this process, which stops when the process ends in any way.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;

/// The server runs until the standard input of this script ends, which it does when the tests' process is
/// gone, also after a panic or a kill. The script makes its folder itself, so that it may remove it.
const SCRIPT: &str = r#"
set -eu
dir=$(mktemp -d "$1/tellmark-pg.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM HUP
"$2/initdb" -D "$dir/data" -U tellmark -A trust -E UTF8 --locale=C -N >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
"$2/pg_ctl" -D "$dir/data" -l "$dir/log" -w -o "-k '$dir' -c listen_addresses= -c fsync=off" start >/dev/null 2>&1 \
    || { cat "$dir/log" >&2; exit 1; }
echo "$dir"
read -r _ || true
"$2/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true
"#;

const HINT: &str = "PostgreSQL's initdb and pg_ctl are needed for these tests and were found neither on PATH \
                    nor in /usr/lib/postgresql; install them (Debian: apt-get install postgresql)";

struct Server {
    socket_dir: String,
    /// Held open as long as the process lives.
    _stdin: ChildStdin,
}

static SERVER: OnceLock<Server> = OnceLock::new();

/// The url of a database of this name on the tests' server.
pub fn url(database: &str) -> String {
    let server = SERVER.get_or_init(start);
    format!("postgres://tellmark@localhost/{database}?host={}", server.socket_dir)
}

/// The url of a new database of this name.
#[allow(dead_code, reason = "some tests make their databases themselves")]
pub fn new_database(database: &str) -> String {
    let server = SERVER.get_or_init(start);
    let made = Command::new("createdb")
        .args(["-h", &server.socket_dir, "-U", "tellmark", database])
        .status()
        .expect("createdb is needed, which comes with the PostgreSQL client");
    assert!(made.success());
    url(database)
}

#[allow(clippy::zombie_processes, reason = "the server outlives every test; it ends after this process")]
fn start() -> Server {
    let programs = programs();
    let mut command = unprivileged();
    command.args(["sh", "-c", SCRIPT, "sh"]).arg(std::env::temp_dir()).arg(&programs);
    let mut child = command
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell can be started");
    let mut socket_dir = String::new();
    let stdout = child.stdout.take().expect("it is piped");
    BufReader::new(stdout).read_line(&mut socket_dir).expect("the server's folder is printed");
    let socket_dir = socket_dir.trim().to_owned();
    assert!(!socket_dir.is_empty(), "PostgreSQL in {} did not start; see above", programs.display());
    Server { socket_dir, _stdin: child.stdin.take().expect("it is piped") }
}

/// The folder with the programs; the highest version that is installed.
fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_by(|a, b| b.cmp(a));
    folders.extend(versions.into_iter().map(|(_, folder)| folder));
    let has = |folder: &Path| ["initdb", "pg_ctl"].iter().all(|program| folder.join(program).is_file());
    folders.into_iter().find(|folder| has(folder)).expect(HINT)
}

/// PostgreSQL refuses to run as root.
fn unprivileged() -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new("env");
    }
    let exists = |user: &str| {
        let found = Command::new("id").arg(user).stdout(Stdio::null()).stderr(Stdio::null()).status();
        found.is_ok_and(|status| status.success())
    };
    let user = if exists("postgres") { "postgres" } else { "nobody" };
    let mut command = Command::new("runuser");
    command.args(["-u", user, "--"]);
    command
}
