//! What is followed, and what was seen, is recorded once.

use tellmark_core::Hash;
use tellmark_store::{Error, HOLD_ALERTS, NewArticle, Recorded, SourceState, Store};

use crate::place::Place;
use crate::racing::at_once;
use crate::samples::{FEED, NOW, seen, settle, sighting};

pub async fn a_source_is_followed_once(place: Place) {
    let store = place.store().await;
    let Recorded::New(first) = store.add_source(FEED, NOW).await.unwrap() else { panic!("it is new") };
    assert_eq!((first.number, first.removed_at, &first.state), (1, None, &SourceState::default()));
    assert_eq!(store.add_source(FEED, NOW + 9).await.unwrap(), Recorded::Existing(first));
    assert_eq!(store.remove_source(1, NOW + 1).await.unwrap().removed_at, Some(NOW + 1));
    assert!(matches!(store.remove_source(1, NOW + 2).await, Err(Error::Conflict { .. })));
    assert!(matches!(store.remove_source(2, NOW).await, Err(Error::Missing { .. })));
    // Added again, it is another one: what it carried before may be looked at anew.
    assert_eq!(store.add_source(FEED, NOW + 3).await.unwrap().into_inner().number, 2);
    let all = store.sources().await.unwrap();
    assert_eq!(all.iter().map(|one| one.removed_at).collect::<Vec<_>>(), [Some(NOW + 1), None]);
}

pub async fn states_replace_each_other(place: Place) {
    let store = place.store().await;
    store.add_source(FEED, NOW).await.unwrap();
    let failed = SourceState {
        failures: 3,
        last_error: "no such host".into(),
        next_at: NOW + 60,
        ..SourceState::default()
    };
    settle(&store, 1, &failed).await;
    let well = SourceState { etag: Some("W/\"a\"".into()), succeeded_at: NOW, ..SourceState::default() };
    settle(&store, 1, &well).await;
    assert_eq!(store.sources().await.unwrap()[0].state, well);
    assert!(matches!(store.settle_source(2, &well, "one").await, Err(Error::Missing { .. })));
    let odd = SourceState { etag: Some("a\0".into()), ..well.clone() };
    assert!(matches!(store.settle_source(1, &odd, "one").await, Err(Error::Invalid { .. })));
    store.note_source(1, "an article was not read").await.unwrap();
    let noted = SourceState { last_error: "an article was not read".into(), ..well };
    assert_eq!(store.sources().await.unwrap()[0].state, noted);
}

pub async fn a_source_is_read_by_one_of_many(place: Place) {
    let url = place.url().await;
    let store = Store::create(&url).await.unwrap();
    for n in 0..12 {
        store.add_source(&format!("https://paper.example/{n}"), NOW).await.unwrap();
    }
    store.add_source("-", NOW).await.unwrap();
    store.remove_source(12, NOW).await.unwrap();
    let claimed = at_once(&url, 40, |store, n| async move {
        store.claim_source(None, &format!("owner {n}"), NOW, NOW - 60).await.unwrap().map(|one| one.number)
    });
    // Whoever met another on its way may have gone without; nobody has what another has.
    let mut claimed: Vec<u32> = claimed.await.into_iter().flatten().collect();
    while let Some(more) = store.claim_source(None, "late", NOW, NOW - 60).await.unwrap() {
        claimed.push(more.number);
    }
    claimed.sort_unstable();
    assert_eq!(claimed, (1..=11).collect::<Vec<u32>>(), "neither what was removed nor standard input");
    assert_eq!(store.claim_source(Some(13), "a", NOW, NOW - 60).await.unwrap().unwrap().address, "-");
}

