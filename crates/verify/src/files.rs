//! Files in and out.

use std::fs::OpenOptions;
use std::io::{Read, Write};

use tellmark_evidence::json::Json;

/// The largest copy that is looked into.
pub const COPY_BYTES_MAX: usize = 1 << 30;
/// Keys and policies are at most so long.
pub const SMALL_BYTES_MAX: usize = 64 << 10;

/// Reads a file of so many bytes at most.
pub fn read(path: &str, most: usize) -> Result<Vec<u8>, String> {
    let wrong = |error: std::io::Error| format!("{path} cannot be read: {error}");
    let file = std::fs::File::open(path).map_err(wrong)?;
    let mut bytes = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut bytes).map_err(wrong)?;
    match bytes.len() <= most {
        true => Ok(bytes),
        false => Err(format!("{path} is larger than {most} bytes")),
    }
}

/// Writes a new file, which only its owner reads where it is a secret. One that is there is left alone.
pub fn write(path: &str, bytes: &[u8], is_secret: bool) -> Result<(), String> {
    let wrong = |error: std::io::Error| format!("{path} cannot be written: {error}");
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if is_secret {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = is_secret;
    let mut file = options.open(path).map_err(wrong)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(wrong)
}

/// How a file of canonical JSON calls itself; `None` for every other.
pub fn format(bytes: &[u8]) -> Option<String> {
    let Json::Map(fields) = Json::read(bytes).ok()? else { return None };
    fields.get("format")?.text("a format").ok().map(str::to_owned)
}

/// Prints a text.
pub fn say(text: &str) -> Result<(), String> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}
