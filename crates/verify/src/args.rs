//! The command line.

use tellmark_evidence::note::PublicKey;
use tellmark_evidence::verify::{Accepted, read_moment};

pub const USAGE: &str = "\
tellmark-verify BUNDLE --trust POLICY [--holder KEY]... [--custodian KEY]... [--published DAY] [--accept-reading] [--copy FILE]...
                [--stamps DIR] [--json]
tellmark-verify SLIP --trust POLICY --copy FILE [--sign MY.key --out RECEIPT]
tellmark-verify REQUEST [--sign MY.key --out APPROVAL]
tellmark-verify --new-key MY.key

Says what an evidence bundle proves; compares a slip with the copy that came with it, and signs for that; shows what you
are asked to agree to, and signs that. Everything is done on this machine; nothing is sent or fetched.

  --trust POLICY     the keys that you trust, in the form of C2SP tlog-policy. Take them from whoever you have reason
                     to believe, never from the bundle:
                         log NAME+12345678+KEY
                         witness W1 NAME+12345678+KEY
                         quorum W1
  --holder KEY       a key that you know to be a holder's: then their receipt is proven, too
  --custodian KEY    a key that you know to be a custodian's, once for each: then their consent is asked for
  --published DAY    when the exhibits became public, 2026-03-14 or 2026-03-14T18:30 (UTC): the release must have been
                     seen by your witnesses before
  --accept-reading   somebody whom you trust read the exhibits again (tellmark reread) and found nothing else in them
  --stamps DIR       writes what time-stamping authorities signed, head-N.txt and head-N.tsr, for
                     openssl ts -verify -data head-N.txt -in head-N.tsr -CAfile AUTHORITY.pem
  --json             one object on standard output
  --copy FILE        the copy that the slip is about; with a bundle your own copy of the document, which is held against
                     what the release committed to for it, once for each copy that is named. Texts, Markdown and HTML
                     are looked into; a DOCX, ODT or PDF is read by tellmark reread BUNDLE --copy FILE
  --sign MY.key      sign with this key, which --new-key made; it stays with you
  --out FILE         where what you signed goes

Exit code: 0 everything that the finding stands on is proven, or the slip fits; 1 it is not proven; 2 the files cannot
be used. With --copy it is 1, too, where nothing could be seen in that file, or it is not the one that was delivered.
";

/// What is asked for.
pub enum What {
    Help,
    /// A key in a new file.
    NewKey(String),
    /// A bundle, a slip or a request.
    File(String),
}

/// The arguments.
pub struct Asked {
    pub what: What,
    pub trust: Option<String>,
    pub is_json: bool,
    pub accepted: Accepted,
    pub stamps: Option<String>,
    pub copies: Vec<String>,
    pub sign: Option<String>,
    pub out: Option<String>,
}

/// Reads them.
pub fn parse(args: &[String]) -> Result<Asked, String> {
    let mut asked = Asked {
        what: What::Help,
        trust: None,
        is_json: false,
        accepted: Accepted::default(),
        stamps: None,
        copies: Vec::new(),
        sign: None,
        out: None,
    };
    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        return Ok(asked);
    }
    let mut found = None;
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let mut value = || rest.next().cloned().ok_or_else(|| format!("{arg} needs a value\n\n{USAGE}"));
        match arg.as_str() {
            "--json" => asked.is_json = true,
            "--published" => {
                let said = value()?;
                let when = read_moment(&said);
                let wrong =
                    || format!("{said:?} is no day; write it as 2026-03-14, or 2026-03-14T18:30 (UTC)");
                asked.accepted.published = Some(when.ok_or_else(wrong)?);
            }
            "--accept-reading" => asked.accepted.reading = true,
            "--trust" => asked.trust = Some(value()?),
            "--stamps" => asked.stamps = Some(value()?),
            "--copy" => asked.copies.push(value()?),
            "--sign" => asked.sign = Some(value()?),
            "--out" => asked.out = Some(value()?),
            "--holder" => asked.accepted.holders.push(key(&value()?)?),
            "--custodian" => asked.accepted.custodians.push(key(&value()?)?),
            "--new-key" if found.is_none() => found = Some(What::NewKey(value()?)),
            _ if !arg.starts_with('-') && found.is_none() => found = Some(What::File(arg.clone())),
            _ => return Err(format!("{arg:?} is not understood\n\n{USAGE}")),
        }
    }
    if asked.sign.is_some() != asked.out.is_some() {
        return Err("--sign MY.key and --out FILE belong together".into());
    }
    asked.what = found.ok_or_else(|| format!("name a file\n\n{USAGE}"))?;
    Ok(asked)
}

fn key(text: &str) -> Result<PublicKey, String> {
    PublicKey::read(text).map_err(|error| error.to_string())
}
