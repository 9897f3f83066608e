//! Consent: where custodians are appointed, copies are made and codewords weighed only when two of them agreed.
//!
//! A command that needs consent writes a request into the vault's `requests/` and stops. Custodians sign it elsewhere, with
//! keys that the operator has not; their approvals are recorded in the log, and the entry of the act names the request, so
//! that one consent serves one act (docs/formats/signed.md).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tellmark_core::Roster;
use tellmark_evidence::encode::{from_hex_exact, to_hex};
use tellmark_evidence::entry::Kind;
use tellmark_evidence::json::{Json, count, map};
use tellmark_evidence::merkle::{Hash, sha256};
use tellmark_evidence::note::PublicKey;
use tellmark_evidence::signed::{Act, Request, RequestFile, SIGNED_BYTES_MAX, Signed, holders_hash};
use tellmark_evidence::verify::LOOKS_OF_RELEASE;
use tellmark_store::{Batch, Release};

use crate::log::{Log, NewEntry, State, number, record, says, text};
use crate::ports::salt;
use crate::{Error, Ports, Result, Vault, files};

const FOLDER: &str = "requests";
/// So many custodians agree to an act.
const NEEDED: usize = tellmark_evidence::verify::APPROVALS;
/// So many of those whom copies are for are named to custodians.
const HOLDERS_SHOWN: usize = 200;
/// What is signed fits into a signed statement, with key and signature.
const REQUEST_BYTES_MAX: usize = SIGNED_BYTES_MAX - (4 << 10);
/// So many custodians can be appointed.
const CUSTODIANS_MAX: usize = 100;

/// A request as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Pending {
    /// The file that custodians sign.
    pub file: PathBuf,
    /// What is asked for.
    pub act: String,
    /// When it was asked: seconds since 1970, UTC.
    pub at: i64,
    /// How many agreed.
    pub agreed: usize,
    /// How many have to.
    pub needed: usize,
}

/// Appoints custodians in the place of those before, who have to agree to it.
///
/// # Errors
/// When they are fewer than two, or a key is none, or those before did not agree yet.
pub fn appoint(vault: &Vault, keys: &[String], ports: &Ports) -> Result<Vec<String>> {
    let read = |key: &String| PublicKey::read(key.trim()).map_err(|error| Error::input(error.to_string()));
    let keys: Vec<PublicKey> = keys.iter().map(read).collect::<Result<_>>()?;
    let distinct: BTreeSet<[u8; 32]> = keys.iter().map(PublicKey::bytes).collect();
    if distinct.len() < NEEDED || distinct.len() < keys.len() || keys.len() > CUSTODIANS_MAX {
        return Err(Error::input(format!(
            "name {NEEDED} to {CUSTODIANS_MAX} custodians by different keys; with three, one may be away"
        )));
    }
    let spelled: Vec<String> = keys.iter().map(PublicKey::to_text).collect();
    let log = record::open(vault, ports.now)?;
    let about = map([("keys", spelled.clone().into())]);
    let request = ask(vault, "custodians", &about, ports.now)?;
    let mut new =
        NewEntry::new(Kind::Custodians, ports.now, [("keys", spelled.clone().into())], map([]), salt()?);
    new.cites(request);
    log.append(|_| Ok(vec![new]))?;
    Ok(spelled)
}

/// The keys of the custodians; none where none were appointed.
///
/// # Errors
/// When the log cannot be read.
pub fn custodians(vault: &Vault) -> Result<Vec<PublicKey>> {
    custodians_in(Log::of(vault)?.load()?.as_deref())
}

/// As [`custodians`], where the log was loaded before.
///
/// # Errors
/// When it is damaged.
pub fn custodians_in(state: Option<&State>) -> Result<Vec<PublicKey>> {
    state.map_or(Ok(Vec::new()), appointed)
}

