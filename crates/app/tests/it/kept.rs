//! A new document is held against all others of the vault, by an index that the process keeps: whatever it holds already, and
//! whoever else seals, the same is recorded.

use tellmark_app::Vault;
use tellmark_app::seal::SealRequest;
use tellmark_core::SiteId;
use tellmark_store::Release;
use tellmark_testkit::{Random, document, foreign_paragraph};

use crate::office::{CALL, DRAFT_2, Office, middle};

/// How the vault is opened from one document to the next.
#[derive(Clone, Copy, PartialEq)]
enum Opened {
    Once,
    EachTime,
    /// By two programs in turns.
    Twice,
}

/// A release as it was recorded, its marking, and what became public of its lineage: the site, by which release, and why.
type Record = (Release, Vec<u8>, Vec<(SiteId, Option<tellmark_core::ReleaseId>, String)>);

/// What was recorded of some related and unrelated documents, and what sealing them said.
async fn sealed(opened: Opened) -> (Vec<Record>, Vec<String>) {
    let mut office = Office::open(61).await;
    let access = tellmark_app::Access { folder: office.path("vault"), ..tellmark_app::Access::default() };
    let mut other = Vault::open(&access).await.unwrap();
    let mut random = Random::new(4);
    let mut said = Vec::new();
    for number in 0..16u64 {
        let name = format!("{number}.md");
        let prose = |seed, words| document::prose(seed, words, 8.0);
        let copy = |of: u64, id: &str| office.copy(&of.to_string(), id, &format!("{of}.md"));
        let text = match number {
            0 | 5 => CALL.to_owned(),
            1 | 6 | 9 => prose(number, 400),
            2 => format!("{}\n\n{}", prose(2, 200), copy(0, "r05")),
            3 => format!("{}\n\n{}", foreign_paragraph(&mut random, 30), prose(3, 150)),
            4 => DRAFT_2.to_owned(),
            // A copy's passage in a redraft, and one in a text of its own.
            7 => DRAFT_2.replace("\n\n", &format!("\n\n{}\n\n", middle(&copy(1, "r03")))),
            8 => format!("{}\n\n{}", middle(&copy(6, "r11")), prose(8, 200)),
            10 => copy(9, "r02") + &prose(10, 150),
            11 => prose(9, 300),
            _ => prose(number, 100 + 20 * number as usize),
        };
        let revises = matches!(number, 4 | 7).then(|| "0.md".to_owned());
        let request = SealRequest {
            revises,
            new: number == 5,
            ..office.request(&name, text.as_bytes(), &number.to_string())
        };
        match opened {
            Opened::Once => {}
            Opened::EachTime => office.vault = Vault::open(&access).await.unwrap(),
            Opened::Twice => std::mem::swap(&mut office.vault, &mut other),
        }
        said.push(match office.seal(&request).await {
            Ok(summary) => format!("{:?} {} {:?}", summary.sites, summary.promise, summary.notes),
            Err(error) => error.to_string(),
        });
    }
    let mut records = Vec::new();
    let store = &office.vault.store;
    for release in store.releases().await.unwrap() {
        let public = store.public_sites(release.lineage).await.unwrap().into_iter();
        let public = public.map(|public| (public.site, public.release, public.because)).collect();
        records.push((release.clone(), store.blob(release.marking).await.unwrap(), public));
    }
    (records, said)
}

#[tokio::test]
async fn what_is_recorded_hangs_on_no_index_that_was_kept() {
    let (records, said) = sealed(Opened::EachTime).await;
    let public = records.iter().filter(|(.., public)| !public.is_empty()).count();
    assert!(records.len() > 12 && public >= 4, "{} {public} {said:#?}", records.len());
    let taken = said.iter().filter(|said| said.contains("wordings of another document")).count();
    assert!(taken >= 3, "{said:#?}");
    for opened in [Opened::Once, Opened::Twice] {
        let (other, also_said) = sealed(opened).await;
        assert_eq!(also_said, said);
        assert!(other == records);
    }
}
