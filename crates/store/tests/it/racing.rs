//! Several writers at once, in one process and in several.

use std::collections::BTreeSet;

use tellmark_core::Hash;
use tellmark_store::{Error, NewBatch, NewRelease, Recorded, Store};
use tokio::task::JoinSet;

use crate::child::{Job, SHARED, done_lines, verify};
use crate::place::Place;
use crate::samples::{Sample, article, look, roster};

/// Runs `task` for 0..count at once, alternating between two stores of the same ledger.
pub async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    url: &str,
    count: u64,
    task: impl Fn(Store, u64) -> F,
) -> Vec<T> {
    let stores = [Store::open(url).await.unwrap(), Store::open(url).await.unwrap()];
    let mut tasks = JoinSet::new();
    for n in 0..count {
        tasks.spawn(task(stores[(n % 2) as usize].clone(), n));
    }
    tasks.join_all().await
}

pub async fn tasks_get_numbers_without_gaps(place: Place) {
    let url = place.url().await;
    let store = Store::create(&url).await.unwrap();
    let shared = Sample::new(SHARED);
    store.record_release(&shared.first()).await.unwrap();
    let lineage = shared.lineage;

    let releases = at_once(&url, 12, move |store, n| async move {
        store.record_release(&Sample::new(n).in_lineage(lineage)).await.unwrap().into_inner().number
    });
    assert_eq!(releases.await.into_iter().collect::<BTreeSet<_>>(), (2..=13).collect());
    let batches = at_once(&url, 12, move |store, n| async move {
        let roster = roster(2, n);
        let shared = Sample::new(SHARED);
        let new = NewBatch { roster: &roster, fingerprint: Hash::of(&roster), ..shared.batch() };
        store.record_batch(shared.id, &new).await.unwrap().into_inner().number
    });
    assert_eq!(batches.await.into_iter().collect::<BTreeSet<_>>(), (2..=13).collect());
    let cases = at_once(&url, 12, |store, _| async move {
        store.begin_look(&look(None, &article(b"same"))).await.unwrap().case.name
    });
    let expected = (1..=12).map(|n| format!("case-{n}")).collect();
    assert_eq!(cases.await.into_iter().collect::<BTreeSet<_>>(), expected);
    let looks = at_once(&url, 12, |store, _| async move {
        let begun = store.begin_look(&look(Some("one"), &article(b"same"))).await.unwrap();
        (begun.look.number, begun.is_new_case)
    });
    let looks = looks.await;
    assert_eq!(looks.iter().map(|l| l.0).collect::<BTreeSet<_>>(), (1..=12).collect());
    assert_eq!(looks.iter().filter(|l| l.1).count(), 1);
    assert!(store.check().await.unwrap().is_sound());
}

pub async fn processes_get_numbers_without_gaps(place: Place) {
    let url = place.url().await;
    let store = Store::create(&url).await.unwrap();
    let shared = Sample::new(SHARED);
    store.record_release(&shared.first()).await.unwrap();
    let (processes, rounds) = (3, 8);
    let job = |seed| Job { url: url.clone(), seed, rounds, exhibit_bytes: 5_000 };
    let children: Vec<_> = (0..processes).map(|n| job(n * 1000).start()).collect();
    let mut lines = Vec::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        lines.extend(done_lines(&String::from_utf8(output.stdout).unwrap()));
    }
    assert_eq!(lines.len() as u64, processes * rounds * 5);
    verify(&store, &lines).await;
    let report = store.check().await.unwrap();
    assert!(report.is_sound(), "{report:?}");
    let all = processes * rounds;
    assert_eq!(store.batches(shared.id).await.unwrap().len() as u64, all + 1);
    assert_eq!(store.releases_of(shared.lineage).await.unwrap().len() as u64, all + 1);
    assert_eq!(store.looks("shared").await.unwrap().len() as u64, all);
    assert_eq!(store.cases().await.unwrap().len() as u64, all + 1);
}

pub async fn one_of_many_records_the_same(place: Place) {
    let url = place.url().await;
    let store = Store::create(&url).await.unwrap();
    let fingerprint = Hash::of(b"the same document, roster and options");
    let results = at_once(&url, 8, move |store, n| async move {
        let sample = Sample::new(n);
        store.record_release(&NewRelease { fingerprint, ..sample.first() }).await.unwrap()
    });
    let results = results.await;
    assert_eq!(results.iter().filter(|r| r.is_new()).count(), 1);
    let ids: BTreeSet<_> = results.into_iter().map(|r| r.into_inner().id).collect();
    assert_eq!(ids.len(), 1);
    let release = *ids.first().unwrap();
    assert_eq!(store.lineages().await.unwrap().len(), 1);

    let results = at_once(&url, 8, move |store, _| async move {
        let late = roster(3, 9);
        let new = NewBatch {
            roster: &late,
            copies: 3,
            fingerprint: Hash::of(&late),
            after: Some(1),
            created_at: 0,
        };
        store.record_batch(release, &new).await.unwrap()
    });
    let results = results.await;
    assert_eq!(results.iter().filter(|r| r.is_new()).count(), 1);
    assert!(results.into_iter().map(Recorded::into_inner).all(|batch| batch.number == 2));

    // Different late copies, each prepared from the same two batches: one gets through.
    let results = at_once(&url, 8, move |store, n| async move {
        let late = roster(3, 100 + n);
        let new = NewBatch {
            roster: &late,
            copies: 3,
            fingerprint: Hash::of(&late),
            after: Some(2),
            created_at: 0,
        };
        store.record_batch(release, &new).await
    });
    let results = results.await;
    assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1);
    assert!(results.iter().all(|r| matches!(r, Ok(_) | Err(Error::Changed { seen: 2, found: 3, .. }))));
}

pub async fn a_ledger_is_made_by_one_of_many(place: Place) {
    let url = place.url().await;
    let mut tasks = JoinSet::new();
    for _ in 0..6 {
        let url = url.clone();
        tasks.spawn(async move { Store::create(&url).await });
    }
    let results = tasks.join_all().await;
    assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1, "{results:?}");
    assert!(results.iter().all(|r| matches!(r, Ok(_) | Err(Error::Exists { .. }))), "{results:?}");
    assert!(Store::open(&url).await.unwrap().check().await.unwrap().is_sound());
}
