//! Dumps go from one database to the other and back, and only whole ones are taken in.

use serde_json::json;
use tellmark_core::Hash;
use tellmark_store::{Error, NewRelease, Store};

use crate::place::Place;
use crate::samples::{Sample, article, fill, look};

async fn exported(store: &Store) -> Vec<u8> {
    let mut dump = Vec::new();
    let done = store.export(&mut dump).await.unwrap();
    assert_eq!(done.bytes, dump.len() as u64);
    dump
}

pub async fn a_dump_is_the_same_from_both_backends(place: Place) {
    let store = place.store().await;
    fill(&store).await;
    let sample = Sample::new(50);
    let odd = "quotes \" and \\ and \u{7f}\u{1} and 𝄞";
    store.record_release(&NewRelease { options: odd, ..sample.first() }).await.unwrap();
    let dump = exported(&store).await;
    assert_eq!(dump, exported(&store).await);

    let other = place.other();
    let copy = other.store().await;
    let done = copy.import(&mut dump.as_slice()).await.unwrap();
    assert_eq!(done.bytes, dump.len() as u64);
    assert_eq!(exported(&copy).await, dump);
    assert_eq!(copy.releases().await.unwrap(), store.releases().await.unwrap());
    assert_eq!(copy.texts().await.unwrap(), store.texts().await.unwrap());
    assert_eq!(copy.looks("case-1").await.unwrap(), store.looks("case-1").await.unwrap());
    assert_eq!(copy.check().await.unwrap(), store.check().await.unwrap());
    // It goes on where the other one stopped.
    assert_eq!(copy.begin_look(&look(Some("case-1"), &article(b"x"))).await.unwrap().look.number, 3);

    let back = place.store().await;
    back.import(&mut dump.as_slice()).await.unwrap();
    assert_eq!(exported(&back).await, dump);
    let empty = exported(&place.store().await).await;
    other.store().await.import(&mut empty.as_slice()).await.unwrap();
}

/// A sink during whose writing another command records something.
struct Disturbed<'a> {
    dump: Vec<u8>,
    store: &'a Store,
    writes: u64,
}

impl std::io::Write for Disturbed<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.writes += 1;
        if self.writes % 20 == 5 {
            let sample = Sample::new(900 + self.writes);
            tokio::task::block_in_place(|| {
                let handle = tokio::runtime::Handle::current();
                handle.block_on(self.store.record_release(&sample.first())).unwrap();
            });
        }
        self.dump.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub async fn a_dump_is_of_one_moment(place: Place) {
    let url = place.url().await;
    let store = Store::create(&url).await.unwrap();
    fill(&store).await;
    let before = exported(&store).await;
    let other = Store::open(&url).await.unwrap();
    let mut sink = Disturbed { dump: vec![], store: &other, writes: 0 };
    // SQLite takes its snapshot with the first read, which comes before the first disturbance.
    tokio::task::block_in_place(|| {
        tokio::runtime::Handle::current().block_on(store.export(&mut sink)).unwrap();
    });
    assert!(sink.dump == before, "the dump holds something that was recorded after it began");
    assert!(store.releases().await.unwrap().len() > 3);
}

async fn refused(store: &Store, dump: &[u8], what: &str) -> Error {
    let error = store.import(&mut &*dump).await.expect_err(what);
    assert!(!matches!(error, Error::Database(_)), "{what}: {error:?}");
    error
}

pub async fn damaged_dumps_are_refused(place: Place) {
    let store = place.store().await;
    fill(&store).await;
    let dump = exported(&store).await;
    let empty = place.store().await;
    let nothing = exported(&empty).await;
    let step = (dump.len() / 60).max(1);
    for end in (0..dump.len()).step_by(step).chain([dump.len() - 1, dump.len() - 40, 16, 17, 25]) {
        refused(&empty, &dump[..end], &format!("the first {end} bytes")).await;
    }
    for at in (0..dump.len()).step_by(step).chain([16, 17, 24, 25, dump.len() - 1, dump.len() - 33]) {
        let mut damaged = dump.clone();
        damaged[at] ^= 0x20;
        refused(&empty, &damaged, &format!("byte {at} changed")).await;
    }
    let longer = [dump.as_slice(), b"\n"].concat();
    refused(&empty, &longer, "a byte more").await;
    assert_eq!(exported(&empty).await, nothing);
    empty.import(&mut dump.as_slice()).await.unwrap();
}

/// A dump as somebody could forge it: well formed, with a hash that fits.
fn forged(frames: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut dump = b"tellmark ledger\n".to_vec();
    for (kind, payload) in frames {
        dump.push(*kind);
        dump.extend_from_slice(&(payload.len() as u64).to_le_bytes());
        dump.extend_from_slice(payload);
    }
    let hash = Hash::of(&dump).0;
    dump.push(b'E');
    dump.extend_from_slice(&32u64.to_le_bytes());
    dump.extend_from_slice(&hash);
    dump
}

