//! The log under loss of power at every step, under two writers, and in a hurry.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use tellmark_app::log::{Disk, Log, NewEntry, Real};
use tellmark_evidence::entry::{Envelope, Kind};
use tellmark_evidence::json::{Json, map};
use tellmark_evidence::merkle::{Hash, consistency, is_consistent};
use tellmark_evidence::note::{Checkpoint, Role, SecretKey};

const ROOT: &str = "/vault/log";

fn key() -> SecretKey {
    SecretKey::new("tellmark-log/test", Role::Log, &[1; 32]).unwrap()
}

fn entry(number: u32) -> NewEntry {
    let open = [("release", format!("{number:016x}").as_str().into())];
    NewEntry::new(Kind::Withdrawal, number.into(), open, map([]), [number as u8; 32])
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % most.max(1)
    }
}

/// A disk whose power goes at a step. What was not synced is then there, or not, or in part, each by chance.
struct Failing(Mutex<State>);

#[derive(Default, Clone)]
struct State {
    /// What programs see: files by name, and their bytes by number.
    names: BTreeMap<PathBuf, usize>,
    folders: BTreeSet<PathBuf>,
    bytes: Vec<Vec<u8>>,
    /// What is on the disk for sure.
    kept_names: BTreeMap<PathBuf, usize>,
    kept_folders: BTreeSet<PathBuf>,
    kept_bytes: Vec<Vec<u8>>,
    steps: u64,
    fails_at: u64,
}

impl Failing {
    fn new(fails_at: u64) -> Failing {
        let folders = BTreeSet::from([PathBuf::from("/vault")]);
        Failing(Mutex::new(State {
            folders: folders.clone(),
            kept_folders: folders,
            fails_at,
            ..State::default()
        }))
    }

    fn step(&self) -> std::io::Result<std::sync::MutexGuard<'_, State>> {
        let mut state = self.0.lock().unwrap();
        state.steps += 1;
        match state.steps > state.fails_at {
            true => Err(Error::other("the power is gone")),
            false => Ok(state),
        }
    }

    fn steps(&self) -> u64 {
        self.0.lock().unwrap().steps
    }

    /// The disk after the power came back.
    fn after(&self, seed: u64) -> Failing {
        let state = self.0.lock().unwrap().clone();
        let mut random = Random(seed);
        let mut bytes = state.kept_bytes.clone();
        for (number, seen) in state.bytes.iter().enumerate() {
            if bytes[number] != *seen {
                bytes[number] = match random.below(4) {
                    0 => bytes[number].clone(),
                    1 => seen.clone(),
                    2 => seen[..random.below(seen.len() as u64 + 1) as usize].to_vec(),
                    // Blocks that were never written read as nothing.
                    _ => vec![0; seen.len()],
                };
            }
        }
        let mut names = state.kept_names.clone();
        let all: BTreeSet<&PathBuf> = state.names.keys().chain(state.kept_names.keys()).collect();
        for path in all {
            // Each change of a name by itself: their order is not the one in which they were made.
            if state.names.get(path) != state.kept_names.get(path) && random.below(2) == 0 {
                match state.names.get(path) {
                    Some(number) => drop(names.insert(path.clone(), *number)),
                    None => drop(names.remove(path)),
                }
            }
        }
        let mut folders = state.kept_folders.clone();
        folders.extend(state.folders.iter().filter(|_| random.below(2) == 0).cloned());
        let is_reached = |path: &Path| {
            path.ancestors()
                .skip(1)
                .take_while(|above| above.starts_with("/vault"))
                .all(|above| folders.contains(above))
        };
        names.retain(|path, _| is_reached(path));
        let reached: BTreeSet<PathBuf> = folders
            .iter()
            .filter(|folder| *folder == Path::new("/vault") || is_reached(folder))
            .cloned()
            .collect();
        Failing(Mutex::new(State {
            names: names.clone(),
            kept_names: names,
            folders: reached.clone(),
            kept_folders: reached,
            kept_bytes: bytes.clone(),
            bytes,
            steps: 0,
            fails_at: u64::MAX,
        }))
    }
}

