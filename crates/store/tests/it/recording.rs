//! What is recorded is there, once, as it was, and nothing else.

use std::collections::BTreeSet;

use tellmark_core::{CopyId, Hash, LineageId, ReleaseId, SiteId};
use tellmark_store::{Error, LookState, NewBatch, NewPublicSite, NewRelease, NewText, Recorded, Store};

use crate::place::Place;
use crate::samples::{NOW, Sample, article, fill, look, roster};

pub async fn everything_is_read_as_it_was_recorded(place: Place) {
    let url = place.url().await;
    let store = Store::create(&url).await.unwrap();
    fill(&store).await;
    store.close().await;
    let store = Store::open(&url).await.unwrap();
    let (one, two) = (Sample::new(1), Sample::new(2));

    let release = store.release(one.id).await.unwrap();
    assert_eq!((release.number, release.nonce, release.revises), (1, one.nonce, None));
    assert_eq!(store.blob(release.document).await.unwrap(), one.text.as_bytes());
    assert_eq!(store.blob(release.template).await.unwrap(), one.nonce);
    assert_eq!(store.release_by_fingerprint(one.fingerprint()).await.unwrap(), Some(release.clone()));
    let draft = store.release(two.id).await.unwrap();
    assert_eq!((draft.number, draft.revises, draft.lineage), (2, Some(one.id), one.lineage));
    assert_eq!(store.releases_of(one.lineage).await.unwrap(), [release.clone(), draft.clone()]);
    assert_eq!(store.releases().await.unwrap().len(), 2);
    assert_eq!(store.lineage(one.lineage).await.unwrap().key_hash, Hash::of(&one.lineage.0));
    assert_eq!(store.lineages().await.unwrap().len(), 1);

    let mut texts = store.texts().await.unwrap();
    texts.sort();
    let mut expected = vec![(one.id, one.text.clone()), (two.id, two.text.clone())];
    expected.sort();
    assert_eq!(texts, expected);

    let batches = store.batches(one.id).await.unwrap();
    assert_eq!(batches.iter().map(|b| (b.number, b.copies)).collect::<Vec<_>>(), [(1, 20), (2, 3)]);
    assert_eq!(store.blob(batches[0].roster).await.unwrap(), one.roster);
    let public = store.public_sites(one.lineage).await.unwrap();
    assert_eq!((public.len(), public[0].site.ordinal, public[0].release), (1, 3, Some(two.id)));
    let withdrawn = store.withdrawals(one.id).await.unwrap();
    assert_eq!((withdrawn[0].copy.as_str(), withdrawn[0].at), ("делегат-1", NOW + 5));

    let form = store.given_form("9f02").await.unwrap().unwrap();
    assert_eq!((form.release, form.given_at), (one.id, NOW + 5));
    assert_eq!(store.blob(form.content).await.unwrap(), b"in another order");
    assert_eq!(store.given_form("9f03").await.unwrap(), None);

    let names: Vec<_> = store.cases().await.unwrap().into_iter().map(|case| case.name).collect();
    assert_eq!(names, ["Zürich \"leak\"", "case-1"]);
    let looks = store.looks("case-1").await.unwrap();
    assert_eq!(
        looks.iter().map(|l| (l.number, l.state)).collect::<Vec<_>>(),
        [(1, LookState::Found), (2, LookState::Registered)]
    );
    assert_eq!(looks[0].reading.unwrap().at, NOW + 6);
    assert_eq!(store.reading("case-1", 1).await.unwrap().unwrap(), b"reading");
    assert_eq!(store.finding("case-1", 1).await.unwrap().unwrap(), b"finding");
    assert_eq!(store.finding("case-1", 2).await.unwrap(), None);
    let failed = store.look("Zürich \"leak\"", 1).await.unwrap();
    assert_eq!(failed.failure, Some(("the file was empty".into(), NOW + 8)));
    let exhibits = store.exhibits("case-1", 2).await.unwrap();
    assert_eq!((exhibits[0].size, exhibits[0].name.as_str()), (7, "article.html"));
    assert_eq!(store.blob(exhibits[0].content).await.unwrap(), b"another");

    let report = store.check().await.unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert!(report.checks.len() >= 9);
}