fn appointed(state: &State) -> Result<Vec<PublicKey>> {
    let Some((_, entry)) = state.of_kind(Kind::Custodians).last() else { return Ok(Vec::new()) };
    let keys = entry.statement.open.get("keys").and_then(|keys| keys.list("keys", CUSTODIANS_MAX).ok());
    let read = |key: &Json| {
        key.text("a custodian").and_then(PublicKey::read).map_err(|error| Error::damaged(error.to_string()))
    };
    keys.unwrap_or_default().iter().map(read).collect()
}

/// Records a custodian's approval.
///
/// # Errors
/// When it is none, of another vault, of somebody who is no custodian, or recorded already.
pub fn approve(vault: &Vault, name: &str, bytes: &[u8], ports: &Ports) -> Result<Request> {
    let wrong = |what: String| Error::input(format!("{name}: {what}. Nothing was recorded"));
    let signed = Signed::read(bytes).map_err(|error| wrong(error.to_string()))?;
    if signed.act != Act::Approval {
        return Err(wrong("a receipt is no approval".into()));
    }
    let request = Request::read(&signed.statement).map_err(|error| wrong(error.to_string()))?;
    if !signed.holds() {
        return Err(wrong("the signature does not hold; the file was changed".into()));
    }
    let log = record::open(vault, ports.now)?;
    if request.log != log.key().public().name {
        return Err(wrong("it agrees to something in another vault".into()));
    }
    let hash = request.hash();
    let [key, signature] = signed.parts();
    let details = map([key, ("request", request.to_json()), signature]);
    let open = [("act", request.act.as_str().into()), ("request", to_hex(&hash).into())];
    let new = NewEntry::new(Kind::Approval, ports.now, open, details, salt()?);
    log.append(|state| {
        let custodians = appointed(state)?;
        if !custodians.is_empty() && !signed.key.is_among(&custodians) {
            return Err(wrong(format!("{} is no custodian of this vault", signed.key.to_text())));
        }
        match signed.key.is_among(&agreed_keys(&log, state, &hash)?) {
            true => Err(wrong("this custodian agreed before".into())),
            false => Ok(vec![new]),
        }
    })?;
    Ok(request)
}

/// Whose approvals of a request are in the log.
fn agreed_keys(log: &Log<'_>, state: &State, request: &Hash) -> Result<Vec<PublicKey>> {
    let hex = to_hex(request);
    let mut keys = Vec::new();
    for (index, _) in state.of_kind(Kind::Approval).filter(|(_, entry)| says(entry, "request", &hex)) {
        let Some((opening, _)) = log.private(&state.leaves[index])? else { continue };
        let fields = opening.details.fields("an approval", &["key", "request", "signature"], &[]);
        let key = fields.and_then(|fields| PublicKey::read(fields.text("key")?));
        keys.push(key.map_err(Error::damaged)?);
    }
    Ok(keys)
}

/// How many of those who have to agree did.
fn agreed(log: &Log<'_>, state: &State, request: &Hash, custodians: &[PublicKey]) -> Result<usize> {
    let keys = agreed_keys(log, state, request)?;
    let counted = keys.iter().filter(|key| custodians.is_empty() || key.is_among(custodians));
    Ok(counted.map(PublicKey::bytes).collect::<BTreeSet<_>>().len())
}

/// How many have to agree.
fn needed(custodians: &[PublicKey]) -> usize {
    if custodians.is_empty() { 1 } else { NEEDED }
}

/// Whom copies are for, as custodians see it beside what they sign: hidden in that, which bundles show to others.
struct For {
    holders: Json,
    hash: Hash,
}

impl For {
    fn new(vault: &Vault, roster: &Roster) -> For {
        let copies = record::ordered(roster);
        let mut names: Vec<Json> = copies
            .iter()
            .take(HOLDERS_SHOWN)
            .map(|(holder, _)| format!("{} {}", holder.id, holder.name).trim_end().into())
            .collect();
        if copies.len() > HOLDERS_SHOWN {
            names.push(format!("and {} more", copies.len() - HOLDERS_SHOWN).into());
        }
        let list = Json::List(names);
        // The same for the same list, so that a command that is given again asks for the same.
        let salt = vault.case_tag(&format!("\nholders {}", to_hex(&sha256(&[&list.to_bytes()]))));
        let holders = map([("list", list), ("salt", to_hex(&salt).into())]);
        For { hash: holders_hash(&holders), holders }
    }
}

