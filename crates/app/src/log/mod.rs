//! The log of a vault: what was recorded cannot be changed or put in afterwards without being seen.
//!
//! Specified in `docs/formats/log.md`. An append is on the disk before it is acknowledged; writers take turns and
//! replace the head that they started from and no other. A log that is older than a head which a witness saw is refused.

pub(crate) mod bind;
mod disk;
pub(crate) mod record;
mod stamps;
mod view;
pub(crate) mod witness;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tellmark_evidence::entry::{ENTRY_BYTES_MAX, Envelope, Kind, Opening, Statement};
use tellmark_evidence::json::{Json, map};
use tellmark_evidence::merkle::{self, Hash, leaf_hash};
use tellmark_evidence::note::{Checkpoint, Note, Role, SecretKey};
use tellmark_evidence::tile::{self, Level, WIDTH};

pub use disk::{Disk, Real};
pub use stamps::{Stamp, attach, request};
pub use view::{Line, View, shown, view};
pub use witness::{Witnessed, witness};

use crate::{Error, Result, Vault};
use disk::Puts;

const FOLDER: &str = "log";
const CHECKPOINT: &str = "checkpoint";
const SEEN: &str = "seen";
const STAMPED: &str = "stamped";
const PRIVATE: &str = "private";
const LOCK: &str = "lock";
/// Where the witness that was asked last keeps what it saw.
const WITNESS: &str = "witness";
/// Beside the keys: that a log was begun. Without it a log that was removed would be begun anew, and nobody told.
const BEGUN: &str = "log.begun";

/// A log on a disk.
pub struct Log<'d> {
    folder: PathBuf,
    /// The folder in which it is marked as begun; `None` for a log without a vault.
    marked: Option<PathBuf>,
    key: SecretKey,
    disk: &'d dyn Disk,
    last: Arc<Last>,
}

/// What a process read of a log last, and checked: entries are never changed, so that only new ones are read again.
#[derive(Debug, Default)]
pub(crate) struct Last(Mutex<Option<Arc<State>>>);

impl Last {
    fn get(&self) -> Option<Arc<State>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, state: Option<Arc<State>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

impl std::fmt::Debug for Log<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Log({})", self.folder.display())
    }
}

/// An entry to be appended.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// What is said.
    pub statement: Statement,
    /// What it commits to.
    pub opening: Opening,
    /// What is kept beside that, for example the seeds of a release's copies.
    pub more: Json,
}

impl NewEntry {
    /// An entry with fresh salt.
    pub fn new<const N: usize>(
        kind: Kind,
        at: i64,
        open: [(&str, Json); N],
        details: Json,
        salt: [u8; 32],
    ) -> NewEntry {
        let opening = Opening { salt, details };
        NewEntry { statement: Statement::new(kind, at, open, opening.sealed()), opening, more: map([]) }
    }

    /// Names the request to which custodians agreed, where they were asked.
    pub fn cites(&mut self, request: Option<Hash>) {
        if let Some(request) = request {
            let hex = tellmark_evidence::encode::to_hex(&request);
            self.statement.open.insert("request".into(), hex.into());
        }
    }
}

/// What the log holds.
#[derive(Debug, Clone)]
pub struct State {
    /// The head, as it lies on the disk.
    pub note: Note,
    /// What it says.
    pub head: Checkpoint,
    /// The hashes of all entries.
    pub leaves: Vec<Hash>,
    /// The entries.
    pub entries: Vec<Arc<Envelope>>,
}

impl State {
    /// Whether an entry was made by the consent to a request, by its hash in hexadecimal.
    pub(crate) fn uses(&self, request: &str) -> bool {
        self.entries.iter().any(|entry| consent_of(&entry.statement) == Some(request))
    }

    /// An entry by its number, which is one of the log's.
    pub(crate) fn entry(&self, index: usize) -> &Envelope {
        &self.entries[index]
    }

    /// The entries of a kind, with their numbers.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (usize, &Envelope)> {
        let entries = self.entries.iter().map(|entry| &**entry).enumerate();
        entries.filter(move |(_, entry)| entry.statement.kind == kind)
    }
}