pub async fn new_releases_are_told_from_known_ones(place: Place) {
    let url = place.url().await;
    let store = Store::create(&url).await.unwrap();
    let mut known = BTreeSet::new();
    assert_eq!(store.texts_beyond(&known).await.unwrap(), Some(Vec::new()));
    // Times go backwards now and then, as those of several machines do.
    let records = async |store: &Store, seeds: std::ops::Range<u64>| {
        for seed in seeds {
            let sample = Sample::new(seed);
            let new = NewRelease { created_at: NOW - (seed as i64 * 7) % 90, ..sample.first() };
            store.record_release(&new).await.unwrap();
        }
    };
    let told = |texts: Option<Vec<NewText>>| -> BTreeSet<_> {
        texts.unwrap().into_iter().map(|text| (text.release, text.lineage, text.text)).collect()
    };
    let expected = |seeds: std::ops::Range<u64>| -> BTreeSet<_> {
        seeds.map(Sample::new).map(|sample| (sample.id, sample.lineage, sample.text)).collect()
    };
    for seeds in [1..2, 2..3, 3..90, 90..180, 180..182] {
        records(&store, seeds.clone()).await;
        let new = told(store.texts_beyond(&known).await.unwrap());
        assert_eq!(new, expected(seeds));
        known.extend(new.into_iter().map(|(release, ..)| release));
        assert_eq!(store.texts_beyond(&known).await.unwrap(), Some(Vec::new()));
    }
    // Known ones that are not there: those that are known are of another ledger.
    let of = |seeds: std::ops::Range<u64>| seeds.map(|seed| Sample::new(seed).id).collect::<BTreeSet<_>>();
    assert_eq!(store.texts_beyond(&of(0..182)).await.unwrap(), None);
    assert_eq!(store.texts_beyond(&of(170..190)).await.unwrap(), None);
}

pub async fn the_same_again_is_the_same_release(place: Place) {
    let store = place.store().await;
    let sample = Sample::new(1);
    let Recorded::New(first) = store.record_release(&sample.first()).await.unwrap() else {
        panic!("not new")
    };
    // Another command would have drawn other ids for the same document, roster and options.
    let other = Sample::new(2);
    let again = NewRelease { fingerprint: sample.fingerprint(), ..other.first() };
    assert_eq!(store.record_release(&again).await.unwrap(), Recorded::Existing(first));
    assert!(matches!(store.lineage(other.lineage).await, Err(Error::Missing { .. })));
    assert_eq!(store.releases().await.unwrap().len(), 1);

    let Recorded::Existing(batch) = store.record_batch(sample.id, &sample.batch()).await.unwrap() else {
        panic!("the first batch is there already")
    };
    assert_eq!(batch.number, 1);
    // The same roster for another release is another batch.
    store.record_release(&other.first()).await.unwrap();
    assert_eq!(store.record_batch(other.id, &sample.batch()).await.unwrap().into_inner().number, 2);
}

pub async fn nothing_is_kept_of_what_is_refused(place: Place) {
    let store = place.store().await;
    let (one, two) = (Sample::new(1), Sample::new(2));
    store.record_release(&one.first()).await.unwrap();
    let mut before = Vec::new();
    store.export(&mut before).await.unwrap();

    let gone = SiteId { origin: one.id, ordinal: 0 };
    let long = "x".repeat(tellmark_store::TEXT_BYTES_MAX + 1);
    let public = [
        NewPublicSite { site: gone, since: 0, because: "first" },
        NewPublicSite { site: gone, since: 1, because: &long },
    ];
    let fresh = two.first();
    let refused = [
        ("an id that was used", NewRelease { id: one.id, ..fresh }),
        ("a nonce that was used", NewRelease { nonce: one.nonce, ..fresh }),
        ("a lineage that was used", NewRelease { lineage: one.lineage, ..fresh }),
        ("no such lineage", NewRelease { new_lineage: None, ..fresh }),
        ("no such draft", NewRelease { revises: Some(ReleaseId([0; 8])), ..fresh }),
        ("a draft of another lineage", NewRelease { revises: Some(one.id), ..fresh }),
        ("too many copies", NewRelease { batch: NewBatch { copies: u64::MAX, ..fresh.batch }, ..fresh }),
        ("a reason that is too long", NewRelease { public_sites: &public, ..fresh }),
        ("a name of spaces", NewRelease { name: "  ", ..fresh }),
        ("a NUL", NewRelease { options: "a\0b", ..fresh }),
    ];
    for (what, new) in refused {
        let error = store.record_release(&new).await.expect_err(what);
        let expected =
            matches!(error, Error::Missing { .. } | Error::Conflict { .. } | Error::Invalid { .. });
        assert!(expected, "{what}: {error:?}");
    }
    let copy = CopyId::parse("r1").unwrap();
    store.withdraw(two.id, &copy, "", NOW).await.unwrap_err();
    store.record_batch(two.id, &two.batch()).await.unwrap_err();
    store.record_public(two.lineage, None, &[]).await.unwrap_err();
    store.record_public(one.lineage, Some(two.id), &public[..1]).await.unwrap_err();
    store.begin_look(&look(Some("case"), &[])).await.unwrap_err();
    store.begin_look(&look(Some("a\nb"), &article(b"x"))).await.unwrap_err();

    let mut after = Vec::new();
    store.export(&mut after).await.unwrap();
    assert_eq!(before, after);
    assert!(store.record_release(&fresh).await.unwrap().is_new());
    assert!(matches!(store.blob(Hash::of(b"no such content")).await, Err(Error::Missing { .. })));
}

