//! Who is named, and that nobody is when nobody can be.

use tellmark_app::trace::Verdict;

use crate::office::{CALL, Office, middle, named};

#[tokio::test]
async fn the_copy_that_leaked_is_named_and_nothing_else() {
    let mut office = Office::open(1).await;
    office.seal_call().await;
    for id in ["r01", "r09", "r24"] {
        let leak = middle(&office.copy("call", id, "call.md"));
        let finding = office.trace(&leak).await;
        assert_eq!((finding.verdict, named(&finding)), (Verdict::Copy, vec![id]));
        assert_eq!(finding.tested, 24);
        assert!(finding.contradicted >= 20 && finding.best_decoy_e_log10 < finding.threshold_e_log10);
    }
}

#[tokio::test]
async fn the_original_and_foreign_copies_name_nobody() {
    let mut office = Office::open(2).await;
    let mut foreign = Office::open(3).await;
    office.seal_call().await;
    foreign.seal_call().await;
    let original = CALL.replace(['{', '}'], "");
    for text in [&foreign.copy("call", "r05", "call.md"), &original, "Nothing of ours stands in here."] {
        let finding = office.trace(text).await;
        assert_eq!((finding.verdict, named(&finding)), (Verdict::Nobody, vec![]));
        assert!(finding.ranking.iter().all(|ranked| ranked.copy.starts_with('#')), "pseudonyms");
    }
}

#[tokio::test]
async fn reading_is_blind_to_keys() {
    let leak = middle(&{
        let mut office = Office::open(4).await;
        office.seal_call().await;
        office.copy("call", "r11", "call.md")
    });
    let mut outcomes = Vec::new();
    for seed in [5, 6] {
        let mut office = Office::open(seed).await;
        office.seal_call().await;
        let finding = office.trace(&leak).await;
        let bytes = office.vault.store.reading(&finding.case, 1).await.unwrap().unwrap();
        let record: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let sites = record["readings"][0]["sites"].as_array().unwrap().clone();
        outcomes.push(sites.into_iter().map(|site| site["outcome"].clone()).collect::<Vec<_>>());
    }
    assert_eq!(outcomes[0], outcomes[1]);
}

#[tokio::test]
async fn looks_of_a_case_add_up_and_each_spends_its_share() {
    let mut office = Office::open(7).await;
    office.seal_call().await;
    let copy = office.copy("call", "r03", "call.md");
    let lines: Vec<&str> = copy.lines().collect();
    let mut last = None;
    for (look, part) in lines.chunks(lines.len() / 6 + 1).enumerate() {
        let finding = office.trace_in(Some("series"), &part.join("\n")).await;
        assert_eq!((finding.case.as_str(), finding.look), ("series", look as u32 + 1));
        assert!(named(&finding).iter().all(|id| *id == "r03"));
        last = Some(finding);
    }
    assert_eq!(named(&last.unwrap()), ["r03"], "together the looks suffice, and a name once given stays");
}

#[tokio::test]
async fn the_same_input_gives_the_same_finding() {
    let mut office = Office::open(8).await;
    office.seal_call().await;
    let leak = middle(&office.copy("call", "r20", "call.md"));
    let strip = |mut finding: tellmark_app::trace::Finding| {
        finding.seconds = 0.0;
        finding.case.clear();
        finding.read_before = None;
        finding.named.iter_mut().for_each(|named| (named.cases, named.alpha_spent) = (0, String::new()));
        serde_json::to_string(&finding).unwrap()
    };
    assert_eq!(strip(office.trace(&leak).await), strip(office.trace(&leak).await));
}

/// A vault with the call and with another document that has one paragraph of it.
async fn office_with_a_document_that_shares_a_paragraph() -> (Office, String) {
    let mut office = Office::open(21).await;
    office.seal_call().await;
    let shared = CALL.split("\n\n").filter(|p| p.matches('{').count() >= 3).nth(2).unwrap().to_owned();
    let own = "The board {met|came together} on Tuesday in the {small|lesser} hall. \
               It {heard|listened to} the treasurer on the {new|recent} boiler and the {old|former} roof.";
    let end = "The {meeting|session} rose at {noon|twelve}.";
    let minutes = format!("# Minutes\n\n{own}\n\n{shared}\n\n{end}\n");
    let request = office.request("minutes.md", minutes.as_bytes(), "minutes");
    let request = tellmark_app::seal::SealRequest { alpha: "1e-2".into(), ..request };
    office.seal(&request).await.unwrap();
    (office, shared)
}

#[tokio::test]
async fn a_shared_paragraph_inside_a_leak_says_nothing_about_other_documents() {
    let (office, _) = office_with_a_document_that_shares_a_paragraph().await;
    let finding = office.trace(&office.copy("call", "r12", "call.md")).await;
    assert_eq!((named(&finding), finding.releases.len(), finding.tested), (vec!["r12"], 1, 24));
}

#[tokio::test]
async fn a_shared_paragraph_alone_is_read_for_both_documents() {
    let (office, shared) = office_with_a_document_that_shares_a_paragraph().await;
    let start: String = shared.split(['{', '|', '}']).next().unwrap().into();
    let copy = office.copy("call", "r12", "call.md");
    let paragraph = copy.split("\n\n").find(|p| p.starts_with(&start)).unwrap();
    let finding = office.trace(paragraph).await;
    assert_eq!((finding.releases.len(), finding.tested), (2, 48));
}

#[tokio::test]
async fn a_name_once_given_stays_with_the_figures_that_gave_it() {
    let mut office = Office::open(23).await;
    office.seal_call().await;
    let first = office.trace_in(Some("leaks"), &middle(&office.copy("call", "r03", "call.md"))).await;
    // Then the whole of another copy, which speaks against the first one everywhere else.
    let second = office.trace_in(Some("leaks"), &office.copy("call", "r20", "call.md")).await;
    // This exhibit is r20's; r03 stays named for the case, and is not said to be its source.
    assert_eq!(named(&second), ["r20"]);
    let [before] = second.named_before.as_slice() else { panic!("{:?}", second.named_before) };
    assert_eq!((second.named[0].look, before.look, before.copy.as_str()), (2, 1, "r03"));
    let figures = |named: &tellmark_app::trace::Named| (named.e_log10, named.p, named.p_familywise);
    assert_eq!(figures(before), figures(&first.named[0]));
    // What has nothing of ours names nobody, whoever the case has named.
    let soup = office.trace_in(Some("leaks"), "The soup was too salty, and the cook knew it.").await;
    assert_eq!((soup.verdict, soup.named.len()), (tellmark_app::trace::Verdict::Nobody, 0));
    let case = tellmark_app::cases::case(&office.vault, "leaks").await.unwrap();
    assert_eq!(case.verdict, tellmark_app::cases::LookVerdict::Copy);
}