/// The request whose consent an entry uses; an approval only gives it.
fn consent_of(statement: &Statement) -> Option<&str> {
    let request = statement.open.get("request").filter(|_| statement.kind != Kind::Approval);
    request.and_then(|request| request.text("a request").ok())
}

/// A text that an entry says.
pub(crate) fn text<'e>(envelope: &'e Envelope, name: &str) -> Option<&'e str> {
    envelope.statement.open.get(name).and_then(|value| value.text(name).ok())
}

/// Whether an entry says this under a name.
pub(crate) fn says(envelope: &Envelope, name: &str, value: &str) -> bool {
    text(envelope, name) == Some(value)
}

/// A number that an entry says.
pub(crate) fn number(envelope: &Envelope, name: &str) -> Option<i64> {
    match envelope.statement.open.get(name) {
        Some(Json::Int(number)) => Some(*number),
        _ => None,
    }
}

impl<'d> Log<'d> {
    /// The log of a vault, whether or not it is there.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn of(vault: &Vault) -> Result<Log<'static>> {
        let log = Log::new(&vault.folder().join(FOLDER), vault.log_key()?, &Real);
        Ok(Log { marked: Some(vault.keys_folder()), last: vault.log.clone(), ..log })
    }

    /// A log in a folder.
    pub fn new(folder: &Path, key: SecretKey, disk: &'d dyn Disk) -> Log<'d> {
        Log { folder: folder.into(), marked: None, key, disk, last: Arc::default() }
    }

    /// The key that signs it.
    pub fn key(&self) -> &SecretKey {
        &self.key
    }

    fn failed(&self, action: &'static str) -> impl FnOnce(std::io::Error) -> Error + use<> {
        let path = self.folder.clone();
        move |source| Error::File { action, path, source }
    }

    /// What the log holds, which is there.
    ///
    /// # Errors
    /// As [`Log::load`], and when there is none.
    pub(crate) fn existing(&self) -> Result<Arc<State>> {
        self.load()?.ok_or_else(|| Error::damaged("the log is missing"))
    }

    /// Makes the log where there is none.
    ///
    /// # Errors
    /// When it cannot be written, or is damaged.
    pub fn create(&self, first: impl FnOnce() -> Result<Vec<NewEntry>>) -> Result<()> {
        // What is there is read and checked when it is used.
        if self.head()?.is_some() || self.load()?.is_some() {
            return Ok(());
        }
        self.disk.make_folder(&self.folder).map_err(self.failed("cannot make the folder"))?;
        if let Some(above) = self.folder.parent() {
            self.disk.sync_folder(above).map_err(self.failed("cannot sync"))?;
        }
        let first = first()?;
        self.write(|state| match state {
            None => Ok(first),
            Some(_) => Ok(Vec::new()),
        })?;
        Ok(())
    }

    /// Appends what follows from what is there. Returns the numbers of the entries, which are on the disk.
    ///
    /// # Errors
    /// When there is no log, it is damaged or older than a witness saw it, or it cannot be written. Then nothing was
    /// appended, or what was is not lost.
    pub fn append(&self, new: impl FnOnce(&State) -> Result<Vec<NewEntry>>) -> Result<Vec<u64>> {
        self.write(|state| match state {
            Some(state) => new(state),
            None => Err(Error::damaged("the log is missing")),
        })
    }

    fn write(&self, new: impl FnOnce(Option<&State>) -> Result<Vec<NewEntry>>) -> Result<Vec<u64>> {
        let _turn = self.disk.lock(&self.folder.join(LOCK)).map_err(self.failed("cannot lock"))?;
        let before = self.head()?;
        let state = self.load()?;
        let new = new(state.as_deref())?;
        refuse_used(state.as_deref(), &new)?;
        let (mut leaves, mut bytes) = match &state {
            Some(state) => (state.leaves.clone(), self.last_bundle(&state.leaves)?),
            None => Default::default(),
        };
        if new.is_empty() && state.is_some() {
            return Ok(Vec::new());
        }
        let old = leaves.len() as u64;
        let mut puts = Puts::new(self.disk);
        let cannot = || self.failed("cannot write the log");
        for NewEntry { statement, opening, more } in new {
            let entry = Envelope::sign(statement, &self.key).to_bytes();
            if entry.len() > ENTRY_BYTES_MAX {
                return Err(Error::damaged("an entry of the log is too long"));
            }
            let leaf = leaf_hash(&entry);
            let private = map([("more", more), ("opening", opening.to_json())]);
            let name = format!("{PRIVATE}/{}", tellmark_evidence::encode::to_hex(&leaf));
            puts.put(&self.folder, &name, &private.to_bytes()).map_err(cannot())?;
            leaves.push(leaf);
            bytes.push(entry);
        }
        let size = leaves.len() as u64;
        for (level, number, width) in tile::changed(old, size) {
            let tile = match level {
                Level::Hashes(level) => tile::hashes(&leaves, level, number, width),
                Level::Entries => {
                    let from = (number * WIDTH - old / WIDTH * WIDTH) as usize;
                    tile::entries_to_bytes(&bytes[from..from + width as usize]).map_err(Error::damaged)?
                }
            };
            puts.put(&self.folder, &tile::path(level, number, width), &tile).map_err(cannot())?;
        }
        puts.sync().map_err(cannot())?;
        let origin = self.key.public().name.clone();
        let head = Note::of(&Checkpoint { origin, size, root: merkle::root(&leaves) }, &self.key);
        self.replace_head(before.as_deref(), &head)?;
        self.mark()?;
        self.prune(old, size);
        Ok((old..size).collect())
    }

    /// Remembers outside of the log's own folder that it was begun.
    fn mark(&self) -> Result<()> {
        let Some(folder) = &self.marked else { return Ok(()) };
        if self.disk.read(&folder.join(BEGUN)).map_err(self.failed("cannot read"))?.is_some() {
            return Ok(());
        }
        let cannot = || Error::file("cannot write into", folder);
        let mut put = Puts::new(self.disk);
        let name = &self.key.public().name;
        put.put(folder, BEGUN, format!("{name}\n").as_bytes()).map_err(cannot())?;
        put.sync().map_err(cannot())
    }

    /// There is no head: no log was begun yet, or it is missing.
    fn missing(&self) -> Result<Option<Arc<State>>> {
        if let Some((size, _)) = self.seen()?.last() {
            return Err(older(0, *size));
        }
        let marked = match &self.marked {
            Some(folder) => self.disk.read(&folder.join(BEGUN)).map_err(self.failed("cannot read"))?,
            None => None,
        };
        match marked {
            None => Ok(None),
            Some(_) => Err(Error::input(
                "this vault's log is missing: it was begun, and is not there any more. Nothing was done. Restore the newest backup",
            )),
        }
    }

    /// Puts a head in the place of the one that was there; compared, then swapped.
    fn replace_head(&self, before: Option<&[u8]>, head: &Note) -> Result<()> {
        if self.head()?.as_deref() != before {
            return Err(Error::damaged(
                "another program wrote the log at the same time without taking turns",
            ));
        }
        let cannot = || self.failed("cannot write the log");
        let mut put = Puts::new(self.disk);
        put.put(&self.folder, CHECKPOINT, head.to_text().as_bytes()).map_err(cannot())?;
        put.sync().map_err(cannot())
    }

    /// Removes partial tiles that larger ones have taken the place of. It may fail: they do not hurt.
    fn prune(&self, old: u64, size: u64) {
        for (level, number, width) in tile::changed(0, old).into_iter().filter(|(.., width)| *width < WIDTH) {
            if tile::changed(old, size).iter().any(|(l, n, w)| (*l, *n) == (level, number) && *w > width) {
                let _ = self.disk.remove(&self.folder.join(tile::path(level, number, width)));
            }
        }
    }

    fn head(&self) -> Result<Option<Vec<u8>>> {
        self.disk.read(&self.folder.join(CHECKPOINT)).map_err(self.failed("cannot read the log"))
    }

    fn read(&self, name: &str) -> Result<Vec<u8>> {
        let found = self.disk.read(&self.folder.join(name)).map_err(self.failed("cannot read the log"))?;
        found.ok_or_else(|| Error::damaged(format!("the log lacks {name}")))
    }

    /// The entries of the last bundle, where it is not full; these are the leaves of the log.
    fn last_bundle(&self, leaves: &[Hash]) -> Result<Vec<Vec<u8>>> {
        let size = leaves.len() as u64;
        match size % WIDTH {
            0 => Ok(Vec::new()),
            width => self.bundle(size / WIDTH, width, &leaves[(size - width) as usize..]),
        }
    }

    /// A bundle of entries, the first of which have these hashes.
    fn bundle(&self, number: u64, width: u64, known: &[Hash]) -> Result<Vec<Vec<u8>>> {
        let bytes = self.read(&tile::path(Level::Entries, number, width))?;
        let bundle = tile::entries_from_bytes(&bytes).map_err(Error::damaged)?;
        if bundle.len() as u64 != width {
            return Err(Error::damaged("a bundle of the log's entries has another size"));
        }
        match bundle.iter().zip(known).all(|(entry, leaf)| leaf_hash(entry) == *leaf) {
            true => Ok(bundle),
            false => Err(Error::damaged("the log's entries are not those of its head")),
        }
    }

    /// What the log holds, checked against its head; `None` where there is none. What this process read before is not read
    /// again.
    ///
    /// # Errors
    /// When it is damaged, or older than a head that a witness saw.
    pub fn load(&self) -> Result<Option<Arc<State>>> {
        let mut head = self.head()?;
        loop {
            let Some(read) = head else {
                return self.missing();
            };
            match self.load_of(&read) {
                // Whoever appends takes smaller tiles away: what lacks was not lost if the log has grown meanwhile.
                Err(error) => {
                    let now = self.head()?;
                    if now.as_deref() == Some(read.as_slice()) {
                        return Err(error);
                    }
                    head = now;
                }
                Ok(state) => return Ok(Some(state)),
            }
        }
    }

    /// What the log holds, for whoever only shows it: what was read last while its head is the same, and otherwise as
    /// [`Log::load`].
    fn shown(&self) -> Result<Option<Arc<State>>> {
        match (self.last.get(), self.head()?) {
            (Some(last), Some(head)) if last.note.to_text().as_bytes() == head => Ok(Some(last)),
            _ => self.load(),
        }
    }

    /// What the log held when this was its head.
    fn load_of(&self, head: &[u8]) -> Result<Arc<State>> {
        let last = self.last.get();
        let grown = last.as_ref().map(|last| self.grown(Some(last), head));
        let state = match grown {
            Some(Ok(state)) => state,
            // It is another log, or damaged; which, all of it says.
            _ => self.grown(None, head)?,
        };
        self.refuse_older(&state)?;
        self.last.set(Some(state.clone()));
        Ok(state)
    }

    /// The log of this head, which grew from the one that was read before, if one was.
    fn grown(&self, last: Option<&Arc<State>>, head: &[u8]) -> Result<Arc<State>> {
        if let Some(last) = last.filter(|last| last.note.to_text().as_bytes() == head) {
            return Ok(last.clone());
        }
        let note = std::str::from_utf8(head).map_err(|_| Error::damaged("the log's head is no text"))?;
        let note = Note::read(note).map_err(Error::damaged)?;
        let head = note.checkpoint().map_err(Error::damaged)?;
        if !note.is_signed_by(self.key.public()).map_err(Error::damaged)? {
            return Err(Error::damaged("the log's head is not signed by this vault's key"));
        }
        let (mut leaves, mut entries) =
            last.map(|last| (last.leaves.clone(), last.entries.clone())).unwrap_or_default();
        let known = leaves.len() as u64;
        if known > head.size {
            return Err(Error::damaged("the log is shorter than it was"));
        }
        let from = if known == head.size { head.size.div_ceil(WIDTH) } else { known / WIDTH };
        for number in from..head.size.div_ceil(WIDTH) {
            let begin = number * WIDTH;
            let had = leaves[begin as usize..].to_vec();
            for entry in self.bundle(number, (head.size - begin).min(WIDTH), &had)?.iter().skip(had.len()) {
                leaves.push(leaf_hash(entry));
                entries.push(Arc::new(Envelope::read(entry).map_err(Error::damaged)?));
            }
        }
        if merkle::root(&leaves) != head.root {
            return Err(Error::damaged("the log's entries are not those of its head"));
        }
        Ok(Arc::new(State { note, head, leaves, entries }))
    }

    /// Heads that witnesses cosigned, by their sizes.
    pub fn seen(&self) -> Result<Vec<(u64, Note)>> {
        self.heads(SEEN, "")
    }

    /// Heads that lie in a folder, by their sizes, which are their names before this ending.
    fn heads(&self, folder: &str, ending: &str) -> Result<Vec<(u64, Note)>> {
        let names = self.disk.list(&self.folder.join(folder)).map_err(self.failed("cannot read the log"))?;
        let mut heads = Vec::new();
        for name in names {
            let size = name.strip_suffix(ending).and_then(|size| size.parse::<u64>().ok());
            let Some(size) = size else { continue };
            let text = String::from_utf8(self.read(&format!("{folder}/{name}"))?).map_err(Error::damaged)?;
            heads.push((size, Note::read(&text).map_err(Error::damaged)?));
        }
        heads.sort_by_key(|(size, _)| *size);
        Ok(heads)
    }

    /// A vault that was restored from an old backup, or a log that was rewritten, must not grow on.
    fn refuse_older(&self, state: &State) -> Result<()> {
        let mut seen = self.seen()?;
        seen.extend(self.seen_by_witness()?);
        for (size, note) in seen {
            let head = note.checkpoint().map_err(Error::damaged)?;
            if head.size != size || head.origin != state.head.origin {
                continue;
            }
            if size > state.head.size {
                return Err(older(state.head.size, size));
            }
            if merkle::root(&state.leaves[..size as usize]) != head.root {
                return Err(Error::damaged(format!(
                    "the log is not the one of which a witness saw {size} entries"
                )));
            }
        }
        Ok(())
    }

    /// The folder of the witness that was asked last.
    fn witness_folder(&self) -> Result<Option<PathBuf>> {
        let found = self.disk.read(&self.folder.join(WITNESS)).map_err(self.failed("cannot read"))?;
        let text = found.and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(text.map(|text| PathBuf::from(text.trim_end())))
    }

    /// What the witness that was asked last has seen, where its folder can be read.
    fn seen_by_witness(&self) -> Result<Option<(u64, Note)>> {
        let Some(folder) = self.witness_folder()? else { return Ok(None) };
        let note = witness::last_seen(&folder, &self.key.public().name)?;
        Ok(note.and_then(|note| Some((note.checkpoint().ok()?.size, note))))
    }

    /// What an entry committed to, and what is kept beside it; `None` where that was erased.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn private(&self, leaf: &Hash) -> Result<Option<(Opening, Json)>> {
        let name = format!("{PRIVATE}/{}", tellmark_evidence::encode::to_hex(leaf));
        let found = self.disk.read(&self.folder.join(name)).map_err(self.failed("cannot read the log"))?;
        let Some(bytes) = found else { return Ok(None) };
        let json = Json::read(&bytes).map_err(Error::damaged)?;
        let fields = json.fields("a private file", &["more", "opening"], &[]).map_err(Error::damaged)?;
        let get = |name: &str| fields.get(name).map_err(Error::damaged);
        Ok(Some((Opening::read(get("opening")?).map_err(Error::damaged)?, get("more")?.clone())))
    }

    /// Erases what some entries committed to, so that nobody can tell any more whom they were about. Returns how many.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub(crate) fn erase(&self, which: impl Fn(&Envelope) -> bool) -> Result<usize> {
        let _turn = self.disk.lock(&self.folder.join(LOCK)).map_err(self.failed("cannot lock"))?;
        let Some(state) = self.load()? else { return Ok(0) };
        let mut erased = 0;
        for (leaf, _) in state.leaves.iter().zip(&state.entries).filter(|(_, entry)| which(entry)) {
            let path = self.folder.join(PRIVATE).join(tellmark_evidence::encode::to_hex(leaf));
            if self.disk.read(&path).map_err(self.failed("cannot read the log"))?.is_some() {
                self.disk.remove(&path).map_err(self.failed("cannot erase"))?;
                erased += 1;
            }
        }
        Ok(erased)
    }

    /// All files of the log, for a backup, by their names below its folder; none where there is no log.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(crate) fn files(&self) -> Result<Vec<(String, Vec<u8>)>> {
        if self.head()?.is_none() && self.missing()?.is_none() {
            return Ok(Vec::new());
        }
        let _turn = self.disk.lock(&self.folder.join(LOCK)).map_err(self.failed("cannot lock"))?;
        let Some(state) = self.load()? else { return Ok(Vec::new()) };
        let tiles = tile::changed(0, state.head.size).into_iter();
        let mut names: Vec<String> =
            tiles.map(|(level, number, width)| tile::path(level, number, width)).collect();
        for folder in [SEEN, STAMPED, PRIVATE] {
            let found =
                self.disk.list(&self.folder.join(folder)).map_err(self.failed("cannot read the log"))?;
            names.extend(
                found.iter().filter(|name| !name.starts_with('.')).map(|name| format!("{folder}/{name}")),
            );
        }
        // Also where its witness is: a restored vault asks it whether it saw more.
        if self.witness_folder()?.is_some() {
            names.push(WITNESS.to_owned());
        }
        names.push(CHECKPOINT.to_owned());
        let mut files = Vec::new();
        for name in names {
            files.push((name.clone(), self.read(&name)?));
        }
        Ok(files)
    }

    /// Keeps a head that a witness cosigned.
    fn keep_seen(&self, before: &Note, cosigned: &Note, witness: &Path) -> Result<()> {
        let _turn = self.disk.lock(&self.folder.join(LOCK)).map_err(self.failed("cannot lock"))?;
        let cannot = || self.failed("cannot write the log");
        let size = cosigned.checkpoint().map_err(Error::damaged)?.size;
        let mut puts = Puts::new(self.disk);
        puts.put(&self.folder, &format!("{SEEN}/{size}"), cosigned.to_text().as_bytes()).map_err(cannot())?;
        puts.put(&self.folder, WITNESS, witness.display().to_string().as_bytes()).map_err(cannot())?;
        // The head itself, unless the log has grown meanwhile.
        if self.head()?.as_deref() == Some(before.to_text().as_bytes()) {
            puts.put(&self.folder, CHECKPOINT, cosigned.to_text().as_bytes()).map_err(cannot())?;
        }
        puts.sync().map_err(cannot())
    }
}