pub async fn drafts_stay_in_their_lineage(place: Place) {
    let store = place.store().await;
    let first = Sample::new(0);
    store.record_release(&first.first()).await.unwrap();
    for seed in 1..4 {
        let sample = Sample::new(seed);
        let previous = Sample::new(seed - 1);
        let new = NewRelease { revises: Some(previous.id), ..sample.in_lineage(first.lineage) };
        let release = store.record_release(&new).await.unwrap().into_inner();
        assert_eq!(u64::from(release.number), seed + 1);
    }
    let missing = store.releases_of(LineageId([9; 8])).await;
    assert!(matches!(missing, Err(Error::Missing { .. })));

    let site = SiteId { origin: first.id, ordinal: 10 };
    for since in [NOW + 9, NOW, NOW] {
        let public = [NewPublicSite { site, since, because: "it was printed" }];
        store.record_public(first.lineage, None, &public).await.unwrap();
    }
    let sites = store.public_sites(first.lineage).await.unwrap();
    assert_eq!(sites.iter().map(|s| s.since).collect::<Vec<_>>(), [NOW, NOW + 9]);

    let copy = CopyId::parse("r0-1").unwrap();
    store.withdraw(first.id, &copy, "lost", NOW).await.unwrap();
    let twice = store.withdraw(first.id, &copy, "returned", NOW + 1).await;
    assert!(matches!(twice, Err(Error::Conflict { .. })), "{twice:?}");
    assert_eq!(store.withdrawals(first.id).await.unwrap()[0].because, "lost");
}

pub async fn what_changed_in_between_is_told(place: Place) {
    let store = place.store().await;
    let (one, two, three) = (Sample::new(1), Sample::new(2), Sample::new(3));
    store.record_release(&NewRelease { after: Some(0), ..one.first() }).await.unwrap();
    let new = NewRelease { after: Some(1), ..two.in_lineage(one.lineage) };
    store.record_release(&new).await.unwrap();
    let late = NewRelease { after: Some(1), ..three.in_lineage(one.lineage) };
    let error = store.record_release(&late).await.unwrap_err();
    assert!(matches!(error, Error::Changed { seen: 1, found: 2, .. }), "{error:?}");
    // What is there already is no news.
    assert!(!store.record_release(&new).await.unwrap().is_new());

    let batch = |roster, after| NewBatch { roster, fingerprint: Hash::of(roster), after, ..one.batch() };
    store.record_batch(one.id, &batch(b"a", Some(1))).await.unwrap();
    let error = store.record_batch(one.id, &batch(b"b", Some(1))).await.unwrap_err();
    assert!(matches!(error, Error::Changed { seen: 1, found: 2, .. }), "{error:?}");
    store.record_batch(one.id, &batch(b"b", Some(2))).await.unwrap();
}

pub async fn releases_are_found_by_prefix_and_name(place: Place) {
    let store = place.store().await;
    let samples: Vec<_> = (0..40).map(Sample::new).collect();
    for sample in &samples {
        store.record_release(&sample.first()).await.unwrap();
    }
    let id = samples[7].id.to_string();
    let ids = |found: Vec<tellmark_store::Release>| found.into_iter().map(|r| r.id).collect::<Vec<_>>();
    assert_eq!(ids(store.find_releases(&id).await.unwrap()), [samples[7].id]);
    assert_eq!(ids(store.find_releases("draft 7").await.unwrap()), [samples[7].id]);
    for digit in "0123456789abcdef".chars() {
        let mut found = ids(store.find_releases(&digit.to_string()).await.unwrap());
        let mut expected: Vec<_> =
            samples.iter().map(|s| s.id).filter(|id| id.to_string().starts_with(digit)).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    }
    for nothing in ["", "%", "_", "draft", "DRAFT 7", "no\0ne", "'; DROP TABLE releases; --", "é"] {
        assert!(store.find_releases(nothing).await.unwrap().is_empty(), "{nothing:?}");
    }
}

