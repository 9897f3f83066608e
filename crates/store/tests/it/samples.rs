//! Records to store, made from a number.

use tellmark_core::{CopyId, Hash, LineageId, ReleaseId, SiteId};
use tellmark_store::{
    NewArticle, NewBatch, NewExhibit, NewLook, NewPublicSite, NewRelease, NewSighting, SourceState, Store,
};

pub const NOW: i64 = 1_780_000_000;

/// What a sample release is made of.
pub struct Sample {
    pub nonce: [u8; 32],
    pub id: ReleaseId,
    pub lineage: LineageId,
    pub name: String,
    pub text: String,
    pub roster: Vec<u8>,
    pub copies: u64,
}

impl Sample {
    pub fn new(seed: u64) -> Sample {
        let nonce = Hash::of(&seed.to_le_bytes()).0;
        Sample {
            nonce,
            id: ReleaseId::from_nonce(&nonce),
            lineage: LineageId(seed.to_be_bytes()),
            name: format!("draft {seed}"),
            text: format!("The delegations met on day {seed} and agreed to meet again.\n").repeat(20),
            roster: roster(20, seed),
            copies: 20,
        }
    }

    /// The first release of a lineage of its own.
    pub fn first(&self) -> NewRelease<'_> {
        NewRelease {
            id: self.id,
            lineage: self.lineage,
            new_lineage: Some(Hash::of(&self.lineage.0)),
            after: None,
            revises: None,
            name: &self.name,
            file_name: "minutes.txt",
            format: "text",
            nonce: self.nonce,
            document: self.text.as_bytes(),
            text: &self.text,
            prose: b"{\"blocks\":[]}",
            marking: b"{\"sites\":[],\"fixed\":[]}",
            template: &self.nonce,
            options: "{\"channels\":[\"wording\"]}",
            fingerprint: self.fingerprint(),
            alpha: "1e-6",
            derivation_version: 1,
            reader_version: 1,
            created_at: NOW,
            batch: self.batch(),
            public_sites: &[],
            public_elsewhere: &[],
        }
    }

    /// A release in a lineage that exists.
    pub fn in_lineage(&self, lineage: LineageId) -> NewRelease<'_> {
        NewRelease { lineage, new_lineage: None, ..self.first() }
    }

    pub fn fingerprint(&self) -> Hash {
        Hash::of_fields("sample", &[&self.nonce])
    }

    pub fn batch(&self) -> NewBatch<'_> {
        NewBatch {
            after: None,
            roster: &self.roster,
            copies: self.copies,
            fingerprint: Hash::of(&self.roster),
            created_at: NOW,
        }
    }
}

pub fn roster(copies: u64, seed: u64) -> Vec<u8> {
    let line = |n| {
        format!("{{\"id\":\"r{seed}-{n}\",\"name\":\"Delegate {n}\",\"email\":\"\",\"group\":\"north\"}}\n")
    };
    (0..copies).map(line).collect::<String>().into_bytes()
}

pub fn look<'a>(case: Option<&'a str>, exhibits: &'a [NewExhibit<'a>]) -> NewLook<'a> {
    NewLook { case, alpha: "1e-6", because: "it was in the newspaper", at: NOW, exhibits }
}

pub fn article(bytes: &[u8]) -> [NewExhibit<'_>; 1] {
    [NewExhibit { bytes, name: "article.html", reason: "bought at the kiosk" }]
}

/// A ledger with something in every table.
pub async fn fill(store: &Store) {
    let (one, two) = (Sample::new(1), Sample::new(2));
    store.record_release(&one.first()).await.unwrap();
    let site = SiteId { origin: one.id, ordinal: 3 };
    let public = [NewPublicSite { site, since: NOW, because: "an edit of r1-4 was merged" }];
    let draft = NewRelease { revises: Some(one.id), public_sites: &public, ..two.in_lineage(one.lineage) };
    store.record_release(&draft).await.unwrap();
    let late = roster(3, 77);
    let batch = NewBatch { roster: &late, copies: 3, fingerprint: Hash::of(&late), ..one.batch() };
    store.record_batch(one.id, &batch).await.unwrap();
    let copy = CopyId::parse("делегат-1").unwrap();
    store.withdraw(one.id, &copy, "returned unread", NOW + 5).await.unwrap();
    store
        .record_forms(one.id, &[("9f01", b"points of one"), ("9f02", b"in another order")], NOW + 5)
        .await
        .unwrap();
    store.begin_look(&look(None, &article(b"quoted"))).await.unwrap();
    store.record_reading("case-1", 1, b"reading", NOW + 6).await.unwrap();
    store.record_finding("case-1", 1, b"finding", NOW + 7).await.unwrap();
    store.begin_look(&look(Some("Zürich \"leak\""), &article(b""))).await.unwrap();
    store.record_failure("Zürich \"leak\"", 1, "the file was empty", NOW + 8).await.unwrap();
    store.begin_look(&look(Some("case-1"), &article(b"another"))).await.unwrap();
    follow(store).await;
}

pub const FEED: &str = "https://paper.example/feed";

pub fn seen(source: u32, number: u8) -> NewArticle<'static> {
    NewArticle {
        source,
        article: Hash::of(&[number]),
        fetched_at: NOW + i64::from(number),
        sighting: None,
        background: None,
        background_max: 2,
    }
}

pub fn sighting<'a>(channels: &'a [&'a str]) -> NewSighting<'a> {
    NewSighting {
        address: "https://paper.example/leak?a=1",
        title: "„Leak“ ∂",
        kind: "page",
        note: "",
        is_shared: false,
        page: b"<p>quoted",
        content: b"quoted",
        found: b"{\"passages\":[]}",
        channels,
    }
}

/// Reads a source, as far as the ledger knows.
pub async fn settle(store: &Store, source: u32, state: &SourceState) {
    assert!(store.claim_source(Some(source), "reader", NOW, NOW - 60).await.unwrap().is_some());
    assert!(store.settle_source(source, state, "reader").await.unwrap());
}

/// Sources with states, articles, a background and a sighting of which one of two channels was told.
async fn follow(store: &Store) {
    store.add_source(FEED, NOW).await.unwrap();
    store.add_source("/srv/clippings", NOW).await.unwrap();
    store.remove_source(2, NOW + 1).await.unwrap();
    let state = SourceState {
        etag: Some("\"x\"".into()),
        failures: 2,
        last_error: "it answered 500".into(),
        ..SourceState::default()
    };
    settle(store, 1, &state).await;
    store.record_article(&NewArticle { background: Some("Trams were late."), ..seen(1, 1) }).await.unwrap();
    let found = NewArticle { sighting: Some(sighting(&["mail", "webhook"])), ..seen(1, 2) };
    assert_eq!(store.record_article(&found).await.unwrap().into_inner().unwrap().number, 1);
    store.record_sent(1, "mail", NOW + 3).await.unwrap();
}
