//! `tellmark-verify FILE --trust POLICY`: what an evidence bundle proves, for somebody who trusts neither side.
//!
//! It reads two files and nothing else: no network, no vault, no clock, no configuration.

use std::io::{Read, Write};
use std::process::ExitCode;

use tellmark_evidence::bundle::{BUNDLE_BYTES_MAX, Bundle};
use tellmark_evidence::policy::Policy;
use tellmark_evidence::verify::{Accepted, Report, Verdict, verify};

const PROVEN: u8 = 0;
const NOT_PROVEN: u8 = 1;
const INPUT: u8 = 2;
const POLICY_BYTES_MAX: usize = 64 << 10;
const USAGE: &str = "\
tellmark-verify FILE --trust POLICY [--json] [--accept-reading]

Says what the evidence bundle FILE proves. Everything is checked on this machine; nothing is sent or fetched.

  --trust POLICY     the keys that you trust, in the form of C2SP tlog-policy. Take them from whoever you have reason
                     to believe, never from the bundle:
                         log NAME+12345678+KEY
                         witness W1 NAME+12345678+KEY
                         quorum W1
  --accept-reading   somebody whom you trust looked at the exhibits and read them as the bundle does
  --json             one object on standard output

Exit code: 0 everything that the finding stands on is proven; 1 it is not; 2 the files cannot be used.
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    ExitCode::from(run(&args).unwrap_or_else(|message| {
        eprintln!("tellmark-verify: {message}");
        INPUT
    }))
}

struct Asked {
    file: String,
    trust: String,
    is_json: bool,
    accepted: Accepted,
}

fn run(args: &[String]) -> Result<u8, String> {
    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        return say(USAGE).map(|()| PROVEN);
    }
    let asked = parse(args)?;
    let policy = String::from_utf8(read(&asked.trust, POLICY_BYTES_MAX)?)
        .map_err(|_| format!("{} is no text", asked.trust))?;
    let policy = Policy::read(&policy).map_err(|error| format!("{}: {error}", asked.trust))?;
    let bundle = Bundle::read(&read(&asked.file, BUNDLE_BYTES_MAX)?)
        .map_err(|error| format!("{} is no bundle: {error}", asked.file))?;
    let report = verify(&bundle, &policy, asked.accepted);
    match asked.is_json {
        true => say(&format!("{}\n", String::from_utf8_lossy(&report.to_json().to_bytes())))?,
        false => say(&told(&report))?,
    }
    Ok(if report.is_proven { PROVEN } else { NOT_PROVEN })
}

fn parse(args: &[String]) -> Result<Asked, String> {
    let (mut file, mut trust, mut is_json, mut accepted) = (None, None, false, Accepted::default());
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--json" => is_json = true,
            "--accept-reading" => accepted.reading = true,
            "--trust" => trust = args.next().cloned(),
            _ if !arg.starts_with('-') && file.is_none() => file = Some(arg.clone()),
            _ => return Err(format!("{arg:?} is not understood\n\n{USAGE}")),
        }
    }
    match (file, trust) {
        (Some(file), Some(trust)) => Ok(Asked { file, trust, is_json, accepted }),
        _ => Err(format!("a bundle and --trust POLICY are needed\n\n{USAGE}")),
    }
}

fn read(path: &str, most: usize) -> Result<Vec<u8>, String> {
    let wrong = |error: std::io::Error| format!("{path} cannot be read: {error}");
    let file = std::fs::File::open(path).map_err(wrong)?;
    let mut bytes = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut bytes).map_err(wrong)?;
    match bytes.len() <= most {
        true => Ok(bytes),
        false => Err(format!("{path} is larger than {most} bytes")),
    }
}

fn say(text: &str) -> Result<(), String> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}

/// The report in plain words.
fn told(report: &Report) -> String {
    let mut out = String::new();
    for claim in &report.claims {
        out.push_str(&format!("{:<13} {}\n{:<13}   {}\n", claim.verdict.text(), claim.title, "", claim.says));
    }
    let count = |verdict| report.claims.iter().filter(|claim| claim.verdict == verdict).count();
    let whole = if report.is_proven { "PROVEN" } else { "NOT PROVEN" };
    out.push_str(&format!(
        "\n{whole}: of {} claims {} are proven, {} are not, {} cannot be checked here.\n",
        report.claims.len(),
        count(Verdict::Proven),
        count(Verdict::NotProven),
        count(Verdict::CannotCheck)
    ));
    out.push_str("\nWhat may be said aloud:\n");
    report.sentences.iter().for_each(|said| out.push_str(&format!("- {said}\n")));
    out
}