pub async fn forged_dumps_are_refused(place: Place) {
    let store = place.store().await;
    let header =
        |dump: i64, schema: i64| (b'H', json!({"dump": dump, "schema": schema}).to_string().into_bytes());
    let row = |value: serde_json::Value| (b'R', value.to_string().into_bytes());
    let h = || header(1, 1);
    let id = "0102030405060708";
    let hash = Hash::of(b"").to_string();
    let lineage = || row(json!(["lineages", id, hash, 5]));
    let case = || row(json!(["cases", "c", "1e-6", 5]));
    let look = || row(json!(["looks", "c", 1, "", 5]));
    let cases = [
        ("no frames", vec![]),
        ("no header", vec![lineage()]),
        ("no JSON", vec![(b'H', b"{".to_vec())]),
        ("no versions", vec![(b'H', b"{}".to_vec())]),
        ("version 0", vec![header(1, 0)]),
        ("a frame of another kind", vec![h(), (b'X', vec![])]),
        ("two headers", vec![h(), h()]),
        ("an unknown table", vec![h(), row(json!(["ledger_schema", 7]))]),
        ("contents as a row", vec![h(), row(json!(["blobs", hash, ""]))]),
        ("no table", vec![h(), row(json!([]))]),
        ("a table that is a number", vec![h(), row(json!([1, 2]))]),
        ("an object", vec![h(), row(json!({"lineages": 1}))]),
        ("too few values", vec![h(), row(json!(["lineages", id, hash]))]),
        ("too many values", vec![h(), row(json!(["lineages", id, hash, 5, 5]))]),
        ("a text for a number", vec![h(), row(json!(["lineages", id, hash, "5"]))]),
        ("a fraction", vec![h(), row(json!(["lineages", id, hash, 5.5]))]),
        ("a number that is too large", vec![h(), row(json!(["lineages", id, hash, u64::MAX]))]),
        ("null for a text", vec![h(), row(json!(["lineages", null, hash, 5]))]),
        ("an id that is none", vec![h(), row(json!(["lineages", "x", hash, 5]))]),
        ("a NUL", vec![h(), row(json!(["cases", "c\0", "1e-6", 5])), look()]),
        ("the same twice", vec![h(), lineage(), lineage()]),
        ("a case without looks", vec![h(), case()]),
        ("a look without exhibits", vec![h(), case(), look()]),
        ("a look of no case", vec![h(), look()]),
        ("a number below 1", vec![h(), case(), row(json!(["looks", "c", 0, "", 5]))]),
        ("a gap", vec![h(), case(), row(json!(["looks", "c", 2, "", 5]))]),
        (
            "a content that is missing",
            vec![h(), case(), look(), row(json!(["exhibits", "c", 1, 1, hash, 0, "", ""]))],
        ),
        (
            "a size that is wrong",
            vec![h(), (b'B', vec![]), case(), look(), row(json!(["exhibits", "c", 1, 1, hash, 7, "", ""]))],
        ),
        (
            "an unknown step",
            vec![
                h(),
                (b'B', vec![]),
                case(),
                look(),
                row(json!(["exhibits", "c", 1, 1, hash, 0, "", ""])),
                row(json!(["steps", "c", 1, "guessed", hash, "", 5])),
            ],
        ),
        ("deep nesting", vec![h(), (b'R', vec![b'['; 100_000])]),
    ];
    for (what, frames) in cases {
        let error = refused(&store, &forged(&frames), what).await;
        assert!(matches!(error, Error::Dump { .. } | Error::Damaged { .. }), "{what}: {error:?}");
    }
    for newer in [header(2, 1), header(1, tellmark_store::SCHEMA_VERSION + 1)] {
        let error = refused(&store, &forged(&[newer]), "a newer dump").await;
        assert!(matches!(error, Error::Newer { .. }), "{error:?}");
    }
    // A length that claims much more than is there takes no memory.
    for (kind, length) in [(b'B', u64::MAX), (b'B', 200 << 20), (b'R', 1 << 40), (b'R', 4 << 20), (b'E', 31)]
    {
        let mut dump = forged(&[h()]);
        dump.truncate(dump.len() - 41);
        dump.push(kind);
        dump.extend_from_slice(&u64::to_le_bytes(length));
        dump.extend_from_slice(&[b' '; 20]);
        refused(&store, &dump, "a length that is wrong").await;
    }
    let good = [h(), (b'B', vec![]), case(), look(), row(json!(["exhibits", "c", 1, 1, hash, 0, "", ""]))];
    store.import(&mut forged(&good).as_slice()).await.unwrap();
    assert_eq!(store.exhibits("c", 1).await.unwrap().len(), 1);
}

pub async fn a_dump_goes_into_an_empty_ledger_only(place: Place) {
    let store = place.store().await;
    let empty = exported(&store).await;
    store.put_blob(b"something").await.unwrap();
    let error = refused(&store, &empty, "the ledger is not empty").await;
    assert!(matches!(error, Error::Conflict { .. }), "{error:?}");
}