/// The consent to an act, which was not used before; `None` where no custodians are appointed.
///
/// # Errors
/// When they did not agree yet: a request lies in the vault for them then.
pub(crate) fn ask(vault: &Vault, act: &str, about: &Json, now: i64) -> Result<Option<Hash>> {
    ask_for(vault, (act, about, None), now)
}

fn ask_for(vault: &Vault, what: (&str, &Json, Option<&For>), now: i64) -> Result<Option<Hash>> {
    let log = Log::of(vault)?;
    let Some(state) = log.load()? else { return Ok(None) };
    let custodians = appointed(&state)?;
    if custodians.is_empty() {
        return Ok(None);
    }
    asked(vault, (&log, &state), &custodians, what, now).map(Some)
}

fn asked(
    vault: &Vault,
    (log, state): (&Log<'_>, &State),
    custodians: &[PublicKey],
    (act, about, copies): (&str, &Json, Option<&For>),
    now: i64,
) -> Result<Hash> {
    let folder = vault.folder().join(FOLDER);
    let is_own = |request: &Request| {
        request.act == act && request.about == *about && !state.uses(&to_hex(&request.hash()))
    };
    let mut waiting = requests(&folder)?;
    waiting.retain(|(_, request)| is_own(request));
    let mut found = None;
    for (path, request) in waiting {
        let count = agreed(log, state, &request.hash(), custodians)?;
        if count >= needed(custodians) {
            return Ok(request.hash());
        }
        found = Some((path, count));
    }
    let (path, count) = match found {
        Some(found) => found,
        None => {
            let name = log.key().public().name.clone();
            let request =
                Request { act: act.into(), about: about.clone(), at: now, log: name, salt: salt()? };
            (write(&folder, request, copies)?, 0)
        }
    };
    let path = path.display();
    let alone = match custodians.is_empty() {
        true => {
            "No custodians are appointed: somebody else than you, who answers for it, makes a key once (tellmark-verify --new-key KEY) and signs with it. One key lets the work go on; verifiers ask for two custodians, so that what it alone agreed to stays CANNOT CHECK in a bundle, and nothing later of it is proven. "
        }
        false => "",
    };
    Err(Error::input(format!(
        "{alone}{} of {} who have to agree to this did. Give {path} to them; each signs it by\n  tellmark-verify {path} --sign KEY --out approval.json\nThen `tellmark approve approval.json`, and run this command again",
        count,
        needed(custodians)
    )))
}

/// Writes a request for custodians to sign.
fn write(folder: &Path, request: Request, copies: Option<&For>) -> Result<PathBuf> {
    std::fs::create_dir_all(folder).map_err(Error::file("cannot make the folder", folder))?;
    let path = folder.join(format!("{}-{}.json", request.act, &to_hex(&request.hash())[..12]));
    let holders = copies.map(|copies| copies.holders.clone());
    let bytes = RequestFile { request, holders }.to_bytes();
    if bytes.len() > REQUEST_BYTES_MAX {
        return Err(Error::input(
            "this needs the consent of custodians and names too much for one request; do it in parts: `tellmark copy` makes single copies again",
        ));
    }
    files::write_whole(&path, &bytes, false)?;
    Ok(path)
}

/// The requests that lie in the vault.
fn requests(folder: &Path) -> Result<Vec<(PathBuf, Request)>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let bytes = files::read_limited(&path, SIGNED_BYTES_MAX as u64)?;
        let file = RequestFile::read(&bytes).map_err(|error| {
            Error::input(format!("{} is no request ({error}); remove it", path.display()))
        })?;
        found.push((path, file.request));
    }
    Ok(found)
}

