//! How long the ledger takes, beside what the disk alone takes for the same bytes.
//!
//! `cargo bench -p tellmark-store`; the ledgers are SQLite files in the system's folder for temporary files
//! (choose another with TMPDIR), and `synced_file` writes to the same place.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark that cannot go on has failed")]

use std::cell::Cell;
use std::fs::File;
use std::io::{Read as _, Write as _};

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use tellmark_core::{Hash, LineageId, ReleaseId};
use tellmark_store::{NewBatch, NewRelease, Store, sqlite_url};
use tempfile::TempDir;
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

const TEXT_BYTES: usize = 6_000;
const TEMPLATE_BYTES: usize = 20_000;

struct Ledger {
    runtime: Runtime,
    store: Store,
    url: String,
    _folder: TempDir,
}

impl Ledger {
    fn new() -> Ledger {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let url = sqlite_url(&folder.path().join("ledger.sqlite")).unwrap();
        let store = runtime.block_on(Store::create(&url)).unwrap();
        Ledger { runtime, store, url, _folder: folder }
    }

    fn record(&self, number: u64, roster: &[u8], copies: u64) -> ReleaseId {
        let nonce = Hash::of(&number.to_le_bytes()).0;
        let text = text(number);
        let template = template(number);
        let fingerprint = Hash::of(&nonce);
        let release = NewRelease {
            id: ReleaseId::from_nonce(&nonce),
            lineage: LineageId(number.to_be_bytes()),
            new_lineage: Some(fingerprint),
            after: None,
            revises: None,
            name: "memorandum",
            file_name: "memorandum.txt",
            format: "text",
            nonce,
            document: text.as_bytes(),
            text: &text,
            prose: text.as_bytes(),
            marking: &template,
            template: &template,
            options: "{}",
            fingerprint,
            alpha: "1e-6",
            derivation_version: 1,
            reader_version: 1,
            created_at: 0,
            batch: NewBatch { after: None, roster, copies, fingerprint, created_at: 0 },
            public_sites: &[],
            public_elsewhere: &[],
        };
        self.runtime.block_on(self.store.record_release(&release)).unwrap().into_inner().id
    }
}

fn text(number: u64) -> String {
    let line = format!("Paragraph {number} of the memorandum says what both sides had agreed before.\n");
    line.chars().cycle().take(TEXT_BYTES).collect()
}

fn template(number: u64) -> Vec<u8> {
    number.to_le_bytes().into_iter().cycle().take(TEMPLATE_BYTES).collect()
}

fn roster(copies: u64) -> Vec<u8> {
    let line = |n| {
        format!(
            "{{\"id\":\"r{n:05}\",\"name\":\"Delegate {n}\",\"email\":\"d{n}@example.org\",\"group\":\"g{}\"}}\n",
            n % 40
        )
    };
    (0..copies).map(line).collect::<String>().into_bytes()
}

fn write_synced(folder: &TempDir, number: u64, parts: &[&[u8]]) {
    let mut file = File::create(folder.path().join(number.to_string())).unwrap();
    for part in parts {
        file.write_all(part).unwrap();
    }
    file.sync_all().unwrap();
}

#[divan::bench(args = [20, 40_000], sample_count = 30, sample_size = 1)]
fn record_release(bencher: Bencher<'_, '_>, copies: u64) {
    let ledger = Ledger::new();
    let roster = roster(copies);
    let number = Cell::new(0_u64);
    bencher.counter(ItemsCount::new(copies)).counter(BytesCount::of_slice(&roster)).bench_local(|| {
        number.set(number.get() + 1);
        // A roster that is there already would not be written again.
        let fresh = [roster.as_slice(), &number.get().to_le_bytes()].concat();
        ledger.record(number.get(), &fresh, copies)
    });
}

#[divan::bench(args = [20, 40_000], sample_count = 30, sample_size = 1)]
fn record_release_baseline_synced_file(bencher: Bencher<'_, '_>, copies: u64) {
    let folder = tempfile::tempdir().unwrap();
    let roster = roster(copies);
    let number = Cell::new(0_u64);
    bencher.counter(ItemsCount::new(copies)).counter(BytesCount::of_slice(&roster)).bench_local(|| {
        number.set(number.get() + 1);
        let (text, template) = (text(number.get()), template(number.get()));
        write_synced(&folder, number.get(), &[text.as_bytes(), &template, &roster]);
    });
}

/// What a trace does first: open the vault, find the release, load its original and its roster.
#[divan::bench(args = [10_000], sample_count = 50, sample_size = 1)]
fn open_and_load(bencher: Bencher<'_, '_>, copies: u64) {
    let ledger = Ledger::new();
    let id = ledger.record(1, &roster(copies), copies);
    bencher.counter(ItemsCount::new(copies)).bench_local(|| {
        ledger.runtime.block_on(async {
            let store = Store::open(&ledger.url).await.unwrap();
            let release = store.release(id).await.unwrap();
            let mut bytes = 0;
            for hash in [release.text, release.prose, release.marking, release.template] {
                bytes += store.blob(hash).await.unwrap().len();
            }
            for batch in store.batches(id).await.unwrap() {
                bytes += store.blob(batch.roster).await.unwrap().len();
            }
            store.close().await;
            bytes
        })
    });
}

#[divan::bench(args = [10_000], sample_count = 50, sample_size = 1)]
fn open_and_load_baseline_file_and_hash(bencher: Bencher<'_, '_>, copies: u64) {
    let folder = tempfile::tempdir().unwrap();
    let parts = [text(1).into_bytes(), template(1), template(1), text(1).into_bytes(), roster(copies)];
    write_synced(&folder, 1, &parts.each_ref().map(|part| part.as_slice()));
    bencher.counter(ItemsCount::new(copies)).bench_local(|| {
        let mut bytes = Vec::new();
        File::open(folder.path().join("1")).unwrap().read_to_end(&mut bytes).unwrap();
        Hash::of(&bytes)
    });
}

#[divan::bench(sample_count = 50, sample_size = 1)]
fn open_only(bencher: Bencher<'_, '_>) {
    let ledger = Ledger::new();
    ledger.record(1, &roster(20), 20);
    bencher.bench_local(|| ledger.runtime.block_on(Store::open(&ledger.url)).unwrap());
}

#[divan::bench(args = [1_000], sample_count = 30, sample_size = 1)]
fn texts(bencher: Bencher<'_, '_>, releases: u64) {
    let ledger = Ledger::new();
    let roster = roster(50);
    for number in 0..releases {
        ledger.record(number, &roster, 50);
    }
    let bytes = BytesCount::new(releases as usize * TEXT_BYTES);
    bencher.counter(bytes).bench_local(|| ledger.runtime.block_on(ledger.store.texts()).unwrap());
}

#[divan::bench(args = [1_000], sample_count = 30, sample_size = 1)]
fn texts_baseline_files_and_hash(bencher: Bencher<'_, '_>, releases: u64) {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..releases {
        write_synced(&folder, number, &[text(number).as_bytes()]);
    }
    let bytes = BytesCount::new(releases as usize * TEXT_BYTES);
    bencher.counter(bytes).bench_local(|| {
        let read = |number: u64| std::fs::read_to_string(folder.path().join(number.to_string())).unwrap();
        let texts: Vec<(Hash, String)> =
            (0..releases).map(read).map(|t| (Hash::of(t.as_bytes()), t)).collect();
        texts
    });
}
