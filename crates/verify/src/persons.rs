//! What holders and custodians compare, sign and keep.

use tellmark_evidence::encode::{from_hex_exact, to_hex};
use tellmark_evidence::json::Json;
use tellmark_evidence::note::{Role, SecretKey};
use tellmark_evidence::signed::{Act, RequestFile, Signed, holders_hash};
use tellmark_evidence::slip::Slip;
use tellmark_evidence::verify::{moment, plain};

use crate::args::Asked;
use crate::{files, policy};

const HEADER: &str = "tellmark-person-key-v1 ";
/// So many of those whom copies are for are named beside a request.
const HOLDERS_MAX: usize = 1000;

/// Makes a key and prints its public half.
pub fn new_key(path: &str) -> Result<(), String> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| format!("the system gives no randomness: {error}"))?;
    files::write(path, format!("{HEADER}{}\n", to_hex(&seed)).as_bytes(), true)?;
    let key = key_of(&seed)?;
    files::say(&format!(
        "Your key is in {path}: keep it to yourself. Its public half, for others:\n{}\n",
        key.public().to_text()
    ))
}

/// A person's key is named by its own hash: who it is, others know.
fn key_of(seed: &[u8; 32]) -> Result<SecretKey, String> {
    SecretKey::named_by_hash("person", Role::Log, seed).map_err(|error| error.to_string())
}

fn load(path: &str) -> Result<SecretKey, String> {
    let bytes = files::read(path, files::SMALL_BYTES_MAX)?;
    let text = String::from_utf8(bytes).unwrap_or_default();
    let seed = text.trim_end().strip_prefix(HEADER).and_then(from_hex_exact);
    key_of(&seed.ok_or_else(|| format!("{path} is no key that --new-key made"))?)
}

fn sign(asked: &Asked, act: Act, statement: Json) -> Result<(), String> {
    let (Some(key), Some(out)) = (&asked.sign, &asked.out) else { return Ok(()) };
    let signed = Signed::sign(act, statement, &load(key)?);
    files::write(out, &signed.to_bytes(), false)?;
    files::say(&format!("Signed; give {out} back, and keep what you signed with a copy of it.\n"))
}

/// Compares a slip with the copy that it is about, and signs for it.
pub fn slip(path: &str, bytes: &[u8], asked: &Asked) -> Result<(), String> {
    let wrong = |error: tellmark_evidence::Error| format!("{path}: {error}");
    let slip = Slip::read(bytes).map_err(wrong)?;
    let [copy] = asked.copies.as_slice() else {
        return Err("--copy FILE is needed, once: the file that the slip came with".into());
    };
    let copy = files::read(copy, files::COPY_BYTES_MAX)?;
    let shown = slip.check(&copy, &policy(asked)?).map_err(wrong)?;
    let receipt = &shown.receipt;
    let seen = match shown.seen {
        Some(seen) => format!("your witnesses saw that at {}", moment(seen)),
        None => "none of your witnesses saw that yet".to_owned(),
    };
    files::say(&format!(
        "The log {} holds this file, by its SHA-256 {}, as copy {} of batch {} of release {},\ndelivered at {}; {seen}.\n",
        receipt.log,
        to_hex(&receipt.file),
        receipt.leaf,
        receipt.batch,
        receipt.release,
        moment(shown.delivered)
    ))?;
    sign(asked, Act::Receipt, receipt.to_json())
}

/// Shows what is asked, and signs it.
pub fn request(path: &str, bytes: &[u8], asked: &Asked) -> Result<(), String> {
    let file = RequestFile::read(bytes).map_err(|error| format!("{path}: {error}"))?;
    let request = &file.request;
    files::say(&format!(
        "You are asked to agree to: {}\n  asked at {}, by the operator of the log {}\n",
        said(&request.act),
        moment(request.at),
        plain(&request.log)
    ))?;
    if let Json::Map(about) = &request.about {
        for (name, value) in about {
            let value = match value {
                Json::Text(text) => format!("{text:?}"),
                other => String::from_utf8_lossy(&other.to_bytes()).into_owned(),
            };
            files::say(&format!("  {}: {}\n", plain(name), plain(&value)))?;
        }
    }
    if let Some(holders) = named(&file).map_err(|what| format!("{path}: {what}"))? {
        files::say("  the copies are for:\n")?;
        for holder in holders {
            files::say(&format!("    {holder:?}\n"))?;
        }
    }
    sign(asked, Act::Approval, request.to_json())
}

/// Whom copies are for, where the request says it: as it says.
fn named(file: &RequestFile) -> Result<Option<Vec<String>>, String> {
    let Json::Map(about) = &file.request.about else { return Ok(None) };
    let Some(said) = about.get("holders") else { return Ok(None) };
    let others =
        || "the holders beside the request are not those that it is about; do not sign it".to_owned();
    let holders = file.holders.as_ref().ok_or_else(others)?;
    let list = holders.fields("holders", &["list", "salt"], &[]).and_then(|fields| {
        let names = fields.list("list", HOLDERS_MAX)?.iter();
        names.map(|name| name.text("a holder").map(str::to_owned)).collect::<Result<Vec<_>, _>>()
    });
    let names = list.map_err(|error| error.to_string())?;
    let hash = to_hex(&holders_hash(holders));
    match said.text("holders").is_ok_and(|said| said == hash) {
        true => Ok(Some(names)),
        false => Err(others()),
    }
}

/// An act in words.
fn said(act: &str) -> String {
    match act {
        "seal" => "sealing a document: making its copies".into(),
        "extend" => "making further copies of a release".into(),
        "again" => {
            "making these copies again; whoever has them can pass them on in their holders' names".into()
        }
        "destroy" => "destroying the key of a document: none of its copies can be traced any more".into(),
        "retention" => "the day on which everybody may destroy the key of a document".into(),
        "copy" => "making a copy again; whoever has it can pass it on in its holder's name".into(),
        "trace" => "tracing these exhibits, by their SHA-256; with identities, names are shown also when nobody is named".into(),
        "looks" => "more looks at a release than are allowed without asking".into(),
        "custodians" => "other custodians in your place".into(),
        other => format!("{other:?}, which this version does not know; do not sign what you do not understand"),
    }
}
