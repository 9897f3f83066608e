//! A folder with a vault, in which commands are measured.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A folder with a vault.
pub struct Desk(tempfile::TempDir);

impl Desk {
    /// In the folder of `TELLMARK_BENCH_DIR`, or else the system's temporary one.
    pub fn new() -> Desk {
        let base = std::env::var_os("TELLMARK_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let desk = Desk(tempfile::tempdir_in(base).unwrap());
        desk.run(&["init"]);
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The program in this folder, with nobody listening.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tellmark"));
        command.current_dir(&self.0).args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) {
        ended(arguments, self.command(arguments).status().unwrap().code());
    }
}

/// A command that is measured names somebody, or nobody.
pub fn ended(arguments: &[&str], code: Option<i32>) {
    assert!(matches!(code, Some(0 | 1)), "{arguments:?}: {code:?}");
}