pub async fn looks_go_forward_only(place: Place) {
    let store = place.store().await;
    let exhibits = article(b"quoted");
    let begun = store.begin_look(&look(Some("case-2"), &exhibits)).await.unwrap();
    assert!(begun.is_new_case && begun.look.number == 1 && begun.look.state == LookState::Registered);
    let other_alpha = tellmark_store::NewLook { alpha: "0.5", ..look(Some("case-2"), &exhibits) };
    let second = store.begin_look(&other_alpha).await.unwrap();
    assert_eq!((second.is_new_case, second.look.number, second.case.alpha.as_str()), (false, 2, "1e-6"));
    // One case exists, so that the next free name would be case-2, which is taken.
    assert_eq!(store.begin_look(&look(None, &exhibits)).await.unwrap().case.name, "case-3");

    let conflict =
        |result: Result<(), Error>| assert!(matches!(result, Err(Error::Conflict { .. })), "{result:?}");
    conflict(store.record_finding("case-2", 1, b"f", NOW).await.map(drop));
    assert_eq!(store.record_reading("case-2", 1, b"r", NOW).await.unwrap(), Hash::of(b"r"));
    conflict(store.record_reading("case-2", 1, b"r", NOW).await.map(drop));
    store.record_finding("case-2", 1, b"f", NOW).await.unwrap();
    conflict(store.record_finding("case-2", 1, b"g", NOW).await.map(drop));
    conflict(store.record_failure("case-2", 1, "too late", NOW).await);
    store.record_failure("case-2", 2, "it cannot be read", NOW).await.unwrap();
    conflict(store.record_failure("case-2", 2, "again", NOW).await);
    conflict(store.record_reading("case-2", 2, b"r", NOW).await.map(drop));

    for (case, number) in [("case-2", 3), ("case-2", 0), ("nobody", 1)] {
        let missing = store.record_reading(case, number, b"r", NOW).await;
        assert!(matches!(missing, Err(Error::Missing { .. })), "{missing:?}");
        assert!(matches!(store.exhibits(case, number).await, Err(Error::Missing { .. })));
        assert!(matches!(store.reading(case, number).await, Err(Error::Missing { .. })));
    }
    assert!(matches!(store.looks("nobody").await, Err(Error::Missing { .. })));
    assert!(matches!(store.case("nobody").await, Err(Error::Missing { .. })));
    assert_eq!(store.reading("case-2", 2).await.unwrap(), None);
}

pub async fn a_large_roster_is_one_record(place: Place) {
    let store = place.store().await;
    let sample = Sample { roster: roster(40_000, 1), copies: 40_000, ..Sample::new(1) };
    store.record_release(&sample.first()).await.unwrap();
    let batch = &store.batches(sample.id).await.unwrap()[0];
    assert_eq!(batch.copies, 40_000);
    assert!(store.blob(batch.roster).await.unwrap() == sample.roster);
}

pub async fn odd_texts_come_back_unchanged(place: Place) {
    let store = place.store().await;
    let odd = [
        "'; DROP TABLE releases; --",
        "\u{202e}tfarD",
        "a\u{301}",
        "𝄞 \u{fffd}",
        "{\"\\u0000\"}",
        "$1 ? :x @y %s",
    ];
    for (seed, text) in (0..).zip(odd) {
        let sample = Sample::new(seed);
        let new =
            NewRelease { name: text, file_name: text, options: text, text, document: &[], ..sample.first() };
        let release = store.record_release(&new).await.unwrap().into_inner();
        assert_eq!(store.release(sample.id).await.unwrap(), release);
        assert_eq!((release.name.as_str(), release.options.as_str()), (text, text));
        assert_eq!(store.blob(release.document).await.unwrap(), b"");
        assert_eq!(store.find_releases(text).await.unwrap(), [release]);
    }
    for (time, site) in [(i64::MIN, 0), (i64::MAX, u32::MAX)] {
        let site = SiteId { origin: ReleaseId([255; 8]), ordinal: site };
        let public = [NewPublicSite { site, since: time, because: "" }];
        store.record_public(Sample::new(0).lineage, None, &public).await.unwrap();
    }
    let sites = store.public_sites(Sample::new(0).lineage).await.unwrap();
    assert_eq!((sites[0].since, sites[1].since), (i64::MIN, i64::MAX));
    assert!(store.check().await.unwrap().is_sound());
}

pub async fn a_ledger_is_made_once(place: Place) {
    let url = place.url().await;
    let store = Store::create(&url).await.unwrap();
    store.record_release(&Sample::new(1).first()).await.unwrap();
    assert_eq!(store.backend(), place.backend);
    let again = Store::create(&url).await;
    assert!(matches!(again, Err(Error::Exists { .. })), "{again:?}");
    assert_eq!(Store::open(&url).await.unwrap().releases().await.unwrap().len(), 1);
}