/// Puts files from a backup into a new vault.
///
/// # Errors
/// When a name is none of a log's, or they cannot be written.
pub(crate) fn restore(folder: &Path, keys: &Path, files: &[(String, Vec<u8>)]) -> Result<()> {
    let cannot = || Error::file("cannot write the log", folder);
    if files.is_empty() {
        return Ok(());
    }
    Real.make_folder(folder).map_err(cannot())?;
    let mut puts = Puts::new(&Real);
    for (name, bytes) in files {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
        let is_plain = |part: &str| !part.is_empty() && !part.starts_with('.') && part.bytes().all(is_letter);
        if !name.split('/').all(is_plain) {
            return Err(Error::input(format!("the backup names a file {name:?} that no log has")));
        }
        puts.put(folder, name, bytes).map_err(cannot())?;
    }
    puts.sync().map_err(cannot())?;
    let mut mark = Puts::new(&Real);
    mark.put(keys, BEGUN, b"restored\n").map_err(cannot())?;
    mark.sync().map_err(cannot())
}

/// One consent serves one act: the entries of one append, and none after them.
fn refuse_used(state: Option<&State>, new: &[NewEntry]) -> Result<()> {
    let is_used = |request: &str| state.is_some_and(|state| state.uses(request));
    match new.iter().filter_map(|entry| consent_of(&entry.statement)).any(is_used) {
        true => Err(Error::input(
            "what custodians agreed to was done by another command meanwhile; nothing more was done. Run this command again to ask them anew",
        )),
        false => Ok(()),
    }
}

/// The key of a log, named by its own hash.
pub(crate) fn signer(seed: &[u8; 32]) -> Result<SecretKey> {
    SecretKey::named_by_hash("log", Role::Log, seed).map_err(Error::damaged)
}

fn older(size: u64, seen: u64) -> Error {
    Error::input(format!(
        "this vault's log has {size} entries, and a witness saw {seen}: the vault is an old copy, or entries were removed. Nothing was done. Restore the newest backup"
    ))
}