pub async fn a_hold_is_kept_lost_and_taken_over(place: Place) {
    let store = place.store().await;
    store.add_source(FEED, NOW).await.unwrap();
    let claim = async |owner, at| store.claim_source(None, owner, at, at - 60).await.unwrap().is_some();
    assert!(claim("a", NOW).await && !claim("b", NOW + 1).await && !claim("a", NOW + 1).await);
    store.keep_holds("a", NOW + 50).await.unwrap();
    assert!(!claim("b", NOW + 100).await, "it was kept up");
    assert!(claim("b", NOW + 110).await, "and then no more");
    store.keep_holds("a", NOW + 111).await.unwrap();
    let read = SourceState { next_at: NOW + 900, ..SourceState::default() };
    assert!(!store.settle_source(1, &read, "a").await.unwrap(), "it is another's now");
    assert_eq!(store.sources().await.unwrap()[0].state, SourceState::default());
    assert!(store.settle_source(1, &read, "b").await.unwrap());
    assert!(!claim("c", NOW + 899).await && claim("c", NOW + 900).await, "it is due again");
    // A named source is read whether it is due or not, but not while another reads it.
    assert!(store.claim_source(Some(1), "d", NOW + 901, NOW + 841).await.unwrap().is_none());
    store.let_go(None, "c").await.unwrap();
    assert!(store.claim_source(Some(1), "d", NOW + 901, NOW + 841).await.unwrap().is_some());
    // What a clock that was ahead has noted keeps nothing from being read once it is right.
    store.let_go(None, "d").await.unwrap();
    assert!(store.claim_source(Some(1), "far", NOW + 90_000, NOW + 89_940).await.unwrap().is_some());
    assert!(claim("near", NOW + 1000).await, "it is held from a moment that is still to come");
    let ahead = SourceState { polled_at: NOW + 90_000, next_at: NOW + 91_000, ..SourceState::default() };
    assert!(store.settle_source(1, &ahead, "near").await.unwrap());
    assert!(claim("near", NOW + 1001).await, "it was read at one");
    let hold = async |owner, at| store.hold(HOLD_ALERTS, owner, at, at - 60).await.unwrap();
    assert!(hold("a", NOW).await && hold("a", NOW + 1).await && !hold("b", NOW + 2).await);
    store.let_go(Some(HOLD_ALERTS), "b").await.unwrap();
    assert!(!hold("b", NOW + 2).await, "what is another's cannot be let go of");
    store.let_go(Some(HOLD_ALERTS), "a").await.unwrap();
    assert!(hold("b", NOW + 2).await && !hold("a", NOW + 3).await && hold("a", NOW + 62).await);
    let order = async |owner| store.hold("order 1", owner, NOW, NOW - 60).await.unwrap();
    assert!(order("a").await);
    store.forget_holds().await.unwrap();
    assert!(hold("b", NOW + 63).await);
    assert!(!order("b").await, "who follows knows nothing of orders");
    assert_eq!(store.queue_name("a").await.unwrap(), "a");
    assert_eq!(store.queue_name("b").await.unwrap(), "a", "the first stays");
}

pub async fn an_article_is_recorded_once_with_all_that_was_seen(place: Place) {
    let store = place.store().await;
    store.add_source(FEED, NOW).await.unwrap();
    let article = NewArticle { sighting: Some(sighting(&["stdout"])), ..seen(1, 7) };
    let Recorded::New(Some(first)) = store.record_article(&article).await.unwrap() else {
        panic!("it is new")
    };
    assert_eq!((first.number, first.fetched_at, first.kind.as_str()), (1, NOW + 7, "page"));
    assert_eq!(store.blob(first.page).await.unwrap(), b"<p>quoted");
    assert_eq!(store.record_article(&article).await.unwrap(), Recorded::Existing(Some(first.clone())));
    // The same article without a hit the second time: what was recorded counts.
    assert_eq!(store.record_article(&seen(1, 7)).await.unwrap(), Recorded::Existing(Some(first.clone())));
    assert_eq!(store.record_article(&seen(1, 8)).await.unwrap(), Recorded::New(None));
    let mut expected = [Hash::of(&[7]), Hash::of(&[8])];
    expected.sort();
    assert_eq!(store.seen_articles(1).await.unwrap(), expected);
    assert_eq!(store.sighting(1).await.unwrap(), first);
    assert_eq!(store.sightings_at(&first.address).await.unwrap(), std::slice::from_ref(&first));
    assert_eq!(store.newest_sightings(1, 5).await.unwrap(), std::slice::from_ref(&first));
    assert_eq!(store.sightings_after(0).await.unwrap(), std::slice::from_ref(&first));
    assert_eq!(
        (store.sightings_after(1).await.unwrap().len(), store.newest_sighting().await.unwrap()),
        (0, 1)
    );
    assert_eq!(
        (store.newest_sightings(1, 0).await.unwrap(), store.newest_sightings(2, 5).await.unwrap()),
        (vec![], vec![])
    );
    assert_eq!(store.sightings().await.unwrap(), [first]);
    // Nothing is kept of what is refused.
    let unknown = NewArticle { sighting: Some(sighting(&[])), ..seen(2, 9) };
    assert!(matches!(store.record_article(&unknown).await, Err(Error::Missing { .. })));
    let mut wrong = sighting(&["a\nb"]);
    wrong.page = b"never kept";
    let refused = store.record_article(&NewArticle { sighting: Some(wrong), ..seen(1, 9) }).await;
    assert!(matches!(refused, Err(Error::Invalid { .. })));
    assert!(store.blob(Hash::of(b"never kept")).await.is_err());
    assert!(matches!(store.sighting(2).await, Err(Error::Missing { .. })));
    assert!(store.check().await.unwrap().is_sound());
}