/// The requests that wait for consent, or have it and were not used yet.
///
/// # Errors
/// When they or the log cannot be read.
pub fn pending(vault: &Vault) -> Result<Vec<Pending>> {
    let requests = requests(&vault.folder().join(FOLDER))?;
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    let log = Log::of(vault)?;
    let Some(state) = log.load()? else { return Ok(Vec::new()) };
    let custodians = appointed(&state)?;
    let mut all = Vec::new();
    for (file, request) in requests {
        if !state.uses(&to_hex(&request.hash())) {
            let agreed = agreed(&log, &state, &request.hash(), &custodians)?;
            let needed = needed(&custodians);
            all.push(Pending { file, act: request.act, at: request.at, agreed, needed });
        }
    }
    Ok(all)
}

/// The consent to sealing a release, before it is recorded.
///
/// # Errors
/// As [`ask`].
pub(crate) fn seal(
    vault: &Vault,
    (file, document): (&str, &[u8]),
    roster: &Roster,
    options: &str,
    now: i64,
) -> Result<Option<Hash>> {
    let encoded = crate::vault::encode_roster(roster)?;
    let (copies, holders) = (roster.recipients.len(), For::new(vault, roster));
    let about = about_release(file, document, (copies, &holders), (options, &encoded));
    ask_for(vault, ("seal", &about, Some(&holders)), now)
}

fn about_release(
    file: &str,
    document: &[u8],
    (copies, holders): (usize, &For),
    (options, roster): (&str, &[u8]),
) -> Json {
    map([
        ("copies", count(copies)),
        ("document", to_hex(&sha256(&[document])).into()),
        ("file", file.into()),
        ("holders", to_hex(&holders.hash).into()),
        ("options", to_hex(&sha256(&[options.as_bytes(), b"\n", roster])).into()),
    ])
}

/// The consent to a batch that is recorded.
///
/// # Errors
/// As [`ask`].
pub(crate) async fn batch(vault: &Vault, release: &Release, batch: &Batch, now: i64) -> Result<Option<Hash>> {
    let roster = vault.store.blob(batch.roster).await?;
    if batch.number > 1 {
        return extend(vault, release, &roster, batch.copies as usize, now);
    }
    let document = vault.store.blob(release.document).await?;
    let options = (release.options.as_str(), roster.as_slice());
    let holders = For::new(vault, &crate::vault::decode_roster(&roster)?);
    let copies = (batch.copies as usize, &holders);
    let about = about_release(&release.file_name, &document, copies, options);
    ask_for(vault, ("seal", &about, Some(&holders)), now)
}

/// The consent to further copies.
///
/// # Errors
/// As [`ask`].
pub(crate) fn extend(
    vault: &Vault,
    release: &Release,
    roster: &[u8],
    copies: usize,
    now: i64,
) -> Result<Option<Hash>> {
    let holders = For::new(vault, &crate::vault::decode_roster(roster)?);
    let about = map([
        ("copies", count(copies)),
        ("holders", to_hex(&holders.hash).into()),
        ("options", to_hex(&sha256(&[roster])).into()),
        ("release", to_hex(&release.id.0).into()),
    ]);
    ask_for(vault, ("extend", &about, Some(&holders)), now)
}

/// The consent to making several copies of a release again.
///
/// # Errors
/// As [`ask`].
pub(crate) fn again(vault: &Vault, release: &Release, copies: &[&str], now: i64) -> Result<Option<Hash>> {
    let ids: Vec<Json> = copies.iter().map(|&id| id.into()).collect();
    let about = map([("copies", Json::List(ids)), ("release", to_hex(&release.id.0).into())]);
    ask(vault, "again", &about, now)
}

/// Whether copies are made and codewords shown by consent only.
///
/// # Errors
/// When the log cannot be read.
pub(crate) fn is_needed(vault: &Vault) -> Result<bool> {
    Ok(!custodians(vault)?.is_empty())
}