impl Disk for Failing {
    fn read(&self, path: &Path) -> std::io::Result<Option<Vec<u8>>> {
        let state = self.0.lock().unwrap();
        Ok(state.names.get(path).map(|number| state.bytes[*number].clone()))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let mut state = self.step()?;
        if !path.parent().is_some_and(|folder| state.folders.contains(folder)) {
            return Err(ErrorKind::NotFound.into());
        }
        match state.names.get(path).copied() {
            Some(number) => state.bytes[number] = bytes.to_vec(),
            None => {
                let number = state.bytes.len();
                state.bytes.push(bytes.to_vec());
                state.kept_bytes.push(Vec::new());
                state.names.insert(path.into(), number);
            }
        }
        Ok(())
    }

    fn sync(&self, path: &Path) -> std::io::Result<()> {
        let mut state = self.step()?;
        let number = *state.names.get(path).ok_or(ErrorKind::NotFound)?;
        state.kept_bytes[number] = state.bytes[number].clone();
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> std::io::Result<()> {
        let mut state = self.step()?;
        let number = state.names.remove(from).ok_or(ErrorKind::NotFound)?;
        state.names.insert(to.into(), number);
        Ok(())
    }

    fn make_folder(&self, path: &Path) -> std::io::Result<bool> {
        let mut state = self.step()?;
        Ok(state.folders.insert(path.into()))
    }

    fn sync_folder(&self, path: &Path) -> std::io::Result<()> {
        let mut state = self.step()?;
        let is_in = |other: &Path| other.parent() == Some(path);
        let State { names, kept_names, folders, kept_folders, .. } = &mut *state;
        kept_names.retain(|other, _| !is_in(other));
        kept_names.extend(names.iter().filter(|(other, _)| is_in(other)).map(|(p, n)| (p.clone(), *n)));
        kept_folders.extend(folders.iter().filter(|other| is_in(other)).cloned());
        Ok(())
    }

    fn remove(&self, path: &Path) -> std::io::Result<()> {
        self.step()?.names.remove(path);
        Ok(())
    }

    fn list(&self, folder: &Path) -> std::io::Result<Vec<String>> {
        let state = self.0.lock().unwrap();
        let names = state.names.keys().filter(|path| path.parent() == Some(folder));
        Ok(names.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }

    fn lock(&self, _: &Path) -> std::io::Result<Box<dyn Send>> {
        Ok(Box::new(()))
    }
}

/// Appends in batches of these sizes until something fails; returns what was acknowledged.
fn write(disk: &Failing, sizes: &[u32]) -> Option<(Checkpoint, Vec<Hash>)> {
    let log = Log::new(Path::new(ROOT), key(), disk);
    log.create(|| Ok(vec![entry(0)])).ok()?;
    let acknowledged = || log.load().unwrap().map(|state| (state.head.clone(), state.leaves.clone()));
    let mut known = acknowledged();
    let mut next = 1;
    for &size in sizes {
        let new: Vec<NewEntry> = (next..next + size).map(entry).collect();
        next += size;
        if log.append(|_| Ok(new)).is_err() {
            break;
        }
        known = acknowledged();
    }
    known
}

#[test]
fn no_acknowledged_entry_is_lost_and_the_log_never_forks() {
    let sizes = [1, 2, 250, 3, 1, 4];
    let whole = Failing::new(u64::MAX);
    write(&whole, &sizes).unwrap();
    let steps = whole.steps();
    assert!(steps > 700, "{steps}");
    let mut lost_power = 0;
    for fails_at in (0..steps).filter(|step| step % 7 == 0 || *step < 60 || *step + 120 > steps) {
        let disk = Failing::new(fails_at);
        let acknowledged = write(&disk, &sizes);
        for seed in 0..3 {
            lost_power += 1;
            let after = disk.after(seed * 1000 + fails_at);
            let log = Log::new(Path::new(ROOT), key(), &after);
            let state = log.load().unwrap_or_else(|error| panic!("step {fails_at}, seed {seed}: {error}"));
            let (size, root) = match (&acknowledged, &state) {
                (None, _) => continue,
                (Some((head, _)), Some(state)) => {
                    let proof = consistency(&state.leaves, head.size as usize);
                    assert!(
                        is_consistent(head.size, &head.root, state.head.size, &state.head.root, &proof),
                        "step {fails_at}, seed {seed}"
                    );
                    (head.size, head.root)
                }
                (Some(_), None) => panic!("step {fails_at}, seed {seed}: the log is gone"),
            };
            // It goes on from there.
            log.append(|_| Ok((900..905).map(entry).collect())).unwrap();
            let state = log.load().unwrap().unwrap();
            let proof = consistency(&state.leaves, size as usize);
            assert!(is_consistent(size, &root, state.head.size, &state.head.root, &proof));
        }
    }
    assert!(lost_power > 600, "{lost_power}");
}

#[test]
fn two_writers_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    Log::new(&path, key(), &Real).create(|| Ok(vec![entry(0)])).unwrap();
    let add = |from: u32| {
        let log = Log::new(&path, key(), &Real);
        (from..from + 40).for_each(|number| drop(log.append(|_| Ok(vec![entry(number)])).unwrap()));
    };
    std::thread::scope(|scope| {
        scope.spawn(|| add(100));
        scope.spawn(|| add(200));
    });
    let state = Log::new(&path, key(), &Real).load().unwrap().unwrap();
    assert_eq!(state.entries.len(), 81);
    let number = |entry: &Envelope| match entry.statement.open.get("release") {
        Some(Json::Text(release)) => i64::from_str_radix(release, 16).unwrap(),
        _ => panic!("an entry without a release"),
    };
    let mut seen: Vec<i64> = state.entries.iter().map(|entry| number(entry)).collect();
    let (one, other): (Vec<i64>, Vec<i64>) = seen.iter().skip(1).partition(|at| **at < 200);
    assert!(one.is_sorted() && other.is_sorted());
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 81);
}