pub async fn the_background_stays_small(place: Place) {
    let store = place.store().await;
    store.add_source(FEED, NOW).await.unwrap();
    store.add_source("/srv/clippings", NOW).await.unwrap();
    for number in 1..=5 {
        let text = format!("text {number}");
        let article = NewArticle { background: Some(&text), ..seen(1, number) };
        store.record_article(&article).await.unwrap();
    }
    let long = "ä".repeat(40_000);
    store.record_article(&NewArticle { background: Some(&long), ..seen(2, 3) }).await.unwrap();
    let kept = store.background(10).await.unwrap();
    let texts: Vec<(u32, usize)> = kept.iter().map(|(source, text)| (*source, text.len())).collect();
    assert_eq!(texts, [(1, 6), (1, 6), (2, tellmark_store::TEXT_BYTES_MAX)]);
    assert_eq!(kept[0].1, "text 5");
    assert_eq!(store.background(1).await.unwrap().len(), 1);
}

pub async fn sightings_older_than_their_sources_background_are_not_beside_it(place: Place) {
    let store = place.store().await;
    store.add_source(FEED, NOW).await.unwrap();
    store.add_source("/srv/clippings", NOW).await.unwrap();
    let none = NewArticle { background: Some("nothing was found"), ..seen(1, 5) };
    let later = NewArticle { background: Some("nothing either"), ..seen(1, 8) };
    store.record_article(&none).await.unwrap();
    store.record_article(&later).await.unwrap();
    // The last one's source has no background yet.
    for (source, number) in [(1, 4), (1, 6), (1, 9), (2, 1)] {
        let article = NewArticle { sighting: Some(sighting(&[])), ..seen(source, number) };
        store.record_article(&article).await.unwrap();
    }
    let beside = store.sightings_beside_background(10).await.unwrap();
    let beside: Vec<_> = beside.iter().map(|one| (one.number, one.source, one.fetched_at)).collect();
    assert_eq!(beside, [(4, 2, NOW + 1), (3, 1, NOW + 9), (2, 1, NOW + 6)]);
    assert_eq!(store.sightings_beside_background(1).await.unwrap()[0].number, 4);
}

pub async fn each_channel_is_told_once(place: Place) {
    let store = place.store().await;
    store.add_source(FEED, NOW).await.unwrap();
    let article = NewArticle { sighting: Some(sighting(&["mail", "stdout"])), ..seen(1, 1) };
    store.record_article(&article).await.unwrap();
    store.record_article(&article).await.unwrap();
    assert_eq!(store.unsent("mail").await.unwrap().len(), 1);
    assert_eq!(store.unsent("webhook").await.unwrap().len(), 0);
    store.record_sent(1, "mail", NOW).await.unwrap();
    assert!(matches!(store.record_sent(1, "mail", NOW).await, Err(Error::Conflict { .. })));
    assert!(matches!(store.record_sent(1, "webhook", NOW).await, Err(Error::Missing { .. })));
    assert_eq!(
        (store.unsent("mail").await.unwrap().len(), store.unsent("stdout").await.unwrap().len()),
        (0, 1)
    );
}