/// The consent to tracing exhibits, against one release where one is asked for.
///
/// # Errors
/// As [`ask`].
pub(crate) fn trace<'a>(
    vault: &Vault,
    exhibits: impl Iterator<Item = &'a [u8]>,
    identities: bool,
    release: Option<[u8; 8]>,
    now: i64,
) -> Result<Option<Hash>> {
    let hashes: Vec<Json> = exhibits.map(|bytes| to_hex(&sha256(&[bytes])).into()).collect();
    let mut about = vec![("exhibits", Json::List(hashes)), ("identities", Json::Bool(identities))];
    about.extend(release.map(|release| ("release", to_hex(&release).into())));
    let about = map(about);
    ask(vault, "trace", &about, now)
}

/// Refuses looks at a release beyond those that are allowed without asking.
///
/// # Errors
/// When there were as many, and nobody agreed to more.
pub(crate) fn looks(vault: &Vault, releases: impl Iterator<Item = [u8; 8]>, now: i64) -> Result<()> {
    let log = Log::of(vault)?;
    let Some(state) = log.load()? else { return Ok(()) };
    let custodians = appointed(&state)?;
    for release in releases {
        let hex = to_hex(&release);
        let next = next_look(&state, &hex);
        if next <= LOOKS_OF_RELEASE || allowed(&log, &state, &custodians, &hex, next)? {
            continue;
        }
        let until = (next - 1) / LOOKS_OF_RELEASE * LOOKS_OF_RELEASE + LOOKS_OF_RELEASE;
        let about = map([("release", hex.as_str().into()), ("until", until.into())]);
        let error = asked(vault, (&log, &state), &custodians, ("looks", &about, None), now);
        if let Err(error) = error {
            return Err(Error::input(format!(
                "{LOOKS_OF_RELEASE} looks were taken at release {hex}; looking on until somebody is named is no proof. {error}"
            )));
        }
    }
    Ok(())
}

/// The number of the next look at a release.
fn next_look(state: &State, release: &str) -> i64 {
    let own = state.of_kind(Kind::Look).filter(|(_, entry)| says(entry, "release", release));
    own.filter_map(|(_, entry)| number(entry, "count")).max().unwrap_or(0) + 1
}

/// Refuses one more look at a release, while nobody else can write the log.
///
/// # Errors
/// When there were as many as are allowed, and nobody agreed to more.
pub(crate) fn refuse_look(log: &Log<'_>, state: &State, release: &str) -> Result<()> {
    let next = next_look(state, release);
    if next <= LOOKS_OF_RELEASE || allowed(log, state, &appointed(state)?, release, next)? {
        return Ok(());
    }
    Err(Error::input(format!(
        "{LOOKS_OF_RELEASE} looks were taken at release {release} meanwhile; run this command again to ask for more"
    )))
}

/// Whether an approval is of looks at a release.
pub(crate) fn is_about(details: &Json, release: &str) -> bool {
    allows(details).is_ok_and(|(own, _)| own == release)
}

/// The release of which an approval allows looks, and how many.
fn allows(details: &Json) -> tellmark_evidence::Result<(&str, i64)> {
    let fields = details.fields("an approval", &["key", "request", "signature"], &[])?;
    let request = fields.get("request")?.fields("a request", &["about", "act", "at", "log", "salt"], &[])?;
    let about = request.get("about")?.fields("a request", &["release", "until"], &[])?;
    Ok((about.text("release")?, about.int("until")?))
}

/// Whether so many looks at a release were agreed to.
fn allowed(
    log: &Log<'_>,
    state: &State,
    custodians: &[PublicKey],
    release: &str,
    count: i64,
) -> Result<bool> {
    let mut asked = BTreeSet::new();
    for (index, entry) in state.of_kind(Kind::Approval).filter(|(_, entry)| says(entry, "act", "looks")) {
        let Some((opening, _)) = log.private(&state.leaves[index])? else { continue };
        if allows(&opening.details).is_ok_and(|(own, until)| own == release && until >= count) {
            asked.extend(text(entry, "request").and_then(from_hex_exact::<32>));
        }
    }
    for request in asked {
        if agreed(log, state, &request, custodians)? >= needed(custodians) {
            return Ok(true);
        }
    }
    Ok(false)
}