#[test]
fn who_reads_while_another_writes_sees_a_whole_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    Log::new(&path, key(), &Real).create(|| Ok(vec![entry(0)])).unwrap();
    let ended = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let (log, mut size) = (Log::new(&path, key(), &Real), 0);
                    while !ended.load(std::sync::atomic::Ordering::Relaxed) {
                        // Tiles that were taken away meanwhile are no damage.
                        let state = log.load().unwrap().unwrap();
                        assert!(state.head.size >= size);
                        size = state.head.size;
                    }
                })
            })
            .collect();
        let log = Log::new(&path, key(), &Real);
        (1..150).for_each(|number| drop(log.append(|_| Ok(vec![entry(number)])).unwrap()));
        ended.store(true, std::sync::atomic::Ordering::Relaxed);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
}

#[test]
fn damage_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = Log::new(&path, key(), &Real);
    log.create(|| Ok((0..5).map(entry).collect())).unwrap();
    for file in ["checkpoint", "tile/entries/000.p/5"] {
        let file = path.join(file);
        let whole = std::fs::read(&file).unwrap();
        for at in 0..whole.len() {
            let mut other = whole.clone();
            other[at] ^= 1;
            std::fs::write(&file, &other).unwrap();
            assert!(log.load().is_err(), "{} byte {at}", file.display());
        }
        std::fs::write(&file, &whole).unwrap();
    }
    assert_eq!(log.load().unwrap().unwrap().entries.len(), 5);
    let other = SecretKey::new("tellmark-log/test", Role::Log, &[2; 32]).unwrap();
    assert!(Log::new(&path, other, &Real).load().is_err());
}

/// `cargo test --release -p tellmark-app --test it appends -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
fn appends_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::new(&folder.path().join("log"), key(), &Real);
    log.create(|| Ok(vec![entry(0)])).unwrap();
    for batch in [1, 10, 100, 1000] {
        let (started, mut next) = (Instant::now(), 0);
        while next < 1000.min(batch * 50) {
            log.append(|_| Ok((next..next + batch).map(entry).collect())).unwrap();
            next += batch;
        }
        println!("batches of {batch}: {:.0} a second", f64::from(next) / started.elapsed().as_secs_f64());
    }
}
