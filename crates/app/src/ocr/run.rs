//! Another program, called with bounds: no shell, what it is given on its standard input, a limit of time and of what
//! it may say.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Error, Result};

/// Longest time that it may take, unless less is said.
pub const TIME_MAX: Duration = Duration::from_secs(120);
/// Most bytes that it may say.
const SAID_MAX: u64 = 32 << 20;
/// So many bytes of its complaints are kept.
const COMPLAINT_MAX: u64 = 4096;
/// How often it is asked whether it has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// The first file of this name on the search path.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    // A relative folder would let whoever fills the working folder choose the program.
    let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(&file)).find(|candidate| candidate.is_file())
}

/// A program with its arguments.
pub struct Called {
    command: Command,
    given: Vec<u8>,
    time_max: Duration,
}

impl Called {
    /// A program, which sees nothing of this one's standard input.
    pub fn new(program: &Path) -> Called {
        let mut command = Command::new(program);
        // One thread: the same picture gives the same words, and other work goes on beside it.
        command.env("OMP_THREAD_LIMIT", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Called { command, given: Vec::new(), time_max: TIME_MAX }
    }

    /// One more argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Called {
        self.command.arg(argument);
        self
    }

    /// What it finds on its standard input.
    pub fn given(mut self, bytes: Vec<u8>) -> Called {
        self.given = bytes;
        self
    }

    /// Stopped after so long.
    pub fn within(mut self, time_max: Duration) -> Called {
        self.time_max = time_max;
        self
    }

    /// Runs it; what it says on its standard output.
    ///
    /// # Errors
    /// When it cannot be started, fails, says too much or takes too long: then it is stopped.
    pub fn text(mut self) -> Result<String> {
        let name = self.command.get_program().to_string_lossy().into_owned();
        let failed = |why: String| Error::input(format!("{name} failed: {why}"));
        let mut child = self.command.spawn().map_err(|error| failed(error.to_string()))?;
        let mut stdin = child.stdin.take();
        let given = self.given;
        // It may end without having read everything: that is no failure of its own.
        let writer = thread::spawn(move || stdin.take().map(|mut stdin| stdin.write_all(&given).is_ok()));
        let said = child.stdout.take().map(|out| thread::spawn(|| limited(out, SAID_MAX + 1)));
        let complaint = child.stderr.take().map(|out| thread::spawn(|| limited(out, COMPLAINT_MAX)));
        let ended = wait(&mut child, self.time_max);
        let _ = writer.join();
        let bytes = |reader: Option<thread::JoinHandle<Vec<u8>>>| {
            reader.and_then(|reader| reader.join().ok()).unwrap_or_default()
        };
        let (said, complaint) = (bytes(said), bytes(complaint));
        match ended.map_err(|error| failed(error.to_string()))? {
            None => Err(failed(format!("it did not end within {} seconds", self.time_max.as_secs()))),
            Some(false) => {
                let complaint = String::from_utf8_lossy(&complaint);
                Err(failed(complaint.lines().next().unwrap_or("it does not say why").trim().to_owned()))
            }
            Some(true) if said.len() as u64 > SAID_MAX => Err(failed("it says too much".into())),
            Some(true) => Ok(String::from_utf8_lossy(&said).into_owned()),
        }
    }
}

/// Whether it succeeded; `None` when it had to be stopped.
fn wait(child: &mut Child, time_max: Duration) -> std::io::Result<Option<bool>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if started.elapsed() > time_max {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(PAUSE);
    }
}

/// Reads up to a limit, and then lets the rest go by, so that the writer does not stand still.
fn limited(mut out: impl Read, limit: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = out.by_ref().take(limit).read_to_end(&mut bytes);
    let _ = std::io::copy(&mut out, &mut std::io::sink());
    bytes
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Called {
        Called::new(Path::new("/bin/sh")).arg("-c").arg(script)
    }

    #[test]
    fn what_it_is_given_and_what_it_says() {
        assert_eq!(shell("cat").given(b"a page".to_vec()).text().unwrap(), "a page");
        assert_eq!(shell("exit 0").given(vec![0; 1 << 20]).text().unwrap(), "", "it need not read");
        let error = shell("echo no data >&2; exit 3").text().unwrap_err();
        assert!(error.is_input() && error.to_string().contains("no data"), "{error}");
        assert!(Called::new(Path::new("/nonexistent")).text().unwrap_err().is_input());
    }

    #[test]
    fn who_does_not_end_is_stopped() {
        let begun = Instant::now();
        let error = shell("exec sleep 60").within(Duration::from_millis(50)).text().unwrap_err();
        assert!(error.to_string().contains("did not end") && begun.elapsed().as_secs() < 30, "{error}");
    }

    #[test]
    fn who_says_too_much_is_not_listened_to() {
        let error = shell("head -c 40000000 /dev/zero").text().unwrap_err();
        assert!(error.to_string().contains("too much"), "{error}");
    }
}
